//! Facts through a judgement into interactions.
//!
//! The judgement comes in as a function, so that the store holds no opinion. Facts, interactions
//! and the note of how far derivation has come change in one transaction; a reader sees the old
//! interactions or the new ones.
//!
//! Derivation is whole or goes on where it stopped. The caller's fingerprint of everything an
//! opinion rests on (rules, roster, decisions, the program's version) decides: another one than
//! last time makes all interactions anew, which takes two seconds for a million facts. Finding out
//! which old facts a changed roster touches was weighed, and lost: it saves those seconds on a day
//! when somebody new turns up, and would be wrong in ways nobody notices.

use std::collections::HashSet;

use jiff::civil::Date;
use rusqlite::{Connection, Params};

use super::address::{Book, Ids};
use super::pack::{self, Letter};
use super::talk::{self, Origin, Talk};
use super::{
    Durability, Learned, MessageRow, Result, SourceId, Store, acquaintance, calendar, contact,
    mail, meta, told,
};
use crate::calendar::Occurrence;
use crate::call::Call;
use crate::interaction::{Channel, Interaction};
use crate::mail::Envelope;
use crate::people::PersonId;

/// One fact, as judgement gets it.
#[derive(Clone, Copy, Debug)]
pub enum Fact<'a> {
    /// A message, its mailboxes without names.
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
pub type Judge<'j> = dyn FnMut(Fact<'_>, &mut Vec<Interaction>) + 'j;

/// What a derivation did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// Whether all interactions were made anew.
    pub whole: bool,
    /// Facts judged.
    pub facts: u64,
    /// Interactions made.
    pub interactions: u64,
    /// Whether any of them, or of those that went, is a talk and no letter.
    pub talks: bool,
    /// Whether any that were there before may be gone.
    pub gone: bool,
    /// Where not all were made anew, the days of contact by the letters among them, in no
    /// particular order.
    pub letters: Vec<(PersonId, Date)>,
}

