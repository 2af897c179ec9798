//! Calendars on real servers: what comes over the wire is what lies in the files, through changes,
//! losses and refusals; and a server that lies gets nothing and costs little.
//!
//! Radicale and Xandikos run on loopback for the length of a test ([`servers`]), each behind a
//! relay that writes down what was asked. Events are put there by a client of the tests' own, and
//! into a folder beside it: the occurrences of both must be equal at every step.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests, not covered as such"
)]

mod books;
mod domain;
mod feed;
mod front;
mod hostile;
mod odd;
mod program;
mod refusals;
mod servers;
mod sync;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use hallway::batch::Batch;
use hallway::calendar::Occurrence;
use hallway::cursor::Cursor;
use hallway::secret::{Reveal, Secret};
use hallway::source::net::{Login, Means, Trust};
use hallway::source::{self, Context, Error, Spec, http::Address};
use jiff::tz::TimeZone;

const TODAY: &str = "2024-03-15T12:00:00Z";
const TOMORROW: &str = "2024-03-16T12:00:00Z";

/// What a store does with batches: facts and cursor of each at once.
#[derive(Default)]
struct Store {
    resources: BTreeMap<String, Vec<Occurrence>>,
    skipped: Vec<(String, &'static str)>,
    cursor: Cursor,
    batches: usize,
}

impl Store {
    /// Scans, and takes at most so many batches.
    fn scan_until(&mut self, spec: &Spec, now: &str, batches: usize) -> Result<(), Error> {
        let reveal: Reveal = Arc::new(|| Ok(Secret::new(servers::PASSWORD.to_owned())));
        let context = context(now, reveal);
        let cursor = self.cursor.clone();
        self.batches = 0;
        self.skipped.clear();
        source::scan(spec, &cursor, &context, &mut |batch, progress| {
            if self.batches == batches {
                return ControlFlow::Break(());
            }
            assert!(progress.done <= progress.total);
            assert!(batch != Batch::default(), "an empty batch");
            self.take(batch);
            ControlFlow::Continue(())
        })
    }

    fn take(&mut self, batch: Batch) {
        self.batches += 1;
        for resource in batch.resources {
            self.resources.insert(resource.href, resource.occurrences);
        }
        for gone in &batch.gone {
            assert!(self.resources.remove(gone).is_some(), "{gone} was never there");
        }
        self.skipped.extend(batch.skipped.into_iter().map(|skipped| (skipped.place, skipped.why)));
        self.cursor.apply(&batch.cursor);
    }

    #[track_caller]
    fn scan(&mut self, spec: &Spec, now: &str) {
        self.scan_until(spec, now, usize::MAX).unwrap();
    }

    /// What is wrong, in one line.
    #[track_caller]
    fn complaint(&mut self, spec: &Spec) -> String {
        self.scan_until(spec, TODAY, usize::MAX).expect_err("a complaint").to_string()
    }

    /// All occurrences, whatever resource they came in.
    fn occurrences(&self) -> Vec<String> {
        let all = self.resources.values().flatten();
        let mut lines: Vec<String> = all.map(|occurrence| format!("{occurrence:?}")).collect();
        lines.sort_unstable();
        lines
    }
}

fn context(now: &str, reveal: Reveal) -> Context {
    Context {
        now: now.parse().unwrap(),
        zone: TimeZone::get("Europe/Berlin").unwrap(),
        days_back: 400,
        days_ahead: 30,
        reveal: Some(reveal),
    }
}

fn login() -> Login {
    Login { user: servers::USER.to_owned(), means: Means::Password }
}

fn caldav(url: &str) -> Spec {
    Spec::Caldav {
        url: Address::parse(url).unwrap(),
        login: Some(login()),
        trust: Trust::System,
        include: Vec::new(),
        exclude: Vec::new(),
    }
}

/// The same account, fewer of its calendars.
fn choosing(spec: &Spec, only: &[&str], without: &[&str]) -> Spec {
    let Spec::Caldav { url, login, trust, .. } = spec.clone() else { panic!("{spec:?}") };
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Spec::Caldav { url, login, trust, include: list(only), exclude: list(without) }
}

fn event(uid: &str, start: &str, more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Hallway//tests//EN\r\nBEGIN:VEVENT\r\n\
         UID:{uid}\r\nDTSTAMP:20240101T000000Z\r\nDTSTART:{start}\r\nDURATION:PT1H\r\n\
         SUMMARY:Talk\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}
