//! Whom I wrote to and met, as judgement found at the last derivation.
//!
//! Derived like interactions, and kept for the same reason: a command that only reads must not
//! run through every message to learn who is who. Counting in SQL here was tried and lost: who
//! came to a meeting is an opinion, and two places would hold it.

use jiff::Timestamp;

use super::address::Spec;
use super::code::At;
use super::{Durability, Result, Store};
use crate::people::Acquaintance;

/// All of them, by address.
pub(super) const ALL: &str = "
    SELECT a.spec, k.name, k.written_to, k.sent_year, k.received_year, k.met, k.met_half_year,
           k.first
    FROM acquaintance AS k JOIN address AS a ON a.id = k.address ORDER BY a.spec";

impl Store {
    /// Replaces all of them; does nothing when they are the same.
    pub fn save_acquaintances(&mut self, acquaintances: &[Acquaintance]) -> Result<()> {
        if self.acquaintances()? == acquaintances {
            return Ok(());
        }
        self.transact(Durability::Rescan, |tx, ids| {
            tx.execute("DELETE FROM acquaintance", [])?;
            let mut save = tx.prepare_cached(
                "INSERT INTO acquaintance (address, name, written_to, sent_year, received_year,
                 met, met_half_year, first) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for one in acquaintances {
                let address = ids.sure(tx, &one.address)?;
                save.execute((
                    address,
                    &one.name,
                    one.written_to,
                    one.sent_year,
                    one.received_year,
                    one.met,
                    one.met_half_year,
                    At(one.first),
                ))?;
            }
            Ok(())
        })
    }

    /// All of them, by address; empty before the first derivation.
    pub fn acquaintances(&self) -> Result<Vec<Acquaintance>> {
        self.read(|conn| {
            conn.prepare_cached(ALL)?
                .query_map([], |row| {
                    let (Spec(address), At(first)) = (row.get(0)?, row.get(7)?);
                    let first: Timestamp = first;
                    Ok(Acquaintance {
                        address,
                        name: row.get(1)?,
                        written_to: row.get(2)?,
                        sent_year: row.get(3)?,
                        received_year: row.get(4)?,
                        met: row.get(5)?,
                        met_half_year: row.get(6)?,
                        first,
                    })
                })?
                .collect()
        })
    }
}
