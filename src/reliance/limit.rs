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

/// What is believed of a pair before it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Belief {
    /// Gaps worth remembering: older ones say little about how a pair meets now.
    kept: usize,
    /// How many gaps the portfolio's mean is worth.
    mean: f64,
    /// The shape of the gaps, and how many gaps that is worth.
    shape: (f64, f64),
    /// A silence is too long when only so many of this pair's gaps are longer. Real gaps of mail
    /// are told rightly up to about here and are burstier beyond, so nothing rarer is claimed.
    rare: f64,
    /// Whether a pair may meet by the timetable.
    timetable: bool,
}

/// Found on worlds with known truth (`tests/worlds/tried.md`): more gaps, held less loosely, than
/// the definitions began with (8 gaps, weight 1, shape 2 of weight 4, 0.05). Short memories and
/// weak beliefs make limits that tremble, and a trembling limit misses talks and invents them.
const BELIEF: Belief =
    Belief { kept: GAPS, mean: 2.0, shape: (2.5, 8.0), rare: 0.05, timetable: true };

/// Gaps remembered of a pair.
pub(super) const GAPS: usize = 24;
/// A shape under 1 would call every pair bursty, one over 6 would call chance a timetable.
const SHAPES: (f64, f64) = (1.0, 6.0);
/// So many times the mean is no rare gap whatever the shape, since for a shape of 6, which is the
/// most, and any number of gaps one in nine is longer still.
const COMMON: f64 = 1.5;
/// How many of the last so many gaps must be there, all of them, before they may be a timetable.
const TIMETABLE: (usize, usize) = (6, 8);
/// With a shorter period everything is a multiple of it.
const SPARSE: u32 = 3;
/// So regular is nobody: the least squared coefficient of variation.
const LEAST_VARIATION: f64 = 0.02;

/// The gaps of one pair, as far as they are worth remembering.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gaps {
    /// Open days between one-on-one days, at least 1 each, oldest first.
    last: Vec<u32>,
    /// What so few gaps exceed, once it was asked for.
    rare: Option<Rare>,
    belief: Belief,
}

/// What few gaps exceed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rare {
    /// So many times B.
    Times(f64),
    /// So many open days, whatever B is.
    Days(f64),
}

impl Default for Gaps {
    fn default() -> Self {
        Self { last: Vec::new(), rare: None, belief: BELIEF }
    }
}

impl Gaps {
    /// So many gaps are remembered.
    pub(super) const KEPT: usize = BELIEF.kept;

    /// Some gaps, in open days, not more than are kept.
    pub(super) fn of(gaps: impl Iterator<Item = u32>) -> Self {
        let mut last = Vec::with_capacity(Self::KEPT);
        last.extend(gaps.map(|gap| gap.max(1)).take(Self::KEPT));
        Self { last, ..Self::default() }
    }

    /// One more gap, in open days.
    pub(super) fn push(&mut self, gap: u32) {
        self.last.push(gap.max(1));
        self.last.drain(..self.last.len().saturating_sub(self.belief.kept));
        self.rare = None;
    }

    /// Whether a silence is longer than the [`Gaps::limit`].
    pub(super) fn exceeded(&mut self, silence: f64, wish: Wish, pool: Pool) -> bool {
        let (least, most) = bounds(wish);
        silence > least && (silence > most || silence > self.limit(wish, pool))
    }

    /// Whether a silence is surely within the limit whichever of these pools holds: at the cost of
    /// one value of the function, where the limit takes a search for its inverse.
    pub(super) fn surely_bear(
        &self,
        silence: f64,
        wish: Wish,
        pools: impl Iterator<Item = Pool>,
    ) -> bool {
        let timetable = timetable(&self.last, self.belief.rare).filter(|_| self.belief.timetable);
        if let Some(days) = timetable {
            return silence <= days && silence <= bounds(wish).1;
        }
        let rate = pools.map(|pool| self.rate(wish, pool)).fold(f64::INFINITY, f64::min);
        if silence > bounds(wish).1 {
            return false;
        }
        if silence * (self.belief.mean + self.last.len() as f64) <= COMMON * rate {
            return true;
        }
        let (shape, weight) = (shape(&self.last, self.belief), weight(&self.last, self.belief));
        longer(shape, weight, rate, silence) > self.belief.rare + 1e-9
    }

