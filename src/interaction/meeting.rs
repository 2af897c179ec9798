//! An occurrence, seen through a roster: who was there, and was I?
//!
//! The answers in a calendar are poor evidence: systems lose them, assistants give them, rooms
//! give them too. So the rules lean on the one side that is surely mine. My own answer must be a
//! yes for a one-on-one; the silence of the other side is taken for a yes, since answers between
//! systems often get lost. A no-show cannot be seen.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::noted::noted;
use super::{
    Channel, Direction, Interaction, LIST, NoTouch, Reference, Rule, Setting, touched, touched_by,
};
use crate::calendar::{
    Attendee, Busy, CuType, Occurrence, PartStat, Role, Span, Status, UNADDRESSED, Venue,
};
use crate::mail::{AddrSpec, Mailbox};
use crate::people::{Person, PersonId, Roster, Spoken, Who, identity, is_list};

/// Eight hours and longer is no single talk.
const LONG: i64 = 8 * 60 * 60;
/// Under five minutes is a reminder.
const SHORT: i64 = 5 * 60;

/// The interactions of one occurrence, one for each person it touches, or why there are none.
///
/// The occurrence may lie in the future. Of copies of one occurrence in several calendars only
/// one may come here: see [`super::distinct`].
pub fn from_occurrence(
    occurrence: &Occurrence,
    roster: &Roster,
    zone: &TimeZone,
) -> Result<Vec<Interaction>, NoTouch> {
    from_one_of_many(occurrence, &mut Companies::new(roster), zone)
}

/// The same of one occurrence after another.
pub(super) fn from_one_of_many(
    occurrence: &Occurrence,
    companies: &mut Companies<'_>,
    zone: &TimeZone,
) -> Result<Vec<Interaction>, NoTouch> {
    let roster = companies.roster;
    let (start, end) = when(occurrence)?;
    if occurrence.attendees.is_empty() {
        return noted(occurrence, (start, end), roster, zone);
    }
    let company = companies.of(occurrence)?;
    if let [only] = company.guests.as_slice()
        && only.heads == 1
    {
        match (company.mine, only.partstat) {
            (PartStat::Accepted, PartStat::Tentative) => return Err(NoTouch::TheyTentative),
            (PartStat::Accepted, _) => {}
            _ => return Err(NoTouch::IUnanswered),
        }
    }
    let heads = company.heads();
    let organizer = occurrence.organizer.as_ref().map(|mailbox| &mailbox.addr_spec);
    let by = organizer.map(|address| (roster.is_me(address), touched(address, roster)));
    let touched: Vec<_> = company
        .guests
        .iter()
        .filter_map(|guest| {
            let person = guest.person.clone()?;
            let direction = match &by {
                Some((true, _)) => Direction::Out,
                Some((false, Some(id))) if *id == person => Direction::In,
                _ => Direction::Mutual,
            };
            let rule = if guest.unlisted { Rule::Organizer } else { Rule::Attendees };
            Some(Interaction {
                setting: Setting::of(heads),
                direction,
                rule,
                participants: u32::try_from(heads).unwrap_or(u32::MAX),
                ..interaction(occurrence, (start, end), person, guest.address.clone(), zone)
            })
        })
        .collect();
    if touched.is_empty() { Err(NoTouch::NobodyKnown) } else { Ok(touched) }
}

/// What an interaction has from its occurrence alone; the company is filled in by the caller.
pub(super) fn interaction(
    occurrence: &Occurrence,
    (start, end): (Timestamp, Timestamp),
    person: PersonId,
    address: AddrSpec,
    zone: &TimeZone,
) -> Interaction {
    let seconds = end.as_second().saturating_sub(start.as_second());
    let room = || occurrence.attendees.iter().any(|a| a.cutype == CuType::Room);
    Interaction {
        person,
        address,
        channel: match occurrence.venue {
            Venue::Place => Channel::InPerson,
            Venue::Unsaid if room() => Channel::InPerson,
            Venue::Conference | Venue::Telephone | Venue::Unsaid => Channel::Call,
        },
        setting: Setting::OneOnOne,
        direction: Direction::Mutual,
        at: start,
        end,
        day: start.to_zoned(zone.clone()).date(),
        participants: 1,
        minutes: u32::try_from(seconds / 60).ok(),
        series: occurrence.standing.then(|| occurrence.uid.clone()),
        // What is entered afterwards was no secret from the moment it took place.
        known: occurrence.created.map_or(start, |created| created.min(start)),
        rule: Rule::Attendees,
        reference: Reference::Occurrence {
            uid: occurrence.uid.clone(),
            recurrence_id: occurrence.recurrence_id,
        },
    }
}

