//! Names of lists as queries: does a search for `loss functions` find what an editor put on that list?

use super::{Temporary, beir, measure};
use crate::query::Query;
use crate::{Document, Engine, Error, Index, RESULTS_MAX, Request, Weights};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// One list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListingReport {
    /// Its name.
    pub name: String,
    /// Papers on it.
    pub papers: usize,
    /// The probability that a paper on it stands before one that is not.
    pub auc: f64,
    /// Papers on it among the first ten.
    pub precision_at_10: f64,
    /// Papers on it among the first so many as it has.
    pub r_precision: f64,
}

/// All lists of a file, for one engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListingsReport {
    /// The engine.
    pub engine: Engine,
    /// Mean of the first figure.
    pub mean_auc: f64,
    /// Each list, by name.
    pub listings: Vec<ListingReport>,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    title: String,
    #[serde(default, rename = "abstract")]
    text: String,
    #[serde(default)]
    listings: Vec<String>,
}

/// Indexes a file of papers with `id`, `title`, `abstract` and `listings` in a temporary place and ranks all of them by
/// the name of each list.
pub fn listings(file: &Path, weights: &Weights) -> Result<Vec<ListingsReport>, Error> {
    let mut lines: Vec<Line> = Vec::new();
    for line in beir::lines_of(file)? {
        let read = serde_json::from_str(&line);
        lines.push(read.map_err(|error| Error::Collection { path: file.into(), reason: error.to_string() })?);
    }
    let place = Temporary::new()?;
    let documents = lines.iter().enumerate().map(|(number, line)| Document {
        id: number as u32,
        address: line.id.clone(),
        title: line.title.clone(),
        text: line.text.clone(),
        ..Document::default()
    });
    beir::index(&place, documents.collect())?;
    let index = Index::open(&place.0)?;
    let names: BTreeSet<&String> = lines.iter().flat_map(|line| &line.listings).collect();
    let mut reports = Vec::new();
    for engine in Engine::ALL {
        let mut listings = Vec::new();
        for name in &names {
            listings.push(listing(&index, &lines, name, engine, weights)?);
        }
        let mean_auc = measure::mean(listings.iter().map(|listing| listing.auc));
        reports.push(ListingsReport { engine, mean_auc, listings });
    }
    Ok(reports)
}

fn listing(
    index: &Index,
    lines: &[Line],
    name: &str,
    engine: Engine,
    weights: &Weights,
) -> Result<ListingReport, Error> {
    let request = Request { text: String::new(), engine, offset: 0, limit: RESULTS_MAX, facets: false };
    let hits = index.search_with(Query::words(&name.replace('-', " ")), &request, weights)?.hits;
    let on = |at: usize| lines[at].listings.iter().any(|listed| listed == name);
    let places: HashMap<u32, usize> = hits.iter().enumerate().map(|(place, hit)| (hit.id.0, place)).collect();
    // What was not found ties at the end.
    let scored: Vec<(f32, bool)> = (0..lines.len())
        .map(|at| (places.get(&(at as u32)).map_or(f32::MIN, |place| -(*place as f32)), on(at)))
        .collect();
    let papers = scored.iter().filter(|(_, on)| *on).count();
    let among = |count: usize| hits.iter().take(count).filter(|hit| on(hit.id.0 as usize)).count() as f64;
    Ok(ListingReport {
        name: name.to_string(),
        papers,
        auc: measure::area_under_curve(&scored).unwrap_or(0.5),
        precision_at_10: among(10) / 10.0,
        r_precision: among(papers) / papers.max(1) as f64,
    })
}
