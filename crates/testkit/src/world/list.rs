//! Listings and catch-up pages as arXiv's site shows them.

use super::categories;
use super::fault::Fault;
use super::oai::greek;
use super::serve::{Inner, Reply};
use super::state::{Announced, Kind, Now};
use super::time::evening;
use super::xml::{arguments, escaped};
use jiff::civil::Date;

/// How many items a page may show.
const SHOWN: [usize; 7] = [25, 50, 100, 250, 500, 1000, 2000];

/// One catch-up page.
const CAUGHT_UP: usize = 2000;

pub(super) fn answer(inner: &Inner, path: &str, query: &str, fault: Option<&Fault>) -> Reply {
    let arguments = arguments(query);
    let number = |name: &str, usual: usize| match arguments.iter().find(|(known, _)| known == name) {
        Some((_, value)) => value.parse::<usize>().ok(),
        None => Some(usual),
    };
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts[..] {
        ["list", asked, "new"] if categories::is_known(asked) => {
            match (number("skip", 0), number("show", CAUGHT_UP)) {
                (Some(skip), Some(show)) if SHOWN.contains(&show) => newest(inner, asked, skip, show, fault),
                _ => page(400, "Invalid show"),
            }
        }
        ["list", asked, "recent" | "pastweek"] if categories::is_known(asked) => {
            match (number("skip", 0), number("show", 50)) {
                (Some(skip), Some(show)) if SHOWN.contains(&show) => recent(inner, asked, skip, show),
                _ => page(400, "Invalid show"),
            }
        }
        ["catchup", asked, day] if categories::is_known(asked) => match day.parse::<Date>() {
            Ok(day) => catch_up(inner, asked, day, number("page", 1).unwrap_or(1), &arguments),
            Err(_) => page(400, "Invalid date"),
        },
        _ => page(404, "Archive or category not found"),
    }
}

fn page(status: u16, content: &str) -> Reply {
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>arXiv</title>\n</head>\n<body>\n<div id=\"content\">\n\n\
         <div id='content-inner'>\n<div id='dlpage'>\n{content}\n</div>\n</div>\n</div>\n</body>\n</html>"
    );
    Reply::new(status, "text/html; charset=utf-8", body)
}

fn newest(inner: &Inner, asked: &str, skip: usize, show: usize, fault: Option<&Fault>) -> Reply {
    let title = escaped(categories::name(asked));
    let Some(mut day) = inner.world.listed_day(inner.now) else {
        return page(200, &format!("  <h1>{title}</h1>\n<p>No updates today.</p>"));
    };
    if fault == Some(&Fault::Stale)
        || inner.stale.iter().any(|(category, until)| category == asked && inner.now < *until)
    {
        let before = inner.world.days().iter().rev().find(|earlier| **earlier < day);
        day = before.copied().unwrap_or(day);
    }
    let quiet = fault == Some(&Fault::Quiet);
    let all = if quiet { Vec::new() } else { inner.world.announced(asked, day) };
    let mut content = format!(
        "  <h1>{title}</h1>\n\n<p>See <a id=\"recent-{asked}\" aria-labelledby=\"recent-{asked}\" \
         href=\"/list/{asked}/recent\">recent</a> articles</p>\n<h3>Showing new listings for {}</h3>\n\n",
        day.strftime("%A, %-d %B %Y")
    );
    if all.is_empty() {
        content.push_str("    <p>No updates today.</p>\n");
        return page(200, &content);
    }
    let paging = format!("    <div class='paging'>Total of {} entries \n", all.len());
    content.push_str(&paging);
    if all.len() > show {
        for (number, first) in (0..all.len()).step_by(show).enumerate().take(20) {
            let range = format!("{}-{}", first + 1, all.len().min(first + show));
            let between = if number == 0 { " :" } else { "" };
            content.push_str(&match first == skip {
                true => format!("{between} <span>{range}</span>\n"),
                false => {
                    format!("{between} <a href=/list/{asked}/new?skip={first}&amp;show={show}>{range}</a>\n")
                }
            });
        }
    }
    content.push_str("    </div>\n");
    let mut first = 0;
    for (kind, heading) in [
        (Kind::New, "New submissions"),
        (Kind::Cross, "Cross submissions"),
        (Kind::Replace, "Replacement submissions"),
    ] {
        let section: Vec<&Announced> = all.iter().filter(|announced| announced.kind == kind).collect();
        let (from, to) = (skip.max(first), (skip + show).min(first + section.len()));
        if from < to {
            let shown = to - from;
            let count = match (from > first, to < first + section.len()) {
                (false, false) => format!("showing {shown} of {} entries", section.len()),
                (false, true) => format!("showing first {shown} of {} entries", section.len()),
                (true, false) => format!("continued, showing last {shown} of {} entries", section.len()),
                (true, true) => format!("continued, showing {shown} of {} entries", section.len()),
            };
            content.push_str(&format!("<dl id='articles'>\n  \n    <h3>{heading} ({count})</h3>\n"));
            for (number, announced) in section.iter().enumerate().skip(from - first).take(shown) {
                if let Some(paper) = inner.world.listed(&announced.id, day) {
                    let odd = fault == Some(&Fault::Odd) && first + number == skip;
                    item(&paper, announced.kind, first + number + 1, asked, true, odd, &mut content);
                }
            }
            content.push_str("  \n</dl>\n");
        }
        first += section.len();
    }
    content.push_str(&paging);
    content.push_str("    </div>\n");
    page(200, &content)
}

