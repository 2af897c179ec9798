//! A telephone number, written so that equal numbers are equal texts.
//!
//! A number with its country begins with `+` (ITU-T E.164); `00` and RFC 3966 `tel:` are read as
//! that. A national number stays as it is: which country it belongs to is not on the card, and
//! guessing it from the user's own zone would make two humans one.

use std::fmt;

/// A telephone number: digits, with a `+` before them where the country is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(Box<str>);

impl Number {
    /// Reads a number as people write them. `None` for anything with fewer than five digits, which
    /// is an extension and says nothing outside its own house, or with more than the fifteen that
    /// E.164 allows.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = match text.split_at_checked(4) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest,
            _ => text,
        };
        // Extensions, pauses and parameters: the number before them is the line that rings.
        let end = text.find([';', ',', 'x', 'X', 'p', 'w', '#', '*']).unwrap_or(text.len());
        let text = text.get(..end)?.replace("(0)", "");
        let fine = |c: char| c.is_ascii_digit() || "+-.()/ \u{a0}\u{2011}\u{2013}".contains(c);
        if !text.chars().all(fine) {
            return None;
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let (international, digits) = match (text.starts_with('+'), digits.strip_prefix("00")) {
            (true, _) => (true, digits.as_str()),
            (false, Some(rest)) => (true, rest),
            (false, None) => (false, digits.as_str()),
        };
        let plus = if international { "+" } else { "" };
        (5..=15).contains(&digits.len()).then(|| Self(format!("{plus}{digits}").into()))
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its country is known, so that it is the same number everywhere.
    pub fn is_international(&self) -> bool {
        self.0.starts_with('+')
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_are_equal_texts() {
        for (text, expect) in [
            ("+49 (0)30 123-456", Some("+4930123456")),
            ("0049 30 123456", Some("+4930123456")),
            ("tel:+49-30-123456;ext=7", Some("+4930123456")),
            ("TEL:+493012\u{a0}3456", Some("+4930123456")),
            ("+1 (555) 010-9999 x12", Some("+15550109999")),
            ("030/123456", Some("030123456")),
            ("030 123456", Some("030123456")),
            ("(555) 010.9999", Some("5550109999")),
            ("0041 44 668 18 00", Some("+41446681800")),
            ("12", None),
            ("4711", None),
            ("+1234567890123456", None),
            ("call me", None),
            ("+49 30 CALL", None),
            ("", None),
            ("+", None),
        ] {
            let number = Number::parse(text);
            assert_eq!(number.as_ref().map(Number::as_str), expect, "{text:?}");
            if let Some(number) = number {
                assert_eq!(Number::parse(number.as_str()), Some(number.clone()));
            }
        }
    }
}
