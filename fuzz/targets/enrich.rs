//! Any bytes, read as answers of Crossref, OpenAlex and Semantic Scholar.
#![no_main]

use formats::enrich::{crossref, openalex, semantic_scholar};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for read in [crossref, openalex, semantic_scholar] {
        let Ok(answer) = read(bytes, "input") else { continue };
        assert!(answer.papers.len() <= bytes.len(), "more papers than bytes");
        for facts in answer.papers.into_iter().flatten() {
            assert!(facts.title.is_none_or(|title| !title.is_empty()), "an empty title");
        }
    }
});
