//! The vectors of papers, in files beside the inverted index.
//!
//! One *epoch* is four files that only grow: sign codes, signed bytes, scales and the papers' rows, row after row.
//! Which epoch, and how many rows of it, is said by the commit of the inverted index, so both belong together at every
//! moment; rows behind that number are the rest of an interrupted run and are written over. A paper's latest row
//! counts; when too many are superseded, the living ones are copied into the next epoch.
//!
//! A second, costlier vector a paper will be a second such set with dimensions of its own and its own place in the
//! commit (see [`crate::generation::Payload`]).

mod mapped;
mod read;
mod write;

pub(crate) use read::{Sample, Vectors};
pub(crate) use write::{Row, VectorWriter};

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What the commit says about the vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extent {
    /// Which set of files.
    pub(crate) epoch: u32,
    /// How many rows of it are valid.
    pub(crate) rows: u64,
    /// Numbers in a vector.
    pub(crate) dims: u32,
    /// A check sum over the valid part of each file.
    pub(crate) checks: [u64; FILES],
}

/// Sign codes, signed bytes, scales, papers.
pub(crate) const FILES: usize = 4;

const NAMES: [&str; FILES] = ["signs", "bytes", "scales", "papers"];

/// Bytes of one row in each file.
pub(crate) fn row_bytes(dims: usize) -> [usize; FILES] {
    [dims / 8, dims, 4, 4]
}

/// The path of one file of an epoch.
pub(crate) fn path(directory: &Path, epoch: u32, file: usize) -> PathBuf {
    directory.join(format!("vectors-{epoch:06}.{}", NAMES[file]))
}

/// The epoch that a file name belongs to.
pub(crate) fn epoch_of(name: &str) -> Option<u32> {
    name.strip_prefix("vectors-")?.split_once('.')?.0.parse().ok()
}

/// The check sum continued over more bytes; their number is a multiple of 4.
pub(crate) fn check(sum: u64, bytes: &[u8]) -> u64 {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().fold(sum, |sum, word| {
        (sum.rotate_left(5) ^ u64::from(u32::from_le_bytes(*word))).wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}
