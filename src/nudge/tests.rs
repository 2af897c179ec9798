//! Single rules of the choice that a timeline would bury, and what all tests of the room share.

use std::collections::BTreeSet;

use jiff::civil::{Weekday, date, time};
use jiff::{Timestamp, Zoned};

use super::*;
use crate::mail::AddrSpec;
use crate::people::{Client, Person, Tier};
use crate::reliance::{ChannelMix, OpenDays, Reliance, Rhythm, Share, Trend};

/// What the documented defaults come to.
pub(super) fn policy() -> Policy {
    Policy {
        per_day: 1,
        per_week: 3,
        client_rest_days: 14,
        email_rest_days: 90,
        later_days: 7,
        hours: (time(9, 0, 0, 0), time(18, 0, 0, 0)),
        lottery: None,
        first_day: None,
    }
}

pub(super) fn weekdays() -> OpenDays {
    let week: Vec<_> = Weekday::Monday.cycle_forward().take(5).collect();
    OpenDays::new(&week, BTreeSet::new())
}

pub(super) fn person(address: &str, client: Option<&str>) -> Person {
    let address = AddrSpec::parse(address).unwrap();
    Person {
        id: PersonId(address.clone()),
        name: "Anna Berg".to_owned(),
        addresses: vec![address],
        client: client.map(|name| ClientId(name.to_owned())),
        key: false,
        prefers: None,
        cadence_days: 30,
        confirmed: true,
        tracked: true,
        muted_until: None,
        later_until: None,
        gone: false,
        details: crate::people::Details::default(),
    }
}

pub(super) fn client(name: &str) -> Client {
    Client {
        id: ClientId(name.to_owned()),
        domains: Vec::new(),
        tier: Tier::A,
        cadence_days: 30,
        confirmed: true,
    }
}

/// Due by email alone since long ago.
pub(super) fn due() -> Reliance {
    let mix = |email| ChannelMix { email, group: 0, one_on_one: 0 };
    Reliance {
        verdict: Verdict::EmailOnly,
        verdict_since: date(2024, 2, 1),
        last_contact: Some(date(2024, 3, 1)),
        last_one_on_one: None,
        silence: 40,
        limit: 32.0,
        rhythm: Rhythm::default(),
        last_28: mix(9),
        last_90: mix(26),
        share: Share { estimate: 0.02, low: 0.0, high: 0.1 },
        trend: Trend::Flat,
        confidence: 0.9,
        over: false,
        weeks: Vec::new(),
        booked: None,
        due: true,
    }
}

pub(super) fn healthy() -> Reliance {
    Reliance { verdict: Verdict::Healthy, due: false, silence: 3, ..due() }
}

/// A client and its one person, both standing so.
pub(super) fn couple(name: &str, reliance: &Reliance) -> Standing {
    let address = format!("anna@{}.test", name.to_lowercase());
    let person = person(&address, Some(name));
    Standing {
        people: vec![Subject { person, reliance: reliance.clone() }],
        clients: vec![ClientSubject { client: client(name), reliance: reliance.clone() }],
    }
}

fn decide_at(standing: &Standing, past: &[Past], policy: &Policy, now: &str) -> Decision {
    let now: Zoned = now.parse().unwrap();
    let open = weekdays();
    let moment = Moment {
        now: &now,
        open: &open,
        busy: &[],
        calendar_unread_since: None,
        lately: &Lately::NOTHING,
    };
    decide(standing, past, policy, &moment)
}

/// A good moment: a Monday.
pub(super) const MONDAY: &str = "2024-03-04T10:00:00+01:00[Europe/Berlin]";

pub(super) fn shown(who: &str, client: Option<&str>, day: Date, stage: Stage) -> Past {
    let nudge = Nudge {
        person: PersonId(AddrSpec::parse(who).unwrap()),
        name: "Anna Berg".to_owned(),
        client: client.map(|name| ClientId(name.to_owned())),
        verdict: Verdict::EmailOnly,
        form: Form::Suggestion,
        certainty: 90,
        booked: None,
        reason: String::new(),
        suggestion: String::new(),
        at: Timestamp::UNIX_EPOCH,
    };
    Past { id: NudgeId(1), nudge, day, stage, talked: None }
}

