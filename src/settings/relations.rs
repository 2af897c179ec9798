//! `[me]`, `[people]`, `[[client]]` and `[[person]]`: who is who, as [`Rules`].
//!
//! Besides each value by itself this checks what only shows when everything is seen together: an
//! address that is two people, a domain that belongs to two clients, a person of a client nobody
//! named. Such a file is refused rather than read by some order of precedence, since a nudge about
//! the wrong person costs more than a sentence to correct it.

use std::collections::BTreeMap;

use super::fault::{Origin, nearest};
use super::section::{Ledger, Section};
use super::value::{At, CADENCE, address, choice, days, domain, flag, list, placed, quoted, text};
use crate::mail::AddrSpec;
use crate::people::{ClientRule, PersonRule, Preference, Rules, Tier, is_free_mail};

struct Client<'t> {
    name: At<'t, String>,
    domains: Vec<At<'t, String>>,
    people: Vec<At<'t, AddrSpec>>,
    tier: Option<Tier>,
    cadence_days: Option<u32>,
}

struct Person<'t> {
    name: String,
    client: Option<At<'t, String>>,
    addresses: Vec<At<'t, AddrSpec>>,
    key: bool,
    prefers: Option<Preference>,
    cadence_days: Option<u32>,
}

/// What `[me]` says about people.
pub(super) struct Me<'t> {
    pub(super) addresses: Vec<At<'t, AddrSpec>>,
    pub(super) colleagues: Vec<At<'t, String>>,
}

/// Reads everything about people; `[me]` was read before.
pub(super) fn rules(root: &mut Section<'_>, me: Me<'_>, ledger: &mut Ledger) -> Option<Rules> {
    let mut section = root.table("people", ledger)?;
    let trust_suggestions = section.required("trust-suggestions", "false", ledger, flag);
    let robots = section.required("robots", "[]", ledger, list(domain));
    section.close(ledger);

    let clients: Vec<_> =
        root.tables("client", ledger).into_iter().filter_map(|one| client(one, ledger)).collect();
    let people: Vec<_> =
        root.tables("person", ledger).into_iter().filter_map(|one| person(one, ledger)).collect();
    let robots = robots?;
    check_names(&clients, &people, ledger);
    check_domains(&clients, &me, &robots, ledger);
    check_addresses(&clients, &people, &me, ledger);
    Some(Rules {
        me: plain(me.addresses),
        colleagues: plain(me.colleagues),
        people: people.into_iter().map(|person| person.rule(&clients)).collect(),
        clients: clients.into_iter().map(Client::rule).collect(),
        robots: plain(robots),
        trust_suggestions: trust_suggestions?,
    })
}

impl Client<'_> {
    fn rule(self) -> ClientRule {
        ClientRule {
            name: self.name.value,
            domains: plain(self.domains),
            people: plain(self.people),
            tier: self.tier,
            cadence_days: self.cadence_days,
        }
    }
}

impl Person<'_> {
    /// The client is named as its own table spells it.
    fn rule(self, clients: &[Client<'_>]) -> PersonRule {
        let name = |wanted: String| {
            let mut names = clients.iter().map(|client| &client.name.value);
            let same = |name: &&String| name.to_lowercase() == wanted.to_lowercase();
            names.find(same).cloned().unwrap_or(wanted)
        };
        PersonRule {
            name: self.name,
            client: self.client.map(|client| name(client.value)),
            addresses: plain(self.addresses),
            key: self.key,
            prefers: self.prefers,
            cadence_days: self.cadence_days,
        }
    }
}

fn plain<T>(list: Vec<At<'_, T>>) -> Vec<T> {
    list.into_iter().map(|item| item.value).collect()
}

fn client<'t>(mut section: Section<'t>, ledger: &mut Ledger) -> Option<Client<'t>> {
    let name = section.required("name", "\"Acme\"", ledger, placed(text));
    if let Some(name) = &name {
        section.call(&name.value);
    }
    let tiers = choice(&[("A", Tier::A), ("B", Tier::B), ("C", Tier::C)]);
    let domains = section.optional("domains", ledger, list(domain)).unwrap_or_default();
    let people = section.optional("people", ledger, list(address)).unwrap_or_default();
    let tier = section.optional("tier", ledger, tiers);
    let cadence_days = section.optional("cadence", ledger, days(CADENCE));
    section.close(ledger);
    Some(Client { name: name?, domains, people, tier, cadence_days })
}

fn person<'t>(mut section: Section<'t>, ledger: &mut Ledger) -> Option<Person<'t>> {
    let name = section.required("name", "\"Jo Doe\"", ledger, text);
    if let Some(name) = &name {
        section.call(name);
    }
    let ways = choice(&[
        ("phone", Preference::Phone),
        ("visit", Preference::Visit),
        ("video", Preference::Video),
        ("email", Preference::Email),
    ]);
    let client = section.optional("client", ledger, placed(text));
    let example = "[\"jo@acme.test\"]";
    let addresses =
        section.required("addresses", example, ledger, |value| match list(address)(value)? {
            none if none.is_empty() => value.wrong("is empty", "name at least one address"),
            some => Ok(some),
        });
    let key = section.optional("key", ledger, flag).unwrap_or(false);
    let prefers = section.optional("prefers", ledger, ways);
    let cadence_days = section.optional("cadence", ledger, days(CADENCE));
    section.close(ledger);
    Some(Person { name: name?, client, addresses: addresses?, key, prefers, cadence_days })
}

