//! How similar *all* papers are to a query, on average, without looking at any of them.
//!
//! The score of a paper by words and its score by vectors are added after each was standardised over all papers. With
//! mean vector `m` and covariance `C` of the papers' vectors, the similarities `q . x` of all papers to a query `q` have
//! the mean `q . m` and the variance `q' C q`: exactly, not as an estimate. [`Moments`] gathers `m` and `C`.
//!
//! Adding a vector costs `D * D / 2` multiplications, about 10 µs for 256 numbers; so an index may add every tenth
//! paper and lose little: with n vectors added the standard deviation is known to about one part in sqrt(2 n).

use crate::simd;

/// The first bytes of [`Moments::to_bytes`].
const MAGIC: &[u8; 8] = b"BSMOMEN1";

/// Count, sum and sums of products of vectors; mergeable, so that parts of an index may gather their own.
///
/// The order of adding changes the last bits of the result and no more.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    count: u64,
    sum: Vec<f64>,
    /// Row `i` holds the products with the numbers from `i` on: the upper triangle, row by row.
    products: Vec<f64>,
}

/// Mean and standard deviation of a score over all papers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The standard deviation, never below zero.
    pub deviation: f64,
}

impl Spread {
    /// The score as a number of standard deviations above the mean; 0 when all scores are equal.
    pub fn standard(self, score: f64) -> f64 {
        if self.deviation > 0.0 { (score - self.mean) / self.deviation } else { 0.0 }
    }
}

impl Moments {
    /// Of no vectors yet.
    pub fn new(dims: usize) -> Self {
        Moments { count: 0, sum: vec![0.0; dims], products: vec![0.0; dims * (dims + 1) / 2] }
    }

    /// How many vectors were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many numbers a vector has.
    pub fn dims(&self) -> usize {
        self.sum.len()
    }

    /// Adds a vector.
    ///
    /// # Panics
    ///
    /// If its length is not [`dims`](Self::dims).
    pub fn add(&mut self, vector: &[f32]) {
        assert_eq!(vector.len(), self.dims(), "a vector of another length");
        self.count += 1;
        simd::add_scaled_f64(&mut self.sum, vector, 1.0);
        let mut products = self.products.as_mut_slice();
        for (i, &x) in vector.iter().enumerate() {
            let (row, rest) = products.split_at_mut(vector.len() - i);
            simd::add_scaled_f64(row, &vector[i..], f64::from(x));
            products = rest;
        }
    }

    /// Adds what another part gathered.
    ///
    /// # Panics
    ///
    /// If it gathered vectors of another length.
    pub fn merge(&mut self, other: &Moments) {
        assert_eq!(other.dims(), self.dims(), "vectors of another length");
        self.count += other.count;
        self.sum.iter_mut().zip(&other.sum).for_each(|(a, b)| *a += b);
        self.products.iter_mut().zip(&other.products).for_each(|(a, b)| *a += b);
    }

    /// The mean vector; zero when nothing was added.
    pub fn mean(&self) -> Vec<f32> {
        let count = self.count.max(1) as f64;
        self.sum.iter().map(|x| (x / count) as f32).collect()
    }

    /// Mean and deviation of the inner product of `query` with all vectors added; `None` when none was.
    ///
    /// # Panics
    ///
    /// If the query has another length.
    pub fn similarity(&self, query: &[f32]) -> Option<Spread> {
        assert_eq!(query.len(), self.dims(), "a query of another length");
        if self.count == 0 {
            return None;
        }
        let count = self.count as f64;
        let query: Vec<f64> = query.iter().map(|&x| f64::from(x)).collect();
        let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let mean = inner(&query, &self.sum) / count;
        let mut square = 0.0;
        let mut products = self.products.as_slice();
        for (i, &x) in query.iter().enumerate() {
            let (row, rest) = products.split_at(query.len() - i);
            // The diagonal once, everything beside it twice.
            square += x * (2.0 * inner(&query[i..], row) - x * row[0]);
            products = rest;
        }
        let deviation = (square / count - mean * mean).max(0.0).sqrt();
        Some(Spread { mean, deviation })
    }

    /// As bytes to be stored beside the rows: magic, dimensions, count, sum, products, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(24 + 8 * (self.sum.len() + self.products.len()));
        bytes.extend(MAGIC);
        bytes.extend((self.dims() as u64).to_le_bytes());
        bytes.extend(self.count.to_le_bytes());
        bytes.extend(self.sum.iter().chain(&self.products).flat_map(|x| x.to_le_bytes()));
        bytes
    }

    /// What [`to_bytes`](Self::to_bytes) wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (eights, rest) = bytes.strip_prefix(MAGIC)?.as_chunks::<8>();
        let [dims, count, numbers @ ..] = eights else { return None };
        let dims = usize::try_from(u64::from_le_bytes(*dims)).ok()?;
        let expected = dims.checked_mul(dims.checked_add(3)?)? / 2;
        if !rest.is_empty() || numbers.len() != expected {
            return None;
        }
        let numbers: Vec<f64> = numbers.iter().map(|&eight| f64::from_le_bytes(eight)).collect();
        let (sum, products) = numbers.split_at(dims);
        Some(Moments { count: u64::from_le_bytes(*count), sum: sum.to_vec(), products: products.to_vec() })
    }
}
