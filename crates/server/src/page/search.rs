//! Searching, and the pages that are stable addresses over a search: topics and authors.

use crate::address;
use crate::answer::{Answer, Refusal};
use crate::ask::Ask;
use crate::caching::Policy;
use crate::house::House;
use crate::page::edition::{pager, pager_of};
use crate::safe::Safe;
use crate::view::{self, Cards, Chrome, Pager};
use askama::Template;
use edition::PAPERS_OF_PAGE;
use paper::{Identity, Source, category, identity};
use search::{Engine, Highlighter, Hit, Piece, Query, Request, What};

/// Characters of an abstract that a result shows around the words that were found.
const SNIPPET_CHARACTERS: usize = 320;
/// Results of a search a page: with their snippets more than a reader looks through before she changes the words.
const RESULTS_OF_PAGE: usize = 25;
/// Filters of one kind that are offered.
const FILTERS_MAX: usize = 12;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    chrome: Chrome,
    kicker: &'static str,
    heading: String,
    standfirst: String,
    notes: Vec<String>,
    engines: Vec<Choice>,
    chosen: Vec<Choice>,
    facets: Vec<Facet>,
    cards: Cards,
    pager: Pager,
    feed: Option<String>,
    help: bool,
}

/// A link that changes the search.
struct Choice {
    text: String,
    title: String,
    path: String,
    papers: String,
    here: bool,
}

/// Filters of one kind.
struct Facet {
    title: &'static str,
    choices: Vec<Choice>,
}

/// `/search?q=…&engine=…&page=…`.
pub(crate) fn search(house: &House, ask: &Ask) -> Answer {
    let text = ask.parameter("q").unwrap_or("");
    let engine = engine(ask)?;
    if text.is_empty() {
        return blank(house);
    }
    if let Some(to) = named_paper(house, text)? {
        return Err(Refusal::Moved { to, for_ever: false });
    }
    let request = Request { engine, facets: true, ..page_of(ask, text, RESULTS_OF_PAGE) };
    let answer = house.site.search.search(&request)?;
    let pager = pager_of(ask, answer.reachable as usize, RESULTS_OF_PAGE, path_of(text, engine))?;
    let feed = super::about::search_feed(text);
    let shown = view::cut(text, 120);
    let mut chrome = Chrome::new(house, format!("“{shown}”")).alternate(
        "application/atom+xml",
        format!("Search for {shown}"),
        feed.clone(),
    );
    chrome.query = text.to_string();
    chrome.unindexed = true;
    let page = SearchPage {
        kicker: "Search",
        heading: shown,
        standfirst: standfirst(&answer, engine),
        engines: engines(text, engine),
        chosen: chosen(&answer, engine),
        facets: facets(&answer, engine),
        cards: cards(house, &answer.hits, Some(&answer.understood.query), &pager)?,
        notes: notes(&answer),
        pager,
        feed: Some(feed),
        help: false,
        chrome,
    };
    super::html(Policy::Public, &page)
}

/// The request for the page that is asked for, of so many results.
fn page_of(ask: &Ask, text: &str, of_page: usize) -> Request {
    let offset = (ask.page().unwrap_or(1) - 1) * of_page;
    Request { offset, ..Request::new(text, of_page) }
}

/// The address of a search.
fn path_of(text: &str, engine: Engine) -> String {
    let engine = if engine == Engine::default() { "" } else { engine.name() };
    address::with_parameters("/search", &[("q", text), ("engine", engine)])
}

/// The engine that is asked for.
pub(crate) fn engine(ask: &Ask) -> Result<Engine, Refusal> {
    let Some(name) = ask.parameter("engine") else { return Ok(Engine::default()) };
    Engine::from_name(name)
        .ok_or_else(|| Refusal::BadRequest("The engines are called words, meaning and both.".into()))
}

/// What the index says about the answer, and that it is not whole yet.
fn notes(answer: &search::Answer) -> Vec<String> {
    let building = answer.building.map(|progress| {
        format!(
            "The index is still being built: it holds {} so far, others are not found yet.",
            view::count(progress.papers, "paper")
        )
    });
    answer.notes.iter().cloned().chain(building).collect()
}

