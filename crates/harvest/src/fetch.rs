//! The one door outwards: everything that Broadsheet asks of other machines goes through [`Door::fetch`].
//!
//! It promises that
//! - only `http` and `https` are spoken, only to ports 80 and 443, and only to public addresses, unless the owner has
//!   listed the host ([`Allowed`]); that is checked after the name was looked up, on every redirect again, and the
//!   connection goes to the very address that was checked;
//! - no proxy is taken from the environment: a proxy looks names up by itself, where nothing is checked;
//! - a redirect never leads from `https` to `http`, and no key is ever sent to another host than it was given for;
//! - time, redirects and bytes, as sent and as unpacked, are limited ([`Limits`]);
//! - every refusal says why and what to do ([`Error`]).
//!
//! An answer with an error status is an answer: what it means is for the source to say.

mod body;
mod error;
mod names;
pub mod network;
mod retry;
mod url;

pub use body::{Body, RATE_GRACE, RATE_MIN};
pub use error::{Error, Form, Step};
pub use names::{Allowed, Names, NotAHost, SystemNames};
pub use retry::RetryAfter;
pub use url::{NotAUrl, Protocol, URL_BYTES_MAX, Url};

use body::{BodyLimits, Packing};
use jiff::Timestamp;
use names::Checked;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// How many redirects are followed. arXiv's old addresses need one or two.
pub const REDIRECTS_MAX: usize = 5;

/// More headers than this are no answer of a source; the longest seen are some 3 KiB.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What a fetch may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the first packet until the connection stands, TLS included; the name service has as long again.
    pub connection: Duration,
    /// From the request until the whole head of the answer is there.
    pub head: Duration,
    /// Everything: redirects, body.
    pub whole: Duration,
    /// How long a body may come more slowly than [`RATE_MIN`].
    pub rate_grace: Duration,
    /// The body as it comes, in bytes.
    pub sent_bytes_max: u64,
    /// The body once unpacked, in bytes. It is what a reader of the whole body holds in memory.
    pub unpacked_bytes_max: u64,
}

impl Default for Limits {
    /// For feeds and pages of records: arXiv's largest pages, 5,000 records of OAI-PMH, have about 15 MB.
    fn default() -> Limits {
        Limits {
            connection: Duration::from_secs(10),
            head: Duration::from_secs(20),
            whole: Duration::from_secs(300),
            rate_grace: RATE_GRACE,
            sent_bytes_max: 32 << 20,
            unpacked_bytes_max: 64 << 20,
        }
    }
}

/// Who asks, and whom it may ask beyond public addresses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the people who run a source can reach the owner.
    pub contact: Contact,
    /// Hosts that may be asked although they are not public.
    pub allowed: Vec<Allowed>,
}

/// Where the owner of this instance can be reached: a mail address or the address of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact(String);

/// A text that is no contact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no contact: give a mail address or the https:// address of a page that tells who runs this"
)]
pub struct NotAContact(pub String);

impl std::str::FromStr for Contact {
    type Err = NotAContact;

    fn from_str(text: &str) -> Result<Contact, NotAContact> {
        const CONTACT_BYTES_MAX: usize = 200;
        let text = text.trim();
        let clean = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"()\\\"<>".contains(&byte));
        let page = text.starts_with("https://") || text.starts_with("http://");
        let mail = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        if clean && text.len() <= CONTACT_BYTES_MAX && (page || mail) {
            return Ok(Contact(text.to_owned()));
        }
        Err(NotAContact(text.chars().take(CONTACT_BYTES_MAX).collect()))
    }
}

/// A page to be fetched.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its address.
    pub url: Url,
    /// The types that can be used, as an `Accept` header.
    pub accept: &'static str,
    /// The `ETag` of what is already known: an unchanged page answers 304.
    pub etag: Option<String>,
    /// The `Last-Modified` of what is already known, as it was sent.
    pub last_modified: Option<String>,
    /// Headers with keys, for this page's host alone: they are dropped where a redirect leads elsewhere.
    pub keys: Vec<(String, String)>,
    /// What it may cost.
    pub limits: Limits,
}

