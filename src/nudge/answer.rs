//! What an answer changes, as values: the loop stores them, nothing happens here.

use jiff::{Timestamp, ToSpan, Zoned};

use super::policy::Policy;
use super::{Answer, Nudge};
use crate::call::Call;
use crate::people::{Choice, Decision, Preference};

/// Something to write down after an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// A talk that took place: a fact like any other.
    Record(Call),
    /// What the user decided about the person.
    Decide(Decision),
}

/// What follows from an answer given now; nothing, where the user only wants to see more.
pub fn consequences(
    answer: Answer,
    nudge: &Nudge,
    now: &Zoned,
    policy: &Policy,
) -> Vec<Consequence> {
    let about = nudge.person.0.clone();
    let at = now.timestamp();
    let choice = match answer {
        Answer::Talked(how) => {
            let call = Call { with: about, how, start: to_the_minute(at), minutes: None, told: at };
            return vec![Consequence::Record(call)];
        }
        Answer::Spoke(how) => {
            // A button cannot ask when, so the day before stands for it; "hallway talked" can.
            let day = nudge.at.to_zoned(now.time_zone().clone()).date().saturating_sub(1.day());
            let noon = day.at(12, 0, 0, 0).to_zoned(now.time_zone().clone());
            let start = noon.map_or(nudge.at, |noon| noon.timestamp());
            let call = Call { with: about, how, start, minutes: None, told: at };
            return vec![Consequence::Record(call)];
        }
        Answer::Show | Answer::NotYet | Answer::KeepReminding => return Vec::new(),
        Answer::Later => {
            // The day named still rests, so that "in a week" falls on the same day of the week.
            let last = i64::from(policy.later_days) - 1;
            Choice::LaterUntil(now.date().saturating_add(last.days()))
        }
        Answer::PrefersEmail => Choice::Prefers(Some(Preference::Email)),
        Answer::NotAClient => Choice::NotAClient,
    };
    vec![Consequence::Decide(Decision { at, about, choice })]
}

/// Pressing twice tells of the same talk.
fn to_the_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::How;
    use crate::mail::AddrSpec;
    use crate::nudge::Form;
    use crate::nudge::tests::policy;
    use crate::people::PersonId;
    use crate::reliance::Verdict;

    fn check(answer: Answer, expect: &[Consequence]) {
        let now: Zoned = "2024-03-29T16:20:45+01:00[Europe/Berlin]".parse().unwrap();
        let nudge = Nudge {
            person: PersonId(AddrSpec::parse("anna@acme.test").unwrap()),
            name: "Anna Berg".to_owned(),
            client: None,
            verdict: Verdict::EmailOnly,
            form: Form::Suggestion,
            certainty: 90,
            booked: None,
            reason: String::new(),
            suggestion: String::new(),
            at: now.timestamp(),
        };
        assert_eq!(consequences(answer, &nudge, &now, &policy()), expect);
    }

    fn decide(choice: Choice) -> Consequence {
        let about = AddrSpec::parse("anna@acme.test").unwrap();
        Consequence::Decide(Decision { at: "2024-03-29T15:20:45Z".parse().unwrap(), about, choice })
    }

    #[test]
    fn a_talk_becomes_a_fact_of_this_minute() {
        let with = AddrSpec::parse("anna@acme.test").unwrap();
        let start = "2024-03-29T15:20:00Z".parse().unwrap();
        let told = "2024-03-29T15:20:45Z".parse().unwrap();
        for how in [How::Call, How::Visit] {
            let call = Call { with: with.clone(), how, start, minutes: None, told };
            check(Answer::Talked(how), &[Consequence::Record(call)]);
        }
    }

    /// ST11: told late, it counts for the day before the question.
    #[test]
    fn what_was_spoken_before_counts_from_before() {
        let with = AddrSpec::parse("anna@acme.test").unwrap();
        let start = "2024-03-28T11:00:00Z".parse().unwrap();
        let told = "2024-03-29T15:20:45Z".parse().unwrap();
        let call = Call { with, how: How::Call, start, minutes: None, told };
        check(Answer::Spoke(How::Call), &[Consequence::Record(call)]);
    }

    #[test]
    fn other_answers_become_decisions() {
        let day = jiff::civil::date(2024, 4, 4);
        check(Answer::Later, &[decide(Choice::LaterUntil(day))]);
        check(Answer::PrefersEmail, &[decide(Choice::Prefers(Some(Preference::Email)))]);
        check(Answer::NotAClient, &[decide(Choice::NotAClient)]);
        check(Answer::Show, &[]);
        check(Answer::NotYet, &[]);
        check(Answer::KeepReminding, &[]);
    }
}
