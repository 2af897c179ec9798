//! Where something lies on the web, as the user typed it.
//!
//! Encrypted, or on the machine itself: an unencrypted address beyond it is refused here, so that
//! nothing further in can forget to. Neither `Debug` nor `Display` says more than the server's
//! name: many calendars are shared by an address that is itself the secret.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// A URL that may be asked.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

/// Why a text is no address to use; each is the end of a sentence that begins with the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Not to be read at all.
    #[error("is no web address, such as https://dav.agency.test/")]
    Unreadable,
    /// `http` to another machine.
    #[error("is not encrypted: use https")]
    Unencrypted,
    /// `ftp`, `file` and what else there is.
    #[error("is neither https nor webcal")]
    Scheme,
    /// `https://user:password@…`: a secret does not belong into a configuration.
    #[error("holds a user name: name the user in `user`, and never write down a password")]
    Credential,
    /// Addresses that only machines in one room give each other, and cloud machines their keys.
    #[error("is a link-local address, where no calendar is kept")]
    LinkLocal,
}

impl Address {
    /// Reads what somebody typed: a URL, or a server's name alone. `webcal` and `webcals` are
    /// what browsers hand to calendar programs, and mean https.
    pub fn parse(text: &str) -> Result<Self, Unusable> {
        let text = text.trim();
        let whole = match text.split_once("://") {
            Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
                "webcal" | "webcals" => format!("https://{rest}"),
                _ => text.to_owned(),
            },
            None => format!("https://{text}"),
        };
        Self::of(Url::parse(&whole).map_err(|_| Unusable::Unreadable)?)
    }

    /// The same for a URL that came from elsewhere.
    pub(super) fn of(mut url: Url) -> Result<Self, Unusable> {
        let host = url.host_str().unwrap_or_default();
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(host) => {}
            "http" => return Err(Unusable::Unencrypted),
            _ => return Err(Unusable::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unusable::Credential);
        }
        if literal(host).is_some_and(|ip| reach(ip) == Reach::Link) {
            return Err(Unusable::LinkLocal);
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The server's name or IP address.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The server: scheme, name and port, to which a credential belongs.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Whether the server is this machine, as far as its name tells.
    pub(super) fn is_here(&self) -> bool {
        is_this_machine(self.host())
    }

    /// Whether only the server is named and nothing on it.
    pub fn is_bare(&self) -> bool {
        self.0.path() == "/" && self.0.query().is_none()
    }

    /// Another place, written as a page of this one would write it.
    pub(in crate::source) fn join(&self, reference: &str) -> Result<Self, Unusable> {
        Self::of(self.0.join(reference).map_err(|_| Unusable::Unreadable)?)
    }

    /// All of it.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}/..)", self.origin())
    }
}

/// How far away an IP address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The machine itself.
    Here,
    /// The same cable, or the inside of a data center (169.254.169.254 hands out keys there).
    Link,
    /// A home or company network.
    Private,
    /// The internet.
    Public,
}

/// The class of an IP address (RFC 6890).
pub(super) fn reach(ip: IpAddr) -> Reach {
    match ip {
        IpAddr::V4(ip) => reach_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => reach_v4(ip),
            None => reach_v6(ip),
        },
    }
}

fn reach_v4(ip: Ipv4Addr) -> Reach {
    let [a, b, ..] = ip.octets();
    match (a, b) {
        _ if ip.is_loopback() => Reach::Here,
        _ if ip.is_link_local() || ip.is_multicast() || ip.is_broadcast() => Reach::Link,
        // 0.0.0.0 reaches the machine itself, 100.64/10 is the provider's side of an address
        // translation, 192.0.0/24 and 198.18/15 are for tests of the network
        (0, _) => Reach::Link,
        (100, 64..128) | (192, 0) | (198, 18..20) => Reach::Private,
        _ if ip.is_private() => Reach::Private,
        _ => Reach::Public,
    }
}

