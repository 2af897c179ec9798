//! mbox: many messages in one file, one behind the other.
//!
//! A file that grew is read from where the last look ended, as long as the bytes before that place
//! are still the same; anything else (a program that compacts, or writes flags into heads) means
//! reading it all again, which the facts' keys make harmless. Heads are kept while they are parsed,
//! bodies never (`split`).
//!
//! A folder may hold several files, as Thunderbird's and mutt's do; mailboxes below one lie in a
//! folder of its name (`Archives.sbd/2023`).

mod files;
mod split;

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::disk::{self, Dir, Refused, Stamp};
use super::maildir::{Choice, is_sent};
use super::mark::{Mark, take, time_of};
use super::{Context, Error, Progress, Sink};
use crate::batch::{Batch, Skipped};
use crate::cursor::Cursor;
use crate::mail::header::{self, Seen};

use files::{Files, name_of, open_below};
use split::{Place, Splitter};

/// What the file parts of a cursor begin with; the path follows, empty for a single file.
const TAG: &[u8] = b"m/";

/// How many messages a batch holds at most.
const BATCH: usize = 1000;

/// So many bytes before the place to go on have to be the same.
const TAIL: u64 = 4096;

/// Reads an mbox file, or a folder of them.
pub fn scan(
    path: &Path,
    choice: &Choice,
    cursor: &Cursor,
    context: &Context,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let unreachable = |source| Error::Unreachable { path: path.to_owned(), source };
    let mismatch = |what| Error::Mismatch { path: path.to_owned(), what };
    let mut scan = Scan { cursor, context, sink, batch: Batch::default(), done: 0, bytes: (0, 0) };
    match Dir::root(path) {
        Ok(root) => {
            let files = Files::find(&root, path)?;
            if files.found.is_empty() {
                let what = "no mbox file in this folder; name the file, or type = \"maildir\"";
                return Err(mismatch(what));
            }
            scan.batch.skipped = files.skipped;
            scan.forget(&files.found);
            let chosen = files.found.iter().map(|path| (path, name_of(path)));
            let chosen: Vec<_> = chosen.filter(|(_, name)| choice.reads(name)).collect();
            let sizes = chosen.iter().filter_map(|(path, _)| root.stamp_of(path).ok());
            scan.bytes.1 = sizes.map(|stamp| stamp.size).sum();
            for (file, name) in chosen {
                let open = || open_below(&root, file);
                let stamp = root.stamp_of(file).ok();
                if scan.file(file, &name, stamp, open).is_break() {
                    return Ok(());
                }
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let opened = disk::root_file(path, u64::MAX).map_err(unreachable)?;
            let (file, stamp) = opened.map_err(|refused| match refused {
                Refused::Gone => unreachable(io::ErrorKind::NotFound.into()),
                Refused::Because(why) => mismatch(why),
            })?;
            if !is_mbox(&file).map_err(unreachable)? {
                return Err(mismatch("no mbox file: it does not begin with a From line"));
            }
            let name = path.file_name().map(|name| name_of(name.as_bytes())).unwrap_or_default();
            scan.bytes.1 = stamp.size;
            if scan.file(b"", &name, Some(stamp), || Ok((file, stamp))).is_break() {
                return Ok(());
            }
        }
        Err(error) => return Err(unreachable(error)),
    }
    // Whether to go on does not matter: this was all.
    let _ = scan.flush();
    Ok(())
}

/// The directories in which a mailbox may grow or appear.
pub(super) fn watched(path: &Path) -> Vec<PathBuf> {
    match Dir::root(path) {
        Ok(root) => {
            let below = |below: Vec<u8>| path.join(std::ffi::OsStr::from_bytes(&below));
            let files = Files::find(&root, path);
            files.map(|files| files.folders.into_iter().map(below).collect()).unwrap_or_default()
        }
        Err(_) => path.parent().map(Path::to_owned).into_iter().collect(),
    }
}

/// What is remembered of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    mark: Mark,
    /// How far it was read.
    place: Place,
    /// A hash of the bytes before that.
    tail: [u8; 8],
    /// It is no mbox, and that was said.
    foreign: bool,
}

impl Known {
    /// Of what is not read.
    fn foreign(mark: Mark) -> Self {
        Self { mark, place: Place::default(), tail: [0; 8], foreign: true }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.mark.encode(&mut out);
        out.extend(self.place.offset.to_be_bytes());
        out.push(self.place.after_blank.into());
        out.push(self.foreign.into());
        out.extend(self.tail);
        out
    }

    fn decode(mut value: &[u8]) -> Option<Self> {
        let mark = Mark::decode(&mut value)?;
        let offset = u64::from_be_bytes(take(&mut value)?);
        let [after_blank, foreign] = take(&mut value)?;
        let place = Place { offset, after_blank: after_blank == 1 };
        Some(Self { mark, place, tail: take(&mut value)?, foreign: foreign == 1 })
    }
}

/// A look in progress.
struct Scan<'a, 's> {
    cursor: &'a Cursor,
    context: &'a Context,
    sink: &'a mut Sink<'s>,
    batch: Batch,
    /// Messages so far.
    done: u64,
    /// Bytes gone through, and bytes in all files.
    bytes: (u64, u64),
}

