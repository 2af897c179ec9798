//! What the user says about people and clients, one sentence at a time.
//!
//! Decisions are only ever added; the last word on a matter holds, and each can be taken back by
//! another. They speak of addresses and of names of clients, never of persons: who somebody is
//! comes out of them, so they have to stay true whoever that turns out to be.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{ClientId, Known, Preference, Tier};
use crate::mail::AddrSpec;

/// Something the user decided about an address, newest last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// About whom: any address of the person.
    pub about: AddrSpec,
    /// What.
    pub choice: Choice,
}

/// What a user can decide about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This is somebody I look after: nudges are welcome.
    Confirm,
    /// This is nobody I look after: never mention them again.
    NotAClient,
    /// Belongs to this client.
    Assign(ClientId),
    /// The same person as the one with that address.
    Join(AddrSpec),
    /// Takes back the last join of this address, whether the user or a card made it.
    Split,
    /// Not the same person as the one with that address, however alike they look.
    Apart(AddrSpec),
    /// This address is mine, or is not although I seem to have sent from it.
    Mine(bool),
    /// This address is no longer in use (they changed jobs), or is again.
    Retired(bool),
    /// The relationship with the client hangs on them, or does not.
    Key(bool),
    /// Likes to be reached so; `None` takes it back.
    Prefers(Option<Preference>),
    /// Wanted days between one-on-ones; `None` takes it back.
    Cadence(Option<u32>),
    /// From this day on ask again what they like; `None` takes it back.
    Review(Option<Date>),
    /// No nudge about them up to and including this day; [`Date::MAX`] for good.
    MuteUntil(Date),
    /// Takes a mute or a delay back.
    Unmute,
    /// Not before this day.
    LaterUntil(Date),
}

/// Something the user decided about a client, newest last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientDecision {
    /// When.
    pub at: Timestamp,
    /// About which: its name, or one of its domains.
    pub about: ClientId,
    /// What.
    pub choice: ClientChoice,
}

/// What a user can decide about a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientChoice {
    /// This is a client: nudges about its people are welcome.
    Confirm,
    /// This is no client: never ask again.
    NotAClient,
    /// This is my own organization: whoever writes from there is a colleague.
    Colleagues,
    /// Matters so much; `None` takes it back.
    Tier(Option<Tier>),
    /// Wanted days between one-on-ones; `None` takes it back.
    Cadence(Option<u32>),
    /// Its people like to be reached so, unless one of them likes another way; `None` takes it back.
    Prefers(Option<Preference>),
    /// From this day on ask again what they like; `None` takes it back.
    Review(Option<Date>),
    /// No nudge about its people up to and including this day; [`Date::MAX`] for good.
    MuteUntil(Date),
    /// Takes a mute or a delay back.
    Unmute,
    /// Not before this day.
    LaterUntil(Date),
}

impl Choice {
    /// Whether it says what is wanted, and not who somebody is.
    fn is_wish(&self) -> bool {
        match self {
            Self::Key(_)
            | Self::Prefers(_)
            | Self::Cadence(_)
            | Self::Review(_)
            | Self::MuteUntil(_)
            | Self::Unmute
            | Self::LaterUntil(_) => true,
            Self::Confirm
            | Self::NotAClient
            | Self::Assign(_)
            | Self::Join(_)
            | Self::Split
            | Self::Apart(_)
            | Self::Mine(_)
            | Self::Retired(_) => false,
        }
    }
}

impl ClientChoice {
    fn is_wish(&self) -> bool {
        match self {
            Self::Tier(_)
            | Self::Cadence(_)
            | Self::Prefers(_)
            | Self::Review(_)
            | Self::MuteUntil(_)
            | Self::Unmute
            | Self::LaterUntil(_) => true,
            Self::Confirm | Self::NotAClient | Self::Colleagues => false,
        }
    }
}

impl Known {
    /// The same without the wishes that were said after a moment. Who is who stays as it is known
    /// today: that says what the facts mean, and whoever looks back after confirming their clients
    /// for the first time wants to see those clients, as the configuration's are seen.
    pub fn wanted_by(&self, moment: Timestamp) -> Self {
        let mut known = self.clone();
        known.decisions.retain(|said| said.at <= moment || !said.choice.is_wish());
        known.clients.retain(|said| said.at <= moment || !said.choice.is_wish());
        known
    }

    /// The moments at which a wish was said, and the last days of pauses; in no order.
    pub fn wished(&self) -> (Vec<Timestamp>, Vec<Date>) {
        let people = self.decisions.iter().filter(|said| said.choice.is_wish());
        let clients = self.clients.iter().filter(|said| said.choice.is_wish());
        let said = people.map(|said| said.at).chain(clients.map(|said| said.at)).collect();
        let people = self.decisions.iter().filter_map(|said| match said.choice {
            Choice::MuteUntil(day) | Choice::LaterUntil(day) => Some(day),
            _ => None,
        });
        let clients = self.clients.iter().filter_map(|said| match said.choice {
            ClientChoice::MuteUntil(day) | ClientChoice::LaterUntil(day) => Some(day),
            _ => None,
        });
        (said, people.chain(clients).collect())
    }
}
