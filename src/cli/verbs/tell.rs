//! `hallway talked`, `later`, `mute`, `unmute`: what only the user knows.

use std::io::Write;

use jiff::ToSpan;
use jiff::civil::Date;

use super::words::date;
use super::{Named, Session, named, person};
use crate::call::{Call, How};
use crate::cli::args::{Pause, Talked, Who};
use crate::cli::failure::Failure;
use crate::cli::out::Out;
use crate::daemon;
use crate::nudge::{Answer, Stage};
use crate::people::{Choice, ClientChoice, ClientDecision, Decision, Person};
use crate::store::Store;
use crate::text::Shown;

/// Records a one-on-one talk.
pub fn talked(session: &Session<'_>, asked: &Talked, out: &mut Out<'_>) -> Result<(), Failure> {
    let mut store = session.writing()?;
    let roster = daemon::roster(&store, &session.plan, session.now.timestamp())?;
    let with = person(&roster, &asked.who.who)?;
    let at = asked
        .when
        .moment(&session.now)
        .map_err(|wrong| Failure::data(format!("--when: {wrong}")))?;
    // To the minute: told twice, it is the same talk.
    let start = jiff::Timestamp::from_second(at.timestamp().as_second().div_euclid(60) * 60);
    let start = start.unwrap_or(at.timestamp());
    let call = Call {
        with: with.id.0.clone(),
        how: asked.how,
        start,
        minutes: asked.minutes,
        told: session.now.timestamp(),
    };
    let new = store.record_call(&call)?;
    answered(session, &mut store, with, &call)?;
    daemon::derive(&mut store, &session.plan, session.now.timestamp())?;
    let how = match asked.how {
        How::Call => "a call with",
        How::Visit => "a visit with",
    };
    let known = if new { "" } else { " (known already)" };
    writeln!(out, "Noted: {how} {} on {}{known}.", Shown(&with.name), date(at.date()))?;
    Ok(())
}

/// A talk told of answers the nudge that is open: one from before it had left no trace, and teaches
/// how much a calendar misses.
fn answered(
    session: &Session<'_>,
    store: &mut Store,
    with: &Person,
    call: &Call,
) -> Result<(), Failure> {
    let now = session.now.timestamp();
    let month = now - jiff::SignedDuration::from_hours(30 * 24);
    let open = store.nudges(month)?.into_iter().rfind(|past| {
        let open = matches!(past.stage, Stage::Claimed | Stage::Shown | Stage::Dismissed)
            || past.stage == Stage::Answered(Answer::Show);
        open && with.addresses.contains(&past.nudge.person.0)
    });
    if let Some(past) = open {
        let told = call.start.to_zoned(session.now.time_zone().clone()).date();
        let answer =
            if told < past.day { Answer::Spoke(call.how) } else { Answer::Talked(call.how) };
        store.stage(past.id, Stage::Answered(answer), now)?;
    }
    Ok(())
}

/// Puts nudges about somebody off.
pub fn later(session: &Session<'_>, asked: &Pause, out: &mut Out<'_>) -> Result<(), Failure> {
    let week = session.now.date().saturating_add(i64::from(session.plan.policy.later_days).days());
    let until = until(session, asked)?.unwrap_or(week);
    let (one, all) = (Choice::LaterUntil(until), ClientChoice::LaterUntil(until));
    let said = pause(session, &asked.who, one, all, |name| {
        format!("No nudge about {name} before {}.", date(after(until)))
    })?;
    Ok(writeln!(out, "{said}")?)
}

/// Silences nudges about somebody.
pub fn mute(session: &Session<'_>, asked: &Pause, out: &mut Out<'_>) -> Result<(), Failure> {
    let until = until(session, asked)?.unwrap_or(Date::MAX);
    let (one, all) = (Choice::MuteUntil(until), ClientChoice::MuteUntil(until));
    let said = pause(session, &asked.who, one, all, |name| {
        if until == Date::MAX {
            format!("No nudge about {name} any more; \"hallway unmute\" takes it back.")
        } else {
            format!("No nudge about {name} before {}.", date(after(until)))
        }
    })?;
    Ok(writeln!(out, "{said}")?)
}

/// Takes a mute or a delay back.
pub fn unmute(session: &Session<'_>, asked: &Who, out: &mut Out<'_>) -> Result<(), Failure> {
    let said = pause(session, asked, Choice::Unmute, ClientChoice::Unmute, |name| {
        format!("Nudges about {name} are welcome again.")
    })?;
    Ok(writeln!(out, "{said}")?)
}

/// Writes a pause down, of a person or of everybody at a client.
fn pause(
    session: &Session<'_>,
    who: &Who,
    one: Choice,
    all: ClientChoice,
    say: impl FnOnce(Shown<'_>) -> String,
) -> Result<String, Failure> {
    let mut store = session.writing()?;
    let at = session.now.timestamp();
    let roster = daemon::roster(&store, &session.plan, at)?;
    let said = match named(&roster, &who.who)? {
        Named::Person(person) => {
            store.decide(&Decision { at, about: person.id.0.clone(), choice: one })?;
            say(Shown(&person.name))
        }
        Named::Client(client) => {
            let about = client.id.clone();
            store.decide_client(&ClientDecision { at, about, choice: all })?;
            say(Shown(&client.id.0))
        }
    };
    daemon::derive(&mut store, &session.plan, at)?;
    Ok(said)
}

/// Writes a decision about a person down, and gives the sentence to print.
pub(super) fn decide(
    session: &Session<'_>,
    who: &Who,
    choice: Choice,
    say: impl FnOnce(&Person) -> String,
) -> Result<String, Failure> {
    let mut store = session.writing()?;
    let roster = daemon::roster(&store, &session.plan, session.now.timestamp())?;
    let about = person(&roster, &who.who)?;
    let at = session.now.timestamp();
    store.decide(&Decision { at, about: about.id.0.clone(), choice })?;
    daemon::derive(&mut store, &session.plan, at)?;
    Ok(say(about))
}

fn until(session: &Session<'_>, asked: &Pause) -> Result<Option<Date>, Failure> {
    let day = |until: &crate::cli::when::Until| {
        until.day(session.now.date()).map_err(|wrong| Failure::data(format!("--for: {wrong}")))
    };
    asked.until.as_ref().map(day).transpose()
}

fn after(last: Date) -> Date {
    last.saturating_add(1.day())
}
