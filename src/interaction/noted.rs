//! A talk noted by its title alone: "Call Anna Berg".
//!
//! Many people keep their calls this way, and without it half of their one-on-ones would be
//! missing. What a title means is only taken where it can mean one thing; the rest is a question
//! for the user, never a guess.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::meeting::interaction;
use super::{Channel, Interaction, NoTouch, Rule, Setting};
use crate::calendar::{Busy, Occurrence};
use crate::people::{Person, PersonId, Roster, Spoken};

/// The interactions of an occurrence nobody was asked to.
///
/// A name that fits several people counts as somebody present. One that fits nobody does not: in
/// a title it is far more often a topic or a company.
pub(super) fn noted(
    occurrence: &Occurrence,
    span: (Timestamp, Timestamp),
    roster: &Roster,
    zone: &TimeZone,
) -> Result<Vec<Interaction>, NoTouch> {
    let noted = occurrence.noted.as_ref().ok_or(NoTouch::NoGuests)?;
    if occurrence.busy == Busy::Tentative {
        return Err(NoTouch::Tentative);
    }
    let mut meant: BTreeMap<&PersonId, (&Person, Rule)> = BTreeMap::new();
    let mut unclear: Vec<PersonId> = Vec::new();
    let mut unnamed = 0;
    for name in &noted.names {
        match roster.spoken(name) {
            Spoken::Full(people) => {
                meant.extend(people.into_iter().map(|p| (&p.id, (p, Rule::NotedName))));
            }
            Spoken::First(person) => {
                meant.entry(&person.id).or_insert((person, Rule::NotedFirstName));
            }
            Spoken::Several(people) => {
                unclear.extend(people.into_iter().map(|person| person.id.clone()));
                unnamed += 1;
            }
            Spoken::Nobody => {}
        }
    }
    if meant.is_empty() && unclear.is_empty() {
        return Err(NoTouch::NameUnknown);
    }
    if meant.is_empty() {
        unclear.sort();
        unclear.dedup();
        return Err(NoTouch::NameUnclear(unclear));
    }
    let heads = meant.len() + unnamed;
    let channel = if noted.in_person { Channel::InPerson } else { Channel::Call };
    let meant = meant.into_values().map(|(person, rule)| Interaction {
        channel,
        setting: Setting::of(heads),
        participants: u32::try_from(heads).unwrap_or(u32::MAX),
        rule,
        ..interaction(occurrence, span, person.id.clone(), person.id.0.clone(), zone)
    });
    Ok(meant.collect())
}
