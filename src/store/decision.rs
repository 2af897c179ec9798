//! What the user decided about people and clients.
//!
//! None of it can be read again from anywhere, so each call returns only when the disk has it.
//! Rows are only ever added.

use rusqlite::{Connection, Row};

use super::address::Book;
use super::code::{At, Day, Word};
use super::{Durability, Result, Store};
use crate::people::{
    Choice, ClientChoice, ClientDecision, ClientId, Decision, Known, Preference, Tier,
};

impl Store {
    /// Adds a decision. Decisions are never changed: a later one takes an earlier one back.
    pub fn decide(&mut self, decision: &Decision) -> Result<()> {
        self.transact(Durability::Told, |tx, ids| {
            let about = ids.sure(tx, &decision.about)?;
            let other = match &decision.choice {
                Choice::Join(other) | Choice::Apart(other) => Some(ids.sure(tx, other)?),
                _ => None,
            };
            let columns = Columns::of(&decision.choice);
            tx.prepare_cached(
                "INSERT INTO decision (at, address, choice, client, other, holds, prefers, days,
                 until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute((
                At(decision.at),
                about,
                columns.choice,
                columns.client,
                other,
                columns.holds,
                columns.prefers.map(Word),
                columns.days,
                columns.until,
            ))?;
            Ok(())
        })
    }

    /// Every decision, in the order they were made.
    pub fn decisions(&self) -> Result<Vec<Decision>> {
        self.read(|conn| {
            let mut book = Book::default();
            let mut find = conn.prepare_cached(
                "SELECT at, address, choice, client, other, holds, prefers, days, until
                 FROM decision ORDER BY at, id",
            )?;
            let mut rows = find.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let At(at) = row.get(0)?;
                let about = book.spec(conn, row.get(1)?)?;
                found.push(Decision { at, about, choice: choice(conn, &mut book, row)? });
            }
            Ok(found)
        })
    }

    /// Adds a decision about a client; the same holds for it.
    pub fn decide_client(&mut self, decision: &ClientDecision) -> Result<()> {
        self.transact(Durability::Told, |tx, _| {
            let columns = Columns::of_client(&decision.choice);
            tx.prepare_cached(
                "INSERT INTO client_decision (at, client, choice, tier, prefers, days, until)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                At(decision.at),
                &decision.about.0,
                columns.choice,
                columns.tier.map(Word),
                columns.prefers.map(Word),
                columns.days,
                columns.until,
            ))?;
            Ok(())
        })
    }

    /// Every decision about a client, in the order they were made.
    pub fn client_decisions(&self) -> Result<Vec<ClientDecision>> {
        self.read(|conn| {
            conn.prepare_cached(
                "SELECT at, client, choice, tier, prefers, days, until
                 FROM client_decision ORDER BY at, id",
            )?
            .query_map([], |row| {
                let At(at) = row.get(0)?;
                let about = ClientId(row.get(1)?);
                Ok(ClientDecision { at, about, choice: client_choice(row)? })
            })?
            .collect()
        })
    }

    /// Everything remembered that has a say in who is who.
    pub fn known(&self) -> Result<Known> {
        Ok(Known {
            acquaintances: self.acquaintances()?,
            cards: self.cards()?,
            decisions: self.decisions()?,
            clients: self.client_decisions()?,
        })
    }
}

/// A choice as columns, but for the other address.
#[derive(Default)]
struct Columns<'a> {
    choice: &'static str,
    client: Option<&'a str>,
    holds: Option<bool>,
    tier: Option<Tier>,
    prefers: Option<Preference>,
    days: Option<u32>,
    until: Option<Day>,
}

impl<'a> Columns<'a> {
    fn bare(choice: &'static str) -> Self {
        Self { choice, ..Self::default() }
    }

