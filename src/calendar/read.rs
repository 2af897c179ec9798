//! ICS bytes to [`Event`]s.
//!
//! [`Outline`] cuts the file and picks the lines, calcard parses one event's lines at a time, and
//! this file gives the values their meaning. Title, place and description live here for the time
//! one event takes: long enough to become a [`super::Venue`] and a [`super::Noted`]. What cannot
//! be read is named with a fixed phrase and left out; nothing here can fail as a whole.

use std::sync::Arc;

use calcard::common::{IanaString, PartialDateTime};
use calcard::icalendar::{
    ICalendarDuration, ICalendarEntry, ICalendarParameterName as Param,
    ICalendarParameterValue as ParamValue, ICalendarPeriod, ICalendarProperty as Property,
    ICalendarValue as Value, Uri,
};
use calcard::{Entry, Parser};
use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::attendee::{attendee, delegates, mailbox};
use super::compose::Composed;
use super::event::{Ends, Event, RecurrenceId, When, time_of_day, utc};
use super::outline::{Frame, Method, Outline};
use super::venue::Clues;
use super::zone::Zones;
use super::{Attendee, Busy, CuType, PartStat, Role, Status, noted, venue};
use crate::mail::{AddrSpec, Mailbox};

/// Items named as unread, a file; what goes beyond is summed up in one line.
pub(super) const NAMED: usize = 1_000;

/// What stands for all the others.
const AND_MORE: &str = "and more items like these";

/// Why an event is not read.
pub(super) const NO_START: &str = "no start that can be read";

/// What was in a calendar file, or in all events of one UID.
#[derive(Clone, Debug, Default)]
pub struct ReadIcs {
    /// Its events, masters and overrides alike, in the order of the file.
    pub events: Vec<Event>,
    /// The time zones it explains.
    pub zones: Arc<Zones>,
    /// What was not read, or not wholly.
    pub skipped: Vec<Unread>,
    /// Whether the file ends as a calendar does. One that does not may still be written to: what
    /// it does not hold is not known to be gone.
    pub complete: bool,
}

/// An item that was not read, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// The UID it is about, not safe to show; empty for the file itself.
    pub uid: String,
    /// Why, a fixed phrase.
    pub why: &'static str,
}

impl Unread {
    /// Notes an item once, the first [`NAMED`] of them: a bomb has more.
    pub(super) fn note(list: &mut Vec<Self>, uid: &str, why: &'static str) {
        if list.len() < NAMED && !list.iter().any(|known| known.uid == uid && known.why == why) {
            list.push(Self { uid: uid.to_owned(), why });
        } else if list.len() == NAMED {
            list.push(Self { uid: String::new(), why: AND_MORE });
        }
    }
}

/// Reads a whole file at once. For a large feed take its [`Outline`] and read group by group.
pub fn read(bytes: &[u8]) -> ReadIcs {
    let outline = Outline::new(bytes);
    let mut all = ReadIcs {
        zones: Arc::clone(&outline.zones),
        skipped: outline.skipped(),
        complete: outline.is_complete(),
        events: Vec::new(),
    };
    for group in outline.groups() {
        let read = outline.read(&group, outline.pick(&group));
        all.events.extend(read.events);
        all.skipped.extend(read.skipped);
    }
    if all.skipped.len() >= NAMED {
        all.skipped.truncate(NAMED);
        all.skipped.push(Unread { uid: String::new(), why: AND_MORE });
    }
    all
}

/// Parses one VEVENT and adds it to the others.
pub(super) fn parse(composed: Composed, uid: &str, frame: Frame, read: &mut ReadIcs) {
    let mut skip = |why| read.skipped.push(Unread { uid: uid.to_owned(), why });
    if frame.method == Method::Talk {
        skip("an answer to an invitation, not an event");
        return;
    }
    if let Some(why) = composed.cut {
        skip(why);
    }
    let text = format!("BEGIN:VEVENT\n{}{}END:VEVENT\n", composed.text, composed.stamp);
    let Entry::ICalendar(parsed) = Parser::new(&text).entry() else {
        skip("an event that cannot be read");
        return;
    };
    let entries = parsed.components.into_iter().next().map(|c| c.entries).unwrap_or_default();
    let mut draft = Draft::default();
    for entry in &entries {
        draft.take(entry);
    }
    match draft.finish(composed, uid, frame) {
        Ok(event) => read.events.push(event),
        Err(why) => skip(why),
    }
}

