//! What a cursor remembers of an account: where its calendars are, how each stood, and of every
//! event the ETag it was read with.
//!
//! Three kinds of parts, told apart by their first byte. A calendar's own part is written in the
//! last batch that concerns it: a sync that is cut off anywhere finds the old state of the calendar
//! beside the new ETags of what it had read, and repeats only questions.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::cursor::Cursor;
use crate::source::ics::Seen;

/// Where the calendars of the account are.
pub(super) const HOME: &[u8] = b"h";
const CALENDAR: u8 = b'c';
const EVENT: u8 = b'e';

/// An event as a cursor remembers it; its mark is the hash of its ETag.
pub(super) type SeenEvent = Seen<32>;

/// What was remembered.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Where the calendars were found, for the address and user that led there.
    pub(super) home: Option<Home>,
    /// The calendars, by the path of each.
    pub(super) calendars: BTreeMap<String, Known>,
}

/// Where the calendars of an account are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Home {
    /// A hash of what the user typed: the rest is of use for that alone.
    pub(super) typed: [u8; 16],
    /// The address is one calendar and not a place where calendars are.
    pub(super) single: bool,
    /// The server gives whole events or none ([`super::ask`]).
    pub(super) whole: bool,
    /// Not every calendar has a token: CTags are asked for.
    pub(super) tags: bool,
    /// The addresses.
    pub(super) places: Vec<String>,
}

/// A calendar.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// How it stood when all of it had been read; `None` before that.
    pub(super) state: Option<State>,
    /// Its events, by href as the server writes it.
    pub(super) events: BTreeMap<String, SeenEvent>,
}

/// How a calendar stands, in the server's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// DAV:sync-token, RFC 6578 §4.
    pub(super) token: Option<String>,
    /// CS:getctag.
    pub(super) ctag: Option<String>,
}

impl State {
    /// Whether nothing was changed between the two; unknown is changed.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match ((&self.ctag, &other.ctag), (&self.token, &other.token)) {
            ((Some(one), Some(two)), _) => one == two,
            (_, (Some(one), Some(two))) => one == two,
            _ => false,
        }
    }

    /// The part of a calendar.
    pub(super) fn encode(&self) -> Vec<u8> {
        let line = |text: &Option<String>| text.as_deref().map_or(String::new(), one_line);
        format!("{}\n{}", line(&self.token), line(&self.ctag)).into_bytes()
    }

    fn decode(value: &[u8]) -> Option<Self> {
        let (token, ctag) = std::str::from_utf8(value).ok()?.split_once('\n')?;
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(Self { token: said(token), ctag: said(ctag) })
    }
}

/// A token is a URI and a CTag has no line breaks; one that does is not worth remembering.
fn one_line(text: &str) -> String {
    if text.contains('\n') { String::new() } else { text.to_owned() }
}

impl Home {
    /// The part that remembers it.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut value = self.typed.to_vec();
        let flags = u8::from(self.single) | u8::from(self.whole) << 1 | u8::from(self.tags) << 2;
        value.push(flags);
        value.extend(self.places.join("\n").into_bytes());
        value
    }

    fn decode(value: &[u8]) -> Option<Self> {
        let (typed, rest) = value.split_first_chunk()?;
        let (flags, places) = rest.split_first()?;
        let places = std::str::from_utf8(places).ok()?.lines().map(str::to_owned).collect();
        let flag = |bit: u8| flags & bit != 0;
        Some(Self { typed: *typed, single: flag(1), whole: flag(2), tags: flag(4), places })
    }
}

impl Memory {
    /// Reads a cursor; what makes no sense in it was never seen.
    pub(super) fn of(cursor: &Cursor) -> Self {
        let mut memory = Self::default();
        for (part, value) in &cursor.parts {
            if part == HOME {
                memory.home = Home::decode(value);
                continue;
            }
            let Some((kind, rest)) = part.split_first() else { continue };
            let Ok(name) = std::str::from_utf8(rest) else { continue };
            match (*kind, name.split_once('\0')) {
                (CALENDAR, None) => memory.known(name).state = State::decode(value),
                (EVENT, Some((calendar, href))) => {
                    let seen = Seen::decode(value);
                    memory.known(calendar).events.insert(href.to_owned(), seen);
                }
                _ => {}
            }
        }
        memory
    }

    fn known(&mut self, calendar: &str) -> &mut Known {
        self.calendars.entry(calendar.to_owned()).or_default()
    }
}

/// The name of a calendar's part.
pub(super) fn calendar_part(calendar: &str) -> Vec<u8> {
    [&[CALENDAR], calendar.as_bytes()].concat()
}

/// The name of an event's part.
pub(super) fn event_part(calendar: &str, href: &str) -> Vec<u8> {
    [&[EVENT], calendar.as_bytes(), b"\0", href.as_bytes()].concat()
}

/// What an ETag is remembered by. One is opaque but for the `W/` of a weak one (RFC 9110 §8.8.3),
/// which some servers write in one answer and leave out in another.
pub(super) fn mark(etag: &str) -> [u8; 32] {
    Sha256::digest(etag.strip_prefix("W/").unwrap_or(etag)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_remembered() {
        let seen = SeenEvent {
            frame: [1; 8],
            mark: mark("\"1\""),
            held: true,
            refused: false,
            more: Some(9),
        };
        let state = State { token: Some("data:,1".to_owned()), ctag: None };
        let home = Home {
            typed: [7; 16],
            single: false,
            whole: true,
            tags: true,
            places: vec!["https://a.test/1/".into(), "https://a.test/2/".into()],
        };
        let mut cursor = Cursor::default();
        for (part, value) in [
            (HOME.to_vec(), home.encode()),
            (calendar_part("/c/"), state.encode()),
            (event_part("/c/", "/c/a%20b.ics"), seen.encode()),
            (event_part("/d/", "/d/x.ics"), Vec::new()),
            (b"?".to_vec(), Vec::new()),
            (b"c\xff".to_vec(), Vec::new()),
        ] {
            cursor.parts.insert(part, value);
        }
        let memory = Memory::of(&cursor);
        assert_eq!(memory.home, Some(home));
        let known = &memory.calendars["/c/"];
        assert_eq!(known.state, Some(state));
        assert_eq!(known.events["/c/a%20b.ics"], seen);
        assert!(memory.calendars["/d/"].state.is_none());
        assert!(memory.calendars["/d/"].events["/d/x.ics"].refused);
        assert_eq!(memory.calendars.len(), 2);
    }

    #[test]
    fn unknown_is_changed() {
        let state = |token: &str, ctag: &str| {
            let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            State { token: said(token), ctag: said(ctag) }
        };
        for (one, two, same) in [
            (state("1", "a"), state("1", "a"), true),
            // Some servers make a new token for every question; the CTag is what it is for.
            (state("1", "a"), state("2", "a"), true),
            (state("1", "a"), state("1", "b"), false),
            (state("1", ""), state("1", ""), true),
            (state("1", ""), state("2", ""), false),
            (state("1", "a"), state("1", ""), true),
            (state("", "a"), state("1", ""), false),
            (state("", ""), state("", ""), false),
        ] {
            assert_eq!(one.is_same(&two), same, "{one:?} {two:?}");
        }
    }

    #[test]
    fn a_weak_etag_is_the_same_etag() {
        assert_eq!(mark("W/\"1\""), mark("\"1\""));
        assert_ne!(mark("\"1\""), mark("\"2\""));
    }
}
