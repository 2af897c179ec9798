//! One event in, effects out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use super::derive::{Deriver, Done};
use super::event::{Effect, Event};
use super::ledger::Ledger;
use super::overview::Overview;
use super::plan::{Plan, Source};
use super::report;
use super::schedule::{Seen, Sources};
use crate::desktop::Happening;
use crate::digest::Period;
use crate::nudge::{
    Answer, Consequence, Lately, Lottery, Moment, Nudge, NudgeId, Past, Policy, Stage, Standing,
    consequences, decide, talks,
};
use crate::source::Spec;
use crate::store::{self, SourceId, Store};
use crate::text::Shown;

/// Facts after which the store is put in order.
const MANY: u64 = 1_000;
/// New messages after which more memory is kept than is in use; each is new once.
const HEAP: u64 = 5_000;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Nudges older than this influence nothing.
const MEMORY: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long a notification server that did not take a nudge is left alone.
const REFUSED: SignedDuration = SignedDuration::from_hours(1);
/// What is wrong with a source whose look says nothing any more.
const HANGS: &str = "it does not answer, and a look at it has not come to an end";
/// One due moment in so many is left out.
const HELD_OUT: u64 = 10;
/// A source that has failed for so long is a blind spot, and nudges that rest on it wait.
pub(super) const BLIND: SignedDuration = SignedDuration::from_hours(24);

/// The state behind the loop.
pub struct Daemon {
    plan: Plan,
    store: Store,
    sources: Sources,
    by_id: BTreeMap<SourceId, Source>,
    deriver: Deriver,
    derived_on: Option<Date>,
    changed: bool,
    ledger: Option<Kept>,
    nudging: Nudging,
    reading: bool,
    /// Set when a derivation is to be given up.
    stop: Option<Arc<AtomicBool>>,
}

/// A ledger that new letters alone have to be added to.
struct Kept {
    ledger: Ledger,
    day: Date,
    /// What others had written by then.
    others: i64,
}

/// What is known of the desktop, and when to think of a nudge again.
#[derive(Default)]
struct Nudging {
    server: bool,
    consider_at: Option<Timestamp>,
    /// Until when a server that refused one is left alone.
    refused_until: Option<Timestamp>,
    /// What the first lot ever is drawn from; `None`: none is drawn.
    seed: Option<u64>,
}

impl Daemon {
    /// A loop over a store, with every source due.
    pub fn new(plan: Plan, store: Store, now: Timestamp) -> Result<Self, store::Error> {
        let mut daemon = Self {
            plan,
            store,
            sources: Sources::default(),
            by_id: BTreeMap::new(),
            deriver: Deriver::default(),
            derived_on: None,
            changed: true,
            ledger: None,
            nudging: Nudging::default(),
            reading: false,
            stop: None,
        };
        daemon.take_sources(now)?;
        Ok(daemon)
    }

    /// The same for one look at each source: neither nudges nor digests come of it.
    pub fn only_reading(self) -> Self {
        Self { reading: true, ..self }
    }

    /// The same with a random number, by which some nudges are left out.
    pub fn drawing_from(mut self, seed: u64) -> Self {
        self.nudging.seed = Some(seed);
        self
    }

    /// The same, giving up a derivation when this is set.
    pub fn heeding(mut self, stop: Arc<AtomicBool>) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Goes on with another plan: the configuration was read again.
    pub fn replan(&mut self, plan: Plan, now: Timestamp) -> Result<(), store::Error> {
        self.plan = plan;
        self.changed = true;
        self.ledger = None;
        self.take_sources(now)
    }

    fn take_sources(&mut self, now: Timestamp) -> Result<(), store::Error> {
        self.by_id.clear();
        for source in &self.plan.sources {
            let id = self.store.source(source.kind, &source.name)?;
            self.by_id.insert(id, source.clone());
        }
        for known in self.store.sources()? {
            if !self.by_id.contains_key(&known.id) {
                self.store.retire(known.id)?;
            }
        }
        self.sources.replace(self.by_id.keys().copied(), now);
        Ok(())
    }

