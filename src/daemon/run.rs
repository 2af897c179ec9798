//! The daemon in life: waits, reads the clock, steps, carries out.

use std::collections::{BTreeSet, VecDeque};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;

use super::anew::Anew;
use super::event::{Effect, Event};
use super::plan::Plan;
use super::servers::Servers;
use super::step::Daemon;
use super::watch::Watches;
use super::{clock, look, report, signals};
use crate::desktop::{self, Handle, Notice, Session, service};
use crate::nudge::{Nudge, NudgeId};
use crate::source::{self, Spec, net::Pace};
use crate::store;

/// Batches and happenings that may wait for the loop: what a look reads ahead.
const QUEUE: usize = 4;
/// How long nothing is tried while nothing can be written; shorter than half the watchdog's.
const PATIENCE: Duration = Duration::from_secs(50);
/// The longest sleep: a clock that jumped while nothing happened is noticed after so long.
const NAP: Duration = Duration::from_secs(600);
/// The shortest sleep after a deadline: one that cannot be met yet must not be asked for without
/// a pause, at the cost of a whole core.
const LULL: Duration = Duration::from_millis(100);

/// The lock that makes this the only daemon or scan of its database.
#[derive(Debug)]
pub struct Locked(File);

impl Locked {
    /// The same lock once more; it is released when both are dropped.
    pub(super) fn share(&self) -> io::Result<File> {
        self.0.try_clone()
    }
}

/// Takes the lock of a state folder, or takes it over from what this process was before
/// ([`Anew`]); `None` when another process has it.
///
/// # Errors
///
/// When the folder or the file cannot be made.
pub fn lock(state: &Path) -> io::Result<Option<Locked>> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(state)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(state.join("lock"))?;
    let (handed, same) = (rustix::fs::fstat(io::stdin()), rustix::fs::fstat(&file)?);
    if handed.is_ok_and(|it| (it.st_dev, it.st_ino) == (same.st_dev, same.st_ino)) {
        file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    }
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(Locked(file))),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Runs until told to stop, which may be as the same program begun anew. `reread` reads the
/// configuration again; `None` keeps the old one and has told why.
///
/// # Errors
///
/// When the store fails; everything else is noted and lived with.
pub fn run(
    daemon: Daemon,
    session: Session,
    seed: u64,
    anew: Anew,
    mut reread: impl FnMut() -> Option<Plan>,
) -> Result<(), Error> {
    let (events, inbox) = sync_channel(QUEUE);
    // Beside the queue, for a request to stop must not wait behind batches that are yet to be stored.
    let stop = Arc::new(AtomicBool::new(false));
    let mut daemon = daemon.drawing_from(seed).heeding(Arc::clone(&stop));
    signals::listen(events.clone(), Arc::clone(&stop)).map_err(Error::Signals)?;
    let to_loop = events.clone();
    daemon.shuffle(seed);
    let display = session.display;
    let handle = desktop::spawn(session, move |happening| {
        // nobody listening any more is the ordinary end of a stopped daemon
        drop(to_loop.send(Event::Desktop(happening)));
    });
    let mut world = World {
        watches: Watches::start(events.clone()).map_err(tell("no wake-ups from the disk")).ok(),
        desktop: handle.map_err(tell("no connection to the desktop")).ok(),
        servers: None,
        display,
        unwatched: 0,
        notices: BTreeSet::new(),
        errands: Vec::new(),
        events,
        seed,
        stop: Arc::clone(&stop),
        quit: false,
    };
    world.watch(&daemon);
    let beat = service::watchdog().map_or(NAP, |limit| (limit / 2).min(NAP));
    noted(service::ready("looking at every source for the first time"));

    let mut event = Event::Due;
    let mut expected = clock::now();
    // Found unable to begin anew, which is told once.
    let mut hindered = false;
    loop {
        let now = clock::now();
        if matches!(event, Event::Reload) {
            noted(service::reloading(clock::since_boot()));
            if let Some(plan) = reread() {
                daemon.replan(plan, now)?;
                world.watch(&daemon);
            }
            hindered = false;
        }
        let reloaded = matches!(event, Event::Reload);
        // After a sleep or a jump of the clock every deadline is judged anew.
        let slept = now.duration_since(expected).unsigned_abs() > NAP + beat;
        let ends_a_look = matches!(event, Event::Looked(_) | Event::Failed(..));
        let due = matches!(event, Event::Due);
        if slept {
            world.live(&mut daemon, Event::Reload, now)?;
        }
        world.live(&mut daemon, event, now)?;
        if world.quit {
            break;
        }
        if ends_a_look || reloaded {
            let status = status(&daemon);
            noted(if reloaded { service::ready(&status) } else { service::status(&status) });
        }
        if ends_a_look {
            world.watch(&daemon);
        }
        if daemon.healthy(now) {
            noted(service::beat());
        }
        if daemon.has_grown() && !hindered && world.is_still() {
            // With a configuration that cannot be read it would not begin at all.
            if let Some(program) = Anew::program().filter(|_| reread().is_some()) {
                tracing::debug!("beginning anew");
                noted(service::reloading(clock::since_boot()));
                return Err(Error::Anew(anew.begin(program)));
            }
            hindered = true;
        }
        let now = clock::now();
        let wait = daemon
            .next_deadline(now)
            .map_or(NAP, |at| Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO));
        let wait = wait.min(beat).max(if due { LULL } else { Duration::ZERO });
        expected = now + wait;
        event = match inbox.recv_timeout(wait) {
            _ if stop.load(Ordering::Acquire) => Event::Stop,
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => Event::Due,
            Err(RecvTimeoutError::Disconnected) => break,
        };
    }
    noted(service::stopping());
    drop(inbox);
    if let Some(desktop) = world.desktop.take() {
        desktop.stop(Duration::from_millis(500));
    }
    daemon.close()?;
    Ok(())
}

