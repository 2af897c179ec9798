//! Mail in the words of RFC 5322: who wrote to whom and when, never what.
//!
//! [`Envelope`] is all that Hallway ever knows of a message. There is no field for a subject or a
//! body, and [`header::read`] stops at the first empty line, so neither can enter by accident.
//! Nothing here has an opinion about people: addresses are kept as written (lower case), tags
//! and aliases are folded by [`crate::people`].

pub mod automatic;
mod field;
pub mod header;
mod name;
mod plain;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

pub use automatic::Automatic;

/// An address as RFC 5322 §3.4.1 writes it, `local@domain`, in lower case.
///
/// Exactly one `@`, no blanks, no control characters, at most 254 octets (RFC 5321 §4.5.3.1.3).
/// Cheap to clone. A `+tag` is kept: dropping it is an opinion ([`AddrSpec::identity`]).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddrSpec(Arc<str>);

impl AddrSpec {
    /// Reads an address, with or without a leading `mailto:`; `None` when it is not one. Dots may
    /// stand anywhere in the local part (Japanese carriers hand out such addresses); quoted local
    /// parts and domain literals are refused: nobody is looked after under one.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(plain) = Self::plain(text) {
            return Some(plain);
        }
        let text = text.trim();
        let text = match text.get(..7) {
            Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => text.get(7..)?,
            _ => text,
        };
        let (local, domain) = text.split_once('@')?;
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        let empty_label = domain.is_empty()
            || domain.starts_with('.')
            || domain.ends_with('.')
            || domain.as_bytes().windows(2).any(|pair| pair == b"..");
        if local.is_empty()
            || empty_label
            || text.len() > 254
            || !local.chars().all(is_local)
            || !domain.chars().all(is_domain)
            || (!text.is_ascii() && crate::text::has_hidden(text))
        {
            return None;
        }
        let kept = text.get(..local.len() + 1 + domain.len())?;
        let lower = kept.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        Some(Self(if lower { kept.into() } else { kept.to_lowercase().into() }))
    }

    /// An address as nearly all are: small letters, digits and a few marks of ASCII. The same as the
    /// long way of [`Self::parse`], at a third of the time.
    fn plain(text: &str) -> Option<Self> {
        let fine = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        let (mut at, mut before) = (0, b'.');
        for byte in text.bytes() {
            // Neither side may begin or end with a dot, nor have two of them side by side.
            let apart = matches!(byte, b'.' | b'@');
            match byte {
                b'.' | b'@' if matches!(before, b'.' | b'@') => return None,
                b'@' => at += 1,
                _ if apart || fine(byte) => {}
                _ => return None,
            }
            before = byte;
        }
        (at == 1 && !matches!(before, b'.' | b'@') && text.len() <= 254).then(|| Self(text.into()))
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
        if !text.is_empty() && text.len() <= 998 && text.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Some(Self(text.to_owned()));
        }
        let fine = |c: char| {
            c.is_ascii_graphic() || !(c.is_ascii() || c.is_whitespace() || c.is_control())
        };
        (!text.is_empty() && text.len() <= 998 && text.chars().all(fine))
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

impl FactKey {
    /// The key of a message that has an identifier. Who gives two messages the same one has made
    /// them one fact; that is the sender's claim to make, and costs at most a message of theirs.
    pub fn of_message_id(id: &MessageId) -> Self {
        Self(hash("message-id", [id.as_str().as_bytes()]))
    }

    /// The key of a message without one: its author, its date in whole seconds, and everybody in
    /// To and Cc in any order.
    pub fn of_parts<'a>(
        from: &AddrSpec,
        date: Timestamp,
        recipients: impl IntoIterator<Item = &'a AddrSpec>,
    ) -> Self {
        let mut recipients: Vec<_> = recipients.into_iter().map(AddrSpec::as_str).collect();
        recipients.sort_unstable();
        let date = date.as_second().to_be_bytes();
        let head = [from.as_str().as_bytes(), &date];
        Self(hash("message", head.into_iter().chain(recipients.into_iter().map(str::as_bytes))))
    }
}

