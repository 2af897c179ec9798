//! Acquaintances: whom the stored facts show me writing to or meeting, and that they are kept.

use expect_test::{Expect, expect};

use hallway::interaction::{Acquainting, YEAR};
use hallway::mail::AddrSpec;
use hallway::people::{Acquaintance, Roster, Rules};
use hallway::store::{Learned, MessageRow, Store};
use jiff::Timestamp;

use super::store;
use super::text::{at, batch, spec};

/// As of noon on 10 March 2024, for `ana@agency.test` and `ana@home.test`.
fn check(letters: &str, events: &str, expect: Expect) {
    let (mut store, mail, calendar) = store();
    store.record(mail, &batch(letters)).unwrap();
    store.record(calendar, &batch(events)).unwrap();
    let me = vec![spec("ana@agency.test"), spec("ana@home.test")];
    let rules = Rules { me, ..Rules::default() };
    let now = at("2024-03-10T12:00:00Z");
    let roster =
        Roster::build(&rules, &hallway::people::Known::default(), jiff::civil::date(2024, 3, 10));
    let mut acquainting = Acquainting::new(&roster, now);
    store.for_each_message(MessageRow::START, |_, _, one| acquainting.envelope(one)).unwrap();
    store.for_each_occurrence(|_, one| acquainting.occurrence(one)).unwrap();
    let found = acquainting.finish();
    assert_eq!(in_sums(&store, &roster, now), found, "sums say what single messages say");
    let mut learned = Learned { acquaintances: found.clone(), all: true, basis: 0 };
    for all in [true, false] {
        learned.all = all;
        store.derive(1, &learned, &mut |_, _| ()).unwrap();
        assert_eq!(store.acquaintances().unwrap(), found);
    }
    store.derive(1, &Learned { all: true, ..Learned::default() }, &mut |_, _| ()).unwrap();
    assert_eq!(store.acquaintances().unwrap(), []);
    let lines: Vec<_> = found
        .into_iter()
        .map(|it| {
            format!(
                "{} {:?} written {} sent {} received {} met {} lately {} first {}",
                it.address,
                it.name,
                it.written_to,
                it.sent_year,
                it.received_year,
                it.met,
                it.met_half_year,
                it.first,
            )
        })
        .collect();
    expect.assert_eq(&lines.join("\n"));
}

/// The same from sums over the messages.
fn in_sums(store: &Store, me: &Roster, now: Timestamp) -> Vec<Acquaintance> {
    let mut acquainting = Acquainting::new(me, now);
    let mine = |sender: &AddrSpec, sent| acquainting.is_mine(sender, sent);
    let correspondents = store.correspondents((now - YEAR, now), mine).unwrap();
    correspondents.iter().for_each(|with| acquainting.corresponded(with));
    store.for_each_occurrence(|_, one| acquainting.occurrence(one)).unwrap();
    acquainting.finish()
}

