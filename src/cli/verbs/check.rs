//! `hallway check`: every true path walked, one verdict a line.

use std::io::Write;
use std::ops::ControlFlow;

use serde_json::json;

use super::Session;
use crate::batch::Batch;
use crate::cli::failure::{Failure, Kind};
use crate::cli::out::{Out, Tone};
use crate::cursor::Cursor;
use crate::daemon::Source;
use crate::desktop::{self, Bus};
use crate::settings::Provenance;
use crate::source::net::Pace;
use crate::source::{self, Progress, Spec, imap};
use crate::store::Store;
use crate::text::Shown;

/// How something stands.
#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Good,
    Note,
    Bad,
}

struct Line {
    verdict: Verdict,
    what: String,
    said: String,
}

/// Tries everything that has to work.
pub fn check(session: &Session<'_>, out: &mut Out<'_>) -> Result<(), Failure> {
    let mut lines = vec![configuration(session)];
    lines.extend(session.plan.sources.iter().map(|source| source_line(session, source)));
    if session.plan.sources.is_empty() {
        let said = session.settings.first_steps(session.environment);
        lines.push(Line { verdict: Verdict::Bad, what: "sources".into(), said });
    }
    lines.push(me(session));
    lines.push(database(session));
    lines.extend(desktop_lines(session));
    let bad = lines.iter().filter(|line| line.verdict == Verdict::Bad).count();
    for line in &lines {
        let (word, tone) = match line.verdict {
            Verdict::Good => ("ok", Tone::Good),
            Verdict::Note => ("note", Tone::Warn),
            Verdict::Bad => ("bad", Tone::Bad),
        };
        if out.json {
            let value = json!({ "what": line.what, "verdict": word, "said": line.said });
            writeln!(out, "{value}")?;
        } else {
            let word = out.paint(tone, format!("{word:<4}"));
            writeln!(out, "{word}  {}: {}", Shown(&line.what), line.said)?;
        }
    }
    if !out.json && !session.quiet {
        let own = |one: &&Provenance| {
            let listed = ["mail.", "calendar.", "contacts.", "client.", "person."];
            !one.origin.is_default() && !listed.iter().any(|list| one.key.starts_with(list))
        };
        let mut set = session.settings.provenance().iter().filter(own).peekable();
        if set.peek().is_some() {
            writeln!(out, "\n{}", out.paint(Tone::Faint, "Set otherwise than by default:"))?;
        }
        for one in set {
            writeln!(out, "  {} = {}  ({})", Shown(&one.key), Shown(&one.value), one.origin)?;
        }
    }
    match bad {
        0 if out.json || session.quiet => Ok(()),
        0 => Ok(writeln!(out, "\nAll of this works. \"hallway scan\" reads what is new.")?),
        _ => {
            out.flush()?;
            Err(Failure::new(Kind::Unavailable, "not everything works; see the lines marked bad"))
        }
    }
}

fn configuration(session: &Session<'_>) -> Line {
    let path = &session.settings.paths.config;
    let what = "configuration".to_owned();
    let clients = session.settings.rules.clients.len();
    let people = session.settings.rules.people.len();
    if path.exists() {
        let said = format!("{}, {clients} clients, {people} people", path.display());
        return Line { verdict: Verdict::Good, what, said };
    }
    let said = format!("{} is not there; the defaults are in force", path.display());
    Line { verdict: Verdict::Note, what, said }
}

fn me(session: &Session<'_>) -> Line {
    let mine = session.settings.rules.me.len();
    let what = "your addresses".to_owned();
    match mine {
        0 => Line {
            verdict: Verdict::Bad,
            what,
            said: "none; without them nobody can be told from you: set [me] addresses \
                   (\"hallway people review\" proposes some after a scan)"
                .into(),
        },
        n => Line { verdict: Verdict::Good, what, said: format!("{n} configured") },
    }
}

/// Reads the first batch of a source, as a scan would; what is on a server is counted there first.
fn source_line(session: &Session<'_>, source: &Source) -> Line {
    let what = source.name.clone();
    match source_said(session, source) {
        Ok((verdict, said)) => Line { verdict, what, said },
        Err(error) => {
            let mut said = error.to_string();
            if let Some(cause) = std::error::Error::source(&error) {
                said += &format!(": {cause}");
            }
            let waits = error.pace() == Pace::Waiting;
            Line { verdict: if waits { Verdict::Note } else { Verdict::Bad }, what, said }
        }
    }
}

