//! Where a relationship is going, for the picture of it: the slope of the one-on-one share, and
//! when the rhythm changed. None of it decides anything; the silence rule does.
//!
//! The slope is the median over all pairs of weeks (Theil and Sen), shown only where Mann and
//! Kendall's test finds a direction: a least-squares line follows one odd week. The change of rhythm
//! is Adams and MacKay's online change point (2007) on weekly counts; it is slow to believe a
//! silence, which is why it draws a mark and raises no alarm.

use jiff::ToSpan;
use jiff::civil::Date;

use super::{ChannelMix, ContactDay, OpenDays, Prior, windows};

/// Weeks the slope is taken over.
const WEEKS: i64 = 12;
/// From here on a direction is shown.
const SEEN: f64 = 1.64;
/// A priori counts per week: one in two weeks, as sure as two weeks make.
const COUNTS: (f64, f64) = (1.0, 2.0);
/// A rhythm is believed to change twice a year.
const HAZARD: f64 = 1.0 / 26.0;
/// A change at most so many weeks ago, and this sure, is worth a mark.
const MARK: (usize, f64) = (8, 0.7);

/// How the one-on-one share moved over the last twelve Sundays, per week; `None` when it has no
/// direction, or when contact is younger than that.
pub fn slope(days: &[ContactDay], prior: Prior, open: &OpenDays, as_of: Date) -> Option<f64> {
    let first = days.iter().map(|contact| contact.day).min()?;
    let sunday = last_sunday(as_of);
    let oldest = sunday.saturating_sub((WEEKS - 1).weeks());
    if first > oldest {
        return None;
    }
    let means: Vec<f64> = (0..WEEKS)
        .map(|week| {
            let sunday = oldest.saturating_add(week.weeks());
            let (_, from) = windows(open, sunday);
            prior.means(ChannelMix::within(days, from, sunday)).one_on_one
        })
        .collect();
    let (slope, z) = theil_sen(&means)?;
    (z.abs() >= SEEN).then_some(slope)
}

/// The Monday from which the weekly one-on-ones most likely follow another rhythm; `None` when no
/// change in the last eight weeks is likely enough to show.
pub fn changed(days: &[ContactDay], as_of: Date) -> Option<Date> {
    let sunday = last_sunday(as_of);
    let first = days.iter().map(|contact| contact.day).min()?;
    let start = last_sunday(first).tomorrow().ok()?;
    let talks = days.iter().filter(|contact| contact.one_on_one && contact.day <= sunday);
    let weeks = usize::try_from(start.duration_since(sunday).as_hours() / -168 + 1).ok()?;
    let mut counts = vec![0; weeks];
    for talk in talks {
        let week = usize::try_from(talk.day.duration_since(start).as_hours() / 168).ok()?;
        if let Some(count) = counts.get_mut(week) {
            *count += 1;
        }
    }
    let runs = runs(&counts);
    let recent = runs.get(..=MARK.0)?;
    if counts.len() <= MARK.0 || recent.iter().sum::<f64>() < MARK.1 {
        return None;
    }
    let likely = recent.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
    let ago = i64::try_from(likely?.0).ok()?;
    sunday.tomorrow().ok()?.checked_sub(ago.weeks()).ok()
}

/// The last Sunday before this day; a week that runs is not looked at.
fn last_sunday(day: Date) -> Date {
    day.saturating_sub((1 + i64::from(day.weekday().to_monday_zero_offset())).days())
}

/// The median slope between any two values and the z of Mann and Kendall's test; `None` for fewer
/// than three values.
fn theil_sen(values: &[f64]) -> Option<(f64, f64)> {
    let mut slopes = Vec::new();
    let mut sum: f64 = 0.0;
    for (at, &from) in (0u32..).zip(values) {
        for (to_at, &to) in (0u32..).zip(values).skip(at as usize + 1) {
            slopes.push((to - from) / f64::from(to_at - at));
            sum += if to > from { 1.0 } else { 0.0 } - if to < from { 1.0 } else { 0.0 };
        }
    }
    let n = values.len() as f64;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let ties: f64 = sorted.chunk_by(|a, b| a == b).map(|same| term(same.len() as f64)).sum();
    let deviation = ((term(n) - ties) / 18.0).sqrt();
    let z = if deviation > 0.0 && sum != 0.0 { (sum - sum.signum()) / deviation } else { 0.0 };
    if values.len() < 3 { None } else { Some((median(&mut slopes)?, z)) }
}

/// The middle one, or the mean of the middle two; `None` of nothing.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 { Some(upper) } else { Some((values.get(middle - 1)? + upper) / 2.0) }
}

