//! Answers of the API of bioRxiv and medRxiv (`api.biorxiv.org/details/…`).
//!
//! An answer has one row a *version*: rows of one DOI become one paper by their identity. A page is over when it is
//! empty, not when as many came as the answer claims there are: advance by [`Page::rows`].

use crate::answer::{NotJson, refuse};
use crate::html;
use crate::item::{BadRecord, Item, Notes, Place};
use crate::json::list::elements;
use crate::json::{self, Count, Text, present};
use crate::{authors, finish, split};
use paper::{
    Announcement, AnnouncementKind, Author, Day, Identity, Link, LinkKind, Record, Source, Stamp, Standing,
    Version,
};
use serde::Deserialize;
use std::sync::Arc;

/// A page of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The rows that were understood.
    pub found: Vec<Found>,
    /// What was not understood, or only in part, an [`Item::Problem`] each.
    pub problems: Vec<Item>,
    /// Rows on this page, understood or not: the next page begins so many rows later. None means the end.
    pub rows: u64,
    /// How many rows the server says there are in all, which may be too many.
    pub total: Option<u32>,
    /// False if the answer breaks off before its end; what came before is good.
    pub complete: bool,
}

/// A version of a paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What the row says.
    pub record: Box<Record>,
    /// The row as received; [`crate::parse_again`] understands it by itself.
    pub raw: Vec<u8>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    status: Option<Text<'a>>,
    total: Count,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    title: Option<Text<'a>>,
    authors: Option<Text<'a>>,
    doi: Option<Text<'a>>,
    date: Option<Text<'a>>,
    version: Count,
    #[serde(rename = "type")]
    kind: Option<Text<'a>>,
    license: Option<Text<'a>>,
    category: Option<Text<'a>>,
    #[serde(rename = "abstract")]
    abstract_text: Option<Text<'a>>,
    published: Option<Text<'a>>,
    server: Option<Text<'a>>,
    author_corresponding_institution: Option<Text<'a>>,
}

/// Reads an answer. `name` is how people know it (its address).
///
/// # Errors
/// [`NotJson`] if it is none of the API.
pub fn read(bytes: &[u8], name: &str) -> Result<Page, NotJson> {
    refuse(bytes)?;
    let head = elements(bytes, "messages")
        .and_then(|found| serde_json::from_slice::<Message<'_>>(found.elements.first()?.1).ok());
    let rows = elements(bytes, "collection");
    let status = head.as_ref().and_then(|message| present(&message.status)).unwrap_or_default();
    let (rows, complete) = match rows {
        Some(rows) => (rows.elements, rows.complete),
        // "no posts found" comes without a collection, and is the end of every list.
        None if status.to_ascii_lowercase().contains("no posts found") => (Vec::new(), true),
        None if !status.is_empty() => return Err(NotJson::Refused(status.chars().take(200).collect())),
        None => return Err(NotJson::other(bytes)),
    };
    let total = head.and_then(|message| message.total.0);
    let mut page = Page { found: Vec::new(), problems: Vec::new(), rows: rows.len() as u64, total, complete };
    let mut lines = crate::scan::Lines::new(bytes);
    for (at, (start, raw)) in rows.into_iter().enumerate() {
        let mut notes = Notes::default();
        match parse(raw, &mut notes) {
            Ok(record) => page.found.push(Found { record: Box::new(record), raw: raw.to_vec() }),
            Err(error) => notes.add(error.to_string()),
        }
        let place = Place { file: Arc::from(name), line: lines.line(start), record: at as u64 + 1 };
        let problem = |reason| Item::Problem { place: place.clone(), reason, raw: split::cut(raw) };
        page.problems.extend(notes.0.into_iter().map(problem));
    }
    Ok(page)
}

/// Understands one row.
pub(crate) fn parse(raw: &[u8], notes: &mut Notes) -> Result<Record, BadRecord> {
    let row: Row<'_> = json::parse(raw)?;
    let doi = row.doi.as_deref().unwrap_or_default();
    let node = Identity::doi(doi).ok_or_else(|| BadRecord::NoIdentity(doi.chars().take(80).collect()))?;
    let field = |text: &Option<Text<'_>>| present(text).filter(|text| text != "NA");
    let text = |text: &Option<Text<'_>>| field(text).map(|text| tex(&html::plain(&text)));

    let title = text(&row.title).ok_or(BadRecord::NoTitle)?;
    let mut record = Record::new(Source::Biorxiv, node, title);
    record.abstract_text = text(&row.abstract_text);
    record.authors =
        field(&row.authors).map(|names| names.split(';').filter_map(author).collect()).unwrap_or_default();
    record.topics = field(&row.category).map(|category| html::words(&category)).into_iter().collect();
    record.organisation = field(&row.author_corresponding_institution).map(|name| html::words(&name));
    record.license = field(&row.license).and_then(|name| license(&name));
    let server = field(&row.server).unwrap_or_else(|| "bioRxiv".to_owned());
    record.venue = Some(html::words(&server));
    if let Some(published) = field(&row.published) {
        match Identity::doi(&published) {
            Some(published) if record.identities.contains(&published) => {}
            Some(published) => record.identities.push(published),
            None => notes.add(format!("{published:?} is not a DOI; the record is read without it")),
        }
    }
    if field(&row.kind).is_some_and(|kind| kind.to_ascii_lowercase().contains("withdraw")) {
        record.standing = Standing::Withdrawn;
    }
    let version = row.version.0.filter(|number| (1..10_000).contains(number)).unwrap_or(1);
    let day = field(&row.date).and_then(|date| Day::parse_prefix(&date));
    if day.is_none() {
        notes.add("the row has no date; the record is read without it".to_owned());
    }
    record.versions = vec![Version { number: version, day }];
    record.stamp = Stamp { version, time: day.map(|day| day.to_string()).unwrap_or_default() };
    if let Some(day) = day {
        let kind = if version == 1 { AnnouncementKind::New } else { AnnouncementKind::Replacement };
        record.announcements = vec![Announcement { day, category: String::new(), kind }];
        record.published = (version == 1).then(|| day.into());
    }
    let host = if server.eq_ignore_ascii_case("medrxiv") { "medrxiv" } else { "biorxiv" };
    let page = format!("https://www.{host}.org/content/{}v{version}", record.node().value());
    record.links.extend(Link::new(LinkKind::Page, &page));
    finish::check(&record)?;
    Ok(record)
}

/// `Smith, J.`
fn author(text: &str) -> Option<Author> {
    let name = authors::shown(&html::plain(text));
    let author = match name.split_once(',') {
        Some((family, given)) => Author {
            name: format!("{} {}", given.trim(), family.trim()).trim().to_owned(),
            family: Some(family.trim().to_owned()).filter(|family| !family.is_empty()),
            group: false,
        },
        None => Author { group: name.contains("Consortium"), ..Author::named(name) },
    };
    author.name.chars().any(char::is_alphabetic).then_some(author)
}

/// Plain text in the notation of records: what means something to TeX is written out.
fn tex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '$' | '{' | '}' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// `cc_by_nc` as an address; `cc_no` (all rights reserved) has none.
fn license(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "cc0" | "cc0_ng" => Some("http://creativecommons.org/publicdomain/zero/1.0/".to_owned()),
        name => {
            let kind = name.strip_prefix("cc_")?.replace('_', "-");
            let known = ["by", "by-nc", "by-nd", "by-nc-nd", "by-sa", "by-nc-sa"].contains(&kind.as_str());
            known.then(|| format!("http://creativecommons.org/licenses/{kind}/4.0/"))
        }
    }
}
