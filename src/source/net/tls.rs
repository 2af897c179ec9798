//! Who is believed: certificates judged by the system's roots, by one authority, or by a pin.
//!
//! There is no way to accept any certificate. What is refused is refused with the reason and the
//! fingerprint in the error itself ([`Refused`]), so that the same sentence comes out whether the
//! handshake was ours or that of an HTTP client with [`http_config`] inside. The provider is ring,
//! named outright: a process-wide default would be a setting that nobody sees.
//!
//! A pin replaces every other judgement, name and date among them: it says "this very
//! certificate". Servers that sign for themselves, as mail bridges on one's own machine do, cannot
//! be believed in any other way, and would teach their users to ignore warnings.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};
use rustls_platform_verifier::Verifier;
use sha2::{Digest as _, Sha256};

use super::Trust;

/// The SHA-256 of a certificate as it is sent, shown as `openssl x509 -fingerprint` does but for a
/// blank in the middle: in one piece it would be wider than anything from outside may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate).into())
    }

    /// Reads 64 hexadecimal digits in any case, bare or in pairs between colons or blanks, after
    /// `sha256:` or without.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let text = text.strip_prefix("sha256:").unwrap_or(&text);
        let digits: Vec<u8> = text
            .chars()
            .filter(|c| !matches!(c, ':' | ' '))
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        let (pairs, rest) = digits.as_chunks();
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        rest.is_empty().then(|| bytes.try_into().ok().map(Self)).flatten()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, byte)| {
            let lead = match at {
                0 => "",
                16 => " ",
                _ => ":",
            };
            write!(f, "{lead}{byte:02X}")
        })
    }
}

/// Why a certificate is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("certificate refused")]
pub struct Refused {
    /// Which certificate that is.
    pub fingerprint: Fingerprint,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is for other names; these, as far as it tells any.
    Name(Vec<String>),
    /// It has ended, at this second of the Unix epoch.
    Ended(u64),
    /// It has not begun, and does at this second.
    NotBegun(u64),
    /// It is signed by nobody who is believed.
    UnknownAuthority,
    /// It is signed by itself.
    SelfSigned,
    /// It is not the pinned one.
    NotPinned,
    /// Something else, in the words of the library.
    Other(String),
}

/// Why nobody can be believed at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unprepared {
    /// The authority's file is no use.
    #[error("{}: {what}; name the authority's certificate in PEM form", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The system believes nobody.
    #[error("this system has no certificates of authorities; install the package ca-certificates")]
    NoRoots,
    /// The library refuses its own defaults.
    #[error("encryption cannot be set up: {0}")]
    Library(String),
}

/// What a TLS client of this trust goes by.
///
/// # Errors
///
/// When the file of an authority cannot be read, or the system has no roots.
pub fn config(trust: &Trust) -> Result<ClientConfig, Unprepared> {
    let provider = Arc::new(ring::default_provider());
    let judge: Arc<dyn ServerCertVerifier> = match trust {
        Trust::System => {
            let system = Verifier::new(Arc::clone(&provider)).map_err(|_| Unprepared::NoRoots)?;
            Arc::new(Judge { inner: Arc::new(system), provider: Arc::clone(&provider) })
        }
        Trust::Authority(path) => {
            let inner = believing(authority(path)?, &provider)?;
            Arc::new(Judge { inner, provider: Arc::clone(&provider) })
        }
        Trust::Pin(pin) => {
            Arc::new(Pinned { pin: Fingerprint(*pin), provider: Arc::clone(&provider) })
        }
    };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(library)?
        .dangerous()
        .with_custom_certificate_verifier(judge)
        .with_no_client_auth())
}

/// The same for a client of HTTP, which says so in the handshake (RFC 7301).
///
/// # Errors
///
/// As [`config`].
pub fn http_config(trust: &Trust) -> Result<ClientConfig, Unprepared> {
    let mut config = config(trust)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn library(error: impl fmt::Display) -> Unprepared {
    Unprepared::Library(error.to_string())
}

fn believing(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, Unprepared> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(library)
}

fn authority(path: &Path) -> Result<RootCertStore, Unprepared> {
    let fault = |what: String| Unprepared::Authority { path: path.to_owned(), what };
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates: Vec<CertificateDer<'_>> =
        certificates.map_err(|error| fault(format!("cannot be read ({error})")))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|error| fault(format!("is not understood ({error})")))?;
    }
    if roots.is_empty() { Err(fault("holds no certificate".into())) } else { Ok(roots) }
}

/// Asks another verifier, and puts its refusal into words of ours.
#[derive(Debug)]
struct Judge {
    inner: Arc<dyn ServerCertVerifier>,
    provider: Arc<CryptoProvider>,
}

