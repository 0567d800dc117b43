//! Folders in BEIR's layout.

use super::{Report, Temporary, measure};
use crate::query::Query;
use crate::{Document, Engine, Error, Index, Material, RESULTS_MAX, Request, Weights};
use catalogue::{Change, PaperId, Sequence};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// A longer line is not a document of a collection.
const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A collection, indexed in a temporary place.
#[derive(Debug)]
pub struct Collection {
    index: Index,
    ids: Vec<String>,
    queries: BTreeMap<String, String>,
    splits: BTreeMap<String, Judgements>,
    folder: PathBuf,
    // Last, so that the index is closed before its files go.
    _place: Temporary,
}

/// By query: the grade of each judged document.
type Judgements = BTreeMap<String, HashMap<String, i32>>;

/// A list of names, or all of them in one text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    List(Vec<String>),
    Text(String),
}

impl Default for Names {
    fn default() -> Names {
        Names::List(Vec::new())
    }
}

impl Names {
    fn split(self) -> Vec<String> {
        match self {
            Names::List(names) => names,
            Names::Text(text) => text.split(';').map(|name| name.trim().to_string()).collect(),
        }
    }
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    authors: Names,
    #[serde(default)]
    keywords: Names,
}

impl Collection {
    /// Reads a folder and indexes its corpus with the engine that ships.
    pub fn open(folder: &Path) -> Result<Collection, Error> {
        let mut documents = Vec::new();
        for (number, line) in lines(folder, "corpus.jsonl")?.into_iter().enumerate() {
            documents.push(document(number as u32, read(folder, &line)?));
        }
        let mut queries = BTreeMap::new();
        for line in lines(folder, "queries.jsonl")? {
            let line: Line = read(folder, &line)?;
            queries.insert(line.id, line.text.unwrap_or_default());
        }
        let splits = splits(&folder.join("qrels"))?;
        let place = Temporary::new()?;
        let ids = documents.iter().map(|document| document.address.clone()).collect();
        index(&place, documents)?;
        let index = Index::open(&place.0)?;
        Ok(Collection { index, ids, queries, splits, folder: folder.to_path_buf(), _place: place })
    }

    /// The names of its judgement files.
    pub fn splits(&self) -> impl Iterator<Item = &str> {
        self.splits.keys().map(String::as_str)
    }

    /// Measures one engine. Queries are taken as words, as the judges read them; each is ranked alone, after one round
    /// that warms the caches.
    pub fn measure(&self, split: Option<&str>, engine: Engine, weights: &Weights) -> Result<Report, Error> {
        let judgements = self.judgements(split)?;
        let mut each = Vec::new();
        let mut times = Vec::new();
        let (mut recalls, mut ranks) = (Vec::new(), Vec::new());
        let judged = judgements.iter().filter(|(_, grades)| grades.values().any(|grade| *grade > 0));
        for (id, grades) in judged {
            let Some(text) = self.queries.get(id) else {
                return Err(self.wrong(format!("query {id} is judged but not in queries.jsonl")));
            };
            if times.is_empty() {
                self.rank(text, engine, weights)?;
            }
            let began = Instant::now();
            let ranking = self.rank(text, engine, weights)?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
            let ranking: Vec<&str> = ranking.iter().map(|at| self.ids[*at as usize].as_str()).collect();
            each.push((id.clone(), measure::ndcg_at_10(&ranking, grades)));
            recalls.push(measure::recall_at_100(&ranking, grades));
            ranks.push(measure::mrr_at_10(&ranking, grades));
        }
        Ok(Report {
            ndcg_at_10: measure::mean(each.iter().map(|(_, value)| *value)),
            recall_at_100: measure::mean(recalls),
            mrr_at_10: measure::mean(ranks),
            mean_ms: measure::mean(times.iter().copied()),
            p99_ms: measure::p99(&mut times),
            queries: each.len(),
            documents: self.ids.len(),
            each,
        })
    }

    fn rank(&self, text: &str, engine: Engine, weights: &Weights) -> Result<Vec<u32>, Error> {
        let request = Request { text: String::new(), engine, offset: 0, limit: RESULTS_MAX, facets: false };
        let answer = self.index.search_with(Query::words(text), &request, weights)?;
        Ok(answer.hits.into_iter().map(|hit| hit.id.0).collect())
    }

