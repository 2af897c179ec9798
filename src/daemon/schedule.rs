//! Which source is looked at when.
//!
//! A source is looked at when something woke it, when its turn comes, and again after a failure,
//! later each time. One look at a time for each; a wake-up during a look means one more after it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::batch::Batch;
use crate::source::Progress;
use crate::store::{Recorded, SourceId};

/// How long between two looks that nothing asked for: network mounts send no wake-ups.
const EVERY: SignedDuration = SignedDuration::from_mins(15);
/// A wake-up is often the first of several: a file is written, closed, renamed.
const SETTLE: SignedDuration = SignedDuration::from_millis(250);
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
    heard: Timestamp,
    next: Timestamp,
}

/// The sources and their turns.
#[derive(Debug, Default)]
pub struct Sources {
    states: BTreeMap<SourceId, State>,
}

impl Sources {
    /// All of these are due now; what is known of those that stay, stays.
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
                heard: now,
                next: now,
            });
            self.states.insert(id, State { next: now, ..state });
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
        let due = self.states.iter_mut().filter(|(_, state)| !state.looking && state.next <= now);
        due.map(|(id, state)| {
            (state.looking, state.again, state.heard) = (true, false, now);
            *id
        })
        .collect()
    }

    /// Something changed there.
    pub fn wake(&mut self, id: SourceId, now: Timestamp) {
        if let Some(state) = self.states.get_mut(&id) {
            state.again = state.looking;
            state.next = state.next.min(now + SETTLE);
        }
    }

    /// A look brought something.
    pub fn heard(&mut self, id: SourceId, now: Timestamp) -> Option<&mut Seen> {
        let state = self.states.get_mut(&id)?;
        (state.heard, state.hanging) = (now, false);
        Some(&mut state.seen)
    }

    /// A look came to its end, well or with a sentence of what went wrong.
    pub fn ended(&mut self, id: SourceId, outcome: Result<(), String>, now: Timestamp) {
        let Some(state) = self.states.get_mut(&id) else { return };
        (state.looking, state.hanging, state.ever) = (false, false, true);
        state.failures = if outcome.is_ok() { 0 } else { state.failures.saturating_add(1) };
        state.seen.failed = outcome.err();
        state.next = match (state.failures, std::mem::take(&mut state.again)) {
            (0, true) => now + SETTLE,
            (0, false) => now + EVERY,
            (failures, _) => now + retry(failures),
        };
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
            (false, _) => Some(state.next),
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

/// A minute, twice as long each time, six hours at most.
fn retry(failures: u32) -> SignedDuration {
    let (first, most) = RETRY;
    first.checked_mul(1 << failures.saturating_sub(1).min(20)).map_or(most, |wait| wait.min(most))
}
