//! About the site: its sources, how fresh they are, how editions are ordered; its feeds; what programs look for.

use crate::address;
use crate::answer::{Answer, Media, Page};
use crate::ask::Ask;
use crate::caching::Policy;
use crate::house::House;
use crate::routes::plain;
use crate::safe::escape_into;
use crate::view::{self, Chrome};
use askama::Template;
use edition::{Features, score};

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage {
    chrome: Chrome,
    papers: String,
    records: String,
    problems: u64,
    sources: Vec<SourceRow>,
    harvests: Vec<crate::SourceStanding>,
    index: String,
    terms: Vec<(&'static str, String)>,
    half_life: f32,
    version: &'static str,
    contact: Option<String>,
}

struct SourceRow {
    title: &'static str,
    records: String,
    day: Option<(String, String)>,
}

/// `/about`.
pub(crate) fn about(house: &House, _: &Ask) -> Answer {
    let catalogue = &house.site.catalogue;
    let counts = catalogue.counts()?;
    let status = house.site.search.status();
    let behind = catalogue.sequence()?.0.saturating_sub(status.sequence.0);
    let index = match (status.building.is_some(), behind) {
        (true, _) => "The index is being built: searches find what it has reached so far.".to_string(),
        (false, 0) => "The index holds every paper of the catalogue.".to_string(),
        (false, behind) => format!("The index is {} behind the catalogue.", view::count(behind, "change")),
    };
    let sources = catalogue.sources()?.into_iter().map(|state| SourceRow {
        title: state.source.title(),
        records: view::grouped(state.records),
        day: state.latest_day.map(|day| (view::day_words(day), format!("/{day}"))),
    });
    let page = AboutPage {
        chrome: Chrome::new(house, "About"),
        papers: view::count(counts.papers, "paper"),
        records: view::count(counts.records, "record"),
        problems: counts.problems,
        sources: sources.collect(),
        harvests: house.site.standings.as_ref().map(|standings| standings.sources()).unwrap_or_default(),
        index,
        terms: terms(),
        half_life: score::HALF_LIFE_DAYS,
        version: env!("CARGO_PKG_VERSION"),
        contact: house.settings().contact.clone(),
    };
    super::html(Policy::Public, &page)
}

/// The parts of a score, as the formula itself gives them for papers that differ in one thing.
fn terms() -> Vec<(&'static str, String)> {
    let part = |features: &Features, name: &str| {
        let score = score::score(features);
        score.parts.iter().find(|part| part.name == name).map_or(0.0, |part| part.value)
    };
    let one = Features { author_count: 1, ..Features::default() };
    let cases: [(&'static str, Features, &str); 11] = [
        ("to begin with", one.clone(), "base"),
        ("three authors", Features { author_count: 3, ..one.clone() }, "authors"),
        ("ten authors", Features { author_count: 10, ..one.clone() }, "authors"),
        ("a link to code", Features { has_code: true, ..one.clone() }, "code"),
        (
            "a project page, demo, data or video",
            Features { has_project: true, ..one.clone() },
            "project page",
        ),
        (
            "says that it was accepted elsewhere",
            Features { accepted: true, ..one.clone() },
            "already accepted",
        ),
        ("featured by an editor or a community", Features { featured: true, ..one.clone() }, "featured"),
        ("one vote", Features { votes: 1, ..one.clone() }, "votes"),
        ("ten votes", Features { votes: 10, ..one.clone() }, "votes"),
        ("a hundred votes", Features { votes: 100, ..one.clone() }, "votes"),
        ("three comments", Features { comments: 3, ..one.clone() }, "comments"),
    ];
    cases
        .iter()
        .map(|(what, features, name)| {
            let value = part(features, name);
            (*what, format!("{}{:.2}", if value < 0.0 { "−" } else { "+" }, value.abs()))
        })
        .collect()
}

#[derive(Template)]
#[template(path = "feeds.html")]
struct FeedsPage {
    chrome: Chrome,
}

/// `/feeds`.
pub(crate) fn feeds(house: &House, _: &Ask) -> Answer {
    super::html(Policy::Public, &FeedsPage { chrome: Chrome::new(house, "Feeds") })
}

/// `/opensearch.xml`: lets browsers search here.
pub(crate) fn open_search(house: &House, ask: &Ask) -> Answer {
    let title = &house.settings().title;
    let mut short = String::new();
    // The format allows sixteen characters.
    escape_into(&mut short, &title.chars().take(16).collect::<String>());
    let mut long = String::new();
    escape_into(&mut long, title);
    let mut origin = String::new();
    escape_into(&mut origin, &ask.origin);
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <OpenSearchDescription xmlns=\"http://a9.com/-/spec/opensearch/1.1/\">\n\
         <ShortName>{short}</ShortName>\n<Description>Search the papers of {long}</Description>\n\
         <InputEncoding>UTF-8</InputEncoding>\n<Image width=\"32\" height=\"32\" type=\"image/svg+xml\">{origin}/assets/icon.svg</Image>\n\
         <Url type=\"text/html\" template=\"{origin}/search?q={{searchTerms}}\"/>\n\
         <Url type=\"application/atom+xml\" template=\"{origin}/search.atom?q={{searchTerms}}\"/>\n\
         </OpenSearchDescription>\n"
    );
    Ok(Page::new(Media::OpenSearch, Policy::Public, body))
}

/// `/robots.txt`: everything but the endless space of searches.
pub(crate) fn robots(_: &House, _: &Ask) -> Answer {
    Ok(plain(Policy::Public, "User-agent: *\nDisallow: /search\nDisallow: /search.atom\nDisallow: /api/\n"))
}

/// The path of the feed of a search.
pub(crate) fn search_feed(query: &str) -> String {
    address::with_parameters("/search.atom", &[("q", query)])
}
