//! From a query to an order.
//!
//! Words give every paper a score, meaning finds the nearest; both are put on one scale, deviations above the mean of
//! *all* papers, and added: `(1 - w) z(words) + w z(meaning)` with the share `w` of [`Weights::meaning`]. The
//! candidates are the best of each engine; each gets its exact score from the other one too. Filters apply while
//! candidates are chosen, so a narrow filter never leaves too few, and they do not change any score.

use crate::facets::Facets;
use crate::filter;
use crate::query::{Query, What, plain};
use crate::settings::{CANDIDATES, NEAREST, RESCORED, RESULTS_MAX, TERMS_MAX, Weights};
use crate::snapshot::{NONE, Snapshot};
use crate::words::{self, Asked, Place, Scores, Spread};
use crate::{Engine, Hit, Request, analyse};
use catalogue::PaperId;
use learn::embedding::{Model, Scratch};
use learn::scan::{self, Bitset, ScanScratch};
use std::cmp::Ordering;
use std::collections::HashSet;
use tantivy::Term;

/// Working memory of one search, used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Work {
    scores: Scores,
    encode: Scratch,
    scan: ScanScratch,
}

/// What ranking found.
#[derive(Debug, Default)]
pub(crate) struct Ranked {
    pub(crate) hits: Vec<Hit>,
    pub(crate) matches: u64,
    pub(crate) matches_all: u64,
    pub(crate) nearest: u64,
    pub(crate) reachable: u64,
    pub(crate) notes: Vec<String>,
    pub(crate) facets: Facets,
}

/// A document on its way to the results.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    document: u32,
    /// Papers whose title or identity is the query come first.
    named: bool,
    score: f32,
    tie: u64,
    words: Option<f32>,
    meaning: Option<f32>,
}

/// Orders documents for one query.
pub(crate) fn rank(
    snapshot: &Snapshot,
    query: &Query,
    request: &Request,
    weights: &Weights,
    model: &Model,
    work: &mut Work,
) -> tantivy::Result<Ranked> {
    let mut ranked = Ranked::default();
    let (asked, cut) = asked(snapshot, query)?;
    if cut {
        ranked.notes.push(format!("Only the first {TERMS_MAX} words of the query were looked up."));
    }
    let demanded = filter::demanded(snapshot, query)?;
    let allowed = demanded.as_ref().or(snapshot.alive.as_ref());
    let Work { scores, encode, scan } = work;
    let mut by_words = || -> tantivy::Result<(usize, Vec<u32>)> {
        let left_out = words::score(snapshot, &asked, weights, scores)?;
        if let Some(demanded) = &demanded {
            scores.keep_matches(demanded);
        }
        Ok((left_out, best_by_words(snapshot, scores, allowed)))
    };
    let by_meaning = || {
        let near = Near::to(snapshot, &query.subject(), model, encode)?;
        let found = near.nearest(snapshot, demanded.as_ref(), scan);
        Some((near, found))
    };
    // The engines know nothing of each other: where a core is free, one waits less.
    let (by_words, by_meaning) = match request.engine {
        Engine::Words => (by_words(), None),
        _ => rayon::join(by_words, by_meaning),
    };
    let (left_out, by_words) = by_words?;
    let (near, nearest) = by_meaning.unzip();
    let nearest = nearest.unwrap_or_default();
    if left_out > 0 {
        ranked.notes.push(format!("{left_out} very frequent words of the query were left out."));
    }
    (ranked.matches, ranked.matches_all) = match scores.asked {
        0 => {
            let all = allowed.map_or(u64::from(snapshot.documents), |allowed| allowed.count() as u64);
            (all, all)
        }
        _ => scores.matches(),
    };
    ranked.nearest = nearest.len() as u64;
    if near.is_none() && request.engine == Engine::Meaning && !asked.is_empty() {
        ranked.notes.push("None of the words has a known meaning; the results are by word.".to_string());
    }
    let mut candidates = match (&near, request.engine) {
        (None, _) => by_words.into_iter().map(|document| by_word(snapshot, scores, document)).collect(),
        (Some(near), Engine::Meaning) => Fusion { snapshot, scores, near, share: 1.0 }.of(nearest),
        (Some(near), _) => {
            let fusion = Fusion { snapshot, scores, near, share: weights.meaning };
            fusion.of(by_words.into_iter().chain(nearest))
        }
    };
    put_named_first(snapshot, query, allowed, scores, near.as_ref(), &mut candidates)?;
    candidates.sort_unstable_by(Candidate::order);
    candidates.truncate(RESULTS_MAX);
    if request.facets {
        let results = candidates.iter().map(|found| found.document);
        ranked.facets = Facets::count(snapshot, scores, allowed, ranked.matches_all, results);
    }
    ranked.reachable = candidates.len() as u64;
    let page = candidates.into_iter().skip(request.offset).take(request.limit.min(RESULTS_MAX));
    ranked.hits = page
        .map(|found| Hit {
            id: PaperId(snapshot.paper(found.document)),
            score: found.score,
            words: found.words,
            meaning: found.meaning,
        })
        .collect();
    Ok(ranked)
}

