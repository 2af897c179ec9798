//! The life of the connection: connect, serve, lose it, wait, connect again.
//!
//! While a notice is being delivered the loop goes on reading, so a slow server delays its own
//! answer and nothing else. Waiting for each call in turn lost: a stop would then take as long as
//! the slowest server, and a flood of signals would block the answer behind it.

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use zbus::names::OwnedUniqueName;
use zbus::{Connection, MessageStream, connection};

use super::book::{Book, Signal};
use super::deliver::{ANSWER, Taken, deliver};
use super::notice;
use super::wire::{self, Heard};
use super::{Bus, Command, Error, Happening, Session};
use crate::nudge::NudgeId;

/// How long each part of a farewell may take: closing a notification, waiting for one that is on
/// its way, closing the connection. Together less than the second in which the daemon stops.
const FAREWELL: Duration = Duration::from_millis(300);
/// First and longest wait before the next try to reach the bus. The bus is local and has one
/// client of ours: no jitter.
const WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Signals kept while a notice is being delivered, in case they are about it.
const EARLY: usize = 16;

/// A notice on its way to a server.
type Delivery = Pin<Box<dyn Future<Output = Delivered> + Send>>;

/// How that went.
struct Delivered {
    nudge: NudgeId,
    result: Result<Taken, Error>,
}

/// Why serving ended.
enum End {
    Stopped,
    Lost(Error),
}

/// Runs until told to stop.
pub(super) async fn run(
    session: Session,
    mut commands: mpsc::Receiver<Command>,
    mut stop: watch::Receiver<()>,
    mut report: impl FnMut(Happening),
) {
    let mut wait = WAIT.0;
    let mut told = false;
    loop {
        let connecting = connect(&session.bus);
        let Some(connected) = meanwhile(connecting, &mut commands, &mut stop, &mut report).await
        else {
            return;
        };
        let why = match connected {
            Ok(link) => {
                wait = WAIT.0;
                told = false;
                match link.serve(session.display, &mut commands, &mut stop, &mut report).await {
                    End::Stopped => return,
                    End::Lost(why) => why,
                }
            }
            Err(why) => why,
        };
        if !told {
            report(Happening::NoBus { why });
            told = true;
        }
        if meanwhile(sleep(wait), &mut commands, &mut stop, &mut report).await.is_none() {
            return;
        }
        wait = (wait * 2).min(WAIT.1);
    }
}

/// Waits for something while there is no bus, turning notices away; `None` when told to stop.
async fn meanwhile<T>(
    what: impl Future<Output = T>,
    commands: &mut mpsc::Receiver<Command>,
    stop: &mut watch::Receiver<()>,
    report: &mut impl FnMut(Happening),
) -> Option<T> {
    let mut what = std::pin::pin!(what);
    loop {
        tokio::select! {
            biased;
            _ = stop.changed() => return None,
            done = &mut what => return Some(done),
            command = commands.recv() => match command? {
                Command::Show(notice) => report(Happening::NotDelivered {
                    id: notice.id,
                    why: Error::NoBus("not connected".into()),
                }),
                Command::Close(_) => {}
            },
        }
    }
}

/// A connection, and who shows notifications on it.
struct Link {
    bus: Connection,
    stream: MessageStream,
    owner: Option<OwnedUniqueName>,
}

/// Connects and subscribes, before anything is shown.
async fn connect(bus: &Bus) -> Result<Link, Error> {
    let connecting = async {
        let bus = open(bus).await?;
        // before the first match rule: from here on nothing is missed
        let stream = MessageStream::from(&bus);
        let daemon = wire::bus(&bus).await?;
        wire::subscribe(&daemon).await?;
        let owner = wire::owner(&daemon).await?;
        Ok::<_, zbus::Error>(Link { bus, stream, owner })
    };
    match timeout(ANSWER, connecting).await {
        Ok(Ok(link)) => Ok(link),
        Ok(Err(error)) => Err(Error::NoBus(notice::quoted(&error.to_string()))),
        Err(_) => Err(Error::NoBus("the bus does not answer".into())),
    }
}

/// Opens a connection.
pub(super) async fn open(bus: &Bus) -> zbus::Result<Connection> {
    let builder = match bus {
        Bus::Session => connection::Builder::session()?,
        Bus::At(address) => connection::Builder::address(address.as_str())?,
    };
    builder.build().await
}

