//! `hallway run` whole: a real notification server, a pressed button, a store that changed; new
//! mail, a reload, a stop.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod anew;

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::desktop::desk::Desk;
use crate::world::Home;

pub(crate) use anew::mbox;

/// Nudges at any hour of any day, from the first day on.
const ANY_TIME: &str =
    "[nudge]\nquiet = \"0d\"\nhold-out = false\nhours = { from = \"00:00\", to = \"24:00\" }\n";
/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

fn home() -> Home {
    let home = Home::with(ANY_TIME);
    let text = std::fs::read_to_string(home.config()).unwrap();
    let always = "[me]\nworking-hours = { days = \"mon-sun\", from = \"00:00\", to = \"24:00\" }\n";
    let text = text.replacen("[me]\n", always, 1);
    let text = text.replacen("\"UTC\"", zone(), 1);
    std::fs::write(home.config(), text).unwrap();
    home
}

/// Where the user lives. A talk needs half an hour of the day, which is not left before midnight.
#[expect(clippy::disallowed_methods, reason = "the program under test lives today")]
fn zone() -> &'static str {
    match Timestamp::now().to_zoned(TimeZone::UTC).hour() {
        23 => "\"Etc/GMT+6\"",
        _ => "\"UTC\"",
    }
}

/// The daemon, ended with its owner.
struct Daemon(Child);

