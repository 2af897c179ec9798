//! Whether to say something today, about whom, and in which words.
//!
//! [`decide`] takes how everybody stands ([`Standing`]), the nudges of the past, what the user
//! allows ([`Policy`]) and the [`Moment`], and gives at most one [`Nudge`], with the reason for
//! every one it holds back ([`Suppressed`]). [`replay`](replay()) drives the same judgement over the past.
//! [`consequences`] says what an answer changes. Nothing here reads a clock or keeps a state: what
//! was said before is in the [`Past`], written down by whoever showed it.

mod answer;
mod choose;
mod moment;
mod policy;
mod replay;
mod rest;
mod suppressed;
pub mod words;

use jiff::Timestamp;
use jiff::civil::Date;

pub use answer::{Consequence, consequences};
pub use choose::{ClientSubject, Decision, Held, Standing, Subject, decide};
pub use moment::Moment;
pub use policy::Policy;
pub use replay::{Replayed, World, replay};
pub use suppressed::Suppressed;

use crate::call::How;
use crate::people::{ClientId, PersonId};
use crate::reliance::Verdict;

/// The number of a nudge in the store, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NudgeId(pub i64);

/// A suggestion to talk with one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nudge {
    /// With whom.
    pub person: PersonId,
    /// Their name, as it is shown.
    pub name: String,
    /// Their client.
    pub client: Option<ClientId>,
    /// The verdict behind it.
    pub verdict: Verdict,
    /// What was seen, in plain figures, about the user's own habit; one sentence.
    pub reason: String,
    /// One easy act; one sentence.
    pub suggestion: String,
    /// When it was decided.
    pub at: Timestamp,
}

/// What the user answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// We talked: winds the one-on-one clock at once.
    Talked(How),
    /// Not now: again in a week.
    Later,
    /// They like to be written to: doubles the wanted rhythm.
    PrefersEmail,
    /// Nobody I look after.
    NotAClient,
    /// Wants to see more.
    Show,
}

/// How far a nudge came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Decided and written down, perhaps never shown: a crash came between.
    Claimed,
    /// The notification server took it.
    Shown,
    /// It could not be delivered: counts against no budget.
    Undelivered,
    /// Closed by the user without an answer.
    Dismissed,
    /// Answered.
    Answered(Answer),
}

/// A nudge of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its number.
    pub id: NudgeId,
    /// The nudge itself.
    pub nudge: Nudge,
    /// The local day it was decided on.
    pub day: Date,
    /// How far it came.
    pub stage: Stage,
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod timeline;
