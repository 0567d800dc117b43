//! Editions: a day, a week, a month; and what is trending.

use crate::Standing;
use crate::answer::{Answer, Missing, Refusal};
use crate::ask::Ask;
use crate::caching::Policy;
use crate::house::House;
use crate::rooms::{Order, Ordering, TRENDING_DAYS};
use crate::view::{self, Cards, Category, Chrome, Month, Pager, Turn};
use askama::Template;
use edition::{PAPERS_OF_PAGE, Period};
use paper::Day;

#[derive(Template)]
#[template(path = "edition.html")]
struct EditionPage {
    chrome: Chrome,
    kicker: String,
    heading: String,
    standfirst: String,
    standing: Vec<Standing>,
    previous: Option<Turn>,
    next: Option<Turn>,
    spans: Vec<Turn>,
    volumes: Vec<VolumeLink>,
    cards: Cards,
    pager: Pager,
    calendar: Option<Month>,
    order_note: &'static str,
    categories: Vec<Category>,
}

/// A volume that arrived in the period.
struct VolumeLink {
    title: String,
    path: String,
    papers: String,
}

/// Categories that the side column lists; the rest is under "Listings".
const CATEGORIES_SHOWN: usize = 24;

/// `/`: the latest edition that has papers.
pub(crate) fn latest(house: &House, ask: &Ask) -> Answer {
    match house.site.catalogue.day_at_or_before(None)? {
        Some(day) => edition(house, ask, Period::Day(day), true),
        None => empty(house),
    }
}

/// `/2026-08-20`.
pub(crate) fn day(house: &House, ask: &Ask) -> Answer {
    match ask.after("/").parse() {
        Ok(day) => edition(house, ask, Period::Day(day), false),
        Err(_) => Err(Refusal::not_found(&ask.path)),
    }
}

/// `/week/2026-W34`. A day in its place leads to its week.
pub(crate) fn week(house: &House, ask: &Ask) -> Answer {
    match ask.after("/week/").parse() {
        Ok(period @ Period::Week(_)) => edition(house, ask, period, false),
        Ok(Period::Day(day)) => Err(elsewhere(Period::week_of(day), &ask.path)),
        _ => Err(Refusal::not_found(&ask.path)),
    }
}

/// `/month/2026-08`. A day in its place leads to its month.
pub(crate) fn month(house: &House, ask: &Ask) -> Answer {
    match ask.after("/month/").parse() {
        Ok(period @ Period::Month(_)) => edition(house, ask, period, false),
        Ok(Period::Day(day)) => Err(elsewhere(Period::month_of(day), &ask.path)),
        _ => Err(Refusal::not_found(&ask.path)),
    }
}

fn elsewhere(period: Option<Period>, path: &str) -> Refusal {
    match period {
        Some(period) => Refusal::Moved { to: period.path(), for_ever: true },
        None => Refusal::not_found(path),
    }
}

fn edition(house: &House, ask: &Ask, period: Period, latest: bool) -> Answer {
    let catalogue = &house.site.catalogue;
    let (first, last) = (period.first(), period.last());
    let earlier = catalogue.day_before(first)?;
    let later = catalogue.day_after(last)?;
    let order = house.order(Ordering::Edition(period))?;
    let volumes = catalogue.volumes(first, last)?;
    let standing = standing(house, period, latest);
    let has_something = !(order.entries.is_empty() && volumes.is_empty() && standing.is_empty());
    if !has_something && (later.is_none() || earlier.is_none()) {
        return Err(outside(house, period, earlier, later)?);
    }
    let path = if latest { "/".to_string() } else { period.path() };
    let pager = pager(ask, order.ranked.len(), path)?;
    let like = |day: Day| match period {
        Period::Day(_) => Some(Period::Day(day)),
        Period::Week(_) => Period::week_of(day),
        Period::Month(_) => Period::month_of(day),
    };
    let volumes = volumes.into_iter().filter(|_| pager.here == 1).map(|(volume, papers)| VolumeLink {
        path: crate::address::path("/volume/", &volume.id),
        papers: view::count(u64::from(papers), "paper"),
        title: volume.title,
    });
    let shown = if order.entries.is_empty() {
        first
    } else {
        order.entries.iter().map(|entry| entry.day).max().unwrap_or(first)
    };
    let mut chrome = Chrome::new(house, if latest { String::new() } else { period.title() });
    chrome.description = Some(standfirst(&order, period));
    if latest {
        chrome.here = "/";
    }
    let page = EditionPage {
        kicker: if latest { "The latest edition".into() } else { String::new() },
        standing,
        heading: period.title(),
        standfirst: standfirst(&order, period),
        previous: earlier.and_then(like).map(Turn::to),
        next: later.and_then(like).map(Turn::to),
        spans: spans(period, shown),
        volumes: volumes.collect(),
        cards: cards(house, &order, &pager)?,
        calendar: calendar(house, shown, (first, last))?,
        order_note: "Papers stand in the order of one sum: votes and comments where there are any, and before that \
                     what is known of a paper itself.",
        categories: categories(&order, period),
        pager,
        chrome,
    };
    super::html(if later.is_some() { Policy::Past } else { Policy::Public }, &page)
}

