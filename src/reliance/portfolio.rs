//! What everybody together teaches about anybody: how long gaps are, week by week.
//!
//! A pair with few gaps borrows the mean gap of all clients. That mean is taken at the end of each
//! Sunday and holds for the week that follows, so that a limit does not move from hour to hour,
//! and so that any day of the past is judged by what was known then: [`Portfolio::on`] gives the
//! same answer for a day whatever happened after it.
//!
//! Means are added up as whole numbers of tiny parts of an open day, so many that every count of
//! gaps divides them. Sums of fractions would depend on the order of the clients in their last
//! digit, and with it, once in a blue moon, a verdict.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::limit::GAPS;
use super::open_days::number;
use super::{OpenDays, Wish};

/// Parts of an open day that means are kept in: divisible by every number up to [`GAPS`].
const PARTS: i64 = 5_354_228_880;
/// How many clients with exactly the wanted rhythm are believed in before any is seen.
const PSEUDO: f64 = 3.0;

/// The mean gap of every client with at least two gaps, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// The sum, in [`PARTS`] of an open day.
    sum: i64,
    clients: u32,
}

impl Pool {
    /// The gap to expect of a pair nothing is known of: the clients' means, and three times the
    /// rhythm wanted of this pair; in open days.
    pub(super) fn mean(self, wish: Wish) -> f64 {
        let sum = self.sum as f64 / PARTS as f64;
        (PSEUDO * wish.open_days() + sum) / (PSEUDO + f64::from(self.clients))
    }

    /// A pool with this mean, near enough, whatever is wished.
    #[cfg(test)]
    pub(super) fn of_mean(mean: f64) -> Self {
        let clients = 1_000_000;
        Self { sum: (mean * PARTS as f64).round() as i64 * i64::from(clients), clients }
    }
}

/// The [`Pool`] of every week.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portfolio {
    /// The [`number`] of each Monday on which it changed, ascending, with what holds from then on.
    weeks: Vec<(i64, Pool)>,
}

impl Portfolio {
    /// Nobody.
    pub const EMPTY: Self = Self { weeks: Vec::new() };

    /// Learns from the one-on-one days of each client, all its people together, in order and each
    /// once; whoever has no client counts as one. Days ahead are harmless: they teach nothing before
    /// they are over.
    pub fn new<'a, C>(clients: impl IntoIterator<Item = C>, open: &OpenDays) -> Self
    where
        C: IntoIterator<Item = &'a Date>,
    {
        let mut changes: BTreeMap<Date, (i64, i64)> = BTreeMap::new();
        for days in clients {
            let (mut gaps, mut before, mut last) = (Vec::new(), None, None);
            for &day in days {
                let idx = open.idx(day);
                if let Some(last) = last.replace(idx) {
                    gaps.push((idx - last).max(1));
                }
                let recent = gaps.get(gaps.len().saturating_sub(GAPS)..).unwrap_or_default();
                if recent.len() >= 2 {
                    let mean = recent.iter().sum::<i64>() * PARTS / recent.len() as i64;
                    let (sum, clients) = changes.entry(next_monday(day)).or_default();
                    *sum += mean - before.unwrap_or(0);
                    *clients += i64::from(before.is_none());
                    before = Some(mean);
                }
            }
        }
        let mut pool = (0, 0);
        let weeks = changes.into_iter().map(|(monday, (sum, clients))| {
            pool = (pool.0 + sum, pool.1 + clients);
            (number(monday), Pool { sum: pool.0, clients: u32::try_from(pool.1).unwrap_or(0) })
        });
        Self { weeks: weeks.collect() }
    }

    /// What held on a day.
    pub fn on(&self, day: Date) -> Pool {
        let day = number(day);
        let known = self.weeks.partition_point(|(monday, _)| *monday <= day);
        self.weeks.get(..known).and_then(<[_]>::last).map_or_else(Pool::default, |(_, pool)| *pool)
    }

