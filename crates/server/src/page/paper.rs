//! A paper's own page, and its other forms.

use crate::address;
use crate::answer::{Answer, Media, Page, Refusal};
use crate::ask::Ask;
use crate::caching::Policy;
use crate::house::House;
use crate::rooms::Ordering;
use crate::safe::Safe;
use crate::view::{self, Button, Category, Chrome, Date};
use askama::Template;
use catalogue::Stored;
use edition::Period;
use paper::{AnnouncementKind, Day, LinkKind, Paper, Scheme, reading};

#[derive(Template)]
#[template(path = "paper.html")]
struct PaperPage {
    chrome: Chrome,
    meta: Vec<(&'static str, String)>,
    title: Safe,
    standing: Option<&'static str>,
    date: Option<Date>,
    category: Option<Category>,
    votes: u32,
    comments: u32,
    authors: Vec<(String, String)>,
    author_note: Option<String>,
    buttons: Vec<Button>,
    source_page: Option<Button>,
    abstract_html: Option<Safe>,
    damaged: bool,
    summaries: Vec<SummaryView>,
    keywords: Vec<(String, String)>,
    machine_keywords: Vec<(String, String)>,
    facts: Vec<Fact>,
    place: Option<Place>,
    nearest: Vec<Near>,
    bibtex: String,
    forms: [(&'static str, String); 3],
}

struct SummaryView {
    title: &'static str,
    text: String,
    by: String,
    machine: bool,
}

/// A line of the table of facts: words and links.
struct Fact {
    name: &'static str,
    parts: Vec<FactPart>,
}

struct FactPart {
    text: String,
    html: Option<Safe>,
    path: Option<String>,
}

/// Where the paper stands in an edition, and why.
struct Place {
    sentence: String,
    edition: String,
    path: String,
    terms: Vec<(String, String)>,
    sum: String,
}

/// A paper like this one.
struct Near {
    path: String,
    title: Safe,
    date: Option<Date>,
}

/// Papers like this one that its page names.
const NEAREST: usize = 6;
/// Categories, keywords and the like that are listed.
const LISTED_MAX: usize = 40;

/// Makes another form of a paper.
type Form = fn(&Paper) -> Page;

/// `/papers`: there is no list of all papers; the latest edition is what people mean.
pub(crate) fn index(_: &House, _: &Ask) -> Answer {
    Err(Refusal::Moved { to: "/".into(), for_ever: false })
}

/// `/papers/<address>`, also with `.md`, `.bib` or `.json`, if no paper lives at exactly that address.
pub(crate) fn paper(house: &House, ask: &Ask) -> Answer {
    let address = ask.after("/papers/").trim_end_matches('/');
    if address.is_empty() {
        return if ask.path == "/papers/" { index(house, ask) } else { Err(Refusal::not_found(&ask.path)) };
    }
    let missing = match house.paper_at(address) {
        Ok(stored) => return page(house, ask, &stored),
        Err(Refusal::NotFound(missing)) => missing,
        Err(other) => return Err(other),
    };
    let forms: [(&str, Form); 3] = [(".md", markdown), (".bib", bibtex), (".json", json)];
    for (suffix, form) in forms {
        if let Some(stem) = address.strip_suffix(suffix) {
            return match house.paper_at(stem) {
                Ok(stored) => Ok(form(&stored.paper)),
                Err(Refusal::Moved { to, for_ever }) => {
                    Err(Refusal::Moved { to: format!("{to}{suffix}"), for_ever })
                }
                Err(other) => Err(other),
            };
        }
    }
    Err(Refusal::NotFound(missing))
}

fn markdown(paper: &Paper) -> Page {
    Page::new(Media::Markdown, Policy::Public, crate::rooms::markdown(paper))
}

fn bibtex(paper: &Paper) -> Page {
    Page::new(Media::Bibtex, Policy::Public, crate::rooms::bibtex(paper))
}

fn json(paper: &Paper) -> Page {
    let mut value = serde_json::to_value(paper).unwrap_or_default();
    value["plain_title"] = paper.plain_title().into();
    value["plain_abstract"] = paper.plain_abstract().into();
    Page::new(Media::Json, Policy::Public, value.to_string())
}

fn page(house: &House, ask: &Ask, stored: &Stored) -> Answer {
    let paper = &stored.paper;
    let path = address::paper(&paper.address);
    let plain = paper.plain_title();
    let summary = paper.plain_abstract();
    let form = |suffix: &str| format!("{path}{suffix}");
    let forms = [("Markdown", form(".md")), ("BibTeX", form(".bib")), ("JSON", form(".json"))];
    let mut chrome = Chrome::new(house, view::cut(&plain, 120))
        .alternate("text/markdown", "Markdown", form(".md"))
        .alternate("application/x-bibtex", "BibTeX", form(".bib"))
        .alternate("application/json", "JSON", form(".json"));
    chrome.description = (!summary.is_empty()).then(|| view::cut(&summary, 200));
    let source_page = source_page(paper);
    let mut buttons: Vec<Button> = view::buttons(paper, true);
    if let Some(source) = &source_page {
        buttons.retain(|button| button.url != source.url);
    }
    let topics = |words: &[String]| -> Vec<(String, String)> {
        words.iter().take(LISTED_MAX).map(|word| (word.clone(), address::topic(word))).collect()
    };
    let title = reading::title(&paper.title, paper.title_markup);
    let text = paper.abstract_text.as_deref().map(|text| reading::abstract_text(text, paper.abstract_markup));
    let view = PaperPage {
        meta: meta(paper, &plain, &summary, &ask.origin),
        damaged: title.damaged() || text.as_ref().is_some_and(|text| text.damaged()),
        title: Safe::reading(title.html()),
        standing: view::standing(paper.standing),
        date: paper.published.map(view::date_of),
        category: paper.primary_category().map(|id| Category::of(id, 0)),
        votes: paper.votes(),
        comments: paper.comments(),
        authors: paper
            .authors
            .iter()
            .map(|author| (author.name.clone(), address::author(&author.name)))
            .collect(),
        author_note: author_note(paper),
        buttons,
        source_page,
        abstract_html: text.map(|text| Safe::reading(text.html_blocks())),
        summaries: summaries(paper),
        keywords: topics(&paper.keywords),
        machine_keywords: topics(&paper.machine_keywords),
        facts: facts(paper),
        place: place(house, stored)?,
        nearest: nearest(house, stored)?,
        bibtex: crate::rooms::bibtex(paper),
        forms,
        chrome,
    };
    super::html(Policy::Public, &view)
}

/// How many authors there are, where not all are named.
fn author_note(paper: &Paper) -> Option<String> {
    let (named, all) = (paper.authors.len() as u64, u64::from(paper.author_count));
    match (named, all) {
        (0, 0) => None,
        (0, all) => Some(view::count(all, "author")),
        (named, all) if all > named => Some(format!("and {} more", view::grouped(all - named))),
        _ => None,
    }
}

/// The page of the paper at its source.
fn source_page(paper: &Paper) -> Option<Button> {
    let identity = paper.identities.iter().find(|identity| identity.scheme().is_public())?;
    let label = match identity.scheme() {
        Scheme::Arxiv => "arXiv",
        Scheme::Acl => "ACL Anthology",
        Scheme::Openreview => "OpenReview",
        _ => "DOI",
    };
    Some(Button { label: label.into(), url: identity.url()? })
}

fn summaries(paper: &Paper) -> Vec<SummaryView> {
    let summaries = paper.summaries.iter().map(|tagged| {
        let summary = &tagged.value;
        SummaryView {
            title: if summary.machine { "Summary by a machine" } else { "In short" },
            text: summary.text.clone(),
            by: if summary.by == "authors" { "the authors".into() } else { summary.by.clone() },
            machine: summary.machine,
        }
    });
    summaries.collect()
}

fn words(text: impl Into<String>) -> FactPart {
    FactPart { text: text.into(), html: None, path: None }
}

fn link(text: impl Into<String>, path: impl Into<String>) -> FactPart {
    FactPart { text: text.into(), html: None, path: Some(path.into()) }
}

fn facts(paper: &Paper) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |name, parts: Vec<FactPart>| {
        if !parts.is_empty() {
            facts.push(Fact { name, parts });
        }
    };
    let versions = paper.versions.iter().take(LISTED_MAX).map(|version| match version.day {
        Some(day) => words(format!("v{} on {}", version.number, view::day_words(day))),
        None => words(format!("v{}", version.number)),
    });
    add("Versions", versions.collect());
    add("Announced", announced(paper));
    let categories = paper.categories.iter().take(LISTED_MAX).map(|id| {
        let category = Category::of(id, 0);
        let text = if category.name == *id { id.clone() } else { format!("{id} {}", category.name) };
        link(text, category.path)
    });
    add("Categories", categories.collect());
    if let Some(comment) = &paper.comment {
        let html = Safe::reading(reading::comment(comment, paper.title_markup).html());
        add("Comment", vec![FactPart { text: String::new(), html: Some(html), path: None }]);
    }
    add("Venue", paper.venue.iter().map(words).collect());
    let volume = paper.volume.iter().map(|id| link(id, address::path("/volume/", id)));
    add("Proceedings", volume.collect());
    add("Appeared in", paper.journal_ref.iter().map(words).collect());
    add("Awards", paper.awards.iter().take(LISTED_MAX).map(words).collect());
    add(
        "Lists",
        paper
            .topics
            .iter()
            .take(LISTED_MAX)
            .map(|topic| link(topic.replace('-', " "), address::topic(topic)))
            .collect(),
    );
    let votes = paper.attention.iter().filter(|count| count.votes > 0 || count.comments > 0).map(|count| {
        words(format!(
            "{}: {}, {}",
            count.source.title(),
            view::count(u64::from(count.votes), "vote"),
            view::count(u64::from(count.comments), "comment")
        ))
    });
    add("Attention", votes.collect());
    add("Put forward by", paper.submitter.iter().map(words).collect());
    add("Organisation", paper.organisation.iter().map(words).collect());
    let licence = paper.license.iter().map(|uri| {
        let web = uri.starts_with("https://") || uri.starts_with("http://");
        if web { link(uri, uri) } else { words(uri) }
    });
    add("Licence", licence.collect());
    let identities = paper.identities.iter().filter(|identity| identity.scheme().is_public()).map(
        |identity| match identity.url() {
            Some(url) => link(identity.to_string(), url),
            None => words(identity.to_string()),
        },
    );
    add("Identities", identities.collect());
    add("Known from", paper.sources.iter().map(|source| words(source.title())).collect());
    facts
}

fn announced(paper: &Paper) -> Vec<FactPart> {
    let mut parts: Vec<FactPart> = Vec::new();
    let kinds = [AnnouncementKind::New, AnnouncementKind::Featured];
    for tagged in
        paper.announcements.iter().filter(|tagged| kinds.contains(&tagged.value.kind)).take(LISTED_MAX)
    {
        let day = tagged.value.day;
        let verb = if tagged.value.kind == AnnouncementKind::Featured { "featured" } else { "announced" };
        let text = format!("{verb} by {} on {}", tagged.source.title(), view::day_words(day));
        if parts.iter().all(|part| part.text != text) {
            parts.push(link(text, Period::Day(day).path()));
        }
    }
    parts
}

/// The paper's place in the latest edition that it is in.
fn place(house: &House, stored: &Stored) -> Result<Option<Place>, Refusal> {
    let in_edition = [AnnouncementKind::New, AnnouncementKind::Featured];
    let days = stored.paper.announcements.iter().filter(|tagged| in_edition.contains(&tagged.value.kind));
    let Some(day) = days.map(|tagged| tagged.value.day).max() else { return Ok(None) };
    place_on(house, stored, day)
}

fn place_on(house: &House, stored: &Stored, day: Day) -> Result<Option<Place>, Refusal> {
    let order = house.order(Ordering::Edition(Period::Day(day)))?;
    let found =
        order.ranked.iter().enumerate().find(|(_, ranked)| order.entries[ranked.index].id == stored.id);
    let Some((at, ranked)) = found else { return Ok(None) };
    let signed = |value: f32| format!("{}{:.2}", if value < 0.0 { "−" } else { "+" }, value.abs());
    let terms = ranked.score.parts.iter().map(|part| (part.name.to_string(), signed(part.value)));
    let path = match at / edition::PAPERS_OF_PAGE {
        0 => Period::Day(day).path(),
        page => format!("{}?page={}", Period::Day(day).path(), page + 1),
    };
    Ok(Some(Place {
        sentence: format!(
            "Number {} of {}",
            view::grouped(at as u64 + 1),
            view::grouped(order.ranked.len() as u64)
        ),
        edition: Period::Day(day).title(),
        path: format!("{path}#p-{}", stored.paper.address),
        terms: terms.collect(),
        sum: signed(ranked.score.value),
    }))
}

fn nearest(house: &House, stored: &Stored) -> Result<Vec<Near>, Refusal> {
    let hits = house.site.search.nearest(stored.id, NEAREST)?;
    let ids: Vec<_> = hits.iter().map(|hit| hit.id).filter(|id| *id != stored.id).collect();
    let papers = house.papers(&ids)?;
    let near = papers.iter().map(|stored| {
        let paper = &stored.paper;
        Near {
            path: address::paper(&paper.address),
            title: Safe::reading(reading::title(&paper.title, paper.title_markup).html_list()),
            date: paper.published.map(view::date_of),
        }
    });
    Ok(near.collect())
}

/// What reference managers read: <https://scholar.google.com/intl/en/scholar/inclusion.html>.
fn meta(paper: &Paper, title: &str, summary: &str, origin: &str) -> Vec<(&'static str, String)> {
    let mut meta = vec![("citation_title", title.to_string())];
    meta.extend(paper.authors.iter().map(|author| ("citation_author", author.name.clone())));
    if let Some(date) = paper.published {
        let date = match date.day() {
            Some(_) => date.to_string().replace('-', "/"),
            None => date.year().to_string(),
        };
        meta.push(("citation_publication_date", date));
    }
    if let Some(venue) = &paper.venue {
        meta.push(("citation_conference_title", venue.clone()));
    }
    if let Some(id) = paper.arxiv_id() {
        meta.push(("citation_arxiv_id", id.to_string()));
    }
    if let Some(doi) = paper.doi() {
        meta.push(("citation_doi", doi.to_string()));
    }
    let pdf = paper.links.iter().find(|link| link.kind == LinkKind::Pdf).map(|link| link.url.clone());
    let pdf = pdf.or_else(|| paper.arxiv_id().map(|id| format!("https://arxiv.org/pdf/{id}")));
    meta.extend(pdf.map(|url| ("citation_pdf_url", url)));
    meta.push(("citation_abstract_html_url", format!("{origin}{}", address::paper(&paper.address))));
    if !summary.is_empty() {
        meta.push(("citation_abstract", summary.to_string()));
    }
    meta
}
