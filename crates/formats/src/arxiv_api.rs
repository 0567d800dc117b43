//! Answers of arXiv's search API, for single papers and gaps.
//!
//! `published` is the submission of the first version, `updated` that of the version shown; neither is an announcement.
//! There is no licence and no list of versions. An empty page that is not the last one happens: compare
//! [`Page::total`].

use crate::arxiv::{self, Line, LineVersion};
use crate::feed::{NotAFeed, cut_items};
use crate::item::{BadRecord, Item, Notes};
use crate::json::{Text, Words};
use crate::xml::{self, Element};
use crate::{finish, split};
use paper::{Identity, Record, category};
use std::borrow::Cow;

/// A page of results.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Papers that were found in all.
    pub total: Option<u64>,
    /// How many came before this page.
    pub start: Option<u64>,
    /// How many a page has.
    pub page_size: Option<u64>,
    /// The papers of this page.
    pub papers: Vec<Found>,
    /// What was not understood, or only in part, an [`Item::Problem`] each.
    pub problems: Vec<Item>,
    /// False if the answer breaks off before its end; what came before is good.
    pub complete: bool,
}

/// A paper that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What the API says of it.
    pub record: Box<Record>,
    /// The entry as received; [`crate::parse_again`] understands it by itself.
    pub raw: Vec<u8>,
}

/// Reads an answer. `name` is how people know it (its address).
///
/// # Errors
/// [`NotAFeed`]; [`NotAFeed::Refused`] with arXiv's words for what it answers to a malformed question.
pub fn read(bytes: &[u8], name: &str) -> Result<Page, NotAFeed> {
    let cut = cut_items(bytes, name)?;
    let number = |name: &str| cut.head(name).and_then(|element| element.text().trim().parse().ok());
    let mut page = Page {
        total: number("opensearch:totalResults"),
        start: number("opensearch:startIndex"),
        page_size: number("opensearch:itemsPerPage"),
        papers: Vec::new(),
        problems: Vec::new(),
        complete: cut.complete,
    };
    for (place, raw) in cut.items {
        let mut notes = Notes::default();
        match parse(raw, &mut notes) {
            Ok(Entry::Paper(record)) => page.papers.push(Found { record, raw: raw.to_vec() }),
            Ok(Entry::Error(message)) => return Err(NotAFeed::Refused(message)),
            Err(error) => notes.add(error.to_string()),
        }
        let problem = |reason| Item::Problem { place: place.clone(), reason, raw: split::cut(raw) };
        page.problems.extend(notes.0.into_iter().map(problem));
    }
    Ok(page)
}

/// What an entry may be.
pub(crate) enum Entry {
    Paper(Box<Record>),
    /// The API's way of saying no.
    Error(String),
}

/// Understands one `<entry>`.
pub(crate) fn parse(raw: &[u8], notes: &mut Notes) -> Result<Entry, BadRecord> {
    let clean = crate::scan::without_control(raw);
    if clean.is_some() {
        notes.add("control characters, which XML forbids; the record is read without them".to_owned());
    }
    let entry = xml::parse(clean.as_deref().unwrap_or(raw))?;
    let field = |name: &str| entry.child(name).map(Element::text);
    let owned = |text: String| Some(Text(Cow::Owned(text)));
    let address = field("id").unwrap_or_default();
    let address = address.trim();
    if address.contains("/api/errors") {
        let message = field("summary").unwrap_or_default();
        return Ok(Entry::Error(message.trim().chars().take(400).collect()));
    }
    let id = address.split_once("/abs/").map_or(address, |(_, id)| id);
    let (_, version) =
        Identity::arxiv(id).ok_or_else(|| BadRecord::NoIdentity(id.chars().take(80).collect()))?;

    let mut categories: Vec<String> = Vec::new();
    let primary = entry.children("arxiv:primary_category");
    // Among the terms are those of other schemes, with digits and spaces.
    for term in primary.chain(entry.children("category")).filter_map(|one| one.attribute("term")) {
        if category::is_plausible(term) && !categories.iter().any(|known| known == term) {
            categories.push(term.to_owned());
        }
    }
    let version = version.unwrap_or(1);
    let mut versions = vec![(1, field("published"))];
    if version > 1 {
        versions.push((version, field("updated")));
    }
    let line = Line {
        id: owned(id.to_owned()),
        title: field("title").and_then(owned),
        abstract_text: field("summary").and_then(owned),
        authors_parsed: None,
        categories: Words(categories),
        comments: field("arxiv:comment").and_then(owned),
        journal_ref: field("arxiv:journal_ref").and_then(owned),
        doi: field("arxiv:doi").and_then(owned),
        versions: Some(
            versions
                .into_iter()
                .map(|(number, date)| LineVersion {
                    version: owned(format!("v{number}")),
                    created: date.map(|date| Text(Cow::Owned(date.trim().to_owned()))),
                })
                .collect(),
        ),
        updated: field("updated").and_then(owned),
        ..Line::default()
    };
    let mut record = arxiv::record(line, notes)?;
    let names = entry.children("author").filter_map(|author| author.child("name")).map(Element::text);
    record.authors = names.flat_map(|name| crate::authors::parse_list(name.trim()).0).collect();
    finish::check(&record)?;
    Ok(Entry::Paper(Box::new(record)))
}
