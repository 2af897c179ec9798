//! How often, when and for how long: what the user allows, as plain values.
//!
//! No default is derived here: the settings build a policy from a file in which every default is
//! written down, so that there is one place to read them.

use jiff::civil::{Date, Time};

/// What the user allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Nudges on one local day; 1 unless the user wants more.
    pub per_day: u32,
    /// Nudges in one ISO week; 3 unless the user wants more.
    pub per_week: u32,
    /// Days from one nudge about a client to the next; 14. Twice that after two were ignored.
    pub client_rest_days: u32,
    /// Days from one nudge to the next about somebody who likes to be written to; 90.
    pub email_rest_days: u32,
    /// Days that "later" puts a person off; 7.
    pub later_days: u32,
    /// From when to when on an open day a nudge may come, in the user's zone; the end is not
    /// included. Never, when the end is not after the start.
    pub hours: (Time, Time),
    /// The first day a nudge may come; `None` for any. Set two weeks after the first scan, so that
    /// the user can correct who is who before anything speaks up.
    pub first_day: Option<Date>,
}