/// Two clients of one name; a person of a client that is none; a client without anybody.
fn check_names(clients: &[Client<'_>], people: &[Person<'_>], ledger: &mut Ledger) {
    let mut names = BTreeMap::new();
    for client in clients {
        let name = &client.name;
        if names.insert(name.value.to_lowercase(), name.origin()).is_some() {
            let what = format!("{} is the name of two clients", quoted(&name.value));
            ledger.fault(name.origin(), "client.name", what, "make them one, or rename one");
        }
    }
    let mut staffed = Vec::new();
    for wanted in people.iter().filter_map(|person| person.client.as_ref()) {
        staffed.push(wanted.value.to_lowercase());
        if names.contains_key(&wanted.value.to_lowercase()) {
            continue;
        }
        let known = clients.iter().map(|client| client.name.value.as_str());
        let remedy = match nearest(&wanted.value, known) {
            Some(near) => format!("did you mean {}?", quoted(near)),
            None => "add a [[client]] of this name".to_owned(),
        };
        let what = format!("there is no client {}", quoted(&wanted.value));
        ledger.fault(wanted.origin(), "person.client", what, remedy);
    }
    for Client { name, domains, people, .. } in clients {
        if domains.is_empty() && people.is_empty() && !staffed.contains(&name.value.to_lowercase())
        {
            let what = format!("nobody belongs to {}", quoted(&name.value));
            let remedy = "give it domains, people, or a [[person]] with this client";
            ledger.fault(name.origin(), "client.name", what, remedy);
        }
    }
}

/// Domains that cannot tell whom somebody belongs to. One domain inside another can: the nearest
/// one decides, and a subsidiary may be a client of its own.
fn check_domains(
    clients: &[Client<'_>],
    me: &Me<'_>,
    robots: &[At<'_, String>],
    ledger: &mut Ledger,
) {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for client in clients {
        for domain in &client.domains {
            let name = domain.value.as_str();
            let mut fault = |what: String, remedy: &str| {
                ledger.fault(domain.origin(), "client.domains", what, remedy);
            };
            if let Some(owner) = taken.insert(name, &client.name.value) {
                let what = format!("{} belongs to {} already", quoted(name), quoted(owner));
                fault(what, "keep it once, and list single addresses under people");
            }
            if me.colleagues.iter().any(|mine| mine.value == name) {
                let what = format!("{} is a domain of your own organization", quoted(name));
                fault(what, "take it out here or from colleagues under [me]");
            }
            if is_free_mail(name) {
                let what = format!("{} is a free-mail host, where anybody may be", quoted(name));
                fault(what, "list the single addresses under people");
            }
            if robots.iter().any(|robot| robot.value == name) {
                let what = format!("{} is listed as a domain of robots", quoted(name));
                fault(what, "give robots under [people] without it");
            }
        }
    }
}

/// Addresses that would be two people, or two clients', or both mine and somebody's.
fn check_addresses(
    clients: &[Client<'_>],
    people: &[Person<'_>],
    me: &Me<'_>,
    ledger: &mut Ledger,
) {
    let mine: Vec<_> = me.addresses.iter().map(|at| at.value.identity()).collect();
    let mut fault = |origin: Origin, key: &str, what: String, remedy: &str| {
        ledger.fault(origin, key, what, remedy);
    };
    let is_mine = "take it out here or from addresses under [me]";

    let mut of_client: BTreeMap<AddrSpec, &str> = BTreeMap::new();
    for client in clients {
        for address in &client.people {
            let (id, shown) = (address.value.identity(), quoted(address.value.as_str()));
            if mine.contains(&id) {
                fault(address.origin(), "client.people", format!("{shown} is your own"), is_mine);
            }
            let owner = *of_client.entry(id).or_insert(&client.name.value);
            if owner != client.name.value {
                let what = format!("{shown} belongs to {} already", quoted(owner));
                fault(address.origin(), "client.people", what, "list it once");
            }
        }
    }

    let mut of_person: BTreeMap<AddrSpec, (usize, &str)> = BTreeMap::new();
    for (at, person) in people.iter().enumerate() {
        for address in &person.addresses {
            let (id, shown) = (address.value.identity(), quoted(address.value.as_str()));
            let key = "person.addresses";
            if mine.contains(&id) {
                fault(address.origin(), key, format!("{shown} is your own"), is_mine);
            }
            let (first, other) = *of_person.entry(id.clone()).or_insert((at, &person.name));
            if first != at {
                let what = format!("{shown} is an address of {} already", quoted(other));
                let remedy = "make the two one [[person]], or take the address out of one";
                fault(address.origin(), key, what, remedy);
            }
            let wanted = person.client.as_ref().map(|client| client.value.as_str());
            let other = of_client
                .get(&id)
                .filter(|owner| wanted.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(owner)));
            if let Some(other) = other {
                let what = format!("{shown} is listed with the client {}", quoted(other));
                fault(address.origin(), key, what, "name the same client in both places");
            }
        }
    }
}
