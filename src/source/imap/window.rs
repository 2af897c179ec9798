//! A piece of a mailbox, read in windows of UIDs, newest first.
//!
//! The next window is asked for before the last has arrived: half the round trips of a slow line
//! cost nothing then, and on a fast one the server never waits for us. Larger windows bring a tenth
//! of speed and cost memory and what an interruption loses.
//!
//! An answer that cannot be read does not end anything: its message is asked for once more by
//! itself, with less; what cannot be read then is counted and named. A window that the server
//! refuses is halved until the message is found that it cannot show. Rows that nobody asked for
//! are dropped.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::command::Command;
use super::look::search;
use super::said::{Code, Done, Said};
use super::session::Session;
use super::uids::Uids;
use super::wire::Tag;
use crate::mail::Envelope;
use crate::source::net::Fault;

/// How many UIDs a window has: at first, so that the first facts come soon, and when it has been
/// found that the line is fast; on a slow one fewer, because an interruption loses what is under
/// way, and a look that brings nothing for minutes counts as hanging.
pub(super) const FIRST: u32 = 250;
const MOST: u32 = 1000;
const LEAST: u32 = 50;
/// A window that takes longer is too large, and one that takes less is not.
const SLOW: Duration = Duration::from_secs(20);
const FAST: Duration = Duration::from_secs(5);
/// How many windows are asked for at once: what fills a line with a round trip of 50 ms.
const AHEAD: usize = 4;
/// How many commands mending one window may cost.
const MENDING: u32 = 200;

/// Some of a mailbox that is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    /// These.
    pub(super) uids: Uids,
    /// Everything from here
    pub(super) low: u32,
    /// to here counts as read then.
    pub(super) high: u32,
}

/// Some that was read.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Everything from here
    pub(super) low: u32,
    /// to here was read,
    pub(super) high: u32,
    /// and brought these,
    pub(super) envelopes: Vec<Envelope>,
    /// but not those.
    pub(super) skipped: Vec<(u32, &'static str)>,
}

/// Reads a piece.
#[derive(Debug)]
pub(super) struct Reader {
    /// What was not asked for yet.
    piece: Piece,
    asked: VecDeque<Window>,
    sent: bool,
    now: Timestamp,
}

/// A window that was asked for.
#[derive(Debug)]
struct Window {
    tag: Tag,
    piece: Piece,
    answered: Uids,
    /// Messages whose answer could not be read.
    odd: Vec<u32>,
    /// There were such answers without a UID.
    blind: bool,
    done: Option<Done>,
    read: Read,
}

impl Window {
    fn take(&mut self, said: &Said, sent: bool, now: Timestamp) -> bool {
        match said {
            Said::OddRow(Some(uid)) => {
                let ours = self.piece.uids.contains(*uid);
                if ours && !self.odd.contains(uid) {
                    self.odd.push(*uid);
                }
                ours
            }
            Said::OddRow(None) => {
                self.blind = true;
                true
            }
            Said::Row(row) => {
                let Some(uid) = row.uid.filter(|uid| self.piece.uids.contains(*uid)) else {
                    return false;
                };
                // Twice is once.
                if !self.answered.contains(uid)
                    && let Some(read) = row.read(sent, now)
                {
                    self.answered.insert(uid, uid);
                    match read {
                        Ok(envelope) => self.read.envelopes.push(envelope),
                        Err(why) => self.read.skipped.push((uid, why)),
                    }
                }
                true
            }
            _ => false,
        }
    }
}

impl Reader {
    pub(super) fn new(piece: Piece, sent: bool, now: Timestamp) -> Self {
        Self { piece, asked: VecDeque::new(), sent, now }
    }

    /// Reads everything from a UID on, in one window: a few messages, of which nobody has told the
    /// UIDs. What counts as read is what came.
    pub(super) fn newest(first: u32, sent: bool, now: Timestamp) -> Self {
        let piece = Piece { uids: Uids::range(first, u32::MAX), low: first, high: u32::MAX };
        Self::new(piece, sent, now)
    }

    /// What was not read yet, in case that another has to.
    pub(super) fn left(self) -> Piece {
        let mut left = self.piece;
        for window in &self.asked {
            left.uids.extend(&window.piece.uids);
            left.high = left.high.max(window.piece.high);
            left.low = left.low.min(window.piece.low);
        }
        left
    }

