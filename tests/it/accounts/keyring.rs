//! The keyring as it is: a real gnome-keyring on a bus of its own, open, locked and not there.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Output, Stdio};

use expect_test::{Expect, expect};

use super::Home;
use crate::servers::PASSWORD;
use crate::servers::dovecot::Dovecot;
use crate::servers::process::said;

/// A session bus with a keyring on it, in a home.
struct Session<'a> {
    home: &'a Home,
    address: String,
    bus: Child,
}

impl<'a> Session<'a> {
    fn begin(home: &'a Home) -> Self {
        let run = home.path().join("run");
        fs::create_dir_all(&run).unwrap();
        // a bus that starts nothing by itself: what a test did not start is not there
        let config = home.path().join("bus.conf");
        let text =
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"
            \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">
            <busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
            <policy context=\"default\"><allow send_destination=\"*\"/><allow own=\"*\"/>
            <allow eavesdrop=\"true\"/></policy></busconfig>";
        fs::write(&config, text).unwrap();
        let mut command = Command::new("dbus-daemon");
        command.arg("--config-file").arg(&config).args(["--nofork", "--print-address=1"]);
        let mut bus = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { home, address: address.trim().to_owned(), bus }
    }

    /// A command on this bus.
    fn on(&self, mut command: Command) -> Command {
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command.env("XDG_RUNTIME_DIR", self.home.path().join("run"));
        command
    }

    /// Starts the keyring, unlocked by its password, which makes it the first time.
    fn unlock(&self, password: &str) {
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--unlock", "--components=secrets"]).env("HOME", self.home.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut keyring = self.on(command).spawn().unwrap();
        keyring.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        // It goes to the background by itself, and ends with the bus.
        assert!(keyring.wait().unwrap().success());
        let mut wait = Command::new("gdbus");
        wait.args(["wait", "--session", "--timeout", "20", "org.freedesktop.secrets"]);
        said(&mut self.on(wait));
    }

    fn lock(&self) {
        let mut command = Command::new("gdbus");
        command.args(["call", "--session", "-d", "org.freedesktop.secrets"]);
        command.args(["-o", "/org/freedesktop/secrets"]);
        command.args(["-m", "org.freedesktop.Secret.Service.Lock"]);
        command.arg("[objectpath '/org/freedesktop/secrets/collection/login']");
        said(&mut self.on(command));
    }

    fn hallway(&self, words: &[&str], typed: &str) -> Output {
        let mut command = self.on(self.home.program());
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// What a command line says, and its exit status.
    #[track_caller]
    fn check(&self, words: &[&str], typed: &str, expect: Expect) {
        let output = self.hallway(words, typed);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        expect.assert_eq(&format!("{}: {}", output.status.code().unwrap(), text.trim_end()));
    }

    /// The line of `check` on the account.
    fn account(&self, dovecot: &Dovecot) -> String {
        let output = self.hallway(&["check"], "");
        let text = String::from_utf8(output.stdout).unwrap();
        let line = text.lines().find(|line| line.contains("mail/work")).unwrap();
        super::plain(line, Some(dovecot))
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        drop(self.bus.kill());
        drop(self.bus.wait());
    }
}

#[test]
fn a_password_is_kept_in_the_keyring_and_a_locked_one_is_waited_for() {
    let dovecot = Dovecot::new();
    let home = Home::with("host = \"localhost\"");
    let keys = super::keys(dovecot.tls(), &dovecot, "password = { keyring = true }\n");
    home.configure(&keys);
    let session = Session::begin(&home);

    // Nobody there: a server without a desktop.
    expect!["bad   mail/work: localhost:TLS gets no password: there is no keyring here; use { command = … } or { credential = … } in its place"].assert_eq(&session.account(&dovecot));
    session.unlock("pw1");
    expect![[r#"bad   mail/work: localhost:TLS has no password in the keyring; store it with "hallway account login mail/work""#]].assert_eq(&session.account(&dovecot));
    session.check(
        &["account", "login", "work"],
        "wrong\n",
        expect![[r#"0: Stored in the keyring. "hallway check" tries it."#]],
    );
    expect![[r#"bad   mail/work: localhost:TLS refuses user or password; check both, then run "hallway check""#]].assert_eq(&session.account(&dovecot));
    // What is typed again takes the place of what was there.
    let typed = format!("{PASSWORD}\n");
    session.check(
        &["account", "login", "MAIL/work"],
        &typed,
        expect![[r#"0: Stored in the keyring. "hallway check" tries it."#]],
    );
    expect!["ok    mail/work: localhost:TLS lets alice in: 2 mailboxes, 0 messages"]
        .assert_eq(&session.account(&dovecot));
    let listed = session.hallway(&["account", "list"], "").stdout;
    let listed = super::plain(&String::from_utf8(listed).unwrap(), Some(&dovecot));
    assert_eq!(listed, "mail/work  alice at localhost:TLS, password in the keyring\n");

    session.lock();
    expect!["note  mail/work: localhost:TLS waits for the keyring to be unlocked"]
        .assert_eq(&session.account(&dovecot));
    session.check(
        &["account", "login", "nobody"],
        "x\n",
        expect![[r#"
        65: hallway: no account on a server is called nobody
        hint: there are:
            mail/work"#]],
    );
    session.check(
        &["account", "login", "work"],
        "\n",
        expect!["65: hallway: nothing was typed, so nothing is changed"],
    );

    // Nothing of it in clear anywhere in the home.
    let home = home.path().display().to_string();
    let found = Command::new("grep").args(["-rlF", "--exclude=password", PASSWORD, &home]).output();
    assert_eq!(String::from_utf8(found.unwrap().stdout).unwrap(), "");
}

#[test]
fn what_was_kept_is_forgotten_when_asked() {
    let home = Home::with("host = \"localhost\"\nport = 1");
    home.configure("host = \"localhost\"\nport = 1\ntoken = { keyring = true }\n");
    let session = Session::begin(&home);
    session.unlock("pw1");
    session.check(&["account", "logout", "work"], "", expect!["0: There was none in the keyring."]);
    session.check(
        &["account", "login", "work"],
        "ya29.token\n",
        expect![[r#"0: Stored in the keyring. "hallway check" tries it."#]],
    );
    session.check(&["account", "logout", "work"], "", expect!["0: Forgotten."]);
    session.check(&["account", "logout", "work"], "", expect!["0: There was none in the keyring."]);
}
