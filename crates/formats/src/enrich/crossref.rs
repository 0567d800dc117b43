//! Works of Crossref (`api.crossref.org/works`).

use super::{Answer, Facts, date, each, plain};
use crate::answer::{NotJson, refuse};
use paper::{Identity, PartialDate};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct Work {
    #[serde(rename = "DOI")]
    doi: Option<String>,
    title: Option<Vec<String>>,
    container_title: Option<Vec<String>>,
    is_referenced_by_count: Option<u32>,
    issued: Option<Dates>,
    published: Option<Dates>,
    #[serde(rename = "abstract")]
    abstract_text: Option<String>,
    relation: Option<BTreeMap<String, serde_json::Value>>,
    updated_by: Option<Vec<Update>>,
}

/// `{"date-parts":[[2024,5]]}`; parts may be missing, and `[[null]]` occurs.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct Dates {
    date_parts: Option<Vec<Vec<Option<i64>>>>,
}

impl Dates {
    fn first(&self) -> Option<PartialDate> {
        date(self.date_parts.as_ref()?.first()?)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Update {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Envelope<M> {
    status: String,
    message_type: String,
    message: M,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct ListHead {
    total_results: Option<u64>,
    next_cursor: Option<String>,
}

/// Reads an answer: one work or a list of works. `name` is how people know it.
///
/// # Errors
/// [`NotJson`]; [`NotJson::Refused`] with Crossref's words.
pub fn read(bytes: &[u8], name: &str) -> Result<Answer, NotJson> {
    if bytes.trim_ascii() == b"Resource not found." {
        return Err(NotJson::Refused("Resource not found.".to_owned()));
    }
    refuse(bytes)?;
    let other = |_| NotJson::other(bytes);
    let head: Envelope<serde_json::Value> = serde_json::from_slice(bytes).map_err(other)?;
    if head.status != "ok" {
        let why = head.message.get(0).and_then(|first| first.get("message")).and_then(|why| why.as_str());
        let why = why.unwrap_or("without a reason");
        return Err(NotJson::Refused(why.chars().take(200).collect()));
    }
    match head.message_type.as_str() {
        "work" => {
            let work: Envelope<Work> = serde_json::from_slice(bytes).map_err(other)?;
            let papers = vec![Some(facts(work.message))];
            Ok(Answer { papers, problems: Vec::new(), total: Some(1), next: None, complete: true })
        }
        "work-list" => {
            let list: ListHead = serde_json::from_value(head.message).map_err(other)?;
            // The list lies one level down; whole, for the envelope was.
            let key = b"\"message\"";
            let at = message_at(bytes, key).ok_or_else(|| NotJson::other(bytes))?;
            let answer = each(&bytes[at..], "items", name, |raw| {
                Ok(Some(facts(serde_json::from_slice::<Work>(raw)?)))
            })?;
            Ok(Answer { total: list.total_results, next: list.next_cursor, ..answer })
        }
        _ => Err(NotJson::other(bytes)),
    }
}

/// Where the object under `"message"` begins.
fn message_at(bytes: &[u8], key: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + crate::scan::find(&bytes[from..], key)? + key.len();
        let gap = bytes[at..].iter().position(|byte| !byte.is_ascii_whitespace() && *byte != b':')?;
        if bytes[at + gap] == b'{' {
            return Some(at + gap);
        }
        from = at;
    }
}

fn facts(work: Work) -> Facts {
    let first = |list: Option<Vec<String>>| list?.into_iter().find_map(|text| plain(&text));
    let related = work.relation.iter().flat_map(|relations| relations.get("is-preprint-of"));
    let related = related.flat_map(|list| list.as_array().into_iter().flatten());
    let published_as = related.filter_map(|one| Identity::doi(one.get("id")?.as_str()?)).take(8).collect();
    let retracted = work.updated_by.iter().flatten().any(|one| {
        one.kind.as_deref().is_some_and(|kind| ["retraction", "withdrawal", "removal"].contains(&kind))
    });
    Facts {
        identities: work.doi.as_deref().and_then(Identity::doi).into_iter().collect(),
        title: first(work.title),
        citations: work.is_referenced_by_count,
        venue: first(work.container_title),
        published: [work.issued, work.published].iter().flatten().find_map(Dates::first),
        published_as,
        retracted,
        abstract_text: work.abstract_text.as_deref().and_then(plain),
        ..Facts::default()
    }
}
