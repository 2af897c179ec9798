//! Opening what somebody may have planted.

use hallway::source::disk::{Dir, Refused, root_file};
use rustix::fs::{CWD, FileType, Mode};

use super::*;

#[test]
fn only_our_own_regular_files_of_a_sane_size_are_opened() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("plain"), "12345").unwrap();
    fs::create_dir(at("folder")).unwrap();
    std::os::unix::fs::symlink("plain", at("link")).unwrap();
    std::os::unix::fs::symlink("folder", at("folder-link")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", at("zero")).unwrap();
    rustix::fs::mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let root = Dir::root(dir.path()).unwrap();
    for (name, cap, expect) in [
        ("plain", 5, None),
        ("plain", 4, Some(Refused::Because("file too large"))),
        ("link", 99, Some(Refused::Because("symbolic link"))),
        ("zero", 99, Some(Refused::Because("symbolic link"))),
        ("pipe", 99, Some(Refused::Because("not a regular file"))),
        ("folder", 99, Some(Refused::Because("not a regular file"))),
        ("gone", 99, Some(Refused::Gone)),
        ("plain/x", 99, Some(Refused::Because("not a directory"))),
    ] {
        assert_eq!(root.file(name.as_bytes(), cap).err(), expect, "{name}");
    }
    assert!(root.dir(b"folder").is_ok());
    assert!(root.dir(b"folder-link").is_err());
    assert!(root.descend(b"").is_ok() && root.descend(b"folder/").is_ok());
    assert_eq!(root.descend(b"folder/gone").err(), Some(Refused::Gone));
    assert!(root_file(&at("link"), 99).unwrap().is_ok(), "the user's own link");
    assert_eq!(
        root_file(&at("pipe"), 99).unwrap().err(),
        Some(Refused::Because("not a regular file"))
    );
}

#[test]
fn entries_say_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("plain"), "").unwrap();
    std::os::unix::fs::symlink("plain", dir.path().join("link")).unwrap();
    let root = Dir::root(dir.path()).unwrap();
    let entries: Vec<_> = root.entries().unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(entries.len(), 2, "{entries:?}");
    for entry in entries {
        let state =
            fs::symlink_metadata(dir.path().join(str::from_utf8(&entry.name).unwrap())).unwrap();
        assert_eq!(entry.inode, state.ino());
        assert_eq!(entry.symlink, state.is_symlink());
        assert_eq!((entry.maybe_file, entry.maybe_dir), (state.is_file(), false));
        assert_eq!(root.stamp_of(&entry.name).unwrap().inode, state.ino());
    }
}
