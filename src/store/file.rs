//! The file under the store: who may read it, and whether it is ours to open at all.
//!
//! The database says who talks with whom, so its folder is 0700 and its files 0600 whatever the
//! umask; looser modes are put right at every open and reported. A link, somebody else's file, a
//! folder everybody may write to, a network file system (the write-ahead log needs shared memory,
//! which ends at the host) and another program's database are refused before SQLite sees them.
//! What the header says is read here by hand, because SQLite may write to whatever it opens.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::error::{Error, Result};
use super::migrations;

/// Marks a database as Hallway's, `PRAGMA application_id`: "Hall".
pub(super) const APPLICATION: i64 = 0x4861_6c6c;

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;
const STICKY: u32 = 0o1000;

/// A file that may be opened.
pub(super) struct Sound {
    /// Its path with every link in the folder's path resolved.
    pub(super) path: PathBuf,
    /// Whether modes had to be put right.
    pub(super) repaired: bool,
}

/// Looks at the file and its folder, and makes both where `create` says so.
pub(super) fn inspect(path: &Path, create: bool) -> Result<Sound> {
    let name = path.file_name().ok_or_else(|| refused(path, "names no file"))?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if create {
        make_folder(folder)?;
    }
    let folder = match folder.canonicalize() {
        Ok(folder) => folder,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Error::Missing { path: path.to_owned() });
        }
        Err(error) => return Err(Error::io(folder, error)),
    };
    let mut repaired = check_folder(&folder)?;
    let path = folder.join(name);
    if create && !present(&path)? {
        make_file(&path)?;
    }
    repaired |= check_file(&path)?;
    for suffix in ["-wal", "-shm"] {
        let side = beside(&path, suffix);
        if present(&side)? {
            repaired |= check_mode(&side)?;
        }
    }
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(&path)
        .map_err(|error| Error::io(&path, error))?;
    if rustix::fs::fstatfs(&file).is_ok_and(|fs| is_network(i128::from(fs.f_type))) {
        return Err(refused(
            &path,
            "lies on a network file system, where the log cannot be shared",
        ));
    }
    check_header(&path, file)?;
    Ok(Sound { path, repaired })
}

/// The path with a suffix to its name, as SQLite names its side files.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes an empty file that nobody else may read, whatever the umask.
pub(super) fn make_file(path: &Path) -> Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(FILE).open(path);
    let file = file.map_err(|error| Error::io(path, error))?;
    file.set_permissions(Permissions::from_mode(FILE)).map_err(|error| Error::io(path, error))
}

/// Makes the folder and what is missing above it, one by one: a umask that takes away the owner's
/// own rights must not lock the next level out.
fn make_folder(folder: &Path) -> Result<()> {
    let mut missing = Vec::new();
    let mut at = folder;
    while !at.as_os_str().is_empty() && !present(at)? {
        missing.push(at);
        let Some(parent) = at.parent() else { break };
        at = parent;
    }
    for folder in missing.into_iter().rev() {
        let made = DirBuilder::new().mode(FOLDER).create(folder);
        made.and_then(|()| fs::set_permissions(folder, Permissions::from_mode(FOLDER)))
            .map_err(|error| Error::io(folder, error))?;
    }
    Ok(())
}

fn check_folder(folder: &Path) -> Result<bool> {
    let meta = fs::metadata(folder).map_err(|error| Error::io(folder, error))?;
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused(folder, "this folder belongs to somebody else"));
    }
    if meta.mode() & STICKY != 0 {
        return Err(refused(folder, "this folder is shared by everybody"));
    }
    tighten(folder, meta.mode(), FOLDER)
}

fn check_file(path: &Path) -> Result<bool> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Error::Missing { path: path.to_owned() });
        }
        Err(error) => return Err(Error::io(path, error)),
    };
    if meta.is_symlink() {
        return Err(refused(path, "is a symbolic link"));
    }
    if !meta.is_file() {
        return Err(refused(path, "is not a regular file"));
    }
    check_mode(path)
}

fn check_mode(path: &Path) -> Result<bool> {
    let meta = fs::symlink_metadata(path).map_err(|error| Error::io(path, error))?;
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused(path, "belongs to somebody else"));
    }
    if !meta.is_file() {
        return Err(refused(path, "is not a regular file"));
    }
    tighten(path, meta.mode(), FILE)
}

/// Takes away what others may do; whether there was anything to take.
fn tighten(path: &Path, mode: u32, wanted: u32) -> Result<bool> {
    if mode & 0o7777 == wanted {
        return Ok(false);
    }
    fs::set_permissions(path, Permissions::from_mode(wanted))
        .map_err(|error| Error::io(path, error))?;
    Ok(true)
}

/// Reads what the header (SQLite file format §1.3) says before anything may write: a newer schema,
/// another program, no database. An empty file is a new database.
fn check_header(path: &Path, file: File) -> Result<()> {
    let mut header = Vec::with_capacity(100);
    file.take(100).read_to_end(&mut header).map_err(|error| Error::io(path, error))?;
    if header.is_empty() {
        return Ok(());
    }
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?.try_into().ok()?;
        Some(i64::from(u32::from_be_bytes(bytes)))
    };
    let (Some(version), Some(application), true) =
        (number(60), number(68), header.starts_with(b"SQLite format 3\0"))
    else {
        return Err(Error::Corrupt { path: path.to_owned(), what: "its header is not one".into() });
    };
    check_stamp(path, application, version)
}

/// Whether these two numbers of a header allow opening. Both are zero in a database whose making
/// was cut short.
pub(super) fn check_stamp(path: &Path, application: i64, version: i64) -> Result<()> {
    let known = migrations::LATEST;
    match (application, version) {
        (0, 0) => Ok(()),
        (APPLICATION, found) if found > known => {
            Err(Error::Newer { path: path.to_owned(), found, known })
        }
        (APPLICATION, _) => Ok(()),
        _ => Err(refused(path, "is the database of another program")),
    }
}

/// File system numbers of `statfs(2)` that live on another host: NFS, SMB, CIFS, SMB2, AFS, Coda,
/// Ceph, 9p.
fn is_network(kind: i128) -> bool {
    const NETWORK: [i128; 8] = [
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x5346_414f,
        0x7375_7245,
        0x00c3_6400,
        0x0102_1997,
    ];
    NETWORK.contains(&(kind & 0xffff_ffff))
}

fn present(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io(path, error)),
    }
}

fn refused(path: &Path, why: &'static str) -> Error {
    Error::Refused { path: path.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_told_from_local_ones() {
        for (kind, network) in [
            (0xef53, false),                                   // ext4
            (0x9123_683e, false),                              // btrfs
            (0x0102_1994, false),                              // tmpfs
            (0x6573_5546, false), // FUSE: encrypted homes use it as well
            (0x6969, true),       // NFS
            (i128::from(0xff53_4d42_u32.cast_signed()), true), // CIFS where the field is signed
        ] {
            assert_eq!(is_network(kind), network, "{kind:#x}");
        }
    }
}
