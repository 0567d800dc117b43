//! The pure part of accepting a batch: everything that can be said of a record alone, done on all cores and before any
//! lock is taken.

use crate::derive::Written;
use crate::key::{self, StoredKey};
use crate::{Incoming, Problem, RAW_BYTES_MAX, body, derive};
use paper::Record;
use paper::join::Key;

/// A record larger than this is kept as a problem: no source has one, and every copy of it costs memory.
pub(crate) const RECORD_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Batches smaller than this are not worth a thread.
const RECORDS_OF_THREAD_MIN: usize = 64;

/// What identifies a record in the catalogue.
pub(crate) struct Known<'a> {
    pub(crate) incoming: &'a Incoming,
    pub(crate) node: String,
    pub(crate) parsed: Vec<u8>,
    pub(crate) hash: [u8; 16],
}

/// A record that is likely new, ready to be written.
pub(crate) struct Fresh<'a> {
    pub(crate) known: Known<'a>,
    pub(crate) body: Vec<u8>,
    pub(crate) keys: Vec<(Key, StoredKey)>,
    /// What the record alone makes: its paper, if nothing else belongs to it.
    pub(crate) alone: Option<Written>,
}

impl Fresh<'_> {
    pub(crate) fn record(&self) -> &Record {
        &self.known.incoming.record
    }
}

/// Runs a pure function over all items, on two threads where it pays. The order is kept.
pub(crate) fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let share = items.len().div_ceil(threads);
    if share < RECORDS_OF_THREAD_MIN {
        return items.into_iter().map(work).collect();
    }
    let mut shares: Vec<Vec<T>> = Vec::new();
    let mut items = items.into_iter();
    loop {
        let next: Vec<T> = items.by_ref().take(share).collect();
        if next.is_empty() {
            break;
        }
        shares.push(next);
    }
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = shares
            .into_iter()
            .map(|share| scope.spawn(move || share.into_iter().map(work).collect::<Vec<R>>()))
            .collect();
        let mut results = Vec::new();
        for thread in threads {
            match thread.join() {
                Ok(part) => results.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

/// Splits a batch into what can be stored and the problems of what cannot.
pub(crate) fn known(batch: &[Incoming]) -> (Vec<Known<'_>>, Vec<Problem>) {
    let mut problems = Vec::new();
    let good: Vec<&Incoming> = batch
        .iter()
        .filter(|incoming| match refusal(incoming) {
            Some(problem) => {
                problems.push(problem);
                false
            }
            None => true,
        })
        .collect();
    let known = each(good, |incoming| {
        let node = incoming.record.node().to_string();
        let parsed = serde_json::to_vec(&incoming.record).unwrap_or_default();
        let hash = hash(&parsed, &incoming.raw);
        Known { incoming, node, parsed, hash }
    });
    let (good, large): (Vec<_>, Vec<_>) =
        known.into_iter().partition(|known| known.parsed.len() <= RECORD_BYTES_MAX);
    problems.extend(large.iter().map(|known| too_large(known.incoming, &known.node)));
    (good, problems)
}

fn refusal(incoming: &Incoming) -> Option<Problem> {
    match incoming.record.identities.first() {
        None => Some(Problem {
            place: incoming.record.source.name().to_string(),
            reason: "the record has no identity".to_string(),
            raw: cut(&incoming.raw),
        }),
        Some(node) if incoming.raw.len() > RECORD_BYTES_MAX => Some(too_large(incoming, &node.to_string())),
        Some(_) => None,
    }
}

fn too_large(incoming: &Incoming, node: &str) -> Problem {
    Problem {
        place: format!("{}, {node}", incoming.record.source.name()),
        reason: format!("the record is larger than {RECORD_BYTES_MAX} bytes"),
        raw: cut(&incoming.raw),
    }
}

pub(crate) fn cut(raw: &[u8]) -> Vec<u8> {
    raw[..raw.len().min(RAW_BYTES_MAX)].to_vec()
}

/// The hash by which a record is known again. Source and node are part of the understood form.
pub(crate) fn hash(parsed: &[u8], raw: &[u8]) -> [u8; 16] {
    let mut digest = [0; 16];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(parsed.len() as u64).to_le_bytes()).update(parsed).update(raw);
    hasher.finalize_xof().fill(&mut digest);
    digest
}

/// Does the rest of the pure work for records that the catalogue does not have.
pub(crate) fn fresh(known: Vec<Known<'_>>) -> Vec<Fresh<'_>> {
    each(known, |known| {
        let record = &known.incoming.record;
        Fresh {
            body: body::pack_record(&known.parsed, &known.incoming.raw),
            keys: keys(record),
            alone: paper::merge::merge(std::slice::from_ref(record)).map(Written::new),
            known,
        }
    })
}

pub(crate) fn keys(record: &Record) -> Vec<(Key, StoredKey)> {
    paper::join::keys(record).into_iter().map(|key| (key.clone(), key::stored(&key))).collect()
}

/// The hash by which a problem is known again.
pub(crate) fn problem_hash(problem: &Problem) -> [u8; 16] {
    derive::digest(&serde_json::to_vec(&(&problem.place, &problem.reason, &problem.raw)).unwrap_or_default())
}
