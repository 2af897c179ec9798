//! Weekly sums: what is left of a relationship's history when the facts behind it are gone.

use jiff::civil::Date;

use super::address::Book;
use super::code::Day;
use super::{Durability, Result, Store};
use crate::people::PersonId;
use crate::reliance::ChannelMix;

/// Contact days of one person in one ISO week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    /// With whom.
    pub person: PersonId,
    /// The Monday it begins with.
    pub monday: Date,
    /// Contact days by category, at most seven each.
    pub mix: ChannelMix,
}

/// Weeks from a Monday on.
pub(super) const SINCE: &str = "
    SELECT person, monday, email_days, group_days, one_on_one_days FROM week
    WHERE monday >= ?1 ORDER BY person, monday";

impl Store {
    /// Writes weekly sums over those of the same person and week. A week that does not begin with
    /// a Monday, or has more than seven days, is an error of the caller and fails them all.
    pub fn save_weeks(&mut self, weeks: &[Week]) -> Result<()> {
        self.transact(Durability::Rescan, |tx, ids| {
            let mut save = tx.prepare_cached(
                "INSERT INTO week (person, monday, email_days, group_days, one_on_one_days)
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (person, monday) DO UPDATE
                 SET email_days = excluded.email_days, group_days = excluded.group_days,
                     one_on_one_days = excluded.one_on_one_days",
            )?;
            for Week { person, monday, mix } in weeks {
                let person = ids.sure(tx, &person.0)?;
                save.execute((person, Day(*monday), mix.email, mix.group, mix.one_on_one))?;
            }
            Ok(())
        })
    }

    /// Saved weeks that begin on this day or later, person by person.
    pub fn weeks(&self, since: Date) -> Result<Vec<Week>> {
        self.read(|conn| {
            let mut book = Book::default();
            let mut find = conn.prepare_cached(SINCE)?;
            let mut rows = find.query([Day(since)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let Day(monday) = row.get(1)?;
                let (email, group, one_on_one) = (row.get(2)?, row.get(3)?, row.get(4)?);
                found.push(Week {
                    person: PersonId(book.spec(conn, row.get(0)?)?),
                    monday,
                    mix: ChannelMix { email, group, one_on_one },
                });
            }
            Ok(found)
        })
    }
}
