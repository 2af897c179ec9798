//! A VTIMEZONE (RFC 5545 §3.6.5) as a time zone: all its changes from 1990 to 2060, one by one.
//!
//! Each change comes from an observance: its DTSTART, its RDATEs, the times of its rule. They are
//! handed to jiff as the compiled form of the time zone database (RFC 8536), which knows any list
//! of changes. A POSIX TZ string was the way before; it knows two rules and no history, so that a
//! zone whose rules end, or that lists its changes, became an offset without a summer.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::super::event::When;
use super::super::rule::Rule;

/// Observances of a zone. One that lists every change since 1900 has some two hundred.
const OBSERVANCES: usize = 400;

/// Changes of a zone.
const CHANGES: usize = 4_000;

/// The part of time whose changes are worked out.
const FROM: DateTime = jiff::civil::date(1990, 1, 1).at(0, 0, 0, 0);
const UNTIL: DateTime = jiff::civil::date(2060, 1, 1).at(0, 0, 0, 0);

/// A VTIMEZONE.
#[derive(Clone, Debug, Default)]
pub(super) struct VTimezone {
    /// TZID.
    pub(super) tzid: String,
    /// Names in its other properties.
    pub(super) aliases: Vec<String>,
    observances: Vec<Observance>,
    /// Worked out when it is asked for: most zones have a name that says more.
    zone: OnceLock<Option<TimeZone>>,
}

/// A STANDARD or DAYLIGHT component.
#[derive(Clone, Debug, Default)]
pub(super) struct Observance {
    /// DAYLIGHT.
    pub(super) daylight: bool,
    /// DTSTART, by the clock before the change.
    pub(super) onset: Option<DateTime>,
    /// TZOFFSETFROM, in seconds east of Greenwich.
    pub(super) before: Option<i32>,
    /// TZOFFSETTO.
    pub(super) after: Option<i32>,
    /// RRULE.
    pub(super) rule: Option<Rule>,
    /// RDATE.
    pub(super) dates: Vec<DateTime>,
}

impl VTimezone {
    /// Begins an observance.
    pub(super) fn observance(&mut self, daylight: bool) {
        self.observances.truncate(OBSERVANCES - 1);
        self.observances.push(Observance { daylight, ..Observance::default() });
    }

    /// The observance that is being read.
    pub(super) fn open(&mut self) -> Option<&mut Observance> {
        self.observances.last_mut()
    }

    /// The zone its rules describe.
    pub(super) fn zone(&self) -> Option<TimeZone> {
        let built = || {
            let changes = self.changes();
            let (_, (first, _)) = changes.first_key_value()?;
            if changes.values().all(|(before, after)| before == first && after == first) {
                return Some(jiff::tz::Offset::from_seconds(*first).ok()?.to_time_zone());
            }
            TimeZone::tzif(&self.tzid, &tzif(*first, &changes)).ok()
        };
        self.zone.get_or_init(built).clone()
    }

    /// Every change: its instant, the offset before it and after it.
    fn changes(&self) -> BTreeMap<i64, (i32, i32)> {
        let mut changes = BTreeMap::new();
        for observance in &self.observances {
            let Some(after) = observance.after else { continue };
            let onset = observance.onset.unwrap_or(FROM);
            let before = observance.before.unwrap_or(after);
            let mut times = vec![onset];
            times.extend(&observance.dates);
            if let Some(rule) = &observance.rule {
                // A rule without an end holds until a newer one of its kind: files keep old ones.
                let newer = self
                    .observances
                    .iter()
                    .filter(|other| other.daylight == observance.daylight && other.is_endless());
                let newer = newer.filter_map(|other| other.onset).filter(|other| *other > onset);
                let end = if observance.is_endless() { newer.min() } else { None };
                let until = rule.until().map(|until| match until {
                    When::Utc(at) => jiff::tz::Offset::from_seconds(before)
                        .unwrap_or(jiff::tz::Offset::UTC)
                        .to_datetime(*at),
                    When::Date(_) | When::Floating(_) | When::Zoned(..) => until.written(),
                });
                rule.walk((onset, until), false, (FROM, end.unwrap_or(UNTIL)), &mut times);
                times.retain(|time| *time == onset || end.is_none_or(|end| *time < end));
            }
            for time in times {
                let utc = super::super::event::utc(time).as_second();
                changes.insert(utc.saturating_sub(i64::from(before)), (before, after));
            }
        }
        while changes.len() > CHANGES {
            changes.pop_first();
        }
        changes
    }
}

impl Observance {
    fn is_endless(&self) -> bool {
        self.rule.as_ref().is_some_and(Rule::is_endless)
    }
}

/// The changes as a compiled time zone, version 2 of RFC 8536. The last one holds for ever.
fn tzif(first: i32, changes: &BTreeMap<i64, (i32, i32)>) -> Vec<u8> {
    let mut offsets = vec![first];
    for (_, after) in changes.values() {
        // The format has room for 256 kinds of time; no zone has had ten.
        if !offsets.contains(after) && offsets.len() < 200 {
            offsets.push(*after);
        }
    }
    let kind = |after: &i32| offsets.iter().position(|known| known == after).unwrap_or(0);
    let header = |times: usize, kinds: usize| {
        let mut header = b"TZif2".to_vec();
        header.extend([0; 15]);
        for count in [0, 0, 0, times, kinds, NAME.len()] {
            header.extend(u32::try_from(count).unwrap_or(0).to_be_bytes());
        }
        header
    };
    let local_time = |offset: &i32| [&offset.to_be_bytes()[..], &[0, 0]].concat();
    // The part for readers of version 1 has to be there and is not read.
    let mut out = [header(0, 1), local_time(&first), NAME.to_vec()].concat();
    out.extend(header(changes.len(), offsets.len()));
    out.extend(changes.keys().flat_map(|at| at.to_be_bytes()));
    out.extend(changes.values().map(|(_, after)| u8::try_from(kind(after)).unwrap_or(0)));
    out.extend(offsets.iter().flat_map(local_time));
    out.extend(NAME);
    out.extend(b"\n\n");
    out
}

/// What every kind of time in such a zone is called; nobody sees it.
const NAME: &[u8] = b"own\0";
