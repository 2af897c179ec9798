//! Weeks as one character each, for a line in a terminal.
//!
//! The height of a block is the number of contact days of any kind; a week with a one-on-one is a
//! lozenge instead, since that is the one thing the line is there to show, with color or without.
//! Two rows lost: `status` has one line a person, and the height of a good week matters little.

use crate::reliance::ChannelMix;

/// A week with a one-on-one.
pub const ONE_ON_ONE: char = '◆';
/// A week without any contact.
pub const NOTHING: char = '·';
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The color of one-on-one: bold magenta, the one color readable on black and on white.
pub(super) const WARM: &str = "\x1b[1;35m";
/// What steps back.
pub(super) const DIM: &str = "\x1b[2m";
/// Back to normal.
pub(super) const PLAIN: &str = "\x1b[0m";

/// Weeks as one character each, oldest first: `▁▂◆·▃▂◆▂▁▁▃◆`.
///
/// Heights are shared by no other line: the busiest week of these is the full block, or eight
/// contact days if that is more. With `color`, one-on-one weeks are bold magenta and empty ones
/// dim (SGR codes); the columns taken stay the same.
///
/// ```
/// use hallway::digest::spark::sparkline;
/// use hallway::reliance::ChannelMix;
///
/// let week = |email, one_on_one| ChannelMix { email, group: 0, one_on_one };
/// assert_eq!(sparkline(&[week(8, 0), week(0, 0), week(4, 1), week(4, 0)], false), "█·◆▄");
/// ```
pub fn sparkline(weeks: &[ChannelMix], color: bool) -> String {
    let top = weeks.iter().map(|week| week.total()).max().unwrap_or(0).max(BLOCKS.len() as u32);
    let mut line = String::new();
    for week in weeks {
        let glyph = match (week.one_on_one, week.total()) {
            (1.., _) => ONE_ON_ONE,
            (0, 0) => NOTHING,
            // Rounded up: one contact day shows, and only a full week reaches the top.
            (0, days) => {
                let eighths = (days * BLOCKS.len() as u32).div_ceil(top);
                BLOCKS.get(eighths.saturating_sub(1) as usize).copied().unwrap_or('█')
            }
        };
        match (color, glyph) {
            (true, ONE_ON_ONE) => line.extend([WARM, &glyph.to_string(), PLAIN]),
            (true, NOTHING) => line.extend([DIM, &glyph.to_string(), PLAIN]),
            _ => line.push(glyph),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn week(email: u32, group: u32, one_on_one: u32) -> ChannelMix {
        ChannelMix { email, group, one_on_one }
    }

    fn check(weeks: &[ChannelMix], expect: &str) {
        assert_eq!(sparkline(weeks, false), expect);
    }

    #[test]
    fn heights_follow_the_contact_days() {
        check(&[], "");
        check(&[week(0, 0, 0)], "·");
        check(&[week(1, 0, 0), week(2, 2, 0), week(5, 3, 0)], "▁▄█");
        check(&[week(7, 7, 0), week(1, 0, 0), week(3, 4, 0)], "█▁▄");
    }

    #[test]
    fn a_week_with_a_one_on_one_is_seen_whatever_else_there_was() {
        check(&[week(0, 0, 1), week(7, 7, 1), week(7, 0, 0)], "◆◆▄");
    }

    #[test]
    fn color_adds_no_columns() {
        let line = sparkline(&[week(0, 0, 1), week(0, 0, 0), week(1, 0, 0)], true);
        assert_eq!(line, "\x1b[1;35m◆\x1b[0m\x1b[2m·\x1b[0m▁");
    }

    proptest! {
        #[test]
        fn one_column_a_week(weeks in proptest::collection::vec((0_u32..8, 0_u32..8, 0_u32..8), 0..60)) {
            let weeks: Vec<_> = weeks.into_iter().map(|(e, g, o)| week(e, g, o)).collect();
            let line = sparkline(&weeks, false);
            prop_assert_eq!(line.width(), weeks.len());
            let marks = line.chars().filter(|c| *c == ONE_ON_ONE).count();
            prop_assert_eq!(marks, weeks.iter().filter(|w| w.one_on_one > 0).count());
        }
    }
}
