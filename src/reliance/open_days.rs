//! The clock that silence is measured on: open days.
//!
//! A day is open when it is one of the user's work days, no public holiday and no day the user is
//! away. Counting calendar days instead costs 17 points of precision in worlds with known truth,
//! since a vacation would make everybody overdue at once.
//!
//! Days are counted by arithmetic over whole weeks less a binary search in the closed days. A
//! table with one entry a day would be a little faster, but it needs a first and a last day, and
//! facts come from any year.
//!
//! With no work day at all nothing is ever open: silence stands still and "the next open day" is
//! [`Date::MAX`], which the whole house reads as "never".

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday, date};

/// A Monday, day 0 of [`number`].
const EPOCH: Date = date(1970, 1, 5);

/// Which days are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDays {
    work_days: [bool; 7],
    /// Work days among the first so many days of a week.
    before: [i64; 8],
    /// Day numbers of work days that are closed, ascending, each once.
    closed: Vec<i64>,
}

impl OpenDays {
    /// Work days of the week, and single days that are closed all the same: holidays, absences.
    pub fn new(work_days: &[Weekday], closed: BTreeSet<Date>) -> Self {
        let mut week = [false; 7];
        for (at, open) in (0..).zip(week.iter_mut()) {
            *open = work_days.iter().any(|day| day.to_monday_zero_offset() == at);
        }
        let closed = closed.into_iter().map(number).filter(|&n| works(&week, n)).collect();
        let mut before = [0; 8];
        let mut sum = 0;
        for (so_far, open) in before.iter_mut().skip(1).zip(week) {
            sum += i64::from(open);
            *so_far = sum;
        }
        Self { work_days: week, before, closed }
    }

    /// The same with more days closed.
    pub fn without(&self, closed: BTreeSet<Date>) -> Self {
        let mut less = self.clone();
        less.closed.extend(closed.into_iter().map(number).filter(|&n| works(&self.work_days, n)));
        less.closed.sort_unstable();
        less.closed.dedup();
        less
    }

    /// Whether the day is open.
    pub fn is_open(&self, day: Date) -> bool {
        let n = number(day);
        works(&self.work_days, n) && self.closed.binary_search(&n).is_err()
    }

    /// How many open days there are up to and including this one, from a fixed day in 1970 on;
    /// negative before it. Only differences mean anything.
    pub fn idx(&self, day: Date) -> i64 {
        self.idx_of(number(day))
    }

    fn idx_of(&self, n: i64) -> i64 {
        let per_week = self.before(7);
        let worked = n.div_euclid(7) * per_week + self.before(n.rem_euclid(7) + 1);
        worked - count(self.closed.partition_point(|&closed| closed <= n))
    }

    /// Open days after `a` up to and including `b`: the silence on day `b` since a talk on day
    /// `a`. Negative when `b` is the earlier one.
    pub fn between(&self, a: Date, b: Date) -> i64 {
        self.idx(b) - self.idx(a)
    }

    /// The open day that is `n` open days after this day; the day itself for 0. [`Date::MAX`]
    /// when there is none.
    pub fn add(&self, day: Date, n: u32) -> Date {
        match n {
            0 => day,
            n => self.reaching(self.idx(day).saturating_add(n.into()), day),
        }
    }

    /// This day, or the next that is open. [`Date::MAX`] when there is none.
    pub fn first_open_on_or_after(&self, day: Date) -> Date {
        if self.is_open(day) { day } else { self.add(day, 1) }
    }

    /// The first day of the window of the last `n` open days: the open day from which `n` open
    /// days have passed, both ends counted. [`Date::MIN`] when there are not so many.
    pub fn window_start(&self, today: Date, n: u32) -> Date {
        let wanted = self.idx(today) - i64::from(n) + 1;
        if self.idx(Date::MIN) >= wanted { Date::MIN } else { self.reaching(wanted, Date::MIN) }
    }

    /// The [`number`] of every day from the first to the last, with its [`OpenDays::idx`] and
    /// whether it is open. Walking costs a few nanoseconds a day, where asking for each index would
    /// search each time, and the arithmetic of dates takes longer than all else.
    pub(super) fn walk(
        &self,
        first: i64,
        last: i64,
    ) -> impl Iterator<Item = (i64, i64, bool)> + use<'_> {
        let mut closed = self.closed.partition_point(|&day| day < first);
        let mut idx = self.idx_of(first.saturating_sub(1));
        (first..=last).map(move |n| {
            let shut = self.closed.get(closed) == Some(&n);
            closed += usize::from(shut);
            let open = !shut && works(&self.work_days, n);
            idx += i64::from(open);
            (n, idx, open)
        })
    }

    /// Work days among the first `days` days of a week.
    fn before(&self, days: i64) -> i64 {
        usize::try_from(days).ok().and_then(|days| self.before.get(days)).copied().unwrap_or(0)
    }

    /// The first day after `floor` whose [`OpenDays::idx`] is at least `wanted`.
    fn reaching(&self, wanted: i64, floor: Date) -> Date {
        let (mut low, mut high) = (number(floor), number(Date::MAX));
        if self.idx(Date::MAX) < wanted {
            return Date::MAX;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.idx(day(middle)) < wanted { low = middle } else { high = middle }
        }
        day(high)
    }
}

