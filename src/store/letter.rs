//! Messages between the user and one person alone, with their thread: for who begins and who
//! answers. Read only when somebody looks at one person, so they are no part of an interaction.

use std::collections::BTreeSet;

use super::code::{At, Code};
use super::{Result, Store, facts};
use crate::interaction::Direction;
use crate::people::PersonId;
use crate::reliance::exchange::Letter;

impl Store {
    /// The one-on-one messages with these people, oldest first. A message that names no thread is
    /// one of its own.
    pub fn letters(&self, people: &BTreeSet<PersonId>) -> Result<Vec<Letter>> {
        self.read(|conn| {
            let rows = facts::rows_of(conn, people.iter().map(|id| &id.0))?;
            let mut find = conn.prepare_cached(
                "SELECT i.at, i.direction, m.thread, m.id
                 FROM interaction AS i JOIN message AS m ON m.id = i.message
                 WHERE i.person IN (SELECT value FROM json_each(?1)) AND i.setting = 0
                 ORDER BY i.at, m.id",
            )?;
            let letters = find.query_map([rows], |row| {
                let (At(at), Code(direction)) = (row.get(0)?, row.get::<_, Code<Direction>>(1)?);
                let thread: i64 = row.get::<_, Option<i64>>(2)?.map_or_else(|| row.get(3), Ok)?;
                let mine = direction == Direction::Out;
                Ok(Letter { at, mine, thread: thread.cast_unsigned() })
            })?;
            letters.collect()
        })
    }
}
