//! One calendar brought up to date, in as few questions as its server allows.
//!
//! First contact is one calendar-query with data: it costs the server half a second where the same
//! five thousand events by calendar-multiget cost it thirteen (Radicale 3.1). After that the state
//! that the home's listing told decides: the same state, no question at all; else what has changed
//! since the token, or the list of all ETags, then the changed events in blocks. Whatever the server
//! refuses of this leads to the next simpler way, down to the list of ETags, which RFC 4791 demands.
//!
//! Events that go on beyond the window are asked for again once a week, as files are read again:
//! nothing of them is kept that could be expanded further.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use libdav::encoding::normalise_percent_encoded;

use super::Kind;
use super::ask::{self, Lines};
use super::conversation::{Conversation, Heard};
use super::memory::{Known, SeenEvent, State, calendar_part, event_part, mark};
use super::multistatus::Response;
use crate::batch::CardFile;
use crate::source::Context;
use crate::source::http::{Address, Error, Fault};
use crate::source::ics::{Courier, Setting, take};

/// Events asked for by name in one question.
const BLOCK: usize = 200;

/// So many events and more are asked for by one calendar-query, if they are a third of all.
const MANY: usize = 100;

/// Answers in a row that say there is more (507); each has to bring something.
const ROUNDS: usize = 10_000;

/// Events of one calendar: ten thousand a year for ten years.
const EVENTS: usize = 100_000;

/// Why an event is not read.
const WITHHELD: &str = "the server does not give it, or more of it than an event can hold";

/// A calendar, as the listing of its home tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    /// Where it is.
    pub(super) at: Address,
    /// Its name for humans; not safe to show.
    pub(super) name: Option<String>,
    /// How it stands.
    pub(super) state: State,
}

/// What a look works with.
pub(super) struct Work<'a, 'c, 's> {
    /// What is read.
    pub(super) kind: Kind,
    /// The server.
    pub(super) talk: &'a Conversation<'a>,
    /// The world.
    pub(super) context: &'a Context,
    /// The window.
    pub(super) setting: &'a mut Setting,
    /// Who takes what is read.
    pub(super) courier: &'a mut Courier<'c, 's>,
    /// The server gives whole events or none.
    pub(super) whole: bool,
}

impl Work<'_, '_, '_> {
    fn lines(&self) -> Lines {
        if self.whole { Lines::Whole } else { Lines::Used }
    }
}

/// How a calendar is brought up to date.
#[derive(Debug, PartialEq, Eq)]
enum Plan<'k> {
    /// Nothing was changed.
    Keep,
    /// Ask what was changed since this token.
    Changes(&'k str),
    /// Ask for all ETags.
    List,
    /// Ask for everything.
    All,
}

impl<'k> Plan<'k> {
    fn of(known: Option<&'k State>, offered: &State) -> Self {
        match (known, known.and_then(|state| state.token.as_deref()), &offered.token) {
            (None, ..) => Self::All,
            (Some(state), ..) if state.is_same(offered) => Self::Keep,
            (Some(_), Some(token), Some(_)) => Self::Changes(token),
            (Some(_), ..) => Self::List,
        }
    }
}

/// Brings a calendar up to date. `Break` when whoever takes the batches has had enough.
pub(super) async fn sync(
    work: &mut Work<'_, '_, '_>,
    calendar: &Calendar,
    known: &Known,
) -> Result<ControlFlow<()>, Error> {
    let mut one = One::new(calendar, known, work.setting);
    let (plan, mut state) =
        (Plan::of(known.state.as_ref(), &calendar.state), calendar.state.clone());
    let plan = match plan {
        Plan::Changes(token) => match one.changes(work, token).await {
            Ok(token) => {
                state.token = Some(token);
                Plan::Keep
            }
            Err(error) if is_refusal(&error) => Plan::List,
            Err(error) => return Err(error),
        },
        // Address books are small, and no query reads all of one on every server.
        Plan::All if work.kind == Kind::Books => Plan::List,
        plan => plan,
    };
    if plan == Plan::List {
        one.list(work).await?;
    }
    if plan == Plan::All || one.wants_most(work.kind) {
        let mut all = one.all(work).await;
        if !work.whole && all.is_ok() && one.wants_most(work.kind) {
            work.whole = true;
            all = one.all(work).await;
        }
        match all {
            Ok(flow) if flow.is_break() => return Ok(flow),
            Ok(_) => {}
            // Too much at once, or not at all: then by name.
            Err(error) if is_refusal(&error) => one.list(work).await?,
            Err(error) => return Err(error),
        }
    }
    if one.blocks(work).await?.is_break() || one.gone(work).is_break() {
        return Ok(ControlFlow::Break(()));
    }
    if known.state.as_ref() != Some(&state) {
        work.courier.put(&calendar_part(one.path), state.encode());
    }
    Ok(work.courier.hand_over())
}

