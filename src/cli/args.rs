//! The command line as it is typed: every verb and option, defined once.
//!
//! Help, man page and completions are made from these definitions, so that none of them can say
//! what another does not. Values are read as far as the words go; what needs the clock, the zone
//! or the store (`yesterday`, a name) stays as typed and is resolved once by whoever runs the
//! verb.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::help;
use super::period::Period;
use super::typed::{
    Change, assignment, cadence, format, how, prefers, review, tier, words, yes_or_no,
};
use super::when::{Until, When};
use crate::call::How;
use crate::people::{Preference, Tier};
use crate::settings::Format;

/// A quiet reminder of the people you have not talked to.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "hallway",
    version,
    long_about = help::ABOUT,
    after_help = help::MORE,
    after_long_help = help::AFTER,
    max_term_width = 100,
    propagate_version = false,
    subcommand_value_name = "COMMAND",
    disable_help_subcommand = false
)]
pub struct Arguments {
    /// What every verb takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every verb takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Read this configuration file, and no other.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Set one thing otherwise for this time, as in nudge.per-day=2.
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = assignment)]
    pub set: Vec<String>,
    /// Use colors: when writing to a terminal, always or never.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub color: Color,
    /// Tell on standard error what is done; more with -vv.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Tell nothing but failures and what was asked for.
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// When to use colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// When standard output is a terminal and NO_COLOR is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Show the whole job on an invented world, without any account.
    #[command(long_about = help::DEMO, after_long_help = help::DEMO_EXAMPLES)]
    Demo,
    /// Read what is new in all mailboxes and calendars, once.
    #[command(long_about = help::SCAN, after_long_help = help::SCAN_EXAMPLES)]
    Scan(Output),
    /// Keep watching and nudge at good moments; for systemd.
    #[command(long_about = help::RUN, after_long_help = help::RUN_EXAMPLES)]
    Run,
    /// List people and clients, the most pressing first.
    #[command(long_about = help::STATUS, after_long_help = help::STATUS_EXAMPLES)]
    Status(Standing),
    /// Show how things stand with one person or client.
    #[command(long_about = help::SHOW, after_long_help = help::SHOW_EXAMPLES)]
    Show(Whose),
    /// List the messages and events behind every figure of one person or client.
    #[command(long_about = help::WHY, after_long_help = help::WHY_EXAMPLES)]
    Why(Whose),
    /// Tell which nudges the last days would have brought.
    #[command(long_about = help::REPLAY, after_long_help = help::REPLAY_EXAMPLES)]
    Replay {
        /// How many days to go back.
        #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
    /// Write the digest of this or a past week or month.
    #[command(long_about = help::DIGEST, after_long_help = help::DIGEST_EXAMPLES)]
    Digest(Digest),
    /// Record a talk that left no trace: a telephone call, a visit.
    #[command(long_about = help::TALKED, after_long_help = help::TALKED_EXAMPLES)]
    Talked(Talked),
    /// Put off nudges about somebody for a while.
    #[command(long_about = help::LATER, after_long_help = help::LATER_EXAMPLES)]
    Later(Pause),
    /// Silence nudges about somebody, for good or for a while.
    #[command(long_about = help::MUTE, after_long_help = help::MUTE_EXAMPLES)]
    Mute(Pause),
    /// Take a mute or a delay back.
    #[command(long_about = help::UNMUTE, after_long_help = help::UNMUTE_EXAMPLES)]
    Unmute(Who),
    /// List people, and say who is who.
    #[command(long_about = help::PEOPLE, after_long_help = help::PEOPLE_EXAMPLES)]
    People(People),
    /// List clients, and say who is one and what is wanted.
    #[command(long_about = help::CLIENTS, after_long_help = help::CLIENTS_EXAMPLES)]
    Clients(Clients),
    /// Say what one item really was: it counts so from now on.
    #[command(long_about = help::CORRECT, after_long_help = help::CORRECT_EXAMPLES)]
    Correct(Correct),
    /// List every interaction: who, when, how and with how many.
    #[command(long_about = help::INTERACTIONS, after_long_help = help::INTERACTIONS_EXAMPLES)]
    Interactions(Interactions),
    /// List accounts on servers, and keep their passwords in the keyring.
    #[command(subcommand, long_about = help::ACCOUNT, after_long_help = help::ACCOUNT_EXAMPLES)]
    Account(AccountCommand),
    /// Print everything only you said: talks, decisions, corrections.
    #[command(long_about = help::EXPORT, after_long_help = help::EXPORT_EXAMPLES)]
    Export,
    /// Bring back what was exported.
    #[command(long_about = help::IMPORT, after_long_help = help::IMPORT_EXAMPLES)]
    Import(Import),
    /// Remove a person from everything Hallway keeps.
    #[command(long_about = help::FORGET, after_long_help = help::FORGET_EXAMPLES)]
    Forget(Who),
    /// Try everything that has to work, and say what does not.
    #[command(long_about = help::CHECK, after_long_help = help::CHECK_EXAMPLES)]
    Check(Output),
    /// Print completions for a shell.
    #[command(long_about = help::COMPLETIONS, after_long_help = help::COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell: bash, zsh, fish, elvish or powershell.
        #[arg(value_enum, hide_possible_values = true)]
        shell: Shell,
    },
    /// Print the manual page.
    #[command(long_about = help::MAN, after_long_help = help::MAN_EXAMPLES)]
    Man,
}

