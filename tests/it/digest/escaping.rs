//! Whatever a name holds, the structure of a page is the one it has with plain names.

use hallway::digest::{html, json, markdown, text};
use hallway::text::Shown;
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser};
use serde_json::Value;
use unicode_width::UnicodeWidthChar;

use super::{ATTRIBUTES, TAGS, sample};

/// Tags of a page as written, each with the names of its attributes. A reader of our own pages
/// only: every `<` and `>` of theirs belongs to a tag, since text is escaped.
pub(super) fn tags(page: &str) -> Vec<(String, Vec<String>)> {
    let mut tags = Vec::new();
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("a tag is closed");
        let mut quoted = false;
        let outside_quotes: String = tag
            .chars()
            .filter(|c| {
                quoted ^= *c == '"';
                !quoted
            })
            .collect();
        assert!(!quoted, "a quote stays open in <{tag}>");
        let mut words = outside_quotes.split_ascii_whitespace();
        let name = words.next().unwrap_or("").trim_start_matches('/').trim_end_matches('/');
        let attributes = words
            .filter_map(|word| word.split_once('='))
            .map(|(attribute, _)| attribute.to_owned())
            .collect();
        tags.push((name.to_owned(), attributes));
    }
    tags
}

/// Demands a strict policy, and nothing in the page but what a digest consists of.
pub(super) fn check_self_contained(page: &str) {
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
                  style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">";
    let (before, after) = page.split_once(policy).expect("a strict policy");
    assert!(!before.contains("<style") && after.contains("<style"), "before anything it is for");
    for (tag, attributes) in tags(page) {
        assert!(TAGS.contains(&tag.as_str()) || tag == "!doctype", "<{tag}>");
        for attribute in attributes {
            assert!(ATTRIBUTES.contains(&attribute.as_str()), "{attribute}= in <{tag}>");
        }
    }
    let (_, style) = page.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    for remote in ["url(", "@import", "image(", "image-set(", "src(", "\\"] {
        assert!(!style.contains(remote), "{remote} in the style");
    }
}

/// Blocks and spans of a Markdown text, without the text itself and without code spans, which is
/// what an address is shown in.
fn blocks(text: &str) -> Vec<String> {
    let events = Parser::new_ext(text, Options::all());
    let meant = events.filter(|e| !matches!(e, Event::Text(_) | Event::Code(_) | Event::SoftBreak));
    meant.map(|event| format!("{event:?}")).collect()
}

/// A JSON value without its strings.
fn shape(value: &Value) -> Value {
    match value {
        Value::String(_) => Value::String(String::new()),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), shape(value))).collect()
        }
        other => other.clone(),
    }
}

/// Names made of what formats are made of.
fn names() -> impl Strategy<Value = Vec<String>> {
    let piece = prop_oneof![
        prop::sample::select(sample::HOSTILE.to_vec()).prop_map(str::to_owned),
        prop::sample::select(vec![
            "<",
            ">",
            "&",
            "\"",
            "'",
            "`",
            "``",
            "|",
            "\\",
            "*",
            "**",
            "_",
            "__",
            "~~",
            "[",
            "](",
            ")",
            "![",
            "# ",
            "- ",
            "1. ",
            "> ",
            "---",
            "===",
            "\n",
            "\r\n",
            "\t",
            "$",
            "$$",
            ":-",
            "@",
            "a@b.test",
            "://",
            "www.",
            "&lt;",
            "{{",
            "{%",
            "]]>",
            "-->",
            "<!--",
            "\u{202e}",
            "\u{200b}",
            "\u{1b}[31m",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\u{0}",
            "語",
            "ﷺ",
            " ",
            "[^1]",
            "[^1]: ",
            "+++",
            "***",
            ":::",
            "%%",
            "==",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
        "\\PC{0,12}",
    ];
    let name = prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat());
    // Each with a number, so that no two are the same and none is empty when shown.
    prop::collection::vec(name, 5..8).prop_map(|names| {
        names.into_iter().enumerate().map(|(at, name)| format!("{name} {at}")).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn names_change_nothing_but_text(names in names()) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let plain: Vec<String> = (0..names.len()).map(|at| format!("n{at}")).collect();
        let plain: Vec<&str> = plain.iter().map(String::as_str).collect();
        let digest = sample::named(&names).digest(sample::week());
        let expect = sample::named(&plain).digest(sample::week());

        let page = html(&digest);
        check_self_contained(&page);
        prop_assert_eq!(tags(&page), tags(&html(&expect)));

        let md = markdown(&digest);
        prop_assert_eq!(blocks(&md), blocks(&markdown(&expect)), "{}", md);

        prop_assert_eq!(shape(&json(&digest)), shape(&json(&expect)));
    }

    #[test]
    fn no_line_in_a_terminal_is_too_wide(names in names(), width in 0_usize..130) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let digest = sample::named(&names).digest(sample::week());
        for line in text(&digest, width, false).lines() {
            let columns: usize = line.chars().map(|c| c.width().unwrap_or(0)).sum();
            prop_assert!(columns <= width.clamp(40, 100), "{columns}: {line:?}");
        }
    }

    #[test]
    fn color_is_all_that_color_adds(names in names(), width in 40_usize..100) {
        let names: Vec<String> =
            names.iter().map(|name| name.chars().filter(|c| *c != '\u{1b}').collect()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let digest = sample::named(&names).digest(sample::week());
        let colored = text(&digest, width, true);
        let plain = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[1;35m"]
            .iter()
            .fold(colored, |text, code| text.replace(code, ""));
        prop_assert_eq!(plain, text(&digest, width, false));
    }
}

#[test]
fn every_name_is_shown_as_text_is_shown() {
    let long = "long ".repeat(60);
    let names = ["Jo \u{202e}nhoJ", &long, "tag\u{e0041}", "zero\u{200b}width", "\u{1b}[31mred"];
    let digest = sample::named(&names).digest(sample::week());
    let page = html(&digest);
    let values = json(&digest);
    let people = values["people"].as_array().unwrap();
    for (name, person) in names.iter().zip(people) {
        let shown = Shown(name).to_string();
        let shown = shown.trim_end();
        assert_eq!(person["name"], shown);
        assert!(page.contains(&format!("<bdi>{shown}</bdi>")), "{shown:?}");
    }
}
