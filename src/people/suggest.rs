//! What the user may want to tell: clients, joins, own addresses, people.
//!
//! Suggestions only. Nothing here changes a roster, and likeness never joins two people by
//! itself: a wrong join mixes two histories and nobody notices, a missing one is seen at once.

use std::collections::{BTreeMap, BTreeSet};

use super::build::TWO_WAY;
use super::domain::identity;
use super::gather::pair;
use super::name::name_words;
use super::roster::is_role;
use super::{Acquaintance, ClientId, Person, PersonId, Roster, Who, is_robot};
use crate::mail::AddrSpec;

/// Sent messages from which on an address in the sent mailbox is probably mine: one may be a
/// bounce or a message put there by hand.
const OWN: u32 = 3;

/// Messages and meetings behind a suggestion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Messages I sent them in 365 days.
    pub sent_year: u32,
    /// Messages they sent me in 365 days.
    pub received_year: u32,
    /// Meetings with at most four others in 180 days.
    pub met_half_year: u32,
}

/// Something to confirm or to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// An organization I correspond with.
    Client {
        /// Its domain.
        id: ClientId,
        /// Its people, by identity.
        people: Vec<PersonId>,
        /// What is behind it.
        figures: Figures,
    },
    /// Two people, perhaps one human.
    Join {
        /// One.
        a: PersonId,
        /// The other.
        b: PersonId,
        /// The name of the first.
        name: String,
        /// What speaks for it.
        sign: Sign,
    },
    /// Somebody who goes by the name of a colleague, perhaps the colleague's private address.
    Colleague {
        /// The person.
        person: PersonId,
        /// The name both go by.
        name: String,
        /// The colleague.
        colleague: AddrSpec,
    },
    /// An address mail was sent from that is not configured as mine.
    OwnAddress {
        /// The address.
        address: AddrSpec,
        /// Messages sent from it.
        sent: u32,
    },
    /// Somebody outside every client, at a free-mail host or behind a role address.
    Person {
        /// The address.
        address: AddrSpec,
        /// The name it goes by.
        name: Option<String>,
        /// What is behind it.
        figures: Figures,
    },
}

/// What speaks for two people being one human.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// They go by one full name.
    Name,
    /// They stand on one card of an address book, or behind one telephone number, under two names.
    Card,
}

impl Suggestion {
    fn colleague(&self) -> Option<&PersonId> {
        match self {
            Self::Colleague { person, .. } => Some(person),
            _ => None,
        }
    }

    /// Why, in one sentence of plain figures. Names and addresses in it come from outside and
    /// still have to pass [`crate::text::Shown`].
    pub fn reason(&self) -> String {
        match self {
            Self::Client { people, figures, .. } => {
                let people = count(people.len(), "person", "people");
                format!("{people}: {figures}.")
            }
            Self::Join { name, sign: Sign::Name, .. } => format!("Both go by the name {name}."),
            Self::Join { sign: Sign::Card, .. } => {
                "One card or one number of your address book names both, under two names.".into()
            }
            Self::Colleague { name, colleague, .. } => {
                format!("Your colleague at {colleague} goes by the name {name} too.")
            }
            Self::OwnAddress { sent, .. } => {
                let messages = count(*sent, "message", "messages");
                format!("{messages} in your sent mail came from it.")
            }
            Self::Person { figures, .. } => format!("{figures}, no client known."),
        }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sent_year, received_year, met_half_year } = self;
        let received = count(*received_year, "message", "messages");
        write!(f, "{received} received and {sent_year} sent in a year")?;
        if *met_half_year > 0 {
            let met = count(*met_half_year, "small meeting", "small meetings");
            write!(f, ", {met} in half a year")?;
        }
        Ok(())
    }
}

fn count<N: std::fmt::Display + PartialEq + TryInto<u32> + Copy>(
    n: N,
    one: &str,
    many: &str,
) -> String {
    let word = if matches!(n.try_into(), Ok(1)) { one } else { many };
    format!("{n} {word}")
}

