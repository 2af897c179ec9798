//! Which source is looked at when.
//!
//! A source is looked at when something woke it, when its turn comes, and again after a failure,
//! later each time. One look at a time for each; a wake-up during a look means one more after it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::batch::Batch;
use crate::source::Progress;
use crate::source::net::Pace;
use crate::store::{Recorded, SourceId};

/// How long between two looks that nothing asked for: network mounts send no wake-ups.
const EVERY: SignedDuration = SignedDuration::from_mins(15);
/// A wake-up is often the first of several: a file is written, closed, renamed.
const SETTLE: SignedDuration = SignedDuration::from_millis(250);
/// How long between two looks at what only waits for the user, who may come back at any moment.
const WAITING: SignedDuration = SignedDuration::from_mins(1);
/// First and longest wait after failures.
const RETRY: (SignedDuration, SignedDuration) =
    (SignedDuration::from_mins(1), SignedDuration::from_hours(6));
/// A look that has brought nothing for so long is no longer waited for: a mount that hangs must not
/// keep what the other sources brought from being judged.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);
/// A look that has brought nothing for so long is stuck.
const STUCK: SignedDuration = SignedDuration::from_mins(10);

/// What the looks at one source have brought since the program began.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// What was stored.
    pub recorded: Recorded,
    /// What could not be read: how often for each reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// The first few places that could not be read, for `--verbose`; not yet safe to show.
    pub places: Vec<(String, &'static str)>,
    /// Why the last look failed; `None` when it did not.
    pub failed: Option<String>,
    /// How far the running look has come.
    pub progress: Progress,
}

/// Places kept of a source.
const PLACES: usize = 100;

impl Seen {
    /// Counts a batch that was stored.
    pub(super) fn count(&mut self, batch: &Batch, recorded: Recorded, progress: Progress) {
        self.recorded += recorded;
        for skipped in &batch.skipped {
            *self.skipped.entry(skipped.why).or_default() += 1;
            if self.places.len() < PLACES {
                self.places.push((skipped.place.clone(), skipped.why));
            }
        }
        self.progress = progress;
    }
}

#[derive(Debug)]
struct State {
    seen: Seen,
    looking: bool,
    hanging: bool,
    again: bool,
    ever: bool,
    failures: u32,
    /// Not before the user has done something.
    stopped: bool,
    heard: Timestamp,
    next: Timestamp,
}

/// The sources and their turns.
#[derive(Debug, Default)]
pub struct Sources {
    states: BTreeMap<SourceId, State>,
    random: u64,
}

impl Sources {
    /// Takes a number of its own, so that not all the world asks a server that is back at the same
    /// moment.
    pub fn shuffle(&mut self, seed: u64) {
        self.random = seed;
    }

    /// All of these are due now; what is known of those that stay, stays. One that was stopped goes
    /// on: this is what the user has done.
    pub fn replace(&mut self, ids: impl IntoIterator<Item = SourceId>, now: Timestamp) {
        let mut old = std::mem::take(&mut self.states);
        for id in ids {
            let state = old.remove(&id).unwrap_or_else(|| State {
                seen: Seen::default(),
                looking: false,
                hanging: false,
                again: false,
                ever: false,
                failures: 0,
                stopped: false,
                heard: now,
                next: now,
            });
            self.states.insert(id, State { next: now, stopped: false, ..state });
        }
    }

    /// The sources whose look has been silent for too long, and had not before: they are no longer
    /// waited for.
    pub fn take_hanging(&mut self, now: Timestamp) -> Vec<SourceId> {
        let silent = |state: &State| state.looking && state.heard + PATIENCE <= now;
        let states = self.states.iter_mut();
        let begun = states.filter_map(|(id, state)| {
            let hanging = silent(state);
            let before = std::mem::replace(&mut state.hanging, hanging);
            (hanging && !before).then_some(*id)
        });
        begun.collect()
    }

    /// The sources whose turn it is; they count as being looked at from now on.
    pub fn take_due(&mut self, now: Timestamp) -> Vec<SourceId> {
        let due = self
            .states
            .iter_mut()
            .filter(|(_, state)| !state.looking && !state.stopped && state.next <= now);
        due.map(|(id, state)| {
            (state.looking, state.again, state.heard) = (true, false, now);
            *id
        })
        .collect()
    }

    /// Something changed there. Files come in company; what a server tells is all there is to wait
    /// for, and is looked at at once.
    pub fn wake(&mut self, id: SourceId, by_server: bool, now: Timestamp) {
        if let Some(state) = self.states.get_mut(&id) {
            state.again = state.looking;
            state.next = state.next.min(if by_server { now } else { now + SETTLE });
        }
    }

    /// A look brought something.
    pub fn heard(&mut self, id: SourceId, now: Timestamp) -> Option<&mut Seen> {
        let state = self.states.get_mut(&id)?;
        (state.heard, state.hanging) = (now, false);
        Some(&mut state.seen)
    }

