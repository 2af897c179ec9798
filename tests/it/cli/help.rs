//! What the program says of itself: help, manual page, completions.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use clap::CommandFactory as _;
use expect_test::expect_file;

use super::Home;

/// Every verb, with those inside it, as words.
fn verbs() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, before: &[String], found: &mut Vec<Vec<String>>) {
        for verb in command.get_subcommands() {
            let mut words = before.to_vec();
            words.push(verb.get_name().to_owned());
            found.push(words.clone());
            walk(verb, &words, found);
        }
    }
    let mut found = vec![Vec::new()];
    walk(&hallway::cli::Arguments::command(), &[], &mut found);
    found
}

#[test]
fn the_definition_holds_together() {
    hallway::cli::Arguments::command().debug_assert();
}

/// The help texts are files beside the tests, so that a change of one is read before it is made.
#[test]
fn help_is_as_written_down() {
    let home = Home::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/help");
    let mut written = BTreeSet::new();
    let mut compare = |words: &[&str], name: &str| {
        let output = home.run(words);
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert!(output.stderr.is_empty(), "{words:?}");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(!text.contains('\u{1b}'), "{words:?}: colors into a pipe");
        expect_file![folder.join(name)].assert_eq(&text);
        written.insert(name.to_owned());
    };
    compare(&["-h"], "summary.txt");
    for verb in verbs() {
        let name = if verb.is_empty() { "hallway".to_owned() } else { verb.join("-") };
        let mut words: Vec<_> = verb.iter().map(String::as_str).collect();
        words.push("--help");
        compare(&words, &format!("{name}.txt"));
    }
    let there = fs::read_dir(folder).expect("the folder");
    let there =
        there.map(|entry| entry.expect("an entry").file_name().into_string().expect("text"));
    assert_eq!(there.collect::<BTreeSet<_>>(), written, "a help text without its verb");
}

/// A summary is one line; every verb that is no detail of another has a paragraph and an example.
#[test]
fn every_verb_is_explained() {
    for command in hallway::cli::Arguments::command().get_subcommands() {
        let name = command.get_name();
        let about = command.get_about().expect("a summary").to_string();
        let long = command.get_long_about().expect("a paragraph").to_string();
        let examples = command.get_after_long_help().expect("examples").to_string();
        assert!(about.len() <= 75 && !about.ends_with('.'), "{name}: {about}");
        assert!(long.starts_with(&format!("{about}.\n\n")), "{name}: {long}");
        assert!(examples.starts_with("Examples:\n"), "{name}: {examples}");
        assert!(examples.lines().all(|line| line.len() <= 100), "{name}: {examples}");
    }
}

/// Every example in a help text is a command line that is understood.
#[test]
fn examples_are_understood() {
    let mut seen = 0;
    for command in hallway::cli::Arguments::command().get_subcommands() {
        let examples = command.get_after_long_help().expect("examples").to_string();
        for line in examples.lines().filter_map(|line| line.strip_prefix("  hallway ")) {
            // Up to the remark or whatever the shell does with the output.
            let line = line.split("   ").next().expect("a line");
            let line = line.split([';', '|', '>', '&']).next().expect("a line");
            let (mut words, mut quoted) = (vec!["hallway".to_owned(), String::new()], false);
            for character in line.trim().chars() {
                match character {
                    '"' => quoted = !quoted,
                    ' ' if !quoted => words.push(String::new()),
                    other => words.last_mut().expect("a word").push(other),
                }
            }
            let parsed = <hallway::cli::Arguments as clap::Parser>::try_parse_from(&words);
            assert!(parsed.is_ok(), "{words:?}: {}", parsed.expect_err("refused"));
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn what_needs_no_configuration_works_with_a_broken_one() {
    let home = Home::with("this is no TOML");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = home.run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = String::from_utf8(output.stdout).expect("text");
        for verb in verbs() {
            assert!(verb.last().is_none_or(|verb| script.contains(verb.as_str())), "{verb:?}");
        }
        assert!(script.contains("as-of") && script.contains("config"), "{shell}");
    }
    assert_eq!(home.run(&["man"]).status.code(), Some(0));
}

#[test]
fn bash_takes_the_completions() {
    let home = Home::new();
    let script = home.path().join("hallway.bash");
    fs::write(&script, home.run(&["completions", "bash"]).stdout).expect("written");
    // Loads them, completes what was typed so far, and prints what is offered.
    let typed = |words: &str| {
        let mut last = words.rsplit(' ');
        let (current, before) = (last.next().expect("a word"), last.next().expect("one before"));
        let line = format!(
            "source {}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _hallway hallway {current} {before}; echo ${{COMPREPLY[@]}}",
            script.display()
        );
        let output = Command::new("bash").args(["--norc", "-c", &line]).env_clear().output();
        let output = output.expect("bash is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    };
    assert_eq!(typed("hallway st"), "status");
    assert_eq!(typed("hallway people jo"), "join");
    assert_eq!(typed("hallway talked Jo --how v"), "visit");
}

#[test]
fn the_manual_page_is_whole_and_sets_without_a_warning() {
    let home = Home::new();
    let page = home.run(&["man"]).stdout;
    let file = home.path().join("hallway.1");
    fs::write(&file, &page).expect("written");
    let page = String::from_utf8(page).expect("text");
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "FILES", "ENVIRONMENT"] {
        assert!(page.contains(&format!(".SH {section}\n")), "{section}");
    }
    for section in ["EXIT STATUS", "EXAMPLES", "CONFIGURATION", "PRIVACY", "SEE ALSO"] {
        assert!(
            page.contains(&format!(".SH \"{section}\"\n"))
                || page.contains(&format!(".SH {section}\n")),
            "{section}"
        );
    }
    for verb in verbs().iter().filter(|verb| !verb.is_empty()) {
        let name = verb.join(" ");
        let heading =
            if verb.len() > 1 { format!(".SS \"{name}\"\n") } else { format!(".SS {name}\n") };
        assert!(page.contains(&heading), "{heading}");
    }
    let groff = Command::new("groff").args(["-man", "-Tutf8", "-ww", "-z"]).arg(&file).output();
    let groff = groff.expect("groff is there");
    assert!(
        groff.status.success() && groff.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&groff.stderr)
    );
}
