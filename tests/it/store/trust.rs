//! The file under the store: modes, refusals, damage, a disk that is full or cannot be written.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use hallway::store::{Error, Kind, MessageRow, Store};
use rusqlite::Connection;
use tempfile::TempDir;

use super::text::batch;
use super::{dump, once_more, role};

const LETTER: &str = "mail a 2024-03-04T09:00:00Z Jo <jo@acme.test> | to ana@agency.test";

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A folder with a store that holds one message.
fn kept() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hallway.sqlite");
    let mut store = Store::open(&path).unwrap();
    let mail = store.source(Kind::Mail, "work").unwrap();
    store.record(mail, &batch(LETTER)).unwrap();
    store.close().unwrap();
    (folder, path)
}

#[test]
fn files_are_mine_alone_whatever_the_umask() {
    if let Some(folder) = role() {
        let path = folder.join("state/hallway/hallway.sqlite");
        let mut store = Store::open(&path).unwrap();
        assert!(!store.repaired());
        store.source(Kind::Mail, "work").unwrap();
        for (name, wanted) in [
            ("state", 0o700),
            ("state/hallway", 0o700),
            ("state/hallway/hallway.sqlite", 0o600),
            ("state/hallway/hallway.sqlite-wal", 0o600),
            ("state/hallway/hallway.sqlite-shm", 0o600),
        ] {
            assert_eq!(mode(&folder.join(name)), wanted, "{name}");
        }
        return;
    }
    for umask in ["000", "022", "077", "0777"] {
        let folder = tempfile::tempdir().unwrap();
        let shell = format!("umask {umask}; exec \"$0\" \"$@\"");
        let test = "store::trust::files_are_mine_alone_whatever_the_umask";
        let done = once_more(&["sh", "-c", &shell], test, folder.path()).output().unwrap();
        assert!(done.status.success(), "{umask}: {}", String::from_utf8_lossy(&done.stdout));
    }
}

#[test]
fn loose_modes_are_put_right_and_told() {
    let (folder, path) = kept();
    assert!(!Store::open(&path).unwrap().repaired());
    for (what, loose) in [(folder.path(), 0o755), (path.as_path(), 0o644), (path.as_path(), 0o4600)]
    {
        set_mode(what, loose);
        assert!(Store::open(&path).unwrap().repaired(), "{loose:o}");
        assert_eq!((mode(folder.path()), mode(&path)), (0o700, 0o600));
        assert!(!Store::open(&path).unwrap().repaired());
    }
    // The files of a daemon that is running.
    let daemon = Store::open(&path).unwrap();
    let log = folder.path().join("hallway.sqlite-wal");
    set_mode(&log, 0o664);
    assert!(Store::open_read_only(&path).unwrap().repaired());
    assert_eq!(mode(&log), 0o600);
    drop(daemon);
}

/// What opening says after something was done to a sound store.
fn check(change: impl FnOnce(&Path), wanted: &str) {
    let (_folder, path) = kept();
    change(&path);
    for opened in [Store::open(&path), Store::open_read_only(&path)] {
        let error = opened.err().unwrap_or_else(|| panic!("opened, though it {wanted}"));
        assert!(error.to_string().contains(wanted), "{error}: not {wanted}");
        assert!(error.to_string().contains(&path.parent().unwrap().display().to_string()));
        assert!(error.remedy().is_some());
    }
}

#[test]
fn what_is_not_mine_or_no_store_is_refused() {
    let replace = |path: &Path, bytes: &[u8]| fs::write(path, bytes).unwrap();
    let aside = |path: &Path| {
        let moved = path.with_extension("moved");
        fs::rename(path, &moved).unwrap();
        moved
    };
    check(|path| symlink(aside(path), path).unwrap(), "is a symbolic link");
    check(
        |path| symlink("/nowhere", path.with_extension("sqlite-wal")).unwrap(),
        "is not a regular file",
    );
    check(
        |path| {
            aside(path);
            fs::create_dir(path).unwrap();
        },
        "is not a regular file",
    );
    check(
        |path| {
            aside(path);
            let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
            assert!(made.success());
        },
        "is not a regular file",
    );
    check(|path| set_mode(path.parent().unwrap(), 0o1777), "shared by everybody");
    check(|path| replace(path, b"Dear Sir or Madam, this is a letter."), "not a sound database");
    check(|path| replace(path, &[0; 4096]), "not a sound database");
    check(
        |path| {
            fs::remove_file(path).unwrap();
            let other = Connection::open(path).unwrap();
            other.execute_batch("CREATE TABLE t (n); PRAGMA user_version = 3").unwrap();
        },
        "database of another program",
    );
    check(
        |path| {
            fs::remove_file(path).unwrap();
            Connection::open(path).unwrap().execute_batch("CREATE TABLE t (n)").unwrap();
        },
        "database of another program",
    );
}

