//! Logins as transcripts, those of the RFCs first.

use super::*;
use crate::source::net::{Security, Trust};

fn server() -> Server {
    Server {
        host: "server.example.com".into(),
        port: 143,
        security: Security::Tls,
        trust: Trust::System,
    }
}

fn exchange(
    mechanism: Mechanism,
    user: &str,
    secret: &str,
    nonce: &str,
) -> Result<Exchange, Broken> {
    let login = Login { user: user.into(), means: Means::Password };
    Exchange::new(mechanism, &server(), &login, &Secret::new(secret.into()), nonce)
}

/// What is said, out of its base64, with `^A` for U+0001 and `^@` for NUL.
fn plain(said: &Secret) -> String {
    let bytes = BASE64.decode(said.reveal()).expect("base64");
    String::from_utf8(bytes).expect("text").replace('\u{1}', "^A").replace('\0', "^@")
}

/// Plays a transcript: lines of the server after `S: `, ours after `C: `, both out of base64; the
/// first of ours is the initial response. `OK` is the server's.
#[track_caller]
fn check(mechanism: Mechanism, user: &str, secret: &str, nonce: &str, transcript: &[&str]) {
    let mut exchange = exchange(mechanism, user, secret, nonce).expect("begun");
    let mut said = exchange.initial().map(|said| plain(&said));
    for line in transcript {
        if let Some(expect) = line.strip_prefix("C: ") {
            assert_eq!(said.take().as_deref(), Some(expect));
        } else if let Some(challenge) = line.strip_prefix("S: ") {
            let answer = exchange.respond(&BASE64.encode(challenge));
            said = Some(answer.map_or_else(|broken| format!("{broken:?}"), |said| plain(&said)));
        } else if *line == "OK" {
            let proved = exchange.proved();
            said = Some(proved.map_or_else(|broken| format!("{broken:?}"), |()| "in".to_owned()));
        } else {
            panic!("{line}");
        }
    }
    assert_eq!(said, None, "a line too much");
}

#[test]
fn scram_is_that_of_rfc_7677() {
    check(
        Mechanism::ScramSha256,
        "user",
        "pencil",
        "rOprNGfwEbeRWgbNEkqO",
        &[
            "C: n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "S: r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "C: c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "S: v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            "C: ",
            "OK",
            "C: in",
            "S: v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            "C: Challenge",
        ],
    );
}

