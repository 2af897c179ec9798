//! What the user says, through the program whole: corrections, questions, clients, address books,
//! taking it along and having it forgotten.

#![expect(clippy::expect_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use super::world::Home;

/// The demo's world, read.
fn home(more: &str) -> Home {
    let home = Home::with(more);
    home.text(&["scan"]);
    home
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// The lines of `interactions` that are about one item.
fn of_item(home: &Home, item: &str) -> Vec<Value> {
    let all = home.lines(&["interactions", "--json"]);
    all.into_iter().filter(|line| text(line, "ref") == item).collect()
}

/// A group call of the world with exactly one known person, so that it can have been with them alone.
fn group_call(home: &Home) -> (String, String) {
    let all = home.lines(&["interactions", "--json"]);
    let found = all.iter().rev().find(|line| {
        text(line, "channel") == "call"
            && text(line, "setting") != "one_on_one"
            && all.iter().filter(|other| other["ref"] == line["ref"]).count() == 1
    });
    let found = found.expect("a group call");
    (text(found, "ref").to_owned(), text(found, "person").to_owned())
}

#[test]
fn a_correction_outlives_rescans_and_can_be_taken_back() {
    let home = home("");
    let (item, person) = group_call(&home);
    let before = of_item(&home, &item);
    let said = home.text(&["correct", &item, "one-on-one"]);
    assert!(said.contains("talk alone, call"), "{said}");
    let alone = |lines: &[Value]| {
        assert_eq!(lines.len(), 1);
        assert_eq!(text(&lines[0], "setting"), "one_on_one");
        assert_eq!(text(&lines[0], "rule"), "corrected");
        assert_eq!(text(&lines[0], "person"), person);
    };
    alone(&of_item(&home, &item));
    home.text(&["scan"]);
    alone(&of_item(&home, &item));
    let items = home.json(&["why", &person, "--json"]);
    let items = items["items"].as_array().expect("items").iter();
    let corrected = items.filter(|one| text(one, "rule") == "corrected").count();
    assert!(corrected <= 1);

    home.text(&["correct", &item, "ignore"]);
    assert!(of_item(&home, &item).is_empty());
    let listed = home.lines(&["correct", "--json"]);
    assert_eq!((text(&listed[0], "ref"), text(&listed[0], "as")), (item.as_str(), "ignore"));
    home.text(&["correct", &item, "undo"]);
    assert_eq!(of_item(&home, &item), before);

    for (words, said) in [
        (vec!["correct", "no-such-item", "group"], "no item is known"),
        (vec!["correct", item.as_str(), "nobody-of-that-name"], "nobody is known as"),
    ] {
        let output = home.run(&words);
        assert_eq!(output.status.code(), Some(65), "{words:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{words:?}");
    }
}

/// Everything `why` and `interactions` say of a client is the same, role addresses and people who
/// moved included.
#[test]
fn the_items_of_a_client_are_the_same_in_every_view() {
    let home = home("");
    let status = home.json(&["status", "--json"]);
    for house in status["clients"].as_array().expect("clients") {
        let client = text(house, "client");
        let why = home.json(&["why", client, "--json"]);
        let items = why["items"].as_array().expect("items");
        let listed = home.lines(&["interactions", "--json", "--who", client]);
        for item in items {
            let same =
                |line: &&Value| line["ref"] == item["ref"] && line["person"] == item["person"];
            assert_eq!(listed.iter().filter(same).count(), 1, "{client} {item}");
        }
        let days = |category: &str| {
            let counted = items.iter().filter(|item| item["counts"] == true);
            counted.filter(|item| text(item, "category") == category).count() as u64
        };
        for category in ["email", "group", "one_on_one"] {
            assert_eq!(
                Some(days(category)),
                house["contact_days"]["90"][category].as_u64(),
                "{client}"
            );
        }
    }
}

#[test]
fn questions_are_few_and_each_has_a_command_that_answers_it() {
    let home = Home::with("");
    // Without clients in the configuration everything is a question.
    let config = fs::read_to_string(home.config()).expect("a configuration");
    let bare = config.split("[[client]]").next().expect("its beginning");
    let sources = config.split("[[mail]]").nth(1).map(|rest| format!("[[mail]]{rest}"));
    let sources = sources.expect("sources");
    let sources = sources.split("[[client]]").next().expect("before clients");
    let bare =
        if bare.contains("[[mail]]") { bare.to_owned() } else { format!("{bare}\n{sources}") };
    fs::write(home.config(), bare).expect("written");
    home.text(&["scan"]);
    let questions = home.lines(&["people", "review", "--json"]);
    assert!(!questions.is_empty() && questions.len() < 20, "{}", questions.len());
    let mut asked = questions.len();
    for question in &questions {
        assert!(!text(question, "reason").is_empty());
        assert!(question["answers"].as_array().expect("answers").len() > 1, "{question}");
    }
    let client = questions.iter().find(|one| text(one, "kind") == "client").expect("a client");
    let name = client["about"][0].as_str().expect("a name").to_owned();
    home.text(&["clients", "confirm", &name]);
    let left = home.lines(&["people", "review", "--json"]);
    assert!(left.iter().all(|one| one["about"] != client["about"]), "asked again");
    asked = asked.min(left.len() + 1);
    assert!(asked > 0);
    let known = home.lines(&["clients", "--json"]);
    let known = known.iter().find(|one| text(one, "client") == name).expect("the client");
    assert_eq!(known["confirmed"], true);
    home.text(&["clients", "set", &name, "--tier", "C", "--prefers", "phone"]);
    home.text(&["mute", &name, "--for", "2w"]);
    let people = home.lines(&["people", "--json"]);
    let theirs: Vec<&Value> = people.iter().filter(|one| text(one, "client") == name).collect();
    assert!(!theirs.is_empty());
    for one in theirs {
        assert_eq!((one["cadence_days"].as_u64(), text(one, "prefers")), (Some(90), "phone"));
        assert!(one["muted_until"].is_string());
    }
    // A list for whoever reads it in a pipe; and nobody is asked there.
    let listed = home.text(&["people", "review"]);
    assert!(listed.contains("hallway clients confirm"), "{listed}");
}

#[test]
fn what_was_said_can_be_taken_along() {
    let one = home("");
    let (item, person) = group_call(&one);
    one.text(&["correct", &item, "one-on-one"]);
    one.text(&["talked", &person, "--when", "yesterday", "--minutes", "20"]);
    one.text(&["people", "set", &person, "--prefers", "visit", "--review", "6mo", "--key", "no"]);
    one.text(&["people", "mine", "ana@old.test"]);
    let said = one.text(&["export"]);
    assert_eq!(said.lines().count(), 6, "{said}");

    let other = home("");
    let file = other.path().join("said.jsonl");
    fs::write(&file, &said).expect("written");
    let path = file.display().to_string();
    let told = other.text(&["import", &path]);
    assert_eq!(told, "6 of 6 lines are new and were taken in.\n");
    assert_eq!(other.text(&["export"]), said);
    assert_eq!(other.text(&["import", &path]), "0 of 6 lines are new and were taken in.\n");
    let rules = |home: &Home| {
        of_item(home, &item).iter().map(|one| text(one, "rule").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(rules(&other), rules(&one));

    fs::write(&file, format!("{said}{{\"kind\":\"spell\"}}\n")).expect("written");
    let refused = other.run(&["import", &path]);
    assert_eq!(refused.status.code(), Some(65));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("line 7"));
}

#[test]
fn whoever_is_forgotten_is_nowhere() {
    let home = Home::with("");
    let config = fs::read_to_string(home.config()).expect("a configuration");
    let config = config.split("[[person]]").next().expect("its beginning").to_owned();
    fs::write(home.config(), &config).expect("written");
    home.text(&["scan"]);
    let people = home.lines(&["people", "--json"]);
    // Whom the configuration names goes on to exist.
    let free = |one: &&Value| one["tracked"] == true && !config.contains(text(one, "person"));
    let one = people.iter().find(free).expect("a person no line of the configuration names");
    let person = text(one, "person").to_owned();
    let name = text(one, "name").to_owned();
    home.text(&["forget", &person]);
    home.text(&["scan"]);
    for words in [&["people", "--json"] as &[_], &["interactions", "--json"], &["status", "--json"]]
    {
        let said = home.text(words);
        assert!(!said.contains(&person), "{words:?}");
    }
    let gone = home.run(&["show", &name]);
    assert_ne!(gone.status.code(), Some(0));
}

#[test]
fn address_books_give_names_and_join_addresses() {
    let home = Home::with("");
    let (_, person) = {
        home.text(&["scan"]);
        group_call(&home)
    };
    let book = home.path().join("contacts/default");
    fs::create_dir_all(&book).expect("a folder");
    let card = format!(
        "BEGIN:VCARD\nVERSION:3.0\nFN:Somebody Else Entirely\nEMAIL:{person}\n\
         EMAIL:private@somewhere.test\nTEL:+49 30 123456\nEND:VCARD\n"
    );
    fs::write(book.join("one.vcf"), card).expect("written");
    fs::write(book.join("bad.vcf"), "BEGIN:VCARD\nFN:No end\n").expect("written");
    let config = fs::read_to_string(home.config()).expect("a configuration");
    let path = home.path().join("contacts").display().to_string();
    let more =
        format!("{config}\n[[contacts]]\nname = \"phone\"\ntype = \"vcard\"\npath = \"{path}\"\n");
    fs::write(home.config(), more).expect("written");
    let scanned = home.lines(&["scan", "--json"]);
    let phone = scanned.iter().find(|line| text(line, "source") == "contacts/phone");
    let phone = phone.expect("the address book");
    assert_eq!(phone["cards"], 1);
    assert_eq!(phone["skipped"]["a card that does not end"], 1);
    let of = |home: &Home| {
        let people = home.lines(&["people", "--json"]);
        people.into_iter().find(|one| text(one, "person") == person).expect("the person")
    };
    let one = of(&home);
    assert!(one["addresses"].to_string().contains("private@somewhere.test"), "{one}");
    assert_eq!(one["numbers"][0], "+4930123456");
    // Taken apart, and the card does not join them again.
    home.text(&["people", "split", "private@somewhere.test"]);
    home.text(&["scan"]);
    assert!(!of(&home)["addresses"].to_string().contains("private@somewhere.test"));
    let never = home.run(&["people", "split", &person]);
    assert_eq!(never.status.code(), Some(65), "{}", String::from_utf8_lossy(&never.stdout));
    // A card that is gone takes back what it said.
    fs::remove_file(book.join("one.vcf")).expect("removed");
    home.text(&["scan"]);
    assert!(of(&home)["numbers"].as_array().expect("numbers").is_empty());
}

/// At 60 columns no verdict, no date and no count is cut.
#[test]
fn narrow_terminals_keep_what_counts() {
    let home = home("");
    // script(1) gives a terminal; the program takes its width from COLUMNS.
    for (words, must) in [
        ("status", "email only"),
        ("people", "prefers a visit"),
        ("clients", "days"),
        ("interactions --since 2w", "20"),
    ] {
        let program = home.program();
        let line = format!(
            "{} --config {} {words}",
            program.get_program().to_string_lossy(),
            home.config().display()
        );
        let output = std::process::Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .env_clear()
            .env("HOME", home.path())
            .env("COLUMNS", "60")
            .env("NO_COLOR", "1")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::null())
            .output()
            .expect("script starts");
        let told = String::from_utf8_lossy(&output.stdout).replace('\r', "");
        assert!(output.status.success(), "{words}: {told}");
        assert!(told.contains(must), "{words}: {told}");
        for row in told.lines().filter(|row| !row.contains("◆ a week")) {
            assert!(row.chars().count() <= 60, "{words}: {row}");
        }
    }
}
