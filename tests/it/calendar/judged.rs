//! Labelled events: `tests/data/calendar/judged/*.txt`, from the bytes of a calendar to who was in
//! touch with whom.
//!
//! ```text
//! == what it is about
//! at 10 11:00 30m by me with me+ anna?     the usual lines of an event, spelled out below
//! LOCATION:Room 2                          any other line stands in the event as it is
//! calendar PRODID:-//Microsoft…            a line of the calendar around it
//! --                                       another event; -- calendar: another file; -- mail: a mail
//! => 10 11:00 30m anna O call              what must come of it, one line an occurrence and person
//! ```
//!
//! Days are those of June 2024 (other months as 07-01), the user is in Berlin, people and marks of
//! answers are those of the judgement's notation. O, G and E are one-on-one, group and mail;
//! `again` counts no day of its own. Without a touch the reason stands there, and whether the time
//! is busy or away all the same.

use std::fmt::Write;
use std::path::Path;

use hallway::calendar::expand::expand;
use hallway::calendar::read::read;
use hallway::calendar::{Occurrence, Span};
use hallway::interaction::{
    Category, Interaction, absence_of, by_person, distinct, from_envelope, from_occurrence, my_busy,
};
use hallway::mail::header::{self, Seen};
use jiff::Timestamp;
use jiff::civil::Date;

use super::window;
use crate::judgement::notation::{address, roster, short, zone};

/// One case of a file.
struct Case<'a> {
    title: &'a str,
    lines: Vec<&'a str>,
    expect: Vec<&'a str>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some(title) = line.strip_prefix("== ") {
            cases.push(Case { title, lines: Vec::new(), expect: Vec::new() });
            continue;
        }
        let case = cases.last_mut().expect("a case begins with a title");
        match line.strip_prefix("=> ") {
            Some(expect) => case.expect.push(expect),
            None => case.lines.push(line),
        }
    }
    cases
}

/// What a case holds: calendars and mails, as bytes.
#[derive(Default)]
struct World {
    calendars: Vec<String>,
    mails: Vec<String>,
}

fn world(lines: &[&str]) -> World {
    let mut world = World::default();
    let (mut part, mut number, mut mail) = (Vec::new(), 0, false);
    for line in lines.iter().copied().chain(["-- calendar"]) {
        if !line.starts_with("-- ") {
            part.push(line);
            continue;
        }
        if mail {
            world.mails.push(part.join("\r\n") + "\r\n\r\n");
        } else if !part.is_empty() {
            world.calendars.push(calendar(&part, &mut number));
        }
        part.clear();
        mail = line == "-- mail";
    }
    world
}

fn calendar(part: &[&str], number: &mut usize) -> String {
    let of_calendar = part.iter().filter_map(|line| line.strip_prefix("calendar "));
    let mut text = "BEGIN:VCALENDAR\r\n".to_owned();
    of_calendar.for_each(|line| text += &format!("{line}\r\n"));
    for event in part.split(|line| *line == "--") {
        let lines: Vec<String> = event
            .iter()
            .filter(|line| !line.starts_with("calendar "))
            .flat_map(
                |line| if line.starts_with("at ") { usual(line) } else { vec![(*line).into()] },
            )
            .collect();
        let is = |name: &str| lines.iter().any(|line| line.starts_with(name));
        *number += usize::from(!is("RECURRENCE-ID"));
        text += "BEGIN:VEVENT\r\n";
        if !is("UID") {
            text += &format!("UID:event-{number}\r\n");
        }
        lines.iter().for_each(|line| text += &format!("{line}\r\n"));
        text += "END:VEVENT\r\n";
    }
    text + "END:VCALENDAR\r\n"
}

/// `at 10 11:00 30m by me with me+ anna?` as an event writes it.
fn usual(line: &str) -> Vec<String> {
    let mut words = line.split(' ').skip(1).peekable();
    let day = day(words.next().expect("a day"));
    let time = words.next().expect("a time").replace(':', "");
    let minutes = words.next().and_then(|word| word.strip_suffix('m')).expect("a length");
    let mut lines = vec![
        format!("DTSTART;TZID=Europe/Berlin:{}T{time}00", day.strftime("%Y%m%d")),
        format!("DURATION:PT{minutes}M"),
    ];
    if words.next_if_eq(&"by").is_some() {
        lines.push(format!("ORGANIZER:mailto:{}", address(words.next().expect("an organizer"))));
    }
    assert!(words.peek().is_none_or(|word| *word == "with"), "{line}");
    for word in words.skip(1) {
        let (kind, name) = word.split_once(':').unwrap_or(("", word));
        let (name, answer) = name.split_at(name.len() - 1);
        let kind = match kind {
            "" => "",
            "opt" => ";ROLE=OPT-PARTICIPANT",
            "fyi" => ";ROLE=NON-PARTICIPANT",
            "room" => ";CUTYPE=ROOM",
            "thing" => ";CUTYPE=RESOURCE",
            "group" => ";CUTYPE=GROUP",
            other => panic!("{other} is no kind"),
        };
        let answer = match answer {
            "+" => ";PARTSTAT=ACCEPTED",
            "-" => ";PARTSTAT=DECLINED",
            "~" => ";PARTSTAT=TENTATIVE",
            ">" => ";PARTSTAT=DELEGATED",
            "?" => "",
            other => panic!("{other} is no answer"),
        };
        lines.push(format!("ATTENDEE{kind}{answer}:mailto:{}", address(name)));
    }
    lines
}

