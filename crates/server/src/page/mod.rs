//! The pages. One function a page: it asks the rooms, fills a template, and says how long the result may be kept.

pub(crate) mod about;
pub(crate) mod edition;
pub(crate) mod health;
pub(crate) mod listing;
pub(crate) mod paper;
pub(crate) mod refusal;
pub(crate) mod search;
pub(crate) mod volume;

use crate::answer::{Answer, Media, Page, Refusal};
use crate::caching::Policy;
use askama::Template;

/// A page of a filled template.
pub(crate) fn html(policy: Policy, template: &impl Template) -> Answer {
    let mut body = String::with_capacity(128 * 1024);
    template
        .render_into(&mut body)
        .map_err(|error| Refusal::Failed(format!("a template could not be filled: {error}")))?;
    Ok(Page::new(Media::Html, policy, body))
}