impl Link {
    /// Shows, listens and reports until told to stop or until the bus is gone.
    async fn serve(
        mut self,
        display: bool,
        commands: &mut mpsc::Receiver<Command>,
        stop: &mut watch::Receiver<()>,
        report: &mut impl FnMut(Happening),
    ) -> End {
        let mut book = Book::default();
        let mut delivery: Option<Delivery> = None;
        let mut early: Vec<Signal> = Vec::new();
        report(presence(self.owner.as_ref()));
        let why = loop {
            tokio::select! {
                biased;
                _ = stop.changed() => {
                    self.farewell(book, delivery).await;
                    return End::Stopped;
                }
                delivered = outcome(&mut delivery) => {
                    delivery = None;
                    let early = std::mem::take(&mut early);
                    self.settle(delivered, &mut book, early, report).await;
                }
                command = commands.recv(), if delivery.is_none() => match command {
                    None => {
                        self.farewell(book, delivery).await;
                        return End::Stopped;
                    }
                    Some(Command::Show(notice)) => {
                        let (bus, owner) = (self.bus.clone(), self.owner.clone());
                        let replaces = book.replaces();
                        delivery = Some(Box::pin(async move {
                            let nudge = notice.id;
                            let result = deliver(&bus, owner, display, &notice, replaces).await;
                            Delivered { nudge, result }
                        }));
                    }
                    Some(Command::Close(nudge)) => {
                        if let Some(id) = book.strike(nudge) {
                            self.close(id).await;
                        }
                    }
                },
                message = self.stream.next() => match message {
                    None => break Error::NoBus("the bus is gone".into()),
                    Some(Err(error)) => break Error::NoBus(notice::quoted(&error.to_string())),
                    Some(Ok(message)) => match wire::read(&message, self.owner.as_ref()) {
                        None => {}
                        Some(Heard::Signal(signal)) => {
                            let used = self.hear(signal.clone(), &mut book, report).await;
                            if !used && delivery.is_some() && early.len() < EARLY {
                                early.push(signal);
                            }
                        }
                        Some(Heard::Owner(owner)) if owner != self.owner => {
                            early.clear();
                            self.replace_owner(owner, &mut book, report);
                        }
                        Some(Heard::Owner(_)) => {}
                    },
                },
            }
        };
        if let Some(delivery) = delivery {
            let delivered = delivery.await;
            self.settle(delivered, &mut book, Vec::new(), report).await;
        }
        book.clear().into_iter().for_each(report);
        End::Lost(why)
    }

    /// Reports a signal about the nudge on the screen. After a press the notice is taken away:
    /// most servers do so themselves, and on those that do not its buttons would be dead. Tells
    /// whether the signal meant anything.
    async fn hear(
        &self,
        signal: Signal,
        book: &mut Book,
        report: &mut impl FnMut(Happening),
    ) -> bool {
        let id = book.replaces();
        let Some(happening) = book.hear(signal) else { return false };
        if matches!(happening, Happening::Answered { .. }) {
            self.close(id).await;
        }
        report(happening);
        true
    }

    /// Enters a delivered notice, then hears what came in about it before its id was known.
    async fn settle(
        &mut self,
        delivered: Delivered,
        book: &mut Book,
        early: Vec<Signal>,
        report: &mut impl FnMut(Happening),
    ) {
        let id = delivered.nudge;
        let taken = match delivered.result {
            Ok(taken) => taken,
            Err(why) => return report(Happening::NotDelivered { id, why }),
        };
        if self.owner.is_none() {
            // started for this notice, and its answer was read before the news of its coming
            report(Happening::ServerCame);
            self.owner = Some(taken.owner.clone());
        }
        let replaced = book.enter(id, taken.id, taken.buttons);
        report(Happening::Shown { id });
        replaced.into_iter().for_each(&mut *report);
        if self.owner.as_ref() != Some(&taken.owner) {
            book.clear().into_iter().for_each(&mut *report);
        }
        for signal in early {
            self.hear(signal, book, report).await;
        }
    }

    /// Another server, or none.
    fn replace_owner(
        &mut self,
        owner: Option<OwnedUniqueName>,
        book: &mut Book,
        report: &mut impl FnMut(Happening),
    ) {
        book.clear().into_iter().for_each(&mut *report);
        if self.owner.take().is_some() && owner.is_some() {
            report(Happening::ServerLeft);
        }
        report(presence(owner.as_ref()));
        self.owner = owner;
    }

    /// Takes a notification away, as far as its server is still there.
    async fn close(&self, id: u32) {
        let Some(owner) = &self.owner else { return };
        let closing = async { wire::server(&self.bus, owner).await?.close_notification(id).await };
        match timeout(FAREWELL, closing).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a notification could not be closed"),
            Err(_) => tracing::debug!("the bus takes nothing, a notification stays open"),
        }
    }

    /// Closes what is on the screen or on its way there, and the connection.
    async fn farewell(self, mut book: Book, delivery: Option<Delivery>) {
        let closing = async {
            if let Some(delivery) = delivery
                && let Ok(taken) = delivery.await.result
                && self.owner.as_ref() == Some(&taken.owner)
            {
                self.close(taken.id).await;
            }
        };
        if timeout(FAREWELL, closing).await.is_err() {
            tracing::debug!("the notification server did not answer the farewell");
        }
        if let Some(id) = book.strike_any() {
            self.close(id).await;
        }
        if let Ok(Err(error)) = timeout(FAREWELL, self.bus.close()).await {
            tracing::debug!(%error, "the session bus did not close");
        }
    }
}

/// The end of a delivery; never, while there is none.
async fn outcome(delivery: &mut Option<Delivery>) -> Delivered {
    match delivery {
        Some(delivery) => delivery.await,
        None => pending().await,
    }
}

fn presence(owner: Option<&OwnedUniqueName>) -> Happening {
    match owner {
        Some(_) => Happening::ServerCame,
        None => Happening::ServerLeft,
    }
}
