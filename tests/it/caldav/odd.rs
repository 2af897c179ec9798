//! Servers that do what the standards allow and few real ones do: answers cut off, no tokens, names
//! written in two ways, events listed and not given.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use super::{Store, TODAY, caldav, event};

/// An href, and its new ETag or that it is gone.
type Change = (String, Option<u32>);

/// One calendar on a server of a few lines.
#[derive(Clone, Default)]
struct Calendar {
    /// Its events: href and ETag; the uid is the last part of the href.
    events: BTreeMap<String, u32>,
    /// DAV:sync-token and the CTag, where there are any.
    token: Option<u32>,
    ctag: Option<u32>,
    /// The answers to sync-collection, by token: what changed, whether it is cut off, the next token.
    changes: BTreeMap<u32, (Vec<Change>, bool, u32)>,
    /// Hrefs that are listed and not given.
    withheld: Vec<String>,
    /// calendar-query with data is refused.
    no_query: bool,
}

struct Server {
    port: u16,
    calendar: Arc<Mutex<Calendar>>,
    asked: Arc<Mutex<Vec<&'static str>>>,
}

impl Server {
    fn new(calendar: Calendar) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (calendar, asked) = (Arc::new(Mutex::new(calendar)), Arc::default());
        let server = Self { port, calendar: Arc::clone(&calendar), asked: Arc::clone(&asked) };
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut line, mut length) = (String::new(), 0);
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    let lower = line.to_lowercase();
                    if let Some(value) = lower.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let (kind, answer) =
                    calendar.lock().unwrap().answer(&String::from_utf8(body).unwrap());
                asked.lock().unwrap().push(kind);
                let (status, answer) = match answer {
                    Some(answer) => ("207 Multi-Status", answer),
                    None => ("403 Forbidden", String::new()),
                };
                // Gone already is as good.
                drop(write!(
                    stream,
                    "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{answer}",
                    answer.len()
                ));
            }
        });
        server
    }

    /// Looks, and says what was asked.
    #[track_caller]
    fn look(&self, store: &mut Store) -> Vec<&'static str> {
        store.scan(&caldav(&format!("http://127.0.0.1:{}/c/", self.port)), TODAY);
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn set(&self, change: impl FnOnce(&mut Calendar)) {
        change(&mut self.calendar.lock().unwrap());
    }
}

impl Calendar {
    fn with(events: &[&str]) -> Self {
        let events = events.iter().map(|href| ((*href).to_owned(), 1)).collect();
        Self { events, ..Self::default() }
    }

    /// What is asked, in a word, and the answer.
    fn answer(&self, question: &str) -> (&'static str, Option<String>) {
        let mut body = String::new();
        let data = question.contains("calendar-data");
        let kind = if question.contains("sync-collection") {
            let token = question.split("sync-token>").nth(1).unwrap().split('<').next().unwrap();
            let Some((changes, cut, next)) = self.changes.get(&token.parse().unwrap()) else {
                return ("changes", None);
            };
            for (href, tag) in changes {
                match tag {
                    Some(tag) => body += &response(href, &format!("<D:getetag>{tag}</D:getetag>")),
                    None => body += &status(href, "404 Not Found"),
                }
            }
            if *cut {
                body += &status("/c/", "507 Insufficient Storage");
            }
            write!(body, "<D:sync-token>{next}</D:sync-token>").unwrap();
            "changes"
        } else if question.contains("multiget") {
            for href in question.split("<D:href>").skip(1).map(|rest| rest.split('<').next()) {
                match self.events.get_key_value(href.unwrap()) {
                    Some((href, _)) if self.withheld.contains(href) => {}
                    Some((href, tag)) => body += &given(href, *tag),
                    None => body += &status(href.unwrap(), "404 Not Found"),
                }
            }
            "those"
        } else if question.contains("calendar-query") {
            if self.no_query && data {
                return ("all", None);
            }
            for (href, tag) in &self.events {
                body += &match data && !self.withheld.contains(href) {
                    true => given(href, *tag),
                    false => response(href, &format!("<D:getetag>{tag}</D:getetag>")),
                };
            }
            if data { "all" } else { "list" }
        } else {
            let mut props = "<D:resourcetype><C:calendar/></D:resourcetype>".to_owned();
            if let Some(token) = self.token {
                write!(props, "<D:sync-token>{token}</D:sync-token>").unwrap();
            }
            if let Some(ctag) = self.ctag.filter(|_| question.contains("getctag")) {
                write!(props, "<S:getctag>{ctag}</S:getctag>").unwrap();
            }
            body += &response("/c/", &props);
            "place"
        };
        let names = "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" \
                     xmlns:S=\"http://calendarserver.org/ns/\"";
        (kind, Some(format!("<D:multistatus {names}>{body}</D:multistatus>")))
    }
}

