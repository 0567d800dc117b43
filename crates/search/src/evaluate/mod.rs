//! Measuring the engines on collections with judgements.
//!
//! [`retrieval`] measures one engine on a folder in BEIR's layout with the settings that ship; [`Collection`] is the
//! same in steps, for many engines or weights over one index; [`compare`] says whether one engine is better than another by
//! more than chance; [`listings`] asks how well the names of lists find the
//! papers on them.

mod beir;
mod compare;
mod listings;
mod measure;

pub use beir::Collection;
pub use compare::{Compared, Comparison, Difference, compare};
pub use listings::{ListingReport, ListingsReport, listings};

use crate::{Engine, Error, Weights};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Normalised discounted cumulative gain of the first ten, linear gain.
    pub ndcg_at_10: f64,
    /// Share of the relevant documents among the first hundred.
    pub recall_at_100: f64,
    /// One over the place of the first relevant document, 0 beyond the tenth.
    pub mrr_at_10: f64,
    /// Mean time of a query in milliseconds.
    pub mean_ms: f64,
    /// The time that one query in a hundred exceeds, in milliseconds.
    pub p99_ms: f64,
    /// Queries with a relevant document.
    pub queries: usize,
    /// Documents in the collection.
    pub documents: usize,
    /// The first figure of each query, by the query's id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub each: Vec<(String, f64)>,
}

/// Indexes a folder in BEIR's layout (`corpus.jsonl`, `queries.jsonl`, `qrels/*.tsv`, each also `.zst`) in a temporary
/// place and measures an engine on it. `split` names the judgement file; it is required where there are several.
pub fn retrieval(directory: &Path, split: Option<&str>, engine: Engine) -> Result<Report, Error> {
    let mut report = Collection::open(directory)?.measure(split, engine, &Weights::default())?;
    report.each.clear();
    Ok(report)
}

/// A directory that is removed when it is no longer needed.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Result<Temporary, Error> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("broadsheet-eval-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).map_err(Error::file("create", &path))?;
        Ok(Temporary(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), error = %error, "a temporary directory stays");
        }
    }
}
