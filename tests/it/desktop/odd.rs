//! The desktop room against a server and a bus that misbehave or are not there.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use futures_util::StreamExt;
use hallway::call::How;
use hallway::desktop::{self, Bus, Error, Happening, Notice};
use hallway::nudge::{Answer, NudgeId};
use zbus::zvariant::Value;

use super::desk::{Desk, Room};
use super::fake::{Fake, Manner};
use super::{closed, notice, shown};

#[test]
fn what_goes_over_the_bus_is_what_the_conventions_ask_for() {
    let mut desk = Desk::bare();
    let address = desk.address();
    let capabilities = &["body", "body-markup", "actions", "x-dunst-stack-tag"];
    let fake = Fake::on(&address, Manner::Takes, capabilities);
    let room = Room::on(&address, false);
    assert_eq!(room.next(), Happening::ServerCame);
    room.handle.show(notice(1)).unwrap();
    assert_eq!(room.next(), shown(1));
    let seen = fake.seen.recv().unwrap();
    assert_eq!((seen.replaces, seen.timeout), (0, -1));
    assert_eq!(seen.summary, "A word with Priya?");
    assert_eq!(
        seen.actions,
        [
            "0101010101010101-1",
            "We talked",
            "0101010101010101-2",
            "Later",
            "0101010101010101-3",
            "Email suits them",
            "default",
            "Show why",
        ]
    );
    let hints: BTreeSet<&str> = seen.hints.keys().map(String::as_str).collect();
    assert_eq!(
        hints,
        BTreeSet::from([
            "category",
            "desktop-entry",
            "resident",
            "suppress-sound",
            "transient",
            "urgency",
            "x-dunst-stack-tag",
        ])
    );
    assert_eq!(*seen.hints["urgency"], Value::from(1u8));
    assert_eq!(*seen.hints["desktop-entry"], Value::from(desktop::DESKTOP_ID));

    room.handle.show(notice(2)).unwrap();
    assert_eq!([room.next(), room.next()], [shown(2), closed(1)]);
    assert_eq!(fake.seen.recv().unwrap().replaces, 41, "the one live notice is replaced in place");
    fake.say("NotificationClosed", &(41u32, 1u32));
    assert_eq!(room.next(), closed(2), "expired is not dismissed");
    room.handle.show(notice(3)).unwrap();
    assert_eq!(room.next(), shown(3));
    assert_eq!(fake.seen.recv().unwrap().replaces, 0, "what is gone is not replaced");
    assert_eq!(room.end(), []);
}

#[test]
fn a_server_without_markup_gets_plain_text_and_still_gets_the_actions() {
    let mut desk = Desk::bare();
    let address = desk.address();
    let fake = Fake::on(&address, Manner::Takes, &["body"]);
    let room = Room::on(&address, false);
    assert_eq!(room.next(), Happening::ServerCame);
    room.handle.show(Notice { body: "<b>R&D</b>".into(), ..notice(1) }).unwrap();
    assert_eq!(room.next(), shown(1));
    let seen = fake.seen.recv().unwrap();
    assert_eq!(seen.body, "bR&D/b");
    assert_eq!(seen.actions.len(), 8);
    assert!(!seen.hints.contains_key("x-dunst-stack-tag"));
    assert_eq!(room.end(), []);
}

#[test]
fn a_refusal_is_not_delivered() {
    let mut desk = Desk::bare();
    let address = desk.address();
    let _fake = Fake::on(&address, Manner::Refuses, &["body"]);
    let room = Room::on(&address, false);
    assert_eq!(room.next(), Happening::ServerCame);
    room.handle.show(notice(1)).unwrap();
    let why = Error::Refused("too[31m many".into());
    assert_eq!(room.next(), Happening::NotDelivered { id: NudgeId(1), why });
    assert_eq!(room.end(), []);
}

#[test]
fn a_press_that_overtakes_the_answer_counts() {
    let mut desk = Desk::bare();
    let address = desk.address();
    let _fake = Fake::on(&address, Manner::PressesAtOnce, &["body"]);
    let room = Room::on(&address, false);
    assert_eq!(room.next(), Happening::ServerCame);
    room.handle.show(notice(1)).unwrap();
    assert_eq!(room.next(), shown(1));
    let answer = Answer::Talked(How::Call);
    let token = Some("token-1".to_owned());
    assert_eq!(room.next(), Happening::Answered { id: NudgeId(1), answer, token });
    assert_eq!(room.end(), [], "the close that follows is no second end");
}

#[test]
fn a_server_that_dies_over_a_notice_did_not_show_it() {
    let mut desk = Desk::bare();
    let address = desk.address();
    let _fake = Fake::on(&address, Manner::Dies, &["body"]);
    let room = Room::on(&address, false);
    assert_eq!(room.next(), Happening::ServerCame);
    room.handle.show(notice(1)).unwrap();
    let mut told = [room.next(), room.next()];
    told.sort_by_key(|happening| *happening == Happening::ServerLeft);
    let why = Error::NoServer;
    assert_eq!(told, [Happening::NotDelivered { id: NudgeId(1), why }, Happening::ServerLeft]);
    assert_eq!(room.end(), []);
}

#[test]
fn a_silent_server_delays_its_own_notice_and_nothing_else() {
    let mut desk = Desk::bare();
    let address = desk.address();
    let _fake = Fake::on(&address, Manner::KeepsSilent, &["body"]);
    let room = Room::on(&address, false);
    assert_eq!(room.next(), Happening::ServerCame);
    room.handle.show(notice(1)).unwrap();
    assert_eq!(room.next(), Happening::NotDelivered { id: NudgeId(1), why: Error::Silent });
    for id in 2..99 {
        if room.handle.show(notice(id)) == Err(Error::Busy) {
            assert!((16..20).contains(&id), "{id} were taken");
            assert!(room.handle.stop(Duration::from_secs(1)), "stopping does not wait for it");
            return;
        }
    }
    panic!("the queue has no end");
}

