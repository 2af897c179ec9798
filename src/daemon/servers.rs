//! Accounts on servers, each kept an eye on by a worker of its own; all on one thread.
//!
//! A worker holds the account's one connection. The loop asks it for a look, as it asks for one at
//! a folder; in between the worker waits for what the server tells and says that a look is worth
//! taking. It never looks by itself: what to begin with is the store's to say.
//!
//! Where the loop is busy storing, a worker waits, and its connection with it. The queue is tried
//! first and waited for on a thread made for that, because a wait here would hold up every other
//! account.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{SyncSender, TrySendError};

use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, LocalSet, spawn_blocking};

use super::event::Event;
use super::look::{FAULT, failed};
use super::rouse;
use crate::batch::Batch;
use crate::cursor::Cursor;
use crate::source::imap::{Account, Live, News, Take};
use crate::source::net::{Fault, Pace};
use crate::source::{Context, Error, Progress};
use crate::store::SourceId;

/// Orders that may wait: a look and a reason to connect anew.
const ORDERS: usize = 4;

/// The thread of the servers, as long as it is held.
pub(super) struct Servers(mpsc::UnboundedSender<Control>);

enum Control {
    Look(SourceId, Box<Account>, Cursor, Box<Context>),
    Keep(Vec<SourceId>),
}

enum Order {
    Look(Cursor, Box<Context>),
    Renew,
}

impl Servers {
    /// Starts the thread. `seed` is for what has to happen at no common time.
    ///
    /// # Errors
    ///
    /// When the system gives no thread or no descriptors.
    pub(super) fn start(events: SyncSender<Event>, seed: u64) -> io::Result<Self> {
        let (control, inbox) = mpsc::unbounded_channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("servers".into()).spawn(move || {
            LocalSet::new().block_on(&runtime, serve(inbox, events, seed));
            // A name server or a keyring may still be waited for; nothing of it is worth waiting.
            runtime.shutdown_background();
        })?;
        Ok(Self(control))
    }

    /// Asks for a look at an account; whether anybody is there to take it.
    pub(super) fn look(
        &self,
        id: SourceId,
        account: Account,
        cursor: Cursor,
        context: Context,
    ) -> bool {
        self.0.send(Control::Look(id, Box::new(account), cursor, Box::new(context))).is_ok()
    }

    /// Lets all accounts go but these.
    pub(super) fn keep(&self, ids: Vec<SourceId>) {
        // Nobody there to hear it has let go of all of them.
        drop(self.0.send(Control::Keep(ids)));
    }
}

/// A worker, from outside.
struct Worker {
    account: Account,
    orders: mpsc::Sender<Order>,
}

async fn serve(
    mut inbox: mpsc::UnboundedReceiver<Control>,
    events: SyncSender<Event>,
    mut seed: u64,
) {
    let mut workers: BTreeMap<SourceId, Worker> = BTreeMap::new();
    let mut running = JoinSet::new();
    let roused = rouse::start();
    let mut roused = roused
        .map_err(|error| tracing::info!(%error, "sleep and changes of the network go unnoticed"))
        .ok();
    loop {
        let control = tokio::select! {
            control = inbox.recv() => control,
            Some(()) = hear(&mut roused) => {
                for worker in workers.values() {
                    // One that has not got to the last order will connect anew for that.
                    drop(worker.orders.try_send(Order::Renew));
                }
                continue;
            }
            Some(_) = running.join_next() => continue,
        };
        match control {
            None => break,
            Some(Control::Keep(ids)) => workers.retain(|id, _| ids.contains(id)),
            Some(Control::Look(id, account, cursor, context)) => {
                let known = workers
                    .get(&id)
                    .is_some_and(|worker| worker.account == *account && !worker.orders.is_closed());
                if !known {
                    seed = seed.rotate_left(23).wrapping_add(0x9E37_79B9_7F4A_7C15);
                    let (orders, inbox) = mpsc::channel(ORDERS);
                    let live = Live::new((*account).clone(), seed);
                    running.spawn_local(guard(id, live, inbox, events.clone()));
                    workers.insert(id, Worker { account: *account, orders });
                }
                if let Some(worker) = workers.get(&id) {
                    drop(worker.orders.send(Order::Look(cursor, context)).await);
                }
            }
        }
    }
    workers.clear();
}

async fn hear(roused: &mut Option<mpsc::Receiver<()>>) -> Option<()> {
    match roused {
        Some(roused) => roused.recv().await,
        None => std::future::pending().await,
    }
}

/// A worker whose panic ends its look and not the daemon.
async fn guard(id: SourceId, live: Live, orders: mpsc::Receiver<Order>, events: SyncSender<Event>) {
    let work = tokio::task::spawn_local(work(id, live, orders, events.clone()));
    if work.await.is_err_and(|error| error.is_panic()) {
        let fault = Event::Failed(id, FAULT.to_owned(), Pace::Later);
        let _ = send(&events, fault).await;
    }
}

async fn work(
    id: SourceId,
    mut live: Live,
    mut orders: mpsc::Receiver<Order>,
    events: SyncSender<Event>,
) {
    let mut take = ToLoop { id, events: events.clone() };
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            news = live.news() => {
                match news {
                    News::Watch => live.watch().await,
                    News::Look if send(&events, Event::Changed(id)).await.is_break() => break,
                    // The loop answers with an order; asking again meanwhile would say no more.
                    News::Look => match orders.recv().await {
                        Some(order) => {
                            let go_on = obey(order, &mut live, &mut orders, &mut take).await;
                            if go_on.is_break() { break }
                        }
                        None => break,
                    },
                }
                continue;
            }
        };
        let Some(order) = order else { break };
        if obey(order, &mut live, &mut orders, &mut take).await.is_break() {
            break;
        }
    }
    live.end().await;
}

async fn obey(
    order: Order,
    live: &mut Live,
    orders: &mut mpsc::Receiver<Order>,
    take: &mut ToLoop,
) -> ControlFlow<()> {
    let (id, events) = (take.id, take.events.clone());
    let Order::Look(cursor, context) = order else {
        live.leave();
        return send(&events, Event::Changed(id)).await;
    };
    let server = live.server();
    let looked = tokio::select! {
        looked = live.look(&cursor, &context, take) => Some(looked),
        // A connection over a network that is gone would be waited for until it times out.
        _ = orders.recv() => None,
    };
    let renewed = looked.is_none();
    let last = match looked {
        Some(Ok(())) => Event::Looked(id),
        Some(Err(error)) => failed(id, &error),
        None => {
            live.leave();
            failed(id, &Error::Server { server, fault: Fault::Lost })
        }
    };
    send(&events, last).await?;
    if renewed {
        return send(&events, Event::Changed(id)).await;
    }
    live.watch().await;
    ControlFlow::Continue(())
}

/// Hands something to the loop; `Break` when nobody listens any more, which is the ordinary end
/// of a stopped daemon.
async fn send(events: &SyncSender<Event>, event: Event) -> ControlFlow<()> {
    match events.try_send(event) {
        Ok(()) => ControlFlow::Continue(()),
        Err(TrySendError::Disconnected(_)) => ControlFlow::Break(()),
        Err(TrySendError::Full(event)) => {
            let events = events.clone();
            match spawn_blocking(move || events.send(event).is_ok()).await {
                Ok(true) => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        }
    }
}

struct ToLoop {
    id: SourceId,
    events: SyncSender<Event>,
}

impl Take for ToLoop {
    async fn take(&mut self, batch: Batch, progress: Progress) -> ControlFlow<()> {
        send(&self.events, Event::Fetched(self.id, batch, progress)).await
    }
}
