//! What one source said about one paper at one time.

use crate::{Day, Identity, Link, PartialDate};
use serde::{Deserialize, Serialize};

/// Where records come from. The order is the order of trust for text: an earlier source's title and abstract win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A correction by an editor of this instance.
    Correction,
    /// arXiv metadata (snapshot, OAI-PMH, API).
    Arxiv,
    /// The ACL Anthology.
    Acl,
    /// OpenReview notes.
    Openreview,
    /// The preprint servers bioRxiv and medRxiv.
    Biorxiv,
    /// Records of conferences' own sites.
    Conference,
    /// BibTeX files.
    Bibtex,
    /// The Hugging Face daily list (its text is damaged by a known function, see [`crate::text`]).
    Huggingface,
    /// The sample that ships with Broadsheet.
    Sample,
}

impl Source {
    /// All sources. Search indexes mark papers by places in this list: a new one is added at its end.
    pub const ALL: [Source; 9] = [
        Source::Correction,
        Source::Arxiv,
        Source::Acl,
        Source::Openreview,
        Source::Conference,
        Source::Bibtex,
        Source::Huggingface,
        Source::Sample,
        Source::Biorxiv,
    ];

    /// The glossary's name, as in tables, addresses and flags.
    pub fn name(self) -> &'static str {
        match self {
            Source::Correction => "correction",
            Source::Arxiv => "arxiv",
            Source::Acl => "acl",
            Source::Openreview => "openreview",
            Source::Biorxiv => "biorxiv",
            Source::Conference => "conference",
            Source::Bibtex => "bibtex",
            Source::Huggingface => "huggingface",
            Source::Sample => "sample",
        }
    }

    /// The name that readers know.
    pub fn title(self) -> &'static str {
        match self {
            Source::Correction => "Editor",
            Source::Arxiv => "arXiv",
            Source::Acl => "ACL Anthology",
            Source::Openreview => "OpenReview",
            Source::Biorxiv => "bioRxiv",
            Source::Conference => "Conference",
            Source::Bibtex => "BibTeX",
            Source::Huggingface => "Hugging Face",
            Source::Sample => "Sample",
        }
    }

    /// The source of that name.
    pub fn from_name(name: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// How new a record is among the records of one source about one paper: the version first, then the date.
///
/// A source that gives no version has version 0, so a record that knows its version wins over one that does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// The number of the paper's version, 0 where unknown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u32,
    /// The date or time of change in ISO form (sorts as text); empty where unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub time: String,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One author as the source names them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Author {
    /// The name as shown, Unicode, without TeX.
    pub name: String,
    /// The family name, where the source or the parser is sure of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// True for a collaboration.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub group: bool,
}

impl Author {
    /// An author of whom only the name is known.
    pub fn named(name: impl Into<String>) -> Author {
        Author { name: name.into(), family: None, group: false }
    }
}

/// What notation the source's title and abstract are written in; [`crate::text`] reads each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Markup {
    /// TeX as authors type it into arXiv, HTML remnants included.
    #[default]
    Tex,
    /// TeX damaged by Hugging Face's listing.
    Huggingface,
}

/// That a source presented a paper on a day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Announcement {
    /// The announcement day, as the source counts days.
    pub day: Day,
    /// The category under which it was presented; empty where the source has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// How it was presented.
    pub kind: AnnouncementKind,
}

/// How a source presented a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnnouncementKind {
    /// For the first time, under its primary category.
    New,
    /// For the first time, under a further category.
    CrossList,
    /// A later version.
    Replacement,
    /// Chosen for the day by an editor or a community.
    Featured,
}

impl AnnouncementKind {
    /// The glossary's name.
    pub fn name(self) -> &'static str {
        match self {
            AnnouncementKind::New => "new",
            AnnouncementKind::CrossList => "cross-list",
            AnnouncementKind::Replacement => "replacement",
            AnnouncementKind::Featured => "featured",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<AnnouncementKind> {
        [Self::New, Self::CrossList, Self::Replacement, Self::Featured]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// What readers of a source did, as far as it was known when the record was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Attention {
    /// Votes, where the source counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<u32>,
    /// Comments, where the source counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<u32>,
}

/// A text about the paper that is not its abstract, and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Summary {
    /// The text.
    pub text: String,
    /// Whose: `authors` for an author's own tl;dr, otherwise the name of a model or service.
    pub by: String,
    /// True if a machine wrote it; pages mark it as such.
    pub machine: bool,
}

/// One version of a paper.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// 1, 2, …
    pub number: u32,
    /// When it was sent in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Day>,
}

/// Whether a paper still stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Nothing is known against it.
    #[default]
    Stands,
    /// Withdrawn by its authors.
    Withdrawn,
    /// Retracted by its publisher.
    Retracted,
}

/// What one source said about one paper at one time, as Broadsheet understood it. The bytes as received are kept
/// beside it by the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Who said it.
    pub source: Source,
    /// The identities that the source gives; the first is the record's own (its *node*, see [`crate::join`]).
    pub identities: Vec<Identity>,
    /// How new it is.
    #[serde(default)]
    pub stamp: Stamp,
    /// The title, in the source's notation.
    pub title: String,
    /// The abstract, in the source's notation.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "abstract")]
    pub abstract_text: Option<String>,
    /// How title, abstract and comment are written.
    #[serde(default)]
    pub markup: Markup,
    /// The authors in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<Author>,
    /// The number of authors where it is known without their names, or is larger than the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_count: Option<u32>,
    /// Categories, the primary one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The authors' comment field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Where it appeared, as the source words it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal_ref: Option<String>,
    /// The licence, as a URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// First publication: v1, or the proceedings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<PartialDate>,
    /// Its versions, as far as they are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Version>,
    /// The venue, e.g. `NeurIPS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// The proceedings volume that it came in, e.g. `2024.acl-long`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Links that the source states as fields (those inside texts are found later).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Keywords, and whether a machine chose them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// True if a machine chose the keywords.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keywords_by_machine: bool,
    /// Summaries other than the abstract.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summaries: Vec<Summary>,
    /// When and where it was announced or featured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub announcements: Vec<Announcement>,
    /// What the source's readers did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<Attention>,
    /// Who put it forward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitter: Option<String>,
    /// The organisation behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Named lists that the source puts it on; each is a topic.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// Awards, as the source words them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awards: Vec<String>,
    /// Whether it still stands.
    #[serde(default)]
    pub standing: Standing,
}

impl Record {
    /// A record with nothing but its source, its own identity and a title.
    pub fn new(source: Source, node: Identity, title: impl Into<String>) -> Record {
        Record {
            source,
            identities: vec![node],
            stamp: Stamp::default(),
            title: title.into(),
            abstract_text: None,
            markup: Markup::Tex,
            authors: Vec::new(),
            author_count: None,
            categories: Vec::new(),
            comment: None,
            journal_ref: None,
            license: None,
            published: None,
            versions: Vec::new(),
            venue: None,
            volume: None,
            links: Vec::new(),
            keywords: Vec::new(),
            keywords_by_machine: false,
            summaries: Vec::new(),
            announcements: Vec::new(),
            attention: None,
            submitter: None,
            organisation: None,
            topics: Vec::new(),
            awards: Vec::new(),
            standing: Standing::Stands,
        }
    }

    /// The identity under which this source knows the paper. Parsers never make a record without one.
    pub fn node(&self) -> &Identity {
        &self.identities[0]
    }
}
