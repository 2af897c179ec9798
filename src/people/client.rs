//! Clients: whose a domain is, what is wanted of them, and who may be one.
//!
//! A decision about a client or an address of mine amends the rules before anything is built, as
//! if it stood in the configuration; so there is one way in which a client comes to be, and a
//! decision that repeats what a file says changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::build::{Decided, TWO_WAY, Wanted};
use super::domain::{ascii, is_free_mail, organization, with_parents};
use super::name::name_words;
use super::named::Named;
use super::roster::is_role;
use super::{
    Acquaintance, Choice, Client, ClientChoice, ClientDecision, ClientId, ClientRule, Owner,
    PersonId, Preference, Roster, Rules, Tier, hosts,
};
use crate::mail::AddrSpec;

/// The rules as the user's decisions have them: my addresses, my organization, confirmed clients.
pub(super) fn amended(rules: &Rules, decided: &[Decided<'_>], clients: &[ClientDecision]) -> Rules {
    let mut rules = rules.clone();
    let mut mine: BTreeMap<&AddrSpec, bool> = BTreeMap::new();
    for (about, choice) in decided {
        if let Choice::Mine(is) = choice {
            mine.insert(about, *is);
        }
    }
    rules.me.extend(mine.into_iter().filter(|(_, is)| *is).map(|(address, _)| address.clone()));
    for (about, choice) in last_words(clients) {
        let domain = tidy(&about.0);
        let is_domain = domain.contains('.') && !domain.contains(' ');
        let taken = rules.clients.iter().any(|rule| {
            rule.name == about.0 || rule.domains.iter().any(|owned| tidy(owned) == domain)
        });
        match choice {
            ClientChoice::Confirm if !taken => rules.clients.push(ClientRule {
                name: about.0.clone(),
                domains: is_domain.then_some(domain).into_iter().collect(),
                people: Vec::new(),
                tier: None,
                cadence_days: None,
            }),
            ClientChoice::Colleagues if !taken && is_domain => rules.colleagues.push(domain),
            _ => {}
        }
    }
    rules
}

/// What was said last about each client being one.
fn last_words(decisions: &[ClientDecision]) -> BTreeMap<&ClientId, &ClientChoice> {
    let mut last = BTreeMap::new();
    for ClientDecision { about, choice, .. } in by_time(decisions) {
        if let ClientChoice::Confirm | ClientChoice::NotAClient | ClientChoice::Colleagues = choice
        {
            last.insert(about, choice);
        }
    }
    last
}

fn by_time(decisions: &[ClientDecision]) -> Vec<&ClientDecision> {
    let mut sorted: Vec<&ClientDecision> = decisions.iter().collect();
    sorted.sort_by_key(|decision| decision.at);
    sorted
}

/// What the user decided about clients, by client.
#[derive(Default)]
pub(super) struct Wishes {
    /// Domains that are no clients.
    pub(super) refused: BTreeSet<ClientId>,
    by_client: BTreeMap<ClientId, Wish>,
}

#[derive(Default)]
struct Wish {
    tier: Option<Tier>,
    cadence_days: Option<u32>,
    prefers: Option<Preference>,
    review: Option<Date>,
    muted_until: Option<Date>,
    later_until: Option<Date>,
}

impl Wishes {
    /// A decision made about a domain holds for the client that owns it since.
    pub(super) fn of(roster: &Roster, decisions: &[ClientDecision], today: Date) -> Self {
        let mut wishes = Self::default();
        for (about, choice) in last_words(decisions) {
            if matches!(choice, ClientChoice::NotAClient | ClientChoice::Colleagues) {
                wishes.refused.insert(ClientId(tidy(&about.0)));
            }
        }
        for decision in by_time(decisions) {
            let id = match roster.owner(&tidy(&decision.about.0)) {
                Some(Owner::Client(id)) if !roster.clients.contains_key(&decision.about) => id,
                _ => &decision.about,
            };
            let wish = wishes.by_client.entry(id.clone()).or_default();
            match decision.choice {
                ClientChoice::Tier(tier) => wish.tier = tier,
                ClientChoice::Cadence(days) => wish.cadence_days = days.filter(|days| *days > 0),
                ClientChoice::Prefers(prefers) => wish.prefers = prefers,
                ClientChoice::Review(day) => wish.review = day,
                ClientChoice::MuteUntil(day) => wish.muted_until = Some(day),
                ClientChoice::LaterUntil(day) => wish.later_until = Some(day),
                ClientChoice::Unmute => (wish.muted_until, wish.later_until) = (None, None),
                ClientChoice::Confirm | ClientChoice::NotAClient | ClientChoice::Colleagues => {}
            }
        }
        for wish in wishes.by_client.values_mut() {
            wish.muted_until = wish.muted_until.filter(|day| *day >= today);
            wish.later_until = wish.later_until.filter(|day| *day >= today);
        }
        wishes
    }
}

impl Roster {
    /// Clients of domains that nobody configured, from correspondence that goes both ways.
    pub(super) fn suggest_clients(
        &mut self,
        facts: &BTreeMap<AddrSpec, Acquaintance>,
        refused: &BTreeSet<ClientId>,
    ) {
        let mut traffic: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for (address, fact) in facts {
            let counts = fact.written_to > 0
                && (is_role(address) || self.by_address.contains_key(address))
                && self.owner(address.domain()).is_none();
            let ours = |domain: &&str| counts && !refused.contains(&ClientId((*domain).to_owned()));
            if let Some(domain) = organization(address.domain()).filter(ours) {
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

    /// What depends on the client: rhythm, welcome, pauses. Also clients that only a person names.
    pub(super) fn finish(
        &mut self,
        rules: &Rules,
        named: &Named<'_>,
        wanted: &BTreeMap<PersonId, Wanted>,
        wishes: &Wishes,
    ) {
        let configured = |id: &ClientId| named.clients.contains(id.0.as_str());
        for person in self.persons.values() {
            if let Some(id) = &person.client {
                let client = self.clients.entry(id.clone()).or_insert_with(|| named_only(id));
                client.confirmed |= person.confirmed;
            }
        }
        for client in self.clients.values_mut() {
            let Some(wish) = wishes.by_client.get(&client.id) else { continue };
            let rule = rules.clients.iter().find(|rule| rule.name == client.id.0);
            let written = rule.and_then(|rule| rule.cadence_days).filter(|days| *days > 0);
            client.tier = wish.tier.unwrap_or(client.tier);
            client.cadence_days =
                wish.cadence_days.or(written).unwrap_or(client.tier.cadence_days());
        }
        let mut then = BTreeMap::new();
        for person in self.persons.values_mut() {
            let wish = wanted.get(&person.id).copied().unwrap_or_default();
            if let Some(id) = &person.client {
                person.confirmed |= configured(id);
                if let Some(client) = self.clients.get(id) {
                    person.cadence_days = client.cadence_days;
                }
                if let Some(of_client) = wishes.by_client.get(id) {
                    person.prefers = person.prefers.or(of_client.prefers);
                    person.muted_until = person.muted_until.max(of_client.muted_until);
                    person.later_until = person.later_until.max(of_client.later_until);
                    person.details.review = person.details.review.or(of_client.review);
                }
            }
            person.cadence_days = wish.cadence_days.unwrap_or(person.cadence_days);
            person.confirmed |= rules.trust_suggestions && person.tracked;
            for address in &person.addresses {
                let past = !wish.assigned || person.details.retired.contains(address);
                if let Some(Owner::Client(id)) = owner_in(&self.domains, address.domain())
                    && person.client.as_ref() != Some(id)
                    && past
                {
                    then.insert(address.clone(), id.clone());
                }
            }
        }
        self.then = then;
        let tracked = self.persons.values().filter(|person| person.tracked);
        self.spoken = tracked
            .map(|person| (name_words(&person.name), person.id.clone()))
            .filter(|(words, _)| !words.is_empty())
            .collect();
    }
}

/// A client of which only the name is known.
fn named_only(id: &ClientId) -> Client {
    Client {
        id: id.clone(),
        domains: Vec::new(),
        tier: Tier::default(),
        cadence_days: Tier::default().cadence_days(),
        confirmed: true,
    }
}

/// A client as the rules have it.
pub(super) fn client(rule: &ClientRule) -> (ClientId, Client) {
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
pub(super) fn owners(rules: &Rules, me: &BTreeSet<AddrSpec>) -> BTreeMap<String, Owner> {
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

/// Whose the domain is, by the longest part of it that has an owner.
pub(super) fn owner_in<'a>(
    domains: &'a BTreeMap<String, Owner>,
    domain: &str,
) -> Option<&'a Owner> {
    let domain = ascii(domain);
    with_parents(&domain).find_map(|d| domains.get(d))
}
