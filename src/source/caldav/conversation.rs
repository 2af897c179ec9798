//! Questions to one CalDAV server, and multistatus answers read one child at a time.

use std::ops::ControlFlow;

use super::frame::Framer;
use super::multistatus::{Child, Response, read};
use crate::source::http::{Address, Client, Error, Fault, Question};

/// Bytes of an answer that are gathered before they are looked at: a server that sends one byte at
/// a time is not looked at after each, and of one that sends megabytes at once no more is moved
/// when a child is cut off.
const GATHER: usize = 16 << 10;

/// A client that speaks WebDAV.
pub(super) struct Conversation<'c> {
    client: &'c Client,
}

/// What an answer said as a whole.
#[derive(Debug)]
pub(super) struct Heard {
    /// Where it came from, after redirections.
    pub(super) at: Address,
    /// DAV:sync-token, of a sync-collection report.
    pub(super) token: Option<String>,
    /// The server has more to say than it said (507, RFC 6578 §3.6).
    pub(super) cut: bool,
    /// Children that could not be read.
    pub(super) unread: u64,
    /// Whoever listened has had enough.
    pub(super) stopped: bool,
}

impl<'c> Conversation<'c> {
    /// Speaks through a client.
    pub(super) fn new(client: &'c Client) -> Self {
        Self { client }
    }

    /// Asks, and hands over each resource that is answered about.
    pub(super) async fn hear(
        &self,
        at: &Address,
        question: &Question,
        listen: &mut dyn FnMut(Response),
    ) -> Result<Heard, Error> {
        let mut all = |response| {
            listen(response);
            ControlFlow::Continue(())
        };
        self.hear_until(at, question, &mut all).await
    }

    /// The same, as long as whoever listens wants to.
    pub(super) async fn hear_until(
        &self,
        at: &Address,
        question: &Question,
        listen: &mut dyn FnMut(Response) -> ControlFlow<()>,
    ) -> Result<Heard, Error> {
        let mut answer = self.client.ask(at, question).await?;
        let mut heard =
            Heard { at: answer.at.clone(), token: None, cut: false, unread: 0, stopped: false };
        let mut framer = Framer::default();
        let mut gathered = 0;
        while let Some(piece) = answer.piece().await? {
            for part in piece.chunks(GATHER) {
                framer.feed(part);
                gathered += part.len();
                if gathered >= GATHER {
                    gathered = 0;
                    let taken = take(&mut framer, &mut heard, listen);
                    if taken.map_err(|fault| answer.fault(fault))?.is_break() {
                        return Ok(heard);
                    }
                }
            }
        }
        let taken = take(&mut framer, &mut heard, listen);
        if taken.map_err(|fault| answer.fault(fault))?.is_continue() {
            framer.finish().map_err(|fault| answer.fault(fault))?;
        }
        Ok(heard)
    }

    /// The place an answer names, which must be on the server that was asked.
    pub(super) fn inside(&self, base: &Address, href: &str) -> Result<Address, Error> {
        let Ok(place) = base.join(href) else {
            return Err(Fault::Protocol("names a place that is no web address").at(base));
        };
        if self.client.is_home(&place) {
            Ok(place)
        } else {
            Err(Fault::Elsewhere(place.origin()).at(base))
        }
    }
}

/// Hands over the children that are there.
fn take(
    framer: &mut Framer,
    heard: &mut Heard,
    listen: &mut dyn FnMut(Response) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Fault> {
    while let Some(child) = framer.child()? {
        let said = read(&child);
        drop(child);
        match said {
            // About the answer itself, wherever it is said to be.
            Some(Child::Response(Response { status: Some(507), .. })) => heard.cut = true,
            Some(Child::Response(response)) => {
                if listen(response).is_break() {
                    heard.stopped = true;
                    return Ok(ControlFlow::Break(()));
                }
            }
            Some(Child::SyncToken(token)) => heard.token = Some(token),
            Some(Child::Other) => {}
            None => heard.unread += 1,
        }
    }
    Ok(ControlFlow::Continue(()))
}
