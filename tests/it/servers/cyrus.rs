//! Cyrus IMAP 3.6, unpacked: CONDSTORE and QRESYNC, mail in files of its own kind, and calendars.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::client::{Client, quoted};
use super::process::{self, ORDINARY, Process, filled, free_port, give, unpacked};
use super::{Kept, PASSWORD, Server, USER};

/// A setting that hides what it can do.
pub(crate) const CONDSTORE_ONLY: &str = "suppress_capabilities: QRESYNC";

/// A running Cyrus.
pub(crate) struct Cyrus {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    web: u16,
    process: Option<Process>,
}

impl Cyrus {
    /// One that can do all it can do, but for `setting`.
    pub(crate) fn with(setting: &str) -> Self {
        let folder = process::folder();
        let dir = folder.path().display().to_string();
        let programs = unpacked("cyrus", folder.path());
        for name in ["conf/db", "conf/socket", "spool", "run"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let (port, web) = (free_port(), free_port());
        let words = [
            ("dir", dir.as_str()),
            ("bin", &programs.join("usr/lib/cyrus/bin").display().to_string()),
            ("user", &ORDINARY.name),
            ("group", &ORDINARY.group),
            ("port", &port.to_string()),
            ("web", &web.to_string()),
            ("capability", setting),
        ];
        for file in ["imapd.conf", "cyrus.conf"] {
            fs::write(folder.path().join(file), filled(file, &words)).unwrap();
        }
        for user in ["admin", USER] {
            password(&programs, &folder.path().join("sasldb2"), user);
        }
        give(folder.path());
        let mut cyrus = Self { folder, programs, port, web, process: None };
        cyrus.start();
        Client::login(port, "admin", PASSWORD).run(&format!("CREATE user/{USER}"));
        cyrus
    }
}

impl Cyrus {
    /// Where it serves calendars.
    pub(crate) fn web(&self) -> u16 {
        self.web
    }
}

impl Server for Cyrus {
    fn port(&self) -> u16 {
        self.port
    }

    fn name(&self, mailbox: &str) -> String {
        mailbox.to_owned()
    }

    /// As another program sees it: its files have names that say nothing to anybody else.
    fn kept(&self) -> Vec<Kept> {
        let mut client = self.client();
        let read = |mailbox: String| {
            let messages = client.read(&mailbox).into_iter();
            let kept = |(received, message)| Kept { mailbox: mailbox.clone(), message, received };
            messages.map(kept).collect::<Vec<_>>()
        };
        self.client().mailboxes().into_iter().flat_map(read).collect()
    }

    /// Its modification sequences, which count every change to a flag.
    fn traces(&self) -> Vec<String> {
        let mut client = self.client();
        let mut look = |mailbox: &String| {
            client.run(&format!("EXAMINE {}", quoted(mailbox)));
            client.run("UID FETCH 1:* (FLAGS MODSEQ)")
        };
        self.client().mailboxes().iter().flat_map(&mut look).collect()
    }

    fn stop(&mut self) {
        self.process = None;
    }

    fn start(&mut self) {
        let dir = self.folder.path();
        let mut command = process::as_ordinary(&self.programs.join("usr/lib/cyrus/bin/master"));
        command
            .env("LD_LIBRARY_PATH", libraries(&self.programs))
            .arg("-C")
            .arg(dir.join("imapd.conf"))
            .arg("-M")
            .arg(dir.join("cyrus.conf"))
            .arg("-p")
            .arg(dir.join("run/master.pid"));
        self.process = Some(Process::start(&mut command, self.port, &dir.join("log")));
    }
}

fn libraries(programs: &Path) -> PathBuf {
    programs.join("usr/lib/x86_64-linux-gnu")
}

/// Makes a user known to Cyrus SASL.
fn password(programs: &Path, database: &Path, user: &str) {
    let mut child = Command::new(programs.join("usr/sbin/saslpasswd2"))
        .env("LD_LIBRARY_PATH", libraries(programs))
        .args(["-p", "-c", "-u", "tests.example", "-f"])
        .arg(database)
        .arg(user)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}
