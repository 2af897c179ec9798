//! Folders of calendar files, through changes, losses, strange files and kills.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use hallway::source::{Error, Spec};
use tempfile::TempDir;

use super::Store;

const TODAY: &str = "2024-03-15T12:00:00Z";
const TOMORROW: &str = "2024-03-16T12:00:00Z";

fn event(uid: &str, more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:{uid}\nDTSTART:20240301T090000Z\n{more}END:VEVENT\n\
         END:VCALENDAR\n"
    )
}

struct Folder {
    dir: TempDir,
    store: Store,
}

impl Folder {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), store: Store::default() }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn spec(&self) -> Spec {
        Spec::Vdir { path: self.path().to_owned() }
    }

    /// Writes as calendar programs do: beside it, then over it.
    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let beside = path.with_extension("tmp");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, path).unwrap();
    }

    /// Scans and says what is known then, and after how many batches.
    fn check(&mut self, now: &str, names: &[&str], batches: usize) {
        self.store.scan(&self.spec(), now);
        assert_eq!(self.store.names(), names);
        assert_eq!(self.store.batches, batches, "batches");
    }
}

#[test]
fn an_unchanged_folder_gives_nothing() {
    let mut folder = Folder::new();
    folder.check(TODAY, &[], 1);
    folder.check(TODAY, &[], 0);
    folder.write("a.ics", &event("a", ""));
    folder.write("work/b.ics", &event("b", ""));
    folder.check(TODAY, &["a.ics", "work/b.ics"], 1);
    folder.check(TODAY, &["a.ics", "work/b.ics"], 0);
    folder.check(TOMORROW, &["a.ics", "work/b.ics"], 0);
}

/// File systems date changes by ticks, and two changes in one tick look alike.
#[test]
fn a_second_change_in_the_same_tick_is_seen() {
    let mut folder = Folder::new();
    let tick: jiff::Timestamp = TODAY.parse().unwrap();
    let write = |folder: &Folder, status: &str| {
        let path = folder.path().join("a.ics");
        fs::write(&path, event("a", &format!("STATUS:{status}\n"))).unwrap();
        fs::File::options().write(true).open(path).unwrap().set_modified(tick.into()).unwrap();
    };
    write(&folder, "CONFIRMED");
    folder.check(TODAY, &["a.ics"], 1);
    let before = folder.store.resources["a.ics"].clone();
    write(&folder, "CANCELLED");
    folder.check(TODAY, &["a.ics"], 1);
    assert_ne!(folder.store.resources["a.ics"], before);
    let later = "2024-03-15T12:00:03Z";
    folder.check(later, &["a.ics"], 1);
    folder.check(later, &["a.ics"], 0);
}

#[test]
fn changes_losses_and_new_names_are_seen() {
    let mut folder = Folder::new();
    folder.write("a.ics", &event("a", ""));
    folder.write("b.ics", &event("b", ""));
    folder.write("c.ics", &event("c", ""));
    folder.check(TODAY, &["a.ics", "b.ics", "c.ics"], 1);
    folder.write("a.ics", &event("a", "STATUS:CANCELLED\n"));
    fs::remove_file(folder.path().join("b.ics")).unwrap();
    fs::rename(folder.path().join("c.ics"), folder.path().join("d.ics")).unwrap();
    folder.check(TODAY, &["a.ics", "d.ics"], 1);
    assert!(folder.store.resources["a.ics"][0].contains("cancelled"));
    folder.check(TODAY, &["a.ics", "d.ics"], 0);
}

#[test]
fn a_change_in_place_is_seen() {
    let mut folder = Folder::new();
    folder.write("a.ics", &event("a", ""));
    folder.check(TODAY, &["a.ics"], 1);
    fs::write(folder.path().join("a.ics"), event("a", "STATUS:CANCELLED\n")).unwrap();
    folder.check(TODAY, &["a.ics"], 1);
    assert!(folder.store.resources["a.ics"][0].contains("cancelled"));
}

#[test]
fn a_new_day_reads_only_what_goes_on() {
    let mut folder = Folder::new();
    folder.write("once.ics", &event("once", ""));
    folder.write("weekly.ics", &event("weekly", "RRULE:FREQ=WEEKLY\n"));
    folder.write("later.ics", &event("later", "RDATE:20240415T090000Z\n"));
    folder.check(TODAY, &["later.ics", "once.ics", "weekly.ics"], 1);
    assert_eq!(folder.store.resources["weekly.ics"].len(), 7, "until 14 April");
    assert_eq!(folder.store.resources["later.ics"].len(), 1);
    folder.check(TODAY, &["later.ics", "once.ics", "weekly.ics"], 0);
    let once = folder.store.cursor.parts[&b"once.ics"[..]].clone();
    folder.check(TOMORROW, &["later.ics", "once.ics", "weekly.ics"], 1);
    assert_eq!(folder.store.resources["later.ics"].len(), 2, "15 April has come into view");
    assert_eq!(folder.store.cursor.parts[&b"once.ics"[..]], once);
    folder.check(TOMORROW, &["later.ics", "once.ics", "weekly.ics"], 0);
}

