//! The engine of words: BM25, one word after the other, into one number a document.
//!
//! A word of the title counts twice: as a word of the text, and with less weight as one of the title, which has a length
//! and a saturation of its own.
//!
//! All documents get their score, not only the best: so the number of matches is exact, fusion knows mean and
//! deviation, and a paper that only meaning found still has its score by words. Frequencies count living papers only,
//! and sums run over the words in their order: two servers at one sequence agree to the last bit, however their
//! segments lie.

use crate::schema::Fields;
use crate::settings::{POSTINGS_MAX, Weights};
use crate::snapshot::Snapshot;
use learn::scan::Bitset;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::BlockSegmentPostings;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, TERMINATED, Term};

/// One thing that a document may have or lack: a word, or the words with a beginning.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    /// Words of the field that count as one.
    pub(crate) terms: Vec<String>,
    /// Where they are looked up.
    pub(crate) place: Place,
    /// The same word among the names of authors, as it is written there.
    pub(crate) author: Option<String>,
    /// How often the query says it.
    pub(crate) weight: f32,
}

/// A field of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Stemmed text.
    Text,
    /// Words as written.
    Exact,
}

/// Working memory, one a running search.
#[derive(Debug, Default)]
pub(crate) struct Scores {
    /// The score of each document.
    pub(crate) scores: Vec<f32>,
    /// How many of the asked words each document has.
    pub(crate) hits: Vec<u8>,
    /// The last word that was counted for each document.
    counted: Vec<u8>,
    /// How many words were asked for and looked up.
    pub(crate) asked: u8,
}

/// Mean and deviation of the scores of all papers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
}

impl Spread {
    /// Mean and deviation from sums over all values.
    pub(crate) fn of(count: f64, sum: f64, squares: f64) -> Spread {
        let mean = if count > 0.0 { sum / count } else { 0.0 };
        let variance = if count > 0.0 { squares / count - mean * mean } else { 0.0 };
        Spread { mean, deviation: variance.max(0.0).sqrt() }
    }

    /// Deviations above the mean; 0 where nothing differs.
    pub(crate) fn standard(&self, score: f32) -> f32 {
        if self.deviation > 1e-9 { ((f64::from(score) - self.mean) / self.deviation) as f32 } else { 0.0 }
    }
}

/// Scores every document. Returns how many of the asked words were left out to stay within [`POSTINGS_MAX`].
pub(crate) fn score(
    snapshot: &Snapshot,
    asked: &[Asked],
    weights: &Weights,
    into: &mut Scores,
) -> tantivy::Result<usize> {
    let size = snapshot.documents as usize;
    into.scores.clear();
    into.scores.resize(size, 0.0);
    into.hits.clear();
    into.hits.resize(size, 0);
    into.counted.clear();
    into.counted.resize(size, 0);
    into.asked = 0;
    let saturation = Saturation {
        text: saturation(snapshot.mean_length, weights),
        title: saturation(snapshot.mean_title_length, weights),
    };

    let mut postings: Vec<u64> = Vec::with_capacity(asked.len());
    for word in asked {
        postings.push(postings_of(snapshot, word, weights)?);
    }
    let kept = within_budget(&postings);
    for (word, _) in asked.iter().zip(&kept).filter(|(_, kept)| **kept) {
        into.asked += 1;
        add(snapshot, word, weights, &saturation, into)?;
    }
    Ok(kept.iter().filter(|kept| !**kept).count())
}

/// Which words are read: the rarest first, until the budget is spent; the first always.
fn within_budget(postings: &[u64]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..postings.len()).collect();
    order.sort_by_key(|&at| (postings[at], at));
    let mut kept = vec![false; postings.len()];
    let mut spent = 0;
    for (place, at) in order.into_iter().enumerate() {
        spent += postings[at];
        kept[at] = place == 0 || spent <= POSTINGS_MAX;
    }
    kept
}

/// What lengths do to the frequencies in texts and in titles.
struct Saturation {
    text: [f32; 256],
    title: [f32; 256],
}

/// For each rounded length, what is added to the frequency in the denominator.
fn saturation(mean_length: f32, weights: &Weights) -> [f32; 256] {
    std::array::from_fn(|id| {
        let length = FieldNormReader::id_to_fieldnorm(id as u8) as f32;
        weights.k1 * (1.0 - weights.b + weights.b * length / mean_length)
    })
}

fn field(fields: &Fields, place: Place) -> Field {
    match place {
        Place::Text => fields.text,
        Place::Exact => fields.exact,
    }
}

