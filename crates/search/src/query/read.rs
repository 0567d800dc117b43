//! The parser: total, linear, bounded.

use super::{Clause, Query, What};
use paper::{Identity, Source, category};

/// Characters of a query that are read; a longer one is cut with a note. Enough for a whole abstract and its title.
pub const QUERY_CHARS_MAX: usize = 10_000;

/// Parts of a query that are used; more are left out with a note. Enough for a whole abstract pasted as a query.
pub const PARTS_MAX: usize = 512;

/// The longest value of a field in characters.
const VALUE_CHARS_MAX: usize = 200;

/// What a text is cut into before anything is understood.
struct Piece {
    negated: bool,
    /// The field and its colon, e.g. `cat`.
    field: Option<&'static str>,
    text: String,
    quoted: bool,
}

const FIELDS: [(&str, &str); 11] = [
    ("author", "author"),
    ("authors", "author"),
    ("au", "author"),
    ("title", "title"),
    ("ti", "title"),
    ("cat", "cat"),
    ("category", "cat"),
    ("year", "year"),
    ("source", "source"),
    ("has", "has"),
    ("topic", "topic"),
];

pub(super) fn read(text: &str) -> Query {
    let mut notes = Vec::new();
    let text = normal(text, &mut notes);
    let identity = Identity::from_words(text.trim());
    let (pieces, broken) = cut(&text);
    let mut clauses: Vec<Clause> = if broken {
        notes.push("The query could not be read as written; it was searched as plain words.".to_string());
        plain_words(&text)
    } else {
        pieces.into_iter().filter_map(|piece| understand(piece, &mut notes)).collect()
    };
    if clauses.is_empty() && !text.trim().is_empty() && !broken {
        notes.push("The query holds no word that can be searched.".to_string());
    }
    if clauses.len() > PARTS_MAX {
        notes.push(format!("Only the first {PARTS_MAX} of {} parts of the query were used.", clauses.len()));
        clauses.truncate(PARTS_MAX);
    }
    Query { clauses, notes, identity }
}

/// One kind of quote and of space, no control characters, not too long.
fn normal(text: &str, notes: &mut Vec<String>) -> String {
    let mut chars = text.chars();
    let kept: String = chars
        .by_ref()
        .take(QUERY_CHARS_MAX)
        .map(|c| match c {
            '“' | '”' | '„' | '‟' | '«' | '»' | '＂' => '"',
            c if c.is_whitespace() || c.is_control() => ' ',
            c => c,
        })
        .collect();
    if chars.next().is_some() {
        notes.push(format!("The query was cut after {QUERY_CHARS_MAX} characters."));
    }
    kept
}

/// Cuts at spaces and quotes. The second value is true if a quote is never closed.
fn cut(text: &str) -> (Vec<Piece>, bool) {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let unsigned = rest.trim_start_matches('-');
        let negated = unsigned.len() < rest.len();
        rest = unsigned;
        let (field, after) = field(rest);
        let (text, quoted, after) = match after.strip_prefix('"') {
            Some(inside) => match inside.split_once('"') {
                Some((text, after)) => (text, true, after),
                None => return (pieces, true),
            },
            None => {
                let end = after.find([' ', '"']).unwrap_or(after.len());
                (&after[..end], false, &after[end..])
            }
        };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        pieces.push(Piece { negated, field, text, quoted });
        rest = after.trim_start();
    }
    (pieces, false)
}

/// A known field at the beginning, and what follows it.
fn field(text: &str) -> (Option<&'static str>, &str) {
    let Some((name, rest)) = text.split_once(':') else { return (None, text) };
    let known = FIELDS.iter().find(|(spelling, _)| name.eq_ignore_ascii_case(spelling));
    match known {
        Some((_, field)) if !rest.is_empty() && !rest.starts_with(' ') => (Some(field), rest),
        _ => (None, text),
    }
}

