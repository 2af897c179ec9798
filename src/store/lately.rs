//! What was written lately between the user and one person alone: the moments for a nudge.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::FromSqlError;

use super::address::Book;
use super::code::{At, Day};
use super::{Result, Store, letter, pack};
use crate::interaction::{Direction, Setting};
use crate::nudge::Written;
use crate::people::PersonId;

/// Events with anybody known, by their day and end.
const EVENTS: &str = "
    SELECT day, min(stop) FROM talk WHERE day BETWEEN ?1 AND ?2 AND uid IS NOT NULL GROUP BY day";

impl Store {
    /// The days from one to another on which the user wrote to somebody known or was in an event
    /// with them, each with the first moment at which that could be seen. What was told of a talk
    /// does not count: it says nothing of the day it was told on.
    pub fn activity(&self, first: Date, last: Date) -> Result<BTreeMap<Date, Timestamp>> {
        self.read(|conn| {
            let mut found: BTreeMap<i64, i64> = BTreeMap::new();
            let mut seen = |day, at: i64| {
                let first = found.entry(day).or_insert(at);
                *first = at.min(*first);
            };
            let span = (Day(first).number(), Day(last).number());
            pack::find(conn, None, span, |_, letter| {
                if letter.direction == Direction::Out {
                    seen(letter.day, letter.at);
                }
                Ok(())
            })?;
            let mut find = conn.prepare_cached(EVENTS)?;
            let mut rows = find.query(span)?;
            while let Some(row) = rows.next()? {
                seen(row.get(0)?, row.get(1)?);
            }
            let day = |(day, at)| {
                let Day(day) = Day::of(day).ok_or(FromSqlError::OutOfRange(day))?;
                let At(at) = At::of(at)?;
                Ok((day, at))
            };
            found.into_iter().map(day).collect()
        })
    }

    /// The messages between the user and one person alone from a day on, as derived, by time.
    pub fn written_since(&self, day: Date) -> Result<Vec<(PersonId, Written)>> {
        self.read(|conn| {
            let mut book = Book::default();
            let mut found: Vec<(Timestamp, _, _)> = Vec::new();
            pack::find(conn, None, (Day(day).number(), i64::MAX), |person, one| {
                if one.setting == Setting::OneOnOne {
                    let At(at) = At::of(one.at)?;
                    let (direction, thread) = (one.direction, letter::thread(conn, one.message)?);
                    let person = PersonId(book.spec(conn, person)?);
                    found.push((at, person, Written { at, direction, thread }));
                }
                Ok(())
            })?;
            found.sort_by_key(|(at, ..)| *at);
            Ok(found.into_iter().map(|(_, person, written)| (person, written)).collect())
        })
    }
}
