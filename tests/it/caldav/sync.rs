//! A calendar server and the folder that it keeps its calendars in, through every kind of change.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hallway::source::Spec;

use super::servers::Server;
use super::{Store, TODAY, TOMORROW, caldav, choosing, event};

/// A server and who reads it.
struct Account {
    server: Server,
    store: Store,
    spec: Spec,
}

impl Account {
    fn on(server: Server) -> Self {
        let spec = caldav(&server.url("/"));
        Self { server, store: Store::default(), spec }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.server.home)
    }

    fn calendar(&self, path: &str, name: &str) {
        self.server.calendar(&self.at(path), name);
    }

    #[track_caller]
    fn put(&self, path: &str, ics: &str) {
        self.server.put(&self.at(path), ics);
    }

    #[track_caller]
    fn delete(&self, path: &str) {
        self.server.delete(&self.at(path));
    }

    /// Looks, compares with the files, and says what was asked.
    #[track_caller]
    fn look(&mut self, now: &str) -> Vec<String> {
        self.server.relay.asked();
        self.store.scan(&self.spec, now);
        let asked = self.server.relay.asked();
        for question in &asked {
            let method = question.split(' ').next().unwrap();
            assert!(["GET", "PROPFIND", "REPORT", "OPTIONS"].contains(&method), "{question}");
        }
        self.compare(now);
        asked
    }

    #[track_caller]
    fn compare(&self, now: &str) {
        let mut files = Store::default();
        files.scan(&Spec::Vdir { path: self.server.files() }, now);
        let (here, there) = (self.store.occurrences(), files.occurrences());
        let set = |lines: &[String]| lines.iter().cloned().collect::<BTreeSet<_>>();
        let odd: Vec<_> = set(&here).symmetric_difference(&set(&there)).cloned().collect();
        assert!(here == there, "{} and {} in files: {odd:#?}", here.len(), there.len());
    }

    /// Looks: so many events are known then, and so few questions were asked.
    #[track_caller]
    fn check(&mut self, now: &str, events: usize, most: usize) {
        let asked = self.look(now);
        assert_eq!(self.store.resources.len(), events);
        assert!(asked.len() <= most, "{asked:#?}");
    }

    /// Makes the cursor remember another state of every calendar.
    fn forget_state(&mut self, token: &str) {
        for (part, value) in &mut self.store.cursor.parts {
            if part[0] == b'c' {
                *value = format!("{token}\nanother").into_bytes();
            }
        }
    }
}

fn through_every_change(server: Server) {
    let mut account = Account::on(server);
    account.calendar("work/", "Work");
    account.calendar("team/", "Team &amp; friends");
    account.put("work/a.ics", &event("a", "20240301T090000Z", ""));
    account.put("work/b.ics", &event("b", "20240302T090000Z", "STATUS:TENTATIVE\r\n"));
    account.put("work/series.ics", &event("s", "20230105T090000Z", "RRULE:FREQ=WEEKLY\r\n"));
    account.put("team/c%20d.ics", &event("c", "20240304T090000Z", "LOCATION:Room 3\r\n"));
    // Found from the root of the server: where, who, home; then a question a calendar, and more
    // where a server gives whole events only.
    account.check(TODAY, 4, 12);
    account.check(TODAY, 4, 1);
    // An event that goes on is asked for again in another week, once.
    account.check(TOMORROW, 4, 2);
    account.check(TOMORROW, 4, 1);

    account.put("work/a.ics", &event("a", "20240301T100000Z", "STATUS:CANCELLED\r\n"));
    account.put("work/e.ics", &event("e", "20240305T090000Z", ""));
    account.check(TOMORROW, 5, 3);
    account.delete("work/b.ics");
    account.check(TOMORROW, 4, 2);
    account.check(TOMORROW, 4, 1);

    // Another name, the same events.
    account.server.call(&account.at("team/"), "Teams");
    account.check(TOMORROW, 4, 2);
    account.spec = choosing(&account.spec, &["teams"], &[]);
    account.server.relay.asked();
    account.store.scan(&account.spec, TOMORROW);
    assert_eq!(account.store.resources.len(), 1);
    account.spec = choosing(&account.spec, &[], &["Team*"]);
    account.store.scan(&account.spec, TOMORROW);
    assert_eq!(account.store.resources.len(), 3);
    account.spec = choosing(&account.spec, &[], &[]);
    account.check(TOMORROW, 4, 2);

    account.calendar("new/", "New");
    account.put("new/f.ics", &event("f", "20240306T090000Z", ""));
    account.check(TOMORROW, 5, 2);
    account.delete("team/");
    account.check(TOMORROW, 4, 1);
    account.check(TOMORROW, 4, 1);

    // A token that the server no longer knows.
    account.put("work/g.ics", &event("g", "20240307T090000Z", ""));
    account.delete("work/e.ics");
    account.forget_state("http://radicale.org/ns/sync/0123456789abcdef");
    account.check(TOMORROW, 4, 8);
    account.check(TOMORROW, 4, 1);
    // A server that stops giving tokens is one without them.
    account.delete("work/a.ics");
    account.forget_state("");
    account.check(TOMORROW, 3, 5);
    account.check(TOMORROW, 3, 1);
}

