//! Calendar files.

use std::path::Path;

use super::{Context, Error, Sink};
use crate::cursor::Cursor;

/// Reads a vdir.
pub fn scan_vdir(
    _path: &Path,
    _cursor: &Cursor,
    _context: &Context,
    _sink: &mut Sink<'_>,
) -> Result<(), Error> {
    Ok(())
}

/// Reads one file.
pub fn scan_file(
    _path: &Path,
    _cursor: &Cursor,
    _context: &Context,
    _sink: &mut Sink<'_>,
) -> Result<(), Error> {
    Ok(())
}
