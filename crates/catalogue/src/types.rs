//! What goes into the catalogue and what comes out of it, as values.

use paper::{AnnouncementKind, Day, Identity, Paper, PartialDate, Record, Source};
use serde::{Deserialize, Serialize};

/// The number of the catalogue's latest change; followers store the one that they have reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sequence(pub u64);

/// A paper's row: stable within one catalogue, meaningless outside it. Small and dense: sets of papers are bitmaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PaperId(pub u32);

/// A record on its way in: what was understood, and the bytes as received.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// What was understood.
    pub record: Record,
    /// The record as received.
    pub raw: Vec<u8>,
}

/// Something that could not be understood or done, kept with its place and raw text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where: file and line or record, for people.
    pub place: String,
    /// What happened and what to do.
    pub reason: String,
    /// The bytes that could not be understood, cut at [`RAW_BYTES_MAX`].
    pub raw: Vec<u8>,
}

/// The most bytes of a bad record that a problem keeps.
pub const RAW_BYTES_MAX: usize = 64 * 1024;

/// What accepting a batch did, in papers… and records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Records of papers that the catalogue did not know.
    pub new: u64,
    /// Records that said something new about a known paper.
    pub changed: u64,
    /// Records that were there already.
    pub unchanged: u64,
    /// Problems that were noted for the first time.
    pub problems: u64,
}

/// A stored paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its row.
    pub id: PaperId,
    /// The sequence of its latest change.
    pub sequence: Sequence,
    /// The paper.
    pub paper: Paper,
}

/// One change, for followers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub sequence: Sequence,
    /// The paper that was written, or is gone (merged into another).
    pub id: PaperId,
}

/// What an address leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The paper lives here.
    Here(Box<Stored>),
    /// The paper lives at this address now: redirect for ever.
    Moved(String),
}

/// A paper of a day as ranking needs it: no text, a few numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The paper.
    pub id: PaperId,
    /// Its address.
    pub address: String,
    /// How it came into the edition: announced as new, or featured. Both may hold.
    pub announced: bool,
    /// Featured by a source of votes or an editor that day.
    pub featured: bool,
    /// The first day of the period on which it was announced or featured.
    pub day: Day,
    /// Votes of all sources.
    pub votes: u32,
    /// Comments of all sources.
    pub comments: u32,
    /// Has a link to code.
    pub has_code: bool,
    /// Has a link to a project page, demo, data or video.
    pub has_project: bool,
    /// Its comment field or venue says that it was accepted somewhere.
    pub accepted: bool,
    /// The number of authors; 0 where unknown.
    pub author_count: u32,
    /// The number of its categories.
    pub categories: u32,
    /// The primary category; empty where none.
    pub primary_category: String,
}

/// A line of a category's listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The paper.
    pub id: PaperId,
    /// How it was presented under this category.
    pub kind: AnnouncementKind,
}

/// A day that has papers, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// The day.
    pub day: Day,
    /// The papers of its edition.
    pub papers: u32,
}

/// How many papers a category announced on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryCount {
    /// The category.
    pub category: String,
    /// Papers announced as new or cross-listed.
    pub papers: u32,
}

/// A proceedings volume: it enters an edition as one entry with its own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// A run of an import or of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Number, ascending.
    pub id: u64,
    /// What ran, e.g. `import`.
    pub kind: String,
    /// What it worked on, e.g. a file name.
    pub subject: String,
    /// When it began, seconds since 1970, UTC.
    pub began: i64,
    /// When it ended; `None` while it runs or after it was killed.
    pub ended: Option<i64>,
    /// What it did.
    pub accepted: Accepted,
    /// How it ended, in words; empty while it runs.
    pub outcome: String,
}

/// What the catalogue knows of a source, for the page about sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceState {
    /// The source.
    pub source: Source,
    /// Its records.
    pub records: u64,
    /// The latest day that it announced or featured anything.
    pub latest_day: Option<Day>,
}

/// Why a paper is one paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Its nodes and the records of each: source, node, stamp, title.
    pub records: Vec<Record>,
    /// Why they are together.
    pub joins: Vec<paper::join::Join>,
    /// Other papers that may be the same: addresses.
    pub perhaps: Vec<String>,
}

/// Counts for status pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Papers.
    pub papers: u64,
    /// Records.
    pub records: u64,
    /// Problems.
    pub problems: u64,
}

/// An editor's decision about two identities, to be stored.
pub type Decision = paper::join::Decision;

/// An identity, as the catalogue stores it.
pub type Node = Identity;
