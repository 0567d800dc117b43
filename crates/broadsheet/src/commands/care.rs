//! Commands that look after an instance: `doctor`, `config`, `backup`, `restore`, `rebuild`, `export`, `runs`,
//! completions and man pages.

use crate::cli::{Cli, Doctor};
use crate::config::Config;
use crate::harvesting;
use crate::output;
use crate::place::Place;
use crate::progress::Progress;
use anyhow::{Context, Result, bail};
use catalogue::{Access, Catalogue, Location};
use clap::CommandFactory;
use search::{Index, Searcher};
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

/// Problems that one call lists; the rest is counted.
const PROBLEMS_SHOWN: u32 = 200;
/// Below this, imports will soon fail: the largest daily batch with its index is well under it.
const FREE_BYTES_MIN: u64 = 512 << 20;

pub(crate) fn doctor(config: &Config, arguments: &Doctor) -> Result<ExitCode> {
    let place = Place::of(config)?;
    let catalogue = place.existing()?;
    let mut damage: Vec<String> =
        catalogue.check()?.into_iter().map(|line| format!("catalogue: {line}")).collect();
    let counts = catalogue.counts()?;
    let (problem_count, problems) = catalogue.problems(0, PROBLEMS_SHOWN)?;
    let index = Index::open(&place.index());
    let index = index.and_then(|index| index.refresh().map(|()| index));
    let (behind, index_line) = match &index {
        Ok(index) => {
            let status = index.status();
            let behind = catalogue.sequence()?.0.saturating_sub(status.sequence.0);
            (
                behind,
                format!(
                    "{} papers, {} MB, {behind} changes behind, {}",
                    status.papers,
                    status.bytes >> 20,
                    status.version
                ),
            )
        }
        Err(error) => {
            damage.push(format!(
                "index: {error} (it is rebuilt from the catalogue: `broadsheet rebuild --index-only`)"
            ));
            (0, "unreadable".to_string())
        }
    };
    let free = free_bytes(place.root());
    if let Some(free) = free.filter(|free| *free < FREE_BYTES_MIN) {
        damage.push(format!("disk: only {} MB free for {}", free >> 20, place.root().display()));
    }
    let silent = harvesting::silent(config, &catalogue)?;
    if arguments.json.json {
        output::json(&json!({
            "silent": silent, "sound": damage.is_empty(), "damage": damage, "papers": counts.papers, "records": counts.records,
            "problems": problem_count, "index_behind": behind, "index": index_line, "disk_free_bytes": free,
        }))?;
    } else {
        output::line(format!("Catalogue: {} papers from {} records", counts.papers, counts.records))?;
        output::line(format!("Index:     {index_line}"))?;
        let model = learn::embedding::Model::shipped();
        output::line(format!("Model:     {} word pieces in {} dimensions", model.tokens(), model.dims()))?;
        if let Some(free) = free {
            output::line(format!("Disk:      {:.1} GB free", free as f64 / 1e9))?;
        }
        output::line(format!(
            "Problems:  {problem_count}{}",
            if problem_count > 0 && !arguments.problems { " (--problems lists them)" } else { "" }
        ))?;
        for line in &damage {
            output::line(format!("DAMAGE     {line}"))?;
        }
        for line in &silent {
            output::line(format!("SILENT     {line}"))?;
        }
        if damage.is_empty() && silent.is_empty() {
            output::line("All is sound.")?;
        }
    }
    if arguments.problems && !arguments.json.json {
        for problem in &problems {
            let raw = String::from_utf8_lossy(&problem.raw);
            let raw: String = raw.chars().take(300).flat_map(char::escape_debug).collect();
            output::line(format!("\n{}\n  {}\n  {raw}", problem.place, problem.reason))?;
        }
        if problem_count > u64::from(PROBLEMS_SHOWN) {
            output::line(format!("\n… and {} more", problem_count - u64::from(PROBLEMS_SHOWN)))?;
        }
    }
    Ok(if damage.is_empty() && silent.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What `df` says is free for unprivileged users.
fn free_bytes(path: &Path) -> Option<u64> {
    let output = std::process::Command::new("df").args(["-Pk", "--"]).arg(path).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let kilobytes: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kilobytes * 1024)
}

pub(crate) fn config(config: &Config, as_json: bool) -> Result<ExitCode> {
    let table = config.table();
    if as_json {
        let rows: Vec<_> = table.iter().map(|(key, value, origin, help)| json!({"key": key, "value": value, "from": origin, "help": help})).collect();
        output::json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    for (key, value, origin, help) in table {
        output::line(format!("# {help}\n{key} = {value:?}    # {origin}\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn backup(config: &Config, file: &Path) -> Result<ExitCode> {
    let catalogue = Place::of(config)?.existing()?;
    catalogue.backup(file)?;
    let size = std::fs::metadata(file)?.len();
    output::line(format!(
        "{} holds {} papers ({:.1} MB).",
        file.display(),
        catalogue.counts()?.papers,
        size as f64 / 1e6
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn restore(config: &Config, file: &Path) -> Result<ExitCode> {
    let place = Place::of(config)?;
    let Location::Sqlite(target) = place.location() else {
        bail!("a backup is restored into a data directory; for PostgreSQL use pg_restore");
    };
    if target.exists() {
        bail!(
            "{} exists already and is not overwritten: move it away first, or restore with another --data",
            target.display()
        );
    }
    // The copy is checked before it gets its name, so that a damaged backup never becomes a catalogue.
    let _lock = place.lock()?;
    let unchecked = target.with_extension("restoring");
    let sidecars =
        ["restoring-wal", "restoring-shm", "restoring-journal"].map(|end| target.with_extension(end));
    // A restore that died may have left its log, which belongs to its copy and not to this one.
    for leftover in sidecars.iter().chain([&unchecked]).filter(|leftover| leftover.exists()) {
        std::fs::remove_file(leftover).with_context(|| format!("removing {}", leftover.display()))?;
    }
    std::fs::copy(file, &unchecked)
        .with_context(|| format!("copying {} to {}", file.display(), unchecked.display()))?;
    let copy = Location::Sqlite(unchecked.clone());
    // Looked at before it may be written: opening for writing would make an empty catalogue of an empty file.
    let seen = match Catalogue::open(&copy, Access::ReadOnly) {
        Err(catalogue::Error::Older { .. }) => Ok(()),
        seen => seen.map(drop),
    };
    let damage = seen.and_then(|()| Catalogue::open(&copy, Access::ReadWrite)).and_then(|copy| copy.check());
    for sidecar in sidecars.iter().filter(|sidecar| sidecar.exists()) {
        std::fs::remove_file(sidecar)?;
    }
    match damage {
        Ok(damage) if damage.is_empty() => {}
        Ok(damage) => {
            std::fs::remove_file(&unchecked)?;
            bail!("{} is damaged and was not restored: {}", file.display(), damage.join("; "));
        }
        Err(error) => {
            std::fs::remove_file(&unchecked)?;
            return Err(error).with_context(|| format!("{} was not restored", file.display()));
        }
    }
    File::open(&unchecked)?.sync_all()?;
    std::fs::rename(&unchecked, target)?;
    File::open(place.root())?.sync_all()?;
    let catalogue = place.existing()?;
    output::line(format!("{} holds {} papers now.", place.root().display(), catalogue.counts()?.papers))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn rebuild(config: &Config, index_only: bool) -> Result<ExitCode> {
    let place = Place::of(config)?;
    let catalogue = place.catalogue()?;
    if !index_only {
        let mut progress = Progress::new("reading records again", catalogue.counts()?.records, false);
        let changed = catalogue
            .rebuild(&mut |source, raw| formats::parse_again(source, raw).ok(), &mut |done, _| {
                progress.at(done, done)
            })?;
        progress.finish();
        output::line(format!("{changed} papers changed."))?;
    }
    let Some(mut indexer) = Index::indexer(&place.index())? else {
        bail!("another process indexes {}: stop `broadsheet serve` first", place.root().display());
    };
    let mut progress = Progress::new("indexing", catalogue.counts()?.papers, false);
    indexer.rebuild()?;
    indexer.catch_up(&catalogue, &AtomicBool::new(false), &mut |state| {
        progress.at(state.papers, state.papers)
    })?;
    progress.finish();
    output::line("The index was made anew.")?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn export(config: &Config, file: Option<&Path>) -> Result<ExitCode> {
    let catalogue = Place::of(config)?.existing()?;
    match file {
        Some(path) => {
            let file = File::create_new(path).with_context(|| format!("making {}", path.display()))?;
            let mut out = BufWriter::new(file);
            catalogue.dump(&mut out)?;
            out.flush()?;
            out.get_ref().sync_all()?;
        }
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            catalogue.dump(&mut out)?;
            out.flush()?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn runs(config: &Config, as_json: bool) -> Result<ExitCode> {
    let runs = Place::of(config)?.existing()?.runs(100)?;
    if as_json {
        output::json(&runs)?;
        return Ok(ExitCode::SUCCESS);
    }
    for run in runs {
        let began = jiff::Timestamp::from_second(run.began).map(|time| time.to_string()).unwrap_or_default();
        let took = run.ended.map_or("not ended".to_string(), |ended| format!("{} s", ended - run.began));
        let accepted = run.accepted;
        output::line(format!(
            "{:>5}  {began}  {}  {}  {took}  {} new, {} changed, {} unchanged, {} problems  {}",
            run.id,
            run.kind,
            run.subject,
            accepted.new,
            accepted.changed,
            accepted.unchanged,
            accepted.problems,
            run.outcome
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<ExitCode> {
    clap_complete::generate(shell, &mut Cli::command(), "broadsheet", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(directory: &Path) -> Result<ExitCode> {
    clap_mangen::generate_to(Cli::command(), directory)
        .with_context(|| format!("writing into {}", directory.display()))?;
    Ok(ExitCode::SUCCESS)
}
