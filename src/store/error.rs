//! Why the store could not do its work, by what to do next.
//!
//! Every error names the file. The cause is kept as [`std::error::Error::source`] and is not
//! pasted into the text; what the user can do about it is [`Error::remedy`].

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process holds the file: try again later.
    #[error("{path}: in use by another program")]
    Busy {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The disk is full: nothing was written, reading goes on. SQLite says no more than that.
    #[error("{path}: the disk is full")]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// Damaged, or no database at all: it has to be moved away.
    #[error("{path}: not a sound database: {what}")]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Written by a newer Hallway; it was only looked at.
    #[error("{path}: written by a newer Hallway (schema {found}, this one knows {known})")]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema this program knows.
        known: i64,
    },
    /// Not a file to be trusted with this; it was only looked at.
    #[error("{path}: {why}")]
    Refused {
        /// The database or its folder.
        path: PathBuf,
        /// Why.
        why: &'static str,
    },
    /// Not there, and only to be read: nothing has been scanned yet.
    #[error("{path}: not there yet")]
    Missing {
        /// The database.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{path}: cannot be read or written")]
    Io {
        /// The database or its folder.
        path: PathBuf,
        /// What the system or SQLite said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Asked to stop ([`super::Store::heed`]): nothing of it was done.
    #[error("{path}: stopped, as asked")]
    Stopped {
        /// The database.
        path: PathBuf,
    },
    /// A mistake in this program.
    #[error("{path}: a statement failed that never should")]
    Bug {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

/// What the store gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether the same again may succeed in a while, without anybody mending the file.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Full { .. })
    }

    /// Sorts a failure of SQLite by what to do about it.
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let code = source.sqlite_error().map(|error| (error.code, error.extended_code));
        match (code, source) {
            (Some((ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _)), source) => {
                Self::Busy { path, source }
            }
            // Growing the shared index of the log past the end of the disk is told this way.
            (Some((ErrorCode::DiskFull, _) | (_, SQLITE_IOERR_SHMSIZE)), _) => Self::Full { path },
            (Some((ErrorCode::OperationInterrupted, _)), _) => Self::Stopped { path },
            (Some((ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _)), source)
            | (
                None,
                source @ (rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..)),
            ) => Self::Corrupt { path, what: source.to_string() },
            (
                Some((
                    ErrorCode::SystemIoFailure
                    | ErrorCode::CannotOpen
                    | ErrorCode::ReadOnly
                    | ErrorCode::PermissionDenied
                    | ErrorCode::FileLockingProtocolFailed
                    | ErrorCode::NoLargeFileSupport
                    | ErrorCode::OutOfMemory,
                    _,
                )),
                source,
            ) => Self::Io { path, source: source.into() },
            (_, source) => Self::Bug { path, source },
        }
    }

    /// A failure of the system.
    pub(super) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), source: source.into() }
    }

    /// What the user can do, as one sentence; `None` when there is nothing but to report it.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Busy { .. } => Some("Try again in a moment."),
            Self::Full { .. } => Some("Make room on that disk; nothing is lost."),
            Self::Corrupt { .. } => Some(
                "Move it away and scan again: mail and calendars are read anew, only talks, answers \
                 and choices told to Hallway itself are not in them.",
            ),
            Self::Newer { .. } => Some("Update Hallway; the file was left as it is."),
            Self::Refused { .. } => {
                Some("Put the state folder on a local disk, owned by you and by nobody else.")
            }
            Self::Missing { .. } => Some("Run `hallway scan` first."),
            Self::Io { .. } => Some("Check that the folder exists, is yours and can be written."),
            Self::Stopped { .. } | Self::Bug { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use rusqlite::ffi::{self, *};

    use super::{Error, *};

    #[test]
    fn a_failure_is_sorted_by_what_to_do_next() {
        for (code, wanted) in [
            (SQLITE_BUSY, "Busy"),
            (SQLITE_BUSY_SNAPSHOT, "Busy"),
            (SQLITE_LOCKED, "Busy"),
            (SQLITE_FULL, "Full"),
            (SQLITE_IOERR_SHMSIZE, "Full"),
            (SQLITE_CORRUPT, "Corrupt"),
            (SQLITE_CORRUPT_INDEX, "Corrupt"),
            (SQLITE_NOTADB, "Corrupt"),
            (SQLITE_IOERR_FSYNC, "Io"),
            (SQLITE_CANTOPEN, "Io"),
            (SQLITE_READONLY_DBMOVED, "Io"),
            (SQLITE_PERM, "Io"),
            (SQLITE_PROTOCOL, "Io"),
            (SQLITE_NOMEM, "Io"),
            (SQLITE_INTERRUPT, "Stopped"),
            (SQLITE_ERROR, "Bug"),
            (SQLITE_CONSTRAINT_CHECK, "Bug"),
            (SQLITE_MISUSE, "Bug"),
        ] {
            let cause = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let error = Error::of(Path::new("/state/hallway.sqlite"), cause);
            assert!(format!("{error:?}").starts_with(wanted), "{code}: {error:?}");
            assert!(error.to_string().starts_with("/state/hallway.sqlite: "), "{error}");
            assert_eq!(error.remedy().is_none(), matches!(wanted, "Bug" | "Stopped"));
            assert_eq!(error.source().is_none(), matches!(wanted, "Full" | "Corrupt" | "Stopped"));
        }
    }

    #[test]
    fn a_value_no_program_of_ours_writes_is_damage() {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        let read = |sql| conn.query_row(sql, [], |row| row.get::<_, super::super::code::At>(0));
        for sql in ["SELECT 'noon'", "SELECT 9223372036854775807", "SELECT NULL"] {
            let error = read(sql).map(|_| ()).unwrap_err();
            let error = Error::of(Path::new("x"), error);
            assert!(matches!(error, Error::Corrupt { .. }), "{sql}: {error:?}");
        }
    }
}
