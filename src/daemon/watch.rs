//! Wake-ups from the file system.
//!
//! inotify says that something changed below a source, never what: the event only causes a look,
//! and the look is what counts. A lost one (network mounts send none, queues overflow) costs a
//! delay until the periodic look, never a record.
//!
//! inotify is spoken directly: the `notify` crate always asks for OPEN events too, and every
//! message that somebody reads, or that our own look opens, would wake this thread.

use std::collections::BTreeMap;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};

use super::event::Event;
use crate::store::SourceId;

/// Which watch belongs to which sources; two sources may share a folder.
type Owners = Arc<Mutex<BTreeMap<i32, Vec<SourceId>>>>;

/// Folders being watched, for as long as the program runs.
pub(super) struct Watches {
    queue: Arc<OwnedFd>,
    owners: Owners,
}

impl Watches {
    /// Starts a thread that sleeps until something changes.
    ///
    /// # Errors
    ///
    /// When the system gives no inotify queue (the user's limit is reached) or no thread.
    pub(super) fn start(events: SyncSender<Event>) -> io::Result<Self> {
        let queue = Arc::new(inotify::init(CreateFlags::CLOEXEC)?);
        let owners = Owners::default();
        let theirs = (Arc::clone(&queue), Arc::clone(&owners));
        std::thread::Builder::new()
            .name("watch".into())
            .spawn(move || wait(&theirs.0, &theirs.1, &events))?;
        Ok(Self { queue, owners })
    }

    /// Watches these folders and no others. Returns those that cannot be watched; they are left to
    /// the periodic look.
    ///
    /// A folder that stays is watched all the while: what is delivered during this is not missed,
    /// and a watch that was not taken away wakes nobody with the news that it was.
    pub(super) fn replace(&self, folders: &[(SourceId, PathBuf)]) -> Vec<PathBuf> {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        let mut old = std::mem::take(&mut *owners);
        let changes = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        let mut refused = Vec::new();
        for (source, folder) in folders {
            match inotify::add_watch(&self.queue, folder, changes) {
                Ok(watch) => {
                    old.remove(&watch);
                    owners.entry(watch).or_default().push(*source);
                }
                Err(_) => refused.push(folder.clone()),
            }
        }
        for watch in old.into_keys() {
            // a folder that is gone took its watch with it
            inotify::remove_watch(&self.queue, watch).ok();
        }
        refused
    }
}

fn wait(queue: &OwnedFd, owners: &Owners, events: &SyncSender<Event>) {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(queue, &mut buffer);
    loop {
        let changed = match reader.next() {
            Ok(entry) => {
                let owners = owners.lock().unwrap_or_else(PoisonError::into_inner);
                if entry.events().contains(ReadFlags::QUEUE_OVERFLOW) {
                    let mut all: Vec<SourceId> = owners.values().flatten().copied().collect();
                    all.sort_unstable();
                    all.dedup();
                    all
                } else {
                    owners.get(&entry.wd()).cloned().unwrap_or_default()
                }
            }
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
        };
        for source in changed {
            if events.send(Event::Changed(source)).is_err() {
                return;
            }
        }
    }
}
