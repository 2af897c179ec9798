//! Batches as text, one line a fact.
//!
//! ```text
//! mail KEY TIME FROM | to A, B | cc C | bcc D | sent | machine list
//! event HREF UID START END | by ORGANIZER | accepted A | declined B | rid TIME | standing | …
//! gone HREF
//! cursor PART VALUE
//! skip PLACE
//! ```

use hallway::batch::{Batch, Resource, Skipped};
use hallway::calendar::{
    Attendee, Busy, CuType, Noted, Occurrence, PartStat, Role, Span, Status, Venue,
};
use hallway::mail::{AddrSpec, Automatic, Envelope, FactKey, Mailbox, MessageId};
use jiff::Timestamp;

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(super) fn spec(text: &str) -> AddrSpec {
    AddrSpec::parse(text).unwrap_or_else(|| panic!("{text} is no address"))
}

pub(super) fn mailbox(text: &str) -> Mailbox {
    match text.split_once('<') {
        Some((name, rest)) => Mailbox {
            addr_spec: spec(rest.trim().trim_end_matches('>')),
            display_name: Some(name.trim().to_owned()),
        },
        None => Mailbox { addr_spec: spec(text.trim()), display_name: None },
    }
}

fn mailboxes(text: &str) -> Vec<Mailbox> {
    text.split(',').map(mailbox).collect()
}

pub(super) fn key(text: &str) -> FactKey {
    let mut key = [0; 16];
    for (at, byte) in key.iter_mut().zip(text.bytes()) {
        *at = byte;
    }
    FactKey(key)
}

pub(super) fn batch(text: &str) -> Batch {
    let mut batch = Batch::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (kind, rest) = line.split_once(' ').unwrap();
        match kind {
            "mail" => batch.envelopes.push(envelope(rest)),
            "event" => occurrence(rest, &mut batch.resources),
            "gone" => batch.gone.push(rest.to_owned()),
            "cursor" => {
                let (part, value) = rest.split_once(' ').unwrap();
                batch.cursor.put.push((part.into(), value.into()));
            }
            "skip" => batch.skipped.push(Skipped { place: rest.to_owned(), why: "not readable" }),
            _ => panic!("{line}"),
        }
    }
    batch
}

fn envelope(text: &str) -> Envelope {
    let mut parts = text.split('|').map(str::trim);
    let head: Vec<_> = parts.next().unwrap().splitn(3, ' ').collect();
    let [name, date, from] = head[..] else { panic!("{text}") };
    let mut envelope = Envelope {
        key: key(name),
        message_id: MessageId::parse(&format!("{name}@mail.test")),
        thread: Some(u64::MAX - 7),
        date: at(date),
        from: mailbox(from),
        to: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        automatic: None,
        failed: Vec::new(),
        sent: false,
    };
    for part in parts {
        match part.split_once(' ').unwrap_or((part, "")) {
            ("to", list) => envelope.to = mailboxes(list),
            ("cc", list) => envelope.cc = mailboxes(list),
            ("bcc", list) => envelope.bcc = mailboxes(list),
            ("sent", "") => envelope.sent = true,
            ("bare", "") => (envelope.message_id, envelope.thread) = (None, None),
            ("machine", "list") => envelope.automatic = Some(Automatic::List),
            ("failed", list) => {
                envelope.automatic = Some(Automatic::Bounce);
                envelope.failed = list.split(", ").map(spec).collect();
            }
            ("machine", "robot") => envelope.automatic = Some(Automatic::Robot),
            _ => panic!("{part}"),
        }
    }
    envelope
}

fn occurrence(text: &str, resources: &mut Vec<Resource>) {
    let mut parts = text.split('|').map(str::trim);
    let head: Vec<_> = parts.next().unwrap().split(' ').collect();
    let [href, uid, start, end] = head[..] else { panic!("{text}") };
    let span = if start.contains('T') {
        Span::Timed { start: at(start), end: at(end) }
    } else {
        Span::Days { first: start.parse().unwrap(), last: end.parse().unwrap() }
    };
    let mut it = Occurrence {
        uid: uid.to_owned(),
        recurrence_id: None,
        span,
        status: Status::Confirmed,
        busy: Busy::Busy,
        private: false,
        organizer: None,
        attendees: std::sync::Arc::default(),
        venue: Venue::Unsaid,
        noted: None,
        standing: false,
        microsoft: false,
        created: None,
        categories: Vec::new(),
    };
    let mut attendees = Vec::new();
    for part in parts {
        let (word, rest) = part.split_once(' ').unwrap_or((part, ""));
        let mut attend = |partstat, cutype, role| {
            attendees.push(Attendee { mailbox: mailbox(rest), partstat, cutype, role });
        };
        let (human, required) = (CuType::Individual, Role::Required);
        match word {
            "by" => it.organizer = Some(mailbox(rest)),
            "accepted" => attend(PartStat::Accepted, human, required),
            "declined" => attend(PartStat::Declined, human, required),
            "silent" => attend(PartStat::NeedsAction, human, required),
            "maybe" => attend(PartStat::Tentative, human, required),
            "optional" => attend(PartStat::NeedsAction, human, Role::Optional),
            "told" => attend(PartStat::Accepted, human, Role::NonParticipant),
            "room" => attend(PartStat::Accepted, CuType::Room, required),
            "rid" => it.recurrence_id = Some(at(rest)),
            "created" => it.created = Some(at(rest)),
            "call" => it.noted = Some(Noted { in_person: false, names: vec![rest.to_owned()] }),
            "lunch" => it.noted = Some(Noted { in_person: true, names: vec![rest.to_owned()] }),
            "category" => it.categories.push(rest.to_owned()),
            "standing" => it.standing = true,
            "microsoft" => it.microsoft = true,
            "private" => it.private = true,
            "free" => it.busy = Busy::Free,
            "away" => it.busy = Busy::OutOfOffice,
            "tentative" => it.status = Status::Tentative,
            "cancelled" => it.status = Status::Cancelled,
            "zoom" => it.venue = Venue::Conference,
            _ => panic!("{part}"),
        }
    }
    it.attendees = attendees.into();
    match resources.iter_mut().find(|resource| resource.href == href) {
        Some(resource) => resource.occurrences.push(it),
        None => {
            resources.push(Resource { href: href.to_owned(), events: 1, occurrences: vec![it] })
        }
    }
}
