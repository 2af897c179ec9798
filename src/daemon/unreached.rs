//! Who cannot be written to any more: mail that did not arrive, held against signs of life.
//!
//! Only the addresses that mail did not reach are looked after, which are few; what it takes of a
//! person to be gone is the judgement's to say ([`is_gone`]).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::interaction::{Channel, Direction};
use crate::mail::AddrSpec;
use crate::people::{Failure, Person, Roster, Who, is_gone};
use crate::store::{self, Filter, Store};

/// Mail that did not arrive, and the signs of life of those addresses: what came from them, and
/// talks.
#[derive(Debug)]
pub(super) struct Unreached {
    failures: Vec<Failure>,
    /// Beginning and end of each.
    alive: BTreeMap<AddrSpec, Vec<(Timestamp, Timestamp)>>,
}

impl Unreached {
    pub(super) fn load(store: &Store, roster: &Roster) -> Result<Self, store::Error> {
        let failures = store.failures()?;
        let mut alive: BTreeMap<AddrSpec, Vec<_>> = BTreeMap::new();
        let persons = failures.iter().filter_map(|failure| match roster.who(&failure.address) {
            Who::Person(person) => Some(person.id.clone()),
            _ => None,
        });
        let persons: BTreeSet<_> = persons.collect();
        if !persons.is_empty() {
            let theirs = Filter { persons: Some(persons), ..Filter::default() };
            store.interactions(&theirs, |one, _| {
                if one.channel != Channel::Email || one.direction != Direction::Out {
                    alive.entry(one.address).or_default().push((one.at, one.end));
                }
            })?;
        }
        Ok(Self { failures, alive })
    }

    /// Whether a person cannot be written to any more, as of a moment.
    pub(super) fn is_gone(&self, person: &Person, as_of: Timestamp) -> bool {
        let sign_of_life = |address: &AddrSpec| {
            let signs = self.alive.get(address).map_or(&[][..], Vec::as_slice);
            signs.iter().filter(|(_, end)| *end <= as_of).map(|(at, _)| *at).max()
        };
        let retired = &person.details.retired;
        is_gone(&person.addresses, retired, &self.failures, sign_of_life, as_of)
    }
}
