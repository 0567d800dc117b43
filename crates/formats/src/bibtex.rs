//! BibTeX and biblatex: reading files as people keep them, and writing one entry per paper.
//!
//! Entries are cut out by their brackets, so a damaged entry costs one entry. `@string` definitions hold for the
//! entries behind them; `@comment` and `@preamble` are passed over, and so are `@xdata`, `@set` and `@control`, which
//! are no papers. Inheritance by `crossref` is not followed: what an entry does not say itself stays unknown.
//!
//! Files should be UTF-8. Bytes that are not are read as Windows-1252, with a problem beside the record; a run of four
//! or more such bytes is no Western text, and the entry is refused.

mod cutter;
mod names;
mod values;
mod write;

pub(crate) use cutter::Cutter;
pub(crate) use values::{Strings, alone};
pub use write::entry;

use crate::authors::shown;
use crate::item::{BadRecord, Notes};
use paper::{
    Identity, Link, LinkKind, Markup, PartialDate, Record, Scheme, Source, Stamp, identity, reading,
};
use values::Fields;

/// Parts of the readable half of a local identity, in bytes.
const SLUG_BYTES: usize = 48;

pub(crate) fn parse(strings: &Strings, bytes: &[u8], notes: &mut Notes) -> Result<Record, BadRecord> {
    let fields = values::fields(strings, bytes, notes)?;
    let title = match (fields.get("title"), fields.get("subtitle")) {
        (Some(title), Some(subtitle)) => format!("{title}: {subtitle}"),
        (Some(title), None) => title.to_owned(),
        _ => return Err(BadRecord::NoTitle),
    };
    let published = published(&fields, notes);
    let (authors, others) = names::parse(fields.get("author").unwrap_or_default());

    let mut identities = identities(&fields, notes);
    if identities.is_empty() {
        let family = authors.first().map(|author| author.family.as_deref().unwrap_or(&author.name));
        let year = published.map(|date| date.year());
        identities.push(local(&title, family.unwrap_or_default(), year).ok_or(BadRecord::NoTitle)?);
    }
    let mut record = Record::new(Source::Bibtex, identities[0].clone(), title);
    record.identities = identities;
    record.markup = Markup::Tex;
    record.abstract_text = fields.get("abstract").map(str::to_owned);
    record.author_count = others.then(|| u32::try_from(authors.len() + 1).unwrap_or(u32::MAX));
    record.authors = authors;
    record.published = published;
    record.stamp = Stamp { version: 0, time: published.map(|date| date.to_string()).unwrap_or_default() };
    record.comment = fields.get("note").map(str::to_owned);
    let place = ["journal", "journaltitle", "booktitle"].iter().find_map(|name| fields.get(name)).map(shown);
    // Repositories are no venues.
    let place = place.filter(|place| {
        let lower = place.to_lowercase();
        !lower.is_empty() && !lower.contains("arxiv") && lower != "corr" && !lower.contains("preprint")
    });
    record.journal_ref = place.as_ref().map(|place| reference(place, &fields));
    record.venue = place;
    record.keywords = keywords(&fields);
    for (kind, name) in [(LinkKind::Page, "url"), (LinkKind::Pdf, "pdf"), (LinkKind::Code, "code")] {
        let Some(text) = fields.get(name) else { continue };
        let text = address(text);
        match Link::new(kind, &text) {
            Some(link) => record.links.push(link),
            None => notes.add(format!("{text:?} is not a web address; the record is read without it")),
        }
    }
    Ok(record)
}

/// `Journal 12(3), pages 4–9`.
fn reference(place: &str, fields: &Fields) -> String {
    let mut text = place.to_owned();
    if let Some(volume) = fields.get("volume") {
        text.push_str(&format!(" {}", shown(volume)));
    }
    if let Some(number) = fields.get("number").or_else(|| fields.get("issue")) {
        text.push_str(&format!("({})", shown(number)));
    }
    if let Some(pages) = fields.get("pages") {
        text.push_str(&format!(", pages {}", shown(pages).replace("--", "–")));
    }
    text
}

fn keywords(fields: &Fields) -> Vec<String> {
    let text = fields.get("keywords").unwrap_or_default();
    let separator = if text.contains(';') { ';' } else { ',' };
    let words = text.split(separator).map(shown).filter(|word| !word.is_empty());
    words.take(crate::limit::LIST_MAX).collect()
}

