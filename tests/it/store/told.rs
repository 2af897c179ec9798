//! What the user said: talks, decisions, answers to nudges, and the small things of which there is
//! one each.

use hallway::call::{Call, How};
use hallway::interaction::{Change, Correction, Reference};
use hallway::nudge::{Answer, Form, Nudge, NudgeId, Past, Stage};
use hallway::people::{
    Choice, ClientChoice, ClientDecision, ClientId, Decision, PersonId, Preference, Tier,
};
use hallway::reliance::Verdict;
use hallway::store::Store;
use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::text::{at, spec};
use super::{dump, store};

#[test]
fn a_talk_told_twice_counts_once_and_the_last_word_holds() {
    let (mut store, ..) = store();
    let call = |how, minutes| Call {
        with: spec("jo@acme.test"),
        how,
        start: at("2024-03-04T09:00:00Z"),
        minutes,
        told: at("2024-03-06T09:00:00Z"),
    };
    assert!(store.record_call(&call(How::Call, None)).unwrap());
    let again = Call { told: at("2024-03-07T09:00:00Z"), ..call(How::Visit, Some(30)) };
    assert!(!store.record_call(&again).unwrap());
    assert_eq!(store.calls().unwrap(), [call(How::Visit, Some(30))]);
    assert!(!store.remove_call(&spec("jo@acme.test"), at("2024-03-04T09:01:00Z")).unwrap());
    assert!(store.remove_call(&spec("jo@acme.test"), at("2024-03-04T09:00:00Z")).unwrap());
    assert!(store.calls().unwrap().is_empty());
}

/// Every choice there is.
pub(super) fn choices() -> Vec<Choice> {
    vec![
        Choice::Confirm,
        Choice::NotAClient,
        Choice::Assign(ClientId("Acme; DROP TABLE decision".into())),
        Choice::Join(spec("jd@acme.test")),
        Choice::Split,
        Choice::Prefers(Some(Preference::Email)),
        Choice::Prefers(Some(Preference::Phone)),
        Choice::Prefers(Some(Preference::Video)),
        Choice::Prefers(Some(Preference::Visit)),
        Choice::Prefers(None),
        Choice::Cadence(Some(45)),
        Choice::Cadence(None),
        Choice::MuteUntil(Date::MAX),
        Choice::Unmute,
        Choice::LaterUntil(date(2024, 3, 11)),
        Choice::Apart(spec("jd@acme.test")),
        Choice::Mine(true),
        Choice::Retired(false),
        Choice::Key(true),
        Choice::Review(Some(date(2024, 9, 1))),
        Choice::Review(None),
    ]
}

/// Every choice about a client there is.
pub(super) fn client_choices() -> Vec<ClientChoice> {
    vec![
        ClientChoice::Confirm,
        ClientChoice::NotAClient,
        ClientChoice::Colleagues,
        ClientChoice::Tier(Some(Tier::B)),
        ClientChoice::Tier(None),
        ClientChoice::Cadence(Some(14)),
        ClientChoice::Cadence(None),
        ClientChoice::Prefers(Some(Preference::Visit)),
        ClientChoice::Prefers(None),
        ClientChoice::Review(Some(date(2024, 9, 1))),
        ClientChoice::Review(None),
        ClientChoice::MuteUntil(Date::MAX),
        ClientChoice::LaterUntil(date(2024, 3, 11)),
        ClientChoice::Unmute,
    ]
}

/// A correction of each kind of item, and each change.
pub(super) fn corrections() -> Vec<Correction> {
    let message = Reference::Message("a@acme.test".into());
    let series = Reference::Occurrence { uid: "one".into(), recurrence_id: None };
    let one = Reference::Occurrence {
        uid: "one".into(),
        recurrence_id: Some(at("2024-03-05T10:00:00Z")),
    };
    let told = Reference::Told(at("2024-03-08T09:00:00Z"));
    let with = || Some(spec("jo@acme.test"));
    [
        (message.clone(), Change::Ignore, None),
        (message, Change::Email, with()),
        (series.clone(), Change::Group, None),
        (series, Change::Undo, None),
        (one, Change::OneOnOne, with()),
        (told, Change::Person, with()),
    ]
    .into_iter()
    .map(|(item, change, with)| Correction { at: at("2024-03-09T09:00:00Z"), item, change, with })
    .collect()
}

#[test]
fn what_is_said_of_clients_and_items_comes_back() {
    let (mut store, ..) = store();
    let said: Vec<_> = client_choices()
        .into_iter()
        .map(|choice| ClientDecision {
            at: at("2024-03-04T09:00:00Z"),
            about: ClientId("Acme".into()),
            choice,
        })
        .collect();
    for one in &said {
        store.decide_client(one).unwrap();
    }
    assert_eq!(store.client_decisions().unwrap(), said);
    let corrections = corrections();
    for one in &corrections {
        store.correct(one).unwrap();
    }
    assert_eq!(store.corrections().unwrap(), corrections);
}

#[test]
fn decisions_come_back_in_the_order_they_were_made() {
    let (mut store, ..) = store();
    let made = |at, choice| Decision { at, about: spec("jo@acme.test"), choice };
    let all: Vec<_> =
        choices().into_iter().map(|choice| made(at("2024-03-04T09:00:00Z"), choice)).collect();
    for decision in &all {
        store.decide(decision).unwrap();
    }
    assert_eq!(store.decisions().unwrap(), all);
    let earlier = made(at("2024-03-01T09:00:00Z"), Choice::Confirm);
    store.decide(&earlier).unwrap();
    assert_eq!(store.decisions().unwrap().first(), Some(&earlier));
}

