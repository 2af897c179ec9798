//! The loop by hand: events in, effects out, days in milliseconds.
//!
//! No thread, no clock, no bus: looks are carried out at once or held back, a notification is
//! answered by saying so. What is checked is what the loop owes whatever the world does.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail like tests")]

mod gone;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use hallway::call::How;
use hallway::cursor::Cursor;
use hallway::daemon::{Daemon, Effect, Event, Ledger, Plan, roster};
use hallway::demo;
use hallway::desktop::{Error, Happening};
use hallway::nudge::{Answer, Nudge, NudgeId, Past, Stage};
use hallway::people::{Choice, Decision};
use hallway::reliance::Verdict;
use hallway::settings::{Environment, Request, load};
use hallway::source::{self, net::Pace};
use hallway::store::{SourceId, Store};
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A Wednesday, past the hour of the digest, inside that of nudges.
const MORNING: &str = "2026-03-11T10:00:00Z";

/// A world on the disk, a store beside it, and a loop over both.
struct Life {
    folder: tempfile::TempDir,
    daemon: Daemon,
    now: Timestamp,
    written: Vec<PathBuf>,
    /// Whether nothing can be written.
    full: bool,
    shown: Vec<(NudgeId, Nudge)>,
    /// Looks that were asked for and are not carried out yet.
    looks: Vec<(SourceId, Cursor)>,
}

fn plan(root: &Path, more: &str) -> Plan {
    let text = fs::read_to_string(root.join("hallway.toml")).unwrap();
    let text = text.replacen("[me]\n", "[me]\ntime-zone = \"UTC\"\n", 1);
    let config = root.join("changed.toml");
    fs::write(&config, format!("{text}\n{more}")).unwrap();
    let environment = Environment::of([("HOME", root.to_str().unwrap())]);
    let request = Request { config: Some(config), set: vec!["nudge.quiet=\"0d\"".into()] };
    Plan::of(&load(&environment, &request).unwrap())
}

impl Life {
    /// The invented world on that morning, everything looked at, a notification server there.
    fn begin() -> Self {
        let mut life = Self::at_the_start("");
        life.happen(Event::Due);
        life.look();
        life.desktop(Happening::ServerCame);
        life
    }

    /// Before anything was looked at.
    fn at_the_start(more: &str) -> Self {
        Self::on(MORNING.parse().unwrap(), more)
    }

    /// The world as of another moment.
    fn on(now: Timestamp, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let world = demo::world(root, now.to_zoned(TimeZone::UTC).date(), &TimeZone::UTC);
        for (path, text) in &world.files {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        }
        let store = Store::open(&root.join("state/hallway.sqlite")).unwrap();
        let daemon = Daemon::new(plan(root, more), store, now).unwrap();
        Self::over(folder, daemon, now)
    }

    fn over(folder: tempfile::TempDir, daemon: Daemon, now: Timestamp) -> Self {
        let (written, shown, looks) = (vec![], vec![], vec![]);
        Self { folder, daemon, now, written, full: false, shown, looks }
    }

    /// Killed, and started again.
    fn again(self) -> Self {
        let Self { folder, daemon, now, .. } = self;
        let plan = daemon.plan().clone();
        drop(daemon);
        let store = Store::open(&folder.path().join("state/hallway.sqlite")).unwrap();
        let daemon = Daemon::new(plan, store, now).unwrap();
        let mut life = Self::over(folder, daemon, now);
        life.happen(Event::Due);
        life.look();
        life.desktop(Happening::ServerCame);
        life
    }

    fn happen(&mut self, event: Event) {
        for effect in self.daemon.step(&event, self.now).unwrap() {
            match effect {
                Effect::Look(id, cursor) => self.looks.push((id, cursor)),
                Effect::Show(id, nudge) => self.shown.push((id, nudge)),
                Effect::Digest(period, files) => {
                    self.written.extend(files.into_iter().map(|(path, _)| path));
                    if !self.full {
                        self.happen(Event::Written(period));
                    }
                }
                Effect::Write(path, _) => self.written.push(path),
                Effect::Tell(..) | Effect::Open(_) | Effect::Quit => {}
            }
        }
    }

