//! Who is named by hand: the part of a roster that needs no facts.

use std::collections::{BTreeMap, BTreeSet};

use super::domain::identity;
use super::{ClientId, PersonRule, Rules};
use crate::mail::AddrSpec;

/// What the configuration names, by address. Where two entries claim one address the first wins.
pub(super) struct Named<'a> {
    /// Address to its place in the configuration and the person it is given to.
    people: BTreeMap<AddrSpec, (usize, &'a PersonRule)>,
    /// Address to its place and the client it belongs to by hand.
    by_hand: BTreeMap<AddrSpec, (usize, &'a str)>,
    /// Names of clients that the configuration knows.
    pub(super) clients: BTreeSet<&'a str>,
}

impl<'a> Named<'a> {
    /// The place of an address the configuration does not name.
    pub(super) const NOWHERE: usize = usize::MAX;

    pub(super) fn new(rules: &'a Rules, me: &BTreeSet<AddrSpec>) -> Self {
        let mut named = Self {
            people: BTreeMap::new(),
            by_hand: BTreeMap::new(),
            clients: rules.clients.iter().map(|rule| rule.name.as_str()).collect(),
        };
        named.clients.extend(rules.people.iter().filter_map(|rule| rule.client.as_deref()));
        let mut place = 0;
        for rule in &rules.people {
            for address in rule.addresses.iter().map(identity).filter(|a| !me.contains(a)) {
                named.people.entry(address).or_insert((place, rule));
                place += 1;
            }
        }
        for rule in &rules.clients {
            for address in rule.people.iter().map(identity).filter(|a| !me.contains(a)) {
                named.by_hand.entry(address).or_insert((place, &rule.name));
                place += 1;
            }
        }
        named
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = &AddrSpec> {
        self.people.keys().chain(self.by_hand.keys())
    }

    /// Where the configuration first names the address: the first one names the person.
    pub(super) fn place(&self, address: &AddrSpec) -> usize {
        let people = self.people.get(address).map(|(place, _)| *place);
        people.or(self.by_hand.get(address).map(|(place, _)| *place)).unwrap_or(Self::NOWHERE)
    }

    /// The first address of the person the configuration gives this address to, else itself.
    pub(super) fn first_of(&self, address: &AddrSpec) -> AddrSpec {
        let rule = self.people.get(address).map(|(_, rule)| *rule);
        let given = |a: &AddrSpec| {
            self.people
                .get(a)
                .is_some_and(|(_, other)| rule.is_some_and(|r| std::ptr::eq(r, *other)))
        };
        let first = rule.and_then(|rule| rule.addresses.iter().map(identity).find(given));
        first.unwrap_or_else(|| address.clone())
    }

    /// The entries these addresses are given to, in the order written.
    pub(super) fn rules_of(&self, addresses: &[AddrSpec]) -> Vec<&'a PersonRule> {
        let mut rules: Vec<_> = addresses.iter().filter_map(|a| self.people.get(a)).collect();
        rules.sort_by_key(|(place, _)| *place);
        let mut rules: Vec<_> = rules.into_iter().map(|(_, rule)| *rule).collect();
        rules.dedup_by(|a, b| std::ptr::eq(*a, *b));
        rules
    }

    pub(super) fn client_by_hand(&self, address: &AddrSpec) -> Option<ClientId> {
        self.by_hand.get(address).map(|(_, name)| ClientId((*name).to_owned()))
    }
}

/// Disjoint sets of addresses, each named by the smallest in it.
#[derive(Default)]
pub(super) struct Sets {
    root: BTreeMap<AddrSpec, AddrSpec>,
    members: BTreeMap<AddrSpec, Vec<AddrSpec>>,
}

impl Sets {
    pub(super) fn root(&self, address: &AddrSpec) -> AddrSpec {
        self.root.get(address).unwrap_or(address).clone()
    }

    pub(super) fn same(&self, a: &AddrSpec, b: &AddrSpec) -> bool {
        self.root(a) == self.root(b)
    }

    /// Everybody in the set of this address, itself included.
    pub(super) fn members(&self, address: &AddrSpec) -> Vec<AddrSpec> {
        let members = self.members.get(&self.root(address));
        members.cloned().unwrap_or_else(|| vec![address.clone()])
    }

    /// The smaller root stays one, so that the outcome does not depend on the order of joins.
    pub(super) fn join(&mut self, a: &AddrSpec, b: &AddrSpec) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        let (stays, goes) = if a < b { (a, b) } else { (b, a) };
        let moved = self.members.remove(&goes).unwrap_or_else(|| vec![goes.clone()]);
        for member in &moved {
            self.root.insert(member.clone(), stays.clone());
        }
        self.members.entry(stays.clone()).or_insert_with(|| vec![stays]).extend(moved);
    }
}
