//! From rules, facts and decisions to a roster.
//!
//! Pure and independent of the order in which facts come; only decisions have an order, that of
//! their times. Addresses are first gathered into humans (configuration, then joins and splits),
//! then each human is judged as a whole. Judging each address and merging the verdicts lost: two
//! halves of one correspondence would both look one-sided.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::domain::{ascii, identity, is_free_mail, organization, with_parents};
use super::name::name_words;
use super::named::{Named, Sets};
use super::roster::{is_list, is_role};
use super::{
    Acquaintance, Choice, Client, ClientId, ClientRule, Decision, Owner, Person, PersonId,
    PersonRule, Roster, Rules, Tier, hosts, is_robot,
};
use crate::mail::AddrSpec;

/// Messages each way in 365 days from which on a correspondence is a real one.
pub(super) const TWO_WAY: u32 = 3;

/// A decision: about which mailbox, and what.
type Decided<'a> = (AddrSpec, &'a Choice);

/// What was decided about each mailbox, with its place in the order of all decisions.
type Choices<'a> = BTreeMap<&'a AddrSpec, Vec<(usize, &'a Choice)>>;

impl Roster {
    /// Who is who on `today`, which only decides whether a mute has run out.
    pub fn build(
        rules: &Rules,
        acquaintances: &[Acquaintance],
        decisions: &[Decision],
        today: Date,
    ) -> Self {
        let mut roster = Self {
            me: rules.me.iter().map(identity).collect(),
            clients: rules.clients.iter().rev().map(client).collect(),
            ..Self::default()
        };
        roster.domains = owners(rules, &roster.me);
        let mut decisions: Vec<&Decision> = decisions.iter().collect();
        decisions.sort_by_key(|decision| decision.at);
        let decided: Vec<Decided<'_>> =
            decisions.into_iter().map(|d| (identity(&d.about), &d.choice)).collect();

        let mut choices: Choices<'_> = BTreeMap::new();
        for (place, (about, choice)) in decided.iter().enumerate() {
            choices.entry(about).or_default().push((place, choice));
        }
        let named = Named::new(rules, &roster.me);
        let facts = merged(acquaintances);
        let groups = roster.groups(&named, &facts, &decided);
        let mut wanted = BTreeMap::new();
        for addresses in groups {
            let Some((mut person, cadence)) = roster.person_of(addresses, &named, &facts, &choices)
            else {
                continue;
            };
            person.muted_until = person.muted_until.filter(|day| *day >= today);
            person.later_until = person.later_until.filter(|day| *day >= today);
            for address in &person.addresses {
                roster.by_address.insert(address.clone(), person.id.clone());
            }
            wanted.extend(cadence.map(|days| (person.id.clone(), days)));
            roster.persons.insert(person.id.clone(), person);
        }
        roster.suggest_clients(&facts);
        roster.finish(&named, &wanted, rules.trust_suggestions);
        roster
    }

    /// Whether the facts alone make somebody exist: a human I have written to or met, outside my
    /// own organization.
    fn exists(&self, fact: &Acquaintance) -> bool {
        let address = &fact.address;
        (fact.written_to > 0 || fact.met > 0)
            && !is_robot(address.local())
            && !is_role(address)
            && !is_list(address)
            && !matches!(self.owner(address.domain()), Some(Owner::Robots | Owner::Colleagues))
    }

    /// Addresses gathered into humans; what is joined to an address of mine becomes mine.
    fn groups(
        &mut self,
        named: &Named<'_>,
        facts: &BTreeMap<AddrSpec, Acquaintance>,
        decided: &[Decided<'_>],
    ) -> Vec<Vec<AddrSpec>> {
        let mut joins: Vec<(AddrSpec, AddrSpec)> = Vec::new();
        let mut known: BTreeSet<AddrSpec> = named.addresses().cloned().collect();
        known.extend(facts.values().filter(|f| self.exists(f)).map(|f| f.address.clone()));
        for (about, choice) in decided {
            match choice {
                Choice::Join(other) => {
                    let (a, b) = (named.first_of(about), named.first_of(&identity(other)));
                    self.apart.remove(&a);
                    self.apart.remove(&b);
                    joins.push((a, b));
                }
                Choice::Split => {
                    let apart = named.first_of(about);
                    joins.retain(|(a, b)| *a != apart && *b != apart);
                    self.apart.insert(apart);
                }
                Choice::Confirm | Choice::Assign(_) => {
                    known.insert(about.clone());
                }
                _ => {}
            }
        }
        let mut sets = Sets::default();
        for address in &known {
            sets.join(&named.first_of(address), address);
        }
        for (a, b) in &joins {
            sets.join(a, b);
        }
        let mut groups: BTreeMap<AddrSpec, Vec<AddrSpec>> = BTreeMap::new();
        let joined = joins.iter().flat_map(|(a, b)| [a, b]);
        let all: BTreeSet<&AddrSpec> = known.iter().chain(joined).collect();
        for address in all {
            groups.entry(sets.root(address)).or_default().push(address.clone());
        }
        let (mine, theirs): (Vec<_>, Vec<_>) =
            groups.into_values().partition(|group| group.iter().any(|a| self.me.contains(a)));
        self.me.extend(mine.into_iter().flatten());
        theirs.into_iter().filter(|group| group.iter().any(|a| known.contains(a))).collect()
    }

    /// The human behind these addresses and the rhythm wanted of them alone; `None` when the user said they are nobody to look after.
    fn person_of(
        &self,
        mut addresses: Vec<AddrSpec>,
        named: &Named<'_>,
        facts: &BTreeMap<AddrSpec, Acquaintance>,
        choices: &Choices<'_>,
    ) -> Option<(Person, Option<u32>)> {
        let first = |a: &AddrSpec| facts.get(a).map_or(Timestamp::MAX, |f| f.first);
        addresses.sort_by_key(|a| (named.place(a), first(a)));
        let id = PersonId(addresses.first()?.clone());
        let rules: Vec<&PersonRule> = named.rules_of(&addresses);
        let met = || addresses.iter().filter_map(|a| facts.get(a));
        let sum = |field: fn(&Acquaintance) -> u32| met().map(field).fold(0, u32::saturating_add);
        let two_way = sum(|f| f.sent_year).min(sum(|f| f.received_year)) >= TWO_WAY;
        let by_name = addresses.iter().any(|a| named.place(a) < Named::NOWHERE);

        let name = rules.first().map(|rule| rule.name.clone());
        let mut person = Person {
            name: name.or_else(|| met().find_map(|f| f.name.clone())).unwrap_or(id.0.to_string()),
            client: rules
                .iter()
                .find_map(|rule| rule.client.clone().map(ClientId))
                .or_else(|| addresses.iter().find_map(|a| named.client_by_hand(a)))
                .or_else(|| addresses.iter().find_map(|a| self.client_by_domain(a))),
            key: rules.iter().any(|rule| rule.key),
            prefers: rules.iter().find_map(|rule| rule.prefers),
            cadence_days: Tier::default().cadence_days(),
            confirmed: by_name,
            tracked: by_name || two_way || met().any(|f| f.met_half_year > 0),
            muted_until: None,
            later_until: None,
            addresses,
            id,
        };
        let configured = rules.iter().find_map(|rule| rule.cadence_days);
        let (prefers, mut cadence, mut gone) = (person.prefers, configured, false);
        let mut made: Vec<_> =
            person.addresses.iter().filter_map(|a| choices.get(a)).flatten().collect();
        made.sort_by_key(|(place, _)| *place);
        for (_, choice) in made {
            match choice {
                Choice::Confirm => (person.confirmed, person.tracked, gone) = (true, true, false),
                Choice::Assign(client) => {
                    person.client = Some(client.clone());
                    (person.confirmed, person.tracked, gone) = (true, true, false);
                }
                Choice::NotAClient => gone = true,
                Choice::Join(_) | Choice::Split => {}
                Choice::Prefers(choice) => person.prefers = choice.or(prefers),
                Choice::Cadence(days) => cadence = days.or(configured),
                Choice::MuteUntil(day) => person.muted_until = Some(*day),
                Choice::LaterUntil(day) => person.later_until = Some(*day),
                Choice::Unmute => (person.muted_until, person.later_until) = (None, None),
            }
        }
        (!gone).then_some((person, cadence.filter(|days| *days > 0)))
    }

    fn client_by_domain(&self, address: &AddrSpec) -> Option<ClientId> {
        match self.owner(address.domain()) {
            Some(Owner::Client(client)) => Some(client.clone()),
            _ => None,
        }
    }

    /// Clients of domains that nobody configured, from correspondence that goes both ways.
    fn suggest_clients(&mut self, facts: &BTreeMap<AddrSpec, Acquaintance>) {
        let mut traffic: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for (address, fact) in facts {
            let counts = fact.written_to > 0
                && (is_role(address) || self.by_address.contains_key(address))
                && self.owner(address.domain()).is_none();
            if let Some(domain) = organization(address.domain()).filter(|_| counts) {
                let (sent, received) = traffic.entry(domain).or_default();
                *sent = sent.saturating_add(fact.sent_year);
                *received = received.saturating_add(fact.received_year);
            }
        }
        traffic.retain(|_, (sent, received)| (*sent).min(*received) >= TWO_WAY);
        for person in self.persons.values_mut().filter(|person| person.client.is_none()) {
            let domain = person.addresses.iter().find_map(|a| {
                organization(a.domain()).filter(|domain| traffic.contains_key(domain))
            });
            let Some(domain) = domain else { continue };
            let id = ClientId(domain.to_owned());
            self.clients.entry(id.clone()).or_insert_with(|| Client {
                id: id.clone(),
                domains: vec![domain.to_owned()],
                tier: Tier::default(),
                cadence_days: Tier::default().cadence_days(),
                confirmed: false,
            });
            self.domains.entry(domain.to_owned()).or_insert_with(|| Owner::Client(id.clone()));
            person.client = Some(id);
        }
    }

    /// What depends on the client: rhythm and welcome. Also clients that only a person names.
    fn finish(&mut self, named: &Named<'_>, wanted: &BTreeMap<PersonId, u32>, trusting: bool) {
        let configured = |id: &ClientId| named.clients.contains(id.0.as_str());
        for person in self.persons.values_mut() {
            if let Some(id) = &person.client {
                let client = self.clients.entry(id.clone()).or_insert_with(|| Client {
                    id: id.clone(),
                    domains: Vec::new(),
                    tier: Tier::default(),
                    cadence_days: Tier::default().cadence_days(),
                    confirmed: true,
                });
                client.confirmed |= person.confirmed;
                person.confirmed |= configured(id);
                person.cadence_days = client.cadence_days;
            }
            if let Some(days) = wanted.get(&person.id) {
                person.cadence_days = *days;
            }
            person.confirmed |= trusting && person.tracked;
        }
        let tracked = self.persons.values().filter(|person| person.tracked);
        self.spoken = tracked
            .map(|person| (name_words(&person.name), person.id.clone()))
            .filter(|(words, _)| !words.is_empty())
            .collect();
    }
}

fn client(rule: &ClientRule) -> (ClientId, Client) {
    let id = ClientId(rule.name.clone());
    let tier = rule.tier.unwrap_or_default();
    let domains = rule.domains.iter().map(|domain| tidy(domain)).collect();
    let cadence_days = rule.cadence_days.filter(|days| *days > 0).unwrap_or(tier.cadence_days());
    (id.clone(), Client { id, domains, tier, cadence_days, confirmed: true })
}

/// A domain as it is looked up.
fn tidy(domain: &str) -> String {
    let domain = domain.trim().trim_start_matches(['@', '.']).trim_end_matches('.').to_lowercase();
    ascii(&domain).into_owned()
}

/// Whose each domain is. The first claim stands: robots, colleagues, clients, and last what
/// follows from my own addresses, since a freelancer may have one at a client's domain.
fn owners(rules: &Rules, me: &BTreeSet<AddrSpec>) -> BTreeMap<String, Owner> {
    let mut owners = BTreeMap::new();
    let mut claim = |domain: String, owner: Owner| {
        if !domain.is_empty() && (owner == Owner::Robots || !is_free_mail(&domain)) {
            owners.entry(domain).or_insert(owner);
        }
    };
    for domain in rules.robots.iter().map(String::as_str).chain(hosts::ROBOTS.iter().copied()) {
        claim(tidy(domain), Owner::Robots);
    }
    for domain in &rules.colleagues {
        claim(tidy(domain), Owner::Colleagues);
    }
    for rule in &rules.clients {
        for domain in &rule.domains {
            claim(tidy(domain), Owner::Client(ClientId(rule.name.clone())));
        }
    }
    let of_clients: BTreeSet<String> =
        rules.clients.iter().flat_map(|rule| &rule.domains).map(|domain| tidy(domain)).collect();
    for address in me {
        let inside_client = with_parents(address.domain()).any(|d| of_clients.contains(d));
        if let Some(domain) = organization(address.domain()).filter(|_| !inside_client) {
            claim(domain.to_owned(), Owner::Colleagues);
        }
    }
    owners
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
