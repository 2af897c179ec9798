//! Laws of the verdict, against a slow and plain reading of the definitions.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Weekday, date};
use proptest::prelude::*;

use super::*;

/// The first day any history here begins on, a Monday.
const START: Date = date(2023, 1, 2);

fn open_days() -> OpenDays {
    let week: Vec<_> = Weekday::Monday.cycle_forward().take(5).collect();
    let away = (0..).map(|n| date(2023, 7, 3) + n.days()).take(14);
    let holidays = [date(2023, 5, 1), date(2023, 12, 25), date(2023, 12, 26), date(2024, 1, 1)];
    OpenDays::new(&week, away.chain(holidays).collect::<BTreeSet<_>>())
}

/// A year and a half with more or less of everything.
fn histories() -> impl Strategy<Value = Vec<ContactDay>> {
    let rates = (0u32..40, 0u32..15, 0u32..12, 30usize..540);
    rates.prop_flat_map(|(e, g, o, length)| {
        let percent = |rate: u32| prop::bool::weighted(f64::from(rate) / 100.0);
        let day = (percent(e), percent(g), percent(o));
        prop::collection::vec(day, length).prop_map(|days| {
            let numbered = (0i64..).zip(days);
            let days = numbered.map(|(n, (email, group, one_on_one))| ContactDay {
                day: START + n.days(),
                email,
                group,
                one_on_one,
            });
            days.collect()
        })
    })
}

fn wishes() -> impl Strategy<Value = Wish> {
    (prop::sample::select(vec![30, 45, 90]), any::<bool>())
        .prop_map(|(cadence_days, prefers_email)| Wish { cadence_days, prefers_email })
}

/// What a portfolio of this pair alone teaches.
fn portfolio(days: &[ContactDay], open: &OpenDays) -> Portfolio {
    let talks: BTreeSet<_> = days.iter().filter(|day| day.one_on_one).map(|day| day.day).collect();
    Portfolio::new([&talks], open)
}

/// Every talk, entered a week before.
fn talks_of(days: &[ContactDay]) -> Vec<Booked> {
    let talks = days.iter().filter(|day| day.one_on_one);
    talks.map(|talk| Booked { day: talk.day, known: talk.day - 7.days() }).collect()
}

fn last_day(days: &[ContactDay]) -> Date {
    days.last().unwrap().day
}

/// With one more contact day at a place between 0 and 1 of the history.
fn with(days: &[ContactDay], place: f64, one: fn(&mut ContactDay)) -> Vec<ContactDay> {
    let mut days = days.to_vec();
    let at = (place * (days.len() - 1) as f64) as usize;
    one(&mut days[at]);
    days
}

/// The windows and the silence straight from their definitions.
fn plain(days: &[ContactDay], open: &OpenDays, as_of: Date) -> (ChannelMix, ChannelMix, i64) {
    let mut mixes = [ChannelMix::default(); 2];
    for (mix, width) in mixes.iter_mut().zip([20, 64]) {
        for contact in days.iter().filter(|contact| open.between(contact.day, as_of) < width) {
            mix.email += u32::from(contact.email);
            mix.group += u32::from(contact.group);
            mix.one_on_one += u32::from(contact.one_on_one);
        }
    }
    let any = |contact: &&ContactDay| contact.email || contact.group || contact.one_on_one;
    let last = days.iter().rfind(|contact| contact.one_on_one);
    let since = last.or_else(|| days.iter().find(any)).unwrap().day;
    (mixes[0], mixes[1], open.between(since, as_of))
}

