//! Real odd mails of other projects' test suites, and what independent judges say of them.
//!
//! The files are not ours to copy. The tests run where the variable `HALLWAY_CORPORA` names the
//! folder they lie in (one folder a project), and say so where it does not.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test helper fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use expect_test::expect;
use hallway::batch::Batch;
use hallway::cursor::Cursor;
use hallway::mail::header::{self, Seen};
use hallway::mail::{Envelope, Mailbox};
use hallway::source::{self, Context, Spec};
use jiff::Timestamp;

/// The folder, if there is one.
pub(crate) fn corpora() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the test's own switch, not a setting")]
    let folder = std::env::var_os("HALLWAY_CORPORA");
    if folder.is_none() {
        #[expect(clippy::print_stderr, reason = "a test that looks at nothing says so")]
        {
            eprintln!("HALLWAY_CORPORA is not set: no corpora looked at");
        }
    }
    folder.map(PathBuf::from)
}

/// Runs on a thread of its own and fails when that takes too long.
fn in_time<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || done.send(run()));
    match wait.recv_timeout(Duration::from_secs(60)) {
        Ok(value) => value,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().expect_err("it sent nothing"))
        }
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files.sort_unstable();
    files
}

pub(crate) fn scan(spec: Spec) -> Vec<Batch> {
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    let context =
        Context { now, zone: jiff::tz::TimeZone::UTC, days_back: 0, days_ahead: 0, reveal: None };
    let mut batches = Vec::new();
    source::scan(&spec, &Cursor::default(), &context, &mut |batch, _| {
        batches.push(batch);
        ControlFlow::Continue(())
    })
    .unwrap();
    batches
}

/// Every file there is, mail or not, as a message in a Maildir: none may stop the scan, and each is
/// read or named with a reason out of a known few.
#[test]
fn every_file_is_read_or_named() {
    let Some(folder) = corpora() else { return };
    let world = tempfile::tempdir().unwrap();
    let cur = world.path().join("cur");
    fs::create_dir(&cur).unwrap();
    let files = files(&folder);
    for (number, file) in files.iter().enumerate() {
        fs::copy(file, cur.join(format!("{number}.corpus"))).unwrap();
    }
    let path = world.path().to_owned();
    let spec = Spec::Maildir { path, include: vec![], exclude: vec![] };
    let batches = in_time(move || scan(spec));
    let read: usize = batches.iter().map(|batch| batch.envelopes.len()).sum();
    let mut reasons = BTreeMap::<_, Vec<_>>::new();
    for item in batches.iter().flat_map(|batch| &batch.skipped) {
        reasons.entry(item.why).or_default().push(&item.place);
    }
    let skipped: usize = reasons.values().map(Vec::len).sum();
    assert_eq!(read + skipped, files.len());
    println!("{read} read");
    for (why, places) in &reasons {
        println!("{} {why}", places.len());
    }
    let known = [
        "author without a usable address",
        "comments nested too deep",
        "header field too long",
        "header too large",
        "no author",
        "no header",
        "several authors",
        "too many addresses",
        "too many header lines",
    ];
    for why in reasons.keys() {
        assert!(known.contains(why), "{why}");
    }
    // Nearly all files with these ends are mail; few of them are broken beyond reading.
    let mails = files.iter().filter(|file| is_mail(file));
    assert!(read > mails.count() * 9 / 10, "only {read} read");
}

