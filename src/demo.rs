//! A small invented world ending today, to try everything without an account.
//!
//! [`world`] is a pure function from a date to files: a Maildir, a calendar folder and the
//! configuration that reads them. It uses no dice: each habit is a rhythm in open days, so that
//! the same day gives the same world, and every verdict appears in it. The calendar is written
//! with the `icalendar` crate; everything is read back through the ordinary sources.

use std::path::{Path, PathBuf};

use icalendar::{Component, EventLike};
use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Files to write, and where the configuration among them lies.
#[derive(Debug)]
pub struct World {
    /// Path below the root, and content.
    pub files: Vec<(PathBuf, String)>,
    /// The configuration, below the root.
    pub config: PathBuf,
}

/// How one invented person is kept in touch with. Rhythms are in weekdays; 0 means never.
struct Habit {
    name: &'static str,
    client: &'static str,
    domain: &'static str,
    tier: &'static str,
    extra: &'static str,
    /// A mail thread every so many weekdays.
    mail: i64,
    /// A standing call with a colleague every so many weeks.
    group: i64,
    /// A talk alone every so many weekdays.
    alone: i64,
    place: Place,
    /// First and last day it goes on, in days before today.
    from: i64,
    until: i64,
    /// The last talk alone, in days before today.
    alone_until: i64,
    /// A talk alone already in the calendar, so many days ahead.
    booked: i64,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Link,
    Lunch,
    Noted,
}

const EVERY: Habit = Habit {
    name: "",
    client: "",
    domain: "",
    tier: "A",
    extra: "",
    mail: 4,
    group: 0,
    alone: 0,
    place: Place::Link,
    from: 230,
    until: 0,
    alone_until: 0,
    booked: 0,
};

const PEOPLE: [Habit; 10] = [
    Habit { name: "Priya Nair", client: "Borealis Law", domain: "borealis.test", mail: 3, ..EVERY },
    Habit {
        name: "Jo Doe",
        client: "Acme",
        domain: "acme.test",
        mail: 3,
        group: 1,
        alone: 4,
        alone_until: 66,
        ..EVERY
    },
    Habit {
        name: "Hugo Lind",
        client: "Cobalt Studio",
        domain: "cobalt.test",
        mail: 60,
        group: 1,
        ..EVERY
    },
    Habit {
        name: "Inès Moreau",
        client: "Delta Foods",
        domain: "delta.test",
        mail: 4,
        group: 1,
        tier: "B",
        ..EVERY
    },
    Habit {
        name: "Viktor Hahn",
        client: "Ember & Sons",
        domain: "ember.test",
        alone: 8,
        alone_until: 3,
        ..EVERY
    },
    Habit {
        name: "Ingrid Solberg",
        client: "Fjord Marine",
        domain: "fjord.test",
        mail: 6,
        alone: 20,
        alone_until: 9,
        place: Place::Lunch,
        extra: "prefers = \"visit\"\n",
        ..EVERY
    },
    Habit {
        name: "Omar Haddad",
        client: "Garnet",
        domain: "garnet.test",
        mail: 5,
        alone: 30,
        alone_until: 50,
        extra: "prefers = \"email\"\n",
        ..EVERY
    },
    Habit {
        name: "Selma Brandt",
        client: "Harbor",
        domain: "harbor.test",
        tier: "C",
        alone: 12,
        until: 75,
        alone_until: 80,
        ..EVERY
    },
    Habit {
        name: "Yuki Tanaka",
        client: "Indigo",
        domain: "indigo.test",
        tier: "B",
        from: 18,
        ..EVERY
    },
    Habit {
        name: "Noor Aziz",
        client: "Juniper",
        domain: "juniper.test",
        mail: 4,
        alone: 10,
        alone_until: 61,
        place: Place::Noted,
        booked: 6,
        ..EVERY
    },
];

const ME: (&str, &str) = ("Ana Ruiz", "ana@agency.test");
const COLLEAGUE: (&str, &str) = ("Ben Cole", "ben@agency.test");

/// The world as of `today` in `zone`, to be written below `root`.
pub fn world(root: &Path, today: Date, zone: &TimeZone) -> World {
    let mut writer = Writer { zone, today, files: Vec::new(), number: 0 };
    for (seat, habit) in (0..).zip(&PEOPLE) {
        writer.live(habit, seat);
    }
    writer.noise();
    let config = PathBuf::from("hallway.toml");
    writer.files.push((config.clone(), configuration(root)));
    World { files: writer.files, config }
}

