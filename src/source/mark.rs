//! What a cursor remembers of a file or directory, and when that may be believed.
//!
//! A stamp taken in the same tick as a change does not show a second change in that tick. So, as
//! git does with its index, a stamp is believed later only if the change it shows was already old
//! when it was taken; a young one is looked at once more. Listing everything every time would be
//! simpler and would cost a directory of 100,000 names a tenth of a second at every look.

use jiff::Timestamp;

use super::disk::Stamp;

/// How old a change has to be, in nanoseconds: file systems with two-second clocks are still met.
const SETTLED: i128 = 2_000_000_000;

/// Whether another change may hide behind a stamp taken at `now`. One from a future that is no tick
/// away hides none: the next change is dated by the clock of today.
pub(super) fn is_young(stamp: &Stamp, now: Timestamp) -> bool {
    (now.as_nanosecond() - stamp.modified).abs() <= SETTLED
}

/// A stamp with a judgement, as bytes in a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    stamp: Stamp,
    settled: bool,
}

impl Mark {
    /// The mark of what was looked at after `stamp` was taken, by a scan that began at `now`.
    pub(super) fn new(stamp: Stamp, now: Timestamp) -> Self {
        Self { stamp, settled: stamp.modified.saturating_add(SETTLED) < now.as_nanosecond() }
    }

    /// Whether the change it shows was old already.
    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    /// The same, not to be believed: of what is only half read.
    pub(super) fn unsettled(self) -> Self {
        Self { settled: false, ..self }
    }

    /// Whether nothing can have changed since.
    pub(super) fn vouches_for(&self, stamp: &Stamp) -> bool {
        self.settled && self.stamp == *stamp
    }

    /// Appends the bytes that [`Self::decode`] reads.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.settled.into());
        out.extend(self.stamp.inode.to_be_bytes());
        out.extend(self.stamp.size.to_be_bytes());
        out.extend(self.stamp.modified.to_be_bytes());
    }

    /// Takes a mark off the front; `None` when the bytes are not one.
    pub(super) fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let [settled] = take(bytes)?;
        let inode = u64::from_be_bytes(take(bytes)?);
        let size = u64::from_be_bytes(take(bytes)?);
        let modified = i128::from_be_bytes(take(bytes)?);
        Some(Self { stamp: Stamp { inode, size, modified }, settled: settled == 1 })
    }
}

/// Takes so many bytes off the front.
pub(super) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*head)
}

/// The time in a stamp as mail knows it: never later than `now`, because a file from the future
/// was written by a wrong clock.
pub(super) fn time_of(stamp: &Stamp, now: Timestamp) -> Timestamp {
    Timestamp::from_nanosecond(stamp.modified).unwrap_or(now).min(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_young_stamp_is_not_believed() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let stamp = |age: i128| Stamp { inode: 1, size: 2, modified: now.as_nanosecond() - age };
        for (age, believed) in [(SETTLED + 1, true), (SETTLED, false), (0, false), (-9, false)] {
            let mark = Mark::new(stamp(age), now);
            assert_eq!(mark.vouches_for(&stamp(age)), believed, "{age}");
            assert!(!mark.vouches_for(&stamp(age + 1)), "{age}");
        }
    }

    #[test]
    fn a_change_hides_only_in_the_same_tick() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let stamp = |age: i128| Stamp { inode: 1, size: 2, modified: now.as_nanosecond() - age };
        for (age, young) in [(SETTLED + 1, false), (SETTLED, true), (0, true), (-9, true)] {
            assert_eq!(is_young(&stamp(age), now), young, "{age}");
        }
        assert!(!is_young(&stamp(-SETTLED - 1), now));
    }

    #[test]
    fn marks_survive_the_cursor() {
        let stamp = Stamp { inode: u64::MAX, size: 7, modified: -1 };
        let mark = Mark::new(stamp, Timestamp::UNIX_EPOCH);
        let mut bytes = Vec::new();
        mark.encode(&mut bytes);
        bytes.push(9);
        let mut rest = &bytes[..];
        assert_eq!(Mark::decode(&mut rest), Some(mark));
        assert_eq!(rest, [9]);
        assert_eq!(Mark::decode(&mut &bytes[..5]), None);
    }
}
