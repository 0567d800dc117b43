//! Atom feeds: the latest edition, and any search (RFC 4287).
//!
//! An entry's id is made of the paper's address and never changes; `updated` is the day on which it was announced or of
//! its latest version, so votes make no old entry new. Text is plain Unicode: readers strip MathML.

use crate::address;
use crate::answer::{Answer, Media, Page, Refusal};
use crate::ask::Ask;
use crate::caching::Policy;
use crate::house::House;
use crate::page;
use crate::rooms::Ordering;
use crate::view;
use catalogue::Stored;
use edition::{PAPERS_OF_PAGE, Period};
use paper::{AnnouncementKind, Day, Paper, PartialDate};
use std::fmt::Write as _;

/// `/feed.atom`: the papers of the latest edition, in its order.
pub(crate) fn edition(house: &House, ask: &Ask) -> Answer {
    let title = house.settings().title.clone();
    let Some(day) = house.site.catalogue.day_at_or_before(None)? else {
        let feed = Feed {
            title,
            subtitle: String::new(),
            page: "/".into(),
            own: "/feed.atom".into(),
            updated: None,
        };
        return Ok(feed.write(ask, &[]));
    };
    let order = house.order(Ordering::Edition(Period::Day(day)))?;
    let ids: Vec<_> =
        order.ranked.iter().take(PAPERS_OF_PAGE).map(|ranked| order.entries[ranked.index].id).collect();
    let papers = house.papers(&ids)?;
    let mut subtitle = format!("The edition of {}", Period::Day(day).title());
    if let Some(standing) = house.standing(day) {
        let _ = write!(subtitle, ". {}", standing.sentence);
    }
    let feed = Feed { subtitle, title, page: "/".into(), own: "/feed.atom".into(), updated: Some(day) };
    Ok(feed.write(ask, &papers))
}

/// `/search.atom?q=…`: what a search finds.
pub(crate) fn search(house: &House, ask: &Ask) -> Answer {
    let text = ask.parameter("q").unwrap_or("");
    if text.is_empty() {
        return Err(Refusal::BadRequest("The feed of a search needs its words: /search.atom?q=…".into()));
    }
    let engine = page::search::engine(ask)?;
    let request = search::Request { engine, ..search::Request::new(text, PAPERS_OF_PAGE) };
    let results = house.site.search.search(&request)?;
    let ids: Vec<_> = results.hits.iter().map(|hit| hit.id).collect();
    let papers = house.papers(&ids)?;
    let engine = ask.parameter("engine").unwrap_or("");
    let feed = Feed {
        title: format!("{}: {text}", house.settings().title),
        subtitle: format!("What a search for “{text}” finds"),
        page: address::with_parameters("/search", &[("q", text), ("engine", engine)]),
        own: address::with_parameters("/search.atom", &[("q", text), ("engine", engine)]),
        updated: None,
    };
    Ok(feed.write(ask, &papers))
}

struct Feed {
    title: String,
    subtitle: String,
    page: String,
    own: String,
    /// The day of its latest change, where that is not its newest entry's.
    updated: Option<Day>,
}

impl Feed {
    fn write(&self, ask: &Ask, papers: &[Stored]) -> Page {
        let newest = papers.iter().map(|stored| updated(&stored.paper)).max();
        let updated_day = self.updated.max(newest);
        let mut out = String::with_capacity(4096 + papers.len() * 2048);
        out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n");
        element(&mut out, "title", &self.title);
        if !self.subtitle.is_empty() {
            element(&mut out, "subtitle", &self.subtitle);
        }
        element(&mut out, "id", &tag(ask, &self.own));
        element(&mut out, "updated", &time(updated_day.unwrap_or(epoch())));
        link(&mut out, "self", "application/atom+xml", &format!("{}{}", ask.origin, self.own));
        link(&mut out, "alternate", "text/html", &format!("{}{}", ask.origin, self.page));
        out.push_str("<generator>Broadsheet</generator>\n");
        // A feed needs an author where an entry has none.
        out.push_str("<author>");
        element(&mut out, "name", &self.title);
        out.push_str("</author>\n");
        for stored in papers {
            entry(&mut out, ask, &stored.paper);
        }
        out.push_str("</feed>\n");
        Page::new(Media::Atom, Policy::Public, out)
    }
}

fn entry(out: &mut String, ask: &Ask, paper: &Paper) {
    let path = address::paper(&paper.address);
    out.push_str("<entry>\n");
    element(out, "title", &paper.plain_title());
    element(out, "id", &tag(ask, &path));
    element(out, "updated", &time(updated(paper)));
    if let Some(day) = paper.published.and_then(PartialDate::first_day) {
        element(out, "published", &time(day));
    }
    link(out, "alternate", "text/html", &format!("{}{path}", ask.origin));
    for author in &paper.authors {
        out.push_str("<author>");
        element(out, "name", &author.name);
        out.push_str("</author>\n");
    }
    for category in &paper.categories {
        out.push_str("<category term=\"");
        text(out, category);
        out.push_str("\"/>\n");
    }
    let mut summary = String::new();
    if paper.authors.is_empty() && paper.author_count > 0 {
        let _ = writeln!(summary, "{}.", view::count(u64::from(paper.author_count), "author"));
    }
    summary.push_str(&paper.plain_abstract());
    element(out, "summary", &summary);
    out.push_str("</entry>\n");
}

/// The day of the paper's own latest change: its newest version, or when it was announced or featured first.
fn updated(paper: &Paper) -> Day {
    let version = paper.versions.iter().filter_map(|version| version.day).max();
    let in_edition = |kind| matches!(kind, AnnouncementKind::New | AnnouncementKind::Featured);
    let announced = paper
        .announcements
        .iter()
        .filter(|tagged| in_edition(tagged.value.kind))
        .map(|tagged| tagged.value.day)
        .min();
    let published = paper.published.and_then(PartialDate::first_day);
    version.max(announced).or(published).unwrap_or(epoch())
}

/// For papers of which no day is known at all.
fn epoch() -> Day {
    // 1970-01-01 lies within the years that a day may have.
    Day::from_number(0).unwrap_or_else(|| unreachable!("1970-01-01 is a day"))
}

fn time(day: Day) -> String {
    format!("{day}T00:00:00Z")
}

/// A permanent id (RFC 4151): the host that names it and the path, whatever scheme or port serves it today.
fn tag(ask: &Ask, path: &str) -> String {
    let host = ask.origin.split_once("://").map_or(ask.origin.as_str(), |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or("localhost");
    format!("tag:{host},2026:{path}")
}

fn element(out: &mut String, name: &str, content: &str) {
    let _ = write!(out, "<{name}>");
    text(out, content);
    let _ = writeln!(out, "</{name}>");
}

fn link(out: &mut String, rel: &str, media: &str, url: &str) {
    let _ = write!(out, "<link rel=\"{rel}\" type=\"{media}\" href=\"");
    text(out, url);
    out.push_str("\"/>\n");
}

/// Character data without what XML 1.0 forbids.
fn text(out: &mut String, content: &str) {
    let allowed = |c: &char| !matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    let clean: String = content.chars().filter(allowed).collect();
    crate::safe::escape_into(out, &clean);
}