fn understand(piece: Piece, notes: &mut Vec<String>) -> Option<Clause> {
    let Piece { negated, field, text, quoted } = piece;
    if !has_word(&text) {
        return None;
    }
    let what = match field.and_then(|field| value(field, &text, notes)) {
        Some(what) => what,
        None => match field {
            // The field's name stays: the person sees that it was taken as words.
            Some(field) => {
                notes.push(format!("“{field}:{text}” was not understood and was searched as words."));
                What::Word(format!("{field}:{}", text.replace(' ', "_")))
            }
            None if quoted => What::Phrase(text),
            None => word(text)?,
        },
    };
    Some(Clause { negated, what })
}

fn value(field: &str, text: &str, notes: &mut Vec<String>) -> Option<What> {
    if text.chars().nth(VALUE_CHARS_MAX).is_some() {
        return None;
    }
    match field {
        "author" => Some(What::Author(text.to_string())),
        "title" => Some(What::Title(text.to_string())),
        "cat" => {
            let id = category_id(text)?;
            if category::find(&id).is_none() {
                notes.push(format!("No category “{id}” is known."));
            }
            Some(What::Category(id))
        }
        "year" => years(text),
        "source" => {
            let name = text.to_ascii_lowercase();
            let name = if name == "hf" { "huggingface" } else { name.as_str() };
            Source::from_name(name).map(What::Source)
        }
        "has" => text.eq_ignore_ascii_case("code").then_some(What::HasCode),
        "topic" => Some(crate::document::topic_slug(text)).filter(|slug| !slug.is_empty()).map(What::Topic),
        _ => None,
    }
}

/// The canonical id of a category in any case.
fn category_id(text: &str) -> Option<String> {
    if !category::is_plausible(text) {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let upper_class =
        lower.split_once('.').map(|(archive, class)| format!("{archive}.{}", class.to_ascii_uppercase()));
    let spellings = [Some(text.to_string()), Some(lower), upper_class];
    let known = spellings.into_iter().flatten().find(|id| category::find(id).is_some());
    let id = known.unwrap_or_else(|| text.to_string());
    Some(category::canonical(&id).to_string())
}

/// `2024`, `2020-2023`, `2020..2023`, `2020-`, `>=2020`, `>2020`, `<=2020`, `<2020`.
fn years(text: &str) -> Option<What> {
    let number = |text: &str| text.trim().parse::<i16>().ok().filter(|year| (0..=9999).contains(year));
    for (sign, from_shift, to_shift) in
        [(">=", Some(0), None), ("<=", None, Some(0)), (">", Some(1), None), ("<", None, Some(-1))]
    {
        if let Some(year) = text.strip_prefix(sign) {
            let year = number(year)?;
            return Some(What::Year(
                from_shift.map(|shift| year + shift),
                to_shift.map(|shift: i16| (year + shift).max(0)),
            ));
        }
    }
    let range = text.split_once("..").or_else(|| text.split_once('-')).or_else(|| text.split_once('–'));
    match range {
        None => number(text).map(|year| What::Year(Some(year), Some(year))),
        Some((from, "")) => number(from).map(|year| What::Year(Some(year), None)),
        Some((from, to)) => {
            let (from, to) = (number(from)?, number(to)?);
            (from <= to).then_some(What::Year(Some(from), Some(to)))
        }
    }
}

/// A word or the beginning of one.
fn word(text: String) -> Option<What> {
    let stem = text.trim_end_matches('*');
    if stem.len() < text.len() && stem.chars().all(|c| c.is_alphanumeric()) && !stem.is_empty() {
        return Some(What::Prefix(stem.to_string()));
    }
    Some(What::Word(text))
}

/// A text without operators: what is written is what is looked for.
pub(super) fn read_words(text: &str) -> Query {
    let mut notes = Vec::new();
    let text = normal(text, &mut notes);
    let mut clauses = plain_words(&text);
    clauses.truncate(PARTS_MAX);
    Query { clauses, notes, identity: None }
}

/// The words alone, nothing in them that would be an operator when read again.
fn plain_words(text: &str) -> Vec<Clause> {
    let spaced: String = text.chars().map(|c| if matches!(c, '"' | ':' | '*') { ' ' } else { c }).collect();
    let words =
        spaced.split_whitespace().map(|word| word.trim_start_matches('-')).filter(|word| has_word(word));
    words.map(|word| Clause { negated: false, what: What::Word(word.to_string()) }).collect()
}

fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}