/// The words to look up, each once; true if there were too many.
fn asked(snapshot: &Snapshot, query: &Query) -> tantivy::Result<(Vec<Asked>, bool)> {
    let (mut stemmed, mut exact) = (analyse::stemmed(), analyse::exact());
    let mut found: Vec<Asked> = Vec::new();
    let mut as_written: Vec<Asked> = Vec::new();
    for clause in query.clauses().iter().filter(|clause| !clause.negated) {
        match &clause.what {
            What::Word(text) | What::Phrase(text) | What::Title(text) => {
                let text = plain(text);
                // Only a word that stands for itself may be an author's name.
                let may_be_name = matches!(clause.what, What::Word(_));
                for word in analyse::words(&mut stemmed, &text) {
                    let name = analyse::terms(&mut exact, &text[word.bytes.clone()]).into_iter().next();
                    let author = name.filter(|_| may_be_name);
                    add(&mut found, word.term, Place::Text, author);
                }
                for term in analyse::terms(&mut exact, &text) {
                    add(&mut as_written, term, Place::Exact, None);
                }
            }
            What::Prefix(text) => {
                let terms = words::beginning(snapshot, text)?;
                found.push(Asked { terms, place: Place::Exact, author: None, weight: 1.0 });
            }
            _ => {}
        }
    }
    // "The Who" has no word but stop words.
    let mut found = if found.is_empty() { as_written } else { found };
    let cut = found.len() > TERMS_MAX;
    found.truncate(TERMS_MAX);
    Ok((found, cut))
}

fn add(found: &mut Vec<Asked>, term: String, place: Place, author: Option<String>) {
    let same = found.iter_mut().find(|asked| asked.place == place && asked.terms == [term.as_str()]);
    match same {
        Some(asked) => asked.weight += 1.0,
        None => found.push(Asked { terms: vec![term], place, author, weight: 1.0 }),
    }
}

/// The best by words, in no order: at most [`CANDIDATES`] of those that have a word of the query, or of all allowed ones
/// if the query has no words.
fn best_by_words(snapshot: &Snapshot, scores: &Scores, allowed: Option<&Bitset>) -> Vec<u32> {
    let mut best = Best::new(CANDIDATES, snapshot);
    if scores.asked == 0 {
        for_allowed(snapshot, allowed, |document| best.offer(document, 0.0));
    } else {
        scores.each_block(1, |first, scores, hits| {
            // Without a branch inside, so that it becomes wide instructions.
            if !scores.iter().fold(false, |any, score| any | (*score >= best.floor)) {
                return;
            }
            for (document, (score, hits)) in (first..).zip(scores.iter().zip(hits)) {
                if *hits > 0 {
                    best.offer(document, *score);
                }
            }
        });
    }
    best.into_documents()
}

fn by_word(snapshot: &Snapshot, scores: &Scores, document: u32) -> Candidate {
    let score = scores.scores[document as usize];
    Candidate {
        document,
        named: false,
        score,
        tie: snapshot.tie(document),
        words: (scores.hits[document as usize] > 0).then_some(score),
        meaning: None,
    }
}

