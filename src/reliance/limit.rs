//! How long a silence may last: learned from the pair's own gaps, and the one place that knows.
//!
//! Gaps between one-on-one days are gamma distributed with a shape the pair keeps and a rate that
//! is uncertain. With few gaps the portfolio's mean stands in for them, as heavy as one gap. The
//! chance of a gap longer than `s` is then one incomplete beta function, I_{B/(B+s)}(A, k), and
//! depends on `s / B` alone: so the costly quantile changes only with a new gap, never with the
//! weekly mean of the portfolio, and is looked up only when a silence comes near enough to matter.
//!
//! One limit for everybody loses a third of the precision in worlds with known truth. A log-normal
//! gap needs its own integral and fits no better below the 95 % point.

use special::Beta;

use super::Wish;
use super::portfolio::Pool;

/// Gaps worth remembering: older ones say little about how a pair meets now.
pub(super) const GAPS: usize = 8;
/// A silence is too long when only so many of this pair's gaps are longer. Real gaps of mail are
/// told rightly up to about this point and are burstier beyond it, so nothing rarer is claimed.
const RARE: f64 = 0.05;
/// What is believed of the shape before any gap, and how many gaps that belief is worth.
const SHAPE: (f64, f64) = (2.0, 4.0);
/// A shape under 1 would call every pair bursty, one over 6 would call chance a timetable.
const SHAPES: (f64, f64) = (1.0, 6.0);
/// So regular is nobody: the least squared coefficient of variation.
const LEAST_VARIATION: f64 = 0.02;

/// The gaps of one pair, as far as they are worth remembering.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Gaps {
    /// Open days between one-on-one days, at least 1 each, oldest first, at most [`GAPS`].
    last: Vec<u32>,
    /// The `s / B` that so few gaps exceed, once it was asked for.
    rare: Option<f64>,
}

impl Gaps {
    /// One more gap, in open days.
    pub(super) fn push(&mut self, gap: u32) {
        self.last.push(gap.max(1));
        self.last.drain(..self.last.len().saturating_sub(GAPS));
        self.rare = None;
    }

    /// The gaps, oldest first.
    pub(super) fn as_slice(&self) -> &[u32] {
        &self.last
    }

    /// Whether a silence is longer than the [`Gaps::limit`].
    pub(super) fn exceeded(&mut self, silence: f64, wish: Wish, pool: Pool) -> bool {
        let (least, most) = bounds(wish);
        silence > least && (silence > most || silence > self.limit(wish, pool))
    }

    /// Open days without a one-on-one after which there should have been one, for a pair that has
    /// talked: the 95 % point of its gaps, between half and one and a half times the wanted rhythm.
    pub(super) fn limit(&mut self, wish: Wish, pool: Pool) -> f64 {
        let (least, most) = bounds(wish);
        let rate = self.rate(wish, pool);
        let rare = *self.rare.get_or_insert_with(|| {
            let (shape, weight) = (shape(&self.last), weight(&self.last));
            1.0 / RARE.inv_inc_beta(weight, shape, weight.ln_beta(shape)) - 1.0
        });
        (rate * rare).clamp(least, most)
    }

    /// The probability that a gap of this pair is longer than so many open days.
    pub(super) fn longer(&self, silence: f64, wish: Wish, pool: Pool) -> f64 {
        let (shape, weight) = (shape(&self.last), weight(&self.last));
        let rate = self.rate(wish, pool);
        (rate / (rate + silence.max(0.0))).inc_beta(weight, shape, weight.ln_beta(shape))
    }

    /// One-on-ones per open day, to be expected of this pair.
    pub(super) fn frequency(&self, wish: Wish, pool: Pool) -> f64 {
        (1.0 + self.last.len() as f64) / self.rate(wish, pool)
    }

    /// B: what the gaps add up to, and the portfolio's mean once.
    fn rate(&self, wish: Wish, pool: Pool) -> f64 {
        pool.mean(wish) + self.last.iter().copied().map(f64::from).sum::<f64>()
    }
}

/// The limit where there never was a one-on-one: the widest there is.
pub(super) fn unspoken(wish: Wish) -> f64 {
    bounds(wish).1
}

/// The least and the most a limit can be, in open days, so that a wish is kept within half of
/// itself whatever was learned.
fn bounds(wish: Wish) -> (f64, f64) {
    (0.5 * wish.open_days(), 1.5 * wish.open_days())
}

/// k: how regular the gaps are, 1 being pure chance; believed to be 2 until there are two gaps.
fn shape(gaps: &[u32]) -> f64 {
    let n = gaps.len() as f64;
    if gaps.len() < 2 {
        return SHAPE.0;
    }
    let mean = gaps.iter().copied().map(f64::from).sum::<f64>() / n;
    let squares = gaps.iter().map(|&gap| (f64::from(gap) - mean).powi(2)).sum::<f64>();
    let variation = (squares / (n - 1.0) / mean.powi(2)).max(LEAST_VARIATION);
    ((SHAPE.1 + n) / (SHAPE.1 / SHAPE.0 + n * variation)).clamp(SHAPES.0, SHAPES.1)
}

