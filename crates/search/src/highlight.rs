//! Texts with the words of a query marked.

use crate::analyse;
use crate::query::{Query, What, plain};
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

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

/// The window of a plain text, about `length` characters, that holds most of the query's words, with these marked.
///
/// Nothing is cut inside a run without spaces, so neither a word nor a formula without spaces is torn. An ellipsis
/// stands where text was left out. A text that fits is returned whole.
pub fn highlight(text: &str, query: &Query, length: usize) -> Vec<Piece> {
    let text = bounded(text);
    let found = hits(text, query);
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
pub fn mark(text: &str, query: &Query) -> Vec<Piece> {
    let text = bounded(text);
    let mut pieces = Vec::new();
    push_marked(text, &(0..text.len()), &hits(text, query), &mut pieces);
    join(pieces)
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

fn hits(text: &str, query: &Query) -> Vec<Found> {
    let mut stemmed = analyse::stemmed();
    let mut exact = analyse::exact();
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
    if stems.is_empty() && beginnings.is_empty() {
        return Vec::new();
    }
    let by_stem = analyse::words(&mut stemmed, text).into_iter().filter(|word| stems.contains(&word.term));
    let mut found: Vec<Found> = by_stem.map(|word| Found { bytes: word.bytes, word: word.term }).collect();
    if !beginnings.is_empty() {
        for word in analyse::words(&mut exact, text) {
            if beginnings.iter().any(|beginning| word.term.starts_with(beginning.as_str())) {
                found.push(Found { bytes: word.bytes, word: word.term });
            }
        }
        found.sort_by_key(|found| found.bytes.start);
        found.dedup_by_key(|found| found.bytes.start);
    }
    found
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
