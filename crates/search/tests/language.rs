//! What each part of the query language finds.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used)]

mod shelf;

use paper::{Day, Source};
use search::{Document, Engine, Index};
use shelf::{Shelf, answer, found, found_set, index, paper};

fn papers() -> Vec<Document> {
    let mut papers = vec![
        paper(1, "Graph neural networks", "Networks on graphs learn from neighbours of nodes."),
        paper(2, "Neural graph drawing", "Drawings of graphs by optimization of stress."),
        paper(3, "Poincaré embeddings", "Hyperbolic geometry for hierarchies, in the ball of Poincaré."),
        paper(4, "Proton decay", "A search for the decay of the proton; 时间 深度学习."),
        paper(5, "Attention Is All You Need", "The transformer uses attention and nothing else."),
        paper(6, "Why attention is all you need", "We transform the question: is attention all you need?"),
    ];
    papers[0].categories = vec!["cs.LG".into(), "stat.ML".into()];
    papers[1].categories = vec!["cs.CG".into()];
    papers[2].categories = vec!["math.NA".into()];
    papers[3].categories = vec!["hep-ex".into()];
    papers[0].authors = vec!["Geoffrey E. Hinton".into(), "Yann LeCun".into()];
    papers[1].authors = vec!["José García".into(), "Anna Hinton".into()];
    papers[2].year = Some(2017);
    papers[2].day = Day::new(2017, 5, 1);
    papers[3].year = Some(1998);
    papers[0].sources = vec![Source::Arxiv, Source::Huggingface];
    papers[1].sources = vec![Source::Acl];
    papers[0].has_code = true;
    papers[5].topics = vec!["loss-functions".into()];
    papers[4].identities.push("arxiv:1706.03762".into());
    papers
}

fn with(check: impl FnOnce(&Index)) {
    let directory = tempfile::tempdir().unwrap();
    check(&index(directory.path(), &Shelf::of(papers())));
}

#[test]
fn words_find_papers_whatever_their_form_or_accents() {
    with(|index| {
        assert_eq!(found_set(index, "network"), [1]);
        assert_eq!(found_set(index, "POINCARE"), [3]);
        assert_eq!(found_set(index, "Poincaré"), [3]);
        assert_eq!(found_set(index, "Poincare\u{301}"), [3]);
        assert_eq!(found_set(index, "graph neural"), [1, 2]);
        assert_eq!(found_set(index, "深度"), [4]);
    });
}

#[test]
fn a_phrase_demands_its_words_in_order() {
    with(|index| {
        assert_eq!(found(index, "\"graph neural\""), [1]);
        assert_eq!(found(index, "\"neural graph\""), [2]);
        assert_eq!(found(index, "“decay of the proton”"), [4]);
        assert_eq!(found(index, "\"proton search\""), [0u32; 0]);
        let nearest = answer(index, Engine::Meaning, "\"graph neural\"").hits;
        assert_eq!(nearest.iter().map(|hit| hit.id.0).collect::<Vec<_>>(), [1], "meaning obeys phrases too");
    });
}

#[test]
fn a_beginning_finds_words_as_they_are_written() {
    with(|index| {
        assert_eq!(found_set(index, "transf*"), [5, 6]);
        assert_eq!(found_set(index, "transfo*"), [5, 6]);
        assert_eq!(found_set(index, "optimizat*"), [2]);
        assert_eq!(found_set(index, "zzz*"), [0u32; 0]);
    });
}

#[test]
fn names_of_authors_are_found_as_words_and_as_filters() {
    with(|index| {
        assert_eq!(found_set(index, "hinton"), [1, 2]);
        assert_eq!(found_set(index, "author:hinton"), [1, 2]);
        assert_eq!(found_set(index, "author:\"Geoffrey Hinton\""), [1]);
        assert_eq!(found_set(index, "author:garcia graph"), [2]);
        assert_eq!(found_set(index, "author:\"Anna LeCun\""), [0u32; 0]);
    });
}

#[test]
fn categories_hold_their_aliases_and_archives_their_categories() {
    with(|index| {
        assert_eq!(found_set(index, "cat:cs"), [1, 2]);
        assert_eq!(found_set(index, "cat:cs.lg"), [1]);
        assert_eq!(found_set(index, "cat:cs.NA"), [3]);
        assert_eq!(found_set(index, "cat:hep-ex"), [4]);
        assert_eq!(found_set(index, "graph -cat:cs.CG"), [1]);
    });
}

