//! Who calls for a talk, as candidates for a nudge, each with what speaks against it.
//!
//! Nudges come from a *client* being due; the person named is the one to talk to. Judging people
//! one by one lost: where talks are spread over several people of a client it brought twenty times
//! the alerts. A person without a client stands for themselves, and a person the user pinned may
//! call for a talk while the client is kept through somebody else. Beside them stand people with
//! whom the mail goes back and forth just now ([`super::burst`]): a moment, not a state.

use jiff::civil::Date;

use super::burst::Burst;
use super::choose::{ClientSubject, Held, Standing, Subject};
use super::moment::Moment;
use super::policy::Policy;
use super::rest::Record;
use super::suppressed::Suppressed;
use super::words::{self, Occasion, Said};
use super::{Form, Nudge, Past, Stage};
use crate::people::{ClientId, Person, Preference, Tier};
use crate::reliance::{Confidence, Reliance, Trend, Verdict, Wish};

/// Open days since the last one-on-one within which a burst needs no talk: it just had one.
const TALKED: i64 = 5;

/// On whose behalf a candidate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// Somebody the mail goes back and forth with just now.
    Burst,
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
pub(super) struct Candidate<'a> {
    pub(super) scope: Scope,
    /// Whom to name.
    pub(super) subject: Option<&'a Subject>,
    pub(super) client: Option<&'a ClientSubject>,
    /// The client's or the person's own.
    pub(super) reliance: &'a Reliance,
    pub(super) burst: Option<Burst>,
}

/// Everybody who calls for a talk, in no particular order.
pub(super) fn candidates<'a>(standing: &'a Standing, moment: &Moment<'_>) -> Vec<Candidate<'a>> {
    let today = moment.today();
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
                burst: None,
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
        let client = of(standing, &subject.person);
        if client.is_none() {
            found.extend(Candidate::standing_alone(Scope::Alone, subject, None));
        }
        let burst = moment.lately.burst(&subject.person).filter(|_| wants_burst(subject, moment));
        found.extend(burst.map(|burst| Candidate {
            scope: Scope::Burst,
            subject: Some(subject),
            client,
            reliance: &subject.reliance,
            burst: Some(burst),
        }));
    }
    found
}

fn of<'a>(standing: &'a Standing, person: &Person) -> Option<&'a ClientSubject> {
    standing.clients.iter().find(|client| Some(&client.client.id) == person.client.as_ref())
}

