//! Databases of earlier versions, kept as files, and the schema they all end up with.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use hallway::batch::{Batch, CardFile};
use hallway::call::{Call, How};
use hallway::card::{Card, Number};
use hallway::nudge::{Answer, Stage};
use hallway::people::{Acquaintance, ClientDecision, ClientId, Decision, PersonId};
use hallway::reliance::{ChannelMix, ContactDay};
use hallway::store::{Contact, Error, Filter, Kind, Learned, Order, Store, Week};
use jiff::civil::date;
use rusqlite::Connection;

use super::derived::{judge, lines};
use super::text::{at, batch, spec};
use super::{dump, told};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/db")
}

/// Something in every table.
fn fill(store: &mut Store) {
    let mail = store.source(Kind::Mail, "work").unwrap();
    let calendar = store.source(Kind::Calendar, "work").unwrap();
    let letters = "
        mail a 2024-03-04T09:00:00Z Jo Doe <jo@acme.test> | to ana@agency.test | cc Ben <ben@acme.test>
        mail b 2024-03-06T09:00:00Z Ana <ana@agency.test> | to Jo <jo@acme.test> | bcc cleo@acme.test | sent
        mail c 2024-03-06T09:00:00Z News <news@shop.test> | to ana@agency.test | machine list
        mail d 2024-03-07T09:00:00Z mailer-daemon@mx.test | to ana@agency.test | failed cleo@acme.test
        cursor INBOX 3:17";
    let events = "
        event a.ics one 2024-03-05T10:00:00Z 2024-03-05T11:00:00Z | rid 2024-03-05T10:00:00Z | by ana@agency.test | standing | zoom | accepted jo@acme.test | created 2024-03-01T00:00:00Z
        event a.ics one 2024-03-13T10:00:00Z 2024-03-13T11:00:00Z | rid 2024-03-12T10:00:00Z | by ana@agency.test | declined jo@acme.test | room r1@acme.test | microsoft
        event b.ics two 2024-03-07T12:00:00Z 2024-03-07T13:00:00Z | lunch Anna Berg
        event d.ics four 2024-03-09T12:00:00Z 2024-03-09T13:00:00Z
        event c.ics three 2024-03-20 2024-03-22 | away | category vacation
        cursor a.ics v1";
    store.record(mail, &batch(letters)).unwrap();
    store.record(calendar, &batch(events)).unwrap();
    store.note_look(mail, at("2024-03-08T09:00:00Z"), Ok(())).unwrap();
    store.note_look(calendar, at("2024-03-08T09:00:00Z"), Err("no route")).unwrap();
    let (when, about) = (at("2024-03-08T09:00:00Z"), spec("jo@acme.test"));
    let call =
        Call { with: about.clone(), how: How::Visit, start: when, minutes: Some(25), told: when };
    store.record_call(&call).unwrap();
    let earlier = Call { start: at("2024-03-08T08:00:00Z"), ..call.clone() };
    store.record_call(&earlier).unwrap();
    for choice in told::choices() {
        store.decide(&Decision { at: when, about: about.clone(), choice }).unwrap();
    }
    for choice in told::client_choices() {
        let client = ClientId("Acme".to_owned());
        store.decide_client(&ClientDecision { at: when, about: client, choice }).unwrap();
    }
    for correction in told::corrections() {
        store.correct(&correction).unwrap();
    }
    let contacts = store.source(Kind::Contacts, "phone").unwrap();
    let card = Card {
        name: Some("Jo Doe".to_owned()),
        addresses: vec![spec("jo@acme.test"), spec("jd@gmail.com")],
        numbers: vec![Number::parse("+49 30 123456").unwrap()],
    };
    let file = CardFile { href: "jo.vcf".to_owned(), cards: vec![card] };
    store.record(contacts, &Batch { cards: vec![file], ..Batch::default() }).unwrap();
    store.forget(&[spec("gone@acme.test")].into(), &[]).unwrap();
    let id = store.claim(&told::nudge(when), date(2024, 3, 8)).unwrap();
    store.stage(id, Stage::Answered(Answer::Talked(How::Call)), when).unwrap();
    store.claim(&told::nudge(when), date(2024, 3, 8)).unwrap();
    store.installed_at(when).unwrap();
    store.set_last_digest(date(2024, 3, 4)).unwrap();
    store.set_paused_until(Some(when)).unwrap();
    store.derive(7, &Learned::default(), &mut judge).unwrap();
    let day = ContactDay { day: date(2024, 3, 4), email: true, group: false, one_on_one: true };
    let contact = Contact {
        people: [(PersonId(about.clone()), vec![day])].into(),
        clients: [(ClientId("Acme".to_owned()), vec![day])].into(),
    };
    store.save_contact(&contact, 9).unwrap();
    assert_eq!(store.contact().unwrap(), contact);
    let mix = ChannelMix { email: 2, group: 0, one_on_one: 1 };
    let week = Week { person: PersonId(about), monday: date(2024, 3, 4), mix };
    store.save_weeks(&[week]).unwrap();
    let acquaintance = Acquaintance {
        address: spec("jo@acme.test"),
        name: Some("Jo Doe".to_owned()),
        written_to: 1,
        sent_year: 1,
        received_year: 1,
        met: 1,
        met_half_year: 1,
        first: when,
    };
    let learned = Learned { acquaintances: vec![acquaintance], all: true, basis: 5 };
    store.derive(7, &learned, &mut judge).unwrap();
    // One of each kind of change is left over for a derivation to come.
    store
        .record(mail, &batch("mail a 2024-03-04T08:00:00Z jo@acme.test | to ana@agency.test"))
        .unwrap();
    let letter = "mail d 2024-03-10T08:00:00Z Joanna <jo@acme.test> | to ana@agency.test";
    store.record(mail, &batch(letter)).unwrap();
    store.record(calendar, &batch("gone d.ics")).unwrap();
    store.remove_call(&earlier.with, earlier.start).unwrap();
    store.record_call(&Call { minutes: None, ..call }).unwrap();
}

