//! Why an event in the calendar is no interaction.

use crate::people::PersonId;

/// The reason, in the order the rules are tried.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoTouch {
    /// It does not take place.
    Cancelled,
    /// A hold: it may take place.
    Tentative,
    /// Shown as free: put there to be known, not to be attended.
    ShownFree,
    /// Shown as out of office: an absence, not a meeting.
    OutOfOffice,
    /// It takes whole days.
    AllDay,
    /// Eight hours and longer: a conference, a trip, a block.
    TooLong,
    /// Under five minutes: a reminder.
    TooShort,
    /// Marked private.
    Private,
    /// Nobody was asked, and the title notes no talk.
    NoGuests,
    /// The title notes a talk with nobody who is tracked.
    NameUnknown,
    /// The title notes a talk, but the name fits each of these: a question to ask.
    NameUnclear(Vec<PersonId>),
    /// None of my addresses is among the guests.
    NotInvited,
    /// I declined.
    IDeclined,
    /// I said perhaps.
    ITentative,
    /// I never answered, and that is not enough for a one-on-one or where I was optional.
    IUnanswered,
    /// Nobody else was asked.
    NobodyElse,
    /// Everybody else declined, was only told, or was optional and never answered.
    NobodyCame,
    /// Twenty and more others.
    Broadcast,
    /// The one other person said perhaps.
    TheyTentative,
    /// Nobody among the others is somebody to look after.
    NobodyKnown,
}

impl NoTouch {
    /// Its name in machine-readable output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Tentative => "tentative",
            Self::ShownFree => "shown_free",
            Self::OutOfOffice => "out_of_office",
            Self::AllDay => "all_day",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::Private => "private",
            Self::NoGuests => "no_guests",
            Self::NameUnknown => "name_unknown",
            Self::NameUnclear(_) => "name_unclear",
            Self::NotInvited => "not_invited",
            Self::IDeclined => "i_declined",
            Self::ITentative => "i_tentative",
            Self::IUnanswered => "i_unanswered",
            Self::NobodyElse => "nobody_else",
            Self::NobodyCame => "nobody_came",
            Self::Broadcast => "broadcast",
            Self::TheyTentative => "they_tentative",
            Self::NobodyKnown => "nobody_known",
        }
    }

    /// The reason in a sentence for the user.
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::Cancelled => "It was cancelled.",
            Self::Tentative => "It is only a tentative hold.",
            Self::ShownFree => "It is shown as free time, so it is there to be known only.",
            Self::OutOfOffice => "It is shown as out of office, so it is an absence.",
            Self::AllDay => "It takes whole days, so it is no meeting.",
            Self::TooLong => "It takes eight hours or longer, so it is no single talk.",
            Self::TooShort => "It takes under five minutes, so it is a reminder.",
            Self::Private => "It is marked private, so nobody in it is looked at.",
            Self::NoGuests => "It has no guests, and its title notes no talk with anybody.",
            Self::NameUnknown => "Its title notes a talk, but with nobody who is tracked.",
            Self::NameUnclear(_) => "Its title notes a talk, but the name fits several people.",
            Self::NotInvited => "None of your addresses is among its guests.",
            Self::IDeclined => "You declined it.",
            Self::ITentative => "You answered with perhaps.",
            Self::IUnanswered => "You never accepted it.",
            Self::NobodyElse => "It has no guests but you.",
            Self::NobodyCame => "Nobody else was expected: the others declined or never answered.",
            Self::Broadcast => "It has twenty or more other guests, so it is a broadcast.",
            Self::TheyTentative => "The only other guest answered with perhaps.",
            Self::NobodyKnown => "None of its guests is a person you look after.",
        }
    }
}
