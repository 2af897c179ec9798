//! When a digest is due, what it is made of, and where it goes.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan, Zoned};

use super::derive::roster;
use super::ledger::Ledger;
use super::plan::Plan;
use super::step::{BLIND, instant};
use crate::digest::{self, ClientInput, Digest, Input, Kind, Period, PersonInput};
use crate::nudge::{Lift, Past};
use crate::settings::{Format, On};
use crate::store::{self, Store};
use crate::text::Shown;

/// The moment a digest comes in the period that holds a day.
fn moment(plan: &Plan, day: Date) -> Timestamp {
    let period = Period::of(plan.period_kind(), day);
    let first = period.from();
    let on = match (plan.digest.on, period.kind()) {
        (On::Weekday(weekday), _) => on_or_after(first, weekday),
        (On::Day(number), Kind::Month) => first.saturating_add(i64::from(number - 1).days()),
        (On::Day(_), Kind::Week) => first,
    };
    instant(on, plan.digest_time(), &plan.zone)
}

fn on_or_after(first: Date, weekday: Weekday) -> Date {
    let ahead = weekday.since(first.weekday());
    first.saturating_add(i64::from(ahead).days())
}

/// When the next digest comes.
pub(super) fn next_digest(plan: &Plan, now: &Zoned) -> Timestamp {
    let this = moment(plan, now.date());
    if this > now.timestamp() {
        return this;
    }
    let next = Period::of(plan.period_kind(), now.date()).to().saturating_add(1.day());
    moment(plan, next)
}

/// The period whose digest should have been written by now and was not; the newest one only, so
/// that a holiday is followed by one digest and not by four. One noted for a period that has not
/// begun was written while the clock was wrong, and must not silence the digest for years.
pub(super) fn due_digest(
    plan: &Plan,
    store: &Store,
    now: &Zoned,
) -> Result<Option<Period>, store::Error> {
    let running = Period::of(plan.period_kind(), now.date());
    let ended = running.previous();
    let come = moment(plan, now.date()) <= now.timestamp();
    let newest = if come { ended } else { ended.previous() };
    // The running one may have ended already where the user came from.
    let written = store.last_digest()?.filter(|last| *last <= running.from());
    Ok(written.is_none_or(|last| last < newest.from()).then_some(newest))
}

/// Puts the digest of a period together, as of now or of the period's end if that is past.
pub fn digest(
    store: &Store,
    plan: &Plan,
    period: Period,
    now: &Zoned,
) -> Result<Digest, store::Error> {
    let last_day = instant(period.to(), jiff::civil::Time::midnight(), &plan.zone);
    let span = (last_day.min(now.timestamp()), now.timestamp());
    let ledger = Ledger::load(store, plan, roster(store, plan, now.timestamp())?, span)?;
    let overview = ledger.at_end_of(period.to(), now.timestamp());
    let whys: Vec<String> = overview.people.iter().map(|one| one.why()).collect();
    let standing = ledger.standing(store, &overview, now.timestamp())?;
    let people: Vec<PersonInput<'_>> = overview
        .people
        .iter()
        .zip(&whys)
        .map(|(one, why)| PersonInput {
            person: &one.person,
            reliance: &one.reliance,
            days: &one.days,
            why,
            standing: standing.get(&one.person.id).copied().unwrap_or_default(),
        })
        .collect();
    let clients: Vec<ClientInput<'_>> = overview
        .clients
        .iter()
        .map(|one| ClientInput { client: &one.client, reliance: &one.reliance, days: &one.days })
        .collect();
    // A year is enough to tell what suggestions are worth, and reaches far behind any period.
    let since = period.from().saturating_sub(1.year());
    let nudges = store.nudges(instant(since, jiff::civil::Time::midnight(), &plan.zone))?;
    let trial = trial(&nudges, overview.today());
    let waiting = overview.people.iter().filter(|one| !one.person.confirmed).count();
    let blind_spots = blind_spots(store, now)?;
    let input = Input {
        as_of: overview.today(),
        people: &people,
        clients: &clients,
        nudges: &nudges,
        waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
        trust_suggestions: plan.rules.trust_suggestions,
        blind_spots: &blind_spots,
        trial: trial.as_deref(),
    };
    Ok(digest::build(&input, period))
}

/// What suggestions are worth, once something was left out to compare them with.
pub fn trial(nudges: &[Past], today: Date) -> Option<String> {
    let lift = Lift::of(nudges, today);
    (lift.left_out.all > 0 && lift.made.all > 0).then(|| lift.to_string())
}

/// Sources that cannot be read, or were not looked at for a day, a sentence each.
pub fn blind_spots(store: &Store, now: &Zoned) -> Result<Vec<String>, store::Error> {
    let sources = store.sources()?;
    let when = |at: Timestamp| at.to_zoned(now.time_zone().clone()).strftime("%-d %B %Y, %H:%M");
    let spot = |source: &store::Source| match (&source.health.trouble, source.health.last_ok) {
        (Some(trouble), _) => Some(format!(
            "{} has not been readable since {}: {}",
            Shown(&source.name),
            when(trouble.since),
            printable(&trouble.what)
        )),
        // Nobody tried, because no daemon runs; what came after is as unknown as if somebody had.
        (None, Some(last)) if now.timestamp().duration_since(last) > BLIND => {
            Some(format!("{} was last looked at on {}", Shown(&source.name), when(last)))
        }
        (None, _) => None,
    };
    Ok(sources.iter().filter_map(spot).collect())
}

/// A sentence with something from outside in it, too long for [`Shown`] as a whole.
pub(super) fn printable(text: &str) -> String {
    text.split(' ').map(|word| Shown(word).to_string()).collect::<Vec<_>>().join(" ")
}

/// Where a digest goes and what it says.
pub(super) fn file(plan: &Plan, digest: &Digest, format: Format) -> (PathBuf, String) {
    let (suffix, text) = match format {
        Format::Html => ("html", digest::html(digest)),
        Format::Markdown => ("md", digest::markdown(digest)),
        Format::Text => ("txt", digest::text(digest, 80, false)),
        Format::Json => ("json", format!("{:#}\n", digest::json(digest))),
    };
    (plan.digests.join(format!("{}.{suffix}", digest.period.name())), text)
}

/// Writes a file whole or not at all, readable by the user alone.
///
/// # Errors
///
/// Whatever the system says; the old file, if any, is then still there.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut unfinished = path.to_owned().into_os_string();
    unfinished.push(".part");
    // Never into what lies there: its mode, or a link's aim, would be another's choice.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = fill(Path::new(&unfinished), text).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        fs::remove_file(&unfinished).ok();
    }
    written
}

fn fill(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
