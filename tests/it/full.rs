//! A disk that is full while a scan is under way: one sentence, and when there is room again the
//! scan goes on with nothing lost and nothing twice.
//!
//! The disk is a file system of its own, in memory and as small as is wanted, in a mount namespace
//! that ends with the script.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use hallway::store::Store;

/// Scans on a disk of 2 MiB, looks at what is known then, makes room and scans again; in the end
/// the state is moved to where it can be seen.
const SCRIPT: &str = r#"
set -u
state=$HOME/.local/state/hallway
mount -t tmpfs -o size=2m,mode=700 tmpfs "$state"
for _ in 1 2; do
    "$1" --config "$2" scan >/dev/null 2>>"$HOME/said"
    echo "scan $?"
done
"$1" --config "$2" status >/dev/null
echo "status $?"
mount -o remount,size=64m "$state"
"$1" --config "$2" scan --quiet
echo "scan $?"
cp "$state/hallway.sqlite" "$HOME/after.sqlite"
"#;

fn facts(file: &Path) -> String {
    let mut text = String::new();
    Store::open(file).unwrap().dump(|line| text.extend([line, "\n"])).unwrap();
    text
}

#[test]
fn a_full_disk_is_told_in_one_sentence_and_costs_no_fact() {
    let root = tempfile::tempdir().unwrap();
    let home = |name: &str| {
        let home = root.path().join(name);
        fs::create_dir_all(home.join(".local/state/hallway")).unwrap();
        home
    };
    let many = root.path().join("many.mbox");
    fs::write(&many, crate::daemon::mbox()).unwrap();
    let config = root.path().join("config.toml");
    let text = format!(
        "[me]\naddresses = [\"ana@agency.test\"]\ntime-zone = \"UTC\"\n\
         [[mail]]\ntype = \"mbox\"\npath = {many:?}\n"
    );
    fs::write(&config, text).unwrap();
    let program = env!("CARGO_BIN_EXE_hallway");

    let roomy = home("roomy");
    let mut scan = Command::new(program);
    scan.env_clear().env("HOME", &roomy).arg("--config").arg(&config).arg("scan");
    assert!(scan.output().unwrap().status.success());
    let whole = facts(&roomy.join(".local/state/hallway/hallway.sqlite"));

    let tight = home("tight");
    let mut trial = Command::new("unshare");
    trial.args(["--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh", program]).arg(&config);
    trial.env_clear().env("HOME", &tight).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let Output { stdout, stderr, .. } = trial.output().unwrap();
    let told = String::from_utf8(stdout).unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(told, "scan 75\nscan 75\nstatus 0\nscan 0\n", "{stderr}");
    let said = fs::read_to_string(tight.join("said")).unwrap();
    let place = tight.join(".local/state/hallway/hallway.sqlite");
    let once = format!(
        "hallway: {}: the disk is full\nhint: Make room on that disk; nothing is lost.\n",
        place.display()
    );
    assert_eq!(said, once.repeat(2));
    assert!(facts(&tight.join("after.sqlite")) == whole, "the facts are not those of a whole scan");
}
