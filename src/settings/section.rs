//! A table of the configuration, seen through all its layers, and the ledger of what was found.
//!
//! Whoever reads a [`Section`] asks for its keys by name; whatever nobody asked for is unknown.
//! So the keys that exist are written down once, where they are read, and nothing else can be in
//! a file without being told.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use toml::de::{DeTable, DeValue};

use super::Provenance;
use super::document::{Document, entry};
use super::fault::{Fault, Origin, nearest};
use super::value::{Read, Value, Wrong};
use crate::text::Shown;

/// What was found while reading.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
    pub(super) provenance: Vec<Provenance>,
    /// Paths that should be there, each with its place and key.
    pub(super) paths: Vec<(Origin, String, PathBuf)>,
    known: BTreeSet<(String, &'static str)>,
    unknown: Vec<Unknown>,
}

#[derive(Debug)]
struct Unknown {
    origin: Origin,
    section: String,
    key: String,
}

impl Ledger {
    /// Notes a fault.
    pub(super) fn fault(
        &mut self,
        origin: Origin,
        key: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let (key, what, remedy) = (key.into(), what.into(), remedy.into());
        self.faults.push(Fault { origin, key, what, remedy });
    }

    /// Every key that was asked for, as `section.key`.
    #[cfg(test)]
    pub(super) fn known(&self) -> BTreeSet<String> {
        self.known.iter().map(|(section, key)| name(section, key)).collect()
    }

    /// Says of every key that nobody asked for what was probably meant: only at the end, since
    /// it may be known elsewhere.
    pub(super) fn settle(&mut self) {
        for Unknown { origin, section, key } in std::mem::take(&mut self.unknown) {
            let here = self.known.iter().filter(|(of, _)| *of == section).map(|(_, key)| *key);
            let elsewhere = self.known.iter().find(|(of, known)| *known == key && !of.is_empty());
            let remedy = match (nearest(&key, here.clone()), elsewhere) {
                (Some(near), _) => format!("did you mean {near}?"),
                (None, Some((of, _))) => format!("it belongs under [{of}]"),
                (None, None) => format!("known here: {}", here.collect::<Vec<_>>().join(", ")),
            };
            self.fault(origin, name(&section, &Shown(&key).to_string()), "no such key", remedy);
        }
    }
}

fn name(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

/// A table in one layer.
#[derive(Clone, Debug)]
struct Part<'t> {
    document: &'t Document<'t>,
    table: &'t DeTable<'t>,
    /// Where the table begins; empty for a whole document.
    span: Range<usize>,
}

/// A table, least important layer first.
#[derive(Debug)]
pub(super) struct Section<'t> {
    name: String,
    label: String,
    parts: Vec<Part<'t>>,
    asked: Vec<&'static str>,
}

