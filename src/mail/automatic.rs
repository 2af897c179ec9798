//! Automatic mail, told by header fields alone.

use super::AddrSpec;
use super::field::{Field, Fields};

/// Why a message counts as machine mail.
///
/// Machine mail is counted, never kept. `X-Auto-Response-Suppress` is no sign: ordinary Exchange
/// mail carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Automatic {
    /// `Auto-Submitted` other than `no` (RFC 3834), `X-Autoreply`, `X-Autorespond`,
    /// `Precedence: auto_reply`, a report (RFC 6522) that is no bounce: a read receipt, say.
    AutoSubmitted,
    /// `List-Id`, `List-Post` or `List-Unsubscribe` (RFC 2919, 2369), `Precedence: list`.
    List,
    /// `Precedence: bulk` or `junk`.
    Bulk,
    /// Empty `Return-Path` (RFC 5321 §4.5.5), a delivery status report (RFC 3464) or one that names
    /// whom it could not reach (`X-Failed-Recipients`).
    Bounce,
    /// An invitation or its answer (`text/calendar`, RFC 6047): the calendar speaks for it.
    Invitation,
    /// The sender's local part names a robot (`no-reply`, `mailer-daemon` and their kin).
    Robot,
}

/// The robots' names, as the words that make them up: `no-reply`, `no_reply`, `noreply`.
const ROBOTS: [&[&str]; 14] = [
    &["noreply"],
    &["no", "reply"],
    &["donotreply"],
    &["donot", "reply"],
    &["do", "notreply"],
    &["do", "not", "reply"],
    &["notification"],
    &["notifications"],
    &["mailer", "daemon"],
    &["mailerdaemon"],
    &["postmaster"],
    &["bounce"],
    &["bounces"],
    &["notetaker"],
];

/// Whether the local part of an address names a robot. Anything but a letter parts words, digits
/// too (`noreply2`); what follows a `+` is the owner's own note and does not count.
pub fn is_robot(local: &str) -> bool {
    let local = local.split_once('+').map_or(local, |(user, _)| user);
    let words: Vec<&str> =
        local.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    let same = |part: &[&str], robot: &[&str]| {
        part.iter().zip(robot).all(|(word, name)| word.eq_ignore_ascii_case(name))
    };
    ROBOTS.iter().any(|robot| words.windows(robot.len()).any(|part| same(part, robot)))
}

/// The sign that tells a message as automatic. Of several the most telling one: an invitation is
/// an invitation although a robot sent it, a responder's answer is no bounce although RFC 3834 §3.3
/// gives it an empty return path too.
///
/// A `multipart/alternative` or `multipart/mixed` with `text/calendar` inside cannot be told from
/// the head unless a sign of the sending program says so. What Exchange and Google send has one.
pub(super) fn sign(
    fields: &Fields<'_>,
    from: &AddrSpec,
    sender: Option<&AddrSpec>,
) -> Option<Automatic> {
    let content_type = fields.first(Field::ContentType).unwrap_or_default();
    let report = is_report(content_type);
    if contains(content_type, b"text/", b"calendar")
        || is_type(content_type, b"application/ics")
        || fields
            .all(Field::ContentClass)
            .any(|body| is(body, b"urn:content-classes:calendarmessage"))
        || sender.is_some_and(|sender| sender.as_str() == "calendar-notification@google.com")
    {
        return Some(Automatic::Invitation);
    }
    let failed = fields.all(Field::FailedRecipients).any(|body| !body.trim_ascii().is_empty());
    if failed || report && contains(content_type, b"delivery-", b"status") {
        return Some(Automatic::Bounce);
    }
    if report
        || fields.all(Field::AutoSubmitted).any(|body| says_something(first_word(body)))
        || fields.all(Field::Responder).any(|body| says_something(body.trim_ascii()))
        || precedence(fields, &[b"auto_reply"])
    {
        return Some(Automatic::AutoSubmitted);
    }
    if fields.all(Field::ReturnPath).any(|body| is(body, b"<>")) {
        return Some(Automatic::Bounce);
    }
    if fields.all(Field::List).any(|body| !body.trim_ascii().is_empty())
        || precedence(fields, &[b"list"])
    {
        return Some(Automatic::List);
    }
    if precedence(fields, &[b"bulk", b"junk"]) {
        return Some(Automatic::Bulk);
    }
    let robot = is_robot(from.local()) || sender.is_some_and(|sender| is_robot(sender.local()));
    robot.then_some(Automatic::Robot)
}

/// `multipart/report`: written by programs only, whatever its `report-type` says.
fn is_report(content_type: &[u8]) -> bool {
    is_type(content_type, b"multipart/report")
}

fn is_type(content_type: &[u8], name: &[u8]) -> bool {
    is(content_type.split(|byte| *byte == b';').next().unwrap_or_default(), name)
}

fn precedence(fields: &Fields<'_>, names: &[&[u8]]) -> bool {
    fields.all(Field::Precedence).any(|body| names.iter().any(|name| is(body, name)))
}

/// RFC 3834 §5 allows parameters and a comment after the keyword.
fn first_word(body: &[u8]) -> &[u8] {
    let body = body.trim_ascii();
    body.split(|byte| byte.is_ascii_whitespace() || b";(".contains(byte)).next().unwrap_or_default()
}

fn says_something(word: &[u8]) -> bool {
    !word.is_empty() && !word.eq_ignore_ascii_case(b"no")
}

