//! Whether somebody can still be written to.
//!
//! A report that names the address it could not reach says so in its head (`X-Failed-Recipients`,
//! written by Exim, Gmail and others for failures that are final, not for delays). Servers that
//! name it in the body alone, as Postfix and Exchange do, say nothing to us, for no body is read;
//! guessing from the message a report answers lost, since a delay answers it as well.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::mail::AddrSpec;

/// Reports from which on an address counts as gone: one may be a full mailbox.
const TWICE: usize = 2;

/// A report that mail to an address was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The address that was not reached.
    pub address: AddrSpec,
    /// When the report was written.
    pub at: Timestamp,
}

/// Whether a person with these addresses is gone as of a moment: each address is retired, or two
/// reports came since it last gave a sign of life ([`None`]: it never did). Who writes or talks
/// again is back.
pub fn is_gone(
    addresses: &[AddrSpec],
    retired: &BTreeSet<AddrSpec>,
    failures: &[Failure],
    sign_of_life: impl Fn(&AddrSpec) -> Option<Timestamp>,
    as_of: Timestamp,
) -> bool {
    let fails = |address: &AddrSpec| {
        let alive = sign_of_life(address);
        let counts = |one: &&Failure| {
            one.address == *address && one.at <= as_of && alive.is_none_or(|alive| alive < one.at)
        };
        failures.iter().filter(counts).count() >= TWICE
    };
    let gone = |address: &AddrSpec| retired.contains(address) || fails(address);
    !addresses.is_empty() && addresses.iter().all(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days of reports and of the last sign of life of two addresses, and which is retired.
    #[track_caller]
    fn check(old: (&[i64], Option<i64>), new: (&[i64], Option<i64>), retired: &[&str], gone: bool) {
        let address = |text: &str| AddrSpec::parse(text).unwrap();
        let day = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        let (a, b) = (address("anna@old.test"), address("anna@new.test"));
        let of = |(address, days): (&AddrSpec, &[i64])| {
            let failure = |at: &i64| Failure { address: address.clone(), at: day(*at) };
            days.iter().map(failure).collect::<Vec<_>>()
        };
        let failures = [of((&a, old.0)), of((&b, new.0))].concat();
        let alive = |of: &AddrSpec| if *of == a { old.1 } else { new.1 }.map(day);
        let retired = retired.iter().copied().map(address).collect();
        let got = is_gone(&[a.clone(), b.clone()], &retired, &failures, alive, day(100));
        assert_eq!(got, gone, "{old:?} {new:?} {retired:?}");
    }

    #[test]
    fn two_reports_with_no_sign_of_life_since() {
        let both = (&[10, 20][..], Some(5));
        check(both, both, &[], true);
        check(both, (&[10, 20], None), &[], true);
        check(both, (&[10], None), &[], false);
        check(both, (&[10, 20], Some(15)), &[], false);
        check(both, (&[10, 120], None), &[], false);
        check(both, (&[], None), &[], false);
        check(both, (&[], None), &["anna@new.test"], true);
        check((&[], None), (&[], Some(99)), &["anna@old.test", "anna@new.test"], true);
    }

    #[test]
    fn nobody_without_an_address_is_gone() {
        assert!(!is_gone(&[], &BTreeSet::new(), &[], |_| None, Timestamp::UNIX_EPOCH));
    }
}
