//! Everything known, ready to be judged as of any moment of a span.
//!
//! [`Ledger::load`] reads contact days, calendars, decisions and the interactions of the last weeks
//! once; [`Ledger::at`] says how everybody stood at a moment, using only what had happened and was
//! known by then. `status`, `digest`, the nudge of the minute and the replay of ninety days are all
//! the same function, so they cannot disagree.
//!
//! Contact days hold everything, past and to come; what is over is as it was then, but the day of
//! the moment itself is not, nor the days around it. So days count up to the [`cut`], and what came
//! after it is counted from its interactions. Reading all interactions instead was measured: a
//! second, and four hundred megabytes, for a million of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use super::count;
use super::hindsight::Hindsight;
use super::memo::{Memo, Seen};
use super::overview::{House, Overview, Somebody, pressing};
use super::plan::Plan;
use super::unreached::Unreached;
use crate::interaction::{
    Category, Channel, Direction, Interaction, Rule, Setting, Standing, absence_of, holiday_of,
    my_busy, tally,
};
use crate::nudge;
use crate::people::{ClientId, Person, PersonId, Roster};
use crate::reliance::{
    self, Backdrop, Booked, Change, ChannelMix, ContactDay, OpenDays, Portfolio, Prior, Wish,
    absence,
};
use crate::settings::Role;
use crate::store::{self, Contact, Filter, SourceId, Store, Week};

/// Messages in each direction, in a year, that make two-way contact.
const TWO_WAY: u32 = 3;
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);
const HALF_YEAR: SignedDuration = SignedDuration::from_hours(180 * 24);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Everything known.
#[derive(Debug)]
pub struct Ledger {
    /// Who is who, today.
    pub roster: Roster,
    /// The user's open days, past and coming, as the calendars have them.
    pub open: OpenDays,
    /// On which days the user did something, and since when that could be seen.
    activity: BTreeMap<Date, Timestamp>,
    /// What everybody's gaps teach, week by week.
    portfolio: Portfolio,
    /// When nudges were answered with "we already spoke": about talks that had left no trace.
    already_spoke: Vec<Timestamp>,
    /// One-on-ones that left a trace, as far as they say how many do: beginning and end of each.
    traces: Vec<(Timestamp, Timestamp)>,
    contact: Contact,
    /// The interactions from the cut of the first day on.
    recent: BTreeMap<PersonId, Vec<Interaction>>,
    first: Date,
    unreached: Unreached,
    busy: Vec<(Timestamp, Timestamp)>,
    zone: TimeZone,
    memo: RefCell<Memo>,
    /// What was not known all the time.
    hindsight: Hindsight,
}

