//! Somebody who is to be forgotten is gone from every byte, and stays so.

use std::collections::BTreeSet;

use hallway::batch::{Batch, CardFile};
use hallway::call::{Call, How};
use hallway::card::Card;
use hallway::people::{Choice, Decision};
use hallway::store::{Kind, Store};

use super::text::{at, batch, spec};
use super::{dump, told};

const LETTERS: &str = "
    mail a 2024-03-04T09:00:00Z Priya Quist <priya+x@quist.test> | to ana@agency.test
    mail b 2024-03-06T09:00:00Z Ana <ana@agency.test> | to Priya Quist <priya@quist.test> | cc Ben <ben@acme.test> | sent
    mail c 2024-03-06T10:00:00Z Ana <ana@agency.test> | to priya@quist.test | sent
    mail d 2024-03-06T11:00:00Z Ben <ben@acme.test> | to ana@agency.test";
const EVENTS: &str = "
    event a.ics one 2024-03-05T10:00:00Z 2024-03-05T11:00:00Z | by priya@quist.test | accepted ana@agency.test
    event b.ics two 2024-03-07T12:00:00Z 2024-03-07T13:00:00Z | lunch Priya Quist";

#[test]
fn whoever_is_forgotten_is_in_no_byte_and_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hallway.sqlite");
    let mut store = Store::open(&path).unwrap();
    let mail = store.source(Kind::Mail, "work").unwrap();
    let calendar = store.source(Kind::Calendar, "work").unwrap();
    let contacts = store.source(Kind::Contacts, "phone").unwrap();
    let priya = spec("priya@quist.test");
    let card = Card {
        name: Some("Priya Quist".to_owned()),
        addresses: vec![priya.clone()],
        numbers: Vec::new(),
    };
    let book = Batch {
        cards: vec![CardFile { href: "p.vcf".to_owned(), cards: vec![card] }],
        ..Batch::default()
    };
    let read = |store: &mut Store| {
        store.record(mail, &batch(LETTERS)).unwrap();
        store.record(calendar, &batch(EVENTS)).unwrap();
        store.record(contacts, &book).unwrap();
    };
    read(&mut store);
    let when = at("2024-03-08T09:00:00Z");
    let call = Call { with: priya.clone(), how: How::Call, start: when, minutes: None, told: when };
    store.record_call(&call).unwrap();
    for choice in [Choice::Confirm, Choice::Join(priya.clone())] {
        let about = spec("ben@acme.test");
        store.decide(&Decision { at: when, about, choice }).unwrap();
    }
    store.decide(&Decision { at: when, about: priya.clone(), choice: Choice::Confirm }).unwrap();
    let mut nudge = told::nudge(when);
    nudge.person.0 = priya.clone();
    nudge.name = "Priya Quist".to_owned();
    store.claim(&nudge, jiff::civil::date(2024, 3, 8)).unwrap();

    let wanted: BTreeSet<_> = [priya].into();
    assert_eq!(store.forget(&wanted, &["Priya Quist".to_owned()]).unwrap(), 2);
    let once = dump(&store);
    // Ben stays, and so does what was between him and me.
    assert!(once.contains("ben@acme.test") && store.decisions().unwrap().len() == 1, "{once}");
    let bytes = || {
        let files = std::fs::read_dir(folder.path()).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect::<Vec<u8>>()
    };
    let holds = |bytes: &[u8], word: &str| {
        bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    for word in ["priya", "quist"] {
        assert!(!holds(&bytes(), word), "{word}");
    }
    read(&mut store);
    store.settle().unwrap();
    for word in ["priya@", "quist.test"] {
        assert!(!holds(&bytes(), word), "{word} came back");
    }
}
