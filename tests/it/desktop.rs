//! The desktop room against a real notification server, and against one that misbehaves.
//!
//! dunst runs under Xvfb on a private bus (`tests/desktop/desk.sh`); the room runs in the test. No
//! mock stands between the two.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail like tests")]

pub(crate) mod desk;
mod fake;

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hallway::call::How;
use hallway::desktop::{self, Bus, Error, Happening, Notice, OFFERS};
use hallway::nudge::{Answer, NudgeId};
use zbus::zvariant::Value;

use desk::{Desk, Room};
use fake::{Fake, Manner};

fn notice(id: i64) -> Notice {
    Notice {
        id: NudgeId(id),
        summary: "A word with Priya Nair?".into(),
        body: "Your last talk was 47 days ago; since then 12 emails and 3 group calls.\n\
               You are both free today from 14:00 to 14:30."
            .into(),
        offers: OFFERS.to_vec(),
        nonce: [id as u8; 8],
    }
}

fn shown(id: i64) -> Happening {
    Happening::Shown { id: NudgeId(id) }
}

fn closed(id: i64) -> Happening {
    Happening::Closed { id: NudgeId(id) }
}

fn answered(id: i64, answer: Answer) -> Happening {
    Happening::Answered { id: NudgeId(id), answer, token: None }
}

/// A desk with dunst and a room that has shown the notice 1.
fn with_one_shown() -> (Desk, Room) {
    let mut desk = Desk::with_dunst();
    let room = Room::on(&desk.address(), true);
    assert_eq!(room.next(), Happening::ServerCame);
    room.handle.show(notice(1)).unwrap();
    assert_eq!(room.next(), shown(1));
    desk.act("wait 1");
    (desk, room)
}

#[test]
fn each_button_of_a_real_server_is_its_answer() {
    let (mut desk, room) = with_one_shown();
    let picture = desk.shot("notification.png");
    assert!(std::fs::metadata(picture).unwrap().len() > 4_000, "an empty screen is smaller");
    desk.act("press We talked");
    assert_eq!(room.next(), answered(1, Answer::Talked(How::Call)));
    desk.act("wait 0");

    for (id, offers, words, answer) in [
        (2, OFFERS.to_vec(), "Later", Answer::Later),
        (3, OFFERS.to_vec(), "Email suits them", Answer::PrefersEmail),
        (4, OFFERS.to_vec(), "Show why", Answer::Show),
        (5, vec![Answer::Talked(How::Visit)], "We met", Answer::Talked(How::Visit)),
        (6, vec![Answer::NotAClient], "Not a client", Answer::NotAClient),
    ] {
        room.handle.show(Notice { offers, ..notice(id) }).unwrap();
        assert_eq!(room.next(), shown(id));
        desk.act("wait 1");
        desk.act(&format!("press {words}"));
        assert_eq!(room.next(), answered(id, answer));
        desk.act("wait 0");
    }
    assert_eq!(room.end(), []);
}

#[test]
fn closed_by_hand_is_dismissed() {
    let (mut desk, room) = with_one_shown();
    desk.act("dismiss");
    assert_eq!(room.next(), Happening::Dismissed { id: NudgeId(1) });
    assert_eq!(room.end(), []);
}

#[test]
fn closed_by_the_daemon_is_not_reported() {
    let (mut desk, room) = with_one_shown();
    room.handle.close(NudgeId(7)).unwrap();
    room.handle.close(NudgeId(1)).unwrap();
    desk.act("wait 0");
    assert_eq!(room.end(), []);
}

#[test]
fn the_next_notice_takes_the_place_of_the_one_before() {
    let (mut desk, room) = with_one_shown();
    room.handle.show(notice(2)).unwrap();
    assert_eq!([room.next(), room.next()], [shown(2), closed(1)]);
    desk.act("wait 1");
    desk.act("press Later");
    assert_eq!(room.next(), answered(2, Answer::Later));
    assert_eq!(room.end(), []);
}

#[test]
fn the_farewell_takes_the_notice_along() {
    let (mut desk, room) = with_one_shown();
    assert_eq!(room.end(), []);
    desk.act("wait 0");
}

#[test]
fn a_stranger_cannot_press_a_button() {
    let (mut desk, room) = with_one_shown();
    let address = desk.address();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stranger = runtime.block_on(async {
        zbus::connection::Builder::address(address.as_str()).unwrap().build().await.unwrap()
    });
    let names: Vec<String> = runtime.block_on(async {
        let bus = zbus::fdo::DBusProxy::new(&stranger).await.unwrap();
        bus.list_names().await.unwrap().iter().map(ToString::to_string).collect()
    });
    assert!(names.len() >= 4, "bus, dunst, room, stranger: {names:?}");
    // to everybody and to each alone, with every id the server can have given by now
    let key = "0101010101010101-1";
    for to in names.iter().map(|name| Some(name.as_str())).chain([None]) {
        for id in 1u32..8 {
            fake::say(&runtime, &stranger, to, "ActionInvoked", &(id, "default"));
            fake::say(&runtime, &stranger, to, "ActionInvoked", &(id, key));
            fake::say(&runtime, &stranger, to, "NotificationClosed", &(id, 2u32));
        }
        // pretending that the stranger is the server now, then speaking as the server
        let me = stranger.unique_name().unwrap().as_str();
        let change = ("org.freedesktop.Notifications", "", me);
        let bus = "org.freedesktop.DBus";
        runtime
            .block_on(stranger.emit_signal(
                to,
                "/org/freedesktop/DBus",
                bus,
                "NameOwnerChanged",
                &change,
            ))
            .unwrap();
        fake::say(&runtime, &stranger, to, "ActionInvoked", &(1u32, "default"));
    }
    // the bus keeps the order of one sender's messages, so after this call all of them are out
    runtime
        .block_on(async { zbus::fdo::DBusProxy::new(&stranger).await.unwrap().get_id().await })
        .unwrap();
    desk.act("press Email suits them");
    assert_eq!(room.next(), answered(1, Answer::PrefersEmail));
    assert_eq!(room.end(), []);
}

