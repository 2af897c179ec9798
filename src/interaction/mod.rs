//! An envelope, an occurrence or a told call, seen through a roster: who was in touch with me, how.
//!
//! Pure: the same fact seen through the same roster gives the same interactions. Nothing here
//! asks whether something has ended; future occurrences become interactions too, and whoever
//! counts asks [`Interaction::happened`] or [`Interaction::booked`] first.
//!
//! Counting is [`tally()`] and nothing else: the `counts` of a listing and the figures of a verdict
//! come from one function, so that they cannot disagree. Weights by channel or length lost:
//! contact days are whole numbers that can be opened and checked by hand.

mod acquaint;
mod correct;
mod days;
mod mail;
mod meeting;
mod no_touch;
mod noted;
mod standing;
mod tally;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::call::{Call, How};
use crate::mail::AddrSpec;
use crate::people::{PersonId, Roster, Who, identity};

pub use acquaint::{Acquainting, YEAR};
pub use correct::{Change, Correction, Corrections};
pub use days::{absence_of, distinct, holiday_of, my_busy};
pub use mail::{Parties, from_envelope};
pub use meeting::from_occurrence;
pub use no_touch::NoTouch;
pub use standing::Standing;
pub use tally::{ContactDay, Counted, Tally, by_person, tally};

/// People behind an address that stands for several nobody can count: a mailing list, a group.
const LIST: usize = 5;

/// The way two people were in touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// In writing, by mail.
    Email,
    /// By voice or video.
    Call,
    /// In one place.
    InPerson,
    /// In writing, at once.
    Chat,
}

impl Channel {
    /// Its name in machine-readable output and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Call => "call",
            Self::InPerson => "in_person",
            Self::Chat => "chat",
        }
    }

    /// Reads [`Channel::as_str`] back; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Email, Self::Call, Self::InPerson, Self::Chat]
            .into_iter()
            .find(|known| known.as_str() == text)
    }
}

/// How many other people were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// One.
    OneOnOne,
    /// Two to four.
    SmallGroup,
    /// Five to nineteen.
    Group,
    /// Twenty and more: no touch at all, kept only to explain.
    Broadcast,
}

impl Setting {
    /// The setting of so many other people.
    pub fn of(others: usize) -> Self {
        match others {
            0..=1 => Self::OneOnOne,
            2..=4 => Self::SmallGroup,
            5..=19 => Self::Group,
            _ => Self::Broadcast,
        }
    }

    /// Its name in machine-readable output and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneOnOne => "one_on_one",
            Self::SmallGroup => "small_group",
            Self::Group => "group",
            Self::Broadcast => "broadcast",
        }
    }

    /// Reads [`Setting::as_str`] back; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::OneOnOne, Self::SmallGroup, Self::Group, Self::Broadcast]
            .into_iter()
            .find(|known| known.as_str() == text)
    }
}

/// Who began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// They wrote, called or invited.
    In,
    /// I did.
    Out,
    /// Nobody can tell.
    Mutual,
}

impl Direction {
    /// Its name in machine-readable output and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Mutual => "mutual",
        }
    }

    /// Reads [`Direction::as_str`] back; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::In, Self::Out, Self::Mutual].into_iter().find(|known| known.as_str() == text)
    }
}

/// What a contact day is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// E: in writing.
    Email,
    /// G: live, in company.
    Group,
    /// O: live, alone together. Only this winds the one-on-one clock.
    OneOnOne,
}

impl Category {
    /// Its name in machine-readable output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Group => "group",
            Self::OneOnOne => "one_on_one",
        }
    }
}

/// How it was decided that this is an interaction; shown by `why`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// I wrote it, they are in To.
    MailSent,
    /// They wrote it.
    MailReceived,
    /// The attendees of an event that took place.
    Attendees,
    /// The organiser of an event who is not listed as attending.
    Organizer,
    /// The title of an event without attendees names them in full.
    NotedName,
    /// The title of an event without attendees holds a first name that fits one person only.
    NotedFirstName,
    /// The user said so.
    Told,
    /// The user overruled what a rule had decided.
    Corrected,
}

impl Rule {
    /// Its name in machine-readable output and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MailSent => "mail_sent",
            Self::MailReceived => "mail_received",
            Self::Attendees => "attendees",
            Self::Organizer => "organizer",
            Self::NotedName => "noted_name",
            Self::NotedFirstName => "noted_first_name",
            Self::Told => "told",
            Self::Corrected => "corrected",
        }
    }

    /// Reads [`Rule::as_str`] back; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::MailSent,
            Self::MailReceived,
            Self::Attendees,
            Self::Organizer,
            Self::NotedName,
            Self::NotedFirstName,
            Self::Told,
            Self::Corrected,
        ]
        .into_iter()
        .find(|known| known.as_str() == text)
    }
}

/// The fact behind an interaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// A message: its Message-ID, else the hex of its key.
    Message(String),
    /// An occurrence.
    Occurrence {
        /// UID.
        uid: String,
        /// RECURRENCE-ID as an instant; `None` for an event that does not recur.
        recurrence_id: Option<Timestamp>,
    },
    /// A talk the user told of, by its start.
    Told(Timestamp),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(id) => f.write_str(id),
            Self::Occurrence { uid, recurrence_id: None } => f.write_str(uid),
            Self::Occurrence { uid, recurrence_id: Some(at) } => {
                write!(f, "{uid}#{}", at.strftime("%Y%m%dT%H%M%SZ"))
            }
            Self::Told(at) => write!(f, "told@{}", at.strftime("%Y%m%dT%H%M%SZ")),
        }
    }
}

