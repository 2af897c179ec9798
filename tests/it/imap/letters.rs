//! The mail that servers are given: `tests/data/imap/letters.txt`, plain and odd. Every subject,
//! body and attachment in it sings [`CANARY`].

use crate::servers::Letter;

/// What nobody may ever hear.
pub(super) const CANARY: &str = "canarybird";

/// All of them.
pub(super) fn letters() -> Vec<Letter> {
    let data: &[u8] = include_bytes!("../../data/imap/letters.txt");
    let mut letters: Vec<Letter> = Vec::new();
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        if let Some(head) = line.strip_prefix(b"== ") {
            let head = str::from_utf8(head.trim_ascii_end()).unwrap();
            let (mailbox, date) = head.split_once(' ').unwrap();
            let (mailbox, date) = (mailbox.to_owned(), date.to_owned());
            letters.push(Letter { mailbox, date, text: Vec::new() });
        } else {
            letters.last_mut().unwrap().text.extend(line);
        }
    }
    letters
}

/// Plain letters to me, as many as wanted, told apart by their numbers.
pub(super) fn plain(numbers: std::ops::Range<usize>) -> impl Iterator<Item = Letter> {
    numbers.map(|number| {
        let when = i64::try_from(1_700_000_000 + number * 5_003).unwrap();
        let when = jiff::Timestamp::from_second(when).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        let text = format!(
            "From: P {0} <p{0}@client{1}.test>\nTo: ana@agency.test\nDate: {2}\n\
             Message-ID: <n{number}@client{1}.test>\nSubject: {CANARY}\n\n{CANARY}\n",
            number % 37,
            number % 9,
            jiff::fmt::rfc2822::to_string(&when).unwrap(),
        );
        let date = when.strftime("%d-%b-%Y %T +0000").to_string();
        Letter { mailbox: "INBOX".to_owned(), date, text: text.into() }
    })
}
