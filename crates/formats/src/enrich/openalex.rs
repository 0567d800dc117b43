//! Works of OpenAlex (`api.openalex.org/works`), in the form of today and in that of 2022.

use super::{Answer, Facts, each, plain};
use crate::answer::{NotJson, refuse};
use paper::{Day, Identity, Link, LinkKind, PartialDate};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Work {
    id: Option<String>,
    doi: Option<String>,
    title: Option<String>,
    publication_date: Option<String>,
    publication_year: Option<i16>,
    cited_by_count: Option<u32>,
    is_retracted: Option<bool>,
    primary_location: Option<Location>,
    locations: Option<Vec<Location>>,
    host_venue: Option<Named>,
    open_access: Option<OpenAccess>,
    abstract_inverted_index: Option<BTreeMap<String, Vec<u32>>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location {
    landing_page_url: Option<String>,
    pdf_url: Option<String>,
    source: Option<Named>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    display_name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OpenAccess {
    oa_url: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Head {
    meta: Option<Meta>,
    error: Option<String>,
    message: Option<String>,
    id: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Meta {
    count: Option<u64>,
    next_cursor: Option<String>,
}

/// The most words of an abstract that is put together again.
const WORDS_MAX: u32 = 20_000;

/// Reads an answer: one work or a list of works. `name` is how people know it.
///
/// # Errors
/// [`NotJson`]; [`NotJson::Refused`] with OpenAlex's words.
pub fn read(bytes: &[u8], name: &str) -> Result<Answer, NotJson> {
    refuse(bytes)?;
    let head: Head = serde_json::from_slice(bytes).map_err(|_| NotJson::other(bytes))?;
    if let Some(error) = head.error {
        let words = [Some(error), head.message].into_iter().flatten().collect::<Vec<_>>().join(": ");
        return Err(NotJson::Refused(words.chars().take(400).collect()));
    }
    let understand = |raw: &[u8]| Ok(Some(facts(serde_json::from_slice::<Work>(raw)?)));
    match head.meta {
        Some(meta) => {
            let answer = each(bytes, "results", name, understand)?;
            Ok(Answer { total: meta.count, next: meta.next_cursor, ..answer })
        }
        None if head.id.is_some() => {
            let facts = understand(bytes).map_err(|_| NotJson::other(bytes))?;
            let (papers, problems) = (vec![facts], Vec::new());
            Ok(Answer { papers, problems, total: Some(1), next: None, complete: true })
        }
        None => Err(NotJson::other(bytes)),
    }
}

fn facts(work: Work) -> Facts {
    let mut identities: Vec<Identity> = work.doi.as_deref().and_then(Identity::doi).into_iter().collect();
    let mut locations = work.primary_location.iter().chain(work.locations.iter().flatten());
    for address in locations.clone().filter_map(|location| location.landing_page_url.as_deref()).take(50) {
        // Among the pages of a work is often that of its preprint.
        if address.contains("arxiv.org/abs/")
            && let Some((identity, _)) = Identity::arxiv(address)
            && !identities.contains(&identity)
        {
            identities.push(identity);
        }
    }
    let pdf = work
        .open_access
        .and_then(|open| open.oa_url)
        .or_else(|| locations.clone().find_map(|location| location.pdf_url.clone()));
    let venue =
        locations.find_map(|location| location.source.as_ref()?.display_name.as_deref().and_then(plain));
    let day = work.publication_date.as_deref().and_then(Day::parse_prefix).map(PartialDate::from);
    Facts {
        identities,
        title: work.title.as_deref().and_then(plain),
        citations: work.cited_by_count,
        venue: venue.or_else(|| work.host_venue?.display_name.as_deref().and_then(plain)),
        published: day.or_else(|| PartialDate::year_only(work.publication_year?)),
        retracted: work.is_retracted == Some(true),
        pdf: pdf.and_then(|address| Link::new(LinkKind::Pdf, &address)),
        abstract_text: work.abstract_inverted_index.and_then(put_together),
        ..Facts::default()
    }
}

/// The text whose words an index names with their places.
fn put_together(index: BTreeMap<String, Vec<u32>>) -> Option<String> {
    let places =
        index.iter().flat_map(|(word, places)| places.iter().map(move |place| (*place, word.as_str())));
    let words: BTreeMap<u32, &str> = places.filter(|(place, _)| *place < WORDS_MAX).collect();
    plain(&words.into_values().collect::<Vec<_>>().join(" "))
}
