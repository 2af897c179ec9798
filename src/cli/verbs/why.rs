//! `hallway why`: the items behind every figure.
//!
//! The figures of `status` are sums of the lines printed here that count: per category, over the
//! same two windows. A test adds them up.

use std::io::Write;

use serde_json::{Value, json};

use super::words::{date, kept_by, long_date, what};
use super::{Named, Session, json as contract, named};
use crate::cli::args::Whose;
use crate::cli::failure::Failure;
use crate::cli::out::{Cell, Out, Side, Table, Tone};
use crate::interaction::{Category, Counted, Interaction, Rule, tally};
use crate::reliance::{Reliance, windows};

/// Prints what one person's or client's figures are made of.
pub fn why(session: &Session<'_>, asked: &Whose, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = session.reading()?;
    let (ledger, overview) = session.overview(&store, asked.standing.as_of.as_ref())?;
    let whom = named(&ledger.roster, &asked.who.who)?;
    let now = overview.as_of.timestamp();
    let (mut all, found): (Vec<Interaction>, Option<(&Reliance, String)>) = match &whom {
        Named::Person(person) => {
            let one = overview.people.iter().find(|one| one.person.id == person.id);
            let all = ledger.of_person(&store, &person.id, now)?;
            (all, one.map(|one| (&one.reliance, one.why())))
        }
        Named::Client(client) => {
            let house = overview.clients.iter().find(|house| house.client.id == client.id);
            (
                ledger.of_client(&store, &client.id, now)?,
                house.map(|house| (&house.reliance, house.why())),
            )
        }
    };
    let Some((reliance, sentence)) = found else {
        let nothing = Failure::data("no contact in either direction is known by then");
        return Err(nothing.hint("\"hallway interactions --who NAME\" lists what there is"));
    };
    all.retain(|interaction| interaction.happened(now));
    let (short, long) = windows(&overview.open, overview.today());
    let tally = tally(&all);
    let in_window: Vec<&Counted<'_>> =
        tally.counted.iter().filter(|one| one.interaction.day >= long).collect();
    if out.json {
        let items: Vec<Value> = in_window
            .iter()
            .map(|one| {
                let person = ledger.roster.person(&one.interaction.person);
                let mut item = contract::interaction(one, person, None);
                item.remove("source");
                let category = one.interaction.category().map(Category::as_str);
                item.insert("category".into(), json!(category));
                let day = one.interaction.day;
                item.insert(
                    "windows".into(),
                    if day >= short { json!([28, 90]) } else { json!([90]) },
                );
                Value::Object(item)
            })
            .collect();
        let mut value = contract::figures(reliance, overview.today());
        value.insert("why".into(), json!(sentence));
        value.insert("as_of".into(), json!(contract::time(now)));
        value.insert("items".into(), json!(items));
        writeln!(out, "{:#}", Value::Object(value))?;
        return Ok(());
    }
    if asked.standing.as_of.is_some() {
        let then = format!("As of {}, knowing what was known then:", long_date(&overview.as_of));
        out.sentence(Tone::Faint, &then)?;
    }
    let (words, tone) = kept_by(reliance.verdict);
    let since = format!("{words}, since {}", date(reliance.verdict_since));
    writeln!(out, "{}", out.paint(tone, since))?;
    out.sentence(Tone::Strong, &sentence)?;
    writeln!(out)?;
    let mix = reliance.last_90;
    let days = format!(
        "Contact days since {}: {} by email, {} in a group, {} alone. Those since {} are marked *.",
        date(long),
        mix.email,
        mix.group,
        mix.one_on_one,
        date(short),
    );
    out.sentence(Tone::Plain, &days)?;
    writeln!(out)?;
    let mut table = Table::new(&[
        (Side::Left, ""),
        (Side::Left, "DAY"),
        (Side::Left, "WITH"),
        (Side::Left, "WHAT"),
        (Side::Left, "COUNTS"),
        (Side::Left, "BECAUSE"),
        (Side::Left, "ITEM"),
    ])
    .dropping(&["BECAUSE", "WITH"]);
    for one in in_window.iter().rev() {
        let interaction = one.interaction;
        let name = ledger.roster.person(&interaction.person).map_or("", |one| one.name.as_str());
        let counts = match (one.counts, interaction.category()) {
            (true, Some(Category::Email)) => Cell::own("email"),
            (true, Some(Category::Group)) => Cell::own("group"),
            (true, Some(Category::OneOnOne)) => Cell::own("alone").toned(Tone::Good),
            (false, Some(_)) => Cell::own("counted already").toned(Tone::Faint),
            (_, None) => Cell::own("no").toned(Tone::Faint),
        };
        table.row([
            Cell::own(if interaction.day >= short { "*" } else { "" }),
            Cell::own(interaction.day),
            Cell::outside(name),
            Cell::own(what(interaction)),
            counts,
            Cell::own(because(interaction.rule)),
            Cell::outside(&interaction.reference.to_string()).toned(Tone::Faint),
        ]);
    }
    out.table(&table)?;
    if let Some(day) = reliance.booked {
        writeln!(out, "\nA talk alone is booked for {}.", date(day))?;
    }
    let quiet = "A wrong item? hallway correct ITEM ignore, or as what it was. A talk missing? hallway talked NAME";
    writeln!(out)?;
    Ok(out.sentence(Tone::Faint, quiet)?)
}

/// How it was decided, in words.
fn because(rule: Rule) -> &'static str {
    match rule {
        Rule::MailSent => "you wrote to them",
        Rule::MailReceived => "they wrote to you",
        Rule::Attendees => "both attended",
        Rule::Organizer => "they invited you",
        Rule::NotedName => "named in the title",
        Rule::NotedFirstName => "first name in the title",
        Rule::Told => "you said so",
        Rule::Corrected => "you corrected it",
    }
}
