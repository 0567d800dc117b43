//! The side that writes: it follows the catalogue.
//!
//! Changes are read in the order of the sequence, their papers replaced in both engines, and every so often a commit
//! makes it durable: first the vectors are synced, then one commit of the inverted index names the sequence, the extent
//! of the vectors and the number of papers. A kill at any moment leaves the state of the last commit, and the next run
//! continues from its sequence.

use crate::generation::{Generation, Payload, key, remove_others};
use crate::schema::{Fields, indexed, schema};
use crate::vectors::{FILES, Row, VectorWriter, Vectors, epoch_of, path};
use crate::{Document, Error, Progress};
use catalogue::{Change, PaperId, Sequence};
use learn::embedding::{Model, Scratch};
use learn::scan::Bitset;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tantivy::indexer::IndexWriterOptions;
use tantivy::schema::Schema;
use tantivy::{IndexWriter, TantivyDocument, Term};

/// Changes that are read at once.
const BATCH: usize = 2_000;

/// Batches that are read ahead while others are being indexed.
const BATCHES_AHEAD: usize = 2;

/// Papers after which a commit is made while catching up with a long way to go. Fewer would leave many small segments.
const COMMIT_PAPERS: u64 = 30_000;

/// Time after which a commit is made in any case, so that what was found is searchable soon.
const COMMIT_EVERY: Duration = Duration::from_secs(10);

/// Threads of the inverted index.
const WRITER_THREADS: usize = 2;

/// Memory of each before it writes a segment.
const WRITER_BYTES: usize = 96 * 1024 * 1024;

/// From this share of superseded rows on, one in so many, the vectors are copied.
const DEAD_SHARE: u64 = 4;

/// Fewer superseded rows than this are not worth a copy.
const DEAD_ROWS_MIN: u64 = 10_000;

/// Where papers come from. The catalogue is one; collections for evaluation and tests are others.
pub trait Material: Sync {
    /// A paper before it is read for indexing.
    type Raw: Send + Sync;

    /// The changes after this sequence, ascending, at most `limit`; empty only at the end.
    fn changes(&self, after: Sequence, limit: usize) -> Result<Vec<Change>, String>;

    /// The papers as they are now, in the order of the ids; `None` for one that is gone.
    fn papers(&self, ids: &[PaperId]) -> Result<Vec<Option<Self::Raw>>, String>;

    /// The sequence of the latest change.
    fn sequence(&self) -> Result<Sequence, String>;

    /// Reads a paper for indexing; called on several threads.
    fn document(&self, raw: &Self::Raw) -> Document;
}

/// The only writer of an index directory; holds its lock while it lives.
#[derive(Debug)]
pub struct Indexer {
    root: PathBuf,
    key: String,
    model: &'static Model,
    _lock: File,
    /// `None` before the first run and after a failed one: then the last commit is opened again.
    writing: Option<Writing>,
}

/// One generation, open for writing.
struct Writing {
    generation: Generation,
    index: tantivy::Index,
    writer: IndexWriter,
    vectors: VectorWriter,
    schema: Schema,
    fields: Fields,
    /// Ids of the papers in it, uncommitted ones included.
    known: Bitset,
    papers: u64,
    reached: Sequence,
    complete: bool,
    uncommitted: u64,
    committed: Instant,
}

impl std::fmt::Debug for Writing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writing")
            .field("generation", &self.generation.name)
            .field("reached", &self.reached)
            .finish()
    }
}

/// A paper in the form of both engines.
struct Ready {
    id: u32,
    document: Option<(TantivyDocument, Option<Row>)>,
}

