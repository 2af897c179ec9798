//! Whom the facts show me writing to or meeting.

use expect_test::{Expect, expect};
use hallway::interaction::Acquainting;
use hallway::people::{Roster, Rules};
use jiff::civil::date;

use super::notation::{Fact, address, facts, noon, zone};

/// Each address with its figures as of noon of the Friday a week later; the order of the facts
/// must not matter.
fn check(text: &str, expect: Expect) {
    let rules = Rules { me: ["me", "me2", "me3"].map(address).to_vec(), ..Rules::default() };
    let me = Roster::build(&rules, &hallway::people::Known::default(), date(2024, 6, 21));
    let now = noon("fri2");
    let run = |facts: &mut dyn Iterator<Item = Fact>| {
        let mut acquainting = Acquainting::new(&me, now);
        for fact in facts {
            match fact {
                Fact::Mail(envelope) => acquainting.envelope(&envelope),
                Fact::Event(event) => acquainting.occurrence(&event),
                Fact::Told(call) => acquainting.call(&call),
            }
        }
        acquainting.finish()
    };
    let known = run(&mut facts(text).into_iter());
    assert_eq!(known, run(&mut facts(text).into_iter().rev()), "whatever the order");
    let mut out = String::new();
    for one in known {
        out += &format!(
            "{} \"{}\" to={} sent={} got={} met={} near={} first={}\n",
            one.address,
            one.name.unwrap_or_default(),
            one.written_to,
            one.sent_year,
            one.received_year,
            one.met,
            one.met_half_year,
            one.first.to_zoned(zone()).date(),
        );
    }
    expect.assert_eq(&out);
}

#[test]
fn mail_counts_by_direction_and_recipient() {
    check(
        "tue 09:00 mail anna to me name=Anna_Berg
         wed 09:00 mail anna to me name=Anna_Berg
         thu 09:00 mail anna to me name=Anna_Breg
         mon 09:00 mail me to anna cc ben bcc cleo
         mon 10:00 mail me2 to anna anna cc anna
         mon 11:00 mail me to guest auto
         mon 12:00 mail robot to me auto
         mon 13:00 mail ana@old.test to ben sent
         mon3 09:00 mail me to later",
        expect![[r#"
            anna.berg@edge.test "Anna Berg" to=2 sent=2 got=3 met=0 near=0 first=2024-06-10
            ben.holt@edge.test "" to=2 sent=1 got=0 met=0 near=0 first=2024-06-10
            cleo.marsh@edge.test "" to=1 sent=0 got=0 met=0 near=0 first=2024-06-10
        "#]],
    );
}

#[test]
fn a_year_and_half_a_year_pass() {
    check(
        "mon-50 09:00 mail me to anna
         mon-52 09:00 mail me to anna
         mon-50 09:00 mail anna to me
         mon-52 09:00 mail anna to me
         mon-23 09:00 30m met me+ ben+ by me
         mon-25 09:00 30m met me+ ben+ by me",
        expect![[r#"
            anna.berg@edge.test "" to=2 sent=1 got=1 met=0 near=0 first=2023-06-12
            ben.holt@edge.test "" to=0 sent=0 got=0 met=2 near=1 first=2023-12-18
        "#]],
    );
}

#[test]
fn only_my_yes_makes_a_meeting() {
    check(
        "mon 09:00 30m met me+ anna+ dana+ by me
         mon 10:00 30m met me? spam+ by spam
         mon 11:00 30m met me? spam+ dana+ by spam
         mon 12:00 30m met me+ spam- by me
         mon 13:00 30m met me+ a+ b+ c+ d+ by me
         mon 14:00 30m met me+ a+ b+ c+ d+ e+ by me
         mon 15:00 30m note call \"Anna Berg\"
         mon 16:00 told ben call
         fri2 11:50 30m met me+ now+ by me",
        expect![[r#"
            a@many.test "" to=0 sent=0 got=0 met=2 near=1 first=2024-06-10
            anna.berg@edge.test "" to=0 sent=0 got=0 met=1 near=1 first=2024-06-10
            b@many.test "" to=0 sent=0 got=0 met=2 near=1 first=2024-06-10
            ben.holt@edge.test "" to=0 sent=0 got=0 met=1 near=1 first=2024-06-10
            c@many.test "" to=0 sent=0 got=0 met=2 near=1 first=2024-06-10
            d@many.test "" to=0 sent=0 got=0 met=2 near=1 first=2024-06-10
            dana@agency.test "" to=0 sent=0 got=0 met=1 near=1 first=2024-06-10
            e@many.test "" to=0 sent=0 got=0 met=1 near=0 first=2024-06-10
        "#]],
    );
}

#[test]
fn a_webinar_makes_no_acquaintances() {
    let guests: String = (0..20).map(|n| format!("guest{n}+ ")).collect();
    check(&format!("mon 09:00 60m met me+ {guests} by me"), expect![]);
}
