//! The daemon with a server: new mail is seen by push, and a server that goes comes back.

use super::home::{Home, Reference, deliver, plainly, renew};
use super::letters::{letters, plain};
use crate::servers::client::quoted;
use crate::servers::courier::Courier;
use crate::servers::cyrus::Cyrus;
use crate::servers::dovecot::{self, Dovecot};
use crate::servers::{Letter, Server};

fn into(mailbox: &str, numbers: std::ops::Range<usize>) -> impl Iterator<Item = Letter> {
    plain(numbers).map(|letter| Letter { mailbox: mailbox.to_owned(), ..letter })
}

/// Turns while the daemon runs; it is told of none but by the server. Of mail elsewhere than in the
/// inbox a server tells with NOTIFY only; without it that is found by the next look, which comes
/// every quarter of an hour, or when the daemon is told to begin anew.
fn check(mut server: impl Server) {
    deliver(&server, letters());
    let (mut reference, home) = (Reference::new(), Home::of(&plainly(server.port())));
    let daemon = home.run();
    let notifies = server.client().run("CAPABILITY").concat().contains("NOTIFY");
    let mut turn = |what: &str, server: &dyn Server| {
        reference.take(server);
        home.comes_to_know(what, &reference);
    };
    turn("the first look", &server);
    deliver(&server, plain(0..1));
    turn("new mail", &server);
    deliver(&server, plain(1..4));
    turn("new mail again", &server);
    deliver(&server, into("Archive", 4..6));
    if !notifies {
        daemon.reload();
    }
    turn("new mail elsewhere", &server);
    let mut client = server.client();
    let (old, new) = (server.name("Archive"), server.name("Attic"));
    client.run(&format!("RENAME {} {}", quoted(&old), quoted(&new)));
    deliver(&server, into("Attic", 6..8));
    if !notifies {
        daemon.reload();
    }
    turn("a folder renamed, and new mail in it", &server);
    let mut client = server.client();
    renew(&mut client, &new, |client| {
        for letter in plain(4..10) {
            client.append(&new, &letter.date, &letter.text);
        }
    });
    if !notifies {
        daemon.reload();
    }
    turn("another UIDVALIDITY", &server);
    drop(client);
    server.stop();
    server.start();
    deliver(&server, plain(10..12));
    turn("new mail after a restart", &server);
    drop(daemon);
}

#[test]
fn dovecot() {
    check(Dovecot::new());
}

#[test]
fn dovecot_without_notify() {
    check(Dovecot::with(dovecot::CONDSTORE_ONLY, dovecot::GOOD));
}

#[test]
fn cyrus() {
    check(Cyrus::with(""));
}

#[test]
fn courier() {
    check(Courier::new());
}
