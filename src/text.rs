//! Text from outside, made safe to show.
//!
//! Whatever comes from a message, an event, a file name or a server is hostile where it is shown:
//! escape sequences in a terminal, reversed text in a notification, a name a thousand columns
//! wide. [`Shown`] is the one way such text reaches a person's eye.
//!
//! It only takes away, so that showing a text twice changes nothing. Joiners inside emoji and
//! variation selectors go with the other invisible characters: a family falls apart into its
//! members, which is honest, and a rule without exceptions can be tested as one. Isolating
//! right-to-left names with U+2068 was left out: it would be a bidirectional control in our own
//! output, which terminals draw as garbage; HTML has `<bdi>`.

use std::fmt::{self, Write};

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The widest text ever shown in one piece, in columns.
pub const MAX_COLUMNS: usize = 64;

/// Nonspacing marks kept on one base character: enough for Vietnamese, too few for zalgo.
const MAX_MARKS: usize = 2;

/// Displays text from outside without control characters, bidirectional controls, invisible and
/// tag characters; at most two combining marks a base character; at most 64 columns, ending in
/// `…` when cut. Any run of blanks, tabs and line ends is one blank, and none at the ends.
///
/// Width, fill and alignment of the format string count columns; a precision lowers the 64.
/// Markup (HTML, notification bodies) is escaped afterwards by whoever writes markup.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, used) = clean(self.0, f.precision().unwrap_or(MAX_COLUMNS).min(MAX_COLUMNS));
        let missing = f.width().unwrap_or(0).saturating_sub(used);
        let before = match f.align() {
            Some(fmt::Alignment::Right) => missing,
            Some(fmt::Alignment::Center) => missing / 2,
            Some(fmt::Alignment::Left) | None => 0,
        };
        let fill = f.fill();
        (0..before).try_for_each(|_| f.write_char(fill))?;
        f.write_str(&text)?;
        (before..missing).try_for_each(|_| f.write_char(fill))
    }
}

/// The text as [`Shown`] displays it.
pub fn shown(text: &str) -> String {
    clean(text, MAX_COLUMNS).0
}

/// How many columns of a terminal the text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Whether the text holds characters that [`Shown`] would drop or blank because they do not show:
/// controls, line and paragraph separators, bidirectional and other format characters, fillers,
/// selectors, private, unassigned and noncharacters. An address with one of them is a disguise.
pub fn has_hidden(text: &str) -> bool {
    text.chars().any(|c| !matches!(kind(c), Kind::Blank | Kind::Base | Kind::Mark))
}

/// What becomes of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Shows by itself.
    Base,
    /// Sits on the base before it.
    Mark,
    /// A space of any width.
    Blank,
    /// Breaks the line or moves on: a blank when shown.
    Break,
    /// Does not show, or cannot.
    Hidden,
}

fn kind(c: char) -> Kind {
    use GeneralCategory as G;
    match c {
        ' ' => return Kind::Blank,
        '!'..='~' => return Kind::Base,
        '\t'..='\r' | '\u{1c}'..='\u{1f}' | '\u{85}' => return Kind::Break,
        // Letters, marks and symbols by category, but nothing to see: combining grapheme joiner,
        // Hangul fillers, Khmer inherent vowels, Mongolian and general variation selectors, the
        // empty Braille cell, the musical null note head.
        '\u{34f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}'
        | '\u{1d159}'
        | '\u{e0100}'..='\u{e01ef}' => return Kind::Hidden,
        _ => {}
    }
    match get_general_category(c) {
        G::Control | G::Format | G::PrivateUse | G::Surrogate | G::Unassigned => Kind::Hidden,
        G::LineSeparator | G::ParagraphSeparator => Kind::Break,
        G::SpaceSeparator => Kind::Blank,
        G::NonspacingMark | G::EnclosingMark => Kind::Mark,
        // Spacing marks and trailing Hangul letters of no width could be piled up like marks.
        _ if c.width() == Some(0) => Kind::Mark,
        _ => Kind::Base,
    }
}

