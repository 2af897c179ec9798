//! Responses that async-imap cannot read, read leniently.
//!
//! Some are ordinary and merely unknown to it (NAMESPACE, ESEARCH), some are long lists that it
//! would take too long over, some are broken. Of a broken message row the UID is dug out, so that
//! the message can be asked for once more by itself.

use super::said::{Done, Said, Status, code_in};
use super::uids::Uids;

/// Reads a whole response.
pub(super) fn read(response: &[u8]) -> Said {
    if response.starts_with(b"+") {
        return Said::GoOn(String::new());
    }
    let text = String::from_utf8_lossy(response);
    let text = text.trim_end();
    let Some(rest) = text.strip_prefix("* ") else {
        return tagged(text).unwrap_or(Said::Nothing);
    };
    let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    match word.to_ascii_uppercase().as_str() {
        "SEARCH" => Said::Found(numbers(rest.split_whitespace())),
        "ESEARCH" => Said::Found(esearch(rest)),
        "VANISHED" => Said::Expunged,
        "NAMESPACE" => Said::Namespace(namespaces(rest)),
        "CAPABILITY" => Said::Capabilities(rest.split_whitespace().map(str::to_owned).collect()),
        "STATUS" => status(rest).unwrap_or(Said::Nothing),
        number if number.parse::<u64>().is_ok() => {
            let row = rest.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("FETCH"));
            if row { Said::OddRow(uid(response)) } else { Said::Nothing }
        }
        _ => Said::Nothing,
    }
}

/// Numbers one by one; what is none is left out.
fn numbers<'a>(words: impl Iterator<Item = &'a str>) -> Uids {
    words.filter_map(|word| word.parse().ok()).map(|uid: u32| (uid, uid)).collect()
}

/// The set after ALL: `(TAG "a1") UID ALL 1:3,7`. Without one nothing was found.
fn esearch(rest: &str) -> Uids {
    let mut words = rest.split_whitespace();
    words.find(|word| word.eq_ignore_ascii_case("ALL"));
    words.next().and_then(Uids::parse).unwrap_or_default()
}

/// The UID of a row: the number after ` UID ` or `(UID ` outside literals and quotes. A header may
/// hold such words too, and what it says is not believed.
fn uid(response: &[u8]) -> Option<u32> {
    let mut rest = response;
    let mut quoted = false;
    while let [byte, more @ ..] = rest {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => {
                rest = more.get(1..)?;
                continue;
            }
            b'{' if !quoted => {
                let close = memchr::memchr(b'}', more)?;
                let size = std::str::from_utf8(more.get(..close)?).ok()?;
                let size: usize = size.trim_end_matches('+').parse().ok()?;
                let body = more.get(close + 1..)?;
                let body = body.strip_prefix(b"\r").unwrap_or(body).strip_prefix(b"\n")?;
                rest = body.get(size..)?;
                continue;
            }
            b'(' | b' ' if !quoted => {
                if let Some((name, number)) = more.split_first_chunk::<4>()
                    && name.eq_ignore_ascii_case(b"UID ")
                {
                    let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
                    let number = std::str::from_utf8(number.get(..digits)?).ok()?;
                    return number.parse().ok().filter(|uid| *uid > 0);
                }
            }
            _ => {}
        }
        rest = more;
    }
    None
}

fn tagged(text: &str) -> Option<Said> {
    let (tag, rest) = text.split_once(' ')?;
    let (word, text) = rest.trim_start().split_once(' ').unwrap_or((rest.trim(), ""));
    let ok = match word.to_ascii_uppercase().as_str() {
        "OK" => true,
        "NO" | "BAD" => false,
        _ => return None,
    };
    Some(Said::End(tag.to_owned(), Done { ok, code: code_in(text) }))
}

/// Something in a response: `(`, `)`, or a string or atom.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Word(String),
}

/// The tokens of a line without literals.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            '"' => {
                let mut word = String::new();
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    word.extend(if c == '\\' { chars.next() } else { Some(c) });
                }
                tokens.push(Token::Word(word));
            }
            c if c.is_whitespace() => {}
            c => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !"()\"".contains(*c)) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    tokens
}

/// `(("INBOX." ".")) NIL (("shared." "."))`: the prefixes of each of the three.
fn namespaces(rest: &str) -> [Vec<String>; 3] {
    let mut found: [Vec<String>; 3] = Default::default();
    let (mut depth, mut at, mut first) = (0_u32, 0_usize, false);
    for token in tokens(rest) {
        match token {
            Token::Open => {
                depth += 1;
                first = depth == 2;
            }
            Token::Close => {
                depth = depth.saturating_sub(1);
                at += usize::from(depth == 0);
            }
            Token::Word(_) if depth == 0 => at += 1,
            Token::Word(prefix) => {
                if std::mem::take(&mut first)
                    && let Some(list) = found.get_mut(at)
                {
                    list.push(prefix);
                }
            }
        }
    }
    found
}

