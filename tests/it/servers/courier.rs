//! Courier IMAP 5, unpacked: no CONDSTORE, no SPECIAL-USE, every mailbox below `INBOX.`, and a
//! look of its own at the mailbox once a second in place of a push.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::dovecot::{maildir_kept, maildir_traces};
use super::process::{self, Process, free_port, give, said, unpacked};
use super::{Kept, PASSWORD, Server, USER};

/// What it says it can do; the list is a setting.
const CAPABILITY: &str = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT \
    THREAD=REFERENCES SORT QUOTA IDLE";

/// A running Courier.
pub(crate) struct Courier {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    process: Option<Process>,
}

impl Courier {
    /// Starts one.
    pub(crate) fn new() -> Self {
        let folder = process::folder();
        let programs = unpacked("courier", folder.path());
        let own = folder.path().join("authdaemon.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/authdaemon.c");
        said(Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(own).arg(source));
        for part in ["new", "cur", "tmp"] {
            fs::create_dir_all(folder.path().join("home/Maildir").join(part)).unwrap();
        }
        give(&folder.path().join("home"));
        let socket = folder.path().join("authdaemon");
        let listener = UnixListener::bind(&socket).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o777)).unwrap();
        let home = folder.path().join("home");
        std::thread::spawn(move || {
            for question in listener.incoming() {
                // Who does not ask in full is not answered.
                drop(question.and_then(|stream| answer(&stream, &home)));
            }
        });
        let mut courier = Self { folder, programs, port: free_port(), process: None };
        courier.start();
        courier
    }

    fn maildir(&self) -> PathBuf {
        self.folder.path().join("home/Maildir")
    }
}

/// Says whether a password is right, in the words of Courier's authentication daemon.
fn answer(stream: &UnixStream, home: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while !line.starts_with("AUTH ") {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
    }
    let mut asked = String::new();
    lines.take(line[5..].trim().parse().unwrap_or(0)).read_to_string(&mut asked)?;
    let right = asked.lines().eq(["imap", "login", USER, PASSWORD]);
    let (user, group) = {
        use std::os::unix::fs::MetadataExt;
        let owner = fs::metadata(home)?;
        (owner.uid(), owner.gid())
    };
    let home = home.display();
    let told = match right {
        true => format!(
            "UID={user}\nGID={group}\nHOME={home}\nADDRESS={USER}\nMAILDIR={home}/Maildir\n\
             OPTIONS=\n.\n"
        ),
        false => "FAIL\n".to_owned(),
    };
    let mut stream = stream;
    stream.write_all(told.as_bytes())
}

impl Server for Courier {
    fn port(&self) -> u16 {
        self.port
    }

    fn name(&self, mailbox: &str) -> String {
        match mailbox {
            "INBOX" => mailbox.to_owned(),
            other => format!("INBOX.{}", other.replace('/', ".")),
        }
    }

    fn kept(&self) -> Vec<Kept> {
        maildir_kept(&self.maildir())
    }

    fn traces(&self) -> Vec<String> {
        maildir_traces(&self.maildir())
    }

    fn stop(&mut self) {
        self.process = None;
    }

    fn start(&mut self) {
        let (dir, lib) = (self.folder.path(), self.programs.join("usr/lib"));
        let libraries = format!("{0}:{0}/x86_64-linux-gnu", lib.display());
        let mut command = process::as_ordinary(&self.programs.join("usr/sbin/couriertcpd"));
        command
            .args(["-address=127.0.0.1", "-nodnslookup", "-noidentlookup"])
            .args(["-maxperip=20", "-maxprocs=40"])
            .arg(self.port.to_string())
            .arg(lib.join("courier/courier/imaplogin"))
            .arg(self.programs.join("usr/bin/imapd"))
            .arg("Maildir")
            .env("LD_PRELOAD", dir.join("authdaemon.so"))
            .env("LD_LIBRARY_PATH", libraries)
            .env("AUTHDAEMON", dir.join("authdaemon"))
            .env("AUTHSERVICE", "imap")
            .env("IMAP_CAPABILITY", CAPABILITY)
            .env("IMAP_KEYWORDS", "1")
            .env("IMAP_USELOCKS", "1")
            .env("IMAP_ENHANCEDIDLE", "0")
            .env("IMAP_IDLE_TIMEOUT", "1")
            .env("IMAP_UMASK", "022");
        self.process = Some(Process::start(&mut command, self.port, &dir.join("log")));
    }
}
