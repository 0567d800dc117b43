//! Counts for filters.

use crate::rank::for_allowed;
use crate::schema::{HAS_CODE, source_flag};
use crate::snapshot::Snapshot;
use crate::words::Scores;
use learn::scan::Bitset;
use paper::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// From so many papers with all of the words on, these are counted; below, the results that can be paged through: papers
/// that have just any of the words are most of the index, and say nothing about the query.
const ALL_WORDS_MIN: u64 = 10;

/// Categories that are listed: the most frequent.
const CATEGORIES_MAX: usize = 50;

/// Years that are told apart; [`paper::day::YEARS`] ends before.
const YEARS: usize = 2_300;

/// How many of the matching papers each filter would leave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facets {
    /// Papers that were counted: those with all words of the query, or the results if hardly one has all.
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
    /// Counts the documents with all words, of which there are `matches_all`, or else the `results`.
    pub(crate) fn count(
        snapshot: &Snapshot,
        scores: &Scores,
        allowed: Option<&Bitset>,
        matches_all: u64,
        results: impl Iterator<Item = u32>,
    ) -> Facets {
        let mut facets = Facets::default();
        let mut years = vec![0u64; YEARS];
        // One count a combination of flags: cheaper than one a flag for every document.
        let mut combinations = vec![0u64; 1 << 16];
        let mut categories: Vec<Vec<u64>> =
            snapshot.segments.iter().map(|segment| vec![0; segment.columns.category_names().len()]).collect();
        let mut at = 0;
        let mut count = |document: u32| {
            let within = |at: usize| {
                let next = snapshot.segments.get(at + 1);
                snapshot.segments[at].base <= document && next.is_none_or(|next| document < next.base)
            };
            // Documents mostly come in order, so the segment mostly stays.
            if !within(at) {
                at = snapshot.segment_of(document);
            }
            let segment = &snapshot.segments[at];
            let (columns, place) = (&segment.columns, (document - segment.base) as usize);
            facets.papers += 1;
            years[usize::from(columns.years[place]).min(YEARS - 1)] += 1;
            combinations[usize::from(columns.flags[place])] += 1;
            for category in columns.categories(place) {
                categories[at][usize::from(*category)] += 1;
            }
        };
        if matches_all < ALL_WORDS_MIN {
            results.for_each(count);
        } else if scores.asked == 0 {
            for_allowed(snapshot, allowed, count);
        } else {
            scores.each_block(scores.asked, |first, _, hits| {
                let all = (first..).zip(hits).filter(|(_, hits)| **hits == scores.asked);
                all.for_each(|(document, _)| count(document));
            });
        }
        let mut flags = [0u64; 16];
        for (combination, count) in combinations.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            flags
                .iter_mut()
                .enumerate()
                .for_each(|(flag, sum)| *sum += count * (combination as u64 >> flag & 1));
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
