//! Times as people type them, read without a clock and resolved with one.
//!
//! [`When`] is a time that is past, [`Until`] one that is to come. Parsing settles what was written, so that a typing error is told as such; the resolving methods
//! take the time as an argument. A plain number is refused everywhere: nobody remembers whether
//! `--for 2` meant days or weeks.

use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{Span, Timestamp, Zoned};

use crate::settings::{time_of, weekday_of};

/// A moment or day that is past, or now.
#[derive(Clone, Debug)]
pub enum When {
    /// Now.
    Now,
    /// So long ago.
    Ago(Span),
    /// This instant, as `--json` prints it.
    At(Timestamp),
    /// A day, and perhaps a time on it.
    On(Day, Option<Time>),
}

/// A day, as seen from today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// Today.
    Today,
    /// The day before.
    Yesterday,
    /// The last such day before today.
    Last(Weekday),
    /// This one.
    Date(Date),
}

/// The end of a pause.
#[derive(Clone, Debug)]
pub enum Until {
    /// After so many days, weeks or months.
    In(Span),
    /// On this day.
    Date(Date),
}

/// Why a time cannot be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It is still to come.
    #[error("that is in the future")]
    Future,
    /// It is over.
    #[error("that is not after today")]
    Past,
    /// It is beyond the years that can be counted.
    #[error("that is too far away")]
    TooFar,
}

impl FromStr for When {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const HELP: &str = "write a date such as 2026-02-14, one with a time, \"yesterday\", \
                            \"mon 14:30\" or \"2h ago\"";
        let text = text.trim();
        if text.eq_ignore_ascii_case("now") {
            return Ok(Self::Now);
        }
        if let Some(time) = time_of(text) {
            return Ok(Self::On(Day::Today, Some(time)));
        }
        if let Some(day) = day_of(text) {
            return Ok(Self::On(day, None));
        }
        let halves = text.split_once(' ').or_else(|| text.split_once('T'));
        if let Some((day, time)) = halves
            && let (Some(day), Some(time)) =
                (day_of(day), time_of(time).or_else(|| with_seconds(time)))
        {
            return Ok(Self::On(day, Some(time)));
        }
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(Self::At(instant));
        }
        match text.parse::<Span>() {
            // "2h" can only mean the past here, as "2h ago" and "-2h" do.
            Ok(span) if !span.is_zero() => Ok(Self::Ago(span.abs())),
            _ => Err(HELP),
        }
    }
}

fn day_of(text: &str) -> Option<Day> {
    match text.trim().to_ascii_lowercase().as_str() {
        "today" => Some(Day::Today),
        "yesterday" => Some(Day::Yesterday),
        word => weekday_of(word).map(Day::Last).or_else(|| date_of(word).map(Day::Date)),
    }
}

/// A date alone: the parser of the library would take one out of a date with a time.
pub(super) fn date_of(text: &str) -> Option<Date> {
    if text.len() == 10 { text.parse().ok() } else { None }
}

fn with_seconds(text: &str) -> Option<Time> {
    Time::strptime("%H:%M:%S", text.trim()).ok()
}

impl Day {
    fn date(self, today: Date) -> Result<Date, Wrong> {
        match self {
            Self::Today => Ok(today),
            Self::Yesterday => today.yesterday().map_err(|_| Wrong::TooFar),
            Self::Last(weekday) => today.nth_weekday(-1, weekday).map_err(|_| Wrong::TooFar),
            Self::Date(date) => Ok(date),
        }
    }
}

impl When {
    /// The moment of a talk. A day without a time is its noon, so that the same talk told twice
    /// is the same talk; on today before noon, it is now.
    pub fn moment(&self, now: &Zoned) -> Result<Zoned, Wrong> {
        let moment = match self {
            Self::Now => now.clone(),
            Self::Ago(span) => now.checked_sub(*span).map_err(|_| Wrong::TooFar)?,
            Self::At(instant) => instant.to_zoned(now.time_zone().clone()),
            Self::On(day, time) => {
                let date = day.date(now.date())?;
                let noon = Time::constant(12, 0, 0, 0);
                let zoned = at(date.to_datetime(time.unwrap_or(noon)), now)?;
                if time.is_none() && date == now.date() { zoned.min(now.clone()) } else { zoned }
            }
        };
        match moment {
            moment if moment > *now => Err(Wrong::Future),
            moment if moment.timestamp() < Timestamp::UNIX_EPOCH => Err(Wrong::TooFar),
            moment => Ok(moment),
        }
    }

