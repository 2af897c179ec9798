//! The files in a folder of mailboxes.
//!
//! Everything that is not known to lie beside mailboxes is taken for one until it is opened: the
//! programs that keep mbox files agree on no extension.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::batch::Skipped;
use crate::source::Error;
use crate::source::disk::{Dir, Refused, Stamp};

/// How deep folders nest at most, and how many files there are.
const MAX_DEPTH: usize = 16;
const MAX_FILES: usize = 10_000;

/// What lies beside mailboxes and is none: indexes, locks, filters.
const BESIDE: [&str; 14] = [
    ".msf",
    ".dat",
    ".html",
    ".lock",
    ".idx",
    ".json",
    ".sqlite",
    ".db",
    ".cmeta",
    ".ibex",
    ".ev-summary",
    ".log",
    ".toc",
    ".mozmsgs",
];

/// Opens a file by its path below the root.
pub(super) fn open_below(root: &Dir, path: &[u8]) -> Result<(File, Stamp), Refused> {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => {
            let (folder, name) = path.split_at_checked(slash).ok_or(Refused::Gone)?;
            root.descend(folder)?.file(name.get(1..).unwrap_or_default(), u64::MAX)
        }
        None => root.file(path, u64::MAX),
    }
}

/// The name of the mailbox in a file: `Archives.sbd/2023` is `Archives/2023`, `inbox.mbox` is
/// `inbox`, and so is `inbox.mbox/mbox`.
pub(super) fn name_of(path: &[u8]) -> String {
    let path = String::from_utf8_lossy(path);
    let bare = |level: &str| {
        let ends = [".sbd", ".mbox", ".mbx"];
        ends.iter().find_map(|end| level.strip_suffix(end)).unwrap_or(level).to_owned()
    };
    let inner = path.strip_suffix(".mbox/mbox").unwrap_or(&path);
    inner.split('/').map(bare).collect::<Vec<_>>().join("/")
}

/// The mailboxes in a folder.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Files that may be mailboxes, by their path below the root.
    pub(super) found: Vec<Vec<u8>>,
    /// Folders, the root's path is empty.
    pub(super) folders: Vec<Vec<u8>>,
    /// Folders that could not be looked into.
    pub(super) skipped: Vec<Skipped>,
}

impl Files {
    /// Looks through the folder and all below. Fails only where it cannot itself be listed.
    pub(super) fn find(root: &Dir, path: &Path) -> Result<Self, Error> {
        let mut files = Self::default();
        let mut open = vec![Vec::new()];
        while let Some(folder) = open.pop() {
            let listed = root.descend(&folder).and_then(|dir| files.list(&dir, &folder));
            match listed {
                Ok(below) => {
                    let depth = folder.iter().filter(|byte| **byte == b'/').count();
                    if depth < MAX_DEPTH && files.found.len() < MAX_FILES {
                        open.extend(below);
                    }
                    files.folders.push(folder);
                }
                Err(Refused::Because(why)) if folder.is_empty() => {
                    let source = io::Error::other(why);
                    return Err(Error::Unreachable { path: path.to_owned(), source });
                }
                Err(Refused::Because(why)) => {
                    files.skipped.push(Skipped { place: name_of(&folder), why });
                }
                Err(Refused::Gone) => {}
            }
        }
        files.found.sort_unstable();
        files.folders.sort_unstable();
        Ok(files)
    }

    /// Takes in the files of one folder and returns the folders in it.
    fn list(&mut self, dir: &Dir, folder: &[u8]) -> Result<Vec<Vec<u8>>, Refused> {
        let unreadable = |_| Refused::Because("folder cannot be listed");
        let mut below = Vec::new();
        for entry in dir.entries().map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = String::from_utf8_lossy(&entry.name).to_lowercase();
            if name.starts_with('.') || BESIDE.iter().any(|end| name.ends_with(end)) {
                continue;
            }
            let path = if folder.is_empty() {
                entry.name.clone()
            } else {
                [folder, b"/", &entry.name].concat()
            };
            if entry.maybe_dir && (!entry.maybe_file || dir.dir(&entry.name).is_ok()) {
                below.push(path);
            } else {
                self.found.push(path);
            }
        }
        Ok(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_have_names() {
        for (path, name) in [
            ("INBOX", "INBOX"),
            ("Archives.sbd/2023", "Archives/2023"),
            ("a.sbd/b.sbd/Sent", "a/b/Sent"),
            ("inbox.mbox", "inbox"),
            ("Work.mbox/mbox", "Work"),
            ("mbox", "mbox"),
        ] {
            assert_eq!(name_of(path.as_bytes()), name);
        }
    }
}
