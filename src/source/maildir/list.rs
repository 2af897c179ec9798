//! What is new in the message directories, `cur` and `new`.

use std::collections::BTreeSet;
use std::io;

use jiff::Timestamp;

use crate::batch::Skipped;
use crate::cursor::Cursor;
use crate::source::disk::{Dir, Refused};
use crate::source::mark::{Mark, take};

use super::choice::{Choice, is_sent, name_of};
use super::names::{self, Log};
use super::tree::{self, Tree};

/// What the message directories' parts of a cursor begin with; the path follows.
const TAG: &[u8] = b"d/";

/// A directory with messages.
#[derive(Debug)]
pub(super) struct MessageDir {
    /// Its path below the root.
    pub(super) path: Vec<u8>,
    /// The path of its mailbox.
    pub(super) folder: Vec<u8>,
    /// The name of its mailbox.
    pub(super) mailbox: String,
    /// Whether that holds sent mail.
    pub(super) sent: bool,
}

/// A message to read. Kept small, there may be a million: the name lies in [`Names`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// What it is known by when it was read.
    pub(super) hash: u64,
    /// Its directory in [`Listing::dirs`].
    pub(super) dir: usize,
    /// Why it will not be opened; `None` for a file.
    pub(super) odd: Option<&'static str>,
    /// The number its name begins with, by the rules the second it arrived; 0 without one.
    number: u64,
    start: usize,
    len: usize,
}

/// The part of a cursor about a directory.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) dir: usize,
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// The names of the items, end to end.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<u8>);

impl Names {
    pub(super) fn get(&self, item: &Item) -> &[u8] {
        self.0.get(item.start..item.start + item.len).unwrap_or_default()
    }
}

/// The messages that were not read before.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// All directories of the mailboxes chosen.
    pub(super) dirs: Vec<MessageDir>,
    /// The messages, newest first.
    pub(super) items: Vec<Item>,
    /// Their names.
    pub(super) names: Names,
    /// The part of each directory listed, to write down once its messages are read.
    pub(super) parts: Vec<Part>,
    /// Parts of directories that are no more, or no longer chosen.
    pub(super) removed: Vec<Vec<u8>>,
    /// Directories that could not be listed.
    pub(super) skipped: Vec<Skipped>,
    /// All messages there are, sorted, when they were counted to clean up the log.
    pub(super) living: Option<Vec<u64>>,
}

impl Listing {
    /// Lists the directories that may have changed; all of them when the log needs cleaning up.
    pub(super) fn look(
        root: &Dir,
        tree: &Tree,
        choice: &Choice,
        cursor: &Cursor,
        log: &Log<'_>,
        now: Timestamp,
    ) -> Self {
        let mut listing = Self::default();
        let mut changed = BTreeSet::new();
        // How many messages there were; unknown while a directory was never listed to the end.
        let mut count = Some(0_u64);
        for folder in &tree.mailboxes {
            let mailbox = name_of(folder);
            if !choice.reads(&mailbox) {
                continue;
            }
            for leaf in [&b"cur"[..], b"new"] {
                let path = tree::join(folder, leaf);
                // What cannot be looked at now is listed, and that says why.
                let stamp = root.stamp_of(&path);
                if stamp == Err(Refused::Gone) {
                    continue;
                }
                let known = cursor.parts.get(&key(&path)).and_then(|value| decode(value));
                count = count.and_then(|sum| sum.checked_add(known?.1));
                if !known.is_some_and(|(mark, _)| stamp.is_ok_and(|stamp| mark.vouches_for(&stamp)))
                {
                    changed.insert(listing.dirs.len());
                }
                let (sent, folder, mailbox) = (is_sent(&mailbox), folder.clone(), mailbox.clone());
                listing.dirs.push(MessageDir { path, folder, mailbox, sent });
            }
        }
        listing.forget_others(cursor);
        if changed.is_empty() {
            return listing;
        }
        if count.is_some_and(|count| log.is_stale(count)) {
            listing.living = Some(Vec::new());
            changed.extend(0..listing.dirs.len());
        }
        let known = log.known();
        for dir in changed {
            listing.list(root, dir, &known, now);
        }
        listing.sort();
        listing
    }

