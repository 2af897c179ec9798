//! Calendar files: a folder of them ([`scan_vdir`]), or one that holds everything ([`scan_file`]).
//!
//! Both keep one part of the cursor for each thing they hand over as one resource (a file, a UID),
//! with what it looked like and whether it goes on beyond the window. That part travels in the
//! batch of the resource itself, so a scan that is cut off anywhere has lost nothing and repeats
//! nothing. A part also knows the settings it was expanded under and, where something goes on, the
//! last day it was expanded to: when the zone of the user changes everything is read again, when a
//! week has passed only what goes on is. Keeping the day once for the whole source was the other
//! way; a scan that stopped half-way would then have had to begin anew.
//!
//! What is not there is gone only where all of the place it should be in was seen: never when a
//! folder or file cannot be opened or listed, never from a file that ends in the middle.

mod feed;
mod vdir;

use std::ops::ControlFlow;

use jiff::ToSpan;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

pub use feed::scan_file;
pub(in crate::source) use feed::{Download, NoCalendar, known, scan_download};
pub use vdir::scan_vdir;
pub(in crate::source) use vdir::take;

use super::{Context, Progress, Sink};
use crate::batch::{Batch, Resource, Skipped};
use crate::calendar::expand::{Expanded, Window, expand};
use crate::calendar::read::ReadIcs;

/// Items in a batch.
const ITEMS: usize = 1_000;

/// Occurrences in a batch: resources are small or large, memory should not be.
const OCCURRENCES: usize = 5_000;

/// Steps along rules that a scan takes; a hundred thousand events of an honest calendar take half.
const STEPS: u32 = 6_000_000;

/// Why a resource is left for the next scan.
const IMPATIENT: &str = "left for later: the rules before it took too long to follow";

/// What the parts of a cursor mean; other numbers are read as "never seen".
const VERSION: u8 = 1;

/// The window and the settings of one scan.
pub(in crate::source) struct Setting {
    window: Window,
    /// The day of the end of the window.
    pub(in crate::source) horizon: i32,
    /// Which settings a resource was expanded under.
    pub(in crate::source) frame: [u8; 8],
    steps: u32,
}

impl Setting {
    /// Whole days of the user, and ahead whole weeks to their Sunday: what goes on beyond the window
    /// is then read again, and asked for again of a server, once a week and not every day.
    pub(in crate::source) fn new(context: &Context) -> Self {
        let today = context.zone.to_datetime(context.now).date();
        let day = |days: i64| today.saturating_add(days.days());
        let midnight = |day: Date| {
            day.to_zoned(context.zone.clone()).map_or(context.now, |zoned| zoned.timestamp())
        };
        let (first, last) = (day(-context.days_back), day(context.days_ahead));
        let into_week = i64::from(last.weekday().to_monday_zero_offset());
        let last = last.saturating_add((6 - into_week).days());
        let window =
            Window { from: midnight(first), until: midnight(last.saturating_add(1.days())) };
        let zone = context.zone.iana_name().map_or(format!("{:?}", context.zone), str::to_owned);
        let settings = format!("{} {} {zone}", context.days_back, context.days_ahead);
        let mut frame = [0; 8];
        frame.iter_mut().zip(Sha256::digest(settings)).for_each(|(to, from)| *to = from);
        let epoch = Date::constant(1970, 1, 1);
        let horizon = epoch.until(last).map_or(0, |span| span.get_days());
        Self { window, horizon, frame, steps: 0 }
    }

    /// Expands what was read, until the patience of the scan is used up.
    fn expand(&mut self, read: &ReadIcs, context: &Context) -> Option<Expanded> {
        if self.steps > STEPS {
            return None;
        }
        let expanded = expand(read, &self.window, &context.zone);
        self.steps = self.steps.saturating_add(expanded.steps);
        Some(expanded)
    }
}

/// What a cursor remembers of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) struct Seen<const N: usize> {
    pub(in crate::source) frame: [u8; 8],
    /// What it looked like.
    pub(in crate::source) mark: [u8; N],
    /// It holds events: its name is known to whoever takes the batches.
    pub(in crate::source) held: bool,
    /// It was not read, for a reason that has been told.
    pub(in crate::source) refused: bool,
    /// The horizon it was expanded to; `None` when nothing of it comes later.
    pub(in crate::source) more: Option<i32>,
}

