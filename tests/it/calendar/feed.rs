//! One file that holds everything, through downloads, losses and kills.

use std::fs;

use hallway::source::{Error, Spec};
use tempfile::TempDir;

use super::Store;

const TODAY: &str = "2024-03-15T12:00:00Z";
const TOMORROW: &str = "2024-03-16T12:00:00Z";

fn event(uid: &str, more: &str) -> String {
    format!(
        "BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20240101T000000Z\nDTSTART:20240301T090000Z\n{more}\
         END:VEVENT\n"
    )
}

struct Feed {
    dir: TempDir,
    store: Store,
}

impl Feed {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), store: Store::default() }
    }

    fn spec(&self) -> Spec {
        Spec::Ics { path: self.dir.path().join("all.ics") }
    }

    fn write(&self, text: &str) {
        fs::write(self.dir.path().join("new"), text).unwrap();
        fs::rename(self.dir.path().join("new"), self.dir.path().join("all.ics")).unwrap();
    }

    fn events(&self, events: &[String]) {
        self.write(&format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", events.concat()));
    }

    /// Scans; `read` are the resources handed over, `names` all that are known then.
    fn check(&mut self, now: &str, read: &[&str], names: &[&str]) {
        let spec = self.spec();
        for lines in self.store.resources.values_mut() {
            lines.clear();
        }
        self.store.scan(&spec, now);
        let again = self.store.resources.iter().filter(|(_, lines)| !lines.is_empty());
        assert_eq!(again.map(|(name, _)| name.as_str()).collect::<Vec<_>>(), read, "read");
        assert_eq!(self.store.names(), names, "known");
    }
}

