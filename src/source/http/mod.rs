//! Asking a web server, and what may be asked.

mod address;

pub use address::{Address, Unusable};
