//! Asking for a secret: on the terminal without showing it, or from a pipe.
//!
//! Typed characters are read one by one with the terminal's own interrupt switched off, so that no
//! way out, Ctrl-C among them, leaves a terminal behind that shows nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Write as _};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The longest secret taken, in bytes; tokens of a few kilobytes are usual.
const LONGEST: usize = 16 * 1024;

/// Asks for a secret; `None` when whoever was asked would rather not, or said nothing.
///
/// # Errors
///
/// When the terminal or the pipe cannot be read.
pub(super) fn secret(prompt: &str) -> io::Result<Option<Secret>> {
    if !isatty(io::stdin()) {
        return line(io::stdin().lock());
    }
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    write!(terminal, "{prompt}: ")?;
    let hidden = Hidden::begin(&terminal)?;
    let typed = typed(&terminal);
    drop(hidden);
    writeln!(terminal)?;
    typed
}

/// The first line of a pipe.
fn line(from: impl Read) -> io::Result<Option<Secret>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
    from.take(LONGEST as u64).read_to_end(&mut bytes)?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    text(line.strip_suffix(b"\r").unwrap_or(line))
}

/// What is typed until the line ends. Understands what a line of a terminal understands.
fn typed(from: impl Read) -> io::Result<Option<Secret>> {
    let mut said = Zeroizing::new(Vec::with_capacity(LONGEST));
    for byte in BufReader::new(from).bytes() {
        match byte? {
            b'\r' | b'\n' => return text(&said),
            // Ctrl-C, Ctrl-\, and Ctrl-D on an empty line
            0x03 | 0x1c => return Ok(None),
            0x04 if said.is_empty() => return Ok(None),
            0x04 => return text(&said),
            // Ctrl-U
            0x15 => said.clear(),
            // backspace takes a whole character
            0x08 | 0x7f => while said.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            byte if said.len() < LONGEST => said.push(byte),
            _ => {}
        }
    }
    text(&said)
}

fn text(bytes: &[u8]) -> io::Result<Option<Secret>> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "this is no UTF-8 text"))?;
    Ok((!text.is_empty()).then(|| Secret::new(text.to_owned())))
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Hidden<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Hidden<'a> {
    fn begin(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // A terminal that has gone needs no restoring.
        tcsetattr(self.terminal, OptionalActions::Now, &self.before).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_line_is_edited_as_on_a_terminal() {
        let check = |keys: &[u8], expect: Option<&str>| {
            let said = typed(keys).expect("read");
            assert_eq!(said.as_ref().map(Secret::reveal), expect, "{keys:?}");
        };
        check(b"hunter2\rmore", Some("hunter2"));
        check(b"hunter2\n", Some("hunter2"));
        check(b"hunter2", Some("hunter2"));
        check(b" with space \r", Some(" with space "));
        check(b"huntex\x7fr2\r", Some("hunter2"));
        check("pä\u{8}ass\r".as_bytes(), Some("pass"));
        check(b"wrong\x15right\r", Some("right"));
        check(b"half\x03", None);
        check(b"\x04", None);
        check(b"said\x04", Some("said"));
        check(b"\r", None);
        check(b"\x7f\x7fa\r", Some("a"));
        typed(&b"\xff\r"[..]).map(|_| ()).expect_err("no text");
    }

    #[test]
    fn a_pipe_gives_its_first_line() {
        let check = |bytes: &[u8], expect: Option<&str>| {
            let said = line(bytes).expect("read");
            assert_eq!(said.as_ref().map(Secret::reveal), expect);
        };
        check(b"hunter2\r\nmore\n", Some("hunter2"));
        check(b"hunter2", Some("hunter2"));
        check(b"\nhunter2", None);
        check(b"", None);
    }
}
