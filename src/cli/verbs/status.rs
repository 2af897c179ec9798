//! `hallway status`: people and clients, the most pressing first.

use std::io::Write;

use super::words::{ago, count, limit_days, long_date, verdict};
use super::{Session, json};
use crate::cli::args::Standing;
use crate::cli::failure::Failure;
use crate::cli::out::{Cell, Out, Side, Table, Tone};
use crate::daemon::{self, Overview, Somebody};
use crate::digest::spark;

/// Prints how everybody stands.
pub fn status(session: &Session<'_>, asked: &Standing, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = session.reading()?;
    let (_, overview) = session.overview(&store, asked.as_of.as_ref())?;
    let blind = daemon::blind_spots(&store, &session.now)?;
    if out.json {
        writeln!(out, "{:#}", json::status(&overview, &blind))?;
        return Ok(());
    }
    let clients = overview.clients.iter().filter(|house| house.client.confirmed).count();
    let heading = format!(
        "{} · {}, {}",
        long_date(&overview.as_of),
        count(overview.people.len(), "person", "people"),
        count(clients, "client", "clients"),
    );
    writeln!(out, "{}\n", out.paint(Tone::Strong, heading))?;
    if overview.people.is_empty() {
        writeln!(out, "Nobody is in two-way contact yet.")?;
    } else {
        people(&overview, out)?;
    }
    closing(&overview, &blind, out)?;
    let year = session.now.timestamp() - jiff::SignedDuration::from_hours(365 * 24);
    if let Some(trial) = daemon::trial(&store.nudges(year)?, session.now.date()) {
        writeln!(out, "{}", out.paint(Tone::Faint, trial))?;
    }
    Ok(())
}

fn people(overview: &Overview, out: &mut Out<'_>) -> Result<(), Failure> {
    let heads = [
        (Side::Left, "PERSON"),
        (Side::Left, "CLIENT"),
        (Side::Left, "12 WEEKS"),
        (Side::Left, "ALONE"),
        (Side::Right, "AT MOST"),
        (Side::Left, "KEPT BY"),
    ];
    let mut table = Table::new(&heads).dropping(&["12 WEEKS", "CLIENT", "AT MOST"]);
    for one in &overview.people {
        table.row(row(one, overview));
    }
    out.table(&table)?;
    let legend = "◆ a week with a talk alone   ▁▂▃ in writing or in company   · nothing";
    writeln!(out)?;
    Ok(out.sentence(Tone::Faint, legend)?)
}

fn row(one: &Somebody, overview: &Overview) -> [Cell; 6] {
    let reliance = &one.reliance;
    let name = Cell::outside(&one.person.name);
    let client = one.person.client.as_ref().map_or("", |client| client.0.as_str());
    let weeks: Vec<_> = reliance.weeks.iter().map(|(_, mix)| *mix).collect();
    let alone = match reliance.booked {
        Some(day) => format!("booked {}", day.strftime("%-d %b")),
        None => ago(reliance.last_one_on_one, overview.today()),
    };
    [
        if reliance.due { name.toned(Tone::Strong) } else { name },
        Cell::outside(client),
        Cell::own(spark::sparkline(&weeks, false)),
        Cell::own(alone),
        Cell::own(format!("{} days", limit_days(reliance))),
        verdict(reliance),
    ]
}

fn closing(overview: &Overview, blind: &[String], out: &mut Out<'_>) -> Result<(), Failure> {
    let due: Vec<&Somebody> = overview.people.iter().filter(|one| one.reliance.due).collect();
    if let Some(first) = due.first() {
        writeln!(out)?;
        out.sentence(Tone::Plain, &first.why())?;
    }
    for spot in blind {
        writeln!(out, "{} {spot}.", out.paint(Tone::Warn, "Not seen:"))?;
    }
    let unseen =
        "Not seen: the telephone and the corridor. \"hallway talked NAME\" tells of a talk.";
    Ok(out.sentence(Tone::Faint, unseen)?)
}
