//! `hallway scan`: one look at every source, then what was found.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use super::Session;
use super::words::count;
use crate::cli::failure::{Failure, Kind};
use crate::cli::out::{Cell, Out, Side, Table, Tone};
use crate::daemon::{self, Daemon, Effect, Event, Plan, Seen, Source};
use crate::store::{self, SourceId};
use crate::text::Shown;

/// Batches read ahead.
const QUEUE: usize = 4;
/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads everything new, once, and tells what it was.
pub fn scan(session: &Session<'_>, out: &mut Out<'_>) -> Result<(), Failure> {
    let _lock = alone(session)?;
    let store = session.writing()?;
    let mut bars = Bars::new(!session.quiet && !out.json && std::io::stderr().is_terminal());
    let daemon = look(session.plan.clone(), store, &mut bars)?;
    let took = |source: &Source| bars.took.get(&source.name).map_or(0.0, Duration::as_secs_f64);
    let sources: Vec<(&Source, &Seen)> = daemon.seen().collect();
    if out.json {
        for (source, seen) in &sources {
            writeln!(out, "{}", line(source, seen, took(source)))?;
        }
    } else if !session.quiet {
        summary(&sources, took, out)?;
    }
    let failed: Vec<String> = sources
        .iter()
        .filter_map(|(source, seen)| {
            let why = seen.failed.as_ref()?;
            Some(format!("{}: {}", source.name, why))
        })
        .collect();
    daemon.close()?;
    if failed.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(Kind::Unavailable, failed.join("; "));
    Err(failure.hint("what could be read was read; \"hallway check\" tries each source again"))
}

/// The lock of the state folder, or a failure that says who has it.
pub(super) fn alone(session: &Session<'_>) -> Result<daemon::Locked, Failure> {
    let state = &session.settings.paths.state;
    match daemon::lock(state) {
        Ok(Some(locked)) => Ok(locked),
        Ok(None) => {
            let taken = Failure::try_again("another hallway is at work on these files");
            Err(taken.hint("the running daemon reads everything new by itself"))
        }
        Err(error) => {
            Err(Failure::try_again(format!("{}: cannot be written: {error}", state.display())))
        }
    }
}

/// One look at every source through the ordinary loop.
pub(super) fn look(plan: Plan, store: store::Store, bars: &mut Bars) -> Result<Daemon, Failure> {
    let mut daemon = Daemon::new(plan, store, daemon::now())?.only_reading();
    let mut waiting: Vec<_> =
        daemon.step(&Event::Due, daemon::now())?.into_iter().filter_map(looks).collect();
    waiting.reverse();
    // One source after the other: the loop stores while the look reads, and that is two cores.
    while let Some((id, cursor)) = waiting.pop() {
        let Some(source) = daemon.source(id).cloned() else { continue };
        let (events, inbox) = sync_channel(QUEUE);
        let context = daemon.plan().context(&source, daemon::now());
        bars.begin(&source.name);
        let started = daemon::look(id, source.spec, cursor, context, events);
        started.map_err(Failure::software)?;
        while let Ok(event) = inbox.recv() {
            if let Event::Fetched(_, _, progress) = &event {
                bars.advance(progress.done, progress.total);
            }
            daemon.step(&event, daemon::now())?;
        }
        bars.end();
    }
    Ok(daemon)
}

fn looks(effect: Effect) -> Option<(SourceId, crate::cursor::Cursor)> {
    match effect {
        Effect::Look(id, cursor) => Some((id, cursor)),
        _ => None,
    }
}

fn line(source: &Source, seen: &Seen, seconds: f64) -> Value {
    let skipped: Map<String, Value> =
        seen.skipped.iter().map(|(why, n)| ((*why).to_owned(), json!(n))).collect();
    json!({
        "source": source.name,
        "messages": seen.recorded.messages_new,
        "known": seen.recorded.messages_known,
        "events": seen.recorded.events,
        "cards": seen.recorded.cards,
        "calls": 0,
        "machine": seen.recorded.machine,
        "skipped": skipped,
        "seconds": seconds,
        "cursor_moved": seen.recorded.cursor_moved,
        "error": seen.failed,
    })
}