/// An event while its lines are read: here, and only here, there is a title.
#[derive(Default)]
struct Draft {
    start: Option<When>,
    end: Option<When>,
    duration: Option<Ends>,
    recurrence_id: Option<RecurrenceId>,
    rdates: Vec<(When, Ends)>,
    exdates: Vec<When>,
    sequence: i64,
    faked: bool,
    status: Option<Status>,
    transparent: bool,
    busy_status: Option<String>,
    intended_status: Option<String>,
    all_day: bool,
    private: bool,
    organizer: Option<Mailbox>,
    attendees: Vec<Attendee>,
    delegates: Vec<AddrSpec>,
    created: Option<Timestamp>,
    stamp: Option<Timestamp>,
    categories: Vec<String>,
    summary: String,
    clues: Clues,
}

impl Draft {
    fn take(&mut self, entry: &ICalendarEntry) {
        match &entry.name {
            Property::Dtstart => self.start = self.start.take().or_else(|| date(entry)),
            Property::Dtend => self.end = self.end.take().or_else(|| date(entry)),
            Property::Duration => {
                if let Some(Value::Duration(duration)) = entry.values.first() {
                    self.duration = Some(lasting(duration));
                }
            }
            Property::RecurrenceId => {
                self.recurrence_id = date(entry).map(|at| RecurrenceId {
                    at,
                    and_future: entry.params.iter().any(|p| p.name == Param::Range),
                });
            }
            Property::Rdate => self.rdates.extend(dates(entry)),
            Property::Exdate => self.exdates.extend(dates(entry).map(|(when, _)| when)),
            Property::Sequence => {
                if let Some(Value::Integer(sequence)) = entry.values.first() {
                    self.sequence = *sequence;
                }
            }
            Property::Status => self.status = self.status.or_else(|| status(&word(entry))),
            Property::Transp => self.transparent = word(entry) == "TRANSPARENT",
            // A class nobody knows is PRIVATE (RFC 5545 §3.8.1.3).
            Property::Class => self.private = !matches!(word(entry).as_str(), "PUBLIC" | ""),
            Property::Organizer => self.organizer = mailbox(entry),
            Property::Attendee => {
                self.attendees.extend(attendee(entry));
                self.delegates.extend(delegates(entry));
            }
            Property::Created => self.created = date(entry).and_then(|when| entered(&when)),
            Property::Dtstamp => self.stamp = date(entry).and_then(|when| entered(&when)),
            Property::Categories => {
                let words = entry.values.iter().filter_map(text).map(|t| t.trim().to_lowercase());
                let short = |word: &String| !word.is_empty() && word.chars().count() <= 64;
                let room = 8_usize.saturating_sub(self.categories.len());
                self.categories.extend(words.filter(short).take(room));
            }
            Property::Summary => self.summary = joined(entry),
            Property::Location => self.clues.place = joined(entry),
            Property::Description => self.clues.description = joined(entry),
            Property::Url => self.clues.links.push(joined(entry)),
            Property::Conference => self.clues.conferences.push(joined(entry)),
            Property::Other(name) => self.extension(&name.to_ascii_uppercase(), joined(entry)),
            _ => {}
        }
    }

    fn extension(&mut self, name: &str, value: String) {
        let value = value.trim().to_owned();
        match name {
            "X-MICROSOFT-CDO-BUSYSTATUS" => self.busy_status = Some(value.to_ascii_uppercase()),
            "X-MICROSOFT-CDO-INTENDEDSTATUS" => {
                self.intended_status = Some(value.to_ascii_uppercase());
            }
            "X-MICROSOFT-CDO-ALLDAYEVENT" => self.all_day = value.eq_ignore_ascii_case("true"),
            "X-MOZ-FAKED-MASTER" => self.faked = value == "1",
            _ => self.clues.conferences.push(value),
        }
    }