fn recent(inner: &Inner, asked: &str, skip: usize, show: usize) -> Reply {
    let days = inner.world.days().iter().rev().filter(|day| evening(**day) <= inner.now).take(5);
    let mut content = format!("  <h1>{}</h1>\n", escaped(categories::name(asked)));
    let mut first = 0;
    for &day in days {
        let mut all = inner.world.announced(asked, day);
        all.retain(|announced| announced.kind != Kind::Replace);
        let (from, to) = (skip.max(first), (skip + show).min(first + all.len()));
        if from < to || all.is_empty() {
            let shown = to.saturating_sub(from);
            let heading = day.strftime("%a, %-d %b %Y");
            content.push_str(&format!(
                "<dl id='articles'>\n    <h3>{heading} (showing {shown} of {} entries )</h3>\n",
                all.len()
            ));
            for (number, announced) in all.iter().enumerate().skip(from.saturating_sub(first)).take(shown) {
                if let Some(paper) = inner.world.listed(&announced.id, day) {
                    item(&paper, announced.kind, first + number + 1, asked, false, false, &mut content);
                }
            }
            content.push_str("</dl>\n");
        }
        first += all.len();
    }
    page(200, &content)
}

/// A past day. The date is the day of the mail, which is the day of the listing.
fn catch_up(inner: &Inner, asked: &str, day: Date, number: usize, arguments: &[(String, String)]) -> Reply {
    let today = super::time::eastern_day(inner.now);
    let allowed = arguments.iter().all(|(name, _)| name == "abs" || name == "page");
    let Ok(first) = today.checked_sub(jiff::Span::new().days(90)) else { return page(400, "Invalid date") };
    if !allowed || number == 0 || day < first || day > today.tomorrow().unwrap_or(today) {
        return page(400, "Invalid date");
    }
    let abstracts = arguments.iter().any(|(name, value)| name == "abs" && value == "True");
    let mut content = format!(
        "  <h1>Catchup results for {} on {}</h1>\n",
        escaped(categories::name(asked)),
        day.strftime("%a, %d %b %Y")
    );
    let all = if evening(day) <= inner.now { inner.world.announced(asked, day) } else { Vec::new() };
    if all.is_empty() {
        content.push_str("<p>No updates for this time period.</p>\n");
        return page(200, &content);
    }
    let date = day.strftime("%a, %d %b %Y");
    content.push_str(&format!("    <div>Total of {} entries for {date}</div>\n", all.len()));
    let first = (number - 1) * CAUGHT_UP;
    let mut heading = None;
    for (place, announced) in all.iter().enumerate().skip(first).take(CAUGHT_UP) {
        let Some(paper) = inner.world.listed(&announced.id, day) else { continue };
        content.push_str("<dl id='articles'>\n");
        if heading != Some(announced.kind) {
            heading = Some(announced.kind);
            let count = all.iter().filter(|other| other.kind == announced.kind).count();
            let name =
                ["New submissions", "Cross submissions", "Replacement submissions"][announced.kind as usize];
            let before = all.iter().position(|other| other.kind == announced.kind).unwrap_or(0);
            let shown = (before + count).min(first + CAUGHT_UP) - before.max(first);
            let continued = if before < first { "continued, " } else { "" };
            content
                .push_str(&format!("    <h3>{name} ({continued}showing {shown} of {count} entries)</h3>\n"));
        }
        item(&paper, announced.kind, place + 1, asked, abstracts, false, &mut content);
        content.push_str("</dl>\n");
    }
    page(200, &content)
}