    /// The moment up to which everything had happened. A day is meant as a whole; on today, it is
    /// now.
    pub fn as_of(&self, now: &Zoned) -> Result<Zoned, Wrong> {
        match self {
            Self::On(day, None) => {
                let date = day.date(now.date())?;
                if date > now.date() {
                    return Err(Wrong::Future);
                }
                Ok(at(date.to_datetime(Time::MAX), now)?.min(now.clone()))
            }
            _ => self.moment(now),
        }
    }

    /// The day, past or to come.
    pub fn day(&self, now: &Zoned) -> Result<Date, Wrong> {
        match self {
            Self::Now => Ok(now.date()),
            Self::Ago(span) => Ok(now.checked_sub(*span).map_err(|_| Wrong::TooFar)?.date()),
            Self::At(instant) => Ok(instant.to_zoned(now.time_zone().clone()).date()),
            Self::On(day, _) => day.date(now.date()),
        }
    }
}

fn at(datetime: DateTime, now: &Zoned) -> Result<Zoned, Wrong> {
    datetime.to_zoned(now.time_zone().clone()).map_err(|_| Wrong::TooFar)
}

impl FromStr for Until {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Some(date) = date_of(text) {
            return Ok(Self::Date(date));
        }
        match text.parse::<Span>() {
            Ok(span) if span.is_positive() && whole_days(span) => Ok(Self::In(span)),
            _ => Err("write days, weeks or months, such as 3d, 2w or 1mo, or the date it ends"),
        }
    }
}

fn whole_days(span: Span) -> bool {
    span.years(0).months(0).weeks(0).days(0).is_zero()
}

