//! What the user said: talks they told of, and what they decided about people.
//!
//! None of it can be read again from anywhere, so each call returns only when the disk has it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::address::{Book, Spec};
use super::code::{At, Day, Word};
use super::{Durability, Result, Store};
use crate::call::Call;
use crate::mail::AddrSpec;
use crate::people::{Choice, ClientId, Decision, Preference};

/// Every told talk, and which of them changed since the last derivation.
pub(super) const CALLS: &str = "
    SELECT c.id, a.spec, c.how, c.start, c.minutes
    FROM call AS c JOIN address AS a ON a.id = c.address ORDER BY c.start, a.spec";
pub(super) const CHANGED_CALLS: &str = "
    SELECT c.id, a.spec, c.how, c.start, c.minutes
    FROM changed_call AS d CROSS JOIN call AS c ON c.id = d.call JOIN address AS a ON a.id = c.address
    ORDER BY c.start, a.spec";

/// Reads told talks by one of the statements above.
pub(super) fn calls(conn: &Connection, sql: &str) -> rusqlite::Result<Vec<(i64, Call)>> {
    conn.prepare_cached(sql)?
        .query_map([], |row| {
            let (Spec(with), Word(how), At(start)) = (row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((row.get(0)?, Call { with, how, start, minutes: row.get(4)? }))
        })?
        .collect()
}

impl Store {
    /// Writes down a talk; whether it was not known. Told again with the same address and start it
    /// counts once, and how and how long are what was told last.
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
                "INSERT INTO call (address, how, start, minutes) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (address, start) DO UPDATE
                 SET how = excluded.how, minutes = excluded.minutes",
                (address, Word(call.how), At(call.start), call.minutes),
            )?;
            tx.execute(
                "INSERT INTO changed_call (call) VALUES (?1) ON CONFLICT DO NOTHING",
                [known.unwrap_or_else(|| tx.last_insert_rowid())],
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
            tx.execute("DELETE FROM interaction WHERE call = ?1", [call])?;
            Ok(true)
        })
    }

    /// Every told talk, by time.
    pub fn calls(&self) -> Result<Vec<Call>> {
        self.read(|conn| Ok(calls(conn, CALLS)?.into_iter().map(|(_, call)| call).collect()))
    }

    /// Adds a decision. Decisions are never changed: a later one takes an earlier one back.
    pub fn decide(&mut self, decision: &Decision) -> Result<()> {
        self.transact(Durability::Told, |tx, ids| {
            let about = ids.sure(tx, &decision.about)?;
            let other = match &decision.choice {
                Choice::Join(other) => Some(ids.sure(tx, other)?),
                _ => None,
            };
            let columns = Columns::of(&decision.choice);
            tx.prepare_cached(
                "INSERT INTO decision (at, address, choice, client, other, prefers, days, until)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                At(decision.at),
                about,
                columns.choice,
                columns.client,
                other,
                columns.prefers.map(Word),
                columns.days,
                columns.until,
            ))?;
            Ok(())
        })
    }

    /// Every decision, in the order they were made.
    pub fn decisions(&self) -> Result<Vec<Decision>> {
        self.read(|conn| {
            let mut book = Book::default();
            let mut find = conn.prepare_cached(
                "SELECT at, address, choice, client, other, prefers, days, until
                 FROM decision ORDER BY at, id",
            )?;
            let mut rows = find.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let At(at) = row.get(0)?;
                let about = book.spec(conn, row.get(1)?)?;
                found.push(Decision { at, about, choice: choice(conn, &mut book, row)? });
            }
            Ok(found)
        })
    }
}

/// A choice as columns, but for the other address.
#[derive(Default)]
struct Columns<'a> {
    choice: &'static str,
    client: Option<&'a str>,
    prefers: Option<Preference>,
    days: Option<u32>,
    until: Option<Day>,
}

impl<'a> Columns<'a> {
    fn of(choice: &'a Choice) -> Self {
        let bare = |choice| Self { choice, ..Self::default() };
        match choice {
            Choice::Confirm => bare("confirm"),
            Choice::NotAClient => bare("not_a_client"),
            Choice::Assign(ClientId(client)) => Self { client: Some(client), ..bare("assign") },
            Choice::Join(_) => bare("join"),
            Choice::Split => bare("split"),
            Choice::Prefers(prefers) => Self { prefers: *prefers, ..bare("prefers") },
            Choice::Cadence(days) => Self { days: *days, ..bare("cadence") },
            Choice::MuteUntil(day) => Self { until: Some(Day(*day)), ..bare("mute_until") },
            Choice::Unmute => bare("unmute"),
            Choice::LaterUntil(day) => Self { until: Some(Day(*day)), ..bare("later_until") },
        }
    }
}

fn choice(conn: &Connection, book: &mut Book, row: &Row<'_>) -> rusqlite::Result<Choice> {
    let word = row.get_ref(2)?.as_str()?;
    let until = || -> rusqlite::Result<_> { Ok(row.get::<_, Day>(7)?.0) };
    Ok(match word {
        "confirm" => Choice::Confirm,
        "not_a_client" => Choice::NotAClient,
        "assign" => Choice::Assign(ClientId(row.get(3)?)),
        "join" => Choice::Join(book.spec(conn, row.get(4)?)?),
        "split" => Choice::Split,
        "prefers" => Choice::Prefers(row.get::<_, Option<Word<_>>>(5)?.map(|Word(way)| way)),
        "cadence" => Choice::Cadence(row.get(6)?),
        "mute_until" => Choice::MuteUntil(until()?),
        "unmute" => Choice::Unmute,
        "later_until" => Choice::LaterUntil(until()?),
        _ => return Err(rusqlite::types::FromSqlError::InvalidType.into()),
    })
}
