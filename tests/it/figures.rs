//! The figures of every verb are the same figures, and no nudge of the past broke a promise.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::world::Home;

fn scanned() -> Home {
    let home = Home::with("");
    home.text(&["scan", "--quiet"]);
    home
}

/// The contact days of the items `why` lists, by window and category.
fn sums(why: &Value) -> Value {
    let sum = |window: u64, category: &str| {
        let items = why["items"].as_array().unwrap().iter();
        let counts = |item: &&Value| {
            item["counts"] == true
                && item["category"] == category
                && item["windows"].as_array().unwrap().contains(&json!(window))
        };
        items.filter(counts).count()
    };
    let mix = |window| {
        json!({
            "email": sum(window, "email"),
            "group": sum(window, "group"),
            "one_on_one": sum(window, "one_on_one"),
        })
    };
    json!({ "28": mix(28), "90": mix(90) })
}

#[test]
fn status_is_the_sum_of_why() {
    let home = scanned();
    let status = home.json(&["status", "--json"]);
    let mut checked = 0;
    for (list, id) in [("people", "person"), ("clients", "client")] {
        for one in status[list].as_array().unwrap() {
            let why = home.json(&["why", one[id].as_str().unwrap(), "--json"]);
            assert_eq!(sums(&why), one["contact_days"], "{}", one[id]);
            assert_eq!(why["why"], one["why"]);
            checked += 1;
        }
    }
    assert_eq!(checked, 20);
    let text = home.text(&["status"]);
    for one in status["people"].as_array().unwrap() {
        assert!(text.contains(one["name"].as_str().unwrap()));
    }
}

