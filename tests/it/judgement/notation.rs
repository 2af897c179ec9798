//! The notation of the judgement tests: one line a fact, one line an interaction.
//!
//! ```text
//! mon 09:00 mail anna to me cc dana      from, to, cc, bcc; flags: auto sent; id=… name=…
//! mon 11:00 30m met me+ anna? dana- by me
//! mon 11:00 30m note call "Anna Berg"    an event without guests; call or visit
//! mon 11:00 30m told anna call           the user said so; call or visit
//! ```
//!
//! Days are those of the week of 10 June 2024 in Berlin, `mon2` is a week later, `mon-2` two weeks
//! earlier; `@ZONE` sets another zone for the time. Answers: `+` yes, `-` no, `~` perhaps, `?` none yet, `>` sent
//! somebody else; before a name `opt:`, `fyi:`, `room:`, `thing:`, `group:`. Flags of an event:
//! `video phone place ms series private free hold oof cancelled tentative`, `uid=…`, `of=DAY` for
//! the day of the series it stands for.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests: a bad line is a bad test"
)]

use std::sync::Arc;

use hallway::calendar::{
    Attendee, Busy, CuType, Noted, Occurrence, PartStat, Role, Span, Status, Venue,
};
use hallway::call::{Call, How};
use hallway::interaction::{self, Interaction, NoTouch};
use hallway::mail::{AddrSpec, Automatic, Envelope, FactKey, Mailbox, MessageId};
use hallway::people::{ClientRule, PersonRule, Roster, Rules};
use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

const PEOPLE: [(&str, &str, &str); 5] = [
    ("anna", "Anna Berg", "anna.berg@edge.test"),
    ("ben", "Ben Holt", "ben.holt@edge.test"),
    ("lind", "Anna Lind", "anna.lind@edge.test"),
    ("cleo", "Cleo Marsh", "cleo.marsh@edge.test"),
    ("zoe", "Zoë Weiß", "zoe@weiss.test"),
];

/// A fact, as the doors hand it over.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    Mail(Envelope),
    Event(Occurrence),
    Told(Call),
}

/// The address behind a short name; anything with an `@` is an address already.
pub(crate) fn address(short: &str) -> AddrSpec {
    let text = match PEOPLE.iter().find(|(name, _, _)| *name == short) {
        Some((_, _, address)) => (*address).to_owned(),
        None => match short {
            "me" => "me@agency.test".to_owned(),
            "me2" => "me2@agency.test".to_owned(),
            "me3" => "me@home.test".to_owned(),
            "anna2" => "aberg@edge-group.test".to_owned(),
            "dana" | "eli" | "gail" => format!("{short}@agency.test"),
            other if other.contains('@') => other.to_owned(),
            guest => format!("{guest}@many.test"),
        },
    };
    AddrSpec::parse(&text).unwrap_or_else(|| panic!("{text} is no address"))
}

fn mailbox(short: &str) -> Mailbox {
    Mailbox { addr_spec: address(short), display_name: None }
}

/// Me under three addresses, an agency of colleagues, a client with four people, and Zoë.
pub(crate) fn roster() -> Roster {
    let person = |(short, name, main): &(&str, &str, &str)| PersonRule {
        name: (*name).to_owned(),
        client: None,
        addresses: [AddrSpec::parse(main), (*short == "anna").then(|| address("anna2"))]
            .into_iter()
            .flatten()
            .collect(),
        key: false,
        prefers: None,
        cadence_days: None,
    };
    let rules = Rules {
        me: ["me", "me2", "me3"].map(address).to_vec(),
        colleagues: vec!["agency.test".to_owned()],
        clients: vec![ClientRule {
            name: "Edgewater".to_owned(),
            domains: vec!["edge.test".to_owned()],
            people: Vec::new(),
            tier: None,
            cadence_days: None,
        }],
        people: PEOPLE.iter().map(person).collect(),
        ..Rules::default()
    };
    Roster::build(&rules, &hallway::people::Known::default(), date(2024, 6, 10))
}

pub(crate) fn zone() -> TimeZone {
    TimeZone::get("Europe/Berlin").expect("the zone is known")
}

fn day(text: &str) -> Date {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let (name, week) = text.split_at(3);
    let at = names.iter().position(|n| *n == name).unwrap_or_else(|| panic!("{text} is no day"));
    let weeks = week.parse::<i64>().map_or(0, |n| if n > 0 { n - 1 } else { n });
    date(2024, 6, 10).checked_add((at as i64 + weeks * 7).days()).unwrap()
}

/// Noon of a day in Berlin.
pub(crate) fn noon(on: &str) -> Timestamp {
    at(on, "12:00", &zone())
}

