//! The client: four methods, one credential, one origin.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use reqwest::redirect::Policy;

use super::error::{Error, Fault};
use super::resolve::{Bounded, Bounds};
use super::{Address, Answer, Limits};
use crate::secret::Secret;
use crate::source::net::{self, Login, Means, Trust};

/// Redirections followed for one question (RFC 9110 §15.4 leaves the number to the client).
const HOPS: usize = 5;

/// How long a server may ask to be left alone (RFC 9110 §10.2.3): a year is a mistake or malice.
const WAIT: (u64, u64) = (60, 24 * 3600);

/// What may be asked. There is no other way to send anything, so nothing can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Method {
    /// RFC 9110 §9.3.1.
    Get,
    /// RFC 4918 §9.1.
    Propfind,
    /// RFC 3253 §3.6.
    Report,
}

/// One question.
#[derive(Clone, Debug)]
pub(in crate::source) struct Question {
    /// How.
    pub(in crate::source) method: Method,
    /// `Depth` (RFC 4918 §10.2).
    pub(in crate::source) depth: Option<u8>,
    /// XML, empty for none.
    pub(in crate::source) body: String,
    /// Further header fields.
    pub(in crate::source) fields: Vec<(HeaderName, HeaderValue)>,
}

impl Question {
    /// A plain GET.
    pub(in crate::source) fn get() -> Self {
        Self { method: Method::Get, depth: None, body: String::new(), fields: Vec::new() }
    }

    /// A PROPFIND or REPORT.
    pub(in crate::source) fn xml(method: Method, depth: u8, body: String) -> Self {
        Self { method, depth: Some(depth), body, fields: Vec::new() }
    }
}

/// A client of one server.
pub(in crate::source) struct Client {
    inner: reqwest::Client,
    bounds: Arc<Bounds>,
    /// The origin the credential belongs to.
    home: String,
    credential: Option<(Login, Secret)>,
    limits: Limits,
}

