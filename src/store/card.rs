//! Address books: the cards of a file, written as a whole.

use rusqlite::Connection;

use super::address::{Book, Ids};
use super::calendar;
use super::{Result, SourceId, Store};
use crate::batch::CardFile;
use crate::card::{Card, Number};

/// Puts a file of cards in the place of what was known under its name.
pub(super) fn replace(
    conn: &Connection,
    ids: &mut Ids,
    source: SourceId,
    file: &CardFile,
) -> rusqlite::Result<()> {
    calendar::Writer::new(conn, source)?.remove(&file.href)?;
    conn.prepare_cached("INSERT INTO resource (source, href) VALUES (?1, ?2)")?
        .execute((source.0, &file.href))?;
    let resource = conn.last_insert_rowid();
    for card in &file.cards {
        let mut addresses = Vec::new();
        for spec in &card.addresses {
            addresses.extend(ids.id(conn, spec)?);
        }
        // All of its addresses are to be forgotten: the rest of the card is theirs too.
        if addresses.is_empty() && !card.addresses.is_empty() {
            continue;
        }
        conn.prepare_cached("INSERT INTO card (resource, name) VALUES (?1, ?2)")?
            .execute((resource, &card.name))?;
        let row = conn.last_insert_rowid();
        let mut address =
            conn.prepare_cached("INSERT INTO card_address (card, n, address) VALUES (?1, ?2, ?3)")?;
        for (n, id) in (0_i64..).zip(addresses) {
            address.execute((row, n, id))?;
        }
        let mut number =
            conn.prepare_cached("INSERT INTO card_number (card, n, number) VALUES (?1, ?2, ?3)")?;
        for (n, it) in (0_i64..).zip(&card.numbers) {
            number.execute((row, n, it.as_str()))?;
        }
    }
    Ok(())
}

impl Store {
    /// Every card of every address book, in no particular order.
    pub fn cards(&self) -> Result<Vec<Card>> {
        self.read(|conn| {
            let mut book = Book::default();
            let mut addresses =
                conn.prepare_cached("SELECT address FROM card_address WHERE card = ?1 ORDER BY n")?;
            let mut numbers =
                conn.prepare_cached("SELECT number FROM card_number WHERE card = ?1 ORDER BY n")?;
            let mut find = conn.prepare_cached("SELECT id, name FROM card ORDER BY id")?;
            let mut rows = find.query([])?;
            let mut cards = Vec::new();
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                let mut card = Card { name: row.get(1)?, ..Card::default() };
                let mut found = addresses.query([id])?;
                while let Some(one) = found.next()? {
                    card.addresses.push(book.spec(conn, one.get(0)?)?);
                }
                let texts = numbers.query_map([id], |one| one.get::<_, String>(0))?;
                for text in texts {
                    card.numbers.extend(Number::parse(&text?));
                }
                cards.push(card);
            }
            Ok(cards)
        })
    }
}
