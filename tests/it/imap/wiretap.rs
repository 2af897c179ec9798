//! What the program says to a server, as the server hears it, and what stays behind.

use std::fs;
use std::path::Path;

use super::home::{Home, deliver, plainly};
use super::letters::{CANARY, letters, plain};
use crate::servers::Server;
use crate::servers::courier::Courier;
use crate::servers::cyrus::Cyrus;
use crate::servers::dovecot::{self, Dovecot};
use crate::servers::process::until;
use crate::servers::relay::Relay;

/// Everything that may be said, up to its arguments.
const COMMANDS: &[&str] = &[
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
    "NOTIFY",
    "NOOP",
    "LOGOUT",
];

/// Header fields that say who, when, with how many and by which machine, and not about what.
const FIELDS: &[&str] = &[
    "DATE",
    "FROM",
    "TO",
    "CC",
    "BCC",
    "SENDER",
    "MESSAGE-ID",
    "IN-REPLY-TO",
    "REFERENCES",
    "RECEIVED",
    "LIST-ID",
    "LIST-POST",
    "LIST-UNSUBSCRIBE",
    "AUTO-SUBMITTED",
    "X-AUTOREPLY",
    "X-AUTORESPOND",
    "PRECEDENCE",
    "RETURN-PATH",
    "CONTENT-TYPE",
    "CONTENT-CLASS",
    "X-FAILED-RECIPIENTS",
];

/// What is wrong with what was said on one connection.
fn breaches(said: &[u8]) -> Vec<String> {
    let said = String::from_utf8_lossy(said);
    let mut breaches = Vec::new();
    // The lines of an authentication have no tag and are nobody's business.
    let mut secret = false;
    for line in said.split_terminator("\r\n") {
        let (_, command) = line.split_once(' ').unwrap_or(("", line));
        let command = command.to_uppercase();
        let word = COMMANDS.iter().find(|word| {
            command
                .strip_prefix(**word)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        let Some(word) = word else {
            if line != "DONE" && !secret {
                breaches.push(line.to_owned());
            }
            continue;
        };
        secret = matches!(*word, "AUTHENTICATE" | "LOGIN");
        if *word == "UID FETCH" {
            breaches.extend(fetched_too_much(&command).map(|what| format!("{what}: {line}")));
        }
    }
    breaches
}

/// What a FETCH asks for beyond UID, INTERNALDATE and the fields.
fn fetched_too_much(command: &str) -> Option<String> {
    let Some((_, items)) = command.split_once(" (") else { return Some(command.to_owned()) };
    let items = items.strip_suffix(')')?;
    let (items, fields) = match items.split_once("BODY.PEEK[HEADER.FIELDS (") {
        Some((items, fields)) => (items, fields.strip_suffix(")]")?),
        None => (items, ""),
    };
    let more =
        items.split(' ').filter(|item| !matches!(*item, "" | "UID" | "INTERNALDATE" | "FLAGS"));
    more.chain(fields.split(' ').filter(|field| !field.is_empty() && !FIELDS.contains(field)))
        .next()
        .map(str::to_owned)
}

/// Lives a little behind a relay, by scans and live, and lists what was said that should not be.
fn check(server: impl Server) {
    deliver(&server, letters());
    let relay = Relay::to(server.port());
    let home = Home::of(&plainly(relay.port()));
    let before = server.traces();
    home.scan();
    home.scan();
    assert_eq!(server.traces(), before, "a scan left a trace");
    let daemon = home.run();
    let count = home.facts().len();
    until("a session of the daemon", || relay.said().concat().ends_with(b"IDLE\r\n"));
    deliver(&server, plain(0..1));
    until("a new fact", || home.facts().len() > count);
    drop(daemon);
    let said = relay.said();
    let found: Vec<_> = said.iter().flat_map(|said| breaches(said)).collect();
    assert!(found.is_empty(), "{found:#?}");
    let all = said.concat();
    assert!(all.windows(9).any(|window| window == b"UID FETCH"), "the relay heard nothing");
    for path in files(home.path()) {
        let bytes = fs::read(&path).unwrap();
        for song in [CANARY.as_bytes(), b"Y2FuYXJ5"] {
            let heard = bytes.windows(song.len()).any(|window| window.eq_ignore_ascii_case(song));
            assert!(!heard, "{} sings", path.display());
        }
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(self::files(&path)),
            false => files.push(path),
        }
    }
    files
}

#[test]
fn dovecot_hears_and_keeps_nothing() {
    check(Dovecot::new());
}

#[test]
fn a_dovecot_that_can_do_little_hears_no_more() {
    check(Dovecot::with("IMAP4rev1 IDLE", dovecot::GOOD));
}

#[test]
fn cyrus_hears_and_keeps_nothing() {
    check(Cyrus::with(""));
}

#[test]
fn courier_hears_and_keeps_nothing() {
    check(Courier::new());
}

#[test]
fn a_check_logs_in_once() {
    let server = Dovecot::new();
    deliver(&server, letters());
    let relay = Relay::to(server.port());
    let output = Home::of(&plainly(relay.port())).program("check").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(" lets alice in: 4 mailboxes, 21 messages"), "{said}");
    assert_eq!(relay.connections(), 1);
    let said = String::from_utf8(relay.said().concat()).unwrap();
    assert_eq!(said.matches(" AUTHENTICATE ").count(), 1, "{said}");
}

#[test]
fn the_ear_is_sharp() {
    for (said, wrong) in [
        ("a1 EXAMINE \"x\"", false),
        ("a1 SELECT \"x\"", true),
        ("a1 UID STORE 1 +FLAGS (\\Seen)", true),
        ("a1 UID FETCH 1:9 (UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (DATE FROM)])", false),
        ("a1 UID FETCH 1:9 (UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (DATE SUBJECT)])", true),
        ("a1 UID FETCH 1:9 (UID BODY[])", true),
        ("a1 UID FETCH 1:9 (UID BODY.PEEK[TEXT])", true),
        ("a1 UID FETCH 1:9 (RFC822)", true),
        ("a1 UID FETCH 1:9 BODY[]", true),
        ("a1 FETCH 1:9 (UID)", true),
        ("a1 IDLE\r\nDONE", false),
        ("a1 EXPUNGE", true),
    ] {
        assert_eq!(!breaches(format!("{said}\r\n").as_bytes()).is_empty(), wrong, "{said}");
    }
}
