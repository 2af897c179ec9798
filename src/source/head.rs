//! Reads the head of a message file and nothing beyond the block it ends in.

use std::io::{self, Read};

use crate::mail::header::{MAX_HEAD, split_head};

/// The first read: enough for nearly every head, and one call to the system.
const BLOCK: usize = 8 * 1024;

/// A buffer that heads are read into, one after the other.
#[derive(Debug, Default)]
pub(super) struct HeadReader {
    buffer: Vec<u8>,
}

impl HeadReader {
    /// The head of a message up to its empty line, or all there is of a message without one. A head
    /// over the limit comes back one byte longer than allowed, for the parser to refuse. What was
    /// read of the body is wiped at once.
    pub(super) fn read(&mut self, file: &mut impl Read) -> io::Result<&[u8]> {
        let mut filled = 0;
        let end = loop {
            if filled == self.buffer.len() {
                self.buffer.resize((filled * 2).clamp(BLOCK, MAX_HEAD + 1), 0);
            }
            let Some(room) = self.buffer.get_mut(filled..).filter(|room| !room.is_empty()) else {
                break filled;
            };
            let read = match file.read(room) {
                Ok(0) => break filled,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            filled += read;
            let read = self.buffer.get_mut(..filled).unwrap_or_default();
            if let Some(end) = split_head(read) {
                read.get_mut(end..).unwrap_or_default().fill(0);
                break end;
            }
        };
        Ok(self.buffer.get(..end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out so many bytes a call, and counts how many it handed out.
    struct Drip<'a>(&'a [u8], usize, usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let step = self.1.min(buf.len());
            let read = self.0.read(&mut buf[..step])?;
            self.2 += read;
            Ok(read)
        }
    }

    #[test]
    fn reads_the_head_and_no_further() {
        let body = "body\n".repeat(100_000);
        let mut reader = HeadReader::default();
        for step in [1, 7, usize::MAX] {
            for lines in [0, 1, 1000] {
                let head = "a: b\n".repeat(lines);
                let bytes = format!("{head}\n{body}");
                let mut drip = Drip(bytes.as_bytes(), step, 0);
                assert_eq!(reader.read(&mut drip).unwrap(), head.as_bytes());
                assert!(drip.2 <= BLOCK);
                assert!(!reader.buffer.ends_with(b"body\n"));
                assert!(!reader.buffer.windows(4).any(|part| part == b"body"));
            }
        }
    }

    #[test]
    fn a_head_longer_than_a_block_is_read_on_up_to_the_limit() {
        let mut reader = HeadReader::default();
        for (lines, len) in [(10_000, 50_000), (52_428, 262_140), (100_000, MAX_HEAD + 1)] {
            let bytes = format!("{}\nbody", "a: b\n".repeat(lines));
            assert_eq!(reader.read(&mut bytes.as_bytes()).unwrap().len(), len);
        }
        assert_eq!(reader.read(&mut &b"a: b\nc: d"[..]).unwrap(), b"a: b\nc: d");
        assert_eq!(reader.read(&mut &b""[..]).unwrap(), b"");
    }
}
