//! The instances of a series before anybody changed one: DTSTART, rules and RDATEs, without EXRULEs
//! and EXDATEs (RFC 5545 §3.8.5).
//!
//! DTSTART is an instance even where the rule does not give it, as calendar programs have it; COUNT
//! counts what the rule gives. Which instances are shown is [`super::expand`]'s to say.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

use super::clock::{Clock, Length};
use super::event::{Ends, Event, When};
use super::expand::{STEPS, Work};
use super::rule::{End, Rule};

/// Rules of one event.
const RULES: usize = 16;

/// An instance before exceptions: its wall clock and, for a PERIOD, its own length.
pub(super) struct Instance {
    pub(super) wall: DateTime,
    pub(super) length: Option<Length>,
}

/// What EXDATE takes out of a series.
#[derive(Default)]
pub(super) struct Excluded {
    keys: BTreeSet<Timestamp>,
    days: BTreeSet<Date>,
}

impl Excluded {
    pub(super) fn holds(&self, key: Timestamp, wall: DateTime) -> bool {
        self.keys.contains(&key) || self.days.contains(&wall.date())
    }
}

impl Work<'_> {
    /// The rules of an event that can be followed.
    pub(super) fn rules(&mut self, event: &Event, texts: &[String]) -> Vec<Rule> {
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
    pub(super) fn instances(
        &mut self,
        master: &Event,
        rules: &[Rule],
        clock: &Clock,
        excluded: &Excluded,
        reach: SignedDuration,
    ) -> BTreeMap<Timestamp, Instance> {
        let zone = clock.zone(self.zone);
        // A day on either side: the instant is compared with the window later, exactly.
        let reach = reach.saturating_add(SignedDuration::from_hours(24));
        let low = zone.to_datetime(self.window.from).saturating_sub(reach);
        let high = zone.to_datetime(self.window.until).saturating_add(reach);
        let start = self.clocks.wall(master, &master.start, clock);
        let mut walls = vec![start];
        self.walk(master, rules, clock, (start, low, high), &mut walls);
        let mut taken_away = Vec::new();
        let exrules = self.rules(master, &master.exrules);
        let more = self.out.more_after;
        self.walk(master, &exrules, clock, (start, low, high), &mut taken_away);
        self.out.more_after = more;

        let mut instances = BTreeMap::new();
        for wall in walls {
            if let Some(key) = clock.key(wall) {
                instances.insert(key, Instance { wall, length: None });
            }
        }
        for (when, ends) in &master.rdates {
            let wall = match (when, clock) {
                (When::Date(day), Clock::Wall { .. }) => day.to_datetime(start.time()),
                _ => self.clocks.wall(master, when, clock),
            };
            let length = match ends {
                Ends::Unsaid => None,
                ends => Some(self.clocks.length(master, when, ends, clock)),
            };
            if let Some(key) = clock.key(wall) {
                instances.insert(key, Instance { wall, length });
            }
        }
        for wall in taken_away {
            if let Some(key) = clock.key(wall) {
                instances.remove(&key);
            }
        }
        instances.retain(|key, instance| !excluded.holds(*key, instance.wall));
        instances
    }

    /// The EXDATEs of a master.
    pub(super) fn excluded(&mut self, master: &Event, clock: &Clock) -> Excluded {
        let mut excluded = Excluded::default();
        for when in &master.exdates {
            if let When::Date(day) = when {
                excluded.days.insert(*day);
            } else if let Some(key) = self.clocks.key(master, when, clock) {
                excluded.keys.insert(key);
            }
        }
        excluded
    }

    fn walk(
        &mut self,
        master: &Event,
        rules: &[Rule],
        clock: &Clock,
        (start, low, high): (DateTime, DateTime, DateTime),
        out: &mut Vec<DateTime>,
    ) {
        for rule in rules {
            if self.out.steps > STEPS {
                self.out.more_after = true;
                self.skip(master, "the rules before it took too long to follow");
                break;
            }
            let until = rule.until().map(|until| match (until, clock) {
                (When::Date(day), _) => day.to_datetime(jiff::civil::time(23, 59, 59, 0)),
                (when, Clock::Days) => when.written().date().to_datetime(start.time()),
                (when, Clock::Wall { floating: true, .. }) => when.written(),
                (when, Clock::Wall { .. }) => self.clocks.wall(master, when, clock),
            });
            let whole_days = matches!(clock, Clock::Days);
            let walked = rule.walk((start, until), whole_days, (low, high), out);
            self.out.steps = self.out.steps.saturating_add(walked.steps);
            match walked.end {
                End::Over => {}
                End::GoesOn => self.out.more_after = true,
                End::Steps => {
                    self.out.more_after = true;
                    self.skip(master, "a recurrence rule too long to follow");
                }
            }
        }
    }
}
