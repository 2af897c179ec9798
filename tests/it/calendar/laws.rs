//! What holds for every calendar.

use std::collections::BTreeSet;

use hallway::calendar::Span;
use hallway::calendar::expand::{Window, expand};
use hallway::calendar::read::read;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::{lines, window};

/// Lines that calendars are made of, whole and broken.
fn content_line() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "BEGIN:VTIMEZONE",
        "BEGIN:STANDARD",
        "BEGIN:DAYLIGHT",
        "END:VTIMEZONE",
        "BEGIN:VALARM",
        "UID:",
        "TZID:",
        "DTSTART:",
        "DTSTART;TZID=",
        "DTEND:",
        "DURATION:P",
        "RRULE:FREQ=",
        "RRULE:FREQ=DAILY;",
        "RDATE;VALUE=PERIOD:",
        "EXDATE:",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:",
        "ATTENDEE;CN=",
        "ORGANIZER:mailto:",
        "SUMMARY:Call ",
        "LOCATION:",
        "TZOFFSETTO:",
        " ",
        "",
    ]);
    let value = prop_oneof![
        "\\PC{0,20}",
        "[0-9]{8}T[0-9]{6}Z?",
        "[A-Z;=,0-9:-]{0,30}",
        Just("20240301T090000Z".to_owned()),
        Just("Europe/Berlin:20240301T090000".to_owned()),
    ];
    (name, value).prop_map(|(name, value)| format!("{name}{value}"))
}

/// A day of 2023 to 2024 with a time, as a calendar writes it.
fn time() -> impl Strategy<Value = String> {
    (2023..2025_i32, 1..13_u32, 1..29_u32, 0..24_u32, 0..4_u32)
        .prop_map(|(y, m, d, h, q)| format!("{y}{m:02}{d:02}T{h:02}{:02}00", q * 15))
}

