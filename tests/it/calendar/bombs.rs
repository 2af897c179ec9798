//! Recurrence bombs as files of a calendar folder: each is named, or followed for as far as it
//! costs nothing; what is beside it is read; and the program stays small.

use std::fs;
use std::path::Path;
use std::process::Command;

use hallway::calendar::expand::expand;
use hallway::calendar::read::read;
use hallway::source::Spec;
use jiff::tz::TimeZone;

use super::{Store, window};

const WITHIN_A_DAY: &str = "a recurrence rule that repeats within a day";
const UNREADABLE: &str = "a recurrence rule that cannot be read";
const TOO_MANY_DATES: &str = "more dates than an event has; the first are kept";
const TOO_MANY_RULES: &str = "more recurrence rules than an event has";
const TOO_MANY_GUESTS: &str = "more attendees or dates than an event has; the first are kept";
const NO_START: &str = "no start that can be read";

fn numbers(from: u32, to: u32) -> String {
    (from..to).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
}

/// Each bomb: its lines, and what is said about it (`None`: it is followed).
fn bombs() -> Vec<(&'static str, String, Option<&'static str>)> {
    let rule = |text: &str| format!("RRULE:{text}\n");
    let dates = |name: &str, at: &str| format!("{name}:{}\n", vec![at; 200_000].join(","));
    let cross = format!(
        "FREQ=YEARLY;COUNT=1;BYMONTH={};BYMONTHDAY={};BYHOUR={};BYMINUTE={};BYSECOND={}",
        numbers(1, 13),
        numbers(1, 32),
        numbers(0, 24),
        numbers(0, 60),
        numbers(0, 60)
    );
    vec![
        ("secondly", rule("FREQ=SECONDLY"), Some(WITHIN_A_DAY)),
        ("secondly-count", rule("FREQ=SECONDLY;COUNT=1000000000"), Some(WITHIN_A_DAY)),
        ("until-9999", rule("FREQ=MINUTELY;UNTIL=99991231T235959Z"), Some(WITHIN_A_DAY)),
        ("daily-1e9", rule("FREQ=DAILY;COUNT=1000000000"), None),
        ("interval-huge", rule("FREQ=YEARLY;INTERVAL=2147483647"), None),
        ("interval-0", rule("FREQ=DAILY;INTERVAL=0"), Some(UNREADABLE)),
        ("never", rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), None),
        ("never2", rule("FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6;BYSETPOS=400"), Some(UNREADABLE)),
        ("never-counted", rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=1"), None),
        ("cross", rule(&cross), Some(WITHIN_A_DAY)),
        ("rules-1000", "RRULE:FREQ=DAILY\n".repeat(1_000), Some(TOO_MANY_RULES)),
        ("rdates", dates("RDATE", "19700101T000000Z"), Some(TOO_MANY_DATES)),
        (
            "exdates",
            rule("FREQ=DAILY") + &dates("EXDATE", "19700102T000000Z"),
            Some(TOO_MANY_DATES),
        ),
        ("bysetpos", rule("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-366"), None),
        ("neg-count", rule("FREQ=DAILY;COUNT=-1"), Some(UNREADABLE)),
        ("overflow", rule("FREQ=DAILY;COUNT=99999999999999999999"), Some(UNREADABLE)),
        ("duration", rule("FREQ=DAILY") + "DURATION:P999999999W\n", None),
        (
            "attendees",
            rule("FREQ=WEEKLY") + &"ATTENDEE;CN=\"a\":mailto:a@example.org\n".repeat(100_000),
            Some(TOO_MANY_GUESTS),
        ),
        ("nested", "BEGIN:VEVENT\n".repeat(5_000) + &"END:VEVENT\n".repeat(5_000), Some(NO_START)),
    ]
}

fn calendar(uid: &str, lines: &str) -> String {
    let zone = "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0000\n\
                RRULE:FREQ=SECONDLY\nEND:STANDARD\n";
    format!(
        "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Evil\n{}END:VTIMEZONE\n\
         BEGIN:VEVENT\nUID:{uid}\nDTSTART:19700101T000000Z\n{lines}END:VEVENT\nEND:VCALENDAR\n",
        zone.repeat(500)
    )
}

fn write(folder: &Path) {
    for (name, lines, _) in bombs() {
        fs::write(folder.join(format!("{name}.ics")), calendar(name, &lines)).unwrap();
    }
    let good = "DURATION:PT30M\nRRULE:FREQ=WEEKLY;COUNT=3000\n";
    fs::write(folder.join("good.ics"), calendar("good", good)).unwrap();
}

#[test]
fn each_is_named_or_followed_within_its_steps() {
    let zone = TimeZone::UTC;
    let window = window("2014-01-01", "2024-08-01", &zone);
    for (name, lines, why) in bombs() {
        let expanded = expand(&read(calendar(name, &lines).as_bytes()), &window, &zone);
        assert!(expanded.steps <= 60_000, "{name} took {} steps", expanded.steps);
        assert!(expanded.occurrences.len() <= 4_000, "{name}");
        let read = read(calendar(name, &lines).as_bytes());
        let said: Vec<&str> =
            read.skipped.iter().chain(&expanded.skipped).map(|unread| unread.why).collect();
        match why {
            Some(why) => assert!(said.contains(&why), "{name} says {said:?}"),
            None => assert!(said.is_empty(), "{name} says {said:?}"),
        }
    }
}

#[test]
fn a_folder_of_them_gives_what_is_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let mut store = Store::default();
    let spec = Spec::Vdir { path: folder.path().to_owned() };
    store.scan(&spec, "2024-06-12T10:00:00Z");
    assert!(store.resources.get("good.ics").is_some_and(|lines| lines.len() > 50));
    for (name, _, why) in bombs() {
        let Some(why) = why else { continue };
        let place = format!("{name}.ics");
        let named = store.skipped.iter().any(|(at, said)| *at == place && *said == why);
        assert!(named, "{name}: {:?}", store.skipped.iter().find(|(at, _)| *at == place));
    }
    let before = store.clone();
    store.scan(&spec, "2024-06-12T11:00:00Z");
    assert_eq!(store.resources, before.resources, "and once is enough");
    assert_eq!(store.skipped, before.skipped);
}

/// The program reads the folder in 64 MiB. Asked of the kernel through Python, which waits for it.
#[test]
fn they_do_not_make_the_program_grow() {
    let folder = tempfile::tempdir().unwrap();
    let calendar = folder.path().join("calendar");
    fs::create_dir(&calendar).unwrap();
    write(&calendar);
    let config = folder.path().join("config.toml");
    let text = format!(
        "[me]\naddresses = [\"me@own.test\"]\ntime-zone = \"UTC\"\n\
         [[calendar]]\nname = \"work\"\ntype = \"vdir\"\npath = \"{}\"\n",
        calendar.display()
    );
    fs::write(&config, text).unwrap();
    let waits = "import os, resource, subprocess, sys\n\
                 ended = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n\
                 print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)\n\
                 sys.exit(ended.returncode)";
    let output = Command::new("python3")
        .args(["-c", waits, env!("CARGO_BIN_EXE_hallway"), "--config"])
        .arg(&config)
        .arg("scan")
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let peak: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
    assert!(peak <= 64, "a peak of {peak} MiB");
}
