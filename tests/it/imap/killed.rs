//! Killed at any instant of a first scan or of a later one, and run again: the same facts.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::home::{Home, Reference, plainly, same};
use super::letters::{letters, plain};
use crate::servers::dovecot::Dovecot;
use crate::servers::process::{now, said};
use crate::servers::{Letter, Server};

const KILLS: u32 = 50;

/// Scans are cut short after any part of the time that a whole one takes, in an order that only
/// looks random: it is the same every time.
fn instants(whole: Duration) -> impl Iterator<Item = Duration> {
    (0..KILLS).map(move |kill| {
        whole * (kill * 37 % KILLS) / KILLS + Duration::from_micros(u64::from(kill * 7919 % 997))
    })
}

/// Kills a scan in copies of `begin`, goes on with another, and compares.
fn check(begin: &Home, facts: &[String]) {
    let copy = || {
        let copy = Home::of("");
        let from = begin.path().join(".");
        said(Command::new("cp").arg("-a").arg(from).arg(copy.path()));
        copy
    };
    let undisturbed = copy();
    let began = now();
    undisturbed.scan();
    let whole = began.elapsed();
    same("undisturbed", &undisturbed.facts(), facts);
    let before = begin.facts();
    let mut partial = 0;
    for instant in instants(whole) {
        let home = copy();
        let mut scan = home.program("scan");
        let mut child = scan.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(instant);
        child.kill().unwrap();
        child.wait().unwrap();
        let left = home.facts();
        partial += u32::from(left != before && left != facts);
        home.scan();
        same(&format!("killed after {instant:?} of {whole:?}"), &home.facts(), facts);
    }
    assert!(partial >= 5, "only {partial} kills fell between two commits");
}

fn many(numbers: std::ops::Range<usize>) -> impl Iterator<Item = Letter> {
    plain(numbers).enumerate().map(|(place, letter)| {
        let mailbox = ["INBOX", "Sent", "Archive", "Projects/Acme", "Projects/Beta"][place % 5];
        Letter { mailbox: mailbox.to_owned(), ..letter }
    })
}

#[test]
fn in_a_first_scan() {
    let server = Dovecot::new();
    server.fill(letters().into_iter().chain(many(0..1_500)));
    let mut reference = Reference::new();
    reference.take(&server);
    check(&Home::of(&plainly(server.port())), &reference.facts());
}

#[test]
fn in_a_resync() {
    let server = Dovecot::new();
    server.fill(letters().into_iter().chain(many(0..300)));
    let mut reference = Reference::new();
    reference.take(&server);
    let home = Home::of(&plainly(server.port()));
    home.scan();
    server.fill(many(300..1_300));
    let mut client = server.client();
    let inbox = client.open("INBOX");
    client.run(&format!("UID COPY 1:{} Archive", inbox[inbox.len() / 3]));
    client.run(&format!("UID STORE 1:{} +FLAGS (\\Deleted)", inbox[inbox.len() / 2]));
    client.run("EXPUNGE");
    client.run("RENAME Projects/Beta Projects/Gamma");
    reference.take(&server);
    check(&home, &reference.facts());
}