/// Everything worth asking: clients first, then joins, colleagues, own addresses and people, each
/// with the most active first.
///
/// `sent_from` are the senders found in sent mailboxes with the number of their messages.
pub fn suggest(
    roster: &Roster,
    acquaintances: &[Acquaintance],
    sent_from: &[(AddrSpec, u32)],
) -> Vec<Suggestion> {
    let mut all = clients(roster, acquaintances);
    all.extend(joins(roster));
    let colleagues = colleagues(roster, acquaintances);
    let asked: BTreeSet<&PersonId> = colleagues.iter().filter_map(Suggestion::colleague).collect();
    let people = people(roster, acquaintances, &asked);
    all.extend(colleagues);
    all.extend(own_addresses(roster, sent_from));
    all.extend(people);
    all
}

fn add(figures: &mut Figures, one: &Acquaintance) {
    figures.sent_year = figures.sent_year.saturating_add(one.sent_year);
    figures.received_year = figures.received_year.saturating_add(one.received_year);
    figures.met_half_year = figures.met_half_year.saturating_add(one.met_half_year);
}

fn clients(roster: &Roster, acquaintances: &[Acquaintance]) -> Vec<Suggestion> {
    let mut figures: BTreeMap<&ClientId, Figures> = BTreeMap::new();
    for one in acquaintances {
        let client = match roster.who(&one.address) {
            Who::Person(person) => person.client.as_ref(),
            Who::Role(client) => Some(client),
            _ => None,
        };
        if let Some(client) = client {
            add(figures.entry(client).or_default(), one);
        }
    }
    let mut people: BTreeMap<&ClientId, Vec<PersonId>> = BTreeMap::new();
    for person in roster.persons() {
        if let Some(client) = &person.client {
            people.entry(client).or_default().push(person.id.clone());
        }
    }
    let suggested = roster.clients().filter(|client| !client.confirmed);
    let mut all: Vec<_> = suggested
        .map(|client| (figures.get(&client.id).copied().unwrap_or_default(), client))
        .collect();
    all.sort_by_key(|(figures, client)| (busiest(figures), &client.id));
    all.into_iter()
        .map(|(figures, client)| Suggestion::Client {
            id: client.id.clone(),
            people: people.remove(&client.id).unwrap_or_default(),
            figures,
        })
        .collect()
}

fn busiest(figures: &Figures) -> impl Ord + use<> {
    std::cmp::Reverse(figures.sent_year.min(figures.received_year))
}

/// Equal full names, and what address books say against the names; what the user took apart is not
/// asked again, nor what concerns nobody tracked. Of three of one name the first is paired with
/// each of the others.
fn joins(roster: &Roster) -> Vec<Suggestion> {
    let apart = |a: &Person, b: &Person| {
        let across = a.addresses.iter().flat_map(|x| b.addresses.iter().map(move |y| pair(x, y)));
        across.into_iter().any(|pair| roster.apart.contains(&pair))
    };
    let mut joins = Vec::new();
    let mut ask = |a: &Person, b: &Person, sign| {
        if a.id != b.id && (a.tracked || b.tracked) && !apart(a, b) {
            let (a, b) = if a.id <= b.id { (a, b) } else { (b, a) };
            let (name, a, b) = (a.name.clone(), a.id.clone(), b.id.clone());
            joins.push(Suggestion::Join { a, b, name, sign });
        }
    };
    let mut bearers: BTreeMap<Vec<String>, Vec<&Person>> = BTreeMap::new();
    for person in roster.persons() {
        let words = name_words(&person.name);
        if words.len() > 1 {
            bearers.entry(words).or_default().push(person);
        }
    }
    for people in bearers.values() {
        let Some((first, others)) = people.split_first() else { continue };
        others.iter().for_each(|other| ask(first, other, Sign::Name));
    }
    for (a, b) in &roster.doubtful {
        if let (Who::Person(a), Who::Person(b)) = (roster.who(a), roster.who(b)) {
            ask(a, b, Sign::Card);
        }
    }
    joins
}

