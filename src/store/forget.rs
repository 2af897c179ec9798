//! Forgetting somebody for good.
//!
//! Every row that speaks of one of their addresses goes, what they said of themselves and what
//! others said of them; freed pages are overwritten (`secure_delete`). A hash of each address
//! stays, salted with bytes this file alone has, so that a mailbox that still holds their mail does
//! not bring them back; who they were cannot be read from it. A list of forgotten addresses lost:
//! it would be the one place where they are remembered.

use std::collections::{BTreeSet, HashSet};

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::address::{Ids, Spec};
use super::{Durability, Result, Store, meta, recipients};
use crate::mail::AddrSpec;
use crate::people::identity;

/// The random bytes that make the hashes this file's own.
const SALT: &str = "salt";

/// What goes with an address, by its row. The address itself goes last.
const ROWS: [&str; 19] = [
    "DELETE FROM message WHERE sender = ?1",
    "DELETE FROM failure WHERE address = ?1",
    "UPDATE event SET organizer = NULL WHERE organizer = ?1",
    "DELETE FROM attendee WHERE address = ?1",
    "DELETE FROM card WHERE id IN (SELECT card FROM card_address WHERE address = ?1)",
    "DELETE FROM call WHERE address = ?1",
    "DELETE FROM decision WHERE address = ?1 OR other = ?1",
    "DELETE FROM correction WHERE address = ?1",
    "DELETE FROM nudge WHERE person = ?1",
    "DELETE FROM week WHERE person = ?1",
    "DELETE FROM talk",
    "DELETE FROM letter",
    "DELETE FROM contact",
    "DELETE FROM client_contact",
    "DELETE FROM stale",
    "DELETE FROM acquaintance WHERE address = ?1",
    // A message of mine to them alone went between nobody and me.
    "DELETE FROM message WHERE sent = 1 AND recipients = x''",
    "DELETE FROM changed_call WHERE call NOT IN (SELECT id FROM call)",
    "DELETE FROM address WHERE id = ?1",
];

impl Store {
    /// Forgets these addresses, tagged spellings included, and these names where a calendar notes
    /// them; how many spellings there were. Everything is derived anew afterwards.
    pub fn forget(&mut self, addresses: &BTreeSet<AddrSpec>, names: &[String]) -> Result<usize> {
        let wanted: BTreeSet<AddrSpec> = addresses.iter().map(identity).collect();
        let gone = self.transact(Durability::Told, |tx, ids| {
            *ids = Ids::default();
            let salt = salt(tx)?;
            for address in &wanted {
                tx.execute(
                    "INSERT INTO forgotten (hash) VALUES (?1) ON CONFLICT DO NOTHING",
                    [hash(&salt, address).as_slice()],
                )?;
            }
            let mut find = tx.prepare("SELECT id, spec FROM address")?;
            let mut rows = find.query([])?;
            let mut spellings: HashSet<i64> = HashSet::new();
            while let Some(row) = rows.next()? {
                let Spec(spec) = row.get(1)?;
                if wanted.contains(&identity(&spec)) {
                    spellings.insert(row.get(0)?);
                }
            }
            recipients::forget(tx, &spellings)?;
            for id in &spellings {
                for sql in ROWS {
                    let mut statement = tx.prepare_cached(sql)?;
                    match statement.parameter_count() {
                        0 => statement.execute([])?,
                        _ => statement.execute([id])?,
                    };
                }
            }
            for name in names {
                tx.execute("DELETE FROM noted_name WHERE instr(name, ?1) > 0", [name])?;
            }
            meta::forget(tx, meta::FINGERPRINT)?;
            meta::forget(tx, meta::BASIS)?;
            meta::forget(tx, meta::LEARNED_BY)?;
            Ok(spellings.len())
        })?;
        // Nothing of them stays in the log either.
        self.settle()?;
        Ok(gone)
    }
}

/// Whether the user wants nothing to be kept of an address.
pub(super) fn is_forgotten(conn: &Connection, spec: &AddrSpec) -> rusqlite::Result<bool> {
    let Some(salt) = meta::get::<Vec<u8>>(conn, SALT)? else { return Ok(false) };
    let known = conn
        .prepare_cached("SELECT 1 FROM forgotten WHERE hash = ?1")?
        .query_row([hash(&salt, &identity(spec)).as_slice()], |_| Ok(()))
        .optional()?;
    Ok(known.is_some())
}

fn salt(conn: &Connection) -> rusqlite::Result<Vec<u8>> {
    if let Some(salt) = meta::get(conn, SALT)? {
        return Ok(salt);
    }
    let salt: Vec<u8> = conn.query_row("SELECT randomblob(32)", [], |row| row.get(0))?;
    meta::set(conn, SALT, &salt)?;
    Ok(salt)
}

fn hash(salt: &[u8], address: &AddrSpec) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(salt);
    digest.update(address.as_str());
    digest.finalize().into()
}
