//! The fields of the inverted index.

use crate::document::Document;
use crate::{analyse, settings};
use paper::{Source, category};
use tantivy::TantivyDocument;
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};

/// The fields, by what they hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    /// The paper's row in the catalogue; deletes go by it.
    pub(crate) paper: Field,
    /// Title, abstract and keywords, stemmed, with positions.
    pub(crate) text: Field,
    /// The title alone, likewise.
    pub(crate) title: Field,
    /// Title, abstract and keywords as words are written, for `prefix*` and for queries of stop words alone.
    pub(crate) exact: Field,
    /// Names of authors, with positions.
    pub(crate) authors: Field,
    /// Identities and the address.
    pub(crate) identity: Field,
    /// A hash of the folded title.
    pub(crate) title_key: Field,
    /// Categories and their archives.
    pub(crate) category: Field,
    /// Slugs of named lists.
    pub(crate) topic: Field,
}

/// Columns that are read as a whole when a segment is opened.
pub(crate) mod column {
    pub(crate) const PAPER: &str = "paper";
    pub(crate) const CATEGORIES: &str = "categories";
    pub(crate) const YEAR: &str = "year";
    pub(crate) const FLAGS: &str = "flags";
    pub(crate) const TIE: &str = "tie";
}

/// The flag of a paper with code; bit `1 + n` is the n-th of [`Source::ALL`].
pub(crate) const HAS_CODE: u64 = 1;

/// The flag of a source.
pub(crate) fn source_flag(source: Source) -> u64 {
    let place = Source::ALL.iter().position(|known| *known == source).unwrap_or(0);
    1 << (1 + place)
}

/// The schema, the same for every index of this version.
pub(crate) fn schema() -> (Schema, Fields) {
    let text = |analyser: &str, option, norms| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(analyser)
            .set_index_option(option)
            .set_fieldnorms(norms);
        TextOptions::default().set_indexing_options(indexing)
    };
    let raw = || text("raw", IndexRecordOption::Basic, false);
    let mut builder = Schema::builder();
    let fields = Fields {
        paper: builder.add_u64_field(column::PAPER, INDEXED | FAST),
        text: builder
            .add_text_field("text", text(analyse::STEMMED, IndexRecordOption::WithFreqsAndPositions, true)),
        title: builder
            .add_text_field("title", text(analyse::STEMMED, IndexRecordOption::WithFreqsAndPositions, true)),
        exact: builder.add_text_field("exact", text(analyse::EXACT, IndexRecordOption::Basic, false)),
        authors: builder
            .add_text_field("authors", text(analyse::EXACT, IndexRecordOption::WithFreqsAndPositions, false)),
        identity: builder.add_text_field("identity", raw()),
        title_key: builder.add_u64_field("title_key", INDEXED),
        category: builder.add_text_field("category", raw()),
        topic: builder.add_text_field("topic", raw()),
    };
    builder.add_text_field(column::CATEGORIES, TextOptions::default().set_fast("raw"));
    builder.add_u64_field(column::YEAR, FAST);
    builder.add_u64_field(column::FLAGS, FAST);
    builder.add_u64_field(column::TIE, FAST);
    (builder.build(), fields)
}

/// A document in the form of the inverted index.
pub(crate) fn indexed(schema: &Schema, fields: &Fields, document: &Document) -> TantivyDocument {
    let mut made = TantivyDocument::new();
    made.add_u64(fields.paper, document.id.into());
    made.add_text(fields.title, &document.title);
    let keywords = document.keywords.join(" ; ");
    for text in [&document.title, &document.text, &keywords].into_iter().filter(|text| !text.is_empty()) {
        made.add_text(fields.text, text);
        made.add_text(fields.exact, text);
    }
    for author in &document.authors {
        made.add_text(fields.authors, author);
    }
    for identity in &document.identities {
        made.add_text(fields.identity, identity.to_lowercase());
    }
    if let Some(key) = analyse::title_key(&document.title) {
        made.add_u64(fields.title_key, key);
    }
    let mut places: Vec<&str> = Vec::new();
    for id in &document.categories {
        for place in [id.as_str(), category::archive(id)] {
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    places.iter().for_each(|place| made.add_text(fields.category, place));
    document.topics.iter().for_each(|topic| made.add_text(fields.topic, topic));
    let mut flags = if document.has_code { HAS_CODE } else { 0 };
    flags |= document.sources.iter().fold(0, |flags, source| flags | source_flag(*source));
    if let Ok(field) = schema.get_field(column::CATEGORIES) {
        document
            .categories
            .iter()
            .take(settings::FACET_CATEGORIES_MAX)
            .for_each(|id| made.add_text(field, id));
    }
    let year = document.year.and_then(|year| u64::try_from(year).ok()).unwrap_or(0);
    for (name, value) in [(column::YEAR, year), (column::FLAGS, flags), (column::TIE, document.tie())] {
        if let Ok(field) = schema.get_field(name) {
            made.add_u64(field, value);
        }
    }
    made
}