/// The mailboxes of imaptest, with the count of messages its scripts expect.
#[test]
fn mailboxes_are_split_as_others_split_them() {
    let Some(folder) = corpora() else { return };
    let mut out = String::new();
    for file in files(&folder.join("imaptest")) {
        if file.extension().is_some_and(|end| end == "mbox") {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let spec = Spec::Mbox { path: file, include: vec![], exclude: vec![] };
            let batches = in_time(move || scan(spec));
            let count = |batch: &Batch| batch.envelopes.len() + batch.skipped.len();
            out += &format!("{name} {}\n", batches.iter().map(count).sum::<usize>());
        }
    }
    expect![[r#"
        search-intdate.mbox 16
        fetch-binary-mime-base64.mbox 1
        fetch-binary-mime.mbox 1
        fetch-body-message-rfc822-x2.mbox 1
        fetch-body.mbox 4
        fetch-envelope.mbox 6
        search-body.mbox 4
        select.mbox 2
        sort-arrival.mbox 5
        sort-display-from.mbox 5
        sort-partial.mbox 5
        sort-size.mbox 8
        thread-orderedsubject.mbox 15
        thread.mbox 3
        thread2.mbox 2
        thread4.mbox 2
        thread5.mbox 5
        thread6.mbox 2
        thread7.mbox 4
        thread8.mbox 3
        urlauth-binary.mbox 1
    "#]]
    .assert_eq(&out);
}

/// All mails as one mbox, quoted as mboxrd, hold the same facts as in a Maildir.
#[test]
fn one_mbox_and_many_files_are_the_same_facts() {
    let Some(folder) = corpora() else { return };
    let world = tempfile::tempdir().unwrap();
    let cur = world.path().join("maildir/cur");
    fs::create_dir_all(&cur).unwrap();
    let received = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let mut mbox = Vec::new();
    let mut count = 0;
    for mail in files(&folder).iter().filter(|file| is_mail(file)) {
        let bytes = fs::read(mail).unwrap();
        let copy = cur.join(format!("{count}.corpus"));
        fs::write(&copy, &bytes).unwrap();
        fs::File::open(copy).unwrap().set_modified(received).unwrap();
        mbox.extend_from_slice(b"From x@x.test Thu Jan  1 00:00:00 2026\n");
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let quoted = line.iter().skip_while(|byte| **byte == b'>').copied();
            let from = quoted.take(5).collect::<Vec<_>>() == b"From ";
            mbox.extend(from.then_some(b'>'));
            mbox.extend_from_slice(line);
        }
        mbox.extend_from_slice(b"\n\n");
        count += 1;
    }
    fs::write(world.path().join("mbox"), mbox).unwrap();
    let facts = |spec| -> BTreeSet<_> {
        let batches = in_time(move || scan(spec));
        let skipped: usize = batches.iter().map(|batch| batch.skipped.len()).sum();
        let read = batches.iter().flat_map(|batch| &batch.envelopes);
        let facts = read.clone().map(|envelope| (envelope.key, envelope.date)).collect();
        assert_eq!(read.count() + skipped, count);
        facts
    };
    let path = world.path().join("maildir");
    let one = facts(Spec::Maildir { path, include: vec![], exclude: vec![] });
    let path = world.path().join("mbox");
    let other = facts(Spec::Mbox { path, include: vec![], exclude: vec![] });
    assert_eq!(one, other);
    assert!(one.len() > 100, "{}", one.len());
}

fn is_mail(file: &Path) -> bool {
    file.extension().is_some_and(|end| end == "eml" || end == "msg")
}

/// imaptest's expected ENVELOPE replies (RFC 3501 §7.4.2): date, authors, recipients, identifiers.
#[test]
fn envelopes_are_as_imaptest_expects() {
    let Some(folder) = corpora() else { return };
    let path = folder.join("imaptest/fetch-envelope.mbox");
    let batches = scan(Spec::Mbox { path, include: vec![], exclude: vec![] });
    let envelopes: Vec<_> = batches.into_iter().flat_map(|batch| batch.envelopes).collect();
    let script = fs::read_to_string(folder.join("imaptest/fetch-envelope")).unwrap();
    let mut replies = script.lines().filter(|line| line.starts_with("* "));
    for envelope in &envelopes {
        let reply = replies.next().unwrap();
        let (_, list) = reply.split_once("ENVELOPE ").unwrap();
        let Item::List(fields) = item(&mut list.chars().peekable()) else { panic!("{list}") };
        compare(envelope, &fields, reply);
    }
    assert_eq!(replies.next(), None);
    assert_eq!(envelopes.len(), 6);
}

/// Something in an IMAP reply.
#[derive(Debug, PartialEq)]
enum Item {
    Nil,
    Text(String),
    List(Vec<Item>),
}

fn item(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Item {
    match chars.next().unwrap() {
        '(' => {
            let mut list = Vec::new();
            loop {
                match chars.peek().unwrap() {
                    ')' => break,
                    ' ' => drop(chars.next()),
                    _ => list.push(item(chars)),
                }
            }
            chars.next();
            Item::List(list)
        }
        '"' => Item::Text(chars.take_while(|c| *c != '"').collect()),
        _ => {
            assert_eq!(chars.by_ref().take(2).collect::<String>(), "IL");
            Item::Nil
        }
    }
}

fn compare(envelope: &Envelope, fields: &[Item], reply: &str) {
    let [date, _subject, from, _sender, _reply_to, to, cc, bcc, _parent, id] = fields else {
        panic!("{reply}")
    };
    let Item::Text(date) = date else { panic!("{reply}") };
    let date = jiff::fmt::rfc2822::parse(date).unwrap().timestamp();
    assert_eq!(envelope.date, date, "{reply}");
    let of = |mailboxes: &[Mailbox]| -> Vec<_> {
        let pair =
            |mailbox: &Mailbox| (mailbox.display_name.clone(), mailbox.addr_spec.to_string());
        mailboxes.iter().map(pair).collect()
    };
    for (got, expect) in [
        (std::slice::from_ref(&envelope.from), from),
        (&envelope.to, to),
        (&envelope.cc, cc),
        (&envelope.bcc, bcc),
    ] {
        assert_eq!(of(got), addresses(expect), "{reply}");
    }
    let id = match id {
        Item::Text(id) => Some(id.trim_matches(['<', '>'])),
        _ => None,
    };
    assert_eq!(envelope.message_id.as_ref().map(|id| id.as_str()), id, "{reply}");
}

/// The mailboxes of an address list, without the markers where groups begin and end.
fn addresses(list: &Item) -> Vec<(Option<String>, String)> {
    let Item::List(list) = list else { return Vec::new() };
    let one = |entry: &Item| match entry {
        Item::List(parts) => match parts.as_slice() {
            [Item::Text(name), _, Item::Text(local), Item::Text(domain)] => {
                Some((Some(name.clone()), format!("{local}@{domain}")))
            }
            [Item::Nil, _, Item::Text(local), Item::Text(domain)] => {
                Some((None, format!("{local}@{domain}")))
            }
            _ => None,
        },
        _ => None,
    };
    list.iter().filter_map(one).collect()
}

/// Flanker's list of what is no address. What is taken for one all the same is in the snapshot, for
/// a reason: dots anywhere in the local part are in use, one after the domain means the same
/// domain, and a comma ends an address.
#[test]
fn what_is_no_address_makes_no_person() {
    let Some(folder) = corpora() else { return };
    let list = fs::read_to_string(folder.join("flanker-addresses/mailbox_invalid.txt")).unwrap();
    let seen = Seen { received: Timestamp::UNIX_EPOCH, sent: false };
    let mut out = String::new();
    let mut count = 0;
    for line in list.lines() {
        let address = line.split(" # ").next().unwrap_or_default().trim();
        if address.is_empty() || address.starts_with('#') {
            continue;
        }
        count += 1;
        if let Ok(envelope) = header::read(format!("From: {address}\n").as_bytes(), seen) {
            out += &format!("{address} -> {:?}\n", envelope.from.addr_spec);
        }
    }
    assert!(count > 80, "{count}");
    expect![[r#"
        first.last@sub.do,com -> <first.last@sub.do>
        .first.last@iana.org -> <.first.last@iana.org>
        first.last.@iana.org -> <first.last.@iana.org>
        first..last@iana.org -> <first..last@iana.org>
        .dot@iana.org -> <.dot@iana.org>
        dot.@iana.org -> <dot.@iana.org>
        two..dot@iana.org -> <two..dot@iana.org>
        gatsby@f.sc.ot.t.f.i.tzg.era.l.d. -> <gatsby@f.sc.ot.t.f.i.tzg.era.l.d>
        test.@iana.org -> <test.@iana.org>
        test..test@iana.org -> <test..test@iana.org>
        .test@iana.org -> <.test@iana.org>
        test@example. -> <test@example>
        .wooly@iana.org -> <.wooly@iana.org>
        wo..oly@iana.org -> <wo..oly@iana.org>
        pootietang.@iana.org -> <pootietang.@iana.org>
        .@iana.org -> <.@iana.org>
        a@bar.com. -> <a@bar.com>
        test@xn--example.com -> <test@xn--example.com>
    "#]]
    .assert_eq(&out);
}