fn day_name(day: Date) -> String {
    let since = date(2024, 6, 10).until(day).unwrap().get_days();
    let name = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][since.rem_euclid(7) as usize];
    match since.div_euclid(7) {
        0 => name.to_owned(),
        week => format!("{name}{}", week + 1),
    }
}

/// Reads one fact a line; the number of the line stands in for a missing id.
pub(crate) fn facts(text: &str) -> Vec<Fact> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.enumerate().map(|(number, line)| fact(number, line)).collect()
}

fn fact(number: usize, line: &str) -> Fact {
    let names: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
    let words: Vec<&str> = line.split('"').step_by(2).flat_map(str::split_whitespace).collect();
    let of_zone = words.iter().find_map(|word| word.strip_prefix('@'));
    let tz = of_zone.map_or_else(zone, |name| TimeZone::get(name).expect("the zone is known"));
    let start = at(words[0], words[1], &tz);
    let minutes: i64 = words[2].strip_suffix('m').map_or(0, |n| n.parse().unwrap());
    let rest = if minutes > 0 { &words[3..] } else { &words[2..] };
    let rest: Vec<&str> = rest.iter().copied().filter(|word| !word.starts_with('@')).collect();
    let (verb, rest) = rest.split_first().unwrap();
    let id = rest.iter().find_map(|w| w.strip_prefix("id=").or(w.strip_prefix("uid=")));
    let id = id.map_or_else(|| format!("f{number}"), str::to_owned);
    match *verb {
        "mail" => Fact::Mail(mail(rest, start, &id)),
        "told" => Fact::Told(Call {
            with: address(rest[0]),
            how: if rest[1] == "visit" { How::Visit } else { How::Call },
            start,
            minutes: (minutes > 0).then(|| u32::try_from(minutes).unwrap()),
            told: start,
        }),
        "met" | "note" => {
            let mut event = event(rest, start, minutes, id);
            if *verb == "note" {
                event.noted = Some(Noted {
                    in_person: rest.contains(&"visit"),
                    names: names.iter().map(|name| (*name).to_owned()).collect(),
                });
                event.attendees = Arc::default();
            }
            Fact::Event(event)
        }
        other => panic!("{other} is no verb"),
    }
}

fn at(on: &str, time: &str, tz: &TimeZone) -> Timestamp {
    let time: Time = format!("{time}:00").parse().unwrap();
    day(on).to_datetime(time).to_zoned(tz.clone()).unwrap().timestamp()
}

fn mail(rest: &[&str], date: Timestamp, id: &str) -> Envelope {
    let mut envelope = Envelope {
        key: FactKey([7; 16]),
        message_id: MessageId::parse(id).filter(|id| id.as_str() != "none"),
        thread: None,
        date,
        from: mailbox(rest[0]),
        to: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        automatic: None,
        failed: Vec::new(),
        sent: false,
    };
    let mut list = "from";
    for word in &rest[1..] {
        match *word {
            "to" | "cc" | "bcc" => list = word,
            "auto" => envelope.automatic = Some(Automatic::List),
            "sent" => envelope.sent = true,
            id if id.starts_with("id=") => {}
            name if name.starts_with("name=") => {
                envelope.from.display_name = Some(name["name=".len()..].replace('_', " "));
            }
            name => match list {
                "to" => envelope.to.push(mailbox(name)),
                "cc" => envelope.cc.push(mailbox(name)),
                _ => envelope.bcc.push(mailbox(name)),
            },
        }
    }
    envelope
}

fn event(rest: &[&str], start: Timestamp, minutes: i64, uid: String) -> Occurrence {
    let mut event = Occurrence {
        uid,
        recurrence_id: None,
        span: Span::Timed { start, end: start + SignedDuration::from_mins(minutes) },
        status: Status::Confirmed,
        busy: Busy::Busy,
        private: false,
        organizer: None,
        attendees: Arc::default(),
        venue: Venue::Unsaid,
        noted: None,
        standing: false,
        microsoft: false,
        created: None,
        categories: Vec::new(),
    };
    let mut attendees = Vec::new();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match *word {
            "by" => event.organizer = words.next().map(|name| mailbox(name)),
            "video" => event.venue = Venue::Conference,
            "phone" => event.venue = Venue::Telephone,
            "place" => event.venue = Venue::Place,
            "ms" => event.microsoft = true,
            "series" => event.standing = true,
            "private" => event.private = true,
            "free" => event.busy = Busy::Free,
            "hold" => event.busy = Busy::Tentative,
            "oof" => event.busy = Busy::OutOfOffice,
            "cancelled" => event.status = Status::Cancelled,
            "tentative" => event.status = Status::Tentative,
            "allday" => {
                let first = start.to_zoned(zone()).date();
                event.span = Span::Days { first, last: first };
            }
            "call" | "visit" => {}
            flag => match flag.split_once('=') {
                Some(("of", on)) => event.recurrence_id = Some(at(on, "10:00", &zone())),
                Some(("made", on)) => event.created = Some(at(on, "08:00", &zone())),
                Some(("cat", name)) => event.categories.push(name.to_owned()),
                Some(_) => {}
                None => attendees.push(attendee(flag)),
            },
        }
    }
    event.attendees = attendees.into();
    event
}

