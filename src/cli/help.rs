//! The words of the help texts and of the manual page.
//!
//! Summaries of verbs and options stand beside their definitions in [`super::args`]; here is what
//! takes more than a line. Written for somebody who has not read anything else: what it does, what
//! it leaves alone, then examples to copy. Manual and help share every text.

/// What Hallway is.
pub(super) const ABOUT: &str = "\
A quiet reminder of the people you have not talked to.

Hallway reads who, when, how and with how many from the mailboxes and calendars you already have, \
never what. Per person and per client it keeps two clocks: any contact, and one-on-one, a talk \
alone together by voice or in person. Email and group calls never wind the second clock. When a \
relationship is carried by them alone, or its one-on-one rhythm breaks, it waits for a good moment \
and suggests one talk with one person.

Everything stays on this machine. Mailboxes and calendars are only ever read.";

/// Where to go from the short help.
pub(super) const MORE: &str = "\
Begin with \"hallway demo\". \"hallway help COMMAND\" tells more about each command.";

/// What follows the long help.
pub(super) const AFTER: &str = "\
Files:
  ~/.config/hallway/config.toml   what to read, who is who (XDG_CONFIG_HOME)
  ~/.local/state/hallway          what was found, and the digests (XDG_STATE_HOME)

Environment:
  HALLWAY_CONFIG                  as --config
  HALLWAY_NUDGE_PER_DAY=2         as --set nudge.per-day=2, and so for every setting in a table
  HALLWAY_LOG                     what to tell on standard error, as in hallway=debug
  NO_COLOR                        no colors

Exit status:
   0  done
  64  wrong usage
  65  a name that is unknown or stands for several
  69  a mailbox or calendar could not be read; the others were
  70  a fault in this program
  75  try again later
  78  a configuration that cannot be used; each mistake is named with its line

Examples:
  hallway demo                     see the whole job without any account
  hallway scan && hallway status   read what is new, then see who is waiting
  hallway show acme                how things stand with a client
  hallway talked \"Jo Doe\"          you called: it counts";

pub(super) const DEMO: &str = "\
Show the whole job on an invented world, without any account.

Makes up some months of mail and calendar that end today, reads them as it would read yours, \
tells who to talk to and why, shows a notification where there is a server for it, and writes a \
digest. Needs no configuration, and leaves nothing behind but its own folder, which it names.";
pub(super) const DEMO_EXAMPLES: &str = "\
Examples:
  hallway demo";

pub(super) const SCAN: &str = "\
Read what is new in all mailboxes and calendars, once.

Only headers of messages and the outlines of events are read, and nothing is changed there. A \
second scan reads only what came since; one that is broken off loses nothing. A source that cannot \
be read is named and does not stop the others; the exit status is then 69.";
pub(super) const SCAN_EXAMPLES: &str = "\
Examples:
  hallway scan          with progress on a terminal, and a summary
  hallway scan --json   one line of JSON for each source";

pub(super) const RUN: &str = "\
Keep watching and nudge at good moments; for systemd.

Watches mailboxes and calendars, decides on every work day whether to say something, shows it at a \
good moment, and writes the digest when it is due. Stays in the foreground and ends on SIGTERM; \
SIGHUP reads the configuration again. Usually started by the service that is installed with it.";
pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  systemctl --user enable --now hallway   start it now and with every session
  journalctl --user -u hallway            what it did, and why it kept silent
  hallway run --verbose                   by hand, in this terminal";

pub(super) const STATUS: &str = "\
List people and clients, the most pressing first.

For each: the verdict, twelve weeks at a glance, and how long ago the last one-on-one talk was. \
With --as-of, as it stood then: only what had happened by then is used.";
pub(super) const STATUS_EXAMPLES: &str = "\
Examples:
  hallway status                      how things stand
  hallway status --as-of 2026-01-31   how they stood at the end of that day
  hallway status --json | jq '.people[] | select(.verdict == \"email_only\") | .name'";

pub(super) const SHOW: &str = "\
Show how things stand with one person or client.

The mix of email, group calls and one-on-one talks, where it is going, the usual rhythm and its \
limit, the last talks, and what was suggested. WHO is a name, a part of one, an address, or a \
client; if it stands for several, they are listed and the exit status is 65.";
pub(super) const SHOW_EXAMPLES: &str = "\
Examples:
  hallway show \"Jo Doe\"
  hallway show jo@acme.test
  hallway show acme --as-of \"4w ago\"";

pub(super) const WHY: &str = "\
List the messages and events behind every figure of one person or client.