impl Request {
    /// A page that is not known yet, within the usual limits.
    pub fn new(url: Url) -> Request {
        Request {
            url,
            accept: "*/*",
            etag: None,
            last_modified: None,
            keys: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// E.g. 200.
    pub status: u16,
    /// Where the page was found.
    pub url: Url,
    /// Where the page is to be asked for from now on, if the server says that it has moved for good.
    pub moved: Option<Url>,
    /// The type, in lower case and without parameters; empty where none is told.
    pub content_type: String,
    /// The character set that the type names, in lower case.
    pub charset: Option<String>,
    /// To be given back in [`Request::etag`].
    pub etag: Option<String>,
    /// To be given back in [`Request::last_modified`].
    pub last_modified: Option<String>,
    /// When to come again, where the server says.
    pub retry_after: Option<RetryAfter>,
    /// The server's clock.
    pub date: Option<Timestamp>,
    /// How long the answer may be used without asking again, in seconds.
    pub max_age: Option<u64>,
    /// The bytes, still on their way.
    pub body: Body,
}

impl Answer {
    /// The body's bytes, if they are of one of these types, e.g. `text/xml`.
    ///
    /// # Errors
    /// If the type is another, or the body cannot be read.
    pub fn bytes_of(self, types: &[&str]) -> Result<Vec<u8>, Error> {
        if !types.contains(&self.content_type.as_str()) {
            let found = if self.content_type.is_empty() { "no type" } else { &self.content_type };
            return Err(Error::WrongType {
                url: self.url.to_string(),
                found: found.to_owned(),
                wanted: types.join(" or "),
            });
        }
        self.body.bytes()
    }
}

/// The door.
#[derive(Clone, Debug)]
pub struct Door {
    agent: ureq::Agent,
    checked: Checked,
}

impl Door {
    /// A door that looks names up as the system does.
    pub fn new(settings: Settings) -> Door {
        Door::with_names(settings, Arc::new(SystemNames))
    }

    /// A door with another name service.
    pub fn with_names(settings: Settings, names: Arc<dyn Names>) -> Door {
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(format!("Broadsheet/{} (+{})", env!("CARGO_PKG_VERSION"), settings.contact.0))
            .accept_encoding(Packing::ACCEPTED)
            .max_response_header_size(HEAD_BYTES_MAX)
            // One connection at a time is what sources allow; it is kept for the next page, 3 s later.
            .max_idle_connections(4)
            .max_idle_connections_per_host(1)
            .build();
        let patience = Limits::default().connection;
        let checked = Checked { names, allowed: settings.allowed.into(), patience };
        let connector = ureq::unversioned::transport::DefaultConnector::default();
        let agent = ureq::Agent::with_parts(config, connector, checked.clone());
        Door { agent, checked }
    }

    /// Fetches a page, following redirects.
    ///
    /// # Errors
    /// If it may not be asked for, cannot be reached, or its answer's head cannot be read within the limits. Errors of
    /// the body come while it is read.
    pub fn fetch(&self, request: &Request) -> Result<Answer, Error> {
        let started = Instant::now();
        let mut url = request.url.clone();
        let mut moved = None;
        let mut for_good = true;
        for _ in 0..=REDIRECTS_MAX {
            let response = self.hop(request, &url, started)?;
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return answer(request, url, moved, response, started);
            }
            let next = redirect(&url, response.headers())?;
            body::drain(response.into_body().into_reader());
            for_good &= matches!(status, 301 | 308);
            if for_good {
                moved = Some(next.clone());
            }
            url = next;
        }
        Err(Error::Redirects { url: request.url.to_string(), limit: REDIRECTS_MAX })
    }

    /// One request, one answer.
    fn hop(&self, request: &Request, url: &Url, started: Instant) -> Result<Response, Error> {
        // The client checks again when it connects; here the error is told without the client's words around it,
        // also where an idle connection would be used again.
        self.checked.allow(url)?;
        let limits = &request.limits;
        let whole = limits.whole.saturating_sub(started.elapsed());
        if whole.is_zero() {
            return Err(Error::Slow { url: url.to_string(), step: Step::Whole, limit: limits.whole });
        }
        let mut call = self.agent.get(url.uri().clone()).header(header::ACCEPT, request.accept);
        for (name, value) in headers(request, url) {
            let (Ok(header), Ok(value)) = (HeaderName::try_from(&name), HeaderValue::try_from(value)) else {
                return Err(Error::Header { url: url.to_string(), name });
            };
            call = call.header(header, value);
        }
        let call = call
            .config()
            .timeout_connect(Some(limits.connection))
            .timeout_send_request(Some(limits.head))
            .timeout_recv_response(Some(limits.head))
            .timeout_global(Some(whole))
            .build();
        call.call().map_err(|error| told(error, url, limits))
    }
}

type Response = ureq::http::Response<ureq::Body>;

/// What is sent beyond the usual: validators, and keys where they belong.
fn headers(request: &Request, url: &Url) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    if let Some(etag) = &request.etag {
        headers.push((header::IF_NONE_MATCH.to_string(), etag.clone()));
    }
    if let Some(time) = &request.last_modified {
        headers.push((header::IF_MODIFIED_SINCE.to_string(), time.clone()));
    }
    if url.is_same_origin(&request.url) {
        headers.extend(request.keys.iter().cloned());
    }
    headers
}

