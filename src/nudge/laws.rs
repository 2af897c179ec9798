//! What no sequence of inputs may break: budgets, rest, words.

use std::collections::BTreeMap;

use jiff::civil::{date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::moment::monday;
use super::tests::{couple, due, healthy, person, policy, weekdays};
use super::*;
use crate::call::How;
use crate::people::{Preference, Tier};
use crate::reliance::{Backdrop, Booked, ContactDay, Reliance, Wish, assess};

const START: Date = date(2024, 1, 1);

/// What happens between two looks.
#[derive(Clone, Debug)]
struct Look {
    minutes: i64,
    /// Which couples are due, as bits.
    due: u8,
    /// Which couple had a talk, if any.
    talk: Option<u8>,
    stage: Stage,
    busy: Option<(i64, i64)>,
}

fn stages() -> impl Strategy<Value = Stage> {
    prop::sample::select(vec![
        Stage::Claimed,
        Stage::Shown,
        Stage::Shown,
        Stage::Undelivered,
        Stage::Dismissed,
        Stage::Answered(Answer::Show),
        Stage::Answered(Answer::Later),
        Stage::Answered(Answer::Talked(How::Call)),
        Stage::Answered(Answer::Spoke(How::Call)),
        Stage::Answered(Answer::NotYet),
        Stage::Answered(Answer::KeepReminding),
    ])
}

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let look = (
        1i64..1500,
        any::<u8>(),
        prop::option::weighted(0.02, 0u8..6),
        stages(),
        prop::option::weighted(0.3, (0i64..1440, 1i64..300)),
    );
    let look =
        look.prop_map(|(minutes, due, talk, stage, busy)| Look { minutes, due, talk, stage, busy });
    prop::collection::vec(look, 1..160)
}

