//! What every answer carries, whatever was asked.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and may print what it measured"
)]

mod common;

use axum::body::Body;
use common::{Panics, Reply, TestSite, records};
use http::{Method, Request, StatusCode};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

const PAGES: [&str; 24] = [
    "/",
    "/2026-08-20",
    "/2026-08-19",
    "/week/2026-W34",
    "/month/2026-08",
    "/trending",
    "/list",
    "/list/cs.LG",
    "/list/cs.LG/2026-08-20",
    "/search",
    "/search?q=attention",
    "/topic/attention",
    "/author/Ada%20Lovelace",
    "/papers/2608.01234",
    "/papers/2608.01234.md",
    "/papers/2608.01234.bib",
    "/papers/2608.01234.json",
    "/papers/hep-th/9901001",
    "/about",
    "/feeds",
    "/feed.atom",
    "/search.atom?q=noise",
    "/api/daily_papers",
    "/api/papers/search?q=noise",
];
const OTHERS: [&str; 10] = [
    "/nothing",
    "/papers/..%2f..%2fetc%2fpasswd",
    "/papers/9999.99999",
    "/list/%00",
    "/api/agent-harnesses",
    "/api/daily_papers?date=2025-13-40",
    "/search?q=a&engine=x",
    "/?page=0",
    "/healthz",
    "/metrics",
];

fn check_secure(reply: &Reply, target: &str) {
    let policy = reply.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{target}: {policy}");
    assert!(!policy.contains("unsafe"), "{target}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{target}");
    assert_eq!(reply.header("referrer-policy"), "same-origin", "{target}");
    assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin", "{target}");
    assert!(!reply.header("cache-control").is_empty(), "{target}");
    assert_eq!(reply.header("set-cookie"), "", "{target}: reading sets no cookie");
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let site = TestSite::of(records());
    for target in PAGES {
        // Twice: made, and from memory.
        for _ in 0..2 {
            let reply = site.get(target).await;
            assert_eq!(reply.status, StatusCode::OK, "{target}: {}", reply.text());
            check_secure(&reply, target);
        }
    }
    for target in OTHERS {
        check_secure(&site.get(target).await, target);
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let reply = site.ask(method, "/", &[]).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(reply.header("allow"), "GET, HEAD");
        check_secure(&reply, "another method");
    }
}

#[tokio::test]
async fn a_panic_becomes_a_page_with_the_security_headers() {
    let site = TestSite::searched_by(Arc::new(Panics));
    for target in ["/search?q=x", "/api/papers/search?q=x"] {
        let reply = site.get(target).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!reply.text().contains("panics"), "the cause is for the log");
        check_secure(&reply, target);
    }
    // The next reader is served.
    assert_eq!(site.get("/").await.status, StatusCode::OK);
}

/// A searcher whose panic repeats what was asked for, as one of a slice of text does.
struct Repeats;

impl search::Searcher for Repeats {
    fn search(&self, request: &search::Request) -> Result<search::Answer, search::Error> {
        panic!("no such place in {:?}", request.text)
    }

    fn nearest(&self, _: catalogue::PaperId, _: usize) -> Result<Vec<search::Hit>, search::Error> {
        Ok(Vec::new())
    }

    fn status(&self) -> search::Status {
        search::Status::default()
    }
}

/// A log that keeps what it is told.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = self.0.lock().unwrap();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            *text += &format!("{field}={value:?} ");
        });
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn a_panic_about_a_query_is_logged_without_the_query() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let site = TestSite::searched_by(Arc::new(Repeats));
    let reply = site.get("/search?q=whooping").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!reply.text().contains("no such place"));
    let said = log.0.lock().unwrap().clone();
    assert!(said.contains("panicked"), "{said}");
    assert!(!said.contains("whooping"), "{said}");
}

/// A site whose server listens at an address.
fn listening_at(address: &str, names: &[&str]) -> TestSite {
    let hosts = server::Hosts::listening_at(address.parse().unwrap());
    let hosts = names.iter().fold(hosts, |hosts, name| hosts.and(name));
    TestSite::with(records(), server::Settings { hosts, ..Default::default() })
}

async fn status_for(site: &TestSite, target: &str, host: &str) -> StatusCode {
    let request = Request::builder().uri(target).header("host", host).body(Body::empty()).unwrap();
    site.front.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn a_request_for_another_name_is_refused_in_plain_words_with_the_security_headers() {
    let site = listening_at("127.0.0.1:7878", &[]);
    for target in PAGES.iter().chain(&OTHERS).filter(|target| **target != "/healthz") {
        // The kit's requests are for papers.example.org.
        let reply = site.get(target).await;
        assert_eq!(reply.status, StatusCode::MISDIRECTED_REQUEST, "{target}");
        assert!(
            reply.text().contains("papers.example.org") && reply.text().contains("server.hosts"),
            "{}",
            reply.text()
        );
        assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(reply.header("cache-control"), "no-store");
        check_secure(&reply, target);
    }
    let head = site.ask(Method::HEAD, "/", &[]).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::MISDIRECTED_REQUEST, 0));
}

