//! A notification server that does what no real one on this machine does: leaves capabilities out,
//! refuses, keeps silent, answers in the worst order. It knows the interface and nothing else.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, connection, fdo};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// What the server does with a notification.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// Takes it.
    Takes,
    /// Answers with an error that has escapes in it.
    Refuses,
    /// Presses the first action, after a token and before a close, before it has even answered.
    PressesAtOnce,
    /// Drops off the bus instead of answering.
    Dies,
    /// Never answers.
    KeepsSilent,
}

/// A notification as it came over the bus.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) replaces: u32,
    pub(crate) summary: String,
    pub(crate) body: String,
    pub(crate) actions: Vec<String>,
    pub(crate) hints: HashMap<String, OwnedValue>,
    pub(crate) timeout: i32,
}

struct Server {
    manner: Manner,
    capabilities: &'static [&'static str],
    seen: Sender<Seen>,
    last: u32,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn get_capabilities(&self) -> Vec<&'static str> {
        self.capabilities.to_vec()
    }

    fn get_server_information(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        ("fake", "nobody", "0", "1.2")
    }

    #[expect(clippy::too_many_arguments, reason = "the specification has eight")]
    async fn notify(
        &mut self,
        #[zbus(connection)] bus: &Connection,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        app_name: String,
        replaces: u32,
        app_icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        timeout: i32,
    ) -> fdo::Result<u32> {
        assert_eq!((app_name.as_str(), app_icon.as_str()), ("Hallway", ""));
        let key = actions.first().cloned().unwrap_or_default();
        drop(self.seen.send(Seen { replaces, summary, body, actions, hints, timeout }));
        self.last = if replaces == 0 { self.last + 1 } else { replaces };
        match self.manner {
            Manner::Takes => {}
            Manner::Refuses => return Err(fdo::Error::LimitsExceeded("too\u{1b}[31m many".into())),
            Manner::PressesAtOnce => {
                emitter.activation_token(self.last, "token-1").await?;
                emitter.action_invoked(self.last, &key).await?;
                emitter.notification_closed(self.last, 2).await?;
                // a slow server: the signals are read and the id is not known yet
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Manner::Dies => bus.clone().close().await?,
            Manner::KeepsSilent => std::future::pending().await,
        }
        Ok(self.last)
    }

    async fn close_notification(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        id: u32,
    ) -> fdo::Result<()> {
        Ok(emitter.notification_closed(id, 3).await?)
    }

    #[zbus(signal)]
    async fn activation_token(
        emitter: &SignalEmitter<'_>,
        id: u32,
        token: &str,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(
        emitter: &SignalEmitter<'_>,
        id: u32,
        reason: u32,
    ) -> zbus::Result<()>;
}

/// The server on a bus, and what it was given. Its runtime carries it.
pub(crate) struct Fake {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) bus: Connection,
    pub(crate) seen: Receiver<Seen>,
}

impl Fake {
    /// Takes the name on a bus.
    pub(crate) fn on(address: &str, manner: Manner, capabilities: &'static [&'static str]) -> Self {
        let (sender, seen) = channel();
        let server = Server { manner, capabilities, seen: sender, last: 40 };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let bus = runtime.block_on(async {
            connection::Builder::address(address)
                .and_then(|builder| builder.serve_at(PATH, server))
                .and_then(|builder| builder.name(NAME))
                .unwrap()
                .build()
                .await
                .unwrap()
        });
        Self { runtime, bus, seen }
    }

    /// Sends a signal as the server does.
    pub(crate) fn say<B>(&self, member: &str, body: &B)
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        say(&self.runtime, &self.bus, None, member, body);
    }
}

/// Sends a signal of the interface from any connection, to everybody or to one name.
pub(crate) fn say<B>(
    runtime: &tokio::runtime::Runtime,
    bus: &Connection,
    to: Option<&str>,
    member: &str,
    body: &B,
) where
    B: serde::Serialize + zbus::zvariant::DynamicType,
{
    runtime.block_on(bus.emit_signal(to, PATH, NAME, member, body)).unwrap();
}
