//! Facts to acquaintances: sums over all of them, or what is new added to the sums there are.
//!
//! A day is taken whole: what lies later today counts already, so that the sums of a day do not
//! depend on the hour they were made. Tomorrow a year ago is another day, and they are made anew; so
//! they are when a fact that was in them changed, since nobody knows any more what it added.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::plan::Plan;
use crate::interaction::{Acquainting, YEAR, distinct};
use crate::mail::AddrSpec;
use crate::people::{Acquaintance, Known, Roster, identity};
use crate::store::{self, Learned, News, SourceId, Store};

/// Messages each way from which on a correspondence is a real one; more change no roster.
const TWO_WAY: u32 = 3;

/// Sums, and whether a roster built with them may be another than before.
pub(super) struct Lesson {
    pub(super) learned: Learned,
    pub(super) matters: bool,
}

/// Learns what there is to learn. `works` tells the calendars whose events are talks, and `basis`
/// stands for everything the sums rest on besides facts.
pub(super) fn learn(
    store: &Store,
    plan: &Plan,
    works: &BTreeSet<SourceId>,
    today: Date,
    basis: u64,
) -> Result<Lesson, store::Error> {
    let nobody = Roster::build(&plan.rules, &Known::default(), today);
    let acquainting = Acquainting::new(&nobody, evening(plan, today));
    match store.news(basis)? {
        Some(news) => more(store, works, &news, acquainting, basis),
        None => {
            let acquaintances = everything(store, works, acquainting, evening(plan, today))?;
            let learned = Learned { acquaintances, all: true, basis };
            Ok(Lesson { learned, matters: true })
        }
    }
}

/// The last instant of a day.
fn evening(plan: &Plan, today: Date) -> Timestamp {
    let tomorrow = today.tomorrow().ok().and_then(|day| day.to_zoned(plan.zone.clone()).ok());
    tomorrow.map_or(Timestamp::MAX, |midnight| midnight.timestamp() - 1.second())
}

fn everything(
    store: &Store,
    works: &BTreeSet<SourceId>,
    mut acquainting: Acquainting<'_>,
    until: Timestamp,
) -> Result<Vec<Acquaintance>, store::Error> {
    let mine = |sender: &AddrSpec, sent| acquainting.is_mine(sender, sent);
    for with in &store.correspondents((until - YEAR, until), mine)? {
        acquainting.corresponded(with);
    }
    // A calendar may hold half a million occurrences: only the copies of one stand in memory.
    store.for_each_copies(|copies, sources| {
        let mine = copies.iter().zip(sources).filter(|(_, source)| works.contains(source));
        for meeting in distinct(mine.map(|(copy, _)| copy)) {
            acquainting.occurrence(meeting);
        }
    })?;
    for call in store.calls()? {
        acquainting.call(&call);
    }
    store.named(acquainting.finish())
}

fn more(
    store: &Store,
    works: &BTreeSet<SourceId>,
    news: &News,
    mut acquainting: Acquainting<'_>,
    basis: u64,
) -> Result<Lesson, store::Error> {
    store.for_each_message(news.since, |_, _, envelope| acquainting.envelope(envelope))?;
    let held = store.occurrences_of(&news.uids)?;
    let talks = held.iter().filter(|(source, _)| works.contains(source));
    for meeting in distinct(talks.map(|(_, occurrence)| occurrence)) {
        acquainting.occurrence(meeting);
    }
    for call in &news.calls {
        acquainting.call(call);
    }
    let more = store.named(acquainting.finish())?;
    let touched: BTreeSet<AddrSpec> = more.iter().map(|one| one.address.clone()).collect();
    let before = store.acquaintances_of(&touched)?;
    let mut before: BTreeMap<AddrSpec, Acquaintance> =
        before.into_iter().map(|one| (one.address.clone(), one)).collect();
    let mut matters = !store.acquaintances_of(&news.renamed)?.is_empty();
    let mut acquaintances = Vec::with_capacity(more.len());
    for one in more {
        let old = before.remove(&one.address);
        let new = old.clone().map_or_else(|| one.clone(), |old| together(old, &one));
        matters |= old.as_ref().map(weighed) != Some(weighed(&new))
            || identity(&new.address) != new.address
            || store.has_other_spellings(&new.address)?;
        acquaintances.push(new);
    }
    Ok(Lesson { learned: Learned { acquaintances, all: false, basis }, matters })
}

/// What a roster makes of an acquaintance: thresholds, not figures. Of one mailbox, or one domain,
/// sums are held against the same threshold, and a sum reaches it exactly when that of the capped
/// figures does.
fn weighed(one: &Acquaintance) -> (bool, u32, u32, bool, bool, Option<&str>, Timestamp) {
    (
        one.written_to > 0,
        one.sent_year.min(TWO_WAY),
        one.received_year.min(TWO_WAY),
        one.met > 0,
        one.met_half_year > 0,
        one.name.as_deref(),
        one.first,
    )
}

fn together(a: Acquaintance, b: &Acquaintance) -> Acquaintance {
    Acquaintance {
        address: a.address,
        name: b.name.clone().or(a.name),
        written_to: a.written_to.saturating_add(b.written_to),
        sent_year: a.sent_year.saturating_add(b.sent_year),
        received_year: a.received_year.saturating_add(b.received_year),
        met: a.met.saturating_add(b.met),
        met_half_year: a.met_half_year.saturating_add(b.met_half_year),
        first: a.first.min(b.first),
    }
}
