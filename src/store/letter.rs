//! Messages between the user and one person alone, with their thread: for who begins and who
//! answers. Read only when somebody looks at one person, so they are no part of an interaction.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::code::At;
use super::{Result, Store, facts, pack};
use crate::interaction::{Direction, Setting};
use crate::people::PersonId;
use crate::reliance::exchange::Letter;

impl Store {
    /// The one-on-one messages with these people, oldest first. A message that names no thread is
    /// one of its own.
    pub fn letters(&self, people: &BTreeSet<PersonId>) -> Result<Vec<Letter>> {
        self.read(|conn| {
            let rows = facts::rows_of(conn, people.iter().map(|id| &id.0))?;
            let mut found = Vec::new();
            pack::find(conn, Some(&rows), (i64::MIN, i64::MAX), |_, one| {
                if one.setting == Setting::OneOnOne {
                    let At(at) = At::of(one.at)?;
                    let thread = thread(conn, one.message)?;
                    let thread = thread.unwrap_or(one.message.cast_unsigned());
                    let mine = one.direction == Direction::Out;
                    found.push((one.message, Letter { at, mine, thread }));
                }
                Ok(())
            })?;
            found.sort_by_key(|(message, letter)| (letter.at, *message));
            Ok(found.into_iter().map(|(_, letter)| letter).collect())
        })
    }
}

/// The thread of a message; `None` where it names none.
pub(super) fn thread(conn: &Connection, message: i64) -> rusqlite::Result<Option<u64>> {
    conn.prepare_cached("SELECT thread FROM message WHERE id = ?1")?
        .query_row([message], |row| Ok(row.get::<_, Option<i64>>(0)?.map(i64::cast_unsigned)))
}