/// What an entry states of the world's identifiers; the best becomes its node.
fn identities(fields: &Fields, notes: &mut Notes) -> Vec<Identity> {
    let mut found: Vec<Identity> = Vec::new();
    let mut add = |identity: Option<Identity>| {
        if let Some(identity) = identity.filter(|identity| !found.contains(identity)) {
            found.push(identity);
        }
    };
    let arxiv = |text: &str| Identity::arxiv(text).map(|(identity, _)| identity);
    let kind = fields.get("eprinttype").or_else(|| fields.get("archiveprefix")).unwrap_or_default();
    if let Some(eprint) = fields.get("eprint") {
        let says_arxiv = kind.is_empty() || kind.to_ascii_lowercase().contains("arxiv");
        let identity = says_arxiv.then(|| arxiv(eprint)).flatten();
        if identity.is_none() && kind.to_ascii_lowercase().contains("arxiv") {
            notes.add(format!("{eprint:?} is not an arXiv id; the record is read without it"));
        }
        add(identity);
    }
    // `journal = {arXiv preprint arXiv:2101.00001}` and `journal = {CoRR}, volume = {abs/2101.00001}`.
    for name in ["journal", "journaltitle", "note", "howpublished", "volume"] {
        let text = fields.get(name).unwrap_or_default();
        for word in text.split([' ', '{', '}', ',']) {
            let prefix = word.get(..6).unwrap_or_default();
            let marked = prefix.eq_ignore_ascii_case("arxiv:") || word.starts_with("abs/");
            add(marked.then(|| arxiv(word)).flatten());
        }
    }
    if let Some(doi) = fields.get("doi") {
        let doi = address(doi);
        let identity = Identity::doi(&doi);
        if identity.is_none() {
            notes.add(format!("{doi:?} is not a DOI; the record is read without it"));
        }
        add(identity);
    }
    for name in ["url", "ee", "pdf"] {
        let Some(text) = fields.get(name).map(address) else { continue };
        let is_at = |host: &str| text.contains(host);
        if is_at("arxiv.org/") {
            add(arxiv(&text));
        } else if is_at("doi.org/") {
            add(Identity::doi(&text));
        } else if is_at("aclanthology.org/") || is_at("aclweb.org/anthology/") {
            add(Identity::acl(&text));
        } else if is_at("openreview.net/") {
            add(Identity::openreview(&text));
        }
    }
    found.sort();
    found
}

/// An address or DOI without TeX's escapes.
fn address(text: &str) -> String {
    let text = text.strip_prefix("\\url{").and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    text.replace("\\_", "_")
        .replace("\\%", "%")
        .replace("\\&", "&")
        .replace("\\#", "#")
        .replace("{\\textunderscore}", "_")
        .replace("\\textless", "<")
        .replace("\\textgreater", ">")
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '{' | '}'))
        .collect()
}

/// A key made from the content, the same for every spelling of it.
fn local(title: &str, family: &str, year: Option<i16>) -> Option<Identity> {
    let plain = reading::title(title, Markup::Tex).plain();
    let letters =
        |text: &str| -> String { reading::fold(text).chars().filter(|c| c.is_alphanumeric()).collect() };
    let year = year.map(|year| year.to_string()).unwrap_or_default();
    let content = format!("{}/{}/{year}", letters(&plain), letters(family));
    let digits = blake3::hash(content.as_bytes()).to_hex();
    let words = identity::slug(&plain, SLUG_BYTES);
    let words = if words.is_empty() { "entry" } else { &words };
    Identity::local(Scheme::Bibtex, &format!("{words}-{}", &digits[..12]))
}

/// `date = {2004-10-15}` (also a range, of which the beginning counts), or `year` and `month`.
fn published(fields: &Fields, notes: &mut Notes) -> Option<PartialDate> {
    let date = fields.get("date").filter(|date| !date.is_empty());
    if let Some(text) = date {
        let begin = text.split('/').next().unwrap_or(text).trim_end_matches(['~', '?', '%']);
        let begin = begin.split(['T', ' ']).next().unwrap_or(begin);
        if let Ok(date) = begin.parse() {
            return Some(date);
        }
    }
    let text = fields.get("year").or(date)?;
    let digits: String =
        text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    let year = digits.parse::<i16>().ok().and_then(PartialDate::year_only);
    let Some(year) = year else {
        notes.add(format!("{text:?} is not a year; the record is read without it"));
        return None;
    };
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = fields.get("month").and_then(|month| {
        let lower = month.trim().to_lowercase();
        let named = MONTHS.iter().position(|name| lower.starts_with(name)).map(|at| at + 1);
        named.or_else(|| lower.parse().ok()).and_then(|month| i8::try_from(month).ok())
    });
    month.and_then(|month| PartialDate::year_month(year.year(), month)).or(Some(year))
}
