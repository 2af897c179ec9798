//! `hallway replay`: the nudges the last days would have brought, without showing any.

use std::io::Write;
use std::mem::discriminant;

use jiff::ToSpan;
use serde_json::json;

use super::words::date;
use super::{Session, json as contract};
use crate::cli::failure::Failure;
use crate::cli::out::{Cell, Out, Side, Table, Tone};
use crate::daemon::Plan;
use crate::nudge::{self, Lately, Replayed, Suppressed, World};
use crate::store::Store;
use crate::text::Shown;

/// Prints what would have been said, and what would have been held back and why.
pub fn replay(session: &Session<'_>, days: u32, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = session.reading()?;
    let replayed = replayed(session, &store, &session.plan, days)?;
    if out.json {
        for one in &replayed {
            let nudge = &one.nudge;
            let line = json!({
                "at": contract::time(nudge.at),
                "person": nudge.person.0.as_str(),
                "name": nudge.name,
                "client": nudge.client.as_ref().map(|client| &client.0),
                "verdict": nudge.verdict.as_str(),
                "reason": nudge.reason,
                "suggestion": nudge.suggestion,
                "form": nudge.form.as_str(),
                "certainty": nudge.certainty,
                "suppressed": one.suppressed.as_ref().map(ToString::to_string),
                "days": one.days,
                "last_day": one.last.to_string(),
            });
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    let shown = replayed.iter().filter(|one| one.suppressed.is_none()).count();
    let heading = format!(
        "The last {days} days would have brought {}.",
        super::words::count(shown, "nudge", "nudges")
    );
    writeln!(out, "{}\n", out.paint(Tone::Strong, heading))?;
    for one in replayed.iter().filter(|one| one.suppressed.is_none()) {
        let nudge = &one.nudge;
        let at = nudge.at.to_zoned(session.now.time_zone().clone());
        let client =
            nudge.client.as_ref().map_or(String::new(), |one| format!(", {}", Shown(&one.0)));
        let head = format!("{}{client}", Shown(&nudge.name));
        writeln!(out, "{}  {}", at.strftime("%a %-d %b %Y, %H:%M"), out.paint(Tone::Strong, head))?;
        writeln!(out, "    {} {}\n", nudge.reason, nudge.suggestion)?;
    }
    held(&replayed, out)
}

/// One line for each person and reason, the one that held longest first.
fn held(replayed: &[Replayed], out: &mut Out<'_>) -> Result<(), Failure> {
    let mut lines: Vec<(&Replayed, &Suppressed, u32)> = Vec::new();
    for one in replayed {
        let Some(why) = &one.suppressed else { continue };
        let same = |(line, other, _): &&mut (&Replayed, &Suppressed, u32)| {
            line.nudge.person == one.nudge.person
                && (discriminant(*other) == discriminant(why) || other.passes() && why.passes())
        };
        match lines.iter_mut().find(same) {
            Some(line) => *line = (one, why, line.2 + one.days),
            None => lines.push((one, why, one.days)),
        }
    }
    lines.sort_by(|(a, _, many), (b, _, few)| few.cmp(many).then_with(|| b.last.cmp(&a.last)));
    if !lines.is_empty() {
        writeln!(out, "{}", out.paint(Tone::Faint, "Held back, with the reason on the last day:"))?;
        let mut table = Table::new(&[
            (Side::Left, "PERSON"),
            (Side::Right, "DAYS"),
            (Side::Left, "LAST"),
            (Side::Left, "BECAUSE"),
        ]);
        for (one, why, days) in lines {
            table.row([
                Cell::outside(&one.nudge.name),
                Cell::own(days),
                Cell::own(date(one.last)),
                Cell::own(why),
            ]);
        }
        out.table(&table)?;
    }
    Ok(())
}

/// Replays the last days through the ordinary policy.
pub(super) fn replayed(
    session: &Session<'_>,
    store: &Store,
    plan: &Plan,
    days: u32,
) -> Result<Vec<Replayed>, Failure> {
    let today = session.now.date();
    let first = today.saturating_sub(i64::from(days).days());
    let zone = &plan.zone;
    let since = first.to_zoned(zone.clone()).map_or(session.now.timestamp(), |day| day.timestamp());
    let ledger = session.ledger(store, since)?;
    Ok(nudge::replay(first..=today, zone, &ledger.open, &plan.policy, |day| {
        let morning = day.to_datetime(plan.policy.hours.0);
        match morning.to_zoned(zone.clone()) {
            Ok(morning) => World {
                standing: ledger.at(morning.timestamp()).standing(),
                busy: ledger.busy(&morning),
                // A replay looks once a morning: what goes back and forth is over by then.
                lately: Lately::NOTHING,
            },
            Err(_) => World::default(),
        }
    }))
}
