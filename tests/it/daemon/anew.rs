//! A daemon that has learned a mailbox begins anew: the same process under the same lock, and to
//! whoever watches nothing has happened.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hallway::store::Store;
use rustix::process::Signal;

use super::{Daemon, now, until};
use crate::desktop::desk::Desk;
use crate::world::Home;

/// More messages than a daemon learns without beginning anew.
const MANY: usize = 5_500;

/// A home whose world has a large mailbox besides, and none of the demo's nudges.
fn home() -> Home {
    let home = Home::with("");
    std::fs::write(home.world().join("many.mbox"), mbox()).unwrap();
    let text = std::fs::read_to_string(home.config()).unwrap();
    let path = home.world().join("many.mbox");
    let more = format!("[[mail]]\nname = \"many\"\ntype = \"mbox\"\npath = {path:?}\n\n[[mail]]\n");
    std::fs::write(home.config(), text.replacen("[[mail]]\n", &more, 1)).unwrap();
    home
}

/// So much mail, of ten people over two years.
pub(crate) fn mbox() -> String {
    let mut mbox = String::new();
    for number in 0..MANY {
        let when = 1_700_000_000 + i64::try_from(number).unwrap() * 10_000;
        let date = jiff::Timestamp::from_second(when).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        mbox += &format!(
            "From x Mon Mar  2 10:00:00 2026\nFrom: <p{}@borealis.test>\nTo: ana@agency.test\n\
             Date: {}\nMessage-ID: <many-{number}@test>\n\nhello\n\n",
            number % 10,
            jiff::fmt::rfc2822::to_string(&date).unwrap()
        );
    }
    mbox
}

fn state(home: &Home) -> PathBuf {
    home.path().join(".local/state/hallway")
}

/// Whether a daemon is one that has begun anew: the lock was handed to it.
fn is_new(daemon: &Daemon) -> bool {
    let input = std::fs::read_link(format!("/proc/{}/fd/0", daemon.0.id()));
    input.is_ok_and(|input| input.ends_with("state/hallway/lock"))
}

fn facts(home: &Home) -> String {
    let mut text = String::new();
    let store = Store::open(&state(home).join("hallway.sqlite")).unwrap();
    store.dump(|line| text.extend([line, "\n"])).unwrap();
    text
}

/// What a scan makes of the same world.
fn scanned(home: &Home) -> String {
    std::fs::remove_dir_all(state(home)).unwrap();
    home.text(&["scan"]);
    facts(home)
}

#[test]
fn the_same_process_begins_anew_and_nobody_else_gets_in() {
    let home = home();
    let mut desk = Desk::bare();
    let mut daemon = Daemon::start(&home, &desk.address());
    let database = state(&home).join("hallway.sqlite");
    until("a database", || database.exists());
    let (over, free) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let taken = hallway::daemon::lock(&state(&home)).unwrap();
                free.fetch_or(taken.is_some(), Ordering::Relaxed);
            }
        });
        until("a new beginning", || is_new(&daemon));
        home.deliver("later", "Priya Nair <priya.nair@borealis.test>");
        until("a message after that", || {
            home.text(&["interactions", "--json"]).contains("later@test")
        });
        over.store(true, Ordering::Relaxed);
    });
    assert!(!free.load(Ordering::Relaxed), "somebody else could have taken the lock");

    daemon.signal(Signal::HUP);
    home.deliver("latest", "Priya Nair <priya.nair@borealis.test>");
    until("a message after a reload", || {
        home.text(&["interactions", "--json"]).contains("latest@test")
    });
    let began = now();
    daemon.signal(Signal::TERM);
    assert!(daemon.0.wait().unwrap().success());
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let found = facts(&home);
    assert!(found == scanned(&home), "the facts are not those of a scan");
}

#[test]
fn killed_on_the_way_it_loses_nothing() {
    let home = home();
    let mut desk = Desk::bare();
    let began = now();
    let daemon = Daemon::start(&home, &desk.address());
    until("a new beginning", || is_new(&daemon));
    let took = began.elapsed();
    drop(daemon);
    let whole = scanned(&home);
    for kill in 1..=8 {
        std::fs::remove_dir_all(state(&home)).unwrap();
        let daemon = Daemon::start(&home, &desk.address());
        // the last quarter of the way, and a little beyond it
        std::thread::sleep(took * 3 / 4 + took * kill / 24);
        drop(daemon);
        home.text(&["scan"]);
        assert!(facts(&home) == whole, "kill {kill}: the facts are not those of a scan");
    }
}

/// Lets a daemon learn the large mailbox while something is done to its program or its
/// configuration, which has to keep it from beginning anew.
fn is_hindered(by: impl FnOnce(&Path, &Path)) {
    let home = home();
    let mut desk = Desk::bare();
    let (program, config) = (home.path().join("hallway"), home.path().join("config.toml"));
    std::fs::copy(env!("CARGO_BIN_EXE_hallway"), &program).unwrap();
    std::fs::copy(home.config(), &config).unwrap();
    let mut command = Command::new(&program);
    command.env_clear().env("HOME", home.path()).arg("--config").arg(&config).arg("run");
    command.env("DBUS_SESSION_BUS_ADDRESS", desk.address());
    let daemon = Daemon(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap());
    until("a database", || state(&home).join("hallway.sqlite").exists());
    by(&program, &config);
    // What is judged together with the first was read beside the large mailbox, and the second
    // after it was decided whether to begin anew.
    for name in ["later", "latest"] {
        home.deliver(name, "Priya Nair <priya.nair@borealis.test>");
        let reference = format!("{name}@test");
        until("a message more", || home.text(&["interactions", "--json"]).contains(&reference));
    }
    let text = facts(&home);
    assert!(text.matches("many-").count() >= MANY, "the large mailbox was not read");
    assert!(!is_new(&daemon));
}

#[test]
fn a_program_that_was_replaced_is_not_begun_anew() {
    is_hindered(|program, _| {
        std::fs::remove_file(program).unwrap();
        std::fs::write(program, "#!/bin/sh\nexit 9\n").unwrap();
    });
}

#[test]
fn with_a_broken_configuration_it_stays_as_it_is() {
    is_hindered(|_, config| std::fs::write(config, "nonsense").unwrap());
}
