//! What the user says single items really were, and which item a text names.
//!
//! Corrections are kept by what names their item everywhere (Message-ID; UID and RECURRENCE-ID),
//! not by its row: a mailbox that is read anew meets the same correction. Each call that writes
//! returns only when the disk has it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::address::Book;
use super::code::{At, Word};
use super::times::Times;
use super::{Durability, Result, Store};
use crate::interaction::{Correction, Reference};
use crate::mail::FactKey;

/// Items given at most for a text that names several.
const MOST: u8 = 20;

impl Store {
    /// Adds a correction; its item is to be derived anew. A later one takes an earlier one back.
    pub fn correct(&mut self, correction: &Correction) -> Result<()> {
        self.transact(Durability::Told, |tx, ids| {
            let with = correction.with.as_ref().map(|address| ids.sure(tx, address)).transpose()?;
            let (kind, item, instant) = columns(&correction.item);
            tx.prepare_cached(
                "INSERT INTO correction (at, kind, item, instant, change, address)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                At(correction.at),
                kind,
                item,
                instant.map(At),
                Word(correction.change),
                with,
            ))?;
            changed(tx, &correction.item)
        })
    }

    /// Every correction, in the order they were made.
    pub fn corrections(&self) -> Result<Vec<Correction>> {
        self.read(|conn| {
            let mut book = Book::default();
            let mut find = conn.prepare_cached(
                "SELECT at, kind, item, instant, change, address FROM correction ORDER BY at, id",
            )?;
            let mut rows = find.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let (At(at), Word(change)) = (row.get(0)?, row.get(4)?);
                let instant = row.get::<_, Option<At>>(3)?.map(|At(at)| at);
                let item = match (row.get_ref(1)?.as_str()?, instant) {
                    ("message", None) => Reference::Message(row.get(2)?),
                    ("occurrence", recurrence_id) => {
                        Reference::Occurrence { uid: row.get(2)?, recurrence_id }
                    }
                    ("told", Some(start)) => Reference::Told(start),
                    _ => return Err(rusqlite::types::FromSqlError::InvalidType.into()),
                };
                let with = match row.get::<_, Option<i64>>(5)? {
                    Some(address) => Some(book.spec(conn, address)?),
                    None => None,
                };
                found.push(Correction { at, item, change, with });
            }
            Ok(found)
        })
    }

    /// The items a text names, as printed by [`Reference`] or the beginning of that: only the one
    /// it names exactly where there is one, else every item that begins so, at most twenty. A UID
    /// alone names the whole series.
    pub fn items(&self, text: &str) -> Result<Vec<Reference>> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        self.read(|conn| {
            if let Some(item) = exactly(conn, text)? {
                return Ok(vec![item]);
            }
            beginning(conn, text)
        })
    }
}

fn columns(item: &Reference) -> (&'static str, &str, Option<Timestamp>) {
    match item {
        Reference::Message(id) => ("message", id, None),
        Reference::Occurrence { uid, recurrence_id } => ("occurrence", uid, *recurrence_id),
        Reference::Told(start) => ("told", "", Some(*start)),
    }
}

/// Notes that the fact behind an item has to be derived anew.
fn changed(tx: &Transaction<'_>, item: &Reference) -> rusqlite::Result<()> {
    match item {
        Reference::Message(id) => tx.execute(
            "INSERT INTO changed_message (message, date)
             SELECT id, date FROM message WHERE message_id = ?1 OR (message_id IS NULL AND key = ?2)
             ON CONFLICT DO NOTHING",
            (id, unhex(id)),
        )?,
        Reference::Occurrence { uid, .. } => tx.execute(
            "INSERT INTO changed_uid (uid, fresh) VALUES (?1, 0)
                 ON CONFLICT (uid) DO NOTHING",
            [uid],
        )?,
        Reference::Told(start) => tx.execute(
            "INSERT INTO changed_call (call, fresh) SELECT id, 0 FROM call WHERE start = ?1
             ON CONFLICT DO NOTHING",
            [At(*start)],
        )?,
    };
    Ok(())
}

fn exactly(conn: &Connection, text: &str) -> rusqlite::Result<Option<Reference>> {
    let there = |sql: &str, text: &str| -> rusqlite::Result<bool> {
        Ok(conn.prepare_cached(sql)?.query_row([text], |_| Ok(())).optional()?.is_some())
    };
    if let Some(start) = text.strip_prefix("told@").and_then(instant) {
        let found = conn
            .prepare_cached("SELECT 1 FROM call WHERE start = ?1")?
            .query_row([At(start)], |_| Ok(()))
            .optional()?;
        return Ok(found.map(|()| Reference::Told(start)));
    }
    let message = "SELECT 1 FROM message WHERE message_id = ?1 LIMIT 1";
    let without_id = "SELECT 1 FROM message WHERE message_id IS NULL AND lower(hex(key)) = ?1";
    if there(message, text)? || there(without_id, text)? {
        return Ok(Some(Reference::Message(text.to_owned())));
    }
    let uid = "SELECT 1 FROM event WHERE uid = ?1 LIMIT 1";
    if there(uid, text)? {
        return Ok(Some(Reference::Occurrence { uid: text.to_owned(), recurrence_id: None }));
    }
    let one = text.rsplit_once('#').and_then(|(uid, at)| Some((uid, instant(at)?)));
    let Some((uid, at)) = one else { return Ok(None) };
    let mut events = conn.prepare_cached("SELECT times FROM event WHERE uid = ?1")?;
    let mut rows = events.query([uid])?;
    while let Some(row) = rows.next()? {
        let Times(times) = row.get(0)?;
        if times.iter().any(|(recurrence, _)| *recurrence == Some(at)) {
            let uid = uid.to_owned();
            return Ok(Some(Reference::Occurrence { uid, recurrence_id: Some(at) }));
        }
    }
    Ok(None)
}

fn beginning(conn: &Connection, text: &str) -> rusqlite::Result<Vec<Reference>> {
    let mut found = Vec::new();
    let mut messages = conn.prepare_cached(
        "SELECT message_id, key FROM message
         WHERE substr(coalesce(message_id, lower(hex(key))), 1, length(?1)) = ?1 LIMIT ?2",
    )?;
    let mut rows = messages.query((text, MOST))?;
    while let Some(row) = rows.next()? {
        let id = match row.get::<_, Option<String>>(0)? {
            Some(id) => id,
            None => FactKey(row.get(1)?).to_string(),
        };
        found.push(Reference::Message(id));
    }
    let mut events = conn.prepare_cached(
        "SELECT DISTINCT uid FROM event WHERE substr(uid, 1, length(?1)) = ?1 LIMIT ?2",
    )?;
    let uids = events.query_map((text, MOST), |row| row.get::<_, String>(0))?;
    for uid in uids {
        found.push(Reference::Occurrence { uid: uid?, recurrence_id: None });
    }
    found.truncate(usize::from(MOST));
    Ok(found)
}

/// An instant as [`Reference`] prints it.
fn instant(text: &str) -> Option<Timestamp> {
    let read = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(read).ok()
}

/// The key whose hexadecimal digits these are; nothing for any other text.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let number = u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32)?;
    Some(number.to_be_bytes().to_vec())
}
