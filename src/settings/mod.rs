//! Settings: layers of TOML to plain values for the rooms, and where each value came from.
//!
//! Least important first: `config/hallway.toml`, compiled in ([`DEFAULTS`]); the system's files
//! (`/etc/xdg/hallway/config.toml`); the user's file; the environment (`HALLWAY_NUDGE_PER_DAY=2`);
//! arguments (`--set nudge.per-day=2`). Tables are merged key by key; a list is taken whole from
//! the most important layer that has it, since nobody can take an entry out of a list that only
//! ever grows. A file named outright (`--config`, `HALLWAY_CONFIG`) stands for system and user
//! files alike, so that it alone decides.
//!
//! [`load`] is the only entrance. It refuses a configuration with any fault, and then tells all of
//! them; it starts no program, opens no source and writes nothing. Rooms receive their own plain
//! values from [`Settings`], never the whole.

mod accounts;
mod contacts;
mod document;
mod environment;
mod fault;
mod layers;
mod relations;
mod resolve;
mod section;
mod server;
#[cfg(test)]
mod tests;
mod value;

use std::path::{Path, PathBuf};

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

pub use accounts::{Account, Role};
pub use environment::{Environment, Paths};
pub use fault::{Fault, Faults, Origin};
pub use value::{days_of, time_of, weekday_of};

use crate::people::Rules;
use document::{Document, Text};
use section::Ledger;

/// Every setting with its default, and examples: the lowest layer, and the manual.
pub const DEFAULTS: &str = include_str!("../../config/hallway.toml");

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where files are.
    pub paths: Paths,
    /// Who is who.
    pub rules: Rules,
    /// Mailboxes, in the order written.
    pub mail: Vec<Account>,
    /// Calendars, in the order written.
    pub calendars: Vec<Account>,
    /// Address books, in the order written.
    pub contacts: Vec<Account>,
    /// The user's zone.
    pub zone: TimeZone,
    /// When the user works.
    pub work: WorkHours,
    /// Calendar categories that mean absence, as written; compared without case.
    pub absence_categories: Vec<String>,
    /// How much is said, and when.
    pub nudge: NudgeSettings,
    /// When a digest is written, and how.
    pub digest: DigestSettings,
    /// How it looks on the desktop.
    pub desktop: DesktopSettings,
    /// What looks wrong but need not be: paths that are not there, a file others may write.
    pub warnings: Vec<Fault>,
    provenance: Vec<Provenance>,
}

/// When the user works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkHours {
    /// The days, Monday first, at least one.
    pub days: Vec<Weekday>,
    /// From this time of the day on.
    pub from: Time,
    /// Until this time, later than `from`.
    pub to: Time,
}

/// A span of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Its beginning.
    pub from: Time,
    /// Its end, later than the beginning; [`Time::MAX`] for midnight.
    pub to: Time,
}

/// How much is said, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NudgeSettings {
    /// Nudges a day, from 1 to 10.
    pub per_day: u32,
    /// Nudges an ISO week, from `per_day` to 50.
    pub per_week: u32,
    /// Days between two nudges about one client.
    pub client_rest_days: u32,
    /// Days that "later" puts a nudge off.
    pub later_days: u32,
    /// When nudges may come.
    pub hours: Hours,
    /// Days of silence after the very first scan; 0 for none.
    pub quiet_days: u32,
    /// Whether one due moment in ten is left out at random.
    pub hold_out: bool,
}

/// When a digest is written, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestSettings {
    /// How often.
    pub every: Every,
    /// On which day of the week or month.
    pub on: On,
    /// At which time of that day.
    pub at: Time,
    /// In which formats, each once, in the order of [`Format`].
    pub formats: Vec<Format>,
}

/// How often a digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Every {
    /// Every ISO week.
    Week,
    /// Every calendar month.
    Month,
}

/// The day on which a digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// A day of the week; for a month, the first such day of it.
    Weekday(Weekday),
    /// A day of the month, from 1 to 28; never with [`Every::Week`].
    Day(i8),
}

