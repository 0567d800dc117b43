//! What the pages say, and that they are well made.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and may print what it measured"
)]

mod common;

use common::{TestSite, records, sample};
use http::StatusCode;
use proptest::prelude::*;
use quick_xml::events::Event;

/// Elements without an end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    "!doctype",
];

/// The start tags of a page, in order, after checking that every element is closed in its place.
fn tags(page: &str) -> Vec<(String, String)> {
    let mut open: Vec<String> = Vec::new();
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name.trim()), "</{name}> closes what was opened last");
            continue;
        }
        let name = tag.split([' ', '\n', '/']).next().unwrap().to_ascii_lowercase();
        assert!(name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!'), "a stray < before {tag:?}");
        let inside_text = open
            .last()
            .is_some_and(|parent| matches!(parent.as_str(), "p" | "h1" | "h2" | "summary" | "span"));
        let block = matches!(
            name.as_str(),
            "p" | "div" | "details" | "ul" | "ol" | "dl" | "table" | "section" | "pre"
        );
        assert!(!(inside_text && block), "{tag:?} cannot stand in {:?}", open.last());
        tags.push((name.clone(), tag.to_string()));
        if !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    tags
}

/// The values of an attribute.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[at..].split('"').next()
}

const PAGES: [&str; 20] = [
    "/",
    "/2026-08-20",
    "/2026-08-19",
    "/week/2026-W34",
    "/month/2026-08",
    "/trending",
    "/list",
    "/list/cs.LG",
    "/list/hep-th/2026-08-18",
    "/search",
    "/search?q=attention",
    "/search?q=%3Cscript%3E%22%27%26",
    "/topic/attention",
    "/author/Ada%20Lovelace",
    "/papers/2608.01234",
    "/papers/2608.00002",
    "/papers/hep-th/9901001",
    "/about",
    "/feeds",
    "/%3Cscript%3Ealert(1)%3C/script%3E",
];

#[tokio::test]
async fn every_element_of_every_page_is_closed_in_its_place() {
    let site = TestSite::of(records());
    for target in PAGES {
        println!("{target}");
        let page = site.get(target).await.text();
        let tags = tags(&page);
        assert_eq!(tags.iter().filter(|(name, _)| name == "h1").count(), 1, "{target}: one h1");
        assert!(page.starts_with("<!DOCTYPE html>"), "{target}");
    }
}

#[tokio::test]
async fn pages_load_nothing_from_other_hosts_and_hold_no_inline_code() {
    let site = TestSite::of(records());
    for target in PAGES {
        for (name, tag) in tags(&site.get(target).await.text()) {
            let loads = match name.as_str() {
                "script" | "img" | "iframe" | "source" | "video" | "audio" => attribute(&tag, "src"),
                "link" => attribute(&tag, "href"),
                "form" => attribute(&tag, "action"),
                _ => None,
            };
            if let Some(path) = loads {
                assert!(path.starts_with('/') && !path.starts_with("//"), "{target}: {tag}");
            }
            assert!(name != "style" && attribute(&tag, "style").is_none(), "{target}: {tag}");
            assert!(name != "script" || attribute(&tag, "src").is_some(), "{target}: {tag}");
            let handler =
                tag.split([' ', '\n']).skip(1).any(|word| word.starts_with("on") && word.contains("=\""));
            assert!(!handler, "{target}: {tag}");
            for address in [attribute(&tag, "href"), attribute(&tag, "src")].into_iter().flatten() {
                let good = address.starts_with('/')
                    || address.starts_with("https://")
                    || address.starts_with("http://")
                    || address.starts_with('#');
                assert!(good, "{target}: {tag}");
            }
        }
    }
}

#[tokio::test]
async fn foreign_text_is_escaped_everywhere() {
    let site = TestSite::of(records());
    for target in ["/", "/papers/2608.00002", "/search?q=quoted", "/feed.atom", "/list/cs.CR"] {
        let text = site.get(target).await.text();
        assert!(text.contains("alert(1)"), "{target} shows the paper");
        assert!(
            !text.contains("<script>alert") && !text.contains("<img src=x") && !text.contains("<b>Bobby"),
            "{target}"
        );
        assert!(!text.contains("\" onmouseover=\"x"), "{target}");
    }
    let echoed = site.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E%22").await.text();
    assert!(!echoed.contains("<script>alert"));
}

