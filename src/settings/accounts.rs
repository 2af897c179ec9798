//! Mailboxes and calendars: `[[mail]]` and `[[calendar]]`.
//!
//! Which keys there may be depends on the type; a key of another type is an unknown one here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::section::{Ledger, Section};
use super::server::{self, Known};
use super::value::{choice, list, path, placed, quoted, text};
use crate::secret::Place;
use crate::source::http::Address;
use crate::source::net::Trust;
use crate::source::{Spec, imap};

/// What a source is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A mailbox.
    Mail,
    /// A calendar whose events are talks.
    Work,
    /// A calendar whose all-day events close days.
    Holidays,
    /// A calendar that is not to be read.
    Ignore,
    /// An address book.
    Contacts,
}

/// A mailbox or calendar to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name, unique among mailboxes or among calendars, the case ignored.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Where it is.
    pub spec: Spec,
    /// Where its password or token is; `None` for one that needs none.
    pub secret: Option<Place>,
}

impl Account {
    /// A name that is unique among all sources: `mail/archive`, `calendar/work`.
    pub fn id(&self) -> String {
        match self.role {
            Role::Mail => format!("mail/{}", self.name),
            Role::Work | Role::Holidays | Role::Ignore => format!("calendar/{}", self.name),
            Role::Contacts => format!("contacts/{}", self.name),
        }
    }
}

#[derive(Clone, Copy)]
enum MailType {
    Maildir,
    Mbox,
    Imap,
}

#[derive(Clone, Copy)]
enum CalendarType {
    Vdir,
    Ics,
    Caldav,
}

/// Reads `[[mail]]`.
pub(super) fn mail(
    root: &mut Section<'_>,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Vec<Account> {
    let mut accounts = Vec::new();
    for section in root.tables("mail", ledger) {
        let origin = section.origin();
        accounts.extend(mailbox(section, home, ledger).map(|account| (origin, account)));
    }
    unique("mail.name", accounts, ledger)
}

/// Reads `[[calendar]]`.
pub(super) fn calendars(
    root: &mut Section<'_>,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Vec<Account> {
    let mut accounts = Vec::new();
    for section in root.tables("calendar", ledger) {
        let origin = section.origin();
        accounts.extend(calendar(section, home, ledger).map(|account| (origin, account)));
    }
    unique("calendar.name", accounts, ledger)
}

fn mailbox(mut section: Section<'_>, home: Option<&Path>, ledger: &mut Ledger) -> Option<Account> {
    let name = name(&mut section, ledger);
    let types = choice(&[
        ("maildir", MailType::Maildir),
        ("mbox", MailType::Mbox),
        ("imap", MailType::Imap),
    ]);
    // Without a type nothing more can be said.
    let kind = section.required("type", "\"maildir\"", ledger, types)?;
    let (include, exclude) = patterns(&mut section, ledger);
    let spec: fn(PathBuf, Vec<String>, Vec<String>) -> Spec = match kind {
        MailType::Maildir => |path, include, exclude| Spec::Maildir { path, include, exclude },
        MailType::Mbox => |path, include, exclude| Spec::Mbox { path, include, exclude },
        MailType::Imap => {
            let server = server::server(&mut section, home, ledger);
            let login = server::login(&mut section, home, ledger);
            section.close(ledger);
            let (server, (login, secret)) = (server?, login?);
            let name = name.unwrap_or_else(|| server.host.clone());
            let spec = Spec::Imap(Box::new(imap::Account { server, login, include, exclude }));
            return Some(Account { name, role: Role::Mail, spec, secret: Some(secret) });
        }
    };
    let path = folder(&mut section, "\"~/Mail\"", home, ledger);
    section.close(ledger);
    let path = path?;
    let name = name.unwrap_or_else(|| last_part(&path));
    let spec = spec(path, include, exclude);
    Some(Account { name, role: Role::Mail, spec, secret: None })
}

