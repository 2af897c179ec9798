//! Recurrence against independent voices: python's recurring-ical-events by its stored answers
//! (`tests/data/calendar/oracle`, made by `tests/calendar/oracle.py`), and libical's own table
//! where `HALLWAY_CORPORA` points at it.
//!
//! Every difference stands in `differences.txt` with the reason and the section of the standard.
//! A difference nobody explained fails, and so does an explained one that is none anymore.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use hallway::calendar::Span;
use hallway::calendar::expand::{Window, expand};
use hallway::calendar::read::read;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::{corpora, window};

/// A file of `tests/data/calendar/oracle`, without its comments.
fn data(name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calendar/oracle");
    let text = std::fs::read_to_string(folder.join(name)).expect("stored answers");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(str::to_owned).collect()
}

/// The explained differences of one test: what differs, and why.
fn explained(test: &str) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    let mut why = String::new();
    for line in data("differences.txt") {
        if let Some(reason) = line.strip_prefix("== ") {
            assert!(reason.contains('§'), "{reason}: names no section of a standard");
            reason.clone_into(&mut why);
        } else if let Some(what) = line.strip_prefix(test).and_then(|l| l.strip_prefix(' ')) {
            assert!(!why.is_empty(), "{line}: stands below no reason");
            let before = known.insert(what.to_owned(), why.clone());
            assert!(before.is_none(), "{line}: explained twice");
        }
    }
    known
}

