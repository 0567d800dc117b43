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
    missing("no shared data", &format!("there is no {}", path.display()), required());
    None
}

/// Whether a test may not be skipped for what is missing on this machine: `BROADSHEET_SHARED=required`.
pub(crate) fn required() -> bool {
    std::env::var("BROADSHEET_SHARED").is_ok_and(|value| value == "required")
}

/// Skips a test for something that is missing, or fails it where nothing may be.
#[track_caller]
pub(crate) fn missing(reason: &str, what: &str, required: bool) {
    assert!(!required, "BROADSHEET_SHARED=required, but {what}");
    skipped(reason);
}

/// Says on standard error that a test did not do its work here, and why.
pub fn skipped(reason: &str) {
    eprintln!("skipped: {reason}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_is_never_skipped() {
        missing("no PostgreSQL", "PostgreSQL is not installed", false);
        let failed =
            std::panic::catch_unwind(|| missing("no PostgreSQL", "PostgreSQL is not installed", true));
        assert!(failed.is_err());
    }
}
