//! arXiv: records by OAI-PMH, announcements by its listings.
//!
//! Facts: arXiv's [terms of use](https://info.arxiv.org/help/api/tou.html) (one connection, a request every three seconds,
//! over all its doors together) and its own [OAI-PMH server](https://github.com/arXiv/oaipmh).

pub mod jobs;
pub mod listing;
pub mod oai;
mod standing;

pub use standing::{Standing, standing};

use crate::ask::Politeness;
use crate::gate::Rules;
use std::time::Duration;

/// In the hour after an announcement arXiv's OAI-PMH server was seen to take 90 s for a page.
const ANSWER: Duration = Duration::from_secs(240);

/// Where arXiv's doors are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The OAI-PMH server.
    pub oai: String,
    /// The site with the listings, without a slash at its end.
    pub site: String,
    /// How long an answer may take.
    pub answer: Duration,
}

impl Addresses {
    /// How arXiv is asked: all its doors are one source.
    fn politeness(&self) -> Politeness {
        Politeness { gate: "arxiv", rules: Rules::ARXIV, whole: self.answer }
    }
}

impl Default for Addresses {
    fn default() -> Addresses {
        Addresses {
            oai: "https://oaipmh.arxiv.org/oai".to_string(),
            site: "https://export.arxiv.org".to_string(),
            answer: ANSWER,
        }
    }
}