/// One person and I were in touch, or are going to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// With whom.
    pub person: PersonId,
    /// By which of their addresses.
    pub address: AddrSpec,
    /// The way.
    pub channel: Channel,
    /// The company.
    pub setting: Setting,
    /// Who began.
    pub direction: Direction,
    /// When it began.
    pub at: Timestamp,
    /// When it ended; equal to `at` for a message. In the future: booked, not yet an interaction.
    pub end: Timestamp,
    /// The local day it counts for: that of `at` in the user's zone.
    pub day: Date,
    /// Other people present, that person included.
    pub participants: u32,
    /// Length; `None` for a message.
    pub minutes: Option<u32>,
    /// UID of the standing series it belongs to; `None` for anything else.
    pub series: Option<String>,
    /// When this could first be known: for a booked talk the day it was entered, for one the user
    /// told of when that was, else `at`.
    pub known: Timestamp,
    /// How it was decided.
    pub rule: Rule,
    /// The fact behind it.
    pub reference: Reference,
}

impl Interaction {
    /// What its day is counted as; `None` for a broadcast, which is no touch.
    pub fn category(&self) -> Option<Category> {
        category(self.channel, self.setting)
    }

    /// Whether it is over and known, and so an interaction at all.
    pub fn happened(&self, now: Timestamp) -> bool {
        self.end <= now && self.known <= now
    }

    /// Whether it is a talk alone that lies ahead and was already in the calendar: that makes a
    /// nudge needless. A group call ahead does not: it never winds the clock.
    pub fn booked(&self, now: Timestamp) -> bool {
        self.category() == Some(Category::OneOnOne) && self.known <= now && now < self.at
    }
}

/// What the day of an interaction is counted as; `None` for a broadcast, which is no touch.
pub fn category(channel: Channel, setting: Setting) -> Option<Category> {
    match (channel, setting) {
        (_, Setting::Broadcast) => None,
        (Channel::Email | Channel::Chat, _) => Some(Category::Email),
        (Channel::Call | Channel::InPerson, Setting::OneOnOne) => Some(Category::OneOnOne),
        (Channel::Call | Channel::InPerson, _) => Some(Category::Group),
    }
}

/// A talk the user told of; `None` when the address is nobody's to look after.
pub fn from_call(call: &Call, roster: &Roster, zone: &TimeZone) -> Option<Interaction> {
    let length = i64::from(call.minutes.unwrap_or(0)).saturating_mul(60);
    Some(Interaction {
        person: touched(&call.with, roster)?,
        address: call.with.clone(),
        channel: match call.how {
            How::Call => Channel::Call,
            How::Visit => Channel::InPerson,
        },
        setting: Setting::OneOnOne,
        direction: Direction::Mutual,
        at: call.start,
        end: Timestamp::from_second(call.start.as_second().saturating_add(length))
            .unwrap_or(call.start),
        day: call.start.to_zoned(zone.clone()).date(),
        participants: 1,
        minutes: call.minutes,
        series: None,
        known: call.told.max(call.start),
        rule: Rule::Told,
        reference: Reference::Told(call.start),
    })
}

/// Whom an address being in touch touches: the person, or the client's role address in a
/// person's place. `None` for everybody else.
fn touched(address: &AddrSpec, roster: &Roster) -> Option<PersonId> {
    touched_by(address, roster.who(address))
}

/// The same, when it is known who that is.
fn touched_by(address: &AddrSpec, who: Who<'_>) -> Option<PersonId> {
    match who {
        Who::Person(person) => Some(person.id.clone()),
        Who::Role(_) => Some(PersonId(identity(address))),
        Who::Me | Who::Colleague | Who::Machine | Who::Stranger => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for name in ["email", "call", "in_person", "chat"] {
            assert_eq!(Channel::parse(name).unwrap().as_str(), name);
        }
        for name in ["one_on_one", "small_group", "group", "broadcast"] {
            assert_eq!(Setting::parse(name).unwrap().as_str(), name);
        }
        for name in ["in", "out", "mutual"] {
            assert_eq!(Direction::parse(name).unwrap().as_str(), name);
        }
        let rules = "mail_sent mail_received attendees organizer noted_name noted_first_name told corrected";
        for name in rules.split(' ') {
            assert_eq!(Rule::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(Rule::parse("guessed"), None);
    }

    #[test]
    fn references_name_the_fact() {
        let at = Timestamp::from_second(1_718_000_000).unwrap();
        let occurrence = |recurrence_id| Reference::Occurrence { uid: "u@x".into(), recurrence_id };
        assert_eq!(occurrence(None).to_string(), "u@x");
        assert_eq!(occurrence(Some(at)).to_string(), "u@x#20240610T061320Z");
        assert_eq!(Reference::Message("m@x".into()).to_string(), "m@x");
        assert_eq!(Reference::Told(at).to_string(), "told@20240610T061320Z");
    }
}
