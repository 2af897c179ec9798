//! Sources: their names, their cursors, their health, what machine mail they brought.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use super::code::{At, Code, Word};
use super::{Durability, Result, Store};
use crate::cursor::Cursor;
use crate::mail::Automatic;

/// A source in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub(super) i64);

/// What a source holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Messages.
    Mail,
    /// Events.
    Calendar,
    /// Cards of an address book.
    Contacts,
}

/// A source and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its number.
    pub id: SourceId,
    /// What it holds.
    pub kind: Kind,
    /// Its name in the configuration, unique for its kind.
    pub name: String,
    /// Whether it can be read.
    pub health: Health,
}

/// Whether a source can be read: a blind spot otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The last look that succeeded; `None` before the first.
    pub last_ok: Option<Timestamp>,
    /// What goes wrong; `None` when the last look succeeded.
    pub trouble: Option<Trouble>,
}

/// Why a source cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What the last failed look said, not yet safe to show.
    pub what: String,
    /// The first of the failed looks in a row.
    pub since: Timestamp,
}

impl Store {
    /// The number of a source, given at first sight.
    pub fn source(&mut self, kind: Kind, name: &str) -> Result<SourceId> {
        let find = "SELECT id FROM source WHERE kind = ?1 AND name = ?2";
        let known = self.read(|conn| {
            conn.prepare_cached(find)?.query_row((Word(kind), name), |row| row.get(0)).optional()
        })?;
        match known {
            Some(id) => Ok(SourceId(id)),
            None => self.transact(Durability::Rescan, |tx, _| {
                tx.prepare_cached(
                    "INSERT INTO source (kind, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )?
                .execute((Word(kind), name))?;
                let id = tx.query_row(find, (Word(kind), name), |row| row.get(0))?;
                Ok(SourceId(id))
            }),
        }
    }

    /// Every source ever seen, by kind and name.
    pub fn sources(&self) -> Result<Vec<Source>> {
        self.read(|conn| {
            conn.prepare_cached(
                "SELECT s.id, s.kind, s.name, h.last_ok, h.trouble, h.since
                 FROM source AS s LEFT JOIN source_health AS h ON h.source = s.id
                 ORDER BY s.kind DESC, s.name",
            )?
            .query_map([], |row| {
                let Word(kind) = row.get(1)?;
                let trouble = match (row.get(4)?, row.get(5)?) {
                    (Some(what), Some(At(since))) => Some(Trouble { what, since }),
                    _ => None,
                };
                let last_ok = row.get::<_, Option<At>>(3)?.map(|At(at)| at);
                let health = Health { last_ok, trouble };
                Ok(Source { id: SourceId(row.get(0)?), kind, name: row.get(2)?, health })
            })?
            .collect()
        })
    }

    /// Where a source left off at the last commit.
    pub fn cursor(&self, source: SourceId) -> Result<Cursor> {
        self.read(|conn| {
            let parts = conn
                .prepare_cached("SELECT part, value FROM cursor WHERE source = ?1")?
                .query_map([source.0], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<BTreeMap<_, _>>>()?;
            Ok(Cursor { parts })
        })
    }

    /// Forgets where a source left off: the next scan reads all of it again and adds nothing twice.
    pub fn rewind(&mut self, source: SourceId) -> Result<()> {
        self.transact(Durability::Rescan, |tx, _| {
            tx.execute("DELETE FROM cursor WHERE source = ?1", [source.0])?;
            Ok(())
        })
    }

    /// Takes a source that is no longer configured out of the facts: its cursor, its health, its
    /// events. Messages stay, for taking a mailbox away does not unmake what was written.
    pub fn retire(&mut self, source: SourceId) -> Result<()> {
        self.transact(Durability::Rescan, |tx, _| {
            tx.execute("DELETE FROM cursor WHERE source = ?1", [source.0])?;
            tx.execute("DELETE FROM source_health WHERE source = ?1", [source.0])?;
            tx.execute(
                "INSERT INTO changed_uid (uid, fresh)
                 SELECT e.uid, 0 FROM resource AS r JOIN event AS e ON e.resource = r.id
                 WHERE r.source = ?1 ON CONFLICT (uid) DO UPDATE SET fresh = 0",
                [source.0],
            )?;
            tx.execute("DELETE FROM resource WHERE source = ?1", [source.0])?;
            Ok(())
        })
    }

    /// Notes how a look at a source ended. Failures in a row keep the time of the first.
    pub fn note_look(
        &mut self,
        source: SourceId,
        at: Timestamp,
        outcome: std::result::Result<(), &str>,
    ) -> Result<()> {
        self.transact(Durability::Rescan, |tx, _| {
            match outcome {
                Ok(()) => tx.execute(
                    "INSERT INTO source_health (source, last_ok) VALUES (?1, ?2)
                     ON CONFLICT (source) DO UPDATE
                     SET last_ok = excluded.last_ok, trouble = NULL, since = NULL",
                    (source.0, At(at)),
                ),
                Err(what) => tx.execute(
                    "INSERT INTO source_health (source, since, trouble) VALUES (?1, ?2, ?3)
                     ON CONFLICT (source) DO UPDATE
                     SET trouble = excluded.trouble, since = coalesce(since, excluded.since)",
                    (source.0, At(at), what),
                ),
            }?;
            Ok(())
        })
    }

    /// Machine mail seen, by source and reason.
    pub fn machine_mail(&self) -> Result<Vec<(SourceId, Automatic, u64)>> {
        self.read(|conn| {
            conn.prepare_cached(
                "SELECT source, kind, count(*) FROM machine GROUP BY source, kind ORDER BY source, kind",
            )?
            .query_map([], |row| {
                let Code(kind) = row.get(1)?;
                Ok((SourceId(row.get(0)?), kind, row.get::<_, i64>(2)?.unsigned_abs()))
            })?
            .collect()
        })
    }
}
