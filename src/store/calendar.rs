//! Calendars: resources written as a whole, occurrences read back by UID.
//!
//! The occurrences of a series differ in little but their time, and there are ten of them to an
//! event. What they share is one `event` row with its attendees; their times are packed into it
//! ([`super::times`]). Storing each occurrence with its own attendees was ten times the rows for
//! the same facts.
//!
//! The same event often lies in several calendars. All copies are kept, for a copy may go when its
//! calendar goes; whoever reads by UID gets the copies of one occurrence together.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row};

use super::SourceId;
use super::address::{Book, By, Ids};
use super::code::{At, Code, Day};
use super::times::{Packed, Time, Times, seconds};
use crate::batch::Resource;
use crate::calendar::{Attendee, Noted, Occurrence, Span};

/// Writes resources inside one transaction.
pub(super) struct Writer<'c> {
    conn: &'c Connection,
    source: SourceId,
    event: CachedStatement<'c>,
    attendee: CachedStatement<'c>,
    changed: CachedStatement<'c>,
}

impl<'c> Writer<'c> {
    pub(super) fn new(conn: &'c Connection, source: SourceId) -> rusqlite::Result<Self> {
        let event = conn.prepare_cached(
            "INSERT INTO event (resource, uid, status, busy, private, organizer, venue, noted,
             standing, microsoft, created, start, stop, whole_days, times)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?;
        let attendee = conn.prepare_cached(
            "INSERT INTO attendee (event, n, address, partstat, cutype, role)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let changed = conn.prepare_cached(
            "INSERT INTO changed_uid (uid, fresh)
                 SELECT ?1, NOT EXISTS (SELECT 1 FROM event WHERE uid = ?1) WHERE true
                 ON CONFLICT DO NOTHING",
        )?;
        Ok(Self { conn, source, event, attendee, changed })
    }

    /// Puts a resource in the place of what was known under its name.
    pub(super) fn replace(&mut self, ids: &mut Ids, resource: &Resource) -> rusqlite::Result<()> {
        self.remove(&resource.href)?;
        self.conn
            .prepare_cached("INSERT INTO resource (source, href) VALUES (?1, ?2)")?
            .execute((self.source.0, &resource.href))?;
        let row = self.conn.last_insert_rowid();
        let mut events: BTreeMap<&str, Vec<Open<'_>>> = BTreeMap::new();
        for occurrence in &resource.occurrences {
            let events = events.entry(&occurrence.uid).or_default();
            let open = match events.iter_mut().find(|open| alike(open.first, occurrence)) {
                Some(open) => open,
                None => {
                    events.push(Open { first: occurrence, times: Packed::new() });
                    let Some(open) = events.last_mut() else { continue };
                    open
                }
            };
            open.times.add((occurrence.recurrence_id, occurrence.span));
        }
        for (uid, events) in &events {
            self.changed.execute([uid])?;
            events.iter().try_for_each(|open| self.event(ids, row, open))?;
        }
        Ok(())
    }

    /// Removes a resource; whether there was one.
    pub(super) fn remove(&mut self, href: &str) -> rusqlite::Result<bool> {
        let known = self
            .conn
            .prepare_cached("SELECT id FROM resource WHERE source = ?1 AND href = ?2")?
            .query_row((self.source.0, href), |row| row.get::<_, i64>(0))
            .optional()?;
        let Some(row) = known else { return Ok(false) };
        self.conn
            .prepare_cached(
                "INSERT INTO changed_uid (uid, fresh) SELECT uid, 0 FROM event WHERE resource = ?1
                 ON CONFLICT (uid) DO UPDATE SET fresh = 0",
            )?
            .execute([row])?;
        self.conn.prepare_cached("DELETE FROM resource WHERE id = ?1")?.execute([row])?;
        Ok(true)
    }

    fn event(&mut self, ids: &mut Ids, resource: i64, open: &Open<'_>) -> rusqlite::Result<()> {
        let (conn, Open { first: from, times }) = (self.conn, open);
        let named_at = from.created.map_or_else(|| seconds(from.span).0, |at| at.as_second());
        let organizer = match &from.organizer {
            Some(mailbox) => ids.named(conn, mailbox, By::Others, named_at)?,
            None => None,
        };
        self.event.execute((
            resource,
            &from.uid,
            Code(from.status),
            Code(from.busy),
            from.private,
            organizer,
            Code(from.venue),
            from.noted.as_ref().map(|noted| noted.in_person),
            from.standing,
            from.microsoft,
            from.created.map(At),
            times.start,
            times.stop,
            times.whole_days,
            &times.bytes,
        ))?;
        let event = conn.last_insert_rowid();
        for (n, attendee) in (0_i64..).zip(from.attendees.iter()) {
            if let Some(address) = ids.named(conn, &attendee.mailbox, By::Others, named_at)? {
                self.attendee.execute((
                    event,
                    n,
                    address,
                    Code(attendee.partstat),
                    Code(attendee.cutype),
                    Code(attendee.role),
                ))?;
            }
        }
        for (n, name) in (0_i64..).zip(from.noted.iter().flat_map(|noted| &noted.names)) {
            conn.prepare_cached("INSERT INTO noted_name (event, n, name) VALUES (?1, ?2, ?3)")?
                .execute((event, n, name))?;
        }
        for (n, word) in (0_i64..).zip(&from.categories) {
            conn.prepare_cached("INSERT INTO category (event, n, word) VALUES (?1, ?2, ?3)")?
                .execute((event, n, word))?;
        }
        Ok(())
    }
}

