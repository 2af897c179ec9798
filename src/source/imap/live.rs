//! An account that is kept an eye on: one connection that stays, and a server that tells of news.
//!
//! News carry no truth: they only say that a look is worth taking, and mostly at what. Whatever is
//! missed is found by the look that comes every quarter of an hour anyway.
//!
//! IDLE (RFC 2177) tells of one mailbox, and NOTIFY (RFC 5465) of all on the same connection;
//! without either the account is looked at every few minutes. An IDLE is asked for anew before
//! half an hour is over, since servers take a silent client for gone by then. That is the only
//! timer here: whether the other end still lives is watched by the kernel (TCP keep-alive), which
//! wakes nobody. Where a server has IDLE without NOTIFY (Gmail, Outlook, Cyrus), new mail in
//! another mailbox than the inbox waits for that look, a quarter of an hour at most: a round of
//! STATUS every few minutes would cost more wake-ups than all the rest, and one for each mailbox.
//!
//! A server that restarts is called again a few times within seconds before that is a failure,
//! after which the loop would leave it alone for a minute.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::command::Command;
use super::look::{self, Take};
use super::mailbox::Mailbox;
use super::open::examine;
use super::said::{Said, Status};
use super::session::{Second, Session};
use super::wire::Tag;
use super::{Account, Error};
use crate::cursor::Cursor;
use crate::source::Context;
use crate::source::net::{Fault, Unconnected};

/// How long an IDLE lasts: less than the half hour of RFC 2177 §3.
const IDLE: Duration = Duration::from_secs(28 * 60);
/// How long between looks where a server tells nothing, and up to how much longer by chance, so
/// that not all the world asks at once.
const POLL: (u64, u64) = (240, 60);
/// How long a server may take to begin or end an IDLE before the connection counts as dead.
const PROMPT: Duration = Duration::from_secs(15);
/// How long to wait before each further call at a server that was well a moment ago: one that
/// restarts is back within seconds, and so is a network. Up to as much longer by chance.
const CALLS: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(6),
];
/// How many mailboxes that are not read are told apart.
const STRANGE: usize = 1_000;
/// After so long even a look that was told where asks about every mailbox.
const WHOLE: Duration = Duration::from_secs(14 * 60);

/// What is worth doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A look.
    Look,
    /// [`Live::watch`], once more.
    Watch,
}

/// An account with its connection.
#[derive(Debug)]
pub struct Live {
    account: Account,
    session: Option<Session>,
    /// The mailboxes that are read, with the state in which they were.
    known: Vec<Mailbox>,
    /// When all of them were looked at.
    whole_at: Option<Instant>,
    /// What the server has told since, by its own names; `None` for a state that it did not tell.
    told: BTreeMap<String, Option<Status>>,
    /// Mailboxes that the server has told of and that are not read, by its own names: left out, or
    /// new since all were looked at.
    strange: BTreeSet<String>,
    watching: Watching,
    /// Whether the last watch began well.
    watched: bool,
    /// Whether NOTIFY is in force on this connection.
    notified: bool,
    /// Whether the last look went well.
    well: bool,
    random: u64,
}

/// How news come.
#[derive(Debug)]
enum Watching {
    /// Not at all.
    Nothing,
    /// By this IDLE, until then.
    Idle(Tag, Instant),
    /// By asking, then.
    Poll(Instant),
}

impl Live {
    /// An account that is not connected yet. Two accounts with the same number ask at the same
    /// times.
    pub fn new(account: Account, random: u64) -> Self {
        Self {
            account,
            session: None,
            known: Vec::new(),
            whole_at: None,
            told: BTreeMap::new(),
            strange: BTreeSet::new(),
            watching: Watching::Nothing,
            watched: false,
            notified: false,
            well: false,
            random,
        }
    }

    /// The server, as an error names it.
    pub fn server(&self) -> String {
        self.account.named()
    }