/// When it takes place, if it is the kind of event in which people talk.
pub(super) fn when(occurrence: &Occurrence) -> Result<(Timestamp, Timestamp), NoTouch> {
    match (occurrence.status, occurrence.busy) {
        (Status::Cancelled, _) => return Err(NoTouch::Cancelled),
        (Status::Tentative, _) => return Err(NoTouch::Tentative),
        (Status::Confirmed, Busy::Free) => return Err(NoTouch::ShownFree),
        (Status::Confirmed, Busy::OutOfOffice) => return Err(NoTouch::OutOfOffice),
        // Exchange shows every invitation so until it is answered: my answer decides below.
        (Status::Confirmed, Busy::Busy | Busy::Tentative) => {}
    }
    let Span::Timed { start, end } = occurrence.span else { return Err(NoTouch::AllDay) };
    match end.as_second().saturating_sub(start.as_second()) {
        LONG.. => Err(NoTouch::TooLong),
        ..SHORT => Err(NoTouch::TooShort),
        _ if occurrence.private => Err(NoTouch::Private),
        _ => Ok((start, end)),
    }
}

/// Who was there, found out once for all occurrences of a series that differ in nothing but time.
#[derive(Debug)]
pub(super) struct Companies<'r> {
    roster: &'r Roster,
    last: Option<Last>,
}

/// What [`company`] looks at, and what it found.
#[derive(Debug)]
struct Last {
    attendees: Arc<[Attendee]>,
    organizer: Option<Mailbox>,
    microsoft: bool,
    found: Result<Company, NoTouch>,
}

impl<'r> Companies<'r> {
    /// Nothing is known yet.
    pub(super) fn new(roster: &'r Roster) -> Self {
        Self { roster, last: None }
    }

    /// As [`company`].
    pub(super) fn of(&mut self, occurrence: &Occurrence) -> Result<&Company, NoTouch> {
        let Occurrence { attendees, organizer, microsoft, .. } = occurrence;
        let same = |last: &Last| {
            Arc::ptr_eq(&last.attendees, attendees)
                && (&last.organizer, &last.microsoft) == (organizer, microsoft)
        };
        self.last = self.last.take().filter(same);
        let last = self.last.get_or_insert_with(|| Last {
            attendees: Arc::clone(attendees),
            organizer: organizer.clone(),
            microsoft: *microsoft,
            found: company(occurrence, self.roster),
        });
        last.found.as_ref().map_err(Clone::clone)
    }
}

/// Who was there.
#[derive(Debug)]
pub(super) struct Company {
    /// My answer: accepted, or none yet.
    pub(super) mine: PartStat,
    /// Everybody else, merged by person; never empty.
    pub(super) guests: Vec<Guest>,
}

impl Company {
    /// How many other people.
    pub(super) fn heads(&self) -> usize {
        self.guests.iter().map(|guest| guest.heads).sum()
    }
}

/// Somebody who was there.
#[derive(Debug)]
pub(super) struct Guest {
    /// By which address: of several of one person the one with the clearest answer.
    pub(super) address: AddrSpec,
    /// Whom this touches, if anybody.
    person: Option<PersonId>,
    /// Their answer.
    partstat: PartStat,
    role: Role,
    /// One, or several for a list.
    heads: usize,
    /// The organizer, who is not among those asked.
    unlisted: bool,
}

/// Everybody who was there by the answers given, or why that is nobody.
///
/// The time of the occurrence is not looked at.
fn company(occurrence: &Occurrence, roster: &Roster) -> Result<Company, NoTouch> {
    // Most meetings of a calendar that others share are not mine, and who came to them is nothing.
    let named = occurrence.attendees.iter().map(|attendee| &attendee.mailbox);
    if !named.chain(&occurrence.organizer).any(|mailbox| roster.is_me(&mailbox.addr_spec)) {
        return Err(NoTouch::NotInvited);
    }
    let mut mine: Option<(PartStat, Role)> = None;
    let mut guests: BTreeMap<AddrSpec, Guest> = BTreeMap::new();
    for attendee in occurrence.attendees.iter() {
        if matches!(attendee.cutype, CuType::Room | CuType::Resource) {
            continue;
        }
        let address = &attendee.mailbox.addr_spec;
        let Some((key, guest)) = guest(attendee, roster) else {
            if roster.is_me(address) {
                let answer = (attendee.partstat, attendee.role);
                mine = Some(mine.map_or(answer, |known| clearest(known, answer)));
            }
            continue;
        };
        match guests.entry(key) {
            Entry::Vacant(free) => _ = free.insert(guest),
            Entry::Occupied(known) => known.into_mut().merge(guest),
        }
    }
    if let Some(mailbox) = &occurrence.organizer {
        let organizer = Attendee {
            mailbox: mailbox.clone(),
            partstat: PartStat::Accepted,
            cutype: CuType::Individual,
            role: Role::Chair,
        };
        let alone = guests.is_empty();
        match guest(&organizer, roster) {
            // My own invitation: I come unless I declined it later.
            None if roster.is_me(&mailbox.addr_spec) => match mine {
                Some((PartStat::Declined, _)) => {}
                _ => mine = Some((PartStat::Accepted, Role::Chair)),
            },
            None => {}
            Some((key, unlisted)) => match guests.get_mut(&key) {
                Some(known)
                    if matches!(known.partstat, PartStat::Declined | PartStat::Delegated) => {}
                Some(known) => known.partstat = PartStat::Accepted,
                // Microsoft leaves the organizer out of the list; elsewhere it is an assistant or
                // a booking tool that invites without coming, unless nobody else would be there.
                None if occurrence.microsoft || alone => {
                    guests.insert(key, Guest { unlisted: true, ..unlisted });
                }
                None => {}
            },
        }
    }
    let mine = match mine {
        None | Some((_, Role::NonParticipant)) => return Err(NoTouch::NotInvited),
        Some((PartStat::Declined | PartStat::Delegated, _)) => return Err(NoTouch::IDeclined),
        Some((PartStat::Tentative, _)) => return Err(NoTouch::ITentative),
        Some((PartStat::NeedsAction, Role::Optional)) => return Err(NoTouch::IUnanswered),
        Some((mine @ (PartStat::Accepted | PartStat::NeedsAction), _)) => mine,
    };
    let asked = guests.len();
    let guests: Vec<Guest> = guests.into_values().filter(Guest::came).collect();
    let company = Company { mine, guests };
    match company.heads() {
        0 if asked == 0 => Err(NoTouch::NobodyElse),
        0 => Err(NoTouch::NobodyCame),
        20.. => Err(NoTouch::Broadcast),
        _ => Ok(company),
    }
}

