//! Address books on disk: one file of vCards, or a folder of such files as vdirsyncer and its kin
//! keep them, or a folder of such folders.
//!
//! A file is read when it looks another way than last time (inode, size, time of change), once more
//! when it was so new that a second change would not have shown ([`super::mark`]), and
//! replaced as a whole: address books are small. Which of both a path is, file or folder, is looked
//! up and not configured.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use jiff::Timestamp;

use super::disk::{Dir, Entry, Refused, Stamp, href, root_file};
use super::mark::is_young;
use super::{Error, Progress, Sink};
use crate::batch::{Batch, CardFile, Skipped};
use crate::card::read;
use crate::cursor::Cursor;

/// The largest file read: a phone's export with its photographs.
const CAP: u64 = 64 << 20;
/// Files in a batch.
const FILES: usize = 500;
/// What the parts of a cursor mean; other numbers are read as "never seen".
const VERSION: u8 = 1;

/// Reads an address book.
pub(super) fn scan(
    path: &Path,
    cursor: &Cursor,
    now: Timestamp,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let unreachable = |source| Error::Unreachable { path: path.to_owned(), source };
    let mut hand =
        Hand { cursor, now, sink, batch: Batch::default(), progress: Progress::default() };
    let _stopped = match Dir::root(path) {
        Ok(root) => {
            let found = list(&root).map_err(unreachable)?;
            if found.files.is_empty() && !cursor.parts.is_empty() && found.unknown.is_empty() {
                // The folder below a mount point is there when the file system is not.
                let what = "no cards any more where there were some: if something is mounted \
                            there, mount it, else take this [[contacts]] out";
                return Err(Error::Mismatch { path: path.to_owned(), what });
            }
            hand.folder(&root, &found)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            match root_file(path, CAP).map_err(unreachable)? {
                Ok((file, stamp)) => {
                    let name =
                        path.file_name().map_or("cards".into(), |name| name.to_string_lossy());
                    hand.progress.total = 1;
                    match hand.look(name.as_bytes(), || Ok((file, stamp))) {
                        ControlFlow::Continue(()) => hand.over(),
                        stopped => stopped,
                    }
                }
                Err(Refused::Gone) => {
                    return Err(unreachable(std::io::ErrorKind::NotFound.into()));
                }
                Err(Refused::Because(what)) => {
                    return Err(Error::Mismatch { path: path.to_owned(), what });
                }
            }
        }
        Err(error) => return Err(unreachable(error)),
    };
    Ok(())
}

/// The files of a folder and of the folders in it.
#[derive(Default)]
struct Found {
    /// Paths below the root, in order.
    files: Vec<Vec<u8>>,
    /// Folders, with a slash, that could not be listed: nothing below them is known to be gone.
    unknown: Vec<Vec<u8>>,
}

fn list(root: &Dir) -> std::io::Result<Found> {
    let mut found = Found::default();
    for entry in root.entries()?.collect::<std::io::Result<Vec<Entry>>>()? {
        if entry.name.starts_with(b".") {
            continue;
        }
        if is_cards(&entry.name) && (entry.maybe_file || !entry.maybe_dir) {
            found.files.push(entry.name);
            continue;
        }
        if !entry.maybe_dir {
            continue;
        }
        let below = |name: &[u8]| [entry.name.as_slice(), b"/", name].concat();
        let names = root.dir(&entry.name).ok().and_then(|dir| {
            dir.entries().and_then(Iterator::collect::<std::io::Result<Vec<Entry>>>).ok()
        });
        match names {
            Some(names) => found.files.extend(
                names
                    .iter()
                    .filter(|file| is_cards(&file.name) && (file.maybe_file || !file.maybe_dir))
                    .map(|file| below(&file.name)),
            ),
            None => found.unknown.push(below(b"")),
        }
    }
    found.files.sort();
    Ok(found)
}

/// A finished file of cards: no backup, nothing hidden.
fn is_cards(name: &[u8]) -> bool {
    let end = name.len().checked_sub(4).and_then(|at| name.get(at..));
    !name.starts_with(b".") && end.is_some_and(|end| end.eq_ignore_ascii_case(b".vcf"))
}

/// Fills batches and hands them over.
struct Hand<'a, 's> {
    cursor: &'a Cursor,
    now: Timestamp,
    sink: &'a mut Sink<'s>,
    batch: Batch,
    progress: Progress,
}

impl Hand<'_, '_> {
    fn folder(&mut self, root: &Dir, found: &Found) -> ControlFlow<()> {
        self.progress.total = u64::try_from(found.files.len()).unwrap_or(u64::MAX);
        for path in &found.files {
            self.look(path, || {
                let (folder, name) = match path.iter().position(|byte| *byte == b'/') {
                    Some(at) => path.split_at(at),
                    None => (&b""[..], path.as_slice()),
                };
                let name = name.strip_prefix(b"/").unwrap_or(name);
                root.descend(folder)?.file(name, CAP)
            })?;
        }
        for part in self.cursor.parts.keys() {
            let there = found.files.binary_search(part).is_ok();
            if !there && !found.unknown.iter().any(|below| part.starts_with(below)) {
                self.batch.gone.push(href(part));
                self.batch.cursor.remove.push(part.clone());
            }
        }
        self.over()
    }

    /// Looks at one file, and reads it when it is not what it was.
    fn look(
        &mut self,
        path: &[u8],
        open: impl FnOnce() -> Result<(std::fs::File, Stamp), Refused>,
    ) -> ControlFlow<()> {
        self.progress.done += 1;
        let place = href(path);
        let mut skip = |why| self.batch.skipped.push(Skipped { place: place.clone(), why });
        match open() {
            // Renamed or removed since it was listed: the next look will tell which.
            Err(Refused::Gone) => {}
            Err(Refused::Because(why)) => skip(why),
            Ok((file, stamp)) => {
                let mark = [&[VERSION], &stamp.bytes()[..]].concat();
                if self.cursor.parts.get(path) == Some(&mark) {
                    return ControlFlow::Continue(());
                }
                let mut bytes = Vec::new();
                if file.take(CAP).read_to_end(&mut bytes).is_err() {
                    skip("cannot be read");
                    return ControlFlow::Continue(());
                }
                let read = read(&bytes);
                read.skipped.iter().for_each(|why| skip(why));
                self.batch.cards.push(CardFile { href: place, cards: read.cards });
                let mut mark = mark;
                // Longer than any stamp: not to be believed at the next look.
                mark.extend(is_young(&stamp, self.now).then_some(0));
                self.batch.cursor.put.push((path.to_vec(), mark));
            }
        }
        if self.batch.cards.len() >= FILES { self.over() } else { ControlFlow::Continue(()) }
    }

    /// Hands over what there is; nothing, when there is nothing.
    fn over(&mut self) -> ControlFlow<()> {
        let batch = std::mem::take(&mut self.batch);
        if batch == Batch::default() {
            return ControlFlow::Continue(());
        }
        (self.sink)(batch, self.progress)
    }
}
