//! Whether a nudge comes now, and which.
//!
//! First the candidates are gathered ([`super::candidate`]), each with the facts that speak against
//! it; then one match decides for each, one for the moment ([`Moment::objection`]), and the
//! priority picks one. Nothing depends on the order of the input.
//!
//! What is at hand comes first: a thread that goes back and forth, then whom the user has just
//! written to, then by priority. One due moment in ten is left out by a lot that is settled by the
//! person and the day ([`Policy::lottery`]): without it nobody could tell what suggestions do.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::candidate::{Candidate, Scope, candidates, counts};
use super::moment::Moment;
use super::outcome;
use super::policy::Policy;
use super::rest::Record;
use super::suppressed::Suppressed;
use super::{Form, Nudge, Past};
use crate::people::{Client, ClientId, Person, PersonId};
use crate::reliance::{Reliance, Verdict};

/// A person and how they stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// The person.
    pub person: Person,
    /// How the user and they stand today.
    pub reliance: Reliance,
}

/// A client and how it stands, over all its people.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientSubject {
    /// The client.
    pub client: Client,
    /// How the user and the client stand today.
    pub reliance: Reliance,
}

/// Everybody, as they stand today.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// People with at least one contact, in any order.
    pub people: Vec<Subject>,
    /// Their clients, in any order. A person whose client is not here stands for themselves.
    pub clients: Vec<ClientSubject>,
}

/// What comes of one look.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What to claim, then to show.
    pub nudge: Option<Nudge>,
    /// What to write down as left out on purpose ([`super::Stage::HeldOut`]), in place of a nudge.
    pub held_out: Option<Nudge>,
    /// What to write down as without a good moment today ([`super::Stage::Missed`]).
    pub missed: Vec<Nudge>,
    /// What calls for a talk and is not said now, most urgent first.
    pub held: Vec<Held>,
    /// When to look again if nothing happens before; `None` when no open day is ahead.
    pub next: Option<Timestamp>,
}

/// A state that calls for a talk, and why nothing is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Who would be named; `None` when there is nobody to name.
    pub person: Option<PersonId>,
    /// The client, if there is one.
    pub client: Option<ClientId>,
    /// The verdict that calls for a talk: the client's, or the person's own.
    pub verdict: Verdict,
    /// Why nothing is said.
    pub why: Suppressed,
}

/// Decides whether to say something now. Pure: the same input gives the same answer, and a nudge
/// claimed in between is input.
pub fn decide(
    standing: &Standing,
    past: &[Past],
    policy: &Policy,
    moment: &Moment<'_>,
) -> Decision {
    let Judged { chosen, held_out, missed, held, next } = judge(standing, past, policy, moment);
    let held = held.into_iter().map(|(held, _)| held).collect();
    Decision { nudge: chosen, held_out, missed, held, next }
}

/// A decision with the nudge that each held candidate would have been.
pub(super) struct Judged {
    pub(super) chosen: Option<Nudge>,
    pub(super) held_out: Option<Nudge>,
    pub(super) missed: Vec<Nudge>,
    pub(super) held: Vec<(Held, Option<Nudge>)>,
    pub(super) next: Option<Timestamp>,
}

/// A candidate with all that is said of it before the moment is looked at.
struct Standee<'a, 'p> {
    candidate: Candidate<'a>,
    record: Record<'p>,
    at_hand: bool,
    priority: f64,
    objection: Option<Suppressed>,
}

pub(super) fn judge(
    standing: &Standing,
    past: &[Past],
    policy: &Policy,
    moment: &Moment<'_>,
) -> Judged {
    let today = moment.today();
    let past = known(past, today);
    let made: Vec<&Past> = past.iter().copied().filter(|nudge| counts(nudge)).collect();
    let mut standees: Vec<_> = candidates(standing, moment)
        .into_iter()
        .map(|candidate| {
            let record = candidate.record(&past);
            Standee {
                at_hand: candidate.at_hand(moment),
                priority: candidate.priority(record.ignored(today, policy)),
                objection: candidate.objection(&record, today, policy),
                record,
                candidate,
            }
        })
        .collect();
    standees.sort_by(|a, b| {
        let burst = |one: &Standee<'_, '_>| one.candidate.scope == Scope::Burst;
        (burst(b), b.at_hand)
            .cmp(&(burst(a), a.at_hand))
            .then_with(|| b.priority.total_cmp(&a.priority))
            .then_with(|| a.candidate.order().cmp(&b.candidate.order()))
    });
    let slowed =
        Policy { per_week: outcome::weekly(policy.per_week, &made, today), ..policy.clone() };
    let objection = moment.objection(&slowed, &made);
    let waiting = standees.iter().any(|one| one.objection.is_none());
    let mut judged = Judged {
        chosen: None,
        held_out: None,
        missed: Vec::new(),
        held: Vec::new(),
        next: moment.next(objection.as_ref().filter(|_| waiting), policy),
    };
    for Standee { candidate, record, at_hand, objection: own, .. } in standees {
        let late = |why: &Suppressed| matches!(why, Suppressed::DayIsLate { .. });
        let of_the_moment = objection.clone().filter(|why| !(at_hand && late(why)));
        let nudge = candidate.nudge(&record, moment, policy);
        let taken = judged.chosen.is_some() || judged.held_out.is_some();
        let why = match (own, of_the_moment, taken) {
            (Some(own), _, _) => Some(own),
            (None, Some(objection), _) => Some(objection),
            (None, None, true) => Some(Suppressed::Outranked),
            (None, None, false) => None,
        };
        match why {
            // A burst is a moment, not a state: it is over before anybody asks about it.
            Some(_) if candidate.scope == Scope::Burst => {}
            Some(why) => {
                let found_none = why.finds_no_moment() && moment.is_late(policy);
                let missed = found_none && !record.missed_on(today);
                judged.missed.extend(nudge.clone().filter(|_| missed));
                judged.held.push((candidate.held(why), nudge));
            }
            None if nudge.as_ref().is_some_and(|nudge| left_out(nudge, today, policy)) => {
                judged.held.push((candidate.held(Suppressed::HeldOut), nudge.clone()));
                judged.held_out = nudge;
            }
            None => judged.chosen = nudge,
        }
    }
    judged
}

/// Whether the lot leaves this one out. The last question is never left out: it is no suggestion.
fn left_out(nudge: &Nudge, today: Date, policy: &Policy) -> bool {
    let drawn = policy.lottery.is_some_and(|lottery| lottery.draws(nudge, today));
    drawn && nudge.form != Form::LastQuestion
}

/// The past, oldest first. A day further ahead than travel can bring was written while the clock
/// was wrong, and must not silence a client for years.
fn known(past: &[Past], today: Date) -> Vec<&Past> {
    let latest = today.saturating_add(1.day());
    let mut known: Vec<_> = past.iter().filter(|nudge| nudge.day <= latest).collect();
    known.sort_by_key(|nudge| (nudge.day, nudge.nudge.at, nudge.id));
    known
}
