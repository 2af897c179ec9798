//! Configurations as files: what is read from the good ones, what is said about the bad ones.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use expect_test::{expect, expect_file};

use super::document::{Source, Text};
use super::section::Ledger;
use super::*;

fn ana() -> Environment {
    Environment::of([("HOME", "/home/ana")])
}

fn samples(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/config").join(folder);
    let files =
        std::fs::read_dir(folder).expect("samples").map(|entry| entry.expect("entry").path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Reads one file and compares what comes of it with the file beside it.
fn check(file: &Path) {
    let request = Request { config: Some(file.to_path_buf()), set: Vec::new() };
    let told = match load(&ana(), &request) {
        Ok(settings) => format!("{}\n", told(&settings)),
        Err(faults) => format!("{faults}\n"),
    };
    let told = told.replace(&file.display().to_string(), "config.toml");
    expect_file![file.with_extension("expect")].assert_eq(&told);
}

fn told(settings: &Settings) -> String {
    let Settings { rules, mail, calendars, contacts, zone, work, absence_categories, .. } =
        settings;
    let mut told = String::new();
    let mut line = |what: &str, value: &dyn std::fmt::Debug| {
        writeln!(told, "{what}: {value:?}").expect("a string takes everything");
    };
    line("me", &(&rules.me, &rules.colleagues));
    let zone_given = settings
        .provenance
        .iter()
        .any(|one| one.key == "me.time-zone" && one.origin != Origin::Default);
    // The zone of whatever machine runs this is no business of a snapshot.
    line("zone", &zone.iana_name().filter(|_| zone_given).unwrap_or("of the machine"));
    line("work", work);
    line("absences", absence_categories);
    line("robots", &rules.robots.len());
    line("trust", &rules.trust_suggestions);
    rules.clients.iter().for_each(|client| line("client", client));
    rules.people.iter().for_each(|person| line("person", person));
    mail.iter().chain(calendars).chain(contacts).for_each(|account| line(&account.id(), account));
    line("nudge", &settings.nudge);
    line("digest", &settings.digest);
    line("desktop", &settings.desktop);
    told.trim_end().to_owned()
}

#[test]
fn good_files_are_read() {
    for file in samples("good") {
        check(&file);
    }
}

#[test]
fn bad_files_are_refused_with_place_key_and_remedy() {
    for file in samples("bad") {
        check(&file);
        let request = Request { config: Some(file.clone()), set: Vec::new() };
        let faults = load(&ana(), &request).expect_err("a bad file must be refused");
        for fault in faults.iter() {
            let line = matches!(&fault.origin, Origin::File { line, .. } if *line > 0);
            assert!(line && !fault.what.is_empty() && !fault.remedy.is_empty(), "{fault}");
        }
    }
}

/// The default file with its examples: lines that begin with `#` and no blank. An example of a
/// key that has a default takes the place of that default.
fn with_examples() -> String {
    let key = |line: &str| line.split_once(" = ").map(|(key, _)| key.to_owned());
    let mut lines: Vec<String> = Vec::new();
    for line in DEFAULTS.lines() {
        let example =
            line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' '));
        let line = example.unwrap_or(line).to_owned();
        if example.is_some()
            && key(&line).is_some()
            && lines.last().and_then(|last| key(last)) == key(&line)
        {
            lines.pop();
        }
        lines.push(line);
    }
    lines.join("\n")
}

fn read(text: &str) -> (Option<Settings>, Ledger) {
    let text = Text { source: Source::File("hallway.toml".into()), text: text.to_owned() };
    let documents = [text.parse().expect("the default file is TOML")];
    let mut ledger = Ledger::default();
    let paths = ana().paths().expect("there is a home");
    let home = Some(Path::new("/home/ana"));
    let zone = || Ok(TimeZone::UTC);
    let settings = resolve::settings(&documents, paths, home, &zone, &mut ledger);
    (settings, ledger)
}

#[test]
fn the_defaults_are_complete_and_know_no_other_key() {
    let (settings, ledger) = read(DEFAULTS);
    assert_eq!(ledger.faults, []);
    let settings = settings.expect("every setting has a default");
    assert!(!settings.has_sources() && settings.rules.clients.is_empty());
}

#[test]
fn the_examples_in_the_default_file_are_right() {
    let (_, ledger) = read(&with_examples());
    assert_eq!(ledger.faults, []);
}