/// The page of the paper whose identity or address a query is.
fn named_paper(house: &House, text: &str) -> Result<Option<String>, Refusal> {
    if Identity::from_words(text).is_none() {
        return Ok(None);
    }
    match house.paper_at(text) {
        Ok(stored) => Ok(Some(address::paper(&stored.paper.address))),
        Err(Refusal::Moved { to, .. }) => Ok(Some(to)),
        Err(Refusal::NotFound(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The page of no search: what a query may hold.
fn blank(house: &House) -> Answer {
    let Some(pager) = Pager::new(1, 0, RESULTS_OF_PAGE, "/search".into()) else {
        return Err(Refusal::not_found("/search"));
    };
    let page = SearchPage {
        chrome: Chrome::new(house, "Search"),
        kicker: "",
        heading: "Search".into(),
        standfirst: "By word, by meaning, or by both.".into(),
        notes: Vec::new(),
        engines: Vec::new(),
        chosen: Vec::new(),
        facets: Vec::new(),
        cards: Cards::default(),
        pager,
        feed: None,
        help: true,
    };
    super::html(Policy::Public, &page)
}

fn standfirst(answer: &search::Answer, engine: Engine) -> String {
    let papers = |number: u64| view::count(number, "paper");
    let words = match (answer.matches, answer.matches_all) {
        (matches, all) if all == matches => format!("{} match", papers(matches)),
        (matches, all) => format!("{} match, {} of them all words", papers(matches), view::grouped(all)),
    };
    let matches = match engine {
        Engine::Meaning => format!("The {} nearest in meaning", papers(answer.nearest)),
        Engine::Both if answer.nearest > 0 => {
            format!("{words}; ordered together with the {} nearest in meaning", view::grouped(answer.nearest))
        }
        _ => words,
    };
    format!("{matches}. Understood as: {}.", answer.understood.sentence)
}

fn engines(text: &str, engine: Engine) -> Vec<Choice> {
    let all = [(Engine::Both, "Words and meaning"), (Engine::Words, "Words"), (Engine::Meaning, "Meaning")];
    let choices = all.into_iter().map(|(other, name)| Choice {
        text: name.into(),
        title: String::new(),
        path: path_of(text, other),
        papers: String::new(),
        here: other == engine,
    });
    choices.collect()
}

/// The filters that the query holds, each with the address without it.
fn chosen(answer: &search::Answer, engine: Engine) -> Vec<Choice> {
    let choices = answer.understood.filters.iter().map(|filter| Choice {
        title: format!("Without “{}”", filter.label),
        text: filter.label.clone(),
        path: path_of(&filter.without, engine),
        papers: String::new(),
        here: false,
    });
    choices.collect()
}

/// The filters that can be added, each with the address that has it.
fn facets(answer: &search::Answer, engine: Engine) -> Vec<Facet> {
    let query = &answer.understood.query;
    let has = |what: &What| query.clauses().iter().any(|clause| !clause.negated && clause.what == *what);
    let group = |title, filters: Vec<(String, String, What, u64)>| {
        let choices = filters.into_iter().filter(|(.., what, _)| !has(what)).take(FILTERS_MAX);
        let choices = choices.map(|(text, title, what, papers)| Choice {
            path: path_of(&query.with(what).to_string(), engine),
            papers: view::grouped(papers),
            text,
            title,
            here: false,
        });
        Facet { title, choices: choices.collect() }
    };
    let counts = &answer.facets;
    let categories = counts.categories.iter().map(|(id, papers)| {
        let name = category::find(id).map_or("", |known| known.name);
        (id.clone(), name.to_string(), What::Category(id.clone()), *papers)
    });
    let years = counts.years.iter().map(|(year, papers)| {
        (year.to_string(), String::new(), What::Year(Some(*year), Some(*year)), *papers)
    });
    let sources = counts.sources.iter().filter_map(|(name, papers)| {
        let source = Source::from_name(name)?;
        Some((source.title().to_string(), String::new(), What::Source(source), *papers))
    });
    let code =
        (counts.with_code > 0).then(|| ("Code".to_string(), String::new(), What::HasCode, counts.with_code));
    let groups = [
        group("Category", categories.collect()),
        group("Year", years.collect()),
        group("Source", sources.collect()),
        group("With", code.into_iter().collect()),
    ];
    groups.into_iter().filter(|facet| !facet.choices.is_empty()).collect()
}

/// The cards of hits; with a query, its words are marked in them.
fn cards(house: &House, hits: &[Hit], query: Option<&Query>, pager: &Pager) -> Result<Cards, Refusal> {
    let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
    let papers = house.papers(&ids)?;
    let start = pager.offset() + 1;
    let mut cards = Vec::with_capacity(papers.len());
    let mut highlighter = query.map(Highlighter::new);
    for (hit, number) in hits.iter().zip(start..) {
        let Some(stored) = papers.iter().find(|stored| stored.id == hit.id) else { continue };
        let mut card = house.cards.card(stored).ranked(number);
        if let Some(highlighter) = &mut highlighter {
            if let Some(title) = marked(&highlighter.mark(&card.title)) {
                card.title_html = title;
            }
            card.snippet = marked(&highlighter.window(&card.abstract_text(), SNIPPET_CHARACTERS));
            card.why = why(hit);
        }
        cards.push(card);
    }
    Ok(Cards { start, cards })
}

/// Text with its hits marked; `None` if it has none.
fn marked(pieces: &[Piece]) -> Option<Safe> {
    let hit = pieces.iter().any(|piece| piece.marked);
    hit.then(|| Safe::marked(pieces.iter().map(|piece| (piece.text.as_str(), piece.marked))))
}

/// What is worth saying about how a paper was found: nothing where words and meaning agree.
fn why(hit: &Hit) -> Option<String> {
    let why = match (hit.words.is_some(), hit.meaning.is_some()) {
        (false, true) => "its meaning is near, in other words",
        (true, false) => "it has the words",
        _ => return None,
    };
    Some(why.into())
}

/// `/topic/loss-functions`: papers on a list of that name first, then those that a search for its words finds.
pub(crate) fn topic(house: &House, ask: &Ask) -> Answer {
    let slug = ask.after("/topic/");
    // Only words: quotes and colons in an address are no signs of the query language.
    let words: Vec<&str> =
        slug.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let words = words.join(" ");
    if words.is_empty() {
        return Err(Refusal::not_found(&ask.path));
    }
    let canonical = address::topic(&words);
    if canonical != address::path("/topic/", slug) {
        return Err(Refusal::Moved { to: canonical, for_ever: true });
    }
    let list = What::Topic(identity::slug(&words, TOPIC_CHARACTERS_MAX));
    let request = Request { engine: Engine::Words, ..page_of(ask, &list.to_string(), PAPERS_OF_PAGE) };
    let listed = house.site.search.search(&request)?;
    let on_list = listed.reachable as usize;
    // What the list leaves of this page is filled from the search, which goes on behind the list's end.
    let offset = (ask.page().unwrap_or(1) - 1) * PAPERS_OF_PAGE;
    let room = PAPERS_OF_PAGE - listed.hits.len().min(PAPERS_OF_PAGE);
    let text = if on_list > 0 { format!("{words} -{list}") } else { words.clone() };
    let offset = offset.saturating_sub(on_list);
    let found = house.site.search.search(&Request { offset, limit: room, ..Request::new(text, room) })?;
    let pager = pager(ask, on_list + found.reachable as usize, canonical)?;
    let mut shown = cards(house, &listed.hits, None, &pager)?;
    shown.cards.iter_mut().for_each(|card| card.why = Some("it is on the list of this topic".into()));
    let mut others = cards(house, &found.hits, None, &pager)?;
    let before = shown.cards.len();
    for (card, hit) in others.cards.iter_mut().zip(&found.hits) {
        card.rank = card.rank.map(|rank| rank + before);
        card.why = why(hit);
    }
    shown.cards.append(&mut others.cards);
    let feed = super::about::search_feed(&words);
    let mut chrome =
        Chrome::new(house, words.clone()).alternate("application/atom+xml", words.clone(), feed.clone());
    chrome.query.clone_from(&words);
    let on_list_words = match on_list {
        0 => String::new(),
        on_list => format!("{} on the list of this topic, then ", view::count(on_list as u64, "paper")),
    };
    let page = SearchPage {
        kicker: "Topic",
        heading: words,
        standfirst: format!("{on_list_words}{} by words and meaning.", view::count(found.reachable, "paper")),
        notes: notes(&found),
        engines: Vec::new(),
        chosen: Vec::new(),
        facets: Vec::new(),
        cards: shown,
        pager,
        feed: Some(feed),
        help: false,
        chrome,
    };
    super::html(Policy::Public, &page)
}

/// Slugs of lists are at most so long.
const TOPIC_CHARACTERS_MAX: usize = 100;

/// `/author/<name>`.
pub(crate) fn author(house: &House, ask: &Ask) -> Answer {
    let name = ask.after("/author/").replace(['"', '\\'], " ");
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(Refusal::not_found(&ask.path));
    }
    let text = format!("author:\"{name}\"");
    let request = Request { engine: Engine::Words, ..page_of(ask, &text, PAPERS_OF_PAGE) };
    let answer = house.site.search.search(&request)?;
    if answer.reachable == 0 && answer.building.is_none() {
        let missing = crate::answer::Missing {
            sentence: format!("No author of this name is known: {}.", view::cut(&name, 120)),
            words: view::cut(&name, 120),
            links: Vec::new(),
        };
        return Err(Refusal::NotFound(missing));
    }
    let pager = pager(ask, answer.reachable as usize, address::author(&name))?;
    let feed = super::about::search_feed(&text);
    let page = SearchPage {
        chrome: Chrome::new(house, name.clone()).alternate(
            "application/atom+xml",
            format!("Papers by {name}"),
            feed.clone(),
        ),
        kicker: "Author",
        standfirst: format!(
            "{} under this name. People of one name are not told apart.",
            view::count(answer.matches, "paper")
        ),
        heading: name,
        notes: notes(&answer),
        engines: Vec::new(),
        chosen: Vec::new(),
        facets: Vec::new(),
        cards: cards(house, &answer.hits, None, &pager)?,
        pager,
        feed: Some(feed),
        help: false,
    };
    super::html(Policy::Public, &page)
}