/// Whether a server understood a question and does not answer it, so that a simpler one may do.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.fault,
        Fault::Forbidden
            | Fault::NotFound
            | Fault::Status(_)
            | Fault::Protocol(_)
            | Fault::TooMuch(_)
    )
}

/// Whether an error says nothing about the other calendars of the account.
pub(super) fn is_of_one_calendar(error: &Error) -> bool {
    is_refusal(error)
}

/// One calendar on its way.
struct One<'a> {
    at: &'a Address,
    path: &'a str,
    known: &'a Known,
    /// The hrefs that are known, by what they mean: a server may write one in two ways.
    written: BTreeMap<String, &'a str>,
    /// To be asked for by name.
    wanted: BTreeSet<String>,
    /// No longer there.
    gone: BTreeSet<String>,
}

impl<'a> One<'a> {
    fn new(calendar: &'a Calendar, known: &'a Known, setting: &Setting) -> Self {
        let stale = known.events.iter().filter(|(_, seen)| !seen.is_fresh(&seen.mark, setting));
        Self {
            at: &calendar.at,
            path: calendar.at.url().path(),
            known,
            written: known.events.keys().map(|href| (meaning(href), href.as_str())).collect(),
            wanted: stale.map(|(href, _)| href.clone()).collect(),
            gone: BTreeSet::new(),
        }
    }

    /// The href of an event of this calendar as it is remembered; `None` for the calendar itself
    /// and for what is somewhere else.
    fn own(&self, work: &mut Work<'_, '_, '_>, href: &str) -> Option<String> {
        let place = match work.talk.inside(self.at, href) {
            Ok(place) => place,
            Err(_) => {
                work.courier.skipped(href, "an event that the server says is on another server");
                return None;
            }
        };
        let absolute = href.starts_with('/') && !href.starts_with("//");
        let href = if absolute { href } else { place.url().path() };
        if href.ends_with('/') || meaning(href) == meaning(self.path) {
            return None;
        }
        Some(self.written.get(&meaning(href)).map_or(href, |known| known).to_owned())
    }

    /// Whether so much is wanted that it is quicker to ask for everything.
    fn wants_most(&self, kind: Kind) -> bool {
        kind == Kind::Calendars
            && self.wanted.len() >= MANY
            && self.wanted.len() * 3 >= self.known.events.len()
    }

    /// Notes that an event has this ETag now.
    fn note(&mut self, href: String, etag: Option<&str>) {
        let seen = self.known.events.get(&href);
        let same = etag.zip(seen).is_some_and(|(etag, seen)| seen.mark == mark(etag));
        if !same {
            self.wanted.insert(href);
        }
    }

    /// What was changed since a token; the new token.
    async fn changes(&mut self, work: &mut Work<'_, '_, '_>, token: &str) -> Result<String, Error> {
        let mut token = token.to_owned();
        for _ in 0..ROUNDS {
            let mut said = Vec::new();
            let question = ask::changes(&token);
            let heard = work.talk.hear(self.at, &question, &mut |told| said.push(told)).await?;
            let brought = said.len();
            for told in said {
                let Some(href) = self.own(work, &told.href) else { continue };
                match told.status {
                    Some(404 | 410) => {
                        self.wanted.remove(&href);
                        self.gone.insert(href);
                    }
                    _ => {
                        self.gone.remove(&href);
                        self.note(href, told.etag.as_deref());
                    }
                }
            }
            let Some(next) = heard.token.filter(|_| heard.unread == 0) else {
                return Err(
                    Fault::Protocol("says what has changed, but not until when").at(self.at)
                );
            };
            if !heard.cut {
                return Ok(next);
            }
            if brought == 0 || next == token {
                break;
            }
            token = next;
        }
        Err(Fault::Protocol("says again and again that there is more").at(self.at))
    }

    /// All ETags.
    async fn list(&mut self, work: &mut Work<'_, '_, '_>) -> Result<(), Error> {
        let mut there = BTreeSet::new();
        let question = match work.kind {
            Kind::Calendars => ask::events(Lines::None),
            Kind::Books => ask::cards(),
        };
        let (talk, at) = (work.talk, self.at);
        let mut listen = |told: Response| {
            if let Some(href) = self.own(work, &told.href)
                && told.status.is_none_or(|status| status < 400)
            {
                there.insert(href.clone());
                self.note(href, told.etag.as_deref());
            }
            enough(there.len())
        };
        let heard = talk.hear_until(at, &question, &mut listen).await?;
        self.miss(&heard, &there, work)
    }