impl Ledger {
    /// Reads what it takes to answer for any moment from one to another. `roster` is the one the
    /// interactions were derived with.
    pub fn load(
        store: &Store,
        plan: &Plan,
        roster: Roster,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Self, store::Error> {
        let basis = count::basis(&roster);
        let mut contact = store.contact()?;
        if store.contact_basis()? != Some(basis) {
            contact.clients.clear();
        }
        contact.renew(count::renewed(store, &roster, basis)?);
        let roles = roles(store, plan)?;
        let mut closed = BTreeSet::new();
        for (source, occurrence) in &store.whole_days()? {
            let days = match roles.get(source) {
                Some(Role::Holidays) => holiday_of(occurrence),
                Some(Role::Work) => absence_of(occurrence, &plan.absence_categories),
                Some(Role::Mail | Role::Ignore | Role::Contacts) | None => None,
            };
            if let Some((first, last)) = days {
                closed.extend(first.series(1.day()).take_while(|day| *day <= last));
            }
        }
        let open = OpenDays::new(&plan.work_days, closed);
        let mut busy = Vec::new();
        for (source, occurrence) in &store.occurrences_between(from - DAY, until + DAY + DAY)? {
            if roles.get(source) == Some(&Role::Work) {
                busy.extend(my_busy(occurrence, &roster));
            }
        }
        busy.sort_unstable();
        busy.dedup();
        let hindsight = Hindsight::load(store, plan, &roster, (from, until))?;
        for person in hindsight.concerned() {
            contact.people.entry(person.clone()).or_default();
        }
        let days = contact.people.iter().map(|(person, days)| (person, days.as_slice()));
        let portfolio = portfolio(days, &roster, &open);
        let nudges = store.nudges(Timestamp::UNIX_EPOCH)?;
        let spoke = |past: &&nudge::Past| {
            matches!(past.stage, nudge::Stage::Answered(nudge::Answer::Spoke(_)))
        };
        let already_spoke = nudges.iter().filter(spoke).map(|past| past.nudge.at).collect();
        let zone = plan.zone.clone();
        let first = from.to_zoned(zone.clone()).date();
        let traces = store.traces((from - YEAR).to_zoned(zone.clone()).date())?;
        let recent = recent(store, &roster, contact.people.keys(), first)?;
        let unreached = Unreached::load(store, &roster)?;
        let activity = activity(store, &zone, (from, until))?;
        Ok(Self {
            roster,
            open,
            activity,
            portfolio,
            already_spoke,
            traces,
            contact,
            recent,
            first,
            unreached,
            busy,
            zone,
            memo: RefCell::default(),
            hindsight,
        })
    }

    /// Whether new letters can be taken over: everything else is as it was known all along.
    pub(super) fn is_renewable(&self) -> bool {
        self.hindsight.is_empty()
    }

    /// Takes over what new letters have changed: days of contact, but of no talk.
    pub(super) fn renew(&mut self, store: &Store, renewed: Contact) -> Result<(), store::Error> {
        let mut again = recent(store, &self.roster, renewed.people.keys(), self.first)?;
        for person in renewed.people.keys() {
            self.recent.insert(person.clone(), again.remove(person).unwrap_or_default());
        }
        let memo = self.memo.get_mut();
        memo.people.forget(|person| renewed.people.contains_key(person));
        memo.clients.forget(|client| renewed.clients.contains_key(client));
        self.contact.renew(renewed);
        // A letter that is found late changes little, and the next morning knows of it.
        self.activity.extend(store.activity(self.first, self.first.saturating_add(1.day()))?);
        self.unreached = Unreached::load(store, &self.roster)?;
        Ok(())
    }

    /// Everything that counts for a person, as it was seen at a moment.
    pub fn of_person(
        &self,
        store: &Store,
        person: &PersonId,
        moment: Timestamp,
    ) -> Result<Vec<Interaction>, store::Error> {
        if let Some(all) = self.hindsight.of(person, moment) {
            return Ok(all);
        }
        let mut found = Vec::new();
        let persons = Some([person.clone()].into());
        store.interactions(&Filter { persons, ..Filter::default() }, |one, _| found.push(one))?;
        Ok(found)
    }

    /// The talks with some people, as they were seen at a moment, in no order.
    pub fn talks_of<'a>(
        &self,
        store: &Store,
        people: impl IntoIterator<Item = &'a PersonId>,
        moment: Timestamp,
    ) -> Result<Vec<Interaction>, store::Error> {
        let (mut found, mut others) = (Vec::new(), BTreeSet::new());
        for person in people {
            match self.hindsight.of(person, moment) {
                Some(all) => found.extend(all),
                None => _ = others.insert(person.clone()),
            }
        }
        found.append(&mut store.talks(&Filter { persons: Some(others), ..Filter::default() })?);
        Ok(found)
    }

    /// What the talks alone of a quarter with everybody rest on, seen back from a moment.
    pub fn standing(
        &self,
        store: &Store,
        overview: &Overview,
        moment: Timestamp,
    ) -> Result<BTreeMap<PersonId, Standing>, store::Error> {
        let (_, first) = reliance::windows(&overview.open, overview.today());
        let people = overview.people.iter();
        let enough = people.filter(|one| one.reliance.last_90.one_on_one > 0);
        let talks = self.talks_of(store, enough.map(|one| &one.person.id), moment)?;
        let mut of: BTreeMap<PersonId, Vec<&Interaction>> = BTreeMap::new();
        for talk in talks.iter().filter(|talk| talk.happened(moment)) {
            of.entry(talk.person.clone()).or_default().push(talk);
        }
        let span = (first, overview.today());
        Ok(of.into_iter().map(|(person, talks)| (person, Standing::of(talks, span))).collect())
    }

