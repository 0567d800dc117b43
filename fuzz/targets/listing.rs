//! Any bytes, read as a listing page of arXiv.
#![no_main]

use formats::listing::read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(listing) = read(bytes, "input", "cs.LG") else { return };
    assert!(listing.items().count() <= bytes.len(), "more items than bytes");
    let _ = listing.verdict();
    for item in listing.items() {
        fuzz::check_kept(&item.record, &item.raw);
    }
});
