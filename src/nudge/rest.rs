//! How long a client or a person is left in peace after a nudge.
//!
//! Reminders wear out: acceptance falls by 30 % with every further one (Ancker et al. 2017). So a
//! client rests after a nudge, longer when nudges are ignored, and after three in a row nothing
//! comes but a question in `status` and the digest. A talk resets it all.

use jiff::ToSpan;
use jiff::civil::Date;

use super::policy::Policy;
use super::suppressed::Suppressed;
use super::{Answer, Past, Stage};

/// Nudges ignored in a row after which there are no more; one fewer doubles the rest.
const STOP: u32 = 3;

/// The nudges of the past that concern one candidate.
pub(super) struct Record<'a> {
    /// About the client or anybody of it, or about the person.
    pub(super) concerning: Vec<&'a Past>,
    /// Those whose being ignored counts, oldest first: all of the client's when the client is due,
    /// those about the person when they stand for themselves.
    pub(super) own: Vec<&'a Past>,
    /// Those about the person.
    pub(super) personal: Vec<&'a Past>,
    /// The last one-on-one of whoever is due.
    pub(super) last_one_on_one: Option<Date>,
    /// Likes to be written to.
    pub(super) prefers_email: bool,
}

impl Record<'_> {
    /// Nudges ignored in a row: no answer, and no talk since. Wanting to see more is neither an
    /// answer nor silence.
    pub(super) fn ignored(&self) -> u32 {
        let mut ignored = 0;
        for nudge in self.own.iter().rev() {
            if self.last_one_on_one.is_some_and(|talk| talk >= nudge.day) {
                break;
            }
            match nudge.stage {
                Stage::Undelivered | Stage::Answered(Answer::Show) => {}
                Stage::Claimed | Stage::Shown | Stage::Dismissed => ignored += 1,
                Stage::Answered(
                    Answer::Talked(_) | Answer::Later | Answer::PrefersEmail | Answer::NotAClient,
                ) => break,
            }
        }
        ignored
    }

    /// Why the next nudge has to wait; `None` when it need not.
    ///
    /// "Later" is a request to come back, so it replaces the rest of that one nudge.
    pub(super) fn objection(&self, today: Date, policy: &Policy) -> Option<Suppressed> {
        let ignored = self.ignored();
        let rests = self.concerning.iter().map(|nudge| {
            let days = match nudge.stage {
                Stage::Answered(Answer::Later) => policy.later_days,
                _ => policy.client_rest_days,
            };
            (
                after(nudge.day, days),
                Suppressed::ClientRests { nudged: nudge.day, until: after(nudge.day, days) },
            )
        });
        // The third only waits out its own rest, to see whether it is ignored too.
        let backing_off = self.own.last().filter(|_| ignored == STOP - 1).map(|nudge| {
            let until = after(nudge.day, policy.client_rest_days.saturating_mul(2));
            (until, Suppressed::BackingOff { ignored, until })
        });
        let by_email = self.personal.last().filter(|_| self.prefers_email).map(|nudge| {
            let until = after(nudge.day, policy.email_rest_days);
            (until, Suppressed::PrefersEmail { until })
        });
        let longest = rests.chain(backing_off).chain(by_email).max_by_key(|(until, _)| *until);
        match (longest, ignored >= STOP) {
            (Some((until, why)), _) if today < until => Some(why),
            (Some(_) | None, true) => Some(Suppressed::Stopped { ignored }),
            (Some(_) | None, false) => None,
        }
    }
}

fn after(day: Date, days: u32) -> Date {
    day.saturating_add(i64::from(days).days())
}