    /// Hangs floating times in the zone of their calendar.
    fn hang(&mut self, zone: &Arc<str>) {
        let hang = |when: &mut When| {
            if let When::Floating(at) = *when {
                *when = When::Zoned(at, Arc::clone(zone));
            }
        };
        self.start.iter_mut().chain(&mut self.end).chain(&mut self.exdates).for_each(hang);
        self.recurrence_id.iter_mut().for_each(|id| hang(&mut id.at));
        for (at, ends) in &mut self.rdates {
            hang(at);
            if let Ends::At(end) = ends {
                hang(end);
            }
        }
    }

    /// Adds whom somebody sent instead and who is not listed (RFC 5546 §3.2.2.3 has both listed).
    fn delegate(&mut self) {
        for addr_spec in std::mem::take(&mut self.delegates) {
            if !self.attendees.iter().any(|a| a.mailbox.addr_spec == addr_spec) {
                self.attendees.push(Attendee {
                    mailbox: Mailbox { addr_spec, display_name: None },
                    partstat: PartStat::NeedsAction,
                    cutype: CuType::Individual,
                    role: Role::Required,
                });
            }
        }
    }

    fn finish(mut self, from: Composed, uid: &str, frame: Frame) -> Result<Event, &'static str> {
        if let Some(zone) = &frame.zone {
            self.hang(zone);
        }
        self.delegate();
        // A cancelled instance may say nothing but which one it is.
        let named = self.recurrence_id.as_ref().map(|id| id.at.clone());
        let mut start = self.start.or(named).ok_or(NO_START)?;
        let mut ends = match (self.end, self.duration) {
            (Some(end), _) => Ends::At(end),
            (None, Some(duration)) => duration,
            (None, None) => Ends::Unsaid,
        };
        if self.all_day {
            (start, ends) = whole_days(start, ends);
        }
        self.clues.room = self.attendees.iter().any(|a| a.cutype == CuType::Room);
        let venue = venue::venue(&self.clues);
        let noted = if self.attendees.is_empty() {
            noted::noted(&self.summary, venue::is_telephone(&self.clues.place))
        } else {
            None
        };
        let busy = match (self.busy_status.or(self.intended_status).as_deref(), self.transparent) {
            (Some("OOF"), _) => Busy::OutOfOffice,
            (Some("FREE"), _) | (_, true) => Busy::Free,
            (Some("TENTATIVE"), _) => Busy::Tentative,
            _ => Busy::Busy,
        };
        let status = match frame.method {
            Method::Cancel => Status::Cancelled,
            _ => self.status.unwrap_or(Status::Confirmed),
        };
        Ok(Event {
            uid: uid.to_owned(),
            recurrence_id: self.recurrence_id,
            start,
            ends,
            rules: from.rules,
            exrules: from.exrules,
            rdates: self.rdates,
            exdates: self.exdates,
            sequence: self.sequence,
            faked: self.faked,
            status,
            busy,
            private: self.private,
            organizer: self.organizer,
            attendees: self.attendees.into(),
            venue,
            noted,
            microsoft: frame.microsoft || from.microsoft,
            created: self.created.or(self.stamp),
            categories: self.categories,
        })
    }
}

fn status(word: &str) -> Option<Status> {
    match word {
        "CONFIRMED" => Some(Status::Confirmed),
        "TENTATIVE" => Some(Status::Tentative),
        "CANCELLED" | "CANCELED" => Some(Status::Cancelled),
        _ => None,
    }
}

