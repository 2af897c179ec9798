//! What happens to mail in its life, looked at after each turn, on every server and with every way
//! of asking what is new.

use super::home::{Home, Reference, deliver, encrypted, plainly, renew, same};
use super::letters::{letters, plain};
use crate::servers::client::quoted;
use crate::servers::courier::Courier;
use crate::servers::cyrus::{self, Cyrus};
use crate::servers::dovecot::{self, Dovecot};
use crate::servers::{Letter, Server};

/// A letter into another mailbox than the inbox.
fn into(mailbox: &str, number: usize) -> impl Iterator<Item = Letter> {
    let mailbox = mailbox.to_owned();
    plain(number..number + 1).map(move |letter| Letter { mailbox: mailbox.clone(), ..letter })
}

/// Scans after every turn, and compares.
fn check(mut server: impl Server) {
    let (mut reference, home) = (Reference::new(), Home::of(&plainly(server.port())));
    let turn = |what: &str, server: &dyn Server, reference: &mut Reference| {
        reference.take(server);
        home.scan();
        same(what, &home.facts(), &reference.facts());
    };
    let name = |server: &dyn Server, mailbox: &str| server.name(mailbox);

    deliver(&server, letters());
    let before = server.traces();
    turn("the first scan", &server, &mut reference);
    assert_eq!(server.traces(), before, "the scan left a trace");
    assert!(reference.len() >= letters().len(), "the server lost letters");
    turn("nothing new", &server, &mut reference);

    deliver(&server, plain(0..3));
    turn("new mail", &server, &mut reference);
    deliver(&server, into("Archive", 3).chain(into("Fresh", 4)));
    turn("new mail elsewhere, also in a new folder", &server, &mut reference);

    let mut client = server.client();
    let inbox = client.open("INBOX");
    client.hand_over(inbox[0], &name(&server, "Archive"));
    client.expunge(inbox[1]);
    turn("moved and expunged", &server, &mut reference);

    let inbox = client.open("INBOX");
    client.run(&format!("UID STORE {} -FLAGS (\\Seen)", inbox[0]));
    client.run(&format!("UID STORE {} +FLAGS (\\Flagged \\Answered)", inbox[1]));
    turn("marked", &server, &mut reference);

    // Its messages are new to whoever goes by names, and must not become new facts.
    let (old, new) = (name(&server, "Archive"), name(&server, "Attic"));
    client.run("CLOSE");
    client.run(&format!("RENAME {} {}", quoted(&old), quoted(&new)));
    deliver(&server, into("Attic", 5));
    turn("a folder renamed", &server, &mut reference);

    drop(client);
    server.stop();
    assert_eq!(home.try_scan().status.code(), Some(69), "there is no server");
    server.start();
    deliver(&server, plain(6..8));
    turn("the server restarted", &server, &mut reference);

    let attic = name(&server, "Attic");
    renew(&mut server.client(), &attic, |client| {
        for letter in plain(5..9) {
            client.append(&attic, &letter.date, &letter.text);
        }
    });
    turn("another UIDVALIDITY", &server, &mut reference);
    turn("nothing new at the end", &server, &mut reference);
}

#[test]
fn encryption_changes_nothing() {
    let server = Dovecot::new();
    deliver(&server, letters().into_iter().chain(plain(0..300)));
    let mut reference = Reference::new();
    reference.take(&server);
    let facts = reference.facts();
    for (port, security) in [(server.tls(), "tls"), (server.port(), "starttls")] {
        let home = Home::of(&encrypted(port, security, &server.authority()));
        home.scan();
        same(security, &home.facts(), &facts);
    }
}

#[test]
fn dovecot() {
    check(Dovecot::new());
}

#[test]
fn dovecot_with_condstore_only() {
    check(Dovecot::with(dovecot::CONDSTORE_ONLY, dovecot::GOOD));
}

#[test]
fn dovecot_with_next_to_nothing() {
    check(Dovecot::with(dovecot::BARE, dovecot::GOOD));
}

#[test]
fn cyrus() {
    check(Cyrus::with(""));
}

#[test]
fn cyrus_with_condstore_only() {
    check(Cyrus::with(cyrus::CONDSTORE_ONLY));
}

#[test]
fn courier() {
    check(Courier::new());
}
