//! The committed vectors, for searching.

use super::mapped::Mapped;
use super::{Extent, FILES, check, path, row_bytes};
use crate::Error;
use learn::scan::Rows;
use std::path::Path;

/// The vectors of one commit.
#[derive(Debug)]
pub(crate) struct Vectors {
    extent: Extent,
    files: [Mapped; FILES],
}

impl Vectors {
    /// Opens the files that a commit names.
    pub(crate) fn open(directory: &Path, extent: &Extent) -> Result<Vectors, Error> {
        let bytes = row_bytes(extent.dims as usize);
        let open = |file: usize| {
            let path = path(directory, extent.epoch, file);
            Mapped::open(&path, extent.rows as usize * bytes[file])
                .map_err(|error| Error::damaged(directory, format!("{}: {error}", path.display())))
        };
        let vectors = Vectors { extent: extent.clone(), files: [open(0)?, open(1)?, open(2)?, open(3)?] };
        // The lengths fit by construction; what remains is a number of dimensions that no scan knows.
        match Rows::new(extent.dims as usize, &vectors.files[0], &vectors.files[1], &vectors.files[2]) {
            Ok(_) => Ok(vectors),
            Err(error) => Err(Error::damaged(directory, error.to_string())),
        }
    }

    /// Reads everything once and compares with what was written.
    pub(crate) fn verify(&self, directory: &Path) -> Result<(), Error> {
        for (file, bytes) in self.files.iter().enumerate() {
            if check(0, bytes) != self.extent.checks[file] {
                let path = path(directory, self.extent.epoch, file);
                return Err(Error::damaged(directory, format!("{}: wrong check sum", path.display())));
            }
        }
        Ok(())
    }

    /// The rows for a scan; `None` if there are none.
    pub(crate) fn rows(&self) -> Option<Rows<'_>> {
        let [signs, bytes, scales, _] = &self.files;
        Rows::new(self.extent.dims as usize, signs, bytes, scales).ok().filter(|rows| !rows.is_empty())
    }

    /// The paper of each row.
    pub(crate) fn papers(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.files[3].as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// The stored form of one row, to look for its neighbours.
    pub(crate) fn floats(&self, row: u32) -> Vec<f32> {
        let dims = self.extent.dims as usize;
        let at = row as usize;
        let scale = self.files[2].as_chunks::<4>().0.get(at).map_or(0.0, |bytes| f32::from_le_bytes(*bytes));
        let bytes = self.files[1].get(at * dims..(at + 1) * dims).unwrap_or_default();
        bytes.iter().map(|byte| f32::from(byte.cast_signed()) * scale).collect()
    }

    /// One row as it is stored in each file, for compaction.
    pub(crate) fn raw(&self, row: u32) -> [&[u8]; FILES] {
        let bytes = row_bytes(self.extent.dims as usize);
        std::array::from_fn(|file| {
            let at = row as usize * bytes[file];
            self.files[file].get(at..at + bytes[file]).unwrap_or_default()
        })
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.len() as u64).sum()
    }
}

/// Copies of some vectors, side by side: reading them does not wait for memory.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    dims: usize,
    signs: Vec<u8>,
    bytes: Vec<u8>,
    scales: Vec<u8>,
}

impl Sample {
    /// Copies these rows in their order.
    pub(crate) fn of(vectors: &Vectors, rows: impl IntoIterator<Item = u32>) -> Sample {
        let mut sample = Sample { dims: vectors.extent.dims as usize, ..Sample::default() };
        for row in rows {
            let [signs, bytes, scales, _] = vectors.raw(row);
            sample.signs.extend_from_slice(signs);
            sample.bytes.extend_from_slice(bytes);
            sample.scales.extend_from_slice(scales);
        }
        sample
    }

    /// The rows; `None` if there are none.
    pub(crate) fn rows(&self) -> Option<Rows<'_>> {
        Rows::new(self.dims, &self.signs, &self.bytes, &self.scales).ok().filter(|rows| !rows.is_empty())
    }
}
