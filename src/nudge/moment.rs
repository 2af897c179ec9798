//! Whether this is a good moment for anybody at all: budgets, hours, meetings.
//!
//! The rules are simple on purpose. A randomized trial found clever timing no better than a fixed
//! daily window (Morrison et al. 2017), so nothing here is learned.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use super::burst::Lately;
use super::policy::Policy;
use super::suppressed::Suppressed;
use super::{Past, Stage};
use crate::reliance::OpenDays;

/// No nudge so shortly before a meeting.
const LEAD: SignedDuration = SignedDuration::from_mins(10);
/// How long a talk needs.
const TALK: SignedDuration = SignedDuration::from_mins(30);
/// How soon there must be time for it.
const SOON: SignedDuration = SignedDuration::from_hours(2);

/// What is true for everybody at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Now, in the user's zone.
    pub now: &'a Zoned,
    /// The user's open days.
    pub open: &'a OpenDays,
    /// When the user is busy, in any order, overlapping or not: each from an instant to the first
    /// instant after.
    pub busy: &'a [(Timestamp, Timestamp)],
    /// The day since which a calendar cannot be read; `None` when all can. A talk may have taken
    /// place unseen, so nothing is said.
    pub calendar_unread_since: Option<Date>,
    /// What was written lately.
    pub lately: &'a Lately,
}

impl Moment<'_> {
    /// The local day.
    pub(super) fn today(&self) -> Date {
        self.now.date()
    }

    /// Why this is no moment for anybody; `None` when it is a good one.
    pub(super) fn objection(&self, policy: &Policy, past: &[&Past]) -> Option<Suppressed> {
        let today = self.today();
        let monday = monday(today);
        let (from, to) = policy.hours;
        let since = |first: Date| past.iter().filter(move |nudge| nudge.day >= first);
        let settling = policy.first_day.filter(|&first| today < first);
        let week_full = at_least(since(monday).count(), policy.per_week);
        let day_full = at_least(since(today).count(), policy.per_day);
        let in_hours = from <= self.now.time() && self.now.time() < to;
        // One of an earlier day is most likely gone from the screen, and its client rests anyway.
        let waiting = since(today).any(|nudge| match nudge.stage {
            Stage::Claimed | Stage::Shown => true,
            Stage::Undelivered
            | Stage::Dismissed
            | Stage::HeldOut
            | Stage::Missed
            | Stage::Answered(_) => false,
        });
        match (
            self.calendar_unread_since,
            settling,
            self.open.is_open(today),
            (week_full, day_full),
            (in_hours, waiting),
            self.meeting_until(),
            self.free_soon(policy),
        ) {
            (Some(since), ..) => Some(Suppressed::CalendarUnread { since }),
            (None, Some(until), ..) => Some(Suppressed::Settling { until }),
            (None, None, false, ..) => {
                let next = self.open.first_open_on_or_after(today);
                Some(Suppressed::ClosedDay { next })
            }
            (None, None, true, (true, _), ..) => {
                Some(Suppressed::WeekBudget { allowed: policy.per_week })
            }
            (None, None, true, (false, true), ..) => {
                Some(Suppressed::DayBudget { allowed: policy.per_day })
            }
            (None, None, true, (false, false), (false, _), ..) => {
                Some(Suppressed::OutsideHours { from, to })
            }
            (None, None, true, (false, false), (true, true), ..) => {
                Some(Suppressed::AwaitingAnswer)
            }
            (None, None, true, (false, false), (true, false), Some(until), _) => {
                Some(Suppressed::InMeeting { until })
            }
            (None, None, true, (false, false), (true, false), None, false) => {
                Some(Suppressed::NoFreeHalfHour)
            }
            (None, None, true, (false, false), (true, false), None, true) => {
                self.is_late(policy).then(|| Suppressed::DayIsLate { from: policy.last_call() })
            }
        }
    }

    /// Whether the day is too far on for a talk, but with whoever is at hand.
    pub(super) fn is_late(&self, policy: &Policy) -> bool {
        policy.last_call() <= self.now.time()
    }

    /// The next quarter of an hour today from which on half an hour is free; `None` without one.
    pub(super) fn slot(&self, policy: &Policy) -> Option<Time> {
        const QUARTER: i64 = 15 * 60;
        let now = self.now.timestamp().as_second();
        let end = self.at(self.today(), policy.hours.1)?;
        let quarters = (1..96).map(|n| (now.div_euclid(QUARTER) + n) * QUARTER);
        let starts = quarters.filter_map(|second| Timestamp::from_second(second).ok());
        let mut free =
            starts.take_while(|start| *start < end).filter(|start| self.is_free(*start, end));
        free.next().map(|start| start.to_zoned(self.now.time_zone().clone()).time())
    }

    /// When an objection may fall without anything new happening: later today for one that is
    /// over within the day, else the next open morning. `None` when there will be none.
    pub(super) fn next(
        &self,
        objection: Option<&Suppressed>,
        policy: &Policy,
    ) -> Option<Timestamp> {
        let later_today = match objection {
            Some(Suppressed::InMeeting { until }) => Some(*until),
            Some(Suppressed::NoFreeHalfHour) => {
                self.free_talk(policy).and_then(|start| start.checked_sub(SOON).ok())
            }
            _ => None,
        };
        let late = self.at(self.today(), policy.last_call());
        let now = self.now.timestamp();
        let today = later_today.filter(|&at| at > now && late.is_some_and(|late| at < late));
        // A day without a good moment is noted when it is late.
        let searched = objection.is_some_and(Suppressed::finds_no_moment);
        today.or(late.filter(|&late| searched && late > now)).or_else(|| {
            let today = self.today();
            let early = self.now.time() < policy.hours.0;
            let from = if early { today } else { today.tomorrow().ok()? };
            let morning = self.open.first_open_on_or_after(from);
            if morning == Date::MAX { None } else { self.at(morning, policy.hours.0) }
        })
    }

    /// The end of the meeting that is on or about to begin, and of those that follow at once.
    fn meeting_until(&self) -> Option<Timestamp> {
        let now = self.now.timestamp();
        let after = self.after_meetings(now);
        (after > now).then_some(after)
    }

    /// The first instant from this one on that is in no meeting and not shortly before one.
    fn after_meetings(&self, from: Timestamp) -> Timestamp {
        let mut at = from;
        let on = |at: Timestamp| {
            let of = self.busy.iter().filter(move |(start, end)| {
                at < *end && start.checked_sub(LEAD).is_ok_and(|lead| lead <= at)
            });
            of.map(|&(_, end)| end).max()
        };
        while let Some(end) = on(at) {
            at = end;
        }
        at
    }

    fn free_soon(&self, policy: &Policy) -> bool {
        let soon = self.now.timestamp().checked_add(SOON).unwrap_or(Timestamp::MAX);
        self.free_talk(policy).is_some_and(|start| start <= soon)
    }

    /// When the next free stretch for a talk begins, within today's hours.
    fn free_talk(&self, policy: &Policy) -> Option<Timestamp> {
        let now = self.now.timestamp();
        let end = self.at(self.today(), policy.hours.1)?;
        let ends = self.busy.iter().map(|&(_, end)| end).filter(|&at| at > now);
        ends.chain([now]).filter(|&start| self.is_free(start, end)).min()
    }

    fn is_free(&self, start: Timestamp, end: Timestamp) -> bool {
        start.checked_add(TALK).is_ok_and(|stop| {
            stop <= end && !self.busy.iter().any(|&(from, to)| from < stop && start < to)
        })
    }

    fn at(&self, day: Date, time: Time) -> Option<Timestamp> {
        instant(day.to_datetime(time), self.now.time_zone())
    }
}