#[test]
fn the_schema_is_what_the_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hallway.sqlite");
    Store::open(&path).unwrap().close().unwrap();
    let conn = Connection::open(&path).unwrap();
    let mut find = conn
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY tbl_name, type DESC, name")
        .unwrap();
    let all: Vec<String> =
        find.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    expect_file![data().join("schema.sql")].assert_eq(&(all.join(";\n") + ";\n"));
    let strict = "SELECT count(*) FROM pragma_table_list
                  WHERE schema = 'main' AND name NOT LIKE 'sqlite%' AND NOT strict";
    assert_eq!(conn.query_row(strict, [], |row| row.get(0)), Ok(0));
}

/// Every kept file opens, is whole, and says what it said when it was made.
#[test]
fn databases_of_every_version_are_read() {
    let mut files: Vec<_> = fs::read_dir(data())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "sqlite"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    for kept in files {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hallway.sqlite");
        fs::copy(&kept, &path).unwrap();
        let mut store = Store::open(&path).unwrap();
        store.quick_check().unwrap();
        let order = Order::OldestFirst;
        let mut text = dump(&store) + &lines(&store, &Filter { order, ..Filter::default() });
        store.derive(7, &Learned::default(), &mut judge).unwrap();
        text += "derived\n";
        text += &lines(&store, &Filter { order, ..Filter::default() });
        expect_file![kept.with_extension("txt")].assert_eq(&text);
        store.close().unwrap();
        let conn = Connection::open(&path).unwrap();
        let whole = conn.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
        assert_eq!(whole.unwrap(), "ok", "{}", kept.display());
        let mut broken = conn.prepare("PRAGMA foreign_key_check").unwrap();
        assert!(!broken.exists([]).unwrap(), "{}", kept.display());
    }
}

/// A schema that is about to be released has to be kept; the first run after a new step makes the
/// file, to be looked at and committed.
#[test]
fn the_newest_version_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hallway.sqlite");
    let mut store = Store::open(&path).unwrap();
    fill(&mut store);
    store.close().unwrap();
    let conn = Connection::open(&path).unwrap();
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    for table in conn.prepare(tables).unwrap().query_map([], |row| row.get::<_, String>(0)).unwrap()
    {
        let table = table.unwrap();
        let rows = format!("SELECT count(*) FROM {table}");
        let rows: i64 = conn.query_row(&rows, [], |row| row.get(0)).unwrap();
        assert!(rows > 0, "nothing in {table}");
    }
    let kept = data().join(format!("v{version:04}.sqlite"));
    if !kept.exists() {
        fs::copy(&path, &kept).unwrap();
        panic!("{} was made: commit it with its text", kept.display());
    }
}

#[test]
fn a_kept_file_under_a_newer_number_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hallway.sqlite");
    fs::copy(data().join("v0001.sqlite"), &path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&4_711_u32.to_be_bytes());
    fs::write(&path, &bytes).unwrap();
    for opened in [Store::open(&path), Store::open_read_only(&path)] {
        assert!(matches!(opened, Err(Error::Newer { found: 4_711, .. })), "{opened:?}");
    }
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
