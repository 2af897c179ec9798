//! Laws of judgement: what holds for any facts at all.

use std::collections::BTreeMap;

use hallway::calendar::Occurrence;
use hallway::interaction::{self, Category, Interaction, Setting};
use hallway::people::PersonId;
use jiff::civil::Date;
use proptest::prelude::*;

use super::notation::{Fact, facts, judged, roster, zone};

/// A line of the notation with a few people, days and answers.
fn line() -> impl Strategy<Value = String> {
    let day = prop::sample::select(vec!["mon", "tue", "wed", "mon2"]);
    let hour = 8..18_u32;
    let who = || prop::sample::select(vec!["anna", "anna2", "ben", "dana", "guest", "me2"]);
    let answer = prop::sample::select(vec!["+", "-", "~", "?"]);
    let guests = prop::collection::vec((who(), answer), 0..5);
    let mail = (day.clone(), hour.clone(), who(), prop::collection::vec(who(), 1..5)).prop_map(
        |(day, hour, from, to)| format!("{day} {hour:02}:00 mail {from} to me {}", to.join(" ")),
    );
    let meeting = (day, hour, guests, prop::sample::select(vec!["", " series uid=s"])).prop_map(
        |(day, hour, guests, series)| {
            let guests: String =
                guests.iter().map(|(who, answer)| format!("{who}{answer} ")).collect();
            format!("{day} {hour:02}:00 30m met me+ {guests}by me{series} of={day}")
        },
    );
    prop_oneof![mail, meeting]
}

fn interactions(lines: &[String]) -> Vec<Interaction> {
    judged(&facts(&lines.join("\n"))).into_iter().flatten().flatten().collect()
}

