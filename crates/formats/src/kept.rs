//! Understanding again what was kept of an answer of a source rather than of a file.

use crate::announced::Context;
use crate::item::{BadRecord, Notes};
use crate::{listing, oai};
use paper::{Record, Source};

/// The record of what was kept; `None` if it came from a file, whose format the source decides.
pub(crate) fn parse(source: Source, raw: &[u8], notes: &mut Notes) -> Option<Result<Record, BadRecord>> {
    // arXiv's files are JSON, its answers XML and HTML.
    if source != Source::Arxiv || raw.first() != Some(&b'<') {
        return None;
    }
    Some(match raw {
        [b'<', b'a', b'n', ..] => announced(raw, notes),
        _ => oai::parse(raw, notes)
            .and_then(|(_, record)| record.ok_or(BadRecord::Other("the record is deleted"))),
    })
}

fn announced(raw: &[u8], notes: &mut Notes) -> Result<Record, BadRecord> {
    let (context, item) = Context::within(raw)?;
    listing::parse(&context, item, notes).map(|(_, record)| record)
}
