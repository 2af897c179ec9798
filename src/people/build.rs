//! From rules, facts and decisions to a roster.
//!
//! Pure and independent of the order in which facts come; only decisions have an order, that of
//! their times. Addresses are first gathered into humans ([`super::gather`]), then each human is
//! judged as a whole, then the clients ([`super::client`]). Judging each address and merging the
//! verdicts lost: two halves of one correspondence would both look one-sided.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::client::{Wishes, amended, client, owners};
use super::domain::identity;
use super::name::{alike, name_words};
use super::named::Named;
use super::{
    Acquaintance, Choice, ClientId, Decision, Details, Known, Owner, Person, PersonId, PersonRule,
    Roster, Rules, Tier,
};
use crate::card::{Card, Number};
use crate::mail::AddrSpec;

/// Messages each way in 365 days from which on a correspondence is a real one.
pub(super) const TWO_WAY: u32 = 3;

/// A decision: about which mailbox, and what.
pub(super) type Decided<'a> = (AddrSpec, &'a Choice);

/// What was decided about each mailbox, with its place in the order of all decisions.
type Choices<'a> = BTreeMap<&'a AddrSpec, Vec<(usize, &'a Choice)>>;

/// What the user wants of one person alone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    /// The rhythm.
    pub(super) cadence_days: Option<u32>,
    /// Whether the client was named, by the configuration or a decision, and not found by domain.
    pub(super) assigned: bool,
}

impl Roster {
    /// Who is who on `today`, which only decides whether a mute has run out.
    pub fn build(rules: &Rules, known: &Known, today: Date) -> Self {
        let mut decisions: Vec<&Decision> = known.decisions.iter().collect();
        decisions.sort_by_key(|decision| decision.at);
        let decided: Vec<Decided<'_>> =
            decisions.into_iter().map(|d| (identity(&d.about), &d.choice)).collect();
        let rules = amended(rules, &decided, &known.clients);
        let mut roster = Self {
            me: rules.me.iter().map(identity).collect(),
            clients: rules.clients.iter().rev().map(client).collect(),
            ..Self::default()
        };
        roster.domains = owners(&rules, &roster.me);

        let mut choices: Choices<'_> = BTreeMap::new();
        for (place, (about, choice)) in decided.iter().enumerate() {
            choices.entry(about).or_default().push((place, choice));
        }
        let named = Named::new(&rules, &roster.me);
        let facts = merged(&known.acquaintances);
        let groups = roster.groups(&named, &facts, &known.cards, &decided);
        let book = book(&known.cards);
        let mut wanted = BTreeMap::new();
        for addresses in groups {
            let Some((mut person, wish)) =
                roster.person_of(addresses, &named, &facts, &book, &choices)
            else {
                continue;
            };
            person.muted_until = person.muted_until.filter(|day| *day >= today);
            person.later_until = person.later_until.filter(|day| *day >= today);
            for address in &person.addresses {
                roster.by_address.insert(address.clone(), person.id.clone());
            }
            wanted.insert(person.id.clone(), wish);
            roster.persons.insert(person.id.clone(), person);
        }
        let wishes = Wishes::of(&roster, &known.clients, today);
        roster.suggest_clients(&facts, &wishes.refused);
        roster.finish(&rules, &named, &wanted, &wishes);
        roster
    }

