//! What a server can say that matters here, in words of our own.
//!
//! Everything that async-imap reads, and everything that it cannot and is read leniently
//! ([`super::odd`]), becomes one of these at once: the buffer it stood in is free again, nothing
//! beyond the filter knows the parser, and what is not in this list is nothing.

use async_imap::imap_proto::{
    AttributeValue, Capability, MailboxDatum, MessageSection, NameAttribute, Outcome, Response,
    ResponseCode, SectionPath, Status as Condition, StatusAttribute,
};

use super::uids::Uids;
use crate::text::Shown;

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The answer for a message.
    Row(Row),
    /// An answer for a message that cannot be read; `None` where even its UID cannot be told.
    OddRow(Option<u32>),
    /// So many messages are in the mailbox that is open.
    Exists(u32),
    /// A message was removed from it.
    Expunged,
    /// A mailbox there is.
    Listed(Listed),
    /// The state of a mailbox, as the server calls it.
    Status(String, Status),
    /// SEARCH or ESEARCH: these UIDs.
    Found(Uids),
    /// RFC 2342: prefixes of the user's own mailboxes, of others', of shared ones.
    Namespace([Vec<String>; 3]),
    /// What it can do.
    Capabilities(Vec<String>),
    /// It is ready for more, and says this with it: a challenge, which may be secret.
    GoOn(String),
    /// OK, NO, BAD, PREAUTH or BYE outside the end of a command.
    Condition(Means, Option<Code>),
    /// The end of the command with this tag.
    End(String, Done),
    /// Anything else.
    Nothing,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    /// Whether it ended well.
    pub(super) ok: bool,
    /// What the server says it is about.
    pub(super) code: Option<Code>,
}

/// The kind of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// OK.
    Ok,
    /// PREAUTH.
    PreAuth,
    /// BYE.
    Bye,
    /// NO or BAD.
    Trouble,
}

/// A response code (RFC 9051 §7.1, RFC 5530) that makes a difference here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// UIDVALIDITY.
    UidValidity(u32),
    /// UIDNEXT.
    UidNext(u32),
    /// HIGHESTMODSEQ.
    HighestModSeq(u64),
    /// CAPABILITY.
    Capabilities(Vec<String>),
    /// The user or the secret is wrong, or the account is closed.
    Refused,
    /// Encryption is wanted first.
    PrivacyRequired,
    /// Later: UNAVAILABLE, LIMIT, INUSE, THROTTLED and their kin.
    Throttled,
    /// Any other.
    Other,
}

/// The answer for a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Its UID.
    pub(super) uid: Option<u32>,
    /// INTERNALDATE as it was sent.
    pub(super) date: Option<String>,
    /// Its header fields.
    pub(super) head: Option<Vec<u8>>,
}

/// One line of LIST.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    /// As the server calls it.
    pub(super) wire: String,
    pub(super) delimiter: Option<String>,
    /// It can be opened.
    pub(super) selectable: bool,
    /// RFC 6154: for junk, trash, drafts or everything.
    pub(super) left_out: bool,
    /// RFC 6154: for sent mail.
    pub(super) sent: bool,
}

/// What a server says of a mailbox unopened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) messages: u32,
    pub(super) uid_next: Option<u32>,
    pub(super) uid_validity: Option<u32>,
    pub(super) modseq: Option<u64>,
}

impl Said {
    /// What async-imap has read.
    pub(super) fn of(response: &Response<'_>) -> Self {
        match response {
            Response::Fetch(_, attributes) => Self::Row(row(attributes)),
            Response::MailboxData(MailboxDatum::Exists(exists)) => Self::Exists(*exists),
            Response::MailboxData(MailboxDatum::Status { mailbox, status }) => {
                Self::Status(mailbox.to_string(), state(status))
            }
            Response::MailboxData(MailboxDatum::List(data)) => {
                let mut listed = Listed {
                    wire: data.name.to_string(),
                    delimiter: data.delimiter.as_deref().map(str::to_owned),
                    selectable: true,
                    ..Listed::default()
                };
                data.name_attributes.iter().for_each(|attribute| listed.mark(attribute));
                Self::Listed(listed)
            }
            Response::Expunge(_) | Response::Vanished { earlier: false, .. } => Self::Expunged,
            Response::Capabilities(list) => Self::Capabilities(names(list)),
            Response::Continue(outcome) => {
                Self::GoOn(outcome.information.as_deref().unwrap_or_default().to_owned())
            }
            Response::Done { tag, status, outcome } => {
                let ok = *status == Condition::Ok;
                Self::End(tag.0.clone(), Done { ok, code: code(outcome) })
            }
            Response::Data { status, outcome } => {
                let means = match status {
                    Condition::Ok => Means::Ok,
                    Condition::PreAuth => Means::PreAuth,
                    Condition::Bye => Means::Bye,
                    Condition::No | Condition::Bad => Means::Trouble,
                };
                Self::Condition(means, code(outcome))
            }
            _ => Self::Nothing,
        }
    }
}

