//! Shares of the channels from few contact days, honestly: a prior, and an interval beside every
//! estimate. They explain a verdict; they do not decide one (in worlds with known truth a
//! threshold on the raw share reaches F1 0.31, the silence rule 0.95).
//!
//! The shares of email, group and one-on-one follow a Dirichlet-multinomial, so each single share
//! has a Beta posterior. Whether the share fell is the exact probability that one Beta variable is
//! below another, by J. D. Cook's recurrences ("Exact calculation of inequality probabilities",
//! 2005): both posteriors start from the same prior, where the answer is one half, and every
//! contact day adds one term. Numerical integration lost: it is slower, and the densities have a
//! pole at zero.

use special::Beta;

use super::{ChannelMix, Share, Trend};

/// What is believed of a relationship before anything is seen, as contact days by category.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// E days.
    pub email: f64,
    /// G days.
    pub group: f64,
    /// O days.
    pub one_on_one: f64,
}

/// Posterior means of the three shares; their sum is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Means {
    /// Of contact days that were by email.
    pub email: f64,
    /// Of contact days that were in a group.
    pub group: f64,
    /// Of contact days that were one-on-one.
    pub one_on_one: f64,
}

/// Contact days in the quarter from which somebody teaches the prior, and how many such people it
/// takes.
const TEACHES: (u32, usize) = (10, 5);
/// How many contact days a learned prior may weigh.
const WEIGHTS: (f64, f64) = (2.0, 20.0);
/// The least share the prior gives a category: nobody in the portfolio talking alone makes it
/// unlikely, not impossible.
const LEAST: f64 = 0.01;
/// People are never all alike: the least variance between their shares.
const LEAST_VARIANCE: f64 = 1e-4;

/// Above this probability a share counts as falling, or as rising.
const SURE: f64 = 0.90;

impl Prior {
    /// Six contact days, one in ten of them one-on-one.
    pub const DEFAULT: Self = Self { email: 4.2, group: 1.2, one_on_one: 0.6 };

    /// Learned from how everybody's contact days were divided in the quarter (empirical Bayes):
    /// the pooled shares, the heavier the more alike people are. [`Prior::DEFAULT`] before five
    /// people have ten contact days each. The order of the people changes nothing.
    pub fn learn(quarters: impl IntoIterator<Item = ChannelMix>) -> Self {
        let mut people: Vec<_> =
            quarters.into_iter().filter(|mix| mix.total() >= TEACHES.0).collect();
        if people.len() < TEACHES.1 {
            return Self::DEFAULT;
        }
        people.sort_unstable_by_key(|mix| (mix.one_on_one, mix.total()));
        let all = people.iter().fold(ChannelMix::default(), |all, mix| ChannelMix {
            email: all.email + mix.email,
            group: all.group + mix.group,
            one_on_one: all.one_on_one + mix.one_on_one,
        });
        let total = f64::from(all.total());
        let weight = weight(&people, f64::from(all.one_on_one) / total);
        let share = |days: u32| (f64::from(days) / total).max(LEAST);
        let (email, group, one_on_one) =
            (share(all.email), share(all.group), share(all.one_on_one));
        let scale = weight / (email + group + one_on_one);
        Self { email: email * scale, group: group * scale, one_on_one: one_on_one * scale }
    }

    /// The posterior means after these contact days.
    pub fn means(self, seen: ChannelMix) -> Means {
        let (email, group) =
            (self.email + f64::from(seen.email), self.group + f64::from(seen.group));
        let one_on_one = self.one_on_one + f64::from(seen.one_on_one);
        let total = email + group + one_on_one;
        Means { email: email / total, group: group / total, one_on_one: one_on_one / total }
    }

    /// The one-on-one share with its 90 % interval after these contact days.
    pub fn share(self, seen: ChannelMix) -> Share {
        let (a, b) = self.posterior(seen);
        let ln_beta = a.ln_beta(b);
        Share {
            estimate: a / (a + b),
            low: 0.05.inv_inc_beta(a, b, ln_beta),
            high: 0.95.inv_inc_beta(a, b, ln_beta),
        }
    }

    /// Where the one-on-one share went from the earlier contact days to the later ones.
    pub fn trend(self, before: ChannelMix, now: ChannelMix) -> Trend {
        match self.below(now, before) {
            fell if fell >= SURE => Trend::Down,
            fell if fell <= 1.0 - SURE => Trend::Up,
            _ => Trend::Flat,
        }
    }