proptest! {
    #[test]
    fn the_walk_agrees_with_the_definitions(days in histories(), wish in wishes()) {
        let (open, as_of) = (open_days(), last_day(&days));
        let Some(got) = assess(&days, wish, &Backdrop::alone(&open), &[], as_of) else {
            prop_assert!(days.iter().all(|day| !day.email && !day.group && !day.one_on_one));
            return Ok(());
        };
        let (short, long, silence) = plain(&days, &open, as_of);
        prop_assert_eq!(got.last_28, short);
        prop_assert_eq!(got.last_90, long);
        prop_assert_eq!(i64::from(got.silence), silence);
        let overdue = f64::from(got.silence) > got.limit;
        match got.verdict {
            // Overdue with more: contact is back, and the dwell not yet over.
            Verdict::Silent => prop_assert!(short.total() < 2 || overdue),
            Verdict::Drifting => prop_assert!(overdue && long.one_on_one > 0),
            Verdict::EmailOnly | Verdict::GroupOnly | Verdict::EmailGroup => {
                prop_assert!(overdue && long.one_on_one == 0);
            }
            Verdict::Healthy | Verdict::NotEnoughData => {}
        }
        let weeks: u32 = got.weeks.iter().map(|(_, mix)| mix.total()).sum();
        let first = got.weeks[0].0;
        prop_assert_eq!(got.weeks.len(), 12);
        prop_assert_eq!(first.weekday(), Weekday::Monday);
        let counted: u32 = days.iter().filter(|c| c.day >= first).map(|c| ChannelMix::of(*c).total()).sum();
        prop_assert_eq!(weeks, counted);
    }

    #[test]
    fn the_past_does_not_change(days in histories(), wish in wishes(), place in 0.0..1.0f64) {
        let (open, as_of) = (open_days(), last_day(&days));
        let (portfolio, booked) = (portfolio(&days, &open), talks_of(&days));
        let backdrop = Backdrop { portfolio: &portfolio, ..Backdrop::alone(&open) };
        let all = history(&days, wish, &backdrop, &booked, as_of);
        let earlier = days[(place * (days.len() - 1) as f64) as usize].day;
        let then: Vec<_> = all.iter().copied().filter(|change| change.day <= earlier).collect();
        prop_assert_eq!(&history(&days, wish, &backdrop, &booked, earlier), &then);
        let stands = assess(&days, wish, &backdrop, &booked, earlier);
        let told = then.last().map(|change| (change.verdict, change.due));
        // On a closed day nothing moves but what is booked, which the walk does not look at.
        if open.is_open(earlier) {
            prop_assert_eq!(stands.as_ref().map(|r| (r.verdict, r.due)), told);
        }
        prop_assert_eq!(stands.map(|r| r.verdict), told.map(|(verdict, _)| verdict));
        for pair in all.windows(2) {
            prop_assert!(pair[0].day < pair[1].day);
            prop_assert!((pair[0].verdict, pair[0].due) != (pair[1].verdict, pair[1].due));
        }
    }

    /// Beginning at the last talk says what walking from the first contact says.
    #[test]
    fn the_short_way_ends_where_the_long_one_does(
        days in histories(),
        wish in wishes(),
        place in 0.0..1.0f64,
    ) {
        let open = open_days();
        let portfolio = portfolio(&days, &open);
        let backdrop = Backdrop { portfolio: &portfolio, ..Backdrop::alone(&open) };
        let as_of = days[(place * (days.len() - 1) as f64) as usize].day;
        prop_assert_eq!(
            assess(&days, wish, &backdrop, &[], as_of),
            walk::assess_from_the_first(&days, wish, &backdrop, &[], as_of)
        );
    }

    #[test]
    fn the_order_of_days_changes_nothing(days in histories(), wish in wishes()) {
        let (open, as_of) = (open_days(), last_day(&days));
        let mut shuffled: Vec<_> = days.iter().rev().chain(&days).copied().collect();
        shuffled.rotate_left(days.len() / 3);
        prop_assert_eq!(
            assess(&shuffled, wish, &Backdrop::alone(&open), &[], as_of),
            assess(&days, wish, &Backdrop::alone(&open), &[], as_of)
        );
    }

    #[test]
    fn a_talk_today_settles_the_matter(days in histories(), wish in wishes()) {
        let (open, as_of) = (open_days(), last_day(&days));
        let talked = with(&days, 1.0, |day| day.one_on_one = true);
        let got = assess(&talked, wish, &Backdrop::alone(&open), &[], as_of).unwrap();
        prop_assert!(!got.verdict.wants_talk() && !got.due);
        prop_assert_eq!(got.silence, 0);
    }

    /// One in the past may: it can show that the pair talks more often than was thought. It never
    /// calls for another within half the wanted rhythm.
    #[test]
    fn a_talk_is_enough_for_half_the_wanted_rhythm(
        days in histories(),
        wish in wishes(),
        place in 0.0..1.0f64,
    ) {
        let (open, as_of) = (open_days(), last_day(&days));
        let talked = with(&days, place, |day| day.one_on_one = true);
        let (portfolio, before) = (portfolio(&days, &open), assess(&days, wish, &Backdrop::alone(&open), &[], as_of));
        let backdrop = Backdrop { portfolio: &portfolio, ..Backdrop::alone(&open) };
        let at = talked[(place * (days.len() - 1) as f64) as usize].day;
        for change in history(&talked, wish, &backdrop, &[], as_of) {
            let since = open.between(at, change.day);
            let settled = change.day >= at && since as f64 <= wish.open_days() / 2.0;
            prop_assert!(!settled || !change.verdict.wants_talk(), "{change:?} after {at}");
        }
        let after = assess(&talked, wish, &Backdrop::alone(&open), &[], as_of).unwrap();
        if let Some(before) = before {
            prop_assert!(after.share.estimate >= before.share.estimate);
            if before.last_one_on_one.is_some() {
                prop_assert!(after.silence <= before.silence);
            }
        }
    }

    #[test]
    fn email_never_shortens_a_silence(days in histories(), wish in wishes(), place in 0.0..1.0f64) {
        let (open, as_of) = (open_days(), last_day(&days));
        let written = with(&days, place, |day| day.email = true);
        if let Some(before) = assess(&days, wish, &Backdrop::alone(&open), &[], as_of) {
            let after = assess(&written, wish, &Backdrop::alone(&open), &[], as_of).unwrap();
            prop_assert!(after.silence >= before.silence);
            prop_assert_eq!(after.last_one_on_one, before.last_one_on_one);
        }
    }

    #[test]
    fn whoever_likes_email_has_twice_the_time(days in histories(), cadence_days in 7u32..120) {
        let (open, as_of) = (open_days(), last_day(&days));
        let wish = Wish { cadence_days, prefers_email: true };
        if let Some(got) = assess(&days, wish, &Backdrop::alone(&open), &[], as_of) {
            let doubled = f64::from(cadence_days) * 2.0 * 5.0 / 7.0;
            prop_assert!(!got.due || f64::from(got.silence) > doubled / 2.0);
            let never = got.last_one_on_one.is_none();
            prop_assert!(!got.due || !never || f64::from(got.silence) > doubled * 1.5);
        }
    }
}

