//! Interactions, read back by person or by day.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::address::Book;
use super::code::{At, Code, Day};
use super::{Result, SourceId, Store, facts};
use crate::interaction::{Interaction, Reference};
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
            let (sql, params) = select(filter, persons);
            let mut book = Book::default();
            let mut find = conn.prepare_cached(&sql)?;
            let mut rows = find.query(params_from_iter(params))?;
            while let Some(row) = rows.next()? {
                take(
                    interaction(conn, &mut book, row)?,
                    row.get::<_, Option<i64>>(14)?.map(SourceId),
                );
            }
            Ok(())
        })
    }
}

/// The statement for a filter, and its parameters. `persons` are rows as a JSON list.
pub(super) fn select(filter: &Filter, persons: Option<String>) -> (String, Vec<Value>) {
    let conditions = [
        ("i.person IN (SELECT value FROM json_each(?))", persons.map(Value::Text)),
        ("i.day >= ?", filter.since.map(|day| Value::Integer(Day(day).number()))),
        ("i.day <= ?", filter.until.map(|day| Value::Integer(Day(day).number()))),
        ("i.known <= ?", filter.known_by.map(|at| Value::Integer(at.as_second()))),
    ];
    let (conditions, mut params): (Vec<_>, Vec<_>) =
        conditions.into_iter().filter_map(|(sql, value)| Some((sql, value?))).unzip();
    let mut sql = HEAD.to_owned();
    if !conditions.is_empty() {
        sql.push_str(" WHERE ");
        sql.push_str(&conditions.join(" AND "));
    }
    sql.push_str(match filter.order {
        Order::ByPerson => " ORDER BY i.person, i.day, i.at, i.n",
        Order::OldestFirst => " ORDER BY i.day, i.at, i.person, i.n",
        Order::NewestFirst => " ORDER BY i.day DESC, i.at DESC, i.person DESC, i.n DESC",
    });
    if let Some(limit) = filter.limit {
        sql.push_str(" LIMIT ?");
        params.push(Value::Integer(i64::from(limit)));
    }
    (sql, params)
}

const HEAD: &str = "
    SELECT i.person, i.day, i.at, i.address, i.channel, i.setting, i.direction, i.stop,
           i.participants, i.minutes, i.series, i.known, i.rule, i.message, i.source, i.uid,
           i.recurrence, m.message_id, m.key
    FROM interaction AS i LEFT JOIN message AS m ON m.id = i.message";

fn interaction(conn: &Connection, book: &mut Book, row: &Row<'_>) -> rusqlite::Result<Interaction> {
    let (Day(day), At(at), At(end), At(known)) =
        (row.get(1)?, row.get(2)?, row.get(7)?, row.get(11)?);
    let (Code(channel), Code(setting), Code(direction)) = (row.get(4)?, row.get(5)?, row.get(6)?);
    let Code(rule) = row.get(12)?;
    let reference = match (row.get::<_, Option<i64>>(13)?, row.get(15)?) {
        (Some(_), _) => Reference::Message(message(row)?),
        (None, Some(uid)) => {
            let recurrence_id = row.get::<_, Option<At>>(16)?.map(|At(at)| at);
            Reference::Occurrence { uid, recurrence_id }
        }
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

/// The Message-ID, else the hex of the key.
fn message(row: &Row<'_>) -> rusqlite::Result<String> {
    let id = row.get_ref(17)?.as_str_or_null()?.and_then(MessageId::parse);
    match id {
        Some(id) => Ok(id.as_str().to_owned()),
        None => Ok(FactKey(row.get(18)?).to_string()),
    }
}
