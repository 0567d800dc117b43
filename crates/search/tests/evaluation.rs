//! Measuring: on a folder made here, and on the shared collections where they are at hand.

// A helper that fails fails its test; a skipped test and its figures are printed.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use search::evaluate::{compare, listings, retrieval};
use search::{Engine, Weights};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of shared data; `None` prints that the test is skipped, or fails where it is required.
fn shared() -> Option<PathBuf> {
    let given = std::env::var_os("BROADSHEET_SHARED_DIR").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    if folder.is_dir() {
        return Some(folder);
    }
    assert_ne!(
        std::env::var("BROADSHEET_SHARED").as_deref(),
        Ok("required"),
        "no shared data in {}",
        folder.display()
    );
    println!("skipped: no shared data");
    None
}

fn collection(folder: &Path, splits: &[&str]) {
    fs::create_dir(folder.join("qrels")).unwrap();
    fs::write(
        folder.join("corpus.jsonl"),
        concat!(
            "{\"_id\":\"a\",\"title\":\"Graph networks\",\"text\":\"Learning on graphs.\"}\n",
            "{\"_id\":\"b\",\"title\":\"Proton decay\",\"text\":\"Limits.\",\"authors\":\"Perlis, A. J.; Samelson, K.\"}\n",
            "{\"_id\":\"c\",\"title\":\"Sorting\",\"text\":\"\",\"keywords\":[\"quicksort\",\"merge\"]}\n",
        ),
    )
    .unwrap();
    let queries = [("1", "graphs: \\\"networks"), ("2", "papers by Samelson"), ("3", "quicksort")];
    let lines: String =
        queries.iter().map(|(id, text)| format!("{{\"_id\":\"{id}\",\"text\":\"{text}\"}}\n")).collect();
    let packed = zstd::encode_all(lines.as_bytes(), 3).unwrap();
    fs::write(folder.join("queries.jsonl.zst"), packed).unwrap();
    for split in splits {
        let text = "query-id\tcorpus-id\tscore\n1\ta\t1\n2\tb\t1\n3\tc\t1\n";
        fs::write(folder.join(format!("qrels/{split}.tsv")), text).unwrap();
    }
}

#[test]
fn a_folder_is_measured_with_authors_and_keywords() {
    let folder = tempfile::tempdir().unwrap();
    collection(folder.path(), &["test"]);
    let report = retrieval(folder.path(), None, Engine::Words).unwrap();
    assert_eq!((report.queries, report.documents), (3, 3));
    assert_eq!((report.ndcg_at_10, report.recall_at_100, report.mrr_at_10), (1.0, 1.0, 1.0));
}

#[test]
fn several_judgement_files_demand_a_choice() {
    let folder = tempfile::tempdir().unwrap();
    collection(folder.path(), &["dev", "held"]);
    let refused = retrieval(folder.path(), None, Engine::Words).unwrap_err().to_string();
    assert!(refused.contains("dev, held"), "{refused}");
    assert!(retrieval(folder.path(), Some("dev"), Engine::Both).is_ok());
    assert!(retrieval(folder.path(), Some("none"), Engine::Both).is_err());
}

#[test]
fn a_comparison_agrees_with_the_engines_measured_alone() {
    let folder = tempfile::tempdir().unwrap();
    collection(folder.path(), &["test"]);
    let folders = [folder.path().to_path_buf(), folder.path().to_path_buf()];
    let found = compare(&folders, None, Engine::Meaning, Engine::Words).unwrap();
    let alone = retrieval(folder.path(), None, Engine::Meaning).unwrap().ndcg_at_10;
    let first = &found.collections[0];
    assert_eq!((first.figures.queries, first.each.len(), found.mean.queries), (3, 3, 6));
    assert_eq!((first.figures.ndcg_at_10, first.figures.against_ndcg_at_10), (alone, 1.0));
    assert!(first.figures.low <= first.figures.difference && first.figures.difference <= first.figures.high);
    assert_eq!(found.mean.difference, first.figures.difference);
}

#[test]
fn names_of_lists_find_their_papers() {
    let Some(shared) = shared() else { return };
    let reports = listings(&shared.join("sample/papers.jsonl"), &Weights::default()).unwrap();
    for report in &reports {
        println!("{:?} {:.3}", report.engine, report.mean_auc);
        for listing in &report.listings {
            println!(
                "  {:<24} AUC {:.3} P@10 {:.1} R {:.2}",
                listing.name, listing.auc, listing.precision_at_10, listing.r_precision
            );
        }
    }
    let both = reports.iter().find(|report| report.engine == Engine::Both).unwrap();
    assert!(both.mean_auc >= 0.83, "{}", both.mean_auc);
}

#[test]
fn both_engines_beat_words_on_a_collection() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("data/ir/med");
    let words = retrieval(&folder, Some("dev"), Engine::Words).unwrap();
    let both = retrieval(&folder, Some("dev"), Engine::Both).unwrap();
    // The reference program reaches .653 with another stemmer.
    assert!(words.ndcg_at_10 >= 0.645, "{words:?}");
    assert!(both.ndcg_at_10 > words.ndcg_at_10, "{both:?} against {words:?}");
}
