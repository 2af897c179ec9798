//! How long a client or a person is left in peace after a nudge.
//!
//! Reminders wear out: acceptance falls by 30 % with every further one (Ancker et al. 2017). So a
//! client rests after a nudge, twice as long after two that were ignored, and after three in a row
//! comes one question: is email fine here? After that nothing, unless the user wants to be reminded
//! all the same; then rarely. A talk resets it all.

use jiff::ToSpan;
use jiff::civil::Date;

use super::candidate::counts;
use super::moment::monday;
use super::policy::Policy;
use super::suppressed::Suppressed;
use super::{Answer, Form, Past, Stage};

/// Nudges ignored in a row after which there are no more; one fewer doubles the rest.
const STOP: u32 = 3;
/// Days after "keep reminding" before the next one, and from each to the one after it.
const KEPT: (u32, u32) = (56, 90);
/// Open days without a good moment after which the digest has to do.
const MISSED: usize = 3;

/// The nudges of the past that concern one candidate.
pub(super) struct Record<'a> {
    /// About the client or anybody of it, or about the person.
    pub(super) concerning: Vec<&'a Past>,
    /// Those whose being ignored counts, oldest first: all of the client's when the client is due,
    /// those about the person when they stand for themselves.
    pub(super) own: Vec<&'a Past>,
    /// Those about the person.
    pub(super) personal: Vec<&'a Past>,
    /// Those that came of a burst, whoever they were about, where that is what would come.
    pub(super) bursts: Vec<&'a Past>,
    /// The last one-on-one of whoever is due.
    pub(super) last_one_on_one: Option<Date>,
    /// Likes to be written to.
    pub(super) prefers_email: bool,
}

/// What a row of nudges came to, told from the newest back to the last talk or answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Row {
    ignored: u32,
    /// The last question was asked and not answered.
    asked: bool,
    /// Nudges made since the user said to go on.
    kept: Option<u32>,
}

impl Record<'_> {
    /// Nudges ignored in a row: no answer and no talk in their rest. Wanting to see more is neither
    /// an answer nor silence.
    pub(super) fn ignored(&self, today: Date, policy: &Policy) -> u32 {
        self.row(today, policy).ignored
    }

    /// Whether what comes next is the last question.
    pub(super) fn asks_to_stop(&self, today: Date, policy: &Policy) -> bool {
        let row = self.row(today, policy);
        row.ignored >= STOP && !row.asked && row.kept.is_none() && !self.prefers_email
    }

    fn row(&self, today: Date, policy: &Policy) -> Row {
        let mut row = Row::default();
        let mut since = 0;
        for nudge in self.own.iter().rev() {
            if self.last_one_on_one.is_some_and(|talk| talk >= nudge.day) {
                break;
            }
            match (nudge.stage, nudge.nudge.form) {
                (Stage::Undelivered | Stage::Missed | Stage::HeldOut, _)
                | (
                    Stage::Answered(Answer::Show),
                    Form::Suggestion | Form::Question | Form::Burst,
                ) => {}
                (
                    Stage::Claimed
                    | Stage::Shown
                    | Stage::Dismissed
                    | Stage::Answered(Answer::Show),
                    Form::LastQuestion,
                ) => row.asked = true,
                (
                    Stage::Claimed | Stage::Shown | Stage::Dismissed,
                    Form::Suggestion | Form::Question | Form::Burst,
                ) => {
                    since += 1;
                    let over = after(nudge.day, policy.client_rest_days) <= today;
                    row.ignored += u32::from(over);
                }
                (Stage::Answered(Answer::KeepReminding), _) => {
                    row.kept = Some(since);
                    break;
                }
                (
                    Stage::Answered(
                        Answer::Talked(_)
                        | Answer::Spoke(_)
                        | Answer::NotYet
                        | Answer::Later
                        | Answer::PrefersEmail
                        | Answer::NotAClient,
                    ),
                    _,
                ) => break,
            }
        }
        row
    }

    /// Whether this day was already noted as one without a good moment.
    pub(super) fn missed_on(&self, today: Date) -> bool {
        self.own.iter().any(|nudge| nudge.stage == Stage::Missed && nudge.day == today)
    }

    /// Why the next nudge has to wait; `None` when it need not.
    ///
    /// "Later" is a request to come back, so it replaces the rest of that one nudge.
    pub(super) fn objection(&self, today: Date, policy: &Policy) -> Option<Suppressed> {
        let row = self.row(today, policy);
        let made = self.concerning.iter().filter(|nudge| counts(nudge));
        let rests = made.map(|nudge| {
            let days = match nudge.stage {
                Stage::Answered(Answer::Later) => policy.later_days,
                _ => policy.client_rest_days,
            };
            let until = after(nudge.day, days);
            (until, Suppressed::ClientRests { nudged: nudge.day, until })
        });
        let last = self.own.iter().rfind(|nudge| counts(nudge)).map(|nudge| nudge.day);
        let judged = last.is_some_and(|day| after(day, policy.client_rest_days) <= today);
        let distance = match row {
            Row { kept: Some(0), .. } => Some(KEPT.0),
            Row { kept: Some(_), .. } => Some(KEPT.1),
            // The third only waits out its own rest, to see whether it is ignored too.
            Row { ignored, .. } if ignored == STOP - 1 && judged => {
                Some(policy.client_rest_days.saturating_mul(2))
            }
            Row { .. } => None,
        };
        let backing_off = last.zip(distance).map(|(day, days)| {
            let until = after(day, days);
            let ignored = if row.kept.is_some() { 0 } else { row.ignored };
            (until, Suppressed::BackingOff { ignored, until })
        });
        let personal = self.personal.iter().rfind(|nudge| counts(nudge));
        let by_email = personal.filter(|_| self.prefers_email).map(|nudge| {
            let until = after(nudge.day, policy.email_rest_days);
            (until, Suppressed::PrefersEmail { until })
        });
        let no_moment = self.without_a_moment().map(|(first, last)| {
            let until = after(last, policy.client_rest_days);
            (until, Suppressed::NoMoment { since: first, until })
        });
        let burst = self.bursts.iter().filter(|nudge| counts(nudge)).map(|nudge| {
            let until = after(monday(nudge.day), 7);
            (until, Suppressed::ClientRests { nudged: nudge.day, until })
        });
        let longest = rests
            .chain(backing_off)
            .chain(by_email)
            .chain(no_moment)
            .chain(burst)
            .max_by_key(|(until, _)| *until);
        let answered = row.asked || self.prefers_email;
        match (longest, row.ignored >= STOP && answered) {
            (Some((until, why)), _) if today < until => Some(why),
            (Some(_) | None, true) => Some(Suppressed::Stopped { ignored: row.ignored }),
            (Some(_) | None, false) => None,
        }
    }

    /// The first and the last of three days without a good moment since the last nudge or talk.
    fn without_a_moment(&self) -> Option<(Date, Date)> {
        let since_talk = |day: Date| self.last_one_on_one.is_none_or(|talk| talk < day);
        let missed = self.own.iter().rev().take_while(|nudge| !counts(nudge));
        let missed = missed.filter(|nudge| nudge.stage == Stage::Missed && since_talk(nudge.day));
        let days: Vec<Date> = missed.map(|nudge| nudge.day).collect();
        // A third day begins the rest; when that is over, three more have to go by.
        match days.len() % MISSED {
            0 => Some((*days.get(MISSED - 1)?, *days.first()?)),
            _ => None,
        }
    }
}

fn after(day: Date, days: u32) -> Date {
    day.saturating_add(i64::from(days).days())
}
