//! Laws: the same facts however they come, and the same interactions however often one derives.

use hallway::batch::{Batch, Resource};
use hallway::mail::{Automatic, Envelope, Mailbox, MessageId};
use hallway::store::{Filter, Kind, Learned, Order, Store};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::derived::{judge, lines};
use super::dump;
use super::text::{self, at, key, spec};

/// One thing a source says, and which source.
#[derive(Clone, Debug)]
struct Said {
    source: usize,
    batch: Batch,
}

fn mailbox() -> impl Strategy<Value = Mailbox> {
    let address = select(vec!["ana@agency.test", "jo@acme.test", "jo+x@acme.test", "ben@b.test"]);
    let name = option::of(select(vec!["Jo", "Jo Doe", "Ben", "Ana"]));
    (address, name).prop_map(|(address, name)| Mailbox {
        addr_spec: spec(address),
        display_name: name.map(str::to_owned),
    })
}

/// Few keys, so that copies that differ are common.
fn envelope() -> impl Strategy<Value = Envelope> {
    let head = (select(vec!["a", "b", "c", "d"]), 0..3_i64, any::<bool>(), any::<bool>());
    let thread = option::of(0..2_u64);
    let automatic = option::weighted(0.2, select(vec![Automatic::List, Automatic::Robot]));
    let people = (mailbox(), vec(mailbox(), 0..3), vec(mailbox(), 0..2), vec(mailbox(), 0..2));
    (head, thread, automatic, people).prop_map(|(head, thread, automatic, people)| {
        let ((name, hours, sent, bare), (from, to, cc, bcc)) = (head, people);
        Envelope {
            key: key(name),
            message_id: if bare { None } else { MessageId::parse(name) },
            thread,
            date: at("2024-03-04T22:00:00Z") + jiff::SignedDuration::from_hours(hours),
            from,
            to,
            cc,
            bcc,
            automatic,
            failed: Vec::new(),
            sent,
        }
    })
}

/// A calendar in one state: a name has one content.
fn calendar() -> impl Strategy<Value = Vec<Resource>> {
    let who =
        select(vec!["accepted jo@acme.test", "declined Ben <ben@b.test>", "standing", "free"]);
    let event =
        (select(vec!["one", "two"]), 1..4_u8, vec(who, 0..3)).prop_map(|(uid, day, parts)| {
            let start = format!("2024-03-0{day}T10:00:00Z");
            let parts: String = parts.iter().map(|part| format!(" | {part}")).collect();
            format!("event HREF {uid} {start} 2024-03-09T11:00:00Z | rid {start}{parts}\n")
        });
    btree_map(select(vec!["a.ics", "b.ics", "c.ics"]), vec(event, 1..4), 0..3).prop_map(|all| {
        let text: String =
            all.iter().map(|(href, events)| events.concat().replace("HREF", href)).collect();
        text::batch(&text).resources
    })
}

/// Everything said, each thing at least once, in some order.
fn history() -> impl Strategy<Value = (Vec<Said>, Vec<Said>)> {
    let mail = vec((0..2_usize, envelope()), 0..12).prop_map(|all| {
        let said = |(source, envelope)| Said {
            source,
            batch: Batch { envelopes: vec![envelope], ..Batch::default() },
        };
        all.into_iter().map(said).collect::<Vec<_>>()
    });
    let events = calendar().prop_map(|all| {
        let said = |resource| Said {
            source: 2,
            batch: Batch { resources: vec![resource], ..Batch::default() },
        };
        all.into_iter().map(said).collect::<Vec<_>>()
    });
    (mail, events, vec(any::<Index>(), 0..12)).prop_flat_map(|(mail, events, again)| {
        let all = [mail, events].concat();
        let mut more = all.clone();
        if !all.is_empty() {
            more.extend(again.iter().map(|at| at.get(&all).clone()));
        }
        (Just(all), Just(more).prop_shuffle())
    })
}

fn record(store: &mut Store, said: &[Said], together: usize) {
    let sources = [
        store.source(Kind::Mail, "work").unwrap(),
        store.source(Kind::Mail, "home").unwrap(),
        store.source(Kind::Calendar, "work").unwrap(),
    ];
    for group in said.chunks(together) {
        for (at, source) in sources.iter().enumerate() {
            let mut whole = Batch::default();
            for it in group.iter().filter(|it| it.source == at) {
                whole.envelopes.extend(it.batch.envelopes.clone());
                whole.resources.extend(it.batch.resources.clone());
            }
            store.record(*source, &whole).unwrap();
        }
    }
}

fn sorted(store: &Store) -> Vec<String> {
    let text = lines(store, &Filter { order: Order::OldestFirst, ..Filter::default() });
    let mut all: Vec<_> = text.lines().map(str::to_owned).collect();
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shuffled_repeated_and_split_it_is_the_same_history(
        (once, again) in history(),
        together in 1..9_usize,
    ) {
        let (mut plain, mut other) = (Store::in_memory().unwrap(), Store::in_memory().unwrap());
        record(&mut plain, &once, 1_000);
        record(&mut other, &again, together);
        prop_assert_eq!(dump(&plain), dump(&other));
        prop_assert!(other.quick_check().is_ok());
    }

    #[test]
    fn deriving_now_and_then_is_deriving_at_the_end((_, said) in history(), pause in 1..9_usize) {
        let mut store = Store::in_memory().unwrap();
        for part in said.chunks(pause) {
            record(&mut store, part, 2);
            store.derive(7, &Learned::default(), &mut judge).unwrap();
        }
        let went_on = sorted(&store);
        store.derive(8, &Learned::default(), &mut judge).unwrap();
        prop_assert_eq!(went_on, sorted(&store));
    }
}
