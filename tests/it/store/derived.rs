//! Interactions: made from facts by a judgement, anew or where it stopped, read back in order.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use expect_test::{Expect, expect};
use hallway::call::{Call, How};
use hallway::interaction::{Channel, Direction, Interaction, Reference, Rule, Setting};
use hallway::mail::AddrSpec;
use hallway::people::PersonId;
use hallway::reliance::ChannelMix;
use hallway::store::{Derived, Error, Fact, Filter, Kind, Learned, Order, Store, Week};
use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::text::{at, batch, spec};
use super::{dump, store};

fn seen(person: &AddrSpec, at: Timestamp, reference: Reference) -> Interaction {
    Interaction {
        person: PersonId(person.identity()),
        address: person.clone(),
        channel: Channel::Email,
        setting: Setting::OneOnOne,
        direction: Direction::In,
        at,
        end: at,
        day: at.to_zoned(TimeZone::UTC).date(),
        participants: 1,
        minutes: None,
        series: None,
        known: at,
        rule: Rule::MailReceived,
        reference,
    }
}

/// A judgement plain enough to be told in a line: whoever stands in a fact was in touch with me.
pub(super) fn judge(fact: Fact<'_>, found: &mut Vec<Interaction>) {
    match fact {
        Fact::Message(envelope) => {
            let id = envelope.message_id.as_ref().map_or_else(
                || format!("{:032x}", u128::from_be_bytes(envelope.key.0)),
                |id| id.as_str().to_owned(),
            );
            for person in [&envelope.from].into_iter().chain(&envelope.to) {
                let reference = Reference::Message(id.clone());
                found.push(seen(&person.addr_spec, envelope.date, reference));
            }
        }
        Fact::Occurrence { copies, sources } => {
            assert_eq!(copies.len(), sources.len());
            let first = &copies[0];
            let hallway::calendar::Span::Timed { start, end } = first.span else { return };
            for person in first.attendees.iter() {
                let reference = Reference::Occurrence {
                    uid: first.uid.clone(),
                    recurrence_id: first.recurrence_id,
                };
                found.push(Interaction {
                    channel: Channel::InPerson,
                    setting: Setting::of(copies.len() + 1),
                    direction: Direction::Mutual,
                    end,
                    minutes: Some(60),
                    series: first.standing.then(|| first.uid.clone()),
                    known: first.created.unwrap_or(start),
                    rule: Rule::Attendees,
                    ..seen(&person.mailbox.addr_spec, start, reference)
                });
            }
        }
        Fact::Call(call) => found.push(Interaction {
            channel: Channel::Call,
            direction: Direction::Out,
            minutes: call.minutes,
            rule: Rule::Told,
            ..seen(&call.with, call.start, Reference::Told(call.start))
        }),
    }
}

/// Interactions as text, one a line.
pub(super) fn lines(store: &Store, filter: &Filter) -> String {
    let sources = store.sources().unwrap();
    let mut text = String::new();
    let take = |it: Interaction, source| {
        let source = sources.iter().find(|known| Some(known.id) == source);
        text.push_str(&format!(
            "{} {} {} {:?} {:?} {:?} {:?} {}..{} {:?} {} {}\n",
            it.day,
            it.person.0,
            it.address,
            it.channel,
            it.setting,
            it.direction,
            it.rule,
            it.at.strftime("%H:%M"),
            it.end.strftime("%H:%M"),
            it.series,
            it.reference,
            source.map_or("-".to_owned(), |it| format!("{:?} {}", it.kind, it.name)),
        ));
    };
    store.interactions(filter, take).unwrap();
    text
}

