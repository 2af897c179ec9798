//! The door to passwords: the keyring of the desktop, a systemd credential, or a command.
//!
//! A secret is fetched each time somebody logs in and kept by nobody here. What is missing is told
//! as what is said of the account, with the remedy. Nothing in this room prints a secret, and
//! nothing raises a prompt but [`keyring::keep`], which a person at a terminal has asked for: a
//! daemon that opens password dialogs by itself teaches people to fill them in.
//!
//! Environment variables, arguments and the configuration file are no places for a secret: other
//! programs of the user, backups and bug reports see them.

mod command;
mod credential;
pub mod keyring;

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::secret::{Place, Reveal, Secret, Unrevealed};

/// Whose secret it is, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The account, by the name that is unique among all: `mail/work`.
    pub account: String,
    /// What is kept.
    pub kind: Kind,
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A password.
    Password,
    /// An OAuth 2.0 access token.
    Token,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password => "password",
            Self::Token => "token",
        })
    }
}

/// Fetches the secret of an account from its place. `credentials` is the folder that systemd made
/// for this process, if it did.
pub fn reveal(place: Place, entry: Entry, credentials: Option<PathBuf>) -> Reveal {
    Arc::new(move || fetch(&place, &entry, credentials.clone()))
}

fn fetch(place: &Place, entry: &Entry, credentials: Option<PathBuf>) -> Result<Secret, Unrevealed> {
    match place {
        Place::Keyring => keyring::find(entry),
        Place::Command(words) => command::run(words, entry.kind),
        Place::Credential(name) => credential::read(name, credentials.as_deref(), entry.kind),
    }
}

/// A sentence on a secret that is not there.
fn missing(what: impl Into<String>) -> Unrevealed {
    Unrevealed::Missing(what.into())
}

/// The first line of what was given, as the secret it is meant to be.
fn first_line(bytes: &[u8]) -> Option<Secret> {
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = std::str::from_utf8(line).ok()?;
    (!line.is_empty()).then(|| Secret::new(line.to_owned()))
}

/// Runs what waits, on the thread that asks: never one of the runtime of the connections, which
/// must not stand still for a keyring. `None` when it takes too long.
fn wait<T>(limit: Duration, work: impl Future<Output = T>) -> std::io::Result<Option<T>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async { tokio::time::timeout(limit, work).await.ok() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_first_line_and_nothing_less() {
        let check = |bytes: &[u8], expect: Option<&str>| {
            assert_eq!(first_line(bytes).as_ref().map(Secret::reveal), expect, "{bytes:?}");
        };
        check(b"hunter2", Some("hunter2"));
        check(b"hunter2\nuser: ana\n", Some("hunter2"));
        check(b"with space \r\n", Some("with space "));
        check("pässwörd\n".as_bytes(), Some("pässwörd"));
        check(b"", None);
        check(b"\nsecond", None);
        check(b"\xff\xfe\n", None);
    }
}
