//! The program against a server that lies: no credential gets out, no panic, little memory, an end
//! in time, and a named error, or the truth where there is one.
//!
//! The clock of the program runs twenty times as fast (libfaketime): its patience of a minute is
//! waited out for real, in seconds.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::home::{Home, encrypted, hasten};
use crate::servers::PASSWORD;
use crate::servers::evil::{Certificates, Evil, HASTE};
use crate::servers::process::now;

/// The most memory, in KiB.
const MEMORY: u64 = 64 * 1024;
/// The longest a scan may take of the program's own time: twice what the program allows itself.
const LONGEST: Duration = Duration::from_secs(600);

/// How the program is told to reach the server.
#[derive(Clone, Copy)]
enum Reach {
    Tls,
    StartTls,
}
use Reach::{StartTls, Tls};

/// Scans once, and says what was wrong with it.
fn check(
    mode: &str,
    reach: Reach,
    expect: &str,
    certificates: &Certificates,
) -> Result<(), String> {
    let evil = Evil::new(mode, certificates);
    let security = match reach {
        Tls => "tls",
        StartTls => "starttls",
    };
    let authority = certificates.file("ca.pem");
    let home = Home::of(&encrypted(evil.port(), security, &authority));
    let (memory, scan) = (home.path().join("memory"), home.program("scan"));
    let mut command = Command::new("python3");
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/measured.py"))
        .arg(&memory)
        .arg(scan.get_program())
        .args(scan.get_args())
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .env("RUST_LOG", "hallway=trace");
    hasten(&mut command, HASTE);
    let began = now();
    let output = command.output().unwrap();
    let took = began.elapsed();
    let said = String::from_utf8_lossy(&output.stderr);
    let memory: u64 = fs::read_to_string(memory).unwrap().parse().unwrap();
    let seen = evil.seen();
    let knows = home.facts().iter().any(|fact| fact.contains("priya@example.org"));
    let error = said.lines().find_map(|line| line.split_once("localhost:")?.1.split_once(' '));
    let error = error.map_or("", |(_, sentence)| sentence);
    for (good, what) in [
        (matches!(output.status.code(), Some(0 | 69)), format!("ended with {}", output.status)),
        (!said.contains("panicked"), "panicked".to_owned()),
        (memory < MEMORY, format!("held {memory} KiB")),
        (took < LONGEST / HASTE, format!("took {took:?}")),
        (!said.contains(PASSWORD), "let the password out".to_owned()),
        (
            !said.contains('\u{1b}') && !said.contains("evil.example"),
            "passed an alert on".to_owned(),
        ),
        (seen.iter().all(|event| event["leak"] != true), "said too much in the clear".to_owned()),
        (knows || mode != "good", "knows nothing of an honest server".to_owned()),
        (
            error == expect && output.status.success() == expect.is_empty(),
            format!("said {error:?}"),
        ),
    ] {
        if !good {
            return Err(format!("{mode}, {security}: {what}\n{said}\n{seen:?}"));
        }
    }
    Ok(())
}

/// What is said of most of them.
const NO_TLS: &str = "does not begin encryption with STARTTLS, so nothing was sent; set security = \"tls\" \
     if it has a port for that";
const PREAUTH: &str = "takes us for logged in before encryption begins, which may be somebody in the middle; set \
     security = \"tls\" if it has a port for that";
const INJECTED: &str = "spoke before encryption began, as if somebody were between; set security = \"tls\", or try from \
     another network";
const CLEAR: &str =
    "begins without encryption; set port = 993, or security = \"starttls\" if it offers no other";
const SILENT: &str = "did not answer in time";
const CLOSED: &str = "closed the connection";
const SIZE: &str = "does not speak as it should: a literal of impossible size";
const LINE: &str = "does not speak as it should: a line without an end";
const ENDLESS: &str = "does not speak as it should: it says more than anybody asked for";
const REFUSED: &str = "refuses user or password; check both, then run \"hallway check\"";
const BUSY: &str = "is too busy or limits how often it may be asked; asked again later";

/// Every mode of a server, how it is reached, and what a scan says of it: the sentence after the
/// server's name, or nothing where the scan succeeds.
const MODES: &[(&str, Reach, &str)] = &[
    ("good", Tls, ""),
    // a meddler in the middle
    ("strip", StartTls, NO_TLS),
    ("nostarttls-no", StartTls, NO_TLS),
    ("nostarttls-bad", StartTls, NO_TLS),
    ("starttls-plus", StartTls, SILENT),
    ("preauth", StartTls, PREAUTH),
    ("preauth-starttls", StartTls, PREAUTH),
    ("inject", StartTls, INJECTED),
    ("inject-tagged", StartTls, INJECTED),
    ("before-tls", StartTls, ""),
    ("alert", StartTls, ""),
    ("referral", StartTls, REFUSED),
    ("strip", Tls, CLEAR),
    ("preauth", Tls, CLEAR),
    // the server itself
    ("huge-literal", Tls, SIZE),
    ("neg-literal", Tls, SIZE),
    ("endless-line", Tls, LINE),
    ("endless-untagged", Tls, ENDLESS),
    ("drip", Tls, SILENT),
    ("deep", Tls, LINE),
    ("wrong-uid", Tls, ""),
    ("uidvalidity", Tls, ""),
    ("uidnext-back", Tls, ""),
    ("expunge-all", Tls, ""),
    ("slow", Tls, SILENT),
    ("silent", Tls, SILENT),
    ("bye", Tls, CLOSED),
    ("close", Tls, CLOSED),
    ("nul", Tls, ""),
    ("many-headers", Tls, ""),
    ("long-header", Tls, ""),
    ("throttle", Tls, BUSY),
    ("badcompress", Tls, ""),
    ("caps", Tls, LINE),
];

/// Most modes are waited for, not worked on, so they all run at once.
#[test]
fn every_mode_ends_well() {
    let certificates = Certificates::new();
    let failed: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = MODES
            .iter()
            .map(|(mode, reach, expect)| {
                let certificates = &certificates;
                scope.spawn(move || check(mode, *reach, expect, certificates))
            })
            .collect();
        running.into_iter().filter_map(|one| one.join().unwrap().err()).collect()
    });
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}
