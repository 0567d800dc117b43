//! The index follows, survives being killed, damaged and deleted, and never disagrees with itself.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used)]

mod shelf;

use catalogue::Sequence;
use search::{Engine, Error, Index, Searcher};
use shelf::{Shelf, answer, catch_up, found_set, indexer, paper};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

fn shelf(count: u32) -> Shelf {
    let subjects = ["graph networks", "proton decay", "language models", "number theory"];
    Shelf::of((0..count).map(|id| {
        let subject = subjects[id as usize % subjects.len()];
        paper(id, &format!("{subject} {id}"), &format!("A study of {subject} with method {}.", id % 7))
    }))
}

/// What a reader sees, in full.
fn seen(index: &Index) -> Vec<String> {
    let queries = ["graph", "language models", "\"number theory\"", "method 3", "quarks"];
    let all = Engine::ALL.iter().flat_map(|engine| queries.iter().map(move |query| (*engine, *query)));
    all.map(|(engine, query)| format!("{:?}", answer(index, engine, query).hits)).collect()
}

fn generation(directory: &Path) -> PathBuf {
    let folders = fs::read_dir(directory).unwrap().flatten().map(|entry| entry.path());
    folders.filter(|path| path.is_dir()).max().unwrap()
}

#[test]
fn only_one_indexer_has_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let first = indexer(directory.path());
    assert!(Index::indexer(directory.path()).unwrap().is_none());
    drop(first);
    assert!(Index::indexer(directory.path()).unwrap().is_some());
}

#[test]
fn an_empty_or_missing_directory_answers_that_it_is_being_built() {
    let directory = tempfile::tempdir().unwrap();
    let index = Index::open(&directory.path().join("none")).unwrap();
    let answer = answer(&index, Engine::Both, "graph");
    assert!(answer.hits.is_empty());
    assert!(answer.building.is_some());
    assert_eq!(index.status().papers, 0);
}

#[test]
fn a_reader_sees_what_another_part_commits() {
    let directory = tempfile::tempdir().unwrap();
    let mut papers = shelf(10);
    let mut indexer = indexer(directory.path());
    catch_up(&mut indexer, &papers);
    let index = Index::open(directory.path()).unwrap();
    assert_eq!(index.status().sequence, Sequence(10));
    papers.put(paper(77, "a new subject", "about quarks"));
    papers.remove(1);
    papers.put(paper(2, "rewritten", "about gluons"));
    catch_up(&mut indexer, &papers);
    index.refresh().unwrap();
    assert_eq!(index.status().sequence, Sequence(13));
    assert_eq!(index.status().papers, 10);
    assert_eq!(found_set(&index, "quarks"), [77]);
    assert_eq!(found_set(&index, "gluons"), [2]);
    assert_eq!(found_set(&index, "proton"), [5, 9]);
    let near: Vec<u32> = answer(&index, Engine::Meaning, "proton").hits.iter().map(|hit| hit.id.0).collect();
    assert!(!near.contains(&1) && near.contains(&77), "{near:?}");
}

#[test]
fn an_old_snapshot_goes_on_answering_while_others_are_committed() {
    let directory = tempfile::tempdir().unwrap();
    let mut papers = shelf(40);
    let mut indexer = indexer(directory.path());
    catch_up(&mut indexer, &papers);
    let index = Index::open(directory.path()).unwrap();
    let before = seen(&index);
    for round in 0..5 {
        (0..40).for_each(|id| papers.put(paper(id, &format!("other {round}"), "words")));
        catch_up(&mut indexer, &papers);
    }
    // Within a second nothing looks at the disk.
    let between = seen(&index);
    index.refresh().unwrap();
    assert_ne!(seen(&index), before);
    assert!(between == before || between == seen(&index));
}

#[test]
fn stopping_keeps_what_was_done_and_the_next_run_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let papers = shelf(5_000);
    {
        let mut indexer = indexer(directory.path());
        let stopped = indexer.catch_up(&papers, &AtomicBool::new(true), &mut |_| {});
        assert!(matches!(stopped, Err(Error::Stopped)));
        let index = Index::open(directory.path()).unwrap();
        let answer = answer(&index, Engine::Both, "graph");
        assert!(answer.building.is_some_and(|progress| progress.target == Sequence(5_000)));
        assert_eq!(answer.sequence, Sequence(2_000));
    }
    let mut indexer = indexer(directory.path());
    catch_up(&mut indexer, &papers);
    let index = Index::open(directory.path()).unwrap();
    assert_eq!(index.status().papers, 5_000);
    assert!(index.status().building.is_none());
}

