//! `hallway show`: how things stand with one person or client, on one screen.

use std::io::Write;

use serde_json::{Value, json};

use super::portrait::Portrait;
use super::words::{ago, date, limit_days, verdict, what};
use super::{Named, Session, json as contract, named};
use crate::cli::args::Whose;
use crate::cli::failure::Failure;
use crate::cli::out::{Cell, Out, Side, Table, Tone};
use crate::daemon::Ledger;
use crate::digest::spark;
use crate::interaction::{Category, Interaction};
use crate::nudge::{Answer, Past, Stage};
use crate::people::{Person, Preference};
use crate::reliance::{Reliance, Trend, words::usually};
use crate::store::Store;
use crate::text::Shown;

/// Talks listed.
const TALKS: usize = 5;

/// Prints how things stand with somebody.
pub fn show(session: &Session<'_>, asked: &Whose, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = session.reading()?;
    let (ledger, overview) = session.overview(&store, asked.standing.as_of.as_ref())?;
    let whom = named(&ledger.roster, &asked.who.who)?;
    let now = overview.as_of.timestamp();
    let nudges = store.nudges(jiff::Timestamp::UNIX_EPOCH)?;
    let mut members: Vec<&Person> = match &whom {
        Named::Person(person) => vec![person],
        Named::Client(client) => ledger.roster.members(&client.id).collect(),
    };
    // As they are at that moment, where that is known: somebody may be gone.
    for member in &mut members {
        let there = overview.people.iter().find(|one| one.person.id == member.id);
        *member = there.map_or(*member, |one| &one.person);
    }
    members.sort_by_key(|person| (!person.key, !person.tracked, person.name.clone()));
    let nudges: Vec<&Past> = nudges
        .iter()
        .filter(|past| past.nudge.at <= now)
        .filter(|past| members.iter().any(|person| person.addresses.contains(&past.nudge.person.0)))
        .collect();
    let (title, found) = match &whom {
        Named::Person(person) => {
            let one = overview.people.iter().find(|one| one.person.id == person.id);
            (person.name.clone(), one.map(|one| (&one.reliance, one.why(), one.wish, &one.days)))
        }
        Named::Client(client) => {
            let house = overview.clients.iter().find(|house| house.client.id == client.id);
            let found = house.map(|house| (&house.reliance, house.why(), house.wish, &house.days));
            (client.id.0.clone(), found)
        }
    };
    let talks = talks(&store, &ledger, &members, now)?;
    let portrait = match &found {
        Some((reliance, _, _, days)) => {
            let seen = (*reliance, days.as_ref());
            Some(Portrait::of(session, &store, &ledger, &overview, &members, seen)?)
        }
        None => None,
    };
    if out.json {
        let mut value = serde_json::Map::new();
        if let Some((reliance, _, wish, _)) = &found {
            value = contract::figures(reliance, overview.today());
            value.extend(portrait.iter().flat_map(Portrait::json));
            let members = members.iter().map(|person| &person.id);
            let history = ledger.history(&store, members, *wish, &overview.as_of)?;
            value.insert("history".into(), history.iter().map(contract::change).collect());
        }
        value.insert("name".into(), json!(title));
        value.insert("why".into(), json!(found.map(|(_, sentence, ..)| sentence)));
        value.insert("people".into(), members.iter().map(describe).collect());
        value.insert("talks".into(), talks.iter().map(talk_json).collect());
        value.insert("nudges".into(), nudges.iter().map(nudge_json).collect());
        writeln!(out, "{:#}", Value::Object(value))?;
        return Ok(());
    }
    writeln!(out, "{}", out.paint(Tone::Strong, Shown(&title)))?;
    for person in &members {
        who(person, matches!(whom, Named::Client(_)), out)?;
    }
    match found {
        Some((reliance, sentence, ..)) => {
            writeln!(out, "\n{sentence}\n")?;
            let portrait = portrait.iter().flat_map(Portrait::lines).collect();
            standing(reliance, portrait, overview.today(), out)?;
        }
        None => writeln!(out, "\nNot in two-way contact: nothing to tell yet.")?,
    }
    if !talks.is_empty() {
        writeln!(out, "\n{}", out.paint(Tone::Faint, "Last talks alone"))?;
        for talk in &talks {
            writeln!(out, "  {}  {}", date(talk.day), what(talk))?;
        }
    }
    for past in nudges.iter().rev().take(TALKS) {
        writeln!(out, "\nNudged on {}: {}", date(past.day), stage(past.stage))?;
    }
    Ok(())
}

