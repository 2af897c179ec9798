//! What can be wrong with a server, told so that whoever hears it knows what to do.
//!
//! A sentence here never quotes the server: what it says goes to the log, sanitized, because an
//! alert text in a dialog is an invitation to whoever is in the middle. Each fault also says how
//! the source goes on ([`Fault::pace`]): most pass by themselves, a wrong password does not.

use std::time::Duration;

use super::Unconnected;

/// Why a server could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no connection.
    #[error(transparent)]
    Unconnected(#[from] Unconnected),
    /// It does not offer what the configuration asks of it, and nothing less is safe.
    #[error("{0}")]
    Insecure(&'static str),
    /// It knows neither the user nor the secret, or will not have them.
    #[error("refuses user or password; check both, then run \"hallway check\"")]
    Refused,
    /// The keyring is locked.
    #[error("waits for the keyring to be unlocked")]
    Locked,
    /// There is no secret to log in with: what is said of the server, with the remedy.
    #[error("{0}")]
    NoSecret(String),
    /// It has enough of us for now.
    #[error("is too busy or limits how often it may be asked; asked again later")]
    Throttled,
    /// It did not keep to its protocol, or to the limits of what is bearable.
    #[error("does not speak as it should: {0}")]
    Protocol(&'static str),
    /// The connection ended in the middle.
    #[error("closed the connection")]
    Lost,
    /// It did not answer in time.
    #[error("did not answer in time")]
    Silent,
}

/// How a source goes on after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It passes: again after a while, longer each time.
    Later,
    /// The same, and not before so long: the server has asked for it.
    NotBefore(Duration),
    /// It is no failure: again soon, however often.
    Waiting,
    /// It will not pass by itself, and trying again may lock the account: only after the user has
    /// done something.
    Stopped,
}

impl Fault {
    /// How the source goes on.
    pub fn pace(&self) -> Pace {
        match self {
            Self::Locked => Pace::Waiting,
            Self::Refused => Pace::Stopped,
            _ => Pace::Later,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refused_login_stops_an_account() {
        for (fault, pace) in [
            (Fault::Refused, Pace::Stopped),
            (Fault::Locked, Pace::Waiting),
            (Fault::Lost, Pace::Later),
            (Fault::Throttled, Pace::Later),
            (Fault::NoSecret("no such credential".into()), Pace::Later),
        ] {
            assert_eq!(fault.pace(), pace, "{fault}");
        }
    }
}
