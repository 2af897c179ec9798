//! Assessments that hold as long as they rest on the same: of half a thousand people hardly one has
//! news when there is a new message.
//!
//! What an assessment rests on stands beside it and is compared, but for the days before the cut:
//! whoever changes those has to [`Judged::forget`]. A note of what became invalid, and when, would
//! have to be right in every place that changes anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::people::{ClientId, PersonId};
use crate::reliance::{self, Backdrop, Booked, ContactDay, Portfolio, Prior, Reliance, Wish};

/// What is known of somebody at a moment.
pub(super) struct Seen<'a> {
    /// Days of contact before the cut.
    pub(super) before: &'a [ContactDay],
    /// Days of contact from then on.
    pub(super) since_cut: Vec<ContactDay>,
    /// One-on-ones ahead.
    pub(super) booked: Vec<Booked>,
}

impl Seen<'_> {
    /// All days of contact from a day on.
    pub(super) fn days(&self, since: Date) -> Vec<ContactDay> {
        let first = self.before.partition_point(|contact| contact.day < since);
        let before = self.before.get(first..).unwrap_or_default();
        before.iter().chain(&self.since_cut).copied().collect()
    }
}

/// The assessments of one ledger.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// The day, how much had been said by then, and the days that were closed because the user must
    /// have been away.
    at: Option<(Date, usize, BTreeSet<Date>)>,
    /// The prior and the share of talks that leave a trace: with the above, all of a backdrop that
    /// changes while a ledger lives.
    on: Option<(Prior, f64)>,
    /// What everybody's gaps teach, with those days closed.
    taught: Option<Arc<Portfolio>>,
    pub(super) people: Judged<PersonId>,
    pub(super) clients: Judged<ClientId>,
}

impl Memo {
    /// Forgets everything that holds at another time.
    pub(super) fn come_to(&mut self, day: Date, said: usize, away: BTreeSet<Date>) {
        let at = Some((day, said, away));
        if self.at != at {
            *self = Self { at, ..Self::default() };
        }
    }

    /// Whether days are closed because the user must have been away.
    pub(super) fn is_away(&self) -> bool {
        self.at.as_ref().is_some_and(|(_, _, away)| !away.is_empty())
    }

    /// What everybody's gaps teach, known or found out now.
    pub(super) fn taught(&mut self, learn: impl FnOnce() -> Portfolio) -> Arc<Portfolio> {
        Arc::clone(self.taught.get_or_insert_with(|| Arc::new(learn())))
    }

    /// Forgets the assessments that rest on another backdrop.
    pub(super) fn rest_on(&mut self, backdrop: &Backdrop<'_>) {
        let on = Some((backdrop.prior, backdrop.traced));
        if self.on != on {
            self.on = on;
            (self.people, self.clients) = Default::default();
        }
    }
}

/// Assessments by whose they are.
#[derive(Debug)]
pub(super) struct Judged<K>(BTreeMap<K, One>);

impl<K> Default for Judged<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// An assessment, and what it was made of besides the days before the cut.
#[derive(Debug)]
struct One {
    wish: Wish,
    since_cut: Vec<ContactDay>,
    booked: Vec<Booked>,
    reliance: Reliance,
    days: Arc<[ContactDay]>,
}

impl<K: Ord + Clone> Judged<K> {
    /// What is known, or is found out now; with all days of contact.
    pub(super) fn assess(
        &mut self,
        whose: &K,
        seen: Seen<'_>,
        wish: Wish,
        backdrop: &Backdrop<'_>,
        day: Date,
    ) -> Option<(Reliance, Arc<[ContactDay]>)> {
        if let Some(known) = self.0.get(whose)
            && (known.wish, &known.since_cut) == (wish, &seen.since_cut)
            && known.booked == seen.booked
        {
            return Some((known.reliance.clone(), Arc::clone(&known.days)));
        }
        let days: Arc<[ContactDay]> = seen.days(Date::MIN).into();
        let Seen { since_cut, booked, .. } = seen;
        let reliance = reliance::assess(&days, wish, backdrop, &booked, day)?;
        let found = (reliance.clone(), Arc::clone(&days));
        self.0.insert(whose.clone(), One { wish, since_cut, booked, reliance, days });
        Some(found)
    }

    /// Forgets those whose days before the cut may have changed.
    pub(super) fn forget(&mut self, whose: impl Fn(&K) -> bool) {
        self.0.retain(|known, _| !whose(known));
    }
}