fn filled() -> Store {
    let (mut store, mail, calendar) = store();
    let letters = "
        mail a 2024-03-04T09:00:00Z jo@acme.test | to ana+x@agency.test
        mail b 2024-03-06T09:00:00Z ana@agency.test | to jo@acme.test | bare";
    let events = "
        event a.ics one 2024-03-05T10:00:00Z 2024-03-05T11:00:00Z | rid 2024-03-05T10:00:00Z | standing | accepted jo@acme.test
        event a.ics one 2024-03-12T10:00:00Z 2024-03-12T11:00:00Z | rid 2024-03-12T10:00:00Z | standing | accepted jo@acme.test | created 2024-03-01T00:00:00Z
        event b.ics one 2024-03-05T10:00:00Z 2024-03-05T11:00:00Z | rid 2024-03-05T10:00:00Z | accepted ben@acme.test";
    store.record(mail, &batch(letters)).unwrap();
    store.record(calendar, &batch(events)).unwrap();
    let call = Call {
        with: spec("jo@acme.test"),
        how: How::Call,
        start: at("2024-03-07T08:00:00Z"),
        minutes: Some(12),
        told: at("2024-03-07T08:12:00Z"),
    };
    store.record_call(&call).unwrap();
    let derived = store.derive(1, &Learned::default(), &mut judge).unwrap();
    assert_eq!(
        derived,
        Derived {
            whole: true,
            facts: 5,
            interactions: 7,
            talks: true,
            gone: true,
            letters: vec![]
        }
    );
    store
}

fn check(filter: &Filter, expect: Expect) {
    expect.assert_eq(&lines(&filled(), filter));
}

