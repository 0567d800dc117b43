//! One work, whichever sources tell of it.

use crate::{
    Announcement, Author, Day, Identity, Link, Markup, PartialDate, Source, Standing, Summary, Version,
};
use serde::{Deserialize, Serialize};

/// A value and the source that it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

/// Attention at one source of votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteCount {
    /// Whose readers.
    pub source: Source,
    /// Votes; 0 where none or unknown.
    pub votes: u32,
    /// Comments; 0 where none or unknown.
    pub comments: u32,
}

/// One work: what [`crate::merge::merge`] makes of its records.
///
/// Title, abstract and comment are in their source's notation; [`crate::text`] makes plain text and HTML of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paper {
    /// Where it lives: the part after `/papers/`. A bare arXiv id, else `acl:…`, `openreview:…`, `doi:…`, else a slug.
    pub address: String,
    /// Every identity of every record, sorted.
    pub identities: Vec<Identity>,
    /// The sources that tell of it, in the order of trust.
    pub sources: Vec<Source>,
    /// The title.
    pub title: String,
    /// How title and comment are written.
    #[serde(default)]
    pub title_markup: Markup,
    /// The abstract.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "abstract")]
    pub abstract_text: Option<String>,
    /// How the abstract is written.
    #[serde(default)]
    pub abstract_markup: Markup,
    /// The authors in order; empty where no source names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<Author>,
    /// The number of authors; 0 where unknown.
    #[serde(default)]
    pub author_count: u32,
    /// Categories, the primary one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The authors' comment field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Where it appeared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_ref: Option<String>,
    /// The licence, as a URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// First publication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<PartialDate>,
    /// Its versions, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Version>,
    /// The venue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// The proceedings volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Typed links: fields of the records and those found in abstract and comment, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Keywords of the authors or the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Keywords that a machine chose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub machine_keywords: Vec<String>,
    /// Summaries other than the abstract.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summaries: Vec<Tagged<Summary>>,
    /// When and where each source announced or featured it, sorted, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub announcements: Vec<Tagged<Announcement>>,
    /// Attention per source of votes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attention: Vec<VoteCount>,
    /// Who put it forward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitter: Option<String>,
    /// The organisation behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Named lists that it is on; each is a topic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// Awards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awards: Vec<String>,
    /// Whether it still stands.
    #[serde(default)]
    pub standing: Standing,
}

impl Paper {
    /// Votes of all sources together.
    pub fn votes(&self) -> u32 {
        self.attention.iter().map(|count| count.votes).sum()
    }

    /// Comments of all sources together.
    pub fn comments(&self) -> u32 {
        self.attention.iter().map(|count| count.comments).sum()
    }

    /// The first category.
    pub fn primary_category(&self) -> Option<&str> {
        self.categories.first().map(String::as_str)
    }

    /// The bare arXiv id, if it has one.
    pub fn arxiv_id(&self) -> Option<&str> {
        self.identities.iter().find(|identity| identity.scheme() == crate::Scheme::Arxiv).map(Identity::value)
    }

    /// The DOI, if it has one that is not arXiv's own.
    pub fn doi(&self) -> Option<&str> {
        self.identities.iter().find(|identity| identity.scheme() == crate::Scheme::Doi).map(Identity::value)
    }

    /// The first day on which any source announced or featured it.
    pub fn first_announced(&self) -> Option<Day> {
        self.announcements.iter().map(|announcement| announcement.value.day).min()
    }

    /// The title as plain Unicode text.
    pub fn plain_title(&self) -> String {
        crate::reading::title(&self.title, self.title_markup).plain()
    }

    /// The abstract as plain Unicode text; empty where there is none.
    pub fn plain_abstract(&self) -> String {
        match &self.abstract_text {
            Some(text) => crate::reading::abstract_text(text, self.abstract_markup).plain(),
            None => String::new(),
        }
    }
}
