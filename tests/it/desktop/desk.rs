//! A desk with a real notification server on it, for tests: `tests/desktop/desk.sh` on its private
//! bus, and the happenings that come out of the room under test.
//!
//! Nothing here sleeps: each wait ends with what it waits for, or with the test.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use hallway::desktop::{self, Bus, Handle, Happening, Session};

/// Longer than anything on the desk may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder of the checkout.
pub(crate) fn in_tests(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

/// A screen, a bus and, once started, dunst. Ends with its owner.
pub(crate) struct Desk {
    child: Child,
    acts: Option<ChildStdin>,
    answers: Receiver<String>,
}

impl Desk {
    /// A desk without a notification server.
    pub(crate) fn bare() -> Self {
        let mut child = Command::new(in_tests("desktop/with-session-bus.sh"))
            .arg("desk.sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, answers) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let acts = child.stdin.take();
        Self { child, acts, answers }
    }

    /// A desk with dunst.
    pub(crate) fn with_dunst() -> Self {
        let mut desk = Self::bare();
        desk.act("start");
        desk
    }

    /// Does one act of `desk.sh` and gives its answer without the `ok`.
    #[track_caller]
    pub(crate) fn act(&mut self, act: &str) -> String {
        writeln!(self.acts.as_mut().unwrap(), "{act}").unwrap();
        let answer = self.answers.recv_timeout(PATIENCE).expect("the desk does not answer");
        let Some(answer) = answer.strip_prefix("ok") else { panic!("{act}: {answer}") };
        answer.trim().to_owned()
    }

    /// The D-Bus address, as `DBUS_SESSION_BUS_ADDRESS` wants it.
    pub(crate) fn address(&mut self) -> String {
        self.act("bus")
    }

    /// A picture of the screen, copied to where build products go.
    pub(crate) fn shot(&mut self, name: &str) -> PathBuf {
        let picture = self.act("shot");
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::copy(picture, &kept).unwrap();
        kept
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(self.acts.take());
        drop(self.child.wait());
    }
}

/// The room under test, and what it told.
pub(crate) struct Room {
    pub(crate) handle: Handle,
    told: Receiver<Happening>,
}

impl Room {
    /// Opens the room on a bus.
    pub(crate) fn on(address: &str, display: bool) -> Self {
        let (sender, told) = channel();
        let session = Session { bus: Bus::At(address.to_owned()), display };
        let handle = desktop::spawn(session, move |happening| drop(sender.send(happening)));
        Self { handle: handle.unwrap(), told }
    }

    /// The next happening.
    #[track_caller]
    pub(crate) fn next(&self) -> Happening {
        self.told.recv_timeout(PATIENCE).expect("nothing happens")
    }

    /// Ends the room; gives what it told and nobody had asked for yet.
    #[track_caller]
    pub(crate) fn end(self) -> Vec<Happening> {
        assert!(self.handle.stop(Duration::from_secs(2)), "the room does not end");
        let mut rest = Vec::new();
        loop {
            match self.told.recv_timeout(PATIENCE) {
                Ok(happening) => rest.push(happening),
                Err(RecvTimeoutError::Disconnected) => return rest,
                Err(RecvTimeoutError::Timeout) => panic!("the room keeps its reporter"),
            }
        }
    }
}