    /// Reads the next window; `None` when there is none left.
    pub(super) async fn next(&mut self, session: &mut Session) -> Result<Option<Read>, Fault> {
        while self.asked.len() < AHEAD && !self.piece.uids.is_empty() {
            let open_ended = self.piece.high == u32::MAX;
            let size = if open_ended { u32::MAX } else { session.window };
            let uids = self.piece.uids.take_last(size);
            let lowest = uids.ranges().first().map_or(1, |(first, _)| *first);
            let low = if self.piece.uids.is_empty() { self.piece.low } else { lowest };
            let piece = Piece { uids, low, high: self.piece.high };
            self.piece.high = low.saturating_sub(1);
            // Noted as asked for before it is, so that it counts as left when that fails.
            let tag = session.wire.send(&Command::Fetch(&piece.uids)).await;
            let (tag, lost) = match tag {
                Ok(tag) => (tag, None),
                Err(fault) => (Tag::default(), Some(fault)),
            };
            let read = Read { low: piece.low, high: piece.high, ..Read::default() };
            self.asked.push_back(Window {
                tag,
                piece,
                answered: Uids::default(),
                odd: Vec::new(),
                blind: false,
                done: None,
                read,
            });
            if let Some(fault) = lost {
                return Err(fault);
            }
        }
        if self.asked.is_empty() {
            return Ok(None);
        }
        let begun = Instant::now();
        self.wait(session, 0).await?;
        session.window = match begun.elapsed() {
            took if took > SLOW => (session.window / 2).max(LEAST),
            took if took < FAST => (session.window * 2).min(MOST),
            _ => session.window,
        };
        let bad = self.asked.front().is_some_and(|window| {
            window.blind
                || !window.odd.is_empty()
                || window.done.as_ref().is_some_and(|done| !done.ok)
        });
        if bad {
            // Nothing else may be under way while single messages are asked for.
            for at in 1..self.asked.len() {
                self.wait(session, at).await?;
            }
            if let Some(window) = self.asked.front_mut() {
                mend(session, window, self.sent, self.now).await?;
            }
        }
        Ok(self.asked.pop_front().map(|window| {
            let mut read = window.read;
            if read.high == u32::MAX {
                read.high = window.answered.last().unwrap_or(read.low.saturating_sub(1));
            }
            read
        }))
    }

    /// Takes rows until a window is at its end.
    async fn wait(&mut self, session: &mut Session, at: usize) -> Result<(), Fault> {
        loop {
            let Some(window) = self.asked.get_mut(at) else { return Ok(()) };
            if window.done.is_none() {
                window.done = session.wire.ended(&window.tag);
            }
            if window.done.is_some() {
                return Ok(());
            }
            let said = session.wire.answer().await?;
            session.hear(&said);
            for window in self.asked.iter_mut().filter(|window| window.done.is_none()) {
                if window.take(&said, self.sent, self.now) {
                    break;
                }
            }
        }
    }
}

/// Reads by themselves the messages of a window that did not come, or not as they should.
async fn mend(
    session: &mut Session,
    window: &mut Window,
    sent: bool,
    now: Timestamp,
) -> Result<(), Fault> {
    let mut commands = 0;
    let mut spend = || {
        commands += 1;
        match commands > MENDING {
            true => Err(Fault::Protocol("too many messages that it cannot show")),
            false => Ok(()),
        }
    };
    let done = window.done.take();
    if done.as_ref().is_some_and(|done| !done.ok) {
        refused_for_now(done.as_ref())?;
        let odd: Uids = window.odd.iter().map(|uid| (*uid, *uid)).collect();
        let mut again = vec![window.piece.uids.without(&window.answered).without(&odd)];
        while let Some(uids) = again.pop().filter(|uids| !uids.is_empty()) {
            spend()?;
            let tag = session.wire.send(&Command::Fetch(&uids)).await?;
            let done = session.wire.finish(&tag, |said| {
                window.take(said, sent, now);
                Ok(())
            });
            let done = done.await?;
            refused_for_now(Some(&done))?;
            if done.ok {
                continue;
            }
            match (uids.last(), uids.without(&window.answered).halves()) {
                (_, Some((lower, upper))) => again.extend([lower, upper]),
                (Some(uid), None) if !window.answered.contains(uid) => {
                    window.answered.insert(uid, uid);
                    window.read.skipped.push((uid, "the server does not show it"));
                }
                _ => {}
            }
        }
    }
    let mut odd = std::mem::take(&mut window.odd);
    if std::mem::take(&mut window.blind) {
        spend()?;
        let known: Uids = odd.iter().map(|uid| (*uid, *uid)).collect();
        let unanswered = window.piece.uids.without(&window.answered).without(&known);
        let there = search(session, &unanswered).await?;
        odd.extend(there.ranges().iter().flat_map(|(first, last)| *first..=*last));
    }
    for uid in odd.into_iter().filter(|uid| !window.answered.contains(*uid)).collect::<Vec<_>>() {
        spend()?;
        let tag = session.wire.send(&Command::FetchFields(uid)).await?;
        let done = session.wire.finish(&tag, |said| {
            window.take(said, sent, now);
            Ok(())
        });
        refused_for_now(Some(&done.await?))?;
        if !window.answered.contains(uid) {
            window.answered.insert(uid, uid);
            window.read.skipped.push((uid, "the server's answer cannot be read"));
        }
    }
    Ok(())
}

fn refused_for_now(done: Option<&Done>) -> Result<(), Fault> {
    match done.filter(|done| !done.ok).and_then(|done| done.code.as_ref()) {
        Some(Code::Throttled) => Err(Fault::Throttled),
        _ => Ok(()),
    }
}