impl<'t> Section<'t> {
    /// The whole configuration.
    pub(super) fn root(documents: &'t [Document<'t>]) -> Self {
        let part =
            |document: &'t Document<'t>| Part { document, table: &document.root, span: 0..0 };
        let parts = documents.iter().map(part).collect();
        Self { name: String::new(), label: String::new(), parts, asked: Vec::new() }
    }

    /// Where the table stands, in its most important layer.
    pub(super) fn origin(&self) -> Origin {
        self.parts.last().map_or(Origin::Default, |part| part.document.origin(&part.span))
    }

    /// The full name of a key in here.
    pub(super) fn key(&self, key: &str) -> String {
        name(&self.name, key)
    }

    /// What this one of several tables is called where values are listed.
    pub(super) fn call(&mut self, label: &str) {
        self.label = format!("{}.{}", self.name, Shown(label));
    }

    /// A value that may be left out. `None` also for a wrong one, which is noted.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        ledger: &mut Ledger,
        read: impl FnOnce(&Value<'t>) -> Read<T>,
    ) -> Option<T> {
        let value = self.find(key, ledger)?;
        match read(&value) {
            Ok(read) => {
                ledger.provenance.push(Provenance {
                    key: name(&self.label, key),
                    value: value.document.excerpt(&value.span),
                    origin: value.origin(),
                });
                Some(read)
            }
            Err(wrongs) => {
                for Wrong { span, what, remedy } in wrongs {
                    ledger.fault(value.document.origin(&span), self.key(key), what, remedy);
                }
                None
            }
        }
    }

    /// A value that must be there; the example is shown when it is not.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        example: &str,
        ledger: &mut Ledger,
        read: impl FnOnce(&Value<'t>) -> Read<T>,
    ) -> Option<T> {
        if self.find(key, ledger).is_none() {
            let remedy = format!("add a line such as {key} = {example}");
            ledger.fault(self.origin(), self.key(key), "is missing", remedy);
        }
        self.optional(key, ledger, read)
    }

    /// Whether some layer has the key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.parts.iter().any(|part| entry(part.table, key).is_some())
    }

    /// A table inside this one; `None` when there is none, or when it is no table, which is noted.
    pub(super) fn table(&mut self, key: &'static str, ledger: &mut Ledger) -> Option<Self> {
        let value = self.find(key, ledger)?;
        let found = self.table_if(key, ledger);
        if found.is_none() {
            let (is, remedy) = match value.item {
                DeValue::Array(_) => ("is a list of tables", format!("write [{}]", self.key(key))),
                _ => (value.is(), format!("write a line [{}] and its keys below", self.key(key))),
            };
            ledger.fault(
                value.origin(),
                self.key(key),
                format!("{is}, but must be one table"),
                remedy,
            );
        }
        found
    }

    /// A table inside this one; `None` when it is none in its most important layer, or missing.
    pub(super) fn table_if(&mut self, key: &'static str, ledger: &mut Ledger) -> Option<Self> {
        self.ask(key, ledger);
        let mut parts = Vec::new();
        // A layer in which it is no table hides those below it.
        for part in self.parts.iter().rev() {
            let Some((_, value)) = entry(part.table, key) else { continue };
            let DeValue::Table(table) = value.get_ref() else { break };
            parts.push(Part { document: part.document, table, span: value.span() });
        }
        parts.reverse();
        let label = name(&self.label, key);
        (!parts.is_empty()).then(|| Self { name: self.key(key), label, parts, asked: Vec::new() })
    }

    /// The tables of a list, from the most important layer that has any.
    pub(super) fn tables(&mut self, key: &'static str, ledger: &mut Ledger) -> Vec<Self> {
        let Some(value) = self.find(key, ledger) else { return Vec::new() };
        let DeValue::Array(items) = value.item else {
            let what = format!("{}, but there may be several", value.is());
            ledger.fault(value.origin(), self.key(key), what, format!("write [[{key}]]"));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in items {
            let item = Value { document: value.document, item: item.get_ref(), span: item.span() };
            if let DeValue::Table(table) = item.item {
                let part = Part { document: item.document, table, span: item.span };
                let (name, label) = (self.key(key), self.key(key));
                sections.push(Self { name, label, parts: vec![part], asked: Vec::new() });
            } else {
                let what = format!("holds {}, but must hold tables", item.noun());
                ledger.fault(item.origin(), self.key(key), what, format!("write [[{key}]]"));
            }
        }
        sections
    }

    /// Ends the reading: whatever nobody asked for is unknown.
    pub(super) fn close(self, ledger: &mut Ledger) {
        for part in &self.parts {
            for key in part.table.keys().filter(|key| !self.asked.contains(&&**key.get_ref())) {
                ledger.unknown.push(Unknown {
                    origin: part.document.origin(&key.span()),
                    section: self.name.clone(),
                    key: key.get_ref().to_string(),
                });
            }
        }
    }

    fn ask(&mut self, key: &'static str, ledger: &mut Ledger) {
        self.asked.push(key);
        ledger.known.insert((self.name.clone(), key));
    }

    fn find(&mut self, key: &'static str, ledger: &mut Ledger) -> Option<Value<'t>> {
        self.ask(key, ledger);
        self.parts.iter().rev().find_map(|part| {
            let (_, value) = entry(part.table, key)?;
            Some(Value { document: part.document, item: value.get_ref(), span: value.span() })
        })
    }
}
