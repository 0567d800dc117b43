//! The sample that ships with Broadsheet: summaries written for it, five listings that count as editions.

use crate::item::{BadRecord, Notes};
use crate::json::{self, Count, Text, present};
use paper::{
    Announcement, AnnouncementKind, Attention, Day, Identity, Markup, Record, Scheme, Source, Stamp,
};
use serde::Deserialize;

/// The listings and the days that their pages show.
pub(crate) const LISTINGS: [(&str, (i16, i8, i8)); 5] = [
    ("continuous-gradients", (2025, 10, 17)),
    ("hyperbolic-learning", (2025, 10, 20)),
    ("softmax-nonlinearity", (2025, 10, 30)),
    ("global-regularization", (2025, 11, 20)),
    ("loss-functions", (2025, 12, 11)),
];

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    arxiv_id: Option<Text<'a>>,
    title: Option<Text<'a>>,
    #[serde(rename = "abstract")]
    abstract_text: Option<Text<'a>>,
    #[serde(default)]
    n_authors: Count,
    published: Option<Text<'a>>,
    #[serde(default)]
    comments: Count,
    #[serde(default)]
    listings: Vec<Text<'a>>,
}

pub(crate) fn parse(bytes: &[u8], notes: &mut Notes) -> Result<Record, BadRecord> {
    let line: Line<'_> = json::parse(bytes)?;
    let id = line.id.as_deref().unwrap_or_default();
    let node = Identity::local(Scheme::Sample, id)
        .filter(|_| paper::identity::slug(id, id.len()) == id)
        .ok_or_else(|| BadRecord::NoIdentity(id.chars().take(80).collect()))?;
    let mut record = Record::new(Source::Sample, node, present(&line.title).ok_or(BadRecord::NoTitle)?);
    record.markup = Markup::Tex;
    record.abstract_text = present(&line.abstract_text);
    record.author_count = line.n_authors.0;
    record.attention = line.comments.0.map(|comments| Attention { votes: None, comments: Some(comments) });
    if let Some(text) = present(&line.arxiv_id) {
        match Identity::arxiv(&text) {
            Some((identity, _)) => record.identities.push(identity),
            None => notes.add(format!("{text:?} is not an arXiv id; the record is read without it")),
        }
    }
    if let Some(text) = present(&line.published) {
        match text.parse() {
            Ok(date) => record.published = Some(date),
            Err(error) => notes.add(format!("{error}; the record is read without it")),
        }
    }
    for listing in &line.listings {
        let name: &str = listing;
        if record.topics.iter().any(|topic| topic == name) {
            continue;
        }
        record.topics.push(name.to_owned());
        let known = LISTINGS.iter().find(|(known, _)| *known == name);
        match known.and_then(|(_, (year, month, day))| Day::new(*year, *month, *day)) {
            Some(day) => record.announcements.push(Announcement {
                day,
                category: String::new(),
                kind: AnnouncementKind::Featured,
            }),
            None => notes.add(format!("the listing {name:?} has no known day")),
        }
    }
    record.announcements.sort();
    let latest = record.announcements.last().map(|announcement| announcement.day.to_string());
    record.stamp = Stamp { version: 0, time: latest.unwrap_or_default() };
    Ok(record)
}
