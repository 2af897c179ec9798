//! What is told on standard error while working: the log.
//!
//! Quiet by default, more by `-v`; `HALLWAY_LOG` overrules both with a filter of
//! `tracing-subscriber`. Libraries are kept at warnings whatever `-v` says: some of them log whole
//! conversations at their most talkative, passwords included.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use super::args::{Color, Global};
use crate::settings::Environment;

/// Starts the log of this process. The second call does nothing, as when a test runs two commands.
pub fn start(global: &Global, environment: &Environment) {
    let color = match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stderr().is_terminal() && !environment.colorless(),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter(global, environment.log()))
        .with_writer(io::stderr)
        .with_ansi(color)
        .without_time()
        .with_target(global.verbose > 1)
        .try_init()
        .ok();
}

/// The filter: `HALLWAY_LOG` if it can be read, else by `-q` and `-v`.
fn filter(global: &Global, asked: Option<&str>) -> EnvFilter {
    let asked = asked.and_then(|asked| EnvFilter::try_new(asked).ok());
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    asked.unwrap_or_else(|| EnvFilter::new(format!("warn,hallway={level}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbosity_is_ours_alone_and_the_variable_overrules_it() {
        let check = |quiet, verbose, asked, expect: &str| {
            let global = Global { quiet, verbose, ..Global::default() };
            assert_eq!(filter(&global, asked).to_string(), expect);
        };
        check(false, 0, None, "hallway=warn,warn");
        check(false, 1, None, "hallway=info,warn");
        check(false, 2, None, "hallway=debug,warn");
        check(false, 9, None, "hallway=trace,warn");
        check(true, 0, None, "hallway=error,warn");
        check(true, 0, Some("hallway=debug"), "hallway=debug");
        check(false, 1, Some("=,="), "hallway=info,warn");
    }
}
