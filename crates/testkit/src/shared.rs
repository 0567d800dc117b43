//! The data beside the checkout that some tests read.
//!
//! It is not part of the repository. Where it lies is `BROADSHEET_SHARED_DIR`, or `shared` beside the checkout. A test
//! that needs it is skipped, and says so, where it is missing, unless `BROADSHEET_SHARED=required`.

use std::path::PathBuf;

/// The path of a shared file or directory; `None`, after a line that says so, where there is none.
///
/// # Panics
/// If the file is missing and `BROADSHEET_SHARED=required`.
pub fn path(name: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("BROADSHEET_SHARED_DIR") {
        Some(directory) => PathBuf::from(directory),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var("BROADSHEET_SHARED").is_ok_and(|value| value == "required");
    assert!(!required, "BROADSHEET_SHARED=required, but there is no {}", path.display());
    skipped("no shared data");
    None
}

/// Says on standard error that a test did not do its work here, and why.
pub fn skipped(reason: &str) {
    eprintln!("skipped: {reason}");
}
