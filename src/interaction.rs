//! An envelope, an occurrence or a told call, seen through a roster: who was in touch with me, how.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::mail::AddrSpec;
use crate::people::PersonId;

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
    /// When this could first be known: for a booked talk the day it was entered, else `at`.
    pub known: Timestamp,
    /// How it was decided.
    pub rule: Rule,
    /// The fact behind it.
    pub reference: Reference,
}

impl Interaction {
    /// What its day is counted as; `None` for a broadcast, which is no touch.
    pub fn category(&self) -> Option<Category> {
        match (self.channel, self.setting) {
            (_, Setting::Broadcast) => None,
            (Channel::Email | Channel::Chat, _) => Some(Category::Email),
            (Channel::Call | Channel::InPerson, Setting::OneOnOne) => Some(Category::OneOnOne),
            (Channel::Call | Channel::InPerson, _) => Some(Category::Group),
        }
    }
}
