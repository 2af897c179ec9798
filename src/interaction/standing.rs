//! Whether talks alone come from the calendar only.
//!
//! A standing one-on-one counts as a talk each time; it is the healthy thing. But where hardly any
//! other talk takes place, the calendar keeps the relationship and not the user, and a remark is due.
//! Never a nudge: there is nothing to be done today.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Category, Interaction};

/// Days of talking alone from which on a habit shows.
const ENOUGH: u32 = 8;

/// Days of talking alone, and those on which a standing meeting was all there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// All of them.
    pub days: u32,
    /// Of those, the standing ones.
    pub standing: u32,
}

impl Standing {
    /// Of the talks with one person, or the people of one client, from one day to another. Only what
    /// has [happened](Interaction::happened) belongs here; anything but talks alone is passed over.
    pub fn of<'a>(
        talks: impl IntoIterator<Item = &'a Interaction>,
        (first, last): (Date, Date),
    ) -> Self {
        let mut days: BTreeMap<Date, bool> = BTreeMap::new();
        let alone = |one: &&Interaction| one.category() == Some(Category::OneOnOne);
        let talks = talks.into_iter().filter(alone);
        for talk in talks.filter(|talk| (first..=last).contains(&talk.day)) {
            *days.entry(talk.day).or_insert(true) &= talk.series.is_some();
        }
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let standing = days.values().filter(|standing| **standing).count();
        Self { days: count(days.len()), standing: count(standing) }
    }

    /// Whether it is worth a remark: at least eight days, nine in ten of them standing.
    pub fn only(self) -> bool {
        self.days >= ENOUGH && self.standing.saturating_mul(10) >= self.days.saturating_mul(9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_days_and_nine_in_ten_are_a_habit() {
        let check = |days, standing, expect| {
            assert_eq!(Standing { days, standing }.only(), expect, "{standing} of {days}");
        };
        check(7, 7, false);
        check(8, 8, true);
        check(8, 7, false);
        check(10, 9, true);
        check(19, 17, false);
        check(20, 18, true);
        check(0, 0, false);
    }
}
