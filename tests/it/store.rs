//! The store from outside: what is recorded, what comes back, what it refuses, what it survives.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the lints leave test functions alone; their helpers are tests as well"
)]

mod absent;
mod crash;
mod derivation;
mod derived;
mod facts;
mod forget;
mod hindsight;
mod kept;
mod laws;
mod people;
mod text;
mod told;
mod trust;

use std::path::{Path, PathBuf};
use std::process::Command;

use hallway::store::{Kind, SourceId, Store};

/// A store with a mailbox and a calendar, both named "work".
fn store() -> (Store, SourceId, SourceId) {
    let mut store = Store::in_memory().unwrap();
    let mail = store.source(Kind::Mail, "work").unwrap();
    let calendar = store.source(Kind::Calendar, "work").unwrap();
    (store, mail, calendar)
}

/// The variable by which a test that runs itself once more tells its other self what to do.
const ROLE: &str = "HALLWAY_STORE_TEST";

/// This test binary once more, to run one test in another role; `with` is put before the command.
fn once_more(with: &[&str], test: &str, folder: &Path) -> Command {
    let me = std::env::current_exe().unwrap();
    let words = ["--exact", "--nocapture", "--test-threads", "1", test];
    let mut command = match with {
        [] => Command::new(me),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(me);
            command
        }
    };
    command.args(words).env(ROLE, folder);
    command
}

/// The folder to work in, when this is the other self.
#[expect(clippy::disallowed_methods, reason = "a test that runs itself once more has no other way")]
fn role() -> Option<PathBuf> {
    std::env::var_os(ROLE).map(PathBuf::from)
}

/// All facts as text.
fn dump(store: &Store) -> String {
    let mut text = String::new();
    store
        .dump(|line| {
            text.push_str(line);
            text.push('\n');
        })
        .unwrap();
    text
}
