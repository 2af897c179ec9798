//! The limit of a Maildir scan: list every folder, open every message, read its first 8 KiB, close
//! it. Nothing is parsed, nothing kept. `benches/maildir.py` runs it beside `hallway scan`.
//!
//!     cargo bench --bench bare_reader -- MAILDIR [list]
//!
//! With `list` it only lists the names. Arguments that begin with `--` are cargo's own.

use std::ffi::CString;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open, openat};

/// The INBOX and the Maildir++ folders beside it, in order.
fn folders(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    let mut below: Vec<PathBuf> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"."))
        .map(|entry| entry.path())
        .filter(|path| path.join("cur").is_dir())
        .collect();
    below.sort();
    found.append(&mut below);
    found
}

fn main() {
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let [root, rest @ ..] = words.as_slice() else {
        return;
    };
    let only_list = rest.iter().any(|word| word == "list");
    let mut buffer = vec![0; 8192];
    let (mut files, mut bytes) = (0_u64, 0_usize);
    for folder in folders(Path::new(root)) {
        for part in ["cur", "new"] {
            let path = folder.join(part);
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let Ok(handle) = open(&path, flags, Mode::empty()) else { continue };
            let entries = std::fs::read_dir(&path).into_iter().flatten().filter_map(Result::ok);
            let names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
            files += names.len() as u64;
            for name in names.into_iter().filter(|_| !only_list) {
                let Ok(name) = CString::new(name.into_vec()) else { continue };
                let flags = OFlags::RDONLY | OFlags::NOATIME | OFlags::CLOEXEC;
                let Ok(message) = openat(&handle, name, flags, Mode::empty()) else { continue };
                bytes += File::from(message).read(&mut buffer).unwrap_or(0);
            }
        }
    }
    #[expect(clippy::print_stdout, reason = "what a program by itself says")]
    {
        println!("{files} files, {bytes} bytes");
    }
}
