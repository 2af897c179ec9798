//! Configurations as files: what is read from the good ones, what is said about the bad ones.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use expect_test::{Expect, expect, expect_file};

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
    let Settings { rules, mail, calendars, zone, work, absence_categories, .. } = settings;
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
    mail.iter().chain(calendars).for_each(|account| line(&account.id(), account));
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
    let told: Vec<_> =
        ledger.faults.iter().map(|fault| format!("{}: {}", fault.key, fault.what)).collect();
    expect![[r#"
        mail.type: this version reads mail from disk (maildir, mbox), not from a server
        calendar.url: this version reads calendars from disk (vdir, ics), not from a server
        calendar.type: this version reads calendars from disk (vdir, ics), not from a server"#]]
    .assert_eq(&told.join("\n"));
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
    let told = |key: &str| match key.rsplit_once(".password.") {
        Some((_, place)) => DEFAULTS.contains(&format!("{{ {place} = ")),
        None => false,
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

fn layered(pairs: &[(&str, &str)], set: &[&str], expect: Expect) {
    let environment =
        Environment::of([("HOME", "/home/ana")].into_iter().chain(pairs.iter().copied()));
    let request = Request { config: None, set: set.iter().map(|set| (*set).to_owned()).collect() };
    let told = match load(&environment, &request) {
        Ok(settings) => {
            let changed =
                settings.provenance().iter().filter(|value| value.origin != Origin::Default);
            let values = changed.map(|one| format!("{} = {} ({})", one.key, one.value, one.origin));
            let warnings = settings.warnings.iter().map(|warning| format!("warning: {warning}"));
            values.chain(warnings).collect::<Vec<_>>().join("\n")
        }
        Err(faults) => faults.to_string(),
    };
    expect.assert_eq(&told);
}

#[test]
fn environment_and_arguments_win_over_files() {
    layered(&[], &[], expect![[""]]);
    layered(
        &[("HALLWAY_NUDGE_PER_DAY", "2"), ("HALLWAY_ME_TIME_ZONE", "Europe/Berlin")],
        &[],
        expect![[r#"
            me.time-zone = "Europe/Berlin" (environment variable HALLWAY_ME_TIME_ZONE)
            nudge.per-day = 2 (environment variable HALLWAY_NUDGE_PER_DAY)"#]],
    );
    layered(
        &[("HALLWAY_NUDGE_PER_DAY", "2"), ("HALLWAY_ME_ADDRESSES", "ana@agency.test")],
        &["nudge.per-day=1", "nudge.per-day = 3", "digest.on=tuesday 09:00"],
        expect![[r#"
            me.addresses = "ana@agency.test" (environment variable HALLWAY_ME_ADDRESSES)
            nudge.per-day = 3 (--set nudge.per-day = 3)
            digest.on = "tuesday 09:00" (--set digest.on=tuesday 09:00)"#]],
    );
    layered(
        &[("HALLWAY_ME_WORKING_HOURS", "{ from = '07:00' }")],
        &[],
        expect!["me.working-hours.from = '07:00' (environment variable HALLWAY_ME_WORKING_HOURS)"],
    );
    layered(
        &[],
        &["nudge.hours={from='10:00',to='11:00'}"],
        expect![[r#"
        nudge.hours.from = '10:00' (--set nudge.hours={from='10:00',to='11:00'})
        nudge.hours.to = '11:00' (--set nudge.hours={from='10:00',to='11:00'})"#]],
    );
}

#[test]
fn wrong_variables_and_arguments_are_named() {
    layered(
        &[("HALLWAY_NUDGE_PER_DAY", "many")],
        &["nudge.per-dya=2", "later"],
        expect![[r#"
            3 mistakes in the configuration
              environment variable HALLWAY_NUDGE_PER_DAY: nudge.per-day: is text, but must be a whole number; write a number from 1 to 10, without quotes
              --set later: sets nothing; write it as key=value
              --set nudge.per-dya=2: nudge.per-dya: no such key; did you mean per-day?"#]],
    );
    layered(
        &[("HALLWAY_NUDGE_PERDAY", "2"), ("HALLWAY_LOG", "debug")],
        &[],
        expect![
            "warning: environment variable HALLWAY_NUDGE_PERDAY: sets nothing; did you mean HALLWAY_NUDGE_PER_DAY?"
        ],
    );
    layered(
        &[("HALLWAY_CONFIG", "/nowhere/hallway.toml")],
        &[],
        expect!["/nowhere/hallway.toml: is not there; check the name, or leave it out"],
    );
    layered(
        &[("HALLWAY_CONFIG", "/")],
        &["a b=1"],
        expect![[r#"
        2 mistakes in the configuration
          /: is a folder; name the file inside it
          --set a b=1: not valid TOML: key with no value, expected `=`; look for a missing quote, bracket or equals sign"#]],
    );
    layered(
        &[("HOME", "")],
        &[],
        expect![
            "environment variable HOME: is not set, and this user has no home directory; set HOME, or XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_CACHE_HOME"
        ],
    );
}

#[test]
fn layers_of_files_are_merged_key_by_key_and_lists_taken_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name).join("hallway/config.toml");
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        std::fs::write(&file, text).expect("written");
    };
    write(
        "far",
        "[nudge]\nper-week = 9\nlater = '9d'\n[[client]]\nname = 'Far'\npeople = 'a@far.test'\n",
    );
    write("near", "[nudge]\nper-week = 8\n[me]\nworking-hours = { from = '07:00' }\n");
    write("user", "[[client]]\nname = 'Acme'\ndomains = 'acme.test'\n[nudge]\nper-day = 2\n");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let dirs = format!("{}:relative:{}", at("near"), at("far"));
    let user = at("user");
    let environment = Environment::of([
        ("HOME", "/home/ana"),
        ("XDG_CONFIG_DIRS", dirs.as_str()),
        ("XDG_CONFIG_HOME", user.as_str()),
    ]);
    let settings = load(&environment, &Request::default()).expect("nothing is wrong");
    let names: Vec<_> = settings.rules.clients.iter().map(|client| client.name.as_str()).collect();
    assert_eq!(names, ["Acme"]);
    let NudgeSettings { per_day, per_week, later_days, client_rest_days, .. } = settings.nudge;
    assert_eq!((per_day, per_week, later_days, client_rest_days), (2, 8, 9, 14));
    assert_eq!((settings.work.from.hour(), settings.work.to.hour()), (7, 18));
    let origin = |key: &str| {
        let mut all = settings.provenance().iter();
        all.find(|one| one.key == key).expect("listed").origin.to_string()
    };
    assert_eq!(origin("nudge.later"), format!("{}/hallway/config.toml:3:9", at("far")));
    assert_eq!(origin("nudge.per-week"), format!("{}/hallway/config.toml:2:12", at("near")));
    assert_eq!(origin("client.Acme.domains"), format!("{user}/hallway/config.toml:3:11"));
    assert_eq!(origin("nudge.client-rest"), "default");

    // A file named outright stands alone.
    write("alone", "[nudge]\nper-day = 3\n");
    let config = Some(folder.path().join("alone/hallway/config.toml"));
    let settings = load(&environment, &Request { config: config.clone(), set: Vec::new() });
    let settings = settings.expect("nothing is wrong");
    assert_eq!((settings.nudge.per_day, settings.nudge.per_week), (3, 3));
    assert_eq!(Some(settings.paths.config), config);
}

#[test]
fn what_looks_wrong_is_a_warning_and_what_cannot_be_read_a_fault() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    let told = |bytes: &[u8], mode: u32| {
        std::fs::write(&file, bytes).expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("set");
        let told = match load(&ana(), &Request { config: Some(file.clone()), set: Vec::new() }) {
            Ok(settings) => {
                settings.warnings.iter().map(|one| format!("warning: {one}\n")).collect()
            }
            Err(faults) => faults.to_string(),
        };
        told.replace(&folder.path().display().to_string(), "")
    };
    assert_eq!(told(b"", 0o600), "");
    assert_eq!(told(b"", 0o644), "");
    expect![[r#"
        warning: /config.toml: others may change it; run chmod 600 on it
    "#]]
    .assert_eq(&told(b"", 0o620));
    expect![[r#"
        warning: /config.toml: others may change it; run chmod 600 on it
        warning: /config.toml: me.addresses: none of your addresses is known; add addresses = ["you@your.domain"] under [me]
        warning: /config.toml:3:8: mail.path: /nowhere/at/all is not there; check the path; until then nothing is read from it
    "#]].assert_eq(&told(b"[[mail]]\ntype = 'mbox'\npath = '/nowhere/at/all'\n", 0o602));
    expect!["/config.toml:2:6: is not UTF-8 text from here on; save it as UTF-8"]
        .assert_eq(&told(b"[me]\n# caf\xe9\n", 0o600));
    expect!["/config.toml: is larger than 1 MiB; check that it is the right file"]
        .assert_eq(&told(&b"#".repeat(1 << 21), 0o600));
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
        write these three lines to ~/.config/hallway/config.toml, with the folder your mail is in:

            [[mail]]
            type = "maildir"
            path = "~/Mail"

        "hallway demo" shows what comes of it, without any mail"#]].assert_eq(&steps().replace(&home, "~"));
    std::fs::create_dir(folder.path().join("Maildir")).expect("created");
    let lines: Vec<_> =
        steps().lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned).collect();
    assert_eq!(lines.len(), 3);
    let config = folder.path().join("config.toml");
    std::fs::write(&config, lines.join("\n")).expect("written");
    let settings = load(&environment, &Request { config: Some(config), set: Vec::new() });
    let settings = settings.expect("the three lines are right");
    assert!(settings.has_sources());
    let path = folder.path().join("Maildir");
    let spec = crate::source::Spec::Maildir { path, include: Vec::new(), exclude: Vec::new() };
    assert_eq!(settings.mail.first().map(|mail| &mail.spec), Some(&spec));
    assert_eq!(settings.warnings.len(), 1, "only the own address is missing");
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