#[test]
fn interactions_come_back_whole_person_by_person() {
    check(
        &Filter::default(),
        expect![[r#"
        2024-03-04 jo@acme.test jo@acme.test Email OneOnOne In MailReceived 09:00..09:00 None a@mail.test Mail work
        2024-03-05 jo@acme.test jo@acme.test InPerson SmallGroup Mutual Attendees 10:00..11:00 Some("one") one#20240305T100000Z Calendar work
        2024-03-06 jo@acme.test jo@acme.test Email OneOnOne In MailReceived 09:00..09:00 None 62000000000000000000000000000000 Mail work
        2024-03-07 jo@acme.test jo@acme.test Call OneOnOne Out Told 08:00..08:00 None told@20240307T080000Z -
        2024-03-12 jo@acme.test jo@acme.test InPerson SmallGroup Mutual Attendees 10:00..11:00 Some("one") one#20240312T100000Z Calendar work
        2024-03-04 ana@agency.test ana+x@agency.test Email OneOnOne In MailReceived 09:00..09:00 None a@mail.test Mail work
        2024-03-06 ana@agency.test ana@agency.test Email OneOnOne In MailReceived 09:00..09:00 None 62000000000000000000000000000000 Mail work
    "#]],
    );
}

#[test]
fn interactions_are_found_by_person_day_and_what_was_known() {
    let jo = || Some([PersonId(spec("jo@acme.test")), PersonId(spec("no@acme.test"))].into());
    check(
        &Filter { persons: jo(), order: Order::NewestFirst, limit: Some(2), ..Filter::default() },
        expect![[r#"
            2024-03-12 jo@acme.test jo@acme.test InPerson SmallGroup Mutual Attendees 10:00..11:00 Some("one") one#20240312T100000Z Calendar work
            2024-03-07 jo@acme.test jo@acme.test Call OneOnOne Out Told 08:00..08:00 None told@20240307T080000Z -
        "#]],
    );
    check(
        &Filter {
            since: Some(date(2024, 3, 5)),
            until: Some(date(2024, 3, 6)),
            order: Order::OldestFirst,
            ..Filter::default()
        },
        expect![[r#"
            2024-03-05 jo@acme.test jo@acme.test InPerson SmallGroup Mutual Attendees 10:00..11:00 Some("one") one#20240305T100000Z Calendar work
            2024-03-06 jo@acme.test jo@acme.test Email OneOnOne In MailReceived 09:00..09:00 None 62000000000000000000000000000000 Mail work
            2024-03-06 ana@agency.test ana@agency.test Email OneOnOne In MailReceived 09:00..09:00 None 62000000000000000000000000000000 Mail work
        "#]],
    );
    let known_by = Some(at("2024-03-04T09:00:00Z"));
    check(
        &Filter { persons: jo(), known_by, ..Filter::default() },
        expect![[r#"
        2024-03-04 jo@acme.test jo@acme.test Email OneOnOne In MailReceived 09:00..09:00 None a@mail.test Mail work
        2024-03-12 jo@acme.test jo@acme.test InPerson SmallGroup Mutual Attendees 10:00..11:00 Some("one") one#20240312T100000Z Calendar work
    "#]],
    );
    check(&Filter { persons: Some([].into()), ..Filter::default() }, expect![[""]]);
}

#[test]
fn a_derivation_goes_on_where_the_last_one_stopped() {
    let mut store = filled();
    let nothing = Derived {
        whole: false,
        facts: 0,
        interactions: 0,
        talks: false,
        gone: false,
        letters: vec![],
    };
    assert_eq!(store.derive(1, &Learned::default(), &mut judge).unwrap(), nothing);

    let sources = store.sources().unwrap();
    let (mail, calendar) = (sources[0].id, sources[1].id);
    let letters = "
        mail a 2024-03-04T09:00:00Z jo@acme.test | to ana+x@agency.test
        mail b 2024-03-06T09:30:00Z ana@agency.test | to ben@acme.test | sent
        mail c 2024-03-08T09:00:00Z jo@acme.test | to ana@agency.test";
    store.record(mail, &batch(letters)).unwrap();
    let event = "event b.ics one 2024-03-05T10:00:00Z 2024-03-05T12:00:00Z | rid 2024-03-05T10:00:00Z | accepted cleo@acme.test\ngone a.ics";
    store.record(calendar, &batch(event)).unwrap();
    assert!(store.remove_call(&spec("jo@acme.test"), at("2024-03-07T08:00:00Z")).unwrap());
    assert!(!store.remove_call(&spec("jo@acme.test"), at("2024-03-07T08:00:00Z")).unwrap());

    // The other copy of a message, a new message and what is left of the event.
    let some = store.derive(1, &Learned::default(), &mut judge).unwrap();
    let days =
        [("ana@agency.test", 6), ("ben@acme.test", 6), ("jo@acme.test", 8), ("ana@agency.test", 8)];
    let day = |(who, day)| (PersonId(spec(who)), date(2024, 3, day));
    let letters = days.map(day).to_vec();
    assert_eq!(
        some,
        Derived { whole: false, facts: 3, interactions: 5, talks: true, gone: true, letters }
    );
    let order = Order::OldestFirst;
    let went_on = lines(&store, &Filter { order, ..Filter::default() });
    let anew = store.derive(2, &Learned::default(), &mut judge).unwrap();
    assert_eq!(
        anew,
        Derived {
            whole: true,
            facts: 4,
            interactions: 7,
            talks: true,
            gone: true,
            letters: vec![]
        }
    );
    assert_eq!(lines(&store, &Filter { order, ..Filter::default() }), went_on);
    expect![[r#"
        2024-03-04 jo@acme.test jo@acme.test Email OneOnOne In MailReceived 09:00..09:00 None a@mail.test Mail work
        2024-03-04 ana@agency.test ana+x@agency.test Email OneOnOne In MailReceived 09:00..09:00 None a@mail.test Mail work
        2024-03-05 cleo@acme.test cleo@acme.test InPerson SmallGroup Mutual Attendees 10:00..12:00 None one#20240305T100000Z Calendar work
        2024-03-06 ana@agency.test ana@agency.test Email OneOnOne In MailReceived 09:30..09:30 None b@mail.test Mail work
        2024-03-06 ben@acme.test ben@acme.test Email OneOnOne In MailReceived 09:30..09:30 None b@mail.test Mail work
        2024-03-08 jo@acme.test jo@acme.test Email OneOnOne In MailReceived 09:00..09:00 None c@mail.test Mail work
        2024-03-08 ana@agency.test ana@agency.test Email OneOnOne In MailReceived 09:00..09:00 None c@mail.test Mail work
    "#]].assert_eq(&went_on);
}

#[test]
fn many_messages_are_judged_ahead_and_come_out_the_same() {
    let letters: String = (0..6_000)
        .map(|n| {
            format!("mail m{n} 2024-03-04T09:00:00Z p{}@acme.test | to ana@agency.test\n", n % 90)
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for mut store in [Store::in_memory().unwrap(), Store::open(&folder.path().join("db")).unwrap()]
    {
        let mail = store.source(Kind::Mail, "work").unwrap();
        store.record(mail, &batch(&letters)).unwrap();
        assert!(!store.is_derived(3).unwrap());
        let derived = store.derive(7, &Learned::default(), &mut judge).unwrap();
        assert!((derived.facts, derived.interactions) >= (6_000, 6_000));
        store.set_basis(3).unwrap();
        assert!(store.is_derived(3).unwrap() && !store.is_derived(4).unwrap());
        all.push(lines(&store, &Filter::default()));
        store
            .record(mail, &batch("mail new 2024-03-05T09:00:00Z jo@acme.test | to ana@agency.test"))
            .unwrap();
        assert!(!store.is_derived(3).unwrap());
    }
    assert!(all[0] == all[1]);
}

#[test]
fn a_judgement_that_panics_changes_nothing() {
    let mut store = filled();
    let before = lines(&store, &Filter::default());
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.derive(2, &Learned::default(), &mut |fact, found| match fact {
            Fact::Call(_) => panic!("on purpose"),
            other => {
                judge(other, found);
                found.iter_mut().for_each(|it| it.address = spec("new@acme.test"));
            }
        })
    }));
    assert!(caught.is_err());
    assert_eq!(lines(&store, &Filter::default()), before);

    // An address that was only written by the transaction that failed is not thought to be there.
    let mail = store.sources().unwrap()[0].id;
    let letter = batch("mail n 2024-03-04T09:00:00Z new@acme.test | to ana@agency.test");
    store.record(mail, &letter).unwrap();
    assert!(store.derive(2, &Learned::default(), &mut judge).unwrap().whole);
}

/// Told to stop in the middle, a derivation has done nothing; the next one does all of it.
#[test]
fn a_stop_in_the_middle_loses_nothing() {
    let letters: String = (0..600)
        .map(|n| format!("mail m{n} 2024-03-04T09:00:00Z p{n}@acme.test | to ana@agency.test\n"))
        .collect();
    for stop_after in [0, 1, 200, 599] {
        let mut store = filled();
        let mail = store.sources().unwrap()[0].id;
        store.record(mail, &batch(&letters)).unwrap();
        let (before, facts) = (lines(&store, &Filter::default()), dump(&store));
        let (stop, judged) = (Arc::new(AtomicBool::new(stop_after == 0)), Cell::new(0));
        store.heed(Some(Arc::clone(&stop))).unwrap();
        let stopped = store.derive(2, &Learned::default(), &mut |fact, found| {
            judged.set(judged.get() + 1);
            stop.fetch_or(judged.get() > stop_after, Ordering::Release);
            judge(fact, found);
        });
        assert!(matches!(stopped, Err(Error::Stopped { .. })), "{stopped:?}");
        store.heed(None).unwrap();
        assert_eq!((lines(&store, &Filter::default()), dump(&store)), (before, facts));
        let done = store.derive(2, &Learned::default(), &mut judge).unwrap();
        assert_eq!((done.whole, done.facts), (true, 605));
    }
}

#[test]
fn weeks_are_saved_over_and_begin_on_mondays() {
    let (mut store, ..) = store();
    let week = |monday, email| Week {
        person: PersonId(spec("jo@acme.test")),
        monday,
        mix: ChannelMix { email, group: 1, one_on_one: 0 },
    };
    let (first, second) = (week(date(1969, 12, 29), 2), week(date(2024, 3, 4), 3));
    store.save_weeks(&[first, week(date(2024, 3, 4), 1)]).unwrap();
    store.save_weeks(std::slice::from_ref(&second)).unwrap();
    assert!(store.save_weeks(&[week(date(2024, 3, 5), 1)]).is_err());
    assert!(store.save_weeks(&[week(date(2024, 3, 4), 8)]).is_err());
    assert_eq!(store.weeks(date(2024, 3, 4)).unwrap(), [second]);
    assert_eq!(store.weeks(date(1900, 1, 1)).unwrap().len(), 2);
}