fn response(href: &str, props: &str) -> String {
    format!(
        "<D:response><D:href>{href}</D:href><D:propstat><D:prop>{props}</D:prop>\
         <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
}

fn status(href: &str, status: &str) -> String {
    let status = format!("<D:status>HTTP/1.1 {status}</D:status>");
    format!("<D:response><D:href>{href}</D:href>{status}</D:response>")
}

fn given(href: &str, tag: u32) -> String {
    let uid = href.rsplit('/').next().unwrap();
    let ics = event(uid, &format!("202403{tag:02}T090000Z"), "");
    let data = format!("<D:getetag>{tag}</D:getetag><C:calendar-data>{ics}</C:calendar-data>");
    response(href, &data)
}

fn starts(store: &Store) -> Vec<String> {
    let day = |lines: &String| lines.split_once("start: 2024-03-").unwrap().1[..2].to_owned();
    store.occurrences().iter().map(day).collect()
}

#[test]
fn changes_that_come_in_pieces_are_put_together() {
    let server =
        Server::new(Calendar { token: Some(1), ..Calendar::with(&["/c/a", "/c/b", "/c/d"]) });
    let mut store = Store::default();
    assert_eq!(server.look(&mut store), ["place", "place", "all"]);
    assert_eq!(server.look(&mut store), ["place"]);
    server.set(|calendar| {
        calendar.token = Some(9);
        calendar.events = [("/c/a".into(), 2), ("/c/d".into(), 1), ("/c/e".into(), 3)].into();
        let gone_and_back = vec![("/c/d".to_owned(), None), ("/c/b".to_owned(), None)];
        calendar.changes.insert(1, (vec![("/c/a".to_owned(), Some(2))], true, 2));
        calendar.changes.insert(2, (gone_and_back, true, 3));
        let last = vec![("/c/e".to_owned(), Some(3)), ("/c/d".to_owned(), Some(1))];
        calendar.changes.insert(3, (last, false, 9));
    });
    assert_eq!(server.look(&mut store), ["place", "changes", "changes", "changes", "those"]);
    assert_eq!(starts(&store), ["02", "01", "03"]);
    assert_eq!(server.look(&mut store), ["place"]);
}

#[test]
fn a_server_that_says_more_and_brings_nothing_is_asked_for_the_list() {
    let server = Server::new(Calendar { token: Some(1), ..Calendar::with(&["/c/a"]) });
    let mut store = Store::default();
    server.look(&mut store);
    server.set(|calendar| {
        calendar.token = Some(2);
        calendar.events.insert("/c/b".to_owned(), 4);
        calendar.changes.insert(1, (Vec::new(), true, 1));
    });
    assert_eq!(server.look(&mut store), ["place", "changes", "list", "those"]);
    assert_eq!(starts(&store), ["01", "04"]);
}

#[test]
fn without_tokens_the_ctag_and_the_etags_tell() {
    let server = Server::new(Calendar { ctag: Some(1), ..Calendar::with(&["/c/a", "/c/b"]) });
    let mut store = Store::default();
    // Tags are asked for once it is known that there are no tokens.
    assert_eq!(server.look(&mut store), ["place", "place", "place", "all"]);
    assert_eq!(server.look(&mut store), ["place"]);
    server.set(|calendar| {
        calendar.ctag = Some(2);
        calendar.events.insert("/c/a".to_owned(), 5);
        calendar.events.remove("/c/b");
    });
    assert_eq!(server.look(&mut store), ["place", "list", "those"]);
    assert_eq!(starts(&store), ["05"]);
    // With nothing at all there is a list each time, and no more.
    server.set(|calendar| calendar.ctag = None);
    assert_eq!(server.look(&mut store), ["place", "list"]);
    assert_eq!(server.look(&mut store), ["place", "list"]);
}

#[test]
fn a_query_that_is_refused_leads_to_the_list() {
    let server =
        Server::new(Calendar { no_query: true, token: Some(1), ..Calendar::with(&["/c/a"]) });
    let mut store = Store::default();
    assert_eq!(server.look(&mut store), ["place", "place", "all", "list", "those"]);
    assert_eq!(starts(&store), ["01"]);
}

#[test]
fn an_event_that_is_not_given_is_named_once_a_week() {
    let withheld = vec!["/c/b".to_owned()];
    let calendar =
        Calendar { withheld, token: Some(1), ..Calendar::with(&["/c/a", "/c/b", "/c/d"]) };
    let server = Server::new(calendar);
    let mut store = Store::default();
    // Asked for by name, and once more as a whole.
    assert_eq!(server.look(&mut store), ["place", "place", "all", "those", "those"]);
    assert_eq!(store.skipped.len(), 1);
    assert_eq!(starts(&store), ["01", "01"]);
    assert_eq!(server.look(&mut store), ["place"]);
    assert_eq!(store.skipped.len(), 0);
}

#[test]
fn one_event_written_in_two_ways_is_one() {
    let server = Server::new(Calendar { token: Some(1), ..Calendar::with(&["/c/a%20b"]) });
    let mut store = Store::default();
    server.look(&mut store);
    server.set(|calendar| {
        calendar.token = Some(2);
        calendar.events.insert("/c/a%20b".to_owned(), 7);
        let there = format!("http://127.0.0.1:{}/c/%61%20b", server.port);
        calendar.changes.insert(1, (vec![(there, Some(7))], false, 2));
    });
    assert_eq!(server.look(&mut store), ["place", "changes", "those"]);
    assert_eq!(starts(&store), ["07"]);
    assert_eq!(store.resources.len(), 1);
}
