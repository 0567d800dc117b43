//! A paper as the index sees it.

use catalogue::{PaperId, Stored};
use paper::{Day, LinkKind, Paper, Source, reading};

/// What the index keeps of one paper: plain text and the values that filters ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// The paper's row in the catalogue.
    pub id: u32,
    /// Where it lives; orders papers of equal score in the same way everywhere.
    pub address: String,
    /// The title as plain text.
    pub title: String,
    /// The abstract as plain text; empty where there is none.
    pub text: String,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Keywords of the authors or the source. Those that a machine chose are left out.
    pub keywords: Vec<String>,
    /// Every identity in canonical form, and the address.
    pub identities: Vec<String>,
    /// Categories in canonical form.
    pub categories: Vec<String>,
    /// Slugs of the named lists that it is on.
    pub topics: Vec<String>,
    /// The sources that tell of it.
    pub sources: Vec<Source>,
    /// The year of publication.
    pub year: Option<i16>,
    /// The day of publication, the first of the month or year where only these are known.
    pub day: Option<Day>,
    /// Whether a link to code is known.
    pub has_code: bool,
}

/// A longer abstract is cut here for indexing: no real one is as long, and a book as one paper would stall a batch.
const TEXT_BYTES_MAX: usize = 100_000;

/// More authors than this are not indexed: collaborations of several thousands would dwarf the text.
const AUTHORS_MAX: usize = 500;

impl Document {
    /// Reads a stored paper: TeX becomes plain text here and nowhere later.
    pub fn of(stored: &Stored) -> Document {
        let Stored { id: PaperId(id), paper, .. } = stored;
        let mut identities: Vec<String> = paper.identities.iter().map(ToString::to_string).collect();
        identities.push(paper.address.clone());
        let published = paper.published;
        let day = published
            .and_then(|date| date.day().or_else(|| Day::new(date.year(), date.month().unwrap_or(1), 1)))
            .or_else(|| paper.first_announced());
        Document {
            id: *id,
            address: paper.address.clone(),
            title: reading::title(&paper.title, paper.title_markup).plain(),
            text: cut(plain_abstract(paper)),
            authors: paper.authors.iter().take(AUTHORS_MAX).map(|author| author.name.clone()).collect(),
            keywords: paper.keywords.clone(),
            identities,
            categories: paper.categories.clone(),
            topics: paper.topics.iter().map(|topic| topic_slug(topic)).collect(),
            sources: paper.sources.clone(),
            year: published.map(|date| date.year()).or_else(|| day.map(Day::year)),
            day,
            has_code: paper.links.iter().any(|link| link.kind == LinkKind::Code),
        }
    }

    /// Orders papers of equal score, the smaller first: the newer one, then by a hash of the address, so that it is the
    /// same order on every server and after every rebuild.
    pub(crate) fn tie(&self) -> u64 {
        const HASH_BITS: u32 = 44;
        // Days from 1900 to 2200 have numbers within ±100,000 of 1970.
        let age = 200_000 - i64::from(self.day.map_or(-100_000, Day::number));
        let hash = crate::stable_hash(self.address.as_bytes()) >> (64 - HASH_BITS);
        ((age.max(0) as u64) << HASH_BITS) | hash
    }
}

/// A named list as `topic:` writes it.
pub(crate) fn topic_slug(topic: &str) -> String {
    paper::identity::slug(topic, 80)
}

fn plain_abstract(paper: &Paper) -> String {
    paper
        .abstract_text
        .as_deref()
        .map(|text| reading::abstract_text(text, paper.abstract_markup).plain())
        .unwrap_or_default()
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}
