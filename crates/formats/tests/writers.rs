//! Papers written out, and read back.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod common;

use common::read;
use formats::{bibtex, huggingface, markdown};
use paper::{Author, Identity, Paper, Record, Source, merge::merge};

fn paper_of(edit: impl FnOnce(&mut Record)) -> Paper {
    let (node, _) = Identity::arxiv("2511.11447").unwrap();
    let mut record = Record::new(Source::Arxiv, node, "BERT & $\\alpha$-GridPull: 50% of a_b in mT5");
    record.authors =
        vec![Author { family: Some("van Beethoven".into()), ..Author::named("Ludwig van Beethoven") }];
    record.categories = vec!["cs.DL".into()];
    record.published = "2025-11-14".parse().ok();
    record.abstract_text = Some("An abstract with <b> and more.".into());
    edit(&mut record);
    merge(&[record]).unwrap()
}

#[test]
fn an_arxiv_paper_is_written_as_arxiv_writes_it() {
    let entry = bibtex::entry(&paper_of(|_| {}));
    let lines: Vec<&str> = entry.lines().map(str::trim).collect();
    assert!(lines[0].starts_with("@misc{vanbeethoven2025bert-"), "{entry}");
    for line in [
        "title = {{BERT} \\& $\\alpha$-GridPull: 50\\% of a\\_b in {mT5}},",
        "author = {van Beethoven, Ludwig},",
        "year = {2025},",
        "eprint = {2511.11447},",
        "archivePrefix = {arXiv},",
        "eprinttype = {arxiv},",
        "primaryClass = {cs.DL},",
        "url = {https://arxiv.org/abs/2511.11447}",
    ] {
        assert!(lines.contains(&line), "{line} in {entry}");
    }
}

#[test]
fn groups_and_missing_authors_are_written_as_bibtex_wants() {
    let entry = bibtex::entry(&paper_of(|record| {
        record.authors.push(Author { group: true, ..Author::named("The ATLAS and CMS Collaborations") });
        record.author_count = Some(3000);
    }));
    assert!(
        entry.contains("author = {van Beethoven, Ludwig and {The ATLAS and CMS Collaborations} and others}"),
        "{entry}"
    );
}

#[test]
fn keys_are_ascii_and_differ_for_papers_that_differ() {
    let key = |paper: &Paper| bibtex::entry(paper).split(['{', ',']).nth(1).unwrap().to_owned();
    let one = paper_of(|record| record.authors[0] = Author::named("王伟"));
    let two = paper_of(|record| {
        record.authors[0] = Author::named("王伟");
        record.identities = vec![Identity::arxiv("2511.11448").unwrap().0];
    });
    assert!(key(&one).is_ascii() && !key(&one).is_empty());
    assert_ne!(key(&one), key(&two));
}

#[test]
fn what_is_written_is_read_back() {
    for title in
        ["Plain", "50% \\& \\alpha $x_{1}$ {\\'e}", "odd { brace", "a $5 title_x", "back\\", "A^B ~ #1"]
    {
        let paper = paper_of(|record| record.title = title.to_owned());
        let found = read(bibtex::entry(&paper).as_bytes(), "x.bib");
        assert_eq!(found.problems, [], "{title}");
        let record = &found.records[0];
        let fold = |text: &str| {
            paper::reading::fold(text).chars().filter(|c| c.is_alphanumeric()).collect::<String>()
        };
        let plain = paper::reading::title(&record.title, record.markup).plain();
        assert_eq!(fold(&plain), fold(&paper.plain_title()), "{title}");
        assert_eq!(record.node().to_string(), "arxiv:2511.11447");
        assert_eq!(record.authors[0].name, "Ludwig van Beethoven");
    }
}

#[test]
fn items_have_the_shape_that_the_client_reads() {
    let paper = paper_of(|record| {
        record.submitter = Some("Jo".into());
        record.organisation = Some("Org".into());
        record.links =
            paper::Link::new(paper::LinkKind::Code, "https://github.com/a/b").into_iter().collect();
    });
    let item = huggingface::item(&paper, "2025-11-17".parse().ok());
    assert_eq!(item["paper"]["id"], "2511.11447");
    assert_eq!(item["title"], item["paper"]["title"]);
    assert_eq!(item["publishedAt"], "2025-11-17T00:00:00.000Z");
    assert_eq!(item["paper"]["publishedAt"], "2025-11-14T00:00:00.000Z");
    assert_eq!(item["upvotes"], 0, "zero votes stand outside too, or the client shows a blank");
    assert_eq!(item["githubRepo"], item["paper"]["githubRepo"]);
    assert_eq!(item["submittedBy"]["user"], "Jo");
    assert_eq!(item["organization"]["avatarUrl"], item["organization"]["avatar"]);
    let id = item["paper"]["discussionId"].as_str().unwrap();
    assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(huggingface::paper(&paper)["linkedModels"], serde_json::json!([]));
}

#[test]
fn items_are_read_back_by_our_own_reader() {
    let text = huggingface::item(&paper_of(|_| {}), "2025-11-17".parse().ok()).to_string();
    let record = read(format!("[{text}]").as_bytes(), "x").only();
    assert_eq!(record.node().to_string(), "arxiv:2511.11447");
    assert_eq!(record.announcements[0].day.to_string(), "2025-11-17");
}

#[test]
fn markdown_never_becomes_markup_by_accident() {
    let text = markdown::paper(&paper_of(|record| {
        record.title = "# <script>alert(1)</script> [x](javascript:1)\n- y".into();
    }));
    assert!(!text.contains("<script>") && !text.contains("[x]("), "{text}");
    assert!(text.starts_with("# \\# \\<script\\>"), "{text}");
    assert!(text.contains("## Abstract") && text.contains("\\<b\\>"), "{text}");
    assert!(text.contains("<https://arxiv.org/abs/2511.11447>"), "{text}");
}
