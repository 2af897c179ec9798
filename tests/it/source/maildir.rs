//! Maildir: what is read, what is read again, and what happens meanwhile.

use std::os::unix::net::UnixListener;

use hallway::source::watched;
use rustix::fs::{CWD, FileType, Mode};

use super::*;

const NOTHING: [u32; 0] = [];

#[test]
fn every_layout_is_read_but_not_what_nobody_asked_for() {
    let mut world = World::maildir(&[
        "",
        ".Sent",
        ".Archive.2024",
        "Clients/Acme",
        ".Trash",
        ".Drafts",
        "Junk",
        ".Entw&APw-rfe",
    ]);
    for (id, place) in [
        "cur/10.a:2,S",
        "new/11.a",
        ".Sent/cur/12.a:2,S",
        ".Archive.2024/cur/13.a",
        "Clients/Acme/new/14.a",
        "tmp/1.a",
        ".Trash/cur/1.a:2,S",
        ".Drafts/cur/1.a",
        "Junk/cur/1.a",
        ".Entw&APw-rfe/cur/1.a",
        "cur/15.a:2,DS",
        "cur/16.a:2,ST",
        "cur/.17.a",
        "1.a",
    ]
    .iter()
    .enumerate()
    {
        world.deliver(place, u32::try_from(id).unwrap());
    }
    fs::create_dir(world.path("cur/18.a")).unwrap();
    let batches = world.look();
    assert_eq!(ids(&batches), [4, 3, 2, 1, 0], "newest first");
    assert_eq!(skipped(&batches), [""; 0]);
    let sent = envelopes(&batches).into_iter().filter(|envelope| envelope.sent);
    assert_eq!(
        sent.map(|envelope| envelope.message_id.as_ref().unwrap().as_str()).collect::<Vec<_>>(),
        ["2@acme.test"]
    );
}

#[test]
fn include_and_exclude_choose_and_may_change_later() {
    let mut world = World::maildir(&["", ".Sent", ".Archive", ".Newsletters"]);
    for (id, folder) in ["", ".Sent/", ".Archive/", ".Newsletters/"].iter().enumerate() {
        world.deliver(&format!("{folder}cur/{id}.a"), u32::try_from(id).unwrap());
    }
    let path = world.path("");
    let spec = |include: &[&str], exclude: &[&str]| {
        let owned = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        Spec::Maildir { path: path.clone(), include: owned(include), exclude: owned(exclude) }
    };
    world.spec = spec(&["*"], &["archive", "sent"]);
    assert_eq!(sorted(ids(&world.look())), [0]);
    world.spec = spec(&["*"], &["archive"]);
    assert_eq!(sorted(ids(&world.look())), [1]);
    world.spec = spec(&["newsletters"], &[]);
    assert_eq!(sorted(ids(&world.look())), [3]);
    world.spec = spec(&[], &[]);
    assert_eq!(sorted(ids(&world.look())), [2], "what was read once is remembered");
    assert!(world.look().is_empty());
}

#[test]
fn an_unchanged_mailbox_is_no_batch_at_all() {
    let mut world = World::maildir(&["", ".Sent", "Deep/er/Folder"]);
    assert_eq!(world.look().len(), 1, "the folders are new");
    assert!(world.look().is_empty());
    for id in 0..5 {
        world.deliver(&format!(".Sent/cur/{id}.a"), id);
    }
    assert_eq!(world.look().len(), 1);
    assert!(world.look().is_empty());
    assert!(world.look().is_empty());
}

#[test]
fn a_mailbox_changed_a_moment_ago_is_looked_at_once_more() {
    let mut world = World::maildir(&[""]);
    world.deliver("cur/1.a", 1);
    world.settle();
    let changed = fs::metadata(world.path("cur")).unwrap().mtime();
    let at = |second: i64| {
        let context = context(&jiff::Timestamp::from_second(changed + second).unwrap().to_string());
        move |world: &mut World| {
            let mut batches = Vec::new();
            let cursor = world.cursor.clone();
            source::scan(&world.spec, &cursor, &context, &mut |batch, _| {
                world.cursor.apply(&batch.cursor);
                batches.push(batch);
                ControlFlow::Continue(())
            })
            .unwrap();
            batches
        }
    };
    assert_eq!(ids(&at(1)(&mut world)), [1]);
    // A second message in the same tick of the clock: the directory's time does not show it.
    let before = fs::metadata(world.path("cur")).unwrap().modified().unwrap();
    world.deliver("cur/2.a", 2);
    File::open(world.path("cur")).unwrap().set_modified(before).unwrap();
    assert_eq!(ids(&at(2)(&mut world)), [2]);
    let quiet = at(60)(&mut world);
    assert_eq!((quiet.len(), ids(&quiet)), (1, vec![]), "written down as settled");
    assert!(at(61)(&mut world).is_empty());
}

