//! Contact days of every person and client, packed: what `status` reads instead of ten years of
//! interactions.
//!
//! Made from interactions by judgement, so whoever derives has to make them anew where interactions
//! changed: a person whose interactions are not those their days were counted from is stale, noted
//! in the transaction that changed them. Counting at every start was measured: half a second at a
//! million facts, of which a thousandth is news. They hold all days, past and to come.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::address::Book;
use super::code::{At, Day};
use super::{Durability, Result, Store, facts, meta, pack};
use crate::interaction::{Channel, ContactDay, category};
use crate::people::{ClientId, PersonId};

/// Contact days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// Of each person, in order.
    pub people: BTreeMap<PersonId, Vec<ContactDay>>,
    /// Of each client, all of its people together.
    pub clients: BTreeMap<ClientId, Vec<ContactDay>>,
}

impl Contact {
    /// Takes over days that were counted later.
    pub fn renew(&mut self, later: Self) {
        self.people.extend(later.people);
        self.clients.extend(later.clients);
    }
}

impl Store {
    /// All of them, stale ones included.
    pub fn contact(&self) -> Result<Contact> {
        self.read(|conn| {
            let mut contact = Contact::default();
            let mut book = Book::default();
            let mut find = conn.prepare_cached("SELECT person, packed FROM contact")?;
            let mut rows = find.query([])?;
            while let Some(row) = rows.next()? {
                let days = unpacked(row.get_ref(1)?.as_blob()?)?;
                contact.people.insert(PersonId(book.spec(conn, row.get(0)?)?), days);
            }
            let mut find = conn.prepare_cached("SELECT client, packed FROM client_contact")?;
            let mut rows = find.query([])?;
            while let Some(row) = rows.next()? {
                let days = unpacked(row.get_ref(1)?.as_blob()?)?;
                contact.clients.insert(ClientId(row.get(0)?), days);
            }
            Ok(contact)
        })
    }

    /// Those of some people and clients; nothing of those who have none.
    pub fn contact_of(
        &self,
        people: &BTreeSet<PersonId>,
        clients: &BTreeSet<ClientId>,
    ) -> Result<Contact> {
        self.read(|conn| {
            let mut contact = Contact::default();
            let mut person = conn.prepare_cached(
                "SELECT packed FROM contact
                 WHERE person = (SELECT id FROM address WHERE spec = ?1)",
            )?;
            let mut client =
                conn.prepare_cached("SELECT packed FROM client_contact WHERE client = ?1")?;
            let days = |row: &Row<'_>| Ok(unpacked(row.get_ref(0)?.as_blob()?)?);
            for id in people {
                if let Some(days) = person.query_row([id.0.as_str()], days).optional()? {
                    contact.people.insert(id.clone(), days);
                }
            }
            for id in clients {
                if let Some(days) = client.query_row([&id.0], days).optional()? {
                    contact.clients.insert(id.clone(), days);
                }
            }
            Ok(contact)
        })
    }

    /// Everybody whose days are counted or stale.
    pub fn in_contact(&self) -> Result<BTreeSet<PersonId>> {
        self.read(|conn| {
            people(conn, "SELECT person FROM contact UNION SELECT person FROM stale", [])
        })
    }

    /// Those whose days have to be counted anew.
    pub fn stale(&self) -> Result<BTreeSet<PersonId>> {
        self.read(|conn| people(conn, "SELECT person FROM stale", []))
    }

    /// What decided which people were counted for which client; `None` before anything was.
    pub fn contact_basis(&self) -> Result<Option<u64>> {
        self.read(|conn| Ok(meta::get(conn, meta::CONTACT_BASIS)?.map(i64::cast_unsigned)))
    }

    /// Writes down days that were counted anew: nobody is stale then. Clients counted on another
    /// basis go.
    pub fn save_contact(&mut self, contact: &Contact, basis: u64) -> Result<()> {
        self.transact(Durability::Rescan, |tx, ids| {
            if meta::get(tx, meta::CONTACT_BASIS)? != Some(basis.cast_signed()) {
                tx.execute("DELETE FROM client_contact", [])?;
                meta::set(tx, meta::CONTACT_BASIS, basis.cast_signed())?;
            }
            let mut person = tx.prepare_cached(
                "INSERT INTO contact (person, packed) VALUES (?1, ?2)
                 ON CONFLICT (person) DO UPDATE SET packed = excluded.packed",
            )?;
            let mut nobody = tx.prepare_cached("DELETE FROM contact WHERE person = ?1")?;
            for (who, days) in &contact.people {
                let row = ids.sure(tx, &who.0)?;
                match days.as_slice() {
                    [] => nobody.execute([row])?,
                    days => person.execute((row, packed(days)))?,
                };
            }
            let mut client = tx.prepare_cached(
                "INSERT INTO client_contact (client, packed) VALUES (?1, ?2)
                 ON CONFLICT (client) DO UPDATE SET packed = excluded.packed",
            )?;
            for (ClientId(name), days) in &contact.clients {
                client.execute((name, packed(days)))?;
            }
            tx.execute("DELETE FROM stale", [])?;
            Ok(())
        })
    }

