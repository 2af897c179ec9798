//! The way of one notice to a server: find the server or start it, ask what it can do, show.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use tokio::time::timeout;
use zbus::Connection;
use zbus::names::OwnedUniqueName;
use zbus::zvariant::Value;

use super::notice::{self, Button, Notice};
use super::{APP_NAME, DESKTOP_ID, Error, wire};

/// How long a server or the bus may take to answer one call.
pub(super) const ANSWER: Duration = Duration::from_secs(10);
/// How long a server may take to start: the bus itself gives up after 25 seconds.
const START: Duration = Duration::from_secs(30);

/// A server took a notice.
pub(super) struct Taken {
    /// Which server.
    pub(super) owner: OwnedUniqueName,
    /// The id it gave.
    pub(super) id: u32,
    /// The buttons it was given.
    pub(super) buttons: Vec<Button>,
}

/// Shows a notice on the server that owns the name. When nobody does, one is started if there is a
/// display to show something on.
pub(super) async fn deliver(
    bus: &Connection,
    owner: Option<OwnedUniqueName>,
    display: bool,
    notice: &Notice,
    replaces: u32,
) -> Result<Taken, Error> {
    let owner = match owner {
        Some(owner) => owner,
        None if display => start(bus).await?,
        None => return Err(Error::NoServer),
    };
    show(bus, owner, notice, replaces).await
}

/// Has the bus start a notification server, and gives it.
pub(super) async fn start(bus: &Connection) -> Result<OwnedUniqueName, Error> {
    let starting = async {
        let daemon = wire::bus(bus).await?;
        daemon.start_service_by_name(wire::name(), 0).await?;
        wire::owner(&daemon).await
    };
    match timeout(START, starting).await {
        Ok(Ok(Some(owner))) => Ok(owner),
        // no service file, or the program behind it gave up: either way nobody is there
        Ok(Ok(None) | Err(_)) => Err(Error::NoServer),
        Err(_) => Err(Error::Silent),
    }
}

/// Shows a notice on one server.
async fn show(
    bus: &Connection,
    owner: OwnedUniqueName,
    notice: &Notice,
    replaces: u32,
) -> Result<Taken, Error> {
    let server = wire::server(bus, &owner).await.map_err(refused)?;
    // asked each time: xfce takes `actions` out while do-not-disturb is on
    let able = within(server.get_capabilities()).await?;
    let able = |what: &str| able.iter().any(|known| known == what);
    let summary = notice::summary(&notice.summary);
    let body = notice::body(&notice.body, able("body-markup"));
    let buttons = notice::buttons(notice);
    // sent even where the server draws none: the specification allows it, and it may draw them later
    let actions: Vec<&str> =
        buttons.iter().flat_map(|(key, answer)| [key.as_str(), notice::label(*answer)]).collect();
    let hints = hints(able("x-dunst-stack-tag"));
    let showing = server.notify(APP_NAME, replaces, "", &summary, &body, &actions, hints, -1);
    let id = within(showing).await?;
    Ok(Taken { owner, id, buttons })
}

/// The hints of every notice. Urgency is normal: low has no banner on GNOME, critical breaks
/// do-not-disturb. The stack tag replaces a notice left over from an earlier run.
fn hints(stack_tag: bool) -> HashMap<&'static str, Value<'static>> {
    let mut hints = HashMap::from([
        ("desktop-entry", Value::from(DESKTOP_ID)),
        ("category", Value::from("im")),
        ("urgency", Value::from(1u8)),
        ("suppress-sound", Value::from(true)),
        ("transient", Value::from(false)),
        ("resident", Value::from(false)),
    ]);
    if stack_tag {
        hints.insert("x-dunst-stack-tag", Value::from(APP_NAME));
    }
    hints
}

/// One call, with a limit.
pub(super) async fn within<T>(call: impl Future<Output = zbus::Result<T>>) -> Result<T, Error> {
    match timeout(ANSWER, call).await {
        Ok(answer) => answer.map_err(refused),
        Err(_) => Err(Error::Silent),
    }
}

/// What an error of the bus or the server means here.
fn refused(error: zbus::Error) -> Error {
    const GONE: [&str; 4] = [
        "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.NameHasNoOwner",
        "org.freedesktop.DBus.Error.NoReply",
        "org.freedesktop.DBus.Error.Disconnected",
    ];
    match error {
        zbus::Error::MethodError(name, _, _) if GONE.contains(&name.as_str()) => Error::NoServer,
        zbus::Error::MethodError(name, text, _) => {
            let text = text.unwrap_or_else(|| name.to_string());
            Error::Refused(notice::quoted(&text))
        }
        zbus::Error::InputOutput(error) => Error::NoBus(notice::quoted(&error.to_string())),
        error => Error::Refused(notice::quoted(&error.to_string())),
    }
}
