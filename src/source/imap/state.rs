//! What is remembered of a mailbox between looks: one part of the cursor each.
//!
//! The facts of a message stay when it is removed, as they do for a Maildir, so all that matters
//! is which UIDs were read. They are a few ranges, not a list: a first scan reads from the top, and
//! whatever it has read when it is interrupted is one range. Below UIDNEXT nothing new can appear
//! (RFC 9051 §2.3.1.1).
//!
//! Where a server breaks that promise (UIDVALIDITY changes, UIDNEXT goes back, more messages than
//! there can be), all is read again, at most once a day: a broken server must not make us read ten
//! years of mail every quarter of an hour. In between the newest [`NEWEST`] are looked at.

use jiff::{SignedDuration, Timestamp};

use super::said::Status;
use super::uids::Uids;
use crate::source::mark::take;

/// What the mailboxes' parts of a cursor begin with; the name follows.
const TAG: &[u8] = b"m/";
/// The first byte of a part.
const VERSION: u8 = 1;
/// How often everything is read again at most.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How many of the newest UIDs are looked at where everything would have to be.
const NEWEST: u32 = 500;

/// What is remembered of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// RFC 9051 §2.3.1.1: UIDs of another validity are other messages.
    pub(super) uid_validity: u32,
    /// Every message of later looks has this UID or a higher one.
    pub(super) uid_next: u32,
    /// How many messages there were when all was read; 0 before that.
    pub(super) messages: u32,
    /// HIGHESTMODSEQ (RFC 7162 §3.1.2.1) then; 0 without one.
    pub(super) modseq: u64,
    /// When reading everything began last, in seconds since 1970.
    pub(super) whole_at: i64,
    /// Whether everything has to be read again when that is a day ago.
    pub(super) owed: bool,
    /// What was read.
    pub(super) done: Uids,
}

/// What a server says of a mailbox it has opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) exists: u32,
    pub(super) uid_validity: u32,
    /// `None` where the server does not tell.
    pub(super) uid_next: Option<u32>,
    /// 0 without one.
    pub(super) modseq: u64,
}

impl State {
    /// The name of the part.
    pub(super) fn key(mailbox: &str) -> Vec<u8> {
        [TAG, mailbox.as_bytes()].concat()
    }