/// `"name" (MESSAGES 3 SIZE 9)`.
fn status(rest: &str) -> Option<Said> {
    let mut tokens = tokens(rest).into_iter();
    let Some(Token::Word(mailbox)) = tokens.next() else { return None };
    let words: Vec<String> = tokens
        .filter_map(|token| match token {
            Token::Word(word) => Some(word),
            Token::Open | Token::Close => None,
        })
        .collect();
    let mut status = Status::default();
    for [item, number] in words.as_chunks::<2>().0 {
        match item.to_ascii_uppercase().as_str() {
            "MESSAGES" => status.messages = number.parse().ok()?,
            "UIDNEXT" => status.uid_next = number.parse().ok(),
            "UIDVALIDITY" => status.uid_validity = number.parse().ok(),
            "HIGHESTMODSEQ" => status.modseq = number.parse().ok(),
            _ => {}
        }
    }
    Some(Said::Status(mailbox, status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::imap::said::Code;

    #[track_caller]
    fn check(response: &str, expect: Said) {
        assert_eq!(read(format!("{response}\r\n").as_bytes()), expect, "{response}");
    }

    #[test]
    fn what_it_was() {
        let set = |text: &str| Uids::parse(text).unwrap();
        check("* SEARCH 4 2 3 9", Said::Found(set("2:4,9")));
        check("* SEARCH", Said::Found(Uids::default()));
        check("* search 5 (MODSEQ 917162500)", Said::Found(set("5")));
        check("* ESEARCH (TAG \"h1\") UID ALL 1:3,7", Said::Found(set("1:3,7")));
        check("* ESEARCH (TAG \"h1\") UID COUNT 0", Said::Found(Uids::default()));
        check("* ESEARCH (TAG \"h1\") UID MIN 2 ALL 2,9 MODSEQ 5", Said::Found(set("2,9")));
        check("* VANISHED (EARLIER) 41,43:116", Said::Expunged);
        check("+", Said::GoOn(String::new()));
        check("* XSTRANGE 1 2", Said::Nothing);
        check("* 5 XSTRANGE", Said::Nothing);
        check("", Said::Nothing);
        check("h7 NO", Said::End("h7".into(), Done { ok: false, code: None }));
        let all = vec!["IMAP4rev2".to_owned(), "IDLE".to_owned()];
        check("* CAPABILITY IMAP4rev2 IDLE", Said::Capabilities(all.clone()));
        check(
            "h7 OK [CAPABILITY IMAP4rev2 IDLE] hi",
            Said::End("h7".into(), Done { ok: true, code: Some(Code::Capabilities(all)) }),
        );
        check(
            "* STATUS \"a b\" (MESSAGES 3 SIZE 99 MAILBOXID (F2212ea) UIDNEXT 4)",
            Said::Status(
                "a b".into(),
                Status { messages: 3, uid_next: Some(4), ..Status::default() },
            ),
        );
    }

    #[test]
    fn namespaces_of_the_usual_servers() {
        let check = |text: &str, expect: [&[&str]; 3]| match read(text.as_bytes()) {
            Said::Namespace(found) => {
                assert_eq!(found.map(|list| list.join("|")), expect.map(|list| list.join("|")))
            }
            other => panic!("{other:?}"),
        };
        check("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n", [&[""], &[], &[]]);
        check(
            "* NAMESPACE ((\"INBOX.\" \".\")) NIL ((\"#shared.\" \".\")(\"shared.\" \".\"))\r\n",
            [&["INBOX."], &[], &["#shared.", "shared."]],
        );
        check(
            "* NAMESPACE ((\"\" \"/\")) ((\"Other Users/\" \"/\")) ((\"\" \"/\" \"X-PARAM\" (\"FLAG1\" \"FLAG2\")))\r\n",
            [&[""], &["Other Users/"], &[""]],
        );
        check("* NAMESPACE NIL NIL NIL\r\n", [&[], &[], &[]]);
    }

    #[test]
    fn the_uid_of_a_broken_row_is_what_the_server_says_and_not_the_message() {
        let check = |row: &str, expect: Option<u32>| {
            assert_eq!(read(format!("{row}\r\n").as_bytes()), Said::OddRow(expect), "{row}");
        };
        check("* 3 FETCH (UID 12 INTERNALDATE NIL)", Some(12));
        check("* 3 FETCH (INTERNALDATE NIL  uid 12)", Some(12));
        check("* 3 FETCH (BODY[HEADER.FIELDS (DATE)] {8}\r\n(UID 99 \r\n UID 12 X)", Some(12));
        check("* 3 FETCH (X \" UID 99 \\\" UID 98 \" UID 12)", Some(12));
        check("* 3 FETCH (X {9999}\r\n UID 12)", None);
        check("* 3 FETCH (UID 0)", None);
        check("* 3 FETCH (UID 99999999999)", None);
        check("* 3 FETCH", None);
    }
}
