//! From the facts of one day to the verdict of that day: the tree, with the hysteresis of the mix.
//!
//! Only two questions matter: is the relationship alive, and is the silence since the last
//! one-on-one too long. A threshold on the share of one-on-ones lost by far (F1 0.31 against
//! 0.95). The thresholds of the email and group mix are compared in whole numbers, so that no
//! rounding decides at the edge. The dwell before a state that calls for a talk needs yesterday
//! and is the walk's ([`super::walk`]).

use super::{ChannelMix, Verdict};

/// What the verdict of one day rests on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// There once were 30 open days of history and 6 contact days within 64.
    pub(super) established: bool,
    /// Contact days in the last 20 open days.
    pub(super) lately: u32,
    /// The silence is longer than its limit.
    pub(super) overdue: bool,
    /// Contact days in the last 64 open days.
    pub(super) quarter: ChannelMix,
}

/// How alive a relationship is, by its contact days in 20 open days.
enum Activity {
    None,
    One,
    Several,
}

/// What carries a relationship without one-on-ones.
enum Carrier {
    Email,
    Group,
    Both,
}

/// The verdict of a day, given the verdict of the day before.
pub(super) fn verdict(facts: Facts, before: Verdict) -> Verdict {
    let activity = match facts.lately {
        0 => Activity::None,
        1 => Activity::One,
        _ => Activity::Several,
    };
    let talked = facts.quarter.one_on_one > 0;
    match (facts.established, activity, facts.overdue, talked, carrier(facts.quarter, before)) {
        (false, _, _, _, _) => Verdict::NotEnoughData,
        (true, Activity::None, _, _, _) => Verdict::Silent,
        (true, Activity::One | Activity::Several, false, _, _) => Verdict::Healthy,
        (true, Activity::One, true, _, _) => Verdict::Silent,
        (true, Activity::Several, true, true, _) => Verdict::Drifting,
        (true, Activity::Several, true, false, Carrier::Email) => Verdict::EmailOnly,
        (true, Activity::Several, true, false, Carrier::Group) => Verdict::GroupOnly,
        (true, Activity::Several, true, false, Carrier::Both) => Verdict::EmailGroup,
    }
}

/// What carries it: at least 70 % group days to enter that state, at most 10 % to enter the one of
/// email; 60 % and 20 % to stay, so that one call more or less does not flip it.
fn carrier(quarter: ChannelMix, before: Verdict) -> Carrier {
    let ChannelMix { email, group, .. } = quarter;
    let total = email + group;
    let much = if before == Verdict::GroupOnly { 6 } else { 7 };
    let little = if before == Verdict::EmailOnly { 2 } else { 1 };
    if total > 0 && group * 10 >= total * much {
        Carrier::Group
    } else if group * 10 <= total * little {
        Carrier::Email
    } else {
        Carrier::Both
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::*;
    use super::*;

    fn mix(email: u32, group: u32, one_on_one: u32) -> ChannelMix {
        ChannelMix { email, group, one_on_one }
    }

    #[test]
    fn w14_the_tree_judges_as_printed() {
        let check = |established, lately, (silence, limit), quarter, expect| {
            let facts = Facts { established, lately, overdue: silence > limit, quarter };
            assert_eq!(verdict(facts, Healthy), expect, "{facts:?}");
        };
        check(false, 3, (5, 32), mix(4, 0, 0), NotEnoughData);
        check(true, 0, (25, 20), mix(30, 4, 2), Silent);
        check(true, 9, (12, 20), mix(30, 4, 3), Healthy);
        check(true, 9, (22, 20), mix(30, 4, 3), Drifting);
        check(true, 9, (40, 32), mix(26, 0, 0), EmailOnly);
        check(true, 4, (40, 32), mix(2, 12, 0), GroupOnly);
        check(true, 9, (40, 32), mix(26, 9, 0), EmailGroup);
        check(true, 1, (40, 32), mix(5, 2, 0), Silent);
    }

    #[test]
    fn w14_a_mix_is_left_later_than_it_is_entered() {
        let check = |quarter, before, expect| {
            let facts = Facts { established: true, lately: 9, overdue: true, quarter };
            assert_eq!(verdict(facts, before), expect, "{quarter:?} after {before:?}");
        };
        check(mix(6, 11, 0), GroupOnly, GroupOnly);
        check(mix(6, 11, 0), EmailGroup, EmailGroup);
        check(mix(20, 4, 0), EmailOnly, EmailOnly);
        check(mix(20, 4, 0), Healthy, EmailGroup);
        check(mix(3, 7, 0), Healthy, GroupOnly);
        check(mix(4, 6, 0), GroupOnly, GroupOnly);
        check(mix(41, 59, 0), GroupOnly, EmailGroup);
        check(mix(9, 1, 0), Healthy, EmailOnly);
        check(mix(8, 2, 0), EmailOnly, EmailOnly);
        check(mix(79, 21, 0), EmailOnly, EmailGroup);
    }
}
