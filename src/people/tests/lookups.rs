//! What a finished roster answers: who is who, whom a text means, what to suggest.

use super::super::suggest::{self, suggest};
use super::super::*;
use super::{JOINED, address, world};
use expect_test::expect;

#[test]
fn addresses_are_told_apart() {
    let world = world(
        "me ana@agency.test
         colleagues agency.test
         robots bots.test
         client Acme acme.test
         person \"Desk\" support@acme.test
         fact jo@acme.test to=1",
    );
    let roster = world.roster();
    let who = |text: &str| match roster.who(&address(text)) {
        Who::Me => "me".to_owned(),
        Who::Person(person) => person.name.clone(),
        Who::Role(client) => format!("role of {}", client.0),
        Who::Colleague => "colleague".to_owned(),
        Who::Machine => "machine".to_owned(),
        Who::Stranger => "stranger".to_owned(),
    };
    let cases = [
        ("Ana+work@Agency.test", "me"),
        ("jo@acme.test", "jo@acme.test"),
        ("support@acme.test", "Desk"),
        ("info@eu.acme.test", "role of Acme"),
        ("büro@acme.test", "role of Acme"),
        ("info@other.test", "stranger"),
        ("kim@acme.test", "stranger"),
        ("bob@hr.agency.test", "colleague"),
        ("info@agency.test", "colleague"),
        ("x@agency.test.evil.test", "stranger"),
        ("x@notagency.test", "stranger"),
        ("anything@bots.test", "machine"),
        ("do_not-reply@agency.test", "machine"),
        ("bounces+17@mail.acme.test", "machine"),
        ("notetaker@meetbot.test", "machine"),
        ("c_18a@resource.calendar.google.com", "machine"),
        ("x@group.calendar.google.com", "machine"),
        ("all@acme.test", "machine"),
        ("dev@lists.acme.test", "machine"),
        ("ppp-request@acme.test", "machine"),
        ("owner-dev@acme.test", "machine"),
        ("newsletter@acme.test", "machine"),
        ("root@acme.test", "role of Acme"),
        ("reply@acme.test", "stranger"),
        ("nora.eply@acme.test", "stranger"),
    ];
    for (text, expect) in cases {
        assert_eq!(who(text), expect, "{text}");
    }
    let role = PersonId(address("info@acme.test"));
    assert_eq!(roster.client_of(&role), Some(&ClientId("Acme".to_owned())));
}

#[test]
fn a_name_on_the_command_line_finds() {
    let world = world(
        "client Acme acme.test
         client Berg berg.test
         person \"Anna Berg\" anna.berg@edge.test client=Acme
         person \"Ben Holt\" ben@edge.test
         person \"Zoë Müller\" zm@edge.test
         fact anna@x.test \"Anna Nobody\" to=1
         fact solo@y.test \"Solo Nobody\" to=1",
    );
    let roster = world.roster();
    let show = |hit: &Hit<'_>| match hit {
        Hit::Person(person) => person.name.clone(),
        Hit::Client(client) => format!("client {}", client.id.0),
    };
    let find = |text: &str| match roster.find(text) {
        Found::One(hit) => show(&hit),
        Found::Many(hits) => hits.iter().map(show).collect::<Vec<_>>().join(" | "),
        Found::None => "-".to_owned(),
    };
    let cases = [
        ("anna berg", "Anna Berg"),
        ("Berg, Anna", "Anna Berg"),
        ("ANNA", "Anna Berg"),
        ("berg", "client Berg"),
        ("ber", "Anna Berg | client Berg"),
        ("acme", "client Acme"),
        ("acme.test", "client Acme"),
        ("zoe", "Zoë Müller"),
        ("müller", "Zoë Müller"),
        ("edge", "Anna Berg | Ben Holt | Zoë Müller"),
        ("Ben+x@Edge.test", "Ben Holt"),
        ("solo", "Solo Nobody"),
        ("nobody", "Anna Nobody | Solo Nobody"),
        ("who@nowhere.test", "-"),
        ("", "-"),
        (" , ", "-"),
        ("xyz", "-"),
    ];
    for (text, expect) in cases {
        assert_eq!(find(text), expect, "{text:?}");
    }
}

#[test]
fn suggestions_give_their_figures() {
    let world = world(
        "me ana@agency.test
         client Acme acme.test
         person \"Jo Doe\" jo@acme.test
         fact jo@beta.test \"Doe, Jo\" to=4 sent=4 got=3 near=1
         fact kim@beta.test \"Kim Lee\" to=1 sent=1 got=1
         fact desk@gamma.test to=9 sent=9 got=12
         fact pal@gmail.com \"A Pal\" to=5 sent=5 got=6 near=2
         fact hello@studio.test \"Studio\" to=8 sent=8 got=7
         fact jo@gmail.com \"Jo Doe\" to=1
         say 1 jo@gmail.com apart jo@acme.test
         fact bob@agency.test \"Bob Miller\" to=1
         fact bob@web.de \"Miller, Bob\" to=3 sent=3 got=3
         say 2 odd@mine.test not-mine
         sent odd@mine.test 9
         sent ana@agency.test 90
         sent ana@old.test 40
         sent Ana+x@old.test 2
         sent odd@other.test 1
         sent jo@acme.test 5",
    );
    let mut out = String::new();
    for suggestion in suggest(&world.roster(), &world.known.acquaintances, &world.sent) {
        out += &match &suggestion {
            suggest::Suggestion::Client { id, .. } => format!("client {}: ", id.0),
            suggest::Suggestion::Join { a, b, .. } => format!("join {} {}: ", a.0, b.0),
            suggest::Suggestion::Colleague { person, .. } => format!("colleague {}: ", person.0),
            suggest::Suggestion::OwnAddress { address, .. } => format!("own {address}: "),
            suggest::Suggestion::Person { address, .. } => format!("person {address}: "),
        };
        out += &suggestion.reason();
        out.push('\n');
    }
    expect![[r#"
        client gamma.test: 1 person: 12 messages received and 9 sent in a year.
        client beta.test: 2 people: 4 messages received and 5 sent in a year, 1 small meeting in half a year.
        join jo@acme.test jo@beta.test: Both go by the name Jo Doe.
        colleague bob@web.de: Your colleague at bob@agency.test goes by the name Miller, Bob too.
        own ana@old.test: 42 messages in your sent mail came from it.
        person hello@studio.test: 7 messages received and 8 sent in a year, no client known.
        person pal@gmail.com: 6 messages received and 5 sent in a year, 2 small meetings in half a year, no client known.
    "#]].assert_eq(&out);
}

#[test]
fn the_fingerprint_is_the_same_in_every_build() {
    let world = world(JOINED);
    let roster = world.roster();
    assert_eq!(roster.fingerprint(), 15_759_916_621_762_565_801);
    let muted = format!(
        "{JOINED}\n say 9 kim@acme.test mute 2024-07-01\n say 9 kim@acme.test prefers email"
    );
    assert_eq!(self::world(&muted).roster().fingerprint(), roster.fingerprint());
    let joined = format!("{JOINED}\n say 9 kim@acme.test join jo@acme.test");
    assert_ne!(self::world(&joined).roster().fingerprint(), roster.fingerprint());
}
