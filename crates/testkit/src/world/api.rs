//! arXiv's API: lists of ids, and searches by category.

use super::categories::lies_in;
use super::serve::{Inner, Reply};
use super::state::Now;
use super::time::iso;
use super::xml::{arguments, escaped};
use jiff::Timestamp;

/// More results a call are refused.
const RESULTS_MAX: usize = 2000;

pub(super) fn answer(inner: &Inner, query: &str) -> Reply {
    let arguments = arguments(query);
    let one = |name: &str| {
        arguments.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    };
    let number = |name: &str, usual: usize| match one(name) {
        "" => Some(usual),
        text => text.parse().ok(),
    };
    let (Some(start), Some(limit)) = (number("start", 0), number("max_results", 10)) else {
        return error(inner, "max_results must be an integer");
    };
    if limit > RESULTS_MAX {
        return error(inner, "max_results must not exceed 2000");
    }
    let (search, ids) = (one("search_query"), one("id_list"));
    let found: Vec<(Now<'_>, u32)> = if !ids.is_empty() {
        let mut found = Vec::new();
        for text in ids.split(',').map(str::trim) {
            let (id, version) = match text.rsplit_once('v') {
                Some((id, version))
                    if version.bytes().all(|byte| byte.is_ascii_digit()) && !version.is_empty() =>
                {
                    (id, version.parse::<u32>().ok())
                }
                _ => (text, None),
            };
            if !is_id(id) {
                return error(inner, &format!("incorrect id format for {text}"));
            }
            if let Some(paper) = inner.world.paper_at(id, inner.now) {
                let latest = paper.versions.len() as u32;
                if version.is_none_or(|version| (1..=latest).contains(&version)) {
                    found.push((paper, version.unwrap_or(latest)));
                }
            }
        }
        found
    } else {
        let category = search.strip_prefix("cat:").unwrap_or(search);
        let all = (0..inner.world.papers.len()).rev().filter_map(|paper| inner.world.now(paper, inner.now));
        let here = |paper: &Now<'_>| paper.categories.iter().any(|own| lies_in(own, category));
        all.filter(here)
            .map(|paper| (paper.versions.len() as u32, paper))
            .map(|(version, paper)| (paper, version))
            .collect()
    };
    let mut out = head(
        inner,
        &format!("arXiv Query: search_query={search}&id_list={ids}&start={start}&max_results={limit}"),
        (limit, found.len(), start),
    );
    for (paper, version) in found.iter().skip(start).take(limit) {
        entry(paper, *version, &mut out);
    }
    out.push_str("</feed>\n");
    Reply::new(200, "application/atom+xml; charset=utf-8", out)
}

fn is_id(id: &str) -> bool {
    let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    id.split_once('.').is_some_and(|(month, number)| digits(month, 4..=4) && digits(number, 4..=5))
        || id.split_once('/').is_some_and(|(_, number)| digits(number, 7..=7))
}

fn head(inner: &Inner, title: &str, (per_page, total, start): (usize, usize, usize)) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n<feed xmlns:opensearch=\"http://a9.com/-/spec/opensearch/1.1/\" \
         xmlns:arxiv=\"http://arxiv.org/schemas/atom\" xmlns=\"http://www.w3.org/2005/Atom\">\n  \
         <id>https://arxiv.org/api/made</id>\n  <title>{}</title>\n  <updated>{}</updated>\n  \
         <opensearch:itemsPerPage>{per_page}</opensearch:itemsPerPage>\n  \
         <opensearch:totalResults>{total}</opensearch:totalResults>\n  \
         <opensearch:startIndex>{start}</opensearch:startIndex>\n",
        escaped(title),
        iso(inner.now)
    )
}

fn error(inner: &Inner, message: &str) -> Reply {
    let mut out = head(inner, "arXiv Search Results", (1, 1, 0));
    let id = format!("https://arxiv.org/api/errors#{}", message.replace(' ', "_"));
    out.push_str(&format!(
        "  <entry>\n    <id>{id}</id>\n    <title>Error</title>\n    <updated>{}</updated>\n    <link href=\"{id}\" \
         rel=\"alternate\" type=\"text/html\"/>\n    <summary>{}</summary>\n    <author>\n      <name>arXiv api \
         core</name>\n    </author>\n  </entry>\n</feed>\n",
        iso(inner.now),
        escaped(message)
    ));
    Reply::new(400, "application/atom+xml; charset=utf-8", out)
}

fn entry(paper: &Now<'_>, version: u32, out: &mut String) {
    let place = format!("{}v{version}", paper.paper.id);
    let sent: Timestamp = paper.versions.get(version as usize - 1).copied().unwrap_or(paper.paper.sent);
    out.push_str(&format!(
        "  <entry>\n    <id>http://arxiv.org/abs/{place}</id>\n    <title>{}</title>\n    <updated>{}</updated>\n    <link \
         href=\"https://arxiv.org/abs/{place}\" rel=\"alternate\" type=\"text/html\"/>\n    <link \
         href=\"https://arxiv.org/pdf/{place}\" rel=\"related\" type=\"application/pdf\" title=\"pdf\"/>\n    \
         <summary>{}</summary>\n",
        escaped(&paper.title()),
        iso(sent),
        escaped(&paper.abstract_text())
    ));
    for category in &paper.categories {
        out.push_str(&format!(
            "    <category term=\"{category}\" scheme=\"http://arxiv.org/schemas/atom\"/>\n"
        ));
    }
    out.push_str(&format!("    <published>{}</published>\n", iso(paper.paper.sent)));
    if let Some(comments) = paper.comments() {
        out.push_str(&format!("    <arxiv:comment>{}</arxiv:comment>\n", escaped(&comments)));
    }
    out.push_str(&format!("    <arxiv:primary_category term=\"{}\"/>\n", paper.categories[0]));
    if let Some(reference) = paper.journal_ref() {
        out.push_str(&format!("    <arxiv:journal_ref>{}</arxiv:journal_ref>\n", escaped(&reference)));
    }
    for author in paper.text.authors.split(", ") {
        out.push_str(&format!("    <author>\n      <name>{}</name>\n    </author>\n", escaped(author)));
    }
    out.push_str("  </entry>\n");
}
