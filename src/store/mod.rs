//! The memory: one SQLite file of facts, of what was derived from them, and of what the user said.
//!
//! **Facts before opinions.** [`Store::record`] keeps what sources read, keyed so that looking
//! twice adds nothing; facts speak of addresses, never of persons. [`Store::derive`] runs them
//! through a judgement into interactions, which can be dropped and made again at any time without
//! asking a server. What the user decided, told and answered exists nowhere else.
//!
//! **Locking.** One process writes: the daemon, or a command while no daemon runs; the loop owns
//! the store, so nothing here needs a lock of its own. Others may read beside it
//! ([`Store::open_read_only`]): the write-ahead log lets readers and the writer pass each other.
//! A writer that meets another waits five seconds, then says [`Error::Busy`]. No pool: it would
//! serve concurrency that the one loop does not have.
//!
//! **Durability.** `synchronous=NORMAL`: the log is not synced at every commit, so a power cut may
//! lose the last batches, never damage the file, and the next scan reads them again. What the user
//! said is committed under `FULL` and is on the disk when the call returns.
//!
//! **Privacy.** Folder 0700, files 0600, `secure_delete`, no column for a subject or a text; other
//! people's files, links and network file systems are refused. No encryption of its own: the key
//! would lie beside the file, and the disk's own encryption is the right place.
//!
//! **Compatibility.** Steps in `schema/`, a copy beside the file before a step is taken, and a file
//! from a newer Hallway is left alone ([`Error::Newer`]).
//!
//! What it refuses: to read the clock, to judge, to hold a statement open across calls, to be
//! opened half-way. Serialization derives lost against rows written by hand, and an object mapper
//! lost against SQL that can be read in one place and checked with `EXPLAIN QUERY PLAN`.

mod acquaintance;
mod address;
mod behind;
mod calendar;
mod card;
mod code;
mod contact;
mod correction;
mod correspondence;
mod decision;
mod derive;
mod dump;
mod error;
mod facts;
mod file;
mod forget;
mod interaction;
mod lately;
mod letter;
mod mail;
mod meta;
mod migrations;
mod nudge;
mod open;
mod pack;
mod recipients;
mod record;
mod source;
mod talk;
#[cfg(test)]
mod tests;
mod times;
mod told;
mod week;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, Transaction};

pub use acquaintance::{Learned, News};
pub use contact::Contact;
pub use derive::{Derived, Fact, Judge};
pub use error::{Error, Result};
pub use facts::MessageRow;
pub use interaction::{Filter, Order};
pub use record::Recorded;
pub use source::{Health, Kind, Source, SourceId, Trouble};
pub use week::Week;

/// Steps of SQLite's machine between two looks at whether to stop; far under a millisecond.
const STEPS: i32 = 1_000;

/// An open store.
#[derive(Debug)]
pub struct Store {
    conn: Connection,
    path: PathBuf,
    repaired: bool,
    ids: address::Ids,
}

/// What a commit promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Durability {
    /// Whole or not at all; after a power cut perhaps not at all.
    Rescan,
    /// On the disk.
    Told,
}

impl Store {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether others could read the folder or a file when it was opened, which was put right.
    pub fn repaired(&self) -> bool {
        self.repaired
    }

    /// From now on statements give up as soon as `stop` is set, and with them the transaction they
    /// stand in ([`Error::Stopped`]); with `None` they no longer do. For what takes long and can be
    /// begun again: what the user said must not be given up.
    pub fn heed(&self, stop: Option<Arc<AtomicBool>>) -> Result<()> {
        let handler = stop.map(|stop| move || stop.load(Ordering::Acquire));
        self.read(|conn| conn.progress_handler(STEPS, handler))
    }

    /// A number that changes whenever another connection writes to the file.
    pub fn others(&self) -> Result<i64> {
        self.read(|conn| conn.pragma_query_value(None, "data_version", |row| row.get(0)))
    }

    /// Gives back the memory that made a long look fast, for a time of rest: addresses that were
    /// looked up, pages of the file. The next look learns the few it needs anew.
    pub fn rest(&mut self) {
        self.ids = address::Ids::default();
        // Memory that cannot be given back is kept, as before.
        self.conn.execute_batch("PRAGMA shrink_memory").ok();
    }

    /// Runs statements that only read.
    fn read<T>(&self, run: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        run(&self.conn).map_err(|error| Error::of(&self.path, error))
    }

    /// Runs statements in one transaction, which fails as a whole.
    fn transact<T>(
        &mut self,
        durability: Durability,
        run: impl FnOnce(&Transaction<'_>, &mut address::Ids) -> rusqlite::Result<T>,
    ) -> Result<T> {
        // Row numbers learned in a transaction that does not end well never were; so they are
        // kept only when it does, which holds for a panic as well.
        let mut ids = std::mem::take(&mut self.ids);
        let conn = &mut self.conn;
        let done = match durability {
            Durability::Rescan => commit(conn, &mut ids, run),
            // SQLite does not change this inside a transaction. Where it cannot be changed back,
            // later commits are slower and just as good.
            Durability::Told => conn.pragma_update(None, "synchronous", "FULL").and_then(|()| {
                let done = commit(conn, &mut ids, run);
                conn.pragma_update(None, "synchronous", "NORMAL").ok();
                done
            }),
        };
        if done.is_ok() {
            self.ids = ids;
        }
        done.map_err(|error| Error::of(&self.path, error))
    }
}

fn commit<T>(
    conn: &mut Connection,
    ids: &mut address::Ids,
    run: impl FnOnce(&Transaction<'_>, &mut address::Ids) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let tx = conn.transaction()?;
    let value = run(&tx, ids)?;
    ids.write(&tx)?;
    tx.commit()?;
    Ok(value)
}
