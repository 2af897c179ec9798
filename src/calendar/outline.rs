//! A calendar file cut into its events, before any of them is parsed.
//!
//! One pass over the lines finds where each VEVENT begins and ends, its UID, the PRODID and METHOD
//! around it and the rules of every VTIMEZONE. Nesting is a counter and not a recursion, so a bomb
//! of a hundred thousand BEGINs costs its bytes and nothing more; a missing END is made good by
//! the next BEGIN:VEVENT, END:VCALENDAR or the end of the file. Only then is one event at a time
//! handed to the parser, so one bad event costs itself, and a large feed never stands in memory as
//! a tree. Handing the whole file to the parser was the other way: it holds everything at once
//! (633 MB for a feed of 60 MB), and keeps alarms and attachments nobody asked for.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::compose::{Composed, compose};
use super::lines::{self, Line, Lines};
use super::read::{NAMED, NO_START, ReadIcs, Unread, parse};
use super::zone::Zones;

/// Components a file may hold: a 64 MiB feed of ordinary events has half of that.
const COMPONENTS: usize = 200_000;

/// The events of a file, not yet parsed.
pub struct Outline<'a> {
    bytes: &'a [u8],
    blocks: Vec<Block>,
    frames: Vec<Frame>,
    pub(super) zones: Arc<Zones>,
    skipped: Vec<Unread>,
    other: Other,
    calendar: bool,
    complete: bool,
    zones_digest: OnceCell<[u8; 32]>,
}

/// The lines of one VEVENT.
struct Block {
    range: Range<usize>,
    uid: Option<String>,
    frame: usize,
}

/// What a VCALENDAR says about all its events.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    /// PRODID names a Microsoft program.
    pub(super) microsoft: bool,
    /// X-WR-TIMEZONE, when it is a name everybody knows: where the floating times of the calendar
    /// are, as `calendar-timezone` (RFC 4791 §5.2.2) says it of a calendar on a server. Times in
    /// UTC stay there.
    pub(super) zone: Option<Arc<str>>,
    /// METHOD (RFC 5546 §1.4).
    pub(super) method: Method,
}

/// What a METHOD means for the events under it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Method {
    /// None, PUBLISH, REQUEST, ADD: they are events.
    #[default]
    Event,
    /// CANCEL: they do not take place.
    Cancel,
    /// REPLY, COUNTER, DECLINECOUNTER, REFRESH: somebody's word about an event stored elsewhere.
    Talk,
}

/// Components that are no events.
#[derive(Clone, Copy, Debug, Default)]
struct Other {
    tasks: bool,
    anything: bool,
}

/// All VEVENTs of one UID.
pub struct Group<'o> {
    /// The UID; made up from the event's own text where it has none.
    pub uid: Cow<'o, str>,
    first: &'o Block,
    /// Nearly always none: a feed may have a hundred thousand groups.
    more: Vec<&'o Block>,
}

impl<'o> Group<'o> {
    fn new(uid: impl Into<Cow<'o, str>>, first: &'o Block) -> Self {
        Self { uid: uid.into(), first, more: Vec::new() }
    }
}

/// What is left of the VEVENTs of a group before they are parsed.
pub struct Picked(Vec<(Composed, Frame)>);

/// Where the pass stands.
enum At {
    /// Outside, or directly in a VCALENDAR.
    Top,
    /// In a VEVENT, so many components deep inside it.
    Event { from: usize, uid: Option<String>, dated: bool, depth: usize },
    /// In a VTIMEZONE or one of its observances.
    Zone,
    /// In a component that is no event.
    Other { depth: usize },
}

