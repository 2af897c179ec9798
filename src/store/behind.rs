//! What it takes to see the past as it looked: the facts behind single items, and the people whose
//! contact days hold more than was known.
//!
//! Contact days hold everything as it is known today. A journal of what they were on each day lost:
//! it would have to be right in every place that changes anything, and what the user says late is a
//! handful of items, which can be judged again.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::address::Book;
use super::code::At;
use super::correction::unhex;
use super::{Fact, Result, Store, calendar, contact, mail, told};
use crate::interaction::Reference;
use crate::people::PersonId;

/// Messages by Message-ID, or by key where they have none.
const NAMED: &str = "
    SELECT id, key, message_id, thread, date, sender, sent, source, recipients
    FROM message WHERE message_id = ?1 OR (message_id IS NULL AND key = ?2) ORDER BY id";

/// Those with a talk that was told of after an instant, or that goes on for more than a week and
/// did so then. An index holds the few long ones.
pub(super) const UNSETTLED: &str = "
    SELECT person FROM talk WHERE call IN (SELECT id FROM call WHERE told > ?1)
    UNION ALL SELECT person FROM talk WHERE stop - at > 604800 AND stop > ?1";

impl Store {
    /// Hands over the facts that items name: of an event every occurrence, whichever is meant.
    pub fn facts_behind(
        &self,
        items: &BTreeSet<Reference>,
        mut take: impl FnMut(Fact<'_>),
    ) -> Result<()> {
        self.read(|conn| {
            let mut book = Book::nameless();
            let mut uids = BTreeSet::new();
            for item in items {
                match item {
                    Reference::Message(id) => {
                        let named = (id, unhex(id));
                        mail::each(conn, &mut book, NAMED, named, |_, _, envelope| {
                            take(Fact::Message(envelope));
                            Ok(())
                        })?;
                    }
                    Reference::Occurrence { uid, .. } => _ = uids.insert(uid),
                    Reference::Told(start) => {
                        let calls = told::calls(conn, told::CALLS)?;
                        let named = calls.iter().filter(|(_, call)| call.start == *start);
                        named.for_each(|(_, call)| take(Fact::Call(call)));
                    }
                }
            }
            for uid in uids {
                calendar::each_uid(conn, &mut Book::default(), calendar::OF, [uid], |group| {
                    calendar::each_occurrence(group, |copies, sources| {
                        take(Fact::Occurrence { copies, sources });
                        Ok(())
                    })
                })?;
            }
            Ok(())
        })
    }

    /// People whose contact days hold what was not known, or not over, at an instant, although its
    /// day is long past.
    pub fn unsettled(&self, at: Timestamp) -> Result<BTreeSet<PersonId>> {
        self.read(|conn| contact::people(conn, UNSETTLED, [At(at)]))
    }
}
