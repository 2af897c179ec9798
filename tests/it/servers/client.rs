//! Another mail program of the same user: it delivers, moves, marks and removes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::SystemTime;

use super::process::PATIENCE;

/// A session without TLS.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    commands: u32,
}

/// A string as IMAP quotes it.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

impl Client {
    /// Opens a session.
    #[track_caller]
    pub(crate) fn login(port: u16, user: &str, password: &str) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Self { stream: BufReader::new(stream), commands: 0 };
        client.response();
        client.run(&format!("LOGIN {} {}", quoted(user), quoted(password)));
        client
    }

    /// A response with its literals.
    fn response(&mut self) -> String {
        String::from_utf8_lossy(&self.raw_response()).into_owned()
    }

    fn raw_response(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        loop {
            assert!(self.stream.read_until(b'\n', &mut text).unwrap() > 0, "the server hung up");
            let line = text.trim_ascii_end();
            let literal = line.strip_suffix(b"}").and_then(|line| {
                let from = line.iter().rposition(|byte| *byte == b'{')? + 1;
                str::from_utf8(&line[from..]).ok()?.parse::<u64>().ok()
            });
            let Some(length) = literal else { return line.to_vec() };
            (&mut self.stream).take(length).read_to_end(&mut text).unwrap();
        }
    }

    fn say(&mut self, command: &str) -> String {
        self.commands += 1;
        let tag = format!("t{}", self.commands);
        write!(self.stream.get_mut(), "{tag} {command}\r\n").unwrap();
        tag
    }

    /// The untagged responses up to the end of a command, which has to be OK.
    #[track_caller]
    fn finish(&mut self, tag: &str, command: &str) -> Vec<String> {
        let mut answers = Vec::new();
        loop {
            let response = self.response();
            let Some(end) = response.strip_prefix(tag) else {
                answers.push(response);
                continue;
            };
            assert!(end.starts_with(" OK"), "{command}: {response}");
            return answers;
        }
    }

    /// Runs a command; gives the untagged responses.
    #[track_caller]
    pub(crate) fn run(&mut self, command: &str) -> Vec<String> {
        let tag = self.say(command);
        self.finish(&tag, command)
    }

    /// Puts a message, whose lines end with LF, into a mailbox.
    #[track_caller]
    pub(crate) fn append(&mut self, mailbox: &str, date: &str, message: &[u8]) {
        let message = message.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
        let command =
            format!("APPEND {} (\\Seen) \"{date}\" {{{}}}", quoted(mailbox), message.len());
        let tag = self.say(&command);
        let go = self.response();
        assert!(go.starts_with('+'), "{command}: {go}");
        let stream = self.stream.get_mut();
        stream.write_all(&message).and_then(|()| stream.write_all(b"\r\n")).unwrap();
        self.finish(&tag, &command);
    }

    /// The UIDs in a mailbox, which stays open for changes.
    #[track_caller]
    pub(crate) fn open(&mut self, mailbox: &str) -> Vec<u32> {
        self.run(&format!("SELECT {}", quoted(mailbox)));
        let answers = self.run("UID SEARCH ALL");
        let found = answers.iter().find_map(|line| line.strip_prefix("* SEARCH"));
        found.unwrap_or("").split_whitespace().map(|uid| uid.parse().unwrap()).collect()
    }

    /// Removes a message from the open mailbox for good.
    #[track_caller]
    pub(crate) fn expunge(&mut self, uid: u32) {
        self.run(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"));
        self.run("EXPUNGE");
    }

    /// Moves a message of the open mailbox. By copy and removal: not every server has MOVE.
    #[track_caller]
    pub(crate) fn hand_over(&mut self, uid: u32, mailbox: &str) {
        self.run(&format!("UID COPY {uid} {}", quoted(mailbox)));
        self.expunge(uid);
    }

    /// The number that says whether UIDs still mean what they meant.
    #[track_caller]
    pub(crate) fn uid_validity(&mut self, mailbox: &str) -> u32 {
        let answers = self.run(&format!("STATUS {} (UIDVALIDITY)", quoted(mailbox)));
        let number = answers.iter().find_map(|line| line.split_once("UIDVALIDITY "));
        let number = number.unwrap().1.trim_end_matches(|c: char| !c.is_ascii_digit());
        number.parse().unwrap()
    }

    /// Every selectable mailbox, as the server calls it.
    #[track_caller]
    pub(crate) fn mailboxes(&mut self) -> Vec<String> {
        let answers = self.run("LIST \"\" *");
        let selectable = answers.iter().filter(|line| !line.contains("\\Noselect"));
        // * LIST (\HasNoChildren) "/" name
        let name =
            |line: &String| line.split_once(") ").unwrap().1[4..].trim_matches('"').to_owned();
        selectable.map(name).collect()
    }

    /// Every message of a mailbox: when it came, and its bytes.
    #[track_caller]
    pub(crate) fn read(&mut self, mailbox: &str) -> Vec<(SystemTime, Vec<u8>)> {
        const COMMAND: &str = "UID FETCH 1:* (INTERNALDATE BODY.PEEK[])";
        self.run(&format!("EXAMINE {}", quoted(mailbox)));
        let tag = self.say(COMMAND);
        let mut messages = Vec::new();
        loop {
            let response = self.raw_response();
            if response.starts_with(tag.as_bytes()) {
                return messages;
            }
            let text = String::from_utf8_lossy(&response).into_owned();
            let Some((_, date)) = text.split_once("INTERNALDATE \"") else { continue };
            let date = jiff::Zoned::strptime("%e-%b-%Y %T %z", &date[..26]).unwrap();
            let begin = response.iter().position(|byte| *byte == b'\n').unwrap() + 1;
            let message = response[begin..response.len() - 1].to_vec();
            messages.push((date.timestamp().into(), message));
        }
    }
}
