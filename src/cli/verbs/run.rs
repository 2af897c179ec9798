//! `hallway run`: the daemon.

use std::ffi::OsString;

use super::Session;
use super::scan::alone;
use crate::cli::failure::{Failure, Kind};
use crate::daemon::{self, Anew, Daemon, Plan};
use crate::desktop::{Bus, Session as Desktop};
use crate::settings::Settings;

/// Runs until told to stop. `words` are those that the program was called with; `reread` reads the
/// configuration again.
pub fn run(
    session: &Session<'_>,
    words: impl IntoIterator<Item = OsString>,
    reread: impl Fn() -> Result<Settings, Failure>,
) -> Result<(), Failure> {
    let lock = alone(session)?;
    let anew = Anew::new(words, &lock).map_err(Failure::try_again)?;
    let store = session.writing()?;
    let daemon = Daemon::new(session.plan.clone(), store, session.now.timestamp())?;
    let desktop = Desktop { bus: Bus::Session, display: session.environment.display() };
    let seed = seed(session);
    let plan = || match reread() {
        Ok(settings) => Some(Plan::of(&settings)),
        Err(failure) => {
            tracing::error!("the new configuration cannot be used, the old one stays: {failure}");
            None
        }
    };
    daemon::run(daemon, desktop, seed, anew, plan).map_err(|error| match error {
        daemon::RunError::Store(error) => Failure::from(error),
        other => Failure::new(Kind::TryAgain, other),
    })
}

/// Unlike that of any other run: notices of an earlier run must not be answered in this one.
fn seed(session: &Session<'_>) -> u64 {
    let nanos = session.now.timestamp().as_nanosecond();
    let mixed = u64::try_from(nanos).unwrap_or(0) ^ u64::from(std::process::id()).rotate_left(40);
    mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
