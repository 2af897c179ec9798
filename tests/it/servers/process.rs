//! A server as a process: its folder, its port, its user, its beginning and its end.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process_group};

/// Longer than any server takes to start, stop or answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Who servers run as.
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) group: String,
}

/// The user of the tests, or `nobody` when that is root.
pub(crate) static ORDINARY: LazyLock<User> = LazyLock::new(|| {
    if geteuid().is_root() {
        return User { name: "nobody".to_owned(), group: "nogroup".to_owned() };
    }
    let id = |what| said(Command::new("id").arg(what)).trim().to_owned();
    User { name: id("-un"), group: id("-gn") }
});

/// What a command prints; it has to succeed.
#[track_caller]
pub(crate) fn said(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// A command run as the ordinary user.
pub(crate) fn as_ordinary(program: &Path) -> Command {
    if !geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let group = format!("--regid={}", ORDINARY.group);
    command.arg(format!("--reuid={}", ORDINARY.name)).args([&group, "--clear-groups", "--"]);
    command.arg(program);
    command
}

/// Gives files that root made to the ordinary user.
pub(crate) fn give(path: &Path) {
    if geteuid().is_root() {
        let owner = format!("{}:{}", ORDINARY.name, ORDINARY.group);
        said(Command::new("chown").arg("-R").arg(owner).arg(path));
    }
}

/// A folder that the ordinary user can walk into.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("hallway-server-").tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// A port that nobody listens at. Below those that the system hands out by itself, so that no
/// connection of another test comes to sit on it between now and its use.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = u16::try_from(std::process::id() * 61 % 12_000).unwrap();
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + begin.wrapping_add(step) % 12_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// A file of `tests/servers` with the words in braces filled in.
pub(crate) fn filled(file: &str, words: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(file);
    let text = fs::read_to_string(path).unwrap();
    words.iter().fold(text, |text, (word, value)| text.replace(&format!("{{{word}}}"), value))
}

/// The programs of a server that `tests/run` unpacked, as a folder laid out like `/`.
///
/// Root's checkout may lie where nobody else can look, so for `nobody` they are copied into `to`.
pub(crate) fn unpacked(server: &str, to: &Path) -> PathBuf {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/servers").join(server);
    assert!(
        kept.join("complete").exists(),
        "{server} is not unpacked in {}: run tests/run once, it does that",
        kept.display()
    );
    if !geteuid().is_root() {
        return kept;
    }
    let copy = to.join("programs");
    said(Command::new("cp").arg("-a").arg("--no-preserve=ownership").arg(kept).arg(&copy));
    copy
}

#[expect(clippy::disallowed_methods, reason = "how long a test waits for another process")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Asks until the answer is right, for as long as patience lasts.
#[track_caller]
pub(crate) fn until(what: &str, mut right: impl FnMut() -> bool) {
    let began = now();
    while !right() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A running server, ended with its owner, and all that it started.
pub(crate) struct Process(Child);

impl Process {
    /// Starts it and waits until it greets at `port`. It says what it has to say in `log`.
    pub(crate) fn start(command: &mut Command, port: u16, log: &Path) -> Self {
        let mut process = Self::without_greeting(command, log);
        until("a greeting", || {
            let gone = process.0.try_wait().unwrap();
            assert!(gone.is_none(), "{gone:?}: {}", fs::read_to_string(log).unwrap());
            greets(port)
        });
        process
    }

    /// Starts what does not greet.
    pub(crate) fn without_greeting(command: &mut Command, log: &Path) -> Self {
        let out = fs::File::options().create(true).append(true).open(log).unwrap();
        give(log);
        command.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out);
        Self(command.process_group(0).spawn().unwrap())
    }

    fn signal(&self, signal: Signal) {
        let group = Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        // Gone already is as good.
        let _: Result<_, _> = kill_process_group(group, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let began = now();
        while matches!(self.0.try_wait(), Ok(None)) && began.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.signal(Signal::KILL);
        drop(self.0.wait());
    }
}

/// Whether somebody answers with an IMAP greeting.
fn greets(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).is_ok() && line.starts_with("* OK")
}
