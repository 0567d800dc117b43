//! Appending vectors, so that a commit can name them.

use super::{Extent, FILES, check, path, row_bytes};
use crate::Error;
use learn::quantize::{Int8Vector, sign_code};
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A vector on its way to the files.
#[derive(Debug)]
pub(crate) struct Row {
    sign: Vec<u8>,
    vector: Int8Vector,
}

impl Row {
    pub(crate) fn new(vector: &[f32]) -> Row {
        Row { sign: sign_code(vector), vector: Int8Vector::new(vector) }
    }
}

/// Appends to one epoch.
#[derive(Debug)]
pub(crate) struct VectorWriter {
    directory: PathBuf,
    extent: Extent,
    files: [File; FILES],
    pending: [Vec<u8>; FILES],
}

impl VectorWriter {
    /// Starts an epoch that has no rows yet.
    pub(crate) fn create(directory: &Path, epoch: u32, dims: usize) -> Result<VectorWriter, Error> {
        let extent = Extent { epoch, rows: 0, dims: dims as u32, checks: [0; FILES] };
        VectorWriter::resume(directory, &extent)
    }

    /// Continues behind the committed rows; what an interrupted run left there is written over.
    pub(crate) fn resume(directory: &Path, extent: &Extent) -> Result<VectorWriter, Error> {
        let bytes = row_bytes(extent.dims as usize);
        let open = |file: usize| {
            let path = path(directory, extent.epoch, file);
            let mut opened = OpenOptions::new()
                .create(true)
                .read(true)
                .write(true)
                .truncate(false)
                .open(&path)
                .map_err(Error::file("open", &path))?;
            opened
                .seek(SeekFrom::Start(extent.rows * bytes[file] as u64))
                .map_err(Error::file("position", &path))?;
            Ok(opened)
        };
        let files = [open(0)?, open(1)?, open(2)?, open(3)?];
        Ok(VectorWriter {
            directory: directory.to_path_buf(),
            extent: extent.clone(),
            files,
            pending: Default::default(),
        })
    }

    /// Adds the vector of a paper.
    pub(crate) fn push(&mut self, paper: u32, row: &Row) {
        self.push_raw([
            &row.sign,
            row.vector.bytes(),
            &row.vector.scale().to_le_bytes(),
            &paper.to_le_bytes(),
        ]);
    }

    /// Adds a row in its stored form.
    pub(crate) fn push_raw(&mut self, raw: [&[u8]; FILES]) {
        for ((pending, sum), bytes) in self.pending.iter_mut().zip(&mut self.extent.checks).zip(raw) {
            pending.extend_from_slice(bytes);
            *sum = check(*sum, bytes);
        }
        self.extent.rows += 1;
    }

    /// Hands what was added to the system, without waiting for the disk.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        for (file, pending) in self.pending.iter_mut().enumerate() {
            let path = path(&self.directory, self.extent.epoch, file);
            self.files[file].write_all(pending).map_err(Error::file("write", &path))?;
            pending.clear();
        }
        Ok(())
    }

    /// Makes everything that was added durable and says what a commit may name.
    pub(crate) fn sync(&mut self) -> Result<Extent, Error> {
        self.flush()?;
        for (number, file) in self.files.iter().enumerate() {
            let path = path(&self.directory, self.extent.epoch, number);
            file.sync_data().map_err(Error::file("sync", &path))?;
        }
        let directory = File::open(&self.directory).map_err(Error::file("open", &self.directory))?;
        directory.sync_all().map_err(Error::file("sync", &self.directory))?;
        Ok(self.extent.clone())
    }

    /// How many rows there are, committed or not.
    pub(crate) fn rows(&self) -> u64 {
        self.extent.rows
    }

    /// The number of the epoch.
    pub(crate) fn epoch(&self) -> u32 {
        self.extent.epoch
    }
}