/// W16: the order of three, by what is held back.
#[test]
fn priority_puts_three_in_the_printed_order() {
    let with = |silence, (one_on_one, total): (u32, u32)| Reliance {
        silence,
        limit: 21.0,
        share: Share {
            estimate: (0.6 + f64::from(one_on_one)) / (6.0 + f64::from(total)),
            low: 0.0,
            high: 1.0,
        },
        ..due()
    };
    let first = couple("First", &with(28, (0, 35)));
    let mut second = couple("Second", &with(40, (1, 20)));
    second.clients[0].client.tier = Tier::B;
    let mut third = couple("Third", &with(24, (2, 30)));
    third.clients[0].reliance = healthy();
    third.people[0].person.key = true;
    let mut all = Standing::default();
    for one in [third, second, first] {
        all.people.extend(one.people);
        all.clients.extend(one.clients);
    }
    let past = [shown("anna@third.test", Some("Third"), date(2024, 2, 19), Stage::Shown)];
    let decision = decide_at(&all, &past, &policy(), MONDAY);
    assert_eq!(decision.nudge.unwrap().client.unwrap().0, "First");
    let held: Vec<_> = decision.held.iter().map(|held| (&held.client, &held.why)).collect();
    let name = |name: &str| Some(ClientId(name.to_owned()));
    let expect =
        [(&name("Second"), &Suppressed::Outranked), (&name("Third"), &Suppressed::Outranked)];
    assert_eq!(held, expect);
}

