//! arXiv's listing pages, whole and broken.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests")]

mod common;

use common::shared;
use formats::listing::{Listing, NotAListing, Verdict, read};
use paper::{AnnouncementKind, Source};

const ITEM: &str = "<dt>\n<a name='item1'>[1]</a>\n<a href =\"/abs/2609.00001\" title=\"Abstract\" id=\"2609.00001\">\n\
  arXiv:2609.00001\n</a>\n  MARK\n[<a href=\"/pdf/2609.00001\" title=\"Download PDF\">pdf</a>]\n</dt>\n<dd><div class='meta'>\
  <div class='list-title mathjax'><span class='descriptor'>Title:</span>\n A &lt; B &amp; C\n</div>\
  <div class='list-authors'><a href=\"x\">Ada Author</a>, <a href=\"y\">Bo de Vries</a></div>\
  <div class='list-comments mathjax'><span class='descriptor'>Comments:</span> see <a href=\"u\">this</a></div>\
  <div class='list-subjects'><span class='descriptor'>Subjects:</span>\n<span class=\"primary-subject\">Machine Learning (cs.LG)</span>; \
  Numerical Analysis (math.NA)</div><p class='mathjax'>One.<br />Two.</p></div></dd>\n";

fn page(body: &str) -> String {
    format!(
        "<!DOCTYPE html><html><head><title>Machine Learning</title><script>if (1 < 2) '<dt>'</script></head><body>\
         <h1>Machine Learning</h1>{body}</body></html>"
    )
}

const DAY: &str = "<h3>Showing new listings for Thursday, 24 September 2026</h3>";

fn listing(body: &str) -> Listing {
    read(page(body).as_bytes(), "page", "cs.LG").unwrap()
}

fn section(heading: &str, items: usize, mark: &str) -> String {
    let items: String = (1..=items)
        .map(|at| ITEM.replace("2609.00001", &format!("2609.{at:05}")).replace("MARK", mark))
        .collect();
    format!("<dl id='articles'><h3>{heading}</h3>{items}</dl>")
}

fn fixture(path: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(shared(&format!("fixtures/arxiv/list/{path}"))?).unwrap())
}

#[test]
fn an_item_says_what_the_page_shows() {
    let found = listing(&format!("{DAY}{}", section("New submissions (showing 1 of 1 entries)", 1, "")));
    assert_eq!(found.verdict(), Verdict::Whole { entries: 1 });
    let item = found.items().next().unwrap();
    assert_eq!(item.identity.to_string(), "arxiv:2609.00001");
    assert_eq!(item.record.title, "A < B & C");
    assert_eq!(item.record.abstract_text.as_deref(), Some("One. Two."));
    assert_eq!(item.record.comment.as_deref(), Some("see this"));
    assert_eq!(item.record.categories, ["cs.LG", "math.NA"]);
    assert_eq!(item.record.authors[1].name, "Bo de Vries");
    assert_eq!(item.record.stamp.version, 0);
    let announced: Vec<_> = item
        .record
        .announcements
        .iter()
        .map(|one| (one.day.to_string(), one.category.as_str(), one.kind))
        .collect();
    let day = "2026-09-24".to_owned();
    assert_eq!(
        announced,
        [(day.clone(), "cs.LG", AnnouncementKind::New), (day, "math.NA", AnnouncementKind::CrossList)]
    );
    assert_eq!(formats::parse_again(Source::Arxiv, &item.raw).as_ref(), Ok(&*item.record));
}

#[test]
fn the_section_says_how_a_paper_was_presented() {
    let body = format!(
        "{DAY}{}{}",
        section("Cross submissions (showing 1 of 1 entries)", 1, "(cross-list from math.NA)"),
        section("Replacement submissions (showing 1 of 1 entries)", 1, "(replaced)"),
    );
    let kinds: Vec<_> = listing(&body).items().map(|item| item.kind).collect();
    assert_eq!(kinds, [AnnouncementKind::CrossList, AnnouncementKind::Replacement]);
}

#[test]
fn fewer_items_than_the_heading_says_is_a_broken_page() {
    let found = listing(&format!("{DAY}{}", section("New submissions (showing 3 of 3 entries)", 2, "")));
    let reason = "a heading of 2026-09-24 says 3 items, the page has 2".to_owned();
    assert_eq!(found.verdict(), Verdict::Broken { reason });
}

#[test]
fn an_item_that_is_not_understood_is_a_problem_and_the_page_broken() {
    let body = section("New submissions (showing 2 of 2 entries)", 2, "").replacen("A &lt; B &amp; C", "", 1);
    let found = listing(&format!("{DAY}{body}"));
    assert_eq!((found.items().count(), found.sections[0].problems.len()), (1, 1));
    assert!(matches!(found.verdict(), Verdict::Broken { reason } if reason.contains("no title")));
}

