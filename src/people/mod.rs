//! Who is who: me, the people I look after, their clients, my colleagues, machines.
//!
//! Facts speak of addresses; only this room turns an address into a person. A [`Roster`] is built
//! from what the configuration says ([`Rules`]) and from what is [`Known`]: whom the facts show me
//! writing to or meeting ([`Acquaintance`]), what address books say ([`Card`]), and what the user
//! decided along the way ([`Decision`], [`ClientDecision`]). Change any of them and a new roster
//! re-derives every interaction without asking a server again.
//!
//! Only people I have written to or met exist, or whom the user names: a From line is a claim
//! anybody can make, and programs fill address books by themselves. Two addresses are one person
//! where the user, the configuration or one card of an address book says so; likeness only makes
//! a suggestion ([`suggest`]), and the doubtful is asked (`review`).

mod build;
mod client;
mod decide;
mod domain;
mod find;
mod gather;
mod hosts;
mod name;
mod named;
mod reach;
mod roster;
pub mod suggest;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::card::{Card, Number};
use crate::mail::AddrSpec;

use crate::mail::automatic::is_robot;
pub use decide::{Choice, ClientChoice, ClientDecision, Decision};
pub use domain::{identity, is_free_mail};
pub use find::{Found, Hit};
pub use name::Spoken;
pub use reach::{Failure, is_gone};
pub use roster::is_list;

/// A person, named by their first address: the first one configured, else the first one met.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub AddrSpec);

/// A client, named as in the configuration, or by domain when only suggested.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub String);

/// How somebody likes to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preference {
    /// In writing: the wanted rhythm is doubled.
    Email,
    /// By telephone.
    Phone,
    /// By video.
    Video,
    /// In one place.
    Visit,
}

impl Preference {
    /// Its name in machine-readable output and in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Video => "video",
            Self::Visit => "visit",
        }
    }

    /// Reads [`Preference::as_str`] back; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Email, Self::Phone, Self::Video, Self::Visit]
            .into_iter()
            .find(|p| p.as_str() == text)
    }
}

/// How much a client matters to the user: the default rhythm and the order of nudges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Every 30 days; the default.
    #[default]
    A,
    /// Every 45 days.
    B,
    /// Every 90 days.
    C,
}

impl Tier {
    /// Wanted days between one-on-ones where neither client nor person says otherwise.
    pub fn cadence_days(self) -> u32 {
        match self {
            Self::A => 30,
            Self::B => 45,
            Self::C => 90,
        }
    }
}

/// A `[[client]]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRule {
    /// Its name.
    pub name: String,
    /// Its domains, lower case; subdomains are included.
    pub domains: Vec<String>,
    /// Single addresses that belong to it, for people at free-mail hosts.
    pub people: Vec<AddrSpec>,
    /// Its tier; `None` counts as A.
    pub tier: Option<Tier>,
    /// Wanted days between one-on-ones; `None`: by tier.
    pub cadence_days: Option<u32>,
}

/// A `[[person]]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRule {
    /// Their name.
    pub name: String,
    /// The client they belong to; `None`: by the domain of their addresses.
    pub client: Option<String>,
    /// All their addresses, the first one names them; never empty.
    pub addresses: Vec<AddrSpec>,
    /// Whether the relationship with the client hangs on them.
    pub key: bool,
    /// How they like to be reached; `None` when not said.
    pub prefers: Option<Preference>,
    /// Wanted days between one-on-ones; `None`: as for their client.
    pub cadence_days: Option<u32>,
}

/// What the configuration says about people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// My addresses.
    pub me: Vec<AddrSpec>,
    /// Domains of my own organisation.
    pub colleagues: Vec<String>,
    /// Clients, in the order written.
    pub clients: Vec<ClientRule>,
    /// People, in the order written.
    pub people: Vec<PersonRule>,
    /// Domains that only robots write from.
    pub robots: Vec<String>,
    /// Whether to nudge about people nobody confirmed.
    pub trust_suggestions: bool,
}

/// What the facts say about one address that is not mine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquaintance {
    /// The address.
    pub address: AddrSpec,
    /// The name it goes by, from its own mail if there is any.
    pub name: Option<String>,
    /// Messages I ever sent with this address in To, Cc or Bcc.
    pub written_to: u32,
    /// Of those, to this address in To, in the last 365 days.
    pub sent_year: u32,
    /// Messages from this address in the last 365 days.
    pub received_year: u32,
    /// Events that took place with this address and me among those who came, ever.
    pub met: u32,
    /// Of those, with at most four others, in the last 180 days.
    pub met_half_year: u32,
    /// When this address was first seen in any of these.
    pub first: Timestamp,
}

