//! `hallway people` and `hallway clients`: who is who, and saying so.

use std::io::Write;

use serde_json::json;

use super::tell::decide;
use super::{Session, person};
use crate::cli::args::{self, Clients, ClientsCommand, People, PeopleCommand};
use crate::cli::failure::Failure;
use crate::cli::out::{Cell, Out, Side, Table, Tone};
use crate::daemon;
use crate::mail::AddrSpec;
use crate::people::suggest::{Suggestion, suggest};
use crate::people::{Choice, ClientId, Decision, Person, Preference, Roster, Who};
use crate::store::Store;
use crate::text::Shown;

/// Lists people, or changes who is who.
pub fn people(session: &Session<'_>, asked: &People, out: &mut Out<'_>) -> Result<(), Failure> {
    match &asked.command {
        None | Some(PeopleCommand::List(_)) => list(session, out),
        Some(PeopleCommand::Suggest(_)) => suggestions(session, out, |_| true),
        Some(PeopleCommand::Join { who, other }) => join(session, who, other, out),
        Some(PeopleCommand::Split { address }) => split(session, address, out),
        Some(PeopleCommand::Assign { who, client }) => {
            let choice = Choice::Assign(ClientId(client.clone()));
            let said = decide(session, who, choice, |who| {
                format!("{} belongs to {} now.", Shown(&who.name), Shown(client))
            })?;
            Ok(writeln!(out, "{said}")?)
        }
        Some(PeopleCommand::Set { who, prefers, cadence }) => {
            if let Some(prefers) = prefers {
                tell(session, who, Choice::Prefers(prefers.value()), out, |name| {
                    match prefers.value() {
                        Some(Preference::Email) => {
                            format!("{name} likes to be written to: half as many talks are wanted.")
                        }
                        Some(prefers) => format!("{name} prefers: {}.", prefers.as_str()),
                        None => format!("{name} has no known preference any more."),
                    }
                })?;
            }
            if let Some(cadence) = cadence {
                tell(session, who, Choice::Cadence(cadence.value()), out, |name| {
                    match cadence.value() {
                        Some(days) => format!("A talk with {name} is wanted every {days} days."),
                        None => format!("{name} has no rhythm of their own any more."),
                    }
                })?;
            }
            Ok(())
        }
        Some(PeopleCommand::Confirm(who)) => tell(session, who, Choice::Confirm, out, |name| {
            format!("{name} is somebody you look after: nudges are welcome.")
        }),
        Some(PeopleCommand::Remove(who)) => tell(session, who, Choice::NotAClient, out, |name| {
            format!("{name} is nobody you look after: never mentioned again.")
        }),
    }
}

/// Lists clients.
pub fn clients(session: &Session<'_>, asked: &Clients, out: &mut Out<'_>) -> Result<(), Failure> {
    match asked.command {
        None | Some(ClientsCommand::List(_)) => list_clients(session, out),
        Some(ClientsCommand::Suggest(_)) => {
            suggestions(session, out, |one| matches!(one, Suggestion::Client { .. }))
        }
    }
}

