//! What a notice says: its texts made safe for a server, its buttons and their keys.
//!
//! The summary is plain text everywhere; the body is markup where the server says `body-markup`
//! and plain text elsewhere, so only the body is escaped, and only there. Characters that do not
//! show are dropped first: a server decodes entities after us, so an escaped reversal would still
//! reverse. A server that does not say `body-markup` but reads markup all the same gets no angle
//! brackets to read.
//!
//! Labels stay within sixteen characters: three of that length fit side by side on every server
//! that draws buttons. GNOME Shell draws no more than three beside the click on the notice itself.

use crate::call::How;
use crate::nudge::{Answer, NudgeId};
use crate::text;

/// The three answers that matter: it has happened (one click winds the clock), not now, and not
/// this way. The way they talked can be told later; that they talked must cost nothing.
pub const OFFERS: [Answer; 3] = [Answer::Talked(How::Call), Answer::Later, Answer::PrefersEmail];

/// Longest body that every server shows whole, in characters.
const BODY: usize = 200;
/// Longest summary, in characters: one line, a long name included.
const SUMMARY: usize = 100;
/// Buttons beside the click on the notice itself.
const BUTTONS: usize = 3;
/// The key that the specification gives to a click on the notice itself.
const DEFAULT: &str = "default";

/// A nudge as it is put on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which nudge.
    pub id: NudgeId,
    /// One line, a question at best. Names in it have passed [`text::Shown`].
    pub summary: String,
    /// At most two sentences; a line feed may stand between them. Names in it have passed
    /// [`text::Shown`]. Cut after 200 characters.
    pub body: String,
    /// The answers offered as buttons, best [`OFFERS`]; the first three are taken. A click on the
    /// notice itself is always [`Answer::Show`].
    pub offers: Vec<Answer>,
    /// Random bytes, new for each notice. They make the keys of its buttons, so that a press meant
    /// for another notice, of this run or an earlier one, is never taken for an answer to this.
    pub nonce: [u8; 8],
}

/// The words on the button of an answer, at most sixteen characters.
pub fn label(answer: Answer) -> &'static str {
    match answer {
        Answer::Talked(How::Call) => "We talked",
        Answer::Talked(How::Visit) => "We met",
        Answer::Spoke(How::Call) => "We spoke already",
        Answer::Spoke(How::Visit) => "We met already",
        Answer::NotYet => "Not yet",
        Answer::KeepReminding => "Keep reminding",
        Answer::Later => "Later",
        Answer::PrefersEmail => "Email suits them",
        Answer::NotAClient => "Not a client",
        Answer::Show => "Show why",
    }
}

/// A button: the key that comes back when it is pressed, and what that means.
pub(super) type Button = (String, Answer);

/// The buttons, best first, then the click on the notice itself: xfce draws that as a button too,
/// in its place.
pub(super) fn buttons(notice: &Notice) -> Vec<Button> {
    let nonce: String = notice.nonce.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut buttons: Vec<Button> = Vec::new();
    for &answer in notice.offers.iter().filter(|answer| **answer != Answer::Show).take(BUTTONS) {
        if !buttons.iter().any(|(_, known)| *known == answer) {
            let place = buttons.len() + 1;
            buttons.push((format!("{nonce}-{place}"), answer));
        }
    }
    buttons.push((DEFAULT.to_owned(), Answer::Show));
    buttons
}

/// The summary, safe to send.
pub(super) fn summary(text: &str) -> String {
    cut(&visible(text, false), SUMMARY)
}

