//! What answers of APIs that speak JSON have in common when they are none.

use crate::{html, limit};

/// Why bytes are no answer of an API. None of this may be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotJson {
    /// No bytes at all.
    #[error("the answer is empty")]
    Empty,
    /// More than is read.
    #[error("the answer has {0} bytes, more than the {limit} that are accepted", limit = limit::ANSWER_BYTES_MAX)]
    TooLarge(usize),
    /// A page for people: an error page or a challenge, often with status 200.
    #[error("a web page instead of an answer{}", title.as_ref().map(|title| format!(": {title:?}")).unwrap_or_default())]
    WebPage {
        /// Its title, if it has one.
        title: Option<String>,
    },
    /// The source says no, in its words.
    #[error("the source refuses: {0}")]
    Refused(String),
    /// Something else.
    #[error("no answer that is known; it begins with {0:?}")]
    Other(String),
}

impl NotJson {
    pub(crate) fn other(bytes: &[u8]) -> NotJson {
        NotJson::Other(String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).trim().to_owned())
    }
}

/// Refuses what cannot be JSON.
pub(crate) fn refuse(bytes: &[u8]) -> Result<(), NotJson> {
    if bytes.len() > limit::ANSWER_BYTES_MAX {
        return Err(NotJson::TooLarge(bytes.len()));
    }
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(NotJson::Empty),
        Some(b'{' | b'[') => Ok(()),
        Some(b'<') => Err(NotJson::WebPage { title: html::title(bytes) }),
        Some(_) => Err(NotJson::other(bytes)),
    }
}
