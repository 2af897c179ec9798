//! What a digest holds, and what it says of small worlds.

use expect_test::{Expect, expect};
use hallway::digest::{Digest, Kind, Period, text};
use hallway::interaction::Standing;
use hallway::nudge::{Answer, Stage};
use hallway::people::{Preference, Tier};
use hallway::reliance::{ContactDay, Verdict};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::sample::{self, Someone, World, nudge, someone, week};

const MONDAY: Date = date(2026, 11, 23);
const OLD: Date = date(2026, 9, 28);

fn one(name: &str, verdict: Verdict, weeks: &str) -> Someone {
    let address = format!("{name}@acme.test");
    let mut someone = someone(MONDAY, name, &address, Some("Acme"), 20.0, (verdict, OLD), weeks);
    someone.why = "You wrote and wrote.".to_owned();
    someone
}

fn world(people: Vec<Someone>) -> World {
    World { people, ..World::empty(MONDAY) }
}

fn check(digest: &Digest, expect: Expect) {
    expect.assert_eq(&text(digest, 80, false));
}

fn due(digest: &Digest) -> Vec<&str> {
    digest.worth_a_talk.iter().map(|due| due.contact.name.as_str()).collect()
}

#[test]
fn the_first_week_has_nothing_to_compare_with() {
    let world = world(vec![one("Jo", Verdict::NotEnoughData, "e2")]);
    check(
        &world.digest(week()),
        expect![[r#"
            Your week, 16 to 22 November 2026

            No one-on-one talk is on record for this week. It is early days: a rhythm shows
            after about six weeks.

              One-on-one        0
              In group calls    0
              By email          2  ████████████████████████

              A telephone call or a talk in the corridor counts once you tell:
              `hallway talked NAME`.

            Twelve weeks
              31 August to 22 November. One character a week, ◆ with a one-on-one. The
              figures: one-on-one, in group calls, by email.

              Acme
              Jo                               ···········▂   0   0   2

            Counted in contact days: one person on one day, however many messages.
            `hallway why NAME` shows what is behind a figure.
            As of Monday 23 November 2026. Made on this machine from who, when and with how
            many; nothing was sent anywhere.
        "#]],
    );
}

#[test]
fn a_week_in_which_all_is_well() {
    let world = world(vec![
        one("Jo", Verdict::Healthy, "o1 e1 e1o1"),
        one("Li", Verdict::Healthy, "o1 - o1"),
    ]);
    check(
        &world.digest(week()),
        expect![[r#"
            Your week, 16 to 22 November 2026

            You talked one-on-one with everybody. Nobody is waiting for a talk.

              One-on-one        2  ████████████████████████  2 more than the week before
              In group calls    0                            as many as the week before
              By email          1  ████████████              as many as the week before

              A telephone call or a talk in the corridor counts once you tell:
              `hallway talked NAME`.

            Well kept
              Jo, Acme  Thursday 19 November
              Li, Acme  Thursday 19 November

            Twelve weeks
              31 August to 22 November. One character a week, ◆ with a one-on-one. The
              figures: one-on-one, in group calls, by email.

              Acme
              Jo                               ·········◆▁◆   2   0   2
              Li                               ·········◆·◆   2   0   0

            Counted in contact days: one person on one day, however many messages.
            `hallway why NAME` shows what is behind a figure.
            As of Monday 23 November 2026. Made on this machine from who, when and with how
            many; nothing was sent anywhere.
        "#]],
    );
}

#[test]
fn an_empty_week_says_so_in_few_words() {
    let world = world(vec![one("Jo", Verdict::Healthy, "o1 e1 -")]);
    check(
        &world.digest(week()),
        expect![[r#"
            Your week, 16 to 22 November 2026

            No one-on-one talk is on record for this week. Nobody is waiting for a talk.

              One-on-one        0                            as many as the week before
              In group calls    0                            as many as the week before
              By email          0                            1 fewer than the week before

              A telephone call or a talk in the corridor counts once you tell:
              `hallway talked NAME`.

            Twelve weeks
              31 August to 22 November. One character a week, ◆ with a one-on-one. The
              figures: one-on-one, in group calls, by email.

              Acme
              Jo                               ·········◆▁·   1   0   1

            Counted in contact days: one person on one day, however many messages.
            `hallway why NAME` shows what is behind a figure.
            As of Monday 23 November 2026. Made on this machine from who, when and with how
            many; nothing was sent anywhere.
        "#]],
    );
}

#[test]
fn a_running_week_is_compared_with_the_same_days_of_the_week_before() {
    let mut world = world(vec![one("Jo", Verdict::Healthy, "e5 e5")]);
    world.as_of = date(2026, 11, 18);
    let digest = world.digest(week());
    assert_eq!(digest.figures.mix.email, 3);
    assert_eq!(digest.before.unwrap().mix.email, 3);
    check(
        &digest,
        expect![[r#"
            Your week, 16 to 22 November 2026

            So far no one-on-one talk is on record for this week. Nobody is waiting for a
            talk.

              One-on-one        0                            as many as by now last week
              In group calls    0                            as many as by now last week
              By email          3  ████████████████████████  as many as by now last week

              A telephone call or a talk in the corridor counts once you tell:
              `hallway talked NAME`.

            Twelve weeks
              31 August to 22 November. One character a week, ◆ with a one-on-one. The
              figures: one-on-one, in group calls, by email.

              Acme
              Jo                               ··········▅▃   0   0   8

            Counted in contact days: one person on one day, however many messages.
            `hallway why NAME` shows what is behind a figure.
            As of Wednesday 18 November 2026. Made on this machine from who, when and with
            how many; nothing was sent anywhere.
        "#]],
    );
}

#[test]
fn a_week_to_come_has_not_begun() {
    let mut world = world(vec![one("Jo", Verdict::Healthy, "e5 e5")]);
    world.as_of = date(2026, 11, 12);
    let digest = world.digest(week());
    assert_eq!(digest.figures.mix.total(), 0);
    assert!(text(&digest, 80, false).contains("This week has not begun."));
}

#[test]
fn a_month_counts_its_own_days_only() {
    let world = world(vec![one("Jo", Verdict::Healthy, "e7 e7 e7 e7 e7 e7")]);
    let digest = world.digest(Period::month_of(date(2026, 10, 20)));
    // The six weeks begin on Monday 12 October.
    assert_eq!(digest.figures.mix.email, 20);
    assert_eq!(digest.before, None);
    let digest = world.digest(Period::month_of(date(2026, 11, 20)));
    assert_eq!(digest.figures.mix.email, 22);
    // The month is running: 1 to 23 October.
    assert_eq!(digest.before.unwrap().mix.email, 12);
    assert_eq!(digest.weeks.last(), Some(&MONDAY));
}

#[test]
fn nobody_is_suggested_against_the_user_s_word() {
    let names = ["muted", "later", "over", "gone", "stranger", "plain"];
    let mut people: Vec<Someone> =
        names.iter().map(|name| one(name, Verdict::EmailOnly, "e5 e5 e5")).collect();
    people[0].person.muted_until = Some(Date::MAX);
    people[1].person.later_until = Some(MONDAY);
    people[2].person.later_until = Some(MONDAY - 1.day());
    people[3].reliance.due = false;
    people[4].person.confirmed = false;
    let mut world = world(people);
    let digest = world.digest(week());
    assert_eq!(due(&digest), ["over", "plain"]);
    let aside: Vec<_> =
        digest.set_aside.iter().map(|s| (s.contact.name.as_str(), s.until)).collect();
    assert_eq!(aside, [("muted", None), ("later", Some(MONDAY))]);
    world.trust_suggestions = true;
    assert_eq!(due(&world.digest(week())), ["over", "plain", "stranger"]);
}

#[test]
fn the_most_pressing_come_first_and_a_long_list_is_cut_short() {
    let mut people: Vec<Someone> = ["a", "b", "c", "d", "e", "f", "g"]
        .iter()
        .map(|name| one(name, Verdict::EmailOnly, "e5 e5 e5"))
        .collect();
    people[3].reliance.silence = 30;
    people[5].reliance.silence = 20;
    let mut world = world(people);
    world.client("Acme", Tier::A, Verdict::EmailOnly, OLD);
    let digest = world.digest(week());
    assert_eq!(due(&digest), ["d", "f", "a", "b", "c", "e", "g"]);
    assert!(text(&digest, 80, false).contains("Also due: e, g."));
}

#[test]
fn a_client_kept_through_somebody_else_is_less_pressing_and_so_is_a_lesser_one() {
    let mut people: Vec<Someone> =
        ["a", "b", "c"].iter().map(|name| one(name, Verdict::EmailOnly, "e5 e5 e5")).collect();
    for (person, client) in people.iter_mut().zip(["Kept", "Lesser", "Due"]) {
        person.person.client = Some(hallway::people::ClientId(client.to_owned()));
    }
    let mut world = world(people);
    world.client("Kept", Tier::A, Verdict::Healthy, OLD);
    world.client("Lesser", Tier::B, Verdict::EmailOnly, OLD);
    world.client("Due", Tier::A, Verdict::EmailOnly, OLD);
    assert_eq!(due(&world.digest(week())), ["c", "b", "a"]);
}

#[test]
fn what_somebody_prefers_outranks_the_mix() {
    let mut world = world(vec![one("Jo", Verdict::GroupOnly, "g5 g5 g5")]);
    let act = |world: &World| world.digest(week()).worth_a_talk[0].suggestion;
    assert_eq!(act(&world), "Ask for ten minutes alone after the next group call.");
    world.people[0].person.prefers = Some(Preference::Visit);
    assert_eq!(act(&world), "Drop by, or meet for a coffee.");
    world.people[0].person.prefers = Some(Preference::Email);
    assert!(act(&world).starts_with("Write"));
}

#[test]
fn a_silence_is_told_in_the_period_it_began_and_never_again() {
    let mut world = world(vec![one("Jo", Verdict::Silent, "e5 - - - -")]);
    let told = |world: &World, period: Period| world.digest(period).gone_quiet.len();
    world.people[0].reliance.verdict_since = date(2026, 11, 17);
    assert_eq!(told(&world, week()), 1);
    assert_eq!(told(&world, week().previous()), 0);
    world.people[0].reliance.verdict_since = MONDAY;
    assert_eq!(told(&world, week()), 0);
    assert_eq!(told(&world, Period::week_of(MONDAY)), 1);
}

#[test]
fn a_talk_after_a_long_gap_is_told_as_such() {
    let since = |weeks: &str| {
        world(vec![one("Jo", Verdict::Healthy, weeks)]).digest(week()).well_kept[0].first_since
    };
    assert_eq!(since("o1 - - o1"), None);
    assert_eq!(since("o1 - - - o1"), Some(date(2026, 10, 22)));
    assert_eq!(since("o1"), None);
}

#[test]
fn only_nudges_that_were_seen_in_the_period_are_told_with_what_followed() {
    let mut world = world(vec![one("Jo", Verdict::Healthy, "o1 o1")]);
    let jo = world.people[0].clone();
    // Somebody who is in the digest by another of their addresses.
    let mut alias = jo.clone();
    alias.person.id.0 = hallway::mail::AddrSpec::parse("jo.doe@acme.test").unwrap();
    world.people[0].person.addresses.push(alias.person.id.0.clone());
    let stranger = one("Li", Verdict::EmailOnly, "");
    world.nudges = vec![
        nudge(1, &jo, date(2026, 11, 20), Stage::Shown),
        nudge(2, &alias, date(2026, 11, 16), Stage::Answered(Answer::Later)),
        nudge(3, &stranger, date(2026, 11, 19), Stage::Dismissed),
        nudge(4, &jo, date(2026, 11, 17), Stage::Claimed),
        nudge(5, &jo, date(2026, 11, 17), Stage::Undelivered),
        nudge(6, &jo, date(2026, 11, 15), Stage::Shown),
        nudge(7, &jo, date(2026, 11, 23), Stage::Shown),
    ];
    let digest = world.digest(week());
    let told: Vec<_> = digest
        .nudges
        .iter()
        .map(|n| (n.contact.name.as_str(), n.day.day(), n.followed.map(Date::day)))
        .collect();
    assert_eq!(told, [("Jo", 16, Some(19)), ("Li", 19, None), ("Jo", 20, None)]);
}

#[test]
fn a_client_tells_how_many_people_carry_its_talks() {
    let mut world = world(vec![
        one("a", Verdict::Healthy, "o1 - o1"),
        one("b", Verdict::EmailOnly, "e2 - -"),
        one("c", Verdict::EmailOnly, "e1 - e1"),
        one("d", Verdict::NotEnoughData, "e1 - -"),
    ]);
    world.client("Acme", Tier::A, Verdict::Healthy, OLD);
    let client = &world.digest(week()).clients[0];
    assert_eq!((client.active, client.alone_with), (3, 1));
    assert_eq!(client.row.total.one_on_one, 2);
    // Two people on one Monday are one email day of the client.
    assert_eq!(client.row.total.email, 3);
}

#[test]
fn nothing_after_the_day_is_looked_at() {
    let mut world = sample::rich();
    let digest = world.digest(week());
    for someone in &mut world.people {
        someone.days.push(ContactDay {
            day: MONDAY + 1.day(),
            email: true,
            group: true,
            one_on_one: true,
        });
    }
    assert_eq!(world.digest(week()), digest);
}

proptest! {
    #[test]
    fn the_headline_is_the_sum_of_the_bars(
        weeks in prop::collection::vec(
            prop::collection::vec((0_u8..8, 0_u8..8, 0_u8..8), 1..15), 1..5),
        repeat: bool,
    ) {
        let people = weeks.iter().enumerate().map(|(at, weeks)| {
            let weeks = weeks.iter().map(|(e, g, o)| format!("e{e}g{g}o{o}"));
            let mut someone =
                one(&format!("p{at}"), Verdict::Healthy, &weeks.collect::<Vec<_>>().join(" "));
            if repeat {
                someone.days.extend(someone.days.clone());
                someone.days.reverse();
            }
            someone
        });
        let digest = world(people.collect()).digest(week());
        let bars = |back: usize| {
            let weeks = digest.people.iter().map(|p| p.row.weeks[11 - back]);
            weeks.fold((0, 0, 0), |(e, g, o), w| (e + w.email, g + w.group, o + w.one_on_one))
        };
        let mix = digest.figures.mix;
        prop_assert_eq!((mix.email, mix.group, mix.one_on_one), bars(0));
        if let Some(before) = digest.before {
            let mix = before.mix;
            prop_assert_eq!((mix.email, mix.group, mix.one_on_one), bars(1));
        }
        let with = |days: fn(&hallway::reliance::ChannelMix) -> u32| {
            digest.people.iter().filter(|p| days(&p.row.weeks[11]) > 0).count() as u32
        };
        prop_assert_eq!(digest.figures.people, with(|w| w.total()));
        prop_assert_eq!(digest.figures.people_one_on_one, with(|w| w.one_on_one));
        prop_assert_eq!(digest.well_kept.len() as u32, with(|w| w.one_on_one));
    }

    #[test]
    fn any_day_and_any_period_build(day in -200_i64..400, ahead in -60_i64..60, week: bool) {
        let mut world = sample::rich();
        world.as_of = MONDAY + day.days();
        let kind = if week { Kind::Week } else { Kind::Month };
        let digest = world.digest(Period::of(kind, world.as_of + ahead.days()));
        prop_assert_eq!(digest.weeks.len(), hallway::digest::WEEKS);
        prop_assert!(digest.people.iter().all(|p| p.row.weeks.len() == digest.weeks.len()));
        prop_assert!(!text(&digest, 80, true).is_empty());
    }
}

/// A remark and no reproach, and only of those whose talks are all in the calendar anyway.
#[test]
fn a_standing_call_alone_is_remarked_on() {
    let mut all = vec![
        one("Always", Verdict::Healthy, "o1 o1 o1 o1 o1 o1 o1 o1 o1 o1 o1 o1"),
        one("Nearly", Verdict::Healthy, "o1 o1 o1 o1 o1 o1 o1 o1 o1 o1 o1 o1"),
        one("Both", Verdict::Healthy, "o1 o1 o1 o1 o1 o1 o1 o1 o1 o1 o1 o1"),
        one("Stranger", Verdict::Healthy, "o1 o1 o1 o1 o1 o1 o1 o1 o1 o1 o1 o1"),
    ];
    for (someone, standing) in all.iter_mut().zip([12, 11, 6, 12]) {
        someone.standing = Standing { days: 12, standing };
    }
    all[3].person.confirmed = false;
    let digest = world(all).digest(week());
    let text = hallway::digest::text(&digest, 80, false);
    let (_, told) = text.split_once("Only the standing call\n").unwrap();
    let (told, _) = told.split_once("\n\n").unwrap();
    let expect = "  You talk because the calendar says so. A word out of turn is a gift now and
  then.
  Always, Acme  All 12 of your one-on-ones in a quarter
  Nearly, Acme  11 of your 12 one-on-ones in a quarter";
    assert_eq!(told, expect);
}

#[test]
fn what_the_user_wanted_to_look_at_again_is_told_when_it_is_due() {
    let mut all = vec![
        one("Due", Verdict::Healthy, "o1"),
        one("Today", Verdict::Healthy, "o1"),
        one("Later", Verdict::Healthy, "o1"),
        one("Never", Verdict::Healthy, "o1"),
    ];
    for (someone, ahead) in all.iter_mut().zip([Some(-30), Some(0), Some(1), None]) {
        someone.person.details.review = ahead.map(|n: i64| MONDAY.saturating_add(n.days()));
    }
    all[0].person.prefers = Some(Preference::Email);
    let digest = world(all).digest(week());
    let text = hallway::digest::text(&digest, 80, false);
    let (_, told) = text.split_once("To look at again\n").unwrap();
    let (told, _) = told.split_once("\n\n").unwrap();
    let expect = "  You wanted to look again at what suits them: `hallway people review` asks.
  Due, Acme    Likes email, a talk every 30 days; due since Saturday 24 October
  Today, Acme  A talk every 30 days; due since Monday 23 November";
    assert_eq!(told, expect);
}
