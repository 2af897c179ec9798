//! What the program said against what a perfect detector would have said.
//!
//! An episode is a time in which a talk with a client or its key person was really due, times three
//! days apart or less being one. An alert is right inside an episode or up to three days before it;
//! the first right one finds the episode, more of them count as nothing, every other is false.
//! Recall and delay are over episodes of at least five open days. A client is not alerted about
//! twice in fourteen days.

use std::collections::BTreeSet;

use hallway::reliance::{
    Backdrop, ChannelMix, ContactDay, OpenDays, Portfolio, Prior, Wish, assess,
};
use jiff::ToSpan;
use jiff::civil::Date;

use super::naive;
use super::world::{Answer, Change, TrueClient, World, on};

/// Days between two alerts about one client.
const SPACING: i32 = 14;
/// Open days an episode must last to be expected to be found.
const LONG: i64 = 5;
/// Days apart, or early, that do not matter.
const NEAR: i32 = 3;
/// Gaps from which a prediction is held against the next.
const LEARNED: usize = 3;

/// Alerts held against episodes.
#[derive(Debug, Default)]
pub(crate) struct Detection {
    pub(crate) right: u32,
    pub(crate) wrong: u32,
    /// Episodes long enough to be expected.
    pub(crate) expected: u32,
    /// Of those, found.
    pub(crate) found: u32,
    /// Calendar days from the beginning of each found one.
    pub(crate) delays: Vec<i32>,
    pub(crate) alerts: u32,
}

/// Everything measured, of one world or of many.
#[derive(Debug, Default)]
pub(crate) struct Score {
    pub(crate) weeks: f64,
    pub(crate) client_years: f64,
    pub(crate) program: Detection,
    /// What reaches the screen under the limits of the policy.
    pub(crate) limited: Detection,
    pub(crate) naive: Vec<(&'static str, Detection)>,
    /// Sundays on which the client's state was right, of all.
    pub(crate) states: (u32, u32),
    /// Changes of a client's state, and those taken back within a week.
    pub(crate) changes: (u32, u32),
    /// Person-days read rightly, of all.
    pub(crate) days: (u32, u32),
    pub(crate) edge_cases: (u32, u32),
    /// Gaps beyond the predicted 80, 90 and 95 % points, of all.
    pub(crate) gaps: ([u32; 3], u32),
    pub(crate) detail: Vec<String>,
}

/// A time in which a talk was due.
#[derive(Clone, Copy, Debug)]
struct Episode {
    from: Date,
    to: Date,
    /// Still so when talks without a trace are counted.
    really: bool,
}

impl Detection {
    fn add(&mut self, mut other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.expected += other.expected;
        self.found += other.found;
        self.delays.append(&mut other.delays);
        self.alerts += other.alerts;
    }

    pub(crate) fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    pub(crate) fn recall(&self) -> f64 {
        share(self.found, self.expected)
    }

    pub(crate) fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
    }

    /// The delay that so many of a hundred found episodes do not exceed.
    pub(crate) fn delay(&self, percent: usize) -> i32 {
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        let last = delays.len().saturating_sub(1);
        delays.get((last * percent).div_ceil(100)).copied().unwrap_or(0)
    }
}

