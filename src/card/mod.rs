//! RFC 6350: what an address book says of one human: a name, addresses, telephone numbers.
//!
//! Everything else on a card (birthdays, notes, photographs, postal addresses) is passed over
//! before anything is parsed, so that none of it is ever in memory as a value. Cards of groups,
//! companies, rooms and devices are named and left out: their addresses are no one's.
//!
//! Whether two addresses on one card are one human is an opinion, and none of this room's.

mod number;
mod read;

pub use number::Number;
pub use read::{ReadCards, read};

use crate::mail::AddrSpec;

/// One human in an address book.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Card {
    /// The formatted name (FN), else the parts of N in spoken order; at most 128 characters, none
    /// of them hidden. `None` when there is neither.
    pub name: Option<String>,
    /// Its addresses in the order of the card, each once.
    pub addresses: Vec<AddrSpec>,
    /// Its numbers in the order of the card, each once.
    pub numbers: Vec<Number>,
}
