//! Real servers as processes, a client that changes what they hold, and a relay that listens.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

use crate::servers::process::{PATIENCE, Process, free_port, until};

pub(super) const USER: &str = "ana";
/// With a colon and letters beyond ASCII, which basic authentication has to survive.
pub(super) const PASSWORD: &str = "wünder:länd";

/// Starts a server and waits until it listens.
fn listening(command: &mut Command, port: u16, log: &Path) -> Process {
    let process = Process::without_greeting(command, log);
    until(&format!("{command:?}"), || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
    process
}

/// A calendar server with one user, behind a relay.
pub(super) struct Server {
    pub(super) relay: Relay,
    port: u16,
    /// Where the calendars of the user are.
    pub(super) home: &'static str,
    pub(super) folder: TempDir,
    radicale: bool,
    process: Option<Process>,
}

impl Server {
    pub(super) fn radicale() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        fs::write(folder.path().join("users"), format!("{USER}:{PASSWORD}\n")).unwrap();
        let mut server = Self {
            relay: Relay::to(port),
            port,
            home: "/ana/",
            folder,
            radicale: true,
            process: None,
        };
        server.process = Some(server.start_radicale(&[]));
        server
    }

    /// Ends it and starts it again with more options.
    pub(super) fn restart_radicale(&mut self, options: &[String]) {
        self.process = None;
        self.process = Some(self.start_radicale(options));
    }

    fn start_radicale(&self, options: &[String]) -> Process {
        let at = |name: &str| self.folder.path().join(name);
        let mut command = Command::new("radicale");
        command
            .arg("--config")
            .arg("")
            .arg("--server-hosts")
            .arg(format!("127.0.0.1:{}", self.port));
        command.args(["--auth-type", "htpasswd", "--auth-htpasswd-encryption", "plain"]);
        command.arg("--auth-htpasswd-filename").arg(at("users")).args(["--auth-delay", "0"]);
        command.arg("--storage-filesystem-folder").arg(at("store")).args(options);
        listening(&mut command, self.port, &at("log"))
    }

    pub(super) fn xandikos() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut command = Command::new("xandikos");
        command.arg("-d").arg(folder.path().join("store")).args(["--defaults", "-l", "127.0.0.1"]);
        command.arg("-p").arg(port.to_string()).args(["--current-user-principal", "/ana/"]);
        // It says who wrote by the name of the machine's user.
        command.env("EMAIL", "ana@agency.test").env("USER", "ana");
        let process = Some(listening(&mut command, port, &folder.path().join("log")));
        let (relay, home) = (Relay::to(port), "/ana/calendars/");
        Self { relay, port, home, folder, radicale: false, process }
    }

    /// Where the server keeps the calendars of the user, a file an event.
    pub(super) fn files(&self) -> PathBuf {
        let store = self.folder.path().join("store");
        let root = if self.radicale { store.join("collection-root") } else { store };
        root.join(self.home.trim_matches('/'))
    }

    /// Its own address, without a relay.
    pub(super) fn direct(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}/", self.port)
    }

    /// The address that the relay is at.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.relay.port)
    }

    /// Sends one request past the relay, with the powers the program does not have.
    #[track_caller]
    pub(super) fn send(&self, method: &str, path: &str, fields: &str, body: &str) -> u16 {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\
             Authorization: Basic YW5hOnfDvG5kZXI6bMOkbmQ=\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| {
            panic!("{method} {path}: {line:?}");
        })
    }

    #[track_caller]
    fn good(&self, method: &str, path: &str, fields: &str, body: &str) {
        let status = self.send(method, path, fields, body);
        assert!((200..300).contains(&status), "{method} {path}: {status}");
    }

    /// Makes a calendar.
    #[track_caller]
    pub(super) fn calendar(&self, path: &str, name: &str) {
        let body = format!(
            "<C:mkcalendar xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><D:set>\
             <D:prop><D:displayname>{name}</D:displayname></D:prop></D:set></C:mkcalendar>"
        );
        self.good("MKCALENDAR", path, "Content-Type: application/xml\r\n", &body);
    }

    /// Gives a calendar another name.
    #[track_caller]
    pub(super) fn call(&self, path: &str, name: &str) {
        let body = format!(
            "<D:propertyupdate xmlns:D=\"DAV:\"><D:set><D:prop><D:displayname>{name}\
             </D:displayname></D:prop></D:set></D:propertyupdate>"
        );
        self.good("PROPPATCH", path, "Content-Type: application/xml\r\n", &body);
    }

    /// Whether the server takes an event.
    #[track_caller]
    pub(super) fn takes(&self, path: &str, ics: &str) -> bool {
        (200..300).contains(&self.send("PUT", path, "Content-Type: text/calendar\r\n", ics))
    }

    #[track_caller]
    pub(super) fn put(&self, path: &str, ics: &str) {
        self.good("PUT", path, "Content-Type: text/calendar\r\n", ics);
    }

    #[track_caller]
    pub(super) fn delete(&self, path: &str) {
        self.good("DELETE", path, "", "");
    }
}

/// A relay to a server: it writes down what is asked of it.
pub(super) struct Relay {
    pub(super) port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Relay {
    fn to(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
        let log = Arc::clone(&heard);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)) else {
                    continue;
                };
                let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let log = Arc::clone(&log);
                thread::spawn(move || pass(up, server, |bytes| log.lock().unwrap().extend(bytes)));
                thread::spawn(move || pass(down, client, |_| {}));
            }
        });
        Self { port, heard }
    }

    /// What was asked since the last time, as `METHOD /path`.
    pub(super) fn asked(&self) -> Vec<String> {
        let heard = std::mem::take(&mut *self.heard.lock().unwrap());
        let text = String::from_utf8_lossy(&heard).into_owned();
        let lines = text.lines().filter_map(|line| line.strip_suffix(" HTTP/1.1"));
        // A request begins where a body without a line break ends.
        let request = |line: &str| {
            let method = ["GET", "PROPFIND", "REPORT", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"];
            let found = method.iter().filter_map(|name| line.rfind(&format!("{name} /")));
            found.max().map(|at| line[at..].to_owned()).unwrap_or_else(|| line.to_owned())
        };
        lines.map(request).collect()
    }

    /// Everything that was said, bodies too, since the last time.
    pub(super) fn said(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.heard.lock().unwrap())).into_owned()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut note: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        note(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // Closed already is as good.
    drop(to.shutdown(Shutdown::Write));
}