impl<'a> Outline<'a> {
    /// Cuts a file. Never fails: what is no calendar has no events.
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut outline = Self {
            bytes,
            blocks: Vec::new(),
            frames: vec![Frame::default()],
            zones: Arc::default(),
            skipped: Vec::new(),
            other: Other::default(),
            calendar: false,
            complete: false,
            zones_digest: OnceCell::new(),
        };
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            outline.skip("", "UTF-16 and not UTF-8 text");
            return outline;
        }
        let (mut zones, mut at, mut components) = (Zones::default(), At::Top, 0);
        let mut overflown = false;
        for line in Lines::new(bytes) {
            if line.text.is_empty() {
                continue;
            }
            let (name, _) = lines::name(&line.text);
            if name.eq_ignore_ascii_case(b"BEGIN") {
                components += 1;
                if components > COMPONENTS {
                    outline.skip("", "more components than a calendar has");
                    overflown = true;
                    break;
                }
                at = outline.begin(at, &line, &mut zones);
            } else if name.eq_ignore_ascii_case(b"END") {
                at = outline.end(at, &line);
            } else {
                outline.line(&mut at, name, &line, &mut zones);
            }
        }
        outline.close(at, bytes.len());
        outline.complete &= !overflown;
        outline.zones = Arc::new(zones);
        outline
    }

    /// Whether there was a calendar at all.
    pub fn is_calendar(&self) -> bool {
        self.calendar
    }

    /// Whether the file ends as a calendar does ([`ReadIcs::complete`]).
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The events by UID, in the order in which the UIDs first appear.
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for block in &self.blocks {
            match &block.uid {
                Some(uid) => match known.get(uid.as_str()).and_then(|i| groups.get_mut(*i)) {
                    Some(group) => group.more.push(block),
                    None => {
                        known.insert(uid, groups.len());
                        groups.push(Group::new(uid, block));
                    }
                },
                None => {
                    let composed = compose(self.text(block));
                    let said = format!("{}{:?}", composed.text, composed.rules);
                    let uid = format!("no-uid-{}", hex(&Sha256::digest(said)));
                    groups.push(Group::new(uid, block));
                }
            }
        }
        groups
    }

    /// The lines of interest of a group.
    pub fn pick(&self, group: &Group<'_>) -> Picked {
        let frame = |block: &Block| self.frames.get(block.frame).cloned().unwrap_or_default();
        let blocks = std::iter::once(&group.first).chain(&group.more);
        Picked(blocks.map(|block| (compose(self.text(block)), frame(block))).collect())
    }

    /// Parses the events of a group.
    pub fn read(&self, group: &Group<'_>, picked: Picked) -> ReadIcs {
        let mut read = ReadIcs {
            zones: Arc::clone(&self.zones),
            complete: self.complete,
            ..ReadIcs::default()
        };
        for (composed, frame) in picked.0 {
            parse(composed, &group.uid, frame, &mut read);
        }
        read
    }

    /// What the file as a whole could not give: it holds nothing, or is not finished reading.
    pub fn skipped(&self) -> Vec<Unread> {
        let mut skipped = self.skipped.clone();
        if skipped.is_empty() && self.blocks.is_empty() {
            let why = match (self.calendar, self.other) {
                (_, Other { tasks: true, .. }) => "tasks and no event",
                (_, Other { anything: true, .. }) => "no event, only components of other kinds",
                (true, _) => "an empty calendar",
                (false, _) => "not a calendar",
            };
            skipped.push(Unread { uid: String::new(), why });
        }
        skipped
    }

    /// A hash of all that decides what the group reads as: its lines of interest, without DTSTAMP
    /// (some servers write the time of the download there), the METHOD and PRODID around it and
    /// the time zones of the file.
    pub fn digest(&self, picked: &Picked) -> [u8; 16] {
        let mut hash = Sha256::new();
        hash.update(self.zones_digest.get_or_init(|| self.zones.digest()));
        for (composed, frame) in &picked.0 {
            hash.update([u8::from(frame.microsoft), frame.method as u8]);
            hash.update(frame.zone.as_deref().unwrap_or_default());
            hash.update(&composed.text);
            for rule in composed.rules.iter().chain(&composed.exrules) {
                hash.update(rule);
                hash.update(b"\n");
            }
        }
        let mut short = [0; 16];
        short.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        short
    }

    fn text(&self, block: &Block) -> &'a [u8] {
        self.bytes.get(block.range.clone()).unwrap_or_default()
    }

    fn skip(&mut self, uid: &str, why: &'static str) {
        if self.skipped.len() < NAMED {
            self.skipped.push(Unread { uid: uid.to_owned(), why });
        }
    }

    fn begin(&mut self, at: At, line: &Line<'_>, zones: &mut Zones) -> At {
        let kind = lines::value(&line.text).trim_ascii().to_ascii_uppercase();
        match (kind.as_slice(), at) {
            (b"VCALENDAR", at) => {
                self.close(at, line.start);
                self.calendar = true;
                self.complete = false;
                self.frames.push(Frame::default());
                At::Top
            }
            (b"VEVENT", at) => {
                self.close(at, line.start);
                At::Event { from: line.end, uid: None, dated: false, depth: 0 }
            }
            (_, At::Event { from, uid, dated, depth }) => {
                At::Event { from, uid, dated, depth: depth + 1 }
            }
            (b"VTIMEZONE", _) => {
                self.other.anything = true;
                zones.begin();
                At::Zone
            }
            (kind, At::Zone) => {
                zones.observance(kind == b"DAYLIGHT");
                At::Zone
            }
            (_, At::Other { depth }) => At::Other { depth: depth + 1 },
            (kind, At::Top) => {
                self.other.tasks |= kind == b"VTODO";
                self.other.anything = true;
                At::Other { depth: 0 }
            }
        }
    }

    fn end(&mut self, at: At, line: &Line<'_>) -> At {
        let kind = lines::value(&line.text).trim_ascii().to_ascii_uppercase();
        match (kind.as_slice(), at) {
            (b"VCALENDAR", at) => {
                self.close(at, line.start);
                self.complete = true;
                At::Top
            }
            (b"VEVENT", at) => {
                self.close(at, line.start);
                At::Top
            }
            (_, At::Event { from, uid, dated, depth }) => {
                At::Event { from, uid, dated, depth: depth.saturating_sub(1) }
            }
            (b"VTIMEZONE", At::Zone) => At::Top,
            (_, At::Zone) => At::Zone,
            (_, At::Other { depth }) => match depth.checked_sub(1) {
                Some(depth) => At::Other { depth },
                None => At::Top,
            },
            (_, At::Top) => At::Top,
        }
    }

    fn line(&mut self, at: &mut At, name: &[u8], line: &Line<'_>, zones: &mut Zones) {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        match at {
            At::Event { uid: uid @ None, depth: 0, .. } if is("UID") => {
                let value = lines::unescape(lines::value(&line.text));
                *uid = (!value.is_empty() && value.len() <= 1_024).then_some(value);
            }
            At::Event { dated, depth: 0, .. } if is("DTSTART") || is("RECURRENCE-ID") => {
                *dated = true;
            }
            At::Zone => zones.line(name, &line.text),
            At::Top if is("PRODID") || is("METHOD") || is("X-WR-TIMEZONE") => {
                let value = lines::unescape(lines::value(&line.text));
                let Some(frame) = self.frames.last_mut() else { return };
                if is("PRODID") {
                    frame.microsoft = value.to_ascii_uppercase().contains("MICROSOFT");
                } else if is("X-WR-TIMEZONE") {
                    frame.zone = Zones::knows(&value).then(|| Arc::from(value));
                } else {
                    frame.method = match value.to_ascii_uppercase().as_str() {
                        "CANCEL" => Method::Cancel,
                        "REPLY" | "COUNTER" | "DECLINECOUNTER" | "REFRESH" => Method::Talk,
                        _ => Method::Event,
                    };
                }
            }
            At::Event { .. } | At::Other { .. } | At::Top => {}
        }
    }

    /// Ends an open event before the byte at `to`.
    fn close(&mut self, at: At, to: usize) {
        let At::Event { from, uid, dated, .. } = at else { return };
        self.calendar = true;
        if dated {
            let frame = self.frames.len() - 1;
            self.blocks.push(Block { range: from..to, uid, frame });
        } else {
            self.skip(uid.as_deref().unwrap_or_default(), NO_START);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