    /// Everything, read as it comes.
    async fn all(&mut self, work: &mut Work<'_, '_, '_>) -> Result<ControlFlow<()>, Error> {
        let mut there = BTreeSet::new();
        let mut flow = ControlFlow::Continue(());
        let (talk, at, question) = (work.talk, self.at, ask::events(work.lines()));
        let mut listen = |told: Response| {
            let Some(href) = self.own(work, &told.href) else { return ControlFlow::Continue(()) };
            if matches!(told.status, Some(404 | 410)) {
                return ControlFlow::Continue(());
            }
            there.insert(href.clone());
            match (told.status, lines(&told)) {
                (Some(400..), _) => flow = self.refused(work, &href),
                (_, Some(lines)) => flow = self.event(work, &href, &told, lines),
                // Listed without its lines: to be asked for by name.
                (_, None) => self.note(href, told.etag.as_deref()),
            }
            if flow.is_break() { flow } else { enough(there.len()) }
        };
        let heard = talk.hear_until(at, &question, &mut listen).await?;
        if flow.is_continue() {
            self.miss(&heard, &there, work)?;
        }
        Ok(flow)
    }

    /// What a list did not name is gone, if the list was whole. One that was cut off leaves the
    /// rest to the next simpler way.
    fn miss(
        &mut self,
        heard: &Heard,
        there: &BTreeSet<String>,
        work: &mut Work<'_, '_, '_>,
    ) -> Result<(), Error> {
        if heard.stopped {
            return Err(Fault::TooMuch("has more events than any calendar").at(self.at));
        }
        if heard.cut || heard.unread > 0 {
            work.courier.skipped(self.path, "part of a calendar that the server does not list");
            return Ok(());
        }
        let missed = self.known.events.keys().filter(|href| !there.contains(*href));
        self.gone.extend(missed.cloned());
        self.wanted.retain(|href| there.contains(href));
        Ok(())
    }

