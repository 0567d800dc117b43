//! Listings: everything that a category announced on a day, new papers, cross-lists and replacements apart.

use crate::answer::{Answer, Missing, Refusal};
use crate::ask::Ask;
use crate::caching::Policy;
use crate::house::House;
use crate::page::edition::pager;
use crate::view::{self, Cards, Category, Chrome, Pager, Turn};
use askama::Template;
use catalogue::Listed;
use edition::{PAPERS_OF_PAGE, Period};
use paper::{AnnouncementKind, Day, category};

#[derive(Template)]
#[template(path = "listing.html")]
struct ListingPage {
    chrome: Chrome,
    category: Category,
    heading: String,
    standfirst: String,
    previous: Option<Turn>,
    next: Option<Turn>,
    parts: Vec<Part>,
    pager: Pager,
}

/// The papers of a page that were presented in one way.
struct Part {
    title: &'static str,
    anchor: &'static str,
    count: String,
    cards: Cards,
}

#[derive(Template)]
#[template(path = "listings.html")]
struct ListingsPage {
    chrome: Chrome,
    day: Option<String>,
    archives: Vec<Archive>,
}

struct Archive {
    name: String,
    categories: Vec<Category>,
}

/// The ways of presenting, in the order of a listing.
const KINDS: [(AnnouncementKind, &str, &str); 4] = [
    (AnnouncementKind::New, "New", "new"),
    (AnnouncementKind::Featured, "Featured", "featured"),
    (AnnouncementKind::CrossList, "Cross-lists", "cross-lists"),
    (AnnouncementKind::Replacement, "Replacements", "replacements"),
];

/// `/list/cs.CL`: its latest listing.
pub(crate) fn latest(house: &House, ask: &Ask) -> Answer {
    let id = category_of(ask.after("/list/"), "")?;
    match house.site.catalogue.listing_day_at_or_before(&id, None)? {
        Some(day) => listing(house, ask, &id, day, true),
        None => Err(nothing(house, &id, None)),
    }
}

/// `/list/cs.CL/2026-08-20`.
pub(crate) fn day(house: &House, ask: &Ask) -> Answer {
    let (id, day) = ask.after("/list/").split_once('/').unwrap_or_default();
    let id = category_of(id, day)?;
    match day.parse() {
        Ok(day) => listing(house, ask, &id, day, false),
        Err(_) => Err(Refusal::not_found(&ask.path)),
    }
}

/// The category of a path, or where it has gone.
fn category_of(id: &str, day: &str) -> Result<String, Refusal> {
    if !category::is_plausible(id) {
        return Err(Refusal::not_found(id));
    }
    let canonical = category::canonical(id);
    if canonical == id {
        return Ok(id.to_string());
    }
    let path = if day.is_empty() { format!("/list/{canonical}") } else { format!("/list/{canonical}/{day}") };
    Err(Refusal::Moved { to: crate::address::path("", &path), for_ever: true })
}

fn nothing(house: &House, id: &str, day: Option<Day>) -> Refusal {
    let category = Category::of(id, 0);
    let sentence = match day {
        Some(day) if day > (house.site.today)() => format!("{} has not come yet.", Period::Day(day).title()),
        Some(day) => {
            format!("Nothing was announced under {id} ({}) on {}.", category.name, Period::Day(day).title())
        }
        None => format!("No listing of {id} ({}) is known.", category.name),
    };
    let search = crate::address::with_parameters("/search", &[("q", &format!("cat:{id}"))]);
    let mut links = vec![(format!("Search the papers of {id}"), search)];
    if day.is_some() {
        links.insert(0, (format!("The latest listing of {id}"), category.path));
    }
    Refusal::NotFound(Missing { sentence, words: String::new(), links })
}