fn postings_of(snapshot: &Snapshot, word: &Asked, weights: &Weights) -> tantivy::Result<u64> {
    let mut sum = 0;
    for term in &word.terms {
        sum +=
            snapshot.searcher.doc_freq(&Term::from_field_text(field(&snapshot.fields, word.place), term))?;
    }
    if let Some(title) = title(snapshot, word, weights) {
        sum += snapshot.searcher.doc_freq(&title)?;
    }
    Ok(sum)
}

/// The word as one of titles; `None` for words as written, which are looked up in the text alone.
fn title(snapshot: &Snapshot, word: &Asked, weights: &Weights) -> Option<Term> {
    let stem = word.terms.first().filter(|_| word.place == Place::Text && weights.title > 0.0)?;
    Some(Term::from_field_text(snapshot.fields.title, stem))
}

/// Adds what one word gives.
fn add(
    snapshot: &Snapshot,
    word: &Asked,
    weights: &Weights,
    saturation: &Saturation,
    into: &mut Scores,
) -> tantivy::Result<()> {
    let k1 = weights.k1;
    let fields = &snapshot.fields;
    let terms: Vec<Term> =
        word.terms.iter().map(|term| Term::from_field_text(field(fields, word.place), term)).collect();
    let title = title(snapshot, word, weights);
    let author = word.author.as_ref().map(|name| Term::from_field_text(fields.authors, name));
    let mut frequency = 0u64;
    for term in &terms {
        frequency += living_frequency(snapshot, term)?;
    }
    let names = match &author {
        Some(author) => living_frequency(snapshot, author)?,
        None => 0,
    };
    let author = author.filter(|_| names > 0);
    // A surname that is also a common word ("long", "park") is as telling as the word, not as the name.
    frequency = frequency.max(names);
    let weight = word.weight * idf(snapshot.papers, frequency.min(u64::from(snapshot.papers))) * (k1 + 1.0);
    let number = into.asked;
    // Most words can be counted once at most, without asking.
    let once = terms.len() == 1 && author.is_none();

    for segment in &snapshot.segments {
        let base = segment.base as usize;
        let lengths = &segment.columns.lengths;
        for term in &terms {
            let each = |document: u32, count: u32| {
                let at = base + document as usize;
                // Of several words with one beginning, the first that a document has counts.
                if !once {
                    if into.counted[at] == number {
                        return;
                    }
                    into.counted[at] = number;
                }
                into.hits[at] += 1;
                let count = count as f32;
                into.scores[at] +=
                    weight * count / (count + saturation.text[lengths[document as usize] as usize]);
            };
            for_each(segment, term, each)?;
        }
        if let Some(title) = &title {
            let lengths = &segment.columns.title_lengths;
            // Who has it in the title has it in the text: it is counted there.
            for_each(segment, title, |document, count| {
                let count = count as f32;
                into.scores[base + document as usize] += weight * weights.title * count
                    / (count + saturation.title[lengths[document as usize] as usize]);
            })?;
        }
        if let Some(author) = &author {
            for_each(segment, author, |document, _| {
                let at = base + document as usize;
                if into.counted[at] != number {
                    into.counted[at] = number;
                    into.hits[at] += 1;
                }
                into.scores[at] += weight * weights.author / (1.0 + k1);
            })?;
        }
    }
    Ok(())
}

/// Calls `each` with every living document that has the term, and how often.
fn for_each(
    segment: &crate::snapshot::Segment,
    term: &Term,
    mut each: impl FnMut(u32, u32),
) -> tantivy::Result<()> {
    let index = segment.reader.inverted_index(term.field())?;
    let Some(mut blocks) = index.read_block_postings(term, IndexRecordOption::WithFreqs)? else {
        return Ok(());
    };
    match segment.reader.alive_bitset() {
        None => blocks_of(&mut blocks, &mut each),
        Some(alive) => blocks_of(&mut blocks, |document, count| {
            if alive.is_alive(document) {
                each(document, count);
            }
        }),
    }
    Ok(())
}

fn blocks_of(blocks: &mut BlockSegmentPostings, mut each: impl FnMut(u32, u32)) {
    loop {
        let length = blocks.block_len();
        if length == 0 {
            return;
        }
        let (documents, counts) = (blocks.docs(), blocks.freqs());
        if counts.len() >= length {
            documents.iter().zip(counts).take(length).for_each(|(document, count)| each(*document, *count));
        } else {
            documents.iter().take(length).for_each(|document| each(*document, 1));
        }
        blocks.advance();
    }
}

