//! Opening files that somebody else may be changing, or may have planted.
//!
//! Everything is opened relative to a directory handle, never by path, without following a
//! symbolic link, without waiting for a pipe; then the open file itself is asked whether it is a
//! regular file, ours, and not too large. Names are bytes and are never shown unescaped. The root
//! of a source is the one exception: the user typed it, so a symbolic link there is theirs.
//!
//! Looking leaves no trace either: access times are kept where we may (`O_NOATIME`), because mail
//! readers and shells tell "new mail" by comparing them with the time of the last change.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};

/// An open directory.
#[derive(Debug)]
pub struct Dir(OwnedFd);

/// The state of a file or directory, as far as it tells whether something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Inode number.
    pub inode: u64,
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change of the content, in nanoseconds since 1970.
    pub modified: i128,
}

impl Stamp {
    /// The same as bytes, for a cursor.
    pub(super) fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let fields = self.inode.to_le_bytes().into_iter().chain(self.size.to_le_bytes());
        let fields = fields.chain(self.modified.to_le_bytes());
        bytes.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
        bytes
    }
}

/// A path as text: bytes that are no UTF-8 become `\xNN` and a backslash is doubled, so that two
/// paths never become one name.
pub(super) fn href(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name: bytes, not text.
    pub name: Vec<u8>,
    /// Whether it may be a directory: said so, or the file system does not tell.
    pub maybe_dir: bool,
    /// Whether it may be a regular file: said so, or the file system does not tell.
    pub maybe_file: bool,
    /// Whether it is known to be a symbolic link.
    pub symlink: bool,
    /// Inode number: what a name stands for, as long as it is renamed and not copied.
    pub inode: u64,
}

/// Why an item was not opened.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// It went between listing and opening, as a renamed message does: no fault at all.
    Gone,
    /// For this reason, a fixed phrase.
    Because(&'static str),
}

impl Refused {
    /// The reason where the fault lies with the system and not the item: out of memory or handles,
    /// a failing disk, a server that is away. Whoever remembers refused items forgets these.
    pub const NOT_NOW: &'static str = "cannot be opened now";
}

impl Dir {
    /// Opens the root of a source by the path the user gave.
    pub fn root(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(quietly(flags, |flags| rustix::fs::open(path, flags, Mode::empty()))?))
    }

    /// Opens a directory inside this one.
    pub fn dir(&self, name: &[u8]) -> Result<Self, Refused> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        quietly(flags, |flags| self.open(name, flags)).map(Self).map_err(refusal)
    }

    /// Opens a directory below this one by its path, one step at a time; an empty path is this one.
    pub fn descend(&self, path: &[u8]) -> Result<Self, Refused> {
        let steps = path.split(|byte| *byte == b'/').filter(|step| !step.is_empty());
        steps.fold(self.dir(b"."), |dir, step| dir?.dir(step))
    }

    /// Opens a regular file of ours inside this directory, at most `cap` bytes long.
    pub fn file(&self, name: &[u8], cap: u64) -> Result<(File, Stamp), Refused> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let flags = flags | OFlags::NOCTTY;
        checked(quietly(flags, |flags| self.open(name, flags)).map_err(refusal)?, cap)
    }

    /// The state of a name, or a path, inside this directory: of a symbolic link itself and not of
    /// its target.
    pub fn stamp_of(&self, name: &[u8]) -> Result<Stamp, Refused> {
        let name = CString::new(name).map_err(|_| Refused::Because("name holds a zero byte"))?;
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).map_err(refusal)?;
        Ok(stamp(&stat))
    }

    /// The state of this directory itself.
    pub fn stamp(&self) -> io::Result<Stamp> {
        Ok(stamp(&rustix::fs::fstat(&self.0)?))
    }

    /// All names but `.` and `..`, in the order the file system gives.
    pub fn entries(&self) -> io::Result<impl Iterator<Item = io::Result<Entry>>> {
        let entries = rustix::fs::Dir::read_from(&self.0)?;
        Ok(entries.filter_map(|entry| match entry {
            Ok(entry) if matches!(entry.file_name().to_bytes(), b"." | b"..") => None,
            Ok(entry) => {
                let kind = entry.file_type();
                let name = entry.file_name().to_bytes().to_vec();
                let unknown = kind == FileType::Unknown;
                Some(Ok(Entry {
                    name,
                    maybe_dir: unknown || kind == FileType::Directory,
                    maybe_file: unknown || kind == FileType::RegularFile,
                    symlink: kind == FileType::Symlink,
                    inode: entry.ino(),
                }))
            }
            Err(error) => Some(Err(error.into())),
        }))
    }

    fn open(&self, name: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
        rustix::fs::openat(&self.0, OsStr::from_bytes(name), flags, Mode::empty())
    }
}

/// Opens a single file that is a source by itself, by the path the user gave.
pub fn root_file(path: &Path, cap: u64) -> io::Result<Result<(File, Stamp), Refused>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(checked(quietly(flags, |flags| rustix::fs::open(path, flags, Mode::empty()))?, cap))
}

/// Opens without touching the access time. The system allows that to owners only; what is not ours
/// is opened plainly, so that the refusal names the right reason.
fn quietly(
    flags: OFlags,
    open: impl Fn(OFlags) -> rustix::io::Result<OwnedFd>,
) -> rustix::io::Result<OwnedFd> {
    match open(flags | OFlags::NOATIME) {
        Err(rustix::io::Errno::PERM) => open(flags),
        opened => opened,
    }
}

fn checked(fd: OwnedFd, cap: u64) -> Result<(File, Stamp), Refused> {
    let stat = rustix::fs::fstat(&fd).map_err(refusal)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Refused::Because("not a regular file"));
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(Refused::Because("owned by somebody else"));
    }
    let stamp = stamp(&stat);
    if stamp.size > cap {
        return Err(Refused::Because("file too large"));
    }
    Ok((File::from(fd), stamp))
}

fn stamp(stat: &rustix::fs::Stat) -> Stamp {
    let seconds = i128::from(stat.st_mtime);
    Stamp {
        inode: stat.st_ino,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        modified: seconds * 1_000_000_000 + i128::from(stat.st_mtime_nsec),
    }
}

fn refusal(errno: rustix::io::Errno) -> Refused {
    match errno {
        rustix::io::Errno::NOENT => Refused::Gone,
        rustix::io::Errno::LOOP => Refused::Because("symbolic link"),
        rustix::io::Errno::NOTDIR => Refused::Because("not a directory"),
        rustix::io::Errno::ACCESS | rustix::io::Errno::PERM => Refused::Because("no permission"),
        rustix::io::Errno::NXIO | rustix::io::Errno::NODEV => {
            Refused::Because("not a regular file")
        }
        rustix::io::Errno::NAMETOOLONG => Refused::Because("name too long"),
        _ => Refused::Because(Refused::NOT_NOW),
    }
}
