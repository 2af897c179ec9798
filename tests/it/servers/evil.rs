//! `tests/servers/evil-imap.py`: a server that lies, floods, dribbles and falls silent.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::process::{PATIENCE, said};

/// How much faster than real its clock runs, and should that of its client.
pub(crate) const HASTE: u32 = 20;

/// One of them; ends with its owner.
pub(crate) struct Evil {
    child: Child,
    port: u16,
    told: Receiver<Value>,
}

/// An authority of the tests, and certificates that it signed.
pub(crate) struct Certificates(tempfile::TempDir);

impl Certificates {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        said(Command::new(in_servers("ca.sh")).arg(folder.path()));
        Self(folder)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn in_servers(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(name)
}

impl Evil {
    /// Starts one in this mode.
    pub(crate) fn new(mode: &str, certificates: &Certificates) -> Self {
        let mut child = Command::new("python3")
            .arg(in_servers("evil-imap.py"))
            .arg(mode)
            .args([certificates.file("good.pem"), certificates.file("good.key")])
            .args(["--hasten", &HASTE.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, told) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    break;
                }
            }
        });
        let ready: Value = told.recv_timeout(PATIENCE).unwrap();
        let port = u16::try_from(ready["ready"].as_u64().unwrap()).unwrap();
        Self { child, port, told }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What it saw so far: commands, leaks, ends of connections.
    pub(crate) fn seen(&self) -> Vec<Value> {
        // What is on its way comes now, or was never sent.
        let more = std::iter::from_fn(|| self.told.recv_timeout(Duration::from_millis(50)).ok());
        more.collect()
    }
}

impl Drop for Evil {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
