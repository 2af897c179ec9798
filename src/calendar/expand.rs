//! Events to occurrences inside a window.
//!
//! Everything recurs on the wall clock of the zone DTSTART is in: rules are walked there, and each
//! time becomes an instant only afterwards, so that nine o'clock stays nine o'clock over a change
//! of summer time. A time that a change skips moves forward with the clock, a time that happens
//! twice is the first of the two (RFC 5545 §3.3.5). An instance is known by the instant it was
//! meant to start at; EXDATE, RDATE and RECURRENCE-ID find it by that, by its day where they are
//! dates, and by the wall clock where either side floats.
//!
//! calcard's own expansion and rrule's sets were the alternatives. The first reads UTC events in
//! the default zone and matches overrides by SEQUENCE across UIDs, the second knows no overrides
//! and compares UNTIL in the wrong clock; each got 32 of 55 hostile calendars right, this way 46,
//! the rest being matters of opinion.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::event::{Ends, Event, When, utc};
use super::read::{ReadIcs, Unread};
use super::rule::{End, Rule};
use super::{Occurrence, Span};

/// Instances of one event inside a window.
const INSTANCES: usize = 3_500;

/// Rules of one event.
const RULES: usize = 16;

/// The longest an event may last and still be believed.
const LONGEST_DAYS: i64 = 400;

/// The part of time to look at: occurrences that start at or after `from` and before `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First instant.
    pub from: Timestamp,
    /// First instant after.
    pub until: Timestamp,
}

/// What happens inside a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The occurrences, by start. Cancelled ones are among them, each with its status. No two have
    /// both UID and RECURRENCE-ID in common.
    pub occurrences: Vec<Occurrence>,
    /// Rules that were not followed, zones nobody knows.
    pub skipped: Vec<Unread>,
    /// Something starts, or may start, after the window: when the window moves on, look again.
    pub more_after: bool,
    /// Searches given up without a find: each is some milliseconds of work for nothing.
    pub barren: u32,
}

/// Expands the events. `zone` is the user's: floating times and whole days are in it.
pub fn expand(read: &ReadIcs, window: &Window, zone: &TimeZone) -> Expanded {
    let mut work =
        Work { read, window: *window, zone, known: HashMap::new(), out: Expanded::default() };
    let mut order: Vec<&str> = Vec::new();
    let mut by_uid: HashMap<&str, Vec<&Event>> = HashMap::new();
    for event in &read.events {
        let group = by_uid.entry(event.uid()).or_default();
        if group.is_empty() {
            order.push(event.uid());
        }
        group.push(event);
    }
    for uid in order {
        work.resource(by_uid.get(uid).map(Vec::as_slice).unwrap_or_default());
    }
    let mut out = work.out;
    out.occurrences.sort_by_key(|o| (start_key(&o.span), o.recurrence_id));
    out
}

fn start_key(span: &Span) -> (Date, Option<Timestamp>) {
    match span {
        Span::Timed { start, .. } => {
            (jiff::tz::Offset::UTC.to_datetime(*start).date(), Some(*start))
        }
        Span::Days { first, .. } => (*first, None),
    }
}

/// The clock a series runs on.
enum Base {
    /// Whole days.
    Days,
    /// A wall clock; `floating` when it is the user's for want of another.
    Clock { zone: TimeZone, floating: bool },
}

/// How long each instance is.
#[derive(Clone, Copy)]
enum Length {
    /// Exactly so long.
    Exact(SignedDuration),
    /// So many days by the wall clock, then exactly so many seconds.
    Nominal { days: i64, seconds: i64 },
    /// So many whole days.
    Days(i64),
}

/// An instance before exceptions: its wall clock and, for a PERIOD, its own length.
struct Instance {
    wall: DateTime,
    length: Option<Length>,
}

/// An override with RANGE=THISANDFUTURE.
struct Change<'a> {
    from: Timestamp,
    shift: SignedDuration,
    event: &'a Event,
    length: Length,
}

