//! What the tests of this room share.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]
#![allow(dead_code, reason = "each test file uses a part")]

use formats::{Format, FormatError, Item, Volume};
use paper::Record;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::PathBuf;

/// Everything that came out of an input.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) records: Vec<Record>,
    pub(crate) raws: Vec<Vec<u8>>,
    pub(crate) problems: Vec<(String, String)>,
    pub(crate) volumes: Vec<Volume>,
}

impl Found {
    pub(crate) fn titles(&self) -> Vec<&str> {
        self.records.iter().map(|record| record.title.as_str()).collect()
    }

    pub(crate) fn only(self) -> Record {
        assert_eq!(self.problems, [], "no problems");
        assert_eq!(self.records.len(), 1, "one record");
        self.records.into_iter().next().unwrap()
    }
}

pub(crate) fn try_read(
    input: Box<dyn Read + Send>,
    name: &str,
    format: Option<Format>,
) -> Result<Found, FormatError> {
    let mut found = Found::default();
    for item in formats::read(input, name, format)? {
        match item? {
            Item::Record { record, raw, .. } => {
                found.records.push(*record);
                found.raws.push(raw);
            }
            Item::Problem { place, reason, .. } => found.problems.push((place.to_string(), reason)),
            Item::Volume(volume) => found.volumes.push(volume),
        }
    }
    Ok(found)
}

pub(crate) fn read(bytes: &[u8], name: &str) -> Found {
    try_read(Box::new(Cursor::new(bytes.to_vec())), name, None).unwrap()
}

pub(crate) fn read_as(bytes: &[u8], format: Format) -> Found {
    try_read(Box::new(Cursor::new(bytes.to_vec())), "input", Some(format)).unwrap()
}

/// A file of the shared data, if there is any: `BROADSHEET_SHARED_DIR`, else `../shared` beside the workspace.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root =
        std::env::var_os("BROADSHEET_SHARED_DIR").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    let file = root.join(path);
    if file.exists() {
        return Some(file);
    }
    let required = std::env::var("BROADSHEET_SHARED").is_ok_and(|value| value == "required");
    assert!(!required, "{} is missing and BROADSHEET_SHARED=required", file.display());
    println!("skipped: no shared data ({path})");
    None
}

/// Counts of what a shared file holds: records, problems, volumes; and a look at each record.
pub(crate) fn count_shared(
    path: &str,
    mut look: impl FnMut(&Record, &[u8]),
) -> Option<(usize, usize, usize)> {
    let path = shared(path)?;
    let (mut records, mut problems, mut volumes) = (0, 0, 0);
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    for item in formats::read(Box::new(File::open(&path).unwrap()), &name, None).unwrap() {
        match item.unwrap() {
            Item::Record { record, raw, .. } => {
                records += 1;
                look(&record, &raw);
            }
            Item::Problem { .. } => problems += 1,
            Item::Volume(_) => volumes += 1,
        }
    }
    Some((records, problems, volumes))
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 1).unwrap()
}

pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A line of arXiv metadata.
pub(crate) fn arxiv_line(id: &str, title: &str) -> String {
    format!(
        "{{\"id\":\"{id}\",\"title\":{},\"categories\":\"cs.CL\",\"authors\":\"A. Author\",\"abstract\":\"Text.\"}}\n",
        serde_json::to_string(title).unwrap()
    )
}
