//! Header bytes to [`Envelope`].
//!
//! Our own scanner (`field`) picks the wanted fields and keeps the limits; `mail-parser`
//! gets the bodies of the address and date fields, one at a time, and never sees another byte. It
//! parses those better than anything written in a day would. Handing it a head rebuilt from the
//! wanted fields was the alternative: the same result for a copy and a map of headers more. What is
//! written as nearly everything is (`plain`) does not need it.
//!
//! From is a claim: whatever a reader could take for another author than the one we name (two
//! authors, two addresses run together, an address made by decoding) makes the message one that
//! is skipped. Parser traps mended here: a zone written `GMT+02:00` lost its offset, a date without
//! seconds or without a zone was none.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Timestamp};
use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, Address, HeaderValue};

use super::field::{Field, Fields, comments_too_deep};
use super::{
    AddrSpec, Automatic, Envelope, FactKey, Mailbox, MessageId, automatic, hash, name, plain,
};

pub use super::field::{MAX_HEAD, split_head};

/// The most recipients a message may have.
pub const MAX_ADDRESSES: usize = 500;

/// What is known of a message besides its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When it was received as far as the mailbox tells: the file's time, INTERNALDATE.
    pub received: Timestamp,
    /// Whether it lies in a mailbox of sent mail.
    pub sent: bool,
}

/// Reads a head, up to the first empty line. The error is the reason to skip the message, a fixed
/// phrase. A panic of the parser is such a reason, not a fault.
pub fn read(head: &[u8], seen: Seen) -> Result<Envelope, &'static str> {
    // Nothing that a panic could leave half done is shared with the closure.
    catch_unwind(AssertUnwindSafe(|| envelope(head, seen)))
        .unwrap_or(Err("the header parser failed"))
}

fn envelope(head: &[u8], seen: Seen) -> Result<Envelope, &'static str> {
    let fields = Fields::scan(head)?;
    if fields.iter().next().is_none() {
        return Err("no header");
    }
    let from = author(&fields)?;
    let sender = Mailboxes::read(fields.first(Field::Sender))?;
    let to = Mailboxes::read(fields.all(Field::To))?;
    let cc = Mailboxes::read(fields.all(Field::Cc))?;
    let bcc = Mailboxes::read(fields.all(Field::Bcc))?;
    if to.claimed + cc.claimed + bcc.claimed > MAX_ADDRESSES {
        return Err("too many addresses");
    }
    let (to, cc, bcc) = (to.usable, cc.usable, bcc.usable);

    let written = fields.first(Field::Date).and_then(date);
    let received = fields.first(Field::Received).and_then(last_clause).and_then(date);
    let settled = settle(written, received, seen.received);
    let message_id = fields.all(Field::MessageId).find_map(first_id);
    let key = match &message_id {
        Some(id) => FactKey::of_message_id(id),
        None => {
            let everybody = to.iter().chain(&cc).map(|mailbox| &mailbox.addr_spec);
            FactKey::of_parts(&from.addr_spec, written.unwrap_or(settled), everybody)
        }
    };
    let parent = fields
        .all(Field::References)
        .find_map(first_id)
        .or_else(|| fields.all(Field::InReplyTo).find_map(first_id));
    let thread = parent
        .as_ref()
        .or(message_id.as_ref())
        .map(|root| u64::from_be_bytes(hash("thread", [root.as_str().as_bytes()])));
    let sender = sender.usable.first().map(|mailbox| &mailbox.addr_spec);
    let automatic = automatic::sign(&fields, &from.addr_spec, sender);
    let failed = match automatic {
        Some(Automatic::Bounce) => Mailboxes::read(fields.all(Field::FailedRecipients))?.usable,
        _ => Vec::new(),
    };
    let failed = failed.into_iter().take(MAX_ADDRESSES).map(|mailbox| mailbox.addr_spec).collect();
    let (date, sent) = (settled, seen.sent);
    Ok(Envelope { key, message_id, thread, date, from, to, cc, bcc, automatic, failed, sent })
}

