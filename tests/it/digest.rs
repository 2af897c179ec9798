//! The digest as it is read: every format against a file, hostile names, and a real browser.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests, where a panic is the report"
)]

mod browser;
mod building;
mod escaping;
mod sample;

use expect_test::expect_file;
use hallway::digest::{Digest, html, json, markdown, text};

/// The elements a page may consist of.
const TAGS: [&str; 24] = [
    "bdi", "body", "code", "div", "footer", "g", "h1", "h2", "h3", "head", "header", "html", "li",
    "main", "meta", "p", "path", "section", "span", "style", "svg", "text", "title", "ul",
];

/// The attributes its elements may have; none of them refers to anything or runs anything.
const ATTRIBUTES: [&str; 15] = [
    "aria-hidden",
    "aria-label",
    "charset",
    "class",
    "content",
    "d",
    "height",
    "http-equiv",
    "lang",
    "name",
    "role",
    "viewBox",
    "width",
    "x",
    "y",
];

fn check_all(digest: &Digest, name: &str) {
    let file = |ext: &str| {
        let root = env!("CARGO_MANIFEST_DIR");
        expect_file![format!("{root}/tests/data/digest/{name}.{ext}")]
    };
    let page = html(digest);
    escaping::check_self_contained(&page);
    file("html").assert_eq(&page);
    file("md").assert_eq(&markdown(digest));
    file("txt").assert_eq(&text(digest, 80, false));
    file("ansi").assert_eq(&text(digest, 80, true));
    file("json").assert_eq(&format!("{:#}\n", json(digest)));
}

#[test]
fn a_rich_week_in_every_format() {
    check_all(&sample::rich().digest(sample::week()), "rich");
}

#[test]
fn hostile_names_in_every_format() {
    check_all(&sample::hostile().digest(sample::week()), "hostile");
}

#[test]
fn nobody_to_tell_of_in_every_format() {
    let world = sample::World::empty(jiff::civil::date(2026, 11, 23));
    check_all(&world.digest(sample::week()), "empty");
}
