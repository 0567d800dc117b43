//! Texts with the words of a query marked.

use crate::analyse;
use crate::query::{Query, What, plain};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use tantivy::tokenizer::{TextAnalyzer, TokenStream};

/// A stretch of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text, unescaped.
    pub text: String,
    /// Whether it is a word of the query.
    pub marked: bool,
}

/// The most of a text that is looked at, in bytes.
const TEXT_BYTES_MAX: usize = 100_000;

/// Marks the words of one query in any number of texts. What a word became is remembered: papers that answer one query
/// share most of their words, and stemming them is most of the work.
pub struct Highlighter {
    /// Words of the query, stemmed.
    stems: HashSet<String>,
    /// Beginnings of words that the query asks for.
    beginnings: Vec<String>,
    exact: TextAnalyzer,
    stemmed: TextAnalyzer,
    /// For each word that was seen, the word of the query that it is.
    known: HashMap<String, Option<String>>,
}

impl Highlighter {
    /// For the words of a query that are asked for, not those that are excluded.
    pub fn new(query: &Query) -> Highlighter {
        let (mut exact, mut stemmed) = (analyse::exact(), analyse::stemmed());
        let (mut stems, mut beginnings) = (HashSet::new(), Vec::new());
        for clause in query.clauses().iter().filter(|clause| !clause.negated) {
            match &clause.what {
                What::Word(text) | What::Phrase(text) | What::Title(text) => {
                    stems.extend(analyse::terms(&mut stemmed, &plain(text)));
                }
                What::Prefix(text) => beginnings.extend(analyse::terms(&mut exact, text)),
                _ => {}
            }
        }
        Highlighter { stems, beginnings, exact, stemmed, known: HashMap::new() }
    }

    /// The window of a plain text, about `length` characters, that holds most of the query's words, with these marked.
    ///
    /// Nothing is cut inside a run without spaces, so neither a word nor a formula without spaces is torn. An ellipsis
    /// stands where text was left out. A text that fits is returned whole.
    pub fn window(&mut self, text: &str, length: usize) -> Vec<Piece> {
        let text = bounded(text);
        let found = self.hits(text);
        let window = window(text, &found, length);
        let mut pieces = Vec::new();
        if window.start > 0 {
            pieces.push(Piece { text: "… ".to_string(), marked: false });
        }
        push_marked(text, &window, &found, &mut pieces);
        if window.end < text.trim_end().len() {
            pieces.push(Piece { text: " …".to_string(), marked: false });
        }
        join(pieces)
    }

    /// The whole text with the query's words marked, for titles.
    pub fn mark(&mut self, text: &str) -> Vec<Piece> {
        let text = bounded(text);
        let mut pieces = Vec::new();
        push_marked(text, &(0..text.len()), &self.hits(text), &mut pieces);
        join(pieces)
    }

    fn hits(&mut self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        if self.stems.is_empty() && self.beginnings.is_empty() {
            return found;
        }
        let mut words = self.exact.token_stream(text);
        while words.advance() {
            let token = words.token();
            let word = match self.known.get(&token.text) {
                Some(known) => known.clone(),
                None => {
                    // English stems begin with the letter of their word: most words need not be stemmed.
                    let first = token.text.chars().next();
                    let may_be = self.stems.iter().any(|stem| stem.chars().next() == first);
                    let stems =
                        if may_be { analyse::terms(&mut self.stemmed, &token.text) } else { Vec::new() };
                    let of_stem = stems.into_iter().find(|stem| self.stems.contains(stem));
                    let begins = |beginning: &&String| token.text.starts_with(beginning.as_str());
                    let word = of_stem.or_else(|| self.beginnings.iter().find(begins).cloned());
                    self.known.insert(token.text.clone(), word.clone());
                    word
                }
            };
            if let Some(word) = word {
                found.push(Found { bytes: token.offset_from..token.offset_to, word });
            }
        }
        found
    }
}

fn bounded(text: &str) -> &str {
    let end = (0..=text.len().min(TEXT_BYTES_MAX)).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    &text[..end]
}

/// Where a word of the query stands, and which one.
#[derive(Debug)]
struct Found {
    bytes: Range<usize>,
    word: String,
}

/// The bytes of the best window: most different words, then most words, then the earliest.
fn window(text: &str, found: &[Found], length: usize) -> Range<usize> {
    let end = text.trim_end().len();
    if text.chars().nth(length).is_none() {
        return 0..end;
    }
    // A mean of bytes a character is close enough for a window of "about" so many characters.
    let bytes = length * text.len() / text.chars().count().max(1);
    let mut best = (0, 0, 0);
    for (first, start) in found.iter().enumerate() {
        let inside = found[first..].iter().take_while(|other| other.bytes.end <= start.bytes.start + bytes);
        let (mut different, mut all) = (BTreeSet::new(), 0);
        for other in inside {
            different.insert(other.word.as_str());
            all += 1;
        }
        if (different.len(), all) > (best.0, best.1) {
            best = (different.len(), all, start.bytes.start);
        }
    }
    // Some context before the first word; from the beginning if that is near.
    let context = bytes / 5;
    let from = best.2.saturating_sub(context);
    let from = if from < context { 0 } else { space_before(text, from) };
    let to = space_after(text, (from + bytes).min(end));
    from..to.min(end)
}

/// The beginning of the run without spaces around a byte.
fn space_before(text: &str, at: usize) -> usize {
    let at = (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    text[..at]
        .rfind(char::is_whitespace)
        .map_or(0, |space| space + text[space..].chars().next().map_or(1, char::len_utf8))
}

/// The end of the run without spaces around a byte.
fn space_after(text: &str, at: usize) -> usize {
    let at = (at..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    text[at..].find(char::is_whitespace).map_or(text.len(), |space| at + space)
}

fn push_marked(text: &str, window: &Range<usize>, found: &[Found], pieces: &mut Vec<Piece>) {
    let mut at = window.start;
    for hit in found.iter().filter(|hit| hit.bytes.start >= window.start && hit.bytes.end <= window.end) {
        if hit.bytes.start < at {
            continue;
        }
        pieces.push(Piece { text: text[at..hit.bytes.start].to_string(), marked: false });
        pieces.push(Piece { text: text[hit.bytes.clone()].to_string(), marked: true });
        at = hit.bytes.end;
    }
    pieces.push(Piece { text: text[at..window.end].to_string(), marked: false });
}

/// Without empty pieces, neighbours of one kind together.
fn join(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces.into_iter().filter(|piece| !piece.text.is_empty()) {
        match joined.last_mut() {
            Some(last) if last.marked == piece.marked => last.text.push_str(&piece.text),
            _ => joined.push(piece),
        }
    }
    joined
}
