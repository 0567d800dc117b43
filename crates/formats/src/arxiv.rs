//! arXiv metadata as JSON lines: the Kaggle snapshot and forms derived from it.

use crate::item::{BadRecord, Notes};
use crate::json::{self, Text, Words, present};
use crate::{authors, limit};
use paper::{
    Announcement, AnnouncementKind, Author, Day, Identity, Markup, PartialDate, Record, Source, Stamp,
    Standing, Version, category,
};
use serde::Deserialize;
use std::collections::BTreeSet;

/// What arXiv says of a paper, in the fields that its snapshot and its OAI-PMH server share.
#[derive(Deserialize, Default)]
pub(crate) struct Line<'a> {
    #[serde(borrow)]
    pub(crate) id: Option<Text<'a>>,
    pub(crate) title: Option<Text<'a>>,
    #[serde(rename = "abstract")]
    pub(crate) abstract_text: Option<Text<'a>>,
    pub(crate) authors: Option<Text<'a>>,
    #[serde(default)]
    pub(crate) categories: Words,
    pub(crate) comments: Option<Text<'a>>,
    #[serde(rename = "journal-ref", alias = "journal_ref")]
    pub(crate) journal_ref: Option<Text<'a>>,
    pub(crate) doi: Option<Text<'a>>,
    pub(crate) license: Option<Text<'a>>,
    pub(crate) submitter: Option<Text<'a>>,
    #[serde(default)]
    pub(crate) versions: Option<Vec<LineVersion<'a>>>,
    pub(crate) authors_parsed: Option<Vec<Vec<Text<'a>>>>,
    pub(crate) update_date: Option<Text<'a>>,
    pub(crate) updated: Option<Text<'a>>,
    pub(crate) created: Option<Text<'a>>,
    pub(crate) announced: Option<Text<'a>>,
    /// Set where the source says so in a field of its own.
    #[serde(skip)]
    pub(crate) withdrawn: bool,
}

#[derive(Deserialize)]
pub(crate) struct LineVersion<'a> {
    #[serde(borrow)]
    pub(crate) version: Option<Text<'a>>,
    pub(crate) created: Option<Text<'a>>,
}

pub(crate) fn parse(bytes: &[u8], notes: &mut Notes) -> Result<Record, BadRecord> {
    record(json::parse(bytes)?, notes)
}

/// The record of a paper from arXiv's fields.
pub(crate) fn record(line: Line<'_>, notes: &mut Notes) -> Result<Record, BadRecord> {
    let id = line.id.as_deref().unwrap_or_default();
    let (identity, stated_version) =
        Identity::arxiv(id).ok_or_else(|| BadRecord::NoIdentity(id.chars().take(80).collect()))?;

    let mut record = Record::new(Source::Arxiv, identity, "");
    record.title = present(&line.title).ok_or(BadRecord::NoTitle)?;
    record.abstract_text = present(&line.abstract_text);
    record.markup = Markup::Tex;
    (record.authors, record.author_count) = authors_of(&line);
    record.categories = categories(line.categories.0, notes);
    record.comment = present(&line.comments);
    record.journal_ref = present(&line.journal_ref);
    record.license = present(&line.license);
    record.submitter = present(&line.submitter);
    for doi in line.doi.as_deref().unwrap_or_default().split_whitespace() {
        match Identity::doi(doi) {
            Some(doi) if record.identities.contains(&doi) => {}
            Some(doi) => record.identities.push(doi),
            None => notes.add(format!("{doi:?} is not a DOI; the record is read without it")),
        }
    }

    record.versions = versions(line.versions.as_deref().unwrap_or_default(), notes);
    let last = record.versions.last().map_or(0, |version| version.number);
    let mut day = |what: &str, text: &Option<Text<'_>>| {
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
        let day = Day::parse_prefix(text);
        if day.is_none() {
            notes.add(format!("{what} {text:?} is not a day; the record is read without it"));
        }
        day
    };
    let update = day("update_date", &line.update_date);
    let updated = day("updated", &line.updated);
    let created = day("created", &line.created);
    let announced = day("announced", &line.announced);
    record.stamp = Stamp {
        version: last.max(stated_version.unwrap_or(0)),
        time: update.or(updated).or(created).or(announced).map(|day| day.to_string()).unwrap_or_default(),
    };
    record.published = published(&record, created);
    record.announcements = announcements(announced, &record.categories);
    if line.withdrawn || is_withdrawn(record.comment.as_deref(), record.abstract_text.as_deref()) {
        record.standing = Standing::Withdrawn;
    }
    Ok(record)
}

/// The text names authors as they wished to be shown; the parsed list is used where there is no text.
fn authors_of(line: &Line<'_>) -> (Vec<Author>, Option<u32>) {
    if let Some(text) = line.authors.as_deref().filter(|text| !text.trim().is_empty()) {
        let (authors, others) = authors::parse_list(text);
        // "et al." says that there is at least one more.
        let count = others.then(|| u32::try_from(authors.len() + 1).unwrap_or(u32::MAX));
        return (authors, count);
    }
    let parsed = line.authors_parsed.as_deref().unwrap_or_default().iter().filter_map(|parts| {
        let part = |at: usize| parts.get(at).map(|text| text.trim()).unwrap_or_default();
        let name = [part(1), part(0), part(2)].join(" ");
        let name = authors::shown(&name);
        (!name.is_empty()).then(|| Author {
            family: Some(authors::shown(part(0))).filter(|family| !family.is_empty()),
            name,
            group: false,
        })
    });
    (parsed.take(limit::AUTHORS_MAX).collect(), None)
}

