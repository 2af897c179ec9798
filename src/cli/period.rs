//! A week or month as it is typed, for digests.
//!
//! Which of the two `this`, `last` and a bare day mean is a setting; a week or month that is named
//! means itself whatever the setting.

use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate};

use super::when::{Wrong, date_of};
use crate::settings::Every;

/// A week or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// The running one.
    This,
    /// The one before.
    Last,
    /// The week that begins on this Monday.
    Week(Date),
    /// The month that begins on this day.
    Month(Date),
    /// The one with this day in it.
    Around(Date),
}

impl FromStr for Period {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "this" => return Ok(Self::This),
            "last" => return Ok(Self::Last),
            _ => {}
        }
        if let Ok(week) = format!("{text}-1").parse::<ISOWeekDate>() {
            return Ok(Self::Week(week.date()));
        }
        if let Some(first) = date_of(&format!("{text}-01")) {
            return Ok(Self::Month(first));
        }
        date_of(text).map(Self::Around).ok_or(
            "write \"this\", \"last\", a week such as 2026-W07, a month such as 2026-02, or a day",
        )
    }
}

impl Period {
    /// Its first and last day.
    pub fn days(self, every: Every, today: Date) -> Result<(Date, Date), Wrong> {
        let (day, every) = match self {
            Self::This => (today, every),
            Self::Week(day) => (day, Every::Week),
            Self::Month(day) => (day, Every::Month),
            Self::Around(day) => (day, every),
            Self::Last => {
                let (first, _) = around(today, every)?;
                (first.yesterday().map_err(|_| Wrong::TooFar)?, every)
            }
        };
        let (first, last) = around(day, every)?;
        if first > today { Err(Wrong::Future) } else { Ok((first, last)) }
    }
}

fn around(day: Date, every: Every) -> Result<(Date, Date), Wrong> {
    match every {
        Every::Month => Ok((day.first_of_month(), day.last_of_month())),
        Every::Week => {
            let since = i64::from(day.weekday().to_monday_zero_offset());
            let first = day.checked_sub(since.days()).map_err(|_| Wrong::TooFar)?;
            Ok((first, first.checked_add(6.days()).map_err(|_| Wrong::TooFar)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_or_month() {
        let today = jiff::civil::date(2026, 2, 18);
        let check = |text: &str, week: &str, month: &str| {
            for (every, expect) in [(Every::Week, week), (Every::Month, month)] {
                let found = match text.parse::<Period>() {
                    Ok(period) => {
                        let days = period.days(every, today);
                        days.map_or_else(
                            |wrong| wrong.to_string(),
                            |(first, last)| format!("{first} {last}"),
                        )
                    }
                    Err(_) => "no".to_owned(),
                };
                assert_eq!(found, expect, "{text:?} {every:?}");
            }
        };
        let future = "that is in the future";
        check("this", "2026-02-16 2026-02-22", "2026-02-01 2026-02-28");
        check("last", "2026-02-09 2026-02-15", "2026-01-01 2026-01-31");
        check("2026-W01", "2025-12-29 2026-01-04", "2025-12-29 2026-01-04");
        check("2020-w53", "2020-12-28 2021-01-03", "2020-12-28 2021-01-03");
        check("2024-02", "2024-02-01 2024-02-29", "2024-02-01 2024-02-29");
        check("2025-11-05", "2025-11-03 2025-11-09", "2025-11-01 2025-11-30");
        check("2026-03-01", future, future);
        check("2026-W09", future, future);
        for text in ["", "2026", "2021-W53", "2026-13", "W07", "2026-W7", "last week"] {
            check(text, "no", "no");
        }
    }
}