struct Work<'a> {
    read: &'a ReadIcs,
    window: Window,
    zone: &'a TimeZone,
    known: HashMap<Arc<str>, Option<TimeZone>>,
    out: Expanded,
}

impl<'a> Work<'a> {
    /// All components of one UID.
    fn resource(&mut self, events: &[&'a Event]) {
        let plain = |event: &&&Event| event.recurrence_id.is_none() && !event.faked;
        // A component that recurs and has a RECURRENCE-ID is a master somebody marked wrongly:
        // an instance cannot recur.
        let master = newest(events.iter().filter(plain))
            .or_else(|| newest(events.iter().filter(|event| event.recurs() && !event.faked)));
        let overrides = events
            .iter()
            .copied()
            .filter(|event| event.recurrence_id.is_some())
            .filter(|event| master.is_none_or(|master| !std::ptr::eq(master, *event)));
        let overrides: Vec<&Event> = overrides.collect();
        match master {
            Some(master) => {
                let masters = events.iter().filter(plain);
                if masters.clone().any(|other| other.start != master.start) {
                    self.skip(master, "another event of the same UID, the newest counts");
                }
                self.series(master, &overrides);
            }
            None => {
                for (key, event) in self.by_instance(&overrides, None) {
                    self.emit_own(event, key, None);
                }
            }
        }
    }

    /// Overrides by the instance they are about, the newest of several. `series` is the master and
    /// its clock; where there is none, each override goes by its own.
    fn by_instance(
        &mut self,
        overrides: &[&'a Event],
        series: Option<(&Event, &Base)>,
    ) -> BTreeMap<Timestamp, &'a Event> {
        let mut by_instance: BTreeMap<Timestamp, &Event> = BTreeMap::new();
        for event in overrides {
            let Some(id) = event.recurrence_id.as_ref() else { continue };
            let key = match (series, &id.at) {
                (Some((master, base @ Base::Clock { .. })), When::Date(day)) => {
                    let start = self.wall(master, &master.start, base);
                    self.at(day.to_datetime(start.time()), base)
                }
                (Some((_, base)), at) => self.key(event, at, base),
                (None, at) => {
                    let own = self.base(event, &event.start);
                    self.key(event, at, &own)
                }
            };
            let Some(key) = key else { continue };
            if by_instance.get(&key).is_none_or(|known| known.sequence <= event.sequence) {
                by_instance.insert(key, event);
            }
        }
        by_instance
    }

    fn series(&mut self, master: &'a Event, overrides: &[&'a Event]) {
        let base = self.base(master, &master.start);
        let recurs = master.recurs();
        let rules = self.rules(master, &master.rules);
        let standing = rules.iter().any(Rule::is_standing);
        let length = self.length(master, &master.start, &master.ends, &base);

        let by_instance = self.by_instance(overrides, Some((master, &base)));
        let changes = self.changes(&by_instance, &base);
        let reach = changes.iter().map(|c| c.shift.abs()).max().unwrap_or_default();
        let instances = self.instances(master, &rules, &base, reach);

        let mut shown = 0;
        for (key, instance) in instances {
            if by_instance.contains_key(&key) {
                continue;
            }
            let change = changes.iter().rev().find(|change| change.from <= key);
            let (facts, wall, length) = match change {
                Some(change) => {
                    let wall = instance.wall.checked_add(change.shift).unwrap_or(instance.wall);
                    (change.event, wall, change.length)
                }
                None => (master, instance.wall, instance.length.unwrap_or(length)),
            };
            let Some(span) = self.span(wall, length, &base) else { continue };
            if !self.inside(&span) {
                continue;
            }
            shown += 1;
            if shown > INSTANCES {
                self.skip(master, "more instances than a series has; the first are kept");
                break;
            }
            let created = facts.created.or(master.created);
            self.emit(facts, span, recurs.then_some(key), standing, created);
        }
        for (key, event) in by_instance {
            self.emit_own(event, key, Some((standing, master.created)));
        }
    }