/// How likely it is that the present rhythm began 0, 1, 2, … weeks ago.
fn runs(counts: &[u32]) -> Vec<f64> {
    let mut runs = vec![1.0];
    // Of each run: what its gamma posterior has seen.
    let mut seen = vec![COUNTS];
    for &count in counts {
        let grown: Vec<f64> = runs
            .iter()
            .zip(&seen)
            .map(|(run, &(shape, rate))| run * predictive(count, shape, rate))
            .collect();
        let fresh = grown.iter().sum::<f64>() * HAZARD;
        let all: f64 = grown.iter().sum();
        let grown = grown.iter().map(|run| run * (1.0 - HAZARD));
        runs = std::iter::once(fresh).chain(grown).map(|run| run / all).collect();
        let later = seen.iter().map(|&(shape, rate)| (shape + f64::from(count), rate + 1.0));
        seen = std::iter::once(COUNTS).chain(later).collect();
    }
    runs
}

/// The probability of a count when its rate is Gamma distributed: negative binomial, as a product
/// so that no gamma function of a large number is needed.
fn predictive(count: u32, shape: f64, rate: f64) -> f64 {
    let none = (rate / (rate + 1.0)).powf(shape);
    (0..count).fold(none, |p, n| {
        let n = f64::from(n);
        p * (shape + n) / ((n + 1.0) * (rate + 1.0))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::{Weekday, date};

    use super::*;

    fn near(got: f64, expect: f64, tolerance: f64) {
        assert!((got - expect).abs() <= tolerance, "{got} instead of {expect}");
    }

    #[test]
    fn w11_a_share_that_falls_week_by_week() {
        let shares = [0.20, 0.19, 0.21, 0.18, 0.15, 0.16, 0.12, 0.10, 0.09, 0.07, 0.06, 0.05];
        let (slope, z) = theil_sen(&shares).unwrap();
        near(slope, -0.015, 1e-3);
        near(z, -4.05, 0.01);
        let (slope, z) = theil_sen(&[0.1; 12]).unwrap();
        near(slope, 0.0, 0.0);
        near(z, 0.0, 0.0);
        assert_eq!(theil_sen(&[0.1, 0.2]), None);
    }

    /// The half of W8 that draws.
    #[test]
    fn w8_a_change_is_believed_slowly() {
        let runs = runs(&[1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
        near(runs.iter().sum(), 1.0, 1e-12);
        let most = runs.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap();
        assert_eq!(most.0, 15);
        near(runs[..=8].iter().sum(), 0.473, 1e-3);
        near(runs[..=6].iter().sum(), 0.385, 1e-3);
    }

    /// One letter a week from Monday 1 January 2024 on: o for a talk, e for a mail.
    fn weeks(letters: &str) -> Vec<ContactDay> {
        let monday = date(2024, 1, 1);
        let days = (0i64..).zip(letters.chars()).map(|(week, letter)| ContactDay {
            day: monday + week.weeks(),
            email: letter == 'e',
            group: false,
            one_on_one: letter == 'o',
        });
        days.collect()
    }

    #[test]
    fn a_rhythm_that_ended_is_marked_where_it_ended() {
        let end = |letters: &str| date(2024, 1, 1) + (letters.len() as i64).weeks();
        let check = |letters: &str, expect| {
            assert_eq!(changed(&weeks(letters), end(letters)), expect, "{letters}");
        };
        check("oooooooooooooooooooo", None);
        check("oooooooooooooooooooee", None);
        check("ooooooooooooooooooooeeeeeee", Some(date(2024, 1, 1) + 20.weeks()));
        check("oeoe", None);
        check("", None);
    }

    #[test]
    fn a_slope_needs_twelve_weeks_and_a_direction() {
        let open = OpenDays::new(
            &Weekday::Monday.cycle_forward().take(5).collect::<Vec<_>>(),
            BTreeSet::new(),
        );
        let of = |letters: &str| {
            let end = date(2024, 1, 1) + (letters.len() as i64).weeks();
            slope(&weeks(letters), Prior::DEFAULT, &open, end)
        };
        assert_eq!(of(&"e".repeat(11)), None);
        let falling = of(&format!("{}{}", "o".repeat(20), "e".repeat(12))).unwrap();
        assert!(falling < -0.01, "{falling}");
        let rising = of(&format!("{}{}", "e".repeat(20), "o".repeat(12))).unwrap();
        assert!(rising > 0.01, "{rising}");
        assert_eq!(of(&"oe".repeat(20)), None);
    }
}
