//! How long a silence may last: the one place that knows.
//!
//! The limit is one and a half times the wanted rhythm, for everybody alike. A limit learned from
//! the pair's own gaps between one-on-ones catches more; it replaces the body of [`limit`] and
//! nothing else, since the walk over the days already hands the gaps in.

use super::Wish;

/// Gaps worth remembering: older ones say little about how a pair meets now.
pub(super) const GAPS: usize = 8;

/// Open days without a one-on-one after which there should have been one.
///
/// `gaps` are the open days between the last one-on-one days up to the day judged, at least 1
/// each, oldest first, at most eight; empty before the second one-on-one. The wanted rhythm alone
/// decides for now, and whatever is learned from the gaps stays between half and one and a half
/// times that rhythm, so the limit here is the widest there will be.
pub fn limit(wish: Wish, _gaps: &[u32]) -> f64 {
    1.5 * wish.open_days()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_alone_sets_the_limit() {
        let check = |cadence_days, prefers_email, expect: f64| {
            let got = limit(Wish { cadence_days, prefers_email }, &[9, 11, 10]);
            assert!((got - expect).abs() < 1e-3, "{got} instead of {expect}");
        };
        check(30, false, 32.143);
        check(30, true, 64.286);
        check(45, false, 48.214);
        check(90, false, 96.429);
    }
}
