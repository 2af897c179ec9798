//! What was written lately between the user and one person alone: the moments for a nudge.

use jiff::Timestamp;
use jiff::civil::Date;

use super::address::Book;
use super::code::{At, Day};
use super::{Result, Store, letter, pack};
use crate::interaction::Setting;
use crate::nudge::Written;
use crate::people::PersonId;

impl Store {
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