impl Indexer {
    pub(crate) fn lock(root: &Path, model: &'static Model) -> Result<Option<Indexer>, Error> {
        fs::create_dir_all(root).map_err(Error::file("create", root))?;
        let path = root.join("indexer.lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(Error::file("open", &path))?;
        match lock.try_lock() {
            Ok(()) => {
                let root = root.to_path_buf();
                Ok(Some(Indexer { root, key: key(model), model, _lock: lock, writing: None }))
            }
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(Error::file("lock", &path)(error)),
        }
    }

    /// Brings the index up to the source's sequence and says which one that is. Ends early with [`Error::Stopped`]
    /// once `stop` is set, after committing what was done. After any error the next call goes on from the last commit.
    pub fn catch_up<M: Material>(
        &mut self,
        source: &M,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Sequence, Error> {
        let mut writing = match self.writing.take().filter(Writing::is_present) {
            Some(writing) => writing,
            None => self.open()?,
        };
        let outcome = writing.follow(source, self.model, stop, progress);
        match outcome {
            Ok(reached) => {
                remove_others(&self.root, &writing.generation)?;
                self.writing = Some(writing);
                Ok(reached)
            }
            Err(Error::Stopped) => {
                self.writing = Some(writing);
                Err(Error::Stopped)
            }
            Err(error) => {
                if matches!(error, Error::Damaged { .. }) {
                    writing.generation.mark_damaged()?;
                }
                Err(error)
            }
        }
    }

    /// Forgets the present index: the next [`Indexer::catch_up`] makes a new one, which takes its place once complete.
    pub fn rebuild(&mut self) -> Result<(), Error> {
        self.writing = None;
        let next = Generation::next(&self.root, &self.key);
        let mut writing = Writing::create(next, self.model)?;
        // A commit without papers, so that a restart goes on with this generation.
        writing.commit(Sequence(0))?;
        self.writing = Some(writing);
        Ok(())
    }

    /// Opens the newest sound generation, or starts one.
    fn open(&self) -> Result<Writing, Error> {
        for generation in Generation::list(&self.root, &self.key) {
            match Writing::resume(generation.clone(), self.model) {
                Ok(writing) => return Ok(writing),
                Err(Error::Damaged { path, reason }) => {
                    tracing::warn!(path = %path.display(), reason, "the index is damaged and will be rebuilt");
                    generation.mark_damaged()?;
                }
                Err(error) => return Err(error),
            }
        }
        Writing::create(Generation::next(&self.root, &self.key), self.model)
    }
}

fn writer(generation: &Generation, index: &tantivy::Index) -> Result<IndexWriter, Error> {
    let options = IndexWriterOptions::builder()
        .num_worker_threads(WRITER_THREADS)
        .memory_budget_per_thread(WRITER_BYTES)
        .num_merge_threads(1)
        .build();
    index.writer_with_options(options).map_err(Error::words("opening it for writing", &generation.path))
}

impl Writing {
    fn create(generation: Generation, model: &Model) -> Result<Writing, Error> {
        let index = generation.create()?;
        Writing::new(generation, index, None, model)
    }

    /// Opens what the last commit left, after reading every byte of it once.
    fn resume(generation: Generation, model: &Model) -> Result<Writing, Error> {
        let (index, payload) = generation.open()?;
        if let Some(payload) = &payload {
            generation.verify(&index, payload)?;
        }
        Writing::new(generation, index, payload, model)
    }

    fn new(
        generation: Generation,
        index: tantivy::Index,
        payload: Option<Payload>,
        model: &Model,
    ) -> Result<Writing, Error> {
        let writer = writer(&generation, &index)?;
        let vectors = generation.vectors(payload.as_ref(), model.dims())?;
        let (schema, fields) = schema();
        let mut writing = Writing {
            index,
            writer,
            vectors,
            schema,
            fields,
            known: Bitset::new(),
            papers: payload.as_ref().map_or(0, |payload| payload.papers),
            reached: payload.as_ref().map_or(Sequence(0), |payload| payload.sequence),
            complete: payload.is_some_and(|payload| payload.complete),
            uncommitted: 0,
            committed: Instant::now(),
            generation,
        };
        writing.read_known()?;
        writing.remove_old_epochs();
        Ok(writing)
    }

    fn read_known(&mut self) -> Result<(), Error> {
        let broken = |error: tantivy::TantivyError| self.generation.damaged(error.to_string());
        let searcher = self.index.reader().map_err(broken)?.searcher();
        let mut known = Bitset::new();
        for segment in searcher.segment_readers() {
            let column = segment.fast_fields().u64(crate::schema::column::PAPER).map_err(broken)?;
            for document in segment.doc_ids_alive() {
                if let Some(paper) = column.first(document) {
                    known.insert(paper as u32);
                }
            }
        }
        self.known = known;
        Ok(())
    }

    /// False once its files were removed from outside.
    fn is_present(&self) -> bool {
        self.generation.commit_file().exists()
            && (0..FILES).all(|file| path(&self.generation.path, self.vectors.epoch(), file).exists())
    }

    fn follow<M: Material>(
        &mut self,
        source: &M,
        model: &Model,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Sequence, Error> {
        let mut target = source.sequence().map_err(Error::Source)?;
        let mut report = |writing: &Writing, target| {
            progress(Progress { reached: writing.reached, target, papers: writing.papers });
        };
        let outcome = std::thread::scope(|scope| {
            let (sender, batches) = mpsc::sync_channel(BATCHES_AHEAD);
            let after = self.reached;
            scope.spawn(move || read_ahead(source, after, &sender));
            // Dropping `batches` on any way out ends the reader at its next batch.
            for batch in batches {
                let batch: Batch<M::Raw> = batch?;
                target = target.max(batch.last);
                self.take_in(source, model, batch)?;
                report(self, target);
                if stop.load(Ordering::Relaxed) {
                    return Err(Error::Stopped);
                }
                if self.uncommitted >= COMMIT_PAPERS || self.committed.elapsed() >= COMMIT_EVERY {
                    self.commit(target)?;
                }
            }
            Ok(())
        });
        match outcome {
            Ok(()) if self.uncommitted > 0 || !self.complete => {
                self.complete = true;
                self.commit(target)?;
                report(self, target);
            }
            Err(Error::Stopped) if self.uncommitted > 0 => self.commit(target)?,
            _ => {}
        }
        outcome.map(|()| self.reached)
    }

    /// Puts a batch into both engines.
    fn take_in<M: Material>(&mut self, source: &M, model: &Model, batch: Batch<M::Raw>) -> Result<(), Error> {
        let (schema, fields) = (&self.schema, &self.fields);
        let ready: Vec<Ready> = batch
            .papers
            .par_iter()
            .with_min_len(16)
            .map_init(Scratch::default, |scratch, (id, raw)| {
                let document = raw.as_ref().map(|raw| {
                    let mut document = source.document(raw);
                    document.id = id.0;
                    let vector = model.encode_paper(&document.title, &document.text, scratch);
                    let row = vector.map(Row::new);
                    (indexed(schema, fields, &document), row)
                });
                Ready { id: id.0, document }
            })
            .collect();
        for Ready { id, document } in ready {
            if self.known.contains(id) {
                self.writer.delete_term(Term::from_field_u64(self.fields.paper, id.into()));
                self.known.remove(id);
                self.papers -= 1;
            }
            if let Some((document, row)) = document {
                self.writer
                    .add_document(document)
                    .map_err(Error::words("adding a paper", &self.generation.path))?;
                if let Some(row) = row {
                    self.vectors.push(id, &row);
                }
                self.known.insert(id);
                self.papers += 1;
            }
            self.uncommitted += 1;
        }
        self.vectors.flush()?;
        self.reached = batch.last;
        Ok(())
    }

    /// Makes everything up to here durable, both engines in one.
    fn commit(&mut self, target: Sequence) -> Result<(), Error> {
        self.compact()?;
        let extent = self.vectors.sync()?;
        let payload = Payload::new(self.reached, target, self.complete, self.papers, extent);
        let text =
            serde_json::to_string(&payload).map_err(|error| self.generation.damaged(error.to_string()))?;
        let mut prepared = self
            .writer
            .prepare_commit()
            .map_err(Error::words("preparing a commit", &self.generation.path))?;
        prepared.set_payload(&text);
        prepared.commit().map_err(Error::words("committing", &self.generation.path))?;
        self.uncommitted = 0;
        self.committed = Instant::now();
        self.remove_old_epochs();
        // A writer that lost its threads accepts papers, drops them, and commits without complaint.
        let metas = self.index.searchable_segment_metas();
        let metas = metas.map_err(Error::words("reading its commit", &self.generation.path))?;
        let found: u64 = metas.iter().map(|segment| u64::from(segment.num_docs())).sum();
        if found != self.papers {
            let reason = format!("{} papers were committed, {found} are there", self.papers);
            return Err(self.generation.damaged(reason));
        }
        Ok(())
    }

    /// Copies the living rows into the next epoch when too many are superseded. The old files stay until the commit
    /// that names the new ones.
    fn compact(&mut self) -> Result<(), Error> {
        let dead = self.vectors.rows().saturating_sub(self.papers);
        if dead < DEAD_ROWS_MIN || dead * DEAD_SHARE < self.vectors.rows() {
            return Ok(());
        }
        let extent = self.vectors.sync()?;
        let old = Vectors::open(&self.generation.path, &extent)?;
        let mut latest: BTreeMap<u32, u32> = BTreeMap::new();
        for (row, paper) in old.papers().enumerate() {
            if self.known.contains(paper) {
                latest.insert(paper, row as u32);
            }
        }
        let mut rows: Vec<u32> = latest.into_values().collect();
        rows.sort_unstable();
        let mut next = VectorWriter::create(&self.generation.path, extent.epoch + 1, extent.dims as usize)?;
        for (count, row) in rows.into_iter().enumerate() {
            next.push_raw(old.raw(row));
            if count % BATCH == 0 {
                next.flush()?;
            }
        }
        self.vectors = next;
        Ok(())
    }

    /// Removes vector files that no commit names. Mappings of them stay valid.
    fn remove_old_epochs(&self) {
        let Ok(entries) = fs::read_dir(&self.generation.path) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let epoch = name.to_str().and_then(epoch_of);
            if epoch.is_some_and(|epoch| epoch != self.vectors.epoch())
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::warn!(path = %entry.path().display(), error = %error, "an old vector file stays");
            }
        }
    }
}

/// Papers that changed, each once.
struct Batch<Raw> {
    last: Sequence,
    papers: Vec<(PaperId, Option<Raw>)>,
}

/// Reads batch after batch until the source has no more or nobody takes them.
fn read_ahead<M: Material>(
    source: &M,
    mut after: Sequence,
    into: &mpsc::SyncSender<Result<Batch<M::Raw>, Error>>,
) {
    loop {
        let batch = read_batch(source, after);
        let next = match &batch {
            Ok(Some(batch)) => Some(batch.last),
            _ => None,
        };
        let Some(batch) = batch.transpose() else { return };
        if into.send(batch).is_err() {
            return;
        }
        match next {
            Some(next) => after = next,
            None => return,
        }
    }
}

fn read_batch<M: Material>(source: &M, after: Sequence) -> Result<Option<Batch<M::Raw>>, Error> {
    let changes = source.changes(after, BATCH).map_err(Error::Source)?;
    let Some(last) = changes.iter().map(|change| change.sequence).max() else { return Ok(None) };
    let mut ids: Vec<PaperId> = changes.into_iter().map(|change| change.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let papers = source.papers(&ids).map_err(Error::Source)?;
    if papers.len() != ids.len() {
        return Err(Error::Source(format!("{} papers were asked for, {} came", ids.len(), papers.len())));
    }
    Ok(Some(Batch { last, papers: ids.into_iter().zip(papers).collect() }))
}
