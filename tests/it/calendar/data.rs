//! Each `tests/data/calendar/*.ics` has a `.expect` beside it: comments that say what is shown and
//! in which window and zone, then the lines the file must give. `UPDATE_EXPECT=1` writes them anew.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::{lines, window};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calendar")
}

fn check(ics: &Path) {
    let expect = ics.with_extension("expect");
    let text = std::fs::read_to_string(&expect)
        .unwrap_or_else(|_| panic!("{} lacks its .expect", ics.display()));
    let head: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
    let setting = head.iter().find_map(|line| line.strip_prefix("# window "));
    let setting = setting.unwrap_or("2024-01-01 2025-01-01 Europe/Berlin");
    let [from, until, zone] = setting.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{}: window FROM UNTIL ZONE", expect.display())
    };
    let zone = TimeZone::get(zone).expect("a known zone");
    let found = lines(&std::fs::read(ics).expect("readable"), &window(from, until, &zone), &zone);
    let mut found: Vec<&str> = head.into_iter().chain(found.iter().map(String::as_str)).collect();
    found.push("");
    expect_test::expect_file![&expect].assert_eq(&found.join("\n"));
}

#[test]
fn every_calendar_reads_as_its_neighbour_says() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ics"))
        .collect();
    files.sort();
    assert!(files.len() > 40, "only {} calendars found", files.len());
    for file in files {
        check(&file);
    }
}
