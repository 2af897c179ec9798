//! What is wrong with a configuration, said so that it can be put right.
//!
//! A [`Fault`] is one sentence: where, which key, what is wrong, what to do. Faults are collected
//! rather than returned at the first, so that a file is corrected in one go. A value is quoted
//! only through [`Shown`], and one that may be a password never is.

use std::fmt;
use std::path::PathBuf;

use crate::text::Shown;

/// Where a value comes from. Later variants win over earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The defaults inside the program.
    Default,
    /// A file.
    File {
        /// The file.
        path: PathBuf,
        /// Line, from 1; 0 when it is about the file as a whole.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// A variable of the environment, by name.
    Environment(String),
    /// `--set`, with what follows it.
    Argument(String),
}

impl Origin {
    /// Whether nobody has set it.
    pub fn is_default(&self) -> bool {
        *self == Self::Default
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line: 0, .. } => write!(f, "{}", path.display()),
            Self::File { path, line, column } => {
                write!(f, "{}:{line}:{column}", path.display())
            }
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Argument(set) => write!(f, "--set {}", Shown(set)),
        }
    }
}

/// One thing that is wrong, or, as a warning, that looks wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub origin: Origin,
    /// Which key, as `section.key`; empty when it is about no single one.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.origin)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; {}", self.what, self.remedy)
    }
}

/// Everything that is wrong: at least one fault, in the order of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Sorts by place; `None` when nothing is wrong.
    pub(super) fn of(mut faults: Vec<Fault>) -> Option<Self> {
        faults.sort_by(|a, b| a.origin.cmp(&b.origin));
        (!faults.is_empty()).then_some(Self(faults))
    }

    /// Nothing is wrong, and yet something is missing: no layer has it, not even the lowest.
    pub(super) fn incomplete() -> Self {
        Self(vec![Fault {
            origin: Origin::Default,
            key: String::new(),
            what: "the defaults inside the program are incomplete".to_owned(),
            remedy: "report it, please".to_owned(),
        }])
    }

    /// Each of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Fault> {
        self.0.iter()
    }

    /// Whether all of them were typed on the command line: then it is a matter of usage.
    pub fn only_arguments(&self) -> bool {
        self.0.iter().all(|fault| matches!(fault.origin, Origin::Argument(_)))
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() > 1 {
            write!(f, "{} mistakes in the configuration", self.0.len())?;
        }
        for fault in &self.0 {
            let lead = if self.0.len() > 1 { "\n  " } else { "" };
            write!(f, "{lead}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// The nearest of the known words; `None` when none is near.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&word, &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness >= 0.84)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_named_and_a_far_one_is_not() {
        let check = |word, expect| {
            assert_eq!(nearest(word, ["per-day", "per-week", "later"]), expect, "{word}");
        };
        check("per-dya", Some("per-day"));
        check("per_day", Some("per-day"));
        check("perday", Some("per-day"));
        check("PER-WEEK", Some("per-week"));
        check("latter", Some("later"));
        check("budget", None);
        check("", None);
    }
}
