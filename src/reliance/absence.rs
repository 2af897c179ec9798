//! Absences nobody entered: work days on which the user did nothing at all.
//!
//! Where no calendar says that the user was away, a run of work days without a message sent or an
//! event attended does. It closes its days once it has ended: on a day inside it nobody can know
//! whether the next hour brings a message. Three days are the least, but three quiet days are
//! nothing with somebody who writes twice a week, or whose sent mail is not seen at all. So a run
//! has to be one that would come by chance on one day in a thousand at most, judged by how many of
//! the sixty-four work days before it were quiet.
//!
//! Only runs of the last months are looked for: the silence that is measured today lies in them,
//! and of gaps that are long over the last eight alone are used, which a vacation makes longer and
//! so the limit more patient, never less.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::OpenDays;

/// Calendar days back in which a run may begin.
const RUNS: i64 = 130;
/// Calendar days back from which on the days of activity have to be known.
pub const KNOWN: i64 = 230;
/// Work days in a run at least.
const LEAST: usize = 3;
/// Work days before a run that say how quiet days usually are.
const USUAL: usize = 64;
/// Work days that have to be known of before anything is said, at least half of them active: whose
/// sent mail is not seen is no more absent than present.
const SEEN: usize = 20;
/// How often a run may come by chance.
const BY_CHANCE: f64 = 0.001;

/// The work days until a day that an absence closes, which has ended by then. `active` are the days
/// on which the user did something, as far as is known by that moment; those before
/// [`KNOWN`] days ago do not matter.
pub fn absences(open: &OpenDays, active: &BTreeSet<Date>, today: Date) -> BTreeSet<Date> {
    let mut closed = BTreeSet::new();
    let Some(first) = active.range(today.saturating_sub(KNOWN.days())..).next() else {
        return closed;
    };
    let begin = today.saturating_sub(RUNS.days());
    let (mut usual, mut run): (Vec<bool>, Vec<Date>) = (Vec::new(), Vec::new());
    let work = first.series(1.day()).take_while(|day| *day <= today);
    for day in work.filter(|day| open.is_open(*day)) {
        if !active.contains(&day) {
            run.push(day);
            continue;
        }
        if run.first().is_some_and(|first| *first >= begin) && is_absence(&usual, run.len()) {
            closed.extend(run.drain(..));
        } else {
            usual.extend(run.drain(..).map(|_| false));
        }
        usual.push(true);
    }
    closed
}

/// Whether so many quiet days in a row mean something after these days.
fn is_absence(usual: &[bool], quiet: usize) -> bool {
    let usual = usual.get(usual.len().saturating_sub(USUAL)..).unwrap_or_default();
    let active = usual.iter().filter(|active| **active).count();
    if usual.len() < SEEN || active * 2 < usual.len() {
        return false;
    }
    // One of each kind more: nobody is never quiet.
    let seldom = (usual.len() - active + 1) as f64 / (usual.len() + 2) as f64;
    let days = i32::try_from(quiet).unwrap_or(i32::MAX);
    quiet >= LEAST && seldom.powi(days) <= BY_CHANCE
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};

    use super::*;

    /// Work days from Monday 1 January 2024 on, `#` one with activity; the closed ones as `x`, and
    /// `o` where none is.
    fn check(days: &str, expect: &str) {
        let week: Vec<_> = Weekday::Monday.cycle_forward().take(5).collect();
        let open = OpenDays::new(&week, BTreeSet::new());
        let all: Vec<Date> = date(2024, 1, 1)
            .series(1.day())
            .filter(|day| open.is_open(*day))
            .take(days.len())
            .collect();
        let active = all.iter().zip(days.chars()).filter(|(_, is)| *is == '#');
        let active = active.map(|(day, _)| *day).collect();
        let closed = absences(&open, &active, *all.last().unwrap());
        let got: String =
            all.iter().map(|day| if closed.contains(day) { 'x' } else { 'o' }).collect();
        assert_eq!(got, expect, "{days}");
    }

    #[test]
    fn a_run_closes_its_days_when_it_has_ended() {
        let busy = "#".repeat(40);
        let same = "o".repeat(40);
        check(&format!("{busy}..#"), &format!("{same}ooo"));
        check(&format!("{busy}...#"), &format!("{same}xxxo"));
        check(&format!("{busy}..........#"), &format!("{same}xxxxxxxxxxo"));
        // Inside of it nothing is known yet.
        check(&format!("{busy}..."), &format!("{same}ooo"));
        check(&format!("{busy}...#...#"), &format!("{same}xxxoxxxo"));
    }

    #[test]
    fn three_quiet_days_are_nothing_with_somebody_who_is_often_quiet() {
        let often = "##.".repeat(14);
        let same = "o".repeat(42);
        check(&format!("{often}#...#"), &format!("{same}ooooo"));
        check(&format!("{often}#......#"), &format!("{same}oooooooo"));
        check(&format!("{often}#.......#"), &format!("{same}oxxxxxxxo"));
        let hardly = "#.........".repeat(6);
        check(&format!("{hardly}#"), &"o".repeat(61));
        check("....................", "oooooooooooooooooooo");
        check("#...#", "ooooo");
    }
}
