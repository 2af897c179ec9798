//! Whoever looks back at a moment sees what was seen then: what the user said later, about talks,
//! items and wishes, is taken out again.

use hallway::call::{Call, How};
use hallway::daemon::{Deriver, Ledger, Plan, derive, roster};
use hallway::interaction::{Change, Correction, Reference};
use hallway::people::{Choice, ClientChoice, ClientDecision, ClientId, Decision, Preference};
use hallway::store::{Kind, Store};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::derivation::{correction, plan};
use super::text::{at, batch, spec};

/// A Wednesday.
const START: &str = "2024-06-12T10:00:00Z";
const WHO: [&str; 4] = ["anna@acme.test", "ben@acme.test", "cleo@bolt.test", "jo@home.example"];

/// Something the user says.
#[derive(Clone, Debug)]
enum Saying {
    Talked { who: usize, days_ago: i64 },
    Corrected { item: Result<u8, u8>, change: Change, with: Option<usize> },
    Wished { who: usize, choice: Choice },
    OfClient(ClientChoice),
}

/// Sayings, each with the hours that go by before it.
fn sayings() -> impl Strategy<Value = Vec<(i64, Saying)>> {
    let who = || 0..WHO.len();
    let item = prop_oneof![(0..40u8).prop_map(Ok), (0..6u8).prop_map(Err)];
    let corrected = (item, correction(who()))
        .prop_map(|(item, (change, with))| Saying::Corrected { item, change, with });
    let wish = select(vec![
        Choice::Key(true),
        Choice::Prefers(Some(Preference::Email)),
        Choice::Prefers(None),
        Choice::Cadence(Some(20)),
        Choice::MuteUntil(date(2024, 6, 20)),
        Choice::LaterUntil(date(2024, 7, 1)),
        Choice::Unmute,
    ]);
    let of_client = select(vec![
        ClientChoice::Cadence(Some(60)),
        ClientChoice::MuteUntil(date(2024, 6, 24)),
        ClientChoice::Prefers(Some(Preference::Email)),
    ]);
    let saying = prop_oneof![
        3 => (who(), 0..60i64).prop_map(|(who, days_ago)| Saying::Talked { who, days_ago }),
        3 => corrected,
        2 => (who(), wish).prop_map(|(who, choice)| Saying::Wished { who, choice }),
        1 => of_client.prop_map(Saying::OfClient),
    ];
    vec((0..90i64, saying), 1..12)
}

fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

/// Half a year of letters with everybody, some meetings, one of them of three weeks, and one that
/// recurs; all of it known from the start, and none of it after the last day.
fn facts() -> Store {
    let mut store = Store::in_memory().unwrap();
    let (mail, calendar) = (
        store.source(Kind::Mail, "mail/work").unwrap(),
        store.source(Kind::Calendar, "calendar/work").unwrap(),
    );
    let mut text = String::new();
    for n in 0..120 {
        let when = at(START) - SignedDuration::from_hours(36 * n);
        let who = WHO[n as usize % WHO.len()];
        text += &match n % 3 {
            0 => format!("mail m{n} {when} ana@agency.test | to {who} | sent\n"),
            _ => format!("mail m{n} {when} {who} | to ana@agency.test\n"),
        };
    }
    store.record(mail, &batch(&text)).unwrap();
    let mut text = String::new();
    let mut event = |uid: u8, from: i64, hours: i64, who: &[usize], more: &str| {
        let start = at(START) + days(from);
        let end = start + SignedDuration::from_hours(hours);
        text += &format!("event u{uid}.ics u{uid} {start} {end} | by ana@agency.test");
        for who in who {
            text += &format!(" | accepted {}", WHO[*who]);
        }
        text += &format!("{more}\n");
    };
    event(0, -40, 1, &[0], "");
    event(1, -30, 1, &[0, 1], "");
    event(2, -12, 24 * 21, &[3], "");
    event(3, -3, 1, &[2], "");
    event(4, 3, 1, &[1], "");
    for week in -6..3 {
        let rid = at(START) + days(7 * week + 1);
        event(5, 7 * week + 1, 1, &[0, 2], &format!(" | rid {rid} | standing"));
    }
    store.record(calendar, &batch(&text)).unwrap();
    store
}

