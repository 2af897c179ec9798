//! Synthetic worlds with known truth: what the whole program reads from mail and calendars on
//! disk, compared with what really happened there.
//!
//! The scripts live in `tests/worlds` and can be run by hand for any seed; each says how.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "helpers of tests; PATH says where python3 is"
)]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs a command in a clean environment below `home` and gives what it printed; anything but
/// success is a failure that shows both streams.
fn run(home: &Path, program: &OsStr, args: &[&OsStr]) -> Vec<u8> {
    let done = Command::new(program)
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_STATE_HOME", home.join("state"))
        .env("LC_ALL", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output();
    let Output { status, stdout, stderr } =
        done.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    assert!(
        status.success(),
        "{} {args:?}: {status}\n{}{}",
        program.display(),
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    stdout
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/worlds").join(name)
}

/// Reads a world and compares it with its truth; gives the lines of a replay of its last quarter,
/// which are those of a world that ends about today.
fn read_a_world(args: &[&str]) -> Vec<serde_json::Value> {
    let home = tempfile::tempdir().expect("a folder for the world");
    let (world, config) = (home.path().join("world"), home.path().join("hallway.toml"));
    let lines = home.path().join("interactions.jsonl");
    let python = |name: &str, args: &[&OsStr]| {
        let script = script(name);
        let args: Vec<&OsStr> =
            std::iter::once(script.as_os_str()).chain(args.iter().copied()).collect();
        run(home.path(), "python3".as_ref(), &args)
    };
    let hallway = |verb: &[&str]| {
        let verb = verb.iter().map(|word| OsStr::new(*word));
        let args: Vec<&OsStr> =
            ["--config".as_ref(), config.as_os_str()].into_iter().chain(verb).collect();
        run(home.path(), env!("CARGO_BIN_EXE_hallway").as_ref(), &args)
    };
    let keep =
        |path: &Path, bytes: Vec<u8>| std::fs::write(path, bytes).expect("a writable folder");

    let mut generate = vec![world.as_os_str()];
    generate.extend(args.iter().map(|arg| OsStr::new(*arg)));
    python("worldgen.py", &generate);
    keep(&config, python("config.py", &[world.as_os_str()]));
    hallway(&["scan"]);
    keep(&lines, hallway(&["interactions", "--json"]));
    python("compare.py", &[world.as_os_str(), lines.as_os_str(), "--strict".as_ref()]);
    let replay = String::from_utf8(hallway(&["replay", "--json"])).expect("JSON is text");
    replay.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

#[test]
fn a_world_is_read_as_it_was() {
    read_a_world(&["--seed", "7", "--weeks", "30"]);
}

#[test]
fn a_noisy_world_in_another_zone_is_read_as_it_was() {
    read_a_world(&["--seed", "8", "--weeks", "30", "--noise", "2", "--tz", "America/New_York"]);
}

#[test]
fn the_past_of_a_world_broke_no_promise() {
    let start = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let start = start.saturating_sub(jiff::ToSpan::weeks(30)).to_string();
    let lines = read_a_world(&["--seed", "3", "--weeks", "30", "--start", &start]);
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone of the system");
    crate::figures::check_replay(&lines, &zone);
}

/// The limits that the truth of a world is judged by.
#[test]
fn w20_the_true_limits_are_the_printed_ones() {
    let home = tempfile::tempdir().expect("a folder");
    let ask = "import sys; sys.path.insert(0, sys.argv[1]); import worldgen as w\n\
               print(*(round(w.gap_quantile(*x, 0.95), 3) for x in ((10, 3), (18, 4), (8, 2))))\n\
               print(round(w.true_limit(dict(w.R, o=18, k=4.0), 0.15, 30, None), 3))";
    let folder = script("");
    let told =
        run(home.path(), "python3".as_ref(), &["-c".as_ref(), ask.as_ref(), folder.as_os_str()]);
    assert_eq!(String::from_utf8_lossy(&told), "20.986 34.891 18.975\n32.143\n");
}