fn calendar(mut section: Section<'_>, home: Option<&Path>, ledger: &mut Ledger) -> Option<Account> {
    let name = name(&mut section, ledger);
    let types = choice(&[
        ("vdir", CalendarType::Vdir),
        ("ics", CalendarType::Ics),
        ("caldav", CalendarType::Caldav),
    ]);
    let kind = section.required("type", "\"vdir\"", ledger, types)?;
    let roles =
        choice(&[("work", Role::Work), ("holidays", Role::Holidays), ("ignore", Role::Ignore)]);
    let role = section.optional("role", ledger, roles).unwrap_or(Role::Work);
    let spec: fn(PathBuf) -> Spec = match kind {
        CalendarType::Vdir => |path| Spec::Vdir { path },
        CalendarType::Ics if !section.has("url") => |path| Spec::Ics { path },
        CalendarType::Ics if section.has("path") => {
            let remedy = "keep the path or the url, not both";
            ledger.fault(section.origin(), "calendar.path", "is given beside a url", remedy);
            return None;
        }
        CalendarType::Ics => {
            let (address, trust, login) = web(&mut section, home, ledger);
            section.close(ledger);
            let (url, trust, login) = (address?, trust?, login?);
            let name = name.unwrap_or_else(|| url.host().to_owned());
            let (login, secret) = login.unzip();
            return Some(Account { name, role, spec: Spec::Feed { url, login, trust }, secret });
        }
        CalendarType::Caldav => return dav(section, name, role, home, ledger),
    };
    let path = folder(&mut section, "\"~/.calendars/work\"", home, ledger);
    section.close(ledger);
    let path = path?;
    let name = name.unwrap_or_else(|| last_part(&path));
    Some(Account { name, role, spec: spec(path), secret: None })
}

/// Reads an account of calendars, or of address books by its role, over WebDAV.
pub(super) fn dav(
    mut section: Section<'_>,
    name: Option<String>,
    role: Role,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Option<Account> {
    let (address, trust, login) = web(&mut section, home, ledger);
    let (include, exclude) = patterns(&mut section, ledger);
    section.close(ledger);
    let (url, trust, login) = (address?, trust?, login?);
    let name = name.unwrap_or_else(|| url.host().to_owned());
    let (login, secret) = login.unzip();
    let spec = match role {
        Role::Contacts => Spec::Carddav { url, login, trust, include, exclude },
        Role::Mail | Role::Work | Role::Holidays | Role::Ignore => {
            Spec::Caldav { url, login, trust, include, exclude }
        }
    };
    Some(Account { name, role, spec, secret })
}

/// Reads where calendars or address books on the web are, whom to believe there, and who asks.
fn web(
    section: &mut Section<'_>,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> (Option<Address>, Option<Trust>, Option<Option<Known>>) {
    let address = section.required("url", "\"https://dav.agency.test/\"", ledger, server::address);
    let trust = server::trust(section, home, ledger);
    (address, trust, server::maybe_login(section, home, ledger))
}

/// Reads which mailboxes, calendars or address books of an account count.
fn patterns(section: &mut Section<'_>, ledger: &mut Ledger) -> (Vec<String>, Vec<String>) {
    let [include, exclude] = ["include", "exclude"].map(|key| {
        let patterns = section.optional(key, ledger, list(text));
        patterns.into_iter().flatten().map(|pattern| pattern.value).collect()
    });
    (include, exclude)
}

pub(super) fn name(section: &mut Section<'_>, ledger: &mut Ledger) -> Option<String> {
    let name = section.optional("name", ledger, text)?;
    section.call(&name);
    Some(name)
}

pub(super) fn folder(
    section: &mut Section<'_>,
    example: &str,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Option<PathBuf> {
    let found = section.required("path", example, ledger, placed(path(home)))?;
    ledger.paths.push((found.origin(), section.key("path"), found.value.clone()));
    Some(found.value)
}

pub(super) fn last_part(path: &Path) -> String {
    path.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Keeps the accounts if no two of them are called the same.
pub(super) fn unique(
    key: &str,
    accounts: Vec<(super::Origin, Account)>,
    ledger: &mut Ledger,
) -> Vec<Account> {
    let mut seen = BTreeSet::new();
    for (origin, account) in &accounts {
        if !seen.insert(account.name.to_lowercase()) {
            let what = format!("{} is the name of two of them", quoted(&account.name));
            ledger.fault(origin.clone(), key, what, "give each a name of its own");
        }
    }
    accounts.into_iter().map(|(_, account)| account).collect()
}