#[test]
fn one_added_message_costs_one_read_and_a_few_bytes() {
    let mut world = World::maildir(&["", ".Archive"]);
    for id in 0..3600 {
        world.deliver(&format!(".Archive/cur/{}.a:2,S", 1_700_000_000 + id), id);
    }
    assert_eq!(world.look().len(), 2);
    world.deliver(".Archive/new/1800000000.a", 9999);
    let batches = world.look();
    assert_eq!(ids(&batches), [9999]);
    assert!(written(&batches) < 200, "{} bytes", written(&batches));
}

#[test]
fn moving_and_flagging_costs_no_read() {
    let mut world = World::maildir(&["", ".Archive"]);
    world.deliver("new/1.a", 1);
    world.deliver("cur/2.b:2,", 2);
    assert_eq!(sorted(ids(&world.look())), [1, 2]);
    for (from, to) in [
        ("new/1.a", "cur/1.a:2,"),
        ("cur/1.a:2,", "cur/1.a:2,FRS"),
        ("cur/2.b:2,", ".Archive/cur/2.b:2,S"),
        (".Archive", ".Archive.2024"),
    ] {
        rename(&world.path(from), &world.path(to));
        assert_eq!(ids(&world.look()), NOTHING, "{from} to {to}");
    }
    let facts = world.facts.clone();
    fs::copy(world.path("cur/1.a:2,FRS"), world.path("cur/3.c")).unwrap();
    assert_eq!(ids(&world.look()), [1], "a copy is read");
    assert_eq!(world.facts, facts, "and is the same fact");
}

#[test]
fn two_folders_may_use_the_same_names() {
    let mut world = World::maildir(&["", ".Archive"]);
    world.deliver("cur/1", 1);
    assert_eq!(ids(&world.look()), [1]);
    world.deliver(".Archive/cur/1", 2);
    assert_eq!(ids(&world.look()), [2]);
}

#[test]
fn a_draft_is_read_when_it_is_one_no_more() {
    let mut world = World::maildir(&[""]);
    world.deliver("cur/1.a:2,D", 1);
    world.deliver("cur/2.a:2,T", 2);
    assert_eq!((ids(&world.look()), world.facts.len()), (vec![], 0));
    rename(&world.path("cur/1.a:2,D"), &world.path("cur/1.a:2,S"));
    rename(&world.path("cur/2.a:2,T"), &world.path("cur/2.a:2,S"));
    assert_eq!(sorted(ids(&world.look())), [1, 2]);
}