#[test]
fn years_sources_code_and_lists_filter() {
    with(|index| {
        assert_eq!(found_set(index, "year:2017"), [3]);
        assert_eq!(found_set(index, "year:1990-2017"), [3, 4]);
        assert_eq!(found_set(index, "year:<=1998"), [4]);
        assert_eq!(found_set(index, "year:>2017 graph"), [1, 2]);
        assert_eq!(found_set(index, "source:acl"), [2]);
        assert_eq!(found_set(index, "source:hf"), [1]);
        assert_eq!(found_set(index, "has:code"), [1]);
        assert_eq!(found_set(index, "topic:loss-functions"), [6]);
        assert_eq!(found_set(index, "title:\"neural graph\""), [2]);
        assert_eq!(found_set(index, "title:learn"), [0u32; 0]);
    });
}

#[test]
fn what_is_excluded_is_nowhere() {
    with(|index| {
        assert_eq!(found_set(index, "graph -networks"), [2]);
        assert_eq!(found_set(index, "graph -\"graph neural\""), [2]);
        assert_eq!(found_set(index, "attention -transf*"), [0u32; 0]);
        for engine in Engine::ALL {
            let hits = answer(index, engine, "graph -networks").hits;
            assert!(hits.iter().all(|hit| hit.id.0 != 1), "{engine:?}");
        }
    });
}

#[test]
fn an_exact_title_or_identity_comes_first() {
    with(|index| {
        for engine in Engine::ALL {
            let first = |text| answer(index, engine, text).hits[0].id.0;
            assert_eq!(first("attention is all you need"), 5, "{engine:?}");
            assert_eq!(first("why attention is all you need"), 6, "{engine:?}");
            assert_eq!(first("arXiv:1706.03762v5"), 5, "{engine:?}");
            assert_eq!(first("https://arxiv.org/abs/1706.03762"), 5, "{engine:?}");
        }
    });
}

#[test]
fn filters_alone_list_the_newest_first() {
    with(|index| {
        let ids = found(index, "year:1990-2019");
        assert_eq!(ids.len(), 2);
        let all = answer(index, Engine::Both, "year:>=1900");
        assert_eq!((all.matches, all.hits.len()), (6, 6));
        assert_eq!(all.hits.last().map(|hit| hit.id.0), Some(3), "2017 is the oldest day that is known");
    });
}

#[test]
fn stop_words_alone_are_looked_up_as_written() {
    with(|index| assert_eq!(found_set(index, "all"), [5, 6]));
}

#[test]
fn an_answer_counts_and_says_what_was_understood() {
    with(|index| {
        let answer = answer(index, Engine::Both, "neural graph cat:cs -proton");
        assert_eq!((answer.matches, answer.matches_all), (2, 2));
        assert_eq!(answer.understood.text, "neural graph cat:cs -proton");
        assert_eq!(
            answer.understood.sentence,
            "papers about neural graph, in cs (Computer Science), not with proton"
        );
        assert_eq!(answer.understood.filters[0].without, "neural graph -proton");
        assert_eq!(answer.facets.categories.len(), 3);
        assert_eq!(answer.facets.with_code, 1);
        assert_eq!(answer.facets.years, [(2020, 2)]);
    });
}

#[test]
fn hostile_queries_are_answered_within_bounds() {
    with(|index| {
        for text in
            ["", "   ", "\"(((", "((((", "-", "*", "\"", "-\"\"", "author:", "\0\u{202e}", "cat:../../etc"]
        {
            answer(index, Engine::Both, text);
        }
        let long = "graph ".repeat(3_000);
        let answer = answer(index, Engine::Both, &long);
        assert!(answer.notes.iter().any(|note| note.contains("10000 characters")), "{:?}", answer.notes);
        assert!(!answer.hits.is_empty());
        let broken = shelf::answer(index, Engine::Words, "\"graph neural");
        assert_eq!(broken.matches, 2);
        assert!(broken.notes[0].contains("plain words"));
    });
}
