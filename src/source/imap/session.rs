//! From an account to a session: connected, encrypted, logged in, and what the server can do.
//!
//! Nothing that was said before encryption is believed, not even a capability: STARTTLS is sent
//! without asking whether it is there, and a server that is logged in before it (PREAUTH) is left.
//! Redirections (REFERRAL) are not followed.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::command::{Command, Extension};
use super::said::{Code, Done, Means, Said};
use super::wire::{PATIENCE, Tag, Wire};
use super::{Account, login, window};
use crate::secret::Reveal;
use crate::source::net::{self, Channel, Fault, Security, Unconnected};

/// How long it may take until a session is ready, the user's own command for the secret aside.
const OPENING: Duration = Duration::from_secs(90);

/// How long a good-bye may take.
const PARTING: Duration = Duration::from_secs(2);

/// A session with a server.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) can: Can,
    /// The mailbox that is open, as the server calls it, and what is known of it.
    pub(super) open: Option<Open>,
    /// Whether the server speaks UTF-8 (RFC 6855).
    pub(super) utf8: bool,
    /// How many UIDs are asked for at once, by how fast the line has been so far.
    pub(super) window: u32,
    /// RFC 2342: prefixes of the user's own mailboxes, of others', of shared ones.
    pub(super) namespaces: [Vec<String>; 3],
    /// What was sent ahead of the first command, and whether it switches on what helps.
    ahead: Vec<(Tag, bool)>,
}

/// The mailbox that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// As the server calls it.
    pub(super) mailbox: String,
    /// How many messages it holds, by the last word on it.
    pub(super) exists: u32,
    /// Its UIDVALIDITY.
    pub(super) uid_validity: u32,
    /// Its UIDNEXT when it was opened.
    pub(super) uid_next: Option<u32>,
}

/// What a server can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Can {
    pub(super) all: Vec<String>,
    pub(super) idle: bool,
    pub(super) notify: bool,
    pub(super) qresync: bool,
    pub(super) condstore: bool,
    pub(super) list_status: bool,
    pub(super) special_use: bool,
    pub(super) esearch: bool,
    pub(super) enable: bool,
    pub(super) id: bool,
    pub(super) namespace: bool,
    pub(super) utf8: bool,
    pub(super) sasl_ir: bool,
}

impl Can {
    pub(super) fn of(mut all: Vec<String>) -> Self {
        all.iter_mut().for_each(|name| name.make_ascii_uppercase());
        let has = |name: &str| all.iter().any(|one| one == name);
        // IMAP4rev2 (RFC 9051 appendix E) has these built in. QRESYNC and CONDSTORE imply ENABLE
        // (RFC 7162 §3.2.3), but CONDSTORE servers from before do not know it.
        let rev2 = has("IMAP4REV2");
        Self {
            idle: rev2 || has("IDLE"),
            notify: has("NOTIFY"),
            qresync: has("QRESYNC"),
            condstore: has("CONDSTORE") || has("QRESYNC"),
            list_status: rev2 || has("LIST-STATUS"),
            special_use: rev2 || has("SPECIAL-USE"),
            esearch: rev2 || has("ESEARCH"),
            enable: rev2 || has("ENABLE") || has("QRESYNC"),
            id: has("ID"),
            namespace: rev2 || has("NAMESPACE"),
            utf8: has("UTF8=ACCEPT") || has("UTF8=ONLY"),
            sasl_ir: rev2 || has("SASL-IR"),
            all,
        }
    }
}

impl Session {
    /// Connects and logs in.
    pub(super) async fn begin(account: &Account, reveal: Option<&Reveal>) -> Result<Self, Fault> {
        let channel = net::connect(&account.server).await?;
        Self::over(channel, account, reveal).await
    }

    /// The same over a channel that is there.
    pub(super) async fn over(
        channel: Channel,
        account: &Account,
        reveal: Option<&Reveal>,
    ) -> Result<Self, Fault> {
        let greeted = greet(channel, account);
        let (mut wire, mut can, logged_in) =
            timeout(OPENING, greeted).await.map_err(|_| Fault::Silent)??;
        if !logged_in {
            let known = login::login(&mut wire, &can, account, reveal).await?;
            can = match known {
                Some(known) => Can::of(known),
                None => capabilities(&mut wire).await?,
            };
        }
        let mut session = Self {
            wire,
            can,
            open: None,
            utf8: false,
            window: window::FIRST,
            namespaces: Default::default(),
            ahead: Vec::new(),
        };
        timeout(OPENING, session.prepare()).await.map_err(|_| Fault::Silent)??;
        Ok(session)
    }

    /// Says who we are, switches on what helps, and asks whose mailboxes are whose; all at once and
    /// ahead of the first command, for each answer would cost a round trip.
    async fn prepare(&mut self) -> Result<(), Fault> {
        if self.can.id {
            self.ahead.push((self.wire.send(&Command::Id).await?, false));
        }
        let mut extensions = Vec::new();
        extensions.extend(self.can.qresync.then_some(Extension::Qresync));
        extensions
            .extend((self.can.condstore && !self.can.qresync).then_some(Extension::Condstore));
        extensions.extend(self.can.utf8.then_some(Extension::Utf8));
        if self.can.enable && !extensions.is_empty() {
            self.ahead.push((self.wire.send(&Command::Enable(&extensions)).await?, true));
        }
        if self.can.namespace {
            self.ahead.push((self.wire.send(&Command::Namespace).await?, false));
        }
        Ok(())
    }

