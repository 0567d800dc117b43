//! Totals over the shared data: every record is read, and nothing else.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod common;

use common::count_shared;
use paper::Source;

/// Every record is understood again from what is kept of it, and says the same.
fn check_again(source: Source, record: &paper::Record, raw: &[u8], number: usize) {
    const EVERY: usize = 97;
    if number.is_multiple_of(EVERY) {
        let again = formats::parse_again(source, raw).expect("what was read can be read again");
        assert_eq!(&again, record);
    }
}

fn check(path: &str, source: Source, expected: (usize, usize)) {
    let mut number = 0;
    let found = count_shared(path, |record, raw| {
        number += 1;
        assert_eq!(record.source, source);
        check_again(source, record, raw, number);
    });
    if let Some((records, _, volumes)) = found {
        assert_eq!((records, volumes), expected, "{path}");
    }
}

#[test]
fn recent_arxiv_papers_are_all_read() {
    check("data/arxiv-recent.jsonl.zst", Source::Arxiv, (150_548, 0));
}

#[test]
fn archived_arxiv_papers_are_all_read() {
    check("data/arxiv-archive.jsonl.zst", Source::Arxiv, (67_999, 0));
}

#[test]
fn conference_papers_are_all_read() {
    check("data/conferences.jsonl.zst", Source::Conference, (66_981, 0));
}

#[test]
fn daily_papers_are_all_read_and_featured_on_their_day() {
    let found = count_shared("data/hf-daily.jsonl.zst", |record, _| {
        assert_eq!(record.announcements.len(), 1);
        assert!(record.attention.is_some_and(|attention| attention.votes.is_some()));
    });
    if let Some(found) = found {
        assert_eq!(found, (9_134, 0, 0));
    }
}

// The statistics that come with the data say 800 volumes, counted as text; the XML has 794 <volume> elements.
#[test]
fn the_anthology_is_read_whole_from_its_archive() {
    check("data/acl-anthology/anthology-xml.tar.zst", Source::Acl, (38_703, 794));
}

#[test]
fn papers_of_a_volume_have_no_announcements_of_their_own() {
    count_shared("fixtures/acl/2023.bea.xml", |record, _| {
        assert!(record.announcements.is_empty());
        assert_eq!(record.volume.as_deref(), Some("2023.bea-1"));
    });
}

#[test]
fn every_rare_element_of_the_anthology_is_understood() {
    let mut standings = 0;
    let (mut awards, mut versions, mut errata, mut videos) = (0, 0, 0, 0);
    let found = count_shared("fixtures/acl/rare-elements.xml", |record, _| {
        standings += usize::from(record.standing == paper::Standing::Retracted);
        awards += record.awards.len();
        versions += record.versions.len();
        let of = |kind| record.links.iter().filter(|link| link.kind == kind).count();
        errata += of(paper::LinkKind::Erratum);
        videos += of(paper::LinkKind::Video);
    });
    if found.is_some() {
        assert!(standings >= 2, "retracted and removed: {standings}");
        assert!(awards > 0 && versions > 0 && errata > 0 && videos > 0);
    }
}

#[test]
fn hard_bibtex_files_lose_no_file_to_one_bad_entry() {
    let Some(folder) = common::shared("fixtures/bibtex") else { return };
    let mut records = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = common::read_as(&bytes, formats::Format::Bibtex);
        records += found.records.len();
        for (record, raw) in found.records.iter().zip(&found.raws) {
            let again = formats::parse_again(Source::Bibtex, raw).expect("what was read can be read again");
            assert_eq!(&again, record, "{}", path.display());
        }
    }
    assert!(records > 500, "{records} records in all");
}

#[test]
fn the_sample_in_the_tree_is_read_whole() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample/papers.jsonl");
    let found = common::read(&std::fs::read(path).unwrap(), "papers.jsonl");
    assert_eq!(found.records.len(), 215);
    assert_eq!(found.problems, []);
    assert!(found.records.iter().all(|record| record.announcements.len() == record.topics.len()));
}
