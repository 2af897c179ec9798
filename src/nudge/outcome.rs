//! What became of nudges: whether a talk followed, and whether it would have anyway.
//!
//! A talk within fourteen days is what a nudge is for. Nudges that bring none become fewer, and one
//! due moment in ten is left out at random, so that the difference they make can be told apart from
//! the talks that come by themselves. None of it leaves the machine.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

use super::choose::Standing;
use super::{Nudge, NudgeId, Past, Stage};

/// Days within which a talk counts as the outcome of a nudge.
pub const PROXIMAL: u32 = 14;
/// Nudges after which the success rate is believed.
const ENOUGH: usize = 8;
/// The rate under which there are fewer.
const POOR: f64 = 0.10;

/// Which due moments are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lottery {
    /// One in so many; 0 is never.
    pub one_in: u64,
    /// A number of this machine alone, so that nobody can foresee the lot.
    pub seed: u64,
}

impl Lottery {
    /// Whether this one is left out. The same moment draws the same lot, before and after a crash.
    pub(super) fn draws(self, nudge: &Nudge, today: Date) -> bool {
        let who = nudge.client.as_ref().map_or(nudge.person.0.as_str(), |client| &client.0);
        let bytes = who.bytes().chain(today.to_string().into_bytes());
        let hash = bytes.fold(self.seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        // FNV leaves the last bits of a short text related to its last letter.
        let mixed = (hash ^ hash >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (mixed ^ mixed >> 32).checked_rem(self.one_in) == Some(0)
    }
}

/// Nudges whose time is up, and those of them that a talk followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// All of them.
    pub all: u32,
    /// Those followed by a talk within [`PROXIMAL`] days.
    pub talked: u32,
}

impl Tried {
    fn count(&mut self, nudge: &Past) {
        self.all += 1;
        self.talked += u32::from(nudge.led_to_a_talk(PROXIMAL));
    }

    /// The share of talks with a prior that expects one in four: the mean of Beta(1, 3) and data.
    pub fn rate(self) -> f64 {
        (1.0 + f64::from(self.talked)) / (4.0 + f64::from(self.all))
    }
}

/// What suggestions are worth: those made beside those left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lift {
    /// Nudges that were made.
    pub made: Tried,
    /// Due moments left out at random.
    pub left_out: Tried,
}

impl Past {
    /// Whether there was a one-on-one on the day of the nudge or up to so many days after.
    pub fn led_to_a_talk(&self, days: u32) -> bool {
        let until = self.day.saturating_add(i64::from(days).days());
        self.talked.is_some_and(|talk| self.day <= talk && talk <= until)
    }

    /// Whether its outcome is known on a day.
    fn over(&self, today: Date) -> bool {
        self.day.saturating_add(i64::from(PROXIMAL).days()) <= today
    }
}

impl Lift {
    /// What the nudges of the past come to today; those whose fourteen days are not over yet do not
    /// count.
    pub fn of<'a>(past: impl IntoIterator<Item = &'a Past>, today: Date) -> Self {
        let mut lift = Self::default();
        for nudge in past.into_iter().filter(|nudge| nudge.over(today)) {
            match nudge.stage {
                Stage::HeldOut => lift.left_out.count(nudge),
                Stage::Claimed | Stage::Shown | Stage::Dismissed | Stage::Answered(_) => {
                    lift.made.count(nudge);
                }
                Stage::Undelivered | Stage::Missed => {}
            }
        }
        lift
    }

    /// The probability, from 0 to 1, that suggestions bring more talks than come by themselves:
    /// that a draw of Beta(1 + talked, 1 + not) of those made is above one of those left out.
    pub fn probability(self) -> f64 {
        let posterior = |tried: Tried| {
            (1.0 + f64::from(tried.talked), 1.0 + f64::from(tried.all.saturating_sub(tried.talked)))
        };
        let ((a, b), (c, d)) = (posterior(self.made), posterior(self.left_out));
        // With whole numbers the integral is a sum over i < a, of which each term follows from the
        // one before: B(c + i, b + d) / ((b + i) B(1 + i, b) B(c, d)).
        // The first, B(c, b + d) / B(c, d), as a product.
        let mut first = 1.0;
        for k in 0..(b as u32) {
            let k = f64::from(k);
            first *= (d + k) / (c + d + k);
        }
        let (mut sum, mut term) = (0.0, first);
        for i in 0..(a as u32) {
            let i = f64::from(i);
            sum += term;
            term *= (c + i) / (c + i + b + d) * (b + i) / (1.0 + i);
        }
        sum.clamp(0.0, 1.0)
    }
}

impl fmt::Display for Lift {
    /// One sentence of plain figures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "A talk followed {} of {} suggestions within two weeks, and {} of {} that were left out \
             on purpose; the chance that suggesting helps is {:.0} %.",
            self.made.talked,
            self.made.all,
            self.left_out.talked,
            self.left_out.all,
            self.probability() * 100.0
        )
    }
}

