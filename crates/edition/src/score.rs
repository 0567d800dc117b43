//! The order of an edition: one sum of named parts.
//!
//! A score is the logarithm of the odds that readers choose a paper among those of its day, in two steps:
//!
//! 1. **prior**, from what is known before anyone voted: a base, code and project links, "accepted at …", the number
//!    of authors. The weights are a logistic regression on 2025-06 to 2026-01 of machine-learning arXiv against the
//!    Hugging Face daily list; on 2026-03 to 06 it has AUC .76 and finds 27 % of the chosen where chance finds 5 %
//!    (`docs/METHODS.md`, `tools/ranking/fit.py`). It knows no field, so that no field is favoured.
//! 2. **evidence**: being featured, votes, comments. Votes count by `2 ln((4 + votes) / 4)`, the log likelihood ratio
//!    of a Gamma-mixed Poisson count with four pseudo-votes: the first vote moves little, each doubling moves the same.
//!
//! Where nobody voted the prior orders alone; as votes come in they take over.

use serde::{Deserialize, Serialize};

/// What is known about a paper that bears on its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// Where it lives: the last word between equals.
    pub address: String,
    /// An editor or a community put it on the list of the day.
    pub featured: bool,
    /// Votes of all sources.
    pub votes: u32,
    /// Comments of all sources.
    pub comments: u32,
    /// Has a link to code.
    pub has_code: bool,
    /// Has a link to a project page, demo, data or video.
    pub has_project: bool,
    /// Says that it was accepted or published elsewhere.
    pub accepted: bool,
    /// The number of authors; 0 where unknown.
    pub author_count: u32,
    /// Whole days since it was announced or featured; only [`trending`] looks at it.
    pub age_days: u32,
}

/// One named part of a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What it is, for people: `votes`, `code`, …
    pub name: &'static str,
    /// What it adds, in log odds.
    pub value: f32,
}

/// A score and the parts that it is the sum of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// The sum of the parts.
    pub value: f32,
    /// The parts that are not zero, the base first.
    pub parts: Vec<Part>,
}

/// Pseudo-votes: how many votes it takes before they weigh as much as nothing did.
const VOTES_PRIOR: f32 = 4.0;
/// Weight of the vote evidence.
const VOTES_WEIGHT: f32 = 2.0;
/// A comment takes more effort than a vote, but two people talking are not ten readers.
const COMMENTS_WEIGHT: f32 = 0.5;
/// Log odds of a paper of one author without anything else.
const BASE: f32 = -5.84;
const FEATURED: f32 = 3.0;
const CODE: f32 = 0.89;
const PROJECT: f32 = 1.71;
const ACCEPTED: f32 = -1.09;
/// For each factor e in the number of authors, up to thirty.
const AUTHORS: f32 = 1.45;
const AUTHORS_MAX: f32 = 30.0;
/// Trending halves the odds every two days.
pub const HALF_LIFE_DAYS: f32 = 2.0;

/// The score of a paper within its period.
pub fn score(features: &Features) -> Score {
    let authors = (features.author_count.max(1) as f32).min(AUTHORS_MAX).ln();
    let flag = |set: bool, value: f32| if set { value } else { 0.0 };
    sum([
        Part { name: "base", value: BASE },
        Part { name: "authors", value: AUTHORS * authors },
        Part { name: "code", value: flag(features.has_code, CODE) },
        Part { name: "project page", value: flag(features.has_project, PROJECT) },
        Part { name: "already accepted", value: flag(features.accepted, ACCEPTED) },
        Part { name: "featured", value: flag(features.featured, FEATURED) },
        Part {
            name: "votes",
            value: VOTES_WEIGHT * ((VOTES_PRIOR + features.votes as f32) / VOTES_PRIOR).ln(),
        },
        Part { name: "comments", value: COMMENTS_WEIGHT * (1.0 + features.comments as f32).ln() },
    ])
}

/// The score of a paper among those of several days: as [`score`], less what age takes away.
fn trending_score(features: &Features) -> Score {
    let mut score = score(features);
    let age = -(features.age_days as f32) * std::f32::consts::LN_2 / HALF_LIFE_DAYS;
    score.parts.push(Part { name: "age", value: age });
    sum(score.parts)
}

fn sum(parts: impl IntoIterator<Item = Part>) -> Score {
    let parts: Vec<Part> = parts.into_iter().filter(|part| part.value != 0.0).collect();
    Score { value: parts.iter().map(|part| part.value).sum(), parts }
}

