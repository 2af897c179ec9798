//! IMAP: mailboxes on a server, read and never touched.
//!
//! All that can be said to a server is a [`Command`], and none of those changes a mailbox or asks
//! for a body. What servers do that the standards do not say is a table with sources and whole
//! conversations, `tests/data/imap/quirks.md`.

mod command;
mod live;
mod login;
mod look;
mod mailbox;
mod odd;
mod open;
mod row;
mod said;
mod sasl;
mod session;
mod state;
mod tame;
mod uids;
mod window;
mod wire;

use std::ops::ControlFlow;

use super::maildir::Choice;
use super::net::{Fault, Login, Server, alone};
use super::{Context, Error, Progress, Sink};
use crate::batch::Batch;
use crate::cursor::Cursor;

use session::{Second, Session};

pub use command::{Command, Extension, FIELDS, Line, Since, StatusItems};
pub use live::{Live, News};
pub use look::Take;
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

impl Account {
    /// Its server, as an error names it.
    fn named(&self) -> String {
        format!("{}:{}", self.server.host, self.server.port)
    }

    fn choice(&self) -> Choice {
        Choice::new(&self.include, &self.exclude)
    }
}

/// Reads the mailboxes of an account, over connections of its own that end with it.
///
/// # Errors
///
/// When the server cannot be reached, does not let us in, or stops speaking as it should; what was
/// handed over before that is good.
pub fn scan(
    account: &Account,
    cursor: &Cursor,
    context: &Context,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    converse(account, async {
        let reveal = context.reveal.as_ref();
        let second = Second::on_its_way(account, cursor.parts.is_empty());
        let mut session = Session::begin(account, reveal).await?;
        let another = || second.begin(account, reveal);
        let what = (&account.choice(), None);
        let since = (cursor, context.now);
        look::look(&mut session, another, what, since, &mut IntoSink(sink)).await?;
        session.end().await;
        Ok(())
    })
}

/// A conversation with an account, from the first byte to the last.
fn converse<T>(
    account: &Account,
    conversation: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Error> {
    let said = alone(conversation);
    said.unwrap_or(Err(Fault::Protocol("no connection can be made here")))
        .map_err(|fault| Error::Server { server: account.named(), fault })
}

/// What an account holds, counted without reading a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    /// Mailboxes that are read.
    pub mailboxes: usize,
    /// Messages in them, as the server counts.
    pub messages: u64,
}

/// Logs in and counts, then reads as a first scan does, all over one connection: for whoever asks
/// whether all is right there, and has seen enough after a batch.
///
/// # Errors
///
/// As [`scan`].
pub fn survey(account: &Account, context: &Context, sink: &mut Sink<'_>) -> Result<Survey, Error> {
    converse(account, async {
        let choice = account.choice();
        let mut session = Session::begin(account, context.reveal.as_ref()).await?;
        let mut mailboxes = mailbox::list(&mut session, &choice).await?;
        let mut unasked: Vec<_> = mailboxes.iter_mut().filter(|one| one.status.is_none()).collect();
        mailbox::ask_status(&mut session, &mut unasked).await?;
        let messages = mailboxes.iter().filter_map(|one| one.status.as_ref());
        let messages = messages.map(|status| u64::from(status.messages)).sum();
        let survey = Survey { mailboxes: mailboxes.len(), messages };
        let alone = async || Err(Fault::Throttled);
        let since = (&Cursor::default(), context.now);
        let what = (&choice, Some(mailboxes));
        look::look(&mut session, alone, what, since, &mut IntoSink(sink)).await?;
        session.end().await;
        Ok(survey)
    })
}

/// Hands batches to whoever waits for them, which holds up the connection: that is meant, for
/// what cannot be stored yet need not be fetched.
struct IntoSink<'a, 'b>(&'a mut Sink<'b>);

impl Take for IntoSink<'_, '_> {
    async fn take(&mut self, batch: Batch, progress: Progress) -> ControlFlow<()> {
        (self.0)(batch, progress)
    }
}

#[cfg(test)]
mod tests;
