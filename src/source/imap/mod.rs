//! IMAP: mailboxes on a server, read and never touched.
//!
//! All that can be said to a server is a [`Command`], and none of those changes a mailbox or asks
//! for a body.

mod command;
mod sasl;
mod uids;

use super::net::{Fault, Login, Server};
use super::{Context, Error, Sink};
use crate::cursor::Cursor;

pub use command::{Command, Extension, FIELDS, Line, Since, StatusItems};
pub use sasl::{Broken, Exchange, Mechanism, Way, ways};
pub use uids::Uids;

/// An account, as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Where it is.
    pub server: Server,
    /// How the user is known there; the secret comes with the [`Context`].
    pub login: Login,
    /// Mailboxes to read, as for a Maildir.
    pub include: Vec<String>,
    /// Mailboxes to leave out, besides those that are for drafts, trash, junk or everything.
    pub exclude: Vec<String>,
}

/// Reads the mailboxes of an account.
pub fn scan(
    account: &Account,
    _cursor: &Cursor,
    _context: &Context,
    _sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let server = format!("{}:{}", account.server.host, account.server.port);
    Err(Error::Server { server, fault: Fault::Protocol("this version cannot read it yet") })
}
