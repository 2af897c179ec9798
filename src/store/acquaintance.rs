//! Whom the facts show me writing to or meeting: counts per address, as of one moment.
//!
//! Mail is counted by SQLite over two indexes. Meetings are counted here, event by event and not
//! occurrence by occurrence: who came is a property of the event. The rules for who came are the
//! plain ones of `interaction` with every doubt resolved against making an acquaintance, for an
//! acquaintance may become somebody the user is nudged about, and anybody can send an invitation
//! that a server files by itself:
//!
//! - an invitation I did not answer counts only when its organizer is somebody I have written to;
//! - nobody is met at an event with twenty others, or one that is cancelled, tentative, private,
//!   shown as free, a whole day, eight hours and longer or under five minutes.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::address::Book;
use super::calendar::{self, Stored};
use super::code::{At, DAY};
use super::{Result, Store, facts};
use crate::calendar::{Attendee, Busy, CuType, Occurrence, PartStat, Role, Span, Status};
use crate::mail::AddrSpec;
use crate::people::Acquaintance;

/// Messages I sent, by the address they went to. The parameters: my rows as a JSON list, the
/// moment, the moment a year before.
pub(super) const WRITTEN: &str = "
    SELECT r.address, count(DISTINCT m.id), count(*) FILTER (WHERE r.role = 0 AND m.date > ?3),
           min(m.date)
    FROM message AS m JOIN recipient AS r ON r.message = m.id
    WHERE m.sender IN (SELECT value FROM json_each(?1)) AND m.date <= ?2
    GROUP BY r.address";

/// Messages in all, by the address they came from.
pub(super) const RECEIVED: &str = "
    SELECT sender, count(*) FILTER (WHERE date > ?2), min(date)
    FROM message WHERE date <= ?1 GROUP BY sender";

const YEAR: i64 = 365 * DAY;
const HALF_YEAR: i64 = 180 * DAY;
/// Others at a meeting from which on nobody is met.
const BROADCAST: usize = 20;
/// Others at a meeting small enough to count for [`Acquaintance::met_half_year`].
const SMALL: usize = 4;

impl Store {
    /// Everybody I wrote to, was written to by in the last year, or met, as known at a moment, by
    /// address. `me` are my addresses; tags are folded.
    pub fn acquaintances(
        &self,
        me: &BTreeSet<AddrSpec>,
        as_of: Timestamp,
    ) -> Result<Vec<Acquaintance>> {
        let me = me.iter().map(AddrSpec::identity).collect();
        self.read(|conn| {
            let mut tally = Tally { me: &me, as_of, found: BTreeMap::new(), book: Book::default() };
            tally.mail(conn)?;
            tally.meetings(conn)?;
            tally.finish(conn)
        })
    }
}

struct Tally<'a> {
    me: &'a BTreeSet<AddrSpec>,
    as_of: Timestamp,
    found: BTreeMap<AddrSpec, Acquaintance>,
    book: Book,
}