fn item(
    paper: &Now<'_>,
    kind: Kind,
    number: usize,
    asked: &str,
    abstracts: bool,
    odd: bool,
    out: &mut String,
) {
    let id = &paper.paper.id;
    let mark = match kind {
        Kind::New => String::new(),
        Kind::Cross => format!("\n    (cross-list from {})\n", paper.categories[0]),
        Kind::Replace if categories::lies_in(paper.categories[0], asked) => "\n    (replaced)\n".to_owned(),
        Kind::Replace => format!("\n    (replaced) (cross-list from {})\n", paper.categories[0]),
    };
    let link = match odd {
        true => format!("<b>{id}</b>"),
        false => {
            format!("<a href =\"/abs/{id}\" title=\"Abstract\" id=\"{id}\">\n        arXiv:{id}\n      </a>")
        }
    };
    out.push_str(&format!(
        "    <dt>\n      <a name='item{number}'>[{number}]</a>\n      {link}\n      {mark}\n  [<a href=\"/pdf/{id}\" \
         title=\"Download PDF\" id=\"pdf-{id}\" aria-labelledby=\"pdf-{id}\">pdf</a>, <a href=\"/format/{id}\" \
         title=\"Other formats\" id=\"oth-{id}\" aria-labelledby=\"oth-{id}\">other</a>]\n    </dt>\n    <dd>\n      \
         <div class='meta'>\n        <div class='list-title mathjax'><span class='descriptor'>Title:</span>\n          \
         {}\n        </div>\n        <div class='list-authors'>{}</div>\n",
        escaped(&greek(&paper.title())),
        authors(paper)
    ));
    if let Some(comments) = paper.comments() {
        out.push_str(&format!(
            "        <div class='list-comments mathjax'><span class='descriptor'>Comments:</span>\n          {}\n        \
             </div>\n",
            escaped(&greek(&comments))
        ));
    }
    if let Some(reference) = paper.journal_ref() {
        out.push_str(&format!(
            "        <div class='list-journal-ref'><span class='descriptor'>Journal-ref:</span>\n          {}\n        \
             </div>\n",
            escaped(&reference)
        ));
    }
    let subject = |category: &&str| format!("{} ({category})", escaped(categories::name(category)));
    let others: String =
        paper.categories[1..].iter().map(|category| format!("; {}", subject(category))).collect();
    out.push_str(&format!(
        "        <div class='list-subjects'><span class='descriptor'>Subjects:</span>\n          <span \
         class=\"primary-subject\">{}</span>{others}\n        </div>\n",
        subject(&paper.categories[0])
    ));
    if abstracts {
        let text = paper.abstract_text();
        out.push_str(&format!("        <p class='mathjax'>\n          {}\n        </p>\n", escaped(&text)));
    }
    out.push_str("      </div>\n    </dd>\n");
}

fn authors(paper: &Now<'_>) -> String {
    let links = paper.text.authors.split(", ").map(|name| {
        let query = name.replace(' ', "+");
        format!(
            "<a href=\"https://arxiv.org/search/cs?searchtype=author&amp;query={}\">{}</a>",
            escaped(&query),
            escaped(name)
        )
    });
    links.collect::<Vec<_>>().join(", ")
}
