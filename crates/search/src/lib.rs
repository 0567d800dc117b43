//! Search by word, by meaning and by both.
//!
//! **What it promises.** A query of any kind and length gets an answer in bounded time and memory, and the answer says
//! what was understood. Equal catalogues give equal results in equal order on every server and after every rebuild. The
//! index is derived from the catalogue: deleting or damaging it loses nothing, it is rebuilt in the background while
//! what is there keeps answering. It never claims to hold what it lacks: the catalogue's sequence is part of the
//! index's own commit, and so is the extent of the vectors.
//!
//! **What it never does.** It speaks no HTTP, renders no page and never writes to the catalogue.
//!
//! **Where to start.** [`Query`] is what a person asked for. [`Index::open`] gives the side that reads (a
//! [`Searcher`]), [`Index::indexer`] the side that follows the catalogue ([`Indexer::catch_up`]); one process a
//! directory has the second, any number have the first. [`Highlighter`] marks the words in a text, [`evaluate`] measures.
//! How a paper becomes words stands in `analyse`, how words and meaning become one order in `rank`; every number that
//! ranking depends on stands in `settings`, and what was measured in `EVALUATION.md`.

mod analyse;
mod document;
mod error;
pub mod evaluate;
mod facets;
mod filter;
mod follow;
mod generation;
mod highlight;
mod index;
mod indexer;
pub mod query;
mod rank;
mod schema;
mod settings;
mod snapshot;
mod vectors;
mod words;

pub use document::Document;
pub use error::Error;
pub use facets::Facets;
pub use highlight::{Highlighter, Piece};
pub use index::Index;
pub use indexer::{Indexer, Material};
pub use query::{Clause, Filter, Query, What};
pub use settings::{RESULTS_MAX, Weights};

use catalogue::{PaperId, Sequence};
use serde::{Deserialize, Serialize};

/// Which engine orders the results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// The inverted index: BM25.
    Words,
    /// Vectors.
    Meaning,
    /// The fusion of both.
    #[default]
    Both,
}

impl Engine {
    /// All engines.
    pub const ALL: [Engine; 3] = [Engine::Words, Engine::Meaning, Engine::Both];

    /// The glossary's name.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Words => "words",
            Engine::Meaning => "meaning",
            Engine::Both => "both",
        }
    }

    /// The engine of that name.
    pub fn from_name(name: &str) -> Option<Engine> {
        Engine::ALL.into_iter().find(|engine| engine.name() == name)
    }
}

/// A search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What was typed, filters included; see [`query`].
    pub text: String,
    /// Which engine orders the results.
    pub engine: Engine,
    /// How many results are skipped.
    pub offset: usize,
    /// How many results are wanted; no result beyond the first [`RESULTS_MAX`] can be had.
    pub limit: usize,
    /// Whether facets are counted.
    pub facets: bool,
}

impl Request {
    /// The first results of the fusion, without facets.
    pub fn new(text: impl Into<String>, limit: usize) -> Request {
        Request { text: text.into(), engine: Engine::Both, offset: 0, limit, facets: false }
    }
}

/// A paper that was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The paper.
    #[serde(with = "paper_id")]
    pub id: PaperId,
    /// What the order is by; comparable within one answer.
    pub score: f32,
    /// BM25, where the query has words and the paper has one of them.
    pub words: Option<f32>,
    /// The cosine between query and paper, where both have a vector.
    pub meaning: Option<f32>,
}

mod paper_id {
    use catalogue::PaperId;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(id: &PaperId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(id.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PaperId, D::Error> {
        u32::deserialize(deserializer).map(PaperId)
    }
}

/// The answer to a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The papers, best first.
    pub hits: Vec<Hit>,
    /// Papers that satisfy the filters and have at least one of the words; all that satisfy the filters if the query
    /// has no words.
    pub matches: u64,
    /// Papers among them that have all of the words.
    pub matches_all: u64,
    /// How many of the nearest papers by meaning were considered; 0 if meaning took no part.
    pub nearest: u64,
    /// How many results can be paged through.
    pub reachable: u64,
    /// What was understood.
    pub understood: Understood,
    /// What a person should know about this answer: sentences.
    pub notes: Vec<String>,
    /// Counts for filters; empty unless asked for.
    pub facets: Facets,
    /// The catalogue's sequence that the index has reached.
    pub sequence: Sequence,
    /// Set while the index is still being built and papers may be missing.
    pub building: Option<Progress>,
}

/// What was understood of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Understood {
    /// A sentence without its stop.
    pub sentence: String,
    /// The query in its canonical spelling.
    pub text: String,
    /// Its filters, each with the query that lacks it.
    pub filters: Vec<Filter>,
    /// The query; [`Query::with`] makes the texts of further filter links.
    pub query: Query,
}

/// How far an indexer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The sequence that is reached.
    pub reached: Sequence,
    /// The catalogue's sequence.
    pub target: Sequence,
    /// Papers in the index, those not yet committed included.
    pub papers: u64,
}

/// The state of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The catalogue's sequence that the index has reached.
    pub sequence: Sequence,
    /// Papers in it.
    pub papers: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Set while it is being built.
    pub building: Option<Progress>,
    /// Which format, analyser and model made it.
    pub version: String,
    /// The name of its directory; empty while there is none.
    pub generation: String,
}

/// Whoever answers searches. Kept narrow, so that another engine can stand behind it.
pub trait Searcher: Send + Sync {
    /// Answers a search. A query of any text is answered; errors are those of the index.
    fn search(&self, request: &Request) -> Result<Answer, Error>;

    /// The papers nearest by meaning to one paper, without itself; empty if it has no vector or is not in the index.
    fn nearest(&self, id: PaperId, limit: usize) -> Result<Vec<Hit>, Error>;

    /// The state of the index.
    fn status(&self) -> Status;
}

/// FNV-1a with a final mix: a hash that never changes, whatever the program's version or the machine.
fn stable_hash(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}
