//! Real mail servers on loopback for the length of a test: Dovecot as installed, Cyrus and Courier
//! unpacked by `tests/run`, because Debian lets no two of them be installed together. Beside them
//! a client that changes what they hold, a relay that listens and breaks, and a server that lies.
//!
//! Each runs as one ordinary user, who is `nobody` when the tests run as root: Cyrus refuses root,
//! and mail belongs to users. Ready is who greets; nothing sleeps and hopes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests fail like tests"
)]

pub(crate) mod client;
pub(crate) mod courier;
pub(crate) mod cyrus;
pub(crate) mod dovecot;
pub(crate) mod evil;
pub(crate) mod process;
pub(crate) mod relay;
mod standing;

use std::time::SystemTime;

use client::Client;

/// The one user every server knows.
pub(crate) const USER: &str = "alice";
/// With a space, a quote and a backslash, which have to be quoted.
pub(crate) const PASSWORD: &str = r#"won der"land\"#;

/// A message to be delivered: where it goes, when it came, and what it says, in lines that end
/// with LF.
pub(crate) struct Letter {
    pub(crate) mailbox: String,
    pub(crate) date: String,
    pub(crate) text: Vec<u8>,
}

/// A message that a server has.
pub(crate) struct Kept {
    /// The mailbox as the rest of the world calls it: `INBOX`, `Sent`, `Projects/Acme`.
    pub(crate) mailbox: String,
    /// Its bytes.
    pub(crate) message: Vec<u8>,
    /// What the server says as INTERNALDATE.
    pub(crate) received: SystemTime,
}

/// What tests want of a real server.
pub(crate) trait Server {
    /// Where it listens without TLS.
    fn port(&self) -> u16;
    /// A mailbox as this server calls it.
    fn name(&self, mailbox: &str) -> String;
    /// Every message it has.
    fn kept(&self) -> Vec<Kept>;
    /// Whatever a careless reader would have changed: flags, and what is new.
    fn traces(&self) -> Vec<String>;
    /// Ends it, with every connection.
    fn stop(&mut self);
    /// Starts it again, at the same port.
    fn start(&mut self);

    /// Another mail program of the same user.
    fn client(&self) -> Client {
        Client::login(self.port(), USER, PASSWORD)
    }
}
