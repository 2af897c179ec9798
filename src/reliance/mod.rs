//! How a relationship is really kept: contact days to shares, silence, limit, verdict and trend.
//!
//! Everything here is computed from whole numbers of contact days; weights and scores never enter
//! a decision. Silence is measured in open days. Time comes in as a date.

pub mod open_days;
pub mod share;

use jiff::civil::Date;

pub use open_days::OpenDays;

/// One local day of one person or client: which categories it was a contact day for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactDay {
    /// The day.
    pub day: Date,
    /// E.
    pub email: bool,
    /// G.
    pub group: bool,
    /// O.
    pub one_on_one: bool,
}

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

/// What is wanted of one relationship, resolved from person, client and tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Wanted calendar days between one-on-ones.
    pub cadence_days: u32,
    /// Likes to be written to: doubles the cadence.
    pub prefers_email: bool,
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
    /// Contact days in the last 20 open days.
    pub last_28: ChannelMix,
    /// Contact days in the last 64 open days.
    pub last_90: ChannelMix,
    /// The one-on-one share over the last 64 open days.
    pub share: Share,
    /// Its direction.
    pub trend: Trend,
    /// Contact days per ISO week, the last twelve, oldest first, the running week last.
    pub weeks: Vec<(Date, ChannelMix)>,
    /// The next one-on-one in the calendar; `None` without one.
    pub booked: Option<Date>,
    /// A state that calls for a one-on-one, with none booked in the next ten open days.
    pub due: bool,
}