    fn desktop(&mut self, happening: Happening) {
        self.happen(Event::Desktop(happening));
    }

    /// Carries out the looks that were asked for.
    fn look(&mut self) {
        for (id, cursor) in std::mem::take(&mut self.looks) {
            for event in self.fetch(id, &cursor) {
                self.happen(event);
            }
        }
    }

    /// What a look brings, to happen later.
    fn fetch(&self, id: SourceId, cursor: &Cursor) -> Vec<Event> {
        let source = self.daemon.source(id).expect("a source of the plan");
        let context = self.daemon.plan().context(source, self.now);
        let mut events = Vec::new();
        let outcome = source::scan(&source.spec, cursor, &context, &mut |batch, progress| {
            events.push(Event::Fetched(id, batch, progress));
            ControlFlow::Continue(())
        });
        events.push(match outcome {
            Ok(()) => Event::Looked(id),
            Err(error) => Event::Failed(id, error.to_string(), error.pace()),
        });
        events
    }

    /// Lives on to a moment as the loop does, from deadline to deadline; gives how many there were.
    fn until(&mut self, moment: &str) -> u32 {
        let moment: Timestamp = moment.parse().unwrap();
        let mut deadlines = 0;
        while let Some(next) = self.daemon.next_deadline(self.now).filter(|at| *at <= moment) {
            self.now = self.now.max(next);
            self.happen(Event::Due);
            self.look();
            deadlines += 1;
            assert!(deadlines < 10_000, "a deadline that comes again and again: {next}");
        }
        self.now = moment;
        deadlines
    }

    fn nudges(&self) -> Vec<Past> {
        self.daemon.store().nudges(Timestamp::MIN).unwrap()
    }

    fn calendar(&self) -> SourceId {
        let mut all = self.daemon.sources();
        all.find(|(_, one)| one.name.starts_with("calendar/")).unwrap().0
    }

    /// The one nudge shown since the last call.
    #[track_caller]
    fn one(&mut self) -> (NudgeId, Nudge) {
        assert_eq!(self.shown.len(), 1, "{:#?}", self.shown);
        self.shown.pop().unwrap()
    }
}

#[test]
fn a_nudge_is_claimed_before_it_is_shown_and_comes_once_a_day() {
    let mut life = Life::begin();
    let (id, _) = life.one();
    assert_eq!(
        life.nudges().iter().map(|past| (past.id, past.stage)).collect::<Vec<_>>(),
        [(id, Stage::Claimed)]
    );
    // Killed before it was shown: lost, not repeated, not even when the server comes and goes.
    let mut life = life.again();
    life.desktop(Happening::ServerLeft);
    life.desktop(Happening::ServerCame);
    life.until("2026-03-11T23:59:00Z");
    assert_eq!(life.shown, []);
    life.until("2026-03-12T18:00:00Z");
    let (_, next) = life.one();
    assert_eq!(next.at.to_string(), "2026-03-12T09:00:00Z");
}

#[test]
fn a_week_has_three_nudges_and_no_two_about_one_client() {
    let mut life = Life::begin();
    life.until("2026-03-15T23:59:00Z");
    let mut clients: Vec<_> = life.shown.iter().map(|(_, nudge)| nudge.client.clone()).collect();
    assert!((1..=3).contains(&clients.len()), "{clients:?}");
    clients.sort_unstable();
    let all = clients.len();
    clients.dedup();
    assert_eq!(clients.len(), all, "{clients:?}");
}

#[test]
fn what_was_not_delivered_uses_no_budget_and_waits_for_a_better_moment() {
    let mut life = Life::begin();
    let (id, first) = life.one();
    life.desktop(Happening::NotDelivered { id, why: Error::NoServer });
    assert_eq!(life.shown, [], "not again at once");
    life.desktop(Happening::ServerLeft);
    life.desktop(Happening::ServerCame);
    let (other, second) = life.one();
    assert_ne!(id, other);
    assert_eq!((first.person, life.nudges().len()), (second.person, 2));
}