    /// Takes one event at `now` and says what to do about it.
    pub fn step(&mut self, event: &Event, now: Timestamp) -> Result<Vec<Effect>, store::Error> {
        let mut effects = Vec::new();
        match event {
            // A look at a source that has left the configuration may still be on its way.
            Event::Fetched(source, ..) | Event::Looked(source) | Event::Failed(source, ..)
                if !self.by_id.contains_key(source) => {}
            Event::Fetched(source, batch, progress) => {
                let recorded = self.store.record(*source, batch)?;
                let calendar = recorded.resources + recorded.gone > 0;
                // A copy of a known message may be the better one, or have a better name in it.
                let mail = recorded.messages_new + recorded.messages_known > 0;
                self.changed |= mail || calendar;
                // Mail that came back touches nobody's days, and still somebody may be gone.
                if calendar || recorded.failures > 0 {
                    self.ledger = None;
                }
                if let Some(seen) = self.sources.heard(*source, now) {
                    seen.count(batch, recorded, *progress);
                }
            }
            Event::Looked(source) => {
                self.store.note_look(*source, now, Ok(()))?;
                self.sources.ended(*source, Ok(()), now);
                self.settle(now, &mut effects)?;
            }
            Event::Failed(source, why, pace) => {
                self.store.note_look(*source, now, Err(why))?;
                self.log_trouble(*source, why);
                if self.sources.ended(*source, Err((why.clone(), *pace)), now) && !self.reading {
                    effects.extend(self.tell_stopped(*source, why));
                }
                self.settle(now, &mut effects)?;
            }
            Event::Changed(source) => {
                let spec = self.by_id.get(source).map(|source| &source.spec);
                let by_server = matches!(spec, Some(Spec::Imap(_)));
                self.sources.wake(*source, by_server, now);
            }
            Event::Desktop(happening) => self.desktop(happening.clone(), now, &mut effects)?,
            Event::Written(period) => {
                self.store.set_last_digest(period.from())?;
                let kept = self.ledger(now)?;
                self.store.save_weeks(&kept.ledger.weeks(now))?;
                self.ledger = Some(kept);
            }
            Event::Due => {
                for source in self.sources.take_hanging(now) {
                    // Told as trouble, so that whoever asks hears of it while it lasts.
                    self.store.note_look(source, now, Err(HANGS))?;
                }
                for source in self.sources.take_due(now) {
                    effects.push(Effect::Look(source, self.store.cursor(source)?));
                }
                self.settle(now, &mut effects)?;
            }
            Event::Reload => self.sources.all_due(now),
            Event::Stop => effects.push(Effect::Quit),
        }
        if self.idle() && !matches!(event, Event::Fetched(..) | Event::Changed(_)) {
            self.store.rest();
        }
        Ok(effects)
    }

    /// Takes a number that no other daemon has: for what must not happen everywhere at once.
    pub fn shuffle(&mut self, seed: u64) {
        self.sources.shuffle(seed);
    }

    /// Trouble that is not known yet goes to the log, once however often it is met.
    fn log_trouble(&self, source: SourceId, why: &str) {
        let known = |seen: &Seen| seen.failed.as_deref() == Some(why);
        let known = self.sources.seen().any(|(id, seen)| id == source && known(seen));
        if let Some(source) = self.by_id.get(&source).filter(|_| !known && !self.reading) {
            tracing::warn!("{}: {}", Shown(&source.name), report::printable(why));
        }
    }

    /// What the user is told when a source has stopped for good: trying a wrong password again and
    /// again locks accounts.
    fn tell_stopped(&self, source: SourceId, why: &str) -> Option<Effect> {
        let name = &self.by_id.get(&source)?.name;
        let headline = format!("{} is not read any more", Shown(name));
        Some(Effect::Tell(headline, format!("{}.", report::printable(why))))
    }

