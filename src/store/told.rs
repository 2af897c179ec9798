//! Talks the user told of. They cannot be read again from anywhere, so each call returns only when
//! the disk has it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::address::Spec;
use super::code::{At, Word};
use super::{Durability, Result, Store, meta};
use crate::call::Call;
use crate::mail::AddrSpec;

/// Every told talk, and which of them changed since the last derivation.
pub(super) const CALLS: &str = "
    SELECT c.id, a.spec, c.how, c.start, c.minutes, c.told
    FROM call AS c JOIN address AS a ON a.id = c.address ORDER BY c.start, a.spec";
pub(super) const CHANGED_CALLS: &str = "
    SELECT c.id, a.spec, c.how, c.start, c.minutes, c.told
    FROM changed_call AS d CROSS JOIN call AS c ON c.id = d.call JOIN address AS a ON a.id = c.address
    ORDER BY c.start, a.spec";

/// Reads told talks by one of the statements above.
pub(super) fn calls(conn: &Connection, sql: &str) -> rusqlite::Result<Vec<(i64, Call)>> {
    conn.prepare_cached(sql)?
        .query_map([], |row| {
            let (Spec(with), Word(how), At(start)) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let At(told) = row.get(5)?;
            Ok((row.get(0)?, Call { with, how, start, minutes: row.get(4)?, told }))
        })?
        .collect()
}

impl Store {
    /// Writes down a talk; whether it was not known. Told again with the same address and start it
    /// counts once, how and how long are what was told last, and it was known from the first time.
    pub fn record_call(&mut self, call: &Call) -> Result<bool> {
        self.transact(Durability::Told, |tx, ids| {
            let address = ids.sure(tx, &call.with)?;
            let known = tx
                .query_row(
                    "SELECT id FROM call WHERE address = ?1 AND start = ?2",
                    (address, At(call.start)),
                    |row| row.get::<_, i64>(0),
                )
                .optional()?;
            tx.execute(
                "INSERT INTO call (address, how, start, minutes, told) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (address, start) DO UPDATE
                 SET how = excluded.how, minutes = excluded.minutes,
                     told = min(told, excluded.told)",
                (address, Word(call.how), At(call.start), call.minutes, At(call.told)),
            )?;
            tx.execute(
                "INSERT INTO changed_call (call, fresh) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                (known.unwrap_or_else(|| tx.last_insert_rowid()), known.is_none()),
            )?;
            Ok(known.is_none())
        })
    }

    /// Takes back a told talk with its interaction; whether there was one.
    pub fn remove_call(&mut self, with: &AddrSpec, start: Timestamp) -> Result<bool> {
        self.transact(Durability::Told, |tx, _| {
            let gone = tx
                .query_row(
                    "DELETE FROM call WHERE start = ?2
                     AND address = (SELECT id FROM address WHERE spec = ?1) RETURNING id",
                    (with.as_str(), At(start)),
                    |row| row.get::<_, i64>(0),
                )
                .optional()?;
            let Some(call) = gone else { return Ok(false) };
            // It is in sums that nobody can take it out of.
            meta::forget(tx, meta::LEARNED_BY)?;
            tx.execute(
                "INSERT INTO stale (person) SELECT person FROM talk WHERE call = ?1
                 ON CONFLICT DO NOTHING",
                [call],
            )?;
            tx.execute("DELETE FROM talk WHERE call = ?1", [call])?;
            Ok(true)
        })
    }

    /// Every told talk, by time.
    pub fn calls(&self) -> Result<Vec<Call>> {
        self.read(|conn| Ok(calls(conn, CALLS)?.into_iter().map(|(_, call)| call).collect()))
    }
}
