//! Messages and occurrences: once each, whatever comes in what order.

use expect_test::{Expect, expect};
use hallway::mail::Automatic;
use hallway::store::{Kind, MessageRow, Recorded, Store};

use super::text::{at, batch, spec};
use super::{dump, store};

/// Records batches, written one under another with a line of dashes between, and gives back the
/// facts. Mail goes to the mailbox, events to the calendar.
fn facts(text: &str) -> String {
    let (mut store, mail, calendar) = store();
    for part in text.split("----") {
        let source =
            if part.contains("event ") || part.contains("gone ") { calendar } else { mail };
        store.record(source, &batch(part)).unwrap();
    }
    let lines = dump(&store);
    lines.lines().filter(|line| !line.starts_with("source")).collect::<Vec<_>>().join("\n")
}

fn check(text: &str, expect: Expect) {
    expect.assert_eq(&facts(text));
}

#[test]
fn a_copy_adds_nothing() {
    check(
        "
        mail a 2024-03-04T09:00:00Z Jo Doe <jo@acme.test> | to ana@agency.test | cc Ben <ben@acme.test>
        mail a 2024-03-04T09:00:00Z Jo Doe <jo@acme.test> | to ana@agency.test | cc Ben <ben@acme.test>
        ----
        mail a 2024-03-04T09:00:00Z Jo Doe <jo@acme.test> | to ana@agency.test | cc Ben <ben@acme.test>
        ",
        expect![[r#"
            name "ben@acme.test" "Ben"
            name "jo@acme.test" "Jo Doe"
            message 61000000000000000000000000000000 2024-03-04T09:00:00Z from "jo@acme.test" sent false in "work" thread Some(-8) id Some("a@mail.test") to "ana@agency.test" cc "ben@acme.test""#]],
    );
}

#[test]
fn the_copy_in_the_sent_mailbox_is_the_fact() {
    let inbox = "mail a 2024-03-04T09:00:00Z ana@agency.test | to jo@acme.test, jo@acme.test";
    let sent =
        "mail a 2024-03-04T09:00:01Z ana@agency.test | to jo@acme.test | bcc ben@acme.test | sent";
    assert_eq!(facts(&format!("{inbox}\n{sent}")), facts(&format!("{sent}\n----\n{inbox}")));
    check(
        &format!("{inbox}\n{sent}"),
        expect![[
            r#"message 61000000000000000000000000000000 2024-03-04T09:00:01Z from "ana@agency.test" sent true in "work" thread Some(-8) id Some("a@mail.test") to "jo@acme.test" bcc "ben@acme.test""#
        ]],
    );
}

#[test]
fn of_two_messages_under_one_id_the_earlier_stays() {
    let late = "mail a 2024-03-05T09:00:00Z eve@evil.test | to ana@agency.test";
    let early = "mail a 2024-03-04T09:00:00Z jo@acme.test | to ana@agency.test";
    assert_eq!(facts(&format!("{late}\n{early}")), facts(&format!("{early}\n{late}")));
    check(
        &format!("{late}\n{early}"),
        expect![[
            r#"message 61000000000000000000000000000000 2024-03-04T09:00:00Z from "jo@acme.test" sent false in "work" thread Some(-8) id Some("a@mail.test") to "ana@agency.test""#
        ]],
    );
}

#[test]
fn machine_mail_leaves_a_count_and_nothing_else() {
    check(
        "
        mail a 2024-03-04T09:00:00Z News <news@shop.test> | to ana@agency.test | machine list
        mail b 2024-03-04T23:59:59Z News <news@shop.test> | to ana@agency.test | machine list
        mail c 2024-03-05T00:00:00Z Robot <no-reply@shop.test> | to ana@agency.test | machine robot
        ----
        mail a 2024-03-04T09:00:00Z News <news@shop.test> | to ana@agency.test | machine list
        ",
        expect![[r#"
            machine "work" 19786 list 2
            machine "work" 19787 robot 1"#]],
    );
}

#[test]
fn a_name_is_the_newest_of_its_own_from_else_of_others() {
    check(
        "
        mail a 2024-03-04T09:00:00Z ana@agency.test | to Herr Doe <jo@acme.test>, Benny <ben@acme.test>
        mail b 2024-03-05T09:00:00Z Jo Doe <jo@acme.test> | to ana@agency.test
        mail c 2024-03-06T09:00:00Z Jo Roe <jo@acme.test> | to Ana Old <ana@agency.test>
        mail d 2024-03-02T09:00:00Z Jo Maiden <jo@acme.test> | to Ben Holt <ben@acme.test>
        mail e 2024-03-07T09:00:00Z ana@agency.test | to Boss <jo@acme.test>
        ",
        expect![[r#"
            name "ana@agency.test" "Ana Old"
            name "ben@acme.test" "Benny"
            name "jo@acme.test" "Jo Roe"
            message 61000000000000000000000000000000 2024-03-04T09:00:00Z from "ana@agency.test" sent false in "work" thread Some(-8) id Some("a@mail.test") to "ben@acme.test" to "jo@acme.test"
            message 62000000000000000000000000000000 2024-03-05T09:00:00Z from "jo@acme.test" sent false in "work" thread Some(-8) id Some("b@mail.test") to "ana@agency.test"
            message 63000000000000000000000000000000 2024-03-06T09:00:00Z from "jo@acme.test" sent false in "work" thread Some(-8) id Some("c@mail.test") to "ana@agency.test"
            message 64000000000000000000000000000000 2024-03-02T09:00:00Z from "jo@acme.test" sent false in "work" thread Some(-8) id Some("d@mail.test") to "ben@acme.test"
            message 65000000000000000000000000000000 2024-03-07T09:00:00Z from "ana@agency.test" sent false in "work" thread Some(-8) id Some("e@mail.test") to "jo@acme.test""#]],
    );
}

#[test]
fn a_resource_is_replaced_as_a_whole_and_may_go() {
    check(
        "
        event a.ics one 2024-03-04T10:00:00Z 2024-03-04T11:00:00Z | rid 2024-03-04T10:00:00Z | standing | accepted Jo <jo@acme.test>
        event a.ics one 2024-03-11T10:00:00Z 2024-03-11T11:00:00Z | rid 2024-03-11T10:00:00Z | standing | accepted Jo <jo@acme.test>
        event b.ics two 2024-03-12T10:00:00Z 2024-03-12T11:00:00Z | call Anna Berg | created 2024-03-01T00:00:00Z
        ----
        event a.ics one 2024-03-04T10:00:00Z 2024-03-04T11:00:00Z | rid 2024-03-04T10:00:00Z | standing | accepted Jo <jo@acme.test>
        event a.ics one 2024-03-12T10:00:00Z 2024-03-12T11:00:00Z | rid 2024-03-11T10:00:00Z | by ana@agency.test | declined Jo <jo@acme.test> | room r@acme.test
        event c.ics away 2024-03-20 2024-03-22 | away | category vacation
        ----
        gone b.ics
        gone never.ics
        ",
        expect![[r#"
            name "jo@acme.test" "Jo"
            resource "work" "a.ics"
            resource "work" "c.ics"
            occurrence "away" None 2024-03-20 2024-03-22 in "work" confirmed out_of_office unsaid private false standing false microsoft false created None organizer None in person None names None categories ["vacation"]
            occurrence "one" Some(2024-03-04T10:00:00Z) 2024-03-04T10:00:00Z 2024-03-04T11:00:00Z in "work" confirmed busy unsaid private false standing true microsoft false created None organizer None in person None names None categories [] <jo@acme.test> accepted individual required
            occurrence "one" Some(2024-03-11T10:00:00Z) 2024-03-12T10:00:00Z 2024-03-12T11:00:00Z in "work" confirmed busy unsaid private false standing false microsoft false created None organizer Some(<ana@agency.test>) in person None names None categories [] <jo@acme.test> declined individual required <r@acme.test> accepted room required"#]],
    );
}

#[test]
fn a_batch_is_counted_by_what_became_of_it() {
    let (mut store, mail, calendar) = store();
    let first = batch(
        "
        mail a 2024-03-04T09:00:00Z jo@acme.test | to ana@agency.test
        mail a 2024-03-04T09:00:00Z jo@acme.test | to ana@agency.test
        mail b 2024-03-04T09:00:00Z news@shop.test | to ana@agency.test | machine list
        skip cur/broken
        cursor cur 17
        ",
    );
    let mut all = store.record(mail, &first).unwrap();
    let events = "
        event a.ics one 2024-03-04T10:00:00Z 2024-03-04T11:00:00Z | rid 2024-03-04T10:00:00Z
        event a.ics one 2024-03-11T10:00:00Z 2024-03-11T11:00:00Z | rid 2024-03-11T10:00:00Z
        gone b.ics";
    all += store.record(calendar, &batch(events)).unwrap();
    let expected = Recorded {
        messages_new: 1,
        messages_known: 1,
        machine: 1,
        failures: 0,
        resources: 1,
        events: 1,
        occurrences: 2,
        cards: 0,
        gone: 0,
        skipped: 1,
        cursor_moved: true,
    };
    assert_eq!(all, expected);
    assert_eq!(store.machine_mail().unwrap(), [(mail, Automatic::List, 1)]);
}

#[test]
fn envelopes_and_occurrences_come_back_as_they_went_in() {
    let (mut store, mail, calendar) = store();
    let text = "
        mail a 2024-03-04T09:00:00Z Jo <jo@acme.test> | to Ana <ana@agency.test> | cc Ben <ben@acme.test> | bcc Cleo <cleo@acme.test>
        mail b 1999-03-04T09:00:00Z Ana <ana@agency.test> | bare | sent
        event a.ics one 2024-03-04T10:00:00Z 2024-03-04T10:00:00Z | by Ana <ana@agency.test> | silent Jo <jo@acme.test> | maybe Ben <ben@acme.test> | silent Jo <jo@acme.test> | free | tentative | private | microsoft | zoom
        event a.ics one 2024-03-11T10:00:00Z 2024-03-11T11:00:00Z | rid 2024-03-11T10:00:00Z | lunch Anna Berg | created 2020-01-01T00:00:00Z | category a | category b
        event b.ics two 2024-12-31 2025-01-01 | away | cancelled";
    let given = batch(text);
    store.record(mail, &hallway::batch::Batch { resources: vec![], ..given.clone() }).unwrap();
    store.record(calendar, &hallway::batch::Batch { envelopes: vec![], ..given.clone() }).unwrap();

    let (mut envelopes, mut last) = (Vec::new(), MessageRow::START);
    let mut take = |row, source, envelope: &hallway::mail::Envelope| {
        assert_eq!(source, mail);
        last = row;
        envelopes.push(envelope.clone());
    };
    store.for_each_message(MessageRow::START, &mut take).unwrap();
    assert_eq!(envelopes, given.envelopes);
    store.for_each_message(last, |_, _, _| panic!("none is newer")).unwrap();

    let mut occurrences = Vec::new();
    store.for_each_occurrence(|_, occurrence| occurrences.push(occurrence.clone())).unwrap();
    let wanted: Vec<_> = given.resources.iter().flat_map(|it| it.occurrences.clone()).collect();
    assert_eq!(occurrences, wanted);
    let of = store.occurrences_of(&["two".to_owned(), "none".to_owned()].into()).unwrap();
    assert_eq!(of, [(calendar, wanted[2].clone())]);
}

#[test]
fn whom_mail_did_not_reach_is_kept_once_a_report() {
    let (mut store, mail, _) = store();
    let text = "
        mail a 2024-03-05T09:00:00Z mailer-daemon@mx.test | to ana@agency.test | failed jo@acme.test, ben@acme.test
        mail b 2024-03-06T09:00:00Z mailer-daemon@mx.test | to ana@agency.test | failed jo@acme.test
        mail a 2024-03-04T09:00:00Z mailer-daemon@mx.test | to ana@agency.test | failed jo@acme.test";
    let lines = |store: &hallway::store::Store| {
        let all = store.failures().unwrap();
        let line = |one: &hallway::people::Failure| format!("{} {}", one.address, one.at);
        all.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    store.record(mail, &batch(text)).unwrap();
    store.record(mail, &batch(text)).unwrap();
    expect![[r#"
        ben@acme.test 2024-03-05T09:00:00Z
        jo@acme.test 2024-03-04T09:00:00Z
        jo@acme.test 2024-03-06T09:00:00Z"#]]
    .assert_eq(&lines(&store));
    store.forget(&[spec("jo@acme.test")].into(), &[]).unwrap();
    store.record(mail, &batch(text)).unwrap();
    expect!["ben@acme.test 2024-03-05T09:00:00Z"].assert_eq(&lines(&store));
}

#[test]
fn a_span_finds_what_touches_it_and_whole_days_around_it() {
    let (mut store, _, calendar) = store();
    let text = "
        event a.ics before 2024-03-04T08:00:00Z 2024-03-04T09:00:00Z
        event a.ics into 2024-03-04T08:30:00Z 2024-03-04T09:30:00Z
        event a.ics over 2024-03-03T08:30:00Z 2024-03-05T09:30:00Z
        event a.ics after 2024-03-04T10:00:00Z 2024-03-04T11:00:00Z
        event a.ics today 2024-03-04 2024-03-04
        event a.ics yesterday 2024-03-03 2024-03-03
        event a.ics long-ago 2024-03-01 2024-03-02";
    store.record(calendar, &batch(text)).unwrap();
    let found =
        store.occurrences_between(at("2024-03-04T09:00:00Z"), at("2024-03-04T10:00:00Z")).unwrap();
    let uids: Vec<_> = found.iter().map(|(_, occurrence)| occurrence.uid.as_str()).collect();
    assert_eq!(uids, ["yesterday", "into", "today", "over"]);
}

#[test]
fn a_source_has_one_number_a_cursor_and_a_health() {
    let (mut store, mail, calendar) = store();
    assert_ne!(mail, calendar);
    assert_eq!(store.source(Kind::Mail, "work").unwrap(), mail);
    store.record(mail, &batch("cursor cur 1\ncursor new 2")).unwrap();
    let mut next = batch("cursor cur 3");
    next.cursor.remove.push(b"new".to_vec());
    store.record(mail, &next).unwrap();
    let parts = store.cursor(mail).unwrap().parts;
    assert_eq!(parts, [(b"cur".to_vec(), b"3".to_vec())].into());
    assert!(store.cursor(calendar).unwrap().parts.is_empty());

    store.note_look(mail, at("2024-03-04T09:00:00Z"), Ok(())).unwrap();
    store.note_look(mail, at("2024-03-04T10:00:00Z"), Err("no route")).unwrap();
    store.note_look(mail, at("2024-03-04T11:00:00Z"), Err("refused")).unwrap();
    store.note_look(calendar, at("2024-03-04T11:00:00Z"), Err("gone")).unwrap();
    store.note_look(calendar, at("2024-03-04T12:00:00Z"), Ok(())).unwrap();
    let health: Vec<_> = store
        .sources()
        .unwrap()
        .into_iter()
        .map(|it| {
            let trouble =
                it.health.trouble.map(|trouble| format!("{} {}", trouble.since, trouble.what));
            (it.kind, it.health.last_ok.map(|at| at.to_string()), trouble)
        })
        .collect();
    let ok = |text: &str| Some(text.to_owned());
    assert_eq!(
        health,
        [
            (Kind::Mail, ok("2024-03-04T09:00:00Z"), ok("2024-03-04T10:00:00Z refused")),
            (Kind::Calendar, ok("2024-03-04T12:00:00Z"), None),
        ]
    );
}

#[test]
fn rewinding_reads_again_and_retiring_takes_events_away() {
    let (mut store, mail, calendar) = store();
    let letter = "mail a 2024-03-04T09:00:00Z jo@acme.test | to ana@agency.test\ncursor cur 1";
    store.record(mail, &batch(letter)).unwrap();
    let event = "event a.ics one 2024-03-04T10:00:00Z 2024-03-04T11:00:00Z\ncursor a.ics 1";
    store.record(calendar, &batch(event)).unwrap();
    let before = dump(&store);
    store.rewind(mail).unwrap();
    assert!(store.cursor(mail).unwrap().parts.is_empty());
    store.record(mail, &batch(letter)).unwrap();
    assert_eq!(dump(&store), before);
    store.retire(calendar).unwrap();
    store.retire(mail).unwrap();
    let left = dump(&store);
    assert!(
        left.contains("message ") && !left.contains("occurrence ") && !left.contains("resource ")
    );
}

#[test]
fn my_addresses_are_the_senders_of_sent_mail() {
    let (mut store, mail, _) = store();
    let text = "
        mail a 2024-03-04T09:00:00Z ana@agency.test | to jo@acme.test | sent
        mail b 2024-03-04T09:00:00Z ana@agency.test | to jo@acme.test | sent
        mail c 2024-03-04T09:00:00Z ana@private.test | to jo@acme.test | sent
        mail d 2024-03-04T09:00:00Z jo@acme.test | to ana@agency.test";
    store.record(mail, &batch(text)).unwrap();
    let wanted = [(spec("ana@agency.test"), 2), (spec("ana@private.test"), 1)];
    assert_eq!(store.own_address_candidates().unwrap(), wanted);
}

#[test]
fn addresses_are_remembered_only_as_far_as_they_were_committed() {
    let mut store = Store::in_memory().unwrap();
    let mail = store.source(Kind::Mail, "work").unwrap();
    let nowhere = {
        let mut other = Store::in_memory().unwrap();
        (0..9).map(|n| other.source(Kind::Mail, &n.to_string()).unwrap()).last().unwrap()
    };
    let text = "mail a 2024-03-04T09:00:00Z Jo <jo@acme.test> | to ana@agency.test";
    // A source of another store breaks a reference, after the addresses were written.
    assert!(store.record(nowhere, &batch(text)).is_err());
    assert_eq!(dump(&store), "source \"mail\" \"work\"\n");
    store.record(mail, &batch(text)).unwrap();
    assert_eq!(dump(&store).lines().count(), 3);
}