    /// Open days without a one-on-one after which there should have been one, for a pair that has
    /// talked: the 95 % point of its gaps, between half and one and a half times the wanted rhythm.
    pub(super) fn limit(&mut self, wish: Wish, pool: Pool) -> f64 {
        let (least, most) = bounds(wish);
        let rare = *self.rare.get_or_insert_with(|| {
            let factor = || {
                let (shape, weight) =
                    (shape(&self.last, self.belief), weight(&self.last, self.belief));
                let x = self.belief.rare.inv_inc_beta(weight, shape, weight.ln_beta(shape));
                Rare::Times(1.0 / x - 1.0)
            };
            let timetable = timetable(&self.last, self.belief.rare);
            timetable.filter(|_| self.belief.timetable).map_or_else(factor, Rare::Days)
        });
        let limit = match rare {
            Rare::Times(factor) => factor * self.rate(wish, pool),
            Rare::Days(days) => days,
        };
        limit.clamp(least, most)
    }

    /// What the gaps say, after so many silent open days.
    pub(super) fn rhythm(&self, silence: u32, wish: Wish, pool: Pool) -> Rhythm {
        let (shape, weight, rate) = (
            shape(&self.last, self.belief),
            weight(&self.last, self.belief),
            self.rate(wish, pool),
        );
        Rhythm {
            gaps: self.last.clone(),
            longer: longer(shape, weight, rate, silence.into()),
            frequency: weight / shape / rate,
            gamma: (shape, weight, rate),
        }
    }

    /// B: what the gaps add up to, and the portfolio's mean as often as it is worth a gap.
    fn rate(&self, wish: Wish, pool: Pool) -> f64 {
        let seen: f64 = self.last.iter().copied().map(f64::from).sum();
        self.belief.mean * pool.mean(wish) + seen
    }
}

/// A: the shape once for every gap and as often for the portfolio's mean.
fn weight(gaps: &[u32], belief: Belief) -> f64 {
    (belief.mean + gaps.len() as f64) * shape(gaps, belief)
}

/// k: how regular the gaps are, 1 being pure chance; what is believed until there are two.
fn shape(gaps: &[u32], belief: Belief) -> f64 {
    let (believed, weight) = belief.shape;
    let n = gaps.len() as f64;
    if gaps.len() < 2 {
        return believed;
    }
    let mean = gaps.iter().copied().map(f64::from).sum::<f64>() / n;
    let squares = gaps.iter().map(|&gap| (f64::from(gap) - mean).powi(2)).sum::<f64>();
    let variation = (squares / (n - 1.0) / mean.powi(2)).max(LEAST_VARIATION);
    ((weight + n) / (weight / believed + n * variation)).clamp(SHAPES.0, SHAPES.1)
}

/// The limit of a pair that meets by the timetable, in open days: its gaps are one period, or two or
/// three where a talk was left out, and what counts is how many in a row are left out by chance. No
/// smooth curve fits that, and it would wait half as long again for a weekly call that ended.
fn timetable(gaps: &[u32], rare: f64) -> Option<f64> {
    let recent = gaps.get(gaps.len().saturating_sub(TIMETABLE.1)..)?;
    let mut sorted = recent.to_vec();
    sorted.sort_unstable();
    let period = *sorted.get(sorted.len() / 2)?;
    let times = |gap: u32| ((gap + period / 2) / period.max(1)).max(1);
    let kept = recent.iter().filter(|gap| gap.abs_diff(period) <= 1).count();
    let fits = recent.iter().all(|&gap| gap.abs_diff(period * times(gap)) <= 1);
    if recent.len() < TIMETABLE.0 || period < SPARSE || !fits || kept * 4 < recent.len() * 3 {
        return None;
    }
    let left_out: u32 = recent.iter().map(|&gap| times(gap) - 1).sum();
    let chance = (1.0 + f64::from(left_out)) / (10.0 + f64::from(left_out) + recent.len() as f64);
    let in_a_row = (1..10).find(|&n| chance.powi(n) < rare)?;
    Some(f64::from(period) * f64::from(in_a_row))
}

