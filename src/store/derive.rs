//! Facts through a judgement into interactions.
//!
//! The judgement comes in as a function, so that the store holds no opinion. Facts, interactions
//! and the note of how far derivation has come change in one transaction; a reader sees the old
//! interactions or the new ones.
//!
//! Derivation is whole or goes on where it stopped. The caller's fingerprint of everything an
//! opinion rests on (rules, roster, decisions, the program's version) decides: another one than
//! last time makes all interactions anew, which takes about a second for 100,000 facts. Finding
//! out which old facts a changed roster touches was weighed, and lost: it saves that second on a
//! day when somebody new turns up, and would be wrong in ways nobody notices.

use std::path::Path;
use std::sync::mpsc::sync_channel;

use rusqlite::{CachedStatement, Connection, OpenFlags, Params};

use super::address::{Book, Ids};
use super::code::{At, Code, Day};
use super::{Durability, Result, SourceId, Store, calendar, mail, meta, told};
use crate::calendar::Occurrence;
use crate::call::Call;
use crate::interaction::Interaction;
use crate::mail::Envelope;

/// One fact, as judgement gets it.
#[derive(Clone, Copy, Debug)]
pub enum Fact<'a> {
    /// A message.
    Message(&'a Envelope),
    /// An occurrence: every copy of it (same UID and RECURRENCE-ID) in any calendar, never none.
    Occurrence {
        /// The copies, in order of calendar and resource.
        copies: &'a [Occurrence],
        /// The calendar of each.
        sources: &'a [SourceId],
    },
    /// A told talk.
    Call(&'a Call),
}

/// Adds what it sees in a fact to the list. The same fact always gives the same.
pub type Judge<'j> = dyn Fn(Fact<'_>, &mut Vec<Interaction>) + Sync + 'j;

/// New messages from which on a second reader is worth its thread.
const MANY: i64 = 5_000;
/// Messages judged at a time, and how many such lots may wait to be written.
const LOT: (usize, usize) = (500, 4);

/// What a derivation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// Whether all interactions were made anew.
    pub whole: bool,
    /// Facts judged.
    pub facts: u64,
    /// Interactions made.
    pub interactions: u64,
}

impl Store {
    /// Judges the facts that are new or changed since the last call, or all of them when
    /// `fingerprint` is not that of the last call. `judge` adds what it sees in a fact to the
    /// list; the references of its interactions have to be those of the fact. Of many messages, a
    /// second reader judges the next ones while this one writes.
    pub fn derive(&mut self, fingerprint: u64, judge: &Judge<'_>) -> Result<Derived> {
        self.ids.trim();
        let path = self.path.clone();
        self.transact(Durability::Rescan, |tx, ids| {
            let whole = meta::get(tx, meta::FINGERPRINT)? != Some(fingerprint.cast_signed());
            let done = if whole {
                tx.execute("DELETE FROM interaction", [])?;
                0
            } else {
                tx.execute_batch(FORGET_CHANGED)?;
                meta::get(tx, meta::DERIVED)?.unwrap_or(0)
            };
            let mut making = Making::new(tx, ids, judge)?;
            making.made.whole = whole;
            if whole {
                making.n = 0;
                making.events(calendar::ALL, [])?;
                making.calls(told::CALLS)?;
            } else {
                making.messages(mail::CHANGED, [done])?;
                making.events(calendar::CHANGED, [])?;
                making.calls(told::CHANGED_CALLS)?;
            }
            making.messages_since(&path, done)?;
            let (made, n) = (making.made, making.n);
            let last = "SELECT coalesce(max(id), 0) FROM message";
            let last: i64 = tx.query_row(last, [], |row| row.get(0))?;
            meta::set(tx, meta::DERIVED, last)?;
            meta::set(tx, meta::FINGERPRINT, fingerprint.cast_signed())?;
            meta::set(tx, meta::NEXT_INTERACTION, n)?;
            tx.execute_batch(
                "DELETE FROM changed_message; DELETE FROM changed_uid; DELETE FROM changed_call",
            )?;
            Ok(made)
        })
    }
}

impl Store {
    /// Whether everything derived is that of these facts and of this basis: a number for all that
    /// an opinion rests on before any fact is looked at.
    pub fn is_derived(&self, basis: u64) -> Result<bool> {
        self.read(|conn| {
            let done: Option<i64> = meta::get(conn, meta::DERIVED)?;
            let same = meta::get(conn, meta::BASIS)? == Some(basis.cast_signed());
            let changed: bool =
                conn.query_row(ANYTHING_NEW, [done.unwrap_or(0)], |row| row.get(0))?;
            Ok(done.is_some() && same && !changed)
        })
    }

    /// Notes what the last derivation rested on.
    pub fn set_basis(&mut self, basis: u64) -> Result<()> {
        self.transact(Durability::Rescan, |tx, _| meta::set(tx, meta::BASIS, basis.cast_signed()))
    }
}

/// Whether any fact is new or changed since a message.
const ANYTHING_NEW: &str = "
    SELECT EXISTS (SELECT 1 FROM message WHERE id > ?1) OR EXISTS (SELECT 1 FROM changed_message)
        OR EXISTS (SELECT 1 FROM changed_uid) OR EXISTS (SELECT 1 FROM changed_call)";

/// Interactions of facts that changed.
pub(super) const FORGET_CHANGED: &str = "
    DELETE FROM interaction WHERE message IN (SELECT message FROM changed_message);
    DELETE FROM interaction WHERE uid IN (SELECT uid FROM changed_uid);
    DELETE FROM interaction WHERE call IN (SELECT call FROM changed_call);";

