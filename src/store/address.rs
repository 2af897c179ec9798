//! Addresses to row numbers while writing, row numbers to addresses while reading.
//!
//! A first scan asks for the same few thousand addresses hundreds of thousands of times, so both
//! ways remember. The memories are bounded and forgotten as a whole when full: a clever eviction
//! would cost more than the look-ups it saves.
//!
//! Which name an address goes by must not depend on the order of scanning. Every header that names
//! it makes a claim, and the greatest claim holds: its own From before what others call it, then
//! the newest, then the greatest text. A name so follows a marriage or a new signature.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension};

use super::forget;
use crate::mail::{AddrSpec, Mailbox};

/// Addresses remembered at most, either way; about 4 MB.
const MOST: usize = 20_000;

/// Who gave a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Somebody who wrote to it or invited it.
    Others,
    /// Its own From.
    Itself,
}

impl By {
    /// Its number in the table; 0 stands for nobody.
    fn code(self) -> i64 {
        match self {
            Self::Others => 1,
            Self::Itself => 2,
        }
    }
}

#[derive(Debug)]
struct Known {
    id: i64,
    named: i64,
    at: i64,
    name: Option<Box<str>>,
    changed: bool,
    /// Whether it goes by another name now, or by one at last.
    renamed: bool,
}

/// Addresses to row numbers.
#[derive(Debug, Default)]
pub(super) struct Ids {
    known: HashMap<AddrSpec, Known>,
    changed: Vec<AddrSpec>,
}

impl Ids {
    /// Makes room before a transaction.
    pub(super) fn trim(&mut self) {
        if self.known.len() > MOST {
            *self = Self::default();
        }
    }

    /// The row of an address, made where there is none. `None` for an address the user wants
    /// forgotten, and for one that would not come back from the file as it went in: it would make
    /// every later read fail.
    pub(super) fn id(
        &mut self,
        conn: &Connection,
        spec: &AddrSpec,
    ) -> rusqlite::Result<Option<i64>> {
        Ok(known(&mut self.known, conn, spec)?.map(|known| known.id))
    }

    /// The same for an address that went through [`AddrSpec::parse`] on its way in, as those of the
    /// configuration and the command line do; failing then is our mistake.
    pub(super) fn sure(&mut self, conn: &Connection, spec: &AddrSpec) -> rusqlite::Result<i64> {
        self.id(conn, spec)?.ok_or_else(|| {
            rusqlite::Error::ToSqlConversionFailure(format!("{spec:?} does not come back").into())
        })
    }

    /// The same, with the name that a header dated `at` gives it.
    pub(super) fn named(
        &mut self,
        conn: &Connection,
        mailbox: &Mailbox,
        by: By,
        at: i64,
    ) -> rusqlite::Result<Option<i64>> {
        let Some(known) = known(&mut self.known, conn, &mailbox.addr_spec)? else {
            return Ok(None);
        };
        if let Some(name) = mailbox.display_name.as_deref()
            && (by.code(), at, Some(name)) > (known.named, known.at, known.name.as_deref())
        {
            known.named = by.code();
            known.at = at;
            if known.name.as_deref() != Some(name) {
                known.renamed = true;
                known.name = Some(name.into());
            }
            if !known.changed {
                known.changed = true;
                self.changed.push(mailbox.addr_spec.clone());
            }
        }
        Ok(Some(known.id))
    }

    /// Writes the names that changed, once each and not once a message. Before every commit.
    pub(super) fn write(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let mut update = conn.prepare_cached(
            "UPDATE address SET name = ?2, named_by = ?3, named_at = ?4 WHERE id = ?1",
        )?;
        let mut renamed = conn
            .prepare_cached("INSERT INTO renamed (address) VALUES (?1) ON CONFLICT DO NOTHING")?;
        for spec in self.changed.drain(..) {
            if let Some(known) = self.known.get_mut(&spec) {
                update.execute((known.id, &known.name, known.named, known.at))?;
                if known.renamed {
                    renamed.execute([known.id])?;
                }
                (known.changed, known.renamed) = (false, false);
            }
        }
        Ok(())
    }
}

fn known<'a>(
    memory: &'a mut HashMap<AddrSpec, Known>,
    conn: &Connection,
    spec: &AddrSpec,
) -> rusqlite::Result<Option<&'a mut Known>> {
    Ok(match memory.entry(spec.clone()) {
        Entry::Occupied(known) => Some(known.into_mut()),
        Entry::Vacant(free) => find_or_make(conn, spec)?.map(|found| free.insert(found)),
    })
}

fn find_or_make(conn: &Connection, spec: &AddrSpec) -> rusqlite::Result<Option<Known>> {
    let found = conn
        .prepare_cached("SELECT id, named_by, named_at, name FROM address WHERE spec = ?1")?
        .query_row([spec.as_str()], |row| {
            let (id, named, at, name) = row.try_into()?;
            Ok(Known { id, named, at, name, changed: false, renamed: false })
        });
    if let Some(known) = found.optional()? {
        return Ok(Some(known));
    }
    if AddrSpec::parse(spec.as_str()).as_ref() != Some(spec) {
        return Ok(None);
    }
    if forget::is_forgotten(conn, spec)? {
        return Ok(None);
    }
    conn.prepare_cached("INSERT INTO address (spec, named_by, named_at) VALUES (?1, 0, 0)")?
        .execute([spec.as_str()])?;
    let id = conn.last_insert_rowid();
    Ok(Some(Known { id, named: 0, at: 0, name: None, changed: false, renamed: false }))
}

/// Row numbers to addresses.
#[derive(Default)]
pub(super) struct Book {
    known: HashMap<i64, Mailbox>,
    nameless: bool,
}

impl Book {
    /// One that leaves names out: for messages, in which nobody is known by name. A million of them
    /// are read a quarter faster so.
    pub(super) fn nameless() -> Self {
        Self { nameless: true, ..Self::default() }
    }

    /// The address with the name it goes by, which need not be the one a header gave it.
    pub(super) fn mailbox(&mut self, conn: &Connection, id: i64) -> rusqlite::Result<&Mailbox> {
        if self.known.len() > MOST {
            self.known.clear();
        }
        match self.known.entry(id) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => {
                let found = conn
                    .prepare_cached("SELECT spec, name FROM address WHERE id = ?1")?
                    .query_row([id], |row| {
                        let Spec(addr_spec) = row.get(0)?;
                        let display_name = if self.nameless { None } else { row.get(1)? };
                        Ok(Mailbox { addr_spec, display_name })
                    })?;
                Ok(free.insert(found))
            }
        }
    }

    /// The address alone.
    pub(super) fn spec(&mut self, conn: &Connection, id: i64) -> rusqlite::Result<AddrSpec> {
        Ok(self.mailbox(conn, id)?.addr_spec.clone())
    }
}

/// An address in a column.
pub(super) struct Spec(pub(super) AddrSpec);

impl FromSql for Spec {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        AddrSpec::parse(value.as_str()?).map(Self).ok_or(FromSqlError::InvalidType)
    }
}
