//! The filter tried on what servers send, in every division.

use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::source::imap::uids::Uids;

/// What passes of what a server sends in pieces of some bytes, what waits aside, and the error at
/// the end.
fn pass(sent: &[u8], pieces: usize) -> (Vec<u8>, Vec<Said>, io::Error) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let sent = sent.to_vec();
        let server = tokio::spawn(async move {
            for piece in sent.chunks(pieces) {
                if theirs.write_all(piece).await.is_err() {
                    break;
                }
            }
        });
        let mut tame = Tame::new(Box::new(ours));
        let (mut passed, mut aside) = (Vec::new(), Vec::new());
        let mut buffer = [0; 100];
        let error = loop {
            match tame.next().await {
                Ok(Some(odd)) => {
                    // it stands where it was
                    passed.extend_from_slice(b"odd\r\n");
                    aside.push(odd);
                }
                Ok(None) => {
                    let read = tame.read(&mut buffer).await.unwrap();
                    passed.extend_from_slice(&buffer[..read]);
                }
                Err(error) => break error,
            }
        };
        server.abort();
        (passed, aside, error)
    })
}

#[track_caller]
fn check(sent: &str, passed: &str, aside: &[Said]) {
    for pieces in [1, 7, 4096] {
        let (got, odd, error) = pass(sent.as_bytes(), pieces);
        assert_eq!(String::from_utf8_lossy(&got), passed, "{pieces}");
        assert_eq!(odd, aside, "{pieces}");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{error}");
    }
}

#[test]
fn what_the_parser_reads_passes_and_the_rest_is_put_aside_in_its_place() {
    let good = "* 1 FETCH (UID 5 BODY[HEADER.FIELDS (DATE)] {9}\r\na: {99}\r\n)\r\n";
    let head = Some(b"a: {99}\r\n".to_vec());
    check(good, "odd\r\n", &[Said::Row(Row { uid: Some(5), date: None, head })]);
    let lines = "* 3 EXISTS\r\n* OK [UIDNEXT 4] {12}\r\nh1 OK {3}\r\n+ go\r\n";
    check(lines, lines, &[]);
    let odd = "* 2 FETCH (UID 6 INTERNALDATE NIL)\r\n";
    check(
        &format!("* 3 EXISTS\r\n{odd}* 4 EXISTS\r\n"),
        "* 3 EXISTS\r\nodd\r\n* 4 EXISTS\r\n",
        &[Said::OddRow(Some(6))],
    );
    check("* SEARCH 1 2\r\n", "odd\r\n", &[Said::Found(Uids::range(1, 2))]);
    check("* OK [ALERT]\u{e9}\r\n", "odd\r\n", &[Said::Nothing]);
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {}{})\r\n", "(".repeat(999), ")".repeat(999));
    check(&deep, "odd\r\n", &[Said::OddRow(None)]);
    // cut in the middle of a literal: what came before it stands
    check("* 3 EXISTS\r\n* 1 FETCH (UID 5 X {9}\r\nabc", "* 3 EXISTS\r\n", &[]);
}

#[test]
fn a_giant_is_dropped_and_what_follows_it_is_read() {
    let giant = "x".repeat(MAX_LITERAL + 1);
    let sent =
        format!("* 1 FETCH (UID 5 X {{{}}}\r\n{giant} UID 9)\r\n* 3 EXISTS\r\n", giant.len());
    for pieces in [999, 1 << 20] {
        let (passed, aside, error) = pass(sent.as_bytes(), pieces);
        assert_eq!(String::from_utf8_lossy(&passed), "odd\r\n* 3 EXISTS\r\n");
        assert_eq!(aside, [Said::OddRow(Some(5))]);
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}

#[test]
fn nothing_endless_is_read_to_its_end() {
    for (sent, why) in [
        ("* 1 FETCH (X {4294967296}\r\n".to_owned(), "a literal of impossible size"),
        ("* 1 FETCH (X {-1}\r\n".to_owned(), "a literal of impossible size"),
        ("* 1 FETCH (X {99999999999999999999}\r\n".to_owned(), "a literal of impossible size"),
        (format!("* 1 FETCH ({}", "x".repeat(MAX_LINE + BLOCK)), "a line without an end"),
        (format!("* SEARCH {}", "1 ".repeat(MAX_NUMBERS / 2 + BLOCK)), "a line without an end"),
        (
            format!(
                "* 1 FETCH ({}",
                format!("X {{1000000}}\r\n{}", "x".repeat(1_000_000)).repeat(3)
            ),
            "a response without an end",
        ),
    ] {
        let (_, _, error) = pass(sent.as_bytes(), 4096);
        let violation = error.get_ref().and_then(|inner| inner.downcast_ref::<Violation>());
        assert_eq!(violation, Some(&Violation(why)));
    }
}

proptest! {
    /// What is taken for an ordinary row is one, and the parser would have read the same.
    #[test]
    fn a_plain_row_is_what_the_parser_reads(
        uid in 0_u32..2_000_000_000,
        head in prop::collection::vec(any::<u8>(), 0..60),
        names in "[A-Z -]{0,9}",
        date in "[ 0-3][0-9]-Jul-1996 02:44:25 [+-]0700",
        order in 0..6_usize,
        noise in 0..8_usize,
    ) {
        let body = [
            format!("BODY[HEADER.FIELDS ({names})] {{{}}}\r\n", head.len()).into_bytes(),
            head,
        ].concat();
        let mut items = [
            format!("UID {uid}").into_bytes(),
            format!("INTERNALDATE \"{date}\"").into_bytes(),
            body,
        ];
        items.rotate_left(order % 3);
        if order > 2 { items.swap(0, 1); }
        let mut row = [b"* 7 FETCH (".to_vec(), items.join(&b' '), b")\r\n".to_vec()].concat();
        if noise < row.len() && noise % 2 == 0 { row[noise] ^= 1; }
        if let Some(read) = plain_row(&row) {
            let parsed = Response::parse(&row);
            prop_assert!(matches!(parsed, Ok(([], Response::Fetch(..)))), "{:?}", parsed);
            prop_assert_eq!(Said::of(&parsed.unwrap().1), Said::Row(read));
        }
    }

    /// Whatever comes in, however divided: whole responses, and no panic.
    #[test]
    fn dividing_changes_nothing(
        sent in "(\\* (OK|1 FETCH|LIST|SEARCH)?|h1 OK|[+ ]?)[ (){}0-9\"a-zé\\[\\]]{0,20}(\r?\n)?([*a-z {}0-9]{0,12}\r\n){0,3}",
        pieces in 1_usize..9,
    ) {
        let (a, b, _) = pass(sent.as_bytes(), pieces);
        let (c, d, _) = pass(sent.as_bytes(), 4096);
        prop_assert_eq!(a, c);
        prop_assert_eq!(b, d);
    }
}
