//! Answers of bioRxiv, OpenReview, Crossref, OpenAlex and Semantic Scholar.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod common;

use common::shared;
use formats::answer::NotJson;
use formats::enrich::{self, Answer, Facts};
use formats::{biorxiv, openreview};
use paper::{AnnouncementKind, Source, Standing};

fn fixture(path: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(shared(&format!("fixtures/{path}"))?).unwrap())
}

const ROW: &str = r#"{"title":"A &lt;i&gt;B&lt;/i&gt; $5","authors":"Smith, J. A.; de Vries, K.","doi":"10.64898/2026.01.01.000001",
"date":"2026-07-15","version":"2","type":"new results","license":"cc_by_nc","category":"neuroscience","abstract":"Text.",
"published":"10.1000/XYZ","server":"medRxiv"}"#;

fn rows(rows: &str) -> String {
    format!(r#"{{"messages":[{{"status":"ok","count":"1","total":"7"}}],"collection":[{rows}]}}"#)
}

#[test]
fn a_row_of_biorxiv_is_one_version_of_a_paper() {
    let page = biorxiv::read(rows(ROW).as_bytes(), "x").unwrap();
    assert_eq!((page.rows, page.total, page.complete, page.problems.len()), (1, Some(7), true, 0));
    let record = &page.found[0].record;
    assert_eq!(record.source, Source::Biorxiv);
    let ids: Vec<String> = record.identities.iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["doi:10.64898/2026.01.01.000001", "doi:10.1000/xyz"]);
    assert_eq!(record.title, "A B \\$5");
    assert_eq!(record.authors[1].name, "K. de Vries");
    assert_eq!(record.license.as_deref(), Some("http://creativecommons.org/licenses/by-nc/4.0/"));
    assert_eq!((record.stamp.version, record.stamp.time.as_str()), (2, "2026-07-15"));
    assert_eq!((record.announcements[0].kind, record.published), (AnnouncementKind::Replacement, None));
    assert_eq!(record.links[0].url, "https://www.medrxiv.org/content/10.64898/2026.01.01.000001v2");
    assert_eq!(formats::parse_again(Source::Biorxiv, &page.found[0].raw).as_ref(), Ok(&**record));
}

#[test]
fn rows_before_a_break_are_kept_and_broken_ones_cost_themselves() {
    let text = rows(&format!("{ROW},{{\"doi\":\"x\"}},{ROW}"));
    let page = biorxiv::read(text.as_bytes(), "x").unwrap();
    assert_eq!((page.found.len(), page.problems.len(), page.rows), (2, 1, 3));
    let cut = biorxiv::read(&text.as_bytes()[..text.len() - 20], "x").unwrap();
    assert_eq!((cut.found.len(), cut.complete), (1, false));
}