/// Six couples of client and person, of every tier; the fourth likes email.
fn couples(bits: u8, talks: &BTreeMap<u8, Date>) -> Standing {
    let mut all = Standing::default();
    for (n, name) in (0u8..).zip(["A", "B", "C", "D", "E", "F"]) {
        let state = if bits >> n & 1 == 1 { due() } else { healthy() };
        let last_one_on_one = talks.get(&n).copied();
        let mut one = couple(name, &Reliance { last_one_on_one, ..state });
        one.clients[0].client.tier = [Tier::A, Tier::B, Tier::C][usize::from(n) % 3];
        if n == 3 {
            one.people[0].person.prefers = Some(Preference::Email);
        }
        all.people.extend(one.people);
        all.clients.extend(one.clients);
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_life_goes_over_budget(looks in looks(), per_day in 0u32..4, per_week in 0u32..6) {
        let (open, zone) = (weekdays(), TimeZone::get("Europe/Berlin").unwrap());
        let policy = Policy { per_day, per_week, ..policy() };
        let mut now = START.to_zoned(zone.clone()).unwrap();
        let mut talks = BTreeMap::new();
        let mut past: Vec<Past> = Vec::new();
        for look in looks {
            now = now.saturating_add(look.minutes.minutes());
            if let Some(n) = look.talk {
                talks.insert(n, now.date());
            }
            let midnight = now.start_of_day().unwrap().timestamp();
            let busy: Vec<_> = look.busy.map(|(from, length)| {
                (midnight + from.minutes(), midnight + (from + length).minutes())
            }).into_iter().collect();
            let standing = couples(look.due, &talks);
            let moment = Moment { now: &now, open: &open, busy: &busy, calendar_unread_since: None, lately: &Lately::NOTHING };
            let decision = decide(&standing, &past, &policy, &moment);
            prop_assert!(decision.next.is_some_and(|next| next > now.timestamp()));
            let due = standing.clients.iter().filter(|client| client.reliance.due).count();
            prop_assert_eq!(decision.held.len() + usize::from(decision.nudge.is_some()), due);
            for nudge in decision.missed {
                let id = NudgeId(past.len().try_into().unwrap());
                past.push(Past { id, nudge, day: now.date(), stage: Stage::Missed, talked: None });
            }
            if let Some(nudge) = decision.nudge {
                let (at, minute) = (now.timestamp(), now.time());
                prop_assert!(open.is_open(now.date()));
                prop_assert!(policy.hours.0 <= minute && minute < policy.hours.1);
                prop_assert!(!busy.iter().any(|&(from, to)| from - 10.minutes() <= at && at < to));
                prop_assert!(standing.clients.iter().any(|c| Some(&c.client.id) == nudge.client.as_ref() && c.reliance.due));
                let id = NudgeId(past.len().try_into().unwrap());
                past.push(Past { id, nudge, day: now.date(), stage: Stage::Claimed, talked: None });
                prop_assert_eq!(decide(&standing, &past, &policy, &moment).nudge, None);
                past.last_mut().unwrap().stage = look.stage;
            }
        }
        past.retain(|nudge| !matches!(nudge.stage, Stage::Undelivered | Stage::Missed));
        for nudge in &past {
            let day = past.iter().filter(|other| other.day == nudge.day).count();
            let week = past.iter().filter(|other| monday(other.day) == monday(nudge.day)).count();
            prop_assert!(day <= per_day as usize && week <= per_week as usize);
        }
        for n in ["A", "B", "C", "D", "E", "F"] {
            let of = |nudge: &&Past| nudge.nudge.client.as_ref().is_some_and(|id| id.0 == n);
            let own: Vec<_> = past.iter().filter(of).collect();
            for pair in own.windows(2) {
                let rest = match pair[0].stage {
                    _ if n == "D" => 90,
                    Stage::Answered(Answer::Later) => 7,
                    _ => 14,
                };
                prop_assert!(pair[1].day >= pair[0].day + rest.days(), "{:?}", pair);
                let last = pair[0].nudge.form == Form::LastQuestion;
                let answered = matches!(pair[0].stage, Stage::Answered(answer) if answer != Answer::Show);
                let talked = talks.values().any(|talk| *talk >= pair[0].day);
                prop_assert!(!last || answered || talked, "{:?}", pair);
            }
            for four in own.windows(4) {
                let ignored = |nudge: &&Past| matches!(nudge.stage, Stage::Claimed | Stage::Shown | Stage::Dismissed);
                let talked = talks.values().any(|talk| *talk >= four[0].day);
                let asked = four.iter().any(|nudge| nudge.nudge.form == Form::LastQuestion);
                let kept = own.iter().any(|nudge| {
                    nudge.day < four[0].day && nudge.stage == Stage::Answered(Answer::KeepReminding)
                });
                let row = four[..3].iter().all(ignored);
                prop_assert!(talked || kept || asked || !row, "{:?}", four);
            }
        }
    }

    #[test]
    fn the_order_of_things_changes_nothing(
        bits in any::<u8>(),
        days in prop::collection::vec((0i64..60, 0usize..6, stages()), 0..12),
        turn in 0usize..12,
    ) {
        let standing = couples(bits, &BTreeMap::new());
        let mut past: Vec<_> = (0..).zip(days).map(|(n, (day, who, stage))| {
            let client = standing.clients[who].client.id.clone();
            let person = standing.people[who].person.id.clone();
            let nudge = Nudge {
                person,
                name: String::new(),
                client: Some(client),
                verdict: Verdict::Drifting,
                form: Form::Suggestion,
                certainty: 80,
                booked: None,
                reason: String::new(),
                suggestion: String::new(),
                at: Timestamp::UNIX_EPOCH,
            };
            Past { id: NudgeId(n), nudge, day: START + day.days(), stage, talked: None }
        }).collect();
        let now = date(2024, 2, 26).at(10, 0, 0, 0).in_tz("Europe/Berlin").unwrap();
        let open = weekdays();
        let busy = vec![
            (now.timestamp() + 20.minutes(), now.timestamp() + 90.minutes()),
            (now.timestamp() + 80.minutes(), now.timestamp() + 100.minutes()),
        ];
        let moment = Moment { now: &now, open: &open, busy: &busy, calendar_unread_since: None, lately: &Lately::NOTHING };
        let first = decide(&standing, &past, &policy(), &moment);
        let mut turned = standing.clone();
        turned.people.rotate_left(turn % 6);
        turned.clients.rotate_right(turn % 6);
        turned.clients.reverse();
        past.reverse();
        let busy: Vec<_> = busy.into_iter().rev().collect();
        let moment = Moment { now: &now, open: &open, busy: &busy, calendar_unread_since: None, lately: &Lately::NOTHING };
        prop_assert_eq!(decide(&turned, &past, &policy(), &moment), first);
    }

    /// However lively the mail: whoever prefers it is left in peace for the doubled rhythm.
    #[test]
    fn whoever_prefers_email_is_not_nudged_before_the_doubled_limit(
        letters in prop::collection::vec((any::<bool>(), prop::bool::weighted(0.1), prop::bool::weighted(0.02)), 60..400),
        cadence_days in 20u32..100,
    ) {
        let days: Vec<_> = (0i64..).zip(letters).map(|(n, (email, group, one_on_one))| {
            ContactDay { day: START + n.days(), email, group, one_on_one }
        }).collect();
        let open = weekdays();
        let person = crate::people::Person {
            cadence_days,
            prefers: Some(Preference::Email),
            ..person("zz@q.test", None)
        };
        let doubled = f64::from(2 * cadence_days) * 5.0 / 7.0;
        let wish = Wish::of_person(&person);
        for today in days.iter().map(|contact| contact.day).filter(|day| open.is_open(*day)) {
            let Some(reliance) = assess(&days, wish, &Backdrop::alone(&open), &[], today) else { continue };
            let now = today.at(10, 0, 0, 0).in_tz("Europe/Berlin").unwrap();
            let moment = Moment { now: &now, open: &open, busy: &[], calendar_unread_since: None, lately: &Lately::NOTHING };
            let subject = Subject { person: person.clone(), reliance: reliance.clone() };
            let standing = Standing { people: vec![subject], ..Standing::default() };
            if decide(&standing, &[], &policy(), &moment).nudge.is_some() {
                let never = reliance.last_one_on_one.is_none();
                let least = if never { 1.5 * doubled } else { doubled / 2.0 };
                prop_assert!(f64::from(reliance.silence) > least, "{:?}", reliance);
            }
        }
    }

    /// Writing more is no talk: it shortens no silence and calls nobody off.
    #[test]
    fn more_email_never_takes_a_nudge_away(
        letters in prop::collection::vec((any::<bool>(), prop::bool::weighted(0.1), prop::bool::weighted(0.02)), 60..300),
        more in prop::collection::vec(any::<bool>(), 300),
    ) {
        let days: Vec<_> = (0i64..).zip(letters).map(|(n, (email, group, one_on_one))| {
            ContactDay { day: START + n.days(), email, group, one_on_one }
        }).collect();
        let livelier: Vec<_> = days.iter().zip(more).map(|(contact, more)| {
            ContactDay { email: contact.email || more, ..*contact }
        }).collect();
        let open = weekdays();
        let person = person("zz@q.test", None);
        let wish = Wish::of_person(&person);
        for today in days.iter().map(|contact| contact.day).filter(|day| open.is_open(*day)) {
            let now = today.at(10, 0, 0, 0).in_tz("Europe/Berlin").unwrap();
            let moment = Moment { now: &now, open: &open, busy: &[], calendar_unread_since: None, lately: &Lately::NOTHING };
            let nudged = |days: &[ContactDay]| {
                let reliance = assess(days, wish, &Backdrop::alone(&open), &[], today)?;
                let silence = reliance.silence;
                let subject = Subject { person: person.clone(), reliance };
                let standing = Standing { people: vec![subject], ..Standing::default() };
                Some((silence, decide(&standing, &[], &policy(), &moment).nudge.is_some()))
            };
            let (before, after) = (nudged(&days), nudged(&livelier));
            if let (Some((silence, nudge)), Some((longer, still))) = (before, after) {
                prop_assert!(longer >= silence && (still || !nudge), "{} {:?} {:?}", today, before, after);
            }
        }
    }

    /// Whatever somebody is called and however they stand: two sentences, 200 characters, and
    /// nothing of the name in the body.
    #[test]
    fn words_stay_within_what_a_notification_may_hold(
        letters in prop::collection::vec((any::<bool>(), any::<bool>(), prop::bool::weighted(0.02)), 60..500),
        name in "\\PC{0,40}",
        cadence_days in 1u32..400,
        prefers in 0usize..5,
    ) {
        let days: Vec<_> = (0i64..).zip(letters).map(|(n, (email, group, one_on_one))| {
            ContactDay { day: START + n.days(), email, group, one_on_one }
        }).collect();
        let open = weekdays();
        let today = days.last().unwrap().day;
        let prefers = [
            None,
            Some(Preference::Email),
            Some(Preference::Phone),
            Some(Preference::Video),
            Some(Preference::Visit),
        ][prefers];
        let person = crate::people::Person { name, cadence_days, prefers, ..person("zz@q.test", None) };
        let booked: [Booked; 0] = [];
        let Some(mut reliance) = assess(&days, Wish::of_person(&person), &Backdrop::alone(&open), &booked, today) else {
            return Ok(());
        };
        // Whether it is due does not matter here, only what it would say.
        reliance.verdict = Verdict::Drifting;
        reliance.due = true;
        prop_assume!(reliance.last_28.email + reliance.last_28.group > 0);
        let monday = open.first_open_on_or_after(today);
        let now = monday.to_datetime(time(10, 0, 0, 0)).in_tz("Europe/Berlin").unwrap();
        let moment = Moment { now: &now, open: &open, busy: &[], calendar_unread_since: None, lately: &Lately::NOTHING };
        let standing = Standing { people: vec![Subject { person, reliance }], ..Standing::default() };
        let nudge = decide(&standing, &[], &policy(), &moment).nudge.unwrap();
        let (summary, body) = (nudge.summary(), nudge.body());
        prop_assert!(body.chars().count() <= words::BODY, "{}", body);
        prop_assert!(summary.chars().count() <= 60 && !summary.contains('@'), "{}", summary);
        prop_assert!(body.is_ascii() && !body.contains(['@', '<', '>', '&']), "{}", body);
        let ends = body.chars().filter(|c| ".?!".contains(*c)).count();
        prop_assert_eq!(ends, 2, "{}", body);
        prop_assert!(body.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()), "{}", body);
    }
}
