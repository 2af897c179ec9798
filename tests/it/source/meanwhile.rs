//! Maildir in batches: what happens between them, and what others do meanwhile.

use super::*;

#[test]
fn ten_thousand_messages_come_newest_first_with_progress() {
    let mut world = World::maildir(&["", ".Sent"]);
    for id in 0..10_000_u32 {
        let folder = if id % 3 == 0 { ".Sent/" } else { "" };
        world.deliver(&format!("{folder}cur/{}.M{id}.a:2,S", 1_600_000_000 + u64::from(id)), id);
    }
    let mut seen = Vec::new();
    let batches = world
        .try_look(|progress| {
            seen.push((progress.done, progress.total));
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(seen, [3000, 6000, 9000, 10_000].map(|done| (done, 10_000)));
    assert_eq!(ids(&batches), (0..10_000).rev().collect::<Vec<_>>());
}

#[test]
fn killed_between_batches_and_run_again_the_facts_are_the_same() {
    let deliver = |world: &World| {
        for id in 0..4500 {
            let folder = if id % 3 == 0 { ".Sent/" } else { "" };
            world.deliver(&format!("{folder}cur/{}.a", 1_600_000_000 + id), id);
        }
    };
    let mut undisturbed = World::maildir(&["", ".Sent"]);
    deliver(&undisturbed);
    undisturbed.look();
    for batches in 1..=2 {
        let mut world = World::maildir(&["", ".Sent"]);
        deliver(&world);
        let mut read = Vec::new();
        while read.len() < 4500 {
            let batches = world.look_killed_after(batches);
            assert!(!batches.is_empty());
            read.extend(ids(&batches));
        }
        assert_eq!(sorted(read), (0..4500).collect::<Vec<_>>(), "each read once");
        assert_eq!(world.facts, undisturbed.facts);
        assert!(world.look().len() <= 1);
        assert!(world.look().is_empty());
    }
}

#[test]
fn renamed_while_reading() {
    let mut world = World::maildir(&[""]);
    for id in 0..6000 {
        world.deliver(&format!("new/{}.a", 1_600_000_000 + id), id);
    }
    let path = world.path("");
    let batches = world
        .try_look(|_| {
            for id in 0..3000 {
                let number = 1_600_000_000 + id;
                let from = path.join(format!("new/{number}.a"));
                match id % 4 {
                    _ if !from.exists() => {}
                    0 => fs::remove_file(from).unwrap(),
                    1 => rename(&from, &path.join(format!("new/{number}.a:2,S"))),
                    2 => rename(&from, &path.join(format!("cur/{number}.a:2,S"))),
                    _ => rename(&from, &path.join(format!("tmp/{number}.a"))),
                }
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(skipped(&batches), [""; 0]);
    let found = (0..6000).filter(|id| *id >= 3000 || matches!(id % 4, 1 | 2));
    assert_eq!(sorted(ids(&batches)), found.collect::<Vec<_>>());
    for id in (3..1000).step_by(4) {
        let number = 1_600_000_000 + id;
        rename(&path.join(format!("tmp/{number}.a")), &path.join(format!("cur/{number}.a:2,")));
    }
    let late = (3..1000).step_by(4).collect::<Vec<_>>();
    assert_eq!(sorted(ids(&world.look())), late, "what was gone was not taken for read");
}

#[test]
fn another_program_at_work_all_the_time() {
    let mut world = World::maildir(&["", ".Archive"]);
    for id in 0..1500 {
        world.deliver(&format!("cur/{}.a:2,", 1_600_000_000 + id), id);
    }
    let path = world.path("");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut flags, mut folder) = ("", "cur");
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let next = if flags.is_empty() { ("S", ".Archive/cur") } else { ("", "cur") };
                for number in 1_600_000_000..1_600_001_500 {
                    let from = path.join(format!("{folder}/{number}.a:2,{flags}"));
                    rename(&from, &path.join(format!("{}/{number}.a:2,{}", next.1, next.0)));
                }
                (flags, folder) = next;
            }
        });
        for _ in 0..5 {
            let now = context("2000-01-01T00:00:00Z");
            let cursor = world.cursor.clone();
            let scanned = source::scan(&world.spec, &cursor, &now, &mut |batch, _| {
                assert_eq!(skipped(std::slice::from_ref(&batch)), [""; 0]);
                world.cursor.apply(&batch.cursor);
                world.facts.extend(batch.envelopes.iter().map(|envelope| envelope.key));
                ControlFlow::Continue(())
            });
            scanned.unwrap();
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    world.look();
    assert_eq!(world.facts.len(), 1500);
    assert!(world.look().is_empty());
}
