//! Any text as a list of authors.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let raw = String::from_utf8_lossy(bytes);
    let parsed = paper::text::parse_authors(&raw);
    for author in &parsed.authors {
        let _ = author.sort_name();
    }
});