impl Judge {
    /// Whether the certificate would do if it were itself the authority.
    fn signed_by_itself(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> bool {
        let mut roots = RootCertStore::empty();
        if roots.add(certificate.clone().into_owned()).is_err() {
            return false;
        }
        let Ok(alone) = believing(roots, &self.provider) else { return false };
        let judged = alone.verify_server_cert(certificate, &[], name, &[], now);
        !matches!(
            judged,
            Err(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature
            ))
        )
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self.inner.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        judged.map_err(|error| {
            let rustls::Error::InvalidCertificate(error) = error else { return error };
            let flaw = match flaw(error) {
                Flaw::UnknownAuthority if self.signed_by_itself(end_entity, name, now) => {
                    Flaw::SelfSigned
                }
                flaw => flaw,
            };
            refused(end_entity, flaw)
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Believes one certificate, whose key must still sign the handshake.
#[derive(Debug)]
struct Pinned {
    pin: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if Fingerprint::of(end_entity) == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(refused(end_entity, Flaw::NotPinned))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn refused(certificate: &CertificateDer<'_>, flaw: Flaw) -> rustls::Error {
    let refused = Refused { fingerprint: Fingerprint::of(certificate), flaw };
    CertificateError::Other(OtherError(Arc::new(refused))).into()
}

fn flaw(error: CertificateError) -> Flaw {
    match error {
        CertificateError::NotValidForNameContext { presented, .. } => {
            Flaw::Name(presented.iter().map(|name| bare(name)).collect())
        }
        CertificateError::NotValidForName => Flaw::Name(Vec::new()),
        CertificateError::ExpiredContext { not_after, .. } => Flaw::Ended(not_after.as_secs()),
        CertificateError::NotValidYetContext { not_before, .. } => {
            Flaw::NotBegun(not_before.as_secs())
        }
        CertificateError::UnknownIssuer => Flaw::UnknownAuthority,
        // What `openssl req -x509` makes: an authority's certificate shown as a server's. webpki
        // has no variant of rustls for it.
        CertificateError::Other(error) if error.to_string() == "CaUsedAsEndEntity" => {
            Flaw::SelfSigned
        }
        other => Flaw::Other(other.to_string()),
    }
}

/// webpki tells names as `DnsName("host.example")` and `IpAddress(192.0.2.1)`.
fn bare(presented: &str) -> String {
    let inner = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(presented).trim_matches('"').to_owned()
}

/// The refusal inside an error, however deep: `io::Error` hides what it holds from `source`.
pub(super) fn refusal<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Refused> {
    chain(error).find_map(|error| match error.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner)))) => {
            inner.downcast_ref::<Refused>()
        }
        _ => None,
    })
}

/// An error and all its causes.
pub(super) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        match held {
            Some(held) => {
                let held: &(dyn Error + 'static) = held;
                Some(held)
            }
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_in_every_usual_spelling() {
        let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 8).unwrap());
        let shown = Fingerprint(bytes).to_string();
        assert!(shown.starts_with("00:08:10:18:20"), "{shown}");
        let check = |text: &str, expect| {
            assert_eq!(Fingerprint::parse(text).map(|read| read.0), expect, "{text}");
        };
        check(&shown, Some(bytes));
        check(&shown.to_lowercase(), Some(bytes));
        check(&shown.replace(':', ""), Some(bytes));
        check(&shown.replace(':', " "), Some(bytes));
        check(&shown.replace(' ', ":"), Some(bytes));
        check(&format!(" SHA256:{shown} "), Some(bytes));
        check("", None);
        check(shown.trim_start_matches("00:"), None);
        check(&format!("{shown}:00"), None);
        check(&shown.replace("08", "0g"), None);
        check(&shown.replace("00:08", "0:008"), Some(bytes));
        check(&format!("{}0", shown.replace(':', "")), None);
    }

    #[test]
    fn an_authority_that_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let check = |text: &str, expect: &str| {
            let path = folder.path().join("ca.pem");
            std::fs::write(&path, text).unwrap();
            let told = config(&Trust::Authority(path)).expect_err("refused").to_string();
            assert_eq!(told.replace(&folder.path().display().to_string(), "~"), expect);
        };
        check("", "~/ca.pem: holds no certificate; name the authority's certificate in PEM form");
        check(
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "~/ca.pem: holds no certificate; name the authority's certificate in PEM form",
        );
        let missing = config(&Trust::Authority(folder.path().join("none.pem")));
        let told = missing.expect_err("refused").to_string();
        assert!(told.contains("none.pem: cannot be read (") && told.contains("; name"), "{told}");
    }

    #[test]
    fn names_are_told_bare() {
        assert_eq!(bare("DnsName(\"mail.example\")"), "mail.example");
        assert_eq!(bare("IpAddress(192.0.2.1)"), "192.0.2.1");
        assert_eq!(bare("odd"), "odd");
    }
}
