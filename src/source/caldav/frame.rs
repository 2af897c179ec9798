//! A multistatus cut into its children while it comes in.
//!
//! An answer with five thousand events is megabytes of XML. It is never held whole: each complete
//! child of the root is handed out as soon as it is there, put between the root's own tags, so that
//! the namespaces declared there still hold. The parser behind ([`super::multistatus`]) only ever
//! sees one child. The other way, a tree of the whole answer as libdav makes it, takes several
//! times the memory of the largest calendar there is, and of the largest one a hostile server
//! cares to invent.
//!
//! The cut is also where bombs end: a document type declaration is refused, whatever it says, and
//! depth, the length of a tag and the number of elements have limits. A child that is too large costs
//! itself: its bytes are dropped as they come, and what is left of it says 413. Nothing recurses.

use crate::source::http::Fault;

/// Elements inside each other: a multistatus needs seven.
const DEPTH: usize = 64;
/// Bytes of one tag with its attributes.
const TAG: usize = 64 << 10;
/// Bytes of one child of the root: one event with its hundred overrides is a tenth of it.
const CHILD: usize = 8 << 20;
/// Bytes of one that is too large in which its href is looked for.
const HEAD: usize = 4 << 10;
/// Elements in one child of the root.
const ELEMENTS: usize = 10_000;

/// Cuts what it is fed.
#[derive(Debug, Default)]
pub(super) struct Framer {
    /// What has come and was not handed out; begins with the child that is coming.
    buffer: Vec<u8>,
    /// Up to here the buffer was looked at.
    looked: usize,
    /// The root's start tag, once it has come.
    root: Option<Vec<u8>>,
    /// Elements open, the root included.
    open: usize,
    /// Elements in the child that is coming.
    elements: usize,
    /// Whether the root has ended.
    ended: bool,
    /// The beginning of the child that is coming, if it is too large to be kept.
    dropped: Option<Vec<u8>>,
}

/// One thing between two pieces of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Markup {
    Start,
    Empty,
    End,
    /// A comment, a processing instruction, CDATA.
    Other,
}

impl Framer {
    /// Takes the next bytes of the answer.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next child of the root, as a document of its own; `None` until more bytes come.
    pub(super) fn child(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        loop {
            let Some((markup, at, end)) = self.markup()? else {
                if self.root.is_none() && self.buffer.len() > TAG {
                    return Err(NO_MULTISTATUS);
                }
                if self.dropped.is_some() || self.buffer.len() > CHILD {
                    self.thin();
                }
                return Ok(None);
            };
            self.looked = end;
            match markup {
                Markup::Other => continue,
                Markup::Start | Markup::Empty if self.ended => return Err(NO_XML),
                Markup::Start => self.open += 1,
                Markup::Empty => {}
                Markup::End => self.open = self.open.checked_sub(1).ok_or(NO_XML)?,
            }
            self.elements += 1;
            if self.open > DEPTH || self.elements > ELEMENTS {
                return Err(Fault::TooMuch("sends XML deeper or wider than any calendar needs"));
            }
            if self.root.is_none() {
                let tag = self.buffer.get(at..end).unwrap_or_default().to_vec();
                if !is_multistatus(&tag) {
                    return Err(NO_MULTISTATUS);
                }
                self.ended = markup == Markup::Empty;
                self.root = Some(tag);
                self.forget(end);
            } else if self.open == 0 && markup == Markup::End {
                self.ended = true;
                self.forget(end);
            } else if self.open == 1 && markup != Markup::Start {
                let child = self.wrapped(end);
                self.forget(end);
                return child.map(Some);
            }
        }
    }

    /// Whether the answer was whole; one that breaks off says nothing about what it did not name.
    pub(super) fn finish(self) -> Result<(), Fault> {
        match (self.root, self.ended) {
            (Some(_), true) => Ok(()),
            (None, _) => Err(NO_MULTISTATUS),
            (Some(_), false) => Err(Fault::Protocol("breaks off in the middle of its answer")),
        }
    }

    fn forget(&mut self, to: usize) {
        self.buffer.drain(..to.min(self.buffer.len()));
        if self.buffer.capacity() > CHILD / 8 {
            self.buffer.shrink_to(TAG);
        }
        (self.looked, self.elements, self.dropped) = (0, 0, None);
    }

