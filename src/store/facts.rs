//! Facts, read back as the values they came as.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::address::{Book, Spec};
use super::code::{At, DAY};
use super::times::seconds;
use super::{Result, SourceId, Store, calendar, mail};
use crate::calendar::{Occurrence, Span};
use crate::mail::{AddrSpec, Envelope};
use crate::people::Failure;

/// The row of a message: later rows were recorded later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageRow(pub i64);

impl MessageRow {
    /// Before every message.
    pub const START: Self = Self(0);
}

/// Reports with the address they are about.
const FAILURES: &str = "
    SELECT a.spec, f.date FROM failure AS f JOIN address AS a ON a.id = f.address ORDER BY 1, 2";

impl Store {
    /// Hands over the messages recorded after a row, in the order they were recorded. Names are
    /// those the addresses go by, and recipients stand in no particular order.
    pub fn for_each_message(
        &self,
        since: MessageRow,
        mut take: impl FnMut(MessageRow, SourceId, &Envelope),
    ) -> Result<()> {
        self.read(|conn| {
            let mut book = Book::default();
            mail::each(conn, &mut book, mail::SINCE, [since.0], |row, source, envelope| {
                take(row, source, envelope);
                Ok(())
            })
        })
    }

    /// Hands over every occurrence with its calendar: those of one UID together, and in them the
    /// copies of one occurrence (same RECURRENCE-ID) together.
    pub fn for_each_occurrence(&self, mut take: impl FnMut(SourceId, &Occurrence)) -> Result<()> {
        self.for_each_copies(|copies, sources| {
            for (copy, source) in copies.iter().zip(sources) {
                take(*source, copy);
            }
        })
    }

    /// Hands over the copies of every occurrence with the calendar of each, in the same order.
    pub fn for_each_copies(&self, mut take: impl FnMut(&[Occurrence], &[SourceId])) -> Result<()> {
        self.read(|conn| {
            let mut book = Book::default();
            calendar::each_uid(conn, &mut book, calendar::ALL, [], |group| {
                calendar::each_occurrence(group, |copies, sources| {
                    take(copies, sources);
                    Ok(())
                })
            })
        })
    }

    /// The occurrences of these UIDs, in the order of [`Store::for_each_occurrence`].
    pub fn occurrences_of(&self, uids: &BTreeSet<String>) -> Result<Vec<(SourceId, Occurrence)>> {
        self.read(|conn| {
            let mut book = Book::default();
            let mut found = Vec::new();
            for uid in uids {
                calendar::each_uid(conn, &mut book, calendar::OF, [uid], |group| {
                    found.append(&mut calendar::copies(group));
                    Ok(())
                })?;
            }
            Ok(found)
        })
    }

    /// The occurrences that touch the span from one instant to another, in order of their end, for
    /// free/busy time, holidays and absences: copies in several calendars singly. Whole days have no zone yet, so those within a day of the span are included.
    pub fn occurrences_between(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(SourceId, Occurrence)>> {
        let (from, to) = (from.as_second(), to.as_second());
        let touches = |span: &Span| match span {
            Span::Timed { start, end } => end.as_second() > from && start.as_second() < to,
            Span::Days { .. } => {
                let (start, stop, _) = seconds(*span);
                stop > from.saturating_sub(DAY) && start < to.saturating_add(DAY)
            }
        };
        self.read(|conn| {
            let (first, last) = (from.saturating_sub(DAY), to.saturating_add(DAY));
            calendar::at(conn, calendar::BETWEEN, (first, last), touches)
        })
    }

    /// The occurrences that take whole days, in no particular order: holidays and absences.
    pub fn whole_days(&self) -> Result<Vec<(SourceId, Occurrence)>> {
        let whole = |span: &Span| matches!(span, Span::Days { .. });
        self.read(|conn| calendar::at(conn, calendar::WHOLE_DAYS, [], whole))
    }

    /// Reports of mail that did not arrive, by address and time.
    pub fn failures(&self) -> Result<Vec<Failure>> {
        self.read(|conn| {
            let mut find = conn.prepare_cached(FAILURES)?;
            let failures = find.query_map([], |row| {
                let (Spec(address), At(at)) = (row.get(0)?, row.get(1)?);
                Ok(Failure { address, at })
            })?;
            failures.collect()
        })
    }

    /// Senders of messages that lie in a mailbox of sent mail, and of how many: my own addresses,
    /// most used first.
    pub fn own_address_candidates(&self) -> Result<Vec<(AddrSpec, u32)>> {
        self.read(|conn| {
            let mut book = Book::default();
            let mut find = conn.prepare_cached(mail::SENDERS)?;
            let mut rows = find.query([])?;
            let mut found: Vec<(AddrSpec, u32)> = Vec::new();
            while let Some(row) = rows.next()? {
                found.push((book.spec(conn, row.get(0)?)?, row.get(1)?));
            }
            found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            Ok(found)
        })
    }
}

/// The rows of those addresses that are known, as a JSON list: how a list is handed to SQLite.
pub(super) fn rows_of<'a>(
    conn: &Connection,
    addresses: impl IntoIterator<Item = &'a AddrSpec>,
) -> rusqlite::Result<String> {
    let mut find = conn.prepare_cached("SELECT id FROM address WHERE spec = ?1")?;
    let mut rows = Vec::new();
    for spec in addresses {
        let row = find.query_row([spec.as_str()], |row| row.get::<_, i64>(0)).optional()?;
        rows.extend(row);
    }
    Ok(list(rows))
}

/// Row numbers as a JSON list.
pub(super) fn list(rows: impl IntoIterator<Item = i64>) -> String {
    let rows: Vec<_> = rows.into_iter().map(|row| row.to_string()).collect();
    format!("[{}]", rows.join(","))
}