fn standing(
    reliance: &Reliance,
    portrait: Vec<(&'static str, String)>,
    today: jiff::civil::Date,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let weeks: Vec<_> = reliance.weeks.iter().map(|(_, mix)| *mix).collect();
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let share = reliance.share;
    let trend = match reliance.trend {
        Trend::Up => "rising",
        Trend::Flat => "steady",
        Trend::Down => "falling",
    };
    let mut table = Table::new(&[(Side::Left, ""), (Side::Left, "")]);
    let mut line = |name: &str, value: Cell| table.row([Cell::own(name).toned(Tone::Faint), value]);
    line("Kept by", verdict(reliance));
    line("Since", Cell::own(date(reliance.verdict_since)));
    line("Last contact", Cell::own(ago(reliance.last_contact, today)));
    line("Last talk alone", Cell::own(ago(reliance.last_one_on_one, today)));
    if let Some(usually) = usually(reliance) {
        line("Rhythm", Cell::own(usually));
    }
    line("Too long after", Cell::own(format!("{} days", limit_days(reliance))));
    if let Some(day) = reliance.booked {
        line("Booked", Cell::own(date(day)));
    }
    line("12 weeks", Cell::own(spark::sparkline(&weeks, false)));
    let range = format!(
        "{} of contact days ({} to {}), {trend}",
        percent(share.estimate),
        percent(share.low),
        percent(share.high)
    );
    line("Alone", Cell::own(range));
    for (name, said) in portrait {
        line(name, Cell::own(said));
    }
    out.table(&table)?;
    Ok(())
}

fn who(person: &Person, of_client: bool, out: &mut Out<'_>) -> Result<(), Failure> {
    let addresses: Vec<String> =
        person.addresses.iter().map(|address| Shown(address.as_str()).to_string()).collect();
    let mut notes = Vec::new();
    match (&person.client, of_client) {
        (Some(client), false) => notes.push(Shown(&client.0).to_string()),
        (None, false) => notes.push("no client".to_owned()),
        (_, true) => notes.push(Shown(&person.name).to_string()),
    }
    if person.key {
        notes.push("the key person".to_owned());
    }
    if let Some(prefers) = person.prefers {
        notes.push(format!("prefers {}", preference(prefers)));
    }
    notes.push(format!("a talk every {} days is wanted", person.cadence_days));
    if !person.confirmed {
        notes.push("not confirmed".to_owned());
    }
    if person.gone {
        notes.push("your mail does not reach them any more".to_owned());
    }
    if let Some(until) = person.muted_until {
        let until =
            if until == jiff::civil::Date::MAX { "for good".to_owned() } else { date(until) };
        notes.push(format!("muted, {until}"));
    }
    if let Some(until) = person.later_until {
        notes.push(format!("left for later, {}", date(until)));
    }
    writeln!(
        out,
        "{}",
        out.paint(Tone::Faint, format!("{} · {}", notes.join(" · "), addresses.join(", ")))
    )?;
    Ok(())
}

fn talks(
    store: &Store,
    ledger: &Ledger,
    members: &[&Person],
    now: jiff::Timestamp,
) -> Result<Vec<Interaction>, Failure> {
    let mut talks = ledger.talks_of(store, members.iter().map(|person| &person.id), now)?;
    talks.retain(|one| one.happened(now) && one.category() == Some(Category::OneOnOne));
    talks.sort_by_key(|talk| std::cmp::Reverse(talk.at));
    talks.truncate(TALKS);
    Ok(talks)
}

fn describe(person: &&Person) -> Value {
    json!({
        "person": person.id.0.as_str(),
        "name": person.name,
        "addresses": person.addresses.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
        "client": person.client.as_ref().map(|client| &client.0),
        "key": person.key,
        "prefers": person.prefers.map(Preference::as_str),
        "cadence_days": person.cadence_days,
        "confirmed": person.confirmed,
        "tracked": person.tracked,
        "gone": person.gone,
        "muted_until": person.muted_until.map(|day| day.to_string()),
        "later_until": person.later_until.map(|day| day.to_string()),
    })
}

fn talk_json(talk: &Interaction) -> Value {
    json!({
        "at": contract::time(talk.at),
        "day": talk.day.to_string(),
        "person": talk.person.0.as_str(),
        "channel": talk.channel.as_str(),
        "minutes": talk.minutes,
        "ref": talk.reference.to_string(),
    })
}

fn nudge_json(past: &&Past) -> Value {
    json!({
        "at": contract::time(past.nudge.at),
        "person": past.nudge.person.0.as_str(),
        "reason": past.nudge.reason,
        "suggestion": past.nudge.suggestion,
        "stage": stage(past.stage),
    })
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Claimed => "perhaps shown",
        Stage::Shown => "shown, no answer",
        Stage::Undelivered => "not delivered",
        Stage::Dismissed => "closed without an answer",
        Stage::Answered(Answer::Talked(_)) => "you talked",
        Stage::HeldOut => "left out on purpose",
        Stage::Missed => "no good moment",
        Stage::Answered(Answer::Spoke(_)) => "you had talked before",
        Stage::Answered(Answer::NotYet) => "not yet",
        Stage::Answered(Answer::KeepReminding) => "keep reminding",
        Stage::Answered(Answer::Later) => "later",
        Stage::Answered(Answer::PrefersEmail) => "email suits them",
        Stage::Answered(Answer::NotAClient) => "nobody you look after",
        Stage::Answered(Answer::Show) => "you looked at it",
    }
}

fn preference(prefers: Preference) -> &'static str {
    match prefers {
        Preference::Email => "email",
        Preference::Phone => "the telephone",
        Preference::Video => "video",
        Preference::Visit => "a visit",
    }
}
