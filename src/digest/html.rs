//! A digest as one HTML file: no script, no link, nothing fetched, readable by day and by night.
//!
//! The template escapes everything it is given; there is no way around it in the template, and a
//! content security policy stands behind it. `page.html` and `page.css` lie beside this file
//! rather than in a folder of their own, since they are read together with it.

use askama::Template;

use super::chart::{self, Chart, Tick};
use super::groups::Line;
use super::story::{self, Story};
use super::{DARK, Digest, LIGHT, Palette, Period};

/// Renders a digest as one self-contained HTML file.
pub fn html(digest: &Digest) -> String {
    let page = Page {
        story: story::tell(digest),
        digest,
        ticks: chart::ticks(&digest.weeks),
        light: variables(&LIGHT),
        dark: variables(&DARK),
    };
    page.to_string()
}

#[derive(Template)]
#[template(path = "page.html", config = "src/digest/askama.toml")]
struct Page<'a> {
    story: Story<'a>,
    digest: &'a Digest,
    ticks: Vec<Tick>,
    light: String,
    dark: String,
}

impl Page<'_> {
    fn period(&self) -> Period {
        self.digest.period
    }

    fn chart(&self, line: &Line<'_>) -> Chart {
        chart::draw(&self.digest.weeks, &line.row.weeks, self.digest.period)
    }

    fn chart_width(&self) -> u32 {
        chart::width(self.digest.weeks.len())
    }
}

/// A palette as CSS custom properties.
fn variables(p: &Palette) -> String {
    let Palette { paper, card, ink, soft, line, one, group, email } = p;
    format!(
        "--paper:{paper};--card:{card};--ink:{ink};--soft:{soft};--line:{line};--one:{one};\
         --group:{group};--email:{email}"
    )
}

/// Text of ours, cut at its backticks: every second piece is a command.
fn pieces(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`').enumerate().map(|(at, piece)| (at % 2 == 1, piece))
}
