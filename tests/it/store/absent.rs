//! Who does nothing for days on which something is always done was away, once they are back.

use hallway::daemon::{Ledger, derive, roster};
use hallway::store::{Kind, Store};
use jiff::SignedDuration;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;

use super::derivation::plan;
use super::text::{at, batch, spec};

/// A Monday.
const START: Date = date(2024, 1, 8);

/// Letters of each work day from the start on, one a letter: `>` I write, `<` they do, `.` nobody;
/// and a talk with Anna on the first day. Then her silence at noon of each of some days.
fn check(letters: &str, expect: &[(Date, u32)]) {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(folder.path());
    let mut store = Store::in_memory().unwrap();
    let mail = store.source(Kind::Mail, "mail/work").unwrap();
    let calendar = store.source(Kind::Calendar, "calendar/work").unwrap();
    let work = START.series(jiff::ToSpan::days(1));
    let work = work.filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday));
    let mut text = String::new();
    for ((n, letter), day) in letters.chars().enumerate().zip(work) {
        let when = day.at(9, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        text += &match letter {
            '>' => format!("mail m{n} {when} ana@agency.test | to anna@acme.test | sent\n"),
            '<' => format!("mail m{n} {when} anna@acme.test | to ana@agency.test\n"),
            _ => String::new(),
        };
    }
    store.record(mail, &batch(&text)).unwrap();
    let start = START.at(10, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
    let end = start + SignedDuration::from_mins(30);
    let talk =
        format!("event a.ics a {start} {end} | by ana@agency.test | accepted anna@acme.test");
    store.record(calendar, &batch(&talk)).unwrap();
    let now = at("2024-06-28T12:00:00Z");
    derive(&mut store, &plan, now).unwrap();
    let whole = Ledger::load(&store, &plan, roster(&store, &plan, now).unwrap(), (start, now));
    let whole = whole.unwrap();
    for (day, silence) in expect {
        let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let then = Ledger::load(&store, &plan, roster(&store, &plan, now).unwrap(), (noon, noon));
        for ledger in [&whole, &then.unwrap()] {
            let overview = ledger.at(noon);
            let anna = |one: &&hallway::daemon::Somebody| one.person.id.0 == spec("anna@acme.test");
            let anna = overview.people.iter().find(anna).unwrap();
            assert_eq!(anna.reliance.silence, *silence, "{letters} on {day}");
        }
    }
}

#[test]
fn days_without_a_letter_of_mine_are_closed_when_the_next_one_is_written() {
    let busy = ">".repeat(40);
    let last = date(2024, 3, 1);
    let (inside, back) = (date(2024, 3, 8), date(2024, 3, 11));
    check(&format!("{busy}<<<<<><"), &[(last, 39), (inside, 44), (back, 40)]);
    check(&format!("{busy}..>"), &[(last, 39), (date(2024, 3, 5), 41), (date(2024, 3, 6), 42)]);
    // Whose sent mail is not seen is never away.
    let unseen = "<".repeat(40);
    check(&format!("{unseen}.....<"), &[(last, 39), (inside, 44), (back, 45)]);
    let hardly = format!("{}>", "<".repeat(9)).repeat(4);
    check(&format!("{hardly}.....>"), &[(last, 39), (inside, 44), (back, 45)]);
}
