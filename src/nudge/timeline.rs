//! Timelines: a little language in which a year of mail, talks and answers is one page of text, and
//! what comes of it is the rest of the page. The files are in `tests/data/timelines`.
//!
//! Above the line `---` stands what happens, below it what Hallway makes of it:
//!
//! ```text
//! days 2024-01-01..2024-12-31              walked one by one; Monday to Friday are work days
//! first-day 2024-01-15                     no nudge before
//! client Acme tier B every 45
//! person anna@acme.test Anna Berg          of the client of that name; more words after `;`:
//! person ben@acme.test Ben Holt ; key, prefers email, every 90, unconfirmed, muted 2024-05-01
//! 2024-01-08 mail anna@acme.test           also call, visit, group; several people are allowed
//! 2024-01-08..2024-06-28/7 mail anna@acme.test       every 7 days
//! 2024-03-01 book anna@acme.test 2024-03-11          until `cancel`; took place only if so written
//! 2024-07-01..2024-07-12 away
//! 2024-07-01..2024-07-05 unreadable                  a calendar cannot be read
//! 2024-03-05 bounce anna@acme.test                   mail to them came back
//! 2024-03-05 busy 09:00-12:00
//! 2024-03-05 answer later                  to the last nudge, after the nudges of that day
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::*;
use crate::call::How;
use crate::mail::AddrSpec;
use crate::people::{Choice, Client, Failure, Person, Preference, Tier, is_gone};
use crate::reliance::{Backdrop, Booked, ContactDay, OpenDays, Reliance, Wish, assess, union};

/// What the text says.
pub(super) struct Timeline {
    days: Vec<Date>,
    pub(super) policy: Policy,
    pub(super) open: OpenDays,
    pub(super) zone: TimeZone,
    clients: Vec<Client>,
    people: Vec<Person>,
    contacts: BTreeMap<PersonId, Vec<ContactDay>>,
    /// With whom, for when, since when it is known, and until when.
    bookings: Vec<(PersonId, Booked, Date)>,
    busy: Vec<(Timestamp, Timestamp)>,
    unreadable: BTreeSet<Date>,
    failures: Vec<Failure>,
    answers: Vec<(Date, String)>,
}

impl Timeline {
    pub(super) fn parse(text: &str) -> Self {
        let mut this = Self {
            days: Vec::new(),
            policy: tests::policy(),
            open: open_days(BTreeSet::new()),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            clients: Vec::new(),
            people: Vec::new(),
            contacts: BTreeMap::new(),
            bookings: Vec::new(),
            busy: Vec::new(),
            unreadable: BTreeSet::new(),
            failures: Vec::new(),
            answers: Vec::new(),
        };
        let mut away = BTreeSet::new();
        for line in text.lines().map(str::trim) {
            let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
            match head {
                "" | "#" => {}
                "days" => this.days = days(rest),
                "first-day" => this.policy.first_day = Some(rest.parse().unwrap()),
                "client" => this.clients.push(client(rest)),
                "person" => {
                    let person = this.person(rest);
                    this.people.push(person);
                }
                _ => {
                    let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                    for day in days(head) {
                        match verb {
                            "away" => drop(away.insert(day)),
                            _ => this.happens(day, verb, rest),
                        }
                    }
                }
            }
        }
        this.open = open_days(away);
        this
    }

    fn person(&self, text: &str) -> Person {
        let (who, more) = text.split_once(';').unwrap_or((text, ""));
        let (address, name) = who.trim().split_once(' ').unwrap();
        let address = AddrSpec::parse(address).unwrap();
        let client = self.clients.iter().find(|client| client.domains[0] == address.domain());
        let mut person = Person {
            id: PersonId(address.clone()),
            name: name.to_owned(),
            addresses: vec![address],
            client: client.map(|client| client.id.clone()),
            key: false,
            prefers: None,
            cadence_days: client.map_or(30, |client| client.cadence_days),
            confirmed: true,
            tracked: true,
            muted_until: None,
            later_until: None,
            gone: false,
            details: crate::people::Details::default(),
        };
        for wish in more.split(',').map(str::trim).filter(|wish| !wish.is_empty()) {
            match wish.split_once(' ').unwrap_or((wish, "")) {
                ("key", "") => person.key = true,
                ("unconfirmed", "") => person.confirmed = false,
                ("prefers", "email") => person.prefers = Some(Preference::Email),
                ("prefers", "phone") => person.prefers = Some(Preference::Phone),
                ("every", days) => person.cadence_days = days.parse().unwrap(),
                ("muted", until) => person.muted_until = Some(until.parse().unwrap()),
                other => panic!("{other:?}"),
            }
        }
        person
    }

