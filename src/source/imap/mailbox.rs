//! Which mailboxes there are, what they are called, and which are read.
//!
//! A mailbox goes by the name its owner sees, as in a Maildir: levels parted by `/`, modified UTF-7
//! decoded, without the prefix that a server puts before everything of the user's own (`INBOX.`).
//! What it is for is told by RFC 6154, and where a server has no such flags by its name. Mailboxes
//! of other people and shared ones (RFC 2342) are theirs, and left out unless asked for by name.

use std::collections::BTreeSet;

use super::command::{Command, StatusItems};
use super::said::{Listed, Said, Status};
use super::session::Session;
use crate::source::maildir::{Choice, from_utf7, is_sent};
use crate::source::net::Fault;

/// The most mailboxes an account may have.
const MOST: usize = 10_000;

/// What holds everything once more, by name, where no flag says so.
#[rustfmt::skip]
const EVERYTHING: &[&str] = &[
    "all mail", "alle nachrichten", "tous les messages", "todos", "todos os e mails",
    "tutti i messaggi", "alle berichten", "alla mail", "вся почта", "wszystkie",
    "すべてのメール", "所有邮件",
];

/// A mailbox to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mailbox {
    /// As the server calls it.
    pub(super) wire: String,
    /// As its owner sees it.
    pub(super) name: String,
    /// Whether it holds sent mail.
    pub(super) sent: bool,
    /// What the server says of it unopened; `None` when it was not asked or did not tell.
    pub(super) status: Option<Status>,
}

/// Asks for all mailboxes and returns those to read, the inbox and sent mail first. With
/// `states`, those the server can tell of at once come with their status.
pub(super) async fn list(session: &mut Session, choice: &Choice) -> Result<Vec<Mailbox>, Fault> {
    let can = &session.can;
    let items = StatusItems { modseq: can.condstore };
    let command =
        Command::List { special_use: can.special_use, status: can.list_status.then_some(items) };
    let (mut listed, mut states) = (Vec::new(), Vec::new());
    let tag = session.wire.send(&command).await?;
    let done = session.finish(&tag, |said| {
        match said {
            Said::Listed(one) => listed.push(one.clone()),
            Said::Status(wire, status) => states.push((wire.clone(), *status)),
            _ => {}
        }
        if listed.len() > MOST {
            return Err(Fault::Protocol("more mailboxes than anybody has"));
        }
        Ok(())
    });
    done.await?.or("it does not list its mailboxes")?;
    let mut mailboxes = choose(listed, choice, &session.namespaces, session.utf8);
    for (wire, status) in states {
        if let Some(mailbox) = mailboxes.iter_mut().find(|mailbox| mailbox.wire == wire) {
            mailbox.status = Some(status);
        }
    }
    Ok(mailboxes)
}

/// Asks for the status of each of these mailboxes, of many at once.
pub(super) async fn ask_status(
    session: &mut Session,
    mailboxes: &mut [&mut Mailbox],
) -> Result<(), Fault> {
    /// Enough to hide the round trip, and not so many that a server feels flooded.
    const AT_ONCE: usize = 32;
    let items = StatusItems { modseq: session.can.condstore };
    for some in mailboxes.chunks_mut(AT_ONCE) {
        let mut tags = Vec::new();
        for mailbox in &*some {
            let command = Command::Status { mailbox: &mailbox.wire, items };
            tags.push(session.wire.send(&command).await?);
        }
        let mut states = Vec::new();
        for tag in &tags {
            let take = |said: &Said| {
                if let Said::Status(wire, status) = said {
                    states.push((wire.clone(), *status));
                }
                Ok(())
            };
            // NO to one of them: it is gone, or not for us; opening it will tell.
            session.finish(tag, take).await?;
        }
        for (wire, status) in states {
            if let Some(mailbox) = some.iter_mut().find(|mailbox| mailbox.wire == wire) {
                mailbox.status = Some(status);
            }
        }
    }
    Ok(())
}

impl Listed {
    /// The name its owner sees.
    fn name(&self, own: &[String], utf8: bool) -> String {
        let own = own.iter().filter(|prefix| !prefix.is_empty());
        let bare = own.filter_map(|prefix| self.wire.strip_prefix(prefix.as_str()));
        let bare = bare.filter(|rest| !rest.is_empty()).min_by_key(|rest| rest.len());
        let bare = bare.unwrap_or(&self.wire);
        let decode = |level: &str| if utf8 { level.to_owned() } else { from_utf7(level) };
        let delimiter = self.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
        let levels: Vec<String> = match delimiter {
            Some(delimiter) => bare.split(delimiter).map(decode).collect(),
            None => vec![decode(bare)],
        };
        levels.join("/")
    }
}

