//! How things stand, put together as a digest.
//!
//! Every figure is counted here from the contact days, so that the headline, the bars and the
//! list below them are sums of the same rows. Days after `as_of` are not looked at: a digest of
//! the past says what it would have said then.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use super::period::monday_of;
use super::{
    Booked, ClientRow, Contact, Digest, Due, Figures, Kept, Nudged, Period, PersonRow, Quiet,
    Review, Row, SetAside, StandingOnly, WEEKS, words,
};
use crate::interaction::Standing;
use crate::nudge::{PROXIMAL, Past, Stage};
use crate::people::{Client, Person, Tier};
use crate::reliance::{ChannelMix, ContactDay, Reliance, Verdict};

/// A one-on-one after so many days without is good news of its own.
const LONG_GAP_DAYS: i32 = 28;

/// Weight of a person whose client is kept through somebody else (`reliance`, key persons).
const CLIENT_NOT_DUE: f64 = 0.6;

/// Everything a digest is made of, as of one day.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The local day it is true on.
    pub as_of: Date,
    /// The people worth a line, in the order to list them.
    pub people: &'a [PersonInput<'a>],
    /// The clients, in the order to list them.
    pub clients: &'a [ClientInput<'a>],
    /// Nudges; those outside the period are left out.
    pub nudges: &'a [Past],
    /// How many people wait to be confirmed or turned down.
    pub waiting: u32,
    /// Whether people nobody confirmed may be suggested for a talk.
    pub trust_suggestions: bool,
    /// Sources that did not answer and the like, one sentence each.
    pub blind_spots: &'a [String],
    /// What suggestions are worth so far; one sentence. `None` before anything can be said.
    pub trial: Option<&'a str>,
}

/// One person.
#[derive(Clone, Copy, Debug)]
pub struct PersonInput<'a> {
    /// Who.
    pub person: &'a Person,
    /// How things stand.
    pub reliance: &'a Reliance,
    /// Their contact days, in any order; twelve weeks back from the end of the period, or what is
    /// known of them, and the period before.
    pub days: &'a [ContactDay],
    /// What was seen, in plain figures; one sentence.
    pub why: &'a str,
    /// What their talks alone of the last quarter rest on.
    pub standing: Standing,
}

/// One client.
#[derive(Clone, Copy, Debug)]
pub struct ClientInput<'a> {
    /// Which.
    pub client: &'a Client,
    /// How things stand.
    pub reliance: &'a Reliance,
    /// Its contact days: of all its people and its role addresses together.
    pub days: &'a [ContactDay],
}

/// Puts a digest of a period together.
pub fn build(input: &Input<'_>, period: Period) -> Digest {
    let (from, until) = (period.from(), period.to().min(input.as_of));
    let last = monday_of(if until < from { input.as_of } else { until });
    let weeks: Vec<Date> =
        (0..WEEKS).rev().map(|back| last.saturating_sub((back as i64).weeks())).collect();
    let people: Vec<PersonRow> = input
        .people
        .iter()
        .map(|p| PersonRow {
            contact: contact(p.person),
            key: p.person.key,
            confirmed: p.person.confirmed,
            row: row(p.reliance, p.days, &weeks, until),
        })
        .collect();
    let known_before = input.people.iter().flat_map(|p| p.days).any(|d| d.day < from);

    Digest {
        period,
        as_of: input.as_of,
        figures: figures(input.people, from, until),
        before: known_before.then(|| {
            let before = period.previous();
            let elapsed = until.duration_since(from);
            let same_day = before.from().saturating_add(elapsed).min(before.to());
            let end = if until < period.to() { same_day } else { before.to() };
            figures(input.people, before.from(), end)
        }),
        well_kept: well_kept(input.people, from, until),
        worth_a_talk: worth_a_talk(input),
        set_aside: set_aside(input),
        standing_only: standing_only(input),
        to_review: to_review(input),
        booked: booked(input),
        gone_quiet: input
            .people
            .iter()
            .filter(|p| p.reliance.verdict == Verdict::Silent)
            .filter(|p| (from..=until).contains(&p.reliance.verdict_since))
            .map(|p| Quiet { contact: contact(p.person), last_contact: p.reliance.last_contact })
            .collect(),
        clients: input.clients.iter().map(|c| client_row(c, &people, &weeks, until)).collect(),
        weeks,
        people,
        nudges: nudges(input, from, until),
        waiting: input.waiting,
        blind_spots: input.blind_spots.to_vec(),
        trial: input.trial.map(str::to_owned),
    }
}

fn contact(person: &Person) -> Contact {
    Contact {
        person: person.id.clone(),
        name: person.name.clone(),
        client: person.client.as_ref().map(|client| client.0.clone()),
    }
}

