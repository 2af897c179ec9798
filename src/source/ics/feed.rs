//! One calendar that holds everything in one file: an export, or a subscription that was fetched.
//!
//! All events of a UID are one resource, so that a change of one event replaces one resource. Each
//! UID's lines are hashed, without the time stamp that some servers renew with every download, and
//! a UID whose hash is known is not parsed at all.

use std::collections::BTreeSet;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use super::super::disk::{Refused, root_file};
use super::super::mark::is_young;
use super::super::{Context, Error, Sink};
use super::{Courier, IMPATIENT, Seen, Setting};
use crate::batch::Resource;
use crate::calendar::outline::{Group, Outline, Picked};
use crate::cursor::Cursor;

/// The largest file read.
const CAP: u64 = 64 << 20;

/// The part that remembers the state of the file.
const FILE: &[u8] = b"f";

/// What the parts of UIDs begin with.
const UID: u8 = b'u';

/// Reads one file.
pub fn scan_file(
    path: &Path,
    cursor: &Cursor,
    context: &Context,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let unreachable = |source| Error::Unreachable { path: path.to_owned(), source };
    let mismatch = |what| Error::Mismatch { path: path.to_owned(), what };
    let (file, stamp) = match root_file(path, CAP).map_err(unreachable)? {
        Ok(opened) => opened,
        Err(Refused::Gone) => return Err(unreachable(std::io::ErrorKind::NotFound.into())),
        Err(Refused::Because(what)) => return Err(mismatch(what)),
    };
    let mut setting = Setting::new(context);
    let seen = cursor.parts.get(FILE).map(|value| Seen::decode(value));
    if seen.is_some_and(|seen| seen.is_fresh(&stamp.bytes(), &setting)) {
        return Ok(());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(stamp.size).unwrap_or(0));
    file.take(CAP).read_to_end(&mut bytes).map_err(unreachable)?;
    // A file so new is read once more: a second change would not show in its state.
    let mark = if is_young(&stamp, context.now) { [0; 32] } else { stamp.bytes() };
    let download = Download { bytes: &bytes, mark, parts: Vec::new() };
    scan_download(download, cursor, context, &mut setting, sink)
        .map_err(|NoCalendar| mismatch("not a calendar: no BEGIN:VCALENDAR in it"))
}

/// A whole calendar in memory.
pub(in crate::source) struct Download<'b> {
    /// What it says.
    pub(in crate::source) bytes: &'b [u8],
    /// What it is known by.
    pub(in crate::source) mark: [u8; 32],
    /// Parts of the cursor to write once all of it is handed over.
    pub(in crate::source) parts: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What was fetched is something else.
#[derive(Debug)]
pub(in crate::source) struct NoCalendar;

/// What is remembered of the whole, if reading the same again would give nothing new.
pub(in crate::source) fn known(cursor: &Cursor, setting: &Setting) -> Option<[u8; 32]> {
    let seen = Seen::<32>::decode(cursor.parts.get(FILE)?);
    seen.is_fresh(&seen.mark, setting).then_some(seen.mark)
}

/// Reads what was fetched.
pub(in crate::source) fn scan_download(
    download: Download<'_>,
    cursor: &Cursor,
    context: &Context,
    setting: &mut Setting,
    sink: &mut Sink<'_>,
) -> Result<(), NoCalendar> {
    let outline = Outline::new(download.bytes);
    if !outline.is_calendar() {
        return Err(NoCalendar);
    }
    let groups = outline.groups();
    let mut courier = Courier::new(sink, groups.len());
    let _stopped = walk(&outline, &groups, download, cursor, context, setting, &mut courier);
    Ok(())
}

fn walk(
    outline: &Outline<'_>,
    groups: &[Group<'_>],
    download: Download<'_>,
    cursor: &Cursor,
    context: &Context,
    setting: &mut Setting,
    courier: &mut Courier<'_, '_>,
) -> ControlFlow<()> {
    for unread in outline.skipped() {
        let place = if unread.uid.is_empty() { "the file itself" } else { &unread.uid };
        courier.skipped(place, unread.why);
    }
    let (mut more, mut left) = (false, false);
    let mut there = BTreeSet::new();
    for group in groups {
        let part = [&[UID], group.uid.as_bytes()].concat();
        let seen = cursor.parts.get(&part).map(|value| Seen::decode(value));
        let picked = outline.pick(group);
        let digest = outline.digest(&picked);
        match seen.filter(|seen| seen.is_fresh(&digest, setting)) {
            Some(seen) => more |= seen.more.is_some(),
            None => {
                let now =
                    hand_on(outline, (group, picked), seen, digest, context, setting, courier);
                more |= now.more.is_some();
                left |= now.refused;
                courier.put(&part, now.encode());
            }
        }
        // The others are none of those that may be gone.
        if seen.is_some() {
            there.insert(part);
        }
        courier.done()?;
    }
    for (part, value) in &cursor.parts {
        let Some((&UID, uid)) = part.split_first() else { continue };
        if there.contains(part) || !outline.is_complete() {
            continue;
        }
        if Seen::<16>::decode(value).held {
            courier.batch.gone.push(String::from_utf8_lossy(uid).into_owned());
        }
        courier.batch.cursor.remove.push(part.clone());
        courier.done()?;
    }
    // Last, so that a scan cut off before looks again.
    let file = Seen {
        frame: setting.frame,
        mark: download.mark,
        held: true,
        refused: left,
        more: more.then_some(setting.horizon),
    };
    courier.put(FILE, file.encode());
    courier.batch.cursor.put.extend(download.parts);
    courier.hand_over()
}

/// Reads all events of one UID and hands them on.
fn hand_on(
    outline: &Outline<'_>,
    (group, picked): (&Group<'_>, Picked),
    seen: Option<Seen<16>>,
    digest: [u8; 16],
    context: &Context,
    setting: &mut Setting,
    courier: &mut Courier<'_, '_>,
) -> Seen<16> {
    let held = seen.is_some_and(|seen| seen.held);
    let mut now = Seen { frame: setting.frame, mark: digest, held, refused: true, more: None };
    let read = outline.read(group, picked);
    for unread in &read.skipped {
        courier.skipped(&group.uid, unread.why);
    }
    let Some(expanded) = setting.expand(&read, context) else {
        courier.skipped(&group.uid, IMPATIENT);
        return now;
    };
    now.refused = false;
    for unread in &expanded.skipped {
        courier.skipped(&group.uid, unread.why);
    }
    if !read.events.is_empty() {
        now.held = true;
        now.more = expanded.more_after.then_some(setting.horizon);
        courier.resource(Resource {
            href: group.uid.clone().into_owned(),
            events: 1,
            occurrences: expanded.occurrences,
        });
    } else if now.held {
        now.held = false;
        courier.batch.gone.push(group.uid.clone().into_owned());
    }
    now
}