/// `10` is a day of June, `07-01` one of another month.
fn day(text: &str) -> Date {
    let (month, day) = text.split_once('-').unwrap_or(("06", text));
    format!("2024-{month}-{day:0>2}").parse().expect("a day")
}

fn named(day: Date) -> String {
    if day.month() == 6 { day.day().to_string() } else { day.strftime("%m-%d").to_string() }
}

/// When, as the expectations write it.
fn when(start: Timestamp, minutes: i64) -> String {
    let local = start.to_zoned(zone());
    format!("{} {} {minutes}m", named(local.date()), local.strftime("%H:%M"))
}

/// Everything a case comes to, in time order.
fn judged(world: &World) -> Vec<String> {
    let (roster, zone) = (roster(), zone());
    let window = window("2024-06-01", "2024-08-01", &zone);
    let mut told = Vec::new();
    let mut occurrences: Vec<Occurrence> = Vec::new();
    for calendar in &world.calendars {
        let read = read(calendar.as_bytes());
        let expanded = expand(&read, &window, &zone);
        let skipped = read.skipped.iter().chain(&expanded.skipped);
        told.extend(skipped.map(|unread| (Timestamp::MIN, format!("skipped: {}", unread.why))));
        occurrences.extend(expanded.occurrences);
    }
    let mut touches: Vec<Interaction> = Vec::new();
    for one in distinct(&occurrences) {
        match from_occurrence(one, &roster, &zone) {
            Ok(made) => touches.extend(made),
            Err(reason) => {
                let busy = if my_busy(one, &roster).is_some() { " busy" } else { "" };
                let away =
                    if absence_of(one, &["urlaub".to_owned()]).is_some() { " away" } else { "" };
                let (at, when) = match one.span {
                    Span::Timed { start, end } => {
                        (start, when(start, end.duration_since(start).as_mins()))
                    }
                    Span::Days { first, last } => {
                        let days = first.until(last).unwrap().get_days() + 1;
                        let start = first.to_zoned(zone.clone()).unwrap().timestamp();
                        (start, format!("{} {days}d", named(first)))
                    }
                };
                told.push((at, format!("{when} none {}{busy}{away}", reason.as_str())));
            }
        }
    }
    for mail in &world.mails {
        let seen = Seen { received: window.until, sent: false };
        let envelope = header::read(mail.as_bytes(), seen).expect("a mail");
        let made = from_envelope(&envelope, &roster, &zone);
        if made.is_empty() {
            told.push((envelope.date, "mail none".to_owned()));
        }
        touches.extend(made);
    }
    let tallies = by_person(&touches);
    for counted in tallies.values().flat_map(|tally| &tally.counted) {
        let one = counted.interaction;
        let category = match one.category() {
            Some(Category::OneOnOne) => "O",
            Some(Category::Group) => "G",
            Some(Category::Email) => "E",
            None => "-",
        };
        let when = when(one.at, one.minutes.unwrap_or(0).into());
        let again = if counted.counts { "" } else { " again" };
        let who = short(&one.person.0);
        told.push((one.at, format!("{when} {who} {category} {}{again}", one.channel.as_str())));
    }
    told.sort();
    told.into_iter().map(|(_, line)| line).collect()
}

#[test]
fn every_labelled_event_is_judged_as_its_label_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calendar/judged");
    let (mut all, mut wrong) = (0, String::new());
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        for case in cases(&text) {
            all += 1;
            assert!(!case.expect.is_empty(), "{}: expects nothing", case.title);
            let found = judged(&world(&case.lines));
            let mut expect: Vec<&str> = case.expect.clone();
            expect.sort_unstable();
            let mut sorted: Vec<&str> = found.iter().map(String::as_str).collect();
            sorted.sort_unstable();
            if sorted != expect {
                let found = found.join("\n=> ");
                let expect = case.expect.join("\n=> ");
                _ = writeln!(wrong, "== {}\n=> {expect}\nbut found\n=> {found}\n", case.title);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(all >= 150, "only {all} labelled events");
}
