//! Which server keeps the calendars of a domain: SRV and TXT records (RFC 6764 §3 and §4).
//!
//! DNS answers can be forged, and a login follows. So a target counts only where it is the domain
//! itself or a name below it (RFC 6764 §8): its certificate then proves that the domain's owner
//! meant it. Other targets are named to the user, who may type them.

use std::time::Duration;

use domain::base::{Name, Question, RelativeName, Rtype, ToRelativeName as _};
use domain::rdata::Txt;
use domain::resolv::StubResolver;
use domain::resolv::lookup::srv::lookup_srv;

use super::Kind;
use crate::source::http::{Address, Error, Fault};

/// How long the DNS is asked. Without it the standard's well-known place is tried.
const PATIENCE: Duration = Duration::from_secs(8);

/// Follows the DNS from a domain to a server; anything but a bare name is a server already.
pub(super) async fn server(
    kind: Kind,
    typed: &Address,
    resolver: StubResolver,
) -> Result<Address, Error> {
    let host = typed.host();
    let plain = typed.is_bare() && typed.url().port().is_none() && host.contains('.');
    let name = Name::vec_from_str(host).ok().filter(|_| plain && typed.url().domain().is_some());
    let Some(name) = name else { return Ok(typed.clone()) };
    let found = tokio::time::timeout(PATIENCE, look_up(kind, &name, &resolver)).await;
    let Some((target, port, path)) = found.ok().flatten() else { return Ok(typed.clone()) };
    let inside = target == host || target.strip_suffix(host).is_some_and(|sub| sub.ends_with('.'));
    let there = format!("https://{target}:{port}{}", path.as_deref().unwrap_or("/"));
    let Ok(there) = Address::parse(&there) else { return Ok(typed.clone()) };
    if inside { Ok(there) } else { Err(Fault::Elsewhere(there.origin()).at(typed)) }
}

type Found = (String, u16, Option<String>);

/// The first of the targets, and the path; `None` when the domain says nothing.
async fn look_up(kind: Kind, name: &Name<Vec<u8>>, resolver: &StubResolver) -> Option<Found> {
    let service = RelativeName::from_slice(label(kind)).ok()?;
    let found = lookup_srv(resolver, service, name, 443).await.ok()??;
    let first = found.into_srvs().next()?;
    let target = first.target().to_string().trim_end_matches('.').to_ascii_lowercase();
    // Without a record the crate names the domain itself; "." says that there is no service.
    if target.is_empty() {
        return None;
    }
    Some((target, first.port(), path(kind, name, resolver).await))
}

/// The service as a name: of the encrypted ones alone.
fn label(kind: Kind) -> &'static [u8] {
    match kind {
        Kind::Calendars => b"\x08_caldavs\x04_tcp",
        Kind::Books => b"\x09_carddavs\x04_tcp",
    }
}

async fn path(kind: Kind, name: &Name<Vec<u8>>, resolver: &StubResolver) -> Option<String> {
    let service = RelativeName::from_slice(label(kind)).ok()?;
    let asked = Question::new_in(service.chain(name).ok()?, Rtype::TXT);
    let answer = resolver.query(asked).await.ok()?;
    for record in answer.answer().ok()?.limit_to::<Txt<_>>().flatten() {
        let text = record.data().text::<Vec<u8>>();
        let text = String::from_utf8(text).ok()?;
        if let Some(path) = text.strip_prefix("path=").filter(|path| path.starts_with('/')) {
            return Some(path.to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
    use std::thread;

    use domain::resolv::stub::conf::{ResolvConf, ServerConf, Transport};

    use super::*;

    /// SRV and TXT data as they travel; `None` for no such name.
    type Records = (Option<Vec<u8>>, Option<Vec<u8>>);

    /// A resolver that asks a name server of a few lines.
    fn resolver((srv, txt): Records) -> StubResolver {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut conf = ResolvConf::new();
        let at: SocketAddr = socket.local_addr().unwrap();
        conf.servers.push(ServerConf::new(at, Transport::UdpTcp));
        conf.finalize();
        thread::spawn(move || {
            let mut buffer = [0; 1500];
            while let Ok((_, from)) = socket.recv_from(&mut buffer) {
                let name = buffer[12..].iter().position(|byte| *byte == 0).unwrap();
                let question = &buffer[12..12 + name + 5];
                let kind = question[name + 2];
                let data = if kind == 33 { &srv } else { &txt };
                let code = if data.is_some() { 0 } else { 3 };
                let mut answer = buffer[..2].to_vec();
                answer.extend([0x81, 0x80 | code, 0, 1, 0, u8::from(data.is_some()), 0, 0, 0, 0]);
                answer.extend(question);
                if let Some(data) = data {
                    answer.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0]);
                    answer.push(u8::try_from(data.len()).unwrap());
                    answer.extend(data);
                }
                socket.send_to(&answer, from).unwrap();
            }
        });
        StubResolver::from_conf(conf)
    }

    fn srv(target: &str, port: u16) -> Option<Vec<u8>> {
        let mut data = vec![0, 1, 0, 1];
        data.extend(port.to_be_bytes());
        for label in target.split('.').filter(|label| !label.is_empty()) {
            data.push(u8::try_from(label.len()).unwrap());
            data.extend(label.bytes());
        }
        data.push(0);
        Some(data)
    }

    fn txt(text: &str) -> Option<Vec<u8>> {
        let length = u8::try_from(text.len()).unwrap();
        Some([&[length], text.as_bytes()].concat())
    }

    fn check(typed: &str, records: Records, expect: Result<&str, &str>) {
        let typed = Address::parse(typed).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found =
            runtime.block_on(async { server(Kind::Calendars, &typed, resolver(records)).await });
        let found = found.map(|found| found.url().to_string()).map_err(|error| error.to_string());
        assert_eq!(found, expect.map(str::to_owned).map_err(str::to_owned), "{typed}");
    }

    #[test]
    fn a_domain_says_where_its_calendars_are() {
        let there = || srv("dav.agency.test", 8443);
        check("agency.test", (there(), txt("path=/dav/")), Ok("https://dav.agency.test:8443/dav/"));
        check("agency.test", (there(), None), Ok("https://dav.agency.test:8443/"));
        check("agency.test", (there(), txt("v=spf1")), Ok("https://dav.agency.test:8443/"));
        check("agency.test", (srv("agency.test", 443), None), Ok("https://agency.test/"));
        check("agency.test", (None, None), Ok("https://agency.test/"));
        check("agency.test", (srv(".", 0), None), Ok("https://agency.test/"));
    }

    #[test]
    fn a_server_elsewhere_is_named_and_not_asked() {
        for target in ["dav.evil.test", "evilagency.test"] {
            check(
                "agency.test",
                (srv(target, 443), None),
                Err(&format!(
                    "https://agency.test says that the calendars are at https://{target}; if that \
                     is right, give that address as `url`"
                )),
            );
        }
    }

    #[test]
    fn what_names_a_server_is_not_looked_up() {
        let elsewhere = || (srv("dav.agency.test", 443), None);
        for typed in ["https://agency.test:8443/", "https://agency.test/dav/", "http://127.0.0.1/"]
        {
            check(typed, elsewhere(), Ok(typed));
        }
        check("localhost", elsewhere(), Ok("https://localhost/"));
    }
}
