//! The invented world of the demo as a home for the program, for tests that run it whole.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hallway::demo;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

/// A home folder with the world, its configuration, and the program to run in it.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    config: PathBuf,
}

impl Home {
    /// The world as of today in UTC. `more` is added to its configuration.
    pub(crate) fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("world");
        #[expect(clippy::disallowed_methods, reason = "the program under test lives today")]
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let world = demo::world(&root, today, &TimeZone::UTC);
        for below in ["mail/new", "mail/cur", "mail/.Sent/new", "mail/.Sent/cur", "calendar"] {
            fs::create_dir_all(root.join(below)).unwrap();
        }
        for (path, text) in &world.files {
            fs::write(root.join(path), text).unwrap();
        }
        let config = root.join(&world.config);
        let text = fs::read_to_string(&config).unwrap();
        let text = text.replacen("[me]\n", "[me]\ntime-zone = \"UTC\"\n", 1);
        fs::write(&config, format!("{text}\n{more}")).unwrap();
        Self { folder, config }
    }

    /// The home folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration.
    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    /// The folder of the world: `mail`, `calendar`.
    pub(crate) fn world(&self) -> PathBuf {
        self.path().join("world")
    }

    /// The program in this home, with nothing of this process's environment.
    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallway"));
        command.env_clear().env("HOME", self.path()).arg("--config").arg(&self.config);
        command
    }

    /// Runs a command line to its end.
    pub(crate) fn run(&self, words: &[&str]) -> Output {
        self.program().args(words).output().unwrap()
    }

    /// What a command line prints; it has to succeed.
    #[track_caller]
    pub(crate) fn text(&self, words: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.run(words);
        assert!(status.success(), "{words:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    /// The one JSON value a command line prints.
    #[track_caller]
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.text(words)).unwrap()
    }

    /// The JSON lines a command line prints.
    #[track_caller]
    pub(crate) fn lines(&self, words: &[&str]) -> Vec<Value> {
        self.text(words).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Puts a message from somebody to me into the inbox, as a delivery does.
    pub(crate) fn deliver(&self, name: &str, from: &str) {
        #[expect(clippy::disallowed_methods, reason = "a message of just now")]
        let when = Timestamp::now() - 1.minute();
        let date = jiff::fmt::rfc2822::to_string(&when.to_zoned(TimeZone::UTC)).unwrap();
        let text = format!(
            "From: {from}\nTo: ana@agency.test\nDate: {date}\nMessage-ID: <{name}@test>\n\nhello\n"
        );
        let waiting = self.world().join("mail").join(name);
        fs::write(&waiting, text).unwrap();
        fs::rename(waiting, self.world().join("mail/new").join(name)).unwrap();
    }
}
