//! Asking a web server, and what may be asked.
//!
//! `Client` is the only way to a web server: it knows three methods (`Method`), GET, PROPFIND and
//! REPORT, and none of them changes anything there. A credential goes to the origin (scheme, name
//! and port) that the user typed and to no other, whatever a server answers: the header is only made
//! once the place is known to be that origin. Redirections are followed by hand for this reason, few
//! of them, never from https to http and never from the internet into the network at home.
//!
//! Whatever comes back has limits ([`Limits`]): how long to wait for the first byte, for the next
//! one, for all of them, and how many there may be after unpacking. Bodies come in pieces, so that
//! whoever reads them can refuse early and need not hold them.

mod address;
mod answer;
mod client;
mod error;
mod feed;
mod resolve;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::net::{Unconnected, alone};

pub use address::{Address, Unusable};
pub(in crate::source) use answer::Answer;
pub(in crate::source) use client::{Client, Method, Question};
pub use error::{Error, Fault};
pub(in crate::source) use feed::scan as scan_feed;

/// How much of our time and memory a server may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To connect.
    pub connect: Duration,
    /// From the question to the head of the answer. A small server that sees a large calendar for
    /// the first time thinks for a minute and more.
    pub head: Duration,
    /// Between two pieces of the answer.
    pub quiet: Duration,
    /// From the head to the end of an answer that comes slower than [`Self::PACE`].
    pub slow: Duration,
    /// From the head to the end of any answer.
    pub whole: Duration,
    /// Bytes of an answer, unpacked.
    pub size: u64,
}

/// Carries a conversation with a server out.
///
/// # Errors
///
/// Those of the conversation.
pub(in crate::source) fn fetch<T>(
    home: &Address,
    conversation: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    alone(conversation)
        .map_err(|error| Fault::from(Unconnected::Other(error.to_string())).at(home))?
}

impl Limits {
    /// Bytes a second below which an answer counts as slow.
    pub const PACE: u64 = 4_096;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            head: Duration::from_secs(110),
            quiet: Duration::from_secs(30),
            slow: Duration::from_secs(60),
            whole: Duration::from_secs(300),
            size: 128 << 20,
        }
    }
}