impl Tally<'_> {
    fn is_me(&self, address: &AddrSpec) -> bool {
        self.me.contains(address) || self.me.contains(&address.identity())
    }

    fn of(&mut self, address: AddrSpec, seen: Timestamp) -> &mut Acquaintance {
        let entry = self.found.entry(address.clone()).or_insert(Acquaintance {
            address,
            name: None,
            written_to: 0,
            sent_year: 0,
            received_year: 0,
            met: 0,
            met_half_year: 0,
            first: seen,
        });
        entry.first = entry.first.min(seen);
        entry
    }

    fn mail(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let year = self.as_of.as_second().saturating_sub(YEAR);
        let mine = mine(conn, self.me)?;
        let mut find = conn.prepare_cached(WRITTEN)?;
        let mut rows = find.query((facts::list(mine), At(self.as_of), year))?;
        while let Some(row) = rows.next()? {
            let (address, At(first)) = (self.book.spec(conn, row.get(0)?)?, row.get(3)?);
            if !self.is_me(&address) {
                let entry = self.of(address, first);
                (entry.written_to, entry.sent_year) = (row.get(1)?, row.get(2)?);
            }
        }
        let mut find = conn.prepare_cached(RECEIVED)?;
        let mut rows = find.query((At(self.as_of), year))?;
        while let Some(row) = rows.next()? {
            let (address, At(first)) = (self.book.spec(conn, row.get(0)?)?, row.get(2)?);
            if !self.is_me(&address) {
                self.of(address, first).received_year = row.get(1)?;
            }
        }
        Ok(())
    }

    fn meetings(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let mut book = Book::default();
        calendar::each_uid(conn, &mut book, calendar::ALL, [], |group| {
            let mut counted = HashSet::new();
            for event in group {
                self.met(event, &mut counted);
            }
            Ok(())
        })
    }

    /// Counts the occurrences of an event that no other copy of it was counted for.
    fn met(&mut self, event: &Stored, counted: &mut HashSet<Option<Timestamp>>) {
        let Some(others) = self.others(&event.shared) else { return };
        let recently = self.as_of.as_second().saturating_sub(HALF_YEAR);
        for (recurrence, span) in &event.times {
            let Span::Timed { start, end } = *span else { continue };
            let length = end.duration_since(start);
            let short = length < SignedDuration::from_mins(5);
            let long = length >= SignedDuration::from_hours(8);
            if end > self.as_of || short || long || !counted.insert(*recurrence) {
                continue;
            }
            let small = others.len() <= SMALL && start.as_second() > recently;
            for address in &others {
                let entry = self.of(address.clone(), start);
                entry.met += 1;
                entry.met_half_year += u32::from(small);
            }
        }
    }

    /// The others at an event where I was; `None` when nobody was met there.
    fn others(&self, event: &Occurrence) -> Option<BTreeSet<AddrSpec>> {
        let takes_place =
            event.status == Status::Confirmed && event.busy != Busy::Free && !event.private;
        if !takes_place || !self.came_myself(event) {
            return None;
        }
        let coming = event.attendees.iter().filter(|attendee| comes(attendee));
        let mut others: BTreeSet<_> = coming
            .map(|attendee| &attendee.mailbox.addr_spec)
            .filter(|at| !self.is_me(at))
            .collect();
        if let Some(organizer) = event.organizer.as_ref().map(|mailbox| &mailbox.addr_spec) {
            let listed = event.attendees.iter().any(|at| &at.mailbox.addr_spec == organizer);
            let attends = event.microsoft || others.is_empty();
            if !listed && attends && !self.is_me(organizer) {
                others.insert(organizer);
            }
        }
        let met = !others.is_empty() && others.len() < BROADCAST;
        met.then(|| others.into_iter().cloned().collect())
    }

    fn came_myself(&self, event: &Occurrence) -> bool {
        let mine = |attendee: &&Attendee| self.is_me(&attendee.mailbox.addr_spec);
        let answers: Vec<_> = event.attendees.iter().filter(mine).map(|me| me.partstat).collect();
        let organizer = event.organizer.as_ref().map(|mailbox| &mailbox.addr_spec);
        if answers.contains(&PartStat::Accepted) {
            return true;
        }
        match organizer {
            Some(organizer) if self.is_me(organizer) => !answers.contains(&PartStat::Declined),
            Some(organizer) => {
                let written = self.found.get(organizer).is_some_and(|known| known.written_to > 0);
                written && answers.contains(&PartStat::NeedsAction)
            }
            None => false,
        }
    }

    fn finish(self, conn: &Connection) -> rusqlite::Result<Vec<Acquaintance>> {
        let mut name = conn.prepare_cached("SELECT name FROM address WHERE spec = ?1")?;
        self.found
            .into_values()
            .filter(|it| it.written_to > 0 || it.received_year > 0 || it.met > 0)
            .map(|it| {
                let name = name.query_row([it.address.as_str()], |row| row.get(0))?;
                Ok(Acquaintance { name, ..it })
            })
            .collect()
    }
}

/// Whether an attendee is somebody who came.
fn comes(attendee: &Attendee) -> bool {
    let human = matches!(attendee.cutype, CuType::Individual | CuType::Group);
    let asked = match (attendee.role, attendee.partstat) {
        (_, PartStat::Declined) | (Role::NonParticipant, _) => false,
        (Role::Optional, PartStat::NeedsAction) => false,
        (Role::Chair | Role::Required | Role::Optional, _) => true,
    };
    human && asked
}

/// The rows of my addresses, with every tag.
fn mine(conn: &Connection, me: &BTreeSet<AddrSpec>) -> rusqlite::Result<Vec<i64>> {
    // From `local+` up to what follows it in the order of octets: a range of the unique index.
    let mut find = conn.prepare_cached(
        "SELECT id, spec FROM address WHERE spec = ?1 OR spec > ?2 AND spec < ?3",
    )?;
    let mut found = Vec::new();
    for address in me {
        let (from, to) = (format!("{}+", address.local()), format!("{},", address.local()));
        let mut rows = find.query((address.as_str(), from, to))?;
        while let Some(row) = rows.next()? {
            let super::address::Spec(spec) = row.get(1)?;
            if me.contains(&spec.identity()) {
                found.push(row.get(0)?);
            }
        }
    }
    Ok(found)
}