/// As 32 hexadecimal digits: what stands for a message that has no identifier.
impl fmt::Display for FactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// The first bytes of a SHA-256 over parts with their lengths, so that no two lists of parts look
/// alike, under a name for the purpose, so that no two purposes do.
fn hash<'a, const N: usize>(purpose: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; N] {
    let mut digest = Sha256::new();
    digest.update(purpose);
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let mut out = [0; N];
    out.iter_mut().zip(digest.finalize()).for_each(|(out, byte)| *out = byte);
    out
}

/// Whether a character may stand in a local part: RFC 5322 `atext`, dots, and the letters of all
/// scripts (RFC 6531).
fn is_local(c: char) -> bool {
    match c {
        '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '\\' | '"' | '@' => false,
        '!'..='~' => true,
        _ => !c.is_ascii() && !c.is_whitespace(),
    }
}

/// Whether a character may stand in a domain, internationalized or not.
fn is_domain(c: char) -> bool {
    use unicode_general_category::{GeneralCategory as G, get_general_category};
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => true,
        _ if c.is_ascii() => false,
        _ => {
            c.is_alphanumeric()
                || matches!(get_general_category(c), G::NonspacingMark | G::SpacingMark)
        }
    }
}

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
    /// Whom a bounce says it could not reach; empty for anything else, and where only its body says.
    pub failed: Vec<AddrSpec>,
    /// Found in a mailbox of sent mail (RFC 6154 `\Sent`, or named like one).
    pub sent: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expect) in [
            ("Jo.Doe@Acme.TEST", Some("jo.doe@acme.test")),
            (" MAILTO:jo+work@acme.test ", Some("jo+work@acme.test")),
            ("jo@acme.test.", Some("jo@acme.test")),
            ("o'brien&co!#$%*/=?^_`{|}~-@x-y.test", Some("o'brien&co!#$%*/=?^_`{|}~-@x-y.test")),
            ("..a..b.@docomo.test", Some("..a..b.@docomo.test")),
            ("Jürgen@Bücher.test", Some("jürgen@bücher.test")),
            ("अजय@डाटा.भारत", Some("अजय@डाटा.भारत")),
            ("root@localhost", Some("root@localhost")),
            ("", None),
            ("jo", None),
            ("@acme.test", None),
            ("jo@", None),
            ("jo@.", None),
            ("jo@.test", None),
            ("jo@acme..test", None),
            ("jo@acme.test..", None),
            ("jo@doe@acme.test", None),
            ("jo doe@acme.test", None),
            ("jo@acme test", None),
            ("\"jo\"@acme.test", None),
            ("jo@[192.0.2.1]", None),
            ("jo,pat@acme.test", None),
            ("jo@acme.test?bcc=x", None),
            ("jo@acme.test/x", None),
            ("j\u{200b}o@acme.test", None),
            ("jo@ac\u{202e}me.test", None),
            ("jo\n@acme.test", None),
        ] {
            let address = AddrSpec::parse(text);
            assert_eq!(address.as_ref().map(AddrSpec::as_str), expect, "{text:?}");
        }
        assert!(AddrSpec::parse(&format!("{}@acme.test", "a".repeat(244))).is_some());
        assert!(AddrSpec::parse(&format!("{}@acme.test", "a".repeat(245))).is_none());
    }

    #[test]
    fn a_tag_is_the_owners_own_note() {
        for (text, identity) in [
            ("jo+work+more@acme.test", "jo@acme.test"),
            ("jo@acme.test", "jo@acme.test"),
            ("+work@acme.test", "+work@acme.test"),
        ] {
            assert_eq!(AddrSpec::parse(text).unwrap().identity().as_str(), identity);
        }
    }

    #[test]
    fn identifiers() {
        for (text, expect) in [
            (" <a@b> ", Some("a@b")),
            ("a@b", Some("a@b")),
            ("<a b@c>", None),
            ("<>", None),
            ("", None),
        ] {
            assert_eq!(MessageId::parse(text).as_ref().map(MessageId::as_str), expect, "{text:?}");
        }
        assert!(MessageId::parse(&"a".repeat(998)).is_some());
        assert!(MessageId::parse(&"a".repeat(999)).is_none());
    }
}