/// A series with rule, exceptions, overrides and a change for the future.
fn series() -> impl Strategy<Value = String> {
    let zone = prop::sample::select(vec![
        ";TZID=Europe/Berlin",
        ";TZID=America/New_York",
        ";TZID=Asia/Kolkata",
        ";TZID=Eastern Standard Time",
        "",
    ]);
    let rule = prop::sample::select(vec![
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3;COUNT=40",
        "FREQ=WEEKLY;BYDAY=MO,WE,SU",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU;BYSETPOS=1",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
        "FREQ=DAILY;BYHOUR=9,21;UNTIL=20240601T000000Z",
    ]);
    let range = prop::sample::select(vec!["", ";RANGE=THISANDFUTURE"]);
    (zone, rule, range, time(), time(), time(), time(), 0..200_u32).prop_map(
        |(zone, rule, range, start, excluded, meant, moved, minutes)| {
            format!(
                "BEGIN:VEVENT\nUID:s\nDTSTART{zone}:{start}\nDURATION:PT{minutes}M\nRRULE:{rule}\n\
                 EXDATE{zone}:{excluded}\nRDATE{zone}:{meant}\nEND:VEVENT\nBEGIN:VEVENT\nUID:s\n\
                 DTSTART{zone}:{moved}\nRECURRENCE-ID{range}{zone}:{meant}\nEND:VEVENT\n"
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_return(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let zone = TimeZone::UTC;
        drop(expand(&read(&bytes), &window("2024-01-01", "2025-01-01", &zone), &zone));
    }

    #[test]
    fn any_lines_return(lines in prop::collection::vec(content_line(), 0..40)) {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let text = lines.join("\r\n");
        let window = window("2024-01-01", "2025-01-01", &zone);
        let expanded = expand(&read(text.as_bytes()), &window, &zone);
        let mut keys = BTreeSet::new();
        for occurrence in &expanded.occurrences {
            prop_assert!(keys.insert((occurrence.uid.clone(), occurrence.recurrence_id)));
            if let Span::Timed { start, end } = occurrence.span {
                prop_assert!(window.from <= start && start < window.until && start <= end);
            }
        }
    }

    #[test]
    fn two_windows_are_one(text in series(), days in 1..700_i64) {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let all = window("2023-01-01", "2025-01-01", &zone);
        let middle = all.from + (days * 24).hours();
        let first = Window { until: middle, ..all };
        let second = Window { from: middle, ..all };
        let starts = |window: &Window| -> Vec<String> {
            let lines = lines(text.as_bytes(), window, &zone).into_iter();
            lines.filter(|line| line.starts_with("20")).collect()
        };
        let halves = [starts(&first), starts(&second)].concat();
        prop_assert_eq!(halves, starts(&all));
        let more = |window: &Window| expand(&read(text.as_bytes()), window, &zone).more_after;
        prop_assert!(more(&first) || starts(&second).is_empty(), "more after the first was missed");
    }

    #[test]
    fn line_ends_and_folds_change_nothing(text in series(), width in 10..75_usize) {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let window = window("2023-01-01", "2025-01-01", &zone);
        let folded: String = text
            .lines()
            .map(|line| {
                let chars: Vec<char> = line.chars().collect();
                let parts = chars.chunks(width).map(|part| part.iter().collect::<String>());
                parts.collect::<Vec<_>>().join("\r\n ") + "\r\n"
            })
            .collect();
        prop_assert_eq!(lines(folded.as_bytes(), &window, &zone), lines(text.as_bytes(), &window, &zone));
    }
}

/// Large bombs: made here, since as files they would be megabytes.
#[test]
fn bombs_are_cheap() {
    let zone = TimeZone::UTC;
    let window = window("2024-01-01", "2026-01-01", &zone);
    let event =
        |lines: &str| format!("BEGIN:VEVENT\nUID:x\nDTSTART:19700101T000000Z\n{lines}END:VEVENT\n");
    let numbers = |n: u32| (0..n).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let bombs = [
        ("nested", "BEGIN:VEVENT\n".repeat(50_000) + &"END:VEVENT\n".repeat(50_000)),
        ("deep", event(&"BEGIN:X\n".repeat(100_000))),
        ("components", "BEGIN:VEVENT\n".repeat(300_000)),
        ("attendees", event(&"ATTENDEE:mailto:a@x.test\n".repeat(100_000))),
        ("rdates", event(&format!("RDATE:{}1\n", "20240101T000000Z,".repeat(200_000)))),
        (
            "exdates",
            event(&format!("RRULE:FREQ=DAILY\nEXDATE:{}1\n", "19700102T000000Z,".repeat(200_000))),
        ),
        ("rules", event(&"RRULE:FREQ=HOURLY\n".repeat(1_000))),
        ("line", event(&format!("X-A:{}\n", "a".repeat(4 << 20)))),
        ("folds", event(&format!("DESCRIPTION:{}\n", "a\n ".repeat(200_000)))),
        ("blank", "\n".repeat(2_000_000)),
        ("hours", event(&format!("RRULE:FREQ=DAILY;BYHOUR={};BYMINUTE=0,30\n", numbers(24)))),
        ("never", event("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\n")),
    ];
    for (name, text) in bombs {
        let expanded = expand(&read(text.as_bytes()), &window, &zone);
        assert!(expanded.steps <= 60_000, "{name} took {} steps", expanded.steps);
        assert!(expanded.occurrences.len() <= 8_000, "{name}");
        assert!(expanded.skipped.len() <= 1_001, "{name}");
    }
}

#[test]
fn the_last_of_too_many_instances_are_kept() {
    let text = "BEGIN:VEVENT\nUID:x\nDTSTART:20000101T000000Z\n\
                RRULE:FREQ=DAILY;COUNT=12000\nEND:VEVENT";
    let window = Window { from: "2000-01-01T00:00Z".parse().unwrap(), until: Timestamp::MAX };
    let expanded = expand(&read(text.as_bytes()), &window, &TimeZone::UTC);
    assert_eq!(expanded.occurrences.len(), 8_000);
    let last = expanded.occurrences.last().map(|o| o.span);
    let at: Timestamp = "2032-11-07T00:00Z".parse().unwrap();
    assert_eq!(last, Some(Span::Timed { start: at, end: at }), "twelve thousand days later");
    let why: Vec<&str> = expanded.skipped.iter().map(|unread| unread.why).collect();
    assert_eq!(why, ["more instances than a series has; the last are kept"]);
}

/// A file of a hundred thousand long rules costs what a file may cost, and says so.
#[test]
fn steps_are_bounded_for_a_whole_file() {
    let event = |n: u32| {
        format!(
            "BEGIN:VEVENT\nUID:{n}\nDTSTART:19700101T000000Z\n\
             RRULE:FREQ=DAILY;COUNT=1000000000\nEND:VEVENT\n"
        )
    };
    let text: String = (0..150).map(event).collect();
    let zone = TimeZone::UTC;
    let expanded =
        expand(&read(text.as_bytes()), &window("2024-01-01", "2024-01-08", &zone), &zone);
    assert!(expanded.steps <= 4_000_000 + 60_000, "{} steps", expanded.steps);
    assert!(expanded.more_after);
    let why = "the rules before it took too long to follow";
    assert!(expanded.skipped.iter().any(|unread| unread.why == why));
}