/// The probability that a gap is longer than so many open days.
fn longer(shape: f64, weight: f64, rate: f64, silence: f64) -> f64 {
    (rate / (rate + silence.max(0.0))).inc_beta(weight, shape, weight.ln_beta(shape))
}

/// How regularly a pair talks alone together, as far as that can be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Rhythm {
    /// Open days between the last one-on-one days, oldest first, as many as are remembered; empty
    /// before the second.
    pub gaps: Vec<u32>,
    /// The probability that a gap of this pair is longer than the silence now, from 0 to 1. Honest
    /// down to about one in twenty; real gaps are burstier than that.
    pub longer: f64,
    /// One-on-ones to be expected per open day.
    pub frequency: f64,
    /// Shape, weight and rate of the gaps.
    pub(super) gamma: (f64, f64, f64),
}

impl Default for Rhythm {
    /// Nothing known, nothing silent.
    fn default() -> Self {
        Self { gaps: Vec::new(), longer: 1.0, frequency: 0.0, gamma: (1.0, 1.0, 1.0) }
    }
}

impl Rhythm {
    /// The mean of the gaps in open days; `None` before there are two.
    pub fn usual(&self) -> Option<f64> {
        let n = self.gaps.len();
        (n >= 2).then(|| self.gaps.iter().copied().map(f64::from).sum::<f64>() / n as f64)
    }

    /// The probability that a gap of this pair is longer than so many open days.
    pub fn chance_beyond(&self, open_days: f64) -> f64 {
        let (shape, weight, rate) = self.gamma;
        longer(shape, weight, rate, open_days)
    }
}

/// The limit where there never was a one-on-one: the widest there is.
pub(super) fn unspoken(wish: Wish) -> f64 {
    bounds(wish).1
}

/// One-on-ones per open day to be expected where there never was one.
pub(super) fn seldom(wish: Wish) -> f64 {
    1.0 / (3.0 * wish.open_days())
}

