//! Everything that can be said to a server: one closed list.
//!
//! Nothing else in the program can write to an IMAP connection, so the promises "headers only" and
//! "read only" are a matter of reading this file: no SELECT, no STORE, no COPY, no APPEND, and the
//! one thing fetched of a message is [`FIELDS`] by PEEK, which sets no flag. A test walks every
//! variant; a recording server sees the same from outside.
//!
//! COMPRESS (RFC 4978) is not among them. What a server answers for 100,000 messages, 216 MB, zlib
//! makes 27 MB at Dovecot's level, for 2.4 s of the server's processor and 0.4 s of ours: a server
//! nearby takes twice as long, a line of 1 Mbit/s brings it in 4 minutes instead of 29, one of
//! 64 kbit/s in an hour instead of seven and a half. So it pays on slow lines, by far, and once: in a
//! first scan, which brings the newest mail first anyhow. It would take an inflater between the
//! encryption and the filter, whose limits hold for what comes out of it, and to ask for it when the
//! first windows were slow and nothing is under way. Until then it is not worth what stands against
//! it: an inflater that whoever is at the other end may feed.
//!
//! Commands as strings built where they are needed, as most clients have them, would be shorter
//! and could say anything.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::sasl::Mechanism;
use super::uids::Uids;
use crate::secret::Secret;

/// The header fields that are asked for: those that [`crate::mail::header`] knows, and no others.
/// Always the same in the same order: servers keep exactly this answer, and a second scan costs
/// them a sixth. ENVELOPE would be a third slower and lacks most of what tells automatic mail;
/// the whole header is five times the bytes, a subject among them.
pub const FIELDS: &str = "DATE FROM TO CC BCC SENDER MESSAGE-ID IN-REPLY-TO REFERENCES RECEIVED \
     LIST-ID LIST-POST LIST-UNSUBSCRIBE AUTO-SUBMITTED X-AUTOREPLY X-AUTORESPOND PRECEDENCE \
     RETURN-PATH CONTENT-TYPE CONTENT-CLASS X-FAILED-RECIPIENTS";

/// What can be said to a server.
#[derive(Clone, Debug)]
pub enum Command<'a> {
    /// RFC 9051 §6.1.1.
    Capability,
    /// RFC 9051 §6.2.1.
    StartTls,
    /// RFC 2971; some servers treat clients without a name badly. Nothing is told but the name.
    Id,
    /// RFC 9051 §6.2.2, with the initial response of RFC 4959 where the server takes one, in
    /// base64.
    Authenticate {
        /// The way to prove it.
        mechanism: Mechanism,
        /// What is said at once.
        initial: Option<&'a Secret>,
    },
    /// A line inside [`Command::Authenticate`], in base64.
    Respond(&'a Secret),
    /// RFC 9051 §6.2.3, for servers without any mechanism.
    Login {
        /// The user.
        user: &'a str,
        /// The password.
        password: &'a Secret,
    },
    /// RFC 5161.
    Enable(&'a [Extension]),
    /// RFC 2342.
    Namespace,
    /// RFC 9051 §6.3.9: every mailbox there is.
    List {
        /// RFC 6154: with what each is for.
        special_use: bool,
        /// RFC 5819: with the state of each; the items are those of [`Command::Status`].
        status: Option<StatusItems>,
    },
    /// RFC 9051 §6.3.11.
    Status {
        /// The mailbox, as the server calls it.
        mailbox: &'a str,
        /// What is asked.
        items: StatusItems,
    },
    /// RFC 9051 §6.3.3: SELECT that cannot change anything.
    Examine {
        /// The mailbox, as the server calls it.
        mailbox: &'a str,
        /// What the server may leave out of its answer, or add.
        since: Since,
    },
    /// RFC 9051 §6.4.9: UID SEARCH for the UIDs in a set, all of which are numbers.
    Search {
        /// Among which.
        uids: &'a Uids,
        /// RFC 4731: as a set, not number by number.
        compact: bool,
    },
    /// RFC 9051 §6.4.9: UID, INTERNALDATE and [`FIELDS`].
    Fetch(&'a Uids),
    /// The same without INTERNALDATE, for a message whose answer could not be read.
    FetchFields(u32),
    /// RFC 2177.
    Idle,
    /// The end of [`Command::Idle`].
    Done,
    /// RFC 5465: tell of new messages in the mailbox that is open and in all others of the user.
    Notify,
    /// RFC 9051 §6.1.2.
    Noop,
    /// RFC 9051 §6.1.3.
    Logout,
}

/// An extension that changes what the server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// RFC 7162 §3.2.3.
    Qresync,
    /// RFC 7162 §3.1.
    Condstore,
    /// RFC 6855.
    Utf8,
}

/// What is asked of the state of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusItems {
    /// RFC 7162 §3.1.7: with HIGHESTMODSEQ.
    pub modseq: bool,
}

