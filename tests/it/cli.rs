//! The program as a shell sees it: words in, text and an exit status out.
//!
//! Every run has an environment of its own: nothing of whoever runs the tests gets in.

#![expect(clippy::expect_used, reason = "what sets a test up may end it")]

mod help;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use expect_test::{Expect, expect};
use tempfile::TempDir;

/// A home directory, and nothing else.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// With this configuration.
    fn with(config: &str) -> Self {
        let home = Self::new();
        let file = home.config();
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        fs::write(&file, config).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("set");
        home
    }

    fn config(&self) -> PathBuf {
        self.path().join(".config/hallway/config.toml")
    }

    fn command<S: AsRef<OsStr>>(&self, words: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallway"));
        command.args(words).env_clear().current_dir(self.path());
        command.env("HOME", self.path()).env("XDG_CONFIG_DIRS", self.path().join("etc/xdg"));
        command.env("TZ", "UTC").stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the program starts")
    }

    /// The exit status, then standard output and standard error, with the home as `~`.
    fn told(&self, words: &[&str]) -> String {
        self.show(&self.run(words))
    }

    fn show(&self, output: &Output) -> String {
        let status = output.status.code().map_or("killed".to_owned(), |code| code.to_string());
        let text = |bytes| String::from_utf8(Vec::from(bytes)).expect("text");
        let (out, err) = (text(&*output.stdout), text(&*output.stderr));
        let home = self.path().display().to_string();
        format!("{status}\n--- out\n{out}--- err\n{err}").replace(&home, "~")
    }
}

fn check(home: &Home, words: &[&str], expect: Expect) {
    expect.assert_eq(&home.told(words));
}

