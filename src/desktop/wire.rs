//! The interface `org.freedesktop.Notifications` as it goes over the bus, and who is believed.
//!
//! The bus stamps each message with its true sender, so that is what is checked: a change of owner
//! is believed from the bus alone, a signal about a notification from the owner of the name alone.
//! Match rules do not do this, because a message sent to us directly needs none.

use std::collections::HashMap;

use zbus::fdo::DBusProxy;
use zbus::message::Type;
use zbus::names::{OwnedUniqueName, UniqueName, WellKnownName};
use zbus::proxy::CacheProperties;
use zbus::zvariant::Value;
use zbus::{Connection, MatchRule, Message};

use super::book::Signal;

/// The name that a notification server owns.
pub(super) const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const BUS: &str = "org.freedesktop.DBus";

/// Methods of a notification server; its signals come through [`read`].
#[zbus::proxy(
    interface = "org.freedesktop.Notifications",
    default_path = "/org/freedesktop/Notifications",
    gen_blocking = false
)]
pub(super) trait Notifications {
    /// What the server can do.
    #[zbus(no_autostart)]
    fn get_capabilities(&self) -> zbus::Result<Vec<String>>;

    /// Name, vendor, version, version of the specification.
    #[zbus(no_autostart)]
    fn get_server_information(&self) -> zbus::Result<(String, String, String, String)>;

    /// Shows a notification and gives its id, never 0.
    #[zbus(no_autostart)]
    #[expect(clippy::too_many_arguments, reason = "the specification has eight")]
    fn notify(
        &self,
        app_name: &str,
        replaces_id: u32,
        app_icon: &str,
        summary: &str,
        body: &str,
        actions: &[&str],
        hints: HashMap<&str, Value<'_>>,
        expire_timeout: i32,
    ) -> zbus::Result<u32>;

    /// Takes a notification away. Servers differ in what they answer when it is gone already, so
    /// nobody waits for it.
    #[zbus(no_autostart, no_reply)]
    fn close_notification(&self, id: u32) -> zbus::Result<()>;
}

/// A proxy for one server, by its unique name: when that server is gone the call fails, instead of
/// reaching whoever has the name by then.
pub(super) async fn server<'a>(
    bus: &Connection,
    owner: &OwnedUniqueName,
) -> zbus::Result<NotificationsProxy<'a>> {
    NotificationsProxy::builder(bus)
        .destination(owner.inner().to_owned())?
        .cache_properties(CacheProperties::No)
        .build()
        .await
}

/// The bus itself.
pub(super) async fn bus(connection: &Connection) -> zbus::Result<DBusProxy<'static>> {
    DBusProxy::builder(connection).cache_properties(CacheProperties::No).build().await
}

/// Asks the bus for everything that [`read`] understands.
pub(super) async fn subscribe(bus: &DBusProxy<'_>) -> zbus::Result<()> {
    let owners = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(BUS)?
        .interface(BUS)?
        .member("NameOwnerChanged")?
        .arg(0, NAME)?
        .build();
    let signals = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(NAME)?
        .interface(NAME)?
        .path(PATH)?
        .build();
    bus.add_match_rule(owners).await?;
    bus.add_match_rule(signals).await?;
    Ok(())
}