/// How many living papers have the term.
fn living_frequency(snapshot: &Snapshot, term: &Term) -> tantivy::Result<u64> {
    let mut sum = 0;
    for segment in &snapshot.segments {
        let index = segment.reader.inverted_index(term.field())?;
        match segment.reader.alive_bitset() {
            None => sum += u64::from(index.doc_freq(term)?),
            Some(alive) => {
                if let Some(mut postings) = index.read_postings(term, IndexRecordOption::Basic)? {
                    let mut document = postings.doc();
                    while document != TERMINATED {
                        sum += u64::from(alive.is_alive(document));
                        document = postings.advance();
                    }
                }
            }
        }
    }
    Ok(sum)
}

/// Lucene's: never negative.
pub(crate) fn idf(papers: u32, frequency: u64) -> f32 {
    let (papers, frequency) = (f64::from(papers), frequency as f64);
    (1.0 + (papers - frequency + 0.5) / (frequency + 0.5)).ln() as f32
}

/// Documents that are looked at together: their hits fill a cache line, and most queries leave most lines without any.
const BLOCK: usize = 64;

impl Scores {
    /// Forgets the hits, not the scores, of documents that a filter leaves out.
    pub(crate) fn keep_matches(&mut self, allowed: &Bitset) {
        let words = allowed.words().iter().copied().chain(std::iter::repeat(0));
        for (hits, word) in self.hits.chunks_mut(BLOCK).zip(words) {
            match word {
                0 => hits.fill(0),
                u64::MAX => {}
                _ => hits.iter_mut().enumerate().for_each(|(bit, hits)| *hits *= (word >> bit & 1) as u8),
            }
        }
    }

    /// How many documents have any of the words, and how many have all.
    pub(crate) fn matches(&self) -> (u64, u64) {
        let count = |is: &dyn Fn(&[u8]) -> u32| self.hits.chunks(BLOCK).map(|hits| u64::from(is(hits))).sum();
        let any = |hits: &[u8]| hits.iter().map(|hits| u32::from(*hits > 0)).sum();
        let all = |hits: &[u8]| hits.iter().map(|hits| u32::from(*hits == self.asked)).sum();
        (count(&any), count(&all))
    }

    /// Calls `each` with first document, scores and hits of every block in which a document has `least` of the words.
    pub(crate) fn each_block(&self, least: u8, mut each: impl FnMut(u32, &[f32], &[u8])) {
        let blocks = self.scores.chunks(BLOCK).zip(self.hits.chunks(BLOCK));
        for (first, (scores, hits)) in (0..).step_by(BLOCK).zip(blocks) {
            if hits.iter().fold(0, |most: u8, hits| most.max(*hits)) >= least {
                each(first, scores, hits);
            }
        }
    }

    /// Mean and deviation over all papers. Sums are of whole numbers, so that their order does not matter.
    pub(crate) fn spread(&self, papers: u32) -> Spread {
        // Scores reach a few hundred; 8,191 is the end, so that the squares of one block fit into 64 bits.
        const UNIT: f32 = 65_536.0;
        const WHOLE_MAX: u32 = (1 << 29) - 1;
        let (mut sum, mut squares) = (0u64, 0u128);
        for block in self.scores.chunks(BLOCK) {
            let (mut block_sum, mut block_squares) = (0u64, 0u64);
            for score in block {
                let whole = u64::from(((score * UNIT) as u32).min(WHOLE_MAX));
                block_sum += whole;
                block_squares += whole * whole;
            }
            sum += block_sum;
            squares += u128::from(block_squares);
        }
        let unit = f64::from(UNIT);
        Spread::of(f64::from(papers), sum as f64 / unit, squares as f64 / (unit * unit))
    }
}

/// The most frequent words of the index with this beginning.
pub(crate) fn beginning(snapshot: &Snapshot, text: &str) -> tantivy::Result<Vec<String>> {
    use crate::settings::{PREFIX_TERMS_MAX, PREFIX_TERMS_SEEN_MAX};
    let Some(start) = crate::analyse::terms(&mut crate::analyse::exact(), text).into_iter().next_back()
    else {
        return Ok(Vec::new());
    };
    let mut found: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for segment in &snapshot.segments {
        let index = segment.reader.inverted_index(snapshot.fields.exact)?;
        let mut stream = index.terms().range().ge(start.as_bytes()).into_stream()?;
        let mut seen = 0;
        while seen < PREFIX_TERMS_SEEN_MAX && stream.advance() {
            let Some(term) = std::str::from_utf8(stream.key()).ok().filter(|term| term.starts_with(&start))
            else {
                break;
            };
            *found.entry(term.to_string()).or_default() += u64::from(stream.value().doc_freq);
            seen += 1;
        }
    }
    let mut found: Vec<(String, u64)> = found.into_iter().collect();
    found.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    Ok(found.into_iter().take(PREFIX_TERMS_MAX).map(|(term, _)| term).collect())
}
