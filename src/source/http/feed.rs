//! A subscribed calendar: one file on a web server, fetched when it has changed.
//!
//! What comes is read exactly as a file on the disk is ([`crate::source::ics`]). The server is asked
//! whether anything is new (RFC 9110 §13.1), unless a day has passed and something in the calendar
//! goes on: then all of it is needed again, since nothing of it is kept. Lines longer than any
//! property that is used are cut while they come in, so that one line of 64 MiB costs half of one.

use reqwest::header::{
    ETAG, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use sha2::{Digest, Sha256};

use super::{Address, Answer, Client, Error, Fault, Limits, Question, fetch};
use crate::cursor::Cursor;
use crate::secret::Secret;
use crate::source::ics::{Download, NoCalendar, Setting, known, scan_download};
use crate::source::net::{Login, Trust};
use crate::source::{Context, Sink};

/// The part that remembers what the server calls this version of the file.
const VERSION: &[u8] = b"v";

/// Bytes kept of a feed, as of a file.
const CAP: usize = 64 << 20;

/// White space before a calendar.
const BLANK: usize = 64 << 10;

/// Bytes kept of a line: the longest property used is half as long, and it is cut there anyway.
const LINE: usize = 512 << 10;

/// Reads a subscribed calendar, if it is another than before.
///
/// # Errors
///
/// When it cannot be fetched, or is no calendar.
pub(in crate::source) fn scan(
    url: &Address,
    credential: Option<(Login, Secret)>,
    trust: &Trust,
    limits: Limits,
    cursor: &Cursor,
    context: &Context,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let mut setting = Setting::new(context);
    let known = known(cursor, &setting);
    let version = cursor.parts.get(VERSION).filter(|_| known.is_some()).cloned();
    let fetched = fetch(url, async {
        let client = Client::new(url, credential, trust, limits)?;
        let question = Question { fields: conditions(version.as_deref()), ..Question::get() };
        let answer = client.ask(url, &question).await?;
        if answer.status() == 304 {
            return Ok(None);
        }
        Ok(Some((Version::of(&answer), body(answer).await?)))
    })?;
    let Some((version, bytes)) = fetched else { return Ok(()) };
    let mark = Sha256::digest(&bytes).into();
    if known == Some(mark) {
        return Ok(());
    }
    let parts = vec![(VERSION.to_vec(), version.encode())];
    scan_download(Download { bytes: &bytes, mark, parts }, cursor, context, &mut setting, sink)
        .map_err(|NoCalendar| NOT_ONE.at(url))
}

const NOT_ONE: Fault = Fault::Protocol("sends something that is no calendar; check `url`");

/// What a server calls one version of a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Version {
    etag: Option<String>,
    modified: Option<String>,
}

impl Version {
    fn of(answer: &Answer) -> Self {
        let said = |name: HeaderName| answer.header(name).map(str::to_owned);
        Self { etag: said(ETAG), modified: said(LAST_MODIFIED) }
    }

    /// A header field has no line breaks.
    fn encode(&self) -> Vec<u8> {
        let line = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{}\n{}", line(&self.etag), line(&self.modified)).into_bytes()
    }

    fn decode(value: &[u8]) -> Option<Self> {
        let (etag, modified) = std::str::from_utf8(value).ok()?.split_once('\n')?;
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(Self { etag: said(etag), modified: said(modified) })
    }
}

/// The question whether there is another version than this.
fn conditions(version: Option<&[u8]>) -> Vec<(HeaderName, HeaderValue)> {
    let Version { etag, modified } = version.and_then(Version::decode).unwrap_or_default();
    let value = |text: Option<String>| HeaderValue::try_from(text?).ok();
    let fields = [(IF_NONE_MATCH, value(etag)), (IF_MODIFIED_SINCE, value(modified))];
    fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

async fn body(mut answer: Answer) -> Result<Vec<u8>, Error> {
    let mut kept = Kept::default();
    while let Some(piece) = answer.piece().await? {
        kept.take(&piece).map_err(|fault| answer.fault(fault))?;
    }
    Ok(kept.bytes)
}

/// What is kept of a feed while it comes in.
#[derive(Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    /// The length of the line that is coming.
    line: usize,
}

impl Kept {
    fn take(&mut self, piece: &[u8]) -> Result<(), Fault> {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let (text, end) = match part.split_last() {
                Some((b'\n', text)) => (text, &b"\n"[..]),
                _ => (part, &b""[..]),
            };
            let room = LINE.saturating_sub(self.line);
            self.bytes.extend_from_slice(text.get(..room).unwrap_or(text));
            self.bytes.extend_from_slice(end);
            self.line = if end.is_empty() { self.line.saturating_add(text.len()) } else { 0 };
        }
        if self.bytes.len() > CAP {
            return Err(Fault::TooMuch("sends a calendar larger than 64 MiB"));
        }
        // A page of a hotel's network, or a gigabyte of nothing, is known by its first bytes.
        let text = self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.bytes);
        let text = text.trim_ascii_start();
        if text.is_empty() && self.bytes.len() > BLANK {
            return Err(NOT_ONE);
        }
        let begins = b"BEGIN:".iter().zip(text).all(|(a, b)| a.eq_ignore_ascii_case(b));
        let utf16 = text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff");
        if begins || utf16 { Ok(()) } else { Err(NOT_ONE) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_asked_for_by_both_its_names() {
        let version = Version {
            etag: Some("W/\"1\"".to_owned()),
            modified: Some("Mon, 2 Nov 2026 10:00:00 GMT".to_owned()),
        };
        let fields = conditions(Some(&version.encode()));
        let told: Vec<_> =
            fields.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let expect =
            [("if-none-match", "W/\"1\""), ("if-modified-since", "Mon, 2 Nov 2026 10:00:00 GMT")];
        assert_eq!(told, expect);
        assert!(conditions(None).is_empty());
        assert!(conditions(Some(b"no line break")).is_empty());
        assert!(conditions(Some(&Version::default().encode())).is_empty());
    }

    fn check(pieces: &[&str], expect: Result<&str, Fault>) {
        let mut kept = Kept::default();
        let taken = pieces.iter().try_for_each(|piece| kept.take(piece.as_bytes()));
        assert_eq!(taken.map(|()| kept.bytes), expect.map(|text| text.as_bytes().to_vec()));
    }

    #[test]
    fn long_lines_are_cut_and_others_kept_as_they_are() {
        check(&["BEGIN:VCALENDAR\r\nA:1\r", "\n B\n"], Ok("BEGIN:VCALENDAR\r\nA:1\r\n B\n"));
        check(&["\u{feff}\r\n begin:vcalendar\n"], Ok("\u{feff}\r\n begin:vcalendar\n"));
        check(&["BE", "GIN"], Ok("BEGIN"));
        let mut kept = Kept::default();
        kept.take(b"BEGIN:VCALENDAR\nX:").unwrap();
        for _ in 0..64 {
            kept.take(&[b'a'; 1 << 16]).unwrap();
        }
        kept.take(b"\nY:2\n").unwrap();
        assert_eq!(kept.bytes.len(), 16 + LINE + 1 + 4);
        assert!(kept.bytes.ends_with(b"a\nY:2\n"));
    }

    #[test]
    fn what_is_no_calendar_is_known_by_its_first_bytes() {
        check(&["<html>"], Err(NOT_ONE));
        check(&["\0\0\0"], Err(NOT_ONE));
        check(&["BE", "ER"], Err(NOT_ONE));
        check(&[&" ".repeat(BLANK), " "], Err(NOT_ONE));
    }
}
