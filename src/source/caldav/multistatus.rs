//! One child of a multistatus (RFC 4918 §14.16), read.
//!
//! A property counts where its propstat says 200. An href is kept as it was written: it is asked
//! for again in the same words, because servers differ in what they make of `%20` and `%2B`. libdav
//! decodes it, takes a 507 about the collection for the collection itself and fails on one event
//! without an ETag; that is why its reading is not used here.

use roxmltree::{Document, Node};

use super::Kind;

/// What a child says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Child {
    /// A resource.
    Response(Response),
    /// Where a sync-collection report has come to (RFC 6578 §6.4).
    SyncToken(String),
    /// Something else, as a description for humans.
    Other,
}

/// One resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    /// Where it is, as written.
    pub(super) href: String,
    /// The status of the resource itself, where one is said: 404 is gone, 507 means that more
    /// would follow (RFC 6578 §3.6).
    pub(super) status: Option<u16>,
    /// DAV:getetag.
    pub(super) etag: Option<String>,
    /// CALDAV:calendar-data, or CARDDAV:address-data.
    pub(super) data: Option<String>,
    /// DAV:displayname.
    pub(super) name: Option<String>,
    /// DAV:resourcetype names CALDAV:calendar.
    pub(super) calendar: bool,
    /// DAV:resourcetype names CARDDAV:addressbook.
    pub(super) book: bool,
    /// CALDAV:supported-calendar-component-set names VEVENT, or is not told.
    pub(super) events: bool,
    /// DAV:sync-token.
    pub(super) sync_token: Option<String>,
    /// CS:getctag.
    pub(super) ctag: Option<String>,
    /// DAV:current-user-principal.
    pub(super) principal: Option<String>,
    /// CALDAV:calendar-home-set, or CARDDAV:addressbook-home-set.
    pub(super) homes: Vec<String>,
}

/// Reads a child; `None` when it is no XML or says of nothing what it is about.
pub(super) fn read(document: &[u8]) -> Option<Child> {
    let text = std::str::from_utf8(document).ok()?;
    let document = Document::parse(text).ok()?;
    let child = document.root_element().children().find(Node::is_element)?;
    match child.tag_name().name() {
        "response" => response(child).map(Child::Response),
        "sync-token" => Some(Child::SyncToken(text_of(child)?)),
        _ => Some(Child::Other),
    }
}

fn response(node: Node<'_, '_>) -> Option<Response> {
    let mut read = Response { events: true, ..Response::default() };
    read.href = text_of(inside(node, "href").next()?)?;
    read.status = inside(node, "status").next().and_then(status);
    for propstat in inside(node, "propstat") {
        let found = inside(propstat, "status").next().and_then(status);
        if found.is_none_or(|status| (200..300).contains(&status)) {
            let props = inside(propstat, "prop").flat_map(|prop| prop.children());
            props.filter(Node::is_element).for_each(|prop| read.take(prop));
        } else if read.status.is_none() && found == Some(507) {
            read.status = found;
        }
    }
    Some(read)
}

impl Response {
    /// Whether it is one of these.
    pub(super) fn is(&self, kind: Kind) -> bool {
        match kind {
            Kind::Calendars => self.calendar && self.events,
            Kind::Books => self.book,
        }
    }

    fn take(&mut self, prop: Node<'_, '_>) {
        match prop.tag_name().name() {
            "getetag" => self.etag = text_of(prop),
            "calendar-data" | "address-data" => self.data = prop.text().map(str::to_owned),
            "displayname" => self.name = text_of(prop),
            "resourcetype" => {
                self.calendar = inside(prop, "calendar").next().is_some();
                self.book = inside(prop, "addressbook").next().is_some();
            }
            "supported-calendar-component-set" => {
                let mut names = inside(prop, "comp").filter_map(|comp| comp.attribute("name"));
                self.events = names.any(|name| name.eq_ignore_ascii_case("VEVENT"));
            }
            "sync-token" => self.sync_token = text_of(prop),
            "getctag" => self.ctag = text_of(prop),
            "current-user-principal" => self.principal = hrefs(prop).into_iter().next(),
            "calendar-home-set" | "addressbook-home-set" => self.homes = hrefs(prop),
            _ => {}
        }
    }
}