impl Until {
    /// The day it ends, after today.
    pub fn day(&self, today: Date) -> Result<Date, Wrong> {
        let day = match self {
            Self::In(span) => today.checked_add(*span).map_err(|_| Wrong::TooFar)?,
            Self::Date(date) => *date,
        };
        if day > today { Ok(day) } else { Err(Wrong::Past) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Wednesday before noon.
    fn now() -> Zoned {
        "2026-02-18T10:30:00+01:00[Europe/Berlin]".parse().expect("a time")
    }

    fn told<T: std::fmt::Display>(result: Result<T, Wrong>) -> String {
        result.map_or_else(|wrong| wrong.to_string(), |value| value.to_string())
    }

    /// What was typed, then the moment of a talk, how things stood, the day.
    fn check(text: &str, expect: [&str; 3]) {
        let found = match text.parse::<When>() {
            Ok(when) => [
                told(when.moment(&now()).map(|at| at.datetime())),
                told(when.as_of(&now()).map(|at| at.strftime("%FT%T").to_string())),
                told(when.day(&now())),
            ],
            Err(_) => ["no", "no", "no"].map(str::to_owned),
        };
        assert_eq!(found, expect, "{text:?}");
    }

    const FUTURE: &str = "that is in the future";
    const NO: [&str; 3] = ["no", "no", "no"];

    #[test]
    fn a_time_that_is_past() {
        let at = |time| format!("2026-02-18T{time}");
        let today = "2026-02-18";
        check("now", [&at("10:30:00"), &at("10:30:00"), today]);
        check(" NOW ", [&at("10:30:00"), &at("10:30:00"), today]);
        check("today", [&at("10:30:00"), &at("10:30:00"), today]);
        check("9:15", [&at("09:15:00"), &at("09:15:00"), today]);
        check("today 09:15", [&at("09:15:00"), &at("09:15:00"), today]);
        check("11:00", [FUTURE, FUTURE, today]);
        check("yesterday", ["2026-02-17T12:00:00", "2026-02-17T23:59:59", "2026-02-17"]);
        check("yesterday 15:00", ["2026-02-17T15:00:00", "2026-02-17T15:00:00", "2026-02-17"]);
        check("mon", ["2026-02-16T12:00:00", "2026-02-16T23:59:59", "2026-02-16"]);
        check("Monday 14:30", ["2026-02-16T14:30:00", "2026-02-16T14:30:00", "2026-02-16"]);
        check("wed", ["2026-02-11T12:00:00", "2026-02-11T23:59:59", "2026-02-11"]);
        check("thu 14:30", ["2026-02-12T14:30:00", "2026-02-12T14:30:00", "2026-02-12"]);
        check("2026-02-14", ["2026-02-14T12:00:00", "2026-02-14T23:59:59", "2026-02-14"]);
        check("2026-02-14 15:30", ["2026-02-14T15:30:00", "2026-02-14T15:30:00", "2026-02-14"]);
        check("2026-02-14T15:30:20", ["2026-02-14T15:30:20", "2026-02-14T15:30:20", "2026-02-14"]);
        check("2026-02-14T15:30:20Z", ["2026-02-14T16:30:20", "2026-02-14T16:30:20", "2026-02-14"]);
        check("2026-02-18", [&at("10:30:00"), &at("10:30:00"), today]);
        check("2026-02-19", [FUTURE, FUTURE, "2026-02-19"]);
        check("2026-02-18T09:30:01Z", [FUTURE, FUTURE, today]);
    }

    #[test]
    fn a_time_ago() {
        let ago = ["2026-02-18T08:30:00", "2026-02-18T08:30:00", "2026-02-18"];
        for text in ["2h ago", "2h", "-2h", "2 hours ago", "120m"] {
            check(text, ago);
        }
        check("3d", ["2026-02-15T10:30:00", "2026-02-15T10:30:00", "2026-02-15"]);
        check("2w ago", ["2026-02-04T10:30:00", "2026-02-04T10:30:00", "2026-02-04"]);
        check("1mo", ["2026-01-18T10:30:00", "2026-01-18T10:30:00", "2026-01-18"]);
        check("1y 1d", ["2025-02-17T10:30:00", "2025-02-17T10:30:00", "2025-02-17"]);
        check("60y", ["that is too far away", "that is too far away", "1966-02-18"]);
        check("19000y", ["that is too far away"; 3]);
    }

    #[test]
    fn what_is_no_time() {
        for text in
            ["", "2", "0d", "tomorrow", "14", "25:00", "2026-02-30", "2026-2-3", "mo", "2 x"]
        {
            check(text, NO);
        }
        for text in ["2026-02-14 15:30 CET", "2026-02-14 noon", "yesterday T10:00", "next monday"] {
            check(text, NO);
        }
    }

    #[test]
    fn a_day_in_the_gap_of_summer_time_is_a_day() {
        let now: Zoned = "2026-03-29T12:00:00+02:00[Europe/Berlin]".parse().expect("a time");
        let moment = |text: &str| text.parse::<When>().expect("a time").moment(&now).expect("past");
        assert_eq!(moment("02:30").timestamp().to_string(), "2026-03-29T01:30:00Z");
        assert_eq!(moment("1d ago").timestamp().to_string(), "2026-03-28T11:00:00Z");
    }

    #[test]
    fn the_end_of_a_pause() {
        let check = |text: &str, expect: &str| {
            let until = text.parse::<Until>();
            let found =
                until.map_or_else(|_| "no".to_owned(), |until| told(until.day(now().date())));
            assert_eq!(found, expect, "{text:?}");
        };
        check("3d", "2026-02-21");
        check("2w", "2026-03-04");
        check("1mo", "2026-03-18");
        check("1mo 1w", "2026-03-25");
        check("1y", "2027-02-18");
        check("2026-03-01", "2026-03-01");
        check("2026-02-18", "that is not after today");
        check("2025-12-31", "that is not after today");
        check("9000y", "that is too far away");
        for text in ["", "3", "0d", "-3d", "3d ago", "3h", "1d 2h", "yesterday", "2026-02-30"] {
            check(text, "no");
        }
    }
}