/// An event row being filled with occurrences.
struct Open<'a> {
    first: &'a Occurrence,
    times: Packed,
}

/// Whether two occurrences of one UID share everything but their time.
fn alike(a: &Occurrence, b: &Occurrence) -> bool {
    let Occurrence {
        uid: _,
        recurrence_id: _,
        span: _,
        status,
        busy,
        private,
        organizer,
        attendees,
        venue,
        noted,
        standing,
        microsoft,
        created,
        categories,
    } = a;
    (status, busy, private, venue, standing, microsoft, created)
        == (&b.status, &b.busy, &b.private, &b.venue, &b.standing, &b.microsoft, &b.created)
        && organizer == &b.organizer
        && (Arc::ptr_eq(attendees, &b.attendees) || attendees == &b.attendees)
        && noted == &b.noted
        && categories == &b.categories
}

/// An event with all of its times.
pub(super) struct Stored {
    /// The calendar it lies in.
    pub(super) source: SourceId,
    /// What its occurrences share; its own time means nothing.
    pub(super) shared: Occurrence,
    /// RECURRENCE-ID and time of each.
    pub(super) times: Vec<Time>,
}

impl Stored {
    /// One occurrence of it.
    pub(super) fn at(&self, time: &Time) -> Occurrence {
        Occurrence { recurrence_id: time.0, span: time.1, ..self.shared.clone() }
    }
}

/// Every event, those of one UID together.
pub(super) const ALL: &str = "
    SELECT e.id, e.uid, e.status, e.busy, e.private, e.organizer, e.venue, e.noted, e.standing,
           e.microsoft, e.created, r.source, e.times
    FROM event AS e JOIN resource AS r ON r.id = e.resource
    ORDER BY e.uid, r.source, r.href, e.id";

/// The events of the UIDs that changed since the last derivation. CROSS JOIN keeps SQLite from
/// reading all events to find the few.
pub(super) const CHANGED: &str = "
    SELECT e.id, e.uid, e.status, e.busy, e.private, e.organizer, e.venue, e.noted, e.standing,
           e.microsoft, e.created, r.source, e.times
    FROM changed_uid AS c CROSS JOIN event AS e ON e.uid = c.uid JOIN resource AS r ON r.id = e.resource
    ORDER BY c.uid, r.source, r.href, e.id";

/// The events of one UID.
pub(super) const OF: &str = "
    SELECT e.id, e.uid, e.status, e.busy, e.private, e.organizer, e.venue, e.noted, e.standing,
           e.microsoft, e.created, r.source, e.times
    FROM event AS e JOIN resource AS r ON r.id = e.resource
    WHERE e.uid = ?1
    ORDER BY e.uid, r.source, r.href, e.id";

/// The events that may touch a span, by the end of their last occurrence: nearly everything stored
/// is past, and what is asked for is nearly always to come.
pub(super) const BETWEEN: &str = "
    SELECT e.id, e.uid, e.status, e.busy, e.private, e.organizer, e.venue, e.noted, e.standing,
           e.microsoft, e.created, r.source, e.times
    FROM event AS e JOIN resource AS r ON r.id = e.resource
    WHERE e.stop > ?1 AND e.start < ?2";

/// The events that last whole days, or whose occurrences may.
pub(super) const WHOLE_DAYS: &str = "
    SELECT e.id, e.uid, e.status, e.busy, e.private, e.organizer, e.venue, e.noted, e.standing,
           e.microsoft, e.created, r.source, e.times
    FROM event AS e JOIN resource AS r ON r.id = e.resource WHERE e.whole_days = 1";

const ATTENDEES: &str =
    "SELECT address, partstat, cutype, role FROM attendee WHERE event = ?1 ORDER BY n";
const NOTED: &str = "SELECT name FROM noted_name WHERE event = ?1 ORDER BY n";
const CATEGORIES: &str = "SELECT word FROM category WHERE event = ?1 ORDER BY n";