/// Whether a talk would be news to the two of them, and welcome.
fn wants_burst(subject: &Subject, moment: &Moment<'_>) -> bool {
    let Subject { person, reliance } = subject;
    let lately = |talk| moment.open.between(talk, moment.today()) <= TALKED;
    let soon = |day| moment.open.between(moment.today(), day) <= 2 * TALKED;
    let settled = reliance.last_one_on_one.is_some_and(lately) || reliance.booked.is_some_and(soon);
    person.prefers != Some(Preference::Email) && !settled
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
        person.confirmed
            && !person.gone
            && muted(person, today).is_none()
            && later(person, today).is_none()
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
        let calls = reliance.verdict.wants_talk();
        calls.then_some(Self { scope, subject: Some(subject), client, reliance, burst: None })
    }

    /// Why this candidate is not to be nudged about whatever the moment; `None` when it is.
    pub(super) fn objection(
        &self,
        record: &Record<'_>,
        today: Date,
        policy: &Policy,
    ) -> Option<Suppressed> {
        let person = self.subject.map(|subject| &subject.person);
        if person.is_some_and(|person| person.gone) {
            return Some(Suppressed::Gone);
        }
        let confirmed = person.map(|person| person.confirmed);
        let muted = person.and_then(|person| muted(person, today));
        let later = person.and_then(|person| later(person, today));
        let booked = self.reliance.booked.filter(|_| self.burst.is_none() && !self.reliance.due);
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

    /// Whether now is the moment for this one, and a later one is not: the mail goes back and
    /// forth, or the user has just written to them and has them in mind.
    pub(super) fn at_hand(&self, moment: &Moment<'_>) -> bool {
        let just_written =
            |subject: &Subject| moment.lately.just_written(&subject.person, moment.now.timestamp());
        self.burst.is_some() || self.subject.is_some_and(just_written)
    }

    /// How much it matters, to put candidates in order; it decides nothing else.
    pub(super) fn priority(&self, ignored: u32) -> f64 {
        let tier = match self.client.map_or(Tier::default(), |client| client.client.tier) {
            Tier::A => 1.0,
            Tier::B => 0.7,
            Tier::C => 0.4,
        };
        let pinned = match self.scope {
            Scope::Burst | Scope::Client | Scope::Alone => 1.0,
            Scope::Pinned | Scope::Kept => 0.6,
        };
        let falling = if self.reliance.trend == Trend::Down { 1.15 } else { 1.0 };
        let silence = f64::from(self.reliance.silence) / self.reliance.limit.max(1.0);
        let alone = 1.0 - self.reliance.share.estimate;
        tier * silence.min(2.0) * alone * 0.5_f64.powf(f64::from(ignored)) * pinned * falling
    }

    pub(super) fn record<'p>(&self, past: &[&'p Past]) -> Record<'p> {
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
            Scope::Client | Scope::Burst => concerning.clone(),
            Scope::Alone | Scope::Pinned | Scope::Kept => personal.clone(),
        };
        let prefers = |subject: &Subject| subject.person.prefers == Some(Preference::Email);
        Record {
            concerning,
            own,
            personal,
            bursts: match self.scope {
                Scope::Burst => those(&|nudge| nudge.nudge.form == Form::Burst),
                Scope::Client | Scope::Alone | Scope::Pinned | Scope::Kept => Vec::new(),
            },
            last_one_on_one: self.reliance.last_one_on_one,
            prefers_email: self.subject.is_some_and(prefers),
        }
    }

    /// What would be said.
    pub(super) fn nudge(
        &self,
        record: &Record<'_>,
        moment: &Moment<'_>,
        policy: &Policy,
    ) -> Option<Nudge> {
        let subject = self.subject?;
        let today = moment.today();
        let ignored = record.ignored(today, policy);
        let sure = self.reliance.confidence;
        let form = match (self.burst, record.asks_to_stop(today, policy)) {
            (Some(_), _) => Form::Burst,
            (None, true) => Form::LastQuestion,
            (None, false) if Confidence::of(sure) == Confidence::Low => Form::Question,
            (None, false) => Form::Suggestion,
        };
        let slot = (ignored > 0).then(|| moment.slot(policy)).flatten();
        let occasion = Occasion { form, burst: self.burst, slot };
        let Said { reason, suggestion } =
            words::say(&subject.person, &subject.reliance, occasion, moment);
        Some(Nudge {
            person: subject.person.id.clone(),
            name: crate::text::Shown(&subject.person.name).to_string(),
            client: self.client_id(),
            verdict: self.verdict(),
            form,
            certainty: (sure * 100.0).round() as u8,
            booked: self.reliance.booked,
            reason,
            suggestion,
            at: moment.now.timestamp(),
        })
    }

    fn verdict(&self) -> Verdict {
        self.reliance.verdict
    }

    pub(super) fn held(&self, why: Suppressed) -> Held {
        Held {
            person: self.subject.map(|subject| subject.person.id.clone()),
            client: self.client_id(),
            verdict: self.verdict(),
            why,
        }
    }

    fn client_id(&self) -> Option<ClientId> {
        let own = self.subject.and_then(|subject| subject.person.client.clone());
        self.client.map(|client| client.client.id.clone()).or(own)
    }

    /// A fixed order among equals.
    pub(super) fn order(&self) -> impl Ord + use<'_, 'a> {
        let id = self.client.map(|client| &client.client.id);
        (id, self.subject.map(|subject| &subject.person.id), self.scope)
    }
}

/// Whether a nudge of the past was one: an undelivered one was never seen, one that found no good
/// moment was never made.
pub(super) fn counts(nudge: &Past) -> bool {
    match nudge.stage {
        Stage::Undelivered | Stage::Missed => false,
        Stage::Claimed | Stage::Shown | Stage::Dismissed | Stage::HeldOut | Stage::Answered(_) => {
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nudge::tests::{couple, due};
    use crate::reliance::Share;

    /// W16, to its printed digits.
    #[test]
    fn w16_priority_weighs_tier_silence_share_and_what_was_ignored() {
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
                    burst: None,
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