/// The talks that followed nudges which had none on record yet, by how everybody stands. Asked every
/// day, it finds the first one; after a pause it may be a later one.
pub fn talks(past: &[Past], standing: &Standing) -> Vec<(NudgeId, Date)> {
    let last = |nudge: &Past| {
        let of_client = standing
            .clients
            .iter()
            .filter(|one| nudge.nudge.client.as_ref() == Some(&one.client.id))
            .filter_map(|one| one.reliance.last_one_on_one);
        let of_person = standing
            .people
            .iter()
            .filter(|one| one.person.addresses.contains(&nudge.nudge.person.0))
            .filter_map(|one| one.reliance.last_one_on_one);
        of_client.chain(of_person).filter(|talk| *talk >= nudge.day).min()
    };
    let open = past.iter().filter(|nudge| nudge.talked.is_none());
    open.filter_map(|nudge| Some((nudge.id, last(nudge)?))).collect()
}

/// How many nudges a week may have: half, and at least one, while hardly any leads to a talk.
pub(super) fn weekly(allowed: u32, made: &[&Past], today: Date) -> u32 {
    let Tried { all, talked } = Lift::of(made.iter().copied(), today).made;
    let believed = usize::try_from(all).is_ok_and(|all| all >= ENOUGH);
    if believed && f64::from(talked) < POOR * f64::from(all) {
        allowed.min((allowed / 2).max(1))
    } else {
        allowed
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::nudge::tests::shown;

    fn past(n: i64, stage: Stage, talked: bool) -> Past {
        let day = date(2024, 1, 1).saturating_add(n.days());
        let nudge = shown("anna@acme.test", Some("Acme"), day, stage);
        Past { talked: talked.then(|| day.saturating_add(3.days())), ..nudge }
    }

    fn lift((talked, all): (u32, u32), (by_itself, left_out): (u32, u32)) -> Lift {
        let made = Tried { all, talked };
        Lift { made, left_out: Tried { all: left_out, talked: by_itself } }
    }

    #[test]
    fn w19_lift_is_the_chance_that_suggesting_helps() {
        let check = |made, left_out, expect: f64| {
            let got = lift(made, left_out).probability();
            assert!((got - expect).abs() < 1e-3, "{got} instead of {expect}");
        };
        // Printed as 0.757, which was drawn; this is the integral.
        check((20, 60), (2, 10), 0.7559);
        check((0, 0), (0, 0), 0.5);
        check((1, 1), (0, 0), 2.0 / 3.0);
        check((0, 0), (1, 1), 1.0 / 3.0);
        check((5, 20), (5, 20), 0.5);
        check((400, 1000), (2, 100), 1.0);
    }

    #[test]
    fn only_what_is_over_counts() {
        let today = date(2024, 2, 1);
        let all = [
            past(0, Stage::Shown, true),
            past(1, Stage::HeldOut, true),
            past(2, Stage::HeldOut, false),
            past(3, Stage::Undelivered, true),
            past(4, Stage::Missed, true),
            past(17, Stage::Dismissed, false),
            past(18, Stage::Shown, true),
        ];
        let lift = Lift::of(&all, today);
        assert_eq!(lift, super::tests::lift((1, 2), (1, 2)));
        assert_eq!(
            lift.to_string(),
            "A talk followed 1 of 2 suggestions within two weeks, and 1 of 2 that were left out on \
             purpose; the chance that suggesting helps is 50 %."
        );
        assert!((lift.made.rate() - 2.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn a_talk_counts_for_two_weeks_and_not_before() {
        let day = date(2024, 3, 4);
        let nudge = shown("anna@acme.test", Some("Acme"), day, Stage::Shown);
        let check = |talked, within: u32, expect| {
            let past = Past { talked, ..nudge.clone() };
            assert_eq!(past.led_to_a_talk(within), expect, "{talked:?}");
        };
        check(None, 14, false);
        check(Some(date(2024, 3, 3)), 14, false);
        check(Some(day), 14, true);
        check(Some(date(2024, 3, 11)), 7, true);
        check(Some(date(2024, 3, 12)), 7, false);
        check(Some(date(2024, 3, 18)), 14, true);
        check(Some(date(2024, 3, 19)), 14, false);
    }

    #[test]
    fn nudges_that_lead_to_nothing_become_fewer() {
        let check = |n, talks, allowed, expect| {
            let all: Vec<_> = (0..n).map(|at| past(at, Stage::Shown, at < talks)).collect();
            let made: Vec<_> = all.iter().collect();
            assert_eq!(weekly(allowed, &made, date(2024, 6, 1)), expect, "{n} {talks} {allowed}");
        };
        check(7, 0, 3, 3);
        check(8, 0, 3, 1);
        check(8, 1, 3, 3);
        check(11, 1, 3, 1);
        check(8, 0, 6, 3);
        check(8, 0, 1, 1);
        check(8, 0, 0, 0);
    }

    #[test]
    fn one_moment_in_ten_is_left_out_and_always_the_same() {
        let draw = |seed, one_in, n: i64| {
            let nudge = past(n, Stage::Shown, false).nudge;
            Lottery { one_in, seed }.draws(&nudge, date(2024, 1, 1).saturating_add(n.days()))
        };
        let drawn = |seed| (0..4000).filter(|&n| draw(seed, 10, n)).collect::<Vec<_>>();
        for seed in [0, 1, 42, u64::MAX] {
            let n = drawn(seed).len();
            assert!((330..470).contains(&n), "{n} of 4000 with {seed}");
        }
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        assert!(!(0..100).any(|n| draw(7, 0, n)));
        assert!((0..100).all(|n| draw(7, 1, n)));
    }
}