/// The distinct days of a slice that lie in a span, added up by category.
fn mix(days: &[ContactDay], from: Date, until: Date) -> ChannelMix {
    let mut seen = [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
    for day in days.iter().filter(|d| (from..=until).contains(&d.day)) {
        for (set, counts) in seen.iter_mut().zip([day.email, day.group, day.one_on_one]) {
            if counts {
                set.insert(day.day);
            }
        }
    }
    let [email, group, one_on_one] = seen.map(|set| u32::try_from(set.len()).unwrap_or(u32::MAX));
    ChannelMix { email, group, one_on_one }
}

fn add(a: ChannelMix, b: ChannelMix) -> ChannelMix {
    ChannelMix {
        email: a.email + b.email,
        group: a.group + b.group,
        one_on_one: a.one_on_one + b.one_on_one,
    }
}

fn figures(people: &[PersonInput<'_>], from: Date, until: Date) -> Figures {
    people.iter().map(|p| mix(p.days, from, until)).fold(Figures::default(), |sum, mix| Figures {
        mix: add(sum.mix, mix),
        people: sum.people + u32::from(mix.total() > 0),
        people_one_on_one: sum.people_one_on_one + u32::from(mix.one_on_one > 0),
    })
}

fn row(reliance: &Reliance, days: &[ContactDay], weeks: &[Date], until: Date) -> Row {
    let weeks: Vec<ChannelMix> = weeks
        .iter()
        .map(|monday| mix(days, *monday, monday.saturating_add(6.days()).min(until)))
        .collect();
    Row {
        verdict: reliance.verdict,
        trend: reliance.trend,
        total: weeks.iter().copied().fold(ChannelMix::default(), add),
        weeks,
        last_contact: reliance.last_contact,
        last_one_on_one: reliance.last_one_on_one,
        limit_days: limit_days(reliance),
    }
}

fn client_row(c: &ClientInput<'_>, people: &[PersonRow], weeks: &[Date], until: Date) -> ClientRow {
    let own = |p: &&PersonRow| p.contact.client.as_ref() == Some(&c.client.id.0);
    let count = |keep: fn(ChannelMix) -> bool| {
        let kept = people.iter().filter(own).filter(|p| keep(p.row.total)).count();
        u32::try_from(kept).unwrap_or(u32::MAX)
    };
    ClientRow {
        name: c.client.id.0.clone(),
        row: row(c.reliance, c.days, weeks, until),
        active: count(|total| total.total() >= 2),
        alone_with: count(|total| total.one_on_one > 0),
    }
}

fn one_on_ones(days: &[ContactDay]) -> BTreeSet<Date> {
    days.iter().filter(|d| d.one_on_one).map(|d| d.day).collect()
}

fn well_kept(people: &[PersonInput<'_>], from: Date, until: Date) -> Vec<Kept> {
    let mut kept: Vec<(Date, Kept)> = people
        .iter()
        .filter_map(|p| {
            let all = one_on_ones(p.days);
            let days: Vec<Date> =
                all.iter().copied().filter(|d| (from..=until).contains(d)).collect();
            let first = *days.first()?;
            let before = all.range(..from).next_back().copied();
            let first_since = before.filter(|b| calendar_days(*b, first) >= LONG_GAP_DAYS);
            Some((first, Kept { contact: contact(p.person), days, first_since }))
        })
        .collect();
    kept.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.contact.name.cmp(&y.contact.name)));
    kept.into_iter().map(|(_, kept)| kept).collect()
}

/// Calendar days from one day to a later one.
fn calendar_days(from: Date, to: Date) -> i32 {
    i32::try_from(to.duration_since(from).as_hours() / 24).unwrap_or(i32::MAX)
}

/// Open days as calendar days, at five open days a week.
fn limit_days(reliance: &Reliance) -> u32 {
    let days = (reliance.limit * 7.0 / 5.0).round();
    if days.is_finite() && days > 0.0 { days as u32 } else { 0 }
}

/// The last day the user asked for silence about somebody; `None` when they did not.
fn silenced_until(person: &Person, as_of: Date) -> Option<Date> {
    [person.muted_until, person.later_until].into_iter().flatten().filter(|d| *d >= as_of).max()
}

/// How pressing a talk is: the order of nudges, so that digest and notification agree.
fn urgency(p: &PersonInput<'_>, clients: &[ClientInput<'_>]) -> f64 {
    let client = clients.iter().find(|c| Some(&c.client.id) == p.person.client.as_ref());
    let tier = match client.map_or_else(Tier::default, |c| c.client.tier) {
        Tier::A => 1.0,
        Tier::B => 0.7,
        Tier::C => 0.4,
    };
    let waited = (f64::from(p.reliance.silence) / p.reliance.limit.max(1.0)).min(2.0);
    let elsewhere = client.is_some_and(|c| !c.reliance.due);
    tier * waited * (1.0 - p.reliance.share.estimate) * if elsewhere { CLIENT_NOT_DUE } else { 1.0 }
}

