//! The one pass over a message's head: where it ends, and which of its fields are wanted.
//!
//! Everything else, a subject above all, is stepped over and never reaches a parser: what is not
//! in [`wanted`] cannot come out. The pass also keeps the limits, so that whoever parses the
//! values after it deals with bounded input.

/// The largest head that is read, in bytes.
pub const MAX_HEAD: usize = 256 * 1024;

/// The most lines a head may have.
pub(super) const MAX_LINES: usize = 1000;

/// The longest single field, folds included, in bytes.
pub(super) const MAX_FIELD: usize = 64 * 1024;

/// The deepest nesting of comments in an address field, RFC 5322 §3.2.2.
pub(super) const MAX_COMMENT_DEPTH: usize = 16;

/// A field that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Date,
    From,
    To,
    Cc,
    Bcc,
    Sender,
    MessageId,
    InReplyTo,
    References,
    /// RFC 5321 §4.4; the topmost one is the last hop's.
    Received,
    /// Any of the list fields of RFC 2919 and RFC 2369 that ordinary mail does not have.
    List,
    AutoSubmitted,
    /// The responders' own fields from before RFC 3834.
    Responder,
    Precedence,
    ReturnPath,
    ContentType,
    ContentClass,
    /// Whom a report could not reach.
    FailedRecipients,
}

/// The wanted fields of a head, in order, each with its unparsed body: everything after the colon,
/// folds and line end included.
#[derive(Debug)]
pub(super) struct Fields<'a>(Vec<(Field, &'a [u8])>);

impl<'a> Fields<'a> {
    /// Reads up to the first empty line or the end; the error is the reason to skip the message.
    pub(super) fn scan(head: &'a [u8]) -> Result<Self, &'static str> {
        // Room for what a message usually has.
        let mut fields = Vec::with_capacity(16);
        let (mut start, mut lines) = (0, 0);
        let ends = memchr::memchr_iter(b'\n', head).map(|at| at + 1);
        let unfinished = (!head.ends_with(b"\n")).then_some(head.len());
        for end in ends.chain(unfinished) {
            let (field, rest) = head.split_at_checked(end).unwrap_or_default();
            let field = field.get(start..).unwrap_or_default();
            if starts_empty_line(field) {
                break;
            }
            lines += 1;
            if lines > MAX_LINES {
                return Err("too many header lines");
            }
            if matches!(rest, [b' ' | b'\t', ..]) {
                continue;
            }
            if end > MAX_HEAD {
                return Err("header too large");
            }
            if field.len() > MAX_FIELD {
                return Err("header field too long");
            }
            fields.extend(parse(field));
            start = end;
        }
        Ok(Self(fields))
    }

    /// All fields with their kind.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Field, &'a [u8])> {
        self.0.iter().copied()
    }

    /// The bodies of all fields of a kind, topmost first.
    pub(super) fn all(&self, kind: Field) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(field, _)| *field == kind).map(|(_, body)| body)
    }

    /// The body of the topmost field of a kind.
    pub(super) fn first(&self, kind: Field) -> Option<&'a [u8]> {
        self.all(kind).next()
    }
}

/// Where the head ends: the length of what comes before the first empty line, RFC 5322 §2.1. Line
/// ends may be LF or CRLF, mixed. `None` when there is no empty line, so the head may go on.
pub fn split_head(bytes: &[u8]) -> Option<usize> {
    if starts_empty_line(bytes) {
        return Some(0);
    }
    let lf = memchr::memmem::find(bytes, b"\n\n").map(|at| at + 1);
    let before = lf.and_then(|end| bytes.get(..=end)).unwrap_or(bytes);
    memchr::memmem::find(before, b"\n\r\n").map(|at| at + 1).or(lf)
}

/// Whether comments nest deeper than anybody writes them. Quoted strings and escapes are heeded.
pub(super) fn comments_too_deep(body: &[u8]) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if std::mem::take(&mut escaped) => {}
            b'\\' => escaped = true,
            b'"' if depth == 0 => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_COMMENT_DEPTH {
            return true;
        }
    }
    false
}

/// The kind and the body of a field that is wanted. Blanks before the colon are obsolete but
/// heeded (RFC 5322 §4.5): a second `From :` must not slip past.
fn parse(field: &[u8]) -> Option<(Field, &[u8])> {
    const LONGEST: usize = 40;
    let colon = memchr::memchr(b':', field.get(..LONGEST).unwrap_or(field))?;
    let (name, body) = field.split_at_checked(colon)?;
    Some((wanted(name.trim_ascii_end())?, body.get(1..)?))
}

