//! Which nudges the past would have brought: the same judgement, day by day, with its own record
//! of what it "showed". Nobody answers here, so what is ignored backs off as it would in life; the
//! talks that took place anyway are in the world that is handed in.
//!
//! Stepping by the hour lost to stepping by the decision's own "look again at": that is exact, and
//! most days need one look.

use std::collections::BTreeMap;
use std::mem::{Discriminant, discriminant};
use std::ops::RangeInclusive;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::choose::{Held, Standing, judge};
use super::moment::Moment;
use super::policy::Policy;
use super::suppressed::Suppressed;
use super::{Nudge, NudgeId, Past, Stage};
use crate::people::{ClientId, PersonId};
use crate::reliance::OpenDays;

/// What was known on one day of the past.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// How everybody stood.
    pub standing: Standing,
    /// When the user was busy that day, as in [`Moment::busy`].
    pub busy: Vec<(Timestamp, Timestamp)>,
}

/// A nudge that would have come, or would not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The nudge.
    pub nudge: Nudge,
    /// Why it would not have been shown; `None` when it would. Told once, on the day the reason
    /// came up; waiting for one's turn or for a good moment is one reason, whatever the cause.
    pub suppressed: Option<Suppressed>,
}

/// Replays the days in the user's zone. `world` is asked once for each open day, in order.
pub fn replay(
    days: RangeInclusive<Date>,
    zone: &TimeZone,
    open: &OpenDays,
    policy: &Policy,
    mut world: impl FnMut(Date) -> World,
) -> Vec<Replayed> {
    let mut replay = Replay { policy, past: Vec::new(), told: BTreeMap::new(), out: Vec::new() };
    let mut day = open.first_open_on_or_after(*days.start());
    while days.contains(&day) {
        let world = world(day);
        if let Ok(morning) = day.to_datetime(policy.hours.0).to_zoned(zone.clone()) {
            replay.day(morning, open, &world);
        }
        let next = open.add(day, 1);
        if next <= day {
            break;
        }
        day = next;
    }
    replay.out
}

/// Whom a line is about.
type Unit = (Option<ClientId>, Option<PersonId>);

struct Replay<'a> {
    policy: &'a Policy,
    past: Vec<Past>,
    /// The reason last told of each; `None` for waiting.
    told: BTreeMap<Unit, Option<Discriminant<Suppressed>>>,
    out: Vec<Replayed>,
}

impl Replay<'_> {
    fn day(&mut self, morning: Zoned, open: &OpenDays, world: &World) {
        let day = morning.date();
        let mut now = morning;
        let held = loop {
            let moment = Moment { now: &now, open, busy: &world.busy, calendar_unread_since: None };
            let judged = judge(&world.standing, &self.past, self.policy, &moment);
            let nudged = judged.chosen.is_some();
            if let Some(nudge) = judged.chosen {
                self.show(nudge, day);
            }
            let next = judged.next.map(|at| at.to_zoned(now.time_zone().clone()));
            match next.filter(|next| !nudged && next.date() == day && *next > now) {
                Some(next) => now = next,
                None => break judged.held,
            }
        };
        self.hold(held);
    }

    fn show(&mut self, nudge: Nudge, day: Date) {
        let id = NudgeId(i64::try_from(self.past.len()).unwrap_or(i64::MAX));
        self.told.remove(&(nudge.client.clone(), Some(nudge.person.clone())));
        self.past.push(Past { id, nudge: nudge.clone(), day, stage: Stage::Shown });
        self.out.push(Replayed { nudge, suppressed: None });
    }

    /// Tells of what is held for another reason than the day before, and forgets whoever is no
    /// longer held.
    fn hold(&mut self, held: Vec<(Held, Option<Nudge>)>) {
        let mut told = BTreeMap::new();
        for (held, nudge) in held {
            let unit = (held.client.clone(), held.person.clone());
            let reason = (!held.why.passes()).then(|| discriminant(&held.why));
            if self.told.get(&unit) != Some(&reason)
                && let Some(nudge) = nudge
            {
                self.out.push(Replayed { nudge, suppressed: Some(held.why) });
            }
            told.insert(unit, reason);
        }
        self.told = told;
    }
}
