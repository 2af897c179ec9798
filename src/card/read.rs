//! vCard bytes to [`Card`]s, versions 2.1 (vCard consortium), 3.0 (RFC 2426) and 4.0 (RFC 6350).
//!
//! Our own pass cuts the file into cards and keeps the few lines that are wanted; calcard parses
//! those, one card at a time, so that a bad card costs itself and a photograph costs nothing.
//! Giving calcard the whole file lost: it decodes every photograph, and a card without an end
//! swallows the next.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calcard::vcard::{VCardEntry, VCardKind, VCardProperty as Property, VCardValue};
use calcard::{Entry, Parser};

use super::{Card, Number};
use crate::mail::AddrSpec;
use crate::text;

/// The longest card, without what is passed over, in bytes.
const LONGEST: usize = 64 << 10;
/// Addresses, and numbers, of one card.
const MOST: usize = 50;
/// The longest name kept, in characters.
const NAME: usize = 128;

/// What was in a file of cards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadCards {
    /// The humans, in the order of the file.
    pub cards: Vec<Card>,
    /// Why other cards were not read, each a fixed phrase.
    pub skipped: Vec<&'static str>,
}

/// Reads a file of cards. A card with neither address nor number is nobody's fault and is passed
/// over in silence.
pub fn read(bytes: &[u8]) -> ReadCards {
    let mut all = ReadCards::default();
    let text = as_text(bytes);
    let mut open: Option<Draft> = None;
    for line in lines(text.strip_prefix('\u{feff}').unwrap_or(&text)) {
        let trimmed = line.trim();
        if is(trimmed, "BEGIN:VCARD") {
            match &mut open {
                // A card on a card (AGENT, vCard 2.1 §2.4.2) is somebody else's.
                Some(draft) if draft.agent => draft.depth += 1,
                Some(_) => {
                    all.skipped.push("a card that does not end");
                    open = Some(Draft::default());
                }
                None => open = Some(Draft::default()),
            }
        } else if is(trimmed, "END:VCARD") {
            match &mut open {
                Some(draft) if draft.depth > 0 => draft.depth -= 1,
                Some(draft) => {
                    let draft = std::mem::take(draft);
                    open = None;
                    match draft.card() {
                        Ok(card) if card.addresses.is_empty() && card.numbers.is_empty() => {}
                        Ok(card) => all.cards.push(card),
                        Err(why) => all.skipped.push(why),
                    }
                }
                None => {}
            }
        } else if let Some(draft) = open.as_mut().filter(|draft| draft.depth == 0) {
            draft.line(line);
        }
    }
    if open.is_some() {
        all.skipped.push("a card that does not end");
    }
    if all.cards.is_empty() && all.skipped.is_empty() && !text.trim().is_empty() {
        let any = text.lines().any(|line| is(line.trim(), "BEGIN:VCARD"));
        if !any {
            all.skipped.push("no vCard");
        }
    }
    all
}

/// The lines of one card that are wanted.
#[derive(Default)]
struct Draft {
    text: String,
    /// Whether the last line was an AGENT, whose card may follow.
    agent: bool,
    depth: u32,
    /// Whether the last line was wanted, so that what is folded after it is too.
    wanted: bool,
    /// Whether the last line ends in a soft line break of quoted-printable.
    soft: bool,
    organization: bool,
    too_long: bool,
}

impl Draft {
    fn line(&mut self, line: &str) {
        if line.starts_with([' ', '\t']) || self.soft {
            if self.wanted {
                self.add(line);
            }
            self.soft = self.soft && line.trim_end().ends_with('=');
            return;
        }
        let head = line.split([':', ';']).next().unwrap_or_default().trim();
        let name = head.rsplit('.').next().unwrap_or_default();
        self.agent = is(name, "AGENT");
        self.wanted = ["VERSION", "FN", "N", "EMAIL", "TEL", "KIND"].iter().any(|w| is(name, w))
            || is(name, "X-ADDRESSBOOKSERVER-KIND");
        self.organization |=
            is(name, "X-ABSHOWAS") && line.to_ascii_uppercase().contains("COMPANY");
        if self.wanted {
            self.add(line);
        }
        let printable = line.split(':').next().unwrap_or_default().to_ascii_uppercase();
        self.soft = printable.contains("QUOTED-PRINTABLE") && line.trim_end().ends_with('=');
    }

