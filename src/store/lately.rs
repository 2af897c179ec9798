//! What was written lately between the user and one person alone: the moments for a nudge.

use jiff::civil::Date;

use super::address::Book;
use super::code::{At, Code, Day};
use super::{Result, Store};
use crate::nudge::Written;
use crate::people::PersonId;

/// Mail of two from a day on; by the index on days.
pub(super) const SINCE: &str = "
    SELECT i.person, i.at, i.direction, m.thread
    FROM interaction AS i JOIN message AS m ON m.id = i.message
    WHERE i.day >= ?1 AND i.setting = 0 ORDER BY i.day, i.at";

impl Store {
    /// The messages between the user and one person alone from a day on, as derived.
    pub fn written_since(&self, day: Date) -> Result<Vec<(PersonId, Written)>> {
        self.read(|conn| {
            let mut book = Book::default();
            let mut find = conn.prepare_cached(SINCE)?;
            let mut rows = find.query([Day(day)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let (At(at), Code(direction)) = (row.get(1)?, row.get(2)?);
                let thread = row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned);
                let person = PersonId(book.spec(conn, row.get(0)?)?);
                found.push((person, Written { at, direction, thread }));
            }
            Ok(found)
        })
    }
}