    fn happens(&mut self, day: Date, verb: &str, rest: &str) {
        let id = |word: &str| PersonId(AddrSpec::parse(word).unwrap());
        match verb {
            "mail" | "group" | "call" | "visit" => {
                for word in rest.split(' ') {
                    assert!(self.people.iter().any(|person| person.id == id(word)), "{word}");
                    self.contacts.entry(id(word)).or_default().push(ContactDay {
                        day,
                        email: verb == "mail",
                        group: verb == "group",
                        one_on_one: verb == "call" || verb == "visit",
                    });
                }
            }
            "bounce" => {
                let at = self.at(day, Time::constant(12, 0, 0, 0)).timestamp();
                self.failures.push(Failure { address: id(rest).0, at });
            }
            "book" => {
                let (who, on) = rest.split_once(' ').unwrap();
                let booked = Booked { day: on.parse().unwrap(), known: day };
                self.bookings.push((id(who), booked, Date::MAX));
            }
            "cancel" => {
                let mut of = self.bookings.iter_mut().filter(|(who, ..)| *who == id(rest));
                of.next_back().unwrap().2 = day;
            }
            "busy" => {
                let (from, to) = rest.split_once('-').unwrap();
                let at = |time: &str| self.at(day, time.parse().unwrap()).timestamp();
                self.busy.push((at(from), at(to)));
            }
            "unreadable" => drop(self.unreadable.insert(day)),
            "answer" => self.answers.push((day, rest.to_owned())),
            _ => panic!("{verb}"),
        }
    }

    fn at(&self, day: Date, time: Time) -> Zoned {
        day.to_datetime(time).to_zoned(self.zone.clone()).unwrap()
    }

    /// How everybody stands, knowing what was known on that day.
    pub(super) fn standing(&self, as_of: Date) -> Standing {
        let nothing = Vec::new();
        let days = |person: &Person| self.contacts.get(&person.id).unwrap_or(&nothing).as_slice();
        let booked = |of: &[&PersonId]| -> Vec<Booked> {
            let known = self.bookings.iter().filter(|(who, booked, cancelled)| {
                of.contains(&who) && booked.known <= as_of && as_of < *cancelled
            });
            known.map(|(_, booked, _)| *booked).collect()
        };
        let people: Vec<_> = self
            .people
            .iter()
            .filter_map(|person| {
                let wish = Wish::of_person(person);
                let booked = booked(&[&person.id]);
                let reliance =
                    assess(days(person), wish, &Backdrop::alone(&self.open), &booked, as_of)?;
                let seen = days(person).iter().map(|contact| contact.day);
                let seen = seen.filter(|day| *day <= as_of).max();
                let alive = |_: &AddrSpec| Some(self.at(seen?, Time::midnight()).timestamp());
                let end = self.at(as_of, Time::MAX).timestamp();
                let retired = &person.details.retired;
                let gone = is_gone(&person.addresses, retired, &self.failures, alive, end);
                Some(Subject { person: Person { gone, ..person.clone() }, reliance })
            })
            .collect();
        let clients = self.clients.iter().filter_map(|client| {
            let of = |subject: &&Subject| subject.person.client.as_ref() == Some(&client.id);
            let members: Vec<_> = people.iter().filter(of).collect();
            let pairs = members.iter().map(|subject| (&subject.person, &subject.reliance));
            let wish = Wish::of_client(client, pairs);
            let all = union(members.iter().map(|subject| days(&subject.person)));
            let ids: Vec<_> = members.iter().map(|subject| &subject.person.id).collect();
            let reliance = assess(&all, wish, &Backdrop::alone(&self.open), &booked(&ids), as_of)?;
            Some(ClientSubject { client: client.clone(), reliance })
        });
        let clients = clients.collect();
        Standing { people, clients }
    }

