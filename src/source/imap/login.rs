//! Proving to a server who the user is.
//!
//! The secret is fetched at the last moment, on a thread of its own, since a keyring or a command
//! may take its time, and is gone with the login.

use std::fmt::Write as _;

use rustls::crypto::ring;

use super::Account;
use super::command::Command;
use super::said::{Code, Done};
use super::sasl::{Broken, Exchange, Mechanism, Way, ways};
use super::session::Can;
use super::wire::Wire;
use crate::secret::{Reveal, Secret, Unrevealed};
use crate::source::net::{Fault, Security};

/// Logs in; returns the capabilities if the server tells them along.
pub(super) async fn login(
    wire: &mut Wire,
    can: &Can,
    account: &Account,
    reveal: Option<&Reveal>,
) -> Result<Option<Vec<String>>, Fault> {
    let encrypted = account.server.security != Security::Plain;
    let offers = |name: &str| can.all.iter().any(|one| one.eq_ignore_ascii_case(name));
    let ways = ways(offers, account.login.means, encrypted)?;
    let secret = secret(reveal).await?;
    let mut refused = Fault::Refused;
    for way in ways {
        let done = match way {
            Way::Login => {
                let command = Command::Login { user: &account.login.user, password: &secret };
                wire.run(&command, |_| Ok(())).await?
            }
            Way::Authenticate(mechanism) => {
                authenticate(wire, can, account, mechanism, &secret).await?
            }
        };
        refused = match done.code {
            Some(Code::Capabilities(known)) if done.ok => return Ok(Some(known)),
            _ if done.ok => return Ok(None),
            Some(Code::Throttled) => return Err(Fault::Throttled),
            Some(Code::PrivacyRequired) => {
                Fault::Insecure("lets nobody log in without encryption; set security = \"tls\"")
            }
            _ => Fault::Refused,
        };
    }
    Err(refused)
}

/// One AUTHENTICATE, challenge by challenge.
async fn authenticate(
    wire: &mut Wire,
    can: &Can,
    account: &Account,
    mechanism: Mechanism,
    secret: &Secret,
) -> Result<Done, Fault> {
    let mut exchange =
        Exchange::new(mechanism, &account.server, &account.login, secret, &nonce()?)?;
    let initial = if can.sasl_ir { exchange.initial() } else { None };
    let tag = wire.send(&Command::Authenticate { mechanism, initial: initial.as_ref() }).await?;
    let mut broken = None;
    while let Some(challenge) = wire.challenge(&tag).await? {
        let answer = match broken {
            None => exchange.respond(&challenge),
            Some(broken) => return Err(Fault::from(broken)),
        };
        match answer {
            Ok(answer) => wire.send(&Command::Respond(&answer)).await?,
            Err(why) => {
                broken = Some(why);
                // RFC 9051 §6.2.2: how an exchange is called off.
                wire.send(&Command::Respond(&Secret::new("*".to_owned()))).await?
            }
        };
    }
    let done = wire.finish(&tag, |_| Ok(())).await?;
    match broken {
        None | Some(Broken::Denied) if !done.ok => Ok(done),
        Some(broken) => Err(broken.into()),
        None => exchange.proved().map(|()| done).map_err(Fault::from),
    }
}

/// 24 bytes that nobody can guess, as text.
fn nonce() -> Result<String, Fault> {
    let mut bytes = [0; 24];
    let filled = ring::default_provider().secure_random.fill(&mut bytes);
    filled.map_err(|_| Fault::Protocol("this machine has no randomness to log in with"))?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// The secret of the account.
async fn secret(reveal: Option<&Reveal>) -> Result<Secret, Fault> {
    let Some(reveal) = reveal.cloned() else {
        return Err(Fault::NoSecret("has no secret in the configuration; add password".to_owned()));
    };
    let revealed = tokio::task::spawn_blocking(move || reveal()).await;
    match revealed {
        Ok(Ok(secret)) => Ok(secret),
        Ok(Err(Unrevealed::Locked)) => Err(Fault::Locked),
        Ok(Err(Unrevealed::Missing(why))) => Err(Fault::NoSecret(why)),
        Err(_) => Err(Fault::NoSecret("its secret could not be fetched".to_owned())),
    }
}