/// How to print.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Print JSON, for programs.
    #[arg(long)]
    pub json: bool,
}

/// Somebody.
#[derive(Args, Clone, Debug)]
pub struct Who {
    /// A name, a part of one, an address, or a client.
    #[arg(value_name = "WHO", value_parser = words)]
    pub who: String,
}

/// How things stood, and how to print it.
#[derive(Args, Clone, Debug)]
pub struct Standing {
    /// As it stood then: a date, a date with a time, or as long ago as "2w".
    #[arg(long, visible_alias = "at", value_name = "DATE", allow_hyphen_values = true)]
    pub as_of: Option<When>,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}

/// How things stood with somebody.
#[derive(Args, Clone, Debug)]
pub struct Whose {
    /// Whom it is about.
    #[command(flatten)]
    pub who: Who,
    /// When.
    #[command(flatten)]
    pub standing: Standing,
}

/// A digest.
#[derive(Args, Clone, Debug)]
pub struct Digest {
    /// Which: "this", "last", a week such as 2026-W07, a month such as 2026-02, or a day in it.
    #[arg(long, value_name = "PERIOD", default_value = "this", allow_hyphen_values = true)]
    pub period: Period,
    /// What to print: text, html, markdown or json.
    #[arg(long, value_name = "FORMAT", value_parser = format(), hide_possible_values = true)]
    pub format: Option<Format>,
    /// Write it as a page into the folder of digests, and open that in the browser.
    #[arg(long, conflicts_with_all = ["format", "json"])]
    pub open: bool,
    /// When it is to be as of, and how to print.
    #[command(flatten)]
    pub standing: Standing,
}

/// A talk that left no trace.
#[derive(Args, Clone, Debug)]
pub struct Talked {
    /// With whom.
    #[command(flatten)]
    pub who: Who,
    /// How: a call (by telephone or video) or a visit.
    #[arg(long, value_name = "HOW", default_value = "call", value_parser = how(), hide_possible_values = true)]
    pub how: How,
    /// When: "yesterday", "14:30", "mon 14:30", "2h ago", a date with or without a time.
    #[arg(long, value_name = "WHEN", default_value = "now", allow_hyphen_values = true)]
    pub when: When,
    /// How long, in minutes.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub minutes: Option<u32>,
}

/// A pause.
#[derive(Args, Clone, Debug)]
pub struct Pause {
    /// About whom.
    #[command(flatten)]
    pub who: Who,
    /// How long: "3d", "2w", "1mo", or the date it ends.
    #[arg(long = "for", value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<Until>,
}

/// People: a list, or something to do with them.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct People {
    /// What to do; `None` lists.
    #[command(subcommand)]
    pub command: Option<PeopleCommand>,
    /// How to print the list.
    #[command(flatten)]
    pub output: Output,
}