    /// Takes a look, over the connection that is there or over a new one.
    ///
    /// # Errors
    ///
    /// As [`super::scan`]; the connection is given up then.
    pub async fn look(
        &mut self,
        cursor: &Cursor,
        context: &Context,
        take: &mut impl Take,
    ) -> Result<(), Error> {
        let mut looked = self.look_once(cursor, context, take).await;
        // A connection that broke while it was idle is ordinary life: once more over a new one.
        if let Err((Fault::Lost | Fault::Silent, true)) = looked {
            self.leave();
            looked = self.look_once(cursor, context, take).await;
        }
        for pause in CALLS {
            if !self.well || !looked.as_ref().is_err_and(|(fault, _)| may_be_back_soon(fault)) {
                break;
            }
            self.leave();
            let longer = self.chance(u64::try_from(pause.as_millis()).unwrap_or(0));
            sleep(pause + Duration::from_millis(longer)).await;
            looked = self.look_once(cursor, context, take).await;
        }
        self.well = looked.is_ok();
        looked.map_err(|(fault, _)| {
            self.leave();
            Error::Server { server: self.account.named(), fault }
        })
    }

    /// The same once; a fault comes with whether the connection was an old one.
    async fn look_once(
        &mut self,
        cursor: &Cursor,
        context: &Context,
        take: &mut impl Take,
    ) -> Result<(), (Fault, bool)> {
        let old = self.session.is_some();
        self.end_idle().await.map_err(|fault| (fault, old))?;
        let reveal = context.reveal.as_ref();
        let likely = !old && cursor.parts.is_empty();
        let second = Second::on_its_way(&self.account, likely);
        let mut session = match self.session.take() {
            Some(session) => session,
            None => Session::begin(&self.account, reveal).await.map_err(|fault| (fault, false))?,
        };
        let another = || second.begin(&self.account, reveal);
        let told = std::mem::take(&mut self.told);
        let lately = self.whole_at.is_some_and(|at| at.elapsed() < WHOLE);
        let only: Option<Vec<Mailbox>> = (old && lately && !told.is_empty()).then(|| {
            let told = |one: &Mailbox| {
                told.get(&one.wire).map(|status| Mailbox { status: *status, ..one.clone() })
            };
            self.known.iter().filter_map(told).collect()
        });
        let whole = only.is_none();
        let what = (&self.account.choice(), only);
        let looked = look::look(&mut session, another, what, (cursor, context.now), take).await;
        let mailboxes = looked.map_err(|fault| (fault, old))?;
        if whole {
            self.whole_at = Some(Instant::now());
            self.known = mailboxes;
        } else {
            for mailbox in mailboxes {
                if let Some(known) = self.known.iter_mut().find(|one| one.wire == mailbox.wire) {
                    *known = mailbox;
                }
            }
        }
        self.session = Some(session);
        Ok(())
    }

    /// Asks the server to tell of news, as well as it can. One that does not answer any more is
    /// worth a look at once, which connects anew: it may have been started again, in the middle of
    /// a watch or between a look and the watch after it. One that does not answer that time either
    /// is not, or it would be looked at without end.
    pub async fn watch(&mut self) {
        let watched = std::mem::take(&mut self.watched);
        let watching = match self.watch_or_fail().await {
            Ok(watching) => {
                self.watched = true;
                watching
            }
            Err(_) => {
                self.leave();
                let pause = if watched { Duration::ZERO } else { self.pause() };
                Watching::Poll(Instant::now() + pause)
            }
        };
        self.watching = watching;
    }

    async fn watch_or_fail(&mut self) -> Result<Watching, Fault> {
        self.end_idle().await?;
        let Some(session) = &mut self.session else { return Ok(Watching::Nothing) };
        let inbox = self.known.iter().find(|one| one.name == "INBOX").or(self.known.first());
        if let Some(inbox) = inbox {
            if session.open.as_ref().is_none_or(|open| open.mailbox != inbox.wire) {
                examine(session, &inbox.wire, None, Vec::new()).await?;
            }
            // What came between the look and now is told by nobody.
            let read = inbox.status.unwrap_or_default();
            if let Some(open) = session.open.as_ref().filter(|open| open.mailbox == inbox.wire) {
                let more = open.uid_next.is_some_and(|next| Some(next) > read.uid_next);
                if more || open.exists > read.messages {
                    self.told.insert(inbox.wire.clone(), None);
                }
            }
        }
        if session.can.notify && !self.notified {
            let done = session.run(&Command::Notify, |_| Ok(())).await?;
            (self.notified, session.can.notify) = (done.ok, done.ok);
        }
        if session.can.idle {
            let tag = session.wire.send(&Command::Idle).await?;
            let begun = timeout(PROMPT, session.wire.challenge(&tag)).await;
            if begun.map_err(|_| Fault::Silent)??.is_some() {
                return Ok(Watching::Idle(tag, Instant::now() + IDLE));
            }
            session.wire.ended(&tag);
            session.can.idle = false;
        }
        Ok(Watching::Poll(Instant::now() + self.pause()))
    }

