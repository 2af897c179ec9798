//! The command line: what is typed, what is told back, and how it ends.
//!
//! [`parse`] turns words into [`Arguments`]; a verb writes through [`Out`] and fails with a
//! [`Failure`]. Nothing here decides anything about people.

mod args;
mod ask;
mod failure;
mod help;
mod key;
mod logs;
mod man;
mod out;
mod period;
mod typed;
pub mod verbs;
mod when;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use clap_complete::Shell;

pub use args::{
    Arguments, ClientWho, Clients, ClientsCommand, Color, Command, Correct, Digest, Global, Import,
    Interactions, Output, Pause, People, PeopleCommand, Standing, Talked, Who, Whose, Wishes,
};
pub use failure::{Failure, Kind, guard, tell_panics, warn};
pub use logs::start as start_log;
pub use man::page as manual;
pub use out::{Cell, Out, Side, Table, Tone};
pub use period::Period;
pub use typed::Change;
pub use when::{Day, Until, When, Wrong};

/// Reads the command line. The other end is a help text that was asked for, or a mistake: both
/// are told already, and the program has only to end so.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Arguments, ExitCode> {
    Arguments::try_parse_from(words).map_err(|error| {
        // Asked for, it goes to standard output and may meet a reader who has gone; clap picks
        // the stream, and the colors by the same rules as ours.
        error.print().ok();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
            // sysexits.h, in place of the 2 that clap would end with.
            _ => ExitCode::from(Kind::Usage.status()),
        }
    })
}

/// Writes the completions of a shell.
pub fn completions(shell: Shell, to: &mut dyn Write) -> io::Result<()> {
    // In memory first: clap_complete panics on a reader who has gone.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "hallway", &mut script);
    to.write_all(&script)
}