    /// Takes all that is said up to the end of a command, and of those that went ahead of it. What
    /// is said of the mailbox that is open is noted whatever the command was about: a server tells
    /// of a new message once, with the next answer there is (RFC 9051 §7.4.1), and an IDLE that
    /// begins afterwards is silent about it.
    pub(super) async fn finish(
        &mut self,
        tag: &Tag,
        mut take: impl FnMut(&Said) -> Result<(), Fault>,
    ) -> Result<Done, Fault> {
        let (namespaces, open) = (&mut self.namespaces, &mut self.open);
        let mut take = |said: &Said| {
            if let Said::Namespace(found) = said {
                namespaces.clone_from(found);
            }
            hear(open, said);
            take(said)
        };
        for (ahead, enables) in std::mem::take(&mut self.ahead) {
            let done = self.wire.finish(&ahead, &mut take).await?;
            if enables {
                self.can.qresync &= done.ok;
                self.utf8 = self.can.utf8 && done.ok;
            }
        }
        self.wire.finish(tag, take).await
    }

    /// Sends a command and takes all that is said up to its end.
    pub(super) async fn run(
        &mut self,
        command: &Command<'_>,
        take: impl FnMut(&Said) -> Result<(), Fault>,
    ) -> Result<Done, Fault> {
        let tag = self.wire.send(command).await?;
        self.finish(&tag, take).await
    }

    /// Whether nothing of what went ahead is still to be answered.
    pub(super) fn is_prepared(&self) -> bool {
        self.ahead.is_empty()
    }

    /// Notes what is said of the mailbox that is open.
    pub(super) fn hear(&mut self, said: &Said) {
        hear(&mut self.open, said);
    }

    /// Says good-bye. Nobody waits for the answer, which takes a round trip; but where somebody goes
    /// on living, the connection stays until it is there.
    pub(super) async fn end(mut self) {
        let bye = timeout(PARTING, self.wire.send(&Command::Logout)).await;
        if let Ok(Ok(tag)) = bye {
            // The server ends the connection with a BYE, which is what a lost one looks like too.
            tokio::spawn(async move {
                drop(timeout(PARTING, self.wire.finish(&tag, |_| Ok(()))).await);
            });
        }
    }
}

fn hear(open: &mut Option<Open>, said: &Said) {
    if let (Said::Exists(exists), Some(open)) = (said, open) {
        open.exists = *exists;
    }
}

/// A second connection, on its way before it is known whether it is needed: where nothing was ever
/// read, it mostly is. It does not log in by then, so no wrong password is tried twice.
#[derive(Debug)]
pub(super) struct Second(Option<JoinHandle<Result<Channel, Fault>>>);

impl Second {
    /// Connects if `likely`. Has to be called on a runtime.
    pub(super) fn on_its_way(account: &Account, likely: bool) -> Self {
        let server = account.server.clone();
        Self(likely.then(|| tokio::spawn(async move { net::connect(&server).await })))
    }

    /// Logs in over it.
    pub(super) async fn begin(
        mut self,
        account: &Account,
        reveal: Option<&Reveal>,
    ) -> Result<Session, Fault> {
        match &mut self.0 {
            Some(connecting) => match connecting.await {
                Ok(channel) => Session::over(channel?, account, reveal).await,
                Err(_) => Err(Fault::Lost),
            },
            None => Session::begin(account, reveal).await,
        }
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        if let Some(connecting) = &self.0 {
            connecting.abort();
        }
    }
}

/// Takes the greeting, encrypts if asked to, and learns what the server can do; says whether it
/// takes us for logged in already.
async fn greet(channel: Channel, account: &Account) -> Result<(Wire, Can, bool), Fault> {
    let mut wire = Wire::new(channel);
    let (mut logged_in, mut known) = greeting(&mut wire).await?;
    if account.server.security == Security::StartTls {
        if logged_in {
            return Err(Fault::Insecure(
                "takes us for logged in before encryption begins, which may be somebody in the \
                 middle; set security = \"tls\" if it has a port for that",
            ));
        }
        let done = wire.run(&Command::StartTls, |_| Ok(())).await?;
        if !done.ok {
            return Err(Fault::Insecure(
                "does not begin encryption with STARTTLS, so nothing was sent; set security = \
                 \"tls\" if it has a port for that",
            ));
        }
        let bare = wire.into_inner().ok_or(Fault::Unconnected(Unconnected::Injected))?;
        wire = Wire::new(net::upgrade(bare, &account.server).await?);
        (logged_in, known) = (false, None);
    }
    let can = match known {
        Some(known) => Can::of(known),
        None => capabilities(&mut wire).await?,
    };
    Ok((wire, can, logged_in))
}

/// The greeting (RFC 9051 §7.1): whether we are logged in, and capabilities if it tells them.
async fn greeting(wire: &mut Wire) -> Result<(bool, Option<Vec<String>>), Fault> {
    let (logged_in, code) = match wire.next(PATIENCE).await? {
        Said::Condition(Means::Ok, code) => (false, code),
        Said::Condition(Means::PreAuth, code) => (true, code),
        _ => return Err(Fault::Protocol("no greeting of an IMAP server")),
    };
    match code {
        Some(Code::Capabilities(known)) => Ok((logged_in, Some(known))),
        _ => Ok((logged_in, None)),
    }
}

/// Asks what the server can do.
async fn capabilities(wire: &mut Wire) -> Result<Can, Fault> {
    let mut known = Vec::new();
    let done = wire.run(&Command::Capability, |said| {
        if let Said::Capabilities(list) = said {
            known.clone_from(list);
        }
        Ok(())
    });
    done.await?.or("it does not say what it can do")?;
    Ok(Can::of(known))
}
