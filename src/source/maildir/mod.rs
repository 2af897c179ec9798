//! Maildir: a file a message, a name a state.
//!
//! A look goes down by what changed. Folders whose mark vouches for them are not listed
//! (`tree`), nor are `cur` and `new` (`list`), and where nothing changed the names already
//! read (`names`) are not even unpacked. What is left are files with new names: their heads are
//! read, newest first, and nothing else of them. `tmp` is somebody's message being written.
//!
//! Nothing is written here, not even an access time. A message renamed between listing and opening
//! is looked for once more under its base name; one that is gone then was moved where another look
//! will find it, and is not remembered as read.

mod choice;
mod list;
mod names;
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::disk::{Dir, Refused};
use super::head::HeadReader;
use super::mark::time_of;
use super::{Context, Error, Progress, Sink};
use crate::batch::{Batch, Skipped};
use crate::cursor::Cursor;
use crate::mail::Envelope;
use crate::mail::header::{self, Seen};

use list::{Item, Listing, MessageDir};
use names::Log;
use tree::Tree;

pub use choice::{Choice, is_sent};
pub(super) use choice::{from_utf7, glob};

/// The largest message file opened. Larger is no mail; no server takes a tenth of it.
const MAX_MESSAGE: u64 = 1 << 30;

/// How many messages a batch holds at most. Every transaction writes most pages of the indexes that
/// messages hit at random, so larger ones write less: a tenth of a scan's time between 1,000 and
/// 3,000, little beyond, at 3 MB a batch.
const BATCH: usize = 3000;

/// How many threads read files at once where there are many. One waits for the disk: with nothing
/// cached four take half the time of one. Eight take a third, and the rest of the machine.
const READERS: usize = 4;

/// Directories kept open at once, far below what a process may.
const OPEN_DIRS: usize = 64;

/// Reads a Maildir.
pub fn scan(
    path: &Path,
    choice: &Choice,
    cursor: &Cursor,
    context: &Context,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let unreachable = |source| Error::Unreachable { path: path.to_owned(), source };
    let root = Dir::root(path).map_err(unreachable)?;
    let tree = Tree::look(&root, cursor, context.now).map_err(unreachable)?;
    if tree.mailboxes.is_empty() {
        let what = "no Maildir: neither it nor a folder below it holds a folder named cur; \
                    give the path of the mailbox folder, or type = \"mbox\"";
        return Err(Error::Mismatch { path: path.to_owned(), what });
    }
    let mut log = Log::new(cursor);
    let listing = Listing::look(&root, &tree, choice, cursor, &log, context.now);
    let mut reader = Reader { root: &root, dirs: &listing.dirs, open: Vec::new(), context };
    let mut unsure = BTreeSet::new();
    let mut batch = Batch::default();
    let mut done = Progress { done: 0, total: listing.items.len() as u64 };
    for window in listing.items.chunks(BATCH) {
        if batch != Batch::default() && sink(std::mem::take(&mut batch), done).is_break() {
            return Ok(());
        }
        let mut read = Vec::with_capacity(window.len());
        for (item, outcome) in window.iter().zip(reader.read(&listing.names, window)) {
            match outcome {
                Ok(envelope) => batch.envelopes.push(envelope),
                Err(Refused::Gone) => continue,
                Err(Refused::Because(why)) => {
                    let place = reader.place(item, &listing.names);
                    batch.skipped.push(Skipped { place, why });
                    if why == Refused::NOT_NOW {
                        unsure.insert(item.dir);
                        continue;
                    }
                }
            }
            read.push(item.hash);
        }
        log.append(&read, &mut batch.cursor);
        done.done += window.len() as u64;
    }
    // The last batch also carries what is true only now that everything listed is read.
    batch.skipped.extend(tree.skipped.into_iter().chain(listing.skipped));
    batch.cursor.remove.extend(tree.change.remove.into_iter().chain(listing.removed));
    let parts = listing.parts.into_iter().filter(|part| !unsure.contains(&part.dir));
    let parts = parts.map(|part| (part.key, part.value));
    batch.cursor.put.extend(tree.change.put.into_iter().chain(parts));
    match listing.living {
        Some(living) => log.keep(&living, &mut batch.cursor),
        None if !batch.cursor.is_empty() => log.join(&mut batch.cursor),
        None => {}
    }
    if batch != Batch::default() {
        // Whether to go on does not matter: this was all.
        let _ = sink(batch, done);
    }
    Ok(())
}

/// The directories in which a message may arrive or a mailbox appear.
pub(super) fn watched(path: &Path, choice: &Choice) -> Vec<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let tree = Dir::root(path)
        .and_then(|root| Tree::look(&root, &Cursor::default(), Timestamp::UNIX_EPOCH));
    let Ok(tree) = tree else { return Vec::new() };
    let at = |below: &[u8]| match below {
        b"" => path.to_owned(),
        _ => path.join(std::ffi::OsStr::from_bytes(below)),
    };
    let read = |folder: &&Vec<u8>| choice.reads(&choice::name_of(folder));
    let messages = tree
        .mailboxes
        .iter()
        .filter(read)
        .flat_map(|folder| ["cur", "new"].map(|leaf| at(&tree::join(folder, leaf.as_bytes()))));
    tree.folders
        .iter()
        .map(|folder| at(folder))
        .chain(messages.filter(|dir| dir.is_dir()))
        .collect()
}

