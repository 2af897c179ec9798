//! Derivation that goes on where it stopped says what a derivation from nothing says, whatever
//! happened in between: mail, other copies of it, events that come, change and go, told talks and
//! their recall, decisions, corrections, somebody forgotten, the next morning.

use std::fs;
use std::path::Path;

use hallway::batch::Batch;
use hallway::call::{Call, How};
use hallway::daemon::{Daemon, Deriver, Event, Ledger, Plan, derive, roster};
use hallway::interaction::{Change, Correction, Reference, tally};
use hallway::people::{Choice, ClientId, Decision};
use hallway::settings::{Environment, Request, load};
use hallway::source::Progress;
use hallway::store::{Filter, Kind, Store};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::text::{at, batch, spec};

/// A Wednesday.
const START: &str = "2024-06-12T10:00:00Z";
const WHO: [&str; 7] = [
    "Anna Berg <anna@acme.test>",
    "anna+x@acme.test",
    "Ben <ben@acme.test>",
    "info@acme.test",
    "Cleo Diaz <cleo@bolt.test>",
    "Cleo <cleo@bolt.test>",
    "jo@home.example",
];

#[derive(Clone, Debug)]
enum Step {
    /// A message: which key, whose, mine or theirs, found in sent mail, hours before the start.
    Mail {
        key: u8,
        who: usize,
        other: usize,
        mine: bool,
        sent: bool,
        hours: i64,
    },
    /// An event of a UID with these guests, a standing one or not, days from the start.
    Event {
        uid: u8,
        who: Vec<usize>,
        standing: bool,
        day: i64,
    },
    Gone {
        uid: u8,
    },
    Told {
        who: usize,
        day: i64,
    },
    Untold {
        who: usize,
        day: i64,
    },
    Decided {
        who: usize,
        choice: Choice,
    },
    /// A message, or an event with all its occurrences, overruled by the user.
    Corrected {
        item: Result<u8, u8>,
        change: Change,
        with: Option<usize>,
    },
    Forgotten {
        who: usize,
    },
    Morning,
    /// The configuration is another from now on, one of [`PLANS`].
    Configured(usize),
    /// The program ends and starts again.
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 0..WHO.len();
    let choice = select(vec![
        Choice::Confirm,
        Choice::NotAClient,
        Choice::Assign(ClientId("Bolt".to_owned())),
        Choice::Join(spec("anna@acme.test")),
        Choice::Split,
        Choice::Cadence(Some(20)),
    ]);
    let mail = (0..12u8, who(), who(), any::<bool>(), prop::bool::weighted(0.3), -40..1200i64);
    let mail = mail.prop_map(|(key, who, other, mine, sent, hours)| Step::Mail {
        key,
        who,
        other,
        mine,
        sent,
        hours,
    });
    let event = (0..4u8, vec(who(), 1..4), any::<bool>(), -50..9i64);
    let event = event.prop_map(|(uid, who, standing, day)| Step::Event { uid, who, standing, day });
    let item = (any::<bool>(), 0..4u8).prop_map(|(mail, n)| if mail { Ok(n) } else { Err(n) });
    let corrected = (item, correction(who())).prop_map(|(item, (change, with))| Step::Corrected {
        item,
        change,
        with,
    });
    let step = prop_oneof![
        8 => mail,
        3 => event,
        1 => (0..4u8).prop_map(|uid| Step::Gone { uid }),
        1 => (who(), -30..1i64).prop_map(|(who, day)| Step::Told { who, day }),
        1 => (who(), -30..1i64).prop_map(|(who, day)| Step::Untold { who, day }),
        1 => (who(), choice).prop_map(|(who, choice)| Step::Decided { who, choice }),
        2 => corrected,
        1 => Just(Step::Morning),
        1 => Just(Step::Restart),
        1 => (0..PLANS.len()).prop_map(Step::Configured),
        1 => prop_oneof![9 => Just(None), 1 => who().prop_map(Some)].prop_map(|who| match who {
            Some(who) => Step::Forgotten { who },
            None => Step::Morning,
        }),
    ];
    vec(step, 1..40)
}

/// What one of the steps brings from a mailbox or a calendar.
fn brought(step: &Step) -> Option<(Kind, Batch)> {
    let day = |n: i64| at(START) + SignedDuration::from_hours(24 * n);
    match step {
        Step::Mail { key, who, other, mine, sent, hours } => {
            let when = at(START) - SignedDuration::from_hours(*hours);
            let (from, to) = match mine {
                true => ("ana@agency.test", format!("{}, {}", WHO[*who], WHO[*other])),
                false => (WHO[*who], format!("ana@agency.test, {}", WHO[*other])),
            };
            let sent = if *sent { " | sent" } else { "" };
            let text = format!("mail m{key} {when} {from} | to {to}{sent}");
            Some((Kind::Mail, batch(&text)))
        }
        Step::Event { uid, who, standing, day: first } => {
            let mut text = String::new();
            for week in 0..if *standing { 6 } else { 1 } {
                let start = day(first + 7 * week);
                let end = start + SignedDuration::from_mins(45);
                text += &format!("event u{uid}.ics u{uid} {start} {end} | by ana@agency.test");
                for who in who {
                    text += &format!(" | accepted {}", WHO[*who]);
                }
                if *standing {
                    text += &format!(" | rid {start} | standing");
                }
                text += "\n";
            }
            Some((Kind::Calendar, batch(&text)))
        }
        Step::Gone { uid } => Some((Kind::Calendar, batch(&format!("gone u{uid}.ics")))),
        _ => None,
    }
}

