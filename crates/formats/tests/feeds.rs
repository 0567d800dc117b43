//! Feeds of arXiv and of others, and answers of arXiv's API.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod common;

use common::shared;
use formats::feed::{self, NotAFeed};
use formats::{arxiv_api, arxiv_feed};
use jiff::Timestamp;
use paper::{AnnouncementKind, Record, Source};

fn fixture(path: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(shared(&format!("fixtures/{path}"))?).unwrap())
}

fn check_again(record: &Record, raw: &[u8]) {
    assert_eq!(formats::parse_again(Source::Arxiv, raw).as_ref(), Ok(record));
}

const ITEM: &str = "<item><title>A $x$ &amp; B</title><link>https://arxiv.org/abs/2609.00001</link>\
  <description>arXiv:2609.00001v2 Announce Type: KIND \nAbstract: Text on Abstract: matters.</description>\
  <guid isPermaLink=\"false\">oai:arXiv.org:2609.00001v2</guid><category>stat.ML</category><category>cs.LG</category>\
  <category>cs.AI</category><pubDate>Thu, 24 Sep 2026 00:00:00 -0400</pubDate>\
  <arxiv:announce_type>KIND</arxiv:announce_type><dc:rights>http://l/</dc:rights><arxiv:DOI>10.1000/x</arxiv:DOI>\
  <dc:creator>Ada Author, Bo Writer</dc:creator></item>";

fn rss(items: &str) -> String {
    format!(
        "<?xml version='1.0'?><rss version=\"2.0\"><channel><title>cs.LG updates</title>\
         <lastBuildDate>Thu, 24 Sep 2026 08:58:05 +0000</lastBuildDate>\
         <pubDate>Thu, 24 Sep 2026 00:00:00 -0400</pubDate><image><title>x</title></image>{items}</channel></rss>"
    )
}

#[test]
fn an_item_says_what_was_announced() {
    let feed = arxiv_feed::read(rss(&ITEM.replace("KIND", "cross")).as_bytes(), "feed", "cs.LG").unwrap();
    assert_eq!((feed.day.unwrap().to_string(), feed.complete), ("2026-09-24".to_owned(), true));
    assert_eq!(feed.made.unwrap().to_string(), "2026-09-24T08:58:05Z");
    let [one] = &feed.announced[..] else { panic!("{feed:?}") };
    assert_eq!((one.identity.to_string(), one.version), ("arxiv:2609.00001".to_owned(), 2));
    assert_eq!(one.kind, AnnouncementKind::CrossList);
    assert_eq!(one.record.title, "A $x$ & B");
    assert_eq!(one.record.abstract_text.as_deref(), Some("Text on Abstract: matters."));
    assert_eq!(one.record.license.as_deref(), Some("http://l/"));
    assert_eq!(one.record.authors.len(), 2);
    assert_eq!(one.record.announcements.len(), 1);
    assert_eq!(one.record.announcements[0].category, "cs.LG");
    check_again(&one.record, &one.raw);
}

#[test]
fn every_type_of_announcement_has_its_kind() {
    for (word, kind) in [
        ("new", AnnouncementKind::New),
        ("cross", AnnouncementKind::CrossList),
        ("replace", AnnouncementKind::Replacement),
        ("replace-cross", AnnouncementKind::Replacement),
    ] {
        let feed = arxiv_feed::read(rss(&ITEM.replace("KIND", word)).as_bytes(), "feed", "cs.LG").unwrap();
        assert_eq!(feed.announced[0].kind, kind, "{word}");
    }
    let feed = arxiv_feed::read(rss(&ITEM.replace("KIND", "gone")).as_bytes(), "feed", "cs.LG").unwrap();
    assert_eq!((feed.announced.len(), feed.problems.len()), (0, 1));
}

#[test]
fn a_feed_cut_anywhere_keeps_the_items_before_the_cut() {
    let text = rss(&[ITEM, ITEM].concat().replace("KIND", "new"));
    for at in 0..text.len() {
        let whole = text[..at].matches("</item>").count();
        match arxiv_feed::read(&text.as_bytes()[..at], "feed", "cs.LG") {
            Ok(feed) => assert_eq!((feed.announced.len(), feed.complete), (whole, false), "at {at}"),
            Err(_) => assert!(whole == 0),
        }
    }
}

#[test]
fn a_refusal_in_the_form_of_a_feed_is_a_refusal() {
    let text =
        "<rss><channel><title>Feed error</title><description>bad category</description></channel></rss>";
    let refused = arxiv_feed::read(text.as_bytes(), "feed", "cs.XX");
    assert_eq!(refused, Err(NotAFeed::Refused("bad category".to_owned())));
}

