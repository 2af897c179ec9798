//! Address books on real servers: what comes over the wire is what lies in the files, through
//! changes, losses and refusals, and no photograph is asked for.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use hallway::card::Card;
use hallway::cursor::Cursor;
use hallway::secret::{Reveal, Secret};
use hallway::source::{self, Error, Spec, http::Address, net::Trust};

use super::servers::{PASSWORD, Server};
use super::{TODAY, context, login};

/// What a store does with cards.
#[derive(Default)]
struct Shelf {
    cards: BTreeMap<String, Vec<Card>>,
    cursor: Cursor,
    batches: usize,
}

impl Shelf {
    fn scan(&mut self, spec: &Spec) -> Result<(), Error> {
        let reveal: Reveal = Arc::new(|| Ok(Secret::new(PASSWORD.to_owned())));
        let cursor = self.cursor.clone();
        self.batches = 0;
        source::scan(spec, &cursor, &context(TODAY, reveal), &mut |batch, _| {
            self.batches += 1;
            assert!(batch.resources.is_empty() && batch.skipped.is_empty(), "{batch:?}");
            for file in batch.cards {
                self.cards.insert(file.href, file.cards);
            }
            for gone in &batch.gone {
                assert!(self.cards.remove(gone).is_some(), "{gone} was never there");
            }
            self.cursor.apply(&batch.cursor);
            ControlFlow::Continue(())
        })
    }

    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<_> =
            self.cards.values().flatten().map(|card| format!("{card:?}")).collect();
        lines.sort_unstable();
        lines
    }
}

fn card(name: &str, more: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{name}\r\nFN:{name} Berg\r\nN:Berg;{name};;;\r\n\
         EMAIL:{name}@acme.test\r\n{more}NOTE:likes tea\r\nEND:VCARD\r\n"
    )
}

/// An account, the book in it, and the folder in which the server keeps that.
struct Books {
    server: Server,
    spec: Spec,
    book: &'static str,
    files: PathBuf,
    shelf: Shelf,
}

impl Books {
    fn on(server: Server, book: &'static str, files: &str) -> Self {
        let spec = Spec::Carddav {
            url: Address::parse(&server.url("/")).unwrap(),
            login: Some(login()),
            trust: Trust::System,
            include: Vec::new(),
            exclude: Vec::new(),
        };
        let files = server.folder.path().join(files);
        Self { server, spec, book, files, shelf: Shelf::default() }
    }

    #[track_caller]
    fn put(&self, name: &str, text: &str) {
        let path = format!("{}{name}", self.book);
        let status = self.server.send("PUT", &path, "Content-Type: text/vcard\r\n", text);
        assert!((200..300).contains(&status), "{path}: {status}");
    }

    /// Looks: as many cards are known then as lie in the files, and so few questions were asked.
    #[track_caller]
    fn check(&mut self, cards: usize, most: usize) {
        self.server.relay.asked();
        self.shelf.scan(&self.spec).unwrap();
        let asked = self.server.relay.asked();
        for question in &asked {
            let method = question.split(' ').next().unwrap();
            assert!(["GET", "PROPFIND", "REPORT", "OPTIONS"].contains(&method), "{question}");
        }
        assert!(asked.len() <= most, "{asked:#?}");
        let mut files = Shelf::default();
        files.scan(&Spec::Cards { path: self.files.clone() }).unwrap();
        assert_eq!(self.shelf.lines(), files.lines());
        assert_eq!(self.shelf.lines().len(), cards);
    }
}

fn through_every_change(mut books: Books) {
    books.put("a.vcf", &card("anna", "EMAIL:a.berg@home.test\r\nTEL:+49 30 5550123\r\n"));
    books.put("b%20b.vcf", &card("ben", "PHOTO:data:image/png;base64,iVBORw0KGgo=\r\n"));
    books.server.relay.unpack();
    books.server.relay.said();
    books.shelf.scan(&books.spec).unwrap();
    let said = books.server.relay.said();
    assert!(said.contains("address-data") && !said.contains("PHOTO"), "{said}");
    books.shelf = Shelf::default();
    // Where, who, home; what there is of each book, the list, the cards, and once more whole ones.
    books.check(2, 8);
    let anna = books.shelf.cards.values().flatten().find(|card| card.addresses.len() == 2);
    assert_eq!(anna.unwrap().numbers.len(), 1);
    books.check(2, 1);
    assert_eq!(books.shelf.batches, 0);
    books.put("a.vcf", &card("anna", "TEL:+49 30 5550124\r\n"));
    books.put("c.vcf", &card("cleo", ""));
    books.check(3, 4);
    books.server.delete(&format!("{}b%20b.vcf", books.book));
    books.check(2, 2);
    books.check(2, 1);
    // A token that the server no longer knows.
    books.put("d.vcf", &card("dora", ""));
    for (part, value) in &mut books.shelf.cursor.parts {
        if part[0] == b'c' {
            *value = b"http://radicale.org/ns/sync/0123456789abcdef\nanother".to_vec();
        }
    }
    books.check(3, 6);
    books.check(3, 1);
}

/// Makes a book (RFC 5689).
fn make_book(server: &Server, path: &str) {
    let body = "<D:mkcol xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\"><D:set><D:prop>\
                <D:resourcetype><D:collection/><C:addressbook/></D:resourcetype>\
                <D:displayname>People</D:displayname></D:prop></D:set></D:mkcol>";
    let status = server.send("MKCOL", path, "Content-Type: application/xml\r\n", body);
    assert!((200..300).contains(&status), "{path}: {status}");
}

#[test]
fn books_on_radicale_and_its_files_say_the_same() {
    let server = Server::radicale();
    make_book(&server, "/alice/people/");
    // A calendar beside it is none of ours.
    server.calendar("/alice/office/", "Office");
    let files = "store/collection-root/alice/people";
    through_every_change(Books::on(server, "/alice/people/", files));
}

#[test]
fn books_on_xandikos_and_its_files_say_the_same() {
    let (book, files) = ("/alice/contacts/addressbook/", "store/alice/contacts/addressbook");
    through_every_change(Books::on(Server::xandikos(), book, files));
}

#[test]
fn an_account_without_books_says_so() {
    let server = Server::radicale();
    server.calendar("/alice/office/", "Office");
    let mut books = Books::on(server, "/alice/people/", "none");
    let told = books.shelf.scan(&books.spec).unwrap_err().to_string();
    assert!(told.ends_with("shows no address book to this user; check `url` and `user`"), "{told}");
}
