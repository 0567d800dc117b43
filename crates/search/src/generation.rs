//! Generations: directories that hold one whole index each.
//!
//! `index/<key>-<number>/`: the key says which format, analyser, model and tantivy made it, so that a program never
//! opens what it cannot read; a damaged generation is followed by one with the next number. Readers take the newest
//! complete generation of their key, else the newest that has a commit; the indexer removes the others once the
//! newest is complete.

use crate::vectors::{Extent, VectorWriter, Vectors};
use crate::{Error, analyse, schema, stable_hash};
use catalogue::Sequence;
use learn::embedding::{Model, Scratch};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use tantivy::directory::MmapDirectory;

/// The version of fields, columns, payload and vector files. Raise it with any change of these.
const FORMAT: u32 = 1;

/// Tantivy writes its own format; its stemmer changes with its version too.
const TANTIVY: &str = "0.27";

/// A file with this name marks a generation that turned out to be damaged.
const DAMAGED: &str = "DAMAGED";

/// What every commit of the inverted index carries.
///
/// `second` is the place of a second, costlier vector a paper; no program fills it yet, and one that does not know it
/// leaves such an index alone, because [`FORMAT`] will differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payload {
    /// [`FORMAT`].
    pub(crate) format: u32,
    /// The catalogue's sequence up to which every change is in the index.
    pub(crate) sequence: Sequence,
    /// The catalogue's sequence when this was written: how far there was to go.
    pub(crate) target: Sequence,
    /// True once the index had caught up with the catalogue for the first time.
    pub(crate) complete: bool,
    /// How many papers are in the index.
    pub(crate) papers: u64,
    /// The vectors that belong to this commit.
    pub(crate) vectors: Extent,
    /// Reserved.
    #[serde(default)]
    pub(crate) second: Option<Extent>,
}

/// One generation's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Generation {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    number: u32,
}

/// What makes an index readable by this program with this model.
pub(crate) fn key(model: &Model) -> String {
    let mut parts =
        format!("{TANTIVY} {} {} {}", analyse::VERSION, model.dims(), model.tokens()).into_bytes();
    // The model has no name; what it makes of a sentence tells models apart.
    let mut scratch = Scratch::default();
    for probe in ["neural networks learn representations of language", "galaxies, proteins and prime numbers"]
    {
        if let Some(vector) = model.encode(probe, &mut scratch) {
            vector.iter().for_each(|x| parts.extend(x.to_bits().to_le_bytes()));
        }
    }
    format!("{FORMAT}-{:08x}", stable_hash(&parts) >> 32)
}

impl Generation {
    fn new(root: &Path, key: &str, number: u32) -> Generation {
        let name = format!("{key}-{number:04}");
        Generation { path: root.join(&name), name, number }
    }

    /// All generations of this key that are not marked as damaged, newest first.
    pub(crate) fn list(root: &Path, key: &str) -> Vec<Generation> {
        let Ok(entries) = fs::read_dir(root) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let numbers = names.filter_map(|name| name.strip_prefix(key)?.strip_prefix('-')?.parse::<u32>().ok());
        let mut found: Vec<Generation> = numbers.map(|number| Generation::new(root, key, number)).collect();
        found.retain(|generation| !generation.path.join(DAMAGED).exists());
        found.sort_by_key(|generation| std::cmp::Reverse(generation.number));
        found
    }

    /// The first number that no directory of this key has used.
    pub(crate) fn next(root: &Path, key: &str) -> Generation {
        let used = fs::read_dir(root).into_iter().flatten().flatten();
        let numbers = used
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter_map(|name| name.strip_prefix(key)?.strip_prefix('-')?.parse::<u32>().ok());
        Generation::new(root, key, numbers.max().map_or(1, |number| number + 1))
    }

    /// The file whose change means a new commit.
    pub(crate) fn commit_file(&self) -> PathBuf {
        self.path.join("meta.json")
    }

    /// Marks the generation so that no reader and no indexer takes it again.
    pub(crate) fn mark_damaged(&self) -> Result<(), Error> {
        let path = self.path.join(DAMAGED);
        fs::write(&path, b"").map_err(Error::file("write", &path))
    }

