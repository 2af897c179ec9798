//! Whole conversations with servers, as files: `tests/data/imap/talks`.
//!
//! Each file is a quirk that a server has, listed with where it was met in
//! `tests/data/imap/quirks.md`; what is said (`C:` by us, `S:` by
//! the server, word for word), and what came of it. `{jo}` is a literal, the header of a message
//! from jo; `FIELDS` are the fields that are asked for; `==` begins the next connection, and the
//! server closes the one before.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt as _;
use proptest::prelude::*;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, duplex};

use super::look::{self, Take};
use super::open::{examine, search};
use super::session::Session;
use super::state::State;
use super::{Account, FIELDS, Uids};
use crate::batch::Batch;
use crate::cursor::Cursor;
use crate::secret::{Reveal, Secret};
use crate::source::Progress;
use crate::source::net::{Fault, Login, Means, Security, Server, Trust};

/// A line of the server with its literal, if it has one.
fn written(line: &str) -> String {
    let Some((before, rest)) = line.split_once('{') else { return format!("{line}\r\n") };
    let (name, after) = rest.split_once('}').unwrap();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return format!("{line}\r\n");
    }
    let head = format!(
        "From: {name}@acme.test\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\n\
         Message-ID: <{name}@acme.test>\r\n\r\n"
    );
    format!("{before}{{{}}}\r\n{head}{after}\r\n", head.len())
}

/// Plays the server. What we say otherwise than written is the failure.
async fn play(talk: &str, stream: DuplexStream) {
    let mut stream = BufReader::new(stream);
    for line in talk.lines() {
        if let Some(said) = line.strip_prefix("S: ") {
            stream.write_all(written(said).as_bytes()).await.unwrap();
        } else if let Some(expected) = line.strip_prefix("C: ") {
            let mut said = String::new();
            stream.read_line(&mut said).await.unwrap();
            let said = said.trim_end().replace(FIELDS, "FIELDS");
            assert_eq!(said, expected, "after what stands above it");
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "{line}");
        }
    }
}

#[derive(Default)]
struct Taken {
    cursor: Cursor,
    seen: Vec<String>,
}

impl Take for Taken {
    async fn take(&mut self, batch: Batch, _: Progress) -> ControlFlow<()> {
        for envelope in &batch.envelopes {
            let sent = if envelope.sent { " sent" } else { "" };
            let from = envelope.from.addr_spec.local();
            self.seen.push(format!("{from} arrived{sent}"));
        }
        for skipped in &batch.skipped {
            self.seen.push(format!("{}: {}", skipped.place, skipped.why));
        }
        self.cursor.apply(&batch.cursor);
        ControlFlow::Continue(())
    }
}

fn account() -> Account {
    Account {
        server: Server {
            host: "imap.acme.test".into(),
            port: 993,
            security: Security::Tls,
            trust: Trust::System,
        },
        login: Login { user: "ana".into(), means: Means::Password },
        include: Vec::new(),
        exclude: Vec::new(),
    }
}

/// What comes of one connection, told line by line.
fn talk(text: &str, taken: &mut Taken) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let account = account();
    let reveal: Reveal = Arc::new(|| Ok(Secret::new("pw".into())));
    let looked: Result<(), Fault> = runtime.block_on(async {
        let (ours, theirs) = duplex(1 << 16);
        let client = async {
            let mut session = Session::over(Box::new(ours), &account, Some(&reveal)).await?;
            let another = || async { Err(Fault::Throttled) };
            let since = (&taken.cursor.clone(), "2026-11-24T00:00:00Z".parse().unwrap());
            let what = (&account.choice(), None);
            look::look(&mut session, another, what, since, taken).await?;
            session.end().await;
            Ok(())
        };
        tokio::join!(client, play(text, theirs)).0
    });
    if let Err(fault) = looked {
        taken.seen.push(format!("it {fault}"));
    }
}

#[track_caller]
fn check(file: &Path) {
    let text = std::fs::read_to_string(file).unwrap();
    let (talks, expect) = text.split_once("\n--\n").unwrap();
    let mut taken = Taken::default();
    for one in talks.split("\n==\n") {
        talk(one, &mut taken);
    }
    for (key, value) in &taken.cursor.parts {
        let name = String::from_utf8_lossy(State::mailbox(key).unwrap()).into_owned();
        let state = State::decode(value).unwrap();
        taken.seen.push(format!("{name}: read {} of {}", state.done, state.uid_next - 1));
    }
    assert_eq!(taken.seen.join("\n"), expect.trim_end(), "{}", file.display());
}

/// Courier, busy, tells of a new message with the answer to a search, and never again.
#[test]
fn a_new_message_is_heard_of_whatever_the_command_was_about() {
    let text = "\
S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE] Courier-IMAP ready
C: h1 EXAMINE \"INBOX\"
S: * 2 EXISTS
S: * OK [UIDVALIDITY 7] Ok
S: h1 OK [READ-ONLY] Ok
C: h2 UID SEARCH UID 1:9
S: * SEARCH 3 9
S: * 3 EXISTS
S: h2 OK SEARCH done.";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let account = account();
    runtime.block_on(async {
        let (ours, theirs) = duplex(1 << 16);
        let client = async {
            let mut session = Session::over(Box::new(ours), &account, None).await.unwrap();
            examine(&mut session, "INBOX", None, Vec::new()).await.unwrap().unwrap();
            search(&mut session, &Uids::range(1, 9)).await.unwrap();
            assert_eq!(session.open.unwrap().exists, 3);
        };
        tokio::join!(client, play(text, theirs))
    });
}

