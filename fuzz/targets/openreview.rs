//! Any bytes, read as an answer of OpenReview.
#![no_main]

use formats::openreview::read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(page) = read(bytes, "input") else { return };
    assert!(page.found.len() <= bytes.len(), "more papers than bytes");
    for found in page.found {
        fuzz::check_kept(&found.record, &found.raw);
    }
});
