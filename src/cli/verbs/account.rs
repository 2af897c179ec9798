//! `hallway account`: the accounts on servers, and their secrets in the keyring.

use std::io::Write;

use serde_json::json;

use super::Session;
use crate::cli::args::AccountCommand;
use crate::cli::ask;
use crate::cli::failure::{Failure, Kind};
use crate::cli::out::Out;
use crate::daemon::Source;
use crate::secret::{Place, Unrevealed};
use crate::secrets::{self, Entry, keyring};
use crate::text::Shown;

/// Lists accounts, stores or forgets a secret.
pub fn account(
    session: &Session<'_>,
    command: &AccountCommand,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    match command {
        AccountCommand::List(_) => list(session, out),
        AccountCommand::Login { name } => login(session, name, out),
        AccountCommand::Logout { name } => logout(session, name, out),
    }
}

/// An account on a server that knows its user.
struct Known<'a> {
    source: &'a Source,
    entry: Entry,
    place: &'a Place,
}

fn known<'a>(session: &'a Session<'_>) -> impl Iterator<Item = Known<'a>> {
    session.plan.sources.iter().filter_map(|source| {
        let (entry, place) = source.entry().zip(source.secret.as_ref())?;
        Some(Known { source, entry, place })
    })
}

fn list(session: &Session<'_>, out: &mut Out<'_>) -> Result<(), Failure> {
    let mut any = false;
    for Known { source, entry, place } in known(session) {
        any = true;
        let user = source.spec.login().map_or("", |login| &login.user);
        let server = source.spec.server().unwrap_or_default();
        if out.json {
            let kept = match place {
                Place::Keyring => "keyring",
                Place::Command(_) => "command",
                Place::Credential(_) => "credential",
            };
            let value = json!({
                "account": source.name, "user": user, "server": server,
                "secret": entry.kind.to_string(), "place": kept,
            });
            writeln!(out, "{value}")?;
            continue;
        }
        let kept = match place {
            Place::Keyring => "in the keyring".to_owned(),
            Place::Command(words) => {
                format!("from {}", Shown(words.first().map_or("", String::as_str)))
            }
            Place::Credential(name) => format!("in the credential {}", Shown(name)),
        };
        let (name, user, server) = (Shown(&source.name), Shown(user), Shown(&server));
        writeln!(out, "{name}  {user} at {server}, {} {kept}", entry.kind)?;
    }
    if !any && !out.json {
        writeln!(out, "No account on a server is configured.")?;
    }
    Ok(())
}

fn login(session: &Session<'_>, name: &str, out: &mut Out<'_>) -> Result<(), Failure> {
    let Known { source, entry, .. } = in_keyring(session, name)?;
    let user = source.spec.login().map_or("", |login| &login.user);
    let asked = ask::secret(&format!(
        "{} of {} at {}",
        if entry.kind == secrets::Kind::Token { "Token" } else { "Password" },
        Shown(user),
        Shown(&source.spec.server().unwrap_or_default())
    ));
    let Some(secret) = asked.map_err(|error| Failure::data(Asking(error)))? else {
        return Err(Failure::data("nothing was typed, so nothing is changed"));
    };
    keyring::keep(&entry, &secret).map_err(|why| unrevealed(&why, &source.name))?;
    Ok(writeln!(out, "Stored in the keyring. \"hallway check\" tries it.")?)
}

fn logout(session: &Session<'_>, name: &str, out: &mut Out<'_>) -> Result<(), Failure> {
    let Known { source, entry, .. } = in_keyring(session, name)?;
    let any = keyring::forget(&entry).map_err(|why| unrevealed(&why, &source.name))?;
    let said = if any { "Forgotten." } else { "There was none in the keyring." };
    Ok(writeln!(out, "{said}")?)
}

/// The account somebody named, by its own name or the one that is unique among all.
fn in_keyring<'a>(session: &'a Session<'_>, name: &str) -> Result<Known<'a>, Failure> {
    let wanted = name.to_lowercase();
    let called = |known: &Known<'_>| {
        let whole = known.source.name.to_lowercase();
        whole == wanted || whole.split_once('/').is_some_and(|(_, own)| own == wanted)
    };
    let mut found: Vec<Known<'_>> = known(session).filter(called).collect();
    match (found.pop(), found.as_slice()) {
        (Some(one), []) => match one.place {
            Place::Keyring => Ok(one),
            Place::Command(_) | Place::Credential(_) => {
                let what =
                    format!("the {} of {} is not kept in the keyring", one.entry.kind, Shown(name));
                Err(Failure::data(what)
                    .hint(format!("set {} = {{ keyring = true }} for it to be", one.entry.kind)))
            }
        },
        (Some(last), others) => {
            let mut lines = String::from("say which one:");
            for one in others.iter().chain([&last]) {
                lines += &format!("\n    {}", Shown(&one.source.name));
            }
            Err(Failure::data(format!("several accounts are called {}", Shown(name))).hint(lines))
        }
        (None, _) => {
            let mut lines = String::from("there are:");
            for one in known(session) {
                lines += &format!("\n    {}", Shown(&one.source.name));
            }
            let what = format!("no account on a server is called {}", Shown(name));
            let failure = Failure::data(what);
            match known(session).next() {
                Some(_) => Err(failure.hint(lines)),
                None => Err(failure.hint("add it to the configuration first")),
            }
        }
    }
}

fn unrevealed(why: &Unrevealed, account: &str) -> Failure {
    match why {
        Unrevealed::Locked => Failure::try_again(why.to_string())
            .hint("unlock it, for instance by logging in to the desktop, and try again"),
        Unrevealed::Missing(said) => {
            Failure::new(Kind::Unavailable, format!("{} {said}", Shown(account)))
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("nothing could be read")]
struct Asking(#[source] std::io::Error);