#[test]
fn recorded_feeds_of_arxiv_are_read_in_both_forms() {
    let asked = "cs.LG+cs.AI+cs.CL+stat.ML";
    let Some(bytes) = fixture("arxiv/rss/rss-cs.LG+cs.AI+cs.CL+stat.ML-2026-09-24.xml") else { return };
    let rss = arxiv_feed::read(&bytes, "rss", asked).unwrap();
    let bytes = fixture("arxiv/rss/made-atom-2026-09-24.xml").unwrap();
    let atom = arxiv_feed::read(&bytes, "atom", asked).unwrap();
    for feed in [&rss, &atom] {
        assert_eq!(feed.problems, []);
        assert!(feed.complete && !feed.may_be_cut());
        assert_eq!(feed.day.unwrap().to_string(), "2026-09-24");
        let kinds: Vec<_> =
            feed.announced.iter().map(|one| (one.identity.value(), one.version, one.kind)).collect();
        use AnnouncementKind::*;
        assert_eq!(
            kinds,
            [
                ("2609.26811", 1, New),
                ("2609.26820", 1, New),
                ("2205.06398", 2, CrossList),
                ("2009.13987", 3, Replacement)
            ]
        );
        feed.announced.iter().for_each(|one| check_again(&one.record, &one.raw));
    }
    let same = |feed: &arxiv_feed::Feed| -> Vec<Record> {
        feed.announced.iter().map(|one| (*one.record).clone()).collect()
    };
    assert_eq!(same(&rss), same(&atom));
    let cross: Vec<&str> =
        rss.announced[2].record.announcements.iter().map(|one| one.category.as_str()).collect();
    assert_eq!(cross, ["stat.ML"]);
}

#[test]
fn a_feed_of_a_weekend_is_empty_and_whole() {
    let Some(bytes) = fixture("arxiv/rss/made-rss-empty-weekend.xml") else { return };
    let feed = arxiv_feed::read(&bytes, "rss", "cs.LG").unwrap();
    assert_eq!((feed.announced.len(), feed.complete), (0, true));
    assert!(feed.day.is_some());
}

#[test]
fn every_recorded_answer_of_the_api_is_read() {
    for (file, papers, total) in [
        ("arxiv-empty-feed.xml", 0, 0),
        ("arxiv-id-list.xml", 2, 2),
        ("arxiv-title-search.xml", 1, 1),
        ("id_0000.0000_s0_m100.atom.xml", 0, 0),
        ("id_0808.05394_1707.08567_s0_m100.atom.xml", 1, 1),
        ("id_0808.05394_s0_m100.atom.xml", 0, 0),
        ("id_1605.08386_s0_m100.atom.xml", 1, 1),
        ("id_1707.08567_s0_m100.atom.xml", 1, 1),
        ("id_2104.12255v1_s0_m100.atom.xml", 1, 1),
        ("id_astro-ph_0601001_s0_m100.atom.xml", 1, 1),
        ("id_quant-ph_0201082v1_s0_m100.atom.xml", 1, 1),
        ("q_testing_s0_m10.atom.xml", 10, 0),
        ("q_testing_s0_m100.atom.xml", 100, 0),
        ("q_testing_s10_m10.atom.xml", 10, 0),
        ("q_testing_s20_m10.atom.xml", 10, 0),
        ("query-transformer.atom.xml", 5, 28_946),
        ("search-2026-08.atom.xml", 2, 230),
    ] {
        let Some(bytes) = fixture(&format!("arxiv/api/{file}")) else { return };
        let page = arxiv_api::read(&bytes, file).unwrap();
        assert_eq!((page.papers.len(), page.problems.len(), page.complete), (papers, 0, true), "{file}");
        assert!(page.total.is_some_and(|found| total == 0 || found == total), "{file}: {:?}", page.total);
        for found in &page.papers {
            assert!(!found.record.authors.is_empty() && !found.record.categories.is_empty(), "{file}");
            check_again(&found.record, &found.raw);
        }
    }
}

#[test]
fn an_entry_of_the_api_knows_its_first_and_its_latest_version() {
    let Some(bytes) = fixture("arxiv/api/search-2026-08.atom.xml") else { return };
    let page = arxiv_api::read(&bytes, "x").unwrap();
    let record = &page.papers[1].record;
    assert_eq!((record.node().to_string(), record.stamp.version), ("arxiv:2409.12034".to_owned(), 2));
    assert_eq!(record.published.unwrap().to_string(), "2024-09-18");
    assert_eq!(record.stamp.time, "2025-01-31");
    assert_eq!(record.categories, ["cs.CV", "eess.IV"]);
    assert_eq!(page.papers[0].record.identities.len(), 2);
}

#[test]
fn an_error_of_the_api_is_a_refusal_in_its_words() {
    let Some(bytes) = fixture("arxiv/api/id_abc_s0_m100.atom.xml") else { return };
    let refused = NotAFeed::Refused("incorrect id format for abc".to_owned());
    assert_eq!(arxiv_api::read(&bytes, "x"), Err(refused));
}

fn now() -> Timestamp {
    "2026-10-01T00:00:00Z".parse().unwrap()
}

fn generic(text: &str) -> feed::Feed {
    feed::read(text.as_bytes(), "feed", now()).unwrap()
}

