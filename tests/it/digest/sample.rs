//! Invented weeks of an invented user, written one line a person.

use hallway::call::How;
use hallway::digest::{ClientInput, Digest, Input, Period, PersonInput, build};
use hallway::interaction::Standing;
use hallway::mail::AddrSpec;
use hallway::nudge::{Answer, Form, Nudge, NudgeId, Past, Stage};
use hallway::people::{Client, ClientId, Person, PersonId, Preference, Tier};
use hallway::reliance::{ChannelMix, ContactDay, Reliance, Rhythm, Share, Trend, Verdict};
use jiff::civil::{Date, Weekday, date};
use jiff::{Timestamp, ToSpan};

/// One person's life in the sample.
#[derive(Clone)]
pub(super) struct Someone {
    pub person: Person,
    pub reliance: Reliance,
    pub days: Vec<ContactDay>,
    pub why: String,
    pub standing: Standing,
}

/// Everything a digest is made of, owned.
#[derive(Clone)]
pub(super) struct World {
    pub as_of: Date,
    pub people: Vec<Someone>,
    pub clients: Vec<(Client, Reliance, Vec<ContactDay>)>,
    pub nudges: Vec<Past>,
    pub waiting: u32,
    pub trust_suggestions: bool,
    pub blind_spots: Vec<String>,
}

impl World {
    pub(super) fn empty(as_of: Date) -> Self {
        Self {
            as_of,
            people: Vec::new(),
            clients: Vec::new(),
            nudges: Vec::new(),
            waiting: 0,
            trust_suggestions: false,
            blind_spots: Vec::new(),
        }
    }

    pub(super) fn digest(&self, period: Period) -> Digest {
        let people: Vec<PersonInput<'_>> = self
            .people
            .iter()
            .map(|s| PersonInput {
                person: &s.person,
                reliance: &s.reliance,
                days: &s.days,
                why: &s.why,
                standing: s.standing,
            })
            .collect();
        let clients: Vec<ClientInput<'_>> = self
            .clients
            .iter()
            .map(|(client, reliance, days)| ClientInput { client, reliance, days })
            .collect();
        let input = Input {
            as_of: self.as_of,
            people: &people,
            clients: &clients,
            nudges: &self.nudges,
            waiting: self.waiting,
            trust_suggestions: self.trust_suggestions,
            blind_spots: &self.blind_spots,
            trial: None,
        };
        build(&input, period)
    }

    pub(super) fn add(&mut self, someone: Someone) {
        self.people.push(someone);
    }

    /// Adds a client whose contact days are those of the people it has so far.
    pub(super) fn client(&mut self, name: &str, tier: Tier, verdict: Verdict, since: Date) {
        let id = ClientId(name.to_owned());
        let mut days: Vec<ContactDay> = Vec::new();
        for someone in self.people.iter().filter(|s| s.person.client.as_ref() == Some(&id)) {
            days.extend(&someone.days);
        }
        let client = Client { id, domains: Vec::new(), tier, cadence_days: 30, confirmed: true };
        let stands = reliance(self.as_of, &days, 23.0, verdict, since);
        self.clients.push((client, stands, days));
    }
}

/// How things stand, without the machinery of `reliance`: only what a digest looks at is real.
pub(super) fn reliance(
    as_of: Date,
    days: &[ContactDay],
    limit: f64,
    verdict: Verdict,
    since: Date,
) -> Reliance {
    let last = |keep: fn(&ContactDay) -> bool| days.iter().filter(|d| keep(d)).map(|d| d.day).max();
    let last_one_on_one = last(|d| d.one_on_one);
    let first = days.iter().map(|d| d.day).min().unwrap_or(as_of);
    let mut silence = 0;
    let mut day = last_one_on_one.unwrap_or(first);
    while day < as_of {
        day = day.tomorrow().unwrap();
        silence += u32::from(!matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday));
    }
    let mut mix = ChannelMix::default();
    for d in days {
        mix.email += u32::from(d.email);
        mix.group += u32::from(d.group);
        mix.one_on_one += u32::from(d.one_on_one);
    }
    let estimate = (0.6 + f64::from(mix.one_on_one)) / (6.0 + f64::from(mix.total()));
    Reliance {
        verdict,
        verdict_since: since,
        last_contact: last(|_| true),
        last_one_on_one,
        silence,
        limit,
        rhythm: Rhythm::default(),
        last_28: ChannelMix::default(),
        last_90: mix,
        share: Share { estimate, low: estimate / 2.0, high: (estimate * 2.0).min(1.0) },
        trend: Trend::Flat,
        confidence: 0.9,
        over: false,
        weeks: Vec::new(),
        booked: None,
        due: !matches!(verdict, Verdict::Healthy | Verdict::Silent | Verdict::NotEnoughData),
    }
}

