//! Who is worth a nudge, and whether one comes now.
//!
//! Nudges come from a *client* being due; the person named is the one to talk to. Judging people
//! one by one lost: where talks are spread over several people of a client it brought twenty times
//! the alerts. A person without a client stands for themselves, and a person the user pinned may
//! call for a talk while the client is kept through somebody else.
//!
//! First the candidates are gathered, each with the facts that speak against it; then one match
//! decides for each ([`Candidate::objection`]), one for the moment
//! ([`Moment::objection`]), and the priority picks one. Nothing depends on the order of the input.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::moment::Moment;
use super::policy::Policy;
use super::rest::Record;
use super::suppressed::Suppressed;
use super::words::{self, Said};
use super::{Nudge, Past, Stage};
use crate::people::{Client, ClientId, Person, PersonId, Preference, Tier};
use crate::reliance::{Reliance, Trend, Verdict, Wish};

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
    let Judged { chosen, held, next } = judge(standing, past, policy, moment);
    Decision { nudge: chosen, held: held.into_iter().map(|(held, _)| held).collect(), next }
}

/// A decision with the nudge that each held candidate would have been.
pub(super) struct Judged {
    pub(super) chosen: Option<Nudge>,
    pub(super) held: Vec<(Held, Option<Nudge>)>,
    pub(super) next: Option<Timestamp>,
}

pub(super) fn judge(
    standing: &Standing,
    past: &[Past],
    policy: &Policy,
    moment: &Moment<'_>,
) -> Judged {
    let today = moment.today();
    let past = counted(past, today);
    let mut candidates: Vec<_> = candidates(standing, today)
        .into_iter()
        .map(|candidate| {
            let record = candidate.record(&past);
            let priority = candidate.priority(record.ignored());
            let objection = candidate.objection(&record, today, policy);
            (candidate, priority, objection)
        })
        .collect();
    candidates.sort_by(|(a, first, _), (b, second, _)| {
        second.total_cmp(first).then_with(|| a.order().cmp(&b.order()))
    });
    let objection = moment.objection(policy, &past);
    let waiting = candidates.iter().any(|(.., own)| own.is_none());
    let mut judged = Judged {
        chosen: None,
        held: Vec::new(),
        next: moment.next(objection.as_ref().filter(|_| waiting), policy),
    };
    for (candidate, _, own) in candidates {
        let why = match (own, &objection, &judged.chosen) {
            (Some(own), _, _) => Some(own),
            (None, Some(objection), _) => Some(objection.clone()),
            (None, None, Some(_)) => Some(Suppressed::Outranked),
            (None, None, None) => None,
        };
        let nudge = candidate.nudge(moment);
        match why {
            Some(why) => judged.held.push((candidate.held(why), nudge)),
            None => judged.chosen = nudge,
        }
    }
    judged
}

/// The nudges that count, oldest first: an undelivered one was never seen. A day further ahead than
/// travel can bring was written while the clock was wrong, and must not silence a client for years.
fn counted(past: &[Past], today: Date) -> Vec<&Past> {
    let latest = today.saturating_add(1.day());
    let mut counted: Vec<_> = past
        .iter()
        .filter(|nudge| nudge.stage != Stage::Undelivered && nudge.day <= latest)
        .collect();
    counted.sort_by_key(|nudge| (nudge.day, nudge.nudge.at, nudge.id));
    counted
}

/// On whose behalf a candidate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    /// The client's.
    Client,
    /// Their own, having no client.
    Alone,
    /// Their own, pinned, while the client is not due.
    Pinned,
    /// Their own, not pinned, while the client is kept through others.
    Kept,
}

/// A state that calls for a talk.
struct Candidate<'a> {
    scope: Scope,
    /// Whom to name.
    subject: Option<&'a Subject>,
    client: Option<&'a ClientSubject>,
    /// The client's or the person's own.
    reliance: &'a Reliance,
}