/// The body, safe to send to a server that reads markup, or to one that does not.
pub(super) fn body(text: &str, markup: bool) -> String {
    let text = cut(&visible(text, true), BODY);
    if !markup {
        return text.replace(['<', '>'], "");
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What a stranger said, safe for an error message.
pub(super) fn quoted(text: &str) -> String {
    cut(&visible(text, false), SUMMARY)
}

/// Only what shows: blanks become single spaces, line feeds stay where they may.
fn visible(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let blank = match c {
            '\n' if lines => Some('\n'),
            c if c.is_whitespace() => Some(' '),
            _ => None,
        };
        match blank {
            Some(blank) if !out.ends_with([' ', '\n']) => out.push(blank),
            Some(_) => {}
            None if text::has_hidden(c.encode_utf8(&mut [0; 4])) => {}
            None => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// At most so many characters, the last of them an ellipsis if something is missing.
fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn notice(offers: &[Answer]) -> Notice {
        Notice {
            id: NudgeId(1),
            summary: String::new(),
            body: String::new(),
            offers: offers.to_vec(),
            nonce: [0xab, 0, 0, 0, 0, 0, 0, 1],
        }
    }

    #[track_caller]
    fn check(text: &str, with_markup: &str, without: &str) {
        assert_eq!(body(text, true), with_markup);
        assert_eq!(body(text, false), without);
    }

    #[test]
    fn a_body_is_shown_literally_with_and_without_markup() {
        check("Smith & Co.", "Smith &amp; Co.", "Smith & Co.");
        check("<b>Jo</b>", "&lt;b&gt;Jo&lt;/b&gt;", "bJo/b");
        check("<img src=x>", "&lt;img src=x&gt;", "img src=x");
        check("&#x202e;", "&amp;#x202e;", "&#x202e;");
        check("one\ntwo", "one\ntwo", "one\ntwo");
        check("one\n\n  two\t\tthree ", "one\ntwo three", "one\ntwo three");
        check("bell\u{7}, escape\u{1b}[31m", "bell, escape[31m", "bell, escape[31m");
        check("", "", "");
    }

    #[test]
    fn a_summary_is_one_plain_line() {
        assert_eq!(summary("A word with\nJo & <Co>?"), "A word with Jo & <Co>?");
        assert_eq!(summary(&"x".repeat(101)), format!("{}…", "x".repeat(99)));
        assert_eq!(summary(&"x".repeat(100)), "x".repeat(100));
    }

    #[test]
    fn a_long_body_is_cut_before_it_is_escaped() {
        let long = "&".repeat(300);
        assert_eq!(body(&long, true), format!("{}…", "&amp;".repeat(199)));
        assert_eq!(body(&"y".repeat(200), true), "y".repeat(200));
    }

    #[test]
    fn buttons_have_keys_of_their_notice_alone() {
        let keys = |offers: &[Answer]| buttons(&notice(offers));
        assert_eq!(
            keys(&OFFERS),
            [
                ("ab00000000000001-1".to_owned(), Answer::Talked(How::Call)),
                ("ab00000000000001-2".to_owned(), Answer::Later),
                ("ab00000000000001-3".to_owned(), Answer::PrefersEmail),
                ("default".to_owned(), Answer::Show),
            ]
        );
        assert_eq!(keys(&[]), [("default".to_owned(), Answer::Show)]);
        assert_eq!(keys(&[Answer::Show, Answer::Later, Answer::Later]).len(), 2);
        let all = [
            Answer::Talked(How::Call),
            Answer::Talked(How::Visit),
            Answer::NotAClient,
            Answer::Later,
        ];
        assert_eq!(keys(&all).len(), 4);
    }

    #[test]
    fn labels_are_short_and_tell_the_answers_apart() {
        let all = [
            Answer::Talked(How::Call),
            Answer::Talked(How::Visit),
            Answer::Spoke(How::Call),
            Answer::Spoke(How::Visit),
            Answer::NotYet,
            Answer::KeepReminding,
            Answer::Later,
            Answer::PrefersEmail,
            Answer::NotAClient,
            Answer::Show,
        ];
        let labels: std::collections::BTreeSet<_> = all.iter().map(|a| label(*a)).collect();
        assert_eq!(labels.len(), all.len());
        assert!(labels.iter().all(|label| (3..=16).contains(&label.chars().count())));
    }

    proptest! {
        #[test]
        fn nothing_hidden_and_no_tag_ever_leaves(text in any::<String>()) {
            let marked = body(&text, true);
            prop_assert!(!marked.contains(['<', '>']));
            prop_assert!(!body(&text, false).contains(['<', '>']));
            for line in marked.lines().chain([summary(&text).as_str()]) {
                prop_assert!(!crate::text::has_hidden(line), "{:?}", line);
            }
            let plain = marked.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            prop_assert!(plain.chars().count() <= BODY);
            prop_assert!(summary(&text).chars().count() <= SUMMARY);
        }
    }
}
