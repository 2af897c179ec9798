//! Why nothing is said: a closed list, each with a plain sentence.
//!
//! Every state that calls for a talk and brings no nudge has exactly one of these reasons, so that
//! "why did it not remind me?" always has an answer. The order below is the order in which they are
//! looked for: what concerns the person first, then the client's rest, then the moment.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::reliance::words::day;

/// Why a state that calls for a talk brought no nudge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suppressed {
    /// The client is kept through somebody else, and the person is not pinned: a line of the
    /// digest, not more.
    ClientKept,
    /// Nobody of the client could be named: whoever is in touch has been talked to, or the mail
    /// comes from a shared address.
    NobodyToName,
    /// Mail to them comes back, or the user retired their addresses.
    Gone,
    /// Nobody confirmed that this is somebody the user looks after.
    NotConfirmed,
    /// Muted up to and including this day; [`Date::MAX`] for good.
    MutedUntil(Date),
    /// Put off up to and including this day.
    LaterUntil(Date),
    /// A one-on-one is in the calendar within ten open days.
    BookedOn(Date),
    /// Three nudges in a row brought neither an answer nor a talk: no more of them, but a question
    /// to the user, until they talk.
    Stopped {
        /// Nudges ignored in a row.
        ignored: u32,
    },
    /// Likes to be written to, and had a nudge not long ago.
    PrefersEmail {
        /// The first day the next may come.
        until: Date,
    },
    /// Nudges were ignored, so the next one waits longer.
    BackingOff {
        /// Nudges ignored in a row.
        ignored: u32,
        /// The first day the next may come.
        until: Date,
    },
    /// The client had a nudge not long ago.
    ClientRests {
        /// The day of that nudge.
        nudged: Date,
        /// The first day the next may come.
        until: Date,
    },
    /// A calendar cannot be read, so a talk may have taken place unseen.
    CalendarUnread {
        /// Since when.
        since: Date,
    },
    /// Too soon after the first scan.
    Settling {
        /// The first day a nudge may come.
        until: Date,
    },
    /// No open day.
    ClosedDay {
        /// The next open day.
        next: Date,
    },
    /// The week has had its nudges.
    WeekBudget {
        /// How many it may have.
        allowed: u32,
    },
    /// The day has had its nudges.
    DayBudget {
        /// How many it may have.
        allowed: u32,
    },
    /// Before or after the hours for nudges.
    OutsideHours {
        /// First minute.
        from: Time,
        /// First minute after.
        to: Time,
    },
    /// Today's last nudge is still waiting for an answer.
    AwaitingAnswer,
    /// In a meeting, or one begins within ten minutes.
    InMeeting {
        /// The end of the meeting, and of those that follow at once.
        until: Timestamp,
    },
    /// No half hour to talk begins within two hours.
    NoFreeHalfHour,
    /// Only what is at hand is said so late in the day.
    DayIsLate {
        /// From when on.
        from: Time,
    },
    /// No good moment came on three open days: the digest has to do for a while.
    NoMoment {
        /// The first of these days.
        since: Date,
        /// The first day the next nudge may come.
        until: Date,
    },
    /// Left out at random, to see what happens without.
    HeldOut,
    /// Somebody else comes first.
    Outranked,
}

impl Suppressed {
    /// Whether it is about the moment alone, and passes without anybody doing anything: a day, a
    /// meeting, somebody else's turn.
    pub fn passes(&self) -> bool {
        match self {
            Self::ClosedDay { .. }
            | Self::WeekBudget { .. }
            | Self::DayBudget { .. }
            | Self::OutsideHours { .. }
            | Self::AwaitingAnswer
            | Self::InMeeting { .. }
            | Self::NoFreeHalfHour
            | Self::DayIsLate { .. }
            | Self::HeldOut
            | Self::Outranked => true,
            Self::ClientKept
            | Self::NobodyToName
            | Self::Gone
            | Self::NotConfirmed
            | Self::MutedUntil(_)
            | Self::LaterUntil(_)
            | Self::BookedOn(_)
            | Self::Stopped { .. }
            | Self::PrefersEmail { .. }
            | Self::BackingOff { .. }
            | Self::ClientRests { .. }
            | Self::CalendarUnread { .. }
            | Self::NoMoment { .. }
            | Self::Settling { .. } => false,
        }
    }