/// What a digest is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// One self-contained page.
    Html,
    /// CommonMark.
    Markdown,
    /// Plain text.
    Text,
    /// The value itself.
    Json,
}

/// How it looks on the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DesktopSettings {
    /// Whether notifications are shown at all.
    pub notifications: bool,
    /// Whether they name nobody.
    pub discreet: bool,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The key; tables of a list are told apart by their name: `mail.archive.path`.
    pub key: String,
    /// The value as it is written there, on one line.
    pub value: String,
    /// Where that is.
    pub origin: Origin,
}

/// What was asked for on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The one configuration file to read; `None` for the usual ones.
    pub config: Option<PathBuf>,
    /// Settings as `key=value`, the last one wins.
    pub set: Vec<String>,
}

/// Reads all layers.
pub fn load(environment: &Environment, request: &Request) -> Result<Settings, Faults> {
    let mut ledger = Ledger::default();
    let named = request.config.clone().or_else(|| environment.config_file());
    let paths = layers::paths(environment, named.as_deref(), &mut ledger);
    let mut texts = vec![layers::inside()];
    if let Some(file) = &named {
        texts.extend(layers::file(file, false, &mut ledger));
    } else if let Some(paths) = &paths {
        let files = environment.system_files().into_iter().chain([paths.config.clone()]);
        texts.extend(files.filter_map(|file| layers::file(&file, true, &mut ledger)));
    }
    texts.extend(layers::variables(environment, &mut ledger));
    texts.extend(layers::arguments(request, &mut ledger));
    resolve(&texts, paths, environment.home(), ledger)
}

/// The defaults alone, whatever files say: for what needs no configuration.
pub fn defaults(environment: &Environment) -> Result<Settings, Faults> {
    let mut ledger = Ledger::default();
    let paths = layers::paths(environment, None, &mut ledger);
    resolve(&[layers::inside()], paths, environment.home(), ledger)
}

impl Settings {
    /// Every value with its place, in the order they were read.
    pub fn provenance(&self) -> &[Provenance] {
        &self.provenance
    }

    /// Whether there is anything to read.
    pub fn has_sources(&self) -> bool {
        !(self.mail.is_empty() && self.calendars.is_empty())
    }

    /// What to write, and where, for whoever has configured nothing to read yet. Names the first
    /// of the usual mail folders that is there.
    pub fn first_steps(&self, environment: &Environment) -> String {
        let home = environment.home().unwrap_or(Path::new("/"));
        let usual = ["Maildir", "Mail", ".mail", ".local/share/mail"];
        let there = usual.into_iter().find(|folder| home.join(folder).is_dir()).unwrap_or("Mail");
        format!(
            "write these lines to {}, with your own address and the folder your mail is in:\n\n    \
             [me]\n    addresses = [\"you@your.domain\"]\n\n    \
             [[mail]]\n    type = \"maildir\"\n    path = \"~/{there}\"\n\n\
             \"hallway demo\" shows what comes of it, without any mail",
            self.paths.config.display()
        )
    }
}

fn resolve(
    texts: &[Text],
    paths: Option<Paths>,
    home: Option<&Path>,
    mut ledger: Ledger,
) -> Result<Settings, Faults> {
    let mut documents: Vec<Document<'_>> = Vec::new();
    let mut broken = false;
    for text in texts {
        match text.parse() {
            Ok(document) => documents.push(document),
            Err(faults) => {
                broken = true;
                ledger.faults.extend(faults);
            }
        }
    }
    let found = match paths {
        // What is no TOML is told alone: what follows from half a file would only confuse.
        Some(paths) if !broken => {
            resolve::settings(&documents, paths, home, &layers::system_zone, &mut ledger)
        }
        _ => None,
    };
    layers::warn_of_paths(&mut ledger);
    let Ledger { faults, warnings, provenance, .. } = ledger;
    match (found, Faults::of(faults)) {
        (Some(settings), None) => Ok(Settings { warnings, provenance, ..settings }),
        (_, Some(faults)) => Err(faults),
        (None, None) => Err(Faults::incomplete()),
    }
}
