//! Twelve weeks of one person as stacked bars in SVG coordinates.
//!
//! One unit of height is one contact day, for everybody on the page, so that rows can be compared
//! without an axis. One-on-one stands on the ground line: the rhythm is read along it. Every
//! category is one path of separate blocks, which can be counted.

use std::fmt::Write;

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Period, story};
use crate::interaction::Category;
use crate::reliance::ChannelMix;

/// Width of a bar, of a bar and its gap, and height of a block and its gap, in pixels.
const BAR: u32 = 15;
const PITCH: u32 = 20;
const BLOCK: u32 = 6;
const UNIT: u32 = 7;
/// Rows are at least so many units high, so that quiet ones do not look crowded.
const LEAST: u32 = 3;
/// Room below the ground line for the mark of the period.
const BELOW: u32 = 6;

/// A person's bars.
pub(super) struct Chart {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Where the bars stand.
    pub(super) ground: u32,
    pub(super) bars: Vec<Bar>,
    /// The line under the weeks of the period: from, to; `None` where none of them is shown.
    pub(super) mark: Option<(u32, u32)>,
    /// All of it in one sentence, for who cannot see it.
    pub(super) summary: String,
}

/// One week.
pub(super) struct Bar {
    /// "16 to 22 November 2026: 1 one-on-one, 3 by email".
    pub(super) title: String,
    /// The whole column, for a pointer to hit.
    pub(super) column: String,
    /// A path for each category that has any, with its CSS class.
    pub(super) paths: Vec<(&'static str, String)>,
}

/// A month's name over the week it begins in.
pub(super) struct Tick {
    pub(super) x: u32,
    pub(super) month: String,
}

/// The CSS class of a category.
pub(super) fn class(category: Category) -> &'static str {
    match category {
        Category::OneOnOne => "one",
        Category::Group => "group",
        Category::Email => "email",
    }
}

/// Width of a chart of so many weeks.
pub(super) fn width(weeks: usize) -> u32 {
    u32::try_from(weeks).unwrap_or(0) * PITCH
}

/// Draws a row.
pub(super) fn draw(mondays: &[Date], weeks: &[ChannelMix], period: Period) -> Chart {
    let units = weeks.iter().map(|week| week.total()).max().unwrap_or(0).max(LEAST);
    let ground = units * UNIT;
    let sunday = |monday: Date| monday.saturating_add(6.days());
    let inside = |monday: Date| sunday(monday) >= period.from() && monday <= period.to();
    let marked = || mondays.iter().zip(0_u32..).filter(|(monday, _)| inside(**monday));
    let mark = marked()
        .next()
        .zip(marked().last())
        .map(|((_, first), (_, last))| (first * PITCH, last * PITCH + BAR));
    let bars = mondays
        .iter()
        .zip(weeks)
        .zip(0_u32..)
        .map(|((monday, week), at)| bar(*monday, *week, at * PITCH, ground));
    let total = weeks
        .iter()
        .fold([0_u32; 3], |[o, g, e], week| [o + week.one_on_one, g + week.group, e + week.email]);
    let [one_on_one, group, email] = total;
    Chart {
        width: width(weeks.len()),
        height: ground + BELOW,
        ground,
        bars: bars.collect(),
        mark,
        summary: format!(
            "{} weeks: {}",
            weeks.len(),
            story::mix_in_words(ChannelMix { email, group, one_on_one })
        ),
    }
}

fn bar(monday: Date, week: ChannelMix, x: u32, ground: u32) -> Bar {
    let title = format!("{}: {}", Period::week_of(monday).title(), story::mix_in_words(week));
    let mut below = 0_u32;
    let mut paths = Vec::new();
    for (category, days) in story::counts(week) {
        let mut path = String::new();
        for _ in 0..days {
            below += 1;
            let y = ground.saturating_sub(below * UNIT);
            // Writing to a string does not fail.
            let _ = write!(path, "M{x} {y}h{BAR}v{BLOCK}h-{BAR}z");
        }
        if days > 0 {
            paths.push((class(category), path));
        }
    }
    Bar { title, column: format!("M{x} 0h{PITCH}v{}h-{PITCH}z", ground + BELOW), paths }
}

/// The months of the weeks shown. A month is named over the first week that begins in it; the
/// one the row begins in only if it has three weeks of room.
pub(super) fn ticks(mondays: &[Date]) -> Vec<Tick> {
    let mut ticks: Vec<(u32, Date)> = Vec::new();
    for (monday, at) in mondays.iter().zip(0_u32..) {
        let new =
            ticks.last().is_none_or(|(_, last)| last.first_of_month() != monday.first_of_month());
        if new {
            ticks.push((at, *monday));
        }
    }
    let crowded = matches!(ticks.as_slice(), [(_, _), (second, _), ..] if *second < 3);
    ticks
        .into_iter()
        .skip(usize::from(crowded))
        .map(|(at, monday)| Tick { x: at * PITCH, month: monday.strftime("%b").to_string() })
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn mondays() -> Vec<Date> {
        (0..12).map(|week| date(2026, 8, 31).saturating_add((7 * week).days())).collect()
    }

    fn mix(email: u32, group: u32, one_on_one: u32) -> ChannelMix {
        ChannelMix { email, group, one_on_one }
    }

    #[test]
    fn one_on_one_stands_on_the_ground_and_every_contact_day_is_one_block() {
        let mut weeks = vec![ChannelMix::default(); 12];
        weeks[11] = mix(2, 1, 1);
        let chart = draw(&mondays(), &weeks, Period::week_of(date(2026, 11, 16)));
        assert_eq!((chart.width, chart.ground, chart.mark), (240, 28, Some((220, 235))));
        assert_eq!(chart.summary, "12 weeks: 1 one-on-one, 1 in group calls, 2 by\u{a0}email");
        assert_eq!(chart.bars[0].title, "31 August to 6 September 2026: no contact");
        assert!(chart.bars[0].paths.is_empty());
        let last = &chart.bars[11];
        assert_eq!(
            last.title,
            "16 to 22 November 2026: 1 one-on-one, 1 in group calls, 2 by\u{a0}email"
        );
        assert_eq!(
            last.paths,
            [
                ("one", "M220 21h15v6h-15z".to_owned()),
                ("group", "M220 14h15v6h-15z".to_owned()),
                ("email", "M220 7h15v6h-15zM220 0h15v6h-15z".to_owned()),
            ]
        );
    }

    #[test]
    fn the_mark_lies_under_the_weeks_of_the_period() {
        let weeks = vec![ChannelMix::default(); 12];
        let mark = |period| draw(&mondays(), &weeks, period).mark;
        assert_eq!(mark(Period::week_of(date(2026, 8, 31))), Some((0, 15)));
        assert_eq!(mark(Period::month_of(date(2026, 10, 5))), Some((80, 175)));
        assert_eq!(mark(Period::month_of(date(2027, 3, 5))), None);
    }

    #[test]
    fn months_are_named_where_there_is_room() {
        let names = |from: Date| {
            let mondays: Vec<Date> =
                (0..12).map(|week| from.saturating_add((7 * week).days())).collect();
            let ticks = ticks(&mondays).into_iter();
            ticks.map(|tick| format!("{}@{}", tick.month, tick.x / PITCH)).collect::<Vec<_>>()
        };
        assert_eq!(names(date(2026, 8, 31)), ["Sep@1", "Oct@5", "Nov@9"]);
        assert_eq!(names(date(2026, 9, 7)), ["Sep@0", "Oct@4", "Nov@8"]);
        assert!(ticks(&[]).is_empty());
    }
}
