//! Who begins, and how long an answer takes: what makes a relationship even or one-sided.
//!
//! Time runs on the user's working clock, so that a mail of Friday evening answered on Monday
//! morning was answered at once. A message without an answer is no answer of zero length and none of
//! endless length either: it says "longer than this", and the median is Kaplan and Meier's. The
//! plain median of the answered ones lost: it praises whoever answers the easy half.

use std::collections::BTreeMap;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use special::Beta;

use super::{OpenDays, Share};

/// Working hours after which an answer no longer counts as one: five days of nine hours.
pub const PATIENCE: f64 = 45.0;

/// The user's working clock.
#[derive(Clone, Copy, Debug)]
pub struct WorkClock<'a> {
    /// Which days it runs on.
    pub open: &'a OpenDays,
    /// From when to when on those.
    pub hours: (Time, Time),
    /// Where.
    pub zone: &'a TimeZone,
}

impl WorkClock<'_> {
    /// Working hours from one instant to a later one, up to [`PATIENCE`].
    pub fn hours(&self, from: Timestamp, to: Timestamp) -> f64 {
        let mut hours = 0.0;
        let mut day = self.open.first_open_on_or_after(from.to_zoned(self.zone.clone()).date());
        while hours < PATIENCE {
            let at = |time: Time| day.to_datetime(time).to_zoned(self.zone.clone());
            let (Ok(begin), Ok(end)) = (at(self.hours.0), at(self.hours.1)) else { break };
            if begin.timestamp() >= to {
                break;
            }
            let (begin, end) = (begin.timestamp().max(from), end.timestamp().min(to));
            hours += end.duration_since(begin).as_secs_f64().max(0.0) / 3600.0;
            let next = self.open.add(day, 1);
            if next <= day {
                break;
            }
            day = next;
        }
        hours.min(PATIENCE)
    }
}

/// A message between the user and one person, nobody else in To or Cc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter {
    /// When it was sent.
    pub at: Timestamp,
    /// By the user.
    pub mine: bool,
    /// Which thread it belongs to.
    pub thread: u64,
}

/// One wait for an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wait {
    /// Working hours.
    pub hours: f64,
    /// It ended with an answer; else it was given up or still lasts.
    pub answered: bool,
}

/// Every wait for an answer, those for the user's answers first, then those for the other's: from
/// each message to the next one of the other side in its thread.
pub fn waits(letters: &[Letter], clock: WorkClock<'_>, now: Timestamp) -> [Vec<Wait>; 2] {
    let mut threads: BTreeMap<u64, Vec<Letter>> = BTreeMap::new();
    for letter in letters.iter().filter(|letter| letter.at <= now) {
        threads.entry(letter.thread).or_default().push(*letter);
    }
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for thread in threads.values_mut() {
        thread.sort_by_key(|letter| (letter.at, letter.mine));
        let mut answer: [Option<Timestamp>; 2] = [None, None];
        for letter in thread.iter().rev() {
            let [by_me, by_them] = &mut answer;
            let (own, other, list) = if letter.mine {
                (by_me, by_them, &mut theirs)
            } else {
                (by_them, by_me, &mut mine)
            };
            let hours = clock.hours(letter.at, other.unwrap_or(now));
            let answered = other.is_some() && hours < PATIENCE;
            list.push(Wait { hours, answered });
            *own = Some(letter.at);
        }
    }
    [mine, theirs]
}

/// The median wait in working hours; `None` when more than half last longer than anybody waited.
pub fn median_wait(waits: &[Wait]) -> Option<f64> {
    let mut waits = waits.to_vec();
    // Whoever stopped waiting at an instant was still waiting at it.
    waits.sort_by(|a, b| a.hours.total_cmp(&b.hours).then(b.answered.cmp(&a.answered)));
    let mut left = waits.len() as f64;
    let mut still = 1.0;
    for wait in waits {
        if wait.answered {
            still *= 1.0 - 1.0 / left;
            // A curve that touches one half has its median there, whatever the last digit says.
            if still <= 0.5 + 1e-12 {
                return Some(wait.hours);
            }
        }
        left -= 1.0;
    }
    None
}

/// How much of what is begun the user begins, with its 90 % interval, from the threads and series
/// each side began.
pub fn initiation(mine: u32, theirs: u32) -> Share {
    let (a, b) = (1.0 + f64::from(mine), 1.0 + f64::from(theirs));
    let ln_beta = a.ln_beta(b);
    Share {
        estimate: a / (a + b),
        low: 0.05.inv_inc_beta(a, b, ln_beta),
        high: 0.95.inv_inc_beta(a, b, ln_beta),
    }
}

