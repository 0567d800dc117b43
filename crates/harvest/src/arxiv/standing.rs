//! How a day of arXiv stands: what was announced against what is here, from what the catalogue remembers.

use super::listing::Memory;
use crate::run::Failure;
use catalogue::Catalogue;
use edition::calendar::Calendar;
use edition::completeness::{self, Answered, Known, State};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use paper::{Day, Identity, Source};
use std::collections::{BTreeSet, HashSet};

/// A state, and the sentence that tells readers of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// In words, with times in UTC.
    pub sentence: String,
}

/// How a day stands for these categories or archives; `again_at` is when arXiv is asked next.
///
/// # Errors
/// If the catalogue cannot be read.
pub fn standing(
    catalogue: &Catalogue,
    calendar: &Calendar,
    categories: &[String],
    day: Day,
    now: Timestamp,
    again_at: Option<Timestamp>,
) -> Result<Standing, Failure> {
    let listings = catalogue.listings_of(Source::Arxiv, day, day)?;
    let (mut answered, mut stored): (Vec<Answered>, HashSet<Identity>) = Default::default();
    let mut failing_since = None;
    for category in categories {
        let memory = Memory::of(catalogue, category)?;
        failing_since = match (failing_since, memory.failing) {
            (Some(one), Some(other)) => Some(std::cmp::min(one, other)),
            (one, other) => one.or(other),
        };
        let canonical = paper::category::canonical(category);
        let listing = listings.iter().find(|listing| listing.category == canonical);
        let mut announced = None;
        if listing.is_some() {
            let mut names = BTreeSet::new();
            for named in catalogue.named_on(Source::Arxiv, canonical, day)? {
                if named.stored {
                    stored.insert(named.node.clone());
                }
                names.insert(named.node);
            }
            announced = Some(names);
        }
        answered.push(Answered {
            category: category.clone(),
            shows: memory.shows,
            announced,
            of: listing.map(|listing| listing.stated),
        });
    }
    let known = Known {
        source: Source::Arxiv.title(),
        day,
        calendar: calendar.verdict(day),
        announced_at: calendar.announced_at(day),
        now,
        answered: &answered,
        stored: &|identity| stored.contains(identity),
        failing_since,
        again_at,
    };
    let state = completeness::state(&known);
    let sentence = state.sentence(&known, &TimeZone::UTC);
    Ok(Standing { state, sentence })
}