    /// Waits for news. May be given up at any point, and begun again.
    pub async fn news(&mut self) -> News {
        if !self.told.is_empty() {
            return News::Look;
        }
        match &self.watching {
            Watching::Nothing => pending().await,
            Watching::Poll(at) => {
                let at = *at;
                sleep_until(at).await;
                self.watching = Watching::Poll(Instant::now() + self.pause());
                News::Look
            }
            Watching::Idle(_, until) => {
                let until = *until;
                loop {
                    let left = until.saturating_duration_since(Instant::now());
                    let Some(session) = &mut self.session else { return News::Look };
                    let said = match session.wire.next(left).await {
                        Ok(said) => said,
                        Err(Fault::Silent) => return News::Watch,
                        Err(_) => {
                            self.leave();
                            return News::Look;
                        }
                    };
                    if self.hear(said) {
                        return News::Look;
                    }
                }
            }
        }
    }

    /// Takes in what was said while waiting; whether that is worth a look.
    fn hear(&mut self, said: Said) -> bool {
        let Some(session) = &mut self.session else { return false };
        match said {
            Said::Exists(exists) => {
                let Some(open) = &mut session.open else { return false };
                let more = exists > open.exists;
                open.exists = exists;
                if more {
                    self.told.insert(open.mailbox.clone(), None);
                }
                more
            }
            Said::Expunged => {
                if let Some(open) = &mut session.open {
                    open.exists = open.exists.saturating_sub(1);
                }
                false
            }
            Said::Status(wire, status) => {
                let Some(known) = self.known.iter().find(|one| one.wire == wire) else {
                    // One with a new name is worth a look at all, once; if it is not read then, it
                    // is left out.
                    let new = self.strange.len() < STRANGE && self.strange.insert(wire);
                    if new {
                        self.whole_at = None;
                    }
                    return new;
                };
                let read = known.status.unwrap_or_default();
                let other = |now: Option<u32>, before| now != before && now.is_some();
                let new = other(status.uid_validity, read.uid_validity)
                    || status.uid_next != read.uid_next
                    || status.messages > read.messages;
                if new {
                    self.told.insert(wire, Some(status));
                }
                new
            }
            _ => false,
        }
    }

    /// Ends an IDLE, if there is one. News that come meanwhile are kept.
    async fn end_idle(&mut self) -> Result<(), Fault> {
        let Watching::Idle(tag, _) = std::mem::replace(&mut self.watching, Watching::Nothing)
        else {
            return Ok(());
        };
        let Some(session) = &mut self.session else { return Ok(()) };
        let mut said = Vec::new();
        let ended = async {
            session.wire.send(&Command::Done).await?;
            session
                .wire
                .finish(&tag, |one| {
                    said.push(one.clone());
                    Ok(())
                })
                .await
        };
        timeout(PROMPT, ended).await.map_err(|_| Fault::Silent)??;
        for one in said {
            self.hear(one);
        }
        Ok(())
    }

    /// Gives the connection up: the network is another one, or the machine slept. Nobody is told:
    /// the other end may be long gone.
    pub fn leave(&mut self) {
        self.session = None;
        self.told.clear();
        self.watching = Watching::Nothing;
        self.notified = false;
    }

    /// Says good-bye.
    pub async fn end(mut self) {
        if self.end_idle().await.is_ok()
            && let Some(session) = self.session.take()
        {
            session.end().await;
        }
    }

    fn pause(&mut self) -> Duration {
        let (least, more) = POLL;
        Duration::from_secs(least + self.chance(more))
    }

    /// A number below `most`.
    fn chance(&mut self, most: u64) -> u64 {
        // Knuth's multiplier, MMIX; the high bits are the good ones.
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % most.max(1)
    }
}

/// Whether a server or the way to it looks so while it restarts.
fn may_be_back_soon(fault: &Fault) -> bool {
    use Unconnected::{Ended, NoNameServer, Refused, Unreachable};
    matches!(fault, Fault::Lost | Fault::Unconnected(Refused | Ended | Unreachable | NoNameServer))
}