/// All that is ever taken from a head, by the length of the name.
fn wanted(name: &[u8]) -> Option<Field> {
    let names: &[(&[u8], Field)] = match name.len() {
        2 => &[(b"To", Field::To), (b"Cc", Field::Cc)],
        3 => &[(b"Bcc", Field::Bcc)],
        4 => &[(b"Date", Field::Date), (b"From", Field::From)],
        6 => &[(b"Sender", Field::Sender)],
        7 => &[(b"List-Id", Field::List)],
        8 => &[(b"Received", Field::Received)],
        9 => &[(b"List-Post", Field::List)],
        10 => &[
            (b"Message-ID", Field::MessageId),
            (b"References", Field::References),
            (b"Precedence", Field::Precedence),
        ],
        11 => &[
            (b"In-Reply-To", Field::InReplyTo),
            (b"Return-Path", Field::ReturnPath),
            (b"X-Autoreply", Field::Responder),
        ],
        12 => &[(b"Content-Type", Field::ContentType)],
        13 => &[(b"Content-Class", Field::ContentClass), (b"X-Autorespond", Field::Responder)],
        14 => &[(b"Auto-Submitted", Field::AutoSubmitted)],
        16 => &[(b"List-Unsubscribe", Field::List)],
        19 => &[(b"X-Failed-Recipients", Field::FailedRecipients)],
        _ => return None,
    };
    names.iter().find(|(wanted, _)| wanted.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
}

fn starts_empty_line(bytes: &[u8]) -> bool {
    matches!(bytes, [b'\n', ..] | [b'\r', b'\n', ..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_head_ends_at_the_first_empty_line() {
        for (bytes, end) in [
            ("", None),
            ("\n", Some(0)),
            ("\r\nx", Some(0)),
            ("a: b", None),
            ("a: b\n", None),
            ("a: b\n\n", Some(5)),
            ("a: b\r\n\r\nbody\n\nmore", Some(6)),
            ("a: b\n\r\n", Some(5)),
            ("a: b\r\n\n", Some(6)),
            ("a: b\r\n\r", None),
            ("a: b\n \n\nbody", Some(7)),
            ("a: b\r\rbody", None),
        ] {
            assert_eq!(split_head(bytes.as_bytes()), end, "{bytes:?}");
        }
    }

    #[test]
    fn only_wanted_fields_come_out() {
        let head = b"From : a@x.test\nSubject: secret\n To: hidden@x.test\r\nTO:\tb@x.test,\r\n c@x.test\r\n\
                     garbage\nX-To: d@x.test\nBcc:\n\nCc: body@x.test\n";
        let fields = Fields::scan(head).unwrap();
        let got: Vec<_> = fields.iter().collect();
        let expect: [(Field, &[u8]); 3] = [
            (Field::From, b" a@x.test\n"),
            (Field::To, b"\tb@x.test,\r\n c@x.test\r\n"),
            (Field::Bcc, b"\n"),
        ];
        assert_eq!(got, expect);
    }

    #[test]
    fn limits_hold_at_the_limit_and_not_past_it() {
        let scan = |head: String| Fields::scan(head.as_bytes()).map(|fields| fields.0.len());
        let line = "X-A: b\n";
        assert_eq!(scan(line.repeat(MAX_LINES)), Ok(0));
        assert_eq!(scan(line.repeat(MAX_LINES + 1)), Err("too many header lines"));
        assert_eq!(scan(format!("A: b{}", "\n x".repeat(MAX_LINES))), Err("too many header lines"));
        let field = |len: usize| format!("From:{}\n", "a".repeat(len - 6));
        assert_eq!(scan(field(MAX_FIELD)), Ok(1));
        assert_eq!(scan(field(MAX_FIELD + 1)), Err("header field too long"));
        assert_eq!(scan(field(MAX_FIELD).repeat(4)), Ok(4));
        assert_eq!(scan(field(MAX_FIELD).repeat(4) + "\n" + &field(9)), Ok(4));
        assert_eq!(scan(field(MAX_FIELD).repeat(4) + "a"), Err("header too large"));
    }

    #[test]
    fn comment_depth_is_counted_outside_quotes() {
        let nest = |deep: usize| format!("{}{}", "(".repeat(deep), ")".repeat(deep));
        for (body, deep) in [
            (nest(MAX_COMMENT_DEPTH), false),
            (nest(MAX_COMMENT_DEPTH + 1), true),
            ("()".repeat(99), false),
            (format!("\"{}\"", nest(99)), false),
            ("\\(".repeat(99), false),
            (format!("(\"{}", nest(99)), true),
        ] {
            assert_eq!(comments_too_deep(body.as_bytes()), deep, "{body}");
        }
    }

    proptest! {
        /// The reader, which cuts at the end of the head, and the scanner, which stops there by
        /// itself, agree on where that is.
        #[test]
        fn cutting_the_body_off_changes_nothing(bytes in "(From|Subject|x)?[:\r\n\t a]{0,40}") {
            let bytes = bytes.as_bytes();
            let head = split_head(bytes).and_then(|end| bytes.get(..end)).unwrap_or(bytes);
            let whole = Fields::scan(bytes).map(|fields| fields.0);
            prop_assert_eq!(whole, Fields::scan(head).map(|fields| fields.0));
        }
    }
}
