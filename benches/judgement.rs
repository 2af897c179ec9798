//! What judging costs, apart from reading: `benches/judgement.py` runs these steps one by one, each
//! in a process of its own, so that the peak memory of one is not that of another.
//!
//!     cargo bench --bench judgement -- make FOLDER FACTS PEOPLE
//!     cargo bench --bench judgement -- fact FOLDER [NEWS]
//!
//! `make` writes a configuration and a database of facts that nobody has judged yet, through the
//! store's own door: ten years of mail with so many people, few of them often and many seldom, a
//! quarter of it in company, a tenth from strangers; six in a hundred facts are talks. Nothing is
//! drawn by chance: two runs make the same facts, but for the day they end on, which is today.
//!
//! `fact` takes a database that nobody has judged yet through the daemon's own loop, then one new
//! message at a time, up to the verdicts and the thought about a nudge; starts a loop again on what
//! is judged now, and gives it one more. It prints seconds as JSON.

use std::fs;
use std::path::Path;

use hallway::batch::{Batch, Resource};
use hallway::calendar::{Attendee, Busy, CuType, Occurrence, PartStat, Role, Span, Status, Venue};
use hallway::daemon::{Daemon, Effect, Event, Plan, monotonic, now};
use hallway::desktop::Happening;
use hallway::mail::{AddrSpec, Envelope, FactKey, Mailbox};
use hallway::settings::{Environment, Request, load};
use hallway::source::Progress;
use hallway::store::{Kind, SourceId, Store};
use jiff::{SignedDuration, Timestamp};

type Failure = Box<dyn std::error::Error>;

const ME: &str = "ana@agency.test";
const YEARS: i64 = 10;
const DAY: i64 = 24 * 3600;
const BATCH: usize = 20_000;
const STRANGERS: u64 = 5_000;
/// New messages of which the middle one counts, where not said otherwise.
const NEWS: u64 = 21;

fn main() -> Result<(), Failure> {
    let given: Vec<String> =
        std::env::args().skip(1).filter(|one| !one.starts_with("--")).collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    match given.as_slice() {
        ["make", folder, facts, people] => make(Path::new(folder), facts.parse()?, people.parse()?),
        ["fact", folder] => fact(Path::new(folder), NEWS),
        ["fact", folder, news] => fact(Path::new(folder), news.parse()?),
        // cargo runs every benchmark when asked for all of them.
        _ => Ok(()),
    }
}

fn plan(folder: &Path) -> Result<Plan, Failure> {
    let config = folder.join("config.toml");
    let environment = Environment::of([("HOME", folder.to_str().ok_or("no such folder")?)]);
    let request = Request { config: Some(config), set: Vec::new() };
    Ok(Plan::of(&load(&environment, &request).map_err(|error| format!("{error:?}"))?))
}

fn store(folder: &Path) -> Result<Store, Failure> {
    Ok(Store::open(&folder.join(".local/state/hallway/hallway.sqlite"))?)
}

fn mailbox(address: &str, name: &str) -> Result<Mailbox, Failure> {
    let addr_spec = AddrSpec::parse(address).ok_or("no address")?;
    Ok(Mailbox { addr_spec, display_name: Some(name.to_owned()) })
}

/// Numbers that look drawn and are not: Steele, Lea and Flood's SplitMix64 (2014).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % most.max(1)
    }
}

/// The people, and how to pick one: the n-th as often as 1 in n + 20.
struct Cast {
    everybody: Vec<Mailbox>,
    often: Vec<u64>,
}

impl Cast {
    fn pick(&self, numbers: &mut Numbers) -> Result<Mailbox, Failure> {
        let at = numbers.below(self.often.last().copied().unwrap_or(1));
        let n = self.often.partition_point(|upto| *upto <= at);
        Ok(self.everybody.get(n).ok_or("nobody")?.clone())
    }
}

