//! Text into the words that the index holds.
//!
//! One rule for papers, queries and highlighting: runs of letters and digits, each folded by [`paper::reading::fold`]
//! (so "Poincaré" and "Poincare" are one word), then, for everything but the `exact` field, English stop words out and
//! Snowball's English stems. Changing anything here changes [`VERSION`], and every index is rebuilt.

use std::ops::Range;
use tantivy::tokenizer::{
    Language, Stemmer, StopWordFilter, TextAnalyzer, Token, TokenStream, Tokenizer, TokenizerManager,
};
use unicode_normalization::char::is_combining_mark;

/// The version of the rules above; an index made by another one is rebuilt.
pub(crate) const VERSION: u32 = 1;

/// The analyser of running text.
pub(crate) const STEMMED: &str = "stemmed";

/// The analyser of names and of words that are matched by their beginning.
pub(crate) const EXACT: &str = "exact";

/// Longer words are not words: hashes, encoded data, rows of a table glued together.
const TOKEN_BYTES_MAX: usize = 80;

/// Registers both analysers with an index.
pub(crate) fn register(manager: &TokenizerManager) {
    manager.register(STEMMED, stemmed());
    manager.register(EXACT, exact());
}

/// Running text: folded, without stop words, stemmed.
pub(crate) fn stemmed() -> TextAnalyzer {
    let cut = TextAnalyzer::builder(Words::default());
    match StopWordFilter::new(Language::English) {
        Some(stop) => cut.filter(stop).filter(Stemmer::new(Language::English)).build(),
        None => cut.filter(Stemmer::new(Language::English)).build(),
    }
}

/// Folded, nothing else.
pub(crate) fn exact() -> TextAnalyzer {
    TextAnalyzer::builder(Words::default()).build()
}

/// A word of a text: where it counts, what it became and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) position: usize,
    pub(crate) term: String,
    pub(crate) bytes: Range<usize>,
}

/// All words of a text in order.
pub(crate) fn words(analyser: &mut TextAnalyzer, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut stream = analyser.token_stream(text);
    while stream.advance() {
        let token = stream.token();
        found.push(Found {
            position: token.position,
            term: token.text.clone(),
            bytes: token.offset_from..token.offset_to,
        });
    }
    found
}

/// The terms alone.
pub(crate) fn terms(analyser: &mut TextAnalyzer, text: &str) -> Vec<String> {
    words(analyser, text).into_iter().map(|found| found.term).collect()
}

/// The key under which equal titles meet: a hash of the folded words in order; `None` for a title without words.
pub(crate) fn title_key(title: &str) -> Option<u64> {
    let words = terms(&mut exact(), title);
    (!words.is_empty()).then(|| crate::stable_hash(words.join(" ").as_bytes()))
}

/// Cuts a text into runs of letters and digits and folds each.
#[derive(Clone, Default)]
struct Words {
    token: Token,
}

struct WordStream<'a> {
    text: &'a str,
    at: usize,
    token: &'a mut Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream { text, at: 0, token: &mut self.token }
    }
}

impl WordStream<'_> {
    /// The next run, if any: its bytes and whether all of it is ASCII.
    fn run(&mut self) -> Option<(Range<usize>, bool)> {
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() {
            let start = self.at;
            let Some(first) = self.text[start..].chars().next() else { break };
            self.at += first.len_utf8();
            if !first.is_alphanumeric() {
                continue;
            }
            if is_ideograph(first) {
                return Some((start..self.at, false));
            }
            let mut ascii = first.is_ascii();
            while self.at < bytes.len() {
                let byte = bytes[self.at];
                if byte.is_ascii_alphanumeric() {
                    self.at += 1;
                    continue;
                }
                if byte.is_ascii() {
                    break;
                }
                let Some(next) = self.text[self.at..].chars().next() else { break };
                if is_ideograph(next) || !(next.is_alphanumeric() || is_combining_mark(next)) {
                    break;
                }
                ascii = false;
                self.at += next.len_utf8();
            }
            return Some((start..self.at, ascii));
        }
        None
    }

    /// True for the `s` of "Poincaré's".
    fn is_possessive(&self, run: &Range<usize>) -> bool {
        let (before, word) = (&self.text[..run.start], &self.text[run.clone()]);
        (word == "s" || word == "S")
            && before
                .strip_suffix(['\'', '’'])
                .is_some_and(|owner| owner.chars().next_back().is_some_and(char::is_alphanumeric))
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        while let Some((run, ascii)) = self.run() {
            if self.is_possessive(&run) {
                continue;
            }
            let word = &self.text[run.clone()];
            self.token.text.clear();
            if ascii {
                self.token.text.push_str(word);
                self.token.text.make_ascii_lowercase();
            } else {
                self.token.text.extend(paper::reading::fold(word).chars().filter(|c| c.is_alphanumeric()));
            }
            self.token.position = self.token.position.wrapping_add(1);
            if self.token.text.is_empty() || self.token.text.len() > TOKEN_BYTES_MAX {
                continue;
            }
            self.token.offset_from = run.start;
            self.token.offset_to = run.end;
            return true;
        }
        false
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// Scripts that are written without spaces: each sign is a word of its own, and a phrase finds several.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_cases_and_possessives_do_not_separate_words() {
        let cut = |text| terms(&mut exact(), text);
        assert_eq!(cut("Poincaré's  inequality"), ["poincare", "inequality"]);
        assert_eq!(cut("POINCARE\u{301} β-VAE 3D"), ["poincare", "β", "vae", "3d"]);
        assert_eq!(cut("深度学习 net"), ["深", "度", "学", "习", "net"]);
        assert_eq!(cut("(((--"), Vec::<String>::new());
    }

    #[test]
    fn stop_words_leave_a_gap_and_stems_meet() {
        let found = words(&mut stemmed(), "Learning of the representations");
        let seen: Vec<(usize, &str)> = found.iter().map(|word| (word.position, word.term.as_str())).collect();
        assert_eq!(seen, [(0, "learn"), (3, "represent")]);
    }

    proptest::proptest! {
        /// Highlighting relies on it.
        #[test]
        fn a_stem_begins_as_its_word(word in "[a-z0-9]{1,12}(ing|ies|ied|ed|ly|s)?") {
            for stem in terms(&mut stemmed(), &word) {
                proptest::prop_assert_eq!(stem.chars().next(), word.chars().next());
            }
        }
    }

    #[test]
    fn a_very_long_word_is_no_word() {
        assert_eq!(terms(&mut exact(), &format!("a {} b", "x".repeat(500))), ["a", "b"]);
    }

    #[test]
    fn equal_titles_have_one_key() {
        assert_eq!(title_key("Attention Is All You Need"), title_key("attention is all you need."));
        assert_ne!(title_key("Attention Is All You Need"), title_key("Attention is all we need"));
        assert_eq!(title_key("…"), None);
    }
}
