//! `hallway demo`: the whole job on an invented world.

use std::fs::{self, DirBuilder};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::scan::{Bars, look};
use super::words::count;
use super::{Session, replay, status};
use crate::cli::args::Standing;
use crate::cli::failure::Failure;
use crate::cli::out::{Out, Tone};
use crate::daemon::{self, Plan};
use crate::demo::{World, world};
use crate::desktop;
use crate::digest::{self, Period};
use crate::nudge::{Moment, decide};
use crate::settings::{self, Environment, Request, Settings};
use crate::store::Store;
use crate::text::Shown;

/// Writes a world, scans it, says whom to talk to and why, shows a notification, writes a digest.
pub fn demo(
    settings: &Settings,
    environment: &Environment,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let root = settings.paths.state.join("demo");
    let today = daemon::now().to_zoned(settings.zone.clone()).date();
    let world = world(&root, today, &settings.zone);
    let written = |error: std::io::Error| {
        Failure::try_again(format!("{}: cannot be written: {error}", root.display()))
    };
    fresh(&root, &world).map_err(written)?;

    let request = Request { config: Some(root.join(&world.config)), set: Vec::new() };
    let mut invented = settings::load(environment, &request)?;
    // As XDG_STATE_HOME would have it, so that the command told at the end finds the same files.
    invented.paths.state = root.join("hallway");
    let session = Session::begin(&invented, environment, false);
    let plan = Plan::of(&invented);
    writeln!(
        out,
        "An invented world: Ana, ten clients, {} of mail and calendar.\n",
        count(world.files.len() - 1, "item", "items")
    )?;
    let store = session.writing()?;
    let daemon = look(plan, store, &mut Bars::new(false))?;
    let read: u64 = daemon.seen().map(|(_, seen)| seen.recorded.messages_new).sum();
    let events: u64 = daemon.seen().map(|(_, seen)| seen.recorded.events).sum();
    let machine: u64 = daemon.seen().map(|(_, seen)| seen.recorded.machine).sum();
    daemon.close()?;
    writeln!(
        out,
        "Read {read} messages and {events} events; {machine} messages were written by machines \
         and left out.\n"
    )?;
    let standing = Standing { as_of: None, output: crate::cli::args::Output { json: false } };
    status(&session, &standing, out)?;

    nudge(&session, out)?;
    page(&session, &root, out)?;
    let line = format!(
        "The world stays in {0} to look around:\n  XDG_STATE_HOME={0} hallway --config {1} why Priya",
        root.display(),
        root.join(&world.config).display()
    );
    writeln!(out, "\n{}", out.paint(Tone::Faint, line))?;
    Ok(())
}

/// Replaces the folder of an earlier demo.
fn fresh(root: &Path, world: &World) -> std::io::Result<()> {
    match fs::remove_dir_all(root) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    for folder in [
        "mail/new",
        "mail/cur",
        "mail/tmp",
        "mail/.Sent/new",
        "mail/.Sent/cur",
        "mail/.Sent/tmp",
        "calendar",
    ] {
        DirBuilder::new().recursive(true).mode(0o700).create(root.join(folder))?;
    }
    for (path, text) in &world.files {
        fs::write(root.join(path), text)?;
    }
    Ok(())
}

/// What the daemon would say, at a good moment of a working day.
fn nudge(session: &Session<'_>, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = session.reading()?;
    let ledger = session.ledger(&store, session.now.timestamp())?;
    let standing = ledger.at(session.now.timestamp()).standing();
    // Whatever the hour is when somebody tries it: the next open day's morning.
    let day = ledger.open.first_open_on_or_after(session.now.date());
    let from = session.plan.policy.hours.0;
    let Ok(moment) = day.to_datetime(from).to_zoned(session.plan.zone.clone()) else {
        return Ok(());
    };
    let moment = Moment {
        now: &moment,
        open: &ledger.open,
        busy: &[],
        calendar_unread_since: None,
        lately: &crate::nudge::Lately::NOTHING,
    };
    let decision = decide(&standing, &[], &session.plan.policy, &moment);
    let Some(nudge) = decision.nudge else { return Ok(()) };
    writeln!(out, "\n{}", out.paint(Tone::Strong, "The nudge of today"))?;
    writeln!(out, "  {}", nudge.summary())?;
    writeln!(out, "  {} {}", nudge.reason, nudge.suggestion)?;
    let past = replay::replayed(session, &store, &session.plan, 90)?;
    let shown = past.iter().filter(|one| one.suppressed.is_none()).count();
    writeln!(
        out,
        "  In the last 90 days there would have been {}.",
        count(shown, "nudge", "nudges")
    )?;
    match desktop::show_once(session.environment.display(), &nudge.summary(), &nudge.body()) {
        Ok(()) => writeln!(out, "  It is on your screen now.")?,
        Err(desktop::Error::NoBus(_)) => {
            writeln!(out, "  Not shown on a screen: this is no desktop session.")?;
        }
        Err(why) => writeln!(out, "  Not shown on a screen: {}.", Shown(&why.to_string()))?,
    }
    Ok(())
}

fn page(session: &Session<'_>, root: &Path, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = Store::open_read_only(&session.settings.paths.database())?;
    let period = Period::week_of(session.now.date()).previous();
    let value = daemon::digest(&store, &session.plan, period, &session.now)?;
    let path = root.join("digest.html");
    let text = digest::html(&value);
    daemon::write(&path, &text)
        .map_err(|error| Failure::try_again(format!("{}: {error}", path.display())))?;
    writeln!(out, "\nThe digest of last week, for your browser:\n  {}", path.display())?;
    Ok(())
}