fn categories(words: Vec<String>, notes: &mut Notes) -> Vec<String> {
    let mut categories = Vec::with_capacity(words.len());
    for word in words {
        if !category::is_plausible(&word) {
            let word: String = word.chars().take(40).collect();
            notes.add(format!("{word:?} is not a category; the record is read without it"));
        } else if !categories.contains(&word) {
            categories.push(word);
        }
    }
    categories
}

fn versions(lines: &[LineVersion<'_>], notes: &mut Notes) -> Vec<Version> {
    let mut versions: Vec<Version> = Vec::with_capacity(lines.len());
    for line in lines.iter().take(limit::LIST_MAX) {
        let name = line.version.as_deref().unwrap_or_default();
        let number =
            name.trim().trim_start_matches('v').parse().ok().filter(|number| (1..10_000).contains(number));
        let Some(number) = number else {
            notes.add(format!("version {name:?} has no number; the record is read without it"));
            continue;
        };
        let text = line.created.as_deref().unwrap_or_default();
        let day = mail_day(text).or_else(|| Day::parse_prefix(text));
        if day.is_none() && !text.is_empty() {
            notes.add(format!("{text:?} of version {number} is not a date; the record is read without it"));
        }
        versions.push(Version { number, day });
    }
    versions.sort();
    versions.dedup_by_key(|version| version.number);
    versions
}

/// The day of `Mon, 2 Apr 2007 19:18:42 GMT`; the day of the week may be missing or wrong.
pub(crate) fn mail_day(text: &str) -> Option<Day> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let rest = text.split_once(',').map_or(text, |(_, rest)| rest);
    let mut words = rest.split_ascii_whitespace();
    let day = words.next()?.parse().ok()?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))?;
    let year = words.next().filter(|year| year.len() == 4)?.parse().ok()?;
    Day::new(year, i8::try_from(month + 1).ok()?, day)
}

/// The day of the first version; else `created`, unless it must belong to a later version; else the month of the id.
pub(crate) fn published(record: &Record, created: Option<Day>) -> Option<PartialDate> {
    let first = record.versions.first().filter(|version| version.number == 1);
    if let Some(day) = first.and_then(|version| version.day) {
        return Some(day.into());
    }
    let month = id_month(record.node().value());
    match (created, month) {
        // Ids are given at announcement, days after submission: a creation after the id's month and the next is a
        // later version's (OAI's `arXiv` form gives that one).
        (Some(day), Some((year, month))) => {
            let months = |year: i16, month: i8| i32::from(year) * 12 + i32::from(month);
            if months(day.year(), day.date().month()) > months(year, month) + 1 {
                PartialDate::year_month(year, month)
            } else {
                Some(day.into())
            }
        }
        (Some(day), None) => Some(day.into()),
        (None, Some((year, month))) => PartialDate::year_month(year, month),
        (None, None) => None,
    }
}

/// The year and month that an arXiv id begins with.
pub(crate) fn id_month(id: &str) -> Option<(i16, i8)> {
    let digits = id.split_once('/').map_or(id, |(_, number)| number);
    let year: i16 = digits.get(..2)?.parse().ok()?;
    let month: i8 = digits.get(2..4)?.parse().ok()?;
    Some((if year >= 91 { 1900 + year } else { 2000 + year }, month))
}

/// New under the primary category, cross-listed under the others; each category once, by its canonical name.
pub(crate) fn announcements(day: Option<Day>, categories: &[String]) -> Vec<Announcement> {
    let Some(day) = day else { return Vec::new() };
    let mut seen = BTreeSet::new();
    let mut announcements = Vec::with_capacity(categories.len());
    for id in categories {
        let id = category::canonical(id);
        if seen.insert(id) {
            let kind =
                if announcements.is_empty() { AnnouncementKind::New } else { AnnouncementKind::CrossList };
            announcements.push(Announcement { day, category: id.to_owned(), kind });
        }
    }
    if announcements.is_empty() {
        announcements.push(Announcement { day, category: String::new(), kind: AnnouncementKind::New });
    }
    announcements
}

/// Only what says so in so many words: an abstract that begins with it, or a comment that holds or begins with it. A
/// paper *about* withdrawn papers must not be marked.
fn is_withdrawn(comment: Option<&str>, abstract_text: Option<&str>) -> bool {
    let says = |text: &str, anywhere: bool| {
        let head: String = text.chars().take(400).collect();
        let words: Vec<String> = head.split_whitespace().map(str::to_ascii_lowercase).collect();
        let starts = if anywhere { words.len() } else { words.len().min(1) };
        (0..starts).any(|at| {
            let word = |offset: usize| words.get(at + offset).map(String::as_str).unwrap_or_default();
            let paper = ["paper", "submission", "article", "manuscript", "preprint", "work", "version"];
            matches!(word(0), "this" | "the")
                && paper.contains(&word(1))
                && (matches!(word(2), "is" | "was") && word(3).starts_with("withdrawn")
                    || matches!(word(2), "has" | "have")
                        && word(3) == "been"
                        && word(4).starts_with("withdrawn"))
        })
    };
    let begins = |text: &str| {
        let first = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        matches!(first.trim_end_matches([':', '.', ',', ';']), "withdrawn")
    };
    comment.is_some_and(|text| says(text, true) || begins(text))
        || abstract_text
            .is_some_and(|text| says(text, false) || text.trim().eq_ignore_ascii_case("withdrawn"))
}
