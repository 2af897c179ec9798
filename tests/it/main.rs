//! The one test binary: everything that needs the program as a whole or the world outside.

mod calendar;
mod cli;
mod corpora;
mod desktop;
mod digest;
mod judgement;
mod mail;
mod source;
mod store;
mod systemd;
mod tidy;
mod worlds;
