//! Messages: written once however many copies there are, read back as envelopes.
//!
//! Copies of a message (same key) differ more often than one thinks: only the one in the Sent
//! mailbox has Bcc, a date may have been repaired, a broken client reuses Message-IDs. Which copy
//! is the fact must not depend on which came first, so copies are ordered: one from a mailbox of
//! sent mail before any other, then by date, sender, recipients, thread and Message-ID, and the
//! least one stays. Keeping whichever comes first, as most stores do, would make a rescan in
//! another order another history.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row};

use super::SourceId;
use super::address::{Book, By, Ids};
use super::code::{At, Code, DAY, Field};
use super::facts::MessageRow;
use super::meta;
use super::recipients::{self, Recipients};
use crate::mail::{AddrSpec, Automatic, Envelope, FactKey, Mailbox, MessageId};

/// What became of one envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// A fact that was not known.
    New,
    /// A copy of a known one.
    Known,
    /// Machine mail.
    Machine,
    /// Its sender's address cannot be kept.
    Unusable,
}

/// Writes messages inside one transaction.
pub(super) struct Writer<'c> {
    conn: &'c Connection,
    source: SourceId,
    message: CachedStatement<'c>,
    machine: CachedStatement<'c>,
    people: Recipients,
    /// The row of the next message.
    next: i64,
}

impl<'c> Writer<'c> {
    pub(super) fn new(conn: &'c Connection, source: SourceId) -> rusqlite::Result<Self> {
        let message = conn.prepare_cached(
            "INSERT INTO message (id, key, message_id, thread, date, sender, sent, source, recipients)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (key) DO NOTHING",
        )?;
        let machine = conn.prepare_cached(
            "INSERT INTO machine (key, source, day, kind) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key) DO UPDATE
             SET source = excluded.source, day = excluded.day, kind = excluded.kind
             WHERE (excluded.source, excluded.day, excluded.kind) < (source, day, kind)",
        )?;
        let next = meta::get(conn, meta::NEXT_MESSAGE)?.unwrap_or(1);
        Ok(Self { conn, source, message, machine, people: Recipients::default(), next })
    }

    /// Ends the writing: rows given to messages are never given again. SQLite's AUTOINCREMENT
    /// promises the same and notes it down at every message, a tenth of the time of storing one.
    pub(super) fn finish(self) -> rusqlite::Result<()> {
        meta::set(self.conn, meta::NEXT_MESSAGE, self.next)
    }

    pub(super) fn write(
        &mut self,
        ids: &mut Ids,
        envelope: &Envelope,
    ) -> rusqlite::Result<Written> {
        if let Some(kind) = envelope.automatic {
            self.count(ids, envelope, kind)?;
            return Ok(Written::Machine);
        }
        let date = envelope.date.as_second();
        let Some(sender) = ids.named(self.conn, &envelope.from, By::Itself, date)? else {
            return Ok(Written::Unusable);
        };
        self.people.clear();
        for (field, mailbox) in addressed(envelope) {
            if let Some(id) = ids.named(self.conn, mailbox, By::Others, date)? {
                self.people.push(field, id)?;
            }
        }
        self.people.sort();
        let fresh = self.message.execute((
            self.next,
            envelope.key.0,
            envelope.message_id.as_ref().map(MessageId::as_str),
            envelope.thread.map(u64::cast_signed),
            date,
            sender,
            envelope.sent,
            self.source.0,
            self.people.as_bytes(),
        ))?;
        if fresh == 0 {
            self.merge(envelope, sender)?;
            return Ok(Written::Known);
        }
        self.next += 1;
        Ok(Written::New)
    }

    fn count(
        &mut self,
        ids: &mut Ids,
        envelope: &Envelope,
        kind: Automatic,
    ) -> rusqlite::Result<()> {
        let FactKey([a, b, c, d, e, f, g, h, ..]) = envelope.key;
        let half = i64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let day = envelope.date.as_second().div_euclid(DAY);
        self.machine.execute((half, self.source.0, day, Code(kind)))?;
        for address in &envelope.failed {
            let Some(id) = ids.id(self.conn, address)? else { continue };
            // Of copies with different dates the earliest counts, whichever came first.
            self.conn
                .prepare_cached(
                    "INSERT INTO failure (address, key, date) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET date = min(date, excluded.date)",
                )?
                .execute((id, half, envelope.date.as_second()))?;
        }
        Ok(())
    }

