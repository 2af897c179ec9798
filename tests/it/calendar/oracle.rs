//! libical's own table of rules with the instances each must give.
//!
//! The rules that differ are listed with the reason; a rule that newly differs, or no longer does,
//! fails. The table is not ours to copy: it is read where `HALLWAY_CORPORA` points.

use std::collections::BTreeSet;

use hallway::calendar::Span;
use hallway::calendar::expand::{Window, expand};
use hallway::calendar::read::read;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::corpora;

/// Rules of the table that give something else here, and why.
const DIFFERENT: [(&str, &str); 5] = [
    (
        "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30;BYWEEKNO=1;UNTIL=20320101",
        "libical has not implemented it; 30 December is in week 1 in 2024, 2025, 2030 and 2031",
    ),
    (
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=TU,SA;INTERVAL=6;UNTIL=20170101T000000Z",
        "libical counts INTERVAL by ISO years, the crate by calendar years",
    ),
    ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=TU,SA;INTERVAL=5;UNTIL=20170101T000000Z", "as above"),
    ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO,TU;INTERVAL=3;UNTIL=20320101", "as above"),
    (
        "FREQ=MONTHLY;BYMONTHDAY=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17;\
         BYHOUR=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16;\
         BYMINUTE=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16;\
         BYSECOND=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16;BYSETPOS=1,-1;COUNT=4",
        "4,096 times a day are refused as repeating within a day",
    ),
];

/// What one rule gives, as libical writes it.
fn instances(rule: &str, start: &str) -> String {
    let kind = if start.len() == 8 { ";VALUE=DATE" } else { "" };
    let text = format!("BEGIN:VEVENT\nUID:1\nDTSTART{kind}:{start}\nRRULE:{rule}\nEND:VEVENT\n");
    let window = Window { from: Timestamp::MIN, until: "2100-01-01T00:00Z".parse().unwrap() };
    let expanded = expand(&read(text.as_bytes()), &window, &TimeZone::UTC);
    if let Some(unread) = expanded.skipped.first() {
        return unread.why.to_owned();
    }
    let starts = expanded.occurrences.iter().map(|o| match o.span {
        Span::Timed { start, .. } => start.strftime("%Y%m%dT%H%M%S").to_string(),
        Span::Days { first, .. } => first.strftime("%Y%m%d").to_string(),
    });
    starts.collect::<Vec<_>>().join(",")
}

/// What libical gives, with DTSTART among it: libical leaves out a start its rule does not give,
/// calendar programs (and Hallway) show it.
fn expected(value: &str, start: &str) -> String {
    let start = start.trim_end_matches('Z');
    let mut all: BTreeSet<&str> = value.split(',').map(|at| at.trim_end_matches('Z')).collect();
    all.insert(start);
    all.into_iter().collect::<Vec<_>>().join(",")
}

#[test]
fn libical_agrees() {
    let Some(corpora) = corpora() else { return };
    let table = corpora.join("libical-recur/icalrecur_test.txt");
    let table = std::fs::read_to_string(table).expect("libical's table");
    let (mut rules, mut refused, mut different) = (0, 0, BTreeSet::new());
    let (mut rule, mut start, mut at) = (String::new(), String::new(), None);
    for line in table.lines() {
        match line.split_once(':') {
            Some(("RRULE", value)) => {
                rule = value.to_owned();
                at = None;
            }
            Some(("DTSTART", value)) => start = value.to_owned(),
            Some(("START-AT", value)) => at = Some(value.to_owned()),
            Some(("INSTANCES", value)) => {
                rules += 1;
                let found = instances(&rule, &start);
                let within_a_day = ["HOURLY", "MINUTELY", "SECONDLY"];
                if within_a_day.iter().any(|freq| rule.contains(freq)) {
                    assert_eq!(found, "a recurrence rule that repeats within a day", "{rule}");
                    refused += 1;
                } else if found != expected(value, &start) {
                    println!("{rule} from {start} at {at:?}\n  libical {value}\n  here    {found}");
                    different.insert(rule.clone());
                }
            }
            _ => {}
        }
    }
    assert!(rules > 100, "only {rules} rules in the table");
    let known: BTreeSet<String> = DIFFERENT.iter().map(|(rule, _)| (*rule).to_owned()).collect();
    assert_eq!(different, known, "{rules} rules, {refused} of them refused");
}
