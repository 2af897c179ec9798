//! Talks on their way into the file.
//!
//! Their table lies in the order of people and days, and facts come in that of events, so many are
//! held back and sorted. Where all of them are made anew, which are a hundred thousand from a
//! calendar full of series, they are written before their indexes: those took most of the time.

use rusqlite::{CachedStatement, Connection};

use super::code::{At, Code, Day};
use crate::interaction::{Interaction, Reference};

/// Talks held back at most before they are written, some ten megabytes.
const MOST: usize = 25_000;

/// The fact that interactions are made from, as far as they do not name it themselves.
#[derive(Clone, Copy, Default)]
pub(super) struct Origin {
    pub(super) source: Option<i64>,
    pub(super) message: Option<i64>,
    pub(super) call: Option<i64>,
}

/// A talk by the rows it speaks of.
pub(super) struct Talk {
    pub(super) person: i64,
    pub(super) address: i64,
    pub(super) origin: Origin,
    pub(super) seen: Interaction,
}

/// Talks on their way into the file.
pub(super) struct Desk<'c> {
    insert: CachedStatement<'c>,
    /// Each with the number that tells it from others of its instant.
    held: Vec<(i64, Talk)>,
    /// The number of the next one.
    pub(super) next: i64,
}

/// Takes the indexes of a table of talks away that is empty, and says how to make them again.
pub(super) fn without_indexes(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let indexes: Vec<(String, String)> = conn
        .prepare_cached(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'talk'
             AND sql IS NOT NULL ORDER BY name",
        )?
        .query_map([], |row| row.try_into())?
        .collect::<rusqlite::Result<_>>()?;
    let mut made = Vec::new();
    for (name, sql) in indexes {
        conn.execute_batch(&format!("DROP INDEX {name}"))?;
        made.push(sql);
    }
    Ok(made)
}

impl<'c> Desk<'c> {
    pub(super) fn new(conn: &'c Connection, next: i64) -> rusqlite::Result<Self> {
        let insert = conn.prepare_cached(
            "INSERT INTO talk (person, day, at, n, address, channel, setting, direction, stop,
             participants, minutes, series, known, rule, source, message, uid, recurrence, call)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
             ?18, ?19)",
        )?;
        Ok(Self { insert, held: Vec::new(), next })
    }

    /// Takes a talk.
    pub(super) fn put(&mut self, talk: Talk) -> rusqlite::Result<()> {
        self.held.push((self.next, talk));
        self.next += 1;
        if self.held.len() < MOST { Ok(()) } else { self.write() }
    }

    /// Writes what is held back.
    pub(super) fn write(&mut self) -> rusqlite::Result<()> {
        self.held.sort_unstable_by_key(|(n, talk)| (talk.person, talk.seen.day, talk.seen.at, *n));
        for (n, Talk { person, address, origin, seen }) in self.held.drain(..) {
            let (uid, recurrence) = match &seen.reference {
                Reference::Occurrence { uid, recurrence_id } => (Some(uid), recurrence_id.map(At)),
                Reference::Message(_) | Reference::Told(_) => (None, None),
            };
            self.insert.execute(rusqlite::params![
                person,
                Day(seen.day),
                At(seen.at),
                n,
                address,
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
                uid,
                recurrence,
                origin.call,
            ])?;
        }
        Ok(())
    }
}
