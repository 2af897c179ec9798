//! Facts to a roster, and through the roster to interactions and contact days.
//!
//! A roster needs to know whom I wrote to and met; what comes of that is kept in the store
//! ([`super::learn`]), so that neither a command nor the next new message reads all facts. When the
//! roster is the one of last time only new and changed facts are judged; otherwise all of them are,
//! without asking a source again. Either way the result is that of a derivation from nothing.
//!
//! Each step is a transaction of its own that leaves the store as true as it was: what was derived
//! says from which facts and on which basis, and days that are not counted anew yet are marked. So
//! a stop between two steps, or in the middle of one, costs only time.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::count;
use super::learn::{Lesson, learn};
use super::ledger::roles;
use super::plan::Plan;
use crate::interaction::{Corrections, Interaction, Parties, distinct};
use crate::people::{Acquaintance, Known, Roster};
use crate::settings::Role;
use crate::store::{self, Contact, Derived, Fact, Learned, SourceId, Store};

/// Judgement as of this version; another number derives everything anew.
const VERSION: u64 = 1;

/// Derives, and remembers who is who for the next time.
#[derive(Debug, Default)]
pub struct Deriver(Option<Kept>);

#[derive(Debug)]
struct Kept {
    /// What the roster was built with besides facts.
    basis: u64,
    roster: Roster,
    fingerprint: u64,
    /// Who is counted for which client.
    counting: u64,
    /// What others had written by then.
    others: i64,
}

/// What a derivation did.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// To interactions.
    pub derived: Derived,
    /// The contact days that are others now.
    pub renewed: Contact,
    /// Whether the roster was built anew, and with it anything may be another.
    pub rebuilt: bool,
}

