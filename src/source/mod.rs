//! Doors to mailboxes and calendars. They only look.
//!
//! [`scan`] reads what a source holds beyond a [`Cursor`] and hands it over in [`Batch`]es. It
//! writes nothing anywhere: whoever takes a batch commits its facts and its cursor change
//! together, and a scan that ends early has lost nothing. A look at an unchanged source costs a
//! stat a folder.
//!
//! Nothing on disk is trusted ([`disk`]): symbolic links, pipes, devices, other people's files and
//! giants are refused item by item, and a file renamed between listing and opening is normal life.

pub mod caldav;
mod cards;
pub mod disk;
mod head;
pub mod http;
pub mod ics;
pub mod imap;
pub mod maildir;
mod mark;
pub mod mbox;
pub mod net;

use std::ffi::OsString;
use std::fmt;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::http::Address;
use self::net::{Login, Trust};
use crate::batch::Batch;
use crate::cursor::Cursor;
use crate::secret::{Reveal, Secret};

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// A Maildir: the folder itself, Maildir++ folders (`.Sent`) and nested ones below it.
    Maildir {
        /// The folder.
        path: PathBuf,
        /// Mailboxes to read, as patterns with `*`, case ignored; empty means all.
        include: Vec<String>,
        /// Mailboxes to leave out, besides drafts, trash, junk and newsletters.
        exclude: Vec<String>,
    },
    /// One mbox file, or a folder of them.
    Mbox {
        /// The file or folder.
        path: PathBuf,
        /// As for a Maildir.
        include: Vec<String>,
        /// As for a Maildir.
        exclude: Vec<String>,
    },
    /// A folder of calendar files, one event each (vdir), or a folder of such folders.
    Vdir {
        /// The folder.
        path: PathBuf,
    },
    /// One calendar file.
    Ics {
        /// The file.
        path: PathBuf,
    },
    /// An address book: a file of vCards, or a folder of such files.
    Cards {
        /// The file or folder.
        path: PathBuf,
    },
    /// The calendars of an account on a CalDAV server (RFC 4791).
    Caldav {
        /// The server, the account or one calendar: from any of them the others are found
        /// (RFC 6764).
        url: Address,
        /// Who asks; `None` for a server that asks nobody.
        login: Option<Login>,
        /// Which certificates are believed.
        trust: Trust,
        /// Calendars to read, by display name or by the last part of their URL, as patterns with
        /// `*`, case ignored; empty means all.
        include: Vec<String>,
        /// Calendars to leave out, in the same way.
        exclude: Vec<String>,
    },
    /// Address books on a CardDAV server (RFC 6352).
    Carddav {
        /// The server, the account or one address book, as for calendars.
        url: Address,
        /// Who asks; `None` for a server that asks nobody.
        login: Option<Login>,
        /// Which certificates are believed.
        trust: Trust,
        /// Address books to read, by name, as patterns; empty means all.
        include: Vec<String>,
        /// Address books to leave out, in the same way.
        exclude: Vec<String>,
    },
    /// One calendar file on a web server, as a subscription has it.
    Feed {
        /// The file.
        url: Address,
        /// Who asks; `None` where the address itself is the secret, or there is none.
        login: Option<Login>,
        /// Which certificates are believed.
        trust: Trust,
    },
    /// The mailboxes of an account on a server.
    Imap(Box<imap::Account>),
}

impl Spec {
    /// How the user is known there; `None` for what is on disk, or asks nobody.
    pub fn login(&self) -> Option<&Login> {
        match self {
            Self::Maildir { .. }
            | Self::Mbox { .. }
            | Self::Vdir { .. }
            | Self::Ics { .. }
            | Self::Cards { .. } => None,
            Self::Caldav { login, .. } | Self::Carddav { login, .. } | Self::Feed { login, .. } => {
                login.as_ref()
            }
            Self::Imap(account) => Some(&account.login),
        }
    }

    /// The server, for people; `None` for what is on disk.
    pub fn server(&self) -> Option<String> {
        match self {
            Self::Maildir { .. }
            | Self::Mbox { .. }
            | Self::Vdir { .. }
            | Self::Ics { .. }
            | Self::Cards { .. } => None,
            Self::Caldav { url, .. } | Self::Carddav { url, .. } | Self::Feed { url, .. } => {
                Some(url.to_string())
            }
            Self::Imap(account) => Some(account.server.to_string()),
        }
    }
}

/// What a scan needs to know of the world.
#[derive(Clone)]
pub struct Context {
    /// The time of the scan.
    pub now: Timestamp,
    /// The user's zone, for floating times and whole days.
    pub zone: TimeZone,
    /// How far back occurrences are expanded, in days.
    pub days_back: i64,
    /// How far ahead, in days: for gaps and booked talks.
    pub days_ahead: i64,
    /// Fetches the secret of this source; `None` for one that needs none.
    pub reveal: Option<Reveal>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("now", &self.now).finish_non_exhaustive()
    }
}

