//! Scores and orders against a naive computation, and that they depend on the papers alone.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used)]

mod shelf;

use proptest::prelude::*;
use search::{Document, Engine, Searcher};
use shelf::{Shelf, answer, catch_up, found, index, indexer, paper};
use std::collections::BTreeSet;

/// Words that are their own stems.
const WORDS: [&str; 8] = ["ka", "lo", "mi", "nu", "pe", "ru", "sa", "ti"];

/// BM25 as the textbook writes it, over title and text as one field, and added to it the same over titles alone.
fn naive(papers: &[&Document], query: &[&str]) -> Vec<(u32, f32)> {
    let weights = search::Weights::default();
    let cut = |text: String| -> Vec<String> {
        text.split(' ').filter(|word| !word.is_empty()).map(str::to_string).collect()
    };
    let texts: Vec<_> = papers.iter().map(|paper| cut(format!("{} {}", paper.title, paper.text))).collect();
    let titles: Vec<_> = papers.iter().map(|paper| cut(paper.title.clone())).collect();
    let count = papers.len() as f64;
    let saturated = |fields: &[Vec<String>], at: usize, word: &str| {
        let filled = fields.iter().filter(|words| !words.is_empty()).count().max(1) as f64;
        let mean = fields.iter().map(Vec::len).sum::<usize>() as f64 / filled;
        let times = fields[at].iter().filter(|other| *other == word).count() as f64;
        let (k1, b) = (f64::from(weights.k1), f64::from(weights.b));
        (k1 + 1.0) * times / (times + k1 * (1.0 - b + b * fields[at].len() as f64 / mean.max(1.0)))
    };
    let asked: BTreeSet<&str> = query.iter().copied().collect();
    let mut scored = Vec::new();
    for (at, paper) in papers.iter().enumerate() {
        let mut score = 0.0;
        for word in &asked {
            let weight = query.iter().filter(|other| other == &word).count() as f64;
            let having = texts.iter().filter(|text| text.iter().any(|other| other == word)).count() as f64;
            let idf = (1.0 + (count - having + 0.5) / (having + 0.5)).ln();
            let title = f64::from(weights.title) * saturated(&titles, at, word);
            score += weight * idf * (saturated(&texts, at, word) + title);
        }
        if score > 0.0 {
            scored.push((paper.id, score as f32));
        }
    }
    scored
}

fn some_papers() -> impl Strategy<Value = Vec<Document>> {
    let words = |count| proptest::collection::vec(proptest::sample::select(WORDS.to_vec()), count);
    proptest::collection::vec((words(0..4), words(1..20)), 1..25).prop_map(|texts| {
        let numbered = texts.into_iter().enumerate();
        numbered.map(|(id, (title, text))| paper(id as u32, &title.join(" "), &text.join(" "))).collect()
    })
}

fn some_query() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::collection::vec(proptest::sample::select(WORDS.to_vec()), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn scores_are_those_of_a_naive_computation_also_after_changes(
        before in some_papers(),
        after in some_papers(),
        query in some_query(),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut shelf = Shelf::of(before);
        let mut indexer = indexer(directory.path());
        catch_up(&mut indexer, &shelf);
        // Every second paper is replaced, every fifth removed.
        for (number, paper) in after.into_iter().enumerate() {
            match number {
                number if number % 5 == 4 => shelf.remove(paper.id),
                number if number % 2 == 0 => shelf.put(paper),
                _ => {}
            }
        }
        catch_up(&mut indexer, &shelf);
        let index = search::Index::open(directory.path()).unwrap();
        let papers: Vec<&Document> = shelf.documents().collect();
        let mut expected = naive(&papers, &query);
        let hits = answer(&index, Engine::Words, &query.join(" ")).hits;
        prop_assert_eq!(hits.len(), expected.len());
        expected.sort_by_key(|scored| scored.0);
        let mut got: Vec<(u32, f32)> = hits.iter().map(|hit| (hit.id.0, hit.words.unwrap())).collect();
        got.sort_by_key(|scored| scored.0);
        for ((id, score), (expected_id, expected)) in got.iter().zip(&expected) {
            prop_assert_eq!(id, expected_id);
            prop_assert!((score - expected).abs() < 1e-4 * expected.max(1.0), "{} against {}", score, expected);
        }
    }

    #[test]
    fn one_state_gives_one_order_however_it_came_about(
        before in some_papers(),
        after in some_papers(),
        query in some_query(),
    ) {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut shelf = Shelf::of(before);
        let mut slowly = indexer(first.path());
        catch_up(&mut slowly, &shelf);
        for paper in after {
            shelf.put(paper);
            if shelf.documents().count().is_multiple_of(7) {
                catch_up(&mut slowly, &shelf);
            }
        }
        catch_up(&mut slowly, &shelf);
        let slowly = search::Index::open(first.path()).unwrap();
        let at_once = index(second.path(), &shelf);
        for engine in Engine::ALL {
            let query = query.join(" ");
            let (one, other) = (answer(&slowly, engine, &query), answer(&at_once, engine, &query));
            prop_assert_eq!(one.hits, other.hits);
            prop_assert_eq!((one.matches, one.matches_all), (other.matches, other.matches_all));
            prop_assert_eq!(one.facets, other.facets);
        }
    }
}

