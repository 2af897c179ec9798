//! One key of a terminal, without waiting for a line to end.
//!
//! The terminal is put back as it was before anything else happens, also where reading fails.

use std::io::{self, Read};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Gives the terminal back as it was.
struct Restored(Termios);

impl Drop for Restored {
    fn drop(&mut self) {
        // a terminal that has gone needs nothing any more
        tcsetattr(io::stdin(), OptionalActions::Now, &self.0).ok();
    }
}

/// Waits for a key on standard input; `None` at its end, or for what is no character of its own.
pub(super) fn pressed() -> io::Result<Option<char>> {
    let before = tcgetattr(io::stdin())?;
    let mut raw = before.clone();
    raw.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
    let _restored = Restored(before);
    tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
    let mut byte = [0_u8];
    let read = io::stdin().read(&mut byte)?;
    let [byte] = byte;
    Ok((read == 1 && byte.is_ascii_graphic()).then(|| char::from(byte).to_ascii_lowercase()))
}
