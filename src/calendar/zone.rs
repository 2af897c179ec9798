//! TZID to time zone.
//!
//! A name is tried, in this order, as an IANA name, as an alias (calcard's table of Windows, Lotus
//! and display names), as the last segments of a path (`/vendor.test/2024/Europe/Berlin`); then
//! the VTIMEZONE of that name is asked, first for a name in its X- properties, then for its
//! changes (`explained`). The name comes first on purpose: VTIMEZONEs in the wild are often stale
//! or wrong, while the name says what was meant. A zone nobody can make sense of is the caller's to
//! replace and to report.

mod explained;

use std::str::FromStr;

use calcard::common::timezone::Tz;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use self::explained::VTimezone;
use super::event::When;
use super::lines;
use super::rule::Rule;

/// Zones a file may explain.
const ZONES: usize = 500;

/// RDATEs of one observance.
const DATES: usize = 1_000;

/// The VTIMEZONEs (RFC 5545 §3.6.5) of a file.
#[derive(Clone, Debug, Default)]
pub struct Zones {
    zones: Vec<VTimezone>,
    /// Over every line that was read.
    hash: Sha256,
}

impl Zones {
    /// BEGIN:VTIMEZONE.
    pub(super) fn begin(&mut self) {
        self.hash.update(b"zone\n");
        self.zones.truncate(ZONES - 1);
        self.zones.push(VTimezone::default());
    }

    /// BEGIN:STANDARD or BEGIN:DAYLIGHT.
    pub(super) fn observance(&mut self, daylight: bool) {
        self.hash.update(if daylight { b"daylight\n" } else { b"standard\n" });
        if let Some(zone) = self.zones.last_mut() {
            zone.observance(daylight);
        }
    }

    /// A line inside.
    pub(super) fn line(&mut self, name: &[u8], line: &[u8]) {
        let Some(zone) = self.zones.last_mut() else { return };
        self.hash.update(line);
        self.hash.update(b"\n");
        let value = lines::unescape(lines::value(line));
        let name = name.to_ascii_uppercase();
        match name.as_slice() {
            b"TZID" => zone.tzid = value,
            b"X-LIC-LOCATION" | b"TZID-ALIAS-OF" => zone.aliases.push(value),
            b"X-MICROSOFT-CDO-TZID" => {
                let known = Tz::from_ms_cdo_zone_id(&value).and_then(|tz| tz.name());
                zone.aliases.extend(known.map(|name| name.into_owned()));
            }
            name => {
                let Some(open) = zone.open() else { return };
                match name {
                    b"DTSTART" => open.onset = When::parse(&value).map(|when| when.written()),
                    b"TZOFFSETFROM" => open.before = offset(&value),
                    b"TZOFFSETTO" => open.after = offset(&value),
                    b"RRULE" => open.rule = Rule::parse(&value).ok(),
                    b"RDATE" => {
                        let dates = value.split(',').filter_map(When::parse);
                        let room = DATES.saturating_sub(open.dates.len());
                        open.dates.extend(dates.map(|when| when.written()).take(room));
                    }
                    _ => {}
                }
            }
        }
    }

    /// A hash of all that was read of them.
    pub(super) fn digest(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    /// Whether a name means a zone without being explained.
    pub(super) fn knows(name: &str) -> bool {
        named(name).is_some()
    }

    /// The zone a TZID means; `None` when nobody can tell.
    pub fn find(&self, tzid: &str) -> Option<TimeZone> {
        let explained = self.zones.iter().find(|zone| zone.tzid == tzid);
        named(tzid)
            .or_else(|| explained?.aliases.iter().find_map(|alias| named(alias)))
            .or_else(|| explained?.zone())
            .or_else(|| offset_named(tzid))
    }
}

/// UTC-OFFSET, RFC 5545 §3.3.14: `+0100`, `-033000`. Seconds east.
fn offset(text: &str) -> Option<i32> {
    let text = text.trim().replace(':', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(&text)),
    };
    let two = |at: usize| digits.get(at..at + 2)?.parse::<u8>().ok().map(i32::from);
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = two(0)? * 3_600 + two(2)? * 60 + two(4).unwrap_or(0);
    (seconds < 26 * 3_600).then_some(sign * seconds)
}

/// A name as IANA, alias or path.
fn named(name: &str) -> Option<TimeZone> {
    let name = name.trim().trim_matches('"');
    if name.is_empty() || name.len() > 256 {
        return None;
    }
    iana(name).or_else(|| alias(name)).or_else(|| {
        let segments: Vec<&str> = name.split('/').filter(|segment| !segment.is_empty()).collect();
        [3, 2, 1].into_iter().find_map(|wanted| {
            let from = segments.len().checked_sub(wanted)?;
            (from > 0).then(|| iana(&segments.get(from..)?.join("/"))).flatten()
        })
    })
}

/// A name of the zone database. Not everything that lies beside the zones on a disk is one: the
/// machine's own zone, and the copies that count leap seconds, are not what a calendar means.
fn iana(name: &str) -> Option<TimeZone> {
    let other = |known: &str| name.eq_ignore_ascii_case(known);
    let tree = name.split_once('/').map_or("", |(tree, _)| tree);
    if ["localtime", "posixrules", "factory"].into_iter().any(other)
        || tree.eq_ignore_ascii_case("right")
    {
        return None;
    }
    TimeZone::get(name).ok().filter(|zone| !zone.is_unknown())
}

/// calcard's table. What it can only read an offset out of is left for later: an offset knows no
/// summer, and the VTIMEZONE may.
fn alias(name: &str) -> Option<TimeZone> {
    let underscored = name.replacen('_', "/", 1);
    let known = |name: &str| Tz::from_str(name).ok().and_then(|tz| tz.name());
    let name = known(name).or_else(|| known(&underscored))?;
    if name.starts_with("Etc/GMT") { None } else { iana(&name) }
}

/// A zone that is nothing but an offset, as `(UTC+07:00) Somewhere` or `GMT+2`.
fn offset_named(name: &str) -> Option<TimeZone> {
    let text = name.trim().trim_matches('"').trim_start_matches('(');
    let text = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(text);
    let text = text.trim_start();
    let sign = text.get(..1).filter(|sign| matches!(*sign, "+" | "-"))?;
    let end = |c: char| !c.is_ascii_digit() && c != ':' && c != '.';
    let digits = text.get(1..)?.split(end).next()?.replace([':', '.'], "");
    let four = match digits.len() {
        1 => format!("0{digits}00"),
        2 => format!("{digits}00"),
        3 => format!("0{digits}"),
        _ => digits,
    };
    let seconds = offset(&format!("{sign}{four}"))?;
    Some(jiff::tz::Offset::from_seconds(seconds).ok()?.to_time_zone())
}

#[cfg(test)]
mod tests;
