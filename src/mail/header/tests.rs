//! Heads and what is kept of them.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// 2026-11-03, when everything here was received.
fn seen() -> Seen {
    Seen { received: "2026-11-03T00:00:00Z".parse().unwrap(), sent: false }
}

fn render(head: &[u8]) -> String {
    use std::fmt::Write;
    let envelope = match read(head, seen()) {
        Ok(envelope) => envelope,
        Err(why) => return format!("skipped: {why}\n"),
    };
    let mut out = format!("{}\n", envelope.date);
    let from = [envelope.from];
    let lists =
        [("from", &from[..]), ("to", &envelope.to), ("cc", &envelope.cc), ("bcc", &envelope.bcc)];
    for (field, list) in lists {
        for mailbox in list {
            let name = mailbox.display_name.as_deref().map(|name| format!("{name:?} "));
            writeln!(out, "{field} {}{:?}", name.unwrap_or_default(), mailbox.addr_spec).unwrap();
        }
    }
    if let Some(id) = envelope.message_id {
        writeln!(out, "id {}", id.as_str()).unwrap();
    }
    if let Some(automatic) = envelope.automatic {
        writeln!(out, "{automatic:?}").unwrap();
    }
    for address in envelope.failed {
        writeln!(out, "failed {address:?}").unwrap();
    }
    out
}

#[track_caller]
fn check(head: impl AsRef<[u8]>, expect: Expect) {
    expect.assert_eq(&render(head.as_ref()));
}