/// An attendee who is another human, with the address that stands for them; `None` for me and
/// for robots.
fn guest(attendee: &Attendee, roster: &Roster) -> Option<(AddrSpec, Guest)> {
    let address = &attendee.mailbox.addr_spec;
    if let Some(person) = by_name(attendee, roster) {
        let guest = Guest {
            address: person.id.0.clone(),
            person: Some(person.id.clone()),
            partstat: attendee.partstat,
            role: attendee.role,
            heads: 1,
            unlisted: false,
        };
        return Some((person.id.0.clone(), guest));
    }
    let list = |address: &AddrSpec| attendee.cutype == CuType::Group || is_list(address);
    let who = roster.who(address);
    let (key, heads) = match who {
        Who::Me => return None,
        Who::Person(person) => (person.id.0.clone(), 1),
        Who::Machine | Who::Role(_) | Who::Colleague | Who::Stranger => {
            let address = identity(address);
            if matches!(who, Who::Machine) && !is_list(&address) {
                return None;
            }
            let heads = if list(&address) { LIST } else { 1 };
            (address, heads)
        }
    };
    let guest = Guest {
        address: address.clone(),
        person: touched_by(address, who),
        partstat: attendee.partstat,
        role: attendee.role,
        heads,
        unlisted: false,
    };
    Some((key, guest))
}

/// The one person whose full name an attendee without an address bears, as "Anna Berg" or "Berg,
/// Anna". A first name is not enough: who lists guests by name lists them by the whole of it.
fn by_name<'r>(attendee: &Attendee, roster: &'r Roster) -> Option<&'r Person> {
    if attendee.mailbox.addr_spec.domain() != UNADDRESSED {
        return None;
    }
    let name = attendee.mailbox.display_name.as_deref()?;
    let named = |name: &str| match roster.spoken(name) {
        Spoken::Full(people) => match people.as_slice() {
            [only] => Some(*only),
            _ => None,
        },
        Spoken::First(_) | Spoken::Several(_) | Spoken::Nobody => None,
    };
    let turned = || name.split_once(',').map(|(last, first)| format!("{first} {last}"));
    named(name).or_else(|| named(&turned()?))
}

impl Guest {
    /// The same human under another address.
    fn merge(&mut self, other: Self) {
        let (mine, theirs) = ((self.partstat, self.role), (other.partstat, other.role));
        let clearest = clearest(mine, theirs);
        let moves = if mine == theirs { other.address < self.address } else { clearest != mine };
        if moves {
            self.address = other.address;
        }
        (self.partstat, self.role) = clearest;
        self.heads = self.heads.max(other.heads);
    }

    fn came(&self) -> bool {
        match (self.partstat, self.role) {
            (_, Role::NonParticipant) | (PartStat::Declined | PartStat::Delegated, _) => false,
            (PartStat::NeedsAction, Role::Optional) => false,
            (PartStat::Accepted | PartStat::Tentative | PartStat::NeedsAction, _) => true,
        }
    }
}

/// Of the answers one human gave under two addresses the one that says most: coming before
/// perhaps before no before silence, and being needed before being told.
fn clearest(a: (PartStat, Role), b: (PartStat, Role)) -> (PartStat, Role) {
    let rank = |(partstat, role): (PartStat, Role)| {
        let answer = match partstat {
            PartStat::Accepted => 0,
            PartStat::Tentative => 1,
            PartStat::Declined => 2,
            PartStat::Delegated => 3,
            PartStat::NeedsAction => 4,
        };
        (role == Role::NonParticipant, answer, role)
    };
    if rank(b) < rank(a) { b } else { a }
}
