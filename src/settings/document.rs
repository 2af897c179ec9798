//! One layer of the configuration: a TOML text, where it comes from, and its parse tree.
//!
//! A variable of the environment and a `--set` argument are layers too, of one line each, so that
//! whatever can go wrong in a file is found and told in the same way there.
//!
//! Why no serde shapes with `deny_unknown_fields`: they stop at the first fault, know no place
//! for a missing key, and lose the place inside tagged unions (`type = "imap"`), so every check
//! would be written twice. The parse tree has the place of every key and value.

use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Origin};

/// The text of a layer.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) source: Source,
    pub(super) text: String,
}

/// Where a layer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Default,
    File(PathBuf),
    Environment(String),
    Argument(String),
}

/// A layer that was parsed.
#[derive(Debug)]
pub(super) struct Document<'a> {
    layer: &'a Text,
    pub(super) root: DeTable<'a>,
}

impl Text {
    /// A layer that sets one key; the value is TOML where it can be read as such, else text, so
    /// that nobody has to quote `Europe/Berlin` twice.
    pub(super) fn setting(source: Source, key: &str, value: &str) -> Self {
        let value = match DeValue::parse(value) {
            Ok(_) => value.to_owned(),
            Err(_) => toml::Value::String(value.to_owned()).to_string(),
        };
        Self { source, text: format!("{key} = {value}") }
    }

    /// The origin of what stands at this byte.
    pub(super) fn origin(&self, at: usize) -> Origin {
        match &self.source {
            Source::Default => Origin::Default,
            Source::Environment(name) => Origin::Environment(name.clone()),
            Source::Argument(set) => Origin::Argument(set.clone()),
            Source::File(path) => {
                let before = self.text.get(..at).unwrap_or(&self.text);
                let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
                Origin::File {
                    path: path.clone(),
                    line: before.matches('\n').count() + 1,
                    column: before.get(line_start..).map_or(0, |line| line.chars().count()) + 1,
                }
            }
        }
    }

    /// Parses the text, or says everything that is no TOML in it.
    pub(super) fn parse(&self) -> Result<Document<'_>, Vec<Fault>> {
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        if errors.is_empty() {
            return Ok(Document { layer: self, root: root.into_inner() });
        }
        let fault = |error: &toml::de::Error| {
            let (what, remedy) = plain(error.message());
            let at = error.span().map_or(0, |span| span.start);
            Fault { origin: self.origin(at), key: String::new(), what, remedy: remedy.to_owned() }
        };
        let mut errors: Vec<_> = errors.iter().collect();
        errors.sort_by_key(|error| error.span().map_or(0, |span| span.start));
        let sure = errors.iter().take_while(|error| self_contained(error.message())).count();
        Err(errors.into_iter().take(sure + 1).map(fault).collect())
    }
}

/// Whether the parser knows where the broken value ends; after any other error it may be lost.
fn self_contained(message: &str) -> bool {
    message.contains("duplicate key") || message.contains("must be quoted")
}

/// What a parser says, as somebody would who is not one.
fn plain(message: &str) -> (String, &'static str) {
    let remedy = if message.contains("duplicate key") {
        "keep one of the two"
    } else if message.contains("must be quoted") {
        "put the value between double quotes"
    } else {
        "look for a missing quote, bracket or equals sign"
    };
    (format!("not valid TOML: {message}"), remedy)
}

impl Document<'_> {
    /// The origin of what stands at this place.
    pub(super) fn origin(&self, span: &Range<usize>) -> Origin {
        self.layer.origin(span.start)
    }

    /// The text at this place on one line.
    pub(super) fn excerpt(&self, span: &Range<usize>) -> String {
        let text = self.layer.text.get(span.clone()).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Keys with a single value each that stand in tables, as `section.key`: the ones that a
/// variable of the environment can set.
pub(super) fn settable(root: &DeTable<'_>) -> Vec<String> {
    let tables = root.iter().filter_map(|(name, value)| match value.get_ref() {
        DeValue::Table(table) => Some((name.get_ref(), table)),
        _ => None,
    });
    tables
        .flat_map(|(name, table)| table.keys().map(move |key| format!("{name}.{}", key.get_ref())))
        .collect()
}

/// The entry of a table under this key: the place of the key, and the value.
pub(super) fn entry<'t, 'a>(
    table: &'t DeTable<'a>,
    key: &str,
) -> Option<(Range<usize>, &'t Spanned<DeValue<'a>>)> {
    let (name, value) = table.iter().find(|(name, _)| name.get_ref() == key)?;
    Some((name.span(), value))
}