/// Why the daemon ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// It could not be begun anew, and is no longer whole.
    #[error("the program cannot be started again")]
    Anew(#[source] io::Error),
    /// It could not hear a request to stop, and must not run then.
    #[error("no signal can be heard")]
    Signals(#[source] io::Error),
}

/// Everything outside the loop.
struct World {
    watches: Option<Watches>,
    /// Started when there is an account to keep an eye on.
    servers: Option<Servers>,
    display: bool,
    /// Folders that could not be watched when last told so.
    unwatched: usize,
    desktop: Option<Handle>,
    /// Notices that are shown, or are to be, and have not had their last word.
    notices: BTreeSet<NudgeId>,
    /// Notices that wait for no answer and programs that were called, on threads of their own.
    errands: Vec<JoinHandle<()>>,
    events: SyncSender<Event>,
    seed: u64,
    stop: Arc<AtomicBool>,
    quit: bool,
}

impl World {
    fn watch(&mut self, daemon: &Daemon) {
        if let Some(servers) = &self.servers {
            servers.keep(daemon.sources().map(|(id, _)| id).collect());
        }
        let Some(watches) = &self.watches else { return };
        let folders: Vec<_> = daemon
            .sources()
            .flat_map(|(id, one)| {
                source::watched(&one.spec).into_iter().map(move |path| (id, path))
            })
            .collect();
        let refused = watches.replace(&folders).len();
        if refused > 0 && refused != self.unwatched {
            tracing::info!(folders = refused, "not watched; looked at every quarter of an hour");
        }
        self.unwatched = refused;
    }

    /// Whether nothing would be missed if this process were another one now.
    fn is_still(&mut self) -> bool {
        self.errands.retain(|errand| !errand.is_finished());
        self.notices.is_empty() && self.errands.is_empty() && !self.stop.load(Ordering::Acquire)
    }

    /// One step and all that follows at once.
    fn live(
        &mut self,
        daemon: &mut Daemon,
        event: Event,
        now: Timestamp,
    ) -> Result<(), store::Error> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            if let Event::Desktop(happening) = &event
                && let Some(id) = happening.last_word()
            {
                self.notices.remove(&id);
            }
            let effects = match daemon.step(&event, now) {
                Err(store::Error::Stopped { .. }) => {
                    self.quit = true;
                    return Ok(());
                }
                // The same event again, and nothing before it: a batch left out would take its
                // facts with it, since the next one carries a later cursor.
                Err(error) if error.passes() => {
                    self.quit = !self.wait_out(&error);
                    if self.quit {
                        return Ok(());
                    }
                    events.push_front(event);
                    continue;
                }
                other => other?,
            };
            for effect in effects {
                events.extend(self.carry_out(effect, daemon, now));
            }
        }
        Ok(())
    }

    /// Waits a while for a full disk or a busy file, saying so; `false` when asked to stop
    /// meanwhile. Looks wait at the full queue, and readers go on reading.
    fn wait_out(&self, error: &store::Error) -> bool {
        tracing::warn!(%error, "nothing can be written; trying again in a minute");
        noted(service::status(&format!("waiting: {error}")));
        for _ in 0..PATIENCE.as_millis() / LULL.as_millis() {
            if self.stop.load(Ordering::Acquire) {
                return false;
            }
            std::thread::sleep(LULL);
        }
        noted(service::beat());
        true
    }

    /// Carries one effect out; what could not be done is an event at once.
    fn carry_out(&mut self, effect: Effect, daemon: &Daemon, now: Timestamp) -> Option<Event> {
        match effect {
            Effect::Look(id, cursor) => {
                let source = daemon.source(id)?;
                let context = daemon.plan().context(source, now);
                let started = match &source.spec {
                    Spec::Imap(account) => {
                        let account = account.as_ref().clone();
                        self.servers().map(|all| all.look(id, account, cursor, context))
                    }
                    spec => look::start(id, spec.clone(), cursor, context, self.events.clone())
                        .map(|()| true),
                };
                let why = match started {
                    Ok(true) => return None,
                    Ok(false) => look::FAULT.to_owned(),
                    Err(error) => error.to_string(),
                };
                return Some(Event::Failed(id, why, Pace::Later));
            }
            Effect::Tell(headline, body) => {
                let display = self.display;
                let telling = std::thread::Builder::new().name("tell".into()).spawn(move || {
                    if let Err(error) = desktop::show_once(display, &headline, &body) {
                        tracing::info!(%error, "nobody to show a notice");
                    }
                });
                self.errands.extend(telling.map_err(tell("a notice cannot be shown")));
            }
            Effect::Show(id, nudge) => return self.show(id, &nudge, daemon.plan().discreet),
            Effect::Digest(period, files) => {
                let written = files.iter().filter(|(path, text)| write(path, text)).count();
                return (written == files.len()).then_some(Event::Written(period));
            }
            Effect::Write(path, text) => drop(write(&path, &text)),
            Effect::Open(path) => {
                // Where the browser is our child, it lives as long as its window.
                let opening = std::thread::Builder::new().name("open".into());
                let opening = opening.spawn(move || open(&path));
                self.errands.extend(opening.map_err(tell("no page can be opened")));
            }
            Effect::Quit => self.quit = true,
        }
        None
    }

    /// The thread of the servers, started when first needed.
    fn servers(&mut self) -> io::Result<&Servers> {
        let servers = match self.servers.take() {
            Some(servers) => servers,
            None => Servers::start(self.events.clone(), self.seed)?,
        };
        Ok(self.servers.insert(servers))
    }

    fn show(&mut self, id: NudgeId, nudge: &Nudge, discreet: bool) -> Option<Event> {
        let summary = if discreet { Nudge::discreet_summary().to_owned() } else { nudge.summary() };
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let nonce = (self.seed ^ self.seed.rotate_left(31)).to_le_bytes();
        let notice =
            Notice { id, summary, body: nudge.body(), offers: nudge.offers().to_vec(), nonce };
        self.notices.insert(id);
        let shown = self.desktop.as_ref().map_or(Err(desktop::Error::Ended), |to| to.show(notice));
        shown.err().map(|why| Event::Desktop(desktop::Happening::NotDelivered { id, why }))
    }
}