/// Compares what differs with what is explained.
fn settle(test: &str, different: &BTreeMap<String, String>) {
    let known = explained(test);
    let mut wrong = String::new();
    for (what, how) in different.iter().filter(|(what, _)| !known.contains_key(*what)) {
        _ = writeln!(wrong, "differs without a reason: {test} {what}\n{how}");
    }
    for (what, why) in known.iter().filter(|(what, _)| !different.contains_key(*what)) {
        _ = writeln!(wrong, "differs no longer: {test} {what}\n    {why}");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The starts in a window, cancelled ones too, as the oracle writes them; lengths where asked for.
fn instances(
    text: &[u8],
    window: &Window,
    zone: &TimeZone,
    (lengths, without): (bool, &BTreeSet<String>),
) -> Vec<String> {
    let expanded = expand(&read(text), window, zone);
    let line = |span: Span| match span {
        Span::Timed { start, end } => {
            let at = start.strftime("%Y%m%dT%H%M%SZ").to_string();
            let seconds = end.as_second() - start.as_second();
            if lengths { format!("{at}/{seconds}") } else { at }
        }
        Span::Days { first, last } => {
            let days = first.until(last).map_or(0, |span| span.get_days()) + 1;
            let day = first.strftime("%Y%m%d").to_string();
            if lengths { format!("{day}/{days}") } else { day }
        }
    };
    let failed = |uid: &str| {
        let unnamed = || without.iter().any(|failed| failed.starts_with("none-"));
        without.contains(uid) || (uid.starts_with("no-uid-") && unnamed())
    };
    let asked = expanded.occurrences.iter().filter(|one| !failed(&one.uid));
    let mut lines: Vec<String> = asked.map(|one| line(one.span)).collect();
    lines.sort();
    lines
}

/// How many, and the start of a hash over all.
fn answer(lines: &[String]) -> String {
    format!("{} {}", lines.len(), short(&lines.join("\n")))
}

/// A difference, with enough of it to find it by hand.
fn told(oracle: &str, here: &[String]) -> String {
    let some: Vec<&str> = here.iter().take(12).map(String::as_str).collect();
    format!("    oracle {oracle}, here {}\n    {}", answer(here), some.join(" "))
}

fn calendar(start: &str, rule: &str) -> String {
    let kind = if start.len() == 8 { ";VALUE=DATE" } else { "" };
    format!("BEGIN:VEVENT\nUID:1\nDTSTART{kind}:{start}\nRRULE:{rule}\nEND:VEVENT\n")
}

const WITHIN_A_DAY: &str = "a recurrence rule that repeats within a day";

/// libical's table: start, rule and instances of each.
fn table(corpora: &Path) -> Vec<(String, String, String)> {
    let table = corpora.join("libical-recur/icalrecur_test.txt");
    let table = std::fs::read_to_string(table).expect("libical's table");
    let (mut rule, mut start, mut rules) = (String::new(), String::new(), Vec::new());
    for line in table.lines() {
        match line.split_once(':') {
            Some(("RRULE", value)) => value.clone_into(&mut rule),
            Some(("DTSTART", value)) => value.clone_into(&mut start),
            Some(("INSTANCES", value)) => {
                rules.push((start.clone(), rule.clone(), value.to_owned()));
            }
            _ => {}
        }
    }
    rules
}

/// The start of a hash, as hexadecimal digits.
fn short(text: &str) -> String {
    Sha256::digest(text).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_rules_of_libical_give_what_the_oracle_says() {
    let Some(corpora) = corpora() else { return };
    let answers: BTreeMap<String, String> = data("rules.txt")
        .iter()
        .map(|line| line.split_once(" = ").expect("an answer"))
        .map(|(name, answer)| (name.to_owned(), answer.to_owned()))
        .collect();
    assert!(answers.len() >= 140, "only {} rules", answers.len());
    let (mut different, mut refused, mut asked_for) = (BTreeMap::new(), 0, BTreeSet::new());
    for (start, rule, _) in table(&corpora) {
        let asked = format!("{start} {rule}");
        let Some(oracle) = answers.get(&short(&asked)) else { continue };
        if !asked_for.insert(asked.clone()) {
            continue;
        }
        let text = calendar(&start, &rule);
        let (year, rest) = start.split_at(4);
        let (month, day) = rest.split_at(2);
        let first = format!("{year}-{month}-{}", day.split_at(2).0);
        let window = window(&first, "2033-01-01", &TimeZone::UTC);
        if oracle == "-" {
            let expanded = expand(&read(text.as_bytes()), &window, &TimeZone::UTC);
            let why: Vec<&str> = expanded.skipped.iter().map(|unread| unread.why).collect();
            assert_eq!(why, [WITHIN_A_DAY], "{asked}");
            refused += 1;
            continue;
        }
        let here = instances(text.as_bytes(), &window, &TimeZone::UTC, (false, &BTreeSet::new()));
        if answer(&here) != *oracle {
            different.insert(asked, told(oracle, &here));
        }
    }
    assert_eq!(asked_for.len(), answers.len(), "every answer has its rule");
    assert!(refused < answers.len() / 4, "{refused} of {} rules refused", answers.len());
    settle("rules", &different);
}

/// libical leaves out a start that its rule does not give; calendar programs, the oracle and
/// Hallway show it.
#[test]
fn the_rules_of_libical_give_what_libical_says() {
    let Some(corpora) = corpora() else { return };
    let rules = table(&corpora);
    let mut different = BTreeMap::new();
    for (start, rule, value) in &rules {
        if ["HOURLY", "MINUTELY", "SECONDLY"].iter().any(|freq| rule.contains(freq)) {
            continue;
        }
        let start = start.trim_end_matches('Z');
        let bare = |at: &str| at.trim_end_matches('Z').to_owned();
        let mut expected: BTreeSet<String> = value.split(',').map(bare).collect();
        expected.insert(start.to_owned());
        let expected: Vec<String> = expected.into_iter().collect();
        let window = Window { from: Timestamp::MIN, until: "2100-01-01T00:00Z".parse().unwrap() };
        let text = calendar(start, rule);
        let none = BTreeSet::new();
        let here = instances(text.as_bytes(), &window, &TimeZone::UTC, (false, &none));
        let here: Vec<String> = here.iter().map(|at| bare(at)).collect();
        if here != expected {
            let how = told(&expected.join(" "), &here);
            different.insert(format!("{start} {rule}"), how);
        }
    }
    assert!(rules.len() > 100, "only {} rules in the table", rules.len());
    settle("libical", &different);
}

#[test]
fn random_rules_give_what_the_oracle_says() {
    let zone = TimeZone::get("America/Chicago").unwrap();
    let mut different = BTreeMap::new();
    let all = data("random.txt");
    assert!(all.len() >= 2_000, "only {} rules", all.len());
    for line in &all {
        let (asked, oracle) = line.split_once(" = ").expect("an answer");
        let text = random_calendar(asked);
        let window = window("2023-01-01", "2027-01-01", &zone);
        let here = instances(text.as_bytes(), &window, &zone, (false, &BTreeSet::new()));
        if answer(&here) != oracle {
            different.insert(asked.to_owned(), told(oracle, &here));
        }
    }
    settle("random", &different);
}

/// A line of `random.txt` as a calendar.
fn random_calendar(line: &str) -> String {
    let mut words = line.split(' ');
    let mut next = || words.next().expect("a zone, a start and a rule");
    let (zone, start, rule) = (next(), next(), next());
    let date = |name: &str, at: &str| match zone {
        "day" => format!("{name};VALUE=DATE:{at}\n"),
        "floating" => format!("{name}:{at}\n"),
        "UTC" => format!("{name}:{at}Z\n"),
        zone => format!("{name};TZID={zone}:{at}\n"),
    };
    let mut master = date("DTSTART", start) + &format!("RRULE:{rule}\n");
    let mut overrides = String::new();
    for word in words {
        let (sign, at) = word.split_at(1);
        match sign {
            "-" => master += &date("EXDATE", at),
            "+" => master += &date("RDATE", at),
            _ => {
                let (meant, to) = at.split_once('>').expect("an instance and its new time");
                let range = if sign == "~" { ";RANGE=THISANDFUTURE" } else { "" };
                let meant = date(&format!("RECURRENCE-ID{range}"), meant);
                let moved = date("DTSTART", to);
                overrides += &format!("BEGIN:VEVENT\nUID:1\n{meant}{moved}END:VEVENT\n");
            }
        }
    }
    format!("BEGIN:VEVENT\nUID:1\n{master}END:VEVENT\n{overrides}")
}

#[test]
fn the_calendars_of_others_give_what_the_oracle_says() {
    let Some(corpora) = corpora() else { return };
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    // In parts, none of which shows more than the instances that one event may have.
    let years = ["1995", "2004", "2013", "2022", "2030"].map(|year| format!("{year}-01-01"));
    let parts: Vec<Window> =
        years.windows(2).map(|years| window(&years[0], &years[1], &zone)).collect();
    let lines = data("files.txt");
    let mut lines = lines.iter().peekable();
    let (mut files, mut different) = (0, BTreeMap::new());
    while let Some(line) = lines.next() {
        let (asked, oracle) = line.split_once(" = ").expect("an answer");
        let (name, mark) = asked.split_once(' ').expect("a path and a mark");
        let bytes = std::fs::read(corpora.join(name.replace("\\x20", " "))).expect(name);
        let hash = Sha256::digest(&bytes);
        let found: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, mark, "{name} is not the file the oracle was asked about");
        files += 1;
        let mut without = BTreeSet::new();
        while let Some(failed) = lines.next_if(|line| line.starts_with("  ")) {
            let (why, uid) = failed.trim_start().split_once(' ').unwrap_or((failed, ""));
            without.insert(uid.to_owned());
            different.insert(format!("{name} {why}"), "    the oracle cannot read it".to_owned());
        }
        let part = |window: &Window| instances(&bytes, window, &zone, (true, &without));
        let mut here: Vec<String> = parts.iter().flat_map(part).collect();
        here.sort();
        if answer(&here) != oracle {
            different.insert(name.to_owned(), told(oracle, &here));
        }
    }
    assert!(files > 200, "only {files} calendars");
    settle("files", &different);
}