    /// Lets the lesser of two copies stand.
    fn merge(&mut self, envelope: &Envelope, sender: i64) -> rusqlite::Result<()> {
        let stored = self
            .conn
            .prepare_cached(
                "SELECT id, message_id, thread, date, sender, sent, source, recipients
                 FROM message WHERE key = ?1",
            )?
            .query_row([envelope.key.0], |row| {
                Ok(Stored {
                    id: row.get(0)?,
                    message_id: row.get(1)?,
                    thread: row.get::<_, Option<i64>>(2)?,
                    date: row.get(3)?,
                    sender: row.get(4)?,
                    sent: row.get(5)?,
                    source: row.get(6)?,
                    people: row.get(7)?,
                })
            })
            .optional()?;
        let Some(stored) = stored else { return Ok(()) };
        let same = stored.people == self.people
            && stored.date == envelope.date.as_second()
            && stored.sender == sender
            && stored.thread == envelope.thread.map(u64::cast_signed)
            && stored.message_id.as_deref() == envelope.message_id.as_ref().map(MessageId::as_str);
        let rank = (!envelope.sent, self.source.0).cmp(&(!stored.sent, stored.source));
        if same && rank.is_ge() || !envelope.sent && stored.sent {
            return Ok(());
        }
        if !same && envelope.sent == stored.sent && !self.less(envelope, &stored)? {
            return Ok(());
        }
        self.conn
            .prepare_cached(
                "UPDATE message SET message_id = ?2, thread = ?3, date = ?4, sender = ?5, sent = ?6,
                 source = ?7, recipients = ?8 WHERE id = ?1",
            )?
            .execute((
                stored.id,
                envelope.message_id.as_ref().map(MessageId::as_str),
                envelope.thread.map(u64::cast_signed),
                envelope.date.as_second(),
                sender,
                envelope.sent,
                self.source.0,
                self.people.as_bytes(),
            ))?;
        self.conn
            .prepare_cached(
                "INSERT INTO changed_message (message, date) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?
            .execute((stored.id, stored.date))?;
        Ok(())
    }

    /// Whether the envelope comes before what is stored, by what both say and not by row numbers,
    /// which depend on the order of scanning.
    fn less(&self, envelope: &Envelope, stored: &Stored) -> rusqlite::Result<bool> {
        let mut book = Book::default();
        let mut named = |people: &Recipients| -> rusqlite::Result<Vec<(Field, AddrSpec)>> {
            let mut named = Vec::new();
            for recipient in people.iter() {
                let (field, id) = recipient?;
                named.push((field, book.spec(self.conn, id)?));
            }
            named.sort();
            Ok(named)
        };
        let (new, old) = (named(&self.people)?, named(&stored.people)?);
        let sender = book.spec(self.conn, stored.sender)?;
        let new = (
            envelope.date.as_second(),
            &envelope.from.addr_spec,
            new,
            envelope.thread.map(u64::cast_signed),
            envelope.message_id.as_ref().map(MessageId::as_str),
        );
        let old = (stored.date, &sender, old, stored.thread, stored.message_id.as_deref());
        Ok(new < old)
    }
}

struct Stored {
    id: i64,
    message_id: Option<String>,
    thread: Option<i64>,
    date: i64,
    sender: i64,
    sent: bool,
    source: i64,
    people: Recipients,
}

fn addressed(envelope: &Envelope) -> impl Iterator<Item = (Field, &Mailbox)> {
    let to = envelope.to.iter().map(|mailbox| (Field::To, mailbox));
    let cc = envelope.cc.iter().map(|mailbox| (Field::Cc, mailbox));
    let bcc = envelope.bcc.iter().map(|mailbox| (Field::Bcc, mailbox));
    to.chain(cc).chain(bcc)
}

/// All messages after a row, oldest row first.
pub(super) const SINCE: &str = "
    SELECT id, key, message_id, thread, date, sender, sent, source, recipients
    FROM message WHERE id > ?1 ORDER BY id";

/// Messages whose kept copy changed since the last derivation, but no newer ones.
/// CROSS JOIN keeps SQLite from reading all messages to find the few.
pub(super) const CHANGED: &str = "
    SELECT m.id, m.key, m.message_id, m.thread, m.date, m.sender, m.sent, m.source, m.recipients
    FROM changed_message AS c CROSS JOIN message AS m ON m.id = c.message
    WHERE c.message <= ?1 ORDER BY c.message";

/// Senders of mail found in a mailbox of sent mail.
pub(super) const SENDERS: &str =
    "SELECT sender, count(*) FROM message WHERE sent = 1 GROUP BY sender";

/// Reads messages by one of the statements over whole messages.
pub(super) fn each(
    conn: &Connection,
    book: &mut Book,
    sql: &str,
    params: impl Params,
    mut take: impl FnMut(MessageRow, SourceId, &Envelope) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut find = conn.prepare_cached(sql)?;
    let mut rows = find.query(params)?;
    while let Some(row) = rows.next()? {
        let envelope = envelope(conn, book, row)?;
        take(MessageRow(row.get(0)?), SourceId(row.get(7)?), &envelope)?;
    }
    Ok(())
}

fn envelope(conn: &Connection, book: &mut Book, row: &Row<'_>) -> rusqlite::Result<Envelope> {
    let At(date) = row.get(4)?;
    let mut envelope = Envelope {
        key: FactKey(row.get(1)?),
        message_id: row.get_ref(2)?.as_str_or_null()?.and_then(MessageId::parse),
        thread: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
        date,
        from: book.mailbox(conn, row.get(5)?)?.clone(),
        to: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        automatic: None,
        failed: Vec::new(),
        sent: row.get(6)?,
    };
    for recipient in recipients::each(row.get_ref(8)?)? {
        let (field, address) = recipient?;
        let list = match field {
            Field::To => &mut envelope.to,
            Field::Cc => &mut envelope.cc,
            Field::Bcc => &mut envelope.bcc,
        };
        list.push(book.mailbox(conn, address)?.clone());
    }
    Ok(envelope)
}
