//! What the encoder promises for any text and any bytes.

use learn::embedding::{Model, ModelError, Scratch};
use proptest::prelude::*;

fn encode(text: &str) -> Option<Vec<f32>> {
    Model::shipped().encode(text, &mut Scratch::default()).map(<[f32]>::to_vec)
}

fn cosine(a: &str, b: &str) -> f32 {
    let (a, b) = (encode(a).expect("a known word"), encode(b).expect("a known word"));
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn near_texts_are_nearer_than_far_ones() {
    let query = "training deep neural networks";
    assert!(
        cosine(query, "backpropagation in convolutional models")
            > cosine(query, "galaxy clusters at high redshift")
    );
    assert!(cosine("automobile", "car") > cosine("automobile", "enzyme"));
}

#[test]
fn a_text_without_a_known_token_has_no_vector() {
    assert_eq!(encode(""), None);
    assert_eq!(encode(" \n\t\u{a0}"), None);
    assert_eq!(encode("\u{0}\u{1}\u{fffd}"), None);
    assert_eq!(encode(&"x".repeat(101)), None);
}

#[test]
fn a_paper_is_its_abstract_when_it_has_no_title() {
    let mut scratch = Scratch::default();
    let model = Model::shipped();
    let paper = model.encode_paper("", "Graph kernels", &mut scratch).map(<[f32]>::to_vec);
    assert_eq!(paper, encode("Graph kernels"));
}

#[test]
fn scratch_carries_nothing_from_text_to_text() {
    let mut scratch = Scratch::default();
    let model = Model::shipped();
    model.encode("something quite different", &mut scratch);
    assert_eq!(model.encode("graph kernels", &mut scratch).map(<[f32]>::to_vec), encode("graph kernels"));
}

#[test]
fn ten_megabytes_are_encoded() {
    for text in ["word ".repeat(2 << 20), "x".repeat(10 << 20)] {
        assert!(encode(&text).is_none_or(|v| v.iter().all(|x| x.is_finite())));
    }
}

#[test]
fn a_megabyte_without_a_space_is_encoded() {
    for text in ["é".repeat(1 << 19), "深".repeat(1 << 18), "\u{301}".repeat(1 << 18), "-".repeat(1 << 20)]
    {
        assert!(encode(&text).is_none_or(|v| v.iter().all(|x| x.is_finite())));
    }
}

fn bytes() -> Vec<u8> {
    include_bytes!("../model/embedding-1.bin").to_vec()
}

#[test]
fn a_damaged_model_is_refused_with_the_reason() {
    let whole = bytes();
    assert_eq!(Model::from_bytes(Vec::new()).unwrap_err(), ModelError::NotAModel);
    assert_eq!(Model::from_bytes(b"PK\x03\x04 and so on".to_vec()).unwrap_err(), ModelError::NotAModel);
    let short = Model::from_bytes(whole[..whole.len() - 1].to_vec()).unwrap_err();
    assert_eq!(short, ModelError::Length { expected: whole.len() as u64, found: whole.len() as u64 - 1 });
    assert!(short.to_string().contains("bytes long"));
    let mut flipped = whole.clone();
    flipped[1 << 20] ^= 1;
    assert!(matches!(Model::from_bytes(flipped).unwrap_err(), ModelError::Checksum { .. }));
    let mut newer = whole;
    newer[8] = 2;
    assert_eq!(Model::from_bytes(newer).unwrap_err(), ModelError::Version { found: 2 });
}

#[test]
fn every_short_beginning_of_a_model_is_refused() {
    let whole = bytes();
    for length in (0..2000).chain([whole.len() / 2, whole.len() - 4]) {
        assert!(Model::from_bytes(whole[..length].to_vec()).is_err(), "{length} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_gives_a_unit_vector_or_none(text in "\\PC{0,200}|(\\p{any}){0,60}") {
        if let Some(vector) = encode(&text) {
            let length: f32 = vector.iter().map(|x| x * x).sum();
            prop_assert!((length - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn any_header_is_read_or_refused(header in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut bytes = b"BSEMBED1\x01\0\0\0".to_vec();
        bytes.extend(header);
        prop_assert!(Model::from_bytes(bytes).is_err());
    }
}
