//! The calendars of an account on a CalDAV server (RFC 4791).
//!
//! A look is one question when nothing has changed: the listing of the account's home tells of
//! every calendar its name and its state. What has changed is fetched (`sync`), what is no longer
//! listed is gone. Every event is read exactly as a file on the disk is ([`crate::source::ics`]), so
//! a calendar says the same whichever way it comes.
//!
//! Address books on a CardDAV server (RFC 6352) are found, compared and fetched in the same way, with
//! other names for the same things; what says "calendar" and "event" here means a book and a card
//! as well, and `Kind` is where the two part.
//!
//! Nothing is ever written: [`crate::source::http`] has no method for it. libdav gives the names,
//! the XML and the percent-encoding of the standards; its client is not used, because it reads
//! every answer whole and follows no limit, and see `frame` and `multistatus`.

mod ask;
mod conversation;
mod discover;
mod dns;
mod frame;
mod memory;
mod multistatus;
mod sync;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use domain::resolv::StubResolver;
use sha2::{Digest, Sha256};

use self::conversation::Conversation;
use self::discover::{Found, find};
use self::memory::{HOME, Home, Memory, State, calendar_part};
use self::multistatus::Response;
use self::sync::{Calendar, Work, forget, sync};
use super::http::{Address, Client, Error, Fault, Limits, fetch};
use super::ics::{Courier, Setting};
use super::maildir::glob;
use super::net::{Login, Trust};
use super::{Context, Sink};
use crate::cursor::Cursor;
use crate::secret::Secret;

/// What is kept on a server: both are collections of small files, found and kept current alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Kind {
    /// Calendars, RFC 4791.
    Calendars,
    /// Address books, RFC 6352.
    Books,
}

/// An account, as the configuration names it.
#[derive(Clone, Copy, Debug)]
pub(in crate::source) struct Account<'a> {
    /// Of what.
    pub(in crate::source) kind: Kind,
    /// The server, the account or one calendar.
    pub(in crate::source) url: &'a Address,
    /// Which certificates are believed.
    pub(in crate::source) trust: &'a Trust,
    /// Calendars to read.
    pub(in crate::source) include: &'a [String],
    /// Calendars to leave out.
    pub(in crate::source) exclude: &'a [String],
}

/// Reads what is new in the calendars of an account.
///
/// # Errors
///
/// When the server cannot be asked, or shows no calendar. What was handed over before counts.
pub(in crate::source) fn scan(
    account: &Account<'_>,
    credential: Option<(Login, Secret)>,
    limits: Limits,
    cursor: &Cursor,
    context: &Context,
    sink: &mut Sink<'_>,
) -> Result<(), Error> {
    let memory = Memory::of(cursor);
    let mut look = Look {
        account,
        context,
        setting: Setting::new(context),
        courier: Courier::new(sink, 0),
        typed: typed(account.url, credential.as_ref().map(|(login, _)| login)),
    };
    fetch(account.url, look.run(credential, limits, &memory))
}

/// A hash of what the user typed.
fn typed(url: &Address, login: Option<&Login>) -> [u8; 16] {
    let user = login.map(|login| login.user.as_str()).unwrap_or_default();
    let whole: [u8; 32] = Sha256::digest(format!("{}\n{user}", url.url())).into();
    whole.first_chunk().copied().unwrap_or_default()
}

struct Look<'a, 's> {
    account: &'a Account<'a>,
    context: &'a Context,
    setting: Setting,
    courier: Courier<'a, 's>,
    typed: [u8; 16],
}

impl Look<'_, '_> {
    async fn run(
        &mut self,
        credential: Option<(Login, Secret)>,
        limits: Limits,
        memory: &Memory,
    ) -> Result<(), Error> {
        let known = memory.home.clone().filter(|home| home.typed == self.typed);
        let place = known.as_ref().and_then(|home| Address::parse(home.places.first()?).ok());
        let server = match &place {
            Some(place) => place.clone(),
            None => dns::server(self.account.kind, self.account.url, StubResolver::new()).await?,
        };
        let client = Client::new(&server, credential, self.account.trust, limits)?;
        let talk = Conversation::new(&client);
        let mut home = known.filter(|_| place.is_some()).unwrap_or_default();
        let mut noted = home.clone();
        let listed = match self.list(&talk, &mut home).await {
            _ if home.places.is_empty() => None,
            // It has moved, perhaps: looked for anew.
            Err(error) if error.fault == Fault::NotFound => None,
            listed => Some(listed?),
        };
        let calendars = match listed {
            Some(calendars) => calendars,
            None => {
                home = self.home(find(&talk, self.account.kind, &server).await?);
                noted = home.clone();
                self.courier.put(HOME, home.encode());
                self.list(&talk, &mut home).await?
            }
        };
        let calendars = self.chosen(calendars)?;
        let mut work = Work {
            kind: self.account.kind,
            talk: &talk,
            context: self.context,
            setting: &mut self.setting,
            courier: &mut self.courier,
            whole: home.whole,
        };
        let nothing = memory::Known::default();
        let mut failed = None;
        for (path, calendar) in &calendars {
            let known = memory.calendars.get(path).unwrap_or(&nothing);
            match sync(&mut work, calendar, known).await {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => return Ok(()),
                // One calendar that cannot be read stops no other, unless none can be.
                Err(error) if sync::is_of_one_calendar(&error) => {
                    failed = failed.or(Some(error));
                }
                Err(error) => return Err(error),
            }
        }
        home.whole = work.whole;
        if home != noted {
            self.courier.put(HOME, home.encode());
        }
        if self.left(memory, &calendars).is_break() || self.courier.hand_over().is_break() {
            return Ok(());
        }
        failed.map_or(Ok(()), Err)
    }

