//! What a page function gives back: a page, or a refusal in plain words.

use crate::caching::Policy;
use crate::encoding::{self, Coding};
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use std::sync::OnceLock;

/// What a page function gives back.
pub(crate) type Answer = Result<Page, Refusal>;

/// The form of an answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    Html,
    Css,
    Script,
    Svg,
    Atom,
    Json,
    Markdown,
    Bibtex,
    Text,
    OpenSearch,
    OpenMetrics,
}

impl Media {
    /// The value of `Content-Type`.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Media::Html => "text/html; charset=utf-8",
            Media::Css => "text/css; charset=utf-8",
            Media::Script => "text/javascript; charset=utf-8",
            Media::Svg => "image/svg+xml",
            Media::Atom => "application/atom+xml; charset=utf-8",
            Media::Json => "application/json; charset=utf-8",
            Media::Markdown => "text/markdown; charset=utf-8",
            Media::Bibtex => "application/x-bibtex; charset=utf-8",
            Media::Text => "text/plain; charset=utf-8",
            Media::OpenSearch => "application/opensearchdescription+xml; charset=utf-8",
            Media::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// True for text that others wrote and that is shown without this site's own page around it.
    fn is_foreign(self) -> bool {
        !matches!(self, Media::Html | Media::Css | Media::Script | Media::Svg)
    }
}

/// An answer that can be kept and sent many times. Its compressed forms are made when first asked for.
#[derive(Debug)]
pub(crate) struct Page {
    media: Media,
    policy: Policy,
    body: Bytes,
    tag: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    quality: u32,
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

impl Page {
    /// A page; its entity tag is the hash of its body.
    pub(crate) fn new(media: Media, policy: Policy, body: impl Into<Bytes>) -> Page {
        let body = body.into();
        let tag = blake3::hash(&body).to_hex()[..20].to_string();
        Page {
            media,
            policy,
            body,
            tag,
            headers: Vec::new(),
            quality: encoding::PAGE_QUALITY,
            brotli: OnceLock::new(),
            gzip: OnceLock::new(),
        }
    }

    /// An asset: compressed as well as it can be, now.
    pub(crate) fn asset(media: Media, body: impl Into<Bytes>) -> Page {
        let mut page = Page::new(media, Policy::Immutable, body);
        page.quality = encoding::ASSET_QUALITY;
        page.bytes(Coding::Brotli);
        page.bytes(Coding::Gzip);
        page
    }

    /// The page with one more header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Page {
        self.headers.push((name, value));
        self
    }

    /// The hash of its body.
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// True if it may be answered again without asking the rooms.
    pub(crate) fn can_be_kept(&self) -> bool {
        self.policy != Policy::Never
    }

    /// The bytes that it will hold in memory, its compressed forms included: about a third each.
    pub(crate) fn weight(&self) -> u64 {
        (self.body.len() + self.body.len() * 2 / 3 + 512) as u64
    }

    /// True if this coding's bytes have been made.
    pub(crate) fn has(&self, coding: Coding) -> bool {
        match coding {
            Coding::Brotli => self.brotli.get().is_some(),
            Coding::Gzip => self.gzip.get().is_some(),
            Coding::Identity => true,
        }
    }

    /// The body in a coding, made at the first call: takes milliseconds then.
    pub(crate) fn bytes(&self, coding: Coding) -> Bytes {
        match coding {
            Coding::Brotli => self.brotli.get_or_init(|| encoding::brotli(&self.body, self.quality)).clone(),
            Coding::Gzip => self.gzip.get_or_init(|| encoding::gzip(&self.body)).clone(),
            Coding::Identity => self.body.clone(),
        }
    }

