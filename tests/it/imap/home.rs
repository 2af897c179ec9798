//! A home with the program and one account in it, and the Maildir that everything is compared with.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use hallway::store::Store;

use crate::servers::client::{Client, quoted};
use crate::servers::process::until;
use crate::servers::{Letter, PASSWORD, Server, USER};

/// What every configuration here begins with. Nobody is looked after, so nobody is nudged about.
const ME: &str = "[me]\naddresses = [\"ana@agency.test\"]\ntime-zone = \"UTC\"\n";

/// An account without TLS.
pub(super) fn plainly(port: u16) -> String {
    format!("host = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n")
}

/// One that is reached as it should be, by a name that its certificate is for.
pub(super) fn encrypted(port: u16, security: &str, authority: &Path) -> String {
    format!(
        "host = \"localhost\"\nport = {port}\nsecurity = \"{security}\"\nauthority = {authority:?}\n"
    )
}

/// A home folder with a configuration.
pub(super) struct Home(tempfile::TempDir);

impl Home {
    /// With one mailbox called `mail`, of which `keys` say the rest.
    pub(super) fn with(keys: &str) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::write(home.config(), format!("{ME}[[mail]]\nname = \"mail\"\n{keys}")).unwrap();
        home
    }

    /// With the mail of a server there.
    pub(super) fn of(place: &str) -> Self {
        let home = Self::with("");
        let secret = home.path().join("secret");
        fs::write(&secret, PASSWORD).unwrap();
        let keys = format!(
            "type = \"imap\"\n{place}user = \"{USER}\"\n\
             password = {{ command = [\"cat\", {secret:?}] }}\n"
        );
        fs::write(home.config(), format!("{ME}[[mail]]\nname = \"mail\"\n{keys}")).unwrap();
        home
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn config(&self) -> PathBuf {
        self.path().join("config.toml")
    }

    /// Where the program keeps everything.
    pub(super) fn state(&self) -> PathBuf {
        self.path().join(".local/state/hallway")
    }

    /// The program in this home.
    pub(super) fn program(&self, verb: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallway"));
        command.env_clear().env("HOME", self.path()).env("PATH", "/usr/bin:/bin");
        command.arg("--config").arg(self.config()).arg(verb);
        command
    }

    pub(super) fn try_scan(&self) -> Output {
        self.program("scan").output().unwrap()
    }

    #[track_caller]
    pub(super) fn scan(&self) {
        let Output { status, stderr, .. } = self.try_scan();
        assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&stderr));
    }

    /// The daemon, without a desktop, ended with its owner. What it says goes to `log`.
    pub(super) fn run(&self) -> Daemon {
        self.start(self.program("run"))
    }

    /// The same, with a clock that runs so many times as fast.
    pub(super) fn run_in_haste(&self, haste: u32) -> Daemon {
        let mut command = self.program("run");
        hasten(&mut command, haste);
        self.start(command)
    }

    fn start(&self, mut command: Command) -> Daemon {
        let log = fs::File::options().create(true).append(true).open(self.path().join("log"));
        let log = log.unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Daemon(command.spawn().unwrap())
    }

    /// Every fact it knows, line by line; nothing when it knows nothing yet.
    pub(super) fn facts(&self) -> Vec<String> {
        let Ok(store) = Store::open_read_only(&self.state().join("hallway.sqlite")) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        store.dump(|line| lines.push(line.to_owned())).unwrap();
        lines
    }

    /// Waits until it knows the same facts as the reference.
    #[track_caller]
    pub(super) fn comes_to_know(&self, what: &str, reference: &Reference) {
        let facts = reference.facts();
        let began = crate::servers::process::now();
        while self.facts() != facts {
            // A server that was away is called again for up to 21 seconds, by chance.
            if began.elapsed() > Duration::from_secs(40) {
                same(what, &self.facts(), &facts);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Makes the clock of a program run so many times as fast, its timers with it.
pub(super) fn hasten(command: &mut Command, haste: u32) {
    command
        .env("LD_PRELOAD", "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
        .env("FAKETIME", format!("+0 x{haste}"));
}

/// The daemon; killed with its owner.
pub(super) struct Daemon(pub(super) Child);

impl Daemon {
    /// Tells it to read its configuration anew and to look at everything.
    pub(super) fn reload(&self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Fails with the lines that only one of two dumps has.
#[track_caller]
pub(super) fn same(what: &str, found: &[String], expected: &[String]) {
    if found == expected {
        return;
    }
    let only = |these: &[String], those: &[String]| {
        let those: BTreeSet<_> = those.iter().collect();
        let lines = these.iter().filter(|line| !those.contains(line));
        lines.take(20).map(|line| format!("\n  {line}")).collect::<String>()
    };
    panic!(
        "{what}: facts differ\nknown, but not so:{}\nso, but not known:{}",
        only(found, expected),
        only(expected, found)
    );
}

/// Every message that ever was on a server, as a Maildir. What a server loses stays a fact.
pub(super) struct Reference {
    folder: tempfile::TempDir,
    taken: BTreeSet<(String, Vec<u8>)>,
}

impl Reference {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), taken: BTreeSet::new() }
    }

    /// Takes what the server has now.
    pub(super) fn take(&mut self, server: &dyn Server) {
        for kept in server.kept() {
            let mailbox = plain_name(&kept.mailbox);
            let folder = match mailbox.as_str() {
                "INBOX" => self.folder.path().to_owned(),
                other => self.folder.path().join(format!(".{}", other.replace('/', "."))),
            };
            if !self.taken.insert((mailbox, kept.message.clone())) {
                continue;
            }
            fs::create_dir_all(folder.join("cur")).unwrap();
            let seconds = kept.received.duration_since(UNIX_EPOCH).unwrap().as_secs();
            let path = folder.join(format!("cur/{seconds}.{}.host:2,S", self.taken.len()));
            fs::write(&path, kept.message).unwrap();
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_modified(kept.received).unwrap();
        }
    }

    /// What the program knows of it, from one fresh scan.
    pub(super) fn facts(&self) -> Vec<String> {
        let home = Home::with(&format!("type = \"maildir\"\npath = {:?}\n", self.folder.path()));
        home.scan();
        home.facts()
    }

    /// How many messages it holds.
    pub(super) fn len(&self) -> usize {
        self.taken.len()
    }
}

/// `INBOX.Projects.Acme` and `Projects/Acme` are one.
fn plain_name(mailbox: &str) -> String {
    mailbox.strip_prefix("INBOX.").map_or_else(|| mailbox.to_owned(), |name| name.replace('.', "/"))
}

/// Delivers letters, into mailboxes that are made as needed.
pub(super) fn deliver(server: &dyn Server, letters: impl IntoIterator<Item = Letter>) {
    let mut client = server.client();
    let mut made: BTreeSet<String> = client.mailboxes().into_iter().collect();
    for letter in letters {
        let name = server.name(&letter.mailbox);
        if made.insert(name.clone()) {
            client.run(&format!("CREATE {}", quoted(&name)));
        }
        client.append(&name, &letter.date, &letter.text);
    }
}

/// Waits until a mailbox has another UIDVALIDITY, making it anew with `remake` each time: servers
/// take it from the clock.
pub(super) fn renew(client: &mut Client, mailbox: &str, mut remake: impl FnMut(&mut Client)) {
    let before = client.uid_validity(mailbox);
    until("another UIDVALIDITY", || {
        client.run(&format!("DELETE {}", quoted(mailbox)));
        client.run(&format!("CREATE {}", quoted(mailbox)));
        remake(client);
        client.uid_validity(mailbox) != before
    });
}
