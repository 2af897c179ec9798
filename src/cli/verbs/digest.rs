//! `hallway digest`: this or any past period, to read here or in the browser.

use std::io::Write;
use std::process::{Command, Stdio};

use super::Session;
use crate::cli::args;
use crate::cli::failure::Failure;
use crate::cli::out::Out;
use crate::daemon;
use crate::digest::{self, Kind, Period};
use crate::settings::Format;

/// Columns of a digest that is read as text, at most.
const WIDTH: u16 = 100;

/// Prints or opens the digest of a period.
pub fn digest(
    session: &Session<'_>,
    asked: &args::Digest,
    out: &mut Out<'_>,
) -> Result<(), Failure> {
    let store = session.reading()?;
    let as_of = session.as_of(asked.standing.as_of.as_ref())?;
    let every = session.settings.digest.every;
    let (from, to) = asked
        .period
        .days(every, as_of.date())
        .map_err(|wrong| Failure::data(format!("--period: {wrong}")))?;
    let kind = if to.duration_since(from).as_hours() > 24 * 7 { Kind::Month } else { Kind::Week };
    let period = Period::of(kind, from);
    let value = daemon::digest(&store, &session.plan, period, &as_of)?;
    if asked.open {
        let path = session.plan.digests.join(format!("{}.html", period.name()));
        daemon::write(&path, &digest::html(&value))?;
        writeln!(out, "{}", path.display())?;
        out.flush()?;
        let opened = Command::new("xdg-open")
            .arg(&path)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !opened.is_ok_and(|status| status.success()) {
            let failure = Failure::try_again("no program opens pages here (xdg-open)");
            return Err(failure.hint("the page is written; open the path above in a browser"));
        }
        return Ok(());
    }
    let default = if out.json { Format::Json } else { Format::Text };
    match asked.format.unwrap_or(default) {
        Format::Html => write!(out, "{}", digest::html(&value))?,
        Format::Markdown => write!(out, "{}", digest::markdown(&value))?,
        Format::Json => writeln!(out, "{:#}", digest::json(&value))?,
        Format::Text => {
            let width = out.width.min(WIDTH);
            write!(out, "{}", digest::text(&value, usize::from(width), out.color))?;
        }
    }
    Ok(())
}
