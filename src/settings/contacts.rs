//! Address books: `[[contacts]]`.

use std::path::Path;

use super::accounts::{Account, Role, dav, folder, last_part, name, unique};
use super::section::{Ledger, Section};
use super::value::choice;
use crate::source::Spec;

/// Reads `[[contacts]]`.
pub(super) fn contacts(
    root: &mut Section<'_>,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Vec<Account> {
    let mut books = Vec::new();
    for section in root.tables("contacts", ledger) {
        let origin = section.origin();
        books.extend(book(section, home, ledger).map(|account| (origin, account)));
    }
    unique("contacts.name", books, ledger)
}

fn book(mut section: Section<'_>, home: Option<&Path>, ledger: &mut Ledger) -> Option<Account> {
    let name = name(&mut section, ledger);
    let types = choice(&[("vcard", false), ("carddav", true)]);
    if section.required("type", "\"vcard\"", ledger, types)? {
        return dav(section, name, Role::Contacts, home, ledger);
    }
    let path = folder(&mut section, "\"~/.contacts\"", home, ledger);
    section.close(ledger);
    let path = path?;
    let name = name.unwrap_or_else(|| last_part(&path));
    Some(Account { name, role: Role::Contacts, spec: Spec::Cards { path }, secret: None })
}