impl Client {
    /// A client that shows its credential to the origin of `home` alone.
    pub(in crate::source) fn new(
        home: &Address,
        credential: Option<(Login, Secret)>,
        trust: &Trust,
        limits: Limits,
    ) -> Result<Self, Error> {
        let tls = net::tls::http_config(trust).map_err(|why| Fault::from(why).at(home))?;
        let bounds = Arc::new(Bounds::new(home));
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .referer(false)
            // It would be read from the environment, and lead the questions past the server the
            // user named.
            .no_proxy()
            .retry(reqwest::retry::never())
            .connect_timeout(limits.connect)
            .user_agent(concat!("hallway/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Bounded(Arc::clone(&bounds)));
        let inner = builder.build();
        let inner = inner.map_err(|error| Fault::of(error).at(home))?;
        Ok(Self { inner, bounds, home: home.origin(), credential, limits })
    }

    /// Asks, and follows where it is sent. A status that is no success is an error, except 304 on
    /// a conditional question.
    pub(in crate::source) async fn ask(
        &self,
        at: &Address,
        question: &Question,
    ) -> Result<Answer, Error> {
        let mut at = at.clone();
        for _ in 0..=HOPS {
            let response = self.send(&at, question).await?;
            let answer = Answer::new(at.clone(), response, self.limits);
            match answer.status() {
                200..=299 | 304 => return Ok(answer),
                301 | 302 | 303 | 307 | 308 => at = self.follow(&answer)?,
                status => return Err(self.refusal(status, &answer)),
            }
        }
        Err(Fault::Redirect("in circles").at(&at))
    }

    async fn send(&self, at: &Address, question: &Question) -> Result<reqwest::Response, Error> {
        if !self.bounds.allow(at) {
            return Err(Fault::Redirect("to a place inside this network").at(at));
        }
        let method = match question.method {
            Method::Get => reqwest::Method::GET,
            Method::Propfind => extension(b"PROPFIND"),
            Method::Report => extension(b"REPORT"),
        };
        let mut request = self.inner.request(method, at.url().clone());
        if let Some(depth) = question.depth {
            request = request.header("Depth", u32::from(depth));
        }
        // What goes no further than this machine is packed and unpacked for nothing.
        if at.is_here() {
            request = request.header(ACCEPT_ENCODING, "identity");
        }
        if !question.body.is_empty() {
            request = request
                .header(CONTENT_TYPE, "application/xml; charset=utf-8")
                .body(question.body.clone());
        }
        for (name, value) in &question.fields {
            request = request.header(name, value);
        }
        if let Some((login, secret)) = self.credential.as_ref().filter(|_| self.is_home(at)) {
            request = match login.means {
                Means::Password => request.basic_auth(&login.user, Some(secret.reveal())),
                Means::Token => request.bearer_auth(secret.reveal()),
            };
        }
        match tokio::time::timeout(self.limits.head, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Fault::of(error).at(at)),
            Err(_) => Err(Fault::TooMuch("does not answer").at(at)),
        }
    }

    /// Where a redirection leads, if we go there.
    fn follow(&self, answer: &Answer) -> Result<Address, Error> {
        let refuse = |why| Err(answer.fault(Fault::Redirect(why)));
        let Some(location) = answer.header(LOCATION) else { return refuse("without saying where") };
        let Ok(next) = answer.at.join(location) else {
            return refuse("to an address that is not for calendars");
        };
        if answer.at.url().scheme() == "https" && next.url().scheme() != "https" {
            return refuse("to where nothing is encrypted");
        }
        Ok(next)
    }

    fn refusal(&self, status: u16, answer: &Answer) -> Error {
        let fault = match status {
            401 if self.credential.is_some() && !self.is_home(&answer.at) => {
                let fault = Fault::Elsewhere(answer.at.origin());
                return Error { server: self.home.clone(), fault };
            }
            401 => Fault::Login(match (&self.credential, ways(answer.headers())) {
                (None, _) => "asks who we are: give `user` and `password`",
                (Some(_), Ways::Others) => {
                    "wants another way to log in than a password or a token in the clear"
                }
                (Some(_), Ways::Ours) => "does not accept the user name and password",
            }),
            403 => Fault::Forbidden,
            404 | 410 => Fault::NotFound,
            429 | 503 => Fault::Busy { wait: wait(answer.header(RETRY_AFTER)) },
            status => Fault::Status(status),
        };
        answer.fault(fault)
    }

    /// Whether a place is on the server the user named.
    pub(in crate::source) fn is_home(&self, address: &Address) -> bool {
        address.origin() == self.home
    }
}

fn extension(name: &'static [u8]) -> reqwest::Method {
    // a name of capital letters is always a method
    reqwest::Method::from_bytes(name).unwrap_or(reqwest::Method::OPTIONS)
}

/// Which ways to log in a server offers.
#[derive(Debug, PartialEq, Eq)]
enum Ways {
    /// Ours among them, or none named.
    Ours,
    /// Only others, as Digest or Negotiate.
    Others,
}

fn ways(headers: &HeaderMap) -> Ways {
    let offers = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for offer in offers {
        any = true;
        let offer = offer.to_ascii_lowercase();
        if offer.split([',', ' ']).any(|word| matches!(word, "basic" | "bearer")) {
            return Ways::Ours;
        }
    }
    if any { Ways::Others } else { Ways::Ours }
}

/// How long a server asks to be left alone. A date would need a clock, and says at least a minute.
fn wait(retry_after: Option<&str>) -> Duration {
    let (least, most) = WAIT;
    let digits = retry_after.map(str::trim).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let seconds = digits.map_or(least, |text| text.parse().unwrap_or(most));
    Duration::from_secs(seconds.clamp(least, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_makes_us_wait_for_a_year() {
        for (said, seconds) in [
            (None, 60),
            (Some("5"), 60),
            (Some(" 300 "), 300),
            (Some("999999999"), 86_400),
            (Some("99999999999999999999999999"), 86_400),
            (Some("Fri, 31 Dec 2099 23:59:59 GMT"), 60),
        ] {
            assert_eq!(wait(said), Duration::from_secs(seconds), "{said:?}");
        }
    }

    #[test]
    fn other_ways_to_log_in_are_told_apart() {
        for (offers, expect) in [
            (&[][..], Ways::Ours),
            (&["Basic realm=\"x\""][..], Ways::Ours),
            (&["Digest realm=\"x\", nonce=\"1\""][..], Ways::Others),
            (&["Negotiate", "Bearer"][..], Ways::Ours),
            (&["Digest realm=\"x\", Basic realm=\"x\""][..], Ways::Ours),
        ] {
            let mut headers = HeaderMap::new();
            for offer in offers {
                headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(offer));
            }
            assert_eq!(ways(&headers), expect, "{offers:?}");
        }
    }
}
