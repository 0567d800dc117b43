//! What a query demands, as a set of documents.

use crate::query::{Clause, Query, What, plain};
use crate::schema::{HAS_CODE, source_flag};
use crate::snapshot::Snapshot;
use crate::{analyse, words};
use learn::scan::Bitset;
use tantivy::query::{EnableScoring, PhraseQuery, Query as _};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, TERMINATED, Term};

/// A name may have a middle name or initial between its parts.
const AUTHOR_SLOP: u32 = 1;

/// The living documents that satisfy every demand; `None` if there is no demand.
pub(crate) fn demanded(snapshot: &Snapshot, query: &Query) -> tantivy::Result<Option<Bitset>> {
    let mut demanded: Option<Bitset> = None;
    for clause in query.clauses().iter().filter(|clause| demands(clause)) {
        let mut having = having(snapshot, &clause.what)?;
        if clause.negated {
            let mut words = having.words().to_vec();
            words.resize((snapshot.documents as usize).div_ceil(64), 0);
            words.iter_mut().for_each(|word| *word = !*word);
            having = Bitset::from_words(words);
            having.intersect(&Bitset::all(snapshot.documents));
        }
        match &mut demanded {
            Some(demanded) => demanded.intersect(&having),
            None => demanded = Some(having),
        }
    }
    if let (Some(demanded), Some(alive)) = (&mut demanded, &snapshot.alive) {
        demanded.intersect(alive);
    }
    Ok(demanded)
}

/// True for what a paper must have or must not have.
pub(crate) fn demands(clause: &Clause) -> bool {
    clause.negated || !matches!(clause.what, What::Word(_) | What::Prefix(_))
}

/// The documents that have it, deleted ones perhaps among them.
fn having(snapshot: &Snapshot, what: &What) -> tantivy::Result<Bitset> {
    let fields = &snapshot.fields;
    match what {
        What::Word(text) | What::Phrase(text) => phrase(snapshot, fields.text, &plain(text)),
        What::Title(text) => phrase(snapshot, fields.title, &plain(text)),
        What::Prefix(text) => {
            let mut found = Bitset::new();
            for term in words::beginning(snapshot, text)? {
                collect(snapshot, &Term::from_field_text(fields.exact, &term), &mut found)?;
            }
            Ok(found)
        }
        What::Author(name) => {
            let parts = analyse::words(&mut analyse::exact(), &plain(name));
            in_order(snapshot, fields.authors, &parts, AUTHOR_SLOP)
        }
        What::Category(id) => one(snapshot, fields.category, id),
        What::Topic(slug) => one(snapshot, fields.topic, slug),
        What::Year(from, to) => {
            let from = from.map_or(1, |year| year.max(1) as u16);
            let to = to.map_or(u16::MAX, |year| year.max(0) as u16);
            Ok(by_column(snapshot, |columns, at| (from..=to).contains(&columns.years[at])))
        }
        What::Source(source) => {
            let flag = source_flag(*source) as u16;
            Ok(by_column(snapshot, |columns, at| columns.flags[at] & flag != 0))
        }
        What::HasCode => Ok(by_column(snapshot, |columns, at| columns.flags[at] & HAS_CODE as u16 != 0)),
    }
}

/// Running text in order; a text of stop words alone is looked up as written, each word for itself.
fn phrase(snapshot: &Snapshot, field: Field, text: &str) -> tantivy::Result<Bitset> {
    let stems = analyse::words(&mut analyse::stemmed(), text);
    if !stems.is_empty() {
        return in_order(snapshot, field, &stems, 0);
    }
    let mut all: Option<Bitset> = None;
    for term in analyse::terms(&mut analyse::exact(), text) {
        let having = one(snapshot, snapshot.fields.exact, &term)?;
        match &mut all {
            Some(all) => all.intersect(&having),
            None => all = Some(having),
        }
    }
    Ok(all.unwrap_or_default())
}

fn in_order(
    snapshot: &Snapshot,
    field: Field,
    parts: &[analyse::Found],
    slop: u32,
) -> tantivy::Result<Bitset> {
    match parts {
        [] => Ok(Bitset::new()),
        [part] => one(snapshot, field, &part.term),
        parts => {
            let first = parts[0].position;
            let terms = parts
                .iter()
                .take(crate::settings::TERMS_MAX)
                .map(|part| (part.position - first, Term::from_field_text(field, &part.term)))
                .collect();
            let query = PhraseQuery::new_with_offset_and_slop(terms, slop);
            let weight = query.weight(EnableScoring::disabled_from_searcher(&snapshot.searcher))?;
            let mut found = Bitset::new();
            for segment in &snapshot.segments {
                let mut scorer = weight.scorer(&segment.reader, 1.0)?;
                let mut document = scorer.doc();
                while document != TERMINATED {
                    found.insert(segment.base + document);
                    document = scorer.advance();
                }
            }
            Ok(found)
        }
    }
}

/// The documents with one term.
pub(crate) fn one(snapshot: &Snapshot, field: Field, text: &str) -> tantivy::Result<Bitset> {
    let mut found = Bitset::new();
    collect(snapshot, &Term::from_field_text(field, text), &mut found)?;
    Ok(found)
}

/// Adds the documents with a term to a set.
pub(crate) fn collect(snapshot: &Snapshot, term: &Term, into: &mut Bitset) -> tantivy::Result<()> {
    for segment in &snapshot.segments {
        let index = segment.reader.inverted_index(term.field())?;
        if let Some(mut postings) = index.read_postings(term, IndexRecordOption::Basic)? {
            let mut document = postings.doc();
            while document != TERMINATED {
                into.insert(segment.base + document);
                document = postings.advance();
            }
        }
    }
    Ok(())
}

fn by_column(snapshot: &Snapshot, has: impl Fn(&crate::snapshot::Columns, usize) -> bool) -> Bitset {
    let mut found = Bitset::new();
    for segment in &snapshot.segments {
        for at in 0..segment.reader.max_doc() {
            if has(&segment.columns, at as usize) {
                found.insert(segment.base + at);
            }
        }
    }
    found
}