#[test]
fn a_server_that_does_not_know_the_password_is_not_believed() {
    let first = "C: n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    let salt =
        "S: r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    let last = "C: c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    let check = |rest: &[&str]| {
        let lines: Vec<&str> = [first, salt, last].iter().chain(rest).copied().collect();
        check(Mechanism::ScramSha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO", &lines);
    };
    check(&["OK", "C: Unproved"]);
    check(&[
        "S: v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        "C: Unproved",
        "OK",
        "C: Unproved",
    ]);
    check(&["S: v=", "C: Unproved"]);
    check(&["S: v=%", "C: Challenge"]);
    check(&["S: e=invalid-proof", "C: Denied", "OK", "C: Unproved"]);
    check(&["S: hello", "C: Challenge"]);
}

#[test]
fn what_no_honest_server_says_in_scram_is_refused() {
    let check = |salt: &str, expect: &str| {
        let salt = format!("S: {salt}");
        let lines = ["C: n,,n=user,r=abc", &salt, expect];
        check(Mechanism::ScramSha256, "user", "pencil", "abc", &lines);
    };
    check("r=abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "C: Challenge");
    check("r=xbcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "C: Challenge");
    check("r=abcd,s=,i=4096", "C: Challenge");
    check("r=abcd,s=%,i=4096", "C: Challenge");
    check("r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1", "C: Iterations");
    check("r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000001", "C: Iterations");
    check("r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999", "C: Iterations");
    check("r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-4096", "C: Iterations");
    check("r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==", "C: Challenge");
    check("m=must,r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "C: Challenge");
    check("e=other-error", "C: Denied");
    check("", "C: Challenge");
    check(&format!("r=abcd,s={},i=4096", "AAAA".repeat(300)), "C: Challenge");
    check(&format!("r=abcd{},s=AAAA,i=4096", "x".repeat(2000)), "C: Challenge");
}

#[test]
fn plain_says_all_at_once() {
    check(
        Mechanism::Plain,
        "tim",
        "tanstaaftanstaaf",
        "",
        &["C: ^@tim^@tanstaaftanstaaf", "OK", "C: in", "S: ", "C: Challenge"],
    );
    check(Mechanism::Plain, "jürgen", "pässwörd", "", &["C: ^@jürgen^@pässwörd"]);
}

#[test]
fn without_sasl_ir_the_first_challenge_is_answered_with_it() {
    for challenge in ["", "=", "R28gYWhlYWQ=", "not base64"] {
        let mut exchange = exchange(Mechanism::Plain, "ana", "x", "").expect("begun");
        let said = exchange.respond(challenge).expect("an answer");
        assert_eq!(said.reveal(), "AGFuYQB4");
        assert_eq!(exchange.respond("").map(|_| ()), Err(Broken::Challenge));
    }
}

#[test]
fn login_answers_whatever_the_questions_are_called() {
    check(
        Mechanism::Login,
        "ana",
        "geheim",
        "",
        &[
            "S: Username:",
            "C: ana",
            "S: Passwort",
            "C: geheim",
            "OK",
            "C: in",
            "S: Again",
            "C: Challenge",
        ],
    );
}

#[test]
fn tokens_end_the_talk_when_they_are_refused() {
    let refusal = r#"S: {"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"#;
    check(
        Mechanism::XOAuth2,
        "someuser@example.com",
        "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg",
        "",
        &[
            "C: user=someuser@example.com^Aauth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg^A^A",
            refusal,
            "C: ",
            refusal,
            "C: Challenge",
        ],
    );
    // RFC 7628 §4.1, §4.3
    check(
        Mechanism::OAuthBearer,
        "user@example.com",
        "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
        "",
        &[
            "C: n,a=user@example.com,^Ahost=server.example.com^Aport=143^Aauth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==^A^A",
            r#"S: {"status":"invalid_token"}"#,
            "C: ^A",
        ],
    );
}

#[test]
fn what_no_login_can_carry_is_told_before_anything_is_said() {
    let check = |mechanism, user, secret| {
        assert_eq!(exchange(mechanism, user, secret, "n").map(|_| ()), Err(Broken::Unsayable));
    };
    check(Mechanism::Plain, "ana", "");
    check(Mechanism::Plain, "", "x");
    check(Mechanism::Plain, "ana\0bob", "x");
    check(Mechanism::Login, "ana", "x\r\nA1 LOGOUT");
    check(Mechanism::XOAuth2, "ana", "x\u{1}auth=Bearer y");
    check(Mechanism::ScramSha256, "ana", "\u{7}");
}

#[test]
fn a_login_in_progress_does_not_print_its_secret() {
    for mechanism in
        [Mechanism::Plain, Mechanism::Login, Mechanism::XOAuth2, Mechanism::ScramSha256]
    {
        let mut exchange = exchange(mechanism, "ana", "canary", "nonce").expect("begun");
        assert!(!format!("{exchange:?}").contains("canary"), "{exchange:?}");
        exchange.respond("").expect("an answer");
        assert!(!format!("{exchange:?}").contains("canary"), "{exchange:?}");
    }
}

#[test]
fn the_best_way_is_taken_and_none_that_is_not_offered() {
    let check = |capabilities: &str, means, encrypted, expect: &str| {
        let offers = |one: &str| capabilities.split(' ').any(|has| has.eq_ignore_ascii_case(one));
        let told = match ways(offers, means, encrypted) {
            Ok(ways) => {
                let name = |way: &Way| match way {
                    Way::Authenticate(mechanism) => mechanism.name().to_owned(),
                    Way::Login => "LOGIN command".to_owned(),
                };
                ways.iter().map(name).collect::<Vec<_>>().join(", then ")
            }
            Err(fault) => fault.to_string(),
        };
        assert_eq!(told, expect, "{capabilities}");
    };
    let (password, token) = (Means::Password, Means::Token);
    check("IMAP4rev1 AUTH=PLAIN", password, true, "PLAIN");
    check("IMAP4rev1 auth=plain AUTH=LOGIN", password, true, "PLAIN");
    check("AUTH=PLAIN AUTH=SCRAM-SHA-256", password, true, "SCRAM-SHA-256, then PLAIN");
    check("AUTH=PLAIN AUTH=SCRAM-SHA-256", password, false, "SCRAM-SHA-256");
    check("AUTH=PLAIN", password, false, "PLAIN");
    check("IMAP4rev1", password, true, "LOGIN command");
    check("AUTH=LOGIN", password, true, "LOGIN command");
    check("AUTH=LOGIN LOGINDISABLED", password, true, "LOGIN");
    check("AUTH=SCRAM-SHA-256 LOGINDISABLED", password, true, "SCRAM-SHA-256");
    check(
        "IMAP4rev1 LOGINDISABLED STARTTLS",
        password,
        false,
        "takes no password on an unencrypted connection; set security = \"tls\"",
    );
    check(
        "LOGINDISABLED AUTH=GSSAPI AUTH=CRAM-MD5",
        password,
        true,
        "takes no password by any way known here; ask whoever runs it for PLAIN or SCRAM-SHA-256",
    );
    check("AUTH=XOAUTH2 AUTH=PLAIN", token, true, "XOAUTH2");
    check("AUTH=XOAUTH2 AUTH=OAUTHBEARER", token, true, "OAUTHBEARER");
    check(
        "AUTH=PLAIN",
        token,
        true,
        "takes no token (neither OAUTHBEARER nor XOAUTH2); give a password in place of it",
    );
}

proptest::proptest! {
    /// Whatever a server says, it is answered or refused, and never with the password in clear.
    #[test]
    fn any_challenge_is_answered_or_refused(challenges in proptest::collection::vec("[ -~]{0,60}", 1..4)) {
        let mut exchange = exchange(Mechanism::ScramSha256, "ana", "canary", "nonce").expect("begun");
        exchange.initial().expect("said first");
        for challenge in challenges {
            if let Ok(said) = exchange.respond(&BASE64.encode(challenge)) {
                assert!(!plain(&said).contains("canary"));
            }
        }
        assert_eq!(exchange.proved(), Err(Broken::Unproved));
    }
}