#[test]
fn no_posts_found_is_an_end_and_other_words_are_a_refusal() {
    let end = biorxiv::read(br#"{"messages":[{"status":"no posts found"}],"collection":[]}"#, "x").unwrap();
    assert_eq!((end.rows, end.complete), (0, true));
    let end = biorxiv::read(br#"{"messages":[{"status":"no posts found"}]}"#, "x").unwrap();
    assert_eq!(end.rows, 0);
    let refused = biorxiv::read(br#"{"messages":[{"status":"error: bad interval"}]}"#, "x");
    assert_eq!(refused, Err(NotJson::Refused("error: bad interval".to_owned())));
    assert_eq!(
        biorxiv::read(b"<html><title>Down</title>", "x"),
        Err(NotJson::WebPage { title: Some("Down".to_owned()) })
    );
}

#[test]
fn a_recorded_answer_of_biorxiv_is_read_whole() {
    let Some(bytes) = fixture("biorxiv/details-2026-07.json") else { return };
    let page = biorxiv::read(&bytes, "x").unwrap();
    assert_eq!((page.found.len(), page.problems.len(), page.total, page.complete), (3, 0, Some(3), true));
    let first = &page.found[0].record;
    assert_eq!(first.published.unwrap().to_string(), "2026-07-15");
    assert_eq!(first.authors.len(), 3);
    assert_eq!(page.found[2].record.stamp.version, 3);
    for found in &page.found {
        assert_eq!(formats::parse_again(Source::Biorxiv, &found.raw).as_ref(), Ok(&*found.record));
    }
}

const NOTE: &str = r#"{"id":"abcdefghij","forum":"abcdefghij","readers":["everyone"],"cdate":1711000000000,"pdate":1720500000000,
"mdate":1728900000000,"license":"CC BY 4.0","content":{"title":{"value":"T"},"authors":{"value":["A B"]},"TLDR":{"value":"Short."},
"pdf":{"value":"/pdf/x.pdf"},"venue":{"value":"ICLR 2025"},"venueid":{"value":"ICLR.cc/2025/Conference"},"keywords":{"value":["k"]}}}"#;

fn notes(notes: &[&str]) -> openreview::Page {
    openreview::read(format!("{{\"notes\":[{}]}}", notes.join(",")).as_bytes(), "x").unwrap()
}

#[test]
fn a_note_is_a_paper_in_both_versions_of_the_api() {
    let bare = r#"{"id":"abcdefghij","forum":"abcdefghij","readers":["everyone"],"pdate":1720500000000,
        "content":{"title":"T","authors":["A B"],"TL;DR":"Short.","pdf":"/pdf/x.pdf"}}"#;
    for text in [NOTE, bare] {
        let page = notes(&[text]);
        assert_eq!(page.problems, [], "{text}");
        let record = &page.found[0].record;
        assert_eq!(
            (record.node().to_string(), record.title.as_str()),
            ("openreview:abcdefghij".to_owned(), "T")
        );
        assert_eq!(record.published.unwrap().to_string(), "2024-07-09");
        assert_eq!(record.links[0].url, "https://openreview.net/pdf/x.pdf");
        assert_eq!(record.summaries[0].by, "authors");
        assert!(record.announcements.is_empty());
        assert_eq!(formats::parse_again(Source::Openreview, &page.found[0].raw).as_ref(), Ok(&**record));
    }
}

#[test]
fn notes_that_are_not_for_everyone_are_no_papers() {
    let hidden = NOTE.replace("everyone", "ICLR.cc/2025/Conference");
    let deleted = NOTE.replace("\"cdate\"", "\"ddate\":1,\"cdate\"");
    let reply = NOTE.replace("\"forum\":\"abcdefghij\"", "\"forum\":\"other12345\"");
    let page = notes(&[&hidden, &deleted, &reply]);
    assert_eq!((page.found.len(), page.others, page.problems.len()), (0, 3, 0));
    assert_eq!(page.last.as_deref(), Some("abcdefghij"));
}

#[test]
fn withdrawn_submissions_are_withdrawn() {
    let page = notes(&[&NOTE.replace("2025/Conference\"}", "2025/Conference/Withdrawn_Submission\"}")]);
    assert_eq!(page.found[0].record.standing, Standing::Withdrawn);
}

#[test]
fn a_challenge_is_a_refusal() {
    let text = br#"{"name":"ChallengeRequiredError","message":"Please complete the challenge","status":403}"#;
    let words = "ChallengeRequiredError: Please complete the challenge".to_owned();
    assert_eq!(openreview::read(text, "x"), Err(NotJson::Refused(words)));
}

#[test]
fn the_notes_of_a_conference_are_read_whole() {
    let Some(bytes) = fixture("openreview/made-v2-notes.json") else { return };
    let page = openreview::read(&bytes, "x").unwrap();
    assert_eq!((page.found.len(), page.others, page.problems.len(), page.complete), (5, 0, 0, true));
    assert!(
        page.found.iter().all(|found| found.record.abstract_text.is_some() && found.record.venue.is_some())
    );
    for found in &page.found {
        assert_eq!(formats::parse_again(Source::Openreview, &found.raw).as_ref(), Ok(&*found.record));
    }
}

type Read = fn(&[u8], &str) -> Result<Answer, NotJson>;

fn known(answer: &Answer) -> Vec<&Facts> {
    answer.papers.iter().flatten().collect()
}

#[test]
fn every_recorded_answer_about_papers_is_read() {
    for (read, file, papers, total) in [
        (enrich::crossref as Read, "crossref/works-search.json", 2, Some(19_680)),
        (enrich::crossref, "crossref/batch-csl.json", 2, Some(2)),
        (enrich::crossref, "crossref/habanero-test_cursor.json", 20, None),
        (enrich::crossref, "crossref/habanero-test_works_query.json", 2, None),
        (enrich::crossref, "crossref/habanero-test_works_sample.json", 2, None),
        (enrich::crossref, "crossref/habanero-test_works_with_many_ids.json", 1, Some(1)),
        (enrich::crossref, "crossref/habanero-test_works_with_one_id.json", 1, Some(1)),
        (enrich::crossref, "crossref/habanero-test_works_with_select_param.json", 20, Some(586_628)),
        (enrich::openalex, "openalex/made-works-list.json", 4, Some(4)),
        (enrich::openalex, "openalex/work-2022-form.json", 1, Some(1)),
        (enrich::semantic_scholar, "semanticscholar/get_paper.json", 1, None),
        (enrich::semantic_scholar, "semanticscholar/get_papers.json", 3, None),
        (enrich::semantic_scholar, "semanticscholar/get_papers_not_found_warning.json", 3, None),
        (enrich::semantic_scholar, "semanticscholar/get_recommended_papers.json", 100, None),
        (enrich::semantic_scholar, "semanticscholar/paper-full.json", 1, None),
        (enrich::semantic_scholar, "semanticscholar/search_paper.json", 100, Some(70_499)),
        (enrich::semantic_scholar, "semanticscholar/search_paper_match_title.json", 1, None),
        (enrich::semantic_scholar, "semanticscholar/empty_paginated_results.json", 0, Some(0)),
    ] {
        let Some(bytes) = fixture(file) else { return };
        let answer = read(&bytes, file).unwrap();
        assert_eq!(
            (known(&answer).len(), answer.problems.len(), answer.complete),
            (papers, 0, true),
            "{file}"
        );
        assert!(total.is_none() || answer.total == total, "{file}: {:?}", answer.total);
    }
}

#[test]
fn recorded_refusals_are_refusals() {
    for (read, file, words) in [
        (
            enrich::crossref as Read,
            "crossref/habanero-test_cursor_fails_cursor_value.json",
            "Cursor specified but it is invalid",
        ),
        (enrich::crossref, "crossref/habanero-test_works_bad_id_warn.txt", "Resource not found."),
        (enrich::semantic_scholar, "semanticscholar/not_found.json", "Paper with id 0 not found"),
        (
            enrich::semantic_scholar,
            "semanticscholar/bad_query_parameters.json",
            "Unrecognized or unsupported fields: [unknown]",
        ),
    ] {
        let Some(bytes) = fixture(file) else { return };
        assert_eq!(read(&bytes, file), Err(NotJson::Refused(words.to_owned())), "{file}");
    }
    let Some(bytes) = fixture("crossref/cn-test_content_negotiation.txt") else { return };
    assert!(matches!(enrich::crossref(&bytes, "x"), Err(NotJson::WebPage { .. })));
    let bytes = fixture("crossref/habanero-test_registration_agency.json").unwrap();
    assert!(matches!(enrich::crossref(&bytes, "x"), Err(NotJson::Other(_))));
}

#[test]
fn crossref_knows_what_became_of_a_preprint() {
    let text = br#"{"status":"ok","message-type":"work","message":{"DOI":"10.1101/X","title":["A <i>B</i>"],"is-referenced-by-count":3,
        "issued":{"date-parts":[[null]]},"published":{"date-parts":[[2024,5]]},"relation":{"is-preprint-of":[{"id":"10.1000/Y","id-type":"doi"}]},
        "updated-by":[{"type":"retraction"}],"abstract":"<jats:p>Text &amp; more.</jats:p>"}}"#;
    let answer = enrich::crossref(text, "x").unwrap();
    let facts = known(&answer)[0];
    assert_eq!(facts.identities[0].to_string(), "doi:10.1101/x");
    assert_eq!(facts.published_as[0].to_string(), "doi:10.1000/y");
    assert_eq!((facts.title.as_deref(), facts.citations, facts.retracted), (Some("A B"), Some(3), true));
    assert_eq!(facts.published.unwrap().to_string(), "2024-05");
    assert_eq!(facts.abstract_text.as_deref(), Some("Text & more."));
}