#[test]
fn a_scan_killed_anywhere_loses_nothing() {
    let mut folder = Folder::new();
    for number in 0..2_100 {
        let text = event(&format!("{number}"), "RRULE:FREQ=YEARLY\n");
        folder.write(&format!("{:04}.ics", number), &text);
    }
    let mut whole = Store::default();
    whole.scan(&folder.spec(), TODAY);
    assert_eq!(whole.resources.len(), 2_100);
    assert!(whole.batches >= 3);
    for kills in 0..3 {
        let mut killed = Store::default();
        killed.scan_until(&folder.spec(), TODAY, kills).unwrap();
        let known = killed.resources.len();
        killed.scan_until(&folder.spec(), TODAY, 1).unwrap();
        assert!(killed.resources.len() >= known);
        killed.scan(&folder.spec(), TODAY);
        assert_eq!(killed.resources, whole.resources);
        assert_eq!(killed.cursor, whole.cursor);
        // A new day, killed after its first batch: the rest is still read again.
        killed.scan_until(&folder.spec(), TOMORROW, 1).unwrap();
        killed.scan(&folder.spec(), TOMORROW);
        killed.scan_until(&folder.spec(), TOMORROW, 0).unwrap();
        assert_eq!(killed.batches, 0);
    }
    for number in 0..2_100 {
        fs::remove_file(folder.path().join(format!("{number:04}.ics"))).unwrap();
    }
    whole.scan_until(&folder.spec(), TODAY, 1).unwrap();
    assert_eq!(whole.resources.len(), 1_100);
    folder.store = whole;
    folder.check(TODAY, &[], 2);
}

#[test]
fn strange_files_are_named_once_and_not_followed() {
    let mut folder = Folder::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.ics"), event("secret", "")).unwrap();
    symlink(outside.path().join("secret.ics"), folder.path().join("link.ics")).unwrap();
    symlink(outside.path(), folder.path().join("linked")).unwrap();
    symlink("/dev/zero", folder.path().join("zero.ics")).unwrap();
    let fifo = folder.path().join("fifo.ics");
    let mode = rustix::fs::Mode::RUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let huge = fs::File::create(folder.path().join("huge.ics")).unwrap();
    huge.set_len(1 << 40).unwrap();
    folder.write("good.ics", &event("good", ""));
    folder.write("good.ics~", &event("backup", ""));
    folder.write(".hidden.ics", &event("hidden", ""));
    folder.write(".git/x.ics", &event("git", ""));
    folder.write("note.txt", "a note");
    folder.check(TODAY, &["good.ics"], 1);
    let mut skipped = folder.store.skipped.clone();
    skipped.sort();
    let expected = [
        ("fifo.ics", "not a regular file"),
        ("huge.ics", "file too large"),
        ("link.ics", "symbolic link"),
        ("linked/", "neither a file nor a folder"),
        ("zero.ics", "symbolic link"),
    ];
    assert_eq!(skipped, expected.map(|(place, why)| (place.to_owned(), why)));
    folder.check(TODAY, &["good.ics"], 0);
}

#[test]
fn names_that_are_no_text_stay_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let mut folder = Folder::new();
    for name in [&b"\xff.ics"[..], b"\xfe.ics"] {
        fs::write(folder.path().join(OsStr::from_bytes(name)), event("x", "")).unwrap();
    }
    folder.check(TODAY, &["\\xfe.ics", "\\xff.ics"], 1);
    fs::remove_file(folder.path().join(OsStr::from_bytes(b"\xff.ics"))).unwrap();
    folder.check(TODAY, &["\\xfe.ics"], 1);
}

