//! Automatic mail, told by header fields alone.

/// Why a message counts as machine mail.
///
/// Machine mail is counted, never kept. `X-Auto-Response-Suppress` is no sign: ordinary Exchange
/// mail carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Automatic {
    /// `Auto-Submitted` other than `no` (RFC 3834), `X-Autoreply`, `X-Autorespond`,
    /// `Precedence: auto_reply`.
    AutoSubmitted,
    /// `List-Id`, `List-Post` or `List-Unsubscribe` (RFC 2919, 2369), `Precedence: list`.
    List,
    /// `Precedence: bulk` or `junk`.
    Bulk,
    /// Empty `Return-Path` (RFC 5321 §4.5.5) or a delivery status report (RFC 3464).
    Bounce,
    /// An invitation or its answer (`text/calendar`, RFC 6047): the calendar speaks for it.
    Invitation,
    /// The sender's local part names a robot (`no-reply`, `mailer-daemon` and their kin).
    Robot,
}
