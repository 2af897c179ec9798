//! `hallway interactions`: everything that was counted, and what it was counted as.

use std::collections::BTreeMap;
use std::io::Write;

use super::words::what;
use super::{Named, Session, json, named};
use crate::cli::args::Interactions;
use crate::cli::failure::Failure;
use crate::cli::out::{Cell, Out, Side, Table, Tone};
use crate::interaction::{Counted, Interaction, by_person};
use crate::store::{Filter, Order, SourceId, Store};

/// Prints every interaction that has happened, oldest first.
pub fn interactions(
    session: &Session<'_>,
    asked: &Interactions,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let store = session.reading()?;
    let roster = crate::daemon::roster(&store, &session.plan, session.now.timestamp())?;
    let mut filter = Filter { order: Order::OldestFirst, ..Filter::default() };
    let mut of_client = None;
    if let Some(who) = &asked.who {
        match named(&roster, who)? {
            Named::Person(person) => filter.persons = Some([person.id.clone()].into()),
            Named::Client(client) => of_client = Some(client.id.clone()),
        }
    }
    let day = |when: &crate::cli::when::When| {
        when.day(&session.now).map_err(|wrong| Failure::data(wrong.to_string()))
    };
    let since = asked.since.as_ref().map(day).transpose()?;
    let until = asked.until.as_ref().map(day).transpose()?;
    // Whether something counts depends on its whole day and week: judged first, then left out.
    let all = past(&store, &filter, session)?;
    let names = names(&store)?;
    let tallies = by_person(all.iter().map(|(interaction, _)| interaction));
    let mut counted: Vec<Counted<'_>> =
        tallies.into_values().flat_map(|tally| tally.counted).collect();
    counted.sort_by(|a, b| {
        let key = |one: &Counted<'_>| (one.interaction.at, one.interaction.person.clone());
        key(a).cmp(&key(b))
    });
    counted.retain(|one| {
        let day = one.interaction.day;
        let (person, address) = (&one.interaction.person, &one.interaction.address);
        if of_client.is_some() && roster.client_then(person, address) != of_client.as_ref() {
            return false;
        }
        since.is_none_or(|since| since <= day) && until.is_none_or(|until| day <= until)
    });
    let sources: BTreeMap<(&crate::interaction::Reference, &crate::people::PersonId), SourceId> =
        all.iter()
            .filter_map(|(one, source)| Some(((&one.reference, &one.person), (*source)?)))
            .collect();
    let mut table = Table::new(&[
        (Side::Left, "DAY"),
        (Side::Left, "PERSON"),
        (Side::Left, "CLIENT"),
        (Side::Left, "WHAT"),
        (Side::Right, "PEOPLE"),
        (Side::Left, "COUNTS"),
    ])
    .dropping(&["PEOPLE", "CLIENT", "COUNTS"]);
    for one in &counted {
        let interaction = one.interaction;
        let person = roster.person(&interaction.person);
        if out.json {
            let source = sources
                .get(&(&interaction.reference, &interaction.person))
                .and_then(|id| names.get(id));
            let line = json::interaction(one, person, source.map(String::as_str));
            writeln!(out, "{}", serde_json::Value::Object(line))?;
            continue;
        }
        let client = person.and_then(|person| person.client.as_ref());
        let name = person.map_or(interaction.address.as_str(), |person| person.name.as_str());
        table.row([
            Cell::own(interaction.day),
            Cell::outside(name),
            Cell::outside(client.map_or("", |client| client.0.as_str())),
            Cell::own(what(interaction)),
            Cell::own(interaction.participants),
            match (one.counts, interaction.category()) {
                (true, _) => Cell::own("yes"),
                (false, Some(_)) => Cell::own("already").toned(Tone::Faint),
                (false, None) => Cell::own("no").toned(Tone::Faint),
            },
        ]);
    }
    if out.json {
        return Ok(());
    }
    if table.is_empty() {
        let hint = "No interactions there. \"hallway people\" lists everybody, and \"hallway scan\" \
                    reads what is new.";
        return Ok(out.sentence(Tone::Plain, hint)?);
    }
    Ok(out.table(&table)?)
}

/// What has happened by now, with the source of each.
fn past(
    store: &Store,
    filter: &Filter,
    session: &Session<'_>,
) -> Result<Vec<(Interaction, Option<SourceId>)>, Failure> {
    let now = session.now.timestamp();
    let mut all = Vec::new();
    store.interactions(filter, |interaction, source| {
        if interaction.happened(now) {
            all.push((interaction, source));
        }
    })?;
    Ok(all)
}

/// The names of the sources.
pub(super) fn names(store: &Store) -> Result<BTreeMap<SourceId, String>, Failure> {
    Ok(store.sources()?.into_iter().map(|source| (source.id, source.name)).collect())
}
