//! Why no connection came about: one value, one sentence, one remedy.
//!
//! The sentences are what a person acts on, in `check` and in the log of the daemon alike, so each
//! says what happened, where, and what to do. Whatever a server or certificate says of itself goes
//! through [`Shown`].

use std::error::Error;
use std::fmt;
use std::io;

use jiff::Timestamp;

use super::tls::{Flaw, Refused, Unprepared, chain, refusal};
use crate::text::Shown;

/// Why no connection came about. Displayed as what is said of the server after its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unconnected {
    /// The name is unknown.
    NoName,
    /// Nobody says whether the name is known: most often the machine is offline.
    NoNameServer,
    /// Nobody listens there.
    Refused,
    /// No way leads there.
    Unreachable,
    /// No answer within the time.
    Silent,
    /// The connection was closed before it was of use.
    Ended,
    /// The certificate is not believed.
    Certificate(Refused),
    /// No certificate can be believed.
    Unprepared(Unprepared),
    /// What answered does not speak TLS there.
    InClear(InClear),
    /// No version or cipher in common.
    TooOld,
    /// Something was said before encryption began, and would have been believed after it
    /// (as CVE-2011-0411 was in Postfix).
    Injected,
    /// An unencrypted connection was asked for, to another machine.
    Unprotected,
    /// The host cannot be a name in a certificate.
    NoHost,
    /// Anything else, in the words of the system.
    Other(String),
}

/// What spoke without encryption where encryption was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InClear {
    /// HTTP: most often the login page of a hotel or train.
    Web,
    /// IMAP: the port is that of STARTTLS.
    Imap,
    /// Another protocol, or nothing known.
    Unknown,
}

impl Unconnected {
    /// What an error of the network or of TLS means, wherever in a chain of causes it is: for the
    /// errors of an HTTP client. `None` when there is none in it.
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(refused) = refusal(error) {
            return Some(Self::Certificate(refused.clone()));
        }
        chain(error).find_map(|error| match error.downcast_ref::<rustls::Error>() {
            Some(error) => Some(Self::of_tls(error)),
            // One that holds another only passes it on.
            None => error
                .downcast_ref::<io::Error>()
                .filter(|error| error.get_ref().is_none())
                .map(Self::of_io),
        })
    }

    /// What an error of a socket means.
    pub(super) fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable => Self::Unreachable,
            io::ErrorKind::TimedOut => Self::Silent,
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Self::Ended,
            _ => Self::Other(error.to_string()),
        }
    }

    /// What an error of a handshake means, as far as it tells by itself.
    pub(super) fn of_tls(error: &rustls::Error) -> Self {
        use rustls::AlertDescription as Alert;
        match error {
            rustls::Error::InvalidMessage(_) => Self::InClear(InClear::Unknown),
            rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(Alert::ProtocolVersion | Alert::HandshakeFailure) => {
                Self::TooOld
            }
            other => Self::Other(other.to_string()),
        }
    }
}

impl InClear {
    /// What the first bytes of an answer are.
    pub(super) fn told_by(bytes: &[u8]) -> Self {
        let begins = |with: &[u8]| bytes.get(..with.len()).is_some_and(|start| start == with);
        if begins(b"HTTP/") || begins(b"<") {
            Self::Web
        } else if begins(b"* OK") || begins(b"* PRE") || begins(b"* BYE") {
            Self::Imap
        } else {
            Self::Unknown
        }
    }
}

impl fmt::Display for Unconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoName => "is unknown to the name servers; check it for a mistake",
            Self::NoNameServer => {
                "cannot be looked up, no name server answers; is this machine online?"
            }
            Self::Refused => "refuses connections; check the port, and that the server runs",
            Self::Unreachable => "cannot be reached from here; is this machine online?",
            Self::Silent => {
                "does not answer; check host and port, and whether a firewall is between"
            }
            Self::Ended => "ended the connection at once; check the port, or try again later",
            Self::InClear(InClear::Web) => {
                "answers with a web page where encryption was expected; this network may want a \
                 login first: open a browser"
            }
            Self::InClear(InClear::Imap) => {
                "begins without encryption; set port = 993, or security = \"starttls\" if it \
                 offers no other"
            }
            Self::InClear(InClear::Unknown) => "answers, but does not speak TLS; check the port",
            Self::TooOld => {
                "knows no encryption that is safe today; its owner must allow TLS 1.2 or later"
            }
            Self::Injected => {
                "spoke before encryption began, as if somebody were between; set security = \
                 \"tls\", or try from another network"
            }
            Self::Unprotected => {
                "is another machine, to which nothing is sent unencrypted; set security = \"tls\""
            }
            Self::NoHost => "can be the name of no server; check it for a mistake",
            Self::Certificate(refused) => return certificate(f, refused),
            Self::Unprepared(unprepared) => return write!(f, "cannot be believed: {unprepared}"),
            Self::Other(what) => {
                return write!(f, "cannot be reached ({}); try again later", Shown(what));
            }
        })
    }
}

