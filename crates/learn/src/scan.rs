//! Finding the nearest rows, exactly or in two stages.
//!
//! [`Rows`] borrows three flat slices: sign codes, signed bytes and scales, row after row; they may lie in a mapped file.
//!
//! - [`Rows::exact`] scores every allowed row from its signed bytes.
//! - [`Rows::two_stage`] first counts differing bits between sign codes, an eighth of the memory, keeps the best
//!   `candidates` by one pass over a histogram of distances (no sorting), and scores only those.
//! - [`Rows::nearest`] chooses: what a filter has made small is scanned exactly, the rest in two stages.
//!
//! A filter is a [`Bitset`] of allowed rows and applies during the pass, so a narrow filter never leaves too few hits.
//! Hits are ordered by score, equal scores by row number; nothing depends on threads or chance.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::quantize::{self, Int8Vector};
use crate::simd;

/// [`Rows::nearest`] scans so many allowed rows exactly: below it the first stage saves nothing worth its loss.
pub const EXACT_ROWS_MAX: usize = 20_000;

/// Candidates at which [`Rows::two_stage`] found 98.8 of 100 of the true ten nearest among 150,000 papers; the
/// table stands in `tools/embedding/README.md`.
pub const CANDIDATES: usize = 1_000;

/// Rows scored at once: a word of the filter's bits.
const BLOCK: usize = 64;

/// Written as the distance of a row that the filter forbids; no real distance is as large.
const FORBIDDEN: u8 = u8::MAX;

/// A set of row numbers, one bit each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bitset {
    words: Vec<u64>,
}

impl Bitset {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rows `0 .. rows`.
    pub fn all(rows: u32) -> Self {
        let mut words = vec![u64::MAX; rows as usize / 64];
        if !rows.is_multiple_of(64) {
            words.push((1 << (rows % 64)) - 1);
        }
        Bitset { words }
    }

    /// From words of 64 bits, lowest row in the lowest bit.
    pub fn from_words(words: Vec<u64>) -> Self {
        Bitset { words }
    }

    /// The words of 64 bits, lowest row in the lowest bit. Rows beyond the last word are not in the set.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Puts a row in; grows as needed.
    pub fn insert(&mut self, row: u32) {
        let word = row as usize / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (row % 64);
    }

    /// Takes a row out.
    pub fn remove(&mut self, row: u32) {
        if let Some(word) = self.words.get_mut(row as usize / 64) {
            *word &= !(1 << (row % 64));
        }
    }

    /// Whether the row is in.
    pub fn contains(&self, row: u32) -> bool {
        self.word(row as usize / 64) >> (row % 64) & 1 == 1
    }

    /// How many rows are in.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Keeps the rows that are in both.
    pub fn intersect(&mut self, other: &Bitset) {
        self.words.truncate(other.words.len());
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    /// The rows, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| ones(at, word))
    }

    fn word(&self, at: usize) -> u64 {
        self.words.get(at).copied().unwrap_or(0)
    }
}

impl FromIterator<u32> for Bitset {
    fn from_iter<I: IntoIterator<Item = u32>>(rows: I) -> Self {
        let mut made = Bitset::new();
        rows.into_iter().for_each(|row| made.insert(row));
        made
    }
}

/// The rows of one word of a set.
fn ones(at: usize, mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        (word != 0).then(|| {
            let bit = word.trailing_zeros();
            word &= word - 1;
            at as u32 * 64 + bit
        })
    })
}

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its number.
    pub row: u32,
    /// Its similarity to the query: the cosine, when both are unit vectors.
    pub score: f32,
}

impl Hit {
    /// Best first: the higher score, of equal scores the lower row.
    fn order(&self, other: &Hit) -> Ordering {
        other.score.total_cmp(&self.score).then(self.row.cmp(&other.row))
    }
}

/// What is looked for, in both forms.
#[derive(Debug, Clone)]
pub struct Query {
    vector: Int8Vector,
    code: Vec<u8>,
}

impl Query {
    /// # Panics
    ///
    /// If the length is not a multiple of 64.
    pub fn new(vector: &[f32]) -> Self {
        Query { vector: Int8Vector::new(vector), code: quantize::sign_code(vector) }
    }

    /// The vector as scores use it.
    pub fn vector(&self) -> &Int8Vector {
        &self.vector
    }
}

