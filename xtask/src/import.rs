//! How fast papers become searchable, with how much memory and disk.

use crate::{Arguments, figure};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often the child's memory is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let from = arguments.from.as_deref().context("--from names the directory of papers")?;
    if arguments.data.exists() {
        bail!("{} exists already: the bench wants a new directory", arguments.data.display());
    }
    let files = papers_in(from)?;
    let mut command = Command::new(&arguments.binary);
    command.arg("import").args(&files).arg("--data").arg(&arguments.data).stdout(Stdio::inherit());
    if let Some(database) = &arguments.database {
        command.args(["--database", database]);
    }
    let began = Instant::now();
    let mut child = command.spawn().with_context(|| format!("starting {}", arguments.binary.display()))?;
    let mut peak_kilobytes = 0;
    let status = loop {
        peak_kilobytes = peak_kilobytes.max(status_kilobytes(child.id(), "VmHWM:").unwrap_or(0));
        match child.try_wait()? {
            Some(status) => break status,
            None => std::thread::sleep(LOOK_INTERVAL),
        }
    };
    let seconds = began.elapsed().as_secs_f64();
    if !status.success() {
        bail!("the import failed: {status}");
    }
    let mut doctor = Command::new(&arguments.binary);
    doctor.args(["doctor", "--json"]).arg("--data").arg(&arguments.data);
    if let Some(database) = &arguments.database {
        doctor.args(["--database", database]);
    }
    let report = String::from_utf8(doctor.output()?.stdout)?;
    let papers = number_after(&report, "\"papers\":").context("doctor names no number of papers")?;
    let records = number_after(&report, "\"records\":").context("doctor names no number of records")?;
    figure("import to searchable, wall", format!("{seconds:.1}"), "s");
    figure("records", records, "");
    figure("papers", papers, "");
    figure("records per second, searchable", format!("{:.0}", records as f64 / seconds), "/s");
    figure("peak memory", peak_kilobytes / 1024, "MiB");
    figure("disk, data directory", directory_bytes(&arguments.data)? / 1_000_000, "MB");
    Ok(())
}

/// The files of the directory that hold papers: one level deep, the retrieval collections left out.
fn papers_in(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name == "acl-anthology") {
            files.extend(std::fs::read_dir(&path)?.flatten().map(|entry| entry.path()));
        } else {
            files.push(path);
        }
    }
    files.retain(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.ends_with(".jsonl.zst") || name.ends_with(".tar.zst")
    });
    files.sort();
    Ok(files)
}

/// A line of `/proc/PID/status`, in kilobytes.
pub(crate) fn status_kilobytes(process: u32, line: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    text.lines().find(|text| text.starts_with(line))?.split_whitespace().nth(1)?.parse().ok()
}

fn number_after(text: &str, key: &str) -> Option<u64> {
    let rest = text.split_once(key)?.1.trim_start();
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn directory_bytes(directory: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        bytes += if meta.is_dir() { directory_bytes(&entry.path())? } else { meta.len() };
    }
    Ok(bytes)
}
