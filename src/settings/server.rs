//! What accounts on servers share: where the server is, whom to believe, who asks, and where the
//! secret is.
//!
//! A secret itself is refused wherever it is written, and never quoted; nor is the address of a
//! calendar, which may be one.

use std::path::Path;

use toml::de::DeValue;

use super::section::{Ledger, Section};
use super::value::{Read, Value, choice, flag, list, path, placed, quoted, text, whole};
use crate::secret::Place;
use crate::source::http::{Address, Unusable};
use crate::source::net::{Login, Means, Security, Server, Trust, tls};

/// Reads where a mail server is and how it is spoken to.
pub(super) fn server(
    section: &mut Section<'_>,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Option<Server> {
    let host = section.required("host", "\"imap.agency.test\"", ledger, placed(host));
    let securities = choice(&[
        ("tls", Security::Tls),
        ("starttls", Security::StartTls),
        ("none", Security::Plain),
    ]);
    let security = section.optional("security", ledger, placed(securities));
    let port = section.optional("port", ledger, whole(1..=65_535));
    let trust = trust(section, home, ledger);
    let kind = security.as_ref().map_or(Security::Tls, |security| security.value);
    let host = host?;
    if let Some(security) = security
        && kind == Security::Plain
        && !is_this_machine(&host.value)
    {
        let what = format!("would send the password to {} for all to read", quoted(&host.value));
        let remedy = "write \"tls\"; without encryption only this machine is spoken to";
        ledger.fault(security.origin(), section.key("security"), what, remedy);
        return None;
    }
    let usual = match kind {
        Security::Tls => 993,
        Security::StartTls | Security::Plain => 143,
    };
    let port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or(usual);
    Some(Server { host: host.value, port, security: kind, trust: trust? })
}

/// Reads which certificates are believed; `None` when that is told wrongly.
pub(super) fn trust(
    section: &mut Section<'_>,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Option<Trust> {
    let both = section.has("authority") && section.has("fingerprint");
    let authority = section.optional("authority", ledger, placed(path(home)));
    let pin = section.optional("fingerprint", ledger, placed(fingerprint));
    if let (Some(authority), Some(_)) = (&authority, &pin) {
        let remedy = "keep one of them; the fingerprint is stricter";
        ledger.fault(
            authority.origin(),
            section.key("authority"),
            "is given beside a fingerprint",
            remedy,
        );
        return None;
    }
    match (authority, pin) {
        (Some(file), None) => {
            ledger.paths.push((file.origin(), section.key("authority"), file.value.clone()));
            Some(Trust::Authority(file.value))
        }
        (None, Some(pin)) => Some(Trust::Pin(pin.value)),
        _ if both => None,
        _ if section.has("authority") || section.has("fingerprint") => None,
        _ => Some(Trust::System),
    }
}

/// A login, and where its secret is.
pub(super) type Known = (Login, Place);

/// Reads who asks a server that always wants to know.
pub(super) fn login(
    section: &mut Section<'_>,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Option<Known> {
    let user = section.required("user", "\"ana@agency.test\"", ledger, text);
    let secret = secret(section, home, ledger);
    let (user, (means, place)) = (user?, secret?);
    Some((Login { user, means }, place))
}

/// Reads who asks a server that may ask nobody; `None` when that is told wrongly.
pub(super) fn maybe_login(
    section: &mut Section<'_>,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Option<Option<Known>> {
    if ["user", "password", "token"].into_iter().any(|key| section.has(key)) {
        return login(section, home, ledger).map(Some);
    }
    // Asked for, so that these keys are known.
    section.optional("user", ledger, text);
    section.optional("password", ledger, text);
    section.optional("token", ledger, text);
    Some(None)
}

/// Reads the address of a calendar; it is never repeated.
pub(super) fn address(value: &Value<'_>) -> Read<Address> {
    let text = text(value)?;
    Address::parse(&text).or_else(|why| {
        let (what, remedy) = match why {
            Unusable::Unreadable => ("is no web address", "write it as https://host/path"),
            Unusable::Unencrypted => ("is not encrypted", "write https in place of http"),
            Unusable::Scheme => ("is no https address", "write it as https://host/path"),
            Unusable::Credential => (
                "holds a user name or password",
                "leave out what stands before the @; there are user and password for it",
            ),
            Unusable::LinkLocal => {
                ("is a link-local address", "write the name of a server on the internet or at home")
            }
        };
        value.wrong(what, remedy)
    })
}

