//! Why a command did not do what was asked, and the exit status that says so.
//!
//! One type for the whole front office: a kind, which decides the exit status (sysexits.h), the
//! error with its causes, and a hint kept apart from it, so that the cause stays quotable and the
//! remedy readable. Rooms have errors of their own; they become a [`Failure`] where it is known
//! what the user had asked for.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::process::ExitCode;

use crate::settings::{Environment, Fault, Faults, Settings};
use crate::text::Shown;

/// What kind of failure, by what is to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The command line is wrong.
    Usage,
    /// A name that is unknown or stands for several, a time that cannot be.
    Data,
    /// A source could not be read; others were.
    Unavailable,
    /// A fault in this program.
    Software,
    /// Something is in the way that will go: try again.
    TryAgain,
    /// The configuration cannot be used.
    Config,
    /// Whoever read the output has gone.
    BrokenPipe,
}

impl Kind {
    /// The exit status, after sysexits.h. A reader who has gone is no failure: `hallway
    /// interactions | head` got what it wanted, and must not fail under `set -o pipefail`, as git
    /// with its 141 does.
    pub fn status(self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::Usage => 64,
            Self::Data => 65,
            Self::Unavailable => 69,
            Self::Software => 70,
            Self::TryAgain => 75,
            Self::Config => 78,
        }
    }
}

/// Why a command did not do what was asked.
#[derive(Debug)]
#[must_use = "a failure that is not reported leaves the user without an exit status"]
pub struct Failure {
    /// What kind.
    pub kind: Kind,
    /// What went wrong; its causes are told after it.
    pub error: Box<dyn Error + Send + Sync>,
    /// What to do, if the error does not say so itself.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    pub fn new(kind: Kind, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind, error: error.into(), hint: None }
    }

    /// A fault in this program.
    pub fn software(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Software, error)
    }

    /// A name or time that cannot be meant.
    pub fn data(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Data, error)
    }

    /// Something is in the way that will go.
    pub fn try_again(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::TryAgain, error)
    }

    /// The same with what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A command that reads sources, where none is configured.
    pub fn without_sources(settings: &Settings, environment: &Environment) -> Self {
        Self::new(Kind::Config, "no mailbox and no calendar is configured")
            .hint(settings.first_steps(environment))
    }

    /// Tells it on standard error, and gives the exit status. Nothing is told where nobody listens.
    pub fn report(&self) -> ExitCode {
        if self.kind != Kind::BrokenPipe {
            // Where even this cannot be written there is nobody left to tell.
            write!(io::stderr().lock(), "{self}").ok();
        }
        ExitCode::from(self.kind.status())
    }
}

/// All of it: the error, its causes, the hint, each line of it ended.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hallway: {}", self.error)?;
        let mut cause = self.error.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        f.write_str("\n")?;
        if let Some(hint) = &self.hint {
            writeln!(f, "hint: {hint}")?;
        }
        Ok(())
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        let kind = if faults.only_arguments() { Kind::Usage } else { Kind::Config };
        Self::new(kind, faults)
    }
}

/// An error of writing to standard output, the only one that reaches here as itself.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Kind::BrokenPipe, error),
            // A full disk behind a redirection.
            _ => Self::new(Kind::TryAgain, Writing(error)),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the output cannot be written")]
struct Writing(#[source] io::Error);

/// Tells on standard error what looks wrong but need not be.
pub fn warn(warning: &Fault) {
    writeln!(io::stderr().lock(), "hallway: warning: {warning}").ok();
}

/// Runs a command and tells what it failed at. A panic has been told by then, in one line, by the
/// hook of [`tell_panics`].
pub fn guard(run: impl FnOnce() -> Result<(), Failure>) -> ExitCode {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => failure.report(),
        Err(_) => ExitCode::from(Kind::Software.status()),
    }
}

/// From now on a panic is told in one line, without the stack that nobody asked for.
pub fn tell_panics() {
    std::panic::set_hook(Box::new(|info| {
        writeln!(io::stderr().lock(), "{}", panic_line(info.payload(), info.location())).ok();
    }));
}

fn panic_line(payload: &(dyn Any + Send), place: Option<&Location<'_>>) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
    let text = Shown(text.unwrap_or("unknown"));
    format!("hallway: a fault in this program{place}: {text}; report it, please")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the database cannot be opened")]
    struct Opening(#[source] io::Error);

    fn check(failure: Failure, status: u8, expect: &str) {
        assert_eq!((failure.to_string().as_str(), failure.kind.status()), (expect, status));
    }

    #[test]
    fn a_failure_tells_its_causes_and_its_hint() {
        check(Failure::data("nobody is called jo"), 65, "hallway: nobody is called jo\n");
        let cause = io::Error::from(io::ErrorKind::PermissionDenied);
        check(
            Failure::try_again(Opening(cause)).hint("run hallway check"),
            75,
            "hallway: the database cannot be opened: permission denied\nhint: run hallway check\n",
        );
    }

    #[test]
    fn a_reader_who_has_gone_is_no_failure() {
        let gone = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((gone.kind, gone.kind.status()), (Kind::BrokenPipe, 0));
        let full = Failure::from(io::Error::from(io::ErrorKind::StorageFull));
        check(full, 75, "hallway: the output cannot be written: no storage space\n");
    }

    #[test]
    fn a_panic_is_status_70_and_one_line() {
        let code = |run: fn() -> Result<(), Failure>| format!("{:?}", guard(run));
        assert_eq!(code(|| Ok(())), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(code(|| panic!("two\nlines")), format!("{:?}", ExitCode::from(70)));
        let line = panic_line(&"went wrong".to_owned() as &(dyn Any + Send), None);
        assert_eq!(line, "hallway: a fault in this program: went wrong; report it, please");
    }
}
