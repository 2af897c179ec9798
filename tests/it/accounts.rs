//! Accounts on servers as their owner lives with them: what `check` and `run` say of one that
//! works and of one that does not, with a real server and certificates of the tests' own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod keyring;
mod net;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use expect_test::{Expect, expect};

use crate::servers::dovecot::{Dovecot, GOOD};
use crate::servers::process::{free_port, said};
use crate::servers::{PASSWORD, Server as _, USER};

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A home with one account.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    /// An account whose keys beside type, user and password are these.
    fn with(keys: &str) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        let secret = home.path().join("password");
        fs::write(&secret, format!("{PASSWORD}\nnothing of this\n")).unwrap();
        home.configure(&format!(
            "{keys}\npassword = {{ command = [\"cat\", \"{}\"] }}\n",
            secret.display()
        ));
        home
    }

    fn configure(&self, keys: &str) {
        let mut text = String::from("[me]\naddresses = [\"alice@agency.test\"]\n");
        text += "[desktop]\nnotifications = false\n";
        write!(text, "[[mail]]\nname = \"work\"\ntype = \"imap\"\nuser = \"{USER}\"\n{keys}")
            .unwrap();
        let config = self.path().join("config.toml");
        fs::write(&config, text).unwrap();
        fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallway"));
        command.env_clear().env("HOME", self.path()).env("PATH", "/usr/bin:/bin");
        command.arg("--config").arg(self.path().join("config.toml")).stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.program().args(words).output().unwrap()
    }

    /// The line of `check` on the account, and the exit status.
    fn check(&self) -> String {
        let output = self.run(&["check"]);
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find(|line| line.contains("mail/work")).unwrap();
        format!("{}: {line}", output.status.code().unwrap())
    }

    /// What `run` comes to know of the account, as `status` tells.
    fn run_until_told(&self) -> String {
        let daemon = self.program().arg("run").stderr(Stdio::null()).spawn().unwrap();
        let daemon = Ended(daemon);
        #[expect(clippy::disallowed_methods, reason = "how long a test waits for another process")]
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < PATIENCE, "the daemon never tells");
            thread::sleep(Duration::from_millis(50));
            let status = self.run(&["status", "--json"]).stdout;
            let Ok(status) = serde_json::from_slice::<serde_json::Value>(&status) else { continue };
            let spot = status.pointer("/blind_spots/0").and_then(|spot| spot.as_str());
            if let Some((_, why)) = spot.and_then(|spot| spot.split_once(": ")) {
                drop(daemon);
                return why.to_owned();
            }
        }
    }
}

/// A process that ends with its owner.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Ports, days and fingerprints differ from run to run.
fn plain(text: &str, dovecot: Option<&Dovecot>) -> String {
    let mut text = text.to_owned();
    if let Some(dovecot) = dovecot {
        text = text.replace(&format!(":{}", dovecot.tls()), ":TLS");
        text = text.replace(&format!(":{}", dovecot.port()), ":PLAIN");
    }
    if let Some((before, ended)) = text.split_once(" ended on ") {
        let (day, after) = ended.split_once(';').unwrap();
        assert_eq!(day.len(), 10, "{day}");
        text = format!("{before} ended on DAY;{after}");
    }
    let Some(at) = text.find("fingerprint = \"") else { return text };
    let (before, pin) = text.split_at(at);
    let pin = pin.trim_start_matches("fingerprint = \"");
    assert_eq!(pin.find('"'), Some(95), "{pin}");
    format!("{before}fingerprint = \"PIN{}", pin.trim_start_matches(|c| c != '"'))
}

/// `check` says this of an account that does not work, and so does `run`.
#[track_caller]
fn refused(home: &Home, dovecot: Option<&Dovecot>, expect: Expect) {
    let told = home.check();
    expect.assert_eq(&plain(&told, dovecot));
    let (_, sentence) = told.split_once("mail/work: ").unwrap();
    let running = home.run_until_told();
    assert_eq!(running, sentence);
}

fn keys(port: u16, dovecot: &Dovecot, more: &str) -> String {
    let authority = dovecot.authority();
    format!("host = \"localhost\"\nport = {port}\nauthority = \"{}\"\n{more}", authority.display())
}

#[test]
fn an_account_that_works_is_told_with_what_it_holds() {
    let dovecot = Dovecot::new();
    let letter = "From: jo@acme.test\r\nTo: alice@agency.test\r\nMessage-ID: <1@acme.test>\r\n\
                  Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\nhello\r\n";
    for (name, folder) in [("one", "new"), ("two", "new")] {
        let file = dovecot.maildir().join(folder).join(name);
        fs::write(&file, letter.replace("<1@", &format!("<{name}@"))).unwrap();
        crate::servers::process::give(&file);
    }
    let told = |keys: &str| plain(&Home::with(keys).check(), Some(&dovecot));
    expect!["0: ok    mail/work: localhost:TLS lets alice in: 2 mailboxes, 2 messages"]
        .assert_eq(&told(&keys(dovecot.tls(), &dovecot, "")));
    expect!["0: ok    mail/work: localhost:PLAIN lets alice in: 2 mailboxes, 2 messages"]
        .assert_eq(&told(&keys(dovecot.port(), &dovecot, "security = \"starttls\"")));
    let plainly = format!("host = \"localhost\"\nport = {}\nsecurity = \"none\"", dovecot.port());
    expect!["0: ok    mail/work: localhost:PLAIN lets alice in: 2 mailboxes, 2 messages"]
        .assert_eq(&told(&plainly));
}