fn certificate(f: &mut fmt::Formatter<'_>, Refused { fingerprint, flaw }: &Refused) -> fmt::Result {
    let pin = format!(
        "if the server is your own and has this fingerprint, add: fingerprint = \"{fingerprint}\""
    );
    f.write_str("shows a certificate ")?;
    match flaw {
        Flaw::Name(names) => {
            let other = match names.split_first() {
                None => "another name".to_owned(),
                Some((first, [])) => Shown(first).to_string(),
                Some((first, [second])) => format!("{} and {}", Shown(first), Shown(second)),
                Some((first, rest)) => format!("{} and {} others", Shown(first), rest.len()),
            };
            write!(
                f,
                "for {other} and not for this name; use a name it is for, or ask whoever runs the \
                 server"
            )
        }
        Flaw::Ended(second) => write!(
            f,
            "that ended on {}; whoever runs the server must renew it, unless the clock of this \
             machine is wrong",
            date(*second)
        ),
        Flaw::NotBegun(second) => write!(
            f,
            "that begins on {}; check the clock of this machine, or ask whoever runs the server",
            date(*second)
        ),
        Flaw::UnknownAuthority => write!(
            f,
            "signed by nobody this machine believes; name the file of its authority: authority = \
             \"PATH\", or, {pin}"
        ),
        Flaw::SelfSigned => write!(f, "signed by itself; {pin}"),
        Flaw::NotPinned => write!(
            f,
            "that is not the pinned one; if it was renewed, and only then, set: fingerprint = \
             \"{fingerprint}\""
        ),
        Flaw::Other(what) => write!(f, "of no use ({}); {pin}", Shown(what)),
    }
}

fn date(second: u64) -> String {
    let at = i64::try_from(second).ok().and_then(|second| Timestamp::from_second(second).ok());
    at.map_or_else(|| "a day beyond all years".into(), |at| at.strftime("%Y-%m-%d").to_string())
}

impl Error for Unconnected {}

#[cfg(test)]
mod tests {
    use super::super::tls::Fingerprint;
    use super::*;
    use expect_test::expect;

