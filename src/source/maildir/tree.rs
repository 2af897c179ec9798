//! The folders of a Maildir: which there are, found without listing what did not change.
//!
//! A folder is a mailbox when it has `cur`. Folders are searched for in folders, to any depth that
//! makes sense, so Maildir++ (`.Archive.2024` beside the inbox) and nested layouts need no telling
//! apart. `new`, `cur` and `tmp` hold messages and are not searched. Symbolic links are not
//! followed: the way they lead out of the Maildir, and round in circles.
//!
//! Each folder has a part in the cursor with its mark; its subfolders are the parts below it. As
//! long as the mark vouches for the folder, that is the listing.

use std::collections::BTreeSet;
use std::io;

use jiff::Timestamp;

use crate::batch::Skipped;
use crate::cursor::{Cursor, CursorChange};
use crate::source::disk::{Dir, Refused, Stamp};
use crate::source::mark::{Mark, take};

use super::choice;

/// How deep folders nest at most, and how many there are: who points at a home directory by
/// mistake gets an answer all the same.
const MAX_DEPTH: usize = 16;
const MAX_FOLDERS: usize = 20_000;

/// What the folder parts of a cursor begin with; the path follows.
const TAG: &[u8] = b"f/";

/// The folders as they are.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Every folder, by its path below the root; the root's is empty.
    pub(super) folders: BTreeSet<Vec<u8>>,
    /// Those that are mailboxes, in order.
    pub(super) mailboxes: Vec<Vec<u8>>,
    /// What to write down about it.
    pub(super) change: CursorChange,
    /// Folders that could not be looked into.
    pub(super) skipped: Vec<Skipped>,
}

impl Tree {
    /// Looks at every folder below the root. Fails only where the root itself cannot be listed.
    pub(super) fn look(root: &Dir, cursor: &Cursor, now: Timestamp) -> io::Result<Self> {
        let mut tree = Self::default();
        let mut open = vec![Vec::new()];
        while let Some(path) = open.pop() {
            let looked = if path.is_empty() {
                tree.enter(root, cursor, now, root.stamp()?, &path)
            } else {
                let stamp = root.stamp_of(&path);
                stamp.and_then(|stamp| tree.enter(root, cursor, now, stamp, &path))
            };
            match looked {
                Ok(below) => {
                    let depth = path.iter().filter(|byte| **byte == b'/').count();
                    if depth < MAX_DEPTH && tree.folders.len() < MAX_FOLDERS {
                        open.extend(below.into_iter().map(|name| join(&path, &name)));
                    }
                    tree.folders.insert(path);
                }
                Err(Refused::Because(why)) if path.is_empty() => {
                    return Err(io::Error::other(why));
                }
                // Removed meanwhile, or no folder at all any more.
                Err(Refused::Gone) => {}
                Err(Refused::Because(why)) => {
                    tree.skipped.push(Skipped { place: choice::name_of(&path), why });
                }
            }
        }
        tree.mailboxes.sort_unstable();
        for key in cursor.parts.range(TAG.to_vec()..).map(|(key, _)| key) {
            match key.strip_prefix(TAG) {
                Some(path) if tree.folders.contains(path) => {}
                Some(_) => tree.change.remove.push(key.clone()),
                None => break,
            }
        }
        Ok(tree)
    }

    /// Takes a folder in and returns the names of the folders in it.
    fn enter(
        &mut self,
        root: &Dir,
        cursor: &Cursor,
        now: Timestamp,
        stamp: Stamp,
        path: &[u8],
    ) -> Result<Vec<Vec<u8>>, Refused> {
        let key = [TAG, path].concat();
        let known = cursor.parts.get(&key).and_then(|value| Folder::decode(value));
        let (folder, below) = match known {
            Some(folder) if folder.mark.vouches_for(&stamp) => (folder, below(cursor, path)),
            _ => {
                let (folder, below) = Folder::list(root, path, now)?;
                self.change.put.push((key, folder.encode()));
                (folder, below)
            }
        };
        if folder.mailbox {
            self.mailboxes.push(path.to_vec());
        }
        Ok(below)
    }
}

/// What is remembered of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Folder {
    mark: Mark,
    /// Whether it holds messages.
    mailbox: bool,
}

impl Folder {
    fn list(root: &Dir, path: &[u8], now: Timestamp) -> Result<(Self, Vec<Vec<u8>>), Refused> {
        let unreadable = |_| Refused::Because("folder cannot be listed");
        let dir = root.descend(path)?;
        let mark = Mark::new(dir.stamp().map_err(unreadable)?, now);
        let (mut mailbox, mut below) = (false, Vec::new());
        for entry in dir.entries().map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            // A file system that does not tell has to be asked, by opening.
            if !entry.maybe_dir || (entry.maybe_file && dir.dir(&entry.name).is_err()) {
                continue;
            }
            match entry.name.as_slice() {
                b"cur" => mailbox = true,
                b"new" | b"tmp" => {}
                _ => below.push(entry.name),
            }
        }
        Ok((Self { mark, mailbox }, below))
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = vec![u8::from(self.mailbox)];
        self.mark.encode(&mut out);
        out
    }

    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let [mailbox] = take(&mut bytes)?;
        Some(Self { mark: Mark::decode(&mut bytes)?, mailbox: mailbox == 1 })
    }
}

/// The names of the folders in a folder, as the cursor knows them.
fn below(cursor: &Cursor, path: &[u8]) -> Vec<Vec<u8>> {
    let mut prefix = [TAG, path].concat();
    if !path.is_empty() {
        prefix.push(b'/');
    }
    let keys = cursor.parts.range(prefix.clone()..).map(|(key, _)| key);
    let names = keys.map_while(|key| key.strip_prefix(prefix.as_slice()));
    names.filter(|name| !name.is_empty() && !name.contains(&b'/')).map(<[u8]>::to_vec).collect()
}

/// The path of a name inside a folder.
pub(super) fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() }
}
