//! The questions put to a CalDAV server.
//!
//! Of an event only the lines that Hallway has a use for are asked for (RFC 4791 §9.6), and the
//! description is not among them: nothing that somebody wrote to somebody is requested over a
//! network. What that costs is a conference link that stands in the description alone, and little:
//! with nothing said about the place, a meeting counts as a call anyway, and whether it was a call
//! or a visit never changes whether it was a talk. Many servers (Radicale, DAViCal, those on
//! SabreDAV) do not know partial retrieval and send whole events whatever is asked; then the
//! description is looked at while parsing and dropped, as in a file. Xandikos knows it so badly that
//! it gives nothing of an event that lacks one of the properties; such a server, and no other, is
//! asked for whole events.

use libdav::PropertyName;
use libdav::names::{
    ADDRESSBOOK_HOME_SET, CALDAV, CALENDAR_DATA, CALENDAR_HOME_SET, CALENDAR_MULTIGET,
    CALENDAR_QUERY, CALENDAR_SERVER, CARDDAV, COMP, COMP_FILTER, CURRENT_USER_PRINCIPAL,
    DISPLAY_NAME, FILTER, GETETAG, HREF, PROP, PROPFIND, RESOURCETYPE,
    SUPPORTED_CALENDAR_COMPONENT_SET, SYNC_COLLECTION, SYNC_LEVEL, SYNC_TOKEN,
};
use libdav::xmlutils::XmlNode;

use super::Kind;
use crate::source::http::{Method, Question};

/// A calendar's CTag: changes with anything in it (the calendarserver.org extension).
const GETCTAG: PropertyName<'_, '_> = PropertyName::new(CALENDAR_SERVER, "getctag");
/// CALDAV:prop, RFC 4791 §9.6.4: the name of a property of an event.
const CALENDAR_PROP: PropertyName<'_, '_> = PropertyName::new(CALDAV, "prop");
/// CARDDAV:addressbook-multiget, RFC 6352 §8.7.
const ADDRESSBOOK_MULTIGET: PropertyName<'_, '_> =
    PropertyName::new(CARDDAV, "addressbook-multiget");
/// CARDDAV:address-data, RFC 6352 §10.4.
const ADDRESS_DATA: PropertyName<'_, '_> = PropertyName::new(CARDDAV, "address-data");
/// CARDDAV:prop, RFC 6352 §10.4.2: the name of a property of a card.
const CARD_PROP: PropertyName<'_, '_> = PropertyName::new(CARDDAV, "prop");
/// CALDAV:allprop and CALDAV:allcomp, RFC 4791 §9.6.3 and §9.6.2.
const ALLPROP: PropertyName<'_, '_> = PropertyName::new(CALDAV, "allprop");
const ALLCOMP: PropertyName<'_, '_> = PropertyName::new(CALDAV, "allcomp");

/// How much of an event is asked for, beside its ETag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// Nothing.
    None,
    /// What is used.
    Used,
    /// All of it, of a server that gives nothing else.
    Whole,
}

/// What stands around events and decides how they are read.
const AROUND: &[&str] = &["VERSION", "PRODID", "METHOD"];

/// The properties of an event that are used.
const USED: &[&str] = &[
    "UID",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RECURRENCE-ID",
    "RRULE",
    "EXRULE",
    "RDATE",
    "EXDATE",
    "STATUS",
    "TRANSP",
    "CLASS",
    "SEQUENCE",
    "ORGANIZER",
    "ATTENDEE",
    "CREATED",
    "CATEGORIES",
    "SUMMARY",
    "LOCATION",
    "URL",
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGCONFLINK",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-MICROSOFT-CDO-INTENDEDSTATUS",
    "X-MICROSOFT-CDO-ALLDAYEVENT",
    "X-MOZ-FAKED-MASTER",
];

/// The properties of a card that are used: no photograph, no birthday, no note.
const USED_OF_CARDS: &[&str] = &["VERSION", "UID", "FN", "N", "EMAIL", "TEL", "KIND"];

/// Who and where we are, and what there is at this very place.
pub(super) fn place(kind: Kind) -> Question {
    let homes = match kind {
        Kind::Calendars => &CALENDAR_HOME_SET,
        Kind::Books => &ADDRESSBOOK_HOME_SET,
    };
    let asked = [&CURRENT_USER_PRINCIPAL, homes, &RESOURCETYPE];
    Question::xml(Method::Propfind, 0, propfind(&asked))
}

/// The calendars or address books in a home set, or the one at a place, and the state of each: the only question
/// when nothing has changed. A server may have to look at every event to tell a token, and once
/// more to tell a CTag, so that is asked for only of one that gives no tokens.
pub(super) fn calendars(single: bool, tags: bool) -> Question {
    let mut asked =
        vec![&RESOURCETYPE, &DISPLAY_NAME, &SUPPORTED_CALENDAR_COMPONENT_SET, &SYNC_TOKEN];
    if tags {
        asked.push(&GETCTAG);
    }
    Question::xml(Method::Propfind, u8::from(!single), propfind(&asked))
}

/// Every card of an address book with its ETag, and nothing of it. Not a query: servers do not
/// agree on what a filter without conditions lets through.
pub(super) fn cards() -> Question {
    Question::xml(Method::Propfind, 1, propfind(&[&GETETAG]))
}

/// Every event of a calendar.
pub(super) fn events(lines: Lines) -> Question {
    let events = XmlNode::new(&COMP_FILTER).with_attributes(vec![("name", "VEVENT")]);
    let calendar = XmlNode::new(&COMP_FILTER)
        .with_attributes(vec![("name", "VCALENDAR")])
        .with_children(vec![events]);
    let filter = XmlNode::new(&FILTER).with_children(vec![calendar]);
    let query = XmlNode::new(&CALENDAR_QUERY).with_children(vec![prop(lines), filter]);
    Question::xml(Method::Report, 1, query.render_node())
}