fn reach_v6(ip: Ipv6Addr) -> Reach {
    let [first, ..] = ip.segments();
    match first {
        _ if ip.is_loopback() => Reach::Here,
        _ if ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local() => Reach::Link,
        _ if ip.is_unique_local() => Reach::Private,
        // IPv4 behind a translator (RFC 6052) or a tunnel (6to4, Teredo): nobody serves there
        0x64 | 0x2002 => Reach::Private,
        0x2001 if ip.segments().get(1) == Some(&0) => Reach::Private,
        _ => Reach::Public,
    }
}

/// The IP address that a host part is, with or without brackets.
pub(super) fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || literal(host).is_some_and(|ip| reach(ip) == Reach::Here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_encrypted_or_here_is_an_address() {
        for (text, expect) in [
            ("agency.test", Ok("https://agency.test/")),
            (" dav.agency.test:8443 ", Ok("https://dav.agency.test:8443/")),
            ("https://agency.test/dav/#x", Ok("https://agency.test/dav/")),
            ("webcal://agency.test/a.ics", Ok("https://agency.test/a.ics")),
            ("WEBCALS://agency.test/a.ics", Ok("https://agency.test/a.ics")),
            ("http://localhost:5232/", Ok("http://localhost:5232/")),
            ("http://127.0.0.1:5232/", Ok("http://127.0.0.1:5232/")),
            ("http://[::1]:5232/", Ok("http://[::1]:5232/")),
            ("http://agency.test/", Err(Unusable::Unencrypted)),
            ("http://localhost.agency.test/", Err(Unusable::Unencrypted)),
            ("http://192.168.0.2/", Err(Unusable::Unencrypted)),
            ("https://192.168.0.2/", Ok("https://192.168.0.2/")),
            ("https://169.254.169.254/", Err(Unusable::LinkLocal)),
            ("https://0xa9fea9fe/", Err(Unusable::LinkLocal)),
            ("https://[fe80::1]/", Err(Unusable::LinkLocal)),
            ("https://[::ffff:169.254.0.1]/", Err(Unusable::LinkLocal)),
            ("https://0.0.0.0/", Err(Unusable::LinkLocal)),
            ("https://ana:x@agency.test/", Err(Unusable::Credential)),
            ("https://ana@agency.test/", Err(Unusable::Credential)),
            ("file:///etc/passwd", Err(Unusable::Scheme)),
            ("ftp://agency.test/", Err(Unusable::Scheme)),
            ("https://", Err(Unusable::Unreadable)),
            ("", Err(Unusable::Unreadable)),
        ] {
            let address = Address::parse(text);
            let read = address.as_ref().map(|address| address.url().as_str()).map_err(|why| *why);
            assert_eq!(read, expect, "{text}");
        }
    }

    #[test]
    fn an_address_is_known_by_its_server_alone() {
        let address = Address::parse("https://agency.test/private-abc/basic.ics?key=1").unwrap();
        assert_eq!(
            format!("{address} {address:?}"),
            "https://agency.test Address(https://agency.test/..)"
        );
        assert!(!address.is_bare());
        assert!(Address::parse("agency.test").unwrap().is_bare());
    }

    #[test]
    fn every_ip_address_has_its_class() {
        for (ip, expect) in [
            ("127.0.0.9", Reach::Here),
            ("::1", Reach::Here),
            ("::ffff:127.0.0.1", Reach::Here),
            ("10.1.2.3", Reach::Private),
            ("172.16.0.1", Reach::Private),
            ("172.32.0.1", Reach::Public),
            ("192.168.1.1", Reach::Private),
            ("100.64.0.1", Reach::Private),
            ("100.128.0.1", Reach::Public),
            ("198.19.0.1", Reach::Private),
            ("fd00::1", Reach::Private),
            ("64:ff9b::a00:1", Reach::Private),
            ("2002:a00:1::", Reach::Private),
            ("2001:0:1::", Reach::Private),
            ("169.254.1.1", Reach::Link),
            ("fe80::1", Reach::Link),
            ("224.0.0.1", Reach::Link),
            ("::", Reach::Link),
            ("0.0.0.0", Reach::Link),
            ("93.184.216.34", Reach::Public),
            ("2606:4700::1", Reach::Public),
        ] {
            assert_eq!(reach(ip.parse().unwrap()), expect, "{ip}");
        }
    }
}
