//! A digest as Markdown, to be kept in a notebook or a wiki.
//!
//! CommonMark with the tables of GitHub. Every character of a name that could mean something is
//! escaped, so a name starts no link, no emphasis, no table cell, no heading and no HTML. An
//! address is put in a code span instead: GitHub turns even an escaped one into a link.

use std::fmt::Write;

use super::Digest;
use super::spark::{self, sparkline};
use super::story::{self, Item};

/// Renders a digest as Markdown.
pub fn markdown(digest: &Digest) -> String {
    let story = story::tell(digest);
    let mut out = format!("# {}, {}\n\n{}\n", story.kicker, story.title, story.lede);
    // Writing to a string does not fail.
    let mut line = |text: std::fmt::Arguments<'_>| {
        let _ = writeln!(out, "{text}");
    };

    if !story.warnings.is_empty() {
        line(format_args!("\n> Some figures may be too low.\n>"));
        for warning in &story.warnings {
            line(format_args!("> - {}", escape_first(warning)));
        }
    }
    if !story.figures.is_empty() {
        line(format_args!(""));
        for figure in &story.figures {
            let change = match figure.change.as_str() {
                "" => String::new(),
                change => format!(", {change}"),
            };
            line(format_args!("- {}: **{}**{change}", figure.label, figure.value));
        }
        line(format_args!("\n{}", story.figures_note));
    }
    for section in &story.sections {
        line(format_args!("\n## {}\n", section.heading));
        if let Some(intro) = &section.intro {
            line(format_args!("{intro}"));
        }
        for item in &section.items {
            line(format_args!("{}", entry(item)));
        }
        if let Some((what, names)) = &section.more {
            let names = names.iter().map(|name| escape(name)).collect::<Vec<_>>().join(", ");
            line(format_args!("\n{what}: {names}."));
        }
    }
    if !story.groups.is_empty() {
        line(format_args!("\n## Twelve weeks\n"));
        line(format_args!(
            "{}. One character is a week, its height the days of contact; {} is a week with a \
             one-on-one.",
            story.weeks,
            spark::ONE_ON_ONE
        ));
        for group in &story.groups {
            line(format_args!("\n### {}\n", escape(&group.name)));
            if !group.note.is_empty() {
                line(format_args!("{}\n", group.note));
            }
            line(format_args!("| | Weeks | One-on-one | Group | Email | |"));
            line(format_args!("|---|---|--:|--:|--:|---|"));
            for row in &group.lines {
                let [(_, one), (_, group), (_, email)] = story::counts(row.row.total);
                line(format_args!(
                    "| {} | `{}` | {one} | {group} | {email} | {} |",
                    escape(&row.name),
                    sparkline(&row.row.weeks, false),
                    row.note
                ));
            }
        }
        if let Some(rest) = &story.groups_rest {
            line(format_args!("\n{rest}"));
        }
    }
    line(format_args!("\n---\n"));
    line(format_args!("{}", story.foot.join("\n\n")));
    out.replace('\u{a0}', " ")
}

fn entry(item: &Item) -> String {
    let mut entry = format!("- **{}**", escape(&item.name));
    if let Some(client) = &item.client {
        entry += &format!(", {}", escape(client));
    }
    if item.key {
        entry += " (key person)";
    }
    entry += &format!(": {}", item.note);
    if let Some(reason) = &item.reason {
        entry += &format!("\n  {}", escape_first(reason));
    }
    if let Some(act) = item.act {
        entry += &format!("\n  *{act}*");
    }
    entry
}

/// Text from outside as inline Markdown that means nothing.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        if word.contains('@') {
            // Neither character can be written inside a code span and a table cell alike.
            let _ = write!(out, "`{}`", word.replace('`', "'").replace('|', "¦"));
            continue;
        }
        let web = word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
        let mut chars = word.chars().peekable();
        while let Some(c) = chars.next() {
            let entity =
                chars.peek().is_some_and(|next| next.is_ascii_alphanumeric() || *next == '#');
            if "\\`*_[]{}<>#|~^=:$".contains(c) || (web && c == '.') || (entity && c == '&') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

/// The same at the start of a line, where a dash or "1." would begin a list.
fn escape_first(text: &str) -> String {
    let text = escape(text);
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - number.len();
    match text.chars().nth(digits) {
        Some('-' | '+') if digits == 0 => format!("\\{text}"),
        Some('.' | ')') if digits > 0 => {
            let (number, rest) = text.split_at_checked(digits).unwrap_or((&text, ""));
            format!("{number}\\{rest}")
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_mean_something_is_escaped() {
        let check = |text, expect: &str| assert_eq!(escape(text), expect);
        check("J. O'Brien-Li (Acme)", "J. O'Brien-Li (Acme)");
        check("[x](http://evil.test)", "\\[x\\](http\\://evil.test)");
        check("^a^{=b}", "\\^a\\^\\{\\=b\\}");
        check("<b>*_|`", "\\<b\\>\\*\\_\\|\\`");
        check("WWW.evil.test &amp; & &#60;", "WWW\\.evil\\.test \\&amp; & \\&\\#60;");
        check("jo@acme.test", "`jo@acme.test`");
        check("a|`b@acme.test c*", "`a¦'b@acme.test` c\\*");
    }

    #[test]
    fn a_line_from_outside_begins_no_block() {
        let check = |text, expect: &str| assert_eq!(escape_first(text), expect);
        check("- x", "\\- x");
        check("+ x", "\\+ x");
        check("===", "\\=\\=\\=");
        check("---", "\\---");
        check("# x", "\\# x");
        check("12. x", "12\\. x");
        check("1) x", "1\\) x");
        check("12 mails", "12 mails");
        check("", "");
    }
}