    /// Everything that counts for a client, as it was seen at a moment: its people while they were
    /// its people, and mail with its role addresses.
    pub fn of_client(
        &self,
        store: &Store,
        client: &ClientId,
        moment: Timestamp,
    ) -> Result<Vec<Interaction>, store::Error> {
        let theirs = |person: &&PersonId| count::clients_of(&self.roster, person).contains(client);
        let mut found = Vec::new();
        for person in self.contact.people.keys().filter(theirs) {
            found.append(&mut self.of_person(store, person, moment)?);
        }
        found.retain(|one| self.roster.client_then(&one.person, &one.address) == Some(client));
        Ok(found)
    }

    /// When the user is busy, from a day before `now` until two days after, in order.
    pub fn busy(&self, now: &Zoned) -> Vec<(Timestamp, Timestamp)> {
        let (from, until) = (now.timestamp() - DAY, now.timestamp() + DAY + DAY);
        let near = |span: &&(Timestamp, Timestamp)| span.1 >= from && span.0 <= until;
        self.busy.iter().filter(near).copied().collect()
    }

    /// The contact days of every ended week, person by person: what outlives the facts.
    pub fn weeks(&self, now: Timestamp) -> Vec<Week> {
        let today = now.to_zoned(self.zone.clone()).date();
        let mut all = Vec::new();
        for (person, days) in &self.contact.people {
            let mut mixes: BTreeMap<Date, ChannelMix> = BTreeMap::new();
            let then = self.hindsight.of(person, now);
            let recent = then.as_deref().unwrap_or_else(|| self.recent_with(person));
            for day in self.seen(days, recent, (now, now), then.is_some()).days(Date::MIN) {
                let into = i64::from(day.day.weekday().to_monday_zero_offset());
                let mix = mixes.entry(day.day.saturating_sub(into.days())).or_default();
                mix.email += u32::from(day.email);
                mix.group += u32::from(day.group);
                mix.one_on_one += u32::from(day.one_on_one);
            }
            let ended =
                mixes.into_iter().filter(|(monday, _)| monday.saturating_add(7.days()) <= today);
            all.extend(ended.map(|(monday, mix)| Week { person: person.clone(), monday, mix }));
        }
        all
    }

    /// How everybody stood at a moment.
    pub fn at(&self, as_of: Timestamp) -> Overview {
        self.judged(as_of, as_of)
    }

    /// How everybody stood at the end of a day, looked back at from `now`: a talk that began on
    /// the day belongs to it, though it went on past midnight.
    pub fn at_end_of(&self, day: Date, now: Timestamp) -> Overview {
        let midnight = day.saturating_add(1.day()).to_zoned(self.zone.clone());
        let midnight = midnight.map_or(Timestamp::MAX, |midnight| midnight.timestamp());
        self.judged(now.min(midnight - SignedDuration::from_secs(1)), now)
    }

