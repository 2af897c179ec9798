//! The JSON contract: additions are allowed, nothing else changes.
//!
//! Times are RFC 3339 in UTC with `Z`, days are local dates. Domain types derive no `Serialize`:
//! their fields may be renamed for readers, these names may not.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::words::{days_between, limit_days};
use crate::daemon::{House, Overview, Somebody};
use crate::interaction::Counted;
use crate::people::Person;
use crate::reliance::{Change, ChannelMix, Reliance};

/// A time in UTC with `Z`, to the second.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// One line of `interactions`; `why` adds to it.
pub(super) fn interaction(
    counted: &Counted<'_>,
    person: Option<&Person>,
    source: Option<&str>,
) -> Map<String, Value> {
    let one = counted.interaction;
    let value = json!({
        "at": time(one.at),
        "day": one.day.to_string(),
        "person": one.person.0.as_str(),
        "name": person.map(|person| person.name.as_str()),
        "address": one.address.as_str(),
        "client": person.and_then(|person| person.client.as_ref()).map(|client| client.0.as_str()),
        "channel": one.channel.as_str(),
        "setting": one.setting.as_str(),
        "direction": one.direction.as_str(),
        "participants": one.participants,
        "minutes": one.minutes,
        "standing": one.series.is_some(),
        "counts": counted.counts,
        "rule": one.rule.as_str(),
        "source": source,
        "ref": one.reference.to_string(),
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The object that `status` prints.
pub(super) fn status(overview: &Overview, blind_spots: &[String]) -> Value {
    let today = overview.today();
    let of_client = |house: &House| {
        let members = overview
            .people
            .iter()
            .filter(|one| one.person.client.as_ref() == Some(&house.client.id));
        let mut value = figures(&house.reliance, today);
        value.insert("client".into(), json!(house.client.id.0));
        value.insert("confirmed".into(), json!(house.client.confirmed));
        value.insert("why".into(), json!(house.why()));
        value.insert("people".into(), members.map(|one| json!(one.person.id.0.as_str())).collect());
        Value::Object(value)
    };
    json!({
        "as_of": time(overview.as_of.timestamp()),
        "people": overview.people.iter().map(|one| person(one, today)).collect::<Vec<_>>(),
        "clients": overview.clients.iter().map(of_client).collect::<Vec<_>>(),
        "blind_spots": blind_spots,
    })
}

/// One person as in `status`.
pub(super) fn person(one: &Somebody, today: Date) -> Value {
    let mut value = figures(&one.reliance, today);
    value.insert("person".into(), json!(one.person.id.0.as_str()));
    value.insert("name".into(), json!(one.person.name));
    let addresses: Vec<&str> = one.person.addresses.iter().map(|one| one.as_str()).collect();
    value.insert("addresses".into(), json!(addresses));
    value.insert("client".into(), json!(one.person.client.as_ref().map(|client| &client.0)));
    value.insert("confirmed".into(), json!(one.person.confirmed));
    value.insert("why".into(), json!(one.why()));
    Value::Object(value)
}

/// The figures that people and clients share.
pub(super) fn figures(reliance: &Reliance, today: Date) -> Map<String, Value> {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let mix = |mix: ChannelMix| json!({ "email": mix.email, "group": mix.group, "one_on_one": mix.one_on_one });
    let share = reliance.share;
    let value = json!({
        "verdict": reliance.verdict.as_str(),
        "verdict_since": reliance.verdict_since.to_string(),
        "due": reliance.due,
        "last_contact": day(reliance.last_contact),
        "last_one_on_one": day(reliance.last_one_on_one),
        "days_since_one_on_one": reliance.last_one_on_one.map(|last| days_between(last, today)),
        "silence_open_days": reliance.silence,
        "limit_days": limit_days(reliance),
        "limit_open_days": reliance.limit,
        "rhythm": {
            "gaps_open_days": reliance.rhythm.gaps,
            "usual_open_days": reliance.rhythm.usual(),
            "longer": reliance.rhythm.longer,
        },
        "confidence": reliance.confidence,
        "probably_over": reliance.over,
        "contact_days": { "28": mix(reliance.last_28), "90": mix(reliance.last_90) },
        "one_on_one_share": { "estimate": share.estimate, "low": share.low, "high": share.high },
        "trend": reliance.trend.as_str(),
        "booked": day(reliance.booked),
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A day from which things stood otherwise, as `show` lists it.
pub(super) fn change(change: &Change) -> Value {
    json!({
        "day": change.day.to_string(),
        "verdict": change.verdict.as_str(),
        "due": change.due,
    })
}