fn candidates(standing: &Standing, today: Date) -> Vec<Candidate<'_>> {
    let known = |subject: &&Subject| subject.person.tracked || subject.person.confirmed;
    let mut found = Vec::new();
    for client in &standing.clients {
        let id = Some(&client.client.id);
        let of = |subject: &&Subject| subject.person.client.as_ref() == id;
        let members: Vec<_> = standing.people.iter().filter(known).filter(of).collect();
        let calls = client.reliance.verdict.wants_talk();
        if calls {
            found.push(Candidate {
                scope: Scope::Client,
                subject: named(client, &members, today),
                client: Some(client),
                reliance: &client.reliance,
            });
        }
        for subject in members {
            let scope = match (client.reliance.due, subject.person.key) {
                (true, _) => continue,
                (false, true) => Scope::Pinned,
                // The client's own line says enough.
                (false, false) if calls => continue,
                (false, false) => Scope::Kept,
            };
            found.extend(Candidate::standing_alone(scope, subject, Some(client)));
        }
    }
    for subject in standing.people.iter().filter(known) {
        let mut clients = standing.clients.iter().map(|client| &client.client.id);
        if !clients.any(|id| Some(id) == subject.person.client.as_ref()) {
            found.extend(Candidate::standing_alone(Scope::Alone, subject, None));
        }
    }
    found
}

/// Whom to talk to at a client: of those in touch lately and not talked to inside their limit, the
/// one with most contact days who may be named; if none may, the one with most contact days, so
/// that the reason is theirs.
///
/// Somebody never talked to counts even before their own limit, since the client's has passed,
/// unless a slower rhythm or email is wanted of them: a stated wish outranks a threshold. Whoever
/// has been silent for a month is left out: the relationship with them does not live on email.
fn named<'a>(client: &ClientSubject, members: &[&'a Subject], today: Date) -> Option<&'a Subject> {
    let wish = Wish::of_client(
        &client.client,
        members.iter().map(|subject| (&subject.person, &subject.reliance)),
    );
    let overdue = |subject: &Subject| {
        let Reliance { silence, limit, last_one_on_one, .. } = subject.reliance;
        let own = Wish::of_person(&subject.person);
        let new = last_one_on_one.is_none() && own.open_days() <= wish.open_days();
        new || f64::from(silence) > limit
    };
    let mut able: Vec<_> = members
        .iter()
        .copied()
        .filter(|subject| subject.reliance.last_28.total() > 0 && overdue(subject))
        .collect();
    able.sort_by(|a, b| {
        let rank = |subject: &Subject| (subject.reliance.last_90.total(), subject.person.key);
        rank(b).cmp(&rank(a)).then_with(|| a.person.id.cmp(&b.person.id))
    });
    let willing = |subject: &&&Subject| {
        let Subject { person, .. } = **subject;
        person.confirmed && muted(person, today).is_none() && later(person, today).is_none()
    };
    able.iter().find(willing).or_else(|| able.first()).copied()
}

fn muted(person: &Person, today: Date) -> Option<Date> {
    person.muted_until.filter(|&until| today <= until)
}

fn later(person: &Person, today: Date) -> Option<Date> {
    person.later_until.filter(|&until| today <= until)
}

impl<'a> Candidate<'a> {
    fn standing_alone(
        scope: Scope,
        subject: &'a Subject,
        client: Option<&'a ClientSubject>,
    ) -> Option<Self> {
        let reliance = &subject.reliance;
        reliance.verdict.wants_talk().then_some(Self {
            scope,
            subject: Some(subject),
            client,
            reliance,
        })
    }

    /// Why this candidate is not to be nudged about whatever the moment; `None` when it is.
    fn objection(&self, record: &Record<'_>, today: Date, policy: &Policy) -> Option<Suppressed> {
        let person = self.subject.map(|subject| &subject.person);
        let confirmed = person.map(|person| person.confirmed);
        let muted = person.and_then(|person| muted(person, today));
        let later = person.and_then(|person| later(person, today));
        let booked = self.reliance.booked.filter(|_| !self.reliance.due);
        let rest = record.objection(today, policy);
        match (self.scope, confirmed, muted, later, booked, rest) {
            (Scope::Kept, ..) => Some(Suppressed::ClientKept),
            (_, None, ..) => Some(Suppressed::NobodyToName),
            (_, Some(false), ..) => Some(Suppressed::NotConfirmed),
            (_, Some(true), Some(until), ..) => Some(Suppressed::MutedUntil(until)),
            (_, Some(true), None, Some(until), ..) => Some(Suppressed::LaterUntil(until)),
            (_, Some(true), None, None, Some(day), _) => Some(Suppressed::BookedOn(day)),
            (_, Some(true), None, None, None, rest) => rest,
        }
    }

