//! Events to occurrences inside a window.
//!
//! Everything recurs on the wall clock of the zone DTSTART is in: rules are walked there, and each
//! time becomes an instant only afterwards, so that nine o'clock stays nine o'clock over a change
//! of summer time. An instance is known by the instant it was
//! meant to start at; EXDATE, RDATE and RECURRENCE-ID find it by that, by its day where they are
//! dates, and by the wall clock where either side floats.
//!
//! calcard's own expansion and the `rrule` crate's sets lost. The first reads UTC events in
//! the default zone and matches overrides by SEQUENCE across UIDs, the second knows no overrides
//! and compares UNTIL in the wrong clock; each got 32 of 55 hostile calendars right, this way 46,
//! the rest being matters of opinion.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::clock::{Clock, Clocks, LONGEST, Length, beginning};
use super::event::{Event, When};
use super::read::{ReadIcs, Unread};
use super::rule::Rule;
use super::{Occurrence, Span};

/// Instances of one event inside a window: twice a day for the ten years that are looked at.
const INSTANCES: usize = 8_000;

/// Instances of all events of one resource inside a window: as many as the largest file of honest
/// events gives, and some hundred megabytes.
const ALL: usize = 300_000;

/// Steps along the rules of one resource.
pub(super) const STEPS: u32 = 4_000_000;

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
    /// What the rules cost: periods and times looked at, some microseconds each at most.
    pub steps: u32,
}

/// Expands the events. `zone` is the user's: floating times and whole days are in it.
pub fn expand(read: &ReadIcs, window: &Window, zone: &TimeZone) -> Expanded {
    let clocks = Clocks::new(&read.zones, zone);
    let mut work = Work { window: *window, zone, clocks, out: Expanded::default() };
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
    let Work { clocks, mut out, .. } = work;
    out.skipped.extend(clocks.unknown);
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

/// An override with RANGE=THISANDFUTURE.
struct Change<'a> {
    from: Timestamp,
    shift: SignedDuration,
    event: &'a Event,
    length: Length,
}

/// An expansion under way.
pub(super) struct Work<'a> {
    pub(super) window: Window,
    pub(super) zone: &'a TimeZone,
    pub(super) clocks: Clocks<'a>,
    pub(super) out: Expanded,
}

impl<'a> Work<'a> {
    /// All components of one UID.
    fn resource(&mut self, events: &[&'a Event]) {
        let plain = |event: &&&Event| event.recurrence_id.is_none() && !event.faked;
        let marked = || events.iter().filter(|event| event.recurs() && !event.faked);
        // One component that recurs and has a RECURRENCE-ID is a master somebody marked wrongly
        // (Lotus does): an instance cannot recur. Several are instances that kept the rule.
        let master = newest(events.iter().filter(plain))
            .or_else(|| marked().next().copied().filter(|_| marked().count() == 1));
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
        series: Option<(&Event, &Clock)>,
    ) -> BTreeMap<Timestamp, &'a Event> {
        let mut by_instance: BTreeMap<Timestamp, &Event> = BTreeMap::new();
        for event in overrides {
            let Some(id) = event.recurrence_id.as_ref() else { continue };
            let key = match (series, &id.at) {
                (Some((master, clock @ Clock::Wall { .. })), When::Date(day)) => {
                    clock.key(day.to_datetime(master.start.written().time()))
                }
                (Some((_, clock)), at) => self.clocks.key(event, at, clock),
                (None, at) => {
                    let own = self.clocks.clock(event);
                    self.clocks.key(event, at, &own)
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
        let clock = self.clocks.clock(master);
        let recurs = master.recurs();
        let rules = self.rules(master, &master.rules);
        let standing = rules.iter().any(Rule::is_standing);
        let length = self.clocks.length(master, &master.start, &master.ends, &clock);

        let excluded = self.excluded(master, &clock);
        let mut by_instance = self.by_instance(overrides, Some((master, &clock)));
        // An instance that was deleted after it was moved is deleted.
        by_instance.retain(|key, _| !excluded.holds(*key, clock.wall(*key)));
        let changes = self.changes(&by_instance, &clock);
        let reach = changes.iter().map(|c| c.shift.abs()).max().unwrap_or_default();
        let instances = self.instances(master, &rules, &clock, &excluded, reach);

        let mut shown = Vec::new();
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
            let Some(span) = clock.span(wall, length) else { continue };
            if self.inside(&span) {
                shown.push((facts, span, key));
            }
        }
        // What is newest counts most.
        let room = INSTANCES.min(ALL.saturating_sub(self.out.occurrences.len()));
        if let Some(over) = shown.len().checked_sub(room).filter(|over| *over > 0) {
            self.skip(master, "more instances than a series has; the last are kept");
            shown.drain(..over);
        }
        for (facts, span, key) in shown {
            let created = facts.created.or(master.created);
            self.emit(facts, span, recurs.then_some(key), standing, created);
        }
        for (key, event) in by_instance {
            self.emit_own(event, key, Some((standing, master.created)));
        }
    }

    /// The overrides that change all that follows, in order.
    fn changes(
        &mut self,
        overrides: &BTreeMap<Timestamp, &'a Event>,
        clock: &Clock,
    ) -> Vec<Change<'a>> {
        let mut changes = Vec::new();
        for (from, event) in overrides {
            if !event.recurrence_id.as_ref().is_some_and(|id| id.and_future) {
                continue;
            }
            let same_kind = matches!(event.start, When::Date(_)) == matches!(clock, Clock::Days);
            let moved = self.clocks.wall(event, &event.start, clock);
            let shift = moved.duration_since(clock.wall(*from));
            if same_kind && shift.abs() <= LONGEST {
                let length = self.clocks.length(event, &event.start, &event.ends, clock);
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
        let clock = self.clocks.clock(event);
        let length = self.clocks.length(event, &event.start, &event.ends, &clock);
        let wall = self.clocks.wall(event, &event.start, &clock);
        let (standing, created) = parent.unwrap_or_default();
        if let Some(span) = clock.span(wall, length).filter(|span| self.inside(span)) {
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
            attendees: Arc::clone(&event.attendees),
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
        let Some(start) = beginning(span, self.zone) else { return false };
        self.out.more_after |= start >= self.window.until;
        start >= self.window.from && start < self.window.until
    }

    pub(super) fn skip(&mut self, event: &Event, why: &'static str) {
        Unread::note(&mut self.out.skipped, &event.uid, why);
    }
}

/// The newest of several copies: by SEQUENCE, then the later in the file.
fn newest<'a, 'e: 'a>(events: impl Iterator<Item = &'a &'e Event>) -> Option<&'e Event> {
    events.copied().max_by_key(|event| event.sequence)
}