#[test]
fn a_day_without_papers_says_so_in_words() {
    assert_eq!(listing(&format!("{DAY}<p>No updates today.</p>")).verdict(), Verdict::Quiet);
    let silent = listing(&format!("{DAY}<p>Soon.</p>"));
    assert!(matches!(silent.verdict(), Verdict::Broken { .. }), "silence is not emptiness");
}

#[test]
fn a_page_cut_anywhere_is_never_quiet_or_whole() {
    let text = page(&format!("{DAY}{}", section("New submissions (showing 2 of 2 entries)", 2, "")));
    for at in 0..text.len() - 1 {
        if let Ok(listing) = read(&text.as_bytes()[..at], "page", "cs.LG") {
            assert!(matches!(listing.verdict(), Verdict::Broken { .. }), "at {at}");
        }
    }
}

#[test]
fn recent_pages_have_a_day_for_each_section() {
    let body = format!(
        "<div class='paging'>Total of 5 entries : <span>1-3</span></div>{}{}",
        section("Fri, 21 Nov 2025 (showing 2 of 2 entries )", 2, ""),
        section("Thu, 20 Nov 2025 (showing first 1 of 3 entries )", 1, "(cross-list from math.NA)"),
    );
    let found = listing(&body);
    assert_eq!(found.verdict(), Verdict::Part { shown: 3, of: 5 });
    let days: Vec<String> = found.sections.iter().map(|section| section.day.to_string()).collect();
    assert_eq!(days, ["2025-11-21", "2025-11-20"]);
    let kinds: Vec<_> = found.items().map(|item| item.kind).collect();
    assert_eq!(kinds, [AnnouncementKind::New, AnnouncementKind::New, AnnouncementKind::CrossList]);
}

#[test]
fn catch_up_pages_name_the_day_in_their_title() {
    let title = "<h1>Catchup results for Machine Learning (cs.LG) on Fri, 01 May 2026</h1>";
    let found = listing(&format!("{title}{}", section("New submissions (showing 1 of 1 entries)", 1, "")));
    assert_eq!(found.day.unwrap().to_string(), "2026-05-01");
    assert_eq!(found.verdict(), Verdict::Whole { entries: 1 });
    let empty = listing(&format!("{title}<p>No updates for Fri, 01 May 2026</p>Total of 0 entries"));
    assert_eq!(empty.verdict(), Verdict::Quiet);
}

#[test]
fn other_pages_are_no_listings() {
    let title = Some("Machine Learning".to_owned());
    assert_eq!(read(page("").as_bytes(), "x", "cs.LG"), Err(NotAListing::Other { title }));
    assert_eq!(read(b"Rate exceeded.", "x", "cs.LG"), Err(NotAListing::Other { title: None }));
    assert_eq!(read(b" ", "x", "cs.LG"), Err(NotAListing::Empty));
}

fn check_again(listing: &Listing) {
    for item in listing.items() {
        assert_eq!(formats::parse_again(Source::Arxiv, &item.raw).as_ref(), Ok(&*item.record));
    }
}

#[test]
fn a_whole_page_of_arxiv_agrees_with_its_headings() {
    let Some(bytes) = fixture("made-new-all.html") else { return };
    let listing = read(&bytes, "new", "cs.LG").unwrap();
    assert_eq!(listing.day.unwrap().to_string(), "2026-09-24");
    assert_eq!(listing.verdict(), Verdict::Whole { entries: 15 });
    let sizes: Vec<_> = listing
        .sections
        .iter()
        .map(|section| (section.kind.unwrap(), section.items.len(), section.of))
        .collect();
    use AnnouncementKind::*;
    assert_eq!(sizes, [(New, 6, 6), (CrossList, 4, 4), (Replacement, 5, 5)]);
    assert!(
        listing.items().all(|item| item.record.abstract_text.is_some() && !item.record.authors.is_empty())
    );
    assert!(listing.sections.iter().all(|section| section.problems.is_empty()));
    check_again(&listing);
}

#[test]
fn pages_of_a_longer_list_are_parts() {
    let Some(bytes) = fixture("made-new-first-page.html") else { return };
    let first = read(&bytes, "new", "cs.LG").unwrap();
    assert_eq!(first.verdict(), Verdict::Part { shown: 13, of: 87 });
    assert_eq!((first.sections[2].shown, first.sections[2].of), (3, 77));
    let last = read(&fixture("made-new-continued.html").unwrap(), "new", "cs.LG").unwrap();
    assert_eq!(last.verdict(), Verdict::Part { shown: 7, of: 87 });
}

#[test]
fn a_page_of_a_quiet_day_is_quiet() {
    let Some(bytes) = fixture("made-new-no-updates.html") else { return };
    let listing = read(&bytes, "new", "cs.LG").unwrap();
    assert_eq!(
        (listing.verdict(), listing.day.unwrap().to_string()),
        (Verdict::Quiet, "2026-09-24".to_owned())
    );
}
