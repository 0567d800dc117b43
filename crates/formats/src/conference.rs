//! Records of conferences: what their sites say of accepted papers.

use crate::item::{BadRecord, Notes};
use crate::json::{self, Count, Text, present};
use paper::{Author, Identity, Link, LinkKind, Markup, PartialDate, Record, Scheme, Source, Stamp, Summary};
use serde::Deserialize;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    title: Option<Text<'a>>,
    #[serde(rename = "abstract")]
    abstract_text: Option<Text<'a>>,
    authors: Option<Vec<Text<'a>>>,
    venue: Option<Text<'a>>,
    #[serde(default)]
    year: Count,
    keywords: Option<Vec<Text<'a>>>,
    tldr: Option<Text<'a>>,
    status: Option<Text<'a>>,
    openreview: Option<Text<'a>>,
    urls: Option<Urls<'a>>,
}

#[derive(Deserialize)]
struct Urls<'a> {
    #[serde(borrow)]
    page: Option<Text<'a>>,
    pdf: Option<Text<'a>>,
    code: Option<Text<'a>>,
    project: Option<Text<'a>>,
    video: Option<Text<'a>>,
    doi: Option<Text<'a>>,
    arxiv: Option<Text<'a>>,
}

pub(crate) fn parse(bytes: &[u8], notes: &mut Notes) -> Result<Record, BadRecord> {
    let line: Line<'_> = json::parse(bytes)?;
    let id = line.id.as_deref().unwrap_or_default();
    let node = node(id, line.openreview.as_deref())
        .ok_or_else(|| BadRecord::NoIdentity(id.chars().take(80).collect()))?;
    let mut record = Record::new(Source::Conference, node, present(&line.title).ok_or(BadRecord::NoTitle)?);
    record.markup = Markup::Tex;
    record.abstract_text = present(&line.abstract_text);
    record.venue = present(&line.venue);
    for name in line.authors.iter().flatten() {
        // Some sites give all names in one text.
        let several = name.contains(" and ") || name.contains(';') || name.matches(',').count() > 1;
        if several {
            record.authors.extend(crate::authors::parse_list(name).0);
        } else if name.chars().any(char::is_alphabetic) {
            record.authors.push(Author::named(crate::authors::shown(name)));
        }
    }
    if let Some(year) = line.year.0 {
        record.published = i16::try_from(year).ok().and_then(PartialDate::year_only);
        match record.published {
            Some(date) => record.stamp = Stamp { version: 0, time: date.to_string() },
            None => notes.add(format!("{year} is not a year; the record is read without it")),
        }
    }
    let keywords = line.keywords.iter().flatten().map(|word| word.trim().to_owned());
    record.keywords = keywords.filter(|word| !word.is_empty()).collect();
    record.summaries = present(&line.tldr)
        .map(|text| Summary { text, by: "authors".to_owned(), machine: false })
        .into_iter()
        .collect();
    record.awards = line.status.as_deref().and_then(distinction).into_iter().collect();
    if let Some(urls) = &line.urls {
        read_urls(urls, &mut record, notes);
    }
    Ok(record)
}

/// `openreview:…` and the Anthology's own ids are identities that the world knows; the rest is local.
fn node(id: &str, openreview: Option<&str>) -> Option<Identity> {
    if let Some(identity) = openreview.and_then(Identity::openreview) {
        return Some(identity);
    }
    let (site, key) = id.split_once(':')?;
    if site == "openreview" {
        return Identity::openreview(key);
    }
    Identity::acl(key).or_else(|| Identity::local(Scheme::Conference, id))
}

/// The kind of presentation where it is a distinction; posters, papers of any length and workshop papers are the rule.
fn distinction(status: &str) -> Option<String> {
    let lower = status.to_ascii_lowercase();
    let distinct = ["oral", "spotlight", "best", "award", "notable", "highlight", "honorable", "outstanding"];
    let is_rule = lower.contains("workshop") || !distinct.iter().any(|word| lower.contains(word));
    (!is_rule).then(|| status.trim().to_owned())
}

fn read_urls(urls: &Urls<'_>, record: &mut Record, notes: &mut Notes) {
    if let Some(text) = present(&urls.arxiv) {
        match Identity::arxiv(&text) {
            Some((identity, _)) => state(record, identity),
            None => notes.add(format!("{text:?} is not an arXiv id; the record is read without it")),
        }
    }
    if let Some(text) = present(&urls.doi) {
        // Some sites put an arXiv id here, …
        let arxiv = Identity::arxiv(&text).map(|(identity, _)| identity);
        match Identity::doi(&text).or(arxiv).or_else(|| doi_within(&text)) {
            Some(identity) => state(record, identity),
            // … or the address of the paper.
            None => match Link::new(LinkKind::Page, &text) {
                Some(link) => record.links.push(link),
                None => notes.add(format!("{text:?} is not a DOI; the record is read without it")),
            },
        }
    }
    for text in [&urls.page, &urls.pdf].into_iter().filter_map(present) {
        if text.contains("openreview.net/") {
            if let Some(identity) = Identity::openreview(&text) {
                state(record, identity);
            }
        } else if text.contains("aclanthology.org/")
            && let Some(identity) = Identity::acl(&text)
        {
            state(record, identity);
        }
    }
    for (kind, text) in [
        (LinkKind::Code, &urls.code),
        (LinkKind::Project, &urls.project),
        (LinkKind::Video, &urls.video),
        (LinkKind::Pdf, &urls.pdf),
        (LinkKind::Page, &urls.page),
    ] {
        let Some(text) = present(text) else { continue };
        // Several addresses may stand in one field.
        for word in text.split([' ', ';']).filter(|word| !word.is_empty()) {
            match Link::new(kind, word) {
                Some(link) if record.links.contains(&link) => {}
                Some(link) => record.links.push(link),
                None if Identity::arxiv(word).is_some() => {
                    Identity::arxiv(word).into_iter().for_each(|(identity, _)| state(&mut *record, identity));
                }
                None => notes.add(format!("{word:?} is not a web address; the record is read without it")),
            }
        }
    }
}

fn state(record: &mut Record, identity: Identity) {
    if !record.identities.contains(&identity) {
        record.identities.push(identity);
    }
}

/// The DOI that a publisher's address holds.
fn doi_within(address: &str) -> Option<Identity> {
    let at = address.find("/10.")?;
    Identity::doi(&address[at + 1..])
}
