//! The parser: total, bounded, and what it prints it reads again.

use proptest::prelude::*;
use search::{Query, What};

/// Text made of what the language is made of, and anything else.
fn some_text() -> impl Strategy<Value = String> {
    let parts = proptest::sample::select(PARTS.to_vec());
    prop_oneof![proptest::collection::vec(parts, 0..40).prop_map(|parts| parts.concat()), any::<String>(),]
}

const PARTS: [&str; 27] = [
    "\"",
    "-",
    "*",
    ":",
    " ",
    "(",
    "cat:",
    "cs.CL",
    "year:",
    "2020",
    ">=",
    "<",
    "-",
    "author:",
    "has:code",
    "topic:",
    "source:arxiv",
    "title:",
    "graph",
    "Poincaré",
    "\u{301}",
    "深度",
    "“",
    "”",
    "\\'e",
    "\0",
    "..",
];

proptest! {
    #[test]
    fn what_is_printed_is_read_alike(text in some_text()) {
        let query = Query::read(&text);
        let printed = query.to_string();
        let again = Query::read(&printed);
        prop_assert_eq!(again.clauses(), query.clauses(), "{:?} printed as {:?}", text, printed);
        prop_assert_eq!(again.to_string(), printed);
        query.describe();
        query.filters();
    }

    #[test]
    fn a_filter_can_be_added_and_taken_away(text in some_text()) {
        let query = Query::read(&text);
        let wider = query.with(What::HasCode);
        prop_assert!(Query::read(&wider.to_string()).clauses().iter().any(|clause| clause.what == What::HasCode));
        let narrower = wider.without(wider.clauses().len() - 1);
        prop_assert!(narrower.clauses().iter().all(|clause| clause.negated || clause.what != What::HasCode));
    }

    #[test]
    fn words_alone_hold_no_operator(text in some_text()) {
        let query = Query::words(&text);
        prop_assert!(query.clauses().iter().all(|clause| matches!(clause.what, What::Word(_)) && !clause.negated));
        let again = Query::read(&query.to_string());
        prop_assert_eq!(again.clauses(), query.clauses());
    }
}

fn reads(text: &str, printed: &str) {
    assert_eq!(Query::read(text).to_string(), printed, "{text}");
}

#[test]
fn parts_are_printed_in_one_spelling() {
    reads("  graph   networks ", "graph networks");
    reads("“graph networks”", "\"graph networks\"");
    reads("AU:Hinton CAT:CS.cl", "author:Hinton cat:cs.CL");
    reads("cat:cmp-lg", "cat:cs.CL");
    reads("year:2020..2023", "year:2020-2023");
    reads("year:>2020 -year:2022", "year:>=2021 -year:2022");
    reads("source:hf has:CODE topic:\"Loss Functions\"", "source:huggingface has:code topic:loss-functions");
    reads("--\"a b\"", "-\"a b\"");
    reads("self-supervised", "self-supervised");
}

#[test]
fn what_cannot_be_read_is_searched_as_words_and_says_so() {
    for (text, printed) in [("\"(((", ""), ("\"graph cat:cs", "graph cat cs"), ("a \"b", "a b")] {
        let query = Query::read(text);
        assert_eq!(query.to_string(), printed, "{text}");
        assert!(query.notes()[0].contains("plain words"), "{text}: {:?}", query.notes());
    }
    assert_eq!(Query::read("year:soon graph").notes().len(), 1);
    assert!(Query::read("cat:xx.YY").notes()[0].contains("xx.YY"));
}

#[test]
fn an_identity_in_any_spelling_is_recognised() {
    for text in
        ["2401.01234", "arXiv:2401.01234v2", "https://arxiv.org/pdf/2401.01234", "10.48550/arXiv.2401.01234"]
    {
        let identity = Query::read(text).identity().map(ToString::to_string);
        assert_eq!(identity.as_deref(), Some("arxiv:2401.01234"), "{text}");
    }
    assert_eq!(Query::read("graph networks").identity(), None);
}

#[test]
fn long_queries_are_cut_with_a_note() {
    let query = Query::read(&"word ".repeat(100_000));
    assert!(query.clauses().len() <= search::query::PARTS_MAX);
    assert_eq!(query.notes().len(), 2);
}