fn tell(
    session: &Session<'_>,
    who: &args::Who,
    choice: Choice,
    out: &mut Out<'_>,
    say: impl FnOnce(Shown<'_>) -> String,
) -> Result<(), Failure> {
    let said = decide(session, who, choice, |who| say(Shown(&who.name)))?;
    Ok(writeln!(out, "{said}")?)
}

fn open(session: &Session<'_>) -> Result<(Store, Roster), Failure> {
    let store = session.reading()?;
    let roster = daemon::roster(&store, &session.plan, session.now.timestamp())?;
    Ok((store, roster))
}

fn list(session: &Session<'_>, out: &mut Out<'_>) -> Result<(), Failure> {
    let (_, roster) = open(session)?;
    let mut people: Vec<&Person> = roster.persons().collect();
    people.sort_by_key(|one| (!one.tracked, one.client.clone(), one.name.clone()));
    let mut table = Table::new(&[
        (Side::Left, "PERSON"),
        (Side::Left, "CLIENT"),
        (Side::Left, "ADDRESSES"),
        (Side::Right, "EVERY"),
        (Side::Left, "NOTES"),
    ]);
    for one in &people {
        let client = one.client.as_ref().map(|client| client.0.as_str());
        let addresses: Vec<&str> = one.addresses.iter().map(AddrSpec::as_str).collect();
        if out.json {
            let line = json!({
                "person": one.id.0.as_str(),
                "name": one.name,
                "client": client,
                "addresses": addresses,
                "key": one.key,
                "prefers": one.prefers.map(Preference::as_str),
                "cadence_days": one.cadence_days,
                "confirmed": one.confirmed,
                "tracked": one.tracked,
                "muted_until": one.muted_until.map(|day| day.to_string()),
                "later_until": one.later_until.map(|day| day.to_string()),
            });
            writeln!(out, "{line}")?;
            continue;
        }
        table.row([
            Cell::outside(&one.name),
            Cell::outside(client.unwrap_or("")),
            Cell::outside(&addresses.join(" ")),
            Cell::own(format!("{} days", one.cadence_days)),
            Cell::own(notes(one)).toned(Tone::Faint),
        ]);
    }
    if !out.json {
        out.table(&table)?;
    }
    Ok(())
}

fn notes(person: &Person) -> String {
    let mut notes = Vec::new();
    if person.key {
        notes.push("key person");
    }
    match person.prefers {
        Some(Preference::Email) => notes.push("prefers email"),
        Some(Preference::Phone) => notes.push("prefers the telephone"),
        Some(Preference::Video) => notes.push("prefers video"),
        Some(Preference::Visit) => notes.push("prefers a visit"),
        None => {}
    }
    if !person.confirmed {
        notes.push(if person.tracked { "suggested" } else { "hardly in contact" });
    }
    if person.muted_until.is_some() {
        notes.push("muted");
    }
    if person.later_until.is_some() {
        notes.push("later");
    }
    notes.join(", ")
}

fn list_clients(session: &Session<'_>, out: &mut Out<'_>) -> Result<(), Failure> {
    let (_, roster) = open(session)?;
    let mut table = Table::new(&[
        (Side::Left, "CLIENT"),
        (Side::Left, "DOMAINS"),
        (Side::Left, "TIER"),
        (Side::Right, "EVERY"),
        (Side::Right, "PEOPLE"),
        (Side::Left, "NOTES"),
    ]);
    for client in roster.clients() {
        let people = roster.members(&client.id).count();
        let tier = format!("{:?}", client.tier);
        if out.json {
            let line = json!({
                "client": client.id.0,
                "domains": client.domains,
                "tier": tier,
                "cadence_days": client.cadence_days,
                "people": people,
                "confirmed": client.confirmed,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        table.row([
            Cell::outside(&client.id.0),
            Cell::outside(&client.domains.join(" ")),
            Cell::own(tier),
            Cell::own(format!("{} days", client.cadence_days)),
            Cell::own(people),
            Cell::own(if client.confirmed { "" } else { "suggested" }).toned(Tone::Faint),
        ]);
    }
    if !out.json {
        out.table(&table)?;
    }
    Ok(())
}

fn suggestions(
    session: &Session<'_>,
    out: &mut Out<'_>,
    wanted: impl Fn(&Suggestion) -> bool,
) -> Result<(), Failure> {
    let (store, roster) = open(session)?;
    let candidates = store.own_address_candidates()?;
    let acquaintances = store.acquaintances()?;
    let found = suggest(&roster, &acquaintances, &candidates);
    let found: Vec<&Suggestion> = found.iter().filter(|one| wanted(one)).collect();
    for one in &found {
        let asked = ask(one, &roster);
        if out.json {
            let line = json!({
                "kind": asked.kind,
                "about": asked.about,
                "reason": one.reason(),
                "command": asked.command,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        writeln!(out, "{}", out.paint(Tone::Strong, asked.question))?;
        writeln!(out, "    {}", outside(&one.reason()))?;
        writeln!(out, "    {}\n", out.paint(Tone::Faint, asked.command))?;
    }
    if found.is_empty() && !out.json {
        writeln!(out, "Nothing to suggest.")?;
    }
    Ok(())
}

fn join(session: &Session<'_>, who: &str, other: &str, out: &mut Out<'_>) -> Result<(), Failure> {
    let mut store = session.writing()?;
    let roster = daemon::roster(&store, &session.plan, session.now.timestamp())?;
    let (one, two) = (person(&roster, who)?, person(&roster, other)?);
    if one.id == two.id {
        return Err(Failure::data(format!("{} is one person already", Shown(&one.name))));
    }
    let at = session.now.timestamp();
    let choice = Choice::Join(one.id.0.clone());
    store.decide(&Decision { at, about: two.id.0.clone(), choice })?;
    daemon::derive(&mut store, &session.plan, at)?;
    let address = Shown(two.id.0.as_str());
    writeln!(out, "{} and {} are one person now.", Shown(&one.name), Shown(&two.name))?;
    writeln!(out, "\"hallway people split {address}\" takes it back.")?;
    Ok(())
}

fn split(session: &Session<'_>, address: &str, out: &mut Out<'_>) -> Result<(), Failure> {
    let about = AddrSpec::parse(address)
        .ok_or_else(|| Failure::data(format!("\"{}\" is no address", Shown(address))))?;
    let mut store = session.writing()?;
    let at = session.now.timestamp();
    store.decide(&Decision { at, about, choice: Choice::Split })?;
    daemon::derive(&mut store, &session.plan, at)?;
    writeln!(out, "{} is a person of its own again.", Shown(address))?;
    Ok(())
}

/// A suggestion as a question, with what answers it with a yes.
struct Asked {
    kind: &'static str,
    about: Vec<String>,
    question: String,
    command: String,
}

fn ask(suggestion: &Suggestion, roster: &Roster) -> Asked {
    match suggestion {
        Suggestion::Client { id, people, .. } => Asked {
            kind: "client",
            about: std::iter::once(&id.0)
                .cloned()
                .chain(people.iter().map(|person| person.0.to_string()))
                .collect(),
            question: format!("Is {} a client?", Shown(&id.0)),
            command: format!(
                "in the configuration: [[client]] name = \"{0}\", domains = [\"{0}\"]",
                Shown(&id.0)
            ),
        },
        Suggestion::Join { a, b, name } => Asked {
            kind: "join",
            about: vec![a.0.to_string(), b.0.to_string()],
            question: format!(
                "Are {} and {} both {}?",
                Shown(a.0.as_str()),
                Shown(b.0.as_str()),
                Shown(name)
            ),
            command: format!("hallway people join {} {}", Shown(a.0.as_str()), Shown(b.0.as_str())),
        },
        Suggestion::OwnAddress { address, .. } => Asked {
            kind: "own_address",
            about: vec![address.to_string()],
            question: format!("Is {} yours?", Shown(address.as_str())),
            command: format!(
                "in the configuration: add \"{}\" to [me] addresses",
                Shown(address.as_str())
            ),
        },
        Suggestion::Person { address, name, .. } => {
            let name = name.as_deref().or_else(|| match roster.who(address) {
                Who::Person(person) => Some(person.name.as_str()),
                _ => None,
            });
            let shown = match name {
                Some(name) => format!("{} ({})", Shown(name), Shown(address.as_str())),
                None => Shown(address.as_str()).to_string(),
            };
            Asked {
                kind: "person",
                about: vec![address.to_string()],
                question: format!("Do you look after {shown}?"),
                command: format!("hallway people confirm {}", Shown(address.as_str())),
            }
        }
    }
}

/// A sentence that holds a name from outside: each word of it made safe by itself.
fn outside(sentence: &str) -> String {
    let words: Vec<String> = sentence.split(' ').map(|word| Shown(word).to_string()).collect();
    words.join(" ")
}
