//! Whether this is a good moment for anybody at all: budgets, hours, meetings.
//!
//! The rules are simple on purpose. A randomized trial found clever timing no better than a fixed
//! daily window (Morrison et al. 2017), so nothing here is learned.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

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
            Stage::Undelivered | Stage::Dismissed | Stage::Answered(_) => false,
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
            (None, None, true, (false, false), (true, false), None, true) => None,
        }
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
        let end = self.at(self.today(), policy.hours.1);
        let now = self.now.timestamp();
        later_today.filter(|&at| at > now && end.is_some_and(|end| at < end)).or_else(|| {
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
        ends.chain([now])
            .filter(|&start| {
                start.checked_add(TALK).is_ok_and(|stop| {
                    stop <= end && !self.busy.iter().any(|&(from, to)| from < stop && start < to)
                })
            })
            .min()
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
