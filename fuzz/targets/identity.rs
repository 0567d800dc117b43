//! Any text as an identity, an address, a day, a category.
#![no_main]

use paper::{Day, Identity, category};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let arxiv = Identity::arxiv(text).map(|(identity, _)| identity);
    let found = [
        arxiv,
        Identity::doi(text),
        Identity::acl(text),
        Identity::openreview(text),
        Identity::from_words(text),
    ];
    for identity in found.into_iter().flatten() {
        // The canonical form is a fixed point, and an address never climbs out of its place.
        assert_eq!(Identity::from_canonical(&identity.to_string()).as_ref(), Some(&identity), "{text:?}");
        if let Some(address) = identity.address() {
            assert!(!address.split('/').any(|part| part == ".." || part == "."), "{address:?}");
            assert!(!address.starts_with('/') && !address.chars().any(char::is_control), "{address:?}");
        }
    }
    if let Some(identity) = Identity::from_canonical(text) {
        // Spellings differ in case where the scheme ignores it; written out, an identity is always the same.
        assert_eq!(Identity::from_canonical(&identity.to_string()), Some(identity), "{text:?}");
    }
    if let Ok(day) = text.parse::<Day>() {
        assert_eq!(day.to_string().parse::<Day>().ok(), Some(day));
    }
    let _ = (
        category::find(text),
        category::canonical(text),
        category::archive(text),
        category::is_plausible(text),
    );
    let _ = paper::identity::slug(text, 40);
    let _ = paper::join::Key::from_text(text);
});
