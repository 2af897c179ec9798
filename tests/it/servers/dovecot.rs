//! Dovecot 2.3, with Maildir and with TLS by an authority of the tests' own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{self, ORDINARY, Process, filled, free_port, give, said};
use super::{Kept, Letter, PASSWORD, Server, USER};

/// Which certificate it shows, as `tests/servers/ca.sh` names them.
pub(crate) const GOOD: &str = "good";

/// The capabilities of a Dovecot that could do less.
pub(crate) const CONDSTORE_ONLY: &str =
    "IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE CONDSTORE SPECIAL-USE UIDPLUS NAMESPACE CHILDREN";
/// And of one that can do next to nothing.
pub(crate) const BARE: &str = "IMAP4rev1";

/// A running Dovecot.
pub(crate) struct Dovecot {
    folder: tempfile::TempDir,
    port: u16,
    tls: u16,
    process: Option<Process>,
}

impl Dovecot {
    /// One that can do all it can do.
    pub(crate) fn new() -> Self {
        Self::with("", GOOD)
    }

    /// One that says it can do no more than `capability`, and shows `certificate`.
    pub(crate) fn with(capability: &str, certificate: &str) -> Self {
        let folder = process::folder();
        let dir = folder.path();
        let at = |name: &str| dir.join(name);
        for name in ["run", "state", "home/Maildir/new", "home/Maildir/cur", "home/Maildir/tmp"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/ca.sh");
        said(Command::new(script).arg(at("ca")));
        // A passwd-file ends a field at a colon and nowhere else.
        fs::write(at("users"), format!("{USER}:{PASSWORD}::::::\n")).unwrap();
        let capability = match capability {
            "" => String::new(),
            some => format!("imap_capability = {some}"),
        };
        let (port, tls) = (free_port(), free_port());
        let text = filled(
            "dovecot.conf",
            &[
                ("dir", &dir.display().to_string()),
                ("user", &ORDINARY.name),
                ("group", &ORDINARY.group),
                ("port", &port.to_string()),
                ("tls", &tls.to_string()),
                ("certificate", &at("ca").join(certificate).display().to_string()),
                ("capability", &capability),
            ],
        );
        fs::write(at("dovecot.conf"), text).unwrap();
        give(dir);
        let mut dovecot = Self { folder, port, tls, process: None };
        dovecot.start();
        dovecot
    }

    /// Where it listens with TLS.
    pub(crate) fn tls(&self) -> u16 {
        self.tls
    }

    /// The file of the authority that signed its certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca/ca.pem")
    }

    /// Its mail.
    pub(crate) fn maildir(&self) -> PathBuf {
        self.folder.path().join("home/Maildir")
    }

    /// Puts messages there behind its back, which is a hundred times faster than by APPEND.
    pub(crate) fn fill(&self, letters: impl IntoIterator<Item = Letter>) {
        for (number, letter) in letters.into_iter().enumerate() {
            let folder = match letter.mailbox.as_str() {
                "INBOX" => self.maildir(),
                other => self.maildir().join(format!(".{}", other.replace('/', "."))),
            };
            for part in ["new", "cur", "tmp"] {
                fs::create_dir_all(folder.join(part)).unwrap();
            }
            let received =
                jiff::Zoned::strptime("%d-%b-%Y %T %z", &letter.date).unwrap().timestamp();
            let name = format!("{}.{number}_{}.host:2,S", received.as_second(), self.port);
            let waiting = folder.join("tmp").join(&name);
            fs::write(&waiting, &letter.text).unwrap();
            let file = fs::File::options().write(true).open(&waiting).unwrap();
            file.set_modified(received.into()).unwrap();
            fs::rename(waiting, folder.join("cur").join(name)).unwrap();
        }
        give(&self.maildir());
    }

    /// Loses what it knew of its mail, as after a restore from a backup: every UID is new.
    pub(crate) fn forget_uids(&mut self) {
        self.stop();
        for folder in maildir_folders(&self.maildir()) {
            for entry in fs::read_dir(folder.1).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                if name.starts_with("dovecot") {
                    fs::remove_file(path).unwrap();
                }
            }
        }
        self.start();
    }
}

impl Server for Dovecot {
    fn port(&self) -> u16 {
        self.port
    }

    fn name(&self, mailbox: &str) -> String {
        mailbox.to_owned()
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
        let dir = self.folder.path();
        let mut command = process::as_ordinary(Path::new("/usr/sbin/dovecot"));
        command.arg("-F").arg("-c").arg(dir.join("dovecot.conf"));
        self.process = Some(Process::start(&mut command, self.port, &dir.join("log")));
    }
}

/// The mailboxes of a Maildir++ with their folders.
fn maildir_folders(root: &Path) -> Vec<(String, PathBuf)> {
    let mut folders = vec![("INBOX".to_owned(), root.to_owned())];
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Some(name) = name.strip_prefix('.').filter(|_| path.join("cur").is_dir()) {
            folders.push((name.replace('.', "/"), path));
        }
    }
    folders
}

/// Every file of a message in a Maildir++, with its mailbox.
fn maildir_files(root: &Path) -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    for (mailbox, folder) in maildir_folders(root) {
        for part in ["new", "cur"] {
            let entries = fs::read_dir(folder.join(part)).unwrap();
            files.extend(entries.map(|entry| (mailbox.clone(), entry.unwrap().path())));
        }
    }
    files
}

/// What lies in a Maildir++; both Dovecot and Courier give the time of the file as INTERNALDATE.
pub(super) fn maildir_kept(root: &Path) -> Vec<Kept> {
    let kept = |(mailbox, path): (String, PathBuf)| Kept {
        mailbox,
        message: fs::read(&path).unwrap(),
        received: fs::metadata(&path).unwrap().modified().unwrap(),
    };
    maildir_files(root).into_iter().map(kept).collect()
}

/// Where each message lies and how it is flagged, which a Maildir says in names.
pub(super) fn maildir_traces(root: &Path) -> Vec<String> {
    let files = maildir_files(root).into_iter();
    let mut traces: Vec<_> = files.map(|(_, path)| path.display().to_string()).collect();
    traces.sort_unstable();
    traces
}
