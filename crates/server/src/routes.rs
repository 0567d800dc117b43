//! Which address leads to which page.

use crate::answer::{Page, Refusal};
use crate::ask::Ask;
use crate::front::{host, key, wishes};
use crate::house::{Gate, House, Make, Route};
use crate::page::refusal;
use crate::serve::Peer;
use crate::{api, feed, page};
use axum::Router;
use axum::body::Body;
use axum::routing::{MethodRouter, get};
use http::{Request, Response, header};
use std::sync::Arc;

/// All addresses of the site.
pub(crate) fn router(house: Arc<House>) -> Router {
    let mut router = Router::new();
    for (pattern, gate, make) in TABLE {
        router = router.route(pattern, leads_to(&house, Route { name: pattern, make: *make, gate: *gate }));
    }
    let assets = Arc::clone(&house);
    let missing = Arc::clone(&house);
    let refused = Arc::clone(&house);
    router
        .route("/assets/{name}", get(move |request: Request<Body>| async move { asset(&assets, &request) }))
        .fallback(move |request: Request<Body>| async move {
            refuse(
                &missing,
                "none",
                &request,
                &Refusal::not_found(&crate::ask::decode(request.uri().path(), false)),
            )
        })
        .method_not_allowed_fallback(move |request: Request<Body>| async move {
            refuse(&refused, "none", &request, &Refusal::MethodNotAllowed)
        })
}

/// Pattern, whose turn it waits for, what makes it.
const TABLE: &[(&str, Gate, Make)] = &[
    ("/", Gate::Page, page::edition::latest),
    ("/{day}", Gate::Page, page::edition::day),
    ("/week/{week}", Gate::Page, page::edition::week),
    ("/month/{month}", Gate::Page, page::edition::month),
    ("/trending", Gate::Page, page::edition::trending),
    ("/list", Gate::Page, page::listing::index),
    ("/list/{category}", Gate::Page, page::listing::latest),
    ("/list/{category}/{day}", Gate::Page, page::listing::day),
    ("/search", Gate::Search, page::search::search),
    ("/topic/{*words}", Gate::Search, page::search::topic),
    ("/author/{*name}", Gate::Search, page::search::author),
    ("/papers", Gate::Page, page::paper::index),
    ("/papers/{*address}", Gate::Page, page::paper::paper),
    ("/volume/{*id}", Gate::Page, page::volume::volume),
    ("/about", Gate::Page, page::about::about),
    ("/feeds", Gate::Page, page::about::feeds),
    ("/feed.atom", Gate::Page, feed::edition),
    ("/search.atom", Gate::Search, feed::search),
    ("/opensearch.xml", Gate::Page, page::about::open_search),
    ("/robots.txt", Gate::Page, page::about::robots),
    ("/healthz", Gate::None, page::health::live),
    ("/readyz", Gate::None, page::health::ready),
    ("/metrics", Gate::None, page::health::metrics),
    ("/api/daily_papers", Gate::Page, api::daily_papers),
    ("/api/papers/search", Gate::Search, api::search),
    ("/api/papers/{*id}", Gate::Page, api::paper),
    ("/api/agent-harnesses", Gate::None, api::harnesses),
];

fn leads_to(house: &Arc<House>, route: Route) -> MethodRouter {
    let house = Arc::clone(house);
    get(move |request: Request<Body>| async move {
        let key = key(&house, &request);
        let (coding, tags) = wishes(&request);
        let answer = house.page(route, ask(&house, &request), &key, coding).await;
        match answer {
            Ok(page) => finish(&house, route.name, page.response(coding, tags.as_deref())),
            Err(refusal) => refuse(&house, route.name, &request, &refusal),
        }
    })
}

fn ask(house: &House, request: &Request<Body>) -> Ask {
    let origin = match &house.settings().base_url {
        Some(url) => url.trim_end_matches('/').to_string(),
        None => format!("http://{}", host(request)),
    };
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    Ask {
        origin,
        peer: request.extensions().get::<Peer>().map(|peer| peer.0),
        forwarded: request.headers().contains_key("x-forwarded-for")
            || request.headers().contains_key(header::FORWARDED),
        token: token.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_string),
        ..Ask::read(request.uri().path(), request.uri().query())
    }
}

fn asset(house: &House, request: &Request<Body>) -> Response<Body> {
    let path = request.uri().path();
    match house.assets.at(path) {
        Some(page) => {
            let (coding, tags) = wishes(request);
            finish(house, "/assets/{name}", page.response(coding, tags.as_deref()))
        }
        None => refuse(house, "/assets/{name}", request, &Refusal::not_found(path)),
    }
}

fn refuse(house: &House, route: &'static str, request: &Request<Body>, why: &Refusal) -> Response<Body> {
    let json = request.uri().path().starts_with("/api/");
    refusal::response(house, route, why, json)
}

fn finish(house: &House, route: &'static str, response: Response<Body>) -> Response<Body> {
    house.metrics.answered(route, response.status(), false);
    response
}

/// A page of plain text.
pub(crate) fn plain(policy: crate::caching::Policy, text: impl Into<bytes::Bytes>) -> Page {
    Page::new(crate::answer::Media::Text, policy, text)
}