/// How the day of an edition stands. On the front page also how the day stands that should be the latest by now.
fn standing(house: &House, period: Period, latest: bool) -> Vec<Standing> {
    let (Some(standings), Period::Day(day)) = (&house.site.standings, period) else { return Vec::new() };
    let mut shown: Vec<Standing> = house.standing(day).into_iter().collect();
    if let Some((now, standing)) = standings.latest().filter(|(now, _)| latest && *now > day) {
        let sentence = format!("{}: {}", Period::Day(now).title(), standing.sentence);
        shown.push(Standing { sentence, ..standing });
    }
    shown
}

/// `/trending`: the last days of the newest edition, younger papers first.
pub(crate) fn trending(house: &House, ask: &Ask) -> Answer {
    let Some(newest) = house.site.catalogue.day_at_or_before(None)? else { return empty(house) };
    let order = house.order(Ordering::Trending(newest))?;
    let pager = pager(ask, order.ranked.len(), "/trending".into())?;
    let standfirst = format!(
        "{} of the {TRENDING_DAYS} days up to {}; age counts against a paper: it halves the odds every two days.",
        view::count(order.ranked.len() as u64, "paper"),
        view::day_words(newest)
    );
    let page = EditionPage {
        chrome: Chrome::new(house, "Trending").at("/trending"),
        kicker: String::new(),
        heading: "Trending".into(),
        standfirst,
        standing: Vec::new(),
        previous: None,
        next: None,
        spans: spans(Period::Day(newest), newest)
            .into_iter()
            .map(|span| Turn { here: false, ..span })
            .collect(),
        volumes: Vec::new(),
        cards: cards(house, &order, &pager)?,
        pager,
        calendar: calendar(house, newest, (newest, newest))?,
        order_note: "Votes, comments and what is known of a paper itself, less its age.",
        categories: Vec::new(),
    };
    super::html(Policy::Public, &page)
}

/// The pager of a list, or a refusal that names the last page.
pub(crate) fn pager(ask: &Ask, items: usize, path: String) -> Result<Pager, Refusal> {
    pager_of(ask, items, PAPERS_OF_PAGE, path)
}

/// The page that is asked for of a list with so many items a page.
pub(crate) fn pager_of(ask: &Ask, items: usize, of_page: usize, path: String) -> Result<Pager, Refusal> {
    let number =
        ask.page().ok_or_else(|| Refusal::BadRequest("The number of a page is 1 or more.".into()))?;
    Pager::new(number, items, of_page, path.clone()).ok_or_else(|| {
        let last = items.div_ceil(of_page).max(1);
        let mut missing = Missing {
            sentence: format!("This list has {}.", view::count(last as u64, "page")),
            ..Missing::default()
        };
        missing.links.push(("Its first page".into(), path));
        Refusal::NotFound(missing)
    })
}

