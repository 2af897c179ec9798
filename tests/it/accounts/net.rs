//! Connections to servers that are late, early or gone, one address after the other.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::channel;
use std::thread;

use hallway::source::net::{self, Fault, Security, Server, Trust, Unconnected};

fn server(port: u16, security: Security) -> Server {
    Server { host: "localhost".into(), port, security, trust: Trust::System }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A server that says these bytes and then listens until it is left.
fn saying(bytes: &'static [u8]) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(stream.write_all(bytes));
        drop(stream.read_to_end(&mut Vec::new()));
    });
    port
}

#[test]
fn what_is_said_before_encryption_began_ends_the_connection() {
    let (said, heard) = channel();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(stream.write_all(b"A1 OK go ahead\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"));
        said.send(()).unwrap();
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
        assert!(rest.is_empty(), "nothing is sent to such a server: {rest:?}");
    });
    let fault = wait(async {
        let server = server(port, Security::StartTls);
        let mut bare = net::connect(&server).await.unwrap();
        heard.recv().unwrap();
        // As a client does that reads line by line, and leaves the injected one on the wire.
        let mut line = [0; 16];
        tokio::io::AsyncReadExt::read_exact(&mut bare, &mut line).await.unwrap();
        net::upgrade(bare, &server).await.unwrap_err()
    });
    assert_eq!(fault, Fault::Unconnected(Unconnected::Injected));
}

#[test]
fn what_answers_without_encryption_is_told_apart() {
    for (bytes, expect) in [
        (&b"* OK IMAP4rev1 ready\r\n"[..], net::InClear::Imap),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", net::InClear::Web),
        (b"220 mx.agency.test ESMTP\r\n", net::InClear::Unknown),
    ] {
        let server = server(saying(bytes), Security::Tls);
        let fault = wait(net::connect(&server)).unwrap_err();
        assert_eq!(fault, Fault::Unconnected(Unconnected::InClear(expect)));
    }
}

#[test]
fn without_encryption_only_this_machine_is_spoken_to() {
    let port = saying(b"* OK\r\n");
    wait(net::connect(&server(port, Security::Plain))).unwrap();
    let elsewhere = Server { host: "192.0.2.1".into(), ..server(143, Security::Plain) };
    let fault = wait(net::connect(&elsewhere)).unwrap_err();
    assert_eq!(fault, Fault::Unconnected(Unconnected::Unprotected));
}

#[test]
fn a_server_that_hangs_up_has_ended_the_connection() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || drop(listener.accept()));
    let fault = wait(net::connect(&server(port, Security::Tls))).unwrap_err();
    assert_eq!(fault, Fault::Unconnected(Unconnected::Ended));
}