    fn add(&mut self, line: &str) {
        if self.text.len() + line.len() > LONGEST {
            self.too_long = true;
            return;
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn card(self) -> Result<Card, &'static str> {
        if self.too_long {
            return Err("a card too long to be one human's");
        }
        if self.organization {
            return Err("a company, not a person");
        }
        let text = format!("BEGIN:VCARD\n{}END:VCARD\n", self.text);
        // Nothing that a panic could leave half done is shared with the closure.
        let parsed = catch_unwind(AssertUnwindSafe(|| Parser::new(&text).entry()));
        match parsed {
            Ok(Entry::VCard(card)) => of(&card.entries),
            Ok(_) => Err("a card that cannot be read"),
            Err(_) => Err("the card parser failed"),
        }
    }
}

fn of(entries: &[VCardEntry]) -> Result<Card, &'static str> {
    let mut card = Card::default();
    let mut parts = None;
    for entry in entries {
        let Some(value) = entry.values.first() else { continue };
        match &entry.name {
            Property::Kind => kind(value)?,
            Property::Other(name) if is(name, "X-ADDRESSBOOKSERVER-KIND") => kind(value)?,
            Property::Fn if card.name.is_none() => card.name = value.as_text().and_then(name),
            Property::N if parts.is_none() => parts = spoken(&entry.values),
            Property::Email => {
                let address = value.as_text().and_then(AddrSpec::parse);
                if let Some(address) = address.filter(|one| !card.addresses.contains(one)) {
                    card.addresses.push(address);
                }
            }
            Property::Tel => {
                let number = value.as_text().and_then(Number::parse);
                if let Some(number) = number.filter(|one| !card.numbers.contains(one)) {
                    card.numbers.push(number);
                }
            }
            _ => {}
        }
    }
    if card.addresses.len() > MOST || card.numbers.len() > MOST {
        return Err("too many addresses to be one human's");
    }
    card.name = card.name.or(parts);
    Ok(card)
}

fn kind(value: &VCardValue) -> Result<(), &'static str> {
    let text = value.as_text().unwrap_or_default();
    match value {
        VCardValue::Kind(VCardKind::Individual) => Ok(()),
        VCardValue::Kind(VCardKind::Group) => Err("a group, not a person"),
        VCardValue::Kind(VCardKind::Org) => Err("a company, not a person"),
        VCardValue::Kind(_) => Err("a place or a machine, not a person"),
        _ if is(text.trim(), "group") => Err("a group, not a person"),
        // RFC 6350 §6.1.4: a kind nobody knows is an individual.
        _ => Ok(()),
    }
}

/// Given, additional and family name of N, in that order.
fn spoken(values: &[VCardValue]) -> Option<String> {
    let part = |at: usize| values.get(at).and_then(VCardValue::as_text).unwrap_or_default();
    name(&[part(1), part(2), part(0)].join(" "))
}

/// A name with single blanks and without characters that do not show; `None` when nothing is left
/// or it is only an address.
fn name(raw: &str) -> Option<String> {
    let visible: String = raw
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| *c == ' ' || !text::has_hidden(c.encode_utf8(&mut [0; 4])))
        .collect();
    let words: Vec<&str> = visible.split(' ').filter(|word| !word.is_empty()).collect();
    let name: String = words.join(" ").chars().take(NAME).collect();
    let name = name.trim().to_owned();
    let says = name.chars().any(char::is_alphanumeric) && AddrSpec::parse(&name).is_none();
    says.then_some(name)
}

/// What is not UTF-8 is read as Latin-1, which old cards are.
fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()),
    }
}

fn is(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
}

