//! Day by day to the day judged: windows, silence, verdict.
//!
//! The verdict of a day depends on yesterday's (dwell, hysteresis) and on whether there ever was
//! enough data, so a question is answered by walking the days before: two sliding windows over the
//! contact days, and a limit that is worked out only when a silence comes near it. Closed days
//! without contact change nothing and are passed over.
//!
//! Nobody has to walk from the first contact, though. On a day of talking alone, once there is
//! enough data, all is well whatever was before: no silence, contact today. So [`assess`] begins at
//! the last such day, and looks back from talk to talk only to tell since when all is well. A law
//! holds that to the walk from the first day.

mod way;

use std::borrow::Cow;

use jiff::ToSpan;
use jiff::civil::Date;

use self::way::Way;
use super::confidence::confidence;
use super::limit::{Gaps, seldom, unspoken};
use super::open_days::{self, number};
use super::portfolio::Pool;
use super::trend::median;
use super::verdict::{Facts, verdict};
use super::{
    Backdrop, Booked, Change, ChannelMix, ContactDay, OpenDays, Reliance, Rhythm, Verdict, Wish,
};

/// Open days in the window called "28 days".
pub(crate) const SHORT: u32 = 20;
/// Open days in the window called "90 days".
pub(crate) const LONG: u32 = 64;
/// Open days of history, and contact days in the long window, that make enough data.
const ENOUGH: (i64, u32) = (30, 6);
/// Open days a one-on-one in the calendar may be ahead and still settle the matter.
const AHEAD: i64 = 10;
/// Open days on which a verdict that calls for a talk must hold before it is believed; spares
/// half of the false alerts.
const DWELL: u32 = 2;
/// How many times the usual distance of contact days is no pause any more.
const OVER: f64 = 8.0;
/// ISO weeks reported.
const WEEKS: usize = 12;

/// How one relationship stands on a day, knowing what was known by then.
///
/// `days` may come in any order, several entries of one day are joined, and those after `as_of`
/// are left out. `None` without any contact up to then.
pub fn assess(
    days: &[ContactDay],
    wish: Wish,
    backdrop: &Backdrop<'_>,
    booked: &[Booked],
    as_of: Date,
) -> Option<Reliance> {
    let days = until(days, as_of);
    let walk = Walk::to(&days, wish, backdrop, as_of)?;
    Some(standing(walk, &days, backdrop, booked, as_of))
}

/// The same, walking from the first contact.
#[cfg(test)]
pub(super) fn assess_from_the_first(
    days: &[ContactDay],
    wish: Wish,
    backdrop: &Backdrop<'_>,
    booked: &[Booked],
    as_of: Date,
) -> Option<Reliance> {
    let days = until(days, as_of);
    let walk = Walk::over(&days, wish, backdrop, as_of, |_, _| {})?;
    Some(standing(walk, &days, backdrop, booked, as_of))
}

/// What a walk to the day judged has found.
fn standing(
    mut walk: Walk,
    days: &[ContactDay],
    backdrop: &Backdrop<'_>,
    booked: &[Booked],
    as_of: Date,
) -> Reliance {
    let before = walk.long.mix.less(walk.short.mix);
    let prior = backdrop.prior;
    let (silence, rhythm) = (whole(walk.idx - walk.wound), walk.rhythm());
    let due = walk.verdict.wants_talk();
    Reliance {
        verdict: walk.verdict,
        verdict_since: open_days::day(walk.since),
        last_contact: days.last().map(|contact| contact.day),
        last_one_on_one: days.iter().rfind(|contact| contact.one_on_one).map(|contact| contact.day),
        silence,
        limit: walk.limit(),
        confidence: confidence(due, silence, walk.long.mix.total(), &rhythm, backdrop.traced),
        over: ended(days, walk.idx, backdrop.open),
        rhythm,
        last_28: walk.short.mix,
        last_90: walk.long.mix,
        share: prior.share(walk.long.mix),
        trend: prior.trend(before, walk.short.mix),
        weeks: weeks(days, as_of),
        booked: ahead(booked, as_of).map(|talk| talk.day).min(),
        due: due && !settled(booked, backdrop.open, as_of),
    }
}