    /// A look came to its end, well or with a sentence of what went wrong. Whether it has stopped
    /// the source, which is news once.
    pub fn ended(
        &mut self,
        id: SourceId,
        outcome: Result<(), (String, Pace)>,
        now: Timestamp,
    ) -> bool {
        self.random = self.random.rotate_left(23).wrapping_add(0x9E37_79B9_7F4A_7C15);
        let Some(state) = self.states.get_mut(&id) else { return false };
        (state.looking, state.hanging, state.ever) = (false, false, true);
        let (failed, pace) = outcome.err().unzip();
        state.seen.failed = failed;
        state.failures = match pace {
            None | Some(Pace::Waiting) => 0,
            Some(Pace::Later | Pace::NotBefore(_) | Pace::Stopped) => {
                state.failures.saturating_add(1)
            }
        };
        state.next = match (pace, std::mem::take(&mut state.again)) {
            (None, true) => now + SETTLE,
            (None, false) => now + EVERY,
            (Some(Pace::Waiting), _) => now + WAITING,
            (Some(Pace::Later | Pace::Stopped), _) => now + retry(state.failures, self.random),
            (Some(Pace::NotBefore(wait)), _) => {
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO);
                now + retry(state.failures, self.random).max(wait)
            }
        };
        state.stopped = pace == Some(Pace::Stopped);
        state.stopped
    }

    /// Whether every source has been looked at, none is being looked at, waited for or not, and
    /// none has stopped.
    pub fn still(&self) -> bool {
        self.states.values().all(|state| state.ever && !state.looking && !state.stopped)
    }

    /// Whether any look is under way that is worth waiting for.
    pub fn busy(&self) -> bool {
        self.states.values().any(|state| state.looking && !state.hanging)
    }

    /// Whether every source has been looked at, well or not, or hangs.
    pub fn all_seen(&self) -> bool {
        self.states.values().all(|state| state.ever || state.hanging)
    }

    /// Whether a look has brought nothing for so long that something must be wrong.
    pub fn stuck(&self, now: Timestamp) -> bool {
        let silent = |state: &State| state.looking && now.duration_since(state.heard) > STUCK;
        self.states.values().any(silent)
    }

    /// When the next turn comes, or the patience with a look ends.
    pub fn next(&self) -> Option<Timestamp> {
        let next = |state: &State| match (state.looking, state.hanging) {
            (false, _) => Some(state.next).filter(|_| !state.stopped),
            (true, false) => Some(state.heard + PATIENCE),
            (true, true) => None,
        };
        self.states.values().filter_map(next).min()
    }

    /// Everything is due: the machine slept, or the clock jumped. A look under way has brought
    /// nothing meanwhile through no fault of its own.
    pub fn all_due(&mut self, now: Timestamp) {
        for state in self.states.values_mut() {
            (state.next, state.heard) = (now, now);
        }
    }

    /// What each source has brought.
    pub fn seen(&self) -> impl Iterator<Item = (SourceId, &Seen)> {
        self.states.iter().map(|(id, state)| (*id, &state.seen))
    }
}

/// A minute, twice as long each time, six hours at most; by chance up to a fifth less.
fn retry(failures: u32, random: u64) -> SignedDuration {
    let (first, most) = RETRY;
    let wait = first.checked_mul(1 << failures.saturating_sub(1).min(20));
    let wait = wait.map_or(most, |wait| wait.min(most));
    let fifth = wait.as_secs() / 5;
    let less = i64::try_from(random >> 33).unwrap_or(0) % fifth.max(1);
    wait - SignedDuration::from_secs(less)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_tried_again_later_and_later_but_never_at_a_common_moment() {
        for (failures, least, most) in
            [(1, 48, 60), (2, 96, 120), (3, 192, 240), (9, 12_288, 15_360), (99, 17_280, 21_600)]
        {
            for random in [0, u64::MAX, 0x1234_5678_9ABC_DEF0] {
                let wait = retry(failures, random).as_secs();
                assert!((least..=most).contains(&wait), "{failures}: {wait}");
            }
        }
        assert_ne!(retry(5, 7 << 33), retry(5, 8 << 33));
    }

    #[test]
    fn a_server_that_asks_to_be_left_alone_is_and_one_that_refuses_us_waits_for_the_user() {
        let now = Timestamp::UNIX_EPOCH;
        let folder = tempfile::tempdir().unwrap();
        let mut store = crate::store::Store::open(&folder.path().join("hallway.sqlite")).unwrap();
        let id = store.source(crate::store::Kind::Calendar, "work").unwrap();
        let mut sources = Sources::default();
        sources.replace([id], now);
        let mut ended = |pace| {
            sources.take_due(now);
            sources.ended(id, Err(("why".to_owned(), pace)), now);
            sources.next().map(|next| next.duration_since(now).as_secs())
        };
        let hour = std::time::Duration::from_secs(3_600);
        assert_eq!(ended(Pace::NotBefore(hour)), Some(3_600));
        let minutes = ended(Pace::Later);
        assert!(minutes.is_some_and(|seconds| seconds <= 120), "{minutes:?}");
        assert_eq!(ended(Pace::Stopped), None);
    }
}
