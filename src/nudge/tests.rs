//! The timelines, and laws that no sequence of inputs may break.

use std::fs;
use std::path::Path;

use expect_test::expect_file;
use jiff::civil::time;

use super::timeline::Timeline;
use super::*;

/// What the documented defaults come to.
pub(super) fn policy() -> Policy {
    Policy {
        per_day: 1,
        per_week: 3,
        client_rest_days: 14,
        email_rest_days: 90,
        later_days: 7,
        hours: (time(9, 0, 0, 0), time(18, 0, 0, 0)),
        first_day: None,
    }
}

fn timelines() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/timelines");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20, "{files:?}");
    files
}

/// Each file holds what happens, `---`, and what comes of it. `UPDATE_EXPECT=1` rewrites the
/// latter; read it before committing.
#[test]
fn timelines_come_out_as_written() {
    for file in timelines() {
        let text = fs::read_to_string(&file).unwrap();
        let (happens, _) = text.split_once("---\n").unwrap();
        let (comes, _) = Timeline::parse(happens).run();
        expect_file![file].assert_eq(&format!("{happens}---\n{comes}"));
    }
}
