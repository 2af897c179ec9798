//! `hallway people review`: the doubtful, one question at a time, one key to answer each.
//!
//! What is answered is kept and never asked again; what is passed over comes back next time. Where
//! nobody sits at a terminal the questions are listed with the commands that answer them.

use std::io::{IsTerminal, Write};

use serde_json::json;

use super::Session;
use super::questions::{MOST, Question, questions};
use crate::cli::failure::Failure;
use crate::cli::key;
use crate::cli::out::{Out, Tone};
use crate::daemon;
use crate::people::Roster;
use crate::store::Store;

/// Asks, or lists what there is to ask.
pub(super) fn review(session: &Session<'_>, out: &mut Out<'_>) -> Result<(), Failure> {
    let store = session.reading()?;
    let roster = daemon::roster(&store, &session.plan, session.now.timestamp())?;
    let mut all = questions(session, &store, &roster)?;
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    if out.json {
        return all.iter().try_for_each(|one| Ok(writeln!(out, "{}", line(one))?));
    }
    if all.is_empty() {
        return Ok(writeln!(out, "Nothing is doubtful: no questions.")?);
    }
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if terminal && !session.quiet {
        drop(store);
        ask(session, all, out)?;
    } else {
        list(&all, out)?;
    }
    if more > 0 {
        let rest = format!("{more} less important questions wait until these are answered.");
        writeln!(out, "{}", out.paint(Tone::Faint, rest))?;
    }
    Ok(())
}

fn line(question: &Question) -> serde_json::Value {
    let answers = question.answers.iter().map(|answer| {
        json!({ "key": answer.key.to_string(), "label": answer.label, "command": answer.command })
    });
    json!({
        "kind": question.kind,
        "about": question.about,
        "question": question.text,
        "reason": question.reason,
        "answers": answers.collect::<Vec<_>>(),
    })
}

fn list(all: &[Question], out: &mut Out<'_>) -> Result<(), Failure> {
    for one in all {
        head(one, out)?;
        for answer in &one.answers {
            writeln!(out, "    {}", answer.label)?;
            writeln!(out, "      {}", out.paint(Tone::Faint, &answer.command))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn head(question: &Question, out: &mut Out<'_>) -> Result<(), Failure> {
    out.sentence(Tone::Strong, &question.text)?;
    out.sentence(Tone::Faint, &question.reason)?;
    Ok(())
}

/// Puts one question after the other. An answer is on the disk before the next one is asked.
fn ask(session: &Session<'_>, all: Vec<Question>, out: &mut Out<'_>) -> Result<(), Failure> {
    let mut store: Store = session.writing()?;
    let (total, mut answered) = (all.len(), 0);
    for (at, question) in all.into_iter().enumerate() {
        writeln!(out, "{}", out.paint(Tone::Faint, format!("{} of {total}", at + 1)))?;
        head(&question, out)?;
        for answer in &question.answers {
            writeln!(out, "  {}  {}", out.paint(Tone::Strong, answer.key), answer.label)?;
        }
        writeln!(
            out,
            "  {}  not now    {}  stop",
            out.paint(Tone::Strong, 's'),
            out.paint(Tone::Strong, 'q')
        )?;
        out.flush()?;
        let chosen = loop {
            let pressed = key::pressed().map_err(|error| {
                Failure::try_again(format!("the terminal cannot be read: {error}"))
            })?;
            match pressed {
                None | Some('q') => break None,
                Some('s') => break Some(None),
                Some(key) if question.answers.iter().any(|answer| answer.key == key) => {
                    break Some(Some(key));
                }
                Some(_) => {}
            }
        };
        let Some(key) = chosen else { break };
        let answer = question.answers.into_iter().find(|answer| Some(answer.key) == key);
        match answer {
            Some(answer) => {
                writeln!(out, "> {}\n", answer.label)?;
                answer.write(&mut store, session)?;
                answered += 1;
            }
            None => writeln!(out, "> not now\n")?,
        }
    }
    if answered > 0 {
        let (_roster, _): (Roster, _) =
            daemon::derive(&mut store, &session.plan, session.now.timestamp())?;
    }
    let said = super::words::count(answered, "answer is kept", "answers are kept");
    Ok(writeln!(out, "{said}.")?)
}
