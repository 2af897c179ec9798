//! Calendars: resources written as a whole, occurrences read back by UID.
//!
//! The occurrences of a series differ in little but their time, and there are ten of them to an
//! event. What they share is one `event` row with its attendees; an occurrence is four numbers.
//! Storing each occurrence with its own attendees was ten times the rows for the same facts.
//!
//! The same event often lies in several calendars. All copies are kept, for a copy may go when its
//! calendar goes; whoever reads by UID gets the copies of one occurrence together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row};

use super::SourceId;
use super::address::{Book, By, Ids};
use super::code::{At, Code, DAY, Day};
use crate::batch::Resource;
use crate::calendar::{Attendee, Noted, Occurrence, Span};

/// Writes resources inside one transaction.
pub(super) struct Writer<'c> {
    conn: &'c Connection,
    source: SourceId,
    event: CachedStatement<'c>,
    occurrence: CachedStatement<'c>,
    attendee: CachedStatement<'c>,
    changed: CachedStatement<'c>,
}

impl<'c> Writer<'c> {
    pub(super) fn new(conn: &'c Connection, source: SourceId) -> rusqlite::Result<Self> {
        let event = conn.prepare_cached(
            "INSERT INTO event (resource, uid, status, busy, private, organizer, venue, noted,
             standing, microsoft, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        let occurrence = conn.prepare_cached(
            "INSERT INTO occurrence (event, n, recurrence, start, stop, whole_days)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
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
        Ok(Self { conn, source, event, occurrence, attendee, changed })
    }

    /// Puts a resource in the place of what was known under its name.
    pub(super) fn replace(&mut self, ids: &mut Ids, resource: &Resource) -> rusqlite::Result<()> {
        self.remove(&resource.href)?;
        self.conn
            .prepare_cached("INSERT INTO resource (source, href) VALUES (?1, ?2)")?
            .execute((self.source.0, &resource.href))?;
        let row = self.conn.last_insert_rowid();
        let mut events: HashMap<&str, Vec<Open<'_>>> = HashMap::new();
        for occurrence in &resource.occurrences {
            let events = events.entry(&occurrence.uid).or_default();
            if events.is_empty() {
                self.changed.execute([&occurrence.uid])?;
            }
            let open = match events.iter_mut().find(|open| alike(open.first, occurrence)) {
                Some(open) => open,
                None => {
                    let id = self.event(ids, row, occurrence)?;
                    events.push(Open { id, first: occurrence, count: 0 });
                    let Some(open) = events.last_mut() else { continue };
                    open
                }
            };
            let (start, stop, whole_days) = seconds(occurrence.span);
            let recurrence = occurrence.recurrence_id.map(At);
            self.occurrence.execute((
                open.id,
                open.count,
                recurrence,
                start,
                stop.max(start),
                whole_days,
            ))?;
            open.count += 1;
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

    fn event(&mut self, ids: &mut Ids, resource: i64, from: &Occurrence) -> rusqlite::Result<i64> {
        let conn = self.conn;
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
        Ok(event)
    }
}

/// An event row being filled with occurrences.
struct Open<'a> {
    id: i64,
    first: &'a Occurrence,
    count: i64,
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
        && attendees == &b.attendees
        && noted == &b.noted
        && categories == &b.categories
}

/// First second, first second after, whether these are whole days.
fn seconds(span: Span) -> (i64, i64, bool) {
    match span {
        Span::Timed { start, end } => (start.as_second(), end.as_second(), false),
        Span::Days { first, last } => {
            (Day(first).number() * DAY, (Day(last).number() + 1) * DAY, true)
        }
    }
}

/// An event with all of its times.
pub(super) struct Stored {
    /// The calendar it lies in.
    pub(super) source: SourceId,
    /// What its occurrences share; its own time means nothing.
    pub(super) shared: Occurrence,
    /// RECURRENCE-ID and time of each.
    pub(super) times: Vec<(Option<Timestamp>, Span)>,
}

impl Stored {
    /// One occurrence of it.
    pub(super) fn at(&self, time: &(Option<Timestamp>, Span)) -> Occurrence {
        Occurrence { recurrence_id: time.0, span: time.1, ..self.shared.clone() }
    }
}

/// Every event, those of one UID together.
pub(super) const ALL: &str = "
    SELECT e.id, e.uid, e.status, e.busy, e.private, e.organizer, e.venue, e.noted, e.standing,
           e.microsoft, e.created, r.source
    FROM event AS e JOIN resource AS r ON r.id = e.resource
    ORDER BY e.uid, r.source, r.href, e.id";

/// The events of the UIDs that changed since the last derivation. CROSS JOIN keeps SQLite from
/// reading all events to find the few.
pub(super) const CHANGED: &str = "
    SELECT e.id, e.uid, e.status, e.busy, e.private, e.organizer, e.venue, e.noted, e.standing,
           e.microsoft, e.created, r.source
    FROM changed_uid AS c CROSS JOIN event AS e ON e.uid = c.uid JOIN resource AS r ON r.id = e.resource
    ORDER BY c.uid, r.source, r.href, e.id";

/// The events of one UID.
pub(super) const OF: &str = "
    SELECT e.id, e.uid, e.status, e.busy, e.private, e.organizer, e.venue, e.noted, e.standing,
           e.microsoft, e.created, r.source
    FROM event AS e JOIN resource AS r ON r.id = e.resource
    WHERE e.uid = ?1
    ORDER BY e.uid, r.source, r.href, e.id";

/// One event.
const ONE: &str = "
    SELECT e.id, e.uid, e.status, e.busy, e.private, e.organizer, e.venue, e.noted, e.standing,
           e.microsoft, e.created, r.source
    FROM event AS e JOIN resource AS r ON r.id = e.resource WHERE e.id = ?1";

/// The times that touch a span, by their end: nearly everything stored is past, and what is asked
/// for is nearly always to come.
pub(super) const BETWEEN: &str = "
    SELECT recurrence, start, stop, whole_days, event FROM occurrence
    WHERE stop > ?1 AND start < ?2 ORDER BY stop, start";

/// The times that are whole days.
pub(super) const WHOLE_DAYS: &str = "
    SELECT recurrence, start, stop, whole_days, event FROM occurrence WHERE whole_days = 1";

/// The times of one event.
pub(super) const TIMES: &str = "
    SELECT recurrence, start, stop, whole_days FROM occurrence WHERE event = ?1 ORDER BY n";

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
        let times = times(conn, row.get(0)?)?;
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

/// Reads occurrences by one of the two statements over times of all events.
pub(super) fn at(
    conn: &Connection,
    sql: &str,
    params: impl Params,
) -> rusqlite::Result<Vec<(SourceId, Occurrence)>> {
    let mut book = Book::default();
    let mut events: HashMap<i64, (SourceId, Occurrence)> = HashMap::new();
    let mut find = conn.prepare_cached(sql)?;
    let mut rows = find.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (source, shared) = match events.entry(row.get(4)?) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let mut one = conn.prepare_cached(ONE)?;
                let event = one.query_row([*free.key()], |row| shared(conn, &mut book, row))?;
                free.insert(event)
            }
        };
        let recurrence_id = row.get::<_, Option<At>>(0)?.map(|At(at)| at);
        found.push((*source, Occurrence { recurrence_id, span: span(row)?, ..shared.clone() }));
    }
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

/// RECURRENCE-ID and time of each occurrence of an event.
fn times(conn: &Connection, event: i64) -> rusqlite::Result<Vec<(Option<Timestamp>, Span)>> {
    conn.prepare_cached(TIMES)?
        .query_map([event], |row| Ok((row.get::<_, Option<At>>(0)?.map(|At(at)| at), span(row)?)))?
        .collect()
}

fn span(row: &Row<'_>) -> rusqlite::Result<Span> {
    if !row.get(3)? {
        let (At(start), At(end)) = (row.get(1)?, row.get(2)?);
        return Ok(Span::Timed { start, end });
    }
    let day = |column| -> rusqlite::Result<i64> { Ok(row.get::<_, i64>(column)?.div_euclid(DAY)) };
    let (first, last) = (day(1)?, day(2)? - 1);
    match (Day::of(first), Day::of(last)) {
        (Some(Day(first)), Some(Day(last))) => Ok(Span::Days { first, last }),
        _ => Err(rusqlite::Error::IntegralValueOutOfRange(1, first)),
    }
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