/// What one of the steps says to a store; the clock moves on.
fn take(store: &mut Store, step: &Step, now: &mut Timestamp) {
    let day = |n: i64| at(START) + SignedDuration::from_hours(24 * n);
    let bare = |who: usize| {
        let text = WHO[who];
        spec(text.split_once('<').map_or(text, |(_, rest)| rest.trim_end_matches('>')))
    };
    if let Some((kind, batch)) = brought(step) {
        let source = match kind {
            Kind::Mail => "mail/work",
            _ => "calendar/work",
        };
        let source = store.source(kind, source).unwrap();
        store.record(source, &batch).unwrap();
    }
    match step {
        Step::Mail { .. } | Step::Event { .. } | Step::Gone { .. } | Step::Configured(_) => {}
        Step::Told { who, day: on } => {
            let (with, start) = (bare(*who), day(*on));
            let call = Call { with, how: How::Call, start, minutes: Some(20), told: *now };
            store.record_call(&call).ok();
        }
        Step::Untold { who, day: on } => {
            store.remove_call(&bare(*who), day(*on)).ok();
        }
        Step::Decided { who, choice } => {
            let decision = Decision { at: *now, about: bare(*who), choice: choice.clone() };
            store.decide(&decision).ok();
            *now += SignedDuration::from_secs(1);
        }
        Step::Corrected { item, change, with } => {
            let item = match item {
                Ok(key) => Reference::Message(format!("m{key}@mail.test")),
                Err(uid) => Reference::Occurrence { uid: format!("u{uid}"), recurrence_id: None },
            };
            let with = with.map(bare);
            store.correct(&Correction { at: *now, item, change: *change, with }).ok();
            *now += SignedDuration::from_secs(1);
        }
        Step::Forgotten { who } => {
            store.forget(&[bare(*who)].into(), &[]).unwrap();
        }
        Step::Morning => *now += SignedDuration::from_hours(24),
        Step::Restart => {}
    }
}

/// What else a configuration may say of people.
const PLANS: [&str; 4] = [
    "",
    "[[client]]\nname = \"Bolt\"\ndomains = [\"bolt.test\"]\ntier = \"C\"\n",
    "[[person]]\nname = \"Jo\"\naddresses = [\"jo@home.example\", \"ben@acme.test\"]\n",
    "[people]\ntrust-suggestions = true\n",
];

/// What a correction says, and whom it names if it does.
pub(super) fn correction(
    who: impl Strategy<Value = usize>,
) -> impl Strategy<Value = (Change, Option<usize>)> {
    let change = select(vec![
        Change::OneOnOne,
        Change::Group,
        Change::Email,
        Change::Ignore,
        Change::Person,
        Change::Undo,
    ]);
    (change, option::of(who))
        .prop_map(|(change, with)| (change, with.or((change == Change::Person).then_some(2))))
}

pub(super) fn plan(root: &Path) -> Plan {
    configured(root, 0)
}

fn configured(root: &Path, more: usize) -> Plan {
    let config = root.join(format!("config-{more}.toml"));
    let text = format!(
        "[me]\naddresses = [\"ana@agency.test\"]\ntime-zone = \"UTC\"\n\
         [[mail]]\nname = \"work\"\ntype = \"maildir\"\npath = \"{0}\"\n\
         [[calendar]]\nname = \"work\"\ntype = \"vdir\"\npath = \"{0}\"\n\
         [[client]]\nname = \"Acme\"\ndomains = [\"acme.test\"]\n{1}",
        root.display(),
        PLANS[more]
    );
    fs::write(&config, text).unwrap();
    let environment = Environment::of([("HOME", root.to_str().unwrap())]);
    let request = Request { config: Some(config), set: Vec::new() };
    Plan::of(&load(&environment, &request).unwrap())
}

/// Everything derived, as lines; how everybody stands now, and stood two weeks ago.
fn derived(store: &Store, plan: &Plan, now: Timestamp) -> Vec<String> {
    let mut lines: Vec<_> =
        store.acquaintances().unwrap().iter().map(|one| format!("{one:?}")).collect();
    let mut interactions = Vec::new();
    store.interactions(&Filter::default(), |one, _| interactions.push(format!("{one:?}"))).unwrap();
    interactions.sort();
    lines.append(&mut interactions);
    let ago = now - SignedDuration::from_hours(14 * 24);
    let ledger = Ledger::load(store, plan, roster(store, plan, now).unwrap(), (ago, now)).unwrap();
    for overview in [ledger.at(now), ledger.at(ago)] {
        lines.extend(overview.people.iter().map(|one| format!("{one:?}")));
        lines.extend(overview.clients.iter().map(|one| format!("{one:?}")));
    }
    lines.extend(ledger.weeks(now).iter().map(|week| format!("{week:?}")));
    lines
}

