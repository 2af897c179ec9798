//! Where messages begin in an mbox, and their heads.
//!
//! There is no one format (RFC 4155 names a default that nobody keeps). What all writers share is a
//! `From ` line with a date before each message and an empty line before that, except at the start
//! of the file. Bodies are stepped over line by line in blocks, whatever their quoting (mboxo,
//! mboxrd); where Content-Length (mboxcl, mboxcl2) leads exactly to such a `From ` line or to the
//! end, it is believed and the body is not read at all. Anything less strict splits messages at
//! sentences that begin with "From"; anything stricter loses those of some program.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use crate::mail::header::MAX_HEAD;

const BLOCK: usize = 64 * 1024;

/// A message as far as it is read.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// Where its `From ` line begins.
    pub(super) offset: u64,
    /// The date in that line.
    pub(super) received: Option<Timestamp>,
    /// Its head; one byte longer than allowed where it is too long.
    pub(super) head: &'a [u8],
    /// Marked as deleted or as a draft, yet still in the file.
    pub(super) withdrawn: bool,
}

/// A place between messages to go on from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    /// Whether a `From ` line may follow.
    pub(super) after_blank: bool,
}

/// Goes through a file from one message to the next.
#[derive(Debug)]
pub(super) struct Splitter<'f> {
    lines: Lines<'f>,
    head: Vec<u8>,
    /// Whether the file is still being written, so that a head without an end may go on.
    growing: bool,
    /// No line with anything in it was seen: the first `From ` needs no date.
    first: bool,
    after_blank: bool,
    place: Place,
}

impl<'f> Splitter<'f> {
    /// Starts at a place in the file, and takes its end to be at `len`.
    pub(super) fn new(file: &'f File, len: u64, place: Place, growing: bool) -> Self {
        let first = place.offset == 0;
        let after_blank = first || place.after_blank;
        let lines = Lines::new(file, place.offset, len);
        Self { lines, head: Vec::new(), growing, first, after_blank, place }
    }

    /// Where to go on when everything handed out so far is done with.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The next message; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Message<'_>>> {
        let Some((offset, received)) = self.find()? else { return Ok(None) };
        if !self.read_head()? {
            self.place = Place { offset, after_blank: true };
            return Ok(None);
        }
        let notes = Notes::read(&self.head);
        if let Some(end) = notes.length.and_then(|length| self.lines.offset().checked_add(length))
            && self.lines.message_ends(end)?
        {
            self.lines.jump(end);
        }
        self.after_blank = true;
        self.place = Place { offset: self.lines.offset(), after_blank: true };
        let withdrawn = notes.withdrawn;
        Ok(Some(Message { offset, received, head: &self.head, withdrawn }))
    }

    /// Steps to the next `From ` line and past it.
    fn find(&mut self) -> io::Result<Option<(u64, Option<Timestamp>)>> {
        loop {
            let offset = self.lines.offset();
            self.place = Place { offset, after_blank: self.after_blank };
            let Some(line) = self.lines.next()? else { return Ok(None) };
            if line.unfinished {
                return Ok(None);
            }
            if line.begins && self.after_blank && line.bytes.starts_with(b"From ") {
                let received = from_date(line.bytes);
                if received.is_some() || self.first {
                    return Ok(Some((offset, received)));
                }
            }
            self.after_blank = line.begins && is_blank(line.bytes);
            self.first &= self.after_blank;
        }
    }

    /// Reads up to and past the empty line; `false` where the file ends before and may go on.
    fn read_head(&mut self) -> io::Result<bool> {
        self.first = false;
        self.head.clear();
        while let Some(line) = self.lines.next()? {
            if line.begins && is_blank(line.bytes) {
                return Ok(true);
            }
            let room = (MAX_HEAD + 1).saturating_sub(self.head.len());
            self.head.extend(line.bytes.iter().take(room));
        }
        Ok(!self.growing)
    }
}

/// What mail programs note in a head for themselves.
#[derive(Debug, Default, PartialEq, Eq)]
struct Notes {
    length: Option<u64>,
    withdrawn: bool,
}

impl Notes {
    /// `Content-Length`; the flags `D` and `T` (deleted, draft) of `Status` and `X-Status`, as
    /// Dovecot and mutt write them; the expunged bit of Thunderbird, which takes messages out of
    /// the file only when it is compacted.
    fn read(head: &[u8]) -> Self {
        const EXPUNGED: u16 = 0x0008;
        let mut notes = Self::default();
        for line in head.split(|byte| *byte == b'\n') {
            let Some(colon) = line.iter().take(20).position(|byte| *byte == b':') else { continue };
            let (name, value) = line.split_at_checked(colon).unwrap_or_default();
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            let text = || str::from_utf8(value).unwrap_or_default();
            if name.eq_ignore_ascii_case(b"Content-Length") {
                notes.length = text().parse().ok();
            } else if name.eq_ignore_ascii_case(b"X-Mozilla-Status") {
                let bits = u16::from_str_radix(text(), 16).unwrap_or(0);
                notes.withdrawn |= bits & EXPUNGED != 0;
            } else if name.eq_ignore_ascii_case(b"Status") || name.eq_ignore_ascii_case(b"X-Status")
            {
                notes.withdrawn |=
                    value.len() < 10 && value.iter().any(|flag| b"DT".contains(flag));
            }
        }
        notes
    }
}