/// Outlook writes a whole day as midnight to midnight and says so beside it. As whole days it can
/// close a day (an absence), as hours it cannot.
fn whole_days(start: When, ends: Ends) -> (When, Ends) {
    let day = |when: &When| -> Option<Date> {
        let at = when.written();
        (at.time() == Time::midnight()).then(|| at.date())
    };
    match (day(&start), &ends) {
        (Some(first), Ends::At(end)) => match day(end) {
            Some(after) => (When::Date(first), Ends::At(When::Date(after))),
            None => (start, ends),
        },
        (Some(first), _) => (When::Date(first), ends),
        (None, _) => (start, ends),
    }
}

/// When something was entered. Years before 1990 are defaults of a program, not the truth.
fn entered(when: &When) -> Option<Timestamp> {
    let at = when.written();
    (at.year() >= 1990).then(|| utc(at))
}

fn date(entry: &ICalendarEntry) -> Option<When> {
    dates(entry).next().map(|(when, _)| when)
}

/// The dates of a line; a PERIOD has an end of its own.
fn dates(entry: &ICalendarEntry) -> impl Iterator<Item = (When, Ends)> {
    let zone = entry.params.iter().find_map(|param| match (&param.name, &param.value) {
        (Param::Tzid, ParamValue::Text(name)) if !name.trim().is_empty() => {
            Some(Arc::from(name.trim()))
        }
        _ => None,
    });
    entry.values.iter().filter_map(move |value| match value {
        Value::PartialDateTime(at) => Some((when(at, zone.as_ref())?, Ends::Unsaid)),
        Value::Period(ICalendarPeriod::Range { start, end }) => {
            Some((when(start, zone.as_ref())?, Ends::At(when(end, zone.as_ref())?)))
        }
        Value::Period(ICalendarPeriod::Duration { start, duration }) => {
            Some((when(start, zone.as_ref())?, lasting(duration)))
        }
        Value::Text(text) => Some((When::parse(text)?, Ends::Unsaid)),
        _ => None,
    })
}

fn when(at: &PartialDateTime, zone: Option<&Arc<str>>) -> Option<When> {
    let small = |n: Option<u8>| n.and_then(|n| i8::try_from(n).ok());
    let date = Date::new(i16::try_from(at.year?).ok()?, small(at.month)?, small(at.day)?).ok()?;
    if at.hour.is_none() {
        return Some(When::Date(date));
    }
    let seconds = small(at.second).unwrap_or(0);
    let wall = time_of_day(date, small(at.hour)?, small(at.minute)?, seconds)?;
    Some(match (at.tz_hour, zone) {
        (Some(hours), _) => {
            let minutes = i64::from(hours) * 60 + i64::from(at.tz_minute.unwrap_or(0));
            let east = if at.tz_minus { -minutes } else { minutes };
            When::Utc(utc(wall).checked_sub(jiff::SignedDuration::from_mins(east)).ok()?)
        }
        (None, Some(zone)) => When::Zoned(wall, Arc::clone(zone)),
        (None, None) => When::Floating(wall),
    })
}

fn lasting(duration: &ICalendarDuration) -> Ends {
    if duration.neg {
        return Ends::After { days: 0, seconds: 0 };
    }
    let (hours, minutes) = (i64::from(duration.hours), i64::from(duration.minutes));
    Ends::After {
        days: i64::from(duration.weeks) * 7 + i64::from(duration.days),
        seconds: hours * 3_600 + minutes * 60 + i64::from(duration.seconds),
    }
}

pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) | Value::Uri(Uri::Location(text)) => Some(text),
        _ => None,
    }
}

/// The values of a line as one text: an unescaped comma or semicolon parts what is no list.
fn joined(entry: &ICalendarEntry) -> String {
    entry.values.iter().filter_map(text).collect::<Vec<_>>().join(", ")
}

/// The value of a line that is one word, in capitals.
fn word(entry: &ICalendarEntry) -> String {
    match entry.values.first() {
        Some(Value::Status(status)) => status.as_str().to_ascii_uppercase(),
        Some(Value::Transparency(transparency)) => transparency.as_str().to_ascii_uppercase(),
        Some(Value::Classification(class)) => class.as_str().to_ascii_uppercase(),
        Some(Value::Text(text)) => text.trim().to_ascii_uppercase(),
        _ => String::new(),
    }
}
