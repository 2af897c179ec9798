//! Standard output: one buffered writer, handed down, and what it knows of its reader.
//!
//! Verbs write through [`Out`] and nowhere else, so that tests can read what they wrote and a
//! reader who has gone ends the command instead of a panic. Colors are marks on cells and words
//! ([`Tone`]), drawn only where they were asked for; nothing is told by color alone.

use std::fmt::{self, Display};
use std::io::{self, BufWriter, IsTerminal, Write};

use unicode_width::UnicodeWidthStr;

use super::args::Color;
use crate::settings::Environment;
use crate::text::Shown;

/// The width of what is no terminal: nothing is cut there.
const UNLIMITED: u16 = u16::MAX;

/// Where a verb writes.
pub struct Out<'a> {
    writer: Box<dyn Write + 'a>,
    /// Whether colors may be used.
    pub color: bool,
    /// The width in columns; [`u16::MAX`] when it does not matter.
    pub width: u16,
    /// Whether JSON was asked for.
    pub json: bool,
}

/// How a word is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// As it is.
    #[default]
    Plain,
    /// To be seen first.
    Strong,
    /// To be seen last.
    Faint,
    /// All is well.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong.
    Bad,
}

impl Tone {
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Faint => Some("2"),
            Self::Good => Some("32"),
            Self::Warn => Some("33"),
            Self::Bad => Some("31"),
        }
    }
}

impl fmt::Debug for Out<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { color, width, json, .. } = self;
        write!(f, "Out {{ color: {color}, width: {width}, json: {json} }}")
    }
}

impl<'a> Out<'a> {
    /// Standard output, as the environment and `--color` will have it.
    pub fn stdout(color: Color, json: bool, environment: &Environment) -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !environment.colorless(),
        };
        let width = if terminal { width(environment) } else { UNLIMITED };
        Self { writer: Box::new(BufWriter::new(stdout.lock())), color, width, json }
    }

    /// Into anything else.
    pub fn into_writer(writer: impl Write + 'a, color: bool, width: u16, json: bool) -> Self {
        Self { writer: Box::new(writer), color, width, json }
    }

    /// A word in its tone, for a line of text.
    pub fn paint(&self, tone: Tone, word: impl Display) -> String {
        match tone.code() {
            Some(code) if self.color => format!("\u{1b}[{code}m{word}\u{1b}[0m"),
            _ => word.to_string(),
        }
    }

    /// A table, its columns aligned by what is seen of them; see [`Table`].
    pub fn table(&mut self, table: &Table) -> io::Result<()> {
        table.write(self)
    }
}

/// So that `writeln!` works.
impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The width of the terminal: what `COLUMNS` says, else what the terminal says, else 80.
fn width(environment: &Environment) -> u16 {
    let asked = || rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col);
    environment.columns().or_else(asked).filter(|columns| *columns > 0).unwrap_or(80)
}

/// One field of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// Text of our own: figures, verdicts, dates.
    pub fn own(text: impl Display) -> Self {
        Self { text: text.to_string(), tone: Tone::Plain }
    }

    /// Text from outside: names, addresses, anything that somebody else wrote.
    pub fn outside(text: &str) -> Self {
        Self { text: Shown(text).to_string(), tone: Tone::Plain }
    }

    /// The same in a tone.
    pub fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    fn columns(&self) -> usize {
        self.text.width()
    }
}

/// To which side a column is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Text.
    Left,
    /// Figures.
    Right,
}