/// Where a redirect leads.
fn redirect(url: &Url, headers: &HeaderMap) -> Result<Url, Error> {
    let refuse = |reason: String| Error::Redirect { url: url.to_string(), reason };
    let location =
        headers.get(header::LOCATION).ok_or_else(|| refuse("it does not say where to".to_owned()))?;
    let next =
        url.join(&String::from_utf8_lossy(location.as_bytes())).map_err(|error| refuse(error.to_string()))?;
    if url.protocol() == Protocol::Https && next.protocol() == Protocol::Http {
        return Err(refuse(format!("{next} is not encrypted, and this page is")));
    }
    Ok(next)
}

fn answer(
    request: &Request,
    url: Url,
    moved: Option<Url>,
    response: Response,
    started: Instant,
) -> Result<Answer, Error> {
    let (parts, body) = response.into_parts();
    let text =
        |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let limits = &request.limits;
    if let Some(length) = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok())
        && length > limits.sent_bytes_max
    {
        let limit = limits.sent_bytes_max;
        return Err(Error::TooLarge { url: url.to_string(), limit, form: Form::Sent });
    }
    let mut packing = Packing::None;
    for value in parts.headers.get_all(header::CONTENT_ENCODING) {
        let value = String::from_utf8_lossy(value.as_bytes());
        let unreadable = || Error::Unreadable {
            url: url.to_string(),
            reason: format!("it is packed as {value:?}, and gzip or zstd was asked for"),
        };
        let one = Packing::from_header(&value).ok_or_else(unreadable)?;
        if packing != Packing::None && one != Packing::None {
            return Err(unreadable());
        }
        packing = if one == Packing::None { packing } else { one };
    }
    let body_limits = BodyLimits {
        sent_bytes_max: limits.sent_bytes_max,
        unpacked_bytes_max: limits.unpacked_bytes_max,
        whole: limits.whole.saturating_sub(started.elapsed()),
        rate_grace: limits.rate_grace,
    };
    // A 304 and a HEAD-like 204 have no body, whatever their headers say about packing.
    let packing = if matches!(parts.status.as_u16(), 204 | 304) { Packing::None } else { packing };
    let body = Body::new(&url.to_string(), packing, body_limits, body.into_reader())?;
    let whole_type = text(header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    let mut type_parts = whole_type.split(';').map(str::trim);
    Ok(Answer {
        status: parts.status.as_u16(),
        moved,
        content_type: type_parts.next().unwrap_or_default().to_owned(),
        charset: type_parts
            .find_map(|part| part.strip_prefix("charset="))
            .map(|charset| charset.trim_matches('"').to_owned()),
        etag: text(header::ETAG),
        last_modified: text(header::LAST_MODIFIED),
        retry_after: text(header::RETRY_AFTER).and_then(|value| RetryAfter::parse(&value)),
        date: text(header::DATE).and_then(|value| retry::http_date(&value)),
        max_age: text(header::CACHE_CONTROL).and_then(|value| {
            value.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok())
        }),
        url,
        body,
    })
}

/// The client's error, told as one of this room.
fn told(error: ureq::Error, url: &Url, limits: &Limits) -> Error {
    let place = url.to_string();
    let unreadable = |reason: String| Error::Unreadable { url: place.clone(), reason };
    match error {
        ureq::Error::Other(inner) => match inner.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(other) => unreadable(other.to_string()),
        },
        ureq::Error::Timeout(step) => {
            let (step, limit) = match step {
                ureq::Timeout::Resolve => (Step::Name, limits.connection),
                ureq::Timeout::Connect => (Step::Connection, limits.connection),
                ureq::Timeout::SendRequest | ureq::Timeout::RecvResponse => (Step::Head, limits.head),
                _ => (Step::Whole, limits.whole),
            };
            Error::Slow { url: place, step, limit }
        }
        ureq::Error::LargeResponseHeader(..) => Error::LargeHeaders { url: place, limit: HEAD_BYTES_MAX },
        ureq::Error::Rustls(inner) => Error::Untrusted { url: place, reason: inner.to_string() },
        ureq::Error::Tls(reason) => Error::Untrusted { url: place, reason: reason.to_owned() },
        ureq::Error::Io(inner) if body::is_broken(inner.kind()) => Error::Cut { url: place },
        ureq::Error::Io(inner) if inner.kind() == std::io::ErrorKind::InvalidData => {
            Error::Untrusted { url: place, reason: inner.to_string() }
        }
        ureq::Error::Io(inner) => Error::Unreachable { url: place, reason: inner.to_string() },
        other => unreadable(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_takes_the_encryption_away() {
        let page = Url::parse("https://example.org/feed").unwrap();
        let to = |location: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::LOCATION, HeaderValue::from_static(location));
            redirect(&page, &headers).map(|url| url.whole()).map_err(|error| error.to_string())
        };
        assert_eq!(to("/new"), Ok("https://example.org/new".to_owned()));
        assert_eq!(to("https://other.example/"), Ok("https://other.example/".to_owned()));
        for location in ["http://example.org/feed", "HTTP://example.org/", "http:feed"] {
            assert!(to(location).is_err(), "{location}");
        }
    }
}
