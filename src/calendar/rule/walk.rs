//! A rule to its times: period by period, as RFC 5545 §3.3.10 expands them.
//!
//! A period is a day, a week, a month or a year. Its days are those that no BY part leaves out, its
//! times are these days at each time of day, and BYSETPOS picks from them last. COUNT counts times
//! from DTSTART on; without COUNT the walk begins near the window, since nothing before can matter.
//!
//! The `rrule` crate did this before. It refuses the fifth last weekday of a month, reads "MO,2TU"
//! as days that are both, cuts the first week before BYSETPOS counts in it, searches for decades
//! for what never comes true, and walks every rule from its first day.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday};

use super::{End, Freq, Rule, STEPS, Walked};

/// The days a rule asks for, with what DTSTART says where the rule is silent.
struct Days<'r> {
    rule: &'r Rule,
    month: Vec<i8>,
    month_day: Vec<i8>,
    day: Vec<(i16, Weekday)>,
}

impl Rule {
    /// Adds the times from `low` to `high` to `out`, in order. `until` is UNTIL on the clock of
    /// `start`; `whole_days` when that clock has only days.
    pub(in super::super) fn walk(
        &self,
        (start, until): (DateTime, Option<DateTime>),
        whole_days: bool,
        (low, high): (DateTime, DateTime),
        out: &mut Vec<DateTime>,
    ) -> Walked {
        let days = Days::new(self, start.date());
        let times = self.times(start, whole_days);
        let (mut steps, mut counted, mut set) = (0, 0, Vec::new());
        let mut period = self.near(start.date(), low.date());
        let end = loop {
            let Some((first, length)) = self.period(start.date(), period) else { break End::Over };
            if until.is_some_and(|until| first > until.date()) {
                break End::Over;
            }
            if first > high.date() {
                break End::GoesOn;
            }
            set.clear();
            let mut day = Some(first);
            for _ in 0..length {
                let Some(date) = day else { break };
                if days.has(date) {
                    set.extend(times.iter().map(|time| date.to_datetime(*time)));
                }
                day = date.tomorrow().ok();
            }
            self.pick(&mut set);
            let mut ended = None;
            for wall in set.iter().copied().filter(|wall| *wall >= start) {
                if until.is_some_and(|until| wall > until) {
                    ended = Some(End::Over);
                } else if wall > high {
                    ended = Some(End::GoesOn);
                } else {
                    counted += 1;
                    if wall >= low {
                        out.push(wall);
                    }
                    if self.count == Some(counted) {
                        ended = Some(End::Over);
                    }
                }
                if ended.is_some() {
                    break;
                }
            }
            steps += 1 + u32::try_from(set.len()).unwrap_or(u32::MAX);
            match ended {
                Some(end) => break end,
                None if steps >= STEPS => break End::Steps,
                None => period += 1,
            }
        };
        Walked { end, steps }
    }

    /// The number of the period to begin with: one before the window, the first for a rule that
    /// counts.
    fn near(&self, start: Date, low: Date) -> i64 {
        if self.count.is_some() || low <= start {
            return 0;
        }
        let days = (low.duration_since(start).as_hours() / 24).max(0);
        let years = i64::from(low.year()) - i64::from(start.year());
        let away = match self.freq {
            Freq::Daily => days,
            Freq::Weekly => days / 7,
            Freq::Monthly => years * 12 + i64::from(low.month()) - i64::from(start.month()),
            Freq::Yearly => years,
        };
        (away / i64::from(self.interval) - 1).max(0)
    }

    /// The first day of a period and how many days it has; `None` beyond the end of time.
    fn period(&self, start: Date, number: i64) -> Option<(Date, i16)> {
        let ahead = number.checked_mul(i64::from(self.interval))?;
        Some(match self.freq {
            Freq::Daily => (later(start, ahead)?, 1),
            Freq::Weekly => (later(week_of(start, self.week_start)?, ahead.checked_mul(7)?)?, 7),
            Freq::Monthly => {
                let months = i64::from(start.year()) * 12 + i64::from(start.month()) - 1;
                let months = months.checked_add(ahead)?;
                let year = i16::try_from(months.div_euclid(12)).ok()?;
                let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
                let first = Date::new(year, month, 1).ok()?;
                (first, i16::from(first.days_in_month()))
            }
            Freq::Yearly => {
                let year = i64::from(start.year()).checked_add(ahead)?;
                let first = Date::new(i16::try_from(year).ok()?, 1, 1).ok()?;
                (first, first.days_in_year())
            }
        })
    }

