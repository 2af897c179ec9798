//! What each verb does and prints.
//!
//! A verb gets a [`Session`]: settings, the time, and where to write. It opens the store, asks the
//! daemon's own functions how everybody stands, and says it, as text for people or as JSON by the
//! contract in `json`. Nothing is judged here, so `status` and a nudge cannot disagree.

mod account;
mod check;
mod clients;
mod correct;
mod demo;
mod digest;
mod interactions;
mod json;
mod people;
mod portable;
mod portrait;
mod questions;
mod replay;
mod review;
mod run;
mod scan;
mod show;
mod status;
mod tell;
mod why;
mod words;

use jiff::Zoned;

use super::failure::{Failure, Kind};
use super::when::When;
use crate::daemon::{self, Ledger, Overview, Plan};
use crate::people::{Choice, Client, Found, Hit, Person, Roster};
use crate::settings::{Environment, Settings};
use crate::store::{self, Store};
use crate::text::Shown;

pub use account::account;
pub use check::check;
pub use clients::clients;
pub use correct::correct;
pub use demo::demo;
pub use digest::digest;
pub use interactions::interactions;
pub use people::people;
pub use portable::{export, forget, import};
pub use replay::replay;
pub use run::run;
pub use scan::scan;
pub use show::show;
pub use status::status;
pub use tell::{later, mute, talked, unmute};
pub use why::why;

/// What every verb is given.
#[derive(Debug)]
pub struct Session<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The environment they were read in.
    pub environment: &'a Environment,
    /// The settings as the loop takes them.
    pub plan: Plan,
    /// Now, in the user's zone.
    pub now: Zoned,
    /// Whether to tell nothing but what was asked for.
    pub quiet: bool,
}

impl<'a> Session<'a> {
    /// A session that begins now.
    pub fn begin(settings: &'a Settings, environment: &'a Environment, quiet: bool) -> Self {
        let now = daemon::now().to_zoned(settings.zone.clone());
        Self { settings, environment, plan: Plan::of(settings), now, quiet }
    }

    /// Whether `people mine` said of an address that it is the user's, which is as good as a
    /// configured one.
    pub fn has_said_who_i_am(&self) -> bool {
        let known = self.reading().and_then(|store| Ok(store.decisions()?));
        known.is_ok_and(|all| all.iter().any(|one| one.choice == Choice::Mine(true)))
    }

    /// The store, to read.
    fn reading(&self) -> Result<Store, Failure> {
        let path = self.settings.paths.database();
        if !path.exists() {
            let nothing = Failure::try_again("nothing has been read yet");
            return Err(nothing.hint("\"hallway scan\" reads your mailboxes and calendars"));
        }
        Ok(Store::open_read_only(&path)?)
    }

    /// The store, to write.
    fn writing(&self) -> Result<Store, Failure> {
        let store = Store::open(&self.settings.paths.database())?;
        if store.repaired() && !self.quiet {
            tracing::warn!("the database could be read by others; it no longer can");
        }
        Ok(store)
    }

    /// Everything known, to be judged as of a moment or any from then until now.
    fn ledger(&self, store: &Store, since: jiff::Timestamp) -> Result<Ledger, Failure> {
        let now = self.now.timestamp();
        let roster = daemon::roster(store, &self.plan, now)?;
        Ok(Ledger::load(store, &self.plan, roster, (since, since.max(now)))?)
    }

    /// The moment `--as-of` means.
    fn as_of(&self, when: Option<&When>) -> Result<Zoned, Failure> {
        let moment = when.map_or(Ok(self.now.clone()), |when| when.as_of(&self.now));
        moment.map_err(|wrong| Failure::data(format!("--as-of: {wrong}")))
    }

    /// How everybody stood at the moment `--as-of` means, and what tells it.
    fn overview(&self, store: &Store, when: Option<&When>) -> Result<(Ledger, Overview), Failure> {
        let as_of = self.as_of(when)?.timestamp();
        let ledger = self.ledger(store, as_of)?;
        let overview = ledger.at(as_of);
        Ok((ledger, overview))
    }
}

/// A person or a client somebody named on the command line.
enum Named<'a> {
    Person(&'a Person),
    Client(&'a Client),
}

/// Whom a text names; several or nobody is a failure that lists what was meant perhaps.
fn named<'a>(roster: &'a Roster, who: &str) -> Result<Named<'a>, Failure> {
    match roster.find(who) {
        Found::One(Hit::Person(person)) => Ok(Named::Person(person)),
        Found::One(Hit::Client(client)) => Ok(Named::Client(client)),
        Found::None => Err(Failure::data(format!("nobody is known as \"{}\"", Shown(who)))
            .hint("\"hallway people\" lists everybody")),
        Found::Many(hits) => {
            let mut lines = String::from("say which one:");
            for hit in hits.iter().take(12) {
                let line = match hit {
                    Hit::Person(person) => {
                        let address = Shown(person.id.0.as_str());
                        format!("\n    {}, {address}", Shown(&person.name))
                    }
                    Hit::Client(client) => format!("\n    {}, a client", Shown(&client.id.0)),
                };
                lines += &line;
            }
            if hits.len() > 12 {
                lines += &format!("\n    and {} more", hits.len() - 12);
            }
            let several = format!("\"{}\" may be {} people or clients", Shown(who), hits.len());
            Err(Failure::data(several).hint(lines))
        }
    }
}

/// A person somebody named; a client with one person means that person.
fn person<'a>(roster: &'a Roster, who: &str) -> Result<&'a Person, Failure> {
    match named(roster, who)? {
        Named::Person(person) => Ok(person),
        Named::Client(client) => {
            let mut members: Vec<&Person> = roster.members(&client.id).collect();
            members.sort_by_key(|person| (!person.key, !person.tracked));
            match members.as_slice() {
                [one] => Ok(one),
                [] => Err(Failure::data(format!("nobody is known of {}", Shown(&client.id.0)))),
                several => {
                    let mut lines = String::from("say with whom of them:");
                    for person in several.iter().take(12) {
                        let address = Shown(person.id.0.as_str());
                        lines += &format!("\n    {}, {address}", Shown(&person.name));
                    }
                    let question = format!("{} is a client", Shown(&client.id.0));
                    Err(Failure::data(question).hint(lines))
                }
            }
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let kind = match &error {
            store::Error::Busy { .. }
            | store::Error::Full { .. }
            | store::Error::Missing { .. }
            | store::Error::Stopped { .. }
            | store::Error::Io { .. } => Kind::TryAgain,
            store::Error::Corrupt { .. }
            | store::Error::Newer { .. }
            | store::Error::Refused { .. } => Kind::Config,
            store::Error::Bug { .. } => Kind::Software,
        };
        let hint = error.remedy();
        let failure = Self::new(kind, error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
