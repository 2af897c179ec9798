//! The filter below async-imap: whole responses, bounded, and only those that its parser reads.
//!
//! async-imap ends a session at the first line it cannot parse, and one such line (`INTERNALDATE
//! NIL`) panics inside it. Servers send such lines: NAMESPACE and ESEARCH answers are among them.
//! So this filter takes the stream apart into whole responses first and lets pass what the parser
//! is known to read. Everything else goes around it to the command loop: read leniently
//! ([`super::odd`]), never dropped. The ordinary row of a message goes the same way, for speed:
//! whoever has framed it has read it.
//!
//! Nothing is believed about sizes: a literal, a line and all that waits have limits, so a server
//! can cost this much memory and no more. An end in the middle is an error, not an end.
//!
//! Of async-imap only the stream is used; what is read of it is [`super::said::Said`], so this file
//! and the loop above it ([`super::wire`]) are the only two that would change.

use std::future::poll_fn;
use std::io;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_imap::imap_proto::Response;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::odd;
use super::said::{Row, Said};
use crate::source::net::Channel;

/// The longest literal that is kept; a header is four times shorter
/// ([`crate::mail::header::MAX_HEAD`]). A longer one is dropped as it comes, up to a size that no
/// message has: one giant of a header must not keep an account from being read.
const MAX_LITERAL: usize = 1 << 20;
const MAX_DROPPED: usize = 256 << 20;
/// The longest line; of those with lists of numbers, of which a million fit.
const MAX_LINE: usize = 64 << 10;
const MAX_NUMBERS: usize = 8 << 20;
/// The largest response, literals and lines together.
const MAX_RESPONSE: usize = 2 << 20;
/// How deep parentheses nest.
const MAX_DEPTH: usize = 32;
/// How much is read at once.
const BLOCK: usize = 16 << 10;
/// A server broke a limit: no connection error, but its own doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Violation(pub(super) &'static str);

/// A stream of whole responses that can be parsed.
#[derive(Debug)]
pub(super) struct Tame {
    inner: Channel,
    buffer: Vec<u8>,
    /// The buffer holds bytes up to here.
    filled: usize,
    /// What may pass: a whole response, or what is left of one.
    passing: std::ops::Range<usize>,
    frame: Frame,
}

impl Tame {
    pub(super) fn new(inner: Channel) -> Self {
        Self { inner, buffer: Vec::new(), filled: 0, passing: 0..0, frame: Frame::default() }
    }

    /// The stream below, if nothing was read that has not passed.
    pub(super) fn into_inner(self) -> Option<Channel> {
        (self.frame.start == self.filled && self.passing.is_empty()).then_some(self.inner)
    }

    /// The next response, if it may not pass; `None` for one that may, and is to be read now.
    pub(super) async fn next(&mut self) -> io::Result<Option<Said>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Said>>> {
        while self.passing.is_empty() {
            if let Some(odd) = self.advance()? {
                return Poll::Ready(Ok(Some(odd)));
            }
            if !self.passing.is_empty() {
                break;
            }
            self.make_room();
            let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
            let mut room = ReadBuf::new(room);
            ready!(Pin::new(&mut self.inner).poll_read(cx, &mut room))?;
            match room.filled().len() {
                0 => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                read => self.filled += read,
            }
        }
        Poll::Ready(Ok(None))
    }

    /// Frames the next response, if it is there: one that may pass is set to, another returned.
    fn advance(&mut self) -> io::Result<Option<Said>> {
        let whole = loop {
            self.drop_giant();
            let bytes = self.buffer.get(..self.filled).unwrap_or_default();
            match self.frame.whole(bytes).map_err(io::Error::other)? {
                Some(whole) => break whole,
                None if self.frame.giant > 0 && self.frame.line < self.filled => {}
                None => return Ok(None),
            }
        };
        let response = self.buffer.get(whole.clone()).unwrap_or_default();
        let maimed = std::mem::take(&mut self.frame.maimed);
        let row = if maimed { None } else { plain_row(response) };
        if row.is_none() && !maimed && passes(response) {
            self.passing = whole;
            return Ok(None);
        }
        Ok(Some(row.map_or_else(|| odd::read(response), Said::Row)))
    }

