//! mbox files that grow, shrink and lie in folders.

use std::io::Write;

use hallway::source::watched;

use super::*;

/// A message behind its `From ` line.
fn framed(id: u32) -> String {
    format!("From jo@acme.test Mon Nov  2 10:00:00 2026\n{}\n", message(id))
}

fn append(path: &Path, text: &str) {
    File::options()
        .append(true)
        .create(true)
        .open(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

/// A world of one file.
fn single() -> (World, PathBuf) {
    let mut world = World::mbox();
    let path = world.path("inbox");
    world.spec = Spec::Mbox { path: path.clone(), include: vec![], exclude: vec![] };
    (world, path)
}

#[test]
fn appended_mail_costs_reading_only_the_new_part() {
    let (mut world, path) = single();
    for id in 0..50 {
        append(&path, &framed(id));
    }
    assert_eq!(ids(&world.look()), (0..50).collect::<Vec<_>>());
    assert!(world.look().is_empty());
    append(&path, &framed(50));
    let batches = world.look();
    assert_eq!(ids(&batches), [50]);
    assert!(written(&batches) < 200);
    assert!(world.look().is_empty());
}

#[test]
fn a_file_rewritten_is_read_again_to_the_same_facts() {
    let (mut world, path) = single();
    for id in 0..5 {
        append(&path, &framed(id));
    }
    world.look();
    let facts = world.facts.clone();
    // Compacted: the first message went.
    let all: String = (1..5).map(framed).collect();
    fs::write(&path, &all).unwrap();
    assert_eq!(ids(&world.look()), [1, 2, 3, 4]);
    assert_eq!(world.facts, facts);
    // A flag written in place, at the same length, far before the end.
    let padded: String = (1..200).map(framed).collect();
    fs::write(&path, &padded).unwrap();
    world.look();
    fs::write(&path, padded.replacen("never", "NEVER", 1)).unwrap();
    assert_eq!(ids(&world.look()), [0_u32; 0], "the end is the same: nothing new");
    fs::write(&path, "").unwrap();
    assert_eq!(ids(&world.look()), [0_u32; 0]);
    append(&path, &framed(7));
    assert_eq!(ids(&world.look()), [7]);
}

#[test]
fn received_is_the_from_line_and_sent_is_the_name() {
    let mut world = World::mbox();
    append(&world.path("Sent"), "From x Mon Nov  2 10:00:00 2026\nFrom: jo@acme.test\n\n\n");
    append(&world.path("inbox"), "From x Mon Nov  2 11:00:00 2099\nFrom: jo@acme.test\n\n\n");
    let batches = world.look();
    let got: Vec<_> =
        envelopes(&batches).iter().map(|mail| (mail.sent, mail.date.to_string())).collect();
    assert_eq!(
        got,
        [(true, "2026-11-02T10:00:00Z".into()), (false, "2099-11-02T11:00:00Z".into())]
    );
}

#[test]
fn a_folder_as_thunderbird_keeps_it() {
    let mut world = World::mbox();
    fs::create_dir_all(world.path("Archives.sbd/deep.sbd")).unwrap();
    for (id, name) in [
        "INBOX",
        "Archives.sbd/2023",
        "Archives.sbd/deep.sbd/x",
        "Trash",
        "Drafts",
        "Junk",
        ".hidden",
    ]
    .iter()
    .enumerate()
    {
        append(&world.path(name), &framed(u32::try_from(id).unwrap()));
    }
    append(&world.path("Archives"), "");
    append(&world.path("INBOX.msf"), "// <!-- <mdb:mork:z v=\"1.4\"/> -->");
    append(&world.path("notes.txt"), "From me to me, without a mailbox");
    append(&world.path("key.bin"), "\0\0\0");
    std::os::unix::fs::symlink("INBOX", world.path("link")).unwrap();
    let batches = world.look();
    assert_eq!(sorted(ids(&batches)), [0, 1, 2]);
    assert_eq!(skipped(&batches), ["key.bin: not an mbox file", "link: symbolic link"]);
    assert!(world.look().is_empty(), "named once");
    append(&world.path("Archives.sbd/2024"), &framed(24));
    assert_eq!(ids(&world.look()), [24]);
    fs::remove_file(world.path("Archives.sbd/2024")).unwrap();
    assert_eq!(world.look()[0].cursor.remove.len(), 1);
    assert!(world.look().is_empty());
}

#[test]
fn deleted_and_unreadable_messages() {
    let (mut world, path) = single();
    let of = |fields: &str| format!("From x Mon Nov  2 10:00:00 2026\n{fields}\n\nbody\n\n");
    append(&path, &of("From: jo@acme.test\nMessage-ID: <1@x>\nX-Mozilla-Status: 0009"));
    append(&path, &of("From: jo@acme.test\nFrom: pat@acme.test"));
    append(&path, &of("From: jo@acme.test\nMessage-ID: <2@x>\nX-Mozilla-Status: 0001"));
    let batches = world.look();
    assert_eq!(ids(&batches), [2]);
    assert_eq!(skipped(&batches), ["inbox at byte 99: several authors"]);
}

#[test]
fn killed_between_batches_and_run_again_the_facts_are_the_same() {
    let all: Vec<String> = (0..2500).map(framed).collect();
    for batches in 1..=3 {
        let mut world = World::mbox();
        append(&world.path("a"), &all[..1700].concat());
        append(&world.path("b"), &all[1700..].concat());
        let mut read = Vec::new();
        while read.len() < 2500 {
            read.extend(ids(&world.look_killed_after(batches)));
        }
        assert_eq!(read, (0..2500).collect::<Vec<_>>(), "each read once");
        world.look();
        assert!(world.look().is_empty());
    }
}

#[test]
fn a_message_being_written_waits_for_its_end() {
    let (mut world, path) = single();
    append(&path, &framed(1));
    append(&path, "From jo@acme.test Mon Nov  2 10:00:00 2026\nFrom: jo@acme.test\nMessage-");
    let changed = fs::metadata(&path).unwrap().mtime();
    let now = jiff::Timestamp::from_second(changed).unwrap();
    let mut got = Vec::new();
    source::scan(&world.spec, &Cursor::default(), &context(&now.to_string()), &mut |batch, _| {
        world.cursor.apply(&batch.cursor);
        got.push(batch);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(ids(&got), [1]);
    append(&path, "ID: <2@acme.test>\n\nbody\n\n");
    assert_eq!(ids(&world.look()), [2]);
}

#[test]
fn what_is_no_mbox_is_said_in_a_sentence() {
    let (mut world, path) = single();
    let mut fails = |spec: &Path, expect: &str| {
        world.spec = Spec::Mbox { path: spec.to_owned(), include: vec![], exclude: vec![] };
        let error = world.try_look(|_| ControlFlow::Continue(())).unwrap_err().to_string();
        assert!(error.ends_with(expect), "{error}");
    };
    fails(&path, "inbox: cannot be read");
    append(&path, "Subject: a bare message\n\nbody\n");
    fails(&path, "it does not begin with a From line");
    let empty = tempfile::tempdir().unwrap();
    fails(empty.path(), "or type = \"maildir\"");
    std::os::unix::fs::symlink("/dev/null", empty.path().join("device")).unwrap();
    fails(&empty.path().join("device"), "not a regular file");
}

#[test]
fn reading_leaves_no_trace() {
    let world = World::mbox();
    append(&world.path("inbox"), &framed(1));
    let paths = [world.path(""), world.path("inbox")];
    paths.iter().for_each(|path| age(path, 0));
    let state = |path: &PathBuf| {
        let state = fs::metadata(path).unwrap();
        (state.mtime(), state.ctime_nsec(), state.atime())
    };
    let before = paths.each_ref().map(state);
    let mut read = 0;
    let now = context("2100-01-01T00:00:00Z");
    source::scan(&world.spec, &Cursor::default(), &now, &mut |batch, _| {
        read += batch.envelopes.len();
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!((read, paths.each_ref().map(state)), (1, before));
}

#[test]
fn the_directories_to_watch() {
    let (single, _) = single();
    assert_eq!(watched(&single.spec), [single.dir.path()]);
    let world = World::mbox();
    fs::create_dir_all(world.path("Archives.sbd/deep.sbd")).unwrap();
    let expect = ["", "Archives.sbd", "Archives.sbd/deep.sbd"].map(|path| world.path(path));
    assert_eq!(watched(&world.spec), expect);
}
