//! What Crossref, OpenAlex and Semantic Scholar know about papers that are here already: citations, where a preprint
//! was published, retractions, a summary, a free PDF.
//!
//! None of them is a source of papers: [`Facts`] name the paper by its identities and say only what its sources do not.

mod crossref;
mod openalex;
mod semantic_scholar;

pub use crossref::read as crossref;
pub use openalex::read as openalex;
pub use semantic_scholar::read as semantic_scholar;

use crate::answer::NotJson;
use crate::item::{Item, Place};
use crate::json::list::elements;
use crate::split;
use paper::{Identity, Link, PartialDate};
use std::sync::Arc;

/// What a service says of a paper.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The paper, by every identity that the service gives it.
    pub identities: Vec<Identity>,
    /// Its title, to compare.
    pub title: Option<String>,
    /// How often it is cited, as far as this service counts.
    pub citations: Option<u32>,
    /// Where it appeared.
    pub venue: Option<String>,
    /// When it appeared.
    pub published: Option<PartialDate>,
    /// What it became as a publication, where it is a preprint.
    pub published_as: Vec<Identity>,
    /// The service knows it as retracted.
    pub retracted: bool,
    /// A summary that a machine wrote.
    pub summary: Option<String>,
    /// A PDF that is free to read.
    pub pdf: Option<Link>,
    /// Its abstract, where the service may give it.
    pub abstract_text: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Papers in the order of the answer; `None` where the service does not know what was asked for.
    pub papers: Vec<Option<Facts>>,
    /// What was not understood, an [`Item::Problem`] each.
    pub problems: Vec<Item>,
    /// How many there are in all, where it says so.
    pub total: Option<u64>,
    /// What to send to get the next page.
    pub next: Option<String>,
    /// False if the answer breaks off before its end; what came before is good.
    pub complete: bool,
}

/// The elements of a list, each understood by itself.
fn each<'a>(
    bytes: &'a [u8],
    key: &str,
    name: &str,
    understand: impl Fn(&'a [u8]) -> serde_json::Result<Option<Facts>>,
) -> Result<Answer, NotJson> {
    let list = elements(bytes, key).ok_or_else(|| NotJson::other(bytes))?;
    let mut answer =
        Answer { papers: Vec::new(), problems: Vec::new(), total: None, next: None, complete: list.complete };
    let mut lines = crate::scan::Lines::new(bytes);
    for (at, (start, raw)) in list.elements.into_iter().enumerate() {
        match understand(raw) {
            Ok(facts) => answer.papers.push(facts),
            Err(error) => {
                let place = Place { file: Arc::from(name), line: lines.line(start), record: at as u64 + 1 };
                let reason = format!("not valid JSON: {error}");
                answer.problems.push(Item::Problem { place, reason, raw: split::cut(raw) });
                answer.papers.push(None);
            }
        }
    }
    Ok(answer)
}

/// Text without markup; empty means absent. `NUL`, which not every database can hold, is left out.
fn plain(text: &str) -> Option<String> {
    let text = crate::html::plain(text).replace('\0', "");
    Some(text).filter(|text| !text.is_empty())
}

/// A year, month and day of which the last ones may be missing.
fn date(parts: &[Option<i64>]) -> Option<PartialDate> {
    let part = |at: usize| parts.get(at).copied().flatten();
    let year = i16::try_from(part(0)?).ok()?;
    let month = part(1).and_then(|month| i8::try_from(month).ok());
    let day = part(2).and_then(|day| i8::try_from(day).ok());
    let whole = month.zip(day).and_then(|(month, day)| paper::Day::new(year, month, day));
    whole
        .map(PartialDate::from)
        .or_else(|| PartialDate::year_month(year, month?))
        .or_else(|| PartialDate::year_only(year))
}
