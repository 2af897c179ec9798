//! The rules of the house that no compiler knows: who may name whom, what each file must open
//! with, how long it may grow, and which words stay out. Each rule is data or a small function
//! from text to breaches, and each is tried on bad samples before it is trusted with the house.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod paths;

use std::path::{Path, PathBuf};

use paths::{Named, named};

/// The walls: a room, and the rooms it may name. A room names only rooms above it, so the table
/// read downwards is the order to read the house in.
const WALLS: &[(&str, &[&str])] = &[
    // words
    ("text", &[]),
    ("secret", &[]),
    ("cursor", &[]),
    ("mail", &["text"]),
    // an attendee is a mailto:
    ("calendar", &["text", "mail"]),
    ("call", &["text", "mail"]),
    ("card", &["text", "mail"]),
    ("batch", &["text", "cursor", "mail", "calendar", "card"]),
    // judgement
    ("people", &["text", "mail", "calendar", "call", "card"]),
    ("interaction", &["text", "mail", "calendar", "call", "people"]),
    ("reliance", &["text", "mail", "calendar", "call", "people", "interaction"]),
    ("nudge", &["text", "mail", "calendar", "call", "people", "interaction", "reliance"]),
    ("digest", &["text", "mail", "calendar", "call", "people", "interaction", "reliance", "nudge"]),
    // doors
    ("source", &["text", "secret", "cursor", "mail", "calendar", "card", "batch"]),
    ("secrets", &["text", "secret"]),
    (
        "store",
        &[
            "text",
            "cursor",
            "mail",
            "calendar",
            "call",
            "card",
            "batch",
            "people",
            "interaction",
            "reliance",
            "nudge",
        ],
    ),
    // the answer "we talked" says how
    ("desktop", &["text", "call", "nudge"]),
    // front office
    ("settings", &["text", "secret", "mail", "people", "reliance", "nudge", "digest", "source"]),
    ("daemon", &[WORDS, JUDGEMENT, DOORS, "settings"]),
    ("demo", &[WORDS, JUDGEMENT, DOORS, "settings", "daemon"]),
    ("cli", &[WORDS, JUDGEMENT, DOORS, "settings", "daemon", "demo"]),
    ("main", &["settings", "daemon", "demo", "cli"]),
    ("lib", &[]),
];

/// Names for several rooms at once, in the table only.
const WORDS: &str = "text secret cursor mail calendar call card batch";
const JUDGEMENT: &str = "people interaction reliance nudge digest";
const DOORS: &str = "source secrets store desktop";

/// The most lines a file may have.
const LONGEST: usize = 600;

fn may_name(room: &str) -> Option<Vec<&'static str>> {
    let (_, rooms) = WALLS.iter().find(|(name, _)| *name == room)?;
    Some(rooms.iter().flat_map(|rooms| rooms.split(' ')).collect())
}

/// Where a source file stands below the crate's root: `src/source/disk.rs` is `source`, `disk`.
fn module(file: &str) -> Vec<&str> {
    let file = file.strip_prefix("src/").unwrap_or(file);
    let file = file.strip_suffix(".rs").unwrap_or(file);
    let file = file.strip_suffix("/mod").unwrap_or(file);
    file.split('/').collect()
}

/// Breaches of the walls in one file of `src`.
fn through_walls(file: &str, source: &str) -> Vec<String> {
    let module = module(file);
    let room = module.first().copied().unwrap_or_default();
    let Some(allowed) = may_name(room) else {
        return vec![format!("{file}: the room `{room}` has no row in the table of walls")];
    };
    let (place, root) = match room {
        "main" => (&[][..], "hallway"),
        "lib" => (&[][..], "crate"),
        _ => (&module[..], "crate"),
    };
    let breach = |Named { line, path }: Named| {
        let other = path.first().map_or("*", String::as_str);
        let fine = other == room || allowed.contains(&other);
        (!fine).then(|| format!("{file}:{line}: `{room}` may not name `{}`", path.join("::")))
    };
    named(source, place, root).into_iter().filter_map(breach).collect()
}

/// A Rust file without a word on what it is for.
fn without_header(file: &str, source: &str) -> Vec<String> {
    let says = source.lines().next().and_then(|line| line.strip_prefix("//! "));
    match says.map(str::trim) {
        Some(says) if says.len() > 10 => Vec::new(),
        _ => vec![format!("{file}:1: opens with no `//!` header")],
    }
}

/// A file too long to be read in one go.
fn too_long(file: &str, source: &str) -> Vec<String> {
    let lines = source.lines().count();
    if lines <= LONGEST {
        return Vec::new();
    }
    vec![format!("{file}: has {lines} lines, {LONGEST} are the limit: split it")]
}

/// A migration that could be skipped without a word.
fn skippable(file: &str, sql: &str) -> Vec<String> {
    let words: Vec<String> = sql.split_whitespace().map(str::to_uppercase).collect();
    if words.windows(3).any(|words| words == ["IF", "NOT", "EXISTS"]) {
        return vec![format!("{file}: IF NOT EXISTS hides a migration that did not run")];
    }
    Vec::new()
}