#[test]
fn nobody_is_nudged_where_nobody_can_show_it() {
    let mut life = Life::at_the_start("");
    life.happen(Event::Due);
    life.look();
    life.until("2026-03-12T12:00:00Z");
    assert_eq!((life.shown.len(), life.nudges().len()), (0, 0));
    life.desktop(Happening::ServerCame);
    life.one();
}

#[test]
fn a_talk_told_by_a_button_counts_at_once_and_for_good() {
    let mut life = Life::begin();
    let (id, nudge) = life.one();
    life.desktop(Happening::Shown { id });
    life.desktop(Happening::Answered { id, answer: Answer::Talked(How::Call), token: None });
    life.desktop(Happening::Closed { id });
    let calls = life.daemon.store().calls().unwrap();
    assert_eq!(calls.iter().map(|call| &call.with).collect::<Vec<_>>(), [&nudge.person.0]);
    let past = life.nudges();
    assert_eq!(past[0].stage, Stage::Answered(Answer::Talked(How::Call)));
    life.until("2026-03-25T18:00:00Z");
    let about = |one: &&(NudgeId, Nudge)| one.1.person == nudge.person;
    assert_eq!(life.shown.iter().find(about), None);
}

#[test]
fn a_question_shows_the_page_and_settles_nothing() {
    let mut life = Life::begin();
    let (id, _) = life.one();
    life.written.clear();
    life.desktop(Happening::Shown { id });
    life.desktop(Happening::Answered { id, answer: Answer::Show, token: None });
    assert_eq!(life.written.len(), 1);
    assert!(life.daemon.store().calls().unwrap().is_empty());
}

#[test]
fn a_calendar_that_cannot_be_read_for_a_day_pauses_nudges() {
    let mut life = Life::begin();
    life.one();
    // Not answered, so that the next day would bring the next one.
    fs::rename(life.folder.path().join("calendar"), life.folder.path().join("away")).unwrap();
    life.until("2026-03-12T10:15:00Z");
    assert_eq!(life.shown.len(), 1, "less than a day");
    life.shown.clear();
    life.until("2026-03-20T18:00:00Z");
    assert_eq!(life.shown, []);
    fs::rename(life.folder.path().join("away"), life.folder.path().join("calendar")).unwrap();
    life.until("2026-03-23T18:00:00Z");
    assert_eq!(life.shown.len(), 1);
}

#[test]
fn a_digest_comes_once_a_week_and_once_after_a_holiday() {
    let mut life = Life::begin();
    let names = |life: &mut Life| {
        let written = std::mem::take(&mut life.written);
        let names = written.iter().map(|path| path.file_name().unwrap().to_str().unwrap());
        names.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(&mut life), ["2026-W10.html"]);
    let weeks = life.daemon.store().weeks(date(2026, 1, 1)).unwrap();
    assert!(weeks.len() > 50, "weekly sums outlive the facts: {}", weeks.len());
    assert!(weeks.iter().all(|week| week.monday < date(2026, 3, 9)), "a running week has no sum");
    life.until("2026-03-16T08:29:00Z");
    assert_eq!(names(&mut life), [""; 0]);
    life.until("2026-03-22T23:59:00Z");
    assert_eq!(names(&mut life), ["2026-W11.html"]);
    // Switched off for three weeks.
    life.now = "2026-04-15T07:00:00Z".parse().unwrap();
    let mut life = life.again();
    assert_eq!(names(&mut life), ["2026-W15.html"]);
    assert_eq!(names(&mut life.again()), [""; 0]);
}

#[test]
fn a_digest_noted_by_a_wrong_clock_silences_none() {
    let mut life = Life::at_the_start("");
    life.now = "2090-03-11T10:00:00Z".parse().unwrap();
    life.happen(Event::Due);
    life.look();
    assert_eq!(life.written.len(), 1);
    life.now = MORNING.parse().unwrap();
    let life = life.again();
    assert!(life.written[0].ends_with("digests/2026-W10.html"), "{:?}", life.written);
}

