//! What reading gives: items, their places, and the errors that end it.

use crate::Format;
use paper::{Day, PartialDate, Record, Source};
use std::fmt;
use std::io;
use std::sync::Arc;

/// Where something stands in the input, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as the caller named it; members of archives follow after a slash.
    pub file: Arc<str>,
    /// The line on which it begins, from 1.
    pub line: u64,
    /// The number of the record within its file, from 1; 0 before the first.
    pub record: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file, self.line)?;
        if self.record > 0 && self.record != self.line {
            write!(f, ", record {}", self.record)?;
        }
        Ok(())
    }
}

/// A proceedings volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// E.g. `2024.acl-long`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its source.
    pub source: Source,
    /// The day on which it arrived at its source, if known.
    pub day: Option<Day>,
    /// When it appeared.
    pub published: Option<PartialDate>,
}

/// One thing that was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A record that was understood.
    Record {
        /// What was understood.
        record: Box<Record>,
        /// The bytes as received; [`crate::parse_again`] understands them by themselves.
        raw: Vec<u8>,
        /// Where it stood.
        place: Place,
    },
    /// Something that was not understood, or only in part.
    Problem {
        /// Where.
        place: Place,
        /// What happened and what to do.
        reason: String,
        /// The bytes, cut at [`crate::limit::PROBLEM_BYTES_MAX`].
        raw: Vec<u8>,
    },
    /// A volume; its records name it.
    Volume(Volume),
}

/// The bytes of one record, cut out but not yet understood.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The format to parse them in.
    pub format: Format,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where they stood.
    pub place: Place,
    /// What they need from the bytes before them.
    pub(crate) context: Context,
}

/// What a unit needs from the rest of its file.
#[derive(Clone, Debug)]
pub(crate) enum Context {
    /// Nothing.
    Alone,
    /// The volume of a paper.
    Volume(Arc<crate::acl::Head>),
    /// The `@string` definitions before an entry.
    Strings(Arc<crate::bibtex::Strings>),
}

/// What cutting gives: units to be parsed, and items that are finished already.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Give it to [`crate::parse_unit`].
    Unit(Unit),
    /// A volume, or a problem found while cutting.
    Item(Item),
}

/// Why an input cannot be read at all, or not further.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The content is of no known form.
    #[error(
        "{name}: unknown format; Broadsheet reads arXiv JSON lines, ACL Anthology XML, Hugging Face JSON, conference \
         records, BibTeX and its own sample (name one with --format if you are sure)"
    )]
    Unknown {
        /// The input.
        name: String,
    },
    /// The content is of a form that is recognised but not read.
    #[error("{name}: this is {what}, which Broadsheet does not read; {advice}")]
    Unsupported {
        /// The input.
        name: String,
        /// What it is.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The input itself failed (a disk, a pipe).
    #[error("{name}: cannot be read: {source}")]
    Input {
        /// The input.
        name: String,
        /// Why.
        source: io::Error,
    },
}

/// Why one record was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRecord {
    #[error("not valid UTF-8 (at byte {0}); convert the file to UTF-8")]
    Encoding(usize),
    #[error("not valid JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("not valid XML: {0}")]
    Xml(String),
    #[error("not valid BibTeX: {0}")]
    Bibtex(String),
    #[error("no identifier that can be understood: {0:?}")]
    NoIdentity(String),
    #[error("no title")]
    NoTitle,
    #[error("the {0} holds a NUL character")]
    Nul(&'static str),
    #[error("the {what} has {size}, more than the {limit} that are accepted")]
    TooLarge { what: &'static str, size: usize, limit: usize },
    #[error("{0}")]
    Other(&'static str),
}

/// Things of a record that were left out because they made no sense: each becomes a problem beside the record.
#[derive(Debug, Default)]
pub(crate) struct Notes(pub(crate) Vec<String>);

impl Notes {
    pub(crate) fn add(&mut self, note: String) {
        if self.0.len() < 8 {
            self.0.push(note);
        }
    }
}
