//! Words to the service manager, systemd's `sd_notify(3)`.
//!
//! Without the socket (`hallway run` in a terminal) each of these does nothing and is `Ok`. An
//! error means that a manager is there and did not hear: worth a line in the log and no more. The
//! crate reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` itself; they are the service
//! manager's own channel, not settings of ours.
//!
//! Under `Type=notify` the manager hears only the main process (`NotifyAccess=main`).

use std::io;
use std::time::Duration;

use sd_notify::{NotifyState, notify};

use super::notice;

/// Work has begun; `status` in words.
pub fn ready(status: &str) -> io::Result<()> {
    notify(&[NotifyState::Ready, NotifyState::Status(&line(status))])
}

/// What the daemon is doing, in words, for `systemctl status`.
pub fn status(status: &str) -> io::Result<()> {
    notify(&[NotifyState::Status(&line(status))])
}

/// The configuration is being read again; [`ready`] must follow. `monotonic` is the reading of
/// CLOCK_MONOTONIC: systemd 253 and later let a reload fail that does not carry it.
pub fn reloading(monotonic: Duration) -> io::Result<()> {
    let usec = i128::try_from(monotonic.as_micros()).unwrap_or(i128::MAX);
    notify(&[NotifyState::Reloading, NotifyState::MonotonicUsec(usec)])
}

/// The daemon is on its way out.
pub fn stopping() -> io::Result<()> {
    notify(&[NotifyState::Stopping])
}

/// Something was done, or everybody says that they wait: the watchdog may wait again. A beat from
/// a timer would prove nothing.
pub fn beat() -> io::Result<()> {
    notify(&[NotifyState::Watchdog])
}

/// How long the manager waits for a [`beat`] before it kills; `None` without a watchdog. Beat at
/// half of it.
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|interval| !interval.is_zero())
}

/// One line: a line feed in a status would begin the next assignment.
fn line(status: &str) -> String {
    notice::quoted(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_cannot_speak_for_the_daemon() {
        assert_eq!(line("reading\nWATCHDOG=trigger"), "reading WATCHDOG=trigger");
        assert_eq!(line("3 sources\r\n"), "3 sources");
        assert_eq!(line("a\0b"), "ab");
    }
}
