//! Which reading of [`crate::text`] belongs to which field and notation of a record.

use crate::Markup;

/// Placeholder until the parser lands.
#[derive(Clone, Debug)]
pub struct Reading(String);

impl Reading {
    /// Plain Unicode text.
    pub fn plain(&self) -> String {
        self.0.clone()
    }

    /// Safe HTML with MathML.
    pub fn html(&self) -> String {
        self.0.replace('&', "&amp;").replace('<', "&lt;")
    }
}

/// Reads a title.
pub fn title(raw: &str, _markup: Markup) -> Reading {
    Reading(raw.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Reads an abstract.
pub fn abstract_text(raw: &str, markup: Markup) -> Reading {
    title(raw, markup)
}

/// Reads a comment field.
pub fn comment(raw: &str, markup: Markup) -> Reading {
    title(raw, markup)
}

/// An address found in a text, and the words before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLink {
    /// The address as written, a scheme added where it was missing.
    pub url: String,
    /// Up to 80 characters of plain text before it.
    pub before: String,
}

/// The addresses in a text, in order.
pub fn find_links(_raw: &str, _markup: Markup) -> Vec<FoundLink> {
    Vec::new()
}

/// A text as it is compared: compatibility forms and case folded, marks and TeX gone.
pub fn fold(text: &str) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}