#[test]
fn a_kill_between_vectors_and_commit_leaves_the_last_commit() {
    let directory = tempfile::tempdir().unwrap();
    let mut papers = shelf(60);
    catch_up(&mut indexer(directory.path()), &papers);
    let before = seen(&Index::open(directory.path()).unwrap());
    // What a killed run leaves: rows behind the committed ones, segment files that no commit names.
    let folder = generation(directory.path());
    for entry in fs::read_dir(&folder).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("vectors-") {
            let mut bytes = fs::read(entry.path()).unwrap();
            bytes.extend_from_slice(&[7; 1_001]);
            fs::write(entry.path(), bytes).unwrap();
        }
    }
    fs::write(folder.join("0123456789abcdef0123456789abcdef.idx"), b"half a segment").unwrap();
    assert_eq!(seen(&Index::open(directory.path()).unwrap()), before);
    papers.put(paper(60, "graph networks again", "after the kill"));
    catch_up(&mut indexer(directory.path()), &papers);
    let fresh = tempfile::tempdir().unwrap();
    catch_up(&mut indexer(fresh.path()), &papers);
    let (survivor, fresh) = (Index::open(directory.path()).unwrap(), Index::open(fresh.path()).unwrap());
    assert_eq!(seen(&survivor), seen(&fresh));
}

#[test]
fn damaging_any_file_ends_in_an_equal_index() {
    let papers = shelf(60);
    let directory = tempfile::tempdir().unwrap();
    catch_up(&mut indexer(directory.path()), &papers);
    let before = seen(&Index::open(directory.path()).unwrap());
    let names: Vec<_> = fs::read_dir(generation(directory.path())).unwrap().flatten().collect();
    let kinds: Vec<PathBuf> = names.iter().map(|entry| entry.path()).collect();
    let extensions =
        ["idx", "pos", "term", "fast", "fieldnorm", "signs", "bytes", "scales", "papers", "json"];
    for extension in extensions {
        assert!(
            kinds.iter().any(|path| path.extension().is_some_and(|found| found == extension)),
            "{extension}"
        );
        for harm in ["flip", "cut", "remove"] {
            let folder = generation(directory.path());
            let files = fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
            let hidden =
                |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            let mut files: Vec<PathBuf> = files
                .filter(|path| path.extension().is_some_and(|found| found == extension) && !hidden(path))
                .collect();
            files.sort();
            let file = &files[0];
            let mut bytes = fs::read(file).unwrap();
            match harm {
                "flip" => {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 0xff;
                    fs::remove_file(file).unwrap();
                    fs::write(file, bytes).unwrap();
                }
                "cut" => {
                    bytes.truncate(bytes.len() / 2);
                    fs::remove_file(file).unwrap();
                    fs::write(file, bytes).unwrap();
                }
                _ => fs::remove_file(file).unwrap(),
            }
            catch_up(&mut indexer(directory.path()), &papers);
            let after = seen(&Index::open(directory.path()).unwrap());
            assert_eq!(after, before, "{harm} {}", file.display());
        }
    }
}

#[test]
fn deleting_the_directory_while_it_serves_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("index");
    let papers = shelf(60);
    let mut indexer = indexer(&root);
    catch_up(&mut indexer, &papers);
    let index = Index::open(&root).unwrap();
    let before = seen(&index);
    for entry in fs::read_dir(&root).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        fs::remove_dir_all(entry.path()).unwrap();
    }
    index.refresh().unwrap();
    assert_eq!(seen(&index), before, "what is in memory goes on answering");
    catch_up(&mut indexer, &papers);
    index.refresh().unwrap();
    assert_eq!(seen(&index), before);
    assert!(index.status().building.is_none());
}

#[test]
fn a_rebuild_takes_over_when_it_is_complete_and_not_before() {
    let directory = tempfile::tempdir().unwrap();
    let mut papers = shelf(3_000);
    let mut indexer = indexer(directory.path());
    catch_up(&mut indexer, &papers);
    let index = Index::open(directory.path()).unwrap();
    papers.put(paper(9_000, "quarks", "quarks"));
    indexer.rebuild().unwrap();
    let stopped = indexer.catch_up(&papers, &AtomicBool::new(true), &mut |_| {});
    assert!(matches!(stopped, Err(Error::Stopped)));
    index.refresh().unwrap();
    assert_eq!(index.status().papers, 3_000, "the old one answers");
    let opened = Index::open(directory.path()).unwrap();
    assert_eq!(opened.status().papers, 3_000, "also for those who come now");
    catch_up(&mut indexer, &papers);
    index.refresh().unwrap();
    assert_eq!(index.status().papers, 3_001);
    assert_eq!(
        fs::read_dir(directory.path()).unwrap().flatten().filter(|entry| entry.path().is_dir()).count(),
        1
    );
}
