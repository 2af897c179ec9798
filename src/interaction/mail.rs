//! A message, seen through a roster.
//!
//! Whom it touches is narrower than who was there: sent by me, the people in To; received, its
//! sender. People in Cc only are not touched, yet they make the company larger.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{Channel, Direction, Interaction, LIST, Reference, Rule, Setting, touched};
use crate::mail::{AddrSpec, Envelope, Mailbox};
use crate::people::{PersonId, Roster, Who, identity, is_list};

/// The interactions of one message: none for automatic mail, one for each person it touches
/// otherwise.
///
/// A broadcast comes out too, as [`Setting::Broadcast`], so that it can be explained; it is no
/// touch. Whether the message was seen before is the store's to know.
pub fn from_envelope(envelope: &Envelope, roster: &Roster, zone: &TimeZone) -> Vec<Interaction> {
    let from = &envelope.from.addr_spec;
    if envelope.automatic.is_some() || roster.who(from) == Who::Machine {
        return Vec::new();
    }
    let mine = is_mine(envelope, roster);
    let others = heads(envelope, roster, mine);
    let setting = if !mine && is_blind_copy(envelope, roster) {
        Setting::Broadcast
    } else {
        Setting::of(others)
    };
    let touched_by: Vec<&AddrSpec> = match mine {
        true => envelope.to.iter().map(|to| &to.addr_spec).collect(),
        false => vec![from],
    };
    // Of two addresses of one person in To the first one written stands for both.
    let mut people: BTreeMap<PersonId, &AddrSpec> = BTreeMap::new();
    for address in touched_by {
        if let Some(person) = touched(address, roster) {
            people.entry(person).or_insert(address);
        }
    }
    let (direction, rule) = match mine {
        true => (Direction::Out, Rule::MailSent),
        false => (Direction::In, Rule::MailReceived),
    };
    let reference = reference_of(envelope);
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
            day: envelope.date.to_zoned(zone.clone()).date(),
            participants: u32::try_from(others).unwrap_or(u32::MAX),
            minutes: None,
            series: None,
            known: envelope.date,
            rule,
            reference: reference.clone(),
        })
        .collect()
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
    match roster.who(&envelope.from.addr_spec) {
        Who::Me => true,
        Who::Stranger => envelope.sent,
        Who::Person(_) | Who::Role(_) | Who::Colleague | Who::Machine => false,
    }
}

/// How many distinct people besides me it went between. Robots are nobody, a list is several.
fn heads(envelope: &Envelope, roster: &Roster, mine: bool) -> usize {
    let from = (!mine).then_some(&envelope.from);
    let bcc: &[Mailbox] = if mine { &envelope.bcc } else { &[] };
    let everybody = from.into_iter().chain(&envelope.to).chain(&envelope.cc).chain(bcc);
    let mut heads: BTreeMap<AddrSpec, usize> = BTreeMap::new();
    for mailbox in everybody {
        let address = &mailbox.addr_spec;
        match roster.who(address) {
            Who::Me => {}
            Who::Machine if !is_list(&identity(address)) => {}
            Who::Machine => _ = heads.insert(identity(address), LIST),
            Who::Person(person) => _ = heads.insert(person.id.0.clone(), 1),
            Who::Role(_) | Who::Colleague | Who::Stranger => _ = heads.insert(identity(address), 1),
        }
    }
    heads.values().sum()
}

/// Received without being named: it went to me as to unknown others.
///
/// With no address of mine known, only a message that names nobody but its sender is told so.
fn is_blind_copy(envelope: &Envelope, roster: &Roster) -> bool {
    let mut named = envelope.to.iter().chain(&envelope.cc).map(|mailbox| &mailbox.addr_spec);
    match roster.me().next() {
        Some(_) => !named.any(|address| roster.is_me(address)),
        None => named.all(|address| identity(address) == identity(&envelope.from.addr_spec)),
    }
}
