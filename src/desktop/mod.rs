//! The door to the desktop: shows one nudge at a time and hears the answer.
//!
//! [`spawn`] keeps one connection to the session bus for the daemon's whole life, on a thread of
//! its own, and reports [`Happening`]s. Three promises: every notice accepted by [`Handle::show`]
//! gets exactly one [`Happening::Shown`] or [`Happening::NotDelivered`]; every one shown gets at
//! most one end (answered, dismissed, closed); nobody but the notification server itself can
//! press a button.
//!
//! What it refuses: to decide anything. It has no queue and no patience: where nobody can show a
//! notice it says so at once, and [`Happening::ServerCame`] is the moment to think again, because
//! a nudge that was right at ten may be wrong at four.
//!
//! What lost: notify-rust for nudges. It opens a connection a notification (GNOME Shell drops
//! what it shows when the connection ends), adds its match rule after the notice (an early answer
//! is lost), believes any sender, and waits forever for a server that died. It serves
//! [`show_once`], which waits for no answer. The portal lost because it cannot tell whether a
//! notification was shown. Typed signal streams of zbus lost because each is a queue of its own:
//! between two queues, "pressed" and "closed" may change places, and a `NameOwnerChanged` sent to
//! us alone by a stranger is believed. One stream of all messages, with the sender checked here
//! (`wire.rs`), has neither flaw.
//!
//! Reading the address of the bus from the environment is left to zbus and notify-rust.

mod book;
mod deliver;
mod link;
mod notice;
mod once;
pub mod service;
mod wire;

use std::io;
use std::sync::mpsc as done;
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::nudge::{Answer, NudgeId};

pub use notice::{Notice, OFFERS, label};
pub use once::{ServerInformation, server, show_once};

/// The name of the desktop file that ships with Hallway, without its suffix: servers know the
/// sender of a notification by it.
pub const DESKTOP_ID: &str = "org.hallway.Hallway";

/// How many commands may wait while a server thinks.
const QUEUE: usize = 16;

/// The name under which notices appear.
const APP_NAME: &str = "Hallway";

/// Where the session bus is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bus {
    /// Where the session says it is.
    Session,
    /// At this D-Bus address.
    At(String),
}

/// The user's session, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its bus.
    pub bus: Bus,
    /// Whether it has a display (DISPLAY or WAYLAND_DISPLAY is set). Only then a notification
    /// server that does not run is started: without one it would start, fail and start again.
    pub display: bool,
}

/// What happened on the desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The server took the notice. Whether anybody saw it, nobody can tell.
    Shown {
        /// Which.
        id: NudgeId,
    },
    /// The notice was not shown: it counts against no budget and stays due.
    NotDelivered {
        /// Which.
        id: NudgeId,
        /// Why.
        why: Error,
    },
    /// A button was pressed, or the notice itself ([`Answer::Show`]). Its last word.
    Answered {
        /// Which.
        id: NudgeId,
        /// What was pressed.
        answer: Answer,
        /// The XDG activation token that lets a window opened now come to the front; `None` where
        /// the server has none.
        token: Option<String>,
    },
    /// The user closed it without an answer: a soft no. Its last word.
    Dismissed {
        /// Which.
        id: NudgeId,
    },
    /// It went away unanswered and perhaps unseen: expired, replaced by the next one, or its
    /// server or the bus is gone. Its last word.
    Closed {
        /// Which.
        id: NudgeId,
    },
    /// A notification server is there: at the start, and whenever one comes.
    ServerCame,
    /// No notification server is there: at the start, and whenever one goes.
    ServerLeft,
    /// There is no session bus, told once until one is found.
    NoBus {
        /// What was tried.
        why: Error,
    },
}

impl Happening {
    /// The notice of which nothing more will be heard.
    pub fn last_word(&self) -> Option<NudgeId> {
        match self {
            Self::NotDelivered { id, .. }
            | Self::Answered { id, .. }
            | Self::Dismissed { id }
            | Self::Closed { id } => Some(*id),
            Self::Shown { .. } | Self::ServerCame | Self::ServerLeft | Self::NoBus { .. } => None,
        }
    }
}

/// Why a notice was not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no session bus, or it does not speak: outside a desktop session this is normal.
    #[error("no session bus: {0}")]
    NoBus(String),
    /// The bus is there, but no program that shows notifications.
    #[error("no notification server runs in this session")]
    NoServer,
    /// The server said no.
    #[error("the notification server refused: {0}")]
    Refused(String),
    /// The server did not answer in time. It may show the notice yet.
    #[error("the notification server does not answer")]
    Silent,
    /// Too many commands wait already.
    #[error("too many notices wait for the notification server")]
    Busy,
    /// The desktop's thread has ended.
    #[error("the connection to the desktop has ended")]
    Ended,
}

/// What the daemon can ask for.
#[derive(Debug)]
enum Command {
    Show(Notice),
    Close(NudgeId),
}

/// The daemon's end of the door. Dropping it ends the thread behind it, which closes what it
/// shows: buttons that nobody listens to would be a lie.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    /// Dropped to say stop: it is heard even while the queue is full.
    stop: watch::Sender<()>,
    done: done::Receiver<()>,
}

impl Handle {
    /// Shows a notice, in place of the one shown before. Never waits; an error means that it was
    /// not taken and that no happening will tell of it.
    pub fn show(&self, notice: Notice) -> Result<(), Error> {
        self.send(Command::Show(notice))
    }

    /// Takes a notice from the screen, if it is still there; nothing is reported about it.
    pub fn close(&self, id: NudgeId) -> Result<(), Error> {
        self.send(Command::Close(id))
    }

    /// Closes what is shown, ends the connection and waits for that, but no longer than `within`;
    /// `true` when it was done in time. The receiver of the happenings must be able to take them
    /// or be gone, else the time is used up.
    pub fn stop(self, within: Duration) -> bool {
        let Self { commands: _, stop, done } = self;
        drop(stop);
        !matches!(done.recv_timeout(within), Err(done::RecvTimeoutError::Timeout))
    }

    fn send(&self, command: Command) -> Result<(), Error> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Busy,
            mpsc::error::TrySendError::Closed(_) => Error::Ended,
        })
    }
}

/// Opens the door: starts the thread that owns the connection. `report` is called on that thread,
/// one happening at a time and in the order they happened; while it blocks, nothing is lost.
///
/// Fails only when the thread or its runtime cannot be made. A missing bus is a [`Happening`].
pub fn spawn(
    session: Session,
    report: impl FnMut(Happening) + Send + 'static,
) -> io::Result<Handle> {
    let (commands, inbox) = mpsc::channel(QUEUE);
    let (stop, stopped) = watch::channel(());
    let (over, done) = done::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("desktop".into()).spawn(move || {
        runtime.block_on(link::run(session, inbox, stopped, report));
        drop(runtime);
        drop(over);
    })?;
    Ok(Handle { commands, stop, done })
}