/// The least and the most a limit can be, in open days, so that a wish is kept within half of
/// itself whatever was learned.
fn bounds(wish: Wish) -> (f64, f64) {
    (0.5 * wish.open_days(), 1.5 * wish.open_days())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WISH: Wish = Wish { cadence_days: 30, prefers_email: false };

    /// What the worked examples were computed with.
    const PRINTED: Belief =
        Belief { kept: 8, mean: 1.0, shape: (2.0, 4.0), rare: 0.05, timetable: false };

    fn under(belief: Belief, of: &[u32]) -> Gaps {
        let mut gaps = Gaps { belief, ..Gaps::default() };
        of.iter().for_each(|&gap| gaps.push(gap));
        gaps
    }

    fn gaps(of: &[u32]) -> Gaps {
        under(PRINTED, of)
    }

    fn beyond(pair: &Gaps, silence: f64, pool: Pool) -> f64 {
        pair.rhythm(0, WISH, pool).chance_beyond(silence)
    }

    fn near(got: f64, expect: f64) {
        assert!((got - expect).abs() < 1e-3, "{got} instead of {expect}");
    }

    #[test]
    fn w4_the_posterior_of_a_regular_pair() {
        let mut pair = gaps(&[9, 11, 10, 12, 8]);
        let pool = Pool::of_mean(18.0);
        near(shape(&pair.last, PRINTED), 4.2353);
        near(weight(&pair.last, PRINTED), 25.4118);
        near(pair.rate(WISH, pool), 68.0);
        let printed =
            [(10.0, 0.5423), (15.0, 0.2511), (20.0, 0.1025), (25.0, 0.0396), (30.0, 0.0150)];
        for (silence, expect) in printed {
            near(beyond(&pair, silence, pool), expect);
        }
        near(pair.limit(WISH, pool), 23.785);
        assert!(!pair.exceeded(23.0, WISH, pool));
        assert!(pair.exceeded(24.0, WISH, pool));
    }

    #[test]
    fn w5_few_gaps_and_long_ones() {
        let pool = Pool::of_mean(18.0);
        let mut pair = gaps(&[5, 5, 5, 10, 5, 5]);
        near(shape(&pair.last, PRINTED), 3.6567);
        near(pair.limit(WISH, pool), 16.439);
        let mut pair = gaps(&[12]);
        near(shape(&pair.last, PRINTED), 2.0);
        near(weight(&pair.last, PRINTED), 4.0);
        near(pair.rate(WISH, pool), 30.0);
        near(beyond(&pair, 20.0, pool), 0.3370);
        near(pair.limit(WISH, pool), 32.143);
        let mut pair = gaps(&[40, 55]);
        near(beyond(&pair, 40.0, pool), 0.4201);
        near(pair.limit(WISH, pool), 32.143);
        near(unspoken(WISH), 32.143);
    }

    proptest! {
        #[test]
        fn what_is_common_is_never_rare(
            shape in SHAPES.0..=SHAPES.1,
            gaps in 0..=GAPS,
            rate in 1.0f64..10_000.0,
        ) {
            let worth = BELIEF.mean + gaps as f64;
            prop_assert!(longer(shape, worth * shape, rate, COMMON * rate / worth) > 0.11);
        }
    }

    /// The half of W8 that decides.
    #[test]
    fn w8_a_silence_says_more_than_a_change_of_rate() {
        let mut pair = gaps(&[10, 5, 10, 5, 10]);
        let pool = Pool::of_mean(18.0);
        near(beyond(&pair, 30.0, pool), 0.0101);
        near(pair.limit(WISH, pool), 21.667);
    }

    #[test]
    fn a_timetable_is_told_from_chance() {
        let check = |of: &[u32], expect| assert_eq!(timetable(of, 0.05), expect, "{of:?}");
        check(&[5, 5, 5, 5, 5, 5, 5, 5], Some(10.0));
        check(&[5, 5, 10, 5, 5, 6, 4, 5], Some(10.0));
        check(&[10, 10, 20, 10, 10, 9, 11], Some(20.0));
        check(&[9, 1, 30, 5, 5, 5, 10, 5, 5, 5, 10], Some(10.0));
        check(&[5, 5, 5, 5, 5], None);
        check(&[5, 5, 5, 5, 5, 8], None);
        check(&[5, 10, 10, 5, 15, 10, 5, 20], None);
        check(&[1, 2, 1, 1, 3, 1, 1, 2], None);
        check(&[9, 11, 10, 12, 8, 14], None);
        check(&[], None);
    }

    #[test]
    fn old_gaps_are_forgotten() {
        let long: Vec<u32> = (1..=12).collect();
        assert_eq!(gaps(&long).last, [5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!(gaps(&[0, 3]).last, [1, 3]);
    }

    fn wishes() -> impl Strategy<Value = Wish> {
        (1u32..400, any::<bool>())
            .prop_map(|(cadence_days, prefers_email)| Wish { cadence_days, prefers_email })
    }

    proptest! {
        /// The limit is where the chance of a longer gap is as believed, inside its bounds, and
        /// the shortcut agrees with it.
        #[test]
        fn the_limit_is_the_quantile(
            of in prop::collection::vec(1u32..400, 0..20),
            wish in wishes(),
            mean in 1.0..200.0f64,
            silence in 0u32..400,
        ) {
            let (mut pair, pool) = (under(BELIEF, &of), Pool::of_mean(mean));
            let limit = pair.limit(wish, pool);
            let (least, most) = bounds(wish);
            prop_assert!(least <= limit && limit <= most);
            let beyond = pair.rhythm(0, wish, pool).chance_beyond(limit);
            prop_assume!(timetable(&pair.last, BELIEF.rare).is_none());
            prop_assert!(beyond <= BELIEF.rare + 1e-9 || limit == most, "{beyond}");
            prop_assert!(beyond >= BELIEF.rare - 1e-9 || limit == least, "{beyond}");
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
            let mut pair = under(BELIEF, &of);
            let (wish, pool) = (|cadence_days| Wish { cadence_days, prefers_email: false }, Pool::default());
            prop_assert!(
                pair.limit(wish(cadence_days), pool) <= pair.limit(wish(cadence_days + more), pool)
            );
        }
    }
}
