//! SIGTERM and SIGINT stop, SIGHUP reloads.
//!
//! The handlers live on a runtime of their own thread, which sleeps in the kernel until a signal
//! comes. `unsafe` handlers of our own would be smaller and are forbidden.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;

use tokio::signal::unix::{SignalKind, signal};

use super::event::Event;

/// Starts listening; every signal becomes an event. `stop` is set before [`Event::Stop`] is sent,
/// which may have to wait for room in the queue.
///
/// # Errors
///
/// When the system gives no thread or no handler.
pub(super) fn listen(events: SyncSender<Event>, stop: Arc<AtomicBool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (mut term, mut int, mut hup) = {
        let _entered = runtime.enter();
        (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        )
    };
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            loop {
                let event = tokio::select! {
                    _ = term.recv() => Event::Stop,
                    _ = int.recv() => Event::Stop,
                    _ = hup.recv() => Event::Reload,
                };
                if matches!(event, Event::Stop) {
                    stop.store(true, Ordering::Release);
                }
                if events.send(event).is_err() {
                    return;
                }
            }
        });
    })?;
    Ok(())
}