    /// The mailbox whose part this is; `None` for a part of something else.
    pub(super) fn mailbox(key: &[u8]) -> Option<&[u8]> {
        key.strip_prefix(TAG)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION, self.owed.into()];
        out.extend(self.uid_validity.to_be_bytes());
        out.extend(self.uid_next.to_be_bytes());
        out.extend(self.messages.to_be_bytes());
        out.extend(self.modseq.to_be_bytes());
        out.extend(self.whole_at.to_be_bytes());
        for (first, last) in self.done.ranges() {
            out.extend(first.to_be_bytes());
            out.extend(last.to_be_bytes());
        }
        out
    }

    /// Reads a part; `None` when it is none, and the mailbox then counts as never seen.
    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let [VERSION, owed] = take(&mut bytes)? else { return None };
        let uid_validity = u32::from_be_bytes(take(&mut bytes)?);
        let uid_next = u32::from_be_bytes(take(&mut bytes)?);
        let messages = u32::from_be_bytes(take(&mut bytes)?);
        let modseq = u64::from_be_bytes(take(&mut bytes)?);
        let whole_at = i64::from_be_bytes(take(&mut bytes)?);
        let mut done = Uids::default();
        while !bytes.is_empty() {
            let first = u32::from_be_bytes(take(&mut bytes)?);
            done.insert(first, u32::from_be_bytes(take(&mut bytes)?));
        }
        let owed = owed == 1;
        Some(Self { uid_validity, uid_next, messages, modseq, whole_at, owed, done })
    }

    /// A mailbox of which nothing was read.
    fn fresh(opened: &Opened, now: Timestamp) -> Self {
        Self {
            uid_validity: opened.uid_validity,
            uid_next: opened.uid_next.unwrap_or(1).max(1),
            messages: 0,
            modseq: 0,
            whole_at: now.as_second(),
            owed: false,
            done: Uids::default(),
        }
    }

    /// What was not read below a UIDNEXT.
    fn missing(&self, uid_next: u32) -> Uids {
        Uids::range(1, uid_next.saturating_sub(1)).without(&self.done)
    }

    /// Whether all was read.
    pub(super) fn is_whole(&self) -> bool {
        self.missing(self.uid_next).is_empty()
    }

    /// Whether a mailbox has to be opened, by what the server says of it unopened.
    pub(super) fn is_behind(&self, status: &Status, now: Timestamp) -> bool {
        if Some(self.uid_validity) != status.uid_validity
            || !self.is_whole()
            || self.owed && self.is_a_day_old(now)
        {
            return true;
        }
        if self.modseq > 0 && status.modseq == Some(self.modseq) {
            return false;
        }
        match status.uid_next {
            Some(next) => next != self.uid_next || status.messages > self.messages,
            None => true,
        }
    }

    fn is_a_day_old(&self, now: Timestamp) -> bool {
        // A clock that was set back must not put it off for years.
        let age = now.as_second().saturating_sub(self.whole_at);
        !(0..DAY.as_secs()).contains(&age)
    }

    /// The state to go on from when a mailbox is open, given that of the last look.
    pub(super) fn go_on(last: Option<Self>, opened: &Opened, now: Timestamp) -> Self {
        let Some(last) = last else { return Self::fresh(opened, now) };
        let next = opened.uid_next.unwrap_or(last.uid_next).max(1);
        let most = u64::from(last.messages) + u64::from(next.saturating_sub(last.uid_next));
        let broken = last.uid_validity != opened.uid_validity
            || next < last.uid_next
            || opened.uid_next.is_some() && last.is_whole() && u64::from(opened.exists) > most;
        match broken {
            _ if (broken || last.owed) && last.is_a_day_old(now) => Self::fresh(opened, now),
            true => Self {
                done: Uids::range(1, next.saturating_sub(NEWEST + 1)),
                owed: true,
                whole_at: last.whole_at,
                ..Self::fresh(opened, now)
            },
            false => Self { uid_next: next, ..last },
        }
    }

    /// What is still to be read.
    pub(super) fn left(&self) -> Uids {
        self.missing(self.uid_next)
    }

    /// Notes that everything from one UID up to another was read.
    pub(super) fn read(&mut self, first: u32, last: u32) {
        self.done.insert(first, last);
        self.uid_next = self.uid_next.max(last.saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + hours * 3600).unwrap()
    }

    fn opened(uid_validity: u32, exists: u32, uid_next: u32) -> Opened {
        Opened { exists, uid_validity, uid_next: Some(uid_next), modseq: 7 }
    }

    fn whole(messages: u32, uid_next: u32) -> State {
        let mut state = State::go_on(None, &opened(1, messages, uid_next), at(0));
        state.read(1, uid_next - 1);
        State { messages, modseq: 7, ..state }
    }

    #[test]
    fn survives_the_cursor() {
        let mut state = whole(5, 10);
        state.done = [(1, 3), (7, 9)].into_iter().collect();
        state.owed = true;
        assert_eq!(State::decode(&state.encode()), Some(state.clone()));
        let bytes = state.encode();
        assert_eq!(State::decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(State::decode(&[9; 60]), None);
        assert_eq!(State::mailbox(&State::key("Sent")), Some(&b"Sent"[..]));
        assert_eq!(State::mailbox(b"d/Sent"), None);
    }

    #[test]
    fn only_what_changed_is_opened() {
        let status = |messages, next, validity, modseq| Status {
            messages,
            uid_next: next,
            uid_validity: validity,
            modseq,
        };
        let state = whole(5, 10);
        for (status, behind) in [
            (status(5, Some(10), Some(1), Some(7)), false),
            (status(4, Some(10), Some(1), Some(8)), false),
            (status(4, Some(10), Some(1), None), false),
            (status(6, Some(11), Some(1), Some(8)), true),
            (status(5, Some(11), Some(1), None), true),
            (status(6, Some(10), Some(1), None), true),
            (status(5, Some(9), Some(1), None), true),
            (status(5, Some(10), Some(2), Some(7)), true),
            (status(5, Some(10), None, None), true),
            (status(5, None, Some(1), Some(7)), false),
            (status(5, None, Some(1), None), true),
        ] {
            assert_eq!(state.is_behind(&status, at(1)), behind, "{status:?}");
        }
        let half = State { done: Uids::range(5, 9), ..state };
        assert!(half.is_behind(&status(5, Some(10), Some(1), Some(7)), at(1)));
    }

    #[track_caller]
    fn check(last: &State, opened: Opened, hours: i64, left: &str) -> State {
        let state = State::go_on(Some(last.clone()), &opened, at(hours));
        assert_eq!(state.left().to_string(), left, "{opened:?}");
        state
    }

    #[test]
    fn going_on_reads_what_is_new_and_what_was_left() {
        check(&whole(5, 10), opened(1, 5, 10), 1, "");
        check(&whole(5, 10), opened(1, 8, 13), 1, "10:12");
        let half = State { done: Uids::range(4, 9), ..whole(0, 10) };
        check(&half, opened(1, 9, 12), 1, "1:3,10:11");
    }

    #[test]
    fn a_broken_promise_costs_one_full_look_a_day() {
        let state = whole(2_000, 2_001);
        for broken in [opened(2, 2_000, 2_001), opened(1, 1_999, 2_000), opened(1, 2_001, 2_001)] {
            let newest =
                format!("{}:{}", broken.uid_next.unwrap() - 500, broken.uid_next.unwrap() - 1);
            let mut soon = check(&state, broken, 1, &newest);
            assert!(soon.owed);
            let first = broken.uid_next.unwrap() - 500;
            soon.read(first, broken.uid_next.unwrap() - 1);
            soon.messages = broken.exists;
            // the same mailbox again, still inside the day: nothing; and then all of it
            check(&soon, broken, 2, "");
            let all = format!("1:{}", broken.uid_next.unwrap() - 1);
            let later = check(&soon, broken, 30, &all);
            assert!(!later.owed);
            check(&state, broken, 30, &all);
        }
    }

    #[test]
    fn a_clock_set_back_puts_nothing_off() {
        let state = State { owed: true, ..whole(9, 10) };
        check(&state, opened(1, 9, 10), -1, "1:9");
    }
}