/// The text fit to be shown in `limit` columns, and the columns it takes. The width of a character
/// is counted singly, which is never less than what a terminal makes of the sequence.
fn clean(text: &str, limit: usize) -> (String, usize) {
    let mut out = String::new();
    let (mut used, mut marks, mut blank) = (0, MAX_MARKS, false);
    // Where the text ends if it has to make room for the ellipsis.
    let mut room = (0, 0);
    for c in text.chars() {
        match kind(c) {
            Kind::Hidden => continue,
            Kind::Blank | Kind::Break => {
                blank = !out.is_empty();
                continue;
            }
            // A mark without a base, at the start or after a blank, would sit on a stranger.
            Kind::Mark if blank || marks == MAX_MARKS => continue,
            Kind::Mark => marks += 1,
            Kind::Base => marks = 0,
        }
        let wide = c.width().unwrap_or(0);
        if used + usize::from(blank) + wide > limit {
            out.truncate(room.0);
            if limit > 0 {
                out.push('…');
            }
            return (out, room.1 + limit.min(1));
        }
        if std::mem::take(&mut blank) {
            out.push(' ');
            used += 1;
        }
        out.push(c);
        used += wide;
        if used < limit {
            room = (out.len(), used);
        }
    }
    (out, used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(shown(text), expect, "{text:?}");
        assert_eq!(Shown(text).to_string(), expect, "{text:?}");
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in [
            "",
            "Jo Doe",
            "Zoë O'Brien-Müller",
            "Nguyễn Văn Ánh",
            "Nguye\u{302}\u{303}n",
            "王小明",
            "山田 太郎",
            "김민준",
            "Αλέξανδρος",
            "محمد علي",
            "יעל כהן",
            "क्षितिज शर्मा",
            "ကြောင်း",
            "สมชาย",
            "Jo 🎉 👩🏽 🇩🇪",
        ] {
            check(name, name);
        }
    }

    #[test]
    fn what_does_not_show_is_dropped() {
        for (text, expect) in [
            ("\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31mPriya", "]0;owned[2J[31mPriya"),
            ("\u{9b}31mPriya\u{9d}0;x\u{9c}", "31mPriya0;x"),
            (
                "Priya \u{202e}gro.elpmaxe@ssob\u{202c} \u{2066}x\u{2069}",
                "Priya gro.elpmaxe@ssob x",
            ),
            ("Pri\u{200b}ya\u{2060}\u{feff}\u{e0041}\u{e0042}", "Priya"),
            ("a\u{ad}b\u{34f}c\u{3164}d\u{2800}e\u{fe0f}f\u{e000}g\u{fffe}h\u{378}i", "abcdefghi"),
            ("one\ntwo\r\n\tthree\u{2028}four\u{a0}\u{3000}five", "one two three four five"),
            (" \n edges \t ", "edges"),
            ("\u{7f}\0\u{202e}", ""),
            ("👨\u{200d}👩\u{200d}👧", "👨👩👧"),
            ("=?utf-8?q?left alone?=", "=?utf-8?q?left alone?="),
            ("<b>&#x202e;</b>", "<b>&#x202e;</b>"),
        ] {
            check(text, expect);
        }
    }

    #[test]
    fn two_marks_a_base_and_none_without() {
        check(&format!("P{}riya", "\u{301}".repeat(5000)), "P\u{301}\u{301}riya");
        check("\u{301}\u{301}a", "a");
        check("a \u{301}b", "a b");
        // A spacing vowel of no width cannot be piled up either.
        check(&format!("\u{995}{}", "\u{9be}".repeat(9)), "\u{995}\u{9be}\u{9be}");
    }

    #[test]
    fn too_wide_ends_in_an_ellipsis() {
        let family = "👨\u{200d}👩\u{200d}👧".repeat(50);
        for (text, wide) in [
            ("a".repeat(64), 64),
            ("a".repeat(65), 64),
            ("王".repeat(32), 64),
            ("王".repeat(33), 63),
            (format!("{} b", "a".repeat(63)), 64),
            (format!("{}\u{301}", "a".repeat(64)), 64),
            (family, 63),
        ] {
            let out = shown(&text);
            assert_eq!(columns(&out), wide, "{out}");
            assert_eq!(out.ends_with('…'), columns(&text) > 64 || text.len() > 900, "{out}");
        }
    }

    #[test]
    fn columns_are_padded_by_width_not_by_characters() {
        assert_eq!(format!("[{:<6}]", Shown("王明")), "[王明  ]");
        assert_eq!(format!("[{:>6}]", Shown("Zoe\u{301}")), "[   Zoe\u{301}]");
        assert_eq!(format!("[{:-^7}]", Shown("Jo\u{202e}")), "[--Jo---]");
        assert_eq!(format!("[{:6}]", Shown("\t")), "[      ]");
        assert_eq!(format!("[{:<5.3}]", Shown("Priya")), "[Pr…  ]");
        assert_eq!(format!("[{:.0}]", Shown("Priya")), "[]");
        assert_eq!(format!("[{:2}]", Shown("Priya")), "[Priya]");
    }

    #[test]
    fn hidden_means_hidden() {
        for text in ["a\u{200b}", "\u{202e}", "a\nb", "\t", "\u{85}", "\u{2029}", "\u{e0041}", "\0"]
        {
            assert!(has_hidden(text), "{text:?}");
        }
        for text in ["", "a b", "Zoë", "e\u{301}", "王", "🎉", "\u{a0}", "محمد"] {
            assert!(!has_hidden(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn output_holds_nothing_hidden(text in any::<String>()) {
            let out = shown(&text);
            prop_assert!(!has_hidden(&out), "{:?}", out);
            prop_assert!(columns(&out) <= MAX_COLUMNS);
            prop_assert_eq!(shown(&out), out);
        }

        /// The same over characters chosen to hurt, long enough to be cut.
        #[test]
        fn output_of_the_worst_is_bounded(
            text in "[a ܏\t\n\u{200d}\u{301}\u{202e}\u{fe0f}\u{1f3fd}👩王\u{995}\u{9be}\u{1112}\u{1161}\u{11ab}\u{e0020}]{0,200}"
        ) {
            let out = shown(&text);
            prop_assert!(!has_hidden(&out), "{:?}", out);
            prop_assert!(columns(&out) <= MAX_COLUMNS);
            prop_assert_eq!(shown(&out), out);
        }

        #[test]
        fn padding_reaches_the_asked_width(text in any::<String>(), width in 0_usize..100) {
            let out = format!("{:<width$}", Shown(&text));
            prop_assert!(columns(&out) >= width.min(columns(&shown(&text))));
        }
    }
}
