//! A domain and nothing more: its name server says where the calendars are (RFC 6764), and the
//! certificate there that it is true.
//!
//! Name servers are asked at port 53 and servers sought at port 443, which are not the tests' to
//! take: so this runs in a network of its own, with nothing in it but this test, a name server of
//! a few lines, and real calendar servers.

use std::fs;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use hallway::source::{Spec, http::Address, net::Trust};

use super::front::{Authority, Front};
use super::servers::Server;
use super::{Store, TODAY, caldav, event};

/// Where the test finds its files once it runs in its own network.
const ROLE: &str = "HALLWAY_TEST_NETWORK";
/// What goes before: a network without anybody, and a name server in it.
const SCRIPT: &str = r#"ip link set lo up || exit 99
mount --bind "$HALLWAY_TEST_NETWORK/resolv.conf" "$(readlink -f /etc/resolv.conf)" || exit 99
exec "$0" "$@""#;

/// SRV data by name; `None`: there is no such name. TXT says nothing where SRV does not.
type Records = Arc<Mutex<Option<(&'static str, u16, &'static str)>>>;

/// Answers what a resolver asks, for every name that ends in `.test`.
fn name_server(records: Records) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 53)).unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((_, from)) = socket.recv_from(&mut buffer) {
            let name = buffer[12..].iter().position(|byte| *byte == 0).unwrap();
            let question = &buffer[12..12 + name + 5];
            let (kind, service) = (question[name + 2], question[1] == b'_');
            let records = *records.lock().unwrap();
            let data = match (kind, records) {
                // A: this machine.
                (1, _) if !service => Some(vec![127, 0, 0, 1]),
                (33, Some((target, port, _))) if service => {
                    let mut data = vec![0, 0, 0, 1];
                    data.extend(port.to_be_bytes());
                    for label in target.split('.') {
                        data.push(u8::try_from(label.len()).unwrap());
                        data.extend(label.bytes());
                    }
                    data.push(0);
                    Some(data)
                }
                (16, Some((_, _, path))) if service => {
                    let text = format!("path={path}");
                    Some([&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat())
                }
                _ => None,
            };
            let missing = u8::from(service && records.is_none()) * 3;
            let mut answer = buffer[..2].to_vec();
            answer.extend([0x81, 0x80 | missing, 0, 1, 0, u8::from(data.is_some()), 0, 0, 0, 0]);
            answer.extend(question);
            if let Some(data) = data {
                answer.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0]);
                answer.push(u8::try_from(data.len()).unwrap());
                answer.extend(data);
            }
            socket.send_to(&answer, from).unwrap();
        }
    });
}

/// Runs a test once more in a network of its own. Where the system allows none it says so, and
/// what remains is the reading of the records, which is tested beside it.
#[expect(clippy::print_stderr, reason = "a test that cannot do all of its work has to say so")]
fn in_a_network(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("resolv.conf"), "nameserver 127.0.0.1\n").unwrap();
    let space = if rustix::process::geteuid().is_root() { "-nm" } else { "-rnm" };
    let mut command = Command::new("unshare");
    command.args([space, "sh", "-c", SCRIPT]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(ROLE, folder.path());
    let done = command.output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match done.status.code() {
        Some(0) => assert!(said(&done.stdout).contains("1 passed"), "{}", said(&done.stdout)),
        _ if done.status.code() == Some(99) || done.stdout.is_empty() => {
            eprintln!("{test}: no network of one's own here: {}", said(&done.stderr));
        }
        _ => panic!("{}{}", said(&done.stdout), said(&done.stderr)),
    }
}

/// The folder, for a test that is in its own network.
fn role() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "how a test tells itself where it runs")]
    std::env::var_os(ROLE).map(PathBuf::from)
}

fn account(typed: &str, authority: &Authority) -> Spec {
    let Spec::Caldav { login, include, exclude, .. } = caldav(typed) else { panic!("no account") };
    let url = Address::parse(typed).unwrap();
    Spec::Caldav { url, login, trust: Trust::Authority(authority.file()), include, exclude }
}

fn through_the_domain(server: &Server, records: &Records, folder: &Path) {
    let authority = Authority::in_folder(folder);
    let calendar = format!("{}work/", server.home);
    server.calendar(&calendar, "Work");
    server.put(&format!("{calendar}a.ics"), &event("a", "20240301T090000Z", ""));
    let at_8443 = Front::at(8443, &authority, "domain", server.relay.port);
    let at_443 = Front::at(443, &authority, "domain", server.relay.port);
    let look = |said: Option<(&'static str, u16, &'static str)>| {
        *records.lock().unwrap() = said;
        let mut store = Store::default();
        server.relay.asked();
        let outcome = store.scan_until(&account("agency.test", &authority), TODAY, usize::MAX);
        let asked = server.relay.asked();
        for question in &asked {
            let method = question.split(' ').next().unwrap();
            assert!(["GET", "PROPFIND", "REPORT", "OPTIONS"].contains(&method), "{question}");
        }
        let known = store.resources.len();
        (outcome.map(|()| known).map_err(|error| error.to_string()), asked)
    };
    let (found, asked) = look(Some(("dav.agency.test", 8443, "/")));
    assert_eq!(found, Ok(1), "SRV and TXT");
    assert_eq!(asked[0], "PROPFIND /.well-known/caldav");
    let (found, asked) = look(Some(("dav.agency.test", 8443, "/alice/")));
    assert_eq!(found, Ok(1), "SRV, and TXT with a path");
    assert_eq!(asked[0], "PROPFIND /alice/");
    let (found, asked) = look(None);
    assert_eq!(found, Ok(1), "no record, the domain itself");
    assert_eq!(asked[0], "PROPFIND /.well-known/caldav");
    // A name that the certificate does not have, and a domain that is another's.
    let (found, asked) = look(Some(("other.agency.test", 8443, "/")));
    assert!(found.unwrap_err().starts_with("https://other.agency.test:8443 "));
    assert_eq!(asked, [""; 0]);
    let (found, asked) = look(Some(("dav.evil.test", 8443, "/")));
    assert!(found.unwrap_err().contains("says that the calendars are at https://dav.evil.test"));
    assert_eq!(asked, [""; 0]);
    drop((at_8443, at_443));
}

#[test]
fn a_domain_is_enough() {
    let Some(folder) = role() else { return in_a_network("caldav::domain::a_domain_is_enough") };
    let records = Records::default();
    name_server(Arc::clone(&records));
    through_the_domain(&Server::radicale(), &records, &folder.join("radicale"));
    through_the_domain(&Server::xandikos(), &records, &folder.join("xandikos"));
}
