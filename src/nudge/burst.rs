//! Whether the mail goes back and forth just now, and whom the user has just written to.
//!
//! A long thread between two people in two days is the one moment at which a call is worth more
//! than the next message. It is rare: at the rate of a public corpus of real mail once in two years
//! (8,431 threads of 28 people), so it may speak up, once a week at most.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::interaction::Direction;
use crate::people::{Person, PersonId};

/// How far back a burst reaches.
const SPAN: SignedDuration = SignedDuration::from_hours(48);
/// Messages of one thread from which on it is one.
const MESSAGES: usize = 6;
/// Changes of direction in it: somebody who writes six times unanswered is no conversation.
const TURNS: usize = 3;
/// How long after a message the person written to is still in mind.
const IN_MIND: SignedDuration = SignedDuration::from_mins(15);

/// A message between the user and one person alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// When.
    pub at: Timestamp,
    /// Who wrote it.
    pub direction: Direction,
    /// Its thread; `None` when it belongs to none.
    pub thread: Option<u64>,
}

/// A thread that goes back and forth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// Its messages in the last two days.
    pub messages: usize,
}

/// What was written lately between the user and each person alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lately {
    bursts: BTreeMap<PersonId, Burst>,
    written: BTreeMap<PersonId, Timestamp>,
}

impl Lately {
    /// Nothing.
    pub const NOTHING: Self = Self { bursts: BTreeMap::new(), written: BTreeMap::new() };

    /// What the messages of the last two days come to at a moment; older and later ones are left
    /// out. Neither their order nor a repetition matters.
    pub fn at(now: Timestamp, messages: &[(PersonId, Written)]) -> Self {
        let mut lately = Self::default();
        let mut threads: BTreeMap<(&PersonId, u64), Vec<Written>> = BTreeMap::new();
        for (person, message) in messages {
            let age = now.duration_since(message.at);
            if age < SignedDuration::ZERO || age >= SPAN {
                continue;
            }
            if message.direction == Direction::Out {
                let last = lately.written.entry(person.clone()).or_insert(message.at);
                *last = message.at.max(*last);
            }
            if let Some(thread) = message.thread {
                threads.entry((person, thread)).or_default().push(*message);
            }
        }
        for ((person, _), mut thread) in threads {
            thread.sort_unstable_by_key(|message| (message.at, message.direction));
            thread.dedup();
            let turns = thread
                .array_windows::<2>()
                .filter(|[before, after]| before.direction != after.direction)
                .count();
            let burst = Burst { messages: thread.len() };
            let longest = lately.bursts.get(person).map_or(0, |known| known.messages);
            if burst.messages >= MESSAGES && turns >= TURNS && burst.messages > longest {
                lately.bursts.insert(person.clone(), burst);
            }
        }
        lately
    }

    /// The burst with somebody.
    pub(super) fn burst(&self, person: &Person) -> Option<Burst> {
        self.bursts.get(&person.id).copied()
    }

    /// Whether the user wrote to somebody within the last quarter of an hour.
    pub(super) fn just_written(&self, person: &Person, now: Timestamp) -> bool {
        let last = self.written.get(&person.id);
        last.is_some_and(|at| *at <= now && now.duration_since(*at) <= IN_MIND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::AddrSpec;

    /// `+` is mine, `-` is theirs, each twenty minutes after the one before; a blank starts another
    /// thread.
    fn check(text: &str, expect: Option<usize>) {
        let now: Timestamp = "2024-03-04T12:00:00Z".parse().unwrap();
        let anna = PersonId(AddrSpec::parse("anna@acme.test").unwrap());
        let (mut thread, mut messages) = (1, Vec::new());
        for (n, letter) in text.chars().rev().enumerate() {
            let at = now - SignedDuration::from_mins(20 * i64::try_from(n).unwrap());
            let direction = match letter {
                '+' => Direction::Out,
                '-' => Direction::In,
                _ => {
                    thread += 1;
                    continue;
                }
            };
            messages.push((anna.clone(), Written { at, direction, thread: Some(thread) }));
        }
        let lately = Lately::at(now, &messages);
        assert_eq!(lately.bursts.get(&anna).map(|burst| burst.messages), expect, "{text}");
        messages.extend(messages.clone());
        messages.reverse();
        assert_eq!(Lately::at(now, &messages), lately, "{text}");
    }

    #[test]
    fn a_burst_is_six_messages_of_one_thread_with_three_turns() {
        check("+-+-+-", Some(6));
        check("+--+--+-", Some(8));
        check("+-+-+", None);
        check("++++++++", None);
        check("+++--+++", None);
        check("+++-++-", Some(7));
        check("+-+ -+-", None);
        check("", None);
    }

    #[test]
    fn two_days_ago_is_over_and_a_quarter_of_an_hour_is_now() {
        let now: Timestamp = "2024-03-04T12:00:00Z".parse().unwrap();
        let person = crate::nudge::tests::person("anna@acme.test", None);
        let message = |minutes: i64, direction| {
            let at = now - SignedDuration::from_mins(minutes);
            (person.id.clone(), Written { at, direction, thread: Some(1) })
        };
        let old: Vec<_> = (0..8)
            .map(|n| message(48 * 60 - 5 + n, [Direction::In, Direction::Out][n as usize % 2]))
            .collect();
        assert_eq!(Lately::at(now, &old).burst(&person), None);
        let check = |minutes, direction, expect| {
            let lately = Lately::at(now, &[message(minutes, direction)]);
            assert_eq!(lately.just_written(&person, now), expect, "{minutes}");
        };
        check(0, Direction::Out, true);
        check(15, Direction::Out, true);
        check(16, Direction::Out, false);
        check(-1, Direction::Out, false);
        check(3, Direction::In, false);
    }
}
