//! Understanding again what was kept of an answer of a source rather than of a file.

use crate::announced::Context;
use crate::item::{BadRecord, Notes};
use crate::scan::Scanner;
use crate::{arxiv_api, arxiv_feed, biorxiv, listing, oai, openreview};
use paper::{Record, Source};

/// The record of what was kept; `None` if it came from a file, whose format the source decides.
pub(crate) fn parse(source: Source, raw: &[u8], notes: &mut Notes) -> Option<Result<Record, BadRecord>> {
    match source {
        Source::Biorxiv => return Some(biorxiv::parse(raw, notes)),
        Source::Openreview => return Some(openreview::parse(raw, notes)),
        _ => {}
    }
    // arXiv's files are JSON, its answers XML and HTML.
    if source != Source::Arxiv || raw.first() != Some(&b'<') {
        return None;
    }
    let root = Scanner::new(raw).next()?;
    Some(match root.name {
        b"announced" => announced(raw, notes),
        b"entry" => match arxiv_api::parse(raw, notes) {
            Ok(arxiv_api::Entry::Paper(record)) => Ok(*record),
            Ok(arxiv_api::Entry::Error(_)) => Err(BadRecord::Other("an error of the API")),
            Err(error) => Err(error),
        },
        _ => oai::parse(raw, notes)
            .and_then(|(_, record)| record.ok_or(BadRecord::Other("the record is deleted"))),
    })
}

/// Understands an item of a listing or a feed again.
fn announced(raw: &[u8], notes: &mut Notes) -> Result<Record, BadRecord> {
    let (context, item) = Context::within(raw)?;
    match Scanner::new(item).next() {
        Some(tag) if tag.name == b"dt" => listing::parse(&context, item, notes).map(|(_, record)| record),
        _ => arxiv_feed::parse(&context, item, notes).map(|(_, _, record)| record),
    }
}
