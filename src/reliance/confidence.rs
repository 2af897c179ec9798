//! How far a verdict can be trusted: enough contact, a clear silence, and no talk nobody saw.
//!
//! The blind spot is the talk that left no trace. How often talks do leave one is learned from the
//! answers "we already spoke" ([`traced`]); the chance that such a talk hides in the silence grows
//! with the silence and with how often the pair talks. A verdict that is hardly to be trusted is
//! better asked about than asserted.

use super::limit::Rhythm;

/// What is believed of nine talks in ten before any answer: ten answers' worth.
const BELIEVED: (f64, f64) = (9.0, 1.0);
/// Contact days that make half a case.
const HALF: f64 = 3.0;

/// How far a verdict can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Better asked than said.
    Low,
    /// Fair.
    Medium,
    /// Well founded.
    High,
}

impl Confidence {
    /// The level of a probability: high from 3/4, medium from 1/2.
    pub fn of(probability: f64) -> Self {
        if probability >= 0.75 {
            Self::High
        } else if probability >= 0.5 {
            Self::Medium
        } else {
            Self::Low
        }
    }

    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The share of real one-on-ones that leave a trace, after so many that did and so many the user
/// told of only when asked ("we already spoke").
pub fn traced(found: u32, missed: u32) -> f64 {
    let (found, missed) = (BELIEVED.0 + f64::from(found), BELIEVED.1 + f64::from(missed));
    found / (found + missed)
}

/// The probability that the verdict is right as far as silence and seen contact can tell, from 0
/// to 1; `traced` is the share of talks that leave a trace.
pub(super) fn confidence(
    due: bool,
    silence: u32,
    contact: u32,
    rhythm: &Rhythm,
    traced: f64,
) -> f64 {
    let seen = f64::from(contact) / (f64::from(contact) + HALF);
    if !due {
        return seen;
    }
    let hidden = rhythm.frequency * (1.0 - traced) / traced.max(f64::MIN_POSITIVE);
    (1.0 - rhythm.longer) * seen * (-hidden * f64::from(silence)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair of W4 after 25 silent open days, with 20 contact days in the quarter.
    #[test]
    fn w15_talks_that_leave_no_trace_cost_confidence() {
        let check = |traced, expect: f64, level| {
            let rhythm = Rhythm { longer: 0.0396, frequency: 6.0 / 68.0, ..Rhythm::default() };
            let got = confidence(true, 25, 20, &rhythm, traced);
            assert!((got - expect).abs() < 1e-3, "{got} instead of {expect}");
            assert_eq!(Confidence::of(got), level);
        };
        check(0.8, 0.481, Confidence::Low);
        check(0.9, 0.654, Confidence::Medium);
        check(0.95, 0.744, Confidence::Medium);
    }

    #[test]
    fn every_talk_told_of_too_late_lowers_the_share_that_leaves_a_trace() {
        let near = |got: f64, expect: f64| assert!((got - expect).abs() < 1e-9, "{got}");
        near(traced(0, 0), 0.9);
        near(traced(0, 1), 9.0 / 11.0);
        near(traced(10, 0), 0.95);
    }

    #[test]
    fn a_verdict_that_asks_for_nothing_rests_on_contact_alone() {
        let got = confidence(false, 25, 9, &Rhythm::default(), 0.5);
        assert!((got - 0.75).abs() < 1e-12, "{got}");
    }
}
