//! The clock that silence is measured on: open days.
//!
//! A day is open when it is one of the user's work days, no public holiday and no day the user is
//! away. Counting calendar days instead costs 17 points of precision in worlds with known truth,
//! since a vacation would make everybody overdue at once.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};

/// Which days are open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenDays {
    work_days: [bool; 7],
    closed: BTreeSet<Date>,
}

impl OpenDays {
    /// Work days of the week, and single days that are closed all the same: holidays, absences.
    pub fn new(work_days: &[Weekday], closed: BTreeSet<Date>) -> Self {
        let mut week = [false; 7];
        for (at, open) in (0..).zip(week.iter_mut()) {
            *open = work_days.iter().any(|day| day.to_monday_zero_offset() == at);
        }
        Self { work_days: week, closed }
    }

    /// Whether the day is open.
    pub fn is_open(&self, day: Date) -> bool {
        let at = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
        self.work_days.get(at).copied().unwrap_or(false) && !self.closed.contains(&day)
    }
}
