//! Marked words and windows.

use proptest::prelude::*;
use search::{Highlighter, Piece, Query};

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
    assert_eq!(
        shown(&Highlighter::new(&query).mark(text)),
        "[Networks] in [Poincaré]'s ball: a graph [transformer]."
    );
}

#[test]
fn the_window_lies_where_the_words_are() {
    let text = format!(
        "{}The quark is confined by gluons. {}",
        "Nothing here. ".repeat(40),
        "More of it. ".repeat(40)
    );
    let pieces = Highlighter::new(&Query::read("quark gluon")).window(&text, 120);
    let shown = shown(&pieces);
    assert!(shown.contains("[quark] is confined by [gluons]"), "{shown}");
    assert!(shown.starts_with("… ") && shown.ends_with(" …"), "{shown}");
    assert!(shown.chars().count() < 180, "{shown}");
}

#[test]
fn a_short_text_is_whole() {
    let mut highlighter = Highlighter::new(&Query::read("none"));
    assert_eq!(shown(&highlighter.window("One line.", 240)), "One line.");
    assert!(highlighter.window("", 240).is_empty());
}

proptest! {
    #[test]
    fn no_run_without_spaces_is_cut(
        words in proptest::collection::vec("[a-z]{1,9}|𝒪\\(n²\\)|∑ᵢxᵢ²≤‖w‖|深度|e\u{301}t", 0..120),
        query in "[a-z]{1,3}( [a-z]{1,3})?",
        length in 0usize..300,
    ) {
        let text = words.join(" ");
        let mut highlighter = Highlighter::new(&Query::read(&query));
        let pieces = highlighter.window(&text, length);
        let joined: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        let runs: std::collections::HashSet<&str> = words.iter().map(String::as_str).collect();
        for run in joined.split_whitespace() {
            prop_assert!(run == "…" || runs.contains(run), "{:?} was cut out of {:?}", run, text);
        }
        let whole: String = highlighter.mark(&text).iter().map(|piece| piece.text.as_str()).collect();
        prop_assert_eq!(whole, text);
    }
}