    /// As of a moment; what had begun by then counts if it was over, and known, by `over`.
    fn judged(&self, as_of: Timestamp, over: Timestamp) -> Overview {
        let as_of = as_of.to_zoned(self.zone.clone());
        let wanted = self.hindsight.roster(over, over.to_zoned(self.zone.clone()).date());
        let wanted = wanted.as_deref().unwrap_or(&self.roster);
        let then = self.hindsight.everybody(over);
        let away = self.away(&as_of);
        let open = self.open.without(away.clone());
        let memo = &mut *self.memo.borrow_mut();
        memo.come_to(as_of.date(), self.hindsight.said_by(over), away);
        let taught = match (then.is_empty(), memo.is_away()) {
            (true, false) => None,
            // Letters change nothing of it, so it holds for as long as the days stay closed.
            (true, true) => Some(memo.taught(|| self.taught(&then, over, &open))),
            (false, _) => Some(Arc::new(self.taught(&then, over, &open))),
        };
        let mut known: Vec<(&Person, Seen<'_>)> = Vec::new();
        let mut houses: BTreeMap<&ClientId, Vec<&Interaction>> = BTreeMap::new();
        let mut recounted: BTreeSet<&ClientId> = BTreeSet::new();
        for (id, days) in &self.contact.people {
            let anew = then.get(id).map(Vec::as_slice);
            let recent = anew.unwrap_or_else(|| self.recent_with(id));
            if anew.is_some() {
                recounted.extend(count::clients_of(&self.roster, id));
            }
            // Mail with a role address is the client's, and nobody's in particular.
            if self.roster.has_moved(id) {
                for one in recent {
                    if let Some(client) = self.roster.client_then(id, &one.address) {
                        houses.entry(client).or_default().push(one);
                    }
                }
            } else if let Some(client) = self.roster.client_of(id) {
                houses.entry(client).or_default().extend(recent);
            }
            let Some(person) = wanted.person(id) else { continue };
            if person.confirmed || in_contact(recent, as_of.timestamp()) {
                let span = (as_of.timestamp(), over);
                known.push((person, self.seen(days, recent, span, anew.is_some())));
            }
        }
        let backdrop = Backdrop {
            open: &open,
            portfolio: taught.as_deref().unwrap_or(&self.portfolio),
            prior: self.prior(known.iter().map(|(_, seen)| seen), as_of.date(), &open),
            traced: self.traced(as_of.timestamp()),
        };
        memo.rest_on(&backdrop);
        let mut people: Vec<Somebody> = known
            .into_iter()
            .filter_map(|(person, seen)| {
                let wish = Wish::of_person(person);
                let (reliance, days) =
                    memo.people.assess(&person.id, seen, wish, &backdrop, as_of.date())?;
                let gone = self.unreached.is_gone(person, as_of.timestamp());
                let person = Person { gone, ..person.clone() };
                Some(Somebody { person, reliance, wish, days })
            })
            .collect();
        let mut members: BTreeMap<&ClientId, Vec<&Somebody>> = BTreeMap::new();
        for one in &people {
            if let Some(client) = &one.person.client {
                members.entry(client).or_default().push(one);
            }
        }
        let mut clients: Vec<House> = members
            .into_iter()
            .filter_map(|(id, members)| {
                let client = wanted.client(id)?;
                let members = members.into_iter().map(|one| (&one.person, &one.reliance));
                let wish = Wish::of_client(client, members);
                let days = self.contact.clients.get(id).map_or(&[][..], Vec::as_slice);
                let recent = houses.remove(id).unwrap_or_default();
                let span = (as_of.timestamp(), over);
                let seen = self.seen(days, recent, span, recounted.contains(id));
                let (reliance, days) =
                    memo.clients.assess(id, seen, wish, &backdrop, as_of.date())?;
                Some(House { client: client.clone(), reliance, wish, days })
            })
            .collect();
        people.sort_by(|a, b| {
            pressing(&a.reliance)
                .total_cmp(&pressing(&b.reliance))
                .then_with(|| a.person.name.cmp(&b.person.name))
        });
        clients.sort_by(|a, b| {
            pressing(&a.reliance)
                .total_cmp(&pressing(&b.reliance))
                .then_with(|| a.client.id.cmp(&b.client.id))
        });
        Overview { as_of, open, people, clients }
    }

    /// The days on which things with some people changed, all of them together, oldest first.
    pub fn history<'a>(
        &self,
        store: &Store,
        people: impl IntoIterator<Item = &'a PersonId>,
        wish: Wish,
        as_of: &Zoned,
    ) -> Result<Vec<Change>, store::Error> {
        let (mut past, mut booked, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for person in people {
            all.append(&mut self.of_person(store, person, as_of.timestamp())?);
        }
        for one in all {
            let known = one.known.to_zoned(self.zone.clone()).date();
            let happened = one.happened(as_of.timestamp());
            let talked = happened && one.category() == Some(Category::OneOnOne);
            // What took place was booked once.
            if talked || one.booked(as_of.timestamp()) {
                booked.push(Booked { day: one.day, known });
            }
            if happened {
                past.push(one);
            }
        }
        let open = self.open.without(self.away(as_of));
        let backdrop = Backdrop { portfolio: &self.portfolio, ..Backdrop::alone(&open) };
        Ok(reliance::history(&tally(&past).days, wish, &backdrop, &booked, as_of.date()))
    }

    fn recent_with(&self, person: &PersonId) -> &[Interaction] {
        self.recent.get(person).map_or(&[], Vec::as_slice)
    }

    /// What was known at a moment: of contact days those before the cut, of interactions the
    /// rest; or all of it from interactions. What had begun by then counts if it was over by `over`.
    fn seen<'a, 'd>(
        &self,
        days: &'d [ContactDay],
        interactions: impl IntoIterator<Item = &'a Interaction>,
        (now, over): (Timestamp, Timestamp),
        anew: bool,
    ) -> Seen<'d> {
        let cut = if anew { Date::MIN } else { cut(now.to_zoned(self.zone.clone()).date()) };
        let (mut past, mut booked) = (Vec::new(), Vec::new());
        for one in interactions.into_iter().filter(|one| one.day >= cut) {
            if one.at <= now && one.happened(over) {
                past.push(one);
            } else if one.booked(now) {
                let known = one.known.to_zoned(self.zone.clone()).date();
                booked.push(Booked { day: one.day, known });
            }
        }
        let before = days.partition_point(|contact| contact.day < cut);
        let before = days.get(..before).unwrap_or_default();
        Seen { before, since_cut: tally(past).days, booked }
    }

