//! Quantisation, scans and moments, each against the plain definition.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use learn::moments::Moments;
use learn::quantize::{Int8Vector, dot, hamming, sign_code};
use learn::scan::{Bitset, Hit, Query, Rows, RowsError, ScanScratch};
use proptest::prelude::*;

/// Unit vectors from a seed (SplitMix64), near a few centres so that neighbours exist.
fn vectors(seed: u64, count: usize, dims: usize) -> Vec<Vec<f32>> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let centres: Vec<Vec<f32>> = (0..7).map(|_| (0..dims).map(|_| next()).collect()).collect();
    (0..count)
        .map(|i| {
            let raw: Vec<f32> = centres[i % 7].iter().map(|c| c + next()).collect();
            let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
            raw.iter().map(|x| x / length).collect()
        })
        .collect()
}

struct Store {
    codes: Vec<u8>,
    vectors: Vec<u8>,
    scales: Vec<u8>,
}

impl Store {
    fn new(vectors: &[Vec<f32>]) -> Self {
        let mut made = Store { codes: vec![], vectors: vec![], scales: vec![] };
        for vector in vectors {
            let stored = Int8Vector::new(vector);
            made.codes.extend(sign_code(vector));
            made.vectors.extend(stored.bytes());
            made.scales.extend(stored.scale().to_le_bytes());
        }
        made
    }

    fn rows(&self, dims: usize) -> Rows<'_> {
        Rows::new(dims, &self.codes, &self.vectors, &self.scales).expect("lengths agree")
    }
}

fn query(vector: &[f32]) -> Query {
    Query::new(vector)
}

/// The definition: score all allowed rows, sort.
fn brute(rows: &Rows<'_>, query: &Query, allowed: Option<&Bitset>, k: usize) -> Vec<Hit> {
    let allowed = (0..rows.len() as u32).filter(|&row| allowed.is_none_or(|set| set.contains(row)));
    let mut hits: Vec<Hit> = rows.scores(query, allowed).collect();
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    hits.truncate(k);
    hits
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn quantised_products_stay_within_the_bound(seed: u64, words in 1usize..7) {
        let dims = words * 64;
        let all = vectors(seed, 20, dims);
        for a in &all {
            let stored = Int8Vector::new(a);
            for b in &all {
                let exact: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                let kept: f32 = stored.to_floats().iter().zip(b).map(|(a, b)| a * b).sum();
                let bound = stored.scale() / 2.0 * b.iter().map(|x| x.abs()).sum::<f32>();
                prop_assert!((exact - kept).abs() <= bound + 1e-5);
                prop_assert!((exact - stored.dot(&Int8Vector::new(b))).abs() < 0.02);
            }
        }
    }

    #[test]
    fn two_stages_with_all_rows_as_candidates_are_exact(seed: u64, count in 0usize..700, k in 0usize..40) {
        let all = vectors(seed, count, 128);
        let (store, q) = (Store::new(&all), query(&vectors(seed ^ 1, 1, 128)[0]));
        let rows = store.rows(128);
        let expected = brute(&rows, &q, None, k);
        prop_assert_eq!(&rows.exact(&q, None, k), &expected);
        prop_assert_eq!(&rows.two_stage(&q, None, k, count, &mut ScanScratch::default()), &expected);
    }

    #[test]
    fn a_filter_is_respected_and_never_starves(
        seed: u64, count in 1usize..700, bits in proptest::collection::vec(any::<u64>(), 0..12), sparse: bool,
    ) {
        let bits = if sparse { bits.iter().map(|b| b & (b >> 7) & (b << 9) & (b >> 21)).collect() } else { bits };
        let allowed = Bitset::from_words(bits);
        let all = vectors(seed, count, 64);
        let (store, q) = (Store::new(&all), query(&all[0]));
        let rows = store.rows(64);
        let expected = brute(&rows, &q, Some(&allowed), 10);
        prop_assert_eq!(&rows.exact(&q, Some(&allowed), 10), &expected);
        prop_assert_eq!(&rows.nearest(&q, Some(&allowed), 10, 50, &mut ScanScratch::default()), &expected);
        let two = rows.two_stage(&q, Some(&allowed), 10, 50, &mut ScanScratch::default());
        prop_assert_eq!(two.len(), expected.len());
        prop_assert!(two.iter().all(|hit| allowed.contains(hit.row) && hit.score == rows.score(&q, hit.row)));
    }

    #[test]
    fn moments_give_mean_and_deviation_of_all_similarities(seed: u64, cut in 0usize..300) {
        let all = vectors(seed, 300, 64);
        let q = &vectors(seed ^ 7, 1, 64)[0];
        let (mut one, mut two) = (Moments::new(64), Moments::new(64));
        all[..cut].iter().for_each(|v| one.add(v));
        all[cut..].iter().for_each(|v| two.add(v));
        one.merge(&two);
        let spread = one.similarity(q).unwrap();
        let scores: Vec<f64> =
            all.iter().map(|v| v.iter().zip(q).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()).collect();
        let mean = scores.iter().sum::<f64>() / 300.0;
        let deviation = (scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / 300.0).sqrt();
        prop_assert!((spread.mean - mean).abs() < 1e-9);
        prop_assert!((spread.deviation - deviation).abs() < 1e-9);
        prop_assert_eq!(Moments::from_bytes(&one.to_bytes()), Some(one));
    }

    #[test]
    fn codes_and_products_follow_their_definition(a in proptest::collection::vec(any::<u8>(), 64), seed: u64) {
        let b: Vec<u8> = a.iter().enumerate().map(|(i, x)| x.rotate_left((seed >> (i % 32)) as u32 & 7)).collect();
        let product: i32 = a.iter().zip(&b).map(|(&a, &b)| i32::from(a as i8) * i32::from(b as i8)).sum();
        prop_assert_eq!(dot(&a, &b), product);
        let differing: u32 = a.iter().zip(&b).map(|(a, b)| (a ^ b).count_ones()).sum();
        prop_assert_eq!(hamming(&a, &b), differing);
    }
}

