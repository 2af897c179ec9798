//! A digest for a terminal: aligned by the columns a character takes, with or without color.
//!
//! Names may be Chinese, Arabic or very long; whatever they are, no line is wider than asked and
//! no column is pushed aside.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::groups::Line;
use super::spark::{self, DIM, PLAIN, WARM, sparkline};
use super::story::{self, Figure, Item};
use super::{Digest, WEEKS};
use crate::interaction::Category;

/// Bold.
const STRONG: &str = "\x1b[1m";
/// Lines are no shorter and no longer than this, whatever the terminal says.
const NARROW: usize = 40;
const WIDE: usize = 100;
/// Columns of a count.
const COUNT: usize = 4;
/// The most blocks a bar of the headline has.
const BAR: usize = 24;

/// Renders a digest for a terminal of so many columns; `color` adds SGR codes.
pub fn text(digest: &Digest, width: usize, color: bool) -> String {
    let story = story::tell(digest);
    let mut page = Page { out: String::new(), width: width.clamp(NARROW, WIDE), color };
    page.styled(STRONG, 0, &format!("{}, {}", story.kicker, story.title));
    page.blank();
    page.wrapped(0, &story.lede);
    if !story.warnings.is_empty() {
        page.heading("Some figures may be too low");
        for warning in &story.warnings {
            page.wrapped(2, warning);
        }
    }
    if !story.figures.is_empty() {
        page.blank();
        page.figures(&story.figures);
        page.blank();
        page.styled(DIM, 2, story.figures_note);
    }
    for section in &story.sections {
        page.heading(section.heading);
        if let Some(intro) = &section.intro {
            page.wrapped(2, intro);
        }
        if section.at_length() {
            for (at, item) in section.items.iter().enumerate() {
                if at > 0 {
                    page.blank();
                }
                page.item(item);
            }
        } else {
            page.aligned(&section.items);
        }
        if let Some((what, names)) = &section.more {
            page.blank();
            page.wrapped(2, &format!("{what}: {}.", names.join(", ")));
        }
    }
    if !story.groups.is_empty() {
        page.heading("Twelve weeks");
        page.styled(
            DIM,
            2,
            &format!(
                "{}. One character a week, {} with a one-on-one. The figures: one-on-one, in \
                 group calls, by email.",
                story.weeks,
                spark::ONE_ON_ONE
            ),
        );
        for group in &story.groups {
            page.blank();
            page.styled(STRONG, 2, &group.name);
            if !group.note.is_empty() {
                page.styled(DIM, 2, &group.note);
            }
            for line in &group.lines {
                page.line(line);
            }
        }
        if let Some(rest) = &story.groups_rest {
            page.blank();
            page.wrapped(2, rest);
        }
    }
    page.blank();
    for line in &story.foot {
        page.styled(DIM, 0, line);
    }
    page.out
}

struct Page {
    out: String,
    width: usize,
    color: bool,
}

