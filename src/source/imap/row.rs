//! One message as a server answers for it, and what it becomes.
//!
//! INTERNALDATE is to a server what the time of a file is to a Maildir, and the header goes
//! through the same reader, so the same mail makes the same facts either way.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use super::said::Row;
use crate::mail::Envelope;
use crate::mail::header::{self, Seen};

impl Row {
    /// The message, or why it is skipped; `None` for a row without a header, which only tells of a
    /// flag that somebody set. What arrived later than `now` was dated by a wrong clock.
    pub(super) fn read(
        &self,
        sent: bool,
        now: Timestamp,
    ) -> Option<Result<Envelope, &'static str>> {
        let head = self.head.as_deref()?;
        let arrived = self.date.as_deref().and_then(internal_date).unwrap_or(now);
        Some(header::read(head, Seen { received: arrived.min(now), sent }))
    }
}

/// `17-Jul-1996 02:44:25 -0700`, the day with a blank or a zero or neither before it (RFC 9051
/// §9, date-time).
fn internal_date(text: &str) -> Option<Timestamp> {
    let mut words = text.split_ascii_whitespace();
    let mut date = words.next()?.split('-');
    let day = date.next()?.parse().ok()?;
    let month = date.next()?;
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec".as_bytes().as_chunks::<3>().0;
    let month = months.iter().position(|name| name.eq_ignore_ascii_case(month.as_bytes()))?;
    let year = date.next()?.parse().ok()?;
    let mut time = words.next()?.split(':').map(|part| part.parse().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let zone = words.next().unwrap_or("+0000");
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    let day = Date::new(year, i8::try_from(month + 1).ok()?, day).ok()?;
    // A leap second is the last one of its minute here.
    let second: i8 = second;
    let time = Time::new(hour, minute, second.min(59), 0).ok()?;
    offset.to_timestamp(day.to_datetime(time)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_arrival() {
        for (text, expect) in [
            ("17-Jul-1996 02:44:25 -0700", Some("1996-07-17T09:44:25Z")),
            (" 7-Jul-1996 02:44:25 +0000", Some("1996-07-07T02:44:25Z")),
            ("07-jul-1996 02:44:60 +0530", Some("1996-07-06T21:14:59Z")),
            ("7-Jul-1996 02:44:25", Some("1996-07-07T02:44:25Z")),
            ("31-Feb-1996 02:44:25 +0000", None),
            ("7-Jux-1996 02:44:25 +0000", None),
            ("7-Jul-1996 02:44 +0000", None),
            ("7-Jul-1996 25:44:25 +0000", None),
            ("7-Jul-1996 02:44:25 0000", None),
            ("7-Jul-1996 02:44:25 +9999", None),
            ("", None),
            ("ü", None),
        ] {
            let expect = expect.map(|expect| expect.parse::<Timestamp>().unwrap());
            assert_eq!(internal_date(text), expect, "{text}");
        }
    }
}