impl Store {
    /// Judges the facts that are new or changed since the last call, or all of them when
    /// `fingerprint` is not that of the last call. `judge` adds what it sees in a fact to the
    /// list; the references of its interactions have to be those of the fact. What was `learned` of
    /// the same facts is written down with them.
    pub fn derive(
        &mut self,
        fingerprint: u64,
        learned: &Learned,
        judge: &mut Judge<'_>,
    ) -> Result<Derived> {
        self.ids.trim();
        self.transact(Durability::Rescan, |tx, ids| {
            let whole = meta::get(tx, meta::FINGERPRINT)? != Some(fingerprint.cast_signed());
            let mut indexes = Vec::new();
            let done = if whole {
                tx.execute_batch(FORGET_ALL)?;
                indexes = talk::without_indexes(tx)?;
                0
            } else {
                meta::get(tx, meta::DERIVED)?.unwrap_or(0)
            };
            let mut making = Making::new(tx, ids, judge)?;
            (making.made.whole, making.made.gone) = (whole, whole);
            if whole {
                making.talks.next = 0;
                making.events(calendar::ALL, [])?;
                making.calls(told::CALLS)?;
            } else {
                for person in pack::remove(tx, &changed_messages(tx)?)? {
                    contact::make_stale(tx, person)?;
                    making.made.gone = true;
                }
                let before = tx.total_changes();
                tx.execute_batch(FORGET_CHANGED)?;
                making.made.talks = tx.total_changes() > before;
                making.made.gone |= making.made.talks;
                mail::each(
                    tx,
                    &mut Book::nameless(),
                    mail::CHANGED,
                    [done],
                    |row, source, one| making.message(row, source, one),
                )?;
                making.events(calendar::CHANGED, [])?;
                making.calls(told::CHANGED_CALLS)?;
            }
            mail::each(tx, &mut Book::nameless(), mail::SINCE, [done], |row, source, one| {
                making.message(row, source, one)
            })?;
            let (made, n) = making.finish()?;
            tx.execute_batch(&indexes.join(";"))?;
            acquaintance::save(tx, ids, learned)?;
            let last = "SELECT coalesce(max(id), 0) FROM message";
            let last: i64 = tx.query_row(last, [], |row| row.get(0))?;
            meta::set(tx, meta::DERIVED, last)?;
            meta::set(tx, meta::FINGERPRINT, fingerprint.cast_signed())?;
            meta::set(tx, meta::NEXT_TALK, n)?;
            tx.execute_batch(
                "DELETE FROM changed_message; DELETE FROM changed_uid; DELETE FROM changed_call;
                 DELETE FROM renamed",
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
        OR EXISTS (SELECT 1 FROM changed_uid) OR EXISTS (SELECT 1 FROM changed_call)
        OR EXISTS (SELECT 1 FROM renamed)";

/// Everything made from facts.
const FORGET_ALL: &str = "
    INSERT INTO stale (person) SELECT person FROM contact WHERE true ON CONFLICT DO NOTHING;
    DELETE FROM talk; DELETE FROM letter";

/// Talks of facts that changed.
pub(super) const FORGET_CHANGED: &str = "
    INSERT INTO stale (person)
        SELECT person FROM talk WHERE message IN (SELECT message FROM changed_message)
        UNION SELECT person FROM talk WHERE uid IN (SELECT uid FROM changed_uid)
        UNION SELECT person FROM talk WHERE call IN (SELECT call FROM changed_call)
        ON CONFLICT DO NOTHING;
    DELETE FROM talk WHERE message IN (SELECT message FROM changed_message);
    DELETE FROM talk WHERE uid IN (SELECT uid FROM changed_uid);
    DELETE FROM talk WHERE call IN (SELECT call FROM changed_call);";

/// The messages that changed, each with the date it had when it was derived.
fn changed_messages(conn: &Connection) -> rusqlite::Result<Vec<(i64, i64)>> {
    conn.prepare_cached("SELECT message, date FROM changed_message")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// A derivation under way.
struct Making<'c, 'j> {
    conn: &'c Connection,
    ids: &'j mut Ids,
    judge: &'j mut Judge<'j>,
    talks: talk::Desk<'c>,
    letters: pack::Desk,
    /// Those who are known to be stale.
    touched: HashSet<i64>,
    found: Vec<Interaction>,
    made: Derived,
}

impl<'c, 'j> Making<'c, 'j> {
    fn new(
        conn: &'c Connection,
        ids: &'j mut Ids,
        judge: &'j mut Judge<'j>,
    ) -> rusqlite::Result<Self> {
        let talks = talk::Desk::new(conn, meta::get(conn, meta::NEXT_TALK)?.unwrap_or(0))?;
        let (letters, found, made) = (pack::Desk::default(), Vec::new(), Derived::default());
        let touched = HashSet::new();
        Ok(Self { conn, ids, judge, talks, letters, touched, found, made })
    }

    fn message(
        &mut self,
        row: MessageRow,
        source: SourceId,
        envelope: &Envelope,
    ) -> rusqlite::Result<()> {
        let (source, message) = (Some(source.0), Some(row.0));
        self.take(Fact::Message(envelope), Origin { source, message, call: None })
    }

    fn events(&mut self, sql: &str, params: impl Params) -> rusqlite::Result<()> {
        calendar::each_uid(self.conn, &mut Book::default(), sql, params, |group| {
            calendar::each_occurrence(group, |copies, sources| {
                let source = sources.first().map(|source| source.0);
                let origin = Origin { source, ..Origin::default() };
                self.take(Fact::Occurrence { copies, sources }, origin)
            })
        })
    }

    fn calls(&mut self, sql: &str) -> rusqlite::Result<()> {
        for (row, call) in told::calls(self.conn, sql)? {
            self.take(Fact::Call(&call), Origin { call: Some(row), ..Origin::default() })?;
        }
        Ok(())
    }

    /// Judges a fact and takes up what was found in it.
    fn take(&mut self, fact: Fact<'_>, origin: Origin) -> rusqlite::Result<()> {
        (self.judge)(fact, &mut self.found);
        self.made.facts += 1;
        for seen in self.found.drain(..) {
            // A configuration may name somebody anew who was forgotten: nothing of them is kept.
            let ids =
                (self.ids.id(self.conn, &seen.person.0)?, self.ids.id(self.conn, &seen.address)?);
            let (Some(person), Some(address)) = ids else { continue };
            if self.touched.insert(person) {
                contact::make_stale(self.conn, person)?;
            }
            match origin.message.filter(|_| seen.channel == Channel::Email) {
                Some(message) => {
                    let letter = Letter::of(&seen, message, address);
                    self.letters.put(self.conn, person, &letter)?;
                    if !self.made.whole && seen.category().is_some() {
                        self.made.letters.push((seen.person, seen.day));
                    }
                }
                None => {
                    self.talks.put(Talk { person, address, origin, seen })?;
                    self.made.talks = true;
                }
            }
            self.made.interactions += 1;
        }
        Ok(())
    }

    fn finish(mut self) -> rusqlite::Result<(Derived, i64)> {
        self.letters.write(self.conn)?;
        self.talks.write()?;
        Ok((self.made, self.talks.next))
    }
}
