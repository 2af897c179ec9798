//! Recurrence rules (RFC 5545 §3.3.10): text to rule, rule to wall-clock times.
//!
//! The rule is read here, strictly: a part that is not understood makes the rule unreadable, since
//! ignoring it would make it wider. The `rrule` crate then only generates. It is fed the start's
//! wall clock as if that were UTC, and sees neither zones nor UNTIL nor excluded dates, each of
//! which it takes differently than calendars do. Rules that repeat within a day are refused: no
//! meeting does, every recurrence bomb does.
//!
//! Work is bounded three ways: daily and weekly rules are moved near the window by arithmetic,
//! the walk stops after [`STEPS`] times, and the crate itself gives up a search without a hit.
//! This is the one file that names `rrule` and `chrono`.

use chrono::{DateTime as Chrono, Datelike, Month, Utc, Weekday};
use jiff::ToSpan;
use jiff::civil::DateTime;
use rrule::{Frequency, NWeekday, RRule, RRuleSet, Tz};

use super::event::{When, utc};

/// Times a rule is asked for before it is left alone.
pub(super) const STEPS: usize = 50_000;

/// Entries of one BY list.
const LIST: usize = 64;

/// Times of one day that BYHOUR, BYMINUTE and BYSECOND may multiply to.
const A_DAY: usize = 64;

/// Why a rule is not followed.
pub(super) const UNREADABLE: &str = "a recurrence rule that cannot be read";
/// Why a rule is not followed.
pub(super) const WITHIN_A_DAY: &str = "a recurrence rule that repeats within a day";

/// A rule that repeats daily or less often.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    freq: Frequency,
    interval: u32,
    count: Option<u32>,
    until: Option<When>,
    week_start: Weekday,
    set_pos: Vec<i32>,
    month: Vec<Month>,
    month_day: Vec<i8>,
    year_day: Vec<i16>,
    week_no: Vec<i8>,
    day: Vec<NWeekday>,
    hour: Vec<u8>,
    minute: Vec<u8>,
    second: Vec<u8>,
}

/// How the walk along a rule ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The rule is over.
    Over,
    /// It goes on beyond the window.
    GoesOn,
    /// It took more steps than a rule gets.
    Steps,
    /// It found nothing more, although it has no end.
    Barren,
}

