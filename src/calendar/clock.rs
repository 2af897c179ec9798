//! The clock a series runs on: values of any kind to its wall time, wall times to instants.
//!
//! A time that a change of summer time skips moves forward with the clock, a time that happens
//! twice is the first of the two (RFC 5545 §3.3.5). Ends written as a time or in hours are exact,
//! ends in days follow the clock. What cannot be true (an end before the start, a meeting of
//! millions of weeks) becomes no length at all, because a busy time without an end would keep the
//! user busy for ever.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::Span;
use super::event::{Ends, Event, When, utc};
use super::read::Unread;
use super::zone::Zones;

/// The longest an event may last, or an instance be moved, and still be believed.
pub(super) const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 400);

const MIDNIGHT: Time = Time::midnight();

/// The clock of a series.
#[derive(Clone, Debug)]
pub(super) enum Clock {
    /// Whole days.
    Days,
    /// A wall clock; `floating` when it is the user's for want of another.
    Wall {
        /// Where it hangs.
        zone: TimeZone,
        /// Whether the event named no zone.
        floating: bool,
    },
}

/// How long each instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// Exactly so long.
    Exact(SignedDuration),
    /// So many days by the wall clock, then exactly so many seconds.
    Nominal {
        /// Days.
        days: i64,
        /// Seconds.
        seconds: i64,
    },
    /// So many whole days.
    Days(i64),
}

/// Finds the zones of one file, each once.
pub(super) struct Clocks<'a> {
    zones: &'a Zones,
    user: &'a TimeZone,
    known: HashMap<Arc<str>, Option<TimeZone>>,
    /// Events in a zone nobody knows.
    pub(super) unknown: Vec<Unread>,
}

impl<'a> Clocks<'a> {
    pub(super) fn new(zones: &'a Zones, user: &'a TimeZone) -> Self {
        Self { zones, user, known: HashMap::new(), unknown: Vec::new() }
    }

    /// The zone of a name; the user's where nobody knows it, which is noted once an event.
    fn zone(&mut self, event: &Event, name: &Arc<str>) -> TimeZone {
        let zones = self.zones;
        let found = self.known.entry(Arc::clone(name)).or_insert_with(|| zones.find(name)).clone();
        found.unwrap_or_else(|| {
            let why = "a time zone nobody knows, taken as the user's own";
            Unread::note(&mut self.unknown, event.uid(), why);
            self.user.clone()
        })
    }

    /// The clock of an event.
    pub(super) fn clock(&mut self, event: &Event) -> Clock {
        match &event.start {
            When::Date(_) => Clock::Days,
            When::Floating(_) => Clock::Wall { zone: self.user.clone(), floating: true },
            When::Utc(_) => Clock::Wall { zone: TimeZone::UTC, floating: false },
            When::Zoned(_, name) => Clock::Wall { zone: self.zone(event, name), floating: false },
        }
    }

    /// A value of the event on a clock.
    pub(super) fn wall(&mut self, event: &Event, when: &When, clock: &Clock) -> DateTime {
        match (clock, when) {
            (Clock::Days, when) => when.written().date().to_datetime(MIDNIGHT),
            (Clock::Wall { floating: false, zone }, When::Utc(at)) => zone.to_datetime(*at),
            (Clock::Wall { floating: false, zone }, When::Zoned(wall, name)) => {
                let other = self.zone(event, name);
                if other == *zone {
                    return *wall;
                }
                instant(*wall, &other).map_or(*wall, |at| zone.to_datetime(at))
            }
            (Clock::Wall { .. }, when) => when.written(),
        }
    }

    /// The instant by which an instance is known.
    pub(super) fn key(&mut self, event: &Event, when: &When, clock: &Clock) -> Option<Timestamp> {
        match (when, clock) {
            (When::Utc(at), Clock::Wall { floating: false, .. }) => Some(*at),
            (when, clock) => clock.key(self.wall(event, when, clock)),
        }
    }

