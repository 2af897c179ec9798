//! Every fact as a line of text: two stores that know the same say the same.
//!
//! No row number, no order of arrival and no cursor is in it, so that an interrupted scan, a
//! shuffled one and an undisturbed one can be compared byte by byte. Texts are quoted as Rust
//! quotes them.

use std::collections::{BTreeMap, HashSet};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::address::Book;
use super::code::{At, Code, Coded};
use super::{Result, Store, calendar, recipients};
use crate::calendar::{Occurrence, Span};
use crate::mail::{Automatic, FactKey, Mailbox};

impl Store {
    /// Hands over the dump line by line, without line ends.
    pub fn dump(&self, mut line: impl FnMut(&str)) -> Result<()> {
        self.read(|conn| {
            plain(conn, &mut line, "source", "SELECT kind, name FROM source ORDER BY kind, name")?;
            names(conn, &mut line)?;
            messages(conn, &mut line)?;
            machine(conn, &mut line)?;
            plain(conn, &mut line, "failure", FAILURES)?;
            plain(conn, &mut line, "resource", RESOURCES)?;
            occurrences(conn, &mut line)?;
            plain(conn, &mut line, "card", CARDS)?;
            plain(conn, &mut line, "call", CALLS)?;
            plain(conn, &mut line, "decision", DECISIONS)?;
            plain(conn, &mut line, "client", CLIENT_DECISIONS)?;
            plain(conn, &mut line, "correction", CORRECTIONS)?;
            plain(conn, &mut line, "nudge", NUDGES)
        })
    }
}

/// Names of addresses, and whether a fact speaks of them otherwise than as recipients.
const NAMES: &str = "
    SELECT id, spec, name, id IN (
        SELECT sender FROM message UNION SELECT address FROM attendee
        UNION SELECT organizer FROM event WHERE organizer IS NOT NULL)
    FROM address WHERE name IS NOT NULL ORDER BY spec";
const RESOURCES: &str = "
    SELECT s.name, r.href FROM resource AS r JOIN source AS s ON s.id = r.source ORDER BY 1, 2";
const FAILURES: &str = "
    SELECT a.spec, f.date, hex(f.key) FROM failure AS f JOIN address AS a ON a.id = f.address
    ORDER BY 1, 2, 3";
const CALLS: &str = "
    SELECT a.spec, c.start, c.how, c.minutes, c.told
    FROM call AS c JOIN address AS a ON a.id = c.address ORDER BY 1, 2";
const DECISIONS: &str = "
    SELECT d.at, a.spec, d.choice, d.client, o.spec, d.holds, d.prefers, d.days,
           d.until
    FROM decision AS d JOIN address AS a ON a.id = d.address
    LEFT JOIN address AS o ON o.id = d.other ORDER BY d.at, d.id";
const CLIENT_DECISIONS: &str = "
    SELECT at, client, choice, tier, prefers, days, until FROM client_decision ORDER BY at, id";
const CORRECTIONS: &str = "
    SELECT c.at, c.kind, c.item, c.instant, c.change, a.spec
    FROM correction AS c LEFT JOIN address AS a ON a.id = c.address ORDER BY c.at, c.id";
const CARDS: &str = "
    SELECT s.name, r.href, c.name,
           (SELECT group_concat(a.spec, ' ') FROM (SELECT address FROM card_address
            WHERE card = c.id ORDER BY n) AS x JOIN address AS a ON a.id = x.address),
           (SELECT group_concat(number, ' ') FROM (SELECT number FROM card_number
            WHERE card = c.id ORDER BY n))
    FROM card AS c JOIN resource AS r ON r.id = c.resource JOIN source AS s ON s.id = r.source
    ORDER BY 1, 2, 3, 4, 5";
const NUDGES: &str = "
    SELECT n.at, n.day, a.spec, n.name, n.client, n.verdict, n.reason, n.suggestion, n.stage,
           n.answer
    FROM nudge AS n JOIN address AS a ON a.id = n.person ORDER BY n.at, n.id";

/// A table whose columns say it all.
fn plain(
    conn: &Connection,
    line: &mut dyn FnMut(&str),
    what: &str,
    sql: &str,
) -> rusqlite::Result<()> {
    let mut find = conn.prepare(sql)?;
    let columns = find.column_count();
    let mut rows = find.query([])?;
    while let Some(row) = rows.next()? {
        let mut text = what.to_owned();
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Text(value) => write(&mut text, &String::from_utf8_lossy(value)),
                ValueRef::Integer(value) => write(&mut text, &value),
                other => write(&mut text, &other.data_type()),
            }
        }
        line(&text);
    }
    Ok(())
}

fn write(text: &mut String, value: &dyn std::fmt::Debug) {
    text.push_str(&format!(" {value:?}"));
}

