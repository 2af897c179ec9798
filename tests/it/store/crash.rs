//! Killed at any instant, a scan has lost nothing and goes on.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

use hallway::batch::Batch;
use hallway::store::{Kind, Store};
use jiff::Timestamp;
use jiff::civil::date;

use super::text::{at, batch};
use super::{dump, once_more, role, told};

/// How often the scan is killed.
const KILLS: usize = 14;

/// Batches a scan reads when nobody kills it.
const BATCHES: usize = 200;

/// What the scan finds: new messages, old ones once more, an event that changes every time.
fn part(n: usize) -> Batch {
    let letter = |at: usize| {
        let kind = if at.is_multiple_of(3) { " | machine list" } else { "" };
        format!("mail {at} 2024-03-04T09:00:00Z P{at} <p{at}@acme.test> | to a@agency.test{kind}\n")
    };
    let letters: String = (0..40).map(|at| letter(n * 30 + at)).collect();
    let event = format!(
        "event a.ics u{n} 2024-03-04T10:00:00Z 2024-03-04T11:00:00Z | accepted p{n}@acme.test"
    );
    batch(&format!("{letters}{event}\ncursor done {}", n + 1))
}

/// How many batches a store says it holds.
fn done(store: &mut Store) -> usize {
    let source = store.source(Kind::Mail, "work").unwrap();
    let parts = store.cursor(source).unwrap().parts;
    parts.into_values().next().map_or(0, |n| String::from_utf8(n).unwrap().parse().unwrap())
}

/// Facts of the sources, without what was told.
fn facts(store: &Store) -> String {
    dump(store).lines().filter(|line| !line.starts_with("nudge")).collect::<Vec<_>>().join("\n")
}

/// Scans on from where the store is, and says each batch and each nudge once it is written.
fn scan(folder: &Path) {
    let mut store = Store::open(&folder.join("hallway.sqlite")).unwrap();
    let source = store.source(Kind::Mail, "work").unwrap();
    let mut out = std::io::stdout();
    let first = done(&mut store);
    for n in first..first + BATCHES {
        store.record(source, &part(n)).unwrap();
        writeln!(out, "recorded {n}").unwrap();
        out.flush().unwrap();
        let when = at("2024-03-04T09:00:00Z");
        let id = store.claim(&told::nudge(when), date(2024, 3, 4)).unwrap();
        writeln!(out, "claimed {}", id.0).unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn killed_at_any_instant_facts_and_cursor_are_of_one_batch() {
    if let Some(folder) = role() {
        return scan(&folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut plain = Store::in_memory().unwrap();
    let source = plain.source(Kind::Mail, "work").unwrap();
    let mut recorded = 0;
    for kills in 0..KILLS {
        let test = "store::crash::killed_at_any_instant_facts_and_cursor_are_of_one_batch";
        let mut child = once_more(&[], test, folder.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut heard = BufReader::new(child.stdout.take().unwrap()).lines();
        // Every round is killed some lines further on, and then some turns of a loop later: in the
        // middle of the transaction that follows, or between two.
        let (mut told_batch, mut told_claim) = (None, None);
        for line in heard.by_ref().take(2 + kills % 7).map(Result::unwrap) {
            // The harness speaks on the same lines.
            if let Some((_, n)) = line.split_once("recorded ") {
                told_batch = Some(n.parse::<usize>().unwrap());
            } else if let Some((_, n)) = line.split_once("claimed ") {
                told_claim = Some(n.parse::<usize>().unwrap());
            }
        }
        for _ in 0..kills * 40_000 {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let path = folder.path().join("hallway.sqlite");
        let mut store = Store::open(&path).unwrap();
        store.quick_check().unwrap();
        let now = done(&mut store);
        assert!(told_batch.is_none_or(|n| now > n), "batch {told_batch:?} was lost: {now}");
        for n in recorded..now {
            plain.record(source, &part(n)).unwrap();
        }
        assert_eq!(facts(&store), facts(&plain), "after {now} batches");
        let claims = store.nudges(Timestamp::MIN).unwrap().len();
        assert!(told_claim.is_none_or(|n| claims >= n), "claim {told_claim:?} was lost: {claims}");
        assert!(claims <= now, "{claims} nudges after {now} batches");
        recorded = now;
    }
    assert!(recorded > 0, "no kill came after a batch");
}