/// Writes a file; whether that could be done.
fn write(path: &Path, text: &str) -> bool {
    report::write(path, text)
        .map_err(|error| tracing::error!(%error, path = %path.display(), "cannot be written"))
        .is_ok()
}

/// Opens a file with the user's own program for it. Under systemd not as a child: a browser must
/// not inherit the daemon's sandbox, so the service manager starts it.
fn open(path: &Path) {
    let mut by_manager = Command::new("systemd-run");
    by_manager.args(["--user", "--quiet", "--collect", "--", "xdg-open"]).arg(path);
    let mut direct = Command::new("xdg-open");
    direct.arg(path);
    for command in [&mut by_manager, &mut direct] {
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if command.status().is_ok_and(|status| status.success()) {
            return;
        }
    }
    tracing::warn!("nothing opens a page here");
}

/// How things stand, for `systemctl status`.
fn status(daemon: &Daemon) -> String {
    let failing = daemon.seen().filter(|(_, seen)| seen.failed.is_some()).count();
    let all = daemon.sources().count();
    match failing {
        0 => format!("watching {all} {}", if all == 1 { "source" } else { "sources" }),
        _ => format!("watching {} of {all} sources; see hallway status", all - failing),
    }
}

/// The service manager not listening is no reason to stop.
fn noted(said: io::Result<()>) {
    if let Err(error) = said {
        tracing::debug!(%error, "the service manager does not listen");
    }
}

fn tell(what: &'static str) -> impl Fn(io::Error) -> io::Error {
    move |error| {
        tracing::warn!(%error, "{what}");
        error
    }
}