    /// Drops what there is of a literal that is too long to keep.
    fn drop_giant(&mut self) {
        let at = self.frame.line;
        let drop = self.frame.giant.min(self.filled.saturating_sub(at));
        if drop > 0 {
            self.buffer.copy_within(at + drop..self.filled, at);
            self.filled -= drop;
            self.frame.giant -= drop;
        }
    }

    /// Makes room behind what is yet to be framed.
    fn make_room(&mut self) {
        let start = self.frame.start;
        if start > 0 {
            self.buffer.copy_within(start..self.filled, 0);
            self.filled -= start;
            self.frame.rebase();
        }
        if self.filled == 0 && self.buffer.len() > BLOCK {
            self.buffer = Vec::new();
        }
        if self.buffer.len() < self.filled + BLOCK {
            self.buffer.resize(self.filled + BLOCK, 0);
        }
    }
}

impl AsyncRead for Tame {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let bytes = self.buffer.get(self.passing.clone()).unwrap_or_default();
        let now = bytes.get(..bytes.len().min(out.remaining())).unwrap_or_default();
        out.put_slice(now);
        let now = now.len();
        self.passing.start += now;
        // Nothing passes that the parser does not read to its end, and no more.
        let over = now == 0;
        Poll::Ready(if over { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) })
    }
}

impl AsyncWrite for Tame {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Where the response that is being read begins, and how far it has been looked through.
#[derive(Debug, Default)]
struct Frame {
    start: usize,
    /// The line that is not over yet.
    line: usize,
    /// Up to here there is no end of that line.
    looked: usize,
    /// So much is to be dropped where that line begins: it is a literal too long to keep.
    giant: usize,
    /// The response has lost such a literal.
    maimed: bool,
}

impl Frame {
    /// The next whole response: everything up to a line end that no literal follows.
    fn whole(&mut self, bytes: &[u8]) -> Result<Option<std::ops::Range<usize>>, Violation> {
        if self.giant > 0 {
            return Ok(None);
        }
        loop {
            let kind = Kind::of(bytes.get(self.start..).unwrap_or_default());
            let ahead = bytes.get(self.looked..).unwrap_or_default();
            let Some(end) = memchr::memchr(b'\n', ahead).map(|at| self.looked + at + 1) else {
                self.looked = self.looked.max(bytes.len());
                let longest = if kind == Kind::Numbers { MAX_NUMBERS } else { MAX_LINE };
                if bytes.len().saturating_sub(self.line) > longest {
                    return Err(Violation("a line without an end"));
                }
                return Ok(None);
            };
            let line = bytes.get(self.line..end).unwrap_or_default();
            match (kind == Kind::Data).then(|| literal(line)).flatten() {
                Some(len) => {
                    let len = len.filter(|len| *len <= MAX_DROPPED);
                    let len = len.ok_or(Violation("a literal of impossible size"))?;
                    if len > MAX_LITERAL {
                        (self.line, self.looked) = (end, end);
                        (self.giant, self.maimed) = (len, true);
                        return Ok(None);
                    }
                    self.line = end + len;
                    self.looked = self.line;
                    if self.line - self.start > MAX_RESPONSE {
                        return Err(Violation("a response without an end"));
                    }
                    if self.line > bytes.len() {
                        return Ok(None);
                    }
                }
                None => {
                    let whole = self.start..end;
                    (self.start, self.line, self.looked) = (end, end, end);
                    return Ok(Some(whole));
                }
            }
        }
    }

    /// What came before the start was taken away.
    fn rebase(&mut self) {
        self.line -= self.start;
        self.looked -= self.start;
        self.start = 0;
    }
}

/// What a response is, as far as framing cares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// May hold literals.
    Data,
    /// Ends in text, in which `{5}` means nothing.
    Text,
    /// A list of numbers.
    Numbers,
}

