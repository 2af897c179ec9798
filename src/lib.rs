//! Hallway: a quiet reminder of the people you have not talked to.
//!
//! It reads who, when, how and with how many from mailboxes and calendars, never what. It keeps
//! two clocks per person and per client: *any contact*, and *one-on-one*, a talk alone together by
//! voice or in person. Email and group calls never wind the second clock.

pub mod batch;
pub mod calendar;
pub mod call;
pub mod cursor;
pub mod mail;
pub mod text;

pub mod digest;
pub mod interaction;
pub mod nudge;
pub mod people;
pub mod reliance;

pub mod desktop;
pub mod source;
pub mod store;

pub mod cli;
pub mod daemon;
pub mod demo;
pub mod settings;
