//! What a person asked for, understood.
//!
//! | written | means |
//! |---|---|
//! | `graph networks` | papers about these words; the more of them, the better |
//! | `"graph networks"` | only papers with this phrase |
//! | `transf*` | words with this beginning |
//! | `author:hinton`, `author:"Geoffrey Hinton"` | only papers of this author |
//! | `title:attention` | only papers with this in their title |
//! | `cat:cs.CL`, `cat:cs` | only papers of this category or archive |
//! | `year:2024`, `year:2020-2023`, `year:>=2020` | only papers of these years |
//! | `source:acl`, `has:code`, `topic:loss-functions` | only these |
//! | `-word`, `-"a phrase"`, `-cat:cs.CV` | not these |
//!
//! Reading never fails: what cannot be understood is searched as plain words, and a note says so.

mod describe;
mod read;

use paper::{Identity, Source};
use serde::{Deserialize, Serialize};
use std::fmt;

pub use read::{PARTS_MAX, QUERY_CHARS_MAX};

/// A query, understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    clauses: Vec<Clause>,
    notes: Vec<String>,
    identity: Option<Identity>,
}

/// One part of a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// True if papers with it are left out.
    pub negated: bool,
    /// What is asked for.
    pub what: What,
}

/// What a part of a query asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// A word; the only part that a paper may lack and still match.
    Word(String),
    /// Words in this order.
    Phrase(String),
    /// The beginning of a word.
    Prefix(String),
    /// A name of an author.
    Author(String),
    /// Words of the title, in this order.
    Title(String),
    /// A category or archive in canonical form.
    Category(String),
    /// Years, both ends included; `None` is open.
    Year(Option<i16>, Option<i16>),
    /// A source.
    Source(Source),
    /// A link to code.
    HasCode,
    /// A named list, as a slug.
    Topic(String),
}

impl What {
    /// True for what only narrows a search: it says nothing about the content.
    pub fn is_filter(&self) -> bool {
        !matches!(self, What::Word(_) | What::Phrase(_) | What::Prefix(_) | What::Title(_))
    }
}

impl Query {
    /// Understands a text. Never fails; see [`Query::notes`].
    pub fn read(text: &str) -> Query {
        read::read(text)
    }

    /// Takes a text as words alone: quotes, colons, stars and minus signs mean nothing. For sentences that nobody wrote
    /// as a query.
    pub fn words(text: &str) -> Query {
        read::read_words(text)
    }

    /// Its parts in order.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// What a person should know about how the text was understood: sentences.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The identity that the whole text is, if it is one: an id or the address of a paper.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// True if nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// The words that the text is about, for the engine of meaning: words, phrases and titles that are not negated.
    pub fn subject(&self) -> String {
        let parts = self.clauses.iter().filter(|clause| !clause.negated);
        let texts = parts.filter_map(|clause| match &clause.what {
            What::Word(text) | What::Phrase(text) | What::Title(text) | What::Prefix(text) => {
                Some(plain(text))
            }
            _ => None,
        });
        texts.collect::<Vec<_>>().join(" ")
    }

    /// The same query with one more part. A part that is there already is not added twice; years and sources replace
    /// each other, since no paper lies in two years.
    pub fn with(&self, what: What) -> Query {
        let mut query = self.clone();
        query.notes.clear();
        query.identity = None;
        let replaces = |old: &What| {
            matches!((old, &what), (What::Year(..), What::Year(..)) | (What::Source(_), What::Source(_)))
        };
        query.clauses.retain(|clause| clause.negated || !(replaces(&clause.what) || clause.what == what));
        query.clauses.push(Clause { negated: false, what });
        query
    }

    /// The same query without the part at this place.
    pub fn without(&self, place: usize) -> Query {
        let mut query = self.clone();
        query.notes.clear();
        query.identity = None;
        if place < query.clauses.len() {
            query.clauses.remove(place);
        }
        query
    }

    /// The filters that can be taken away one by one: in words, and the query without each.
    pub fn filters(&self) -> Vec<Filter> {
        let places = self.clauses.iter().enumerate();
        let filters = places.filter(|(_, clause)| clause.negated || clause.what.is_filter());
        filters
            .map(|(place, clause)| Filter {
                label: describe::clause(clause),
                without: self.without(place).to_string(),
            })
            .collect()
    }

    /// What was understood, as a sentence without its stop.
    pub fn describe(&self) -> String {
        describe::query(self)
    }
}

/// A filter of a query, for links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// The filter in words.
    pub label: String,
    /// The text of the query without it.
    pub without: String,
}

/// The query as a person would type it; reading it again gives the same parts.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, clause) in self.clauses.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            clause.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("-")?;
        }
        self.what.fmt(f)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |f: &mut fmt::Formatter<'_>, field: &str, text: &str| {
            let quote = if text.contains(char::is_whitespace) { "\"" } else { "" };
            write!(f, "{field}:{quote}{text}{quote}")
        };
        match self {
            What::Word(text) => f.write_str(text),
            What::Phrase(text) => write!(f, "\"{text}\""),
            What::Prefix(text) => write!(f, "{text}*"),
            What::Author(text) => value(f, "author", text),
            What::Title(text) => value(f, "title", text),
            What::Category(id) => write!(f, "cat:{id}"),
            What::Year(Some(from), Some(to)) if from == to => write!(f, "year:{from}"),
            What::Year(Some(from), Some(to)) => write!(f, "year:{from}-{to}"),
            What::Year(Some(from), None) => write!(f, "year:>={from}"),
            What::Year(None, Some(to)) => write!(f, "year:<={to}"),
            What::Year(None, None) => f.write_str("year:>=0"),
            What::Source(source) => write!(f, "source:{}", source.name()),
            What::HasCode => f.write_str("has:code"),
            What::Topic(slug) => write!(f, "topic:{slug}"),
        }
    }
}

/// A word as typed, its TeX read: `Poincar\'e` is `Poincaré`.
pub(crate) fn plain(text: &str) -> String {
    if text.contains('\\') {
        paper::reading::title(text, paper::Markup::Tex).plain()
    } else {
        text.to_string()
    }
}
