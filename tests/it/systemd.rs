//! The unit file, and what the room says to a service manager, against systemd itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use hallway::desktop::service;

use crate::desktop::desk::in_tests;

/// Tells this binary that it is the service and not the test. A word that the test harness takes
/// and makes nothing of.
const INNER: &str = "nothing-is-called-this";

fn shipped(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(file)
}

/// `systemd-analyze --user`; it wants a runtime directory even to look at a file.
fn analyze(args: &[&str], unit: &Path) -> (bool, String) {
    let runtime = tempfile::tempdir().unwrap();
    let Output { status, stdout, stderr } = Command::new("systemd-analyze")
        .arg("--user")
        .args(args)
        .arg(unit)
        .env("XDG_RUNTIME_DIR", runtime.path())
        .output()
        .unwrap();
    let said = [stdout, stderr].concat();
    (status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn the_unit_is_without_fault() {
    assert_eq!(analyze(&["verify"], &shipped("hallway.service")), (true, String::new()));
}

#[test]
fn a_faulty_unit_would_be_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("hallway.service");
    let text = std::fs::read_to_string(shipped("hallway.service")).unwrap();
    std::fs::write(&unit, text.replace("Slice=", "Slize=")).unwrap();
    assert!(analyze(&["verify"], &unit).1.contains("Slize"));
}

#[test]
fn exposure_with_and_without_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("hallway.service");
    std::fs::copy(shipped("hallway.service"), &unit).unwrap();
    let exposed = |limit| analyze(&["security", "--offline=true", limit], &unit);
    let (within, said) = exposed("--threshold=70");
    assert!(within, "{said}");
    assert!(!exposed("--threshold=40").0, "the base unit cannot be that good");

    std::fs::create_dir(folder.path().join("hallway.service.d")).unwrap();
    let drop_in = "hallway.service.d/50-sandbox.conf";
    std::fs::copy(shipped(drop_in), folder.path().join(drop_in)).unwrap();
    let (within, said) = exposed("--threshold=25");
    assert!(within, "{said}");
}

#[test]
fn the_desktop_files_say_what_they_must() {
    let read = |file| std::fs::read_to_string(shipped(file)).unwrap();
    let autostart = read("hallway-autostart.desktop");
    assert!(autostart.contains("\nX-systemd-skip=true\n"));
    assert!(autostart.contains("\nExec=systemctl --user start hallway.service\n"));
    let name = format!("{}.desktop", hallway::desktop::DESKTOP_ID);
    assert!(read(&name).contains("\nName=Hallway\n"));
}

/// Runs the shipped unit in a real user manager; gives what the manager saw.
fn trial(program: &Path, more: &[PathBuf]) -> BTreeMap<String, String> {
    let mut files = vec![program.to_owned(), shipped("hallway.service")];
    files.extend_from_slice(more);
    let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    let Output { status, stdout, stderr } = Command::new(in_tests("desktop/with-user-manager.sh"))
        .arg("unit-trial.sh")
        .env("RIG_FILES", files.join(" "))
        .output()
        .unwrap();
    let stdout = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{stdout}\n{}", String::from_utf8_lossy(&stderr));
    stdout
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(fact, value)| (fact.to_owned(), value.to_owned()))
        .collect()
}

/// Checks what every service must show in a [`trial`], whatever it does.
#[track_caller]
fn behaves(facts: &BTreeMap<String, String>) {
    for (fact, value) in [
        ("start", "0"),
        ("state", "active"),
        ("needs-reload", "no"),
        ("reload", "0"),
        ("state-after-reload", "active"),
        ("same-process", "yes"),
        ("restarts-after-hang", "1"),
        ("state-after-hang", "active"),
        ("state-after-stop", "inactive"),
        ("result", "success"),
        ("exit-status", "0"),
        ("in-session", "active"),
        ("after-session", "inactive"),
    ] {
        assert_eq!(facts.get(fact).map(String::as_str), Some(value), "{fact}: {facts:#?}");
    }
    let stop: u32 = facts["stop-ms"].parse().unwrap();
    assert!(stop < 1_000, "stopping took {stop} ms");
}

/// A service made of nothing but [`service`]: ready, beats, reloads on SIGHUP, stops on SIGTERM.
/// Its status tells where it could write, and tries to speak for the watchdog.
fn serve() {
    #[expect(clippy::disallowed_methods, reason = "the service under trial, not Hallway")]
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let writes = |path| std::fs::write(home.join(path), "").is_ok();
    let status = format!(
        "home {}, state {}\nWATCHDOG=trigger",
        writes(".config/canary"),
        writes(".local/state/hallway/canary")
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let mut term = signal(SignalKind::terminate()).unwrap();
        let mut hup = signal(SignalKind::hangup()).unwrap();
        let mut beat = tokio::time::interval(service::watchdog().unwrap() / 2);
        service::ready(&status).unwrap();
        loop {
            tokio::select! {
                _ = term.recv() => break,
                _ = beat.tick() => service::beat().unwrap(),
                _ = hup.recv() => {
                    service::reloading(monotonic()).unwrap();
                    service::ready("watching again").unwrap();
                }
            }
        }
        service::stopping().unwrap();
    });
}