/// Does the work for each share of the items on a thread of its own, in order; here, where the
/// system has no more threads to give.
fn side_by_side<T: Sync, R: Send>(
    items: &[T],
    share: usize,
    work: impl Fn(&[T]) -> Vec<R> + Sync,
) -> Vec<R> {
    let work = &work;
    std::thread::scope(|scope| {
        let start = |items| {
            let spawned = std::thread::Builder::new().spawn_scoped(scope, move || work(items));
            spawned.map_err(|_| items)
        };
        let shares: Vec<_> = items.chunks(share).map(start).collect();
        let join = |share: Result<std::thread::ScopedJoinHandle<'_, _>, _>| match share {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(items) => work(items),
        };
        shares.into_iter().flat_map(join).collect()
    })
}

/// Reads messages out of listed directories.
struct Reader<'a> {
    root: &'a Dir,
    dirs: &'a [MessageDir],
    /// Directories open at the moment.
    open: Vec<(usize, Dir)>,
    context: &'a Context,
}

impl Reader<'_> {
    /// Reads a window of messages, each to an envelope or the reason why not, in order.
    fn read(&mut self, names: &list::Names, window: &[Item]) -> Vec<Result<Envelope, Refused>> {
        let needed: BTreeSet<_> = window.iter().map(|item| item.dir).collect();
        if self.open.len() + needed.len() > OPEN_DIRS {
            self.open.clear();
        }
        for dir in needed {
            let path = self.dirs.get(dir).map(|dir| dir.path.as_slice()).unwrap_or_default();
            if self.open.len() < OPEN_DIRS
                && let Err(at) = self.open.binary_search_by_key(&dir, |(dir, _)| *dir)
                && let Ok(opened) = self.root.descend(path)
            {
                self.open.insert(at, (dir, opened));
            }
        }
        let this = &*self;
        let all = |items: &[Item]| {
            let mut head = HeadReader::default();
            let read = |item: &Item| this.read_item(item, names.get(item), &mut head);
            items.iter().map(read).collect::<Vec<_>>()
        };
        let share = window.len().div_ceil(READERS);
        let mut outcomes = if share < 16 { all(window) } else { side_by_side(window, share, all) };
        self.read_renamed(window, &mut outcomes);
        outcomes
    }

    fn read_item(
        &self,
        item: &Item,
        name: &[u8],
        head: &mut HeadReader,
    ) -> Result<Envelope, Refused> {
        if let Some(why) = item.odd {
            return Err(Refused::Because(why));
        }
        let dir = self.dirs.get(item.dir).ok_or(Refused::Gone)?;
        match self.open.binary_search_by_key(&item.dir, |(dir, _)| *dir) {
            Ok(at) => {
                let (_, opened) = self.open.get(at).ok_or(Refused::Gone)?;
                self.read_file(opened, name, dir.sent, head)
            }
            Err(_) => self.read_file(&self.root.descend(&dir.path)?, name, dir.sent, head),
        }
    }

    fn read_file(
        &self,
        dir: &Dir,
        name: &[u8],
        sent: bool,
        head: &mut HeadReader,
    ) -> Result<Envelope, Refused> {
        let (mut file, stamp) = dir.file(name, MAX_MESSAGE)?;
        let head = head.read(&mut file).map_err(|_| Refused::Because(Refused::NOT_NOW))?;
        let received = time_of(&stamp, self.context.now);
        header::read(head, Seen { received, sent }).map_err(Refused::Because)
    }

    /// Looks once more for what was gone: a reader that marks messages renames them.
    fn read_renamed(&self, window: &[Item], outcomes: &mut [Result<Envelope, Refused>]) {
        let mut gone = Vec::new();
        let mut folders = BTreeSet::new();
        for (at, (item, outcome)) in window.iter().zip(&*outcomes).enumerate() {
            if *outcome == Err(Refused::Gone) {
                gone.push((item.hash, at));
                folders
                    .extend(self.dirs.get(item.dir).map(|dir| (dir.folder.as_slice(), dir.sent)));
            }
        }
        gone.sort_unstable();
        let mut head = HeadReader::default();
        for ((folder, sent), leaf) in folders.into_iter().flat_map(|at| [(at, "cur"), (at, "new")])
        {
            let Ok(dir) = self.root.descend(&tree::join(folder, leaf.as_bytes())) else { continue };
            for message in list::messages(&dir).into_iter().flatten().flatten() {
                if let Ok(found) = gone.binary_search_by_key(&message.hash, |(hash, _)| *hash)
                    && let Some(outcome) = gone.get(found).and_then(|(_, at)| outcomes.get_mut(*at))
                {
                    *outcome = self.read_file(&dir, &message.name, sent, &mut head);
                }
            }
        }
    }

    /// Where a message lies, as its owner would say.
    fn place(&self, item: &Item, names: &list::Names) -> String {
        let mailbox = self.dirs.get(item.dir).map(|dir| dir.mailbox.as_str()).unwrap_or_default();
        format!("{mailbox}/{}", String::from_utf8_lossy(names.get(item)))
    }
}