/// Days since [`EPOCH`].
pub(super) fn number(day: Date) -> i64 {
    day.duration_since(EPOCH).as_hours() / 24
}

/// The day with this [`number`], kept inside what a [`Date`] can say.
pub(super) fn day(number: i64) -> Date {
    EPOCH.saturating_add(jiff::SignedDuration::from_hours(number.saturating_mul(24)))
}

fn works(week: &[bool; 7], number: i64) -> bool {
    usize::try_from(number.rem_euclid(7)).ok().and_then(|at| week.get(at)).is_some_and(|&open| open)
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WEEKDAYS: [Weekday; 5] =
        [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

    fn weekdays(closed: impl IntoIterator<Item = Date>) -> OpenDays {
        OpenDays::new(&WEEKDAYS, closed.into_iter().collect())
    }

    /// A vacation stops the clock.
    #[test]
    fn w7_silence_skips_weekends_and_a_vacation() {
        let (last, today) = (date(2024, 6, 14), date(2024, 7, 22));
        let vacation = (1..=12).map(|day| date(2024, 7, day));
        assert_eq!(last.until(today).unwrap().get_days(), 38);
        assert_eq!(weekdays([]).between(last, today), 26);
        assert_eq!(weekdays(vacation).between(last, today), 16);
    }

    #[test]
    fn a_window_starts_so_that_both_ends_are_counted() {
        let open = weekdays([date(2024, 5, 1)]);
        let check = |today, n, expect| {
            let start = open.window_start(today, n);
            assert_eq!(start, expect, "{n} open days up to {today}");
            assert!(open.between(start, today) < n.into());
            assert!(open.between(start.yesterday().unwrap(), today) >= n.into());
        };
        check(date(2024, 5, 3), 1, date(2024, 5, 3));
        check(date(2024, 5, 5), 1, date(2024, 5, 3));
        check(date(2024, 5, 3), 3, date(2024, 4, 30));
        check(date(2024, 5, 3), 20, date(2024, 4, 5));
    }

    #[test]
    fn adding_lands_on_open_days_only() {
        let open = weekdays([date(2024, 5, 1)]);
        assert_eq!(open.add(date(2024, 4, 30), 0), date(2024, 4, 30));
        assert_eq!(open.add(date(2024, 4, 30), 1), date(2024, 5, 2));
        assert_eq!(open.add(date(2024, 5, 4), 0), date(2024, 5, 4));
        assert_eq!(open.add(date(2024, 5, 4), 10), date(2024, 5, 17));
        assert_eq!(open.first_open_on_or_after(date(2024, 5, 4)), date(2024, 5, 6));
        assert_eq!(open.first_open_on_or_after(date(2024, 5, 6)), date(2024, 5, 6));
    }

    #[test]
    fn nothing_is_open_for_somebody_without_work_days() {
        let open = OpenDays::new(&[], BTreeSet::new());
        let day = date(2024, 5, 6);
        assert!(!open.is_open(day));
        assert_eq!(open.between(date(2020, 1, 1), day), 0);
        assert_eq!(open.add(day, 1), Date::MAX);
        assert_eq!(open.first_open_on_or_after(day), Date::MAX);
        assert_eq!(open.window_start(day, 20), Date::MIN);
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        let open = weekdays([Date::MIN, Date::MAX]);
        assert_eq!(day(number(Date::MIN)), Date::MIN);
        assert_eq!(day(number(Date::MAX)), Date::MAX);
        assert_eq!(open.add(Date::MAX, 3), Date::MAX);
        assert_eq!(open.window_start(Date::MIN, 64), Date::MIN);
        assert!(open.between(Date::MIN, Date::MAX) > 5_000_000);
    }

    #[test]
    fn a_holiday_on_a_weekend_changes_nothing() {
        assert_eq!(weekdays([date(2024, 5, 4)]), weekdays([]));
    }

    proptest! {
        /// The arithmetic agrees with counting day by day.
        #[test]
        fn idx_counts(
            week in proptest::collection::vec(0i8..7, 0..7),
            closed in proptest::collection::btree_set(-60i64..60, 0..40),
            from in -50i64..50,
            length in 0i64..100,
        ) {
            let week: Vec<_> =
                week.into_iter().map(|n| Weekday::from_monday_zero_offset(n).unwrap()).collect();
            let open = OpenDays::new(&week, closed.into_iter().map(day).collect());
            let counted = (from + 1..=from + length).filter(|&n| open.is_open(day(n))).count();
            prop_assert_eq!(open.between(day(from), day(from + length)), count(counted));
            let walked: Vec<_> = open.walk(from, from + length).map(|(n, idx, is)| (day(n), idx, is)).collect();
            prop_assert_eq!(walked.len(), usize::try_from(length).unwrap() + 1);
            for (day, idx, is_open) in walked {
                prop_assert_eq!((idx, is_open), (open.idx(day), open.is_open(day)));
            }
        }

        /// Adding lands on an open day exactly so far away.
        #[test]
        fn add_inverts_between(n in 1u32..400, from in 0i64..9000) {
            let open = weekdays((0..9000).step_by(11).map(day));
            let to = open.add(day(from), n);
            prop_assert!(open.is_open(to));
            prop_assert_eq!(open.between(day(from), to), i64::from(n));
        }
    }
}