/// The one author. RFC 5322 §3.6.2 allows several, but then nobody can say who wrote.
fn author(fields: &Fields<'_>) -> Result<Mailbox, &'static str> {
    let mut bodies = fields.all(Field::From);
    let body = bodies.next().ok_or("no author")?;
    if bodies.next().is_some() {
        return Err("several authors");
    }
    let mut authors = Mailboxes::read([body])?;
    match (authors.claimed, authors.usable.pop()) {
        (0, _) => Err("no author"),
        (1, Some(author)) => Ok(author),
        (1, None) => Err("author without a usable address"),
        _ => Err("several authors"),
    }
}

/// What address fields hold.
#[derive(Debug, Default, PartialEq)]
struct Mailboxes {
    /// The mailboxes with an address that is one.
    usable: Vec<Mailbox>,
    /// How many there are of all that claim to have an address.
    claimed: usize,
}

impl Mailboxes {
    /// Reads the bodies of fields, several of a kind as one.
    fn read<'a>(bodies: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, &'static str> {
        let mut mailboxes = Self::default();
        for body in bodies {
            if mailboxes.add_plain(body).is_none() {
                mailboxes.add_parsed(body)?;
            }
        }
        Ok(mailboxes)
    }

    /// Takes in a field that is written plainly; `None`, and nothing taken in, when it is not.
    fn add_plain(&mut self, body: &[u8]) -> Option<()> {
        let before = self.usable.len();
        let read = plain::mailboxes(body, |entry| {
            let addr_spec = AddrSpec::parse(entry.address)?;
            let display_name = entry.name.and_then(|name| name::clean(name, &addr_spec));
            self.usable.push(Mailbox { addr_spec, display_name });
            Some(())
        });
        match read {
            Some(()) => self.claimed += self.usable.len() - before,
            None => self.usable.truncate(before),
        }
        read
    }

    /// Takes in a field in any of the ways that RFC 5322 and its readers know.
    fn add_parsed(&mut self, body: &[u8]) -> Result<(), &'static str> {
        if memchr::memchr(b'(', body).is_some() && comments_too_deep(body) {
            return Err("comments nested too deep");
        }
        let mut rest = body;
        match MessageStream::new(body).parse_address() {
            HeaderValue::Address(Address::List(list)) => self.add(&list, &mut rest),
            HeaderValue::Address(Address::Group(groups)) => {
                groups.iter().for_each(|group| self.add(&group.addresses, &mut rest));
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes in what was parsed of a field; `rest` is what is left of the field itself.
    fn add(&mut self, list: &[Addr<'_>], rest: &mut &[u8]) {
        // Programs that do not quote write `Doe, Jane <jane@acme.test>`: the first half comes as a
        // name without an address.
        let mut family = None;
        for entry in list {
            let given = entry.name.as_deref();
            let Some(address) = &entry.address else {
                family = given.filter(|name| !name.contains('@'));
                self.claimed += usize::from(given.is_some_and(|name| name.contains('@')));
                continue;
            };
            self.claimed += 1;
            let family = family.take();
            let address = without_route(address);
            if self.claimed > MAX_ADDRESSES || !stands_in(rest, address) {
                continue;
            }
            let Some(addr_spec) = AddrSpec::parse(address) else { continue };
            let display_name = match (family, given) {
                (Some(family), Some(given)) => {
                    name::clean(&format!("{family}, {given}"), &addr_spec)
                }
                (_, given) => given.and_then(|given| name::clean(given, &addr_spec)),
            };
            self.usable.push(Mailbox { addr_spec, display_name });
        }
    }
}

/// The address without an obsolete source route, RFC 5322 §4.4: `@a,@b:jo@acme.test`.
fn without_route(address: &str) -> &str {
    match address.split_once(':') {
        Some((route, address)) if route.starts_with('@') => address,
        _ => address,
    }
}

/// Whether the address stands in the field in one piece and by itself, and steps past it. The
/// parser puts together what comments, quotes and brackets part: `first(x)last@acme.test` would be
/// somebody called last.
fn stands_in(field: &mut &[u8], address: &str) -> bool {
    let Some(local) = address.find('@') else { return false };
    for at in memchr::memchr_iter(b'@', field) {
        let Some(start) = at.checked_sub(local) else { continue };
        let Some((before, piece)) = field.split_at_checked(start) else { continue };
        let Some(after) = piece.strip_prefix(address.as_bytes()) else { continue };
        let apart = |byte: Option<&u8>, marks: &[u8]| {
            byte.is_none_or(|byte| byte.is_ascii_whitespace() || marks.contains(byte))
        };
        if apart(before.last(), b"<,:;") && apart(after.first(), b">,;(") {
            *field = after;
            return true;
        }
    }
    false
}

/// When a message was written: its Date, unless nobody could have written then. A message is not
/// older than 1990, nor more than a day (a wrong zone) newer than its arrival; the last hop's word
/// on that is believed by the same measure.
fn settle(written: Option<Timestamp>, hop: Option<Timestamp>, file: Timestamp) -> Timestamp {
    const FIRST: Timestamp = Timestamp::constant(631_152_000, 0);
    const SLACK: SignedDuration = SignedDuration::from_hours(24);
    let believable = |time: &Timestamp, arrival: Timestamp| {
        *time >= FIRST && (arrival < FIRST || time.duration_since(arrival) <= SLACK)
    };
    let arrival = hop.filter(|hop| believable(hop, file)).unwrap_or(file);
    written.filter(|written| believable(written, arrival)).unwrap_or(arrival)
}

/// A date and time, RFC 5322 §3.3 and §4.3. `None` when it is none that a calendar or clock shows.
fn date(body: &[u8]) -> Option<Timestamp> {
    plain::date(body).or_else(|| odd_date(body))
}

fn odd_date(body: &[u8]) -> Option<Timestamp> {
    let body = plain_zone(body);
    parse_date(&body)
        .or_else(|| parse_date(&with_seconds(&body)))
        // No zone at all: taken for UTC, which RFC 5322 §3.3 calls `-0000` and is at most half a
        // day off. The fallbacks may be off by years.
        .or_else(|| parse_date(&[with_seconds(&body).trim_ascii(), b" +0000"].concat()))
}

fn parse_date(body: &[u8]) -> Option<Timestamp> {
    let HeaderValue::DateTime(mut date) = MessageStream::new(body).parse_date() else {
        return None;
    };
    // RFC 5322 §4.3: a year of three digits counts from 1900, as written by programs of 2000.
    if (100..1000).contains(&date.year) {
        date.year += 1900;
    }
    date.is_valid().then(|| Timestamp::from_second(date.to_timestamp()).ok())?
}

/// Without the letters of `GMT+02:00` and `UTC+0200`, which the parser would take for the zone.
fn plain_zone(body: &[u8]) -> Cow<'_, [u8]> {
    let named = memchr::memchr2_iter(b'G', b'U', body).find(|at| {
        let zone = body.get(*at..).and_then(<[u8]>::first_chunk);
        matches!(zone, Some(b"GMT+" | b"GMT-" | b"UTC+" | b"UTC-"))
    });
    match named.and_then(|at| Some((body.get(..at)?, body.get(at + 3..)?))) {
        Some((before, after)) => [before, after].concat().into(),
        None => body.into(),
    }
}

/// With `:00` after a time that has no seconds, which the parser misses before a named zone.
fn with_seconds(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 4);
    for word in body.split(u8::is_ascii_whitespace) {
        out.extend_from_slice(word);
        let short = matches!(word, [b'0'..=b'9', rest @ ..] if rest.contains(&b':'));
        if short && word.iter().filter(|byte| **byte == b':').count() == 1 {
            out.extend_from_slice(b":00");
        }
        out.push(b' ');
    }
    out
}

/// What follows the last semicolon: the date of a Received field, RFC 5321 §4.4.
fn last_clause(body: &[u8]) -> Option<&[u8]> {
    let semicolon = memchr::memrchr(b';', body)?;
    body.get(semicolon + 1..)
}

/// The first usable identifier in a field of identifiers, RFC 5322 §3.6.4; also one that lacks
/// its brackets, if it stands alone.
fn first_id(body: &[u8]) -> Option<MessageId> {
    let mut rest = body;
    while let Some(open) = memchr::memchr(b'<', rest) {
        rest = rest.get(open + 1..)?;
        let close = memchr::memchr(b'>', rest)?;
        let (id, after) = rest.split_at_checked(close)?;
        let id = String::from_utf8_lossy(id);
        if let Some(id) = MessageId::parse(id.rsplit('<').next().unwrap_or_default()) {
            return Some(id);
        }
        rest = after;
    }
    let bare = memchr::memchr(b'<', body).is_none();
    bare.then(|| MessageId::parse(&String::from_utf8_lossy(body)))?
}

#[cfg(test)]
mod tests;
