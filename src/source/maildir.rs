//! Maildir.

use std::path::Path;

use super::{Context, Error, Sink};
use crate::cursor::Cursor;

/// Which mailboxes to read.
#[derive(Clone, Debug)]
pub struct Choice;

impl Choice {
    /// Patterns from the configuration.
    pub fn new(_include: &[String], _exclude: &[String]) -> Self {
        Self
    }
}

/// Reads a Maildir.
pub fn scan(
    _path: &Path,
    _choice: &Choice,
    _cursor: &Cursor,
    _context: &Context,
    _sink: &mut Sink<'_>,
) -> Result<(), Error> {
    Ok(())
}