#[test]
fn a_wrong_password_is_told() {
    let dovecot = Dovecot::new();
    let home = Home::with("host = \"localhost\"");
    let keys = keys(dovecot.tls(), &dovecot, "password = { command = \"echo wrong\" }\n");
    home.configure(&keys);
    refused(
        &home,
        Some(&dovecot),
        expect![[
            r#"69: bad   mail/work: localhost:TLS refuses user or password; check both, then run "hallway check""#
        ]],
    );
    let home = Home::with("host = \"localhost\"");
    home.configure(&keys.replace("echo wrong", "cat /nowhere"));
    refused(
        &home,
        Some(&dovecot),
        expect![
            "69: bad   mail/work: localhost:TLS gets no password: cat ended with exit status: 1 (cat: /nowhere: No such file or directory); run it yourself to see why"
        ],
    );
}

#[test]
fn a_wrong_port_is_told() {
    let dovecot = Dovecot::new();
    let nobody = free_port();
    let home = Home::with(&format!("host = \"localhost\"\nport = {nobody}"));
    let told = home.check().replace(&nobody.to_string(), "PORT");
    expect!["69: bad   mail/work: localhost:PORT refuses connections; check the port, and that the server runs"].assert_eq(&told);
    refused(
        &Home::with(&keys(dovecot.port(), &dovecot, "")),
        Some(&dovecot),
        expect![[
            r#"69: bad   mail/work: localhost:PLAIN begins without encryption; set port = 993, or security = "starttls" if it offers no other"#
        ]],
    );
}

#[test]
fn a_wrong_host_is_told() {
    // Where no name server can be asked at all, that is what there is to tell.
    let told = Home::with("host = \"imap.nowhere.invalid\"").check();
    let unknown = "69: bad   mail/work: imap.nowhere.invalid:993 is unknown to the name servers; \
                   check it for a mistake";
    let offline = "69: bad   mail/work: imap.nowhere.invalid:993 cannot be looked up, no name \
                   server answers; is this machine online?";
    assert!([unknown, offline].contains(&told.as_str()), "{told}");
}

#[test]
fn a_certificate_that_is_not_believed_is_told() {
    let told = |certificate, expect: Expect| {
        let dovecot = Dovecot::with("", certificate);
        refused(&Home::with(&keys(dovecot.tls(), &dovecot, "")), Some(&dovecot), expect);
        dovecot
    };
    told(
        "expired",
        expect![
            "69: bad   mail/work: localhost:TLS shows a certificate that ended on DAY; whoever runs the server must renew it, unless the clock of this machine is wrong"
        ],
    );
    told(
        "wronghost",
        expect![
            "69: bad   mail/work: localhost:TLS shows a certificate for not-localhost.invalid and not for this name; use a name it is for, or ask whoever runs the server"
        ],
    );
    let selfsigned = told(
        "selfsigned",
        expect![[
            r#"69: bad   mail/work: localhost:TLS shows a certificate signed by itself; if the server is your own and has this fingerprint, add: fingerprint = "PIN""#
        ]],
    );
    // An authority that only its owner knows.
    let dovecot = Dovecot::with("", GOOD);
    let home = Home::with(&format!("host = \"localhost\"\nport = {}", dovecot.tls()));
    refused(
        &home,
        Some(&dovecot),
        expect![[
            r#"69: bad   mail/work: localhost:TLS shows a certificate signed by nobody this machine believes; name the file of its authority: authority = "PATH", or, if the server is your own and has this fingerprint, add: fingerprint = "PIN""#
        ]],
    );
    // The remedy works: the pin as it was told, and no other.
    let pinned = |pin: &str| {
        let port = selfsigned.tls();
        let keys = format!("host = \"localhost\"\nport = {port}\nfingerprint = \"{pin}\"");
        plain(&Home::with(&keys).check(), Some(&selfsigned))
    };
    let authority = selfsigned.authority();
    let certificate = authority.with_file_name("selfsigned.pem");
    let openssl = ["x509", "-noout", "-fingerprint", "-sha256", "-in"];
    let pin = said(Command::new("openssl").args(openssl).arg(certificate));
    let (_, pin) = pin.trim().split_once('=').unwrap();
    expect!["0: ok    mail/work: localhost:TLS lets alice in: 2 mailboxes, 0 messages"]
        .assert_eq(&pinned(pin));
    expect![[r#"69: bad   mail/work: localhost:TLS shows a certificate that is not the pinned one; if it was renewed, and only then, set: fingerprint = "PIN""#]].assert_eq(&pinned(&pin.replace(|c: char| c != ':', "0")));
}

#[test]
fn the_login_page_of_a_network_is_told() {
    let portal = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = portal.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in portal.incoming() {
            let mut stream = stream.unwrap();
            // its hello first, so that nothing unread resets the connection
            drop(stream.read(&mut [0; 4096]));
            let page = "HTTP/1.1 302 Found\r\nLocation: http://login.hotel.test/\r\n\r\n";
            drop(stream.write_all(page.as_bytes()));
        }
    });
    let home = Home::with(&format!("host = \"127.0.0.1\"\nport = {port}"));
    let told = home.check();
    expect!["69: bad   mail/work: 127.0.0.1:PORT answers with a web page where encryption was expected; this network may want a login first: open a browser"].assert_eq(&told.replace(&port.to_string(), "PORT"));
    let (_, sentence) = told.split_once("mail/work: ").unwrap();
    assert_eq!(home.run_until_told(), sentence);
}