/// The names of all keys in a table, as `section.key`.
fn keys(table: &toml::Table, prefix: &str, found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => keys(inner, &key, found),
            toml::Value::Array(items) => {
                items
                    .iter()
                    .filter_map(|item| item.as_table())
                    .for_each(|item| keys(item, &key, found));
            }
            _ => {}
        }
        found.insert(key);
    }
}

/// Every key that the code asks for stands in the default file, as a default or an example; that
/// every key in there is asked for is checked whenever the file is read.
#[test]
fn the_default_file_shows_every_key() {
    let mut shown = BTreeSet::new();
    keys(&with_examples().parse().expect("the examples are TOML"), "", &mut shown);
    let (_, ledger) = read(&with_examples());
    // Of the places of a password only one can be an example; a comment shows the others.
    let told = |key: &str| {
        let place = key.rsplit_once(".password.").or(key.rsplit_once(".token."));
        place.is_some_and(|(_, place)| DEFAULTS.contains(&format!("{{ {place} = ")))
    };
    let known = ledger.known();
    let missing: Vec<_> = known.difference(&shown).filter(|key| !told(key)).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn every_key_in_the_default_file_is_explained_where_it_first_stands() {
    let mut seen = BTreeSet::new();
    let mut before = "";
    for line in DEFAULTS.lines() {
        let bare = line.strip_prefix('#').unwrap_or(line);
        let key = bare.split_once(" = ").map(|(key, _)| key).filter(|key| !key.contains(' '));
        if let Some(key) = key
            && seen.insert(key)
        {
            assert!(before.starts_with("# "), "{line}: no comment above it");
        }
        before = line;
    }
    assert!(seen.len() > 30, "{seen:?}");
}

#[test]
fn the_defaults_serve_wherever_the_file_is_broken() {
    let settings =
        defaults(&Environment::of([("HOME", "/home/ana"), ("HALLWAY_NUDGE_LATER", "x")]));
    assert_eq!(settings.expect("files are not read").nudge.later_days, 7);
    defaults(&Environment::of([])).expect_err("there is nowhere to keep files");
}

#[test]
fn the_first_steps_are_a_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().display().to_string();
    let environment = Environment::of([("HOME", home.as_str())]);
    let steps = || defaults(&environment).expect("defaults").first_steps(&environment);
    expect![[r#"
        write these lines to ~/.config/hallway/config.toml, with your own address and the folder your mail is in:

            [me]
            addresses = ["you@your.domain"]

            [[mail]]
            type = "maildir"
            path = "~/Mail"

        "hallway demo" shows what comes of it, without any mail"#]]
    .assert_eq(&steps().replace(&home, "~"));
    std::fs::create_dir(folder.path().join("Maildir")).expect("created");
    let lines: Vec<_> =
        steps().lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned).collect();
    assert_eq!(lines.len(), 5);
    let config = folder.path().join("config.toml");
    std::fs::write(&config, lines.join("\n")).expect("written");
    let settings = load(&environment, &Request { config: Some(config), set: Vec::new() });
    let settings = settings.expect("the lines are right");
    assert!(settings.has_sources());
    let path = folder.path().join("Maildir");
    let spec = crate::source::Spec::Maildir { path, include: Vec::new(), exclude: Vec::new() };
    assert_eq!(settings.mail.first().map(|mail| &mail.spec), Some(&spec));
    assert_eq!(settings.warnings.len(), 0, "nothing is missing");
}

proptest::proptest! {
    /// Whatever a file holds, it is read or refused with a remedy for each fault, and a password
    /// written into it is not repeated.
    #[test]
    fn any_text_is_read_or_refused(at in 0_usize..12_000, length in 0_usize..40, put in "[a-z0-9\\[\\]{}=\"'.,#\n -]{0,12}") {
        let mut text = with_examples().replace("{ keyring = true }", "'hunter2hunter2'");
        let bound = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let (from, to) = (bound(at), bound(at + length));
        text.replace_range(from..to, &put);
        let layer = Text { source: Source::Argument("x".to_owned()), text };
        match super::resolve(&[layers::inside(), layer], ana().paths(), ana().home(), Ledger::default()) {
            Ok(settings) => assert!(!settings.provenance().is_empty()),
            Err(faults) => for fault in faults.iter() {
                assert!(!fault.what.is_empty() && !fault.remedy.is_empty());
                assert!(!fault.to_string().contains("hunter2hunter2"), "{fault}");
            }
        }
    }
}
