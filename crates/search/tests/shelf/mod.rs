//! Papers in memory, with a history like the catalogue's.
// Each test file uses its own part; a helper that fails fails its test.
#![allow(dead_code, clippy::unwrap_used)]

use catalogue::{Change, PaperId, Sequence};
use paper::Day;
use search::{Answer, Document, Engine, Index, Indexer, Material, Request, Searcher};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

#[derive(Clone, Default)]
pub(crate) struct Shelf {
    history: Vec<Change>,
    papers: BTreeMap<u32, Document>,
}

impl Shelf {
    pub(crate) fn of(documents: impl IntoIterator<Item = Document>) -> Shelf {
        let mut shelf = Shelf::default();
        documents.into_iter().for_each(|document| shelf.put(document));
        shelf
    }

    pub(crate) fn put(&mut self, document: Document) {
        self.log(document.id);
        self.papers.insert(document.id, document);
    }

    pub(crate) fn remove(&mut self, id: u32) {
        self.log(id);
        self.papers.remove(&id);
    }

    fn log(&mut self, id: u32) {
        let sequence = Sequence(self.history.len() as u64 + 1);
        self.history.push(Change { sequence, id: PaperId(id) });
    }

    pub(crate) fn documents(&self) -> impl Iterator<Item = &Document> {
        self.papers.values()
    }
}

impl Material for Shelf {
    type Raw = Document;

    fn changes(&self, after: Sequence, limit: usize) -> Result<Vec<Change>, String> {
        Ok(self.history.iter().skip(after.0 as usize).take(limit).cloned().collect())
    }

    fn papers(&self, ids: &[PaperId]) -> Result<Vec<Option<Document>>, String> {
        Ok(ids.iter().map(|id| self.papers.get(&id.0).cloned()).collect())
    }

    fn sequence(&self) -> Result<Sequence, String> {
        Ok(Sequence(self.history.len() as u64))
    }

    fn document(&self, raw: &Document) -> Document {
        raw.clone()
    }
}

/// A paper with a title and an abstract; the address is made of the id.
pub(crate) fn paper(id: u32, title: &str, text: &str) -> Document {
    Document {
        id,
        address: format!("paper-{id}"),
        title: title.to_string(),
        text: text.to_string(),
        identities: vec![format!("sample:paper-{id}"), format!("paper-{id}")],
        year: Some(2020),
        day: Day::new(2020, 1, 1),
        ..Document::default()
    }
}

pub(crate) fn indexer(directory: &Path) -> Indexer {
    Index::indexer(directory).unwrap().expect("nobody else holds the lock")
}

pub(crate) fn catch_up(indexer: &mut Indexer, shelf: &Shelf) {
    indexer.catch_up(shelf, &AtomicBool::new(false), &mut |_| {}).unwrap();
}

/// An index of a shelf, ready to be searched.
pub(crate) fn index(directory: &Path, shelf: &Shelf) -> Index {
    catch_up(&mut indexer(directory), shelf);
    Index::open(directory).unwrap()
}

pub(crate) fn answer(index: &Index, engine: Engine, text: &str) -> Answer {
    let request = Request { text: text.to_string(), engine, offset: 0, limit: 100, facets: true };
    index.search(&request).unwrap()
}

/// Ids by words, in order.
pub(crate) fn found(index: &Index, text: &str) -> Vec<u32> {
    answer(index, Engine::Words, text).hits.iter().map(|hit| hit.id.0).collect()
}

/// Ids by words, ascending.
pub(crate) fn found_set(index: &Index, text: &str) -> Vec<u32> {
    let mut ids = found(index, text);
    ids.sort_unstable();
    ids
}
