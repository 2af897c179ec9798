//! A password or token on its way from where it is kept to the server it belongs to.
//!
//! [`Secret`] never prints what it holds and is wiped when dropped. Who keeps it ([`Place`]) is
//! configuration; fetching it is [`Reveal`]'s, which the doors to servers call each time they log
//! in, so that none of them knows a keyring and none keeps a password for longer than one login.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A password or token.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes what must not be seen.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// What it is, for the one who sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where a secret is kept; never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The Secret Service, under the account it belongs to.
    Keyring,
    /// The first line that this command prints: the program and its arguments, no shell.
    Command(Vec<String>),
    /// A systemd credential of this name (`LoadCredential=`).
    Credential(String),
}

/// Why there is no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unrevealed {
    /// The keyring is locked: wait until the user opens it, it is no failure.
    #[error("the keyring is locked")]
    Locked,
    /// There is none, or it could not be read: a sentence for the user, with the remedy.
    #[error("{0}")]
    Missing(String),
}

/// Fetches a secret; may take as long as a command runs, so never on the loop.
pub type Reveal = Arc<dyn Fn() -> Result<Secret, Unrevealed> + Send + Sync>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        let secret = Secret::new("correct horse".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_eq!(secret.reveal(), "correct horse");
    }
}
