//! Whatever bytes a source answers with, reading ends; and what its different doors say of a paper is one paper.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod common;

use formats::{arxiv_api, arxiv_feed, biorxiv, enrich, feed, listing, oai, openreview};
use paper::{AnnouncementKind, Record, Source, merge};
use proptest::prelude::*;

/// Pieces of every kind of answer, so that random ones come far.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static str> = vec![
        "<OAI-PMH>",
        "</OAI-PMH>",
        "<ListRecords>",
        "</ListRecords>",
        "<record>",
        "</record>",
        "<header>",
        "</header>",
        "<header status='deleted'>",
        "<identifier>oai:arXiv.org:2609.00001</identifier>",
        "<datestamp>2026-09-01",
        "</datestamp>",
        "<metadata>",
        "</metadata>",
        "<arXivRaw>",
        "</arXivRaw>",
        "<id>2609.00001</id>",
        "<title>T</title>",
        "<resumptionToken>",
        "</resumptionToken>",
        "<error code='x'/>",
        "<version version=\"v1\">",
        "</version>",
        "<rss>",
        "</rss>",
        "<channel>",
        "</channel>",
        "<item>",
        "</item>",
        "<feed>",
        "</feed>",
        "<entry>",
        "</entry>",
        "<guid>oai:arXiv.org:2609.00001v1</guid>",
        "<pubDate>Thu, 24 Sep 2026 00:00:00 -0400</pubDate>",
        "<arxiv:announce_type>new</arxiv:announce_type>",
        "<html>",
        "</html>",
        "<h3>",
        "</h3>",
        "<dt>",
        "</dt>",
        "<dd>",
        "</dd>",
        "<dl>",
        "</dl>",
        "<p class='mathjax'>",
        "<div class='list-title'>",
        "</div>",
        "Total of 3 entries",
        "Showing new listings for Thursday, 24 September 2026",
        "New submissions (showing 1 of 1 entries)",
        "<a href =\"/abs/2609.00001\">",
        "No updates today.",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE",
        ">",
        "<",
        "&amp;",
        "&#0;",
        "&x;",
        "\"",
        "'",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"notes\":[",
        "\"collection\":[",
        "\"messages\":[",
        "\"status\":\"ok\"",
        "\"message-type\":\"work-list\"",
        "\"message\":{",
        "\"items\":[",
        "\"results\":[",
        "\"data\":[",
        "\"doi\":\"10.1000/x\"",
        "\"title\":\"T\"",
        "\"id\":\"abcdefghij\"",
        "\"readers\":[\"everyone\"]",
        "\"content\":{",
        "null",
        "1e999",
        "\\",
        " ",
        "\n",
    ];
    prop_oneof![
        20 => prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ]
}

fn check_again(record: &Record, raw: &[u8]) {
    assert_eq!(formats::parse_again(record.source, raw).as_ref(), Ok(record));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_answer_is_read_to_its_end(pieces in prop::collection::vec(piece(), 0..60)) {
        let bytes = pieces.concat();
        if let Ok(oai::Answer::Page(page)) = oai::read(&bytes, "x") {
            for entry in &page.entries {
                if let oai::Entry::Record { record, raw, .. } = entry {
                    check_again(record, raw);
                }
            }
        }
        if let Ok(listing) = listing::read(&bytes, "x", "cs.LG") {
            let _ = listing.verdict();
            listing.items().for_each(|item| check_again(&item.record, &item.raw));
        }
        if let Ok(feed) = arxiv_feed::read(&bytes, "x", "cs.LG") {
            feed.announced.iter().for_each(|one| check_again(&one.record, &one.raw));
        }
        if let Ok(page) = arxiv_api::read(&bytes, "x") {
            page.papers.iter().for_each(|one| check_again(&one.record, &one.raw));
        }
        if let Ok(page) = biorxiv::read(&bytes, "x") {
            page.found.iter().for_each(|one| check_again(&one.record, &one.raw));
        }
        if let Ok(page) = openreview::read(&bytes, "x") {
            page.found.iter().for_each(|one| check_again(&one.record, &one.raw));
        }
        let _ = feed::read(&bytes, "x", jiff::Timestamp::UNIX_EPOCH);
        let _ = (enrich::crossref(&bytes, "x"), enrich::openalex(&bytes, "x"), enrich::semantic_scholar(&bytes, "x"));
    }
}