impl Score {
    /// Measures one world.
    pub(crate) fn of(world: &World) -> Self {
        let clients: Vec<_> =
            world.truth.clients.iter().filter(|client| client.client.is_some()).collect();
        let weeks = f64::from(days_between(world.truth.start, world.truth.end) + 1) / 7.0;
        let mut score =
            Self { weeks, client_years: weeks / 52.0 * clients.len() as f64, ..Self::default() };
        for client in &clients {
            let answer = &world.answers[&client.id];
            let episodes = episodes(client);
            let due = |day: Date| on(&answer.client, day).1 || on(&answer.key, day).1;
            let alerts = alerts(world.days().filter(|day| due(*day)));
            let (detection, mut detail) = detect(&alerts, &episodes, &world.open);
            let name = format!("{} {}", client.id, client.persona);
            detail.iter_mut().for_each(|line| *line = format!("{name}: {line}"));
            score.detail.append(&mut detail);
            score.program.add(detection);
            let none = Vec::new();
            let nudges = world.nudges.get(&client.id).unwrap_or(&none);
            let nudges: Vec<Date> =
                nudges.iter().copied().filter(|day| *day <= world.truth.end).collect();
            score.limited.add(detect(&nudges, &episodes, &world.open).0);
            let person = &client.people[..1];
            let seen = [world.contact(&client.people), world.contact(person)];
            for (at, rule) in naive::RULES.iter().enumerate() {
                let days = if rule.key_person { &seen[1] } else { &seen[0] };
                let due = world.days().filter(|day| (rule.due)(days, &world.open, *day));
                let (detection, _) = detect(&self::alerts(due), &episodes, &world.open);
                match score.naive.get_mut(at) {
                    Some((_, all)) => all.add(detection),
                    None => score.naive.push((rule.name, detection)),
                }
            }
            score.states(client, answer);
        }
        score.reading(world);
        score.calibration(world, &clients);
        score
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.weeks += other.weeks;
        self.client_years += other.client_years;
        self.program.add(other.program);
        self.limited.add(other.limited);
        for (at, (name, detection)) in other.naive.into_iter().enumerate() {
            match self.naive.get_mut(at) {
                Some((_, all)) => all.add(detection),
                None => self.naive.push((name, detection)),
            }
        }
        let both = |a: (u32, u32), b: (u32, u32)| (a.0 + b.0, a.1 + b.1);
        self.states = both(self.states, other.states);
        self.changes = both(self.changes, other.changes);
        self.days = both(self.days, other.days);
        self.edge_cases = both(self.edge_cases, other.edge_cases);
        for (all, one) in self.gaps.0.iter_mut().zip(other.gaps.0) {
            *all += one;
        }
        self.gaps.1 += other.gaps.1;
    }

    fn states(&mut self, client: &TrueClient, answer: &Answer) {
        for week in client.client.iter().flat_map(|course| &course.weeks) {
            self.states.1 += 1;
            self.states.0 += u32::from(on(&answer.client, week.end).0 == week.state);
        }
        let mut states: Vec<&Change> = answer.client.iter().collect();
        states.dedup_by(|next, last| next.verdict == last.verdict);
        self.changes.0 += states.len().saturating_sub(1) as u32;
        for three in states.windows(3) {
            let quick = days_between(three[1].day, three[2].day) <= 7;
            self.changes.1 += u32::from(quick && three[0].verdict == three[2].verdict);
        }
    }

    fn reading(&mut self, world: &World) {
        let cells: BTreeSet<_> = world.read.keys().chain(world.real.keys()).collect();
        self.days.1 += cells.len() as u32;
        self.days.0 +=
            cells.iter().filter(|cell| world.read.get(cell) == world.real.get(cell)).count() as u32;
        let mut ids: BTreeSet<&str> = BTreeSet::new();
        let mut bad: BTreeSet<&str> = BTreeSet::new();
        for case in &world.truth.edge_cases {
            ids.insert(&case.id);
            for day in &case.expect {
                let cell = (day.person.clone(), day.date);
                if world.read.get(&cell).cloned().unwrap_or_default() != day.cats {
                    bad.insert(&case.id);
                }
            }
        }
        self.edge_cases.1 += ids.len() as u32;
        self.edge_cases.0 += (ids.len() - bad.len()) as u32;
    }

    /// How many of the gaps that a client had were beyond what was predicted when they began.
    fn calibration(&mut self, world: &World, clients: &[&TrueClient]) {
        let contact: Vec<Vec<ContactDay>> =
            clients.iter().map(|client| world.contact(&client.people)).collect();
        let talks = |days: &[ContactDay]| -> BTreeSet<Date> {
            days.iter().filter(|day| day.one_on_one).map(|day| day.day).collect()
        };
        let all: Vec<_> = contact.iter().map(|days| talks(days)).collect();
        let portfolio = Portfolio::new(&all, &world.open);
        let backdrop = Backdrop { portfolio: &portfolio, ..Backdrop::alone(&world.open) };
        let wish = Wish { cadence_days: 30, prefers_email: false };
        for (days, talks) in contact.iter().zip(&all) {
            for (from, to) in talks.iter().zip(talks.iter().skip(1)) {
                let Some(then) = assess(days, wish, &backdrop, &[], *from) else { continue };
                if then.rhythm.gaps.len() < LEARNED {
                    continue;
                }
                let gap = world.open.between(*from, *to).max(1) as f64;
                let beyond = then.rhythm.chance_beyond(gap);
                self.gaps.1 += 1;
                for (count, rare) in self.gaps.0.iter_mut().zip([0.20, 0.10, 0.05]) {
                    *count += u32::from(beyond < rare);
                }
            }
        }
    }
}