/// People outside who go by a full name that a colleague writes under.
fn colleagues(roster: &Roster, acquaintances: &[Acquaintance]) -> Vec<Suggestion> {
    let mut inside: BTreeMap<Vec<String>, AddrSpec> = BTreeMap::new();
    for one in acquaintances.iter().filter(|one| roster.who(&one.address) == Who::Colleague) {
        let words = one.name.as_deref().map(name_words).unwrap_or_default();
        if words.len() > 1 {
            let address = identity(&one.address);
            let known = inside.entry(words).or_insert_with(|| address.clone());
            if address < *known {
                *known = address;
            }
        }
    }
    let asked = |person: &&Person| person.tracked && !person.confirmed;
    let found = roster.persons().filter(asked).filter_map(|person| {
        let colleague = inside.get(&name_words(&person.name))?.clone();
        let told_apart =
            person.addresses.iter().any(|a| roster.apart.contains(&pair(a, &colleague)));
        (!told_apart).then(|| Suggestion::Colleague {
            person: person.id.clone(),
            name: person.name.clone(),
            colleague,
        })
    });
    found.collect()
}

fn own_addresses(roster: &Roster, sent_from: &[(AddrSpec, u32)]) -> Vec<Suggestion> {
    let mut sent: BTreeMap<AddrSpec, u32> = BTreeMap::new();
    for (address, messages) in sent_from {
        let sum = sent.entry(identity(address)).or_default();
        *sum = sum.saturating_add(*messages);
    }
    let known = |address: &AddrSpec| match roster.who(address) {
        Who::Me | Who::Machine => true,
        // Written to myself under an alias: only a name in the configuration says otherwise.
        Who::Person(person) => person.confirmed,
        Who::Role(_) | Who::Colleague | Who::Stranger => is_robot(address.local()),
    };
    let asked = |(address, sent): &(AddrSpec, u32)| {
        *sent >= OWN && !known(address) && !roster.not_mine.contains(address)
    };
    let mut own: Vec<_> = sent.into_iter().filter(asked).collect();
    own.sort_by_key(|(address, sent)| (std::cmp::Reverse(*sent), address.clone()));
    own.into_iter().map(|(address, sent)| Suggestion::OwnAddress { address, sent }).collect()
}

/// People in real contact whom no client claims, and role addresses that answer like a human.
fn people(
    roster: &Roster,
    acquaintances: &[Acquaintance],
    asked: &BTreeSet<&PersonId>,
) -> Vec<Suggestion> {
    let mut candidates: BTreeMap<AddrSpec, (Option<String>, Figures)> = BTreeMap::new();
    for one in acquaintances {
        let (address, name) = match roster.who(&one.address) {
            Who::Person(p) if asked.contains(&p.id) => continue,
            Who::Person(p) if p.client.is_none() && p.tracked && !p.confirmed => {
                (p.id.0.clone(), (p.name != p.id.0.as_str()).then(|| p.name.clone()))
            }
            Who::Stranger if is_role(&identity(&one.address)) && two_way(one) => {
                (identity(&one.address), one.name.clone())
            }
            _ => continue,
        };
        let (known_as, figures) = candidates.entry(address).or_default();
        *known_as = name;
        add(figures, one);
    }
    let mut all: Vec<_> = candidates.into_iter().collect();
    all.sort_by_key(|(address, (_, figures))| (busiest(figures), address.clone()));
    all.into_iter()
        .map(|(address, (name, figures))| Suggestion::Person { address, name, figures })
        .collect()
}

fn two_way(one: &Acquaintance) -> bool {
    one.sent_year.min(one.received_year) >= TWO_WAY
}