/// The date of a `From ` line, which ends in one: `Sat Jan  2 17:42:00 2016`, with a zone before or
/// after the year or none, which means UTC (RFC 4155), or in the order of RFC 5322. `None` when
/// there is none, so the line is prose.
pub(super) fn from_date(line: &[u8]) -> Option<Timestamp> {
    let line = str::from_utf8(line.get(..200).unwrap_or(line).strip_prefix(b"From ")?).ok()?;
    let words: Vec<_> = line.split_ascii_whitespace().collect();
    let day =
        |word: &&str| is_one_of(word.trim_end_matches(','), "MonTueWedThuFriSatSun").is_some();
    let starts = words.iter().enumerate().filter(|(_, word)| day(word));
    starts.filter_map(|(at, _)| date_of(words.get(at + 1..)?)).next()
}

fn date_of(words: &[&str]) -> Option<Timestamp> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let (mut year, mut month, mut day, mut time) = (None, None, None, None);
    let mut offset = Offset::UTC;
    for word in words.iter().take(7) {
        let digits = word.bytes().all(|byte| byte.is_ascii_digit());
        match word.len() {
            1 | 2 if digits => day = day.or(word.parse().ok()),
            4 if digits => year = year.or(word.parse().ok()),
            _ if word.contains(':') => time = time.or(time_of_day(word)),
            5 if word.starts_with(['+', '-']) => offset = zone(word).unwrap_or(offset),
            _ => month = month.or(is_one_of(word, MONTHS)),
        }
    }
    let month = i8::try_from(month? + 1).ok()?;
    let date = Date::new(year?, month, day?).ok()?;
    offset.to_timestamp(DateTime::from_parts(date, time?)).ok()
}

fn time_of_day(word: &str) -> Option<Time> {
    let mut parts = word.split(':').map(|part| part.parse().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    Time::new(hour, minute, parts.next().unwrap_or(Some(0))?, 0).ok()
}

fn zone(word: &str) -> Option<Offset> {
    let number: i32 = word.parse().ok()?;
    Offset::from_seconds((number / 100 * 60 + number % 100) * 60).ok()
}

/// Which of the three-letter names a word is.
fn is_one_of(word: &str, names: &str) -> Option<usize> {
    let mut names = names.as_bytes().chunks_exact(3);
    names.position(|name| word.as_bytes().eq_ignore_ascii_case(name))
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

/// Lines of a file, read a block at a time.
#[derive(Debug)]
struct Lines<'f> {
    file: &'f File,
    block: Vec<u8>,
    /// The unread part of the block.
    unread: std::ops::Range<usize>,
    /// The offset of the block in the file.
    base: u64,
    /// The offset of the end of the file.
    limit: u64,
    /// The next piece goes on with a line.
    inside: bool,
}

/// A line, or a piece of one longer than a block.
#[derive(Debug)]
struct Line<'a> {
    bytes: &'a [u8],
    /// It begins here.
    begins: bool,
    /// The file ends before the line does.
    unfinished: bool,
}

impl<'f> Lines<'f> {
    fn new(file: &'f File, offset: u64, limit: u64) -> Self {
        Self { file, block: Vec::new(), unread: 0..0, base: offset, limit, inside: false }
    }

    /// Where the next line begins.
    fn offset(&self) -> u64 {
        self.base + self.unread.start as u64
    }

    fn jump(&mut self, offset: u64) {
        let in_block = offset.checked_sub(self.base).and_then(|at| usize::try_from(at).ok());
        match in_block.filter(|at| *at <= self.unread.end) {
            Some(at) => self.unread.start = at,
            None => (self.base, self.unread) = (offset, 0..0),
        }
        self.inside = false;
    }

    fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let (len, unfinished) = loop {
            let unread = self.block.get(self.unread.clone()).unwrap_or_default();
            if let Some(end) = memchr::memchr(b'\n', unread) {
                break (end + 1, false);
            }
            let len = unread.len();
            if len == BLOCK {
                break (len, false);
            }
            if !self.fill()? {
                break (len, true);
            }
        };
        if len == 0 {
            return Ok(None);
        }
        let start = self.unread.start;
        self.unread.start += len;
        let bytes = self.block.get(start..start + len).unwrap_or_default();
        let begins = !std::mem::replace(&mut self.inside, !bytes.ends_with(b"\n"));
        Ok(Some(Line { bytes, begins, unfinished }))
    }

    /// Moves what is unread to the front and reads on behind it; `false` at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        self.block.resize(BLOCK, 0);
        self.block.copy_within(self.unread.clone(), 0);
        self.base += self.unread.start as u64;
        self.unread = 0..self.unread.len();
        let at = self.base + self.unread.end as u64;
        let room = self.block.get_mut(self.unread.end..).unwrap_or_default();
        let left = usize::try_from(self.limit.saturating_sub(at)).unwrap_or(usize::MAX);
        let len = room.len().min(left);
        let read = self.file.read_at(room.get_mut(..len).unwrap_or_default(), at)?;
        self.unread.end += read;
        Ok(read > 0)
    }

    /// Whether a message may end at this offset: the file does, or a `From ` line follows, after
    /// the line ends that separate messages.
    fn message_ends(&self, offset: u64) -> io::Result<bool> {
        let Some(left) = self.limit.checked_sub(offset) else { return Ok(false) };
        let mut ahead = vec![0; usize::try_from(left).unwrap_or(usize::MAX).min(512)];
        let read = self.file.read_at(&mut ahead, offset)?;
        let mut ahead = ahead.get(..read).unwrap_or_default();
        for _ in 0..2 {
            ahead = ahead.strip_prefix(b"\r\n").or(ahead.strip_prefix(b"\n")).unwrap_or(ahead);
        }
        let line = ahead.split(|byte| *byte == b'\n').next().unwrap_or_default();
        Ok(ahead.is_empty() || from_date(line).is_some())
    }
}

#[cfg(test)]
mod tests;