impl Listed {
    fn mark(&mut self, attribute: &NameAttribute<'_>) {
        match attribute {
            NameAttribute::NoSelect => self.selectable = false,
            NameAttribute::All
            | NameAttribute::Junk
            | NameAttribute::Trash
            | NameAttribute::Drafts => self.left_out = true,
            NameAttribute::Sent => self.sent = true,
            NameAttribute::Extension(name) => match name.to_ascii_lowercase().as_str() {
                "\\nonexistent" => self.selectable = false,
                // Before RFC 6154 there was Gmail's XLIST, whose flags some servers still send.
                "\\allmail" | "\\spam" => self.left_out = true,
                _ => {}
            },
            _ => {}
        }
    }
}

fn row(attributes: &[AttributeValue<'_>]) -> Row {
    let mut row = Row::default();
    for attribute in attributes {
        match attribute {
            AttributeValue::Uid(uid) => row.uid = Some(*uid).filter(|uid| *uid > 0),
            AttributeValue::InternalDate(text) => row.date = Some(text.to_string()),
            AttributeValue::BodySection {
                section: Some(SectionPath::Full(MessageSection::Header)),
                data,
                ..
            } => row.head = Some(data.as_deref().unwrap_or_default().to_vec()),
            _ => {}
        }
    }
    row
}

fn state(items: &[StatusAttribute]) -> Status {
    let mut status = Status::default();
    for item in items {
        match item {
            StatusAttribute::Messages(messages) => status.messages = *messages,
            StatusAttribute::UidNext(next) => status.uid_next = Some(*next),
            StatusAttribute::UidValidity(validity) => status.uid_validity = Some(*validity),
            StatusAttribute::HighestModSeq(modseq) => status.modseq = Some(*modseq),
            _ => {}
        }
    }
    status
}

/// The response code of an outcome. Those of RFC 5530 are not known to the parser, which leaves
/// them at the start of the text. The text itself goes to the log, if anywhere: before somebody's
/// eyes it could ask for a password.
fn code(outcome: &Outcome<'_>) -> Option<Code> {
    if let Some(text) = outcome.information.as_deref() {
        tracing::trace!(text = %Shown(text), "the server says");
    }
    if outcome.information.as_deref().is_some_and(is_for_now) {
        return Some(Code::Throttled);
    }
    match &outcome.code {
        Some(ResponseCode::UidValidity(validity)) => Some(Code::UidValidity(*validity)),
        Some(ResponseCode::UidNext(next)) => Some(Code::UidNext(*next)),
        Some(ResponseCode::HighestModSeq(modseq)) => Some(Code::HighestModSeq(*modseq)),
        Some(ResponseCode::Capabilities(list)) => Some(Code::Capabilities(names(list))),
        Some(_) => Some(Code::Other),
        None => code_in(outcome.information.as_deref()?),
    }
}

/// The response code at the start of a text.
pub(super) fn code_in(text: &str) -> Option<Code> {
    if is_for_now(text) {
        return Some(Code::Throttled);
    }
    let (code, _) = text.trim_start().strip_prefix('[')?.split_once(']')?;
    let mut words = code.split(' ');
    Some(match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
        "AUTHENTICATIONFAILED" | "AUTHORIZATIONFAILED" | "EXPIRED" => Code::Refused,
        "PRIVACYREQUIRED" => Code::PrivacyRequired,
        "UNAVAILABLE" | "LIMIT" | "INUSE" | "THROTTLED" | "OVERQUOTA" | "SERVERBUG"
        | "CONTACTADMIN" => Code::Throttled,
        "CAPABILITY" => Code::Capabilities(words.map(str::to_owned).collect()),
        _ => Code::Other,
    })
}

/// What servers say in words, for want of a code, when they have enough of us for now. Taken for a
/// refused login it would stop an account whose password is right.
const FOR_NOW: &[&str] = &[
    // Gmail, NO [ALERT]
    "too many simultaneous connections",
    // Exchange and Outlook, BAD: the mailbox is being moved or throttled
    "user is authenticated but not connected",
    // Exchange, NO
    "server unavailable",
    // Dovecot, where mail_max_userip_connections is reached
    "maximum number of connections",
    // Courier
    "maximum connection limit reached",
    // Yahoo and iCloud
    "rate limit",
    "try again later",
    "temporary",
];

fn is_for_now(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    FOR_NOW.iter().any(|phrase| text.contains(phrase))
}

/// Capabilities by their names.
fn names(list: &[Capability<'_>]) -> Vec<String> {
    let name = |one: &Capability<'_>| match one {
        Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
        Capability::Auth(mechanism) => format!("AUTH={mechanism}"),
        Capability::Atom(atom) => atom.to_string(),
    };
    list.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_busy_refuses_nobody() {
        for (text, expect) in [
            ("[AUTHENTICATIONFAILED] Authentication failed.", Some(Code::Refused)),
            ("[UNAVAILABLE] Temporary authentication failure.", Some(Code::Throttled)),
            ("[ALERT] Too many simultaneous connections. (Failure)", Some(Code::Throttled)),
            ("User is authenticated but not connected.", Some(Code::Throttled)),
            ("[THROTTLED] Account exceeded command limits.", Some(Code::Throttled)),
            ("[PRIVACYREQUIRED] no", Some(Code::PrivacyRequired)),
            ("LOGIN failed.", None),
            ("[XSTRANGE]", Some(Code::Other)),
            ("[", None),
        ] {
            assert_eq!(code_in(text), expect, "{text}");
        }
    }
}
