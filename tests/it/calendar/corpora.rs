//! Every odd calendar of other people's test suites is read, or named with a reason.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hallway::calendar::expand::expand;
use hallway::calendar::read::read;
use hallway::calendar::{Occurrence, Span};
use jiff::tz::TimeZone;

use super::{corpora, window};

/// All files below a folder that look like calendars.
fn calendars(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            calendars(&path, found);
        } else if path.extension().and_then(|e| e.to_str()).is_some_and(|e| {
            ["ics", "ical", "icalendar", "ifb", "vcs"].contains(&e.to_lowercase().as_str())
        }) {
            found.push(path);
        }
    }
}

/// Reads and expands, and holds the result to what it promises.
fn check(name: &str, bytes: &[u8]) -> (usize, usize) {
    let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
    let window = window("1990-01-01", "2030-01-01", &zone);
    let read = read(bytes);
    let expanded = expand(&read, &window, &zone);
    assert!(
        !read.events.is_empty() || !read.skipped.is_empty(),
        "{name} gives neither an event nor a reason"
    );
    let mut keys = BTreeSet::new();
    for Occurrence { uid, recurrence_id, span, .. } in &expanded.occurrences {
        assert!(keys.insert((uid, recurrence_id)), "{name} has {uid} {recurrence_id:?} twice");
        let start = match span {
            Span::Timed { start, end } => {
                assert!(start <= end, "{name}: {span:?}");
                *start
            }
            Span::Days { first, last } => {
                assert!(first <= last, "{name}: {span:?}");
                first.to_zoned(zone.clone()).expect("a midnight").timestamp()
            }
        };
        assert!(window.from <= start && start < window.until, "{name}: {span:?}");
    }
    (read.events.len(), expanded.occurrences.len())
}

#[test]
fn every_calendar_is_read_or_named() {
    let Some(corpora) = corpora() else { return };
    let mut files = Vec::new();
    calendars(&corpora, &mut files);
    assert!(files.len() > 250, "only {} calendars below {}", files.len(), corpora.display());
    let (mut events, mut occurrences, mut empty) = (0, 0, 0);
    for path in &files {
        let bytes = std::fs::read(path).expect("readable");
        let name = path.display().to_string();
        let (some, more) = check(&name, &bytes);
        events += some;
        occurrences += more;
        empty += usize::from(some == 0);
        // Broken off anywhere, it still gives what it gives.
        for tenth in 1..10 {
            let half = bytes.get(..bytes.len() * tenth / 10).unwrap_or_default();
            let zone = TimeZone::UTC;
            drop(expand(&read(half), &window("2000-01-01", "2020-01-01", &zone), &zone));
        }
    }
    println!("{} files, {events} events, {occurrences} occurrences, {empty} without", files.len());
}
