//! The program: parse, resolve, run, exit code.

use std::io::Write;
use std::process::ExitCode;

use hallway::cli::{self, Arguments, Command, Failure, Out};
use hallway::settings::{self, Environment, Request, Settings};

fn main() -> ExitCode {
    cli::tell_panics();
    match cli::parse(std::env::args_os()) {
        Ok(arguments) => cli::guard(|| run(arguments)),
        Err(told) => told,
    }
}

fn run(Arguments { global, command }: Arguments) -> Result<(), Failure> {
    let environment = Environment::read();
    let mut out = Out::stdout(global.color, command.json(), &environment);
    // What needs no configuration must not stumble over a broken one.
    match command {
        Command::Completions { shell } => cli::completions(shell, &mut out)?,
        Command::Man => cli::manual(&mut out)?,
        Command::Demo => demo(&settings::defaults(&environment)?, &mut out)?,
        command => {
            cli::start_log(&global, &environment);
            let request = Request { config: global.config, set: global.set };
            let settings = settings::load(&environment, &request)?;
            if !global.quiet {
                settings.warnings.iter().for_each(cli::warn);
            }
            dispatch(command, &settings, &environment, &mut out)?;
        }
    }
    Ok(out.flush()?)
}

fn demo(_settings: &Settings, _out: &mut Out<'_>) -> Result<(), Failure> {
    Err(Failure::software("demo: not wired"))
}

fn dispatch(
    command: Command,
    settings: &Settings,
    environment: &Environment,
    _out: &mut Out<'_>,
) -> Result<(), Failure> {
    let verb = match command {
        Command::Scan(_) | Command::Run if !settings.has_sources() => {
            return Err(Failure::without_sources(settings, environment));
        }
        Command::Scan(_) => "scan",
        Command::Run => "run",
        Command::Status(_) => "status",
        Command::Show(_) => "show",
        Command::Why(_) => "why",
        Command::Replay { .. } => "replay",
        Command::Digest(_) => "digest",
        Command::Talked(_) => "talked",
        Command::Later(_) => "later",
        Command::Mute(_) => "mute",
        Command::Unmute(_) => "unmute",
        Command::People(_) => "people",
        Command::Clients(_) => "clients",
        Command::Interactions(_) => "interactions",
        Command::Check(_) => "check",
        Command::Demo | Command::Completions { .. } | Command::Man => "settled before",
    };
    Err(Failure::software(format!("{verb}: not wired")))
}