    /// Beginning and end of the one-on-ones from a day on that left a trace: all but those told.
    pub fn traces(&self, since: Date) -> Result<Vec<(Timestamp, Timestamp)>> {
        self.read(|conn| {
            conn.prepare_cached(TRACES)?
                .query_map([Day(since)], |row| {
                    let (At(at), At(end)) = (row.get(0)?, row.get(1)?);
                    Ok((at, end))
                })?
                .collect()
        })
    }

    /// The days on which a person and I wrote to each other.
    pub fn letter_days(&self, person: &PersonId) -> Result<Vec<ContactDay>> {
        self.read(|conn| {
            let rows = facts::rows_of(conn, [&person.0])?;
            let mut numbers = Vec::new();
            pack::find(conn, Some(&rows), (i64::MIN, i64::MAX), |_, letter| {
                if category(Channel::Email, letter.setting).is_some() {
                    numbers.push(letter.day);
                }
                Ok(())
            })?;
            numbers.sort_unstable();
            numbers.dedup();
            let email = |number| {
                let Day(day) = Day::of(number).ok_or(FromSqlError::OutOfRange(number))?;
                Ok(ContactDay { day, email: true, group: false, one_on_one: false })
            };
            numbers.into_iter().map(email).collect()
        })
    }
}

/// One-on-ones by call or in person that nobody had to tell of.
pub(super) const TRACES: &str = "
    SELECT at, stop FROM talk
    WHERE day >= ?1 AND setting = 0 AND channel IN (1, 2) AND rule <> 6";

/// Notes that somebody's days have to be counted anew.
pub(super) fn make_stale(conn: &Connection, person: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO stale (person) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([person])?;
    Ok(())
}

/// The people whose rows a statement finds.
pub(super) fn people(
    conn: &Connection,
    sql: &str,
    params: impl Params,
) -> rusqlite::Result<BTreeSet<PersonId>> {
    let mut book = Book::default();
    let mut find = conn.prepare_cached(sql)?;
    let mut rows = find.query(params)?;
    let mut found = BTreeSet::new();
    while let Some(row) = rows.next()? {
        found.insert(PersonId(book.spec(conn, row.get(0)?)?));
    }
    Ok(found)
}

/// Four bytes a day: year, month, day, and three bits for its categories. Half a million days are
/// read for a `status`; counting up to each from 1970 would take most of its time.
fn packed(days: &[ContactDay]) -> Vec<u8> {
    let number = |contact: &ContactDay| {
        let ContactDay { day, email, group, one_on_one } = *contact;
        let year = u32::from(day.year().cast_unsigned()) << 16;
        let (month, day) = (day.month().cast_unsigned(), day.day().cast_unsigned());
        let bits = u32::from(one_on_one) << 2 | u32::from(group) << 1 | u32::from(email);
        year | u32::from(month) << 8 | u32::from(day) << 3 | bits
    };
    days.iter().flat_map(|contact| number(contact).to_be_bytes()).collect()
}

fn unpacked(bytes: &[u8]) -> std::result::Result<Vec<ContactDay>, FromSqlError> {
    let numbers = bytes.as_chunks().0.iter().map(|four| u32::from_be_bytes(*four));
    let contact = |number: u32| {
        let year = ((number >> 16) as u16).cast_signed();
        let (month, day) = ((number >> 8 & 15) as i8, (number >> 3 & 31) as i8);
        let day = Date::new(year, month, day).map_err(|_| FromSqlError::InvalidType)?;
        let (email, group, one_on_one) = (number & 1 != 0, number & 2 != 0, number & 4 != 0);
        Ok(ContactDay { day, email, group, one_on_one })
    };
    numbers.map(contact).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back(
            of in prop::collection::btree_map(-4_371_587i64..2_932_897, 0u32..8, 0..60),
        ) {
            let days: Vec<_> = of.into_iter().map(|(day, bits)| ContactDay {
                day: Day::of(day).unwrap().0,
                email: bits & 1 != 0,
                group: bits & 2 != 0,
                one_on_one: bits & 4 != 0,
            }).collect();
            prop_assert_eq!(unpacked(&packed(&days)).unwrap(), days);
        }

        #[test]
        fn no_bytes_make_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            drop(unpacked(&bytes));
        }
    }
}