/// The days of everybody are those that counting all their interactions makes.
fn counted_plainly(store: &Store, plan: &Plan, now: Timestamp) {
    let ago = now - SignedDuration::from_hours(14 * 24);
    let ledger = Ledger::load(store, plan, roster(store, plan, now).unwrap(), (ago, now)).unwrap();
    for as_of in [now, ago] {
        let overview = ledger.at(as_of);
        for one in &overview.people {
            let mut all = ledger.of_person(store, &one.person.id, as_of).unwrap();
            all.retain(|it| it.happened(as_of));
            assert_eq!(*one.days, tally(&all).days, "{:?}", one.person.id);
        }
        for house in &overview.clients {
            let mut all = ledger.of_client(store, &house.client.id, as_of).unwrap();
            all.retain(|it| it.happened(as_of));
            assert_eq!(*house.days, tally(&all).days, "{:?}", house.client.id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn going_on_says_what_beginning_anew_says(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = plan(folder.path());
        let mut store = Store::in_memory().unwrap();
        let mut anew = Store::in_memory().unwrap();
        let mut deriver = Deriver::default();
        let (mut now, mut again) = (at(START), at(START));
        for step in &steps {
            if let Step::Configured(more) = step {
                plan = configured(folder.path(), *more);
            }
            take(&mut store, step, &mut now);
            if matches!(step, Step::Restart) {
                deriver = Deriver::default();
                deriver.roster(&store, &plan, now).unwrap();
            }
            deriver.derive(&mut store, &plan, now).unwrap();
            take(&mut anew, step, &mut again);
        }
        derive(&mut anew, &plan, now).unwrap();
        let (kept, built) = (deriver.roster(&store, &plan, now), roster(&anew, &plan, now));
        prop_assert_eq!(kept.unwrap(), built.unwrap());
        prop_assert_eq!(derived(&store, &plan, now), derived(&anew, &plan, now));
        counted_plainly(&store, &plan, now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The loop keeps what it knows from event to event, and adds to it; whoever begins now reads
    /// it anew.
    #[test]
    fn the_loop_knows_what_a_beginner_reads(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hallway.sqlite");
        let mut beside = Store::open(&path).unwrap();
        let mut now = at(START);
        let first = plan(folder.path());
        let mut daemon = Daemon::new(first, Store::open(&path).unwrap(), now).unwrap();
        for step in &steps {
            match brought(step) {
                Some((kind, batch)) => {
                    let mut all = daemon.sources();
                    let source = all.find(|(_, one)| one.kind == kind).unwrap().0;
                    drop(all);
                    let progress = Progress { done: 1, total: 1 };
                    let fetched = Event::Fetched(source, batch, progress);
                    daemon.step(&fetched, now).unwrap();
                }
                None => take(&mut beside, step, &mut now),
            }
            if let Step::Configured(more) = step {
                daemon.replan(configured(folder.path(), *more), now).unwrap();
            }
            let sources: Vec<_> = daemon.sources().map(|(source, _)| source).collect();
            for source in sources {
                daemon.step(&Event::Looked(source), now).unwrap();
            }
            let kept = format!("{:?}", daemon.overview(now).unwrap());
            let roster = roster(&beside, daemon.plan(), now).unwrap();
            let anew = Ledger::load(&beside, daemon.plan(), roster, (now, now)).unwrap().at(now);
            prop_assert_eq!(kept, format!("{:?}", anew));
        }
    }
}

/// A message of today is judged alone.
#[test]
fn a_new_message_touches_nothing_old() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path());
    let mut store = Store::in_memory().unwrap();
    let (mut deriver, mut now) = (Deriver::default(), at(START));
    for (key, hours) in (0..12).zip((0..1200).step_by(100)) {
        let mail = Step::Mail { key, who: 0, other: 2, mine: key % 2 == 0, sent: false, hours };
        take(&mut store, &mail, &mut now);
    }
    assert!(deriver.derive(&mut store, &plan, now).unwrap().unwrap().derived.whole);
    let mail = Step::Mail { key: 99, who: 0, other: 2, mine: true, sent: false, hours: 1 };
    take(&mut store, &mail, &mut now);
    let done = deriver.derive(&mut store, &plan, now).unwrap().unwrap();
    assert_eq!((done.derived.whole, done.derived.facts, done.rebuilt), (false, 1, false));
    assert_eq!(done.renewed.people.len(), 2);
    // Nor does the first one after a start, when everything is looked at once.
    let mut deriver = Deriver::default();
    deriver.roster(&store, &plan, now).unwrap();
    let mail = Step::Mail { key: 98, who: 0, other: 2, mine: true, sent: false, hours: 2 };
    take(&mut store, &mail, &mut now);
    let done = deriver.derive(&mut store, &plan, now).unwrap().unwrap();
    assert_eq!((done.derived.whole, done.derived.facts, done.rebuilt), (false, 1, false));
    assert!(deriver.derive(&mut store, &plan, now).unwrap().is_none());
}
