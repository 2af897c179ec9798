//! Mail in the words of RFC 5322: who wrote to whom and when, never what.
//!
//! [`Envelope`] is all that Hallway ever knows of a message. There is no field for a subject or a
//! body, and [`header::read`] stops at the first empty line, so neither can enter by accident.
//! Nothing here has an opinion about people: addresses are kept as written (lower case), tags
//! and aliases are folded by [`crate::people`].

pub mod automatic;
pub mod header;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

pub use automatic::Automatic;

/// An address as RFC 5322 §3.4.1 writes it, `local@domain`, in lower case.
///
/// Exactly one `@`, no blanks, no control characters, at most 254 octets (RFC 5321 §4.5.3.1.3).
/// Cheap to clone. A `+tag` is kept: dropping it is an opinion ([`AddrSpec::identity`]).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddrSpec(Arc<str>);

impl AddrSpec {
    /// Reads an address, with or without a leading `mailto:`; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = match text.get(..7) {
            Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => text.get(7..)?,
            _ => text,
        };
        let (local, domain) = text.split_once('@')?;
        let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"".contains(c);
        if local.is_empty()
            || domain.is_empty()
            || text.len() > 254
            || domain.contains('@')
            || text.contains(odd)
            || crate::text::has_hidden(text)
        {
            return None;
        }
        let domain = domain.trim_end_matches('.');
        if domain.is_empty() || domain.starts_with('.') || domain.contains("..") {
            return None;
        }
        Some(Self(format!("{local}@{domain}").to_lowercase().into()))
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address without its `+tag` (RFC 5233): the same mailbox for whoever owns it.
    pub fn identity(&self) -> Self {
        match self.local().split_once('+') {
            Some((local, _)) if !local.is_empty() => {
                Self(format!("{local}@{}", self.domain()).into())
            }
            _ => self.clone(),
        }
    }
}

impl fmt::Display for AddrSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AddrSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

/// A mailbox, RFC 5322 §3.4: an address and the name its writer gave it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mailbox {
    /// The address.
    pub addr_spec: AddrSpec,
    /// The display name, decoded (RFC 2047), at most 128 characters; `None` when there was none
    /// or it was only the address again.
    pub display_name: Option<String>,
}

/// A message identifier, RFC 5322 §3.6.4, without its angle brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// Trims brackets and blanks; `None` for an empty one, one with blanks inside or one longer
    /// than 998 octets.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('<').trim_end_matches('>').trim();
        let odd = |c: char| c.is_whitespace() || c.is_control();
        (!text.is_empty() && text.len() <= 998 && !text.contains(odd))
            .then(|| Self(text.to_owned()))
    }

    /// The identifier without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What makes two copies of a message one fact: a hash of its Message-ID, or, where there is
/// none, of sender, date in seconds and the sorted recipients (To and Cc).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactKey(pub [u8; 16]);

/// What Hallway keeps of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The identity of the fact.
    pub key: FactKey,
    /// Message-ID, RFC 5322 §3.6.4; `None` when missing or unusable.
    pub message_id: Option<MessageId>,
    /// Hash of the first entry of References, else of In-Reply-To, else of the Message-ID itself:
    /// equal for the messages of one thread. `None` without any of the three.
    pub thread: Option<u64>,
    /// Date, RFC 5322 §3.6.1; replaced by the topmost Received, then by the file's time, when it
    /// is before 1990 or more than a day after the message was received.
    pub date: Timestamp,
    /// From, RFC 5322 §3.6.2. A message with none or with several authors is skipped.
    pub from: Mailbox,
    /// To, RFC 5322 §3.6.3. Members of groups are listed singly.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Bcc; only present in one's own copies.
    pub bcc: Vec<Mailbox>,
    /// Why this was not written by a human to a human; `None` for ordinary mail.
    pub automatic: Option<Automatic>,
    /// Found in a mailbox of sent mail (RFC 6154 `\Sent`, or named like one).
    pub sent: bool,
}
