//! Whom no mail reaches any more, as the loop hears of it.

use std::fs;

use hallway::daemon::Event;
use hallway::desktop::{Error, Happening};
use jiff::SignedDuration;

use super::Life;

/// Two reports that mail came back touch nobody's days, and still they say that somebody is gone.
#[test]
fn whose_mail_came_back_is_not_nudged_about_from_then_on() {
    let mut life = Life::begin();
    let (id, nudge) = life.one();
    life.desktop(Happening::NotDelivered { id, why: Error::NoServer });
    let inbox = life.folder.path().join("mail/new");
    fs::create_dir_all(&inbox).unwrap();
    for n in 0..2 {
        let report = format!(
            "From: Mail Delivery System <mailer-daemon@agency.test>\nTo: ana@agency.test\n\
             Date: Wed, 11 Mar 2026 10:0{n}:00 +0000\nMessage-ID: <report-{n}@test>\n\
             X-Failed-Recipients: {}\nAuto-Submitted: auto-replied\n\n",
            nudge.person.0
        );
        fs::write(inbox.join(format!("report-{n}")), report).unwrap();
    }
    life.now += SignedDuration::from_mins(10);
    life.happen(Event::Reload);
    life.happen(Event::Due);
    life.look();
    life.desktop(Happening::ServerLeft);
    life.desktop(Happening::ServerCame);
    let (_, next) = life.one();
    assert_ne!(next.person, nudge.person);
}