/// Calls `each` with every allowed document, ascending.
pub(crate) fn for_allowed(snapshot: &Snapshot, allowed: Option<&Bitset>, mut each: impl FnMut(u32)) {
    match allowed {
        None => (0..snapshot.documents).for_each(each),
        Some(allowed) => {
            allowed.iter().take_while(|document| *document < snapshot.documents).for_each(&mut each)
        }
    }
}

/// The engine of meaning for one query.
struct Near {
    query: scan::Query,
    spread: Spread,
}

impl Near {
    /// `None` if there are no vectors or no word has a meaning.
    fn to(snapshot: &Snapshot, subject: &str, model: &Model, encode: &mut Scratch) -> Option<Near> {
        let vector = model.encode(subject, encode)?;
        Near::to_vector(snapshot, vector)
    }

    fn to_vector(snapshot: &Snapshot, vector: &[f32]) -> Option<Near> {
        let sample = snapshot.sample.rows()?;
        let query = scan::Query::new(vector);
        let (mut sum, mut squares) = (0.0, 0.0);
        for hit in sample.scores(&query, 0..sample.len() as u32) {
            sum += f64::from(hit.score);
            squares += f64::from(hit.score) * f64::from(hit.score);
        }
        let spread = Spread::of(sample.len() as f64, sum, squares);
        Some(Near { query, spread })
    }

    /// The nearest of the documents that are demanded; of all living ones if nothing is.
    fn nearest(&self, snapshot: &Snapshot, demanded: Option<&Bitset>, scan: &mut ScanScratch) -> Vec<u32> {
        let Some(rows) = snapshot.vectors.rows() else { return Vec::new() };
        let allowed_rows = demanded.map(|demanded| {
            let rows = demanded.iter().filter_map(|document| snapshot.row_of.get(document as usize));
            rows.copied().filter(|row| *row != NONE).collect::<Bitset>()
        });
        let allowed = allowed_rows.as_ref().unwrap_or(&snapshot.living_rows);
        let hits = rows.nearest(&self.query, Some(allowed), NEAREST, RESCORED, scan);
        let documents = hits.into_iter().map(|hit| snapshot.document_of[hit.row as usize]);
        documents.filter(|document| *document != NONE).collect()
    }

    /// The similarity of one document.
    fn similarity(&self, snapshot: &Snapshot, document: u32) -> Option<f32> {
        let row = snapshot.row_of[document as usize];
        if row == NONE {
            return None;
        }
        snapshot.vectors.rows().map(|rows| rows.score(&self.query, row))
    }
}

/// Both scores of a document in one.
#[derive(Clone, Copy)]
struct Fusion<'a> {
    snapshot: &'a Snapshot,
    scores: &'a Scores,
    near: &'a Near,
    /// Of meaning; with 1 the score is the similarity itself.
    share: f32,
}

impl Fusion<'_> {
    /// Each document once, with both scores.
    fn of(&self, documents: impl IntoIterator<Item = u32>) -> Vec<Candidate> {
        let words = self.scores.spread(self.snapshot.papers);
        let mut seen = HashSet::new();
        documents
            .into_iter()
            .filter(|document| seen.insert(*document))
            .map(|document| self.candidate(document, &words))
            .collect()
    }

    fn candidate(&self, document: u32, words: &Spread) -> Candidate {
        let bm25 = self.scores.scores[document as usize];
        let similarity = self.near.similarity(self.snapshot, document);
        let score = match similarity {
            Some(similarity) if self.share >= 1.0 => similarity,
            None if self.share >= 1.0 => -1.0,
            // A paper without a vector is as near as the mean.
            _ => {
                let meaning = similarity.map_or(0.0, |similarity| self.near.spread.standard(similarity));
                (1.0 - self.share) * words.standard(bm25) + self.share * meaning
            }
        };
        Candidate {
            document,
            named: false,
            score,
            tie: self.snapshot.tie(document),
            words: (self.scores.hits[document as usize] > 0).then_some(bm25),
            meaning: similarity,
        }
    }
}