pub(super) fn nudge(at: Timestamp) -> Nudge {
    Nudge {
        person: PersonId(spec("jo@acme.test")),
        name: "Jo".into(),
        client: Some(ClientId("Acme".into())),
        verdict: Verdict::EmailOnly,
        form: Form::Question,
        certainty: 48,
        booked: Some(date(2024, 4, 2)),
        reason: "12 emails and no talk in 64 open days.".into(),
        suggestion: "Call Jo this week.".into(),
        at,
    }
}

#[test]
fn what_became_of_a_nudge_is_noted_once() {
    let (mut store, ..) = store();
    let when = at("2024-03-04T09:00:00Z");
    let id = store.note_nudge(&nudge(when), date(2024, 3, 4), Stage::HeldOut).unwrap();
    store.note_talk(id, date(2024, 3, 9)).unwrap();
    store.note_talk(id, date(2024, 3, 7)).unwrap();
    let [past] = store.nudges(when).unwrap().try_into().unwrap();
    assert_eq!((past.stage, past.talked), (Stage::HeldOut, Some(date(2024, 3, 9))));
    assert_eq!(store.lot(7).unwrap(), 7);
    assert_eq!(store.lot(8).unwrap(), 7);
}

#[test]
fn nudges_come_back_with_their_stage() {
    let (mut store, ..) = store();
    let (first, second) = (nudge(at("2024-03-04T09:00:00Z")), nudge(at("2024-03-06T09:00:00Z")));
    let one = store.claim(&first, date(2024, 3, 4)).unwrap();
    let two = store.claim(&second, date(2024, 3, 6)).unwrap();
    assert_ne!(one, two);
    assert!(store.stage(two, Stage::Shown, at("2024-03-06T09:00:01Z")).unwrap());
    let past = |id, nudge, day, stage| Past { id, nudge, day, stage, talked: None };
    let newest = past(two, second, date(2024, 3, 6), Stage::Shown);
    assert_eq!(store.nudges(at("2024-03-06T09:00:00Z")).unwrap(), std::slice::from_ref(&newest));
    let all = [past(one, first, date(2024, 3, 4), Stage::Claimed), newest];
    assert_eq!(store.nudges(Timestamp::MIN).unwrap(), all);
    assert!(!store.stage(NudgeId(99), Stage::Shown, at("2024-03-06T09:00:01Z")).unwrap());
}

#[test]
fn a_stage_only_moves_forward() {
    let talked = Stage::Answered(Answer::Talked(How::Visit));
    let later = Stage::Answered(Answer::Later);
    let show = Stage::Answered(Answer::Show);
    for (told, kept) in [
        (vec![Stage::Shown, Stage::Dismissed], Stage::Dismissed),
        (vec![Stage::Dismissed, Stage::Shown], Stage::Dismissed),
        (vec![Stage::Undelivered, Stage::Shown], Stage::Shown),
        (vec![Stage::Shown, talked, Stage::Dismissed], talked),
        (vec![Stage::Shown, Stage::Dismissed, talked], talked),
        (vec![show, talked, show], talked),
        (vec![show, Stage::Dismissed], show),
        (vec![talked, later], later),
        (vec![later, Stage::Claimed], later),
        (vec![Stage::Answered(Answer::PrefersEmail)], Stage::Answered(Answer::PrefersEmail)),
        (vec![Stage::Answered(Answer::NotAClient)], Stage::Answered(Answer::NotAClient)),
    ] {
        let (mut store, ..) = store();
        let when = at("2024-03-04T09:00:00Z");
        let id = store.claim(&nudge(when), date(2024, 3, 4)).unwrap();
        for stage in &told {
            store.stage(id, *stage, when).unwrap();
        }
        assert_eq!(store.nudges(when).unwrap()[0].stage, kept, "{told:?}");
    }
}

#[test]
fn what_was_said_is_in_the_dump() {
    let (mut store, ..) = store();
    let when = at("2024-03-04T09:00:00Z");
    let about = spec("jo@acme.test");
    store.decide(&Decision { at: when, about: about.clone(), choice: Choice::Confirm }).unwrap();
    store
        .record_call(&Call { with: about, how: How::Call, start: when, minutes: None, told: when })
        .unwrap();
    store.claim(&nudge(when), date(2024, 3, 4)).unwrap();
    let dump = dump(&store);
    for kind in ["decision ", "call ", "nudge "] {
        assert!(dump.lines().any(|line| line.starts_with(kind)), "{dump}");
    }
}

#[test]
fn small_things_are_there_once() {
    let mut store = Store::in_memory().unwrap();
    let (first, later) = (at("2024-03-04T09:00:00Z"), at("2024-03-05T09:00:00Z"));
    assert_eq!(store.installed_at(first).unwrap(), first);
    assert_eq!(store.installed_at(later).unwrap(), first);
    assert_eq!(store.last_digest().unwrap(), None);
    store.set_last_digest(date(2024, 2, 26)).unwrap();
    store.set_last_digest(date(2024, 3, 4)).unwrap();
    assert_eq!(store.last_digest().unwrap(), Some(date(2024, 3, 4)));
    store.set_paused_until(Some(later)).unwrap();
    assert_eq!(store.paused_until().unwrap(), Some(later));
    store.set_paused_until(None).unwrap();
    assert_eq!(store.paused_until().unwrap(), None);
}
