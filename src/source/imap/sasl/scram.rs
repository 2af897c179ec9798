//! SCRAM-SHA-256 (RFC 5802, RFC 7677): the password never leaves, and the server proves that it
//! knows it too.
//!
//! Without channel binding, which the gs2 header `n` says. Passwords are prepared after RFC 4013
//! but for its rule on the direction of writing, which no server has been seen to apply.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use icu_normalizer::ComposingNormalizerBorrowed;
use ring::{digest, hmac, pbkdf2};
use zeroize::Zeroizing;

use super::Broken;
use crate::text;

/// Iterations that are taken as honest: at least what RFC 7677 §4 asks of servers, at most a second
/// of work on a slow machine.
const ITERATIONS: std::ops::RangeInclusive<u32> = 4096..=1_000_000;
/// The longest nonce and salt of a server, in characters of its line.
const LONGEST: usize = 1024;

/// The header without channel binding, and its base64 (RFC 5802 §7).
const HEADER: &str = "n,,";
const HEADER_ENCODED: &str = "biws";

#[derive(Debug)]
pub(super) struct Scram {
    bare: String,
    nonce: String,
    password: Hidden,
    state: State,
}

/// Something that is not printed.
struct Hidden(Zeroizing<String>);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("..")
    }
}

#[derive(Debug)]
enum State {
    /// The salt is awaited.
    Salt,
    /// The server's proof is awaited, which must be a signature of this under this key.
    Proof { key: hmac::Key, signed: String },
    /// The server has proved itself.
    Proved,
}

impl Scram {
    pub(super) fn new(user: &str, password: &str, nonce: &str) -> Result<Self, Broken> {
        let user = prepared(user).ok_or(Broken::Unsayable)?;
        let password = prepared(password).ok_or(Broken::Unsayable)?;
        Ok(Self {
            bare: format!("n={},r={nonce}", escaped(&user)),
            nonce: nonce.to_owned(),
            password: Hidden(password),
            state: State::Salt,
        })
    }

    pub(super) fn first(&self) -> String {
        format!("{HEADER}{}", self.bare)
    }

    pub(super) fn proved(&self) -> bool {
        matches!(self.state, State::Proved)
    }

    /// The answer to what the server says, which is first its salt, then its proof.
    pub(super) fn answer(&mut self, said: &str) -> Result<String, Broken> {
        match &self.state {
            State::Salt => self.prove(said),
            State::Proof { key, signed } => {
                if said.starts_with("e=") {
                    return Err(Broken::Denied);
                }
                let proof = said.strip_prefix("v=").ok_or(Broken::Challenge)?;
                let proof = proof.split(',').next().unwrap_or_default();
                let proof = BASE64.decode(proof).map_err(|_| Broken::Challenge)?;
                // in constant time
                hmac::verify(key, signed.as_bytes(), &proof).map_err(|_| Broken::Unproved)?;
                self.state = State::Proved;
                Ok(String::new())
            }
            State::Proved => Err(Broken::Challenge),
        }
    }

    fn prove(&mut self, said: &str) -> Result<String, Broken> {
        if said.starts_with("e=") {
            return Err(Broken::Denied);
        }
        // No extension may come first (`m=` is one we must understand); later ones are ignored.
        let mut parts = said.split(',');
        let mut next = |name| parts.next().and_then(|part| part.strip_prefix(name));
        let (Some(nonce), Some(salt), Some(iterations)) = (next("r="), next("s="), next("i="))
        else {
            return Err(Broken::Challenge);
        };
        let longer = nonce.starts_with(&self.nonce) && nonce.len() > self.nonce.len();
        if !longer || nonce.len() > LONGEST || salt.len() > LONGEST || salt.is_empty() {
            return Err(Broken::Challenge);
        }
        let salt = BASE64.decode(salt).map_err(|_| Broken::Challenge)?;
        let iterations: u32 = iterations.parse().map_err(|_| Broken::Iterations)?;
        let iterations = Some(iterations).filter(|n| ITERATIONS.contains(n));
        let iterations = iterations.and_then(NonZeroU32::new).ok_or(Broken::Iterations)?;

        let last = format!("c={HEADER_ENCODED},r={nonce}");
        let signed = format!("{},{said},{last}", self.bare);
        let mut salted = Zeroizing::new([0; digest::SHA256_OUTPUT_LEN]);
        let password = self.password.0.as_bytes();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, &salt, password, &mut *salted);
        let salted = hmac::Key::new(hmac::HMAC_SHA256, &*salted);
        let client = hmac::sign(&salted, b"Client Key");
        let stored = digest::digest(&digest::SHA256, client.as_ref());
        let stored = hmac::Key::new(hmac::HMAC_SHA256, stored.as_ref());
        let signature = hmac::sign(&stored, signed.as_bytes());
        let proof: Vec<u8> =
            client.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
        let server = hmac::sign(&salted, b"Server Key");
        let key = hmac::Key::new(hmac::HMAC_SHA256, server.as_ref());
        self.state = State::Proof { key, signed };
        Ok(format!("{last},p={}", BASE64.encode(proof)))
    }
}

/// A user's name between commas (RFC 5802 §5.1).
pub(super) fn escaped(user: &str) -> String {
    user.replace('=', "=3D").replace(',', "=2C")
}

/// A name or password after RFC 4013, so that what two keyboards make of one letter is the same;
/// `None` when it holds what nobody can have meant.
fn prepared(said: &str) -> Option<Zeroizing<String>> {
    let mapped: Zeroizing<String> = Zeroizing::new(
        said.chars()
            .filter(|c| !nothing(*c))
            .map(|c| if c.is_whitespace() && !c.is_control() { ' ' } else { c })
            .collect(),
    );
    let normal = ComposingNormalizerBorrowed::new_nfkc().normalize(&mapped).into_owned();
    let normal = Zeroizing::new(normal);
    (!normal.is_empty() && !text::has_hidden(&normal)).then_some(normal)
}

/// What is commonly mapped to nothing (RFC 3454 table B.1).
fn nothing(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{1806}'
            | '\u{180b}'..='\u{180d}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2060}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_prepared() {
        let check = |said, expect: Option<&str>| {
            assert_eq!(prepared(said).as_ref().map(|text| text.as_str()), expect, "{said:?}");
        };
        // RFC 4013 §3
        check("I\u{ad}X", Some("IX"));
        check("user", Some("user"));
        check("USER", Some("USER"));
        check("\u{aa}", Some("a"));
        check("\u{2168}", Some("IX"));
        check("\u{7}", None);
        // one letter, typed in two ways
        check("passwo\u{308}rd", Some("passwörd"));
        check("a\u{a0}b\u{3000}c", Some("a b c"));
        check("a\tb", None);
        check("\u{200b}", None);
        check("🔑", Some("🔑"));
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(escaped("a=b,c"), "a=3Db=2Cc");
    }
}
