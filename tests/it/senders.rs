//! Who in real mail is a human: other projects' odd mails, with every sender labeled by hand.
//!
//! The mails are not ours to copy, so the test runs where `HALLWAY_CORPORA` names their folder. The
//! labels are (`tests/data/people/senders.txt`): an address, what it is, and why. The test is
//! harsher than life: it lets me have written to each sender as often as they wrote, which is what
//! makes a person of anybody who may be one.

#![expect(clippy::unwrap_used, reason = "a test helper fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect;
use hallway::mail::{AddrSpec, Automatic};
use hallway::people::{Acquaintance, Known, Roster, Rules, Who};
use hallway::source::Spec;
use jiff::Timestamp;

use super::corpora::{corpora, files, scan};

/// Each sender with the signs of its messages; no sign at all is a message by a human.
fn senders(folder: &Path) -> BTreeMap<AddrSpec, Vec<Option<Automatic>>> {
    let world = tempfile::tempdir().unwrap();
    let cur = world.path().join("cur");
    fs::create_dir(&cur).unwrap();
    for (number, file) in files(folder).iter().enumerate() {
        let end = file.extension().and_then(|end| end.to_str()).unwrap_or_default();
        if matches!(end, "eml" | "msg" | "txt" | "") {
            fs::copy(file, cur.join(format!("{number}.corpus"))).unwrap();
        }
    }
    let path = world.path().to_owned();
    let batches = scan(Spec::Maildir { path, include: vec![], exclude: vec![] });
    let mut senders: BTreeMap<AddrSpec, Vec<Option<Automatic>>> = BTreeMap::new();
    for envelope in batches.iter().flat_map(|batch| &batch.envelopes) {
        senders.entry(envelope.from.addr_spec.clone()).or_default().push(envelope.automatic);
    }
    senders
}

/// Every card of other projects' address books is read, or named with a reason out of a known few.
#[test]
fn every_card_is_read_or_named() {
    let Some(folder) = corpora() else { return };
    let is_card =
        |file: &PathBuf| file.extension().is_some_and(|end| end.eq_ignore_ascii_case("vcf"));
    let (mut read, mut addresses, mut numbers) = (0, 0, 0);
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    let cards: Vec<PathBuf> = files(&folder).into_iter().filter(is_card).collect();
    for file in &cards {
        let found = hallway::card::read(&fs::read(file).unwrap());
        read += found.cards.len();
        addresses += found.cards.iter().map(|card| card.addresses.len()).sum::<usize>();
        numbers += found.cards.iter().map(|card| card.numbers.len()).sum::<usize>();
        found.skipped.iter().for_each(|why| *skipped.entry(why).or_default() += 1);
    }
    let counted = format!(
        "{} files, {read} cards, {addresses} addresses, {numbers} numbers\n{skipped:#?}\n",
        cards.len()
    );
    expect![[r#"
        49 files, 53 cards, 60 addresses, 71 numbers
        {
            "a card that does not end": 1,
        }
    "#]]
    .assert_eq(&counted);
}

#[test]
fn no_list_robot_bounce_or_bulk_sender_becomes_a_person() {
    let Some(folder) = corpora() else { return };
    let senders = senders(&folder);
    let human = |signs: &[Option<Automatic>]| signs.iter().filter(|sign| sign.is_none()).count();
    let wrote = senders.iter().filter(|(_, signs)| human(signs) > 0);
    let acquaintances = wrote.map(|(address, _)| Acquaintance {
        address: address.clone(),
        name: None,
        written_to: 3,
        sent_year: 3,
        received_year: 3,
        met: 0,
        met_half_year: 0,
        first: Timestamp::UNIX_EPOCH,
    });
    let known = Known { acquaintances: acquaintances.collect(), ..Known::default() };
    let roster = Roster::build(&Rules::default(), &known, jiff::civil::date(2026, 11, 24));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/people/senders.txt");
    let labels = fs::read_to_string(path).unwrap();
    let mut labels: BTreeMap<&str, &str> = labels
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_once(' ').unwrap())
        .collect();
    let mut wrong = Vec::new();
    for (address, signs) in &senders {
        let person = matches!(roster.who(address), Who::Person(_));
        let label = labels.remove(address.as_str());
        let is_human = label.map(|label| label.starts_with("human"));
        if is_human != Some(person) {
            wrong.push(format!(
                "{address} {} {label:?} {signs:?}",
                if person { "human" } else { "machine" }
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), senders.len(), wrong.join("\n"));
    assert!(labels.is_empty(), "labels of nobody: {labels:?}");
}