    /// What everybody's gaps taught, with the days of some as they were seen at a moment.
    fn taught(
        &self,
        then: &BTreeMap<&PersonId, Vec<Interaction>>,
        moment: Timestamp,
        open: &OpenDays,
    ) -> Portfolio {
        let known =
            |all: &Vec<Interaction>| tally(all.iter().filter(|one| one.known <= moment)).days;
        let then: BTreeMap<&PersonId, Vec<ContactDay>> =
            then.iter().map(|(person, all)| (*person, known(all))).collect();
        let days = self
            .contact
            .people
            .iter()
            .map(|(person, days)| (person, then.get(person).unwrap_or(days).as_slice()));
        portfolio(days, &self.roster, open)
    }

    /// The days on which the user must have been away, as far as that was known by a moment.
    fn away(&self, as_of: &Zoned) -> BTreeSet<Date> {
        let known = self.activity.iter().filter(|(_, at)| **at <= as_of.timestamp());
        let active = known.map(|(day, _)| *day).collect();
        absence::absences(&self.open, &active, as_of.date())
    }

    /// The share of talks that leave a trace, from a year of them: those found, and those the user
    /// told of only when a nudge asked.
    fn traced(&self, now: Timestamp) -> f64 {
        let recent = |at: Timestamp| at <= now && now.duration_since(at) <= YEAR;
        let talks = self.traces.iter().filter(|(_, end)| recent(*end)).count();
        let [today, then] = self
            .hindsight
            .overruled(now)
            .map(|all| all.iter().filter(|one| is_trace(one) && recent(one.end)).count());
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let missed = self.already_spoke.iter().filter(|at| recent(**at));
        let found = talks.saturating_sub(today) + then;
        reliance::traced(count(found), count(missed.count()))
    }

    /// How contact with everybody was divided at the end of the last week.
    fn prior<'a>(
        &self,
        everybody: impl Iterator<Item = &'a Seen<'a>>,
        day: Date,
        open: &OpenDays,
    ) -> Prior {
        let sunday =
            day.saturating_sub((1 + i64::from(day.weekday().to_monday_zero_offset())).days());
        let (_, first) = reliance::windows(open, sunday);
        Prior::learn(everybody.map(|seen| ChannelMix::within(&seen.days(first), first, sunday)))
    }
}

