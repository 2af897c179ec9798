//! A talk that left its trace neither in a mailbox nor in a calendar: one that somebody told of.

use jiff::Timestamp;

use crate::mail::AddrSpec;

/// How two people talked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// By voice or video.
    Call,
    /// In one place.
    Visit,
}

/// One talk with one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// With whom: any address of the person.
    pub with: AddrSpec,
    /// How.
    pub how: How,
    /// When it began; equal for the same talk told twice, so that it counts once.
    pub start: Timestamp,
    /// How long; `None` when not told.
    pub minutes: Option<u32>,
    /// When the user told of it: before that nobody could know.
    pub told: Timestamp,
}