fn source_said(session: &Session<'_>, source: &Source) -> Result<(Verdict, String), source::Error> {
    let context = session.plan.context(source, session.now.timestamp());
    let (mut items, mut total) = (0, 0);
    let mut odd: Vec<&'static str> = Vec::new();
    let mut first = |batch: Batch, progress: Progress| {
        items += batch.envelopes.len() + batch.resources.len() + batch.cards.len();
        odd.extend(batch.skipped.iter().map(|skipped| skipped.why));
        total = progress.total;
        ControlFlow::Break(())
    };
    let counted = match &source.spec {
        Spec::Imap(account) => Some(imap::survey(account, &context, &mut first)?),
        spec => {
            source::scan(spec, &Cursor::default(), &context, &mut first)?;
            None
        }
    };
    let total = total.max(items as u64);
    let mut said = match (&source.spec, source.spec.server(), counted) {
        (_, Some(server), Some(counted)) => {
            let imap::Survey { mailboxes, messages } = counted;
            let user = source.spec.login().map_or("", |login| &login.user);
            let plural = if mailboxes == 1 { "" } else { "es" };
            format!(
                "{server} lets {} in: {mailboxes} mailbox{plural}, {}",
                Shown(user),
                counted_as(messages, "message")
            )
        }
        (_, Some(server), None) if total == 0 => {
            format!("{server} can be read, and there is nothing yet")
        }
        (_, Some(server), None) => {
            format!("{server} can be read: {}", counted_as(total, "item"))
        }
        _ if items == 0 => {
            let said = match odd.first() {
                None => "readable, and empty: is this the right folder?".to_owned(),
                Some(why) => format!("readable, and nothing found in it: {why}"),
            };
            return Ok((Verdict::Note, said));
        }
        _ => format!("readable, about {total} items"),
    };
    // What a look skips in its first batch is told with one of its reasons.
    if let Some(why) = odd.first() {
        said += &format!("; {} left out ({why})", counted_as(odd.len() as u64, "odd one"));
    }
    Ok((Verdict::Good, said))
}

fn counted_as(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

fn database(session: &Session<'_>) -> Line {
    let path = session.settings.paths.database();
    let what = "database".to_owned();
    if !path.exists() {
        let said = format!("{} is not there yet; \"hallway scan\" makes it", path.display());
        return Line { verdict: Verdict::Note, what, said };
    }
    match Store::open_read_only(&path).and_then(|store| store.quick_check()) {
        Ok(()) => {
            Line { verdict: Verdict::Good, what, said: format!("{} is sound", path.display()) }
        }
        Err(error) => {
            let remedy = error.remedy().unwrap_or_default();
            Line { verdict: Verdict::Bad, what, said: format!("{error} {remedy}") }
        }
    }
}

fn desktop_lines(session: &Session<'_>) -> Vec<Line> {
    let what = || "notifications".to_owned();
    if !session.settings.desktop.notifications {
        let said = "switched off by desktop.notifications".into();
        return vec![Line { verdict: Verdict::Note, what: what(), said }];
    }
    let display = session.environment.display();
    let shown = desktop::show_once(
        display,
        "Hallway can reach you",
        "This is how a suggestion to talk with somebody will come. Nothing to do.",
    );
    match (shown, desktop::server(Bus::Session)) {
        (Ok(()), Ok(server)) => {
            let mut said = format!("shown by {} {}", Shown(&server.name), Shown(&server.version));
            if !server.capabilities.iter().any(|one| one == "actions") {
                said += "; it draws no buttons, so answer with \"hallway talked NAME\"";
            }
            vec![Line { verdict: Verdict::Good, what: what(), said }]
        }
        (Ok(()), Err(_)) => {
            vec![Line { verdict: Verdict::Good, what: what(), said: "shown".into() }]
        }
        (Err(error), _) => {
            let why = match error {
                desktop::Error::NoBus(_) => "this is no desktop session".to_owned(),
                other => Shown(&other.to_string()).to_string(),
            };
            let said = format!("{why}; nudges wait for one, status and digest work");
            vec![Line { verdict: Verdict::Note, what: what(), said }]
        }
    }
}
