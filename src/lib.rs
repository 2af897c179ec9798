//! Hallway: a quiet reminder of the people you have not talked to.
//!
//! It reads who, when, how and with how many from mailboxes and calendars, never what. It keeps
//! two clocks per person and per client: *any contact*, and *one-on-one*, a talk alone together by
//! voice or in person. Email and group calls never wind the second clock. When a relationship is
//! carried by them alone, one notification suggests a talk with one person and says why; once a
//! week there is a digest. Everything stays on the machine.
//!
//! This page is the map. Every name on it is a link, so that it cannot rot.
//!
//! # The rooms
//!
//! **Words**: what the standards call things, and bytes into them; no opinion, no I/O.
//! [`mail`] (RFC 5322: [`mail::Envelope`]), [`calendar`] (RFC 5545: [`calendar::Occurrence`]),
//! [`call`] (a talk told of), [`card`] (RFC 6350: who an address book says somebody is), [`cursor`] (where a source left off), [`batch`] (what a source hands
//! over), [`text`] (outside text made safe to show), [`secret`] (a password that never prints).
//!
//! **Judgement**: pure functions from values to values; no clock, no I/O, nothing fails for a
//! reason outside. [`people`] (who is who: [`people::Roster`]), [`interaction`] (who was in touch
//! with me, how, and what counts), [`reliance`] (shares, silence, limit, verdict), [`nudge`]
//! (whether to say something, about whom, in which words), [`digest`] (a week as one value, and
//! four ways to read it).
//!
//! **Doors**: each touches one thing outside, none knows another. [`source`] (Maildir, mbox, IMAP;
//! vdir, ICS, CalDAV), [`secrets`] (keyring, systemd credential, command), [`store`] (one SQLite
//! file), [`desktop`] (notifications and the service manager).
//!
//! **Front office**: [`settings`] (layers to plain values), [`daemon`] (the one loop), [`demo`]
//! (an invented world), [`cli`] (what is typed and what is told back).
//!
//! # The walls
//!
//! Imports go one way: words, judgement, doors, front office. Which room may name which is a table
//! in `tests/it/tidy.rs`, and a test fails on any other import. Judgement never sees settings; the
//! loop hands it plain values ([`daemon::Plan`]).
//!
//! # The way of one message
//!
//! inotify says that a folder changed ([`daemon::Event::Changed`], a wake-up without a truth in
//! it) → the loop starts a look ([`daemon::look`]) → [`source::scan`] reads heads up to the first
//! empty line, [`mail::header::read`] makes envelopes → a [`batch::Batch`] goes to
//! [`daemon::Daemon::step`] → [`store::Store::record`] commits facts and cursor together →
//! [`daemon::derive`] runs new facts through the roster
//! ([`interaction::from_envelope`]) → [`daemon::Ledger::at`] says how everybody stands
//! ([`reliance::assess`]) → [`nudge::decide`] → [`store::Store::claim`] →
//! [`daemon::Effect::Show`] → [`desktop::Handle::show`]. A pressed button comes back as
//! [`desktop::Happening::Answered`] and changes the store in the same step.
//!
//! # Invariants
//!
//! 1. No type, column, log line, notification or report carries a body, a subject or a
//!    description: [`mail::Envelope`] and [`calendar::Occurrence`] have no field for one.
//! 2. Nothing is ever written to a mailbox or calendar: [`source::disk`] only opens for reading.
//! 3. Only [`daemon::now`] and its file read the time, only [`settings::Environment::read`] the
//!    environment; `.clippy.toml` forbids every other reader.
//! 4. Only the loop, or a command while no daemon runs, writes to the store ([`daemon::lock`]).
//! 5. A cursor and the facts it accounts for are committed in one transaction. Scanning twice, in
//!    any order, interrupted anywhere, gives the same facts.
//! 6. A wake-up carries no truth: it only causes a look; a lost one costs a delay, never a record.
//! 7. A nudge is claimed before it is shown: a crash may lose one, never repeat one.
//! 8. What cannot be read is counted, named and skipped ([`batch::Skipped`]). One bad item never
//!    stops a batch, one bad source never another, a panic in a look never the daemon.
//! 9. Whatever comes from outside is shown through [`text::Shown`] only, then escaped for where it
//!    is shown.
//! 10. Nothing leaves the machine but requests to the servers of the configuration, encrypted
//!     ([`source::net`]); a password only to the server it belongs to.

pub mod batch;
pub mod calendar;
pub mod call;
pub mod card;
pub mod cursor;
pub mod mail;
pub mod secret;
pub mod text;

pub mod digest;
pub mod interaction;
pub mod nudge;
pub mod people;
pub mod reliance;

pub mod desktop;
pub mod secrets;
pub mod source;
pub mod store;

pub mod cli;
pub mod daemon;
pub mod demo;
pub mod settings;
