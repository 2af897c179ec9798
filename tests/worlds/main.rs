//! How well the judgement judges: synthetic worlds with known truth, read by the program itself and
//! compared with what a perfect detector would have said, beside the naive rules people use today.
//!
//!     cargo bench --bench worlds -- --seeds 101-112
//!     cargo bench --bench worlds -- --seeds 41-46 --noise 2 --clients 24
//!
//! For every seed it makes a world (`worldgen.py`), configures the program (`config.py`), lets it
//! scan, and asks it for every interaction and for the past of every client and key person
//! (`show --json`). Not part of the ordinary tests: it takes minutes, and its answer is a table of
//! figures. What was tried to better them is told in `tried.md`. Ends in failure when a figure
//! misses what the judgement must reach.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program of the tests: it fails aloud, prints, and looks for python3 in PATH"
)]

mod naive;
mod score;
mod table;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use score::Score;
use world::{Setting, World};

/// What to make and to measure.
#[derive(Parser, Debug)]
struct Asked {
    /// Seeds and ranges of seeds, one world each.
    #[arg(long, required = true, value_delimiter = ',')]
    seeds: Vec<String>,
    #[command(flatten)]
    setting: Setting,
    /// Where worlds are kept, and found again instead of being made and scanned anew.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Also list every episode missed and every false alert.
    #[arg(long)]
    detail: bool,
}

fn seeds(words: &[String]) -> Vec<u32> {
    let number = |text: &str| text.parse::<u32>().expect("a seed is a whole number");
    let range = |word: &String| match word.split_once('-') {
        Some((first, last)) => number(first)..=number(last),
        None => number(word)..=number(word),
    };
    words.iter().flat_map(range).collect()
}

fn main() -> ExitCode {
    // Cargo adds a word of its own; without any other there is nothing to do.
    let words: Vec<String> = std::env::args().filter(|word| word != "--bench").collect();
    if words.len() < 2 {
        return ExitCode::SUCCESS;
    }
    let asked = Asked::parse_from(words);
    let scratch = tempfile::tempdir().expect("a folder for worlds");
    let root = asked.keep.as_deref().unwrap_or(scratch.path());
    let mut total = Score::default();
    let mut worlds = 0;
    for seed in seeds(&asked.seeds) {
        let world = World::make(&asked.setting, seed, root);
        let score = Score::of(&world);
        println!("{}", table::world(seed, &score));
        if asked.detail {
            score.detail.iter().for_each(|line| println!("    {line}"));
        }
        total.add(score);
        worlds += 1;
    }
    println!("\n{worlds} worlds, {}\n", asked.setting);
    print!("{}", table::figures(&total));
    if table::must(&total) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