/// What is known of a mailbox when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Nothing that the server would understand.
    Nothing,
    /// RFC 7162 §3.1.8: mod-sequences are wanted.
    Modseq,
    /// RFC 7162 §3.2.5: what it was then.
    State {
        /// Its UIDVALIDITY.
        uid_validity: u32,
        /// Its HIGHESTMODSEQ.
        modseq: u64,
        /// Its UIDNEXT: of older messages nothing is wanted.
        uid_next: u32,
    },
}

/// Bytes that may be secret: wiped when dropped.
pub type Line = Zeroizing<Vec<u8>>;

impl Command<'_> {
    /// The lines to send, each with its end, without a tag; every line but the last waits for the
    /// server to ask for more (RFC 9051 §4.3).
    pub fn lines(&self) -> Vec<Line> {
        let one = |text: String| vec![line(text)];
        match self {
            Self::Capability => one("CAPABILITY".into()),
            Self::StartTls => one("STARTTLS".into()),
            Self::Id => one(r#"ID ("name" "hallway")"#.into()),
            Self::Authenticate { mechanism, initial } => {
                let mut text = Zeroizing::new(format!("AUTHENTICATE {}", mechanism.name()));
                if let Some(initial) = initial {
                    // RFC 4959 §3: nothing at all is written as `=`.
                    let initial = initial.reveal();
                    text.push(' ');
                    text.push_str(if initial.is_empty() { "=" } else { initial });
                }
                vec![secret_line(text.as_bytes())]
            }
            Self::Respond(answer) => vec![secret_line(answer.reveal().as_bytes())],
            Self::Login { user, password } => login(user, password),
            Self::Enable(extensions) => {
                let names = extensions.iter().map(|extension| match extension {
                    Extension::Qresync => " QRESYNC",
                    Extension::Condstore => " CONDSTORE",
                    Extension::Utf8 => " UTF8=ACCEPT",
                });
                one(format!("ENABLE{}", names.collect::<String>()))
            }
            Self::Namespace => one("NAMESPACE".into()),
            Self::List { special_use, status } => {
                let mut returns = Vec::new();
                returns.extend(special_use.then(|| "SPECIAL-USE".to_owned()));
                returns.extend(status.map(|items| format!("STATUS {}", items.text())));
                match returns.join(" ") {
                    none if none.is_empty() => one(r#"LIST "" "*""#.into()),
                    returns => one(format!(r#"LIST "" "*" RETURN ({returns})"#)),
                }
            }
            Self::Status { mailbox, items } => {
                one(format!("STATUS {} {}", quoted(mailbox), items.text()))
            }
            Self::Examine { mailbox, since } => {
                let mailbox = quoted(mailbox);
                one(match since {
                    Since::Nothing => format!("EXAMINE {mailbox}"),
                    Since::Modseq => format!("EXAMINE {mailbox} (CONDSTORE)"),
                    Since::State { uid_validity, modseq, uid_next } => format!(
                        "EXAMINE {mailbox} (QRESYNC ({uid_validity} {modseq} {uid_next}:{}))",
                        u32::MAX
                    ),
                })
            }
            Self::Search { uids, compact } => {
                let returns = if *compact { "RETURN (ALL) " } else { "" };
                one(format!("UID SEARCH {returns}UID {uids}"))
            }
            Self::Fetch(uids) => one(format!(
                "UID FETCH {uids} (UID INTERNALDATE BODY.PEEK[HEADER.FIELDS ({FIELDS})])"
            )),
            Self::FetchFields(uid) => {
                one(format!("UID FETCH {uid} (UID BODY.PEEK[HEADER.FIELDS ({FIELDS})])"))
            }
            Self::Idle => one("IDLE".into()),
            Self::Done => one("DONE".into()),
            Self::Notify => one("NOTIFY SET (SELECTED (MessageNew MessageExpunge)) \
                 (PERSONAL (MessageNew MessageExpunge))"
                .into()),
            Self::Noop => one("NOOP".into()),
            Self::Logout => one("LOGOUT".into()),
        }
    }

    /// Whether this is a line inside another command, which has no tag of its own.
    pub fn is_untagged(&self) -> bool {
        matches!(self, Self::Respond(_) | Self::Done)
    }
}

impl StatusItems {
    fn text(self) -> &'static str {
        match self.modseq {
            true => "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)",
            false => "(MESSAGES UIDNEXT UIDVALIDITY)",
        }
    }
}

fn line(text: String) -> Line {
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(b"\r\n");
    Zeroizing::new(bytes)
}

/// A line in a buffer that never has to move, so that no copy of it stays behind.
fn secret_line(bytes: &[u8]) -> Line {
    let mut line = Zeroizing::new(Vec::with_capacity(bytes.len() + 2));
    line.extend_from_slice(bytes);
    line.extend_from_slice(b"\r\n");
    line
}

/// LOGIN, where each argument is quoted if it can be and a literal if not.
fn login(user: &str, password: &Secret) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open = Zeroizing::new(Vec::with_capacity(1024));
    open.extend_from_slice(b"LOGIN");
    for argument in [user, password.reveal()] {
        open.push(b' ');
        if argument.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            open.push(b'"');
            for byte in argument.bytes() {
                if matches!(byte, b'"' | b'\\') {
                    open.push(b'\\');
                }
                open.push(byte);
            }
            open.push(b'"');
        } else {
            open.extend_from_slice(format!("{{{}}}", argument.len()).as_bytes());
            lines.push(secret_line(&open));
            open.clear();
            open.extend_from_slice(argument.as_bytes());
        }
    }
    lines.push(secret_line(&open));
    lines
}