#[test]
fn openalex_gives_abstracts_word_by_word_and_names_preprints() {
    let Some(bytes) = fixture("openalex/made-works-list.json") else { return };
    let answer = enrich::openalex(&bytes, "x").unwrap();
    assert_eq!(answer.next.as_deref(), Some("IlsxNjk0NjYw"));
    let facts = known(&answer)[0];
    assert_eq!(facts.identities[0].to_string(), "arxiv:2202.12139");
    assert_eq!((facts.citations, facts.identities.len()), (Some(7), 1));
    assert!(facts.abstract_text.as_deref().unwrap().starts_with("Deep Learning (DL) has revolutionized"));
    assert_eq!(known(&answer)[2].abstract_text, None);
}

#[test]
fn semantic_scholar_says_what_it_does_not_know() {
    let Some(bytes) = fixture("semanticscholar/get_papers_not_found_warning.json") else { return };
    let answer = enrich::semantic_scholar(&bytes, "x").unwrap();
    assert!(answer.papers[0].is_none());
    assert_eq!(answer.papers[1].as_ref().unwrap().citations, Some(10_670));
    let full = enrich::semantic_scholar(&fixture("semanticscholar/paper-full.json").unwrap(), "x").unwrap();
    let facts = known(&full)[0];
    assert_eq!(facts.identities[0].to_string(), "doi:10.1093/mind/lix.236.433");
    assert!(facts.summary.is_some() && facts.published.is_some());
    let page = enrich::semantic_scholar(&fixture("semanticscholar/search_paper.json").unwrap(), "x").unwrap();
    assert_eq!(page.next.as_deref(), Some("100"));
}