fn inside<'a, 'i>(node: Node<'a, 'i>, name: &'a str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

fn hrefs(prop: Node<'_, '_>) -> Vec<String> {
    inside(prop, "href").filter_map(text_of).collect()
}

/// The text of an element without the blanks around it; `None` when there is none.
fn text_of(node: Node<'_, '_>) -> Option<String> {
    let text = node.text()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `HTTP/1.1 404 Not Found`.
fn status(node: Node<'_, '_>) -> Option<u16> {
    node.text()?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inner: &str, expect: Option<Child>) {
        let document = format!(
            "<D:multistatus xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" \
             xmlns:S=\"http://calendarserver.org/ns/\">{inner}</D:multistatus>"
        );
        assert_eq!(read(document.as_bytes()), expect, "{inner}");
    }

    fn at(href: &str) -> Response {
        Response { href: href.to_owned(), events: true, ..Response::default() }
    }

    #[test]
    fn a_calendar_tells_what_it_is() {
        check(
            "<D:response><D:href>/c/</D:href><D:propstat><D:prop>\
             <D:resourcetype><D:collection/><C:calendar/></D:resourcetype>\
             <D:displayname> Work &amp; more </D:displayname><D:sync-token>t1</D:sync-token>\
             <S:getctag>\"c1\"</S:getctag><C:supported-calendar-component-set>\
             <C:comp name=\"VTODO\"/></C:supported-calendar-component-set>\
             </D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat><D:propstat><D:prop>\
             <D:getetag>\"no\"</D:getetag></D:prop><D:status>HTTP/1.1 404 Not Found</D:status>\
             </D:propstat></D:response>",
            Some(Child::Response(Response {
                name: Some("Work & more".to_owned()),
                calendar: true,
                events: false,
                sync_token: Some("t1".to_owned()),
                ctag: Some("\"c1\"".to_owned()),
                ..at("/c/")
            })),
        );
    }

    #[test]
    fn an_event_comes_with_its_lines_and_its_name_as_written() {
        check(
            "<D:response><D:href>/c/e%209.ics</D:href><D:propstat><D:prop>\
             <D:getetag>\"1\"</D:getetag><C:calendar-data>BEGIN:VCALENDAR&#13;\nX:&lt;\n\
             </C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>\
             </D:response>",
            Some(Child::Response(Response {
                etag: Some("\"1\"".to_owned()),
                data: Some("BEGIN:VCALENDAR\r\nX:<\n".to_owned()),
                ..at("/c/e%209.ics")
            })),
        );
    }

    #[test]
    fn what_is_gone_and_what_is_cut_off_is_told_apart() {
        let gone = "<D:response><D:href>/c/a.ics</D:href><D:status>HTTP/1.1 404 Gone</D:status>\
                    </D:response>";
        check(gone, Some(Child::Response(Response { status: Some(404), ..at("/c/a.ics") })));
        let cut = "<D:response><D:href>/c/</D:href><D:status>HTTP/1.1 507 Insufficient</D:status>\
                   <D:error><D:number-of-matches-within-limits/></D:error></D:response>";
        check(cut, Some(Child::Response(Response { status: Some(507), ..at("/c/") })));
        check("<D:sync-token>data:,7</D:sync-token>", Some(Child::SyncToken("data:,7".to_owned())));
    }

    #[test]
    fn who_and_where_is_read_from_hrefs() {
        check(
            "<D:response><D:href>/</D:href><D:propstat><D:prop><D:current-user-principal>\
             <D:href>/p/ana/</D:href></D:current-user-principal><C:calendar-home-set>\
             <D:href>/h/1/</D:href><D:href>/h/2/</D:href></C:calendar-home-set></D:prop>\
             <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>",
            Some(Child::Response(Response {
                principal: Some("/p/ana/".to_owned()),
                homes: vec!["/h/1/".to_owned(), "/h/2/".to_owned()],
                ..at("/")
            })),
        );
        check("<D:response><D:status>HTTP/1.1 200 OK</D:status></D:response>", None);
        check("<D:response><D:href>&x;</D:href></D:response>", None);
        check("<D:responsedescription>hm</D:responsedescription>", Some(Child::Other));
    }
}
