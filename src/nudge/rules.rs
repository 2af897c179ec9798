//! Rules of the policy that take more than one look: back-off, questions, bursts, what is left out.

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

use super::tests::{MONDAY, couple, due, policy, shown, weekdays};
use super::timeline::Timeline;
use super::*;
use crate::interaction::Direction;
use crate::people::Preference;
use crate::reliance::Reliance;

fn decide_in(
    standing: &Standing,
    past: &[Past],
    policy: &Policy,
    now: &str,
    lately: &Lately,
    busy: &[(Timestamp, Timestamp)],
) -> Decision {
    let now: Zoned = now.parse().unwrap();
    let open = weekdays();
    let moment = Moment { now: &now, open: &open, busy, calendar_unread_since: None, lately };
    decide(standing, past, policy, &moment)
}

fn decide_on(standing: &Standing, past: &[Past], policy: &Policy, now: &str) -> Decision {
    decide_in(standing, past, policy, now, &Lately::NOTHING, &[])
}

fn said(decision: &Decision) -> String {
    match (&decision.nudge, decision.held.first()) {
        (Some(nudge), _) => format!("{:?}", nudge.form),
        (None, Some(held)) => held.why.to_string(),
        (None, None) => String::new(),
    }
}

fn with_form(form: Form, day: Date, stage: Stage) -> Past {
    let mut past = shown("anna@acme.test", Some("Acme"), day, stage);
    past.nudge.form = form;
    past
}

/// Nobody reacts: nudges on days 0, 14 and 42, on day 56 the question instead of a fourth.
#[test]
fn w18_back_off_ends_in_one_question() {
    let timeline = Timeline::parse(
        "days 2024-01-01..2024-12-31
        client Acme
        person anna@acme.test Anna Berg
        2024-01-01..2024-12-31/2 mail anna@acme.test",
    );
    let (_, past) = timeline.run();
    let first = past[0].day;
    let days: Vec<_> = past
        .iter()
        .map(|nudge| (nudge.day.duration_since(first).as_hours() / 24, nudge.nudge.form))
        .collect();
    let expect = [
        (0, Form::Suggestion),
        (14, Form::Suggestion),
        (42, Form::Suggestion),
        (56, Form::LastQuestion),
    ];
    assert_eq!(days, expect);
    assert_eq!(past[3].nudge.summary(), "Is email fine for Acme?");
}

#[test]
fn whoever_wants_to_be_reminded_all_the_same_is_reminded_rarely() {
    let monday = date(2024, 3, 4);
    let check = |past: &[(i64, Form, Stage)], expect: &str| {
        let past: Vec<_> = past
            .iter()
            .map(|&(ago, form, stage)| with_form(form, monday.saturating_sub(ago.days()), stage))
            .collect();
        assert_eq!(said(&decide_on(&couple("Acme", &due()), &past, &policy(), MONDAY)), expect);
    };
    let go_on = Stage::Answered(Answer::KeepReminding);
    let (talk, ask, seen) = (Form::Suggestion, Form::LastQuestion, Stage::Shown);
    let three = [(150, talk, seen), (136, talk, seen), (108, talk, seen)];
    let and = |more: &[(i64, Form, Stage)]| [&three, more].concat();
    check(&three, "LastQuestion");
    check(
        &and(&[(94, ask, seen)]),
        "3 suggestions in a row went by unanswered, so no more come until you talk",
    );
    check(&and(&[(94, ask, go_on)]), "Suggestion");
    check(&and(&[(56, ask, go_on)]), "Suggestion");
    let rarely = "you want to be reminded, rarely; none before 5 March";
    check(&and(&[(55, ask, go_on)]), rarely);
    check(&and(&[(148, ask, go_on), (90, talk, seen)]), "Suggestion");
    check(&and(&[(148, ask, go_on), (89, talk, seen)]), rarely);
    check(&and(&[(94, ask, Stage::Answered(Answer::Talked(How::Call)))]), "Suggestion");
}

/// An unsure silence is asked about, a sure one is told.
#[test]
fn what_is_unsure_becomes_a_question() {
    let check = |confidence, expect: &str| {
        let standing = couple("Acme", &Reliance { confidence, ..due() });
        let decision = decide_on(&standing, &[], &policy(), MONDAY);
        assert_eq!(said(&decision), expect);
        decision.nudge.unwrap()
    };
    assert_eq!(check(0.58, "Suggestion").certainty, 58);
    check(0.5, "Suggestion");
    let question = check(0.49, "Question");
    assert_eq!(question.summary(), "Have you talked to Anna lately?");
    assert_eq!(question.offers()[0], Answer::Spoke(How::Call));
}