/// The threads that each side began, the user's first, among those whose first message is not older
/// than `since`.
pub fn begun(letters: &[Letter], since: Timestamp, now: Timestamp) -> (u32, u32) {
    let mut first: BTreeMap<u64, Letter> = BTreeMap::new();
    for letter in letters.iter().filter(|letter| letter.at <= now) {
        let known = first.entry(letter.thread).or_insert(*letter);
        if (letter.at, letter.mine) < (known.at, known.mine) {
            *known = *letter;
        }
    }
    let recent = first.values().filter(|letter| letter.at >= since);
    recent.fold(
        (0, 0),
        |(mine, theirs), letter| {
            if letter.mine { (mine + 1, theirs) } else { (mine, theirs + 1) }
        },
    )
}

/// The beginning of the quarter that habits are told from.
pub fn quarter(now: Timestamp) -> Timestamp {
    now.checked_sub((90 * 24).hours()).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::Weekday;

    use super::*;

    fn waits_of(answered: &[f64], given_up: &[f64]) -> Vec<Wait> {
        let wait = |hours: &f64, answered| Wait { hours: *hours, answered };
        let yes = answered.iter().map(|hours| wait(hours, true));
        yes.chain(given_up.iter().map(|hours| wait(hours, false))).collect()
    }

    #[test]
    fn w9_who_never_answers_is_not_quick() {
        let check = |answered: &[f64], given_up: &[f64], expect| {
            assert_eq!(median_wait(&waits_of(answered, given_up)), expect);
        };
        check(&[1.5, 3.0, 3.5, 6.0, 8.0], &[20.0, 45.0, 45.0], Some(6.0));
        check(&[2.0, 5.0, 12.0], &[30.0, 45.0, 45.0, 45.0], None);
        check(&[1.5, 3.0, 3.5, 6.0, 8.0], &[], Some(3.5));
        check(&[], &[3.0], None);
        check(&[], &[], None);
    }

    #[test]
    fn w12_who_begins() {
        let got = initiation(9, 3);
        let near = |got: f64, expect: f64| assert!((got - expect).abs() < 1e-3, "{got}");
        near(got.estimate, 0.714);
        near(got.low, 0.505);
        near(got.high, 0.887);
    }

    fn instant(text: &str) -> Timestamp {
        text.parse::<jiff::civil::DateTime>().unwrap().in_tz("Europe/Berlin").unwrap().timestamp()
    }

    fn with_clock<T>(ask: impl FnOnce(WorkClock<'_>) -> T) -> T {
        let week: Vec<_> = Weekday::Monday.cycle_forward().take(5).collect();
        let open = OpenDays::new(&week, BTreeSet::from([jiff::civil::date(2024, 5, 1)]));
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let hours = (Time::constant(9, 0, 0, 0), Time::constant(18, 0, 0, 0));
        ask(WorkClock { open: &open, hours, zone: &zone })
    }

    #[test]
    fn the_clock_runs_at_work_only() {
        let check = |from, to, expect: f64| {
            let got = with_clock(|clock| clock.hours(instant(from), instant(to)));
            assert!((got - expect).abs() < 1e-9, "{from} to {to}: {got} instead of {expect}");
        };
        check("2024-04-29T10:00", "2024-04-29T11:30", 1.5);
        check("2024-04-29T20:00", "2024-04-30T08:00", 0.0);
        check("2024-04-26T17:00", "2024-04-29T10:00", 2.0);
        check("2024-04-30T17:00", "2024-05-02T10:00", 2.0);
        check("2024-04-29T09:00", "2024-05-10T18:00", PATIENCE);
        check("2024-03-29T12:00", "2024-04-01T12:00", 9.0);
    }

    #[test]
    fn an_answer_is_the_next_message_of_the_other_side() {
        let letter = |at, mine, thread| Letter { at: instant(at), mine, thread };
        let letters = [
            letter("2024-04-29T10:00", false, 1),
            letter("2024-04-29T11:00", false, 1),
            letter("2024-04-29T12:00", true, 1),
            letter("2024-04-29T13:00", true, 2),
            letter("2024-06-03T09:00", false, 2),
            letter("2024-06-03T10:00", false, 3),
        ];
        let now = instant("2024-06-03T11:00");
        let [mine, theirs] = with_clock(|clock| waits(&letters, clock, now));
        let hours = |waits: &[Wait]| {
            let mut hours: Vec<_> = waits.iter().map(|wait| (wait.hours, wait.answered)).collect();
            hours.sort_by(|a, b| a.0.total_cmp(&b.0));
            hours
        };
        assert_eq!(
            hours(&mine),
            [(1.0, true), (1.0, false), (2.0, true), (2.0, false)]
                .map(|x| x)
                .to_vec()
                .into_iter()
                .collect::<Vec<_>>()
        );
        assert_eq!(hours(&theirs), [(PATIENCE, false), (PATIENCE, false)]);
        assert_eq!(begun(&letters, instant("2024-04-01T00:00"), now), (1, 2));
        assert_eq!(begun(&letters, instant("2024-06-01T00:00"), now), (0, 1));
    }
}
