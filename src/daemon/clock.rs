//! The one place that reads the time.
//!
//! Everything else takes `now` as an argument: a year of a user's life runs through a test in a
//! second, and `--as-of` and `replay` are the ordinary code with another date.

use std::time::Duration;

use jiff::Timestamp;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the one lawful reader of the clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A clock that only moves forward, for measuring how long something took.
#[expect(clippy::disallowed_methods, reason = "the one lawful reader of the clock")]
pub fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}

/// CLOCK_MONOTONIC as the service manager reads it: it wants to know when a reload began.
pub(super) fn since_boot() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or(0), nanos.unwrap_or(0))
}
