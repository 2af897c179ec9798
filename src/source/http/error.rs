//! Why a web server did not give what it was asked for.
//!
//! Variants go by what happens next: some need the user, some need time. The server is always
//! named, by its origin alone: the rest of an address may be a secret.

use std::time::Duration;

use super::Address;
use crate::secret::Unrevealed;
use crate::source::net::tls::Unprepared;
use crate::source::net::{Pace, Unconnected};

/// A failure, and whose.
#[derive(Debug, thiserror::Error)]
#[error("{server} {fault}")]
pub struct Error {
    /// Scheme, name and port.
    pub server: String,
    /// What went wrong: a sentence whose subject is the server.
    pub fault: Fault,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection came about, or it broke.
    #[error(transparent)]
    Unconnected(#[from] Unconnected),
    /// The keyring is locked.
    #[error("waits for the keyring to be unlocked")]
    Locked,
    /// There is no secret to log in with: what is said of the server, with the remedy.
    #[error("{0}")]
    NoSecret(String),
    /// 401: the credential is wrong, or one is needed. The user has to act.
    #[error("{0}")]
    Login(&'static str),
    /// 403: this user may not.
    #[error("does not let this user see what is at this address; check `url` and `user`")]
    Forbidden,
    /// 404, 410: there is nothing at this address.
    #[error("has nothing at this address; check `url`")]
    NotFound,
    /// 429 or 503: it asks to be left alone for so long.
    #[error("is too busy or limits how often it may be asked; asked again later")]
    Busy {
        /// As it says (RFC 9110 §10.2.3), a minute to a day.
        wait: Duration,
    },
    /// Another status.
    #[error("answers with status {0}; asked again later")]
    Status(u16),
    /// It sends us where we do not go.
    #[error("sends us {0}; check `url`")]
    Redirect(&'static str),
    /// It names another server, which nobody has trusted with the credential.
    #[error("says that the calendars are at {0}; if that is right, give that address as `url`")]
    Elsewhere(String),
    /// It takes longer or says more than we can bear.
    #[error("{0}")]
    TooMuch(&'static str),
    /// What it says is not what the standard says.
    #[error("{0}")]
    Protocol(&'static str),
}

impl Fault {
    /// This fault of the server at an address.
    pub(in crate::source) fn at(self, address: &Address) -> Error {
        Error { server: address.origin(), fault: self }
    }

    /// How the source goes on. What only the user can change is not tried again: a server counts
    /// wrong logins, and locks accounts.
    pub fn pace(&self) -> Pace {
        match self {
            Self::Locked => Pace::Waiting,
            Self::Login(_) => Pace::Stopped,
            Self::Busy { wait } => Pace::NotBefore(*wait),
            _ => Pace::Later,
        }
    }

    /// What became of a connection, in the words all doors share.
    pub(super) fn of(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let fault = Unconnected::of(&error);
        fault.unwrap_or_else(|| Unconnected::Other(error.to_string())).into()
    }
}

impl From<Unprepared> for Fault {
    fn from(why: Unprepared) -> Self {
        Unconnected::Unprepared(why).into()
    }
}

impl From<Unrevealed> for Fault {
    fn from(why: Unrevealed) -> Self {
        match why {
            Unrevealed::Locked => Self::Locked,
            Unrevealed::Missing(what) => Self::NoSecret(what),
        }
    }
}
