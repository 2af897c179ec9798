//! The program: parse, resolve, run, exit code.

use std::io::Write;
use std::process::ExitCode;

use hallway::cli::verbs::{self, Session};
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
        Command::Demo => {
            verbs::demo(&settings::defaults(&environment)?, &environment, &mut out)?;
        }
        command => {
            cli::start_log(&global, &environment);
            let request = Request { config: global.config, set: global.set };
            let settings = settings::load(&environment, &request)?;
            // A scan tells of a folder that is not there by itself, once.
            let told = matches!(command, Command::Scan(_));
            let session = Session::begin(&settings, &environment, global.quiet);
            let settled = |fault: &settings::Fault| {
                told && fault.what.ends_with("is not there")
                    || fault.key == "me.addresses" && session.has_said_who_i_am()
            };
            if !global.quiet {
                settings.warnings.iter().filter(|fault| !settled(fault)).for_each(cli::warn);
            }
            let reread = || Ok(settings::load(&environment, &request)?);
            dispatch(command, &session, reread, &mut out)?;
        }
    }
    Ok(out.flush()?)
}

fn dispatch(
    command: Command,
    session: &Session<'_>,
    reread: impl Fn() -> Result<Settings, Failure>,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    match command {
        Command::Scan(_) | Command::Run if !session.settings.has_sources() => {
            Err(Failure::without_sources(session.settings, session.environment))
        }
        Command::Scan(_) => verbs::scan(session, out),
        Command::Run => verbs::run(session, std::env::args_os(), reread),
        Command::Status(asked) => verbs::status(session, &asked, out),
        Command::Show(asked) => verbs::show(session, &asked, out),
        Command::Why(asked) => verbs::why(session, &asked, out),
        Command::Replay { days, .. } => verbs::replay(session, days, out),
        Command::Digest(asked) => verbs::digest(session, &asked, out),
        Command::Talked(asked) => verbs::talked(session, &asked, out),
        Command::Later(asked) => verbs::later(session, &asked, out),
        Command::Mute(asked) => verbs::mute(session, &asked, out),
        Command::Unmute(asked) => verbs::unmute(session, &asked, out),
        Command::People(asked) => verbs::people(session, &asked, out),
        Command::Clients(asked) => verbs::clients(session, &asked, out),
        Command::Correct(asked) => verbs::correct(session, &asked, out),
        Command::Interactions(asked) => verbs::interactions(session, &asked, out),
        Command::Account(asked) => verbs::account(session, &asked, out),
        Command::Export => verbs::export(session, out),
        Command::Import(asked) => verbs::import(session, &asked, out),
        Command::Forget(asked) => verbs::forget(session, &asked, out),
        Command::Check(_) => verbs::check(session, out),
        Command::Demo | Command::Completions { .. } | Command::Man => Ok(()),
    }
}
