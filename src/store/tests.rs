//! How SQLite answers the questions that are asked often: by an index, never by reading it all. And
//! what a writer is told that meets another.

use expect_test::{Expect, expect};
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::interaction::select;
use super::{
    Error, Filter, Kind, Store, acquaintance, behind, calendar, correspondence, derive, mail,
    nudge, pack, told, week,
};

/// The plan of a statement, one step a line.
fn check(sql: &str, expect: Expect) {
    expect.assert_eq(&plan(sql));
}

fn plan(sql: &str) -> String {
    let store = Store::in_memory().unwrap();
    let mut explain = store.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let nothing = vec![Value::Null; explain.parameter_count()];
    let steps =
        explain.query_map(params_from_iter(nothing), |row| row.get::<_, String>(3)).unwrap();
    steps.map(Result::unwrap).collect::<Vec<_>>().join("\n")
}

fn filtered(filter: &Filter) -> String {
    plan(&select(filter, filter.persons.as_ref().map(|_| "[]".to_owned())).0)
}

#[test]
fn new_and_changed_messages_are_found_by_row() {
    check(mail::SINCE, expect!["SEARCH message USING INTEGER PRIMARY KEY (rowid>?)"]);
    check(
        mail::CHANGED,
        expect![[r#"
            SEARCH c USING INTEGER PRIMARY KEY (rowid<?)
            SEARCH m USING INTEGER PRIMARY KEY (rowid=?)"#]],
    );
}

#[test]
fn all_messages_are_summed_up_in_the_order_they_lie_in() {
    check(correspondence::UNTIL, expect!["SCAN message"]);
}

#[test]
fn my_addresses_are_read_off_a_small_index() {
    check(mail::SENDERS, expect!["SCAN message USING COVERING INDEX message_sent"]);
}

#[test]
fn occurrences_are_found_by_uid_by_event_and_by_time() {
    check(
        calendar::OF,
        expect![[r#"
        SEARCH e USING INDEX event_uid (uid=?)
        SEARCH r USING INTEGER PRIMARY KEY (rowid=?)
        USE TEMP B-TREE FOR LAST 3 TERMS OF ORDER BY"#]],
    );
    check(
        calendar::CHANGED,
        expect![[r#"
            SCAN c
            SEARCH e USING INDEX event_uid (uid=?)
            SEARCH r USING INTEGER PRIMARY KEY (rowid=?)
            USE TEMP B-TREE FOR LAST 3 TERMS OF ORDER BY"#]],
    );
    check(
        calendar::BETWEEN,
        expect![[r#"
            SEARCH e USING INDEX event_stop (stop>?)
            SEARCH r USING INTEGER PRIMARY KEY (rowid=?)"#]],
    );
    check(
        calendar::WHOLE_DAYS,
        expect![[r#"
            SCAN e USING INDEX event_whole_days
            SEARCH r USING INTEGER PRIMARY KEY (rowid=?)"#]],
    );
}

#[test]
fn acquaintances_are_read_in_one_go() {
    check(
        acquaintance::ALL,
        expect![[r#"
        SCAN a USING INDEX sqlite_autoindex_address_1
        SEARCH k USING INTEGER PRIMARY KEY (rowid=?)"#]],
    );
}

#[test]
fn interactions_are_found_by_person_and_by_day() {
    let one = Filter {
        persons: Some([].into()),
        since: Some(jiff::civil::Date::MIN),
        ..Filter::default()
    };
    expect![[r#"
        SEARCH t USING PRIMARY KEY (person=? AND day>?)
        LIST SUBQUERY 1
        SCAN json_each VIRTUAL TABLE INDEX 1:"#]]
    .assert_eq(&filtered(&one));
    let days = Filter { since: Some(jiff::civil::Date::MIN), ..Filter::default() };
    expect!["SEARCH t USING INDEX talk_day (day>?)"].assert_eq(&filtered(&days));
}

#[test]
fn letters_are_found_by_person_and_by_quarter() {
    check(
        pack::ROW,
        expect!["SEARCH letter USING INDEX sqlite_autoindex_letter_1 (person=? AND quarter=?)"],
    );
    check(pack::QUARTER_OF_ALL, expect!["SEARCH letter USING INDEX letter_quarter (quarter=?)"]);
    check(
        pack::OF,
        expect![[r#"
            SEARCH letter USING INDEX sqlite_autoindex_letter_1 (person=? AND quarter>? AND quarter<?)
            LIST SUBQUERY 1
            SCAN json_each VIRTUAL TABLE INDEX 1:"#]],
    );
    check(pack::ALL, expect!["SEARCH letter USING INDEX letter_quarter (quarter>? AND quarter<?)"]);
}

#[test]
fn who_is_unsettled_is_found_without_looking_at_every_talk() {
    check(
        behind::UNSETTLED,
        expect![[r#"
        COMPOUND QUERY
        LEFT-MOST SUBQUERY
        SEARCH talk USING COVERING INDEX talk_call (call=?)
        LIST SUBQUERY 1
        SCAN call
        UNION ALL
        SEARCH talk USING COVERING INDEX talk_long (stop>?)"#]],
    );
}

#[test]
fn interactions_of_changed_facts_are_found_by_their_fact() {
    let steps: Vec<_> = derive::FORGET_CHANGED.split_inclusive(';').map(plan).collect();
    expect![[r#"
        MERGE (UNION)
        LEFT
        MERGE (UNION)
        LEFT
        SEARCH talk USING COVERING INDEX talk_message (message=?)
        USING ROWID SEARCH ON TABLE changed_message FOR IN-OPERATOR
        USE TEMP B-TREE FOR ORDER BY
        RIGHT
        SEARCH talk USING COVERING INDEX talk_uid (uid=?)
        USING INDEX sqlite_autoindex_changed_uid_1 FOR IN-OPERATOR
        USE TEMP B-TREE FOR ORDER BY
        RIGHT
        SEARCH talk USING COVERING INDEX talk_call (call=?)
        USING ROWID SEARCH ON TABLE changed_call FOR IN-OPERATOR
        USE TEMP B-TREE FOR ORDER BY
        --
        SEARCH talk USING INDEX talk_message (message=?)
        USING ROWID SEARCH ON TABLE changed_message FOR IN-OPERATOR
        --
        SEARCH talk USING INDEX talk_uid (uid=?)
        USING INDEX sqlite_autoindex_changed_uid_1 FOR IN-OPERATOR
        --
        SEARCH talk USING INDEX talk_call (call=?)
        USING ROWID SEARCH ON TABLE changed_call FOR IN-OPERATOR"#]]
    .assert_eq(&steps.join("\n--\n"));
}

#[test]
fn what_was_said_is_found_by_time() {
    check(nudge::SINCE, expect!["SEARCH nudge USING INDEX nudge_at (at>?)"]);
    check(
        told::CHANGED_CALLS,
        expect![[r#"
        SCAN d
        SEARCH c USING INTEGER PRIMARY KEY (rowid=?)
        SEARCH a USING INTEGER PRIMARY KEY (rowid=?)
        USE TEMP B-TREE FOR ORDER BY"#]],
    );
    check(week::SINCE, expect!["SCAN week"]);
}

#[test]
fn a_writer_that_meets_another_is_told_so_and_goes_on_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hallway.sqlite");
    let mut store = Store::open(&path).unwrap();
    store.conn.busy_timeout(std::time::Duration::ZERO).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let met = store.source(Kind::Mail, "work");
    assert!(matches!(met, Err(Error::Busy { .. })), "{met:?}");
    assert!(store.sources().unwrap().is_empty(), "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    store.source(Kind::Mail, "work").unwrap();
}

/// What the user said is synced to the disk, what a scan finds is not.
#[test]
fn only_what_was_said_is_written_durably() {
    let mut store = Store::in_memory().unwrap();
    let level = |store: &Store| -> i64 {
        store.conn.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap()
    };
    let seen = |conn: &rusqlite::Connection| -> rusqlite::Result<i64> {
        conn.pragma_query_value(None, "synchronous", |row| row.get(0))
    };
    let (normal, full) = (1, 2);
    assert_eq!(store.transact(super::Durability::Rescan, |tx, _| seen(tx)).unwrap(), normal);
    assert_eq!(store.transact(super::Durability::Told, |tx, _| seen(tx)).unwrap(), full);
    assert_eq!(level(&store), normal);
    let failed = store.transact(super::Durability::Told, |tx, _| tx.execute("nonsense", []));
    assert!(failed.is_err());
    assert_eq!(level(&store), normal);
}

#[test]
fn a_connection_is_set_as_the_schema_expects() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("hallway.sqlite")).unwrap();
    let settings = [
        "journal_mode",
        "foreign_keys",
        "secure_delete",
        "trusted_schema",
        "cell_size_check",
        "temp_store",
        "synchronous",
        "application_id",
        "user_version",
    ];
    let values = settings.map(|name| {
        let value = store.conn.pragma_query_value(None, name, |row| row.get::<_, Value>(0));
        format!("{name} {:?}", value.unwrap())
    });
    expect![[r#"
        journal_mode Text("wal")
        foreign_keys Integer(1)
        secure_delete Integer(1)
        trusted_schema Integer(0)
        cell_size_check Integer(1)
        temp_store Integer(1)
        synchronous Integer(1)
        application_id Integer(1214344300)
        user_version Integer(1)"#]]
    .assert_eq(&values.join("\n"));
}