    fn judgements(&self, split: Option<&str>) -> Result<&Judgements, Error> {
        let names = self.splits().collect::<Vec<_>>().join(", ");
        match split {
            Some(name) => self
                .splits
                .get(name)
                .ok_or_else(|| self.wrong(format!("there is no qrels/{name}.tsv; there are: {names}"))),
            None => match self.splits.values().next() {
                Some(only) if self.splits.len() == 1 => Ok(only),
                Some(_) => Err(self.wrong(format!("it has several judgement files; choose one of: {names}"))),
                None => Err(self.wrong("qrels/ holds no .tsv file".to_string())),
            },
        }
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Collection { path: self.folder.clone(), reason }
    }
}

fn document(number: u32, line: Line) -> Document {
    Document {
        id: number,
        address: line.id,
        title: line.title.unwrap_or_default(),
        text: line.text.unwrap_or_default(),
        authors: line.authors.split(),
        keywords: line.keywords.split(),
        ..Document::default()
    }
}

/// Fills a fresh index.
pub(super) fn index(place: &Temporary, documents: Vec<Document>) -> Result<(), Error> {
    let Some(mut indexer) = Index::indexer(&place.0)? else {
        return Err(Error::Collection { path: place.0.clone(), reason: "its lock is taken".to_string() });
    };
    indexer.catch_up(&Corpus(documents), &AtomicBool::new(false), &mut |_| {})?;
    Ok(())
}

/// Documents as a source of papers: each changed once, in order.
struct Corpus(Vec<Document>);

impl Material for Corpus {
    type Raw = Document;

    fn changes(&self, after: Sequence, limit: usize) -> Result<Vec<Change>, String> {
        let numbers = (after.0..self.0.len() as u64).take(limit);
        Ok(numbers.map(|at| Change { sequence: Sequence(at + 1), id: PaperId(at as u32) }).collect())
    }

    fn papers(&self, ids: &[PaperId]) -> Result<Vec<Option<Document>>, String> {
        Ok(ids.iter().map(|id| self.0.get(id.0 as usize).cloned()).collect())
    }

    fn sequence(&self) -> Result<Sequence, String> {
        Ok(Sequence(self.0.len() as u64))
    }

    fn document(&self, raw: &Document) -> Document {
        raw.clone()
    }
}

fn splits(folder: &Path) -> Result<BTreeMap<String, Judgements>, Error> {
    let mut splits = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(Error::file("list", folder))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(split) = name.strip_suffix(".zst").unwrap_or(&name).strip_suffix(".tsv") else { continue };
        let mut judgements = Judgements::new();
        for (number, line) in lines_of(&entry.path())?.into_iter().enumerate() {
            let columns: Vec<&str> = line.split('\t').collect();
            match columns[..] {
                [query, document, grade] if grade.trim().parse::<i32>().is_ok() => {
                    let grade = grade.trim().parse().unwrap_or(0);
                    judgements.entry(query.to_string()).or_default().insert(document.to_string(), grade);
                }
                // The header.
                _ if number == 0 => {}
                _ => {
                    let reason = format!("line {}: expected query, document and grade", number + 1);
                    return Err(Error::Collection { path: entry.path(), reason });
                }
            }
        }
        splits.insert(split.to_string(), judgements);
    }
    Ok(splits)
}

fn read<T: serde::de::DeserializeOwned>(folder: &Path, line: &str) -> Result<T, Error> {
    serde_json::from_str(line)
        .map_err(|error| Error::Collection { path: folder.to_path_buf(), reason: error.to_string() })
}

/// The lines of a file or of its compressed form, empty ones left out.
pub(super) fn lines(folder: &Path, name: &str) -> Result<Vec<String>, Error> {
    let plain = folder.join(name);
    let packed = folder.join(format!("{name}.zst"));
    lines_of(if plain.exists() || !packed.exists() { &plain } else { &packed })
}

pub(super) fn lines_of(path: &Path) -> Result<Vec<String>, Error> {
    let file = File::open(path).map_err(Error::file("open", path))?;
    let mut reader: Box<dyn BufRead> = match path.extension() {
        Some(extension) if extension == "zst" => {
            let decoder = zstd::Decoder::new(file).map_err(Error::file("decompress", path))?;
            Box::new(BufReader::new(decoder))
        }
        _ => Box::new(BufReader::new(file)),
    };
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        let read = reader.by_ref().take(LINE_BYTES_MAX).read_line(&mut line);
        if read.map_err(Error::file("read", path))? == 0 {
            return Ok(lines);
        }
        let line = line.trim_end_matches(['\n', '\r']);
        if !line.is_empty() {
            lines.push(line.to_string());
        }
    }
}
