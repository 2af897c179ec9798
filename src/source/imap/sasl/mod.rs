//! Proving who one is: which ways a server offers, and what is said in each (RFC 4422).
//!
//! Pure: lines in, lines out; the nonce is an argument. What is said is base64 as IMAP carries it
//! (RFC 9051 §6.2.2) and [`Secret`], for most of it is a password.
//!
//! On a connection that is not encrypted only the strongest way is offered and nothing after it;
//! there, LOGINDISABLED and missing mechanisms are the server's word that it wants no password.
//! CRAM-MD5, DIGEST-MD5 and NTLM are left out: inside TLS they protect nothing, and outside of it
//! too little. SCRAM-SHA-256-PLUS would bind to the TLS channel; no server met so far offers it
//! alone.

mod scram;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::source::net::{Fault, Login, Means, Server};
use scram::Scram;

/// A way to prove who one is, by its registered name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// Never standardized, and all that some servers offer.
    Login,
    /// RFC 7677.
    ScramSha256,
    /// Google's, before RFC 7628.
    XOAuth2,
    /// RFC 7628.
    OAuthBearer,
}

impl Mechanism {
    /// Its name, as in `AUTH=NAME`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::XOAuth2 => "XOAUTH2",
            Self::OAuthBearer => "OAUTHBEARER",
        }
    }
}

/// A command that logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// AUTHENTICATE with a mechanism.
    Authenticate(Mechanism),
    /// LOGIN (RFC 9051 §6.2.3).
    Login,
}

/// The ways to try, best first; the next one only after the one before was refused, and there are
/// two at most: a server may know SCRAM and yet hold this user's password in a form that SCRAM
/// cannot use. `offers` says whether the server has a capability, whatever its case.
///
/// # Errors
///
/// When the server takes nothing that may be said on this connection.
pub fn ways(
    offers: impl Fn(&str) -> bool,
    means: Means,
    encrypted: bool,
) -> Result<Vec<Way>, Fault> {
    let has = |mechanism: Mechanism| offers(&format!("AUTH={}", mechanism.name()));
    let first = |mechanisms: &[Mechanism]| {
        mechanisms.iter().copied().find(|one| has(*one)).map(Way::Authenticate)
    };
    match means {
        Means::Token => match first(&[Mechanism::OAuthBearer, Mechanism::XOAuth2]) {
            Some(way) => Ok(vec![way]),
            None => Err(Fault::Insecure(
                "takes no token (neither OAUTHBEARER nor XOAUTH2); give a password in place of it",
            )),
        },
        Means::Password => {
            let strong = first(&[Mechanism::ScramSha256]);
            let bare = first(&[Mechanism::Plain])
                .or_else(|| (!offers("LOGINDISABLED")).then_some(Way::Login))
                .or_else(|| first(&[Mechanism::Login]))
                .filter(|_| encrypted || strong.is_none());
            let ways: Vec<Way> = strong.into_iter().chain(bare).collect();
            match (ways.is_empty(), encrypted) {
                (false, _) => Ok(ways),
                (true, false) => Err(Fault::Insecure(
                    "takes no password on an unencrypted connection; set security = \"tls\"",
                )),
                (true, true) => Err(Fault::Insecure(
                    "takes no password by any way known here; ask whoever runs it for PLAIN or \
                     SCRAM-SHA-256",
                )),
            }
        }
    }
}

/// What went wrong while logging in, other than a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The user, password or token cannot be said in this way.
    #[error("user, password or token holds characters that no login can carry")]
    Unsayable,
    /// A challenge that makes no sense at its place.
    #[error("asks for what it should not at login")]
    Challenge,
    /// It asks for more work than any honest server, or for so little that the password would lie
    /// open.
    #[error("asks for an unreasonable amount of work at login")]
    Iterations,
    /// The server says that it refuses; its NO is to follow.
    #[error("refuses the login")]
    Denied,
    /// The server does not know the password either: it is not who it says.
    #[error("cannot prove that it knows the password itself, and is not believed")]
    Unproved,
}

impl From<Broken> for Fault {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Denied => Self::Refused,
            Broken::Unsayable => Self::NoSecret(format!("cannot be logged in to: the {broken}")),
            Broken::Challenge => Self::Protocol("it asks for what it should not at login"),
            Broken::Iterations => {
                Self::Protocol("it asks for an unreasonable amount of work at login")
            }
            Broken::Unproved => {
                Self::Protocol("it cannot prove that it knows the password, and is not believed")
            }
        }
    }
}

