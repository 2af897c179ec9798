//! Words of the command line as values, each with the help for a wrong one.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::when::Until;
use crate::call::How;
use crate::people::{Preference, Tier};
use crate::settings::{Format, days_of};

/// A wish that is set or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// Set to this.
    To(T),
    /// Taken back.
    Unset,
}

impl<T> Change<T> {
    /// The new wish; `None` when it is taken back.
    pub fn value(self) -> Option<T> {
        match self {
            Self::To(value) => Some(value),
            Self::Unset => None,
        }
    }
}

/// A name, an address, a client.
pub(super) fn words(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// `key=value`.
pub(super) fn assignment(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((key, _)) if !key.trim().is_empty() => Ok(text.to_owned()),
        _ => Err("write it as key=value, as in nudge.per-day=2".to_owned()),
    }
}

/// The format of a digest.
pub(super) fn format() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(["text", "html", "markdown", "json"]).map(|word| {
        match word.as_str() {
            "html" => Format::Html,
            "markdown" => Format::Markdown,
            "json" => Format::Json,
            _ => Format::Text,
        }
    })
}

/// The way of a talk.
pub(super) fn how() -> impl TypedValueParser<Value = How> {
    PossibleValuesParser::new(["call", "visit"]).map(|word| match word.as_str() {
        "visit" => How::Visit,
        _ => How::Call,
    })
}

/// A preference, or `none`.
pub(super) fn prefers() -> impl TypedValueParser<Value = Change<Preference>> {
    PossibleValuesParser::new(["phone", "visit", "video", "email", "none"]).map(|word| {
        match word.as_str() {
            "phone" => Change::To(Preference::Phone),
            "visit" => Change::To(Preference::Visit),
            "video" => Change::To(Preference::Video),
            "email" => Change::To(Preference::Email),
            _ => Change::Unset,
        }
    })
}

/// A tier, or `none`.
pub(super) fn tier() -> impl TypedValueParser<Value = Change<Tier>> {
    PossibleValuesParser::new(["A", "B", "C", "none"]).map(|word| match word.as_str() {
        "A" => Change::To(Tier::A),
        "B" => Change::To(Tier::B),
        "C" => Change::To(Tier::C),
        _ => Change::Unset,
    })
}

/// `yes` or `no`.
pub(super) fn yes_or_no() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["yes", "no"]).map(|word| word == "yes")
}

/// A day to ask again, or `none`.
pub(super) fn review(text: &str) -> Result<Change<Until>, String> {
    match text.trim() {
        "none" => Ok(Change::Unset),
        text => text.parse().map(Change::To).map_err(|help: &str| format!("{help}, or none")),
    }
}

/// A wanted rhythm, or `none`.
pub(super) fn cadence(text: &str) -> Result<Change<u32>, String> {
    if text.trim() == "none" {
        return Ok(Change::Unset);
    }
    days_of(text).map(Change::To).ok_or_else(|| {
        "write days or weeks, such as 30d or 6w, up to two years, or none".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Arguments, Command, PeopleCommand};

    fn command(words: &[&str]) -> Command {
        let words = ["hallway"].iter().chain(words);
        Arguments::try_parse_from(words).expect("a command line").command
    }

    #[test]
    fn words_become_values() {
        let Command::Talked(talked) = command(&["talked", " Jo ", "--how", "visit"]) else {
            panic!("talked is talked");
        };
        assert_eq!((talked.who.who.as_str(), talked.how, talked.minutes), ("Jo", How::Visit, None));
        let set = |words: &[&str]| match command(&[&["people", "set", "jo"], words].concat()) {
            Command::People(people) => match people.command {
                Some(PeopleCommand::Set { wishes, .. }) => (wishes.prefers, wishes.cadence),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        let email = Some(Change::To(Preference::Email));
        assert_eq!(set(&["--prefers", "email"]), (email, None));
        assert_eq!(set(&["--cadence", "6w"]), (None, Some(Change::To(42))));
        let none = ["--cadence", "none", "--prefers", "none"];
        assert_eq!(set(&none), (Some(Change::Unset), Some(Change::Unset)));
        assert_eq!((Change::To(1).value(), Change::<u32>::Unset.value()), (Some(1), None));
        let Command::Digest(digest) = command(&["digest", "--format", "markdown"]) else {
            panic!("digest is digest");
        };
        assert_eq!(digest.format, Some(Format::Markdown));
    }

    #[test]
    fn json_is_json_wherever_it_is_asked_for() {
        let check = |line: &str, expect| {
            let words: Vec<_> = line.split(' ').collect();
            assert_eq!(command(&words).json(), expect, "{line}");
        };
        for verb in ["scan", "status", "show jo", "why jo", "replay", "digest", "interactions"] {
            check(verb, false);
            check(&format!("{verb} --json"), true);
        }
        for verb in [
            "check",
            "people",
            "people list",
            "people suggest",
            "people review",
            "clients",
            "clients list",
        ] {
            check(verb, false);
            check(&format!("{verb} --json"), true);
        }
        check("clients suggest --json", true);
        check("digest --format json", true);
        check("talked jo", false);
    }
}