/// These events of a calendar, or cards of an address book, by their hrefs as the server wrote them.
pub(super) fn those<'a>(
    kind: Kind,
    hrefs: impl Iterator<Item = &'a str>,
    lines: Lines,
) -> Question {
    let hrefs = hrefs.map(|href| XmlNode::new(&HREF).with_text(href));
    let (report, prop) = match kind {
        Kind::Calendars => (&CALENDAR_MULTIGET, prop(lines)),
        Kind::Books => (&ADDRESSBOOK_MULTIGET, prop_of_cards(lines)),
    };
    let children = std::iter::once(prop).chain(hrefs).collect();
    let multiget = XmlNode::new(report).with_children(children);
    Question::xml(Method::Report, 1, multiget.render_node())
}

/// What has changed in a calendar since a token (RFC 6578 §3.2).
pub(super) fn changes(token: &str) -> Question {
    let report = XmlNode::new(&SYNC_COLLECTION).with_children(vec![
        XmlNode::new(&SYNC_TOKEN).with_text(token),
        XmlNode::new(&SYNC_LEVEL).with_text("1"),
        prop(Lines::None),
    ]);
    Question::xml(Method::Report, 0, report.render_node())
}

fn propfind<'a>(asked: &[&'a PropertyName<'a, 'a>]) -> String {
    let asked = asked.iter().map(|name| XmlNode::new(name)).collect();
    let prop = XmlNode::new(&PROP).with_children(asked);
    XmlNode::new(&PROPFIND).with_children(vec![prop]).render_node()
}

fn prop(lines: Lines) -> XmlNode<'static> {
    let mut asked = vec![XmlNode::new(&GETETAG)];
    match lines {
        Lines::None => {}
        Lines::Used => asked.push(used()),
        Lines::Whole => asked.push(XmlNode::new(&CALENDAR_DATA)),
    }
    XmlNode::new(&PROP).with_children(asked)
}

fn prop_of_cards(lines: Lines) -> XmlNode<'static> {
    let named =
        |name: &&'static str| XmlNode::new(&CARD_PROP).with_attributes(vec![("name", *name)]);
    let mut asked = vec![XmlNode::new(&GETETAG)];
    match lines {
        Lines::None => {}
        Lines::Used => {
            let used = USED_OF_CARDS.iter().map(named).collect();
            asked.push(XmlNode::new(&ADDRESS_DATA).with_children(used));
        }
        Lines::Whole => asked.push(XmlNode::new(&ADDRESS_DATA)),
    }
    XmlNode::new(&PROP).with_children(asked)
}

fn used() -> XmlNode<'static> {
    let named = |name, inside| {
        XmlNode::new(&COMP).with_attributes(vec![("name", name)]).with_children(inside)
    };
    let props = |names: &[&'static str]| {
        let prop = |name| XmlNode::new(&CALENDAR_PROP).with_attributes(vec![("name", name)]);
        names.iter().map(|name| prop(*name)).collect::<Vec<_>>()
    };
    let zone = named("VTIMEZONE", vec![XmlNode::new(&ALLPROP), XmlNode::new(&ALLCOMP)]);
    let mut calendar = props(AROUND);
    calendar.extend([named("VEVENT", props(USED)), zone]);
    XmlNode::new(&CALENDAR_DATA).with_children(vec![named("VCALENDAR", calendar)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn no_question_asks_for_what_people_wrote() {
        let hrefs = ["/c/a%20b.ics", "/c/<&>.ics"];
        let those = |kind| super::those(kind, hrefs.into_iter(), Lines::Used);
        for word in ["PHOTO", "NOTE", "BDAY", "ADR\"", "address-data/>"] {
            assert!(!those(Kind::Books).body.contains(word), "{word}");
        }
        for question in [events(Lines::Used), those(Kind::Calendars)] {
            assert!(question.body.contains("\"ATTENDEE\""));
            for word in ["DESCRIPTION", "COMMENT", "ATTACH\"", "VALARM"] {
                assert!(!question.body.contains(word), "{word}");
            }
        }
        for question in [
            events(Lines::None),
            place(Kind::Calendars),
            calendars(false, true),
            changes("t"),
            cards(),
        ] {
            assert!(!question.body.contains("calendar-data"));
        }
    }

    #[test]
    fn what_an_event_is_read_from_is_what_is_asked_for() {
        let compose = include_str!("../../calendar/compose.rs");
        let (_, kept) = compose.split_once("const KEPT").unwrap();
        let (kept, _) = kept.split_once("];").unwrap();
        let kept = kept.lines().filter_map(|line| line.trim().strip_prefix("(\"")?.split_once('"'));
        let mut names = 0;
        for (name, _) in kept {
            names += 1;
            assert_eq!(USED.contains(&name), name != "DESCRIPTION", "{name}");
        }
        assert!(names > 20, "the table of kept properties was not found");
    }

    #[test]
    fn hrefs_and_tokens_go_back_as_they_came() {
        expect![[r#"<D:sync-collection xmlns:D="DAV:"><D:sync-token>data:,1&amp;2</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"#]]
            .assert_eq(&changes("data:,1&2").body);
        let asked =
            those(Kind::Calendars, ["/c/a%20b.ics", "/c/<&>.ics"].into_iter(), Lines::Whole);
        assert!(asked.body.contains("<D:href>/c/a%20b.ics</D:href>"));
        assert!(asked.body.contains("<D:href>/c/&lt;&amp;&gt;.ics</D:href>"));
    }
}