    /// When to send [`Event::Due`] if nothing happens before.
    pub fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let zoned = now.to_zoned(self.plan.zone.clone());
        let digest = Some(report::next_digest(&self.plan, &zoned));
        let midnight = zoned.tomorrow().ok().and_then(|day| day.start_of_day().ok());
        let midnight = midnight.map(|midnight| midnight.timestamp());
        // Nothing is settled while a look is under way: its end is what to wait for.
        let consider = self.nudging.consider_at.filter(|_| self.idle());
        [self.sources.next(), consider, digest, midnight].into_iter().flatten().min()
    }

    /// Whether every worker makes progress or waits; a watchdog may be told so.
    pub fn healthy(&self, now: Timestamp) -> bool {
        !self.sources.stuck(now)
    }

    /// Whether every source has been looked at and none is being looked at.
    pub fn idle(&self) -> bool {
        self.sources.all_seen() && !self.sources.busy()
    }

    /// Whether so much was learned since the beginning that a new one would be smaller, and nothing
    /// is lost with it: no look is under way, and no source has stopped until the user acts, which
    /// is known here alone.
    pub fn has_grown(&self) -> bool {
        self.sources.still()
            && self.sources.seen().map(|(_, seen)| seen.recorded.messages_new).sum::<u64>() >= HEAP
    }

    /// What each source has brought, with its name.
    pub fn seen(&self) -> impl Iterator<Item = (&Source, &Seen)> {
        self.sources.seen().filter_map(|(id, seen)| Some((self.by_id.get(&id)?, seen)))
    }

    /// The source behind a number.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.by_id.get(&id)
    }

    /// Every source with its number.
    pub fn sources(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.by_id.iter().map(|(id, source)| (*id, source))
    }

    /// The plan in force.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The store, to read.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// How everybody stands, by what the loop keeps.
    pub fn overview(&mut self, now: Timestamp) -> Result<Overview, store::Error> {
        let kept = self.ledger(now)?;
        let overview = kept.ledger.at(now);
        self.ledger = Some(kept);
        Ok(overview)
    }

    /// Ends well.
    pub fn close(self) -> Result<(), store::Error> {
        self.store.close()
    }

    /// After a look, at a deadline, after an answer: facts to interactions, then what follows.
    fn settle(&mut self, now: Timestamp, effects: &mut Vec<Effect>) -> Result<(), store::Error> {
        if !self.idle() {
            return Ok(());
        }
        let now = now.to_zoned(self.plan.zone.clone());
        if self.changed || self.derived_on != Some(now.date()) {
            if let Some(done) = self.derived(now.timestamp())? {
                let derived = done.derived;
                tracing::debug!(facts = derived.facts, whole = derived.whole, "derived");
                let renewable = |kept: &Kept| kept.ledger.is_renewable();
                if done.rebuilt || derived.talks || !self.ledger.as_ref().is_some_and(renewable) {
                    self.ledger = None;
                }
                if let Some(kept) = &mut self.ledger {
                    kept.ledger.renew(&self.store, done.renewed)?;
                }
                if derived.facts > MANY {
                    self.store.settle()?;
                }
            }
            (self.changed, self.derived_on) = (false, Some(now.date()));
            self.nudging.consider_at = self.nudging.refused_until.max(Some(now.timestamp()));
            // The days for checking who is who begin with the first scan, seen by anybody or not.
            self.store.installed_at(now.timestamp())?;
        }
        if self.reading {
            return Ok(());
        }
        if let Some(period) = report::due_digest(&self.plan, &self.store, &now)? {
            effects.push(self.digest(period, &now)?);
        }
        if self.nudging.consider_at.is_some_and(|at| at <= now.timestamp()) {
            effects.extend(self.consider(&now)?);
        }
        Ok(())
    }

    /// The one thing that takes seconds, and can be given up at any moment.
    fn derived(&mut self, now: Timestamp) -> Result<Option<Done>, store::Error> {
        self.store.heed(self.stop.clone())?;
        let done = self.deriver.derive(&mut self.store, &self.plan, now);
        self.store.heed(None)?;
        done
    }

    /// With what the user has decided since the last derivation: commands write beside the loop.
    /// Whoever takes it gives it back.
    fn ledger(&mut self, now: Timestamp) -> Result<Kept, store::Error> {
        let day = now.to_zoned(self.plan.zone.clone()).date();
        let others = self.store.others()?;
        if let Some(kept) = self.ledger.take()
            && (kept.day, kept.others) == (day, others)
        {
            return Ok(kept);
        }
        let roster = self.deriver.roster(&self.store, &self.plan, now)?;
        let ledger = Ledger::load(&self.store, &self.plan, roster, (now, now + DAY))?;
        Ok(Kept { ledger, day, others })
    }

    /// Thinks about a nudge; a nudge that comes of it is claimed before it is shown.
    fn consider(&mut self, now: &Zoned) -> Result<Option<Effect>, store::Error> {
        self.nudging.consider_at = None;
        if !(self.plan.notifications && self.nudging.server) {
            return Ok(None);
        }
        let kept = self.ledger(now.timestamp())?;
        let decided = self.decided(&kept.ledger, now);
        self.ledger = Some(kept);
        decided
    }

    fn decided(&mut self, ledger: &Ledger, now: &Zoned) -> Result<Option<Effect>, store::Error> {
        let overview = ledger.at(now.timestamp());
        let standing = overview.standing();
        let past = self.outcomes(&standing, now.timestamp())?;
        let installed = self.store.installed_at(now.timestamp())?;
        let lately = self.store.written_since(now.date().saturating_sub(3.days()))?;
        let lately = Lately::at(now.timestamp(), &lately);
        let moment = Moment {
            now,
            open: &overview.open,
            busy: &ledger.busy(now),
            calendar_unread_since: self.blind_since(now)?,
            lately: &lately,
        };
        let installed = installed.to_zoned(now.time_zone().clone());
        let quiet = i64::from(self.plan.quiet_days).days();
        // Ahead of today it was noted while the clock was wrong, and must not silence for years.
        let installed = Some(installed.date()).filter(|day| *day <= now.date());
        let first_day = installed.map(|day| day.saturating_add(quiet));
        let lottery = match self.nudging.seed.filter(|_| self.plan.hold_out) {
            Some(seed) => Some(Lottery { one_in: HELD_OUT, seed: self.store.lot(seed)? }),
            None => None,
        };
        let policy = Policy { first_day, lottery, ..self.plan.policy.clone() };
        let decision = decide(&standing, &past, &policy, &moment);
        self.nudging.consider_at = decision.next;
        for held in &decision.held {
            tracing::debug!(reason = %held.why, "held back");
        }
        for nudge in &decision.missed {
            self.store.note_nudge(nudge, now.date(), Stage::Missed)?;
        }
        if let Some(nudge) = &decision.held_out {
            self.store.note_nudge(nudge, now.date(), Stage::HeldOut)?;
        }
        let Some(nudge) = decision.nudge else { return Ok(None) };
        let id = self.store.claim(&nudge, now.date())?;
        Ok(Some(Effect::Show(id, nudge)))
    }

    /// The nudges of the past, with the talks that followed them written down.
    fn outcomes(&mut self, standing: &Standing, now: Timestamp) -> Result<Vec<Past>, store::Error> {
        let mut past = self.past(now)?;
        for (id, talk) in talks(&past, standing) {
            self.store.note_talk(id, talk)?;
            past.iter_mut().filter(|one| one.id == id).for_each(|one| one.talked = Some(talk));
        }
        Ok(past)
    }

    fn past(&self, now: Timestamp) -> Result<Vec<Past>, store::Error> {
        self.store.nudges(now - MEMORY)
    }

    fn blind_since(&self, now: &Zoned) -> Result<Option<Date>, store::Error> {
        let sources = self.store.sources()?;
        let calendars = sources.iter().filter(|source| source.kind == store::Kind::Calendar);
        let blind = calendars.filter_map(|source| {
            // A look that hangs says nothing, so the last good one counts, not the first bad one.
            let trouble = source.health.trouble.as_ref().map(|trouble| trouble.since);
            let last = source.health.last_ok.or(trouble)?;
            (now.timestamp().duration_since(last) > BLIND).then_some(last)
        });
        Ok(blind.min().map(|since| since.to_zoned(now.time_zone().clone()).date()))
    }

    /// Something happened to a notification.
    fn desktop(
        &mut self,
        happening: Happening,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Result<(), store::Error> {
        match happening {
            Happening::Shown { id } => self.stage(id, Stage::Shown, now)?,
            Happening::NotDelivered { id, why } => {
                tracing::info!(%why, "a nudge was not delivered");
                self.stage(id, Stage::Undelivered, now)?;
                // Else every new message would bring another try.
                let again = now + REFUSED;
                self.nudging.refused_until = Some(again);
                self.nudging.consider_at =
                    Some(self.nudging.consider_at.unwrap_or(again).min(again));
            }
            Happening::Dismissed { id } => self.stage(id, Stage::Dismissed, now)?,
            Happening::Closed { .. } => {}
            Happening::Answered { id, answer, .. } => {
                // What was said is on the disk before the nudge counts as answered: after a crash
                // in between it is told, and a talk that was told counts.
                if let Some(nudge) = self.nudge(id, now)? {
                    self.answer(answer, &nudge, now, effects)?;
                }
                self.stage(id, Stage::Answered(answer), now)?;
            }
            Happening::ServerCame => {
                self.nudging.server = true;
                self.nudging.refused_until = None;
                self.nudging.consider_at = Some(now);
            }
            Happening::ServerLeft => self.nudging.server = false,
            Happening::NoBus { why } => tracing::info!(%why, "no desktop to show anything on"),
        }
        self.settle(now, effects)
    }

    fn stage(&mut self, id: NudgeId, stage: Stage, now: Timestamp) -> Result<(), store::Error> {
        self.store.stage(id, stage, now).map(drop)
    }

    fn nudge(&self, id: NudgeId, now: Timestamp) -> Result<Option<Nudge>, store::Error> {
        let past = self.past(now)?;
        Ok(past.into_iter().find(|past| past.id == id).map(|past| past.nudge))
    }

    fn answer(
        &mut self,
        answer: Answer,
        nudge: &Nudge,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Result<(), store::Error> {
        let zoned = now.to_zoned(self.plan.zone.clone());
        for consequence in consequences(answer, nudge, &zoned, &self.plan.policy) {
            match consequence {
                Consequence::Record(call) => drop(self.store.record_call(&call)?),
                Consequence::Decide(decision) => self.store.decide(&decision)?,
            }
            self.changed = true;
        }
        self.ledger = None;
        if answer == Answer::Show {
            let period = Period::of(self.plan.period_kind(), zoned.date());
            effects.extend(self.page(period, &zoned)?);
        }
        Ok(())
    }

    /// The digest of a period that has ended, in the formats the user wants. It counts as written
    /// when it is: a full disk or a crash costs a delay.
    fn digest(&self, period: Period, now: &Zoned) -> Result<Effect, store::Error> {
        let digest = report::digest(&self.store, &self.plan, period, now)?;
        let formats = self.plan.digest.formats.iter();
        let files = formats.map(|format| report::file(&self.plan, &digest, *format)).collect();
        Ok(Effect::Digest(period, files))
    }

    /// The running period as a page, opened: what a click on the notification shows.
    fn page(&self, period: Period, now: &Zoned) -> Result<[Effect; 2], store::Error> {
        let digest = report::digest(&self.store, &self.plan, period, now)?;
        let (path, text) = report::file(&self.plan, &digest, crate::settings::Format::Html);
        Ok([Effect::Write(path.clone(), text), Effect::Open(path)])
    }
}

/// The time of day as a civil time of a date in a zone, for schedules.
pub(super) fn instant(day: Date, time: Time, zone: &jiff::tz::TimeZone) -> Timestamp {
    let civil = day.to_datetime(time);
    zone.to_ambiguous_timestamp(civil).compatible().unwrap_or(Timestamp::MAX)
}