/// One login, step by step: [`Exchange::initial`] goes with the command where the server takes it
/// (SASL-IR), every challenge is answered by [`Exchange::respond`], and the server's OK counts only
/// if [`Exchange::proved`] agrees.
#[derive(Debug)]
pub struct Exchange {
    talk: Talk,
    begun: bool,
}

#[derive(Debug)]
enum Talk {
    /// One message says everything.
    Once(Secret),
    /// Two answers to two questions; the questions differ, their order does not.
    Asked {
        user: Secret,
        password: Secret,
        answered: u8,
    },
    /// A token, and what ends the talk when the server explains why not.
    Token {
        said: Secret,
        end: &'static str,
        refused: bool,
    },
    Scram(Box<Scram>),
}

impl Exchange {
    /// Begins. The nonce is printable ASCII without a comma, of 18 random bytes or more.
    ///
    /// # Errors
    ///
    /// When user or secret hold what cannot be said.
    pub fn new(
        mechanism: Mechanism,
        server: &Server,
        login: &Login,
        secret: &Secret,
        nonce: &str,
    ) -> Result<Self, Broken> {
        let (user, said) = (login.user.as_str(), secret.reveal());
        let clean = |text: &str| !text.is_empty() && !text.contains(['\0', '\r', '\n', '\u{1}']);
        if !(clean(user) && clean(said)) {
            return Err(Broken::Unsayable);
        }
        let secret = |text: String| Secret::new(text);
        let talk = match mechanism {
            Mechanism::Plain => Talk::Once(secret(format!("\0{user}\0{said}"))),
            Mechanism::Login => {
                let (user, password) = (secret(user.into()), secret(said.into()));
                Talk::Asked { user, password, answered: 0 }
            }
            Mechanism::XOAuth2 => {
                let said = secret(format!("user={user}\u{1}auth=Bearer {said}\u{1}\u{1}"));
                Talk::Token { said, end: "", refused: false }
            }
            Mechanism::OAuthBearer => {
                let user = scram::escaped(user);
                let Server { host, port, .. } = server;
                let said = secret(format!(
                    "n,a={user},\u{1}host={host}\u{1}port={port}\u{1}auth=Bearer {said}\u{1}\u{1}"
                ));
                Talk::Token { said, end: "\u{1}", refused: false }
            }
            Mechanism::ScramSha256 => Talk::Scram(Box::new(Scram::new(user, said, nonce)?)),
        };
        Ok(Self { talk, begun: false })
    }

    /// What may go with the command; `None` where the server has to ask first.
    pub fn initial(&mut self) -> Option<Secret> {
        let said = match &self.talk {
            Talk::Once(said) | Talk::Token { said, .. } => encoded(said.reveal()),
            Talk::Scram(scram) => encoded(&scram.first()),
            Talk::Asked { .. } => return None,
        };
        self.begun = true;
        Some(said)
    }

    /// The answer to a challenge, which is what follows `+ ` on its line.
    ///
    /// # Errors
    ///
    /// When the challenge makes no sense: then cancel with `*`.
    pub fn respond(&mut self, challenge: &str) -> Result<Secret, Broken> {
        if let Talk::Asked { user, password, answered } = &mut self.talk {
            *answered += 1;
            return match *answered {
                1 => Ok(encoded(user.reveal())),
                2 => Ok(encoded(password.reveal())),
                _ => Err(Broken::Challenge),
            };
        }
        if !self.begun {
            // Some servers write a greeting where nothing belongs.
            return self.initial().ok_or(Broken::Challenge);
        }
        match &mut self.talk {
            Talk::Token { refused: refused @ false, end, .. } => {
                *refused = true;
                Ok(encoded(end))
            }
            Talk::Scram(scram) => {
                let challenge = BASE64.decode(challenge.trim()).map_err(|_| Broken::Challenge)?;
                let challenge = String::from_utf8(challenge).map_err(|_| Broken::Challenge)?;
                scram.answer(&challenge).map(|said| encoded(&said))
            }
            Talk::Once(_) | Talk::Asked { .. } | Talk::Token { .. } => Err(Broken::Challenge),
        }
    }

    /// Whether the server's OK may be believed.
    ///
    /// # Errors
    ///
    /// When the way taken has the server prove itself, and it has not.
    pub fn proved(&self) -> Result<(), Broken> {
        match &self.talk {
            Talk::Scram(scram) if !scram.proved() => Err(Broken::Unproved),
            _ => Ok(()),
        }
    }
}

fn encoded(said: &str) -> Secret {
    let mut text = Zeroizing::new(String::with_capacity(said.len() * 4 / 3 + 4));
    BASE64.encode_string(said, &mut text);
    Secret::new(std::mem::take(&mut text))
}