/// How far a scan has come, for whoever draws it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Items looked at so far.
    pub done: u64,
    /// Items to look at, as far as known.
    pub total: u64,
}

/// Why a whole source could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not there, or may not be read: told once, tried again later.
    #[error("{path}: cannot be read")]
    Unreachable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is there, but is not what the configuration says.
    #[error("{path}: {what}")]
    Mismatch {
        /// The file or folder.
        path: PathBuf,
        /// What was expected, and what to do.
        what: &'static str,
    },
    /// It is on a server, and something is wrong there or on the way.
    #[error("{server} {fault}")]
    Server {
        /// Its name and port.
        server: String,
        /// What is wrong.
        fault: net::Fault,
    },
    /// It is on a web server, and something is wrong there or on the way.
    #[error(transparent)]
    Web(#[from] http::Error),
}

impl Error {
    /// How the source goes on: what is wrong with a disk passes.
    pub fn pace(&self) -> net::Pace {
        match self {
            Self::Unreachable { .. } | Self::Mismatch { .. } => net::Pace::Later,
            Self::Server { fault, .. } => fault.pace(),
            Self::Web(error) => error.fault.pace(),
        }
    }
}

/// Takes each batch; `Break` ends the scan early and is no error.
pub type Sink<'a> = dyn FnMut(Batch, Progress) -> ControlFlow<()> + 'a;

/// Reads everything beyond the cursor, in batches of at most 3,000 items, newest mail first where
/// that can be known.
pub fn scan(
    spec: &Spec,
    cursor: &Cursor,
    context: &Context,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    match spec {
        Spec::Maildir { path, include, exclude } => {
            maildir::scan(path, &maildir::Choice::new(include, exclude), cursor, context, sink)
        }
        Spec::Mbox { path, include, exclude } => {
            mbox::scan(path, &maildir::Choice::new(include, exclude), cursor, context, sink)
        }
        Spec::Vdir { path } => ics::scan_vdir(path, cursor, context, sink),
        Spec::Ics { path } => ics::scan_file(path, cursor, context, sink),
        Spec::Cards { path } => cards::scan(path, cursor, context.now, sink),
        Spec::Caldav { url, login, trust, include, exclude }
        | Spec::Carddav { url, login, trust, include, exclude } => {
            let kind = match spec {
                Spec::Carddav { .. } => caldav::Kind::Books,
                _ => caldav::Kind::Calendars,
            };
            let account = caldav::Account { kind, url, trust, include, exclude };
            let credential = credential(url, login.as_ref(), context)?;
            let limits = http::Limits::default();
            Ok(caldav::scan(&account, credential, limits, cursor, context, sink)?)
        }
        Spec::Feed { url, login, trust } => {
            let credential = credential(url, login.as_ref(), context)?;
            let limits = http::Limits::default();
            Ok(http::scan_feed(url, credential, trust, limits, cursor, context, sink)?)
        }
        Spec::Imap(account) => imap::scan(account, cursor, context, sink),
    }
}

/// The login of a web server with its secret, fetched anew for every look.
fn credential(
    url: &Address,
    login: Option<&Login>,
    context: &Context,
) -> Result<Option<(Login, Secret)>, http::Error> {
    let Some(login) = login else { return Ok(None) };
    let secret = match &context.reveal {
        Some(reveal) => reveal().map_err(|why| http::Fault::from(why).at(url))?,
        None => {
            return Err(http::Fault::NoSecret(
                "wants a password; give `password` beside `user`".into(),
            )
            .at(url));
        }
    };
    Ok(Some((login.clone(), secret)))
}

/// The directories to watch (inotify) so that a change is seen at once. A hint, as every wake-up
/// is: what cannot be listed now is missing, and new folders call for asking again.
pub fn watched(spec: &Spec) -> Vec<PathBuf> {
    match spec {
        Spec::Maildir { path, include, exclude } => {
            maildir::watched(path, &maildir::Choice::new(include, exclude))
        }
        Spec::Mbox { path, .. } => mbox::watched(path),
        Spec::Cards { path } if !path.is_dir() => {
            path.parent().map(Path::to_owned).into_iter().collect()
        }
        Spec::Vdir { path } | Spec::Cards { path } => {
            let below = disk::Dir::root(path).and_then(|dir| dir.entries()?.collect());
            let below: Vec<disk::Entry> = below.unwrap_or_default();
            let folders = below.into_iter().filter(|entry| entry.maybe_dir && !entry.maybe_file);
            let folders = folders.map(|entry| path.join(OsString::from_vec(entry.name)));
            std::iter::once(path.clone()).chain(folders).collect()
        }
        // A calendar file is replaced more often than written to, which its folder shows.
        Spec::Ics { path } => path.parent().map(Path::to_owned).into_iter().collect(),
        Spec::Caldav { .. } | Spec::Carddav { .. } | Spec::Feed { .. } => Vec::new(),
        // A server tells of changes itself.
        Spec::Imap(_) => Vec::new(),
    }
}