const SNAPSHOT: &str = "{\"id\":\"2609.00001\",\"title\":\"A $\\\\alpha$ Title\",\"authors\":\"A. Author, B. Author\",\
  \"categories\":\"cs.LG math.NA\",\"abstract\":\"  Text.\\n\",\"update_date\":\"2026-09-24\",\
  \"versions\":[{\"version\":\"v1\",\"created\":\"Mon, 21 Sep 2026 19:18:42 GMT\"}]}";

const OAI: &str = "<OAI-PMH><ListRecords><record><header><identifier>oai:arXiv.org:2609.00001</identifier>\
  <datestamp>2026-10-02</datestamp></header><metadata><arXivRaw><id>2609.00001</id>\
  <version version=\"v1\"><date>Mon, 21 Sep 2026 19:18:42 GMT</date></version>\
  <version version=\"v2\"><date>Thu, 1 Oct 2026 10:00:00 GMT</date></version>\
  <title>A Better $\\alpha$ Title</title><authors>A. Author, B. Author</authors><categories>cs.LG math.NA</categories>\
  <comments>9 pages</comments><abstract>Text.</abstract></arXivRaw></metadata></record></ListRecords></OAI-PMH>";

const LISTING: &str = "<html><h3>Showing new listings for Thursday, 24 September 2026</h3><dl>\
  <h3>New submissions (showing 1 of 1 entries)</h3><dt><a href=\"/abs/2609.00001\">arXiv:2609.00001</a></dt><dd>\
  <div class='list-title'>A α Title</div><div class='list-authors'><a>A. Author</a>, <a>B. Author</a></div>\
  <div class='list-subjects'>Machine Learning (cs.LG); Numerical Analysis (math.NA)</div></dd></dl></html>";

const FEED: &str = "<rss><channel><item><title>A Better $\\alpha$ Title</title><guid>oai:arXiv.org:2609.00001v2</guid>\
  <description>arXiv:2609.00001v2 Announce Type: replace \nAbstract: Text.</description><category>cs.LG</category>\
  <category>math.NA</category><pubDate>Fri, 02 Oct 2026 00:00:00 -0400</pubDate>\
  <arxiv:announce_type>replace</arxiv:announce_type><dc:creator>A. Author, B. Author</dc:creator></item></channel></rss>";

#[test]
fn all_doors_of_arxiv_lead_to_one_paper() {
    let snapshot = common::read(SNAPSHOT.as_bytes(), "x.json").only();
    let Ok(oai::Answer::Page(page)) = oai::read(OAI.as_bytes(), "x") else { panic!() };
    let [oai::Entry::Record { record, .. }] = &page.entries[..] else { panic!("{page:?}") };
    let listed = listing::read(LISTING.as_bytes(), "x", "cs.LG").unwrap();
    let listed = listed.items().next().unwrap();
    let fed = arxiv_feed::read(FEED.as_bytes(), "x", "cs.LG").unwrap();
    let mut records =
        vec![snapshot, (**record).clone(), (*listed.record).clone(), (*fed.announced[0].record).clone()];
    let paper = merge::merge(&records).unwrap();
    assert_eq!((paper.address.as_str(), paper.title.as_str()), ("2609.00001", "A Better $\\alpha$ Title"));
    assert_eq!(paper.published.unwrap().to_string(), "2026-09-21");
    let versions: Vec<_> =
        paper.versions.iter().map(|one| (one.number, one.day.map(|day| day.to_string()))).collect();
    assert_eq!(versions, [(1, Some("2026-09-21".to_owned())), (2, Some("2026-10-01".to_owned()))]);
    assert_eq!((paper.comment.as_deref(), paper.sources.as_slice()), (Some("9 pages"), &[Source::Arxiv][..]));
    let announced: Vec<_> = paper
        .announcements
        .iter()
        .map(|one| (one.value.day.to_string(), one.value.category.as_str(), one.value.kind))
        .collect();
    use AnnouncementKind::*;
    assert_eq!(
        announced,
        [
            ("2026-09-24".to_owned(), "cs.LG", New),
            ("2026-09-24".to_owned(), "math.NA", CrossList),
            ("2026-10-02".to_owned(), "cs.LG", Replacement),
        ]
    );
    records.reverse();
    assert_eq!(merge::merge(&records), Some(paper));
}
