//! Any bytes, read as a feed of arXiv's announcements.
#![no_main]

use formats::arxiv_feed::read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(feed) = read(bytes, "input", "cs.LG+cs.AI") else { return };
    assert!(feed.announced.len() <= bytes.len(), "more items than bytes");
    for item in feed.announced {
        fuzz::check_kept(&item.record, &item.raw);
    }
});
