//! One VEVENT as it states itself: dates not yet tied to a zone, rules not yet expanded.
//!
//! [`super::read`] makes it, [`super::expand`] uses it up; nobody else sees inside. It refuses to
//! hold a title, a place or a description: those have become [`Venue`] and [`Noted`] by now.
//! Zone names stay names here, because the VTIMEZONE that explains one may follow the event.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::{Attendee, Busy, Noted, Status, Venue};
use crate::mail::Mailbox;

/// A DATE or DATE-TIME value, RFC 5545 §3.3.4 and §3.3.5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// A whole day.
    Date(Date),
    /// A time of day wherever the reader is.
    Floating(DateTime),
    /// An instant.
    Utc(Timestamp),
    /// A time of day in the zone of this TZID.
    Zoned(DateTime, Arc<str>),
}

impl When {
    /// Reads `20240131`, `20240131T090000` and `20240131T090000Z`, as UNTIL writes them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = |from: usize, to: usize| -> Option<i16> {
            let part = text.get(from..to)?;
            part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten()
        };
        let small = |from: usize, to: usize| i8::try_from(digits(from, to)?).ok();
        let date = Date::new(digits(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?;
        if text.len() == 8 {
            return Some(Self::Date(date));
        }
        if !text.get(8..9)?.eq_ignore_ascii_case("t") {
            return None;
        }
        let time = time_of_day(date, small(9, 11)?, small(11, 13)?, small(13, 15).unwrap_or(0))?;
        match text.get(15..) {
            None | Some("") => Some(Self::Floating(time)),
            Some("Z" | "z") => Some(Self::Utc(utc(time))),
            Some(_) => None,
        }
    }

    /// The date and time as written; midnight for a whole day.
    pub(super) fn written(&self) -> DateTime {
        match self {
            Self::Date(date) => date.to_datetime(jiff::civil::Time::midnight()),
            Self::Floating(at) | Self::Zoned(at, _) => *at,
            Self::Utc(at) => jiff::tz::Offset::UTC.to_datetime(*at),
        }
    }
}

/// A time of day on a date. A leap second (60) counts as the second before it: no zone here knows
/// leap seconds, and a meeting that starts in one has not been seen.
pub(super) fn time_of_day(date: Date, hour: i8, minute: i8, second: i8) -> Option<DateTime> {
    let time = jiff::civil::Time::new(hour, minute, if second == 60 { 59 } else { second }, 0);
    Some(date.to_datetime(time.ok()?))
}

/// A wall clock in UTC as an instant. The last day of the year 9999 has none, and stands for "for
/// ever" where it is written: it becomes the last instant there is.
pub(super) fn utc(wall: DateTime) -> Timestamp {
    jiff::tz::Offset::UTC.to_timestamp(wall).unwrap_or(Timestamp::MAX)
}

/// How an event ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// DTEND.
    At(When),
    /// DURATION: days are nominal (as long as the day is), seconds are exact.
    After {
        /// Days, weeks included.
        days: i64,
        /// The rest.
        seconds: i64,
    },
    /// Neither.
    Unsaid,
}

/// RECURRENCE-ID, RFC 5545 §3.8.4.4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RecurrenceId {
    /// The original start of the instance meant.
    pub(super) at: When,
    /// RANGE=THISANDFUTURE, RFC 5545 §3.2.13.
    pub(super) and_future: bool,
}

/// A VEVENT, RFC 5545 §3.6.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub(super) uid: String,
    pub(super) recurrence_id: Option<RecurrenceId>,
    pub(super) start: When,
    pub(super) ends: Ends,
    /// RRULE values as written: they are judged where they are expanded.
    pub(super) rules: Vec<String>,
    /// EXRULE values as written (RFC 2445 §4.8.5.2, gone from RFC 5545, alive in old files).
    pub(super) exrules: Vec<String>,
    pub(super) rdates: Vec<(When, Ends)>,
    pub(super) exdates: Vec<When>,
    /// SEQUENCE: which of two copies of one component is newer, and nothing else.
    pub(super) sequence: i64,
    /// X-MOZ-FAKED-MASTER: Lightning's placeholder around overrides whose series it never got.
    pub(super) faked: bool,
    pub(super) status: Status,
    pub(super) busy: Busy,
    pub(super) private: bool,
    pub(super) organizer: Option<Mailbox>,
    pub(super) attendees: Arc<[Attendee]>,
    pub(super) venue: Venue,
    pub(super) noted: Option<Noted>,
    pub(super) microsoft: bool,
    pub(super) created: Option<Timestamp>,
    pub(super) categories: Vec<String>,
}

impl Event {
    /// UID, RFC 5545 §3.8.4.7; made up from the event's own text where it has none.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// Whether it carries a rule or dates of its own, so that it can be the master of a series.
    pub(super) fn recurs(&self) -> bool {
        !self.rules.is_empty() || !self.rdates.is_empty()
    }
}
