//! One `<record>` of OAI-PMH as a record of a paper.

use super::Header;
use crate::arxiv::{self, Line, LineVersion};
use crate::authors;
use crate::item::{BadRecord, Notes};
use crate::json::{Text, Words};
use crate::scan;
use crate::xml::{self, Element, local};
use paper::{Author, Day, Identity, Record, Scheme, Source, Stamp, Version};
use std::borrow::Cow;

/// What arXiv's identifiers begin with; what follows is the arXiv id.
const ARXIV: &str = "oai:arXiv.org:";

/// Understands the bytes of one `<record>`: its header, and its record unless the server has deleted it.
pub(crate) fn parse(bytes: &[u8], notes: &mut Notes) -> Result<(Header, Option<Record>), BadRecord> {
    let (size, limit) = (bytes.len(), crate::limit::ANSWER_RECORD_BYTES_MAX);
    if size > limit {
        return Err(BadRecord::TooLarge { what: "record", size, limit });
    }
    let clean = scan::without_control(bytes);
    if clean.is_some() {
        notes.add("control characters, which XML forbids; the record is read without them".to_owned());
    }
    let element = xml::parse(clean.as_deref().unwrap_or(bytes))?;
    let header = element.any("header").next().map(super::header).unwrap_or_default();
    if header.identifier.is_empty() {
        return Err(BadRecord::Other("the record has no identifier"));
    }
    if header.deleted {
        return Ok((header, None));
    }
    let metadata = element.any("metadata").next().and_then(|metadata| metadata.elements().next());
    let metadata = metadata.ok_or(BadRecord::Other("the record has no metadata"))?;
    if !header.identifier.starts_with(ARXIV) {
        return Err(BadRecord::Other("a record of another repository than arXiv, which is not read"));
    }
    let record = match local(&metadata.name) {
        "arXivRaw" | "arXivOld" => raw(metadata, &header, notes)?,
        "arXiv" => split_names(metadata, &header, notes)?,
        "dc" => dublin_core(metadata, &header, notes)?,
        _ => return Err(BadRecord::Other("the form of the metadata is unknown; ask for arXivRaw")),
    };
    Ok((header, Some(record)))
}

fn field(element: &Element, name: &str) -> Option<Text<'static>> {
    element.any(name).next().map(|child| Text(Cow::Owned(child.text())))
}

fn owned(text: impl Into<String>) -> Text<'static> {
    Text(Cow::Owned(text.into()))
}

/// What the forms of arXiv's own have in common. `acm-class` is left out: the server fills it with the MSC class.
fn line(metadata: &Element, header: &Header) -> Line<'static> {
    let categories = field(metadata, "categories").map(|text| text.0.into_owned()).unwrap_or_default();
    Line {
        id: field(metadata, "id"),
        title: field(metadata, "title"),
        abstract_text: field(metadata, "abstract"),
        categories: Words(categories.split_whitespace().map(str::to_owned).collect()),
        comments: field(metadata, "comments"),
        journal_ref: field(metadata, "journal-ref"),
        doi: field(metadata, "doi"),
        license: field(metadata, "license"),
        submitter: field(metadata, "submitter"),
        update_date: header.changed.map(|day| owned(day.to_string())),
        ..Line::default()
    }
}

/// `arXivRaw` says the same as the snapshot, and of each version what it was made of; `arXivOld` leaves the versions
/// out.
fn raw(metadata: &Element, header: &Header, notes: &mut Notes) -> Result<Record, BadRecord> {
    let versions: Vec<&Element> = metadata.any("version").collect();
    let withdrawn = versions.last().is_some_and(|last| {
        // The letter I among the source types: there is nothing to read any more.
        last.any("source_type").next().is_some_and(|types| types.text().contains('I'))
    });
    let line = Line {
        authors: field(metadata, "authors"),
        versions: Some(
            versions
                .iter()
                .map(|version| LineVersion {
                    version: version.attribute("version").map(owned),
                    created: field(version, "date"),
                })
                .collect(),
        ),
        withdrawn,
        ..line(metadata, header)
    };
    arxiv::record(line, notes)
}

