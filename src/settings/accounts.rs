//! Mailboxes and calendars: `[[mail]]` and `[[calendar]]`.
//!
//! Every type of the configuration format is read and checked in full, also those that this
//! version cannot scan yet (`imap`, `caldav`, `ics` by `url`): a file written for a later version
//! is understood, and told plainly that it comes too early, instead of being called wrong.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::section::{Ledger, Section};
use super::value::{Read, Value, choice, flag, list, path, placed, quoted, text, url};
use crate::source::Spec;

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
}

impl Account {
    /// A name that is unique among all sources: `mail/archive`, `calendar/work`.
    pub fn id(&self) -> String {
        match self.role {
            Role::Mail => format!("mail/{}", self.name),
            Role::Work | Role::Holidays | Role::Ignore => format!("calendar/{}", self.name),
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
    // Which keys there may be depends on the type; without one nothing more can be said.
    let kind = section.required("type", "\"maildir\"", ledger, placed(types))?;
    let include = section.optional("include", ledger, list(text));
    let exclude = section.optional("exclude", ledger, list(text));
    let [include, exclude] = [include, exclude]
        .map(|patterns| patterns.into_iter().flatten().map(|pattern| pattern.value).collect());
    let spec: fn(PathBuf, Vec<String>, Vec<String>) -> Spec = match kind.value {
        MailType::Maildir => |path, include, exclude| Spec::Maildir { path, include, exclude },
        MailType::Mbox => |path, include, exclude| Spec::Mbox { path, include, exclude },
        MailType::Imap => {
            section.required("host", "\"imap.agency.test\"", ledger, host);
            section.required("user", "\"ana@agency.test\"", ledger, text);
            password(&mut section, ledger);
            section.close(ledger);
            let what = "this version reads mail from disk (maildir, mbox), not from a server";
            let remedy = "keep a copy with mbsync or offlineimap and name its folder, or take this \
                          [[mail]] out";
            ledger.fault(kind.origin(), "mail.type", what, remedy);
            return None;
        }
    };
    let path = folder(&mut section, "\"~/Mail\"", home, ledger);
    section.close(ledger);
    let path = path?;
    let name = name.unwrap_or_else(|| last_part(&path));
    Some(Account { name, role: Role::Mail, spec: spec(path, include, exclude) })
}

fn calendar(mut section: Section<'_>, home: Option<&Path>, ledger: &mut Ledger) -> Option<Account> {
    let name = name(&mut section, ledger);
    let types = choice(&[
        ("vdir", CalendarType::Vdir),
        ("ics", CalendarType::Ics),
        ("caldav", CalendarType::Caldav),
    ]);
    let kind = section.required("type", "\"vdir\"", ledger, placed(types))?;
    let roles =
        choice(&[("work", Role::Work), ("holidays", Role::Holidays), ("ignore", Role::Ignore)]);
    let role = section.optional("role", ledger, roles).unwrap_or(Role::Work);
    let spec: fn(PathBuf) -> Spec = match kind.value {
        CalendarType::Vdir => |path| Spec::Vdir { path },
        CalendarType::Ics if !section.has("url") => |path| Spec::Ics { path },
        CalendarType::Ics => {
            let place = section.optional("url", ledger, placed(url));
            if section.has("path") {
                let remedy = "keep the path or the url, not both";
                ledger.fault(section.origin(), "calendar.path", "is given beside a url", remedy);
                section.optional("path", ledger, path(home));
            } else if let Some(place) = place {
                ledger.fault(place.origin(), "calendar.url", NO_SERVER, NO_SERVER_REMEDY);
            }
            section.close(ledger);
            return None;
        }
        CalendarType::Caldav => {
            section.required("url", "\"https://dav.agency.test/\"", ledger, url);
            section.required("user", "\"ana\"", ledger, text);
            password(&mut section, ledger);
            section.close(ledger);
            ledger.fault(kind.origin(), "calendar.type", NO_SERVER, NO_SERVER_REMEDY);
            return None;
        }
    };
    let path = folder(&mut section, "\"~/.calendars/work\"", home, ledger);
    section.close(ledger);
    let path = path?;
    let name = name.unwrap_or_else(|| last_part(&path));
    Some(Account { name, role, spec: spec(path) })
}

const NO_SERVER: &str = "this version reads calendars from disk (vdir, ics), not from a server";
const NO_SERVER_REMEDY: &str =
    "keep a copy with vdirsyncer and name its folder, or take this [[calendar]] out";

fn name(section: &mut Section<'_>, ledger: &mut Ledger) -> Option<String> {
    let name = section.optional("name", ledger, text)?;
    section.call(&name);
    Some(name)
}

fn folder(
    section: &mut Section<'_>,
    example: &str,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Option<PathBuf> {
    let found = section.required("path", example, ledger, placed(path(home)))?;
    ledger.paths.push((found.origin(), section.key("path"), found.value.clone()));
    Some(found.value)
}

fn last_part(path: &Path) -> String {
    path.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Keeps the accounts if no two of them are called the same.
fn unique(key: &str, accounts: Vec<(super::Origin, Account)>, ledger: &mut Ledger) -> Vec<Account> {
    let mut seen = BTreeSet::new();
    for (origin, account) in &accounts {
        if !seen.insert(account.name.to_lowercase()) {
            let what = format!("{} is the name of two of them", quoted(&account.name));
            ledger.fault(origin.clone(), key, what, "give each a name of its own");
        }
    }
    accounts.into_iter().map(|(_, account)| account).collect()
}

fn host(value: &Value<'_>) -> Read<String> {
    let host = text(value)?;
    if host.contains(|c: char| c.is_whitespace() || "/@:".contains(c)) {
        let what = format!("{} is no host name", quoted(&host));
        return value.wrong(what, "write the name alone, as imap.agency.test");
    }
    Ok(host)
}

/// Reads where a password is. The password itself is refused, and never quoted.
fn password(section: &mut Section<'_>, ledger: &mut Ledger) {
    const REMEDY: &str =
        "write { keyring = true }, { command = \"pass show work\" } or { credential = \"work\" }";
    let Some(mut place) = section.table_if("password", ledger) else {
        if section.has("password") {
            section.optional("password", ledger, |value| {
                value.wrong::<()>("says the password itself, which does not belong here", REMEDY)
            });
        } else {
            ledger.fault(section.origin(), section.key("password"), "is missing", REMEDY);
        }
        return;
    };
    let origin = place.origin();
    let ways =
        ["keyring", "command", "credential"].into_iter().filter(|way| place.has(way)).count();
    place.optional("keyring", ledger, |value| match flag(value)? {
        true => Ok(()),
        false => value.wrong("can only be true", "leave it out, and say where else to look"),
    });
    place.optional("command", ledger, list(text));
    place.optional("credential", ledger, text);
    if ways != 1 {
        ledger.fault(origin, section.key("password"), "must name one place", REMEDY);
    }
    place.close(ledger);
}
