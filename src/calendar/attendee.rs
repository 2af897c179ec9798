//! ATTENDEE and ORGANIZER (RFC 5545 §3.8.4.1 and §3.8.4.3) to mailboxes.
//!
//! An attendee without any address counts as somebody nobody knows: it gets an address below
//! `unaddressed.invalid` (RFC 2606), made from what is written about it. Dropping it would turn a
//! meeting of three into a talk of two, and that is the one mistake this program must not make.

use calcard::common::IanaString;
use calcard::icalendar::{
    ICalendarEntry, ICalendarParameterName as Param, ICalendarParameterValue as ParamValue, Uri,
};
use sha2::{Digest, Sha256};

use super::read::text;
use super::venue::percent_decoded;
use super::{Attendee, CuType, PartStat, Role, UNADDRESSED};
use crate::mail::{AddrSpec, Mailbox};

/// ATTENDEE; `None` for a line with nothing in it.
pub(super) fn attendee(entry: &ICalendarEntry) -> Option<Attendee> {
    let mailbox = mailbox(entry)?;
    let (mut partstat, mut cutype, mut role) =
        (PartStat::NeedsAction, CuType::Individual, Role::Required);
    for param in &entry.params {
        let value = match &param.value {
            ParamValue::Partstat(value) => value.as_str(),
            ParamValue::Cutype(value) => value.as_str(),
            ParamValue::Role(value) => value.as_str(),
            ParamValue::Text(value) => value.trim(),
            _ => continue,
        }
        .to_ascii_uppercase();
        match (&param.name, value.as_str()) {
            (Param::Partstat, "ACCEPTED") => partstat = PartStat::Accepted,
            (Param::Partstat, "DECLINED") => partstat = PartStat::Declined,
            (Param::Partstat, "TENTATIVE") => partstat = PartStat::Tentative,
            (Param::Partstat, "DELEGATED") => partstat = PartStat::Delegated,
            (Param::Cutype, "GROUP") => cutype = CuType::Group,
            (Param::Cutype, "RESOURCE") => cutype = CuType::Resource,
            (Param::Cutype, "ROOM") => cutype = CuType::Room,
            (Param::Role, "CHAIR") => role = Role::Chair,
            (Param::Role, "OPT-PARTICIPANT") => role = Role::Optional,
            (Param::Role, "NON-PARTICIPANT") => role = Role::NonParticipant,
            _ => {}
        }
    }
    Some(Attendee { mailbox, partstat, cutype, role })
}

/// Whom an attendee has sent instead: DELEGATED-TO, RFC 5545 §3.2.5. Only of somebody who is away;
/// programs leave it standing when a delegation is taken back.
pub(super) fn delegates(entry: &ICalendarEntry) -> impl Iterator<Item = AddrSpec> {
    let away = attendee(entry).is_some_and(|attendee| attendee.partstat == PartStat::Delegated);
    let to = entry.params.iter().filter_map(move |param| match &param.value {
        ParamValue::Uri(Uri::Location(to)) | ParamValue::Text(to)
            if away && param.name == Param::DelegatedTo =>
        {
            addr_spec(to)
        }
        _ => None,
    });
    to.take(8)
}

/// A calendar user: by `mailto:`, else by EMAIL (RFC 7986 §6.2), else by an address as CN.
pub(super) fn mailbox(entry: &ICalendarEntry) -> Option<Mailbox> {
    let param = |wanted: Param| {
        entry.params.iter().find_map(|param| match &param.value {
            ParamValue::Text(text) if param.name == wanted => Some(text.trim()),
            _ => None,
        })
    };
    let address = entry.values.first().and_then(text).unwrap_or_default().trim();
    let name = param(Param::Cn).map(unquoted).unwrap_or_default();
    let known = addr_spec(address)
        .or_else(|| param(Param::Email).and_then(addr_spec))
        .or_else(|| addr_spec(&name));
    let addr_spec = match known {
        Some(addr_spec) => addr_spec,
        None if address.is_empty() && name.is_empty() => return None,
        None => {
            let who = if name.is_empty() { address } else { name.as_str() };
            let hash = Sha256::digest(who.to_lowercase());
            let local: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            AddrSpec::parse(&format!("{local}@{UNADDRESSED}"))?
        }
    };
    let bare = name.trim_start_matches("mailto:");
    let display_name = (!name.is_empty() && !bare.eq_ignore_ascii_case(addr_spec.as_str()))
        .then(|| name.chars().take(128).collect());
    Some(Mailbox { addr_spec, display_name })
}

fn addr_spec(text: &str) -> Option<AddrSpec> {
    let mut text = text.trim();
    while let Some((_, rest)) =
        text.split_once(':').filter(|(scheme, _)| scheme.trim().eq_ignore_ascii_case("mailto"))
    {
        text = rest.trim();
    }
    let text = text.split_once('?').map_or(text, |(address, _)| address);
    let text = text.trim_start_matches('<').trim_end_matches('>');
    AddrSpec::parse(text).or_else(|| AddrSpec::parse(&percent_decoded(text)?))
}

/// A CN without RFC 6868 escapes, outer quotes, control characters and doubled blanks.
fn unquoted(name: &str) -> String {
    let name = name.replace("^n", " ").replace("^N", " ").replace("^'", "\"").replace("^^", "^");
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    let words = name.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
