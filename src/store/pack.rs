//! Letters, which is interactions by email, packed: a row for each person and quarter, twenty-four bytes
//! for each message.
//!
//! They are nearly all interactions there are, and all are read and written alike: by person and
//! time. As rows of a table, with indexes to find those of a changed message and those of a day,
//! they were two thirds of the file and three quarters of the time of a derivation; packed, both
//! are a twentieth. What is lost is that SQLite can look inside: to find a message that changed
//! all letters of its quarter are looked through, a tenth of a millisecond for ten thousand.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::types::{FromSqlError, Value};
use rusqlite::{Connection, Params, params_from_iter};

use super::code::{Coded, DAY, Day};
use crate::interaction::{Direction, Interaction, Rule, Setting};

/// Seconds in the quarter of a row.
const QUARTER: i64 = 92 * DAY;
/// Bytes of a letter.
const SIZE: usize = 24;
/// Letters held back at most before they are written, five megabytes.
const MOST: usize = 200_000;

/// A letter as it lies in the file. The order of these bytes is that of time.
type Bytes = [u8; SIZE];

/// One person and one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    /// When it was written, in seconds.
    pub(super) at: i64,
    /// The message.
    pub(super) message: i64,
    /// The address of the person it went to or came from.
    pub(super) address: i64,
    /// The local day it counts for, in days since 1970.
    pub(super) day: i64,
    pub(super) setting: Setting,
    pub(super) direction: Direction,
    pub(super) rule: Rule,
    /// Other people; so many as fit in two bytes at most.
    pub(super) participants: u16,
}

impl Letter {
    /// What is kept of an interaction by mail: it lasts no time and is known from the beginning.
    pub(super) fn of(seen: &Interaction, message: i64, address: i64) -> Self {
        Self {
            at: seen.at.as_second(),
            message,
            address,
            day: Day(seen.day).number(),
            setting: seen.setting,
            direction: seen.direction,
            rule: seen.rule,
            participants: u16::try_from(seen.participants).unwrap_or(u16::MAX),
        }
    }

    fn packed(&self) -> rusqlite::Result<Bytes> {
        // No zone is further than a day from UTC.
        let shift = self.day - self.at.div_euclid(DAY) + 1;
        let marks =
            shift | self.setting.code() << 2 | self.direction.code() << 4 | self.rule.code() << 6;
        let (Ok(address), Ok(marks)) = (u32::try_from(self.address), u16::try_from(marks)) else {
            return Err(rusqlite::Error::IntegralValueOutOfRange(0, self.address));
        };
        // Without the sign, so that bytes compare as the numbers do.
        let at = (self.at ^ i64::MIN).cast_unsigned();
        let when = u128::from(at) << 64 | u128::from(self.message.cast_unsigned());
        let what = u64::from(address) << 32 | u64::from(self.participants) << 16 | u64::from(marks);
        let mut bytes = [0; SIZE];
        bytes.first_chunk_mut().into_iter().for_each(|first| *first = when.to_be_bytes());
        bytes.last_chunk_mut().into_iter().for_each(|last| *last = what.to_be_bytes());
        Ok(bytes)
    }

    fn unpacked(bytes: &Bytes) -> Result<Self, FromSqlError> {
        let what = bytes.last_chunk().map_or(0, |last| u64::from_be_bytes(*last));
        let at = at(bytes);
        let marks = i64::from(what as u16);
        Ok(Self {
            at,
            message: message(bytes),
            address: i64::from((what >> 32) as u32),
            day: at.div_euclid(DAY) + (marks & 3) - 1,
            setting: decoded(marks >> 2 & 3)?,
            direction: decoded(marks >> 4 & 3)?,
            rule: decoded(marks >> 6)?,
            participants: (what >> 16) as u16,
        })
    }
}

/// The time alone.
fn at(bytes: &Bytes) -> i64 {
    bytes.first_chunk().map_or(0, |first| u64::from_be_bytes(*first)).cast_signed() ^ i64::MIN
}

/// The message alone.
fn message(bytes: &Bytes) -> i64 {
    let when = bytes.first_chunk().map_or(0, |first| u128::from_be_bytes(*first));
    (when as u64).cast_signed()
}

fn decoded<T: Coded>(code: i64) -> Result<T, FromSqlError> {
    // Nearly every number is a position, and a million letters are decoded in a row.
    let place = usize::try_from(code).ok().and_then(|place| T::ALL.get(place));
    let place = place.filter(|known| known.code() == code);
    let known = place.or_else(|| T::ALL.iter().find(|known| known.code() == code));
    known.copied().ok_or(FromSqlError::OutOfRange(code))
}

/// Which letters of a person belong to one row.
fn quarter(at: i64) -> i64 {
    at.div_euclid(QUARTER)
}

/// Letters on their way into the file.
#[derive(Default)]
pub(super) struct Desk {
    of: HashMap<(i64, i64), Vec<Bytes>>,
    held: usize,
}

impl Desk {
    /// Takes a letter of a person.
    pub(super) fn put(
        &mut self,
        conn: &Connection,
        person: i64,
        letter: &Letter,
    ) -> rusqlite::Result<()> {
        self.of.entry((person, quarter(letter.at))).or_default().push(letter.packed()?);
        self.held += 1;
        if self.held < MOST { Ok(()) } else { self.write(conn) }
    }