/// The days on which the verdict changed, or whether a talk was due, oldest first, beginning with
/// the first contact; empty without any contact. Each as [`assess`] would have said on that day.
///
/// `booked` holds talks that took place as well: before their day they were ahead.
pub fn history(
    days: &[ContactDay],
    wish: Wish,
    backdrop: &Backdrop<'_>,
    booked: &[Booked],
    as_of: Date,
) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    Walk::over(&until(days, as_of), wish, backdrop, as_of, |n, verdict| {
        let day = open_days::day(n);
        let due = verdict.wants_talk() && !settled(booked, backdrop.open, day);
        let same = |last: &Change| (last.verdict, last.due) == (verdict, due);
        if !changes.last().is_some_and(same) {
            changes.push(Change { day, verdict, due });
        }
    });
    changes
}

/// The talks that are in the calendar on a day and still ahead.
fn ahead(booked: &[Booked], day: Date) -> impl Iterator<Item = &Booked> {
    booked.iter().filter(move |talk| talk.known <= day && talk.day >= day)
}

/// Whether a talk is booked so soon that nothing is due.
fn settled(booked: &[Booked], open: &OpenDays, day: Date) -> bool {
    ahead(booked, day).any(|talk| open.between(day, talk.day) <= AHEAD)
}

/// The contact days of several people together, as for their client: a day counts once a
/// category, whoever it was with.
pub fn union<'a>(of: impl IntoIterator<Item = &'a [ContactDay]>) -> Vec<ContactDay> {
    joined(of.into_iter().flatten().copied().collect())
}

fn until(days: &[ContactDay], as_of: Date) -> Cow<'_, [ContactDay]> {
    let is_one = |contact: &ContactDay| contact.email || contact.group || contact.one_on_one;
    if days.is_sorted_by(|a, b| a.day < b.day) && days.iter().all(is_one) {
        let past = days.partition_point(|contact| contact.day <= as_of);
        return Cow::Borrowed(days.get(..past).unwrap_or_default());
    }
    Cow::Owned(joined(days.iter().filter(|contact| contact.day <= as_of).copied().collect()))
}

/// Whether all contact ended: Navarro and others (2017) found that a pause of more than about
/// eight times the usual distance is seldom one.
fn ended(days: &[ContactDay], idx: i64, open: &OpenDays) -> bool {
    let quiet = days.last().map_or(0, |last| idx - open.idx(last.day));
    if quiet < LONG.into() {
        return false;
    }
    let indexes: Vec<i64> = days.iter().map(|contact| open.idx(contact.day)).collect();
    let distances = indexes.iter().zip(indexes.iter().skip(1)).map(|(a, b)| (b - a) as f64);
    let mut distances: Vec<f64> = distances.collect();
    median(&mut distances).is_some_and(|usual| quiet as f64 >= OVER * usual)
}

/// In order, one entry a day, none without a category.
fn joined(mut days: Vec<ContactDay>) -> Vec<ContactDay> {
    days.retain(|contact| contact.email || contact.group || contact.one_on_one);
    days.sort_by_key(|contact| contact.day);
    days.dedup_by(|again, kept| {
        let same = again.day == kept.day;
        if same {
            kept.email |= again.email;
            kept.group |= again.group;
            kept.one_on_one |= again.one_on_one;
        }
        same
    });
    days
}

