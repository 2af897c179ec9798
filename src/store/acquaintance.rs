//! Whom I wrote to and met, as judgement found at the last derivation.
//!
//! Derived like interactions, and kept for the same reason: a command that only reads must not
//! run through every message to learn who is who. They are written in the transaction that derives
//! the facts they sum up ([`Store::derive`]), so what is new can be added to them and nothing twice.
//! Counting in SQL here was tried and lost: who came to a meeting is an opinion, and two places
//! would hold it. Names are those of the addresses.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::address::{Ids, Spec};
use super::code::At;
use super::{MessageRow, Result, Store, facts, meta, told};
use crate::call::Call;
use crate::mail::AddrSpec;
use crate::people::Acquaintance;

/// What a derivation has learned of whom I wrote to and met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// Sums by address.
    pub acquaintances: Vec<Acquaintance>,
    /// Whether these are all there are; otherwise all others stay as they are.
    pub all: bool,
    /// Stands for what they rest on besides facts.
    pub basis: u64,
}

/// Facts that are in no sum yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Messages after this one.
    pub since: MessageRow,
    /// Events.
    pub uids: BTreeSet<String>,
    /// Told talks.
    pub calls: Vec<Call>,
    /// Addresses that go by another name since.
    pub renamed: BTreeSet<AddrSpec>,
}

/// All of them, by address.
pub(super) const ALL: &str = "
    SELECT a.spec, a.name, k.written_to, k.sent_year, k.received_year, k.met, k.met_half_year,
           k.first
    FROM acquaintance AS k JOIN address AS a ON a.id = k.address ORDER BY a.spec";

/// Those of some addresses, given as a JSON list of rows.
pub(super) const OF: &str = "
    SELECT a.spec, a.name, k.written_to, k.sent_year, k.received_year, k.met, k.met_half_year,
           k.first
    FROM acquaintance AS k JOIN address AS a ON a.id = k.address
    WHERE k.address IN (SELECT value FROM json_each(?1)) ORDER BY a.spec";

/// Other spellings of a mailbox with tags: between its local part with a plus sign and with the
/// character after that.
pub(super) const SPELLINGS: &str = "
    SELECT EXISTS (SELECT 1 FROM address AS a JOIN acquaintance AS k ON k.address = a.id
                   WHERE a.spec > ?1 || '+' AND a.spec < ?1 || ','
                   AND substr(a.spec, instr(a.spec, '@') + 1) = ?2)";

impl Store {
    /// All of them, by address; empty before the first derivation.
    pub fn acquaintances(&self) -> Result<Vec<Acquaintance>> {
        self.read(|conn| conn.prepare_cached(ALL)?.query_map([], acquaintance)?.collect())
    }

    /// Those of some addresses.
    pub fn acquaintances_of(&self, of: &BTreeSet<AddrSpec>) -> Result<Vec<Acquaintance>> {
        self.read(|conn| {
            let rows = facts::rows_of(conn, of)?;
            conn.prepare_cached(OF)?.query_map([rows], acquaintance)?.collect()
        })
    }

    /// Whether somebody is known by a tagged spelling of this address too, or may be by another
    /// spelling of its domain.
    pub fn has_other_spellings(&self, of: &AddrSpec) -> Result<bool> {
        if !of.domain().is_ascii() || of.domain().contains("xn--") {
            return Ok(true);
        }
        self.read(|conn| {
            let parts = (of.local(), of.domain());
            conn.prepare_cached(SPELLINGS)?.query_row(parts, |row| row.get(0))
        })
    }

    /// The same sums, each with the name its address goes by.
    pub fn named(&self, mut sums: Vec<Acquaintance>) -> Result<Vec<Acquaintance>> {
        self.read(|conn| {
            let mut find = conn.prepare_cached("SELECT name FROM address WHERE spec = ?1")?;
            for one in sums.iter_mut().filter(|one| one.name.is_none()) {
                let name = find.query_row([one.address.as_str()], |row| row.get(0)).optional()?;
                one.name = name.flatten();
            }
            Ok(sums)
        })
    }

    /// What is new since the sums were made, where they rest on this basis and nothing that is in
    /// them has changed; `None` where they have to be made anew.
    pub fn news(&self, basis: u64) -> Result<Option<News>> {
        self.read(|conn| {
            let same = meta::get(conn, meta::LEARNED_BY)? == Some(basis.cast_signed());
            let done: i64 = meta::get(conn, meta::DERIVED)?.unwrap_or(0);
            let changed: bool =
                conn.prepare_cached(CHANGED)?.query_row([done], |row| row.get(0))?;
            if !same || changed {
                return Ok(None);
            }
            let mut uids = conn.prepare_cached("SELECT uid FROM changed_uid")?;
            let mut renamed = conn.prepare_cached(
                "SELECT a.spec FROM renamed AS r JOIN address AS a ON a.id = r.address",
            )?;
            let spec = |row: &Row<'_>| row.get(0).map(|Spec(spec)| spec);
            let calls = told::calls(conn, told::CHANGED_CALLS)?;
            Ok(Some(News {
                since: MessageRow(done),
                uids: uids.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?,
                calls: calls.into_iter().map(|(_, call)| call).collect(),
                renamed: renamed.query_map([], spec)?.collect::<rusqlite::Result<_>>()?,
            }))
        })
    }
}

/// Whether a fact that was there has changed.
const CHANGED: &str = "
    SELECT EXISTS (SELECT 1 FROM changed_message WHERE message <= ?1)
        OR EXISTS (SELECT 1 FROM changed_uid WHERE NOT fresh)
        OR EXISTS (SELECT 1 FROM changed_call WHERE NOT fresh)";

/// Writes down what was learned.
pub(super) fn save(conn: &Connection, ids: &mut Ids, learned: &Learned) -> rusqlite::Result<()> {
    if learned.all {
        conn.execute("DELETE FROM acquaintance", [])?;
    }
    let mut save = conn.prepare_cached(
        "INSERT INTO acquaintance (address, written_to, sent_year, received_year, met,
         met_half_year, first) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (address) DO UPDATE SET written_to = excluded.written_to,
         sent_year = excluded.sent_year, received_year = excluded.received_year,
         met = excluded.met, met_half_year = excluded.met_half_year, first = excluded.first",
    )?;
    for one in &learned.acquaintances {
        save.execute((
            ids.sure(conn, &one.address)?,
            one.written_to,
            one.sent_year,
            one.received_year,
            one.met,
            one.met_half_year,
            At(one.first),
        ))?;
    }
    meta::set(conn, meta::LEARNED_BY, learned.basis.cast_signed())
}

fn acquaintance(row: &Row<'_>) -> rusqlite::Result<Acquaintance> {
    let (Spec(address), At(first)) = (row.get(0)?, row.get(7)?);
    let first: Timestamp = first;
    Ok(Acquaintance {
        address,
        name: row.get(1)?,
        written_to: row.get(2)?,
        sent_year: row.get(3)?,
        received_year: row.get(4)?,
        met: row.get(5)?,
        met_half_year: row.get(6)?,
        first,
    })
}
