//! Content lines (RFC 5545 §3.1): bytes to unfolded lines, a line to its parts.
//!
//! Works on bytes because folding does: a fold may cut a character in two. Line ends may be CRLF,
//! LF or, in very old files, CR alone. What is not UTF-8 is read as Latin-1, which names in old
//! calendars are; nothing is ever refused here.

use std::borrow::Cow;

/// Unfolded lines with their place in the bytes.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    eol: u8,
}

/// One unfolded line.
pub(super) struct Line<'a> {
    /// Offset of its first byte.
    pub(super) start: usize,
    /// Offset after its line end.
    pub(super) end: usize,
    /// The line without folds and line end.
    pub(super) text: Cow<'a, [u8]>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let eol = if memchr::memchr(b'\n', bytes).is_some() { b'\n' } else { b'\r' };
        Self { bytes, at: 0, eol }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let start = self.at;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let mut text: Cow<'a, [u8]> = Cow::Borrowed(b"");
        let mut used = 0;
        loop {
            let more = rest.get(used..).unwrap_or_default();
            let length = memchr::memchr(self.eol, more);
            let line = more.get(..length.unwrap_or(more.len())).unwrap_or_default();
            used += line.len() + usize::from(length.is_some());
            let line = trim_cr(line);
            if text.is_empty() {
                text = Cow::Borrowed(line);
            } else {
                text.to_mut().extend_from_slice(line);
            }
            match rest.get(used) {
                Some(b' ' | b'\t') if length.is_some() => used += 1,
                _ => break,
            }
        }
        self.at = start + used;
        Some(Line { start, end: self.at, text })
    }
}

fn trim_cr(mut line: &[u8]) -> &[u8] {
    while let Some((b'\r', rest)) = line.split_last() {
        line = rest;
    }
    line
}

/// The property name of a line, and what follows the `;` or `:` after it.
pub(super) fn name(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let end = memchr::memchr2(b':', b';', line).unwrap_or(line.len());
    let (name, rest) = line.split_at_checked(end).unwrap_or((line, b""));
    (name.trim_ascii(), rest)
}

/// The value of a line: what follows the first colon outside quotes.
pub(super) fn value(line: &[u8]) -> &[u8] {
    let mut quoted = false;
    let colon = line.iter().position(|b| {
        quoted ^= *b == b'"';
        *b == b':' && !quoted
    });
    colon.and_then(|at| line.get(at + 1..)).unwrap_or_default()
}

/// Bytes as text.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|b| char::from(*b)).collect()),
    }
}

/// A TEXT value (RFC 5545 §3.3.11) without its escapes and outer blanks.
pub(super) fn unescape(value: &[u8]) -> String {
    let value = text(value);
    let mut out = String::with_capacity(value.len());
    let mut chars = value.trim().chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[u8], expect: &[&str]) {
        let lines: Vec<String> = Lines::new(input).map(|l| text(&l.text).into_owned()).collect();
        assert_eq!(lines, expect, "{}", text(input));
    }

    #[test]
    fn lines_end_and_fold_in_every_way() {
        check(b"", &[]);
        check(b"A:1\r\nB:2\r\n", &["A:1", "B:2"]);
        check(b"A:1\nB:2", &["A:1", "B:2"]);
        check(b"A:1\rB:2\r C\r", &["A:1", "B:2C"]);
        check(b"A:1\r\r\nB:2\r\r\n", &["A:1", "B:2"]);
        check(b"A:1\r\n 2\r\n\t3\r\nB:4", &["A:123", "B:4"]);
        check(b"A:1\n\n\nB:2", &["A:1", "", "", "B:2"]);
        check(b" \n 1\nA:2", &[" 1", "A:2"]);
        check("A:M\u{fc}ller".as_bytes(), &["A:M\u{fc}ller"]);
        check(b"A:M\xc3\r\n \xbcller", &["A:M\u{fc}ller"]);
        check(b"A:M\xfcller", &["A:M\u{fc}ller"]);
    }

    #[test]
    fn offsets_cover_every_byte_once() {
        let input = b"A:1\r\n 2\r\n\r\nB:3\r\nC";
        let mut at = 0;
        for line in Lines::new(input) {
            assert_eq!(line.start, at);
            at = line.end;
        }
        assert_eq!(at, input.len());
    }

    #[test]
    fn a_line_has_a_name_and_a_value() {
        assert_eq!(name(b"DTSTART;TZID=X:1"), (&b"DTSTART"[..], &b";TZID=X:1"[..]));
        assert_eq!(name(b"\xef\xbb\xbfBEGIN:VEVENT").0, b"BEGIN");
        assert_eq!(name(b"nonsense"), (&b"nonsense"[..], &b""[..]));
        assert_eq!(value(b"X;A=\"b:c\":d:e"), b"d:e");
        assert_eq!(value(b"X;A=b"), b"");
        assert_eq!(unescape(b" a\\,b\\nc\\\\d\\"), "a,b\nc\\d");
    }
}