#[test]
fn whoever_may_not_be_named_is_held_with_the_reason() {
    let check = |change: &dyn Fn(&mut Standing), expect: &str| {
        let mut standing = couple("Acme", &due());
        change(&mut standing);
        let decision = decide_at(&standing, &[], &policy(), MONDAY);
        let said = match (&decision.nudge, decision.held.as_slice()) {
            (Some(nudge), []) => nudge.name.clone(),
            (None, [held]) => held.why.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(said, expect);
    };
    check(&|_| {}, "Anna Berg");
    check(
        &|all| all.people[0].person.confirmed = false,
        "nobody has confirmed that you look after them",
    );
    check(&|all| all.people[0].person.muted_until = Some(date(2024, 3, 4)), "muted until 4 March");
    check(&|all| all.people[0].person.muted_until = Some(date(2024, 3, 3)), "Anna Berg");
    check(&|all| all.people[0].person.muted_until = Some(Date::MAX), "muted");
    check(
        &|all| all.people[0].person.later_until = Some(date(2024, 3, 4)),
        "put off until 4 March",
    );
    check(&|all| all.people[0].person.later_until = Some(date(2024, 3, 3)), "Anna Berg");
    check(
        &|all| {
            all.clients[0].reliance.booked = Some(date(2024, 3, 12));
            all.clients[0].reliance.due = false;
        },
        "a talk is booked for 12 March",
    );
    check(&|all| all.people.clear(), "there is nobody of this client to name");
    check(
        &|all| all.people[0].reliance.last_28 = ChannelMix::default(),
        "there is nobody of this client to name",
    );
    check(
        &|all| {
            all.people[0].person.cadence_days = 90;
            all.people[0].reliance.limit = 96.0;
        },
        "there is nobody of this client to name",
    );
    check(&|all| all.people[0].reliance.limit = 96.0, "Anna Berg");
    check(
        &|all| {
            all.clients[0].reliance = healthy();
        },
        "the client is kept through somebody else; this goes to the digest",
    );
    check(
        &|all| {
            all.clients[0].reliance = healthy();
            all.people[0].person.key = true;
        },
        "Anna Berg",
    );
    check(&|all| all.clients.clear(), "Anna Berg");
}

#[test]
fn nobody_is_held_whose_state_calls_for_nothing() {
    for verdict in [Verdict::NotEnoughData, Verdict::Silent, Verdict::Healthy] {
        let standing = couple("Acme", &Reliance { verdict, due: false, ..due() });
        let decision = decide_at(&standing, &[], &policy(), MONDAY);
        assert_eq!((decision.nudge, decision.held), (None, Vec::new()));
    }
    let mut untracked = couple("Acme", &due());
    untracked.clients.clear();
    untracked.people[0].person.tracked = false;
    untracked.people[0].person.confirmed = false;
    assert_eq!(decide_at(&untracked, &[], &policy(), MONDAY).held, Vec::new());
}

/// Of two people of a client, the one with most contact who was not talked to lately.
#[test]
fn whoever_was_talked_to_lately_is_not_the_one_named() {
    let check = |last_90, last_one_on_one, silence, expect: &str| {
        let mut standing = couple("Acme", &due());
        standing.people.push(Subject {
            person: person("ben@acme.test", Some("Acme")),
            reliance: Reliance { last_90, last_one_on_one, silence, ..due() },
        });
        let nudge = decide_at(&standing, &[], &policy(), MONDAY).nudge.unwrap();
        assert_eq!(nudge.person.0.local(), expect);
    };
    let email = |email| ChannelMix { email, group: 0, one_on_one: 0 };
    let talk = Some(date(2024, 2, 20));
    check(email(60), talk, 9, "anna");
    check(email(60), talk, 33, "ben");
    check(email(60), None, 9, "ben");
    check(email(20), None, 33, "anna");
}

#[test]
fn rest_and_back_off_follow_what_became_of_the_nudges() {
    let check = |past: &[(Date, Stage)], change: &dyn Fn(&mut Standing), expect: &str| {
        let mut standing = couple("Acme", &due());
        change(&mut standing);
        let past =
            past.iter().map(|&(day, stage)| shown("anna@acme.test", Some("Acme"), day, stage));
        let past: Vec<_> = past.collect();
        let decision = decide_at(&standing, &past, &policy(), MONDAY);
        let said = decision.held.first().map_or_else(String::new, |held| held.why.to_string());
        assert_eq!(said, expect);
    };
    let (jan, feb) = (|day| date(2024, 1, day), |day| date(2024, 2, day));
    let same: &dyn Fn(&mut Standing) = &|_| {};
    let (shown, later) = (Stage::Shown, Stage::Answered(Answer::Later));
    check(&[(feb(19), shown)], same, "");
    check(&[(feb(20), shown)], same, "there was a suggestion on 20 February; none before 5 March");
    check(
        &[(feb(20), Stage::Claimed)],
        same,
        "there was a suggestion on 20 February; none before 5 March",
    );
    check(&[(feb(20), Stage::Undelivered)], same, "");
    check(&[(feb(26), later)], same, "");
    check(&[(feb(27), later)], same, "there was a suggestion on 27 February; none before 5 March");
    let twice = "2 suggestions in a row went by unanswered; none before 8 March";
    check(&[(jan(10), shown), (feb(9), Stage::Dismissed)], same, twice);
    check(&[(jan(10), shown), (feb(5), shown)], same, "");
    check(&[(jan(10), later), (feb(9), shown)], same, "");
    check(&[(jan(10), Stage::Answered(Answer::Show)), (feb(9), shown)], same, "");
    let talked = |on| move |all: &mut Standing| all.clients[0].reliance.last_one_on_one = Some(on);
    check(&[(jan(10), shown), (feb(9), shown)], &talked(jan(10)), "");
    check(&[(jan(10), shown), (feb(9), shown)], &talked(jan(9)), twice);
    let three = [(jan(1), shown), (jan(15), shown), (feb(12), shown)];
    check(&three, same, "");
    check(&three, &talked(feb(14)), "");
    let by_email: &dyn Fn(&mut Standing) =
        &|all| all.people[0].person.prefers = Some(crate::people::Preference::Email);
    let rare = "they like to be written to, and there was a suggestion lately; none before 9 April";
    check(&[(jan(10), shown)], by_email, rare);
    // A wrong clock once wrote a day far ahead; one zone further on may be tomorrow.
    check(&[(date(2031, 1, 1), shown)], same, "");
    check(
        &[(date(2024, 3, 5), shown)],
        same,
        "there was a suggestion on 5 March; none before 19 March",
    );
}

#[test]
fn a_person_is_known_by_every_address() {
    let mut standing = couple("Acme", &due());
    standing.people[0].person.addresses.push(AddrSpec::parse("ab@old.test").unwrap());
    let past = [shown("ab@old.test", None, date(2024, 2, 28), Stage::Shown)];
    let decision = decide_at(&standing, &past, &policy(), MONDAY);
    assert_eq!(decision.nudge, None);
}
