//! Interactions to contact days, for those people alone whose interactions changed.
//!
//! What comes of it is kept in the store ([`Contact`]), so that neither `status` nor the next new
//! message counts ten years again. A client's days are not the union of its people's: a standing
//! call counts once a week, whoever of them was in it. So a client is counted from the talks of all
//! of its people, together with those of the one that changed.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::derive::number;
use crate::interaction::{Category, ContactDay, Interaction, tally};
use crate::people::{ClientId, Person, PersonId, Roster};
use crate::reliance::union;
use crate::store::{self, Contact, Filter, Store};

/// Who is counted for which client, as a number.
pub(super) fn basis(roster: &Roster) -> u64 {
    let clients = |person: &Person| -> Vec<_> {
        let then = |address| roster.client_then(&person.id, address);
        person.addresses.iter().map(then).collect()
    };
    let counted: Vec<_> = roster.persons().map(|person| (&person.id, clients(person))).collect();
    number(&format!("{counted:?} {}", roster.fingerprint()))
}

/// The days that are not as the store has them: of people whose interactions changed, and of their
/// clients, or of every client where the basis is another.
pub(super) fn renewed(store: &Store, roster: &Roster, basis: u64) -> Result<Contact, store::Error> {
    let stale = store.stale()?;
    let same = store.contact_basis()? == Some(basis);
    let mut contact = Contact::default();
    if stale.is_empty() && same {
        return Ok(contact);
    }
    let mut clients: BTreeMap<&ClientId, Vec<&PersonId>> = BTreeMap::new();
    let everybody = store.in_contact()?;
    for person in &everybody {
        for client in clients_of(roster, person) {
            clients.entry(client).or_default().push(person);
        }
    }
    clients.retain(|_, members| !same || members.iter().any(|one| stale.contains(one)));
    for (client, members) in clients {
        let mut together = Days::default();
        for person in members {
            let days = if roster.has_moved(person) {
                Days::at(store, roster, person, client)?
            } else {
                let days = Days::of(store, person)?;
                if stale.contains(person) {
                    contact.people.insert(person.clone(), days.counted());
                }
                days
            };
            together.add(days);
        }
        contact.clients.insert(client.clone(), together.counted());
    }
    for person in stale {
        if let Entry::Vacant(uncounted) = contact.people.entry(person) {
            let days = Days::of(store, uncounted.key())?.counted();
            uncounted.insert(days);
        }
    }
    Ok(contact)
}

/// The same where nothing came but letters, and nothing went: their days are added to those there
/// are, and neither an old letter nor a talk is looked at. `None` where it takes more than that.
pub(super) fn added(
    store: &Store,
    roster: &Roster,
    basis: u64,
    letters: &[(PersonId, Date)],
) -> Result<Option<Contact>, store::Error> {
    let stale = store.stale()?;
    let moved = stale.iter().any(|person| roster.has_moved(person));
    if moved || store.contact_basis()? != Some(basis) {
        return Ok(None);
    }
    let clients = stale.iter().filter_map(|person| roster.client_of(person).cloned()).collect();
    let mut contact = store.contact_of(&stale, &clients)?;
    let mut new: BTreeMap<&PersonId, BTreeSet<Date>> = BTreeMap::new();
    for (person, day) in letters {
        new.entry(person).or_default().insert(*day);
    }
    for person in stale {
        let days = new.remove(&person).unwrap_or_default().into_iter();
        let email = |day| ContactDay { day, email: true, group: false, one_on_one: false };
        let letters: Vec<ContactDay> = days.map(email).collect();
        let add = |days: &mut Vec<ContactDay>| *days = union([days.as_slice(), &letters]);
        if let Some(client) = roster.client_of(&person) {
            add(contact.clients.entry(client.clone()).or_default());
        }
        add(contact.people.entry(person).or_default());
    }
    Ok(Some(contact))
}

/// The clients somebody was in touch with the user for.
pub(super) fn clients_of<'a>(roster: &'a Roster, person: &PersonId) -> BTreeSet<&'a ClientId> {
    let addresses = roster.person(person).filter(|_| roster.has_moved(person));
    let then = addresses.into_iter().flat_map(|one| &one.addresses);
    then.filter_map(|address| roster.client_then(person, address))
        .chain(roster.client_of(person))
        .collect()
}

/// What days are counted from. Letters make their day a contact day whatever else there is; talks
/// have to be seen together.
#[derive(Default)]
struct Days {
    letters: Vec<ContactDay>,
    talks: Vec<Interaction>,
}

impl Days {
    fn of(store: &Store, person: &PersonId) -> Result<Self, store::Error> {
        let persons = Some([person.clone()].into());
        Ok(Self {
            letters: store.letter_days(person)?,
            talks: store.talks(&Filter { persons, ..Filter::default() })?,
        })
    }

    /// Of somebody who has moved, what was with one client: by the addresses, which takes all there
    /// is to know of each interaction.
    fn at(
        store: &Store,
        roster: &Roster,
        person: &PersonId,
        client: &ClientId,
    ) -> Result<Self, store::Error> {
        let mut days = Self::default();
        let persons = Some([person.clone()].into());
        store.interactions(&Filter { persons, ..Filter::default() }, |one, _| {
            if roster.client_then(person, &one.address) == Some(client) {
                match one.category() {
                    Some(Category::Email) => days.letters.push(ContactDay {
                        day: one.day,
                        email: true,
                        group: false,
                        one_on_one: false,
                    }),
                    _ => days.talks.push(one),
                }
            }
        })?;
        Ok(days)
    }

    fn add(&mut self, more: Self) {
        self.letters = union([self.letters.as_slice(), &more.letters]);
        self.talks.extend(more.talks);
    }

    fn counted(&self) -> Vec<ContactDay> {
        union([self.letters.as_slice(), &tally(&self.talks).days])
    }
}
