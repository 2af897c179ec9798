//! How often, when and for how long: what the user allows, as plain values.
//!
//! No default is derived here: the settings build a policy from a file in which every default is
//! written down, so that there is one place to read them.

use jiff::SignedDuration;
use jiff::civil::{Date, Time};

use super::outcome::Lottery;

/// What the user allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Nudges on one local day; 1 unless the user wants more.
    pub per_day: u32,
    /// Nudges in one ISO week; 3 unless the user wants more.
    pub per_week: u32,
    /// Days from one nudge about a client to the next; 14. Twice that after two were ignored.
    pub client_rest_days: u32,
    /// Days from one nudge to the next about somebody who likes to be written to; 90.
    pub email_rest_days: u32,
    /// Days that "later" puts a person off; 7.
    pub later_days: u32,
    /// From when to when on an open day a nudge may come, in the user's zone; the end is not
    /// included. Never, when the end is not after the start.
    pub hours: (Time, Time),
    /// Which due moments are left out at random; `None` for none.
    pub lottery: Option<Lottery>,
    /// The first day a nudge may come; `None` for any. Set two weeks after the first scan, so that
    /// the user can correct who is who before anything speaks up.
    pub first_day: Option<Date>,
}

/// Nothing is suggested for today so shortly before the end of the hours: 16:00 of a day to 18:00.
const EVENING: SignedDuration = SignedDuration::from_hours(2);

impl Policy {
    /// The time from which on only what is at hand is said: two hours before the end, at most the
    /// last quarter of the hours.
    pub(super) fn last_call(&self) -> Time {
        let (from, to) = self.hours;
        let length = to.duration_since(from).max(SignedDuration::ZERO);
        let evening = EVENING.min(length / 4);
        to.checked_sub(evening).unwrap_or(to)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn the_evening_is_two_hours_or_a_quarter_of_the_day() {
        let check = |hours, expect| {
            let policy = Policy { hours, ..crate::nudge::tests::policy() };
            assert_eq!(policy.last_call(), expect);
        };
        let at = |hour, minute| time(hour, minute, 0, 0);
        check((at(9, 0), at(18, 0)), at(16, 0));
        check((at(10, 0), at(14, 0)), at(13, 0));
        check((at(9, 0), at(9, 0)), at(9, 0));
        check((at(18, 0), at(9, 0)), at(9, 0));
    }
}
