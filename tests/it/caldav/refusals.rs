//! Servers that do not let us in, and that are not who they say: one sentence each, and nothing
//! lost of what was known.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use hallway::source::net::{Login, Means, Pace, Trust};
use hallway::source::{Error, Spec, http::Address};

use super::front::{Authority, Front};
use super::servers::{Server, USER};
use super::{Store, TODAY, caldav, event};

/// Xandikos lets everybody in: whoever wants passwords puts another server before it.
#[test]
fn a_wrong_password_stops_the_account_and_nothing_else() {
    for server in [Server::radicale(), Server::cyrus()] {
        let calendar = format!("{}talks/", server.home);
        server.calendar(&calendar, "Work");
        server.put(&format!("{calendar}a.ics"), &event("a", "20240301T090000Z", ""));
        let mut store = Store::default();
        store.scan(&caldav(&server.url("/")), TODAY);
        assert_eq!(store.resources.len(), 1);
        let Spec::Caldav { url, trust, include, exclude, .. } = caldav(&server.url("/")) else {
            panic!("no account")
        };
        let login = Login { user: "berta".to_owned(), means: Means::Password };
        let wrong = Spec::Caldav { url, login: Some(login), trust, include, exclude };
        server.relay.asked();
        let error = store.scan_until(&wrong, TODAY, usize::MAX).expect_err("a refusal");
        assert_eq!(error.pace(), Pace::Stopped);
        let told = error.to_string();
        assert!(told.ends_with("does not accept the user name and password"), "{told}");
        // The standard's place, and where it leads.
        assert!(server.relay.asked().len() <= 2);
        assert_eq!(store.resources.len(), 1);
        // Nobody at all.
        let Spec::Caldav { url, trust, include, exclude, .. } = wrong else { panic!("no account") };
        let nobody = Spec::Caldav { url, login: None, trust, include, exclude };
        let complaint = store.complaint(&nobody);
        assert!(complaint.contains("give `user` and `password`"), "{complaint}");
    }
}

#[test]
fn a_calendar_is_found_from_wherever_one_begins() {
    for server in [Server::radicale(), Server::xandikos(), Server::cyrus()] {
        let home = server.home;
        server.calendar(&format!("{home}work/"), "Work");
        server.put(&format!("{home}work/a.ics"), &event("a", "20240301T090000Z", ""));
        for place in ["", "/", home, &format!("{home}work/"), "/not/there/"] {
            let mut store = Store::default();
            store.scan(&caldav(&server.url(place)), TODAY);
            assert_eq!(store.resources.len(), 1, "{place}");
            store.scan(&caldav(&server.url(place)), TODAY);
            assert_eq!(store.batches, 0, "{place}");
        }
    }
}

#[test]
fn an_account_without_calendars_is_not_an_empty_one() {
    let server = Server::radicale();
    server.calendar("/alice/talks/", "Work");
    server.put("/alice/talks/a.ics", &event("a", "20240301T090000Z", ""));
    let mut store = Store::default();
    let spec = caldav(&server.url("/"));
    store.scan(&spec, TODAY);
    let only = super::choosing(&spec, &["home"], &[]);
    assert!(store.complaint(&only).contains("`include`"));
    server.delete("/alice/talks/");
    assert!(store.complaint(&spec).contains("shows no calendar"));
    assert_eq!(store.resources.len(), 1);
}

#[test]
fn a_certificate_is_believed_only_if_the_authority_and_the_day_are_right() {
    for server in [Server::radicale(), Server::xandikos(), Server::cyrus()] {
        let calendar = format!("{}talks/", server.home);
        server.calendar(&calendar, "Work");
        server.put(&format!("{calendar}a.ics"), &event("a", "20240301T090000Z", ""));
        let authority = Authority::in_folder(server.folder.path());
        let look = |name: &str, trust: Trust| {
            let front = Front::at(0, &authority, name, server.relay.port);
            let url = Address::parse(&format!("https://localhost:{}/", front.port)).unwrap();
            let login = Some(Login { user: USER.to_owned(), means: Means::Password });
            let (include, exclude) = (Vec::new(), Vec::new());
            let spec = Spec::Caldav { url, login, trust, include, exclude };
            let mut store = Store::default();
            let outcome = store.scan_until(&spec, TODAY, usize::MAX);
            assert_eq!(store.resources.len(), usize::from(outcome.is_ok()));
            outcome.map_err(|error: Error| error.to_string())
        };
        let ours = || Trust::Authority(authority.file());
        assert_eq!(look("good", ours()), Ok(()));
        server.relay.asked();
        for (name, trust, expect) in [
            ("good", Trust::System, "signed by nobody"),
            ("expired", ours(), "that ended on"),
            ("wronghost", ours(), "not-localhost.invalid"),
            ("selfsigned", ours(), "signed by itself"),
        ] {
            let told = look(name, trust).expect_err(name);
            let at = told.starts_with("https://localhost:");
            assert!(at && told.contains(expect), "{name}: {told}");
        }
        assert_eq!(server.relay.asked(), [""; 0], "nothing is said to a stranger");
    }
}

/// From an encrypted server to one that is not, even on the same machine.
#[test]
fn nobody_is_sent_to_where_nothing_is_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::in_folder(folder.path());
    let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    plain.set_nonblocking(true).unwrap();
    let there = plain.local_addr().unwrap();
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = server.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut client in server.incoming().flatten() {
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|n| n == 1) {
                request.push(byte[0]);
            }
            let answer = "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nConnection: close\r\n";
            drop(write!(client, "{answer}Location: http://{there}/\r\n\r\n"));
        }
    });
    let front = Front::at(0, &authority, "good", port);
    let at = Address::parse(&format!("https://localhost:{}/a.ics", front.port)).unwrap();
    let trust = || Trust::Authority(authority.file());
    let login = || Some(Login { user: USER.to_owned(), means: Means::Password });
    let (include, exclude) = (Vec::new(), Vec::new());
    let account =
        Spec::Caldav { url: at.clone(), login: login(), trust: trust(), include, exclude };
    for spec in [account, Spec::Feed { url: at, login: login(), trust: trust() }] {
        let told = Store::default().complaint(&spec);
        assert!(told.contains("sends us to where nothing is encrypted"), "{told}");
        let nobody = plain.accept().unwrap_err().kind();
        assert_eq!(nobody, std::io::ErrorKind::WouldBlock, "somebody came");
    }
}