    /// What is wanted, by name.
    async fn blocks(&mut self, work: &mut Work<'_, '_, '_>) -> Result<ControlFlow<()>, Error> {
        while !self.wanted.is_empty() {
            let mut block: BTreeSet<String> = self.wanted.iter().take(BLOCK).cloned().collect();
            self.wanted.retain(|href| !block.contains(href));
            let asked = block.len();
            let mut flow = self.block(work, &mut block, work.lines()).await?;
            if flow.is_continue() && !block.is_empty() && !work.whole {
                let left = block.len();
                flow = self.block(work, &mut block, Lines::Whole).await?;
                work.whole = left == asked && block.len() < left;
            }
            if flow.is_break() {
                return Ok(flow);
            }
            for href in block {
                if self.refused(work, &href).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Asks for these, and leaves those of them that were not given.
    async fn block(
        &mut self,
        work: &mut Work<'_, '_, '_>,
        block: &mut BTreeSet<String>,
        wanted: Lines,
    ) -> Result<ControlFlow<()>, Error> {
        let question = ask::those(work.kind, block.iter().map(String::as_str), wanted);
        let mut flow = ControlFlow::Continue(());
        let (talk, at) = (work.talk, self.at);
        let mut listen = |told: Response| {
            let Some(href) = self.own(work, &told.href) else { return ControlFlow::Continue(()) };
            match (told.status, lines(&told)) {
                // Gone since it was listed.
                (Some(404 | 410), _) => {
                    block.remove(&href);
                    self.gone.insert(href);
                }
                (Some(413), _) => {
                    block.remove(&href);
                    flow = self.refused(work, &href);
                }
                (_, Some(lines)) => {
                    block.remove(&href);
                    flow = self.event(work, &href, &told, lines);
                }
                (_, None) => {}
            }
            flow
        };
        talk.hear_until(at, &question, &mut listen).await?;
        Ok(flow)
    }

    /// Reads one event and hands it on, unless it is as it was.
    fn event(
        &mut self,
        work: &mut Work<'_, '_, '_>,
        href: &str,
        told: &Response,
        lines: &str,
    ) -> ControlFlow<()> {
        self.wanted.remove(href);
        self.gone.remove(href);
        let mark = told.etag.as_deref().map_or([0; 32], mark);
        let seen = self.known.events.get(href);
        if told.etag.is_some() && seen.is_some_and(|seen| seen.is_fresh(&mark, work.setting)) {
            return ControlFlow::Continue(());
        }
        let mut now = self.unread(href, mark, work.setting);
        let Work { kind, context, setting, courier, .. } = work;
        match kind {
            Kind::Calendars => {
                take(lines.as_bytes(), href.to_owned(), &mut now, context, setting, courier);
            }
            Kind::Books => {
                let read = crate::card::read(lines.as_bytes());
                read.skipped.iter().for_each(|why| courier.skipped(href, why));
                courier.batch.cards.push(CardFile { href: href.to_owned(), cards: read.cards });
                (now.held, now.refused) = (true, false);
            }
        }
        if now.refused {
            now = SeenEvent { refused: false, more: Some(setting.horizon), ..now };
        }
        courier.put(&event_part(self.path, href), now.encode());
        courier.done()
    }

    /// Notes that an event is not given; what was read of it before stays.
    fn refused(&mut self, work: &mut Work<'_, '_, '_>, href: &str) -> ControlFlow<()> {
        self.wanted.remove(href);
        work.courier.skipped(href, WITHHELD);
        let seen = self.known.events.get(href);
        let mark = seen.map_or([0; 32], |seen| seen.mark);
        let now = self.unread(href, mark, work.setting);
        let now = SeenEvent { refused: false, more: Some(work.setting.horizon), ..now };
        work.courier.put(&event_part(self.path, href), now.encode());
        work.courier.done()
    }

    /// An event before it is read. One that cannot be read is tried again when it changes, and
    /// once a week: a file may be opened at every look, a server must not be asked at every look.
    fn unread(&self, href: &str, mark: [u8; 32], setting: &Setting) -> SeenEvent {
        let held = self.known.events.get(href).is_some_and(|seen| seen.held);
        SeenEvent { frame: setting.frame, mark, held, refused: true, more: None }
    }

    /// Tells what is gone.
    fn gone(&mut self, work: &mut Work<'_, '_, '_>) -> ControlFlow<()> {
        for href in std::mem::take(&mut self.gone) {
            if let Some(seen) = self.known.events.get(&href) {
                forget(work.courier, self.path, &href, seen)?;
            }
        }
        ControlFlow::Continue(())
    }
}

/// Tells that an event is no longer there.
pub(super) fn forget(
    courier: &mut Courier<'_, '_>,
    calendar: &str,
    href: &str,
    seen: &SeenEvent,
) -> ControlFlow<()> {
    if seen.held {
        courier.batch.gone.push(href.to_owned());
    }
    courier.batch.cursor.remove.push(event_part(calendar, href));
    courier.done()
}

/// The lines of an event. A time zone that has lost its rules shows a server that understands
/// partial retrieval badly: then it gave nothing.
fn lines(told: &Response) -> Option<&str> {
    let lines = told.data.as_deref()?;
    let bereft = lines.contains("BEGIN:VTIMEZONE") && !lines.contains("TZOFFSETTO");
    (!bereft).then_some(lines)
}

fn enough(events: usize) -> ControlFlow<()> {
    if events > EVENTS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// What an href means, however it is written.
fn meaning(href: &str) -> String {
    normalise_percent_encoded(href).map_or_else(|_| href.to_owned(), |text| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_and_what_is_offered_decide_the_way() {
        let state = |token: &str, ctag: &str| {
            let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            State { token: said(token), ctag: said(ctag) }
        };
        let check = |known: Option<State>, offered: State, expect: Plan<'_>| {
            assert_eq!(Plan::of(known.as_ref(), &offered), expect, "{known:?} {offered:?}");
        };
        check(None, state("1", "a"), Plan::All);
        check(None, state("", ""), Plan::All);
        check(Some(state("1", "a")), state("1", "a"), Plan::Keep);
        check(Some(state("1", "a")), state("2", "b"), Plan::Changes("1"));
        check(Some(state("1", "")), state("2", ""), Plan::Changes("1"));
        check(Some(state("", "a")), state("", "a"), Plan::Keep);
        check(Some(state("", "a")), state("", "b"), Plan::List);
        check(Some(state("", "a")), state("2", "b"), Plan::List);
        check(Some(state("1", "a")), state("", "b"), Plan::List);
        check(Some(state("", "")), state("", ""), Plan::List);
    }

    #[test]
    fn one_href_may_be_written_in_two_ways() {
        assert_eq!(meaning("/c/e%209.ics"), meaning("/c/e 9.ics"));
        assert_ne!(meaning("/c/a%2Fb.ics"), meaning("/c/a/b.ics"));
        assert_eq!(meaning("/c/100%.ics"), "/c/100%.ics");
    }
}