    /// How much it matters, to put candidates in order; it decides nothing else.
    fn priority(&self, ignored: u32) -> f64 {
        let tier = match self.client.map_or(Tier::default(), |client| client.client.tier) {
            Tier::A => 1.0,
            Tier::B => 0.7,
            Tier::C => 0.4,
        };
        let pinned = match self.scope {
            Scope::Client | Scope::Alone => 1.0,
            Scope::Pinned | Scope::Kept => 0.6,
        };
        let falling = if self.reliance.trend == Trend::Down { 1.15 } else { 1.0 };
        let silence = f64::from(self.reliance.silence) / self.reliance.limit.max(1.0);
        let alone = 1.0 - self.reliance.share.estimate;
        tier * silence.min(2.0) * alone * 0.5_f64.powf(f64::from(ignored)) * pinned * falling
    }

    fn record<'p>(&self, past: &[&'p Past]) -> Record<'p> {
        let id = self.client.map(|client| &client.client.id);
        let client = |nudge: &Past| id.is_some() && nudge.nudge.client.as_ref() == id;
        // A person may have been known by another of their addresses when the nudge was made.
        let person = |nudge: &Past| {
            self.subject.is_some_and(|Subject { person, .. }| {
                person.id == nudge.nudge.person || person.addresses.contains(&nudge.nudge.person.0)
            })
        };
        let those = |of: &dyn Fn(&Past) -> bool| {
            past.iter().copied().filter(|nudge| of(nudge)).collect::<Vec<_>>()
        };
        let concerning = those(&|nudge| client(nudge) || person(nudge));
        let personal = those(&person);
        let own = match self.scope {
            Scope::Client => concerning.clone(),
            Scope::Alone | Scope::Pinned | Scope::Kept => personal.clone(),
        };
        let prefers = |subject: &Subject| subject.person.prefers == Some(Preference::Email);
        Record {
            concerning,
            own,
            personal,
            last_one_on_one: self.reliance.last_one_on_one,
            prefers_email: self.subject.is_some_and(prefers),
        }
    }

    fn nudge(&self, moment: &Moment<'_>) -> Option<Nudge> {
        let subject = self.subject?;
        let Said { reason, suggestion } = words::say(&subject.person, &subject.reliance, moment);
        Some(Nudge {
            person: subject.person.id.clone(),
            name: crate::text::Shown(&subject.person.name).to_string(),
            client: self.client_id(),
            verdict: self.reliance.verdict,
            reason,
            suggestion,
            at: moment.now.timestamp(),
        })
    }

    fn held(&self, why: Suppressed) -> Held {
        Held {
            person: self.subject.map(|subject| subject.person.id.clone()),
            client: self.client_id(),
            verdict: self.reliance.verdict,
            why,
        }
    }

    fn client_id(&self) -> Option<ClientId> {
        let own = self.subject.and_then(|subject| subject.person.client.clone());
        self.client.map(|client| client.client.id.clone()).or(own)
    }

    /// A fixed order among equals.
    fn order(&self) -> impl Ord + use<'_, 'a> {
        let id = self.client.map(|client| &client.client.id);
        (id, self.subject.map(|subject| &subject.person.id), self.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nudge::tests::{couple, due};
    use crate::reliance::Share;

    /// W16, to its printed digits.
    #[test]
    fn priority_weighs_tier_silence_share_and_what_was_ignored() {
        let check =
            |tier, silence, (one_on_one, total): (u32, u32), ignored, scope, trend, expect: f64| {
                let estimate = (0.6 + f64::from(one_on_one)) / (6.0 + f64::from(total));
                let share = Share { estimate, low: 0.0, high: 1.0 };
                let mut standing =
                    couple("Acme", &Reliance { silence, limit: 21.0, share, trend, ..due() });
                standing.clients[0].client.tier = tier;
                let candidate = Candidate {
                    scope,
                    subject: standing.people.first(),
                    client: standing.clients.first(),
                    reliance: &standing.people[0].reliance,
                };
                let got = candidate.priority(ignored);
                assert!((got - expect).abs() < 5e-4, "{got} instead of {expect}");
            };
        check(Tier::A, 28, (0, 35), 0, Scope::Client, Trend::Flat, 1.314);
        check(Tier::B, 40, (1, 20), 0, Scope::Client, Trend::Up, 1.251);
        check(Tier::A, 24, (2, 30), 1, Scope::Pinned, Trend::Flat, 0.3181);
        check(Tier::A, 28, (0, 35), 0, Scope::Client, Trend::Down, 1.511);
        check(Tier::C, 400, (0, 35), 0, Scope::Client, Trend::Flat, 0.788);
    }
}
