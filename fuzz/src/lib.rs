//! What the fuzz targets have in common.

use formats::{Format, Item};

/// Reads bytes as a format and checks what must hold whatever they are: reading ends, gives at most one record for
/// each few bytes, every record has an identity and a title, and what is kept of a record gives the same record again.
pub fn read(format: Option<Format>, bytes: &[u8]) {
    let input = Box::new(std::io::Cursor::new(bytes.to_vec()));
    let Ok(reader) = formats::read(input, "input", format) else { return };
    // Bombs may expand; a plain input cannot hold more items than bytes.
    let items_max = if format.is_some() { bytes.len() + 16 } else { usize::MAX };
    for (count, item) in reader.enumerate() {
        assert!(count <= items_max, "more items than bytes");
        match item {
            Ok(Item::Record { record, raw, .. }) => {
                check_kept(&record, &raw);
            }
            Ok(Item::Problem { raw, reason, .. }) => {
                assert!(raw.len() <= formats::limit::PROBLEM_BYTES_MAX);
                assert!(!reason.is_empty(), "a problem without a reason");
            }
            Ok(Item::Volume(volume)) => assert!(!volume.id.is_empty()),
            Err(_) => return,
        }
    }
}

/// A record has an identity and a title, and what is kept of it gives the same record again.
pub fn check_kept(record: &paper::Record, raw: &[u8]) {
    assert!(!record.identities.is_empty(), "a record without an identity");
    assert!(!record.title.trim().is_empty(), "a record without a title");
    let again = formats::parse_again(record.source, raw);
    assert_eq!(again.as_ref(), Ok(record), "what was kept gives another record");
}

/// The target of one format.
#[macro_export]
macro_rules! target_of_format {
    ($format:expr) => {
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::read(Some($format), bytes));
    };
}
