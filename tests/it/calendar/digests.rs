//! Odd days at the level of a digest: what a week's figures are where summer time begins and ends,
//! on a leap day, over New Year, and for somebody whose own time zone changes on the way.

use std::path::Path;

use hallway::daemon::{Daemon, Effect, Event, Plan, derive, digest};
use hallway::digest::Period;
use hallway::settings::{Environment, Request, load};
use hallway::source;
use hallway::store::Store;
use jiff::Timestamp;
use jiff::civil::Date;

/// Somebody's calendar, and the store that remembers it from one look to the next.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// A calendar with these events, each without its BEGIN, END and UID.
    fn new(events: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let calendar = folder.path().join("calendar");
        std::fs::create_dir(&calendar).unwrap();
        for (number, event) in events.iter().enumerate() {
            let text = format!("BEGIN:VEVENT\nUID:{number}\n{event}END:VEVENT\n");
            std::fs::write(calendar.join(format!("{number}.ics")), text).unwrap();
        }
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn plan(&self, zone: &str) -> Plan {
        let config = self.path().join("config.toml");
        let calendar = self.path().join("calendar");
        let text = format!(
            "[me]\naddresses = [\"me@own.test\"]\ncolleagues = [\"own.test\"]\ntime-zone = \"{zone}\"\n\
             [[calendar]]\nname = \"work\"\ntype = \"vdir\"\npath = \"{}\"\nrole = \"work\"\n\
             [[person]]\nname = \"Anna Berg\"\naddresses = [\"anna@edge.test\"]\n",
            calendar.display()
        );
        std::fs::write(&config, text).unwrap();
        let environment = Environment::of([("HOME", self.path().to_str().unwrap())]);
        Plan::of(&load(&environment, &Request { config: Some(config), set: Vec::new() }).unwrap())
    }

    /// Looks at the calendar in a zone at a moment, as the daemon does; then the week of a day:
    /// its name, its contact days in groups and alone, and the days of talks alone with Anna.
    fn week(&self, zone: &str, now: &str, day: &str) -> String {
        let now: Timestamp = now.parse().unwrap();
        let plan = self.plan(zone);
        let state = self.path().join("state/hallway.sqlite");
        let mut daemon = Daemon::new(self.plan(zone), Store::open(&state).unwrap(), now).unwrap();
        let mut waiting = daemon.step(&Event::Due, now).unwrap();
        while let Some(effect) = waiting.pop() {
            let Effect::Look(id, cursor) = effect else { continue };
            let source = daemon.source(id).unwrap();
            let (spec, context) = (&source.spec, plan.context(source, now));
            let mut events = Vec::new();
            source::scan(spec, &cursor, &context, &mut |batch, progress| {
                events.push(Event::Fetched(id, batch, progress));
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
            events.push(Event::Looked(id));
            for event in events {
                waiting.extend(daemon.step(&event, now).unwrap());
            }
        }
        drop(daemon);
        let mut store = Store::open(&state).unwrap();
        derive(&mut store, &plan, now).unwrap();
        let period = Period::week_of(day.parse::<Date>().unwrap());
        let now = now.to_zoned(plan.zone.clone());
        let digest = digest(&store, &plan, period, &now).unwrap();
        let days: Vec<String> = digest
            .well_kept
            .iter()
            .flat_map(|kept| &kept.days)
            .map(|day| day.strftime("%m-%d").to_string())
            .collect();
        let mix = digest.figures.mix;
        assert_eq!(mix.email, 0);
        format!("{} G{} O{} {}", period.name(), mix.group, mix.one_on_one, days.join(" "))
            .trim_end()
            .to_owned()
    }
}

/// The lines of a talk with Anna.
fn talk(lines: &str) -> String {
    format!(
        "{lines}DURATION:PT30M\nORGANIZER:mailto:me@own.test\n\
         ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@edge.test\n"
    )
}

/// The same with a colleague.
fn call(lines: &str) -> String {
    talk(lines) + "ATTENDEE;PARTSTAT=ACCEPTED:mailto:dana@own.test\n"
}

#[track_caller]
fn check(events: &[String], zone: &str, day: &str, expect: &str) {
    assert_eq!(Desk::new(events).week(zone, "2025-06-01T12:00:00Z", day), expect);
}

#[test]
fn the_night_summer_time_begins_has_its_talk_on_its_own_day() {
    // Half past two does not exist on 31 March; the talk takes place, and on that day.
    let night = talk("DTSTART;TZID=Europe/Berlin:20240328T023000\nRRULE:FREQ=DAILY;COUNT=5\n");
    let zone = "Europe/Berlin";
    check(
        std::slice::from_ref(&night),
        zone,
        "2024-03-31",
        "2024-W13 G0 O4 03-28 03-29 03-30 03-31",
    );
    check(&[night], zone, "2024-04-01", "2024-W14 G0 O1 04-01");
    // In New York it is the evening before, an hour earlier once Berlin has changed.
    let evening = talk("DTSTART;TZID=America/New_York:20240328T183000\nRRULE:FREQ=DAILY;COUNT=4\n");
    check(&[evening], zone, "2024-03-31", "2024-W13 G0 O3 03-28 03-29 03-30");
}

#[test]
fn late_on_the_last_day_of_the_week_is_that_week_in_summer_and_winter() {
    let late = talk("DTSTART;TZID=Europe/Berlin:20240324T231500\nRRULE:FREQ=WEEKLY;COUNT=2\n");
    let zone = "Europe/Berlin";
    check(std::slice::from_ref(&late), zone, "2024-03-24", "2024-W12 G0 O1 03-24");
    check(&[late], zone, "2024-03-31", "2024-W13 G0 O1 03-31");
    let early = talk("DTSTART;TZID=Europe/Berlin:20240325T001500\nRRULE:FREQ=WEEKLY;COUNT=2\n");
    check(std::slice::from_ref(&early), zone, "2024-03-25", "2024-W13 G0 O1 03-25");
    check(&[early], zone, "2024-04-01", "2024-W14 G0 O1 04-01");
}

#[test]
fn a_talk_that_ends_at_midnight_or_after_it_is_in_the_week_it_began_in() {
    let zone = "Europe/Berlin";
    for start in ["T233000", "T234500", "T235500"] {
        let night = talk(&format!("DTSTART;TZID={zone}:20240324{start}\n"));
        check(std::slice::from_ref(&night), zone, "2024-03-24", "2024-W12 G0 O1 03-24");
        check(&[night], zone, "2024-03-25", "2024-W13 G0 O0");
    }
    // While it goes on, and when what came before is looked at, it is not over.
    let night = Desk::new(&[talk(&format!("DTSTART;TZID={zone}:20240324T234500\n"))]);
    assert_eq!(night.week(zone, "2024-03-24T23:10:00Z", "2024-03-24"), "2024-W12 G0 O0");
    assert_eq!(night.week(zone, "2024-03-24T23:15:00Z", "2024-03-24"), "2024-W12 G0 O1 03-24");
}

#[test]
fn the_hour_that_happens_twice_is_one_talk() {
    let night = talk("DTSTART;TZID=Europe/Berlin:20241026T023000\nRRULE:FREQ=DAILY;COUNT=2\n");
    check(&[night], "Europe/Berlin", "2024-10-27", "2024-W43 G0 O2 10-26 10-27");
}

#[test]
fn a_series_in_utc_falls_twice_on_the_day_summer_time_ends() {
    // Half past midnight until the change, half past eleven in the evening after it.
    let series = talk("DTSTART:20241020T223000Z\nRRULE:FREQ=DAILY;COUNT=7\n");
    let expect = "2024-W43 G0 O7 10-21 10-22 10-23 10-24 10-25 10-26 10-27";
    check(&[series], "Europe/Berlin", "2024-10-27", expect);
    let longer = talk("DTSTART:20241020T223000Z\nRRULE:FREQ=DAILY;COUNT=9\n");
    check(std::slice::from_ref(&longer), "Europe/Berlin", "2024-10-27", expect);
    check(&[longer], "Europe/Berlin", "2024-10-28", "2024-W44 G0 O1 10-28");
}

#[test]
fn a_leap_day_is_a_day_and_no_other_day_stands_in_for_it() {
    let monthly = talk("DTSTART;TZID=Europe/Berlin:20230129T100000\nRRULE:FREQ=MONTHLY\n");
    let zone = "Europe/Berlin";
    check(std::slice::from_ref(&monthly), zone, "2024-02-29", "2024-W09 G0 O1 02-29");
    check(std::slice::from_ref(&monthly), zone, "2023-02-28", "2023-W09 G0 O0");
    check(&[monthly], zone, "2023-03-29", "2023-W13 G0 O1 03-29");
    let yearly = talk("DTSTART;TZID=Europe/Berlin:20200229T100000\nRRULE:FREQ=YEARLY\n");
    check(std::slice::from_ref(&yearly), zone, "2024-02-29", "2024-W09 G0 O1 02-29");
    check(std::slice::from_ref(&yearly), zone, "2023-02-28", "2023-W09 G0 O0");
    check(&[yearly], zone, "2023-03-01", "2023-W09 G0 O0");
}

#[test]
fn a_week_over_new_year_is_one_week() {
    let last = talk("DTSTART;TZID=Europe/Berlin:20241231T090000\n");
    let first = talk("DTSTART;TZID=America/New_York:20241231T183000\n");
    let daily = call("DTSTART;TZID=Europe/Berlin:20241226T110000\nRRULE:FREQ=DAILY;COUNT=14\n");
    let zone = "Europe/Berlin";
    let all = [last, first, daily];
    check(&all, zone, "2024-12-31", "2025-W01 G1 O2 12-31 01-01");
    check(&all, zone, "2025-01-01", "2025-W01 G1 O2 12-31 01-01");
    check(&all, zone, "2024-12-26", "2024-W52 G1 O0");
    check(&all, zone, "2025-01-06", "2025-W02 G1 O0");
    let birthday = talk("DTSTART;TZID=Europe/Berlin:20241230T100000\nRRULE:FREQ=YEARLY;COUNT=2\n");
    check(&[birthday], zone, "2024-12-30", "2025-W01 G0 O1 12-30");
}

/// Half past midnight on Monday in Berlin is Sunday evening in New York, and the week before.
#[test]
fn a_traveller_has_the_days_of_where_they_are_and_gets_the_old_ones_back() {
    let desk = Desk::new(&[
        talk("DTSTART;TZID=Europe/Berlin:20240610T003000\n"),
        talk("DTSTART:20240612T090000\n"),
        talk("DTSTART:20240614T230000\n"),
        "DTSTART;VALUE=DATE:20240613\nX-MICROSOFT-CDO-BUSYSTATUS:OOF\n".to_owned(),
    ]);
    let home = || desk.week("Europe/Berlin", "2024-07-01T12:00:00Z", "2024-06-10");
    let away = |day: &str| desk.week("America/New_York", "2024-07-02T12:00:00Z", day);
    assert_eq!(home(), "2024-W24 G0 O3 06-10 06-12 06-14");
    // Floating times are wherever the user is, so they stay on their days.
    assert_eq!(away("2024-06-10"), "2024-W24 G0 O2 06-12 06-14");
    assert_eq!(away("2024-06-09"), "2024-W23 G0 O1 06-09");
    assert_eq!(home(), "2024-W24 G0 O3 06-10 06-12 06-14");
}

#[test]
fn a_traveller_keeps_the_zone_of_a_calendar_that_says_where_it_is() {
    let desk = Desk::new(&[]);
    let text = format!(
        "BEGIN:VCALENDAR\nX-WR-TIMEZONE:Europe/Berlin\nBEGIN:VEVENT\nUID:f\n{}END:VEVENT\n\
         END:VCALENDAR\n",
        talk("DTSTART:20240610T003000\n")
    );
    std::fs::write(desk.path().join("calendar/f.ics"), text).unwrap();
    let week = |zone: &str, day: &str| desk.week(zone, "2024-07-01T12:00:00Z", day);
    assert_eq!(week("Europe/Berlin", "2024-06-10"), "2024-W24 G0 O1 06-10");
    assert_eq!(week("America/New_York", "2024-06-10"), "2024-W24 G0 O0");
    assert_eq!(week("America/New_York", "2024-06-09"), "2024-W23 G0 O1 06-09");
}
