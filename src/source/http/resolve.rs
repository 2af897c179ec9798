//! Names to IP addresses, those that may be asked.
//!
//! The user typed one name, which may lie anywhere but on a link-local address. A name that only a
//! server told us must lie as far away as that one or further: a server on the internet does not
//! send us to the printer.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::{Address, Reach, literal, reach};

/// Which places may be asked.
#[derive(Debug)]
pub(super) struct Bounds {
    home: String,
    /// The name that was typed lies in a network at home or on this machine.
    inside: AtomicBool,
}

/// The system's resolver, and which of its answers are used.
#[derive(Clone, Debug)]
pub(super) struct Bounded(pub(super) Arc<Bounds>);

impl Bounds {
    pub(super) fn new(home: &Address) -> Self {
        let inside = literal(home.host()).is_some_and(|ip| reach(ip) != Reach::Public);
        Self { home: home.host().to_owned(), inside: AtomicBool::new(inside) }
    }

    /// Whether a host written as an IP address may be asked; names are judged when resolved.
    pub(super) fn allow(&self, address: &Address) -> bool {
        literal(address.host()).is_none_or(|ip| self.allow_at(address.host(), reach(ip)))
    }

    fn allow_at(&self, host: &str, reach: Reach) -> bool {
        match reach {
            Reach::Link => false,
            Reach::Public => true,
            Reach::Here | Reach::Private => {
                host == self.home || self.inside.load(Ordering::Relaxed)
            }
        }
    }

    fn sift(&self, host: &str, found: Vec<SocketAddr>) -> Vec<SocketAddr> {
        let near = |address: &SocketAddr| reach(address.ip()) != Reach::Public;
        if host == self.home && found.iter().any(near) {
            self.inside.store(true, Ordering::Relaxed);
        }
        found.into_iter().filter(|address| self.allow_at(host, reach(address.ip()))).collect()
    }
}

impl Resolve for Bounded {
    fn resolve(&self, name: Name) -> Resolving {
        let bounds = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let allowed = bounds.sift(&host, found);
            if allowed.is_empty() {
                let why: Box<dyn Error + Send + Sync> =
                    "its name stands for a place inside this network".into();
                return Err(why);
            }
            let allowed: Addrs = Box::new(allowed.into_iter());
            Ok(allowed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(home: &str, resolves: &str, other: &str, ip: &str, allowed: bool) {
        let bounds = Bounds::new(&Address::parse(home).unwrap());
        let at = |ip: &str| vec![SocketAddr::new(ip.parse().unwrap(), 0)];
        bounds.sift(home, at(resolves));
        assert_eq!(!bounds.sift(other, at(ip)).is_empty(), allowed, "{home} -> {other} at {ip}");
    }

    #[test]
    fn a_server_outside_does_not_send_us_inside() {
        const OUT: &str = "93.184.216.34";
        check("agency.test", OUT, "cdn.test", "93.184.216.35", true);
        check("agency.test", OUT, "router.test", "192.168.1.1", false);
        check("agency.test", OUT, "localhost", "127.0.0.1", false);
        check("agency.test", OUT, "cloud.test", "169.254.169.254", false);
        check("agency.test", "192.168.1.2", "agency.test", "192.168.1.2", true);
        check("agency.test", "192.168.1.2", "nas.test", "192.168.1.3", true);
        check("agency.test", "192.168.1.2", "cloud.test", "169.254.169.254", false);
        check("agency.test", "192.168.1.2", "cdn.test", OUT, true);
    }

    #[test]
    fn a_host_written_as_a_number_is_judged_by_the_number() {
        let to = |text: &str| Address::parse(text).unwrap();
        let outside = Bounds::new(&to("https://93.184.216.34/"));
        assert!(outside.allow(&to("https://93.184.216.35/")));
        assert!(!outside.allow(&to("https://10.0.0.1/")));
        assert!(!outside.allow(&to("http://127.0.0.1:8080/")));
        let here = Bounds::new(&to("http://127.0.0.1:8080/"));
        assert!(here.allow(&to("https://10.0.0.1/")));
    }
}
