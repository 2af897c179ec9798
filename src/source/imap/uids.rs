//! Sets of UIDs as ranges, the way IMAP writes them.

use std::fmt;

/// A set of UIDs. UIDs are never 0 (RFC 9051 §2.3.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uids(Vec<(u32, u32)>);

impl Uids {
    /// One range, both ends in it; empty when they are the wrong way round.
    pub fn range(first: u32, last: u32) -> Self {
        [(first, last)].into_iter().collect()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    /// The ranges, lowest first.
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// The highest.
    pub fn last(&self) -> Option<u32> {
        self.0.last().map(|(_, last)| *last)
    }

    /// Whether a UID is in it.
    pub fn contains(&self, uid: u32) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < uid);
        self.0.get(at).is_some_and(|(first, _)| *first <= uid)
    }

    /// Puts a range in.
    pub fn insert(&mut self, first: u32, last: u32) {
        let first = first.max(1);
        if first > last {
            return;
        }
        // Neighbors are joined, so the ranges that touch this one are replaced by it.
        let from = self.0.partition_point(|(_, end)| end.saturating_add(1) < first);
        let to = self.0.partition_point(|(start, _)| *start <= last.saturating_add(1));
        let touched = self.0.get(from..to).unwrap_or_default();
        let first = touched.first().map_or(first, |(start, _)| first.min(*start));
        let last = touched.last().map_or(last, |(_, end)| last.max(*end));
        self.0.splice(from..to.max(from), [(first, last)]);
    }

    /// Puts all of another set in.
    pub fn extend(&mut self, other: &Self) {
        for (first, last) in &other.0 {
            self.insert(*first, *last);
        }
    }

    /// What is in this set and not in the other.
    pub fn without(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        for &(first, last) in &self.0 {
            let mut next = Some(first);
            let from = other.0.partition_point(|(_, end)| *end < first);
            for &(start, end) in other.0.get(from..).unwrap_or_default() {
                let Some(at) = next.filter(|at| *at <= last && start <= last) else { break };
                if start > at {
                    out.push((at, start - 1));
                }
                next = end.checked_add(1).map(|after| after.max(at));
            }
            out.extend(next.filter(|at| *at <= last).map(|at| (at, last)));
        }
        Self(out)
    }

    /// Takes at most so many off the top.
    pub fn take_last(&mut self, count: u32) -> Self {
        let mut taken = Vec::new();
        let mut left = count;
        while left > 0
            && let Some((first, last)) = self.0.pop()
        {
            if last - first < left {
                taken.push((first, last));
                left -= last - first + 1;
            } else {
                let from = last - (left - 1);
                taken.push((from, last));
                self.0.push((first, from - 1));
                left = 0;
            }
        }
        taken.reverse();
        Self(taken)
    }

    /// Halves it, the lower half first; `None` for fewer than two.
    pub fn halves(mut self) -> Option<(Self, Self)> {
        let half = u32::try_from(self.len() / 2).ok().filter(|half| *half > 0)?;
        let upper = self.take_last(half);
        Some((self, upper))
    }

    /// Reads a set of numbers, as ESEARCH and VANISHED have it; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut uids = Self::default();
        for part in text.split(',') {
            let (first, last) = part.split_once(':').unwrap_or((part, part));
            let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
            uids.insert(first.min(last), first.max(last));
        }
        Some(uids)
    }
}

impl FromIterator<(u32, u32)> for Uids {
    fn from_iter<I: IntoIterator<Item = (u32, u32)>>(ranges: I) -> Self {
        let mut uids = Self::default();
        for (first, last) in ranges {
            uids.insert(first, last);
        }
        uids
    }
}

impl fmt::Display for Uids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (first, last)) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            match first == last {
                true => write!(f, "{first}")?,
                false => write!(f, "{first}:{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn written_and_read() {
        for (text, again) in [
            ("1", Some("1")),
            ("3:1,7,9:9,4", Some("1:4,7,9")),
            ("4294967295,4294967294", Some("4294967294:4294967295")),
            ("0", Some("")),
            ("", None),
            ("1:*", None),
            ("1,,2", None),
        ] {
            let uids = Uids::parse(text);
            assert_eq!(uids.map(|uids| uids.to_string()).as_deref(), again, "{text}");
        }
    }

    #[test]
    fn the_newest_come_first() {
        let mut uids: Uids = [(1, 3), (7, 7), (10, 14)].into_iter().collect();
        assert_eq!(uids.take_last(2).to_string(), "13:14");
        assert_eq!(uids.take_last(5).to_string(), "3,7,10:12");
        assert_eq!(uids.take_last(9).to_string(), "1:2");
        assert!(uids.take_last(9).is_empty() && uids.is_empty());
        let (lower, upper) = Uids::range(1, 5).halves().unwrap();
        assert_eq!((lower.to_string(), upper.to_string()), ("1:3".into(), "4:5".into()));
        assert!(Uids::range(7, 7).halves().is_none());
    }

    proptest! {
        /// A set of ranges is a set.
        #[test]
        fn agrees_with_a_set(
            put in prop::collection::vec((0_u32..60, 0_u32..6), 0..20),
            out in prop::collection::vec((0_u32..60, 0_u32..6), 0..20),
            take in 0_u32..40,
        ) {
            let ranges = |list: &[(u32, u32)]| -> Uids {
                list.iter().map(|(first, more)| (*first, first + more)).collect()
            };
            let numbers = |list: &[(u32, u32)]| -> BTreeSet<u32> {
                let all = list.iter().flat_map(|(first, more)| *first..=first + more);
                all.filter(|uid| *uid > 0).collect()
            };
            let list = |uids: &Uids| -> Vec<u32> {
                uids.ranges().iter().flat_map(|(first, last)| *first..=*last).collect()
            };
            let (a, b) = (ranges(&put), ranges(&out));
            let (x, y) = (numbers(&put), numbers(&out));
            prop_assert_eq!(list(&a), x.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(a.len(), x.len() as u64);
            prop_assert_eq!(list(&a.without(&b)), x.difference(&y).copied().collect::<Vec<_>>());
            prop_assert!((0..70).all(|uid| a.contains(uid) == x.contains(&uid)));
            if !a.is_empty() {
                prop_assert_eq!(Uids::parse(&a.to_string()), Some(a.clone()));
            }
            let mut rest = a.clone();
            let top = rest.take_last(take);
            let split = x.len().saturating_sub(take as usize);
            let x: Vec<u32> = x.into_iter().collect();
            prop_assert_eq!(list(&rest), &x[..split]);
            prop_assert_eq!(list(&top), &x[split..]);
        }
    }
}
