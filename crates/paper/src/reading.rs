//! Which reading of [`crate::text`] belongs to which field and notation of a record.

use crate::Markup;
use crate::text::{Dialect, Kind, Text, parse_as};

pub use crate::text::fold;

fn dialect(markup: Markup) -> Dialect {
    match markup {
        Markup::Tex => Dialect::Tex,
        Markup::Huggingface => Dialect::HuggingFace,
    }
}

/// Reads a title.
pub fn title(raw: &str, markup: Markup) -> Text {
    parse_as(raw, Kind::Title, dialect(markup))
}

/// Reads an abstract.
pub fn abstract_text(raw: &str, markup: Markup) -> Text {
    parse_as(raw, Kind::Abstract, dialect(markup))
}

/// Reads a comment field or a journal reference.
pub fn comment(raw: &str, markup: Markup) -> Text {
    parse_as(raw, Kind::Comment, dialect(markup))
}

/// An address found in a text, and the words before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLink {
    /// The address, with its scheme.
    pub url: String,
    /// The words that lead to it, from which its kind is read.
    pub before: String,
}

/// How many characters before an address can say what it leads to: a clause, not a sentence.
const BEFORE_CHARS: usize = 80;

/// The addresses in a text, in order.
pub fn find_links(raw: &str, markup: Markup) -> Vec<FoundLink> {
    // Most abstracts have no address, and merging should not read each of them to find that out.
    let may_have = ["http", "www.", ".com", ".io", ".org", ".edu", ".ai", "\\url", "\\href"];
    if !may_have.iter().any(|mark| raw.contains(mark)) {
        return Vec::new();
    }
    let text = comment(raw, markup);
    let plain = text.plain();
    let words_before = |shown: &str| {
        let at = plain.find(shown).unwrap_or(0);
        let start = plain[..at].char_indices().rev().nth(BEFORE_CHARS).map_or(0, |(start, _)| start);
        plain[start..at].to_string()
    };
    text.links()
        .into_iter()
        .map(|link| FoundLink { before: words_before(&link.text), url: link.url })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_come_with_the_words_before_them() {
        let found = find_links(r"We do it. Our code is at \url{https://lab.example.org/x}.", Markup::Tex);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].url, "https://lab.example.org/x");
        assert!(found[0].before.ends_with("Our code is at "), "{:?}", found[0].before);
    }

    #[test]
    fn three_spellings_of_a_name_fold_to_one() {
        let folded = |raw: &str| fold(&title(raw, Markup::Tex).plain());
        assert_eq!(folded("Poincare"), folded("Poincaré"));
        assert_eq!(folded("Poincare"), folded(r"Poincar\'e"));
    }
}
