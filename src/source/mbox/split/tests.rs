//! mbox files and the messages in them.

use std::io::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// Each message as offset, date and the first line of its head; then the place to go on.
fn split(bytes: &[u8], place: Place, growing: bool) -> (Vec<String>, Place) {
    let file = file(bytes);
    let mut splitter = Splitter::new(&file, bytes.len() as u64, place, growing);
    let mut out = Vec::new();
    while let Some(message) = splitter.next().unwrap() {
        let head = String::from_utf8_lossy(message.head);
        let date = message.received.map_or("no date".to_owned(), |date| date.to_string());
        let note = if message.withdrawn { " withdrawn" } else { "" };
        out.push(format!("{} {date} {}{note}", message.offset, head.lines().next().unwrap_or("")));
    }
    (out, splitter.place())
}

#[track_caller]
fn check(mbox: &str, expect: Expect) {
    let (messages, place) = split(mbox.as_bytes(), Place::default(), false);
    expect.assert_eq(&format!("{}\n{place:?}\n", messages.join("\n")));
}

const FROM: &str = "From jo@acme.test Sat Jan  2 17:42:00 2016\n";

#[test]
fn messages_begin_at_from_lines_after_an_empty_line() {
    check(
        &format!(
            "{FROM}Subject: 1\n\nFrom the start, Jan 2 2016\nFrom here\n\nFrom time to time\n\n\
             >From jo@acme.test Sat Jan  2 17:42:00 2016\nno blank\n{FROM}still body\n\n\
             {FROM}Subject: 2\n\n\n{FROM}Subject: 3\n\n{FROM}\n{FROM}Subject: 5\n"
        ),
        expect![[r#"
            0 2016-01-02T17:42:00Z Subject: 1
            220 2016-01-02T17:42:00Z Subject: 2
            276 2016-01-02T17:42:00Z Subject: 3
            331 2016-01-02T17:42:00Z 
            375 2016-01-02T17:42:00Z Subject: 5
            Place { offset: 429, after_blank: true }
        "#]],
    );
}

#[test]
fn line_ends_and_a_start_of_any_kind() {
    check(
        "\r\n\r\nFrom MAILER-DAEMON\r\nSubject: 1\r\n\r\nbody\r\n\r\n\
         From - Sat Jan 02 17:42:00 2016\r\nSubject: 2\r\n\r\nFrom nobody\r\n",
        expect![[r#"
            4 no date Subject: 1
            46 2016-01-02T17:42:00Z Subject: 2
            Place { offset: 106, after_blank: false }
        "#]],
    );
    check(
        "",
        expect![[r#"

        Place { offset: 0, after_blank: true }
    "#]],
    );
}

#[test]
fn a_true_content_length_is_believed_and_no_other() {
    // Two bytes short is still the end of the file, but not of a message before another.
    let body = "one\n\nFrom x Sat Jan  2 17:42:00 2016\nSubject: inside\n\n";
    let message =
        |length: usize, n: u8| format!("{FROM}Subject: {n}\nContent-Length: {length}\n\n{body}");
    for (length, count) in
        [(body.len(), 2), (body.len() - 1, 2), (body.len() - 2, 3), (0, 4), (4, 4), (9999, 4)]
    {
        let mbox = format!("{}\n{}", message(length, 1), message(length, 2));
        let (messages, _) = split(mbox.as_bytes(), Place::default(), false);
        assert_eq!(messages.len(), count, "{length} {messages:?}");
    }
}

#[test]
fn a_huge_body_with_a_true_length_is_not_read() {
    let head = format!("{FROM}Subject: 1\nContent-Length: {}\n\n", 40_u64 << 30);
    let file = file(head.as_bytes());
    let end = head.len() as u64 + (40 << 30);
    file.set_len(end).unwrap();
    file.write_all_at(format!("\n{FROM}Subject: 2\n\n").as_bytes(), end).unwrap();
    let mut splitter = Splitter::new(&file, end + 56, Place::default(), false);
    assert_eq!(splitter.next().unwrap().unwrap().offset, 0);
    assert_eq!(splitter.next().unwrap().unwrap().offset, end + 1);
    assert!(splitter.next().unwrap().is_none());
}

#[test]
fn what_programs_have_taken_out_is_withdrawn() {
    for (field, withdrawn) in [
        ("X-Mozilla-Status: 0009", true),
        ("X-Mozilla-Status: 0001", false),
        ("X-Mozilla-Status2: 00800000", false),
        ("Status: RO", false),
        ("X-Status: AF", false),
        ("X-Status: D", true),
        ("x-status: T", true),
        ("Status: Done with it", false),
    ] {
        let notes = Notes::read(format!("From: jo@acme.test\n{field}\n").as_bytes());
        assert_eq!(notes.withdrawn, withdrawn, "{field}");
    }
}

#[test]
fn from_lines_have_a_date_and_prose_has_none() {
    for (line, expect) in [
        ("From a@b Fri Feb 22 17:06:23 2008", "2008-02-22T17:06:23Z"),
        ("From a@b  Fri Feb 22 23:00:00 2008 +0200", "2008-02-22T21:00:00Z"),
        ("From 16@xxx Fri Feb 22 23:00:00 -0330 2008", "2008-02-23T02:30:00Z"),
        ("From a@b Wed Dec  9 05:53 1992", "1992-12-09T05:53:00Z"),
        ("From a@b Wed Dec  9 05:53:11 MST 1992 remote from x", "1992-12-09T05:53:11Z"),
        ("From \"a b\"@c Fri, 22 Feb 2008 23:00:00 +0200", "2008-02-22T21:00:00Z"),
        ("From - Fri Feb 22 17:06:23 2008\r\n", "2008-02-22T17:06:23Z"),
        ("From Sun Sun Feb 24 17:06:23 2008", "2008-02-24T17:06:23Z"),
    ] {
        let date = from_date(line.as_bytes()).map(|date| date.to_string());
        assert_eq!(date.as_deref(), Some(expect), "{line}");
    }
    for line in [
        "From ",
        "From here on",
        "From Monday to Friday",
        "From Mon 9:00 to 17:00",
        "From a@b Fri Feb 31 17:06:23 2008",
        "From a@b Fri Feb 22 25:06:23 2008",
        "From a@b Fri Feb 22 2008",
        "From: Fri Feb 22 17:06:23 2008",
        "from a@b Fri Feb 22 17:06:23 2008",
    ] {
        assert_eq!(from_date(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn a_file_that_grows_loses_nothing() {
    let whole = format!("{FROM}Subject: 1\n\nbody\n\n{FROM}Subject: 2\n\nbody\n");
    let (all, _) = split(whole.as_bytes(), Place::default(), false);
    for cut in 0..=whole.len() {
        let (mut messages, place) = split(&whole.as_bytes()[..cut], Place::default(), true);
        let (rest, _) = split(whole.as_bytes(), place, false);
        messages.extend(rest);
        assert_eq!(messages, all, "cut at {cut}");
    }
}

#[test]
fn lines_longer_than_a_block_and_heads_longer_than_allowed() {
    let long = "x".repeat(3 * BLOCK + 7);
    let mbox = format!("{FROM}A: {long}\n\n{long}\n\n{long}\nFrom {long}\n\n{FROM}Subject: 2\n\n");
    let (messages, _) = split(mbox.as_bytes(), Place::default(), false);
    assert_eq!(messages.len(), 2);
    assert!(messages[1].ends_with("Subject: 2"));
    let mbox = format!("{FROM}{}\nbody\n\n{FROM}Subject: 2\n\n", "a: b\n".repeat(100_000));
    let bytes = file(mbox.as_bytes());
    let mut splitter = Splitter::new(&bytes, mbox.len() as u64, Place::default(), false);
    assert_eq!(splitter.next().unwrap().unwrap().head.len(), MAX_HEAD + 1);
    assert_eq!(splitter.next().unwrap().unwrap().head, b"Subject: 2\n");
}

fn mboxes() -> impl Strategy<Value = String> {
    let pieces = [
        FROM,
        "From me\n",
        "Subject: x\n",
        "Content-Length: 11\n",
        "Content-Length: 0\n",
        "\n",
        "\r\n",
        "body",
        "body\n",
        ">From you\n",
        " ",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40)
        .prop_map(|pieces| FROM.to_owned() + &pieces.concat())
}

proptest! {
    /// Stopping after any message and going on from the place given finds the rest.
    #[test]
    fn going_on_finds_the_rest(mbox in mboxes(), stop in 0_usize..8) {
        let (all, _) = split(mbox.as_bytes(), Place::default(), false);
        let bytes = file(mbox.as_bytes());
        let mut splitter = Splitter::new(&bytes, mbox.len() as u64, Place::default(), false);
        let stop = stop.min(all.len());
        for _ in 0..stop {
            splitter.next().unwrap();
        }
        let place = if stop == 0 { Place::default() } else { splitter.place() };
        let (rest, _) = split(mbox.as_bytes(), place, false);
        prop_assert_eq!(&all[stop..], &rest[..]);
    }
}