    /// What changes after the day of a number, for a walk that goes on from there.
    pub(super) fn after(&self, day: i64) -> impl Iterator<Item = (i64, Pool)> + use<'_> {
        let known = self.weeks.partition_point(|(monday, _)| *monday <= day);
        self.weeks.get(known..).unwrap_or_default().iter().copied()
    }
}

/// The first Monday after a day; [`Date::MAX`] at the end of time.
fn next_monday(day: Date) -> Date {
    day.saturating_add((7 - i64::from(day.weekday().to_monday_zero_offset())).days())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::{Weekday, date};
    use proptest::prelude::*;

    use super::*;

    const WISH: Wish = Wish { cadence_days: 30, prefers_email: false };

    fn weekdays() -> OpenDays {
        let week: Vec<_> = Weekday::Monday.cycle_forward().take(5).collect();
        OpenDays::new(&week, BTreeSet::new())
    }

    /// One-on-one days from Monday 1 January 2024 on, so many open days apart.
    fn talks(gaps: &[u32]) -> BTreeSet<Date> {
        let (open, start) = (weekdays(), date(2024, 1, 1));
        let mut at = 0;
        let later = gaps.iter().map(|gap| {
            at += gap;
            open.add(start, at)
        });
        std::iter::once(start).chain(later).collect()
    }

    fn near(got: f64, expect: f64) {
        assert!((got - expect).abs() < 1e-3, "{got} instead of {expect}");
    }

    #[test]
    fn w6_three_clients_and_three_that_are_imagined() {
        let clients = [talks(&[10, 10]), talks(&[7, 9]), talks(&[20, 30])];
        let portfolio = Portfolio::new(&clients, &weekdays());
        near(portfolio.on(date(2024, 12, 1)).mean(WISH), 17.881);
        near(portfolio.on(date(2023, 12, 1)).mean(WISH), 21.4286);
        let slower = Wish { cadence_days: 90, ..WISH };
        near(portfolio.on(date(2024, 12, 1)).mean(slower), (3.0 * 64.2857 + 43.0) / 6.0);
    }

    #[test]
    fn a_week_is_judged_by_what_the_sunday_before_it_knew() {
        let portfolio = Portfolio::new(&[talks(&[5, 5, 10])], &weekdays());
        let check = |day, clients, sum: i64| {
            assert_eq!(portfolio.on(day), Pool { sum: sum * PARTS / 6, clients }, "{day}");
        };
        check(date(2024, 1, 15), 0, 0);
        check(date(2024, 1, 21), 0, 0);
        check(date(2024, 1, 22), 1, 30);
        check(date(2024, 2, 4), 1, 30);
        check(date(2024, 2, 5), 1, 40);
        check(date(2034, 2, 5), 1, 40);
    }

    #[test]
    fn one_gap_teaches_nothing() {
        assert_eq!(Portfolio::new(&[talks(&[30]), talks(&[])], &weekdays()), Portfolio::default());
    }

    proptest! {
        /// What is learned later, and the order of the clients, change nothing.
        #[test]
        fn the_past_is_judged_as_it_was(
            of in prop::collection::vec(prop::collection::vec(1u32..40, 0..20), 0..6),
            day in 0i64..700,
        ) {
            let day = date(2024, 1, 1) + day.days();
            let clients: Vec<_> = of.iter().map(|gaps| talks(gaps)).collect();
            let by_then: Vec<BTreeSet<_>> = clients
                .iter()
                .rev()
                .map(|days| days.iter().copied().filter(|&talk| talk <= day).collect())
                .collect();
            let open = weekdays();
            let now = Portfolio::new(&clients, &open);
            prop_assert_eq!(now.on(day), Portfolio::new(&by_then, &open).on(day));
            let ahead = now.after(number(day)).next();
            prop_assert!(ahead.is_none_or(|(monday, _)| monday > number(day)));
        }
    }
}