impl Deriver {
    /// Brings interactions up to date with the facts. Changes nothing, and says `None`, when there
    /// is nothing new.
    pub fn derive(
        &mut self,
        store: &mut Store,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Option<Done>, store::Error> {
        let today = now.to_zoned(plan.zone.clone()).date();
        let basis = basis(store, plan, today)?;
        let counted = store.stale()?.is_empty();
        if store.is_derived(basis)? && counted {
            return Ok(None);
        }
        let works = works(store, plan)?;
        let Lesson { learned, matters } = learn(store, plan, &works, today, given(plan, today))?;
        let mut rebuilt = false;
        let others = store.others()?;
        let kept = match self.0.take() {
            Some(kept) if kept.is_of(basis, others) && !matters => kept,
            _ => {
                rebuilt = true;
                Kept::new(plan, &known(store, &learned)?, today, (basis, others))
            }
        };
        let derived = interactions(store, plan, &works, &kept, &learned)?;
        let renewed = match counted && !derived.gone && !derived.talks {
            true => count::added(store, &kept.roster, kept.counting, &derived.letters)?,
            false => None,
        };
        let renewed = match renewed {
            Some(renewed) => renewed,
            None => count::renewed(store, &kept.roster, kept.counting)?,
        };
        store.save_contact(&renewed, kept.counting)?;
        store.set_basis(basis)?;
        self.0 = Some(kept);
        Ok(Some(Done { derived, renewed, rebuilt }))
    }

    /// The roster of the last derivation, with what the user has decided since. Where nothing has
    /// happened since it is remembered, so that a start is no reason to begin anew with the first
    /// message after it.
    pub fn roster(
        &mut self,
        store: &Store,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Roster, store::Error> {
        let today = now.to_zoned(plan.zone.clone()).date();
        let (basis, others) = (basis(store, plan, today)?, store.others()?);
        if let Some(kept) = self.0.as_ref().filter(|kept| kept.is_of(basis, others)) {
            return Ok(kept.roster.clone());
        }
        let kept = Kept::new(plan, &store.known()?, today, (basis, others));
        let roster = kept.roster.clone();
        if store.is_derived(basis)? {
            self.0 = Some(kept);
        }
        Ok(roster)
    }
}

impl Kept {
    fn new(plan: &Plan, known: &Known, today: Date, (basis, others): (u64, i64)) -> Self {
        let roster = Roster::build(&plan.rules, known, today);
        let (fingerprint, counting) = (fingerprint(&roster, plan), count::basis(&roster));
        Self { basis, roster, fingerprint, counting, others }
    }

    /// Whether nobody has said or derived anything since.
    fn is_of(&self, basis: u64, others: i64) -> bool {
        (self.basis, self.others) == (basis, others)
    }
}

/// Derives once.
pub fn derive(
    store: &mut Store,
    plan: &Plan,
    now: Timestamp,
) -> Result<(Roster, Derived), store::Error> {
    let mut deriver = Deriver::default();
    let done = deriver.derive(store, plan, now)?.unwrap_or_default();
    Ok((deriver.roster(store, plan, now)?, done.derived))
}

/// Everything known, with what was learned and is not written down yet.
fn known(store: &Store, learned: &Learned) -> Result<Known, store::Error> {
    let mut known = store.known()?;
    if learned.all {
        known.acquaintances.clear();
    }
    let new: BTreeSet<_> = learned.acquaintances.iter().map(|one| &one.address).collect();
    known.acquaintances.retain(|one| !new.contains(&one.address));
    known.acquaintances.extend(learned.acquaintances.iter().cloned());
    known.acquaintances.sort_by(|a: &Acquaintance, b| a.address.cmp(&b.address));
    Ok(known)
}

fn interactions(
    store: &mut Store,
    plan: &Plan,
    works: &BTreeSet<SourceId>,
    kept: &Kept,
    learned: &Learned,
) -> Result<Derived, store::Error> {
    let corrections = Corrections::new(&store.corrections()?);
    let (roster, zone) = (&kept.roster, &plan.zone);
    let mut parties = Parties::new(roster);
    store.derive(kept.fingerprint, learned, &mut |fact, made| {
        judged(fact, &corrections, &mut parties, works, zone, made);
    })
}

/// Adds the interactions of one fact.
pub(super) fn judged(
    fact: Fact<'_>,
    corrections: &Corrections,
    parties: &mut Parties<'_>,
    works: &BTreeSet<SourceId>,
    zone: &TimeZone,
    made: &mut Vec<Interaction>,
) {
    match fact {
        Fact::Message(envelope) => made.extend(corrections.envelope(envelope, parties, zone)),
        Fact::Occurrence { copies, sources } => {
            let mine = copies.iter().zip(sources).filter(|(_, source)| works.contains(source));
            for one in distinct(mine.map(|(copy, _)| copy)) {
                made.extend(corrections.occurrence(one, parties, zone));
            }
        }
        Fact::Call(call) => made.extend(corrections.call(call, parties.roster(), zone)),
    }
}

/// The calendars whose events are talks.
pub(super) fn works(store: &Store, plan: &Plan) -> Result<BTreeSet<SourceId>, store::Error> {
    let roles = roles(store, plan)?.into_iter();
    Ok(roles.filter(|(_, role)| *role == Role::Work).map(|(source, _)| source).collect())
}

/// The roster of the last derivation, with what the user has decided since.
pub fn roster(store: &Store, plan: &Plan, now: Timestamp) -> Result<Roster, store::Error> {
    let today = now.to_zoned(plan.zone.clone()).date();
    Ok(Roster::build(&plan.rules, &store.known()?, today))
}

/// Everything a derivation rests on before any fact is looked at: who is who by the user's word,
/// and the day, since "a year ago" moves with it.
fn basis(store: &Store, plan: &Plan, today: Date) -> Result<u64, store::Error> {
    let (decisions, clients) = (store.decisions()?, store.client_decisions()?);
    let said = format!("{decisions:?} {clients:?} {:?}", store.cards()?);
    Ok(number(&format!("{} {said}", given(plan, today))))
}

/// The same without what the user decided.
fn given(plan: &Plan, today: Date) -> u64 {
    let Plan { rules, sources, .. } = plan;
    number(&format!("{VERSION} {today} {rules:?} {sources:?} {}", zone(plan)))
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
pub(super) fn number(text: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(text));
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
