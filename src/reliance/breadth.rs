//! How many people of a client a relationship rests on.
//!
//! One person who leaves takes a narrow relationship along. Counted are people, not organizations'
//! charts: who was in touch in the quarter, and with whom there was a talk alone.

use super::ChannelMix;

/// Contact days in the quarter from which there is something to say, and from which somebody
/// counts as being in touch.
const ENOUGH: (u32, u32) = (10, 2);
/// One person with so much of the contact carries it alone.
const ALONE: f64 = 0.8;

/// Whom the contact with a client rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breadth {
    /// People with at least two contact days in the quarter.
    pub active: usize,
    /// People with a one-on-one in the quarter.
    pub talked: usize,
    /// How many people the contact is spread over, as if evenly: 1/Σw² of their shares; 0 without
    /// contact.
    pub effective: f64,
    /// The share of the person with most contact days, from 0 to 1.
    pub top: f64,
    /// It hangs on one person: most contact days are theirs, or nobody else is talked to alone.
    pub narrow: bool,
}

impl Breadth {
    /// Of the quarter of each person of a client, whose own quarter has `total` contact days.
    pub fn of(quarters: impl IntoIterator<Item = ChannelMix>, total: u32) -> Self {
        let quarters: Vec<_> = quarters.into_iter().collect();
        let all: f64 = quarters.iter().map(|mix| f64::from(mix.total())).sum();
        let shares = quarters.iter().map(|mix| f64::from(mix.total()) / all.max(1.0));
        let squares: f64 = shares.clone().map(|share| share * share).sum();
        let top = shares.fold(0.0, f64::max);
        let active = quarters.iter().filter(|mix| mix.total() >= ENOUGH.1).count();
        let talked = quarters.iter().filter(|mix| mix.one_on_one > 0).count();
        let narrow = total >= ENOUGH.0 && (top >= ALONE || (active >= 2 && talked <= 1));
        let effective = if squares > 0.0 { 1.0 / squares } else { 0.0 };
        Self { active, talked, effective, top, narrow }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[(u32, u32)]) -> Breadth {
        let mix = |&(email, one_on_one): &(u32, u32)| ChannelMix { email, group: 0, one_on_one };
        let total = rows.iter().map(|(email, one_on_one)| email + one_on_one).sum();
        Breadth::of(rows.iter().map(mix), total)
    }

    #[test]
    fn w13_contact_that_hangs_on_one() {
        let got = of(&[(13, 1), (3, 0), (1, 0)]);
        assert!((got.effective - 1.573).abs() < 1e-3, "{got:?}");
        assert!((got.top - 0.778).abs() < 1e-3, "{got:?}");
        assert_eq!((got.active, got.talked, got.narrow), (2, 1, true));
        assert!(!of(&[(13, 1), (2, 1), (1, 0)]).narrow);
        assert!(of(&[(13, 0), (3, 0), (1, 0)]).narrow);
        assert!(of(&[(16, 1), (2, 1)]).narrow);
        assert!(!of(&[(8, 1)]).narrow);
        assert!(of(&[(9, 1)]).narrow);
        assert_eq!(of(&[]).effective, 0.0);
    }
}
