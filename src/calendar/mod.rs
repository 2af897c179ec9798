//! Calendars in the words of RFC 5545: what took place when, who was asked and how they answered.
//!
//! [`read::read`] turns ICS bytes into [`event::Event`]s, [`expand::expand`] turns the events of one
//! resource into [`Occurrence`]s inside a window; a large feed goes through [`outline::Outline`],
//! one UID at a time. Title, place and description are looked at
//! while reading (for a conference link, a telephone number, a name) and dropped: no type here
//! can hold them. Nothing here has an opinion about who attended; that is
//! [`crate::interaction`].

mod attendee;
mod clock;
mod compose;
pub mod event;
pub mod expand;
mod lines;
mod noted;
pub mod outline;
pub mod read;
mod rule;
mod series;
mod venue;
pub mod zone;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::mail::Mailbox;

/// The domain of the addresses that attendees without one are given.
pub const UNADDRESSED: &str = "unaddressed.invalid";

/// PARTSTAT, RFC 5545 §3.2.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartStat {
    /// No answer yet; also the default.
    NeedsAction,
    /// Comes.
    Accepted,
    /// Does not come.
    Declined,
    /// May come.
    Tentative,
    /// Has sent somebody else.
    Delegated,
}

/// CUTYPE, RFC 5545 §3.2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CuType {
    /// A human; also the default and every unknown type.
    Individual,
    /// Several humans behind one address.
    Group,
    /// A thing.
    Resource,
    /// A room.
    Room,
}

/// ROLE, RFC 5545 §3.2.16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Chairs the meeting.
    Chair,
    /// Is needed; also the default.
    Required,
    /// May come.
    Optional,
    /// Is only told.
    NonParticipant,
}

/// ATTENDEE, RFC 5545 §3.8.4.1, or the ORGANIZER as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendee {
    /// The calendar user's address with its CN. One without any address has one at
    /// [`UNADDRESSED`], made from its name: nobody can be reached there, but somebody was asked,
    /// and the name may be known.
    pub mailbox: Mailbox,
    /// The answer.
    pub partstat: PartStat,
    /// Human, group, thing or room.
    pub cutype: CuType,
    /// How much they are needed.
    pub role: Role,
}

/// STATUS, RFC 5545 §3.8.1.11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Takes place; also the default.
    Confirmed,
    /// May take place.
    Tentative,
    /// Does not take place.
    Cancelled,
}

/// How an event shows in free/busy time: TRANSP (RFC 5545 §3.8.2.7) and, where present,
/// `X-MICROSOFT-CDO-BUSYSTATUS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Busy {
    /// Takes time.
    Busy,
    /// Takes none.
    Free,
    /// Busy status "tentative".
    Tentative,
    /// Away from work.
    OutOfOffice,
}

/// What the place, the link properties and the description say about where people met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Venue {
    /// A conference link or a word such as "Teams" in the place.
    Conference,
    /// A telephone number or a word such as "phone" in the place.
    Telephone,
    /// Some other place, or a room among the attendees.
    Place,
    /// Nothing said.
    Unsaid,
}

/// A talk noted by its title alone ("Call Anna Berg"), in an event without attendees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Whether the title or place speaks of a visit or a meal rather than of a call.
    pub in_person: bool,
    /// What may be names in the title, as written, at most eight, each of one to four words.
    pub names: Vec<String>,
}

/// When something starts or ends, before a time zone of the reader is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// From an instant to an instant; the end is never before the start.
    Timed {
        /// First instant.
        start: Timestamp,
        /// First instant after.
        end: Timestamp,
    },
    /// Whole days.
    Days {
        /// First day.
        first: Date,
        /// Last day, included.
        last: Date,
    },
}

/// One taking place of an event: recurrences expanded, exceptions applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// UID, RFC 5545 §3.8.4.7.
    pub uid: String,
    /// The original start of this instance of a recurring event (RFC 5545 §3.8.4.4), as an
    /// instant; whole-day instances as midnight UTC. `None` for an event that does not recur.
    pub recurrence_id: Option<Timestamp>,
    /// When.
    pub span: Span,
    /// Whether it takes place.
    pub status: Status,
    /// How it shows in free/busy time.
    pub busy: Busy,
    /// CLASS is anything but PUBLIC: counts for my busy time only.
    pub private: bool,
    /// ORGANIZER; `None` for an event nobody was asked to.
    pub organizer: Option<Mailbox>,
    /// Everybody asked, rooms included, as the calendar lists them. Shared, since a series asks
    /// the same people a thousand times.
    pub attendees: Arc<[Attendee]>,
    /// Where.
    pub venue: Venue,
    /// The talk the title notes; only for events without attendees.
    pub noted: Option<Noted>,
    /// Part of a series that repeats between daily and monthly.
    pub standing: bool,
    /// Written by a Microsoft program (PRODID, X-MICROSOFT-*): there an organiser who is not
    /// among the attendees attends.
    pub microsoft: bool,
    /// When this was entered: CREATED, else DTSTAMP; `None` when neither is readable.
    pub created: Option<Timestamp>,
    /// CATEGORIES, lower case, at most eight: an all-day event in one the user named is an absence.
    pub categories: Vec<String>,
}