/// A: the shape once for every gap and once for the portfolio's mean.
fn weight(gaps: &[u32]) -> f64 {
    (1.0 + gaps.len() as f64) * shape(gaps)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WISH: Wish = Wish { cadence_days: 30, prefers_email: false };

    fn gaps(of: &[u32]) -> Gaps {
        let mut gaps = Gaps::default();
        of.iter().for_each(|&gap| gaps.push(gap));
        gaps
    }

    fn near(got: f64, expect: f64) {
        assert!((got - expect).abs() < 1e-3, "{got} instead of {expect}");
    }

    #[test]
    fn w4_the_posterior_of_a_regular_pair() {
        let mut pair = gaps(&[9, 11, 10, 12, 8]);
        let pool = Pool::of_mean(18.0);
        near(shape(pair.as_slice()), 4.2353);
        near(weight(pair.as_slice()), 25.4118);
        near(pair.rate(WISH, pool), 68.0);
        let printed =
            [(10.0, 0.5423), (15.0, 0.2511), (20.0, 0.1025), (25.0, 0.0396), (30.0, 0.0150)];
        for (silence, expect) in printed {
            near(pair.longer(silence, WISH, pool), expect);
        }
        near(pair.limit(WISH, pool), 23.785);
        assert!(!pair.exceeded(23.0, WISH, pool));
        assert!(pair.exceeded(24.0, WISH, pool));
    }

    #[test]
    fn w5_few_gaps_and_long_ones() {
        let pool = Pool::of_mean(18.0);
        let mut pair = gaps(&[5, 5, 5, 10, 5, 5]);
        near(shape(pair.as_slice()), 3.6567);
        near(pair.limit(WISH, pool), 16.439);
        let mut pair = gaps(&[12]);
        near(shape(pair.as_slice()), 2.0);
        near(weight(pair.as_slice()), 4.0);
        near(pair.rate(WISH, pool), 30.0);
        near(pair.longer(20.0, WISH, pool), 0.3370);
        near(pair.limit(WISH, pool), 32.143);
        let mut pair = gaps(&[40, 55]);
        near(pair.longer(40.0, WISH, pool), 0.4201);
        near(pair.limit(WISH, pool), 32.143);
        near(unspoken(WISH), 32.143);
    }

    /// The half of W8 that decides.
    #[test]
    fn w8_a_silence_says_more_than_a_change_of_rate() {
        let mut pair = gaps(&[10, 5, 10, 5, 10]);
        let pool = Pool::of_mean(18.0);
        near(pair.longer(30.0, WISH, pool), 0.0101);
        near(pair.limit(WISH, pool), 21.667);
    }

    #[test]
    fn only_the_last_eight_gaps_are_remembered() {
        let long: Vec<u32> = (1..=12).collect();
        assert_eq!(gaps(&long).as_slice(), &[5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!(gaps(&[0, 3]).as_slice(), &[1, 3]);
    }

    fn wishes() -> impl Strategy<Value = Wish> {
        (1u32..400, any::<bool>())
            .prop_map(|(cadence_days, prefers_email)| Wish { cadence_days, prefers_email })
    }

    proptest! {
        /// The limit is where the chance of a longer gap is one in twenty, inside its bounds, and
        /// the shortcut agrees with it.
        #[test]
        fn the_limit_is_the_quantile(
            of in prop::collection::vec(1u32..400, 0..12),
            wish in wishes(),
            mean in 1.0..200.0f64,
            silence in 0u32..400,
        ) {
            let (mut pair, pool) = (gaps(&of), Pool::of_mean(mean));
            let limit = pair.limit(wish, pool);
            let (least, most) = bounds(wish);
            prop_assert!(least <= limit && limit <= most);
            let beyond = pair.longer(limit, wish, pool);
            prop_assert!(beyond <= RARE + 1e-9 || limit == most, "{beyond}");
            prop_assert!(beyond >= RARE - 1e-9 || limit == least, "{beyond}");
            let silence = f64::from(silence);
            prop_assert_eq!(pair.exceeded(silence, wish, pool), silence > limit);
        }

        /// Whoever wants to be asked later is asked later.
        #[test]
        fn a_longer_wish_never_shortens_the_limit(
            of in prop::collection::vec(1u32..100, 0..9),
            cadence_days in 1u32..300,
            more in 0u32..100,
        ) {
            let mut pair = gaps(&of);
            let (wish, pool) = (|cadence_days| Wish { cadence_days, prefers_email: false }, Pool::default());
            prop_assert!(
                pair.limit(wish(cadence_days), pool) <= pair.limit(wish(cadence_days + more), pool)
            );
        }
    }
}
