//! The program begun anew in its own place, after a first scan.
//!
//! A first scan of 100,000 messages leaves 29 MiB behind: 2 MB in use, 13 MB of freed heap that the
//! allocator keeps in pieces (half in the arena of the loop, half in that of the thread that read),
//! and some of the program's code that is needed once in its life. A daemon that is started on what
//! is known already holds half of that. So it starts again by itself: `exec`, as `systemctl
//! daemon-reexec` does, in the same process and under the same lock.
//!
//! It happens when nothing is under way and nobody waits for an answer, and at most once for so
//! many messages that were new: they are committed, so whoever comes after does not meet them again
//! and cannot go on for ever. To the files and the servers it is no more than a kill, which they
//! have to survive at any moment anyhow; that is why nothing is closed first, and an `exec` that
//! is refused leaves all as it was.
//!
//! What lost: giving the heap back (`malloc_trim` is unsafe to call, and would leave 16 MiB, for the
//! code that a scan has touched stays); jemalloc, which kept 20 MiB; a child process for the first
//! scan, which would need signals, watchdog and progress handed on for as long as it lasts; settings
//! of the allocator in the unit file, which reach only those who use it.
//!
//! A signal that falls into the millisecond between the last look at it and the `exec` is lost. The
//! service manager sends no request to reload then, being told that one is under way.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::run::Locked;

/// How the program can be begun anew.
#[derive(Debug)]
pub struct Anew {
    words: Vec<OsString>,
    lock: File,
}

impl Anew {
    /// With the words that it was called with, its name first, and the lock that it holds.
    ///
    /// # Errors
    ///
    /// When the system has no descriptor for it.
    pub fn new(words: impl IntoIterator<Item = OsString>, lock: &Locked) -> io::Result<Self> {
        Ok(Self { words: words.into_iter().collect(), lock: lock.share()? })
    }

    /// The file of the program; `None` when it was taken away or replaced: what lies there now is
    /// begun by whoever put it there.
    pub(super) fn program() -> Option<PathBuf> {
        // Linux names a file that is gone "... (deleted)", which is no file then.
        std::env::current_exe().ok().filter(|path| path.is_file())
    }

    /// Begins anew; returns only when that is refused.
    ///
    /// The lock goes over as standard input, which is the one descriptor that can be handed to a
    /// program, and taken from it, without `unsafe`; nothing else reads it here. So nobody takes
    /// the lock in between.
    pub(super) fn begin(self, program: PathBuf) -> io::Error {
        let mut command = Command::new(program);
        let mut words = self.words.into_iter();
        if let Some(name) = words.next() {
            command.arg0(name);
        }
        command.args(words).stdin(Stdio::from(self.lock)).exec()
    }
}
