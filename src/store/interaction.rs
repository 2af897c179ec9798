//! Interactions, read back by person or by day.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::{FromSqlError, Value};
use rusqlite::{Connection, Row, params_from_iter};

use super::address::Book;
use super::code::{At, Code, Day};
use super::pack::{self, Letter};
use super::{Result, SourceId, Store, facts};
use crate::interaction::{Channel, Interaction, Reference};
use crate::mail::{FactKey, MessageId};
use crate::people::PersonId;

/// Which interactions, in which order. The default is all of them, person by person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// With these people; `None` means with anybody.
    pub persons: Option<BTreeSet<PersonId>>,
    /// On this local day or later.
    pub since: Option<Date>,
    /// On this local day or earlier. What lies in the future is booked, and is left out only here.
    pub until: Option<Date>,
    /// Known by then: leaves out what was entered or took place later.
    pub known_by: Option<Timestamp>,
    /// In which order.
    pub order: Order,
    /// At most so many.
    pub limit: Option<u32>,
}

/// The order of interactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// One person after the other, in no particular order of people, each from the oldest on.
    #[default]
    ByPerson,
    /// From the oldest to the newest.
    OldestFirst,
    /// From the newest to the oldest.
    NewestFirst,
}

impl Store {
    /// Hands over interactions, each with the source of its fact (`None`: told).
    pub fn interactions(
        &self,
        filter: &Filter,
        mut take: impl FnMut(Interaction, Option<SourceId>),
    ) -> Result<()> {
        self.read(|conn| {
            let persons = match &filter.persons {
                None => None,
                Some(persons) => Some(facts::rows_of(conn, persons.iter().map(|id| &id.0))?),
            };
            let mut book = Book::default();
            let mut found = Vec::new();
            talks(conn, &mut book, filter, persons.as_deref(), |talk, row| {
                let (day, at) = (Day(talk.day).number(), talk.at.as_second());
                let source = row.get::<_, Option<i64>>(13)?.map(SourceId);
                let what = What::Talk(Box::new(talk), source);
                found.push(Found { person: row.get(0)?, day, at, what });
                Ok(())
            })?;
            letters(conn, filter, persons.as_deref(), &mut found)?;
            match filter.order {
                Order::ByPerson => found.sort_by_key(|one| (one.person, one.day, one.at)),
                Order::OldestFirst => found.sort_by_key(|one| (one.day, one.at, one.person)),
                Order::NewestFirst => {
                    found.sort_by_key(|one| Reverse((one.day, one.at, one.person)));
                }
            }
            let most = filter.limit.and_then(|limit| usize::try_from(limit).ok());
            for one in found.into_iter().take(most.unwrap_or(usize::MAX)) {
                match one.what {
                    What::Talk(talk, source) => take(*talk, source),
                    What::Letter(letter) => {
                        let (interaction, source) = by_mail(conn, &mut book, one.person, &letter)?;
                        take(interaction, Some(source));
                    }
                }
            }
            Ok(())
        })
    }
}

impl Store {
    /// The talks of a filter in no particular order: interactions without letters.
    pub fn talks(&self, filter: &Filter) -> Result<Vec<Interaction>> {
        self.read(|conn| {
            let persons = match &filter.persons {
                None => None,
                Some(persons) => Some(facts::rows_of(conn, persons.iter().map(|id| &id.0))?),
            };
            let mut found = Vec::new();
            talks(conn, &mut Book::default(), filter, persons.as_deref(), |talk, _| {
                found.push(talk);
                Ok(())
            })?;
            Ok(found)
        })
    }
}

/// An interaction on its way to its place in the order.
struct Found {
    person: i64,
    day: i64,
    at: i64,
    what: What,
}

enum What {
    Talk(Box<Interaction>, Option<SourceId>),
    /// Read from its message only when it is handed over.
    Letter(Letter),
}

