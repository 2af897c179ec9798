//! Small things of which there is one each. Outside this room each has a method of its own and a
//! type; the keys are nobody's business.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, ToSql};

use super::code::{At, Day};
use super::{Durability, Result, Store};

/// The fingerprint of the last derivation.
pub(super) const FINGERPRINT: &str = "derived_by";
/// The last message derived.
pub(super) const DERIVED: &str = "derived_to";
/// What the last derivation rested on.
pub(super) const BASIS: &str = "basis";
/// The number of the next talk.
pub(super) const NEXT_TALK: &str = "next_talk";
/// What the sums over acquaintances rest on.
pub(super) const LEARNED_BY: &str = "learned_by";
/// What decided which people were counted for which client.
pub(super) const CONTACT_BASIS: &str = "contact_basis";
/// The row of the next message; none is ever used twice.
pub(super) const NEXT_MESSAGE: &str = "next_message";

const INSTALLED: &str = "installed_at";
const LAST_DIGEST: &str = "last_digest";
const PAUSED_UNTIL: &str = "paused_until";
const LOT: &str = "lot";

impl Store {
    /// When Hallway first ran; the first call says it is `now`.
    pub fn installed_at(&mut self, now: Timestamp) -> Result<Timestamp> {
        if let Some(At(at)) = self.read(|conn| get(conn, INSTALLED))? {
            return Ok(at);
        }
        self.transact(Durability::Told, |tx, _| set(tx, INSTALLED, At(now)))?;
        Ok(now)
    }

    /// When Hallway first ran; `None` before.
    pub fn installed(&self) -> Result<Option<Timestamp>> {
        self.read(|conn| Ok(get(conn, INSTALLED)?.map(|At(at)| at)))
    }

    /// The number behind this machine's lots; the first call says it is `fresh`.
    pub fn lot(&mut self, fresh: u64) -> Result<u64> {
        if let Some(lot) = self.read(|conn| get::<i64>(conn, LOT))? {
            return Ok(lot.cast_unsigned());
        }
        self.transact(Durability::Told, |tx, _| set(tx, LOT, fresh.cast_signed()))?;
        Ok(fresh)
    }

    /// The first day of the last period a digest was written for; `None` before the first.
    pub fn last_digest(&self) -> Result<Option<Date>> {
        self.read(|conn| Ok(get(conn, LAST_DIGEST)?.map(|Day(day)| day)))
    }

    /// Notes that the digest of the period that begins on this day was written.
    pub fn set_last_digest(&mut self, period: Date) -> Result<()> {
        self.transact(Durability::Told, |tx, _| set(tx, LAST_DIGEST, Day(period)))
    }

    /// Until when the user wants no nudge at all; `None` when not paused.
    pub fn paused_until(&self) -> Result<Option<Timestamp>> {
        self.read(|conn| Ok(get(conn, PAUSED_UNTIL)?.map(|At(at)| at)))
    }

    /// Pauses all nudges up to an instant, or takes that back.
    pub fn set_paused_until(&mut self, until: Option<Timestamp>) -> Result<()> {
        self.transact(Durability::Told, |tx, _| match until {
            Some(until) => set(tx, PAUSED_UNTIL, At(until)),
            None => {
                tx.execute("DELETE FROM meta WHERE key = ?1", [PAUSED_UNTIL])?;
                Ok(())
            }
        })
    }
}

pub(super) fn get<T: FromSql>(conn: &Connection, key: &str) -> rusqlite::Result<Option<T>> {
    conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
}

pub(super) fn forget(conn: &Connection, key: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key])?;
    Ok(())
}

pub(super) fn set(conn: &Connection, key: &str, value: impl ToSql) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?
    .execute((key, value))?;
    Ok(())
}