#[test]
fn radicale_and_its_files_say_the_same() {
    through_every_change(Server::radicale());
}

#[test]
fn xandikos_and_its_files_say_the_same() {
    through_every_change(Server::xandikos());
}

#[test]
fn cyrus_and_the_files_say_the_same() {
    through_every_change(Server::cyrus());
}

/// Every event of the calendar tests that the server takes.
fn odd_events(server: Server, least: usize) {
    let mut account = Account::on(server);
    account.calendar("odd/", "Odd");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/calendar");
    let mut taken = 0;
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|end| end != "ics") {
            continue;
        }
        let ics = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        // A bomb keeps the servers themselves busy for minutes.
        if ics.len() < 50_000 && !ics.contains("SECONDLY") && !ics.contains("COUNT=1000000") {
            let name = file.file_name().unwrap().to_str().unwrap();
            taken += usize::from(account.server.takes(&account.at(&format!("odd/{name}")), &ics));
        }
    }
    assert!(taken >= least, "only {taken} were taken");
    account.look(TODAY);
    assert_eq!(account.look(TODAY).len(), 1);
}

#[test]
fn radicale_gives_odd_events_as_they_are() {
    odd_events(Server::radicale(), 15);
}

#[test]
fn xandikos_gives_odd_events_as_they_are() {
    odd_events(Server::xandikos(), 20);
}

#[test]
fn a_sync_killed_anywhere_comes_to_the_same() {
    let mut account = Account::on(Server::radicale());
    for calendar in ["a", "b", "c"] {
        account.calendar(&format!("{calendar}/"), calendar);
        account.put(&format!("{calendar}/1.ics"), &event(calendar, "20240301T090000Z", ""));
    }
    // A batch a calendar.
    for (batches, known) in [(0, 0), (1, 1), (1, 2)] {
        account.store.scan_until(&account.spec, TODAY, batches).unwrap();
        assert_eq!(account.store.resources.len(), known);
    }
    account.check(TODAY, 3, 2);
    account.check(TODAY, 3, 1);
}

#[test]
fn what_people_wrote_is_not_asked_for() {
    for (server, partial) in [(Server::radicale(), false), (Server::cyrus(), true)] {
        let mut account = Account::on(server);
        account.calendar("work/", "Work");
        let more = "DESCRIPTION:Dear Ana\r\nATTENDEE:mailto:jo@acme.test\r\n";
        account.put("work/a.ics", &event("a", "20240301T090000Z", more));
        account.server.relay.unpack();
        account.store.scan(&account.spec, TODAY);
        let (said, answered) = (account.server.relay.said(), account.server.relay.answered());
        for word in ["DESCRIPTION", "calendar-data/>"] {
            assert!(!said.contains(word), "{word}: {said}");
        }
        assert!(answered.contains("jo@acme.test"));
        assert_eq!(answered.contains("Dear Ana"), !partial);
    }
}
