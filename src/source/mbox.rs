//! mbox files.

use std::path::Path;

use super::maildir::Choice;
use super::{Context, Error, Sink};
use crate::cursor::Cursor;

/// Reads a mbox files.
pub fn scan(
    _path: &Path,
    _choice: &Choice,
    _cursor: &Cursor,
    _context: &Context,
    _sink: &mut Sink<'_>,
) -> Result<(), Error> {
    Ok(())
}
