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

use super::burst::Lately;
use super::choose::{Held, Standing, judge};
use super::moment::Moment;
use super::outcome::talks;
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
    /// What had been written lately, as in [`Moment::lately`].
    pub lately: Lately,
}

/// A nudge that would have come, or would not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The nudge.
    pub nudge: Nudge,
    /// Why it would not have been shown; `None` when it would. Told once, on the day the reason
    /// came up; waiting for one's turn or for a good moment is one reason, whatever the cause.
    pub suppressed: Option<Suppressed>,
    /// On how many open days in a row it was held back so; 1 for a nudge.
    pub days: u32,
    /// The last of them.
    pub last: Date,
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
    /// The reason last told of each, `None` for waiting, and where in the list it was told.
    told: BTreeMap<Unit, (Option<Discriminant<Suppressed>>, usize)>,
    out: Vec<Replayed>,
}

impl Replay<'_> {
    fn day(&mut self, morning: Zoned, open: &OpenDays, world: &World) {
        let day = morning.date();
        for (id, talk) in talks(&self.past, &world.standing) {
            self.past
                .iter_mut()
                .filter(|past| past.id == id)
                .for_each(|past| past.talked = Some(talk));
        }
        let mut now = morning;
        let held = loop {
            let moment = Moment {
                now: &now,
                open,
                busy: &world.busy,
                calendar_unread_since: None,
                lately: &world.lately,
            };
            let judged = judge(&world.standing, &self.past, self.policy, &moment);
            let nudged = judged.chosen.is_some();
            if let Some(nudge) = judged.chosen {
                self.note(&nudge, day, Stage::Shown);
                self.told.remove(&(nudge.client.clone(), Some(nudge.person.clone())));
                self.out.push(Replayed { nudge, suppressed: None, days: 1, last: day });
            }
            for nudge in judged.missed {
                self.note(&nudge, day, Stage::Missed);
            }
            let next = judged.next.map(|at| at.to_zoned(now.time_zone().clone()));
            match next.filter(|next| !nudged && next.date() == day && *next > now) {
                Some(next) => now = next,
                None => break judged.held,
            }
        };
        self.hold(held, day);
    }

    fn note(&mut self, nudge: &Nudge, day: Date, stage: Stage) {
        let id = NudgeId(i64::try_from(self.past.len()).unwrap_or(i64::MAX));
        self.past.push(Past { id, nudge: nudge.clone(), day, stage, talked: None });
    }

    /// Tells of what is held for another reason than the day before, and forgets whoever is no
    /// longer held.
    fn hold(&mut self, held: Vec<(Held, Option<Nudge>)>, day: Date) {
        let mut told = BTreeMap::new();
        for (held, nudge) in held {
            let unit = (held.client.clone(), held.person.clone());
            let reason = (!held.why.passes()).then(|| discriminant(&held.why));
            let known = self.told.get(&unit).filter(|(told, _)| *told == reason);
            let place = match (known, nudge) {
                (Some(&(_, place)), _) => {
                    let line = self.out.get_mut(place);
                    line.into_iter().for_each(|line| (line.days, line.last) = (line.days + 1, day));
                    place
                }
                (None, Some(nudge)) => {
                    let suppressed = Some(held.why);
                    self.out.push(Replayed { nudge, suppressed, days: 1, last: day });
                    self.out.len() - 1
                }
                (None, None) => continue,
            };
            told.insert(unit, (reason, place));
        }
        self.told = told;
    }
}

#[cfg(test)]
mod tests {
    use super::super::timeline::Timeline;
    use super::*;

    #[test]
    fn a_replay_tells_of_each_lasting_reason_once() {
        let timeline = Timeline::parse(
            "days 2024-01-01..2024-05-31
            client Acme
            person anna@acme.test Anna Berg ; muted 2024-03-06
            2024-01-01..2024-05-31/2 mail anna@acme.test",
        );
        let world = |day| timeline.world(day);
        let Timeline { zone, open, policy, .. } = &timeline;
        let lines = replay(timeline.span(), zone, open, policy, world);
        let lines: Vec<_> = lines
            .iter()
            .map(|line| {
                let day = line.nudge.at.to_zoned(zone.clone()).date();
                (day.to_string(), line.suppressed.as_ref().map(ToString::to_string))
            })
            .collect();
        let line = |day: &str, why: Option<&str>| (day.to_owned(), why.map(str::to_owned));
        let expect = [
            line("2024-02-16", Some("muted until 6 March")),
            line("2024-03-07", None),
            line("2024-03-08", Some("there was a suggestion on 7 March; none before 21 March")),
            line("2024-03-21", None),
            line("2024-03-22", Some("there was a suggestion on 21 March; none before 4 April")),
            line(
                "2024-04-04",
                Some("2 suggestions in a row went by unanswered; none before 18 April"),
            ),
            line("2024-04-18", None),
            line("2024-04-19", Some("there was a suggestion on 18 April; none before 2 May")),
            line("2024-05-02", None),
            line("2024-05-03", Some("there was a suggestion on 2 May; none before 16 May")),
            line("2024-05-16", Some(lines[10].1.as_deref().unwrap())),
        ];
        assert_eq!(lines, expect);
        assert!(lines[10].1.as_deref().unwrap().starts_with("3 suggestions in a row"));
    }
}
