//! Addresses gathered into humans.
//!
//! Four things make two addresses one human: the configuration, the user's word, one card of an
//! address book, and one telephone number on two cards. The first two are taken as said. Cards are
//! taken unasked only as far as nothing speaks against them: they are filled by programs too, and
//! hold families, shared desks and switchboards. So two different names at one domain, or behind
//! one number, are never made one unasked; they become a question ([`super::suggest`]).
//!
//! Cards are taken in their own order and not in that of the file, so that nothing depends on when
//! something was read. A score over several weak signs lost: nobody could say why two people had
//! become one, and a wrong join mixes two histories without anybody noticing.

use std::collections::{BTreeMap, BTreeSet};

use super::build::Decided;
use super::domain::identity;
use super::name::{alike, name_words};
use super::named::{Named, Sets};
use super::roster::{is_list, is_role, writes_to_many};
use super::{Acquaintance, Choice, Owner, Roster};
use crate::card::{Card, Number};
use crate::mail::AddrSpec;

/// What the user said about which addresses are one human.
#[derive(Default)]
struct Said {
    /// Joins in force, in the order they were made.
    /// With each, whether the two had been said to be two before.
    joins: Vec<(AddrSpec, AddrSpec, bool)>,
    /// Pairs split again: not asked about any more.
    unasked: BTreeSet<(AddrSpec, AddrSpec)>,
    /// Addresses taken out of their cards.
    alone: BTreeSet<AddrSpec>,
    /// Addresses of people named by a decision, who exist though no fact says so.
    named: BTreeSet<AddrSpec>,
}

/// Two addresses in the one order in which they are kept.
pub(super) fn pair(a: &AddrSpec, b: &AddrSpec) -> (AddrSpec, AddrSpec) {
    (a.min(b).clone(), a.max(b).clone())
}

impl Roster {
    /// Whether the facts alone make somebody exist: a human I have written to or met, outside my
    /// own organization.
    fn exists(&self, fact: &Acquaintance) -> bool {
        (fact.written_to > 0 || fact.met > 0) && self.may_be_human(&fact.address)
    }

    /// Whether the address may be one human's, of those outside my own organization.
    fn may_be_human(&self, address: &AddrSpec) -> bool {
        !writes_to_many(address)
            && !is_role(address)
            && !is_list(address)
            && !matches!(self.owner(address.domain()), Some(Owner::Robots | Owner::Colleagues))
    }

    /// Addresses gathered into humans; what the user joined to an address of mine becomes mine.
    pub(super) fn groups(
        &mut self,
        named: &Named<'_>,
        facts: &BTreeMap<AddrSpec, Acquaintance>,
        cards: &[Card],
        decided: &[Decided<'_>],
    ) -> Vec<Vec<AddrSpec>> {
        let said = self.said(named, decided);
        let mut known: BTreeSet<AddrSpec> = named.addresses().cloned().collect();
        known.extend(facts.values().filter(|f| self.exists(f)).map(|f| f.address.clone()));
        known.extend(said.named.iter().cloned());
        let mut sets = Sets::default();
        for address in &known {
            sets.join(&named.first_of(address), address);
        }
        for (a, b, _) in &said.joins {
            sets.join(a, b);
            self.joined.extend([a.clone(), b.clone()]);
        }
        let on_cards = self.take_cards(cards, named, facts, &said, &mut sets);
        // Not before the cards: what they join was joined before the user joined it once more.
        self.apart.extend(said.unasked.iter().cloned());
        let mut groups: BTreeMap<AddrSpec, Vec<AddrSpec>> = BTreeMap::new();
        let joined = said.joins.iter().flat_map(|(a, b, _)| [a, b]);
        let all: BTreeSet<&AddrSpec> = known.iter().chain(joined).chain(&on_cards).collect();
        for address in all {
            groups.entry(sets.root(address)).or_default().push(address.clone());
        }
        let (mine, theirs): (Vec<_>, Vec<_>) =
            groups.into_values().partition(|group| group.iter().any(|a| self.me.contains(a)));
        self.me.extend(mine.into_iter().flatten());
        theirs.into_iter().filter(|group| group.iter().any(|a| known.contains(a))).collect()
    }

    /// Folds the decisions in the order they were made. A split takes back the last join of its
    /// address and nothing else, so that it restores what was before.
    fn said(&mut self, named: &Named<'_>, decided: &[Decided<'_>]) -> Said {
        let mut said = Said::default();
        for (about, choice) in decided {
            let first = named.first_of(about);
            match choice {
                Choice::Join(other) => {
                    let other = named.first_of(&identity(other));
                    let two = pair(&first, &other);
                    said.unasked.remove(&two);
                    let were_apart = self.apart.remove(&two);
                    said.joins.push((first, other, were_apart));
                }
                Choice::Split => {
                    let last = said.joins.iter().rposition(|(a, b, _)| *a == first || *b == first);
                    match last {
                        Some(at) => {
                            let (a, b, were_apart) = said.joins.remove(at);
                            let into = if were_apart { &mut self.apart } else { &mut said.unasked };
                            into.insert(pair(&a, &b));
                        }
                        None => _ = said.alone.insert(about.clone()),
                    }
                }
                Choice::Apart(other) => {
                    let apart = pair(&first, &named.first_of(&identity(other)));
                    said.joins.retain(|(a, b, _)| pair(a, b) != apart);
                    self.apart.insert(apart);
                }
                Choice::Confirm | Choice::Assign(_) => _ = said.named.insert(about.clone()),
                Choice::Mine(mine) => {
                    if *mine {
                        self.not_mine.remove(about);
                    } else {
                        self.not_mine.insert(about.clone());
                    }
                }
                _ => {}
            }
        }
        said
    }