    /// The probability that the one-on-one share behind `x` is below the one behind `y`.
    fn below(self, x: ChannelMix, y: ChannelMix) -> f64 {
        let (hit, miss) = self.posterior(ChannelMix::default());
        let both = (2.0 * hit).ln_beta(2.0 * miss) - 2.0 * hit.ln_beta(miss);
        let mut race = Race {
            x_hit: hit,
            x_miss: miss,
            y_hit: hit,
            y_miss: miss,
            term: both.exp(),
            above: 0.5,
        };
        (0..x.one_on_one).for_each(|_| race.see(Seen::XHit));
        (0..x.email + x.group).for_each(|_| race.see(Seen::XMiss));
        (0..y.one_on_one).for_each(|_| race.see(Seen::YHit));
        (0..y.email + y.group).for_each(|_| race.see(Seen::YMiss));
        1.0 - race.above
    }

    /// The parameters of the Beta posterior of the one-on-one share.
    fn posterior(self, seen: ChannelMix) -> (f64, f64) {
        (
            self.one_on_one + f64::from(seen.one_on_one),
            self.email + self.group + f64::from(seen.email) + f64::from(seen.group),
        )
    }
}

/// How many contact days the pooled one-on-one share `p` is worth: few when people differ more than
/// their small numbers explain, many when they do not.
fn weight(people: &[ChannelMix], p: f64) -> f64 {
    let total: f64 = people.iter().map(|mix| f64::from(mix.total())).sum();
    let spread = people.iter().map(|mix| {
        let n = f64::from(mix.total());
        n * (f64::from(mix.one_on_one) / n - p).powi(2)
    });
    let variance = spread.sum::<f64>() / total;
    let chance = p * (1.0 - p) * (people.len() as f64 - 1.0) / total;
    let between = (variance - chance).max(LEAST_VARIANCE);
    (p * (1.0 - p) / between - 1.0).clamp(WEIGHTS.0, WEIGHTS.1)
}

/// P(X > Y) of X ~ Beta(x_hit, x_miss) and Y ~ Beta(y_hit, y_miss), one contact day at a time.
struct Race {
    x_hit: f64,
    x_miss: f64,
    y_hit: f64,
    y_miss: f64,
    /// B(x_hit + y_hit, x_miss + y_miss) / (B(x_hit, x_miss) · B(y_hit, y_miss)).
    term: f64,
    above: f64,
}

/// Which of the four parameters grows by one.
enum Seen {
    XHit,
    XMiss,
    YHit,
    YMiss,
}