Each line says when, how and with how many, whether it counts for its day or the day is counted \
already, and by which rule it was decided. The sums are the figures of \"hallway show\".

With --at it explains the verdict of any past day, as it was then: what happened, was entered or \
was told later is left out.";
pub(super) const WHY_EXAMPLES: &str = "\
Examples:
  hallway why \"Jo Doe\"
  hallway why anna --at 2026-05-01
  hallway why acme --json";

pub(super) const REPLAY: &str = "\
Tell which nudges the last days would have brought.

Goes through the past day by day with nothing but what was known then, under the settings of \
today and with who is who as it is known today, and shows no notification. Nudges that were held \
back are listed with the reason. A good way to try settings.";
pub(super) const REPLAY_EXAMPLES: &str = "\
Examples:
  hallway replay
  hallway replay --days 365 --set nudge.per-week=1
  hallway replay --json | jq -r 'select(.suppressed == null) | .name'";

pub(super) const DIGEST: &str = "\
Write the digest of this or a past week or month.

Prints it as text, or in another format; with --open it is written as a page into the folder of \
digests and opened in the browser. The running daemon writes one by itself whenever it is due.";
pub(super) const DIGEST_EXAMPLES: &str = "\
Examples:
  hallway digest                        the running week, as text
  hallway digest --period last --open   the one before, in the browser
  hallway digest --period 2026-W07 --format markdown > week.md
  hallway digest --period 2026-02 --json";

pub(super) const TALKED: &str = "\
Record a talk that left no trace: a telephone call, a visit.

It counts as a one-on-one talk at once, and an open nudge about that person is settled. Telling \
the same talk twice counts once. A day without a time is taken as its noon.";
pub(super) const TALKED_EXAMPLES: &str = "\
Examples:
  hallway talked \"Jo Doe\"                          a call, just now
  hallway talked jo --when \"2h ago\" --minutes 20
  hallway talked jo --how visit --when yesterday
  hallway talked jo --when \"2026-02-14 15:30\"";

pub(super) const LATER: &str = "\
Put off nudges about somebody for a while.

Without --for, as long as \"later\" under [nudge] says, which is a week. The clocks go on, so that \
\"hallway status\" still shows how things stand.";
pub(super) const LATER_EXAMPLES: &str = "\
Examples:
  hallway later \"Jo Doe\"
  hallway later jo --for 3d
  hallway later acme --for 2026-03-01";

pub(super) const MUTE: &str = "\
Silence nudges about somebody, for good or for a while.

Without --for, until \"hallway unmute\". Nothing is forgotten, and \"hallway status\" still shows \
how things stand.";
pub(super) const MUTE_EXAMPLES: &str = "\
Examples:
  hallway mute \"Jo Doe\"           for good
  hallway mute acme --for 1mo     for a month";

pub(super) const UNMUTE: &str = "\
Take a mute or a delay back.

Nudges about this person or client may come again from now on.";
pub(super) const UNMUTE_EXAMPLES: &str = "\
Examples:
  hallway unmute \"Jo Doe\"";

pub(super) const PEOPLE: &str = "\
List people, and say who is who.

Without a command, lists everybody Hallway knows: the people you have written to or met, and those \
your configuration names. What is said here is kept beside the configuration and can be taken \
back; it changes what was counted in the past as well.";
pub(super) const PEOPLE_EXAMPLES: &str = "\
Examples:
  hallway people                                          everybody
  hallway people review                                   what is doubtful, one key to answer each
  hallway people confirm \"Jo Doe\"                         nudges about Jo are welcome
  hallway people remove news@acme.test                    never mention it again
  hallway people join \"Jo Doe\" jd@freemail.test           one person, two addresses
  hallway people split jd@freemail.test                   two people after all
  hallway people assign jd@freemail.test Acme             belongs to Acme
  hallway people set \"Jo Doe\" --prefers phone --cadence 6w
  hallway people mine ana@old.test                        another address of yours
  hallway people retire jo@acme.test                      Jo works elsewhere now";

pub(super) const CLIENTS: &str = "\
List clients, and say who is one and what is wanted.

Without a command, lists the clients and how many people each has. Nudges come only about clients \
that the configuration names or that you confirmed, unless trust-suggestions is set under \
[people]. \"hallway mute CLIENT\" silences a client with all its people.";
pub(super) const CLIENTS_EXAMPLES: &str = "\
Examples:
  hallway clients
  hallway clients suggest                       organizations with two-way correspondence
  hallway clients confirm acme.test             nudges about its people are welcome
  hallway clients set acme --tier B --prefers phone
  hallway clients colleagues agency-lab.test    my own organization";