fn is(body: &[u8], word: &[u8]) -> bool {
    body.trim_ascii().eq_ignore_ascii_case(word)
}

/// Whether the two halves of a word occur together. The last byte of the first is searched for, so
/// let it be a rare one.
fn contains(body: &[u8], first: &[u8], second: &[u8]) -> bool {
    let Some(mark) = first.last() else { return false };
    memchr::memchr_iter(*mark, body).any(|at| {
        let (before, after) = body.split_at_checked(at + 1).unwrap_or_default();
        let before = before.len().checked_sub(first.len()).and_then(|start| before.get(start..));
        before.is_some_and(|before| before.eq_ignore_ascii_case(first))
            && after.get(..second.len()).is_some_and(|after| after.eq_ignore_ascii_case(second))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &str, expect: Option<Automatic>) {
        let fields = Fields::scan(head.as_bytes()).unwrap();
        let ana = AddrSpec::parse("ana@acme.test").unwrap();
        assert_eq!(sign(&fields, &ana, None), expect, "{head}");
    }

    #[test]
    fn signs_of_automatic_mail() {
        use Automatic::*;
        for (head, expect) in [
            ("", None),
            ("Auto-Submitted: no", None),
            ("Auto-Submitted: No (really)", None),
            ("Auto-Submitted:", None),
            ("Auto-Submitted: auto-replied", Some(AutoSubmitted)),
            ("AUTO-SUBMITTED:\r\n auto-generated; owner-email=\"a@x.test\"", Some(AutoSubmitted)),
            ("X-Autoreply: yes", Some(AutoSubmitted)),
            ("X-Autorespond: out of office", Some(AutoSubmitted)),
            ("X-Autoreply: no", None),
            ("X-Auto-Response-Suppress: All", None),
            ("Precedence: auto_reply", Some(AutoSubmitted)),
            ("Precedence: first-class", None),
            ("Precedence: Bulk\r\n", Some(Bulk)),
            ("Precedence: junk", Some(Bulk)),
            ("Precedence: list", Some(List)),
            ("List-Id: News <news.x.test>", Some(List)),
            ("List-Id:", None),
            ("List-Unsubscribe: <https://x.test/u>", Some(List)),
            ("List-Post: NO", Some(List)),
            ("List-Help: <mailto:x@x.test>", None),
            ("Return-Path: <>", Some(Bounce)),
            ("Return-Path: <ana@acme.test>", None),
            ("Return-Path:", None),
            ("X-Failed-Recipients: a@x.test\nAuto-Submitted: auto-replied", Some(Bounce)),
            ("X-Failed-Recipients: ", None),
            ("Return-Path: <>\nAuto-Submitted: auto-replied", Some(AutoSubmitted)),
            ("Content-Type: text/plain", None),
            ("Content-Type: text/calendar; method=REQUEST", Some(Invitation)),
            ("Content-Type:\r\n\tTEXT/Calendar", Some(Invitation)),
            ("Content-Type: application/ics; name=invite.ics", Some(Invitation)),
            ("Content-Type: multipart/related; type=\"text/calendar\"", Some(Invitation)),
            ("Content-Type: multipart/alternative; boundary=b", None),
            ("Content-class: urn:content-classes:calendarmessage", Some(Invitation)),
            ("Content-Class: urn:content-classes:message", None),
            ("Content-Type: text/calendar\nAuto-Submitted: auto-generated", Some(Invitation)),
            ("Content-Type: multipart/report; report-type=delivery-status", Some(Bounce)),
            ("Content-Type: multipart/report;\n report-type=\"delivery-status\"", Some(Bounce)),
            (
                "Content-Type: multipart/report; report-type=disposition-notification",
                Some(AutoSubmitted),
            ),
            ("Content-Type: multipart/report; report-type=feedback-report", Some(AutoSubmitted)),
        ] {
            check(head, expect);
        }
    }

    #[test]
    fn robots_by_author_or_sender() {
        let fields = Fields::scan(b"").unwrap();
        let at = |text: &str| AddrSpec::parse(text).unwrap();
        let tell = |from: &str, sender: &str| sign(&fields, &at(from), Some(&at(sender)));
        assert_eq!(tell("ana@acme.test", "office@acme.test"), None);
        assert_eq!(tell("no-reply@acme.test", "office@acme.test"), Some(Automatic::Robot));
        assert_eq!(tell("ana@acme.test", "no-reply@sign.test"), Some(Automatic::Robot));
        assert_eq!(
            tell("ana@acme.test", "calendar-notification@google.com"),
            Some(Automatic::Invitation)
        );
    }

    #[test]
    fn robots_have_names_between_separators() {
        for robot in [
            "noreply",
            "no-reply",
            "no_reply",
            "No.Reply",
            "noreply2",
            "donotreply",
            "do-not-reply",
            "do.notreply",
            "notification",
            "notifications",
            "sales-notifications",
            "mailer-daemon",
            "MAILER-DAEMON",
            "postmaster",
            "bounce",
            "bounces+12=ana",
            "team.notetaker",
            "github-no-reply",
        ] {
            assert!(is_robot(robot), "{robot}");
        }
        for human in [
            "",
            "ana",
            "reply",
            "no",
            "noreplyson",
            "nora.reply",
            "postmasters",
            "bouncer",
            "ana+notifications",
            "daemon",
            "donna.trey",
            "j.notetakerson",
            "+",
            "--",
        ] {
            assert!(!is_robot(human), "{human}");
        }
    }
}
