//! A digest as JSON, written by hand: the shape is a promise to other programs, and no field of
//! the value may slip into it by a derive.
//!
//! Names and sentences are as they may be shown. The identity of a person is exact: an address
//! holds no control characters by construction.

use jiff::civil::Date;
use serde_json::{Value, json as object};

use super::{ClientRow, Contact, Digest, Due, Figures, Kept, Kind, Nudged, PersonRow, Row, words};
use crate::interaction::Standing;
use crate::people::Preference;
use crate::reliance::{ChannelMix, Trend};

/// Converts a digest. Dates are `YYYY-MM-DD`, local; weeks are named by their Mondays.
pub fn json(digest: &Digest) -> Value {
    let period = digest.period;
    object!({
        "period": {
            "name": period.name(),
            "kind": match period.kind() { Kind::Week => "week", Kind::Month => "month" },
            "from": date(period.from()),
            "to": date(period.to()),
            "title": period.title(),
        },
        "as_of": date(digest.as_of),
        "figures": figures(&digest.figures),
        "before": digest.before.as_ref().map(figures),
        "well_kept": list(&digest.well_kept, kept),
        "worth_a_talk": list(&digest.worth_a_talk, due),
        "set_aside": list(&digest.set_aside, |aside| {
            with(&aside.contact, object!({"until": aside.until.map(date)}))
        }),
        "standing_only": list(&digest.standing_only, |only| {
            let Standing { days, standing } = only.talks;
            with(&only.contact, object!({"days": days, "standing": standing}))
        }),
        "to_review": list(&digest.to_review, |review| {
            let prefers = review.prefers.map(Preference::as_str);
            let wishes = object!({"prefers": prefers, "cadence_days": review.cadence_days});
            with(&review.contact, merge(object!({"since": date(review.since)}), wishes))
        }),
        "booked": list(&digest.booked, |booked| {
            with(&booked.contact, object!({"day": date(booked.day)}))
        }),
        "gone_quiet": list(&digest.gone_quiet, |quiet| {
            with(&quiet.contact, object!({"last_contact": quiet.last_contact.map(date)}))
        }),
        "weeks": list(&digest.weeks, |monday| date(*monday)),
        "clients": list(&digest.clients, client),
        "people": list(&digest.people, person),
        "nudges": list(&digest.nudges, nudged),
        "waiting": digest.waiting,
        "trial": &digest.trial,
        "blind_spots": list(&digest.blind_spots, |text| words::sentence(text).into()),
    })
}

fn list<T>(items: &[T], each: impl Fn(&T) -> Value) -> Value {
    items.iter().map(each).collect()
}

fn date(date: Date) -> Value {
    date.to_string().into()
}

fn mix(mix: ChannelMix) -> Value {
    object!({"email": mix.email, "group": mix.group, "one_on_one": mix.one_on_one})
}

/// Both objects in one; the second wins.
fn merge(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut first), Value::Object(second)) => {
            first.extend(second);
            first.into()
        }
        (first, _) => first,
    }
}

/// The fields that name somebody, and more.
fn with(contact: &Contact, more: Value) -> Value {
    let who = object!({
        "person": contact.person.0.as_str(),
        "name": words::name(&contact.name),
        "client": contact.client.as_deref().map(words::name),
    });
    merge(who, more)
}

fn figures(figures: &Figures) -> Value {
    merge(
        mix(figures.mix),
        object!({"people": figures.people, "people_one_on_one": figures.people_one_on_one}),
    )
}

fn kept(kept: &Kept) -> Value {
    let more = object!({
        "days": list(&kept.days, |day| date(*day)),
        "first_since": kept.first_since.map(date),
    });
    with(&kept.contact, more)
}

fn due(due: &Due) -> Value {
    let more = object!({
        "key": due.key,
        "verdict": words::verdict_key(due.verdict),
        "verdict_since": date(due.verdict_since),
        "reason": words::sentence(&due.reason),
        "suggestion": due.suggestion,
        "last_one_on_one": due.last_one_on_one.map(date),
        "days_since_one_on_one": due.days_since,
        "limit_days": due.limit_days,
        "booked": due.booked.map(date),
    });
    with(&due.contact, more)
}

fn row(row: &Row) -> Value {
    object!({
        "verdict": words::verdict_key(row.verdict),
        "trend": match row.trend { Trend::Up => "up", Trend::Flat => "flat", Trend::Down => "down" },
        "weeks": list(&row.weeks, |week| mix(*week)),
        "total": mix(row.total),
        "last_contact": row.last_contact.map(date),
        "last_one_on_one": row.last_one_on_one.map(date),
        "limit_days": row.limit_days,
    })
}

fn person(person: &PersonRow) -> Value {
    let more = object!({"key": person.key, "confirmed": person.confirmed});
    with(&person.contact, merge(more, row(&person.row)))
}

fn client(client: &ClientRow) -> Value {
    let more = object!({
        "client": words::name(&client.name),
        "active": client.active,
        "alone_with": client.alone_with,
    });
    merge(more, row(&client.row))
}

fn nudged(nudged: &Nudged) -> Value {
    let (stage, answer) = words::stage_keys(nudged.stage);
    let more = object!({
        "day": date(nudged.day),
        "stage": stage,
        "answer": answer,
        "followed": nudged.followed.map(date),
    });
    with(&nudged.contact, more)
}