pub(super) const CORRECT: &str = "\
Say what one item really was: it counts so from now on.

Whatever the rules say. ITEM is what \"hallway why\" prints last on a line, or the beginning of it. A correction is kept \
beside what was read: reading a mailbox anew meets it again. One item has one correction, the \
last. A series corrected by its own name is corrected as a whole. Without ITEM all corrections are \
listed.";
pub(super) const CORRECT_EXAMPLES: &str = "\
Examples:
  hallway correct 7kq2 one-on-one               the others never came
  hallway correct 7kq2 one-on-one --with jo     it was Jo you were alone with
  hallway correct 7kq2 ignore                   it did not happen
  hallway correct 7kq2 \"Jo Doe\"                 it was with somebody else
  hallway correct 7kq2 undo                     as the rules have it
  hallway correct                               everything that was corrected";

pub(super) const INTERACTIONS: &str = "\
List every interaction: who, when, how and with how many.

One line each, the oldest first: mail, calls and meetings as they are counted, never what they were \
about.";
pub(super) const INTERACTIONS_EXAMPLES: &str = "\
Examples:
  hallway interactions --since 2w
  hallway interactions --who acme --since 2026-01-01 --until 2026-03-31
  hallway interactions --json | jq -r '[.day, .name, .channel, .setting] | @tsv'";

pub(super) const ACCOUNT: &str = "\
List accounts on servers, and keep their passwords in the keyring.

A password is typed here once, without being shown, and kept by the keyring of the desktop \
(Secret Service), never by Hallway. It is for accounts with password = { keyring = true }; an \
access token is kept in the same way for token = { keyring = true }. Where standard input is no \
terminal, its first line is taken.";
pub(super) const ACCOUNT_EXAMPLES: &str = "\
Examples:
  hallway account list
  hallway account login work
  hallway account logout work";

pub(super) const EXPORT: &str = "\
Print everything only you said: talks, decisions, corrections.

One JSON object a line. What was read from mailboxes and calendars is not in it: it is read again.";
pub(super) const EXPORT_EXAMPLES: &str = "\
Examples:
  hallway export > said.jsonl";

pub(super) const IMPORT: &str = "\
Bring back what was exported.

A line that is known already adds nothing. A file with one line that cannot be understood is \
refused as a whole.";
pub(super) const IMPORT_EXAMPLES: &str = "\
Examples:
  hallway import said.jsonl
  ssh other hallway export | hallway import -";

pub(super) const FORGET: &str = "\
Remove a person from everything Hallway keeps.

Messages, events, talks, decisions, nudges and digests that name them go, and a later scan does \
not bring them back: a salted hash of each address stays for that. Your mailboxes and calendars \
are left as they are. There is no way back.";
pub(super) const FORGET_EXAMPLES: &str = "\
Examples:
  hallway forget \"Jo Doe\"
  hallway forget jo@acme.test";

pub(super) const CHECK: &str = "\
Try everything that has to work, and say what does not.

Reads the configuration and tells where each value came from, looks into every mailbox and \
calendar, opens the database, and asks the desktop for its notifications. One verdict a line; \
nothing is changed.";
pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  hallway check
  hallway check --json";

pub(super) const COMPLETIONS: &str = "\
Print completions for a shell.

Works with any configuration, and without one.";
pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  hallway completions bash > ~/.local/share/bash-completion/completions/hallway
  hallway completions zsh > ~/.local/share/zsh/site-functions/_hallway
  hallway completions fish > ~/.config/fish/completions/hallway.fish";

pub(super) const MAN: &str = "\
Print the manual page.

Works with any configuration, and without one.";
pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  hallway man > ~/.local/share/man/man1/hallway.1
  hallway man | man -l -";

/// Sections of the manual page beyond the help: title, then paragraphs or, by two blanks at its
/// beginning, a line as it stands.
pub(super) const PRIVACY: &str = "\
Hallway reads the headers of messages, never a body or an attachment, and of events who, when, \
where and with whom; titles, places and descriptions are looked at while reading and dropped. \
Subjects are neither read nor kept.

Nothing is ever written to a mailbox or calendar. Nothing leaves this machine: there is no \
telemetry, and no connection but to the servers that the configuration names.

What it found lies in one database, readable by its owner alone. Other programs of the same user \
can read it too; encryption of the disk is what protects it beyond that.";