fn address(habit: &Habit) -> String {
    let name: String = habit.name.to_lowercase().replace('è', "e").replace(' ', ".");
    format!("{name}@{}", habit.domain)
}

fn configuration(root: &Path) -> String {
    let path = |below: &str| toml::Value::String(root.join(below).display().to_string());
    let mut text = format!(
        "# The invented world of `hallway demo`. Your own configuration looks just like it.\n\n\
         [me]\naddresses = [\"{}\"]\ncolleagues = [\"agency.test\"]\n\n\
         [[mail]]\nname = \"mail\"\ntype = \"maildir\"\npath = {}\n\n\
         [[calendar]]\nname = \"work\"\ntype = \"vdir\"\npath = {}\nrole = \"work\"\n",
        ME.1,
        path("mail"),
        path("calendar"),
    );
    for habit in &PEOPLE {
        text += &format!(
            "\n[[client]]\nname = \"{}\"\ndomains = [\"{}\"]\ntier = \"{}\"\n\n\
             [[person]]\nname = \"{}\"\nclient = \"{}\"\naddresses = [\"{}\"]\nkey = true\n{}",
            habit.client,
            habit.domain,
            habit.tier,
            habit.name,
            habit.client,
            address(habit),
            habit.extra
        );
    }
    text
}

struct Writer<'a> {
    zone: &'a TimeZone,
    today: Date,
    files: Vec<(PathBuf, String)>,
    number: u32,
}

