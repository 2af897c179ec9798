//! A message, seen through a roster.
//!
//! Whom it touches is narrower than who was there: sent by me, the people in To; received, its
//! sender. People in Cc only are not touched, yet they make the company larger.

use std::collections::HashMap;
use std::rc::Rc;

use jiff::tz::TimeZone;

use super::meeting::Companies;
use super::{Channel, Direction, Interaction, LIST, Reference, Rule, Setting, touched_by};
use crate::mail::{AddrSpec, Envelope, Mailbox};
use crate::people::{PersonId, Roster, Who, identity, is_list};

/// The interactions of one message: none for automatic mail, one for each person it touches
/// otherwise.
///
/// A broadcast comes out too, as [`Setting::Broadcast`], so that it can be explained; it is no
/// touch. Whether the message was seen before is the store's to know.
pub fn from_envelope(envelope: &Envelope, roster: &Roster, zone: &TimeZone) -> Vec<Interaction> {
    Parties::new(roster).envelope(envelope, zone)
}

/// Who a roster says the addresses of messages are, each asked for once: most of a million messages
/// go between the same few hundred; and who came to an occurrence, once for all of a series.
#[derive(Debug)]
pub struct Parties<'r> {
    pub(super) roster: &'r Roster,
    known: HashMap<AddrSpec, Rc<Party<'r>>>,
    pub(super) companies: Companies<'r>,
}

impl<'r> Parties<'r> {
    /// Addresses remembered at most; all are forgotten when there are more.
    const MOST: usize = 20_000;

    /// Nobody is known yet.
    pub fn new(roster: &'r Roster) -> Self {
        Self { roster, known: HashMap::new(), companies: Companies::new(roster) }
    }

    /// The roster.
    pub fn roster(&self) -> &'r Roster {
        self.roster
    }

    /// As [`from_envelope`].
    pub fn envelope(&mut self, envelope: &Envelope, zone: &TimeZone) -> Vec<Interaction> {
        if envelope.automatic.is_some() {
            return Vec::new();
        }
        if self.known.len() > Self::MOST {
            self.known.clear();
        }
        let from = self.party(&envelope.from);
        if from.who == Who::Machine {
            return Vec::new();
        }
        let mine = wrote(&from.who, envelope.sent);
        if !mine && from.touched.is_none() {
            return Vec::new();
        }
        let mut parties: Vec<(&AddrSpec, Rc<Party<'r>>)> = Vec::new();
        let bcc = envelope.bcc.iter().filter(|_| mine);
        for mailbox in envelope.to.iter().chain(&envelope.cc).chain(bcc) {
            parties.push((&mailbox.addr_spec, self.party(mailbox)));
        }
        let named = || parties.iter().map(|(_, party)| party.as_ref());
        let others = heads(named().chain((!mine).then_some(from.as_ref())));
        let setting = if !mine && is_blind_copy(&from, named(), self.roster) {
            Setting::Broadcast
        } else {
            Setting::of(others)
        };
        let sender = (&envelope.from.addr_spec, from);
        let touched = match mine {
            true => parties.get(..envelope.to.len()).unwrap_or_default(),
            false => std::slice::from_ref(&sender),
        };
        let mut people: Vec<(&PersonId, &AddrSpec)> = touched
            .iter()
            .filter_map(|(address, party)| Some((party.touched.as_ref()?, *address)))
            .collect();
        // Of two addresses of one person in To the lesser one stands for both: a stored message does
        // not know which was written first.
        people.sort_unstable();
        people.dedup_by_key(|(person, _)| *person);
        let (direction, rule) = match mine {
            true => (Direction::Out, Rule::MailSent),
            false => (Direction::In, Rule::MailReceived),
        };
        let day = zone.to_datetime(envelope.date).date();
        let interaction = |(person, address): (&PersonId, &AddrSpec)| Interaction {
            person: person.clone(),
            address: address.clone(),
            channel: Channel::Email,
            setting,
            direction,
            at: envelope.date,
            end: envelope.date,
            day,
            participants: u32::try_from(others).unwrap_or(u32::MAX),
            minutes: None,
            series: None,
            known: envelope.date,
            rule,
            reference: reference_of(envelope),
        };
        people.into_iter().map(interaction).collect()
    }

    fn party(&mut self, mailbox: &Mailbox) -> Rc<Party<'r>> {
        let address = &mailbox.addr_spec;
        if let Some(known) = self.known.get(address) {
            return Rc::clone(known);
        }
        let party = Rc::new(Party::of(address, self.roster));
        self.known.insert(address.clone(), Rc::clone(&party));
        party
    }
}

/// Somebody a message went from or to.
#[derive(Debug)]
struct Party<'r> {
    /// The mailbox, however it is written.
    mailbox: AddrSpec,
    who: Who<'r>,
    /// Whom it touches, if anybody.
    touched: Option<PersonId>,
    /// How many people besides me it stands for: robots are nobody, a list is several.
    heads: usize,
}

impl<'r> Party<'r> {
    fn of(address: &AddrSpec, roster: &'r Roster) -> Self {
        let mailbox = identity(address);
        let who = roster.whose(&mailbox);
        let heads = match who {
            Who::Me => 0,
            Who::Machine if is_list(&mailbox) => LIST,
            Who::Machine => 0,
            Who::Person(_) | Who::Role(_) | Who::Colleague | Who::Stranger => 1,
        };
        let touched = touched_by(&mailbox, who.clone());
        Self { mailbox, who, touched, heads }
    }

    /// What tells one from another: several addresses of a person are one.
    fn identity(&self) -> &AddrSpec {
        match self.who {
            Who::Person(person) => &person.id.0,
            Who::Me | Who::Role(_) | Who::Colleague | Who::Machine | Who::Stranger => &self.mailbox,
        }
    }
}

/// What stands for a message wherever it is named: its Message-ID, else the hex of its key.
pub(super) fn reference_of(envelope: &Envelope) -> Reference {
    Reference::Message(match &envelope.message_id {
        Some(id) => id.as_str().to_owned(),
        None => envelope.key.to_string(),
    })
}

/// Whether I wrote it: from an address of mine, or found in a mailbox of sent mail under an
/// address nobody else is known by, which is an alias not configured yet.
pub(super) fn wrote(from: &Who<'_>, sent: bool) -> bool {
    match from {
        Who::Me => true,
        Who::Stranger => sent,
        Who::Person(_) | Who::Role(_) | Who::Colleague | Who::Machine => false,
    }
}

/// How many distinct people besides me it went between.
fn heads<'p, 'r: 'p>(parties: impl Iterator<Item = &'p Party<'r>>) -> usize {
    let counted = parties.filter(|party| party.heads > 0);
    let mut heads: Vec<(&AddrSpec, usize)> =
        counted.map(|party| (party.identity(), party.heads)).collect();
    heads.sort_unstable();
    heads.dedup();
    heads.iter().map(|(_, heads)| heads).sum()
}

/// Received without being named: it went to me as to unknown others.
///
/// With no address of mine known, only a message that names nobody but its sender is told so.
fn is_blind_copy<'p, 'r: 'p>(
    from: &Party<'_>,
    mut named: impl Iterator<Item = &'p Party<'r>>,
    roster: &Roster,
) -> bool {
    match roster.me().next() {
        Some(_) => named.all(|party| party.who != Who::Me),
        None => named.all(|party| party.mailbox == from.mailbox),
    }
}
