//! Laws of the roster, over invented facts, cards and decisions.

use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;

use super::super::*;
use super::{JOINED, World, address, world};

/// Addresses that meet each other in every way: free mail, two clients, one own domain.
const CAST: [&str; 8] = [
    "jo@acme.test",
    "jd@acme.test",
    "jo@beta.test",
    "jd@gmail.com",
    "kim@gmail.com",
    "kim@acme.test",
    "bob@agency.test",
    "info@acme.test",
];
const NAMES: [&str; 4] = ["Jo Doe", "J. Doe", "Kim Lee", "Jo"];

fn member() -> impl Strategy<Value = AddrSpec> {
    (0..CAST.len()).prop_map(|at| address(CAST[at]))
}

fn fact() -> impl Strategy<Value = Acquaintance> {
    let counts = (0..4_u32, 0..5_u32, 0..5_u32, 0..2_u32);
    (member(), prop::option::of(0..NAMES.len()), counts, 0..9_i64).prop_map(
        |(address, name, (to, sent, got, near), first)| Acquaintance {
            address,
            name: name.map(|at| NAMES[at].to_owned()),
            written_to: to,
            sent_year: sent,
            received_year: got,
            met: near,
            met_half_year: near,
            first: Timestamp::from_second(first).unwrap(),
        },
    )
}

fn card() -> impl Strategy<Value = Card> {
    let number = prop::option::of(Just(Number::parse("+4930123456").unwrap()));
    (prop::option::of(0..NAMES.len()), prop::collection::vec(member(), 0..3), number).prop_map(
        |(name, addresses, number)| Card {
            name: name.map(|at| NAMES[at].to_owned()),
            addresses,
            numbers: number.into_iter().collect(),
        },
    )
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        Just(Choice::Confirm),
        Just(Choice::NotAClient),
        Just(Choice::Assign(ClientId("Acme".into()))),
        member().prop_map(Choice::Join),
        Just(Choice::Split),
        member().prop_map(Choice::Apart),
        any::<bool>().prop_map(Choice::Retired),
        any::<bool>().prop_map(Choice::Key),
        Just(Choice::Cadence(Some(9))),
    ]
}

fn any_world() -> impl Strategy<Value = World> {
    let said = prop::collection::vec((member(), choice()), 0..6);
    let facts = prop::collection::vec(fact(), 0..9);
    (facts, prop::collection::vec(card(), 0..4), said).prop_map(|(facts, cards, said)| {
        let mut world = world("me ana@agency.test\n client Acme acme.test\n client Beta beta.test");
        world.known.acquaintances = facts;
        world.known.cards = cards;
        let decisions = said.into_iter().enumerate().map(|(at, (about, choice))| Decision {
            at: Timestamp::from_second(at as i64).unwrap(),
            about,
            choice,
        });
        world.known.decisions = decisions.collect();
        world
    })
}

/// Everything a user sees, without what is merely not to be asked again.
fn seen(roster: &Roster) -> (Vec<Person>, Vec<Client>, u64) {
    let people = roster.persons().cloned().collect();
    (people, roster.clients().cloned().collect(), roster.fingerprint())
}

fn later(world: &World, about: &AddrSpec, choice: Choice) -> World {
    let mut world = world.clone();
    let at = Timestamp::from_second(99 + world.known.decisions.len() as i64).unwrap();
    world.known.decisions.push(Decision { at, about: about.clone(), choice });
    world
}

proptest! {
    /// A join that is taken back leaves everything as it was, whatever was said before.
    #[test]
    fn a_split_restores_exactly_what_was_before(
        world in any_world(), a in member(), b in member(), back in any::<bool>(),
    ) {
        let before = world.roster();
        // Two who are one already are not joined: the command refuses it.
        let id = |who: &AddrSpec| match before.who(who) {
            Who::Person(person) => Some(person.id.clone()),
            _ => None,
        };
        prop_assume!(a != b && (id(&a).is_none() || id(&a) != id(&b)));
        let joined = later(&world, &a, Choice::Join(b.clone()));
        let split = later(&joined, if back { &a } else { &b }, Choice::Split);
        prop_assert_eq!(seen(&split.roster()), seen(&before));
    }

    /// Neither the order nor a repetition of facts and cards changes anything.
    #[test]
    fn facts_and_cards_have_no_order(world in any_world(), turn in 0..9_usize) {
        let mut other = world.clone();
        // An address has one fact: what is repeated is repeated by the reader, not here.
        let known = &mut other.known;
        let turned = turn % known.acquaintances.len().max(1);
        known.acquaintances.rotate_left(turned);
        known.cards.reverse();
        known.cards.extend(world.known.cards.clone());
        prop_assert_eq!(other.roster(), world.roster());
    }

    /// What nobody said does not happen: two names at one domain stay two people.
    #[test]
    fn two_names_of_one_domain_are_never_joined_unasked(world in any_world()) {
        let mut world = world;
        world.known.decisions.clear();
        let roster = world.roster();
        let names = |address: &AddrSpec| {
            let facts = world.known.acquaintances.iter().filter(|f| f.address == *address);
            let cards = world.known.cards.iter().filter(|c| c.addresses.contains(address));
            let own: BTreeSet<_> = facts.filter_map(|f| f.name.clone()).collect();
            match own.is_empty() {
                true => cards.filter_map(|c| c.name.clone()).collect(),
                false => own,
            }
        };
        for person in roster.persons() {
            for a in &person.addresses {
                for b in person.addresses.iter().filter(|b| a.domain() == b.domain()) {
                    let (a, b) = (names(a), names(b));
                    let kin = |x: &String, y: &String| {
                        name::alike(&name::name_words(x), &name::name_words(y))
                    };
                    let one = a.iter().any(|x| b.iter().any(|y| kin(x, y)));
                    prop_assert!(a.is_empty() || b.is_empty() || one);
                }
            }
        }
    }

    /// Every address is one person's, or mine; every person is found by each address.
    #[test]
    fn nobody_is_two(world in any_world()) {
        let roster = world.roster();
        let mut all = BTreeSet::new();
        for person in roster.persons() {
            for address in &person.addresses {
                prop_assert!(all.insert(address.clone()), "{address} twice");
                prop_assert_eq!(roster.who(address), Who::Person(person));
            }
        }
    }

    /// Nothing anybody can send makes a person: a stranger's mail alone changes no roster, and a
    /// card that some program wrote makes nobody either.
    #[test]
    fn a_stranger_never_becomes_a_person(local in "[a-z.+-]{1,12}", got in 1..1000_u32) {
        let mut world = world(JOINED);
        let before = world.roster();
        if let Some(address) = AddrSpec::parse(&format!("{local}@acme.test")) {
            let numbers = Vec::new();
            let name = Some("Jo Doe".to_owned());
            let addresses = vec![address.clone()];
            world.known.cards.push(Card { name: name.clone(), addresses, numbers });
            world.known.acquaintances.push(Acquaintance {
                address,
                name,
                written_to: 0,
                sent_year: 0,
                received_year: got,
                met: 0,
                met_half_year: 0,
                first: Timestamp::MIN,
            });
        }
        let after = Roster::build(&world.rules, &world.known, date(2024, 6, 10));
        let ids = |roster: &Roster| roster.persons().map(|p| p.id.clone()).collect::<Vec<_>>();
        prop_assert_eq!(ids(&before), ids(&after));
    }
}
