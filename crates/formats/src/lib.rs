//! Bytes to records and papers to bytes, streaming.
//!
//! This room promises: whatever the bytes are, reading them ends in [`Item`]s: records, volumes, and *problems* for
//! what could not be understood. A bad record costs one record. Memory is bounded by [`limit`]s, whatever the input:
//! a line of a gigabyte, a compressed bomb, an archive of archives. Nothing here opens a file, asks a clock or draws
//! random numbers.
//!
//! - [`read`] is the short way: a reader in, items out.
//! - [`split`] and [`parse_unit`] are the same in two steps, so that one thread can cut the input into [`Unit`]s and
//!   others can parse them.
//! - [`parse_again`] understands one record again from the bytes that were kept of it.
//! - [`sniff`] tells formats apart by content.
//! - Answers of sources come whole, and each kind has its module: [`oai`], [`listing`], [`arxiv_feed`] and [`arxiv_api`]
//!   are arXiv's doors, [`biorxiv`] and [`openreview`] those of other sources, [`mod@feed`] any site's, [`enrich`] what
//!   services know about papers that are here. Each tells a damaged answer from an empty one, and both from what is no
//!   answer at all.
//! - [`bibtex::entry`], [`huggingface::item`] and [`markdown::paper`] write papers.
//!
//! What is kept of a record (`raw`) can always be parsed again by itself: an Anthology paper is kept with the head of
//! its volume, a BibTeX entry with the `@string`s that it uses, an item of a listing with the day that its page showed.

pub mod acl;
mod announced;
pub mod answer;
mod arxiv;
pub mod arxiv_api;
pub mod arxiv_feed;
mod authors;
pub mod bibtex;
pub mod biorxiv;
mod conference;
mod container;
pub mod enrich;
pub mod feed;
mod finish;
mod html;
pub mod huggingface;
mod item;
mod json;
mod kept;
pub mod limit;
pub mod listing;
pub mod markdown;
pub mod oai;
pub mod openreview;
mod sample;
mod scan;
mod sniff;
mod split;
mod xml;

pub use item::{FormatError, Item, Piece, Place, Unit, Volume};
pub use sniff::sniff;
pub use split::{Reader, Splitter, parse_again, parse_unit, read, split};

use paper::Source;

/// The forms of input that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// arXiv metadata, one JSON object a line, as in the Kaggle snapshot.
    ArxivJson,
    /// XML of the ACL Anthology.
    AclXml,
    /// `/api/daily_papers` of Hugging Face: an array, or one item a line, or `{"date","item"}` lines.
    HuggingFaceJson,
    /// Records of conferences, one JSON object a line.
    Conference,
    /// BibTeX and biblatex.
    Bibtex,
    /// The sample that ships with Broadsheet.
    Sample,
}

impl Format {
    /// All formats, in the order of help texts.
    pub const ALL: [Format; 6] = [
        Format::ArxivJson,
        Format::AclXml,
        Format::HuggingFaceJson,
        Format::Conference,
        Format::Bibtex,
        Format::Sample,
    ];

    /// The name for `--format`.
    pub fn name(self) -> &'static str {
        match self {
            Format::ArxivJson => "arxiv",
            Format::AclXml => "acl",
            Format::HuggingFaceJson => "huggingface",
            Format::Conference => "conference",
            Format::Bibtex => "bibtex",
            Format::Sample => "sample",
        }
    }

    /// What it is, for help texts.
    pub fn title(self) -> &'static str {
        match self {
            Format::ArxivJson => "arXiv metadata (JSON lines)",
            Format::AclXml => "ACL Anthology XML",
            Format::HuggingFaceJson => "Hugging Face daily papers (JSON)",
            Format::Conference => "conference records (JSON lines)",
            Format::Bibtex => "BibTeX",
            Format::Sample => "Broadsheet's sample (JSON lines)",
        }
    }

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The source whose records this format holds.
    pub fn source(self) -> Source {
        match self {
            Format::ArxivJson => Source::Arxiv,
            Format::AclXml => Source::Acl,
            Format::HuggingFaceJson => Source::Huggingface,
            Format::Conference => Source::Conference,
            Format::Bibtex => Source::Bibtex,
            Format::Sample => Source::Sample,
        }
    }

    /// The format in which records of a source are kept, if records of that source are read from files at all.
    pub fn of(source: Source) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.source() == source)
    }
}