fn attendee(word: &str) -> Attendee {
    let (kind, name) = word.split_once(':').unwrap_or(("", word));
    let (name, answer) = name.split_at(name.len() - 1);
    Attendee {
        mailbox: mailbox(name),
        partstat: match answer {
            "+" => PartStat::Accepted,
            "-" => PartStat::Declined,
            "~" => PartStat::Tentative,
            "?" => PartStat::NeedsAction,
            ">" => PartStat::Delegated,
            other => panic!("{other} is no answer"),
        },
        cutype: match kind {
            "room" => CuType::Room,
            "thing" => CuType::Resource,
            "group" => CuType::Group,
            _ => CuType::Individual,
        },
        role: match kind {
            "opt" => Role::Optional,
            "fyi" => Role::NonParticipant,
            _ => Role::Required,
        },
    }
}

/// Every fact once, in the order written, with what it amounts to.
pub(crate) fn judged(facts: &[Fact]) -> Vec<Result<Vec<Interaction>, Option<NoTouch>>> {
    let (roster, zone) = (roster(), zone());
    let events = facts.iter().filter_map(|fact| match fact {
        Fact::Event(event) => Some(event),
        _ => None,
    });
    let kept = interaction::distinct(events);
    let judge = |fact: &Fact| match fact {
        Fact::Mail(envelope) => {
            let all = interaction::from_envelope(envelope, &roster, &zone);
            Some(if all.is_empty() { Err(None) } else { Ok(all) })
        }
        Fact::Told(call) => {
            let one = interaction::from_call(call, &roster, &zone);
            Some(one.map(|one| vec![one]).ok_or(None))
        }
        Fact::Event(event) => kept
            .iter()
            .any(|one| std::ptr::eq(*one, event))
            .then(|| interaction::from_occurrence(event, &roster, &zone).map_err(Some)),
    };
    facts.iter().filter_map(judge).collect()
}

pub(crate) fn short(person: &AddrSpec) -> String {
    let known = PEOPLE.iter().find(|(_, _, address)| *address == person.as_str());
    known.map_or_else(|| person.to_string(), |(short, _, _)| (*short).to_owned())
}

/// One line an interaction: day, person, category, channel, setting, direction, rule; `covered`
/// when it makes no contact day of its own. `none` with the reason for a fact that is no touch.
pub(crate) fn described(text: &str) -> String {
    let judged = judged(&facts(text));
    let all: Vec<&Interaction> = judged.iter().flatten().flatten().collect();
    let tallies = interaction::by_person(all.iter().copied());
    let counts = |one: &Interaction| {
        let counted = tallies.get(&one.person).into_iter().flat_map(|tally| &tally.counted);
        counted.clone().any(|c| std::ptr::eq(c.interaction, one) && c.counts)
    };
    let mut out = String::new();
    for fact in &judged {
        match fact {
            Ok(all) => {
                for one in all {
                    let category = one.category().map_or("-", |category| category.as_str());
                    out += &format!(
                        "{} {} {category}: {} {} {} {}{}\n",
                        day_name(one.day),
                        short(&one.person.0),
                        one.channel.as_str(),
                        one.setting.as_str(),
                        one.direction.as_str(),
                        one.rule.as_str(),
                        if counts(one) { "" } else { ", covered" },
                    );
                }
            }
            Err(None) => out += "none\n",
            Err(Some(reason)) => {
                out += &format!("none: {}", reason.as_str());
                if let NoTouch::NameUnclear(people) = reason {
                    out.extend(people.iter().map(|person| format!(" {}", short(&person.0))));
                }
                out.push('\n');
            }
        }
    }
    out
}

/// The contact days of each person, then of all of them as one client.
pub(crate) fn contact_days(text: &str) -> String {
    let all: Vec<Interaction> = judged(&facts(text)).into_iter().flatten().flatten().collect();
    let mut lines: Vec<(String, interaction::Tally<'_>)> = interaction::by_person(&all)
        .into_iter()
        .map(|(person, tally)| (short(&person.0), tally))
        .collect();
    lines.push(("all".to_owned(), interaction::tally(&all)));
    let mut out = String::new();
    for (who, tally) in lines {
        out += &who;
        for day in &tally.days {
            out += &format!(" {}=", day_name(day.day));
            let letters = [(day.email, 'E'), (day.group, 'G'), (day.one_on_one, 'O')];
            out.extend(letters.iter().filter(|(on, _)| *on).map(|(_, letter)| letter));
        }
        out.push('\n');
    }
    out
}
