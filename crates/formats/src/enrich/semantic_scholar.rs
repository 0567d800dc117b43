//! Papers of Semantic Scholar (`api.semanticscholar.org/graph/v1/paper`).

use super::{Answer, Facts, each, plain};
use crate::answer::{NotJson, refuse};
use paper::{Day, Identity, Link, LinkKind, PartialDate};
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Paper {
    external_ids: Option<Ids>,
    title: Option<String>,
    #[serde(rename = "abstract")]
    abstract_text: Option<String>,
    venue: Option<String>,
    year: Option<i16>,
    publication_date: Option<String>,
    citation_count: Option<u32>,
    tldr: Option<Tldr>,
    open_access_pdf: Option<Pdf>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Ids {
    #[serde(rename = "ArXiv")]
    arxiv: Option<String>,
    #[serde(rename = "DOI")]
    doi: Option<String>,
    #[serde(rename = "ACL")]
    acl: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tldr {
    text: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pdf {
    url: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Head {
    error: Option<String>,
    message: Option<String>,
    paper_id: Option<String>,
    total: Option<u64>,
    next: Option<u64>,
}

/// Reads an answer: one paper, a batch (with `None` for what is unknown), or a page of a search, of recommendations or
/// of a match. `name` is how people know it.
///
/// # Errors
/// [`NotJson`]; [`NotJson::Refused`] with the service's words.
pub fn read(bytes: &[u8], name: &str) -> Result<Answer, NotJson> {
    refuse(bytes)?;
    let understand = |raw: &[u8]| Ok(serde_json::from_slice::<Option<Paper>>(raw)?.map(facts));
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return each(bytes, "", name, understand);
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|_| NotJson::other(bytes))?;
    if let Some(words) = head.error.or(head.message) {
        return Err(NotJson::Refused(words.chars().take(200).collect()));
    }
    let next = head.next.map(|offset| offset.to_string());
    for key in ["data", "recommendedPapers"] {
        if crate::json::list::elements(bytes, key).is_some() {
            return Ok(Answer { total: head.total, next, ..each(bytes, key, name, understand)? });
        }
    }
    let (papers, problems) = match (head.paper_id, head.total) {
        (Some(_), _) => (vec![understand(bytes).map_err(|_| NotJson::other(bytes))?], Vec::new()),
        // A search without results has no list at all.
        (None, Some(0)) => (Vec::new(), Vec::new()),
        _ => return Err(NotJson::other(bytes)),
    };
    Ok(Answer { papers, problems, total: head.total, next: None, complete: true })
}

fn facts(paper: Paper) -> Facts {
    let ids = paper.external_ids.unwrap_or_default();
    let arxiv = ids.arxiv.as_deref().and_then(Identity::arxiv).map(|(identity, _)| identity);
    let doi = ids.doi.as_deref().and_then(Identity::doi);
    let acl = ids.acl.as_deref().and_then(Identity::acl);
    let mut identities: Vec<Identity> = [arxiv, doi, acl].into_iter().flatten().collect();
    identities.sort();
    identities.dedup();
    let day = paper.publication_date.as_deref().and_then(Day::parse_prefix).map(PartialDate::from);
    Facts {
        identities,
        title: paper.title.as_deref().and_then(plain),
        citations: paper.citation_count,
        venue: paper.venue.as_deref().and_then(plain),
        published: day.or_else(|| PartialDate::year_only(paper.year?)),
        summary: paper.tldr.and_then(|tldr| plain(&tldr.text?)),
        pdf: paper.open_access_pdf.and_then(|pdf| Link::new(LinkKind::Pdf, &pdf.url?)),
        abstract_text: paper.abstract_text.as_deref().and_then(plain),
        ..Facts::default()
    }
}