/// The mailboxes to read among those there are.
fn choose(
    listed: Vec<Listed>,
    choice: &Choice,
    namespaces: &[Vec<String>; 3],
    utf8: bool,
) -> Vec<Mailbox> {
    let [own, others, shared] = namespaces;
    let flagged = listed.iter().any(|one| one.left_out || one.sent);
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for one in listed {
        let name = one.name(own, utf8);
        let mut theirs = others.iter().chain(shared).filter(|prefix| !prefix.is_empty());
        let theirs = theirs.any(|prefix| one.wire.starts_with(prefix.as_str()));
        let lower = name.to_lowercase();
        let everything = lower.rsplit('/').next().is_some_and(|last| EVERYTHING.contains(&last));
        let left_out = one.left_out || theirs || (!flagged && everything);
        let unspeakable = one.wire.contains(['\r', '\n', '\0']);
        if one.selectable
            && !unspeakable
            && choice.reads(&name)
            && (!left_out || choice.names(&name))
            && seen.insert(name.clone())
        {
            let sent = one.sent || is_sent(&name);
            chosen.push(Mailbox { wire: one.wire, name, sent, status: None });
        }
    }
    chosen.sort_by_key(|mailbox| (mailbox.name != "INBOX", !mailbox.sent, mailbox.name.clone()));
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(wire: &str, flags: &str) -> Listed {
        Listed {
            wire: wire.into(),
            delimiter: Some(if wire.contains('.') { "." } else { "/" }.into()),
            selectable: !flags.contains("noselect"),
            left_out: flags.contains("out"),
            sent: flags.contains("sent"),
        }
    }

    #[track_caller]
    fn check(list: &[(&str, &str)], own: &str, include: &[&str], expect: &[&str]) {
        let list = list.iter().map(|(wire, flags)| listed(wire, flags)).collect();
        let include: Vec<String> = include.iter().map(|&one| one.to_owned()).collect();
        let namespaces =
            [vec![own.to_owned()], vec!["user.".to_owned()], vec!["Shared/".to_owned()]];
        let chosen = choose(list, &Choice::new(&include, &[]), &namespaces, false);
        let show = |one: &Mailbox| match one.sent {
            true => format!("{}>", one.name),
            false => one.name.clone(),
        };
        assert_eq!(chosen.iter().map(show).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn flags_say_what_a_mailbox_is_for_and_names_where_there_are_none() {
        let plain = [("Archive", ""), ("INBOX", ""), ("Trash", ""), ("Spam", ""), ("Sent", "")];
        check(&plain, "", &[], &["INBOX", "Sent>", "Archive"]);
        let gmail = [
            ("INBOX", ""),
            ("[Gmail]", "noselect"),
            ("[Gmail]/Alle Nachrichten", "out"),
            ("[Gmail]/Papierkorb", "out"),
            ("[Gmail]/Raus", "sent"),
            ("Kunden", ""),
        ];
        check(&gmail, "", &[], &["INBOX", "[Gmail]/Raus>", "Kunden"]);
        check(
            &gmail,
            "",
            &["*", "[Gmail]/Alle Nachrichten"],
            &["INBOX", "[Gmail]/Raus>", "Kunden", "[Gmail]/Alle Nachrichten"],
        );
        // without any flag the name has to do
        check(&[("INBOX", ""), ("[Gmail]/All Mail", "")], "", &[], &["INBOX"]);
    }

    #[test]
    fn names_are_those_the_owner_sees() {
        let courier = [("INBOX", ""), ("INBOX.Sent", ""), ("INBOX.Kunden.M&APw-ller", "")];
        check(&courier, "INBOX.", &[], &["INBOX", "Sent>", "Kunden/Müller"]);
        check(&courier, "", &[], &["INBOX", "INBOX/Sent>", "INBOX/Kunden/Müller"]);
    }

    #[test]
    fn mailboxes_of_others_are_read_only_when_named() {
        let list = [("INBOX", ""), ("user.bo.Acme", ""), ("Shared/Sales", ""), ("a\r\nb", "")];
        check(&list, "", &[], &["INBOX"]);
        check(&list, "", &["INBOX", "Shared/Sales"], &["INBOX", "Shared/Sales"]);
    }
}