/// The last twelve ISO weeks up to the one of `as_of`, by their Mondays.
fn weeks(days: &[ContactDay], as_of: Date) -> Vec<(Date, ChannelMix)> {
    let offset = i64::from(as_of.weekday().to_monday_zero_offset());
    let monday = as_of.saturating_sub(offset.days());
    let back = (0..).take(WEEKS).map(|n: i64| monday.saturating_sub(n.weeks()));
    let mut weeks: Vec<_> = back.map(|monday| (monday, ChannelMix::default())).collect();
    weeks.reverse();
    let Some(&(first, _)) = weeks.first() else { return weeks };
    for contact in days.iter().rev().take_while(|contact| contact.day >= first) {
        let week = weeks.iter_mut().rfind(|(monday, _)| *monday <= contact.day);
        week.into_iter().for_each(|(_, mix)| mix.count(*contact));
    }
    weeks
}

/// Contact days of the last so many open days.
struct Window {
    /// Its width in open days.
    width: i64,
    /// The first contact day inside.
    start: usize,
    mix: ChannelMix,
}

impl Window {
    fn new(width: u32) -> Self {
        Self { width: width.into(), start: 0, mix: ChannelMix::default() }
    }

    /// Moves its end to the day with this index, to which the last of `seen` belongs if any.
    fn slide(&mut self, seen: &[(ContactDay, i64)], idx: i64) {
        while let Some((contact, at)) = seen.get(self.start)
            && idx - at >= self.width
        {
            self.mix = self.mix.less(ChannelMix::of(*contact));
            self.start += 1;
        }
    }
}

/// Where the walk stands.
struct Walk {
    wish: Wish,
    /// The limit of who never talked.
    unspoken: f64,
    /// The contact days so far, each with its index.
    seen: Vec<(ContactDay, i64)>,
    short: Window,
    long: Window,
    /// The index of today.
    idx: i64,
    /// The index of the first contact day.
    first: i64,
    /// The index silence counts from: that of the last O day, else of the first contact.
    wound: i64,
    /// There was an O day.
    talked: bool,
    gaps: Gaps,
    /// What the portfolio has taught by the week of today.
    pool: Pool,
    established: bool,
    /// The verdict of the day alone.
    raw: Verdict,
    /// Open days on which `raw` has called for a talk, without a break, up to [`DWELL`].
    dwelt: u32,
    /// The verdict that is believed.
    verdict: Verdict,
    /// The number of the day it was reached.
    since: i64,
}

impl Walk {
    /// Walks to the day judged and tells the verdict of every open day and every day of contact;
    /// `None` without contact.
    fn over(
        days: &[ContactDay],
        wish: Wish,
        backdrop: &Backdrop<'_>,
        as_of: Date,
        mut told: impl FnMut(i64, Verdict),
    ) -> Option<Self> {
        let first = days.first()?.day;
        let mut walk = Self::begin(first, wish, backdrop);
        walk.go_on(days, number(first), number(as_of), backdrop, &mut told);
        Some(walk)
    }

    /// Where [`Walk::over`] ends, by a shorter way.
    fn to(days: &[ContactDay], wish: Wish, backdrop: &Backdrop<'_>, as_of: Date) -> Option<Self> {
        match Way::new(days, wish, backdrop) {
            Some(way) => Some(way.to(as_of)),
            None => Self::over(days, wish, backdrop, as_of, |_, _| {}),
        }
    }

    /// On the day of the first contact, before it.
    fn begin(first: Date, wish: Wish, backdrop: &Backdrop<'_>) -> Self {
        let Backdrop { open, portfolio, .. } = *backdrop;
        let start = open.idx(first);
        Self {
            wish,
            unspoken: unspoken(wish),
            seen: Vec::new(),
            short: Window::new(SHORT),
            long: Window::new(LONG),
            idx: start,
            first: start,
            wound: start,
            talked: false,
            gaps: Gaps::default(),
            pool: portfolio.on(first),
            established: false,
            raw: Verdict::NotEnoughData,
            dwelt: 0,
            verdict: Verdict::NotEnoughData,
            since: number(first),
        }
    }

