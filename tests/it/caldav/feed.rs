//! A subscribed calendar over HTTP and the same file on the disk.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use hallway::source::net::Trust;
use hallway::source::{Spec, http::Address};

use super::{Store, TODAY, TOMORROW, event};

/// A web server with one file, that knows whether it was changed.
struct Web {
    port: u16,
    file: Arc<Mutex<(u32, String)>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    fn new(ics: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let file = Arc::new(Mutex::new((1, ics.to_owned())));
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let web = Self { port, file: Arc::clone(&file), asked: Arc::clone(&asked) };
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> =
                    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                let (version, body) = file.lock().unwrap().clone();
                let tag = format!("\"v{version}\"");
                let same = head.iter().any(|line| {
                    line.to_lowercase().starts_with("if-none-match:") && line.contains(&tag)
                });
                let (status, body) =
                    if same { ("304 Not Modified", "") } else { ("200 OK", body.as_str()) };
                asked.lock().unwrap().push(format!("{} {status}", head[0]));
                // Gone already is as good.
                drop(write!(
                    stream,
                    "HTTP/1.1 {status}\r\nETag: {tag}\r\nConnection: close\r\n\
                     Content-Length: {}\r\n\r\n{body}",
                    body.len()
                ));
            }
        });
        web
    }

    fn set(&self, ics: &str) {
        let mut file = self.file.lock().unwrap();
        *file = (file.0 + 1, ics.to_owned());
    }

    fn spec(&self) -> Spec {
        let url = format!("http://127.0.0.1:{}/private-1234/basic.ics", self.port);
        Spec::Feed { url: Address::parse(&url).unwrap(), login: None, trust: Trust::System }
    }

    fn statuses(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.iter().map(|line| line.split("HTTP/1.1 ").nth(1).unwrap()[..3].to_owned()).collect()
    }
}

fn calendar(events: &[String]) -> String {
    let inside = |one: &String| {
        let (_, rest) = one.split_once("BEGIN:VEVENT").unwrap();
        format!("BEGIN:VEVENT{}", rest.strip_suffix("END:VCALENDAR\r\n").unwrap())
    };
    let events: String = events.iter().map(inside).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{events}END:VCALENDAR\r\n")
}

#[test]
fn a_feed_says_what_the_file_says_and_is_fetched_when_changed() {
    let a = event("a", "20240301T090000Z", "");
    let b = event("b", "20240302T090000Z", "STATUS:TENTATIVE\r\n");
    let series = event("s", "20230105T090000Z", "RRULE:FREQ=WEEKLY\r\n");
    let web = Web::new("");
    let (mut store, mut files) = (Store::default(), Store::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feed.ics");
    let mut check = |events: &[&String], now: &str, statuses: &[&str], batches: usize| {
        let events: Vec<String> = events.iter().map(|one| (*one).clone()).collect();
        let ics = calendar(&events);
        if web.file.lock().unwrap().1 != ics {
            web.set(&ics);
            std::fs::write(&path, &ics).unwrap();
        }
        store.scan(&web.spec(), now);
        files.scan(&Spec::Ics { path: path.clone() }, now);
        assert_eq!(store.resources, files.resources);
        assert_eq!(store.skipped, files.skipped);
        assert_eq!(
            (web.statuses(), store.batches),
            (statuses.iter().map(|s| (*s).to_owned()).collect(), batches)
        );
    };
    check(&[&a, &b, &series], TODAY, &["200"], 1);
    check(&[&a, &b, &series], TODAY, &["304"], 0);
    // In another week the series goes on, so all of it is needed.
    check(&[&a, &b, &series], TOMORROW, &["200"], 1);
    check(&[&a, &b, &series], TOMORROW, &["304"], 0);
    check(&[&a, &b], TOMORROW, &["200"], 1);
    check(&[&b], TOMORROW, &["200"], 1);
    check(&[&b], TODAY, &["304"], 0);
    assert_eq!(store.resources.len(), 1);
}

#[test]
fn a_page_is_no_calendar_and_takes_nothing_away() {
    let web = Web::new(&calendar(&[event("a", "20240301T090000Z", "")]));
    let mut store = Store::default();
    store.scan(&web.spec(), TODAY);
    web.set("<html><body>Please log in to this network</body></html>");
    let complaint = store.complaint(&web.spec());
    assert!(complaint.ends_with("sends something that is no calendar; check `url`"), "{complaint}");
    assert!(!complaint.contains("private"), "the address is the secret: {complaint}");
    assert_eq!(store.resources.len(), 1);
    web.set(&calendar(&[]));
    store.scan(&web.spec(), TODAY);
    assert_eq!(store.resources.len(), 0);
}
