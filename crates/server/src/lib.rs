//! HTTP: pages, feeds and API of a broadsheet.
//!
//! This room promises that every page is whole without scripts and cookies, that every answer (errors and panics too)
//! carries the security headers of `headers`, that a page is rendered once per state of the catalogue and then
//! answered from memory, and that no client can hold a connection or memory without bound.
//!
//! It never speaks SQL, reads TeX or ranks: `rooms` says which neighbour is asked for what.
//!
//! A request goes `serve` (sockets, limits) → [`Front`] (page cache, headers, panics) → `routes` → one function of
//! `page`, `feed` or `api` that turns an `ask::Ask` into an `answer::Page` on a blocking thread. Start with
//! `routes` to find a page.

mod address;
mod answer;
mod api;
mod ask;
mod assets;
mod cache;
mod caching;
mod connection;
mod encoding;
mod feed;
mod front;
mod headers;
mod hosts;
mod house;
mod metrics;
mod page;
mod rooms;
mod routes;
mod safe;
mod serve;
mod standing;
mod view;

pub use front::Front;
pub use hosts::Hosts;
pub use rooms::features;
pub use serve::serve;
pub use standing::{JobFigures, SourceStanding, Standing, Standings};

use paper::Day;
use std::sync::Arc;
use std::time::Duration;

/// Everything that a site is made of.
pub struct Site {
    /// The papers.
    pub catalogue: catalogue::Catalogue,
    /// Their index.
    pub search: Arc<dyn search::Searcher>,
    /// What its owner chose.
    pub settings: Settings,
    /// How days stand, where anything is harvested.
    pub standings: Option<Arc<dyn Standings>>,
    /// The current day, UTC: days after it have not come yet.
    pub today: fn() -> Day,
}

impl Site {
    /// A site whose days are those of the system's clock.
    pub fn new(
        catalogue: catalogue::Catalogue,
        search: Arc<dyn search::Searcher>,
        settings: Settings,
    ) -> Site {
        Site { catalogue, search, settings, standings: None, today }
    }
}

fn today() -> Day {
    let date = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    // A clock outside the years that a day may have is wrong; then no day counts as one that has not come yet.
    Day::from_date(date).or(Day::new(*paper::day::YEARS.end(), 12, 31)).unwrap_or_else(|| unreachable!())
}

/// What the owner of a site chose about its pages.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name on the masthead.
    pub title: String,
    /// The address under which the world reaches the site, e.g. `https://papers.example.org`, without a slash at the
    /// end. Feeds and API answers hold absolute addresses; without this they are made of the request's `Host`.
    pub base_url: Option<String>,
    /// Whom to write to: shown on the page about the site.
    pub contact: Option<String>,
    /// Lets a client from elsewhere read `/metrics` as a bearer token; without it only loopback may.
    pub metrics_token: Option<String>,
    /// Sends `Strict-Transport-Security`: for sites that are reached by HTTPS only.
    pub https_only: bool,
    /// Connections at once; beyond it clients are told to come back.
    pub connections_max: usize,
    /// How long a client may take nothing of an answer until its connection is closed.
    pub stall_time_max: Duration,
    /// The names that the server answers to.
    pub hosts: Hosts,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            title: "Broadsheet".into(),
            base_url: None,
            contact: None,
            metrics_token: None,
            https_only: false,
            connections_max: serve::CONNECTIONS_MAX,
            stall_time_max: connection::STALL_TIME_MAX,
            hosts: Hosts::any(),
        }
    }
}