/// A Rust file that no `mod` names, so that nobody compiles it. `read` gives the text of a file.
fn undeclared(file: &str, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    let Some((folder, name)) = stem.rsplit_once('/') else { return Vec::new() };
    if matches!(stem, "src/lib" | "src/main" | "tests/it/main" | "tests/worlds/main")
        || folder == "benches"
    {
        return Vec::new();
    }
    let parents = [
        format!("{folder}/lib.rs"),
        format!("{folder}/main.rs"),
        format!("{folder}/mod.rs"),
        format!("{folder}.rs"),
    ];
    let declares = |line: &str| {
        let line = line.trim();
        let line =
            line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub(super) ")).unwrap_or(line);
        let line = line.strip_prefix("pub ").unwrap_or(line);
        line == format!("mod {name};")
    };
    if parents.iter().filter_map(|parent| read(parent)).any(|text| text.lines().any(declares)) {
        return Vec::new();
    }
    vec![format!("{file}: no `mod {name};` declares it, so it is never compiled")]
}

/// Words that say where or how the house was built, in pieces so that this file has none of them.
/// Those that begin with a slash are paths of a machine, and meant only where a path begins.
fn banned() -> Vec<String> {
    [["/wo", "rk/"], ["/ro", "ot/"], ["work", "tree"], ["BRI", "EF.md"], ["crates", ".io"]]
        .into_iter()
        .chain([["deb.", "debian.org"], ["snapshot.", "debian.org"], ["/home/", "runner"]])
        .map(|halves| halves.concat())
        .collect()
}

/// Banned words in a text file. The lock file names the registry on every other line.
fn with_banned_words(file: &str, text: &str) -> Vec<String> {
    if file == "Cargo.lock" {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        for word in banned() {
            let here = line.match_indices(&word).any(|(place, _)| {
                let before = line.get(..place).and_then(|text| text.chars().next_back());
                let inside = |c: char| c.is_alphanumeric() || "~._-/}".contains(c);
                !word.starts_with('/') || !before.is_some_and(inside)
            });
            if here {
                breaches.push(format!("{file}:{number}: {word:?} has no place here"));
            }
        }
    }
    breaches
}

/// Every file of the checkout but build products and the history, as paths from its root.
fn files() -> Vec<String> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            let kind = entry.file_type().unwrap();
            if name == "target" || name == ".git" {
                continue;
            }
            if kind.is_dir() {
                walk(&entry.path(), files);
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(root, &mut files);
    let mut files: Vec<String> = files
        .iter()
        .filter_map(|file| Some(file.strip_prefix(root).ok()?.to_str()?.to_owned()))
        .collect();
    files.sort();
    assert!(files.iter().any(|file| file == "src/lib.rs"), "{files:?}");
    files
}

/// The text of a file of the checkout; `None` when there is none, or when it is no text.
fn read(file: &str) -> Option<String> {
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).ok()?;
    (!bytes.contains(&0)).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

fn is_rust(file: &str) -> bool {
    file.ends_with(".rs") && ["src/", "tests/", "benches/"].iter().any(|top| file.starts_with(top))
}