#[test]
fn what_is_no_ordinary_file_is_named_once_and_never_opened() {
    let mut world = World::maildir(&[""]);
    let cur = world.path("cur");
    world.deliver("cur/1.a", 1);
    fs::write(cur.join("2.empty"), "").unwrap();
    fs::write(cur.join("3.two"), "From: a@x.test\nFrom: b@x.test\n\n").unwrap();
    std::os::unix::fs::symlink("/dev/zero", cur.join("4.zero")).unwrap();
    std::os::unix::fs::symlink("1.a", cur.join("5.link")).unwrap();
    rustix::fs::mknodat(CWD, cur.join("6.pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = UnixListener::bind(cur.join("7.socket")).unwrap();
    File::create(cur.join("8.giant")).unwrap().set_len(1 << 40).unwrap();
    world.deliver("cur/9.foreign", 9);
    let mut expect = vec![
        "INBOX/2.empty: no header",
        "INBOX/3.two: several authors",
        "INBOX/4.zero: symbolic link",
        "INBOX/5.link: symbolic link",
        "INBOX/6.pipe: not a regular file",
        "INBOX/7.socket: not a regular file",
        "INBOX/8.giant: file too large",
    ];
    // Only root can give a file away; whoever cannot reads the file as their own.
    match std::os::unix::fs::chown(cur.join("9.foreign"), Some(12345), None) {
        Ok(()) => expect.push("INBOX/9.foreign: owned by somebody else"),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
    }
    let batches = world.look();
    assert_eq!(skipped(&batches), expect);
    assert_eq!(ids(&batches).len(), 9 - expect.len());
    world.deliver("cur/10.a", 10);
    let batches = world.look();
    assert_eq!((ids(&batches), skipped(&batches)), (vec![10], vec![]), "named once");
}

#[test]
fn links_among_folders_are_not_followed() {
    let mut world = World::maildir(&["", ".Archive"]);
    let away = World::maildir(&[""]);
    away.deliver("cur/1.a", 1);
    world.deliver(".Archive/cur/2.a", 2);
    std::os::unix::fs::symlink(away.path(""), world.path(".Away")).unwrap();
    std::os::unix::fs::symlink(world.path(""), world.path(".Archive/round")).unwrap();
    fs::remove_dir(world.path("new")).unwrap();
    std::os::unix::fs::symlink(away.path("cur"), world.path("new")).unwrap();
    let batches = world.look();
    assert_eq!(ids(&batches), [2]);
    assert_eq!(skipped(&batches), ["INBOX: not a directory"]);
}

#[test]
fn the_cursor_forgets_messages_and_folders_long_gone() {
    let mut world = World::maildir(&["", ".Old"]);
    for id in 0..1500 {
        world.deliver(&format!(".Old/cur/{id}.a"), id);
    }
    world.deliver("cur/1.b", 9999);
    world.look();
    let size = |world: &World| world.cursor.parts.values().map(Vec::len).sum::<usize>();
    assert!(size(&world) > 12_000);
    fs::remove_dir_all(world.path(".Old")).unwrap();
    // The count of the living is from the last look, so the cleaning up follows at the next change.
    assert_eq!(ids(&world.look()), NOTHING);
    world.deliver("cur/2.b", 9998);
    assert_eq!(ids(&world.look()), [9998]);
    assert!(size(&world) < 500, "{}", size(&world));
    world.deliver("cur/3.b", 9997);
    assert_eq!(ids(&world.look()), [9997], "the living were kept");
}

#[test]
fn folders_appear_and_go() {
    let mut world = World::maildir(&["", "Clients"]);
    world.look();
    for leaf in ["cur", "new", "tmp"] {
        fs::create_dir_all(world.path("Clients/Acme").join(leaf)).unwrap();
    }
    world.deliver("Clients/Acme/new/1.a", 1);
    assert_eq!(ids(&world.look()), [1]);
    fs::remove_dir_all(world.path("Clients")).unwrap();
    assert_eq!(ids(&world.look()), NOTHING);
    assert!(!world.cursor.parts.keys().any(|key| key.windows(7).any(|part| part == b"Clients")));
    // A folder becomes a mailbox only when its cur is there.
    fs::create_dir(world.path(".Late")).unwrap();
    world.look();
    fs::create_dir(world.path(".Late/cur")).unwrap();
    world.deliver(".Late/cur/2.a", 2);
    assert_eq!(ids(&world.look()), [2]);
}

#[test]
fn a_cursor_of_nonsense_costs_a_rescan_and_no_more() {
    let mut world = World::maildir(&[""]);
    world.deliver("cur/1.a", 1);
    for tag in ["f/", "d/", "d/cur", "n/", "n/12345678", "f/Clients", "zzz"] {
        for value in [&b""[..], b"\x01", &[0xff; 64]] {
            world.cursor = Cursor::default();
            world.cursor.parts.insert(tag.into(), value.to_vec());
            assert_eq!(ids(&world.look()), [1], "{tag} {value:?}");
            assert!(world.look().is_empty());
        }
    }
}

#[test]
fn nothing_is_written_not_even_a_time_of_access() {
    let world = World::maildir(&["", ".Sent"]);
    world.deliver("cur/1.a", 1);
    world.deliver(".Sent/new/2.a", 2);
    let paths = ["", "cur", "cur/1.a", ".Sent", ".Sent/new", ".Sent/new/2.a", "new", "tmp"];
    paths.iter().for_each(|path| age(&world.path(path), 0));
    let state = |world: &World| {
        paths.map(|path| {
            let state = fs::symlink_metadata(world.path(path)).unwrap();
            (path, state.mtime(), state.ctime(), state.ctime_nsec(), state.atime(), state.nlink())
        })
    };
    let before = state(&world);
    let mut read = 0;
    source::scan(
        &world.spec,
        &Cursor::default(),
        &context("2100-01-01T00:00:00Z"),
        &mut |batch, _| {
            read += batch.envelopes.len();
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    assert_eq!(read, 2);
    assert_eq!(state(&world), before);
}

#[test]
fn what_is_no_maildir_is_said_in_a_sentence() {
    let mut world = World::maildir(&[]);
    let error = world.try_look(|_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.to_string().ends_with("or type = \"mbox\""), "{error}");
    let path = world.path("nowhere");
    world.spec = Spec::Maildir { path, include: vec![], exclude: vec![] };
    let error = world.try_look(|_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.to_string().ends_with("nowhere: cannot be read"), "{error}");
    // The root may be a link: the user typed it.
    let real = World::maildir(&[""]);
    real.deliver("cur/1.a", 1);
    std::os::unix::fs::symlink(real.path(""), world.path("nowhere")).unwrap();
    assert_eq!(ids(&world.look()), [1]);
}

#[test]
fn the_directories_to_watch() {
    let world = World::maildir(&["", ".Archive.2024", ".Trash"]);
    let mut got = watched(&world.spec);
    got.sort_unstable();
    let mut expect =
        ["", "cur", "new", ".Archive.2024", ".Archive.2024/cur", ".Archive.2024/new", ".Trash"]
            .map(
                |path| if path.is_empty() { world.dir.path().to_owned() } else { world.path(path) },
            );
    expect.sort_unstable();
    assert_eq!(got, expect);
    let gone = Spec::Maildir { path: world.path("nowhere"), include: vec![], exclude: vec![] };
    assert!(watched(&gone).is_empty());
}