impl Writer<'_> {
    fn live(&mut self, habit: &Habit, seat: i64) {
        let them = (habit.name, address(habit));
        for back in (habit.until..=habit.from).rev() {
            let day = self.today.saturating_sub(back.days());
            let weekday = day.weekday().to_monday_zero_offset();
            if weekday > 4 || back == 0 {
                continue;
            }
            let beat = weekdays_between(day, self.today) + seat;
            if habit.mail > 0 && beat % habit.mail == 0 {
                self.thread(&them, day, seat, beat);
            }
            let weekly = i64::from(weekday) == seat % 4;
            if habit.group > 0 && weekly {
                self.meeting(&them, day, time(14, 0, 0, 0), "Weekly call", true, Place::Link);
            }
            if habit.alone > 0 && back >= habit.alone_until && beat % habit.alone == 0 {
                self.meeting(&them, day, time(11, 30, 0, 0), "Catch-up", false, habit.place);
            }
        }
        if habit.booked > 0 {
            let day = next_weekday(self.today.saturating_add(habit.booked.days()));
            self.meeting(&them, day, time(10, 0, 0, 0), "Catch-up", false, Place::Link);
        }
    }

    /// One or two messages, either side first, the second an answer.
    fn thread(&mut self, them: &(&str, String), day: Date, seat: i64, beat: i64) {
        let me = (ME.0, ME.1.to_owned());
        let hour = 9 + i8::try_from((seat * 3 + beat) % 8).unwrap_or(0);
        let mine_first = (beat / 2) % 2 == 0;
        let (first, second) = if mine_first { (&me, them) } else { (them, &me) };
        let root = self.message(first, second, at(day, hour, 12), None, "");
        if beat % 3 != 0 {
            self.message(second, first, at(day, hour + 1, 40), Some(&root), "");
        }
    }

    /// Writes a message to where its direction puts it; returns its Message-ID.
    fn message(
        &mut self,
        from: &(&str, String),
        to: &(&str, String),
        when: jiff::civil::DateTime,
        answers: Option<&str>,
        extra: &str,
    ) -> String {
        self.number += 1;
        let id = format!("demo.{:05}@hallway.test", self.number);
        let stamp = self.instant(when);
        let date = jiff::fmt::rfc2822::to_string(&stamp.to_zoned(self.zone.clone()))
            .unwrap_or_else(|_| String::from("Thu, 1 Jan 1970 00:00:00 +0000"));
        let refs = answers
            .map_or(String::new(), |id| format!("In-Reply-To: <{id}>\nReferences: <{id}>\n"));
        let name = |name: &str| encoded(name);
        let text = format!(
            "From: {} <{}>\nTo: {} <{}>\nDate: {date}\nMessage-ID: <{id}>\n{refs}{extra}\
             Subject: (invented)\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n\
             Nobody reads this.\n",
            name(from.0),
            from.1,
            name(to.0),
            to.1
        );
        let folder = if from.1 == ME.1 { "mail/.Sent/cur" } else { "mail/cur" };
        let file = format!("{}.M{:06}.demo:2,S", stamp.as_second(), self.number);
        self.files.push((PathBuf::from(folder).join(file), text));
        id
    }

    fn meeting(
        &mut self,
        them: &(&str, String),
        day: Date,
        from: Time,
        title: &str,
        group: bool,
        place: Place,
    ) {
        self.number += 1;
        let uid = format!("demo.{:05}@hallway.test", self.number);
        let start = self.instant(day.to_datetime(from));
        let mut event = icalendar::Event::new();
        event.uid(&uid);
        for (name, when) in [("DTSTART", start), ("DTEND", start + 45.minutes())] {
            event.add_property(name, utc(when));
        }
        for name in ["CREATED", "DTSTAMP"] {
            let entered = if start > self.midnight() { self.midnight() } else { start };
            event.add_property(name, utc(entered - 48.hours()));
        }
        match place {
            Place::Noted => {
                event.summary(&format!("Call {}", them.0));
            }
            Place::Lunch => {
                event.summary(&format!("Lunch with {}", them.0)).location("Bistro am Hafen");
            }
            Place::Link => {
                event.summary(title).add_property("URL", "https://meet.jit.si/hallway-demo");
                let mut guests = vec![(ME.0, ME.1), (them.0, them.1.as_str())];
                if group {
                    guests.push(COLLEAGUE);
                }
                event.add_property("ORGANIZER", format!("mailto:{}", ME.1));
                for (name, address) in guests {
                    let mut guest =
                        icalendar::Property::new("ATTENDEE", format!("mailto:{address}"));
                    guest.add_parameter("CN", name).add_parameter("PARTSTAT", "ACCEPTED");
                    event.append_multi_property(guest.done());
                }
            }
        }
        let calendar = icalendar::Calendar::new().push(event.done()).done();
        let file = format!("calendar/{uid}.ics");
        self.files.push((PathBuf::from(file), calendar.to_string()));
    }

    /// What must never become a person: newsletters, robots, a colleague.
    fn noise(&mut self) {
        let me = (ME.0, ME.1.to_owned());
        for back in (1..=200).step_by(3) {
            let day = self.today.saturating_sub(i64::from(back).days());
            let news = ("Trade News", String::from("letter@trade-news.example"));
            let list = "List-Id: <letter.trade-news.example>\nPrecedence: bulk\n";
            self.message(&news, &me, at(day, 6, 5), None, list);
            let robot = ("Tracker", String::from("no-reply@tracker.example"));
            self.message(&robot, &me, at(day, 10, 1), None, "Auto-Submitted: auto-generated\n");
            let colleague = (COLLEAGUE.0, COLLEAGUE.1.to_owned());
            self.message(&colleague, &me, at(day, 15, 30), None, "");
        }
    }

    fn instant(&self, when: jiff::civil::DateTime) -> Timestamp {
        self.zone.to_ambiguous_timestamp(when).compatible().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn midnight(&self) -> Timestamp {
        self.instant(self.today.to_datetime(Time::midnight()))
    }
}

fn at(day: Date, hour: i8, minute: i8) -> jiff::civil::DateTime {
    day.to_datetime(Time::new(hour.clamp(0, 23), minute, 0, 0).unwrap_or(Time::midnight()))
}

fn utc(when: Timestamp) -> String {
    when.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// RFC 2047, for the one name that needs it.
fn encoded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    let bytes: String = name.bytes().map(|byte| format!("={byte:02X}")).collect();
    format!("=?utf-8?Q?{bytes}?=")
}

/// Weekdays from a day up to another, the first included and the last not.
fn weekdays_between(from: Date, to: Date) -> i64 {
    let days = i64::from((to - from).get_days());
    let before = i64::from(from.weekday().to_monday_zero_offset());
    let weekdays = |days: i64| days / 7 * 5 + (days % 7).min(5);
    weekdays(before + days) - weekdays(before)
}

fn next_weekday(day: Date) -> Date {
    match day.weekday().to_monday_zero_offset() {
        5 => day.saturating_add(2.days()),
        6 => day.saturating_add(1.days()),
        _ => day,
    }
}
