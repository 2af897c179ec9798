//! Facts to a roster, and through the roster to interactions.
//!
//! A roster needs to know whom I wrote to and met, and that is read from all facts; what comes of
//! it is kept in the store, so that a command starts without reading them all. When the roster is
//! the one of last time only new and changed facts are judged; otherwise all of them are, without
//! asking a source again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::count;
use super::ledger::roles;
use super::plan::Plan;
use crate::calendar::Occurrence;
use crate::interaction::{Acquainting, Corrections, YEAR, distinct};
use crate::people::{Known, Roster};
use crate::settings::Role;
use crate::store::{self, Derived, Fact, Sender, Store};

/// Judgement as of this version; another number derives everything anew.
const VERSION: u64 = 1;

/// Brings interactions up to date with the facts. Changes nothing when there is nothing new.
pub fn derive(
    store: &mut Store,
    plan: &Plan,
    now: Timestamp,
) -> Result<(Roster, Derived), store::Error> {
    let today = now.to_zoned(plan.zone.clone()).date();
    let basis = basis(store, plan, today)?;
    if store.is_derived(basis)? && store.stale()?.is_empty() {
        return Ok((roster(store, plan, now)?, Derived::default()));
    }
    let roles = roles(store, plan)?;
    let works = |source| roles.get(&source) == Some(&Role::Work);
    let nobody = Roster::build(&plan.rules, &Known::default(), today);
    let mut acquainting = Acquainting::new(&nobody, now);
    // Nine of ten messages are from others, and of these only sums are wanted.
    let mut mine = BTreeSet::new();
    for Sender { from, recent, first, sent } in store.senders(now, now - YEAR)? {
        if acquainting.may_be_me(&from.addr_spec, sent) {
            mine.insert(from.addr_spec);
        } else {
            acquainting.heard(&from, first, recent);
        }
    }
    store.for_each_message_from(&mine, |envelope| acquainting.envelope(envelope))?;
    // A calendar may hold half a million occurrences, so only the copies of one stand in memory.
    let mut copies: Vec<Occurrence> = Vec::new();
    store.for_each_occurrence(|source, occurrence| {
        let same = |one: &Occurrence| {
            (&one.uid, one.recurrence_id) == (&occurrence.uid, occurrence.recurrence_id)
        };
        if !copies.first().is_some_and(same) {
            meet(&mut acquainting, &mut copies);
        }
        if works(source) {
            copies.push(occurrence.clone());
        }
    })?;
    meet(&mut acquainting, &mut copies);
    for call in store.calls()? {
        acquainting.call(&call);
    }
    let acquaintances = acquainting.finish();
    store.save_acquaintances(&acquaintances)?;
    let roster = Roster::build(&plan.rules, &store.known()?, today);
    let corrections = Corrections::new(&store.corrections()?);

    let zone = plan.zone.clone();
    let fingerprint = fingerprint(&roster, plan);
    let derived = store.derive(fingerprint, &|fact, made| match fact {
        Fact::Message(envelope) => made.extend(corrections.envelope(envelope, &roster, &zone)),
        Fact::Occurrence { copies, sources } => {
            let mine = copies.iter().zip(sources).filter(|(_, source)| works(**source));
            for one in distinct(mine.map(|(copy, _)| copy)) {
                made.extend(corrections.occurrence(one, &roster, &zone));
            }
        }
        Fact::Call(call) => made.extend(corrections.call(call, &roster, &zone)),
    })?;
    let counting = count::basis(&roster);
    let renewed = count::renewed(store, &roster, counting)?;
    store.save_contact(&renewed, counting)?;
    store.set_basis(basis)?;
    Ok((roster, derived))
}

/// Takes the copies of one occurrence.
fn meet(acquainting: &mut Acquainting<'_>, copies: &mut Vec<Occurrence>) {
    for meeting in distinct(copies.iter()) {
        acquainting.occurrence(meeting);
    }
    copies.clear();
}

/// The roster of the last derivation, with what the user has decided since.
pub fn roster(store: &Store, plan: &Plan, now: Timestamp) -> Result<Roster, store::Error> {
    let today = now.to_zoned(plan.zone.clone()).date();
    Ok(Roster::build(&plan.rules, &store.known()?, today))
}

/// Everything a derivation rests on before any fact is looked at: who is who by the user's word,
/// and the day, since "a year ago" moves with it.
fn basis(store: &Store, plan: &Plan, today: Date) -> Result<u64, store::Error> {
    let Plan { rules, sources, .. } = plan;
    let (decisions, clients) = (store.decisions()?, store.client_decisions()?);
    let said = format!("{decisions:?} {clients:?} {:?}", store.cards()?);
    Ok(number(&format!("{VERSION} {today} {rules:?} {said} {sources:?} {}", zone(plan))))
}

/// Everything an interaction depends on besides its fact.
fn fingerprint(roster: &Roster, plan: &Plan) -> u64 {
    let works = plan.sources.iter().filter(|source| source.role == Role::Work);
    let works: Vec<&str> = works.map(|source| source.name.as_str()).collect();
    number(&format!("{VERSION} {} {works:?} {}", roster.fingerprint(), zone(plan)))
}

fn zone(plan: &Plan) -> String {
    format!("{:?}", plan.zone)
}

/// A text as a number that is the same in every run.
fn number(text: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(text));
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
