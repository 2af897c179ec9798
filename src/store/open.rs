//! Opening, looking after and closing the file.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::{Error, Result};
use super::{Store, address, file, migrations};

/// How long a statement waits for another process.
const PATIENCE: Duration = Duration::from_secs(5);

/// Prepared statements kept, more than there are.
const STATEMENTS: usize = 96;

/// What holds for every connection. Sorting goes to files, not to memory: a first scan has to stay
/// small. 4 MB of cache hold the two indexes a scan hits at random; twice as much gained nothing
/// measurable at 100,000 messages. The log is folded back every 16 MB: the default of 4 MB synced
/// the disk four times as often during a first scan.
const SETTINGS: &str = "
    PRAGMA foreign_keys = ON;
    PRAGMA secure_delete = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA temp_store = FILE;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -4000;
    PRAGMA wal_autocheckpoint = 4000;";

impl Store {
    /// Opens the store for reading and writing; makes folder and file where there are none, and
    /// brings an older schema up to date.
    pub fn open(path: &Path) -> Result<Self> {
        let file::Sound { path, repaired } = file::inspect(path, true)?;
        Self::set_up(connect(&path)?, path, repaired)
    }

    /// Opens a store to look at, beside a daemon that writes. Makes no store where there is none
    /// ([`Error::Missing`]), and reads one on a disk where nothing can be written.
    ///
    /// The connection itself is an ordinary one that refuses to change data: one that SQLite opens
    /// read-only cannot take part in the log of a daemon that died, and leaves its files behind.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        let file::Sound { path, repaired } = file::inspect(path, false)?;
        let store = connect(&path).and_then(|conn| Self::set_up(conn, path.clone(), repaired));
        let store = match store {
            Err(Error::Io { .. } | Error::Full { .. }) if !has_log(&path) => {
                let conn = connect_frozen(&path)?;
                Self { conn, path, repaired, ids: address::Ids::default() }
            }
            other => other?,
        };
        store.read(|conn| conn.pragma_update(None, "query_only", true))?;
        Ok(store)
    }

    /// A store that is gone when it is dropped.
    pub fn in_memory() -> Result<Self> {
        let path = PathBuf::from(":memory:");
        let conn = Connection::open_in_memory().map_err(|error| Error::of(&path, error))?;
        Self::set_up(conn, path, false)
    }

    fn set_up(mut conn: Connection, path: PathBuf, repaired: bool) -> Result<Self> {
        settle_in(&mut conn).map_err(|error| Error::of(&path, error))?;
        migrations::migrate(&mut conn, &path)?;
        Ok(Self { conn, path, repaired, ids: address::Ids::default() })
    }

    /// Reads the whole file for damage, which takes a second for each hundred megabytes or so; an
    /// opening looks only at the header, for `status` has to start at once.
    pub fn quick_check(&self) -> Result<()> {
        let found: String =
            self.read(|conn| conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)))?;
        match found.as_str() {
            "ok" => Ok(()),
            _ => Err(Error::Corrupt { path: self.path.clone(), what: found }),
        }
    }

    /// Puts things in order after a scan: folds the log into the file as far as readers let it,
    /// gives memory back, lets SQLite look at its statistics.
    pub fn settle(&mut self) -> Result<()> {
        self.ids = address::Ids::default();
        self.read(|conn| {
            conn.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)")?;
            conn.release_memory()
        })
    }

    /// Closes the store. Dropping it closes it as well, but cannot say what went wrong.
    pub fn close(self) -> Result<()> {
        let Self { conn, path, .. } = self;
        // A favor to the next opening, which one that only looks cannot do.
        conn.execute_batch("PRAGMA optimize").ok();
        conn.close().map_err(|(_, error)| Error::of(&path, error))
    }
}

fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let conn = Connection::open_with_flags(path, flags).map_err(|error| Error::of(path, error))?;
    // The header said so already, but a newer program that was killed has it in the log only.
    // Until the answer is known, closing must not fold that log into the file.
    let stamp = conn
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .and_then(|_| stamp(&conn))
        .map_err(|error| unreadable(path, error))?;
    let (application, version, tables) = stamp;
    file::check_stamp(path, application, version)?;
    if application == 0 && tables > 0 {
        let why = "is the database of another program";
        return Err(Error::Refused { path: path.to_owned(), why });
    }
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
        .map_err(|error| Error::of(path, error))?;
    Ok(conn)
}

/// Opens a file nobody can be writing to, for nobody can write there, without a log.
fn connect_frozen(path: &Path) -> Result<Connection> {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02x}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let fail = |error| Error::of(path, error);
    let conn = Connection::open_with_flags(uri, flags).map_err(fail)?;
    let (application, version, _) = stamp(&conn).map_err(|error| unreadable(path, error))?;
    file::check_stamp(path, application, version)?;
    if version < migrations::LATEST {
        let why = "is of an older Hallway, and cannot be brought up to date where it lies";
        return Err(Error::Refused { path: path.to_owned(), why });
    }
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

/// A failure of the first look. These statements are sound, so what SQLite calls a mistake in them
/// ("unsupported file format") is damage to the file.
fn unreadable(path: &Path, error: rusqlite::Error) -> Error {
    match Error::of(path, error) {
        Error::Bug { path, source } => Error::Corrupt { path, what: source.to_string() },
        other => other,
    }
}

/// Application, schema and number of tables.
fn stamp(conn: &Connection) -> rusqlite::Result<(i64, i64, i64)> {
    conn.busy_timeout(PATIENCE)?;
    let application = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok((application, migrations::version(conn)?, tables))
}

fn settle_in(conn: &mut Connection) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.set_transaction_behavior(TransactionBehavior::Immediate);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.execute_batch(SETTINGS)
}

/// Whether the log holds anything.
fn has_log(path: &Path) -> bool {
    std::fs::metadata(file::beside(path, "-wal")).is_ok_and(|meta| meta.len() > 0)
}