/// Lines that end in CRLF, LF or, in very old files, CR alone.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    text.split(end).map(|line| line.trim_end_matches('\r'))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn shown(bytes: &[u8]) -> String {
        let read = read(bytes);
        let mut out = String::new();
        for card in &read.cards {
            let addresses: Vec<_> = card.addresses.iter().map(AddrSpec::as_str).collect();
            let numbers: Vec<_> = card.numbers.iter().map(Number::as_str).collect();
            out +=
                &format!("{:?} {addresses:?} {numbers:?}\n", card.name.as_deref().unwrap_or("-"));
        }
        out.extend(read.skipped.iter().map(|why| format!("skipped: {why}\n")));
        out
    }

    #[expect(clippy::needless_pass_by_value, reason = "expect! makes values")]
    fn check(text: &str, expect: Expect) {
        expect.assert_eq(&shown(text.as_bytes()));
        // Whatever the line ends.
        assert_eq!(shown(text.replace('\n', "\r\n").as_bytes()), shown(text.as_bytes()));
    }

    #[test]
    fn three_versions_say_the_same() {
        check(
            "BEGIN:VCARD\nVERSION:4.0\nFN:Jo Doe\nEMAIL;PREF=1:Jo@Acme.test\nEMAIL:jd@gmail.com\n\
             TEL;VALUE=uri:tel:+49-30-1234567\nEND:VCARD\n\
             BEGIN:VCARD\nVERSION:3.0\nN:Doe;Jo;;;\nitem1.EMAIL;TYPE=WORK:jo@acme.test\n\
             item1.X-ABLabel:work\nTEL;TYPE=CELL:(0)30 1234567\nEND:VCARD\n\
             BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB=\n M=C3=BCller\n\
             EMAIL;INTERNET:zm@acme.test\nEND:VCARD\n",
            expect![[r#"
                "Jo Doe" ["jo@acme.test", "jd@gmail.com"] ["+49301234567"]
                "Jo Doe" ["jo@acme.test"] ["301234567"]
                "Zoë Müller" ["zm@acme.test"] []
            "#]],
        );
    }

    #[test]
    fn what_is_no_human_is_named() {
        check(
            "BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:Friends\nMEMBER:mailto:a@x.test\nEND:VCARD\n\
             BEGIN:VCARD\nVERSION:3.0\nX-ADDRESSBOOKSERVER-KIND:group\nFN:Team\nEMAIL:t@x.test\nEND:VCARD\n\
             BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:Acme\nEMAIL:info@acme.test\nEND:VCARD\n\
             BEGIN:VCARD\nVERSION:3.0\nFN:Acme\nEMAIL:a@acme.test\nX-ABShowAs:COMPANY\nEND:VCARD\n\
             BEGIN:VCARD\nVERSION:4.0\nKIND:location\nFN:Room 4\nEMAIL:room4@x.test\nEND:VCARD\n\
             BEGIN:VCARD\nVERSION:4.0\nFN:Only a birthday\nBDAY:19700101\nEND:VCARD\n",
            expect![[r#"
                skipped: a group, not a person
                skipped: a group, not a person
                skipped: a company, not a person
                skipped: a company, not a person
                skipped: a place or a machine, not a person
            "#]],
        );
    }

    #[test]
    fn a_bad_card_costs_itself() {
        check(
            "nonsense\nBEGIN:VCARD\nFN:No end\nEMAIL:a@x.test\n\
             BEGIN:VCARD\nFN:Whole\nEMAIL:b@x.test\nEMAIL:no address\nTEL:call me\nEND:VCARD\n\
             BEGIN:VCARD\nFN:Cut",
            expect![[r#"
                "Whole" ["b@x.test"] []
                skipped: a card that does not end
                skipped: a card that does not end
            "#]],
        );
        check(
            "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
            expect![[r#"
            skipped: no vCard
        "#]],
        );
        check("", expect![""]);
        let many: String = (0..60).map(|n| format!("EMAIL:a{n}@x.test\n")).collect();
        check(
            &format!("BEGIN:VCARD\nFN:List\n{many}END:VCARD\n"),
            expect![[r#"
            skipped: too many addresses to be one human's
        "#]],
        );
        let long = "x".repeat(70_000);
        check(
            &format!("BEGIN:VCARD\nFN:{long}\nEMAIL:a@x.test\nEND:VCARD\n"),
            expect![[r#"
            skipped: a card too long to be one human's
        "#]],
        );
    }

    #[test]
    fn a_card_on_a_card_and_a_photograph_are_passed_over() {
        check(
            "BEGIN:VCARD\nVERSION:2.1\nFN:Boss\nAGENT:\nBEGIN:VCARD\nFN:Agent\nEMAIL:agent@x.test\n\
             END:VCARD\nPHOTO;ENCODING=BASE64:AAAA\n EMAIL:c@x.test\n\nNOTE:EMAIL:d@x.test\n\
             EMAIL:boss@x.test\nEND:VCARD\n",
            expect![[r#"
                "Boss" ["boss@x.test"] []
            "#]],
        );
    }

    #[test]
    fn names_are_made_visible_and_addresses_are_none() {
        check(
            "BEGIN:VCARD\nFN:Pri\u{200b}ya \u{202e}x\\, y\nEMAIL:p@x.test\nEND:VCARD\n\
             BEGIN:VCARD\nFN:q@x.test\nEMAIL:q@x.test\nEND:VCARD\n",
            expect![[r#"
                "Priya x, y" ["p@x.test"] []
                "-" ["q@x.test"] []
            "#]],
        );
        assert_eq!(
            shown(b"BEGIN:VCARD\nFN:M\xfcller\nEMAIL:m@x.test\nEND:VCARD"),
            "\"Müller\" [\"m@x.test\"] []\n"
        );
    }

    proptest! {
        #[test]
        fn anything_is_read_or_named(body in prop::collection::vec(any::<u8>(), 0..400)) {
            read(&body);
            let framed = [&b"BEGIN:VCARD\nFN:"[..], &body, b"\nEMAIL:a@x.test\nEND:VCARD\n"].concat();
            let read = read(&framed);
            for card in &read.cards {
                prop_assert!(card.name.iter().all(|name| !text::has_hidden(name)));
                prop_assert!(card.name.iter().all(|name| name.chars().count() <= NAME));
            }
        }
    }
}
