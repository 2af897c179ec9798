//! The digest: a week or a month of one user's own habit, as a value, then as a page to read.
//!
//! [`build()`] turns how things stand into one [`Digest`]; [`html()`], [`markdown()`], [`text()`]
//! and [`json()`] only say it. Their sentences are made once, in `story` and `words`, so that
//! the terminal and the browser never disagree. Every figure is a count of contact days: one
//! person on one day, whatever the number of messages.
//!
//! Two things are refused. Nobody is graded: a sentence speaks of what the user did or might do,
//! never of what somebody is worth or failed to do. And nothing from outside is trusted: each
//! name passes [`Shown`](crate::text::Shown) and is then escaped for the format, and the page
//! carries no script, no link and no reference to anything outside itself.
//!
//! Four hand-written reports lost against one value with four renderers: they would drift.
//! A chart library lost against hand-written SVG: bars need a title each, colors that follow the
//! reader's theme, and files that can be compared line by line.

mod build;
mod chart;
mod groups;
mod html;
mod json;
mod markdown;
mod palette;
mod period;
pub mod spark;
mod story;
mod text;
mod words;

use jiff::civil::Date;

use crate::interaction::Standing;
use crate::nudge::Stage;
use crate::people::{PersonId, Preference};
use crate::reliance::{ChannelMix, Trend, Verdict};

pub use build::{ClientInput, Input, PersonInput, build};
pub use html::html;
pub use json::json;
pub use markdown::markdown;
pub use palette::{DARK, LIGHT, Palette, Rgb};
pub use period::{Kind, Period};
pub use text::text;

/// How many ISO weeks a row shows.
pub const WEEKS: usize = 12;

/// A week or a month of the user's own habit.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// The days it speaks of.
    pub period: Period,
    /// The day it was true on. Before the period's last day: the period is still running.
    pub as_of: Date,
    /// The figures of the period.
    pub figures: Figures,
    /// Those of the period before, cut to the same number of days while the period is running.
    /// `None` when nothing is known from before the period.
    pub before: Option<Figures>,
    /// Who was talked with alone in the period, in the order of the first such day.
    pub well_kept: Vec<Kept>,
    /// Who is due for a one-on-one, the most pressing first.
    pub worth_a_talk: Vec<Due>,
    /// Who would be due, but was muted or left for later by the user.
    pub set_aside: Vec<SetAside>,
    /// Whose one-on-ones come from the calendar alone, in the order given.
    pub standing_only: Vec<StandingOnly>,
    /// Whose wishes the user wanted to look at again by now, the longest due first.
    pub to_review: Vec<Review>,
    /// One-on-ones in the calendar, the next one first.
    pub booked: Vec<Booked>,
    /// Whose relationship went quiet in this period. Told once, in this period only.
    pub gone_quiet: Vec<Quiet>,
    /// The Mondays of the weeks in every `weeks`, oldest first; [`WEEKS`] of them.
    pub weeks: Vec<Date>,
    /// Every client, in the order given.
    pub clients: Vec<ClientRow>,
    /// Everybody, in the order given.
    pub people: Vec<PersonRow>,
    /// The nudges of the period that reached the screen, oldest first.
    pub nudges: Vec<Nudged>,
    /// People who wait to be confirmed or turned down by the user.
    pub waiting: u32,
    /// What could not be seen, one sentence each; without the telephone and the corridor, which
    /// are never seen.
    pub blind_spots: Vec<String>,
    /// What suggestions are worth so far; one sentence.
    pub trial: Option<String>,
}

/// A person as a digest names them. Name and client are as they came from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub person: PersonId,
    /// Their name; the address where no name is known.
    pub name: String,
    /// The name of their client.
    pub client: Option<String>,
}

/// The figures of a period, over everybody in the digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Contact days, summed over people.
    pub mix: ChannelMix,
    /// People with any contact day.
    pub people: u32,
    /// People with a one-on-one.
    pub people_one_on_one: u32,
}

/// Somebody the user talked with alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Who.
    pub contact: Contact,
    /// On which days of the period; never empty.
    pub days: Vec<Date>,
    /// The one-on-one before, where it lies four weeks or more before the first of `days`.
    pub first_since: Option<Date>,
}

/// Somebody worth a talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Who.
    pub contact: Contact,
    /// Pinned as the person the relationship hangs on.
    pub key: bool,
    /// How the relationship is carried.
    pub verdict: Verdict,
    /// Since when.
    pub verdict_since: Date,
    /// What was seen, in plain figures; one sentence.
    pub reason: String,
    /// One easy act; one sentence.
    pub suggestion: &'static str,
    /// The last one-on-one; `None` when none is known.
    pub last_one_on_one: Option<Date>,
    /// Calendar days since then.
    pub days_since: Option<u32>,
    /// The calendar days that are too many, from the limit in open days at five a week.
    pub limit_days: u32,
    /// A one-on-one in the calendar, too far ahead to wait for.
    pub booked: Option<Date>,
}

/// Somebody the user asked to be left in peace about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Who.
    pub contact: Contact,
    /// Up to and including this day; `None`: for good.
    pub until: Option<Date>,
}

/// Somebody the user talks with in standing meetings and hardly ever else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingOnly {
    /// Who.
    pub contact: Contact,
    /// The days of the last quarter.
    pub talks: Standing,
}

/// Somebody whose wishes the user wanted to look at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Who.
    pub contact: Contact,
    /// From which day on.
    pub since: Date,
    /// How they like to be reached, as far as is known.
    pub prefers: Option<Preference>,
    /// Wanted days between one-on-ones.
    pub cadence_days: u32,
}

/// A one-on-one in the calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// With whom.
    pub contact: Contact,
    /// When.
    pub day: Date,
}

/// A relationship that went quiet in every channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// With whom.
    pub contact: Contact,
    /// The last contact of any kind.
    pub last_contact: Option<Date>,
}

/// Twelve weeks of one relationship, and how it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The verdict.
    pub verdict: Verdict,
    /// Where the one-on-one share is going.
    pub trend: Trend,
    /// Contact days a week, for the Mondays of [`Digest::weeks`].
    pub weeks: Vec<ChannelMix>,
    /// Their sum.
    pub total: ChannelMix,
    /// The last contact of any kind.
    pub last_contact: Option<Date>,
    /// The last one-on-one.
    pub last_one_on_one: Option<Date>,
    /// The calendar days without a one-on-one that are too many.
    pub limit_days: u32,
}

/// A person's weeks.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonRow {
    /// Who.
    pub contact: Contact,
    /// Pinned as the person the relationship hangs on.
    pub key: bool,
    /// Whether the user confirmed them.
    pub confirmed: bool,
    /// How things stand.
    pub row: Row,
}

/// A client's weeks.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientRow {
    /// Its name.
    pub name: String,
    /// How things stand.
    pub row: Row,
    /// Its people with at least two contact days in the weeks shown.
    pub active: u32,
    /// Its people with a one-on-one in the weeks shown.
    pub alone_with: u32,
}

/// A nudge that reached the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nudged {
    /// About whom.
    pub contact: Contact,
    /// The local day.
    pub day: Date,
    /// What became of it.
    pub stage: Stage,
    /// The first one-on-one on that day or later.
    pub followed: Option<Date>,
}
