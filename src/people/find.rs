//! What WHO on a command line means.
//!
//! Three passes, each only when the one before found nothing: exactly that, words that begin so,
//! anything that contains it. A score over all three lost: the user could not tell why one name
//! came out alone and another with five candidates.

use super::domain::identity;
use super::name::{fold, name_words, words};
use super::{Client, Person, Roster, Who};
use crate::mail::AddrSpec;

/// A person or a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit<'a> {
    /// A person.
    Person(&'a Person),
    /// A client.
    Client(&'a Client),
}

/// What a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// This one only.
    One(Hit<'a>),
    /// Any of these, people first, by name.
    Many(Vec<Hit<'a>>),
    /// Nobody.
    None,
}

impl Roster {
    /// Whom a name, part of a name, an address, a domain or a client's name means; case and
    /// accents do not matter.
    ///
    /// Where people nobody tracks match beside tracked ones, they are left out: having once been
    /// in a Cc should not make an everyday name ambiguous.
    pub fn find(&self, text: &str) -> Found<'_> {
        let text = text.trim();
        if let Some(address) = AddrSpec::parse(text) {
            if let Who::Person(person) = self.who(&identity(&address)) {
                return Found::One(Hit::Person(person));
            }
            return Found::None;
        }
        let wanted = words(text);
        let whole = fold(text);
        if whole.is_empty() {
            return Found::None;
        }
        let exactly = |hit: &Hit<'_>| match hit {
            Hit::Person(p) => {
                fold(&p.name) == whole || (!wanted.is_empty() && name_words(&p.name) == wanted)
            }
            Hit::Client(c) => fold(&c.id.0) == whole || c.domains.contains(&whole),
        };
        let begins = |hit: &Hit<'_>| {
            let have = match hit {
                Hit::Person(p) => words(&p.name),
                Hit::Client(c) => words(&c.id.0),
            };
            !wanted.is_empty() && wanted.iter().all(|w| have.iter().any(|h| h.starts_with(w)))
        };
        let contains = |hit: &Hit<'_>| match hit {
            Hit::Person(p) => {
                fold(&p.name).contains(&whole)
                    || p.addresses.iter().any(|a| a.as_str().contains(&whole))
            }
            Hit::Client(c) => {
                fold(&c.id.0).contains(&whole) || c.domains.iter().any(|d| d.contains(&whole))
            }
        };
        for pass in [&exactly as &dyn Fn(&Hit<'_>) -> bool, &begins, &contains] {
            let hits: Vec<_> = self.hits().filter(|hit| pass(hit)).collect();
            if !hits.is_empty() {
                return narrowed(hits);
            }
        }
        Found::None
    }

    fn hits(&self) -> impl Iterator<Item = Hit<'_>> {
        self.persons().map(Hit::Person).chain(self.clients().map(Hit::Client))
    }
}

fn narrowed(mut hits: Vec<Hit<'_>>) -> Found<'_> {
    let known = |hit: &Hit<'_>| match hit {
        Hit::Person(p) => p.tracked,
        Hit::Client(_) => true,
    };
    if hits.iter().any(known) {
        hits.retain(known);
    }
    hits.sort_by_key(|hit| match hit {
        Hit::Person(p) => (0, fold(&p.name), p.id.0.to_string()),
        Hit::Client(c) => (1, fold(&c.id.0), String::new()),
    });
    match hits.as_slice() {
        [one] => Found::One(*one),
        _ => Found::Many(hits),
    }
}