fn summary(
    sources: &[(&Source, &Seen)],
    took: impl Fn(&Source) -> f64,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let mut table = Table::new(&[
        (Side::Left, "SOURCE"),
        (Side::Right, "MESSAGES"),
        (Side::Right, "COPIES"),
        (Side::Right, "MACHINE"),
        (Side::Right, "EVENTS"),
        (Side::Right, "SKIPPED"),
        (Side::Right, "SECONDS"),
    ])
    .dropping(&["SECONDS", "COPIES"]);
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    let mut any = false;
    for (source, seen) in sources {
        let recorded = &seen.recorded;
        let skipped: u64 = seen.skipped.values().sum();
        for (why, n) in &seen.skipped {
            *reasons.entry(why).or_default() += n;
        }
        any |=
            recorded.messages_new + recorded.events + recorded.cards + recorded.machine + skipped
                > 0;
        let name = Cell::outside(&source.name);
        table.row([
            if seen.failed.is_some() { name.toned(Tone::Bad) } else { name },
            Cell::own(recorded.messages_new),
            Cell::own(recorded.messages_known),
            Cell::own(recorded.machine),
            Cell::own(recorded.events),
            Cell::own(skipped),
            Cell::own(format!("{:.1}", took(source))),
        ]);
    }
    out.table(&table)?;
    if !any {
        writeln!(out, "\nNothing new.")?;
    }
    if !reasons.is_empty() {
        writeln!(out, "\nNot read, and not read again unless it changes:")?;
        for (why, n) in &reasons {
            writeln!(out, "  {n:>6}  {why}")?;
        }
        for (source, seen) in sources {
            for (place, why) in seen.places.iter().take(3) {
                let place = format!("{}: {}", Shown(&source.name), Shown(place));
                writeln!(out, "          {}", out.paint(Tone::Faint, format!("{place}: {why}")))?;
            }
        }
    }
    let failed = sources.iter().filter(|(_, seen)| seen.failed.is_some()).count();
    if failed == 0 && any {
        writeln!(
            out,
            "\n{} read. \"hallway status\" shows how you keep in touch.",
            count(sources.len(), "source", "sources")
        )?;
    }
    Ok(())
}

/// Progress bars on a terminal, one a source; none for what takes less than a second. They also
/// know how long each source took.
pub(super) struct Bars {
    all: Option<MultiProgress>,
    current: Option<Current>,
    took: BTreeMap<String, Duration>,
}

struct Current {
    name: String,
    began: std::time::Instant,
    bar: Option<ProgressBar>,
}

impl Bars {
    /// Bars, or none at all.
    pub(super) fn new(wanted: bool) -> Self {
        Self { all: wanted.then(MultiProgress::new), current: None, took: BTreeMap::new() }
    }

    fn begin(&mut self, name: &str) {
        let name = name.to_owned();
        self.current = Some(Current { name, began: daemon::monotonic(), bar: None });
    }

    fn advance(&mut self, done: u64, total: u64) {
        let (Some(all), Some(current)) = (&self.all, &mut self.current) else { return };
        if current.bar.is_none() && current.began.elapsed() >= PATIENCE {
            let style = "{prefix:<20} {bar:30} {pos}/{len} {elapsed} left {eta}";
            let bar = all.add(ProgressBar::new(total));
            bar.set_style(
                ProgressStyle::with_template(style)
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar.set_prefix(Shown(&current.name).to_string());
            current.bar = Some(bar);
        }
        if let Some(bar) = &current.bar {
            bar.set_length(total.max(done));
            bar.set_position(done);
        }
    }

    fn end(&mut self) {
        let Some(current) = self.current.take() else { return };
        self.took.insert(current.name, current.began.elapsed());
        if let Some(bar) = current.bar {
            bar.finish_and_clear();
        }
    }
}