/// What can be done with people.
#[derive(Clone, Debug, Subcommand)]
pub enum PeopleCommand {
    /// List the people Hallway knows.
    List(Output),
    /// Ask about what is doubtful, one key each: clients, joins, colleagues, own addresses.
    Review(Output),
    /// List who may be a client's, and who may be one and the same.
    Suggest(Output),
    /// Say that two are one person.
    Join {
        /// The one: a name, a part of one, or an address.
        #[arg(value_name = "WHO", value_parser = words)]
        who: String,
        /// The other.
        #[arg(value_name = "OTHER", value_parser = words)]
        other: String,
    },
    /// Take the last join of an address back: two people, as before.
    Split {
        /// The address that was joined.
        #[arg(value_name = "ADDRESS", value_parser = words)]
        address: String,
    },
    /// Say that two are two people, however alike they look.
    Apart {
        /// The one: a name, a part of one, or an address.
        #[arg(value_name = "WHO", value_parser = words)]
        who: String,
        /// The other.
        #[arg(value_name = "OTHER", value_parser = words)]
        other: String,
    },
    /// Say that an address is yours.
    Mine {
        /// The address.
        #[arg(value_name = "ADDRESS", value_parser = words)]
        address: String,
        /// It is not, although it seems so.
        #[arg(long)]
        not: bool,
    },
    /// Say that an address is no longer in use, as after a change of jobs.
    Retire {
        /// The address.
        #[arg(value_name = "ADDRESS", value_parser = words)]
        address: String,
        /// It is in use again.
        #[arg(long)]
        back: bool,
    },
    /// Say to which client somebody belongs.
    Assign {
        /// Whom it is about.
        #[command(flatten)]
        who: Who,
        /// The name of the client.
        #[arg(value_name = "CLIENT", value_parser = words)]
        client: String,
    },
    /// Set how and how often somebody likes to talk.
    #[command(arg_required_else_help = true)]
    Set {
        /// Whom it is about.
        #[command(flatten)]
        who: Who,
        /// Whether the relationship with their client hangs on them: yes or no.
        #[arg(long, value_name = "YES", value_parser = yes_or_no(), hide_possible_values = true)]
        key: Option<bool>,
        /// What is wanted.
        #[command(flatten)]
        wishes: Wishes,
    },
    /// Say that somebody is one you look after: nudges are welcome.
    Confirm(Who),
    /// Say that somebody is nobody you look after: never mention them again.
    Remove(Who),
}

/// What is wanted of somebody.
#[derive(Args, Clone, Debug)]
pub struct Wishes {
    /// How they like to be reached: phone, visit, video, email, or none to forget it.
    #[arg(long, value_name = "HOW", value_parser = prefers(), hide_possible_values = true)]
    pub prefers: Option<Change<Preference>>,
    /// How often to talk: "30d", "6w", or none to forget it.
    #[arg(long, value_name = "TIME", value_parser = cadence)]
    pub cadence: Option<Change<u32>>,
    /// When to ask again what they like: "6mo", a date, or none for never.
    #[arg(long, value_name = "WHEN", value_parser = review)]
    pub review: Option<Change<Until>>,
}

/// A client.
#[derive(Args, Clone, Debug)]
pub struct ClientWho {
    /// Its name, a part of it, or its domain.
    #[arg(value_name = "CLIENT", value_parser = words)]
    pub client: String,
}

/// An export to bring back.
#[derive(Args, Clone, Debug)]
pub struct Import {
    /// The file; "-" for standard input.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

/// An item to overrule.
#[derive(Args, Clone, Debug)]
pub struct Correct {
    /// The item as "hallway why" names it, or the beginning of that; without one all corrections
    /// are listed.
    #[arg(value_name = "ITEM", value_parser = words, requires = "verdict")]
    pub item: Option<String>,
    /// What it was: one-on-one, group, email, ignore, or a name if it was with somebody else; undo
    /// takes a correction back.
    #[arg(value_name = "AS", value_parser = words)]
    pub verdict: Option<String>,
    /// With whom it was, where the item does not tell.
    #[arg(long, value_name = "WHO", value_parser = words, requires = "item")]
    pub with: Option<String>,
    /// How to print the list.
    #[command(flatten)]
    pub output: Output,
}

/// Clients: a list, or something to do with them.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Clients {
    /// What to do; `None` lists.
    #[command(subcommand)]
    pub command: Option<ClientsCommand>,
    /// How to print the list.
    #[command(flatten)]
    pub output: Output,
}

