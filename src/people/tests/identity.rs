//! Cards, splits, moves between clients, own addresses, what is said about clients.

use expect_test::expect;

use super::super::suggest::suggest;
use super::super::*;
use super::{address, check, world};

#[test]
fn one_card_is_one_human() {
    check(
        "me ana@agency.test
         client Acme acme.test
         fact jo@acme.test \"jo\" to=1
         fact jd@gmail.com \"JD\" to=1 sent=1 got=1 first=9
         card \"Jo Doe\" jo@acme.test jd@gmail.com unseen@web.de ana@agency.test info@acme.test tel=+4930123456
         card \"Nobody Known\" no@body.test",
        expect![[r#"
            jo@acme.test "Jo Doe" Acme 30d confirmed tel=+4930123456 +jd@gmail.com +unseen@web.de
            client Acme A 30d acme.test
        "#]],
    );
}

#[test]
fn one_number_is_one_human_where_the_names_agree() {
    check(
        "fact jo@acme.test to=1
         fact jd@gmail.com to=1
         fact kim@web.de to=1
         card \"Jo Doe\" jo@acme.test tel=+4930123456
         card \"Doe, J.\" jd@gmail.com tel=004930123456
         card \"Kim Lee\" kim@web.de tel=+4930123456",
        expect![[r#"
            jd@gmail.com "Doe, J." - 30d tel=+4930123456 +jo@acme.test
            kim@web.de "Kim Lee" - 30d tel=+4930123456
        "#]],
    );
}

#[test]
fn a_shared_card_joins_no_colleagues() {
    let text = "
        client Acme acme.test
        fact anna@acme.test \"Anna Berg\" to=3 sent=3 got=3
        fact ben@acme.test \"Ben Holt\" to=3 sent=3 got=3
        fact desk@acme.test to=1
        card \"Acme\" desk@acme.test anna@acme.test ben@acme.test";
    check(
        text,
        expect![[r#"
            anna@acme.test "Anna Berg" Acme 30d confirmed tracked
            ben@acme.test "Ben Holt" Acme 30d confirmed tracked
            desk@acme.test "Acme" Acme 30d confirmed
            client Acme A 30d acme.test
        "#]],
    );
    let world = world(text);
    let asked = suggest(&world.roster(), &world.known.acquaintances, &[]);
    let reasons: Vec<String> = asked.iter().map(suggest::Suggestion::reason).collect();
    let doubt = "One card or one number of your address book names both, under two names.";
    assert_eq!(reasons, [doubt, doubt], "desk and Anna, desk and Ben");
}

#[test]
fn a_split_takes_one_step_back() {
    let joined = "
        fact a@one.test to=1
        fact b@two.test to=1
        fact c@three.test to=1
        say 1 a@one.test join b@two.test
        say 2 c@three.test join a@one.test";
    check(
        &format!("{joined}\n say 3 a@one.test split"),
        expect![[r#"
            a@one.test "a@one.test" - 30d +b@two.test
            c@three.test "c@three.test" - 30d
        "#]],
    );
    check(
        &format!("{joined}\n say 3 b@two.test split"),
        expect![[r#"
            a@one.test "a@one.test" - 30d +c@three.test
            b@two.test "b@two.test" - 30d
        "#]],
    );
    check(
        "fact a@one.test to=1
         fact b@two.test to=1
         card \"Jo Doe\" a@one.test b@two.test
         say 1 b@two.test split",
        expect![[r#"
            a@one.test "Jo Doe" - 30d
            b@two.test "Jo Doe" - 30d
        "#]],
    );
}

/// ST13: two persons until the user merges; then history stays with the client of the time.
#[test]
fn st13_who_moves_takes_nothing_along() {
    let text = "
        client Acme acme.test
        client Beta beta.test
        fact jo@acme.test \"Jo Doe\" to=9 sent=9 got=9 first=1
        fact jo@beta.test \"Jo Doe\" to=3 sent=3 got=3 first=100";
    check(
        text,
        expect![[r#"
            jo@acme.test "Jo Doe" Acme 30d confirmed tracked
            jo@beta.test "Jo Doe" Beta 30d confirmed tracked
            client Acme A 30d acme.test
            client Beta A 30d beta.test
        "#]],
    );
    let merged =
        format!("{text}\n say 1 jo@beta.test join jo@acme.test\n say 2 jo@acme.test retired");
    check(
        &merged,
        expect![[r#"
            jo@acme.test "Jo Doe" Beta 30d confirmed tracked(retired) +jo@beta.test
            client Acme A 30d acme.test
            client Beta A 30d beta.test
        "#]],
    );
    let roster = world(&merged).roster();
    let id = PersonId(address("jo@acme.test"));
    let then = |by: &str| roster.client_then(&id, &address(by)).map(|client| client.0.as_str());
    assert_eq!(then("jo@acme.test"), Some("Acme"));
    assert_eq!(then("jo@beta.test"), Some("Beta"));
    assert_eq!(then("jo@gmail.com"), Some("Beta"));
    // Whom the user assigned by hand belongs there with everything that is still in use.
    let assigned =
        format!("{text}\n say 1 jo@beta.test join jo@acme.test\n say 2 jo@acme.test assign Gamma");
    let roster = world(&assigned).roster();
    assert_eq!(roster.client_then(&id, &address("jo@acme.test")), Some(&ClientId("Gamma".into())));
}

#[test]
fn my_own_addresses_are_learned_when_confirmed() {
    check(
        "me ana@agency.test
         fact ana@studio.test to=9 sent=9 got=9
         fact bob@studio.test to=9 sent=9 got=9
         fact ana@old.test to=9
         say 1 ana@studio.test mine
         say 2 ana@old.test mine
         say 3 ana@old.test not-mine",
        expect![[r#"
            ana@old.test "ana@old.test" - 30d
        "#]],
    );
}

#[test]
fn what_is_said_of_a_client_holds_for_its_people() {
    check(
        "client Acme acme.test cadence=20
         person \"Kim\" kim@acme.test prefers=visit cadence=9
         fact jo@acme.test to=1
         fact pat@beta.test to=5 sent=5 got=5
         fact sam@gamma.test to=5 sent=5 got=5
         fact max@delta.test to=5 sent=5 got=5
         clients 1 Acme tier C
         clients 2 acme.test prefers email
         clients 3 Acme mute 2024-07-01
         clients 4 Acme later 2024-06-01
         clients 5 Acme review 2025-01-01
         clients 6 beta.test confirm
         clients 7 beta.test cadence 14
         clients 8 gamma.test no-client
         clients 9 delta.test colleagues",
        expect![[r#"
            jo@acme.test "jo@acme.test" Acme 20d confirmed prefers=email muted=2024-07-01 review=2025-01-01
            kim@acme.test "Kim" Acme 9d confirmed tracked prefers=visit muted=2024-07-01 review=2025-01-01
            pat@beta.test "pat@beta.test" beta.test 14d confirmed tracked
            sam@gamma.test "sam@gamma.test" - 30d tracked
            client Acme C 20d acme.test
            client beta.test A 14d beta.test
        "#]],
    );
    check(
        "client Acme acme.test
         fact jo@acme.test to=1
         clients 1 Acme tier C
         clients 2 Acme cadence 9
         clients 3 Acme cadence -
         clients 4 Acme mute 2024-07-01
         clients 5 Acme unmute",
        expect![[r#"
            jo@acme.test "jo@acme.test" Acme 90d confirmed
            client Acme C 90d acme.test
        "#]],
    );
}