#[test]
fn equal_rows_come_in_the_order_of_their_numbers() {
    let one = vectors(3, 1, 64).remove(0);
    let store = Store::new(&vec![one.clone(); 500]);
    let rows = store.rows(64);
    let expected: Vec<u32> = (0..20).collect();
    let numbers = |hits: Vec<Hit>| hits.iter().map(|hit| hit.row).collect::<Vec<_>>();
    assert_eq!(numbers(rows.exact(&query(&one), None, 20)), expected);
    assert_eq!(numbers(rows.two_stage(&query(&one), None, 20, 20, &mut ScanScratch::default())), expected);
}

#[test]
fn rows_opposite_in_every_bit_are_still_found() {
    let one = vectors(3, 1, 256).remove(0);
    let opposite: Vec<f32> = one.iter().map(|x| -x).collect();
    let store = Store::new(&vec![opposite; 70]);
    let hits = store.rows(256).two_stage(&query(&one), None, 100, 100, &mut ScanScratch::default());
    assert_eq!(hits.len(), 70);
    assert!(hits[0].score < -0.99);
}

#[test]
fn slices_of_different_lengths_are_refused() {
    let store = Store::new(&vectors(1, 3, 64));
    let Store { codes, vectors, scales } = &store;
    assert!(matches!(Rows::new(64, codes, vectors, &scales[..8]), Err(RowsError::Lengths { .. })));
    assert!(matches!(Rows::new(64, &codes[1..], vectors, scales), Err(RowsError::Lengths { .. })));
    assert!(matches!(Rows::new(64, codes, &vectors[1..], scales), Err(RowsError::Lengths { .. })));
    assert_eq!(Rows::new(100, &[], &[], &[]).unwrap_err(), RowsError::Dims(100));
    assert!(Rows::new(64, &[], &[], &[]).unwrap().is_empty());
}

#[test]
fn odd_vectors_become_harmless_codes() {
    assert_eq!(Int8Vector::new(&[0.0; 64]).scale(), 0.0);
    assert_eq!(Int8Vector::new(&[f32::MIN_POSITIVE / 4.0; 64]).bytes(), [0; 64]);
    assert_eq!(Int8Vector::new(&[f32::NAN, f32::INFINITY, 1.0, -1.0]).bytes(), [0, 0, 127, 129]);
}

#[test]
fn a_bitset_knows_its_rows() {
    let mut set: Bitset = [3, 64, 700].into_iter().collect();
    assert_eq!(set.iter().collect::<Vec<_>>(), [3, 64, 700]);
    set.remove(64);
    set.remove(10_000);
    assert!(!set.contains(64) && set.contains(700) && !set.contains(u32::MAX));
    set.intersect(&Bitset::all(700));
    assert_eq!((set.count(), Bitset::all(130).count(), Bitset::all(0).count()), (1, 130, 0));
}

#[test]
fn moments_of_nothing_or_of_foreign_bytes_are_none() {
    assert_eq!(Moments::new(64).similarity(&[0.5; 64]), None);
    assert_eq!(Moments::from_bytes(b""), None);
    assert_eq!(Moments::from_bytes(b"BSMOMEN1\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0"), None);
}
