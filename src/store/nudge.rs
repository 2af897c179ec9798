//! Nudges: claimed before they are shown, so that a crash may lose one and never repeats one.
//!
//! A stage only moves forward: an answer that comes just before the close of its notification
//! wins over it, whichever is told first, and "show me more" never hides a real answer.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::OptionalExtension;
use rusqlite::types::FromSqlError;

use super::address::Book;
use super::code::{At, Day, Word};
use super::{Durability, Result, Store};
use crate::nudge::{Answer, Nudge, NudgeId, Past, Stage};
use crate::people::{ClientId, PersonId};

/// The nudges since an instant.
pub(super) const SINCE: &str = "
    SELECT id, person, name, client, verdict, reason, suggestion, at, day, stage, answer, form,
           certainty, booked, talked
    FROM nudge WHERE at >= ?1 ORDER BY at, id";

impl Store {
    /// Writes down a nudge before it is shown, on the user's day it was decided. It is on the disk
    /// when this returns.
    pub fn claim(&mut self, nudge: &Nudge, day: Date) -> Result<NudgeId> {
        self.note_nudge(nudge, day, Stage::Claimed)
    }

    /// Writes down a nudge with how far it comes: one that is never to be shown ends here.
    pub fn note_nudge(&mut self, nudge: &Nudge, day: Date, stage: Stage) -> Result<NudgeId> {
        self.transact(Durability::Told, |tx, ids| {
            let person = ids.sure(tx, &nudge.person.0)?;
            tx.prepare_cached(
                "INSERT INTO nudge (at, day, person, name, client, verdict, reason, suggestion,
                 stage, stage_at, form, certainty, booked)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?1, ?10, ?11, ?12)",
            )?
            .execute((
                At(nudge.at),
                Day(day),
                person,
                &nudge.name,
                nudge.client.as_ref().map(|ClientId(name)| name),
                Word(nudge.verdict),
                &nudge.reason,
                &nudge.suggestion,
                word(stage),
                Word(nudge.form),
                nudge.certainty,
                nudge.booked.map(Day),
            ))?;
            Ok(NudgeId(tx.last_insert_rowid()))
        })
    }

    /// Notes how far a nudge came; whether that was news.
    pub fn stage(&mut self, id: NudgeId, stage: Stage, at: Timestamp) -> Result<bool> {
        self.transact(Durability::Told, |tx, _| {
            let known = tx
                .prepare_cached("SELECT stage, answer FROM nudge WHERE id = ?1")?
                .query_row([id.0], |row| Ok(stage_of(row.get_ref(0)?.as_str()?, row.get(1)?)?))
                .optional()?;
            if known.is_none_or(|known| known == stage || rank(stage) < rank(known)) {
                return Ok(false);
            }
            let answer = match stage {
                Stage::Answered(answer) => Some(Word(answer)),
                _ => None,
            };
            tx.prepare_cached(
                "UPDATE nudge SET stage = ?2, answer = ?3, stage_at = ?4 WHERE id = ?1",
            )?
            .execute((id.0, word(stage), answer, At(at)))?;
            Ok(true)
        })
    }

    /// Notes the first talk that followed a nudge.
    pub fn note_talk(&mut self, id: NudgeId, day: Date) -> Result<()> {
        self.transact(Durability::Rescan, |tx, _| {
            tx.prepare_cached("UPDATE nudge SET talked = ?2 WHERE id = ?1 AND talked IS NULL")?
                .execute((id.0, Day(day)))?;
            Ok(())
        })
    }

    /// The nudges decided at or after an instant, oldest first.
    pub fn nudges(&self, since: Timestamp) -> Result<Vec<Past>> {
        self.read(|conn| {
            let mut book = Book::default();
            let mut find = conn.prepare_cached(SINCE)?;
            let mut rows = find.query([At(since)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let (Word(verdict), At(at), Day(day)) = (row.get(4)?, row.get(7)?, row.get(8)?);
                let Word(form) = row.get(11)?;
                let day_at = |column| Ok(row.get::<_, Option<Day>>(column)?.map(|Day(day)| day));
                let booked: rusqlite::Result<_> = day_at(13);
                let talked: rusqlite::Result<_> = day_at(14);
                let nudge = Nudge {
                    person: PersonId(book.spec(conn, row.get(1)?)?),
                    name: row.get(2)?,
                    client: row.get::<_, Option<String>>(3)?.map(ClientId),
                    verdict,
                    form,
                    certainty: row.get(12)?,
                    booked: booked?,
                    reason: row.get(5)?,
                    suggestion: row.get(6)?,
                    at,
                };
                let stage = stage_of(row.get_ref(9)?.as_str()?, row.get(10)?)?;
                found.push(Past { id: NudgeId(row.get(0)?), nudge, day, stage, talked: talked? });
            }
            Ok(found)
        })
    }
}

/// What may follow what: a stage gives way to an equal or a higher one.
fn rank(stage: Stage) -> u8 {
    match stage {
        Stage::Claimed => 0,
        Stage::Undelivered | Stage::Shown | Stage::HeldOut | Stage::Missed => 1,
        Stage::Dismissed => 2,
        Stage::Answered(Answer::Show) => 3,
        Stage::Answered(_) => 4,
    }
}

fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Claimed => "claimed",
        Stage::Shown => "shown",
        Stage::Undelivered => "undelivered",
        Stage::Dismissed => "dismissed",
        Stage::Answered(_) => "answered",
        Stage::HeldOut => "held_out",
        Stage::Missed => "missed",
    }
}

fn stage_of(word: &str, answer: Option<Word<Answer>>) -> Result<Stage, FromSqlError> {
    match (word, answer) {
        ("claimed", None) => Ok(Stage::Claimed),
        ("shown", None) => Ok(Stage::Shown),
        ("undelivered", None) => Ok(Stage::Undelivered),
        ("dismissed", None) => Ok(Stage::Dismissed),
        ("held_out", None) => Ok(Stage::HeldOut),
        ("missed", None) => Ok(Stage::Missed),
        ("answered", Some(Word(answer))) => Ok(Stage::Answered(answer)),
        _ => Err(FromSqlError::InvalidType),
    }
}
