//! Pages for what cannot be shown: what happened, and what the reader can do.

use crate::address;
use crate::answer::{Media, Page, Refusal};
use crate::caching::Policy;
use crate::encoding::Coding;
use crate::house::House;
use crate::view::Chrome;
use askama::Template;
use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    chrome: Chrome,
    heading: &'static str,
    sentence: String,
    words: String,
    links: Vec<(String, String)>,
}

/// The answer to a request that is refused. `json` for addresses of programs.
pub(crate) fn response(house: &House, route: &'static str, refusal: &Refusal, json: bool) -> Response<Body> {
    let status = refusal.status();
    house.metrics.answered(route, status, false);
    if let Refusal::Failed(cause) = refusal {
        tracing::error!(route, cause, "a page could not be made");
    }
    let page = if json { program_page(refusal) } else { reader_page(house, refusal) };
    let mut response = page.response(Coding::Identity, None);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    match refusal {
        Refusal::Moved { to, for_ever } => {
            if let Ok(to) = HeaderValue::try_from(to.as_str()) {
                headers.insert(header::LOCATION, to);
            }
            if *for_ever {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(Policy::Public.header()));
            }
        }
        Refusal::Busy { retry_seconds, .. } => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_seconds));
        }
        Refusal::MethodNotAllowed => {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        _ => {}
    }
    response
}

fn program_page(refusal: &Refusal) -> Page {
    let body = serde_json::json!({ "error": refusal.sentence() }).to_string();
    Page::new(Media::Json, Policy::Never, body)
}

fn reader_page(house: &House, refusal: &Refusal) -> Page {
    let heading = match refusal.status() {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::BAD_REQUEST | StatusCode::URI_TOO_LONG => "That request makes no sense",
        StatusCode::FORBIDDEN => "Not for everybody",
        StatusCode::METHOD_NOT_ALLOWED => "That cannot be done here",
        StatusCode::SERVICE_UNAVAILABLE => "Too busy just now",
        status if status.is_redirection() => "Moved",
        _ => "Something broke",
    };
    let (words, mut links) = match refusal {
        Refusal::NotFound(missing) => (missing.words.clone(), missing.links.clone()),
        _ => (String::new(), Vec::new()),
    };
    if let Refusal::Moved { to, .. } = refusal {
        links.push((to.clone(), to.clone()));
    }
    if !words.is_empty() {
        let path = address::with_parameters("/search", &[("q", &words)]);
        links.insert(0, (format!("Search for “{words}”"), path));
    }
    let mut chrome = Chrome::new(house, heading);
    chrome.unindexed = true;
    chrome.query.clone_from(&words);
    let page = RefusalPage { chrome, heading, sentence: refusal.sentence(), words, links };
    // A template that fails here would fail for ever; say so without one.
    let body = page.render().unwrap_or_else(|_| refusal.sentence());
    Page::new(Media::Html, Policy::Never, body)
}