impl Scan<'_, '_> {
    /// Reads what is new in one file.
    fn file(
        &mut self,
        path: &[u8],
        mailbox: &str,
        stamp: Option<Stamp>,
        open: impl FnOnce() -> Result<(File, Stamp), Refused>,
    ) -> ControlFlow<()> {
        let key = [TAG, path].concat();
        let known = self.cursor.parts.get(&key).and_then(|value| Known::decode(value));
        if let (Some(known), Some(stamp)) = (known, stamp)
            && known.mark.vouches_for(&stamp)
        {
            self.bytes.0 += stamp.size;
            return ControlFlow::Continue(());
        }
        let why = match open() {
            Ok((file, stamp)) => match self.messages(&key, mailbox, known, &file, stamp) {
                Ok(flow) => return flow,
                Err(_) => Refused::NOT_NOW,
            },
            Err(Refused::Gone) => return ControlFlow::Continue(()),
            Err(Refused::Because(why)) => why,
        };
        self.batch.skipped.push(Skipped { place: mailbox.to_owned(), why });
        if let Some(stamp) = stamp.filter(|_| why != Refused::NOT_NOW) {
            let mark = Mark::new(stamp, self.context.now);
            self.batch.cursor.put.push((key, Known::foreign(mark).encode()));
        }
        ControlFlow::Continue(())
    }

    fn messages(
        &mut self,
        key: &[u8],
        mailbox: &str,
        known: Option<Known>,
        file: &File,
        stamp: Stamp,
    ) -> io::Result<ControlFlow<()>> {
        let mark = Mark::new(stamp, self.context.now);
        if !is_mbox(file)? {
            if !known.is_some_and(|known| known.foreign) {
                let why = "not an mbox file";
                self.batch.skipped.push(Skipped { place: mailbox.to_owned(), why });
            }
            self.batch.cursor.put.push((key.to_vec(), Known::foreign(mark).encode()));
            return Ok(ControlFlow::Continue(()));
        }
        let mut part = Known { foreign: false, ..Known::foreign(mark) };
        if let Some(known) = known
            && known.place.offset <= stamp.size
            && tail(file, known.place.offset)? == known.tail
        {
            part.place = known.place;
        }
        let before = self.bytes.0;
        let sent = is_sent(mailbox);
        let arrived = time_of(&stamp, self.context.now);
        let mut splitter = Splitter::new(file, stamp.size, part.place, !mark.is_settled());
        while let Some(message) = splitter.next()? {
            self.done += 1;
            if !message.withdrawn {
                let received = message.received.unwrap_or(arrived).min(self.context.now);
                match header::read(message.head, Seen { received, sent }) {
                    Ok(envelope) => self.batch.envelopes.push(envelope),
                    Err(why) => {
                        let place = format!("{mailbox} at byte {}", message.offset);
                        self.batch.skipped.push(Skipped { place, why });
                    }
                }
            }
            if self.batch.envelopes.len() + self.batch.skipped.len() >= BATCH {
                let place = splitter.place();
                self.bytes.0 = before + place.offset;
                let so_far = Known { mark: mark.unsettled(), place, ..part };
                let so_far = Known { tail: tail(file, place.offset)?, ..so_far };
                self.batch.cursor.put.push((key.to_vec(), so_far.encode()));
                if self.flush().is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        self.bytes.0 = before + stamp.size;
        part.place = splitter.place();
        part.tail = tail(file, part.place.offset)?;
        self.batch.cursor.put.push((key.to_vec(), part.encode()));
        Ok(ControlFlow::Continue(()))
    }

    /// Forgets files that are no more.
    fn forget(&mut self, here: &[Vec<u8>]) {
        for key in self.cursor.parts.keys() {
            if key.strip_prefix(TAG).is_some_and(|path| !here.iter().any(|here| here == path)) {
                self.batch.cursor.remove.push(key.clone());
            }
        }
    }

    /// Hands over what there is. How many messages there will be is guessed from the bytes.
    fn flush(&mut self) -> ControlFlow<()> {
        let batch = std::mem::take(&mut self.batch);
        if batch == Batch::default() {
            return ControlFlow::Continue(());
        }
        let (gone, all) = self.bytes;
        let guess = u128::from(self.done) * u128::from(all) / u128::from(gone.max(1));
        let total = u64::try_from(guess).unwrap_or(u64::MAX).max(self.done);
        (self.sink)(batch, Progress { done: self.done, total })
    }
}

/// The hash of the bytes before an offset.
fn tail(file: &File, offset: u64) -> io::Result<[u8; 8]> {
    let start = offset.saturating_sub(TAIL);
    let mut bytes = vec![0; usize::try_from(offset - start).unwrap_or(0)];
    match file.read_exact_at(&mut bytes, start) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => bytes.clear(),
        read => read?,
    }
    Ok(Sha256::digest(bytes).first_chunk().copied().unwrap_or_default())
}

/// Whether a file is an mbox: it begins with a `From ` line, or is empty.
fn is_mbox(file: &File) -> io::Result<bool> {
    let mut start = [0; 64];
    let read = file.read_at(&mut start, 0)?;
    let start = start.get(..read).unwrap_or_default().trim_ascii_start();
    Ok(start.is_empty() || start.starts_with(b"From "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_survives_the_cursor() {
        let stamp = Stamp { inode: 1, size: 2, modified: 3 };
        let place = Place { offset: 9, after_blank: true };
        let mark = Mark::new(stamp, jiff::Timestamp::MAX);
        let known = Known { mark, place, tail: [7; 8], foreign: true };
        assert_eq!(Known::decode(&known.encode()), Some(known));
        assert_eq!(Known::decode(b"short"), None);
    }
}