/// Contact days from weeks like `e3g1o1` (three email days from Monday, group days from Tuesday,
/// one-on-ones from Thursday) or `-`; the last one is the week of `last`.
pub(super) fn days(last: Date, weeks: &str) -> Vec<ContactDay> {
    let weeks: Vec<&str> = weeks.split_whitespace().collect();
    let mut days = Vec::new();
    for (at, week) in weeks.iter().enumerate() {
        let back = i64::try_from(weeks.len() - 1 - at).unwrap();
        let monday = Period::week_of(last).from() - back.weeks();
        let count = |letter: char| -> i64 {
            let at = week.find(letter).map(|at| at + 1);
            at.map_or(0, |at| i64::from(week.as_bytes()[at] - b'0'))
        };
        let lies = |offset: i64, from: i64, n: i64| (offset - from).rem_euclid(7) < n;
        for offset in 0..7_i64 {
            let day = ContactDay {
                day: monday + offset.days(),
                email: lies(offset, 0, count('e')),
                group: lies(offset, 1, count('g')),
                one_on_one: lies(offset, 3, count('o')),
            };
            if day.email || day.group || day.one_on_one {
                days.push(day);
            }
        }
    }
    days
}

/// Somebody whose weeks end with the week before `as_of`.
pub(super) fn someone(
    as_of: Date,
    name: &str,
    address: &str,
    client: Option<&str>,
    limit: f64,
    (verdict, since): (Verdict, Date),
    weeks: &str,
) -> Someone {
    let address = AddrSpec::parse(address).unwrap();
    let days = days(as_of - 1.week(), weeks);
    Someone {
        person: Person {
            id: PersonId(address.clone()),
            name: name.to_owned(),
            addresses: vec![address],
            client: client.map(|client| ClientId(client.to_owned())),
            key: false,
            prefers: None,
            cadence_days: 30,
            confirmed: true,
            tracked: true,
            muted_until: None,
            later_until: None,
            gone: false,
            details: hallway::people::Details::default(),
        },
        reliance: reliance(as_of, &days, limit, verdict, since),
        days,
        why: String::new(),
        standing: Standing::default(),
    }
}

/// A nudge about somebody.
pub(super) fn nudge(id: i64, about: &Someone, day: Date, stage: Stage) -> Past {
    Past {
        id: NudgeId(id),
        nudge: Nudge {
            person: about.person.id.clone(),
            name: about.person.name.clone(),
            client: about.person.client.clone(),
            verdict: about.reliance.verdict,
            form: Form::Suggestion,
            certainty: 80,
            booked: None,
            reason: about.why.clone(),
            suggestion: String::new(),
            at: Timestamp::UNIX_EPOCH,
        },
        day,
        stage,
        talked: None,
    }
}

