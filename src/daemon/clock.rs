//! The one place that reads the time.
//!
//! Everything else takes `now` as an argument: a year of a user's life runs through a test in a
//! second, and `--as-of` and `replay` are the ordinary code with another date.

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