/// A mailbox name as a quoted string (RFC 9051 §5.1). A name with a line end in it cannot be one;
/// it loses it here and names no mailbox then.
fn quoted(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    out.push('"');
    for c in name.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        // Writing to a string cannot fail.
        let _ = out.write_char(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &Command<'_>, expect: &[&str]) {
        let lines = command.lines();
        let lines: Vec<_> = lines.iter().map(|line| std::str::from_utf8(line).unwrap()).collect();
        assert_eq!(lines, expect);
    }

    /// Every variant once. A new one does not compile here until it is looked at.
    fn every() -> Vec<Command<'static>> {
        let secret: &'static Secret = Box::leak(Box::new(Secret::new("c2VjcmV0".into())));
        let uids: &'static Uids = Box::leak(Box::new([(1, 2), (7, 7)].into_iter().collect()));
        let items = StatusItems { modseq: true };
        let all = vec![
            Command::Capability,
            Command::StartTls,
            Command::Id,
            Command::Authenticate { mechanism: Mechanism::Plain, initial: Some(secret) },
            Command::Respond(secret),
            Command::Login { user: "ana", password: secret },
            Command::Enable(&[Extension::Qresync, Extension::Condstore, Extension::Utf8]),
            Command::Namespace,
            Command::List { special_use: true, status: Some(items) },
            Command::Status { mailbox: "INBOX", items },
            Command::Examine { mailbox: "INBOX", since: Since::Nothing },
            Command::Search { uids, compact: true },
            Command::Fetch(uids),
            Command::FetchFields(7),
            Command::Idle,
            Command::Done,
            Command::Notify,
            Command::Noop,
            Command::Logout,
        ];
        for command in &all {
            match command {
                Command::Capability | Command::StartTls | Command::Id => {}
                Command::Authenticate { .. } | Command::Respond(_) | Command::Login { .. } => {}
                Command::Enable(_) | Command::Namespace | Command::List { .. } => {}
                Command::Status { .. } | Command::Examine { .. } | Command::Search { .. } => {}
                Command::Fetch(_) | Command::FetchFields(_) => {}
                Command::Idle | Command::Done | Command::Notify => {}
                Command::Noop | Command::Logout => {}
            }
        }
        all
    }

    #[test]
    fn nothing_can_be_said_that_changes_a_mailbox_or_asks_for_a_body() {
        let harmless = [
            "CAPABILITY",
            "STARTTLS",
            "ID",
            "AUTHENTICATE",
            "LOGIN",
            "ENABLE",
            "NAMESPACE",
            "LIST",
            "STATUS",
            "EXAMINE",
            "UID SEARCH",
            "UID FETCH",
            "IDLE",
            "DONE",
            "NOTIFY",
            "NOOP",
            "LOGOUT",
        ];
        for command in every() {
            let lines = command.lines();
            let bytes: Vec<u8> = lines.iter().flat_map(|line| line.iter().copied()).collect();
            let text = String::from_utf8(bytes).unwrap();
            let text = text.strip_suffix("\r\n").unwrap();
            assert!(!text.contains(['\r', '\n']), "{text}");
            if matches!(command, Command::Respond(_)) {
                continue;
            }
            let verb = |verb: &str| text == verb || text.starts_with(&format!("{verb} "));
            assert!(harmless.iter().any(|one| verb(one)), "{text}");
            let bodies = text.matches("BODY").count();
            assert_eq!(bodies, text.matches("BODY.PEEK[HEADER.FIELDS (DATE ").count(), "{text}");
            for never in ["RFC822", "BODYSTRUCTURE", "SUBJECT", "FLAGS", "TEXT", "BINARY"] {
                assert!(!text.contains(never), "{text}");
            }
        }
    }

    /// The parser's own table is private to it, and this reads it as text.
    #[test]
    fn the_fields_asked_for_are_those_that_are_read() {
        let (_, table) = include_str!("../../mail/field.rs").split_once("fn wanted(").unwrap();
        let (table, _) = table.split_once("\n}\n").unwrap();
        let names = table.split("(b\"").skip(1).filter_map(|rest| rest.split('"').next());
        let mut read: Vec<_> = names.map(str::to_uppercase).collect();
        let mut asked: Vec<_> = FIELDS.split(' ').map(str::to_owned).collect();
        read.sort();
        asked.sort();
        assert_eq!(asked, read);
        assert!(asked.len() > 15);
    }

    #[test]
    fn commands_as_the_standards_write_them() {
        let uids: Uids = [(1, 2), (7, 7)].into_iter().collect();
        let set = StatusItems { modseq: false };
        check(&Command::List { special_use: false, status: None }, &["LIST \"\" \"*\"\r\n"]);
        check(
            &Command::List { special_use: true, status: Some(set) },
            &["LIST \"\" \"*\" RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY))\r\n"],
        );
        check(
            &Command::Status { mailbox: "a \"b\" \\c", items: StatusItems { modseq: true } },
            &["STATUS \"a \\\"b\\\" \\\\c\" (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)\r\n"],
        );
        let state = Since::State { uid_validity: 3, modseq: 4, uid_next: 5 };
        check(
            &Command::Examine { mailbox: "INBOX", since: state },
            &["EXAMINE \"INBOX\" (QRESYNC (3 4 5:4294967295))\r\n"],
        );
        check(&Command::Search { uids: &uids, compact: false }, &["UID SEARCH UID 1:2,7\r\n"]);
        check(
            &Command::Search { uids: &uids, compact: true },
            &["UID SEARCH RETURN (ALL) UID 1:2,7\r\n"],
        );
        check(&Command::Enable(&[Extension::Utf8]), &["ENABLE UTF8=ACCEPT\r\n"]);
        let nothing = Secret::new(String::new());
        check(
            &Command::Authenticate { mechanism: Mechanism::Plain, initial: Some(&nothing) },
            &["AUTHENTICATE PLAIN =\r\n"],
        );
        check(
            &Command::Authenticate { mechanism: Mechanism::ScramSha256, initial: None },
            &["AUTHENTICATE SCRAM-SHA-256\r\n"],
        );
    }

    #[test]
    fn a_name_or_password_says_nothing_but_itself() {
        let login = |user: &str, password: &str| {
            let password = Secret::new(password.into());
            let lines = Command::Login { user, password: &password }.lines();
            lines.iter().map(|line| String::from_utf8(line.to_vec()).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(login("ana", r#"a"b\c"#), ["LOGIN \"ana\" \"a\\\"b\\\\c\"\r\n"]);
        assert_eq!(login("ana", ""), ["LOGIN \"ana\" \"\"\r\n"]);
        assert_eq!(login("jürgen", "x"), ["LOGIN {7}\r\n", "jürgen \"x\"\r\n"]);
        assert_eq!(
            login("ana", "x\r\na1 DELETE y"),
            ["LOGIN \"ana\" {14}\r\n", "x\r\na1 DELETE y\r\n"]
        );
        assert_eq!(login("ü", "ü"), ["LOGIN {2}\r\n", "ü {2}\r\n", "ü\r\n"]);
        check(
            &Command::Examine { mailbox: "x\"\r\nDELETE y", since: Since::Nothing },
            &["EXAMINE \"x\\\"DELETE y\"\r\n"],
        );
    }
}