#[test]
fn a_second_change_in_the_same_tick_is_seen() {
    let mut feed = Feed::new();
    let tick: jiff::Timestamp = TODAY.parse().unwrap();
    for uid in ["a", "b"] {
        let path = feed.dir.path().join("all.ics");
        fs::write(&path, format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", event(uid, ""))).unwrap();
        fs::File::options().write(true).open(path).unwrap().set_modified(tick.into()).unwrap();
        feed.check(TODAY, &[uid], &[uid]);
    }
}

#[test]
fn only_what_changed_is_handed_over() {
    let mut feed = Feed::new();
    feed.events(&[event("a", ""), event("b", ""), event("c", "")]);
    feed.check(TODAY, &["a", "b", "c"], &["a", "b", "c"]);
    feed.check(TODAY, &[], &["a", "b", "c"]);
    assert_eq!(feed.store.batches, 0);
    // Downloaded again, with new time stamps, another order and an alarm.
    let fresh = |text: String| text.replace("DTSTAMP:2024", "DTSTAMP:2025");
    let alarm = "BEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM\nX-FOO:1\n";
    feed.events(&[fresh(event("c", alarm)), fresh(event("b", "")), fresh(event("a", ""))]);
    feed.check(TODAY, &[], &["a", "b", "c"]);
    feed.events(&[event("a", ""), event("b", "STATUS:CANCELLED\n"), event("d", "")]);
    feed.check(TODAY, &["b", "d"], &["a", "b", "d"]);
    // A series is one resource, with all its overrides.
    let moved = "RECURRENCE-ID:20240308T090000Z\n";
    feed.events(&[event("a", "RRULE:FREQ=WEEKLY;COUNT=2\n"), event("d", ""), event("a", moved)]);
    feed.check(TODAY, &["a"], &["a", "d"]);
    assert_eq!(feed.store.resources["a"].len(), 2);
}

#[test]
fn a_new_zone_or_method_changes_every_event_under_it() {
    let mut feed = Feed::new();
    feed.events(&[event("a", "")]);
    feed.check(TODAY, &["a"], &["a"]);
    feed.events(&["METHOD:CANCEL\n".to_owned(), event("a", "")]);
    feed.check(TODAY, &["a"], &["a"]);
    let zone = "METHOD:CANCEL\nBEGIN:VTIMEZONE\nTZID:X\nEND:VTIMEZONE\n";
    feed.events(&[zone.to_owned(), event("a", "")]);
    feed.check(TODAY, &["a"], &["a"]);
}

#[test]
fn a_new_day_reads_only_what_goes_on() {
    let mut feed = Feed::new();
    feed.events(&[event("once", ""), event("weekly", "RRULE:FREQ=WEEKLY\n")]);
    feed.check(TODAY, &["once", "weekly"], &["once", "weekly"]);
    feed.check(TOMORROW, &["weekly"], &["once", "weekly"]);
    feed.check(TOMORROW, &[], &["once", "weekly"]);
}

#[test]
fn half_a_download_takes_nothing_away() {
    let mut feed = Feed::new();
    feed.events(&[event("a", ""), event("b", "")]);
    feed.check(TODAY, &["a", "b"], &["a", "b"]);
    feed.write(&format!("BEGIN:VCALENDAR\n{}", event("a", "")));
    feed.check(TODAY, &[], &["a", "b"]);
    for (text, error) in [("", "Mismatch"), ("<html>log in</html>", "Mismatch")] {
        feed.write(text);
        let refused = feed.store.scan_until(&feed.spec(), TODAY, 9).unwrap_err();
        assert!(format!("{refused:?}").starts_with(error), "{refused:?}");
    }
    fs::remove_file(feed.dir.path().join("all.ics")).unwrap();
    let missing = feed.store.scan_until(&feed.spec(), TODAY, 9);
    assert!(matches!(missing, Err(Error::Unreachable { .. })));
    assert_eq!(feed.store.names(), ["a", "b"]);
    feed.events(&[]);
    feed.check(TODAY, &[], &[]);
}

#[test]
fn unreadable_events_are_named_and_cost_themselves() {
    let mut feed = Feed::new();
    let bad = "BEGIN:VEVENT\nUID:bad\nEND:VEVENT\n".to_owned();
    feed.events(&[event("a", ""), bad, event("c", "RRULE:FREQ=SECONDLY\n")]);
    feed.check(TODAY, &["a", "c"], &["a", "c"]);
    let skipped = [
        ("bad".to_owned(), "no start that can be read"),
        ("c".to_owned(), "a recurrence rule that repeats within a day"),
    ];
    assert_eq!(feed.store.skipped, skipped);
    feed.check(TODAY, &[], &["a", "c"]);
    assert_eq!(feed.store.skipped.len(), 2, "told once");
}

#[test]
fn a_scan_killed_anywhere_loses_nothing() {
    let feed = Feed::new();
    let events: Vec<String> = (0..2_100).map(|n| event(&format!("{n:04}"), "")).collect();
    feed.events(&events);
    let mut whole = Store::default();
    whole.scan(&feed.spec(), TODAY);
    assert_eq!(whole.resources.len(), 2_100);
    for kills in 0..4 {
        let mut killed = Store::default();
        killed.scan_until(&feed.spec(), TODAY, kills).unwrap();
        assert_eq!(killed.resources.len(), (kills * 1_000).min(2_100));
        killed.scan(&feed.spec(), TODAY);
        assert_eq!(killed.resources, whole.resources);
        assert_eq!(killed.cursor, whole.cursor);
    }
}

#[test]
fn a_feed_of_rules_without_end_is_put_off_and_not_waited_for() {
    let mut feed = Feed::new();
    let event = |n: u32| {
        format!(
            "BEGIN:VEVENT\nUID:{n:03}\nDTSTART:19700101T000000Z\n\
             RRULE:FREQ=DAILY;COUNT=1000000000\nEND:VEVENT\n"
        )
    };
    let events: Vec<String> = (0..180).map(event).collect();
    feed.events(&events);
    feed.store.scan(&feed.spec(), TODAY);
    let read = feed.store.resources.len();
    assert!((120..180).contains(&read), "{read} events of some forty thousand steps are enough");
    assert_eq!(feed.store.skipped.len(), 180 - read);
    feed.store.scan(&feed.spec(), TODAY);
    assert_eq!(feed.store.resources.len(), 180, "the rest is read at the next look");
}