#[test]
fn a_report_names_whom_it_could_not_reach() {
    check(
        "Return-path: <>\nAuto-Submitted: auto-replied\n\
         From: Mail Delivery System <Mailer-Daemon@mx.test>\nTo: ana@agency.test\n\
         X-Failed-Recipients: Jo.Doe@Acme.test,\n  ben@acme.test\n\
         Date: Mon, 2 Nov 2026 10:00:00 +0000",
        expect![[r#"
            2026-11-02T10:00:00Z
            from "Mail Delivery System" <mailer-daemon@mx.test>
            to <ana@agency.test>
            Bounce
            failed <jo.doe@acme.test>
            failed <ben@acme.test>
        "#]],
    );
    check(
        "From: jo@acme.test\nX-Failed-Recipients:\nDate: Mon, 2 Nov 2026 10:00:00 +0000",
        expect![[r#"
            2026-11-02T10:00:00Z
            from <jo@acme.test>
        "#]],
    );
}

#[test]
fn an_ordinary_head() {
    check(
        "Return-Path: <jo@acme.test>\r\n\
         Received: from a by b; Mon, 2 Nov 2026 10:00:07 +0000\r\n\
         Date: Mon, 2 Nov 2026 11:00:00 +0100 (CET)\r\n\
         From: \"Doe, Jo\" <Jo.Doe+work@Acme.test>\r\n\
         To: Ana <ana@agency.test>, =?utf-8?q?Zo=C3=AB?=\r\n =?utf-8?q?_M=C3=BCller?= <zoe@agency.test>\r\n\
         Cc: team: a@x.test, \"B\" <b@x.test>;, c@x.test (Cy)\r\n\
         Subject: never seen\r\n\
         Message-ID: <1@acme.test>\r\n\
         \r\n\
         Bcc: body@x.test\r\n",
        expect![[r#"
            2026-11-02T10:00:00Z
            from "Jo Doe" <jo.doe+work@acme.test>
            to "Ana" <ana@agency.test>
            to "Zoë Müller" <zoe@agency.test>
            cc <a@x.test>
            cc "B" <b@x.test>
            cc "Cy" <c@x.test>
            id 1@acme.test
        "#]],
    );
}

#[test]
fn authors() {
    for (from, expect) in [
        ("To: a@x.test\n", "skipped: no author"),
        ("From: \n", "skipped: no author"),
        ("From: Jo Doe\n", "skipped: no author"),
        ("From: undisclosed-recipients:;\n", "skipped: no author"),
        ("From: jo@acme.test\nFrom: pat@acme.test\n", "skipped: several authors"),
        ("From : jo@acme.test\nfrom: pat@acme.test\n", "skipped: several authors"),
        ("From: jo@acme.test, pat@acme.test\n", "skipped: several authors"),
        ("From: boss@x.test, Pat <@>\n", "skipped: several authors"),
        ("From: a@b.test c@d.test\n", "skipped: author without a usable address"),
        ("From: <jo@acme.test>pat@evil.test\n", "skipped: author without a usable address"),
        ("From: \"boss@x.test\"@evil.test\n", "skipped: author without a usable address"),
        ("From: =?utf-8?q?boss=40x.test?=@evil.test\n", "skipped: author without a usable address"),
        ("From: <=?utf-8?q?boss=40x.test?=>\n", "skipped: author without a usable address"),
        ("From: \"boss@x.test\"\n", "skipped: author without a usable address"),
        ("From: first(x)last@acme.test\n", "skipped: author without a usable address"),
        ("From: first.\"\".last@acme.test\n", "skipped: author without a usable address"),
        ("From: < jo@acme.test >(x)\n", "from \"x\" <jo@acme.test>"),
        ("From: jo@\n", "skipped: author without a usable address"),
        ("From: <@route.test,@b.test:jo@acme.test>\n", "from <jo@acme.test>"),
        ("From: team: jo@acme.test;\n", "from <jo@acme.test>"),
        ("From: Doe, Jo <jo@acme.test>\n", "from \"Jo Doe\" <jo@acme.test>"),
        ("From: jo@acme.test (Jo Doe)\n", "from \"Jo Doe\" <jo@acme.test>"),
        ("From: \"pat@x.test\" <jo@acme.test>\n", "from <jo@acme.test>"),
        ("From: \"jo@ACME.test\" <jo@acme.test>\n", "from <jo@acme.test>"),
        ("From:<jo@acme.test>", "from <jo@acme.test>"),
    ] {
        let got = render(from.as_bytes());
        assert!(got.lines().any(|line| line == expect), "{from:?} gave {got}");
    }
}

#[test]
fn dates() {
    for (fields, expect) in [
        ("Date: Mon, 2 Nov 2026 10:00:00 +0000", "2026-11-02T10:00:00Z"),
        ("Date: 2 nov 26 10:00 EST", "2026-11-02T15:00:00Z"),
        ("Date: Mon, 2 Nov 2026 9:05 PST", "2026-11-02T17:05:00Z"),
        ("Date: Mon, 2 Nov 2026 10:00", "2026-11-02T10:00:00Z"),
        ("Date: Mon, 2 Nov 2026 10:00:00 GMT+02:00", "2026-11-02T08:00:00Z"),
        ("Date: Mon, 2 Nov 2026 10:00:00 UTC-0330", "2026-11-02T13:30:00Z"),
        ("Date: Mon, 2 Nov 2026 10:00:00", "2026-11-02T10:00:00Z"),
        ("Date: Sat, 2 Mar 102 10:00:00 +0000", "2002-03-02T10:00:00Z"),
        ("Date:\r\n Mon,\r\n\t2 Nov 2026\r\n 10:00:00 +0000", "2026-11-02T10:00:00Z"),
        // A day ahead is a wrong zone, more is a wrong clock.
        ("Date: Wed, 4 Nov 2026 00:00:00 +0000", "2026-11-04T00:00:00Z"),
        ("Date: Wed, 4 Nov 2026 00:00:01 +0000", "2026-11-03T00:00:00Z"),
        ("Date: Thu, 1 Jan 2099 00:00:00 +0000", "2026-11-03T00:00:00Z"),
        ("Date: Thu, 1 Jan 1970 00:00:00 -1200", "2026-11-03T00:00:00Z"),
        ("Date: Sun, 31 Dec 1989 23:59:59 +0000", "2026-11-03T00:00:00Z"),
        ("Date: Mon, 1 Jan 1990 00:00:00 +0000", "1990-01-01T00:00:00Z"),
        ("Date: Fri, 31 Feb 99999 25:61:61 +9999", "2026-11-03T00:00:00Z"),
        ("Date: yesterday", "2026-11-03T00:00:00Z"),
        ("X: y", "2026-11-03T00:00:00Z"),
        // The topmost hop speaks for the arrival, as long as it is believable itself.
        (
            "Received: by x; Sun, 1 Nov 2026 09:00:00 +0100\nReceived: by y; 3 Oct 2026 1:00:00 Z",
            "2026-11-01T08:00:00Z",
        ),
        (
            "Received: by x; Sun, 1 Nov 2026 09:00:00 +0100\nDate: Tue, 3 Nov 2026 9:00:00 Z",
            "2026-11-01T08:00:00Z",
        ),
        (
            "Received: by x; Sun, 1 Nov 2099 09:00:00 +0100\nDate: Mon, 2 Nov 2099 9:00:00 Z",
            "2026-11-03T00:00:00Z",
        ),
        ("Received: by 2 Nov 2026 09:00:00 +0100", "2026-11-03T00:00:00Z"),
    ] {
        let got = render(format!("{fields}\nFrom: jo@acme.test\n").as_bytes());
        assert_eq!(got.lines().next(), Some(expect), "{fields}");
    }
}

#[test]
fn a_file_without_a_time_does_not_discredit_the_date() {
    let head = b"Date: Mon, 2 Nov 2026 10:00:00 +0000\nFrom: jo@acme.test\n";
    let envelope = read(head, Seen { received: Timestamp::UNIX_EPOCH, sent: true }).unwrap();
    assert_eq!(envelope.date.to_string(), "2026-11-02T10:00:00Z");
    assert!(envelope.sent);
}

fn key(fields: &str) -> FactKey {
    read(format!("From: jo@acme.test\n{fields}").as_bytes(), seen()).unwrap().key
}

#[test]
fn copies_are_one_fact() {
    let id = "Message-ID: <1@acme.test>\n";
    assert_eq!(key(id), key("Message-Id:\r\n\t<1@acme.test> \r\nTo: a@x.test\r\n"));
    assert_eq!(key(id), key("Message-ID: 1@acme.test\n"));
    assert_ne!(key(id), key("Message-ID: <2@acme.test>\n"));
    assert_ne!(key(id), key(""));
    let parts = "Date: 2 Nov 2026 10:00:00 +0000\nTo: a@x.test, b@x.test\nCc: c@x.test\n";
    let other = "Date: 2 Nov 2026 12:00:00 +0200\nTo: C@x.test\nCc: b@x.test\nCc: A <a@x.test>\nBcc: d@x.test\n";
    assert_eq!(key(parts), key(other));
    // A broken Date is still the message's own: the file's time must not make two of one.
    assert_eq!(key("Date: 1 Jan 1970 10:00:00 Z\n"), {
        let head = b"From: jo@acme.test\nDate: 1 Jan 1970 10:00:00 Z\n";
        read(head, Seen { received: "2020-01-01T00:00:00Z".parse().unwrap(), sent: true })
            .unwrap()
            .key
    });
    for different in ["Date: 2 Nov 2026 10:00:01 +0000\nTo: a@x.test, b@x.test\nCc: c@x.test\n", ""]
    {
        assert_ne!(key(parts), key(different));
    }
    for unusable in ["Message-ID: <a b@x>\n", "Message-ID: <>\n", "Message-ID:\n"] {
        assert_eq!(key(&format!("{unusable}{parts}")), key(parts), "{unusable}");
    }
    assert_eq!(key(&format!("Message-ID: <>\n{id}")), key(id));
}

fn thread(fields: &str) -> Option<u64> {
    read(format!("From: jo@acme.test\n{fields}").as_bytes(), seen()).unwrap().thread
}

#[test]
fn a_thread_is_its_first_message() {
    let root = thread("Message-ID: <1@acme.test>\n");
    assert!(root.is_some());
    for reply in [
        "Message-ID: <2@x.test>\nIn-Reply-To: <1@acme.test>\n",
        "Message-ID: <3@x.test>\nReferences: <1@acme.test>\r\n <2@x.test>\nIn-Reply-To: <2@x.test>\n",
        "References: <1@acme.test>, <2@x.test>\n",
        "References: <1@acme.test>\nReferences: <2@x.test>\n",
        "References: (no) <bad id@x> <1@acme.test>\n",
        "In-Reply-To: Your message of Monday <1@acme.test>\n",
        "References:\nIn-Reply-To: 1@acme.test\n",
    ] {
        assert_eq!(thread(reply), root, "{reply}");
    }
    assert_eq!(thread(""), None);
    assert_eq!(thread("In-Reply-To: Your message of Monday\n"), None);
    assert_ne!(thread("References: <2@x.test> <1@acme.test>\n"), root);
}

#[test]
fn recipients_that_are_no_addresses_are_left_out() {
    check(
        "From: jo@acme.test\nTo: undisclosed-recipients:;\nCc: nobody, a@b c@d, <>, ok@x.test\nBcc: \"quoted part\"@x.test\n",
        expect![[r#"
            2026-11-03T00:00:00Z
            from <jo@acme.test>
            cc <ok@x.test>
        "#]],
    );
}

#[test]
fn so_many_recipients_are_a_broadcast_that_is_not_read() {
    let with = |count: usize| {
        let to: Vec<_> = (0..count).map(|i| format!("a{i}@x.test")).collect();
        render(format!("From: jo@acme.test\nTo: {}\n", to.join(",\n ")).as_bytes())
    };
    assert_eq!(with(MAX_ADDRESSES).lines().count(), 2 + MAX_ADDRESSES);
    assert_eq!(with(MAX_ADDRESSES + 1), "skipped: too many addresses\n");
}

#[test]
fn charsets_of_the_old_world() {
    check(
        "From: =?iso-2022-jp?B?GyRCOzNFREJATzobKEI=?= <taro@x.test>\n\
         To: =?GB18030?B?zfXQocP3?= <wang@x.test>, Pri\u{fffd}ya <p@x.test>\n\
         Cc: =?x-nope?q?Left?= <l@x.test>, =?utf-8?q?=3D=3Futf-8=3Fq=3FPriya=3F=3D?= <q@x.test>\n",
        expect![[r#"
            2026-11-03T00:00:00Z
            from "山田太郎" <taro@x.test>
            to "王小明" <wang@x.test>
            to "Pri�ya" <p@x.test>
            cc "Left" <l@x.test>
            cc "=?utf-8?q?Priya?=" <q@x.test>
        "#]],
    );
}

/// Pieces of heads, put together at random: more likely to hit a corner than bytes alone.
fn heads() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(
            &[
                "From:",
                "To: ",
                "Cc:",
                "Date: ",
                "Received: ",
                "Sender:",
                "References: ",
                "Message-ID: <",
                "Content-Type: ",
                "\r\n",
                "\n",
                "\n ",
                "\r",
                ", ",
                ";",
                ":",
                "<",
                ">",
                "(",
                ")",
                "\"",
                "\\",
                "@",
                "a@b.test",
                "Jo <jo@acme.test>",
                "=?utf-8?q?=40?=",
                "=?iso-2022-jp?b?GyRC?=",
                "2 Nov 2026 10:00:00 +0000",
                "Fri, 31 Feb 99 24:61 Z",
                "GMT+",
            ][..]
        )
        .prop_map(|piece| piece.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_head_is_read_or_skipped(head in heads()) {
        if let Ok(envelope) = read(&head, seen()) {
            let mailboxes = [&envelope.to[..], &envelope.cc, &envelope.bcc].concat();
            for Mailbox { addr_spec, display_name } in mailboxes.iter().chain([&envelope.from]) {
                prop_assert_eq!(AddrSpec::parse(addr_spec.as_str()), Some(addr_spec.clone()));
                prop_assert!(!crate::text::has_hidden(display_name.as_deref().unwrap_or("")));
            }
            prop_assert!(envelope.date <= seen().received + SignedDuration::from_hours(24));
        }
    }

    /// What is kept does not depend on line ends, on the body, or on fields nobody asked for.
    #[test]
    fn what_is_kept_is_in_the_wanted_fields(name in "[A-Za-z ]{0,20}", minutes in 0..1440, rest in any::<Vec<u8>>()) {
        let (hour, minute) = (minutes / 60, minutes % 60);
        let head = format!("From: {name} <jo@acme.test>\nDate: 2 Nov 2026 {hour}:{minute:02}:00 Z\nTo: a@x.test\n");
        let dressed = head.replace('\n', "\r\n").replace("To:", "Subject: To: b@x.test\r\n folded\r\nX-To: c@x.test\r\nTo:");
        let dressed = [dressed.as_bytes(), b"\r\n", &rest].concat();
        prop_assert_eq!(read(head.as_bytes(), seen()), read(&dressed, seen()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The short way and the parser's: where the first says something, both say the same. Of a
    /// field that does not end its line the parser loses an address of one letter a side.
    #[test]
    fn plainly_written_mailboxes_are_read_as_the_parser_reads_them(
        body in "[ \t]?(\"?[A-Ca-c '.,&()+-]{0,9}\"?[ ]?<?[a-cA-C.+_'-]{1,4}@[a-cA-C.-]{1,4}>?[ ]?(,|,\r\n )?){1,3}\r?\n"
    ) {
        let (mut plain, mut parsed) = (Mailboxes::default(), Mailboxes::default());
        if plain.add_plain(body.as_bytes()).is_some() {
            prop_assert_eq!(parsed.add_parsed(body.as_bytes()), Ok(()));
            prop_assert_eq!(plain, parsed);
        } else {
            prop_assert_eq!(plain, parsed);
        }
    }

    #[test]
    fn plainly_written_dates_are_read_as_the_parser_reads_them(
        body in "( ?(Mon|Xyz), )?[0-3]?[0-9] (Jan|Feb|Jun|Dec) [0-9]{4} [0-2][0-9]:[0-6][0-9]:[0-6][0-9] [+-][01][0-9][0-5][0-9]( \\([A-Z]{0,4}\\))?"
    ) {
        if let Some(date) = plain::date(body.as_bytes()) {
            prop_assert_eq!(Some(date), odd_date(body.as_bytes()));
        }
    }

    #[test]
    fn a_plain_address_is_the_address(text in "[a-cA-C0-9.@_+-]{1,12}") {
        let long: String = [" ", &text].concat();
        prop_assert_eq!(AddrSpec::parse(&text), AddrSpec::parse(&long));
    }
}