    /// The rules of an event that can be followed.
    fn rules(&mut self, event: &Event, texts: &[String]) -> Vec<Rule> {
        if texts.len() > RULES {
            self.skip(event, "more recurrence rules than an event has");
            return Vec::new();
        }
        let mut rules = Vec::new();
        for text in texts {
            match Rule::parse(text) {
                Ok(rule) => rules.push(rule),
                Err(why) => self.skip(event, why),
            }
        }
        rules
    }

    /// The instances around the window, before overrides.
    fn instances(
        &mut self,
        master: &Event,
        rules: &[Rule],
        base: &Base,
        reach: SignedDuration,
    ) -> BTreeMap<Timestamp, Instance> {
        let zone = match base {
            Base::Clock { zone, .. } => zone,
            Base::Days => self.zone,
        };
        // A day on either side: the instant is compared with the window later, exactly.
        let reach = reach.saturating_add(SignedDuration::from_hours(24));
        let low = zone.to_datetime(self.window.from).saturating_sub(reach);
        let high = zone.to_datetime(self.window.until).saturating_add(reach);
        let start = self.wall(master, &master.start, base);
        let mut walls = vec![start];
        self.walk(master, rules, base, (start, low, high), &mut walls);
        let mut excluded = Vec::new();
        let exrules = self.rules(master, &master.exrules);
        let more = self.out.more_after;
        self.walk(master, &exrules, base, (start, low, high), &mut excluded);
        self.out.more_after = more;

        let mut instances = BTreeMap::new();
        for wall in walls {
            if let Some(key) = self.at(wall, base) {
                instances.insert(key, Instance { wall, length: None });
            }
        }
        for (when, ends) in &master.rdates {
            let wall = match (when, base) {
                (When::Date(day), Base::Clock { .. }) => day.to_datetime(start.time()),
                _ => self.wall(master, when, base),
            };
            let length = match ends {
                Ends::Unsaid => None,
                ends => Some(self.length(master, when, ends, base)),
            };
            if let Some(key) = self.at(wall, base) {
                instances.insert(key, Instance { wall, length });
            }
        }
        for wall in excluded {
            if let Some(key) = self.at(wall, base) {
                instances.remove(&key);
            }
        }
        let mut days = BTreeSet::new();
        for when in &master.exdates {
            match (when, base) {
                (When::Date(day), _) => drop(days.insert(*day)),
                (when, _) => {
                    if let Some(key) = self.key(master, when, base) {
                        instances.remove(&key);
                    }
                }
            }
        }
        instances.retain(|_, instance| !days.contains(&instance.wall.date()));
        instances
    }

    fn walk(
        &mut self,
        master: &Event,
        rules: &[Rule],
        base: &Base,
        (start, low, high): (DateTime, DateTime, DateTime),
        out: &mut Vec<DateTime>,
    ) {
        for rule in rules {
            let until = rule.until().map(|until| match (until, base) {
                (When::Date(day), _) => day.to_datetime(jiff::civil::time(23, 59, 59, 0)),
                (when, Base::Days) => when.written().date().to_datetime(start.time()),
                (when, Base::Clock { floating: true, .. }) => when.written(),
                (when, Base::Clock { .. }) => self.wall(master, when, base),
            });
            let whole_days = matches!(base, Base::Days);
            match rule.walk((start, until), whole_days, (low, high), out) {
                Ok(End::Over) => {}
                Ok(End::GoesOn) => self.out.more_after = true,
                Ok(End::Barren) => self.out.barren += 1,
                Ok(End::Steps) => self.skip(master, "a recurrence rule too long to follow"),
                Err(why) => self.skip(master, why),
            }
        }
    }