impl<const N: usize> Seen<N> {
    /// Reads a part. One that this version did not write is a resource somebody knows, and that
    /// has to be read again.
    pub(in crate::source) fn decode(value: &[u8]) -> Self {
        let known = || {
            let (version, rest) = value.split_first()?;
            let (flags, rest) = rest.split_first()?;
            let (day, rest) = rest.split_first_chunk::<4>()?;
            let (frame, rest) = rest.split_first_chunk::<8>()?;
            (*version == VERSION).then_some(())?;
            Some(Self {
                frame: *frame,
                mark: <[u8; N]>::try_from(rest).ok()?,
                held: flags & 1 != 0,
                refused: flags & 2 != 0,
                more: (flags & 4 != 0).then(|| i32::from_le_bytes(*day)),
            })
        };
        known().unwrap_or(Self {
            frame: [0; 8],
            mark: [0; N],
            held: true,
            refused: true,
            more: None,
        })
    }

    pub(in crate::source) fn encode(&self) -> Vec<u8> {
        let flags =
            u8::from(self.held) | u8::from(self.refused) << 1 | u8::from(self.more.is_some()) << 2;
        let mut value = vec![VERSION, flags];
        value.extend(self.more.unwrap_or(0).to_le_bytes());
        value.extend(self.frame);
        value.extend(self.mark);
        value
    }

    /// Whether reading it again would give the same.
    pub(in crate::source) fn is_fresh(&self, mark: &[u8; N], setting: &Setting) -> bool {
        !self.refused
            && self.frame == setting.frame
            && self.mark == *mark
            && self.more.is_none_or(|day| day == setting.horizon)
    }
}

/// Fills batches and hands them over.
pub(in crate::source) struct Courier<'a, 's> {
    sink: &'a mut Sink<'s>,
    pub(in crate::source) batch: Batch,
    occurrences: usize,
    progress: Progress,
}

impl<'a, 's> Courier<'a, 's> {
    pub(in crate::source) fn new(sink: &'a mut Sink<'s>, total: usize) -> Self {
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        Self {
            sink,
            batch: Batch::default(),
            occurrences: 0,
            progress: Progress { done: 0, total },
        }
    }

    fn resource(&mut self, resource: Resource) {
        self.occurrences += resource.occurrences.len();
        self.batch.resources.push(resource);
    }

    /// Writes a part.
    pub(in crate::source) fn put(&mut self, part: &[u8], value: Vec<u8>) {
        self.batch.cursor.put.push((part.to_vec(), value));
    }

    pub(in crate::source) fn skipped(&mut self, place: &str, why: &'static str) {
        self.batch.skipped.push(Skipped { place: place.to_owned(), why });
    }

    /// Ends an item: all it gave, and the part that accounts for it, are in the batch.
    pub(in crate::source) fn done(&mut self) -> ControlFlow<()> {
        self.progress.done += 1;
        // What is gone was not counted before it was missed.
        self.progress.total = self.progress.total.max(self.progress.done);
        let Batch { resources, gone, skipped, cursor, .. } = &self.batch;
        let items = resources.len() + gone.len() + skipped.len();
        let parts = cursor.put.len() + cursor.remove.len();
        if items.max(parts) >= ITEMS || self.occurrences >= OCCURRENCES {
            self.hand_over()
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Hands over what there is; nothing, when there is nothing.
    pub(in crate::source) fn hand_over(&mut self) -> ControlFlow<()> {
        let batch = std::mem::take(&mut self.batch);
        self.occurrences = 0;
        if batch == Batch::default() {
            return ControlFlow::Continue(());
        }
        (self.sink)(batch, self.progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_comes_back_as_it_was_written() {
        for flags in 0..8_u8 {
            let seen = Seen {
                frame: *b"settings",
                mark: [flags; 32],
                held: flags & 1 != 0,
                refused: flags & 2 != 0,
                more: (flags & 4 != 0).then_some(-20_000),
            };
            assert_eq!(Seen::decode(&seen.encode()), seen);
            for other in [&seen.encode()[1..], &[], &[9; 46]] {
                let unknown = Seen::<32>::decode(other);
                assert!(unknown.held && unknown.refused);
            }
        }
    }

    #[test]
    fn a_window_is_whole_days_of_the_user_and_ends_with_a_week() {
        let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
        // Saturday evening there.
        let now = "2024-03-10T03:30:00Z".parse().unwrap();
        let context = Context { now, zone, days_back: 2, days_ahead: 1, reveal: None };
        let setting = Setting::new(&context);
        assert_eq!(setting.window.from.to_string(), "2024-03-07T05:00:00Z");
        assert_eq!(setting.window.until.to_string(), "2024-03-11T04:00:00Z");
        let later = Setting::new(&Context { now: now + 1.hour(), ..context.clone() });
        assert_eq!(later.horizon, setting.horizon);
        for hours in [2, 24 * 6] {
            let then = Setting::new(&Context { now: now + hours.hours(), ..context.clone() });
            assert_eq!(then.horizon, setting.horizon + 7);
            assert_eq!(then.frame, setting.frame);
        }
    }
}
