//! One look at a source, on a thread of its own.
//!
//! The thread reads and parses while the loop stores; the bounded channel between them is the
//! back-pressure, so memory does not grow with the mailbox. It holds nothing worth flushing:
//! stopping means leaving. A panic ends the look, not the daemon.

use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::sync::mpsc::SyncSender;

use super::event::Event;
use crate::cursor::Cursor;
use crate::source::net::Pace;
use crate::source::{self, Context, Spec};
use crate::store::SourceId;

/// Starts a look. Its last event is [`Event::Looked`] or [`Event::Failed`], unless nobody listens
/// any more.
pub fn start(
    source: SourceId,
    spec: Spec,
    cursor: Cursor,
    context: Context,
    events: SyncSender<Event>,
) -> std::io::Result<()> {
    let look = move || {
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
            source::scan(&spec, &cursor, &context, &mut |batch, progress| match events
                .send(Event::Fetched(source, batch, progress))
            {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            })
        }));
        let last = match outcome {
            Ok(Ok(())) => Event::Looked(source),
            Ok(Err(error)) => failed(source, &error),
            Err(_) => Event::Failed(source, FAULT.to_owned(), Pace::Later),
        };
        // nobody listening any more is the ordinary end of a stopped daemon
        drop(events.send(last));
    };
    std::thread::Builder::new().name("look".into()).spawn(look).map(drop)
}

/// What is said when it was not the source's fault.
pub(super) const FAULT: &str = "a fault of Hallway's own ended the look";

/// The end of a look that failed, with the error and its causes in one line.
pub(super) fn failed(source: SourceId, error: &source::Error) -> Event {
    Event::Failed(source, sentence(error), error.pace())
}

fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text += &format!(": {}", plain(&inner.to_string()));
        cause = inner.source();
    }
    text
}

/// What the system says, without its number: "No such file or directory (os error 2)".
fn plain(said: &str) -> &str {
    said.split_once(" (os error ").map_or(said, |(words, _)| words)
}