/// Reads events by one of the statements above, in groups of one UID.
pub(super) fn each_uid(
    conn: &Connection,
    book: &mut Book,
    sql: &str,
    params: impl Params,
    mut take: impl FnMut(&[Stored]) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut find = conn.prepare_cached(sql)?;
    let mut rows = find.query(params)?;
    let mut group: Vec<Stored> = Vec::new();
    while let Some(row) = rows.next()? {
        let (source, mut shared) = shared(conn, book, row)?;
        let Times(times) = row.get(12)?;
        if let Some((_, span)) = times.first() {
            shared.span = *span;
        }
        let next = Stored { source, shared, times };
        if group.first().is_some_and(|first| first.shared.uid != next.shared.uid) {
            take(&group)?;
            group.clear();
        }
        group.push(next);
    }
    if group.is_empty() { Ok(()) } else { take(&group) }
}

/// Hands over each occurrence of one UID: all copies of it, in order of source and resource, and
/// the calendar of each.
pub(super) fn each_occurrence(
    group: &[Stored],
    mut take: impl FnMut(&[Occurrence], &[SourceId]) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    // Nearly always: nothing but the time changes from one to the next.
    if let [event] = group {
        let mut one = event.shared.clone();
        for (recurrence_id, span) in &event.times {
            (one.recurrence_id, one.span) = (*recurrence_id, *span);
            take(std::slice::from_ref(&one), &[event.source])?;
        }
        return Ok(());
    }
    let (sources, all): (Vec<_>, Vec<_>) = copies(group).into_iter().unzip();
    let mut sources = sources.as_slice();
    for copies in all.chunk_by(|a, b| a.recurrence_id == b.recurrence_id) {
        let Some((these, rest)) = sources.split_at_checked(copies.len()) else { break };
        sources = rest;
        take(copies, these)?;
    }
    Ok(())
}

/// The occurrences of one UID, the copies of one occurrence together and in order of source and
/// resource, each with its calendar.
pub(super) fn copies(group: &[Stored]) -> Vec<(SourceId, Occurrence)> {
    let mut found: Vec<_> = group
        .iter()
        .flat_map(|event| event.times.iter().map(|time| (event.source, event.at(time))))
        .collect();
    found.sort_by_key(|(_, occurrence)| occurrence.recurrence_id);
    found
}

/// Reads the occurrences wanted of the events of a statement, in order of their end.
pub(super) fn at(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    wanted: impl Fn(&Span) -> bool,
) -> rusqlite::Result<Vec<(SourceId, Occurrence)>> {
    let mut book = Book::default();
    let mut find = conn.prepare_cached(sql)?;
    let mut rows = find.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let Times(mut times) = row.get(12)?;
        times.retain(|(_, span)| wanted(span));
        if !times.is_empty() {
            let (source, shared) = shared(conn, &mut book, row)?;
            let event = Stored { source, shared, times };
            found.extend(event.times.iter().map(|time| (source, event.at(time))));
        }
    }
    found.sort_by_key(|(_, occurrence)| {
        let (start, stop, _) = seconds(occurrence.span);
        (stop, start)
    });
    Ok(found)
}

/// What the occurrences of an event share; the time is not theirs.
fn shared(
    conn: &Connection,
    book: &mut Book,
    row: &Row<'_>,
) -> rusqlite::Result<(SourceId, Occurrence)> {
    let event: i64 = row.get(0)?;
    let (Code(status), Code(busy), Code(venue)) = (row.get(2)?, row.get(3)?, row.get(6)?);
    let organizer = match row.get(5)? {
        Some(address) => Some(book.mailbox(conn, address)?.clone()),
        None => None,
    };
    let noted = match row.get(7)? {
        Some(in_person) => Some(Noted { in_person, names: words(conn, NOTED, event)? }),
        None => None,
    };
    let shared = Occurrence {
        uid: row.get(1)?,
        recurrence_id: None,
        span: Span::Days { first: Day::EPOCH, last: Day::EPOCH },
        status,
        busy,
        private: row.get(4)?,
        organizer,
        attendees: attendees(conn, book, event)?.into(),
        venue,
        noted,
        standing: row.get(8)?,
        microsoft: row.get(9)?,
        created: row.get::<_, Option<At>>(10)?.map(|At(at)| at),
        categories: words(conn, CATEGORIES, event)?,
    };
    Ok((SourceId(row.get(11)?), shared))
}

fn attendees(conn: &Connection, book: &mut Book, event: i64) -> rusqlite::Result<Vec<Attendee>> {
    let mut find = conn.prepare_cached(ATTENDEES)?;
    let mut rows = find.query([event])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (Code(partstat), Code(cutype), Code(role)) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let mailbox = book.mailbox(conn, row.get(0)?)?.clone();
        found.push(Attendee { mailbox, partstat, cutype, role });
    }
    Ok(found)
}

fn words(conn: &Connection, sql: &str, event: i64) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached(sql)?.query_map([event], |row| row.get(0))?.collect()
}
