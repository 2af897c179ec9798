//! A folder of calendar files, one event each, as vdirsyncer and its kin keep them; or a folder of
//! such folders.
//!
//! A look at an unchanged folder lists it and asks each file for its state: programs that write in
//! place leave the folder's own time alone, so that is not trusted. Names are bytes and only become
//! text, with escapes, where they name a resource.

use std::collections::BTreeSet;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use super::super::disk::{Dir, Entry, Refused, Stamp, href};
use super::super::mark::is_young;
use super::super::{Context, Error, Sink};
use super::{Courier, IMPATIENT, Seen, Setting};
use crate::batch::Resource;
use crate::calendar::read::read;
use crate::cursor::Cursor;

/// The largest file read as one resource.
const CAP: u64 = 16 << 20;

/// The part that remembers which folder the root was; no file can be named so.
const ROOT: &[u8] = b"/";

/// A file to look at. There may be a million of them, so each name is kept once.
struct Candidate {
    /// The folder it lies in, by number; `None` for the root itself.
    folder: Option<usize>,
    /// Its path below the root: the name of its part.
    path: Vec<u8>,
    /// Where in the path its name inside the folder begins.
    name: usize,
}

impl Candidate {
    fn name(&self) -> &[u8] {
        self.path.get(self.name..).unwrap_or_default()
    }
}

/// What listing the folders found.
struct Listing {
    root: Dir,
    /// Names of folders in the root. They are opened again when their files are looked at: a root
    /// may have more of them than a process may have open.
    folders: Vec<Vec<u8>>,
    /// By path.
    files: Vec<Candidate>,
    /// Folders, with a slash, below which nothing is known to be gone: not all of each was listed.
    unknown: Vec<Vec<u8>>,
    /// Those of them that were refused, and why. A part of that name remembers that it was told.
    skipped: Vec<(Vec<u8>, &'static str)>,
    empty: bool,
}

/// Reads a vdir.
pub fn scan_vdir(
    path: &Path,
    cursor: &Cursor,
    context: &Context,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let unreachable = |source| Error::Unreachable { path: path.to_owned(), source };
    let root = Dir::root(path).map_err(unreachable)?;
    let inode = root.stamp().map_err(unreachable)?.inode.to_le_bytes();
    let listing = list(root).map_err(unreachable)?;
    let known_root = cursor.parts.get(ROOT);
    if listing.empty && known_root.is_some_and(|known| *known != inode) && cursor.parts.len() > 1 {
        // The folder below a mount point is there when the file system is not.
        let what =
            "an empty folder, and not the one read before: if something is mounted there, mount it";
        return Err(Error::Mismatch { path: path.to_owned(), what });
    }
    let mut courier = Courier::new(sink, listing.files.len());
    if known_root.is_none_or(|known| *known != inode) {
        courier.put(ROOT, inode.to_vec());
    }
    let _stopped = walk(&listing, cursor, context, &mut courier);
    Ok(())
}

/// Looks at every file, then at what is no longer there.
fn walk(
    listing: &Listing,
    cursor: &Cursor,
    context: &Context,
    courier: &mut Courier<'_, '_>,
) -> ControlFlow<()> {
    let mut setting = Setting::new(context);
    for (folder, why) in &listing.skipped {
        if !cursor.parts.contains_key(folder) {
            courier.skipped(&href(folder), why);
            courier.put(folder, Vec::new());
        }
    }
    let mut open: Option<(usize, Dir)> = None;
    for candidate in &listing.files {
        let seen = cursor.parts.get(&candidate.path).map(|value| Seen::decode(value));
        if let Some(number) = candidate.folder
            && open.as_ref().is_none_or(|(known, _)| *known != number)
        {
            let dir = listing.folders.get(number).and_then(|name| listing.root.dir(name).ok());
            // Gone since it was listed: the next look will tell.
            let Some(dir) = dir else { continue };
            open = Some((number, dir));
        }
        let folder = match (candidate.folder, &open) {
            (Some(_), Some((_, dir))) => dir,
            _ => &listing.root,
        };
        look(folder, candidate, seen, context, &mut setting, courier);
        courier.done()?;
    }
    let there = |path: &Vec<u8>| listing.files.binary_search_by(|file| file.path.cmp(path)).is_ok();
    let unknown = |path: &[u8]| listing.unknown.iter().any(|below| path.starts_with(below));
    for (path, value) in &cursor.parts {
        if path == ROOT || there(path) || unknown(path) {
            continue;
        }
        if Seen::<32>::decode(value).held && !path.ends_with(b"/") {
            courier.batch.gone.push(href(path));
        }
        courier.batch.cursor.remove.push(path.clone());
        courier.done()?;
    }
    courier.hand_over()
}

/// Looks at one file, and reads it when it is not what it was.
fn look(
    folder: &Dir,
    candidate: &Candidate,
    seen: Option<Seen<32>>,
    context: &Context,
    setting: &mut Setting,
    courier: &mut Courier<'_, '_>,
) {
    let stamp = folder.stamp_of(candidate.name());
    if let (Ok(stamp), Some(seen)) = (&stamp, seen)
        && seen.is_fresh(&stamp.bytes(), setting)
    {
        return;
    }
    let held = seen.is_some_and(|seen| seen.held);
    let mut now = Seen { frame: setting.frame, mark: [0; 32], held, refused: true, more: None };
    let href = href(&candidate.path);
    match stamp.and_then(|stamp| {
        now.mark = stamp.bytes();
        content(folder, candidate.name())
    }) {
        Ok((bytes, stamp)) => {
            // A file so new is read once more: a second change would not show in its state.
            now.mark = if is_young(&stamp, context.now) { [0; 32] } else { stamp.bytes() };
            take(&bytes, href, &mut now, context, setting, courier);
        }
        // Renamed or removed since it was listed: the next look will tell which.
        Err(Refused::Gone) => return,
        // What was read of it before stays, until it can be read again or is gone. It is opened at
        // every look, since permissions change without a trace in its state, and told of once.
        Err(Refused::Because(_)) if seen == Some(now) => return,
        Err(Refused::Because(why)) => courier.skipped(&href, why),
    }
    courier.put(&candidate.path, now.encode());
}

/// Reads the content of a file, or what a server gives for one, and hands it on.
pub(in crate::source) fn take(
    bytes: &[u8],
    href: String,
    now: &mut Seen<32>,
    context: &Context,
    setting: &mut Setting,
    courier: &mut Courier<'_, '_>,
) {
    let read = read(bytes);
    for unread in &read.skipped {
        courier.skipped(&href, unread.why);
    }
    let Some(expanded) = setting.expand(&read, context) else {
        courier.skipped(&href, IMPATIENT);
        return;
    };
    now.refused = false;
    for unread in &expanded.skipped {
        courier.skipped(&href, unread.why);
    }
    if !read.events.is_empty() {
        now.held = true;
        now.more = expanded.more_after.then_some(setting.horizon);
        let uids: BTreeSet<&str> = read.events.iter().map(|event| event.uid()).collect();
        courier.resource(Resource {
            href,
            events: u32::try_from(uids.len()).unwrap_or(u32::MAX),
            occurrences: expanded.occurrences,
        });
    } else if now.held && read.complete {
        now.held = false;
        courier.batch.gone.push(href);
    }
}

/// The bytes of a file and its state before they were read: a change while reading is a change.
fn content(folder: &Dir, name: &[u8]) -> Result<(Vec<u8>, Stamp), Refused> {
    let (file, stamp) = folder.file(name, CAP)?;
    let mut bytes = Vec::with_capacity(usize::try_from(stamp.size).unwrap_or(0));
    file.take(CAP).read_to_end(&mut bytes).map_err(|_| Refused::Because("cannot be read"))?;
    Ok((bytes, stamp))
}

/// Lists the root and the folders in it. An error is about the root; what else cannot be listed is
/// named and left as it was.
fn list(root: Dir) -> std::io::Result<Listing> {
    let names = root.entries()?.collect::<std::io::Result<Vec<Entry>>>()?;
    let mut listing = Listing {
        root,
        folders: Vec::new(),
        files: Vec::new(),
        unknown: Vec::new(),
        skipped: Vec::new(),
        empty: names.is_empty(),
    };
    for entry in names {
        if is_hidden(&entry.name) {
            continue;
        }
        if is_calendar(&entry.name) && (entry.maybe_file || !entry.maybe_dir) {
            listing.files.push(Candidate { folder: None, path: entry.name, name: 0 });
        } else if entry.maybe_dir {
            listing.collection(entry.name);
        } else if !entry.maybe_file {
            // Most likely a symbolic link to a folder: not followed, but not passed over in silence.
            listing.refuse([&entry.name, &b"/"[..]].concat(), "neither a file nor a folder");
        }
    }
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(listing)
}

impl Listing {
    /// Lists a folder inside the root.
    fn collection(&mut self, name: Vec<u8>) {
        let below = [name.as_slice(), b"/"].concat();
        let entries = match self.root.dir(&name) {
            Ok(dir) => dir.entries().and_then(Iterator::collect::<std::io::Result<Vec<Entry>>>),
            Err(Refused::Because("not a directory")) => return,
            Err(Refused::Gone) => return self.unknown.push(below),
            Err(Refused::Because(why)) => return self.refuse(below, why),
        };
        let Ok(entries) = entries else { return self.refuse(below, "cannot be listed") };
        for entry in entries {
            let file = entry.maybe_file || !entry.maybe_dir;
            if file && is_calendar(&entry.name) && !is_hidden(&entry.name) {
                let path = [below.as_slice(), &entry.name].concat();
                let folder = Some(self.folders.len());
                self.files.push(Candidate { folder, path, name: below.len() });
            }
        }
        self.folders.push(name);
    }

