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

use crate::source::http::{Address, Error, Fault};

/// How long the DNS is asked. Without it the standard's well-known place is tried.
const PATIENCE: Duration = Duration::from_secs(8);

/// Follows the DNS from a domain to a server; anything but a bare name is a server already.
pub(super) async fn server(typed: &Address, resolver: StubResolver) -> Result<Address, Error> {
    let host = typed.host();
    let plain = typed.is_bare() && typed.url().port().is_none() && host.contains('.');
    let name = Name::vec_from_str(host).ok().filter(|_| plain && typed.url().domain().is_some());
    let Some(name) = name else { return Ok(typed.clone()) };
    let found = tokio::time::timeout(PATIENCE, look_up(&name, &resolver)).await;
    let Some((target, port, path)) = found.ok().flatten() else { return Ok(typed.clone()) };
    let inside = target == host || target.strip_suffix(host).is_some_and(|sub| sub.ends_with('.'));
    let there = format!("https://{target}:{port}{}", path.as_deref().unwrap_or("/"));
    let Ok(there) = Address::parse(&there) else { return Ok(typed.clone()) };
    if inside { Ok(there) } else { Err(Fault::Elsewhere(there.origin()).at(typed)) }
}

type Found = (String, u16, Option<String>);

/// The first of the targets, and the path; `None` when the domain says nothing.
async fn look_up(name: &Name<Vec<u8>>, resolver: &StubResolver) -> Option<Found> {
    let service = RelativeName::from_slice(b"\x08_caldavs\x04_tcp").ok()?;
    let found = lookup_srv(resolver, service, name, 443).await.ok()??;
    let first = found.into_srvs().next()?;
    let target = first.target().to_string().trim_end_matches('.').to_ascii_lowercase();
    // Without a record the crate names the domain itself; "." says that there is no service.
    if target.is_empty() {
        return None;
    }
    Some((target, first.port(), path(name, resolver).await))
}

async fn path(name: &Name<Vec<u8>>, resolver: &StubResolver) -> Option<String> {
    let service = RelativeName::from_slice(b"\x08_caldavs\x04_tcp").ok()?;
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