    pub(super) fn world(&self, day: Date) -> World {
        World { standing: self.standing(day), busy: self.busy(day), ..World::default() }
    }

    pub(super) fn busy(&self, day: Date) -> Vec<(Timestamp, Timestamp)> {
        let of = |at: &Timestamp| at.to_zoned(self.zone.clone()).date() == day;
        self.busy.iter().copied().filter(|(from, _)| of(from)).collect()
    }

    pub(super) fn span(&self) -> std::ops::RangeInclusive<Date> {
        self.days[0]..=*self.days.last().unwrap()
    }

    fn name(&self, client: Option<&ClientId>, person: Option<&PersonId>) -> String {
        let of = |id| self.people.iter().find(|person| &person.id == id);
        let person = person.and_then(of).map_or("nobody", |person| &person.name);
        client.map_or_else(|| person.to_owned(), |client| format!("{person} of {}", client.0))
    }

    fn answer(&mut self, answer: &str, past: &mut Past, now: &Zoned) {
        let answer = match answer {
            "called" => Answer::Talked(How::Call),
            "visited" => Answer::Talked(How::Visit),
            "spoke" => Answer::Spoke(How::Call),
            "not yet" => Answer::NotYet,
            "keep reminding" => Answer::KeepReminding,
            "later" => Answer::Later,
            "prefers email" => Answer::PrefersEmail,
            "not a client" => Answer::NotAClient,
            "show" => Answer::Show,
            "dismiss" => {
                past.stage = Stage::Dismissed;
                return;
            }
            other => panic!("{other}"),
        };
        past.stage = Stage::Answered(answer);
        for consequence in consequences(answer, &past.nudge, now, &self.policy) {
            match consequence {
                Consequence::Record(call) => {
                    let day = call.start.to_zoned(self.zone.clone()).date();
                    self.happens(day, "call", call.with.as_str());
                }
                Consequence::Decide(decision) => {
                    let id = PersonId(decision.about);
                    let person = self.people.iter_mut().find(|person| person.id == id).unwrap();
                    match decision.choice {
                        Choice::LaterUntil(until) => person.later_until = Some(until),
                        Choice::Prefers(prefers) => person.prefers = prefers,
                        Choice::NotAClient => person.confirmed = false,
                        other => panic!("{other:?}"),
                    }
                }
            }
        }
    }

    /// Lives through it all: every change of a verdict, every nudge, every lasting reason for none.
    pub(super) fn run(mut self) -> (String, Vec<Past>) {
        let mut log = Log { out: String::new(), verdicts: BTreeMap::new(), held: BTreeMap::new() };
        let mut past: Vec<Past> = Vec::new();
        for day in self.days.clone() {
            let unread = self.unreadable.contains(&day);
            let back =
                |day: &Date| day.yesterday().ok().filter(|day| self.unreadable.contains(day));
            let since = std::iter::successors(Some(day), back).last().filter(|_| unread);
            let as_of = since.map_or(day, |since| since.yesterday().unwrap());
            let standing = self.standing(as_of);
            for ClientSubject { client, reliance } in &standing.clients {
                log.verdict(day, &client.id.0, reliance);
            }
            for Subject { person, reliance } in &standing.people {
                log.verdict(day, &person.name, reliance);
            }
            let busy = self.busy(day);
            let mut now = self.at(day, Time::midnight());
            loop {
                let moment = Moment {
                    now: &now,
                    open: &self.open,
                    busy: &busy,
                    calendar_unread_since: since,
                    lately: &Lately::NOTHING,
                };
                let decision = decide(&standing, &past, &self.policy, &moment);
                if let Some(nudge) = decision.nudge {
                    let (line, at) = (format!("{} {}", nudge.summary(), nudge.body()), now.time());
                    writeln!(log.out, "{day} {}  {line}", at.strftime("%H:%M")).unwrap();
                    let id = NudgeId(i64::try_from(past.len()).unwrap());
                    past.push(Past { id, nudge, day, stage: Stage::Shown, talked: None });
                    continue;
                }
                for nudge in decision.missed {
                    let id = NudgeId(i64::try_from(past.len()).unwrap());
                    past.push(Past { id, nudge, day, stage: Stage::Missed, talked: None });
                }
                let next = decision.next.map(|at| at.to_zoned(self.zone.clone()));
                match next.filter(|next| next.date() == day && *next > now) {
                    Some(next) => now = next,
                    None => {
                        let held = decision.held.into_iter().filter(|held| !held.why.passes());
                        let held = held.map(|held| {
                            let name = self.name(held.client.as_ref(), held.person.as_ref());
                            (name, held.why.to_string())
                        });
                        log.held(day, held.collect());
                        break;
                    }
                }
            }
            let answers: Vec<_> =
                self.answers.iter().filter(|(on, _)| *on == day).cloned().collect();
            for (_, answer) in answers {
                let noon = self.at(day, Time::constant(12, 0, 0, 0));
                let made = past.iter_mut().rfind(|nudge| nudge.stage != Stage::Missed);
                self.answer(&answer, made.unwrap(), &noon);
            }
        }
        (log.out, past)
    }
}

