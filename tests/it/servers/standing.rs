//! The servers are what the tests of mail believe them to be.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};

use super::client::{Client, quoted};
use super::courier::Courier;
use super::cyrus::Cyrus;
use super::dovecot::Dovecot;
use super::process::{PATIENCE, now, until};
use super::relay::{Fault, Relay};
use super::{PASSWORD, Server, USER};

const LETTER: &[u8] = b"From: Jo <jo@acme.test>\nTo: ana@agency.test\n\nhello\n";
const DATE: &str = "04-Mar-2024 10:00:00 +0100";

/// Delivers, restarts, and finds the message again, untouched.
fn check(mut server: impl Server, abilities: &[&str], lacking: &[&str]) {
    let able = server.client().run("CAPABILITY").concat();
    for ability in abilities {
        assert!(able.contains(ability), "{able}: no {ability}");
    }
    for ability in lacking {
        assert!(!able.contains(ability), "{able}: has {ability}");
    }
    server.client().append("INBOX", DATE, LETTER);
    let traces = server.traces();
    server.stop();
    server.start();
    assert_eq!(server.traces(), traces);
    let kept = server.kept();
    assert_eq!(kept.len(), 1);
    let message: Vec<u8> = kept[0].message.iter().copied().filter(|byte| *byte != b'\r').collect();
    assert_eq!(message, LETTER);
    assert_eq!(
        jiff::Timestamp::try_from(kept[0].received).unwrap().to_string(),
        "2024-03-04T09:00:00Z"
    );
    let mut client = server.client();
    let uids = client.open("INBOX");
    client.run(&format!("UID STORE {} +FLAGS (\\Flagged)", uids[0]));
    assert_ne!(server.traces(), traces, "a flag leaves no trace, so none would be seen");
    let shelf = server.name("Shelf/Old");
    client.run(&format!("CREATE {}", quoted(&shelf)));
    client.hand_over(uids[0], &shelf);
    assert_eq!(client.open("INBOX"), [0; 0]);
    let kept = server.kept();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].mailbox.ends_with("Old"), "{}", kept[0].mailbox);
}

#[test]
fn dovecot() {
    check(Dovecot::new(), &["QRESYNC", "NOTIFY", "SPECIAL-USE"], &[]);
    check(Dovecot::with(super::dovecot::CONDSTORE_ONLY, "good"), &["CONDSTORE"], &["QRESYNC"]);
    check(Dovecot::with(super::dovecot::BARE, "good"), &[], &["CONDSTORE", "ESEARCH", "IDLE"]);
}

#[test]
fn cyrus() {
    check(Cyrus::with(""), &["QRESYNC", "IDLE"], &["NOTIFY"]);
    check(Cyrus::with(super::cyrus::CONDSTORE_ONLY), &["CONDSTORE"], &["QRESYNC"]);
}

#[test]
fn courier() {
    check(Courier::new(), &["IDLE"], &["CONDSTORE", "SPECIAL-USE", "ESEARCH"]);
}

/// Whether a greeting comes through TLS, for somebody who believes the authority of the tests.
fn greets_in_private(server: &Dovecot) -> std::io::Result<String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.authority()).unwrap()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(
        rustls::crypto::ring::default_provider().into(),
    )
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_root_certificates(roots)
    .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let session = rustls::ClientConnection::new(config.into(), name).unwrap();
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.tls()))?;
    let mut line = String::new();
    BufReader::new(rustls::StreamOwned::new(session, stream)).read_line(&mut line)?;
    Ok(line)
}

#[test]
fn certificates_are_as_good_and_as_bad_as_their_names() {
    for (certificate, good) in
        [("good", true), ("wronghost", false), ("expired", false), ("selfsigned", false)]
    {
        let server = Dovecot::with("", certificate);
        let greeting = greets_in_private(&server);
        assert_eq!(
            greeting.as_ref().is_ok_and(|line| line.starts_with("* OK")),
            good,
            "{certificate}: {greeting:?}"
        );
    }
}

#[test]
fn a_dovecot_that_forgets_numbers_its_mail_anew() {
    let mut server = Dovecot::new();
    server.client().append("INBOX", DATE, LETTER);
    let (before, traces) = (server.client().uid_validity("INBOX"), server.traces());
    until("another number", || {
        server.forget_uids();
        server.client().uid_validity("INBOX") != before
    });
    assert_eq!(server.traces(), traces);
}

#[test]
fn the_relay_is_slow_or_silent_on_demand() {
    let server = Dovecot::new();
    let relay = Relay::to(server.port());
    let mut client = Client::login(relay.port(), USER, PASSWORD);
    relay.set(Fault::Rate(500));
    let began = now();
    assert!(client.run("CAPABILITY").concat().len() > 100);
    assert!(began.elapsed() > Duration::from_millis(200), "{:?}", began.elapsed());
    relay.set(Fault::Silence);
    let (sender, answered) = channel();
    thread::spawn(move || sender.send(client.run("NOOP")));
    assert!(answered.recv_timeout(Duration::from_millis(300)).is_err());
    relay.set(Fault::None);
    assert!(answered.recv_timeout(PATIENCE).is_ok());
}

#[test]
fn the_relay_listens_and_cuts_where_it_was_told() {
    let server = Dovecot::new();
    server.client().append("INBOX", DATE, LETTER);
    let relay = Relay::to(server.port());
    let mut client = Client::login(relay.port(), USER, PASSWORD);
    assert_eq!(client.read("INBOX").len(), 1);
    let said = relay.said().concat();
    assert!(said.windows(9).any(|window| window == b"UID FETCH"));
    relay.set(Fault::CutInLiteral { number: 1, after: 7 });
    let mut client = Client::login(relay.port(), USER, PASSWORD);
    let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| client.read("INBOX")));
    assert!(cut.is_err() && relay.cuts() == 1 && relay.connections() == 2);
}