fn monotonic() -> Duration {
    match sd_notify::NotifyState::monotonic_usec_now().unwrap() {
        sd_notify::NotifyState::MonotonicUsec(usec) => Duration::from_micros(usec as u64),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_unit_runs_under_a_real_manager() {
    if std::env::args().any(|arg| arg == INNER) {
        return serve();
    }
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("hallway");
    let script = "#!/bin/sh\n\
        [ \"$1\" = run ] || exit 64\n\
        exec \"${0%hallway}stand-in\" --exact systemd::the_unit_runs_under_a_real_manager \
        --skip nothing-is-called-this\n";
    assert!(script.contains(INNER));
    std::fs::write(&program, script).unwrap();
    let stand_in = folder.path().join("stand-in");
    std::fs::copy(std::env::current_exe().unwrap(), &stand_in).unwrap();

    let facts = trial(&program, std::slice::from_ref(&stand_in));
    behaves(&facts);
    assert_eq!(facts["status"], "home true, state true WATCHDOG=trigger");
    assert_eq!(facts["status-after-reload"], "watching again");

    let facts = trial(&program, &[stand_in, shipped("hallway.service.d/50-sandbox.conf")]);
    if facts["user-namespaces"] == "0" {
        behaves(&facts);
        assert_eq!(facts["status"], "home false, state true WATCHDOG=trigger");
    } else {
        // what the drop-in warns of
        assert_eq!((&*facts["state"], &*facts["exit-status"]), ("failed", "217"));
    }
}

#[test]
fn a_wrong_configuration_is_not_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("hallway");
    for (script, code) in [("#!/bin/sh\nexit 78\n", "78"), ("#!/nowhere/hallway\n", "127")] {
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        let facts = trial(&program, &[]);
        assert_eq!(facts["state"], "failed", "{facts:#?}");
        assert_eq!((facts["exit-status"].as_str(), facts["restarts"].as_str()), (code, "0"));
    }
}

#[test]
fn the_daemon_runs_under_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let text = "[me]\naddresses = [\"ana@agency.test\"]\n\
        [[mail]]\ntype = \"maildir\"\npath = \"~/Mail\"\n";
    std::fs::write(&config, text).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_hallway"));
    behaves(&trial(program, std::slice::from_ref(&config)));
    let facts = trial(program, &[config, shipped("hallway.service.d/50-sandbox.conf")]);
    if facts["user-namespaces"] == "0" {
        behaves(&facts);
    }
}

#[test]
fn the_manager_takes_a_new_beginning_for_the_same_service() {
    let folder = tempfile::tempdir().unwrap();
    let (config, many) = (folder.path().join("config.toml"), folder.path().join("many.mbox"));
    let text = "[me]\naddresses = [\"ana@agency.test\"]\n\
        [[mail]]\ntype = \"mbox\"\npath = \"~/many.mbox\"\n";
    std::fs::write(&config, text).unwrap();
    std::fs::write(&many, crate::daemon::mbox()).unwrap();
    let facts = trial(Path::new(env!("CARGO_BIN_EXE_hallway")), &[config, many]);
    for (fact, value) in [
        ("begun-anew", "yes"),
        ("process-when-anew", "same"),
        ("state-when-anew", "active"),
        ("restarts-when-anew", "0"),
    ] {
        assert_eq!(facts.get(fact).map(String::as_str), Some(value), "{fact}: {facts:#?}");
    }
    behaves(&facts);
}

#[test]
fn what_the_manager_hears() {
    if std::env::args().any(|arg| arg == INNER) {
        service::ready("3 sources").unwrap();
        service::reloading(Duration::from_micros(42)).unwrap();
        service::status("one\u{7} line").unwrap();
        service::beat().unwrap();
        service::stopping().unwrap();
        assert_eq!(service::watchdog(), Some(Duration::from_millis(1500)));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "systemd::what_the_manager_hears", "--skip", INNER])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "1500000")
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    let mut heard = Vec::new();
    for _ in 0..5 {
        let mut bytes = [0; 512];
        let length = socket.recv(&mut bytes).unwrap();
        heard.push(String::from_utf8(bytes[..length].to_vec()).unwrap());
    }
    assert_eq!(
        heard,
        [
            "READY=1\nSTATUS=3 sources\n",
            "RELOADING=1\nMONOTONIC_USEC=42\n",
            "STATUS=one line\n",
            "WATCHDOG=1\n",
            "STOPPING=1\n",
        ]
    );
}

#[test]
fn without_a_manager_all_is_well() {
    let inner = std::env::args().any(|arg| arg == INNER);
    if inner {
        service::ready("x").unwrap();
        service::reloading(Duration::ZERO).unwrap();
        service::beat().unwrap();
        service::stopping().unwrap();
        assert_eq!(service::watchdog(), None);
        return;
    }
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "systemd::without_a_manager_all_is_well", "--skip", INNER])
        .env_remove("NOTIFY_SOCKET")
        .env_remove("WATCHDOG_USEC")
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
}
