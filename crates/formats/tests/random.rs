//! Whatever the bytes, reading ends: no panic, no endless loop, bounded output.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod common;

use common::try_read;
use formats::Format;
use proptest::prelude::*;
use std::io::Cursor;

fn format() -> impl Strategy<Value = Option<Format>> {
    prop_oneof![Just(None), prop::sample::select(Format::ALL.to_vec()).prop_map(Some),]
}

/// Pieces of every format, so that random input comes far.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static str> = vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        "\"id\"",
        "\"2401.00001\"",
        "\"title\"",
        "\"paper\"",
        "\"item\"",
        "\"categories\"",
        "\"authors\"",
        "null",
        "1e999",
        "<collection id='a'>",
        "<volume id=\"1\">",
        "<meta>",
        "</meta>",
        "<paper id='1'>",
        "</paper>",
        "<title>",
        "</title>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE",
        ">",
        "<",
        "&amp;",
        "&#0;",
        "&x;",
        "@article{",
        "@string{",
        "@comment(",
        "(",
        ")",
        "=",
        "#",
        "title",
        " and ",
        "é",
        "\u{202e}",
        "\0",
        "\u{feff}",
        "</volume>",
        "</collection>",
        "@misc{a, title={T}}\n",
        "{\"id\":\"2401.00001\",\"title\":\"T\",\"categories\":\"cs.CL\"}\n",
    ];
    prop_oneof![
        4 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ]
}

fn finishes(bytes: Vec<u8>, format: Option<Format>) {
    let size = bytes.len();
    if let Ok(found) = try_read(Box::new(Cursor::new(bytes)), "x", format) {
        assert!(found.records.len() + found.problems.len() <= 8 * size + 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), format in format()) {
        finishes(bytes, format);
    }

    #[test]
    fn random_pieces_of_the_formats_never_panic(pieces in prop::collection::vec(piece(), 0..60), format in format()) {
        finishes(pieces.concat(), format);
    }

    #[test]
    fn damaged_archives_never_panic(at in 0usize..4000, byte in any::<u8>(), form in 0..4) {
        let line = common::arxiv_line("2401.00001", "T");
        let tar = common::tar(&[("a.jsonl", line.as_bytes()), ("b.bib", b"@misc{a, title={T}}")]);
        let mut bytes = match form {
            0 => tar,
            1 => common::gzip(&tar),
            2 => common::zstd(&tar),
            _ => common::tar(&[("x.gz", &common::gzip(line.as_bytes()))]),
        };
        let at = at % bytes.len();
        bytes[at] ^= byte | 1;
        finishes(bytes.clone(), None);
        bytes.truncate(at);
        finishes(bytes, None);
    }

    #[test]
    fn any_title_and_name_survive_a_bibtex_entry(title in "\\PC{1,60}", name in "\\PC{1,30}") {
        let (node, _) = paper::Identity::arxiv("2511.11447").unwrap();
        let mut record = paper::Record::new(paper::Source::Arxiv, node, title);
        record.authors = vec![paper::Author::named(name)];
        let paper = paper::merge::merge(&[record]).unwrap();
        let entry = formats::bibtex::entry(&paper);
        let found = common::read_as(entry.as_bytes(), Format::Bibtex);
        // A title of nothing but white space is no title.
        if !paper.plain_title().trim().is_empty() {
            prop_assert_eq!(found.records.len(), 1, "{} {:?}", entry, found.problems);
            prop_assert_eq!(found.records[0].node().value(), "2511.11447");
        }
        formats::markdown::paper(&paper);
        formats::huggingface::item(&paper, None);
    }
}
