//! The command loop: the only way a server is talked to.
//!
//! What goes out is a [`Command`]; what comes back is seen here line by line, every tagged NO and
//! BAD and every lost connection with it. async-imap's own methods are not used: they take an
//! answer cut short for a whole one, and a refused command for an empty one. Of it remain the
//! stream and its parser, above our filter ([`Tame`]).
//!
//! Every wait has an end: a response has to be whole within a time, and between two ends of
//! commands only so much may be said, for so long.

use std::io;
use std::time::Duration;

use async_imap::Client;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use super::command::Command;
use super::said::{Code, Done, Means, Said};
use super::tame::{Tame, Violation};
use crate::source::net::{Channel, Fault};

/// How long a whole response may take, and how long a command may take to be taken.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How long it may take from a command to its end, or from one end to the next, however much is said
/// meanwhile; a window of messages over a modem needs half of it.
const LONGEST: Duration = Duration::from_secs(240);
/// How much may be said between two ends of commands: more than any account has mailboxes.
const MOST: u32 = 50_000;

/// A connection to a server.
#[derive(Debug)]
pub(super) struct Wire {
    client: Client<Tame>,
    tags: u32,
    said: u32,
    /// When something was last asked, or a command has last ended.
    since: Instant,
    /// Commands that ended while another was waited for.
    ended: Vec<(String, Done)>,
}

/// The tag of a command under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tag(String);

impl Done {
    /// The end of a command that has to end well.
    pub(super) fn or(self, what: &'static str) -> Result<Self, Fault> {
        match (self.ok, &self.code) {
            (true, _) => Ok(self),
            (false, Some(Code::Throttled)) => Err(Fault::Throttled),
            (false, _) => Err(Fault::Protocol(what)),
        }
    }
}

impl Wire {
    pub(super) fn new(channel: Channel) -> Self {
        Self {
            client: Client::new(Tame::new(channel)),
            tags: 0,
            said: 0,
            since: Instant::now(),
            ended: Vec::new(),
        }
    }

    /// The stream below, if nothing waits in it that was not asked for.
    pub(super) fn into_inner(self) -> Option<Channel> {
        self.client.into_inner().into_inner()
    }

    /// Sends a command; of one in several lines also waits until the server wants the next.
    pub(super) async fn send(&mut self, command: &Command<'_>) -> Result<Tag, Fault> {
        let mut tag = String::new();
        if !command.is_untagged() {
            self.tags += 1;
            tag = format!("h{}", self.tags);
        }
        let mut lines = command.lines().into_iter();
        if let Some(first) = lines.next() {
            let lead = if tag.is_empty() { String::new() } else { format!("{tag} ") };
            let mut bytes = Zeroizing::new(Vec::with_capacity(lead.len() + first.len()));
            bytes.extend_from_slice(lead.as_bytes());
            bytes.extend_from_slice(&first);
            self.write(&bytes).await?;
        }
        for line in lines {
            if self.challenge(&Tag(tag.clone())).await?.is_none() {
                break;
            }
            self.write(&line).await?;
        }
        Ok(Tag(tag))
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.since = Instant::now();
        let tame = self.client.get_mut();
        let written = async {
            tame.write_all(bytes).await?;
            tame.flush().await
        };
        timeout(PATIENCE, written).await.map_err(|_| Fault::Silent)?.map_err(|error| lost(&error))
    }

    /// Waits until the server asks for more, and says what it says with that; `None` when it ended
    /// the command instead, whose end is then waiting to be taken.
    pub(super) async fn challenge(
        &mut self,
        tag: &Tag,
    ) -> Result<Option<Zeroizing<String>>, Fault> {
        loop {
            if let Said::GoOn(text) = self.answer().await? {
                return Ok(Some(Zeroizing::new(text)));
            }
            if self.ended.iter().any(|(ended, _)| *ended == tag.0) {
                return Ok(None);
            }
        }
    }

    /// The next thing said on the way to the end of a command.
    pub(super) async fn answer(&mut self) -> Result<Said, Fault> {
        self.next(LONGEST.saturating_sub(self.since.elapsed()).min(PATIENCE)).await
    }

    /// The next thing said. The end of a command is noted, for whoever waits for it.
    pub(super) async fn next(&mut self, within: Duration) -> Result<Said, Fault> {
        let said = timeout(within, self.read()).await;
        let said = said.map_err(|_| Fault::Silent)??;
        self.said += 1;
        if self.said > MOST {
            return Err(Fault::Protocol("it says more than anybody asked for"));
        }
        match said {
            Said::End(tag, done) => {
                self.end(tag, done);
                Ok(Said::Nothing)
            }
            Said::Condition(Means::Bye, Some(Code::Throttled)) => Err(Fault::Throttled),
            Said::Condition(Means::Bye, _) => Err(Fault::Lost),
            said => Ok(said),
        }
    }

    async fn read(&mut self) -> Result<Said, Fault> {
        if let Some(odd) = self.client.get_mut().next().await.map_err(|error| lost(&error))? {
            return Ok(odd);
        }
        let response = self.client.read_response().await.map_err(|error| lost(&error))?;
        Ok(Said::of(response.ok_or(Fault::Lost)?.parsed()))
    }

    fn end(&mut self, tag: String, done: Done) {
        self.served();
        // A server that ends commands nobody gave cannot fill the memory with it.
        if self.ended.len() < 64 {
            self.ended.push((tag, done));
        }
    }

    /// What was asked for has come, though the command is not over.
    pub(super) fn served(&mut self) {
        (self.said, self.since) = (0, Instant::now());
    }

    /// Takes all that is said up to the end of a command.
    pub(super) async fn finish(
        &mut self,
        tag: &Tag,
        mut take: impl FnMut(&Said) -> Result<(), Fault>,
    ) -> Result<Done, Fault> {
        loop {
            if let Some(done) = self.ended(tag) {
                return Ok(done);
            }
            let said = self.answer().await?;
            take(&said)?;
        }
    }

    /// How a command has ended, if it has.
    pub(super) fn ended(&mut self, tag: &Tag) -> Option<Done> {
        let at = self.ended.iter().position(|(ended, _)| *ended == tag.0)?;
        Some(self.ended.swap_remove(at).1)
    }

    /// Sends a command and takes all that is said up to its end.
    pub(super) async fn run(
        &mut self,
        command: &Command<'_>,
        take: impl FnMut(&Said) -> Result<(), Fault>,
    ) -> Result<Done, Fault> {
        let tag = self.send(command).await?;
        self.finish(&tag, take).await
    }
}

/// What the end of a connection was.
fn lost(error: &io::Error) -> Fault {
    if let Some(violation) = error.get_ref().and_then(|inner| inner.downcast_ref::<Violation>()) {
        return Fault::Protocol(violation.0);
    }
    match error.kind() {
        // The parser's own complaint: what the filter lets pass should not bring it about.
        io::ErrorKind::Other => Fault::Protocol("an answer that cannot be read"),
        io::ErrorKind::TimedOut => Fault::Silent,
        _ => Fault::Lost,
    }
}
