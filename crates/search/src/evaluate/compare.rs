//! Two engines on the same queries: is the difference more than chance?

use super::{Collection, measure};
use crate::{Engine, Error, Weights};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Resamples of one interval: with so many its ends move by less than a tenth of its width from seed to seed.
const ROUNDS: usize = 10_000;

/// Where the generator starts, so that the same figures give the same interval.
const SEED: u64 = 1;

/// The share of resamples below the interval, and above it.
const TAIL: f64 = 0.025;

/// nDCG@10 of two engines and what lies between them, over the same queries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Queries with a relevant document.
    pub queries: usize,
    /// nDCG@10 of the engine that is judged.
    pub ndcg_at_10: f64,
    /// nDCG@10 of the engine that it is judged against.
    pub against_ndcg_at_10: f64,
    /// The first less the second.
    pub difference: f64,
    /// The lower end of the difference's 95 % interval: paired bootstrap over queries.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// One collection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Its folder.
    pub folder: PathBuf,
    /// What was found.
    #[serde(flatten)]
    pub figures: Difference,
    /// nDCG@10 of both engines by query, in the order of the queries' ids.
    pub each: Vec<(String, f64, f64)>,
}

/// Several collections, each counting alike in the mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The engine that is judged.
    pub engine: Engine,
    /// The engine that it is judged against.
    pub against: Engine,
    /// Each collection, in the order given.
    pub collections: Vec<Compared>,
    /// Their mean. Its interval draws queries within each collection; which collections there are is not drawn.
    pub mean: Difference,
}

/// Indexes each folder as [`super::retrieval`] does and compares two engines with the settings that ship. `split` names
/// the judgement file in all of them.
///
/// The same folders give the same intervals: the generator's start is fixed.
pub fn compare(
    folders: &[PathBuf],
    split: Option<&str>,
    engine: Engine,
    against: Engine,
) -> Result<Comparison, Error> {
    let weights = Weights::default();
    let mut collections = Vec::new();
    for folder in folders {
        let collection = Collection::open(folder)?;
        let ours = collection.measure(split, engine, &weights)?.each;
        let theirs: BTreeMap<String, f64> =
            collection.measure(split, against, &weights)?.each.into_iter().collect();
        let each: Vec<(String, f64, f64)> = ours
            .into_iter()
            .filter_map(|(id, value)| theirs.get(&id).map(|other| (id.clone(), value, *other)))
            .collect();
        let figures = difference(&[each.as_slice()]);
        collections.push(Compared { folder: folder.clone(), figures, each });
    }
    let all: Vec<&[(String, f64, f64)]> =
        collections.iter().map(|compared| compared.each.as_slice()).collect();
    let mean = difference(&all);
    Ok(Comparison { engine, against, collections, mean })
}

/// Means over collections of means over queries, and the interval of their difference.
fn difference(collections: &[&[(String, f64, f64)]]) -> Difference {
    let mean_of = |value: &dyn Fn(&(String, f64, f64)) -> f64| {
        measure::mean(collections.iter().map(|each| measure::mean(each.iter().map(value))))
    };
    let (ours, theirs) = (mean_of(&|query| query.1), mean_of(&|query| query.2));
    let gains: Vec<Vec<f64>> =
        collections.iter().map(|each| each.iter().map(|query| query.1 - query.2).collect()).collect();
    let (low, high) = interval(&gains);
    Difference {
        queries: collections.iter().map(|each| each.len()).sum(),
        ndcg_at_10: ours,
        against_ndcg_at_10: theirs,
        difference: ours - theirs,
        low,
        high,
    }
}

/// The middle 95 % of the means when queries are drawn again, with replacement, within each collection.
fn interval(gains: &[Vec<f64>]) -> (f64, f64) {
    let mut generator = Generator(SEED);
    let mut means: Vec<f64> =
        (0..ROUNDS)
            .map(|_| {
                measure::mean(gains.iter().map(|gains| {
                    measure::mean((0..gains.len()).map(|_| gains[generator.below(gains.len())]))
                }))
            })
            .collect();
    means.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| means[((ROUNDS - 1) as f64 * share).round() as usize];
    (at(TAIL), at(1.0 - TAIL))
}

/// SplitMix64: small, and the same on every machine.
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0; the bias of at most `end / 2^64` is nothing here.
    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queries(values: &[(f64, f64)]) -> Vec<(String, f64, f64)> {
        values.iter().enumerate().map(|(at, (ours, theirs))| (at.to_string(), *ours, *theirs)).collect()
    }

    #[test]
    fn an_interval_without_variation_is_a_point() {
        let same = queries(&[(0.5, 0.25); 7]);
        let found = difference(&[&same]);
        assert_eq!((found.queries, found.difference, found.low, found.high), (7, 0.25, 0.25, 0.25));
    }

    #[test]
    fn an_interval_has_the_width_of_the_standard_error() {
        // Differences of +1 and -1 in equal numbers: the mean of 100 has a deviation of 0.1.
        let values: Vec<(f64, f64)> =
            (0..100).map(|at| if at % 2 == 0 { (1.0, 0.0) } else { (0.0, 1.0) }).collect();
        let found = difference(&[&queries(&values)]);
        assert!((found.high - 0.196).abs() < 0.02 && (found.low + 0.196).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn an_interval_is_the_same_every_time() {
        let one = queries(&[(0.3, 0.1), (0.2, 0.9), (0.7, 0.4)]);
        assert_eq!(difference(&[&one]), difference(&[&one]));
    }

    #[test]
    fn collections_count_alike_however_many_queries_they_have() {
        let (few, many) = (queries(&[(1.0, 0.0)]), queries(&[(0.0, 0.0); 99]));
        let found = difference(&[&few, &many]);
        assert_eq!((found.queries, found.difference), (100, 0.5));
    }

    #[test]
    fn no_query_at_all_is_no_difference() {
        let found = difference(&[&[]]);
        assert_eq!((found.difference, found.low, found.high), (0.0, 0.0, 0.0));
    }
}