/// Overdue by email since long ago, as of 1 June 2023, with these talks ahead.
fn due_with(booked: &[(Date, Date)]) -> Reliance {
    let mail = |n: i64| ContactDay {
        day: START + (3 * n).days(),
        email: true,
        group: false,
        one_on_one: false,
    };
    let days: Vec<_> = (0..50).map(mail).collect();
    let booked: Vec<_> = booked.iter().map(|&(known, day)| Booked { day, known }).collect();
    let wish = Wish { cadence_days: 30, prefers_email: false };
    assess(&days, wish, &Backdrop::alone(&open_days()), &booked, date(2023, 6, 1)).unwrap()
}

#[test]
fn a_talk_in_the_calendar_settles_the_matter_once_it_is_known() {
    let check = |booked: &[(Date, Date)], due, next| {
        let got = due_with(booked);
        assert_eq!(got.verdict, Verdict::EmailOnly);
        assert_eq!((got.due, got.booked), (due, next), "{booked:?}");
    };
    let (may, june) = (|day| date(2023, 5, day), |day| date(2023, 6, day));
    check(&[], true, None);
    check(&[(may(2), june(15))], false, Some(june(15)));
    check(&[(may(2), june(16))], true, Some(june(16)));
    check(&[(june(1), june(1))], false, Some(june(1)));
    check(&[(june(2), june(8))], true, None);
    check(&[(may(2), may(31))], true, None);
    check(&[(may(2), june(20)), (may(2), june(8))], false, Some(june(8)));
}

#[test]
fn nobody_is_judged_before_the_first_contact() {
    let mail = |day| ContactDay { day, email: true, group: false, one_on_one: false };
    let empty = ContactDay { email: false, ..mail(START) };
    let wish = Wish { cadence_days: 30, prefers_email: false };
    let check = |days: &[ContactDay], known| {
        let got = assess(days, wish, &Backdrop::alone(&open_days()), &[], START);
        assert_eq!(got.is_some(), known, "{days:?}");
    };
    check(&[], false);
    check(&[empty], false);
    check(&[mail(START + 1.day())], false);
    check(&[mail(START)], true);
}

#[test]
fn a_client_is_the_union_of_its_people() {
    let day = |n: i64, email, one_on_one| ContactDay {
        day: START + n.days(),
        email,
        group: false,
        one_on_one,
    };
    let (anna, ben) = ([day(0, true, false), day(2, false, true)], [day(0, false, true)]);
    let both = union([anna.as_slice(), ben.as_slice()]);
    assert_eq!(both, [day(0, true, true), day(2, false, true)]);
}

#[test]
fn names_survive_the_way_there_and_back() {
    for verdict in Verdict::ALL {
        assert_eq!(Verdict::parse(verdict.as_str()), Some(verdict));
    }
    for trend in Trend::ALL {
        assert_eq!(Trend::parse(trend.as_str()), Some(trend));
    }
    assert_eq!(Verdict::parse("Healthy"), None);
}