    /// The answer to a client that accepts `coding` and has what `if_none_match` says.
    pub(crate) fn response(&self, coding: Coding, if_none_match: Option<&str>) -> Response<Body> {
        // Compressing a few bytes makes them more.
        let coding = if self.body.len() < SMALL_BYTES { Coding::Identity } else { coding };
        let known = self.policy != Policy::Never && if_none_match.is_some_and(|tags| self.is_named_in(tags));
        let mut response =
            if known { Response::new(Body::empty()) } else { Response::new(Body::from(self.bytes(coding))) };
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        headers.reserve(12);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.policy.header()));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if self.policy != Policy::Never
            && let Ok(tag) = HeaderValue::try_from(format!("\"{}{}\"", self.tag, coding.suffix()))
        {
            headers.insert(header::ETAG, tag);
        }
        if !known {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media.header()));
            if let Some(token) = coding.token() {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(token));
            }
        }
        if self.media.is_foreign() {
            let policy = HeaderValue::from_static(crate::headers::FOREIGN_CSP);
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        for (name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        response
    }

    /// `If-None-Match`: any coding's tag will do, because all stand for one state of the page.
    fn is_named_in(&self, tags: &str) -> bool {
        tags.split(',').map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"')).any(|tag| {
            tag == "*"
                || tag.strip_prefix(self.tag.as_str()).is_some_and(|rest| matches!(rest, "" | "-br" | "-gz"))
        })
    }
}

/// Below this a body is sent as it is.
const SMALL_BYTES: usize = 256;

/// Why there is no page, and what the reader can do.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The page lives elsewhere: 308 if for ever, else 303.
    Moved {
        /// The path, or an absolute address.
        to: String,
        /// True if the old address will never mean anything else.
        for_ever: bool,
    },
    /// There is no such page; what the reader may have meant.
    NotFound(Missing),
    /// The request makes no sense: what is wrong with it.
    BadRequest(String),
    /// Not for this client.
    Forbidden(&'static str),
    /// The method is not for this address.
    MethodNotAllowed,
    /// The address is too long.
    TooLong,
    /// Too much at once: come back in so many seconds.
    Busy {
        /// Seconds until it is worth trying again.
        retry_seconds: u32,
        /// What is busy.
        what: &'static str,
    },
    /// A room failed; the reader gets a number, the log the cause.
    Failed(String),
}

/// What was not found.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    /// What happened, as a sentence; empty for the usual one.
    pub(crate) sentence: String,
    /// What to search for instead: words taken from the address.
    pub(crate) words: String,
    /// Links that may help: text and path.
    pub(crate) links: Vec<(String, String)>,
}

impl Refusal {
    /// Nothing lives at this path.
    pub(crate) fn not_found(path: &str) -> Refusal {
        Refusal::NotFound(Missing { words: words_of(path), ..Missing::default() })
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Refusal::Moved { for_ever: true, .. } => StatusCode::PERMANENT_REDIRECT,
            Refusal::Moved { for_ever: false, .. } => StatusCode::SEE_OTHER,
            Refusal::NotFound(_) => StatusCode::NOT_FOUND,
            Refusal::BadRequest(_) => StatusCode::BAD_REQUEST,
            Refusal::Forbidden(_) => StatusCode::FORBIDDEN,
            Refusal::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::TooLong => StatusCode::URI_TOO_LONG,
            Refusal::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What happened, for people.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Refusal::Moved { to, .. } => format!("This page lives at {to}."),
            Refusal::NotFound(missing) if missing.sentence.is_empty() => {
                "Nothing lives at this address.".into()
            }
            Refusal::NotFound(missing) => missing.sentence.clone(),
            Refusal::BadRequest(reason) => reason.clone(),
            Refusal::Forbidden(reason) => (*reason).into(),
            Refusal::MethodNotAllowed => "This address can only be read (GET or HEAD).".into(),
            Refusal::TooLong => {
                format!("The address is too long: at most {} bytes are read.", crate::ask::TARGET_BYTES_MAX)
            }
            Refusal::Busy { retry_seconds, what } => {
                format!("{what} Please try again in {retry_seconds} seconds.")
            }
            Refusal::Failed(_) => "This page could not be made. The cause is in the server's log.".into(),
        }
    }
}

/// The words of a path, to search for: `/papers/attention-is-all-you-need` is a title that somebody remembers.
fn words_of(path: &str) -> String {
    let last = path.trim_matches('/').rsplit('/').next().unwrap_or("");
    let words = last.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.take(12).collect::<Vec<_>>().join(" ").chars().take(120).collect()
}