/// The people a talk would be suggested with, were it not for what the user asked for.
fn due<'i>(input: &Input<'i>) -> impl Iterator<Item = &'i PersonInput<'i>> {
    let trust = input.trust_suggestions;
    let there = input.people.iter().filter(|p| !p.person.gone);
    there.filter(move |p| p.reliance.due && (p.person.confirmed || trust))
}

fn worth_a_talk(input: &Input<'_>) -> Vec<Due> {
    let mut list: Vec<(f64, &PersonInput<'_>)> = due(input)
        .filter(|p| silenced_until(p.person, input.as_of).is_none())
        .map(|p| (urgency(p, input.clients), p))
        .collect();
    list.sort_by(|(a, p), (b, q)| {
        b.total_cmp(a)
            .then_with(|| q.reliance.last_90.total().cmp(&p.reliance.last_90.total()))
            .then_with(|| p.person.id.cmp(&q.person.id))
    });
    list.into_iter()
        .map(|(_, p)| Due {
            contact: contact(p.person),
            key: p.person.key,
            verdict: p.reliance.verdict,
            verdict_since: p.reliance.verdict_since,
            reason: p.why.to_owned(),
            suggestion: words::suggestion(p.person.prefers, p.reliance.verdict),
            last_one_on_one: p.reliance.last_one_on_one,
            days_since: p
                .reliance
                .last_one_on_one
                .map(|day| u32::try_from(calendar_days(day, input.as_of)).unwrap_or(0)),
            limit_days: limit_days(p.reliance),
            booked: p.reliance.booked,
        })
        .collect()
}

fn set_aside(input: &Input<'_>) -> Vec<SetAside> {
    due(input)
        .filter_map(|p| {
            let until = silenced_until(p.person, input.as_of)?;
            Some(SetAside {
                contact: contact(p.person),
                until: (until < Date::MAX).then_some(until),
            })
        })
        .collect()
}

/// Well kept, but by the calendar alone. Of people nobody confirmed it would be news of strangers.
fn standing_only(input: &Input<'_>) -> Vec<StandingOnly> {
    let known = input.people.iter().filter(|p| p.person.confirmed || input.trust_suggestions);
    let only = known.filter(|p| p.standing.only() && !p.person.gone);
    only.map(|p| StandingOnly { contact: contact(p.person), talks: p.standing }).collect()
}

/// Whose wishes the user wanted to look at again by now. Told until they are looked at.
fn to_review(input: &Input<'_>) -> Vec<Review> {
    let mut list: Vec<Review> = input
        .people
        .iter()
        .filter(|p| !p.person.gone)
        .filter_map(|p| {
            let since = p.person.details.review.filter(|day| *day <= input.as_of)?;
            let (prefers, cadence_days) = (p.person.prefers, p.person.cadence_days);
            Some(Review { contact: contact(p.person), since, prefers, cadence_days })
        })
        .collect();
    list.sort_by(|a, b| a.since.cmp(&b.since).then_with(|| a.contact.name.cmp(&b.contact.name)));
    list
}

fn booked(input: &Input<'_>) -> Vec<Booked> {
    let mut list: Vec<Booked> = input
        .people
        .iter()
        .filter_map(|p| {
            let day = p.reliance.booked.filter(|day| *day >= input.as_of)?;
            Some(Booked { contact: contact(p.person), day })
        })
        .collect();
    list.sort_by(|a, b| a.day.cmp(&b.day).then_with(|| a.contact.name.cmp(&b.contact.name)));
    list
}

/// The day a nudge is told of. Of one that was left out not before its two weeks are over: told
/// before, it would be a nudge.
fn told(past: &Past) -> Date {
    let weeks = i64::from(if past.stage == Stage::HeldOut { PROXIMAL } else { 0 });
    past.day.saturating_add(weeks.days())
}

fn nudges(input: &Input<'_>, from: Date, until: Date) -> Vec<Nudged> {
    let mut list: Vec<Nudged> = input
        .nudges
        .iter()
        .filter(|past| (from..=until).contains(&told(past)))
        .filter(|past| !matches!(past.stage, Stage::Claimed | Stage::Undelivered | Stage::Missed))
        .map(|past| {
            // A nudge may name somebody by an address that was joined to a person since.
            let known =
                input.people.iter().find(|p| p.person.addresses.contains(&past.nudge.person.0));
            Nudged {
                contact: known.map_or_else(
                    || Contact {
                        person: past.nudge.person.clone(),
                        name: past.nudge.name.clone(),
                        client: past.nudge.client.as_ref().map(|client| client.0.clone()),
                    },
                    |p| contact(p.person),
                ),
                day: past.day,
                stage: past.stage,
                followed: known
                    .and_then(|p| one_on_ones(p.days).range(past.day..=until).next().copied()),
            }
        })
        .collect();
    list.sort_by_key(|nudged| nudged.day);
    list
}