#[test]
fn every_verdict_of_the_demo_is_there() {
    let home = scanned();
    let status = home.json(&["status", "--json"]);
    let mut verdicts: Vec<_> = status["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["verdict"].as_str().unwrap())
        .collect();
    verdicts.sort_unstable();
    verdicts.dedup();
    let all = [
        "drifting",
        "email_group",
        "email_only",
        "group_only",
        "healthy",
        "not_enough_data",
        "silent",
    ];
    assert_eq!(verdicts, all, "{}", home.text(&["status"]));
}

/// Checks a replay against the policy's promises: a day, a week, a client's rest.
pub(crate) fn check_replay(lines: &[Value], zone: &TimeZone) {
    let shown: Vec<(Date, &str)> = lines
        .iter()
        .filter(|line| line["suppressed"].is_null())
        .map(|line| {
            let at: Timestamp = line["at"].as_str().unwrap().parse().unwrap();
            (at.to_zoned(zone.clone()).date(), line["client"].as_str().unwrap())
        })
        .collect();
    assert!(!shown.is_empty(), "a replay without a nudge shows nothing");
    let (mut days, mut weeks) = (BTreeMap::new(), BTreeMap::new());
    let mut last: BTreeMap<&str, Date> = BTreeMap::new();
    for (day, client) in shown {
        *days.entry(day).or_insert(0) += 1;
        let week = day.iso_week_date();
        *weeks.entry((week.year(), week.week())).or_insert(0) += 1;
        if let Some(before) = last.insert(client, day) {
            let rest = day.duration_since(before).as_hours() / 24;
            assert!(rest >= 14, "{client}: {before} and {day}");
        }
    }
    assert!(days.values().all(|n| *n <= 1), "{days:?}");
    assert!(weeks.values().all(|n| *n <= 3), "{weeks:?}");
}

#[test]
fn a_replay_stays_within_the_budget() {
    let home = scanned();
    check_replay(&home.lines(&["replay", "--json"]), &TimeZone::UTC);
}

#[test]
fn a_talk_told_is_a_talk_at_once() {
    let home = scanned();
    home.text(&["talked", "Priya", "--how", "visit", "--when", "yesterday"]);
    let show = home.json(&["show", "priya.nair@borealis.test", "--json"]);
    assert_eq!((&show["verdict"], &show["days_since_one_on_one"]), (&json!("healthy"), &json!(1)));
    assert_eq!(show["talks"][0]["channel"], "in_person");

    home.text(&["later", "Hugo", "--for", "2w"]);
    home.text(&["mute", "Jo"]);
    let held = home.lines(&["people", "--json"]);
    let find = |name: &str| held.iter().find(|one| one["name"] == name).unwrap();
    assert!(find("Hugo Lind")["later_until"].is_string());
    assert!(find("Jo Doe")["muted_until"].is_string());
    home.text(&["unmute", "Jo"]);
    let people = home.lines(&["people", "--json"]);
    let jo = people.iter().find(|one| one["name"] == "Jo Doe").unwrap();
    assert!(jo["muted_until"].is_null());
}

#[test]
fn as_of_knows_only_what_had_happened() {
    let home = scanned();
    let then = home.json(&["status", "--json", "--as-of", "60d"]);
    let (now, then) = (home.json(&["status", "--json"]), then);
    let of = |status: &Value, name: &str| {
        let people = status["people"].as_array().unwrap().iter();
        people.clone().find(|one| one["name"] == name).cloned()
    };
    assert_eq!(of(&then, "Yuki Tanaka"), None, "not met yet");
    assert!(of(&now, "Yuki Tanaka").is_some());
    let noor = of(&then, "Noor Aziz").unwrap();
    assert_eq!(noor["booked"], Value::Null, "entered only days ago");
    assert!(of(&now, "Noor Aziz").unwrap()["booked"].is_string());
}

/// What was told afterwards was not known then, and is said so down to the item.
#[test]
fn what_is_told_today_changes_no_day_of_the_past() {
    let home = scanned();
    let past = ["60d", "20d", "3d", "yesterday"];
    let whom = ["priya.nair@borealis.test", "Jo Doe", "Borealis"];
    let look = || {
        let mut seen = Vec::new();
        for at in past {
            seen.push(home.json(&["status", "--json", "--as-of", at])["people"].clone());
            for who in whom {
                let mut why = home.json(&["why", who, "--at", at, "--json"]);
                why.as_object_mut().unwrap().remove("as_of");
                seen.push(why);
                let mut show = home.json(&["show", who, "--at", at, "--json"]);
                // Who they are, and which item is a letter, are matters of today.
                let show = show.as_object_mut().unwrap();
                for of_today in ["people", "begun", "answer_hours"] {
                    show.remove(of_today);
                }
                let show = Value::Object(show.clone());
                seen.push(show);
            }
        }
        (seen, home.lines(&["replay", "--json"]))
    };
    let before = look();
    let told = home.json(&["status", "--json"])["as_of"].as_str().unwrap().to_owned();
    home.text(&["talked", "Priya", "--when", "14d ago"]);
    home.text(&["talked", "Jo", "--how", "visit", "--when", "40d ago"]);
    home.text(&["clients", "set", "Borealis", "--tier", "C"]);
    home.text(&["mute", "Jo"]);
    let item = home.json(&["why", "priya.nair@borealis.test", "--json"])["items"][0].clone();
    home.text(&["correct", item["ref"].as_str().unwrap(), "one-on-one"]);
    let (seen, replayed) = look();
    for (now, then) in seen.iter().zip(&before.0) {
        assert_eq!(now, then);
    }
    let of_the_past = |lines: &[Value]| -> Vec<Value> {
        // Early in the morning the nudge of today is still to come, and heeds what was told.
        let past = lines.iter().filter(|line| line["at"].as_str().unwrap() < told.as_str());
        past.map(|line| json!([line["at"], line["name"], line["reason"]])).collect()
    };
    assert_eq!(of_the_past(&replayed), of_the_past(&before.1));
    let today = home.json(&["status", "--json"]);
    let mut people = today["people"].as_array().unwrap().iter();
    let priya = people.find(|one| one["name"] == "Priya Nair").unwrap();
    assert_eq!((&priya["verdict"], &priya["due"]), (&json!("healthy"), &json!(false)));
}

#[test]
fn a_group_call_ahead_is_no_booked_talk() {
    let home = scanned();
    let lines = home.lines(&["replay", "--json"]);
    let booked = |name: &str| {
        let of = lines.iter().filter(|line| line["name"] == name);
        of.filter(|line| line["suppressed"].as_str().is_some_and(|why| why.contains("booked")))
            .count()
    };
    // Hugo and In\u{e8}s have a weekly group call, always in the calendar ahead, and no talk alone.
    assert_eq!((booked("Hugo Lind"), booked("In\u{e8}s Moreau")), (0, 0), "{lines:#?}");
    assert!(booked("Noor Aziz") > 0, "a talk alone that is booked does settle it");
}

#[test]
fn what_the_demo_tells_to_type_works_and_stays_in_its_folder() {
    let home = tempfile::tempdir().unwrap();
    let shell = |line: &str| {
        let mut shell = std::process::Command::new("sh");
        shell.env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin");
        let line = line.replacen("hallway --config", "\"$0\" --config", 1);
        shell.args(["-c", &line, env!("CARGO_BIN_EXE_hallway")]).output().unwrap()
    };
    let demo = shell("\"$0\" demo");
    assert!(demo.status.success());
    let told = String::from_utf8(demo.stdout).unwrap();
    let line = told.lines().find(|line| line.contains("hallway --config")).unwrap().trim();
    let why = shell(line);
    assert!(why.status.success(), "{line}: {}", String::from_utf8_lossy(&why.stderr));
    assert!(String::from_utf8(why.stdout).unwrap().contains("Priya"));
    let state = home.path().join(".local/state/hallway");
    let names = std::fs::read_dir(state).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["demo"], "nothing beside its folder");
}
