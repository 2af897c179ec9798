//! What a source hands over: facts, what it could not read, and how far it came.

use crate::calendar::Occurrence;
use crate::card::Card;
use crate::cursor::CursorChange;
use crate::mail::Envelope;

/// Some of what a source holds. Recording a batch twice changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Messages read.
    pub envelopes: Vec<Envelope>,
    /// Calendar object resources (RFC 4791 §4.1) read: each replaces what was known under its name.
    pub resources: Vec<Resource>,
    /// Files of an address book read: each replaces what was known under its name.
    pub cards: Vec<CardFile>,
    /// Names of calendar object resources, or files of cards, that are no longer there.
    pub gone: Vec<String>,
    /// What could not be read, one entry an item.
    pub skipped: Vec<Skipped>,
    /// How far the source has come when all of the above is stored.
    pub cursor: CursorChange,
}

/// One calendar file, or one event of a feed, as occurrences inside the source's window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its name inside the source, stable over scans.
    pub href: String,
    /// How many events it holds, recurring ones counted once.
    pub events: u32,
    /// The occurrences inside the window.
    pub occurrences: Vec<Occurrence>,
}

/// One file of an address book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFile {
    /// Its name inside the source, stable over scans.
    pub href: String,
    /// The humans in it.
    pub cards: Vec<Card>,
}

/// An item that was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Where it lies: a path or a position, lossily decoded, not yet safe to show.
    pub place: String,
    /// Why, as a fixed phrase: the summary counts by it.
    pub why: &'static str,
}