/// The fact that interactions are made from, as columns.
#[derive(Default)]
struct Origin<'a> {
    source: Option<i64>,
    message: Option<i64>,
    uid: Option<&'a str>,
    recurrence: Option<At>,
    call: Option<i64>,
}

/// A derivation under way.
struct Making<'c, 'j> {
    conn: &'c Connection,
    ids: &'j mut Ids,
    judge: &'j Judge<'j>,
    insert: CachedStatement<'c>,
    found: Vec<Interaction>,
    n: i64,
    made: Derived,
}

impl<'c, 'j> Making<'c, 'j> {
    fn new(conn: &'c Connection, ids: &'j mut Ids, judge: &'j Judge<'j>) -> rusqlite::Result<Self> {
        let insert = conn.prepare_cached(
            "INSERT INTO interaction (person, day, at, n, address, channel, setting, direction,
             stop, participants, minutes, series, known, rule, source, message, uid, recurrence,
             call) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
             ?17, ?18, ?19)",
        )?;
        let n = meta::get(conn, meta::NEXT_INTERACTION)?.unwrap_or(0);
        let (found, made) = (Vec::new(), Derived::default());
        Ok(Self { conn, ids, judge, insert, found, n, made })
    }

    fn messages(&mut self, sql: &str, params: impl Params) -> rusqlite::Result<()> {
        mail::each(self.conn, &mut Book::default(), sql, params, |row, source, envelope| {
            let (source, message) = (Some(source.0), Some(row.0));
            self.take(Fact::Message(envelope), Origin { source, message, ..Origin::default() })
        })
    }

    fn events(&mut self, sql: &str, params: impl Params) -> rusqlite::Result<()> {
        calendar::each_uid(self.conn, &mut Book::default(), sql, params, |group| {
            let (sources, all): (Vec<_>, Vec<_>) = calendar::copies(group).into_iter().unzip();
            let mut sources = sources.as_slice();
            for copies in all.chunk_by(|a, b| a.recurrence_id == b.recurrence_id) {
                let Some((these, rest)) = sources.split_at_checked(copies.len()) else { break };
                sources = rest;
                let Some(first) = copies.first() else { continue };
                let origin = Origin {
                    source: these.first().map(|source| source.0),
                    uid: Some(&first.uid),
                    recurrence: first.recurrence_id.map(At),
                    ..Origin::default()
                };
                self.take(Fact::Occurrence { copies, sources: these }, origin)?;
            }
            Ok(())
        })
    }

    fn calls(&mut self, sql: &str) -> rusqlite::Result<()> {
        for (row, call) in told::calls(self.conn, sql)? {
            self.take(Fact::Call(&call), Origin { call: Some(row), ..Origin::default() })?;
        }
        Ok(())
    }

    /// Messages after a row. Nobody else writes, so a second connection sees the same facts.
    fn messages_since(&mut self, path: &Path, done: i64) -> rusqlite::Result<()> {
        let last: i64 =
            self.conn.query_row("SELECT coalesce(max(id), 0) FROM message", [], |r| r.get(0))?;
        let second = (last - done > MANY).then(|| second_reader(path)).flatten();
        let Some(second) = second else { return self.messages(mail::SINCE, [done]) };
        let judge = self.judge;
        let (lots, judged) = sync_channel(LOT.1);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut lot = Vec::with_capacity(LOT.0);
                let all = mail::each(
                    &second,
                    &mut Book::default(),
                    mail::SINCE,
                    [done],
                    |row, source, envelope| {
                        let mut found = Vec::new();
                        judge(Fact::Message(envelope), &mut found);
                        lot.push((row.0, source.0, found));
                        if lot.len() == LOT.0 {
                            // a writer that failed has said so itself
                            lots.send(Ok(std::mem::take(&mut lot))).ok();
                        }
                        Ok(())
                    },
                );
                lots.send(all.map(|()| lot)).ok();
            });
            for lot in judged {
                for (message, source, found) in lot? {
                    let (source, message) = (Some(source), Some(message));
                    self.found = found;
                    self.write(Origin { source, message, ..Origin::default() })?;
                }
            }
            Ok(())
        })
    }

    fn take(&mut self, fact: Fact<'_>, origin: Origin<'_>) -> rusqlite::Result<()> {
        (self.judge)(fact, &mut self.found);
        self.write(origin)
    }

    /// Writes what was found in one fact.
    fn write(&mut self, origin: Origin<'_>) -> rusqlite::Result<()> {
        self.made.facts += 1;
        for seen in self.found.drain(..) {
            self.insert.execute(rusqlite::params![
                self.ids.sure(self.conn, &seen.person.0)?,
                Day(seen.day),
                At(seen.at),
                self.n,
                self.ids.sure(self.conn, &seen.address)?,
                Code(seen.channel),
                Code(seen.setting),
                Code(seen.direction),
                At(seen.end),
                seen.participants,
                seen.minutes,
                seen.series,
                At(seen.known),
                Code(seen.rule),
                origin.source,
                origin.message,
                origin.uid,
                origin.recurrence,
                origin.call,
            ])?;
            self.n += 1;
            self.made.interactions += 1;
        }
        Ok(())
    }
}

/// Another look at the same file; `None` where there is no file, or none can be had.
fn second_reader(path: &Path) -> Option<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    path.is_file().then(|| Connection::open_with_flags(path, flags).ok()).flatten()
}