/// The owner of the name; `None` when nobody has it.
pub(super) async fn owner(
    bus: &DBusProxy<'_>,
) -> Result<Option<OwnedUniqueName>, zbus::fdo::Error> {
    match bus.get_name_owner(name().into()).await {
        Ok(owner) => Ok(Some(owner)),
        Err(zbus::fdo::Error::NameHasNoOwner(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The name, typed.
pub(super) fn name() -> WellKnownName<'static> {
    WellKnownName::from_static_str_unchecked(NAME)
}

/// What a message tells us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The name has a new owner, or none.
    Owner(Option<OwnedUniqueName>),
    /// The server speaks of a notification.
    Signal(Signal),
}

/// Reads a message; `None` for all that is nobody's business here, that comes from the wrong
/// sender, or whose body is not what the specification says.
pub(super) fn read(message: &Message, owner: Option<&OwnedUniqueName>) -> Option<Heard> {
    let header = message.header();
    let sender = header.sender()?;
    if header.message_type() != Type::Signal {
        return None;
    }
    let member = header.member()?.as_str();
    match header.interface()?.as_str() {
        BUS if sender == BUS && member == "NameOwnerChanged" => {
            let body = message.body();
            let (name, _old, new): (&str, &str, &str) = body.deserialize().ok()?;
            if name != NAME {
                return None;
            }
            let new = match new {
                "" => None,
                new => Some(OwnedUniqueName::from(UniqueName::try_from(new).ok()?.to_owned())),
            };
            Some(Heard::Owner(new))
        }
        NAME if owner.is_some_and(|owner| owner == sender) && header.path()? == PATH => {
            let body = message.body();
            let signal = match member {
                "ActionInvoked" => {
                    let (id, key) = body.deserialize().ok()?;
                    Signal::Pressed { id, key }
                }
                "NotificationClosed" => {
                    let (id, reason) = body.deserialize().ok()?;
                    Signal::Closed { id, reason }
                }
                "ActivationToken" => {
                    let (id, token) = body.deserialize().ok()?;
                    Signal::Token { id, token }
                }
                _ => return None,
            };
            Some(Heard::Signal(signal))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use zbus::zvariant::DynamicType;

    use super::*;

    /// A signal from `sender`, heard while `:1.7` owns the name.
    fn heard<B: Serialize + DynamicType>(
        sender: &str,
        path: &str,
        interface: &str,
        member: &str,
        body: &B,
    ) -> Option<Heard> {
        let message = Message::signal(path, interface, member)
            .and_then(|signal| signal.sender(sender))
            .and_then(|signal| signal.build(body))
            .unwrap();
        let owner = OwnedUniqueName::try_from(":1.7").unwrap();
        read(&message, Some(&owner))
    }

    fn owner_change(sender: &str, name: &str, new: &str) -> Option<Heard> {
        heard(sender, "/org/freedesktop/DBus", BUS, "NameOwnerChanged", &(name, ":1.7", new))
    }

    #[test]
    fn the_owner_is_heard() {
        let id = 3;
        assert_eq!(
            heard(":1.7", PATH, NAME, "ActionInvoked", &(3u32, "k")),
            Some(Heard::Signal(Signal::Pressed { id, key: "k".into() }))
        );
        assert_eq!(
            heard(":1.7", PATH, NAME, "NotificationClosed", &(3u32, 2u32)),
            Some(Heard::Signal(Signal::Closed { id, reason: 2 }))
        );
        assert_eq!(
            heard(":1.7", PATH, NAME, "ActivationToken", &(3u32, "t")),
            Some(Heard::Signal(Signal::Token { id, token: "t".into() }))
        );
    }

    #[test]
    fn nobody_else_is_heard() {
        for sender in [":1.8", ":1.77", ":1.70", BUS] {
            assert_eq!(heard(sender, PATH, NAME, "ActionInvoked", &(3u32, "k")), None, "{sender}");
            assert_eq!(heard(sender, PATH, NAME, "NotificationClosed", &(3u32, 2u32)), None);
        }
        let message = Message::signal(PATH, NAME, "ActionInvoked")
            .and_then(|signal| signal.sender(":1.7"))
            .and_then(|signal| signal.build(&(3u32, "k")))
            .unwrap();
        assert_eq!(read(&message, None), None);
        assert!(owner_change(":1.8", NAME, ":1.8").is_none(), "a stranger is not the bus");
        assert!(owner_change(":1.7", NAME, ":1.8").is_none(), "the server is not the bus");
    }

    #[test]
    fn the_bus_tells_who_owns_the_name() {
        let new = OwnedUniqueName::try_from(":1.8").unwrap();
        assert_eq!(owner_change(BUS, NAME, ":1.8"), Some(Heard::Owner(Some(new))));
        assert_eq!(owner_change(BUS, NAME, ""), Some(Heard::Owner(None)));
        assert_eq!(owner_change(BUS, "org.example.Other", ":1.8"), None);
        assert_eq!(owner_change(BUS, NAME, "not a name"), None);
    }

    #[test]
    fn malformed_signals_mean_nothing() {
        assert_eq!(heard(":1.7", PATH, NAME, "ActionInvoked", &"text"), None);
        assert_eq!(heard(":1.7", PATH, NAME, "ActionInvoked", &("text", 3u32)), None);
        assert_eq!(heard(":1.7", PATH, NAME, "NotificationClosed", &(3u64, 2u32)), None);
        assert_eq!(heard(":1.7", PATH, NAME, "SomethingNew", &(3u32, "k")), None);
        assert_eq!(heard(":1.7", "/elsewhere", NAME, "ActionInvoked", &(3u32, "k")), None);
        assert_eq!(heard(":1.7", PATH, "org.example.X", "ActionInvoked", &(3u32, "k")), None);
        assert_eq!(owner_change(BUS, NAME, ":"), None);
    }
}