/// As [`Store::traces`] has them.
fn is_trace(one: &Interaction) -> bool {
    one.category() == Some(Category::OneOnOne) && one.rule != Rule::Told
}

/// On which days the user did something, as far as absences are looked for from there.
fn activity(
    store: &Store,
    zone: &TimeZone,
    (from, until): (Timestamp, Timestamp),
) -> Result<BTreeMap<Date, Timestamp>, store::Error> {
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    store.activity(day(from).saturating_sub(absence::KNOWN.days()), day(until))
}

/// The Monday before the week of a day: days before it need no second look on that day. A standing
/// call counts once a week, so no week is cut; and an event may run over midnight.
fn cut(day: Date) -> Date {
    let into = i64::from(day.weekday().to_monday_zero_offset());
    day.saturating_sub((into + 7).days())
}

/// The interactions from a cut on. Of people nobody confirmed a year more, since whether they are
/// worth a line is told by that ([`in_contact`]).
fn recent<'a>(
    store: &Store,
    roster: &Roster,
    people: impl Iterator<Item = &'a PersonId>,
    first: Date,
) -> Result<BTreeMap<PersonId, Vec<Interaction>>, store::Error> {
    let mut recent: BTreeMap<PersonId, Vec<Interaction>> = BTreeMap::new();
    let mut take = |one: Interaction, _| {
        recent.entry(one.person.clone()).or_default().push(one);
    };
    let doubtful = |id: &PersonId| roster.person(id).is_some_and(|person| !person.confirmed);
    let (doubtful, others) = people.cloned().partition(doubtful);
    let cut = cut(first);
    let since = Some(cut);
    store.interactions(&Filter { persons: Some(others), since, ..Filter::default() }, &mut take)?;
    let since = Some(cut.saturating_sub(1.year()));
    store.interactions(&Filter { persons: Some(doubtful), since, ..Filter::default() }, take)?;
    Ok(recent)
}

/// What the one-on-ones of every client, and of everybody without one, teach.
fn portfolio<'a>(
    people: impl Iterator<Item = (&'a PersonId, &'a [ContactDay])>,
    roster: &'a Roster,
    open: &OpenDays,
) -> Portfolio {
    let mut clients: BTreeMap<Result<&ClientId, &PersonId>, Vec<Date>> = BTreeMap::new();
    for (person, days) in people {
        let talks = days.iter().filter(|contact| contact.one_on_one).map(|contact| contact.day);
        let unit = roster.client_of(person).ok_or(person);
        clients.entry(unit).or_default().extend(talks);
    }
    for days in clients.values_mut() {
        days.sort_unstable();
        days.dedup();
    }
    Portfolio::new(clients.values(), open)
}

/// What each source of the plan is for; a source that is no longer configured has no role.
pub(super) fn roles(store: &Store, plan: &Plan) -> Result<BTreeMap<SourceId, Role>, store::Error> {
    let known = store.sources()?;
    let role = |source: &store::Source| {
        let wanted =
            |one: &&super::plan::Source| one.kind == source.kind && one.name == source.name;
        plan.sources.iter().find(wanted).map(|one| (source.id, one.role))
    };
    Ok(known.iter().filter_map(role).collect())
}

/// Worth a line without being confirmed: mail in both directions, or a meeting in small company.
fn in_contact(interactions: &[Interaction], as_of: Timestamp) -> bool {
    let (mut sent, mut received) = (0, 0);
    for interaction in interactions.iter().filter(|one| one.happened(as_of)) {
        let age = as_of.duration_since(interaction.at);
        match (interaction.channel, interaction.direction, interaction.setting) {
            (Channel::Email, Direction::Out, _) if age <= YEAR => sent += 1,
            (Channel::Email, Direction::In, _) if age <= YEAR => received += 1,
            (Channel::Call | Channel::InPerson, _, Setting::OneOnOne | Setting::SmallGroup)
                if age <= HALF_YEAR =>
            {
                return true;
            }
            _ => {}
        }
    }
    sent >= TWO_WAY && received >= TWO_WAY
}
