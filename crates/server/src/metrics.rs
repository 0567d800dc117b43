//! Counts for an operator, in OpenMetrics. No label ever holds a paper, an address or a query.

use crate::SourceStanding;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Named {
    route: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfJob {
    job: String,
}

/// The counts of one site.
pub(crate) struct Metrics {
    registry: Registry,
    answers: Family<Answered, Counter>,
    made: Family<Named, Histogram>,
    from_memory: Counter,
    /// Connections that are open.
    pub(crate) connections: Gauge,
    /// Connections that were turned away at the limit.
    pub(crate) turned_away: Counter,
    papers: Gauge,
    records: Gauge,
    problems: Gauge,
    catalogue_sequence: Gauge,
    index_sequence: Gauge,
    pages: Gauge,
    page_bytes: Gauge,
    job_succeeded: Family<OfJob, Gauge>,
    job_due: Family<OfJob, Gauge>,
    job_failures: Family<OfJob, Gauge>,
}

/// What the rooms say at the moment of asking.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) papers: u64,
    pub(crate) records: u64,
    pub(crate) problems: u64,
    pub(crate) catalogue_sequence: u64,
    pub(crate) index_sequence: u64,
    pub(crate) pages: (usize, u64),
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let mut registry = Registry::with_prefix("broadsheet");
        let answers = Family::<Answered, Counter>::default();
        registry.register("http_answers", "Answers by route and status", answers.clone());
        // From half a millisecond to about sixteen seconds.
        let made = Family::<Named, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.0005, 2.0, 16))
        });
        registry.register_with_unit(
            "http_page_made",
            "Time to make a page that was not in memory",
            Unit::Seconds,
            made.clone(),
        );
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let from_memory = counter("http_pages_from_memory", "Pages answered from memory");
        let turned_away = counter("connections_turned_away", "Connections refused at the limit");
        let mut of_jobs = |name: &str, help: &str| {
            let family = Family::<OfJob, Gauge>::default();
            registry.register(name, help, family.clone());
            family
        };
        let job_succeeded =
            of_jobs("harvest_succeeded_timestamp_seconds", "When a harvest last succeeded, since 1970");
        let job_due = of_jobs("harvest_due_timestamp_seconds", "When a harvest is due, since 1970");
        let job_failures = of_jobs("harvest_failures_in_a_row", "How often in a row a harvest failed");
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        Metrics {
            job_succeeded,
            job_due,
            job_failures,
            answers,
            made,
            from_memory,
            turned_away,
            connections: gauge("connections", "Open connections"),
            papers: gauge("papers", "Papers in the catalogue"),
            records: gauge("records", "Records in the catalogue"),
            problems: gauge("problems", "Problems in the catalogue"),
            catalogue_sequence: gauge("catalogue_sequence", "The catalogue's latest change"),
            index_sequence: gauge("index_sequence", "The change that the index has reached"),
            pages: gauge("pages_in_memory", "Pages in memory"),
            page_bytes: gauge("pages_in_memory_bytes", "Bytes of the pages in memory"),
            registry,
        }
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, route: &'static str, status: http::StatusCode, from_memory: bool) {
        self.answers.get_or_create(&Answered { route, status: status.as_u16() }).inc();
        if from_memory {
            self.from_memory.inc();
        }
    }

    /// Notes how long a page took to make.
    pub(crate) fn made(&self, route: &'static str, time: Duration) {
        self.made.get_or_create(&Named { route }).observe(time.as_secs_f64());
    }

    /// All counts as text.
    pub(crate) fn text(&self, now: Snapshot, harvests: &[SourceStanding]) -> String {
        for harvest in harvests {
            let Some(figures) = harvest.job else { continue };
            let job = OfJob { job: harvest.what.clone() };
            if let Some(succeeded) = figures.succeeded {
                self.job_succeeded.get_or_create(&job).set(succeeded);
            }
            self.job_due.get_or_create(&job).set(figures.due);
            self.job_failures.get_or_create(&job).set(figures.failures.into());
        }
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.papers.set(number(now.papers));
        self.records.set(number(now.records));
        self.problems.set(number(now.problems));
        self.catalogue_sequence.set(number(now.catalogue_sequence));
        self.index_sequence.set(number(now.index_sequence));
        self.pages.set(number(now.pages.0 as u64));
        self.page_bytes.set(number(now.pages.1));
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut out, &self.registry);
        out
    }
}