    /// Walks from one day to another, both included, by their numbers; `days` begin with the first
    /// of them or later.
    fn go_on(
        &mut self,
        days: &[ContactDay],
        from: i64,
        as_of: i64,
        backdrop: &Backdrop<'_>,
        mut told: impl FnMut(i64, Verdict),
    ) {
        let walk = self;
        if from > as_of {
            return;
        }
        // What others teach counts once there was a talk: until then only that of the last day.
        let waiting = !walk.talked && !days.iter().any(|contact| contact.one_on_one);
        let from_then_on = if waiting { as_of } else { from };
        walk.pool = backdrop.portfolio.on(open_days::day(from_then_on));
        let mut learned = backdrop.portfolio.after(from_then_on);
        let mut lesson = learned.next();
        let mut ahead = days.iter();
        let mut numbered = || ahead.next().map(|contact| (number(contact.day), *contact));
        let mut next = numbered();
        for (n, idx, is_open) in backdrop.open.walk(from, as_of) {
            while let Some((monday, pool)) = lesson
                && monday <= n
            {
                walk.pool = pool;
                lesson = learned.next();
            }
            let contact = match next {
                Some((day, contact)) if day == n => {
                    next = numbered();
                    Some(contact)
                }
                _ => None,
            };
            if is_open || contact.is_some() {
                walk.visit(n, idx, is_open, contact);
                told(n, walk.verdict);
            }
        }
    }

    /// Open days of silence after which a talk is overdue.
    fn limit(&mut self) -> f64 {
        if self.talked { self.gaps.limit(self.wish, self.pool) } else { self.unspoken }
    }

    fn overdue(&mut self) -> bool {
        let silence = f64::from(whole(self.idx - self.wound));
        if self.talked {
            self.gaps.exceeded(silence, self.wish, self.pool)
        } else {
            silence > self.unspoken
        }
    }

    fn rhythm(&self) -> Rhythm {
        let rhythm = self.gaps.rhythm(whole(self.idx - self.wound), self.wish, self.pool);
        let frequency = if self.talked { rhythm.frequency } else { seldom(self.wish) };
        Rhythm { frequency, ..rhythm }
    }

    fn visit(&mut self, day: i64, idx: i64, is_open: bool, contact: Option<ContactDay>) {
        self.idx = idx;
        if let Some(contact) = contact {
            self.meet(contact);
        }
        self.short.slide(&self.seen, idx);
        self.long.slide(&self.seen, idx);
        self.established |= idx - self.first + 1 >= ENOUGH.0 && self.long.mix.total() >= ENOUGH.1;
        let facts = Facts {
            established: self.established,
            lately: self.short.mix.total(),
            overdue: self.overdue(),
            quarter: self.long.mix,
        };
        self.raw = verdict(facts, self.raw);
        self.believe(day, is_open);
    }

    fn meet(&mut self, contact: ContactDay) {
        self.seen.push((contact, self.idx));
        self.short.mix.count(contact);
        self.long.mix.count(contact);
        if contact.one_on_one {
            if self.talked {
                self.gaps.push(whole(self.idx - self.wound));
            }
            self.talked = true;
            self.wound = self.idx;
        }
    }

    /// Dwell: a verdict that calls for a talk is believed on the second open day it holds, whatever
    /// the verdict was before; once believed, it may turn into another such verdict at once.
    fn believe(&mut self, day: i64, is_open: bool) {
        self.dwelt = match (self.raw.wants_talk(), is_open) {
            (false, _) => 0,
            (true, true) => (self.dwelt + 1).min(DWELL),
            (true, false) => self.dwelt,
        };
        let believe = !self.raw.wants_talk() || self.dwelt >= DWELL;
        let believed = if believe { self.raw } else { self.verdict };
        if believed != self.verdict {
            self.verdict = believed;
            self.since = day;
        }
    }
}

fn whole(open_days: i64) -> u32 {
    u32::try_from(open_days.max(0)).unwrap_or(u32::MAX)
}