struct Log {
    out: String,
    verdicts: BTreeMap<String, Verdict>,
    held: BTreeMap<String, String>,
}

impl Log {
    fn verdict(&mut self, day: Date, name: &str, reliance: &Reliance) {
        let verdict = reliance.verdict;
        if self.verdicts.insert(name.to_owned(), verdict) != Some(verdict) {
            writeln!(self.out, "{day}        {name}: {}", verdict.as_str()).unwrap();
        }
    }

    fn held(&mut self, day: Date, held: BTreeMap<String, String>) {
        for (name, why) in &held {
            if self.held.get(name) != Some(why) {
                writeln!(self.out, "{day}        no word about {name}: {why}").unwrap();
            }
        }
        self.held = held;
    }
}

fn open_days(away: BTreeSet<Date>) -> OpenDays {
    let week: Vec<_> = Weekday::Monday.cycle_forward().take(5).collect();
    OpenDays::new(&week, away)
}

/// `DATE`, `DATE..DATE` or `DATE..DATE/STEP`.
fn days(text: &str) -> Vec<Date> {
    let (span, step) = text.split_once('/').unwrap_or((text, "1"));
    let (first, last) = span.split_once("..").unwrap_or((span, span));
    let first: Date = first.parse().unwrap_or_else(|_| panic!("{text}"));
    let last: Date = last.parse().unwrap();
    first.series(step.parse::<i64>().unwrap().days()).take_while(|&day| day <= last).collect()
}

/// `NAME`, with `tier T` and `every N` after it.
fn client(text: &str) -> Client {
    let mut words = text.split(' ');
    let name = words.next().unwrap();
    let mut client = Client {
        id: ClientId(name.to_owned()),
        domains: vec![format!("{}.test", name.to_lowercase())],
        tier: Tier::A,
        cadence_days: 30,
        confirmed: true,
    };
    while let Some(word) = words.next() {
        match (word, words.next().unwrap()) {
            ("tier", "B") => client.tier = Tier::B,
            ("tier", "C") => client.tier = Tier::C,
            ("every", days) => client.cadence_days = days.parse().unwrap(),
            other => panic!("{other:?}"),
        }
    }
    client
}

fn timelines() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/timelines");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20, "{files:?}");
    files
}

/// Each file holds what happens, `---`, and what comes of it. `UPDATE_EXPECT=1` rewrites the
/// latter; read it before committing. The replay of each finds the nudges that came.
#[test]
fn timelines_come_out_as_written() {
    for file in timelines() {
        let text = fs::read_to_string(&file).unwrap();
        let (happens, _) = text.split_once("---\n").unwrap();
        let (comes, lived) = Timeline::parse(happens).run();
        expect_file![&file].assert_eq(&format!("{happens}---\n{comes}"));

        if happens.contains(" answer ") || happens.contains(" unreadable") {
            continue;
        }
        let timeline = Timeline::parse(happens);
        let world = |day| timeline.world(day);
        let Timeline { zone, open, policy, .. } = &timeline;
        let replayed = replay(timeline.span(), zone, open, policy, world);
        let shown = replayed.into_iter().filter(|line| line.suppressed.is_none());
        let shown: Vec<_> = shown.map(|line| line.nudge).collect();
        let lived = lived.into_iter().filter(|past| past.stage != Stage::Missed);
        let lived: Vec<_> = lived.map(|past| past.nudge).collect();
        assert_eq!(shown, lived, "{}", file.display());
    }
}