/// A bus of our own that comes and goes, at one address.
struct OwnBus {
    folder: tempfile::TempDir,
    /// The bus, and what it and those whom it starts print: they must be able to.
    daemon: Option<(Child, BufReader<ChildStdout>)>,
}

impl OwnBus {
    /// A bus that is not there yet.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("services")).unwrap();
        Self { folder, daemon: None }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn address(&self) -> String {
        format!("unix:path={}", self.path("bus"))
    }

    /// Has the bus start a notification server by this command, when somebody asks for one.
    fn starts(&self, command: &str) {
        let text = format!("[D-BUS Service]\nName=org.freedesktop.Notifications\nExec={command}\n");
        std::fs::write(self.path("services/notifications.service"), text).unwrap();
    }

    fn come(&mut self) {
        let config = format!(
            "<busconfig><type>session</type><listen>{}</listen><servicedir>{}</servicedir>\
             <policy context='default'><allow send_destination='*'/><allow eavesdrop='true'/>\
             <allow own='*'/></policy></busconfig>",
            self.address(),
            self.path("services"),
        );
        std::fs::write(self.path("config"), config).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .args(["--nofork", "--nopidfile", "--print-address", "--config-file"])
            .arg(self.path("config"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // it prints its address once it listens
        let mut line = String::new();
        let mut prints = BufReader::new(daemon.stdout.take().unwrap());
        prints.read_line(&mut line).unwrap();
        assert!(line.starts_with("unix:"), "{line}");
        self.daemon = Some((daemon, prints));
    }

    fn go(&mut self) {
        if let Some((mut daemon, _)) = self.daemon.take() {
            daemon.kill().unwrap();
            daemon.wait().unwrap();
        }
    }
}

impl Drop for OwnBus {
    fn drop(&mut self) {
        self.go();
    }
}

#[test]
fn a_server_is_started_where_there_is_a_display() {
    // the inner half is the server that the bus starts; it ends with the bus
    const INNER: &str = "nothing-is-called-this";
    let args: Vec<String> = std::env::args().collect();
    if args.iter().any(|arg| arg == INNER) {
        let fake = Fake::on(args.last().unwrap(), Manner::Takes, &["body"]);
        return fake.runtime.block_on(async {
            let mut stream = zbus::MessageStream::from(&fake.bus);
            while let Some(Ok(_)) = stream.next().await {}
        });
    }
    let mut bus = OwnBus::new();
    let tried = bus.path("tried");
    bus.starts(&format!("/bin/sh -c 'touch {tried}; exit 1'"));
    bus.come();
    for (display, starts) in [(false, false), (true, true)] {
        let room = Room::on(&bus.address(), display);
        assert_eq!(room.next(), Happening::ServerLeft);
        room.handle.show(notice(1)).unwrap();
        let why = Error::NoServer;
        assert_eq!(room.next(), Happening::NotDelivered { id: NudgeId(1), why });
        assert_eq!(std::path::Path::new(&tried).exists(), starts, "display: {display}");
        assert_eq!(room.end(), []);
    }
    assert_eq!(
        desktop::server(Bus::At(bus.address())),
        Err(Error::NoServer),
        "looking starts none"
    );

    bus.go();
    let me = std::env::current_exe().unwrap();
    let test = "desktop::odd::a_server_is_started_where_there_is_a_display";
    let address = bus.address();
    bus.starts(&format!("{} --exact {test} --skip {INNER} --skip {address}", me.display()));
    bus.come();
    let room = Room::on(&address, true);
    assert_eq!(room.next(), Happening::ServerLeft);
    room.handle.show(notice(1)).unwrap();
    assert_eq!([room.next(), room.next()], [Happening::ServerCame, shown(1)]);
    assert_eq!(room.end(), []);
}

#[test]
fn no_bus_is_told_once_and_found_when_it_comes() {
    let mut bus = OwnBus::new();
    let room = Room::on(&bus.address(), false);
    assert!(matches!(room.next(), Happening::NoBus { why: Error::NoBus(_) }));
    for id in 1..3 {
        room.handle.show(notice(id)).unwrap();
        let Happening::NotDelivered { id: of, why: Error::NoBus(_) } = room.next() else {
            panic!("nobody can have shown it");
        };
        assert_eq!(of, NudgeId(id));
    }
    assert!(matches!(desktop::server(Bus::At(bus.address())), Err(Error::NoBus(_))));

    bus.come();
    assert_eq!(room.next(), Happening::ServerLeft);
    let fake = Fake::on(&bus.address(), Manner::Takes, &["body"]);
    assert_eq!(room.next(), Happening::ServerCame);
    room.handle.show(notice(3)).unwrap();
    assert_eq!(room.next(), shown(3));
    bus.go();
    assert_eq!(room.next(), closed(3));
    assert!(matches!(room.next(), Happening::NoBus { .. }));
    drop(fake);
    bus.come();
    assert_eq!(room.next(), Happening::ServerLeft);
    assert_eq!(room.end(), []);
}

#[test]
fn a_bus_that_accepts_and_says_nothing_holds_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus");
    let _mute = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let room = Room::on(&format!("unix:path={}", path.display()), false);
    room.handle.show(notice(1)).unwrap();
    assert!(matches!(room.next(), Happening::NotDelivered { why: Error::NoBus(_), .. }));
    assert!(room.handle.stop(Duration::from_secs(1)), "stopping does not wait for the bus");
}
