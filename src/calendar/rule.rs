//! Recurrence rules (RFC 5545 §3.3.10): text to rule; [`walk`] takes it from there.
//!
//! A rule is read strictly: a part that is not understood makes it unreadable, since ignoring the
//! part would make the rule wider. Rules that repeat within a day are refused: no meeting does,
//! every recurrence bomb does.
//!
//! Work is bounded: without COUNT a walk begins near the window and ends with it, with COUNT it
//! stops after [`STEPS`].

mod walk;

use jiff::civil::Weekday;

use super::event::When;

/// Periods and times of one rule that are looked at before it is left alone.
pub(super) const STEPS: u32 = 50_000;

/// Entries of one BY list.
const LIST: usize = 64;

/// Times of one day that BYHOUR, BYMINUTE and BYSECOND may multiply to.
const A_DAY: usize = 64;

/// Why a rule is not followed.
pub(super) const UNREADABLE: &str = "a recurrence rule that cannot be read";
/// Why a rule is not followed.
pub(super) const WITHIN_A_DAY: &str = "a recurrence rule that repeats within a day";

/// FREQ, as far as rules are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freq {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A rule that repeats daily or less often.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    freq: Freq,
    interval: u32,
    count: Option<u32>,
    until: Option<When>,
    week_start: Weekday,
    set_pos: Vec<i16>,
    month: Vec<i8>,
    month_day: Vec<i8>,
    year_day: Vec<i16>,
    week_no: Vec<i16>,
    /// Weekdays; 0 is every one, else the nth of the month or year.
    day: Vec<(i16, Weekday)>,
    hour: Vec<i8>,
    minute: Vec<i8>,
    second: Vec<i8>,
}

/// A walk along a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walked {
    /// How it ended.
    pub(super) end: End,
    /// What it cost: periods and times looked at.
    pub(super) steps: u32,
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
}

impl Rule {
    /// Reads the value of an RRULE, or says with a fixed phrase why it is not followed.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut freq = None;
        let mut rule = Self {
            freq: Freq::Yearly,
            interval: 1,
            count: None,
            until: None,
            week_start: Weekday::Monday,
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
                "BYSETPOS" => list(&value, &mut rule.set_pos, |text| signed(text, 366))?,
                "BYMONTH" => list(&value, &mut rule.month, |text| within(text, 1, 12))?,
                "BYMONTHDAY" => {
                    let day = |text: &str| signed(text, 31).and_then(|day| i8::try_from(day).ok());
                    list(&value, &mut rule.month_day, day)?;
                }
                "BYYEARDAY" => list(&value, &mut rule.year_day, |text| signed(text, 366))?,
                "BYWEEKNO" => list(&value, &mut rule.week_no, |text| signed(text, 53))?,
                "BYDAY" => list(&value, &mut rule.day, numbered_weekday)?,
                "BYHOUR" => list(&value, &mut rule.hour, |text| within(text, 0, 23))?,
                "BYMINUTE" => list(&value, &mut rule.minute, |text| within(text, 0, 59))?,
                "BYSECOND" => list(&value, &mut rule.second, |text| within(text, 0, 60))?,
                "RSCALE" if value == "GREGORIAN" => {}
                "SKIP" if value == "OMIT" => {}
                name if name.starts_with("X-") => {}
                _ => return Err(UNREADABLE),
            }
        }
        rule.freq = match freq.as_deref() {
            Some("DAILY") => Freq::Daily,
            Some("WEEKLY") => Freq::Weekly,
            Some("MONTHLY") => Freq::Monthly,
            Some("YEARLY") => Freq::Yearly,
            Some("HOURLY" | "MINUTELY" | "SECONDLY") => return Err(WITHIN_A_DAY),
            _ => return Err(UNREADABLE),
        };
        if rule.freq == Freq::Weekly && !rule.month_day.is_empty() {
            return Err(UNREADABLE);
        }
        let times = [&rule.hour, &rule.minute, &rule.second];
        if times.iter().map(|list| list.len().max(1)).product::<usize>() > A_DAY {
            return Err(WITHIN_A_DAY);
        }
        Ok(rule)
    }

    /// Whether it repeats between daily and monthly: the mark of a standing meeting.
    pub(super) fn is_standing(&self) -> bool {
        match self.freq {
            Freq::Daily => self.interval <= 31,
            Freq::Weekly => self.interval <= 4,
            Freq::Monthly => self.interval == 1,
            Freq::Yearly => false,
        }
    }

    /// Whether it is yearly and has no end.
    pub(super) fn is_endless(&self) -> bool {
        self.freq == Freq::Yearly && self.until.is_none() && self.count.is_none()
    }

    /// UNTIL.
    pub(super) fn until(&self) -> Option<&When> {
        self.until.as_ref()
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.trim().parse().ok()
}

/// A number in a range.
fn within(text: &str, least: i8, most: i8) -> Option<i8> {
    number(text).filter(|n| (least..=most).contains(n))
}

/// A number from 1, or back from -1.
fn signed(text: &str, most: i16) -> Option<i16> {
    number::<i16>(text).filter(|n| *n != 0 && (-most..=most).contains(n))
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}

fn numbered_weekday(text: &str) -> Option<(i16, Weekday)> {
    let (nth, day) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let nth = if nth.is_empty() { 0 } else { signed(nth, 53)? };
    Some((nth, weekday(day)?))
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
