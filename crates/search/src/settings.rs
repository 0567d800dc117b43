//! Every number that ranking depends on, and every limit, with its reason. What was measured stands in `EVALUATION.md`.

/// How fast repeated words saturate.
pub(crate) const K1: f32 = 1.2;

/// How much long texts are held back.
pub(crate) const B: f32 = 0.75;

/// The share of meaning in the fused score.
pub(crate) const MEANING_SHARE: f32 = 0.4;

/// Results that can be paged through. Beyond it nobody reads and both engines would have to sort everything.
pub const RESULTS_MAX: usize = 1_000;

/// The best of each engine that enter the fusion; at least [`RESULTS_MAX`], so that pages never overlap.
pub(crate) const CANDIDATES: usize = RESULTS_MAX;

/// Papers whose sign codes are nearest, of which the exact similarity is computed.
pub(crate) const RESCORED: usize = 4 * RESULTS_MAX;

/// Papers, chosen by a hash of their address, whose similarities give mean and deviation of all: the error of a
/// deviation from so many is below one per cent, and the same papers are taken on every server.
pub(crate) const SPREAD_PAPERS: usize = 8_192;

/// Words that are looked up for one query; the sum over all of them bounds the time.
pub(crate) const TERMS_MAX: usize = 64;

/// Words of the index that one `prefix*` stands for: the most frequent ones.
pub(crate) const PREFIX_TERMS_MAX: usize = 256;

/// Words of the index that are looked at to find those.
pub(crate) const PREFIX_TERMS_SEEN_MAX: usize = 20_000;

/// Entries of the inverted index that one query may read. At some 200 million a second this is a tenth of a second;
/// what is beyond it, the most frequent words, is left out with a note.
pub(crate) const POSTINGS_MAX: u64 = 20_000_000;

/// Categories of one paper that facets count; arXiv's most cross-listed papers have fewer.
pub(crate) const FACET_CATEGORIES_MAX: usize = 16;

/// What the name of an author adds when it is a word of the query, relative to a word of the text that occurs once.
pub(crate) const AUTHOR_WEIGHT: f32 = 1.0;

/// How much more a word of the title counts than one of the abstract: 0 counts it as one more word of the text.
pub(crate) const TITLE_EXTRA: f32 = 0.0;
