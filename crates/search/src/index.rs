//! The side that reads.

use crate::generation::{Generation, key};
use crate::indexer::Indexer;
use crate::query::Query;
use crate::rank::{self, Ranked, Work};
use crate::settings::Weights;
use crate::snapshot::{Known, Snapshot};
use crate::{Answer, Error, Hit, Progress, Request, Searcher, Status, Understood};
use arc_swap::ArcSwapOption;
use catalogue::{PaperId, Sequence};
use learn::embedding::Model;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tantivy::{IndexReader, ReloadPolicy};

/// How often a search looks whether there is a new commit. A look costs one directory listing.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Working memories that are kept for further searches: about 6 bytes a paper each.
const WORKS_KEPT_MAX: usize = 8;

/// An index directory, for searching. Clones share everything.
#[derive(Clone, Debug)]
pub struct Index(Arc<Shared>);

struct Shared {
    root: PathBuf,
    key: String,
    model: &'static Model,
    current: ArcSwapOption<Snapshot>,
    watch: Mutex<Watch>,
    works: Mutex<Vec<Work>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("root", &self.root).field("key", &self.key).finish()
    }
}

/// What the last look saw.
#[derive(Default)]
struct Watch {
    looked: Option<Instant>,
    /// The newest generation and the state of its commit file.
    seen: Option<(Generation, Option<(SystemTime, u64)>)>,
    /// Open readers: the one that answers and perhaps the one that is being built.
    open: Vec<Opened>,
}

struct Opened {
    generation: Generation,
    index: tantivy::Index,
    reader: IndexReader,
}

impl Index {
    /// Opens a directory for searching; it may be empty, absent or damaged, then the index is empty until an indexer has
    /// filled it: pages go on. [`Index::refresh`] says what is wrong with a damaged one.
    pub fn open(directory: &Path) -> Result<Index, Error> {
        let model = Model::shipped();
        let index = Index(Arc::new(Shared {
            root: directory.to_path_buf(),
            key: key(model),
            model,
            current: ArcSwapOption::empty(),
            watch: Mutex::new(Watch::default()),
            works: Mutex::new(Vec::new()),
        }));
        if let Err(error) = index.refresh() {
            tracing::warn!(error = %error, "the index cannot be read; searches find nothing until it is made anew");
        }
        Ok(index)
    }

    /// The side that writes, or `None` if another process (or another part of this one) already has it.
    pub fn indexer(directory: &Path) -> Result<Option<Indexer>, Error> {
        Indexer::lock(directory, Model::shipped())
    }

    /// Looks for a new commit now. Searches do so by themselves every second; call it after indexing in the same
    /// process, so that no search pays for the change.
    pub fn refresh(&self) -> Result<(), Error> {
        let mut watch = self.0.watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.looked = Some(Instant::now());
        self.0.look(&mut watch)
    }

    /// The latest snapshot, after a look if it is time for one. A failing look leaves the old one in place.
    fn snapshot(&self) -> Option<Arc<Snapshot>> {
        if let Ok(mut watch) = self.0.watch.try_lock()
            && watch.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY)
        {
            watch.looked = Some(Instant::now());
            if let Err(error) = self.0.look(&mut watch) {
                tracing::warn!(error = %error, "the index on disk cannot be read; the one in memory goes on answering");
            }
        }
        self.0.current.load_full()
    }
}

impl Shared {
    fn look(&self, watch: &mut Watch) -> Result<(), Error> {
        let generations = Generation::list(&self.root, &self.key);
        let Some(newest) = generations.first() else {
            // Removed while serving: what is in memory goes on answering until the indexer has made a new one.
            watch.seen = None;
            return Ok(());
        };
        let state = fs::metadata(newest.commit_file())
            .ok()
            .and_then(|data| Some((data.modified().ok()?, data.len())));
        let seen = Some((newest.clone(), state));
        if watch.seen == seen {
            return Ok(());
        }
        self.load(watch, &generations)?;
        watch.seen = seen;
        Ok(())
    }

