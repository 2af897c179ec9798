//! What is known today and was not known then, taken out again for a moment of the past.
//!
//! Four things are learned late: a talk the user tells of, a correction, a wish, and that a talk
//! which went on for weeks took place. They are few. So contact days hold everything as it is known
//! today, and only for the people those few concern is everything counted anew as of a moment.
//! Keeping the days of each day lost: whatever changes anything would have to rewrite them all.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::count::clients_of;
use super::derive::{judged, works};
use super::plan::Plan;
use crate::interaction::{Correction, Corrections, Interaction, Parties, Reference};
use crate::people::{Known, PersonId, Roster, Rules};
use crate::store::{self, Filter, SourceId, Store};

/// What was learned after the first moment of a span.
#[derive(Debug, Default)]
pub(super) struct Hindsight {
    /// The interactions of facts that were overruled in the span, each list from a moment on.
    versions: Vec<(Timestamp, Vec<Interaction>)>,
    /// All others of everybody concerned.
    rest: BTreeMap<PersonId, Vec<Interaction>>,
    /// When something was said, in order.
    said: Vec<Timestamp>,
    wishes: Wishes,
}

/// What was wanted, and when that changed.
#[derive(Debug, Default)]
struct Wishes {
    /// In order; none where the roster of today holds for all of the span.
    turns: Vec<Timestamp>,
    rules: Rules,
    known: Known,
    /// By how many turns were over.
    built: RefCell<BTreeMap<usize, Arc<Roster>>>,
}

