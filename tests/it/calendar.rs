//! Calendars: files in, occurrences out; folders in, batches out.
//!
//! `data` holds one `check` and a file pair a case, `oracle` compares with libical's own table,
//! `corpora` reads every odd calendar there is, `laws` are properties, `vdir` and `feed` drive the
//! two sources through changes, losses and kills.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests, not covered as such"
)]

mod bombs;
mod corpora;
mod data;
mod digests;
mod feed;
mod judged;
mod laws;
mod oracle;
mod vdir;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use hallway::batch::Batch;
use hallway::calendar::expand::{Expanded, Window, expand};
use hallway::calendar::read::read;
use hallway::calendar::{Attendee, Busy, CuType, Occurrence, PartStat, Role, Span, Status, Venue};
use hallway::cursor::Cursor;
use hallway::source::{Context, Error, Spec, scan};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Where other people's test data lies; `None`, and a word about it, where it does not.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests are told by the environment where it lies, and tell when they are not"
)]
fn corpora() -> Option<PathBuf> {
    let corpora = std::env::var_os("HALLWAY_CORPORA");
    if corpora.is_none() {
        println!("HALLWAY_CORPORA is not set: other people's calendars were not read");
    }
    corpora.map(PathBuf::from)
}

/// What a store does with batches: facts and cursor of each at once.
#[derive(Clone, Debug, Default, PartialEq)]
struct Store {
    resources: BTreeMap<String, Vec<String>>,
    skipped: Vec<(String, &'static str)>,
    cursor: Cursor,
    batches: usize,
}

impl Store {
    /// Scans, and takes at most so many batches.
    fn scan_until(&mut self, spec: &Spec, now: &str, batches: usize) -> Result<(), Error> {
        let context = Context {
            now: now.parse().unwrap(),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            days_back: 400,
            days_ahead: 30,
            reveal: None,
        };
        let cursor = self.cursor.clone();
        self.batches = 0;
        let mut last = 0;
        scan(spec, &cursor, &context, &mut |batch, progress| {
            if self.batches == batches {
                return ControlFlow::Break(());
            }
            assert!(last <= progress.done && progress.done <= progress.total);
            last = progress.done;
            self.take(batch);
            ControlFlow::Continue(())
        })
    }

    fn take(&mut self, batch: Batch) {
        self.batches += 1;
        assert!(batch.resources.len() + batch.gone.len() <= 1_000);
        assert!(batch.envelopes.is_empty());
        for resource in batch.resources {
            let lines = resource.occurrences.iter().map(line).collect();
            self.resources.insert(resource.href, lines);
        }
        for gone in &batch.gone {
            assert!(self.resources.remove(gone).is_some(), "{gone} was never there");
        }
        self.skipped.extend(batch.skipped.into_iter().map(|skipped| (skipped.place, skipped.why)));
        self.cursor.apply(&batch.cursor);
    }

    fn scan(&mut self, spec: &Spec, now: &str) {
        self.scan_until(spec, now, usize::MAX).unwrap();
    }

    fn names(&self) -> Vec<&str> {
        self.resources.keys().map(String::as_str).collect()
    }
}

/// From the first midnight to the second, in the zone.
fn window(from: &str, until: &str, zone: &TimeZone) -> Window {
    let at = |day: &str| {
        let day: Date = day.parse().expect("a date");
        day.to_zoned(zone.clone()).expect("a midnight").timestamp()
    };
    Window { from: at(from), until: at(until) }
}

/// What a file holds, as lines: what was not read, the occurrences, whether there is more.
fn lines(bytes: &[u8], window: &Window, zone: &TimeZone) -> Vec<String> {
    let read = read(bytes);
    let Expanded { occurrences, skipped, more_after, .. } = expand(&read, window, zone);
    let named = read.skipped.iter().chain(&skipped).map(|unread| match unread.uid.as_str() {
        "" => format!("skipped: {}", unread.why),
        uid => format!("skipped {uid}: {}", unread.why),
    });
    named
        .chain(occurrences.iter().map(line))
        .chain(more_after.then(|| "and more after".to_owned()))
        .collect()
}

/// An occurrence as a line; what is as usual is left out.
fn line(occurrence: &Occurrence) -> String {
    let mut words = vec![match occurrence.span {
        Span::Timed { start, end } => {
            let minutes = end.duration_since(start).as_mins();
            format!("{} {minutes}m", start.strftime("%Y-%m-%dT%H:%MZ"))
        }
        Span::Days { first, last } if first == last => first.to_string(),
        Span::Days { first, last } => format!("{first}..{last}"),
    }];
    words.push(match occurrence.recurrence_id {
        None => occurrence.uid.clone(),
        Some(at) => format!("{}#{}", occurrence.uid, at.strftime("%Y%m%dT%H%M")),
    });
    let mut word = |text: &str| words.push(text.to_owned());
    match occurrence.status {
        Status::Confirmed => {}
        Status::Tentative => word("tentative"),
        Status::Cancelled => word("cancelled"),
    }
    match occurrence.busy {
        Busy::Busy => {}
        Busy::Free => word("free"),
        Busy::Tentative => word("busy-tentative"),
        Busy::OutOfOffice => word("out-of-office"),
    }
    match occurrence.venue {
        Venue::Conference => word("conference"),
        Venue::Telephone => word("telephone"),
        Venue::Place => word("place"),
        Venue::Unsaid => {}
    }
    for (yes, name) in [
        (occurrence.private, "private"),
        (occurrence.standing, "standing"),
        (occurrence.microsoft, "microsoft"),
    ] {
        if yes {
            word(name);
        }
    }
    if let Some(organizer) = &occurrence.organizer {
        word(&format!("by={}", organizer.addr_spec));
    }
    for attendee in occurrence.attendees.iter() {
        word(&self::attendee(attendee));
    }
    if let Some(noted) = &occurrence.noted {
        let how = if noted.in_person { "visit" } else { "call" };
        word(&format!("{how}={}", noted.names.join("+")));
    }
    if let Some(created) = occurrence.created {
        word(&format!("created={}", created.strftime("%Y-%m-%d")));
    }
    if !occurrence.categories.is_empty() {
        word(&format!("categories={}", occurrence.categories.join("+")));
    }
    words.join(" ")
}

fn attendee(attendee: &Attendee) -> String {
    let mut text = attendee.mailbox.addr_spec.to_string();
    if let Some(name) = &attendee.mailbox.display_name {
        text = format!("\"{name}\"<{text}>");
    }
    text.push_str(match attendee.partstat {
        PartStat::NeedsAction => "?",
        PartStat::Accepted => "",
        PartStat::Declined => "!declined",
        PartStat::Tentative => "!tentative",
        PartStat::Delegated => "!delegated",
    });
    text.push_str(match attendee.cutype {
        CuType::Individual => "",
        CuType::Group => "!group",
        CuType::Resource => "!resource",
        CuType::Room => "!room",
    });
    text.push_str(match attendee.role {
        Role::Required => "",
        Role::Chair => "!chair",
        Role::Optional => "!optional",
        Role::NonParticipant => "!told",
    });
    text
}
