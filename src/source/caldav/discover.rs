//! From what the user typed to the homes of the calendars or address books (RFC 6764).
//!
//! The typed address may be a server's name, the root of its calendars, the account or one
//! calendar. It is asked first, then what the standard knows: `/.well-known/caldav`, then the root.
//! A server's name alone is first looked up in the DNS ([`super::dns`]). Three questions do in most
//! cases, and the answer is remembered.
//!
//! Whatever place an answer names, it must be on the server that was asked: a credential is for one
//! origin ([`crate::source::http`]).

use std::collections::BTreeSet;

use super::conversation::Conversation;
use super::multistatus::Response;
use super::{Kind, ask};
use crate::source::http::{Address, Error, Fault};

/// Where the standard says to look (RFC 6764 §5).
fn well_known(kind: Kind) -> &'static str {
    match kind {
        Kind::Calendars => "/.well-known/caldav",
        Kind::Books => "/.well-known/carddav",
    }
}

/// Where calendars are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// In these home sets (RFC 4791 §6.2.1).
    Homes(Vec<Address>),
    /// The address is one calendar.
    Calendar(Address),
}

/// Finds the calendars of whoever asks.
pub(super) async fn find(
    talk: &Conversation<'_>,
    kind: Kind,
    typed: &Address,
) -> Result<Found, Error> {
    let mut tried = BTreeSet::new();
    let mut first: Option<Error> = None;
    for place in places(kind, typed) {
        if !tried.insert(place.url().to_string()) {
            continue;
        }
        match at(talk, kind, &place).await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            // There is a server, and it does not want us: no other place will change that.
            Err(error) if !is_about_the_place(&error) => return Err(error),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| nothing(kind).at(typed)))
}

fn nothing(kind: Kind) -> Fault {
    Fault::Protocol(match kind {
        Kind::Calendars => {
            "is no calendar server, or keeps no calendars for this user; check `url`"
        }
        Kind::Books => "is no server of address books, or keeps none for this user; check `url`",
    })
}

/// The places to look at, the likeliest first.
fn places(kind: Kind, typed: &Address) -> Vec<Address> {
    let below = |path| typed.join(path).ok();
    let standard = [below(well_known(kind)), below("/")];
    let typed = (!typed.is_bare()).then(|| typed.clone());
    std::iter::once(typed).chain(standard).flatten().collect()
}

/// Whether another place on the same server may answer better.
fn is_about_the_place(error: &Error) -> bool {
    matches!(
        error.fault,
        Fault::Forbidden
            | Fault::NotFound
            | Fault::Status(_)
            | Fault::Redirect(_)
            | Fault::Protocol(_)
    )
}

/// What there is at a place, or where it says to look.
async fn at(talk: &Conversation<'_>, kind: Kind, place: &Address) -> Result<Option<Found>, Error> {
    let (base, told) = describe(talk, kind, place).await?;
    if told.is(kind) {
        return Ok(Some(Found::Calendar(base)));
    }
    if let Some(homes) = homes(talk, &base, &told)? {
        return Ok(Some(homes));
    }
    let Some(principal) = &told.principal else { return Ok(None) };
    let principal = talk.inside(&base, principal)?;
    let (base, told) = describe(talk, kind, &principal).await?;
    homes(talk, &base, &told)
}

fn homes(talk: &Conversation<'_>, base: &Address, told: &Response) -> Result<Option<Found>, Error> {
    let homes = told.homes.iter().map(|home| talk.inside(base, home));
    let homes = homes.collect::<Result<Vec<_>, _>>()?;
    Ok((!homes.is_empty()).then_some(Found::Homes(homes)))
}

/// Asks about one place, and where it was answered from.
async fn describe(
    talk: &Conversation<'_>,
    kind: Kind,
    place: &Address,
) -> Result<(Address, Response), Error> {
    let mut told = None;
    let mut listen = |response| {
        told.get_or_insert(response);
    };
    let base = talk.hear(place, &ask::place(kind), &mut listen).await?.at;
    told.map(|told| (base, told)).ok_or_else(|| nothing(kind).at(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_typed_place_comes_first() {
        let check = |typed: &str, expect: &[&str]| {
            let typed = Address::parse(typed).unwrap();
            let places = places(Kind::Calendars, &typed);
            let told: Vec<_> = places.iter().map(|place| place.url().as_str()).collect();
            assert_eq!(told, expect);
        };
        check("a.test", &["https://a.test/.well-known/caldav", "https://a.test/"]);
        check(
            "https://a.test:8443/dav/",
            &[
                "https://a.test:8443/dav/",
                "https://a.test:8443/.well-known/caldav",
                "https://a.test:8443/",
            ],
        );
    }
}
