//! What every door to a server shares: where it is, and what makes it believable.
//!
//! Encryption is the default, an unencrypted connection is refused beyond the machine itself, and
//! there is no way to accept any certificate: a server of one's own is believed by its authority's
//! file or by the fingerprint of its certificate.

mod dial;
mod fault;
pub mod tls;
mod unconnected;

use std::path::PathBuf;
use std::{fmt, io};

use tokio::io::{AsyncRead, AsyncWrite};

pub use dial::{connect, upgrade};
pub use fault::{Fault, Pace};
pub use unconnected::{InClear, Unconnected};

/// What bytes come and go through: a socket, TLS over one, a pair of pipes in a test.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Stream for T {}

/// A connection, encrypted or not, whatever it is made of.
pub type Channel = Box<dyn Stream>;

/// Carries a conversation out, on the thread of the look it belongs to: it shares no connection
/// with other looks, and what it leaves behind ends with it.
///
/// # Errors
///
/// When the system has no more handles to give; that passes.
pub(super) fn alone<T>(conversation: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(conversation);
    // A name that the system is still looking up is not waited for.
    runtime.shutdown_background();
    Ok(outcome)
}

/// A server, as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name or address; certificates are checked against it.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Whom to believe.
    pub trust: Trust,
}

/// Name and port, as the user knows them.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 §3).
    Tls,
    /// TLS after a greeting in the clear, of which nothing is believed (RFC 9051 §6.2.1).
    StartTls,
    /// None; to the machine itself alone.
    Plain,
}

/// Which certificates are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that the system believes.
    System,
    /// Those of the authority in this PEM file, and no others.
    Authority(PathBuf),
    /// The one certificate with this SHA-256 fingerprint, and no other.
    Pin([u8; 32]),
}

/// How the user is known to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The name of the account there.
    pub user: String,
    /// What the secret is.
    pub means: Means,
}

/// What the secret of a login is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A password.
    Password,
    /// An OAuth 2.0 access token (RFC 6750).
    Token,
}
