//! The times of an event, packed: a few bytes for each occurrence, in one column of its event.
//!
//! There are ten occurrences to an event and they are always written together and nearly always
//! read together. As rows of a table with an index they were three quarters of the time a calendar
//! took to be stored, and most of the file. What is lost is that SQLite can look inside: what takes
//! place between two moments is found by the first start and the last end of the events, which the
//! rows around do have.
//!
//! Each number is written as its difference from one that is near, in sevens of bits, the least
//! first, with the sign in the lowest bit. Bytes that make no sense are damage, never a panic.

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

use super::code::{At, DAY, Day};
use crate::calendar::Span;

/// RECURRENCE-ID and time of an occurrence.
pub(super) type Time = (Option<Timestamp>, Span);

/// The occurrence has a RECURRENCE-ID.
const RECURS: u8 = 1;
/// It lasts whole days.
const WHOLE_DAYS: u8 = 2;

/// Times on their way into a column.
#[derive(Debug)]
pub(super) struct Packed {
    /// The first second of the first.
    pub(super) start: i64,
    /// The first second after the last.
    pub(super) stop: i64,
    /// Whether any of them is whole days.
    pub(super) whole_days: bool,
    /// All of them, in the order they were added.
    pub(super) bytes: Vec<u8>,
    last: i64,
}

impl Packed {
    pub(super) fn new() -> Self {
        Self { start: i64::MAX, stop: i64::MIN, whole_days: false, bytes: Vec::new(), last: 0 }
    }

    pub(super) fn add(&mut self, (recurrence, span): Time) {
        let (start, stop, whole_days) = seconds(span);
        let stop = stop.max(start);
        let marks = if recurrence.is_some() { RECURS } else { 0 };
        self.bytes.push(marks | if whole_days { WHOLE_DAYS } else { 0 });
        self.put(start.wrapping_sub(self.last));
        self.put(stop.wrapping_sub(start));
        if let Some(at) = recurrence {
            self.put(at.as_second().wrapping_sub(start));
        }
        self.last = start;
        self.whole_days |= whole_days;
        (self.start, self.stop) = (self.start.min(start), self.stop.max(stop));
    }

    fn put(&mut self, number: i64) {
        let mut rest = (number << 1 ^ number >> 63).cast_unsigned();
        while rest > 0x7f {
            self.bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }
}

/// Times out of a column.
#[derive(Debug)]
pub(super) struct Times(pub(super) Vec<Time>);

impl FromSql for Times {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let mut bytes = value.as_blob()?;
        let (mut times, mut last) = (Vec::new(), 0_i64);
        while let Some((marks, rest)) = bytes.split_first() {
            bytes = rest;
            let start = last.wrapping_add(take(&mut bytes)?);
            let stop = start.wrapping_add(take(&mut bytes)?);
            let recurrence = match marks & RECURS {
                0 => None,
                _ => Some(instant(start.wrapping_add(take(&mut bytes)?))?),
            };
            let span = match marks & WHOLE_DAYS {
                0 => Span::Timed { start: instant(start)?, end: instant(stop)? },
                _ => Span::Days { first: day(start)?, last: day(stop.wrapping_sub(DAY))? },
            };
            times.push((recurrence, span));
            last = start;
        }
        Ok(Self(times))
    }
}

fn take(bytes: &mut &[u8]) -> FromSqlResult<i64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(FromSqlError::InvalidType)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed());
        }
    }
    Err(FromSqlError::InvalidType)
}

fn instant(second: i64) -> FromSqlResult<Timestamp> {
    At::column_result(ValueRef::Integer(second)).map(|At(at)| at)
}

fn day(second: i64) -> FromSqlResult<jiff::civil::Date> {
    Day::column_result(ValueRef::Integer(second.div_euclid(DAY))).map(|Day(day)| day)
}

/// First second, first second after, whether these are whole days; those run from midnight UTC to
/// midnight UTC, without a zone.
pub(super) fn seconds(span: Span) -> (i64, i64, bool) {
    match span {
        Span::Timed { start, end } => (start.as_second(), end.as_second(), false),
        Span::Days { first, last } => {
            (Day(first).number() * DAY, (Day(last).number() + 1) * DAY, true)
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use proptest::prelude::*;

    use super::*;

    fn unpacked(bytes: &[u8]) -> FromSqlResult<Vec<Time>> {
        Times::column_result(ValueRef::Blob(bytes)).map(|Times(times)| times)
    }

    fn instants() -> impl Strategy<Value = Timestamp> {
        let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let near = 1_600_000_000_i64..1_800_000_000;
        prop_oneof![near, first..=last].prop_map(|second| Timestamp::from_second(second).unwrap())
    }

    fn times() -> impl Strategy<Value = Time> {
        let timed = (instants(), instants())
            .prop_map(|(one, two)| Span::Timed { start: one.min(two), end: one.max(two) });
        let (first, last) = (Day(Date::MIN).number(), Day(Date::MAX).number());
        let whole = (first..=last, 0_i64..40).prop_map(move |(one, more)| {
            let day = |number| Day::of(number).unwrap().0;
            Span::Days { first: day(one), last: day((one + more).min(last)) }
        });
        (proptest::option::of(instants()), prop_oneof![timed, whole])
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back(times in proptest::collection::vec(times(), 0..20)) {
            let mut packed = Packed::new();
            times.iter().for_each(|time| packed.add(*time));
            prop_assert_eq!(unpacked(&packed.bytes).unwrap(), times.clone());
            for (_, span) in times {
                let (start, stop, _) = seconds(span);
                prop_assert!(packed.start <= start && stop <= packed.stop);
            }
        }

        #[test]
        fn no_bytes_make_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            drop(unpacked(&bytes));
        }
    }

    #[test]
    fn a_weekly_series_takes_a_dozen_bytes_an_occurrence_at_most() {
        let mut packed = Packed::new();
        for week in 0..100_i64 {
            let start = Timestamp::from_second(1_700_000_000 + week * 7 * DAY).unwrap();
            let end = Timestamp::from_second(start.as_second() + 3_600).unwrap();
            packed.add((Some(start), Span::Timed { start, end }));
        }
        assert!(packed.bytes.len() <= 100 * 12, "{}", packed.bytes.len());
        assert!(unpacked(packed.bytes.get(..5).unwrap()).is_err(), "cut off");
    }
}