/// Monday morning after the week of 16 November 2026: fourteen people, six clients.
pub(super) fn rich() -> World {
    let as_of = date(2026, 11, 23);
    let mut world = World::empty(as_of);
    let old = date(2026, 9, 28);
    let new = date(2026, 11, 18);
    let mut add = |name: &str,
                   address: &str,
                   client: &'static str,
                   limit,
                   verdict,
                   weeks: &str,
                   why: &str| {
        let client = Some(client).filter(|client| !client.is_empty());
        let mut someone = someone(as_of, name, address, client, limit, verdict, weeks);
        someone.why = why.to_owned();
        world.people.push(someone);
    };
    use Verdict::{Drifting, EmailGroup, EmailOnly, GroupOnly, Healthy, NotEnoughData, Silent};

    add(
        "Ana Ruiz",
        "ana.ruiz@acme.test",
        "Acme",
        23.0,
        (Healthy, old),
        "e3g1 e2o1 e4g1 e1 e3g1o1 e2 e5g1 e2o1 e3g1 e1 e4g1 e2o1",
        "You talked alone four days ago, well within the usual three weeks.",
    );
    add(
        "Jo Doe",
        "j.doe@acme.test",
        "Acme",
        23.5,
        (EmailOnly, old),
        "e2 e4 e3 e5 e4 e2 e5 e3 e5 e4 e5 e5",
        "47 days of email in twelve weeks and no talk alone.",
    );
    add(
        "Priya Natarajan",
        "priya@acme.test",
        "Acme",
        32.0,
        (GroupOnly, date(2026, 10, 19)),
        "g1 g1e1 g1 g1 g1 g1 - g1 g1e1 g1 g1 g1",
        "You met in eleven group calls in twelve weeks, never just the two of you.",
    );
    add(
        "Christopher Wolstenholme-Featherstonehaugh",
        "c.wf@acme.test",
        "Acme",
        32.0,
        (NotEnoughData, old),
        "- - - - - - - - e1 e2 - e1",
        "",
    );
    add(
        "Lena Brandt",
        "lena@nordlicht.test",
        "Nordlicht Verlag",
        20.0,
        (Drifting, new),
        "e1o1 e1 e2o1 e1 e1o1 e2 e1 e1 e2g1 e1 e2 e1",
        "Usually every two weeks; it has been seven since you talked alone.",
    );
    add(
        "Tomás Ó Súilleabháin",
        "tomas@nordlicht.test",
        "Nordlicht Verlag",
        28.0,
        (Healthy, old),
        "- e1 - e1 - e1 - - e1 - e1 e2o2",
        "",
    );
    add(
        "山田太郎",
        "yamada@kaze.test",
        "株式会社かぜ",
        32.0,
        (EmailGroup, date(2026, 11, 2)),
        "e2 e1g1 e2 e1 e2g1 e1 e3 e1g1 e2 e2 e1g1 e2",
        "Twenty days of email and four group calls, and no talk alone since the summer.",
    );
    add(
        "佐藤 美咲",
        "sato@kaze.test",
        "株式会社かぜ",
        32.0,
        (Healthy, old),
        "- o1 - e1 - o1 e1 - - o1 - e1",
        "",
    );
    add(
        "محمد العلي",
        "m.alali@sahara.test",
        "Sahara Logistics",
        23.0,
        (Healthy, old),
        "e1 e1o1 - e2 e1 o1 e1 - e2 e1o1 - e1o1",
        "",
    );
    add(
        "Fatima Zahra El Idrissi",
        "fatima@sahara.test",
        "Sahara Logistics",
        32.0,
        (Silent, date(2026, 11, 17)),
        "e2 e1 e1o1 e1 e1 - - - - - - -",
        "",
    );
    add(
        "Sam Okafor",
        "sam@brightside.test",
        "Brightside & Daughters",
        16.0,
        (Healthy, old),
        "o1 - o1 - o1 e1 o1 - o1 - o1 -",
        "",
    );
    add(
        "Mia",
        "mia@brightside.test",
        "Brightside & Daughters",
        23.0,
        (EmailOnly, old),
        "e1 - e2 - e1 e1 e2 - e1 e1 e2 e1",
        "Twelve days of email in twelve weeks and no talk alone.",
    );
    add(
        "Dr. Ingeborg Aasen",
        "ingeborg@fjord.test",
        "Fjord",
        45.0,
        (Healthy, old),
        "- - - - - - - - - - - e1o1",
        "",
    );
    add("Kim", "kim.h@freemail.test", "", 32.0, (Healthy, old), "- e1 - o1 - - e1 - o1 - e1 -", "");

    let by_name = |world: &World, name: &str| {
        world.people.iter().position(|s| s.person.name.starts_with(name)).unwrap()
    };
    let index = |name| by_name(&world, name);
    let (ana, jo, priya, lena, sam, mia, fatima) = (
        index("Ana"),
        index("Jo"),
        index("Priya"),
        index("Lena"),
        index("Sam"),
        index("Mia"),
        index("Fatima"),
    );
    let (ingeborg, kim, tomas, yamada) = (index("Dr."), index("Kim"), index("Tom"), index("山"));
    world.people[jo].person.key = true;
    world.people[ana].reliance.trend = Trend::Up;
    world.people[lena].reliance.trend = Trend::Down;
    world.people[lena].person.prefers = Some(Preference::Phone);
    world.people[sam].reliance.booked = Some(date(2026, 11, 26));
    world.people[yamada].reliance.booked = Some(date(2026, 12, 17));
    world.people[mia].person.later_until = Some(date(2026, 12, 1));
    world.people[kim].person.confirmed = false;
    world.people[fatima].person.key = true;
    // A talk in June, before the weeks shown.
    let june = ContactDay { day: date(2026, 6, 11), email: false, group: false, one_on_one: true };
    for at in [tomas, ingeborg] {
        world.people[at].days.push(june);
    }

    world.client("Acme", Tier::A, Healthy, old);
    world.client("Nordlicht Verlag", Tier::A, Healthy, new);
    world.client("株式会社かぜ", Tier::B, Healthy, old);
    world.client("Sahara Logistics", Tier::B, Healthy, old);
    world.client("Brightside & Daughters", Tier::A, Healthy, old);
    world.client("Fjord", Tier::C, Healthy, old);

    world.nudges = vec![
        nudge(1, &world.people[ana], date(2026, 11, 16), Stage::Answered(Answer::Later)),
        nudge(
            2,
            &world.people[tomas],
            date(2026, 11, 18),
            Stage::Answered(Answer::Talked(How::Call)),
        ),
        nudge(3, &world.people[priya], date(2026, 11, 20), Stage::Dismissed),
        nudge(4, &world.people[lena], date(2026, 11, 20), Stage::Undelivered),
        nudge(5, &world.people[jo], date(2026, 11, 9), Stage::Shown),
    ];
    world.people[0].standing = Standing { days: 9, standing: 9 };
    world.people[1].person.details.review = Some(date(2026, 11, 20));
    world.waiting = 3;
    world.blind_spots =
        vec!["The calendar “work” has not answered since Thursday 19 November.".to_owned()];
    world
}