impl Race {
    fn see(&mut self, seen: Seen) {
        let Self { x_hit, x_miss, y_hit, y_miss, term, above } = self;
        let (own, partner, rival, other, sign) = match seen {
            Seen::XHit => (x_hit, x_miss, y_hit, y_miss, 1.0),
            Seen::XMiss => (x_miss, x_hit, y_miss, y_hit, -1.0),
            Seen::YHit => (y_hit, y_miss, x_hit, x_miss, -1.0),
            Seen::YMiss => (y_miss, y_hit, x_miss, x_hit, 1.0),
        };
        *above += sign * *term / *own;
        let (joint, all) = (*own + *rival, *own + *partner + *rival + *other);
        // B(p + 1, q) = B(p, q) · p / (p + q), once for the joint pair and once for its own.
        *term *= (joint / all) * ((*own + *partner) / *own);
        *own += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mix(email: u32, group: u32, one_on_one: u32) -> ChannelMix {
        ChannelMix { email, group, one_on_one }
    }

    fn near(got: f64, expect: f64, tolerance: f64) {
        assert!((got - expect).abs() <= tolerance, "{got} instead of {expect}");
    }

    #[test]
    fn w1_the_special_function_has_the_printed_values() {
        near(0.4.inc_beta(2.0, 3.0, 2f64.ln_beta(3.0)), 0.5248, 1e-9);
        near(0.05.inc_beta(0.6, 17.4, 0.6.ln_beta(17.4)), 0.7711, 5e-5);
    }

    fn table(name: &str) -> Vec<Vec<f64>> {
        let path = format!("{}/tests/data/reliance/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let rows = text.lines().filter(|line| !line.starts_with('#'));
        rows.map(|row| row.split(' ').map(|cell| cell.parse().unwrap()).collect()).collect()
    }

    /// Rows `a b x I_x(a, b)` and `a b p quantile`, made by mpmath with 40 digits.
    #[test]
    fn the_special_function_agrees_with_a_reference_of_40_digits() {
        let cumulative = table("incomplete-beta.txt");
        assert!(cumulative.len() > 500);
        for row in cumulative {
            let [a, b, x, expect] = row[..] else { panic!("{row:?}") };
            near(x.inc_beta(a, b, a.ln_beta(b)), expect, 1e-9);
        }
        let quantiles = table("beta-quantiles.txt");
        assert!(quantiles.len() > 100);
        for row in quantiles {
            let [a, b, p, expect] = row[..] else { panic!("{row:?}") };
            near(p.inv_inc_beta(a, b, a.ln_beta(b)), expect, 1e-9);
        }
    }

    /// Rows `e g o e' g' o' P`: the probability that the share behind the first three is below
    /// the one behind the others, by mpmath's adaptive integration.
    #[test]
    fn the_probability_of_a_fall_agrees_with_integration() {
        let rows = table("share-falls.txt");
        assert!(rows.len() > 30);
        for row in rows {
            let n = |at: usize| row[at] as u32;
            let (now, before) = (mix(n(0), n(1), n(2)), mix(n(3), n(4), n(5)));
            near(Prior::DEFAULT.below(now, before), row[6], 1e-9);
        }
    }

    #[test]
    fn w2_shares_carry_a_prior_and_an_interval() {
        let check = |seen, estimate, low, high| {
            let share = Prior::DEFAULT.share(seen);
            near(share.estimate, estimate, 1e-4);
            near(share.low, low, 1e-4);
            near(share.high, high, 1e-4);
        };
        check(mix(9, 3, 0), 0.0333, 0.0003, 0.1179);
        check(mix(26, 9, 0), 0.0146, 0.0001, 0.0523);
        check(mix(12, 2, 3), 0.1565, 0.0536, 0.2938);
        check(mix(1, 0, 1), 0.2000, 0.0306, 0.4573);
        check(mix(0, 0, 4), 0.4600, 0.2170, 0.7125);
        let means = Prior::DEFAULT.means(mix(9, 3, 0));
        near(means.email, 0.7333, 1e-4);
        near(means.group, 0.2333, 1e-4);
    }

    #[test]
    fn w3_the_prior_is_learned_from_everybody() {
        let rows = [(0, 20), (2, 18), (1, 25), (6, 15), (0, 12), (3, 10)];
        let people = rows.map(|(x, n)| mix(n - x - 1, 1, x));
        let prior = Prior::learn(people);
        let weight = prior.email + prior.group + prior.one_on_one;
        near(weight, 5.624, 1e-3);
        near(prior.one_on_one / weight, 0.12, 1e-4);
        near(prior.group / weight, 0.06, 1e-4);
        assert_eq!(Prior::learn(people.into_iter().rev()), prior);
        assert_eq!(Prior::learn(people.into_iter().take(4)), Prior::DEFAULT);
        let new = (0..20).map(|_| mix(9, 0, 0));
        assert_eq!(Prior::learn(people.into_iter().take(4).chain(new)), Prior::DEFAULT);
    }

    /// Nobody talking alone, or everybody, is no certainty about anybody.
    #[test]
    fn a_learned_prior_rules_nothing_out() {
        for same in [mix(30, 0, 0), mix(0, 30, 0), mix(0, 0, 30)] {
            let prior = Prior::learn([same; 6]);
            assert!(prior.one_on_one >= 0.01 && prior.email >= 0.01 && prior.group >= 0.01);
            let share = prior.share(mix(5, 5, 5));
            assert!(0.0 < share.low && share.high < 1.0, "{share:?}");
        }
    }

    #[test]
    fn w10_a_share_falls_only_when_that_is_nearly_sure() {
        let before = mix(18, 4, 5);
        near(Prior::DEFAULT.below(mix(10, 3, 0), before), 0.969, 1e-3);
        assert_eq!(Prior::DEFAULT.trend(before, mix(10, 3, 0)), Trend::Down);
        near(Prior::DEFAULT.below(mix(8, 2, 2), before), 0.620, 1e-3);
        assert_eq!(Prior::DEFAULT.trend(before, mix(8, 2, 2)), Trend::Flat);
        assert_eq!(Prior::DEFAULT.trend(mix(10, 3, 0), before), Trend::Up);
    }

    fn mixes() -> impl Strategy<Value = ChannelMix> {
        (0u32..64, 0u32..64, 0u32..64).prop_map(|(e, g, o)| mix(e, g, o))
    }

    proptest! {
        #[test]
        fn a_share_lies_inside_its_interval(seen in mixes()) {
            let share = Prior::DEFAULT.share(seen);
            prop_assert!(0.0 <= share.low && share.low < share.estimate);
            prop_assert!(share.estimate < share.high && share.high <= 1.0);
        }

        /// A fall seen from the other end is a rise.
        #[test]
        fn below_is_fair(x in mixes(), y in mixes()) {
            let (there, back) = (Prior::DEFAULT.below(x, y), Prior::DEFAULT.below(y, x));
            prop_assert!((-1e-9..=1.0 + 1e-9).contains(&there));
            prop_assert!((there + back - 1.0).abs() < 1e-9);
        }
    }
}
