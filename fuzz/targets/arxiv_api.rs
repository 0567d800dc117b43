//! Any bytes, read as an answer of arXiv's API.
#![no_main]

use formats::arxiv_api::read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(page) = read(bytes, "input") else { return };
    assert!(page.papers.len() <= bytes.len(), "more entries than bytes");
    for found in page.papers {
        fuzz::check_kept(&found.record, &found.raw);
    }
});
