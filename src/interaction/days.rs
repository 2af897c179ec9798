//! What a calendar says besides talks: when I am away, when everybody is, when I am busy.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::{Attendee, Busy, CuType, Occurrence, PartStat, Span, Status};
use crate::people::Roster;

/// The days I am away by a whole-day event that shows me as out of office, or that stands in a
/// category the user named as absence (compared without case); first and last day.
pub fn absence_of(occurrence: &Occurrence, absence_categories: &[String]) -> Option<(Date, Date)> {
    let named = || {
        let known = |category: &String| {
            absence_categories.iter().any(|named| named.to_lowercase() == *category.to_lowercase())
        };
        occurrence.categories.iter().any(known)
    };
    whole_days(occurrence).filter(|_| occurrence.busy == Busy::OutOfOffice || named())
}

/// The days a whole-day event of a holiday calendar closes; first and last day. How it shows in
/// free/busy time does not matter: holidays are mostly shown as free.
pub fn holiday_of(occurrence: &Occurrence) -> Option<(Date, Date)> {
    whole_days(occurrence)
}

fn whole_days(occurrence: &Occurrence) -> Option<(Date, Date)> {
    match (occurrence.span, occurrence.status) {
        (Span::Days { first, last }, Status::Confirmed) => Some((first, last)),
        _ => None,
    }
}

/// When an occurrence keeps me busy, for finding a moment that does not disturb: timed, neither
/// cancelled nor shown as free nor declined by me. Private and unanswered ones do.
pub fn my_busy(occurrence: &Occurrence, roster: &Roster) -> Option<(Timestamp, Timestamp)> {
    let Span::Timed { start, end } = occurrence.span else { return None };
    let mine = |attendee: &&Attendee| roster.is_me(&attendee.mailbox.addr_spec);
    let answers = || occurrence.attendees.iter().filter(mine).map(|attendee| attendee.partstat);
    let no = |answer| matches!(answer, PartStat::Declined | PartStat::Delegated);
    // Asked under two addresses, one yes is enough to be there.
    let declined = answers().any(no) && !answers().any(|answer| answer == PartStat::Accepted);
    let busy = occurrence.status != Status::Cancelled && occurrence.busy != Busy::Free;
    (busy && !declined).then_some((start, end))
}

/// One copy of each occurrence that several calendars hold, by UID and RECURRENCE-ID.
///
/// Which copy does not depend on their order. A cancellation beats a copy that has not heard of
/// it, then the copy with more answers is the fresher one; what remains is decided by comparing
/// everything, so that two copies that differ at all never swap.
pub fn distinct<'a>(occurrences: impl IntoIterator<Item = &'a Occurrence>) -> Vec<&'a Occurrence> {
    let mut copies: BTreeMap<(&str, Option<Timestamp>), &Occurrence> = BTreeMap::new();
    for one in occurrences {
        let kept = copies.entry((&one.uid, one.recurrence_id)).or_insert(one);
        if fresher(one, kept) == Ordering::Greater {
            *kept = one;
        }
    }
    copies.into_values().collect()
}

fn fresher(a: &Occurrence, b: &Occurrence) -> Ordering {
    let answers = |o: &Occurrence| {
        let answered = |a: &&Attendee| a.partstat != PartStat::NeedsAction;
        o.attendees.iter().filter(answered).filter(|a| a.cutype != CuType::Room).count()
    };
    let attendees = |o: &Occurrence| -> Vec<_> {
        let tuple = |a: &Attendee| (a.mailbox.clone(), a.partstat, a.cutype, a.role);
        o.attendees.iter().map(tuple).collect()
    };
    let noted = |o: &Occurrence| o.noted.as_ref().map(|n| (n.in_person, n.names.clone()));
    let cancelled = |o: &Occurrence| o.status == Status::Cancelled;
    cancelled(a)
        .cmp(&cancelled(b))
        .then_with(|| answers(a).cmp(&answers(b)))
        .then_with(|| a.attendees.len().cmp(&b.attendees.len()))
        .then_with(|| {
            (a.span, a.status, a.busy, a.private, a.venue, a.standing, a.microsoft, a.created).cmp(
                &(b.span, b.status, b.busy, b.private, b.venue, b.standing, b.microsoft, b.created),
            )
        })
        .then_with(|| a.organizer.cmp(&b.organizer))
        .then_with(|| attendees(a).cmp(&attendees(b)))
        .then_with(|| noted(a).cmp(&noted(b)))
        .then_with(|| a.categories.cmp(&b.categories))
}
