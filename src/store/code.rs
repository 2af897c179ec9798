//! How values lie in columns: enumerations, instants, days.
//!
//! Each enumeration has one list here that gives its number and its word; the schema repeats it in
//! a `CHECK`. Numbers are never the position in the Rust source: moving a variant must not change
//! what old rows mean. A value no list knows is an error of conversion, which
//! [`super::Error`] reports as a damaged file, for no other program writes these rows.

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

use super::Kind;
use crate::calendar::{Busy, CuType, PartStat, Role, Status, Venue};
use crate::call::How;
use crate::interaction::{Change, Channel, Direction, Rule, Setting};
use crate::mail::Automatic;
use crate::nudge::{Answer, Form};
use crate::people::{Preference, Tier};
use crate::reliance::Verdict;

/// Seconds in a day that no clock change touches.
pub(super) const DAY: i64 = 86_400;

/// An enumeration with a number and a word for each value.
pub(super) trait Coded: Copy + 'static {
    /// Every value.
    const ALL: &'static [Self];

    /// Its number.
    fn code(self) -> i64;

    /// Its word.
    fn word(self) -> &'static str;
}

/// The numbers and words of enumerations; a variant left out does not compile.
macro_rules! coded {
    ($($type:ident { $($variant:ident $(($inner:path))? = $code:literal $word:literal),+ $(,)? })+) => {
        $(impl Coded for $type {
            const ALL: &'static [Self] = &[$($type::$variant $(($inner))?),+];

            fn code(self) -> i64 {
                match self { $($type::$variant $(($inner))? => $code),+ }
            }

            fn word(self) -> &'static str {
                match self { $($type::$variant $(($inner))? => $word),+ }
            }
        })+
    };
}

coded! {
    Kind { Mail = 0 "mail", Calendar = 1 "calendar", Contacts = 2 "contacts" }
    Automatic {
        AutoSubmitted = 0 "auto_submitted", List = 1 "list", Bulk = 2 "bulk", Bounce = 3 "bounce",
        Invitation = 4 "invitation", Robot = 5 "robot",
    }
    Field { To = 0 "to", Cc = 1 "cc", Bcc = 2 "bcc" }
    Status { Confirmed = 0 "confirmed", Tentative = 1 "tentative", Cancelled = 2 "cancelled" }
    Busy { Busy = 0 "busy", Free = 1 "free", Tentative = 2 "tentative", OutOfOffice = 3 "out_of_office" }
    Venue { Conference = 0 "conference", Telephone = 1 "telephone", Place = 2 "place", Unsaid = 3 "unsaid" }
    PartStat {
        NeedsAction = 0 "needs_action", Accepted = 1 "accepted", Declined = 2 "declined",
        Tentative = 3 "tentative", Delegated = 4 "delegated",
    }
    CuType { Individual = 0 "individual", Group = 1 "group", Resource = 2 "resource", Room = 3 "room" }
    Role { Chair = 0 "chair", Required = 1 "required", Optional = 2 "optional", NonParticipant = 3 "non_participant" }
    How { Call = 0 "call", Visit = 1 "visit" }
    Channel { Email = 0 "email", Call = 1 "call", InPerson = 2 "in_person", Chat = 3 "chat" }
    Setting { OneOnOne = 0 "one_on_one", SmallGroup = 1 "small_group", Group = 2 "group", Broadcast = 3 "broadcast" }
    Direction { In = 0 "in", Out = 1 "out", Mutual = 2 "mutual" }
    Rule {
        MailSent = 0 "mail_sent", MailReceived = 1 "mail_received", Attendees = 2 "attendees",
        Organizer = 3 "organizer", NotedName = 4 "noted_name", NotedFirstName = 5 "noted_first_name",
        Told = 6 "told", Corrected = 7 "corrected",
    }
    Change {
        OneOnOne = 0 "one_on_one", Group = 1 "group", Email = 2 "email", Ignore = 3 "ignore",
        Person = 4 "person", Undo = 5 "undo",
    }
    Tier { A = 0 "A", B = 1 "B", C = 2 "C" }
    Preference { Email = 0 "email", Phone = 1 "phone", Video = 2 "video", Visit = 3 "visit" }
    Verdict {
        NotEnoughData = 0 "not_enough_data", Silent = 1 "silent", Healthy = 2 "healthy",
        Drifting = 3 "drifting", EmailOnly = 4 "email_only", GroupOnly = 5 "group_only",
        EmailGroup = 6 "email_group",
    }
    Answer {
        Talked(How::Call) = 0 "talked_call", Talked(How::Visit) = 1 "talked_visit", Later = 2 "later",
        PrefersEmail = 3 "prefers_email", NotAClient = 4 "not_a_client", Show = 5 "show",
        Spoke(How::Call) = 6 "spoke_call", Spoke(How::Visit) = 7 "spoke_visit",
        NotYet = 8 "not_yet", KeepReminding = 9 "keep_reminding",
    }
    Form {
        Suggestion = 0 "suggestion", Question = 1 "question", Burst = 2 "burst",
        LastQuestion = 3 "last_question",
    }
}

