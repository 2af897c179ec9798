//! A piece of a mailbox, read in windows of UIDs, newest first.
//!
//! The next window is asked for while messages of the last are still to come, so many of them that
//! neither a long line nor a fast server ever runs empty. Counting windows does not do that: what
//! Dovecot cannot send at once it leaves for later commands, and it ends all of them together when
//! everything has been sent. So what counts is how many messages are still to come; a window is over
//! when all of them have come, in whatever order the windows are, and its command may end later.
//! Larger windows bring little speed and cost memory and what an interruption loses.
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
use super::open::search;
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
/// How many windows' messages are asked for at once: what fills a fast line with a round trip of
/// 50 ms.
const AHEAD: u64 = 4;
/// After so many messages it is time to ask for more.
const SOME: u64 = 50;
/// How many windows may be begun: they hold their messages, and where some of these are gone, only
/// the end of the command tells.
const BEGUN: usize = 8;
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

/// What is asked for first of these: as many windows as are under way at once.
pub(super) fn first_of(mut uids: Uids, window: u32) -> Vec<Uids> {
    let windows = (0..AHEAD).map(|_| uids.take_last(window));
    windows.filter(|uids| !uids.is_empty()).collect()
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

/// Reads pieces of one mailbox, one after the other.
#[derive(Debug)]
pub(super) struct Reader {
    /// What was not asked for yet.
    pieces: VecDeque<Piece>,
    asked: VecDeque<Window>,
    /// Commands that brought all they were to, and are not over yet.
    loose: Vec<Tag>,
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
    /// There were such answers without a UID, in this one or in another that was under way.
    blind: bool,
    done: Option<Done>,
    read: Read,
}

impl Window {
    fn new(tag: Tag, piece: Piece) -> Self {
        let read = Read { low: piece.low, high: piece.high, ..Read::default() };
        Self {
            tag,
            piece,
            answered: Uids::default(),
            odd: Vec::new(),
            blind: false,
            done: None,
            read,
        }
    }

    /// How many messages are still to come, if all of them are there.
    fn missing(&self) -> u64 {
        match self.done {
            Some(_) => 0,
            None => self.piece.uids.len().saturating_sub(self.answered.len()),
        }
    }

    /// Whether single messages have to be asked for.
    fn is_bad(&self) -> bool {
        self.blind || !self.odd.is_empty() || self.done.as_ref().is_some_and(|done| !done.ok)
    }

    fn is_over(&self) -> bool {
        self.done.is_some() || self.missing() == 0 && !self.is_bad()
    }

    fn take(&mut self, said: &Said, sent: bool, now: Timestamp) -> bool {
        match said {
            Said::OddRow(Some(uid)) => {
                let ours = self.piece.uids.contains(*uid);
                if ours && !self.odd.contains(uid) {
                    self.odd.push(*uid);
                }
                ours
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
        let pieces = VecDeque::from([piece]);
        Self { pieces, asked: VecDeque::new(), loose: Vec::new(), sent, now }
    }

    /// Reads everything from a UID on, in one window: a few messages, of which nobody has told the
    /// UIDs. What counts as read is what came.
    pub(super) fn newest(first: u32, sent: bool, now: Timestamp) -> Self {
        let piece = Piece { uids: Uids::range(first, u32::MAX), low: first, high: u32::MAX };
        Self::new(piece, sent, now)
    }

    /// Whether all has been asked for: time for another piece, if the line is not to run empty.
    pub(super) fn is_low(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Notes that these, which lie together, were asked for already. To be told before anything is
    /// read.
    pub(super) fn asked_ahead(&mut self, tag: Tag, uids: &Uids) {
        let first = uids.ranges().first().map_or(1, |(first, _)| *first);
        let last = uids.last().unwrap_or(first);
        let holds = |piece: &Piece| (piece.low..=piece.high).contains(&first);
        let at = self.pieces.iter().position(holds);
        let Some((at, piece)) = at.and_then(|at| Some((at, self.pieces.remove(at)?))) else {
            self.loose.push(tag);
            return;
        };
        let Piece { uids: all, low, high } = piece;
        let below = all.without(&Uids::range(first, u32::MAX));
        let above = all.without(&Uids::range(1, last));
        let ours = all.without(&below).without(&above);
        let piece = Piece {
            uids: ours,
            low: if below.is_empty() { low } else { first },
            high: if above.is_empty() { high } else { last },
        };
        if !below.is_empty() {
            self.pieces.insert(at, Piece { uids: below, low, high: first.saturating_sub(1) });
        }
        if !above.is_empty() {
            self.pieces.insert(at, Piece { uids: above, low: last.saturating_add(1), high });
        }
        self.asked.push_back(Window::new(tag, piece));
    }

    /// Reads this besides.
    pub(super) fn add(&mut self, piece: Piece) {
        self.pieces.push_back(piece);
    }

    /// What was not read yet, in case that another has to.
    pub(super) fn left(self) -> impl DoubleEndedIterator<Item = Piece> {
        self.asked.into_iter().map(|window| window.piece).chain(self.pieces)
    }

    /// Reads a window more; `None` when there is none left.
    pub(super) async fn next(&mut self, session: &mut Session) -> Result<Option<Read>, Fault> {
        let begun = Instant::now();
        let at = loop {
            self.ask(session).await?;
            if let Some(at) = self.asked.iter().position(Window::is_over) {
                break at;
            }
            if self.asked.is_empty() && self.loose.is_empty() {
                return Ok(None);
            }
            while !self.hear(session).await? {}
        };
        session.window = match begun.elapsed() {
            took if took > SLOW => (session.window / 2).max(LEAST),
            took if took < FAST => (session.window * 2).min(MOST),
            _ => session.window,
        };
        let ended = self.asked.get(at).is_some_and(|window| window.done.is_some());
        if self.asked.get(at).is_some_and(Window::is_bad) {
            // Nothing else may be under way while single messages are asked for.
            while !self.loose.is_empty() || self.asked.iter().any(|one| one.done.is_none()) {
                self.hear(session).await?;
            }
            if let Some(window) = self.asked.get_mut(at) {
                mend(session, window, self.sent, self.now).await?;
            }
        }
        Ok(self.asked.remove(at).map(|window| {
            if !ended {
                session.wire.served();
                self.loose.push(window.tag);
            }
            let mut read = window.read;
            if read.high == u32::MAX {
                read.high = window.answered.last().unwrap_or(read.low.saturating_sub(1));
            }
            read
        }))
    }

    /// Asks for more while less is still to come than the line can hold.
    async fn ask(&mut self, session: &mut Session) -> Result<(), Fault> {
        while let Some(piece) = self.pieces.front_mut() {
            let size = session.window;
            let missing: u64 = self.asked.iter().map(Window::missing).sum();
            let full = missing + u64::from(size) > AHEAD * u64::from(size);
            let bad = self.asked.iter().any(Window::is_bad);
            if !self.asked.is_empty() && (full || bad || self.asked.len() >= BEGUN) {
                break;
            }
            let size = if piece.high == u32::MAX { u32::MAX } else { size };
            let uids = piece.uids.take_last(size);
            let lowest = uids.ranges().first().map_or(1, |(first, _)| *first);
            let low = if piece.uids.is_empty() { piece.low } else { lowest };
            let asked = Piece { uids, low, high: piece.high };
            piece.high = low.saturating_sub(1);
            if piece.uids.is_empty() {
                self.pieces.pop_front();
            }
            if asked.uids.is_empty() {
                continue;
            }
            // Noted as asked for before it is, so that it counts as left when that fails.
            let sent = session.wire.send(&Command::Fetch(&asked.uids)).await;
            let (tag, sent) = match sent {
                Ok(tag) => (tag, Ok(())),
                Err(fault) => (Tag::default(), Err(fault)),
            };
            self.asked.push_back(Window::new(tag, asked));
            sent?;
        }
        Ok(())
    }

    /// Takes the next thing that is said; whether it is time to see how things stand.
    async fn hear(&mut self, session: &mut Session) -> Result<bool, Fault> {
        let said = session.wire.answer().await?;
        session.hear(&said);
        let (sent, now) = (self.sent, self.now);
        let mut under_way = self.asked.iter_mut().filter(|window| window.done.is_none());
        match said {
            Said::Nothing => {
                for window in under_way {
                    window.done = session.wire.ended(&window.tag);
                }
                self.loose.retain(|tag| session.wire.ended(tag).is_none());
                Ok(true)
            }
            // Nobody can tell whose it is.
            Said::OddRow(None) => {
                under_way.for_each(|window| window.blind = true);
                Ok(true)
            }
            said => {
                let taken = under_way.find_map(|window| {
                    window.take(&said, sent, now).then(|| window.missing().is_multiple_of(SOME))
                });
                Ok(taken.unwrap_or(true))
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
            let rest = Command::Fetch(&uids);
            let done = session.run(&rest, |said| {
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
        let single = Command::FetchFields(uid);
        let done = session.run(&single, |said| {
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
