//! How a relationship is really kept: contact days to shares, silence, limit, verdict and trend.
//!
//! Everything here is computed from whole numbers of contact days; weights and scores never enter
//! a decision. Silence is measured in open days ([`open_days`]). Time comes in as a date.
//!
//! [`assess`] answers for one person or one client on one day, [`history`] for every day up to
//! it. The way of a day: contact days slide through two windows ([`walk`]), the pair's own gaps and
//! what the [`portfolio`] has taught say how long a silence may last, the tree gives the verdict,
//! [`share`] explains it, [`words`] says it. Nothing here is stored: the past is walked again each
//! time, so that it cannot disagree with what a correction made of it.

pub mod absence;
mod breadth;
mod confidence;
pub mod exchange;
mod limit;
pub mod open_days;
pub mod portfolio;
pub mod share;
pub mod trend;
mod verdict;
pub mod walk;
pub mod words;

use jiff::civil::Date;

use crate::people::{Client, Person, Preference};

pub use crate::interaction::ContactDay;
pub use breadth::Breadth;
pub use confidence::{Confidence, traced};
pub use limit::Rhythm;
pub use open_days::OpenDays;
pub use portfolio::Portfolio;
pub use share::Prior;
pub use walk::{assess, history, union};
pub use words::explain;

/// Contact days by category inside a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelMix {
    /// E days.
    pub email: u32,
    /// G days.
    pub group: u32,
    /// O days.
    pub one_on_one: u32,
}

impl ChannelMix {
    /// All of them.
    pub fn total(self) -> u32 {
        self.email + self.group + self.one_on_one
    }

    /// Of the contact days from the first to the last, both counted.
    pub fn within(days: &[ContactDay], first: Date, last: Date) -> Self {
        let mut mix = Self::default();
        let inside = days.iter().filter(|contact| (first..=last).contains(&contact.day));
        inside.for_each(|contact| mix.count(*contact));
        mix
    }

    /// What one contact day adds.
    fn of(contact: ContactDay) -> Self {
        Self {
            email: contact.email.into(),
            group: contact.group.into(),
            one_on_one: contact.one_on_one.into(),
        }
    }

    fn count(&mut self, contact: ContactDay) {
        let one = Self::of(contact);
        self.email += one.email;
        self.group += one.group;
        self.one_on_one += one.one_on_one;
    }

    fn less(self, part: Self) -> Self {
        Self {
            email: self.email.saturating_sub(part.email),
            group: self.group.saturating_sub(part.group),
            one_on_one: self.one_on_one.saturating_sub(part.one_on_one),
        }
    }
}

/// What the mix and the silence amount to. It speaks of my habit, never of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Under 30 open days of history or under 6 contact days.
    NotEnoughData,
    /// Hardly any contact in 20 open days, in any channel.
    Silent,
    /// The one-on-one rhythm holds.
    Healthy,
    /// There was a one-on-one in the last quarter, but the next is overdue.
    Drifting,
    /// None in the quarter, kept by email.
    EmailOnly,
    /// None in the quarter, kept by group calls.
    GroupOnly,
    /// None in the quarter, kept by both.
    EmailGroup,
}

impl Verdict {
    /// Every verdict, in the order of the tree.
    pub const ALL: [Self; 7] = [
        Self::NotEnoughData,
        Self::Silent,
        Self::Healthy,
        Self::Drifting,
        Self::EmailOnly,
        Self::GroupOnly,
        Self::EmailGroup,
    ];

    /// Its name in JSON and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotEnoughData => "not_enough_data",
            Self::Silent => "silent",
            Self::Healthy => "healthy",
            Self::Drifting => "drifting",
            Self::EmailOnly => "email_only",
            Self::GroupOnly => "group_only",
            Self::EmailGroup => "email_group",
        }
    }

    /// The verdict of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == name)
    }

    /// Whether it calls for a talk: the relationship lives, and the one-on-one is overdue.
    pub fn wants_talk(self) -> bool {
        match self {
            Self::NotEnoughData | Self::Silent | Self::Healthy => false,
            Self::Drifting | Self::EmailOnly | Self::GroupOnly | Self::EmailGroup => true,
        }
    }
}

/// What is wanted of one relationship, resolved from person, client and tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Wanted calendar days between one-on-ones.
    pub cadence_days: u32,
    /// Likes to be written to: doubles the cadence.
    pub prefers_email: bool,
}

impl Wish {
    /// What is wanted with one person.
    pub fn of_person(person: &Person) -> Self {
        Self {
            cadence_days: person.cadence_days,
            prefers_email: person.prefers == Some(Preference::Email),
        }
    }