#[test]
fn letters_are_counted_as_of_a_moment() {
    check(
        "
        mail a 2024-03-01T09:00:00Z ana@agency.test | to jo@acme.test, jo@acme.test | cc jo@acme.test, ben@acme.test
        mail b 2024-03-02T09:00:00Z Ana <ana+shop@home.test> | to Jo <jo@acme.test>, ana@agency.test | bcc cleo@acme.test
        mail c 2021-03-02T09:00:00Z ana@agency.test | to jo@acme.test
        mail d 2024-03-03T09:00:00Z Jo Doe <jo@acme.test> | to ana@agency.test | cc eve@acme.test
        mail e 2023-03-01T09:00:00Z jo@acme.test | to ana@agency.test
        mail f 2020-03-01T09:00:00Z old@acme.test | to ana@agency.test
        mail g 2024-03-11T09:00:00Z ana@agency.test | to future@acme.test
        mail h 2024-03-09T09:00:00Z stranger@spam.test | to ana@agency.test
        ",
        "",
        expect![[r#"
            ben@acme.test None written 1 sent 0 received 0 met 0 lately 0 first 2024-03-01T09:00:00Z
            cleo@acme.test None written 1 sent 0 received 0 met 0 lately 0 first 2024-03-02T09:00:00Z
            jo@acme.test Some("Jo Doe") written 3 sent 2 received 1 met 0 lately 0 first 2021-03-02T09:00:00Z
            old@acme.test None written 0 sent 0 received 0 met 0 lately 0 first 2020-03-01T09:00:00Z
            stranger@spam.test None written 0 sent 0 received 1 met 0 lately 0 first 2024-03-09T09:00:00Z"#]],
    );
}

#[test]
fn meetings_count_for_those_who_came_with_me() {
    check(
        "",
        "
        event a.ics both 2024-03-01T09:00:00Z 2024-03-01T10:00:00Z | by ana@agency.test | accepted ana@agency.test | silent Jo <jo@acme.test> | declined no@acme.test | room room@acme.test | told told@acme.test | optional maybe@acme.test
        event a.ics old 2022-03-01T09:00:00Z 2022-03-01T10:00:00Z | by jo@acme.test | accepted ana@home.test | accepted jo@acme.test
        event b.ics old 2022-03-01T09:00:00Z 2022-03-01T10:00:00Z | by jo@acme.test | accepted ana@home.test | accepted jo@acme.test
        event a.ics large 2024-03-02T09:00:00Z 2024-03-02T10:00:00Z | accepted ana@agency.test | accepted a@x.test | accepted b@x.test | accepted c@x.test | accepted d@x.test | accepted e@x.test
        event a.ics assistant 2024-03-03T09:00:00Z 2024-03-03T10:00:00Z | by helper@acme.test | accepted ana@agency.test | accepted jo@acme.test
        event a.ics outlook 2024-03-04T09:00:00Z 2024-03-04T10:00:00Z | by boss@acme.test | microsoft | accepted ana@agency.test | accepted jo@acme.test
        event a.ics alone 2024-03-05T09:00:00Z 2024-03-05T10:00:00Z | by solo@acme.test | accepted ana@agency.test
        ",
        expect![[r#"
            a@x.test None written 0 sent 0 received 0 met 1 lately 0 first 2024-03-02T09:00:00Z
            b@x.test None written 0 sent 0 received 0 met 1 lately 0 first 2024-03-02T09:00:00Z
            boss@acme.test None written 0 sent 0 received 0 met 1 lately 1 first 2024-03-04T09:00:00Z
            c@x.test None written 0 sent 0 received 0 met 1 lately 0 first 2024-03-02T09:00:00Z
            d@x.test None written 0 sent 0 received 0 met 1 lately 0 first 2024-03-02T09:00:00Z
            e@x.test None written 0 sent 0 received 0 met 1 lately 0 first 2024-03-02T09:00:00Z
            jo@acme.test Some("Jo") written 0 sent 0 received 0 met 5 lately 3 first 2022-03-01T09:00:00Z
            solo@acme.test None written 0 sent 0 received 0 met 1 lately 1 first 2024-03-05T09:00:00Z"#]],
    );
}

#[test]
fn a_meeting_that_was_none_makes_no_acquaintance() {
    let crowd: String = (0..20).map(|n| format!(" | accepted p{n}@x.test")).collect();
    check(
        "",
        &format!(
            "
            event a.ics a 2024-03-01T09:00:00Z 2024-03-01T10:00:00Z | accepted ana@agency.test | accepted jo@acme.test | cancelled
            event a.ics b 2024-03-01T09:00:00Z 2024-03-01T10:00:00Z | accepted ana@agency.test | accepted jo@acme.test | tentative
            event a.ics c 2024-03-01T09:00:00Z 2024-03-01T10:00:00Z | accepted ana@agency.test | accepted jo@acme.test | private
            event a.ics d 2024-03-01T09:00:00Z 2024-03-01T10:00:00Z | accepted ana@agency.test | accepted jo@acme.test | free
            event a.ics e 2024-03-01 2024-03-01 | accepted ana@agency.test | accepted jo@acme.test
            event a.ics f 2024-03-01T09:00:00Z 2024-03-01T17:00:00Z | accepted ana@agency.test | accepted jo@acme.test
            event a.ics g 2024-03-01T09:00:00Z 2024-03-01T09:04:59Z | accepted ana@agency.test | accepted jo@acme.test
            event a.ics h 2024-03-10T11:00:00Z 2024-03-10T12:00:01Z | accepted ana@agency.test | accepted jo@acme.test
            event a.ics i 2024-03-01T09:00:00Z 2024-03-01T10:00:00Z | declined ana@agency.test | accepted jo@acme.test
            event a.ics j 2024-03-01T09:00:00Z 2024-03-01T10:00:00Z | by ana@agency.test | declined ana@agency.test | accepted jo@acme.test
            event a.ics k 2024-03-01T09:00:00Z 2024-03-01T10:00:00Z | accepted jo@acme.test | accepted ben@acme.test
            event a.ics l 2024-03-01T09:00:00Z 2024-03-01T10:00:00Z | accepted ana@agency.test{crowd}
            "
        ),
        expect![[""]],
    );
}

#[test]
fn a_strangers_invitation_that_files_itself_makes_no_acquaintance() {
    check(
        "mail a 2024-03-01T09:00:00Z ana@agency.test | to jo@acme.test",
        "
        event a.ics spam 2024-03-02T09:00:00Z 2024-03-02T10:00:00Z | by eve@evil.test | silent ana@agency.test | accepted eve@evil.test
        event a.ics real 2024-03-03T09:00:00Z 2024-03-03T10:00:00Z | by jo@acme.test | silent ana@agency.test | accepted jo@acme.test | silent ben@acme.test
        ",
        expect!["jo@acme.test None written 1 sent 1 received 0 met 0 lately 0 first 2024-03-01T09:00:00Z"],
    );
}
