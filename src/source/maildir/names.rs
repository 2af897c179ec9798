//! The names of messages already read, as the cursor keeps them: a log.
//!
//! A message is known by a hash of its base name (the part before the `:` and the flags) and its
//! inode. Both stay when it is moved from `new` to `cur`, flagged, or moved to another folder, so
//! none of that costs a read; a copy has another inode and is read again, which only confirms the
//! fact. The inode also tells apart messages of programs that number each folder from one.
//!
//! Each batch appends a chunk of hashes, eight bytes a message; nothing is rewritten when a message
//! comes. Chunks are joined when many are small, and hashes of messages long gone are dropped when
//! they outnumber the living. One part a folder would be simpler and would write the whole folder's
//! names for each new message.

use sha2::{Digest, Sha256};

use crate::cursor::{Cursor, CursorChange};

/// What the name parts of a cursor begin with; the chunk's number follows.
const TAG: &[u8] = b"n/";

/// A chunk of fewer hashes counts as small, and so many small ones are joined.
const SMALL: usize = 500;
const MANY: usize = 64;

/// So many hashes more than messages are no reason to clean up.
const SLACK: u64 = 1000;

/// What a message is known by.
pub(super) fn hash(base: &[u8], inode: u64) -> u64 {
    let digest = Sha256::new_with_prefix(inode.to_be_bytes()).chain_update(base).finalize();
    digest.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

/// The log as it was at the last commit, and the number the next chunk gets.
#[derive(Debug)]
pub(super) struct Log<'c> {
    cursor: &'c Cursor,
    next: u64,
}

impl<'c> Log<'c> {
    pub(super) fn new(cursor: &'c Cursor) -> Self {
        let mut log = Self { cursor, next: 0 };
        let last = log.chunks().filter_map(|(key, _)| key.strip_prefix(TAG)).next_back();
        let last = last.and_then(|number| number.try_into().ok()).map(u64::from_be_bytes);
        log.next = last.map_or(0, |last| last.saturating_add(1));
        log
    }

    /// All names known, sorted.
    pub(super) fn known(&self) -> Vec<u64> {
        let mut known: Vec<_> = self.chunks().flat_map(|(_, value)| decode(value)).collect();
        known.sort_unstable();
        known
    }

    /// Whether so many names are of messages long gone that they are worth dropping, when this
    /// many are there.
    pub(super) fn is_stale(&self, living: u64) -> bool {
        let names: usize = self.chunks().map(|(_, value)| value.len() / size_of::<u64>()).sum();
        names as u64 > living.saturating_mul(2).saturating_add(SLACK)
    }

    /// Writes down that these were read.
    pub(super) fn append(&mut self, names: &[u64], change: &mut CursorChange) {
        if !names.is_empty() {
            let value = names.iter().flat_map(|name| name.to_be_bytes()).collect();
            change.put.push(([TAG, &self.next.to_be_bytes()].concat(), value));
            self.next += 1;
        }
    }

    /// Drops all names but those of the living, which are sorted.
    pub(super) fn keep(&mut self, living: &[u64], change: &mut CursorChange) {
        let mut kept = self.known();
        kept.dedup();
        kept.retain(|name| living.binary_search(name).is_ok());
        change.remove.extend(self.chunks().map(|(key, _)| key.clone()));
        self.append_in_chunks(&kept, change);
    }

    /// Joins the small chunks, if there are many.
    pub(super) fn join(&mut self, change: &mut CursorChange) {
        let small: Vec<_> =
            self.chunks().filter(|(_, value)| value.len() < SMALL * size_of::<u64>()).collect();
        if small.len() >= MANY {
            let names: Vec<_> = small.iter().flat_map(|(_, value)| decode(value)).collect();
            change.remove.extend(small.into_iter().map(|(key, _)| key.clone()));
            self.append_in_chunks(&names, change);
        }
    }

    fn append_in_chunks(&mut self, names: &[u64], change: &mut CursorChange) {
        names.chunks(2 * SMALL).for_each(|chunk| self.append(chunk, change));
    }

    fn chunks(&self) -> impl DoubleEndedIterator<Item = (&'c Vec<u8>, &'c Vec<u8>)> + use<'c> {
        let after = TAG.iter().copied().map(|byte| if byte == b'/' { b'0' } else { byte });
        self.cursor.parts.range(TAG.to_vec()..after.collect())
    }
}

fn decode(value: &[u8]) -> impl Iterator<Item = u64> {
    value
        .chunks_exact(size_of::<u64>())
        .filter_map(|name| name.try_into().ok().map(u64::from_be_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commits what a scan writes down.
    fn commit(cursor: &mut Cursor, write: impl FnOnce(&mut Log<'_>, &mut CursorChange)) -> usize {
        let mut change = CursorChange::default();
        write(&mut Log::new(cursor), &mut change);
        cursor.apply(&change);
        change.put.iter().map(|(key, value)| key.len() + value.len()).sum()
    }

    #[test]
    fn a_name_costs_a_few_bytes_and_a_thousandth_name_no_more() {
        let mut cursor = Cursor::default();
        let mut written = Vec::new();
        for name in 0..10_000 {
            written.push(commit(&mut cursor, |log, change| {
                log.join(change);
                log.append(&[name], change);
            }));
        }
        assert_eq!(Log::new(&cursor).known(), (0..10_000).collect::<Vec<_>>());
        assert!(cursor.parts.len() < 10_000 / SMALL + 2 * MANY, "{} parts", cursor.parts.len());
        assert!(written.iter().filter(|bytes| **bytes == 18).count() > 9_800);
        assert!(written.iter().sum::<usize>() < 10_000 * 100);
    }

    #[test]
    fn names_of_the_gone_are_dropped_when_they_outnumber_the_living() {
        let mut cursor = Cursor::default();
        cursor.parts.insert(b"n".to_vec(), vec![1; 80]);
        cursor.parts.insert(b"n0".to_vec(), vec![1; 80]);
        for start in (0..5_000).step_by(1_000) {
            let names: Vec<_> = (start..start + 1_000).collect();
            commit(&mut cursor, |log, change| log.append(&names, change));
        }
        assert!(!Log::new(&cursor).is_stale(2_000));
        assert!(Log::new(&cursor).is_stale(1_999));
        let living: Vec<_> = (4_500..9_000).collect();
        commit(&mut cursor, |log, change| log.keep(&living, change));
        assert_eq!(Log::new(&cursor).known(), (4_500..5_000).collect::<Vec<_>>());
        assert_eq!(cursor.parts.len(), 3);
        commit(&mut cursor, |log, change| log.keep(&[], change));
        assert!(Log::new(&cursor).known().is_empty());
    }

    #[test]
    fn a_name_is_its_base_and_its_inode() {
        assert_eq!(hash(b"1.a", 7), hash(b"1.a", 7));
        assert_ne!(hash(b"1.a", 7), hash(b"1.a", 8));
        assert_ne!(hash(b"1.a", 7), hash(b"1.b", 7));
    }
}