fn burst(minutes_ago: i64, now: &str) -> Lately {
    let now = now.parse::<Zoned>().unwrap().timestamp();
    let anna = PersonId(crate::mail::AddrSpec::parse("anna@acme.test").unwrap());
    let messages: Vec<_> = (0..7)
        .map(|n| {
            let at = now - SignedDuration::from_mins(minutes_ago + 60 * n);
            let direction = if n % 2 == 0 { Direction::Out } else { Direction::In };
            (anna.clone(), Written { at, direction, thread: Some(1) })
        })
        .collect();
    Lately::at(now, &messages)
}

#[test]
fn a_thread_that_goes_back_and_forth_is_a_moment_for_a_call() {
    let evening = "2024-03-04T17:20:00+01:00[Europe/Berlin]";
    let well = Reliance { last_one_on_one: Some(date(2024, 2, 20)), ..super::tests::healthy() };
    let check = |past: &[Past], change: &dyn Fn(&mut Standing), expect: Option<&str>| {
        let mut standing = couple("Acme", &well);
        change(&mut standing);
        let lately = burst(30, evening);
        let decision = decide_in(&standing, past, &policy(), evening, &lately, &[]);
        let summary = decision.nudge.as_ref().map(Nudge::summary);
        assert_eq!(summary.as_deref(), expect, "{decision:?}");
        if let Some(nudge) = decision.nudge {
            assert_eq!(nudge.reason, "7 messages in two days, back and forth.");
            assert!(nudge.suggestion.ends_with('?'), "{}", nudge.suggestion);
        }
    };
    let same: &dyn Fn(&mut Standing) = &|_| {};
    check(&[], same, Some("A call with Anna?"));
    check(&[], &|all| all.people[0].person.prefers = Some(Preference::Email), None);
    check(&[], &|all| all.people[0].person.confirmed = false, None);
    check(&[], &|all| all.people[0].person.muted_until = Some(Date::MAX), None);
    let talk = |day| move |all: &mut Standing| all.people[0].reliance.last_one_on_one = Some(day);
    check(&[], &talk(date(2024, 2, 26)), None);
    check(&[], &talk(date(2024, 2, 23)), Some("A call with Anna?"));
    check(&[], &|all| all.people[0].reliance.booked = Some(date(2024, 3, 7)), None);
    // One a week, whoever it was about; and the client rests as after any other.
    let other = |form, day| {
        let mut past = shown("ben@bolt.test", Some("Bolt"), day, Stage::Dismissed);
        past.nudge.form = form;
        [past]
    };
    let monday = date(2024, 3, 4);
    check(&other(Form::Burst, monday), same, None);
    check(&other(Form::Suggestion, date(2024, 2, 26)), same, Some("A call with Anna?"));
    check(&other(Form::Burst, date(2024, 3, 1)), same, Some("A call with Anna?"));
    check(&[with_form(Form::Suggestion, date(2024, 2, 26), Stage::Shown)], same, None);
}

#[test]
fn a_second_burst_in_a_week_is_not_told() {
    let evening = "2024-03-06T17:20:00+01:00[Europe/Berlin]";
    let well = Reliance { last_one_on_one: Some(date(2024, 2, 20)), ..super::tests::healthy() };
    let mut before = shown("ben@bolt.test", Some("Bolt"), date(2024, 3, 4), Stage::Dismissed);
    let look = |past: &Past| {
        let lately = burst(30, evening);
        let standing = couple("Acme", &well);
        decide_in(&standing, std::slice::from_ref(past), &policy(), evening, &lately, &[])
    };
    assert!(look(&before).nudge.is_some());
    before.nudge.form = Form::Burst;
    assert_eq!(look(&before).nudge, None);
}

/// Right after a message to them even late in the day, and before whoever else is due.
#[test]
fn whoever_was_just_written_to_comes_first() {
    let evening = "2024-03-04T17:20:00+01:00[Europe/Berlin]";
    let now = evening.parse::<Zoned>().unwrap().timestamp();
    let mut all = couple("Acme", &Reliance { silence: 80, ..due() });
    let other = couple("Bolt", &due());
    all.people.extend(other.people);
    all.clients.extend(other.clients);
    let check = |minutes: i64, expect: Option<&str>| {
        let bolt = PersonId(crate::mail::AddrSpec::parse("anna@bolt.test").unwrap());
        let at = now - SignedDuration::from_mins(minutes);
        let written = Written { at, direction: Direction::Out, thread: None };
        let lately = Lately::at(now, &[(bolt, written)]);
        let decision = decide_in(&all, &[], &policy(), evening, &lately, &[]);
        let client = decision.nudge.and_then(|nudge| nudge.client);
        assert_eq!(client.map(|client| client.0).as_deref(), expect);
    };
    check(2, Some("Bolt"));
    check(15, Some("Bolt"));
    check(16, None);
}

