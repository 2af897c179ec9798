//! The desktop room against a real notification server; [`odd`] has what no real one does.
//!
//! dunst runs under Xvfb on a private bus (`tests/desktop/desk.sh`); the room runs in the test. No
//! mock stands between the two.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail like tests")]

pub(crate) mod desk;
mod fake;
mod odd;

use std::process::{Command, Stdio};

use hallway::call::How;
use hallway::desktop::{self, Bus, Error, Happening, Notice, OFFERS};
use hallway::nudge::{Answer, NudgeId};

use desk::{Desk, Room};

fn notice(id: i64) -> Notice {
    Notice {
        id: NudgeId(id),
        summary: "A word with Priya?".into(),
        body: "Since 24 August: email on 18 days and group calls on 4 days, no talk alone on \
               record. A short call or a coffee would do."
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
