//! The short way: from talk to talk, each a day on which all is well.
//!
//! Once there is enough data, a day of talking alone is a healthy one whatever was before it. So the
//! verdict of a day follows from the walk that begins at the last talk, and only since when all is
//! well asks for what came before. Most gaps answer that without a walk: contact never stopped, and
//! the whole gap would not have been too long.

use jiff::civil::Date;

use super::super::limit::Gaps;
use super::super::open_days::number;
use super::super::{Backdrop, ContactDay, OpenDays, Verdict, Wish};
use super::{ENOUGH, LONG, SHORT, Walk, Window, whole};

/// A day of talking alone: its place among the contact days, and its index.
#[derive(Clone, Copy)]
struct Talk {
    place: usize,
    idx: i64,
}

/// The talks on the way, of which there is at least one with enough data.
pub(super) struct Way<'a> {
    days: &'a [ContactDay],
    talks: Vec<Talk>,
    /// The first of them with enough data.
    enough: usize,
    /// The last of them.
    last: usize,
    first: i64,
    wish: Wish,
    backdrop: &'a Backdrop<'a>,
}

impl<'a> Way<'a> {
    /// `None` where there is no such way, and one has to walk from the first contact.
    pub(super) fn new(
        days: &'a [ContactDay],
        wish: Wish,
        backdrop: &'a Backdrop<'a>,
    ) -> Option<Self> {
        let open = backdrop.open;
        let first = open.idx(days.first()?.day);
        let place = enough(days, first, open)?;
        let talks = days.iter().enumerate().filter(|(_, contact)| contact.one_on_one);
        let talks: Vec<Talk> =
            talks.map(|(place, contact)| Talk { place, idx: open.idx(contact.day) }).collect();
        let enough = talks.partition_point(|talk| talk.place < place);
        let last = talks.len().checked_sub(1).filter(|last| *last >= enough)?;
        Some(Self { days, talks, enough, last, first, wish, backdrop })
    }

    /// Where a walk from the first contact would end.
    pub(super) fn to(&self, as_of: Date) -> Walk {
        let mut walk = self.at(self.last);
        self.go_on(&mut walk, self.last, number(as_of));
        if walk.since == number(self.day(self.last)) && walk.verdict == Verdict::Healthy {
            walk.since = self.well_since();
        }
        walk
    }

    fn talk(&self, talk: usize) -> Talk {
        self.talks.get(talk).copied().unwrap_or(Talk { place: 0, idx: self.first })
    }

    fn day(&self, talk: usize) -> Date {
        self.days.get(self.talk(talk).place).map_or(Date::MIN, |contact| contact.day)
    }

    /// The gaps known after a talk.
    fn gaps(&self, talk: usize) -> Gaps {
        let first = talk.saturating_sub(Gaps::KEPT);
        let talks = self.talks.get(first..=talk).unwrap_or_default();
        Gaps::of(talks.windows(2).filter_map(|pair| match pair {
            [a, b] => Some(whole(b.idx - a.idx)),
            _ => None,
        }))
    }

    /// Where the walk stands at the end of the day of a talk, but for since when.
    fn at(&self, talk: usize) -> Walk {
        let Talk { place, idx } = self.talk(talk);
        let mut walk = Walk::begin(self.day(talk), self.wish, self.backdrop);
        (walk.first, walk.talked, walk.established) = (self.first, true, true);
        (walk.raw, walk.verdict) = (Verdict::Healthy, Verdict::Healthy);
        let so_far = self.days.get(..=place).unwrap_or_default();
        let with_idx = so_far.iter().rev().map(|one| (*one, self.backdrop.open.idx(one.day)));
        walk.seen.extend(with_idx.take_while(|(_, at)| idx - at < LONG.into()));
        walk.seen.reverse();
        for (contact, _) in &walk.seen {
            walk.short.mix.count(*contact);
            walk.long.mix.count(*contact);
        }
        walk.short.slide(&walk.seen, idx);
        walk.gaps = self.gaps(talk);
        walk
    }

    /// Walks on from the day after a talk.
    fn go_on(&self, walk: &mut Walk, talk: usize, as_of: i64) {
        let ahead = self.days.get(self.talk(talk).place + 1..).unwrap_or_default();
        walk.go_on(ahead, number(self.day(talk)) + 1, as_of, self.backdrop, |_, _| {});
    }

    /// Since when all has been well on the day of the last talk.
    fn well_since(&self) -> i64 {
        for before in (self.enough..self.last).rev() {
            if self.bears(before) && self.in_touch(before) {
                continue;
            }
            let mut walk = self.at(before);
            let later = number(self.day(before + 1));
            self.go_on(&mut walk, before, later - 1);
            if walk.verdict != Verdict::Healthy {
                return later;
            }
            if walk.since > number(self.day(before)) {
                return walk.since;
            }
        }
        let early = self.days.get(..=self.talk(self.enough).place).unwrap_or_default();
        Walk::over(early, self.wish, self.backdrop, self.day(self.enough), |_, _| {})
            .map_or(i64::MIN, |walk| walk.since)
    }

    /// Whether the gap after a talk surely never was too long, on any day of it.
    fn bears(&self, talk: usize) -> bool {
        let silence = f64::from(whole(self.talk(talk + 1).idx - self.talk(talk).idx));
        if silence <= self.wish.open_days() / 2.0 {
            return true;
        }
        let (day, later) = (self.day(talk), number(self.day(talk + 1)));
        let portfolio = self.backdrop.portfolio;
        let during = portfolio.after(number(day)).take_while(|(monday, _)| *monday <= later);
        let pools = std::iter::once(portfolio.on(day)).chain(during.map(|(_, pool)| pool));
        self.gaps(talk).surely_bear(silence, self.wish, pools)
    }

    /// Whether there surely was a contact day in the short window on every day from a talk to the
    /// next.
    fn in_touch(&self, talk: usize) -> bool {
        let (from, to) = (self.talk(talk), self.talk(talk + 1));
        let between = self.days.get(from.place + 1..=to.place).unwrap_or_default();
        let mut before = from.idx;
        to.idx - from.idx < SHORT.into()
            || between.iter().all(|contact| {
                let idx = self.backdrop.open.idx(contact.day);
                idx - std::mem::replace(&mut before, idx) < SHORT.into()
            })
    }
}

/// The place of the first contact day on which there surely was enough data, that day included.
fn enough(days: &[ContactDay], first: i64, open: &OpenDays) -> Option<usize> {
    let mut window = Window::new(LONG);
    let mut seen: Vec<(ContactDay, i64)> = Vec::new();
    for (place, contact) in days.iter().enumerate() {
        let idx = open.idx(contact.day);
        seen.push((*contact, idx));
        window.mix.count(*contact);
        window.slide(&seen, idx);
        if idx - first + 1 >= ENOUGH.0 && window.mix.total() >= ENOUGH.1 {
            return Some(place);
        }
    }
    None
}
