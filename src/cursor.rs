//! Where a source left off.
//!
//! A cursor is a map of parts, opaque to everybody but the source that wrote it: a Maildir keeps
//! the names it has read, an mbox its length, a calendar folder the state of each file. A batch
//! carries only what changed, so that one new message writes a few bytes and not the whole
//! mailbox, and the store commits it together with the facts it accounts for.

use std::collections::BTreeMap;

/// Everything a source wrote down at the last commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Name of the part to its value.
    pub parts: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// What changed since the cursor was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CursorChange {
    /// Parts to write, new or again.
    pub put: Vec<(Vec<u8>, Vec<u8>)>,
    /// Parts to forget.
    pub remove: Vec<Vec<u8>>,
}

impl CursorChange {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.remove.is_empty()
    }
}

impl Cursor {
    /// Applies a change, as the store does when it commits one.
    pub fn apply(&mut self, change: &CursorChange) {
        for name in &change.remove {
            self.parts.remove(name);
        }
        for (name, value) in &change.put {
            self.parts.insert(name.clone(), value.clone());
        }
    }
}
