//! Facts to acquaintances: whom have I written to, whom have I met?
//!
//! A roster is built from what comes out here, so this must not need one: it knows only which
//! addresses are mine. The rules about who came are those of [`super::from_occurrence`].

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::mail::wrote;
use super::meeting::{Companies, when};
use crate::calendar::{Occurrence, PartStat};
use crate::call::Call;
use crate::mail::{AddrSpec, Envelope, Mailbox};
use crate::people::{Acquaintance, Roster, Who};

/// How long mail counts as recent.
pub const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);
const HALF_YEAR: SignedDuration = SignedDuration::from_hours(180 * 24);
/// Others at a meeting up to which one has met each of them.
const NEAR: usize = 4;

/// Takes facts one by one, each once, in any order, and sums them up by address.
#[derive(Debug)]
pub struct Acquainting<'a> {
    me: &'a Roster,
    companies: Companies<'a>,
    now: Timestamp,
    known: BTreeMap<AddrSpec, Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Names in their own mail with the number of messages under each.
    names: BTreeMap<String, u32>,
    /// Names others gave them, for those who never wrote.
    called: BTreeMap<String, u32>,
    written_to: u32,
    sent_year: u32,
    received_year: u32,
    met: u32,
    met_half_year: u32,
    first: Option<Timestamp>,
}

impl<'a> Acquainting<'a> {
    /// `me` need know no more than my addresses and the domains of the configuration:
    /// [`Roster::build`] without acquaintances gives one. What lies after `now` is left out.
    pub fn new(me: &'a Roster, now: Timestamp) -> Self {
        Self { me, companies: Companies::new(me), now, known: BTreeMap::new() }
    }

    /// Whether what an address sends is mine, by whether it lies in a mailbox of sent mail.
    pub fn is_mine(&self, sender: &AddrSpec, sent: bool) -> bool {
        wrote(&self.me.who(sender), sent)
    }

    /// Takes what all messages up to now say of one address: as good as [`Self::envelope`] with
    /// each of them.
    pub fn corresponded(&mut self, with: &Acquaintance) {
        let known = self.seen(&with.address, with.first);
        known.names.extend(with.name.iter().map(|name| (name.clone(), 1)));
        known.written_to += with.written_to;
        known.sent_year += with.sent_year;
        known.received_year += with.received_year;
    }

    /// Takes a message; automatic ones make nobody's acquaintance.
    pub fn envelope(&mut self, envelope: &Envelope) {
        if envelope.automatic.is_some() || envelope.date > self.now {
            return;
        }
        let recent = self.within(envelope.date, YEAR);
        if !self.is_mine(&envelope.from.addr_spec, envelope.sent) {
            let known = self.seen(&envelope.from.addr_spec, envelope.date);
            let name = envelope.from.display_name.iter().cloned();
            name.for_each(|name| *known.names.entry(name).or_default() += 1);
            known.received_year += u32::from(recent);
            return;
        }
        let copies = envelope.cc.iter().chain(&envelope.bcc).map(|mailbox| (mailbox, false));
        let mut written: BTreeMap<&AddrSpec, (&Mailbox, bool)> = BTreeMap::new();
        for (mailbox, to) in copies.chain(envelope.to.iter().map(|mailbox| (mailbox, true))) {
            written.insert(&mailbox.addr_spec, (mailbox, to));
        }
        for (address, (mailbox, to)) in written {
            let known = self.seen(address, envelope.date);
            let name = mailbox.display_name.iter().cloned();
            name.for_each(|name| *known.called.entry(name).or_default() += 1);
            known.written_to += 1;
            known.sent_year += u32::from(to && recent);
        }
    }

    /// Takes an occurrence, one copy of each; see [`super::distinct`].
    pub fn occurrence(&mut self, occurrence: &Occurrence) {
        let Ok((start, end)) = when(occurrence) else { return };
        if end > self.now || occurrence.attendees.is_empty() {
            return;
        }
        let near = self.within(start, HALF_YEAR);
        let Ok(company) = self.companies.of(occurrence) else { return };
        // Anybody can put an invitation into my calendar: it takes my yes to have met.
        if company.mine != PartStat::Accepted {
            return;
        }
        let near = near && company.heads() <= NEAR;
        for guest in &company.guests {
            let known = seen(&mut self.known, &guest.address, start);
            known.met += 1;
            known.met_half_year += u32::from(near);
            let named = |mailbox: &&Mailbox| mailbox.addr_spec == guest.address;
            let attendees = occurrence.attendees.iter().map(|attendee| &attendee.mailbox);
            let name = attendees.chain(&occurrence.organizer).find(named);
            if let Some(name) = name.and_then(|mailbox| mailbox.display_name.clone()) {
                *known.called.entry(name).or_default() += 1;
            }
        }
    }

    /// Takes a talk the user told of: as good as a meeting of two.
    pub fn call(&mut self, call: &Call) {
        if call.start > self.now {
            return;
        }
        let near = self.within(call.start, HALF_YEAR);
        let known = self.seen(&call.with, call.start);
        known.met += 1;
        known.met_half_year += u32::from(near);
    }

    /// Everybody met on the way, by address, without me.
    pub fn finish(self) -> Vec<Acquaintance> {
        let me = self.me;
        let theirs = self.known.into_iter().filter(|(address, _)| me.who(address) != Who::Me);
        theirs
            .map(|(address, known)| Acquaintance {
                address,
                name: commonest(known.names).or_else(|| commonest(known.called)),
                written_to: known.written_to,
                sent_year: known.sent_year,
                received_year: known.received_year,
                met: known.met,
                met_half_year: known.met_half_year,
                first: known.first.unwrap_or(self.now),
            })
            .collect()
    }

    fn within(&self, at: Timestamp, span: SignedDuration) -> bool {
        self.now.duration_since(at) < span
    }

    fn seen(&mut self, address: &AddrSpec, at: Timestamp) -> &mut Known {
        seen(&mut self.known, address, at)
    }
}

fn seen<'k>(
    known: &'k mut BTreeMap<AddrSpec, Known>,
    address: &AddrSpec,
    at: Timestamp,
) -> &'k mut Known {
    let known = known.entry(address.clone()).or_default();
    known.first = Some(known.first.map_or(at, |first| first.min(at)));
    known
}

/// The name used most, and of equals the first by the alphabet: the latest one would let one
/// mistyped name win.
fn commonest(names: BTreeMap<String, u32>) -> Option<String> {
    names
        .into_iter()
        .max_by_key(|(name, uses)| (*uses, std::cmp::Reverse(name.clone())))
        .map(|(name, _)| name)
}
