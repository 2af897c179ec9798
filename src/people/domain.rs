//! Domain names as a question of belonging: whose mail is written from there?
//!
//! Refuses to guess organizations at hosts that everybody uses: an address at a free-mail host
//! says nothing about the company its owner works for. The registrable domain comes from the
//! public suffix list, private part included, so that `foo.github.io` is its own organization;
//! the few shared hosts the list does not know are in [`super::hosts`]. A look at the last two
//! labels lost: it makes one company of all of `co.uk`.

use std::borrow::Cow;

use super::hosts;
use crate::mail::AddrSpec;

/// The address that stands for a mailbox everywhere: lower case, without `+tag`, its domain in
/// ASCII (RFC 5891), so that two spellings of one mailbox are one.
pub fn identity(address: &AddrSpec) -> AddrSpec {
    let address = address.identity();
    match ascii(address.domain()) {
        Cow::Borrowed(_) => address,
        Cow::Owned(domain) => {
            AddrSpec::parse(&format!("{}@{domain}", address.local())).unwrap_or(address)
        }
    }
}

/// The domain with each label that is not ASCII written as `xn--…` (RFC 5890).
///
/// Case mapping beyond lower case and Unicode normalization are left out: mail programs have done
/// both before a domain reaches a header.
pub(super) fn ascii(domain: &str) -> Cow<'_, str> {
    if domain.is_ascii() {
        return Cow::Borrowed(domain);
    }
    let label = |label: &str| match punycode(label) {
        Some(code) if !label.is_ascii() => format!("xn--{code}"),
        _ => label.to_owned(),
    };
    Cow::Owned(domain.split('.').map(label).collect::<Vec<_>>().join("."))
}

/// Punycode (RFC 3492 §6.3) of one label; `None` when the arithmetic overflows, which takes a
/// label far beyond the 63 octets of the DNS.
fn punycode(label: &str) -> Option<String> {
    const BASE: u32 = 36;
    const T_MIN: u32 = 1;
    const T_MAX: u32 = 26;
    let digit = |d: u32| char::from_digit(d, BASE).map(rotate);
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let total = u32::try_from(label.chars().count()).ok()?;
    let (mut n, mut delta, mut bias, mut handled) = (128_u32, 0_u32, 72_u32, basic);
    while handled < total {
        let next = label.chars().map(u32::from).filter(|&c| c >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for c in label.chars().map(u32::from) {
            if c < n {
                delta = delta.checked_add(1)?;
            }
            if c != n {
                continue;
            }
            let (mut q, mut k) = (delta, BASE);
            loop {
                let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
                if q < t {
                    break;
                }
                out.push(digit(t + (q - t) % (BASE - t))?);
                q = (q - t) / (BASE - t);
                k += BASE;
            }
            out.push(digit(q)?);
            delta = if handled == basic { delta / 700 } else { delta / 2 };
            delta += delta / (handled + 1);
            let mut steps = 0;
            while delta > (BASE - T_MIN) * T_MAX / 2 {
                delta /= BASE - T_MIN;
                steps += BASE;
            }
            bias = steps + (BASE - T_MIN + 1) * delta / (delta + 38);
            delta = 0;
            handled += 1;
        }
        delta = delta.checked_add(1)?;
        n += 1;
    }
    Some(out)
}

/// Punycode counts from `a`, `char::from_digit` from `0`.
fn rotate(digit: char) -> char {
    match digit.to_digit(36) {
        Some(d @ 0..=25) => char::from(b'a' + u8::try_from(d).unwrap_or(0)),
        Some(d) => char::from(b'0' + u8::try_from(d - 26).unwrap_or(0)),
        None => digit,
    }
}

/// The domain, then each of its parents: `a.b.test`, `b.test`, `test`.
pub(super) fn with_parents(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |d| d.split_once('.').map(|(_, parent)| parent))
}

/// Whether anybody can have an address there, so that it tells nothing about its owner.
///
/// Such a domain never makes a client or a colleague, whatever the configuration says.
pub fn is_free_mail(domain: &str) -> bool {
    // yahoo.de, yahoo.co.jp; not yahoo.some-company.test
    let of_country = |family: &str| {
        let rest = domain.strip_prefix(family).and_then(|rest| rest.strip_prefix('.'));
        rest.is_some_and(|rest| rest.split('.').all(|label| label.len() <= 3))
    };
    with_parents(domain).any(|d| hosts::FREE_MAIL.binary_search(&d).is_ok())
        || hosts::FREE_MAIL_FAMILIES.iter().any(|family| of_country(family))
}

/// The registrable domain: what an organization owns. `None` for free mail, a bare suffix, a
/// single label and a number.
pub(super) fn organization(domain: &str) -> Option<&str> {
    if is_free_mail(domain) || domain.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    if hosts::SHARED.contains(&domain) {
        return None;
    }
    let below_shared =
        |d: &&str| d.split_once('.').is_some_and(|(_, parent)| hosts::SHARED.contains(&parent));
    with_parents(domain).find(below_shared).or_else(|| psl::domain_str(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_ascii() {
        // The German and Japanese samples follow RFC 3492 §7.1 (I) and common registry practice.
        let cases = [
            ("acme.test", "acme.test"),
            ("bücher.test", "xn--bcher-kva.test"),
            ("münchen.de", "xn--mnchen-3ya.de"),
            ("straße.test", "xn--strae-oqa.test"),
            ("例え.jp", "xn--r8jz45g.jp"),
            ("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"),
            ("mail.ü.test", "mail.xn--tda.test"),
        ];
        for (domain, expect) in cases {
            assert_eq!(ascii(domain), expect);
        }
    }

    #[test]
    fn two_spellings_of_one_mailbox_are_one() {
        let read = |text| identity(&AddrSpec::parse(text).unwrap());
        assert_eq!(read("Jo+crm@Bücher.test"), read("jo@xn--bcher-kva.test"));
        assert_eq!(read("jo@acme.test").as_str(), "jo@acme.test");
    }

    #[test]
    fn an_organization_is_what_it_owns() {
        let cases = [
            ("acme.test", Some("acme.test")),
            ("mail.berlin.acme.test", Some("acme.test")),
            ("shop.acme.co.uk", Some("acme.co.uk")),
            ("foo.github.io", Some("foo.github.io")),
            ("acme.onmicrosoft.com", Some("acme.onmicrosoft.com")),
            ("eu.acme.onmicrosoft.com", Some("acme.onmicrosoft.com")),
            ("onmicrosoft.com", None),
            ("gmail.com", None),
            ("yahoo.co.jp", None),
            ("co.uk", None),
            ("localhost", None),
            ("1.2.3.4", None),
            ("", None),
        ];
        for (domain, expect) in cases {
            assert_eq!(organization(domain), expect, "{domain}");
        }
    }

    #[test]
    fn a_company_named_like_a_host_is_a_company() {
        assert!(is_free_mail("yahoo.de"));
        assert!(is_free_mail("gmail.com"));
        assert!(!is_free_mail("yahoo.consulting.test"));
        assert!(!is_free_mail("notgmail.com"));
        assert!(!is_free_mail("acme.test"));
    }
}
