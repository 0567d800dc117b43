//! A query in words for people.

use super::{Clause, Query, What};
use paper::category;

/// The whole query as a sentence without its stop.
pub(super) fn query(query: &Query) -> String {
    let about: Vec<String> = query
        .clauses()
        .iter()
        .filter(|clause| !clause.negated)
        .filter_map(|clause| match &clause.what {
            What::Word(text) => Some(text.clone()),
            What::Phrase(text) => Some(format!("“{text}”")),
            What::Prefix(text) => Some(format!("{text}…")),
            _ => None,
        })
        .collect();
    let mut parts = vec![match about.is_empty() {
        true => "papers".to_string(),
        false => format!("papers about {}", about.join(" ")),
    }];
    let rest = query.clauses().iter().filter(|clause| {
        clause.negated || !matches!(clause.what, What::Word(_) | What::Phrase(_) | What::Prefix(_))
    });
    parts.extend(rest.map(clause));
    parts.join(", ")
}

/// One part.
pub(super) fn clause(clause: &Clause) -> String {
    let words = match &clause.what {
        What::Word(text) => format!("with {text}"),
        What::Phrase(text) => format!("with the phrase “{text}”"),
        What::Prefix(text) => format!("with words that begin with {text}"),
        What::Author(name) => format!("by {name}"),
        What::Title(text) => format!("with “{text}” in the title"),
        What::Category(id) => match category::find(id) {
            Some(known) => format!("in {id} ({})", known.name),
            None => format!("in {id}"),
        },
        What::Year(Some(from), Some(to)) if from == to => format!("of {from}"),
        What::Year(Some(from), Some(to)) => format!("from {from} to {to}"),
        What::Year(Some(from), None) => format!("since {from}"),
        What::Year(None, Some(to)) => format!("until {to}"),
        What::Year(None, None) => "of any year".to_string(),
        What::Source(source) => format!("from {}", source.title()),
        What::HasCode => "with code".to_string(),
        What::Topic(slug) => format!("on the list {slug}"),
    };
    if clause.negated { format!("not {words}") } else { words }
}
