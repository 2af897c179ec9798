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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use expect_test::{Expect, expect};

    use crate::settings::{Environment, NudgeSettings, Origin, Request, load};

    fn layered(pairs: &[(&str, &str)], set: &[&str], expect: Expect) {
        let environment =
            Environment::of([("HOME", "/home/ana")].into_iter().chain(pairs.iter().copied()));
        let request =
            Request { config: None, set: set.iter().map(|set| (*set).to_owned()).collect() };
        let told = match load(&environment, &request) {
            Ok(settings) => {
                let changed =
                    settings.provenance().iter().filter(|value| value.origin != Origin::Default);
                let values =
                    changed.map(|one| format!("{} = {} ({})", one.key, one.value, one.origin));
                let warnings =
                    settings.warnings.iter().map(|warning| format!("warning: {warning}"));
                values.chain(warnings).collect::<Vec<_>>().join("\n")
            }
            Err(faults) => faults.to_string(),
        };
        expect.assert_eq(&told);
    }

    #[test]
    fn environment_and_arguments_win_over_files() {
        layered(&[], &[], expect![[""]]);
        layered(
            &[("HALLWAY_NUDGE_PER_DAY", "2"), ("HALLWAY_ME_TIME_ZONE", "Europe/Berlin")],
            &[],
            expect![[r#"
                me.time-zone = "Europe/Berlin" (environment variable HALLWAY_ME_TIME_ZONE)
                nudge.per-day = 2 (environment variable HALLWAY_NUDGE_PER_DAY)"#]],
        );
        layered(
            &[("HALLWAY_NUDGE_PER_DAY", "2"), ("HALLWAY_ME_ADDRESSES", "ana@agency.test")],
            &["nudge.per-day=1", "nudge.per-day = 3", "digest.on=tuesday 09:00"],
            expect![[r#"
                me.addresses = "ana@agency.test" (environment variable HALLWAY_ME_ADDRESSES)
                nudge.per-day = 3 (--set nudge.per-day = 3)
                digest.on = "tuesday 09:00" (--set digest.on=tuesday 09:00)"#]],
        );
        layered(
            &[("HALLWAY_ME_WORKING_HOURS", "{ from = '07:00' }")],
            &[],
            expect![
                "me.working-hours.from = '07:00' (environment variable HALLWAY_ME_WORKING_HOURS)"
            ],
        );
        layered(
            &[],
            &["nudge.hours={from='10:00',to='11:00'}"],
            expect![[r#"
            nudge.hours.from = '10:00' (--set nudge.hours={from='10:00',to='11:00'})
            nudge.hours.to = '11:00' (--set nudge.hours={from='10:00',to='11:00'})"#]],
        );
    }

    #[test]
    fn wrong_variables_and_arguments_are_named() {
        layered(
            &[("HALLWAY_NUDGE_PER_DAY", "many")],
            &["nudge.per-dya=2", "later"],
            expect![[r#"
                3 mistakes in the configuration
                  environment variable HALLWAY_NUDGE_PER_DAY: nudge.per-day: is text, but must be a whole number; write a number from 1 to 10, without quotes
                  --set later: sets nothing; write it as key=value
                  --set nudge.per-dya=2: nudge.per-dya: no such key; did you mean per-day?"#]],
        );
        layered(
            &[("HALLWAY_NUDGE_PERDAY", "2"), ("HALLWAY_LOG", "debug")],
            &[],
            expect![
                "warning: environment variable HALLWAY_NUDGE_PERDAY: sets nothing; did you mean HALLWAY_NUDGE_PER_DAY?"
            ],
        );
        layered(
            &[("HALLWAY_CONFIG", "/nowhere/hallway.toml")],
            &[],
            expect!["/nowhere/hallway.toml: is not there; check the name, or leave it out"],
        );
        layered(
            &[("HALLWAY_CONFIG", "/")],
            &["a b=1"],
            expect![[r#"
            2 mistakes in the configuration
              /: is a folder; name the file inside it
              --set a b=1: not valid TOML: key with no value, expected `=`; look for a missing quote, bracket or equals sign"#]],
        );
        layered(
            &[("HOME", "")],
            &[],
            expect![
                "environment variable HOME: is not set, and this user has no home directory; set HOME, or XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_CACHE_HOME"
            ],
        );
    }

    #[test]
    fn layers_of_files_are_merged_key_by_key_and_lists_taken_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name).join("hallway/config.toml");
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("created");
            std::fs::write(&file, text).expect("written");
        };
        write(
            "far",
            "[nudge]\nper-week = 9\nlater = '9d'\n[[client]]\nname = 'Far'\npeople = 'a@far.test'\n",
        );
        write("near", "[nudge]\nper-week = 8\n[me]\nworking-hours = { from = '07:00' }\n");
        write("user", "[[client]]\nname = 'Acme'\ndomains = 'acme.test'\n[nudge]\nper-day = 2\n");
        let at = |name: &str| folder.path().join(name).display().to_string();
        let dirs = format!("{}:relative:{}", at("near"), at("far"));
        let user = at("user");
        let environment = Environment::of([
            ("HOME", "/home/ana"),
            ("XDG_CONFIG_DIRS", dirs.as_str()),
            ("XDG_CONFIG_HOME", user.as_str()),
        ]);
        let settings = load(&environment, &Request::default()).expect("nothing is wrong");
        let names: Vec<_> =
            settings.rules.clients.iter().map(|client| client.name.as_str()).collect();
        assert_eq!(names, ["Acme"]);
        let NudgeSettings { per_day, per_week, later_days, client_rest_days, .. } = settings.nudge;
        assert_eq!((per_day, per_week, later_days, client_rest_days), (2, 8, 9, 14));
        assert_eq!((settings.work.from.hour(), settings.work.to.hour()), (7, 18));
        let origin = |key: &str| {
            let mut all = settings.provenance().iter();
            all.find(|one| one.key == key).expect("listed").origin.to_string()
        };
        assert_eq!(origin("nudge.later"), format!("{}/hallway/config.toml:3:9", at("far")));
        assert_eq!(origin("nudge.per-week"), format!("{}/hallway/config.toml:2:12", at("near")));
        assert_eq!(origin("client.Acme.domains"), format!("{user}/hallway/config.toml:3:11"));
        assert_eq!(origin("nudge.client-rest"), "default");

        // A file named outright stands alone.
        write("alone", "[nudge]\nper-day = 3\n");
        let config = Some(folder.path().join("alone/hallway/config.toml"));
        let settings = load(&environment, &Request { config: config.clone(), set: Vec::new() });
        let settings = settings.expect("nothing is wrong");
        assert_eq!((settings.nudge.per_day, settings.nudge.per_week), (3, 3));
        assert_eq!(Some(settings.paths.config), config);
    }

    #[test]
    fn what_looks_wrong_is_a_warning_and_what_cannot_be_read_a_fault() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        let told = |bytes: &[u8], mode: u32| {
            std::fs::write(&file, bytes).expect("written");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("set");
            let told = match load(
                &Environment::of([("HOME", "/home/ana")]),
                &Request { config: Some(file.clone()), set: Vec::new() },
            ) {
                Ok(settings) => {
                    settings.warnings.iter().map(|one| format!("warning: {one}\n")).collect()
                }
                Err(faults) => faults.to_string(),
            };
            told.replace(&folder.path().display().to_string(), "")
        };
        assert_eq!(told(b"", 0o600), "");
        assert_eq!(told(b"", 0o644), "");
        expect![[r#"
            warning: /config.toml: others may change it; run chmod 600 on it
        "#]]
        .assert_eq(&told(b"", 0o620));
        expect![[r#"
            warning: /config.toml: others may change it; run chmod 600 on it
            warning: /config.toml: me.addresses: none of your addresses is known; add addresses = ["you@your.domain"] under [me]
            warning: /config.toml:3:8: mail.path: /nowhere/at/all is not there; check the path; until then nothing is read from it
        "#]].assert_eq(&told(b"[[mail]]\ntype = 'mbox'\npath = '/nowhere/at/all'\n", 0o602));
        expect!["/config.toml:2:6: is not UTF-8 text from here on; save it as UTF-8"]
            .assert_eq(&told(b"[me]\n# caf\xe9\n", 0o600));
        expect!["/config.toml: is larger than 1 MiB; check that it is the right file"]
            .assert_eq(&told(&b"#".repeat(1 << 21), 0o600));
    }
}