#[test]
fn equal_scores_are_ordered_by_day_then_alike_everywhere() {
    let directory = tempfile::tempdir().unwrap();
    let mut papers: Vec<Document> = (0..50).map(|id| paper(id, "ka lo", "mi")).collect();
    papers[33].day = paper::Day::new(2024, 2, 2);
    let index = index(directory.path(), &Shelf::of(papers.clone()));
    let order = found(&index, "ka");
    assert_eq!((order.len(), order[0]), (50, 33));
    // Other numbers in another catalogue, the same addresses.
    papers.reverse();
    let addresses: Vec<String> = papers.iter().map(|paper| paper.address.clone()).collect();
    papers.iter_mut().enumerate().for_each(|(id, paper)| paper.id = id as u32);
    let other = tempfile::tempdir().unwrap();
    let other = shelf::index(other.path(), &Shelf::of(papers));
    let by_address: Vec<String> =
        found(&other, "ka").iter().map(|id| addresses[*id as usize].clone()).collect();
    let expected: Vec<String> = order.iter().map(|id| format!("paper-{id}")).collect();
    assert_eq!(by_address, expected);
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let directory = tempfile::tempdir().unwrap();
    let papers = (0..120).map(|id| paper(id, &format!("graph {}", WORDS[id as usize % 8]), "neural network"));
    let index = index(directory.path(), &Shelf::of(papers));
    for engine in Engine::ALL {
        let page = |offset, limit| {
            let text = "graph ka mi".to_string();
            let request = search::Request { text, engine, offset, limit, facets: false };
            index.search(&request).unwrap().hits
        };
        let whole = page(0, 120);
        let parts: Vec<_> = (0..12).flat_map(|number| page(number * 10, 10)).collect();
        assert_eq!(whole, parts, "{engine:?}");
        assert!(page(5_000, 10).is_empty());
    }
}

#[test]
fn meaning_finds_what_shares_no_word() {
    let directory = tempfile::tempdir().unwrap();
    let index = index(
        directory.path(),
        &Shelf::of([
            paper(1, "Convolutional neural networks", "Deep learning for image classification."),
            paper(2, "Proton lifetime", "Limits on the decay of baryons in water detectors."),
            paper(3, "Medieval trade routes", "Merchants and cities along rivers."),
        ]),
    );
    let answer = answer(&index, Engine::Meaning, "vision transformer training");
    assert_eq!(answer.hits[0].id.0, 1);
    assert_eq!(answer.nearest, 3);
    let near = index.nearest(catalogue::PaperId(1), 5).unwrap();
    assert_eq!(near.len(), 2, "a paper is not its own neighbour");
    assert!(near[0].score >= near[1].score);
}

#[test]
fn a_filter_never_changes_a_score() {
    let directory = tempfile::tempdir().unwrap();
    let mut papers: Vec<Document> = (0..40).map(|id| paper(id, WORDS[id as usize % 8], "ka lo mi")).collect();
    papers.iter_mut().step_by(3).for_each(|paper| paper.categories = vec!["cs.CL".into()]);
    let index = index(directory.path(), &Shelf::of(papers));
    let all = answer(&index, Engine::Both, "nu ka").hits;
    let some = answer(&index, Engine::Both, "nu ka cat:cs.CL").hits;
    assert_eq!(some.len(), 14);
    let expected: Vec<_> = all.into_iter().filter(|hit| hit.id.0 % 3 == 0).collect();
    assert_eq!(some, expected);
}