/// The names of addresses that some fact speaks of.
fn names(conn: &Connection, line: &mut dyn FnMut(&str)) -> rusqlite::Result<()> {
    let mut to: HashSet<i64> = HashSet::new();
    let mut find = conn.prepare("SELECT recipients FROM message")?;
    let mut rows = find.query([])?;
    while let Some(row) = rows.next()? {
        for recipient in recipients::each(row.get_ref(0)?)? {
            to.insert(recipient?.1);
        }
    }
    let mut find = conn.prepare(NAMES)?;
    let mut rows = find.query([])?;
    while let Some(row) = rows.next()? {
        if row.get(3)? || to.contains(&row.get(0)?) {
            let mut text = "name".to_owned();
            write(&mut text, &row.get::<_, String>(1)?);
            write(&mut text, &row.get::<_, String>(2)?);
            line(&text);
        }
    }
    Ok(())
}

fn messages(conn: &Connection, line: &mut dyn FnMut(&str)) -> rusqlite::Result<()> {
    let mut find = conn.prepare(
        "SELECT m.recipients, m.key, m.date, a.spec, m.sent, s.name, m.thread, m.message_id
         FROM message AS m JOIN address AS a ON a.id = m.sender JOIN source AS s ON s.id = m.source
         ORDER BY m.key",
    )?;
    let mut book = Book::nameless();
    let mut rows = find.query([])?;
    while let Some(row) = rows.next()? {
        let (At(date), from): (At, String) = (row.get(2)?, row.get(3)?);
        let (sent, source): (bool, String) = (row.get(4)?, row.get(5)?);
        let (thread, id): (Option<i64>, Option<String>) = (row.get(6)?, row.get(7)?);
        let key = FactKey(row.get(1)?).to_string();
        let mut text = format!(
            "message {key} {date} from {from:?} sent {sent} in {source:?} thread {thread:?} id {id:?}"
        );
        let mut to = Vec::new();
        for recipient in recipients::each(row.get_ref(0)?)? {
            let (field, address) = recipient?;
            to.push((field, book.spec(conn, address)?));
        }
        to.sort();
        for (field, address) in to {
            text.push_str(&format!(" {} {:?}", field.word(), address.as_str()));
        }
        line(&text);
    }
    Ok(())
}

fn machine(conn: &Connection, line: &mut dyn FnMut(&str)) -> rusqlite::Result<()> {
    let mut find = conn.prepare(
        "SELECT s.name, m.day, m.kind, count(*)
         FROM machine AS m JOIN source AS s ON s.id = m.source GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )?;
    let mut rows = find.query([])?;
    while let Some(row) = rows.next()? {
        let (source, day, count): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(3)?);
        let Code::<Automatic>(kind) = row.get(2)?;
        line(&format!("machine {source:?} {day} {} {count}", kind.word()));
    }
    Ok(())
}

fn occurrences(conn: &Connection, line: &mut dyn FnMut(&str)) -> rusqlite::Result<()> {
    let mut book = Book::default();
    let names: BTreeMap<i64, String> = conn
        .prepare("SELECT id, name FROM source")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    calendar::each_uid(conn, &mut book, calendar::ALL, [], |group| {
        let mut lines: Vec<_> = calendar::copies(group)
            .iter()
            .map(|(source, occurrence)| {
                occurrence_line(names.get(&source.0).map_or("", String::as_str), occurrence)
            })
            .collect();
        lines.sort();
        lines.iter().for_each(|text| line(text));
        Ok(())
    })
}

/// Names are left to the lines of the addresses.
fn occurrence_line(source: &str, it: &Occurrence) -> String {
    let spec = |mailbox: &Mailbox| mailbox.addr_spec.clone();
    let when = match it.span {
        Span::Timed { start, end } => format!("{start} {end}"),
        Span::Days { first, last } => format!("{first} {last}"),
    };
    let mut text = format!(
        "occurrence {:?} {:?} {when} in {source:?} {} {} {} private {} standing {} microsoft {} \
         created {:?} organizer {:?} in person {:?} names {:?} categories {:?}",
        it.uid,
        it.recurrence_id,
        it.status.word(),
        it.busy.word(),
        it.venue.word(),
        it.private,
        it.standing,
        it.microsoft,
        it.created,
        it.organizer.as_ref().map(spec),
        it.noted.as_ref().map(|noted| noted.in_person),
        it.noted.as_ref().map(|noted| &noted.names),
        it.categories,
    );
    for at in it.attendees.iter() {
        let (answer, what, role) = (at.partstat.word(), at.cutype.word(), at.role.word());
        text.push_str(&format!(" {:?} {answer} {what} {role}", at.mailbox.addr_spec));
    }
    text
}