impl Hindsight {
    /// Reads what was learned between two moments. What was said after the second was said while
    /// the clock was wrong, and is taken as known all along.
    pub(super) fn load(
        store: &Store,
        plan: &Plan,
        roster: &Roster,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Self, store::Error> {
        let wishes = Wishes::load(store, plan, (from, until))?;
        let corrections = store.corrections()?;
        let late = corrections.iter().filter(|one| from < one.at && one.at <= until);
        let (mut moments, items): (Vec<Timestamp>, BTreeSet<Reference>) =
            late.map(|one| (one.at, one.item.clone())).unzip();
        moments.sort_unstable();
        moments.dedup();
        let mut concerned = store.unsettled(from)?;
        if concerned.is_empty() && items.is_empty() {
            return Ok(Self { wishes, ..Self::default() });
        }
        let works = works(store, plan)?;
        let mut versions = Vec::new();
        for moment in std::iter::once(Timestamp::MIN).chain(moments.iter().copied()) {
            let by_then = |one: &&Correction| one.at <= moment.max(from) || one.at > until;
            let said: Vec<_> = corrections.iter().filter(by_then).cloned().collect();
            versions.push((moment, seen_so(store, roster, (&works, &plan.zone), &items, &said)?));
        }
        concerned.extend(versions.iter().flat_map(|(_, all)| all).map(|one| one.person.clone()));
        // A client's days are counted from the talks of all of its people.
        let clients: BTreeSet<_> =
            concerned.iter().flat_map(|person| clients_of(roster, person)).collect();
        let everybody = store.in_contact()?.into_iter();
        concerned.extend(
            everybody.filter(|one| {
                clients_of(roster, one).iter().any(|client| clients.contains(client))
            }),
        );
        let overruled = |one: &Interaction| {
            items.iter().any(|item| match (item, &one.reference) {
                (Reference::Occurrence { uid, .. }, Reference::Occurrence { uid: of, .. }) => {
                    uid == of
                }
                (item, reference) => item == reference,
            })
        };
        let mut rest: BTreeMap<PersonId, Vec<Interaction>> =
            concerned.iter().map(|person| (person.clone(), Vec::new())).collect();
        let mut said = moments;
        let theirs = Filter { persons: Some(concerned), ..Filter::default() };
        store.interactions(&theirs, |one, _| {
            if !overruled(&one) {
                if matches!(one.reference, Reference::Told(_)) {
                    said.push(one.known);
                }
                rest.entry(one.person.clone()).or_default().push(one);
            }
        })?;
        said.sort_unstable();
        Ok(Self { versions, rest, said, wishes })
    }

    /// Whether anybody's days were others than they are known to be now.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Those whose days were.
    pub(super) fn concerned(&self) -> impl Iterator<Item = &PersonId> {
        self.rest.keys()
    }

    /// How many things had been said by a moment: what is known changes with it.
    pub(super) fn said_by(&self, moment: Timestamp) -> usize {
        self.said.partition_point(|at| *at <= moment)
    }

    /// Everything of one person as it was seen at a moment, what was not known then included;
    /// `None` of those who are not concerned.
    pub(super) fn of(&self, person: &PersonId, moment: Timestamp) -> Option<Vec<Interaction>> {
        let rest = self.rest.get(person)?;
        let [_, then] = self.overruled(moment);
        let theirs = then.iter().filter(|one| one.person == *person);
        Some(rest.iter().chain(theirs).cloned().collect())
    }

    /// The same of everybody concerned.
    pub(super) fn everybody(&self, moment: Timestamp) -> BTreeMap<&PersonId, Vec<Interaction>> {
        let of = |person| Some((person, self.of(person, moment)?));
        self.rest.keys().filter_map(of).collect()
    }

    /// The interactions of facts that were overruled, as they are seen today, and at a moment.
    pub(super) fn overruled(&self, moment: Timestamp) -> [&[Interaction]; 2] {
        let last = self.versions.last();
        let then = self.versions.iter().rfind(|(from, _)| *from <= moment);
        [last, then].map(|version| version.map_or(&[][..], |(_, all)| all.as_slice()))
    }

    /// The roster with the wishes of a moment; `None`: that of today.
    pub(super) fn roster(&self, moment: Timestamp, today: Date) -> Option<Arc<Roster>> {
        let Wishes { turns, rules, known, built } = &self.wishes;
        let over = turns.partition_point(|turn| *turn <= moment);
        if over == turns.len() {
            return None;
        }
        let built = &mut *built.borrow_mut();
        let build = || Arc::new(Roster::build(rules, &known.wanted_by(moment), today));
        Some(Arc::clone(built.entry(over).or_insert_with(build)))
    }
}

impl Wishes {
    fn load(
        store: &Store,
        plan: &Plan,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Self, store::Error> {
        let mut known = Known {
            decisions: store.decisions()?,
            clients: store.client_decisions()?,
            ..Known::default()
        };
        let (said, pauses) = known.wished();
        let ends = pauses.iter().filter_map(|day| {
            let next = day.checked_add(1.day()).ok()?;
            Some(next.to_zoned(plan.zone.clone()).ok()?.timestamp())
        });
        let inside = |turn: &Timestamp| from < *turn && *turn <= until;
        let mut turns: Vec<_> = said.into_iter().chain(ends).filter(inside).collect();
        if turns.is_empty() {
            return Ok(Self::default());
        }
        turns.sort_unstable();
        known = store.known()?;
        // What a wrong clock dated later than now holds now.
        for said in &mut known.decisions {
            said.at = if said.at > until { from } else { said.at };
        }
        for said in &mut known.clients {
            said.at = if said.at > until { from } else { said.at };
        }
        Ok(Self { turns, rules: plan.rules.clone(), known, built: RefCell::default() })
    }
}

/// The interactions of some facts, seen with these corrections.
fn seen_so(
    store: &Store,
    roster: &Roster,
    (works, zone): (&BTreeSet<SourceId>, &TimeZone),
    items: &BTreeSet<Reference>,
    said: &[Correction],
) -> Result<Vec<Interaction>, store::Error> {
    let corrections = Corrections::new(said);
    let mut parties = Parties::new(roster);
    let mut made = Vec::new();
    store.facts_behind(items, |fact| {
        judged(fact, &corrections, &mut parties, works, zone, &mut made);
    })?;
    Ok(made)
}
