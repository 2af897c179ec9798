//! Looking things up in a roster.
//!
//! The order of the questions in [`Roster::who`] is the rule "the most specific wins": a name in
//! the configuration beats the look of an address, the look of an address beats its domain.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::client::owner_in;
use super::domain::{identity, with_parents};
use super::{Client, ClientId, Owner, Person, PersonId, Roster, Who, hosts, is_robot};
use crate::mail::AddrSpec;

/// Raised whenever the rules about interactions change, so that a store filled by an older
/// program derives its interactions anew.
const RULES: u64 = 1;

impl Roster {
    /// Who an address is.
    pub fn who(&self, address: &AddrSpec) -> Who<'_> {
        self.whose(&identity(address))
    }

    /// Whose a mailbox is, by its [`identity`].
    pub fn whose(&self, mailbox: &AddrSpec) -> Who<'_> {
        if self.me.contains(mailbox) {
            return Who::Me;
        }
        if let Some(person) = self.by_address.get(mailbox).and_then(|id| self.persons.get(id)) {
            return Who::Person(person);
        }
        let owner = self.owner(mailbox.domain());
        if owner == Some(&Owner::Robots) || writes_to_many(mailbox) || is_list(mailbox) {
            return Who::Machine;
        }
        match owner {
            Some(Owner::Colleagues) => Who::Colleague,
            Some(Owner::Client(client)) if is_role(mailbox) => Who::Role(client),
            _ => Who::Stranger,
        }
    }

    /// Whose the domain is, by the longest part of it that has an owner.
    pub(super) fn owner(&self, domain: &str) -> Option<&Owner> {
        owner_in(&self.domains, domain)
    }

    /// The person of that identity.
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.persons.get(id)
    }

    /// Everybody, by identity.
    pub fn persons(&self) -> impl Iterator<Item = &Person> {
        self.persons.values()
    }

    /// The client of that identity.
    pub fn client(&self, id: &ClientId) -> Option<&Client> {
        self.clients.get(id)
    }

    /// Every client, configured and suggested, by identity.
    pub fn clients(&self) -> impl Iterator<Item = &Client> {
        self.clients.values()
    }

    /// The people of a client, by identity.
    pub fn members(&self, client: &ClientId) -> impl Iterator<Item = &Person> {
        self.persons.values().filter(move |person| person.client.as_ref() == Some(client))
    }

    /// The client an interaction belongs to: that of the person, or of the role address that
    /// stands in a person's place. `None` for people outside any client.
    pub fn client_of(&self, id: &PersonId) -> Option<&ClientId> {
        match self.persons.get(id) {
            Some(person) => person.client.as_ref(),
            None => match self.who(&id.0) {
                Who::Role(client) => Some(client),
                _ => None,
            },
        }
    }

    /// The client that being in touch with somebody by one of their addresses belongs to: that of
    /// the time. Who left one client for another takes nothing along.
    pub fn client_then(&self, id: &PersonId, address: &AddrSpec) -> Option<&ClientId> {
        self.then.get(&identity(address)).or_else(|| self.client_of(id))
    }

    /// Whether being in touch with somebody belongs to several clients, by the address.
    pub fn has_moved(&self, id: &PersonId) -> bool {
        let person = self.persons.get(id);
        person.is_some_and(|one| one.addresses.iter().any(|a| self.then.contains_key(a)))
    }

    /// Whether the user, or a card of an address book, made the address one with another.
    pub fn is_joined(&self, address: &AddrSpec) -> bool {
        self.joined.contains(&identity(address))
    }

    /// My addresses, as configured and as joined by decision.
    pub fn me(&self) -> impl Iterator<Item = &AddrSpec> {
        self.me.iter()
    }

    /// Whether the address is one of mine.
    pub fn is_me(&self, address: &AddrSpec) -> bool {
        self.me.contains(&identity(address))
    }

    /// A hash of everything here that has a say in who was in touch with whom: stored with
    /// derived interactions, it tells whether they have to be derived anew. The same for the same
    /// roster in every run of every build; mutes, preferences and rhythms do not enter.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = Fields(Sha256::new());
        hash.number(RULES);
        hash.number(self.me.len());
        for address in &self.me {
            hash.text(address.as_str());
        }
        hash.number(self.domains.len());
        for (domain, owner) in &self.domains {
            hash.text(domain);
            hash.text(match owner {
                Owner::Robots => "robots",
                Owner::Colleagues => "colleagues",
                Owner::Client(ClientId(name)) => name,
            });
            hash.number(u8::from(matches!(owner, Owner::Client(_))));
        }
        hash.number(self.by_address.len());
        for (address, PersonId(person)) in self.by_address.iter().collect::<BTreeMap<_, _>>() {
            hash.text(address.as_str());
            hash.text(person.as_str());
        }
        // Names and clients decide whom a note in the calendar means.
        hash.number(self.spoken.len());
        for (words, id) in &self.spoken {
            hash.text(id.0.as_str());
            hash.text(&words.join(" "));
            hash.text(self.client_of(id).map_or("", |ClientId(name)| name));
        }
        hash.finish()
    }
}

/// A mailing list, or an address behind which everybody reads: several people nobody can name.
pub fn is_list(address: &AddrSpec) -> bool {
    let domain = address.domain();
    let label = domain.split('.').next().unwrap_or_default();
    let local = address.local();
    hosts::EVERYBODY.contains(&local)
        // What a list is run by (RFC 2142 §6) is as little a human as the list.
        || ["-list", "-request", "-owner"].iter().any(|end| local.ends_with(end))
        || local.starts_with("owner-")
        || (hosts::LIST_LABELS.contains(&label) && domain.matches('.').count() > 1)
        || with_parents(domain).any(|d| hosts::LISTS.contains(&d))
}

/// Whether nobody reads what is sent there: a robot, or whoever writes to many at once.
pub(super) fn writes_to_many(address: &AddrSpec) -> bool {
    is_robot(address.local()) || hosts::BULK.binary_search(&address.local()).is_ok()
}

/// Whether the address names a task instead of a human.
pub(super) fn is_role(address: &AddrSpec) -> bool {
    hosts::ROLES.binary_search(&address.local()).is_ok()
}

/// Hashes fields so that no two lists of fields run together to the same bytes.
struct Fields(Sha256);

impl Fields {
    fn number<N: TryInto<u64>>(&mut self, number: N) {
        self.0.update(number.try_into().unwrap_or(u64::MAX).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.update(text.as_bytes());
    }

    fn finish(self) -> u64 {
        self.0.finalize().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}
