//! Whether to say something today, about whom, and in which words.
//!
//! [`decide`] takes how everybody stands ([`Standing`]), the nudges of the past, what the user
//! allows ([`Policy`]) and the [`Moment`], and gives at most one [`Nudge`], with the reason for
//! every one it holds back ([`Suppressed`]). [`replay`](replay()) drives the same judgement over the past.
//! [`consequences`] says what an answer changes, [`Lift`] what nudges are worth. Nothing here reads
//! a clock, draws a lot or keeps a state: what was said before is in the [`Past`], written down by
//! whoever showed it.
//!
//! Not done on purpose: minding working hours at the other side. Mail tells an offset at best, and
//! an offset is no zone; a call that comes too early there is the user's to see.

mod answer;
mod burst;
mod candidate;
mod choose;
mod moment;
mod outcome;
mod policy;
mod replay;
mod rest;
mod suppressed;
pub mod words;

use jiff::Timestamp;
use jiff::civil::Date;

pub use answer::{Consequence, consequences};
pub use burst::{Burst, Lately, Written};
pub use choose::{ClientSubject, Decision, Held, Standing, Subject, decide};
pub use moment::Moment;
pub use outcome::{Lift, Lottery, PROXIMAL, Tried, talks};
pub use policy::Policy;
pub use replay::{Replayed, World, replay};
pub use suppressed::Suppressed;

use crate::call::How;
use crate::people::{ClientId, PersonId};
use crate::reliance::Verdict;

/// The number of a nudge in the store, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NudgeId(pub i64);

/// What a nudge says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// A talk would be good.
    Suggestion,
    /// Was there one? The silence may be none, see [`crate::reliance::Confidence`].
    Question,
    /// The mail goes back and forth: a call?
    Burst,
    /// Three in a row went by: is email fine here? The last one, unless the user says otherwise.
    LastQuestion,
}

impl Form {
    /// Its name in machine-readable output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suggestion => "suggestion",
            Self::Question => "question",
            Self::Burst => "burst",
            Self::LastQuestion => "last_question",
        }
    }
}

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
    /// What kind of thing is said.
    pub form: Form,
    /// How sure the verdict is, in percent.
    pub certainty: u8,
    /// A one-on-one in the calendar, too far ahead to wait for.
    pub booked: Option<Date>,
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
    /// We had talked before the nudge came: winds the clock from then, and teaches how much a
    /// calendar misses.
    Spoke(How),
    /// No, we have not talked; the answer to a question.
    NotYet,
    /// Not now: again in a week.
    Later,
    /// They like to be written to: doubles the wanted rhythm.
    PrefersEmail,
    /// Go on, whatever I did not answer.
    KeepReminding,
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
    /// Left out at random, never shown: what happens without a nudge.
    HeldOut,
    /// No good moment came on its day: counts against no budget. After three the digest has to do.
    Missed,
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
    /// The first one-on-one on that day or later, with the person or with anybody of the client;
    /// `None` while there is none.
    pub talked: Option<Date>,
}

impl Nudge {
    /// The answers offered with it, best first.
    pub fn offers(&self) -> [Answer; 3] {
        match self.form {
            // The way they talked can be told later; that they talked must cost nothing.
            Form::Suggestion | Form::Burst => {
                [Answer::Talked(How::Call), Answer::Later, Answer::PrefersEmail]
            }
            Form::Question => [Answer::Spoke(How::Call), Answer::NotYet, Answer::PrefersEmail],
            Form::LastQuestion => {
                [Answer::PrefersEmail, Answer::KeepReminding, Answer::Talked(How::Call)]
            }
        }
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod timeline;