    /// Writes what is held back to the letters that are there.
    pub(super) fn write(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        for ((person, quarter), mut letters) in std::mem::take(&mut self.of) {
            each(conn, ROW, [person, quarter], |_, _, bytes| {
                letters.extend_from_slice(bytes);
                Ok(())
            })?;
            save(conn, person, quarter, letters)?;
        }
        self.held = 0;
        Ok(())
    }
}

fn save(
    conn: &Connection,
    person: i64,
    quarter: i64,
    mut letters: Vec<Bytes>,
) -> rusqlite::Result<()> {
    letters.sort_unstable();
    conn.prepare_cached(
        "INSERT INTO letter (person, quarter, packed) VALUES (?1, ?2, ?3)
         ON CONFLICT (person, quarter) DO UPDATE SET packed = excluded.packed",
    )?
    .execute((person, quarter, letters.as_flattened()))?;
    Ok(())
}

/// Takes the letters of some messages away, each with the time it had when it was packed; of whom.
pub(super) fn remove(
    conn: &Connection,
    messages: &[(i64, i64)],
) -> rusqlite::Result<BTreeSet<i64>> {
    let mut quarters: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for (row, at) in messages {
        quarters.entry(quarter(*at)).or_default().insert(*row);
    }
    let mut changed = Vec::new();
    for (of, rows) in quarters {
        each(conn, QUARTER_OF_ALL, [of], |person, _, bytes| {
            if bytes.iter().any(|one| rows.contains(&message(one))) {
                let left = bytes.iter().filter(|one| !rows.contains(&message(one)));
                changed.push((person, of, left.copied().collect::<Vec<_>>()));
            }
            Ok(())
        })?;
    }
    let persons = changed.iter().map(|(person, ..)| *person).collect();
    for (person, quarter, left) in changed {
        save(conn, person, quarter, left)?;
    }
    Ok(persons)
}

/// One row, and all rows of a quarter.
pub(super) const ROW: &str =
    "SELECT person, quarter, packed FROM letter WHERE person = ?1 AND quarter = ?2";
pub(super) const QUARTER_OF_ALL: &str =
    "SELECT person, quarter, packed FROM letter INDEXED BY letter_quarter WHERE quarter = ?1";
/// Rows of some quarters, of some people given as a JSON list, or of everybody.
pub(super) const OF: &str = "SELECT person, quarter, packed FROM letter
    WHERE person IN (SELECT value FROM json_each(?3)) AND quarter BETWEEN ?1 AND ?2";
pub(super) const ALL: &str =
    "SELECT person, quarter, packed FROM letter WHERE quarter BETWEEN ?1 AND ?2";

/// Hands over the letters of some people, given as a JSON list of rows, or of everybody, that count
/// for a day between two, both included: those of one person and quarter together, oldest first.
pub(super) fn find(
    conn: &Connection,
    persons: Option<&str>,
    (since, until): (i64, i64),
    mut take: impl FnMut(i64, Letter) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let quarters = |day: i64, more: i64| quarter(day.saturating_add(more).saturating_mul(DAY));
    let mut params = vec![Value::Integer(quarters(since, -1)), Value::Integer(quarters(until, 2))];
    params.extend(persons.map(|list| Value::Text(list.to_owned())));
    let sql = if persons.is_some() { OF } else { ALL };
    each(conn, sql, params_from_iter(params), |person, _, bytes| {
        // No letter counts for a day more than one after the one it was written on in UTC.
        let early = since.saturating_sub(1).saturating_mul(DAY);
        let first = bytes.partition_point(|one| at(one) < early);
        for one in bytes.iter().skip(first) {
            let letter = Letter::unpacked(one)?;
            if (since..=until).contains(&letter.day) {
                take(person, letter)?;
            }
        }
        Ok(())
    })
}

fn each(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    mut take: impl FnMut(i64, i64, &[Bytes]) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut find = conn.prepare_cached(sql)?;
    let mut rows = find.query(params)?;
    while let Some(row) = rows.next()? {
        let (letters, rest) = row.get_ref(2)?.as_blob()?.as_chunks();
        if !rest.is_empty() {
            return Err(FromSqlError::InvalidType.into());
        }
        take(row.get(0)?, row.get(1)?, letters)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn letters() -> impl Strategy<Value = Letter> {
        let place =
            (-9_000_000_000_i64..9_000_000_000, 0..i64::MAX, 0..i64::from(u32::MAX), -1..2_i64);
        let kind = (0..4_usize, 0..3_usize, 0..8_usize, any::<u16>());
        (place, kind).prop_map(|((at, message, address, shift), (a, b, c, participants))| Letter {
            at,
            message,
            address,
            day: at.div_euclid(DAY) + shift,
            setting: Setting::ALL[a],
            direction: Direction::ALL[b],
            rule: Rule::ALL[c],
            participants,
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back_and_bytes_have_the_order_of_time(
            one in letters(),
            other in letters(),
        ) {
            let (bytes, more) = (one.packed().unwrap(), other.packed().unwrap());
            prop_assert_eq!(Letter::unpacked(&bytes).unwrap(), one);
            prop_assert_eq!((at(&bytes), message(&bytes)), (one.at, one.message));
            prop_assert_eq!(
                (one.at, one.message).cmp(&(other.at, other.message)),
                bytes[..16].cmp(&more[..16])
            );
        }

        #[test]
        fn no_bytes_make_a_panic(bytes in any::<Bytes>()) {
            drop(Letter::unpacked(&bytes));
        }
    }
}