impl Rule {
    /// Reads the value of an RRULE, or says with a fixed phrase why it is not followed.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut freq = None;
        let mut rule = Self {
            freq: Frequency::Yearly,
            interval: 1,
            count: None,
            until: None,
            week_start: Weekday::Mon,
            set_pos: Vec::new(),
            month: Vec::new(),
            month_day: Vec::new(),
            year_day: Vec::new(),
            week_no: Vec::new(),
            day: Vec::new(),
            hour: Vec::new(),
            minute: Vec::new(),
            second: Vec::new(),
        };
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or(UNREADABLE)?;
            let value = value.trim().to_ascii_uppercase();
            match name.trim().to_ascii_uppercase().as_str() {
                "FREQ" => freq = Some(value),
                "INTERVAL" => {
                    rule.interval = number(&value).filter(|n| *n > 0).ok_or(UNREADABLE)?
                }
                "COUNT" => rule.count = Some(number(&value).filter(|n| *n > 0).ok_or(UNREADABLE)?),
                "UNTIL" => rule.until = Some(When::parse(&value).ok_or(UNREADABLE)?),
                "WKST" => rule.week_start = weekday(&value).ok_or(UNREADABLE)?,
                "BYSETPOS" => list(&value, &mut rule.set_pos, number)?,
                "BYMONTH" => list(&value, &mut rule.month, month)?,
                "BYMONTHDAY" => list(&value, &mut rule.month_day, number)?,
                "BYYEARDAY" => list(&value, &mut rule.year_day, number)?,
                "BYWEEKNO" => list(&value, &mut rule.week_no, number)?,
                "BYDAY" => list(&value, &mut rule.day, numbered_weekday)?,
                "BYHOUR" => list(&value, &mut rule.hour, number)?,
                "BYMINUTE" => list(&value, &mut rule.minute, number)?,
                "BYSECOND" => list(&value, &mut rule.second, number)?,
                "RSCALE" if value == "GREGORIAN" => {}
                "SKIP" if value == "OMIT" => {}
                name if name.starts_with("X-") => {}
                _ => return Err(UNREADABLE),
            }
        }
        rule.freq = match freq.as_deref() {
            Some("DAILY") => Frequency::Daily,
            Some("WEEKLY") => Frequency::Weekly,
            Some("MONTHLY") => Frequency::Monthly,
            Some("YEARLY") => Frequency::Yearly,
            Some("HOURLY" | "MINUTELY" | "SECONDLY") => return Err(WITHIN_A_DAY),
            _ => return Err(UNREADABLE),
        };
        let times = [&rule.hour, &rule.minute, &rule.second];
        if times.iter().map(|list| list.len().max(1)).product::<usize>() > A_DAY {
            return Err(WITHIN_A_DAY);
        }
        if matches!(rule.freq, Frequency::Daily | Frequency::Weekly) {
            // "1MO" has no meaning in a week (RFC 5545 forbids it); programs mean "MO".
            let plain = |day: &NWeekday| match day {
                NWeekday::Every(day) | NWeekday::Nth(_, day) => NWeekday::Every(*day),
            };
            rule.day = rule.day.iter().map(plain).collect();
        }
        Ok(rule)
    }

    /// Whether it repeats between daily and monthly: the mark of a standing meeting.
    pub(super) fn is_standing(&self) -> bool {
        match self.freq {
            Frequency::Daily => self.interval <= 31,
            Frequency::Weekly => self.interval <= 4,
            Frequency::Monthly => self.interval == 1,
            _ => false,
        }
    }

    /// Whether it is yearly and has no end.
    pub(super) fn is_endless(&self) -> bool {
        self.freq == Frequency::Yearly && self.until.is_none() && self.count.is_none()
    }

    /// UNTIL.
    pub(super) fn until(&self) -> Option<&When> {
        self.until.as_ref()
    }

    /// A yearly rule on a weekday of a month, as the TZ variable knows them: month, week (5 is the
    /// last) and weekday (0 is Sunday). `None` for any other rule.
    pub(super) fn yearly_weekday(&self, start: DateTime) -> Option<(u32, i16, u32)> {
        let month = match self.month.as_slice() {
            [] => u32::try_from(start.month()).ok()?,
            [month] => month.number_from_month(),
            _ => return None,
        };
        let days = &self.month_day;
        match self.day.as_slice() {
            [NWeekday::Nth(nth @ 1..=4, day)] if days.is_empty() => {
                Some((month, *nth, day.num_days_from_sunday()))
            }
            [NWeekday::Nth(-1 | 5, day)] if days.is_empty() => {
                Some((month, 5, day.num_days_from_sunday()))
            }
            // "The Sunday on or after the eighth", written as seven days of the month.
            [NWeekday::Every(day)] if days.len() == 7 => {
                let first = *days.iter().min()?;
                let last = *days.iter().max()?;
                let whole_week = last - first == 6 && first > 0;
                let week = if first > 22 { 5 } else { i16::from((first - 1) / 7 + 1) };
                (whole_week && (first % 7 == 1 || first > 22))
                    .then(|| (month, week, day.num_days_from_sunday()))
            }
            _ => None,
        }
    }

    /// Adds the times from `low` to `high` to `out`, in order. `until` is UNTIL on the clock of
    /// `start`; `whole_days` when that clock has only days.
    pub(super) fn walk(
        &self,
        (start, until): (DateTime, Option<DateTime>),
        whole_days: bool,
        (low, high): (DateTime, DateTime),
        out: &mut Vec<DateTime>,
    ) -> Result<End, &'static str> {
        let Ok(interval) = u16::try_from(self.interval) else {
            // The next time is more than 179 years away.
            return Ok(End::Over);
        };
        if start > high {
            return Ok(End::GoesOn);
        }
        let near = self.near(start, low);
        let fake = fake_utc(near).ok_or(UNREADABLE)?;
        let times = |list: &Vec<u8>| if whole_days { Vec::new() } else { list.clone() };
        let (months, days) = self.derived(&fake);
        // COUNT and UNTIL stay out: they are about times from DTSTART on, on its own clock.
        let rule = RRule::new(self.freq)
            .interval(interval)
            .week_start(self.week_start)
            .by_set_pos(self.set_pos.clone())
            .by_month(&months)
            .by_month_day(self.month_day.clone())
            .by_year_day(self.year_day.clone())
            .by_week_no(self.week_no.clone())
            .by_weekday(days)
            .by_hour(times(&self.hour))
            .by_minute(times(&self.minute))
            .by_second(times(&self.second))
            .validate(fake)
            .map_err(|_| UNREADABLE)?;
        let (mut steps, mut counted) = (0, 0);
        for time in &RRuleSet::new(fake).rrule(rule).limit() {
            let at = jiff::Timestamp::from_second(time.timestamp()).map_err(|_| UNREADABLE)?;
            let wall = jiff::tz::Offset::UTC.to_datetime(at);
            if until.is_some_and(|until| wall > until) {
                return Ok(End::Over);
            }
            if wall > high {
                return Ok(End::GoesOn);
            }
            counted += u32::from(wall >= start);
            if wall >= start && wall >= low {
                out.push(wall);
            }
            if self.count == Some(counted) {
                return Ok(End::Over);
            }
            steps += 1;
            if steps >= STEPS {
                return Ok(End::Steps);
            }
        }
        Ok(End::Barren)
    }

    /// The months and weekdays of the rule, with what RFC 5545 derives from DTSTART and the crate
    /// does not: a year's week without a day is the start's weekday and not all seven days, a day
    /// of the month in a year without a month is in the start's month and not in all twelve.
    fn derived(&self, start: &Chrono<Tz>) -> (Vec<Month>, Vec<NWeekday>) {
        let (mut months, mut days) = (self.month.clone(), self.day.clone());
        let yearly = self.freq == Frequency::Yearly && days.is_empty() && self.year_day.is_empty();
        match (self.week_no.is_empty(), self.month_day.is_empty()) {
            (false, true) if yearly => days.push(NWeekday::Every(start.weekday())),
            (true, false) if yearly && months.is_empty() => {
                months
                    .extend(u8::try_from(start.month()).ok().and_then(|m| Month::try_from(m).ok()));
            }
            _ => {}
        }
        (months, days)
    }

    /// Where to begin so that the crate gives the same times from `low` on: whole intervals of days
    /// or weeks later for a start long ago (rules that count must be walked), and at the first day
    /// of the week where BYSETPOS counts through weeks, since the crate cuts the first one.
    fn near(&self, start: DateTime, low: DateTime) -> DateTime {
        let days = match self.freq {
            Frequency::Daily => i64::from(self.interval),
            Frequency::Weekly => i64::from(self.interval) * 7,
            _ => return start,
        };
        let mut ahead = 0;
        if self.count.is_none() {
            let away = low.duration_since(start).as_hours() / 24;
            // One interval and a week early, since the first week is cut at the start.
            ahead = ((away - 7) / days - 1).max(0) * days;
        }
        if self.freq == Frequency::Weekly && !self.set_pos.is_empty() && !self.day.is_empty() {
            let first = i64::from(self.week_start.num_days_from_monday());
            let weekday = i64::from(start.weekday().to_monday_zero_offset());
            ahead -= (weekday - first).rem_euclid(7);
        }
        start.checked_add(ahead.days()).unwrap_or(start)
    }
}

/// A wall clock as the crate's UTC.
fn fake_utc(wall: DateTime) -> Option<Chrono<Tz>> {
    let seconds = utc(wall).as_second();
    Some(Chrono::<Utc>::from_timestamp(seconds, 0)?.with_timezone(&Tz::UTC))
}

fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.trim().parse().ok()
}

fn month(text: &str) -> Option<Month> {
    Month::try_from(number::<u8>(text)?).ok()
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

fn numbered_weekday(text: &str) -> Option<NWeekday> {
    let (nth, day) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let day = weekday(day)?;
    match nth {
        "" => Some(NWeekday::Every(day)),
        nth => Some(NWeekday::new(Some(number(nth).filter(|nth| *nth != 0)?), day)),
    }
}

fn list<T>(
    value: &str,
    out: &mut Vec<T>,
    item: impl Fn(&str) -> Option<T>,
) -> Result<(), &'static str> {
    for text in value.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        out.push(item(text).ok_or(UNREADABLE)?);
    }
    if out.len() > LIST { Err(UNREADABLE) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
