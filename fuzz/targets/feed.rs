//! Any bytes, read as a feed of any site.
#![no_main]

use formats::feed::read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(feed) = read(bytes, "input", Default::default()) else { return };
    assert!(feed.entries.len() <= bytes.len(), "more entries than bytes");
    for entry in feed.entries {
        assert!(!entry.id.is_empty(), "an entry without an id");
        assert!(entry.date.is_none_or(|date| date <= Default::default()), "a date in the future");
    }
});