fn episodes(client: &TrueClient) -> Vec<Episode> {
    let courses = client.client.iter().chain(&client.key_person);
    let due = courses.flat_map(|course| &course.due);
    let mut all: Vec<Episode> =
        due.map(|due| Episode { from: due.due_from, to: due.to, really: due.really }).collect();
    all.sort_by_key(|episode| (episode.from, episode.to));
    let mut merged: Vec<Episode> = Vec::new();
    for next in all {
        match merged.last_mut() {
            Some(last) if days_between(last.to, next.from) <= NEAR => {
                last.to = last.to.max(next.to);
                last.really |= next.really;
            }
            _ => merged.push(next),
        }
    }
    merged
}

/// Of the days on which somebody is due, those on which an alert comes.
fn alerts(due: impl Iterator<Item = Date>) -> Vec<Date> {
    let mut alerts: Vec<Date> = Vec::new();
    for day in due {
        if alerts.last().is_none_or(|last| days_between(*last, day) >= SPACING) {
            alerts.push(day);
        }
    }
    alerts
}

fn detect(alerts: &[Date], episodes: &[Episode], open: &OpenDays) -> (Detection, Vec<String>) {
    let mut detection = Detection { alerts: alerts.len() as u32, ..Detection::default() };
    let mut detail = Vec::new();
    let early = |episode: &Episode| episode.from.saturating_sub(NEAR.days());
    let mut first: Vec<Option<Date>> = vec![None; episodes.len()];
    for &alert in alerts {
        let inside = |episode: &Episode| early(episode) <= alert && alert <= episode.to;
        match episodes.iter().position(inside) {
            Some(at) if first[at].is_none() => first[at] = Some(alert),
            Some(_) => {}
            None => {
                detection.wrong += 1;
                detail.push(format!("false alert on {alert}"));
            }
        }
    }
    for (episode, found) in episodes.iter().zip(first) {
        detection.right += u32::from(found.is_some());
        let last = episode.to;
        let length = open.between(episode.from, last) + i64::from(open.is_open(episode.from));
        if length < LONG {
            continue;
        }
        detection.expected += 1;
        if let Some(alert) = found {
            detection.found += 1;
            detection.delays.push(days_between(episode.from, alert).max(0));
        } else {
            let ghost = if episode.really { "" } else { ", not really" };
            detail.push(format!("missed {} to {last}, {length} open days{ghost}", episode.from));
        }
    }
    (detection, detail)
}

/// How often the 90 % interval of a share holds the share it was made from: 4,000 pairs drawn from
/// the prior itself, with 6 to 60 contact days each.
pub(crate) fn coverage() -> f64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let quantile = |p: f64| {
        use special::Beta;
        p.inv_inc_beta(0.6, 5.4, 0.6_f64.ln_beta(5.4))
    };
    let draws = 4000;
    let inside = (0..draws).filter(|_| {
        let share = quantile(draw());
        let n = 6 + (draw() * 55.0) as u32;
        let one_on_one = (0..n).filter(|_| draw() < share).count() as u32;
        let seen = ChannelMix { email: n - one_on_one, group: 0, one_on_one };
        let told = Prior::DEFAULT.share(seen);
        told.low <= share && share <= told.high
    });
    inside.count() as f64 / f64::from(draws)
}

pub(crate) fn share(part: u32, of: u32) -> f64 {
    if of == 0 { 0.0 } else { f64::from(part) / f64::from(of) }
}

pub(crate) fn days_between(from: Date, to: Date) -> i32 {
    i32::try_from(to.duration_since(from).as_hours() / 24).expect("worlds are short")
}