fn cards(house: &House, order: &Order, pager: &Pager) -> Result<Cards, Refusal> {
    let page = order.ranked.iter().skip(pager.offset()).take(PAPERS_OF_PAGE);
    let page: Vec<_> =
        page.map(|ranked| (ranked, &order.entries[ranked.index], &order.features[ranked.index])).collect();
    let ids: Vec<_> = page.iter().map(|(_, entry, _)| entry.id).collect();
    let papers = house.papers(&ids)?;
    let mut cards = Vec::with_capacity(papers.len());
    for (at, (ranked, entry, features)) in page.into_iter().enumerate() {
        // Gone between the two reads: the next state of the catalogue has another order.
        let Some(stored) = papers.iter().find(|stored| stored.id == entry.id) else { continue };
        let why = ranked.score.reason(features);
        cards.push(house.cards.card(stored).ranked(pager.offset() + at + 1).because(why));
    }
    Ok(Cards { start: pager.offset() + 1, cards })
}

/// `512 papers: 480 announced, 41 featured.`
fn standfirst(order: &Order, period: Period) -> String {
    let papers = order.entries.len();
    let announced = order.entries.iter().filter(|entry| entry.announced).count();
    let featured = order.entries.iter().filter(|entry| entry.featured).count();
    let when = match period {
        Period::Day(_) => "that day",
        Period::Week(_) => "that week",
        Period::Month(_) => "that month",
    };
    let count = view::count(papers as u64, "paper");
    match (announced, featured) {
        (0, 0) => format!("No source announced or featured anything {when}."),
        (_, 0) => format!("{count} announced {when}."),
        (0, _) => format!("{count} featured {when}."),
        _ => format!(
            "{count}: {} announced, {} featured {when}.",
            view::grouped(announced as u64),
            view::grouped(featured as u64)
        ),
    }
}

/// Day, week and month around a day.
fn spans(period: Period, day: Day) -> Vec<Turn> {
    let around =
        [("Day", Some(Period::Day(day))), ("Week", Period::week_of(day)), ("Month", Period::month_of(day))];
    around
        .into_iter()
        .filter_map(|(title, span)| {
            span.map(|span| Turn { title: title.into(), path: span.path(), here: span == period })
        })
        .collect()
}

fn calendar(house: &House, day: Day, shown: (Day, Day)) -> Result<Option<Month>, Refusal> {
    let Some(month) = Period::month_of(day) else { return Ok(None) };
    let month = house.month(month.first(), month.last())?;
    Ok(Month::of(day, &month.days, shown, month.previous, month.next))
}

fn categories(order: &Order, period: Period) -> Vec<Category> {
    let Period::Day(day) = period else { return Vec::new() };
    let counts = order.categories.iter().take(CATEGORIES_SHOWN);
    counts
        .map(|count| {
            let category = Category::of(&count.category, count.papers);
            Category { path: format!("{}/{day}", category.path), ..category }
        })
        .collect()
}

/// A period before the first or after the last edition.
fn outside(
    house: &House,
    period: Period,
    earlier: Option<Day>,
    later: Option<Day>,
) -> Result<Refusal, Refusal> {
    let today = (house.site.today)();
    let sentence = if period.first() > today {
        format!("{} has not come yet.", period.title())
    } else {
        format!("There is no edition of {}: no source announced or featured anything then.", period.title())
    };
    let links = [("The edition before", earlier), ("The edition after", later)].into_iter().filter_map(
        |(text, day)| {
            day.map(|day| (format!("{text}: {}", Period::Day(day).title()), Period::Day(day).path()))
        },
    );
    Ok(Refusal::NotFound(Missing { sentence, words: String::new(), links: links.collect() }))
}

#[derive(Template)]
#[template(path = "empty.html")]
struct EmptyPage {
    chrome: Chrome,
    papers: String,
}

/// A catalogue in which no day has papers.
fn empty(house: &House) -> Answer {
    let papers = house.site.catalogue.counts()?.papers;
    let papers = if papers == 0 { String::new() } else { view::count(papers, "paper") };
    super::html(Policy::Public, &EmptyPage { chrome: Chrome::new(house, "").at("/"), papers })
}
