//! A relay between the program and a server: it writes down what the program says, and fails in
//! the ways that networks fail.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What happens to the bytes that a server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The connection ends so many bytes into the literal of that number, counted from one.
    CutInLiteral {
        /// Which literal of the connection.
        number: usize,
        /// How many of its bytes still come through.
        after: usize,
    },
    /// Nothing comes through any more, in either direction, and nobody says so.
    Silence,
    /// The same, for so many connections from the first on; later ones are well.
    SilenceBefore(usize),
    /// So many bytes a second.
    Rate(usize),
}

#[derive(Default)]
struct Heard {
    said: Vec<Vec<u8>>,
    connections: usize,
    cuts: usize,
}

/// A relay; ends with the test.
pub(crate) struct Relay {
    port: u16,
    fault: Arc<Mutex<Fault>>,
    heard: Arc<Mutex<Heard>>,
}

impl Relay {
    /// A relay to that port, without a fault.
    pub(crate) fn to(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (fault, heard) = (Arc::new(Mutex::new(Fault::None)), Arc::default());
        let relay = Self { port, fault: Arc::clone(&fault), heard: Arc::clone(&heard) };
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { continue };
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)) else {
                    continue;
                };
                let number = {
                    let mut heard: std::sync::MutexGuard<'_, Heard> = heard.lock().unwrap();
                    heard.connections += 1;
                    heard.said.push(Vec::new());
                    heard.said.len() - 1
                };
                for stream in [&client, &server] {
                    stream.set_nodelay(true).unwrap();
                }
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (fault, heard) = (Arc::clone(&fault), Arc::clone(&heard));
                let (up, down) = (Arc::clone(&fault), Arc::clone(&heard));
                thread::spawn(move || upward(from, to, number, &up, &down));
                thread::spawn(move || downward(server, client, number, &fault, &heard));
            }
        });
        relay
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on; a cut is counted per connection, so it strikes those that are yet to come.
    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// What the program said on each connection so far.
    pub(crate) fn said(&self) -> Vec<Vec<u8>> {
        self.heard.lock().unwrap().said.clone()
    }

    /// How often the program connected so far.
    pub(crate) fn connections(&self) -> usize {
        self.heard.lock().unwrap().connections
    }

    /// How often it was cut so far.
    pub(crate) fn cuts(&self) -> usize {
        self.heard.lock().unwrap().cuts
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.set(Fault::None);
    }
}

/// Waits as long as a connection is silent.
fn while_silent(number: usize, fault: &Mutex<Fault>) -> Fault {
    loop {
        let now = *fault.lock().unwrap();
        match now {
            Fault::Silence => {}
            Fault::SilenceBefore(first) if number < first => {}
            other => return other,
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn upward(
    mut from: TcpStream,
    mut to: TcpStream,
    number: usize,
    fault: &Mutex<Fault>,
    heard: &Mutex<Heard>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        while_silent(number, fault);
        heard.lock().unwrap().said[number].extend(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Write));
}

fn downward(
    mut from: TcpStream,
    mut to: TcpStream,
    number: usize,
    fault: &Mutex<Fault>,
    heard: &Mutex<Heard>,
) {
    let mut buffer = vec![0; 16 * 1024];
    let mut literals = Literals::default();
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let mut passed = &buffer[..length];
        let cut = match while_silent(number, fault) {
            Fault::CutInLiteral { number, after } => literals.find(passed, number, after),
            _ => None,
        };
        passed = &passed[..cut.unwrap_or(length)];
        let step = match *fault.lock().unwrap() {
            Fault::Rate(bytes) => (bytes / 50).max(1),
            _ => passed.len().max(1),
        };
        for piece in passed.chunks(step) {
            if to.write_all(piece).is_err() {
                drop(from.shutdown(Shutdown::Both));
                return;
            }
            if step < length {
                thread::sleep(Duration::from_millis(20));
            }
        }
        if cut.is_some() {
            heard.lock().unwrap().cuts += 1;
            break;
        }
    }
    drop(to.shutdown(Shutdown::Both));
    drop(from.shutdown(Shutdown::Both));
}

/// Where the literals of a connection are.
#[derive(Default)]
struct Literals {
    line: Vec<u8>,
    seen: usize,
    left: usize,
    into: usize,
}

impl Literals {
    /// The place in `bytes` that is `after` bytes into literal `number`.
    fn find(&mut self, bytes: &[u8], number: usize, after: usize) -> Option<usize> {
        for (place, byte) in bytes.iter().enumerate() {
            if self.left > 0 {
                if self.seen == number && self.into == after {
                    return Some(place);
                }
                self.left -= 1;
                self.into += 1;
                continue;
            }
            self.line.push(*byte);
            if *byte == b'\n' {
                let line = self.line.trim_ascii_end();
                let length = line.strip_suffix(b"}").and_then(|line| {
                    let from = line.iter().rposition(|byte| *byte == b'{')? + 1;
                    str::from_utf8(&line[from..]).ok()?.parse().ok()
                });
                self.left = length.unwrap_or(0);
                self.seen += usize::from(self.left > 0);
                self.into = 0;
                self.line.clear();
            }
        }
        None
    }
}
