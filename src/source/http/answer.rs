//! The answer of a web server: its head, and its body in pieces.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName};
use tokio::time::Instant;

use super::error::{Error, Fault};
use super::{Address, Limits};

/// An answer whose head has come.
pub(in crate::source) struct Answer {
    /// Where it came from, after redirections.
    pub(in crate::source) at: Address,
    inner: reqwest::Response,
    limits: Limits,
    began: Instant,
    taken: u64,
}

impl Answer {
    pub(super) fn new(at: Address, inner: reqwest::Response, limits: Limits) -> Self {
        Self { at, inner, limits, began: Instant::now(), taken: 0 }
    }

    /// The status code.
    pub(in crate::source) fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    /// A header field as text, the first of that name.
    pub(in crate::source) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// The next piece of the body, unpacked; `None` after the last.
    pub(in crate::source) async fn piece(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let spent = self.began.elapsed();
        let earned = Duration::from_secs(self.taken / Limits::PACE);
        let allowed = self.limits.slow.saturating_add(earned).min(self.limits.whole);
        let Some(left) = allowed.checked_sub(spent).filter(|left| !left.is_zero()) else {
            return Err(self.fault(Fault::TooMuch("takes too long to answer")));
        };
        let patience = left.min(self.limits.quiet);
        let piece = match tokio::time::timeout(patience, self.inner.chunk()).await {
            Err(_) if patience == left => {
                return Err(self.fault(Fault::TooMuch("takes too long to answer")));
            }
            Err(_) => return Err(self.fault(Fault::TooMuch("stopped in the middle of its answer"))),
            Ok(Err(error)) if error.is_decode() => {
                let what = "sends an answer that cannot be unpacked, or breaks off";
                return Err(self.fault(Fault::Protocol(what)));
            }
            Ok(Err(error)) => return Err(self.fault(Fault::of(error))),
            Ok(Ok(piece)) => piece,
        };
        let Some(piece) = piece else { return Ok(None) };
        self.taken = self.taken.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if self.taken > self.limits.size {
            return Err(self.fault(Fault::TooMuch("answers with more than a calendar holds")));
        }
        Ok(Some(piece.into()))
    }

    /// This fault of the server that answered.
    pub(in crate::source) fn fault(&self, fault: Fault) -> Error {
        fault.at(&self.at)
    }
}