    /// The times of day, in order: those of the rule, that of DTSTART where it is silent.
    fn times(&self, start: DateTime, whole_days: bool) -> Vec<Time> {
        let time = start.time();
        if whole_days {
            return vec![time];
        }
        let or = |list: &[i8], own: i8| if list.is_empty() { vec![own] } else { list.to_vec() };
        let (minutes, seconds) = (or(&self.minute, time.minute()), or(&self.second, time.second()));
        let mut times = Vec::new();
        for hour in or(&self.hour, time.hour()) {
            for minute in &minutes {
                // A leap second is the second before it, as everywhere.
                let of = |second: &i8| Time::new(hour, *minute, (*second).min(59), 0).ok();
                times.extend(seconds.iter().filter_map(of));
            }
        }
        times.sort_unstable();
        times.dedup();
        times
    }

    /// BYSETPOS.
    fn pick(&self, set: &mut Vec<DateTime>) {
        if self.set_pos.is_empty() {
            return;
        }
        let place = |wanted: &i16| match usize::from(wanted.unsigned_abs()) {
            from if *wanted > 0 => from.checked_sub(1),
            from => set.len().checked_sub(from),
        };
        let mut places: Vec<usize> = self.set_pos.iter().filter_map(place).collect();
        places.sort_unstable();
        places.dedup();
        *set = places.into_iter().filter_map(|at| set.get(at).copied()).collect();
    }
}

impl<'r> Days<'r> {
    fn new(rule: &'r Rule, start: Date) -> Self {
        let mut days = Self {
            rule,
            month: rule.month.clone(),
            month_day: rule.month_day.clone(),
            day: rule.day.clone(),
        };
        let silent = rule.year_day.is_empty() && rule.month_day.is_empty() && rule.day.is_empty();
        match rule.freq {
            Freq::Daily => {}
            Freq::Weekly if silent => days.day.push((0, start.weekday())),
            Freq::Monthly if silent => days.month_day.push(start.day()),
            // A week of the year is its one day that DTSTART has, not all seven.
            Freq::Yearly if silent && !rule.week_no.is_empty() => {
                days.day.push((0, start.weekday()));
            }
            // A day of the month without a month is in DTSTART's, not in all twelve.
            Freq::Yearly if rule.week_no.is_empty() && rule.year_day.is_empty() => {
                if rule.day.is_empty() && rule.month.is_empty() {
                    days.month.push(start.month());
                }
                if silent {
                    days.month_day.push(start.day());
                }
            }
            Freq::Weekly | Freq::Monthly | Freq::Yearly => {}
        }
        days
    }

    /// Whether no BY part leaves the day out.
    fn has(&self, date: Date) -> bool {
        let either = |list: &[i16], (from, back): (i16, i16)| {
            list.is_empty() || list.contains(&from) || list.contains(&back)
        };
        let month_day =
            |day: &i8| *day == date.day() || *day == date.day() - date.days_in_month() - 1;
        let of_year = || (date.day_of_year(), date.day_of_year() - date.days_in_year() - 1);
        (self.month.is_empty() || self.month.contains(&date.month()))
            && (self.month_day.is_empty() || self.month_day.iter().any(month_day))
            && (self.day.is_empty() || self.day.iter().any(|day| self.is(date, *day)))
            && (self.rule.year_day.is_empty() || either(&self.rule.year_day, of_year()))
            && (self.rule.week_no.is_empty()
                || either(&self.rule.week_no, week_number(date, self.rule.week_start)))
    }

    /// Whether a day is such a weekday: any, or the nth of its month or year.
    fn is(&self, date: Date, (nth, weekday): (i16, Weekday)) -> bool {
        if date.weekday() != weekday {
            return false;
        }
        let in_month = match self.rule.freq {
            Freq::Monthly => true,
            Freq::Yearly => !self.month.is_empty(),
            // "1MO" has no meaning in a day or week (RFC 5545 forbids it); programs mean "MO".
            Freq::Daily | Freq::Weekly => return true,
        };
        if nth == 0 || !self.rule.week_no.is_empty() {
            return true;
        }
        let (day, of) = if in_month {
            (i16::from(date.day()), i16::from(date.days_in_month()))
        } else {
            (date.day_of_year(), date.days_in_year())
        };
        nth == (day - 1) / 7 + 1 || nth == -((of - day) / 7 + 1)
    }
}

fn later(date: Date, days: i64) -> Option<Date> {
    date.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// The first day of the week of a day.
fn week_of(date: Date, week_start: Weekday) -> Option<Date> {
    date.checked_sub(i32::from(week_start.until(date.weekday())).days()).ok()
}

/// The number of the week of a day, from the beginning and from the end of its year. The first
/// week of a year is the first with four days in it, so the fourth day says which year it is.
fn week_number(date: Date, week_start: Weekday) -> (i16, i16) {
    let fourth = week_of(date, week_start).and_then(|first| later(first, 3)).unwrap_or(date);
    let number = (fourth.day_of_year() - 1) / 7 + 1;
    (number, -((fourth.days_in_year() - fourth.day_of_year()) / 7 + 1))
}