/// Why slices are not rows.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone)]
#[non_exhaustive]
pub enum RowsError {
    /// Sign codes are whole 64-bit words.
    #[error("rows of {0} numbers have no sign code: the number must be a multiple of 64 above 0")]
    Dims(usize),
    /// The three slices do not describe the same number of rows.
    #[error(
        "{vectors} bytes of vectors, {codes} of codes and {scales} of scales are not the same number of rows"
    )]
    Lengths {
        /// Bytes of sign codes.
        codes: usize,
        /// Bytes of vectors.
        vectors: usize,
        /// Bytes of scales.
        scales: usize,
    },
}

/// Many vectors, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    dims: usize,
    count: usize,
    codes: &'a [u8],
    vectors: &'a [u8],
    scales: &'a [[u8; 4]],
}

/// Working memory of [`Rows::two_stage`]: one a thread, a byte a row.
#[derive(Debug, Default)]
pub struct ScanScratch {
    distances: Vec<u8>,
    chosen: Vec<u32>,
}

impl<'a> Rows<'a> {
    /// `dims` numbers a row: `dims / 8` bytes in `codes`, `dims` in `vectors` (signed), 4 in `scales` (little-endian `f32`).
    pub fn new(dims: usize, codes: &'a [u8], vectors: &'a [u8], scales: &'a [u8]) -> Result<Self, RowsError> {
        if dims == 0 || !dims.is_multiple_of(64) {
            return Err(RowsError::Dims(dims));
        }
        let count = vectors.len() / dims;
        let lengths = RowsError::Lengths { codes: codes.len(), vectors: vectors.len(), scales: scales.len() };
        if !vectors.len().is_multiple_of(dims) || codes.len() != count * dims / 8 || scales.len() != count * 4
        {
            return Err(lengths);
        }
        Ok(Rows { dims, count, codes, vectors, scales: scales.as_chunks::<4>().0 })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Numbers in a vector.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// The similarity of one row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn score(&self, query: &Query, row: u32) -> f32 {
        let at = row as usize * self.dims;
        self.scaled(
            query,
            row as usize,
            quantize::dot(query.vector.bytes(), &self.vectors[at..at + self.dims]),
        )
    }

    /// The similarity of some rows, in their order: the second opinion on candidates that someone else chose.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn scores<'q>(
        &'q self,
        query: &'q Query,
        rows: impl IntoIterator<Item = u32> + 'q,
    ) -> impl Iterator<Item = Hit> + 'q {
        rows.into_iter().map(move |row| Hit { row, score: self.score(query, row) })
    }

    /// The `k` nearest of the allowed rows (`None` allows all), best first: in two stages where that pays.
    ///
    /// `candidates` is usually [`CANDIDATES`]; it is raised to `4 * k` when smaller.
    pub fn nearest(
        &self,
        query: &Query,
        allowed: Option<&Bitset>,
        k: usize,
        candidates: usize,
        scratch: &mut ScanScratch,
    ) -> Vec<Hit> {
        if allowed.map_or(self.count, Bitset::count) <= EXACT_ROWS_MAX {
            self.exact(query, allowed, k)
        } else {
            self.two_stage(query, allowed, k, candidates.max(k.saturating_mul(4)), scratch)
        }
    }

    /// The `k` nearest of the allowed rows, best first, every one of them scored.
    pub fn exact(&self, query: &Query, allowed: Option<&Bitset>, k: usize) -> Vec<Hit> {
        self.check(query);
        let mut best = Best::new(k);
        let mut dots = [0i32; BLOCK];
        for block in 0..self.count.div_ceil(BLOCK) {
            let start = block * BLOCK;
            let end = self.count.min(start + BLOCK);
            let word = self.allowed_word(allowed, block);
            // A row scored by itself costs as much as four that are scored in one go.
            if word.count_ones() as usize * 4 >= BLOCK {
                simd::dots(
                    query.vector.bytes(),
                    &self.vectors[start * self.dims..end * self.dims],
                    &mut dots,
                );
                for row in ones(block, word) {
                    best.offer(row, self.scaled(query, row as usize, dots[row as usize - start]));
                }
            } else {
                for row in ones(block, word) {
                    best.offer(row, self.score(query, row));
                }
            }
        }
        best.into_sorted()
    }

    /// The `k` nearest of those `candidates` allowed rows whose sign codes differ least, best first.
    ///
    /// Of rows equally far at the edge of the candidates, the lower rows are taken. With as many candidates as rows the
    /// result is that of [`exact`](Self::exact).
    pub fn two_stage(
        &self,
        query: &Query,
        allowed: Option<&Bitset>,
        k: usize,
        candidates: usize,
        scratch: &mut ScanScratch,
    ) -> Vec<Hit> {
        self.check(query);
        let ScanScratch { distances, chosen } = scratch;
        distances.clear();
        distances.resize(self.count, 0);
        let histogram = self.measure(query, allowed, distances);
        choose(distances, &histogram, candidates, chosen);
        let mut best = Best::new(k);
        for &row in chosen.iter() {
            best.offer(row, self.score(query, row));
        }
        best.into_sorted()
    }

    /// Writes the distance of every row, `FORBIDDEN` for those not allowed, and counts how often each occurs.
    fn measure(&self, query: &Query, allowed: Option<&Bitset>, distances: &mut [u8]) -> [u32; 256] {
        // Two histograms: equal neighbours would wait for each other's count.
        let mut histograms = [[0u32; 256]; 2];
        let bytes = self.dims / 8;
        for (block, distances) in distances.chunks_mut(BLOCK).enumerate() {
            let word = self.allowed_word(allowed, block);
            if word == 0 {
                distances.fill(FORBIDDEN);
                continue;
            }
            let at = block * BLOCK * bytes;
            simd::hammings(&query.code, &self.codes[at..at + distances.len() * bytes], distances);
            if word.count_ones() as usize != distances.len() {
                for (bit, distance) in distances.iter_mut().enumerate() {
                    // All ones where the bit is not set.
                    *distance |= ((word >> bit & 1) as u8).wrapping_sub(1);
                }
            }
            for pair in distances.chunks(2) {
                histograms[0][pair[0] as usize] += 1;
                if let Some(&second) = pair.get(1) {
                    histograms[1][second as usize] += 1;
                }
            }
        }
        let [mut sum, second] = histograms;
        sum.iter_mut().zip(second).for_each(|(a, b)| *a += b);
        sum
    }

    /// The allowed rows of a block; bits beyond the last row are clear.
    fn allowed_word(&self, allowed: Option<&Bitset>, block: usize) -> u64 {
        let left = self.count - block * BLOCK;
        let exist = if left >= BLOCK { u64::MAX } else { (1 << left) - 1 };
        exist & allowed.map_or(u64::MAX, |set| set.word(block))
    }

    fn scaled(&self, query: &Query, row: usize, dot: i32) -> f32 {
        dot as f32 * (query.vector.scale() * f32::from_le_bytes(self.scales[row]))
    }

    fn check(&self, query: &Query) {
        assert_eq!(query.vector.bytes().len(), self.dims, "a query of another length than the rows");
    }
}