#[test]
fn servers_have_quirks_and_none_of_them_matters() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/imap/talks");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5);
    let table = include_str!("../../../tests/data/imap/quirks.md");
    let listed = table.lines().filter_map(|row| row.strip_suffix(" |")?.rsplit_once("| "));
    let mut listed: Vec<_> = listed.filter(|(_, last)| last.ends_with(".txt")).collect();
    listed.sort_by_key(|(_, name)| *name);
    let names = files.iter().map(|file| file.file_name().unwrap().to_str().unwrap());
    assert!(names.eq(listed.iter().map(|(_, name)| *name)), "{listed:#?}");
    for (row, name) in listed {
        assert!(row.split('|').skip(1).all(|cell| !cell.trim().is_empty()), "{name}: no source");
    }
    for file in files {
        check(&file);
    }
}

/// A server that answers for many commands at once, in an order of its own, and ends them when all
/// of them are answered, as Dovecot does when it cannot send as fast as it reads. `dice` decide
/// which messages are gone and whose answer comes next. Returns the messages that are there.
async fn answer_at_will(stream: DuplexStream, messages: u32, mut dice: u64) -> Vec<u32> {
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let gone: Vec<bool> = (0..=messages).map(|_| roll(5) == 0).collect();
    let mut stream = BufReader::new(stream);
    stream.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1 LIST-STATUS] hello\r\n").await.unwrap();
    let mut open: Vec<(String, Vec<u32>)> = Vec::new();
    loop {
        tokio::task::yield_now().await;
        let heard = open.is_empty() || stream.fill_buf().now_or_never().is_some();
        if heard {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap() == 0 {
                return (1..=messages).filter(|uid| !gone[*uid as usize]).collect();
            }
            let (tag, command) = line.trim_end().split_once(' ').unwrap();
            let said = match command.split(' ').next().unwrap() {
                "LIST" => format!(
                    "* LIST () \"/\" INBOX\r\n* STATUS INBOX (MESSAGES {messages} UIDNEXT {} \
                     UIDVALIDITY 1)\r\n{tag} OK done\r\n",
                    messages + 1
                ),
                "EXAMINE" => format!(
                    "* {messages} EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT {}] ok\r\n\
                     {tag} OK done\r\n",
                    messages + 1
                ),
                "UID" => {
                    let uids = Uids::parse(command.split(' ').nth(2).unwrap()).unwrap();
                    let all = uids.ranges().iter().flat_map(|(first, last)| *first..=*last);
                    let there = all.filter(|uid| !gone[*uid as usize]);
                    open.push((tag.to_owned(), there.collect()));
                    continue;
                }
                other => panic!("{other}"),
            };
            stream.write_all(said.as_bytes()).await.unwrap();
            continue;
        }
        for _ in 0..1 + roll(600) {
            let unanswered: Vec<usize> =
                (0..open.len()).filter(|at| !open[*at].1.is_empty()).collect();
            if unanswered.is_empty() {
                for (tag, _) in open.drain(..) {
                    stream.write_all(format!("{tag} OK done\r\n").as_bytes()).await.unwrap();
                }
                break;
            }
            let at = unanswered[roll(unanswered.len() as u64) as usize];
            let uid = open[at].1.remove(0);
            let head = format!("From: u{uid}@acme.test\r\nMessage-ID: <{uid}@acme.test>\r\n\r\n");
            let row = format!(
                "* {uid} FETCH (UID {uid} BODY[HEADER.FIELDS (FROM)] {{{}}}\r\n{head})\r\n",
                head.len()
            );
            stream.write_all(row.as_bytes()).await.unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 30, ..<_>::default() })]

    #[test]
    fn in_whatever_order_answers_come_every_message_is_read_once(
        messages in 1_u32..9_000,
        dice: u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut taken = Taken::default();
        let there = runtime.block_on(async {
            let (ours, theirs) = duplex(1 << 14);
            let client = async {
                let mut session = Session::over(Box::new(ours), &account(), None).await.unwrap();
                let another = async || Err(Fault::Throttled);
                let since = (&Cursor::default(), "2026-11-24T00:00:00Z".parse().unwrap());
                let what = (&account().choice(), None);
                look::look(&mut session, another, what, since, &mut taken).await.unwrap();
            };
            tokio::join!(client, answer_at_will(theirs, messages, dice)).1
        });
        let mut seen = taken.seen;
        seen.sort();
        let mut expect: Vec<_> = there.iter().map(|uid| format!("u{uid} arrived")).collect();
        expect.sort();
        prop_assert_eq!(seen, expect);
        let state = State::decode(taken.cursor.parts.values().next().unwrap()).unwrap();
        prop_assert!(state.is_whole());
        prop_assert_eq!(state.uid_next, messages + 1);
    }
}