#[tokio::test]
async fn the_front_page_is_the_latest_edition() {
    let site = TestSite::of(records());
    let page = site.get("/").await.text();
    assert!(page.contains("<h1>Thursday, 20 August 2026</h1>"), "{page}");
    assert!(page.contains("2 papers: 2 announced, 1 featured that day."), "{page}");
    assert!(page.contains("<strong>42</strong> votes"));
    assert!(page.contains("href=\"/2026-08-18\""), "the day before");
    assert!(page.contains("href=\"/week/2026-W34\"") && page.contains("href=\"/month/2026-08\""));
    assert!(page.contains("rel=\"alternate\" type=\"application/atom+xml\""));
}

#[tokio::test]
async fn what_is_accepted_meanwhile_shows_without_a_restart() {
    let site = TestSite::of(records());
    assert!(!site.get("/").await.text().contains("Brand New"));
    let mut late = records().remove(2);
    late.title = "Brand New".into();
    late.stamp.version = 2;
    common::accept(&site.catalogue, vec![late]);
    let began = std::time::Instant::now();
    while !site.get("/").await.text().contains("Brand New") {
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "the page still shows the old state");
    }
}

#[tokio::test]
async fn a_reader_who_leaves_in_the_middle_does_no_harm() {
    let site = TestSite::of(records());
    for _ in 0..20 {
        let left = tokio::time::timeout(std::time::Duration::ZERO, site.get("/2026-08-20")).await;
        drop(left);
    }
    assert_eq!(site.get("/2026-08-20").await.status, StatusCode::OK);
    let mut late = records().remove(2);
    late.title = "Brand New".into();
    late.stamp.version = 2;
    common::accept(&site.catalogue, vec![late]);
    let began = std::time::Instant::now();
    while !site.get("/").await.text().contains("Brand New") {
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "the sequences are not read any more");
    }
}

#[tokio::test]
async fn a_day_without_papers_says_so_and_leads_on() {
    let site = TestSite::of(records());
    let quiet = site.get("/2026-08-19").await;
    assert_eq!(quiet.status, StatusCode::OK);
    assert!(quiet.text().contains("No source announced or featured anything that day."));
    let future = site.get("/2027-01-01").await;
    assert_eq!(future.status, StatusCode::NOT_FOUND);
    assert!(future.text().contains("has not come yet") && future.text().contains("/2026-08-20"));
    assert_eq!(site.get("/0000-00-00").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_empty_catalogue_says_what_to_do() {
    let site = TestSite::of(Vec::new());
    let page = site.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("broadsheet import"));
    for target in
        ["/trending", "/list", "/about", "/feed.atom", "/api/daily_papers", "/search?q=a", "/readyz"]
    {
        assert_eq!(site.get(target).await.status, StatusCode::OK, "{target}");
    }
}

#[tokio::test]
async fn a_paper_has_one_address_and_others_lead_to_it() {
    let site = TestSite::of(records());
    for (target, to) in [
        ("/papers/2608.01234v3", "/papers/2608.01234"),
        ("/papers/arXiv:2608.01234", "/papers/2608.01234"),
        ("/papers/2608.01234v1.md", "/papers/2608.01234.md"),
        ("/papers/hep-th/9901001v2", "/papers/hep-th/9901001"),
        ("/list/cs.NA/2026-08-20", "/list/math.NA/2026-08-20"),
        ("/week/2026-08-20", "/week/2026-W34"),
        ("/topic/Loss%20Functions", "/topic/loss-functions"),
    ] {
        let reply = site.get(target).await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (StatusCode::PERMANENT_REDIRECT, to),
            "{target}"
        );
    }
    let typed = site.get("/search?q=https://arxiv.org/abs/2608.01234v2").await;
    assert_eq!((typed.status, typed.header("location")), (StatusCode::SEE_OTHER, "/papers/2608.01234"));
}

