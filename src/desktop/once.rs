//! A notice that waits for no answer, for commands that are over in a moment; and a look at who
//! shows notifications here.
//!
//! notify-rust shows it: a connection a notice is right for a process that ends with it. It would
//! panic inside a runtime and wait forever for a bus that accepts and says nothing, so each call
//! has a thread of its own and a time after which nobody waits for that thread any longer.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use notify_rust::{Hint, Notification, Timeout, Urgency};

use super::{APP_NAME, Bus, DESKTOP_ID, Error, Session, deliver, link, notice, wire};

/// How long a command waits for the desktop: to look, and to show.
const LOOK: Duration = Duration::from_secs(5);
const SHOW: Duration = Duration::from_secs(35);

/// Who shows notifications in this session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerInformation {
    /// The program's name, as it says itself: not yet safe to show, like the rest.
    pub name: String,
    /// Who makes it.
    pub vendor: String,
    /// Its version.
    pub version: String,
    /// The version of the specification it follows.
    pub spec: String,
    /// What it can do: `actions`, `body`, `body-markup`, `persistence` and so on.
    pub capabilities: Vec<String>,
}

/// Asks who shows notifications. Starts nobody: a server that the bus would start on demand is
/// [`Error::NoServer`] until somebody has shown something. Takes at most five seconds.
pub fn server(bus: Bus) -> Result<ServerInformation, Error> {
    apart(LOOK, move || look(bus, false))
}

/// Shows a notice without buttons and forgets it. A server is started if none runs and there is a
/// display. Returns when the server has taken it, and within 40 seconds in any case: at once
/// without a bus or a server.
pub fn show_once(display: bool, summary: &str, body: &str) -> Result<(), Error> {
    let session = Session { bus: Bus::Session, display };
    let server = apart(SHOW, move || look(session.bus, session.display))?;
    let able = |what: &str| server.capabilities.iter().any(|known| known == what);
    let summary = notice::summary(summary);
    let body = notice::body(body, able("body-markup"));
    apart(LOOK, move || {
        Notification::new()
            .appname(APP_NAME)
            .summary(&summary)
            .body(&body)
            .hint(Hint::DesktopEntry(DESKTOP_ID.into()))
            .hint(Hint::Category("im".into()))
            .hint(Hint::SuppressSound(true))
            .urgency(Urgency::Normal)
            .timeout(Timeout::Default)
            .show()
            .map(drop)
            .map_err(|error| Error::Refused(notice::quoted(&error.to_string())))
    })
}

/// Runs something on a thread of its own, and waits for it no longer than `limit`.
fn apart<T: Send + 'static>(
    limit: Duration,
    what: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (sender, answer) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("desktop-once".into());
    let spawned = thread.spawn(move || {
        // nobody may be waiting any more
        drop(sender.send(what()));
    });
    if let Err(error) = spawned {
        return Err(Error::NoBus(error.to_string()));
    }
    match answer.recv_timeout(limit) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Error::Silent),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(Error::Ended),
    }
}

/// Connects, finds the server or starts it, and asks it about itself.
fn look(bus: Bus, start: bool) -> Result<ServerInformation, Error> {
    let no_bus = |error: &dyn std::fmt::Display| Error::NoBus(notice::quoted(&error.to_string()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| no_bus(&error))?;
    runtime.block_on(async {
        let connection = link::open(&bus).await.map_err(|error| no_bus(&error))?;
        let daemon = wire::bus(&connection).await.map_err(|error| no_bus(&error))?;
        let owner = match wire::owner(&daemon).await.map_err(|error| no_bus(&error))? {
            Some(owner) => owner,
            None if start => deliver::start(&connection).await?,
            None => return Err(Error::NoServer),
        };
        let server = wire::server(&connection, &owner).await.map_err(|error| no_bus(&error))?;
        let (name, vendor, version, spec) =
            deliver::within(server.get_server_information()).await?;
        let capabilities = deliver::within(server.get_capabilities()).await?;
        Ok(ServerInformation { name, vendor, version, spec, capabilities })
    })
}
