//! Marked words and windows.

use proptest::prelude::*;
use search::{Piece, Query, highlight, mark};

fn shown(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| if piece.marked { format!("[{}]", piece.text) } else { piece.text.clone() })
        .collect()
}

#[test]
fn words_of_the_query_are_marked_in_whatever_form() {
    let query = Query::read("network Poincare transf* -graph");
    let text = "Networks in Poincaré's ball: a graph transformer.";
    assert_eq!(shown(&mark(text, &query)), "[Networks] in [Poincaré]'s ball: a graph [transformer].");
}

#[test]
fn the_window_lies_where_the_words_are() {
    let text = format!(
        "{}The quark is confined by gluons. {}",
        "Nothing here. ".repeat(40),
        "More of it. ".repeat(40)
    );
    let pieces = highlight(&text, &Query::read("quark gluon"), 120);
    let shown = shown(&pieces);
    assert!(shown.contains("[quark] is confined by [gluons]"), "{shown}");
    assert!(shown.starts_with("… ") && shown.ends_with(" …"), "{shown}");
    assert!(shown.chars().count() < 180, "{shown}");
}

#[test]
fn a_short_text_is_whole() {
    assert_eq!(shown(&highlight("One line.", &Query::read("none"), 240)), "One line.");
    assert!(highlight("", &Query::read("none"), 240).is_empty());
}

proptest! {
    #[test]
    fn no_run_without_spaces_is_cut(
        words in proptest::collection::vec("[a-z]{1,9}|𝒪\\(n²\\)|∑ᵢxᵢ²≤‖w‖|深度|e\u{301}t", 0..120),
        query in "[a-z]{1,3}( [a-z]{1,3})?",
        length in 0usize..300,
    ) {
        let text = words.join(" ");
        let pieces = highlight(&text, &Query::read(&query), length);
        let joined: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        let runs: std::collections::HashSet<&str> = words.iter().map(String::as_str).collect();
        for run in joined.split_whitespace() {
            prop_assert!(run == "…" || runs.contains(run), "{:?} was cut out of {:?}", run, text);
        }
        let whole: String = mark(&text, &Query::read(&query)).iter().map(|piece| piece.text.as_str()).collect();
        prop_assert_eq!(whole, text);
    }
}
