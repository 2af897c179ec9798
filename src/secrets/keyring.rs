//! The keyring of the desktop: the Secret Service of GNOME, KDE, KeePassXC and others.
//!
//! Items carry the attributes `app`, `account` and `kind`, so that `secret-tool` finds and stores
//! them too; the label says whose password it is and nothing secret. Looking never unlocks and
//! never prompts: a locked keyring is a state to wait in ([`Unrevealed::Locked`]), as after an
//! automatic login. `oo7::Keyring` was not taken for the same reason, for it makes a keyring,
//! prompting, where there is none.
//!
//! Any program of the user can read an unlocked keyring; that is its design (CVE-2018-19358), and
//! the README says so.

use std::collections::HashMap;
use std::time::Duration;

use oo7::dbus::{Collection, Error, Service, ServiceError};

use super::{Entry, missing, wait};
use crate::secret::{Secret, Unrevealed};
use crate::text::Shown;

/// How long a keyring may take that asks nobody.
const LIMIT: Duration = Duration::from_secs(15);
/// How long a person may take to unlock it.
const PATIENCE: Duration = Duration::from_secs(180);

/// Looks a secret up. Asks nobody.
pub(super) fn find(entry: &Entry) -> Result<Secret, Unrevealed> {
    settled(wait(LIMIT, look(entry)), entry)
}

/// Keeps a secret in place of what was kept before. Unlocks or makes the keyring first, where the
/// desktop asks the user for its password: only for somebody who is there.
///
/// # Errors
///
/// When there is no keyring, or the user does not want to.
pub fn keep(entry: &Entry, secret: &Secret) -> Result<(), Unrevealed> {
    let kept = wait(PATIENCE, async {
        let service = Service::new().await?;
        let collection = service.default_collection().await?;
        if collection.is_locked().await? {
            collection.unlock(None).await?;
        }
        let label = format!("Hallway: {} of {}", entry.kind, entry.account);
        // a Blob would be shown as unreadable by those who look
        let text = oo7::Secret::text(secret.reveal());
        collection.create_item(&label, &attributes(entry), text, true, None).await?;
        Ok(())
    });
    settled(kept, entry)
}

/// Forgets a secret; whether there was one.
///
/// # Errors
///
/// As [`keep`].
pub fn forget(entry: &Entry) -> Result<bool, Unrevealed> {
    let forgotten = wait(PATIENCE, async {
        let service = Service::new().await?;
        let mut any = false;
        for collection in service.collections().await? {
            for item in collection.search_items(&attributes(entry)).await? {
                item.delete(None).await?;
                any = true;
            }
        }
        Ok(any)
    });
    settled(forgotten, entry)
}

/// What can be in the way.
enum Trouble {
    Nothing,
    Locked,
    Slow,
    Failed(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Service(ServiceError::IsLocked(_)) => Self::Locked,
            other => Self::Failed(other),
        }
    }
}

async fn look(entry: &Entry) -> Result<Secret, Trouble> {
    let service = Service::new().await?;
    let default = service.with_alias(Service::DEFAULT_COLLECTION).await?;
    let others = service.collections().await?;
    let mut locked = locked(default.as_ref()).await?;
    for collection in default.into_iter().chain(others) {
        for item in collection.search_items(&attributes(entry)).await? {
            if item.is_locked().await? {
                locked = true;
                continue;
            }
            let secret = item.secret().await?;
            let text = String::from_utf8(secret.as_bytes().to_vec());
            return text.map(Secret::new).map_err(|_| Trouble::Nothing);
        }
    }
    // Some keyrings tell nothing of what is in them while they are locked.
    Err(if locked { Trouble::Locked } else { Trouble::Nothing })
}

async fn locked(collection: Option<&Collection>) -> Result<bool, Trouble> {
    match collection {
        Some(collection) => Ok(collection.is_locked().await?),
        None => Ok(false),
    }
}

fn attributes(entry: &Entry) -> HashMap<String, String> {
    [("app", "hallway"), ("account", &entry.account), ("kind", &entry.kind.to_string())]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn settled<T>(
    done: std::io::Result<Option<Result<T, Trouble>>>,
    entry: &Entry,
) -> Result<T, Unrevealed> {
    let Entry { account, kind } = entry;
    let trouble = match done {
        Ok(Some(Ok(done))) => return Ok(done),
        Ok(Some(Err(trouble))) => trouble,
        Ok(None) => Trouble::Slow,
        Err(error) => Trouble::Failed(Error::IO(error)),
    };
    Err(match trouble {
        Trouble::Locked => Unrevealed::Locked,
        Trouble::Nothing => missing(format!(
            "has no {kind} in the keyring; store it with \"hallway account login {}\"",
            Shown(account)
        )),
        Trouble::Slow => missing(format!(
            "gets no {kind}: the keyring does not answer; log in to the desktop again"
        )),
        Trouble::Failed(Error::Dismissed) => {
            missing(format!("has no {kind} in the keyring, for it was not unlocked; try again"))
        }
        Trouble::Failed(error) => {
            tracing::debug!(%error, "no keyring");
            missing(format!(
                "gets no {kind}: there is no keyring here; use {{ command = … }} or \
                 {{ credential = … }} in its place"
            ))
        }
    })
}