    fn home(&self, found: Found) -> Home {
        let (single, places) = match found {
            Found::Homes(homes) => (false, homes),
            Found::Calendar(calendar) => (true, vec![calendar]),
        };
        let places = places.iter().map(|place| place.url().to_string()).collect();
        Home { typed: self.typed, single, whole: false, tags: false, places }
    }

    /// The calendars that the homes list, by path.
    async fn list(
        &self,
        talk: &Conversation<'_>,
        home: &mut Home,
    ) -> Result<BTreeMap<String, Calendar>, Error> {
        let mut calendars = BTreeMap::new();
        for place in home.places.clone() {
            let Ok(place) = Address::parse(&place) else { continue };
            let (mut at, mut said) = self.ask_for(talk, &place, home).await?;
            if !home.tags && said.iter().any(|told| told.sync_token.is_none()) {
                home.tags = true;
                (at, said) = self.ask_for(talk, &place, home).await?;
            }
            for told in said {
                let calendar = calendar(talk, &at, told)?;
                calendars.insert(calendar.at.url().path().to_owned(), calendar);
            }
        }
        Ok(calendars)
    }

    /// The calendars at a place, and where that was answered from.
    async fn ask_for(
        &self,
        talk: &Conversation<'_>,
        place: &Address,
        home: &Home,
    ) -> Result<(Address, Vec<Response>), Error> {
        let mut said = Vec::new();
        let question = ask::calendars(home.single, home.tags);
        let heard = talk.hear(place, &question, &mut |told| said.push(told)).await?;
        if heard.cut || heard.unread > 0 {
            return Err(CUT.at(place));
        }
        said.retain(|told| told.is(self.account.kind));
        Ok((heard.at, said))
    }

    /// Those of them that the user wants. None is an error and not an empty account: a server
    /// that has forgotten the account must not make everything forgotten here.
    fn chosen(
        &self,
        mut calendars: BTreeMap<String, Calendar>,
    ) -> Result<BTreeMap<String, Calendar>, Error> {
        if calendars.is_empty() {
            return Err(none(self.account.kind).at(self.account.url));
        }
        let Account { include, exclude, .. } = self.account;
        let any = |patterns: &[String], calendar: &Calendar| {
            patterns.iter().any(|pattern| names(pattern, calendar))
        };
        calendars.retain(|_, calendar| {
            (include.is_empty() || any(include, calendar)) && !any(exclude, calendar)
        });
        if calendars.is_empty() {
            Err(chosen(self.account.kind).at(self.account.url))
        } else {
            Ok(calendars)
        }
    }

    /// Tells what was in calendars that are no longer there or no longer wanted.
    fn left(&mut self, memory: &Memory, calendars: &BTreeMap<String, Calendar>) -> ControlFlow<()> {
        for (path, known) in &memory.calendars {
            if calendars.contains_key(path) {
                continue;
            }
            for (href, seen) in &known.events {
                forget(&mut self.courier, path, href, seen)?;
            }
            if known.state.is_some() {
                self.courier.batch.cursor.remove.push(calendar_part(path));
            }
            self.courier.done()?;
        }
        ControlFlow::Continue(())
    }
}

const CUT: Fault = Fault::Protocol("does not list all that it keeps for this user");

fn none(kind: Kind) -> Fault {
    Fault::Protocol(match kind {
        Kind::Calendars => "shows no calendar to this user; check `url` and `user`",
        Kind::Books => "shows no address book to this user; check `url` and `user`",
    })
}

fn chosen(kind: Kind) -> Fault {
    Fault::Protocol(match kind {
        Kind::Calendars => "shows no calendar that `include` and `exclude` leave; check them",
        Kind::Books => "shows no address book that `include` and `exclude` leave; check them",
    })
}

fn calendar(talk: &Conversation<'_>, base: &Address, told: Response) -> Result<Calendar, Error> {
    let at = talk.inside(base, &told.href)?;
    Ok(Calendar { at, name: told.name, state: State { token: told.sync_token, ctag: told.ctag } })
}

/// Whether a pattern names a calendar: by its URL or path, if there is a slash in it, else by its
/// display name or the last part of its path. The case is ignored.
fn names(pattern: &str, calendar: &Calendar) -> bool {
    let tidy = |text: &str| text.trim_end_matches('/').to_lowercase();
    let (pattern, url) = (tidy(pattern), calendar.at.url());
    let path = libdav::encoding::normalise_percent_encoded(url.path());
    let path = tidy(&path.unwrap_or_else(|_| url.path().into()));
    if pattern.contains('/') {
        return glob(&pattern, &tidy(url.as_str())) || glob(&pattern, &path);
    }
    let last = path.rsplit('/').next().unwrap_or_default();
    let name = calendar.name.as_deref().map(str::to_lowercase);
    glob(&pattern, last) || name.is_some_and(|name| glob(&pattern, name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_is_named_by_its_name_or_by_where_it_is() {
        let calendar = Calendar {
            at: Address::parse("https://dav.agency.test/ana/b%C3%BCro-1/").unwrap(),
            name: Some("Meine Arbeit".to_owned()),
            state: State::default(),
        };
        for (pattern, expect) in [
            ("Meine Arbeit", true),
            ("meine*", true),
            ("*", true),
            ("büro-1", true),
            ("Büro-*", true),
            ("/ana/büro-1/", true),
            ("https://dav.agency.test/ana/b%C3%BCro-1", true),
            ("https://dav.agency.test/ana/*", true),
            ("/ana/", false),
            ("Arbeit", false),
            ("ana", false),
        ] {
            assert_eq!(names(pattern, &calendar), expect, "{pattern}");
        }
    }
}