    /// Makes an empty index here.
    pub(crate) fn create(&self) -> Result<tantivy::Index, Error> {
        fs::create_dir_all(&self.path).map_err(Error::file("create", &self.path))?;
        let directory =
            MmapDirectory::open(&self.path).map_err(Error::words("opening the directory", &self.path))?;
        let index = tantivy::Index::create(directory, schema::schema().0, tantivy::IndexSettings::default())
            .map_err(Error::words("creating it", &self.path))?;
        analyse::register(index.tokenizers());
        Ok(index)
    }

    /// Opens the inverted index and reads its commit; `None` before the first commit.
    pub(crate) fn open(&self) -> Result<(tantivy::Index, Option<Payload>), Error> {
        let index =
            tantivy::Index::open_in_dir(&self.path).map_err(|error| self.damaged(error.to_string()))?;
        if index.schema() != schema::schema().0 {
            return Err(self.damaged("it has other fields"));
        }
        analyse::register(index.tokenizers());
        let payload = self.payload(&index)?;
        Ok((index, payload))
    }

    /// What the latest commit says.
    pub(crate) fn payload(&self, index: &tantivy::Index) -> Result<Option<Payload>, Error> {
        let metas = index.load_metas().map_err(|error| self.damaged(error.to_string()))?;
        let Some(text) = metas.payload else { return Ok(None) };
        let payload: Payload =
            serde_json::from_str(&text).map_err(|error| self.damaged(error.to_string()))?;
        if payload.format != FORMAT {
            return Err(self.damaged(format!("its commit has format {}", payload.format)));
        }
        Ok(Some(payload))
    }

    /// Reads every byte once: check sums of both engines and the number of papers.
    pub(crate) fn verify(&self, index: &tantivy::Index, payload: &Payload) -> Result<(), Error> {
        let wrong = index.validate_checksum().map_err(|error| self.damaged(error.to_string()))?;
        if let Some(file) = wrong.iter().min() {
            return Err(self.damaged(format!("{}: wrong check sum", file.display())));
        }
        let metas = index.searchable_segment_metas().map_err(|error| self.damaged(error.to_string()))?;
        let papers: u64 = metas.iter().map(|segment| u64::from(segment.num_docs())).sum();
        if papers != payload.papers {
            return Err(self.damaged(format!("it holds {papers} papers, its commit says {}", payload.papers)));
        }
        Vectors::open(&self.path, &payload.vectors)?.verify(&self.path)
    }

    /// The vectors to append to, for a commit or from the beginning.
    pub(crate) fn vectors(&self, payload: Option<&Payload>, dims: usize) -> Result<VectorWriter, Error> {
        match payload {
            Some(payload) => VectorWriter::resume(&self.path, &payload.vectors),
            None => VectorWriter::create(&self.path, 1, dims),
        }
    }

    pub(crate) fn damaged(&self, reason: impl Into<String>) -> Error {
        Error::damaged(&self.path, reason)
    }
}

impl Payload {
    pub(crate) fn new(
        sequence: Sequence,
        target: Sequence,
        complete: bool,
        papers: u64,
        vectors: Extent,
    ) -> Payload {
        Payload { format: FORMAT, sequence, target, complete, papers, vectors, second: None }
    }
}

/// Removes every generation but one: older numbers, other versions, damaged ones.
pub(crate) fn remove_others(root: &Path, keep: &Generation) -> Result<(), Error> {
    for entry in fs::read_dir(root).map_err(Error::file("list", root))?.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        // Only what this program names so: a key, a dash, four digits.
        let ours = name.to_str().is_some_and(|name| {
            name.rsplit_once('-')
                .is_some_and(|(_, number)| number.len() >= 4 && number.parse::<u32>().is_ok())
        });
        if ours && path.is_dir() && path != keep.path {
            fs::remove_dir_all(&path).map_err(Error::file("remove", &path))?;
        }
    }
    Ok(())
}