/// The header field a recipient stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    To,
    Cc,
    Bcc,
}

/// An enumeration stored as its number.
pub(super) struct Code<T>(pub(super) T);

impl<T: Coded> ToSql for Code<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.code().into())
    }
}

impl<T: Coded> FromSql for Code<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let code = value.as_i64()?;
        let known = T::ALL.iter().find(|known| known.code() == code);
        known.map(|known| Self(*known)).ok_or(FromSqlError::OutOfRange(code))
    }
}

/// An enumeration stored as its word.
pub(super) struct Word<T>(pub(super) T);

impl<T: Coded> ToSql for Word<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.word().into())
    }
}

impl<T: Coded> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = value.as_str()?;
        let known = T::ALL.iter().find(|known| known.word() == word);
        known.map(|known| Self(*known)).ok_or(FromSqlError::InvalidType)
    }
}

/// An instant, stored in whole seconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct At(pub(super) Timestamp);

impl At {
    /// The instant so many seconds after the first of 1970.
    pub(super) fn of(seconds: i64) -> FromSqlResult<Self> {
        Timestamp::from_second(seconds).map(Self).map_err(|_| FromSqlError::OutOfRange(seconds))
    }
}

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_second().into())
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::of(value.as_i64()?)
    }
}

/// A day, stored in days since 1970. Not by way of an instant: [`Date::MAX`], "for good", has none.
pub(super) struct Day(pub(super) Date);

impl Day {
    /// The first day of 1970.
    pub(super) const EPOCH: Date = date(1970, 1, 1);

    /// Days since 1970.
    pub(super) fn number(&self) -> i64 {
        self.0.duration_since(Self::EPOCH).as_hours() / 24
    }

    /// The day of so many days since 1970; `None` outside the years of the calendar.
    pub(super) fn of(number: i64) -> Option<Self> {
        let hours = number.checked_mul(24)?;
        Self::EPOCH.checked_add(SignedDuration::try_from_hours(hours)?).ok().map(Self)
    }
}

impl ToSql for Day {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.number().into())
    }
}

impl FromSql for Day {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        Self::of(number).ok_or(FromSqlError::OutOfRange(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Coded + PartialEq + std::fmt::Debug>() {
        for (at, value) in T::ALL.iter().enumerate() {
            let by_code = Code::<T>::column_result(ValueRef::Integer(value.code())).unwrap();
            let by_word =
                Word::<T>::column_result(ValueRef::Text(value.word().as_bytes())).unwrap();
            assert_eq!((by_code.0, by_word.0), (*value, *value), "entry {at}");
        }
        assert!(Code::<T>::column_result(ValueRef::Integer(99)).is_err());
        assert!(Word::<T>::column_result(ValueRef::Text(b"")).is_err());
    }

    #[test]
    fn every_enumeration_comes_back_from_its_number_and_its_word() {
        check::<Kind>();
        check::<Automatic>();
        check::<Field>();
        check::<Status>();
        check::<Busy>();
        check::<Venue>();
        check::<PartStat>();
        check::<CuType>();
        check::<Role>();
        check::<How>();
        check::<Channel>();
        check::<Setting>();
        check::<Direction>();
        check::<Rule>();
        check::<Change>();
        check::<Tier>();
        check::<Preference>();
        check::<Verdict>();
        check::<Answer>();
        check::<Form>();
    }

    #[test]
    fn days_come_back_from_their_number() {
        for (day, number) in [
            (date(1970, 1, 1), 0),
            (date(1969, 12, 31), -1),
            (date(2024, 2, 29), 19_782),
            (Date::MAX, 2_932_896),
            (Date::MIN, -4_371_587),
        ] {
            assert_eq!(Day(day).number(), number);
            assert_eq!(Day::of(number).map(|day| day.0), Some(day));
        }
        assert!(Day::of(i64::MAX).is_none() && Day::of(2_932_897).is_none());
    }
}
