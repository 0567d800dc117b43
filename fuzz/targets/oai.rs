//! Any bytes, read as an answer of an OAI-PMH server.
#![no_main]

use formats::oai::{Answer, Entry, read};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(Answer::Page(page)) = read(bytes, "input") else { return };
    assert!(page.entries.len() <= bytes.len(), "more entries than bytes");
    for entry in page.entries {
        if let Entry::Record { record, raw, .. } = entry {
            fuzz::check_kept(&record, &raw);
        }
    }
});