    #[test]
    fn every_fault_is_one_sentence_with_its_remedy() {
        let flaw =
            |flaw| Unconnected::Certificate(Refused { fingerprint: Fingerprint([0xA5; 32]), flaw });
        let kinds = [
            Unconnected::NoName,
            Unconnected::NoNameServer,
            Unconnected::Refused,
            Unconnected::Unreachable,
            Unconnected::Silent,
            Unconnected::Ended,
            flaw(Flaw::Name(vec![])),
            flaw(Flaw::Name(vec!["mail.host.example".into()])),
            flaw(Flaw::Name(vec!["a.example".into(), "\u{1b}[31mb.example".into()])),
            flaw(Flaw::Name((0..9).map(|n| format!("{n}.example")).collect())),
            flaw(Flaw::Ended(1_700_000_000)),
            flaw(Flaw::NotBegun(u64::MAX)),
            flaw(Flaw::UnknownAuthority),
            flaw(Flaw::SelfSigned),
            flaw(Flaw::NotPinned),
            flaw(Flaw::Other("BadEncoding".into())),
            Unconnected::Unprepared(Unprepared::NoRoots),
            Unconnected::InClear(InClear::Web),
            Unconnected::InClear(InClear::Imap),
            Unconnected::InClear(InClear::Unknown),
            Unconnected::TooOld,
            Unconnected::Injected,
            Unconnected::Unprotected,
            Unconnected::NoHost,
            Unconnected::Other("strange\nthings".into()),
        ];
        let told: Vec<String> =
            kinds.iter().map(|kind| format!("imap.agency.test:993 {kind}")).collect();
        expect![[r#"
            imap.agency.test:993 is unknown to the name servers; check it for a mistake
            imap.agency.test:993 cannot be looked up, no name server answers; is this machine online?
            imap.agency.test:993 refuses connections; check the port, and that the server runs
            imap.agency.test:993 cannot be reached from here; is this machine online?
            imap.agency.test:993 does not answer; check host and port, and whether a firewall is between
            imap.agency.test:993 ended the connection at once; check the port, or try again later
            imap.agency.test:993 shows a certificate for another name and not for this name; use a name it is for, or ask whoever runs the server
            imap.agency.test:993 shows a certificate for mail.host.example and not for this name; use a name it is for, or ask whoever runs the server
            imap.agency.test:993 shows a certificate for a.example and [31mb.example and not for this name; use a name it is for, or ask whoever runs the server
            imap.agency.test:993 shows a certificate for 0.example and 8 others and not for this name; use a name it is for, or ask whoever runs the server
            imap.agency.test:993 shows a certificate that ended on 2023-11-14; whoever runs the server must renew it, unless the clock of this machine is wrong
            imap.agency.test:993 shows a certificate that begins on a day beyond all years; check the clock of this machine, or ask whoever runs the server
            imap.agency.test:993 shows a certificate signed by nobody this machine believes; name the file of its authority: authority = "PATH", or, if the server is your own and has this fingerprint, add: fingerprint = "A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5 A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5"
            imap.agency.test:993 shows a certificate signed by itself; if the server is your own and has this fingerprint, add: fingerprint = "A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5 A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5"
            imap.agency.test:993 shows a certificate that is not the pinned one; if it was renewed, and only then, set: fingerprint = "A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5 A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5"
            imap.agency.test:993 shows a certificate of no use (BadEncoding); if the server is your own and has this fingerprint, add: fingerprint = "A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5 A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5:A5"
            imap.agency.test:993 cannot be believed: this system has no certificates of authorities; install the package ca-certificates
            imap.agency.test:993 answers with a web page where encryption was expected; this network may want a login first: open a browser
            imap.agency.test:993 begins without encryption; set port = 993, or security = "starttls" if it offers no other
            imap.agency.test:993 answers, but does not speak TLS; check the port
            imap.agency.test:993 knows no encryption that is safe today; its owner must allow TLS 1.2 or later
            imap.agency.test:993 spoke before encryption began, as if somebody were between; set security = "tls", or try from another network
            imap.agency.test:993 is another machine, to which nothing is sent unencrypted; set security = "tls"
            imap.agency.test:993 can be the name of no server; check it for a mistake
            imap.agency.test:993 cannot be reached (strange things); try again later"#]].assert_eq(&told.join("\n"));
        for one in &told {
            assert!(one.contains("; ") && !one.ends_with('.') && !one.contains('\n'), "{one}");
        }
    }

    #[test]
    fn an_answer_in_clear_is_known_by_its_first_bytes() {
        let check = |bytes: &[u8], expect| assert_eq!(InClear::told_by(bytes), expect);
        check(b"HTTP/1.1 302 Found\r\n", InClear::Web);
        check(b"<!DOCTYPE html>", InClear::Web);
        check(b"* OK [CAPABILITY IMAP4rev1] ready\r\n", InClear::Imap);
        check(b"* BYE too many\r\n", InClear::Imap);
        check(b"220 mx ESMTP\r\n", InClear::Unknown);
        check(b"", InClear::Unknown);
    }

    #[test]
    fn what_an_http_client_wraps_is_found() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] io::Error);

        let refused = Refused { fingerprint: Fingerprint([1; 32]), flaw: Flaw::SelfSigned };
        let inner = rustls::Error::InvalidCertificate(rustls::CertificateError::Other(
            rustls::OtherError(std::sync::Arc::new(refused.clone())),
        ));
        let error = Outer(io::Error::new(io::ErrorKind::InvalidData, io::Error::other(inner)));
        assert_eq!(Unconnected::of(&error), Some(Unconnected::Certificate(refused)));
        let error = Outer(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert_eq!(Unconnected::of(&error), Some(Unconnected::Refused));
        assert_eq!(Unconnected::of(&fmt::Error), None);
    }
}
