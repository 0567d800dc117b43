//! `broadsheet import`: files into the catalogue, streaming.
//!
//! One thread reads and parses, this one accepts batches, a third follows with the index. The channel between them is
//! bounded, so memory stays flat whatever the size of the input.

use crate::cli::Import;
use crate::config::Config;
use crate::follow::Follower;
use crate::output;
use crate::place::Place;
use crate::progress::Progress;
use anyhow::{Context, Result, bail};
use catalogue::{Accepted, Catalogue, Incoming, Problem, Volume};
use formats::{Format, Item};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

/// Records of one transaction: enough to make the sync at its end cheap, few enough to lose no time on a kill.
const BATCH_RECORDS: usize = 2_000;
/// Bytes of one transaction, for records that are unusually long.
const BATCH_BYTES: usize = 16 << 20;
/// Batches that may wait between reading and accepting.
const BATCHES_WAITING: usize = 2;

#[derive(Default)]
struct Batch {
    records: Vec<Incoming>,
    problems: Vec<Problem>,
    volumes: Vec<Volume>,
    bytes: usize,
}

pub(crate) fn run(config: &Config, arguments: &Import) -> Result<ExitCode> {
    let format = match arguments.format.as_str() {
        "auto" => None,
        name => Some(Format::from_name(name).with_context(|| {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            format!("unknown format {name}: auto, {}", names.join(", "))
        })?),
    };
    let files = files(&arguments.paths)?;
    if files.is_empty() {
        bail!("there is no file to import in what was named");
    }
    let place = Place::of(config)?;
    let catalogue = place.catalogue()?;
    let follower = match arguments.no_index {
        true => None,
        false => Some(Follower::start(catalogue.clone(), place.index())?),
    };

    let mut total = Accepted::default();
    let result = files.iter().try_for_each(|file| {
        let accepted = import_file(&catalogue, file, format)?;
        total.new += accepted.new;
        total.changed += accepted.changed;
        total.unchanged += accepted.unchanged;
        total.problems += accepted.problems;
        Ok::<(), anyhow::Error>(())
    });
    if let Some(follower) = follower {
        let progress = Progress::new("indexing", 0, false);
        follower.finish();
        progress.finish();
    }
    result?;
    if files.len() > 1 {
        output::line(format!("Altogether: {}.", sentence(&total)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn sentence(accepted: &Accepted) -> String {
    let Accepted { new, changed, unchanged, problems } = accepted;
    format!(
        "{new} new, {changed} changed, {unchanged} unchanged, {problems} {}",
        if *problems == 1 { "problem" } else { "problems" }
    )
}

/// The files that the paths name, directories walked in the order of names.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        walk(path, &mut files).with_context(|| format!("reading {}", path.display()))?;
    }
    Ok(files)
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path == Path::new("-") || !std::fs::metadata(path)?.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let mut inside =
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    inside.sort();
    // Dot files are editors' and version controls' own; a link could lead round in a circle.
    inside.retain(|path| {
        !path.is_symlink() && !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
    });
    inside.iter().try_for_each(|path| walk(path, files))
}

fn import_file(catalogue: &Catalogue, path: &Path, format: Option<Format>) -> Result<Accepted> {
    let name = path.display().to_string();
    let (input, size): (Box<dyn Read + Send>, u64) = match path == Path::new("-") {
        true => (Box::new(std::io::stdin()), 0),
        false => {
            let file = File::open(path).with_context(|| format!("opening {name}"))?;
            let size = file.metadata().map(|meta| meta.len()).unwrap_or(0);
            (Box::new(file), size)
        }
    };
    let bytes_read = Arc::new(AtomicU64::new(0));
    let input = Box::new(Counted { inner: input, count: bytes_read.clone() });
    let run = catalogue.begin_run("import", &name, now())?;
    let (sender, batches) = mpsc::sync_channel::<Batch>(BATCHES_WAITING);
    let mut total = Accepted::default();
    let mut progress = Progress::new(&name, size, true);
    let outcome = std::thread::scope(|scope| {
        let reading = scope.spawn(|| read(input, &name, format, sender));
        let mut seen = 0;
        let accepted = batches.iter().try_for_each(|batch| {
            seen += batch.records.len() as u64;
            catalogue.write_volumes(&batch.volumes)?;
            let accepted = catalogue.accept(&batch.records, &batch.problems)?;
            total.new += accepted.new;
            total.changed += accepted.changed;
            total.unchanged += accepted.unchanged;
            total.problems += accepted.problems;
            progress.at(bytes_read.load(Ordering::Relaxed), seen);
            Ok::<(), catalogue::Error>(())
        });
        // Without a receiver the reading thread ends at its next batch.
        drop(batches);
        accepted?;
        reading.join().map_err(|_| {
            anyhow::anyhow!("reading {name} ended by a fault in the program; please report it")
        })?
    });
    let elapsed = progress.finish();
    let words = match &outcome {
        Ok(()) => "done".to_string(),
        Err(error) => format!("{error:#}"),
    };
    catalogue.end_run(run, now(), &total, &words)?;
    outcome?;
    let seconds = elapsed.as_secs_f64();
    let records = total.new + total.changed + total.unchanged;
    output::line(format!(
        "{name}: {} ({seconds:.1} s, {:.0} records/s).",
        sentence(&total),
        records as f64 / seconds.max(0.001)
    ))?;
    Ok(total)
}

/// Seconds since 1970, UTC.
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Reads a file into batches until it ends or nobody takes them any more.
fn read(
    input: Box<dyn Read + Send>,
    name: &str,
    format: Option<Format>,
    batches: mpsc::SyncSender<Batch>,
) -> Result<()> {
    let mut batch = Batch::default();
    for item in formats::read(input, name, format)? {
        match item? {
            Item::Record { record, raw, .. } => {
                batch.bytes += raw.len();
                batch.records.push(Incoming { record: *record, raw });
            }
            Item::Problem { place, reason, raw } => {
                batch.problems.push(Problem { place: place.to_string(), reason, raw });
            }
            Item::Volume(volume) => batch.volumes.push(Volume {
                id: volume.id,
                title: volume.title,
                source: volume.source,
                day: volume.day,
                published: volume.published,
            }),
        }
        let full = batch.records.len() + batch.problems.len() >= BATCH_RECORDS || batch.bytes >= BATCH_BYTES;
        if full && batches.send(std::mem::take(&mut batch)).is_err() {
            return Ok(());
        }
    }
    // A closed channel means that accepting failed, and says so itself.
    let _ = batches.send(batch);
    Ok(())
}

/// Counts the bytes that were read, for the bar.
struct Counted {
    inner: Box<dyn Read + Send>,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self.inner.read(buffer)?;
        self.count.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}