impl Page {
    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// One line. No-break spaces have done their work once lines are broken.
    fn put(&mut self, line: &str) {
        self.out.push_str(&line.replace('\u{a0}', " "));
        self.blank();
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("{style}{text}{PLAIN}")
        } else {
            text.to_owned()
        }
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        self.styled(STRONG, 0, text);
    }

    fn wrapped(&mut self, indent: usize, text: &str) {
        self.styled("", indent, text);
    }

    fn styled(&mut self, style: &str, indent: usize, text: &str) {
        for line in wrap(&unbroken_commands(text), self.width - indent) {
            let line = if style.is_empty() { line } else { self.paint(style, &line) };
            self.put(&format!("{}{line}", " ".repeat(indent)));
        }
    }

    fn figures(&mut self, figures: &[Figure]) {
        let label = figures.iter().map(|f| f.label.width()).max().unwrap_or(0);
        let top = figures.iter().map(|f| f.value).max().unwrap_or(0).max(1) as usize;
        // A short terminal has room for the change or for the bar.
        let room = if self.width < 72 { 0 } else { BAR };
        for figure in figures {
            let value = figure.value as usize;
            let bar = "█".repeat((value * room).div_ceil(top));
            let bar = match figure.category {
                Category::OneOnOne => self.paint(WARM, &pad(&bar, room)),
                Category::Email => self.paint(DIM, &pad(&bar, room)),
                Category::Group => pad(&bar, room),
            };
            let start = format!("  {} {value:>COUNT$}  ", pad(figure.label, label));
            let gap = if room > 0 { 2 } else { 0 };
            let left = self.width.saturating_sub(start.width() + room + gap);
            let change = cut(&figure.change, left);
            let line = format!("{start}{bar}{}{}", " ".repeat(gap), self.paint(DIM, &change));
            self.put(line.trim_end());
        }
    }

    /// People with a short note each, the notes in one column.
    fn aligned(&mut self, items: &[Item]) {
        let most = self.width / 2;
        let column = items.iter().map(|i| who(i).width()).max().unwrap_or(0).min(most);
        for item in items {
            let who = who(item);
            let mut start = " ".repeat(column);
            if who.width() > column {
                self.styled(STRONG, 2, &who);
            } else {
                start = self.paint(STRONG, &pad(&who, column));
            }
            for note in wrap(&item.note, self.width - column - 4) {
                self.put(&format!("  {start}  {note}"));
                start = " ".repeat(column);
            }
        }
    }

    fn item(&mut self, item: &Item) {
        self.styled(STRONG, 2, &who(item));
        self.wrapped(4, &item.note);
        if let Some(reason) = &item.reason {
            self.wrapped(4, reason);
        }
        if let Some(act) = item.act {
            self.styled(WARM, 4, act);
        }
    }

    fn line(&mut self, line: &Line<'_>) {
        let [one, group, email] =
            story::counts(line.row.total).map(|(_, n)| format!("{n:>COUNT$}"));
        let name = self.width - 2 - 1 - WEEKS - 3 * COUNT;
        let name = pad(&cut(&line.name, name.min(32)), name.min(32));
        let spark = sparkline(&line.row.weeks, self.color);
        let none = line.row.total.one_on_one == 0;
        let one = self.paint(if none { DIM } else { WARM }, &one);
        let email = self.paint(DIM, &email);
        self.put(&format!("  {name} {spark}{one}{group}{email}"));
    }
}

fn who(item: &Item) -> String {
    let client = item.client.as_ref().map_or_else(String::new, |name| format!(", {name}"));
    format!("{}{client}{}", item.name, if item.key { " (key person)" } else { "" })
}

/// Text with no-break spaces between backticks, so that a command is copied in one piece.
fn unbroken_commands(text: &str) -> String {
    let mut inside = false;
    let keep = text.chars().map(|c| {
        inside ^= c == '`';
        if inside && c == ' ' { '\u{a0}' } else { c }
    });
    keep.collect()
}

/// Text filled up with blanks to so many columns.
fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// Text of at most so many columns, with an ellipsis where something is left out.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut left = columns.saturating_sub(1);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if wide > left {
            break;
        }
        left -= wide;
        out.push(c);
    }
    out.push('…');
    out
}

/// Text as lines of at most so many columns, broken between words; a word that is wider than a
/// line is broken anywhere.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let wide = word.width();
        if used > 0 && used + 1 + wide > columns {
            lines.push(String::new());
            used = 0;
        }
        let Some(line) = lines.last_mut() else { break };
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        if used + wide <= columns {
            line.push_str(word);
            used += wide;
            continue;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > columns {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += wide;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_are_counted_as_a_terminal_does() {
        assert_eq!(pad("山田", 6), "山田  ");
        assert_eq!(cut("山田太郎", 5), "山田…");
        assert_eq!(cut("Jo", 5), "Jo");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a 山田太郎", 5), ["a", "山田", "太郎"]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_wide(text in "\\PC{0,80}", columns in 4_usize..60) {
            let lines = wrap(&text, columns);
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
            for line in lines {
                prop_assert!(line.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>() <= columns);
            }
            prop_assert!(cut(&text, columns).width() <= columns);
        }
    }
}
