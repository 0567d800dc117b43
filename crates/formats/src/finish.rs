//! The last look at a record before it leaves: what every source must keep to.

use crate::item::BadRecord;
use crate::limit;
use paper::Record;

/// Refuses records that no other room should have to think about: without title, with NUL characters (which not every
/// database can hold), with fields beyond the limits.
pub(crate) fn check(record: &Record) -> Result<(), BadRecord> {
    if record.title.chars().all(|c| c.is_whitespace() || c.is_control()) {
        return Err(BadRecord::NoTitle);
    }
    text("title", &record.title, limit::TITLE_BYTES_MAX)?;
    optional("abstract", &record.abstract_text, limit::ABSTRACT_BYTES_MAX)?;
    for (what, field) in [
        ("comment", &record.comment),
        ("journal reference", &record.journal_ref),
        ("licence", &record.license),
        ("venue", &record.venue),
        ("volume", &record.volume),
        ("submitter", &record.submitter),
        ("organisation", &record.organisation),
    ] {
        optional(what, field, limit::TEXT_BYTES_MAX)?;
    }
    text("stamp", &record.stamp.time, limit::TEXT_BYTES_MAX)?;
    size("list of authors", record.authors.len(), limit::AUTHORS_MAX)?;
    for author in &record.authors {
        text("name of an author", &author.name, limit::TEXT_BYTES_MAX)?;
    }
    for (what, list) in [
        ("list of categories", &record.categories),
        ("list of keywords", &record.keywords),
        ("list of topics", &record.topics),
        ("list of awards", &record.awards),
    ] {
        size(what, list.len(), limit::LIST_MAX)?;
        list.iter().try_for_each(|word| text(what, word, limit::TEXT_BYTES_MAX))?;
    }
    size("list of versions", record.versions.len(), limit::LIST_MAX)?;
    size("list of links", record.links.len(), limit::LIST_MAX)?;
    record.summaries.iter().try_for_each(|summary| {
        text("summary", &summary.text, limit::TEXT_BYTES_MAX)?;
        text("summary", &summary.by, limit::TEXT_BYTES_MAX)
    })
}

fn optional(what: &'static str, field: &Option<String>, limit: usize) -> Result<(), BadRecord> {
    field.as_deref().map_or(Ok(()), |field| text(what, field, limit))
}

fn text(what: &'static str, text: &str, limit: usize) -> Result<(), BadRecord> {
    size(what, text.len(), limit)?;
    if text.as_bytes().contains(&0) {
        return Err(BadRecord::Nul(what));
    }
    Ok(())
}

fn size(what: &'static str, size: usize, limit: usize) -> Result<(), BadRecord> {
    if size > limit { Err(BadRecord::TooLarge { what, size, limit }) } else { Ok(()) }
}