#[test]
fn wrong_usage_is_status_64() {
    let home = Home::new();
    check(
        &home,
        &["staus"],
        expect![[r#"
        64
        --- out
        --- err
        error: unrecognized subcommand 'staus'

          tip: a similar subcommand exists: 'status'

        Usage: hallway [OPTIONS] <COMMAND>

        For more information, try '--help'.
    "#]],
    );
    check(
        &home,
        &["talked", "Jo", "--when", "tomorrow"],
        expect![[r#"
        64
        --- out
        --- err
        error: invalid value 'tomorrow' for '--when <WHEN>': write a date such as 2026-02-14, one with a time, "yesterday", "mon 14:30" or "2h ago"

        For more information, try '--help'.
    "#]],
    );
    check(
        &home,
        &["later", "Jo", "--for", "3h"],
        expect![[r#"
        64
        --- out
        --- err
        error: invalid value '3h' for '--for <TIME>': write days, weeks or months, such as 3d, 2w or 1mo, or the date it ends

        For more information, try '--help'.
    "#]],
    );
    check(
        &home,
        &["status", "--set", "nudge"],
        expect![[r#"
        64
        --- out
        --- err
        error: invalid value 'nudge' for '--set <KEY=VALUE>': write it as key=value, as in nudge.per-day=2

        For more information, try '--help'.
    "#]],
    );
    check(
        &home,
        &["status", "--set", "nudge.per-dya=2"],
        expect![[r#"
        64
        --- out
        --- err
        hallway: --set nudge.per-dya=2: nudge.per-dya: no such key; did you mean per-day?
    "#]],
    );
    for words in [
        &["show"] as &[_],
        &[],
        &["show", ""],
        &["people", "join", "Jo"],
        &["people", "set", "Jo"],
        &["people", "set", "Jo", "--prefers", "fax"],
        &["people", "set", "Jo", "--cadence", "5y"],
        &["talked", "Jo", "--minutes", "0"],
        &["talked", "Jo", "--how", "email"],
        &["replay", "--days", "0"],
        &["digest", "--period", "2026"],
        &["digest", "--format", "pdf"],
        &["digest", "--open", "--json"],
        &["scan", "-v", "-q"],
        &["completions", "tcsh"],
        &["status", "--config"],
    ] {
        let output = home.run(words);
        assert_eq!(output.status.code(), Some(64), "{words:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn version_and_help_are_status_0() {
    let home = Home::new();
    let version = format!("0\n--- out\nhallway {}\n--- err\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(home.told(&["--version"]), version);
    for words in [&["help"] as &[_], &["help", "people", "join"], &["people", "help"]] {
        let output = home.run(words);
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        assert!(output.stderr.is_empty() && !output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn a_wrong_configuration_is_status_78_and_named() {
    let home = Home::with("[nudge]\nper-dya = 2\nlater = \"soon\"\n");
    check(
        &home,
        &["status"],
        expect![[r#"
        78
        --- out
        --- err
        hallway: 2 mistakes in the configuration
          ~/.config/hallway/config.toml:2:1: nudge.per-dya: no such key; did you mean per-day?
          ~/.config/hallway/config.toml:3:9: nudge.later: "soon" is no length of time in days; write days or weeks, such as "30d" or "6w"
    "#]],
    );
    let home = Home::with("[me]\ntime-zone = Europe/Berlin\n");
    check(
        &home,
        &["run"],
        expect![[r#"
        78
        --- out
        --- err
        hallway: ~/.config/hallway/config.toml:2:13: not valid TOML: string values must be quoted, expected literal string; put the value between double quotes
    "#]],
    );
    check(
        &Home::new(),
        &["status", "--config", "nowhere.toml"],
        expect![[r#"
        78
        --- out
        --- err
        hallway: nowhere.toml: is not there; check the name, or leave it out
    "#]],
    );
    let home = Home::with("[nudge]\nper-day = 0\n");
    fs::write(home.path().join("good.toml"), "").expect("written");
    let words = ["status", "--config", "good.toml"];
    assert_ne!(home.run(&words).status.code(), Some(78), "the named file stands alone");
    let output = home.command(&["status"]).env("HALLWAY_CONFIG", "good.toml").output();
    assert_ne!(output.expect("the program starts").status.code(), Some(78));
    let output = home.command(&words).env("HALLWAY_NUDGE_LATER", "x").output();
    let output = output.expect("the program starts");
    expect![[r#"
        78
        --- out
        --- err
        hallway: environment variable HALLWAY_NUDGE_LATER: nudge.later: "x" is no length of time in days; write days or weeks, such as "30d" or "6w"
    "#]].assert_eq(&home.show(&output));
}

#[test]
fn without_sources_the_first_steps_are_told() {
    check(
        &Home::new(),
        &["scan"],
        expect![[r#"
        78
        --- out
        --- err
        hallway: no mailbox and no calendar is configured
        hint: write these lines to ~/.config/hallway/config.toml, with your own address and the folder your mail is in:

            [me]
            addresses = ["you@your.domain"]

            [[mail]]
            type = "maildir"
            path = "~/Mail"

        "hallway demo" shows what comes of it, without any mail
    "#]],
    );
    check(
        &Home::with("[me]\naddresses = \"ana@agency.test\"\n"),
        &["run"],
        expect![[r#"
        78
        --- out
        --- err
        hallway: no mailbox and no calendar is configured
        hint: write these lines to ~/.config/hallway/config.toml, with your own address and the folder your mail is in:

            [me]
            addresses = ["you@your.domain"]

            [[mail]]
            type = "maildir"
            path = "~/Mail"

        "hallway demo" shows what comes of it, without any mail
    "#]],
    );
}

#[test]
fn warnings_are_told_beside_and_not_when_quiet() {
    let home = Home::with("[[mail]]\ntype = \"maildir\"\npath = \"~/Mail\"\n");
    fs::set_permissions(home.config(), fs::Permissions::from_mode(0o666)).expect("set");
    let told = |words: &[&str]| {
        let output = home.run(words);
        assert!(!String::from_utf8_lossy(&output.stdout).contains("warning"));
        let text = String::from_utf8(output.stderr).expect("text");
        let lines = text.lines().filter(|line| line.starts_with("hallway: warning: "));
        lines.collect::<Vec<_>>().join("\n").replace(&home.path().display().to_string(), "~")
    };
    expect![[r#"
        hallway: warning: ~/.config/hallway/config.toml: others may change it; run chmod 600 on it
        hallway: warning: ~/.config/hallway/config.toml: me.addresses: none of your addresses is known; add addresses = ["you@your.domain"] under [me]
        hallway: warning: ~/.config/hallway/config.toml:3:8: mail.path: ~/Mail is not there; check the path; until then nothing is read from it"#]].assert_eq(&told(&["status"]));
    assert_eq!(told(&["status", "--quiet"]), "");
    home.run(&["people", "mine", "ana@old.test"]);
    assert!(!told(&["status"]).contains("me.addresses"), "said is as good as written");
}

#[test]
fn a_file_in_which_nothing_is_found_is_told_with_the_reason() {
    let home = Home::with("[[calendar]]\nname = \"work\"\ntype = \"ics\"\npath = \"~/work.ics\"\n");
    let file = |text: &str| {
        let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{text}END:VCALENDAR\r\n");
        fs::write(home.path().join("work.ics"), &text).expect("written");
        let told = home.told(&["check"]);
        told.lines().find(|line| line.contains("calendar/work")).expect("a line").to_owned()
    };
    let check = |text, expect: Expect| expect.assert_eq(&file(text));
    check("", expect!["note  calendar/work: readable, and nothing found in it: an empty calendar"]);
    check(
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:garbage\r\nEND:VEVENT\r\n",
        expect![
            "note  calendar/work: readable, and nothing found in it: no start that can be read"
        ],
    );
}

#[test]
fn a_reader_who_has_gone_is_silence() {
    let home = Home::new();
    for words in [&["man"] as &[_], &["completions", "bash"], &["--help"], &["--version"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = home.command(words).stdout(writer).stderr(Stdio::piped()).output();
        let output = output.expect("the program starts");
        assert_eq!(home.show(&output), "0\n--- out\n--- err\n", "{words:?}");
    }
}

#[test]
fn a_full_disk_is_told() {
    let home = Home::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
    let output = home.command(&["man"]).stdout(full).stderr(Stdio::piped()).output();
    expect![[r#"
        75
        --- out
        --- err
        hallway: the output cannot be written: No space left on device (os error 28)
    "#]]
    .assert_eq(&home.show(&output.expect("the program starts")));
}

#[test]
fn nobody_listening_at_all_is_no_crash() {
    let home = Home::with("nonsense");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let writers = (writer.try_clone().expect("a second end"), writer);
    let status = home.command(&["status"]).stdout(writers.0).stderr(writers.1).status();
    assert_eq!(status.expect("the program starts").code(), Some(78));
}
