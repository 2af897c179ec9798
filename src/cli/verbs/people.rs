//! `hallway people`: who is who, and saying so.

use std::io::Write;

use jiff::civil::Date;
use serde_json::json;

use super::questions::{outside, questions, quoted};
use super::tell::decide;
use super::words::date;
use super::{Session, person, review};
use crate::cli::args::{self, People, PeopleCommand, Wishes};
use crate::cli::failure::{Failure, Kind};
use crate::cli::out::{Cell, Out, Side, Table, Tone};
use crate::daemon;
use crate::mail::AddrSpec;
use crate::people::{Choice, ClientId, Decision, Person, Preference, Roster, Who, identity};
use crate::store::Store;
use crate::text::Shown;

/// Lists people, or changes who is who.
pub fn people(session: &Session<'_>, asked: &People, out: &mut Out<'_>) -> Result<(), Failure> {
    match &asked.command {
        None | Some(PeopleCommand::List(_)) => list(session, out),
        Some(PeopleCommand::Review(_)) => review::review(session, out),
        Some(PeopleCommand::Suggest(_)) => suggestions(session, out, |_| true),
        Some(PeopleCommand::Join { who, other }) => join(session, who, other, out),
        Some(PeopleCommand::Apart { who, other }) => apart(session, who, other, out),
        Some(PeopleCommand::Split { address }) => split(session, address, out),
        Some(PeopleCommand::Assign { who, client }) => assign(session, who, client, out),
        Some(PeopleCommand::Mine { address, not }) => mine(session, address, !not, out),
        Some(PeopleCommand::Retire { address, back }) => retire(session, address, !back, out),
        Some(PeopleCommand::Set { who, key, wishes }) => set(session, who, *key, wishes, out),
        Some(PeopleCommand::Confirm(who)) => tell(session, who, Choice::Confirm, out, |name| {
            format!("{name} is somebody you look after: nudges are welcome.")
        }),
        Some(PeopleCommand::Remove(who)) => tell(session, who, Choice::NotAClient, out, |name| {
            format!("{name} is nobody you look after: never mentioned again.")
        }),
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

fn set(
    session: &Session<'_>,
    who: &args::Who,
    key: Option<bool>,
    wishes: &Wishes,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    if wishes.is_empty() && key.is_none() {
        return Err(nothing_said("--prefers, --cadence, --review or --key"));
    }
    if let Some(prefers) = wishes.prefers {
        tell(session, who, Choice::Prefers(prefers.value()), out, |name| match prefers.value() {
            Some(Preference::Email) => {
                format!("{name} likes to be written to: half as many talks are wanted.")
            }
            Some(prefers) => format!("{name} prefers: {}.", prefers.as_str()),
            None => format!("{name} has no known preference any more."),
        })?;
    }
    if let Some(cadence) = wishes.cadence {
        tell(session, who, Choice::Cadence(cadence.value()), out, |name| match cadence.value() {
            Some(days) => format!("A talk with {name} is wanted every {days} days."),
            None => format!("{name} has no rhythm of their own any more."),
        })?;
    }
    if let Some(day) = review_day(session, wishes)? {
        tell(session, who, Choice::Review(day), out, |name| match day {
            Some(day) => {
                format!("From {} on you are asked again what {name} likes.", date(day))
            }
            None => format!("What {name} likes is not asked again."),
        })?;
    }
    if let Some(key) = key {
        tell(session, who, Choice::Key(key), out, |name| match key {
            true => format!("The relationship hangs on {name}."),
            false => format!("The relationship does not hang on {name} alone."),
        })?;
    }
    Ok(())
}

/// A command to set something that names nothing.
pub(super) fn nothing_said(options: &str) -> Failure {
    Failure::new(Kind::Usage, format!("say what to set: {options}"))
}

/// The day `--review` means: none given, one taken back, one set.
pub(super) fn review_day(
    session: &Session<'_>,
    wishes: &Wishes,
) -> Result<Option<Option<Date>>, Failure> {
    let Some(review) = &wishes.review else { return Ok(None) };
    let Some(until) = review.clone().value() else { return Ok(Some(None)) };
    let day = until.day(session.now.date());
    let day = day.map_err(|wrong| Failure::data(format!("--review: {wrong}")))?;
    Ok(Some(Some(day)))
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
    ])
    .dropping(&["ADDRESSES", "EVERY"]);
    for one in &people {
        let client = one.client.as_ref().map(|client| client.0.as_str());
        let addresses: Vec<&str> = one.addresses.iter().map(AddrSpec::as_str).collect();
        if out.json {
            let retired = one.details.retired.iter().map(AddrSpec::as_str).collect::<Vec<_>>();
            let numbers = one.details.numbers.iter().map(|number| number.as_str());
            let line = json!({
                "person": one.id.0.as_str(),
                "name": one.name,
                "client": client,
                "addresses": addresses,
                "retired": retired,
                "numbers": numbers.collect::<Vec<_>>(),
                "key": one.key,
                "prefers": one.prefers.map(Preference::as_str),
                "cadence_days": one.cadence_days,
                "confirmed": one.confirmed,
                "tracked": one.tracked,
                "muted_until": one.muted_until.map(|day| day.to_string()),
                "later_until": one.later_until.map(|day| day.to_string()),
                "review": one.details.review.map(|day| day.to_string()),
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
    if out.json {
        return Ok(());
    }
    if table.is_empty() {
        let hint = "Nobody yet: only people you have written to or met are listed. Name your own \
                    addresses under [me], then \"hallway scan\".";
        return Ok(out.sentence(Tone::Plain, hint)?);
    }
    Ok(out.table(&table)?)
}

fn notes(person: &Person) -> String {
    let mut notes = Vec::new();
    if person.key {
        notes.push("key person".to_owned());
    }
    let prefers = match person.prefers {
        Some(Preference::Email) => Some("prefers email"),
        Some(Preference::Phone) => Some("prefers the telephone"),
        Some(Preference::Video) => Some("prefers video"),
        Some(Preference::Visit) => Some("prefers a visit"),
        None => None,
    };
    notes.extend(prefers.map(str::to_owned));
    if !person.confirmed {
        let word = if person.tracked { "suggested" } else { "hardly in contact" };
        notes.push(word.to_owned());
    }
    match person.muted_until {
        Some(Date::MAX) => notes.push("muted".to_owned()),
        Some(day) => notes.push(format!("muted to {}", date(day))),
        None => {}
    }
    notes.extend(person.later_until.map(|day| format!("later, from {}", date(next(day)))));
    notes.extend(person.details.review.map(|day| format!("ask again {}", date(day))));
    notes.join(", ")
}

fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

/// Prints the questions of the wanted kinds, each with the command that says yes.
pub(super) fn suggestions(
    session: &Session<'_>,
    out: &mut Out<'_>,
    wanted: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    let (store, roster) = open(session)?;
    let all = questions(session, &store, &roster)?;
    let mut any = false;
    for one in all.iter().filter(|one| wanted(one.kind)) {
        any = true;
        let command = one.answers.first().map_or("", |answer| answer.command.as_str());
        if out.json {
            let line = json!({
                "kind": one.kind,
                "about": one.about,
                "reason": one.reason,
                "command": command,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        out.sentence(Tone::Strong, &one.text)?;
        writeln!(out, "    {}", one.reason)?;
        writeln!(out, "    {}\n", out.paint(Tone::Faint, command))?;
    }
    if !any && !out.json {
        writeln!(out, "Nothing to suggest.")?;
    }
    Ok(())
}

/// Two people somebody named.
fn two<'a>(
    roster: &'a Roster,
    who: &str,
    other: &str,
) -> Result<(&'a Person, &'a Person), Failure> {
    let (one, two) = (person(roster, who)?, person(roster, other)?);
    if one.id == two.id {
        return Err(Failure::data(format!("{} is one person already", Shown(&one.name))));
    }
    Ok((one, two))
}

fn join(session: &Session<'_>, who: &str, other: &str, out: &mut Out<'_>) -> Result<(), Failure> {
    let mut store = session.writing()?;
    let at = session.now.timestamp();
    let roster = daemon::roster(&store, &session.plan, at)?;
    let (one, two) = two(&roster, who, other)?;
    let choice = Choice::Join(one.id.0.clone());
    store.decide(&Decision { at, about: two.id.0.clone(), choice })?;
    daemon::derive(&mut store, &session.plan, at)?;
    writeln!(out, "{} and {} are one person now.", Shown(&one.name), Shown(&two.name))?;
    writeln!(out, "\"hallway people split {}\" takes it back.", quoted(two.id.0.as_str()))?;
    if let (Some(here), Some(there)) = (&one.client, &two.client)
        && here != there
    {
        let said = format!(
            "They were with {} and with {}: what was said stays with the client of the time. An \
             address that is no longer in use: \"hallway people retire ADDRESS\".",
            Shown(&here.0),
            Shown(&there.0)
        );
        out.sentence(Tone::Faint, &said)?;
    }
    Ok(())
}

fn apart(session: &Session<'_>, who: &str, other: &str, out: &mut Out<'_>) -> Result<(), Failure> {
    let mut store = session.writing()?;
    let at = session.now.timestamp();
    let roster = daemon::roster(&store, &session.plan, at)?;
    // A colleague is nobody here, and may yet be the other one.
    let address = |text: &str| match person(&roster, text) {
        Ok(person) => Ok(person.id.0.clone()),
        Err(failure) => AddrSpec::parse(text).map(|address| identity(&address)).ok_or(failure),
    };
    let (one, two) = (address(who)?, address(other)?);
    if one == two {
        return Err(Failure::data("both are one and the same address"));
    }
    store.decide(&Decision { at, about: one, choice: Choice::Apart(two) })?;
    daemon::derive(&mut store, &session.plan, at)?;
    Ok(writeln!(
        out,
        "{} and {} are two people, and not asked about again.",
        Shown(who),
        Shown(other)
    )?)
}

fn split(session: &Session<'_>, address: &str, out: &mut Out<'_>) -> Result<(), Failure> {
    let about = spelled(address)?;
    let mut store = session.writing()?;
    let at = session.now.timestamp();
    let roster = daemon::roster(&store, &session.plan, at)?;
    let joined = match roster.who(&about) {
        Who::Person(person) => person.addresses.iter().any(|one| roster.is_joined(one)),
        _ => roster.is_joined(&about),
    };
    if !joined {
        let failure = Failure::data(format!("{} was never joined with another", Shown(address)));
        let hint = match roster.who(&about) {
            Who::Person(person) if person.addresses.len() > 1 => {
                "the configuration gives it to a [[person]]: take it out there"
            }
            _ => "\"hallway people\" shows which addresses are one person's",
        };
        return Err(failure.hint(hint));
    }
    store.decide(&Decision { at, about: about.clone(), choice: Choice::Split })?;
    let (roster, _) = daemon::derive(&mut store, &session.plan, at)?;
    match roster.who(&about) {
        Who::Person(person) if person.addresses.len() > 1 => {
            let rest: Vec<String> =
                person.addresses.iter().map(|one| Shown(one.as_str()).to_string()).collect();
            writeln!(out, "The last join is taken back. Still one person: {}.", rest.join(", "))?;
        }
        _ => writeln!(out, "{} is a person of its own again.", Shown(address))?,
    }
    Ok(())
}

fn assign(
    session: &Session<'_>,
    who: &args::Who,
    client: &str,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let (_, roster) = open(session)?;
    let same = |name: &str| name.to_lowercase() == client.to_lowercase();
    let owns = |domains: &[String]| domains.iter().any(|domain| same(domain));
    let known = roster.clients().find(|one| same(&one.id.0) || owns(&one.domains));
    let id = known.map_or_else(|| ClientId(client.to_owned()), |one| one.id.clone());
    let said = decide(session, who, Choice::Assign(id.clone()), |who| {
        format!("{} belongs to {} now.", Shown(&who.name), Shown(&id.0))
    })?;
    writeln!(out, "{said}")?;
    if known.is_none() {
        let mut near: Vec<(usize, &str)> = roster
            .clients()
            .map(|one| (strsim::levenshtein(&one.id.0.to_lowercase(), &client.to_lowercase()), one))
            .map(|(distance, one)| (distance, one.id.0.as_str()))
            .filter(|(distance, name)| *distance <= name.chars().count() / 3)
            .collect();
        near.sort_unstable();
        let near = near.first().map(|(_, name)| format!(" Did you mean {}?", Shown(name)));
        let warning = format!(
            "{} is a client nobody named before.{}",
            Shown(client),
            near.unwrap_or_default()
        );
        out.sentence(Tone::Warn, &warning)?;
    }
    Ok(())
}

fn mine(
    session: &Session<'_>,
    address: &str,
    mine: bool,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let about = spelled(address)?;
    let configured = session.settings.rules.me.iter().any(|one| identity(one) == about);
    if configured && !mine {
        let failure = Failure::data(format!("{} is yours by the configuration", Shown(address)));
        return Err(failure.hint("take it out of addresses under [me]"));
    }
    let mut store = session.writing()?;
    let at = session.now.timestamp();
    store.decide(&Decision { at, about, choice: Choice::Mine(mine) })?;
    daemon::derive(&mut store, &session.plan, at)?;
    let said = if mine { "is yours." } else { "is not yours, and not asked about again." };
    Ok(writeln!(out, "{} {said}", Shown(address))?)
}

fn retire(
    session: &Session<'_>,
    address: &str,
    retired: bool,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let about = spelled(address)?;
    let mut store = session.writing()?;
    let at = session.now.timestamp();
    let roster = daemon::roster(&store, &session.plan, at)?;
    let Who::Person(person) = roster.who(&about) else {
        return Err(Failure::data(format!("{} is nobody's address", Shown(address)))
            .hint("\"hallway people\" lists everybody"));
    };
    let name = person.name.clone();
    store.decide(&Decision { at, about, choice: Choice::Retired(retired) })?;
    daemon::derive(&mut store, &session.plan, at)?;
    let said = match retired {
        true => "is no longer in use; what was said there stays",
        false => "is in use again by",
    };
    match retired {
        true => writeln!(out, "{} {said} with the client of the time.", Shown(address))?,
        false => writeln!(out, "{} {said} {}.", Shown(address), Shown(&name))?,
    }
    Ok(())
}

fn spelled(address: &str) -> Result<AddrSpec, Failure> {
    let address = AddrSpec::parse(address)
        .ok_or_else(|| Failure::data(format!("\"{}\" is no address", outside(address))))?;
    Ok(identity(&address))
}