    fn of(choice: &'a Choice) -> Self {
        let bare = Self::bare;
        match choice {
            Choice::Confirm => bare("confirm"),
            Choice::NotAClient => bare("not_a_client"),
            Choice::Assign(ClientId(client)) => Self { client: Some(client), ..bare("assign") },
            Choice::Join(_) => bare("join"),
            Choice::Split => bare("split"),
            Choice::Apart(_) => bare("apart"),
            Choice::Mine(holds) => Self { holds: Some(*holds), ..bare("mine") },
            Choice::Retired(holds) => Self { holds: Some(*holds), ..bare("retired") },
            Choice::Key(holds) => Self { holds: Some(*holds), ..bare("key") },
            Choice::Prefers(prefers) => Self { prefers: *prefers, ..bare("prefers") },
            Choice::Cadence(days) => Self { days: *days, ..bare("cadence") },
            Choice::Review(day) => Self { until: day.map(Day), ..bare("review") },
            Choice::MuteUntil(day) => Self { until: Some(Day(*day)), ..bare("mute_until") },
            Choice::Unmute => bare("unmute"),
            Choice::LaterUntil(day) => Self { until: Some(Day(*day)), ..bare("later_until") },
        }
    }

    fn of_client(choice: &ClientChoice) -> Self {
        let bare = Self::bare;
        match choice {
            ClientChoice::Confirm => bare("confirm"),
            ClientChoice::NotAClient => bare("not_a_client"),
            ClientChoice::Colleagues => bare("colleagues"),
            ClientChoice::Tier(tier) => Self { tier: *tier, ..bare("tier") },
            ClientChoice::Prefers(prefers) => Self { prefers: *prefers, ..bare("prefers") },
            ClientChoice::Cadence(days) => Self { days: *days, ..bare("cadence") },
            ClientChoice::Review(day) => Self { until: day.map(Day), ..bare("review") },
            ClientChoice::MuteUntil(day) => Self { until: Some(Day(*day)), ..bare("mute_until") },
            ClientChoice::Unmute => bare("unmute"),
            ClientChoice::LaterUntil(day) => Self { until: Some(Day(*day)), ..bare("later_until") },
        }
    }
}

fn choice(conn: &Connection, book: &mut Book, row: &Row<'_>) -> rusqlite::Result<Choice> {
    let word = row.get_ref(2)?.as_str()?;
    let until = || -> rusqlite::Result<_> { Ok(row.get::<_, Day>(8)?.0) };
    Ok(match word {
        "confirm" => Choice::Confirm,
        "not_a_client" => Choice::NotAClient,
        "assign" => Choice::Assign(ClientId(row.get(3)?)),
        "join" => Choice::Join(book.spec(conn, row.get(4)?)?),
        "split" => Choice::Split,
        "apart" => Choice::Apart(book.spec(conn, row.get(4)?)?),
        "mine" => Choice::Mine(row.get(5)?),
        "retired" => Choice::Retired(row.get(5)?),
        "key" => Choice::Key(row.get(5)?),
        "prefers" => Choice::Prefers(row.get::<_, Option<Word<_>>>(6)?.map(|Word(way)| way)),
        "cadence" => Choice::Cadence(row.get(7)?),
        "review" => Choice::Review(row.get::<_, Option<Day>>(8)?.map(|Day(day)| day)),
        "mute_until" => Choice::MuteUntil(until()?),
        "unmute" => Choice::Unmute,
        "later_until" => Choice::LaterUntil(until()?),
        _ => return Err(rusqlite::types::FromSqlError::InvalidType.into()),
    })
}

fn client_choice(row: &Row<'_>) -> rusqlite::Result<ClientChoice> {
    let word = row.get_ref(2)?.as_str()?;
    let until = || -> rusqlite::Result<_> { Ok(row.get::<_, Day>(6)?.0) };
    Ok(match word {
        "confirm" => ClientChoice::Confirm,
        "not_a_client" => ClientChoice::NotAClient,
        "colleagues" => ClientChoice::Colleagues,
        "tier" => ClientChoice::Tier(row.get::<_, Option<Word<_>>>(3)?.map(|Word(tier)| tier)),
        "prefers" => ClientChoice::Prefers(row.get::<_, Option<Word<_>>>(4)?.map(|Word(way)| way)),
        "cadence" => ClientChoice::Cadence(row.get(5)?),
        "review" => ClientChoice::Review(row.get::<_, Option<Day>>(6)?.map(|Day(day)| day)),
        "mute_until" => ClientChoice::MuteUntil(until()?),
        "unmute" => ClientChoice::Unmute,
        "later_until" => ClientChoice::LaterUntil(until()?),
        _ => return Err(rusqlite::types::FromSqlError::InvalidType.into()),
    })
}