/// The week of the samples.
pub(super) fn week() -> Period {
    Period::week_of(date(2026, 11, 16))
}

/// Names and sentences that try to be more than text. Each is one that may be shown in full.
pub(super) const HOSTILE: [&str; 12] = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</title></style><h1>hello</h1>",
    "\" onmouseover=\"alert(1)",
    "' style='background:url(//evil.test)",
    "[click](javascript:alert(1))",
    "a | b | c |",
    "![x](https://evil.test/x.png)",
    "- # > 1. item",
    "`code` *bold* __under__ ~~gone~~ &lt; &#60;",
    "https://evil.test www.evil.test j@evil.test",
    "1. {{ config }} {% raw %} $(id) ${HOME}",
];

/// A world where every outside string is one of [`HOSTILE`].
pub(super) fn hostile() -> World {
    named(&HOSTILE)
}

/// A world with these names for everything that comes from outside.
pub(super) fn named(names: &[&str]) -> World {
    let as_of = date(2026, 11, 23);
    let mut world = World::empty(as_of);
    let verdicts = [
        Verdict::EmailOnly,
        Verdict::Healthy,
        Verdict::Silent,
        Verdict::Drifting,
        Verdict::GroupOnly,
    ];
    for (at, name) in names.iter().enumerate() {
        let client = names[(at + 1) % names.len()];
        let address = format!("p{at}@acme.test");
        let verdict = (verdicts[at % verdicts.len()], date(2026, 11, 17));
        let weeks = "e1 g1 - - o1 e2 e1 - g1 e1 - e2g1o1";
        let mut someone = someone(as_of, name, &address, Some(client), 20.0, verdict, weeks);
        someone.why = format!("{name} {client}");
        someone.reliance.booked = (at % 3 == 0).then(|| date(2026, 12, 24));
        someone.person.later_until = (at % 4 == 0).then(|| date(2026, 12, 1));
        world.add(someone);
        world.nudges.push(nudge(1, world.people.last().unwrap(), as_of - 3.days(), Stage::Shown));
    }
    for name in names {
        world.client(name, Tier::A, Verdict::Healthy, as_of);
        world.blind_spots.push((*name).to_owned());
    }
    world
}
