//! `hallway clients`: who they are, who may be one, and what is wanted of them.

use std::io::Write;

use serde_json::json;

use super::people::{nothing_said, review_day, suggestions};
use super::{Named, Session, named};
use crate::cli::args::{ClientWho, Clients, ClientsCommand};
use crate::cli::failure::Failure;
use crate::cli::out::{Cell, Out, Side, Table, Tone};
use crate::daemon;
use crate::people::{ClientChoice, ClientDecision, ClientId, Roster};
use crate::text::Shown;

/// Lists clients, or says who is one and what is wanted.
pub fn clients(session: &Session<'_>, asked: &Clients, out: &mut Out<'_>) -> Result<(), Failure> {
    match &asked.command {
        None | Some(ClientsCommand::List(_)) => list(session, out),
        Some(ClientsCommand::Suggest(_)) => suggestions(session, out, |kind| kind == "client"),
        Some(ClientsCommand::Confirm(who)) => {
            let name = decide(session, who, &[ClientChoice::Confirm])?;
            Ok(writeln!(
                out,
                "{} is a client: nudges about its people are welcome.",
                Shown(&name.0)
            )?)
        }
        Some(ClientsCommand::Remove(who)) => {
            in_the_file(session, who)?;
            let name = decide(session, who, &[ClientChoice::NotAClient])?;
            Ok(writeln!(out, "{} is no client: never asked again.", Shown(&name.0))?)
        }
        Some(ClientsCommand::Colleagues(who)) => {
            in_the_file(session, who)?;
            let name = decide(session, who, &[ClientChoice::Colleagues])?;
            Ok(writeln!(out, "Whoever writes from {} is a colleague.", Shown(&name.0))?)
        }
        Some(ClientsCommand::Set { who, tier, wishes }) => {
            if wishes.is_empty() && tier.is_none() {
                return Err(nothing_said("--tier, --cadence, --prefers or --review"));
            }
            let mut choices = Vec::new();
            choices.extend(tier.map(|tier| ClientChoice::Tier(tier.value())));
            choices.extend(wishes.cadence.map(|days| ClientChoice::Cadence(days.value())));
            choices.extend(wishes.prefers.map(|way| ClientChoice::Prefers(way.value())));
            let review = review_day(session, wishes)?;
            choices.extend(review.map(ClientChoice::Review));
            let id = decide(session, who, &choices)?;
            let store = session.reading()?;
            let roster = daemon::roster(&store, &session.plan, session.now.timestamp())?;
            let days = roster.client(&id).map_or(0, |client| client.cadence_days);
            let name = Shown(&id.0);
            Ok(writeln!(out, "Noted. A talk with somebody of {name} is wanted every {days} days.")?)
        }
    }
}

/// What the configuration names cannot be talked away: the file would say it again.
fn in_the_file(session: &Session<'_>, who: &ClientWho) -> Result<(), Failure> {
    let rules = &session.settings.rules.clients;
    let same = |text: &String| text.eq_ignore_ascii_case(&who.client);
    match rules.iter().find(|rule| same(&rule.name) || rule.domains.iter().any(same)) {
        None => Ok(()),
        Some(rule) => {
            let failure =
                Failure::data(format!("{} is a client of your configuration", Shown(&rule.name)));
            let path = session.settings.paths.config.display().to_string();
            Err(failure.hint(format!("take its [[client]] out of {path}")))
        }
    }
}

/// Writes decisions about a client down; which one it was.
fn decide(
    session: &Session<'_>,
    who: &ClientWho,
    choices: &[ClientChoice],
) -> Result<ClientId, Failure> {
    let mut store = session.writing()?;
    let at = session.now.timestamp();
    let roster = daemon::roster(&store, &session.plan, at)?;
    let about = which(&roster, &who.client)?;
    for choice in choices {
        let (about, choice) = (about.clone(), choice.clone());
        store.decide_client(&ClientDecision { at, about, choice })?;
    }
    daemon::derive(&mut store, &session.plan, at)?;
    Ok(about)
}

/// The client a text names; a domain nobody has yet stands for itself.
fn which(roster: &Roster, text: &str) -> Result<ClientId, Failure> {
    let domain = text.trim().trim_start_matches('@').to_lowercase();
    let known = roster.clients().find(|client| client.domains.contains(&domain));
    if let Some(client) = known {
        return Ok(client.id.clone());
    }
    let is_domain = domain.split('.').count() > 1
        && domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.');
    match named(roster, text) {
        Ok(Named::Client(client)) => Ok(client.id.clone()),
        _ if is_domain => Ok(ClientId(domain)),
        Ok(Named::Person(person)) => match &person.client {
            Some(client) => Ok(client.clone()),
            None => Err(Failure::data(format!("{} belongs to no client", Shown(&person.name)))),
        },
        Err(failure) => Err(failure),
    }
}

fn list(session: &Session<'_>, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = session.reading()?;
    let roster = daemon::roster(&store, &session.plan, session.now.timestamp())?;
    let mut table = Table::new(&[
        (Side::Left, "CLIENT"),
        (Side::Left, "DOMAINS"),
        (Side::Left, "TIER"),
        (Side::Right, "EVERY"),
        (Side::Right, "PEOPLE"),
        (Side::Left, "NOTES"),
    ])
    .dropping(&["DOMAINS", "TIER", "PEOPLE"]);
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
    if out.json {
        return Ok(());
    }
    if table.is_empty() {
        let hint = "No clients yet. Name some in the configuration ([[client]]), or write with \
                    somebody there: after a scan \"hallway people review\" asks who is one.";
        return Ok(out.sentence(Tone::Plain, hint)?);
    }
    Ok(out.table(&table)?)
}