impl Daemon {
    fn start(home: &Home, bus: &str) -> Self {
        let mut command = home.program();
        command.arg("run").env("DBUS_SESSION_BUS_ADDRESS", bus).env("DISPLAY", ":0");
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a test waits for another process")]
fn now() -> Instant {
    Instant::now()
}

/// Asks until the answer is right, for as long as patience lasts.
#[track_caller]
fn until(what: &str, mut right: impl FnMut() -> bool) {
    let began = now();
    while !right() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The people of `status` for whom a field has a value.
fn people<'a>(status: &'a Value, field: &str, value: &Value) -> Vec<&'a str> {
    let people = status["people"].as_array().unwrap().iter();
    people.filter(|one| one[field] == *value).map(|one| one["name"].as_str().unwrap()).collect()
}

#[test]
fn a_button_pressed_winds_the_clock_and_nothing_comes_twice() {
    let home = home();
    let mut desk = Desk::with_dunst();
    let bus = desk.address();
    let daemon = Daemon::start(&home, &bus);
    desk.act("wait 1");
    assert_eq!(
        people(&home.json(&["status", "--json"]), "days_since_one_on_one", &json!(0)),
        [""; 0]
    );
    desk.shot("nudge.png");
    desk.act("press We talked");
    desk.act("wait 0");
    until("the talk is counted", || {
        people(&home.json(&["status", "--json"]), "days_since_one_on_one", &json!(0)).len() == 1
    });
    let status = home.json(&["status", "--json"]);
    let talked = people(&status, "days_since_one_on_one", &json!(0))[0].to_owned();
    let shown = home.json(&["show", &talked, "--json"]);
    assert_eq!(shown["nudges"][0]["stage"], "you talked", "{shown:#}");
    assert_eq!(shown["verdict"], "healthy");

    // Killed in the middle and started again: the day has had its nudge.
    daemon.signal(Signal::KILL);
    drop(daemon);
    let daemon = Daemon::start(&home, &bus);
    home.deliver("later", "Priya Nair <priya.nair@borealis.test>");
    until("the second run has looked", || {
        home.lines(&["interactions", "--json"]).iter().any(|one| one["ref"] == "later@test")
    });
    assert_eq!(desk.act("count"), "0");
    drop(daemon);
}

#[test]
fn new_mail_is_known_within_a_second_and_the_end_comes_as_fast() {
    let home = home();
    let mut desk = Desk::bare();
    let mut daemon = Daemon::start(&home, &desk.address());
    let known = |name: &str| {
        let reference = format!("{name}@test");
        home.lines(&["interactions", "--json"]).iter().any(|one| one["ref"] == reference.as_str())
    };
    until("the first look", || home.run(&["interactions", "--json"]).stdout.len() > 1_000);
    for name in ["one", "two"] {
        home.deliver(name, "Priya Nair <priya.nair@borealis.test>");
        until("a new message", || known(name));
    }

    // A reload takes the new configuration; a broken one changes nothing.
    let text = std::fs::read_to_string(home.config()).unwrap();
    std::fs::write(home.config(), "nonsense").unwrap();
    daemon.signal(Signal::HUP);
    std::fs::write(home.config(), text).unwrap();
    daemon.signal(Signal::HUP);
    home.deliver("three", "Priya Nair <priya.nair@borealis.test>");
    until("a message after two reloads", || known("three"));

    // Somebody else may look, but not scan.
    assert_eq!(home.run(&["scan"]).status.code(), Some(75));

    let began = now();
    daemon.signal(Signal::TERM);
    let status = daemon.0.wait().unwrap();
    assert!(status.success(), "{status}");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[test]
fn the_first_digest_lies_ready_and_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    let mut desk = Desk::bare();
    let daemon = Daemon::start(&home, &desk.address());
    let folder = home.path().join(".local/state/hallway/digests");
    let page = || {
        let files = std::fs::read_dir(&folder).ok()?.filter_map(Result::ok);
        files.map(|file| file.path()).find(|path| path.extension().is_some_and(|e| e == "html"))
    };
    until("a digest", || page().is_some());
    drop(daemon);
    let page = page().unwrap();
    assert!(std::fs::read_to_string(&page).unwrap().contains("default-src 'none'"));
    for path in [page.as_path(), &folder, &home.path().join(".local/state/hallway/hallway.sqlite")]
    {
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}

/// What a process has cost so far: ticks of processor time, and how often its threads went to sleep.
fn cost(daemon: &Daemon) -> (u64, u64) {
    let process = std::path::PathBuf::from(format!("/proc/{}", daemon.0.id()));
    let stat = std::fs::read_to_string(process.join("stat")).unwrap();
    // utime and stime, proc(5)
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2);
    let ticks = fields.map(|field| field.parse::<u64>().unwrap()).sum();
    let sleeps = |thread: std::io::Result<std::fs::DirEntry>| {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"));
        line.unwrap().split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    (ticks, std::fs::read_dir(process.join("task")).unwrap().map(sleeps).sum())
}

#[test]
fn with_nothing_to_do_it_does_nothing() {
    let home = home();
    let mut desk = Desk::with_dunst();
    let daemon = Daemon::start(&home, &desk.address());
    desk.act("wait 1");
    // From here on nothing happens: looks are over, the nudge waits for an answer.
    let mut before = cost(&daemon);
    until("two still seconds", || {
        std::thread::sleep(Duration::from_secs(2));
        let after = cost(&daemon);
        let (ticks, sleeps) = (after.0 - before.0, after.1 - before.1);
        before = after;
        ticks <= 1 && sleeps <= 4
    });
}

#[test]
fn a_first_scan_is_left_within_a_second_and_gone_on_with() {
    const ALL: usize = 60_000;
    let home = home();
    let mut mbox = String::new();
    for number in 0..ALL {
        mbox += &format!(
            "From x Mon Mar  2 10:00:00 2026\nFrom: Priya Nair <priya.nair@borealis.test>\n\
             To: ana@agency.test\nDate: Mon, 02 Mar 2026 10:00:00 +0000\n\
             Message-ID: <many-{number}@test>\n\nhello\n\n"
        );
    }
    std::fs::write(home.world().join("many.mbox"), mbox).unwrap();
    let text = std::fs::read_to_string(home.config()).unwrap();
    let path = home.world().join("many.mbox");
    let more = format!("[[mail]]\nname = \"many\"\ntype = \"mbox\"\npath = {path:?}\n\n[[mail]]\n");
    std::fs::write(home.config(), text.replacen("[[mail]]\n", &more, 1)).unwrap();

    let mut desk = Desk::bare();
    let mut daemon = Daemon::start(&home, &desk.address());
    let database = home.path().join(".local/state/hallway/hallway.sqlite");
    let known = || {
        let mut known = 0;
        let store = hallway::store::Store::open_read_only(&database).ok()?;
        store.for_each_message(hallway::store::MessageRow::START, |_, _, _| known += 1).ok()?;
        Some(known)
    };
    until("some of it is known", || known().is_some_and(|known| known > 2_000));
    let began = now();
    daemon.signal(Signal::TERM);
    assert!(daemon.0.wait().unwrap().success());
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!(known().unwrap() < ALL, "it was over before it was left");
    drop(daemon);
    let daemon = Daemon::start(&home, &desk.address());
    until("all of it is known", || known().is_some_and(|known| known >= ALL));
    drop(daemon);
}
