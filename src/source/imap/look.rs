//! One look at an account: what is new in which mailbox, read newest first, batch by batch.
//!
//! A look asks for the list of mailboxes with the state of each, opens those in which something is
//! new, and reads that in windows of UIDs, the next window asked for before the last has arrived.
//! Each window is a batch: its facts and how far the mailbox has come, so an interrupted first scan
//! goes on where its last batch ended. Whether anything is new is told by one number (UIDNEXT,
//! HIGHESTMODSEQ); which UIDs those are needs no question while they are few, and is told by the
//! server's answer to EXAMINE (QRESYNC) or by a search when they are many.
//!
//! Where there is much to read, a second connection takes half of it. Four bring nothing more, and
//! providers count connections. One that is refused is done without.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::ops::ControlFlow;

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::mailbox::{self, Mailbox};
use super::open::{Examined, examine, forget, is_dense, newest_of, search};
use super::said::Status;
use super::session::Session;
use super::state::{Opened, State};
use super::uids::Uids;
use super::window::{self, Piece};
use super::wire::Tag;
use crate::batch::{Batch, Skipped};
use crate::cursor::Cursor;
use crate::source::Progress;
use crate::source::maildir::Choice;
use crate::source::net::Fault;

/// So many new UIDs are read without asking which of them there are.
const FEW: u64 = 1000;
/// From so many messages on a second connection is worth its login.
const MANY: u64 = 5_000;
/// How many UIDs of a mailbox are one piece of work; the newest are a small one, so that they
/// come first from every mailbox.
const PIECES: (u32, u32) = (2_000, 20_000);

/// Takes batches.
pub trait Take {
    /// Takes one; `Break` ends the look early.
    fn take(&mut self, batch: Batch, progress: Progress) -> impl Future<Output = ControlFlow<()>>;
}

/// Something to do.
#[derive(Debug)]
enum Job {
    /// Open a mailbox and see what is to be read.
    Open(usize),
    /// Read a piece of it.
    Read(usize, Piece),
    /// Read what is new in it: it is open, and nothing else was missing.
    Newest(usize),
}

/// A mailbox on its way.
#[derive(Debug)]
struct Target {
    mailbox: Mailbox,
    state: Option<State>,
    opened: Opened,
    /// Whether something was learned of it that is not written down.
    moved: bool,
}

/// A look under way, shared by its connections.
pub(super) struct Look<'o, O> {
    now: Timestamp,
    todo: RefCell<Todo>,
    out: Mutex<&'o mut O>,
}

#[derive(Debug, Default)]
struct Todo {
    targets: Vec<Target>,
    jobs: VecDeque<Job>,
    progress: Progress,
    stopped: bool,
}

impl Todo {
    /// Where the next piece of a mailbox waits, when the newest of all were taken.
    fn older(&self, at: usize) -> Option<usize> {
        let newest = self.jobs.iter().any(|job| matches!(job, Job::Open(_)));
        let older = |job: &Job| matches!(job, Job::Read(one, _) if *one == at);
        self.jobs.iter().position(older).filter(|_| !newest)
    }
}

/// Takes a look, at all mailboxes that are chosen or at `only` those of which something is known to
/// be new. `another` opens a second connection where that is worth it. Returns the mailboxes that
/// are read, each with the state it was read in, for whoever waits for news of them.
pub(super) async fn look<O: Take, F: Future<Output = Result<Session, Fault>>>(
    session: &mut Session,
    another: impl FnOnce() -> F,
    (choice, only): (&Choice, Option<Vec<Mailbox>>),
    (cursor, now): (&Cursor, Timestamp),
    out: &mut O,
) -> Result<Vec<Mailbox>, Fault> {
    let whole = only.is_none();
    let mut mailboxes = match only {
        Some(mailboxes) => mailboxes,
        None => mailbox::list(session, choice).await?,
    };
    let state = |mailbox: &Mailbox| State::decode(cursor.parts.get(&State::key(&mailbox.name))?);
    let states: BTreeMap<String, State> =
        mailboxes.iter().filter_map(|one| Some((one.name.clone(), state(one)?))).collect();
    let mut unasked: Vec<&mut Mailbox> = mailboxes
        .iter_mut()
        .filter(|one| whole && one.status.is_none() && states.contains_key(&one.name))
        .collect();
    mailbox::ask_status(session, &mut unasked).await?;

    let mut todo = Todo::default();
    for mailbox in &mailboxes {
        let state = states.get(&mailbox.name);
        let behind = match (state, &mailbox.status) {
            (None, Some(status)) => status.messages > 0,
            (None, None) | (Some(_), None) => true,
            (Some(state), Some(status)) => state.is_behind(status, now),
        };
        if behind {
            todo.progress.total += expected(state, mailbox.status.as_ref());
            let at = todo.targets.len();
            todo.jobs.push_back(match is_open(session, mailbox, state) {
                true => Job::Newest(at),
                false => Job::Open(at),
            });
            todo.targets.push(Target {
                mailbox: mailbox.clone(),
                state: state.cloned(),
                opened: Opened::default(),
                moved: false,
            });
        }
    }
    let many = todo.progress.total >= MANY;
    let look = Look { now, todo: RefCell::new(todo), out: Mutex::new(out) };
    if many {
        let helper = async {
            // Done without, whatever is wrong with it: providers limit connections.
            if let Ok(mut second) = another().await {
                match look.work(&mut second).await {
                    Ok(()) => second.end().await,
                    Err(fault) => tracing::debug!(%fault, "the second connection is given up"),
                }
            }
        };
        let (first, ()) = tokio::join!(look.work(session), helper);
        first?;
    }
    // What the second connection left behind; all of it, where there is none.
    look.work(session).await?;
    look.finish(whole.then_some(mailboxes.as_slice()), cursor).await;
    for target in look.todo.into_inner().targets {
        if let Some(state) = target.state
            && let Some(mailbox) = mailboxes.iter_mut().find(|one| one.wire == target.mailbox.wire)
        {
            mailbox.status = Some(Status {
                messages: target.opened.exists,
                uid_next: Some(state.uid_next),
                uid_validity: Some(state.uid_validity),
                modseq: None,
            });
        }
    }
    Ok(mailboxes)
}

