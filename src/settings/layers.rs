//! Where layers come from: files, the environment, arguments. All that settings ever read.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use jiff::tz::TimeZone;

use super::document::{Source, Text, settable};
use super::environment::{Environment, Paths};
use super::fault::{Fault, Origin, nearest};
use super::section::Ledger;
use super::{DEFAULTS, Request};

/// The largest configuration file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// The layer inside the program.
pub(super) fn inside() -> Text {
    Text { source: Source::Default, text: DEFAULTS.to_owned() }
}

/// Where files are, with the configuration file as named.
pub(super) fn paths(
    environment: &Environment,
    named: Option<&Path>,
    ledger: &mut Ledger,
) -> Option<Paths> {
    let Some(paths) = environment.paths() else {
        let what = "is not set, and this user has no home directory";
        let remedy = "set HOME, or XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_CACHE_HOME";
        ledger.fault(Origin::Environment("HOME".to_owned()), "", what, remedy);
        return None;
    };
    Some(Paths { config: named.map_or_else(|| paths.config.clone(), Path::to_path_buf), ..paths })
}

/// A file; `None` when it cannot be read, which is a fault unless it is optional and not there.
pub(super) fn file(path: &Path, optional: bool, ledger: &mut Ledger) -> Option<Text> {
    let place = || Origin::File { path: path.to_path_buf(), line: 0, column: 0 };
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        let about = file.metadata()?;
        // Not only for regular files: a pipe from another program is welcome with --config.
        file.by_ref().take(LARGEST + 1).read_to_end(&mut bytes)?;
        Ok(about)
    });
    let about = match read {
        Ok(about) => about,
        Err(error) if optional && error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            let (what, remedy) = match error.kind() {
                io::ErrorKind::NotFound => ("is not there", "check the name, or leave it out"),
                io::ErrorKind::PermissionDenied => {
                    ("may not be read", "make it yours with chown and chmod 600")
                }
                io::ErrorKind::IsADirectory => ("is a folder", "name the file inside it"),
                _ => ("cannot be read", "check the disk it is on"),
            };
            ledger.fault(place(), "", what, remedy);
            return None;
        }
    };
    if about.is_file() && about.mode() & 0o022 != 0 {
        ledger.warnings.push(Fault {
            origin: place(),
            key: String::new(),
            what: "others may change it".to_owned(),
            remedy: "run chmod 600 on it".to_owned(),
        });
    }
    if bytes.len() as u64 > LARGEST {
        ledger.fault(place(), "", "is larger than 1 MiB", "check that it is the right file");
        return None;
    }
    let source = Source::File(path.to_path_buf());
    match String::from_utf8(bytes) {
        Ok(text) => Some(Text { source, text }),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let origin = Text { source, text }.origin(good);
            ledger.fault(origin, "", "is not UTF-8 text from here on", "save it as UTF-8");
            None
        }
    }
}

/// One layer for each variable that sets something.
pub(super) fn variables(environment: &Environment, ledger: &mut Ledger) -> Vec<Text> {
    let settable = inside().parse().map(|document| settable(&document.root)).unwrap_or_default();
    let names: Vec<_> = settable.iter().map(|key| variable(key)).collect();
    let layers = settable.iter().zip(&names).filter_map(|(key, name)| {
        let value = environment.setting(name)?;
        Some(Text::setting(Source::Environment(name.clone()), key, &value))
    });
    let mut sections: Vec<_> =
        settable.iter().filter_map(|key| Some(variable(key.split_once('.')?.0) + "_")).collect();
    sections.dedup();
    for stray in environment.names() {
        let ours = sections.iter().any(|section| stray.starts_with(section.as_str()));
        if ours && !names.iter().any(|name| name == stray) {
            let near = nearest(stray, names.iter().map(String::as_str));
            ledger.warnings.push(Fault {
                origin: Origin::Environment(stray.to_owned()),
                key: String::new(),
                what: "sets nothing".to_owned(),
                remedy: near
                    .map_or_else(|| "unset it".to_owned(), |near| format!("did you mean {near}?")),
            });
        }
    }
    layers.collect()
}

/// The variable that sets this key.
pub(super) fn variable(key: &str) -> String {
    format!("HALLWAY_{}", key.to_ascii_uppercase().replace(['.', '-'], "_"))
}

/// One layer for each `--set`.
pub(super) fn arguments(request: &Request, ledger: &mut Ledger) -> Vec<Text> {
    let layer = |set: &String| {
        let source = Source::Argument(set.clone());
        let Some((key, value)) = set.split_once('=') else {
            let what = "sets nothing";
            ledger.fault(Origin::Argument(set.clone()), "", what, "write it as key=value");
            return None;
        };
        Some(Text::setting(source, key.trim(), value.trim()))
    };
    request.set.iter().filter_map(layer).collect()
}

/// Says which paths are not there: no fault, since a disk may be plugged in later.
pub(super) fn warn_of_paths(ledger: &mut Ledger) {
    for (origin, key, path) in std::mem::take(&mut ledger.paths) {
        if let Err(error) = path.metadata() {
            let what = match error.kind() {
                io::ErrorKind::NotFound => "is not there",
                io::ErrorKind::PermissionDenied => "may not be looked at",
                _ => "cannot be looked at",
            };
            ledger.warnings.push(Fault {
                origin,
                key,
                what: format!("{} {what}", path.display()),
                remedy: "check the path; until then nothing is read from it".to_owned(),
            });
        }
    }
}

/// The zone of the machine: `TZ`, else `/etc/localtime`.
pub(super) fn system_zone() -> Result<TimeZone, jiff::Error> {
    TimeZone::try_system()
}