    /// Names a folder that could not be looked into; what is known of it stays.
    fn refuse(&mut self, below: Vec<u8>, why: &'static str) {
        self.skipped.push((below.clone(), why));
        self.unknown.push(below);
    }
}

/// Names that are not, or not yet, calendars: hidden, backups, half-written files.
fn is_hidden(name: &[u8]) -> bool {
    name.starts_with(b".") || name.ends_with(b"~") || name.ends_with(b".tmp")
}

fn is_calendar(name: &[u8]) -> bool {
    name.len()
        .checked_sub(4)
        .and_then(|at| name.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case(b".ics"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_apart() {
        assert_eq!(href(b"work/a.ics"), "work/a.ics");
        assert_eq!(href(b"a\xff.ics"), "a\\xff.ics");
        assert_eq!(href(b"a\\xff.ics"), "a\\\\xff.ics");
        assert_eq!(href("ä.ics".as_bytes()), "ä.ics");
    }

    #[test]
    fn only_finished_calendars_are_looked_at() {
        for (name, looked_at) in [
            ("a.ics", true),
            ("a.ICS", true),
            ("a.ics~", false),
            (".a.ics", false),
            ("a.ics.tmp", false),
            ("a.vcf", false),
            ("ics", false),
        ] {
            let name = name.as_bytes();
            assert_eq!(is_calendar(name) && !is_hidden(name), looked_at);
        }
    }
}