#[tokio::test]
async fn what_lives_nowhere_is_not_found() {
    let site = TestSite::of(records());
    for target in [
        "/papers/../../etc/passwd",
        "/papers/..%2F..%2Fetc%2Fpasswd",
        "/papers/%01x",
        "/papers/%ff%fe",
        "/papers/2608.99999.md",
        "/list/..",
        "/list/cs.LG/yesterday",
        "/volume/none",
        "/author/Nobody%20Here",
        "/2026-08-20/more",
        "/assets/../Cargo.toml",
        "/?page=999",
        "/api/nothing",
    ] {
        assert_eq!(site.get(target).await.status, StatusCode::NOT_FOUND, "{target}");
    }
    let page = site.get("/attention-and-noise").await.text();
    assert!(page.contains("/search?q=attention+and+noise"), "offers a search for what was meant");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_plain_words() {
    let site = TestSite::of(records());
    for target in ["/?page=0", "/?page=x", "/search?q=a&engine=guess", "/search.atom"] {
        let reply = site.get(target).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{target}");
        assert!(reply.text().contains("<h1>"), "{target}");
    }
    let long = site.get(&format!("/search?q={}", "a".repeat(30_000))).await;
    assert_eq!(long.status, StatusCode::URI_TOO_LONG);
    for target in
        ["/api/daily_papers?date=2025-13-40", "/api/daily_papers?limit=0", "/api/daily_papers?sort=x"]
    {
        let reply = site.get(target).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{target}");
        let error: serde_json::Value = serde_json::from_str(&reply.text()).unwrap();
        assert!(error["error"].is_string());
    }
}

#[tokio::test]
async fn queries_of_any_kind_are_answered() {
    let site = TestSite::of(records());
    let long = "a".repeat(10_000);
    for query in ["%22(((", "%28%28%28", "-", "%00", "cat:", &long, "%D8%A7%D9%84", "***", "author:%22"] {
        let reply = site.get(&format!("/search?q={query}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{query}");
        tags(&reply.text());
    }
}

#[tokio::test]
async fn every_page_of_a_list_can_be_reached() {
    let site = TestSite::of(sample());
    let first = site.get("/2025-11-20").await.text();
    assert!(first.contains("85 papers"), "{first}");
    assert!(first.contains("href=\"/2025-11-20?page=2\""));
    let second = site.get("/2025-11-20?page=2").await.text();
    assert_eq!((first.matches("<article>").count(), second.matches("<article>").count()), (50, 35));
    assert!(second.contains("<ol class=\"papers\" start=\"51\">"));
    let topic = site.get("/topic/global-regularization").await.text();
    assert!(topic.contains("85 papers on the list of this topic"), "{topic}");
}

/// A volume of so many papers that arrived on a day; one paper more than the smallest was announced that day by itself.
fn volume(id: &str, title: &str, day: &str, papers: usize) -> (catalogue::Volume, Vec<paper::Record>) {
    let of_volume = (1..=papers).map(|number| {
        let identity = paper::Identity::acl(&format!("{id}.{number}")).unwrap();
        let mut record =
            paper::Record::new(paper::Source::Acl, identity, format!("Made Paper Number {number} of {id}"));
        record.authors = vec![paper::Author::named(format!("Ada Author{number}"))];
        record.published = Some("2026-08".parse().unwrap());
        record.volume = Some(id.to_string());
        record
    });
    let volume = catalogue::Volume {
        id: id.to_string(),
        title: title.to_string(),
        source: paper::Source::Acl,
        day: Some(day.parse().unwrap()),
        published: Some("2026-08".parse().unwrap()),
    };
    (volume, of_volume.collect())
}

/// A site with the usual papers and some volumes.
fn site_with(volumes: Vec<(catalogue::Volume, Vec<paper::Record>)>) -> TestSite {
    let (volumes, papers): (Vec<_>, Vec<_>) = volumes.into_iter().unzip();
    let site = TestSite::of(records().into_iter().chain(papers.into_iter().flatten()).collect());
    site.catalogue.write_volumes(&volumes).unwrap();
    site
}

#[tokio::test]
async fn a_volume_has_a_page_with_all_its_papers_in_the_order_of_their_numbers() {
    let site = site_with(vec![volume("2026.made-long", "Proceedings of <Made> & More", "2026-08-20", 63)]);
    let first = site.get("/volume/2026.made-long").await;
    assert_eq!(first.status, StatusCode::OK);
    let (first, second) = (first.text(), site.get("/volume/2026.made-long?page=2").await.text());
    for page in [&first, &second] {
        tags(page);
        assert!(page.contains("<h1>Proceedings of &#60;Made&#62; &#38; More</h1>"), "{page}");
        assert!(page.contains("63 papers, from ACL Anthology (2026.made-long)."), "{page}");
    }
    assert!(first.contains("href=\"/volume/2026.made-long?page=2\""), "{first}");
    assert!(second.contains("<ol class=\"papers\" start=\"51\">"));
    let numbers = |page: &str| -> Vec<usize> {
        let titles = page.split("Made Paper Number ").skip(1);
        let mut numbers: Vec<usize> =
            titles.map(|rest| rest.split(' ').next().unwrap().parse().unwrap()).collect();
        numbers.dedup();
        numbers
    };
    assert_eq!(numbers(&first), (1..=50).collect::<Vec<_>>());
    assert_eq!(numbers(&second), (51..=63).collect::<Vec<_>>());
    assert_eq!(site.get("/volume/2026.made-long?page=3").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/volume/2026.made-short").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_volume_is_one_entry_in_the_editions_of_its_day_week_and_month() {
    let site = site_with(vec![
        volume("2026.made-long", "Long Papers", "2026-08-20", 63),
        volume("2026.made-short", "Short Papers", "2026-08-18", 1),
    ]);
    let (long, short) = (
        "<a href=\"/volume/2026.made-long\">Long Papers</a>",
        "<a href=\"/volume/2026.made-short\">Short Papers</a>",
    );
    for (target, has_long, has_short) in [
        ("/", true, false),
        ("/2026-08-20", true, false),
        ("/2026-08-18", false, true),
        ("/week/2026-W34", true, true),
        ("/month/2026-08", true, true),
    ] {
        let page = site.get(target).await.text();
        tags(&page);
        assert_eq!(
            (page.matches(long).count(), page.matches(short).count()),
            (usize::from(has_long), usize::from(has_short)),
            "{target}"
        );
        assert_eq!(page.contains("63 papers"), has_long, "{target} says how many papers the volume has");
        assert!(!page.contains("Made Paper Number"), "{target}: its papers are not entries of their own");
    }
    assert!(site.get("/").await.text().contains("2 papers: 2 announced, 1 featured that day."));
}

#[tokio::test]
async fn a_paper_of_a_volume_leads_to_the_volume() {
    let site = site_with(vec![volume("2026.made-long", "Long Papers", "2026-08-20", 3)]);
    let page = site.get("/papers/acl:2026.made-long.2").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("href=\"/volume/2026.made-long\""), "{}", page.text());
}

#[tokio::test]
async fn a_day_on_which_only_a_volume_arrived_shows_the_volume() {
    let site = site_with(vec![volume("2026.made-long", "Long Papers", "2026-08-19", 3)]);
    let page = site.get("/2026-08-19").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("<a href=\"/volume/2026.made-long\">Long Papers</a>"), "{}", page.text());
}

#[tokio::test]
async fn a_volume_may_be_the_first_and_the_latest_that_there_is() {
    let early = volume("1999.made-long", "Early Papers", "1999-06-20", 2);
    let late = volume("2026.made-late", "Late Papers", "2099-01-05", 2);
    let site = site_with(vec![early, late]);
    let latest = site.get("/").await.text();
    assert!(latest.contains("Late Papers") && latest.contains("5 January 2099"), "{latest}");
    let first = site.get("/1999-06-20").await;
    assert_eq!(first.status, StatusCode::OK);
    assert!(first.text().contains("Early Papers") && first.text().contains("rel=\"next\""));
    assert!(!first.text().contains("rel=\"prev\""));
}

/// All text of an XML document, if it is well formed.
fn read_xml(text: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut elements: Vec<(String, String)> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    loop {
        match reader.read_event().expect("well formed") {
            Event::Start(tag) => {
                elements.push((tag.name().as_ref().to_string(), String::new()));
                open.push(elements.len() - 1);
            }
            Event::Text(text) => {
                if let Some(at) = open.last() {
                    elements[*at].1.push_str(&text);
                }
            }
            Event::End(_) => {
                open.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    elements
}

#[tokio::test]
async fn feeds_are_well_formed_and_their_ids_outlive_votes() {
    let site = TestSite::of(records());
    let ids_and_times = |text: &str| -> Vec<String> {
        let wanted = |name: &str| matches!(name, "id" | "updated");
        read_xml(text).into_iter().filter(|(name, _)| wanted(name)).map(|(_, text)| text).collect()
    };
    let before = site.get("/feed.atom").await;
    assert_eq!(before.header("content-type"), "application/atom+xml; charset=utf-8");
    let before = ids_and_times(&before.text());
    assert!(before.contains(&"tag:papers.example.org,2026:/papers/2608.01234".to_string()), "{before:?}");
    assert!(before.iter().all(|text| text.starts_with("tag:") || text.ends_with("T00:00:00Z")));

    let mut voted = records().remove(1);
    voted.attention = Some(paper::Attention { votes: Some(4000), comments: Some(30) });
    voted.stamp.time = "2026-08-21T00:00:00Z".into();
    common::accept(&site.catalogue, vec![voted]);
    let site = site.again();
    let after = site.get("/feed.atom").await.text();
    assert_eq!(ids_and_times(&after), before);
    assert!(!after.contains("<math"), "readers strip MathML");
}

#[tokio::test]
async fn search_feeds_and_descriptions_are_well_formed() {
    let site = TestSite::of(records());
    for target in ["/search.atom?q=%3Cscript%3E%26quoted", "/opensearch.xml"] {
        let reply = site.get(target).await;
        assert_eq!(reply.status, StatusCode::OK, "{target}");
        read_xml(&reply.text());
    }
}

#[tokio::test]
async fn the_daily_list_has_the_shape_that_clients_read() {
    let site = TestSite::of(records());
    let reply = site.get("/api/daily_papers?date=2026-08-20&limit=1").await;
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(
        reply.header("link"),
        "<http://papers.example.org/api/daily_papers?p=1&limit=1&date=2026-08-20>; rel=\"next\""
    );
    let items: serde_json::Value = serde_json::from_str(&reply.text()).unwrap();
    assert_eq!(items.as_array().map(Vec::len), Some(1));
    let far = site.get("/api/daily_papers?p=9").await.text();
    assert_eq!(far, "[]");
    let theirs = site.get("/api/daily_papers?submitter=ada").await.text();
    let nobody = site.get("/api/daily_papers?submitter=nobody").await.text();
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&theirs).unwrap().len(), 1);
    assert_eq!(nobody, "[]");
    assert_eq!(site.get("/api/agent-harnesses").await.status, StatusCode::NOT_FOUND);
}

#[test]
fn no_address_makes_the_server_fail() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let site = TestSite::of(records());
    let piece = prop_oneof![
        "[a-zA-Z0-9._:-]{0,12}",
        "(%[0-9a-f]{2}){1,4}",
        Just("papers".to_string()),
        Just("list".to_string()),
        Just("..".to_string()),
        Just("2026-08-20".to_string()),
        Just("week/2026-W99".to_string()),
        Just("search".to_string()),
        Just("topic".to_string()),
        Just("api/daily_papers".to_string()),
    ];
    let query = "([a-z]{0,6}=(%[0-9a-f]{2}|[a-zA-Z0-9+:*\"-]){0,20}&?){0,3}"
        .prop_map(|text| text.replace('"', "%22"));
    let target = (prop::collection::vec(piece, 0..4), query);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..Default::default()
    });
    runner
        .run(&target, |(pieces, query)| {
            let target = format!("/{}?{query}", pieces.join("/"));
            let reply = runtime.block_on(site.get(&target));
            prop_assert!(!reply.status.is_server_error(), "{target}: {}", reply.status);
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_card_and_a_paper_page_read_well() {
    let site = TestSite::of(records());
    let page = site.get("/").await.text();
    let start = page.find("<li id=\"p-2608.01234\">").unwrap();
    let end = start + page[start..].find("</article>").unwrap();
    insta::assert_snapshot!("card", &page[start..end]);
    let page = site.get("/papers/2608.01234").await.text();
    let start = page.find("<main").unwrap();
    let end = page.find("</main>").unwrap();
    insta::assert_snapshot!("paper", &page[start..end]);
}