/// Papers whose identity or whole title is the query come before all others.
fn put_named_first(
    snapshot: &Snapshot,
    query: &Query,
    allowed: Option<&Bitset>,
    scores: &Scores,
    near: Option<&Near>,
    candidates: &mut Vec<Candidate>,
) -> tantivy::Result<()> {
    let mut named = Bitset::new();
    if let Some(identity) = query.identity() {
        named = filter::one(snapshot, snapshot.fields.identity, &identity.to_string().to_lowercase())?;
    }
    let only_words =
        query.clauses().iter().all(|clause| !clause.negated && !matches!(clause.what, What::Prefix(_)));
    if let Some(key) = analyse::title_key(&query.subject()).filter(|_| only_words) {
        filter::collect(snapshot, &Term::from_field_u64(snapshot.fields.title_key, key), &mut named)?;
    }
    if let Some(allowed) = allowed {
        // An identity is an identity, whatever else the same text means as words; deleted papers stay out.
        let kept = if query.identity().is_some() { snapshot.alive.as_ref() } else { Some(allowed) };
        if let Some(kept) = kept {
            named.intersect(kept);
        }
    }
    for document in named.iter() {
        match candidates.iter_mut().find(|found| found.document == document) {
            Some(found) => found.named = true,
            None => candidates.push(Candidate {
                document,
                named: true,
                score: scores.scores[document as usize],
                tie: snapshot.tie(document),
                words: (scores.hits[document as usize] > 0).then_some(scores.scores[document as usize]),
                meaning: near.and_then(|near| near.similarity(snapshot, document)),
            }),
        }
    }
    Ok(())
}

/// The papers nearest to one.
pub(crate) fn nearest(snapshot: &Snapshot, id: PaperId, limit: usize, work: &mut Work) -> Vec<Hit> {
    let Some(own) = snapshot.document(id.0) else { return Vec::new() };
    let row = snapshot.row_of[own as usize];
    if row == NONE {
        return Vec::new();
    }
    let Some(near) = Near::to_vector(snapshot, &snapshot.vectors.floats(row)) else { return Vec::new() };
    let found = near.nearest(snapshot, None, &mut work.scan);
    let mut found: Vec<(f32, u64, u32)> = found
        .into_iter()
        .filter(|document| *document != own)
        .filter_map(|document| Some((near.similarity(snapshot, document)?, snapshot.tie(document), document)))
        .collect();
    found.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    found.truncate(limit.min(RESULTS_MAX));
    let hit = |(score, _, document)| Hit {
        id: PaperId(snapshot.paper(document)),
        score,
        words: None,
        meaning: Some(score),
    };
    found.into_iter().map(hit).collect()
}

impl Candidate {
    /// Best first. The tie is a property of the paper, so the order is the same wherever its document lies.
    fn order(&self, other: &Candidate) -> Ordering {
        other
            .named
            .cmp(&self.named)
            .then(other.score.total_cmp(&self.score))
            .then(self.tie.cmp(&other.tie))
            .then(self.document.cmp(&other.document))
    }
}

/// The best so many documents by score, then by tie.
///
/// They are gathered up to twice the number and then halved: much cheaper than a heap, because what is worse than the
/// worst of the last halving costs one comparison.
struct Best<'a> {
    size: usize,
    snapshot: &'a Snapshot,
    found: Vec<(f32, u32)>,
    /// A lower score cannot be among the best.
    floor: f32,
}

impl Best<'_> {
    fn new(size: usize, snapshot: &Snapshot) -> Best<'_> {
        Best { size, snapshot, found: Vec::with_capacity(2 * size), floor: f32::NEG_INFINITY }
    }

    fn offer(&mut self, document: u32, score: f32) {
        if score < self.floor {
            return;
        }
        self.found.push((score, document));
        if self.found.len() >= 2 * self.size {
            self.halve();
        }
    }

    fn halve(&mut self) {
        if self.found.len() <= self.size {
            return;
        }
        let tie = |document| self.snapshot.tie(document);
        let order = |one: &(f32, u32), other: &(f32, u32)| {
            other.0.total_cmp(&one.0).then_with(|| tie(one.1).cmp(&tie(other.1))).then(one.1.cmp(&other.1))
        };
        let (_, worst, _) = self.found.select_nth_unstable_by(self.size - 1, order);
        self.floor = worst.0;
        self.found.truncate(self.size);
    }

    fn into_documents(mut self) -> Vec<u32> {
        self.halve();
        self.found.into_iter().map(|(_, document)| document).collect()
    }
}