#[test]
fn a_quiet_night_is_not_spent_waking() {
    let mut life = Life::begin();
    let quarters = life.until("2026-03-12T10:00:00Z");
    // Two sources each quarter of an hour, midnight, the morning.
    assert!(quarters <= 200, "{quarters}");
}

#[test]
fn one_source_after_the_other_fails_alone_and_is_tried_ever_later() {
    let mut life = Life::at_the_start("");
    let mail = life.folder.path().join("mail");
    fs::rename(&mail, life.folder.path().join("away")).unwrap();
    life.happen(Event::Due);
    life.look();
    let failed = |life: &Life| {
        let seen = life.daemon.seen().filter(|(_, seen)| seen.failed.is_some());
        seen.map(|(source, _)| source.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(failed(&life).len(), 1);
    assert!(failed(&life)[0].starts_with("mail/"));
    assert_eq!(life.written.len(), 1, "the digest says what could not be read");
    // The calendar keeps its quarters, the mail waits 1, 2, 4, 8 … minutes.
    let looks = life.until("2026-03-11T12:00:00Z");
    assert!(looks <= 8 + 8, "{looks}");
    fs::rename(life.folder.path().join("away"), &mail).unwrap();
    life.happen(Event::Reload);
    life.until("2026-03-11T12:01:00Z");
    assert_eq!(failed(&life), [""; 0]);
}

#[test]
fn a_look_that_hangs_does_not_hold_up_the_others() {
    let mut life = Life::at_the_start("");
    let mut all = life.daemon.sources();
    let mail = all.find(|(_, one)| one.name.starts_with("mail/")).unwrap().0;
    drop(all);
    life.happen(Event::Due);
    life.looks.retain(|(id, _)| *id != mail);
    life.look();
    assert!(life.written.is_empty(), "a look that just began is waited for");
    assert!(life.until("2026-03-11T10:30:00Z") < 10);
    assert_eq!(life.written.len(), 1);
    assert!(!life.daemon.healthy(life.now), "and whoever watches over the program is told");
}

#[test]
fn a_look_under_way_is_waited_for_without_a_deadline_of_now() {
    let mut life = Life::at_the_start("");
    life.desktop(Happening::ServerCame);
    life.happen(Event::Due);
    assert!(!life.looks.is_empty());
    let next = life.daemon.next_deadline(life.now).unwrap();
    assert!(next > life.now, "{next} is not after {}", life.now);
}

#[test]
fn late_batches_of_a_source_that_left_change_nothing() {
    let mut life = Life::at_the_start("");
    life.happen(Event::Due);
    let gone = life.calendar();
    let (_, cursor) = life.looks.iter().find(|(id, _)| *id == gone).unwrap().clone();
    let late = life.fetch(gone, &cursor);
    let mut without = life.daemon.plan().clone();
    without.sources.retain(|source| !source.name.starts_with("calendar/"));
    life.daemon.replan(without, life.now).unwrap();
    life.looks.retain(|(id, _)| *id != gone);
    life.look();
    assert!(late.len() > 1);
    for event in late {
        life.happen(event);
    }
    life.happen(Event::Failed(gone, "late".into(), Pace::Later));
    let store = life.daemon.store();
    let mut left = 0;
    store.for_each_occurrence(|_, _| left += 1).unwrap();
    assert_eq!(left, 0);
    assert_eq!(store.cursor(gone).unwrap(), Cursor::default());
    let sources = store.sources().unwrap();
    let health = &sources.iter().find(|source| source.id == gone).unwrap().health;
    assert_eq!((&health.trouble, health.last_ok), (&None, None));
}

#[test]
fn a_refused_login_stops_a_source_until_the_user_acts_and_is_told_once() {
    let mut life = Life::at_the_start("");
    life.happen(Event::Due);
    let one = life.calendar();
    let failed = |pace| Event::Failed(one, "refuses the password".into(), pace);
    let looks_at = |effects: &[Effect]| {
        effects.iter().any(|effect| matches!(effect, Effect::Look(id, _) if *id == one))
    };
    // a keyring that is locked: soon again, however often
    for _ in 0..9 {
        life.daemon.step(&failed(Pace::Waiting), life.now).unwrap();
        life.now += SignedDuration::from_mins(1);
        assert!(looks_at(&life.daemon.step(&Event::Due, life.now).unwrap()));
    }
    let told = life.daemon.step(&failed(Pace::Stopped), life.now).unwrap();
    let tells = |effect: &&Effect| matches!(effect, Effect::Tell(..));
    assert_eq!(told.iter().filter(tells).count(), 1, "{told:?}");
    for _ in 0..48 {
        life.daemon.step(&Event::Changed(one), life.now).unwrap();
        life.now += SignedDuration::from_hours(1);
        let effects = life.daemon.step(&Event::Due, life.now).unwrap();
        assert!(!looks_at(&effects) && !effects.iter().any(|effect| tells(&effect)));
    }
    life.daemon.replan(life.daemon.plan().clone(), life.now).unwrap();
    assert!(looks_at(&life.daemon.step(&Event::Due, life.now).unwrap()));
}

#[test]
fn what_a_command_decided_beside_the_loop_holds_at_once() {
    let mut life = Life::begin();
    life.one();
    let mut other = Store::open(&life.folder.path().join("state/hallway.sqlite")).unwrap();
    let everybody = hallway::daemon::roster(&other, life.daemon.plan(), life.now).unwrap();
    for person in everybody.persons() {
        let choice = Choice::MuteUntil(date(2026, 12, 31));
        other.decide(&Decision { at: life.now, about: person.id.0.clone(), choice }).unwrap();
    }
    // Nothing new comes in, so nothing is derived before tomorrow; the server comes again.
    let id = life.nudges()[0].id;
    life.desktop(Happening::NotDelivered { id, why: Error::NoServer });
    life.desktop(Happening::ServerCame);
    assert_eq!(life.shown, []);
}

#[test]
fn a_calendar_whose_look_never_ends_is_a_blind_spot_too() {
    let mut life = Life::begin();
    life.one();
    let calendar = life.calendar();
    let end: Timestamp = "2026-03-20T18:00:00Z".parse().unwrap();
    while life.now < end {
        life.now += SignedDuration::from_mins(60);
        life.happen(Event::Due);
        life.looks.retain(|(id, _)| *id != calendar);
        life.look();
    }
    let days = life.shown.iter().map(|(_, nudge)| nudge.at.to_string());
    assert_eq!(days.collect::<Vec<_>>(), ["2026-03-12T09:00:00Z"], "a day old, not older");
    // And whoever asks hears of it.
    let told = |life: &Life| {
        let now = life.now.to_zoned(life.daemon.plan().zone.clone());
        hallway::daemon::blind_spots(life.daemon.store(), &now).unwrap().join("; ")
    };
    let spots = told(&life);
    assert!(spots.starts_with("calendar/") && spots.contains("has not come to an end"), "{spots}");
    life.happen(Event::Looked(calendar));
    assert_eq!(told(&life), "");
}

#[test]
fn what_a_calendar_hides_is_said_in_the_digest_and_nudges_wait_for_it() {
    let mut life = Life::begin();
    let calendar = life.calendar();
    life.now += SignedDuration::from_mins(1);
    life.happen(Event::Failed(calendar, "gives no answer".into(), Pace::Later));
    let end: Timestamp = "2026-03-20T18:00:00Z".parse().unwrap();
    while life.now < end {
        life.now += SignedDuration::from_mins(60);
        life.happen(Event::Due);
        for (id, _) in std::mem::take(&mut life.looks) {
            let said = if id == calendar {
                Event::Failed(id, "gives no answer".into(), Pace::Later)
            } else {
                Event::Looked(id)
            };
            life.happen(said);
        }
    }
    let days = life.shown.iter().map(|(_, nudge)| nudge.at.to_string());
    assert_eq!(days.collect::<Vec<_>>(), ["2026-03-11T10:00:00Z", "2026-03-12T09:01:00Z"]);
    let (store, plan) = (life.daemon.store(), life.daemon.plan());
    let now = life.now.to_zoned(plan.zone.clone());
    let period = hallway::digest::Period::week_of(date(2026, 3, 11));
    let digest = hallway::daemon::digest(store, plan, period, &now).unwrap();
    let text = hallway::digest::text(&digest, 200, false);
    let said = "has not been readable since 11 March 2026, 10:01: gives no answer";
    assert!(text.contains(said), "{text}");
}

#[test]
fn a_calendar_nobody_looked_at_for_a_day_is_a_blind_spot() {
    let life = Life::begin();
    let told = |hours: i64| {
        let now = (life.now + SignedDuration::from_hours(hours)).to_zoned(TimeZone::UTC);
        hallway::daemon::blind_spots(life.daemon.store(), &now).unwrap()
    };
    assert!(told(24).is_empty());
    let all = told(25);
    assert_eq!(all.len(), life.daemon.plan().sources.len());
    assert_eq!(all[0], "mail/mail was last looked at on 11 March 2026, 10:00");
}

#[test]
fn a_digest_that_could_not_be_written_is_still_due() {
    let mut life = Life::at_the_start("");
    life.full = true;
    life.happen(Event::Due);
    life.look();
    assert_eq!(life.written.len(), 1);
    life.full = false;
    life.until("2026-03-11T11:00:00Z");
    assert_eq!(life.written.len(), 2);
}

#[test]
fn a_first_run_with_a_wrong_clock_does_not_silence_for_years() {
    let mut life = Life::at_the_start("");
    life.now = "2090-03-08T10:00:00Z".parse().unwrap();
    life.happen(Event::Due);
    life.look();
    life.desktop(Happening::ServerCame);
    assert_eq!(life.shown, []);
    life.now = MORNING.parse().unwrap();
    let mut life = life.again();
    life.one();
}

#[test]
fn a_server_that_refuses_is_not_asked_again_with_every_message() {
    let mut life = Life::begin();
    let (id, _) = life.one();
    let why = Error::Refused("too many".into());
    life.desktop(Happening::NotDelivered { id, why: why.clone() });
    let inbox = life.folder.path().join("mail/new");
    fs::create_dir_all(&inbox).unwrap();
    for minute in 1..=50 {
        let head = format!(
            "From: Priya Nair <priya.nair@borealis.test>\nTo: ana@agency.test\n\
             Date: Wed, 11 Mar 2026 09:{minute:02}:00 +0000\nMessage-ID: <new-{minute}@test>\n\n"
        );
        fs::write(inbox.join(format!("new-{minute}")), head).unwrap();
        life.now += SignedDuration::from_mins(1);
        life.happen(Event::Reload);
        life.happen(Event::Due);
        life.look();
    }
    assert_eq!((life.shown.len(), life.nudges().len()), (0, 1));
    life.until("2026-03-11T11:30:00Z");
    assert_eq!(life.shown.len(), 1, "but again after an hour");
}

/// Whenever somebody tries the demo, it shows each verdict, and somebody to talk with.
#[test]
fn the_invented_world_has_every_verdict_on_any_day() {
    // In the past: a message from the future would be dated by its file.
    let mut day = date(2025, 10, 1);
    for _ in 0..15 {
        let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let mut life = Life::on(noon, "");
        life.happen(Event::Due);
        life.look();
        let store = life.daemon.store();
        let roster = roster(store, life.daemon.plan(), noon).unwrap();
        let overview =
            Ledger::load(store, life.daemon.plan(), roster, (noon, noon)).unwrap().at(noon);
        let mut seen: Vec<(&str, Verdict)> =
            overview.people.iter().map(|one| (&*one.person.name, one.reliance.verdict)).collect();
        seen.sort_by_key(|(name, verdict)| (*verdict, *name));
        let lacking: Vec<_> = Verdict::ALL
            .into_iter()
            .filter(|verdict| !seen.iter().any(|(_, one)| one == verdict))
            .collect();
        assert!(lacking.is_empty(), "{day}: no {lacking:?} in {seen:?}");
        assert!(overview.people.iter().any(|one| one.reliance.due), "{day}: {seen:?}");
        day = day.saturating_add(jiff::ToSpan::days(25));
    }
}