/// Applies a rule to the files it is for, and fails with every breach.
#[track_caller]
fn holds(of: impl Fn(&str) -> bool, rule: impl Fn(&str, &str) -> Vec<String>) {
    let breaches: Vec<String> = files()
        .iter()
        .filter(|file| of(file))
        .filter_map(|file| Some(rule(file, &read(file)?)))
        .flatten()
        .collect();
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn nobody_reaches_through_a_wall() {
    holds(|file| file.starts_with("src/") && file.ends_with(".rs"), through_walls);
}

#[test]
fn every_file_opens_with_its_reason() {
    holds(is_rust, without_header);
}

#[test]
fn no_file_is_too_long() {
    holds(is_rust, too_long);
}

#[test]
fn every_file_is_compiled() {
    holds(is_rust, |file, _| undeclared(file, read));
}

#[test]
fn no_migration_can_be_skipped() {
    holds(|file| file.ends_with(".sql"), skippable);
}

#[test]
fn no_word_tells_of_the_building_site() {
    holds(|_| true, with_banned_words);
}

#[test]
fn walls_are_in_reading_order_and_doors_are_strangers() {
    let rooms: Vec<&str> = WALLS.iter().map(|(room, _)| *room).collect();
    for (place, room) in rooms.iter().enumerate() {
        for other in may_name(room).unwrap() {
            let above = rooms.iter().position(|known| *known == other);
            assert!(above.is_some_and(|above| above < place), "{room} names {other}");
        }
    }
    for door in DOORS.split(' ') {
        for other in DOORS.split(' ').chain(["settings", "daemon", "cli"]) {
            assert!(!may_name(door).unwrap().contains(&other), "{door} names {other}");
        }
    }
    for room in JUDGEMENT.split(' ') {
        for other in DOORS.split(' ').chain(["settings", "daemon", "cli"]) {
            assert!(!may_name(room).unwrap().contains(&other), "{room} names {other}");
        }
    }
}

#[track_caller]
fn check(breaches: Vec<String>, expect: &[&str]) {
    assert_eq!(breaches, expect);
}

#[test]
fn a_wall_is_a_wall() {
    let one = "src/source/disk.rs:1: `source` may not name `store`";
    check(through_walls("src/source/disk.rs", "use crate::store;"), &[one]);
    check(through_walls("src/source/disk.rs", "use super::super::store;"), &[one]);
    check(through_walls("src/source/disk.rs", "use crate::{mail, store};"), &[one]);
    check(through_walls("src/source/disk.rs", "use super::{Batch, disk}; use crate::mail;"), &[]);
    check(
        through_walls("src/nudge/mod.rs", "fn f() {\n    crate::settings::load()\n}"),
        &["src/nudge/mod.rs:2: `nudge` may not name `settings::load`"],
    );
    check(through_walls("src/text.rs", "mod tests {\n    use super::*;\n}"), &[]);
    check(
        through_walls("src/text.rs", "use super::*;"),
        &["src/text.rs:1: `text` may not name `*`"],
    );
    check(
        through_walls("src/text.rs", "mod tests { use super::super::mail; }"),
        &["src/text.rs:1: `text` may not name `mail`"],
    );
    check(through_walls("src/main.rs", "use hallway::{cli, settings}; mod x; use crate::x;"), &[]);
    check(
        through_walls("src/main.rs", "use hallway::store::Store;"),
        &["src/main.rs:1: `main` may not name `store::Store`"],
    );
    check(through_walls("src/daemon/mod.rs", "use crate::{mail, store, digest};"), &[]);
    check(
        through_walls("src/daemon/mod.rs", "use crate::cli::Command;"),
        &["src/daemon/mod.rs:1: `daemon` may not name `cli::Command`"],
    );
    check(
        through_walls("src/attic/mod.rs", ""),
        &["src/attic/mod.rs: the room `attic` has no row in the table of walls"],
    );
}

#[test]
fn a_header_says_something() {
    let none = &["src/x.rs:1: opens with no `//!` header"];
    check(without_header("src/x.rs", "//! What it is.\n"), &[]);
    check(without_header("src/x.rs", "//!\n//! What it is.\n"), none);
    check(without_header("src/x.rs", "//! X.\n"), none);
    check(without_header("src/x.rs", "// What it is.\n"), none);
    check(without_header("src/x.rs", "\n//! What it is.\n"), none);
    check(without_header("src/x.rs", ""), none);
}

#[test]
fn long_is_more_than_six_hundred_lines() {
    check(too_long("src/x.rs", &"\n".repeat(600)), &[]);
    check(
        too_long("src/x.rs", &"\n".repeat(601)),
        &["src/x.rs: has 601 lines, 600 are the limit: split it"],
    );
}

#[test]
fn skipping_is_seen_in_any_case_and_over_lines() {
    check(skippable("a.sql", "CREATE TABLE x (y INTEGER NOT NULL) STRICT;"), &[]);
    let one = &["a.sql: IF NOT EXISTS hides a migration that did not run"];
    check(skippable("a.sql", "CREATE TABLE IF NOT EXISTS x"), one);
    check(skippable("a.sql", "create table if\n  not exists x"), one);
}

#[test]
fn a_file_must_be_declared_by_its_parent() {
    let read = |file: &str| {
        let text = match file {
            "tests/it/main.rs" => "mod mail;\npub(crate) mod desktop;\n// mod store;\n",
            "tests/it/desktop.rs" => "    mod fake;\n",
            "src/lib.rs" => "pub mod text;\n",
            _ => return None,
        };
        Some(text.to_owned())
    };
    for file in [
        "tests/it/main.rs",
        "tests/it/mail.rs",
        "tests/it/desktop.rs",
        "tests/it/desktop/fake.rs",
        "src/text.rs",
        "src/text/mod.rs",
        "src/lib.rs",
        "benches/scan.rs",
    ] {
        check(undeclared(file, read), &[]);
    }
    for (file, name) in [("tests/it/store.rs", "store"), ("src/mail/mod.rs", "mail")] {
        let told = format!("{file}: no `mod {name};` declares it, so it is never compiled");
        check(undeclared(file, read), &[&told]);
    }
}

#[test]
fn banned_words_are_found_where_they_are_meant() {
    let [work, lock] = [["see /wo", "rk/main"].concat(), ["x crates", ".io y"].concat()];
    assert_eq!(with_banned_words("README.md", &work).len(), 1);
    assert_eq!(with_banned_words("README.md", &lock).len(), 1);
    check(with_banned_words("Cargo.lock", &lock), &[]);
    for fine in [["path = \"~/wo", "rk/mail\""], ["dav/wo", "rk/x.ics"], ["a", " line"]] {
        check(with_banned_words("README.md", &fine.concat()), &[]);
    }
}