#[test]
fn what_belongs_to_somebody_else_is_refused() {
    let (folder, path) = kept();
    let somebody = Some(65_534);
    if chown(&path, somebody, None).is_ok() {
        let opened = Store::open(&path);
        assert!(matches!(opened, Err(Error::Refused { .. })), "{opened:?}");
        chown(&path, Some(rustix::process::geteuid().as_raw()), None).unwrap();
        chown(folder.path(), somebody, None).unwrap();
        let opened = Store::open(&path);
        assert!(matches!(opened, Err(Error::Refused { .. })), "{opened:?}");
    } else {
        // Without the right to give files away, the system has some of somebody else's.
        let opened = Store::open_read_only(Path::new("/etc/passwd"));
        assert!(matches!(opened, Err(Error::Refused { .. })), "{opened:?}");
    }
}

#[test]
fn a_folder_behind_a_link_is_followed() {
    let (folder, path) = kept();
    let other = tempfile::tempdir().unwrap();
    let link = other.path().join("state");
    symlink(folder.path(), &link).unwrap();
    let store = Store::open(&link.join("hallway.sqlite")).unwrap();
    assert_eq!(store.path(), path.canonicalize().unwrap());
}

/// No damage to the header makes anything worse than an error that says what to do.
#[test]
fn a_flipped_bit_in_the_header_is_told_or_harmless() {
    let (_folder, path) = kept();
    let sound = fs::read(&path).unwrap();
    for at in 0..100 {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, &bytes).unwrap();
        match Store::open_read_only(&path) {
            Err(error) => {
                assert!(error.remedy().is_some() && at < 100, "byte {at}: {error:?}");
                assert!(at >= 16 || matches!(error, Error::Corrupt { .. }), "byte {at}: {error:?}");
            }
            Ok(store) => {
                assert!(at >= 16, "the magic words were not looked at");
                store.for_each_message(MessageRow::START, |_, _, _| ()).ok();
            }
        }
        for side in ["sqlite-wal", "sqlite-shm"] {
            fs::remove_file(path.with_extension(side)).ok();
        }
    }
}

#[test]
fn a_file_cut_short_is_damaged() {
    let (_folder, path) = kept();
    let sound = fs::read(&path).unwrap();
    for len in [1, 15, 99, 100, 4_095, 4_096, sound.len() / 2, sound.len() - 4_096] {
        fs::write(&path, &sound[..len]).unwrap();
        let opened = Store::open(&path);
        assert!(matches!(opened, Err(Error::Corrupt { .. })), "{len} bytes: {opened:?}");
    }
}

#[test]
fn damage_inside_is_found_by_the_check() {
    let (_folder, path) = kept();
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 4_096;
    bytes[last..last + 8].fill(0xff);
    fs::write(&path, &bytes).unwrap();
    let store = Store::open(&path).unwrap();
    let found = store.quick_check();
    assert!(matches!(found, Err(Error::Corrupt { .. })), "{found:?}");
}

/// A newer Hallway was killed before its log was folded into the file: the header is still old.
#[test]
fn a_newer_schema_that_stands_in_the_log_alone_is_left_there() {
    let (folder, path) = kept();
    let newer = Connection::open(&path).unwrap();
    newer.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 99").unwrap();
    let other = tempfile::tempdir().unwrap();
    for file in ["hallway.sqlite", "hallway.sqlite-wal"] {
        fs::copy(folder.path().join(file), other.path().join(file)).unwrap();
    }
    let path = other.path().join("hallway.sqlite");
    let (file, log) =
        (fs::read(&path).unwrap(), fs::read(path.with_extension("sqlite-wal")).unwrap());
    for _ in 0..2 {
        let opened = Store::open(&path);
        assert!(matches!(opened, Err(Error::Newer { found: 99, .. })), "{opened:?}");
        assert_eq!(fs::read(&path).unwrap(), file);
        assert_eq!(fs::read(path.with_extension("sqlite-wal")).unwrap(), log);
    }
}

#[test]
fn a_look_changes_nothing_and_sees_what_the_daemon_wrote() {
    let (folder, path) = kept();
    let mut look = Store::open_read_only(&path).unwrap();
    assert!(look.source(Kind::Mail, "home").is_err());
    assert!(look.set_paused_until(None).is_err());
    let mut daemon = Store::open(&path).unwrap();
    let mail = daemon.source(Kind::Mail, "work").unwrap();
    daemon
        .record(mail, &batch("mail b 2024-03-05T09:00:00Z ben@acme.test | to ana@agency.test"))
        .unwrap();
    assert_eq!(dump(&look), dump(&daemon));
    look.close().unwrap();
    daemon.close().unwrap();
    drop(Store::open_read_only(&path).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "side files are left behind");
}

