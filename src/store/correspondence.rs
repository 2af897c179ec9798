//! What all messages say of each address, summed up: whom I wrote to, who wrote to me.
//!
//! A roster asks for these sums of everything there is, on the first day and on each day after it.
//! So addresses are row numbers here, and become addresses only in the end: making an envelope of
//! each message was three times as slow. An index by sender was weighed and lost: it slows every scan,
//! and would help only where I wrote a small part of my mail.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::Timestamp;
use rusqlite::Connection;

use super::address::Book;
use super::code::{At, Field};
use super::{Result, Store, recipients};
use crate::mail::AddrSpec;
use crate::people::Acquaintance;

/// Of every message up to an instant what is summed up.
pub(super) const UNTIL: &str =
    "SELECT date, sender, sent, recipients FROM message WHERE date <= ?1";

/// Of one address.
struct Sum {
    first: i64,
    written_to: u32,
    sent_year: u32,
    received_year: u32,
}

impl Store {
    /// What the messages up to an instant say of everybody who wrote one or to whom I did, in no
    /// particular order. `mine` tells whether what an address sends is mine, by whether it lies in a
    /// mailbox of sent mail; the year begins after `year`. Nobody was met by mail.
    pub fn correspondents(
        &self,
        (year, until): (Timestamp, Timestamp),
        mine: impl Fn(&AddrSpec, bool) -> bool,
    ) -> Result<Vec<Acquaintance>> {
        self.read(|conn| {
            let mut book = Book::default();
            let sums = sums(conn, &mut book, (year.as_second(), until.as_second()), mine)?;
            let mut found = Vec::with_capacity(sums.len());
            for (id, sum) in sums {
                let (mailbox, At(first)) = (book.mailbox(conn, id)?, At::of(sum.first)?);
                found.push(Acquaintance {
                    address: mailbox.addr_spec.clone(),
                    name: mailbox.display_name.clone(),
                    written_to: sum.written_to,
                    sent_year: sum.sent_year,
                    received_year: sum.received_year,
                    met: 0,
                    met_half_year: 0,
                    first,
                });
            }
            Ok(found)
        })
    }
}

/// The sums by row of the address.
fn sums(
    conn: &Connection,
    book: &mut Book,
    (year, until): (i64, i64),
    mine: impl Fn(&AddrSpec, bool) -> bool,
) -> rusqlite::Result<HashMap<i64, Sum>> {
    let mut find = conn.prepare_cached(UNTIL)?;
    let mut messages = find.query([until])?;
    let mut sums: HashMap<i64, Sum> = HashMap::new();
    let mut known: HashMap<(i64, bool), bool> = HashMap::new();
    let mut written: Vec<i64> = Vec::new();
    while let Some(message) = messages.next()? {
        let (date, sender, sent): (i64, i64, bool) =
            (message.get(0)?, message.get(1)?, message.get(2)?);
        let recent = date > year;
        let mine = match known.entry((sender, sent)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => *free.insert(mine(&book.spec(conn, sender)?, sent)),
        };
        if !mine {
            of(&mut sums, sender, date).received_year += u32::from(recent);
            continue;
        }
        written.clear();
        for recipient in recipients::each(message.get_ref(3)?)? {
            let (field, address) = recipient?;
            // Those in To come first, and whoever is named twice was written to once.
            if !written.contains(&address) {
                written.push(address);
                let sum = of(&mut sums, address, date);
                sum.written_to += 1;
                sum.sent_year += u32::from(field == Field::To && recent);
            }
        }
    }
    Ok(sums)
}

/// What is known of an address, which has to do with a message of this date.
fn of(sums: &mut HashMap<i64, Sum>, address: i64, date: i64) -> &mut Sum {
    let blank = Sum { first: date, written_to: 0, sent_year: 0, received_year: 0 };
    let sum = sums.entry(address).or_insert(blank);
    sum.first = sum.first.min(date);
    sum
}