proptest! {
    /// Scanning in any order, or twice, gives the same contact days.
    #[test]
    fn order_and_repetition_change_nothing(
        (lines, order) in prop::collection::vec(line(), 1..12)
            .prop_flat_map(|lines| {
                let order: Vec<usize> = (0..lines.len()).collect();
                (Just(lines), Just(order).prop_shuffle())
            }),
    ) {
        let all = interactions(&lines);
        let mut mixed: Vec<Interaction> = order
            .iter()
            .filter_map(|at| lines.get(*at))
            .flat_map(|line| interactions(std::slice::from_ref(line)))
            .collect();
        mixed.extend(mixed.clone());
        // A line alone is numbered anew; only the days are compared.
        let days = |all: &[Interaction]| -> Vec<_> {
            let people = interaction::by_person(all);
            people.iter().map(|(id, tally)| ((*id).clone(), tally.days.clone())).collect()
        };
        let whole: Vec<_> = lines
            .iter()
            .flat_map(|line| interactions(std::slice::from_ref(line)))
            .collect();
        prop_assert_eq!(days(&whole), days(&mixed));
        prop_assert_eq!(interaction::tally(&whole).days, interaction::tally(&mixed).days);
        // Copies of one occurrence may have been merged, never added.
        prop_assert!(all.len() <= whole.len());
    }

    /// A message is the same whatever the order of those it went to: to the last address. `anna` and
    /// `anna2` are one person.
    #[test]
    fn the_order_of_recipients_changes_nothing(
        (mine, to, mixed) in prop::collection::vec(
            prop::sample::select(vec!["anna", "anna2", "ben", "dana", "guest"]), 1..6)
            .prop_flat_map(|to| (any::<bool>(), Just(to.clone()), Just(to).prop_shuffle())),
    ) {
        let from = if mine { "me" } else { "ben" };
        let mail = |to: &[&str]| interactions(&[format!("mon 09:00 mail {from} to {}", to.join(" "))]);
        prop_assert_eq!(mail(&to), mail(&mixed));
    }

    /// What was found out about the occurrence before says nothing wrong about the next.
    #[test]
    fn one_after_another_is_as_each_alone(
        lines in prop::collection::vec((line(), 1..4_usize), 1..8),
    ) {
        let (roster, zone) = (roster(), zone());
        let mut parties = interaction::Parties::new(&roster);
        let corrections = interaction::Corrections::default();
        for (line, times) in &lines {
            let Some(Fact::Event(event)) = facts(line).pop() else { continue };
            for time in 0..*times {
                // Microsoft leaves the organizer out of the same guests.
                let one = Occurrence { microsoft: time == 1, ..event.clone() };
                let alone = interaction::from_occurrence(&one, &roster, &zone);
                let found = corrections.occurrence(&one, &mut parties, &zone);
                prop_assert_eq!(found, alone.unwrap_or_default());
            }
        }
    }

    /// Of copies of one occurrence the same one is kept, whatever the order of the calendars.
    #[test]
    fn the_kept_copy_does_not_depend_on_the_order(
        (lines, order) in prop::collection::vec(line(), 1..8)
            .prop_flat_map(|lines| {
                let order: Vec<usize> = (0..lines.len()).collect();
                (Just(lines), Just(order).prop_shuffle())
            }),
    ) {
        let event = |line: &String| match facts(&format!("{line} uid=same")).pop() {
            Some(Fact::Event(event)) => Some(event),
            _ => None,
        };
        let events: Vec<Occurrence> = lines.iter().filter_map(event).collect();
        let mixed = order.iter().filter_map(|at| events.get(*at));
        prop_assert_eq!(interaction::distinct(&events), interaction::distinct(mixed));
    }

    /// Contact days are whole numbers: at most one a person, day and category, and the days are
    /// exactly what counts.
    #[test]
    fn at_most_one_contact_day_a_person_day_and_category(
        lines in prop::collection::vec(line(), 1..12),
    ) {
        let all = interactions(&lines);
        let mut made: BTreeMap<(&PersonId, Date, Category), u32> = BTreeMap::new();
        let people = interaction::by_person(&all);
        for tally in people.values() {
            for counted in tally.counted.iter().filter(|counted| counted.counts) {
                let one = counted.interaction;
                let category = one.category().expect("a broadcast never counts");
                *made.entry((&one.person, one.day, category)).or_default() += 1;
            }
        }
        prop_assert!(made.values().all(|times| *times == 1));
        let days: usize = people
            .values()
            .flat_map(|tally| &tally.days)
            .map(|day| [day.email, day.group, day.one_on_one].iter().filter(|on| **on).count())
            .sum();
        prop_assert_eq!(days, made.len());
    }

    /// One more recipient never makes the company smaller, for anybody touched before.
    #[test]
    fn more_recipients_never_make_a_setting_smaller(
        from in prop::sample::select(vec!["me", "anna", "ben"]),
        to in prop::collection::vec(0..40_u32, 0..30),
        more in 0..40_u32,
    ) {
        let guests = |to: &[u32]| to.iter().map(|n| format!(" guest{n}")).collect::<String>();
        let line = |to: &[u32]| format!("mon 09:00 mail {from} to anna2 me{}", guests(to));
        let setting = |to: &[u32]| -> Option<Setting> {
            interactions(&[line(to)]).first().map(|one| one.setting)
        };
        let mut larger = to.clone();
        larger.push(more);
        prop_assert!(setting(&to) <= setting(&larger));
    }

    /// The same holds for guests who accepted.
    #[test]
    fn more_guests_never_make_a_meeting_smaller(
        guests in prop::collection::vec(0..40_u32, 0..15),
        more in 0..40_u32,
    ) {
        let line = |guests: &[u32]| {
            let guests: String = guests.iter().map(|n| format!("guest{n}+ ")).collect();
            format!("mon 09:00 30m met me+ anna+ {guests}by me")
        };
        let people = |guests: &[u32]| {
            let (roster, zone) = (roster(), zone());
            match facts(&line(guests)).pop() {
                Some(Fact::Event(event)) => {
                    let all = interaction::from_occurrence(&event, &roster, &zone);
                    all.ok().and_then(|all| all.first().map(|one| one.participants))
                }
                _ => None,
            }
        };
        let mut larger = guests.clone();
        larger.push(more);
        prop_assert!(people(&guests) <= people(&larger));
    }
}