fn say(store: &mut Store, saying: &Saying, now: Timestamp) {
    match saying {
        Saying::Talked { who, days_ago } => {
            let (with, start) = (spec(WHO[*who]), now - days(*days_ago));
            let call = Call { with, how: How::Call, start, minutes: None, told: now };
            store.record_call(&call).unwrap();
        }
        Saying::Corrected { item, change, with } => {
            let item = match item {
                Ok(key) => Reference::Message(format!("m{key}@mail.test")),
                Err(uid) => Reference::Occurrence { uid: format!("u{uid}"), recurrence_id: None },
            };
            let with = with.map(|who| spec(WHO[who]));
            store.correct(&Correction { at: now, item, change: *change, with }).unwrap();
        }
        Saying::Wished { who, choice } => {
            let about = spec(WHO[*who]);
            store.decide(&Decision { at: now, about, choice: choice.clone() }).unwrap();
        }
        Saying::OfClient(choice) => {
            let about = ClientId("Acme".to_owned());
            let decision = ClientDecision { at: now, about, choice: choice.clone() };
            store.decide_client(&decision).unwrap();
        }
    }
}

/// How everybody stood at a moment and what of, as lines.
fn seen(store: &Store, ledger: &Ledger, moment: Timestamp) -> Vec<String> {
    let overview = ledger.at(moment);
    let mut lines = Vec::new();
    for one in &overview.people {
        let person = &one.person;
        let pauses = (person.key, person.muted_until, person.later_until);
        let (reliance, days) = (&one.reliance, &one.days);
        lines.push(format!("{} {pauses:?} {:?} {reliance:?} {days:?}", person.id.0, one.wish));
        let mut all = ledger.of_person(store, &person.id, moment).unwrap();
        all.retain(|one| one.happened(moment));
        let mut all: Vec<_> = all.iter().map(|one| format!("    {one:?}")).collect();
        all.sort();
        lines.append(&mut all);
    }
    for one in &overview.clients {
        let (reliance, days) = (&one.reliance, &one.days);
        lines.push(format!("{} {:?} {reliance:?} {days:?}", one.client.id.0, one.wish));
    }
    lines
}

fn ledger(store: &Store, plan: &Plan, span: (Timestamp, Timestamp)) -> Ledger {
    Ledger::load(store, plan, roster(store, plan, span.1).unwrap(), span).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_past_looks_as_it_looked(sayings in sayings()) {
        let folder = tempfile::tempdir().unwrap();
        let plan = plan(folder.path());
        let (mut store, mut deriver, mut now) = (facts(), Deriver::default(), at(START));
        let mut looks = Vec::new();
        for (hours, saying) in &sayings {
            deriver.derive(&mut store, &plan, now).unwrap();
            looks.push((now, seen(&store, &ledger(&store, &plan, (now, now)), now)));
            now += SignedDuration::from_hours(*hours) + SignedDuration::from_secs(1);
            say(&mut store, saying, now);
        }
        deriver.derive(&mut store, &plan, now).unwrap();
        let today = ledger(&store, &plan, (at(START), now));
        for (moment, look) in looks {
            prop_assert_eq!(seen(&store, &today, moment), look, "at {}", moment);
        }
        let look = seen(&store, &ledger(&store, &plan, (now, now)), now);
        prop_assert_eq!(seen(&store, &today, now), look);
    }
}

/// A meeting of three weeks that the user calls a talk is none before it is over.
#[test]
fn a_talk_of_weeks_counts_when_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path());
    let mut store = facts();
    let item = Reference::Occurrence { uid: "u2".to_owned(), recurrence_id: None };
    let said =
        Correction { at: at(START), item, change: Change::OneOnOne, with: Some(spec(WHO[3])) };
    store.correct(&said).unwrap();
    let mut check = |moment: &str, expect: Option<jiff::civil::Date>| {
        let now = at(moment);
        derive(&mut store, &plan, now).unwrap();
        let overview = ledger(&store, &plan, (now, now)).at(now);
        let jo = overview.people.iter().find(|one| one.person.id.0 == spec(WHO[3])).unwrap();
        assert_eq!(jo.reliance.last_one_on_one, expect, "{moment}");
    };
    check("2024-06-12T12:00:00Z", None);
    check("2024-06-21T09:59:00Z", None);
    check("2024-06-21T10:00:00Z", Some(date(2024, 5, 31)));
}
