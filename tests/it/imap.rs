//! Mail on real servers: what the program knows of it equals what it would know of the same mail in
//! a Maildir, whatever happened to it meanwhile and however the network behaved.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail like tests"
)]

mod evil;
mod home;
mod killed;
mod letters;
mod life;
mod live;
mod network;
mod wiretap;
