//! `hallway scan` whole, against the server that lies: its memory, its time, its exit code.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::hostile::Evil;
use crate::servers::process::now;

/// What a look may cost, in KiB.
const MOST: u64 = 64 << 10;

/// Scans one calendar; the exit code, what was said, and the most memory held, in KiB.
fn scan(kind: &str, url: &str) -> (i32, String, u64) {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    let text = format!(
        "[me]\naddresses = [\"ana@agency.test\"]\ntime-zone = \"UTC\"\n[[calendar]]\nname = \"evil\"\n\
         type = \"{kind}\"\nurl = \"{url}\"\nuser = \"ana\"\npassword = {{ command = \"echo x\" }}\n"
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallway"));
    command.env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
    command.arg("--config").arg(&config).arg("scan").stdin(Stdio::null());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut most, began) = (0, now());
    let status = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(peak.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{url}");
        thread::sleep(Duration::from_millis(2));
    };
    let said = child.wait_with_output().unwrap().stderr;
    (status.code().unwrap(), String::from_utf8(said).unwrap(), most)
}

#[test]
fn no_lie_costs_more_than_64_mebibytes() {
    for (kind, mode, code) in [
        ("caldav", "gzip", 69),
        ("caldav", "laughs", 69),
        ("caldav", "deepxml", 69),
        ("caldav", "manyattr", 69),
        ("caldav", "report-gzip", 69),
        ("caldav", "report-endless", 69),
        ("caldav", "report-many", 69),
        ("caldav", "report-large", 0),
        ("caldav", "report-bomb", 0),
        ("ics", "gzip", 69),
        ("ics", "gzip2", 69),
        ("ics", "ics-lines", 0),
        ("ics", "ics-bomb", 0),
    ] {
        let evil = Evil::new(mode);
        let (ended, said, most) = scan(kind, &evil.url());
        assert_eq!(ended, code, "{kind} {mode}: {said}");
        assert!(most > 1 << 10 && most < MOST, "{kind} {mode}: {most} KiB");
    }
}
