//! Probes: is it alive, is it ready, how does it fare.

use crate::answer::{Answer, Media, Page, Refusal};
use crate::ask::Ask;
use crate::caching::Policy;
use crate::house::House;
use crate::metrics::Snapshot;
use crate::routes::plain;

/// `/healthz`: the loop answers.
pub(crate) fn live(_: &House, _: &Ask) -> Answer {
    Ok(plain(Policy::Never, "alive\n"))
}

/// `/readyz`: the catalogue can be read and the index answers; else which part fails.
pub(crate) fn ready(house: &House, _: &Ask) -> Answer {
    if let Err(error) = house.site.catalogue.counts() {
        tracing::warn!(%error, "not ready: the catalogue cannot be read");
        return Err(Refusal::Busy { retry_seconds: 5, what: "The catalogue cannot be read." });
    }
    let status = house.site.search.status();
    // An index that is being built is no reason to send readers away: pages answer, searches say so.
    let index = if status.building.is_some() { "index: being built\n" } else { "index: ready\n" };
    Ok(plain(Policy::Never, format!("catalogue: ready\n{index}")))
}

/// `/metrics`: for loopback, or whoever has the token. A proxy on loopback passes others on: those need the token.
pub(crate) fn metrics(house: &House, ask: &Ask) -> Answer {
    let local = ask.peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback()) && !ask.forwarded;
    let token = match (&house.settings().metrics_token, &ask.token) {
        // Hashes are compared: the time says nothing about the token.
        (Some(known), Some(given)) => blake3::hash(known.as_bytes()) == blake3::hash(given.as_bytes()),
        _ => false,
    };
    if !local && !token {
        return Err(Refusal::Forbidden("Metrics are for this machine, or for whoever has the token."));
    }
    let counts = house.site.catalogue.counts()?;
    let harvests = house.site.standings.as_ref().map(|standings| standings.sources()).unwrap_or_default();
    let now = Snapshot {
        papers: counts.papers,
        records: counts.records,
        problems: counts.problems,
        catalogue_sequence: house.site.catalogue.sequence()?.0,
        index_sequence: house.site.search.status().sequence.0,
        pages: house.pages.size(),
    };
    Ok(Page::new(Media::OpenMetrics, Policy::Never, house.metrics.text(now, &harvests)))
}
