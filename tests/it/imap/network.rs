//! What networks do to a scan: it fails or takes long, and in the end nothing is missing and
//! nothing is twice.

use super::home::{Home, Reference, deliver, plainly, same};
use super::letters::{letters, plain};
use crate::servers::Server;
use crate::servers::dovecot::Dovecot;
use crate::servers::process::until;
use crate::servers::relay::{Fault, Relay};

/// A server with some hundred messages, a relay to it, and what there is to know.
fn rig(messages: usize) -> (Dovecot, Relay, Vec<String>) {
    let server = Dovecot::new();
    deliver(&server, letters().into_iter().chain(plain(0..messages)));
    let mut reference = Reference::new();
    reference.take(&server);
    let (relay, facts) = (Relay::to(server.port()), reference.facts());
    (server, relay, facts)
}

#[test]
fn cut_in_the_middle_of_a_literal() {
    let (_server, relay, facts) = rig(300);
    for (number, after) in [(1, 0), (1, 7), (2, 1), (150, 100), (290, 3)] {
        let home = Home::of(&plainly(relay.port()));
        relay.set(Fault::CutInLiteral { number, after });
        let cuts = relay.cuts();
        let output = home.try_scan();
        assert!(relay.cuts() > cuts, "no cut at {number} after {after}");
        assert_eq!(output.status.code(), Some(69), "{number} {after}");
        relay.set(Fault::None);
        home.scan();
        same(&format!("{number} {after}"), &home.facts(), &facts);
    }
}

#[test]
fn a_link_of_64_kbit_a_second() {
    let (_server, relay, facts) = rig(40);
    relay.set(Fault::Rate(8_000));
    let home = Home::of(&plainly(relay.port()));
    home.scan();
    same("slowly", &home.facts(), &facts);
}

/// Half an hour, at most, in which the server may say nothing: then the program asks whether it
/// is still there.
#[test]
fn a_server_that_fell_silent_is_left() {
    let (server, relay, facts) = rig(40);
    let home = Home::of(&plainly(relay.port()));
    let daemon = home.run_in_haste(300);
    until("the first look", || home.facts() == facts);
    relay.set(Fault::SilenceBefore(relay.connections()));
    deliver(&server, plain(40..42));
    let mut reference = Reference::new();
    reference.take(&server);
    home.comes_to_know("a new connection", &reference);
    drop(daemon);
}

/// A peer whose machine is gone never says so. The kernel asks, so that the program need not.
#[test]
fn the_kernel_asks_after_the_peer() {
    let (_server, relay, facts) = rig(3);
    let home = Home::of(&plainly(relay.port()));
    let daemon = home.run();
    until("the first look", || home.facts() == facts);
    // proc_net_tcp(5): remote address, timer, when it rings in hundredths of a second
    let remote = format!("0100007F:{:04X}", relay.port());
    until("a connection that is asked after within four minutes", || {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        table.lines().any(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            let timer = (fields[2] == remote).then(|| fields[5].strip_prefix("02:")).flatten();
            timer.is_some_and(|when| u32::from_str_radix(when, 16).unwrap() <= 24_000)
        })
    });
    drop(daemon);
}
