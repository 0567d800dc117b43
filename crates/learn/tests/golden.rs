//! The model inside the program against the reference: strings cut by the reference tokeniser and vectors made in Python
//! (`tools/embedding/golden.py`).

use learn::embedding::{Model, Scratch};

const GOLDEN: &str = include_str!("golden.tsv");

fn golden() -> impl Iterator<Item = (String, Vec<String>, Option<Vec<f32>>)> {
    GOLDEN.lines().map(|line| {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().expect("three cells a line");
        let text = serde_json::from_str(cell()).expect("a text");
        let pieces = serde_json::from_str(cell()).expect("a list of pieces");
        (text, pieces, serde_json::from_str(cell()).expect("a list of numbers or null"))
    })
}

#[test]
fn texts_are_cut_like_the_reference_cuts_them() {
    let mut seen = 0;
    for (text, pieces, _) in golden() {
        assert_eq!(Model::shipped().pieces(&text), pieces, "{text:?}");
        seen += 1;
    }
    assert!(seen >= 30);
}

#[test]
fn vectors_are_those_of_the_training_program() {
    let mut scratch = Scratch::default();
    for (text, _, first) in golden() {
        let vector = Model::shipped().encode(&text, &mut scratch);
        assert_eq!(vector.is_some(), first.is_some(), "{text:?}");
        for (ours, theirs) in vector.into_iter().flatten().zip(first.into_iter().flatten()) {
            assert!((ours - theirs).abs() < 2e-5, "{text:?}: {ours} {theirs}");
        }
    }
}
