//! `broadsheet eval`: how good search and the text parser are.

use crate::cli::Eval;
use crate::{output, sample};
use anyhow::{Context, Result};
use paper::text::report::CorpusReport;
use search::evaluate::{Comparison, Difference};
use serde_json::json;
use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

pub(crate) fn run(eval: &Eval) -> Result<ExitCode> {
    match eval {
        Eval::Retrieval { beir, split, engine, json } => {
            let report = search::evaluate::retrieval(beir, split.as_deref(), (*engine).into())?;
            if json.json {
                output::json(&report)?;
            } else {
                output::line(format!(
                    "{} queries over {} documents: nDCG@10 {:.4}, recall@100 {:.4}, MRR@10 {:.4}; mean {:.2} ms, p99 {:.2} ms",
                    report.queries,
                    report.documents,
                    report.ndcg_at_10,
                    report.recall_at_100,
                    report.mrr_at_10,
                    report.mean_ms,
                    report.p99_ms
                ))?;
            }
        }
        Eval::Compare { beir, split, engine, against, json } => {
            let found =
                search::evaluate::compare(beir, split.as_deref(), (*engine).into(), (*against).into())?;
            if json.json {
                output::json(&found)?;
            } else {
                compared(&found)?;
            }
        }
        Eval::Listings { json } => listings(json.json)?,
        Eval::Text { files, json } => text(files, json.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn compared(found: &Comparison) -> Result<()> {
    output::line(format!("nDCG@10 of {} against {}", found.engine.name(), found.against.name()))?;
    let row = |name: &str, figures: &Difference| {
        output::line(format!(
            "{name:<16} {:>5} queries  {:.4} against {:.4}  {:+.4}, 95 % interval {:+.4} to {:+.4}",
            figures.queries,
            figures.ndcg_at_10,
            figures.against_ndcg_at_10,
            figures.difference,
            figures.low,
            figures.high
        ))
    };
    for collection in &found.collections {
        let name = collection.folder.file_name().unwrap_or(collection.folder.as_os_str());
        row(&name.to_string_lossy(), &collection.figures)?;
    }
    if found.collections.len() > 1 {
        row("mean", &found.mean)?;
    }
    Ok(())
}

fn listings(as_json: bool) -> Result<()> {
    let file = tempfile::NamedTempFile::new().context("making a temporary file for the sample")?;
    std::fs::write(file.path(), sample::PAPERS)?;
    let reports = search::evaluate::listings(file.path(), &search::Weights::default())?;
    if as_json {
        return output::json(&reports);
    }
    for report in &reports {
        output::line(format!("{}: mean AUC {:.3}", report.engine.name(), report.mean_auc))?;
        for row in &report.listings {
            output::line(format!(
                "  {:<24} AUC {:.3}  P@10 {:.2}  R-precision {:.3}  ({} papers)",
                row.name, row.auc, row.precision_at_10, row.r_precision, row.papers
            ))?;
        }
    }
    Ok(())
}

fn text(files: &[PathBuf], as_json: bool) -> Result<()> {
    let mut report = CorpusReport::default();
    for path in files {
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        for item in formats::read(Box::new(file), &path.display().to_string(), None)? {
            if let formats::Item::Record { record, .. } = item? {
                report.add(&record.title, &paper::reading::title(&record.title, record.markup));
                if let Some(text) = &record.abstract_text {
                    report.add(text, &paper::reading::abstract_text(text, record.markup));
                }
            }
        }
    }
    if !as_json {
        return output::line(report);
    }
    let causes: Vec<_> = report
        .fallbacks
        .iter()
        .map(|(cause, count)| json!({"cause": cause.name(), "count": count}))
        .collect();
    output::json(&json!({
        "texts": report.texts,
        "bytes": report.bytes,
        "formulas": report.formulas,
        "fallbacks": report.fallback_count(),
        "fallback_share": report.fallback_share(),
        "causes": causes,
        "unknown_macros": report.unknown_macros.values().sum::<u64>(),
        "frequent_macros": report.frequent_macros(20),
        "lost_texts": report.lost_texts,
    }))
}