    /// The overrides that change all that follows, in order.
    fn changes(
        &mut self,
        overrides: &BTreeMap<Timestamp, &'a Event>,
        base: &Base,
    ) -> Vec<Change<'a>> {
        let mut changes = Vec::new();
        for (from, event) in overrides {
            let Some(id) = event.recurrence_id.as_ref().filter(|id| id.and_future) else {
                continue;
            };
            let same_kind = matches!(event.start, When::Date(_)) == matches!(base, Base::Days);
            let meant = self.wall(event, &id.at, base);
            let shift = self.wall(event, &event.start, base).duration_since(meant);
            if same_kind && shift.abs() <= SignedDuration::from_hours(24 * LONGEST_DAYS) {
                let length = self.length(event, &event.start, &event.ends, base);
                changes.push(Change { from: *from, shift, event, length });
            }
        }
        changes
    }

    /// An override: it takes place where it says itself, whatever its series does. `parent` is
    /// what the series lends it: whether it is standing, and when it was entered.
    fn emit_own(
        &mut self,
        event: &Event,
        key: Timestamp,
        parent: Option<(bool, Option<Timestamp>)>,
    ) {
        let base = self.base(event, &event.start);
        let length = self.length(event, &event.start, &event.ends, &base);
        let wall = self.wall(event, &event.start, &base);
        let (standing, created) = parent.unwrap_or_default();
        if let Some(span) = self.span(wall, length, &base).filter(|span| self.inside(span)) {
            self.emit(event, span, Some(key), standing, event.created.or(created));
        }
    }

    fn emit(
        &mut self,
        event: &Event,
        span: Span,
        recurrence_id: Option<Timestamp>,
        standing: bool,
        created: Option<Timestamp>,
    ) {
        self.out.occurrences.push(Occurrence {
            uid: event.uid.clone(),
            recurrence_id,
            span,
            status: event.status,
            busy: event.busy,
            private: event.private,
            organizer: event.organizer.clone(),
            attendees: event.attendees.clone(),
            venue: event.venue,
            noted: event.noted.clone(),
            standing,
            microsoft: event.microsoft,
            created,
            categories: event.categories.clone(),
        });
    }

    /// Whether a span starts in the window; notes when it starts after.
    fn inside(&mut self, span: &Span) -> bool {
        let start = match span {
            Span::Timed { start, .. } => Some(*start),
            Span::Days { first, .. } => instant(first.to_datetime(MIDNIGHT), self.zone),
        };
        let Some(start) = start else { return false };
        self.out.more_after |= start >= self.window.until;
        start >= self.window.from && start < self.window.until
    }

    fn skip(&mut self, event: &Event, why: &'static str) {
        let unread = Unread { uid: event.uid.clone(), why };
        if !self.out.skipped.contains(&unread) {
            self.out.skipped.push(unread);
        }
    }

    /// The zone of a name; the user's where nobody knows it, which is said once.
    fn zone_of(&mut self, event: &Event, name: &Arc<str>) -> TimeZone {
        let zones = &self.read.zones;
        let found = self.known.entry(Arc::clone(name)).or_insert_with(|| zones.find(name)).clone();
        found.unwrap_or_else(|| {
            self.skip(event, "a time zone nobody knows, taken as the user's own");
            self.zone.clone()
        })
    }

    fn base(&mut self, event: &Event, start: &When) -> Base {
        match start {
            When::Date(_) => Base::Days,
            When::Floating(_) => Base::Clock { zone: self.zone.clone(), floating: true },
            When::Utc(_) => Base::Clock { zone: TimeZone::UTC, floating: false },
            When::Zoned(_, name) => {
                Base::Clock { zone: self.zone_of(event, name), floating: false }
            }
        }
    }

    /// A value on the wall clock of a series.
    fn wall(&mut self, event: &Event, when: &When, base: &Base) -> DateTime {
        let Base::Clock { zone, floating: false } = base else {
            let written = when.written();
            return if matches!(base, Base::Days) {
                written.date().to_datetime(MIDNIGHT)
            } else {
                written
            };
        };
        match when {
            When::Date(_) | When::Floating(_) => when.written(),
            When::Utc(at) => zone.to_datetime(*at),
            When::Zoned(wall, name) => {
                let other = self.zone_of(event, name);
                if other == *zone {
                    return *wall;
                }
                instant(*wall, &other).map_or(*wall, |at| zone.to_datetime(at))
            }
        }
    }

    /// The instant by which an instance is known.
    fn key(&mut self, event: &Event, when: &When, base: &Base) -> Option<Timestamp> {
        match (when, base) {
            (When::Utc(at), Base::Clock { floating: false, .. }) => Some(*at),
            (when, base) => {
                let wall = self.wall(event, when, base);
                self.at(wall, base)
            }
        }
    }

    /// The same, of a wall clock of the series.
    fn at(&self, wall: DateTime, base: &Base) -> Option<Timestamp> {
        match base {
            Base::Days => Some(utc(wall)),
            Base::Clock { zone, .. } => instant(wall, zone),
        }
    }

    fn length(&mut self, event: &Event, start: &When, ends: &Ends, base: &Base) -> Length {
        match (base, ends) {
            (Base::Days, Ends::Unsaid) => Length::Days(1),
            (Base::Days, Ends::At(end)) => {
                let (first, end) = (start.written().date(), end.written());
                let part = i64::from(end.time() != MIDNIGHT);
                let days = i64::from(first.until(end.date()).map_or(1, |span| span.get_days()));
                Length::Days(believed(days + part).max(1))
            }
            (Base::Days, Ends::After { days, seconds }) => {
                let rest = (*seconds + 86_399) / 86_400;
                Length::Days(believed(days.saturating_add(rest)).max(1))
            }
            (Base::Clock { .. }, Ends::Unsaid) => Length::Exact(SignedDuration::ZERO),
            (Base::Clock { .. }, Ends::After { days, seconds }) => {
                match believed(days.saturating_add(seconds / 86_400)) {
                    0 if *days != 0 => Length::Exact(SignedDuration::ZERO),
                    _ if *seconds > 86_400 * LONGEST_DAYS => Length::Exact(SignedDuration::ZERO),
                    _ => Length::Nominal { days: *days, seconds: *seconds },
                }
            }
            (Base::Clock { zone, .. }, Ends::At(end)) => {
                let start = self.wall(event, start, base);
                let end = self.wall(event, end, base);
                let length = instant(start, zone).zip(instant(end, zone));
                let length = length.map_or(SignedDuration::ZERO, |(s, e)| e.duration_since(s));
                let believable = length <= SignedDuration::from_hours(24 * LONGEST_DAYS);
                Length::Exact(if believable {
                    length.max(SignedDuration::ZERO)
                } else {
                    SignedDuration::ZERO
                })
            }
        }
    }

    fn span(&self, wall: DateTime, length: Length, base: &Base) -> Option<Span> {
        match (base, length) {
            (Base::Days, length) => {
                let days = if let Length::Days(days) = length { days } else { 1 };
                let first = wall.date();
                let last = first.checked_add((days - 1).days()).unwrap_or(first);
                Some(Span::Days { first, last })
            }
            (Base::Clock { zone, .. }, length) => {
                let start = instant(wall, zone)?;
                let end = match length {
                    Length::Exact(length) => start.checked_add(length).ok(),
                    Length::Nominal { days, seconds } => {
                        let wall = wall.checked_add(days.days()).ok();
                        let seconds = SignedDuration::from_secs(seconds);
                        wall.and_then(|wall| instant(wall, zone))
                            .and_then(|end| end.checked_add(seconds).ok())
                    }
                    Length::Days(_) => None,
                };
                Some(Span::Timed { start, end: end.unwrap_or(start).max(start) })
            }
        }
    }
}

const MIDNIGHT: jiff::civil::Time = jiff::civil::Time::midnight();

/// A wall clock as an instant: forward out of a gap, the first of two.
fn instant(wall: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(wall).compatible().ok()
}

/// A length that can be true; zero for one that cannot.
fn believed(days: i64) -> i64 {
    if (0..=LONGEST_DAYS).contains(&days) { days } else { 0 }
}

/// The newest of several copies: by SEQUENCE, then the later in the file.
fn newest<'a, 'e: 'a>(events: impl Iterator<Item = &'a &'e Event>) -> Option<&'e Event> {
    events.copied().max_by_key(|event| event.sequence)
}