    /// Joins what is on one card, or behind one number, as far as nothing speaks against it. Gives
    /// every address that came in so.
    fn take_cards(
        &mut self,
        cards: &[Card],
        named: &Named<'_>,
        facts: &BTreeMap<AddrSpec, Acquaintance>,
        said: &Said,
        sets: &mut Sets,
    ) -> BTreeSet<AddrSpec> {
        let cards: BTreeSet<&Card> = cards.iter().collect();
        let cards: Vec<Page<'_>> = cards
            .into_iter()
            .map(|card| {
                let theirs = |a: &AddrSpec| !self.me.contains(a) && self.may_be_human(a);
                let addresses = card.addresses.iter().map(identity).filter(theirs).collect();
                (card.name.as_deref(), addresses, card.numbers.as_slice())
            })
            .collect();
        let names = names(&cards, facts);
        let mut links: Vec<(AddrSpec, AddrSpec, bool)> = Vec::new();
        let mut by_number: BTreeMap<&Number, AddrSpec> = BTreeMap::new();
        for (_, addresses, numbers) in &cards {
            let Some((first, others)) = addresses.split_first() else { continue };
            links.extend(others.iter().map(|other| (first.clone(), other.clone(), false)));
            for number in *numbers {
                let other = by_number.entry(number).or_insert_with(|| first.clone());
                if other != first {
                    links.push((other.clone(), first.clone(), true));
                }
            }
        }
        let mut came = BTreeSet::new();
        for (a, b, by_number) in links {
            let (one, other) = (named.first_of(&a), named.first_of(&b));
            if said.alone.contains(&a) || said.alone.contains(&b) {
                self.apart.insert(pair(&one, &other));
            }
            let two_entries = named.place(&a) < Named::NOWHERE
                && named.place(&b) < Named::NOWHERE
                && one != other;
            if self.apart.contains(&pair(&one, &other)) || two_entries || sets.same(&one, &other) {
                continue;
            }
            let (left, right) = (sets.members(&one), sets.members(&other));
            let across = || left.iter().flat_map(|x| right.iter().map(move |y| (x, y)));
            if across().any(|(x, y)| self.apart.contains(&pair(x, y))) {
                continue;
            }
            let strangers = |(x, y): (&AddrSpec, &AddrSpec)| {
                (by_number || x.domain() == y.domain()) && !one_name(&names, x, y)
            };
            if across().any(strangers) {
                self.doubtful.insert(pair(&one, &other));
                continue;
            }
            sets.join(&one, &other);
            self.joined.extend([a.clone(), b.clone()]);
            came.extend([a, b]);
        }
        came
    }
}

/// What counts of a card: its name, its addresses that may be theirs, its numbers.
type Page<'a> = (Option<&'a str>, Vec<AddrSpec>, &'a [Number]);

/// The names each address goes by, as words.
type Names = BTreeMap<AddrSpec, Vec<Vec<String>>>;

/// The name its own mail gives an address, else those on its cards: a card that names a company
/// and all its people must not make them namesakes.
fn names(cards: &[Page<'_>], facts: &BTreeMap<AddrSpec, Acquaintance>) -> Names {
    let words = |name: Option<&str>| name.map(name_words).filter(|words| !words.is_empty());
    let mut names: Names = facts
        .values()
        .filter_map(|fact| Some((fact.address.clone(), vec![words(fact.name.as_deref())?])))
        .collect();
    let known: BTreeSet<AddrSpec> = names.keys().cloned().collect();
    for (name, addresses, _) in cards {
        for address in addresses.iter().filter(|address| !known.contains(address)) {
            names.entry(address.clone()).or_default().extend(words(*name));
        }
    }
    names
}

/// Whether nothing in their names says that these are two humans.
fn one_name(names: &Names, a: &AddrSpec, b: &AddrSpec) -> bool {
    let of = |address| names.get(address).map_or(&[][..], Vec::as_slice);
    let (a, b) = (of(a), of(b));
    a.is_empty() || b.is_empty() || a.iter().any(|x| b.iter().any(|y| alike(x, y)))
}
