//! `hallway export`, `import` and `forget`: what only the user said is theirs to take, to bring
//! back, and to have forgotten.
//!
//! One JSON object a line, told apart by `kind`: talks told of, decisions about people and about
//! clients, corrections. What was read from mailboxes and calendars is not in it: it is read again.
//! Importing what is there already adds nothing, so a file can be brought back twice.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::{Session, json as contract, person};
use crate::call::{Call, How};
use crate::cli::args::{Import, Who};
use crate::cli::failure::Failure;
use crate::cli::out::{Out, Tone};
use crate::daemon;
use crate::interaction::{Change, Correction, Reference};
use crate::mail::AddrSpec;
use crate::people::{Choice, ClientChoice, ClientDecision, ClientId, Decision, Preference, Tier};
use crate::store::Store;
use crate::text::Shown;

/// Prints everything the user said.
pub fn export(session: &Session<'_>, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = session.reading()?;
    for line in lines(&store)? {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn lines(store: &Store) -> Result<Vec<Value>, Failure> {
    let mut all: Vec<Value> = store.calls()?.iter().map(of_talk).collect();
    all.extend(store.decisions()?.iter().map(of_decision));
    all.extend(store.client_decisions()?.iter().map(of_client));
    all.extend(store.corrections()?.iter().map(of_correction));
    Ok(all)
}

/// Brings back what was exported.
pub fn import(session: &Session<'_>, asked: &Import, out: &mut Out<'_>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::data(format!("{}: cannot be read: {error}", asked.file.display()))
    };
    let reader: Box<dyn BufRead> = match asked.file.as_os_str() == "-" {
        true => Box::new(std::io::stdin().lock()),
        false => {
            let file = std::fs::File::open(&asked.file).map_err(failed)?;
            Box::new(std::io::BufReader::new(file))
        }
    };
    // All of it is understood before any of it is written down.
    let mut said = Vec::new();
    for (at, line) in reader.lines().enumerate() {
        let line = line.map_err(failed)?;
        if line.trim().is_empty() {
            continue;
        }
        let read = serde_json::from_str::<Value>(&line).ok().and_then(|value| Said::read(&value));
        said.push(read.ok_or_else(|| {
            let place = format!("{}, line {}", asked.file.display(), at + 1);
            Failure::data(format!("{place}: nothing that \"hallway export\" writes"))
                .hint("nothing was imported; a later version may write more kinds of lines")
        })?);
    }
    let mut store = session.writing()?;
    let known: BTreeSet<String> = lines(&store)?.iter().map(ToString::to_string).collect();
    let total = said.len();
    let mut new = 0;
    for one in said {
        if !known.contains(&one.line().to_string()) {
            one.write(&mut store)?;
            new += 1;
        }
    }
    daemon::derive(&mut store, &session.plan, session.now.timestamp())?;
    Ok(writeln!(out, "{new} of {total} lines are new and were taken in.")?)
}

/// Removes a person from everything Hallway keeps.
pub fn forget(session: &Session<'_>, asked: &Who, out: &mut Out<'_>) -> Result<(), Failure> {
    let mut store = session.writing()?;
    let now = session.now.timestamp();
    let roster = daemon::roster(&store, &session.plan, now)?;
    let person = match person(&roster, &asked.who) {
        Ok(person) => Some(person),
        Err(failure) if AddrSpec::parse(&asked.who).is_none() => return Err(failure),
        Err(_) => None,
    };
    let mut addresses: BTreeSet<AddrSpec> =
        person.map(|one| one.addresses.iter().cloned().collect()).unwrap_or_default();
    addresses.extend(AddrSpec::parse(&asked.who));
    let names: Vec<String> = person.map(|one| one.name.clone()).into_iter().collect();
    let shown = person.map_or_else(|| asked.who.clone(), |one| one.name.clone());
    store.forget(&addresses, &names)?;
    daemon::derive(&mut store, &session.plan, now)?;
    let digests = remove_digests(session, &addresses, &names)?;
    writeln!(out, "{} is forgotten, and a scan does not bring them back.", Shown(&shown))?;
    if digests > 0 {
        let said = super::words::count(digests, "digest that named", "digests that named");
        writeln!(
            out,
            "{said} them {} removed; \"hallway digest\" writes it anew.",
            if digests == 1 { "was" } else { "were" }
        )?;
    }
    let rules = &session.settings.rules;
    let named = rules.people.iter().flat_map(|rule| &rule.addresses);
    let listed = rules.clients.iter().flat_map(|rule| &rule.people);
    if named.chain(listed).any(|address| addresses.contains(&crate::people::identity(address))) {
        let path = session.settings.paths.config.display().to_string();
        out.sentence(Tone::Warn, &format!("Your configuration still names them: {path}"))?;
    }
    Ok(())
}

/// Removes digests that name somebody; how many there were.
fn remove_digests(
    session: &Session<'_>,
    addresses: &BTreeSet<AddrSpec>,
    names: &[String],
) -> Result<usize, Failure> {
    let Ok(files) = std::fs::read_dir(&session.plan.digests) else { return Ok(0) };
    let mut removed = 0;
    for file in files.flatten() {
        let Ok(text) = std::fs::read_to_string(file.path()) else { continue };
        let named = names.iter().any(|name| text.contains(name.as_str()))
            || addresses.iter().any(|address| text.contains(address.as_str()));
        if named {
            let path = file.path();
            std::fs::remove_file(&path).map_err(|error| {
                Failure::try_again(format!("{}: cannot be removed: {error}", path.display()))
            })?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// One line of an export.
enum Said {
    Talk(Call),
    Person(Decision),
    Client(ClientDecision),
    Item(Correction),
}

impl Said {
    fn read(value: &Value) -> Option<Self> {
        match value.get("kind")?.as_str()? {
            "talk" => talk(value).map(Self::Talk),
            "decision" => decision(value).map(Self::Person),
            "client_decision" => client(value).map(Self::Client),
            "correction" => correction(value).map(Self::Item),
            _ => None,
        }
    }

    fn line(&self) -> Value {
        match self {
            Self::Talk(call) => of_talk(call),
            Self::Person(decision) => of_decision(decision),
            Self::Client(decision) => of_client(decision),
            Self::Item(correction) => of_correction(correction),
        }
    }

    fn write(&self, store: &mut Store) -> Result<(), Failure> {
        match self {
            Self::Talk(call) => _ = store.record_call(call)?,
            Self::Person(decision) => store.decide(decision)?,
            Self::Client(decision) => store.decide_client(decision)?,
            Self::Item(correction) => store.correct(correction)?,
        }
        Ok(())
    }
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

fn at(value: &Value, key: &str) -> Option<Timestamp> {
    text(value, key)?.parse().ok()
}

fn address(value: &Value, key: &str) -> Option<AddrSpec> {
    AddrSpec::parse(text(value, key)?)
}

fn days(value: &Value) -> Option<u32> {
    value.get("days")?.as_u64()?.try_into().ok()
}

fn until(value: &Value) -> Option<Date> {
    text(value, "until")?.parse().ok()
}

fn prefers(value: &Value) -> Option<Preference> {
    Preference::parse(text(value, "prefers")?)
}

fn of_talk(call: &Call) -> Value {
    let how = match call.how {
        How::Call => "call",
        How::Visit => "visit",
    };
    json!({
        "kind": "talk",
        "with": call.with.as_str(),
        "how": how,
        "start": contract::time(call.start),
        "minutes": call.minutes,
        "at": contract::time(call.told),
    })
}

fn talk(value: &Value) -> Option<Call> {
    let how = match text(value, "how")? {
        "call" => How::Call,
        "visit" => How::Visit,
        _ => return None,
    };
    let minutes = value.get("minutes").and_then(Value::as_u64).and_then(|n| n.try_into().ok());
    let start = at(value, "start")?;
    // What does not say when it was told was known all along.
    let told = at(value, "at").unwrap_or(start);
    Some(Call { with: address(value, "with")?, how, start, minutes, told })
}

fn of_decision(decision: &Decision) -> Value {
    let (choice, more) = match &decision.choice {
        Choice::Confirm => ("confirm", json!({})),
        Choice::NotAClient => ("not_a_client", json!({})),
        Choice::Assign(client) => ("assign", json!({ "client": client.0 })),
        Choice::Join(other) => ("join", json!({ "other": other.as_str() })),
        Choice::Split => ("split", json!({})),
        Choice::Apart(other) => ("apart", json!({ "other": other.as_str() })),
        Choice::Mine(holds) => ("mine", json!({ "holds": holds })),
        Choice::Retired(holds) => ("retired", json!({ "holds": holds })),
        Choice::Key(holds) => ("key", json!({ "holds": holds })),
        Choice::Prefers(way) => ("prefers", json!({ "prefers": way.map(Preference::as_str) })),
        Choice::Cadence(days) => ("cadence", json!({ "days": days })),
        Choice::Review(day) => ("review", json!({ "until": day.map(|day| day.to_string()) })),
        Choice::MuteUntil(day) => ("mute_until", json!({ "until": day.to_string() })),
        Choice::Unmute => ("unmute", json!({})),
        Choice::LaterUntil(day) => ("later_until", json!({ "until": day.to_string() })),
    };
    let head = json!({
        "kind": "decision",
        "at": contract::time(decision.at),
        "about": decision.about.as_str(),
        "choice": choice,
    });
    with(head, more)
}

fn with(head: Value, more: Value) -> Value {
    let mut all = Map::new();
    for part in [head, more] {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    Value::Object(all)
}

fn decision(value: &Value) -> Option<Decision> {
    let holds = || value.get("holds")?.as_bool();
    let choice = match text(value, "choice")? {
        "confirm" => Choice::Confirm,
        "not_a_client" => Choice::NotAClient,
        "assign" => Choice::Assign(ClientId(text(value, "client")?.to_owned())),
        "join" => Choice::Join(address(value, "other")?),
        "split" => Choice::Split,
        "apart" => Choice::Apart(address(value, "other")?),
        "mine" => Choice::Mine(holds()?),
        "retired" => Choice::Retired(holds()?),
        "key" => Choice::Key(holds()?),
        "prefers" => Choice::Prefers(prefers(value)),
        "cadence" => Choice::Cadence(days(value)),
        "review" => Choice::Review(until(value)),
        "mute_until" => Choice::MuteUntil(until(value)?),
        "unmute" => Choice::Unmute,
        "later_until" => Choice::LaterUntil(until(value)?),
        _ => return None,
    };
    Some(Decision { at: at(value, "at")?, about: address(value, "about")?, choice })
}

fn of_client(decision: &ClientDecision) -> Value {
    let (choice, more) = match &decision.choice {
        ClientChoice::Confirm => ("confirm", json!({})),
        ClientChoice::NotAClient => ("not_a_client", json!({})),
        ClientChoice::Colleagues => ("colleagues", json!({})),
        ClientChoice::Tier(tier) => {
            ("tier", json!({ "tier": tier.map(|tier| format!("{tier:?}")) }))
        }
        ClientChoice::Prefers(way) => {
            ("prefers", json!({ "prefers": way.map(Preference::as_str) }))
        }
        ClientChoice::Cadence(days) => ("cadence", json!({ "days": days })),
        ClientChoice::Review(day) => ("review", json!({ "until": day.map(|day| day.to_string()) })),
        ClientChoice::MuteUntil(day) => ("mute_until", json!({ "until": day.to_string() })),
        ClientChoice::Unmute => ("unmute", json!({})),
        ClientChoice::LaterUntil(day) => ("later_until", json!({ "until": day.to_string() })),
    };
    let head = json!({
        "kind": "client_decision",
        "at": contract::time(decision.at),
        "client": decision.about.0,
        "choice": choice,
    });
    with(head, more)
}

fn client(value: &Value) -> Option<ClientDecision> {
    let tier = || match text(value, "tier") {
        Some("A") => Some(Tier::A),
        Some("B") => Some(Tier::B),
        Some("C") => Some(Tier::C),
        _ => None,
    };
    let choice = match text(value, "choice")? {
        "confirm" => ClientChoice::Confirm,
        "not_a_client" => ClientChoice::NotAClient,
        "colleagues" => ClientChoice::Colleagues,
        "tier" => ClientChoice::Tier(tier()),
        "prefers" => ClientChoice::Prefers(prefers(value)),
        "cadence" => ClientChoice::Cadence(days(value)),
        "review" => ClientChoice::Review(until(value)),
        "mute_until" => ClientChoice::MuteUntil(until(value)?),
        "unmute" => ClientChoice::Unmute,
        "later_until" => ClientChoice::LaterUntil(until(value)?),
        _ => return None,
    };
    let about = ClientId(text(value, "client")?.to_owned());
    Some(ClientDecision { at: at(value, "at")?, about, choice })
}

fn of_correction(correction: &Correction) -> Value {
    let (item, instant) = match &correction.item {
        Reference::Message(id) => (json!({ "message": id }), None),
        Reference::Occurrence { uid, recurrence_id } => (json!({ "uid": uid }), *recurrence_id),
        Reference::Told(start) => (json!({ "told": true }), Some(*start)),
    };
    let change = match correction.change {
        Change::OneOnOne => "one_on_one",
        Change::Group => "group",
        Change::Email => "email",
        Change::Ignore => "ignore",
        Change::Person => "person",
        Change::Undo => "undo",
    };
    let head = json!({
        "kind": "correction",
        "at": contract::time(correction.at),
        "instant": instant.map(contract::time),
        "change": change,
        "with": correction.with.as_ref().map(AddrSpec::as_str),
    });
    with(head, item)
}

fn correction(value: &Value) -> Option<Correction> {
    let instant = at(value, "instant");
    let item = match (text(value, "message"), text(value, "uid")) {
        (Some(id), _) => Reference::Message(id.to_owned()),
        (None, Some(uid)) => Reference::Occurrence { uid: uid.to_owned(), recurrence_id: instant },
        (None, None) => Reference::Told(instant?),
    };
    let change = match text(value, "change")? {
        "one_on_one" => Change::OneOnOne,
        "group" => Change::Group,
        "email" => Change::Email,
        "ignore" => Change::Ignore,
        "person" => Change::Person,
        "undo" => Change::Undo,
        _ => return None,
    };
    let with = address(value, "with");
    if change == Change::Person && with.is_none() {
        return None;
    }
    Some(Correction { at: at(value, "at")?, item, change, with })
}