    /// Drops what came of a child that is too large, but for a markup that is not all there.
    fn thin(&mut self) {
        let head = self.buffer.get(..HEAD).unwrap_or(&self.buffer);
        self.dropped.get_or_insert_with(|| head.to_vec());
        let rest = self.buffer.get(self.looked..).unwrap_or_default();
        let opening = [&b"<!--"[..], b"<![CDATA[", b"<?"].into_iter().find(|o| rest.starts_with(o));
        let kept = match (opening, rest.last_chunk::<2>()) {
            (Some(opening), Some(end)) if rest.len() > opening.len() + 2 => [opening, end].concat(),
            _ => rest.to_vec(),
        };
        (self.buffer, self.looked) = (kept, 0);
    }

    fn wrapped(&self, end: usize) -> Result<Vec<u8>, Fault> {
        let root = self.root.as_deref().unwrap_or_default();
        let name = tag_name(root);
        let too_large;
        let child = match &self.dropped {
            None => self.buffer.get(..end).unwrap_or_default(),
            Some(head) => {
                too_large = refused(head);
                &too_large
            }
        };
        Ok([root, child, b"</", name, b">"].concat())
    }

    /// The next markup in the buffer: what it is, where it begins and ends. `None` until all of it
    /// is there.
    fn markup(&mut self) -> Result<Option<(Markup, usize, usize)>, Fault> {
        let rest = self.buffer.get(self.looked..).unwrap_or_default();
        let Some(text) = memchr::memchr(b'<', rest) else {
            // Before the root there is nothing but white space, whatever a bomb unpacks to.
            let blank = rest.iter().all(|byte| byte.is_ascii_whitespace() || *byte >= 0x80);
            if self.root.is_none() && !blank {
                return Err(NO_MULTISTATUS);
            }
            self.looked = self.buffer.len();
            return Ok(None);
        };
        let at = self.looked + text;
        let rest = rest.get(text..).unwrap_or_default();
        let found = |markup, length: usize| Ok(Some((markup, at, at + length)));
        for (opening, closing) in
            [(&b"<!--"[..], &b"-->"[..]), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")]
        {
            if rest.starts_with(opening) {
                let body = rest.get(opening.len()..).unwrap_or_default();
                return match memchr::memmem::find(body, closing) {
                    Some(length) => found(Markup::Other, opening.len() + length + closing.len()),
                    None => Ok(None),
                };
            }
            if opening.starts_with(rest) {
                return Ok(None);
            }
        }
        if rest.starts_with(b"<!") {
            return Err(Fault::Protocol(
                "sends XML with a document type, which calendars never have",
            ));
        }
        let Some(length) = tag_length(rest) else {
            if rest.len() > TAG {
                return Err(Fault::TooMuch("sends XML deeper or wider than any calendar needs"));
            }
            return Ok(None);
        };
        if length > TAG {
            return Err(Fault::TooMuch("sends XML deeper or wider than any calendar needs"));
        }
        let tag = rest.get(..length).unwrap_or_default();
        if tag.starts_with(b"</") {
            found(Markup::End, length)
        } else if tag.ends_with(b"/>") {
            found(Markup::Empty, length)
        } else {
            found(Markup::Start, length)
        }
    }
}

const NO_XML: Fault = Fault::Protocol("sends XML that does not add up");
const NO_MULTISTATUS: Fault =
    Fault::Protocol("answers, but not as a calendar server does; check `url`");

/// The length of a tag up to its `>`, which may also stand in a quoted attribute.
fn tag_length(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// The qualified name in a start tag.
fn tag_name(tag: &[u8]) -> &[u8] {
    let name = tag.strip_prefix(b"<").unwrap_or(tag);
    let end =
        name.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'));
    name.get(..end.unwrap_or(name.len())).unwrap_or_default()
}

/// What is said of a child that is too large: where it is, as it was written, and why it is not here.
fn refused(head: &[u8]) -> Vec<u8> {
    let href = memchr::memmem::find(head, b"href>").and_then(|at| head.get(at + 5..));
    let href = href.and_then(|rest| rest.split(|byte| *byte == b'<').next()).unwrap_or_default();
    let status = b"</href><status>HTTP/1.1 413 Content Too Large</status></response>";
    [b"<response><href>", href, status].concat()
}

fn is_multistatus(tag: &[u8]) -> bool {
    let name = tag_name(tag);
    name.rsplit(|byte| *byte == b':').next() == Some(b"multistatus")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cuts a text, fed in pieces of every size.
    fn check(text: &str, expect: Result<&[&str], Fault>) {
        for size in [1, 2, 3, 7, text.len().max(1)] {
            let mut framer = Framer::default();
            let mut children = Vec::new();
            let mut cut = || {
                for piece in text.as_bytes().chunks(size) {
                    framer.feed(piece);
                    while let Some(child) = framer.child()? {
                        children.push(String::from_utf8(child).unwrap());
                    }
                }
                std::mem::take(&mut framer).finish()
            };
            let cut = cut();
            match expect.clone() {
                Ok(expect) => {
                    assert_eq!(cut, Ok(()), "{text}");
                    assert_eq!(children, expect, "{text}");
                }
                Err(fault) => assert_eq!(cut, Err(fault), "{text}"),
            }
        }
    }

    #[test]
    fn each_child_is_a_document_of_its_own() {
        check(
            "<?xml version=\"1.0\"?>\n<m:multistatus xmlns:m='DAV:'>\n<m:r>1</m:r><m:r/> </m:multistatus>\n",
            Ok(&[
                "<m:multistatus xmlns:m='DAV:'>\n<m:r>1</m:r></m:multistatus>",
                "<m:multistatus xmlns:m='DAV:'><m:r/></m:multistatus>",
            ]),
        );
        check(
            "\u{feff}<multistatus xmlns='DAV:' a='>'><r><![CDATA[</r><x>]]></r><!-- <r> --></multistatus>",
            Ok(&["<multistatus xmlns='DAV:' a='>'><r><![CDATA[</r><x>]]></r></multistatus>"]),
        );
        check("<D:multistatus xmlns:D='DAV:'/>", Ok(&[]));
        check("<D:multistatus xmlns:D='DAV:'></D:multistatus>", Ok(&[]));
    }

    #[test]
    fn what_breaks_off_or_is_something_else_is_no_answer() {
        const BREAKS: Fault = Fault::Protocol("breaks off in the middle of its answer");
        check("<multistatus><r>", Err(BREAKS));
        check("<multistatus>", Err(BREAKS));
        check("", Err(NO_MULTISTATUS));
        check("   ", Err(NO_MULTISTATUS));
        check("<html><body>login here", Err(NO_MULTISTATUS));
        check("{\"json\": 1}", Err(NO_MULTISTATUS));
        check("\0\0\0\0", Err(NO_MULTISTATUS));
        check(&" ".repeat(TAG + 1), Err(NO_MULTISTATUS));
        check("</a>", Err(NO_XML));
        check("<multistatus/><multistatus/>", Err(NO_XML));
    }

    #[test]
    fn bombs_end_where_they_begin() {
        const TYPE: Fault =
            Fault::Protocol("sends XML with a document type, which calendars never have");
        const WIDE: Fault = Fault::TooMuch("sends XML deeper or wider than any calendar needs");
        check("<!DOCTYPE m [<!ENTITY l0 \"lol\">]><multistatus/>", Err(TYPE));
        check("<multistatus><!DOCTYPE x></multistatus>", Err(TYPE));
        let deep = "<a>".repeat(DEPTH);
        let mut framer = Framer::default();
        framer.feed(format!("<multistatus>{deep}").as_bytes());
        assert_eq!(framer.child(), Err(WIDE));
        let mut framer = Framer::default();
        framer.feed(format!("<multistatus><r>{}", "<a/>".repeat(ELEMENTS)).as_bytes());
        assert_eq!(framer.child(), Err(WIDE));
        let mut framer = Framer::default();
        framer.feed(format!("<multistatus><r {}", "b='1' ".repeat(TAG / 6 + 1)).as_bytes());
        assert_eq!(framer.child(), Err(WIDE));
    }

    #[test]
    fn a_child_that_is_too_large_costs_itself() {
        let text = "x".repeat(CHILD);
        for large in [format!("<d>{text}</d>"), format!("<d><![CDATA[{text}]]></d>")] {
            let mut framer = Framer::default();
            framer.feed(b"<multistatus><response><href>/c/1&amp;.ics</href>");
            let mut most = 0;
            let mut children = Vec::new();
            let end = "</response><response/></multistatus>";
            for piece in format!("{large}{large}{end}").as_bytes().chunks(1 << 16) {
                framer.feed(piece);
                while let Some(child) = framer.child().unwrap() {
                    children.push(String::from_utf8(child).unwrap());
                }
                most = most.max(framer.buffer.len());
            }
            let refused = "<multistatus><response><href>/c/1&amp;.ics</href>\
                           <status>HTTP/1.1 413 Content Too Large</status></response></multistatus>";
            assert_eq!(children, [refused, "<multistatus><response/></multistatus>"]);
            assert!(most < CHILD + (1 << 17), "{most}");
            assert_eq!(framer.finish(), Ok(()));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes: Vec<u8>) {
            let mut framer = Framer::default();
            framer.feed(b"<multistatus>");
            framer.feed(&bytes);
            while let Ok(Some(_)) = framer.child() {}
        }
    }
}