/// The instant of a local time; moved on where clocks skipped it, the first where they repeat it.
fn instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(local).compatible().ok()
}

/// The Monday of an ISO week.
pub(super) fn monday(day: Date) -> Date {
    day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
}

fn at_least(n: usize, allowed: u32) -> bool {
    usize::try_from(allowed).is_ok_and(|allowed| n >= allowed)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::{date, time};

    use super::*;
    use crate::nudge::decide;
    use crate::nudge::tests::{MONDAY, couple, due, policy, shown, weekdays};

    #[test]
    fn a_bad_moment_says_when_to_look_again() {
        let check = |now: &str,
                     busy: &[(&str, &str)],
                     policy: &Policy,
                     past: &[Past],
                     expect: (&str, &str)| {
            let now: Zoned = format!("{now}[Europe/Berlin]").parse().unwrap();
            let at =
                |text: &str| format!("2024-03-04T{text}:00+01:00").parse::<Timestamp>().unwrap();
            let busy: Vec<_> = busy.iter().map(|&(from, to)| (at(from), at(to))).collect();
            let open = weekdays();
            let moment = Moment {
                now: &now,
                open: &open,
                busy: &busy,
                calendar_unread_since: None,
                lately: &Lately::NOTHING,
            };
            let decision = decide(&couple("Acme", &due()), past, policy, &moment);
            let why = decision.held.first().map_or_else(String::new, |held| held.why.to_string());
            let next = decision.next.unwrap().to_zoned(now.time_zone().clone());
            assert_eq!((why.as_str(), next.strftime("%a %H:%M").to_string().as_str()), expect);
        };
        let usual = policy();
        let meeting = "a meeting is on or about to begin";
        let narrow = "no half hour is free within two hours";
        let hours = "suggestions come between 09:00 and 18:00";
        check("2024-03-04T10:00", &[], &usual, &[], ("", "Tue 09:00"));
        check("2024-03-04T08:59", &[], &usual, &[], (hours, "Mon 09:00"));
        check("2024-03-04T18:00", &[], &usual, &[], (hours, "Tue 09:00"));
        let late = "from 16:00 on a talk is for another day";
        check("2024-03-04T15:59", &[], &usual, &[], ("", "Tue 09:00"));
        check("2024-03-04T16:00", &[], &usual, &[], (late, "Tue 09:00"));
        check("2024-03-04T17:30", &[], &usual, &[], (late, "Tue 09:00"));
        check("2024-03-04T17:31", &[], &usual, &[], (narrow, "Tue 09:00"));
        check("2024-03-08T18:00", &[], &usual, &[], (hours, "Mon 09:00"));
        check(
            "2024-03-09T10:00",
            &[],
            &usual,
            &[],
            ("no working day; the next is 11 March", "Mon 09:00"),
        );
        check("2024-03-04T10:00", &[("10:00", "11:00")], &usual, &[], (meeting, "Mon 11:00"));
        check("2024-03-04T10:00", &[("10:10", "11:00")], &usual, &[], (meeting, "Mon 11:00"));
        check("2024-03-04T10:00", &[("10:11", "11:00")], &usual, &[], ("", "Tue 09:00"));
        check("2024-03-04T10:00", &[("09:00", "10:00")], &usual, &[], ("", "Tue 09:00"));
        check(
            "2024-03-04T10:00",
            &[("10:05", "12:00"), ("09:30", "10:15")],
            &usual,
            &[],
            (meeting, "Mon 12:00"),
        );
        check("2024-03-04T10:00", &[("10:20", "13:00")], &usual, &[], (narrow, "Mon 11:00"));
        check("2024-03-04T10:00", &[("10:20", "12:00")], &usual, &[], ("", "Tue 09:00"));
        check("2024-03-04T10:00", &[("10:20", "17:40")], &usual, &[], (narrow, "Mon 16:00"));
        check("2024-03-04T10:00", &[("10:00", "17:20")], &usual, &[], (meeting, "Mon 16:00"));
        check("2024-03-04T16:00", &[("10:00", "17:20")], &usual, &[], (meeting, "Tue 09:00"));
        let other = |day, stage| [shown("ben@bolt.test", Some("Bolt"), date(2024, 3, day), stage)];
        let one = "the one suggestion of this day was made";
        check("2024-03-04T10:00", &[], &usual, &other(4, Stage::Dismissed), (one, "Tue 09:00"));
        check("2024-03-05T10:00", &[], &usual, &other(4, Stage::Shown), ("", "Wed 09:00"));
        let often = Policy { per_day: 2, ..policy() };
        let waiting = "another suggestion of today waits for an answer";
        check("2024-03-04T10:00", &[], &often, &other(4, Stage::Shown), (waiting, "Tue 09:00"));
        check("2024-03-04T10:00", &[], &often, &other(4, Stage::Claimed), (waiting, "Tue 09:00"));
        check("2024-03-04T10:00", &[], &often, &other(4, Stage::Dismissed), ("", "Tue 09:00"));
        check("2024-03-04T10:00", &[], &usual, &other(4, Stage::Undelivered), ("", "Tue 09:00"));
        let rarely = Policy { per_week: 1, ..policy() };
        let week = "the one suggestion of this week was made";
        check("2024-03-08T10:00", &[], &rarely, &other(4, Stage::Dismissed), (week, "Mon 09:00"));
        check("2024-03-11T10:00", &[], &rarely, &other(8, Stage::Dismissed), ("", "Tue 09:00"));
        let never = Policy { per_week: 0, ..policy() };
        check(
            "2024-03-04T10:00",
            &[],
            &never,
            &[],
            ("no suggestions are wanted in a week", "Tue 09:00"),
        );
        // The night clocks go forward.
        let early = Policy { hours: (time(2, 30, 0, 0), time(18, 0, 0, 0)), ..policy() };
        check(
            "2024-03-29T19:00",
            &[],
            &early,
            &[],
            ("suggestions come between 02:30 and 18:00", "Mon 02:30"),
        );
    }

    /// ST15, and the first days.
    #[test]
    fn nothing_is_said_while_too_little_is_known() {
        let now: Zoned = MONDAY.parse().unwrap();
        let open = weekdays();
        let check = |calendar_unread_since, first_day, expect: &str| {
            let moment = Moment {
                now: &now,
                open: &open,
                busy: &[],
                calendar_unread_since,
                lately: &Lately::NOTHING,
            };
            let policy = Policy { first_day, ..policy() };
            let decision = decide(&couple("Acme", &due()), &[], &policy, &moment);
            let why = decision.held.first().map_or_else(String::new, |held| held.why.to_string());
            assert_eq!(why, expect);
        };
        check(None, Some(date(2024, 3, 4)), "");
        check(
            None,
            Some(date(2024, 3, 5)),
            "the first days are for checking who is who; suggestions begin on 5 March",
        );
        check(Some(date(2024, 3, 1)), None, "a calendar could not be read since 1 March");
    }

    #[test]
    fn somebody_without_work_days_is_never_disturbed_and_never_looked_after() {
        let now: Zoned = MONDAY.parse().unwrap();
        let open = OpenDays::new(&[], BTreeSet::new());
        let moment = Moment {
            now: &now,
            open: &open,
            busy: &[],
            calendar_unread_since: None,
            lately: &Lately::NOTHING,
        };
        let decision = decide(&couple("Acme", &due()), &[], &policy(), &moment);
        assert_eq!((decision.nudge, decision.next), (None, None));
        assert_eq!(decision.held[0].why.to_string(), "no day is a working day");
    }
}
