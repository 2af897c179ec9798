//! Everything that can happen to Hallway, and everything it can do to the world.

use std::path::PathBuf;

use crate::batch::Batch;
use crate::cursor::Cursor;
use crate::desktop::Happening;
use crate::digest::Period;
use crate::nudge::{Nudge, NudgeId};
use crate::source::Progress;
use crate::source::net::Pace;
use crate::store::SourceId;

/// Everything that can happen to Hallway.
#[derive(Debug)]
pub enum Event {
    /// A look at a source brought some of what it holds. From a look ([`super::look()`]).
    Fetched(SourceId, Batch, Progress),
    /// A look at a source came to its end. From the same look, after its last batch.
    Looked(SourceId),
    /// A look at a source failed, with a sentence for the user and when to try again. From the same
    /// look.
    Failed(SourceId, String, Pace),
    /// Something changed below a source. From `watch` or `servers`; carries no truth.
    Changed(SourceId),
    /// Something happened to a notification. From [`crate::desktop`].
    Desktop(Happening),
    /// A digest lies where it belongs. From whoever carried out [`Effect::Digest`].
    Written(Period),
    /// The deadline of [`super::Daemon::next_deadline`] has come.
    Due,
    /// The user asked to read the configuration again. From `signals`.
    Reload,
    /// The user or the session asked to stop. From `signals`.
    Stop,
}

/// Everything Hallway can do to the world.
#[derive(Debug)]
pub enum Effect {
    /// Look at a source, beginning where it left off.
    Look(SourceId, Cursor),
    /// Show a nudge that is already claimed in the store.
    Show(NudgeId, Nudge),
    /// Tell the user something that only they can mend: a headline, and what to do.
    Tell(String, String),
    /// Write the digest of a period, then say so ([`Event::Written`]): until then it is due.
    Digest(Period, Vec<(PathBuf, String)>),
    /// Write a file, whole or not at all, readable by the user alone.
    Write(PathBuf, String),
    /// Open a file with the user's own program for it.
    Open(PathBuf),
    /// Stop.
    Quit,
}
