//! The one test binary: everything that needs the program as a whole or the world outside.

mod accounts;
mod caldav;
mod calendar;
mod cli;
mod corpora;
mod daemon;
mod desktop;
mod digest;
mod figures;
mod full;
mod imap;
mod judgement;
mod killed;
mod mail;
mod said;
mod senders;
mod servers;
mod source;
mod store;
mod systemd;
mod tidy;
mod timeline;
mod world;
mod worlds;
