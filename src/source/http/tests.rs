//! The client against servers of a few lines each: what it sends, where it goes, when it gives up.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::*;
use crate::secret::Secret;
use crate::source::net::{Login, Means, Trust};

/// Answers every request, by its path and number, until the test ends.
struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = Arc::clone(&requests);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let request = head(&mut stream);
                noted.lock().unwrap().push(request.clone());
                answer(&request, &mut stream);
            }
        });
        Self { port, requests }
    }

    /// The same answer to everybody, on a connection of its own each.
    fn saying(answer: String) -> Self {
        let answer = answer.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        Self::new(move |_, stream| stream.write_all(answer.as_bytes()).unwrap_or_default())
    }

    fn at(&self, path: &str) -> Address {
        Address::parse(&format!("http://127.0.0.1:{}{path}", self.port)).unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A request up to its empty line; bodies are not sent here.
fn head(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

fn redirect(to: &Address) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", to.url())
}

/// Longer than any of these servers takes, unless it means to.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(100);
const LIMITS: Limits =
    Limits { connect: LONG, head: LONG, quiet: LONG, slow: LONG, whole: LONG, size: 1 << 20 };

fn ask(home: &Address, at: &Address) -> Result<Vec<u8>, String> {
    ask_within(LIMITS, home, at)
}

fn ask_within(limits: Limits, home: &Address, at: &Address) -> Result<Vec<u8>, String> {
    ask_by(Means::Password, limits, home, at)
}

fn ask_by(means: Means, limits: Limits, home: &Address, at: &Address) -> Result<Vec<u8>, String> {
    let login = Login { user: "ana".to_owned(), means };
    let credential = Some((login, Secret::new("geheim".to_owned())));
    let fetched = fetch(home, async {
        let client = Client::new(home, credential, &Trust::System, limits)?;
        let mut answer = client.ask(at, &Question::get()).await?;
        let mut body = Vec::new();
        while let Some(piece) = answer.piece().await? {
            body.extend(piece);
        }
        Ok(body)
    });
    fetched.map_err(|error| error.fault.to_string())
}

#[test]
fn a_credential_goes_to_its_own_origin_alone() {
    let other = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_owned());
    let server = Server::saying(redirect(&other.at("/there")));
    assert_eq!(ask(&server.at("/"), &server.at("/")), Ok(b"hi".to_vec()));
    let asked = server.requests().remove(0).to_lowercase();
    assert!(asked.starts_with("get / http/1.1\r\n"), "{asked}");
    assert!(asked.contains("authorization: basic "), "{asked}");
    let there = other.requests().remove(0).to_lowercase();
    assert!(there.starts_with("get /there http/1.1\r\n"), "{there}");
    for word in ["authorization", "cookie", "referer", "yw5h"] {
        assert!(!there.contains(word), "{word}: {there}");
    }
}

#[test]
fn a_token_is_shown_as_one() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_owned());
    let asked = ask_by(Means::Token, LIMITS, &server.at("/"), &server.at("/"));
    assert_eq!(asked, Ok(b"hi".to_vec()));
    let asked = server.requests().remove(0);
    assert!(asked.contains("uthorization: Bearer geheim\r\n"), "{asked}");
}

#[test]
fn another_server_that_asks_who_we_are_is_named() {
    let other = Server::saying("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n".to_owned());
    let server = Server::saying(redirect(&other.at("/there")));
    let told = ask(&server.at("/"), &server.at("/")).unwrap_err();
    assert!(told.contains(&format!("are at http://127.0.0.1:{}", other.port)), "{told}");
}

#[test]
fn some_ways_are_not_gone() {
    let check = |location: &str, expect: &str| {
        let answer =
            format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let server = Server::saying(answer);
        assert_eq!(ask(&server.at("/"), &server.at("/")), Err(expect.to_owned()), "{location}");
        server.requests().len()
    };
    let elsewhere = "sends us to an address that is not for calendars; check `url`";
    assert_eq!(check("file:///etc/passwd", elsewhere), 1);
    assert_eq!(check("http://agency.test/", elsewhere), 1);
    assert_eq!(check("http://169.254.169.254/latest", elsewhere), 1);
    assert_eq!(check("https://[fe80::1]/", elsewhere), 1);
    assert_eq!(check("/again", "sends us in circles; check `url`"), 6);
    let server = Server::saying("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n".to_owned());
    let told = ask(&server.at("/"), &server.at("/"));
    assert_eq!(told, Err("sends us without saying where; check `url`".to_owned()));
}

#[test]
fn every_refusal_has_its_sentence() {
    let check = |head: &str, expect: &str| {
        let server = Server::saying(format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n"));
        assert_eq!(ask(&server.at("/"), &server.at("/")), Err(expect.to_owned()), "{head}");
        assert_eq!(server.requests().len(), 1, "{head}");
    };
    check("401 No", "does not accept the user name and password");
    check(
        "401 No\r\nWWW-Authenticate: Digest realm=\"x\"",
        "wants another way to log in than a password or a token in the clear",
    );
    check("403 No", "does not let this user see what is at this address; check `url` and `user`");
    check("404 No", "has nothing at this address; check `url`");
    let busy = "is too busy or limits how often it may be asked; asked again later";
    check("429 Wait\r\nRetry-After: 999999999", busy);
    check("503 Wait", busy);
    check("500 Oops", "answers with status 500; asked again later");
}

/// Sends a head that promises much, and then each piece after such a pause, as long as it is taken.
fn promising(pause: Duration, piece: &'static [u8]) -> impl Fn(&mut TcpStream) + Send + 'static {
    move |stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n"));
        while stream.write_all(piece).is_ok() {
            thread::sleep(pause);
        }
    }
}

#[test]
fn nobody_takes_longer_than_the_limits() {
    let check = |limits, answer: &dyn Fn() -> Box<dyn Fn(&mut TcpStream) + Send>, expect: &str| {
        let answer = answer();
        let server = Server::new(move |_, stream| answer(stream));
        let told = ask_within(limits, &server.at("/"), &server.at("/"));
        assert_eq!(told, Err(expect.to_owned()));
    };
    let step = Duration::from_millis(10);
    check(
        Limits { head: SHORT, ..LIMITS },
        &|| Box::new(|_| thread::sleep(LONG)),
        "does not answer",
    );
    check(
        Limits { quiet: SHORT, ..LIMITS },
        &|| Box::new(promising(LONG, b"a")),
        "stopped in the middle of its answer",
    );
    check(
        Limits { slow: SHORT, ..LIMITS },
        &|| Box::new(promising(step, b"a")),
        "takes too long to answer",
    );
    check(
        Limits { whole: SHORT, size: u64::MAX, ..LIMITS },
        &|| Box::new(promising(step, &[b'a'; 4096])),
        "takes too long to answer",
    );
    check(
        LIMITS,
        &|| Box::new(promising(Duration::ZERO, &[b'a'; 16 << 10])),
        "answers with more than a calendar holds",
    );
}

#[test]
fn what_breaks_or_cannot_be_unpacked_is_no_answer() {
    for head in ["Content-Length: 9", "Content-Encoding: gzip\r\nContent-Length: 4"] {
        let server = Server::saying(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\nnope"));
        let told = ask(&server.at("/"), &server.at("/"));
        assert_eq!(told, Err("sends an answer that cannot be unpacked, or breaks off".to_owned()));
    }
}