    /// Whether it is a search for a good moment that found none yet, and nothing else.
    pub(super) fn finds_no_moment(&self) -> bool {
        matches!(self, Self::InMeeting { .. } | Self::NoFreeHalfHour | Self::DayIsLate { .. })
    }
}

impl fmt::Display for Suppressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |date: Date| day(date, false);
        match self {
            Self::ClientKept => {
                f.write_str("the client is kept through somebody else; this goes to the digest")
            }
            Self::NobodyToName => f.write_str("there is nobody of this client to name"),
            Self::Gone => f.write_str("your mail does not reach them any more"),
            Self::NotConfirmed => f.write_str("nobody has confirmed that you look after them"),
            Self::MutedUntil(Date::MAX) => f.write_str("muted"),
            Self::MutedUntil(date) => write!(f, "muted until {}", named(*date)),
            Self::LaterUntil(date) => write!(f, "put off until {}", named(*date)),
            Self::BookedOn(date) => write!(f, "a talk is booked for {}", named(*date)),
            Self::Stopped { ignored } => {
                write!(
                    f,
                    "{ignored} suggestions in a row went by unanswered, so no more come until you talk"
                )
            }
            Self::PrefersEmail { until } => write!(
                f,
                "they like to be written to, and there was a suggestion lately; none before {}",
                named(*until)
            ),
            Self::BackingOff { ignored: 0, until } => {
                write!(f, "you want to be reminded, rarely; none before {}", named(*until))
            }
            Self::BackingOff { ignored, until } => write!(
                f,
                "{ignored} suggestions in a row went by unanswered; none before {}",
                named(*until)
            ),
            Self::ClientRests { nudged, until } => write!(
                f,
                "there was a suggestion on {}; none before {}",
                named(*nudged),
                named(*until)
            ),
            Self::CalendarUnread { since } => {
                write!(f, "a calendar could not be read since {}", named(*since))
            }
            Self::Settling { until } => write!(
                f,
                "the first days are for checking who is who; suggestions begin on {}",
                named(*until)
            ),
            Self::ClosedDay { next: Date::MAX } => f.write_str("no day is a working day"),
            Self::ClosedDay { next } => write!(f, "no working day; the next is {}", named(*next)),
            Self::WeekBudget { allowed } => spent(f, *allowed, "week"),
            Self::DayBudget { allowed } => spent(f, *allowed, "day"),
            Self::OutsideHours { from, to } => write!(
                f,
                "suggestions come between {} and {}",
                from.strftime("%H:%M"),
                to.strftime("%H:%M")
            ),
            Self::AwaitingAnswer => f.write_str("another suggestion of today waits for an answer"),
            Self::InMeeting { .. } => f.write_str("a meeting is on or about to begin"),
            Self::NoFreeHalfHour => f.write_str("no half hour is free within two hours"),
            Self::DayIsLate { from } => {
                write!(f, "from {} on a talk is for another day", from.strftime("%H:%M"))
            }
            Self::NoMoment { since, until } => write!(
                f,
                "no good moment came since {}, so this goes to the digest; none before {}",
                named(*since),
                named(*until)
            ),
            Self::HeldOut => f.write_str("left out on purpose, to see what happens without"),
            Self::Outranked => f.write_str("another talk comes first"),
        }
    }
}

fn spent(f: &mut fmt::Formatter<'_>, allowed: u32, span: &str) -> fmt::Result {
    match allowed {
        0 => write!(f, "no suggestions are wanted in a {span}"),
        1 => write!(f, "the one suggestion of this {span} was made"),
        n => write!(f, "the {n} suggestions of this {span} were made"),
    }
}
