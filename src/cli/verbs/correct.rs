//! `hallway correct`: one item, overruled.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::json;

use super::questions::quoted;
use super::words::{date, what};
use super::{Session, json as contract, person};
use crate::cli::args;
use crate::cli::failure::Failure;
use crate::cli::out::{Cell, Out, Side, Table, Tone};
use crate::daemon;
use crate::interaction::{Change, Correction, Interaction, Reference};
use crate::people::{PersonId, Roster};
use crate::store::{Filter, Store};
use crate::text::Shown;

/// Says what an item really was, or lists what was said.
pub fn correct(
    session: &Session<'_>,
    asked: &args::Correct,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let (Some(item), Some(verdict)) = (&asked.item, &asked.verdict) else {
        return list(session, out);
    };
    let mut store = session.writing()?;
    let now = session.now.timestamp();
    let roster = daemon::roster(&store, &session.plan, now)?;
    let item = find(&store, item)?;
    let found: BTreeSet<PersonId> =
        touching(&store, &item)?.into_iter().map(|one| one.person).collect();
    let named = |who: &str| person(&roster, who).map(|person| person.id.0.clone());
    let with = asked.with.as_deref().map(named).transpose()?;
    let (change, with) = match verdict.as_str() {
        "one-on-one" => (Change::OneOnOne, with),
        "group" => (Change::Group, with),
        "email" => (Change::Email, with),
        "ignore" => (Change::Ignore, None),
        "undo" => (Change::Undo, None),
        other => (Change::Person, Some(named(other)?)),
    };
    let whom = || {
        let names = found.iter().map(|id| format!("\n    {}", Shown(name_of(&roster, id))));
        let names: String = names.collect();
        if names.is_empty() { String::new() } else { format!("; it is with:{names}") }
    };
    let several = found.len() > 1;
    match change {
        Change::OneOnOne | Change::Group | Change::Email if with.is_none() && found.is_empty() => {
            let failure = Failure::data("nobody known is found in that item");
            return Err(failure.hint("say with whom it was: --with NAME"));
        }
        Change::OneOnOne if with.is_none() && several => {
            let failure = Failure::data("that item is with several people");
            return Err(failure
                .hint(format!("say with whom of them you were alone: --with NAME{}", whom())));
        }
        Change::Person if several => {
            let failure = Failure::data("that item is with several people");
            return Err(failure.hint(format!(
                "say what it was with one of them, as one-on-one --with NAME{}",
                whom()
            )));
        }
        _ => {}
    }
    store.correct(&Correction { at: now, item: item.clone(), change, with })?;
    let (roster, _) = daemon::derive(&mut store, &session.plan, now)?;
    let counted = touching(&store, &item)?;
    if counted.is_empty() {
        writeln!(out, "It counts for nobody now.")?;
    }
    for one in counted.iter().take(5) {
        let name = Shown(name_of(&roster, &one.person));
        writeln!(out, "{}: {}, with {name}.", date(one.day), what(one))?;
    }
    if counted.len() > 5 {
        writeln!(out, "And {} more of the series.", counted.len() - 5)?;
    }
    if change != Change::Undo {
        let command =
            format!("\"hallway correct {} undo\" takes it back.", quoted(&item.to_string()));
        writeln!(out, "{}", out.paint(Tone::Faint, command))?;
    }
    Ok(())
}

fn name_of<'a>(roster: &'a Roster, id: &'a PersonId) -> &'a str {
    roster.person(id).map_or(id.0.as_str(), |person| person.name.as_str())
}

/// The one item a text names.
fn find(store: &Store, text: &str) -> Result<Reference, Failure> {
    let mut items = store.items(text)?;
    match (items.pop(), items.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(Failure::data(format!("no item is known as \"{}\"", Shown(text)))
            .hint("\"hallway why NAME\" lists the items of somebody")),
        (Some(last), _) => {
            items.push(last);
            let mut lines = String::from("write more of it:");
            for item in items.iter().take(12) {
                lines += &format!("\n    {}", Shown(&item.to_string()));
            }
            Err(Failure::data(format!("\"{}\" begins several items", Shown(text))).hint(lines))
        }
    }
}

/// The interactions of an item, of every occurrence where it is a series.
fn touching(store: &Store, item: &Reference) -> Result<Vec<Interaction>, Failure> {
    let same = |other: &Reference| match (item, other) {
        (
            Reference::Occurrence { uid: a, recurrence_id: None },
            Reference::Occurrence { uid: b, .. },
        ) => a == b,
        _ => item == other,
    };
    let mut found = Vec::new();
    store.interactions(&Filter::default(), |one, _| {
        if same(&one.reference) {
            found.push(one);
        }
    })?;
    found.sort_by_key(|one| std::cmp::Reverse(one.at));
    Ok(found)
}

fn list(session: &Session<'_>, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = session.reading()?;
    let roster = daemon::roster(&store, &session.plan, session.now.timestamp())?;
    let said = store.corrections()?;
    let mut table = Table::new(&[
        (Side::Left, "SAID ON"),
        (Side::Left, "IS"),
        (Side::Left, "WITH"),
        (Side::Left, "ITEM"),
    ]);
    let mut shown = BTreeSet::new();
    for one in said.iter().rev().filter(|one| shown.insert(&one.item)) {
        let with = one.with.as_ref().map(|address| PersonId(address.clone()));
        let change = word(one.change);
        if out.json {
            let line = json!({
                "at": contract::time(one.at),
                "ref": one.item.to_string(),
                "as": change,
                "with": one.with.as_ref().map(|address| address.as_str()),
            });
            writeln!(out, "{line}")?;
            continue;
        }
        table.row([
            Cell::own(date(one.at.to_zoned(session.now.time_zone().clone()).date())),
            Cell::own(change),
            Cell::outside(with.as_ref().map_or("", |id| name_of(&roster, id))),
            Cell::outside(&one.item.to_string()),
        ]);
    }
    if out.json {
        return Ok(());
    }
    if table.is_empty() {
        let hint = "Nothing was corrected. \"hallway why NAME\" lists items; \
                    \"hallway correct ITEM one-on-one\" overrules one.";
        return Ok(out.sentence(Tone::Plain, hint)?);
    }
    Ok(out.table(&table)?)
}

fn word(change: Change) -> &'static str {
    match change {
        Change::OneOnOne => "one-on-one",
        Change::Group => "group",
        Change::Email => "email",
        Change::Ignore => "ignore",
        Change::Person => "somebody else",
        Change::Undo => "undo",
    }
}