    /// How long an event is that begins and ends so.
    pub(super) fn length(
        &mut self,
        event: &Event,
        start: &When,
        ends: &Ends,
        clock: &Clock,
    ) -> Length {
        match (clock, ends) {
            (Clock::Days, ends) => Length::Days(whole_days(start, ends)),
            (Clock::Wall { .. }, Ends::Unsaid) => Length::Exact(SignedDuration::ZERO),
            (Clock::Wall { .. }, Ends::After { days, seconds }) => {
                let all = days.saturating_mul(86_400).saturating_add(*seconds);
                if all > LONGEST.as_secs() {
                    return Length::Exact(SignedDuration::ZERO);
                }
                Length::Nominal { days: *days, seconds: *seconds }
            }
            (Clock::Wall { .. }, Ends::At(end)) => {
                let both = self.key(event, start, clock).zip(self.key(event, end, clock));
                let length = both.map(|(start, end)| end.duration_since(start));
                let length = length.filter(|length| *length <= LONGEST && length.is_positive());
                Length::Exact(length.unwrap_or_default())
            }
        }
    }
}

impl Clock {
    /// The zone it hangs in; the user's for whole days.
    pub(super) fn zone<'z>(&'z self, user: &'z TimeZone) -> &'z TimeZone {
        match self {
            Self::Days => user,
            Self::Wall { zone, .. } => zone,
        }
    }

    /// The instant by which an instance is known.
    pub(super) fn key(&self, wall: DateTime) -> Option<Timestamp> {
        match self {
            Self::Days => Some(utc(wall)),
            Self::Wall { zone, .. } => instant(wall, zone),
        }
    }

    /// The wall time an instance known by this instant has.
    pub(super) fn wall(&self, key: Timestamp) -> DateTime {
        match self {
            Self::Days => jiff::tz::Offset::UTC.to_datetime(key),
            Self::Wall { zone, .. } => zone.to_datetime(key),
        }
    }

    /// What an instance takes up.
    pub(super) fn span(&self, wall: DateTime, length: Length) -> Option<Span> {
        match (self, length) {
            (Self::Days, length) => {
                let days = if let Length::Days(days) = length { days } else { 1 };
                let first = wall.date();
                let last = first.checked_add((days - 1).days()).unwrap_or(first);
                Some(Span::Days { first, last })
            }
            (Self::Wall { zone, .. }, length) => {
                let start = instant(wall, zone)?;
                let end = match length {
                    Length::Exact(length) => start.checked_add(length).ok(),
                    Length::Nominal { days, seconds } => {
                        let wall = wall.checked_add(days.days()).ok();
                        let end = wall.and_then(|wall| instant(wall, zone));
                        end.and_then(|end| end.checked_add(SignedDuration::from_secs(seconds)).ok())
                    }
                    Length::Days(_) => None,
                };
                Some(Span::Timed { start, end: end.unwrap_or(start).max(start) })
            }
        }
    }
}

/// The first instant of a span; that of a day in the user's zone.
pub(super) fn beginning(span: &Span, user: &TimeZone) -> Option<Timestamp> {
    match span {
        Span::Timed { start, .. } => Some(*start),
        Span::Days { first, .. } => instant(first.to_datetime(MIDNIGHT), user),
    }
}

/// A wall clock as an instant: forward out of a gap, the first of two.
fn instant(wall: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(wall).compatible().ok()
}

/// How many whole days, at least one. A part of a day is a day.
fn whole_days(start: &When, ends: &Ends) -> i64 {
    let days = match ends {
        Ends::Unsaid => 1,
        Ends::At(end) => {
            let (first, end) = (start.written().date(), end.written());
            let days = first.until(end.date()).map_or(0, |span| span.get_days());
            i64::from(days) + i64::from(end.time() != MIDNIGHT)
        }
        Ends::After { days, seconds } => days.saturating_add((seconds + 86_399) / 86_400),
    };
    if (1..=LONGEST.as_hours() / 24).contains(&days) { days } else { 1 }
}
