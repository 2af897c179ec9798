//! Who a message went to, packed into its row: five bytes each, by field and by row of the address.
//!
//! A table of them had more rows than any other, and reading it beside the messages was a third of
//! the time of a derivation. What is lost is that SQLite can look inside, which only forgetting
//! somebody asks for: it looks through all messages.

use std::collections::HashSet;

use rusqlite::Connection;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

use super::code::{Coded, Field};

/// A recipient as it lies in the file.
type Bytes = [u8; 5];

/// Recipients, each address once a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Recipients(Vec<Bytes>);

impl Recipients {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds one, by the row of the address.
    pub(super) fn push(&mut self, field: Field, address: i64) -> rusqlite::Result<()> {
        let (Ok(field), Ok(row)) = (u8::try_from(field.code()), u32::try_from(address)) else {
            return Err(rusqlite::Error::IntegralValueOutOfRange(0, address));
        };
        let [a, b, c, d] = row.to_be_bytes();
        self.0.push([field, a, b, c, d]);
        Ok(())
    }

    /// Puts them into the one order they are kept in.
    pub(super) fn sort(&mut self) {
        self.0.sort_unstable();
        self.0.dedup();
    }

    /// As they lie in the file.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_flattened()
    }

    /// Each with its field and the row of its address, those in To first.
    pub(super) fn iter(&self) -> impl Iterator<Item = FromSqlResult<(Field, i64)>> {
        self.0.iter().map(read)
    }
}

impl FromSql for Recipients {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        chunks(value).map(|chunks| Self(chunks.to_vec()))
    }
}

/// Each in a column, without taking them out of it.
pub(super) fn each(
    value: ValueRef<'_>,
) -> FromSqlResult<impl Iterator<Item = FromSqlResult<(Field, i64)>>> {
    Ok(chunks(value)?.iter().map(read))
}

/// Takes some addresses out of every message.
pub(super) fn forget(conn: &Connection, addresses: &HashSet<i64>) -> rusqlite::Result<()> {
    let mut find = conn.prepare("SELECT id, recipients FROM message")?;
    let mut rows = find.query([])?;
    let mut changed = Vec::new();
    while let Some(row) = rows.next()? {
        let Recipients(mut all) = row.get(1)?;
        let before = all.len();
        let gone = |bytes: &Bytes| read(bytes).is_ok_and(|(_, row)| addresses.contains(&row));
        all.retain(|bytes| !gone(bytes));
        if all.len() < before {
            changed.push((row.get::<_, i64>(0)?, all));
        }
    }
    let mut update = conn.prepare("UPDATE message SET recipients = ?2 WHERE id = ?1")?;
    for (id, left) in changed {
        update.execute((id, left.as_flattened()))?;
    }
    Ok(())
}

fn chunks(value: ValueRef<'_>) -> FromSqlResult<&[Bytes]> {
    match value.as_blob()?.as_chunks() {
        (chunks, []) => Ok(chunks),
        _ => Err(FromSqlError::InvalidType),
    }
}

fn read([field, a, b, c, d]: &Bytes) -> FromSqlResult<(Field, i64)> {
    let field = match field {
        0 => Field::To,
        1 => Field::Cc,
        2 => Field::Bcc,
        other => return Err(FromSqlError::OutOfRange((*other).into())),
    };
    Ok((field, u32::from_be_bytes([*a, *b, *c, *d]).into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back_in_order(
            of in prop::collection::btree_set((0..3_usize, 0..i64::from(u32::MAX)), 0..9),
        ) {
            let of: Vec<_> = of.into_iter().map(|(field, row)| (Field::ALL[field], row)).collect();
            let mut packed = Recipients::default();
            for (field, row) in of.iter().rev().chain(&of) {
                packed.push(*field, *row).unwrap();
            }
            packed.sort();
            let read: Vec<_> = packed.iter().map(Result::unwrap).collect();
            prop_assert_eq!(&read, &of);
            let column = ValueRef::Blob(packed.as_bytes());
            prop_assert_eq!(Recipients::column_result(column).unwrap(), packed.clone());
            let read: Vec<_> = each(column).unwrap().map(Result::unwrap).collect();
            prop_assert_eq!(read, of);
        }

        #[test]
        fn no_bytes_make_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(all) = each(ValueRef::Blob(&bytes)) {
                drop(all.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn an_address_too_many_is_refused() {
        assert!(Recipients::default().push(Field::To, i64::from(u32::MAX) + 1).is_err());
    }
}