    /// Takes the newest complete generation, else the newest with a commit.
    fn load(&self, watch: &mut Watch, generations: &[Generation]) -> Result<(), Error> {
        let current = self.current.load_full();
        let known = current.as_ref().map(|snapshot| snapshot.known()).unwrap_or_default();
        let mut fallback: Option<Snapshot> = None;
        let mut failure = None;
        for generation in generations {
            match watch.read(generation, &known) {
                Ok(Some(snapshot)) if snapshot.payload.complete => {
                    fallback = Some(snapshot);
                    break;
                }
                Ok(Some(snapshot)) => fallback = fallback.or(Some(snapshot)),
                Ok(None) => {}
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let Some(next) = fallback else {
            return failure.map_or(Ok(()), Err);
        };
        // A complete index in memory is better than the beginning of the next one.
        let keep = current.is_some_and(|old| {
            old.payload.complete && !next.payload.complete && old.generation != next.generation
        });
        if !keep {
            watch.open.retain(|opened| opened.generation == next.generation);
            self.current.store(Some(Arc::new(next)));
        }
        Ok(())
    }

    fn take_work(&self) -> Work {
        self.works.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give_back(&self, work: Work) {
        let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        if works.len() < WORKS_KEPT_MAX {
            works.push(work);
        }
    }
}

impl Watch {
    fn read(&mut self, generation: &Generation, known: &Known) -> Result<Option<Snapshot>, Error> {
        let at = match self.open.iter().position(|opened| opened.generation == *generation) {
            Some(at) => at,
            None => {
                let (index, payload) = generation.open()?;
                if payload.is_none() {
                    return Ok(None);
                }
                let reader = index
                    .reader_builder()
                    .reload_policy(ReloadPolicy::Manual)
                    .try_into()
                    .map_err(|error| generation.damaged(error.to_string()))?;
                self.open.push(Opened { generation: generation.clone(), index, reader });
                self.open.len() - 1
            }
        };
        let opened = &self.open[at];
        Snapshot::load(generation, &opened.index, &opened.reader, known)
    }
}

fn building(snapshot: Option<&Snapshot>) -> Option<Progress> {
    match snapshot {
        None => Some(Progress::default()),
        Some(snapshot) if snapshot.payload.complete => None,
        Some(snapshot) => Some(Progress {
            reached: snapshot.payload.sequence,
            target: snapshot.payload.target,
            papers: snapshot.payload.papers,
        }),
    }
}

impl Index {
    /// A search with other weights than those that ship, for measuring.
    pub(crate) fn search_with(
        &self,
        query: Query,
        request: &Request,
        weights: &Weights,
    ) -> Result<Answer, Error> {
        let snapshot = self.snapshot();
        let ranked = match &snapshot {
            None => Ranked::default(),
            Some(_) if query.is_empty() && query.identity().is_none() => Ranked::default(),
            Some(snapshot) => {
                let mut work = self.0.take_work();
                let ranked = rank::rank(snapshot, &query, request, weights, self.0.model, &mut work)
                    .map_err(|error| snapshot.generation.damaged(error.to_string()))?;
                self.0.give_back(work);
                ranked
            }
        };
        let mut notes = query.notes().to_vec();
        notes.extend(ranked.notes);
        Ok(Answer {
            hits: ranked.hits,
            matches: ranked.matches,
            matches_all: ranked.matches_all,
            nearest: ranked.nearest,
            reachable: ranked.reachable,
            understood: Understood {
                sentence: query.describe(),
                text: query.to_string(),
                filters: query.filters(),
                query,
            },
            notes,
            facets: ranked.facets,
            sequence: snapshot.as_ref().map_or(Sequence(0), |snapshot| snapshot.payload.sequence),
            building: building(snapshot.as_deref()),
        })
    }
}

impl Searcher for Index {
    fn search(&self, request: &Request) -> Result<Answer, Error> {
        self.search_with(Query::read(&request.text), request, &Weights::default())
    }

    fn nearest(&self, id: PaperId, limit: usize) -> Result<Vec<Hit>, Error> {
        let Some(snapshot) = self.snapshot() else { return Ok(Vec::new()) };
        let mut work = self.0.take_work();
        let hits = rank::nearest(&snapshot, id, limit, &mut work);
        self.0.give_back(work);
        Ok(hits)
    }

    fn status(&self) -> Status {
        let snapshot = self.snapshot();
        let building = building(snapshot.as_deref());
        let Some(snapshot) = snapshot else {
            return Status { building, version: self.0.key.clone(), ..Status::default() };
        };
        Status {
            sequence: snapshot.payload.sequence,
            papers: snapshot.payload.papers,
            bytes: snapshot.bytes(),
            building,
            version: self.0.key.clone(),
            generation: snapshot.generation.name.clone(),
        }
    }
}
