//! How everybody stands at one moment, as whoever shows it or decides by it takes it.

use std::sync::Arc;

use jiff::Zoned;
use jiff::civil::Date;

use crate::nudge;
use crate::people::{Client, Person};
use crate::reliance::{ContactDay, OpenDays, Reliance, Verdict, Wish, words::explain};

/// How one person stands.
#[derive(Clone, Debug)]
pub struct Somebody {
    /// Who.
    pub person: Person,
    /// How.
    pub reliance: Reliance,
    /// What is wanted.
    pub wish: Wish,
    /// Their contact days.
    pub days: Arc<[ContactDay]>,
}

/// How one client stands, over all its people.
#[derive(Clone, Debug)]
pub struct House {
    /// Which.
    pub client: Client,
    /// How.
    pub reliance: Reliance,
    /// What is wanted.
    pub wish: Wish,
    /// Its contact days.
    pub days: Arc<[ContactDay]>,
}

/// How everybody stands at one moment.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The moment.
    pub as_of: Zoned,
    /// The user's open days as they were known then.
    pub open: OpenDays,
    /// Tracked people with any contact, the most pressing first.
    pub people: Vec<Somebody>,
    /// Their clients, the most pressing first.
    pub clients: Vec<House>,
}

impl Overview {
    /// As the nudge policy takes it.
    pub fn standing(&self) -> nudge::Standing {
        let person = |one: &Somebody| nudge::Subject {
            person: one.person.clone(),
            reliance: one.reliance.clone(),
        };
        let client = |one: &House| nudge::ClientSubject {
            client: one.client.clone(),
            reliance: one.reliance.clone(),
        };
        nudge::Standing {
            people: self.people.iter().map(person).collect(),
            clients: self.clients.iter().map(client).collect(),
        }
    }

    /// The local day.
    pub fn today(&self) -> Date {
        self.as_of.date()
    }
}

impl Somebody {
    /// How they stand, in a sentence of plain figures.
    pub fn why(&self) -> String {
        explain(&self.reliance, &self.person.name, self.wish)
    }
}

impl House {
    /// How it stands, in a sentence of plain figures.
    pub fn why(&self) -> String {
        explain(&self.reliance, &self.client.id.0, self.wish)
    }
}

/// Sorts what calls for a talk first, the longest silence for its limit foremost; then what is
/// quiet or too new, then what is well kept.
pub(super) fn pressing(reliance: &Reliance) -> f64 {
    let class = match reliance.verdict {
        Verdict::EmailOnly | Verdict::GroupOnly | Verdict::EmailGroup | Verdict::Drifting => {
            if reliance.due {
                0.0
            } else {
                1.0
            }
        }
        Verdict::Silent => 2.0,
        Verdict::NotEnoughData => 3.0,
        Verdict::Healthy => 4.0,
    };
    let over = (f64::from(reliance.silence) / reliance.limit.max(1.0)).min(99.0);
    class * 100.0 - over
}
