//! The way nearly everybody writes addresses and dates, read in one pass.
//!
//! Nine fields of ten are `Jo Doe <jo@acme.test>, "Doe, Pat" <pat@acme.test>` and
//! `Tue, 3 Nov 2026 10:00:00 +0100`. They are read here without the machinery for comments, groups,
//! escapes, encoded words and obsolete forms, which costs more than all the rest of a head. What is
//! not exactly that is `None` and goes to `mail-parser`; that both say the same wherever this one
//! says anything is a property with a test. Being generous here would make two truths.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The most entries read here; longer lists are not the time that counts.
const MAX_ENTRIES: usize = 64;

/// A mailbox as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// The display name without its quotes; `None` for an address alone.
    pub(super) name: Option<&'a str>,
    /// The address, not checked but for its characters and its one `@`.
    pub(super) address: &'a str,
}

/// Calls for every mailbox of a list, in order. `None` when any of it is not written plainly, and
/// then what was called for does not count.
pub(super) fn mailboxes<'a>(
    body: &'a [u8],
    mut entry: impl FnMut(Entry<'a>) -> Option<()>,
) -> Option<()> {
    let mut rest = std::str::from_utf8(body).ok()?.trim_ascii();
    for _ in 0..MAX_ENTRIES {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (name, after) = quoted.split_at_checked(span(quoted, QUOTED))?;
                (name, after.strip_prefix('"')?.trim_ascii_start())
            }
            None => rest.split_at_checked(span(rest, PHRASE))?,
        };
        let (found, after) = match after.strip_prefix('<') {
            Some(after) => {
                let (address, after) = after.split_at_checked(span(after, ADDRESS))?;
                let name = Some(name.trim_ascii()).filter(|name| !name.is_empty());
                (Entry { name, address }, after.strip_prefix('>')?)
            }
            // Quotes without brackets, or several words, are somebody's own invention.
            None => {
                let (address, after) = rest.split_at_checked(span(rest, ADDRESS))?;
                (Entry { name: None, address }, after)
            }
        };
        if memchr::memchr_iter(b'@', found.address.as_bytes()).count() != 1 {
            return None;
        }
        entry(found)?;
        let after = after.trim_ascii_start();
        if after.is_empty() {
            return Some(());
        }
        rest = after.strip_prefix(',')?.trim_ascii_start();
    }
    None
}

const QUOTED: u8 = 1;
const PHRASE: u8 = 2;
const ADDRESS: u8 = 4;

/// Where a character may stand. An encoded word (RFC 2047) has a `?`, which stands nowhere: not in
/// quotes either, where some programs put encoded words all the same.
const fn places(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'+' | b'\'' | b'&' => {
            QUOTED | PHRASE | ADDRESS
        }
        b'@' => ADDRESS,
        b' ' => QUOTED | PHRASE,
        b',' | b'(' | b')' | b'/' | b'!' | b'|' => QUOTED,
        _ => 0,
    }
}

/// How many bytes from the start may stand in a place. All of them are ASCII.
fn span(text: &str, place: u8) -> usize {
    let fits = |byte: &u8| places(*byte) & place != 0;
    text.bytes().position(|byte| !fits(&byte)).unwrap_or(text.len())
}

/// A date and time with a numeric zone, RFC 5322 §3.3, with or without a day of the week before
/// and a comment of letters after it. `None` when it is anything else, or no date of a calendar.
pub(super) fn date(body: &[u8]) -> Option<Timestamp> {
    let body = body.trim_ascii();
    let body = match body {
        [b'A'..=b'Z', b'a'..=b'z', b'a'..=b'z', b',', b' ', rest @ ..] => rest,
        _ => body,
    };
    let (day, rest) = match body {
        [a @ b'0'..=b'9', b' ', rest @ ..] => (digits(&[*a])?, rest),
        [a, b, b' ', rest @ ..] => (digits(&[*a, *b])?, rest),
        _ => return None,
    };
    let (month, rest) = rest.split_first_chunk()?;
    let month = match month {
        b"Jan " => 1,
        b"Feb " => 2,
        b"Mar " => 3,
        b"Apr " => 4,
        b"May " => 5,
        b"Jun " => 6,
        b"Jul " => 7,
        b"Aug " => 8,
        b"Sep " => 9,
        b"Oct " => 10,
        b"Nov " => 11,
        b"Dec " => 12,
        _ => return None,
    };
    let (clock, after) = rest.split_first_chunk()?;
    let [y, e, a, r, b' ', h, o, b':', m, i, b':', s, t, b' ', sign, z, zz, q, qq] = clock else {
        return None;
    };
    let after = after.trim_ascii();
    let comment = match after {
        [] => true,
        [b'(', name @ .., b')'] => name.iter().all(u8::is_ascii_alphabetic) && name.len() < 8,
        _ => false,
    };
    let east = digits(&[*z, *zz])? * 60 + digits(&[*q, *qq])?;
    let east = match sign {
        b'+' => east,
        b'-' => -east,
        _ => return None,
    };
    let (year, hour, minute, second) =
        (digits(&[*y, *e, *a, *r])?, digits(&[*h, *o])?, digits(&[*m, *i])?, digits(&[*s, *t])?);
    // A leap second, a year of the empire: the parser's to judge.
    if !comment || !(1970..3000).contains(&year) || second > 59 || east.abs() > 14 * 60 {
        return None;
    }
    let narrow = |number: i32| i8::try_from(number).ok();
    let date = DateTime::new(
        i16::try_from(year).ok()?,
        month,
        narrow(day)?,
        narrow(hour)?,
        narrow(minute)?,
        narrow(second)?,
        0,
    );
    Offset::from_seconds(east * 60).ok()?.to_timestamp(date.ok()?).ok()
}

