//! The sample that fills an empty catalogue, so that the first page is not empty.

use anyhow::Result;
use catalogue::{Catalogue, Incoming};

/// 215 papers with summaries written for this project (`sample/README.md`).
pub(crate) const PAPERS: &[u8] = include_bytes!("../../../sample/papers.jsonl");

/// Adds the sample to a catalogue; a second time changes nothing. Returns the number of papers.
pub(crate) fn add(catalogue: &Catalogue) -> Result<usize> {
    let batch = records()?;
    catalogue.accept(&batch, &[])?;
    Ok(batch.len())
}

/// The sample's records.
pub(crate) fn records() -> Result<Vec<Incoming>> {
    let reader = formats::read(Box::new(PAPERS), "the built-in sample", Some(formats::Format::Sample))?;
    let mut batch = Vec::new();
    for item in reader {
        if let formats::Item::Record { record, raw, .. } = item? {
            batch.push(Incoming { record: *record, raw });
        }
    }
    Ok(batch)
}
