//! A message, seen through a roster.
//!
//! Whom it touches is narrower than who was there: sent by me, the people in To; received, its
//! sender. People in Cc only are not touched, yet they make the company larger.

use jiff::tz::TimeZone;

use super::{Channel, Direction, Interaction, LIST, Reference, Rule, Setting};
use crate::mail::{AddrSpec, Envelope, Mailbox};
use crate::people::{PersonId, Roster, Who, identity, is_list};

/// The interactions of one message: none for automatic mail, one for each person it touches
/// otherwise.
///
/// A broadcast comes out too, as [`Setting::Broadcast`], so that it can be explained; it is no
/// touch. Whether the message was seen before is the store's to know.
pub fn from_envelope(envelope: &Envelope, roster: &Roster, zone: &TimeZone) -> Vec<Interaction> {
    let from = Party::of(&envelope.from, roster);
    if envelope.automatic.is_some() || from.who == Who::Machine {
        return Vec::new();
    }
    let mine = wrote(&from.who, envelope.sent);
    let party = |mailbox| Party::of(mailbox, roster);
    let to: Vec<Party<'_>> = envelope.to.iter().map(party).collect();
    let cc: Vec<Party<'_>> = envelope.cc.iter().map(party).collect();
    let bcc: Vec<Party<'_>> =
        if mine { envelope.bcc.iter().map(party).collect() } else { Vec::new() };
    let others = heads((!mine).then_some(&from).into_iter().chain(&to).chain(&cc).chain(&bcc));
    let setting = if !mine && is_blind_copy(&from, || to.iter().chain(&cc), roster) {
        Setting::Broadcast
    } else {
        Setting::of(others)
    };
    let touched = if mine { to.as_slice() } else { std::slice::from_ref(&from) };
    // Of two addresses of one person in To the first one written stands for both.
    let mut people: Vec<(PersonId, &AddrSpec)> = Vec::new();
    for party in touched {
        if let Some(person) = party.touched()
            && people.iter().all(|(known, _)| *known != person)
        {
            people.push((person, party.address));
        }
    }
    people.sort_by(|a, b| a.0.cmp(&b.0));
    let (direction, rule) = match mine {
        true => (Direction::Out, Rule::MailSent),
        false => (Direction::In, Rule::MailReceived),
    };
    people
        .into_iter()
        .map(|(person, address)| Interaction {
            person,
            address: address.clone(),
            channel: Channel::Email,
            setting,
            direction,
            at: envelope.date,
            end: envelope.date,
            day: zone.to_datetime(envelope.date).date(),
            participants: u32::try_from(others).unwrap_or(u32::MAX),
            minutes: None,
            series: None,
            known: envelope.date,
            rule,
            reference: reference_of(envelope),
        })
        .collect()
}

/// Somebody a message went from or to.
struct Party<'a> {
    address: &'a AddrSpec,
    /// The mailbox, however it is written here.
    mailbox: AddrSpec,
    who: Who<'a>,
}

impl<'a> Party<'a> {
    fn of(mailbox: &'a Mailbox, roster: &'a Roster) -> Self {
        let address = &mailbox.addr_spec;
        let mailbox = identity(address);
        let who = roster.whose(&mailbox);
        Self { address, mailbox, who }
    }

    /// Whom it touches, if anybody.
    fn touched(&self) -> Option<PersonId> {
        match self.who {
            Who::Person(person) => Some(person.id.clone()),
            Who::Role(_) => Some(PersonId(self.mailbox.clone())),
            Who::Me | Who::Colleague | Who::Machine | Who::Stranger => None,
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
pub(super) fn is_mine(envelope: &Envelope, roster: &Roster) -> bool {
    wrote(&roster.who(&envelope.from.addr_spec), envelope.sent)
}

/// The same of a sender whose messages lie in a mailbox of sent mail, or do not.
pub(super) fn wrote(from: &Who<'_>, sent: bool) -> bool {
    match from {
        Who::Me => true,
        Who::Stranger => sent,
        Who::Person(_) | Who::Role(_) | Who::Colleague | Who::Machine => false,
    }
}

/// How many distinct people besides me it went between. Robots are nobody, a list is several.
fn heads<'p, 'a: 'p>(parties: impl Iterator<Item = &'p Party<'a>>) -> usize {
    let mut heads: Vec<(&AddrSpec, usize)> = Vec::new();
    for party in parties {
        let head = match party.who {
            Who::Me => continue,
            Who::Machine if !is_list(&party.mailbox) => continue,
            Who::Machine => (&party.mailbox, LIST),
            Who::Person(person) => (&person.id.0, 1),
            Who::Role(_) | Who::Colleague | Who::Stranger => (&party.mailbox, 1),
        };
        heads.push(head);
    }
    heads.sort_unstable();
    heads.dedup();
    heads.iter().map(|(_, heads)| heads).sum()
}

/// Received without being named: it went to me as to unknown others.
///
/// With no address of mine known, only a message that names nobody but its sender is told so.
fn is_blind_copy<'p, 'a: 'p, N: Iterator<Item = &'p Party<'a>>>(
    from: &Party<'_>,
    named: impl Fn() -> N,
    roster: &Roster,
) -> bool {
    match roster.me().next() {
        Some(_) => named().all(|party| party.who != Who::Me),
        None => named().all(|party| party.mailbox == from.mailbox),
    }
}
