//! Counts for filters.

use crate::rank::for_allowed;
use crate::schema::{HAS_CODE, source_flag};
use crate::snapshot::Snapshot;
use crate::words::Scores;
use learn::scan::Bitset;
use paper::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// From so many papers with all of the words on, these are counted; below, those with any of them.
const ALL_WORDS_MIN: u64 = 10;

/// Categories that are listed: the most frequent.
const CATEGORIES_MAX: usize = 50;

/// Years that are told apart; [`paper::day::YEARS`] ends before.
const YEARS: usize = 2_300;

/// How many of the matching papers each filter would leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facets {
    /// Papers that were counted: those with all words of the query, or with any if hardly one has all.
    pub papers: u64,
    /// By year, newest first.
    pub years: Vec<(i16, u64)>,
    /// By category, most frequent first.
    pub categories: Vec<(String, u64)>,
    /// By source, most frequent first.
    pub sources: Vec<(String, u64)>,
    /// With a link to code.
    pub with_code: u64,
}

impl Facets {
    pub(crate) fn count(
        snapshot: &Snapshot,
        scores: &Scores,
        allowed: Option<&Bitset>,
        matches_all: u64,
    ) -> Facets {
        let least = if matches_all >= ALL_WORDS_MIN { scores.asked } else { scores.asked.min(1) };
        let mut facets = Facets::default();
        let mut years = vec![0u64; YEARS];
        let mut flags = [0u64; 16];
        let mut categories: Vec<Vec<u64>> =
            snapshot.segments.iter().map(|segment| vec![0; segment.columns.category_names().len()]).collect();
        let mut at = 0;
        let mut count = |document: u32| {
            // Documents come in order, so the segment only moves on.
            while snapshot.segments.get(at + 1).is_some_and(|next| next.base <= document) {
                at += 1;
            }
            let segment = &snapshot.segments[at];
            let (columns, place) = (&segment.columns, (document - segment.base) as usize);
            facets.papers += 1;
            years[usize::from(columns.years[place]).min(YEARS - 1)] += 1;
            let mut left = columns.flags[place];
            while left != 0 {
                flags[left.trailing_zeros() as usize] += 1;
                left &= left - 1;
            }
            for category in columns.categories(place) {
                categories[at][usize::from(*category)] += 1;
            }
        };
        match least {
            0 => for_allowed(snapshot, allowed, count),
            _ => scores.each_block(least, |first, _, hits| {
                (first..)
                    .zip(hits)
                    .filter(|(_, hits)| **hits >= least)
                    .for_each(|(document, _)| count(document));
            }),
        }
        let known = years.into_iter().enumerate().skip(1).rev().filter(|(_, count)| *count > 0);
        facets.years = known.filter_map(|(year, count)| Some((i16::try_from(year).ok()?, count))).collect();
        facets.with_code = flags[HAS_CODE.trailing_zeros() as usize];
        let sources = Source::ALL
            .into_iter()
            .map(|source| (source.name().to_string(), flags[source_flag(source).trailing_zeros() as usize]));
        facets.sources = most_frequent(sources);
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        for (segment, counts) in snapshot.segments.iter().zip(categories) {
            for (name, count) in segment.columns.category_names().iter().zip(counts) {
                *sums.entry(name.clone()).or_default() += count;
            }
        }
        facets.categories = most_frequent(sums);
        facets.categories.truncate(CATEGORIES_MAX);
        facets
    }
}

fn most_frequent(counts: impl IntoIterator<Item = (String, u64)>) -> Vec<(String, u64)> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
    counts.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    counts
}
