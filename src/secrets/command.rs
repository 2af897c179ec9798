//! A secret that a command prints: `pass show work`, `secret-tool lookup …`, a script for tokens.
//!
//! The program and its arguments, no shell, so that nothing in a configuration is ever expanded.
//! The first line is the secret. It runs in a group of its own that is ended as a whole when it
//! takes too long, and reads nothing: a command that asks on the terminal would hang a daemon.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use zeroize::Zeroizing;

use super::{Kind, first_line, missing, wait};
use crate::secret::{Secret, Unrevealed};
use crate::text::Shown;

/// How long it may take: somebody may have to type a passphrase or touch a key.
const LIMIT: Duration = Duration::from_secs(60);
/// The most that is read of what it prints.
const LARGEST: u64 = 64 * 1024;

pub(super) fn run(words: &[String], kind: Kind) -> Result<Secret, Unrevealed> {
    within(words, kind, LIMIT)
}

fn within(words: &[String], kind: Kind, limit: Duration) -> Result<Secret, Unrevealed> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(missing(format!("has no command for its {kind}; name one")));
    };
    // Of the words only the program is told: an argument may say more than is good to log.
    let shown = Shown(program);
    let told = wait(limit, async {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let _group = Group(child.id());
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let (out, err) = tokio::join!(all(out), all(err));
        Ok((child.wait().await?, out, err))
    });
    match told {
        Ok(Some(Ok((status, out, err)))) if status.success() => first_line(&out).ok_or_else(|| {
            missing(format!(
                "gets no {kind}: {shown} prints none{}; run it yourself to see why",
                because(&err)
            ))
        }),
        Ok(Some(Ok((status, _, err)))) => Err(missing(format!(
            "gets no {kind}: {shown} ended with {status}{}; run it yourself to see why",
            because(&err)
        ))),
        Ok(None) => Err(missing(format!(
            "gets no {kind}: {shown} took longer than {} seconds; it must not ask anything on a \
             terminal",
            limit.as_secs()
        ))),
        Ok(Some(Err(error))) | Err(error) => Err(missing(format!(
            "gets no {kind}: {shown} cannot be run ({error}); write its path in full"
        ))),
    }
}

/// Everything the command started, ended when this is dropped: by then it has all been read.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let group = self.0.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(group) = group {
            // There may be nobody left in it, which is as good.
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}

async fn all(from: Option<impl AsyncRead + Unpin>) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::new());
    if let Some(from) = from {
        // What was read until an error is judged like the whole.
        from.take(LARGEST).read_to_end(&mut bytes).await.ok();
    }
    bytes
}

/// The last line that the command complained with.
fn because(err: &[u8]) -> String {
    let text = String::from_utf8_lossy(err);
    match text.lines().map(str::trim).rfind(|line| !line.is_empty()) {
        Some(line) => format!(" ({})", Shown(line)),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn told(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        match within(&words, Kind::Password, Duration::from_secs(20)) {
            Ok(secret) => secret.reveal().to_owned(),
            Err(why) => why.to_string(),
        }
    }

    #[test]
    fn the_first_line_of_a_command_is_the_secret_and_no_shell_is_between() {
        assert_eq!(told(&["printf", "hunter2\\nuser: ana\\n"]), "hunter2");
        assert_eq!(told(&["printf", "%s", "$HOME;`id`"]), "$HOME;`id`");
        assert_eq!(told(&["sh", "-c", "echo warning >&2; echo hunter2"]), "hunter2");
        // reads nothing, and what it leaves behind holds nobody up
        assert_eq!(told(&["sh", "-c", "cat; echo hunter2"]), "hunter2");
    }

    #[test]
    fn a_command_that_gives_none_is_told_with_its_own_words() {
        let told = [
            told(&[]),
            told(&["true"]),
            told(&["false"]),
            told(&["sh", "-c", "echo; echo gpg: no pinentry >&2; echo >&2; exit 2"]),
            told(&["sh", "-c", "echo secret; kill -9 $$"]),
            told(&["/nowhere/pass", "show"]),
        ];
        expect![[r#"
            has no command for its password; name one
            gets no password: true prints none; run it yourself to see why
            gets no password: false ended with exit status: 1; run it yourself to see why
            gets no password: sh ended with exit status: 2 (gpg: no pinentry); run it yourself to see why
            gets no password: sh ended with signal: 9 (SIGKILL); run it yourself to see why
            gets no password: /nowhere/pass cannot be run (No such file or directory (os error 2)); write its path in full"#]].assert_eq(&told.join("\n"));
    }

    #[test]
    fn a_command_that_waits_is_ended_with_all_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let held = folder.path().join("held");
        let script = "exec 9>\"$0\"; flock 9; sleep 1000 & sleep 1000";
        let words = ["sh", "-c", script, &held.display().to_string()].map(str::to_owned);
        let told = within(&words, Kind::Token, Duration::from_secs(1)).expect_err("it waits");
        expect![
            "gets no token: sh took longer than 1 seconds; it must not ask anything on a terminal"
        ]
        .assert_eq(&told.to_string());
        // The lock is free as soon as the last of them is gone.
        let (free, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let file = std::fs::File::open(held).expect("the script made it");
            let locked = rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive);
            free.send(locked.is_ok()).expect("somebody waits");
        });
        assert_eq!(told.recv_timeout(Duration::from_secs(30)), Ok(true));
    }
}
