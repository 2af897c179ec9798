//! Mailboxes on a disk that other programs use at the same time.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test helper fails by panicking")]

mod disk;
mod maildir;
mod mbox;
mod meanwhile;

use std::collections::BTreeSet;
use std::fs::{self, File, FileTimes};
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hallway::batch::Batch;
use hallway::cursor::Cursor;
use hallway::mail::{Envelope, FactKey};
use hallway::source::{self, Context, Error, Progress, Spec};
use tempfile::TempDir;

/// A mailbox, and a reader of it that remembers what a store would.
struct World {
    dir: TempDir,
    cursor: Cursor,
    facts: BTreeSet<FactKey>,
    spec: Spec,
    /// Counts up, so that every directory somebody changed gets another time.
    tick: u64,
}

impl World {
    fn maildir(folders: &[&str]) -> Self {
        let world = Self::new(|path| Spec::Maildir { path, include: vec![], exclude: vec![] });
        for folder in folders {
            for leaf in ["cur", "new", "tmp"] {
                fs::create_dir_all(world.path(folder).join(leaf)).unwrap();
            }
        }
        world
    }

    fn mbox() -> Self {
        Self::new(|path| Spec::Mbox { path, include: vec![], exclude: vec![] })
    }

    fn new(spec: impl Fn(PathBuf) -> Spec) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let spec = spec(dir.path().to_owned());
        Self { dir, cursor: Cursor::default(), facts: BTreeSet::new(), spec, tick: 0 }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    /// Writes a message whose Message-ID is this number.
    fn deliver(&self, place: &str, id: u32) {
        fs::write(self.path(place), message(id)).unwrap();
    }

    /// A whole look, committing every batch.
    fn look(&mut self) -> Vec<Batch> {
        self.try_look(|_| ControlFlow::Continue(())).unwrap()
    }

    /// A look of which the first so many batches are committed before it is killed.
    fn look_killed_after(&mut self, batches: usize) -> Vec<Batch> {
        let mut left = batches;
        self.try_look(|_| {
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap()
    }

    fn try_look(
        &mut self,
        mut each: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Vec<Batch>, Error> {
        self.settle();
        let context = context("2100-01-01T00:00:00Z");
        let before = self.cursor.clone();
        let mut batches = Vec::new();
        let scanned = source::scan(&self.spec, &before, &context, &mut |batch, progress| {
            assert!(batch != Batch::default(), "an empty batch");
            assert!(batch.envelopes.len() <= 3000);
            assert!(progress.done <= progress.total);
            self.cursor.apply(&batch.cursor);
            self.facts.extend(batch.envelopes.iter().map(|envelope| envelope.key));
            batches.push(batch);
            each(progress)
        });
        scanned.map(|()| batches)
    }

    /// Gives every directory, and every mbox file, that was changed since the last time a time of
    /// its own, long ago: clocks of file systems tick too slowly for two looks of a test.
    fn settle(&mut self) {
        let files = matches!(self.spec, Spec::Mbox { .. });
        let mut open = vec![self.dir.path().to_owned()];
        while let Some(path) = open.pop() {
            let is_dir = path.is_dir();
            if is_dir {
                let entries = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap());
                let wanted = entries.filter(|entry| {
                    let kind = entry.file_type().unwrap();
                    kind.is_dir() || (files && kind.is_file())
                });
                open.extend(wanted.map(|entry| entry.path()));
            }
            if fs::metadata(&path).unwrap().mtime() > 1_000_000_000 {
                self.tick += 1;
                age(&path, self.tick);
            }
        }
    }
}

/// Makes it look changed in the year 2000, and last read before that, so that reading it shows.
fn age(path: &Path, tick: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(946_684_800 + tick);
    let times = FileTimes::new().set_modified(time).set_accessed(time - Duration::from_secs(99));
    File::open(path).unwrap().set_times(times).unwrap();
}

fn context(now: &str) -> Context {
    let zone = jiff::tz::TimeZone::UTC;
    Context { now: now.parse().unwrap(), zone, days_back: 0, days_ahead: 0, reveal: None }
}

fn message(id: u32) -> String {
    format!(
        "From: Jo <jo@acme.test>\nTo: ana@agency.test\nMessage-ID: <{id}@acme.test>\n\
         Date: Mon, 2 Nov 2026 10:00:00 +0000\nSubject: never seen\n\nbody\n"
    )
}

fn envelopes(batches: &[Batch]) -> Vec<&Envelope> {
    batches.iter().flat_map(|batch| &batch.envelopes).collect()
}

/// The numbers of the messages read, in the order read.
fn ids(batches: &[Batch]) -> Vec<u32> {
    let id = |envelope: &&Envelope| {
        let id = envelope.message_id.as_ref()?.as_str().split_once('@')?.0.parse();
        id.ok()
    };
    envelopes(batches).iter().filter_map(id).collect()
}

fn sorted(mut ids: Vec<u32>) -> Vec<u32> {
    ids.sort_unstable();
    ids
}

/// What was skipped, as "place: why", sorted.
fn skipped(batches: &[Batch]) -> Vec<String> {
    let skipped = batches.iter().flat_map(|batch| &batch.skipped);
    let mut out: Vec<_> = skipped.map(|item| format!("{}: {}", item.place, item.why)).collect();
    out.sort_unstable();
    out
}

/// The bytes a look had written to the cursor.
fn written(batches: &[Batch]) -> usize {
    let puts = batches.iter().flat_map(|batch| &batch.cursor.put);
    puts.map(|(key, value)| key.len() + value.len()).sum()
}

fn rename(from: &Path, to: &Path) {
    fs::rename(from, to).expect("both in one file system");
}
