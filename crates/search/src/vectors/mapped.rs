//! The beginning of a file, mapped into memory.

// Mapping a file is `unsafe` in Rust because another process could truncate it, and the next access would end this
// one. No part of Broadsheet truncates or rewrites the mapped part: epochs only grow, and compaction writes new files
// and unlinks the old ones, which keeps existing mappings alive.
#![allow(unsafe_code)]

use memmap2::{Mmap, MmapOptions};
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// Bytes of a file.
#[derive(Debug)]
pub(super) struct Mapped(Option<Mmap>);

impl Mapped {
    /// Maps the first `length` bytes.
    pub(super) fn open(path: &Path, length: usize) -> io::Result<Mapped> {
        let file = File::open(path)?;
        if file.metadata()?.len() < length as u64 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file is shorter than the commit says",
            ));
        }
        if length == 0 {
            return Ok(Mapped(None));
        }
        // SAFETY: the mapped part of the file is never changed or cut by this program, see the top of the module.
        let map = unsafe { MmapOptions::new().len(length).map(&file)? };
        Ok(Mapped(Some(map)))
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}