#[test]
fn what_the_lot_leaves_out_is_written_down_and_rests_like_any_other() {
    let standing = couple("Acme", &due());
    let always = Policy { lottery: Some(Lottery { one_in: 1, seed: 7 }), ..policy() };
    let decision = decide_on(&standing, &[], &always, MONDAY);
    assert_eq!(decision.nudge, None);
    assert_eq!(said(&decision), "left out on purpose, to see what happens without");
    let left_out = decision.held_out.unwrap();
    assert_eq!(left_out.form, Form::Suggestion);
    let past = |day| {
        let nudge = left_out.clone();
        [Past { id: NudgeId(1), nudge, day, stage: Stage::HeldOut, talked: None }]
    };
    let again = decide_on(&standing, &past(date(2024, 3, 4)), &policy(), MONDAY);
    assert_eq!(said(&again), "there was a suggestion on 4 March; none before 18 March");
    let later = decide_on(&standing, &past(date(2024, 2, 19)), &policy(), MONDAY);
    assert_eq!(said(&later), "Suggestion");
    // Nobody saw it, so nobody ignored it.
    let three = [date(2024, 1, 1), date(2024, 1, 15), date(2024, 2, 12)];
    let three: Vec<_> = three.into_iter().flat_map(past).collect();
    assert_eq!(said(&decide_on(&standing, &three, &policy(), MONDAY)), "Suggestion");
}

/// Three days without half an hour to talk: the digest has to do, for two weeks.
#[test]
fn after_three_days_without_a_good_moment_the_digest_has_to_do() {
    let mut past: Vec<Past> = Vec::new();
    let standing = couple("Acme", &due());
    let mut lines = Vec::new();
    for day in 4..=22 {
        let day = date(2024, 3, day);
        let at = |hour| day.at(hour, 0, 0, 0).in_tz("Europe/Berlin").unwrap();
        let busy = [(at(8).timestamp(), at(18).timestamp())];
        let mut hour = at(9);
        loop {
            let now = hour.to_string();
            let decision = decide_in(&standing, &past, &policy(), &now, &Lately::NOTHING, &busy);
            assert_eq!(decision.nudge, None);
            for nudge in &decision.missed {
                lines.push(day.day());
                let id = NudgeId(i64::try_from(past.len()).unwrap());
                let (nudge, stage) = (nudge.clone(), Stage::Missed);
                past.push(Past { id, nudge, day, stage, talked: None });
            }
            let zone = hour.time_zone().clone();
            match decision.next.map(|next| next.to_zoned(zone)).filter(|at| at.date() == day) {
                Some(next) => hour = next,
                None => break,
            }
        }
    }
    assert_eq!(lines, [4, 5, 6, 20, 21, 22]);
    let held =
        decide_on(&standing, &past[..3], &policy(), "2024-03-07T10:00:00+01:00[Europe/Berlin]");
    let why = "no good moment came since 4 March, so this goes to the digest; none before 20 March";
    assert_eq!(said(&held), why);
}

/// Eight nudges without a talk halve the week.
#[test]
fn nudges_that_lead_nowhere_come_half_as_often() {
    let mut past: Vec<_> = (0..8)
        .map(|n| {
            let day = date(2024, 1, 1).saturating_add((n * 5).days());
            shown("ben@bolt.test", Some("Bolt"), day, Stage::Dismissed)
        })
        .collect();
    let look = |past: &[Past]| {
        let this_week = shown("cy@cord.test", Some("Cord"), date(2024, 3, 4), Stage::Dismissed);
        let past = [past, &[this_week]].concat();
        let tuesday = "2024-03-05T10:00:00+01:00[Europe/Berlin]";
        said(&decide_on(&couple("Acme", &due()), &past, &policy(), tuesday))
    };
    assert_eq!(look(&past), "the one suggestion of this week was made");
    past[3].talked = Some(past[3].day);
    assert_eq!(look(&past), "Suggestion");
}