fn make(folder: &Path, facts: u64, people: u64) -> Result<(), Failure> {
    fs::create_dir_all(folder.join("mail/cur"))?;
    fs::create_dir_all(folder.join("mail/new"))?;
    fs::create_dir_all(folder.join("calendar"))?;
    let clients = (people / 4).max(1);
    let mut config = format!(
        "[me]\naddresses = [\"{ME}\"]\ntime-zone = \"Europe/Berlin\"\n\
         [[mail]]\nname = \"work\"\ntype = \"maildir\"\npath = \"~/mail\"\n\
         [[calendar]]\nname = \"work\"\ntype = \"vdir\"\npath = \"~/calendar\"\n",
    );
    for client in 0..clients {
        config +=
            &format!("[[client]]\nname = \"Client {client}\"\ndomains = [\"c{client}.test\"]\n");
    }
    fs::write(folder.join("config.toml"), config)?;
    let everybody: Vec<Mailbox> = (0..people)
        .map(|n| mailbox(&format!("p{n}@c{}.test", n % clients), &format!("Person Number{n}")))
        .collect::<Result<_, _>>()?;
    let often = (0..people)
        .scan(0, |sum, n| {
            *sum += 1_000_000 / (n + 20);
            Some(*sum)
        })
        .collect();
    let cast = Cast { everybody, often };
    let mut store = store(folder)?;
    let named = |kind, plan: &Plan| -> Result<String, Failure> {
        let one = plan.sources.iter().find(|one| one.kind == kind);
        Ok(one.ok_or("no such source")?.name.clone())
    };
    let plan = plan(folder)?;
    let mail = store.source(Kind::Mail, &named(Kind::Mail, &plan)?)?;
    let calendar = store.source(Kind::Calendar, &named(Kind::Calendar, &plan)?)?;
    let talks = facts * 6 / 100;
    let until = now();
    messages(&mut store, mail, &cast, facts - talks, until)?;
    self::talks(&mut store, calendar, &cast, talks, until)?;
    // Long ago, so that nudges are thought about.
    store.installed_at(until - SignedDuration::from_hours(24 * 365))?;
    store.close()?;
    Ok(())
}

fn messages(
    store: &mut Store,
    mail: SourceId,
    cast: &Cast,
    count: u64,
    until: Timestamp,
) -> Result<(), Failure> {
    let me = mailbox(ME, "Ana")?;
    let mut numbers = Numbers(1);
    let step = YEARS * 365 * DAY / i64::try_from(count.max(1))?;
    let mut batch = Batch::default();
    for n in 0..count {
        let mut key = [0; 16];
        key.first_chunk_mut().into_iter().for_each(|half| {
            *half = numbers.below(u64::MAX).to_be_bytes();
        });
        key.last_chunk_mut().into_iter().for_each(|half| *half = n.to_be_bytes());
        let date = until - SignedDuration::from_secs(YEARS * 365 * DAY - i64::try_from(n)? * step);
        let mine = n % 2 == 0;
        let from = match (mine, numbers.below(10)) {
            (true, _) => me.clone(),
            (false, 0 | 1) => {
                let stranger = numbers.below(STRANGERS);
                mailbox(&format!("s{stranger}@elsewhere{}.test", stranger % 900), "A Stranger")?
            }
            (false, _) => cast.pick(&mut numbers)?,
        };
        let mut to = vec![if mine { cast.pick(&mut numbers)? } else { me.clone() }];
        let mut cc = Vec::new();
        if numbers.below(4) == 0 {
            to.push(cast.pick(&mut numbers)?);
            for _ in 0..numbers.below(4) {
                cc.push(cast.pick(&mut numbers)?);
            }
        }
        batch.envelopes.push(Envelope {
            key: FactKey(key),
            message_id: hallway::mail::MessageId::parse(&format!("<{n}.mail@agency.test>")),
            thread: Some(n / 4),
            date,
            from,
            to,
            cc,
            bcc: Vec::new(),
            automatic: None,
            failed: Vec::new(),
            sent: mine,
        });
        if batch.envelopes.len() == BATCH || n + 1 == count {
            store.record(mail, &std::mem::take(&mut batch))?;
        }
    }
    Ok(())
}