#[test]
fn all_forms_of_feeds_say_the_same() {
    let item = "<title>A &amp;amp; B</title><link>https://x.example/1</link>";
    for text in [
        format!("<rss><channel><title>F</title><link>https://x.example/</link><item>{item}<guid>g</guid><pubDate>Thu, 24 Sep 2026 01:00:00 GMT</pubDate><description>&lt;p&gt;D&amp;nbsp;E&lt;/p&gt;</description></item></channel></rss>"),
        format!("<rdf:RDF><channel><title>F</title><link>https://x.example/</link></channel><item rdf:about=\"g\">{item}<dc:date>2026-09-24T01:00:00Z</dc:date><description>D&nbsp;E</description></item></rdf:RDF>"),
        "<feed><title>F</title><link rel=\"self\" href=\"https://x.example/feed\"/><link href=\"https://x.example/\"/><entry><id>g</id><title type=\"html\">A &amp;amp; B</title><link href=\"https://x.example/1\"/><updated>2026-09-24T01:00:00Z</updated><summary>D&#160;E</summary></entry></feed>".to_owned(),
        "\u{feff}{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"F\",\"home_page_url\":\"https://x.example/\",\"items\":[{\"id\":\"g\",\"title\":\"A & B\",\"url\":\"https://x.example/1\",\"date_published\":\"2026-09-24T01:00:00Z\",\"content_html\":\"<p>D&nbsp;E</p>\"}]}".to_owned(),
    ] {
        let feed = generic(&text);
        assert_eq!((feed.title.as_str(), feed.link.as_deref(), feed.complete), ("F", Some("https://x.example/"), true), "{text}");
        let [entry] = &feed.entries[..] else { panic!("{feed:?}") };
        assert_eq!((entry.id.as_str(), entry.title.as_str()), ("g", "A & B"), "{text}");
        assert_eq!(entry.link.as_deref(), Some("https://x.example/1"), "{text}");
        assert_eq!(entry.date.unwrap().to_string(), "2026-09-24T01:00:00Z", "{text}");
        assert_eq!(entry.summary.as_deref(), Some("D E"), "{text}");
    }
}

#[test]
fn an_entry_without_an_id_is_known_by_its_link_or_its_title_and_date() {
    let feed = generic(
        "<rss><channel><item><title>T</title><link>https://x.example/1</link></item>\
         <item><title>T</title></item><item><title>T</title><pubDate>2026-09-24</pubDate></item></channel></rss>",
    );
    let ids: std::collections::BTreeSet<&str> = feed.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!((ids.len(), feed.entries[0].id.as_str()), (3, "https://x.example/1"));
    let empty = generic("<rdf:RDF><item rdf:about=\"\"><title>T</title></item></rdf:RDF>");
    assert!(!empty.entries[0].id.is_empty());
    let number = generic("{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{\"id\":7}]}");
    assert_eq!(number.entries[0].id, "7");
}

#[test]
fn dates_in_the_future_are_now() {
    let feed = generic("<feed><entry><id>a</id><updated>2099-01-01T00:00:00Z</updated></entry></feed>");
    assert_eq!(feed.entries[0].date, Some(now()));
}

#[test]
fn links_that_are_no_web_addresses_are_left_out() {
    let feed =
        generic("<rss><channel><item><guid>a</guid><link>javascript:alert(1)</link></item></channel></rss>");
    assert_eq!(feed.entries[0].link, None);
}

#[test]
fn a_feed_of_another_encoding_is_readable() {
    let bytes = b"<rss><channel><item><guid>a</guid><title>Caf\xe9\x0b</title></item></channel></rss>";
    assert_eq!(feed::read(bytes, "feed", now()).unwrap().entries[0].title, "Café");
}

#[test]
fn a_broken_entry_costs_one_entry() {
    let feed = generic(
        "<rss><channel><item><guid>a</guid></item><item><b></item><item><guid>c</guid></item></channel></rss>",
    );
    assert_eq!((feed.entries.len(), feed.problems.len(), feed.complete), (2, 1, true));
    let open = generic("<rss><channel><item><guid>a</guid><item><guid>c</guid></item></channel></rss>");
    assert_eq!((open.entries.len(), open.problems.len()), (1, 1));
}

#[test]
fn what_is_no_feed_is_told_apart() {
    let not = |text: &str| feed::read(text.as_bytes(), "x", now()).unwrap_err();
    assert_eq!(not(""), NotAFeed::Empty);
    assert_eq!(
        not("<!doctype html><html><title>No</title></html>"),
        NotAFeed::WebPage { title: Some("No".to_owned()) }
    );
    assert_eq!(not("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss></rss>"), NotAFeed::DocumentType);
    assert!(matches!(not("{\"items\":[]}"), NotAFeed::Other(_)));
    assert!(matches!(not("<svg></svg>"), NotAFeed::Other(_)));
    assert!(matches!(not("hello"), NotAFeed::Other(_)));
}