#[test]
fn what_cannot_be_read_keeps_its_facts() {
    let mut folder = Folder::new();
    folder.write("a.ics", &event("a", ""));
    folder.write("work/b.ics", &event("b", ""));
    folder.check(TODAY, &["a.ics", "work/b.ics"], 1);
    let (inside, outside) = (folder.path().join("work"), tempfile::tempdir().unwrap());
    let moved = outside.path().join("work");
    fs::rename(&inside, &moved).unwrap();
    symlink(&moved, &inside).unwrap();
    folder.check(TODAY, &["a.ics", "work/b.ics"], 1);
    assert_eq!(folder.store.skipped, [("work/".to_owned(), "neither a file nor a folder")]);
    folder.check(TODAY, &["a.ics", "work/b.ics"], 0);
    fs::remove_file(&inside).unwrap();
    fs::rename(&moved, &inside).unwrap();
    folder.check(TODAY, &["a.ics", "work/b.ics"], 1);
    folder.check(TODAY, &["a.ics", "work/b.ics"], 0);
}

/// As root nothing is forbidden, but a file can be given away; as anybody else the reverse.
#[test]
fn a_file_that_is_not_ours_is_not_read() {
    let mut folder = Folder::new();
    folder.write("a.ics", &event("a", ""));
    folder.check(TODAY, &["a.ics"], 1);
    folder.write("a.ics", &event("a", "STATUS:CANCELLED\n"));
    let path = folder.path().join("a.ics");
    let root = rustix::process::geteuid().is_root();
    let forbid = |yes: bool| {
        if root {
            chown(&path, Some(if yes { 65_534 } else { 0 }), None).unwrap();
        } else {
            fs::set_permissions(&path, Permissions::from_mode(if yes { 0 } else { 0o600 }))
                .unwrap();
        }
    };
    forbid(true);
    folder.check(TODAY, &["a.ics"], 1);
    let why = if root { "owned by somebody else" } else { "no permission" };
    assert_eq!(folder.store.skipped, [("a.ics".to_owned(), why)]);
    folder.check(TODAY, &["a.ics"], 0);
    assert!(!folder.store.resources["a.ics"][0].contains("cancelled"), "as it was read last");
    forbid(false);
    folder.check(TODAY, &["a.ics"], 1);
    assert!(folder.store.resources["a.ics"][0].contains("cancelled"));
}

#[test]
fn half_a_file_takes_nothing_away() {
    let mut folder = Folder::new();
    folder.write("a.ics", &event("a", ""));
    folder.check(TODAY, &["a.ics"], 1);
    folder.write("a.ics", "BEGIN:VCALENDAR\nBEGIN:VEV");
    folder.check(TODAY, &["a.ics"], 1);
    folder.write("a.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n");
    folder.check(TODAY, &[], 1);
}

#[test]
fn a_missing_root_takes_nothing_away() {
    let mut folder = Folder::new();
    folder.write("a.ics", &event("a", ""));
    folder.check(TODAY, &["a.ics"], 1);
    let (path, away) = (folder.path().to_owned(), tempfile::tempdir().unwrap());
    let moved = away.path().join("moved");
    fs::rename(&path, &moved).unwrap();
    let spec = folder.spec();
    let missing = folder.store.scan_until(&spec, TODAY, 9);
    assert!(matches!(missing, Err(Error::Unreachable { .. })), "{missing:?}");
    fs::create_dir(&path).unwrap();
    let unmounted = folder.store.scan_until(&spec, TODAY, 9);
    assert!(matches!(unmounted, Err(Error::Mismatch { .. })), "{unmounted:?}");
    assert_eq!(folder.store.names(), ["a.ics"]);
    fs::remove_dir(&path).unwrap();
    fs::rename(&moved, &path).unwrap();
    folder.check(TODAY, &["a.ics"], 0);
    fs::remove_file(path.join("a.ics")).unwrap();
    folder.check(TODAY, &[], 1);
}

#[test]
fn other_settings_read_everything_again() {
    let mut folder = Folder::new();
    folder.write("a.ics", &event("a", ""));
    folder.check(TODAY, &["a.ics"], 1);
    let context = hallway::source::Context {
        now: TODAY.parse().unwrap(),
        zone: jiff::tz::TimeZone::get("Asia/Tokyo").unwrap(),
        days_back: 400,
        days_ahead: 30,
        reveal: None,
    };
    let cursor = folder.store.cursor.clone();
    let mut again = 0;
    hallway::source::scan(&folder.spec(), &cursor, &context, &mut |batch, _| {
        again += batch.resources.len();
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(again, 1);
}

#[test]
fn more_folders_than_a_process_may_open() {
    let mut folder = Folder::new();
    for number in 0..1_100 {
        folder.write(&format!("{number}/a.ics"), &event(&format!("{number}"), ""));
    }
    folder.write("5.ics", &event("between", ""));
    folder.store.scan(&folder.spec(), TODAY);
    assert_eq!(folder.store.resources.len(), 1_101);
    assert_eq!(folder.store.skipped, []);
}
