//! A server that lies (`tests/servers/evil-dav.py`): whatever it does, it gets no credential at
//! another origin, costs little time, and is told of in one sentence.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hallway::source::net::Trust;
use hallway::source::{Spec, http::Address};

use super::{Store, TODAY, caldav, login};
use crate::servers::process::{free_port, now};

pub(super) struct Evil {
    process: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    port: u16,
}

impl Evil {
    pub(super) fn new(mode: &str) -> Self {
        let (port, other) = (free_port(), free_port());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/evil-dav.py");
        let mut command = Command::new("python3");
        command.args([script, &port.to_string(), mode, "--other", &other.to_string()]);
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = lines.next().unwrap().unwrap();
        assert!(ready.contains("ready"), "{ready}");
        Self { process, lines, port }
    }

    pub(super) fn url(&self) -> String {
        format!("http://localhost:{}/dav/", self.port)
    }

    /// What was asked of it; ends it.
    fn requests(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.lines.by_ref().map_while(Result::ok).collect()
    }
}

impl Drop for Evil {
    fn drop(&mut self) {
        // Ended already is as good.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn feed(url: &str) -> Spec {
    Spec::Feed { url: Address::parse(url).unwrap(), login: Some(login()), trust: Trust::System }
}

fn check(mode: &str, spec: impl Fn(&str) -> Spec, expect: &str) {
    let evil = Evil::new(mode);
    let mut store = Store::default();
    let began = now();
    let complaint = store.complaint(&spec(&evil.url()));
    assert!(began.elapsed() < Duration::from_secs(20), "{mode}: {:?}", began.elapsed());
    assert!(complaint.contains(expect), "{mode}: {complaint}");
    assert!(!complaint.contains("root:"), "{mode}: {complaint}");
    assert!(store.resources.is_empty(), "{mode}");
    let requests = evil.requests();
    assert!(!requests.is_empty() && requests.len() < 20, "{mode}: {requests:#?}");
    for request in requests {
        assert!(!request.contains("\"leak\": true"), "{mode}: {request}");
    }
}

#[test]
fn every_lie_of_a_calendar_server_is_seen_through() {
    let no_server = "answers, but not as a calendar server does";
    let nothing = "is no calendar server, or keeps no calendars";
    let bomb = "with a document type";
    let wide = "deeper or wider than any calendar needs";
    for (mode, expect) in [
        ("redirect-port", no_server),
        ("redirect-file", "sends us to an address that is not for calendars"),
        ("redirect-loop", "sends us in circles"),
        ("href-offsite", nothing),
        ("principal-offsite", "says that the calendars are at http://127.0.0.1:"),
        ("xxe", bomb),
        ("laughs", bomb),
        ("quad", bomb),
        ("deepxml", wide),
        ("manyattr", wide),
        ("gzip", no_server),
        ("gzip2", no_server),
        ("endless", no_server),
        ("huge", no_server),
        ("short", "breaks off"),
        ("loop401", "does not accept the user name and password"),
        ("throttle", "limits how often it may be asked"),
        ("html", no_server),
        ("empty", no_server),
        ("ics-bomb", no_server),
        // A calendar is found, and its events are lies.
        ("report-redirect-port", no_server),
        ("report-xxe", bomb),
        ("report-laughs", bomb),
        ("report-deepxml", wide),
        ("report-gzip", no_server),
        ("report-endless", no_server),
        ("report-short", "breaks off"),
        ("report-loop401", "does not accept the user name and password"),
        ("report-throttle", "limits how often it may be asked"),
        ("report-html", no_server),
    ] {
        check(mode, caldav, expect);
    }
}

#[test]
fn events_on_another_server_are_left_there() {
    let evil = Evil::new("report-elsewhere");
    let mut store = Store::default();
    store.scan(&caldav(&evil.url()), TODAY);
    assert_eq!(store.resources.len(), 0);
    let elsewhere = "an event that the server says is on another server";
    assert!(store.skipped.iter().filter(|(_, why)| *why == elsewhere).count() >= 2);
    assert!(evil.requests().iter().all(|request| !request.contains("\"leak\": true")));
}

#[test]
fn a_calendar_without_end_comes_to_one() {
    let evil = Evil::new("report-many");
    let mut store = Store::default();
    let complaint = store.complaint(&caldav(&evil.url()));
    assert!(complaint.contains("more events than any calendar"), "{complaint}");
}

#[test]
fn bombs_in_an_event_are_named_and_the_rest_is_read() {
    let evil = Evil::new("report-bomb");
    let mut store = Store::default();
    let began = now();
    store.scan(&caldav(&evil.url()), TODAY);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(store.resources.len(), 1);
    assert!(store.resources["/dav/bomb.ics"].iter().any(|one| one.uid == "attendees"));
    let evil = Evil::new("report-large");
    let mut store = Store::default();
    store.scan(&caldav(&evil.url()), TODAY);
    assert_eq!(store.skipped.len(), 1, "{:?}", store.skipped);
    assert!(store.resources.is_empty());
}

#[test]
fn every_lie_of_a_feed_is_seen_through() {
    let none = "sends something that is no calendar";
    for (mode, expect) in [
        ("redirect-port", none),
        ("redirect-file", "sends us to an address that is not for calendars"),
        ("redirect-loop", "sends us in circles"),
        ("xxe", none),
        ("gzip", none),
        ("gzip2", none),
        ("endless", none),
        ("huge", none),
        ("short", none),
        ("loop401", "does not accept the user name and password"),
        ("throttle", "limits how often it may be asked"),
        ("html", none),
        ("empty", none),
    ] {
        check(mode, feed, expect);
    }
}

#[test]
fn bombs_in_a_feed_are_named_and_the_rest_is_read() {
    let evil = Evil::new("ics-bomb");
    let mut store = Store::default();
    let began = now();
    store.scan(&feed(&evil.url()), TODAY);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(store.resources.contains_key("attendees"));
    assert!(store.skipped.iter().any(|(place, _)| place == "secondly"), "{:?}", store.skipped);
    let evil = Evil::new("ics-lines");
    store.scan(&feed(&evil.url()), TODAY);
    assert_eq!(store.resources.len(), 0);
}
