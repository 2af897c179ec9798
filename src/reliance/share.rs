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
///
/// One value for everybody now; a prior learned from the portfolio is another value of this type.
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

/// Above this probability a share counts as falling, or as rising.
const SURE: f64 = 0.90;

impl Prior {
    /// Six contact days, one in ten of them one-on-one.
    pub const DEFAULT: Self = Self { email: 4.2, group: 1.2, one_on_one: 0.6 };

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

    /// W1, to its printed digits.
    #[test]
    fn the_special_function_has_the_printed_values() {
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

    /// W2.
    #[test]
    fn shares_carry_a_prior_and_an_interval() {
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

    /// W10.
    #[test]
    fn a_share_falls_only_when_that_is_nearly_sure() {
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
