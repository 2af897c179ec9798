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

impl Out<'_> {
    /// A sentence in its tone, broken between words where the terminal ends.
    pub fn sentence(&mut self, tone: Tone, text: &str) -> io::Result<()> {
        for line in wrapped(text, usize::from(self.width)) {
            let line = self.paint(tone, line);
            writeln!(self, "{line}")?;
        }
        Ok(())
    }
}

/// Lines of at most so many columns, each of whole words. A word that is longer stands alone.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && line.width() + 1 + word.width() > columns {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
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
    /// Ours to say: not cut while there is anything else to cut.
    own: bool,
}

impl Cell {
    /// Text of our own: figures, verdicts, dates.
    pub fn own(text: impl Display) -> Self {
        Self { text: text.to_string(), tone: Tone::Plain, own: true }
    }

    /// Text from outside: names, addresses, anything that somebody else wrote.
    pub fn outside(text: &str) -> Self {
        Self { text: Shown(text).to_string(), tone: Tone::Plain, own: false }
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

/// Rows under headings. Where a terminal is too narrow, the widest column of text from outside is
/// cut and ends in `…`; then columns that may be missing go, then everything else on the left is
/// cut. So a verdict or a date is whole as long as it can be. A table into a file or a pipe is
/// never cut.
#[derive(Clone, Debug, Default)]
pub struct Table {
    heads: Vec<(Side, &'static str)>,
    rows: Vec<Vec<Cell>>,
    dropping: &'static [&'static str],
}

/// Blanks between two columns.
const GAP: usize = 2;
/// A column is not cut below this.
const NARROW: usize = 8;
/// A name is not cut below this while another column may be missing.
const READABLE: usize = 12;

impl Table {
    /// A table with these headings; all of them empty for one without.
    pub fn new(heads: &[(Side, &'static str)]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new(), dropping: &[] }
    }

    /// Columns, by their headings, that may be missing where there is no room: the first one first.
    pub fn dropping(self, heads: &'static [&'static str]) -> Self {
        Self { dropping: heads, ..self }
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
        let limit = usize::from(out.width);
        let mut table = self.clone();
        for head in self.dropping {
            if table.fits(limit) {
                break;
            }
            table = table.without(head);
        }
        let widths = table.widths(limit);
        if table.heads.iter().any(|(_, head)| !head.is_empty()) {
            let heads = table.heads.iter().map(|(_, head)| Cell::own(head).toned(Tone::Faint));
            table.line(&heads.collect::<Vec<_>>(), &widths, out)?;
        }
        table.rows.iter().try_for_each(|row| table.line(row, &widths, out))
    }

    /// The same without a column.
    fn without(&self, head: &str) -> Self {
        let Some(at) = self.heads.iter().position(|(_, name)| *name == head) else {
            return self.clone();
        };
        let mut table = self.clone();
        table.heads.remove(at);
        for row in table.rows.iter_mut().filter(|row| at < row.len()) {
            row.remove(at);
        }
        table
    }

    /// Whether nothing of our own has to be cut.
    fn fits(&self, limit: usize) -> bool {
        let least: usize = self
            .natural()
            .iter()
            .zip(&self.heads)
            .enumerate()
            .map(|(at, (width, (_, head)))| match self.is_outside(at) {
                true => (*width).min(READABLE.max(head.width())),
                false => *width,
            })
            .sum();
        least + GAP * self.heads.len().saturating_sub(1) <= limit
    }

    /// Whether a column holds text from outside.
    fn is_outside(&self, at: usize) -> bool {
        self.rows.iter().filter_map(|row| row.get(at)).any(|cell| !cell.own)
    }

    /// The width of each column when nothing is cut.
    fn natural(&self) -> Vec<usize> {
        let column = |at: usize, head: &str| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(Cell::columns);
            cells.chain([head.width()]).max().unwrap_or(0)
        };
        self.heads.iter().enumerate().map(|(at, (_, head))| column(at, head)).collect()
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
        let mut widths = self.natural();
        let gaps = GAP * widths.len().saturating_sub(1);
        let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(limit);
        for outside_only in [true, false] {
            while over > 0 {
                let may = |at: usize, side: Side| {
                    side == Side::Left && (!outside_only || self.is_outside(at))
                };
                let cut = widths.iter_mut().zip(&self.heads).enumerate();
                let cut =
                    cut.filter(|(at, (width, (side, _)))| **width > NARROW && may(*at, *side));
                let Some((_, (widest, _))) = cut.max_by_key(|(_, (width, _))| **width) else {
                    break;
                };
                *widest -= 1;
                over -= 1;
            }
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
    fn columns_that_may_be_missing_go_before_a_verdict_is_cut() {
        let heads = [(Side::Left, "NAME"), (Side::Left, "WEEKS"), (Side::Left, "KEPT BY")];
        let mut table = Table::new(&heads).dropping(&["WEEKS"]);
        table.row([
            Cell::outside("Bartholomew Featherstonehaugh"),
            Cell::own("············"),
            Cell::own("email and group calls only"),
        ]);
        let shown = |width| {
            let mut written = Vec::new();
            let mut out = Out::into_writer(&mut written, false, width, false);
            out.table(&table).expect("a vector takes everything");
            drop(out);
            String::from_utf8(written).expect("text")
        };
        expect![[r#"
            NAME          WEEKS         KEPT BY
            Bartholomew…  ············  email and group calls only
        "#]]
        .assert_eq(&shown(54));
        expect![[r#"
            NAME       KEPT BY
            Bartholo…  email and group calls only
        "#]]
        .assert_eq(&shown(37));
    }

    #[test]
    fn sentences_break_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("one", 1), ["one"]);
        assert_eq!(wrapped("王小明 王小明", 7), ["王小明", "王小明"]);
        assert_eq!(wrapped("", 7), [""]);
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