    /// Lists one directory.
    fn list(&mut self, root: &Dir, dir: usize, known: &[u64], now: Timestamp) {
        let Some(MessageDir { path, mailbox, .. }) = self.dirs.get(dir) else { return };
        let (path, mailbox) = (path.clone(), mailbox.clone());
        match self.try_list(root, dir, &path, known, now) {
            Ok((mark, count)) => {
                self.parts.push(Part { dir, key: key(&path), value: encode(mark, count) });
            }
            Err(Refused::Gone) => {}
            Err(Refused::Because(why)) => {
                self.skipped.push(Skipped { place: mailbox, why });
                // What could not be counted must not be taken for dead.
                self.living = None;
            }
        }
    }

    fn try_list(
        &mut self,
        root: &Dir,
        dir: usize,
        path: &[u8],
        known: &[u64],
        now: Timestamp,
    ) -> Result<(Mark, u64), Refused> {
        let unreadable = |_| Refused::Because("folder cannot be listed");
        let opened = root.descend(path)?;
        // Taken before listing: a change while listing shows as one after it.
        let mark = Mark::new(opened.stamp().map_err(unreadable)?, now);
        let mut count = 0;
        for message in messages(&opened).map_err(unreadable)? {
            let Message { name, hash, odd } = message.map_err(unreadable)?;
            count += 1;
            self.living.iter_mut().for_each(|living| living.push(hash));
            if known.binary_search(&hash).is_err() {
                let (number, start, len) = (leading_number(&name), self.names.0.len(), name.len());
                self.names.0.extend(name);
                self.items.push(Item { hash, dir, odd, number, start, len });
            }
        }
        Ok((mark, count))
    }

    /// Newest first, by the names; what is equal in whatever order, as long as it is always the
    /// same.
    fn sort(&mut self) {
        let Self { items, names, living, .. } = self;
        items.sort_unstable_by(|a, b| {
            let by_name = || names.get(b).cmp(names.get(a));
            b.number.cmp(&a.number).then_with(by_name).then(a.dir.cmp(&b.dir))
        });
        living.iter_mut().for_each(|living| living.sort_unstable());
    }

    fn forget_others(&mut self, cursor: &Cursor) {
        let here: BTreeSet<_> = self.dirs.iter().map(|dir| dir.path.as_slice()).collect();
        for key in cursor.parts.range(TAG.to_vec()..).map(|(key, _)| key) {
            match key.strip_prefix(TAG) {
                Some(path) if here.contains(path) => {}
                Some(_) => self.removed.push(key.clone()),
                None => break,
            }
        }
    }
}

/// A name in a message directory.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) name: Vec<u8>,
    pub(super) hash: u64,
    pub(super) odd: Option<&'static str>,
}

/// The messages in a directory, but for drafts and trash (flags `D` and `T`), which may lose these
/// flags again and therefore are nothing to remember, and for dot files, which are no messages.
pub(super) fn messages(dir: &Dir) -> io::Result<impl Iterator<Item = io::Result<Message>>> {
    Ok(dir.entries()?.filter_map(|entry| {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return Some(Err(error)),
        };
        let (base, info) = match entry.name.iter().position(|byte| *byte == b':') {
            Some(colon) => entry.name.split_at_checked(colon)?,
            None => (entry.name.as_slice(), &[][..]),
        };
        let flags = info.strip_prefix(b":2,").unwrap_or_default();
        let hidden = entry.name.starts_with(b".") || flags.iter().any(|flag| b"DT".contains(flag));
        if hidden || (entry.maybe_dir && !entry.maybe_file) {
            return None;
        }
        let odd = match (entry.symlink, entry.maybe_file) {
            (true, _) => Some("symbolic link"),
            (false, false) => Some("not a regular file"),
            (false, true) => None,
        };
        let hash = names::hash(base, entry.inode);
        Some(Ok(Message { hash, odd, name: entry.name }))
    }))
}

fn leading_number(name: &[u8]) -> u64 {
    let digits = name.iter().take_while(|byte| byte.is_ascii_digit());
    digits
        .fold(0, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

fn key(path: &[u8]) -> Vec<u8> {
    [TAG, path].concat()
}

fn encode(mark: Mark, count: u64) -> Vec<u8> {
    let mut out = Vec::new();
    mark.encode(&mut out);
    out.extend(count.to_be_bytes());
    out
}

fn decode(mut value: &[u8]) -> Option<(Mark, u64)> {
    let mark = Mark::decode(&mut value)?;
    Some((mark, u64::from_be_bytes(take(&mut value)?)))
}
