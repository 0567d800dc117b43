//! The door: pages from memory, then the router; headers on everything; no panic gets past.

use crate::answer::Refusal;
use crate::ask::TARGET_BYTES_MAX;
use crate::cache;
use crate::encoding::Coding;
use crate::house::House;
use crate::{Site, headers, page, routes};
use axum::Router;
use axum::body::Body;
use http::{Method, Request, Response, header};
use std::any::Any;
use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::Service;

/// The whole site as a service: give it requests, get answers.
#[derive(Clone)]
pub struct Front {
    pub(crate) house: Arc<House>,
    router: Router,
}

impl Front {
    /// The service of a site.
    pub fn new(site: Site) -> Front {
        let house = Arc::new(House::new(site));
        let router = routes::router(Arc::clone(&house));
        Front { house, router }
    }

    /// Answers one request.
    pub async fn answer(&mut self, request: Request<Body>) -> Response<Body> {
        let house = Arc::clone(&self.house);
        if let Some(mut refusal) = house.settings().hosts.refuse(&request) {
            house.metrics.answered("another host", refusal.status(), false);
            headers::secure(refusal.headers_mut(), house.settings().https_only);
            return refusal;
        }
        if !house.is_fresh() {
            house.refresh().await;
        }
        let mut response = match from_memory(&house, &request) {
            Some(response) => response,
            None => {
                let json = request.uri().path().starts_with("/api/");
                match Guarded(Box::pin(self.route(request))).await {
                    Ok(response) => response,
                    Err(panic) => {
                        let refusal = Refusal::Failed(format!("answering panicked: {panic}"));
                        page::refusal::response(&house, "panic", &refusal, json)
                    }
                }
            }
        };
        headers::secure(response.headers_mut(), house.settings().https_only);
        response
    }

    async fn route(&mut self, request: Request<Body>) -> Response<Body> {
        if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > TARGET_BYTES_MAX) {
            let head = request.method() == Method::HEAD;
            let mut response = page::refusal::response(&self.house, "too long", &Refusal::TooLong, false);
            if head {
                *response.body_mut() = Body::empty();
            }
            return response;
        }
        match self.router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// The key of a request's page. Without a configured address pages may hold the host that was asked for.
pub(crate) fn key(house: &House, request: &Request<Body>) -> String {
    let mut key = house.state_key();
    if house.settings().base_url.is_none() {
        key.push_str(host(request));
        key.push(' ');
    }
    cache::address_key(&mut key, request.uri().path(), request.uri().query());
    key
}

/// The host that was asked for, if it is written as hosts are.
pub(crate) fn host(request: &Request<Body>) -> &str {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let good = |host: &&str| {
        !host.is_empty()
            && host.len() <= 255
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']' | b'_'))
    };
    named.or_else(|| request.uri().host()).filter(good).unwrap_or("localhost")
}

/// The coding and the tags that a request names.
pub(crate) fn wishes(request: &Request<Body>) -> (Coding, Option<String>) {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let coding = text(header::ACCEPT_ENCODING).map_or(Coding::Identity, Coding::wanted);
    (coding, text(header::IF_NONE_MATCH).map(str::to_string))
}

/// The thin path: a page that is in memory, in the form that is asked for.
fn from_memory(house: &House, request: &Request<Body>) -> Option<Response<Body>> {
    let head = request.method() == Method::HEAD;
    if !head && request.method() != Method::GET {
        return None;
    }
    let kept = house.pages.get(&key(house, request))?;
    let (coding, tags) = wishes(request);
    // Compressing takes milliseconds: not here, where every request passes.
    if !kept.page.has(coding) {
        return None;
    }
    let mut response = kept.page.response(coding, tags.as_deref());
    if head {
        *response.body_mut() = Body::empty();
    }
    house.metrics.answered(kept.route, response.status(), true);
    Some(response)
}

impl Service<Request<Body>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut front = self.clone();
        Box::pin(async move { Ok(front.answer(request).await) })
    }
}

/// What a panic said, if that was written in the program. A message that was put together while running may hold a
/// piece of what a reader asked for, and belongs into no log.
pub(crate) fn said(panic: &(dyn Any + Send)) -> &'static str {
    panic.downcast_ref::<&'static str>().copied().unwrap_or("(a message made while running, left out)")
}

/// A future whose panic becomes its error, as text.
struct Guarded<F>(Pin<Box<F>>);

impl<F: Future> Future for Guarded<F> {
    type Output = Result<F::Output, &'static str>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // After a panic the future is dropped, never polled again, so nothing sees a half-changed state.
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(said(&*panic))),
        }
    }
}
