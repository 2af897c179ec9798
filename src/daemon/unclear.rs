//! Talks the calendar notes by a name that fits several people: questions for the user.
//!
//! Only names and days leave here, never a title. Occurrences that note the same names are one
//! question: "which Anna" has one answer, not one a week.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::ledger::roles;
use super::plan::Plan;
use crate::calendar::{Occurrence, Span};
use crate::interaction::{Corrections, NoTouch, Reference, distinct, from_occurrence};
use crate::people::{PersonId, Roster};
use crate::settings::Role;
use crate::store::{self, Store};

/// Older ones change no verdict.
const BACK: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A noted talk, or several of the same names, that may have been with each of some people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    /// The items, oldest first.
    pub items: Vec<Reference>,
    /// The day of the last one.
    pub day: Date,
    /// The names as noted, not yet safe to show.
    pub names: Vec<String>,
    /// Whom they fit.
    pub fits: Vec<PersonId>,
}

/// Those of the last 90 days that the user has not settled, the latest first.
pub fn unclear(
    store: &Store,
    plan: &Plan,
    roster: &Roster,
    now: Timestamp,
) -> Result<Vec<Unclear>, store::Error> {
    let roles = roles(store, plan)?;
    let corrections = Corrections::new(&store.corrections()?);
    let mut noted: Vec<Occurrence> = Vec::new();
    store.for_each_occurrence(|source, occurrence| {
        let recent = matches!(occurrence.span, Span::Timed { end, .. }
            if end <= now && now.duration_since(end) <= BACK);
        if roles.get(&source) == Some(&Role::Work) && recent && occurrence.noted.is_some() {
            noted.push(occurrence.clone());
        }
    })?;
    let mut found: BTreeMap<(Vec<String>, Vec<PersonId>), Unclear> = BTreeMap::new();
    for one in distinct(&noted) {
        let Err(NoTouch::NameUnclear(fits)) = from_occurrence(one, roster, &plan.zone) else {
            continue;
        };
        let item = Reference::Occurrence { uid: one.uid.clone(), recurrence_id: one.recurrence_id };
        let (Some(noted), Span::Timed { start, .. }) = (&one.noted, one.span) else { continue };
        if corrections.of(&item).is_some() {
            continue;
        }
        let day = start.to_zoned(plan.zone.clone()).date();
        let names = noted.names.clone();
        let unclear = found.entry((names.clone(), fits.clone())).or_insert_with(|| Unclear {
            items: Vec::new(),
            day,
            names,
            fits,
        });
        unclear.day = unclear.day.max(day);
        unclear.items.push(item);
    }
    let mut found: Vec<Unclear> = found.into_values().collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.day));
    Ok(found)
}