    /// What is wanted with a client, given its people as they stand: the client's rhythm, and the
    /// preference of its key person, who is the pinned one with most contact days in the quarter,
    /// else whoever has most. Nobody else's preference may slow a client down.
    pub fn of_client<'a>(
        client: &Client,
        people: impl IntoIterator<Item = (&'a Person, &'a Reliance)>,
    ) -> Self {
        let there = people.into_iter().filter(|(person, _)| !person.gone);
        let key = there.max_by(|(a, at_a), (b, at_b)| {
            let rank = |person: &Person, at: &Reliance| (person.key, at.last_90.total());
            rank(a, at_a).cmp(&rank(b, at_b)).then_with(|| b.id.cmp(&a.id))
        });
        Self {
            cadence_days: client.cadence_days,
            prefers_email: key.is_some_and(|(key, _)| key.prefers == Some(Preference::Email)),
        }
    }

    /// The wanted rhythm in calendar days, doubled for whoever likes to be written to.
    pub fn calendar_days(self) -> u32 {
        self.cadence_days.saturating_mul(if self.prefers_email { 2 } else { 1 })
    }

    /// The same in open days, five of which make a week.
    pub fn open_days(self) -> f64 {
        f64::from(self.calendar_days()) * 5.0 / 7.0
    }
}

/// What one relationship is judged against: the user's clock, and what everybody together has
/// taught by the day judged.
#[derive(Clone, Copy, Debug)]
pub struct Backdrop<'a> {
    /// The clock.
    pub open: &'a OpenDays,
    /// How long gaps are elsewhere.
    pub portfolio: &'a Portfolio,
    /// How contact is divided elsewhere.
    pub prior: Prior,
    /// The share of talks that leave a trace ([`traced`]).
    pub traced: f64,
}

impl<'a> Backdrop<'a> {
    /// Nobody else to learn from.
    pub fn alone(open: &'a OpenDays) -> Self {
        static NOBODY: Portfolio = Portfolio::EMPTY;
        Self { open, portfolio: &NOBODY, prior: Prior::DEFAULT, traced: traced(0, 0) }
    }
}

/// A one-on-one ahead in the calendar. One that was cancelled, or took place, is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Booked {
    /// The local day it is to take place.
    pub day: Date,
    /// The local day it was entered: before that day nobody could know of it.
    pub known: Date,
}

/// A day from which a relationship stood otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The day.
    pub day: Date,
    /// The verdict from then on.
    pub verdict: Verdict,
    /// Whether a talk was due from then on: the verdict calls for one and none was booked soon.
    pub due: bool,
}

/// The one-on-one share with its 90 % interval, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Posterior mean.
    pub estimate: f64,
    /// 5 % point.
    pub low: f64,
    /// 95 % point.
    pub high: f64,
}

/// Where the one-on-one share is going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Rising with 90 % probability.
    Up,
    /// Neither.
    Flat,
    /// Falling with 90 % probability.
    Down,
}

impl Trend {
    /// Every direction.
    pub const ALL: [Self; 3] = [Self::Up, Self::Flat, Self::Down];

    /// Its name in JSON and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Flat => "flat",
            Self::Down => "down",
        }
    }

    /// The direction of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trend| trend.as_str() == name)
    }
}

/// How one relationship stands on one day.
#[derive(Clone, Debug, PartialEq)]
pub struct Reliance {
    /// The verdict after dwell and hysteresis.
    pub verdict: Verdict,
    /// The day it was reached.
    pub verdict_since: Date,
    /// Last contact day of any category.
    pub last_contact: Option<Date>,
    /// Last O day.
    pub last_one_on_one: Option<Date>,
    /// Open days since the last O day, else since the first contact.
    pub silence: u32,
    /// The silence that is too long, in open days.
    pub limit: f64,
    /// The gaps the limit was learned from.
    pub rhythm: Rhythm,
    /// Contact days in the last 20 open days.
    pub last_28: ChannelMix,
    /// Contact days in the last 64 open days.
    pub last_90: ChannelMix,
    /// The one-on-one share over the last 64 open days.
    pub share: Share,
    /// Its direction.
    pub trend: Trend,
    /// The probability that the verdict holds as far as seen contact can tell, from 0 to 1;
    /// [`Confidence::of`] has words for it.
    pub confidence: f64,
    /// Silent in every category for so long that it is probably over: at least 64 open days, and
    /// eight times the usual distance of contact days.
    pub over: bool,
    /// Contact days per ISO week, the last twelve, oldest first, the running week last.
    pub weeks: Vec<(Date, ChannelMix)>,
    /// The next one-on-one in the calendar; `None` without one.
    pub booked: Option<Date>,
    /// A state that calls for a one-on-one, with none booked in the next ten open days.
    pub due: bool,
}

/// The first days of the two windows that figures are counted in: "28 days" and "90 days".
pub fn windows(open: &OpenDays, today: Date) -> (Date, Date) {
    (open.window_start(today, walk::SHORT), open.window_start(today, walk::LONG))
}

#[cfg(test)]
mod tests;