fn listing(house: &House, ask: &Ask, id: &str, day: Day, latest: bool) -> Answer {
    let catalogue = &house.site.catalogue;
    let listed = catalogue.listing(id, day)?;
    if listed.is_empty() {
        return Err(nothing(house, id, Some(day)));
    }
    let category = Category::of(id, 0);
    let dated = format!("{}/{day}", category.path);
    let pager = pager(ask, listed.len(), if latest { category.path.clone() } else { dated })?;
    let turn = |day: Option<Day>| {
        day.map(|day| {
            let turn = Turn::to(Period::Day(day));
            Turn { path: format!("{}/{day}", category.path), ..turn }
        })
    };
    let next = catalogue.listing_day_after(id, day)?;
    let title = Period::Day(day).title();
    let page = ListingPage {
        chrome: Chrome::new(house, format!("{id}, {title}")).at("/list"),
        heading: title,
        standfirst: standfirst(&listed),
        previous: turn(catalogue.listing_day_before(id, day)?),
        next: turn(next),
        parts: parts(house, &listed, &pager)?,
        category,
        pager,
    };
    super::html(if next.is_some() { Policy::Past } else { Policy::Public }, &page)
}

fn standfirst(listed: &[Listed]) -> String {
    let counts = KINDS.iter().filter_map(|(kind, title, _)| {
        let count = listed.iter().filter(|line| line.kind == *kind).count();
        (count > 0).then(|| format!("{} {}", view::grouped(count as u64), title.to_lowercase()))
    });
    format!("{}: {}.", view::count(listed.len() as u64, "paper"), counts.collect::<Vec<_>>().join(", "))
}

fn parts(house: &House, listed: &[Listed], pager: &Pager) -> Result<Vec<Part>, Refusal> {
    // Pages run over the listing as a whole, kind after kind.
    let ordered: Vec<&Listed> =
        KINDS.iter().flat_map(|(kind, ..)| listed.iter().filter(move |line| line.kind == *kind)).collect();
    let page: Vec<&Listed> = ordered.into_iter().skip(pager.offset()).take(PAPERS_OF_PAGE).collect();
    let ids: Vec<_> = page.iter().map(|line| line.id).collect();
    let papers = house.papers(&ids)?;
    let mut number = pager.offset();
    let mut parts = Vec::new();
    for (kind, title, anchor) in KINDS {
        let start = number + 1;
        let mut cards = Vec::new();
        for line in page.iter().filter(|line| line.kind == kind) {
            number += 1;
            if let Some(stored) = papers.iter().find(|stored| stored.id == line.id) {
                cards.push(house.cards.card(stored).ranked(number));
            }
        }
        if !cards.is_empty() {
            let all = listed.iter().filter(|line| line.kind == kind).count();
            parts.push(Part {
                title,
                anchor,
                count: view::grouped(all as u64),
                cards: Cards { start, cards },
            });
        }
    }
    Ok(parts)
}

/// `/list`: all categories.
pub(crate) fn index(house: &House, _ask: &Ask) -> Answer {
    let catalogue = &house.site.catalogue;
    let newest = catalogue.day_at_or_before(None)?;
    let counts = match newest {
        Some(day) => catalogue.categories_on(day, day)?,
        None => Vec::new(),
    };
    let papers = |id: &str| counts.iter().find(|count| count.category == id).map_or(0, |count| count.papers);
    let mut archives: Vec<Archive> = Vec::new();
    let known = category::active();
    for entry in known.iter().filter(|entry| entry.canonical == entry.id) {
        // An archive that has categories of its own is their heading, not one of them.
        if known.iter().any(|other| other.archive == entry.id && other.id != entry.id) {
            continue;
        }
        let name = category::find(entry.archive).map_or(entry.archive, |archive| archive.name).to_string();
        let category = Category::of(entry.id, papers(entry.id));
        match archives.iter_mut().find(|archive| archive.name == name) {
            Some(archive) => archive.categories.push(category),
            None => archives.push(Archive { name, categories: vec![category] }),
        }
    }
    archives.sort_by(|a, b| a.name.cmp(&b.name));
    let page = ListingsPage {
        chrome: Chrome::new(house, "Listings").at("/list"),
        day: newest.filter(|_| !counts.is_empty()).map(|day| Period::Day(day).title()),
        archives,
    };
    super::html(Policy::Public, &page)
}