impl Kind {
    fn of(start: &[u8]) -> Self {
        let Some(rest) = start.strip_prefix(b"* ") else { return Self::Text };
        let word = rest.get(..rest.len().min(8)).unwrap_or_default();
        let word = word.split(|byte| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
        match word.to_ascii_uppercase().as_slice() {
            b"OK" | b"NO" | b"BAD" | b"BYE" | b"PREAUTH" => Self::Text,
            b"SEARCH" | b"ESEARCH" | b"VANISHED" => Self::Numbers,
            _ => Self::Data,
        }
    }
}

/// The size of the literal that a line announces at its end (RFC 9051 §4.3): `{n}`, `{n+}`,
/// `~{n}`. The inner `None` is a size that is none.
fn literal(line: &[u8]) -> Option<Option<usize>> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let open = memchr::memrchr(b'{', line)?;
    let size = line.get(open + 1..)?;
    let size = size.strip_suffix(b"+").unwrap_or(size);
    let digits = !size.is_empty() && size.iter().all(|byte| b"+-0123456789".contains(byte));
    digits.then(|| std::str::from_utf8(size).ok()?.parse().ok())
}

/// Whether async-imap reads a response to its end, and without a panic.
fn passes(response: &[u8]) -> bool {
    if Kind::of(response) == Kind::Numbers {
        // It would parse a long list anew with every block of it.
        return false;
    }
    // Two things the parser is known to panic over: no date, and a code with a letter of several
    // bytes right behind it.
    let no_date = memchr::memmem::find(response, b"INTERNALDATE NIL").is_some();
    let no_blank = memchr::memchr_iter(b']', response)
        .any(|at| response.get(at + 1).is_some_and(|byte| !byte.is_ascii()));
    if no_date || no_blank || is_deep(response) {
        return false;
    }
    // Parsing shares nothing that a panic could leave half done.
    let parsed = catch_unwind(|| matches!(Response::parse(response), Ok(([], _))));
    parsed.unwrap_or(false)
}

/// Whether parentheses nest so deep that a parser that calls itself runs out of stack.
fn is_deep(response: &[u8]) -> bool {
    let mut depth = 0_usize;
    memchr::memchr2_iter(b'(', b')', response).any(|at| {
        depth = match response.get(at) {
            Some(b'(') => depth + 1,
            _ => depth.saturating_sub(1),
        };
        depth > MAX_DEPTH
    })
}

/// The answer to our own FETCH in its ordinary form, which all but a handful of the responses of a
/// first scan are: it needs neither a trial nor a parser.
fn plain_row(response: &[u8]) -> Option<Row> {
    let mut row = Row::default();
    let rest = response.strip_prefix(b"* ")?;
    let (_, rest) = number(rest)?;
    let mut rest = rest.strip_prefix(b" FETCH (")?;
    loop {
        rest = if let Some(after) = rest.strip_prefix(b"UID ") {
            let (uid, after) = number(after)?;
            row.uid = Some(uid).filter(|uid| *uid > 0);
            after
        } else if let Some(after) = rest.strip_prefix(b"INTERNALDATE \"") {
            let (date, after) = after.split_first_chunk::<26>()?;
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" +-:".contains(byte);
            let after = date.iter().all(plain).then_some(after)?.strip_prefix(b"\"")?;
            row.date = Some(std::str::from_utf8(date).ok()?.to_owned());
            after
        } else {
            let after = rest.strip_prefix(b"BODY[HEADER.FIELDS (")?;
            let (names, after) = after.split_at_checked(memchr::memchr(b')', after)?)?;
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
            let mut names = names.split(|byte| *byte == b' ');
            let plain = names.all(|name| !name.is_empty() && name.iter().all(plain));
            let literal = plain.then_some(after)?.strip_prefix(b")] {")?;
            let digits = literal.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (size, after) = literal.split_at_checked(digits)?;
            let size: usize = std::str::from_utf8(size).ok()?.parse().ok()?;
            let (head, after) = after.strip_prefix(b"}\r\n")?.split_at_checked(size)?;
            row.head = Some(head.to_vec());
            after
        };
        match rest {
            b")\r\n" => return Some(row),
            [b' ', more @ ..] => rest = more,
            _ => return None,
        }
    }
}

/// A number of at most nine digits, and what follows it.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, after) = text.split_at_checked(digits).filter(|_| digits <= 9)?;
    Some((std::str::from_utf8(number).ok()?.parse().ok()?, after))
}

#[cfg(test)]
mod tests;
