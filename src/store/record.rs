//! One batch in, in one transaction: its facts and how far the source has come.
//!
//! The cursor never moves without the facts it accounts for, nor they without it, so a scan that
//! is killed anywhere goes on from the last batch. Writing is not synced to the disk batch by
//! batch: after a power cut the last batches may be gone, facts and cursor alike, and are read
//! again.

use super::{Durability, Result, SourceId, Store, calendar, card, mail};
use crate::batch::Batch;

/// What a batch held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Messages that were not known.
    pub messages_new: u64,
    /// Copies of known messages.
    pub messages_known: u64,
    /// Machine mail, counted and not kept.
    pub machine: u64,
    /// Of that, messages that tell of mail that did not arrive.
    pub failures: u64,
    /// Calendar object resources put in place.
    pub resources: u64,
    /// Events in them, recurring ones counted once.
    pub events: u64,
    /// Occurrences of these events inside the window.
    pub occurrences: u64,
    /// Cards of address books put in place.
    pub cards: u64,
    /// Resources that are no longer there.
    pub gone: u64,
    /// Items the source could not read, and messages whose sender cannot be kept.
    pub skipped: u64,
    /// Whether the cursor moved.
    pub cursor_moved: bool,
}

impl std::ops::AddAssign for Recorded {
    fn add_assign(&mut self, more: Self) {
        self.messages_new += more.messages_new;
        self.messages_known += more.messages_known;
        self.machine += more.machine;
        self.failures += more.failures;
        self.resources += more.resources;
        self.events += more.events;
        self.occurrences += more.occurrences;
        self.cards += more.cards;
        self.gone += more.gone;
        self.skipped += more.skipped;
        self.cursor_moved |= more.cursor_moved;
    }
}

/// Messages from which on SQLite does not look for the rows they refer to.
const MANY: usize = 100;

impl Store {
    /// Stores a batch of a source together with its cursor change. A batch recorded twice, split
    /// or in another order gives the same facts.
    pub fn record(&mut self, source: SourceId, batch: &Batch) -> Result<Recorded> {
        self.ids.trim();
        // Every row a message refers to was found or made a moment before; asking SQLite to look
        // for it again costs a fifth of a scan. Calendars rely on it: resources go with their events.
        // Of few messages it saves less than it costs: every statement is prepared anew after it.
        let mail_only =
            batch.resources.is_empty() && batch.gone.is_empty() && batch.cards.is_empty();
        if !mail_only || batch.envelopes.len() < MANY {
            return self.write(source, batch);
        }
        self.enforce(false)?;
        let recorded = self.write(source, batch);
        self.enforce(true)?;
        recorded
    }

    fn enforce(&self, references: bool) -> Result<()> {
        self.read(|conn| conn.pragma_update(None, "foreign_keys", references))
    }

    fn write(&mut self, source: SourceId, batch: &Batch) -> Result<Recorded> {
        self.transact(Durability::Rescan, |tx, ids| {
            let mut recorded = Recorded {
                skipped: count(batch.skipped.len()),
                cursor_moved: !batch.cursor.is_empty(),
                ..Recorded::default()
            };
            tx.query_row("SELECT 1 FROM source WHERE id = ?1", [source.0], |_| Ok(()))?;
            let mut messages = mail::Writer::new(tx, source)?;
            // In the order of the index that would else be hit at random.
            let mut envelopes: Vec<_> = batch.envelopes.iter().collect();
            envelopes.sort_unstable_by_key(|envelope| envelope.key);
            for envelope in envelopes {
                recorded.failures += u64::from(!envelope.failed.is_empty());
                match messages.write(ids, envelope)? {
                    mail::Written::New => recorded.messages_new += 1,
                    mail::Written::Known => recorded.messages_known += 1,
                    mail::Written::Machine => recorded.machine += 1,
                    mail::Written::Unusable => recorded.skipped += 1,
                }
            }
            messages.finish()?;
            let mut resources = calendar::Writer::new(tx, source)?;
            for resource in &batch.resources {
                resources.replace(ids, resource)?;
                recorded.resources += 1;
                recorded.events += u64::from(resource.events);
                recorded.occurrences += count(resource.occurrences.len());
            }
            for file in &batch.cards {
                card::replace(tx, ids, source, file)?;
                recorded.resources += 1;
                recorded.cards += count(file.cards.len());
            }
            for href in &batch.gone {
                recorded.gone += u64::from(resources.remove(href)?);
            }
            for part in &batch.cursor.remove {
                tx.prepare_cached("DELETE FROM cursor WHERE source = ?1 AND part = ?2")?
                    .execute((source.0, part))?;
            }
            for (part, value) in &batch.cursor.put {
                tx.prepare_cached(
                    "INSERT INTO cursor (source, part, value) VALUES (?1, ?2, ?3)
                     ON CONFLICT (source, part) DO UPDATE SET value = excluded.value",
                )?
                .execute((source.0, part, value))?;
            }
            Ok(recorded)
        })
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