/// Rows under headings. Where a terminal is too narrow, the widest left-hand column is cut and
/// ends in `…`; a table into a file or a pipe is never cut.
#[derive(Clone, Debug, Default)]
pub struct Table {
    heads: Vec<(Side, &'static str)>,
    rows: Vec<Vec<Cell>>,
}

/// Blanks between two columns.
const GAP: usize = 2;
/// A column is not cut below this.
const NARROW: usize = 8;

impl Table {
    /// A table with these headings; all of them empty for one without.
    pub fn new(heads: &[(Side, &'static str)]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; missing fields at its end are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn write(&self, out: &mut Out<'_>) -> io::Result<()> {
        let widths = self.widths(usize::from(out.width));
        if self.heads.iter().any(|(_, head)| !head.is_empty()) {
            let heads = self.heads.iter().map(|(_, head)| Cell::own(head).toned(Tone::Faint));
            self.line(&heads.collect::<Vec<_>>(), &widths, out)?;
        }
        self.rows.iter().try_for_each(|row| self.line(row, &widths, out))
    }

    fn line(&self, cells: &[Cell], widths: &[usize], out: &mut Out<'_>) -> io::Result<()> {
        let mut line = String::new();
        let mut blanks = 0;
        for ((cell, width), (side, _)) in cells.iter().zip(widths).zip(&self.heads) {
            let text = cut(&cell.text, *width);
            let missing = width.saturating_sub(text.width());
            let (before, after) = if *side == Side::Right { (missing, 0) } else { (0, missing) };
            // Blanks wait for something to follow them, so that no line ends in any.
            if !text.is_empty() {
                line.extend(std::iter::repeat_n(' ', blanks + before));
                line.push_str(&out.paint(cell.tone, text));
                blanks = 0;
            } else {
                blanks += before;
            }
            blanks += after + GAP;
        }
        writeln!(out, "{line}")
    }

    fn widths(&self, limit: usize) -> Vec<usize> {
        let column = |at: usize, head: &str| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(Cell::columns);
            cells.chain([head.width()]).max().unwrap_or(0)
        };
        let heads = self.heads.iter().enumerate();
        let mut widths: Vec<_> = heads.map(|(at, (_, head))| column(at, head)).collect();
        let gaps = GAP * widths.len().saturating_sub(1);
        let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(limit);
        while over > 0 {
            let left =
                widths.iter_mut().zip(&self.heads).filter(|(_, (side, _))| *side == Side::Left);
            let Some(widest) = left.map(|(width, _)| width).max().filter(|width| **width > NARROW)
            else {
                break;
            };
            *widest -= 1;
            over -= 1;
        }
        widths
    }
}

/// The text in at most so many columns.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut cut = String::new();
    for character in text.chars() {
        cut.push(character);
        if cut.width() >= columns {
            cut.pop();
            break;
        }
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(width: u16, color: bool, rows: &[[&str; 3]], expect: Expect) {
        let heads = [(Side::Left, "name"), (Side::Right, "days"), (Side::Left, "verdict")];
        let mut table = Table::new(&heads);
        for [name, days, verdict] in rows {
            let verdict = Cell::own(verdict).toned(Tone::Warn);
            table.row([Cell::outside(name), Cell::own(days), verdict]);
        }
        let mut written = Vec::new();
        let mut out = Out::into_writer(&mut written, color, width, false);
        out.table(&table).expect("a vector takes everything");
        drop(out);
        let written = String::from_utf8(written).expect("text");
        assert!(written.lines().all(|line| !line.ends_with(' ')), "{written}");
        expect.assert_eq(&written.replace('\u{1b}', "^"));
    }

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        check(
            80,
            false,
            &[
                ["Jo Doe", "9", "healthy"],
                ["王小明", "120", "email only"],
                ["Zoë", "", ""],
                ["", "7", ""],
            ],
            expect![[r#"
                name    days  verdict
                Jo Doe     9  healthy
                王小明   120  email only
                Zoë
                           7
            "#]],
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_text_and_nothing_else_does() {
        let rows = [["Bartholomew Featherstonehaugh", "9", "email only"]];
        check(
            30,
            false,
            &rows,
            expect![[r#"
            name          days  verdict
            Bartholomew…     9  email only
        "#]],
        );
        check(
            3,
            false,
            &rows,
            expect![[r#"
            name      days  verdict
            Barthol…     9  email o…
        "#]],
        );
        check(
            UNLIMITED,
            false,
            &rows,
            expect![[r#"
            name                           days  verdict
            Bartholomew Featherstonehaugh     9  email only
        "#]],
        );
    }

    #[test]
    fn colors_take_no_room() {
        check(
            80,
            true,
            &[["Jo", "9", "drifting"]],
            expect![[r#"
            ^[2mname^[0m  ^[2mdays^[0m  ^[2mverdict^[0m
            Jo       9  ^[33mdrifting^[0m
        "#]],
        );
    }

    #[test]
    fn a_cut_never_splits_a_wide_character() {
        assert_eq!(cut("王小明", 6), "王小明");
        assert_eq!(cut("王小明", 5), "王小…");
        assert_eq!(cut("王小明", 4), "王…");
        assert_eq!(cut("ab", 1), "…");
    }

    #[test]
    fn color_is_as_asked_for() {
        let color = |color, pairs: &[(&str, &str)]| {
            let environment = Environment::of(pairs.iter().copied());
            Out::stdout(color, false, &environment).color
        };
        assert!(color(Color::Always, &[("NO_COLOR", "1")]));
        assert!(!color(Color::Never, &[]));
        // Whether the test runs in a terminal or not.
        assert!(!color(Color::Auto, &[("NO_COLOR", "1")]));
        assert!(!color(Color::Auto, &[("TERM", "dumb")]));
    }
}