/// Hands over talks, each with its row.
fn talks(
    conn: &Connection,
    book: &mut Book,
    filter: &Filter,
    persons: Option<&str>,
    mut take: impl FnMut(Interaction, &Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let (sql, params) = select(filter, persons.map(str::to_owned));
    let mut find = conn.prepare_cached(&sql)?;
    let mut rows = find.query(params_from_iter(params))?;
    while let Some(row) = rows.next()? {
        take(talk(conn, book, row)?, row)?;
    }
    Ok(())
}

fn letters(
    conn: &Connection,
    filter: &Filter,
    persons: Option<&str>,
    found: &mut Vec<Found>,
) -> rusqlite::Result<()> {
    let number = |day: Date| Day(day).number();
    let days = (filter.since.map_or(i64::MIN, number), filter.until.map_or(i64::MAX, number));
    let known_by = filter.known_by.map_or(i64::MAX, |at| at.as_second());
    pack::find(conn, persons, days, |person, letter| {
        if letter.at <= known_by {
            let (day, at) = (letter.day, letter.at);
            found.push(Found { person, day, at, what: What::Letter(letter) });
        }
        Ok(())
    })
}

/// The statement for the talks of a filter, by their time, and its parameters. `persons` are rows
/// as a JSON list.
pub(super) fn select(filter: &Filter, persons: Option<String>) -> (String, Vec<Value>) {
    let conditions = [
        ("t.person IN (SELECT value FROM json_each(?))", persons.map(Value::Text)),
        ("t.day >= ?", filter.since.map(|day| Value::Integer(Day(day).number()))),
        ("t.day <= ?", filter.until.map(|day| Value::Integer(Day(day).number()))),
        ("t.known <= ?", filter.known_by.map(|at| Value::Integer(at.as_second()))),
    ];
    let (conditions, params): (Vec<_>, Vec<_>) =
        conditions.into_iter().filter_map(|(sql, value)| Some((sql, value?))).unzip();
    let mut sql = HEAD.to_owned();
    if !conditions.is_empty() {
        sql.push_str(" WHERE ");
        sql.push_str(&conditions.join(" AND "));
    }
    (sql, params)
}

const HEAD: &str = "
    SELECT t.person, t.day, t.at, t.address, t.channel, t.setting, t.direction, t.stop,
           t.participants, t.minutes, t.series, t.known, t.rule, t.source, t.uid, t.recurrence,
           t.message
    FROM talk AS t";

fn talk(conn: &Connection, book: &mut Book, row: &Row<'_>) -> rusqlite::Result<Interaction> {
    let (Day(day), At(at), At(end), At(known)) =
        (row.get(1)?, row.get(2)?, row.get(7)?, row.get(11)?);
    let (Code(channel), Code(setting), Code(direction)) = (row.get(4)?, row.get(5)?, row.get(6)?);
    let Code(rule) = row.get(12)?;
    let recurrence_id = row.get::<_, Option<At>>(15)?.map(|At(at)| at);
    let reference = match (row.get(14)?, row.get(16)?) {
        (Some(uid), _) => Reference::Occurrence { uid, recurrence_id },
        (None, Some(row)) => message(conn, row)?.0,
        (None, None) => Reference::Told(at),
    };
    Ok(Interaction {
        person: PersonId(book.spec(conn, row.get(0)?)?),
        address: book.spec(conn, row.get(3)?)?,
        channel,
        setting,
        direction,
        at,
        end,
        day,
        participants: row.get(8)?,
        minutes: row.get(9)?,
        series: row.get(10)?,
        known,
        rule,
        reference,
    })
}

fn by_mail(
    conn: &Connection,
    book: &mut Book,
    person: i64,
    letter: &Letter,
) -> rusqlite::Result<(Interaction, SourceId)> {
    let (reference, source) = message(conn, letter.message)?;
    let At(at) = At::of(letter.at)?;
    let Day(day) = Day::of(letter.day).ok_or(FromSqlError::OutOfRange(letter.day))?;
    let interaction = Interaction {
        person: PersonId(book.spec(conn, person)?),
        address: book.spec(conn, letter.address)?,
        channel: Channel::Email,
        setting: letter.setting,
        direction: letter.direction,
        at,
        end: at,
        day,
        participants: letter.participants.into(),
        minutes: None,
        series: None,
        known: at,
        rule: letter.rule,
        reference,
    };
    Ok((interaction, source))
}

/// A message by what names it: its Message-ID, else the hex of its key; and where it was found.
fn message(conn: &Connection, row: i64) -> rusqlite::Result<(Reference, SourceId)> {
    conn.prepare_cached("SELECT message_id, key, source FROM message WHERE id = ?1")?.query_row(
        [row],
        |row| {
            let id = row.get_ref(0)?.as_str_or_null()?.and_then(MessageId::parse);
            let name = match id {
                Some(id) => id.as_str().to_owned(),
                None => FactKey(row.get(1)?).to_string(),
            };
            Ok((Reference::Message(name), SourceId(row.get(2)?)))
        },
    )
}
