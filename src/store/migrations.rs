//! The schema, step by step.
//!
//! 1. A step is never changed or removed once released: databases out there have taken it.
//! 2. A new step is a new file in `schema/` and a new line in [`STEPS`]. It is SQL alone: no clock,
//!    no Rust, no `IF NOT EXISTS` (a step that can be skipped in silence is a bug).
//!
//! The number of steps taken is `PRAGMA user_version`, which rusqlite_migration keeps; the rest of
//! the list runs in one immediate transaction. A file that held something is first copied beside
//! itself (`…​.v1.backup`), by `VACUUM INTO`, which sees one consistent state whoever writes.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::error::{Error, Result};
use super::file;

/// Every step, oldest first.
const STEPS: &[&str] = &[include_str!("schema/0001_facts.sql")];

/// The schema this program writes.
pub(super) const LATEST: i64 = STEPS.len().cast_signed() as i64;

/// Brings a database to the latest schema.
pub(super) fn migrate(conn: &mut Connection, path: &Path) -> Result<()> {
    take(conn, path, STEPS)
}

fn take(conn: &mut Connection, path: &Path, steps: &[&str]) -> Result<()> {
    let latest = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    let found = version(conn).map_err(|error| Error::of(path, error))?;
    if found == latest {
        return Ok(());
    }
    if found > 0 {
        back_up(conn, path, found)?;
    }
    let migrations = Migrations::from_iter(steps.iter().map(|step| M::up(step)));
    match migrations.to_latest(conn) {
        Ok(()) => Ok(()),
        // Two first starts at once: the other one was quicker.
        Err(_) if version(conn).is_ok_and(|now| now == latest) => Ok(()),
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => Err(Error::of(path, err)),
        Err(error) => Err(Error::Corrupt { path: path.to_owned(), what: error.to_string() }),
    }
}

/// Steps taken so far.
pub(super) fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Copies the database beside itself. Written under another name first, so that a copy that ends
/// early never looks like one.
fn back_up(conn: &Connection, path: &Path, version: i64) -> Result<()> {
    let done = file::beside(path, &format!(".v{version}.backup"));
    let part = file::beside(path, ".backup.part");
    match fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::io(&part, error));
        }
        _ => file::make_file(&part)?,
    }
    let Some(name) = part.to_str() else {
        let why = "cannot be copied before the schema changes: its path is not UTF-8";
        return Err(Error::Refused { path: path.to_owned(), why });
    };
    conn.execute("VACUUM INTO ?1", [name]).map_err(|error| Error::of(&part, error))?;
    File::open(&part)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(&part, &done))
        .map_err(|error| Error::io(&done, error))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const FIRST: &str = "CREATE TABLE one (n INTEGER NOT NULL) STRICT;";
    const SECOND: &str = "CREATE TABLE two AS SELECT n + 1 AS n FROM one;";
    const BROKEN: &str = "CREATE TABLE three (n INTEGER) STRICT; INSERT INTO nowhere VALUES (1);";

    fn numbers(conn: &Connection, table: &str) -> Vec<i64> {
        let mut found = conn.prepare(&format!("SELECT n FROM {table}")).unwrap();
        found.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn steps_are_taken_once_and_a_filled_file_is_copied_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it.sqlite");
        let mut conn = Connection::open(&path).unwrap();
        take(&mut conn, &path, &[FIRST]).unwrap();
        conn.execute("INSERT INTO one VALUES (41)", []).unwrap();
        take(&mut conn, &path, &[FIRST]).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing to copy so far");

        take(&mut conn, &path, &[FIRST, SECOND]).unwrap();
        assert_eq!((numbers(&conn, "one"), numbers(&conn, "two")), (vec![41], vec![42]));
        let copy = folder.path().join("it.sqlite.v1.backup");
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        let copy = Connection::open(&copy).unwrap();
        assert_eq!((version(&copy).unwrap(), numbers(&copy, "one")), (1, vec![41]));
        assert!(!folder.path().join("it.sqlite.backup.part").exists());
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it.sqlite");
        let mut conn = Connection::open(&path).unwrap();
        take(&mut conn, &path, &[FIRST]).unwrap();
        let failed = take(&mut conn, &path, &[FIRST, SECOND, BROKEN]);
        assert!(matches!(failed, Err(Error::Bug { .. })), "{failed:?}");
        let tables = "SELECT count(*) FROM sqlite_schema";
        assert_eq!(conn.query_row(tables, [], |row| row.get(0)), Ok(1));
        assert_eq!(version(&conn), Ok(1));
    }
}