fn is_this_machine(host: &str) -> bool {
    let ip = host.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// A host name or IP address. Names in other scripts are left to whoever types them in the form
/// that DNS has, since a certificate has it too.
fn host(value: &Value<'_>) -> Read<String> {
    let host = text(value)?;
    let bare = host.trim_end_matches('.');
    if bare.parse::<std::net::IpAddr>().is_ok() {
        return Ok(host);
    }
    if !bare.is_ascii() {
        let what = format!("{} is not in the form that name servers know", quoted(&host));
        return value.wrong(what, "write it with xn--, as a browser's certificate view does");
    }
    let part = |part: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !part.is_empty() && part.len() < 64 && part.chars().all(fits)
    };
    if bare.split('.').all(part) && bare.len() < 254 {
        return Ok(host);
    }
    let what = format!("{} is no host name", quoted(&host));
    let remedy = match bare.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => "write the name alone, and port = NUMBER",
        _ => "write the name alone, as imap.agency.test",
    };
    value.wrong(what, remedy)
}

fn fingerprint(value: &Value<'_>) -> Read<[u8; 32]> {
    match tls::Fingerprint::parse(&text(value)?) {
        Some(tls::Fingerprint(pin)) => Ok(pin),
        None => value.wrong(
            "is no SHA-256 fingerprint, which has 64 hexadecimal digits",
            "copy it from what \"hallway check\" says of the certificate",
        ),
    }
}

const REMEDY: &str =
    "write { keyring = true }, { command = \"pass show work\" } or { credential = \"work\" }";

/// Reads which secret a login has and where it is.
fn secret(
    section: &mut Section<'_>,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Option<(Means, Place)> {
    let both = section.has("password") && section.has("token");
    let neither = !section.has("password") && !section.has("token");
    let password = place("password", section, home, ledger);
    let token = place("token", section, home, ledger);
    if both {
        let key = section.key("token");
        ledger.fault(section.origin(), key, "is given beside a password", "keep one of them");
        return None;
    }
    if neither {
        ledger.fault(section.origin(), section.key("password"), "is missing", REMEDY);
        return None;
    }
    let token = token.map(|place| (Means::Token, place));
    password.map(|place| (Means::Password, place)).or(token)
}

fn place(
    key: &'static str,
    section: &mut Section<'_>,
    home: Option<&Path>,
    ledger: &mut Ledger,
) -> Option<Place> {
    let Some(mut place) = section.table_if(key, ledger) else {
        if section.has(key) {
            section.optional(key, ledger, |value| {
                let what = format!("says the {key} itself, which does not belong here");
                value.wrong::<()>(what, REMEDY)
            });
        }
        return None;
    };
    let origin = place.origin();
    let ways = ["keyring", "command", "credential"].into_iter().filter(|way| place.has(way));
    let ways = ways.count();
    let keyring = place.optional("keyring", ledger, |value| match flag(value)? {
        true => Ok(Place::Keyring),
        false => value.wrong("can only be true", "leave it out, and say where else to look"),
    });
    let command = place.optional("command", ledger, words(home)).map(Place::Command);
    let credential = place.optional("credential", ledger, credential).map(Place::Credential);
    place.close(ledger);
    if ways != 1 {
        ledger.fault(origin, section.key(key), "must name one place", REMEDY);
        return None;
    }
    keyring.or(command).or(credential)
}

/// A program and its arguments: a list, or text that is cut at its blanks. What a shell would make
/// more of is refused rather than passed on as it stands, since that would never be meant.
/// Of the home directory only the program's `~/` is understood.
fn words(home: Option<&Path>) -> impl Fn(&Value<'_>) -> Read<Vec<String>> {
    move |value| {
        let mut words: Vec<String> = match value.item {
            DeValue::Array(_) => list(text)(value)?.into_iter().map(|word| word.value).collect(),
            _ => text(value)?.split_whitespace().map(str::to_owned).collect(),
        };
        let Some(program) = words.first_mut() else {
            return value.wrong("is an empty list", "name the program and its arguments");
        };
        if let (Some(below), Some(home)) = (program.strip_prefix("~/"), home) {
            *program = home.join(below).to_string_lossy().into_owned();
        }
        let shell = ['\'', '"', '\\', '$', '`', '|', '&', ';', '<', '>', '*', '?', '(', '~'];
        if !matches!(value.item, DeValue::Array(_)) && words.iter().any(|word| word.contains(shell))
        {
            return value.wrong(
                "needs a shell, and none is asked",
                "write a list, as [\"program\", \"argument\"] or [\"sh\", \"-c\", \"script\"]",
            );
        }
        Ok(words)
    }
}

fn credential(value: &Value<'_>) -> Read<String> {
    let name = text(value)?;
    if name.contains('/') || name.starts_with('.') {
        let what = format!("{} is no name of a credential", quoted(&name));
        return value.wrong(what, "write the name that LoadCredential= gives it, as work");
    }
    Ok(name)
}