#[tokio::test]
async fn what_a_newcomer_types_is_answered_and_what_another_site_is_called_is_not() {
    let (refused, good) = (StatusCode::MISDIRECTED_REQUEST, StatusCode::OK);
    let here = listening_at("127.0.0.1:7878", &[]);
    let everywhere = listening_at("0.0.0.0:80", &[]);
    let named = listening_at("127.0.0.1:7878", &["papers.example.org"]);
    for (site, host, expected) in [
        (&here, "localhost:7878", good),
        (&here, "127.0.0.1:7878", good),
        (&here, "[::1]:7878", good),
        (&here, "192.0.2.7", refused),
        (&here, "evil.example:7878", refused),
        (&everywhere, "192.0.2.7", good),
        (&everywhere, "[2001:db8::7]", good),
        (&everywhere, "localhost", good),
        (&everywhere, "evil.example", refused),
        (&named, "papers.example.org", good),
        (&named, "PAPERS.example.org:443", good),
        (&named, "evil.papers.example.org", refused),
    ] {
        assert_eq!(status_for(site, "/", host).await, expected, "{host}");
    }
}

#[tokio::test]
async fn a_page_in_memory_is_for_known_names_only_and_probes_are_for_anybody() {
    let site = listening_at("127.0.0.1:7878", &[]);
    assert_eq!(status_for(&site, "/about", "localhost").await, StatusCode::OK);
    assert_eq!(status_for(&site, "/about", "evil.example").await, StatusCode::MISDIRECTED_REQUEST);
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(status_for(&site, probe, "evil.example").await, StatusCode::OK);
    }
    // A target that names a host itself counts like the header, whatever the header says.
    assert_eq!(status_for(&site, "http://evil.example/", "localhost").await, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(status_for(&site, "http://localhost:7878/about", "localhost").await, StatusCode::OK);
}

#[tokio::test]
async fn foreign_text_is_shown_in_a_sandbox() {
    let site = TestSite::of(records());
    for target in ["/papers/2608.01234.md", "/papers/2608.01234.bib", "/feed.atom", "/api/daily_papers"] {
        assert_eq!(site.get(target).await.header("content-security-policy"), "default-src 'none'; sandbox");
    }
}

#[tokio::test]
async fn strict_transport_is_asked_for_only_when_configured() {
    let site = TestSite::of(records());
    assert_eq!(site.get("/").await.header("strict-transport-security"), "");
    let settings = server::Settings { https_only: true, ..Default::default() };
    let site = TestSite::with(records(), settings);
    assert_eq!(site.get("/").await.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn a_page_is_sent_again_only_when_it_changed() {
    let site = TestSite::of(records());
    let first = site.ask(Method::GET, "/", &[("accept-encoding", "br")]).await;
    let tag = first.header("etag").to_string();
    assert!(tag.starts_with('"') && tag.ends_with("-br\""), "{tag}");
    assert_eq!(first.header("vary"), "accept-encoding");
    let again = site.ask(Method::GET, "/", &[("accept-encoding", "br"), ("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(again.header("etag"), tag);
    let other = site.ask(Method::GET, "/", &[("if-none-match", "\"other\"")]).await;
    assert_eq!(other.status, StatusCode::OK);

    let mut later = common::records().remove(0);
    later.title = "Another title".into();
    later.stamp.version = 9;
    common::accept(&site.catalogue, vec![later]);
    let site = site.again();
    let changed = site.ask(Method::GET, "/", &[("accept-encoding", "br"), ("if-none-match", &tag)]).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.header("etag"), tag);
}

#[tokio::test]
async fn each_coding_decodes_to_the_same_page() {
    use std::io::Read;
    let site = TestSite::of(records());
    let plain = site.get("/").await;
    assert_eq!(plain.header("content-encoding"), "");
    let brotli = site.ask(Method::GET, "/", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(brotli.header("content-encoding"), "br");
    let mut text = Vec::new();
    brotli::Decompressor::new(&brotli.body[..], 4096).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain.body);
    let gzip = site.ask(Method::GET, "/", &[("accept-encoding", "gzip")]).await;
    assert_eq!(gzip.header("content-encoding"), "gzip");
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&gzip.body[..]).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain.body);
    let tags = [plain.header("etag"), brotli.header("etag"), gzip.header("etag")];
    assert!(tags[0] != tags[1] && tags[1] != tags[2], "representations have tags of their own: {tags:?}");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let site = TestSite::of(records());
    for target in ["/", "/papers/2608.01234", "/nothing", "/healthz"] {
        for _ in 0..2 {
            let get = site.get(target).await;
            let head = site.ask(Method::HEAD, target, &[]).await;
            assert_eq!((head.status, head.body.len()), (get.status, 0), "{target}");
            assert_eq!(head.header("etag"), get.header("etag"), "{target}");
            assert_eq!(head.header("content-type"), get.header("content-type"), "{target}");
        }
    }
}

#[tokio::test]
async fn metrics_are_not_for_everybody() {
    let site = TestSite::of(records());
    assert_eq!(site.get("/metrics").await.status, StatusCode::FORBIDDEN);
    let wrong = site.ask(Method::GET, "/metrics", &[("authorization", "Bearer guess")]).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    site.get("/").await;
    let right = site.ask(Method::GET, "/metrics", &[("authorization", "Bearer secret")]).await;
    assert_eq!(right.status, StatusCode::OK);
    let text = right.text();
    assert!(text.contains("broadsheet_papers 3") && text.contains("route=\"/\""), "{text}");
    assert!(text.ends_with("# EOF\n"));
}
