//! Every number that ranking depends on, and every limit, with its reason. What was measured stands in `EVALUATION.md`.

/// The numbers that order results. [`Weights::default`] is what ships; others are for measuring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// How fast repeated words saturate.
    pub k1: f32,
    /// How much long texts are held back.
    pub b: f32,
    /// What a word adds that stands in the title, relative to one in a text that is nothing but the title.
    pub title: f32,
    /// What a word that is an author's name adds, relative to a word of the text that occurs once.
    pub author: f32,
    /// The share of meaning in the fused score.
    pub meaning: f32,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { k1: 1.2, b: 0.75, title: 0.4, author: 1.0, meaning: 0.5 }
    }
}

/// Results that can be paged through. Beyond it nobody reads and both engines would have to sort everything.
pub const RESULTS_MAX: usize = 1_000;

/// The best by words that enter the fusion, whatever page is asked for, so that pages never overlap.
pub(crate) const CANDIDATES: usize = RESULTS_MAX;

/// The nearest by meaning that enter the fusion: all that can be seen of the engine of meaning alone.
pub(crate) const NEAREST: usize = 400;

/// Papers whose sign codes are nearest, of which the exact similarity is computed; each costs a look into memory of its
/// own. Well above [`learn::scan::CANDIDATES`], at which 97 of 100 of the true ten nearest are found.
pub(crate) const RESCORED: usize = 4 * NEAREST;

/// Papers, chosen by a hash of their address, whose similarities give mean and deviation of all: the error of a
/// deviation from so many is below one per cent, and the same papers are taken on every server. Their vectors are kept
/// in memory side by side, 2 MiB.
pub(crate) const SPREAD_PAPERS: usize = 8_192;

/// Different words that are looked up for one query. Sentences have fewer; a pasted abstract keeps most of its own.
pub(crate) const TERMS_MAX: usize = 128;

/// Words of the index that one `prefix*` stands for: the most frequent ones.
pub(crate) const PREFIX_TERMS_MAX: usize = 256;

/// Words of the index that are looked at to find those.
pub(crate) const PREFIX_TERMS_SEEN_MAX: usize = 20_000;

/// Entries of the inverted index that one query may read. At some 200 million a second this is a tenth of a second;
/// what is beyond it, the most frequent words, is left out with a note.
pub(crate) const POSTINGS_MAX: u64 = 20_000_000;

/// Categories of one paper that facets count; arXiv's most cross-listed papers have fewer.
pub(crate) const FACET_CATEGORIES_MAX: usize = 16;
