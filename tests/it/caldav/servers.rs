//! Real servers as processes, a client that changes what they hold, and a relay that listens.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

use crate::servers::cyrus::Cyrus;
use crate::servers::process::{PATIENCE, Process, free_port, until};
pub(super) use crate::servers::{PASSWORD, USER};

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
    files: PathBuf,
    /// The files are our own, because the server's are of another kind.
    beside: bool,
    process: Option<Process>,
    #[expect(dead_code, reason = "held until the test ends")]
    cyrus: Option<Cyrus>,
}

impl Server {
    pub(super) fn radicale() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        fs::write(folder.path().join("users"), format!("{USER}:{PASSWORD}\n")).unwrap();
        let (relay, files) = (Relay::to(port), "store/collection-root/alice".into());
        let (home, beside) = ("/alice/", false);
        let mut server =
            Self { relay, port, home, folder, files, beside, process: None, cyrus: None };
        server.process = Some(server.start_radicale());
        server
    }

    fn start_radicale(&self) -> Process {
        let at = |name: &str| self.folder.path().join(name);
        let mut command = Command::new("radicale");
        command
            .arg("--config")
            .arg("")
            .arg("--server-hosts")
            .arg(format!("127.0.0.1:{}", self.port));
        command.args(["--auth-type", "htpasswd", "--auth-htpasswd-encryption", "plain"]);
        command.arg("--auth-htpasswd-filename").arg(at("users")).args(["--auth-delay", "0"]);
        command.arg("--storage-filesystem-folder").arg(at("store"));
        listening(&mut command, self.port, &at("log"))
    }

    pub(super) fn xandikos() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut command = Command::new("xandikos");
        command.arg("-d").arg(folder.path().join("store")).args(["--defaults", "-l", "127.0.0.1"]);
        command.arg("-p").arg(port.to_string()).args(["--current-user-principal", "/alice/"]);
        // It says who wrote by the name of the machine's user.
        command.env("EMAIL", "alice@agency.test").env("USER", USER);
        let process = Some(listening(&mut command, port, &folder.path().join("log")));
        let (relay, home) = (Relay::to(port), "/alice/calendars/");
        let files = "store/alice/calendars".into();
        Self { relay, port, home, folder, files, beside: false, process, cyrus: None }
    }

    /// Knows partial retrieval; keeps events as mail, so that the files are written beside it.
    pub(super) fn cyrus() -> Self {
        let (folder, cyrus) = (tempfile::tempdir().unwrap(), Cyrus::with(""));
        let (port, home) = (cyrus.web(), "/dav/calendars/user/alice/");
        let (relay, files) = (Relay::to(port), "beside".into());
        fs::create_dir(folder.path().join("beside")).unwrap();
        let cyrus = Some(cyrus);
        Self { relay, port, home, folder, files, beside: true, process: None, cyrus }
    }

    /// Where the server keeps the calendars of the user, a file an event.
    pub(super) fn files(&self) -> PathBuf {
        self.folder.path().join(&self.files)
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
             Authorization: Basic YWxpY2U6d29uIGRlciJsYW5kXA==\r\nContent-Length: {}\r\n\r\n{body}",
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
        if self.beside {
            let file = self.beside(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, ics).unwrap();
        }
    }

    fn beside(&self, path: &str) -> PathBuf {
        self.files().join(path.strip_prefix(self.home).unwrap())
    }

    #[track_caller]
    pub(super) fn delete(&self, path: &str) {
        self.good("DELETE", path, "", "");
        if self.beside {
            let file = self.beside(path);
            if file.is_dir() { fs::remove_dir_all(file) } else { fs::remove_file(file) }.unwrap();
        }
    }
}

/// A relay to a server: it writes down what is asked of it.
pub(super) struct Relay {
    pub(super) port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
    answers: Arc<Mutex<Vec<u8>>>,
    unpacked: Arc<AtomicBool>,
}

impl Relay {
    fn to(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<u8>>> = Arc::default();
        let answers: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (log, told) = (Arc::clone(&heard), Arc::clone(&answers));
        let unpacked: Arc<AtomicBool> = Arc::default();
        let plain = Arc::clone(&unpacked);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)) else {
                    continue;
                };
                let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (log, told, plain) = (Arc::clone(&log), Arc::clone(&told), Arc::clone(&plain));
                thread::spawn(move || {
                    pass(up, server, |bytes| {
                        if plain.load(Ordering::Relaxed) {
                            without_packing(bytes);
                        }
                        log.lock().unwrap().extend_from_slice(bytes);
                    });
                });
                thread::spawn(move || {
                    pass(down, client, |bytes| told.lock().unwrap().extend_from_slice(bytes));
                });
            }
        });
        Self { port, heard, answers, unpacked }
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

    /// From now on nobody is asked to pack what they answer.
    pub(super) fn unpack(&self) {
        self.unpacked.store(true, Ordering::Relaxed);
    }

    /// Everything that was answered since the last time.
    pub(super) fn answered(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.answers.lock().unwrap())).into_owned()
    }
}

/// Takes gzip out of what a request accepts.
fn without_packing(bytes: &mut [u8]) {
    let field = b"accept-encoding: gzip";
    if let Some(at) = bytes.windows(field.len()).position(|window| window == field) {
        bytes[at + field.len() - 4..at + field.len()].copy_from_slice(b"none");
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut note: impl FnMut(&mut [u8])) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        note(&mut buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // Closed already is as good.
    drop(to.shutdown(Shutdown::Write));
}