    /// The human behind these addresses and what is wanted of them alone; `None` when the user said
    /// they are nobody to look after.
    fn person_of(
        &self,
        mut addresses: Vec<AddrSpec>,
        named: &Named<'_>,
        facts: &BTreeMap<AddrSpec, Acquaintance>,
        book: &BTreeMap<AddrSpec, Vec<&Card>>,
        choices: &Choices<'_>,
    ) -> Option<(Person, Wanted)> {
        let first = |a: &AddrSpec| facts.get(a).map_or(Timestamp::MAX, |f| f.first);
        addresses.sort_by_key(|a| (named.place(a), first(a)));
        let id = PersonId(addresses.first()?.clone());
        let rules: Vec<&PersonRule> = named.rules_of(&addresses);
        let met = || addresses.iter().filter_map(|a| facts.get(a));
        let sum = |field: fn(&Acquaintance) -> u32| met().map(field).fold(0, u32::saturating_add);
        let two_way = sum(|f| f.sent_year).min(sum(|f| f.received_year)) >= TWO_WAY;
        let by_name = addresses.iter().any(|a| named.place(a) < Named::NOWHERE);

        let cards = || addresses.iter().filter_map(|a| book.get(a)).flatten();
        let name = rules.first().map(|rule| rule.name.clone());
        // How the user wrote a name down comes before how its bearer writes it, unless it is that of
        // somebody or something else: a company, a desk.
        let own = || met().find_map(|f| f.name.as_deref());
        let name = name.or_else(|| {
            let fits = |name: &&String| {
                let own = own().map(name_words).unwrap_or_default();
                own.len() < 2 || alike(&own, &name_words(name))
            };
            cards().filter_map(|card| card.name.as_ref()).find(fits).cloned()
        });
        let mut numbers: Vec<Number> = cards().flat_map(|card| card.numbers.clone()).collect();
        numbers.sort();
        numbers.dedup();
        let by_hand = rules
            .iter()
            .find_map(|rule| rule.client.clone().map(ClientId))
            .or_else(|| addresses.iter().find_map(|a| named.client_by_hand(a)));
        let mut person = Person {
            name: name.or_else(|| own().map(str::to_owned)).unwrap_or_else(|| id.0.to_string()),
            client: by_hand,
            key: rules.iter().any(|rule| rule.key),
            prefers: rules.iter().find_map(|rule| rule.prefers),
            cadence_days: Tier::default().cadence_days(),
            confirmed: by_name,
            tracked: by_name || two_way || met().any(|f| f.met_half_year > 0),
            muted_until: None,
            later_until: None,
            gone: false,
            details: Details { numbers, ..Details::default() },
            addresses,
            id,
        };
        let configured = rules.iter().find_map(|rule| rule.cadence_days);
        let (prefers, mut cadence, mut gone) = (person.prefers, configured, false);
        let mut made: Vec<_> =
            person.addresses.iter().filter_map(|a| Some((a, choices.get(a)?))).collect();
        let mut made: Vec<_> = made
            .drain(..)
            .flat_map(|(a, all)| all.iter().map(move |(place, choice)| (*place, a, *choice)))
            .collect();
        made.sort_by_key(|(place, ..)| *place);
        for (_, about, choice) in made {
            match choice {
                Choice::Confirm => (person.confirmed, person.tracked, gone) = (true, true, false),
                Choice::Assign(client) => {
                    person.client = Some(client.clone());
                    (person.confirmed, person.tracked, gone) = (true, true, false);
                }
                Choice::NotAClient => gone = true,
                Choice::Join(_) | Choice::Split | Choice::Apart(_) | Choice::Mine(_) => {}
                Choice::Retired(true) => _ = person.details.retired.insert(about.clone()),
                Choice::Retired(false) => _ = person.details.retired.remove(about),
                Choice::Key(key) => person.key = *key,
                Choice::Review(day) => person.details.review = *day,
                Choice::Prefers(choice) => person.prefers = choice.or(prefers),
                Choice::Cadence(days) => cadence = days.or(configured),
                Choice::MuteUntil(day) => person.muted_until = Some(*day),
                Choice::LaterUntil(day) => person.later_until = Some(*day),
                Choice::Unmute => (person.muted_until, person.later_until) = (None, None),
            }
        }
        let assigned = person.client.is_some();
        if !assigned {
            person.client = self.client_by_domain(&person, facts);
        }
        let cadence_days = cadence.filter(|days| *days > 0);
        (!gone).then_some((person, Wanted { cadence_days, assigned }))
    }

    /// The client at whose domain they were first seen last, which is where they went: an address
    /// of a former client stays theirs after they have left it.
    fn client_by_domain(
        &self,
        person: &Person,
        facts: &BTreeMap<AddrSpec, Acquaintance>,
    ) -> Option<ClientId> {
        let here = person.addresses.iter().filter_map(|address| {
            let Some(Owner::Client(client)) = self.owner(address.domain()) else { return None };
            let current = !person.details.retired.contains(address);
            let first = facts.get(address).map_or(Timestamp::MIN, |fact| fact.first);
            Some((current, first, client))
        });
        // Of equals the first address, which names them.
        let newest = here.reduce(|a, b| if (b.0, b.1) > (a.0, a.1) { b } else { a });
        newest.map(|(.., client)| client.clone())
    }
}

/// The cards each mailbox stands on, in the order of cards and not of files.
fn book(cards: &[Card]) -> BTreeMap<AddrSpec, Vec<&Card>> {
    let mut book: BTreeMap<AddrSpec, Vec<&Card>> = BTreeMap::new();
    for card in cards {
        for address in &card.addresses {
            book.entry(identity(address)).or_default().push(card);
        }
    }
    for cards in book.values_mut() {
        cards.sort();
    }
    book
}

/// What is known about each mailbox, however it was spelled.
fn merged(acquaintances: &[Acquaintance]) -> BTreeMap<AddrSpec, Acquaintance> {
    let mut spellings: BTreeMap<AddrSpec, Vec<&Acquaintance>> = BTreeMap::new();
    for one in acquaintances {
        spellings.entry(identity(&one.address)).or_default().push(one);
    }
    let merge = |(address, all): (AddrSpec, Vec<&Acquaintance>)| {
        let sum = |field: fn(&Acquaintance) -> u32| {
            all.iter().map(|one| field(one)).fold(0, u32::saturating_add)
        };
        // The spelling most written with knows the name best.
        let named = all.iter().filter(|one| one.name.is_some());
        let name = named.max_by_key(|one| {
            (one.received_year, one.sent_year, std::cmp::Reverse((&one.name, &one.address)))
        });
        let merged = Acquaintance {
            address: address.clone(),
            name: name.and_then(|one| one.name.clone()),
            written_to: sum(|one| one.written_to),
            sent_year: sum(|one| one.sent_year),
            received_year: sum(|one| one.received_year),
            met: sum(|one| one.met),
            met_half_year: sum(|one| one.met_half_year),
            first: all.iter().map(|one| one.first).min().unwrap_or(Timestamp::MAX),
        };
        (address, merged)
    };
    spellings.into_iter().map(merge).collect()
}