/// A number of decimal digits alone.
fn digits(text: &[u8]) -> Option<i32> {
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lists_and_no_others() {
        let check = |body: &str, expect: Option<&[(&str, &str)]>| {
            let mut got = Vec::new();
            let read = mailboxes(body.as_bytes(), |entry| {
                got.push((entry.name.unwrap_or_default(), entry.address));
                Some(())
            });
            assert_eq!(read.map(|()| got.as_slice()), expect, "{body:?}");
        };
        check(" jo@acme.test\r\n", Some(&[("", "jo@acme.test")]));
        check("<jo@acme.test>", Some(&[("", "jo@acme.test")]));
        check("Jo Doe <jo@acme.test>", Some(&[("Jo Doe", "jo@acme.test")]));
        check(
            "\"Doe, Jo\" <Jo@acme.test>,\r\n\tPat O'Neil<pat+x@acme.test> , b@x.test",
            Some(&[
                ("Doe, Jo", "Jo@acme.test"),
                ("Pat O'Neil", "pat+x@acme.test"),
                ("", "b@x.test"),
            ]),
        );
        for odd in [
            "",
            "Jo Doe",
            "jo@acme.test,",
            ",jo@acme.test",
            "a@b@c",
            "Jo <jo@acme.test> x",
            "Jo < jo@acme.test>",
            "Jo@Home <jo@acme.test>",
            "\"Jo\\\"\" <jo@acme.test>",
            "\"jo@acme.test\"",
            "\"Jo\" jo@acme.test",
            "Jo\r\n Doe <jo@acme.test>",
            "=?utf-8?q?Jo?= <jo@acme.test>",
            "\"=?utf-8?q?Jo?=\" <jo@acme.test>",
            "Jö <jo@acme.test>",
            "jo@acme.test (Jo)",
            "team: jo@acme.test;",
            "jo doe@acme.test",
            "<@a:jo@acme.test>",
        ] {
            check(odd, None);
        }
    }

    #[test]
    fn plain_dates_and_no_others() {
        let check = |body: &str, expect: Option<&str>| {
            let expect = expect.map(|at| at.parse::<Timestamp>().unwrap());
            assert_eq!(date(body.as_bytes()), expect, "{body:?}");
        };
        check(" Tue, 3 Nov 2026 10:00:09 +0100\r\n", Some("2026-11-03T09:00:09Z"));
        check("03 Nov 2026 10:00:00 -0530 (EST)", Some("2026-11-03T15:30:00Z"));
        check("29 Feb 2024 23:59:59 -0000", Some("2024-02-29T23:59:59Z"));
        for odd in [
            "29 Feb 2023 10:00:00 +0000",
            "3 Nov 2026 24:00:00 +0000",
            "3 Nov 2026 10:00:60 +0000",
            "3 Nov 2026 10:00 +0000",
            "3 Nov 26 10:00:00 +0000",
            "3 nov 2026 10:00:00 +0000",
            "3 Nov 2026 10:00:00 EST",
            "3 Nov 2026 10:00:00 +1500",
            "3 Nov 2026 10:00:00 +0100 (a (b))",
            "3 Nov 1969 10:00:00 +0000",
            "3  Nov 2026 10:00:00 +0000",
            "Tuesday, 3 Nov 2026 10:00:00 +0000",
            "",
        ] {
            check(odd, None);
        }
    }
}