/// The rows of the `candidates` smallest distances, ascending by row.
fn choose(distances: &[u8], histogram: &[u32; 256], candidates: usize, chosen: &mut Vec<u32>) {
    chosen.clear();
    // All rows nearer than `edge` are candidates, and `left` of those exactly as far.
    let mut left = candidates;
    let mut edge = 0;
    while edge < FORBIDDEN && histogram[edge as usize] as usize <= left {
        left -= histogram[edge as usize] as usize;
        edge += 1;
    }
    for (block, distances) in distances.chunks(BLOCK).enumerate() {
        // Most blocks hold no candidate; this loop has no branch and is made of wide instructions.
        if distances.iter().fold(u8::MAX, |least, &d| least.min(d)) > edge {
            continue;
        }
        for (row, &distance) in (block as u32 * BLOCK as u32..).zip(distances) {
            if distance < edge {
                chosen.push(row);
            } else if distance == edge && distance != FORBIDDEN && left > 0 {
                chosen.push(row);
                left -= 1;
            }
        }
    }
}

/// The best `k` so far; the worst of them on top.
struct Best {
    k: usize,
    heap: BinaryHeap<Worst>,
    /// A lower score cannot enter any more.
    floor: f32,
}

struct Worst(Hit);

impl Ord for Worst {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.order(&other.0)
    }
}

impl PartialOrd for Worst {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Worst {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Worst {}

impl Best {
    fn new(k: usize) -> Self {
        Best { k, heap: BinaryHeap::new(), floor: f32::NEG_INFINITY }
    }

    fn offer(&mut self, row: u32, score: f32) {
        if score < self.floor || self.k == 0 {
            return;
        }
        self.heap.push(Worst(Hit { row, score }));
        if self.heap.len() > self.k {
            self.heap.pop();
        }
        if let (true, Some(worst)) = (self.heap.len() == self.k, self.heap.peek()) {
            self.floor = worst.0.score;
        }
    }

    fn into_sorted(self) -> Vec<Hit> {
        self.heap.into_sorted_vec().into_iter().map(|worst| worst.0).collect()
    }
}