#[test]
fn a_server_that_restarts_takes_its_ids_with_it() {
    let (mut desk, room) = with_one_shown();
    desk.act("stop");
    assert_eq!([room.next(), room.next()], [closed(1), Happening::ServerLeft]);
    room.handle.show(notice(2)).unwrap();
    assert_eq!(room.next(), Happening::NotDelivered { id: NudgeId(2), why: Error::NoServer });

    desk.act("start");
    assert_eq!(room.next(), Happening::ServerCame);
    // somebody else's notifications now have the low ids that ours had
    for other in ["one", "two", "three"] {
        desk.act(&format!("say {other} of another program"));
    }
    room.handle.close(NudgeId(1)).unwrap();
    room.handle.show(notice(3)).unwrap();
    assert_eq!(room.next(), shown(3));
    desk.act("wait 4");
    desk.act("press We talked");
    assert_eq!(room.next(), answered(3, Answer::Talked(How::Call)));
    desk.act("wait 3");
    assert_eq!(room.end(), []);
}

#[test]
fn without_a_server_nothing_waits() {
    for display in [false, true] {
        let mut desk = Desk::bare();
        let room = Room::on(&desk.address(), display);
        assert_eq!(room.next(), Happening::ServerLeft);
        room.handle.show(notice(1)).unwrap();
        assert_eq!(room.next(), Happening::NotDelivered { id: NudgeId(1), why: Error::NoServer });
        assert_eq!(desktop::server(Bus::At(desk.address())), Err(Error::NoServer));
        desk.act("start");
        assert_eq!(room.next(), Happening::ServerCame);
        assert_eq!(desktop::server(Bus::At(desk.address())).unwrap().name, "dunst");
        assert_eq!(room.end(), []);
    }
}

#[test]
fn hostile_text_is_shown_as_it_is_written() {
    let (mut desk, room) = with_one_shown();
    let hostile = Notice {
        summary: "A word with <b>Jo</b> &amp; \u{1b}[31mCo?".into(),
        body: "<img src=file:///dev/urandom> <a href='https://x.test'>here</a> &#x202e;\nR&D"
            .into(),
        ..notice(2)
    };
    room.handle.show(hostile).unwrap();
    assert_eq!([room.next(), room.next()], [shown(2), closed(1)]);
    desk.act("wait 1");
    desk.shot("hostile.png");
    desk.act("dismiss");
    assert_eq!(room.next(), Happening::Dismissed { id: NudgeId(2) });
    let texts: serde_json::Value = serde_json::from_str(&desk.act("texts")).unwrap();
    let newest = &texts["data"][0][0];
    assert_eq!(newest["summary"]["data"], "A word with <b>Jo</b> &amp; [31mCo?");
    assert_eq!(
        newest["body"]["data"],
        "&lt;img src=file:///dev/urandom&gt; &lt;a href='https://x.test'&gt;here&lt;/a&gt; \
         &amp;#x202e;\nR&amp;D"
    );
    assert_eq!(room.end(), []);
}

#[test]
fn a_notice_that_waits_for_no_answer_is_shown() {
    // its inner half runs in a process of its own, where the session bus is the desk's; the word
    // that tells it so is one that the test harness takes and makes nothing of
    const INNER: &str = "nothing-is-called-this";
    if std::env::args().any(|arg| arg == INNER) {
        desktop::show_once(false, "Hallway works", "This is how a nudge <will> look.").unwrap();
        return;
    }
    let mut desk = Desk::with_dunst();
    let run = |address: &str| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "desktop::a_notice_that_waits_for_no_answer_is_shown"])
            .args(["--skip", INNER])
            .env("DBUS_SESSION_BUS_ADDRESS", address)
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .unwrap()
    };
    assert!(run(&desk.address()).success());
    desk.act("wait 1");
    desk.act("dismiss");
    assert!(desk.act("texts").contains("how a nudge &lt;will&gt; look"));
    assert!(!run("unix:path=/nonexistent").success(), "and an error without a bus");
    desk.act("stop");
    assert!(!run(&desk.address()).success(), "and without a server");
}

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
    assert_eq!(seen.summary, "A word with Priya Nair?");
    assert_eq!(
        seen.actions,
        [
            "default",
            "Show why",
            "0101010101010101-1",
            "We talked",
            "0101010101010101-2",
            "Later",
            "0101010101010101-3",
            "Email suits them",
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
struct Bus0 {
    folder: tempfile::TempDir,
    daemon: Option<Child>,
}

impl Bus0 {
    fn address(&self) -> String {
        format!("unix:path={}", self.folder.path().join("bus").display())
    }

    fn come(&mut self) {
        let daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address"])
            .arg(format!("--address={}", self.address()))
            .stdout(Stdio::piped())
            .spawn();
        let mut daemon = daemon.unwrap();
        // it prints its address once it listens
        let mut line = String::new();
        let out = daemon.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
        assert!(line.starts_with("unix:"), "{line}");
        self.daemon = Some(daemon);
    }

    fn go(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().unwrap();
            daemon.wait().unwrap();
        }
    }
}

impl Drop for Bus0 {
    fn drop(&mut self) {
        self.go();
    }
}

#[test]
fn no_bus_is_told_once_and_found_when_it_comes() {
    let mut bus = Bus0 { folder: tempfile::tempdir().unwrap(), daemon: None };
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
