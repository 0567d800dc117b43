//! How much of anything is read: each limit and its reason.

/// The most bytes of one record (a line, an array element, an entry, a `<paper>`). The longest real one, an arXiv
/// record of a collaboration with all affiliations, stays below 1 MiB. A longer one is skipped without being held.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The most bytes of a record that a problem keeps.
pub const PROBLEM_BYTES_MAX: usize = 64 * 1024;

/// How far a format is looked for.
pub const HEAD_BYTES: usize = 64 * 1024;

/// A compressed input may become this many times larger … Metadata shrinks to a fifth; the most repetitive real file
/// to a fiftieth.
pub const EXPANSION_MAX: u64 = 1_000;
/// … plus this, so that small inputs are not refused for their headers.
pub const EXPANSION_FREE_BYTES: u64 = 64 * 1024 * 1024;
/// The most bytes that one compressed input may become. The whole of arXiv is about 5 GB.
pub const EXPANDED_BYTES_MAX: u64 = 64 * 1024 * 1024 * 1024;

/// Compressions and archives within each other.
pub const LAYERS_MAX: usize = 4;

/// zstd windows up to 128 MiB are accepted (`--long=27`); this much memory may be needed to read them.
pub const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// The longest name of an archive's member.
pub const MEMBER_NAME_BYTES_MAX: u64 = 64 * 1024;

/// The longest title; the longest real ones have about 800 bytes.
pub const TITLE_BYTES_MAX: usize = 16 * 1024;
/// The longest abstract; the longest real ones have about 16,000 bytes.
pub const ABSTRACT_BYTES_MAX: usize = 256 * 1024;
/// The longest other text (comment, journal reference, summary, name).
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// The most authors; the largest collaborations have about 5,200.
pub const AUTHORS_MAX: usize = 20_000;
/// The most entries of any other list of a record.
pub const LIST_MAX: usize = 1_000;

/// Elements of XML within each other, inside one paper.
pub const XML_DEPTH_MAX: usize = 32;
/// The longest single tag of XML, comments included.
pub const XML_TAG_BYTES_MAX: usize = 1024 * 1024;

/// Attributes of one element of XML; real ones have up to 12.
pub const XML_ATTRIBUTES_MAX: usize = 256;

/// The most bytes of one answer of a source. The largest real ones, 5,000 records of OAI-PMH, have about 15 MB.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most records, items or entries of one answer; arXiv gives up to 20,000 identifiers.
pub const ANSWER_RECORDS_MAX: usize = 50_000;
/// The most bytes of one record of an answer; the longest real ones stay below 1 MiB.
pub const ANSWER_RECORD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The longest resumption token; it has to fit into an address.
pub const TOKEN_BYTES_MAX: usize = 4 * 1024;

/// `@string` definitions of a BibTeX file.
pub const BIBTEX_STRINGS_MAX: usize = 10_000;
/// All bytes of `@string` definitions together.
pub const BIBTEX_STRING_BYTES_MAX: usize = 4 * 1024 * 1024;
