//! The program: parse, resolve, run, exit code.

fn main() {}
