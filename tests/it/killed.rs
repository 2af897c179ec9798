//! Killed at any instant and run again, the facts are the same and nothing is told twice.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hallway::store::Store;

const MESSAGES: usize = 4_000;
const KILLS: u32 = 50;

/// A mailbox with copies, machine mail and several folders, and a calendar of single files.
fn sources(root: &Path) -> std::path::PathBuf {
    for folder in ["mail/cur", "mail/.Sent/cur", "mail/.Archive/cur", "calendar"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for n in 0..MESSAGES {
        let person = n % 37;
        let (from, to) = (format!("p{person}@client{}.test", person % 9), "me@own.test".to_owned());
        let sent = n % 3 == 0;
        let (from, to) = if sent { (to, from) } else { (from, to) };
        let list = if n % 11 == 0 { "List-Id: <news.test>\n" } else { "" };
        let when = 1_700_000_000 + n * 5_000;
        let date = jiff::Timestamp::from_second(i64::try_from(when).unwrap()).unwrap();
        let text = format!(
            "From: <{from}>\nTo: <{to}>\nDate: {}\nMessage-ID: <m{n}@own.test>\n{list}\nbody\n",
            jiff::fmt::rfc2822::to_string(&date.to_zoned(jiff::tz::TimeZone::UTC)).unwrap()
        );
        let folder = if sent { "mail/.Sent/cur" } else { "mail/cur" };
        fs::write(root.join(folder).join(format!("{when}.{n}.host:2,S")), &text).unwrap();
        if n % 5 == 0 {
            let copy = format!("mail/.Archive/cur/{when}.{n}copy.host:2,S");
            fs::write(root.join(copy), &text).unwrap();
        }
    }
    for n in 0..400 {
        let day = jiff::civil::date(2026, 1, 5).saturating_add(jiff::ToSpan::days(n % 200));
        let text = format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:e{n}@own.test\r\nDTSTART:{0}T100000Z\r\n\
             DTEND:{0}T104500Z\r\nDTSTAMP:20260101T000000Z\r\nORGANIZER:mailto:me@own.test\r\n\
             ATTENDEE;PARTSTAT=ACCEPTED:mailto:p{1}@client{2}.test\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n",
            day.strftime("%Y%m%d"),
            n % 37,
            n % 37 % 9
        );
        fs::write(root.join(format!("calendar/{n}.ics")), text).unwrap();
    }
    let config = root.join("config.toml");
    let text = format!(
        "[me]\naddresses = [\"me@own.test\"]\ntime-zone = \"UTC\"\n\
         [[mail]]\nname = \"mail\"\ntype = \"maildir\"\npath = \"{0}/mail\"\n\
         [[calendar]]\nname = \"work\"\ntype = \"vdir\"\npath = \"{0}/calendar\"\nrole = \"work\"\n",
        root.display()
    );
    fs::write(&config, text).unwrap();
    config
}

fn scan(home: &Path, config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallway"));
    command
        .env_clear()
        .env("HOME", home)
        .arg("--config")
        .arg(config)
        .arg("scan")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn dump(home: &Path) -> String {
    let file = home.join(".local/state/hallway/hallway.sqlite");
    if !file.exists() {
        return String::new();
    }
    let mut text = String::new();
    Store::open(&file).unwrap().dump(|line| text.extend([line, "\n"])).unwrap();
    text
}

#[test]
fn fifty_kills_during_a_scan_leave_the_same_facts() {
    let root = tempfile::tempdir().unwrap();
    let config = sources(root.path());
    let whole_home = root.path().join("whole");
    fs::create_dir(&whole_home).unwrap();
    #[expect(clippy::disallowed_methods, reason = "how long a scan takes here places the kills")]
    let began = Instant::now();
    assert!(scan(&whole_home, &config).status().unwrap().success());
    let took = began.elapsed();
    let whole = dump(&whole_home);
    assert!(whole.lines().count() > MESSAGES / 2, "the undisturbed scan stored too little");

    let mut partial = 0;
    for kill in 0..KILLS {
        let home = root.path().join(format!("home{kill}"));
        fs::create_dir(&home).unwrap();
        let mut child = scan(&home, &config).spawn().unwrap();
        // spread over the whole scan, at no round fraction of it
        std::thread::sleep(
            took * kill / KILLS + Duration::from_micros(u64::from(kill * 7919 % 997)),
        );
        child.kill().unwrap();
        child.wait().unwrap();
        let left = dump(&home);
        partial += u32::from(!left.is_empty() && left != whole);
        assert!(scan(&home, &config).status().unwrap().success());
        assert!(dump(&home) == whole, "kill {kill}: facts differ from an undisturbed scan");
        fs::remove_dir_all(&home).unwrap();
    }
    assert!(partial >= 5, "only {partial} kills fell into the scan: the test shows too little");
}
