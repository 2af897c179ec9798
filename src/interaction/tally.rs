//! Interactions to contact days: the one place where anything is counted.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Category, Interaction, Reference};
use crate::people::PersonId;

/// One local day of one person or client: which categories it was a contact day for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactDay {
    /// The day.
    pub day: Date,
    /// E.
    pub email: bool,
    /// G.
    pub group: bool,
    /// O.
    pub one_on_one: bool,
}

/// An interaction, and whether it makes its day a contact day or finds it made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted<'a> {
    /// The interaction.
    pub interaction: &'a Interaction,
    /// The first of its day and category. Never true for a broadcast, nor for a standing group
    /// call that was already counted in its week, nor for another copy of a meeting.
    pub counts: bool,
}

/// The interactions of one person, or of one client, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally<'a> {
    /// In time order.
    pub counted: Vec<Counted<'a>>,
    /// The contact days, each once, in order.
    pub days: Vec<ContactDay>,
}

/// Counts the interactions of one entity: those of one person, or those of all people of one
/// client together. Only what has [happened](Interaction::happened) belongs here.
///
/// At most one contact day a local day and category. Two calendars may hold one meeting under two
/// UIDs: who met at the same time for as long in the same company met once. A standing group call counts once a series
/// and ISO week, so that a daily stand-up cannot drown everything else; standing one-on-ones
/// count each time. Neither the order nor a repetition of the input changes the days.
pub fn tally<'a>(interactions: impl IntoIterator<Item = &'a Interaction>) -> Tally<'a> {
    let mut all: Vec<&Interaction> = interactions.into_iter().collect();
    all.sort_by(|a, b| {
        (a.at, &a.reference, &a.person, a.setting, a.channel).cmp(&(
            b.at,
            &b.reference,
            &b.person,
            b.setting,
            b.channel,
        ))
    });
    let mut days: BTreeMap<Date, ContactDay> = BTreeMap::new();
    // Series and the Monday of its week to the day it counted on: the people in one call share it.
    let mut weeks: BTreeMap<(&str, Date), Date> = BTreeMap::new();
    let mut counted: Vec<Counted<'_>> = Vec::with_capacity(all.len());
    for interaction in all {
        let mut before =
            counted.iter().rev().take_while(|one| one.interaction.at == interaction.at);
        let copy = before.any(|one| is_copy(one.interaction, interaction));
        let counts = !copy
            && interaction.category().is_some_and(|category| {
                if category == Category::Group
                    && let Some(series) = &interaction.series
                    && *weeks.entry((series, monday(interaction.day))).or_insert(interaction.day)
                        != interaction.day
                {
                    return false;
                }
                let day = days.entry(interaction.day).or_insert(ContactDay {
                    day: interaction.day,
                    email: false,
                    group: false,
                    one_on_one: false,
                });
                let made = match category {
                    Category::Email => &mut day.email,
                    Category::Group => &mut day.group,
                    Category::OneOnOne => &mut day.one_on_one,
                };
                !std::mem::replace(made, true)
            });
        counted.push(Counted { interaction, counts });
    }
    Tally { counted, days: days.into_values().collect() }
}

/// Whether two interactions are one meeting, held twice.
fn is_copy(a: &Interaction, b: &Interaction) -> bool {
    (&a.person, a.at, a.end, a.category(), a.participants)
        == (&b.person, b.at, b.end, b.category(), b.participants)
        && uid(a).zip(uid(b)).is_some_and(|(a, b)| a != b)
}

fn uid(one: &Interaction) -> Option<&str> {
    match &one.reference {
        Reference::Occurrence { uid, .. } => Some(uid),
        Reference::Message(_) | Reference::Told(_) => None,
    }
}

/// Counts a mixture of people, each for themselves.
pub fn by_person<'a>(
    interactions: impl IntoIterator<Item = &'a Interaction>,
) -> BTreeMap<&'a PersonId, Tally<'a>> {
    let mut people: BTreeMap<&PersonId, Vec<&Interaction>> = BTreeMap::new();
    for interaction in interactions {
        people.entry(&interaction.person).or_default().push(interaction);
    }
    people.into_iter().map(|(person, all)| (person, tally(all))).collect()
}

/// The first day of the ISO week.
fn monday(day: Date) -> Date {
    let back = i64::from(day.weekday().to_monday_zero_offset());
    day.checked_sub(jiff::Span::new().days(back)).unwrap_or(day)
}