/// Whether a mailbox is open already and only its newest messages, a few, were not read: the
/// server has told of them a moment ago.
fn is_open(session: &Session, mailbox: &Mailbox, state: Option<&State>) -> bool {
    session.open.as_ref().zip(state).is_some_and(|(open, state)| {
        open.mailbox == mailbox.wire
            && mailbox.status.is_none()
            && open.uid_validity == state.uid_validity
            && state.is_whole()
            && !state.owed
            && u64::from(open.exists.saturating_sub(state.messages)) <= FEW / 2
    })
}

/// How many messages a mailbox will probably bring.
fn expected(state: Option<&State>, status: Option<&Status>) -> u64 {
    let Some(status) = status else { return 0 };
    match (state, status.uid_next) {
        (Some(state), Some(next)) if state.is_whole() && next >= state.uid_next => {
            u64::from(next - state.uid_next).min(u64::from(status.messages))
        }
        _ => u64::from(status.messages),
    }
}

impl<O: Take> Look<'_, O> {
    /// Does what there is to do until nothing is left.
    async fn work(&self, session: &mut Session) -> Result<(), Fault> {
        loop {
            let Some(job) = self.next_job(session) else { return Ok(()) };
            match job {
                Job::Open(at) => {
                    let opened = self.open(session, at).await;
                    let untouched = |target: &Target| target.opened == Opened::default();
                    if opened.is_err() && self.of(at, untouched) == Some(true) {
                        // For another connection, if there is one.
                        self.todo.borrow_mut().jobs.push_front(Job::Open(at));
                    }
                    opened?;
                }
                Job::Read(at, piece) => self.read(session, at, piece).await?,
                Job::Newest(at) => self.newest(session, at).await?,
            }
        }
    }

    /// What to do next: the first that waits, but of the older mail of all mailboxes that of the
    /// one that is open already.
    fn next_job(&self, session: &Session) -> Option<Job> {
        let mut todo = self.todo.borrow_mut();
        if todo.stopped {
            return None;
        }
        let open = session.open.as_ref().map(|open| &open.mailbox);
        let at = todo.targets.iter().position(|target| Some(&target.mailbox.wire) == open);
        let near = at.and_then(|at| todo.older(at)).unwrap_or(0);
        todo.jobs.remove(near)
    }

    /// More to read of a mailbox that is being read, if nothing else comes first.
    fn next_piece(&self, at: usize) -> Option<Piece> {
        let mut todo = self.todo.borrow_mut();
        let job = todo.older(at).and_then(|job| todo.jobs.remove(job));
        match job {
            Some(Job::Read(_, piece)) => Some(piece),
            _ => None,
        }
    }

    /// Opens a mailbox and puts what is to be read of it among the jobs.
    async fn open(&self, session: &mut Session, at: usize) -> Result<(), Fault> {
        let Some((wire, status, last)) = self.of(at, |target| {
            (target.mailbox.wire.clone(), target.mailbox.status, target.state.clone())
        }) else {
            return Ok(());
        };
        let new = expected(last.as_ref(), status.as_ref());
        let known = last.as_ref().filter(|_| new <= MANY);
        let newest = status.as_ref().filter(|_| last.is_none());
        let newest = newest.and_then(|status| newest_of(status, PIECES.0)).unwrap_or_default();
        let newest = window::first_of(newest, session.window);
        let Some(Examined { opened, told, mut ahead }) =
            examine(session, &wire, known, newest).await?
        else {
            return self.cannot_open(at).await;
        };
        let mut state = State::go_on(last.clone(), &opened, self.now);
        let mut left = state.left();
        if opened.uid_next.is_none() {
            // Nobody says where UIDs end.
            left.insert(state.uid_next, u32::MAX);
        }
        let dense = is_dense(&left, opened.exists);
        let as_listed =
            status.is_some_and(|status| status.uid_validity == Some(opened.uid_validity));
        if !as_listed || !dense || opened.uid_next.is_none() {
            forget(session, std::mem::take(&mut ahead)).await?;
        }
        if opened.exists == 0 {
            left = Uids::default();
        } else if left.len() > FEW && !dense || opened.uid_next.is_none() {
            // What EXAMINE told is all that is new, if nothing but that is to be read.
            let newer = last.as_ref().filter(|last| {
                last.is_whole() && last.uid_validity == opened.uid_validity && !state.owed
            });
            left = match (newer, told) {
                (Some(last), Some(told)) => {
                    told.without(&Uids::range(1, last.uid_next.saturating_sub(1)))
                }
                _ => search(session, &left).await?,
            };
            if let Some(last) = left.last() {
                state.uid_next = state.uid_next.max(last.saturating_add(1));
            }
        }
        match self.divide(at, state, opened, left) {
            Some(newest) => self.read_on(session, at, newest, ahead).await,
            None => forget(session, ahead).await,
        }
    }

    /// Puts what is to be read of a mailbox that was opened among the jobs, but for the newest.
    fn divide(&self, at: usize, mut state: State, opened: Opened, mut left: Uids) -> Option<Piece> {
        let mut high = state.uid_next.saturating_sub(1);
        let mut todo = self.todo.borrow_mut();
        if let Some(target) = todo.targets.get_mut(at) {
            target.moved = true;
            if left.is_empty() {
                state.read(1, high);
            }
            (target.state, target.opened) = (Some(state), opened);
        }
        let mut pieces = Vec::new();
        while !left.is_empty() {
            let size = if pieces.is_empty() { PIECES.0 } else { PIECES.1 };
            let uids = left.take_last(size);
            let lowest = uids.ranges().first().map_or(1, |(first, _)| *first);
            let low = if left.is_empty() { 1 } else { lowest };
            pieces.push(Piece { uids, low, high });
            high = low.saturating_sub(1);
        }
        // The newest of every mailbox before the older of any.
        let mut pieces = pieces.into_iter();
        let newest = pieces.next();
        todo.jobs.extend(pieces.map(|piece| Job::Read(at, piece)));
        newest
    }

    /// Reads what is new in the mailbox that is open: one round trip from news to fact.
    async fn newest(&self, session: &mut Session, at: usize) -> Result<(), Fault> {
        let Some(((sent, first), open)) = self
            .of(at, |target| {
                Some((target.mailbox.sent, target.state.as_ref().map(|state| state.uid_next)?))
            })
            .flatten()
            .zip(session.open.clone())
        else {
            return Ok(());
        };
        let mut reader = window::Reader::newest(first, sent, self.now);
        while let Some(read) = reader.next(session).await? {
            if let Some(target) = self.todo.borrow_mut().targets.get_mut(at) {
                let exists = session.open.as_ref().map_or(open.exists, |open| open.exists);
                // The mod-sequence of the last whole look is older than this, which costs the next
                // one a question and nothing else.
                let modseq = target.state.as_ref().map_or(0, |state| state.modseq);
                target.opened =
                    Opened { exists, uid_validity: open.uid_validity, uid_next: None, modseq };
            }
            if self.keep(at, read).await.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn cannot_open(&self, at: usize) -> Result<(), Fault> {
        let place = self.of(at, |target| target.mailbox.name.clone()).unwrap_or_default();
        let skipped = vec![Skipped { place, why: "mailbox cannot be opened" }];
        self.put(Batch { skipped, ..Batch::default() }, 0).await;
        Ok(())
    }

    /// Reads a piece of a mailbox, window by window.
    async fn read(&self, session: &mut Session, at: usize, piece: Piece) -> Result<(), Fault> {
        let Some((wire, validity)) =
            self.of(at, |target| (target.mailbox.wire.clone(), target.opened.uid_validity))
        else {
            return Ok(());
        };
        if session.open.as_ref().is_some_and(|open| open.mailbox == wire) {
            return self.read_on(session, at, piece, Vec::new()).await;
        }
        let first = window::first_of(piece.uids.clone(), session.window);
        let examined = examine(session, &wire, None, first).await;
        let examined = examined.inspect_err(|_| {
            let again = Job::Read(at, piece.clone());
            self.todo.borrow_mut().jobs.push_front(again);
        });
        match examined? {
            Some(Examined { opened, ahead, .. }) if opened.uid_validity == validity => {
                self.read_on(session, at, piece, ahead).await
            }
            // Another mailbox by the same name now: the next look will see to it.
            Some(Examined { ahead, .. }) => forget(session, ahead).await,
            None => self.cannot_open(at).await,
        }
    }

    /// Reads a piece of the mailbox that is open, and more of it while there is. Some of it may
    /// have been asked for already.
    async fn read_on(
        &self,
        session: &mut Session,
        at: usize,
        piece: Piece,
        ahead: Vec<(Tag, Uids)>,
    ) -> Result<(), Fault> {
        let sent = self.of(at, |target| target.mailbox.sent).unwrap_or(false);
        let mut reader = window::Reader::new(piece, sent, self.now);
        for (tag, uids) in ahead {
            reader.asked_ahead(tag, &uids);
        }
        let result = loop {
            if reader.is_low()
                && let Some(piece) = self.next_piece(at)
            {
                reader.add(piece);
            }
            match reader.next(session).await {
                Ok(Some(read)) => {
                    if self.keep(at, read).await.is_break() {
                        return Ok(());
                    }
                }
                Ok(None) => return Ok(()),
                Err(fault) => break Err(fault),
            }
        };
        // For another connection, if there is one.
        let jobs = &mut self.todo.borrow_mut().jobs;
        reader.left().rev().for_each(|piece| jobs.push_front(Job::Read(at, piece)));
        result
    }

    /// Hands a window over, and how far the mailbox has come with it. In this order: whoever notes
    /// later is also handed over later.
    async fn keep(&self, at: usize, read: window::Read) -> ControlFlow<()> {
        let mut out = self.out.lock().await;
        let (batch, progress) = {
            let mut todo = self.todo.borrow_mut();
            let todo = &mut *todo;
            let mut batch = Batch { envelopes: read.envelopes, ..Batch::default() };
            todo.progress.done += (batch.envelopes.len() + read.skipped.len()) as u64;
            todo.progress.total = todo.progress.total.max(todo.progress.done);
            if let Some(target) = todo.targets.get_mut(at)
                && let Some(state) = &mut target.state
            {
                let name = &target.mailbox.name;
                let skipped = read.skipped.into_iter();
                let place = |(uid, why)| Skipped { place: format!("{name}, UID {uid}"), why };
                batch.skipped.extend(skipped.map(place));
                state.read(read.low, read.high);
                if state.is_whole() {
                    (state.messages, state.modseq) = (target.opened.exists, target.opened.modseq);
                }
                target.moved = false;
                batch.cursor.put.push((State::key(name), state.encode()));
            }
            (batch, todo.progress)
        };
        let flow = out.take(batch, progress).await;
        self.todo.borrow_mut().stopped |= flow.is_break();
        flow
    }

    async fn put(&self, batch: Batch, done: u64) {
        let mut out = self.out.lock().await;
        let progress = {
            let mut todo = self.todo.borrow_mut();
            todo.progress.done += done;
            todo.progress
        };
        let flow = out.take(batch, progress).await;
        self.todo.borrow_mut().stopped |= flow.is_break();
    }

    /// Writes down what was learned without reading anything, and forgets mailboxes that are gone.
    async fn finish(&self, there: Option<&[Mailbox]>, cursor: &Cursor) {
        let mut batch = Batch::default();
        {
            let mut todo = self.todo.borrow_mut();
            if todo.stopped {
                return;
            }
            for target in todo.targets.iter_mut().filter(|target| target.moved) {
                if let Some(state) = &mut target.state {
                    if state.is_whole() {
                        (state.messages, state.modseq) =
                            (target.opened.exists, target.opened.modseq);
                    }
                    let key = State::key(&target.mailbox.name);
                    let value = state.encode();
                    if cursor.parts.get(&key) != Some(&value) {
                        batch.cursor.put.push((key, value));
                    }
                }
            }
        }
        if let Some(there) = there {
            let gone = |key: &&Vec<u8>| {
                State::mailbox(key)
                    .is_some_and(|name| there.iter().all(|one| one.name.as_bytes() != name))
            };
            batch.cursor.remove.extend(cursor.parts.keys().filter(gone).cloned());
        }
        if batch != Batch::default() {
            self.put(batch, 0).await;
        }
    }

    fn of<T>(&self, at: usize, take: impl FnOnce(&Target) -> T) -> Option<T> {
        self.todo.borrow().targets.get(at).map(take)
    }
}