impl Score {
    /// Why the paper is where it is, in words: the parts that lift it, strongest first.
    pub fn reason(&self, features: &Features) -> String {
        let mut lifts: Vec<&Part> = self.parts.iter().filter(|part| part.value > 0.0).collect();
        lifts.sort_by(|a, b| b.value.total_cmp(&a.value));
        let words: Vec<String> = lifts
            .iter()
            .take(3)
            .map(|part| match part.name {
                "votes" => count(features.votes, "vote"),
                "comments" => count(features.comments, "comment"),
                "featured" => "featured".to_string(),
                "code" => "has code".to_string(),
                "project page" => "has a project page".to_string(),
                "authors" => count(features.author_count, "author"),
                other => other.to_string(),
            })
            .collect();
        if words.is_empty() { "announced".to_string() } else { words.join(", ") }
    }
}

fn count(number: u32, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// A paper in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Its place in the slice that was ranked.
    pub index: usize,
    /// Its score.
    pub score: Score,
}

/// Orders the papers of one period by [`score`]; between equals the address decides.
pub fn rank(papers: &[Features]) -> Vec<Ranked> {
    order(papers, score)
}

/// Orders papers of several days by score and age.
pub fn trending(papers: &[Features]) -> Vec<Ranked> {
    order(papers, trending_score)
}

fn order(papers: &[Features], score: fn(&Features) -> Score) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> =
        papers.iter().enumerate().map(|(index, features)| Ranked { index, score: score(features) }).collect();
    ranked.sort_by(|a, b| {
        b.score
            .value
            .total_cmp(&a.score.value)
            .then_with(|| papers[a.index].address.cmp(&papers[b.index].address))
    });
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn paper(address: &str, votes: u32) -> Features {
        Features { address: address.into(), votes, featured: votes > 0, ..Features::default() }
    }

    fn order_of(papers: &[Features]) -> Vec<&str> {
        rank(papers).iter().map(|ranked| papers[ranked.index].address.as_str()).collect()
    }

    #[test]
    fn more_votes_come_first() {
        assert_eq!(order_of(&[paper("a", 1), paper("b", 50), paper("c", 0)]), ["b", "a", "c"]);
    }

    #[test]
    fn one_vote_counts_little_beside_what_was_known() {
        let known =
            Features { has_code: true, has_project: true, featured: true, author_count: 6, ..paper("b", 0) };
        assert_eq!(order_of(&[paper("a", 1), known]), ["b", "a"]);
    }

    #[test]
    fn without_votes_the_prior_orders() {
        let with_code = Features { has_code: true, ..paper("b", 0) };
        assert_eq!(order_of(&[paper("a", 0), with_code, paper("c", 0)]), ["b", "a", "c"]);
    }

    #[test]
    fn age_halves_the_odds_every_two_days() {
        let young = paper("a", 10);
        let old = Features { age_days: 2, ..paper("b", 10) };
        let ranked = trending(&[young, old]);
        let difference = ranked[0].score.value - ranked[1].score.value;
        assert!((difference - std::f32::consts::LN_2).abs() < 1e-5, "{difference}");
    }

    #[test]
    fn reasons_name_what_lifts() {
        let features = Features { has_code: true, author_count: 1, ..paper("a", 12) };
        assert_eq!(score(&features).reason(&features), "featured, 12 votes, has code");
        assert_eq!(score(&paper("a", 0)).reason(&paper("a", 0)), "announced");
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_score(votes in 0u32..100_000, comments in 0u32..1000, authors in 0u32..5000, code: bool, age in 0u32..400) {
            let features = Features { votes, comments, author_count: authors, has_code: code, age_days: age, ..Features::default() };
            for score in [score(&features), trending_score(&features)] {
                let sum: f32 = score.parts.iter().map(|part| part.value).sum();
                prop_assert!((sum - score.value).abs() < 1e-4);
                prop_assert!(score.value.is_finite());
            }
        }

        #[test]
        fn the_order_does_not_depend_on_the_order_of_arrival(votes in prop::collection::vec(0u32..5, 0..20), turn in 0usize..20) {
            let papers: Vec<Features> = votes.iter().enumerate().map(|(at, votes)| paper(&format!("p{at:02}"), *votes)).collect();
            let mut turned = papers.clone();
            if !turned.is_empty() {
                let by = turn % turned.len();
                turned.rotate_left(by);
            }
            prop_assert_eq!(order_of(&papers), order_of(&turned));
        }
    }
}