/// The form `arXiv` splits names, and has no versions: `created` is the date of the latest one, so that the first is
/// known only by the month of the id.
fn split_names(metadata: &Element, header: &Header, notes: &mut Notes) -> Result<Record, BadRecord> {
    let authors = metadata.any("authors").next();
    let parsed = authors.into_iter().flat_map(|authors| authors.any("author")).map(|author| {
        ["keyname", "forenames", "suffix"]
            .map(|name| field(author, name).unwrap_or_else(|| owned("")))
            .into_iter()
            .collect()
    });
    let line = Line { authors_parsed: Some(parsed.collect()), ..line(metadata, header) };
    let mut record = arxiv::record(line, notes)?;
    // A colon behind the name of a collaboration arrives as an author of its own.
    record.authors.retain(|author| author.name.chars().any(char::is_alphanumeric));
    for author in &mut record.authors {
        let only_family = author.family.as_ref() == Some(&author.name);
        if only_family && ["Collaboration", "Consortium"].iter().any(|word| author.name.contains(word)) {
            *author = Author { group: true, family: None, ..author.clone() };
        }
    }
    Ok(record)
}

/// Dublin Core as arXiv writes it: the first description is the abstract, the second the comment; the first date is
/// that of the first version, a second one that of the latest, whose number is not known.
fn dublin_core(metadata: &Element, header: &Header, notes: &mut Notes) -> Result<Record, BadRecord> {
    let id = header.identifier.strip_prefix(ARXIV).unwrap_or_default();
    let texts = |name: &'static str| {
        metadata.any(name).map(|child| child.text().trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut descriptions = texts("description");
    let abstract_text = descriptions.next();
    let comment = descriptions.next().map(|text| text.trim_start_matches("Comment:").trim().to_owned());
    let identifiers: Vec<String> = texts("identifier").collect();
    let dois: Vec<&str> = identifiers.iter().filter_map(|text| text.strip_prefix("doi:")).collect();
    let journal = identifiers.iter().find(|text| !text.starts_with("http") && !text.starts_with("doi:"));
    let line = Line {
        id: Some(owned(id)),
        title: field(metadata, "title"),
        abstract_text: abstract_text.map(owned),
        comments: comment.map(owned),
        journal_ref: journal.map(owned),
        doi: Some(owned(dois.join(" "))),
        license: texts("rights").next().map(owned),
        update_date: header.changed.map(|day| owned(day.to_string())),
        ..Line::default()
    };
    let mut record = arxiv::record(line, notes)?;
    record.authors = texts("creator").map(|name| creator(&name)).collect();
    // This text went through a filter inside formulas: a record that knows its version is always better.
    record.stamp = Stamp { version: 0, ..record.stamp };
    if let Some(day) = texts("date").next().as_deref().and_then(Day::parse_prefix) {
        record.versions = vec![Version { number: 1, day: Some(day) }];
        record.published = Some(day.into());
    }
    debug_assert_eq!((record.source, record.node().scheme()), (Source::Arxiv, Scheme::Arxiv));
    Ok(record)
}

/// `Last, First` or a name as it is.
fn creator(text: &str) -> Author {
    match text.split_once(',') {
        Some((family, given)) => Author {
            name: authors::shown(&format!("{} {}", given.trim(), family.trim())),
            family: Some(authors::shown(family.trim())),
            group: false,
        },
        None => Author { name: authors::shown(text), family: None, group: text.contains("Collaboration") },
    }
}

/// The identity that a header names, if it is arXiv's.
pub(super) fn identity(identifier: &str) -> Option<Identity> {
    Some(Identity::arxiv(identifier.strip_prefix(ARXIV)?)?.0)
}
