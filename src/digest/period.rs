//! The stretch of days a digest speaks of: an ISO week or a calendar month, and its name.
//!
//! The name (`2026-W47`, `2026-11`) is all a digest's file is ever called: nothing that came from
//! a message can reach a path. Free ranges of days lost: two digests could then overlap and tell
//! of the same talk twice.

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate, Weekday};

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An ISO week (ISO 8601 §3.1.1.23), Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
}

/// An ISO week or a calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    from: Date,
    to: Date,
    kind: Kind,
}

impl Period {
    /// The period of this kind that a day lies in.
    pub fn of(kind: Kind, day: Date) -> Self {
        match kind {
            Kind::Week => Self::week_of(day),
            Kind::Month => Self::month_of(day),
        }
    }

    /// The ISO week a day lies in.
    pub fn week_of(day: Date) -> Self {
        let from = monday_of(day);
        Self { from, to: from.saturating_add(6.days()), kind: Kind::Week }
    }

    /// The month a day lies in.
    pub fn month_of(day: Date) -> Self {
        Self { from: day.first_of_month(), to: day.last_of_month(), kind: Kind::Month }
    }

    /// The period of a [`Self::name`]; `None` for anything else.
    pub fn named(name: &str) -> Option<Self> {
        let (year, rest) = name.split_once('-')?;
        let number = |text: &str, digits: usize| {
            let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| text.parse::<i16>().ok()).flatten()
        };
        let year = number(year, 4)?;
        if let Some(week) = rest.strip_prefix('W') {
            let week = i8::try_from(number(week, 2)?).ok()?;
            let monday = ISOWeekDate::new(year, week, Weekday::Monday).ok()?;
            return Some(Self::week_of(monday.date()));
        }
        let month = i8::try_from(number(rest, 2)?).ok()?;
        Some(Self::month_of(Date::new(year, month, 1).ok()?))
    }

    /// The period before this one, of the same kind.
    pub fn previous(self) -> Self {
        Self::of(self.kind, self.from.saturating_sub(1.days()))
    }

    /// Its first day.
    pub fn from(self) -> Date {
        self.from
    }

    /// Its last day.
    pub fn to(self) -> Date {
        self.to
    }

    /// Whether it is a week or a month.
    pub fn kind(self) -> Kind {
        self.kind
    }

    /// Its name as a file's stem: `2026-W47` or `2026-11`.
    pub fn name(self) -> String {
        match self.kind {
            Kind::Week => {
                let week = self.from.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Kind::Month => format!("{:04}-{:02}", self.from.year(), self.from.month()),
        }
    }

    /// Its days in words: "16 to 22 November 2026" or "November 2026".
    pub fn title(self) -> String {
        let (from, to) = (self.from, self.to);
        let start = match self.kind {
            Kind::Month => return from.strftime("%B %Y").to_string(),
            Kind::Week if from.year() != to.year() => "%-d %B %Y",
            Kind::Week if from.month() != to.month() => "%-d %B",
            Kind::Week => "%-d",
        };
        format!("{} to {}", from.strftime(start), to.strftime("%-d %B %Y"))
    }
}

/// The Monday on or before a day.
pub(super) fn monday_of(day: Date) -> Date {
    day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn check(period: Period, name: &str, title: &str) {
        assert_eq!((period.name().as_str(), period.title().as_str()), (name, title));
        assert_eq!(Period::named(name), Some(period));
    }

    #[test]
    fn weeks_and_months_have_names_and_titles() {
        check(Period::week_of(date(2026, 11, 18)), "2026-W47", "16 to 22 November 2026");
        check(Period::week_of(date(2026, 12, 6)), "2026-W49", "30 November to 6 December 2026");
        check(
            Period::week_of(date(2026, 12, 28)),
            "2026-W53",
            "28 December 2026 to 3 January 2027",
        );
        check(Period::month_of(date(2026, 11, 18)), "2026-11", "November 2026");
        check(Period::month_of(date(2028, 2, 29)), "2028-02", "February 2028");
    }

    #[test]
    fn the_first_days_of_january_may_lie_in_the_last_week_of_the_old_year() {
        assert_eq!(Period::week_of(date(2027, 1, 1)).name(), "2026-W53");
        assert_eq!(Period::week_of(date(2025, 12, 29)).name(), "2026-W01");
    }

    #[test]
    fn other_names_are_no_periods() {
        for name in [
            "",
            "2026",
            "2026-W00",
            "2026-W54",
            "2025-W53",
            "2026-13",
            "2026-00",
            "2026-W5",
            "2026-1",
            "-2026-W1",
            "+026-01",
            "2026-W+1",
            "../2026-W01",
            "2026-W01.html",
            "２０２６-01",
        ] {
            assert_eq!(Period::named(name), None, "{name}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_do_not_panic() {
        for day in [Date::MIN, Date::MAX, Date::ZERO] {
            for kind in [Kind::Week, Kind::Month] {
                let period = Period::of(kind, day);
                assert!(!period.previous().name().is_empty() && !period.title().is_empty());
            }
        }
    }

    proptest! {
        #[test]
        fn periods_of_one_kind_tile_the_calendar(days in 0_i64..40_000, week: bool) {
            let day = date(1990, 1, 1).saturating_add(days.days());
            let period = Period::of(if week { Kind::Week } else { Kind::Month }, day);
            prop_assert!(period.from() <= day && day <= period.to());
            prop_assert_eq!(period.previous().to().tomorrow().unwrap(), period.from());
            prop_assert_eq!(Period::named(&period.name()), Some(period));
        }
    }
}
