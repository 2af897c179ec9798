//! Display names as people would write them.
//!
//! A display name is whatever the sender's program put there: quoted twice, surname first, the
//! address again, another person's address. What is kept is a name or nothing. Which name a person
//! goes by in the end is for [`crate::people`] to say.

use std::borrow::Cow;

use super::AddrSpec;
use crate::text;

/// The longest name kept, in characters.
const MAX_CHARS: usize = 128;

/// What may follow a comma in a name without being a given name.
const SUFFIXES: [&str; 22] = [
    "jr", "sr", "ii", "iii", "iv", "phd", "md", "mba", "esq", "cpa", "inc", "llc", "llp", "ltd",
    "gmbh", "ag", "kg", "co", "corp", "sa", "bv", "plc",
];

/// The name in a decoded display name; `None` when there is none. An address is no name: the
/// mailbox's own says nothing new, and somebody else's is a disguise.
pub(super) fn clean(raw: &str, addr_spec: &AddrSpec) -> Option<String> {
    let mut name = visible(raw);
    if name.contains('@') {
        let words = name.split(' ').filter(|word| !is_address(word));
        name = words.collect::<Vec<_>>().join(" ").into();
    }
    let name = unquoted(&name);
    if name.chars().all(|c| c.is_ascii_punctuation())
        || name.eq_ignore_ascii_case(addr_spec.as_str())
    {
        return None;
    }
    let mut name = given_name_first(name).unwrap_or_else(|| name.to_owned());
    if let Some((cut, _)) = name.char_indices().nth(MAX_CHARS) {
        name.truncate(cut);
        name.truncate(name.trim_end().len());
    }
    Some(name)
}

/// The text with single blanks and without characters that do not show.
fn visible(raw: &str) -> Cow<'_, str> {
    let plain = |pair: &[u8]| matches!(pair, [b'!'..=b'~', b' '..=b'~'] | [b' ', b'!'..=b'~']);
    let raw = raw.trim_matches(' ');
    if raw.is_ascii() && raw.len() > 1 && raw.as_bytes().windows(2).all(plain) {
        return raw.into();
    }
    let mut out = String::with_capacity(raw.len());
    let mut blank = false;
    for c in raw.chars() {
        if c.is_whitespace() {
            blank = !out.is_empty();
        } else if c.is_ascii_graphic() || !text::has_hidden(c.encode_utf8(&mut [0; 4])) {
            if std::mem::take(&mut blank) {
                out.push(' ');
            }
            out.push(c);
        }
    }
    out.into()
}

fn is_address(word: &str) -> bool {
    AddrSpec::parse(word.trim_matches(|c: char| c.is_ascii_punctuation())).is_some()
}

/// The text without quotes around the whole of it, however often.
fn unquoted(mut name: &str) -> &str {
    const QUOTES: [(char, char); 4] = [('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’')];
    while let Some(inner) =
        QUOTES.iter().find_map(|(open, close)| name.strip_prefix(*open)?.strip_suffix(*close))
    {
        name = inner.trim();
    }
    name
}

/// "Doe, Jane (Acme)" as "Jane Doe (Acme)"; `None` when it is not written that way.
fn given_name_first(name: &str) -> Option<String> {
    let comma = name.find(',')?;
    let (person, note) = match name.split_once(" (") {
        Some((person, _)) => (person, name.get(person.len()..)?),
        None => (name, ""),
    };
    let (family, given) = (person.get(..comma)?.trim(), person.get(comma + 1..)?.trim());
    let suffix = given.trim_end_matches('.').replace('.', "").to_lowercase();
    let odd = |part: &str| {
        part.is_empty()
            || part.split(' ').count() > 3
            || part.contains(|c: char| c.is_ascii_digit() || ",@&/|".contains(c))
    };
    if odd(family) || odd(given) || SUFFIXES.contains(&suffix.as_str()) {
        return None;
    }
    Some(format!("{given} {family}{note}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(raw: &str) -> Option<String> {
        clean(raw, &AddrSpec::parse("jo.doe@acme.test").unwrap())
    }

    #[test]
    fn names_are_written_as_people_write_them() {
        for (raw, expect) in [
            ("Jo Doe", "Jo Doe"),
            ("  Jo\r\n\t Doe ", "Jo Doe"),
            ("'Jo Doe'", "Jo Doe"),
            ("\"'Jo Doe'\"", "Jo Doe"),
            ("“Jo Doe”", "Jo Doe"),
            ("Jo \"J\" Doe", "Jo \"J\" Doe"),
            ("O'Brien", "O'Brien"),
            ("Doe, Jo", "Jo Doe"),
            ("Doe,Jo", "Jo Doe"),
            ("van der Berg, Anna Maria", "Anna Maria van der Berg"),
            ("Doe, Jo (Acme, Berlin)", "Jo Doe (Acme, Berlin)"),
            ("Jo Doe, Jr.", "Jo Doe, Jr."),
            ("Jo Doe, Ph.D.", "Jo Doe, Ph.D."),
            ("Acme, Inc.", "Acme, Inc."),
            ("Doe, Roe & Partners", "Doe, Roe & Partners"),
            ("Room 4, Floor 2", "Room 4, Floor 2"),
            ("a, b, c", "a, b, c"),
            ("Doe,", "Doe,"),
            ("Pri\u{200b}ya \u{202e}x\u{1b}[31m", "Priya x[31m"),
            ("王小明", "王小明"),
            ("Jo @ Acme", "Jo @ Acme"),
            ("Jo Doe <jo.doe@acme.test>", "Jo Doe"),
            ("boss@example.org Jo", "Jo"),
        ] {
            assert_eq!(name(raw).as_deref(), Some(expect), "{raw:?}");
        }
        assert_eq!(name(&"ä".repeat(500)), Some("ä".repeat(128)));
    }

    #[test]
    fn an_address_is_no_name() {
        for raw in [
            "",
            " \t",
            "''",
            "\"",
            "Jo.Doe@ACME.test",
            "'jo.doe@acme.test'",
            "boss@example.org",
            "<boss@example.org>",
            "\u{202e}",
        ] {
            assert_eq!(name(raw), None, "{raw:?}");
        }
    }

    proptest! {
        #[test]
        fn names_are_short_visible_and_stable(raw in any::<String>()) {
            if let Some(name) = name(&raw) {
                prop_assert!(!crate::text::has_hidden(&name));
                prop_assert!(name.chars().count() <= MAX_CHARS);
                prop_assert!(!name.starts_with(' ') && !name.ends_with(' '));
            }
        }
    }
}
