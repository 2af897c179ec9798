//! Opening a mailbox, with the first of its messages asked for in the same breath, and asking which
//! of its messages there are.
//!
//! Waiting for the mailbox to be open before asking for messages would be simpler, and costs a round
//! trip for each time that one is opened: a quarter of a second in a first scan of four from afar.

use super::command::{Command, Since};
use super::said::{Code, Row, Said, Status};
use super::session::{self, Session};
use super::state::{Opened, State};
use super::uids::Uids;
use super::wire::Tag;
use crate::source::net::Fault;

/// A mailbox was opened.
#[derive(Debug)]
pub(super) struct Examined {
    /// What the server says of it.
    pub(super) opened: Opened,
    /// The UIDs that it names as new, where it was told what is known (RFC 7162 §3.2.5).
    pub(super) told: Option<Uids>,
    /// The commands by which its messages were asked for in the same breath, and which.
    pub(super) ahead: Vec<(Tag, Uids)>,
}

/// Opens a mailbox; `None` when the server does not let us. Messages can be asked for in the same
/// breath, which saves a round trip. Whether they are those that were meant, its UIDVALIDITY tells.
pub(super) async fn examine(
    session: &mut Session,
    wire: &str,
    last: Option<&State>,
    messages: Vec<Uids>,
) -> Result<Option<Examined>, Fault> {
    let known = last.filter(|last| session.is_prepared() && session.can.qresync && last.modseq > 0);
    let known = known.filter(|last| last.is_whole());
    let since = match known {
        Some(State { uid_validity, modseq, uid_next, .. }) => {
            Since::State { uid_validity: *uid_validity, modseq: *modseq, uid_next: *uid_next }
        }
        None if session.can.condstore => Since::Modseq,
        None => Since::Nothing,
    };
    session.open = None;
    let mut opened = Opened::default();
    let mut told = Uids::default();
    let tag = session.wire.send(&Command::Examine { mailbox: wire, since }).await?;
    let mut ahead = Vec::new();
    for uids in messages {
        ahead.push((session.wire.send(&Command::Fetch(&uids)).await?, uids));
    }
    let done = session.finish(&tag, |said| {
        match said {
            Said::Exists(exists) => opened.exists = *exists,
            Said::Condition(_, Some(Code::UidValidity(validity))) => {
                opened.uid_validity = *validity;
            }
            Said::Condition(_, Some(Code::UidNext(next))) => opened.uid_next = Some(*next),
            Said::Condition(_, Some(Code::HighestModSeq(modseq))) => opened.modseq = *modseq,
            Said::Row(Row { uid: Some(uid), .. }) => told.insert(*uid, *uid),
            _ => {}
        }
        Ok(())
    });
    let done = done.await?;
    if done.ok {
        session.open = Some(session::Open {
            mailbox: wire.to_owned(),
            exists: opened.exists,
            uid_validity: opened.uid_validity,
            uid_next: opened.uid_next,
        });
        return Ok(Some(Examined { opened, told: known.map(|_| told), ahead }));
    }
    forget(session, ahead).await?;
    match done.code {
        Some(Code::Throttled) => Err(Fault::Throttled),
        _ => Ok(None),
    }
}

/// Lets commands come to their end for nothing: they were about other messages.
pub(super) async fn forget(session: &mut Session, ahead: Vec<(Tag, Uids)>) -> Result<(), Fault> {
    for (tag, _) in ahead {
        session.finish(&tag, |_| Ok(())).await?;
    }
    Ok(())
}

/// The newest messages of a mailbox that was never read, by what is said of it unopened.
pub(super) fn newest_of(status: &Status, count: u32) -> Option<Uids> {
    let last = status.uid_next?.checked_sub(1)?;
    let newest = Uids::range(last.saturating_sub(count - 1), last);
    let dense = is_dense(&Uids::range(1, last), status.messages);
    Some(newest).filter(|_| status.messages > 0 && dense)
}

/// Whether so many messages are at least half of these UIDs.
pub(super) fn is_dense(uids: &Uids, messages: u32) -> bool {
    uids.len() / 2 <= u64::from(messages)
}

/// Which of these UIDs there are.
pub(super) async fn search(session: &mut Session, uids: &Uids) -> Result<Uids, Fault> {
    let mut found = Uids::default();
    let command = Command::Search { uids, compact: session.can.esearch };
    let done = session.run(&command, |said| {
        if let Said::Found(more) = said {
            found.extend(more);
        }
        Ok(())
    });
    done.await?.or("it does not say which messages there are")?;
    // What was not asked for is not there.
    let others = found.without(uids);
    Ok(found.without(&others))
}