/// One talk in six alone, in a series of monthly ones; the others in company, weekly.
fn talks(
    store: &mut Store,
    calendar: SourceId,
    cast: &Cast,
    count: u64,
    until: Timestamp,
) -> Result<(), Failure> {
    let me = mailbox(ME, "Ana")?;
    let mut numbers = Numbers(2);
    let guest = |mailbox: Mailbox| Attendee {
        mailbox,
        partstat: PartStat::Accepted,
        cutype: CuType::Individual,
        role: Role::Required,
    };
    let mut batch = Batch::default();
    let mut left = count;
    for n in 0_i64.. {
        let alone = n % 3 != 0;
        let (every, heads) = if alone { (30, 1) } else { (7, 2 + numbers.below(4)) };
        let guests = (0..heads).map(|_| Ok(guest(cast.pick(&mut numbers)?)));
        let guests: Vec<_> = guests.collect::<Result<_, Failure>>()?;
        let most = u64::try_from(YEARS * 365 / every)?.min(left);
        let times = (0..i64::try_from(most)?).map(|time| {
            let back = SignedDuration::from_hours(24 * (every * time + n % every) + n % 7);
            let start = until - back;
            Occurrence {
                uid: format!("talk-{n}@agency.test"),
                recurrence_id: Some(start),
                span: Span::Timed { start, end: start + SignedDuration::from_mins(30) },
                status: Status::Confirmed,
                busy: Busy::Busy,
                private: false,
                organizer: Some(me.clone()),
                attendees: guests.clone().into(),
                venue: Venue::Unsaid,
                noted: None,
                standing: true,
                microsoft: false,
                created: Some(until - SignedDuration::from_hours(24 * 365 * YEARS)),
                categories: Vec::new(),
            }
        });
        let resource =
            Resource { href: format!("{n}.ics"), events: 1, occurrences: times.collect() };
        batch.resources.push(resource);
        left -= most;
        if batch.resources.len() == 200 || left == 0 {
            store.record(calendar, &std::mem::take(&mut batch))?;
        }
        if left == 0 {
            break;
        }
    }
    Ok(())
}

/// Everything from nothing, then one message after the other, from being fetched to what the loop
/// makes of it.
#[expect(clippy::print_stdout, reason = "a benchmark says what it measured")]
fn fact(folder: &Path, news: u64) -> Result<(), Failure> {
    let now = now();
    let (mut daemon, anew) = started(folder, now)?;
    let next = heard(&mut daemon, now, 0)?;
    let mut times =
        (1..=news).map(|n| heard(&mut daemon, now, n)).collect::<Result<Vec<_>, _>>()?;
    times.sort_by(f64::total_cmp);
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    daemon.close()?;
    let (mut daemon, start) = started(folder, now)?;
    let after_start = heard(&mut daemon, now, news + 1)?;
    daemon.close()?;
    println!(
        "{{\"anew\": {anew:.5}, \"next\": {next:.5}, \"fact\": {middle:.5}, \
         \"start\": {start:.5}, \"after_start\": {after_start:.5}}}"
    );
    Ok(())
}

/// A loop that has looked at every source once and found nothing, and the seconds that took.
fn started(folder: &Path, now: Timestamp) -> Result<(Daemon, f64), Failure> {
    let mut daemon = Daemon::new(plan(folder)?, store(folder)?, now)?;
    let ids: Vec<_> = daemon.sources().map(|(id, _)| id).collect();
    let started = monotonic();
    daemon.step(&Event::Desktop(Happening::ServerCame), now)?;
    daemon.step(&Event::Due, now)?;
    for id in ids {
        for effect in daemon.step(&Event::Looked(id), now)? {
            if let Effect::Digest(period, _) = effect {
                daemon.step(&Event::Written(period), now)?;
            }
        }
    }
    Ok((daemon, (monotonic() - started).as_secs_f64()))
}

/// The seconds one new message takes.
fn heard(daemon: &mut Daemon, now: Timestamp, n: u64) -> Result<f64, Failure> {
    let mail = daemon.sources().find(|(_, one)| one.kind == Kind::Mail).ok_or("no mail")?.0;
    let mut key = [0xff; 16];
    key.first_chunk_mut().into_iter().for_each(|half| *half = n.to_be_bytes());
    let at = now + SignedDuration::from_secs(i64::try_from(n)?);
    let envelope = Envelope {
        key: FactKey(key),
        message_id: None,
        thread: None,
        date: at,
        from: mailbox(ME, "Ana")?,
        to: vec![mailbox("p1@c1.test", "Person Number1")?],
        cc: Vec::new(),
        bcc: Vec::new(),
        automatic: None,
        failed: Vec::new(),
        sent: true,
    };
    let batch = Batch { envelopes: vec![envelope], ..Batch::default() };
    let started = monotonic();
    daemon.step(&Event::Fetched(mail, batch, Progress::default()), at)?;
    daemon.step(&Event::Looked(mail), at)?;
    Ok((monotonic() - started).as_secs_f64())
}