/// What is remembered that has a say in who is who. Its order does not matter but for decisions,
/// whose order is that of their times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Whom I wrote to and met.
    pub acquaintances: Vec<Acquaintance>,
    /// What address books say.
    pub cards: Vec<Card>,
    /// What the user decided about people.
    pub decisions: Vec<Decision>,
    /// What the user decided about clients.
    pub clients: Vec<ClientDecision>,
}

/// Somebody the user has written to or met, or whom the configuration names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their identity.
    pub id: PersonId,
    /// Their name; the address where no name is known.
    pub name: String,
    /// Their addresses, the one in `id` first.
    pub addresses: Vec<AddrSpec>,
    /// The client they belong to.
    pub client: Option<ClientId>,
    /// Pinned as the person this relationship hangs on.
    pub key: bool,
    /// How they like to be reached.
    pub prefers: Option<Preference>,
    /// Wanted days between one-on-ones, from person, client or tier; the default is 30.
    pub cadence_days: u32,
    /// Nudges are welcome: they or their client are named by the configuration, or the user
    /// confirmed them. Where suggestions are trusted, everybody tracked.
    pub confirmed: bool,
    /// Worth a line in `status`: confirmed by name, or in real two-way contact.
    pub tracked: bool,
    /// Silenced up to and including this day.
    pub muted_until: Option<Date>,
    /// Asked to be left for later, up to and including this day.
    pub later_until: Option<Date>,
    /// Cannot be written to any more as of the moment somebody looks ([`is_gone`]); a roster, which
    /// knows no moment, says no.
    pub gone: bool,
    /// What else is known of them.
    pub details: Details,
}

/// What is known of a person besides what decides about nudges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// Their telephone numbers, as address books have them.
    pub numbers: Vec<Number>,
    /// Those of their addresses that are no longer in use: what was said there stays said, and
    /// belongs to the client of that time.
    pub retired: BTreeSet<AddrSpec>,
    /// From this day on their wishes are due to be asked again; `None`: never.
    pub review: Option<Date>,
}

/// An organisation, or a single person, the user looks after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its identity.
    pub id: ClientId,
    /// Its domains.
    pub domains: Vec<String>,
    /// Its tier.
    pub tier: Tier,
    /// Wanted days between one-on-ones.
    pub cadence_days: u32,
    /// Named by the user: in the configuration, or by naming or confirming one of its people.
    /// Otherwise only suggested.
    pub confirmed: bool,
}

/// What an address turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who<'a> {
    /// One of mine.
    Me,
    /// Somebody I look after, or may.
    Person(&'a Person),
    /// A role address of a client (`info@`, `sales@`): the client's, nobody's in particular. What
    /// it writes is in touch under the address itself ([`Roster::client_of`] knows the client).
    Role(&'a ClientId),
    /// Somebody of my own organisation.
    Colleague,
    /// A robot, a room, a list.
    Machine,
    /// Anybody else: counts as present, is never touched.
    Stranger,
}

/// Everybody, as of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    me: BTreeSet<AddrSpec>,
    /// Whose a domain and its subdomains are.
    domains: BTreeMap<String, Owner>,
    persons: BTreeMap<PersonId, Person>,
    /// Asked for each address of each message.
    by_address: HashMap<AddrSpec, PersonId>,
    clients: BTreeMap<ClientId, Client>,
    /// The folded full name of each tracked person, for [`Roster::spoken`].
    spoken: Vec<(Vec<String>, PersonId)>,
    /// Pairs of addresses the user said are two people, the smaller first: not asked again.
    apart: BTreeSet<(AddrSpec, AddrSpec)>,
    /// Addresses the user said are not theirs: not asked again.
    not_mine: BTreeSet<AddrSpec>,
    /// Pairs that one card or one number makes one person, but for their names: to be asked.
    doubtful: BTreeSet<(AddrSpec, AddrSpec)>,
    /// Addresses of people of another client, with the client they belonged to.
    then: BTreeMap<AddrSpec, ClientId>,
    /// Addresses that the user or a card made one with another.
    joined: BTreeSet<AddrSpec>,
}

/// Whose a domain is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    Robots,
    Colleagues,
    Client(ClientId),
}

#[cfg(test)]
mod tests;
