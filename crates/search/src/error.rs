//! What can go wrong, in words.

use std::path::{Path, PathBuf};

/// Why a search or the indexer gave up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory of the index could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The inverted index refused.
    #[error("the word index in {} failed while {action}: {source}", path.display())]
    Words {
        /// What was tried.
        action: &'static str,
        /// The generation's directory.
        path: PathBuf,
        /// Tantivy's answer.
        source: Box<tantivy::TantivyError>,
    },
    /// The index is damaged. It is derived data: the indexer makes a new one from the catalogue.
    #[error("the index in {} is damaged ({reason}); it will be rebuilt from the catalogue", path.display())]
    Damaged {
        /// The generation's directory.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// The source of papers refused.
    #[error("cannot read papers for the index: {0}")]
    Source(String),
    /// Not an error of the index: the caller asked to stop.
    #[error("stopped before the index had caught up")]
    Stopped,
    /// A test collection cannot be read.
    #[error("cannot evaluate {}: {reason}", path.display())]
    Collection {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
}

impl Error {
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        move |source| Error::File { action, path: path.to_path_buf(), source }
    }

    pub(crate) fn words<E: Into<tantivy::TantivyError>>(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(E) -> Error {
        move |source| Error::Words { action, path: path.to_path_buf(), source: Box::new(source.into()) }
    }

    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> Error {
        Error::Damaged { path: path.to_path_buf(), reason: reason.into() }
    }
}