/// What can be done with clients.
#[derive(Clone, Debug, Subcommand)]
pub enum ClientsCommand {
    /// List the clients Hallway knows.
    List(Output),
    /// List organizations that may be clients, from two-way correspondence.
    Suggest(Output),
    /// Say that an organization is a client: nudges about its people are welcome.
    Confirm(ClientWho),
    /// Say that an organization is no client: never ask again.
    Remove(ClientWho),
    /// Say that a domain is your own organization's: its people are colleagues.
    Colleagues(ClientWho),
    /// Set how much a client matters, and how and how often its people like to talk.
    #[command(arg_required_else_help = true)]
    Set {
        /// Which client.
        #[command(flatten)]
        who: ClientWho,
        /// How much it matters: A (30 days), B (45), C (90), or none to forget it.
        #[arg(long, value_name = "TIER", value_parser = tier(), hide_possible_values = true)]
        tier: Option<Change<Tier>>,
        /// What is wanted.
        #[command(flatten)]
        wishes: Wishes,
    },
}

/// What can be done with accounts on servers.
#[derive(Clone, Debug, Subcommand)]
pub enum AccountCommand {
    /// List the accounts that need a password or token, and where each is kept.
    List(Output),
    /// Ask for the password or token of an account, and store it in the keyring.
    Login {
        /// The name of the account: "work", or "mail/work" if a calendar is called so too.
        #[arg(value_name = "NAME", value_parser = words)]
        name: String,
    },
    /// Take the password or token of an account out of the keyring.
    Logout {
        /// The name of the account.
        #[arg(value_name = "NAME", value_parser = words)]
        name: String,
    },
}

/// Which interactions.
#[derive(Args, Clone, Debug)]
pub struct Interactions {
    /// Only those with this person or client.
    #[arg(long, value_name = "WHO", value_parser = words)]
    pub who: Option<String>,
    /// Only from this day on: a date, "yesterday", or as long ago as "2w".
    #[arg(long, value_name = "DATE", allow_hyphen_values = true)]
    pub since: Option<When>,
    /// Only up to this day, itself included.
    #[arg(long, value_name = "DATE", allow_hyphen_values = true)]
    pub until: Option<When>,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}

impl Wishes {
    /// Whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        self.prefers.is_none() && self.cadence.is_none() && self.review.is_none()
    }
}

impl Command {
    /// Whether it is to print JSON.
    pub fn json(&self) -> bool {
        match self {
            Self::Scan(output) | Self::Check(output) => output.json,
            Self::Status(standing) => standing.output.json,
            Self::Show(whose) | Self::Why(whose) => whose.standing.output.json,
            Self::Replay { output, .. } => output.json,
            Self::Digest(digest) => {
                digest.standing.output.json || digest.format == Some(Format::Json)
            }
            Self::Interactions(interactions) => interactions.output.json,
            Self::Correct(correct) => correct.output.json,
            Self::People(People { command, output }) => match command {
                Some(
                    PeopleCommand::List(output)
                    | PeopleCommand::Suggest(output)
                    | PeopleCommand::Review(output),
                ) => output.json,
                _ => output.json,
            },
            Self::Clients(Clients { command, output }) => match command {
                Some(ClientsCommand::List(output) | ClientsCommand::Suggest(output)) => output.json,
                _ => output.json,
            },
            Self::Account(AccountCommand::List(output)) => output.json,
            Self::Account(_)
            | Self::Demo
            | Self::Run
            | Self::Talked(_)
            | Self::Later(_)
            | Self::Mute(_)
            | Self::Unmute(_)
            | Self::Export
            | Self::Import(_)
            | Self::Forget(_)
            | Self::Completions { .. }
            | Self::Man => false,
        }
    }
}
