//! The manual page, made from the definitions in [`super::args`] and the words in [`super::help`].
//!
//! `clap_mangen` by itself makes one page for each verb, and in the first a list of their names; a
//! program of this size is read in one page. So the sections are laid out here, and the options
//! of each verb are left to it.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::args::Arguments;
use super::help;
use crate::settings::DEFAULTS;

/// Writes the manual page in the man macros of roff.
pub fn page(to: &mut dyn Write) -> io::Result<()> {
    let plain = Arguments::command();
    // A built command knows its usage, but has the options of every command mixed into each verb.
    let mut built = Arguments::command();
    built.build();

    let version = concat!("hallway ", env!("CARGO_PKG_VERSION"));
    let mut page = Roff::new();
    // Without a date: the page is the same whenever it is made.
    page.control("TH", ["HALLWAY", "1", "\"\"", version, "User Commands"]);
    page.control("SH", ["NAME"]);
    page.text([roman("hallway - a quiet reminder of the people you have not talked to")]);
    page.control("SH", ["SYNOPSIS"]);
    usage(&mut page, &mut built);
    page.control("SH", ["DESCRIPTION"]);
    paragraphs(&mut page, help::ABOUT);
    page.control("SH", ["OPTIONS OF EVERY COMMAND"]);
    page.to_writer(to)?;
    options(&plain, to)?;

    to.write_all(b".SH COMMANDS\n")?;
    for verb in plain.get_subcommands() {
        command(verb, built.find_subcommand_mut(verb.get_name()), to)?;
    }

    let mut page = Roff::new();
    for (title, lines) in help::AFTER.split("\n\n").filter_map(|part| part.split_once(":\n")) {
        page.control("SH", [title.to_uppercase().as_str()]);
        verbatim(&mut page, lines);
    }
    page.control("SH", ["CONFIGURATION"]);
    verbatim(&mut page, DEFAULTS);
    page.control("SH", ["PRIVACY"]);
    paragraphs(&mut page, help::PRIVACY);
    page.control("SH", ["SEE ALSO"]);
    page.text([bold("mbsync"), roman("(1), "), bold("vdirsyncer"), roman("(1),")]);
    page.text([bold("systemctl"), roman("(1), "), bold("journalctl"), roman("(1)")]);
    body(&page, to)
}

/// One verb, and those inside it.
fn command(verb: &Command, built: Option<&mut Command>, to: &mut dyn Write) -> io::Result<()> {
    let Some(built) = built else { return Ok(()) };
    let mut page = Roff::new();
    let name = built.get_bin_name().unwrap_or_default().trim_start_matches("hallway ").to_owned();
    page.control("SS", [name.as_str()]);
    usage(&mut page, built);
    page.control("PP", []);
    let about = verb.get_long_about().or_else(|| verb.get_about());
    paragraphs(&mut page, &about.map(ToString::to_string).unwrap_or_default());
    body(&page, to)?;
    options(verb, to)?;
    if let Some(examples) = verb.get_after_long_help() {
        let examples = examples.to_string();
        let mut page = Roff::new();
        page.control("PP", []);
        verbatim(&mut page, examples.trim_start_matches("Examples:\n"));
        body(&page, to)?;
    }
    for inner in verb.get_subcommands() {
        command(inner, built.find_subcommand_mut(inner.get_name()), to)?;
    }
    Ok(())
}

fn usage(page: &mut Roff, built: &mut Command) {
    let usage = built.render_usage().to_string();
    let mut forms = usage.trim_start_matches("Usage:").lines().map(str::trim);
    page.text([bold(forms.next().unwrap_or_default())]);
    for form in forms {
        page.control("br", []);
        page.text([bold(form)]);
    }
}

/// What `clap_mangen` says of the options, without its heading and `--help`.
fn options(command: &Command, to: &mut dyn Write) -> io::Result<()> {
    let bare = command.clone().disable_help_flag(true).disable_version_flag(true);
    let mut section = Vec::new();
    Man::new(bare).render_options_section(&mut section)?;
    let section = String::from_utf8_lossy(&section);
    for line in section.lines().filter(|line| !line.starts_with(".SH ") && !preamble(line)) {
        writeln!(to, "{line}")?;
    }
    Ok(())
}

/// Everything but the preamble, which a page has once.
fn body(page: &Roff, to: &mut dyn Write) -> io::Result<()> {
    let text = page.render();
    text.lines().filter(|line| !preamble(line)).try_for_each(|line| writeln!(to, "{line}"))
}

/// How the writer of roff defines an apostrophe.
fn preamble(line: &str) -> bool {
    line.starts_with(".ie ") || line.starts_with(".el ")
}

fn paragraphs(page: &mut Roff, text: &str) {
    for (at, paragraph) in text.split("\n\n").enumerate() {
        if at > 0 {
            page.control("PP", []);
        }
        page.text([roman(paragraph)]);
    }
}

fn verbatim(page: &mut Roff, lines: &str) {
    page.control("EX", []);
    lines.lines().for_each(|line| {
        page.text([roman(line)]);
    });
    page.control("EE", []);
}