#[test]
fn a_look_makes_no_store() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["hallway.sqlite", "state/hallway.sqlite"] {
        let opened = Store::open_read_only(&folder.path().join(path));
        assert!(matches!(opened, Err(Error::Missing { .. })), "{opened:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let opened = Store::open(Path::new("/proc/hallway/hallway.sqlite"));
    assert!(matches!(opened, Err(Error::Io { .. })), "{opened:?}");
}

/// Runs a test once more with a small disk mounted on its folder; the script may mount it again.
/// Where the system allows no mounts, not even in a name space of one's own, it says so, and what
/// remains is the mapping of the error, which is tested beside it.
#[expect(clippy::print_stderr, reason = "a test that cannot do all of its work has to say so")]
fn on_a_small_disk(test: &str, script: &str) {
    let folder = tempfile::tempdir().unwrap();
    let root = rustix::process::geteuid().is_root();
    let space = if root { "-m" } else { "-rm" };
    let mount = format!(
        "mount -t tmpfs -o size=600k,mode=700 tmpfs \"${}\" || exit 99; {script}",
        super::ROLE
    );
    let done = once_more(&["unshare", space, "sh", "-c", &mount], test, folder.path()).output();
    match done {
        Ok(done) if done.status.success() => {}
        Ok(done) if done.status.code() == Some(99) || done.stdout.is_empty() => {
            eprintln!(
                "{test}: no disk can be mounted here: {}",
                String::from_utf8_lossy(&done.stderr)
            );
        }
        Ok(done) => panic!(
            "{}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        ),
        Err(error) => eprintln!("{test}: no unshare: {error}"),
    }
}

#[test]
fn a_full_disk_is_told_and_nothing_is_lost() {
    if let Some(folder) = role() {
        let path = folder.join("hallway.sqlite");
        // What the user deletes in the end, so that there is surely room again.
        let ballast = folder.join("ballast");
        fs::write(&ballast, [1; 1 << 16]).unwrap();
        let mut store = Store::open(&path).unwrap();
        let mail = store.source(Kind::Mail, "work").unwrap();
        let mut n = 0;
        let error = loop {
            let letters: String = (0..50)
                .map(|at| format!("mail {n}-{at} 2024-03-04T09:00:00Z p{n}{at}@acme.test | to ana@agency.test\n"))
                .collect();
            match store.record(mail, &batch(&format!("{letters}cursor cur {n}"))) {
                Ok(recorded) => assert_eq!(recorded.messages_new, 50),
                Err(error) => break error,
            }
            n += 1;
        };
        assert!(matches!(error, Error::Full { .. }), "{error:?}");
        let filler = folder.join("filler");
        let mut rest = fs::File::create(&filler).unwrap();
        while std::io::Write::write(&mut rest, &[1; 512]).is_ok() {}
        // A small commit may still find room that a large one had taken and given back.
        let pause = |store: &mut Store, second| {
            store.set_paused_until(Some(jiff::Timestamp::from_second(second).unwrap()))
        };
        let error = (0..1_000).find_map(|second| pause(&mut store, second).err());
        assert!(matches!(error, Some(Error::Full { .. })), "{error:?}");
        store.quick_check().unwrap();
        let facts = dump(&store);
        assert_eq!(facts.matches("message ").count(), 50 * n);
        let last = (n - 1).to_string().into_bytes();
        assert_eq!(store.cursor(mail).unwrap().parts.into_values().next(), Some(last));
        store.close().ok();
        assert_eq!(dump(&Store::open_read_only(&path).unwrap()), facts);
        fs::remove_file(&filler).unwrap();
        fs::remove_file(&ballast).unwrap();
        let mut store = Store::open(&path).unwrap();
        pause(&mut store, 7).unwrap();
        assert_eq!(dump(&store), facts);
        return;
    }
    on_a_small_disk("store::trust::a_full_disk_is_told_and_nothing_is_lost", "exec \"$0\" \"$@\"");
}

#[test]
fn a_store_on_a_disk_that_cannot_be_written_is_read() {
    if let Some(folder) = role() {
        let path = folder.join("hallway.sqlite");
        if !path.exists() {
            let mut store = Store::open(&path).unwrap();
            let mail = store.source(Kind::Mail, "work").unwrap();
            store.record(mail, &batch(LETTER)).unwrap();
            return store.close().unwrap();
        }
        let mut opened =
            Store::open(&path).unwrap_or_else(|_| Store::open_read_only(&path).unwrap());
        let refused = opened.set_paused_until(None);
        assert!(matches!(refused, Err(Error::Io { .. })), "{refused:?}");
        let look = Store::open_read_only(&path).unwrap();
        assert!(dump(&look).contains("jo@acme.test"));
        return;
    }
    let script =
        format!("\"$0\" \"$@\" && mount -o remount,ro \"${}\" && exec \"$0\" \"$@\"", super::ROLE);
    on_a_small_disk("store::trust::a_store_on_a_disk_that_cannot_be_written_is_read", &script);
}
